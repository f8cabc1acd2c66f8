"""Every message of a file, entered as a careful worker would, beside what was expected of it."""

from datetime import date, datetime, timedelta

import pytest

from cases import actions as case_actions
from cases.choices import ConsentState, Ground, Outcome
from cases.models import ContactPerson, SubmissionPart
from cases.queries.consent import position
from demonstration.samples.compared import (
    STARTED_AT_ONCE,
    clocks_of,
    expected_clocks,
    missing_links,
)
from demonstration.samples.words import read_address, read_name, read_part
from lib import application_clock
from lib.text import folded
from mash import actions
from people import matching
from people.choices import YesNoUnknown
from people.models import HouseholdMembership, Person, PersonAddress
from record.models import Document
from tests.demonstration.sample_files import EVERY_CONTACT, entered

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def world(request, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), entered(request.param) as made:
        yield made


@pytest.fixture
def one(world, request):
    return world.known[request.param]


def every(*, when=lambda expected: True):
    """Run the test for each contact of each file for which `when` holds."""
    import json

    chosen = [
        (path, name)
        for path, name in EVERY_CONTACT
        if when(next(r for r in json.loads(path.read_text()) if r["id"] == name)["expected"])
    ]
    return pytest.mark.parametrize(
        ("world", "one"), chosen, indirect=True, ids=[name for _, name in chosen]
    )


def has_clock(code):
    return lambda expected: any(row["code"] == code for row in expected["clocks"])


def decide_enquiry(world, contact, at):
    """Let the manager open an enquiry for every child the decision has to answer."""
    with application_clock.set_to(at):
        planned = actions.planned_children(by=world.manager, contact=contact, at=at)
        actions.decide(
            by=world.manager,
            at=at,
            contact_id=contact.pk,
            children=[
                actions.ChildLine(
                    child_id=child_id,
                    is_in=True,
                    level="4a",
                    outcome=Outcome.MASH_ENQUIRY,
                    why="Checks are needed first.",
                )
                for child_id in planned
            ],
            know="What the message says.",
            worries="What it does not say.",
            protects="Somebody told us.",
            alternative="Advice would be too little.",
            question="Are these children safe?",
            cumulative_answer="Together these contacts say more than each alone.",
        )


@every()
def test_words_are_kept_to_the_letter_with_the_names_of_the_files(world, one):
    message = one.message

    one.contact.submission.refresh_from_db()

    assert one.contact.submission.words == message.words
    assert set(message.attachments) == set(
        Document.objects.filter(subject_id=one.contact.pk, is_held_elsewhere=True).values_list(
            "name", flat=True
        )
    )


@every()
def test_sender_source_category_danger_and_rating_are_recorded(world, one):
    expected, contact = one.message.expected, one.contact

    assert contact.submission.sender_agency_name == one.message.agency
    assert contact.submission.channel == one.message.channel
    assert contact.source_code == expected["source_code"]
    assert contact.source_also in (expected["source_code_also_defensible"] or [""])
    assert contact.category == expected["category"]
    assert contact.is_danger == expected["immediate_danger"]
    assert contact.rag == expected["rag"]
    assert expected["reason"][0] in contact.rag_reason


@every()
def test_out_of_hours_and_first_decision_are_as_expected(world, one):
    expected = one.message.expected

    due = clocks_of(one.contact)

    assert one.contact.is_out_of_hours == expected["is_out_of_hours"]
    assert due["CON-DEC"] == datetime.fromisoformat(expected["first_decision_due"]["due"])
    assert one.contact.recorded_by == (world.edt if expected["is_out_of_hours"] else world.officer)


@every()
def test_clocks_that_start_on_entry_are_exactly_those_expected(world, one):
    expected = expected_clocks(one.message.expected)

    ours = clocks_of(one.contact)

    assert {code: due for code, due in ours.items() if code in STARTED_AT_ONCE} == {
        code: due for code, due in expected.items() if code in STARTED_AT_ONCE
    }


