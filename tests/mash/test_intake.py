"""Taking a contact in: what has come in, the first child, drafts and the known-person search."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Contact, ContactPerson, Submission
from lib import application_clock
from lib.text import shown_name
from people import actions as people_actions
from people.models import Person, PossibleDuplicate
from record.models import Clock, Draft, ReadLogEntry

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 12, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _morning():
    with application_clock.set_to(MORNING):
        yield


@pytest.fixture
def officer(client, contact_officer):
    client.force_login(contact_officer)
    return contact_officer


def what_came_in(**changes):
    return {
        "channel": "phone",
        "received_at": "12 3 2026 09:40",
        "words": "Aaliyah came in quiet and asked to stay at lunch.",
        "who": "named",
        "referrer_name": "Olu Specimen",
        "referrer_role": "Safeguarding lead",
        "source_code": "2A",
        "version": "0",
        **changes,
    }


def child(**changes):
    return {
        "stage": "born",
        "given_name": "Aaliyah",
        "family_name": "Testwood",
        "date_of_birth": "14 9 2018",
        "sex": "F",
        "place": "resident_child",
        "address_line": "14 Sample Row",
        "postcode": "SL1 2EL",
        **changes,
    }


def write(client, key=None, **changes):
    key = key or uuid.uuid4()
    return key, client.post(reverse("mash:contact_write", args=[key]), what_came_in(**changes))


def send_child(client, key, **changes):
    return client.post(reverse("mash:contact_first_child", args=[key]), child(**changes))


def receive(client, **changes):
    key, _answer = write(client, **changes)
    send_child(client, key)
    return Contact.objects.get()


def known_child(by, **changes):
    return people_actions.create_person(
        **{
            "by": by,
            "at": MORNING - timedelta(days=30),
            "is_child": True,
            "given_name": "Aaliyah",
            "family_name": "Testwood",
            "date_of_birth": date(2018, 9, 14),
            "sex": "F",
            **changes,
        }
    )


def shown_at(answer, words):
    return words in answer.content.decode()


# What has come in -----------------------------------------------------------------------------


def test_new_leads_to_a_page_of_its_own_with_nothing_written(client, officer):
    answer = client.get(reverse("mash:contact_new"), follow=True)

    assert answer.status_code == 200
    assert shown_at(answer, "What has come in?")
    assert not Draft.objects.exists()


def test_write_keeps_a_draft_and_goes_on_to_the_child(client, officer):
    key, answer = write(client)

    assert answer.status_code == 302
    assert answer["Location"] == reverse("mash:contact_first_child", args=[key])
    assert Draft.objects.get(subject_id=key).data["referrer_name"] == "Olu Specimen"
    assert not Contact.objects.exists()


def test_write_shows_what_was_saved_when_it_is_opened_again(client, officer):
    key, _answer = write(client, do_later="1")

    answer = client.get(reverse("mash:contact_write", args=[key]))

    assert shown_at(answer, "asked to stay at lunch")
    assert shown_at(answer, 'value="09:40"')
    assert not shown_at(answer, "There is a problem")


def test_save_and_finish_later_lists_the_draft(client, officer):
    _key, answer = write(client, words="", do_later="1")

    listed = client.get(answer["Location"])

    assert shown_at(listed, "Nothing written yet")


def test_draft_of_somebody_else_is_not_listed(client, officer, mash_manager):
    write(client, do_later="1")
    client.force_login(mash_manager)

    listed = client.get(reverse("mash:contact_drafts"))

    assert not shown_at(listed, "asked to stay")


def test_drop_throws_the_draft_away(client, officer):
    key, _answer = write(client)

    client.post(reverse("mash:contact_drop", args=[key]))

    assert not Draft.objects.exists()


def test_write_after_the_page_saved_itself_is_no_clash(client, officer):
    key, window = uuid.uuid4(), str(uuid.uuid4())
    saved = client.post(
        reverse("record:draft_save", args=["intake", key]), what_came_in(window=window)
    )

    _key, answer = write(client, key=key, window=window, words="And a little more")

    assert saved.status_code == 200
    assert answer.status_code == 302
    assert Draft.objects.get(subject_id=key).data["words"] == "And a little more"


def test_page_that_saved_itself_while_it_was_recorded_is_not_unfinished(client, officer):
    key, _answer = write(client)
    send_child(client, key)
    client.post(reverse("record:draft_save", args=["intake", key]), what_came_in())

    listed = client.get(reverse("mash:contact_drafts"))

    assert shown_at(listed, "You have finished every contact")


def test_write_in_two_windows_loses_nothing_and_says_so(client, officer):
    key, _answer = write(client)

    _key, answer = write(client, key=key, words="From the other window")

    assert answer.status_code == 409
    assert shown_at(answer, "in another window")
    assert shown_at(answer, "From the other window")
    assert Draft.objects.get(subject_id=key).data["words"].startswith("Aaliyah")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"channel": ""}, "Choose how it reached us"),
        ({"words": " \x00\x07 "}, "Enter the concern in the referrer’s own words"),
        ({"received_at": ""}, "Enter when it reached the front door"),
        ({"received_at": "31 2 2026 09:00"}, "Enter a real date"),
        ({"received_at": "12 3 2026 25:00"}, "Enter a time on the 24-hour clock"),
        ({"received_at": "13 3 2026 09:00"}, "must be now or earlier"),
        ({"written_at": "12 3 2026 09:50"}, "It cannot be written after it reached us"),
        ({"danger": "yes"}, "Say what the danger is, and to whom"),
        ({"source_also": "2A"}, "Choose another code, or none"),
        ({"referrer_email": "nobody"}, "Enter an email address"),
        ({"source_code": "77"}, "Choose source code from the list"),
    ],
)
def test_write_refuses_what_cannot_be_and_keeps_what_was_typed(client, officer, changes, said):
    _key, answer = write(client, **changes)

    assert answer.status_code == 200
    assert shown_at(answer, said)
    assert shown_at(answer, "Error: ")
    assert shown_at(answer, "Olu Specimen")


def test_write_takes_200_000_characters_and_refuses_one_more(client, officer):
    _key, fits = write(client, words="w" * 200_000)
    _key, over = write(client, words="w" * 200_001)

    assert fits.status_code == 302
    assert shown_at(over, "to 200,000 characters; you have 200,001")
    assert shown_at(over, "w" * 200_001)


# The first child --------------------------------------------------------------------------------


def test_child_receives_the_contact_with_everything_that_was_written(client, officer):
    key, _answer = write(
        client,
        do_parents_know="no",
        safe_contact="Do not ring her mobile",
        external_reference="MP25990147",
        written_at="11 3 2026 18:00",
    )

    answer = send_child(client, key, school="Dummyfield Primary", relation="daughter")

    contact = Contact.objects.get()
    row = contact.people.get()
    assert answer["Location"] == reverse("mash:contact_tasks", args=[contact.pk])
    assert contact.referrer_name == "Olu Specimen"
    assert contact.referrer_is_professional is True
    assert contact.do_parents_know == "no"
    assert contact.safe_contact == "Do not ring her mobile"
    assert contact.submission.external_reference == "MP25990147"
    assert contact.submission.written_at == datetime(2026, 3, 11, 18, 0, tzinfo=UTC)
    assert contact.received_at == datetime(2026, 3, 12, 9, 40, tzinfo=UTC)
    assert row.as_stated["school"] == "Dummyfield Primary"
    assert row.match == ContactPerson.Match.NEW
    assert row.person.addresses.get().address.postcode == "SL1 2EL"
    assert not Draft.objects.filter(recorded_at=None).exists()


def test_child_sent_twice_makes_one_contact(client, officer):
    key, _answer = write(client)
    send_child(client, key)

    answer = send_child(client, key)

    assert Contact.objects.count() == 1
    assert answer["Location"] == reverse("mash:contact_tasks", args=[Contact.objects.get().pk])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_child_sent_twice_at_the_same_moment_makes_one_contact(
    client, officer, django_db_serialized_rollback
):
    key, _answer = write(client)
    together = Barrier(2)

    def send_at_once(_number):
        with application_clock.set_to(MORNING):
            window = Client()
            window.force_login(officer)
            together.wait(timeout=20)
            try:
                return send_child(window, key).status_code
            finally:
                connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(send_at_once, range(2)))

    assert statuses == [302, 302]
    assert Contact.objects.count() == 1


def test_draft_opened_after_receipt_leads_to_the_contact(client, officer):
    key, _answer = write(client)
    send_child(client, key)

    answer = client.get(reverse("mash:contact_write", args=[key]))

    assert answer["Location"] == reverse("mash:contact_tasks", args=[Contact.objects.get().pk])


def test_child_before_the_words_goes_back_to_them(client, officer):
    key = uuid.uuid4()

    answer = client.get(reverse("mash:contact_first_child", args=[key]))

    assert answer["Location"] == reverse("mash:contact_write", args=[key])


def test_danger_puts_the_contact_on_the_clock_of_an_hour(client, officer):
    contact = receive(
        client,
        referrer_says_danger="no",
        danger="yes",
        danger_why="He collects her at 15:15",
        act_before_at="12 3 2026 15:15",
    )

    assert contact.referrer_says_danger == "no"
    assert contact.is_danger is True
    assert contact.act_before_at == datetime(2026, 3, 12, 15, 15, tzinfo=UTC)
    assert Clock.objects.filter(rule="CON-RED", subject_id=contact.pk, stopped_at=None).exists()


def test_anonymous_clears_who_it_is_and_keeps_the_code(client, officer):
    contact = receive(
        client, who="anonymous", referrer_phone="07700 900123", source_code="1B", source_also="9"
    )

    assert contact.referrer_is_anonymous
    assert contact.referrer_name == contact.referrer_phone == ""
    assert contact.submission.sender_agency_name == ""
    assert (contact.source_code, contact.source_also) == ("1B", "9")
    assert contact.referrer_is_professional is False


def test_unborn_child_comes_with_the_mother(client, officer):
    key, _answer = write(client)

    send_child(
        client,
        key,
        stage="unborn",
        given_name="",
        family_name="",
        date_of_birth="",
        expected_on="9 6 2026",
        mother="named",
        mother_given_name="Hana",
        mother_family_name="Testwood",
    )

    contact = Contact.objects.get()
    baby = contact.people.get(is_child=True).person
    mother = contact.people.get(is_child=False).person
    assert baby.stage == "unborn"
    assert baby.expected_on == date(2026, 6, 9)
    assert baby.relationships_from.get().person == mother
    assert mother.name == "Hana Testwood"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stage": ""}, "Choose whether the child is born"),
        ({"given_name": "", "family_name": ""}, "if nobody knows it, a description"),
        ({"date_of_birth": "31 4 2018"}, "Enter a real date"),
        ({"date_of_birth": "12 3 1999"}, "more than 25 years old"),
        ({"date_of_birth": "13 3 2026"}, "must be today or earlier"),
        ({"postcode": "SL1 2EC"}, "postcode"),
        ({"other_names": "n" * 201}, "Shorten each name to 200 characters"),
        ({"given_name": "n" * 201}, "to 200 characters; you have 201"),
        ({"note": "n" * 20_001}, "to 20,000 characters; you have 20,001"),
        (
            {"stage": "unborn", "given_name": "", "expected_on": "1 1 2027", "mother": "unknown"},
            "more than 9 months ahead",
        ),
        (
            {"stage": "unborn", "given_name": "", "expected_on": "1 1 2026", "mother": "unknown"},
            "due more than 30 days ago",
        ),
        ({"stage": "unborn", "given_name": ""}, "Choose who the mother is"),
        ({"stage": "unborn", "mother": "unknown"}, "An unborn baby has no first name yet"),
        ({"stage": "unborn", "given_name": "", "mother": "named"}, "Enter the mother’s name"),
    ],
)
def test_child_refuses_what_cannot_be_and_keeps_what_was_typed(client, officer, changes, said):
    key, _answer = write(client)

    answer = send_child(client, key, **{"school": "Dummyfield Primary", **changes})

    assert answer.status_code == 200
    assert shown_at(answer, said)
    assert shown_at(answer, "Dummyfield Primary")
    assert not Contact.objects.exists()


def test_child_born_after_the_contact_came_in_is_refused(client, officer):
    key, _answer = write(client, received_at="10 3 2026 09:00")

    answer = send_child(client, key, date_of_birth="11 3 2026")

    assert shown_at(answer, "The date of birth is after this contact reached us")
    assert not Contact.objects.exists()


def test_nothing_is_chosen_beforehand(client, officer):
    key, _answer = write(client)

    page = client.get(reverse("mash:contact_first_child", args=[key]))
    send_child(client, key)

    assert 'value="" selected>Not yet obtained' in page.content.decode()
    assert Contact.objects.get().people.get().person.ethnicity == "NOBT"


def test_child_described_only_is_enough(client, officer):
    key, _answer = write(client)

    send_child(
        client,
        key,
        given_name="",
        family_name="",
        date_of_birth="",
        address_line="",
        postcode="",
        description="sister, about 8",
        age="about 8",
        mention="mentioned",
    )

    row = Contact.objects.get().people.get()
    assert row.person.name == "sister, about 8"
    assert row.as_stated["age"] == "about 8"
    assert row.mention == "mentioned"


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.text(
        st.characters(categories=["L", "M", "Zs", "Pd", "Po"], codec="utf-8"),
        min_size=1,
        max_size=60,
    ).filter(lambda text: bool(shown_name(text)))
)
def test_name_in_any_script_is_kept_as_it_was_written(client, officer, name):
    key, _answer = write(client)

    answer = send_child(client, key, given_name=name, family_name="", match="new")

    if answer.status_code == 200:  # an earlier example looks like this one: choose "new"
        seen = answer.context["questions"][0].seen
        answer = send_child(
            client, key, given_name=name, family_name="", match="new", match_seen=seen
        )
    assert answer.status_code == 302
    row = ContactPerson.objects.order_by("-recorded_at", "-position").filter(
        contact__submission__in=Submission.objects.all()
    )
    assert shown_name(name) in set(row.values_list("person__given_name", flat=True))


# Who the child already is -----------------------------------------------------------------------


def test_child_who_may_be_known_is_shown_before_a_record_is_made(client, officer):
    known = known_child(officer)
    key, _answer = write(client)

    answer = send_child(client, key)

    assert answer.status_code == 200
    assert shown_at(answer, "Choose whether this is one of the records found")
    assert shown_at(answer, f'value="{known.pk}"')
    assert shown_at(answer, "Same name")
    assert not Contact.objects.exists()


def test_child_linked_to_a_known_record_keeps_what_the_worker_saw(client, officer):
    known = known_child(officer)
    key, _answer = write(client)

    send_child(client, key, match=str(known.pk), match_seen=str(known.pk))

    row = Contact.objects.get().people.get()
    assert row.person == known
    assert row.match == ContactPerson.Match.LINKED
    assert row.match_seen["candidates"][0]["person_id"] == str(known.pk)
    assert row.match_seen["answer"] == str(known.pk)


def test_child_decided_later_has_a_record_with_an_open_question(client, officer):
    known = known_child(officer)
    key, _answer = write(client)

    send_child(client, key, match="later", match_seen=str(known.pk))

    row = Contact.objects.get().people.get()
    assert row.match == ContactPerson.Match.TO_SETTLE
    assert row.person != known
    question = PossibleDuplicate.objects.get()
    assert {question.person, question.other} == {row.person, known}


def test_child_taken_for_new_without_seeing_the_record_is_asked_again(client, officer):
    known_child(officer)
    key, _answer = write(client)

    answer = send_child(client, key, match="new", match_seen="")

    assert shown_at(answer, "More records were found")
    assert not Contact.objects.exists()


def test_child_taken_for_new_after_seeing_the_record_is_new(client, officer):
    known = known_child(officer)
    key, _answer = write(client)

    send_child(client, key, match="new", match_seen=str(known.pk))

    assert Contact.objects.get().people.get().match == ContactPerson.Match.NEW
    assert Person.objects.filter(family_name="Testwood", la_child_id__isnull=False).count() == 2


def test_look_shows_the_records_and_records_nothing(client, officer):
    known = known_child(officer)
    key, _answer = write(client)

    answer = send_child(client, key, do_look="1")

    assert shown_at(answer, f'value="{known.pk}"')
    assert not shown_at(answer, "Choose whether this is one")
    assert not Contact.objects.exists()


def test_candidates_are_a_part_of_the_page_and_are_written_to_the_log(client, officer):
    known = known_child(officer)

    answer = client.post(reverse("mash:candidates"), child())

    log = ReadLogEntry.objects.get(kind="search")
    assert shown_at(answer, "None of these: make a new record")
    assert not shown_at(answer, "<html")
    assert log.person_ids == [known.pk]
    assert "Aaliyah" not in str(log.filters)


def test_candidates_say_who_holds_an_open_child(client, officer):
    known = known_child(officer)
    key, _answer = write(client)
    send_child(client, key, match=str(known.pk), match_seen=str(known.pk))

    answer = client.post(reverse("mash:candidates"), child())

    assert shown_at(answer, "Another contact is not decided yet")
    assert shown_at(answer, "Noor Placeholder")


def test_candidates_of_nothing_typed_are_empty(client, officer):
    answer = client.post(reverse("mash:candidates"), {"stage": "born"})

    assert answer.content.decode().strip() == ""


def test_restricted_record_is_one_neutral_line(client, officer, mash_manager, head_of_service):
    known = known_child(officer)
    people_actions.restrict(
        by=mash_manager,
        at=MORNING,
        person_id=known.pk,
        owner_id=head_of_service.pk,
        reason="A relative works here",
    )
    key, _answer = write(client)

    answer = send_child(client, key)

    assert shown_at(answer, "A restricted record may match")
    assert not shown_at(answer, str(known.pk))
    assert not shown_at(answer, "Same name")


# Who may ------------------------------------------------------------------------------------------


def test_somebody_without_the_right_gets_nothing_and_writes_nothing(client, auditor):
    client.force_login(auditor)

    key, answer = write(client)
    again = send_child(client, key)
    searched = client.post(reverse("mash:candidates"), child())

    assert [answer.status_code, again.status_code, searched.status_code] == [403, 403, 403]
    assert not Draft.objects.exists()
    assert not Contact.objects.exists()
    assert not ReadLogEntry.objects.exists()


def test_emergency_duty_worker_sees_the_out_of_hours_line(client, edt_worker):
    client.force_login(edt_worker)

    answer = client.get(reverse("mash:contact_new"), follow=True)

    assert shown_at(answer, "EDT-HO")


def test_receipt_out_of_hours_written_down_in_the_day_says_so(client, officer):
    key, _answer = write(client, received_at="12 3 2026 02:40")

    answer = client.get(reverse("mash:contact_first_child", args=[key]))

    assert shown_at(answer, "This is out of office hours")


def test_receipt_in_office_hours_says_nothing_of_it(client, officer):
    key, _answer = write(client)

    answer = client.get(reverse("mash:contact_first_child", args=[key]))

    assert not shown_at(answer, "EDT-HO")


def test_out_of_hours_starts_the_clocks_of_the_hand_over(client, edt_worker, mash_manager):
    with application_clock.set_to(NIGHT):
        client.force_login(edt_worker)
        contact = receive(client, received_at="12 3 2026 23:10")

        answer = client.get(reverse("mash:contact_tasks", args=[contact.pk]))

    rules = set(Clock.objects.filter(subject_id=contact.pk).values_list("rule", flat=True))
    assert {"EDT-HO", "EDT-ACK"} <= rules
    assert shown_at(answer, "EDT-ACK")
    assert shown_at(answer, "EDT-HO")
