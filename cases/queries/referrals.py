"""Referrals as a decision sees them."""

from collections.abc import Collection
from uuid import UUID

from cases.choices import HandoverKind, InvolvementKind, ReferralState
from cases.models import HandoverChild, Involvement, Referral
from lib.prepared import Prepared

_NOT_TAKEN_UP = Prepared(
    lambda contact_id: Referral.objects.filter(
        contact=contact_id, state=ReferralState.ACCEPTED, team_accepted_at__isnull=True
    ).order_by("child_id"),
    contact_id=UUID,
)
_HELPED: Prepared[UUID] = Prepared(
    lambda child_ids, contact_id: (
        Involvement.objects.filter(
            child__in=child_ids, kind=InvolvementKind.EARLY_HELP, to_at__isnull=True
        )
        .exclude(
            child__in=HandoverChild.objects.filter(
                kind=HandoverKind.EARLY_HELP, is_open=True, handover__contact=contact_id
            ).values("child")
        )
        .values_list("child_id", flat=True)
    ),
    child_ids=list[UUID],
    contact_id=UUID,
)


def helped_already(*, contact_id: UUID, child_ids: Collection[UUID]) -> frozenset[UUID]:
    """Give those of the children whom early help has, but for what this contact still offers it."""
    if not child_ids:
        return frozenset()
    return frozenset(_HELPED(child_ids=list(child_ids), contact_id=contact_id))


def not_taken_up(*, contact_id: UUID) -> dict[UUID, Referral]:
    """Give the referrals a contact opened and no team has accepted, by child.

    Whoever decides the contact again disposes of them: they can be offered to a team anew.
    """
    return {row.child_id: row for row in _NOT_TAKEN_UP(contact_id=contact_id)}
