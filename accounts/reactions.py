"""What other rooms do when people change, without `accounts` knowing those rooms.

Each list is filled once, in an app's `AppConfig.ready`, with named functions:

    reactions.manager_changed.add(responsibility.move_to_new_manager)

They run in the order they were added, inside the transaction of the action, and fail as a whole
with it. Whoever registers pins in a test who is registered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from accounts.models import Team, User


class ManagerChanged(Protocol):
    """Move what `old` holds for `team` to `new`; `team.manager` is `new` already."""

    def __call__(self, *, team: Team, old: User, new: User, by: User, at: datetime) -> None: ...


class UserDeactivated(Protocol):
    """End what hangs on the person of `user`, whose account has just been closed."""

    def __call__(self, *, user: User, by: User, at: datetime) -> None: ...


Reaction = TypeVar("Reaction")


class Reactions(Generic[Reaction]):
    """Named functions that are called, in order, when one thing happens."""

    def __init__(self) -> None:
        self._functions: dict[str, Reaction] = {}

    def add(self, reaction: Reaction) -> None:
        """Register a function under its dotted name; adding it again changes nothing."""
        module = getattr(reaction, "__module__", "")
        self._functions[f"{module}.{getattr(reaction, '__qualname__', reaction)}"] = reaction

    def names(self) -> list[str]:
        """Every registered function by its dotted name, in the order they run."""
        return list(self._functions)

    def __iter__(self) -> Iterator[Reaction]:
        return iter(self._functions.values())


manager_changed: Reactions[ManagerChanged] = Reactions()
user_deactivated: Reactions[UserDeactivated] = Reactions()
