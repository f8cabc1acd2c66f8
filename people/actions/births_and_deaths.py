"""A baby is born; somebody dies."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission
from lib import application_clock
from lib.working_days import london_date
from people import reactions
from people.actions import households, naming, rules
from people.choices import NameKind, Sex, Source, Stage
from people.models import DateClaim, Person
from record.errors import Refused


class AlreadyBorn(Refused):
    """The birth is recorded already."""


class AlreadyDied(Refused):
    """The death is recorded already."""


@transaction.atomic
def record_birth(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    born_on: date,
    sex: str = Sex.UNKNOWN,
    given_name: str = "",
    family_name: str = "",
    source: str = Source.WORKER,
) -> Person:
    """Record the birth of a baby who was recorded unborn; the record and its history stay.

    The due date is kept among the stated dates, the name before birth as a previous name.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises AlreadyBorn: the birth is recorded already
    :raises DateNotPossible: the birth lies in the future
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    person = rules.locked_one(by, person_id)
    if person.stage != Stage.UNBORN:
        raise AlreadyBorn(f"{person.name} is recorded as born already.")
    rules.check_not_future(born_on, at=at, what="The date of birth")
    was = person.version
    if person.expected_on is not None:
        DateClaim.objects.create(
            person=person,
            is_expected_date=True,
            on=person.expected_on,
            as_stated=f"{person.expected_on:%-d/%-m/%Y}",
            source=Source.OUR_RECORD,
            note="Due date until birth",
            recorded_at=application_clock.now(),
            recorded_by=by,
        )
    person.stage = Stage.BORN
    person.expected_on = None
    person.date_of_birth = born_on
    person.sex = sex
    if not (given_name.strip() or family_name.strip() or person.family_name):
        person.description = "Baby, not named yet"
    elif person.description == "Unborn baby":
        person.description = ""
    rules.save(person, "stage", "expected_on", "date_of_birth", "sex", "description")
    wanted = (rules.clean(given_name), rules.clean(family_name) or person.family_name)
    if any(wanted) and wanted != (person.given_name, person.family_name):
        naming.write(
            authority=authority,
            at=at,
            person=person,
            kind=NameKind.CURRENT,
            given_name=wanted[0],
            family_name=wanted[1],
            source=source,
            from_on=born_on,
        )
    households.become_resident(person=person)
    rules.append(
        "people.born",
        authority=authority,
        at=at,
        person=person,
        version=person.version,
        was=was,
    )
    for react in reactions.born:
        react(person=person, by=by, at=at)
    rules.refresh([person.pk])
    return person


@transaction.atomic
def record_death(*, by: User, at: datetime, person_id: UUID, died_on: date) -> Person:
    """Record that somebody died, a baby before birth too; they leave every household.

    :raises PermissionDenied: `by` may not record a death
    :raises Person.DoesNotExist: `by` may not read the record
    :raises AlreadyDied: the death is recorded already
    :raises DateNotPossible: the death lies in the future or before the birth
    """
    authority = rules.begin(by, Permission.PERSON_LINK, at)
    person = rules.locked_one(by, person_id)
    if person.died_on is not None:
        raise AlreadyDied(f"The death of {person.name} is recorded already.")
    rules.check_not_future(died_on, at=at, what="The date of death")
    if person.date_of_birth and died_on < person.date_of_birth:
        raise rules.DateNotPossible("The date of death is before the date of birth.")
    person.died_on = died_on
    rules.save(person, "died_on")
    rules.append("people.died", authority=authority, at=at, person=person, version=person.version)
    for react in reactions.died:
        react(person=person, by=by, at=at)
    households.end_all(
        authority=authority,
        at=at,
        person=person,
        to_on=min(died_on, london_date(at)),
        because="Died",
    )
    rules.refresh([person.pk])
    return person
