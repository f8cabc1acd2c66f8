"""Who lives with whom, from when until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from lib import application_clock
from lib.prepared import Insert, Prepared
from lib.working_days import london_date
from people import reactions
from people.actions import addresses, relationships, rules
from people.choices import AddressKind, Confidence, HouseholdRole, Source, Stage
from people.models import (
    Household,
    HouseholdMembership,
    Person,
    PersonAddress,
)
from record.errors import Refused

_INSERT = Insert(HouseholdMembership)


class AlreadyMember(Refused):
    """The person belongs to the household already."""


class MembershipEnded(Refused):
    """The person left before."""


class WrongPart(Refused):
    """The part does not fit the person."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The part somebody has in a household, since when, and who says so."""

    person_id: UUID
    role: str
    from_on: date | None = None
    source: str = Source.WORKER
    confidence: str = Confidence.STATED
    note: str = ""


@transaction.atomic
def create_household(
    *,
    by: User,
    at: datetime,
    label: str = "",
    line: str = "",
    postcode: str = "",
    other_authority: str = "",
) -> Household:
    """Make a household, with or without an address, still empty.

    :param other_authority: the authority whose area it lies in, if not ours
    :raises PermissionDenied: `by` may not change households
    :raises NotReadable: the postcode cannot be read
    """
    rules.begin(by, Permission.PERSON_EDIT, at)
    return Household.objects.create(
        label=rules.clean(label)[:200],
        address=addresses.find_or_make(line=line, postcode=postcode)
        if line.strip() or postcode.strip()
        else None,
        other_authority=rules.clean(other_authority)[:100],
        recorded_at=application_clock.now(),
        recorded_by=by,
    )


@transaction.atomic
def join_household(
    *,
    by: User,
    at: datetime,
    household_id: UUID,
    person_id: UUID,
    role: str,
    from_on: date | None = None,
    source: str = Source.WORKER,
    confidence: str = Confidence.STATED,
    note: str = "",
) -> HouseholdMembership:
    """Record that somebody belongs to a household; the unborn babies of a mother come with her.

    :param from_on: since when; nothing if nobody knows
    :raises PermissionDenied: `by` may not change households
    :raises Person.DoesNotExist: `by` may not read the record
    :raises Household.DoesNotExist: there is no such household
    :raises AlreadyMember: the person belongs to it already
    :raises WrongPart: an unborn baby is "unborn", and nobody else is
    :raises DateNotPossible: the start is in the future
    """
    part = Part(
        person_id=person_id,
        role=role,
        from_on=from_on,
        source=source,
        confidence=confidence,
        note=note,
    )
    return join_household_together(by=by, at=at, household_id=household_id, parts=[part])[0]


@transaction.atomic
def join_household_together(
    *, by: User, at: datetime, household_id: UUID, parts: Sequence[Part]
) -> list[HouseholdMembership]:
    """Record that several people belong to a household, in the manner of `join_household`.

    Gives the membership of each of them, in their order.
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    household = Household.objects.select_for_update().get(pk=household_id)
    ids = [part.person_id for part in parts]
    mothers = relationships.unborn_of(ids)
    people = rules.locked(by, *ids, with_them=mothers)
    live = set(
        HouseholdMembership.objects.filter(
            household=household, person__in=people, to_on__isnull=True
        ).values_list("person_id", flat=True)
    )
    wanted: dict[UUID, Part] = {}
    for part in parts:
        person = people[part.person_id]
        rules.check_not_future(part.from_on, at=at, what="The start")
        is_unborn = person.stage == Stage.UNBORN
        if is_unborn != (part.role == HouseholdRole.UNBORN):
            raise WrongPart(
                "An unborn baby belongs to a household as unborn."
                if is_unborn
                else f"{person.name} is born. Choose another part in the household."
            )
        if person.pk in live:
            raise AlreadyMember(f"{person.name} belongs to this household already.")
        wanted[person.pk] = part
    for part in parts:
        for baby_id, mother_id in mothers.items():
            if mother_id == part.person_id and baby_id not in live:
                wanted.setdefault(
                    baby_id,
                    replace(part, person_id=baby_id, role=HouseholdRole.UNBORN, note=""),
                )
    written = _write(authority=authority, at=at, household=household, parts=wanted, people=people)
    return [written[person_id] for person_id in ids]


@transaction.atomic
def leave_household(
    *, by: User, at: datetime, membership_id: UUID, to_on: date | None = None, because: str
) -> HouseholdMembership:
    """Record that somebody left a household; the unborn babies of a mother leave with her.

    :param to_on: the first day away; that of `at` when left out
    :raises PermissionDenied: `by` may not change households
    :raises Person.DoesNotExist: `by` may not read the record
    :raises MembershipEnded: the person left before
    :raises DateNotPossible: the day is in the future or before the start
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    found = HouseholdMembership.objects.get(pk=membership_id)
    household = Household.objects.select_for_update().get(pk=found.household_id)
    people = rules.locked(by, found.person_id, with_them=relationships.unborn_of([found.person_id]))
    membership = HouseholdMembership.objects.select_for_update().get(pk=membership_id)
    if membership.to_on is not None:
        raise MembershipEnded("This was ended before.")
    rules.check_not_future(to_on, at=at, what="The day")
    left_on = to_on or london_date(at)
    if membership.from_on and left_on < membership.from_on:
        raise rules.DateNotPossible("The end is before the start. Check the date.")
    for person in people.values():
        live = _live(household, person)
        if live is not None:
            _end(live, authority=authority, at=at, person=person, to_on=left_on, because=because)
    membership.refresh_from_db()
    return membership


