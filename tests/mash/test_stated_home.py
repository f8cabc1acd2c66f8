"""A known child whose stated address is another: the record is kept, and the worker is asked."""

import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from cases import actions as case_actions
from cases.models import ContactPerson
from lib import application_clock
from mash.actions import intake as actions
from mash.actions.intake import HomeAnswer
from mash.queries.intake import stated_home
from people import actions as people_actions
from people.models import HouseholdMembership, PersonAddress, Relationship
from record.errors import Refused
from record.models import Event
from tests.factories.people import ChildFactory
from tests.mash.board_cases import NOW, child, received
from tests.mash.pages import form, text_of

pytestmark = pytest.mark.django_db

OLD, NEW = "4 Fennimore Row", "19 Mockingham Way"


@pytest.fixture(autouse=True)
def _thursday():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def known(contact_officer, mash_manager):
    """A child on record, at home in Fennimore Row."""
    first = received(
        contact_officer, child(address_line=OLD, postcode="SL1 0ZA"), at=NOW - timedelta(days=9)
    )
    return first.people.get().person


@pytest.fixture
def row(contact_officer, known):
    """The same child on a later contact, said to live elsewhere."""
    contact = received(
        contact_officer, child(person_id=known.pk, address_line=NEW, postcode="SL1 0ZB")
    )
    return contact.people.get()


def homes(person):
    stays = PersonAddress.objects.filter(person=person, to_on=None, is_wrong=False)
    return {(stay.kind, stay.address.line) for stay in stays.select_related("address")}


def answer(row, by, what, **more):
    return actions.answer_stated_home(
        by=by,
        at=NOW,
        contact_id=row.contact_id,
        contact_person_id=row.pk,
        answer=what,
        **more,
    )


def test_linking_a_known_child_keeps_the_home_on_record(row, known):
    assert homes(known) == {("home", OLD)}
    assert row.as_stated["address_line"] == NEW
    assert stated_home(row).stated == f"{NEW}, SL1 0ZB"


def test_settling_a_match_keeps_the_home_on_record_until_it_is_undone(contact_officer, known):
    contact = received(
        contact_officer,
        child(address_line=NEW, postcode="SL1 0ZB", decide_later=True, possible_ids=(known.pk,)),
    )
    row = contact.people.get()
    made = row.person
    settled = case_actions.settle_match(
        by=contact_officer,
        at=NOW,
        contact_id=contact.pk,
        contact_person_id=row.pk,
        person_id=known.pk,
    )
    asked, joined = stated_home(settled), homes(known) | homes(made)

    case_actions.undo_match(
        by=contact_officer, at=NOW, contact_id=contact.pk, contact_person_id=row.pk
    )

    assert asked.on_record == f"{OLD}, SL1 0ZA"
    assert joined == {("home", OLD)}
    assert homes(made) == {("home", NEW)}
    assert homes(known) == {("home", OLD)}


def test_known_child_without_a_home_gets_the_one_stated(contact_officer):
    first = received(contact_officer, child(), at=NOW - timedelta(days=9))
    known = first.people.get().person

    again = received(
        contact_officer, child(person_id=known.pk, address_line=NEW, postcode="SL1 0ZB")
    )

    assert homes(known) == {("home", NEW)}
    assert stated_home(again.people.get()) is None


@pytest.mark.parametrize(
    ("what", "left"),
    [
        (HomeAnswer.KEEP, {("home", OLD)}),
        (HomeAnswer.MOVED, {("home", NEW)}),
        (HomeAnswer.ALSO, {("home", OLD), ("stays", NEW)}),
    ],
)
def test_answer_does_what_it_says_and_is_asked_once(row, known, contact_officer, what, left):
    answered = answer(row, contact_officer, what)

    assert homes(known) == left
    assert stated_home(answered) is None
    assert answered.as_stated["address_line"] == NEW
    assert Event.objects.get(code="contact.home_answered").data == {"answer": what}
    with pytest.raises(Refused, match="said already"):
        answer(row, contact_officer, HomeAnswer.MOVED)
    assert homes(known) == left


