"""Where people live: one row for each person and stay, addresses shared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission
from lib import application_clock, identifiers, text
from lib.prepared import Insert, Prepared
from lib.working_days import london_date
from people import reactions
from people.actions import relationships, rules
from people.choices import AddressKind, HouseholdRole, Source
from people.models import Address, Household, HouseholdMembership, Person, PersonAddress
from record.errors import Refused

KEY_LENGTH = 320


_INSERT = Insert(PersonAddress)


class NobodyMoves(Refused):
    """A move needs somebody who moves."""


_KNOWN: Prepared[Address] = Prepared(lambda key: Address.objects.filter(key=key), key=str)


def find_or_make(*, line: str, postcode: str) -> Address:
    """Give the address of these words, however they are spelt.

    :raises NotReadable: nothing was typed, or the postcode cannot be read
    """
    read = identifiers.postcode(postcode)
    if read.error:
        raise rules.NotReadable(f"{read.error}.")
    line = text.shown_name(line)[:300]
    if not line and not read.value:
        raise rules.NotReadable("Enter an address or a postcode.")
    key = address_key(line, read.value)
    if known := _KNOWN.first(key=key):
        return known
    address, _ = Address.objects.get_or_create(
        key=key,
        defaults={"line": line, "postcode": read.value, "recorded_at": application_clock.now()},
    )
    return address


def address_key(line: str, postcode: str) -> str:
    """Give the words by which two ways of writing one address are the same."""
    key = f"{text.folded(line)}|{postcode}"
    return key if len(key) <= KEY_LENGTH else sha256(key.encode()).hexdigest()


@transaction.atomic
def move(
    *,
    by: User,
    at: datetime,
    person_ids: Sequence[UUID] = (),
    line: str = "",
    postcode: str = "",
    kind: str = AddressKind.HOME,
    from_on: date | None = None,
    to_on: date | None = None,
    household_id: UUID | None = None,
    source: str = Source.WORKER,
    is_withheld: bool = False,
    note: str = "",
) -> list[PersonAddress]:
    """Record where people live or stay; unborn babies go with their mothers.

    A new home ends the one before. With a household, its address changes too, and if nobody is
    named, all who live in it move.

    :param from_on: since when; nothing if nobody knows
    :param to_on: until when, for an earlier address, which ends nothing
    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises NotReadable: the postcode cannot be read
    :raises NobodyMoves: neither people nor a household with members
    :raises NothingChanged: all of them live there already
    :raises DateNotPossible: a date in the future, or an end before its start
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    household = None
    if household_id is not None:
        household = Household.objects.select_for_update().get(pk=household_id)
        person_ids = person_ids or _residents(household, by=by)
    if not person_ids:
        raise NobodyMoves("Choose who moves.")
    people = rules.locked(by, *person_ids, with_them=relationships.unborn_of(person_ids))
    rules.check_not_future(from_on, at=at, what="The start")
    rules.check_not_future(to_on, at=at, what="The end")
    if from_on and to_on and to_on < from_on:
        raise rules.DateNotPossible("The end is before the start. Check the date.")
    address = find_or_make(line=line, postcode=postcode)
    if household is not None and to_on is None and household.address_id != address.pk:
        household.address = address
        household.save(update_fields=["address"])

    current: dict[UUID, list[PersonAddress]] = {}
    for stay in (
        PersonAddress.objects.select_for_update()
        .filter(person__in=list(people), kind=kind, to_on__isnull=True, is_wrong=False)
        .order_by("pk")
    ):
        current.setdefault(stay.person_id, []).append(stay)
    written = []
    before: dict[UUID, list[PersonAddress]] = {}
    for person_id, person in people.items():
        stays = current.get(person_id, [])
        if to_on is None and any(stay.address_id == address.pk for stay in stays):
            continue
        if kind == AddressKind.HOME and to_on is None:
            for stay in stays:
                _end(stay, left_on=from_on, learned_on=london_date(at))
        if kind == AddressKind.HOME:
            before[person_id] = stays
        written.append(
            PersonAddress(
                person=person,
                address=address,
                kind=kind,
                from_on=from_on,
                to_on=to_on,
                is_withheld=is_withheld,
                note=rules.clean(note)[:200],
                source=source,
                recorded_at=application_clock.now(),
                recorded_by=by,
            )
        )
    if not written:
        raise rules.NothingChanged("This address is recorded already.")
    _INSERT(written)
    for row in written:
        rules.append(
            "people.moved",
            authority=authority,
            at=at,
            person=row.person,
            person_address_id=row.pk,
            before=[str(stay.pk) for stay in before.get(row.person_id, [])],
            kind=str(kind),
        )
    for react in reactions.moved:
        react(addresses=written, by=by, at=at)
    rules.refresh(people)
    return written


def _end(stay: PersonAddress, *, left_on: date | None, learned_on: date) -> None:
    """End a stay; where nobody knows the day, on the day it was learned, and say so."""
    if left_on is not None and stay.from_on and left_on < stay.from_on:
        raise rules.DateNotPossible(
            "The new address starts before the present one did. If it is an earlier address, "
            "enter when it ended."
        )
    if left_on is None:
        stay.note = stay.note or "Left on or before this day"
    stay.to_on = max(left_on or learned_on, stay.from_on or date.min)
    stay.save(update_fields=["to_on", "note"])


def _residents(household: Household, *, by: User) -> list[UUID]:
    """Give who lives there; whoever is restricted is moved by who may read them."""
    return list(
        HouseholdMembership.objects.filter(
            household=household,
            to_on__isnull=True,
            person__in=Person.objects.visible_to(by),
        )
        .exclude(role__in=[HouseholdRole.FREQUENT_VISITOR, HouseholdRole.PART_TIME_CHILD])
        .order_by("person_id")
        .values_list("person_id", flat=True)
    )
