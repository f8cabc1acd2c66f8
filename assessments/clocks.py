"""Start and stop the clocks of an assessment and keep the `next_*` columns that lists sort by.

Every clock of an assessment is one child's, counted from that child's referral; the document
shows the earliest (decisions.md 66). Only CFA-SUBMIT is the document's own. That the child is
seen in time (CFA-SEEN of domain.md) is REF-SEEN and REF-SEEN-CP, which run on the referral from
the same moment and are stopped by the visit.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from uuid import UUID

from accounts.models import User
from assessments.choices import AssessmentKind
from assessments.models import Assessment, AssessmentChild
from assessments.timescales import CHECKPOINTS
from cases.models import Referral
from lib.working_days import instant, london_date
from record import clocks
from record.models import ClockStop

SUBJECT = "assessment"


def start_for(part: AssessmentChild, *, by: User) -> None:
    """Start what runs for one child: from the referral the first time, from now a second time.

    A later assessment in the same episode has its own limit: the first one met, or missed, the
    statutory one. A whole one has checkpoints again, from its own start; an update has none.
    """
    referral, assessment = part.referral, part.assessment
    is_later = (
        assessment.kind == AssessmentKind.UPDATE
        or AssessmentChild.objects.filter(
            referral=referral, child=part.child_id, authorised_at__isnull=False
        ).exists()
    )
    if is_later:
        began = assessment.started_at
        _start("CFA-RE", part, started_at=began, by=by)
    else:
        began = counted_from(referral)
        _start("CFA-45", part, started_at=began, by=by)
    if assessment.kind != AssessmentKind.UPDATE:
        for rule in CHECKPOINTS.values():
            _start(rule, part, started_at=began, by=by)


def counted_from(referral: Referral) -> datetime:
    """Give the moment whose London date is the referral date."""
    if london_date(referral.received_at) == referral.referral_on:
        return referral.received_at
    return instant(referral.referral_on, time(0, 0))


def _start(rule: str, part: AssessmentChild, *, started_at: datetime, by: User) -> None:
    clocks.start(
        rule,
        subject_kind=SUBJECT,
        subject_id=part.assessment_id,
        child_id=part.child_id,
        started_at=started_at,
        by=by,
    )


def start_valid(part: AssessmentChild, *, at: datetime, by: User) -> None:
    """Start the time for which an authorised assessment counts as current."""
    _start("CFA-VALID", part, started_at=at, by=by)


def start_submitted(assessment: Assessment, *, at: datetime, by: User) -> None:
    """Start the time in which the manager answers."""
    clocks.start("CFA-SUBMIT", subject_kind=SUBJECT, subject_id=assessment.pk, started_at=at, by=by)


def stop(
    rule: str,
    *,
    assessment_id: UUID,
    at: datetime,
    child_id: UUID | None = None,
    reason: str = ClockStop.MET,
    late_reason: str = "",
) -> None:
    """Stop one clock, if it runs."""
    clocks.stop(
        rule,
        subject_id=assessment_id,
        child_id=child_id,
        at=at,
        reason=reason,
        late_reason=late_reason,
    )


def stop_child(
    *, assessment_id: UUID, child_id: UUID, at: datetime, except_codes: Iterable[str] = ()
) -> None:
    """Stop what runs for a child who has no open part any longer."""
    kept = set(except_codes)
    for clock in clocks.running(subject_ids=[assessment_id]):
        if clock.child_id == child_id and clock.rule not in kept:
            stop(
                clock.rule,
                assessment_id=assessment_id,
                child_id=child_id,
                at=at,
                reason=ClockStop.NOT_NEEDED,
            )


def place(assessment: Assessment) -> None:
    """Copy the earliest running limit to the row while it is open, so that lists sort by it."""
    is_open = assessment.children.filter(is_open=True).exists()
    running = clocks.running(subject_ids=[assessment.pk]) if is_open else []
    earliest = clocks.earliest(running)
    assessment.next_due_at = earliest.due_at if earliest else None
    assessment.next_due_code = earliest.rule if earliest else ""
    assessment.next_warn_at = earliest.warn_at if earliest else None
    assessment.next_very_late_at = earliest.very_late_at if earliest else None
    Assessment.objects.filter(pk=assessment.pk).update(
        next_due_at=assessment.next_due_at,
        next_due_code=assessment.next_due_code,
        next_warn_at=assessment.next_warn_at,
        next_very_late_at=assessment.next_very_late_at,
    )


def place_again(subject_ids: Sequence[UUID]) -> None:
    """Copy the next due time after the calendar changed (record.clocks.carry)."""
    for assessment in Assessment.objects.filter(pk__in=subject_ids).order_by("pk"):
        place(assessment)
