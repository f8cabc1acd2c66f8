"""Two records that may be one person: what the night asks, what workers answer, what waits."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InternalError, transaction
from django.urls import reverse

from accounts.choices import Role
from people import actions, matching, tasks
from people.choices import Source
from people.models import DuplicateCheck, PersonLink, PossibleDuplicate, SearchAnswer
from people.queries.duplicates import duplicate_lines, left_for_later, open_duplicates
from record.models import Event
from slough_front_door.celery import app
from tests.factories.people import ChildFactory, PersonAddressFactory, RestrictionFactory
from tests.people.families import AT, TODAY
from tests.personas import person

pytestmark = pytest.mark.django_db
State = PossibleDuplicate.State


def child(given_name, *, born=date(2014, 5, 9), line="14 Sample Row"):
    made = ChildFactory(
        given_name=given_name, family_name="Testwood", date_of_birth=born, recorded_at=AT
    )
    PersonAddressFactory(person=made, address__line=line, address__key=f"{made.pk}")
    matching.refresh([made.pk])
    return made


def a_pair():
    return child("Zayn"), child("Zain")


def compare(most=100):
    return actions.ask_about_doubles(at=AT, most=most)


# The night


def test_the_night_asks_once_about_two_records_of_one_child():
    first, second = a_pair()
    child("Bogdan", born=date(2011, 1, 3), line="9 Dummy Lane")

    assert compare().asked == 1

    asked = PossibleDuplicate.objects.get()
    assert {asked.person_id, asked.other_id} == {first.pk, second.pk}
    assert (asked.state, asked.raised_by) == (State.OPEN, None)
    assert asked.score > 0
    assert Event.objects.filter(code="people.possible_duplicate").count() == 2
    assert compare() == actions.doubles.Compared(records=0, asked=0)


def test_brothers_twins_and_linked_records_are_not_asked_about(mash_manager):
    first, second = a_pair()
    child("Kacper")
    actions.link_records(
        by=mash_manager, at=AT, kept_id=first.pk, other_id=second.pk, reason="Same number"
    )

    assert compare().asked == 0
    assert not PossibleDuplicate.objects.exists()


def test_the_night_is_bounded_and_goes_on_where_it_stopped():
    a_pair()

    assert compare(most=1).records == 1
    assert compare(most=1).records == 1
    assert compare(most=1).records == 0
    assert DuplicateCheck.objects.count() == 2


def test_two_people_are_asked_about_again_only_when_something_has_changed(mash_manager):
    first, second = a_pair()
    compare()
    asked = PossibleDuplicate.objects.get()
    actions.settle_possible_duplicate(
        by=mash_manager, at=AT, duplicate_id=asked.pk, is_same=False, reason="Cousins"
    )
    asked.refresh_from_db()
    assert (asked.settled_because, asked.state) == ("Cousins", State.NOT_SAME)
    matching.refresh([first.pk, second.pk])
    assert compare().asked == 0

    actions.add_name(
        by=mash_manager,
        at=AT,
        person_id=second.pk,
        kind="known_as",
        given_name="Zayn",
        family_name="Testwood",
        source=Source.FAMILY,
    )

    assert compare().asked == 1
    asked.refresh_from_db()
    assert (asked.state, asked.settled_by, asked.settled_because) == (State.OPEN, None, "")
    assert asked.events.filter(settled_because="Cousins").exists()


def test_records_that_were_parted_are_not_asked_about_by_the_next_night(mash_manager):
    first, second = a_pair()
    link = actions.link_records(
        by=mash_manager, at=AT, kept_id=first.pk, other_id=second.pk, reason="Same number"
    )

    actions.unlink_records(by=mash_manager, at=AT, link_id=link.pk, because="Two boys")

    assert compare().asked == 0
    kept = PossibleDuplicate.objects.get()
    assert (kept.state, kept.settled_by) == (State.NOT_SAME, mash_manager)
    assert kept.settled_because == "Two boys"


def test_a_new_short_name_is_asked_about_by_the_next_night(administrator):
    first, second = child("Balwinder"), child("Bindi")
    assert compare().asked == 0

    actions.state_variant(
        by=administrator, at=AT, name="Balwinder", variant="Bindi", is_same=True, because="Heard"
    )

    assert compare().asked == 1
    asked = PossibleDuplicate.objects.get()
    assert {asked.person_id, asked.other_id} == {first.pk, second.pk}


def test_a_restricted_pair_leaves_no_line_and_is_listed_to_who_may_read_both(
    mash_manager, head_of_service
):
    first, _second = a_pair()
    RestrictionFactory(person=first, owner=head_of_service)

    assert compare().asked == 1

    assert not Event.objects.filter(code="people.possible_duplicate").exists()
    assert not open_duplicates(by=mash_manager, on=TODAY).exists()
    assert open_duplicates(by=head_of_service, on=TODAY).count() == 1


def test_what_a_worker_left_to_decide_is_weighed_at_night_and_comes_first(
    mash_manager, contact_officer
):
    pair = a_pair()
    alone = child("Otylia", born=date(2012, 2, 2), line="3 Mock Way")
    actions.raise_possible_duplicate(
        by=contact_officer, at=AT, person_id=alone.pk, other_id=pair[0].pk
    )

    tasks.ask_about_doubles(unknown="from a newer worker")

    by_worker, by_night = open_duplicates(by=mash_manager, on=TODAY)
    assert (by_worker.raised_by, by_night.raised_by) == (contact_officer, None)
    assert by_worker.score < 0 < by_night.score
    assert tasks.ask_about_doubles.name in {
        entry["task"] for entry in app.conf.beat_schedule.values()
    }


# Answers


def test_a_question_left_for_later_comes_back_after_two_weeks(mash_manager, contact_officer):
    a_pair()
    compare()
    asked = PossibleDuplicate.objects.get()
    with pytest.raises(PermissionDenied):
        actions.leave_for_later(by=contact_officer, at=AT, duplicate_id=asked.pk)

    actions.leave_for_later(by=mash_manager, at=AT, duplicate_id=asked.pk)

    assert not open_duplicates(by=mash_manager, on=TODAY).exists()
    assert left_for_later(by=mash_manager, on=TODAY).get() == asked
    later = TODAY + timedelta(days=14)
    assert open_duplicates(by=mash_manager, on=later).get() == asked
    assert Event.objects.filter(code="people.duplicate_left").count() == 2
    actions.settle_possible_duplicate(
        by=mash_manager, at=AT, duplicate_id=asked.pk, is_same=True, reason="One number"
    )
    assert PersonLink.objects.filter(ended_at__isnull=True).count() == 1
    with pytest.raises(actions.AlreadySettled):
        actions.leave_for_later(by=mash_manager, at=AT, duplicate_id=asked.pk)


def seen_of(*people, restricted=False):
    return {
        "candidates": [{"person_id": str(each.pk), "band": "possible"} for each in people],
        "restricted_may_match": restricted,
    }


@pytest.mark.parametrize(
    ("shown", "restricted", "said", "answer"),
    [
        (True, False, {"is_chosen": True}, "same"),
        (True, False, {"is_later": True}, "later"),
        (True, False, {}, "not_same"),
        (False, True, {}, "not_same"),
        (False, False, {}, "not_known"),
    ],
)
def test_every_answer_is_kept_with_the_list_that_was_seen(
    contact_officer, shown, restricted, said, answer
):
    asked, other = a_pair()
    seen = seen_of(*([other] if shown else []), restricted=restricted)

    kept = actions.keep_answer(by=contact_officer, at=AT, person_id=asked.pk, seen=seen, **said)

    kept.refresh_from_db()
    assert (kept.answer, kept.seen) == (answer, seen)
    assert kept.shown_ids == ([other.pk] if shown else [])
    with pytest.raises(InternalError), transaction.atomic():
        SearchAnswer.objects.update(answer="same")


def test_building_a_family_keeps_the_answer(client, family, mash_social_worker):
    client.force_login(mash_social_worker)
    typed = {
        "given_name": "Tyler",
        "family_name": "Stubbs",
        "sex": "M",
        "is_child": "yes",
        "role": "part_time_child",
        "kind": "step_sibling",
        "source": "worker",
        "confidence": "stated",
        "token": "3d7b8f5e-6a0e-4d6e-9a3c-0d8f5a8c1f11",
    }
    address = reverse("people:add_member", args=[family.jayden.pk])
    assert "Stubbs" in client.post(address, typed).text
    assert not SearchAnswer.objects.exists()

    page = client.post(address, typed | {"chosen": str(family.tyler.pk)})

    assert page.status_code == 302, page.text
    kept = SearchAnswer.objects.get()
    assert (kept.answer, kept.person_id) == ("same", family.tyler.pk)
    assert family.tyler.pk in kept.shown_ids


def test_building_a_family_asks_at_the_familys_address(client, family, mash_social_worker):
    client.force_login(mash_social_worker)
    known = child("Ewa", born=date(2016, 4, 2), line="77 Sample Street")
    PersonAddressFactory(
        person=family.jayden, address__line="77 Sample Street", address__key=f"{known.pk} too"
    )
    typed = {
        "given_name": "Ewa",
        "sex": "U",
        "is_child": "yes",
        "role": "resident_child",
        "kind": "step_sibling",
        "source": "worker",
        "confidence": "stated",
        "token": "3d7b8f5e-6a0e-4d6e-9a3c-0d8f5a8c1f12",
    }
    address = reverse("people:add_member", args=[family.jayden.pk])
    assert "Ewa Testwood" in client.post(address, typed).text
    assert (
        "We may know this person already"
        not in client.post(address, typed | {"role": "elsewhere", "given_name": "Ewelina"}).text
    )


# The list


def test_a_manager_works_through_the_list(client, mash_manager, contact_officer):
    first, second = a_pair()
    actions.keep_answer(by=contact_officer, at=AT, person_id=second.pk, seen=seen_of(first))
    compare()
    asked = PossibleDuplicate.objects.get()
    client.force_login(mash_manager)

    page = client.get(reverse("people:duplicates"))

    for words in (
        "Zayn Testwood",
        "Zain Testwood",
        "Very likely the same person",
        "Born 9 May 2014",
        "Found at night",
        f"{contact_officer.full_name} answered when asked: none of those shown",
    ):
        assert words in page.text
    address = reverse("people:settle_duplicate", args=[asked.pk])
    page = client.post(address, {"answer": "not_same", "reason": ""})
    assert "Say how you know" in page.text
    page = client.post(address, {"answer": "later"}, follow=True)
    assert "Left for later" in page.text
    assert "1 pair left for later" in page.text
    assert "Zayn Testwood" in client.get(reverse("people:duplicates"), {"show": "later"}).text
    page = client.post(address, {"answer": "not_same", "reason": "Cousins"}, follow=True)
    assert "Nothing to settle" in page.text


def test_the_list_takes_a_fixed_number_of_queries(client, mash_manager, django_assert_num_queries):
    client.force_login(mash_manager)
    a_pair()
    child("Zaine")
    compare()
    duplicates = list(open_duplicates(by=mash_manager, on=TODAY))
    assert len(duplicates) == 3
    with django_assert_num_queries(6):
        assert len(duplicate_lines(by=mash_manager, duplicates=duplicates, on=TODAY)) == 3
    with django_assert_num_queries(6):
        duplicate_lines(by=mash_manager, duplicates=duplicates[:1], on=TODAY)


def test_the_list_goes_by_the_names_the_authority_says_are_one():
    first, second = child("Balwinder"), child("Bindi")
    pair = (first.pk, second.pk)
    assert matching.alike([pair])[pair].band == matching.Band.RELATIVE

    actions.state_variant(
        by=person("Ada Mockton", Role.ADMINISTRATOR),
        at=AT,
        name="Balwinder",
        variant="Bindi",
        is_same=True,
        because="Used in the town",
    )

    assert matching.alike([pair])[pair].band == matching.Band.SAME
