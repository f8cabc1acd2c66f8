"""Questions that go up: what rooms above do when something happens here (decisions.md 27).

Filled in `AppConfig.ready`, run in the same transaction, in the order of registration, and
failing as a whole. `tests/cases/test_reactions.py` pins who is registered.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from accounts.models import User
from accounts.permissions import Authority
from accounts.reactions import Reactions
from cases.models import Contact, Handover, Section47Decision, Visit, VisitChild


class ContactReceived(Protocol):
    """Start what else runs from the receipt of a contact."""

    def __call__(self, *, contact: Contact, by: User | None) -> None: ...


class ReceiptCorrected(Protocol):
    """Let what runs because of when a contact came in follow the right time."""

    def __call__(self, *, contact: Contact, by: User, at: datetime) -> None: ...


class ContactVoided(Protocol):
    """End what else was begun for a contact that is void."""

    def __call__(self, *, contact: Contact, at: datetime) -> None: ...


class HandoverOffered(Protocol):
    """Open the receiver's own record of what is offered."""

    def __call__(self, *, handover: Handover, authority: Authority) -> None: ...


class HandoverWithdrawn(Protocol):
    """End the receiver's own record of an offer taken back."""

    def __call__(self, *, handover: Handover, authority: Authority) -> None: ...


class HandoverAnswered(Protocol):
    """Let the sender's own record follow the answer."""

    def __call__(self, *, handover: Handover, by: User) -> None: ...


class VisitRecorded(Protocol):
    """Let what waited for the child to be seen follow. `seen` are the rows of children seen."""

    def __call__(self, *, visit: Visit, seen: Sequence[VisitChild]) -> None: ...


class Section47Decided(Protocol):
    """Open the enquiry of each child whose threshold is met; a further discussion is told too."""

    def __call__(
        self, *, decisions: Sequence[Section47Decision], authority: Authority, at: datetime
    ) -> None: ...


class PlanBegan(Protocol):
    """Let what else is under way for these children follow: a plan runs for each from now on."""

    def __call__(
        self, *, child_ids: Collection[UUID], plan_id: UUID, authority: Authority, at: datetime
    ) -> None: ...


class PeopleConcerned(Protocol):
    """Name who else must know that risk to these children was thought about again."""

    def __call__(self, *, child_ids: Collection[UUID]) -> Collection[UUID]: ...


contact_received: Reactions[ContactReceived] = Reactions()
receipt_corrected: Reactions[ReceiptCorrected] = Reactions()
contact_voided: Reactions[ContactVoided] = Reactions()
handover_offered: Reactions[HandoverOffered] = Reactions()
handover_withdrawn: Reactions[HandoverWithdrawn] = Reactions()
handover_answered: Reactions[HandoverAnswered] = Reactions()
visit_recorded: Reactions[VisitRecorded] = Reactions()
section_47_decided: Reactions[Section47Decided] = Reactions()
plan_began: Reactions[PlanBegan] = Reactions()
people_concerned: Reactions[PeopleConcerned] = Reactions()
