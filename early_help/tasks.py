"""Work of early help that nobody has to ask for."""

from typing import Any

from celery import shared_task

from early_help import actions
from lib.application_clock import now


@shared_task(ignore_result=True)
def end_pauses(**_: Any) -> None:
    """Let families wait on whose pause is over."""
    actions.end_pauses(at=now())


@shared_task(ignore_result=True)
def remind_of_safe_checks(**_: Any) -> None:
    """Say to whoever orders a queue that families are to be rung today."""
    actions.remind_of_safe_checks(at=now())
