"""What the page that closes a referral shows: the children, and what is still open beneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.models import User
from cases.actions.closure import in_the_way
from cases.actions.referrals import OVER
from cases.models import Referral
from lib import words
from lib.working_days import london_date
from people.models import Person
from people.queries import age, children_of_households
from record import code_lists


@dataclass(frozen=True, kw_only=True)
class ToClose:
    """One child of the household whose referral the same team has."""

    referral: Referral
    name: str
    heading: str
    open_still: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ClosingPage:
    """The children who can be closed together, those who stay open, and the codes of the day."""

    rows: list[ToClose]
    others: list[str]
    reasons: Sequence[tuple[str, str]]

    @property
    def child_ids(self) -> list[UUID]:
        return [row.referral.child_id for row in self.rows]


def closing_page(*, by: User, referral: Referral, at: datetime) -> ClosingPage:
    """Gather the page for a referral that `by` may read, the child it is about first."""
    on = london_date(at)
    household = children_of_households(person_ids=[referral.child_id], on=on, by=by)
    ids = {child.person_id for child in household} | {referral.child_id}
    referrals = sorted(
        Referral.objects.filter(
            child__in=Person.objects.visible_to(by).filter(pk__in=ids), team=referral.team_id
        )
        .exclude(state__in=OVER)
        .exclude(team_accepted_at=None)
        .select_related("child"),
        key=lambda row: (row.pk != referral.pk, row.child.date_of_birth or on, str(row.pk)),
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for each in in_the_way(referrals, reasons={}, at=at):
        found.setdefault(each.child_id, []).append((each.sentence, each.url))
    mine = {row.child_id for row in referrals}
    return ClosingPage(
        rows=[
            ToClose(
                referral=row,
                name=row.child.name,
                heading=words.names_with_ages([(row.child.name, age(row.child, on=on))]),
                open_still=found.get(row.child_id, []),
            )
            for row in referrals
        ],
        others=[child.name for child in household if child.person_id not in mine],
        reasons=code_lists.choices("reason_for_closure", on),
    )
