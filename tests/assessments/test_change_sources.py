"""What is decided about one child, or not agreed, is a change for the home (COC-19, COC-25)."""

import pytest

from assessments.actions import cin_plan
from assessments.actions import transfer as actions
from assessments.models import CinPlan, Transfer
from cases.actions.changes import class_of
from cases.change_codes import ChangeClass, ChangeCode
from cases.models import ChangeOfCircumstance
from tests.assessments.enquiries import (
    awaited,
    begun,
    conclude,
    conferred,
    planned,
    submitted,
)
from tests.assessments.plans import approved, day, held
from tests.assessments.transfers import made_ready, proposed, whole
from tests.cases.front_door import hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(
    typed_later,
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
):
    """Aaliyah and Zayn, whose enquiries began with one discussion."""
    return begun(
        contact_officer,
        mash_manager,
        mash_social_worker,
        assessment_team_manager,
        assessment_social_worker,
    )


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


def legal(enquiry, by):
    return conclude(
        enquiry,
        by,
        at=hours(30),
        next_step="legal",
        conference="not_required",
        conference_why="The court decides.",
    )


def test_legal_action_after_an_enquiry_is_a_change_for_a_brother_whose_own_is_over(case):
    submitted(case.zayn, case.worker)
    conclude(
        case.zayn,
        case.manager,
        outcome="not_substantiated",
        next_step="nfa",
        conference="not_required",
    )
    submitted(case.aaliyah, case.worker)

    legal(case.aaliyah, case.manager)

    assert changes() == [(ChangeCode.SIBLING, "Legal action about a brother or sister")]
    change = ChangeOfCircumstance.objects.get()
    assert {row.child_id for row in change.children.filter(is_concerned=True)} == {
        case.case.aaliyah.pk
    }
    assert change.children.filter(child=case.case.zayn).exists()


def test_legal_action_is_no_change_for_a_brother_whose_own_enquiry_goes_on(case):
    submitted(case.aaliyah, case.worker)

    legal(case.aaliyah, case.manager)

    assert changes() == []


def test_agency_that_does_not_agree_with_a_conference_is_a_change_for_its_children(case):
    awaited(case)

    conferred(
        case,
        planned(case.aaliyah),
        planned(case.zayn),
        agency_dissent="Police: both should have gone to court",
    )

    assert changes() == [
        (ChangeCode.DISPUTE, "An agency does not agree with what the conference decided")
    ]
    children = set(ChangeOfCircumstance.objects.get().children.values_list("child_id", flat=True))
    assert {case.case.aaliyah.pk, case.case.zayn.pk} <= children


def test_conference_with_which_everybody_agrees_is_no_dispute(case):
    awaited(case)

    conferred(case, planned(case.aaliyah), planned(case.zayn))

    assert changes() == []