def follow_mother(*, authority: Authority, at: datetime, child: Person, mother: Person) -> None:
    """Put an unborn baby into each household, and at each home, where the mother is now."""
    recorded_at = application_clock.now()
    for membership in (
        HouseholdMembership.objects.filter(person=mother, to_on__isnull=True)
        .select_related("household")
        .order_by("recorded_at", "pk")
    ):
        part = Part(
            person_id=child.pk,
            role=HouseholdRole.UNBORN,
            source=Source.SYSTEM,
            confidence=membership.confidence,
        )
        _write(
            authority=authority,
            at=at,
            household=membership.household,
            parts={child.pk: part},
            people={child.pk: child},
        )
    PersonAddress.objects.bulk_create(
        PersonAddress(
            person=child,
            address_id=home.address_id,
            kind=home.kind,
            is_withheld=home.is_withheld,
            source=Source.SYSTEM,
            recorded_at=recorded_at,
            recorded_by=authority.user,
        )
        for home in PersonAddress.objects.filter(
            person=mother, kind=AddressKind.HOME, to_on__isnull=True, is_wrong=False
        ).order_by("recorded_at", "pk")
    )


def end_all(
    *, authority: Authority, at: datetime, person: Person, to_on: date, because: str
) -> None:
    """End every membership of a person who died."""
    for membership in HouseholdMembership.objects.filter(
        person=person, to_on__isnull=True
    ).order_by("pk"):
        _end(
            membership,
            authority=authority,
            at=at,
            person=person,
            to_on=max(to_on, membership.from_on or to_on),
            because=because,
        )


def become_resident(*, person: Person) -> None:
    """Turn the places of an unborn baby into those of a child who lives there."""
    for membership in HouseholdMembership.objects.filter(
        person=person, role=HouseholdRole.UNBORN, to_on__isnull=True
    ).order_by("pk"):
        membership.role = HouseholdRole.RESIDENT_CHILD
        membership.save(update_fields=["role"])


def _live(household: Household, person: Person) -> HouseholdMembership | None:
    return HouseholdMembership.objects.filter(
        household=household, person=person, to_on__isnull=True
    ).first()


def _write(
    *,
    authority: Authority,
    at: datetime,
    household: Household,
    parts: Mapping[UUID, Part],
    people: Mapping[UUID, Person],
) -> dict[UUID, HouseholdMembership]:
    """Write one membership after another, each told to the children who live there by then."""
    there = _children_of(household)
    recorded_at = application_clock.now()
    written = {
        person_id: HouseholdMembership(
            household=household,
            person=people[person_id],
            role=part.role,
            from_on=part.from_on,
            source=part.source,
            confidence=part.confidence,
            note=rules.clean(part.note)[:200],
            recorded_at=recorded_at,
            recorded_by=authority.user,
        )
        for person_id, part in parts.items()
    }
    _INSERT(written.values())
    for membership in written.values():
        there.append(membership.person)
        rules.append(
            "people.joined_household",
            authority=authority,
            at=at,
            person=membership.person,
            others=there,
            membership_id=membership.pk,
            household_id=household.pk,
            role=str(membership.role),
        )
    for react in reactions.joined_household:
        react(memberships=list(written.values()), by=authority.user, at=at)
    return written


def _end(
    membership: HouseholdMembership,
    *,
    authority: Authority,
    at: datetime,
    person: Person,
    to_on: date,
    because: str,
) -> None:
    membership.to_on = to_on
    membership.ended_because = rules.clean(because)[:200]
    membership.save(update_fields=["to_on", "ended_because"])
    rules.append(
        "people.left_household",
        authority=authority,
        at=at,
        person=person,
        others=_children_of(membership.household),
        membership_id=membership.pk,
        household_id=membership.household_id,
    )
    for react in reactions.left_household:
        react(membership=membership, by=authority.user, at=at)


_CHILDREN: Prepared[Person] = Prepared(
    lambda household_id: Person.objects.filter(
        la_child_id__isnull=False,
        memberships__household=household_id,
        memberships__to_on__isnull=True,
    ).order_by("pk"),
    household_id=UUID,
)


def _children_of(household: Household) -> list[Person]:
    return _CHILDREN(household_id=household.pk)
