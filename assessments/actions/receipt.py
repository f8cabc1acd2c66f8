"""What an assessment counts from the referral, when the contact was received at another time."""

from datetime import datetime

from accounts.models import User
from assessments.clocks import counted_from, place
from assessments.models import AssessmentChild
from assessments.timescales import CHECKPOINTS
from cases.models import Contact
from record import clocks
from record.models import ClockStop

FROM_REFERRAL = frozenset({"CFA-45", *CHECKPOINTS.values()})


def follow_receipt(*, contact: Contact, by: User, at: datetime) -> None:
    """Count the limits of each child's assessment from the corrected referral
    (cases.reactions.receipt_corrected).
    """
    parts = (
        AssessmentChild.objects.select_for_update(of=("self",))
        .select_related("referral", "assessment")
        .filter(referral__contact=contact)
        .order_by("pk")
    )
    for part in parts:
        part.referral_on = part.referral.referral_on
        part.save(update_fields=["referral_on"])
        right = counted_from(part.referral)
        counted = {
            clock.started_at
            for clock in clocks.of_subjects(subject_ids=[part.assessment_id])
            if clock.child_id == part.child_id
            and clock.rule in FROM_REFERRAL
            and clock.stop_reason != ClockStop.REPLACED
        }
        for was in sorted(counted - {right}):
            clocks.correct_start(
                subject_id=part.assessment_id,
                child_id=part.child_id,
                was=was,
                started_at=right,
                by=by,
            )
        place(part.assessment)
