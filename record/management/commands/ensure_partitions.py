"""Make the month tables of the timeline and the read log."""

from typing import Any

from django.core.management.base import BaseCommand

from lib import application_clock
from record import partitions


class Command(BaseCommand):
    help = "Make the month partitions of the timeline and the read log that will be needed soon."

    def handle(self, *args: Any, **options: Any) -> None:
        made = partitions.ensure(today=application_clock.today())
        self.stdout.write(f"{made} month tables made.")
