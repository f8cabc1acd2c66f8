"""Names, dates of birth and identifying numbers: every version that anybody gave is kept."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from lib import application_clock, identifiers
from lib.identifiers import Checked
from lib.working_days import london_date
from people.actions import links, rules
from people.choices import IdentifierKind, NameKind, Source, Stage
from people.models import DateClaim, Identifier, Person, PersonName
from record.errors import Refused


class NameTaken(Refused):
    """The person has this name already."""


class NameGone(Refused):
    """The name was marked wrong, or ended, before."""


@transaction.atomic
def add_name(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    kind: str,
    given_name: str = "",
    family_name: str = "",
    note: str = "",
    source: str = Source.WORKER,
    from_on: date | None = None,
    to_on: date | None = None,
) -> PersonName:
    """Add what somebody is or was called. A new current name ends the one before.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NotReadable: neither first name nor surname
    :raises NameTaken: the same name of the same kind is there already
    :raises DateNotPossible: a date in the future, or an end before its start
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    person = rules.locked_one(by, person_id)
    name = write(
        authority=authority,
        at=at,
        person=person,
        kind=kind,
        given_name=given_name,
        family_name=family_name,
        note=note,
        source=source,
        from_on=from_on,
        to_on=to_on,
    )
    rules.append(
        "people.name_added",
        authority=authority,
        at=at,
        person=person,
        name_id=name.pk,
        kind=str(kind),
        version=person.version,
    )
    rules.refresh([person.pk])
    return name


@transaction.atomic
def correct_name(
    *,
    by: User,
    at: datetime,
    name_id: UUID,
    given_name: str = "",
    family_name: str = "",
    source: str = Source.WORKER,
    note: str = "",
) -> PersonName:
    """Mark a name as wrong and put the right one in its place; both stay on the record.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NameGone: the name was marked wrong before
    :raises NotReadable: neither first name nor surname
    :raises NameTaken: the person has this name already
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    found = PersonName.objects.get(pk=name_id)
    person = rules.locked_one(by, found.person_id)
    wrong = PersonName.objects.select_for_update().get(pk=name_id)
    if wrong.is_wrong:
        raise NameGone("This name was marked as wrong before.")
    wrong.is_wrong = True
    wrong.save(update_fields=["is_wrong"])
    name = write(
        authority=authority,
        at=at,
        person=person,
        kind=wrong.kind,
        given_name=given_name,
        family_name=family_name,
        note=note,
        source=source,
        from_on=wrong.from_on,
        to_on=wrong.to_on,
    )
    rules.append(
        "people.name_corrected",
        authority=authority,
        at=at,
        person=person,
        name_id=name.pk,
        before=[str(wrong.pk)],
        kind=wrong.kind,
        version=person.version,
    )
    rules.refresh([person.pk])
    return name


@transaction.atomic
def set_current_name(*, by: User, at: datetime, name_id: UUID) -> Person:
    """Make a name the person already has the one that is shown; the one before becomes previous.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NameGone: the name was marked wrong
    :raises NothingChanged: it is the current name
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    found = PersonName.objects.get(pk=name_id)
    person = rules.locked_one(by, found.person_id)
    name = PersonName.objects.select_for_update().get(pk=name_id)
    if name.is_wrong:
        raise NameGone("This name was marked as wrong. Add the right one.")
    if name.kind == NameKind.CURRENT and name.to_on is None:
        raise rules.NothingChanged("This is the name shown already.")
    current = write(
        authority=authority,
        at=at,
        person=person,
        kind=NameKind.CURRENT,
        given_name=name.given_name,
        family_name=name.family_name,
        source=name.source,
    )
    rules.append(
        "people.name_set",
        authority=authority,
        at=at,
        person=person,
        name_id=current.pk,
        version=person.version,
    )
    rules.refresh([person.pk])
    return person


