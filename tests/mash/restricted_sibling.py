"""A family of whom one child's record is restricted, decided through the real actions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import User
from cases import actions as case_actions
from cases.choices import Channel, Outcome
from cases.models import Contact
from cases.stated import Stated
from mash import actions
from mash.models import Decision, PassedLine
from people import actions as people_actions
from people.choices import HouseholdRole
from people.models import Person

REASONS = {
    "know": "Two call-outs.",
    "worries": "Repeat violence.",
    "protects": "Trusts the teacher.",
    "alternative": "Advice would be too little.",
}


def receive(by: User, at: datetime, *people: Stated, **more: Any) -> Contact:
    return case_actions.receive(
        by=by,
        at=at,
        channel=Channel.PHONE,
        words="Came in quiet and asked to stay at lunch.",
        source_code="2A",
        people=list(people),
        **more,
    )


def line_of(contact: Contact, outcome: str = Outcome.ADVICE, **more: Any) -> actions.ChildLine:
    """The answer for the one open child of a contact."""
    return actions.ChildLine(
        child_id=contact.people.get(is_child=True).person_id,
        is_in=True,
        level=more.pop("level", "1"),
        outcome=outcome,
        why="Asked for advice",
        **more,
    )


def decide(contact: Contact, by: User, at: datetime, **more: Any) -> Decision:
    more.setdefault("children", [line_of(contact)])
    return actions.decide(by=by, at=at, contact_id=contact.pk, **{**REASONS, **more})


def family(officer: User, manager: User, owner: User, at: datetime) -> tuple[Contact, Person]:
    """A contact about Aaliyah, whose sister Safiya has a restricted record."""
    sisters = [
        Stated(
            given_name=name,
            family_name="Testwood",
            date_of_birth=date(2018, 9, 14),
            household_role=HouseholdRole.RESIDENT_CHILD,
        )
        for name in ("Aaliyah", "Safiya")
    ]
    first = receive(officer, at - timedelta(days=2), *sisters)
    known, hidden = [row.person for row in first.people.order_by("position")]
    case_actions.void(
        by=manager, at=at - timedelta(days=1), contact_id=first.pk, reason="Sent by mistake"
    )
    people_actions.restrict(
        by=manager,
        at=at - timedelta(days=1),
        person_id=hidden.pk,
        owner_id=owner.pk,
        reason="A relative works here.",
    )
    return receive(officer, at, Stated(person_id=known.pk)), hidden


def passed(officer: User, manager: User, owner: User, at: datetime) -> PassedLine:
    """The line of Safiya, passed on half an hour after the contact came in."""
    contact, _hidden = family(officer, manager, owner, at)
    decision = decide(contact, manager, at + timedelta(minutes=30))
    return decision.passed_lines.get()
