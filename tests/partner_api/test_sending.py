"""A contact that a system of an agency sends, from the request to the record."""

from __future__ import annotations

import json
import threading
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from cases.choices import BoardState, Channel, ConsentState, ContactState
from cases.models import Contact, ContactPerson, Submission
from dev.services import BASE_DIR
from lib import application_clock
from mash.queries import contact as contact_queries
from partner_api.models import Sending
from people import matching
from people.choices import RelationshipKind
from people.models import Person, Relationship
from record.models import Clock, Event
from tests.factories.accounts import PartnerAgencyFactory
from tests.factories.people import RestrictionFactory
from tests.mash.board_cases import child, received
from tests.partner_api.systems import ADDRESS, a_message, caller, codes

pytestmark = pytest.mark.django_db


def test_a_contact_is_recorded_before_201(school):
    response = school.send(a_message())

    assert response.status_code == 201, response.content
    contact = Contact.objects.get()
    assert response.json()["reference"] == contact.reference
    assert response.json()["state"] == "received"
    assert response["Location"] == f"{ADDRESS}{contact.reference}/"
    assert contact.state == ContactState.RECEIVED
    assert contact.board_state == BoardState.SCREENING
    assert contact.source_code == "2A"
    assert contact.source_agency == school.system.agency
    assert contact.referrer_name == "Orla Samplewick"
    assert contact.recorded_by == school.system.account
    assert contact.submission.channel == Channel.API
    assert contact.submission.external_reference == "CP-2026-0117"
    assert Clock.objects.filter(subject_id=contact.pk, rule="CON-DEC").exists()


def test_everybody_named_waits_for_an_officer_to_say_who_they_are(school):
    school.send(a_message())

    rows = list(ContactPerson.objects.order_by("position").select_related("person"))
    assert [row.match for row in rows] == [ContactPerson.Match.TO_SETTLE] * 3
    assert [row.person.name for row in rows][:2] == ["Zayn Testwood", "Nadia Testwood"]
    assert rows[0].as_stated["age"] == "born September 2018"
    assert rows[0].as_stated["born"] == "2018-09"
    assert rows[2].person.stage == "unborn"
    mother = Relationship.objects.filter(person=rows[1].person, kind=RelationshipKind.MOTHER)
    assert {each.other_id for each in mother} == {rows[0].person_id, rows[2].person_id}
    assert mother.get(other=rows[0].person).parental_responsibility == "yes"


def test_everybody_with_a_name_is_asked_about_on_the_contact(school, contact_officer):
    message = a_message()
    message["adults"].append({"description": "her partner"})
    school.send(message)

    page = contact_queries.contact_page(
        by=contact_officer, contact=Contact.objects.get(), at=application_clock.now()
    )

    rows = ContactPerson.objects.exclude(person__description="her partner")
    rows = rows.values_list("pk", flat=True)
    assert {one.contact_person_id for one in page.settling} == set(rows)
    assert (len(rows), ContactPerson.objects.count()) == (3, 4)


def test_what_the_family_said_is_kept_as_reported(school):
    school.send(a_message())

    answer = Contact.objects.get().consent_answers.get()
    assert answer.how == "reported"
    assert answer.state == ConsentState.GIVEN


def known_child(officer, *, is_restricted_by=None):
    """Zayn, who is on file under another spelling and with his number."""
    contact = received(
        officer,
        child(
            "Zain",
            date_of_birth=date(2018, 9, 14),
            sex="M",
            postcode="SL1 2EL",
            nhs_number="999 000 0018",
        ),
    )
    known = contact.people.get().person
    if is_restricted_by is not None:
        RestrictionFactory(person=known, owner=is_restricted_by)
    return known


def test_an_officer_is_offered_whom_we_know_and_links(client, school, contact_officer):
    known = known_child(contact_officer)
    reference = school.send(a_message()).json()["reference"]
    contact = Contact.objects.get(reference=reference)
    row = contact.people.get(as_stated__given_name="Zayn")
    client.force_login(contact_officer)

    page = client.get(reverse("mash:contact", args=[contact.pk])).content.decode()

    assert "from another system" in page
    assert "by from" not in page
    assert "Settle which record is Zayn" in page
    assert "Zain Testwood" in page
    client.post(
        reverse("mash:settle", args=[contact.pk]),
        {"row": str(row.pk), "match": str(known.pk)},
    )
    row.refresh_from_db()
    assert (row.match, row.person_id) == (ContactPerson.Match.LINKED, known.pk)


