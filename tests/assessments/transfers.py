"""A family that can be handed on, and each step of handing it on, through the real actions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from accounts.choices import Role, TeamKind
from accounts.models import User
from accounts.permissions import Permission, require
from assessments.actions import transfer as actions
from assessments.actions import transfer_wait
from assessments.choices import AssessmentKind, AssessmentOutcome, AssessmentState
from assessments.models import (
    Assessment,
    AssessmentChild,
    AssessmentMember,
    AssessmentText,
    Transfer,
)
from cases import actions as case_actions
from cases.choices import OversightKind
from cases.models import ManagementOversight
from people import actions as people_actions
from people.choices import HouseholdRole, RelationshipKind, Source
from people.models import HouseholdMembership, Person
from tests.assessments.plans import Family, approved, day, seen
from tests.factories.people import MembershipFactory, PersonFactory, RelationshipFactory
from tests.personas import member

REASONS = case_actions.Rationale(
    know="The plan runs; school is easier.",
    worries="Money, for all of them.",
    protects="Nan is next door.",
    decision="Go on with mornings and money.",
    why="The plan is agreed and the family knows the next team.",
)


def assessed(family: Family, *, at: datetime | None = None) -> Assessment:
    """An assessment of every child, authorised by the manager."""
    at = at or day(7)
    made = Assessment.objects.create(
        kind=AssessmentKind.FULL,
        team=family.manager.managed_teams.get(),
        plan="Each child alone",
        review_on=at.date(),
        started_at=day(1),
        started_by=family.manager,
        recorded_at=at,
    )
    AssessmentText.objects.create(
        assessment=made, key="history", words="Three contacts.", by=family.worker, at=at, kept_at=at
    )
    for row in HouseholdMembership.objects.filter(
        household__memberships__person__in=family.ids
    ).distinct():
        AssessmentMember.objects.create(
            assessment=made, person_id=row.person_id, role=row.role, is_child=False
        )
    for name, child in family.children.items():
        AssessmentChild.objects.create(
            assessment=made,
            child=child,
            referral=family.referrals[name],
            referral_on=family.referrals[name].referral_on,
            started_on=day(1).date(),
            added_by=family.manager,
            is_open=False,
            risk="moderate",
            outcome=AssessmentOutcome.CIN_PLAN,
            primary_need="N1",
            authorised_at=at,
            recorded_at=at,
        )
    made.state = AssessmentState.AUTHORISED
    made.authorised_at, made.authorised_by = at, family.manager
    made.authorised_role = Role.ASSESSMENT_TEAM_MANAGER
    made.oversight = ManagementOversight.objects.create(
        kind=OversightKind.AUTHORISATION,
        at=at,
        know="K",
        worries="W",
        decision="D",
        why="Y",
        by=family.manager,
        role=Role.ASSESSMENT_TEAM_MANAGER,
        recorded_at=at,
    )
    made.save()
    return made


def supervised(family: Family, *names: str, at: datetime) -> None:
    """Case supervision of these children, or all."""
    case_actions.write_oversight(
        authority=require(family.manager, Permission.OVERSIGHT_RECORD),
        at=at,
        kind=OversightKind.SUPERVISION,
        child_ids=[family[name].pk for name in names or family.children],
        rationale=REASONS,
    )


def at_home(family: Family) -> Person:
    """Their mother, with a telephone, in the household of the children."""
    (household,) = {
        row.household for row in HouseholdMembership.objects.filter(person__in=family.ids)
    }
    mother = PersonFactory(given_name="Leanne", family_name="Testwood", phone="07700900123")
    MembershipFactory(household=household, person=mother, role=HouseholdRole.ADULT_CARER)
    for child in family.children.values():
        RelationshipFactory(person=mother, other=child, kind=RelationshipKind.MOTHER)
    return mother


def whole(family: Family) -> Family:
    """Everything of the checklist is there on day 8."""
    at_home(family)
    assessed(family)
    approved(family, at=day(7))
    seen(family, *family.children, at=day(7))
    supervised(family, at=day(7))
    return family


DATES: dict[str, Any] = {
    "next_visit_on": day(200).date(),
    "next_meeting_on": day(200).date(),
    "next_meeting": "Review of the plan",
}


def proposed(
    family: Family,
    receiver: User,
    *,
    at: datetime | None = None,
    out: Iterable[str] = (),
    point: str = Transfer.Point.CIN_PLAN,
) -> Transfer:
    return actions.propose(
        by=family.worker,
        at=at or day(8),
        lines=[
            actions.Line(
                child_id=child.pk,
                is_in=name not in out,
                because="Lives with her father now" if name in out else "",
            )
            for name, child in family.children.items()
        ],
        to_team_id=receiver.managed_teams.get().pk,
        point=point,
        reason="The plan is agreed.",
        **DATES,
    )


def made_ready(family: Family, receiver: User, *, at: datetime | None = None) -> Transfer:
    transfer = proposed(family, receiver, at=at)
    return actions.make_ready(
        by=family.manager, at=at or day(8), transfer_id=transfer.pk, rationale=REASONS
    )


def accepted(family: Family, receiver: User, *, at: datetime | None = None) -> Transfer:
    at = at or day(9)
    transfer = made_ready(family, receiver, at=at - timedelta(hours=2))
    return actions.accept(
        by=receiver,
        at=at,
        transfer_id=transfer.pk,
        met_at=at - timedelta(hours=1),
        attended="Both managers, both workers",
    )


def waits(
    family: Family,
    receiver: User,
    *,
    at: datetime | None = None,
    risks: dict[str, str] | None = None,
) -> Transfer:
    at = at or day(9) + timedelta(hours=1)
    transfer = accepted(family, receiver, at=at - timedelta(hours=1))
    return transfer_wait.wait(
        by=receiver,
        at=at,
        transfer_id=transfer.pk,
        because="Every worker has 18 children.",
        expected_on=day(60).date(),
        visits_by_id=family.worker.pk,
        risks={
            child.pk: transfer_wait.Risk(
                level=(risks or {}).get(name, "moderate"), why="Mornings, money"
            )
            for name, child in family.children.items()
        },
    )


def looked(family: Family, **changes: dict[str, Any]) -> list[transfer_wait.ChildLooked]:
    """What the weekly review says of each child; `changes` by the child's name."""
    return [
        transfer_wait.ChildLooked(
            **{
                "child_id": child.pk,
                "what_changed": f"Nothing new for {name}",
                "effect": f"{name} asks when the new worker comes",
                "risk": "moderate",
                "protects": "Nan",
                "is_assessment_right": True,
                "is_plan_right": True,
                "recommendation": f"Visit {name} on Friday",
                "not_seen_because": "Half-term at Dad’s",
                **changes.get(name, {}),
            }
        )
        for name, child in family.children.items()
    ]


