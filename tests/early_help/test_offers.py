"""Help offered: what the family answers, and whether it is safe to let it go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from accounts.choices import Role, TeamKind
from cases import actions as case_actions
from cases.actions.visits import ChildAtVisit
from cases.choices import ConsentState, HandoverState, WaitingState
from cases.models import Allocation, Handover, Involvement, Responsibility, WaitingGroup
from early_help import actions
from early_help.choices import DeclineReason, Ending, EpisodeState, TellAbout
from early_help.models import Decline, DeclineDecision, Episode, Offer, ToTell
from early_help.queries.lists import first_page
from record.errors import Refused
from record.models import Clock, OutboxMessage
from tests.early_help.helping import (
    AGREED,
    MONDAY,
    asked_of,
    child,
    days,
    requested,
    waiting,
)
from tests.early_help.test_requests import offered_child, step_down
from tests.personas import member

pytestmark = pytest.mark.django_db
__all__ = ["offered_child"]


def offered(by, episode, worker, *, at=None, **more):
    at = at or days(10)
    return actions.offer_help(
        by=by,
        at=at,
        episode_id=episode.pk,
        worker_id=worker.pk if worker else None,
        **{"first_at": at + timedelta(days=3), "how": "phone", **more},
    )


def declined(by, episode, *, at=None, reason="WAITED_TOO_LONG", words="“Too late.”"):
    return actions.decline(
        by=by, at=at or days(12), episode_id=episode.pk, reason=reason, words=words
    )


def visited(by, episode, *, at, was_seen=True):
    return case_actions.record_visit(
        by=by,
        at=at,
        purpose="early_help",
        outcome="kept",
        where="At home",
        children=[
            ChildAtVisit(
                child_id=row.child_id,
                was_seen=was_seen,
                was_seen_alone=was_seen,
                not_seen_because="" if was_seen else "At school",
                next_attempt_on=at.date() + timedelta(days=2),
            )
            for row in episode.children.filter(ended_at=None)
        ],
    )


@pytest.fixture
def offer(early_help_coordinator, early_help_worker, waits):
    return offered(early_help_coordinator, waits, early_help_worker)


# Offers -------------------------------------------------------------------------------------------


def test_offer_names_worker_and_first_date_and_tells_both(offer, early_help_worker, waits):
    waits.refresh_from_db()

    assert waits.state == EpisodeState.OFFERED
    assert WaitingGroup.objects.get().state == WaitingState.OFFERED
    assert OutboxMessage.objects.filter(
        payload__code="early_help.offered", payload__user_id=str(early_help_worker.pk)
    ).exists()
    assert ToTell.objects.filter(about=TellAbout.OFFERED).exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"how": "dream"}, "how it was offered"),
        ({"first_at": MONDAY}, "before the offer"),
        ({"worker_id": None}, "Choose the worker"),
    ],
)
def test_offer_says_what_is_missing(early_help_coordinator, early_help_worker, waits, more, said):
    facts = {"worker_id": early_help_worker.pk, "first_at": days(12), "how": "phone", **more}
    with pytest.raises(Refused, match=said):
        actions.offer_help(by=early_help_coordinator, at=days(10), episode_id=waits.pk, **facts)


def test_offer_needs_the_coordinator_a_worker_of_the_team_and_one_at_a_time(
    offer, early_help_coordinator, early_help_worker, assessment_social_worker, waits
):
    with pytest.raises(Refused, match="An offer is open"):
        offered(early_help_coordinator, waits, early_help_worker)
    with pytest.raises(PermissionDenied):
        offered(early_help_worker, waits, early_help_worker)
    declined(early_help_worker, waits)
    actions.decide_decline(
        by=early_help_coordinator,
        at=days(13),
        episode_id=waits.pk,
        is_safe=False,
        why="The father is back",
    )
    with pytest.raises(Refused, match="does not help families in Early help"):
        offered(early_help_coordinator, waits, assessment_social_worker, at=days(14))


def test_offer_out_of_turn_names_who_stands_first_and_keeps_the_reason(
    early_help_coordinator, early_help_worker, waits
):
    first = waiting(
        early_help_coordinator,
        requested(early_help_worker, child("Leo")),
        priority="p1",
        risk="high",
    )

    with pytest.raises(actions.OutOfTurn, match="Leo Testwood stand before this family"):
        offered(early_help_coordinator, waits, early_help_worker)
    made = offered(
        early_help_coordinator,
        waits,
        early_help_worker,
        out_of_turn_because="Lena speaks Polish, and is free on Thursdays only",
    )

    assert made.out_of_turn_because.startswith("Lena speaks")
    in_turn = offered(early_help_coordinator, first, early_help_worker, out_of_turn_because="No")
    assert in_turn.out_of_turn_because == ""


def test_offer_stops_when_a_parent_no_longer_agrees(
    early_help_coordinator, early_help_worker, waits
):
    actions.record_agreement(
        by=early_help_worker,
        at=days(9),
        episode_id=waits.pk,
        child_ids=[waits.children.get().child_id],
        asked_as="parent_with_pr",
        person_as_stated="Hana Testwood, mother",
        state=ConsentState.WITHDRAWN,
        words="“No.”",
    )

    with pytest.raises(actions.NotAgreed):
        offered(early_help_coordinator, waits, early_help_worker)


# Accepted -----------------------------------------------------------------------------------------


def test_accepted_offer_gives_the_worker_and_starts_the_first_visit(
    offer, early_help_worker, waits
):
    actions.accept_offer(by=early_help_worker, at=days(11), episode_id=waits.pk)

    waits.refresh_from_db()
    assert (waits.state, waits.worker) == (EpisodeState.ACCEPTED, early_help_worker)
    assert Allocation.objects.get().role == "helper"
    assert Clock.objects.get(rule="EH-1V").due_at.date() == days(16).date()
    assert WaitingGroup.objects.get().ended_at is None
    with pytest.raises(Refused, match="starts with the first visit"):
        actions.start_in_community(by=early_help_worker, at=days(12), episode_id=waits.pk)
    with pytest.raises(Refused, match="No offer is open"):
        actions.accept_offer(by=early_help_worker, at=days(11), episode_id=waits.pk)


def test_another_worker_takes_a_family_over_when_theirs_has_left(
    offer, early_help_worker, early_help_coordinator, mash_manager, waits
):
    other = member("Noor Fixture", Role.EARLY_HELP_WORKER, TeamKind.EARLY_HELP)
    change = {"by": early_help_coordinator, "at": days(14), "episode_id": waits.pk}
    with pytest.raises(actions.NotNow, match="Another person can help"):
        actions.change_helper(**change, worker_id=other.pk, why="Left")
    actions.accept_offer(by=early_help_worker, at=days(11), episode_id=waits.pk)
    for more, said in (
        ({"worker_id": None, "why": "Left"}, "Choose the worker"),
        ({"worker_id": early_help_worker.pk, "why": "Left"}, "helps this family already"),
        ({"worker_id": mash_manager.pk, "why": "Left"}, "does not help families"),
        ({"worker_id": other.pk, "why": " "}, "why another worker"),
    ):
        with pytest.raises(Refused, match=said):
            actions.change_helper(**change, **more)
    with pytest.raises(PermissionDenied):
        actions.change_helper(
            **{**change, "by": early_help_worker}, worker_id=other.pk, why="I leave"
        )
    assert Allocation.objects.filter(to_at=None).get().worker == early_help_worker
    type(early_help_worker).objects.filter(pk=early_help_worker.pk).update(is_active=False)
    assert "Name another worker" in asked_of(early_help_coordinator, at=days(14))

    actions.change_helper(**change, worker_id=other.pk, why="Lena has left")

    waits.refresh_from_db()
    now, before = Allocation.objects.order_by("-from_at")
    assert (waits.worker, now.worker, now.change_reason) == (other, other, "Lena has left")
    assert (before.worker, before.to_at) == (early_help_worker, days(14))
    assert "Name another worker" not in asked_of(early_help_coordinator, at=days(14))
    assert "Visit" in asked_of(other, at=days(14))
    visited(other, waits, at=days(15))
    waits.refresh_from_db()
    assert waits.state == EpisodeState.ASSESSING
    assert OutboxMessage.objects.filter(
        payload__code="early_help.yours", payload__user_id=str(other.pk)
    ).exists()


def test_answer_cannot_come_before_the_offer(offer, early_help_worker, waits):
    with pytest.raises(Refused, match="before the offer"):
        actions.accept_offer(by=early_help_worker, at=days(9), episode_id=waits.pk)


def test_first_appointment_kept_starts_help_and_ends_the_wait(offer, early_help_worker, waits):
    actions.accept_offer(by=early_help_worker, at=days(11), episode_id=waits.pk)
    visited(early_help_worker, waits, at=days(12), was_seen=False)
    not_yet = Episode.objects.get().state

    visited(early_help_worker, waits, at=days(13))

    waits.refresh_from_db()
    group = WaitingGroup.objects.get()
    assert not_yet == EpisodeState.ACCEPTED
    assert (waits.state, waits.started_at) == (EpisodeState.ASSESSING, days(13))
    assert (group.state, group.ended_at) == (WaitingState.STARTED, days(13))
    assert Clock.objects.get(rule="EH-START-P3").stop_reason == "met"
    assert Clock.objects.get(rule="EH-1V").stop_reason == "met"


def test_lead_professional_in_the_community_is_offered_and_begins_without_a_queue(
    early_help_coordinator, early_help_worker, episode
):
    actions.screen(
        by=early_help_coordinator,
        at=days(1),
        episode_id=episode.pk,
        route="community",
        level="2",
        family_wants="Mornings",
    )
    assert "Offer help" in asked_of(early_help_coordinator, at=days(2))
    with pytest.raises(Refused, match="Name the lead professional"):
        offered(early_help_coordinator, episode, None, at=days(2))
    made = offered(
        early_help_coordinator,
        episode,
        None,
        at=days(2),
        lead_name="Sally Outreach",
        lead_agency="Dummyfield Primary School",
    )
    shown = first_page(by=early_help_coordinator, at=days(2), mine_only=False)
    assert [row.episode for row in shown.helped] == [episode]
    asked = [asked_of(early_help_coordinator, at=at) for at in (days(2), made.first_at)]
    assert ["Record the answer" in each for each in asked] == [False, True]
    actions.accept_offer(by=early_help_worker, at=days(3), episode_id=episode.pk)
    assert "Record that help started" in asked_of(early_help_coordinator, at=days(3))

    actions.start_in_community(by=early_help_worker, at=days(5), episode_id=episode.pk)

    episode.refresh_from_db()
    assert (episode.state, episode.lead_name) == (EpisodeState.ASSESSING, "Sally Outreach")
    assert not Allocation.objects.exists()
    assert "Write the assessment" in asked_of(early_help_coordinator, at=days(33))
    assert "Write the assessment" not in asked_of(early_help_worker, at=days(33))


@pytest.mark.usefixtures("_typed_later")
def test_step_down_passes_to_early_help_when_help_has_started(
    offered_child, sfs_manager, early_help_coordinator, early_help_worker
):
    handover = step_down(early_help_coordinator, sfs_manager, [offered_child])
    episode = Episode.objects.get(handover=handover)
    actions.record_agreement(
        by=early_help_coordinator,
        at=MONDAY,
        episode_id=episode.pk,
        child_ids=[offered_child],
        state=ConsentState.GIVEN,
        **AGREED,
    )
    waiting(early_help_coordinator, episode, priority="p2")
    offered(early_help_coordinator, episode, early_help_worker)
    actions.accept_offer(by=early_help_worker, at=days(11), episode_id=episode.pk)
    before = Responsibility.objects.get(child=offered_child, to_at=None).manager

    visited(early_help_worker, episode, at=days(13))

    assert before == sfs_manager
    assert Responsibility.objects.get(child=offered_child, to_at=None).manager == (
        early_help_coordinator
    )
    assert Handover.objects.get().state == HandoverState.ACCEPTED


# Declines -----------------------------------------------------------------------------------------


def test_decline_keeps_code_words_and_days_waited_and_closes_nothing(
    offer, early_help_worker, early_help_coordinator, waits
):
    row = declined(early_help_worker, waits)

    assert (row.reason, row.days_waited, row.priority) == ("WAITED_TOO_LONG", 12, "p3")
    assert Offer.objects.get().answer == "declined"
    assert WaitingGroup.objects.get().ended_at is None
    assert Involvement.objects.filter(to_at=None).exists()
    assert ToTell.objects.filter(about=TellAbout.DECLINED).exists()
    assert OutboxMessage.objects.filter(
        payload__code="early_help.declined", payload__user_id=str(early_help_coordinator.pk)
    ).exists()
    with pytest.raises(Refused, match="has declined already"):
        declined(early_help_worker, waits)


@pytest.mark.parametrize(
    ("more", "said"),
    [({"reason": "TIRED"}, "why the family declines"), ({"words": " "}, "the words the family")],
)
def test_decline_without_code_or_words_is_refused(offer, early_help_worker, waits, more, said):
    with pytest.raises(Refused, match=said):
        declined(early_help_worker, waits, **more)

    assert not Decline.objects.exists()


@pytest.mark.parametrize(
    ("tries", "is_enough"),
    [
        ([(1, "phone"), (5, "text"), (9, "phone")], True),
        ([(1, "phone"), (5, "phone"), (9, "phone")], False),
        ([(1, "phone"), (9, "text")], False),
        ([(4, "phone"), (5, "text"), (9, "letter")], False),
    ],
)
def test_no_answer_counts_after_three_attempts_by_two_means_over_ten_days(
    early_help_worker, waits, tries, is_enough
):
    for day, means in tries:
        actions.record_attempt(
            by=early_help_worker,
            at=days(day),
            episode_id=waits.pk,
            means=means,
            result="no_answer",
        )

    if is_enough:
        declined(early_help_worker, waits, at=days(11), reason=DeclineReason.NO_RESPONSE)
    else:
        with pytest.raises(actions.NotTriedEnough, match="So far"):
            declined(early_help_worker, waits, at=days(11), reason=DeclineReason.NO_RESPONSE)


def test_attempts_before_the_family_was_reached_do_not_count(early_help_worker, waits):
    for day, means, result in (
        (1, "phone", "no_answer"),
        (2, "text", "no_answer"),
        (6, "visit", "reached"),
        (9, "phone", "message"),
    ):
        actions.record_attempt(
            by=early_help_worker, at=days(day), episode_id=waits.pk, means=means, result=result
        )

    with pytest.raises(Refused, match="how you tried"):
        actions.record_attempt(
            by=early_help_worker, at=days(9), episode_id=waits.pk, means="pigeon", result="reached"
        )
    with pytest.raises(actions.NotTriedEnough, match="1 by 1"):
        declined(early_help_worker, waits, at=days(15), reason=DeclineReason.NO_RESPONSE)


# Safe to close ------------------------------------------------------------------------------------


def decided(by, episode, *, is_safe=True, why="School sees them daily", **more):
    return actions.decide_decline(
        by=by, at=days(13), episode_id=episode.pk, is_safe=is_safe, why=why, **more
    )


def test_safe_decline_ends_the_wait_and_lets_the_children_go(
    offer, early_help_worker, early_help_coordinator, waits
):
    declined(early_help_worker, waits)

    decided(early_help_coordinator, waits)

    waits.refresh_from_db()
    assert (waits.state, waits.ending) == (EpisodeState.DECLINED, Ending.DECLINED)
    assert WaitingGroup.objects.get().state == WaitingState.DECLINED
    assert not Involvement.objects.filter(to_at=None).exists()


def test_unsafe_decline_keeps_the_family_where_it_stood(
    offer, early_help_worker, early_help_coordinator, waits
):
    declined(early_help_worker, waits)

    decided(early_help_coordinator, waits, is_safe=False, why="The father is back")

    waits.refresh_from_db()
    group = WaitingGroup.objects.get()
    assert waits.state == EpisodeState.WAITING
    assert (group.state, group.since_at) == (WaitingState.WAITING, MONDAY)
    assert DeclineDecision.objects.get().then == DeclineDecision.Then.KEEP


def test_p1_family_is_closed_only_after_the_mash_was_asked(
    early_help_worker, early_help_coordinator, mash_social_worker, contact_officer, episode
):
    waiting(early_help_coordinator, episode, priority="p1")
    declined(early_help_worker, episode)

    with pytest.raises(Refused, match="only after the MASH was asked"):
        decided(early_help_coordinator, episode)
    with pytest.raises(Refused, match="is not of the MASH"):
        decided(
            early_help_coordinator,
            episode,
            consulted_id=contact_officer.pk,
            consulted_said="Fine",
        )
    with pytest.raises(Refused, match="what the MASH said"):
        decided(early_help_coordinator, episode, consulted_id=mash_social_worker.pk)
    decided(
        early_help_coordinator,
        episode,
        consulted_id=mash_social_worker.pk,
        consulted_said="Nothing known since March",
    )

    assert Episode.objects.get().state == EpisodeState.DECLINED


def test_deciding_needs_the_coordinator_a_decline_and_a_reason(
    offer, early_help_worker, early_help_coordinator, waits
):
    with pytest.raises(Refused, match="has not declined"):
        decided(early_help_coordinator, waits)
    declined(early_help_worker, waits)
    with pytest.raises(PermissionDenied):
        decided(early_help_worker, waits)
    with pytest.raises(Refused, match="Say why it is, or is not, safe"):
        decided(early_help_coordinator, waits, why=" ")


@pytest.mark.usefixtures("_typed_later")
def test_declined_step_down_goes_back_to_its_sender(
    offered_child, sfs_manager, early_help_coordinator, early_help_worker
):
    handover = step_down(early_help_coordinator, sfs_manager, [offered_child])
    episode = Episode.objects.get(handover=handover)
    actions.record_agreement(
        by=early_help_coordinator,
        at=MONDAY,
        episode_id=episode.pk,
        child_ids=[offered_child],
        state=ConsentState.GIVEN,
        **AGREED,
    )
    waiting(early_help_coordinator, episode, priority="p2")
    declined(early_help_worker, episode)

    decided(early_help_coordinator, episode)

    handover.refresh_from_db()
    assert handover.state == HandoverState.RETURNED
    assert "it is safe to close" in handover.answer_reason
    assert Responsibility.objects.get(child=offered_child, to_at=None).manager == sfs_manager


# What the database keeps --------------------------------------------------------------------------


def test_the_database_refuses_half_an_offer_and_keeps_answers(offer, early_help_worker, waits):
    facts = {
        "episode": waits,
        "first_at": days(15),
        "how": "phone",
        "at": days(11),
        "by": early_help_worker,
        "recorded_at": days(11),
    }
    with pytest.raises(IntegrityError, match="offer_one_open"), transaction.atomic():
        Offer.objects.create(worker=early_help_worker, **facts)
    with pytest.raises(IntegrityError, match="offer_answer_whole"), transaction.atomic():
        Offer.objects.update(answer="accepted")
    declined(early_help_worker, waits)
    with pytest.raises(IntegrityError, match="offer_somebody"), transaction.atomic():
        Offer.objects.create(lead_name="Sally", **facts)
    with pytest.raises(InternalError, match="answered_once"), transaction.atomic():
        Offer.objects.update(answer="accepted")


def test_the_database_refuses_half_a_decline_and_half_a_decision(
    offer, early_help_worker, early_help_coordinator, waits
):
    row = declined(early_help_worker, waits)

    with pytest.raises(IntegrityError, match="decline_whole"), transaction.atomic():
        Decline.objects.create(
            episode=waits,
            reason="OTHER",
            words="",
            days_waited=1,
            at=days(12),
            by=early_help_worker,
            recorded_at=days(12),
        )
    with pytest.raises(IntegrityError, match="decline_decision_whole"), transaction.atomic():
        DeclineDecision.objects.create(
            decline=row,
            is_safe=False,
            why="Not safe",
            then="close",
            at=days(12),
            by=early_help_coordinator,
            recorded_at=days(12),
        )
    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        Decline.objects.update(words="Otherwise")