def test_a_part_of_a_birth_is_searched_by(school, contact_officer):
    known = known_child(contact_officer)
    contact = Contact.objects.get(reference=school.send(a_message()).json()["reference"])
    row = contact.people.get(as_stated__given_name="Zayn")

    with patch.object(matching, "candidates", wraps=matching.candidates) as asked:
        found = contact_queries.settling_of(by=contact_officer, row=row)

    assert asked.call_args.kwargs["date_of_birth"] == "2018-09"
    assert known.pk in {each.person_id for each in found.candidates}


def test_the_answer_about_a_restricted_child_is_that_about_anybody(
    client, school, head_of_service, contact_officer
):
    known_child(contact_officer, is_restricted_by=head_of_service)

    about_them = school.send(a_message())
    about_nobody = school.send(
        a_message(children=[{"given_name": "Nobody", "family_name": "Mockford"}], adults=[])
    )

    assert about_them.status_code == about_nobody.status_code == 201
    assert set(about_them.json()) == set(about_nobody.json())
    assert set(about_them.headers) == set(about_nobody.headers)
    standing = [school.get(each["Location"]).json() for each in (about_them, about_nobody)]
    assert [each["state"] for each in standing] == ["received", "received"]
    for row in ContactPerson.objects.filter(match=ContactPerson.Match.LINKED):
        pytest.fail(f"{row.pk} was linked by itself")


def test_sending_looks_nobody_up(school, contact_officer):
    known_child(contact_officer)

    def asked(family_name: str) -> int:
        child = {"given_name": "Zain", "family_name": family_name, "date_of_birth": "2018-09-14"}
        with CaptureQueriesContext(connection) as found:
            assert school.send(a_message(children=[child], adults=[])).status_code == 201
        return len(found)

    asked("Testwood")  # what a process reads once, it has read now

    assert asked("Testwood") == asked("Mockfordian")


def test_the_timeline_says_that_the_agency_did_it(school):
    school.send(a_message())

    roles = set(Event.objects.filter(code__startswith="contact.").values_list("role", flat=True))
    assert roles == {"partner_agency"}


def test_the_same_key_gives_the_same_answer_and_one_contact(school):
    first = school.send(a_message(), key="message-0001")
    again = school.send(json.dumps(a_message(), indent=2).encode(), key="message-0001")

    assert (again.status_code, again.json()) == (201, first.json())
    assert Contact.objects.count() == Sending.objects.count() == 1


def test_the_same_key_with_another_message_is_409(school):
    school.send(a_message(), key="message-0001")

    response = school.send(a_message(concern="Something else."), key="message-0001")

    assert (response.status_code, response.json()["code"]) == (409, "key_used")
    assert Contact.objects.count() == 1


def test_another_system_may_use_the_same_key(school, administrator):
    police = caller(administrator, "Sampleshire Police", kind="police")
    school.send(a_message(), key="message-0001")

    assert police.send(a_message(), key="message-0001").status_code == 201
    assert Contact.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_contact(school):
    answers: list[tuple[int, Any]] = []

    def send() -> None:
        response = school.send(a_message(), key="message-0001")
        answers.append((response.status_code, response.json()))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers[0] == answers[1]
    assert answers[0][0] == 201
    assert Contact.objects.count() == 1


def test_a_message_refused_leaves_nothing(school):
    children = [{"given_name": "Zayn", "date_of_birth": "1990-01-01"}]

    response = school.send(a_message(children=children, adults=[], agreement=[]))

    assert response.status_code == 400
    assert not Contact.objects.exists()
    assert not Submission.objects.exists()
    assert not Person.objects.exists()


def test_an_agency_without_the_role_is_refused(school):
    school.system.account.role_assignments.all().delete()

    response = school.send(a_message())

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert not Contact.objects.exists()


def test_danger_jumps_the_queue(school):
    school.send(a_message(immediate_danger="yes"))

    assert Clock.objects.filter(rule="CON-RED").exists()


def test_nothing_of_the_message_is_in_the_answer(school):
    response = school.send(a_message())

    assert set(response.json()) == {"reference", "received_at", "state"}


