"""What ends a booked conference: another day, the conference itself, or that none is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from uuid import UUID

from assessments.models import BookingChild, Section47Enquiry
from lib.working_days import instant
from record import clocks
from record.models import ClockStop

SUBJECT = "conference_booking"
RULE = "ICPC-RPT"
NOT_SHARED = "The report was not shared before the conference"


def end_bookings(enquiry_ids: Iterable[UUID], *, at: datetime) -> None:
    """End what is booked for these enquiries: no conference is needed any longer."""
    end(
        list(
            BookingChild.objects.select_for_update(of=("self",))
            .filter(enquiry__in=list(enquiry_ids), ended_at__isnull=True)
            .order_by("pk")
        ),
        at=at,
    )


def end(lines: Sequence[BookingChild], *, at: datetime) -> None:
    """End lines of a booking; a report not shared yet is not owed any longer."""
    for line in lines:
        line.ended_at = at
        line.save(update_fields=["ended_at"])
        stop(line, at=at, reason=ClockStop.NOT_NEEDED)


def conference_held(enquiry: Section47Enquiry, *, at: datetime, shared_on: date | None) -> None:
    """The conference took place: its booking is over, and whether the report was shared is fact."""
    line = (
        BookingChild.objects.select_for_update(of=("self",))
        .filter(enquiry=enquiry, ended_at__isnull=True)
        .first()
    )
    if line is None:
        return
    line.ended_at = max(at, line.booking.at)
    line.save(update_fields=["ended_at"])
    if shared_on is not None:
        stop(line, at=moment_of(shared_on, line))
    else:
        stop(line, at=max(at, line.booking.at), late_reason=NOT_SHARED)


def stop(
    line: BookingChild,
    *,
    at: datetime,
    reason: str = ClockStop.MET,
    late_reason: str = "",
) -> None:
    clocks.stop(
        RULE,
        subject_id=line.pk,
        child_id=line.child_id,
        at=at,
        reason=reason,
        late_reason=late_reason,
    )


def moment_of(day: date, line: BookingChild) -> datetime:
    """A report shared on a day was shared on it, though typed later; never before the booking."""
    return max(instant(day, time(9, 0)), line.booking.at)
