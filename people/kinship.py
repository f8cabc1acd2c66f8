"""What one person is to another, in the words of families. A pure module.

A tie says that `person` is the `kind` of `other`. What nobody stated is worked out from the ties
of parents and partners: brothers and sisters, grandparents, "mother's partner", "Kyle's son".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lib.words import possessive
from people.choices import RelationshipKind as Kind
from people.choices import Sex


@dataclass(frozen=True, slots=True)
class Tie:
    """`person_id` is the `kind` of `other_id`; an ended partnership is one of former partners."""

    person_id: UUID
    other_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class Kin:
    """What must be known of a person to name the relation."""

    person_id: UUID
    name: str
    sex: str


#: The parents from whom brothers and sisters are worked out.
BIRTH_PARENTS: Final = frozenset({Kind.MOTHER, Kind.FATHER, Kind.PARENT})
COUPLES: Final = frozenset({Kind.PARTNER, Kind.EX_PARTNER})
SIBLINGS: Final = frozenset({Kind.SIBLING, Kind.HALF_SIBLING, Kind.STEP_SIBLING, Kind.TWIN})
#: Kinds of whom parental responsibility is not asked.
NEVER_RESPONSIBLE: Final = COUPLES | SIBLINGS | {Kind.FRIEND}

#: kind -> what `person` is called if female, male, unknown
_NAMES: Final[Mapping[str, tuple[str, str, str]]] = {
    Kind.MOTHER: ("Mother", "Mother", "Mother"),
    Kind.FATHER: ("Father", "Father", "Father"),
    Kind.PARENT: ("Mother", "Father", "Parent"),
    Kind.STEP_PARENT: ("Stepmother", "Stepfather", "Step-parent"),
    Kind.FOSTER_CARER: ("Foster carer", "Foster carer", "Foster carer"),
    Kind.CARER: ("Carer", "Carer", "Carer"),
    Kind.GRANDPARENT: ("Grandmother", "Grandfather", "Grandparent"),
    Kind.AUNT_UNCLE: ("Aunt", "Uncle", "Aunt or uncle"),
    Kind.SIBLING: ("Sister", "Brother", "Brother or sister"),
    Kind.HALF_SIBLING: ("Half-sister", "Half-brother", "Half-brother or half-sister"),
    Kind.STEP_SIBLING: ("Stepsister", "Stepbrother", "Step-brother or step-sister"),
    Kind.TWIN: ("Twin sister", "Twin brother", "Twin"),
    Kind.PARTNER: ("Partner", "Partner", "Partner"),
    Kind.EX_PARTNER: ("Former partner", "Former partner", "Former partner"),
    Kind.OTHER_RELATIVE: ("Other relative", "Other relative", "Other relative"),
    Kind.FRIEND: ("Friend or associate", "Friend or associate", "Friend or associate"),
    Kind.OTHER: ("Other", "Other", "Other"),
}
#: kind -> what `other` is called by `person`
_INVERSE: Final[Mapping[str, tuple[str, str, str]]] = {
    Kind.MOTHER: ("Daughter", "Son", "Child"),
    Kind.FATHER: ("Daughter", "Son", "Child"),
    Kind.PARENT: ("Daughter", "Son", "Child"),
    Kind.STEP_PARENT: ("Stepdaughter", "Stepson", "Stepchild"),
    Kind.FOSTER_CARER: ("Foster daughter", "Foster son", "Foster child"),
    Kind.CARER: ("Girl cared for", "Boy cared for", "Child cared for"),
    Kind.GRANDPARENT: ("Granddaughter", "Grandson", "Grandchild"),
    Kind.AUNT_UNCLE: ("Niece", "Nephew", "Niece or nephew"),
}


def called(kind: str, sex: str) -> str:
    """Give what somebody of that sex is called who is the `kind` of another."""
    return _by_sex(_NAMES[kind], sex)


def called_back(kind: str, sex: str) -> str:
    """Give what somebody of that sex is called by the one who is their `kind`."""
    return _by_sex(_INVERSE.get(kind, _NAMES[kind]), sex)


def _by_sex(names: tuple[str, str, str], sex: str) -> str:
    return names[{Sex.FEMALE: 0, Sex.MALE: 1}.get(Sex(sex), 2)]


class Relations:
    """The ties of one family, asked one pair at a time."""

    def __init__(self, people: Iterable[Kin], ties: Sequence[Tie]) -> None:
        self.people = {person.person_id: person for person in people}
        self.ties = [
            tie for tie in ties if tie.person_id in self.people and tie.other_id in self.people
        ]

    def parents(self, person_id: UUID) -> set[UUID]:
        """Give the known mother and father."""
        return {
            tie.person_id
            for tie in self.ties
            if tie.other_id == person_id and tie.kind in BIRTH_PARENTS
        }

    def words(self, person_id: UUID, *, to: UUID) -> str:
        """Say what `person_id` is to `to`; nothing if no tie says."""
        return (
            self._stated(person_id, to)
            or self._sibling(person_id, to)
            or self._through_parent(person_id, to)
            or self._through_other(person_id, to)
        )

    def _stated(self, person_id: UUID, to: UUID) -> str:
        sex = self.people[person_id].sex
        for tie in self.ties:
            if (tie.person_id, tie.other_id) == (person_id, to):
                return called(tie.kind, sex)
            if (tie.person_id, tie.other_id) == (to, person_id):
                return called_back(tie.kind, sex)
        return ""

    def _sibling(self, person_id: UUID, to: UUID) -> str:
        mine, theirs = self.parents(person_id), self.parents(to)
        shared = mine & theirs
        if not shared:
            return ""
        are_half = len(mine) > 1 and len(theirs) > 1 and len(shared) == 1
        return called(Kind.HALF_SIBLING if are_half else Kind.SIBLING, self.people[person_id].sex)

    def _through_parent(self, person_id: UUID, to: UUID) -> str:
        sex = self.people[person_id].sex
        for parent in sorted(self.parents(to)):
            if person_id in self.parents(parent):
                return called(Kind.GRANDPARENT, sex)
        for parent in sorted(self.parents(to)):
            for tie in self.ties:
                if tie.kind in COUPLES and {tie.person_id, tie.other_id} == {parent, person_id}:
                    what = called(tie.kind, sex).lower()
                    return f"{possessive(self._stated(parent, to))} {what}"
        return ""

    def _through_other(self, person_id: UUID, to: UUID) -> str:
        sex = self.people[person_id].sex
        for tie in self.ties:
            if tie.other_id == person_id and tie.person_id != to:
                known = self.people[tie.person_id]
                return f"{possessive(_short(known.name))} {called_back(tie.kind, sex).lower()}"
            if tie.person_id == person_id and tie.other_id != to:
                known = self.people[tie.other_id]
                return f"{possessive(_short(known.name))} {called(tie.kind, sex).lower()}"
        return ""


def _short(name: str) -> str:
    """Give the first word of a name, or all of "Unborn baby Mockford"."""
    return name if name.startswith("Unborn") else name.split(" ")[0]
