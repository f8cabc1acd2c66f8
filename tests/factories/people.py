"""People of Slough, invented: surnames say so, streets do not exist."""

from datetime import UTC, date, datetime

import factory

from people.actions.addresses import address_key
from people.choices import (
    HouseholdRole,
    NameKind,
    RelationshipKind,
    Sex,
    Source,
    Stage,
)
from people.models import (
    Address,
    Household,
    HouseholdMembership,
    Person,
    PersonAddress,
    PersonName,
    Relationship,
    Restriction,
    RestrictionReader,
)
from tests.factories.accounts import UserFactory

RECORDED_AT = datetime(2020, 1, 6, 10, tzinfo=UTC)


class PersonFactory(factory.django.DjangoModelFactory):
    """An adult without a date of birth."""

    class Meta:
        model = Person

    given_name = factory.Sequence(lambda n: f"Alex{n}")
    family_name = "Testwood"
    recorded_at = RECORDED_AT


class ChildFactory(PersonFactory):
    """A child of 7 in 2026."""

    la_child_id = factory.Sequence(lambda n: f"TT{n:06d}")
    date_of_birth = date(2018, 9, 1)


class UnbornFactory(PersonFactory):
    """A baby who is due; without a mother, unless a test adds one."""

    la_child_id = factory.Sequence(lambda n: f"TU{n:06d}")
    stage = Stage.UNBORN
    given_name = ""
    sex = Sex.UNKNOWN


class PersonNameFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PersonName

    person = factory.SubFactory(PersonFactory)
    kind = NameKind.CURRENT
    given_name = factory.SelfAttribute("person.given_name")
    family_name = factory.SelfAttribute("person.family_name")
    source = Source.REFERRER
    recorded_at = RECORDED_AT


class AddressFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Address

    line = factory.Sequence(lambda n: f"{n} Dummy Close")
    postcode = "SL1 2EL"
    key = factory.LazyAttribute(lambda address: address_key(address.line, address.postcode))
    recorded_at = RECORDED_AT


class PersonAddressFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PersonAddress

    person = factory.SubFactory(PersonFactory)
    address = factory.SubFactory(AddressFactory)
    source = Source.REFERRER
    recorded_at = RECORDED_AT


class HouseholdFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Household

    recorded_at = RECORDED_AT


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = HouseholdMembership

    household = factory.SubFactory(HouseholdFactory)
    person = factory.SubFactory(ChildFactory)
    role = HouseholdRole.RESIDENT_CHILD
    source = Source.REFERRER
    recorded_at = RECORDED_AT


class RelationshipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Relationship

    person = factory.SubFactory(PersonFactory)
    other = factory.SubFactory(ChildFactory)
    kind = RelationshipKind.MOTHER
    source = Source.REFERRER
    recorded_at = RECORDED_AT


class RestrictionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Restriction

    person = factory.SubFactory(ChildFactory)
    owner = factory.SubFactory(UserFactory)
    reason = "A relative works here"
    at = RECORDED_AT
    recorded_at = RECORDED_AT
    recorded_by = factory.SelfAttribute("owner")


class RestrictionReaderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RestrictionReader

    restriction = factory.SubFactory(RestrictionFactory)
    user = factory.SubFactory(UserFactory)
    added_by = factory.SelfAttribute("restriction.owner")
    recorded_at = RECORDED_AT
