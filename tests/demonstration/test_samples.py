"""Every message of a file, entered as a careful worker would, beside what was expected of it."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from cases import actions as case_actions
from cases.choices import ConsentState, Ground, Outcome
from cases.models import ContactPerson, SubmissionPart
from cases.queries.consent import position
from demonstration.samples.compared import (
    STARTED_AT_ONCE,
    clocks_begun,
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
from people.models import HouseholdMembership, Person, PersonAddress, Relationship
from record.models import Document
from tests.demonstration.sample_files import EVERY_CONTACT, OURS, entered

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def world(request, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), entered(request.param) as made:
        yield made


@pytest.fixture
def one(world, request):
    return world.known[request.param]


ours = pytest.mark.parametrize("world", [OURS], indirect=True, ids=["ours"], scope="module")


def every(*, when=lambda expected: True):
    """Run the test for each contact of each file for which `when` holds."""
    chosen = [
        (path, name)
        for path, name in EVERY_CONTACT
        if when(next(r for r in json.loads(path.read_text()) if r["id"] == name)["expected"])
    ]
    return pytest.mark.parametrize(
        ("world", "one"),
        chosen,
        indirect=True,
        ids=[name for _, name in chosen],
        # Else the narrower of the two would have the file entered again for each contact.
        scope="module",
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

    ours = clocks_begun(one)

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


# What a careless system gets wrong, on our own file ------------------------------------------


def person_of(world, name, as_given):
    return Person.objects.get(pk=world.known[name].people[as_given])


@ours
def test_twenty_to_two_is_the_first_of_the_two_when_the_message_says_summer_time(world):
    contact = world.known["TS-11"].contact

    assert contact.received_at == datetime(2025, 10, 26, 0, 40, tzinfo=UTC)
    assert clocks_of(contact)["CON-RED"] == datetime(2025, 10, 26, 1, 40, tzinfo=UTC)


@ours
def test_friday_at_closing_is_out_of_hours_and_tuesday_night_is_still_day_nought(world):
    friday, thursday = world.known["TS-05"].contact, world.known["TS-03"].contact

    assert friday.is_out_of_hours
    assert clocks_of(thursday)["CON-DEC"].day == 12


@ours
def test_a_message_written_weeks_ago_counts_from_receipt_and_shows_the_delay(world):
    contact = world.known["TS-15"].contact

    assert contact.submission.written_at.date() == date(2025, 9, 26)
    assert clocks_of(contact)["CON-DEC"].date() == date(2025, 10, 14)


@ours
def test_a_child_without_a_date_of_birth_gets_none_invented(world):
    andrei = person_of(world, "TS-03", "Andrei")

    assert andrei.date_of_birth is None
    assert not andrei.date_claims.exists()
    assert andrei.age_as_stated == "13"


@ours
def test_an_unborn_child_stands_with_the_mother_and_without_an_expected_date(world):
    baby = person_of(world, "TS-02", "(unborn of Simran Dummyfield)")
    mother = person_of(world, "TS-02", "DUMMYFIELD, Simran")

    assert (baby.stage, baby.expected_on, baby.date_of_birth) == ("unborn", None, None)
    assert Relationship.objects.filter(person=mother, other=baby, kind="mother").exists()
    assert set(baby.memberships.values_list("household", flat=True)) == set(
        mother.memberships.values_list("household", flat=True)
    )


@ours
def test_a_guess_about_a_pregnancy_makes_no_unborn_child(world):
    people = ContactPerson.objects.filter(contact=world.known["TS-06"].contact)

    assert not people.filter(person__stage="unborn").exists()


@ours
def test_a_child_of_another_authority_is_not_filed_as_living_here(world):
    elsie = person_of(world, "TS-02", "Elsie (Fixture?)")

    homes = [membership.household for membership in elsie.memberships.filter(to_on=None)]

    assert [home.other_authority for home in homes] == ["Mocktown"]
    assert world.known["TS-02"].contact.household not in homes


@ours
def test_three_calls_a_safe_time_and_a_high_grade_are_kept_of_a_notification(world):
    notice = world.known["TS-02"].contact.domestic_abuse

    assert (notice.dash_score, notice.dash_grade, notice.previous_incidents) == (15, "high", 2)
    assert "between 0930 and 1430" in world.known["TS-02"].contact.safe_contact
    assert notice.incident_at == datetime(2025, 9, 6, 22, 10, tzinfo=UTC)
    assert notice.marac_referred == YesNoUnknown.YES


@ours
def test_missing_runs_from_last_seen_and_an_untraced_episode_is_kept_as_claimed(world):
    first = world.known["TS-01"].contact.missing_notices.get()
    again = world.known["TS-11"].contact.missing_notices.order_by("is_claimed_only")

    assert first.missing_since == datetime(2025, 8, 24, 21, 30, tzinfo=UTC)
    assert [(row.reference, row.is_claimed_only) for row in again] == [
        ("MP/25/000803", False),
        ("MP/25/000688", True),
    ]


@ours
def test_no_on_the_form_is_not_asked_and_not_refused(world):
    assert position(contact_id=world.known["TS-05"].contact.pk).state == "not_asked_yet"


@ours
def test_agreement_given_and_withdrawn_keeps_both_and_the_last_counts(world):
    found = position(contact_id=world.known["TS-08"].contact.pk)

    assert [answer.state for answer in found.answers] == ["withdrawn", "given"]
    assert found.state == "withdrawn"


@ours
def test_a_carer_who_does_not_mind_has_not_agreed_for_the_parents(world):
    found = position(contact_id=world.known["TS-15"].contact.pk)

    assert {(answer.asked_as, answer.state) for answer in found.answers} == {
        ("carer", "given"),
        ("parent_with_pr", "not_asked_yet"),
    }
    assert found.state == "not_asked_yet"


@ours
def test_the_writers_tick_is_not_the_workers_conclusion(world):
    contact = world.known["TS-13"].contact

    assert (contact.referrer_says_danger, contact.is_danger) == (YesNoUnknown.YES, False)
    assert "CON-RED" not in clocks_of(contact)


@ours
def test_a_caller_who_gives_no_name_stays_anonymous_where_two_sources_fit(world):
    contact = world.known["TS-06"].contact

    assert contact.referrer_is_anonymous
    assert (contact.source_code, contact.source_also) == ("1B", "9")


@ours
def test_a_claimed_call_nobody_can_trace_is_kept_and_the_traced_one_linked(world):
    links = world.known["TS-13"].contact.links

    assert links.get(kind="claimed").claimed_on == date(2025, 10, 9)
    assert links.get(kind="same_family").other == world.known["TS-06"].contact


@ours
def test_every_spelling_is_a_name_of_its_own(world):
    names = {
        as_given: {
            (name.given_name, name.family_name)
            for name in person_of(world, contact, as_given).names.all()
        }
        for contact, as_given in (
            ("TS-06", "Milo or Nilo"),
            ("TS-04", "Stanisław (Staś) MOCKWIŃSKI"),
            ("TS-09", "Daylen Mock"),
        )
    }

    assert {("Milo", ""), ("Nilo", "")} <= names["Milo or Nilo"]
    assert ("Staś", "") in names["Stanisław (Staś) MOCKWIŃSKI"]
    assert {("Daylon Kofi", "Testwood-Mock"), ("Daylen", "Mock")} <= names["Daylen Mock"]


@ours
def test_words_in_the_mothers_own_language_are_kept_beside_the_summary(world):
    contact = world.known["TS-04"].contact

    assert contact.original_words.startswith("Dzień dobry")
    assert "don't ring when husband is home" in contact.safe_contact


@ours
def test_a_boy_under_three_spellings_is_one_boy_and_his_friend_is_not_family(world):
    boys = {
        world.known["TS-01"].people["DAYLON KOFI TESTWOOD-MOCK"],
        world.known["TS-09"].people["Daylen Mock"],
        world.known["TS-11"].people["DAYLON KOFI TESTWOOD-MOCK"],
        world.known["TS-12"].people["Daylon T-M"],
    }
    friend = person_of(world, "TS-09", "Hamid Exampleby")

    assert len(boys) == 1
    assert friend.memberships.get().household != world.known["TS-09"].contact.household


@ours
def test_twins_are_two_and_a_title_is_not_a_name(world):
    one = person_of(world, "TS-15", "Kola (Dummybole)")
    other = person_of(world, "TS-15", "Ḥāfiẓ Mūsā Dummybole")

    assert one != other
    assert other.given_name == "Mūsā"
    assert Relationship.objects.filter(person=other, other=one, kind="twin").exists()


@ours
def test_marks_beside_the_category_come_from_the_words(world):
    assert world.known["TS-07"].contact.marks == ["cp_transfer_in", "temporary_resident"]
    assert world.known["TS-15"].contact.marks == ["private_fostering"]
    assert world.known["TS-09"].contact.marks == ["exploitation"]


@ours
def test_an_address_the_father_must_not_have_is_withheld(world):
    mother = person_of(world, "TS-07", "Rokeya SPECIMEN")

    assert mother.addresses.get(to_on=None).is_withheld


@ours
def test_a_child_who_stays_weekends_belongs_to_both_homes(world):
    tyler = person_of(world, "TS-08", "Tyler Fixture")

    assert sorted(tyler.memberships.values_list("role", flat=True)) == [
        "part_time_child",
        "resident_child",
    ]


@ours
def test_rival_dates_of_birth_stand_side_by_side(world):
    tomas = person_of(world, "TS-14", "Tomas TESTWOOD LOPE")

    assert tomas.date_of_birth == date(2020, 8, 3)
    assert tomas.date_claims.get().on == date(2020, 3, 8)


@ours
def test_another_childs_words_are_sealed_and_make_a_contact_of_their_own(world):
    entered_one = world.known["TS-14"]
    (apart,) = entered_one.apart

    assert "plate" in entered_one.contact.submission.words
    assert "plate" not in entered_one.contact.words
    assert "locks the door" in entered_one.contact.words
    assert apart.received_at == entered_one.contact.received_at
    assert [row.person.given_name for row in apart.people.select_related("person")] == ["Jasmin"]
    assert entered_one.contact.submission.seal.by == world.officer


@ours
def test_one_sheet_about_four_families_decides_nothing_for_the_others(world):
    sheet = world.known["TS-12"]
    children = ContactPerson.objects.filter(contact=sheet.contact, is_child=True)

    assert {row.person.given_name for row in children} == {"Connor", "Neve"}
    assert sheet.added_to == [world.known["TS-10"].contact, world.known["TS-11"].contact]
    assert sheet.not_for_us == ["Mrs V. Specimen"]
    assert not Person.objects.filter(family_name="Specimen", given_name="V.").exists()
