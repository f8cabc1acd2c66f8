"""Start and stop the clocks of a section 47 enquiry and keep the `next_*` columns of its lists.

S47-ICPC, S47-OUT and the first SD-REV count from the strategy discussion at which this enquiry was
initiated; a further discussion starts SD-REV anew and moves none of the others (domain.md 2.6).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.models import User
from assessments.models import Section47Enquiry
from people.choices import Stage
from record import clocks
from record.models import ClockStop

SUBJECT = "section_47"


def start(enquiry: Section47Enquiry, *, decided_at: datetime, by: User) -> None:
    """Start what runs from the discussion; an unborn child cannot be seen."""
    for rule in ("S47-ICPC", "S47-OUT", "SD-REV"):
        _start(rule, enquiry, started_at=enquiry.began_at, by=by)
    if enquiry.child.stage != Stage.UNBORN:
        _start("S47-SEEN", enquiry, started_at=decided_at, by=by)
    place(enquiry)


def born(enquiry: Section47Enquiry, *, at: datetime, by: User) -> None:
    """A child who could not be seen before birth is to be seen now."""
    _start("S47-SEEN", enquiry, started_at=at, by=by)
    place(enquiry)


def discussed_again(enquiry: Section47Enquiry, *, at: datetime, by: User) -> None:
    """Count to the next further discussion from this one, while the enquiry is not concluded."""
    if clocks.stop("SD-REV", subject_id=enquiry.pk, child_id=enquiry.child_id, at=at) is not None:
        _start("SD-REV", enquiry, started_at=at, by=by)
        place(enquiry)


def stop(
    rule: str,
    enquiry: Section47Enquiry,
    *,
    at: datetime,
    reason: str = ClockStop.MET,
    late_reason: str = "",
) -> None:
    """Stop one clock, if it runs."""
    clocks.stop(
        rule,
        subject_id=enquiry.pk,
        child_id=enquiry.child_id,
        at=at,
        reason=reason,
        late_reason=late_reason,
    )
    place(enquiry)


def stop_all(enquiry: Section47Enquiry, *, at: datetime) -> None:
    """Stop everything: the enquiry was opened in error."""
    clocks.stop_all(subject_id=enquiry.pk, at=at)
    place(enquiry)


def _start(rule: str, enquiry: Section47Enquiry, *, started_at: datetime, by: User) -> None:
    clocks.start(
        rule,
        subject_kind=SUBJECT,
        subject_id=enquiry.pk,
        child_id=enquiry.child_id,
        started_at=started_at,
        by=by,
    )


def place(enquiry: Section47Enquiry) -> None:
    """Copy the earliest running limit to the row, so that lists sort by it."""
    earliest = clocks.earliest(clocks.running(subject_ids=[enquiry.pk]))
    enquiry.next_due_at = earliest.due_at if earliest else None
    enquiry.next_due_code = earliest.rule if earliest else ""
    enquiry.next_warn_at = earliest.warn_at if earliest else None
    enquiry.next_very_late_at = earliest.very_late_at if earliest else None
    Section47Enquiry.objects.filter(pk=enquiry.pk).update(
        next_due_at=enquiry.next_due_at,
        next_due_code=enquiry.next_due_code,
        next_warn_at=enquiry.next_warn_at,
        next_very_late_at=enquiry.next_very_late_at,
    )


def place_again(subject_ids: Sequence[UUID]) -> None:
    """Copy the next due time after the calendar changed (record.clocks.carry)."""
    for enquiry in Section47Enquiry.objects.filter(pk__in=subject_ids).order_by("pk"):
        place(enquiry)
