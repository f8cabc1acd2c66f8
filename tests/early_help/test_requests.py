"""A request for early help: recorded, screened onto the list or to the community, returned."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cases import actions as case_actions
from cases.choices import BoardState, ConsentState, HandoverKind, HandoverState, Outcome
from cases.models import (
    ChangeOfCircumstance,
    Contact,
    Handover,
    Involvement,
    Responsibility,
    WaitingEntry,
    WaitingGroup,
)
from early_help import actions
from early_help.choices import Ending, EpisodeState, Need, Route, TellAbout
from early_help.models import Agreement, Episode, EpisodeChild, ToTell
from early_help.queries.agreement import positions
from people.models import HouseholdMembership, Person
from record.errors import NotWhole, Refused
from record.models import Clock, Event, OutboxMessage
from tests.cases.front_door import decided, received
from tests.early_help.helping import (
    AGREED,
    MONDAY,
    TOLD,
    born,
    child,
    days,
    from_mash,
    parent,
    requested,
    risks,
    waiting,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_typed_later")]


def holders(episode):
    ids = episode.children.values("child")
    return {row.manager for row in Responsibility.objects.filter(child__in=ids, to_at=None)}


# A direct request ---------------------------------------------------------------------------------


def test_request_of_a_school_opens_an_episode_and_no_contact(
    early_help_worker, early_help_coordinator
):
    episode = requested(early_help_worker, child(), child("Zayn"), adults=[parent()])

    assert episode.state == EpisodeState.REQUESTED
    assert not Contact.objects.exists()
    assert holders(episode) == {early_help_coordinator}
    assert Clock.objects.get(rule="EH-SCR").due_at.date() == days(2).date()
    assert Event.objects.filter(code="early_help.requested").count() == 2
    assert HouseholdMembership.objects.values("household").distinct().count() == 1
    assert Agreement.objects.get().state == ConsentState.GIVEN


def test_request_refuses_a_child_who_has_early_help_already(early_help_worker, episode):
    known = EpisodeChild.objects.get().child

    with pytest.raises(actions.AlreadyHelped, match="Aaliyah Testwood has early help already"):
        requested(early_help_worker, child(person_id=known.pk))


def test_mash_adds_a_contact_to_early_help_that_a_child_has(
    contact_officer, mash_manager, early_help_coordinator, episode
):
    known = EpisodeChild.objects.get().child
    at = MONDAY + timedelta(days=1)
    contact = received(contact_officer, child(person_id=known.pk), at=at)

    with pytest.raises(NotWhole, match="Aaliyah Testwood has early help already"):
        decided(
            contact,
            mash_manager,
            Outcome.EARLY_HELP,
            team=early_help_coordinator.managed_teams.get(),
            level="2",
            at=at + timedelta(hours=1),
        )
    decided(contact, mash_manager, Outcome.LINKED, level="2", at=at + timedelta(hours=1))

    told = OutboxMessage.objects.get(key__startswith=f"contact.added_to_case:{contact.pk}")
    assert told.payload["user_id"] == str(early_help_coordinator.pk)
    change = ChangeOfCircumstance.objects.get()
    assert (change.source_kind, change.source_id) == ("contact", contact.pk)
    assert Episode.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reasons": " "}, "why help is asked for"),
        ({"family_wants": ""}, "what the family wants"),
        ({"level": "4a"}, "level 2 or 3"),
        ({"asked_by": "mash"}, "who asks"),
        ({"at": MONDAY + timedelta(days=900)}, "has not come yet"),
    ],
)
def test_request_says_what_is_missing(early_help_worker, more, said):
    with pytest.raises(Refused, match=said), transaction.atomic():
        requested(early_help_worker, **more)

    assert not Episode.objects.exists()


def test_request_needs_the_right_and_a_child(contact_officer, early_help_worker):
    with pytest.raises(PermissionDenied):
        requested(contact_officer)
    with pytest.raises(Refused, match="at least one child"):
        actions.request_help(
            by=early_help_worker,
            at=MONDAY,
            asked_by="school",
            children=[],
            reasons="Late",
            family_wants="Mornings",
            level="2",
        )

    assert not Person.objects.exists()


def test_early_help_makes_records_for_a_request_and_for_nothing_else(early_help_worker):
    from people import actions as people_actions

    requested(early_help_worker)

    assert Person.objects.get().la_child_id
    with pytest.raises(PermissionDenied):
        people_actions.create_person(
            by=early_help_worker, at=MONDAY, is_child=True, given_name="Leo"
        )


# From the MASH ------------------------------------------------------------------------------------


def test_decision_for_early_help_opens_an_episode_with_the_agreement_and_level(
    contact_officer, mash_manager, early_help_coordinator
):
    _contact, episode = from_mash(contact_officer, mash_manager, early_help_coordinator)

    assert (episode.state, episode.level) == (EpisodeState.REQUESTED, "3")
    assert holders(episode) == {mash_manager}
    child_ids = [row.child_id for row in episode.children.all()]
    assert set(positions(episode_id=episode.pk, child_ids=child_ids).values()) == {
        ConsentState.GIVEN
    }
    assert Clock.objects.get(rule="EH-SCR", stopped_at=None).subject_id == episode.handover_id
    with pytest.raises(actions.NotNow, match="taken off the list"):
        actions.take_off(
            by=early_help_coordinator,
            at=days(2),
            episode_id=episode.pk,
            ending="moved",
            why="They rang",
        )
    assert not Clock.objects.filter(rule="HND-ACC").exists()


def test_screening_passes_the_children_from_the_mash_to_early_help(
    contact_officer, mash_manager, early_help_coordinator
):
    _contact, episode = from_mash(contact_officer, mash_manager, early_help_coordinator)

    waiting(early_help_coordinator, episode, at=MONDAY + timedelta(hours=3))

    assert Handover.objects.get().state == HandoverState.ACCEPTED
    assert holders(episode) == {early_help_coordinator}
    assert set(Involvement.objects.filter(to_at=None).values_list("kind", flat=True)) == {
        "early_help"
    }
    assert Clock.objects.get(rule="EH-SCR").stop_reason == "met"


def test_offered_early_help_is_answered_by_screening_alone(
    contact_officer, mash_manager, early_help_coordinator
):
    from_mash(contact_officer, mash_manager, early_help_coordinator)
    offer = Handover.objects.get()

    for answer in (
        lambda: case_actions.accept(
            by=early_help_coordinator, at=MONDAY + timedelta(hours=2), handover_id=offer.pk
        ),
        lambda: case_actions.return_to_sender(
            by=early_help_coordinator,
            at=MONDAY + timedelta(hours=2),
            handover_id=offer.pk,
            reason="Not ours",
        ),
    ):
        with pytest.raises(Refused, match="screened before it is taken on"):
            answer()


def test_returned_request_shows_on_the_board_again_and_the_mash_still_holds(
    contact_officer, mash_manager, early_help_coordinator
):
    contact, episode = from_mash(contact_officer, mash_manager, early_help_coordinator)

    actions.return_request(
        by=early_help_coordinator,
        at=MONDAY + timedelta(hours=3),
        episode_id=episode.pk,
        reason="The family has moved to Northmere",
    )

    episode.refresh_from_db()
    contact.refresh_from_db()
    assert (episode.state, episode.ending) == (EpisodeState.CLOSED, Ending.RETURNED)
    assert contact.board_state == BoardState.RETURNED
    assert holders(episode) == {mash_manager}


def test_offer_withdrawn_by_another_decision_ends_the_episode(
    contact_officer, mash_manager, early_help_coordinator
):
    from mash import actions as mash_actions

    contact, episode = from_mash(contact_officer, mash_manager, early_help_coordinator)
    mash_actions.reopen(
        by=mash_manager,
        at=MONDAY + timedelta(hours=2),
        contact_id=contact.pk,
        reason="New information",
    )

    decided(contact, mash_manager, Outcome.ADVICE, at=MONDAY + timedelta(hours=3))

    episode.refresh_from_db()
    assert (episode.state, episode.ending) == (EpisodeState.CLOSED, Ending.WITHDRAWN)
    assert not EpisodeChild.objects.filter(ended_at=None).exists()


# A step-down --------------------------------------------------------------------------------------


def step_down(coordinator, sender, child_ids):
    return case_actions.offer(
        authority=_authority(sender),
        at=MONDAY,
        kind=HandoverKind.STEP_DOWN,
        contact=None,
        from_team=sender.managed_teams.get(),
        to_team=coordinator.managed_teams.get(),
        child_ids=child_ids,
        reason="The plan is done; mornings are still hard.",
        note="If he hits her again.",
    )


def _authority(user):
    from accounts.permissions import Permission, require

    return require(user, Permission.HANDOVER_ANSWER)


def test_step_down_stays_with_its_sender_through_the_wait_and_goes_back_when_it_ends(
    offered_child, sfs_manager, early_help_coordinator
):
    offer = step_down(early_help_coordinator, sfs_manager, [offered_child])
    episode = Episode.objects.get(handover=offer)
    actions.record_agreement(
        by=early_help_coordinator,
        at=MONDAY,
        episode_id=episode.pk,
        child_ids=[offered_child],
        state=ConsentState.GIVEN,
        **AGREED,
    )

    waiting(early_help_coordinator, episode, priority="p2")

    offer.refresh_from_db()
    assert offer.state == HandoverState.OFFERED
    assert holders(episode) == {sfs_manager}
    assert Clock.objects.get(rule="EH-SCR").stop_reason == "met"
    assert Need.STEP_DOWN in Episode.objects.get().needs
    assert episode.comes_back_if == "If he hits her again."
    actions.take_off(
        by=early_help_coordinator,
        at=days(5),
        episode_id=episode.pk,
        ending="social_care",
        why="A plan runs again",
    )
    offer.refresh_from_db()
    assert offer.state == HandoverState.RETURNED
    assert holders(episode) == {sfs_manager}


@pytest.fixture
def offered_child(sfs_manager):
    from cases import holding
    from tests.factories.people import ChildFactory

    row = ChildFactory()
    holding.start(
        child_id=row.pk,
        kind=holding.InvolvementKind.PLAN,
        subject_id=row.pk,
        at=MONDAY - timedelta(days=100),
        team=sfs_manager.managed_teams.get(),
        authority=None,
    )
    return row.pk


# Screening ----------------------------------------------------------------------------------------


def test_screening_puts_the_family_on_the_list_with_its_limits(early_help_coordinator, episode):
    waiting(early_help_coordinator, episode)

    episode.refresh_from_db()
    group = WaitingGroup.objects.get()
    limits = {clock.rule: clock for clock in Clock.objects.filter(subject_id=group.pk)}
    assert episode.state == EpisodeState.WAITING
    assert limits["EH-START-P3"].due_at.date() == days(40).date()
    assert limits["EH-SEVERE-P3"].due_at.date() == days(60).date()
    assert limits["EH-REVIEW-P3"].due_at.date() == days(20).date()
    assert group.next_due_code == "EH-REVIEW-P3"
    assert (group.told, group.interim_help) == (TOLD["told"], TOLD["interim_help"])
    assert ToTell.objects.get().about == TellAbout.ACCEPTED


def test_wait_counts_from_the_request_and_not_from_screening(early_help_coordinator, episode):
    waiting(early_help_coordinator, episode, at=days(2))

    assert Clock.objects.get(rule="EH-START-P3").started_at == MONDAY
    assert WaitingEntry.objects.get().since_at == MONDAY


def test_screening_to_the_community_leaves_the_queue_alone(early_help_coordinator, episode):
    actions.screen(
        by=early_help_coordinator,
        at=MONDAY + timedelta(hours=2),
        episode_id=episode.pk,
        route=Route.COMMUNITY,
        level="2",
        family_wants="Help with mornings",
    )

    episode.refresh_from_db()
    assert (episode.state, episode.route) == (EpisodeState.SCREENED, Route.COMMUNITY)
    assert not WaitingGroup.objects.exists()


def test_screening_refuses_without_a_parents_agreement_and_names_the_child(
    early_help_worker, early_help_coordinator
):
    episode = requested(early_help_worker, child(), child("Zayn"), is_agreed=False)
    first = episode.children.get(child__given_name="Aaliyah").child_id
    actions.record_agreement(
        by=early_help_worker,
        at=MONDAY,
        episode_id=episode.pk,
        child_ids=[first],
        state=ConsentState.GIVEN,
        **AGREED,
    )

    with pytest.raises(actions.NotAgreed) as refused:
        waiting(early_help_coordinator, episode)

    assert "Zayn Testwood (not asked yet)" in str(refused.value)
    assert "Aaliyah" not in str(refused.value)


def test_agreement_of_a_carer_or_the_young_person_does_not_count(
    early_help_worker, early_help_coordinator
):
    episode = requested(early_help_worker, is_agreed=False)
    ids = [row.child_id for row in episode.children.all()]
    for asked_as in ("carer", "young_person"):
        actions.record_agreement(
            by=early_help_worker,
            at=MONDAY,
            episode_id=episode.pk,
            child_ids=ids,
            state=ConsentState.GIVEN,
            **{**AGREED, "asked_as": asked_as},
        )

    with pytest.raises(actions.NotAgreed):
        waiting(early_help_coordinator, episode)


def test_withdrawn_agreement_is_the_latest_and_tells_the_coordinator(
    early_help_worker, early_help_coordinator, episode
):
    from record.models import OutboxMessage

    ids = [row.child_id for row in episode.children.all()]

    actions.record_agreement(
        by=early_help_worker,
        at=days(1),
        episode_id=episode.pk,
        child_ids=ids,
        asked_as="parent_with_pr",
        person_as_stated="Hana Testwood, mother",
        state=ConsentState.WITHDRAWN,
        words="“We manage.”",
    )

    assert OutboxMessage.objects.filter(
        payload__code="early_help.agreement_ended",
        payload__user_id=str(early_help_coordinator.pk),
    ).exists()
    with pytest.raises(actions.NotAgreed, match="withdrawn"):
        waiting(early_help_coordinator, episode, at=days(2))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"level": "1"}, "level 2 or 3"),
        ({"family_wants": " "}, "what the family wants"),
        ({"priority": ""}, "Choose a priority"),
        ({"reason": " "}, "why this family has this place"),
        ({"told": ""}, "what the family was told"),
        ({"interim_help": ""}, "what help there is until then"),
        ({"risks": []}, "the risk to Aaliyah Testwood"),
        ({"at": MONDAY - timedelta(days=1)}, "before help was asked for"),
    ],
)
def test_screening_says_what_is_missing(early_help_coordinator, episode, more, said):
    with pytest.raises(Refused, match=said), transaction.atomic():
        waiting(early_help_coordinator, episode, **more)

    episode.refresh_from_db()
    assert episode.state == EpisodeState.REQUESTED


def test_screening_needs_the_coordinator_of_the_team_and_happens_once(
    early_help_worker, early_help_coordinator, episode
):
    from tests.factories.accounts import TeamFactory, UserFactory, with_role

    other = with_role(UserFactory(), "early_help_coordinator")
    TeamFactory(kind="early_help", manager=other)

    with pytest.raises(PermissionDenied):
        waiting(early_help_worker, episode)
    with pytest.raises(actions.NotYours, match="Early help helps this family"):
        waiting(other, episode)
    waiting(early_help_coordinator, episode)
    with pytest.raises(actions.NotNow, match="It is at “Waiting” now"):
        waiting(early_help_coordinator, episode)


def test_second_request_within_a_year_is_known_and_weighs(
    early_help_worker, early_help_coordinator
):
    first = requested(early_help_worker)
    actions.return_request(
        by=early_help_coordinator, at=days(1), episode_id=first.pk, reason="School can do this"
    )
    known = Person.objects.get()

    again = requested(early_help_worker, child(person_id=known.pk), at=days(60), level="3")
    waiting(early_help_coordinator, again, at=days(61), priority="p1")

    again.refresh_from_db()
    assert again.needs == [Need.SECOND_REQUEST]
    assert WaitingGroup.objects.get().need_score == 3


def test_baby_and_many_children_are_known_to_the_score(early_help_worker, early_help_coordinator):
    episode = requested(
        early_help_worker,
        child(date_of_birth=born(1)),
        child("Zayn"),
        child("Leo"),
        child("Mina"),
    )

    waiting(early_help_coordinator, episode, needs=["LONE_CARER"])

    codes = [each["code"] for each in WaitingGroup.objects.get().factors]
    assert codes == ["UNDER_2", "MANY_CHILDREN", "LONE_CARER"]
    assert WaitingGroup.objects.get().need_score == 3 + 2 + 2


def test_returned_direct_request_lets_the_children_go_and_owes_the_school(
    early_help_coordinator, episode
):
    with pytest.raises(Refused, match="why you return"):
        actions.return_request(
            by=early_help_coordinator, at=days(1), episode_id=episode.pk, reason=" "
        )
    actions.return_request(
        by=early_help_coordinator, at=days(1), episode_id=episode.pk, reason="School can do this"
    )

    assert holders(episode) == set()
    assert ToTell.objects.get().about == TellAbout.RETURNED
    assert Clock.objects.get(stopped_at=None).rule == "EH-FB"


# Whoever asked ------------------------------------------------------------------------------------


def test_telling_answers_everything_owed_and_meets_the_limit(early_help_worker, waits):
    actions.tell(
        by=early_help_worker,
        at=days(1),
        episode_id=waits.pk,
        how="Phone",
        what="Accepted; about eight weeks",
    )

    assert not ToTell.objects.filter(told_at=None).exists()
    assert Clock.objects.get(rule="EH-FB").stop_reason == "met"
    with pytest.raises(actions.NobodyToTell):
        actions.tell(
            by=early_help_worker, at=days(1), episode_id=waits.pk, how="Phone", what="Again"
        )


def test_telling_needs_what_was_said_or_why_not(early_help_worker, waits):
    with pytest.raises(Refused, match="how they were told"):
        actions.tell(by=early_help_worker, at=days(1), episode_id=waits.pk, how="Phone")
    actions.tell(
        by=early_help_worker,
        at=days(1),
        episode_id=waits.pk,
        not_told_because="The mother does not want the school to know",
    )

    assert ToTell.objects.get().not_told_because


def test_referrer_of_a_contact_is_told_by_who_may_read_contacts(
    contact_officer, mash_manager, early_help_coordinator, early_help_worker
):
    _contact, episode = from_mash(contact_officer, mash_manager, early_help_coordinator)
    waiting(early_help_coordinator, episode, at=MONDAY + timedelta(hours=3))

    with pytest.raises(Refused, match="Erin Mockford tells them"):
        actions.tell(
            by=early_help_worker, at=days(1), episode_id=episode.pk, how="Phone", what="Accepted"
        )
    actions.tell(
        by=early_help_coordinator, at=days(1), episode_id=episode.pk, how="Phone", what="Accepted"
    )


def test_nobody_is_owed_an_answer_where_the_family_asked_itself(
    early_help_worker, early_help_coordinator
):
    episode = requested(early_help_worker, asked_by="family")

    waiting(early_help_coordinator, episode)

    assert not ToTell.objects.exists()


# What the database refuses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("early_help_episode_ended_whole", {"state": "closed"}),
        ("early_help_episode_screened_whole", {"route": "targeted"}),
        ("early_help_episode_screened_before_help", {"state": "plan_active"}),
        ("early_help_episode_offered_or_direct", {"asked_by": "mash"}),
    ],
)
def test_the_database_refuses_an_episode_that_cannot_be(episode, name, changes):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Episode.objects.filter(pk=episode.pk).update(**changes)


def test_the_database_refuses_a_state_nobody_knows(waits):
    with pytest.raises(IntegrityError, match="state_known"), transaction.atomic():
        Episode.objects.filter(pk=waits.pk).update(state="lost")


def test_the_database_refuses_two_open_episodes_of_a_child(episode):
    with pytest.raises(IntegrityError, match="early_help_child_one_open"), transaction.atomic():
        EpisodeChild.objects.create(
            episode=episode,
            child=episode.children.get().child,
            from_at=MONDAY,
            recorded_at=MONDAY,
        )


def test_the_database_refuses_half_an_agreement_and_half_an_answer(waits):
    agreement = Agreement.objects.get()

    with pytest.raises(IntegrityError, match="agreement_whole"), transaction.atomic():
        Agreement.objects.create(
            episode=waits,
            asked_as="parent_with_pr",
            person_as_stated="Hana",
            state="refused",
            at=MONDAY,
            by=agreement.by,
            recorded_at=MONDAY,
        )
    with pytest.raises(IntegrityError, match="told_whole"), transaction.atomic():
        ToTell.objects.update(told_at=MONDAY)


def test_risks_name_every_child(episode):
    assert [risk.child_id for risk in risks(episode)] == [episode.children.get().child_id]
