"""Somebody joins a family's record: found or new, with a part in the household and a relation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission
from lib.working_days import london_date
from people.actions import answers, households, persons, relationships, rules
from people.choices import Confidence, HouseholdRole, RelationshipKind, Sex, Source, Stage
from people.models import Household, HouseholdMembership, Person
from people.queries.family import home_of
from people.queries.terms import counts_as_child
from record import once

#: A relation that is said from the other side: this person is the child of the one named.
CHILD_OF = "child"


@transaction.atomic
def add_to_family(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    chosen_id: UUID | None = None,
    given_name: str = "",
    family_name: str = "",
    description: str = "",
    date_of_birth: date | None = None,
    age_as_stated: str = "",
    sex: str = Sex.UNKNOWN,
    is_child: bool = False,
    role: str = "",
    from_on: date | None = None,
    kind: str = "",
    source: str = Source.WORKER,
    confidence: str = Confidence.STATED,
    note: str = "",
    seen: Mapping[str, Any] | None = None,
    token: UUID | None = None,
) -> Person:
    """Add somebody to the family of a person: into the household, as a relative, or both.

    The person's own household is made if there is none yet.

    :param chosen_id: the record found; left out, a new one is made from the name and the rest
    :param role: part in the household; empty for somebody who does not live or stay there
    :param kind: what they are to the person, or `CHILD_OF`; empty if nobody knows
    :param seen: the list of records they saw, kept with their answer
    :param token: of the form; sent twice, it is recorded once
    :raises PermissionDenied: `by` may not change households, or not create a record
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises AlreadyRecorded: the form was recorded before
    """
    rules.begin(by, Permission.PERSON_EDIT, at)
    once.claim(token, user=by, action="people.add_to_family")
    subject = rules.locked_one(by, person_id)
    if chosen_id is None:
        other = persons.create_person(
            by=by,
            at=at,
            is_child=is_child,
            given_name=given_name,
            family_name=family_name,
            description=description,
            date_of_birth=date_of_birth,
            age_as_stated=age_as_stated,
            sex=sex,
            source=source,
        )
    else:
        other = rules.locked_one(by, chosen_id)
        if other.pk == subject.pk:
            raise relationships.NotTwoPeople("Choose somebody else.")
    if seen is not None:
        answers.keep_answer(
            by=by, at=at, person_id=other.pk, seen=seen, is_chosen=chosen_id is not None
        )
    if not role and not kind:
        raise rules.NothingChanged("Say what they are to this person, or whether they live here.")
    if role:
        if other.stage == Stage.UNBORN:
            role = HouseholdRole.UNBORN
        households.join_household(
            by=by,
            at=at,
            household_id=_home(subject, by=by, at=at).pk,
            person_id=other.pk,
            role=role,
            from_on=from_on,
            source=source,
            confidence=confidence,
            note=note,
        )
    if kind == CHILD_OF:
        relationships.relate(
            by=by,
            at=at,
            person_id=subject.pk,
            other_id=other.pk,
            kind=parent_kind(subject),
            source=source,
        )
    elif kind:
        relationships.relate(
            by=by, at=at, person_id=other.pk, other_id=subject.pk, kind=kind, source=source
        )
    once.finish(token, other.pk)
    return other


def parent_kind(person: Person) -> str:
    """Give what a parent is to a child, by the parent's sex."""
    return {Sex.FEMALE: RelationshipKind.MOTHER, Sex.MALE: RelationshipKind.FATHER}.get(
        Sex(person.sex), RelationshipKind.PARENT
    )


def _home(person: Person, *, by: User, at: datetime) -> Household:
    """Give the household a person lives in, or make one."""
    live = HouseholdMembership.objects.filter(person=person, to_on__isnull=True)
    home = home_of(list(live.select_related("household").order_by("recorded_at", "pk")))
    if home is not None:
        return home.household
    household = households.create_household(by=by, at=at)
    day = london_date(at)
    role = HouseholdRole.OTHER_ADULT
    if person.stage == Stage.UNBORN:
        role = HouseholdRole.UNBORN
    elif counts_as_child(person, on=day):
        role = HouseholdRole.RESIDENT_CHILD
    households.join_household(
        by=by,
        at=at,
        household_id=household.pk,
        person_id=person.pk,
        role=role,
        source=Source.SYSTEM,
    )
    return household
