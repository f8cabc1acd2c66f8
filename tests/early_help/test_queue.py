"""While a family waits: safe-checks and what follows, priority, pauses, joining, leaving."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from cases.choices import Queue, RiskLevel, WaitingState
from cases.models import (
    Involvement,
    Responsibility,
    RiskRating,
    WaitingChange,
    WaitingEntry,
    WaitingGroup,
)
from early_help import actions
from early_help.choices import Ending, EpisodeState, TellAbout
from early_help.models import Episode, Pause, SafeCheck, SafeCheckAnswer, SafeCheckChild, ToTell
from early_help.queries.work import early_help_work
from lib import application_clock
from people import actions as people_actions
from people.models import HouseholdMembership
from record.errors import Refused
from record.models import Clock, Event, OutboxMessage
from tests.early_help.helping import MONDAY, child, days, requested, risks, waiting, worse
from tests.factories.people import ChildFactory

pytestmark = pytest.mark.django_db


def group_of(episode):
    return WaitingGroup.objects.get(queue=Queue.EARLY_HELP, subject_id=episode.pk)


def running(episode):
    return {
        clock.rule: clock
        for clock in Clock.objects.filter(subject_id=group_of(episode).pk, stopped_at=None)
    }


def checked(by, episode, **more):
    return actions.record_safe_check(
        by=by,
        **{
            "at": days(18),
            "episode_id": episode.pk,
            "means": "phone",
            "is_reached": True,
            "spoke_to": "Hana",
            "found": "same",
            "risks": risks(episode),
            **more,
        },
    )


# Safe-checks --------------------------------------------------------------------------------------


def test_safe_check_meets_the_limit_and_starts_the_next(early_help_worker, waits):
    checked(early_help_worker, waits)

    first, second = Clock.objects.filter(rule="EH-REVIEW-P3").order_by("started_at")
    assert (first.stop_reason, first.stopped_at) == ("met", days(18))
    assert second.started_at == days(18)
    assert second.due_at.date() == days(38).date()
    assert Event.objects.filter(code="early_help.safe_check").count() == 1


def test_safe_check_nobody_answered_is_kept_and_stays_due(early_help_worker, waits):
    checked(early_help_worker, waits, is_reached=False, spoke_to="", found="", risks=[])

    assert SafeCheck.objects.get().is_reached is False
    assert Clock.objects.get(rule="EH-REVIEW-P3").stopped_at is None


def test_found_worse_by_the_coordinator_raises_the_priority_and_places_the_family_anew(
    early_help_coordinator, waits
):
    before = group_of(waits)

    actions.record_safe_check(
        by=early_help_coordinator, at=days(35), priority="p1", **worse(waits, RiskLevel.HIGH)
    )

    group = group_of(waits)
    assert (before.priority, before.risk_rank) == ("p3", 3)
    assert (group.priority, group.risk_rank, group.queue_rank) == ("p1", 1, 1)
    assert {change.what for change in WaitingChange.objects.all()} == {"risk", "priority"}
    answer = SafeCheckAnswer.objects.get()
    assert answer.led_to == SafeCheckAnswer.Led.RAISED
    assert RiskRating.objects.latest("at").level == RiskLevel.HIGH
    assert set(ToTell.objects.values_list("about", flat=True)) == {
        TellAbout.ACCEPTED,
        TellAbout.PRIORITY,
    }


@pytest.mark.parametrize("more", [{}, {"priority": "p3"}, {"why_stands": "  "}])
def test_found_worse_without_consequence_is_refused_to_who_decides(
    early_help_coordinator, waits, more
):
    with pytest.raises(Refused, match="Raise the priority, step the family up, or say why"):
        actions.record_safe_check(by=early_help_coordinator, at=days(18), **worse(waits), **more)

    assert not SafeCheck.objects.exists()
    assert not RiskRating.objects.filter(level="moderate").exists()


def test_found_worse_may_stand_with_a_reason(early_help_coordinator, waits):
    actions.record_safe_check(
        by=early_help_coordinator,
        at=days(18),
        why_stands="The aunt has taken the children for the week.",
        **worse(waits),
    )

    assert group_of(waits).priority == "p3"
    assert SafeCheckAnswer.objects.get().led_to == SafeCheckAnswer.Led.STANDS


def test_found_worse_by_a_duty_worker_is_put_before_the_coordinator_who_answers_once(
    early_help_worker, early_help_coordinator, waits
):
    check = actions.record_safe_check(by=early_help_worker, at=days(18), **worse(waits))

    work = early_help_work(by=early_help_coordinator, at=days(18))
    (due,) = [line.due_at for line in work if line.verb == "Decide what follows"]
    assert due is not None
    assert due.date() == days(19).date()
    assert OutboxMessage.objects.filter(
        payload__code="early_help.worse", payload__user_id=str(early_help_coordinator.pk)
    ).exists()
    with pytest.raises(PermissionDenied):
        actions.answer_safe_check(
            by=early_help_worker,
            at=days(18),
            episode_id=waits.pk,
            check_id=check.pk,
            priority="p2",
        )
    answer = {
        "by": early_help_coordinator,
        "at": days(18, hour=12),
        "episode_id": waits.pk,
        "check_id": check.pk,
        "priority": "p2",
    }
    with pytest.raises(Refused, match="Choose a higher priority"):
        actions.answer_safe_check(**{**answer, "priority": "p9"})
    same = checked(early_help_worker, waits, at=days(18))
    with pytest.raises(Refused, match="did not find the family worse"):
        actions.answer_safe_check(**{**answer, "check_id": same.pk})
    actions.answer_safe_check(**answer)
    with pytest.raises(Refused, match="acted on already"):
        actions.answer_safe_check(**answer)
    assert group_of(waits).priority == "p2"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"spoke_to": " "}, "whom you spoke to"),
        ({"found": ""}, "better, the same or worse"),
        ({"found": "better"}, "what has changed"),
        ({"risks": []}, "the risk to Aaliyah Testwood"),
        ({"means": "dream"}, "how you asked"),
        ({"at": MONDAY - timedelta(days=3)}, "before help was asked for"),
    ],
)
def test_safe_check_says_what_is_missing(early_help_worker, waits, more, said):
    with pytest.raises(Refused, match=said), transaction.atomic():
        checked(early_help_worker, waits, **more)

    assert not SafeCheck.objects.exists()


def test_safe_check_refuses_a_child_of_another_family_and_a_family_that_does_not_wait(
    early_help_worker, episode, waits
):
    stranger = actions.ChildRisk(child_id=ChildFactory().pk, level="low", why="Met")
    other = requested(early_help_worker, child("Leo"))

    with pytest.raises(Refused, match="not part of this episode"):
        checked(early_help_worker, waits, risks=[*risks(waits), stranger])
    with pytest.raises(actions.NotWaiting, match="It is at “Requested”"):
        checked(early_help_worker, other)


def test_a_form_sent_twice_is_one_safe_check(early_help_worker, waits):
    from record.once import AlreadyRecorded

    token = uuid4()
    checked(early_help_worker, waits, token=token)
    with pytest.raises(AlreadyRecorded):
        checked(early_help_worker, waits, token=token)

    assert SafeCheck.objects.count() == 1


# Priority -----------------------------------------------------------------------------------------


def test_raised_priority_is_due_at_the_new_limit_from_now_when_that_is_earlier(
    early_help_coordinator, waits
):
    actions.prioritise(
        by=early_help_coordinator,
        at=days(10),
        episode_id=waits.pk,
        priority="p1",
        reason="A baby is expected",
    )

    limits = running(waits)
    assert limits["EH-START-P1"].due_at.date() == days(15).date()
    assert limits["EH-SEVERE-P1"].due_at.date() == days(20).date()
    assert limits["EH-REVIEW-P1"].due_at.date() == days(15).date()
    assert limits["EH-START-P1"].replaced_because == "priority_changed"
    assert "EH-START-P3" not in limits


def test_raised_priority_never_gives_a_family_more_time(early_help_coordinator, waits):
    actions.prioritise(
        by=early_help_coordinator,
        at=days(38),
        episode_id=waits.pk,
        priority="p2",
        reason="Father is back",
    )

    limits = running(waits)
    assert limits["EH-START-P3"].due_at.date() == days(40).date()
    assert limits["EH-SEVERE-P3"].due_at.date() == days(60).date()
    assert group_of(waits).priority == "p2"


def test_priority_raised_again_still_finds_the_limit_that_stayed(early_help_coordinator, waits):
    for moment, priority in ((days(30), "p2"), (days(32), "p1")):
        actions.prioritise(
            by=early_help_coordinator,
            at=moment,
            episode_id=waits.pk,
            priority=priority,
            reason="Worse again",
        )

    assert running(waits)["EH-START-P1"].due_at.date() == days(37).date()


@pytest.mark.usefixtures("_typed_later")
def test_lowered_priority_counts_the_longer_limit_from_the_request(
    early_help_coordinator, early_help_worker
):
    episode = waiting(early_help_coordinator, requested(early_help_worker), priority="p2")

    actions.prioritise(
        by=early_help_coordinator,
        at=days(5),
        episode_id=episode.pk,
        priority="p3",
        reason="The aunt has moved in",
        needs=["LONE_CARER"],
    )

    limits = running(episode)
    assert limits["EH-START-P3"].due_at.date() == days(40).date()
    assert group_of(episode).need_score == 2
    assert not ToTell.objects.filter(about=TellAbout.PRIORITY).exists()


def test_priority_needs_a_reason_and_the_coordinator(
    early_help_coordinator, early_help_worker, waits
):
    change = {"at": days(2), "episode_id": waits.pk, "priority": "p1"}

    with pytest.raises(Refused, match="why the priority changes"):
        actions.prioritise(by=early_help_coordinator, reason=" ", **change)
    with pytest.raises(Refused, match="Choose a priority"):
        actions.prioritise(
            by=early_help_coordinator, reason="Worse", **{**change, "priority": "p0"}
        )
    with pytest.raises(PermissionDenied):
        actions.prioritise(by=early_help_worker, reason="Worse", **change)

    assert not WaitingChange.objects.exists()


# Pauses -------------------------------------------------------------------------------------------


def paused(by, episode, *, at=None, until=None, **more):
    return actions.pause(
        by=by,
        at=at or days(10),
        episode_id=episode.pk,
        until_on=(until or days(15)).date(),
        words=more.pop("words", "“Let us get through Christmas first.”"),
    )


def test_pause_adds_its_days_to_the_delay_and_to_nothing_else(early_help_coordinator, waits):
    paused(early_help_coordinator, waits)

    limits = running(waits)
    group = group_of(waits)
    assert limits["EH-START-P3"].due_at.date() == days(45).date()
    assert limits["EH-SEVERE-P3"].due_at.date() == days(65).date()
    assert limits["EH-REVIEW-P3"].due_at.date() == days(20).date()
    assert limits["EH-START-P3"].replaced_because == "paused"
    assert (group.state, group.since_at) == (WaitingState.PAUSED, MONDAY)


def test_pause_ended_early_gives_back_the_days_not_used(early_help_coordinator, waits):
    paused(early_help_coordinator, waits)

    actions.resume(
        by=early_help_coordinator, at=days(12), episode_id=waits.pk, why="The mother rang"
    )

    assert running(waits)["EH-START-P3"].due_at.date() == days(42).date()
    assert group_of(waits).state == WaitingState.WAITING


def test_pauses_of_one_wait_never_pass_twenty_working_days(early_help_coordinator, waits):
    paused(early_help_coordinator, waits, until=days(25))
    actions.resume(by=early_help_coordinator, at=days(25, hour=9), episode_id=waits.pk, why="Ready")

    with pytest.raises(Refused, match="5 are left"):
        paused(early_help_coordinator, waits, at=days(26), until=days(32))
    paused(early_help_coordinator, waits, at=days(26), until=days(31))
    actions.resume(by=early_help_coordinator, at=days(31), episode_id=waits.pk, why="Ready")
    with pytest.raises(Refused, match="has had the 20 working days"):
        paused(early_help_coordinator, waits, at=days(32), until=days(33))


def test_pause_refuses_without_words_to_the_past_or_twice(early_help_coordinator, waits):
    with pytest.raises(Refused, match="in their words"):
        paused(early_help_coordinator, waits, words=" ")
    with pytest.raises(Refused, match="after today"):
        paused(early_help_coordinator, waits, until=days(10))
    with pytest.raises(Refused, match="not paused"):
        actions.resume(by=early_help_coordinator, at=days(10), episode_id=waits.pk, why="Ready")
    paused(early_help_coordinator, waits)
    with pytest.raises(Refused, match="paused already"):
        paused(early_help_coordinator, waits, at=days(11))

    assert Pause.objects.count() == 1


def test_pause_whose_day_has_passed_is_ended_by_the_job_once(early_help_coordinator, waits):
    paused(early_help_coordinator, waits)

    assert actions.end_pauses(at=days(15)) == 0
    assert actions.end_pauses(at=days(16)) == 1
    assert actions.end_pauses(at=days(16)) == 0

    assert group_of(waits).state == WaitingState.WAITING
    assert running(waits)["EH-START-P3"].due_at.date() == days(45).date()
    assert WaitingChange.objects.get(by=None).why.startswith("The day the family asked for")
    assert Event.objects.get(code="early_help.resumed").by is None


# Joining and leaving ------------------------------------------------------------------------------


def sister_of(episode, by):
    brother = episode.children.get().child
    household = HouseholdMembership.objects.get(person=brother).household_id
    sister = ChildFactory(given_name="Mina", recorded_at=MONDAY)
    people_actions.join_household(
        by=by,
        at=days(9),
        household_id=household,
        person_id=sister.pk,
        role="resident_child",
        source="family",
    )
    return sister


def test_child_who_joins_has_its_own_date_and_risk_and_is_held(early_help_worker, waits):
    sister = sister_of(waits, early_help_worker)

    actions.add_child(
        by=early_help_worker,
        at=days(10),
        episode_id=waits.pk,
        child_id=sister.pk,
        why="Came to live here",
        risk="high",
        risk_why="Sleeps in the kitchen",
    )

    entry = WaitingEntry.objects.get(child=sister)
    assert (entry.since_at, entry.risk) == (days(10), "high")
    assert group_of(waits).risk_rank == 1
    assert group_of(waits).since_at == MONDAY
    assert Responsibility.objects.filter(child=sister, to_at=None).exists()
    with pytest.raises(actions.AlreadyHelped):
        actions.add_child(
            by=early_help_worker,
            at=days(11),
            episode_id=waits.pk,
            child_id=sister.pk,
            why="Again",
            risk="low",
            risk_why="Fine",
        )


@pytest.mark.parametrize(
    ("more", "said"), [({"why": " "}, "Say why Mina"), ({"risk": ""}, "how great the risk to Mina")]
)
def test_child_who_joins_needs_why_and_a_risk(early_help_worker, waits, more, said):
    sister = sister_of(waits, early_help_worker)

    with pytest.raises(Refused, match=said), transaction.atomic():
        actions.add_child(
            by=early_help_worker,
            at=days(10),
            episode_id=waits.pk,
            child_id=sister.pk,
            **{"why": "Came to live here", "risk": "low", "risk_why": "Fine", **more},
        )


def test_taken_off_the_list_ends_the_episode_and_lets_the_children_go(
    early_help_coordinator, waits
):
    paused(early_help_coordinator, waits)

    actions.take_off(
        by=early_help_coordinator,
        at=days(12),
        episode_id=waits.pk,
        ending=Ending.MOVED,
        why="Northmere council confirms the new address",
    )

    waits.refresh_from_db()
    group = group_of(waits)
    assert (waits.state, waits.ending) == (EpisodeState.CLOSED, Ending.MOVED)
    assert group.state == WaitingState.REMOVED
    assert not Involvement.objects.filter(to_at=None).exists()
    assert not Clock.objects.filter(stopped_at=None).exclude(rule="EH-FB").exists()
    assert not Pause.objects.filter(ended_on=None).exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"ending": "goals_met"}, "why the family is taken off"),
        ({"why": ""}, "how you know"),
        ({"ending": Ending.SOCIAL_CARE}, "nothing open for Aaliyah Testwood"),
    ],
)
def test_taking_off_needs_one_of_its_reasons(early_help_coordinator, waits, more, said):
    with pytest.raises(Refused, match=said):
        actions.take_off(
            by=early_help_coordinator,
            at=days(12),
            episode_id=waits.pk,
            **{"ending": Ending.MOVED, "why": "They rang", **more},
        )


# What the database keeps --------------------------------------------------------------------------


def test_the_database_keeps_safe_checks_and_refuses_half_of_one(early_help_worker, waits):
    check = checked(early_help_worker, waits)

    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        SafeCheck.objects.update(found="better")
    with pytest.raises(IntegrityError, match="safe_check_whole"), transaction.atomic():
        SafeCheck.objects.create(
            episode=waits,
            group=check.group,
            at=days(19),
            means="phone",
            is_reached=True,
            by=early_help_worker,
            recorded_at=days(19),
        )
    with pytest.raises(IntegrityError, match="safe_check_child_why"), transaction.atomic():
        SafeCheckChild.objects.create(check_made=check, child=ChildFactory(), risk="low", why="")
    with pytest.raises(IntegrityError, match="safe_check_answer_why"), transaction.atomic():
        SafeCheckAnswer.objects.create(
            check_made=check,
            led_to="contact",
            why="Stepped up",
            by=early_help_worker,
            at=days(19),
            recorded_at=days(19),
        )


def test_the_database_refuses_two_pauses_at_once_and_one_that_ends_first(
    early_help_coordinator, waits
):
    made = paused(early_help_coordinator, waits)
    facts = {
        "group": made.group,
        "words": "Later",
        "by": early_help_coordinator,
        "at": days(11),
        "recorded_at": days(11),
        "days": 1,
    }

    with pytest.raises(IntegrityError, match="early_help_pause_one"), transaction.atomic():
        Pause.objects.create(from_on=days(11).date(), until_on=days(12).date(), **facts)
    with pytest.raises(IntegrityError, match="early_help_pause_dates"), transaction.atomic():
        Pause.objects.create(
            from_on=days(12).date(), until_on=days(11).date(), ended_on=days(12).date(), **facts
        )


def test_queue_moves_nobody_while_the_clock_of_the_application_stands(
    early_help_coordinator, waits
):
    """A change recorded late is counted from when it happened."""
    with application_clock.set_to(days(30)):
        actions.prioritise(
            by=early_help_coordinator,
            at=days(28),
            episode_id=waits.pk,
            priority="p1",
            reason="Seen on Thursday",
        )

    assert running(waits)["EH-START-P1"].started_at == days(28)
    assert Episode.objects.get().state == EpisodeState.WAITING
