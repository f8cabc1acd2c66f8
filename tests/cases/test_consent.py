"""Where a contact stands on agreement, and who may decide to go on without it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import actions
from cases.choices import ConsentFrom, ConsentScope, ConsentState, Ground
from cases.models import ConsentAnswer, ConsentOverride
from cases.queries.consent import position
from lib import application_clock
from people.choices import YesNoUnknown
from record.errors import Refused
from record.models import Clock
from tests.cases.front_door import (
    GRANTED,
    NEXT_MORNING,
    NIGHT,
    TYPED,
    answered,
    hours,
    received,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]


@pytest.fixture
def contact(contact_officer, mash_manager):
    return received(contact_officer)


def ask(contact, by, kind=ConsentState.DISPENSED, at=None):
    return actions.ask_override(
        by=by,
        at=at or hours(1),
        contact_id=contact.pk,
        kind=kind,
        because="Asking would warn him",
    )


def decide(contact, by, override=None, at=None, **changes):
    return actions.answer_override(
        by=by,
        at=at or hours(2),
        contact_id=contact.pk,
        override_id=override.pk if override else None,
        **{**GRANTED, **changes},
    )


# The position -------------------------------------------------------------------------------------


def test_position_is_not_asked_before_anybody_was(contact):
    assert position(contact_id=contact.pk).state == ConsentState.NOT_ASKED_YET


@pytest.mark.parametrize(
    "state",
    [
        ConsentState.NOT_ASKED_YET,
        ConsentState.GIVEN,
        ConsentState.REFUSED,
        ConsentState.WITHDRAWN,
        ConsentState.NOT_APPLICABLE,
    ],
)
def test_position_is_what_a_parent_answered_last(contact, contact_officer, state):
    answered(contact, contact_officer, ConsentState.GIVEN)
    answered(contact, contact_officer, state, at=hours(1))

    assert position(contact_id=contact.pk).state == state


@pytest.mark.parametrize("asked_as", [ConsentFrom.CARER, ConsentFrom.YOUNG_PERSON])
def test_position_is_not_set_by_who_has_no_parental_responsibility(
    contact, contact_officer, asked_as
):
    answered(contact, contact_officer, ConsentState.REFUSED)
    answered(contact, contact_officer, ConsentState.GIVEN, asked_as=asked_as, at=hours(1))

    now = position(contact_id=contact.pk)
    assert now.state == ConsentState.REFUSED
    assert len(now.answers) == 2


def test_agreement_to_a_service_is_no_agreement_to_checks(contact, contact_officer):
    answered(contact, contact_officer, ConsentState.REFUSED)
    answered(contact, contact_officer, ConsentState.GIVEN, scope=ConsentScope.SERVICE, at=hours(1))

    now = position(contact_id=contact.pk)
    assert (now.state, now.service) == (ConsentState.REFUSED, ConsentState.GIVEN)
    assert now.label == "Asking other agencies: refused. Help or a service: agreed"
    assert not now.do_holders_disagree


def test_agreement_to_checks_is_no_agreement_to_a_service(contact, contact_officer):
    answered(contact, contact_officer, ConsentState.GIVEN)

    assert position(contact_id=contact.pk).service == ConsentState.NOT_ASKED_YET


def test_position_in_one_word_is_of_what_was_asked(contact, contact_officer):
    answered(contact, contact_officer, ConsentState.GIVEN, scope=ConsentScope.SERVICE)

    now = position(contact_id=contact.pk)
    assert (now.state, now.in_short) == (ConsentState.NOT_ASKED_YET, ConsentState.GIVEN)
    assert now.label == "Help or a service: agreed"


@pytest.mark.parametrize("state", [ConsentState.REFUSED, ConsentState.WITHDRAWN])
def test_who_refuses_the_contact_refuses_all_of_it(contact, contact_officer, state):
    answered(contact, contact_officer, ConsentState.GIVEN)
    answered(contact, contact_officer, ConsentState.GIVEN, scope=ConsentScope.SERVICE)
    answered(contact, contact_officer, state, scope=ConsentScope.REFERRAL, at=hours(1))

    now = position(contact_id=contact.pk)
    assert (now.state, now.service) == (state, state)


def test_override_stands_when_the_family_then_agrees_to_a_service_only(
    contact, contact_officer, mash_manager
):
    answered(contact, contact_officer, ConsentState.REFUSED)
    decide(contact, mash_manager, ask(contact, contact_officer, ConsentState.OVERRIDDEN))
    answered(contact, contact_officer, ConsentState.GIVEN, scope=ConsentScope.SERVICE, at=hours(3))

    assert position(contact_id=contact.pk).state == ConsentState.OVERRIDDEN


def test_position_says_when_parents_disagree(contact, contact_officer):
    answered(contact, contact_officer, ConsentState.GIVEN, who="Mother")
    answered(contact, contact_officer, ConsentState.REFUSED, who="Father", at=hours(1))

    assert position(contact_id=contact.pk).do_holders_disagree


def test_agreement_after_an_override_is_the_position(contact, contact_officer, mash_manager):
    answered(contact, contact_officer, ConsentState.REFUSED)
    decide(contact, mash_manager, ask(contact, contact_officer, ConsentState.OVERRIDDEN))
    before = position(contact_id=contact.pk).state

    answered(contact, contact_officer, ConsentState.GIVEN, at=hours(3))

    assert before == ConsentState.OVERRIDDEN
    assert position(contact_id=contact.pk).state == ConsentState.GIVEN


def test_withdrawing_what_was_agreed_after_an_override_does_not_bring_it_back(
    contact, contact_officer, mash_manager
):
    answered(contact, contact_officer, ConsentState.REFUSED)
    decide(contact, mash_manager, ask(contact, contact_officer, ConsentState.OVERRIDDEN))
    answered(contact, contact_officer, ConsentState.GIVEN, at=hours(3))

    answered(contact, contact_officer, ConsentState.WITHDRAWN, at=hours(4))

    now = position(contact_id=contact.pk)
    assert (now.state, now.override) == (ConsentState.WITHDRAWN, None)


@pytest.mark.parametrize("scope", [ConsentScope.CHECKS, ConsentScope.REFERRAL])
def test_refusal_ends_a_decision_not_to_ask(contact, contact_officer, mash_manager, scope):
    decide(contact, mash_manager, ask(contact, contact_officer))

    answered(contact, contact_officer, ConsentState.REFUSED, at=hours(4), scope=scope)

    assert position(contact_id=contact.pk).state == ConsentState.REFUSED


def test_refusing_again_leaves_an_override_as_it_is(contact, contact_officer, mash_manager):
    answered(contact, contact_officer, ConsentState.REFUSED)
    decide(contact, mash_manager, ask(contact, contact_officer, ConsentState.OVERRIDDEN))

    answered(contact, contact_officer, ConsentState.WITHDRAWN, at=hours(4))

    assert position(contact_id=contact.pk).state == ConsentState.OVERRIDDEN


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": ConsentState.DISPENSED}, "a manager's decision"),
        ({"state": ConsentState.GIVEN, "how": ""}, "how they agreed"),
        ({"state": ConsentState.GIVEN, "to_what": " "}, "how they agreed"),
        ({"state": ConsentState.REFUSED, "words": ""}, "the words they used"),
        ({"at": TYPED + timedelta(hours=1)}, "in the future"),
    ],
)
def test_half_an_answer_is_refused(contact, contact_officer, changes, said):
    given = {
        "at": hours(1),
        "state": ConsentState.GIVEN,
        "how": "spoken",
        "to_what": "School",
        "words": "Yes",
        **changes,
    }

    with pytest.raises(Refused, match=said):
        actions.record_answer(
            by=contact_officer,
            contact_id=contact.pk,
            asked_as=ConsentFrom.PARENT_WITH_PR,
            scope="checks",
            **given,
        )

    assert not ConsentAnswer.objects.exists()


# Going on without it ------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", Ground)
def test_manager_may_go_on_for_each_ground(contact, contact_officer, mash_manager, ground):
    asked = ask(contact, contact_officer)

    decide(contact, mash_manager, asked, grounds=[ground], attempts="Rang twice, called once")

    now = position(contact_id=contact.pk)
    assert now.state == ConsentState.DISPENSED
    assert now.override.grounds == [str(ground)]
    assert not now.override.is_provisional


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grounds": []}, "at least one ground"),
        ({"why_necessary": " "}, "necessary and proportionate"),
        ({"grounds": [Ground.CANNOT_CONTACT]}, "attempts to reach"),
        ({"will_family_be_told": YesNoUnknown.NO}, "when the family will be told"),
        ({"is_granted": False, "why_necessary": ""}, "Say why not"),
    ],
)
def test_half_reasons_are_refused(contact, contact_officer, mash_manager, changes, said):
    asked = ask(contact, contact_officer)

    with pytest.raises(Refused, match=said):
        decide(contact, mash_manager, asked, **changes)

    asked.refresh_from_db()
    assert asked.state == ConsentOverride.State.ASKED


@pytest.mark.parametrize(
    ("said_before", "kind", "words"),
    [
        (None, ConsentState.OVERRIDDEN, "Nobody has refused"),
        (ConsentState.REFUSED, ConsentState.DISPENSED, "was asked and refused"),
        (ConsentState.GIVEN, ConsentState.DISPENSED, "The family agreed"),
    ],
)
def test_request_of_the_wrong_kind_is_refused(contact, contact_officer, said_before, kind, words):
    if said_before is not None:
        answered(contact, contact_officer, said_before)

    with pytest.raises(Refused, match=words):
        ask(contact, contact_officer, kind)


@pytest.mark.parametrize(
    ("said_since", "words"),
    [
        (ConsentState.GIVEN, "has agreed since"),
        (ConsentState.REFUSED, "has been asked since and refused"),
    ],
)
def test_request_the_family_has_overtaken_is_not_granted(
    contact, contact_officer, mash_manager, said_since, words
):
    asked = ask(contact, contact_officer)
    answered(contact, contact_officer, said_since, at=hours(1.5))

    with pytest.raises(Refused, match=words):
        decide(contact, mash_manager, asked)
    decide(contact, mash_manager, asked, is_granted=False, why_necessary="They have answered")

    assert position(contact_id=contact.pk).state == said_since


def test_second_request_waits_for_the_first(contact, contact_officer, mash_social_worker):
    ask(contact, contact_officer)

    with pytest.raises(Refused, match="asked already"):
        ask(contact, mash_social_worker)


def test_who_asked_does_not_decide_in_office_hours(contact, mash_manager, head_of_service):
    asked = ask(contact, mash_manager)

    with pytest.raises(Refused, match="somebody else decides"):
        decide(contact, mash_manager, asked)
    decide(contact, head_of_service, asked)

    assert position(contact_id=contact.pk).override.decided_by == head_of_service


def test_nobody_decides_in_office_hours_what_nobody_asked(contact, mash_manager):
    with pytest.raises(Refused, match="somebody else has to ask"):
        decide(contact, mash_manager, kind=ConsentState.DISPENSED)


def test_deciding_without_the_right_writes_nothing(contact, contact_officer, mash_social_worker):
    asked = ask(contact, contact_officer)

    with pytest.raises(PermissionDenied):
        decide(contact, mash_social_worker, asked)

    asked.refresh_from_db()
    assert asked.decided_by is None


def test_edt_may_not_decide_in_office_hours(contact, contact_officer, edt_worker):
    asked = ask(contact, contact_officer)

    with pytest.raises(PermissionDenied):
        decide(contact, edt_worker, asked)


def test_edt_decides_alone_at_night_until_a_manager_confirms(contact, edt_worker, mash_manager):
    made = decide(contact, edt_worker, at=NIGHT, kind=ConsentState.DISPENSED)
    running = Clock.objects.get(subject_id=contact.pk, rule="CONS-CONF")
    waiting = position(contact_id=contact.pk).to_confirm

    actions.confirm_override(
        by=mash_manager,
        at=NEXT_MORNING,
        contact_id=contact.pk,
        override_id=made.pk,
        is_confirmed=True,
        note="He was on his way",
    )

    assert made.is_provisional
    assert running.started_at == NIGHT
    assert waiting == made
    assert Clock.objects.get(pk=running.pk).stopped_at == NEXT_MORNING
    assert position(contact_id=contact.pk).state == ConsentState.DISPENSED


def test_edt_decides_at_night_what_edt_asked(contact, edt_worker):
    asked = ask(contact, edt_worker, at=NIGHT)

    made = decide(contact, edt_worker, asked, at=NIGHT + timedelta(minutes=5))

    assert made.is_provisional
    assert made.decided_by == made.asked_by


def test_edt_decision_that_is_not_confirmed_ends(contact, edt_worker, mash_manager):
    made = decide(contact, edt_worker, at=NIGHT, kind=ConsentState.DISPENSED)
    given = {"contact_id": contact.pk, "override_id": made.pk, "is_confirmed": False}

    with pytest.raises(Refused, match="Say why"):
        actions.confirm_override(by=mash_manager, at=NEXT_MORNING, note="", **given)
    actions.confirm_override(by=mash_manager, at=NEXT_MORNING, note="Not needed", **given)

    assert position(contact_id=contact.pk).state == ConsentState.NOT_ASKED_YET
    with pytest.raises(Refused, match="does not wait"):
        actions.confirm_override(by=mash_manager, at=NEXT_MORNING, note="Again", **given)


def test_lawful_basis_is_a_fact_of_its_own(contact, contact_officer):
    actions.record_lawful_basis(
        by=contact_officer,
        at=hours(1),
        contact_id=contact.pk,
        basis="public_task",
        special="safeguarding",
    )

    now = position(contact_id=contact.pk)
    assert now.lawful_basis.basis == "public_task"
    assert now.state == ConsentState.NOT_ASKED_YET


def test_agreement_the_decider_did_not_know_of_ends_the_override(
    contact, contact_officer, mash_manager
):
    override = ask(contact, contact_officer)
    decide(contact, mash_manager, override)

    with application_clock.set_to(hours(2.5)):  # said before the decision, written down after it
        answered(contact, contact_officer, ConsentState.GIVEN, at=hours(1.75))

    found = position(contact_id=contact.pk)
    assert (found.state, found.override) == (ConsentState.GIVEN, None)
