"""Somebody authorises at the same moment as something else happens to the family."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from assessments.models import Assessment, AssessmentMember
from cases import actions as case_actions
from cases.change_codes import ChangeCode
from cases.models import ChangeChild, ChangeOfCircumstance
from people import actions as people_actions
from people.choices import HouseholdRole
from people.models import HouseholdMembership
from record.errors import Clash, NotWhole
from tests.assessments.conftest import idris_and_sisters
from tests.assessments.families import WRITTEN, authorise, submitted
from tests.cases.test_together import both, the_error
from tests.factories.people import ChildFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LATER = WRITTEN + timedelta(hours=2)


@pytest.fixture(autouse=True)
def _typed_at_the_same_time(monkeypatch):
    from tests.assessments import plans
    from tests.cases import test_together

    monkeypatch.setattr(test_together, "TYPED", plans.TYPED)


@pytest.fixture
def children(typed_later, transactional_db):
    """Of each test by itself, since none is rolled back."""
    return idris_and_sisters()


@pytest.fixture
def given(assessment, assessment_social_worker):
    return submitted(assessment, assessment_social_worker)


def problems_of(answers):
    """What authorising was refused for, or nothing when it was not refused."""
    refused = [each for each in answers if isinstance(each, Exception)]
    assert all(isinstance(each, NotWhole) for each in refused), refused
    return [sentence for each in refused for _, sentence in each.problems]


def test_two_managers_who_authorise_one_assessment(given, assessment_team_manager, head_of_service):
    answers = both(
        *[lambda by=by: authorise(given, by) for by in (assessment_team_manager, head_of_service)]
    )

    assert isinstance(the_error(answers), Clash)
    given.refresh_from_db()
    assert the_error(answers).by_name == given.authorised_by.full_name
    assert given.children.filter(authorised_at__isnull=False).count() == 3
    assert AssessmentMember.objects.filter(assessment=given).count() == 3


def test_one_authorises_while_the_other_records_a_change(
    given, children, assessment_team_manager, assessment_social_worker
):
    answers = both(
        lambda: authorise(given, assessment_team_manager),
        lambda: case_actions.log_change(
            by=assessment_social_worker,
            at=LATER,
            child_id=children[0].pk,
            code=ChangeCode.PARENT_ILL,
            happened_on=date(2026, 3, 12),
            what="Mother in hospital",
        ),
    )

    said = problems_of(answers)
    given.refresh_from_db()
    change = ChangeOfCircumstance.objects.get()
    assert change.state == "logged"
    assert ChangeChild.objects.filter(change=change).count() == 3
    assert bool(said) == (given.state == "submitted")
    assert not said or all(any(c.given_name in one for one in said) for c in children)


def test_one_authorises_while_a_child_joins_the_household(
    given, children, assessment_team_manager, assessment_social_worker
):
    beth = ChildFactory(given_name="Beth", date_of_birth=date(2020, 6, 1))
    home = HouseholdMembership.objects.get(person=children[0], to_on=None).household_id

    answers = both(
        lambda: authorise(given, assessment_team_manager),
        lambda: people_actions.join_household(
            by=assessment_social_worker,
            at=LATER,
            household_id=home,
            person_id=beth.pk,
            role=HouseholdRole.RESIDENT_CHILD,
            from_on=date(2026, 3, 12),
        ),
    )

    said = problems_of(answers)
    is_done = Assessment.objects.get(pk=given.pk).state == "authorised"
    assert is_done != any("Beth" in one for one in said)
    members = AssessmentMember.objects.filter(assessment=given)
    assert not members.filter(person=beth).exists()
    assert members.count() == (3 if is_done else 0)
    assert ChangeChild.objects.filter(child=beth).exists()
