"""What a system is told of the contacts its agency sent, and never more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import actions as case_actions
from cases.choices import ContactState, Outcome
from cases.models import Contact, Feedback
from lib import application_clock
from record.models import ReadLogEntry
from record.read_log import CannotRecord
from tests.partner_api.systems import ADDRESS, Caller, a_message, caller, token_of

pytestmark = pytest.mark.django_db


def sent(school: Caller, **changes: object) -> Contact:
    reference = school.send(a_message(**changes)).json()["reference"]
    return Contact.objects.get(reference=reference)


def state_of(school: Caller, contact: Contact) -> str:
    return str(school.get(f"{ADDRESS}{contact.reference}/").json()["state"])


def test_a_contact_just_sent_is_received(school):
    contact = sent(school)

    response = school.get(f"{ADDRESS}{contact.reference}/")

    assert response.status_code == 200
    assert response.json() == {
        "reference": contact.reference,
        "your_reference": "CP-2026-0117",
        "received_at": response.json()["received_at"],
        "state": "received",
        "has_feedback": False,
        "feedback": [],
    }
    assert not ReadLogEntry.objects.exists()


def test_a_contact_in_screening_is_being_looked_at(school, contact_officer):
    contact = sent(school)
    case_actions.check_history(
        by=contact_officer, at=application_clock.now(), contact_id=contact.pk, found={}
    )

    assert state_of(school, contact) == "being_looked_at"


@pytest.mark.parametrize(
    ("outcome", "is_provisional", "said"),
    [
        (Outcome.NFA, False, "decided"),
        (Outcome.STRATEGY_DISCUSSION, False, "decided"),
        (Outcome.MASH_ENQUIRY, False, "being_looked_at"),
        (Outcome.REFERRAL, True, "being_looked_at"),
    ],
)
def test_a_decision_is_told_without_its_outcome(school, outcome, is_provisional, said):
    contact = sent(school)
    Contact.objects.filter(pk=contact.pk).update(
        state=ContactState.DECIDED,
        decided_at=application_clock.now(),
        outcome=outcome,
        is_provisional=is_provisional,
    )

    response = school.get(f"{ADDRESS}{contact.reference}/")

    assert response.json()["state"] == said
    assert str(outcome) not in response.content.decode().replace(said, "")


def test_a_void_contact_is_set_aside_without_the_reason(school):
    contact = sent(school)
    Contact.objects.filter(pk=contact.pk).update(state="void", void_reason="Secretword")

    response = school.get(f"{ADDRESS}{contact.reference}/")

    assert response.json()["state"] == "set_aside"
    assert "Secretword" not in response.content.decode()


def owed(contact: Contact) -> Contact:
    """A contact whose sender is owed an answer, as from a decision."""
    Feedback.objects.create(contact=contact, owed_from=application_clock.now())
    return contact


def test_the_agency_reads_what_it_was_told_once_the_reading_is_logged(
    school, contact_officer, monkeypatch
):
    contact = owed(sent(school))
    case_actions.record_feedback(
        by=contact_officer,
        at=application_clock.now(),
        contact_id=contact.pk,
        how="Phone",
        what="We will call.",
    )
    owed(contact)

    response = school.get(f"{ADDRESS}{contact.reference}/")

    assert [each["words"] for each in response.json()["feedback"]] == ["We will call."]
    assert set(response.json()["feedback"][0]) == {"told_at", "words"}
    read = ReadLogEntry.objects.filter(user=school.system.account, kind="api")
    assert read.count() == 2  # a row for each child

    def cannot(**_named):
        raise CannotRecord

    monkeypatch.setattr("record.read_log.record", cannot)
    response = school.get(f"{ADDRESS}{contact.reference}/")
    assert (response.status_code, response.json()["code"]) == (503, "not_now")
    assert "call" not in response.content.decode()


def test_why_nobody_was_told_is_not_told(school, contact_officer):
    contact = owed(sent(school))
    case_actions.record_feedback(
        by=contact_officer,
        at=application_clock.now(),
        contact_id=contact.pk,
        not_told_because="Secretword",
    )

    response = school.get(f"{ADDRESS}{contact.reference}/")

    assert response.json()["feedback"] == []
    assert "Secretword" not in response.content.decode()


def test_another_agency_finds_nothing(school, administrator):
    contact = sent(school)
    police = caller(administrator, "Sampleshire Police", kind="police")

    theirs = police.get(f"{ADDRESS}{contact.reference}/")
    nobodys = police.get(f"{ADDRESS}C-26-99999/")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() == nobodys.json()
    assert police.get().json()["results"] == []


def test_another_system_of_the_agency_finds_it(school, administrator):
    from partner_api import actions

    contact = sent(school)
    second, _secret = actions.open_system(
        by=administrator,
        at=application_clock.now(),
        agency_id=school.system.agency_id,
        name="Nursery records",
        scopes=["contacts:read"],
    )

    response = Caller(second, token_of(second)).get(f"{ADDRESS}{contact.reference}/")

    assert response.status_code == 200


def test_what_was_typed_for_the_agency_by_staff_is_not_in_its_list(school, contact_officer):
    from tests.mash.board_cases import received

    received(contact_officer, sender_agency_id=school.system.agency_id)

    assert school.get().json()["results"] == []


def test_the_list_goes_on_by_its_cursor_newest_first(school):
    references = [sent(school).reference for _ in range(3)]

    first = school.get(page_size="2").json()
    second = Client().get(first["next"], headers=school.headers).json()

    found = [row["reference"] for row in [*first["results"], *second["results"]]]
    assert found == references[::-1]
    assert second["next"] is None
    assert "cursor=" in first["next"]


def test_the_list_is_narrowed_by_day_and_state(school, contact_officer):
    today = application_clock.today()
    looked_at, waiting = sent(school), sent(school)
    case_actions.check_history(
        by=contact_officer, at=application_clock.now(), contact_id=looked_at.pk, found={}
    )

    def found(**query: str) -> list[str]:
        return [row["reference"] for row in school.get(**query).json()["results"]]

    assert found(state="received") == [waiting.reference]
    assert len(found(received_from=str(today), received_to=str(today))) == 2
    assert found(received_to=str(today - timedelta(days=1))) == []
    assert found(received_from="9999-12-31") == []


def test_a_query_that_cannot_be_read_is_a_clear_answer(school):
    sent(school)

    for query in (
        {"state": "secret"},
        {"received_from": "yesterday"},
        {"received_to": "2026-02-30"},
        {"cursor": "cD15ZXN0ZXJkYXk="},
        {"cursor": "%00"},
        {"cursor": "cD0wMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5"},
    ):
        response = school.get(**query)

        assert response.status_code in {400, 404}, query
        assert response.json()["code"]


def test_the_number_of_queries_does_not_grow(school):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert school.get().status_code == 200
        return len(found)

    sent(school)
    few = queries()
    for _ in range(3):
        sent(school)

    assert queries() == few <= 6


def test_what_is_no_reference_is_404(school):
    for reference in ("%00", "C-26-%00001", "x" * 500, "../contacts", "C-26-1"):
        response = school.get(f"{ADDRESS}{reference}/")

        assert (response.status_code, response.json()["code"]) == (404, "not_found"), reference
