"""A family that an assessment team holds, and its child in need plan, through the real actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import User
from assessments.actions import cin_plan as actions
from assessments.actions import cin_review
from assessments.models import CinPlan
from cases import actions as case_actions
from cases.choices import VisitOutcome, VisitPurpose
from cases.models import Referral, Visit
from people.models import Person
from tests.cases.front_door import child, hours, offered, received

#: When everything here is typed in: late enough for each `at` to be past.
TYPED = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
DIRECTION: dict[str, Any] = {
    "find_out": "What each day is like",
    "see_whom": "Each child, alone",
    "first_visit_by": date(2026, 3, 20),
}


def day(number: int) -> datetime:
    """Ten o'clock so many days after the family came in."""
    return hours(0) + timedelta(days=number)


@dataclass
class Family:
    """Brothers and sisters at home, with the worker and manager who have them."""

    children: dict[str, Person]
    referrals: dict[str, Referral]
    worker: User
    manager: User

    @property
    def ids(self) -> list[UUID]:
        return sorted(person.pk for person in self.children.values())

    def __getitem__(self, name: str) -> Person:
        return self.children[name]


def held(
    officer: User,
    decider: User,
    manager: User,
    worker: User,
    *names: str,
    hour: float = 0,
) -> Family:
    """A family referred, accepted by the manager's team and allocated to the worker."""
    contact = received(
        officer,
        *[
            child(
                name,
                date_of_birth=date(2014 + place, 5, 4),
                address_line=f"{name} House, 1 Dummy Close",
                postcode="SL1 2EL",
            )
            for place, name in enumerate(names or ("Maisie", "Jayden"))
        ],
        at=hours(hour),
    )
    offer = offered(contact, decider, manager)
    case_actions.accept(by=manager, at=hours(2), handover_id=offer.pk)
    rows = list(offer.children.select_related("child", "referral"))
    referrals = {row.child.given_name: row.referral for row in rows}
    first, *others = sorted(referrals.values(), key=lambda row: row.pk)
    case_actions.allocate(
        by=manager,
        at=hours(3),
        referral_id=first.pk,
        also=[row.pk for row in others],
        worker_id=worker.pk,
        out_of_order_why="The worker knows this family",
        **DIRECTION,
    )
    return Family(
        children={row.child.given_name: row.child for row in rows},
        referrals={
            name: Referral.objects.get(pk=referral.pk) for name, referral in referrals.items()
        },
        worker=worker,
        manager=manager,
    )


DETAILS: dict[str, Any] = {
    "visit_every": 20,
    "contingency": "If school is missed two weeks running, the manager thinks again.",
    "agreement": CinPlan.Agreement.AGREED,
    "family_view": "Mother says mornings are hardest.",
    "shared_on": None,
    "next_meeting_on": date(2026, 4, 10),
}


def written(family: Family, *, at: datetime | None = None, only: tuple[str, ...] = ()) -> CinPlan:
    """A whole draft, sent to the manager."""
    at = at or day(5)
    ids = [family[name].pk for name in only] if only else family.ids
    plan = actions.start_plan(by=family.worker, at=at, child_ids=ids)
    for row in plan.children.select_related("child"):
        name = row.child.given_name
        actions.write_section(
            by=family.worker,
            at=at,
            plan_id=plan.pk,
            child_id=row.child_id,
            needs=f"{name} needs mornings without shouting.",
            view=f"{name} says: I like breakfast club.",
            safety=f"{name} rings Nan; Nan rings us.",
            version=1,
        )
    actions.write_goal(
        by=family.worker,
        at=at,
        plan_id=plan.pk,
        change="Everybody is at school on time",
        measure="Nine mornings in ten",
        steps=[actions.Step(what="Alarm at seven", who="Mother", by_on=date(2026, 3, 30))],
    )
    actions.write_details(by=family.worker, at=at, plan_id=plan.pk, version=1, **DETAILS)
    return actions.send_for_approval(by=family.worker, at=at, plan_id=plan.pk)


def approved(family: Family, *, at: datetime | None = None, only: tuple[str, ...] = ()) -> CinPlan:
    """A plan that runs."""
    at = at or day(6)
    plan = written(family, at=at - timedelta(hours=1), only=only)
    return actions.approve_plan(by=family.manager, at=at, plan_id=plan.pk, why="It fits them.")


def reviewed(plan: CinPlan, family: Family, *, at: datetime, **more: Any) -> Any:
    """A review by the worker, which the manager has yet to confirm."""
    goals = list(plan.goals.filter(ended_at=None))
    given: dict[str, Any] = {
        "attended": "Mother, school, health visitor",
        "summary": "School is easier.",
        "family_view": "Mother is tired and pleased.",
        "progress": {
            goal.pk: cin_review.GoalProgress(how="better", words="On time four days in five")
            for goal in goals
        },
        "steps": {},
        "decision": "go_on",
        "why": "It works and is not finished.",
        "next_on": (at + timedelta(days=56)).date(),
    }
    return cin_review.record_review(by=family.worker, at=at, plan_id=plan.pk, **given | more)


def seen(family: Family, *names: str, at: datetime, alone: bool = True) -> Visit:
    """A visit at which these children were seen."""
    return case_actions.record_visit(
        by=family.worker,
        at=at,
        purpose=VisitPurpose.CIN,
        outcome=VisitOutcome.KEPT,
        where="At home",
        children=[
            case_actions.ChildAtVisit(
                child_id=family[name].pk,
                was_seen=True,
                was_seen_alone=alone,
                not_alone_because="" if alone else "Asleep",
            )
            for name in names
        ],
    )
