"""Fill the working-day calendar ahead."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from lib import application_clock
from record import calendar


class Command(BaseCommand):
    help = "Fill the working-day calendar from 2021 to two years ahead; known days stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--last-year", type=int, help="the last year to fill")

    def handle(self, *args: Any, **options: Any) -> None:
        last_year = options["last_year"] or (application_clock.today().year + calendar.YEARS_AHEAD)
        made = calendar.load(last_year=last_year)
        self.stdout.write(f"{made} days added to the calendar, up to the end of {last_year}.")
