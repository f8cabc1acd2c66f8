"""Count how common each name is among the authority's own people; run nightly."""

from typing import Any

from django.core.management.base import BaseCommand

from people import matching


class Command(BaseCommand):
    help = "Count how common each name is, for the known-person search."

    def handle(self, *args: Any, **options: Any) -> None:
        """Count once."""
        parts = matching.refresh_frequencies()
        self.stdout.write(f"{parts:,} name parts counted")
