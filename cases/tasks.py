"""Work on cases that nobody has to ask for."""

from typing import Any

from celery import shared_task

from cases import watch
from lib.application_clock import now


@shared_task(ignore_result=True)
def raise_changes(**_: Any) -> None:
    """Log the changes that time has brought: birthdays, a worker gone, help that stopped."""
    watch.raise_what_came(at=now())
    watch.follow_workers(at=now())