BAD = [
    (b"", 400, "invalid"),
    (b"{", 400, "not_json"),
    (b"\xff\xfe", 400, "not_json"),
    (b"[]", 400, "not_an_object"),
    (b'"Zayn"', 400, "not_an_object"),
    (b"null", 400, "not_an_object"),
    (b'{"concern": NaN}', 400, "not_json"),
    (b"[" * 100_000, 400, "not_json"),
    (b'{"a":' * 20_000, 400, "not_json"),
    (b'{"concern": 1' + b"0" * 5_000 + b"}", 400, "not_json"),
    (b" " * (3 * 1024 * 1024 + 1), 413, "too_large"),
    (b" " * (10 * 1024 * 1024 + 1), 413, "too_large"),
]


def test_what_is_no_message_is_said_to_be_none(school):
    for body, status, code in BAD:
        response = school.send(body)

        assert (response.status_code, response.json()["code"]) == (status, code), body[:40]


WRONG: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"concern": "x" * 200_001}, ("concern", "max_length")),
    ({"concern": ""}, ("concern", "blank")),
    ({"concern": "Zayn\u0000"}, ("concern", "characters")),
    ({"concern": "Zayn\u0007"}, ("concern", "characters")),
    ({"concern": "Zayn\ud800"}, ("concern", "characters")),
    ({"concern": ["x"]}, ("concern", "invalid")),
    ({"concern": 7}, ("concern", "invalid")),
    ({"concern": None}, ("concern", "null")),
    ({"sender": {"name": "Orla"}}, ("sender.role", "required")),
    ({"sender": "Orla"}, ("sender", "invalid")),
    ({"sender": {"name": "O", "role": "x", "email": "no"}}, ("sender.email", "email")),
    ({"children": []}, ("children", "empty")),
    ({"children": {}}, ("children", "not_a_list")),
    ({"children": [7]}, ("children.0", "invalid")),
    ({"children": [{}] * 21}, ("children", "max_length")),
    ({"children": [{}]}, ("children.0.given_name", "invalid")),
    ({"children": [{"given_name": "Z\n"}]}, ("children.0.given_name", "characters")),
    ({"children": [{"given_name": "Z", "date_of_birth": "2999-01-01"}]},
     ("children.0.date_of_birth", "future")),
    ({"children": [{"given_name": "Z", "date_of_birth": "2999"}]},
     ("children.0.date_of_birth", "future")),
    ({"children": [{"given_name": "Z", "date_of_birth": "2019-02-30"}]},
     ("children.0.date_of_birth", "date")),
    ({"children": [{"given_name": "Z", "date_of_birth": "٢٠١٩"}]},
     ("children.0.date_of_birth", "date")),
    ({"children": [{"given_name": "Z", "postcode": "nowhere"}]},
     ("children.0.postcode", "invalid")),
    ({"children": [{"given_name": "Z", "sex": "girl"}]}, ("children.0.sex", "invalid_choice")),
    ({"children": [{"given_name": "Z", "ethnicity": "zzzz"}]},
     ("children.0.ethnicity", "invalid_choice")),
    ({"children": [{"stage": "unborn", "given_name": "Z"}]}, ("children.0.given_name", "invalid")),
    ({"children": [{"stage": "unborn", "expected_on": "2019-01-01"}]},
     ("children.0.expected_on", "invalid")),
    ({"children": [{"given_name": "Z", "Sex": "M"}]}, ("children.0.Sex", "unknown")),
    ({"children": [{"given_name": "Z", "a\ud800": "M"}]}, ("children.0.?", "unknown")),
    ({"adults": [{"given_name": "N", "relations": [{"child": 5, "kind": "mother"}]}]},
     ("adults.0.relations.0.child", "no_child")),
    ({"adults": [{"given_name": "N", "relations": [{"child": 1e999, "kind": "mother"}]}]},
     ("adults.0.relations.0.child", "invalid")),
    ({"adults": [{"given_name": "N", "relations": [{"child": 0, "kind": "other"}] * 20}] * 4},
     ("adults", "max_length")),
    ({"agreement": [{"asked_as": "carer", "state": "refused"}]},
     ("agreement.0.words", "required")),
    ({"agreement": [{"asked_as": "carer", "state": "withdrawn"}]},
     ("agreement.0.state", "invalid_choice")),
    ({"written_at": "2026-03-12T10:00:00"}, ("written_at", "zone")),
    ({"written_at": "2999-03-12T10:00:00Z"}, ("written_at", "future")),
    ({"act_before_at": "0001-01-01T00:00:00+23:59"}, ("act_before_at", "overflow")),
    ({"act_before_at": "9999-12-31T23:59:59-23:59"}, ("act_before_at", "overflow")),
    ({"source_code": "ZZ"}, ("source_code", "invalid_choice")),
]  # fmt: skip


