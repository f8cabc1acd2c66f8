"""Where a contact stands on agreement."""

from dataclasses import dataclass, field
from uuid import UUID

from cases.choices import ConsentFrom, ConsentState
from cases.models import ConsentAnswer, ConsentOverride, LawfulBasis
from lib.prepared import Prepared


@dataclass(frozen=True)
class ConsentPosition:
    """The position, and what it rests on.

    `answered` is the latest answer of anyone with parental responsibility (carers and the
    young person are shown and do not set it, decisions.md 59); `state` is that, unless a
    manager's override stands.
    """

    state: ConsentState
    answered: ConsentState
    answers: list[ConsentAnswer] = field(default_factory=list)
    override: ConsentOverride | None = None
    asked: ConsentOverride | None = None
    to_confirm: ConsentOverride | None = None
    lawful_basis: LawfulBasis | None = None
    do_holders_disagree: bool = False

    @property
    def label(self) -> str:
        return str(ConsentState(self.state).label)


_ANSWERS = Prepared(
    lambda contact_id: (
        ConsentAnswer.objects.filter(contact=contact_id)
        .select_related("person", "by")
        .order_by("-at", "-recorded_at", "pk")
    ),
    contact_id=UUID,
)
_OVERRIDES = Prepared(
    lambda contact_id: (
        ConsentOverride.objects.filter(contact=contact_id)
        .select_related("asked_by", "decided_by", "decided_for", "confirmed_by")
        .order_by("-asked_at", "pk")
    ),
    contact_id=UUID,
)
_LAWFUL_BASES = Prepared(
    lambda contact_id: (
        LawfulBasis.objects.filter(contact=contact_id)
        .select_related("by")
        .order_by("-at", "-recorded_at", "pk")[:1]
    ),
    contact_id=UUID,
)


def position(*, contact_id: UUID) -> ConsentPosition:
    """Where one contact stands, in three queries."""
    answers = _ANSWERS(contact_id=contact_id)
    holders: dict[tuple[UUID | None, str], ConsentAnswer] = {}
    for answer in answers:
        if answer.asked_as == ConsentFrom.PARENT_WITH_PR:
            holders.setdefault((answer.person_id, answer.person_as_stated), answer)
    latest = max(holders.values(), key=lambda a: (a.at, a.recorded_at), default=None)
    answered = ConsentState(latest.state) if latest else ConsentState.NOT_ASKED_YET
    said = {ConsentState(answer.state) for answer in holders.values()}
    overrides = _OVERRIDES(contact_id=contact_id)
    standing = next((o for o in overrides if o.state == ConsentOverride.State.GRANTED), None)
    agreed_since = (
        standing is not None
        and latest is not None
        and standing.decided_at is not None
        and latest.at > standing.decided_at
        and answered == ConsentState.GIVEN
    )
    if agreed_since:
        standing = None
    return ConsentPosition(
        state=ConsentState(standing.kind) if standing else answered,
        answered=answered,
        answers=answers,
        override=standing,
        asked=next((o for o in overrides if o.state == ConsentOverride.State.ASKED), None),
        to_confirm=next(
            (
                o
                for o in overrides
                if o.is_provisional
                and o.confirmed_at is None
                and o.state == ConsentOverride.State.GRANTED
            ),
            None,
        ),
        lawful_basis=_LAWFUL_BASES.first(contact_id=contact_id),
        do_holders_disagree=ConsentState.GIVEN in said
        and bool(said & {ConsentState.REFUSED, ConsentState.WITHDRAWN}),
    )
