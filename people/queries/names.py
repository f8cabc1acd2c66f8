"""People as lists show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from accounts.models import User
from lib import application_clock, words
from people.models import (
    Person,
)
from people.queries.access import Whom, closed_to, records_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A person as a list shows one: name and age, or a placeholder with whom to ring."""

    person_id: UUID
    name: str
    age: str = ""
    person: Person | None = field(default=None, compare=False)
    ring: Whom | None = None


def display_people(
    person_ids: Iterable[UUID], *, by: User, on: date | None = None
) -> dict[UUID, Shown]:
    """Give name and age of each of these as `by` may see them; at most four queries.

    Linked records are shown under the one that is kept.
    """
    wanted = set(person_ids)
    day = on or application_clock.today()
    people = {
        person.pk: person
        for person in Person.objects.filter(pk__in=wanted).select_related("canonical")
    }
    heads = {pk: (person.canonical or person) for pk, person in people.items()}
    records = records_of(person_ids=wanted)
    closed: dict[UUID, Whom] = {}
    for record_id, ring in closed_to(by=by, person_ids=records).items():
        closed.setdefault(records[record_id], ring)
    shown = {}
    for pk, head in heads.items():
        ring_whom = closed.get(head.pk)
        if ring_whom is not None:
            shown[pk] = Shown(pk, f"Restricted record, ring {ring_whom.name}", ring=ring_whom)
        else:
            shown[pk] = Shown(head.pk, head.name, age=age(head, on=day), person=head)
    return shown


def age(person: Person, *, on: date) -> str:
    """Give the age of a person in words on a day; of somebody who died, at death."""
    day = min(on, person.died_on) if person.died_on else on
    said = words.age_words(
        on=day,
        born_on=person.date_of_birth,
        expected_on=person.expected_on,
        stated=person.age_as_stated,
    )
    return f"about {said}" if person.is_date_of_birth_estimated and said[:1].isdigit() else said


def names_of(people: Sequence[Person]) -> str:
    """Give the names of these people as one phrase."""
    return words.list_of_names(person.name for person in people)