def test_what_cannot_be_taken_is_named_with_its_place(school):
    for changes, error in WRONG:
        message = json.dumps(a_message(adults=[], agreement=[]) | changes)

        response = school.send(message.replace("Infinity", "1e999").encode())

        assert (response.status_code, error in codes(response)) == (400, True), error
        assert all(each["detail"].strip() for each in response.json()["errors"])
    assert not Contact.objects.exists()


@pytest.mark.parametrize("key", [None, "short", "x" * 101, "with space in", "é" * 10])
def test_a_key_is_asked_for(school, key):
    response = school.send(a_message(), key=key)

    assert response.status_code == 400
    assert response.json()["code"] in {"key_missing", "key_not_possible"}


def test_another_content_type_is_415(school):
    response = school.send(b"concern=x", content_type="application/x-www-form-urlencoded")

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_words_of_the_longest_kind_are_taken(school):
    words = "\U0001f600" * 200_000

    response = school.send(json.dumps(a_message(concern=words, adults=[], agreement=[])).encode())

    assert response.status_code == 201
    assert Contact.objects.get().words == words


def test_nothing_sent_stands_in_an_error(school):
    response = school.send(
        a_message(children=[{"given_name": "Zayn", "sex": "Secretword", "postcode": "Secretword"}])
    )

    assert "Secretword" not in response.content.decode()


def test_a_system_that_sends_too_often_waits(school, settings):
    settings.API_RATES = settings.API_RATES | {"send": "1/min"}
    school.send(a_message())

    response = school.send(a_message())

    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert int(response["Retry-After"]) > 0


def test_answers_go_out_in_steps(school, settings, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr("partner_api.views.contacts.time.sleep", waited.append)
    settings.API_ANSWER_SECONDS = 0.5

    school.send(a_message())
    school.send(b"{")

    assert len(waited) == 2
    assert all(0 < each <= 0.5 for each in waited)


def test_an_agency_that_is_not_in_the_list_still_sends(school):
    agency = school.system.agency
    agency.is_active = False
    agency.save()
    PartnerAgencyFactory()

    assert school.send(a_message()).status_code == 201


def test_a_session_of_the_pages_does_not_count(client, contact_officer, mash_manager):
    client.force_login(contact_officer)

    response = client.post(ADDRESS, a_message(), content_type="application/json")

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"
    assert Client().get(ADDRESS).status_code == 401


def test_a_message_in_pieces_is_asked_for_whole(school):
    response = school.send(b"", headers=school.headers | {"Transfer-Encoding": "chunked"}, key=None)

    assert (response.status_code, response.json()["code"]) == (411, "length_needed")


def test_the_example_of_the_guide_is_taken(school):
    guide = (BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
    example = guide.split("```json\n")[1].split("```")[0]

    assert school.send(example.encode()).status_code == 201


def test_a_failure_on_our_side_has_the_one_shape_and_the_reference_of_the_log(school, monkeypatch):
    def fails(*_args, **_kwargs):
        raise ValueError("Zayn Testwood")

    monkeypatch.setattr("partner_api.actions.send_contact", fails)
    ours = Client(raise_request_exception=False)
    headers = school.headers | {"Idempotency-Key": "a-key-of-ours"}

    with capture_logs(processors=[merge_contextvars]) as lines:
        response = ours.post(ADDRESS, a_message(), content_type="application/json", headers=headers)

    assert (response.status_code, response["Content-Type"]) == (500, "application/json")
    said = response.json()
    assert (said["code"], said["errors"]) == ("failed", [])
    assert "Testwood" not in response.content.decode()
    failed = next(line for line in lines if line["event"] == "request_failed")
    assert said["reference"] == failed["request_id"]


def test_a_request_for_nobody_of_ours_has_the_one_shape(school):
    response = Client().get(ADDRESS, headers=school.headers | {"Host": "else where"})

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_a_cache_that_is_away_turns_nobody_away(school, monkeypatch):
    def away(*_args, **_kwargs):
        raise RedisConnectionError

    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.allow_request", away)

    assert school.send(a_message()).status_code == 201
