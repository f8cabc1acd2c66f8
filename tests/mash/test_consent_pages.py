"""Going on without agreement: asked by one person, decided by another, confirmed after EDT."""

import pytest
from django.urls import reverse

from cases import actions as case_actions
from cases.choices import ConsentFrom, ConsentScope, ConsentState, Ground
from cases.models import ConsentOverride
from cases.queries.consent import position
from lib import application_clock
from people.choices import YesNoUnknown
from tests.factories.people import RestrictionFactory
from tests.mash.board_cases import NOW, child, london, received
from tests.mash.pages import form, text_of

pytestmark = pytest.mark.django_db

WHOLE = {
    "is_granted": "yes",
    "grounds": ["RISK_CHILD"],
    "agencies": "Police, health visitor",
    "will_family_be_told": "no",
    "family_told_note": "It would put Hana at risk",
    "why_necessary": "Nobody else can say whether he is back.",
}


@pytest.fixture(autouse=True)
def _thursday():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def contact(contact_officer):
    return received(contact_officer, child())


@pytest.fixture
def asked(contact, mash_social_worker):
    return case_actions.ask_override(
        by=mash_social_worker,
        at=NOW,
        contact_id=contact.pk,
        kind=ConsentState.DISPENSED,
        because="Asking would warn him",
    )


def url(name, thing):
    return reverse(f"mash:{name}", args=[thing.pk])


def refuse(contact, by):
    case_actions.record_answer(
        by=by,
        at=NOW,
        contact_id=contact.pk,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=ConsentScope.CHECKS,
        state=ConsentState.REFUSED,
        words="Leave us alone",
    )


def test_going_on_without_asking_is_put_to_a_manager(client, contact, mash_social_worker):
    client.force_login(mash_social_worker)

    shown = text_of(client.get(url("override_ask", contact)))
    missing = text_of(client.post(url("override_ask", contact), form()))
    page = client.post(
        url("override_ask", contact), form(because="Asking would warn him"), follow=True
    )

    assert "Go on without asking them" in shown
    assert "Say why it would be right to go on without agreement" in missing
    assert ConsentOverride.objects.get().kind == ConsentState.DISPENSED
    assert "A manager has been asked." in text_of(page)
    assert "Decide whether to go on without agreement" in text_of(page)


def test_after_a_refusal_the_question_is_another(client, contact, mash_social_worker):
    refuse(contact, mash_social_worker)
    client.force_login(mash_social_worker)

    shown = text_of(client.get(url("override_ask", contact)))
    client.post(url("override_ask", contact), form(because="Hana is at risk"))

    assert "Go on although they said no" in shown
    assert "“Leave us alone”" in shown
    assert ConsentOverride.objects.get().kind == ConsentState.OVERRIDDEN


def test_asking_twice_is_refused_in_words(client, contact, asked, mash_social_worker):
    client.force_login(mash_social_worker)

    page = text_of(client.post(url("override_ask", contact), form(because="Again")))

    assert "A manager has been asked already and has not answered yet." in page


def test_manager_decides_with_grounds_and_reasons(client, contact, asked, mash_manager):
    client.force_login(mash_manager)

    shown = text_of(client.get(url("override_decide", asked)))
    page = client.post(url("override_decide", asked), form(**WHOLE), follow=True)
    asked.refresh_from_db()

    assert "Asked by Pat Fixture, today, 13:30: Asking would warn him" in shown
    assert asked.state == ConsentOverride.State.GRANTED
    assert asked.grounds == ["RISK_CHILD"]
    assert asked.decided_by == mash_manager
    assert position(contact_id=contact.pk).state == ConsentState.DISPENSED
    assert "Going on without agreement is decided." in text_of(page)
    assert "Nobody else can say whether he is back." in text_of(page)


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("is_granted", "Choose yes or no"),
        ("grounds", "Choose at least one ground"),
        ("why_necessary", "Say why it is necessary and proportionate, or why not"),
        ("will_family_be_told", "Choose whether the family will be told"),
        ("family_told_note", "Say when the family will be told, or why not"),
    ],
)
def test_half_a_decision_is_refused_and_kept(client, asked, mash_manager, without, said):
    typed = {name: value for name, value in WHOLE.items() if name != without}
    client.force_login(mash_manager)

    response = client.post(url("override_decide", asked), form(**typed))
    asked.refresh_from_db()

    assert said in text_of(response)
    assert "Police, health visitor" in response.content.decode()
    assert asked.state == ConsentOverride.State.ASKED


def test_attempts_are_needed_when_nobody_could_be_reached(client, asked, mash_manager):
    client.force_login(mash_manager)

    page = client.post(
        url("override_decide", asked), form(**{**WHOLE, "grounds": ["CANNOT_CONTACT"]})
    )

    assert "List the attempts to reach the family" in text_of(page)


