"""Making a person's record, and changing what it says about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from accounts.permissions import Permission
from lib import application_clock, identifiers, words
from lib.prepared import Insert
from lib.working_days import london_date
from people.actions import households, relationships, rules
from people.ages import is_adult_by_birth
from people.choices import (
    NameKind,
    RelationshipKind,
    Sex,
    Source,
    Stage,
)
from people.models import Person, PersonName
from record.errors import Clash, Refused
from record.models import Event

#: What may be said of a person beside name, dates, numbers and addresses.
DETAILS = frozenset(
    {
        "age_as_stated",
        "description",
        "disabilities",
        "email",
        "ethnicity",
        "gender",
        "immigration_status",
        "language",
        "needs_interpreter",
        "phone",
        "pronouns",
        "religion",
        "safe_contact",
        "sex",
        "upn_unknown_reason",
    }
)
#: Details whose codes a statutory list prescribes.
CODE_LISTS = {"ethnicity": "ethnicity", "sex": "sex", "upn_unknown_reason": "upn_unknown"}
NO_DISABILITY = "NONE"
CHANGED = "people.details_changed"


_INSERT = Insert(Person)
_INSERT_NAME = Insert(PersonName)


class NeedsName(Refused):
    """A person is known by a name or, failing that, by a description."""


class NeedsMother(Refused):
    """An unborn baby is recorded with the mother."""


class NoFirstNameYet(Refused):
    """An unborn baby has no first name."""


class Stale(Clash):
    """Somebody else changed the record meanwhile; `current` is how it reads now."""

    def __init__(self, message: str, *, current: Person, by_name: str, at: datetime | None) -> None:
        super().__init__(message, by_name=by_name, at=at)
        self.current = current


def next_la_child_id() -> str:
    """Give the authority's next number for a child; it is never used again, come what may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('people_la_child_id')")
        (serial,) = cursor.fetchone()
    return f"{settings.LA_CHILD_ID_PREFIX}{serial:06d}"


@transaction.atomic
def create_person(
    *,
    by: User,
    at: datetime,
    is_child: bool,
    stage: str = Stage.BORN,
    given_name: str = "",
    family_name: str = "",
    description: str = "",
    date_of_birth: date | None = None,
    is_date_of_birth_estimated: bool = False,
    is_date_checked: bool = False,
    expected_on: date | None = None,
    age_as_stated: str = "",
    sex: str = Sex.UNKNOWN,
    ethnicity: str = "NOBT",
    phone: str = "",
    source: str = Source.REFERRER,
    mother_id: UUID | None = None,
    mother_unnamed: bool = False,
    right: Permission = Permission.PERSON_CREATE,
    **details: Any,
) -> Person:
    """Make the record of a child or an adult, born or unborn.

    Whoever is under 18 by date of birth is recorded as a child, whatever `is_child` says. An
    unborn baby takes the mother's surname, is related to her and is a member wherever she is.

    :param is_date_checked: the worker has looked again at a birth more than 25 years ago
    :param mother_unnamed: nobody knows the mother's name yet; a record without a name is made
    :param right: in what right, where it is made as part of something else: early help records
        the family that a school or health service asks help for
    :raises PermissionDenied: `by` may not create a person's record
    :raises Person.DoesNotExist: `by` may not read the mother's record
    :raises NeedsName: neither name nor description
    :raises NeedsMother: an unborn baby without a mother
    :raises NoFirstNameYet: an unborn baby with a first name
    :raises DateNotPossible: a date that cannot be right
    """
    authority = rules.begin(by, right, at)
    is_unborn = stage == Stage.UNBORN
    given_name, family_name = rules.clean(given_name), rules.clean(family_name)
    description = rules.clean(description)
    if is_unborn:
        if given_name:
            raise NoFirstNameYet(
                "An unborn baby has no first name yet. Leave it empty and put what the family "
                "calls the baby in a note."
            )
        if date_of_birth is not None:
            raise rules.DateNotPossible("An unborn baby has no date of birth. Enter the due date.")
        if mother_id is None and not mother_unnamed:
            raise NeedsMother(
                "Say who the mother is. If nobody knows her name yet, say that it is not known."
            )
        rules.check_expected(expected_on, at=at)
        sex = Sex.UNKNOWN
    elif expected_on is not None:
        raise rules.DateNotPossible("A child who is born has no due date. Enter the date of birth.")
    elif not (given_name or family_name or description):
        raise NeedsName(
            'Enter a name or, if nobody knows it, a description like "sister, about 8".'
        )
    rules.check_birth(date_of_birth, at=at, is_child=is_child, is_date_checked=is_date_checked)
    _check_known({"sex": sex, "ethnicity": ethnicity, **details}, at=at)

    recorded_at = application_clock.now()
    mother = None
    if is_unborn:
        mother = (
            rules.locked_one(by, mother_id)
            if mother_id is not None
            else create_person(
                by=by,
                at=at,
                is_child=False,
                description="Mother of an unborn baby, name not known yet",
                sex=Sex.FEMALE,
                source=source,
                right=right,
            )
        )
        family_name = mother.family_name or family_name
        description = description or ("" if family_name else "Unborn baby")
    is_young = date_of_birth is not None and not is_adult_by_birth(
        date_of_birth, on=london_date(at)
    )
    person = Person(
        la_child_id=next_la_child_id() if is_child or is_unborn or is_young else None,
        stage=stage,
        given_name=given_name,
        family_name=family_name,
        description=description,
        date_of_birth=date_of_birth,
        is_date_of_birth_estimated=is_date_of_birth_estimated,
        expected_on=expected_on,
        age_as_stated=rules.clean(age_as_stated),
        sex=sex,
        ethnicity=ethnicity,
        phone=read_phone(phone),
        recorded_at=recorded_at,
        recorded_by=by,
        **details,
    )
    _INSERT([person])
    if given_name or family_name:
        name = PersonName(
            person=person,
            kind=NameKind.CURRENT,
            given_name=given_name,
            family_name=family_name,
            source=source,
            recorded_at=recorded_at,
            recorded_by=by,
        )
        _INSERT_NAME([name])
    rules.append("people.created", authority=authority, at=at, person=person)
    if mother is not None:
        relationships.write(
            authority=authority,
            at=at,
            person=mother,
            other=person,
            kind=RelationshipKind.MOTHER,
            source=source,
        )
        households.follow_mother(authority=authority, at=at, child=person, mother=mother)
    rules.refresh([person.pk])
    return person


