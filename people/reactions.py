"""What other rooms do when a family changes, without `people` knowing those rooms.

Each list is filled once, in an app's `AppConfig.ready`, with named functions:

    reactions.joined_household.add(family_changes.raise_for_joiners)

They run in the order they were added, inside the transaction of the action, and fail as a whole
with it (decisions.md 27, 32). A test pins who is registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from accounts.models import User
from accounts.reactions import Reactions
from people.models import HouseholdMembership, Person, PersonAddress


class JoiningReaction(Protocol):
    """Answer to people who joined one household together."""

    def __call__(
        self, *, memberships: Sequence[HouseholdMembership], by: User, at: datetime
    ) -> None: ...


class LeavingReaction(Protocol):
    """Answer to somebody who left a household."""

    def __call__(self, *, membership: HouseholdMembership, by: User, at: datetime) -> None: ...


class BirthReaction(Protocol):
    """Answer to the birth of a child who was recorded before."""

    def __call__(self, *, person: Person, by: User, at: datetime) -> None: ...


class DeathReaction(Protocol):
    """Answer to a death; `person.died_on` is set already."""

    def __call__(self, *, person: Person, by: User, at: datetime) -> None: ...


class AddressReaction(Protocol):
    """Answer to a move: one new address row for each person who moved."""

    def __call__(self, *, addresses: Sequence[PersonAddress], by: User, at: datetime) -> None: ...


joined_household: Reactions[JoiningReaction] = Reactions()
left_household: Reactions[LeavingReaction] = Reactions()
born: Reactions[BirthReaction] = Reactions()
died: Reactions[DeathReaction] = Reactions()
moved: Reactions[AddressReaction] = Reactions()
