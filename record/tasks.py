"""Work without anybody waiting; each task is one call."""

from typing import Any

from celery import shared_task

from lib import application_clock
from record import calendar, drafts, once, outbox, partitions


@shared_task(ignore_result=True)
def deliver_outbox(**_: Any) -> None:
    """Deliver everything that is due."""
    while outbox.deliver_next(at=application_clock.now()):
        pass


@shared_task(ignore_result=True)
def ensure_partitions(**_: Any) -> None:
    """Make the month tables that will be needed soon."""
    partitions.ensure(today=application_clock.today())


@shared_task(ignore_result=True)
def extend_calendar(**_: Any) -> None:
    """Keep the working-day calendar filled two years ahead."""
    calendar.load(last_year=application_clock.today().year + calendar.YEARS_AHEAD)


@shared_task(ignore_result=True)
def sweep_drafts(**_: Any) -> None:
    """Drop drafts, and the tokens of forms, a month after they were recorded."""
    drafts.drop_old(at=application_clock.now())
    once.drop_old(at=application_clock.now())
