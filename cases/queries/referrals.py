"""Referrals as a decision sees them."""

from uuid import UUID

from cases.choices import ReferralState
from cases.models import Referral
from lib.prepared import Prepared

_NOT_TAKEN_UP = Prepared(
    lambda contact_id: Referral.objects.filter(
        contact=contact_id, state=ReferralState.ACCEPTED, team_accepted_at__isnull=True
    ).order_by("child_id"),
    contact_id=UUID,
)


def not_taken_up(*, contact_id: UUID) -> dict[UUID, Referral]:
    """Give the referrals a contact opened and no team has accepted, by child.

    Whoever decides the contact again disposes of them: they can be offered to a team anew.
    """
    return {row.child_id: row for row in _NOT_TAKEN_UP(contact_id=contact_id)}
