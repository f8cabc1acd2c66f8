"""The child in need plan: written by the worker, approved by a manager, reviewed, ended."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.choices import Role, TeamKind
from accounts.permissions import Permission, require
from assessments.actions import cin_plan as actions
from assessments.actions import cin_review
from assessments.models import (
    CinGoal,
    CinMeeting,
    CinPlan,
    CinPlanAuthor,
    CinPlanChild,
)
from cases import holding, holds
from cases.choices import InvolvementKind
from cases.models import Involvement, Responsibility
from lib import application_clock
from people.models import Person
from record.errors import Clash, Refused
from record.models import Clock, Event
from tests.assessments.plans import DETAILS, approved, day, reviewed, seen, written
from tests.personas import member, team_of

pytestmark = pytest.mark.django_db


def running(plan, rule):
    return Clock.objects.filter(subject_id=plan.pk, rule=rule, stopped_at=None)


# Writing


def test_start_begins_a_section_for_each_child_and_the_time_to_the_first_meeting(family):
    plan = actions.start_plan(by=family.worker, at=day(5), child_ids=family.ids)

    assert plan.state == CinPlan.State.DRAFT
    assert set(plan.children.values_list("child_id", flat=True)) == set(family.ids)
    assert running(plan, "CIN-MEET").get().started_at == day(5)
    assert Event.objects.filter(code="cin_plan.started").count() == 2


def test_start_refuses_without_children_and_a_child_with_a_plan_by_name(family):
    actions.start_plan(by=family.worker, at=day(5), child_ids=[family["Maisie"].pk])

    with pytest.raises(Refused, match="Choose the children"):
        actions.start_plan(by=family.worker, at=day(5), child_ids=[])
    with pytest.raises(Refused, match="Maisie Testwood has a child in need plan already"):
        actions.start_plan(by=family.worker, at=day(6), child_ids=family.ids)


def test_start_refuses_a_child_without_a_referral_and_one_of_another_home(family):
    from tests.factories.people import ChildFactory

    stranger = ChildFactory(given_name="Iris")

    with pytest.raises(Refused, match="Iris Testwood has no open referral"):
        actions.start_plan(by=_worker_of(stranger, family), at=day(5), child_ids=[stranger.pk])
    with pytest.raises(Refused, match="does not live with"):
        actions.start_plan(
            by=family.worker, at=day(5), child_ids=sorted([stranger.pk, family["Maisie"].pk])
        )


def _worker_of(person, family):
    holding.start(
        child_id=person.pk,
        kind=InvolvementKind.REFERRAL,
        subject_id=uuid4(),
        at=day(0),
        team=family.manager.managed_teams.get(),
        authority=None,
    )
    return family.worker


def test_start_is_for_those_who_work_with_the_children(family, sfs_manager, mash_social_worker):
    elsewhere = member("Ola Standin", Role.SFS_SOCIAL_WORKER, TeamKind.SAFEGUARDING_FAMILY_SUPPORT)

    with pytest.raises(Refused, match="These children are with"):
        actions.start_plan(by=elsewhere, at=day(5), child_ids=family.ids)
    for by in (sfs_manager, mash_social_worker):
        with pytest.raises(PermissionDenied):
            actions.start_plan(by=by, at=day(5), child_ids=family.ids)

    assert not CinPlan.objects.exists()


def test_two_who_write_one_section_do_not_overwrite_each_other(family):
    plan = actions.start_plan(by=family.worker, at=day(5), child_ids=family.ids)
    given = {
        "at": day(5),
        "plan_id": plan.pk,
        "child_id": family["Maisie"].pk,
        "view": "V",
        "safety": "S",
        "version": 1,
    }
    actions.write_section(by=family.worker, needs="Mine", **given)

    with pytest.raises(Clash, match="Femi Exampleton has changed this part"):
        actions.write_section(by=family.worker, needs="Yours", **given)

    assert plan.children.get(child=family["Maisie"]).needs == "Mine"


def test_goal_keeps_its_steps_and_takes_out_those_left_out(family):
    plan = written(family)
    plan_goal = plan.goals.get()
    (old,) = plan_goal.actions.all()
    actions.return_plan(by=family.manager, at=day(5), plan_id=plan.pk, because="Who takes them?")

    actions.write_goal(
        by=family.worker,
        at=day(6),
        plan_id=plan.pk,
        goal_id=plan_goal.pk,
        change=plan_goal.change,
        measure=plan_goal.measure,
        steps=[actions.Step(what="Walking bus", who="School", by_on=date(2026, 4, 1))],
        version=1,
    )

    old.refresh_from_db()
    assert old.taken_out_at == day(6)
    assert plan_goal.actions.get(taken_out_at=None).who == "School"


def test_goal_needs_somebody_who_does_something_and_a_child_of_the_plan(family):
    plan = actions.start_plan(by=family.worker, at=day(5), child_ids=[family["Maisie"].pk])
    given = {"by": family.worker, "at": day(5), "plan_id": plan.pk, "change": "C", "measure": "M"}
    step = actions.Step(what="W", who="Mother", by_on=date(2026, 4, 1))

    with pytest.raises(Refused, match="who does what by when"):
        actions.write_goal(steps=[], **given)
    with pytest.raises(Refused, match="not in the plan"):
        actions.write_goal(steps=[step], child_id=family["Jayden"].pk, **given)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"visit_every": 21}, "at least every 20"),
        ({"agreement": ""}, "whether the family agrees"),
        ({"agreement": "refused", "family_view": " "}, "does not agree to"),
        ({"next_meeting_on": date(2026, 3, 1)}, "in the past"),
        ({"shared_on": date(2026, 12, 1)}, "has not come yet"),
    ],
)
def test_details_refuse_what_cannot_be(family, changes, said):
    plan = actions.start_plan(by=family.worker, at=day(5), child_ids=family.ids)

    with pytest.raises(Refused, match=said):
        actions.write_details(
            by=family.worker, at=day(5), plan_id=plan.pk, version=1, **DETAILS | changes
        )


def test_goal_taken_out_stays_on_the_record_with_its_reason(family):
    plan = written(family)
    actions.return_plan(by=family.manager, at=day(5), plan_id=plan.pk, because="Too many")
    goal = plan.goals.get()

    with pytest.raises(Refused, match="Say why"):
        actions.take_out_goal(
            by=family.worker, at=day(6), plan_id=plan.pk, goal_id=goal.pk, why=" "
        )
    actions.take_out_goal(
        by=family.worker, at=day(6), plan_id=plan.pk, goal_id=goal.pk, why="Done already"
    )

    assert CinGoal.objects.get().ended_why == "Done already"


# Sending and approving


def test_send_names_each_child_and_each_missing_thing(family):
    plan = actions.start_plan(by=family.worker, at=day(5), child_ids=family.ids)

    with pytest.raises(actions.NotReady) as refused:
        actions.send_for_approval(by=family.worker, at=day(5), plan_id=plan.pk)

    said = [sentence for sentence, url in refused.value.links]
    assert "Say what Maisie Testwood needs" in said
    assert "Say what Jayden Testwood says and shows" in said
    assert "Say what needs to change, and who does what by when" in said
    assert "Say whether the family agrees" in said
    assert all(url for _sentence, url in refused.value.links)


def test_approved_plan_runs_for_each_child_with_its_clocks(family):
    seen(family, "Maisie", at=day(4))

    plan = approved(family)

    assert (plan.state, plan.active_on) == (CinPlan.State.ACTIVE, day(6).date())
    assert set(
        Involvement.objects.filter(kind="plan", to_at=None).values_list("child_id", flat=True)
    ) == set(family.ids)
    assert {row.from_on for row in plan.children.all()} == {day(6).date()}
    visits = {clock.child_id: clock.started_at for clock in running(plan, "CIN-VISIT")}
    assert visits == {family["Maisie"].pk: day(4), family["Jayden"].pk: day(6)}
    for rule in ("CIN-REV-1", "CIN-DRIFT-6", "CIN-DRIFT-9", "CIN-DRIFT-12"):
        assert running(plan, rule).count() == 1


def test_approve_is_never_for_who_wrote_in_it(family):
    plan = written(family)
    CinPlanAuthor.objects.create(plan=plan, user=family.manager, at=day(5))

    with pytest.raises(Refused, match="You wrote in this plan"):
        actions.approve_plan(by=family.manager, at=day(6), plan_id=plan.pk, why="Good")
    with pytest.raises(IntegrityError, match="never_by_an_author"), transaction.atomic():
        CinPlan.objects.filter(pk=plan.pk).update(
            approved_by=family.manager, approved_at=day(6), active_on=day(6).date()
        )


def test_approve_is_for_the_manager_who_answers_for_the_children(
    family, sfs_manager, contact_officer
):
    plan = written(family)

    with pytest.raises(Refused, match="Ruth Mockridge of Assessment answers for"):
        actions.approve_plan(by=sfs_manager, at=day(6), plan_id=plan.pk, why="Good")
    with pytest.raises(PermissionDenied):
        actions.approve_plan(by=family.worker, at=day(6), plan_id=plan.pk, why="Good")
    with pytest.raises(Refused, match="Say why"):
        actions.approve_plan(by=family.manager, at=day(6), plan_id=plan.pk, why=" ")

    assert not Involvement.objects.filter(kind="plan").exists()


def test_plan_sent_back_says_what_is_missing_and_is_not_before_the_manager(family):
    plan = written(family)

    with pytest.raises(Refused, match="Say what is missing"):
        actions.return_plan(by=family.manager, at=day(6), plan_id=plan.pk, because="")
    actions.return_plan(by=family.manager, at=day(6), plan_id=plan.pk, because="Dad’s view")

    with pytest.raises(Refused, match="not before you"):
        actions.approve_plan(by=family.manager, at=day(6), plan_id=plan.pk, why="Good")
    actions.send_for_approval(by=family.worker, at=day(7), plan_id=plan.pk)
    with pytest.raises(Refused, match="with the manager already"):
        actions.send_for_approval(by=family.worker, at=day(7), plan_id=plan.pk)


def test_child_with_a_protection_plan_gets_no_plan_in_need(family):
    holding.start(
        child_id=family["Jayden"].pk,
        kind=InvolvementKind.PLAN,
        subject_id=uuid4(),
        at=day(4),
        team=family.manager.managed_teams.get(),
        authority=None,
    )

    with pytest.raises(Refused, match="Jayden Testwood has a child protection plan"):
        actions.start_plan(by=family.worker, at=day(5), child_ids=family.ids)


def test_running_plan_is_changed_by_a_review_only(family):
    plan = approved(family)

    with pytest.raises(Refused, match="Record a review to change it"):
        actions.write_details(by=family.worker, at=day(7), plan_id=plan.pk, version=2, **DETAILS)


# Meetings, reviews, visits, drift


def test_first_meeting_meets_its_clock_and_is_held_once(family):
    plan = approved(family)
    given = {
        "by": family.worker,
        "plan_id": plan.pk,
        "attended": "Mother",
        "summary": "Mornings",
        "family_view": "Tired",
        "next_on": date(2026, 4, 20),
    }

    cin_review.record_first_meeting(at=day(8), **given)

    assert not running(plan, "CIN-MEET").exists()
    with pytest.raises(Refused, match="recorded already"):
        cin_review.record_first_meeting(at=day(9), **given)


def test_review_is_confirmed_by_a_manager_and_makes_the_plan_steady(family):
    plan = approved(family)

    reviewed(plan, family, at=day(30))
    plan.refresh_from_db()
    under = plan.state
    cin_review.confirm_review(
        by=family.manager, at=day(31), plan_id=plan.pk, is_confirmed=True, note=""
    )

    plan.refresh_from_db()
    assert (under, plan.state) == (CinPlan.State.UNDER_REVIEW, CinPlan.State.ACTIVE)
    assert running(plan, "CIN-REV").get().started_at == day(30)
    assert not running(plan, "CIN-REV-1").exists()
    assert set(
        Involvement.objects.filter(kind="plan", to_at=None).values_list("is_steady", flat=True)
    ) == {True}


def test_review_ends_the_goals_it_finds_met_and_needs_another(family):
    plan = approved(family)
    goal = plan.goals.get()
    reviewed(
        plan,
        family,
        at=day(30),
        progress={goal.pk: cin_review.GoalProgress(how="met", words="Ten in ten")},
    )
    confirm = {"by": family.manager, "plan_id": plan.pk, "is_confirmed": True, "note": ""}

    with pytest.raises(actions.NotReady, match="Every goal is met"):
        cin_review.confirm_review(at=day(31), **confirm)
    actions.write_goal(
        by=family.worker,
        at=day(31),
        plan_id=plan.pk,
        change="Friends come home",
        measure="Once a month",
        steps=[actions.Step(what="Ask one", who="Maisie", by_on=date(2026, 5, 1))],
    )
    cin_review.confirm_review(at=day(32), **confirm)

    goal.refresh_from_db()
    assert (goal.ending, goal.ended_why) == ("met", "Ten in ten")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"progress": {}}, "how far goal 1 has come"),
        ({"attended": " "}, "who was there"),
        ({"decision": "maybe"}, "Choose what should happen"),
        ({"why": ""}, "Say why"),
        ({"next_on": None}, "date of the next review"),
        ({"next_on": date(2027, 1, 4)}, "within 60 working days"),
    ],
)
def test_review_refuses_half_an_answer(family, changes, said):
    plan = approved(family)

    with pytest.raises(Refused, match=said):
        reviewed(plan, family, at=day(30), **changes)

    assert not CinMeeting.objects.exists()


def test_review_sent_back_says_what_is_missing(family):
    plan = approved(family)
    reviewed(plan, family, at=day(30))
    given = {"by": family.manager, "at": day(31), "plan_id": plan.pk, "is_confirmed": False}

    with pytest.raises(Refused, match="Say what is missing"):
        cin_review.confirm_review(note=" ", **given)
    cin_review.confirm_review(note="Jayden’s view", **given)

    plan.refresh_from_db()
    assert (plan.state, plan.returned_because) == (CinPlan.State.UNDER_REVIEW, "Jayden’s view")


def test_visit_counts_to_the_next_one_of_that_child_only(family):
    plan = approved(family)

    seen(family, "Maisie", at=day(12))
    seen(family, "Maisie", at=day(9))  # typed late, and before the one that counts

    visits = {clock.child_id: clock.started_at for clock in running(plan, "CIN-VISIT")}
    assert visits == {family["Maisie"].pk: day(12), family["Jayden"].pk: day(6)}


def test_drift_is_checked_by_the_manager_at_six_and_a_head_of_service_at_nine_months(
    family, head_of_service
):
    plan = approved(family)
    given = {"plan_id": plan.pk, "changed": "Little", "decision": "go_on", "why": "New baby"}

    with pytest.raises(Refused, match="checked at 6 months from"):
        cin_review.check_drift(by=family.manager, at=day(150), months=6, **given)
    cin_review.check_drift(by=family.manager, at=day(170), months=6, **given)
    with pytest.raises(Refused, match="A head of service checks a plan at 9 months"):
        cin_review.check_drift(by=family.manager, at=day(170), months=9, **given)
    with pytest.raises(Refused, match="recorded already"):
        cin_review.check_drift(by=family.manager, at=day(171), months=6, **given)
    with pytest.raises(PermissionDenied):
        cin_review.check_drift(by=family.worker, at=day(171), months=9, **given)
    with application_clock.set_to(day(260)):
        with pytest.raises(Refused, match="checked at 9 months from"):
            cin_review.check_drift(by=head_of_service, at=day(171), months=9, **given)
        with pytest.raises(Refused, match="Say what has changed"):
            cin_review.check_drift(
                by=head_of_service, at=day(260), months=9, **given | {"changed": ""}
            )
        cin_review.check_drift(by=head_of_service, at=day(260), months=9, **given)

    assert set(plan.drift_checks.values_list("months", flat=True)) == {6, 9}
    assert running(plan, "CIN-DRIFT-12").exists()


# Ending


def test_plan_ends_for_one_child_and_runs_on_for_the_other(family):
    plan = approved(family)

    actions.end_plan(
        by=family.manager,
        at=day(40),
        plan_id=plan.pk,
        child_ids=[family["Maisie"].pk],
        ending="met",
        why="Maisie’s goals are met",
    )

    plan.refresh_from_db()
    row = plan.children.get(child=family["Maisie"])
    assert (plan.state, row.to_on, row.ending) == (CinPlan.State.ACTIVE, day(40).date(), "met")
    assert running(plan, "CIN-VISIT").get().child_id == family["Jayden"].pk
    assert Responsibility.objects.filter(to_at=None, child=family["Maisie"]).exists()


def test_plan_ends_with_its_last_child_and_everything_that_ran(family):
    plan = approved(family)

    actions.end_plan(
        by=family.manager,
        at=day(40),
        plan_id=plan.pk,
        child_ids=family.ids,
        ending="met",
        why="They are",
    )

    plan.refresh_from_db()
    assert (plan.state, plan.ended_on) == (CinPlan.State.ENDED, day(40).date())
    assert not Clock.objects.filter(subject_id=plan.pk, stopped_at=None).exists()
    assert not Involvement.objects.filter(kind="plan", to_at=None).exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"child_ids": []}, "Choose the children"),
        ({"ending": "stepped_down"}, "ends by itself"),
        ({"ending": "escalated"}, "ends by itself"),
        ({"ending": "tired"}, "Choose why"),
        ({"why": " "}, "Say why"),
        ({"ending": "died"}, "death is not recorded"),
    ],
)
def test_end_refuses_what_cannot_be(family, changes, said):
    plan = approved(family)
    given = {"child_ids": family.ids, "ending": "met", "why": "They are"}

    with pytest.raises(Refused, match=said):
        actions.end_plan(by=family.manager, at=day(40), plan_id=plan.pk, **given | changes)


def test_conference_ends_the_plan_in_need_before_its_own_begins(family):
    plan = approved(family)
    right = require(family.manager, Permission.CIN_PLAN_APPROVE)

    actions.escalate(authority=right, at=day(20), child_ids=[family["Jayden"].pk], why="Conference")
    holding.start(
        child_id=family["Jayden"].pk,
        kind=InvolvementKind.PLAN,
        subject_id=uuid4(),
        at=day(20),
        team=plan.team,
        authority=None,
    )
    actions.escalate(authority=right, at=day(21), child_ids=[family["Maisie"].pk], why="Conference")

    plan.refresh_from_db()
    assert plan.state == CinPlan.State.ESCALATED
    assert {row.ending for row in plan.children.all()} == {"escalated"}


def test_draft_given_up_lets_another_begin(family):
    plan = actions.start_plan(by=family.worker, at=day(5), child_ids=family.ids)

    actions.give_up_draft(by=family.worker, at=day(6), plan_id=plan.pk, why="Not needed")
    other = actions.start_plan(by=family.worker, at=day(7), child_ids=family.ids)

    assert other.pk != plan.pk
    assert CinPlan.objects.get(pk=plan.pk).ending == "not_needed"
    with pytest.raises(Refused, match="over"):
        actions.give_up_draft(by=family.worker, at=day(8), plan_id=plan.pk, why="Again")


def test_restricted_child_closes_the_plan_to_those_not_named(family):
    from tests.factories.people import RestrictionFactory

    plan = written(family)
    RestrictionFactory(person=family["Jayden"])

    assert not CinPlan.objects.visible_to(family.worker).exists()
    with pytest.raises(CinPlan.DoesNotExist):
        actions.approve_plan(by=family.manager, at=day(6), plan_id=plan.pk, why="Good")


# What stands in the way of closing


def test_running_plan_and_a_plan_that_ran_stand_in_the_way(family):
    plan = approved(family, only=("Maisie",))
    ask = {"child_ids": family.ids, "at": day(8)}

    (closing,) = holds.obstacles(purpose=holds.Purpose.CLOSE, **ask)
    assessed = holds.obstacles(purpose=holds.Purpose.CLOSE_AS_ASSESSED, **ask)

    assert closing.sentence == ("Maisie Testwood has a child in need plan: active. End it first")
    assert str(plan.pk) in closing.url
    assert family["Maisie"].pk in {
        each.child_id for each in assessed if "child in need plan" in each.sentence
    }
    assert {each.child_id for each in assessed} <= set(family.ids)


# What the database refuses


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("assessments_cin_approved_whole", {"contingency": ""}),
        ("assessments_cin_running_approved", {"approved_at": None}),
        ("assessments_cin_ended_whole", {"state": "ended"}),
        ("assessments_cin_ended_whole", {"ended_on": date(2026, 5, 1)}),
        ("assessments_cin_visits", {"visit_every": 25}),
    ],
)
def test_database_refuses_a_plan_that_cannot_be(family, name, changes):
    plan = approved(family)
    if "approved_at" in changes:
        name = "approved"  # the trigger says it first

    with pytest.raises(Exception, match=name), transaction.atomic():
        CinPlan.objects.filter(pk=plan.pk).update(**changes)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("assessments_cin_child_ended", {"is_open": False}),
        (
            "assessments_cin_child_dates",
            {"to_on": date(2025, 1, 1), "is_open": False, "ending": "met"},
        ),
        ("assessments_cin_child_written", {"needs": ""}),
    ],
)
def test_database_refuses_a_section_that_cannot_be(family, name, changes):
    approved(family)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        CinPlanChild.objects.filter(child=family["Maisie"]).update(**changes)


def test_database_refuses_plans_of_one_child_that_overlap(family):
    plan = approved(family, only=("Maisie",))
    row = plan.children.get()
    actions.end_plan(
        by=family.manager,
        at=day(40),
        plan_id=plan.pk,
        child_ids=[row.child_id],
        ending="met",
        why="Met",
    )
    row.refresh_from_db()
    copy = {
        "plan": plan,
        "child_id": row.child_id,
        "referral_id": row.referral_id,
        "needs": "N",
        "view": "V",
        "safety": "S",
        "is_open": False,
        "ending": "met",
        "recorded_at": day(50),
    }

    with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
        CinPlanChild.objects.create(from_on=day(39).date(), to_on=day(45).date(), **copy)
    CinPlanChild.objects.create(from_on=day(40).date(), to_on=day(45).date(), **copy)

    assert Person.objects.get(pk=row.child_id).cin_plans.count() == 2


def test_database_keeps_who_confirmed_apart_from_who_recorded(family):
    plan = approved(family)
    meeting = reviewed(plan, family, at=day(30))

    with pytest.raises(IntegrityError, match="meeting_confirmed"), transaction.atomic():
        CinMeeting.objects.filter(pk=meeting.pk).update(
            confirmed_at=day(31), confirmed_by=family.worker
        )
    assert team_of(TeamKind.ASSESSMENT).manager == family.manager
    assert timedelta(0) < day(31) - day(30)
