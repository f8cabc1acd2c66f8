"""Work on people that nobody has to ask for."""

from typing import Any

from celery import shared_task

from lib.application_clock import now
from people import actions, matching, timescales


@shared_task(ignore_result=True)
def count_names(**_: Any) -> None:
    """Count nightly how common each name is, for the known-person search."""
    matching.refresh_frequencies()


@shared_task(ignore_result=True)
def make_variant_keys(**_: Any) -> None:
    """Let those be found accordingly who bear a name that was said to be short for another."""
    actions.make_variant_keys(at=now(), most=timescales.VARIANT_BATCHES)


@shared_task(ignore_result=True)
def ask_about_doubles(**_: Any) -> None:
    """Compare nightly what is new or changed with all records, and ask about doubles."""
    actions.ask_about_doubles(at=now(), most=timescales.COMPARED_IN_A_NIGHT)
