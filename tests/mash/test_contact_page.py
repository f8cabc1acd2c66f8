"""One contact in triage, and what is done from its page."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions as case_actions
from cases.choices import ConsentFrom, ConsentScope, ConsentState
from cases.models import ContactPerson, Feedback
from cases.stated import Stated
from lib import application_clock
from mash import actions
from mash.queries.contact import settling_of
from people import matching
from people.choices import HouseholdRole, YesNoUnknown
from record import documents
from record.models import Clock, Note, ReadLogEntry
from tests.factories.people import (
    MembershipFactory,
    PersonFactory,
    RelationshipFactory,
    RestrictionFactory,
)
from tests.mash.board_cases import NOW, child, london, received
from tests.mash.pages import form, moment, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _thursday():
    with application_clock.set_to(NOW):
        yield


def adult(given_name="Hana", family_name="Testwood", **facts):
    facts.setdefault("household_role", HouseholdRole.ADULT_CARER)
    return Stated(is_child=False, given_name=given_name, family_name=family_name, **facts)


def open_page(client, contact):
    return client.get(reverse("mash:contact", args=[contact.pk]))


def test_page_begins_with_the_referrers_words_whole(client, contact_officer, mash_social_worker):
    long = "She said it hurts. " * 600
    contact = received(
        contact_officer,
        child(),
        child("Zayn", date_of_birth=date(2022, 2, 2), sex="M"),
        adult(relation="Mother"),
        words=long,
        referrer_name="Olu Specimen",
        referrer_role="safeguarding lead",
        referrer_phone="01632 960001",
        safe_contact="Do not ring Hana’s mobile.",
    )
    client.force_login(mash_social_worker)

    page = text_of(open_page(client, contact))

    assert "Aaliyah Testwood, 7, and Zayn Testwood, 4" in page
    assert long.strip() in page
    assert "Olu Specimen, safeguarding lead, School. Ring 01632 960001." in page
    assert "Safe contact. Do not ring Hana’s mobile." in page
    assert page.index("She said it hurts") < page.index("Olu Specimen")
    assert page.index("Safe contact") < page.index("She said it hurts")
    assert "Girl · born 14 September 2018" in page
    assert "Boy · born 2 February 2022" in page


def test_page_writes_a_reading_for_each_child_shown(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child(), child("Zayn"), adult())
    client.force_login(mash_social_worker)

    open_page(client, contact)

    rows = ReadLogEntry.objects.filter(place="mash:contact")
    children = contact.people.filter(is_child=True).values_list("person_id", flat=True)
    assert {row.child_id for row in rows} == set(children)
    assert {row.kind for row in rows} == {"page"}


def test_page_takes_the_same_queries_however_large_the_family(
    client, contact_officer, mash_social_worker
):
    small = received(contact_officer, child(), adult())
    large = received(
        contact_officer,
        *[child(f"Child{place}", "Mockford") for place in range(7)],
        adult("Rania", "Mockford"),
        adult("Dean", "Mockford"),
    )
    client.force_login(mash_social_worker)
    open_page(client, small)

    with CaptureQueriesContext(connection) as few:
        open_page(client, small)
    with CaptureQueriesContext(connection) as many:
        open_page(client, large)

    assert len(many) <= len(few) + 3


def test_household_children_not_named_are_listed_and_to_be_decided_about(
    client, contact_officer, mash_social_worker
):
    contact = received(contact_officer, child())
    contact.refresh_from_db()
    MembershipFactory(
        household_id=contact.household_id,
        person__given_name="Safiya",
        person__family_name="Testwood",
        person__date_of_birth=date(2010, 4, 30),
    )
    client.force_login(mash_social_worker)

    page = text_of(open_page(client, contact))

    assert "Safiya Testwood, 15" in page
    assert "Known. Not named by the referrer" in page
    assert "2: the 1 named, plus Safiya Testwood" in page


def test_restricted_sibling_stands_as_whom_to_ring(
    client, contact_officer, mash_social_worker, head_of_service
):
    contact = received(contact_officer, child())
    contact.refresh_from_db()
    member = MembershipFactory(household_id=contact.household_id, person__given_name="Secretname")
    RestrictionFactory(person=member.person, owner=head_of_service)
    client.force_login(mash_social_worker)

    response = open_page(client, contact)

    assert "Secretname" not in response.content.decode()
    assert f"Restricted child, ring {head_of_service.full_name}" in text_of(response)
    assert not ReadLogEntry.objects.filter(child_id=member.person_id).exists()


def test_restricted_contact_says_whom_to_ring_and_nothing_else(
    client, contact_officer, mash_social_worker, head_of_service
):
    contact = received(contact_officer, child("Secretname"), words="Secret words")
    RestrictionFactory(person=contact.people.get().person, owner=head_of_service)
    client.force_login(mash_social_worker)

    response = open_page(client, contact)

    assert response.status_code == 403
    assert head_of_service.full_name in text_of(response)
    for hidden in ("Secretname", "Secret words", contact.reference):
        assert hidden not in response.content.decode()


def test_contact_of_a_linked_record_is_closed_with_the_record_that_is_kept(
    client, contact_officer, mash_social_worker, mash_manager, head_of_service
):
    contact = received(contact_officer, child("Secretname"), words="Secret words")
    kept = RestrictionFactory(owner=head_of_service).person
    made = contact.people.get().person
    made.canonical = kept
    made.save(update_fields=["canonical"])
    client.force_login(mash_social_worker)

    response = open_page(client, contact)

    assert response.status_code == 403
    assert head_of_service.full_name in text_of(response)
    board = client.get(reverse("mash:board"), {"clear": "1"}).content.decode()
    assert head_of_service.full_name in board
    for hidden in ("Secretname", "Secret words", contact.reference):
        assert hidden not in response.content.decode()
        assert hidden not in board


def test_unknown_contact_is_not_found(client, mash_social_worker):
    client.force_login(mash_social_worker)

    assert client.get("/mash/contacts/00000000-0000-4000-8000-000000000000/").status_code == 404


def test_side_panel_names_what_is_missing_as_links(client, contact_officer, mash_manager):
    contact = received(contact_officer, child())
    client.force_login(mash_manager)

    response = open_page(client, contact)
    page = text_of(response)

    assert "5 things missing" in page
    for words in (
        "Rate the urgency",
        "Say whether there is immediate danger",
        "Look for earlier work",
        "Record whether the family agrees",
        "Record the lawful basis",
    ):
        assert words in page
    assert reverse("mash:decide", args=[contact.pk]) in response.content.decode()
    assert "Due tomorrow 16:45" in page


def test_page_offers_nothing_its_reader_may_not_do(client, contact_officer, head_of_service):
    contact = received(contact_officer, child())
    client.force_login(head_of_service)

    page = text_of(open_page(client, contact))

    for offer in ("Rate urgency", "Claim", "Go to the decision", "Make this contact void"):
        assert offer not in page
    assert "A MASH manager decides." in page


def test_earlier_contacts_are_told_with_picture_and_list(
    client, contact_officer, mash_social_worker
):
    first = received(contact_officer, child(), at=london(2, 11), source_code="6")
    person_id = first.people.get().person_id
    received(contact_officer, Stated(person_id=person_id), at=london(6, 11))
    third = received(contact_officer, Stated(person_id=person_id))
    client.force_login(mash_social_worker)

    response = open_page(client, third)
    page = text_of(response)

    assert "2 earlier contacts and 0 referrals about somebody of this family." in page
    assert "This is the 3rd contact in 12 months." in page
    assert "<svg" in response.content.decode()
    assert f"Contact {first.reference}, police" in page


# Is this child already known? -----------------------------------------------------------------


@pytest.fixture
def to_settle(contact_officer):
    """A contact about Zayn, whose record we may have under another spelling."""
    known = received(
        contact_officer,
        child("Zain", date_of_birth=date(2022, 2, 2), sex="M", postcode="SL1 2EL"),
        at=london(2, 11),
    )
    known_id = known.people.get().person_id
    contact = received(
        contact_officer,
        child(
            "Zayn",
            date_of_birth=date(2022, 2, 2),
            sex="M",
            postcode="SL1 2EL",
            decide_later=True,
            possible_ids=[known_id],
        ),
    )
    return contact, known_id


def test_settling_compares_field_by_field_in_words(client, to_settle, mash_social_worker):
    contact, _known = to_settle
    client.force_login(mash_social_worker)

    page = text_of(open_page(client, contact))

    assert "Is this Zayn already known?" in page
    assert "Settle which record is Zayn’s" in page
    assert "To settle 1 possible record" in page
    assert "Very likely" in page
    assert "3 of 3 points agree" in page
    assert "Zain Testwood" in page


def test_same_child_is_linked_and_can_be_undone(client, to_settle, mash_social_worker):
    contact, known_id = to_settle
    row = contact.people.get()
    client.force_login(mash_social_worker)

    page = client.post(
        reverse("mash:settle", args=[contact.pk]),
        {"row": str(row.pk), "match": str(known_id)},
        follow=True,
    )
    row.refresh_from_db()

    assert row.person_id == known_id
    assert row.match == ContactPerson.Match.LINKED
    assert row.match_seen["answer"] == str(known_id)
    assert "is linked. Both records keep their history. Undo" in text_of(page)
    client.post(reverse("mash:contact_undo_match", args=[contact.pk, row.pk]))
    row.refresh_from_db()
    assert row.person_id != known_id


def test_neither_keeps_the_new_record(client, to_settle, mash_social_worker):
    contact, known_id = to_settle
    row = contact.people.get()
    client.force_login(mash_social_worker)

    client.post(reverse("mash:settle", args=[contact.pk]), {"row": str(row.pk), "match": "new"})
    row.refresh_from_db()

    assert row.match == ContactPerson.Match.NEW
    assert row.person_id != known_id


def test_settling_with_a_record_not_offered_is_refused(client, to_settle, mash_social_worker):
    contact, _known = to_settle
    row = contact.people.get()
    client.force_login(mash_social_worker)

    for match in ("nonsense", str(row.person_id), str(row.pk), ""):
        client.post(reverse("mash:settle", args=[contact.pk]), {"row": str(row.pk), "match": match})
    row.refresh_from_db()

    assert row.match == ContactPerson.Match.TO_SETTLE


def test_settling_is_refused_to_readers(client, to_settle, head_of_service):
    contact, known_id = to_settle
    row = contact.people.get()
    client.force_login(head_of_service)

    answer = client.post(
        reverse("mash:settle", args=[contact.pk]), {"row": str(row.pk), "match": str(known_id)}
    )
    row.refresh_from_db()

    assert answer.status_code == 403
    assert row.match == ContactPerson.Match.TO_SETTLE


# Urgency --------------------------------------------------------------------------------------


def test_rate_records_the_urgency_with_its_reason(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child())
    client.force_login(mash_social_worker)

    page = client.post(
        reverse("mash:rate", args=[contact.pk]),
        form(rag="amber", reason="Injury, explanation unclear"),
        follow=True,
    )
    contact.refresh_from_db()

    assert contact.rag == "amber"
    assert "Rated amber at 13:30." in text_of(page)


def test_rate_sent_twice_is_recorded_once(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child())
    client.force_login(mash_social_worker)
    sent = form(rag="amber", reason="Injury")

    client.post(reverse("mash:rate", args=[contact.pk]), sent)
    contact.refresh_from_db()
    version = contact.version
    again = client.post(reverse("mash:rate", args=[contact.pk]), sent)
    contact.refresh_from_db()

    assert again.status_code == 302
    assert contact.version == version


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"rag": "amber"}, "Say why this urgency"),
        ({"reason": "Injury"}, "Choose red, amber or green"),
        ({"rag": "purple", "reason": "x"}, "Choose"),
        ({"rag": "amber", "reason": "x" * 501}, "Shorten “Why” to 500 characters"),
    ],
)
def test_rate_says_what_is_missing_and_keeps_what_was_typed(
    client, contact_officer, mash_social_worker, typed, said
):
    contact = received(contact_officer, child())
    client.force_login(mash_social_worker)

    response = client.post(reverse("mash:rate", args=[contact.pk]), form(**typed))

    assert said in text_of(response)
    assert "Error: " in response.content.decode()
    if "reason" in typed:
        assert typed["reason"] in response.content.decode()


def test_lowering_belongs_to_the_manager(client, contact_officer, mash_social_worker, mash_manager):
    contact = received(contact_officer, child())
    actions.rate(by=contact_officer, at=NOW, contact_id=contact.pk, rag="red", reason="Injury")
    sent = form(rag="green", reason="Explained")
    client.force_login(mash_social_worker)

    refused = client.post(reverse("mash:rate", args=[contact.pk]), sent)
    contact.refresh_from_db()

    assert refused.status_code == 403
    assert contact.rag == "red"
    client.force_login(mash_manager)
    client.post(reverse("mash:rate", args=[contact.pk]), sent)
    contact.refresh_from_db()
    assert contact.rag == "green"


def test_red_is_seen_by_saying_so_not_by_opening(
    client, contact_officer, mash_manager, mash_social_worker
):
    contact = received(contact_officer, child())
    actions.rate(by=contact_officer, at=NOW, contact_id=contact.pk, rag="red", reason="Injury")
    client.force_login(mash_manager)

    page = text_of(open_page(client, contact))
    contact.refresh_from_db()
    assert "I have seen this" in page
    assert contact.red_seen_at is None

    client.force_login(mash_social_worker)
    assert client.post(reverse("mash:see_red", args=[contact.pk])).status_code == 403
    client.force_login(mash_manager)
    said = client.post(reverse("mash:see_red", args=[contact.pk]), follow=True)
    contact.refresh_from_db()
    assert contact.red_seen_by == mash_manager
    assert "Seen. The 1-hour limit has stopped" in text_of(said)
    again = client.post(reverse("mash:see_red", args=[contact.pk]), follow=True)
    assert "A manager has seen this contact already." in text_of(again)


# EDT, domestic abuse --------------------------------------------------------------------------


def test_edt_handover_is_read_and_acknowledged(
    client, edt_worker, mash_social_worker, contact_officer
):
    contact = received(edt_worker, child(), at=london(11, 22, 48))
    with application_clock.set_to(london(11, 23, 30)):
        actions.hand_over(
            by=edt_worker,
            at=london(11, 23, 30),
            contact_id=contact.pk,
            what_happened="A row, all three upstairs.",
            risk_now="No injury seen.",
        )
    client.force_login(mash_social_worker)

    page = text_of(open_page(client, contact))
    assert "A row, all three upstairs." in page
    assert "Acknowledge EDT’s hand-over" in page

    said = client.post(reverse("mash:acknowledge", args=[contact.pk]), follow=True)
    assert "EDT’s hand-over is acknowledged." in text_of(said)
    assert not Clock.objects.filter(rule="EDT-ACK", subject_id=contact.pk, stopped_at=None).exists()
    client.force_login(contact_officer)
    assert client.post(reverse("mash:acknowledge", args=[contact.pk])).status_code == 403


def test_domestic_abuse_is_triaged_from_the_page(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child(), adult())
    victim = contact.people.get(is_child=False).person
    actions.record_domestic_abuse(
        by=contact_officer, at=NOW, contact_id=contact.pk, dash_score=15, victim=victim
    )
    client.force_login(mash_social_worker)

    page = text_of(open_page(client, contact))
    assert "15, high" in page
    assert "Victim Hana Testwood" in page
    url = reverse("mash:triage_domestic_abuse", args=[contact.pk])
    assert "Say what the triage concluded" in text_of(client.post(url, form(note=" ")))
    client.post(url, form(note="Refer to MARAC."))
    assert "Refer to MARAC." in text_of(open_page(client, contact))


def test_triage_without_a_notification_leads_back(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child())
    client.force_login(mash_social_worker)

    page = client.get(reverse("mash:triage_domestic_abuse", args=[contact.pk]), follow=True)

    assert "carries no domestic abuse notification" in text_of(page)


# Notes, documents, corrections ----------------------------------------------------------------


def test_note_is_about_the_children_ticked(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child(), child("Zayn"))
    first = contact.people.order_by("position").first().person_id
    client.force_login(mash_social_worker)
    url = reverse("mash:contact_note", args=[contact.pk])

    assert "checked" not in client.get(url).content.decode()
    refused = client.post(url, form(text="Seen today"))
    client.post(url, form(text="Seen today", children=[str(first)]))

    assert "Choose at least one child" in text_of(refused)
    note = Note.objects.get()
    assert note.subject_id == contact.pk
    assert "Seen today" in text_of(open_page(client, contact))


def test_document_of_a_contact_is_listed_with_its_link(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child())
    document = documents.add(
        by=contact_officer,
        at=NOW,
        subject_kind="contact",
        subject_id=contact.pk,
        file=SimpleUploadedFile("body map.txt", b"A bruise on the left arm."),
    )
    client.force_login(mash_social_worker)

    response = open_page(client, contact)

    assert reverse("record:document", args=[document.pk]) in response.content.decode()
    assert "body map.txt" in text_of(response)


def test_void_needs_a_reason_and_a_manager(
    client, contact_officer, mash_social_worker, mash_manager
):
    contact = received(contact_officer, child())
    url = reverse("mash:void", args=[contact.pk])
    client.force_login(mash_social_worker)
    assert client.get(url).status_code == 403
    assert client.post(url, form(reason="Duplicate")).status_code == 403
    client.force_login(mash_manager)

    refused = client.post(url, form(reason=""))
    page = client.post(url, form(reason="Sent twice by the same school"), follow=True)
    contact.refresh_from_db()

    assert "Say why this contact is void" in text_of(refused)
    assert contact.state == "void"
    assert "This contact is void. Sent twice by the same school" in text_of(page)


def test_time_received_is_corrected_and_clocks_counted_again(client, contact_officer, mash_manager):
    contact = received(contact_officer, child())
    client.force_login(mash_manager)
    url = reverse("mash:correct_received", args=[contact.pk])

    future = client.post(
        url, form(reason="Fax", **moment("13 3 2026", "09:00", name="received_at"))
    )
    long_ago = client.post(
        url, form(reason="Fax", **moment("13 3 1926", "09:00", name="received_at"))
    )
    client.post(
        url, form(reason="The fax says", **moment("11 3 2026", "09:10", name="received_at"))
    )
    contact.refresh_from_db()

    assert future.status_code == 200
    assert "There is a problem" in text_of(future)
    assert "working days are known for the years 2021 to" in text_of(long_ago)
    assert contact.received_at == london(11, 9, 10)
    assert contact.next_due_at == london(12, 17)


def test_feedback_is_recorded_with_how_or_why_not(client, contact_officer):
    contact = received(contact_officer, child())
    case_actions.contacts.owe_feedback(contact, at=NOW, by=contact_officer)
    client.force_login(contact_officer)
    url = reverse("mash:feedback", args=[contact.pk])

    missing = text_of(client.post(url, form(told="yes")))
    client.post(url, form(told="no", not_told_because="They did not leave a number."))

    assert "Say how the referrer was told" in missing
    assert "Say what the referrer was told" in missing
    assert Feedback.objects.get().not_told_because == "They did not leave a number."
    again = text_of(client.post(url, form(told="no", not_told_because="Again")))
    assert "The referrer is not owed an answer at present." in again


def test_agreement_and_lawful_basis_are_two_fields(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child())
    case_actions.record_answer(
        by=contact_officer,
        at=NOW,
        contact_id=contact.pk,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=ConsentScope.CHECKS,
        state=ConsentState.REFUSED,
        words="Leave us alone",
    )
    case_actions.record_lawful_basis(
        by=contact_officer,
        at=NOW,
        contact_id=contact.pk,
        basis="public_task",
        special="safeguarding",
    )
    client.force_login(mash_social_worker)

    page = text_of(open_page(client, contact))

    assert "Agreement Refused." in page
    assert "“Leave us alone”" in page
    assert "Lawful basis Public task, article 6(1)(e)." in page
    assert "Ask to go on without agreement" in page


def test_danger_is_told_as_two_facts(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child(), referrer_says_danger=YesNoUnknown.YES)
    case_actions.conclude_danger(
        by=contact_officer, at=NOW, contact_id=contact.pk, is_danger=False, why="At school"
    )
    client.force_login(mash_social_worker)

    page = text_of(open_page(client, contact))

    assert "Referrer says: yes. We conclude: no, At school" in page


@pytest.mark.parametrize(
    "name",
    ["rate", "void", "correct_received", "feedback", "contact_note", "triage_domestic_abuse"],
)
def test_forms_of_a_restricted_contact_are_closed(
    client, contact_officer, mash_manager, head_of_service, name
):
    contact = received(contact_officer, child("Secretname"))
    RestrictionFactory(person=contact.people.get().person, owner=head_of_service)
    client.force_login(mash_manager)

    response = client.get(reverse(f"mash:{name}", args=[contact.pk]))

    assert response.status_code == 403
    assert "Secretname" not in response.content.decode()


def test_claimed_contact_says_by_whom(client, contact_officer, mash_manager):
    contact = received(contact_officer, child(), at=NOW - timedelta(hours=3))
    case_actions.claim(by=contact_officer, at=NOW, contact_id=contact.pk)
    client.force_login(mash_manager)

    assert "claimed by Amir Testwood" in text_of(open_page(client, contact))


def test_an_unborn_baby_is_settled_by_the_name_of_its_mother(contact_officer):
    def unborn(**more):
        contact = received(
            contact_officer,
            Stated(
                is_child=True,
                stage="unborn",
                expected_on=date(2026, 6, 20),
                mother_unnamed=True,
                description="Unborn baby",
                **more,
            ),
        )
        row = contact.people.get()
        mother = PersonFactory(given_name="Leanne", family_name="Mockbridge")
        RelationshipFactory(person=mother, other=row.person, kind="mother")
        matching.refresh([row.person_id])
        return row, mother

    known, _ = unborn()
    row, mother = unborn(decide_later=True)

    asked = settling_of(by=contact_officer, row=row)

    assert [(line.person_id, line.likely) for line in asked.candidates] == [
        (known.person_id, "Very likely")
    ]
    told = {cell.label: cell for cell in asked.candidates[0].cells}
    assert told["Mother"].verdict == "Same"
    assert [cell.words for cell in asked.stated if cell.label == "Mother"] == ["Leanne Mockbridge"]
    RestrictionFactory(person=mother)
    hidden = settling_of(by=contact_officer, row=row)
    assert [cell.words for cell in hidden.stated if cell.label == "Mother"] == ["Not given"]
