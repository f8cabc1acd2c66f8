"""Stepping up: a contact with priority, the answer, who holds the children, and a dispute."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from cases import actions as case_actions
from cases.change_codes import ChangeCode
from cases.choices import (
    BoardState,
    ConsentScope,
    ConsentState,
    ContactState,
    Mark,
    Outcome,
    WaitingState,
)
from cases.models import (
    ChangeOfCircumstance,
    ConsentAnswer,
    ConsentOverride,
    Contact,
    Handover,
    Referral,
    Responsibility,
    WaitingEntry,
    WaitingGroup,
)
from early_help import actions
from early_help.choices import Ending, EpisodeState, TellAbout
from early_help.models import Episode, Escalation, SafeCheckAnswer, StepUp, ToTell
from mash import actions as mash_actions
from mash.models import Decision
from record.errors import NotWhole, Refused
from record.models import Clock, Event, OutboxMessage
from tests.cases.front_door import REASONS
from tests.early_help.helping import asked_of, child, days, parent, requested, waiting, worse
from tests.early_help.test_offers import declined, offered, visited

pytestmark = pytest.mark.django_db

STEPPED = {
    "concern": "Aaliyah has bruises on her arm and will not say why.",
    "tried": "Two calls, a visit, breakfast club.",
    "agreed": "given",
    "agreed_words": "“Do what you have to.”",
}


def stepped_up(by, episode, *, at=None, **more):
    return actions.step_up(by=by, at=at or days(20), episode_id=episode.pk, **{**STEPPED, **more})


def mash_decides(by, row, outcome, *, at=None, team=None, only=None, should_do=""):
    contact = Contact.objects.get(pk=row.contact_id)
    children = list(contact.people.filter(is_child=True).values_list("person_id", flat=True))
    return mash_actions.decide(
        by=by,
        at=at or days(20, hour=15),
        contact_id=contact.pk,
        children=[
            mash_actions.ChildLine(
                child_id=pk,
                is_in=True,
                level="4a" if team else "3",
                outcome=outcome if only in (None, pk) else Outcome.NFA,
                why="The school saw it too",
                primary_need="N1" if team else "",
                to_team_id=team.pk if team and only in (None, pk) else None,
            )
            for pk in children
        ],
        late_reason="Busy",
        cumulative_answer="Together they are more than each.",
        early_help_should=should_do,
        **REASONS,
    )


def holder_of(child_id):
    return Responsibility.objects.get(child=child_id, to_at=None)


def only_child(episode):
    return episode.children.get().child_id


@pytest.fixture
def sent(early_help_coordinator, mash_manager, waits) -> StepUp:
    """The waiting family before the MASH."""
    return stepped_up(early_help_coordinator, waits)


@pytest.fixture
def refused(sent, mash_manager) -> StepUp:
    mash_decides(mash_manager, sent, Outcome.ADVICE, should_do="See both children at home weekly.")
    sent.refresh_from_db()
    return sent


# Stepping up --------------------------------------------------------------------------------------


def test_step_up_lands_before_the_mash_manager_with_its_clock_and_the_record_behind_it(
    sent, waits, mash_manager, early_help_coordinator
):
    contact = Contact.objects.get()
    waits.refresh_from_db()

    assert sent.state == StepUp.State.SENT
    assert contact.marks == [Mark.STEP_UP.value]
    assert contact.board_state == BoardState.DECISION
    assert contact.state == ContactState.AWAITING_DECISION
    assert contact.source_code == "5D"
    assert contact.referrer_name == early_help_coordinator.full_name
    assert "bruises on her arm" in contact.words
    assert "Two calls, a visit" in contact.words
    assert "Waits as P3" in contact.words
    assert "Late every day since November" in contact.words
    assert Clock.objects.filter(rule="CON-DEC", subject_id=contact.pk, stopped_at=None).exists()
    assert waits.state == EpisodeState.STEPPING_UP
    assert OutboxMessage.objects.filter(
        payload__code="early_help.stepped_up", payload__user_id=str(mash_manager.pk)
    ).exists()
    assert ToTell.objects.filter(episode=waits, about=TellAbout.STEPPED_UP).exists()


def test_early_help_stays_responsible_and_the_family_keeps_its_place(sent, waits):
    child_id = only_child(waits)

    assert holder_of(child_id).team == waits.team
    assert WaitingGroup.objects.get(subject_id=waits.pk).ended_at is None
    assert Event.objects.filter(code="early_help.stepped_up", child=child_id).exists()


def test_step_up_by_a_worker_is_proposed_and_the_coordinator_agrees(
    early_help_worker, early_help_coordinator, mash_manager, waits
):
    row = stepped_up(early_help_worker, waits)
    waits.refresh_from_db()

    assert row.state == StepUp.State.PROPOSED
    assert waits.state == EpisodeState.WAITING
    assert not Contact.objects.exists()
    assert OutboxMessage.objects.filter(
        payload__code="early_help.step_up_proposed",
        payload__user_id=str(early_help_coordinator.pk),
    ).exists()
    with pytest.raises(PermissionDenied):
        actions.answer_proposal(
            by=early_help_worker, at=days(20), episode_id=waits.pk, is_agreed=True
        )
    actions.answer_proposal(
        by=early_help_coordinator, at=days(20, hour=12), episode_id=waits.pk, is_agreed=True
    )
    row.refresh_from_db()
    assert row.state == StepUp.State.SENT
    assert Contact.objects.get().referrer_name == early_help_worker.full_name
    assert Episode.objects.visible_to(early_help_worker).filter(pk=waits.pk).exists()


def test_coordinator_who_does_not_agree_says_what_to_do_instead(
    early_help_worker, early_help_coordinator, waits
):
    stepped_up(early_help_worker, waits)
    answer = {"by": early_help_coordinator, "at": days(20, hour=12), "episode_id": waits.pk}

    with pytest.raises(Refused, match="what to do instead"):
        actions.answer_proposal(**answer, is_agreed=False, note=" ")
    row = actions.answer_proposal(**answer, is_agreed=False, note="Visit tomorrow, then ring me.")

    assert row.state == StepUp.State.TURNED_DOWN
    assert not Contact.objects.exists()
    assert OutboxMessage.objects.filter(
        payload__code="early_help.step_up_answered", payload__user_id=str(early_help_worker.pk)
    ).exists()
    with pytest.raises(Refused, match="Nobody proposes"):
        actions.answer_proposal(**answer, is_agreed=True)


def test_urgent_step_up_of_a_worker_goes_at_once_and_a_manager_must_see_it_within_the_hour(
    early_help_worker, early_help_coordinator, mash_manager, waits
):
    row = stepped_up(early_help_worker, waits, is_urgent=True)

    assert row.state == StepUp.State.SENT
    assert Clock.objects.filter(rule="CON-RED", subject_id=row.contact_id, stopped_at=None).exists()
    assert OutboxMessage.objects.filter(
        payload__code="early_help.step_up_sent", payload__user_id=str(early_help_coordinator.pk)
    ).exists()


@pytest.mark.parametrize(
    ("agreed", "kind"),
    [
        ("refused", ConsentState.OVERRIDDEN),
        ("not_asked_yet", ConsentState.DISPENSED),
    ],
)
def test_without_agreement_the_manager_is_asked_to_decide_to_go_on(
    early_help_coordinator, mash_manager, waits, agreed, kind
):
    row = stepped_up(early_help_coordinator, waits, agreed=agreed)

    asked = ConsentOverride.objects.get(contact=row.contact_id)
    assert (asked.kind, asked.asked_by) == (kind, early_help_coordinator)


def test_agreement_goes_with_the_contact(sent):
    answer = ConsentAnswer.objects.get(contact=sent.contact_id)

    assert (answer.scope, answer.state) == (ConsentScope.REFERRAL, ConsentState.GIVEN)
    assert not ConsentOverride.objects.exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"concern": " "}, "what the new concern is"),
        ({"tried": ""}, "what has been tried"),
        ({"agreed": "overridden"}, "what the parents say"),
        ({"agreed_words": " "}, "the parents’ words"),
    ],
)
def test_step_up_says_what_is_missing(early_help_coordinator, waits, more, said):
    with pytest.raises(Refused, match=said):
        stepped_up(early_help_coordinator, waits, **more)

    assert not StepUp.objects.exists()


def test_step_up_needs_early_help_and_goes_once(sent, waits, early_help_coordinator, mash_manager):
    with pytest.raises(actions.AlreadySteppingUp):
        stepped_up(early_help_coordinator, waits)
    with pytest.raises(PermissionDenied):
        stepped_up(mash_manager, waits)


def test_step_up_of_a_family_that_social_care_has_is_a_change_of_circumstance(
    sent, waits, early_help_coordinator, mash_manager, assessment_team_manager
):
    mash_decides(
        mash_manager, sent, Outcome.REFERRAL, team=assessment_team_manager.managed_teams.get()
    )
    StepUp.objects.filter(pk=sent.pk).update(state="linked")

    with pytest.raises(Refused, match="Record a change of circumstance"):
        stepped_up(early_help_coordinator, waits, at=days(21))


@pytest.mark.usefixtures("_typed_later", "mash_manager")
def test_step_up_names_every_child_and_the_adults_of_the_home(
    early_help_worker, early_help_coordinator
):
    episode = requested(early_help_worker, child(), child("Zayn"), adults=[parent()])
    waiting(early_help_coordinator, episode)

    row = stepped_up(early_help_coordinator, episode)

    assert row.contact is not None
    assert row.contact.people.filter(is_child=True).count() == 2
    assert row.contact.people.filter(is_child=False).count() == 1


# What the MASH answers ----------------------------------------------------------------------------


def test_taken_on_early_help_holds_until_the_assessment_team_has_the_child(
    sent, waits, mash_manager, assessment_team_manager
):
    child_id = only_child(waits)
    mash_decides(
        mash_manager, sent, Outcome.REFERRAL, team=assessment_team_manager.managed_teams.get()
    )
    sent.refresh_from_db()
    assert sent.state == StepUp.State.TAKEN
    assert holder_of(child_id).team == waits.team

    case_actions.accept(
        by=assessment_team_manager,
        at=days(21),
        handover_id=Handover.objects.get(contact=sent.contact_id).pk,
    )

    sent.refresh_from_db()
    waits.refresh_from_db()
    assert sent.state == StepUp.State.HANDED_OVER
    assert holder_of(child_id).manager == assessment_team_manager
    assert (waits.state, waits.ending) == (EpisodeState.CLOSED, Ending.STEPPED_UP)
    assert waits.carries_on == "Assessment"
    assert WaitingGroup.objects.get(subject_id=waits.pk).state == WaitingState.STEPPED_UP
    assert Event.objects.filter(code="early_help.handed_over", child=child_id).exists()


@pytest.mark.usefixtures("_typed_later")
def test_brother_whom_social_care_does_not_take_stays_with_early_help(
    early_help_worker, early_help_coordinator, mash_manager, assessment_team_manager
):
    episode = requested(early_help_worker, child(), child("Zayn"))
    waiting(early_help_coordinator, episode)
    row = stepped_up(early_help_coordinator, episode)
    first, second = episode.children.order_by("child__given_name").values_list(
        "child_id", flat=True
    )
    mash_decides(
        mash_manager,
        row,
        Outcome.REFERRAL,
        team=assessment_team_manager.managed_teams.get(),
        only=first,
    )

    case_actions.accept(
        by=assessment_team_manager, at=days(21), handover_id=Handover.objects.get().pk
    )

    row.refresh_from_db()
    episode.refresh_from_db()
    assert row.state == StepUp.State.HANDED_OVER
    assert episode.state == EpisodeState.WAITING
    assert list(episode.children.filter(ended_at=None).values_list("child_id", flat=True)) == [
        second
    ]
    assert WaitingEntry.objects.get(ended_at=None, queue="early_help").child_id == second
    assert holder_of(first).manager == assessment_team_manager
    assert holder_of(second).team == episode.team


def test_refusal_says_what_early_help_should_do_and_gives_the_family_back(
    sent, waits, mash_manager, early_help_coordinator
):
    with pytest.raises(NotWhole) as refused:
        mash_decides(mash_manager, sent, Outcome.ADVICE)
    assert ("early_help_should") in [field for field, _words in refused.value.problems]

    mash_decides(mash_manager, sent, Outcome.NFA, should_do="See both children weekly.")

    sent.refresh_from_db()
    waits.refresh_from_db()
    assert (sent.state, sent.should_do) == (StepUp.State.REFUSED, "See both children weekly.")
    assert sent.decided_by == mash_manager
    assert waits.state == EpisodeState.WAITING
    assert holder_of(only_child(waits)).team == waits.team
    assert OutboxMessage.objects.filter(
        payload__code="early_help.step_up_answered",
        payload__user_id=str(early_help_coordinator.pk),
    ).exists()
    assert ToTell.objects.filter(episode=waits, about=TellAbout.MASH_ANSWERED).exists()
    assert not Contact.objects.get().feedbacks.filter(told_at=None).exists()


def test_mash_cannot_answer_a_step_up_with_the_early_help_it_came_from(sent, mash_manager):
    with pytest.raises(NotWhole, match="has early help already"):
        mash_decides(mash_manager, sent, Outcome.EARLY_HELP, should_do="Go on")

    assert not Decision.objects.exists()


def test_first_visit_while_the_mash_decides_starts_the_help_and_it_goes_on_from_there(
    early_help_worker, early_help_coordinator, mash_manager, waits
):
    offered(early_help_coordinator, waits, early_help_worker)
    row = stepped_up(early_help_coordinator, waits)
    actions.accept_offer(by=early_help_worker, at=days(20, hour=11), episode_id=waits.pk)
    visited(early_help_worker, waits, at=days(20, hour=13))
    waits.refresh_from_db()
    assert waits.state == EpisodeState.STEPPING_UP

    mash_decides(mash_manager, row, Outcome.NFA, should_do="Go on as agreed.")

    waits.refresh_from_db()
    assert waits.state == EpisodeState.ASSESSING
    assert waits.started_at == days(20, hour=13)


def test_void_contact_gives_the_family_back(sent, waits, mash_manager):
    case_actions.void(
        by=mash_manager, at=days(20, hour=12), contact_id=sent.contact_id, reason="Sent twice"
    )

    sent.refresh_from_db()
    waits.refresh_from_db()
    assert sent.state == StepUp.State.VOID
    assert waits.state == EpisodeState.WAITING


def test_reopened_contact_puts_the_family_before_the_mash_again(refused, waits, mash_manager):
    mash_actions.reopen(
        by=mash_manager, at=days(21), contact_id=refused.contact_id, reason="The hospital rang"
    )

    refused.refresh_from_db()
    waits.refresh_from_db()
    assert refused.state == StepUp.State.SENT
    assert waits.state == EpisodeState.STEPPING_UP


def test_family_is_taken_back_when_social_care_ended_its_work(
    sent, waits, early_help_coordinator, mash_manager, assessment_team_manager
):
    mash_decides(
        mash_manager, sent, Outcome.REFERRAL, team=assessment_team_manager.managed_teams.get()
    )
    back = {"by": early_help_coordinator, "at": days(22), "episode_id": waits.pk}
    with pytest.raises(Refused, match="Social care still works with Aaliyah"):
        actions.take_back(**back, why="Weekly visits")
    assert "Go on with early help" not in asked_of(early_help_coordinator, at=days(21))
    case_actions.take_back_referral(
        authority=_authority(mash_manager), at=days(21), referral=Referral.objects.get()
    )
    assert "Go on with early help" in asked_of(early_help_coordinator, at=days(21))

    with pytest.raises(Refused, match="what early help does now"):
        actions.take_back(**back, why=" ")
    row = actions.take_back(**back, why="Weekly visits")

    waits.refresh_from_db()
    assert row.state == StepUp.State.GIVEN_BACK
    assert waits.state == EpisodeState.WAITING
    with pytest.raises(Refused, match="has not taken this family on"):
        actions.take_back(**back, why="Weekly visits")


def _authority(user):
    from accounts.permissions import Permission, require

    return require(user, Permission.THRESHOLD_DECIDE)


# A dispute ----------------------------------------------------------------------------------------


def test_refusal_is_put_to_a_senior_manager_by_name_who_has_it_decided_again(
    refused, waits, early_help_coordinator, head_of_service, mash_manager
):
    made = actions.escalate(
        by=early_help_coordinator,
        at=days(21),
        episode_id=waits.pk,
        to_id=head_of_service.pk,
        why="Bruises in two places are not an early help matter.",
    )
    assert OutboxMessage.objects.filter(
        payload__code="early_help.escalated", payload__user_id=str(head_of_service.pk)
    ).exists()
    with pytest.raises(Refused, match="asked already"):
        actions.escalate(
            by=early_help_coordinator,
            at=days(21),
            episode_id=waits.pk,
            to_id=head_of_service.pk,
            why="Again",
        )

    actions.settle(
        by=head_of_service,
        at=days(22),
        episode_id=waits.pk,
        decide_again=True,
        answer="The pattern was not weighed.",
    )

    made.refresh_from_db()
    refused.refresh_from_db()
    contact = Contact.objects.get()
    waits.refresh_from_db()
    assert (made.decide_again, made.settled_by) == (True, head_of_service)
    assert contact.board_state == BoardState.DECISION
    assert contact.news == "Head of service: decide again"
    assert Clock.objects.filter(rule="CON-DEC", subject_id=contact.pk, stopped_at=None).exists()
    assert refused.state == StepUp.State.SENT
    assert waits.state == EpisodeState.STEPPING_UP
    assert OutboxMessage.objects.filter(
        payload__code="early_help.decide_again", payload__user_id=str(mash_manager.pk)
    ).exists()


def test_senior_manager_lets_the_refusal_stand_once(
    refused, waits, early_help_coordinator, head_of_service
):
    actions.escalate(
        by=early_help_coordinator,
        at=days(21),
        episode_id=waits.pk,
        to_id=head_of_service.pk,
        why="We disagree",
    )
    settle = {"by": head_of_service, "at": days(22), "episode_id": waits.pk, "decide_again": False}
    with pytest.raises(Refused, match="Say why"):
        actions.settle(**settle, answer=" ")
    actions.settle(**settle, answer="Weekly visits are enough. Ring me if he comes back.")
    with pytest.raises(Refused, match="has been answered"):
        actions.settle(**settle, answer="Again")

    assert OutboxMessage.objects.filter(
        payload__code="early_help.settled", payload__user_id=str(early_help_coordinator.pk)
    ).exists()
    assert Contact.objects.get().board_state == ""
    with pytest.raises(InternalError), transaction.atomic():
        Escalation.objects.update(answer="Other")


def test_dispute_needs_a_refusal_a_reason_and_somebody_who_settles(
    sent, waits, early_help_coordinator, early_help_worker, head_of_service, mash_manager
):
    facts = {"at": days(21), "episode_id": waits.pk, "to_id": head_of_service.pk}
    with pytest.raises(Refused, match="has refused no step-up"):
        actions.escalate(by=early_help_coordinator, **facts, why="We disagree")
    mash_decides(mash_manager, sent, Outcome.NFA, should_do="Go on")
    with pytest.raises(Refused, match="Say why you do not agree"):
        actions.escalate(by=early_help_coordinator, **facts, why=" ")
    with pytest.raises(Refused, match="does not settle such disputes"):
        actions.escalate(
            by=early_help_coordinator, **{**facts, "to_id": mash_manager.pk}, why="We disagree"
        )
    with pytest.raises(PermissionDenied):
        actions.escalate(by=early_help_worker, **facts, why="We disagree")
    with pytest.raises(PermissionDenied):
        actions.settle(
            by=early_help_coordinator,
            at=days(22),
            episode_id=waits.pk,
            decide_again=False,
            answer="No",
        )
    with pytest.raises(Refused, match="Nobody has put this step-up to you"):
        actions.settle(
            by=head_of_service, at=days(22), episode_id=waits.pk, decide_again=False, answer="No"
        )


# Why a family is stepped up -----------------------------------------------------------------------


def test_unsafe_decline_leads_to_a_step_up_that_says_so(
    early_help_coordinator, early_help_worker, mash_manager, waits
):
    declined(early_help_worker, waits)
    actions.decide_decline(
        by=early_help_coordinator,
        at=days(13),
        episode_id=waits.pk,
        is_safe=False,
        steps_up=True,
        why="The father is back.",
    )
    assert "Step the family up" in asked_of(early_help_coordinator, at=days(13))
    with pytest.raises(actions.NotNow, match="You decided to step this family up"):
        actions.take_off(
            by=early_help_coordinator, at=days(13), episode_id=waits.pk, ending="moved", why="x"
        )

    row = stepped_up(early_help_coordinator, waits)
    assert "Step the family up" not in asked_of(early_help_coordinator, at=row.proposed_at)

    assert row.because == StepUp.Because.DECLINE
    assert row.contact is not None
    assert "Not safe to close: The father is back." in row.contact.words
    assert "“Too late.”" in row.contact.words
    with pytest.raises(actions.NotNow, match="before the MASH"):
        actions.decide_decline(
            by=early_help_coordinator, at=days(21), episode_id=waits.pk, is_safe=True, why="Fine"
        )


def test_safe_check_that_found_the_family_worse_is_answered_by_the_step_up(
    early_help_coordinator, mash_manager, waits
):
    check = actions.record_safe_check(
        by=early_help_coordinator, at=days(18), steps_up=True, **worse(waits)
    )
    assert not SafeCheckAnswer.objects.exists()

    row = stepped_up(early_help_coordinator, waits)

    answer = SafeCheckAnswer.objects.get(check_made=check)
    assert (answer.led_to, answer.contact_id) == ("contact", row.contact_id)
    assert row.because == StepUp.Because.SAFE_CHECK


def test_safe_check_logs_a_change_where_social_care_works_with_the_child(
    sent, waits, early_help_worker, mash_manager, assessment_team_manager
):
    facts = {"by": early_help_worker, "at": days(20, hour=16), "change_code": "COC-04"}
    with pytest.raises(Refused, match="Step the family up, or raise the priority"):
        actions.record_safe_check(**facts, **worse(waits))
    mash_decides(
        mash_manager, sent, Outcome.REFERRAL, team=assessment_team_manager.managed_teams.get()
    )
    with pytest.raises(Refused, match="Choose what happened"):
        actions.record_safe_check(**{**facts, "change_code": "COC-00"}, **worse(waits))

    check = actions.record_safe_check(**facts, **worse(waits))

    change = ChangeOfCircumstance.objects.get()
    assert change.code == ChangeCode.ADULT_LEAVES
    assert change.what == check.what_changed
    assert change.learned_from == "Hana"
    answer = SafeCheckAnswer.objects.get(check_made=check)
    assert (answer.led_to, answer.change) == ("change", change)


# What must never be true --------------------------------------------------------------------------


def test_database_refuses_half_a_step_up(sent):
    for wrong in (
        {"concern": ""},
        {"contact": None},
        {"state": "refused", "decided_why": "", "should_do": ""},
        {"state": "proposed"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            StepUp.objects.filter(pk=sent.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        StepUp.objects.create(
            episode=sent.episode,
            state="proposed",
            because="judgement",
            proposed_by=sent.proposed_by,
            proposed_at=sent.proposed_at + timedelta(hours=1),
            recorded_at=sent.recorded_at,
            **STEPPED,
        )
    with pytest.raises(InternalError), transaction.atomic():
        StepUp.objects.all().delete()


def test_database_refuses_half_an_escalation(refused, head_of_service):
    facts = {
        "step_up": refused,
        "to": head_of_service,
        "at": days(21),
        "by": refused.proposed_by,
        "recorded_at": days(21),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Escalation.objects.create(**facts, why="")
    with pytest.raises(IntegrityError), transaction.atomic():
        Escalation.objects.create(**facts, why="Because", settled_at=days(22))
    Escalation.objects.create(**facts, why="Because")
    with pytest.raises(IntegrityError), transaction.atomic():
        Escalation.objects.create(**facts, why="Again")