def write(
    *,
    authority: Authority,
    at: datetime,
    person: Person,
    kind: str,
    given_name: str,
    family_name: str,
    source: str,
    note: str = "",
    from_on: date | None = None,
    to_on: date | None = None,
) -> PersonName:
    """Write a name of a person who is locked already.

    :raises NotReadable: neither first name nor surname
    :raises NameTaken: the person has this name already
    :raises DateNotPossible: a date in the future, or an end before its start
    """
    given_name, family_name = rules.clean(given_name)[:200], rules.clean(family_name)[:200]
    if not given_name and not family_name:
        raise rules.NotReadable("Enter a first name or a surname.")
    rules.check_not_future(from_on, at=at, what="The start")
    rules.check_not_future(to_on, at=at, what="The end")
    if from_on and to_on and to_on < from_on:
        raise rules.DateNotPossible("The end is before the start. Check the date.")
    same = PersonName.objects.filter(
        person=person,
        kind=kind,
        given_name=given_name,
        family_name=family_name,
        is_wrong=False,
        to_on=to_on,
    )
    if same.exists():
        raise NameTaken(f"{person.name} has this name already.")
    is_current = kind == NameKind.CURRENT and to_on is None
    if is_current:
        for old in PersonName.objects.select_for_update().filter(
            person=person, kind=NameKind.CURRENT, to_on__isnull=True, is_wrong=False
        ):
            old.kind = NameKind.PREVIOUS
            old.to_on = max(from_on or london_date(at), old.from_on or date.min)
            old.save(update_fields=["kind", "to_on"])
        person.given_name, person.family_name = given_name, family_name
        rules.save(person, "given_name", "family_name")
    return PersonName.objects.create(
        person=person,
        kind=kind,
        given_name=given_name,
        family_name=family_name,
        note=rules.clean(note)[:200],
        source=source,
        from_on=from_on,
        to_on=to_on,
        recorded_at=application_clock.now(),
        recorded_by=authority.user,
    )


