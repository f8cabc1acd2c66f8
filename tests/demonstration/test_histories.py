"""Each planted family is found in a seeded authority by what the system itself says of it."""

from datetime import date, time
from random import Random

import pytest
from django.db import connection

from assessments.choices import AssessmentOutcome, AssessmentState
from assessments.models import (
    Assessment,
    AssessmentChild,
    AssessmentPassed,
    ProtectionPlan,
    Transfer,
    TransferDispute,
    TransferPassed,
    TransferRequest,
)
from assessments.queries.check import parts_of, same_words, texts_of
from assessments.queries.lists import open_assessments
from cases.change_codes import ChangeCode, ChangeState
from cases.choices import ReferralState
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    ChildRiskReview,
    ManagementOversight,
    OversightAction,
    Referral,
    Responsibility,
    VisitChild,
    WaitingEntry,
)
from cases.queries.stale import out_of_date
from demonstration import authority, histories
from demonstration.play import Play
from lib import application_clock
from lib.working_days import instant, london_date
from people.models import Person
from record import calendar, flags
from record.models import Clock, Flag

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

END = instant(date(2026, 3, 12), time(13, 30))


@pytest.fixture(scope="module")
def world(made_once):
    """The planted families and nobody else, swept once."""
    built = authority.build(first_at=instant(date(2025, 11, 1), time(0, 0)), random=Random(1))
    play = Play(random=Random(1), first_on=END.date(), end_at=END, authority=built, yearly=0)
    histories.plan(play)
    for _done in play.run():
        pass
    with connection.cursor() as cursor:  # nothing is committed, so nobody else counts the rows
        cursor.execute("ANALYZE")
    with application_clock.set_to(END):
        flags.sweep(at=END)
    return built


@pytest.fixture
def manager(world):
    return world.assessment[0][1]


def names(**of):
    return sorted(Person.objects.filter(**of).values_list("given_name", flat=True))


def flagged(code):
    """First names of the children on whom a flag of this rule is open."""
    rows = Flag.objects.filter(rule=code, state__in=flags.OPEN).select_related("child")
    return {row.child.given_name for row in rows}


def family_of(given):
    return Person.objects.get(given_name=given, la_child_id__gt="")


def waited(transfer):
    first, last = london_date(transfer.ready_at), END.date()
    return calendar.calendar().working_days_between(first, last)


def test_twelve_children_of_four_families_wait_22_to_41_days(world):
    waiting = Transfer.objects.filter(state=Transfer.State.WAITING)

    assert sorted(waited(each) for each in waiting) == [22, 28, 35, 41]
    assert WaitingEntry.objects.filter(queue="transfer", ended_at=None).count() == 12
    assert all(each.reviews.exists() for each in waiting)
    assert flagged("F-TRF-LONG")


def test_five_who_wait_had_a_change_of_which_only_the_index_child_was_reviewed(world, manager):
    with application_clock.set_to(END):
        undone = {
            change.code
            for change in ChangeOfCircumstance.objects.filter(
                state=ChangeState.REVIEWS_OPEN,
                children__child__in=WaitingEntry.objects.filter(ended_at=None).values("child"),
            )
        }
    assert undone == {ChangeCode.ADULT_JOINS, ChangeCode.MISSING, ChangeCode.DOMESTIC_ABUSE}
    owed = ChildRiskReview.objects.filter(state=ChildRiskReview.State.TO_DO)
    assert {review.child.given_name for review in owed} == {"Jayden", "Sami", "Yusuf"}
    stale = flagged("F-STALE-COC")
    assert stale >= {"Maisie", "Jayden", "Sami", "Iqra", "Yusuf"}
    with application_clock.set_to(END):
        said = out_of_date(by=manager, at=END, child_ids=[family_of("Sami").pk])
    assert said[0].words.startswith("Out of date since")


def test_three_have_two_signals_and_no_change(world):
    assert flagged("F-STALE-SIGNALS") == {"Jasmeen", "Arjan", "Kiran"}
    assert not ChangeOfCircumstance.objects.filter(children__child=family_of("Jasmeen")).exists()


def test_baby_was_born_after_the_assessment_and_the_home_was_not_looked_at(world):
    assert {"Ada", "Kelechi"} <= flagged("F-STALE-HH")
    born = ChangeOfCircumstance.objects.get(children__child=family_of("Ada"))
    assert (born.code, born.state) == (ChangeCode.BABY, ChangeState.LOGGED)
    assert "Ada" in {
        row.child.given_name for row in Flag.objects.filter(rule="F-COC-TRIAGE")
    } | flagged("F-STALE-HH")


