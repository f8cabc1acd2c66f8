"""Referrals as a decision sees them."""

from uuid import UUID

from cases.choices import ReferralState
from cases.models import Referral


def not_taken_up(*, contact_id: UUID) -> dict[UUID, Referral]:
    """Give the referrals a contact opened and no team has accepted, by child.

    Whoever decides the contact again disposes of them: they can be offered to a team anew.
    """
    rows = Referral.objects.filter(
        contact_id=contact_id, state=ReferralState.ACCEPTED, team_accepted_at__isnull=True
    ).order_by("child_id")
    return {row.child_id: row for row in rows}
