"""What a change led to: where it is opened, and how it is known that it really happened.

"Done" needs what was decided to exist, not to be planned (domain.md 5.2, decisions.md 30). The
rooms above open discussions, update assessments and change plans in their own way; here they
register a door, the page that leads there, and a witness, who says what of a kind happened to
which child since a moment. When the manager decides, what the witnesses name is written down as
the consequence; without it the change is not done. An action that knows the change it follows
calls `cases.actions.write_consequence` itself.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from accounts.reactions import Reactions
from cases.change_codes import NEEDS_CONSEQUENCE, ChangeOutcome
from cases.models import ChangeOfCircumstance
from people.models import Person
from people.queries import records_of


@dataclass(frozen=True, kw_only=True)
class Door:
    """One way to open something because of a change. `url_name` takes the id of a child."""

    kind: ChangeOutcome
    words: str
    url_name: str
    permission: Permission


@dataclass(frozen=True, kw_only=True)
class Witnessed:
    """What was opened or changed for one child, and when; `url_name` takes `subject_id`."""

    child_id: UUID
    at: datetime
    subject_kind: str
    subject_id: UUID
    url_name: str = ""


class Witness(Protocol):
    """Give what of its kind happened to these children since a moment; one query."""

    def __call__(self, *, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]: ...


_doors: dict[tuple[str, str], Door] = {}
witnesses: dict[ChangeOutcome, Reactions[Witness]] = {
    kind: Reactions() for kind in NEEDS_CONSEQUENCE
}


def register(door: Door) -> None:
    """Add a door; the same one again changes nothing."""
    _doors.setdefault((str(door.kind), door.url_name), door)


def registered() -> list[Door]:
    """Every door, in the order of registration."""
    return list(_doors.values())


def doors(*, by: User, change: ChangeOfCircumstance) -> list[tuple[str, str]]:
    """The doors `by` may go through, as words and address, at the first child concerned whose
    record is open to them."""
    row = (
        change.children.filter(child__in=Person.objects.visible_to(by))
        .order_by("-is_concerned", "pk")
        .first()
    )
    if row is None:
        return []
    found = []
    for door in registered():
        if not holds(by, door.permission):
            continue
        try:
            address = reverse(door.url_name, args=[row.child_id])
        except NoReverseMatch:
            continue
        found.append((door.words, address))
    return found


def happened(
    *, child_ids: Collection[UUID], since: datetime, kinds: Iterable[ChangeOutcome] | None = None
) -> dict[tuple[UUID, ChangeOutcome], Witnessed]:
    """By child and kind, the first thing that happened since a moment, on whichever record."""
    found: dict[tuple[UUID, ChangeOutcome], Witnessed] = {}
    records = records_of(person_ids=child_ids)
    asked = {records[child_id]: child_id for child_id in sorted(child_ids)}
    for kind in kinds if kinds is not None else witnesses:
        for ask in witnesses[kind]:
            for each in ask(child_ids=list(records), since=since):
                child_id = asked[records[each.child_id]]
                known = found.get((child_id, kind))
                if known is None or each.at < known.at:
                    found[child_id, kind] = each
    return found
