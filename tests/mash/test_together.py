"""Two things done to one contact at the same moment: one does it, the other is told."""

from datetime import timedelta

import pytest

from accounts.choices import AgencyKind
from cases import actions as case_actions
from cases.choices import BoardState, ConsentState, ContactState, HandoverState, Outcome
from cases.models import Contact, Responsibility
from cases.queries.consent import position
from lib import application_clock
from mash import actions
from mash.models import AgencyAnswer, Decision
from record.errors import Refused
from record.models import Clock
from tests.cases.front_door import (
    GRANTED,
    MORNING,
    TYPED,
    answered,
    decided,
    hours,
    offered,
    received,
)
from tests.cases.test_together import both
from tests.mash.discussions import agency

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("typed_later"),
]


@pytest.fixture
def typed_later():
    with application_clock.set_to(TYPED):
        yield


@pytest.fixture
def contact(contact_officer, mash_manager):
    return received(contact_officer)


def test_reopened_while_the_team_accepts(contact, mash_manager, assessment_team_manager):
    offer = offered(contact, mash_manager, assessment_team_manager)

    answers = both(
        lambda: case_actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk),
        lambda: actions.reopen(
            by=mash_manager, at=hours(2), contact_id=contact.pk, reason="New facts"
        ),
    )

    assert [each for each in answers if isinstance(each, Exception)] == []
    offer.refresh_from_db()
    contact.refresh_from_db()
    assert (offer.state, contact.state) == (HandoverState.ACCEPTED, ContactState.SCREENING)
    holder = Responsibility.objects.get(to_at=None)
    assert holder.team == offer.to_team  # reopening takes no child from whoever holds it


def test_void_while_it_is_decided(contact, mash_manager, second_mash_manager):
    answers = both(
        lambda: case_actions.void(
            by=second_mash_manager, at=hours(1), contact_id=contact.pk, reason="A test"
        ),
        lambda: decided(contact, mash_manager, Outcome.ADVICE),
    )

    # Decided first, it may still be void; void first, it is not decided any more.
    refused = [each for each in answers if isinstance(each, Refused)]
    contact.refresh_from_db()
    assert (contact.state, contact.board_state) == (ContactState.VOID, "")
    assert Decision.objects.count() + len(refused) == 1
    assert not Responsibility.objects.filter(to_at=None).exists()


def test_override_decided_while_the_mother_agrees(
    contact, contact_officer, mash_social_worker, mash_manager
):
    override = case_actions.ask_override(
        by=mash_social_worker,
        at=hours(1),
        contact_id=contact.pk,
        kind=ConsentState.DISPENSED,
        because="Asking would warn him",
    )

    both(
        lambda: case_actions.answer_override(
            by=mash_manager, at=hours(2), contact_id=contact.pk, override_id=override.pk, **GRANTED
        ),
        lambda: answered(contact, contact_officer, ConsentState.GIVEN, at=hours(1.9)),
    )

    found = position(contact_id=contact.pk)
    assert (found.state, found.override) == (ConsentState.GIVEN, None)


def test_check_is_waived_while_the_agency_answers(
    contact, contact_officer, mash_social_worker, mash_manager
):
    answered(contact, contact_officer, ConsentState.GIVEN)
    case_actions.record_lawful_basis(
        by=contact_officer,
        at=hours(1),
        contact_id=contact.pk,
        basis="public_task",
        special="safeguarding",
    )
    actions.rate(
        by=mash_social_worker, at=hours(1), contact_id=contact.pk, rag="red", reason="Hurt"
    )
    enquiry = actions.open_enquiry(
        by=mash_social_worker, at=hours(1), contact_id=contact.pk, question="Is it safe?"
    )
    check = actions.ask_agency(
        by=mash_social_worker,
        at=hours(1),
        enquiry_id=enquiry.pk,
        agency_id=agency(AgencyKind.POLICE, "Dummy Valley Police").pk,
        why="Call-outs",
        child_ids=[contact.people.get().person_id],
    )

    answers = both(
        lambda: actions.waive_check(
            by=mash_manager, at=hours(2), check_id=check.pk, because="The school has said enough"
        ),
        lambda: actions.answer_check(
            by=contact_officer,
            at=hours(2),
            check_id=check.pk,
            state="returned",
            author="Sgt Proto Type",
            information="Two call-outs since January",
            reliability="fact",
            sharing="may_share",
            how="phone",
        ),
    )

    check.refresh_from_db()
    refused = [each for each in answers if isinstance(each, Refused)]
    has_answer = AgencyAnswer.objects.exists()
    assert has_answer == (check.state == "returned")
    assert len(refused) == 1 or (has_answer and check.waived_because)
    assert not Clock.objects.filter(subject_id=check.pk, stopped_at=None).exists()


def test_given_out_with_others_while_a_colleague_claims_it(
    contact, contact_officer, mash_social_worker, mash_manager
):
    other = received(contact_officer, at=MORNING + timedelta(minutes=5))

    both(
        lambda: case_actions.assign_many(
            by=mash_manager,
            at=hours(1),
            contact_ids=[contact.pk, other.pk],
            to_id=mash_social_worker.pk,
        ),
        lambda: case_actions.claim(by=contact_officer, at=hours(1), contact_id=other.pk),
    )

    contact.refresh_from_db()
    other.refresh_from_db()
    # A manager gives it out whoever claimed it; who claims it afterwards is told.
    assert contact.claimed_by == other.claimed_by == mash_social_worker
    assert Contact.objects.exclude(board_state=BoardState.SCREENING).count() == 0
