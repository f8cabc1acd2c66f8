"""Two at the same moment: one does it, the other is told, nothing is done twice."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connections

from accounts.choices import Role, TeamKind
from cases import actions
from cases.choices import Outcome
from cases.models import Allocation, ConsentOverride, Handover, Referral, Responsibility
from lib import application_clock
from record.errors import Clash, Refused
from tests.cases.front_door import (
    GRANTED,
    MORNING,
    TYPED,
    decided,
    hours,
    offered,
    received,
)
from tests.personas import member

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("typed_later"),
]


def both(*acts):
    """Do all at once, each on a connection of its own; give what each returned or raised."""
    barrier, answers = threading.Barrier(len(acts)), []

    def run(act):
        with application_clock.set_to(TYPED):
            barrier.wait()
            try:
                answers.append(act())
            except (Refused, IntegrityError, ObjectDoesNotExist) as error:
                answers.append(error)
            finally:
                connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def the_error(answers):
    (error,) = [answer for answer in answers if isinstance(answer, Exception)]
    return error


@pytest.fixture
def contact(contact_officer, mash_manager):
    return received(contact_officer)


@pytest.fixture
def offer(contact, mash_manager, assessment_team_manager):
    return offered(contact, mash_manager, assessment_team_manager)


def test_two_who_claim_one_contact(contact, contact_officer, mash_social_worker):
    answers = both(
        *[
            lambda by=by: actions.claim(by=by, at=hours(1), contact_id=contact.pk)
            for by in (contact_officer, mash_social_worker)
        ]
    )

    assert isinstance(the_error(answers), Clash)
    contact.refresh_from_db()
    assert contact.claimed_by in (contact_officer, mash_social_worker)


def test_accepted_and_returned_at_once(offer, assessment_team_manager, head_of_service):
    answers = both(
        lambda: actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk),
        lambda: actions.return_to_sender(
            by=head_of_service, at=hours(2), handover_id=offer.pk, reason="Not for us"
        ),
    )

    assert "has answered this offer" in str(the_error(answers))
    assert Responsibility.objects.filter(to_at=None).count() == 1


def test_accepted_while_the_decision_changes(offer, contact, mash_manager, assessment_team_manager):
    from mash import actions as mash_actions

    mash_actions.reopen(by=mash_manager, at=hours(2), contact_id=contact.pk, reason="New facts")

    answers = both(
        lambda: actions.accept(by=assessment_team_manager, at=hours(3), handover_id=offer.pk),
        lambda: decided(contact, mash_manager, Outcome.ADVICE, at=hours(3)),
    )

    errors = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(errors) <= 1
    offer.refresh_from_db()
    referral = Referral.objects.get()
    is_held = Responsibility.objects.filter(to_at=None).exists()
    if offer.state == "accepted":
        assert (referral.state, is_held) == ("accepted", True)
    else:
        assert (offer.state, referral.state, is_held) == ("withdrawn", "rejected", False)


def test_two_workers_named_at_once(offer, assessment_team_manager, assessment_social_worker):
    other = member("Tariq Specimen", Role.ASSESSMENT_SOCIAL_WORKER, TeamKind.ASSESSMENT)
    actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk)
    referral = Referral.objects.get()

    answers = both(
        *[
            lambda worker=worker: actions.allocate(
                by=assessment_team_manager,
                at=hours(3),
                referral_id=referral.pk,
                worker_id=worker.pk,
                find_out="What happened",
                see_whom="Her, alone",
                first_visit_by=MORNING.date() + timedelta(days=1),
            )
            for worker in (assessment_social_worker, other)
        ]
    )

    assert "Say why the lead worker changes" in str(the_error(answers))
    assert Allocation.objects.get().worker in (assessment_social_worker, other)


def test_two_managers_answer_one_request(
    contact, contact_officer, mash_manager, second_mash_manager
):
    asked = actions.ask_override(
        by=contact_officer,
        at=hours(1),
        contact_id=contact.pk,
        kind="dispensed",
        because="Asking would warn him",
    )

    answers = both(
        *[
            lambda by=by, is_granted=is_granted: actions.answer_override(
                by=by,
                at=hours(2),
                contact_id=contact.pk,
                override_id=asked.pk,
                is_granted=is_granted,
                **GRANTED,
            )
            for by, is_granted in ((mash_manager, True), (second_mash_manager, False))
        ]
    )

    assert "answered already" in str(the_error(answers))
    asked.refresh_from_db()
    assert (asked.state == ConsentOverride.State.GRANTED) == (asked.decided_by == mash_manager)


def test_one_offer_is_made_once(
    contact, mash_manager, second_mash_manager, assessment_team_manager
):
    team = assessment_team_manager.managed_teams.get()

    answers = both(
        *[
            lambda by=by: decided(contact, by, Outcome.REFERRAL, team=team, level="4a")
            for by in (mash_manager, second_mash_manager)
        ]
    )

    assert "decided this contact" in str(the_error(answers))
    assert Handover.objects.count() == 1
    assert Referral.objects.count() == 1