@every(when=lambda expected: any(row["code"].startswith("MASH-") for row in expected["clocks"]))
def test_an_enquiry_counts_from_receipt_by_its_rating(world, one):
    before = clocks_of(one.contact)
    expected = {
        code: due
        for code, due in expected_clocks(one.message.expected).items()
        if code.startswith("MASH-")
    }

    decide_enquiry(world, one.contact, one.message.received_at + timedelta(minutes=5))

    ours = clocks_of(one.contact)
    assert not any(code.startswith("MASH-") for code in before)
    assert {code: due for code, due in ours.items() if code.startswith("MASH-")} == expected


@every(when=has_clock("CONS-CONF"))
def test_what_edt_decided_without_agreement_is_confirmed_next_working_day(world, one):
    at = one.message.received_at
    # What the emergency duty team reports it decided before it wrote.
    decided_at = at - timedelta(days=1) if "emergency duty" in folded(one.message.agency) else at
    said_no = (ConsentState.REFUSED, ConsentState.WITHDRAWN)
    is_no = position(contact_id=one.contact.pk).answered in said_no

    with application_clock.set_to(at):
        case_actions.answer_override(
            by=world.edt,
            at=decided_at,
            contact_id=one.contact.pk,
            kind=ConsentState.OVERRIDDEN if is_no else ConsentState.DISPENSED,
            grounds=[Ground.RISK_CHILD],
            why_necessary="The children could not wait until morning; police and health.",
            will_family_be_told=YesNoUnknown.YES,
        )

    assert clocks_of(one.contact)["CONS-CONF"] == expected_clocks(one.message.expected)["CONS-CONF"]


@every()
def test_agreement_stands_where_the_parents_left_it(world, one):
    consent = one.message.expected["consent"]

    found = position(contact_id=one.contact.pk)

    assert found.state == consent["state"]
    assert any(consent["as_stated"] in answer.words for answer in found.answers)


@every(when=lambda expected: expected["consent"]["proposed"])
def test_a_manager_can_go_on_without_agreement_if_somebody_asks(world, one):
    at = one.message.received_at + timedelta(minutes=10)
    contact_id = one.contact.pk
    said_no = (ConsentState.REFUSED, ConsentState.WITHDRAWN)
    is_no = position(contact_id=contact_id).answered in said_no
    kind = ConsentState.OVERRIDDEN if is_no else ConsentState.DISPENSED

    with application_clock.set_to(at):
        asked = case_actions.ask_override(
            by=world.worker, at=at, contact_id=contact_id, kind=kind, because="Risk to a child."
        )
        case_actions.answer_override(
            by=world.manager,
            at=at,
            contact_id=contact_id,
            override_id=asked.pk,
            grounds=[Ground.RISK_CHILD],
            why_necessary="Police and health, to know whether the children are safe.",
            will_family_be_told=YesNoUnknown.NO,
            family_told_note="After the first visit",
        )

    assert position(contact_id=contact_id).state == kind


@every()
def test_everybody_is_on_the_record_as_stated(world, one):
    expected = one.message.expected
    rows = [*expected["children"], *expected["adults"]]

    people = {
        row["name_as_given"]: Person.objects.get(pk=one.people[row["name_as_given"]])
        for row in rows
        if row["name_as_given"] not in one.not_for_us
    }

    assert len(people) + len(one.not_for_us) == len({row["name_as_given"] for row in rows})
    for row in rows:
        person = people.get(row["name_as_given"])
        if person is None:
            continue
        if row.get("dob"):
            assert date.fromisoformat(row["dob"]) == person.date_of_birth
        if row.get("nhs_number"):
            assert person.identifiers.filter(value=row["nhs_number"]).exists()
        if row in expected["children"]:
            assert person.la_child_id
            stated = on_its_contact(one, person)
            assert (
                row["age_as_stated"] is None
                or stated is None
                or (str(row["age_as_stated"]) in stated.as_stated.get("age", ""))
            )


def on_its_contact(one, person):
    """The person's row of this message; None where a part of it joined an earlier contact."""
    contacts = [one.contact, *one.apart]
    return ContactPerson.objects.filter(contact__in=contacts, person=person).first()


