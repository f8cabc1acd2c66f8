"""The one search box: names, identifiers, addresses, references; nobody hidden is revealed."""

from datetime import date

import pytest
from django.urls import reverse

from cases import actions
from cases.choices import Channel
from cases.models import Involvement
from cases.queries.search import NOBODY, ONE_NAME, ONLY_A_ROAD, _read, search
from cases.stated import Stated
from people import actions as people_actions
from people.choices import HouseholdRole, IdentifierKind, Source
from people.models import Person
from tests.cases.front_door import TYPED
from tests.factories.people import ChildFactory, RestrictionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(contact_officer):
    return actions.receive(
        by=contact_officer,
        at=TYPED,
        channel=Channel.PHONE,
        words="Came in quiet.",
        source_code="2A",
        external_reference="TVP/26-004417",
        people=[
            Stated(
                given_name="Aaliyah",
                family_name="Testwood",
                date_of_birth=date(2018, 9, 14),
                sex="F",
                nhs_number="999 000 0018",
                address_line="14 Sample Row",
                postcode="SL1 2EL",
                household_role=HouseholdRole.RESIDENT_CHILD,
            )
        ],
    )


@pytest.fixture
def child(contact):
    return Person.objects.get(given_name="Aaliyah")


def found(by, words):
    return [row.person_id for row in search(by=by, words=words, at=TYPED).people]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (
            "Zayn Testwood 14 Sample Row SL1 2EL",
            {
                "given_name": "Zayn",
                "family_name": "Testwood",
                "address_line": "14 Sample Row",
                "postcode": "SL1 2EL",
            },
        ),
        ("Flat 2, 14 Sample Row", {"address_line": "Flat 2, 14 Sample Row"}),
        ("O'Brien, 3 May 2014", {"given_name": "O'Brien", "date_of_birth": "3 May 2014"}),
        ("May 2014 Testwood", {"given_name": "Testwood", "date_of_birth": "May 2014"}),
        ("3/5/14", {"date_of_birth": "3/5/14"}),
        ("31/02/2020 nobody", {"given_name": "nobody", "date_of_birth": "31/02/2020"}),
        ("Zayn 999 000 0019", {"given_name": "Zayn", "nhs_number": "999 000 0019"}),
        ("x871400119001", {"upn": "x871400119001"}),
        ("Zayn 1-Feb-22", {"given_name": "Zayn", "date_of_birth": "1-Feb-22"}),
        ("Zayn 99900000188", {"given_name": "Zayn", "nhs_number": "99900000188"}),
        (
            "Zayn Testwood, Sample Road",
            {"given_name": "Zayn", "family_name": "Testwood", "address_line": "Sample Road"},
        ),
        ("Tom Lane", {"given_name": "Tom", "family_name": "Lane"}),
    ],
)
def test_what_was_typed_is_taken_apart(typed, asked):
    assert {name: text for name, text in _read(typed).items() if text} == asked


@pytest.mark.parametrize(
    "words",
    [
        "Aaliyah Testwood",
        "testwood, AALIYAH",
        "14/9/2018 Testwood",
        "14 sample row sl12el",
        "Aliya Testwood 14 Sample Row",
        "999 000 0018",
        "9990000081",
        "999 000 001",
        "999 000 00018",
        "Testwood ١٤/٩/٢٠١٨",
    ],
)
def test_a_child_is_found_by_whatever_is_known(contact_officer, child, words):
    assert found(contact_officer, words) == [child.pk]


def test_a_child_is_found_by_our_number_and_by_the_one_of_another_body(contact_officer, child):
    people_actions.add_identifier(
        by=contact_officer,
        at=TYPED,
        person_id=child.pk,
        kind=IdentifierKind.OTHER,
        value="HOU-7719",
        source=Source.AGENCY,
    )

    assert found(contact_officer, child.la_child_id.lower()) == [child.pk]
    assert found(contact_officer, "HOU-7719") == [child.pk]


def test_a_contact_is_found_by_the_senders_reference(client, contact_officer, contact):
    client.force_login(contact_officer)

    page = client.post(reverse("cases:search"), {"q": "tvp/26-004417"}, follow=True)

    assert f"Contact {contact.reference}" in page.text
    assert reverse("mash:contact", args=[contact.pk]) in page.text


def test_a_date_that_cannot_be_read_is_said_on_the_page(client, contact_officer, child):
    client.force_login(contact_officer)

    page = client.post(reverse("cases:search"), {"q": "Aaliyah Testwood 31/02/2020"}, follow=True)

    assert "date of birth could not be read" in page.text
    assert "Aaliyah Testwood" in page.text


def test_open_work_on_a_linked_record_is_the_persons(contact_officer, mash_manager, child):
    known = ChildFactory(given_name="Aliyah", family_name="Testwood")
    people_actions.link_records(
        by=mash_manager, at=TYPED, kept_id=known.pk, other_id=child.pk, reason="One number"
    )

    (row,) = search(by=contact_officer, words=child.la_child_id, at=TYPED).people

    assert (row.person_id, row.is_open) == (known.pk, True)
    assert Involvement.objects.filter(child=child, to_at__isnull=True).exists()
    assert row.held_by


@pytest.mark.parametrize("words", ["Aaliyah Testwood 14/9/2018", "9990000018", "number"])
def test_a_restricted_child_is_one_neutral_line(
    client, contact_officer, head_of_service, child, words
):
    RestrictionFactory(person=child, owner=head_of_service)
    client.force_login(contact_officer)
    typed = child.la_child_id if words == "number" else words

    page = client.post(reverse("cases:search"), {"q": typed}, follow=True)

    assert "A restricted record may match" in page.text
    assert str(child.pk) not in page.text
    assert "1 person" not in page.text
    assert found(head_of_service, typed) == [child.pk]


def test_what_agencies_and_administrators_ask_is_refused(client, administrator, child):
    client.force_login(administrator)

    assert (
        client.post(reverse("cases:search"), {"q": child.la_child_id}, follow=True).status_code
        == 403
    )


@pytest.mark.parametrize(
    "typed",
    ["a", "Ж" * 500, "\u202eZayn", "0" * 500, "{1,2}", "-" * 400, "1/1", "%' --", "👩‍👧 Zayn", "َ"],
)
def test_any_text_gets_an_answer(client, contact_officer, typed):
    client.force_login(contact_officer)

    assert client.post(reverse("cases:search"), {"q": typed}, follow=True).status_code == 200


def test_a_search_takes_a_bounded_number_of_queries(
    contact_officer, contact, django_assert_max_num_queries
):
    search(by=contact_officer, words="Aaliyah Testwood", at=TYPED)
    with django_assert_max_num_queries(16):
        search(by=contact_officer, words="Aaliyah Testwood", at=TYPED)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Oisin", ONE_NAME),
        ("Oisin Mockfort", NOBODY),
        ("99900000", NOBODY),
        ("Mock Road", ONLY_A_ROAD),
    ],
)
def test_one_name_alone_is_never_told_to_be_nobodys(contact_officer, child, words, said):
    assert search(by=contact_officer, words=words, at=TYPED).sentence == said