def reviewed(transfer: Transfer, family: Family, *, at: datetime, **more: Any) -> Any:
    given: dict[str, Any] = {
        "visits": "One, by Femi",
        "children": looked(family),
        "is_escalated": False,
        "with_manager_id": transfer.to_team.manager_id,
    }
    return transfer_wait.review(by=family.manager, at=at, transfer_id=transfer.pk, **given | more)


def long_term_worker(name: str = "Ola Standin") -> User:
    return member(name, Role.SFS_SOCIAL_WORKER, TeamKind.SAFEGUARDING_FAMILY_SUPPORT)


def allocated(
    transfer: Transfer, receiver: User, worker: User, *, at: datetime, **more: Any
) -> Transfer:
    return transfer_wait.allocate(
        by=receiver,
        at=at,
        transfer_id=transfer.pk,
        worker_id=worker.pk,
        joint_visit_on=(at + timedelta(days=3)).date(),
        **more,
    )


def completed(transfer: Transfer, receiver: User, *, at: datetime, **more: Any) -> Transfer:
    given: dict[str, Any] = {
        "joint_visit_at": at - timedelta(hours=1),
        "family_told": "Both workers, at home; Maisie had questions",
    }
    return transfer_wait.complete(by=receiver, at=at, transfer_id=transfer.pk, **given | more)


def joins(family: Family, by: User, *, at: datetime, is_child: bool = False) -> Person:
    """Somebody new comes to live in the household."""
    from tests.factories.people import ChildFactory

    person = (
        ChildFactory(given_name="Noah", family_name="Testwood")
        if is_child
        else PersonFactory(given_name="Kyle", family_name="Stubbs")
    )
    (household_id,) = set(
        HouseholdMembership.objects.filter(person__in=family.ids).values_list(
            "household_id", flat=True
        )
    )
    people_actions.join_household(
        by=by,
        at=at,
        household_id=household_id,
        person_id=person.pk,
        role=HouseholdRole.RESIDENT_CHILD if is_child else HouseholdRole.OTHER_ADULT,
        from_on=at.date(),
        source=Source.WORKER,
    )
    return person
