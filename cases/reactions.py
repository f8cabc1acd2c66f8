"""Questions that go up: what rooms above do when something happens here (decisions.md 27).

Filled in `AppConfig.ready`, run in the same transaction, in the order of registration, and
failing as a whole. `tests/cases/test_reactions.py` pins who is registered.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from accounts.models import User
from accounts.permissions import Authority
from accounts.reactions import Reactions
from cases.choices import Outcome
from cases.models import Contact, Handover, Section47Decision, Visit, VisitChild


@dataclass(frozen=True, kw_only=True)
class ChildDecided:
    """What was decided for one child who is in a decision, and why."""

    outcome: Outcome
    why: str


@dataclass(frozen=True, kw_only=True)
class ContactDecision:
    """A decision on a contact, as whoever sent the contact follows it.

    `children` holds those who are in it; of a restricted child only once somebody answered.
    `advice` is what the sender should do instead where nothing is taken on; `is_provisional` that
    EDT decided and the MASH may yet change it.
    """

    children: Mapping[UUID, ChildDecided]
    advice: str
    is_provisional: bool
    authority: Authority
    at: datetime


class ContactReceived(Protocol):
    """Start what else runs from the receipt of a contact."""

    def __call__(self, *, contact: Contact, by: User | None) -> None: ...


class ReceiptCorrected(Protocol):
    """Let what runs because of when a contact came in follow the right time."""

    def __call__(self, *, contact: Contact, by: User, at: datetime) -> None: ...


class ContactMarked(Protocol):
    """Start or end what runs because of the marks beside a contact's category."""

    def __call__(self, *, contact: Contact, by: User | None, at: datetime) -> None: ...


class ContactVoided(Protocol):
    """End what else was begun for a contact that is void."""

    def __call__(self, *, contact: Contact, at: datetime) -> None: ...


class ContactDecided(Protocol):
    """Let whoever sent the contact follow what was decided for each child."""

    def __call__(self, *, contact: Contact, decision: ContactDecision) -> None: ...


class ContactReopened(Protocol):
    """Let what followed a decision know that the contact is to be decided again."""

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
    """Open the enquiry of each child whose threshold is met; a further discussion is told too.

    `passed_ids` are restricted children of the home whom somebody else is asked to answer for.
    """

    def __call__(
        self,
        *,
        decisions: Sequence[Section47Decision],
        authority: Authority,
        at: datetime,
        passed_ids: Collection[UUID] = (),
    ) -> None: ...


class ReferralClosed(Protocol):
    """End what ran only because the child was open."""

    def __call__(self, *, child_id: UUID, at: datetime) -> None: ...


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
contact_decided: Reactions[ContactDecided] = Reactions()
contact_marked: Reactions[ContactMarked] = Reactions()
contact_reopened: Reactions[ContactReopened] = Reactions()
handover_offered: Reactions[HandoverOffered] = Reactions()
handover_withdrawn: Reactions[HandoverWithdrawn] = Reactions()
handover_answered: Reactions[HandoverAnswered] = Reactions()
visit_recorded: Reactions[VisitRecorded] = Reactions()
section_47_decided: Reactions[Section47Decided] = Reactions()
referral_closed: Reactions[ReferralClosed] = Reactions()
plan_began: Reactions[PlanBegan] = Reactions()
people_concerned: Reactions[PeopleConcerned] = Reactions()
