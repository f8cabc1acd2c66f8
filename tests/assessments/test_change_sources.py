"""What is decided about one child, or not agreed, is a change for the home (COC-19, COC-25)."""

import pytest

from assessments.actions import cin_plan
from assessments.actions import transfer as actions
from assessments.models import CinPlan, Transfer
from cases.actions.changes import class_of
from cases.change_codes import ChangeClass, ChangeCode
from cases.models import ChangeOfCircumstance
from tests.assessments.plans import approved, day, held
from tests.assessments.transfers import made_ready, proposed, whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(contact_officer, mash_manager, assessment_team_manager, assessment_social_worker):
    return held(contact_officer, mash_manager, assessment_team_manager, assessment_social_worker)


def changes():
    return [(change.code, change.what) for change in ChangeOfCircumstance.objects.all()]


def test_a_disputed_transfer_is_a_routine_change_for_the_family(family, sfs_manager):
    transfer = made_ready(whole(family), sfs_manager)

    actions.dispute(by=sfs_manager, at=day(9), transfer_id=transfer.pk, why="Court is next week")

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, class_of(change)) == (ChangeCode.DISPUTE, ChangeClass.ROUTINE)
    assert set(change.children.values_list("child_id", flat=True)) == set(family.ids)
    assert change.logged_by == sfs_manager


@pytest.mark.parametrize("point", [Transfer.Point.COURT, Transfer.Point.CIN_PLAN])
def test_a_court_asked_about_one_child_is_a_change_for_who_is_left(family, sfs_manager, point):
    proposed(family, sfs_manager, point=point, out=["Jayden"])

    assert changes() == (
        [(ChangeCode.SIBLING, "A court is asked about a brother or sister")]
        if point == Transfer.Point.COURT
        else []
    )


def test_a_plan_that_ends_because_a_child_is_looked_after_is_a_change_for_the_others(family):
    plan = approved(family)
    given = {"by": family.manager, "at": day(20), "plan_id": plan.pk, "why": "With foster carers"}

    cin_plan.end_plan(child_ids=[family["Maisie"].pk], ending=CinPlan.Ending.LOOKED_AFTER, **given)

    assert changes() == [(ChangeCode.SIBLING, "A brother or sister became looked after")]
    concerned = ChangeOfCircumstance.objects.get().children.filter(is_concerned=True)
    assert [row.child_id for row in concerned] == [family["Maisie"].pk]
