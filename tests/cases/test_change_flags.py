"""What is late about a change, each rule just inside and just past its limit."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from cases.change_codes import ChangeClass, ChangeCode
from cases.models import ChangeOfCircumstance
from lib import application_clock
from people.models import Restriction
from record import flags
from tests.cases.change_cases import (
    LEARNED,
    decided,
    joined,
    logged,
    review_of,
    reviewed,
    triaged,
)
from tests.cases.families import family
from tests.mash.pages import text_of

pytestmark = pytest.mark.django_db


def at(day, hour=9, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def found(code, moment):
    with application_clock.set_to(moment):
        flags.sweep(at=moment, codes=[code])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    return family(assessment_team_manager, assessment_social_worker)


@pytest.fixture
def manager(assessment_team_manager):
    return assessment_team_manager


@pytest.fixture
def worker(assessment_social_worker):
    return assessment_social_worker


def test_a_change_not_triaged_by_the_next_working_day_is_one_red_flag(home, manager, worker):
    joined(home, worker)  # Tuesday 3 March, 16:20

    assert found("F-COC-TRIAGE", at(4, 16, 59)) == []
    assert [severity for _name, severity in found("F-COC-TRIAGE", at(4, 17, 1))] == ["red"]
    flag = flags.open_flags().get(rule="F-COC-TRIAGE")
    assert (flag.owner, flag.since_at) == (manager, LEARNED)
    with application_clock.set_to(at(5)):
        again = flags.sweep(at=at(5), codes=["F-COC"])
    assert [done for done in again if done.wrote] == []
    triaged(ChangeOfCircumstance.objects.get(), manager, at=at(5, 10))
    assert not flags.open_flags().filter(rule="F-COC-TRIAGE").exists()


def test_an_immediate_change_is_critical_after_four_office_hours(home, manager, worker):
    logged(worker, home["Jayden"], code=ChangeCode.HARM, at=at(3, 10), happened_on=at(3).date())

    assert found("F-COC-TRIAGE", at(3, 13, 59)) == []
    assert found("F-COC-TRIAGE", at(3, 14, 1)) == [("Jayden", "critical")]


def test_a_flag_about_a_change_stands_under_a_child_who_may_be_read(
    home, manager, worker, head_of_service
):
    logged(worker, home["Jayden"], at=at(3, 10))
    Restriction.objects.create(
        person=home["Jayden"],
        owner=head_of_service,
        reason="A colleague's child",
        at=at(3, 11),
        recorded_at=at(3, 11),
        recorded_by=head_of_service,
    )

    assert "Jayden" not in [name for name, _severity in found("F-COC-TRIAGE", at(5))]


def test_each_child_whose_review_is_late_has_a_flag_of_their_own(home, manager, worker):
    joined(home, worker)
    change = ChangeOfCircumstance.objects.get()
    triaged(change, manager)
    reviewed(change, home["Maisie"], worker)

    assert found("F-COC-REVIEW", at(10, 16, 59)) == []
    assert found("F-COC-REVIEW", at(10, 17, 1)) == [("Isla", "red"), ("Jayden", "red")]
    flag = flags.open_flags().get(rule="F-COC-REVIEW", child=home["Jayden"])
    assert (flag.owner, flag.manager) == (worker, manager)
    reviewed(change, home["Jayden"], worker, at=at(11), late_reason="He was away")
    assert found("F-COC-REVIEW", at(11, 10)) == [("Isla", "red")]


def test_a_decision_not_made_the_day_after_the_last_review_is_red(home, manager, worker):
    joined(home, worker)
    change = ChangeOfCircumstance.objects.get()
    triaged(change, manager)
    for child in home.children:
        reviewed(change, child, worker)  # Monday 9 March

    assert found("F-COC-MGR", at(10, 16, 59)) == []
    late = found("F-COC-MGR", at(10, 17, 1))
    assert [severity for _name, severity in late] == ["red"]
    decided(change, home, manager, at=at(11), late_reason="Ill yesterday")
    assert not flags.open_flags().filter(rule="F-COC-MGR").exists()


def test_a_class_raised_makes_the_flag_graver(home, manager, worker):
    from cases import actions

    joined(home, worker)
    change = ChangeOfCircumstance.objects.get()
    triaged(change, manager)
    assert found("F-COC-REVIEW", at(5)) == []
    with application_clock.set_to(at(5)):
        actions.change_class_of(
            by=manager,
            at=at(5),
            change_id=change.pk,
            change_class=ChangeClass.IMMEDIATE,
            why="He is known for violence",
            concerned_ids=[home["Isla"].pk],
        )
    assert {severity for _name, severity in found("F-COC-REVIEW", at(5, 10))} == {"critical"}


def test_the_page_of_such_a_flag_counts_the_days_and_leads_to_the_review(
    client, home, manager, worker
):
    joined(home, worker)
    change = ChangeOfCircumstance.objects.get()
    triaged(change, manager)
    found("F-COC-REVIEW", at(12))
    flag = flags.open_flags().get(rule="F-COC-REVIEW", child=home["Jayden"])
    client.force_login(manager)
    with application_clock.set_to(at(12, 10)):
        page = client.get(reverse("cases:flag", args=[flag.pk]))

    said = text_of(page)
    assert "The review of risk to Jayden Mockford is 2 working days late" in said
    assert "Tue 10 Day 5 Due" in said
    assert "Thu 12 Day 7 2 late. Today" in said
    assert "An adult moves in or becomes a regular visitor" in said
    content = page.content.decode()
    review = review_of(change, home["Jayden"])
    assert reverse("cases:risk_review", args=[review.pk]) in content
    assert reverse("cases:change", args=[change.pk]) in content
