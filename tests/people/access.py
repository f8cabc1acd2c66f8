"""What the addresses of people's records name, for `tests/access_table.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.choices import Role
from accounts.models import User
from lib import application_clock
from people.choices import IdentifierKind, SettingKind, Source
from people.models import (
    Hazard,
    Identifier,
    NameVariant,
    PersonLink,
    PersonSetting,
    PossibleDuplicate,
)
from record.models import BreakGlass
from tests.factories.people import (
    ChildFactory,
    MembershipFactory,
    PersonNameFactory,
    RelationshipFactory,
    RestrictionFactory,
)

People = Mapping[Role, User]
AT = datetime(2020, 1, 6, 10, tzinfo=UTC)


def a_person(people: People) -> dict[str, Any]:
    return {"person_id": ChildFactory().pk}


def a_restricted_person(people: People) -> dict[str, Any]:
    """Restricted so that the head of service owns it and nobody else is named."""
    restriction = RestrictionFactory(owner=people[Role.HEAD_OF_SERVICE])
    return {"person_id": restriction.person_id}


def a_name(people: People) -> dict[str, Any]:
    name = PersonNameFactory(person=ChildFactory())
    return {"person_id": name.person_id, "name_id": name.pk}


def a_number(people: People) -> dict[str, Any]:
    number = Identifier.objects.create(
        person=ChildFactory(),
        kind=IdentifierKind.NHS,
        value="9990000018",
        is_valid=True,
        source=Source.AGENCY,
        recorded_at=AT,
    )
    return {"person_id": number.person_id, "identifier_id": number.pk}


def a_setting(people: People) -> dict[str, Any]:
    setting = PersonSetting.objects.create(
        person=ChildFactory(),
        kind=SettingKind.SCHOOL,
        name="Larkmead Example Primary",
        source=Source.FAMILY,
        recorded_at=AT,
    )
    return {"person_id": setting.person_id, "setting_id": setting.pk}


def a_hazard(people: People) -> dict[str, Any]:
    hazard = Hazard.objects.create(
        person=ChildFactory(),
        text="Large dog, loose",
        review_on=date(2030, 1, 1),
        at=AT,
        recorded_at=AT,
        recorded_by=people[Role.MASH_MANAGER],
    )
    return {"person_id": hazard.person_id, "hazard_id": hazard.pk}


def a_membership(people: People) -> dict[str, Any]:
    membership = MembershipFactory()
    return {"person_id": membership.person_id, "membership_id": membership.pk}


def a_relationship(people: People) -> dict[str, Any]:
    row = RelationshipFactory()
    return {"person_id": row.other_id, "relationship_id": row.pk}


def a_link(people: People) -> dict[str, Any]:
    kept, other = ChildFactory(), ChildFactory()
    link = PersonLink.objects.create(
        kept=kept,
        other=other,
        reason="Same NHS number",
        at=AT,
        recorded_at=AT,
        linked_by=people[Role.MASH_MANAGER],
    )
    other.canonical = kept
    other.save(update_fields=["canonical"])
    return {"person_id": kept.pk, "link_id": link.pk}


def an_ended_link(people: People) -> dict[str, Any]:
    made = a_link(people)
    link = PersonLink.objects.get(pk=made["link_id"])
    link.other.canonical = None
    link.other.save(update_fields=["canonical"])
    link.ended_at, link.ended_by = AT, people[Role.MASH_MANAGER]
    link.save(update_fields=["ended_at", "ended_by"])
    return made


def a_duplicate(people: People) -> dict[str, Any]:
    row = PossibleDuplicate.objects.create(
        person=ChildFactory(), other=ChildFactory(), raised_at=AT
    )
    return {"duplicate_id": row.pk}


def a_variant(people: People) -> dict[str, Any]:
    row = NameVariant.objects.create(
        name="balwinder",
        variant="bindi",
        because="Used in the town",
        at=AT,
        recorded_at=AT,
        recorded_by=people[Role.ADMINISTRATOR],
    )
    return {"variant_id": row.pk}


def an_opening(people: People) -> dict[str, Any]:
    """An emergency opening by the Emergency Duty Team that ended long ago."""
    restriction = RestrictionFactory(owner=people[Role.MASH_MANAGER])
    opened_at = application_clock.now() - timedelta(days=3)
    opening = BreakGlass.objects.create(
        person=restriction.person,
        user=people[Role.EDT_WORKER],
        reason="A baby has been hurt tonight at home.",
        opened_at=opened_at,
        expires_at=opened_at + timedelta(hours=1),
    )
    return {"opening_id": opening.pk}
