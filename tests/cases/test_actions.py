"""Contacts, offers and allocation: each act done, refused, and without the right."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import TeamKind
from accounts.permissions import Permission, require
from cases import actions
from cases.choices import (
    BoardState,
    Channel,
    ConsentScope,
    ContactState,
    HandoverState,
    Outcome,
    ReferralState,
)
from cases.models import (
    Allocation,
    Contact,
    ContactPerson,
    Handover,
    Involvement,
    Referral,
    Responsibility,
    Submission,
    SubmissionPart,
)
from mash.models import Enquiry
from people.models import Person
from record.errors import Clash, Refused
from record.models import Clock, Event
from record.once import AlreadyRecorded
from tests.cases.front_door import (
    MORNING,
    NIGHT,
    TYPED,
    answered,
    child,
    decided,
    hours,
    offered,
    received,
)
from tests.factories.accounts import LONG_AGO, DeputyshipFactory
from tests.factories.people import ChildFactory
from tests.personas import team_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]


@pytest.fixture
def contact(contact_officer):
    return received(contact_officer, child("Aaliyah"), child("Zayna"))


@pytest.fixture
def offer(contact, mash_manager, assessment_team_manager):
    return offered(contact, mash_manager, assessment_team_manager)


@pytest.fixture
def referral(offer, assessment_team_manager):
    actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk)
    return Referral.objects.order_by("child_id").first()


def holders():
    return set(Responsibility.objects.filter(to_at=None).values_list("manager_id", flat=True))


def row_of(contact, name):
    return contact.people.get(person__given_name=name, ended_at=None)


# Receiving ----------------------------------------------------------------------------------------


def test_receive_needs_only_words_and_one_child(contact_officer, mash_manager):
    made = actions.receive(
        by=contact_officer,
        at=MORNING,
        channel=Channel.PHONE,
        words="A child cries at night.",
        people=[child("", description="A girl, about 5", date_of_birth=None)],
    )

    assert made.state == ContactState.RECEIVED
    assert made.submission.words == "A child cries at night."
    assert holders() == {mash_manager.pk}
    assert Clock.objects.get(subject_id=made.pk, rule="CON-DEC").started_at == MORNING


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"words": "  "}, "Enter the concern"),
        ({"words": "x" * 200_001}, "Shorten the referrer's words"),
        ({"people": []}, "at least one child"),
        ({"people": [child("Hana", is_child=False)]}, "at least one child"),
        ({"at": TYPED + timedelta(hours=1)}, "in the future"),
    ],
)
def test_receive_refuses_and_writes_nothing(contact_officer, mash_manager, changes, said):
    given = {"at": MORNING, "words": "Came in quiet.", "people": [child()], **changes}

    with pytest.raises(Refused, match=said):
        actions.receive(by=contact_officer, channel=Channel.PHONE, **given)

    assert not Contact.objects.exists()
    assert not Submission.objects.exists()
    assert not Person.objects.exists()


def test_receive_without_the_right_writes_nothing(auditor, mash_manager):
    with pytest.raises(PermissionDenied):
        received(auditor)

    assert not Submission.objects.exists()
    assert not Event.objects.exists()


def test_receive_twice_with_one_token_makes_one_contact(contact_officer, mash_manager):
    token = uuid4()
    first = received(contact_officer, token=token)

    with pytest.raises(AlreadyRecorded) as already:
        received(contact_officer, token=token)

    assert already.value.result_id == first.pk
    assert Contact.objects.count() == 1


def test_receive_asks_little_more_for_each_further_child(contact_officer, mash_manager):
    def asked(*names):
        home = {"address_line": f"{len(names)} Sample Row", "postcode": "SL1 2EL"}
        with CaptureQueriesContext(connection) as made:
            received(contact_officer, *[child(name, **home) for name in names])
        return len(made)

    one = asked("Aaliyah")

    assert asked("Zayna", "Leo", "Noor") <= one + 2 * 7


def test_receive_leaves_a_child_with_whoever_holds_it(
    contact_officer, mash_manager, offer, assessment_team_manager
):
    actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk)
    known = offer.children.first().child

    received(contact_officer, child("", person_id=known.pk), at=hours(3))

    held = Responsibility.objects.get(child=known, to_at=None)
    assert held.manager == assessment_team_manager


def test_submission_with_a_known_key_is_kept_once():
    given = {"by": None, "words": "x", "channel": Channel.API, "received_at": MORNING}

    first = actions.submit(**given, idempotency_key="a")
    again = actions.submit(**given, idempotency_key="a")

    assert first == again
    assert Submission.objects.count() == 1


# People of the contact ----------------------------------------------------------------------------


def test_add_person_twice_is_refused(contact, contact_officer):
    known = row_of(contact, "Zayna").person_id

    with pytest.raises(Refused, match="already on this contact"):
        actions.add_person(
            by=contact_officer,
            at=hours(1),
            contact_id=contact.pk,
            stated=child("", person_id=known),
        )

    assert contact.people.count() == 2


def test_remove_person_lets_the_child_go_and_keeps_the_row(contact, contact_officer):
    row = row_of(contact, "Zayna")

    actions.remove_person(
        by=contact_officer,
        at=hours(1),
        contact_id=contact.pk,
        contact_person_id=row.pk,
        because="Another family",
    )

    row.refresh_from_db()
    assert row.ended_because == "Another family"
    assert row.as_stated["given_name"] == "Zayna"
    assert not Responsibility.objects.filter(child=row.person_id, to_at=None).exists()


def test_remove_person_refuses_the_only_child(contact_officer, mash_manager):
    contact = received(contact_officer)

    with pytest.raises(Refused, match="only child"):
        actions.remove_person(
            by=contact_officer,
            at=hours(1),
            contact_id=contact.pk,
            contact_person_id=contact.people.get().pk,
            because="Another family",
        )

    assert contact.people.get().ended_at is None


def settle(contact, row, person_id, by):
    return actions.settle_match(
        by=by,
        at=hours(2),
        contact_id=contact.pk,
        contact_person_id=row.pk,
        person_id=person_id,
    )


def test_settled_child_is_held_in_place_of_the_new_record_until_undone(contact, contact_officer):
    known = ChildFactory()
    row = row_of(contact, "Zayna")
    made = row.person_id

    settle(contact, row, known.pk, contact_officer)
    held = set(Responsibility.objects.filter(to_at=None).values_list("child_id", flat=True))
    actions.undo_match(
        by=contact_officer, at=hours(3), contact_id=contact.pk, contact_person_id=row.pk
    )

    row.refresh_from_db()
    assert known.pk in held
    assert made not in held
    assert row.person_id == made
    assert not Responsibility.objects.filter(child=known, to_at=None).exists()


def test_settling_after_the_decision_opens_nobody_again(contact, contact_officer, mash_manager):
    known = ChildFactory()
    decided(contact, mash_manager, Outcome.ADVICE)

    settle(contact, row_of(contact, "Zayna"), known.pk, contact_officer)

    assert not Involvement.objects.filter(to_at=None).exists()
    assert holders() == set()


def test_settle_refuses_a_child_who_is_on_the_contact(contact, contact_officer):
    with pytest.raises(Refused, match="already on this contact"):
        settle(
            contact,
            row_of(contact, "Zayna"),
            row_of(contact, "Aaliyah").person_id,
            contact_officer,
        )


def test_settle_refuses_what_is_linked_or_void(contact, contact_officer, mash_manager):
    row = row_of(contact, "Zayna")
    settle(contact, row, ChildFactory().pk, contact_officer)

    with pytest.raises(Refused, match="Undo the link first"):
        settle(contact, row, ChildFactory().pk, contact_officer)
    with pytest.raises(Refused, match="Undo the link first"):
        settle(contact, row, None, contact_officer)
    actions.void(by=mash_manager, at=hours(3), contact_id=contact.pk, reason="A test")
    with pytest.raises(Refused, match="is void"):
        settle(contact, row, None, contact_officer)


def test_undo_refuses_what_is_not_linked(contact, contact_officer):
    with pytest.raises(Refused, match="not linked"):
        actions.undo_match(
            by=contact_officer,
            at=hours(1),
            contact_id=contact.pk,
            contact_person_id=row_of(contact, "Zayna").pk,
        )


# Screening ----------------------------------------------------------------------------------------


def test_history_check_begins_screening(contact, contact_officer):
    actions.check_history(by=contact_officer, at=hours(1), contact_id=contact.pk, found={})

    contact.refresh_from_db()
    assert contact.state == ContactState.SCREENING


def test_question_puts_the_contact_to_wait_until_the_answer(contact, contact_officer):
    asked = actions.ask_for_information(
        by=contact_officer,
        at=hours(1),
        contact_id=contact.pk,
        what="Her date of birth",
        asked_of="Dummyfield Primary",
        due_at=hours(3),
    )
    contact.refresh_from_db()
    waiting = contact.board_state
    actions.answer_information(
        by=contact_officer,
        at=hours(2),
        contact_id=contact.pk,
        request_id=asked.pk,
        answer="14 September",
    )

    contact.refresh_from_db()
    assert waiting == BoardState.INFORMATION
    assert contact.board_state == BoardState.SCREENING
    with pytest.raises(Refused, match="has been answered"):
        actions.answer_information(
            by=contact_officer,
            at=hours(2),
            contact_id=contact.pk,
            request_id=asked.pk,
            answer="Again",
        )


def test_sending_for_a_decision_needs_the_matter(contact, contact_officer):
    with pytest.raises(Refused, match="one line"):
        actions.send_for_decision(
            by=contact_officer, at=hours(1), contact_id=contact.pk, summary=" "
        )
    actions.send_for_decision(
        by=contact_officer, at=hours(1), contact_id=contact.pk, summary="Mother hurt"
    )

    contact.refresh_from_db()
    assert contact.board_state == BoardState.DECISION


def test_danger_starts_the_hour_and_no_danger_ends_it(contact, contact_officer):
    given = {"by": contact_officer, "at": hours(0.2), "contact_id": contact.pk}
    with pytest.raises(Refused, match="what the danger is"):
        actions.conclude_danger(**given, is_danger=True, why="")
    actions.conclude_danger(**given, is_danger=True, why="He is on his way")
    running = Clock.objects.get(subject_id=contact.pk, rule="CON-RED")
    actions.conclude_danger(**given, is_danger=False, why="He is in custody")

    assert running.started_at == MORNING
    assert running.stopped_at is None
    assert Clock.objects.get(pk=running.pk).stop_reason == "not_needed"


def test_change_on_an_older_version_is_a_clash(contact, contact_officer, mash_social_worker):
    actions.change_contact(
        by=mash_social_worker, at=hours(1), contact_id=contact.pk, version=1, summary="One"
    )

    with pytest.raises(Clash):
        actions.change_contact(
            by=contact_officer, at=hours(1), contact_id=contact.pk, version=1, summary="Two"
        )

    contact.refresh_from_db()
    assert contact.summary == "One"


def test_changing_a_contact_without_the_right_writes_nothing(contact, auditor):
    before = Event.objects.count()

    for act, given in (
        (actions.change_contact, {"summary": "x"}),
        (actions.send_for_decision, {"summary": "x"}),
        (actions.check_history, {"found": {}}),
        (actions.conclude_danger, {"is_danger": True, "why": "x"}),
        (actions.add_person, {"stated": child("Leo")}),
        (actions.void, {"reason": "x"}),
        (actions.claim, {}),
        (actions.record_feedback, {"how": "x", "what": "x"}),
        (actions.correct_received_at, {"received_at": hours(-1), "reason": "x"}),
    ):
        with pytest.raises(PermissionDenied):
            act(by=auditor, at=hours(1), contact_id=contact.pk, **given)

    assert Event.objects.count() == before
    assert ContactPerson.objects.count() == 2


# Claims -------------------------------------------------------------------------------------------


def test_claim_of_a_colleague_is_told_and_lapses_at_closing(
    contact, contact_officer, mash_social_worker
):
    for _twice in range(2):
        actions.claim(by=contact_officer, at=hours(1), contact_id=contact.pk)
    assert Event.objects.filter(code="contact.claimed").count() == 1

    with pytest.raises(Clash, match="claimed this contact first"):
        actions.claim(by=mash_social_worker, at=hours(2), contact_id=contact.pk)
    actions.claim(by=mash_social_worker, at=hours(24), contact_id=contact.pk)

    contact.refresh_from_db()
    assert contact.claimed_by == mash_social_worker


def test_release_of_a_colleagues_claim_is_for_who_may_assign(
    contact, contact_officer, mash_social_worker, mash_manager
):
    actions.claim(by=contact_officer, at=hours(1), contact_id=contact.pk)

    with pytest.raises(PermissionDenied):
        actions.release(by=mash_social_worker, at=hours(1), contact_id=contact.pk)
    actions.release(by=mash_manager, at=hours(1), contact_id=contact.pk)

    contact.refresh_from_db()
    assert contact.claimed_by is None


def test_assigning_many_does_each_row_by_itself(
    contact, contact_officer, mash_manager, mash_social_worker
):
    over = received(contact_officer, child("Leo"))
    decided(over, mash_manager, Outcome.ADVICE)

    results = actions.assign_many(
        by=mash_manager,
        at=hours(2),
        contact_ids=[contact.pk, over.pk],
        to_id=mash_social_worker.pk,
    )

    assert {row.contact_id: row.is_done for row in results} == {contact.pk: True, over.pk: False}


# Void, receipt, feedback --------------------------------------------------------------------------


def test_void_lets_everybody_go(contact, mash_manager):
    actions.void(by=mash_manager, at=hours(1), contact_id=contact.pk, reason="A test")

    contact.refresh_from_db()
    assert (contact.state, contact.board_state) == (ContactState.VOID, "")
    assert holders() == set()
    assert not Clock.objects.filter(subject_id=contact.pk, stopped_at=None).exists()


def test_void_ends_the_enquiry_and_takes_offers_back(
    contact_officer, contact, mash_manager, mash_social_worker, early_help_coordinator
):
    from mash import actions as mash_actions

    team = early_help_coordinator.managed_teams.get()
    answered(contact, contact_officer, "given", scope=ConsentScope.SERVICE)
    decided(contact, mash_manager, Outcome.EARLY_HELP, team=team, level="2")
    other = received(contact_officer, child("Leo"))
    mash_actions.rate(
        by=contact_officer, at=hours(1), contact_id=other.pk, rag="red", reason="Injury"
    )
    answered(other, contact_officer, "given")
    actions.record_lawful_basis(
        by=contact_officer,
        at=hours(1),
        contact_id=other.pk,
        basis="public_task",
        special="safeguarding",
    )
    mash_actions.open_enquiry(
        by=mash_social_worker, at=hours(1), contact_id=other.pk, question="Is it safe?"
    )

    for one in (contact, other):
        actions.void(by=mash_manager, at=hours(2), contact_id=one.pk, reason="A test")

    assert Handover.objects.get().state == HandoverState.WITHDRAWN
    assert Enquiry.objects.get().state == Enquiry.State.CANCELLED
    assert not Involvement.objects.filter(to_at=None).exists()


def test_void_refuses_what_became_a_referral(offer, contact, mash_manager):
    with pytest.raises(Refused, match="A referral came of this"):
        actions.void(by=mash_manager, at=hours(2), contact_id=contact.pk, reason="A test")


def test_corrected_receipt_replaces_the_clock_and_keeps_the_old(contact, mash_manager):
    actions.correct_received_at(
        by=mash_manager,
        at=hours(1),
        contact_id=contact.pk,
        received_at=MORNING - timedelta(days=1),
        reason="The e-mail says so",
    )

    old, new = Clock.objects.filter(subject_id=contact.pk, rule="CON-DEC").order_by("started_at")[
        ::-1
    ]
    assert (old.started_at, old.stop_reason) == (MORNING, "replaced")
    assert new.replaces == old
    assert new.replaced_because == "start_corrected"
    assert new.stopped_at is None


def running(contact):
    found = Clock.objects.filter(subject_id=contact.pk, stopped_at=None)
    return set(found.values_list("rule", flat=True))


@pytest.mark.parametrize(
    ("first", "right", "rules"),
    [
        (NIGHT, MORNING, {"CON-DEC"}),
        (MORNING, MORNING - timedelta(hours=11), {"CON-DEC", "EDT-HO", "EDT-ACK"}),
        (NIGHT, NIGHT - timedelta(hours=1), {"CON-DEC", "EDT-HO", "EDT-ACK"}),
    ],
)
def test_corrected_receipt_makes_a_contact_the_days_or_edts(
    contact_officer, mash_manager, first, right, rules
):
    contact = received(contact_officer, at=first)

    actions.correct_received_at(
        by=mash_manager,
        at=NIGHT + timedelta(hours=10),
        contact_id=contact.pk,
        received_at=right,
        reason="The log says so",
    )

    assert running(contact) == rules
    actions.correct_received_at(
        by=mash_manager,
        at=NIGHT + timedelta(hours=11),
        contact_id=contact.pk,
        received_at=NIGHT - timedelta(hours=2),
        reason="The log was right after all",
    )
    assert running(contact) == {"CON-DEC", "EDT-HO", "EDT-ACK"}


def test_receipt_of_a_void_contact_is_not_corrected(contact, mash_manager):
    actions.void(by=mash_manager, at=hours(1), contact_id=contact.pk, reason="A test")

    with pytest.raises(Refused, match="is void"):
        actions.correct_received_at(
            by=mash_manager,
            at=hours(2),
            contact_id=contact.pk,
            received_at=hours(-1),
            reason="The log says so",
        )


def test_feedback_is_owed_from_the_decision_and_paid_once(contact, mash_manager, contact_officer):
    given = {"by": contact_officer, "at": hours(2), "contact_id": contact.pk}
    with pytest.raises(Refused, match="not owed"):
        actions.record_feedback(**given, how="Phone", what="Advice")
    decided(contact, mash_manager, Outcome.ADVICE)
    with pytest.raises(Refused, match="Say how"):
        actions.record_feedback(**given)
    actions.record_feedback(**given, how="Phone", what="Advice")

    assert Clock.objects.get(subject_id=contact.pk, rule="CON-FB").stopped_at == hours(2)
    with pytest.raises(Refused, match="not owed"):
        actions.record_feedback(**given, how="Phone", what="Advice")


# Messages and links -------------------------------------------------------------------------------


def test_contacts_are_linked_once_and_the_link_can_be_undone(contact, contact_officer):
    other = received(contact_officer, child("Leo"))
    given = {
        "by": contact_officer,
        "at": hours(1),
        "contact_id": contact.pk,
        "other_id": other.pk,
        "kind": "same_family",
    }

    with pytest.raises(Refused, match="Say why"):
        actions.link_contacts(**given, why="")
    link = actions.link_contacts(**given, why="Half-brother")
    with pytest.raises(Refused, match="already linked"):
        actions.link_contacts(**given, why="Half-brother")
    actions.unlink_contact(by=contact_officer, at=hours(2), link_id=link.pk)

    link.refresh_from_db()
    assert link.ended_by == contact_officer


def test_sealing_shows_the_redacted_words_and_keeps_the_original(contact, contact_officer):
    given = {"by": contact_officer, "at": hours(1), "contact_id": contact.pk}

    actions.seal_words(**given, redacted_words="Came in [sealed].", reason="Another child")

    contact.refresh_from_db()
    assert contact.words == "Came in [sealed]."
    assert contact.submission.words == "Came in quiet."
    with pytest.raises(Refused, match="sealed already"):
        actions.seal_words(**given, redacted_words="x", reason="y")


def test_part_that_is_not_about_a_child_says_what_was_done(contact, contact_officer):
    given = {"by": contact_officer, "at": hours(1), "contact_id": contact.pk}

    with pytest.raises(Refused, match="which part"):
        actions.set_part_aside(**given, label="Parking", note="")
    actions.set_part_aside(**given, label="Parking", note="Passed to the council")

    part = SubmissionPart.objects.get(went_to="not_a_child")
    assert part.submission == contact.submission


def test_child_offered_because_of_an_unconfirmed_decision_stays_on_the_contact(
    contact_officer, edt_worker, early_help_coordinator
):
    contact = received(contact_officer, child(), child("Leo"), at=NIGHT)
    answered(contact, contact_officer, "given", at=NIGHT, scope=ConsentScope.SERVICE)
    decided(
        contact,
        edt_worker,
        Outcome.EARLY_HELP,
        team=early_help_coordinator.managed_teams.get(),
        level="2",
        at=NIGHT + timedelta(hours=1),
    )
    leo = row_of(contact, "Leo")

    with pytest.raises(Refused, match="Leo Testwood is offered to Early help"):
        actions.remove_person(
            by=contact_officer,
            at=NIGHT + timedelta(hours=2),
            contact_id=contact.pk,
            contact_person_id=leo.pk,
            because="Another family",
        )

    assert Involvement.objects.filter(child=leo.person_id, to_at=None).exists()


# Offers -------------------------------------------------------------------------------------------


def test_accepted_offer_moves_the_children_without_a_moment_between(
    offer, mash_manager, assessment_team_manager
):
    before = holders()

    actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk)

    assert before == {mash_manager.pk}
    assert holders() == {assessment_team_manager.pk}
    for row in offer.children.all():
        first, second = Responsibility.objects.filter(child=row.child_id).order_by("from_at")
        assert first.to_at == second.from_at == hours(2)
    assert Clock.objects.get(rule="HND-ACC").stopped_at == hours(2)


def test_deputy_accepts_as_deputy_and_the_manager_holds(
    offer, assessment_team_manager, second_mash_manager
):
    DeputyshipFactory(
        manager=assessment_team_manager,
        deputy=second_mash_manager,
        from_at=LONG_AGO,
        to_at=TYPED + timedelta(days=9),
    )

    actions.accept(by=second_mash_manager, at=hours(2), handover_id=offer.pk)

    offer.refresh_from_db()
    assert offer.answered_by == second_mash_manager
    assert offer.answered_for == assessment_team_manager
    assert holders() == {assessment_team_manager.pk}


def test_another_teams_manager_cannot_answer(offer, sfs_manager, assessment_social_worker):
    with pytest.raises(Refused, match="Its manager accepts"):
        actions.accept(by=sfs_manager, at=hours(2), handover_id=offer.pk)
    with pytest.raises(PermissionDenied):
        actions.accept(by=assessment_social_worker, at=hours(2), handover_id=offer.pk)

    offer.refresh_from_db()
    assert offer.state == HandoverState.OFFERED


def test_answer_before_the_offer_is_refused(offer, assessment_team_manager):
    with pytest.raises(Refused, match="before the offer"):
        actions.accept(by=assessment_team_manager, at=hours(0.5), handover_id=offer.pk)


def test_returned_offer_puts_the_contact_back_on_the_board(
    offer, contact, mash_manager, assessment_team_manager
):
    with pytest.raises(Refused, match="Say why"):
        actions.return_to_sender(
            by=assessment_team_manager, at=hours(2), handover_id=offer.pk, reason=" "
        )
    actions.return_to_sender(
        by=assessment_team_manager, at=hours(2), handover_id=offer.pk, reason="Not for us"
    )

    contact.refresh_from_db()
    assert contact.board_state == BoardState.RETURNED
    assert holders() == {mash_manager.pk}
    assert not offer.children.filter(is_open=True).exists()


def test_returned_children_are_offered_again_with_the_same_referral(
    offer, contact, mash_manager, assessment_team_manager
):
    actions.return_to_sender(
        by=assessment_team_manager, at=hours(2), handover_id=offer.pk, reason="Not for us"
    )
    before = set(Referral.objects.values_list("pk", flat=True))

    decided(
        contact,
        mash_manager,
        Outcome.REFERRAL,
        team=assessment_team_manager.managed_teams.get(),
        level="4a",
        at=hours(3),
    )

    contact.refresh_from_db()
    assert contact.board_state == ""
    assert set(Referral.objects.values_list("pk", flat=True)) == before
    again = Handover.objects.get(state=HandoverState.OFFERED)
    assert set(again.children.values_list("referral_id", flat=True)) == before


def test_returned_children_who_get_advice_have_no_referral_left_open(
    offer, contact, mash_manager, assessment_team_manager
):
    actions.return_to_sender(
        by=assessment_team_manager, at=hours(2), handover_id=offer.pk, reason="Not for us"
    )

    decided(contact, mash_manager, Outcome.ADVICE, at=hours(3))

    assert set(Referral.objects.values_list("state", "is_nfa")) == {(ReferralState.REJECTED, True)}
    assert holders() == set()
    assert not Clock.objects.filter(rule="REF-ALLOC", stopped_at=None).exists()


def test_child_whom_nobody_named_is_held_while_early_help_is_asked(
    contact, contact_officer, mash_manager, early_help_coordinator
):
    """A sister of the household, found by the decider."""
    sister = row_of(contact, "Zayna")
    actions.remove_person(
        by=contact_officer,
        at=hours(0.5),
        contact_id=contact.pk,
        contact_person_id=sister.pk,
        because="The referrer did not mean her",
    )
    answered(contact, contact_officer, "given", scope=ConsentScope.SERVICE)
    from mash import actions as mash_actions
    from tests.cases.front_door import REASONS

    mash_actions.decide(
        by=mash_manager,
        at=hours(1),
        contact_id=contact.pk,
        children=[
            mash_actions.ChildLine(
                child_id=child_id,
                is_in=True,
                level="2",
                outcome=Outcome.EARLY_HELP,
                why="Mornings",
                to_team_id=early_help_coordinator.managed_teams.get().pk,
            )
            for child_id in (sister.person_id, row_of(contact, "Aaliyah").person_id)
        ],
        **REASONS,
    )
    waiting = Responsibility.objects.get(child=sister.person_id, to_at=None).manager
    offer = Handover.objects.select_for_update().get()
    actions.take_on(
        offer,
        authority=require(early_help_coordinator, Permission.EARLY_HELP_SCREEN),
        at=hours(2),
    )

    assert waiting == mash_manager
    assert holders() == {early_help_coordinator.pk}
    kinds = set(Involvement.objects.filter(to_at=None).values_list("kind", flat=True))
    assert kinds == {"early_help"}


# Allocation ---------------------------------------------------------------------------------------


DIRECTION = {
    "find_out": "What happened on Monday",
    "see_whom": "Aaliyah alone",
    "first_visit_by": date(2026, 3, 13),
}


def test_allocate_names_the_lead_and_meets_the_clock(
    referral, assessment_team_manager, assessment_social_worker
):
    made = actions.allocate(
        by=assessment_team_manager,
        at=hours(3),
        referral_id=referral.pk,
        worker_id=assessment_social_worker.pk,
        **DIRECTION,
    )

    referral.refresh_from_db()
    assert made.worker == assessment_social_worker
    assert referral.state == ReferralState.ALLOCATED
    assert Clock.objects.get(rule="REF-ALLOC", subject_id=referral.pk).stopped_at == hours(3)


def test_reallocation_needs_a_reason_and_ends_the_lead_before(
    referral, assessment_team_manager, assessment_social_worker
):
    from accounts.choices import Role
    from tests.personas import member

    other = member("Tariq Specimen", Role.ASSESSMENT_SOCIAL_WORKER, TeamKind.ASSESSMENT)
    given = {"by": assessment_team_manager, "referral_id": referral.pk, **DIRECTION}
    first = actions.allocate(**given, at=hours(3), worker_id=assessment_social_worker.pk)

    with pytest.raises(Refused, match="already the lead"):
        actions.allocate(**given, at=hours(4), worker_id=assessment_social_worker.pk)
    with pytest.raises(Refused, match="Say why the lead"):
        actions.allocate(**given, at=hours(4), worker_id=other.pk)
    actions.allocate(**given, at=hours(4), worker_id=other.pk, change_reason="Leaves in May")

    first.refresh_from_db()
    assert first.to_at == hours(4)
    assert Allocation.objects.get(to_at=None).worker == other


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"find_out": " "}, "what to find out"),
        ({"see_whom": ""}, "whom to see"),
        ({"first_visit_by": date(2026, 3, 11)}, "in the past"),
    ],
)
def test_allocate_refuses_half_a_direction(
    referral, assessment_team_manager, assessment_social_worker, changes, said
):
    with pytest.raises(Refused, match=said):
        actions.allocate(
            by=assessment_team_manager,
            at=hours(3),
            referral_id=referral.pk,
            worker_id=assessment_social_worker.pk,
            **{**DIRECTION, **changes},
        )

    assert not Allocation.objects.exists()


def test_allocate_refuses_who_is_not_a_social_worker_of_the_team(
    referral, assessment_team_manager, mash_social_worker, contact_officer
):
    for worker, said in (
        (mash_social_worker, "does not belong to"),
        (contact_officer, "is not a social worker"),
    ):
        with pytest.raises(Refused, match=said):
            actions.allocate(
                by=assessment_team_manager,
                at=hours(3),
                referral_id=referral.pk,
                worker_id=worker.pk,
                **DIRECTION,
            )


def test_allocate_waits_for_the_team_to_accept(
    offer, assessment_team_manager, assessment_social_worker
):
    with pytest.raises(Refused, match="not accepted yet"):
        actions.allocate(
            by=assessment_team_manager,
            at=hours(3),
            referral_id=offer.children.first().referral_id,
            worker_id=assessment_social_worker.pk,
            **DIRECTION,
        )


def test_allocate_is_for_the_teams_own_manager(referral, sfs_manager, assessment_social_worker):
    given = {"at": hours(3), "referral_id": referral.pk, "worker_id": assessment_social_worker.pk}

    with pytest.raises(Refused, match="Its manager allocates"):
        actions.allocate(by=sfs_manager, **given, **DIRECTION)
    with pytest.raises(PermissionDenied):
        actions.allocate(by=assessment_social_worker, **given, **DIRECTION)

    assert not Allocation.objects.exists()


def test_new_manager_of_a_team_holds_its_children(
    offer, mash_manager, second_mash_manager, administrator
):
    from accounts import actions as accounts_actions

    accounts_actions.change_team_manager(
        team_id=team_of(TeamKind.MASH).pk,
        manager_id=second_mash_manager.pk,
        by=administrator,
        at=hours(5),
    )

    assert holders() == {second_mash_manager.pk}


def test_person_whom_a_colleague_took_off_the_contact_is_named_as_that(contact, contact_officer):
    given = {"by": contact_officer, "at": hours(1), "contact_id": contact.pk}
    row = contact.people.order_by("position").first()
    actions.remove_person(**given, contact_person_id=row.pk, because="Sent by mistake")

    for act in (
        lambda: actions.remove_person(**given, contact_person_id=row.pk, because="Again"),
        lambda: actions.settle_match(**given, contact_person_id=row.pk, person_id=None),
        lambda: actions.undo_match(**given, contact_person_id=row.pk),
    ):
        with pytest.raises(Refused, match="taken off the contact"):
            act()
