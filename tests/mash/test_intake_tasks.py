"""The task list of a contact and its pages: what each records, refuses and keeps."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions as case_actions
from cases.choices import Channel
from cases.models import (
    ConsentAnswer,
    Contact,
    ContactLink,
    ContactPerson,
    HistoryCheck,
    InformationRequest,
    Involvement,
    LawfulBasis,
    SubmissionPart,
    SubmissionSeal,
)
from cases.stated import Stated
from lib import application_clock
from mash.actions import intake
from mash.models import DomesticAbuse, EdtHandover, MissingNotice
from people import actions as people_actions
from people.choices import HouseholdRole
from people.models import (
    DateClaim,
    Household,
    HouseholdMembership,
    PersonAddress,
    PossibleDuplicate,
    Relationship,
)
from record.models import Document, ReadLogEntry

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
LONG_TEXT = "w" * 20_001


@pytest.fixture(autouse=True)
def _morning():
    with application_clock.set_to(MORNING):
        yield


@pytest.fixture
def officer(client, contact_officer):
    client.force_login(contact_officer)
    return contact_officer


@pytest.fixture
def contact(contact_officer):
    return receive(contact_officer)


def aaliyah(**changes):
    return Stated(
        **{
            "given_name": "Aaliyah",
            "family_name": "Testwood",
            "date_of_birth": date(2018, 9, 14),
            "sex": "F",
            "address_line": "14 Sample Row",
            "postcode": "SL1 2EL",
            "household_role": HouseholdRole.RESIDENT_CHILD,
            **changes,
        }
    )


def receive(by, *people, at=MORNING, **changes):
    return case_actions.receive(
        by=by,
        at=at,
        channel=Channel.PHONE,
        words="Aaliyah came in quiet and asked to stay at lunch.",
        people=people or [aaliyah()],
        **{"source_code": "2A", **changes},
    )


def at_page(client, name, contact, *more):
    return client.get(reverse(f"mash:{name}", args=[contact.pk, *more]))


def send(client, name, contact, *more, **given):
    return client.post(reverse(f"mash:{name}", args=[contact.pk, *more]), given)


def shown_at(answer, words):
    return words in answer.content.decode()


def first(contact):
    return contact.people.filter(is_child=True).order_by("position").first()


PAGES = [
    "contact_tasks",
    "contact_danger",
    "contact_referrer",
    "contact_parents",
    "contact_category",
    "contact_agreement",
    "contact_lawful_basis",
    "contact_domestic_abuse",
    "contact_missing",
    "contact_files",
    "contact_links",
    "contact_messages",
    "contact_split",
    "contact_seal",
    "contact_history",
    "contact_information",
    "contact_edt",
    "contact_send",
    "contact_add_child",
    "contact_add_adult",
    "contact_household",
    "contact_home",
    "contact_member",
    "contact_other_household",
    "contact_address",
]


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_and_the_reading_is_written(client, officer, contact, name):
    answer = at_page(client, name, contact)

    assert answer.status_code == 200
    assert ReadLogEntry.objects.filter(child=first(contact).person, kind="page").count() == 1


def test_pages_are_refused_to_somebody_who_may_only_read(client, auditor, contact):
    client.force_login(auditor)

    answers = {name: at_page(client, name, contact).status_code for name in PAGES}

    assert set(answers.values()) == {403}
    assert not ReadLogEntry.objects.exists()


@pytest.mark.slow
def test_pages_take_as_many_queries_for_a_large_family(client, officer):
    small = receive(officer)
    large = receive(
        officer,
        *(
            aaliyah(given_name=f"Child{number}", date_of_birth=date(2010 + number, 1, 2))
            for number in range(6)
        ),
        *(
            aaliyah(
                is_child=False,
                given_name=f"Adult{number}",
                date_of_birth=None,
                household_role=HouseholdRole.OTHER_ADULT,
            )
            for number in range(4)
        ),
    )

    grown = {}
    for name in PAGES:
        at_page(client, name, small)
        with CaptureQueriesContext(connection) as few:
            at_page(client, name, small)
        with CaptureQueriesContext(connection) as many:
            at_page(client, name, large)
        if len(many) > len(few) + 2:
            grown[name] = (len(few), len(many))

    assert grown == {}


FORMS = [name for name in PAGES if name not in ("contact_tasks", "contact_household")]
PASTED = "\x00\x07\u202eÆø 31 2 2026 <b>&amp; \u0628\u0646\u062a 👧\r\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_page_survives_whatever_is_pasted_into_every_box(client, officer, contact, name):
    form = at_page(client, name, contact).context["form"]
    before = contact.people.count()

    statuses = set()
    for pasted in (PASTED, PASTED * 500, "-1", "9" * 400):
        given = dict.fromkeys(form.fields, pasted)
        for field in list(given):
            given |= {f"{field}_{box}": pasted for box in ("day", "month", "year", "time")}
        statuses.add(send(client, name, contact, **given).status_code)

    assert statuses <= {200, 302, 403, 409}
    assert contact.people.count() == before


def test_page_of_a_restricted_child_says_so(client, officer, contact, mash_manager):
    people_actions.restrict(
        by=mash_manager,
        at=MORNING,
        person_id=first(contact).person_id,
        owner_id=mash_manager.pk,
        reason="A relative works here",
    )

    answer = at_page(client, "contact_tasks", contact)

    assert answer.status_code == 403
    assert not shown_at(answer, "Aaliyah")


@pytest.fixture
def hidden_mother(contact_officer, mash_manager, head_of_service):
    """A contact whose mother has a restricted record; the referrer states another address."""
    at = MORNING - timedelta(days=5)
    with application_clock.set_to(at):
        before = receive(
            contact_officer,
            aaliyah(),
            Stated(
                is_child=False,
                given_name="Zuleika",
                family_name="Hiddenham",
                address_line="99 Refuge Lane",
                postcode="SL2 9ZZ",
                household_role=HouseholdRole.ADULT_CARER,
            ),
            at=at,
        )
    mother = before.people.get(is_child=False).person
    contact = receive(
        contact_officer,
        Stated(person_id=first(before).person_id),
        Stated(
            is_child=False, person_id=mother.pk, relation="Mother", address_line="1 Other Street"
        ),
    )
    people_actions.restrict(
        by=mash_manager,
        at=MORNING,
        person_id=mother.pk,
        owner_id=head_of_service.pk,
        reason="She hides from him.",
    )
    return contact.people.get(is_child=False)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("contact_tasks", 200),
        ("contact_household", 200),
        ("contact_member", 200),
        ("contact_address", 200),
        ("contact_agreement", 200),
        ("contact_person", 200),
        ("contact_remove_person", 200),
        ("contact_relations", 403),
        ("contact_stated_home", 403),
    ],
)
def test_no_page_says_what_the_record_of_a_restricted_mother_says(
    client, officer, hidden_mother, name, status
):
    of_her = name in (
        "contact_person",
        "contact_remove_person",
        "contact_relations",
        "contact_stated_home",
    )
    answer = at_page(client, name, hidden_mother.contact, *([hidden_mother.pk] if of_her else []))

    assert answer.status_code == status
    for secret in ("Zuleika", "Hiddenham", "99 Refuge", "SL2 9ZZ"):
        assert not shown_at(answer, secret)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("contact_add_to_record", {"add": "name-0"}),
        ("contact_settle", {"match": "new"}),
        ("contact_undo_match", {}),
        ("contact_stated_home", {"answer": "moved"}),
        ("contact_relations", {}),
    ],
)
def test_record_of_a_restricted_mother_is_changed_by_who_may_read_it(
    client, officer, hidden_mother, name, given
):
    answer = send(client, name, hidden_mother.contact, hidden_mother.pk, **given)

    assert answer.status_code == 403
    assert shown_at(answer, "Helen Dummyfield")
    assert not shown_at(answer, "Zuleika")


def test_contact_that_is_not_there_is_not_found(client, officer):
    assert client.get(reverse("mash:contact_tasks", args=[uuid.uuid4()])).status_code == 404


def test_task_list_says_what_is_done_and_what_is_not_known(client, officer, contact):
    answer = at_page(client, "contact_tasks", contact)

    assert shown_at(answer, "Whether the family agrees")
    assert shown_at(answer, "To do")
    assert shown_at(answer, "Not needed")
    assert shown_at(answer, reverse("mash:contact_agreement", args=[contact.pk]))


def test_task_list_says_who_holds_an_open_child(client, officer, contact):
    child = first(contact).person_id
    Involvement.objects.create(
        child_id=child,
        kind="early_help",
        subject_id=uuid.uuid4(),
        from_at=MORNING,
        recorded_at=MORNING,
    )

    answer = at_page(client, "contact_tasks", contact)

    assert shown_at(answer, "this contact is added to the open case")
    assert shown_at(answer, "Noor Placeholder")


def test_task_list_says_that_another_contact_is_undecided(client, officer, contact):
    again = receive(officer, aaliyah(person_id=first(contact).person_id))

    answer = at_page(client, "contact_tasks", again)

    assert shown_at(answer, "another contact is not decided yet, held by Noor Placeholder")
    assert not shown_at(answer, "added to the open case")


def test_contact_that_is_over_says_so_and_keeps_what_was_typed(
    client, officer, contact, mash_manager
):
    case_actions.void(by=mash_manager, at=MORNING, contact_id=contact.pk, reason="A test")

    page = at_page(client, "contact_tasks", contact)
    answer = send(client, "contact_danger", contact, danger="yes", why="He waits outside")

    assert shown_at(page, "This contact is void")
    assert shown_at(answer, "This contact is void and cannot be changed")
    assert shown_at(answer, "He waits outside")


# Danger, parents, agreement ---------------------------------------------------------------------


def test_danger_is_concluded(client, officer, contact):
    answer = send(client, "contact_danger", contact, danger="yes", why="He collects her at 15:15")

    contact.refresh_from_db()
    assert answer.status_code == 302
    assert contact.is_danger is True
    assert contact.danger_by == officer


def test_danger_without_a_reason_is_refused(client, officer, contact):
    answer = send(client, "contact_danger", contact, danger="yes", why="")

    contact.refresh_from_db()
    assert shown_at(answer, "Say what the danger is and to whom")
    assert contact.is_danger is None


def test_parents_and_safe_contact_stand_above_every_page(client, officer, contact):
    send(
        client,
        "contact_parents",
        contact,
        version=contact.version,
        do_parents_know="no",
        safe_contact="Not by phone",
    )

    assert shown_at(at_page(client, "contact_tasks", contact), "Not by phone")
    assert shown_at(at_page(client, "contact_send", contact), "Not by phone")


def test_referrer_changed_by_a_colleague_meanwhile_is_shown_beside(client, officer, contact):
    stale = contact.version
    send(
        client,
        "contact_referrer",
        contact,
        version=stale,
        who="named",
        referrer_name="Pat Example",
        source_code="3A",
    )

    answer = send(
        client,
        "contact_referrer",
        contact,
        version=stale,
        who="named",
        referrer_name="Sam Sampler",
        source_code="2A",
    )

    contact.refresh_from_db()
    assert answer.status_code == 409
    assert shown_at(answer, "Somebody changed this contact while you were writing")
    assert shown_at(answer, "Pat Example")
    assert shown_at(answer, "Sam Sampler")
    assert contact.referrer_name == "Pat Example"
    assert shown_at(answer, f'name="version" value="{contact.version}"')


def test_referrer_made_anonymous_in_one_click(client, officer, contact):
    send(
        client,
        "contact_referrer",
        contact,
        version=contact.version,
        who="anonymous",
        referrer_name="Pat Example",
        source_code="1B",
    )

    contact.refresh_from_db()
    assert contact.referrer_is_anonymous
    assert contact.referrer_name == ""
    assert contact.source_code == "1B"


def test_category_and_marks_are_kept(client, officer, contact):
    send(
        client,
        "contact_category",
        contact,
        version=contact.version,
        category="child_protection",
        marks=["private_fostering", "temporary_resident"],
        original_language="Polish",
    )

    contact.refresh_from_db()
    assert contact.category == "child_protection"
    assert contact.marks == ["private_fostering", "temporary_resident"]
    assert contact.original_language == "Polish"


def answer_of(contact, **changes):
    return {
        "asked_as": "parent_with_pr",
        "scope": "checks",
        "state": "given",
        "how": "spoken",
        "to_what": "School and GP",
        "person_as_stated": "Hana Testwood",
        "at": "12 3 2026 09:50",
        **changes,
    }


def test_agreement_keeps_several_answers(client, officer, contact):
    send(client, "contact_agreement", contact, **answer_of(contact))
    send(
        client,
        "contact_agreement",
        contact,
        **answer_of(contact, asked_as="young_person", state="refused", words="No", how=""),
    )

    answer = at_page(client, "contact_agreement", contact)

    assert ConsentAnswer.objects.filter(contact=contact).count() == 2
    assert shown_at(answer, "Where it stands: Agreed")
    assert shown_at(answer, "Refused")


def test_agreement_sent_twice_is_recorded_once(client, officer, contact):
    token = str(uuid.uuid4())
    for _time in range(2):
        answer = send(client, "contact_agreement", contact, token=token, **answer_of(contact))

    assert answer.status_code == 302
    assert ConsentAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"asked_as": ""}, "Choose who answered"),
        ({"how": ""}, "Choose how they agreed"),
        ({"to_what": ""}, "Enter to what they agreed"),
        ({"state": "refused"}, "Enter the words they used"),
        ({"at": "30 2 2026 09:00"}, "Enter a real date"),
        ({"at": "12 3 2026 11:00"}, "must be now or earlier"),
        ({"words": LONG_TEXT}, "you have 20,001"),
    ],
)
def test_agreement_refuses_what_is_not_whole(client, officer, contact, changes, said):
    answer = send(client, "contact_agreement", contact, **answer_of(contact, **changes))

    assert shown_at(answer, said)
    assert shown_at(answer, "Hana Testwood")
    assert not ConsentAnswer.objects.exists()


def test_lawful_basis_is_a_fact_of_its_own(client, officer, contact):
    send(client, "contact_lawful_basis", contact, basis="public_task", special="safeguarding")
    refused = send(client, "contact_lawful_basis", contact, basis="", special="safeguarding")

    assert LawfulBasis.objects.get().basis == "public_task"
    assert shown_at(refused, "Choose the lawful basis")


# Kinds of contact -------------------------------------------------------------------------------


def test_domestic_abuse_keeps_every_fact(client, officer):
    contact = receive(
        officer,
        aaliyah(),
        Stated(is_child=False, given_name="Hana", family_name="Testwood"),
        Stated(is_child=False, given_name="Dean", family_name="Placeholder"),
    )
    rows = list(contact.people.order_by("position"))
    child, hana, dean = rows

    answer = send(
        client,
        "contact_domestic_abuse",
        contact,
        **{
            "incident_at": "11 3 2026 22:15",
            "victim": hana.person_id,
            "alleged_perpetrator": dean.person_id,
            "perpetrator_whereabouts": "Bailed to his mother",
            f"where_{child.person_id}": "present",
            "dash_score": "15",
            "previous_incidents": "3",
            "previous_note": "Two in 2025",
            "safe_contact": "Through the midwife",
            "marac_referred": "yes",
            "marac_on": "20 3 2026",
            "perpetrator_other_children": "A daughter in another town",
            "conditions": "Not to go to 14 Sample Row",
        },
    )

    row = DomesticAbuse.objects.get()
    contact.refresh_from_db()
    assert answer.status_code == 302
    assert row.where_children_were == {str(child.person_id): "present"}
    assert (row.dash_score, row.dash_grade) == (15, "high")
    assert (row.victim, row.alleged_perpetrator) == (hana.person, dean.person)
    assert row.marac_on == date(2026, 3, 20)
    assert row.conditions == "Not to go to 14 Sample Row"
    assert "domestic_abuse" in contact.marks
    assert contact.safe_contact == "Through the midwife"
    again = at_page(client, "contact_domestic_abuse", contact)
    assert shown_at(again, "Bailed to his mother")
    assert shown_at(again, 'value="15"')


def test_two_workers_on_one_page_lose_nothing_of_each_other(client, officer, contact):
    opened = {
        name: at_page(client, name, contact).context["form"]["stood"].value()
        for name in ("contact_domestic_abuse", "contact_danger", "contact_send")
    }
    given = {
        "contact_domestic_abuse": {"conditions": "Bail to another town"},
        "contact_danger": {"danger": "no", "why": "She is at school"},
        "contact_send": {"summary": "Bruise", "rag": "amber", "rag_reason": "Injury"},
    }
    mine = {
        "contact_domestic_abuse": {"conditions": "No contact order"},
        "contact_danger": {"danger": "yes", "why": "He waits outside"},
        "contact_send": {"summary": "Bruise on her arm", "rag": "red", "rag_reason": "He waits"},
    }
    for name, stood in opened.items():
        first_answer = send(client, name, contact, stood=stood, **given[name])

        late = send(client, name, contact, stood=stood, **mine[name])
        again = send(client, name, contact, stood=late.context["form"].data["stood"], **mine[name])

        assert (first_answer.status_code, late.status_code, again.status_code) == (302, 409, 302)
        assert shown_at(late, "Somebody changed this while you were writing")
        assert all(shown_at(late, words) for words in mine[name].values())
        assert shown_at(late, list(given[name].values())[-1])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dash_score": "25"}, "Enter a number of 24 or less"),
        ({"dash_score": "many"}, "Enter a whole number"),
        ({"incident_at": "12 3 2026 11:00"}, "must be now or earlier"),
        ({"marac_on": "31 6 2026"}, "Enter a real date"),
    ],
)
def test_domestic_abuse_refuses_what_cannot_be(client, officer, contact, changes, said):
    answer = send(
        client, "contact_domestic_abuse", contact, **{"previous_note": "Two in 2025", **changes}
    )

    assert shown_at(answer, said)
    assert shown_at(answer, "Two in 2025")
    assert not DomesticAbuse.objects.exists()


def test_missing_notice_keeps_every_fact(client, officer, contact):
    child = first(contact)
    send(
        client,
        "contact_missing",
        contact,
        child=child.person_id,
        reference="MP25990147",
        missing_since="11 3 2026 21:00",
        reported_at="11 3 2026 23:00",
        reported_by="Her mother",
        grade="medium",
        missing_from="Home",
        circumstances="Left after an argument",
        returned_at="12 3 2026 06:00",
        where_found="At her aunt’s",
    )

    notice = MissingNotice.objects.get()
    assert notice.child_id == child.person_id
    assert notice.grade == "medium"
    assert notice.where_found == "At her aunt’s"
    assert shown_at(at_page(client, "contact_missing", contact), "Left after an argument")


def test_missing_notice_refuses_a_return_before_going(client, officer, contact):
    answer = send(
        client,
        "contact_missing",
        contact,
        child=first(contact).person_id,
        missing_since="11 3 2026 21:00",
        returned_at="11 3 2026 20:00",
        reported_by="Her mother",
    )

    assert shown_at(answer, "The return is before the child went missing")
    assert shown_at(answer, "Her mother")
    assert not MissingNotice.objects.exists()


# Files, links, messages -------------------------------------------------------------------------

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def test_file_is_added(client, officer, contact):
    answer = send(client, "contact_files", contact, file=SimpleUploadedFile("body_map.pdf", PDF))

    document = Document.objects.get()
    assert answer.status_code == 302
    assert document.subject_id == contact.pk
    assert shown_at(at_page(client, "contact_files", contact), "body_map.pdf")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("page.html", b"<html><script>1</script></html>", "The file must be a PDF"),
        ("body_map.pdf", b"<html>not a pdf</html>", "This is not what its name says"),
        ("empty.pdf", b"", "empty"),
    ],
)
def test_file_of_a_wrong_type_is_refused(client, officer, contact, name, content, said):
    answer = send(client, "contact_files", contact, file=SimpleUploadedFile(name, content))

    assert answer.status_code == 200
    assert shown_at(answer, said)
    assert not Document.objects.exists()


def test_names_of_files_held_elsewhere_are_kept(client, officer, contact):
    send(
        client, "contact_files", contact, do_names="1", names="DASH.pdf\r\nbail conditions.pdf\r\n"
    )

    assert set(Document.objects.values_list("name", "is_held_elsewhere")) == {
        ("DASH.pdf", True),
        ("bail conditions.pdf", True),
    }


def test_link_by_reference_is_made_and_undone(client, officer, contact):
    earlier = receive(officer, aaliyah(given_name="Zayn"), at=MORNING - timedelta(days=40))

    send(
        client,
        "contact_links",
        contact,
        reference=earlier.reference.lower(),
        kind="same_family",
        why="Brother, same address",
    )
    link = ContactLink.objects.get()
    listed = at_page(client, "contact_links", contact)
    send(client, "contact_unlink", contact, link.pk)

    link.refresh_from_db()
    assert link.other == earlier
    assert shown_at(listed, earlier.reference)
    assert link.ended_by == officer
    again = client.post(reverse("mash:contact_unlink", args=[contact.pk, link.pk]), follow=True)
    assert shown_at(again, "This link was undone already")


@pytest.mark.parametrize(
    ("reference", "said"),
    [("C-26-99999", "There is no contact with this reference"), ("", "Enter the reference")],
)
def test_link_to_nothing_is_refused(client, officer, contact, reference, said):
    answer = send(
        client, "contact_links", contact, reference=reference, kind="same_family", why="Same road"
    )

    assert shown_at(answer, said)
    assert shown_at(answer, "Same road")
    assert not ContactLink.objects.exists()


def test_earlier_contacts_of_a_child_are_suggested(client, officer, contact):
    earlier = receive(
        officer, aaliyah(person_id=first(contact).person_id), at=MORNING - timedelta(days=40)
    )

    answer = at_page(client, "contact_links", contact)

    assert shown_at(answer, f"?with={earlier.reference}")


def test_claimed_contact_that_nobody_can_trace_is_kept(client, officer, contact):
    send(
        client,
        "contact_links",
        contact,
        do_claim="1",
        claimed_on="1 2 2026",
        why="The caller says she rang in February",
    )
    refused = send(
        client, "contact_links", contact, do_claim="1", claimed_on="1 4 2026", why="In April"
    )

    claim = ContactLink.objects.get()
    assert claim.kind == "claimed"
    assert claim.claimed_on == date(2026, 2, 1)
    assert shown_at(refused, "after this contact was received")
    assert shown_at(refused, "In April")


def test_further_message_is_added(client, officer, contact):
    send(
        client,
        "contact_messages",
        contact,
        channel="email",
        received_at="12 3 2026 09:55",
        words="She has a bruise as well",
        label="second email",
    )

    part = SubmissionPart.objects.get(went_to="added")
    assert part.contact == contact
    assert part.submission.words == "She has a bruise as well"
    assert shown_at(at_page(client, "contact_messages", contact), "She has a bruise as well")


def test_further_message_without_words_is_refused(client, officer, contact):
    answer = send(
        client,
        "contact_messages",
        contact,
        channel="email",
        received_at="12 3 2026 09:55",
        words="",
        label="second email",
    )

    assert shown_at(answer, "Enter what was said or written")
    assert shown_at(answer, "second email")


def test_part_that_is_not_about_a_child_says_what_was_done(client, officer, contact):
    send(
        client,
        "contact_messages",
        contact,
        do_part="1",
        label="entry 3",
        went_to="not_a_child",
        note="Passed to adult social care",
    )

    part = SubmissionPart.objects.get(went_to="not_a_child")
    assert part.submission == contact.submission
    assert part.contact is None


def test_part_goes_to_an_earlier_contact(client, officer, contact):
    earlier = receive(officer, aaliyah(given_name="Zayn"), at=MORNING - timedelta(days=2))

    send(
        client,
        "contact_messages",
        contact,
        do_part="1",
        label="entry 1",
        went_to="added",
        reference=earlier.reference,
    )
    refused = send(
        client, "contact_messages", contact, do_part="1", label="entry 4", went_to="repeat"
    )

    part = SubmissionPart.objects.get(went_to="added")
    assert (part.contact, part.submission) == (earlier, contact.submission)
    assert shown_at(refused, "Enter the reference of the earlier contact")
    assert shown_at(refused, "entry 4")


def test_split_part_is_a_contact_of_its_own_with_the_first_receipt(client, officer, contact):
    answer = send(
        client,
        "contact_split",
        contact,
        label="entry 2",
        words="Hamza was seen with him",
        stage="born",
        given_name="Hamza",
        family_name="Mockford",
    )

    other = Contact.objects.exclude(pk=contact.pk).get()
    assert answer["Location"] == reverse("mash:contact_tasks", args=[other.pk])
    assert other.submission == contact.submission
    assert other.received_at == contact.received_at
    assert other.words == "Hamza was seen with him"
    assert other.people.get().person.name == "Hamza Mockford"


def test_seal_shows_the_redacted_words_and_hides_the_original(client, officer, contact):
    send(client, "contact_seal", contact, redacted_words="Withheld", reason="Another child’s words")

    answer = at_page(client, "contact_messages", contact)

    assert SubmissionSeal.objects.get().by == officer
    assert shown_at(answer, "Withheld")
    assert not shown_at(answer, "asked to stay at lunch")


def sealed(contact, by):
    case_actions.seal_words(
        by=by,
        at=MORNING,
        contact_id=contact.pk,
        redacted_words="Withheld",
        reason="Another child’s words",
    )


def test_seal_closes_the_words_in_their_own_language_too(
    client, officer, contact, mash_manager, head_of_service
):
    case_actions.change_contact(
        by=officer,
        at=MORNING,
        contact_id=contact.pk,
        original_language="Polish",
        original_words="Drugie dziecko tez",
    )
    sealed(contact, officer)

    for name in ("contact", "contact_category"):
        assert not shown_at(at_page(client, name, contact), "Drugie dziecko")
    send(client, "contact_category", contact, category="neglect", version=contact.version + 2)
    contact.refresh_from_db()
    assert contact.original_words == "Drugie dziecko tez"
    client.force_login(head_of_service)
    assert shown_at(at_page(client, "contact", contact), "Drugie dziecko")


def test_sealed_message_that_was_added_to_another_contact_is_read_there_as_redacted(
    client, officer, contact, head_of_service
):
    other = receive(officer, aaliyah(given_name="Safiya"))
    case_actions.add_message(
        by=officer, at=MORNING, contact_id=other.pk, submission_id=contact.submission_id
    )
    sealed(contact, officer)

    for name in ("contact", "contact_messages"):
        answer = at_page(client, name, other)
        assert answer.content.decode().count("asked to stay at lunch") == 1  # its own words
        assert shown_at(answer, "Withheld")


def test_part_of_a_message_is_not_sealed_for_the_whole(client, officer, contact):
    part = intake.take_in_part(
        by=officer,
        at=MORNING,
        contact_id=contact.pk,
        label="second child",
        words="Her cousin as well",
        people=[aaliyah(given_name="Safiya")],
    )

    answer = send(client, "contact_seal", part, redacted_words="Withheld", reason="Another’s")

    assert shown_at(answer, f"Seal the whole on contact {contact.reference}")
    assert not SubmissionSeal.objects.exists()
    sealed(contact, officer)
    assert shown_at(at_page(client, "contact_messages", part), "Her cousin as well")


def test_seal_without_a_reason_is_refused(client, officer, contact):
    answer = send(client, "contact_seal", contact, redacted_words="Withheld", reason="")

    assert shown_at(answer, "Say why the original is sealed")
    assert shown_at(answer, "Withheld")
    assert not SubmissionSeal.objects.exists()


# History, information, hand-over ----------------------------------------------------------------


def test_history_shows_what_is_known_and_asks_the_managers_question(client, officer, contact):
    child = first(contact).person_id
    for days in (100, 50):
        receive(officer, aaliyah(person_id=child), at=MORNING - timedelta(days=days))

    answer = at_page(client, "contact_history", contact)
    send(client, "contact_history", contact, note="The same worry each time")

    check = HistoryCheck.objects.get()
    assert shown_at(answer, "This is the 3rd contact in 12 months")
    assert shown_at(answer, "The manager will be asked")
    assert check.found["most"] == 3
    assert check.note == "The same worry each time"


def test_history_shows_siblings_who_were_not_named(client, officer, contact):
    sibling = people_actions.create_person(
        by=officer, at=MORNING, is_child=True, given_name="Safiya", family_name="Testwood"
    )
    contact.refresh_from_db()
    people_actions.join_household(
        by=officer,
        at=MORNING,
        household_id=contact.household_id,
        person_id=sibling.pk,
        role=HouseholdRole.PART_TIME_CHILD,
    )

    assert shown_at(at_page(client, "contact_history", contact), "Safiya Testwood")


def test_information_is_asked_for_and_given(client, officer, contact):
    send(
        client,
        "contact_information",
        contact,
        what="Her date of birth",
        asked_of="Dummyfield Primary",
        due_at="12 3 2026 16:00",
    )
    asked = InformationRequest.objects.get()
    listed = at_page(client, "contact_information", contact)
    send(client, "contact_information_given", contact, asked.pk, answer="14 September 2018")

    asked.refresh_from_db()
    assert shown_at(listed, "Her date of birth")
    assert asked.answer == "14 September 2018"


def test_information_due_before_now_is_refused(client, officer, contact):
    answer = send(
        client,
        "contact_information",
        contact,
        what="Her date of birth",
        asked_of="Dummyfield Primary",
        due_at="12 3 2026 09:00",
    )

    assert shown_at(answer, "must be later than now")
    assert shown_at(answer, "Her date of birth")
    assert not InformationRequest.objects.exists()


def test_hand_over_is_written_by_the_emergency_duty_team(client, edt_worker, contact):
    client.force_login(edt_worker)

    send(
        client,
        "contact_edt",
        contact,
        what_happened="Visited at 02:00",
        what_was_done="Safety plan",
        left_to_do="See the baby",
        by_when="13 3 2026 12:00",
        risk_now="Moderate",
        told="Police",
        is_urgent="on",
        rang_whom="Noor Placeholder",
        at="12 3 2026 03:00",
    )

    row = EdtHandover.objects.get()
    assert row.left_to_do == "See the baby"
    assert row.rang_whom == "Noor Placeholder"
    assert shown_at(at_page(client, "contact_edt", contact), "Visited at 02:00")


def test_hand_over_urgent_without_a_call_is_refused(client, edt_worker, contact):
    client.force_login(edt_worker)

    answer = send(
        client,
        "contact_edt",
        contact,
        what_happened="Visited at 02:00",
        risk_now="Moderate",
        is_urgent="on",
        at="12 3 2026 03:00",
    )

    assert shown_at(answer, "Say whom you spoke to")
    assert shown_at(answer, "Visited at 02:00")
    assert not EdtHandover.objects.exists()


def test_hand_over_by_the_day_team_is_refused(client, officer, contact):
    answer = send(client, "contact_edt", contact, what_happened="Visited", risk_now="Moderate")

    assert answer.status_code == 403
    assert not EdtHandover.objects.exists()


def test_send_puts_it_before_the_manager_with_its_urgency(client, officer, contact):
    answer = send(
        client,
        "contact_send",
        contact,
        summary="Bruise, asks not to go home",
        rag="amber",
        rag_reason="Injury, child talks",
    )

    contact.refresh_from_db()
    assert answer.status_code == 302
    assert contact.state == "awaiting_decision"
    assert (contact.rag, contact.rag_reason) == ("amber", "Injury, child talks")


def test_send_lists_what_is_not_known_as_links(client, officer, contact):
    answer = at_page(client, "contact_send", contact)

    assert shown_at(answer, "None of this holds it up")
    assert shown_at(answer, reverse("mash:contact_danger", args=[contact.pk]))


def test_send_without_a_reason_for_the_urgency_changes_nothing(client, officer, contact):
    answer = send(client, "contact_send", contact, summary="Bruise", rag="amber", rag_reason="")

    contact.refresh_from_db()
    assert shown_at(answer, "Say why this urgency")
    assert shown_at(answer, "Bruise")
    assert contact.state == "received"


def test_send_does_not_let_an_officer_lower_the_urgency(client, officer, contact):
    send(client, "contact_send", contact, summary="Bruise", rag="red", rag_reason="Injury")

    answer = send(
        client, "contact_send", contact, summary="Bruise", rag="green", rag_reason="Old mark"
    )

    contact.refresh_from_db()
    assert shown_at(answer, "Only a MASH manager lowers the urgency")
    assert contact.rag == "red"


# People -----------------------------------------------------------------------------------------


def test_child_is_added_with_the_search(client, officer, contact):
    known = people_actions.create_person(
        by=officer,
        at=MORNING - timedelta(days=9),
        is_child=True,
        given_name="Zain",
        family_name="Testwood",
        date_of_birth=date(2022, 2, 2),
        sex="M",
    )
    zayn = {
        "stage": "born",
        "given_name": "Zayn",
        "family_name": "Testwood",
        "date_of_birth": "2 2 2022",
        "place": "resident_child",
    }

    asked = send(client, "contact_add_child", contact, **zayn)
    send(
        client,
        "contact_add_child",
        contact,
        **zayn,
        match=str(known.pk),
        match_seen=asked.context["questions"][0].seen,
    )

    row = contact.people.get(person=known)
    assert shown_at(asked, "Name alike") or shown_at(asked, "Zain")
    assert row.match == ContactPerson.Match.LINKED
    assert row.as_stated["given_name"] == "Zayn"


def test_child_sent_twice_is_added_once(client, officer, contact):
    token = str(uuid.uuid4())
    for _time in range(2):
        answer = send(
            client,
            "contact_add_child",
            contact,
            token=token,
            stage="born",
            given_name="Rafi",
            family_name="Dummyfield",
            match="new",
        )

    assert answer.status_code in (200, 302)
    assert contact.people.count() == 2


def test_unborn_child_is_added_with_a_mother_on_the_contact(client, officer):
    contact = receive(
        officer,
        aaliyah(),
        Stated(
            is_child=False,
            given_name="Hana",
            family_name="Testwood",
            household_role=HouseholdRole.ADULT_CARER,
        ),
    )
    hana = contact.people.get(is_child=False)

    answer = send(
        client,
        "contact_add_child",
        contact,
        stage="unborn",
        mother=str(hana.person_id),
        expected_on="9 6 2026",
        place="resident_child",
    )

    baby = contact.people.get(person__stage="unborn").person
    assert answer.status_code == 302
    assert baby.relationships_from.get().person_id == hana.person_id
    assert HouseholdMembership.objects.get(person=baby).role == HouseholdRole.UNBORN


def test_adult_is_added_with_relations_and_responsibility(client, officer, contact):
    child = first(contact).person_id

    send(
        client,
        "contact_add_adult",
        contact,
        **{
            "given_name": "Hana",
            "family_name": "Testwood",
            f"kind_{child}": "mother",
            f"holds_{child}": "yes",
            "place": "adult_carer",
            "phone": "07700 900123",
            "safe_contact": "Not by phone: he sees her mobile",
            "relation": "mother",
        },
    )

    row = contact.people.get(is_child=False)
    relation = Relationship.objects.get(person=row.person)
    assert (relation.kind, relation.parental_responsibility) == ("mother", "yes")
    assert row.person.safe_contact == "Not by phone: he sees her mobile"
    assert row.person.phone == "+447700900123"
    assert HouseholdMembership.objects.filter(person=row.person, role="adult_carer").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"given_name": "", "family_name": ""}, "a description like “man with a van”"),
        ({"date_of_birth": "31 4 1990"}, "Enter a real date"),
        ({"postcode": "nowhere"}, "postcode"),
        ({"safe_contact": LONG_TEXT}, "you have 20,001"),
    ],
)
def test_adult_refuses_what_cannot_be(client, officer, contact, changes, said):
    answer = send(
        client,
        "contact_add_adult",
        contact,
        **{"given_name": "Hana", "family_name": "Testwood", "relation": "her mother", **changes},
    )

    assert shown_at(answer, said)
    assert shown_at(answer, "her mother")
    assert contact.people.count() == 1


def test_responsibility_without_a_relation_is_refused(client, officer, contact):
    child = first(contact).person_id

    answer = send(
        client, "contact_add_adult", contact, **{"given_name": "Hana", f"holds_{child}": "yes"}
    )

    assert shown_at(answer, "Choose what they are to Aaliyah Testwood")


def test_link_is_undone_and_settled_again(client, officer, contact):
    known = first(contact).person
    other = receive(officer, aaliyah(person_id=known.pk), at=MORNING - timedelta(minutes=5))
    row = other.people.get()

    undone = send(client, "contact_undo_match", other, row.pk)
    row.refresh_from_db()
    apart = row.person
    page = at_page(client, "contact_person", other, row.pk)
    send(client, "contact_settle", other, row.pk, match=str(known.pk))

    row.refresh_from_db()
    assert undone.status_code == 302
    assert apart != known
    assert shown_at(page, f'value="{known.pk}"')
    assert row.person == known
    assert row.match == ContactPerson.Match.LINKED


def test_what_the_record_does_not_say_is_added_as_chosen(client, officer, contact):
    known = first(contact).person
    again = receive(
        officer,
        aaliyah(
            person_id=known.pk,
            given_name="Alia",
            date_of_birth=date(2018, 9, 15),
            nhs_number="999 000 0018",
            school="Dummyfield Primary",
        ),
    )
    row = again.people.get()

    page = at_page(client, "contact_person", again, row.pk)
    nothing = send(client, "contact_add_to_record", again, row.pk)
    send(client, "contact_add_to_record", again, row.pk, add=["name-0", "date_of_birth"])
    after = at_page(client, "contact_person", again, row.pk)

    known.refresh_from_db()
    assert [news.key for news in page.context["news"]] == [
        "name-0",
        "date_of_birth",
        "nhs_number",
        "school",
    ]
    assert nothing.status_code == 302
    assert known.names.filter(given_name="Alia", kind="as_given").exists()
    assert known.date_of_birth == date(2018, 9, 14)
    assert DateClaim.objects.filter(person=known, on=date(2018, 9, 15)).exists()
    assert [news.key for news in after.context["news"]] == ["nhs_number", "school"]


def test_possible_duplicate_is_settled_as_somebody_new(client, officer, contact):
    known = first(contact).person
    other = receive(officer, aaliyah(decide_later=True, possible_ids=[known.pk]))
    row = other.people.get()

    before = at_page(client, "contact_tasks", other)
    send(client, "contact_settle", other, row.pk, match="new")

    row.refresh_from_db()
    assert shown_at(before, "Settle which record is Aaliyah Testwood’s")
    assert row.match == ContactPerson.Match.NEW
    assert not PossibleDuplicate.objects.filter(state="open").exists()


def test_settle_with_somebody_who_was_not_found_is_refused(client, officer, contact, auditor):
    row = first(contact)

    send(client, "contact_settle", contact, row.pk, match=str(uuid.uuid4()))

    row.refresh_from_db()
    assert row.match == ContactPerson.Match.NEW


def test_person_is_taken_off_with_a_reason(client, officer):
    contact = receive(officer, aaliyah(), aaliyah(given_name="Zayn", date_of_birth=None))
    zayn = contact.people.get(person__given_name="Zayn")

    refused = send(client, "contact_remove_person", contact, zayn.pk, because="")
    send(client, "contact_remove_person", contact, zayn.pk, because="Another family")

    zayn.refresh_from_db()
    assert shown_at(refused, "Say why this person does not belong")
    assert zayn.ended_because == "Another family"


def test_only_child_is_not_taken_off(client, officer, contact):
    answer = send(client, "contact_remove_person", contact, first(contact).pk, because="Wrong")

    assert shown_at(answer, "This is the only child of the contact")
    assert contact.people.filter(ended_at=None).count() == 1


def test_relations_are_said_later(client, officer):
    contact = receive(
        officer, aaliyah(), Stated(is_child=False, given_name="Dean", family_name="Placeholder")
    )
    child, dean = contact.people.order_by("position")

    send(
        client,
        "contact_relations",
        contact,
        dean.pk,
        **{f"kind_{child.person_id}": "step_parent", f"holds_{child.person_id}": "no"},
    )

    relation = Relationship.objects.get()
    assert (relation.kind, relation.parental_responsibility) == ("step_parent", "no")


# Households -------------------------------------------------------------------------------------


def test_home_moves_everybody_who_lives_there(client, officer, contact):
    send(client, "contact_home", contact, line="3 Mock Lane", postcode="SL2 5AA")

    contact.refresh_from_db()
    home = PersonAddress.objects.get(person=first(contact).person, to_on=None)
    assert home.address.line == "3 Mock Lane"
    assert Household.objects.get(pk=contact.household_id).address == home.address


def test_home_without_anything_is_refused(client, officer, contact):
    answer = send(client, "contact_home", contact, line="", postcode="")

    assert shown_at(answer, "as much of it as is known")


def test_member_joins_the_household(client, officer):
    contact = receive(
        officer, aaliyah(), Stated(is_child=False, given_name="Dean", family_name="Placeholder")
    )
    dean = contact.people.get(is_child=False)

    send(
        client,
        "contact_member",
        contact,
        person=dean.person_id,
        role="frequent_visitor",
        note="Three nights a week",
    )

    membership = HouseholdMembership.objects.get(person=dean.person)
    assert membership.role == "frequent_visitor"
    assert shown_at(at_page(client, "contact_household", contact), "Dean Placeholder")


def test_child_who_lives_elsewhere_has_another_household(client, officer):
    contact = receive(
        officer, aaliyah(), aaliyah(given_name="Rafi", household_role=None, address_line="")
    )
    rafi = contact.people.get(person__given_name="Rafi")

    send(
        client,
        "contact_other_household",
        contact,
        label="grandparents’ home, address not known",
        other_authority="Northmere",
        people=[rafi.person_id],
    )

    household = HouseholdMembership.objects.get(person=rafi.person).household
    assert household.label == "grandparents’ home, address not known"
    assert household.other_authority == "Northmere"


def test_bail_address_of_one_person_is_kept(client, officer, contact):
    child = first(contact)

    send(
        client,
        "contact_address",
        contact,
        person=child.person_id,
        kind="temporary",
        line="Room 14, Sample Lodge",
        postcode="SL1 2EL",
        is_withheld="on",
        note="Up to 12 weeks",
    )

    stay = PersonAddress.objects.get(person=child.person, kind="temporary")
    assert stay.is_withheld
    assert stay.note == "Up to 12 weeks"


def test_nothing_is_written_by_somebody_who_may_only_read(client, auditor, contact):
    client.force_login(auditor)
    version = Contact.objects.get().version

    answers = [
        send(client, "contact_danger", contact, danger="yes", why="So"),
        send(client, "contact_agreement", contact, **answer_of(contact)),
        send(client, "contact_send", contact, summary="So", rag="red", rag_reason="So"),
        send(client, "contact_add_child", contact, stage="born", given_name="Rafi"),
        send(client, "contact_seal", contact, redacted_words="So", reason="So"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert Contact.objects.get().version == version
    assert contact.people.count() == 1