def test_half_brother_at_weekends_has_no_assessment(world):
    assert flagged("F-STALE-CHILD") == {"Tyler"}
    assert not AssessmentChild.objects.filter(child=family_of("Tyler")).exists()


def test_one_was_authorised_on_day_52_with_the_reason(world):
    late = Assessment.objects.exclude(late_reason="").get()

    assert waited_days(late) == 52
    assert "abroad" in late.late_reason
    assert late.submissions.count() == 2


def waited_days(assessment):
    part = assessment.children.first()
    return calendar.calendar().working_days_between(
        part.referral_on, london_date(assessment.authorised_at)
    )


def test_one_stands_on_day_47_submitted_and_late_without_a_reason(world, manager):
    with application_clock.set_to(END):
        (late,) = (
            each
            for each in open_assessments(by=manager, at=END)
            if each.state == AssessmentState.SUBMITTED
        )

    assert Clock.objects.filter(
        subject_id=late.pk, rule="CFA-45", stopped_at=None, due_at__lt=END
    ).exists()


def test_family_who_moved_here_with_a_plan_waits_for_the_conference(world):
    assert flagged("F-ICPC-IN") == {"Emil", "Lotte"}


def test_plans_of_ours_and_one_taken_over_run_since_their_conferences(world):
    taken_over = ProtectionPlan.objects.running().filter(enquiry=None)
    assert names(pk__in=taken_over.values("child")) == ["Marta", "Staś"]
    assert set(taken_over.values_list("previous_elsewhere", flat=True)) == {1}
    ours = ProtectionPlan.objects.running().exclude(enquiry=None)
    assert names(pk__in=ours.values("child")) == ["Janek", "Kasia"]


def test_one_was_authorised_on_day_9_and_no_child_was_seen(world):
    early = Assessment.objects.get(children__child=family_of("Alfie"))

    assert waited_days(early) == 9
    assert set(early.children.values_list("outcome", flat=True)) == {AssessmentOutcome.NFA}
    assert not VisitChild.objects.filter(child=family_of("Alfie"), was_seen=True).exists()
    assert set(
        Referral.objects.filter(child__in=early.children.values("child")).values_list(
            "state", flat=True
        )
    ) == {ReferralState.CLOSED}


def test_same_risk_is_noticed_and_the_manager_only_agreed(world):
    noticed = Assessment.objects.get(same_words_noticed=True, children__child=family_of("Erin"))

    keys = {
        same.key
        for same in same_words(noticed, parts_of(noticed, on=END.date()), texts_of(noticed))
    }
    assert "risk_why" in keys
    assert ManagementOversight.objects.filter(why="Agreed.").count() == 3


def test_worker_has_24_children_and_each_is_held(world):
    worker = world.assessment[0][2][0]
    mine = Allocation.objects.filter(worker=worker, role="lead", to_at=None)

    assert mine.count() == 24
    held = Responsibility.objects.filter(to_at=None, child__in=mine.values("child"))
    assert held.count() == 24


def test_one_was_taken_over_one_returned_and_one_has_a_meeting_booked(world):
    states = Transfer.objects.values_list("state", flat=True)

    assert {"completed", "returned", "meeting_booked"} <= set(states)
    done = Responsibility.objects.get(child=family_of("Nabil"), to_at=None)
    assert done.manager == world.support[1][1]
    assert (
        Allocation.objects.get(child=family_of("Nabil"), role="lead", to_at=None).worker
        == (world.support[1][2][0])
    )


def test_one_direction_was_carried_out_one_was_not_and_one_stands_past_its_day(world):
    answers = OversightAction.objects.exclude(answered_at=None)
    assert sorted(answers.values_list("is_done", flat=True)) == [False, True]
    assert OversightAction.objects.filter(answered_at=None, due_on__lt=END.date()).exists()
    assert flagged("F-OVS-ACT")


def test_restricted_sister_is_answered_for_at_authorising_and_asked_about_at_handing_on(world):
    answered = AssessmentPassed.objects.get()
    asked = TransferPassed.objects.get()
    assert answered.child == asked.child
    assert answered.answered_by == world.heads[0]
    assert asked.answered_at is None


def test_managers_disagree_and_other_teams_ask_for_families(world):
    states = TransferRequest.objects.order_by("at").values_list("state", flat=True)
    assert list(states) == ["declined", "asked"]
    settled = TransferDispute.objects.get(decided_at__isnull=False)
    assert (settled.outcome, settled.transfer.state) == ("accept", "completed")
    assert TransferDispute.objects.get(decided_at=None).transfer.state == "returned"