def test_manager_may_say_no(client, contact, asked, mash_manager):
    client.force_login(mash_manager)

    page = client.post(
        url("override_decide", asked),
        form(is_granted="no", why_necessary="Ask her first, at school."),
        follow=True,
    )
    asked.refresh_from_db()

    assert asked.state == ConsentOverride.State.REFUSED
    assert "You decided not to go on without agreement." in text_of(page)


def test_who_asked_reads_who_can_decide_instead_of_a_button(
    client, contact, mash_manager, second_mash_manager
):
    own = case_actions.ask_override(
        by=mash_manager,
        at=NOW,
        contact_id=contact.pk,
        kind=ConsentState.DISPENSED,
        because="Asking would warn him",
    )
    client.force_login(mash_manager)

    response = client.get(url("override_decide", own))
    refused = client.post(url("override_decide", own), form(**WHOLE))
    own.refresh_from_db()

    assert "You asked for this, so somebody else decides." in text_of(response)
    assert "Owen Standin" in text_of(response)
    assert "Record the decision" not in text_of(response)
    assert "You asked for this, so somebody else decides." in text_of(refused)
    assert own.state == ConsentOverride.State.ASKED


def test_deciding_twice_is_refused_in_words(client, asked, mash_manager, second_mash_manager):
    client.force_login(mash_manager)
    client.post(url("override_decide", asked), form(**WHOLE))
    client.force_login(second_mash_manager)

    page = text_of(client.post(url("override_decide", asked), form(**WHOLE)))

    assert "This request has been answered already." in page


@pytest.mark.parametrize("persona", ["contact_officer", "mash_social_worker", "auditor"])
def test_only_a_manager_decides(client, asked, persona, request):
    client.force_login(request.getfixturevalue(persona))

    answer = client.post(url("override_decide", asked), form(**WHOLE))
    asked.refresh_from_db()

    assert answer.status_code == 403
    assert asked.state == ConsentOverride.State.ASKED


def test_edt_decides_out_of_hours_and_the_manager_confirms(
    client, contact, edt_worker, mash_manager
):
    night = london(12, 22)
    client.force_login(edt_worker)
    with application_clock.set_to(night):
        page = client.post(url("override_edt", contact), form(**WHOLE), follow=True)
        assert "A MASH manager confirms it next working day." in text_of(page)
        assert "Provisional: made by EDT, to be confirmed." in text_of(page)
    override = ConsentOverride.objects.get()
    assert override.is_provisional
    client.force_login(mash_manager)
    morning = london(13, 9, 30)

    with application_clock.set_to(morning):
        missing = text_of(client.post(url("override_confirm", override), form()))
        page = client.post(
            url("override_confirm", override),
            form(is_confirmed="yes", note="He was back"),
            follow=True,
        )
        again = client.post(url("override_confirm", override), form(is_confirmed="no", note="No"))
    override.refresh_from_db()

    assert "Choose whether the decision stands" in missing
    assert override.confirmed_by == mash_manager
    assert override.state == ConsentOverride.State.GRANTED
    assert "It is recorded." in text_of(page)
    assert "This decision does not wait for confirmation." in text_of(again)


def test_edt_decision_that_does_not_stand_ends(client, contact, edt_worker, mash_manager):
    with application_clock.set_to(london(12, 22)):
        override = case_actions.answer_override(
            by=edt_worker,
            at=london(12, 22),
            contact_id=contact.pk,
            kind=ConsentState.DISPENSED,
            grounds=[Ground.RISK_CHILD],
            why_necessary="He was on his way.",
            will_family_be_told=YesNoUnknown.YES,
        )
    client.force_login(mash_manager)

    with application_clock.set_to(london(13, 9, 30)):
        client.post(
            url("override_confirm", override), form(is_confirmed="no", note="She had agreed")
        )
    override.refresh_from_db()

    assert override.state == ConsentOverride.State.ENDED
    assert position(contact_id=contact.pk).state == ConsentState.NOT_ASKED_YET


def test_edt_may_not_decide_in_office_hours(client, contact, asked, edt_worker):
    client.force_login(edt_worker)

    assert client.post(url("override_decide", asked), form(**WHOLE)).status_code == 403
    late = client.post(url("override_edt", contact), form(**WHOLE))
    assert late.status_code == 403  # the office opened while it was typed
    assert WHOLE["why_necessary"] in late.content.decode()
    assert "what you typed is still here" in text_of(late)
    asked.refresh_from_db()
    assert asked.state == ConsentOverride.State.ASKED


def test_pages_of_a_restricted_contact_are_closed(
    client, contact, asked, mash_manager, head_of_service
):
    RestrictionFactory(person=contact.people.get().person, owner=head_of_service)
    client.force_login(mash_manager)

    for name, thing in (("override_ask", contact), ("override_decide", asked)):
        response = client.get(url(name, thing))
        assert response.status_code == 403
        assert "Aaliyah" not in response.content.decode()
