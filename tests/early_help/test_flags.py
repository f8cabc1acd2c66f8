"""What is late while families wait, just inside and just past its limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions as case_actions
from cases.choices import Outcome
from cases.queries.flags import flag_page, may_read
from early_help import actions
from early_help.models import Decline, SafeCheck
from lib.working_days import LONDON
from people import actions as people_actions
from record import flags
from record.models import Clock, Flag, OutboxMessage
from tests.early_help.helping import (
    child,
    days,
    requested,
    risks,
    waiting,
    worse,
)
from tests.early_help.test_stepping import mash_decides, stepped_up
from tests.factories.people import ChildFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def found(code, at):
    """Name and severity of every child whom a rule finds at that moment."""
    flags.sweep(at=at, codes=["F-EH"])
    return sorted(
        (flag.child.given_name if flag.child else "", flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


def due(rule):
    return Clock.objects.get(rule=rule, stopped_at=None).due_at


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def test_wait_is_amber_past_its_limit_and_red_for_the_head_of_service_past_the_second(
    waits, early_help_coordinator, head_of_service
):
    delayed, severe = due("EH-START-P3"), due("EH-SEVERE-P3")

    assert found("F-EH-WAIT", delayed) == []
    assert found("F-EH-WAIT", delayed + MINUTE) == [("Aaliyah", "amber")]
    flag = Flag.objects.get(rule="F-EH-WAIT")
    assert (flag.owner, flag.manager) == (early_help_coordinator, early_help_coordinator)
    assert not OutboxMessage.objects.filter(payload__code="flag.raised").exists()

    assert found("F-EH-WAIT", severe) == [("Aaliyah", "amber")]
    assert found("F-EH-WAIT", severe + MINUTE) == [("Aaliyah", "red")]
    flag.refresh_from_db()
    assert flag.manager == head_of_service
    told = OutboxMessage.objects.filter(payload__code="flag.raised", subject_id=flag.pk)
    assert {message.payload["user_id"] for message in told} == {
        str(early_help_coordinator.pk),
        str(head_of_service.pk),
    }


def test_wait_that_pauses_is_late_that_many_days_later_and_one_that_ends_is_not(
    waits, early_help_coordinator
):
    before = due("EH-START-P3")
    actions.pause(
        by=early_help_coordinator,
        at=days(10),
        episode_id=waits.pk,
        until_on=days(15).date(),
        words="“After the funeral.”",
    )
    after = due("EH-START-P3")

    assert found("F-EH-WAIT", before + MINUTE) == []
    assert found("F-EH-WAIT", after + MINUTE) == [("Aaliyah", "amber")]
    actions.take_off(
        by=early_help_coordinator,
        at=after + timedelta(hours=1),
        episode_id=waits.pk,
        ending="moved",
        why="The council there rang",
    )
    assert found("F-EH-WAIT", after + timedelta(hours=2)) == []


def test_family_is_flagged_as_not_rung_more_than_two_working_days_late_until_it_is(
    waits, early_help_worker, early_help_coordinator
):
    edge = midnight(days(3, since=due("EH-REVIEW-P3")).date())

    assert found("F-EH-REV", edge - MINUTE) == []
    assert found("F-EH-REV", edge) == [("Aaliyah", "amber")]
    assert Flag.objects.get(rule="F-EH-REV").owner == early_help_coordinator
    actions.record_safe_check(
        by=early_help_worker,
        at=edge + timedelta(hours=11),
        episode_id=waits.pk,
        means="phone",
        is_reached=True,
        spoke_to="Hana",
        found="same",
        risks=risks(waits),
    )
    assert found("F-EH-REV", edge + timedelta(hours=12)) == []


@pytest.mark.parametrize("how", ["answered", "priority", "left"])
def test_found_worse_is_red_after_a_working_day_until_something_follows(
    waits, early_help_worker, early_help_coordinator, head_of_service, how
):
    check = actions.record_safe_check(by=early_help_worker, at=days(18), **worse(waits))
    edge = midnight(days(20).date())

    assert found("F-EH-RISE", edge - MINUTE) == []
    assert found("F-EH-RISE", edge) == [("Aaliyah", "red")]
    flag = Flag.objects.get(rule="F-EH-RISE")
    assert (flag.owner, flag.manager) == (early_help_coordinator, head_of_service)
    assert flag.since_at == days(18)
    at = edge + timedelta(hours=10)
    if how == "answered":
        actions.answer_safe_check(
            by=early_help_coordinator,
            at=at,
            episode_id=waits.pk,
            check_id=check.pk,
            why_stands="The aunt has taken the children for the week",
        )
    elif how == "priority":
        actions.prioritise(
            by=early_help_coordinator,
            at=at,
            episode_id=waits.pk,
            priority="p2",
            reason="The father is back",
        )
    else:
        actions.take_off(
            by=early_help_coordinator,
            at=at,
            episode_id=waits.pk,
            ending="moved",
            why="Opened yesterday",
        )
    assert found("F-EH-RISE", at + MINUTE) == []


@pytest.mark.usefixtures("_typed_later")
def test_priority_lowered_after_a_worse_check_is_not_what_was_asked_for(
    early_help_worker, early_help_coordinator
):
    episode = waiting(early_help_coordinator, requested(early_help_worker), priority="p2")
    actions.record_safe_check(by=early_help_worker, at=days(8), **worse(episode))
    actions.prioritise(
        by=early_help_coordinator,
        at=days(9),
        episode_id=episode.pk,
        priority="p3",
        reason="A mistake of mine",
    )

    assert found("F-EH-RISE", days(11)) == [("Aaliyah", "red")]


def declines(by, number, *, at):
    for each in range(number):
        episode = requested(by, child(f"Child{each}"))
        Decline.objects.create(
            episode=episode,
            reason="WAITED_TOO_LONG",
            words="“Too late.”",
            days_waited=45,
            priority="p3",
            at=at + timedelta(minutes=each),
            by=by,
            recorded_at=at,
        )


@pytest.mark.usefixtures("_typed_later")
def test_more_than_three_who_waited_too_long_in_30_days_are_put_before_the_head_of_service(
    early_help_worker, early_help_coordinator, head_of_service
):
    at = days(45)
    declines(early_help_worker, 3, at=at)
    assert found("F-EH-DECL", at + timedelta(days=1)) == []

    declines(early_help_worker, 1, at=at + timedelta(days=2))

    assert found("F-EH-DECL", at + timedelta(days=2, hours=1)) == [("", "info")]
    flag = Flag.objects.get(rule="F-EH-DECL")
    assert (flag.owner, flag.manager) == (head_of_service, early_help_coordinator)
    assert flag.since_at == at + timedelta(days=2)
    page = flag_page(by=head_of_service, flag=flag, at=at + timedelta(days=2, hours=1))
    assert page.next_url == reverse("early_help:declines")
    assert found("F-EH-DECL", at + timedelta(days=30) - MINUTE) == [("", "info")]
    assert found("F-EH-DECL", at + timedelta(days=30)) == []


def test_step_up_is_red_past_the_limit_to_decide_until_the_mash_decides(
    waits, early_help_coordinator, early_help_worker, mash_manager
):
    row = stepped_up(early_help_coordinator, waits, at=days(20))
    limit = Clock.objects.get(rule="CON-DEC", subject_id=row.contact_id).due_at

    assert found("F-EH-STEP", limit) == []
    assert found("F-EH-STEP", limit + MINUTE) == [("Aaliyah", "red")]
    flag = Flag.objects.get(rule="F-EH-STEP")
    assert (flag.owner, flag.manager) == (mash_manager, early_help_coordinator)
    assert not may_read(flag, by=early_help_worker)
    page = flag_page(by=mash_manager, flag=flag, at=limit + MINUTE)
    assert reverse("mash:contact", args=[row.contact_id]) in {fact.url for fact in page.facts}
    mash_decides(
        mash_manager, row, Outcome.NFA, at=limit + timedelta(hours=16), should_do="Go on helping"
    )
    assert found("F-EH-STEP", limit + timedelta(hours=17)) == []


def test_flag_of_a_family_is_read_answered_and_cleared_by_whose_it_is(
    client, waits, early_help_worker, early_help_coordinator, data_analyst
):
    at = due("EH-START-P3") + timedelta(hours=20)
    found("F-EH-WAIT", at)
    flag = Flag.objects.get(rule="F-EH-WAIT")
    address = reverse("cases:flag", args=[flag.pk])

    client.force_login(early_help_coordinator)
    page = client.get(address).content.decode()
    assert "Aaliyah Testwood and family wait for early help" in page
    assert reverse("early_help:episode", args=[waits.pk]) in page
    client.force_login(data_analyst)
    assert client.get(address).status_code in (403, 404)
    case_actions.answer_flag(
        by=early_help_coordinator, at=at, flag_id=flag.pk, what="Lena has room on Monday"
    )
    case_actions.clear_flag(
        by=early_help_coordinator, at=at, flag_id=flag.pk, because="Help began, recorded late"
    )

    assert found("F-EH-WAIT", at + MINUTE) == []


def test_flag_of_a_family_with_a_restricted_child_stands_under_that_child(
    waits, early_help_worker, mash_manager, head_of_service
):
    sister = ChildFactory(given_name="Mina", recorded_at=days(2))
    actions.add_child(
        by=early_help_worker,
        at=days(3),
        episode_id=waits.pk,
        child_id=sister.pk,
        why="Lives there",
        risk="low",
        risk_why="Seen at nursery",
    )
    people_actions.restrict(
        by=mash_manager,
        at=days(4),
        person_id=sister.pk,
        owner_id=head_of_service.pk,
        reason="Kin of a colleague",
    )

    assert found("F-EH-WAIT", due("EH-START-P3") + MINUTE) == [("Mina", "amber")]


def test_sweep_with_nothing_changed_writes_nothing_however_many_wait(
    waits, early_help_worker, early_help_coordinator
):
    at = days(70)
    actions.record_safe_check(by=early_help_worker, at=days(18), **worse(waits))
    with CaptureQueriesContext(connection) as one:
        found("F-EH-WAIT", at)
    for name in ("Leo", "Mina", "Zayn"):
        waiting(early_help_coordinator, requested(early_help_worker, child(name)))
    found("F-EH-WAIT", at)

    with CaptureQueriesContext(connection) as many:
        swept = flags.sweep(at=at + timedelta(hours=1), codes=["F-EH"])

    assert flags.open_flags().filter(rule="F-EH-WAIT").count() == 4
    assert SafeCheck.objects.count() == 1
    assert [done for done in swept if done.wrote] == []
    assert len(many) < len(one)
