"""What plans stand in the way of closing (cases.holds)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from assessments.models import CinPlanChild
from cases.choices import ReferralState
from cases.holds import Obstacle, Purpose


def plans_in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """A child in need plan that has not ended; for RC8 and RC9, one that ran in this episode."""
    rows = CinPlanChild.objects.filter(child__in=child_ids).select_related("plan", "child")
    if purpose == Purpose.CLOSE:
        return [
            Obstacle(
                child_id=row.child_id,
                sentence=f"{row.child.name} has a child in need plan:"
                f" {row.plan.get_state_display().lower()}. End it first",
                url=reverse("assessments:cin_plan", args=[row.plan_id]),
            )
            for row in rows.filter(is_open=True).order_by("child_id", "pk")
        ]
    if purpose == Purpose.CLOSE_AS_ASSESSED:
        over = (ReferralState.CLOSED, ReferralState.REJECTED)
        return [
            Obstacle(
                child_id=row.child_id,
                sentence=f"{row.child.name} had a child in need plan in this episode",
                url=reverse("assessments:cin_plan", args=[row.plan_id]),
            )
            for row in rows.filter(from_on__isnull=False)
            .exclude(referral__state__in=over)
            .order_by("child_id", "pk")
        ]
    return []
