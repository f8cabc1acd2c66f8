"""Strategy discussions about a family of two, made through the real actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.choices import AgencyKind
from accounts.models import PartnerAgency, User
from cases.choices import Outcome
from cases.models import Contact, MeetingPart
from mash import actions
from mash.models import StrategyDiscussion
from people.models import Person
from tests.cases.front_door import child, decided, hours, received
from tests.cases.open_cases import brother, children_of
from tests.factories.accounts import PartnerAgencyFactory

REASONS: dict[str, Any] = {
    "know": "A burn the size of a coin, explained two ways.",
    "worries": "That Aaliyah is hurt again tonight.",
    "protects": "Her grandmother is there and believes her.",
    "alternative": "An assessment alone would leave her with whoever did it.",
    "parents_told": "Mother told at the hospital at 14:00.",
    "is_legal_advice_needed": False,
}


@dataclass
class Called:
    """A discussion on the MASH manager's list, police and health asked."""

    discussion: StrategyDiscussion
    contact: Contact
    aaliyah: Person
    zayn: Person
    police: MeetingPart
    health: MeetingPart

    @property
    def pk(self) -> Any:
        return self.discussion.pk

    def anew(self) -> StrategyDiscussion:
        return StrategyDiscussion.objects.get(pk=self.discussion.pk)


def agency(kind: AgencyKind, name: str, **more: Any) -> PartnerAgency:
    found = PartnerAgency.objects.filter(name=name).first()
    return found or PartnerAgencyFactory(name=name, kind=kind, **more)


def called(officer: User, manager: User, *, at: datetime | None = None) -> Called:
    """Received at 10:00, decided at 11:00 for a discussion about both, agencies asked at 11:30."""
    contact = received(officer, child(), brother())
    decided(contact, manager, Outcome.STRATEGY_DISCUSSION, level="4b")
    discussion = StrategyDiscussion.objects.get(contact=contact)
    parts = invited(discussion, manager, at=at or hours(1.5))
    aaliyah, zayn = children_of(contact)
    return Called(discussion, contact, aaliyah, zayn, *parts)


def invited(
    discussion: StrategyDiscussion, by: User, *, at: datetime
) -> tuple[MeetingPart, MeetingPart]:
    police = agency(AgencyKind.POLICE, "Dummy Valley Police")
    health = agency(AgencyKind.HEALTH, "Dummy Park Hospital", email="desk@hospital.example")
    parts = actions.invite_agencies(
        by=by,
        at=at,
        discussion_id=discussion.pk,
        invitations=[
            actions.Invitation(agency_id=police.pk, asked="Call-outs in a year"),
            actions.Invitation(agency_id=health.pk, asked="Injuries seen"),
        ],
    )
    return parts[0], parts[1]


def there(part: MeetingPart, **more: Any) -> actions.Attendance:
    more.setdefault("has_attended", True)
    if more["has_attended"]:
        more.setdefault("who", "Sgt Proto Type")
    return actions.Attendance(part_id=part.pk, **more)


def absent(part: MeetingPart, because: str = "Nobody on duty") -> actions.Attendance:
    return there(part, has_attended=False, absent_because=because)


def held(case: Called, by: User, social_worker: User | None, **more: Any) -> StrategyDiscussion:
    """Held at 13:00 by phone with everybody who must take part, unless told otherwise."""
    more.setdefault("at", hours(3))
    more.setdefault("mode", "phone")
    more.setdefault("attendance", [there(case.police), there(case.health)])
    more.setdefault("manager_id", by.pk)
    return actions.hold(
        by=by,
        discussion_id=case.pk,
        social_worker_id=social_worker.pk if social_worker else None,
        **more,
    )


def met(person: Person, **more: Any) -> actions.ConcludedLine:
    facts: dict[str, Any] = {
        "is_met": True,
        "why": f"{person.name} has an injury nobody explains",
        "is_joint": True,
        "seen_by": "Femi Exampleton with DC Dummy",
        "see_at": hours(6),
        "is_seen_alone": True,
        "medical": "needed",
        "safety_plan": "Grandmother sleeps in the house tonight; father stays at his brother’s.",
    }
    return actions.ConcludedLine(child_id=person.pk, **(facts | more))


def not_met(person: Person, then: str = "assessment", **more: Any) -> actions.ConcludedLine:
    return actions.ConcludedLine(
        child_id=person.pk,
        is_met=False,
        why=f"Nothing points to {person.name} being hurt",
        then=then,
        **more,
    )


def concluded(
    case: Called, by: User, *lines: actions.ConcludedLine, **more: Any
) -> StrategyDiscussion:
    """Concluded at 14:00 for both children, unless told otherwise."""
    more.setdefault("at", hours(4))
    return actions.conclude(
        by=by,
        discussion_id=case.pk,
        lines=list(lines) or [met(case.aaliyah), not_met(case.zayn)],
        **(REASONS | more),
    )
