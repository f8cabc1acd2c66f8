"""What the addresses of section 47 enquiries name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import Permission, require
from assessments.models import Conference, ProtectionPlan, Section47Enquiry
from cases import reactions
from cases.models import Section47Decision
from lib import application_clock
from lib.working_days import london_date
from tests.assessments.access_plans import _allocated

People = Mapping[Role, User]


def an_enquiry(people: People) -> dict[str, Any]:
    """An enquiry about a child of the assessment team, just begun."""
    return {"pk": made(people).pk}


def made(people: People) -> Section47Enquiry:
    referral = _allocated(people)
    manager = people[Role.ASSESSMENT_TEAM_MANAGER]
    now = application_clock.now()
    decision = Section47Decision.objects.create(
        child=referral.child,
        discussion_id=referral.pk,
        discussed_at=now,
        is_met=True,
        why="A burn nobody explains",
        by=manager,
        at=now,
        recorded_at=now,
    )
    authority = require(manager, Permission.STRATEGY_CHAIR)
    for reaction in reactions.section_47_decided:
        reaction(decisions=[decision], authority=authority, at=now)
    return Section47Enquiry.objects.get(child=referral.child)


def a_plan(people: People) -> dict[str, Any]:
    """A child protection plan that runs, as a row."""
    enquiry = made(people)
    now = application_clock.now()
    conference = Conference.objects.create(
        kind=Conference.Kind.INITIAL,
        at=now,
        held_on=london_date(now),
        chair="Kit Fixture",
        attended="Police, health, mother",
        summary="The burn",
        family_view="Mother wants help",
        by=people[Role.ASSESSMENT_TEAM_MANAGER],
        recorded_at=now,
    )
    plan = ProtectionPlan.objects.create(
        child=enquiry.child,
        referral=enquiry.referral,
        enquiry=enquiry,
        conference=conference,
        started_at=now,
        started_on=conference.held_on,
        initial_category="PHY",
        latest_category="PHY",
        previous_here=0,
        must_change="Nobody hurts her",
        contingency="Court",
        core_group="Mother, school",
        recorded_at=now,
    )
    return {"pk": plan.pk}
