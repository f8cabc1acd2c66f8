"""A new partner joins the home of three children: what tests of changes begin with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import User
from cases import actions
from cases.actions import ChangeLine, Rationale, ReviewAnswers
from cases.change_codes import ChangeClass, ChangeCode, ChangeOutcome
from cases.models import ChangeOfCircumstance, ChildRiskReview
from lib import application_clock
from people import actions as people_actions
from people.choices import HouseholdRole
from people.models import Person
from tests.cases.families import Family
from tests.factories.people import PersonFactory

#: Tuesday 3 March 2026, 16:20: learned, and logged at once.
LEARNED = datetime(2026, 3, 3, 16, 20, tzinfo=UTC)
TRIAGED = datetime(2026, 3, 4, 10, 2, tzinfo=UTC)
REVIEWED = datetime(2026, 3, 9, 11, 40, tzinfo=UTC)
DECIDED = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)

RATIONALE = Rationale(
    know="Kyle Stubbs moved in on 3 March. He is not known to us.",
    worries="Nobody has met him.",
    protects="Their grandmother is there most evenings.",
    decision="The assessment and the plan stand.",
    why="He has been met, checked, and each child was seen.",
)
TOLD = {"agencies_told": "School and health visitor", "family_told": "Leanne, on 9 March"}


def kyle(**fields: Any) -> Person:
    fields.setdefault("given_name", "Kyle")
    return PersonFactory(family_name="Stubbs", date_of_birth=date(1998, 5, 5), **fields)


def joined(home: Family, by: User, *, person: Person | None = None, **fields: Any) -> Person:
    """Somebody joins the household on the day we learn of it."""
    person = person or kyle()
    with application_clock.set_to(fields.pop("at", LEARNED)):
        people_actions.join_household(
            by=by,
            at=application_clock.now(),
            household_id=home.household.pk,
            person_id=person.pk,
            role=fields.pop("role", HouseholdRole.OTHER_ADULT),
            from_on=fields.pop("from_on", date(2026, 3, 3)),
        )
    return person


def logged(by: User, child: Person, **fields: Any) -> ChangeOfCircumstance:
    at = fields.pop("at", LEARNED)
    with application_clock.set_to(at):
        return actions.log_change(
            by=by,
            at=at,
            child_id=child.pk,
            code=fields.pop("code", ChangeCode.ADULT_JOINS),
            happened_on=fields.pop("happened_on", date(2026, 3, 3)),
            **fields,
        )


def triaged(change: ChangeOfCircumstance, by: User, **fields: Any) -> ChangeOfCircumstance:
    at = fields.pop("at", TRIAGED)
    with application_clock.set_to(at):
        return actions.triage(
            by=by,
            at=at,
            change_id=change.pk,
            change_class=fields.pop("change_class", ChangeClass.SIGNIFICANT),
            **fields,
        )


def answers(name: str = "", **fields: Any) -> ReviewAnswers:
    said: dict[str, Any] = {
        "what_changed": f"Kyle sleeps there every night, says {name}",
        "effect": f"{name} gave up the room",
        "risk_before": "low",
        "risk_now": "moderate",
        "childs_view": f"“He shouts at the telly, not at us”, {name}",
        "was_seen": True,
        "was_seen_alone": True,
        "seen_at": datetime(2026, 3, 9, 10, 0, tzinfo=UTC),
        "protects": f"Grandmother; school, for {name}",
        "is_assessment_right": True,
        "is_plan_right": True,
        "recommendation": f"See {name} again in two weeks",
    }
    return ReviewAnswers(**{**said, **fields})


def review_of(change: ChangeOfCircumstance, child: Person) -> ChildRiskReview:
    return ChildRiskReview.objects.get(subject_id=change.pk, child=child)


def reviewed(
    change: ChangeOfCircumstance, child: Person, by: User, *, at: datetime = REVIEWED, **fields: Any
) -> ChildRiskReview:
    late = fields.pop("late_reason", "")
    with application_clock.set_to(at):
        return actions.complete_review(
            by=by,
            at=at,
            review_id=review_of(change, child).pk,
            answers=answers(child.name, **fields),
            late_reason=late,
        )


def lines(
    home: Family, *, outcome: str = ChangeOutcome.STANDS, but: dict[UUID, str] | None = None
) -> list[ChangeLine]:
    return [
        ChangeLine(
            child_id=child.pk,
            outcome=(but or {}).get(child.pk, outcome),
            line=f"{child.given_name} has met Kyle and was seen alone",
        )
        for child in home.children
    ]


def decided(
    change: ChangeOfCircumstance, home: Family, by: User, *, at: datetime = DECIDED, **fields: Any
) -> ChangeOfCircumstance:
    with application_clock.set_to(at):
        return actions.decide_change(
            by=by,
            at=at,
            change_id=change.pk,
            rationale=fields.pop("rationale", RATIONALE),
            lines=fields.pop("lines", None) or lines(home),
            **{**TOLD, **fields},
        )


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)