@transaction.atomic
def change_details(
    *, by: User, at: datetime, person_id: UUID, version: int, **changes: Any
) -> Person:
    """Change what the record says of a person; only what differs is written.

    :param version: of the record as the worker saw it
    :param changes: fields of `DETAILS`
    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises Clash: somebody else changed it meanwhile
    :raises NothingChanged: the record says so already
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    _check_known(changes, at=at)
    person = rules.locked_one(by, person_id)
    if person.version != version:
        raise _clash(person)
    if "phone" in changes:
        changes["phone"] = read_phone(changes["phone"])
    if person.stage == Stage.UNBORN and changes.get("sex", Sex.UNKNOWN) != Sex.UNKNOWN:
        raise rules.NotReadable("The sex of an unborn baby is not known. Leave it until birth.")
    fields = sorted(name for name, value in changes.items() if getattr(person, name) != value)
    if not fields:
        raise rules.NothingChanged("Nothing is different. Change something, or go back.")
    for name in fields:
        setattr(person, name, changes[name])
    if not (person.given_name or person.family_name or person.description):
        raise NeedsName("Somebody without a name needs a description.")
    rules.save(person, *fields)
    rules.append(
        CHANGED, authority=authority, at=at, person=person, fields=fields, version=person.version
    )
    rules.refresh([person.pk])
    return person


def _clash(person: Person) -> Stale:
    """Say who changed a record last, and when."""
    events = (
        Event.objects.filter(subject_id=person.pk, code__startswith="people.", by__isnull=False)
        .select_related("by")
        .order_by("-recorded_at", "-id")
    )
    last = events.filter(data__version=person.version).first() or events.first()
    if last is None or last.by is None:
        return Stale(
            "Somebody changed this record while you had it open. Compare, then save again.",
            current=person,
            by_name="",
            at=None,
        )
    when = words.moment_words(last.recorded_at, now=application_clock.now())
    return Stale(
        f"{last.by.full_name} changed this record while you had it open ({when}). "
        "What you typed is still here. Compare it with the record, then save again.",
        current=person,
        by_name=last.by.full_name,
        at=last.recorded_at,
    )


def read_phone(typed: str) -> str:
    """Give a phone number as it is stored; one that cannot be read is kept as it was given."""
    read = identifiers.phone(typed)
    return read.value or rules.clean(typed)[:40]


def _check_known(details: dict[str, Any], *, at: datetime) -> None:
    unknown = details.keys() - DETAILS
    if unknown:
        raise TypeError(f"A person has no details called {', '.join(sorted(unknown))}.")
    for name, list_name in CODE_LISTS.items():
        rules.check_codes(list_name, [details[name]] if details.get(name) else [], at=at)
    disabilities = details.get("disabilities") or []
    rules.check_codes("disability", disabilities, at=at)
    if NO_DISABILITY in disabilities and len(disabilities) > 1:
        raise rules.NotReadable("Choose either no disability or the disabilities.")
