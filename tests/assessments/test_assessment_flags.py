"""What is late in an assessment, just inside and just past its limit."""

from datetime import timedelta

import pytest

from assessments.timescales import CHECKPOINTS
from lib import application_clock
from record import flags
from record.calendar import calendar
from record.models import Clock
from tests.assessments.families import RECEIVED, submitted
from tests.factories.people import RestrictionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]
LATE = timedelta(minutes=1)


def found(code, moment):
    """Name and severity of every child whom a rule finds at that moment."""
    with application_clock.set_to(moment):
        flags.sweep(at=moment, codes=[code])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


def all_of(assessment, severity):
    return sorted(
        (part.child.given_name, severity) for part in assessment.children.select_related("child")
    )


def working_day(number):
    """The morning of the working day after so many of them from the referral."""
    return calendar().working_days(RECEIVED, number + 1) - timedelta(hours=7)


def test_a_checkpoint_missed_is_amber_after_two_working_days_and_the_second_is_red(assessment):
    assert found("F-CFA-CP", working_day(11)) == []
    assert found("F-CFA-CP", working_day(12)) == all_of(assessment, "amber")
    assert found("F-CFA-CP", working_day(22)) == all_of(assessment, "red")
    assert {flag.facts["checkpoint"] for flag in flags.open_flags()} == {CHECKPOINTS[1]}


def test_a_second_checkpoint_missed_is_red_though_the_first_was_recorded_late(assessment):
    Clock.objects.filter(rule="CFA-CP1").update(stopped_at=working_day(15), stop_reason="met")
    assert found("F-CFA-CP", working_day(16)) == []
    assert found("F-CFA-CP", working_day(22)) == all_of(assessment, "red")


def test_a_child_not_seen_is_amber_after_5_working_days_and_red_after_10(assessment):
    assert found("F-SEEN-CFA", working_day(4)) == []
    assert found("F-SEEN-CFA", working_day(5)) == all_of(assessment, "amber")
    assert found("F-SEEN-CFA", working_day(9)) == all_of(assessment, "amber")
    assert found("F-SEEN-CFA", working_day(10)) == all_of(assessment, "red")
    Clock.objects.filter(rule="REF-SEEN").update(stopped_at=working_day(10), stop_reason="met")
    assert found("F-SEEN-CFA", working_day(10) + LATE) == []


def test_an_assessment_is_raised_at_40_late_at_45_and_critical_at_60(assessment):
    assert found("F-CFA-45", working_day(39)) == []
    assert found("F-CFA-45", working_day(40)) == all_of(assessment, "amber")
    assert found("F-CFA-45", working_day(45)) == all_of(assessment, "red")
    assert found("F-CFA-45", working_day(60)) == all_of(assessment, "critical")
    flag = flags.open_flags().filter(rule="F-CFA-45")[0]
    assert flags.rule(flag.rule).is_statutory


def test_a_submitted_assessment_waits_five_working_days_for_an_answer(
    assessment, assessment_social_worker
):
    submitted(assessment, assessment_social_worker)
    clock = Clock.objects.get(rule="CFA-SUBMIT")
    first, second, _third = [row.child for row in assessment.children.order_by("child_id")]

    assert found("F-CFA-SUBMIT", clock.due_at) == []
    # One for the family; never under a child who is open to more people than another of them.
    assert found("F-CFA-SUBMIT", clock.due_at + LATE) == [(first.given_name, "amber")]
    RestrictionFactory(person=second)
    assert found("F-CFA-SUBMIT", clock.due_at + LATE) == [(second.given_name, "amber")]
    Clock.objects.filter(pk=clock.pk).update(stopped_at=clock.due_at, stop_reason="met")
    assert found("F-CFA-SUBMIT", clock.due_at + LATE) == []
