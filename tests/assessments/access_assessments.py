"""What the addresses of assessments name, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import SENIOR
from assessments import actions
from assessments.models import Assessment, AssessmentPassed
from assessments.sections import CHILD
from lib import application_clock
from lib.working_days import london_date
from people.choices import HouseholdRole
from people.models import HouseholdMembership
from tests.assessments.access_plans import _allocated
from tests.assessments.families import typed
from tests.factories.assessments import authorised
from tests.factories.people import (
    ChildFactory,
    HouseholdFactory,
    MembershipFactory,
    RestrictionFactory,
)

People = Mapping[Role, User]

#: The manager and the social worker of the team whose assessment it is.
MANAGER = frozenset({Role.ASSESSMENT_TEAM_MANAGER})
WRITER = frozenset({Role.ASSESSMENT_SOCIAL_WORKER})
AUTHORISES = MANAGER | SENIOR


def a_referral(people: People) -> dict[str, Any]:
    return {"pk": _allocated(people).pk}


def _started(people: People) -> Assessment:
    referral = _allocated(people)
    now = application_clock.now()
    return actions.start(
        by=people[Role.ASSESSMENT_TEAM_MANAGER],
        at=now,
        child_ids=[referral.child_id],
        plan="See her at school",
        review_on=london_date(now) + timedelta(days=20),
    )


def an_assessment(people: People) -> dict[str, Any]:
    return {"pk": _started(people).pk}


def a_section(people: People) -> dict[str, Any]:
    return {"pk": _started(people).pk, "section": "analysis"}


def a_part(people: People) -> dict[str, Any]:
    assessment = _started(people)
    return {"pk": assessment.pk, CHILD: assessment.children.get().child_id}


def a_text(people: People) -> dict[str, Any]:
    assessment = _started(people)
    actions.save_words(
        by=people[Role.ASSESSMENT_SOCIAL_WORKER],
        at=application_clock.now(),
        assessment_id=assessment.pk,
        typed=[typed(assessment, "analysis", "What it means")],
    )
    return {"pk": assessment.texts.get().pk}


def a_joiner(people: People) -> dict[str, Any]:
    """A child of the household who has no part in it."""
    assessment = _started(people)
    child = assessment.children.get().child
    held = HouseholdMembership.objects.filter(person=child).first()
    household = held.household if held else HouseholdFactory()
    if held is None:
        MembershipFactory(household=household, person=child)
    other = ChildFactory()
    MembershipFactory(household=household, person=other, role=HouseholdRole.PART_TIME_CHILD)
    return {"pk": assessment.pk, "child": other.pk}


def a_passed_child(people: People) -> dict[str, Any]:
    """A restricted child of the household, for whom the assessment team manager answers."""
    assessment, now = _started(people), application_clock.now()
    restriction = RestrictionFactory(owner=people[Role.ASSESSMENT_TEAM_MANAGER])
    passed = AssessmentPassed.objects.create(
        assessment=assessment,
        child=restriction.person,
        owner=restriction.owner,
        passed_at=now,
        recorded_at=now,
    )
    return {"pk": passed.pk}


def a_checkpoint(people: People) -> dict[str, Any]:
    return {"pk": _started(people).pk, "number": 1}


def an_assessed_child(people: People) -> dict[str, Any]:
    referral = _allocated(people)
    authorised(
        referral.child,
        at=application_clock.now(),
        by=people[Role.ASSESSMENT_TEAM_MANAGER],
        team=referral.team,
        started_at=application_clock.now() - timedelta(minutes=1),
    )
    return {"pk": referral.child_id}
