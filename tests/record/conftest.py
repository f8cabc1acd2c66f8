"""People, rules and limits that the tests of `record` share."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from accounts.permissions import Permission
from lib import application_clock
from people.models import Person
from record import clocks, documents, events, outbox, policy
from record.clocks import Rule
from record.events import EventCode
from record.models import ClockUnit
from record.policy import Limit

#: Thursday, 11:00 in Slough.
NOW = datetime(2026, 3, 12, 11, 0, tzinfo=UTC)

RULES = (
    Rule("T-ELAPSED", "Test, hours", ClockUnit.ELAPSED_HOURS, 4, "The test", is_red_class=True),
    Rule("T-OFFICE", "Test, office hours", ClockUnit.WORKING_HOURS, 6, "The test"),
    Rule("T-SAME", "Test, same time", ClockUnit.SAME_CLOCK_TIME, 1, "The test"),
    Rule("T-DAYS", "Test, working days", ClockUnit.WORKING_DAYS, "test.days", "The test"),
    Rule("T-STAT", "Test, statute", ClockUnit.WORKING_DAYS, 10, "The Act", is_statutory=True),
    Rule("T-OPEN", "Test, opening", ClockUnit.NEXT_OPENING, 0, "The test", clock_time=time(10, 0)),
    Rule("T-CAL", "Test, days", ClockUnit.CALENDAR_DAYS, 3, "The test"),
)
LIMITS = (
    Limit("test.days", "Days of the test", int, 2, "working days", minimum=1, maximum=9),
    Limit("test.statutory", "Days of the Act", int, 10, "days", is_statutory=True, source="Act"),
    Limit("test.on", "Whether the test is on", bool, False),
    Limit("test.names", "Names of the test", list, []),
)
CODES = (
    EventCode("test.changed", "Changed by {to_user}", "change", Permission.PERSON_READ),
    EventCode("test.secret", "Section 47 step", "decision", Permission.S47_READ),
    EventCode(
        "test.rated",
        "Rated {colour}",
        "decision",
        Permission.PERSON_READ,
        labels={"colour": {"r": "red"}},
    ),
)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register what the tests use, for the length of one test."""
    monkeypatch.setattr(clocks, "_rules", dict(clocks._rules))
    monkeypatch.setattr(clocks, "_carriers", dict(clocks._carriers))
    monkeypatch.setattr(policy, "_limits", dict(policy._limits))
    monkeypatch.setattr(events, "_codes", dict(events._codes))
    monkeypatch.setattr(outbox, "_handlers", dict(outbox._handlers))
    monkeypatch.setattr(documents, "_access", dict(documents._access))
    clocks.register(*RULES)
    policy.register(*LIMITS)
    events.register(*CODES)


@pytest.fixture
def at_eleven() -> Iterator[datetime]:
    """Hold the clock on a Thursday in March, 11:00."""
    with application_clock.set_to(NOW):
        yield NOW


@pytest.fixture
def make_child(db: None) -> Callable[..., Person]:
    """Return a function that makes a child."""

    def make(name: str = "Aaliyah", **fields: Any) -> Person:
        return Person.objects.create(
            **{
                "given_name": name,
                "family_name": "Testwood",
                "recorded_at": datetime(2026, 1, 1, tzinfo=UTC),
                **fields,
            }
        )

    return make


@pytest.fixture
def child(make_child: Callable[..., Person]) -> Person:
    return make_child()


@pytest.fixture
def second_head_of_service(head_of_service: User) -> User:
    from accounts.choices import Role
    from tests.personas import person

    return person("Hugo Otherfield", Role.HEAD_OF_SERVICE)


@pytest.fixture
def subject_id() -> UUID:
    return UUID("00000000-0000-4000-8000-000000000001")
