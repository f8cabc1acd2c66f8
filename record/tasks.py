"""Work without anybody waiting; each task is one call."""

from typing import Any

from celery import shared_task

from lib import application_clock
from record import calendar, drafts, flags, once, outbox, partitions


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


@shared_task(ignore_result=True)
def sweep_flags(**_: Any) -> None:
    """Look at every flag rule that has a due time."""
    flags.sweep(at=application_clock.now())


@shared_task(ignore_result=True)
def sweep_data_quality(**_: Any) -> None:
    """Look at the rules that say what is missing on a record."""
    flags.sweep(at=application_clock.now(), is_night=True)