@every()
def test_nobody_has_a_date_of_birth_that_was_not_stated(world, one):
    for row in one.message.expected["children"]:
        stated = on_its_contact(one, Person.objects.get(pk=one.people[row["name_as_given"]]))
        if stated is not None:
            assert stated.as_stated.get("date_of_birth") == row["dob"]
            assert stated.as_stated.get("expected_on") == row["expected_date"]
            assert row["name_as_given"] in stated.as_stated["note"]


@every()
def test_everybody_lives_where_the_message_says(world, one):
    expected = one.message.expected
    homes = {
        row["key"]: read_address(row["address"], row.get("note", ""))
        for row in expected["households"]
    }
    joined_elsewhere = bool(one.added_to or one.apart)
    for row in [*expected["children"], *expected["adults"]]:
        person_id = one.people.get(row["name_as_given"])
        if person_id is None or joined_elsewhere:
            continue
        lives = HouseholdMembership.objects.filter(person=person_id, to_on__isnull=True)
        home = homes.get(row["household"])
        if home is None:
            assert not lives.exists()
            continue
        assert lives.exists()
        if home.line and "visitor" not in lives.first().role:
            stays = PersonAddress.objects.filter(person=person_id, to_on__isnull=True)
            lines = [folded(stay.address.line) for stay in stays.select_related("address")]
            assert any(folded(home.line) in line for line in lines)
    for home in homes.values():
        if home.line and not joined_elsewhere:
            assert any(
                folded(home.line) in folded(stay.address.line)
                for stay in PersonAddress.objects.filter(
                    person__in=one.people.values()
                ).select_related("address")
            )


@every()
def test_names_are_found_without_their_accents(world, one):
    expected = one.message.expected
    homes = {row["key"]: read_address(row["address"]) for row in expected["households"]}
    for row in [*expected["children"], *expected["adults"]]:
        name = read_name(row["name_as_given"])
        person_id = one.people.get(row["name_as_given"])
        is_child = row in expected["children"]
        if person_id is None or not name.given or not (name.family or is_child):
            continue
        if Person.objects.get(pk=person_id).stage == "unborn":
            continue
        home = homes.get(row["household"])
        with application_clock.set_to(world.end):
            answer = matching.candidates(
                by=world.officer,
                given_name=folded(name.given),
                family_name=folded(name.family),
                date_of_birth=row.get("dob") or "",
                address_line=home.line if home else "",
                postcode=home.postcode if home else "",
            )
        found = [candidate.person_id for candidate in answer.candidates]
        assert person_id in found, row["name_as_given"]


@every()
def test_families_connect_and_strangers_do_not(world, one):
    expected = [
        link["contact"] for link in one.message.expected["links"] if link["is"] == "earlier"
    ]

    linked = one.contact.links.filter(other__isnull=False, ended_at__isnull=True)

    assert missing_links(one, world.known) == set()
    assert bool(linked or one.added_to) == bool(expected)


@every(when=lambda expected: expected["should_become"])
def test_one_message_becomes_the_records_it_should(world, one):
    parts = SubmissionPart.objects.filter(submission=one.contact.submission)
    rows = one.message.expected["should_become"]
    numbered = [row for row in rows if read_part(one.message.words, row["entry"])]

    assert parts.count() >= len(numbered)
    for contact in one.apart:
        assert contact.received_at == one.message.received_at
        assert contact.words not in one.contact.words
    for row in numbered:
        if row["action"].startswith("no contact"):
            part = parts.get(label=f"Entry {row['entry']}")
            assert part.went_to == SubmissionPart.WentTo.NOT_A_CHILD


@every()
def test_what_must_happen_before_a_rule_would_say_so_has_a_place(world, one):
    deadline = one.message.expected.get("real_world_deadline") or {
        "at": one.message.received_at.isoformat(),
        "why": "children may be alone now",
    }
    before_at = datetime.fromisoformat(deadline["at"])

    with application_clock.set_to(world.end):
        contact = case_actions.change_contact(
            by=world.officer,
            at=world.end,
            contact_id=one.contact.pk,
            act_before_at=before_at,
            act_before_why=deadline["why"],
        )

    contact.refresh_from_db()
    assert (contact.act_before_at, contact.act_before_why) == (before_at, deadline["why"])
