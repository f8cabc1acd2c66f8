"""Where a manager opens what a change needs: the rooms above name their doors (decisions.md 30).

A room that opens strategy discussions, updates assessments or changes plans registers the address
of its page in `AppConfig.ready`. The page is given the change (`?change=`), passes it to its
action, and that calls `cases.actions.write_consequence`.
"""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.change_codes import ChangeOutcome
from cases.models import ChangeOfCircumstance


@dataclass(frozen=True, kw_only=True)
class Door:
    """One way to open something because of a change. `url_name` takes the id of a child."""

    kind: ChangeOutcome
    words: str
    url_name: str
    permission: Permission


_doors: dict[str, Door] = {}


def register(door: Door) -> None:
    """Add a door; the same address again changes nothing."""
    _doors.setdefault(door.url_name, door)


def registered() -> list[Door]:
    """Every door, in the order of registration."""
    return list(_doors.values())


def doors(*, by: User, change: ChangeOfCircumstance) -> list[tuple[str, str]]:
    """The doors `by` may go through, as words and address, at the first child concerned."""
    row = change.children.order_by("-is_concerned", "pk").first()
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
        found.append((door.words, f"{address}?change={change.pk}"))
    return found
