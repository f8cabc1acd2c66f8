"""What we already know: counted contacts, and what a restriction hides."""

from datetime import timedelta

import pytest

from cases import actions
from cases.queries.history import contacts_counted, history_of, is_repeat
from people import actions as people_actions
from tests.cases.front_door import MORNING, child, hours, received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]


@pytest.fixture
def earlier(contact_officer, mash_manager):
    """Two weeks before."""
    return received(contact_officer, child("Aaliyah"), at=MORNING - timedelta(days=14))


def again(by, person, *others, **more):
    return received(by, child("", person_id=person.pk), *others, **more)


def counted(contact, person):
    (number,) = contacts_counted(
        contact=contact, child_ids=[person.pk], at=contact.received_at
    ).values()
    return number


def claim(contact, by, on=None):
    return actions.claim_earlier_contact(
        by=by,
        at=hours(1),
        contact_id=contact.pk,
        claimed_on=on,
        why="The school says it wrote in February",
    )


def test_count_has_this_contact_and_those_before(earlier, contact_officer):
    person = earlier.people.get().person

    contact = again(contact_officer, person)

    assert counted(earlier, person) == 1
    assert counted(contact, person) == 2


def test_count_reaches_twelve_months_back(contact_officer, mash_manager):
    first = received(contact_officer, at=MORNING.replace(year=2025))
    person = first.people.get().person
    inside = again(contact_officer, person)
    outside = again(contact_officer, person, at=MORNING + timedelta(days=1))

    assert counted(inside, person) == 2
    assert counted(outside, person) == 2


def test_count_leaves_void_contacts_out(earlier, contact_officer, mash_manager):
    person = earlier.people.get().person
    contact = again(contact_officer, person)

    actions.void(by=mash_manager, at=hours(1), contact_id=earlier.pk, reason="A test")

    assert counted(contact, person) == 1


def test_count_has_claimed_contacts_nobody_can_trace(earlier, contact_officer):
    person = earlier.people.get().person
    contact = again(contact_officer, person)

    claim(contact, contact_officer)
    gone = claim(contact, contact_officer, MORNING.date() - timedelta(days=500))

    assert counted(contact, person) == 3
    history = history_of(by=contact_officer, contact=contact, at=hours(2))
    assert len(history.claimed) == 2
    assert is_repeat(history=history, at=hours(2))
    actions.unlink_contact(by=contact_officer, at=hours(3), link_id=gone.pk)
    assert counted(contact, person) == 3


def test_claimed_contact_after_this_one_is_refused(earlier, contact_officer):
    from record.errors import Refused

    with pytest.raises(Refused, match="after this contact"):
        claim(earlier, contact_officer, MORNING.date())


def test_linked_records_count_as_one_child(earlier, contact_officer, mash_manager):
    person = earlier.people.get().person
    contact = received(contact_officer, child("Aliyah"))
    row = contact.people.get()
    other = row.person

    actions.settle_match(
        by=contact_officer,
        at=hours(1),
        contact_id=contact.pk,
        contact_person_id=row.pk,
        person_id=person.pk,
    )
    third = again(contact_officer, person, at=hours(2))

    assert counted(third, person) == 3
    assert set(
        contacts_counted(contact=third, child_ids=[person.pk, other.pk], at=hours(2)).values()
    ) == {3}


def test_history_finds_earlier_contacts_open_work_and_sisters(contact_officer, mash_manager):
    first = received(
        contact_officer, child("Aaliyah"), child("Safiya"), at=MORNING - timedelta(days=3)
    )
    person = first.people.get(person__given_name="Aaliyah").person

    contact = again(contact_officer, person)

    history = history_of(by=contact_officer, contact=contact, at=hours(1))
    assert [row.contact_id for row in history.earlier] == [first.pk]
    assert {row.name for row in history.open_work} == {"Aaliyah Testwood", "Safiya Testwood"}
    assert [name for _pk, name in history.siblings] == ["Safiya Testwood"]


def test_history_says_nothing_of_a_restricted_sister(
    contact_officer, mash_manager, head_of_service
):
    first = received(
        contact_officer, child("Aaliyah"), child("Safiya"), at=MORNING - timedelta(days=3)
    )
    person = first.people.get(person__given_name="Aaliyah").person
    hidden = first.people.get(person__given_name="Safiya").person
    people_actions.restrict(
        by=mash_manager,
        at=MORNING - timedelta(days=2),
        person_id=hidden.pk,
        owner_id=head_of_service.pk,
        reason="A relative works here.",
    )
    contact = again(contact_officer, person)

    seen = history_of(by=contact_officer, contact=contact, at=hours(1))
    whole = history_of(by=head_of_service, contact=contact, at=hours(1))

    assert "Safiya" not in repr(seen)
    assert hidden.pk not in {row.child_id for row in seen.open_work}
    assert seen.earlier == []  # the earlier contact names the restricted child
    assert "Safiya" in repr(whole)
