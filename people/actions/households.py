"""Who lives with whom, from when until when."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from lib import application_clock
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


class AlreadyMember(Refused):
    """The person belongs to the household already."""


class MembershipEnded(Refused):
    """The person left before."""


class WrongPart(Refused):
    """The part does not fit the person."""


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
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    household = Household.objects.select_for_update().get(pk=household_id)
    people = rules.locked(by, person_id, with_them=relationships.unborn_of([person_id]))
    person = people.pop(person_id)
    rules.check_not_future(from_on, at=at, what="The start")
    is_unborn = person.stage == Stage.UNBORN
    if is_unborn != (role == HouseholdRole.UNBORN):
        raise WrongPart(
            "An unborn baby belongs to a household as unborn."
            if is_unborn
            else f"{person.name} is born. Choose another part in the household."
        )
    if _live(household, person) is not None:
        raise AlreadyMember(f"{person.name} belongs to this household already.")
    membership = _write(
        authority=authority,
        at=at,
        household=household,
        person=person,
        role=role,
        from_on=from_on,
        source=source,
        confidence=confidence,
        note=note,
    )
    for baby in people.values():
        if _live(household, baby) is None:
            _write(
                authority=authority,
                at=at,
                household=household,
                person=baby,
                role=HouseholdRole.UNBORN,
                from_on=from_on,
                source=source,
                confidence=confidence,
            )
    return membership


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
        _write(
            authority=authority,
            at=at,
            household=membership.household,
            person=child,
            role=HouseholdRole.UNBORN,
            from_on=None,
            source=Source.SYSTEM,
            confidence=membership.confidence,
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
    person: Person,
    role: str,
    from_on: date | None,
    source: str,
    confidence: str,
    note: str = "",
) -> HouseholdMembership:
    membership = HouseholdMembership.objects.create(
        household=household,
        person=person,
        role=role,
        from_on=from_on,
        source=source,
        confidence=confidence,
        note=rules.clean(note)[:200],
        recorded_at=application_clock.now(),
        recorded_by=authority.user,
    )
    rules.append(
        "people.joined_household",
        authority=authority,
        at=at,
        person=person,
        others=_children_of(household),
        membership_id=membership.pk,
        household_id=household.pk,
        role=str(role),
    )
    for react in reactions.joined_household:
        react(membership=membership, by=authority.user, at=at)
    return membership


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


def _children_of(household: Household) -> list[Person]:
    return list(
        Person.objects.filter(
            la_child_id__isnull=False,
            memberships__household=household,
            memberships__to_on__isnull=True,
        ).order_by("pk")
    )
