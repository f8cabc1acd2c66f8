"""Two workers at the same moment: one wins, the other is told."""

import contextvars
import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from people import actions
from people.models import HouseholdMembership, Person, PersonLink, Relationship
from record.errors import Refused
from tests.factories.people import ChildFactory, PersonFactory
from tests.people.families import AT, TODAY, mockfords

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def together(*functions: Callable[[], object]) -> list[object]:
    """Call functions at once, each on a connection of its own; give results and refusals."""
    found: list[object] = [None] * len(functions)
    start = threading.Barrier(len(functions))

    def call(place: int) -> None:
        start.wait()
        try:
            found[place] = functions[place]()
        except Refused as refused:
            found[place] = refused
        finally:
            connection.close()

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(call, place))
        for place in range(len(functions))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return found


def refusals(found):
    return [each for each in found if isinstance(each, Refused)]


@pytest.fixture
def family(mash_social_worker):
    return mockfords(mash_social_worker)


def test_two_changes_of_the_same_details_do_not_overwrite_each_other(
    family, mash_social_worker, contact_officer
):
    def change(by, language):
        return lambda: actions.change_details(
            by=by,
            at=AT,
            person_id=family.jayden.pk,
            version=family.jayden.version,
            language=language,
        )

    found = together(change(mash_social_worker, "Urdu"), change(contact_officer, "Polish"))

    assert [type(each) for each in refusals(found)] == [actions.Stale]
    assert Person.objects.get(pk=family.jayden.pk).version == family.jayden.version + 1


def test_a_birth_is_recorded_once(family, mash_social_worker):
    baby = actions.create_person(
        by=mash_social_worker, at=AT, is_child=True, stage="unborn", mother_id=family.leanne.pk
    )

    def record():
        return actions.record_birth(
            by=mash_social_worker,
            at=AT,
            person_id=baby.pk,
            born_on=date(2026, 3, 11),
            given_name="Isla",
        )

    found = together(record, record)

    assert [type(each) for each in refusals(found)] == [actions.AlreadyBorn]


def test_somebody_joins_a_household_once(family, mash_social_worker):
    uncle = PersonFactory()

    def join():
        return actions.join_household(
            by=mash_social_worker,
            at=AT,
            household_id=family.household.pk,
            person_id=uncle.pk,
            role="other_adult",
        )

    found = together(join, join)

    assert [type(each) for each in refusals(found)] == [actions.AlreadyMember]
    assert HouseholdMembership.objects.filter(person=uncle).count() == 1


def test_two_people_are_related_once_from_either_side(family, mash_social_worker):
    one, two = ChildFactory(), ChildFactory()

    def relate(person, other):
        return lambda: actions.relate(
            by=mash_social_worker, at=AT, person_id=person.pk, other_id=other.pk, kind="sibling"
        )

    found = together(relate(one, two), relate(two, one))

    assert [type(each) for each in refusals(found)] == [actions.AlreadyRelated]
    assert Relationship.objects.filter(kind="sibling").count() == 1


def test_two_managers_link_either_way_round_once(mash_manager, second_mash_manager):
    one, two = ChildFactory(), ChildFactory()

    def link(by, kept, other):
        return lambda: actions.link_records(
            by=by, at=AT, kept_id=kept.pk, other_id=other.pk, reason="Same NHS number"
        )

    found = together(link(mash_manager, one, two), link(second_mash_manager, two, one))

    assert [type(each) for each in refusals(found)] == [actions.SamePerson]
    assert PersonLink.objects.count() == 1
    heads = set(Person.objects.filter(pk__in=[one.pk, two.pk]).values_list("canonical", flat=True))
    assert len(heads) == 2
    assert None in heads


def test_a_chain_of_links_made_at_once_has_one_head(mash_manager, second_mash_manager):
    one, two, three = ChildFactory(), ChildFactory(), ChildFactory()

    def link(by, kept, other):
        return lambda: actions.link_records(
            by=by, at=AT, kept_id=kept.pk, other_id=other.pk, reason="Same NHS number"
        )

    together(link(mash_manager, one, two), link(second_mash_manager, two, three))

    heads = dict(Person.objects.values_list("pk", "canonical_id"))
    live = {head or pk for pk, head in heads.items() if pk in (one.pk, two.pk, three.pk)}
    assert all(heads[head] is None for head in live)


def test_numbers_of_children_are_never_given_twice(contact_officer):
    def make():
        return actions.create_person(
            by=contact_officer, at=AT, is_child=True, given_name="Robin", date_of_birth=TODAY
        )

    found = together(make, make, make)

    assert len({child.la_child_id for child in found}) == 3
