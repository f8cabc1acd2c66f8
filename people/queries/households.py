"""The children whom a decision or a change must name (decisions.md 46, 47)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.models import User
from lib import words
from lib.prepared import Prepared
from people.choices import CHILD_ROLES, Confidence, HouseholdRole, Source, Stage
from people.models import (
    HouseholdMembership,
    Person,
    Relationship,
)
from people.queries.access import Whom, closed_persons, records_of
from people.queries.terms import (
    PARENTS,
    counts_as_child,
    household_label,
    is_live,
)


@dataclass(frozen=True, slots=True)
class HouseholdChild:
    """One child of a family, or a placeholder for one whose record the asker may not read.

    A placeholder has `person` None, no role and no place: only its id and whom to `ring`.
    """

    person_id: UUID
    person: Person | None
    ring: Whom | None = None
    is_named: bool = False
    role: str = ""
    from_on: date | None = None
    source: str = ""
    confidence: str = ""
    note: str = ""
    household_ids: tuple[UUID, ...] = ()
    household: str = ""
    through_id: UUID | None = None
    through: str = ""

    @property
    def is_restricted(self) -> bool:
        return self.person is None

    @property
    def name(self) -> str:
        """The name, or "Restricted child, ring Paul Prototype"."""
        if self.person is not None:
            return self.person.name
        return f"Restricted child, ring {self.ring.name}" if self.ring else "Restricted child"

    @property
    def known(self) -> str:
        """How it is known that the child belongs here, in words."""
        if not self.role:
            return ""
        said = [str(HouseholdRole(self.role).label)]
        if self.from_on:
            said.append(f"since {words.date_words(self.from_on, weekday=False)}")
        if self.confidence == Confidence.CONFIRMED:
            said.append("confirmed")
        else:
            said.append(f"stated by: {Source(self.source).label.lower()}")
            if self.confidence == Confidence.UNSURE:
                said.append("not sure")
        return ", ".join(said)


_MEMBERS = Prepared(
    lambda person_ids, on: (
        HouseholdMembership.objects.filter(
            is_live(on=on),
            household__in=HouseholdMembership.objects.filter(
                is_live(on=on), person__in=person_ids
            ).values("household"),
        )
        .select_related("person", "person__canonical", "household", "household__address")
        .order_by("recorded_at", "pk")
    ),
    person_ids=list[UUID],
    on=date,
)
"""All who live in, or visit, a household of one of these."""
_PERSONS = Prepared(
    lambda person_ids: Person.objects.filter(pk__in=person_ids), person_ids=list[UUID]
)


def children_of_households(
    *, person_ids: Iterable[UUID], on: date, by: User | None = None, and_all_named: bool = False
) -> list[HouseholdChild]:
    """List the children a decision or change about these persons must name, one by one.

    All current members under 18 or unborn of every household of the persons named, one step and
    no further, and the children named themselves, with or without a household (decisions.md 46).
    Linked records count as one person and are given under the one that is kept.

    :param on: the London day
    :param by: who asks; a restricted child is a placeholder for somebody who may not read it.
        Left out, nothing is hidden: for rules, never for a page
    :param and_all_named: give the persons named even if they are no children (any more)
    """
    records = records_of(person_ids=person_ids)
    members = _MEMBERS(person_ids=list(records), on=on)
    heads = set(records.values())
    found: dict[UUID, HouseholdChild] = {}
    for member in members:
        person = member.person.canonical or member.person
        if not _is_member_child(member, on=on):
            continue
        known = found.get(person.pk)
        if known is not None:
            found[person.pk] = _also_in(known, member)
            continue
        found[person.pk] = _member_child(person, member, is_named=person.pk in heads)
    alone = list(heads - found.keys())
    for person in _PERSONS(person_ids=alone) if alone else ():
        if and_all_named or counts_as_child(person, on=on):
            found[person.pk] = HouseholdChild(person_id=person.pk, person=person, is_named=True)
    return _in_order(_hidden(found.values(), by=by))


def children_elsewhere(
    *, person_ids: Iterable[UUID], on: date, by: User | None = None
) -> list[HouseholdChild]:
    """List children of a member or visitor who live somewhere else (decisions.md 47).

    A child who is a member of one of the households is left out, by whatever part.

    :param on: the London day
    :param by: who asks; left out, nothing is hidden
    """
    records = records_of(person_ids=person_ids)
    members = [member.person_id for member in _MEMBERS(person_ids=list(records), on=on)]
    everybody = records_of(person_ids=[*members, *records])
    inside = set(everybody.values())
    relations = list(
        Relationship.objects.filter(
            is_live(on=on), person__in=everybody, kind__in=PARENTS, is_wrong=False
        )
        .select_related("person", "person__canonical", "other", "other__canonical")
        .order_by("recorded_at", "pk")
    )
    found: dict[UUID, HouseholdChild] = {}
    parents: set[UUID] = set()
    for relation in relations:
        child = relation.other.canonical or relation.other
        if child.pk in inside or child.pk in found or not counts_as_child(child, on=on):
            continue
        parent = relation.person.canonical or relation.person
        parents.add(parent.pk)
        found[child.pk] = HouseholdChild(
            person_id=child.pk,
            person=child,
            source=relation.source,
            through_id=parent.pk,
            through=parent.name,
        )
    return _in_order(_hidden(found.values(), by=by, also=parents))


def _is_member_child(member: HouseholdMembership, *, on: date) -> bool:
    """Say whether a member is a child by the record kept; without a date of birth, by the part."""
    person = member.person.canonical or member.person
    if counts_as_child(person, on=on):
        return True
    is_alive = person.died_on is None or person.died_on > on
    if not is_alive or person.date_of_birth is not None:
        return False
    return member.role in CHILD_ROLES or counts_as_child(member.person, on=on)


def _member_child(person: Person, member: HouseholdMembership, *, is_named: bool) -> HouseholdChild:
    return HouseholdChild(
        person_id=person.pk,
        person=person,
        is_named=is_named,
        role=member.role,
        from_on=member.from_on,
        source=member.source,
        confidence=member.confidence,
        note=member.note,
        household_ids=(member.household_id,),
        household=household_label(member),
    )


def _also_in(known: HouseholdChild, member: HouseholdMembership) -> HouseholdChild:
    """A child of several households: where it lives comes before where it stays or visits."""
    ids = tuple(dict.fromkeys((*known.household_ids, member.household_id)))
    order = list(HouseholdRole.values)
    if known.role and order.index(known.role) <= order.index(member.role):
        return _replaced(known, household_ids=ids)
    return _replaced(
        known,
        role=member.role,
        from_on=member.from_on,
        source=member.source,
        confidence=member.confidence,
        note=member.note,
        household=household_label(member),
        household_ids=ids,
    )


def _replaced(child: HouseholdChild, **fields: object) -> HouseholdChild:
    values = {name: getattr(child, name) for name in HouseholdChild.__slots__}
    return HouseholdChild(**{**values, **fields})


def _hidden(
    children: Iterable[HouseholdChild], *, by: User | None, also: Iterable[UUID] = ()
) -> list[HouseholdChild]:
    """Put a placeholder for each child `by` may not read; forget parents who are restricted."""
    children = list(children)
    closed = closed_persons(by=by, heads=[*(child.person_id for child in children), *also])
    if not closed:
        return children
    shown: list[HouseholdChild] = []
    for child in children:
        if child.person_id in closed:
            shown.append(
                HouseholdChild(
                    person_id=child.person_id,
                    person=None,
                    ring=closed[child.person_id],
                    is_named=child.is_named,
                )
            )
        elif child.through_id in closed:
            shown.append(_replaced(child, through_id=None, through=""))
        else:
            shown.append(child)
    return shown


def _in_order(children: Iterable[HouseholdChild]) -> list[HouseholdChild]:
    """Oldest first, unborn after them, then without a date, then placeholders."""

    def order(child: HouseholdChild) -> tuple[int, date, str]:
        person = child.person
        if person is None:
            return (3, date.max, str(child.person_id))
        if person.date_of_birth is not None:
            return (0, person.date_of_birth, str(person.pk))
        if person.stage == Stage.UNBORN:
            return (1, person.expected_on or date.max, str(person.pk))
        return (2, date.max, str(person.pk))

    return sorted(children, key=order)
