"""Records that may be the person asked about, as a page shows them field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.models import User
from people.matching import Answer, Band
from people.models import Person, PersonAddress
from people.queries.access import records_of
from people.queries.names import age

BAND_WORDS = {
    Band.SAME: "Very likely the same person",
    Band.POSSIBLE: "May be the same person",
    Band.RELATIVE: "Looks like a relative",
}


@dataclass(frozen=True, slots=True)
class CandidateShown:
    """One record found, with what agrees, what differs and what is missing, in words."""

    person_id: UUID
    person: Person
    age: str
    address: str
    likeness: str
    same: Sequence[str]
    differs: Sequence[str]
    missing: Sequence[str]

    @property
    def label(self) -> str:
        """Name, age and record number, as one phrase."""
        parts = [self.person.name, self.age, self.person.la_child_id or ""]
        return ", ".join(part for part in parts if part)

    @property
    def why(self) -> str:
        """Everything said about the likeness, as one line."""
        said = [
            ("Same", self.same),
            ("Differs", self.differs),
            ("Missing", self.missing),
        ]
        return " ".join(f"{what}: {', '.join(points)}." for what, points in said if points)


def shown_candidates(*, by: User, answer: Answer, on: date) -> list[CandidateShown]:
    """Put the candidates of a search into words, in its order; three queries.

    Addresses that must not be shared are left out.
    """
    ids = [each.person_id for each in answer.candidates]
    people = {person.pk: person for person in Person.objects.visible_to(by).filter(pk__in=ids)}
    records = records_of(person_ids=people)
    addresses: dict[UUID, str] = {}
    for stay in (
        PersonAddress.objects.filter(
            person__in=records, to_on__isnull=True, is_wrong=False, is_withheld=False
        )
        .select_related("address")
        .order_by("-recorded_at", "pk")
    ):
        addresses.setdefault(records[stay.person_id], stay.address.text)
    return [
        CandidateShown(
            person_id=each.person_id,
            person=people[each.person_id],
            age=age(people[each.person_id], on=on),
            address=addresses.get(each.person_id, ""),
            likeness=BAND_WORDS.get(each.band, ""),
            same=[str(point) for point in each.matched],
            differs=[str(point) for point in each.differs],
            missing=[str(point) for point in each.missing],
        )
        for each in answer.candidates
        if each.person_id in people
    ]
