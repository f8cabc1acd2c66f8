"""Questions that go up: what rooms above do when something happens here (decisions.md 27).

Filled in `AppConfig.ready`, run in the same transaction, in the order of registration, and
failing as a whole. `tests/cases/test_reactions.py` pins who is registered.
"""

from datetime import datetime
from typing import Protocol

from accounts.models import User
from accounts.reactions import Reactions
from cases.models import Contact, Handover


class ContactReceived(Protocol):
    """Start what else runs from the receipt of a contact."""

    def __call__(self, *, contact: Contact, by: User | None) -> None: ...


class ContactVoided(Protocol):
    """End what else was begun for a contact that is void."""

    def __call__(self, *, contact: Contact, at: datetime) -> None: ...


class HandoverAnswered(Protocol):
    """Let the sender's own record follow the answer."""

    def __call__(self, *, handover: Handover, by: User) -> None: ...


contact_received: Reactions[ContactReceived] = Reactions()
contact_voided: Reactions[ContactVoided] = Reactions()
handover_answered: Reactions[HandoverAnswered] = Reactions()
