"""What the addresses of plans and transfers name, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from accounts.choices import Role, TeamKind
from accounts.models import User
from accounts.permissions import Permission as P
from accounts.permissions import require
from assessments.actions import cin_plan, transfer
from assessments.models import CinPlan, Transfer, TransferPassed
from cases import actions as case_actions
from cases.choices import HandoverKind
from cases.models import Referral, WaitingGroup
from lib import application_clock
from tests.cases.access import a_referral
from tests.factories.accounts import TeamFactory, TeamMembershipFactory
from tests.factories.people import RestrictionFactory

People = Mapping[Role, User]


def _allocated(people: People) -> Referral:
    """A referral of the assessment team, with its social worker."""
    referral = Referral.objects.get(pk=a_referral(people)["pk"])
    worker = people[Role.ASSESSMENT_SOCIAL_WORKER]
    TeamMembershipFactory(user=worker, team=referral.team, from_on=date(2020, 1, 1))
    case_actions.allocate(
        by=people[Role.ASSESSMENT_TEAM_MANAGER],
        at=application_clock.now(),
        referral_id=referral.pk,
        worker_id=worker.pk,
        find_out="What each day is like",
        see_whom="Her, alone",
        first_visit_by=application_clock.now().date() + timedelta(days=3),
    )
    return referral


def _draft(people: People) -> CinPlan:
    referral = _allocated(people)
    worker = people[Role.ASSESSMENT_SOCIAL_WORKER]
    plan = cin_plan.start_plan(by=worker, at=application_clock.now(), child_ids=[referral.child_id])
    cin_plan.write_goal(
        by=worker,
        at=application_clock.now(),
        plan_id=plan.pk,
        change="Mornings",
        measure="On time",
        steps=[cin_plan.Step(what="Alarm", who="Mother", by_on=application_clock.now().date())],
    )
    return plan


def a_plan(people: People) -> dict[str, Any]:
    return {"pk": _draft(people).pk}


def a_section(people: People) -> dict[str, Any]:
    plan = _draft(people)
    return {"pk": plan.pk, "child": plan.children.get().child_id}


def a_goal(people: People) -> dict[str, Any]:
    plan = _draft(people)
    return {"pk": plan.pk, "goal": plan.goals.get().pk}


def _transfer(people: People) -> Transfer:
    """A transfer that the social worker proposed to the team of the S&FS manager."""
    referral = _allocated(people)
    team = TeamFactory(kind=TeamKind.SAFEGUARDING_FAMILY_SUPPORT, manager=people[Role.SFS_MANAGER])
    on = application_clock.now().date() + timedelta(days=10)
    return transfer.propose(
        by=people[Role.ASSESSMENT_SOCIAL_WORKER],
        at=application_clock.now(),
        lines=[transfer.Line(child_id=referral.child_id, is_in=True)],
        to_team_id=team.pk,
        point=Transfer.Point.CIN_PLAN,
        reason="The plan is agreed",
        next_visit_on=on,
        next_meeting_on=on,
        next_meeting="Review of the plan",
    )


def a_transfer(people: People) -> dict[str, Any]:
    return {"pk": _transfer(people).pk}


def a_transferred_child(people: People) -> dict[str, Any]:
    made = _transfer(people)
    return {"pk": made.pk, "child": made.children.get().child_id}


def a_passed_child(people: People) -> dict[str, Any]:
    """A restricted child of the family, for whom the assessment team manager answers."""
    made, now = _transfer(people), application_clock.now()
    restriction = RestrictionFactory(owner=people[Role.ASSESSMENT_TEAM_MANAGER])
    passed = TransferPassed.objects.create(
        transfer=made,
        child=restriction.person,
        owner=restriction.owner,
        passed_at=now,
        recorded_at=now,
    )
    return {"pk": passed.pk}


def an_offered_transfer(people: People) -> dict[str, Any]:
    """The offered work behind a transfer; the checklist is not what is asked here."""
    made = _transfer(people)
    right = require(people[Role.ASSESSMENT_TEAM_MANAGER], P.TRANSFER_DECIDE)
    made.handover = case_actions.offer(
        authority=right,
        at=application_clock.now(),
        kind=HandoverKind.TRANSFER,
        contact=None,
        from_team=made.from_team,
        to_team=made.to_team,
        child_ids=[made.children.get().child_id],
        reason=made.reason,
    )
    made.save(update_fields=["handover"])
    return {"pk": made.handover.pk}


def a_request(people: People) -> dict[str, Any]:
    referral = _allocated(people)
    team = TeamFactory(kind=TeamKind.SAFEGUARDING_FAMILY_SUPPORT, manager=people[Role.SFS_MANAGER])
    asked = transfer.ask_for(
        by=people[Role.SFS_MANAGER],
        at=application_clock.now(),
        child_ids=[referral.child_id],
        to_team_id=team.pk,
        why="We have room",
    )
    return {"pk": asked.pk}


def a_waiting_family(people: People) -> dict[str, Any]:
    """A family in the allocation queue of the assessment team."""
    a_referral(people)
    return {"pk": WaitingGroup.objects.get(ended_at=None).pk}
