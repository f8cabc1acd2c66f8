"""Make the keys of the known-person search anew for everybody, and count names."""

from typing import Any

from django.core.management.base import BaseCommand

from people import matching


class Command(BaseCommand):
    help = "Rebuild the search keys of everybody and count how common each name is."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild batch by batch, with a progress line; may be stopped and started again."""
        done = 0
        for done, everybody in matching.rebuild():
            self.stdout.write(f"\rSearch keys: {done:,} of {everybody:,} people", ending="")
            self.stdout.flush()
        parts = matching.refresh_frequencies()
        self.stdout.write(f"\rSearch keys: {done:,} people, {parts:,} name parts")
