"""Families who ask for early help, made through the real actions, for the tests of early help."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from cases.choices import ConsentFrom, ConsentScope, ConsentState, Outcome, Priority, RiskLevel
from cases.models import Contact, Service
from cases.stated import Stated
from early_help import actions
from early_help.choices import AskedBy, Route
from early_help.models import Episode
from early_help.queries.work import early_help_work
from people.choices import HouseholdRole
from record import calendar
from tests.cases.front_door import answered, decided, received
from tests.cases.front_door import child as stated_child

#: A Monday morning; nothing here is later than `TYPED`.
MONDAY = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
TYPED = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)

AGREED: dict[str, Any] = {
    "asked_as": ConsentFrom.PARENT_WITH_PR,
    "person_as_stated": "Hana Testwood, mother",
    "how": "spoken",
    "to_what": "Somebody to help with mornings and school",
    "told_can_withdraw": True,
}
ASKED: dict[str, Any] = {
    "asked_by": AskedBy.SCHOOL,
    "asker_name": "Sally Outreach",
    "asker_role": "Safeguarding lead",
    "asker_agency_name": "Dummyfield Primary School",
    "asker_phone": "01632 960200",
    "reasons": "Late every day since November, hungry twice a week.",
    "family_wants": "Help with mornings.",
    "level": "2",
}
TOLD: dict[str, Any] = {
    "told": "About eight weeks. Ring 01632 960300 if things get worse.",
    "interim_help": "Breakfast club at school from Monday.",
}


def days(number: int, *, since: datetime = MONDAY, hour: int = 10) -> datetime:
    """The moment so many working days later, at this hour."""
    day = calendar.calendar().add_working_days(since.date(), number)
    return datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)


def child(name: str = "Aaliyah", **facts: Any) -> Stated:
    return stated_child(name, **facts)


def requested(
    by: User, *children: Stated, at: datetime = MONDAY, is_agreed: bool = True, **more: Any
) -> Episode:
    """A school asks for help."""
    return actions.request_help(
        by=by,
        at=at,
        children=list(children) or [child()],
        adults=more.pop("adults", []),
        agreed=AGREED if is_agreed else None,
        **{**ASKED, **more},
    )


def parent(name: str = "Hana") -> Stated:
    return Stated(
        is_child=False,
        given_name=name,
        family_name="Testwood",
        household_role=HouseholdRole.ADULT_CARER,
    )


def risks(episode: Episode, level: RiskLevel = RiskLevel.LOW) -> list[actions.ChildRisk]:
    return [
        actions.ChildRisk(child_id=row.child_id, level=level, why="Seen in class every day")
        for row in episode.children.filter(ended_at=None)
    ]


def waiting(
    by: User,
    episode: Episode,
    *,
    priority: Priority = Priority.P3,
    at: datetime = MONDAY + timedelta(hours=2),
    risk: RiskLevel = RiskLevel.LOW,
    **more: Any,
) -> Episode:
    """Screened onto the waiting list."""
    return actions.screen(
        by=by,
        at=at,
        episode_id=episode.pk,
        route=Route.TARGETED,
        **{
            "level": "2" if priority == Priority.P3 else "3",
            "family_wants": "Help with mornings.",
            "priority": priority,
            "reason": "Two children, one carer, nobody at home before school",
            "risks": risks(episode, risk),
            **TOLD,
            **more,
        },
    )


def from_mash(
    officer: User, manager: User, coordinator: User, *children: Stated, at: datetime = MONDAY
) -> tuple[Contact, Episode]:
    """A contact that the MASH decides for early help."""
    contact = received(officer, *children, at=at, referrer_name="Sally Outreach")
    answered(
        contact,
        officer,
        ConsentState.GIVEN,
        at=at + timedelta(minutes=5),
        scope=ConsentScope.SERVICE,
    )
    decided(
        contact,
        manager,
        Outcome.EARLY_HELP,
        team=coordinator.managed_teams.get(),
        level="3",
        at=at + timedelta(hours=1),
    )
    return contact, Episode.objects.get(contact=contact)


def worse(episode: Episode, level: RiskLevel = RiskLevel.MODERATE) -> dict[str, Any]:
    """A safe-check that found the family worse off, without what follows."""
    return {
        "episode_id": episode.pk,
        "means": "phone",
        "is_reached": True,
        "spoke_to": "Hana",
        "found": "worse",
        "what_changed": "The father has moved back in and the children do not sleep.",
        "risks": risks(episode, level),
    }


def count_queries(client: Any, address: str) -> int:
    """How many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def service(
    by: User, *, at: datetime = MONDAY, service_id: Any = None, why: str = "Rang", **more: Any
) -> Service:
    """A service of the directory, entered by the coordinator: three places for children."""
    return actions.keep_service(
        by=by,
        at=at,
        why=why,
        service_id=service_id,
        facts={
            "name": "Breakfast Club Dummyfield",
            "kind": "practical",
            "run_by": "Dummyfield Primary School",
            "for_whom": "Children who come to school hungry or late",
            "from_age": 4,
            "to_age": 11,
            "needs": [],
            "areas": [],
            "counted_in": "child",
            "capacity": 3,
            "wait": "none",
            "contact": "01632 960210",
            "how_to_refer": "Ring the office",
            "reviewed_on": at.date(),
            "valid_until": at.date() + timedelta(days=180),
            "is_open": True,
            **more,
        },
    )


def born(years: int) -> date:
    return date(MONDAY.year - years, 1, 1)


def asked_of(user: User, *, at: datetime) -> list[str]:
    """What the home page of somebody asks of them about early help."""
    return [line.verb for line in early_help_work(by=user, at=at)]
