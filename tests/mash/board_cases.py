"""Contacts as they stand on the triage board, made through the real actions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import User
from cases import actions as case_actions
from cases.choices import Channel
from cases.models import Contact
from cases.stated import Stated
from lib import application_clock
from people.choices import HouseholdRole

#: Thursday 12 March 2026, 13:30 in Slough: the moment of the design's pictures.
NOW = datetime(2026, 3, 12, 13, 30, tzinfo=UTC)
WORDS = "Aaliyah came in quiet and asked to stay at lunch. She told me her mother was hurt."


def child(given_name: str = "Aaliyah", family_name: str = "Testwood", **facts: Any) -> Stated:
    """A child of the household, 7 years old unless told otherwise."""
    facts.setdefault("date_of_birth", date(2018, 9, 14))
    facts.setdefault("sex", "F")
    facts.setdefault("household_role", HouseholdRole.RESIDENT_CHILD)
    return Stated(given_name=given_name, family_name=family_name, **facts)


def received(
    by: User, *people: Stated, at: datetime = NOW - timedelta(hours=2), **changes: Any
) -> Contact:
    """A contact received at `at` and typed in 5 minutes later."""
    with application_clock.set_to(at + timedelta(minutes=5)):
        return case_actions.receive(
            by=by,
            at=at,
            channel=changes.pop("channel", Channel.PHONE),
            words=changes.pop("words", WORDS),
            people=list(people) or [child()],
            source_code=changes.pop("source_code", "2A"),
            **changes,
        )


def london(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    """A moment of March 2026; before the 29th London and UTC read the same."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)