@transaction.atomic
def state_date(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    as_stated: str,
    on: date | None = None,
    is_expected_date: bool = False,
    source: str = Source.WORKER,
    note: str = "",
    adopt: bool = False,
    is_estimated: bool = False,
    is_date_checked: bool = False,
) -> DateClaim:
    """Keep a date of birth, or a due date, as somebody stated it; rivals stay side by side.

    :param as_stated: their words, "March 2015" or "about 8"
    :param on: the date they mean, if it is whole
    :param adopt: the record goes by this date from now on
    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises DateNotPossible: the date cannot be right, or does not fit the child's stage
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    person = rules.locked_one(by, person_id)
    if on is not None and is_expected_date:
        rules.check_expected(on, at=at)
    elif on is not None:
        rules.check_birth(
            on, at=at, is_child=person.la_child_id is not None, is_date_checked=is_date_checked
        )
    as_stated = rules.clean(as_stated)[:100]
    if not as_stated and on is None:
        raise rules.NotReadable("Enter the date, or what was said.")
    if adopt:
        if on is None:
            raise rules.DateNotPossible("Enter a whole date for the record to go by.")
        if is_expected_date != (person.stage == Stage.UNBORN):
            raise rules.DateNotPossible(
                "This child is born, so there is no due date any more."
                if is_expected_date
                else "This baby is not born yet. Record the birth instead."
            )
        _keep_rival(person, authority=authority)
    claim = DateClaim.objects.create(
        person=person,
        is_expected_date=is_expected_date,
        on=on,
        as_stated=as_stated or f"{on:%-d/%-m/%Y}",
        source=source,
        note=rules.clean(note)[:200],
        recorded_at=application_clock.now(),
        recorded_by=by,
    )
    if adopt and is_expected_date:
        person.expected_on = on
        rules.save(person, "expected_on")
    elif adopt:
        person.date_of_birth = on
        person.is_date_of_birth_estimated = is_estimated
        rules.save(person, "date_of_birth", "is_date_of_birth_estimated")
    rules.append(
        "people.date_adopted" if adopt else "people.date_stated",
        authority=authority,
        at=at,
        person=person,
        claim_id=claim.pk,
        version=person.version,
    )
    rules.refresh([person.pk])
    return claim


def _keep_rival(person: Person, *, authority: Authority) -> None:
    """Keep the date the record went by until now among the stated ones, if it is not yet there."""
    is_expected = person.stage == Stage.UNBORN
    old = person.expected_on if is_expected else person.date_of_birth
    known = DateClaim.objects.filter(person=person, is_expected_date=is_expected, on=old)
    if old is not None and not known.exists():
        DateClaim.objects.create(
            person=person,
            is_expected_date=is_expected,
            on=old,
            as_stated=f"{old:%-d/%-m/%Y}",
            source=Source.OUR_RECORD,
            recorded_at=application_clock.now(),
            recorded_by=authority.user,
        )


READERS = {
    IdentifierKind.NHS: identifiers.nhs_number,
    IdentifierKind.UPN: identifiers.upn,
    IdentifierKind.FORMER_UPN: identifiers.upn,
}


@transaction.atomic
def add_identifier(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    kind: str,
    value: str,
    source: str = Source.WORKER,
    note: str = "",
) -> Identifier:
    """Add an NHS number, unique pupil number or other reference.

    One that fails its check is kept as given, searchable but never the identifier. The same
    valid one on another record is a possible duplicate to settle, not an error.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NotReadable: nothing was typed
    :raises NothingChanged: the person has it already
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    person = rules.locked_one(by, person_id)
    reader = READERS.get(IdentifierKind(kind))
    read = reader(value) if reader else Checked(value=rules.clean(value))
    kept = (read.value or rules.clean(value))[:60]
    if not kept:
        raise rules.NotReadable("Enter a number or reference.")
    if Identifier.objects.filter(person=person, kind=kind, value=kept, is_wrong=False).exists():
        raise rules.NothingChanged(f"{person.name} has this number already.")
    identifier = Identifier.objects.create(
        person=person,
        kind=kind,
        value=kept,
        is_valid=read.is_valid,
        note=rules.clean(note)[:200],
        source=source,
        recorded_at=application_clock.now(),
        recorded_by=by,
    )
    rules.append(
        "people.identifier_added",
        authority=authority,
        at=at,
        person=person,
        identifier_id=identifier.pk,
        kind=str(kind),
        is_valid=identifier.is_valid,
    )
    if identifier.is_valid and reader:
        _raise_duplicates(identifier, authority=authority, at=at, person=person)
    rules.refresh([person.pk])
    return identifier


def _raise_duplicates(
    identifier: Identifier, *, authority: Authority, at: datetime, person: Person
) -> None:
    kinds = (
        [IdentifierKind.NHS]
        if identifier.kind == IdentifierKind.NHS
        else [IdentifierKind.UPN, IdentifierKind.FORMER_UPN]
    )
    root = person.canonical_id or person.pk
    for other in (
        Person.objects.filter(
            identifiers__kind__in=kinds,
            identifiers__value=identifier.value,
            identifiers__is_valid=True,
            identifiers__is_wrong=False,
        )
        .exclude(pk=person.pk)
        .distinct()
        .order_by("pk")
    ):
        if (other.canonical_id or other.pk) != root:
            links.raise_once(
                authority=authority,
                at=at,
                person=person,
                other=other,
                seen={"same": identifier.kind},
            )


@transaction.atomic
def mark_identifier_wrong(*, by: User, at: datetime, identifier_id: UUID) -> Identifier:
    """Mark a number as never having been this person's; it stays on the record.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NothingChanged: it was marked before
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    found = Identifier.objects.get(pk=identifier_id)
    person = rules.locked_one(by, found.person_id)
    identifier = Identifier.objects.select_for_update().get(pk=identifier_id)
    if identifier.is_wrong:
        raise rules.NothingChanged("This number was marked as wrong before.")
    identifier.is_wrong = True
    identifier.save(update_fields=["is_wrong"])
    rules.append(
        "people.identifier_wrong",
        authority=authority,
        at=at,
        person=person,
        identifier_id=identifier.pk,
        kind=identifier.kind,
    )
    rules.refresh([person.pk])
    return identifier
