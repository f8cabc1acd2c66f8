"""Where a contact stands on agreement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from cases.choices import ConsentFrom, ConsentScope, ConsentState
from cases.models import ConsentAnswer, ConsentOverride, LawfulBasis
from lib.prepared import Prepared


@dataclass(frozen=True)
class ConsentPosition:
    """The position, and what it rests on.

    `by_scope` holds, for every scope somebody was asked about, the latest answer of anyone with
    parental responsibility (carers and the young person are shown and do not set it,
    decisions.md 59). One scope never speaks for another: a mother who agrees to a service has
    not agreed to checks. Only who refuses the contact itself refuses all of it.
    `answered` is the answer about asking other agencies; `state` is that, unless a manager's
    override stands that no parent has overtaken since.
    """

    state: ConsentState
    answered: ConsentState
    by_scope: dict[ConsentScope, ConsentState] = field(default_factory=dict)
    answers: list[ConsentAnswer] = field(default_factory=list)
    override: ConsentOverride | None = None
    asked: ConsentOverride | None = None
    to_confirm: ConsentOverride | None = None
    lawful_basis: LawfulBasis | None = None
    do_holders_disagree: bool = False

    @property
    def service(self) -> ConsentState:
        """What was answered about help or a service, on which early help rests."""
        return self.by_scope.get(ConsentScope.SERVICE, ConsentState.NOT_ASKED_YET)

    @property
    def in_short(self) -> ConsentState:
        """The position in one word: about asking agencies, or whatever else was asked."""
        if self.override is not None or ConsentScope.CHECKS in self.by_scope:
            return self.state
        return next(iter(self.by_scope.values()), ConsentState.NOT_ASKED_YET)

    @property
    def label(self) -> str:
        """The position in words; where more than checks were asked about, scope by scope."""
        first = str(ConsentState(self.state).label)
        if set(self.by_scope) <= {ConsentScope.CHECKS}:
            return first
        scopes = [
            f"{ConsentScope(scope).label}: {ConsentState(answer).label.lower()}"
            for scope, answer in self.by_scope.items()
            if scope != ConsentScope.CHECKS
        ]
        if self.override is not None or ConsentScope.CHECKS in self.by_scope:
            scopes.insert(0, f"{ConsentScope.CHECKS.label}: {first.lower()}")
        return ". ".join(scopes)


SAID_NO = frozenset({ConsentState.REFUSED, ConsentState.WITHDRAWN})
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
    last = {
        scope: said for scope in ConsentScope if (said := last_of_holders(answers, scope=scope))
    }
    latest = {scope: said[0] for scope, said in last.items()}
    checks = latest.get(ConsentScope.CHECKS)
    answered = ConsentState(checks.state) if checks else ConsentState.NOT_ASKED_YET
    overrides = _OVERRIDES(contact_id=contact_id)
    standing = next((o for o in overrides if o.state == ConsentOverride.State.GRANTED), None)
    if standing is not None and _is_overtaken(standing, answers):
        standing = None
    return ConsentPosition(
        state=ConsentState(standing.kind) if standing else answered,
        answered=answered,
        by_scope={scope: ConsentState(answer.state) for scope, answer in latest.items()},
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
        do_holders_disagree=any(
            ConsentState.GIVEN in states and not states.isdisjoint(SAID_NO)
            for states in ({answer.state for answer in said} for said in last.values())
        ),
    )


def _is_overtaken(override: ConsentOverride, answers: Sequence[ConsentAnswer]) -> bool:
    """Say whether a parent has answered since, so that a manager would have to decide anew.

    Agreement ends an override for good: a withdrawal after it is an answer nobody has decided
    against. A decision not to ask ends with a refusal as well: the family was asked. What
    somebody had said already when it was decided, and was written down afterwards, the decider
    did not know either.
    """
    ending = {ConsentState.GIVEN}
    if override.kind == ConsentState.DISPENSED:
        ending |= SAID_NO
    decided_at = override.decided_at
    if decided_at is None:
        return False
    return any(
        answer.state in ending and answer.at > decided_at
        for answer in answers
        if _is_said_about(answer, ConsentScope.CHECKS)
    ) or any(
        answer.state in ending and answer.recorded_at > decided_at
        for answer in last_of_holders(answers, scope=ConsentScope.CHECKS)
    )


def last_of_holders(
    answers: Iterable[ConsentAnswer], *, scope: ConsentScope
) -> list[ConsentAnswer]:
    """What each person with parental responsibility last said about one scope, latest first.

    :param answers: latest first
    """
    said: dict[tuple[UUID | None, str], ConsentAnswer] = {}
    for answer in answers:
        if _is_said_about(answer, scope):
            said.setdefault((answer.person_id, answer.person_as_stated), answer)
    return list(said.values())


def _is_said_about(answer: ConsentAnswer, scope: ConsentScope) -> bool:
    """Say whether somebody with parental responsibility said this about a scope, or about all."""
    if answer.asked_as != ConsentFrom.PARENT_WITH_PR:
        return False
    refuses_all = answer.scope == ConsentScope.REFERRAL and answer.state in SAID_NO
    return answer.scope == scope or refuses_all
