from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError

from people.models import (
    DateClaim,
    HouseholdMembership,
    NameVariant,
    Person,
    PersonLink,
    PossibleDuplicate,
)
from tests.factories.accounts import UserFactory
from tests.factories.people import (
    RECORDED_AT,
    AddressFactory,
    ChildFactory,
    MembershipFactory,
    PersonAddressFactory,
    PersonFactory,
    PersonNameFactory,
    RelationshipFactory,
    RestrictionFactory,
    RestrictionReaderFactory,
    UnbornFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "make"),
    [
        (
            "people_person_not_both_dates",
            lambda: UnbornFactory(expected_on=date(2026, 1, 1), date_of_birth=date(2026, 1, 1)),
        ),
        ("people_unborn_has_no_birth", lambda: UnbornFactory(sex="F")),
        ("people_expected_is_unborn", lambda: PersonFactory(expected_on=date(2026, 1, 1))),
        (
            "people_person_has_name_or_description",
            lambda: PersonFactory(given_name="", family_name=""),
        ),
        ("la_child_id", lambda: [ChildFactory(la_child_id="SL1") for _ in range(2)]),
        (
            "people_name_one_current",
            lambda: [PersonNameFactory(person=a_person) for a_person in [PersonFactory()] * 2],
        ),
        ("people_name_not_empty", lambda: PersonNameFactory(given_name="", family_name="")),
        ("people_address_not_empty", lambda: AddressFactory(line="", postcode="")),
        (
            "people_address_dates",
            lambda: PersonAddressFactory(from_on=date(2026, 1, 2), to_on=date(2026, 1, 1)),
        ),
        (
            "people_membership_dates",
            lambda: MembershipFactory(from_on=date(2026, 1, 2), to_on=date(2026, 1, 1)),
        ),
        ("people_membership_one_live", lambda: _again(MembershipFactory())),
        ("people_relationship_once", lambda: _again(RelationshipFactory())),
        (
            "people_relationship_two_people",
            lambda: [RelationshipFactory(person=each, other=each) for each in [ChildFactory()]],
        ),
        ("people_restriction_one_live", lambda: _again(RestrictionFactory())),
        ("people_restriction_reader_once", lambda: _again(RestrictionReaderFactory())),
        (
            "people_duplicate_two_records",
            lambda: [_duplicate(each, each) for each in [ChildFactory()]],
        ),
        (
            "people_duplicate_once",
            lambda: [_duplicate(*pair) for pair in [(ChildFactory(), ChildFactory())] * 2],
        ),
        ("people_variant_two_names", lambda: _variant("bindi", "bindi")),
        (
            "people_variant_once",
            lambda: [_variant("bal", "bindi"), _variant("bindi", "bal")],
        ),
        ("people_link_two_records", lambda: [_link(each, each) for each in [ChildFactory()]]),
        (
            "people_link_one_live",
            lambda: [_link(ChildFactory(), other) for other in [ChildFactory()] * 2],
        ),
    ],
)
def test_database_refuses(name, make):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


def _again(row):
    """Write the same row under another id."""
    row.pk = type(row)._meta.pk.get_default() if type(row)._meta.pk.has_default() else None
    row._state.adding = True
    row.save()


def _duplicate(person, other):
    return PossibleDuplicate.objects.create(person=person, other=other, raised_at=RECORDED_AT)


def _variant(name, variant):
    return NameVariant.objects.create(
        name=name,
        variant=variant,
        because="Used",
        at=RECORDED_AT,
        recorded_at=RECORDED_AT,
        recorded_by=UserFactory(),
    )


def _link(kept, other):
    return PersonLink.objects.create(
        kept=kept,
        other=other,
        reason="Same",
        at=RECORDED_AT,
        recorded_at=RECORDED_AT,
        linked_by=UserFactory(),
    )


def test_nobody_is_their_own_canonical_record():
    child = ChildFactory()
    child.canonical = child

    with pytest.raises(IntegrityError, match="people_not_own_canonical"), transaction.atomic():
        child.save(update_fields=["canonical"])


def test_what_somebody_stated_never_changes():
    claim = DateClaim.objects.create(
        person=ChildFactory(), as_stated="March", source="family", recorded_at=RECORDED_AT
    )
    claim.as_stated = "April"

    with pytest.raises(InternalError), transaction.atomic():
        claim.save(update_fields=["as_stated"])
    with pytest.raises(InternalError), transaction.atomic():
        claim.delete()


def test_link_is_never_deleted():
    link = _link(ChildFactory(), ChildFactory())

    with pytest.raises(InternalError), transaction.atomic():
        link.delete()


def test_old_rows_are_kept_when_a_row_changes():
    membership = MembershipFactory()
    membership.to_on = date(2026, 1, 1)
    membership.save(update_fields=["to_on"])
    child = ChildFactory(language="Urdu")
    child.language = "Polish"
    child.save(update_fields=["language"])

    old = HouseholdMembership.pgh_event_model.objects.get(pgh_obj_id=membership.pk)
    before = Person.pgh_event_model.objects.get(pgh_obj_id=child.pk)
    assert (old.to_on, before.language) == (None, "Urdu")