def test_move_ends_the_home_before_on_the_day_given(row, known, contact_officer):
    answer(row, contact_officer, HomeAnswer.MOVED, from_on=date(2026, 3, 1))

    ended = PersonAddress.objects.get(person=known, address__line=OLD)
    assert ended.to_on == date(2026, 3, 1)


def test_answer_needs_a_link_and_the_right(contact_officer, row, known, head_of_service):
    with pytest.raises(PermissionDenied):
        answer(row, head_of_service, HomeAnswer.MOVED)
    case_actions.undo_match(
        by=contact_officer, at=NOW, contact_id=row.contact_id, contact_person_id=row.pk
    )

    with pytest.raises(Refused, match="not linked"):
        answer(row, contact_officer, HomeAnswer.MOVED)

    assert homes(known) == {("home", OLD)}


def test_settling_leads_to_the_question_with_the_record_kept_beforehand(
    client, contact_officer, known
):
    contact = received(
        contact_officer,
        child(address_line=NEW, postcode="SL1 0ZB", decide_later=True, possible_ids=(known.pk,)),
    )
    row = contact.people.get()
    client.force_login(contact_officer)
    settle = reverse("mash:contact_settle", args=[contact.pk, row.pk])

    page = client.post(settle, {"match": str(known.pk)}, follow=True)
    sent = client.post(page.request["PATH_INFO"], form(answer="keep"), follow=True)

    assert page.request["PATH_INFO"] == reverse(
        "mash:contact_stated_home", args=[contact.pk, row.pk]
    )
    said = text_of(page)
    assert f"The contact states {NEW}, SL1 0ZB. The record says {OLD}, SL1 0ZA." in said
    ticked = re.findall(r"<input[^>]*\bchecked\b[^>]*>", page.content.decode())
    assert [part for part in ticked if 'value="keep"' in part] == ticked
    assert "It is recorded which address holds" in text_of(sent)
    assert homes(known) == {("home", OLD)}


def test_page_of_the_person_says_that_another_address_was_stated(client, contact_officer, row):
    client.force_login(contact_officer)

    page = text_of(client.get(reverse("mash:contact_person", args=[row.contact_id, row.pk])))
    answer(row, contact_officer, HomeAnswer.KEEP)
    after = client.get(reverse("mash:contact_person", args=[row.contact_id, row.pk]))

    assert "Another address was stated" in page
    assert "Another address was stated" not in text_of(after)
    assert ContactPerson.objects.get(pk=row.pk).as_stated["address_line"] == NEW


def lived_and_born_to(person):
    """Give the households and mothers of a person as they stand."""
    homes_now = HouseholdMembership.objects.filter(person=person, to_on=None)
    mothers = Relationship.objects.filter(other=person, to_on=None, is_wrong=False)
    return (
        set(homes_now.values_list("household_id", "role")),
        set(mothers.values_list("person_id", "kind")),
    )


@pytest.mark.parametrize("is_parted_before", [False, True])
def test_undoing_a_match_leaves_each_with_the_home_and_mother_they_had(
    contact_officer, mash_manager, known, is_parted_before
):
    contact = received(
        contact_officer,
        child(address_line=NEW, postcode="SL1 0ZB", decide_later=True, possible_ids=(known.pk,)),
    )
    row = contact.people.get()
    made = row.person
    Relationship.objects.create(
        person=ChildFactory(),
        other=made,
        kind="mother",
        source="family",
        recorded_at=NOW,
    )
    before = [lived_and_born_to(each) for each in (known, made)]
    asked = {"by": contact_officer, "at": NOW, "contact_id": contact.pk}
    settled = case_actions.settle_match(**asked, contact_person_id=row.pk, person_id=known.pk)
    assert lived_and_born_to(known) != before[0]
    if is_parted_before:
        people_actions.unlink_records(
            by=mash_manager, at=NOW, link_id=settled.match_link_id, because="Two boys"
        )

    undone = case_actions.undo_match(**asked, contact_person_id=row.pk)

    assert undone.person == made
    assert [lived_and_born_to(each) for each in (known, made)] == before
    assert homes(known) == {("home", OLD)}
    assert homes(made) == {("home", NEW)}
    made.refresh_from_db()
    assert made.canonical_id is None
