"""What the addresses of plans and transfers name, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from accounts.choices import Role
from accounts.models import User
from assessments.actions import cin_plan
from assessments.models import CinPlan
from cases import actions as case_actions
from cases.models import Referral, WaitingGroup
from lib import application_clock
from tests.cases.access import a_referral
from tests.factories.accounts import TeamMembershipFactory

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


def a_waiting_family(people: People) -> dict[str, Any]:
    """A family in the allocation queue of the assessment team."""
    a_referral(people)
    return {"pk": WaitingGroup.objects.get(ended_at=None).pk}
