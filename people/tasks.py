"""Work on people that nobody has to ask for."""

from typing import Any

from celery import shared_task

from people import matching


@shared_task(ignore_result=True)
def count_names(**_: Any) -> None:
    """Count nightly how common each name is, for the known-person search."""
    matching.refresh_frequencies()
