"""What screens and other rooms ask about people. Each function makes a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import F, Q

from accounts.models import User
from accounts.permissions import roles_of
from lib import application_clock, words
from people.ages import latest_adult_birth
from people.choices import CHILD_ROLES, Confidence, HouseholdRole, RelationshipKind, Source, Stage
from people.models import (
    READS_EVERY_RESTRICTED_RECORD,
    HouseholdMembership,
    Person,
    Relationship,
    Restriction,
    restrictions_closed_to,
)

#: Kinds by which `person` is a parent, or stands in for one, of `other`.
PARENTS: Final = frozenset(
    {
        RelationshipKind.MOTHER,
        RelationshipKind.FATHER,
        RelationshipKind.PARENT,
        RelationshipKind.STEP_PARENT,
        RelationshipKind.FOSTER_CARER,
        RelationshipKind.CARER,
    }
)


def is_child(*, on: date) -> Q:
    """Filter persons who are unborn or under 18 on a day, or taken for a child (decisions.md 46).

    Whoever was recorded as a child and has no date of birth counts as one.
    """
    alive = Q(died_on__isnull=True) | Q(died_on__gt=on)
    young = (
        Q(stage=Stage.UNBORN)
        | Q(date_of_birth__gt=latest_adult_birth(on))
        | Q(date_of_birth__isnull=True, la_child_id__isnull=False)
    )
    return alive & young


def is_member_child(*, on: date) -> Q:
    """Filter memberships of children; someone without a date of birth goes by the part."""
    latest = latest_adult_birth(on)
    alive = Q(person__died_on__isnull=True) | Q(person__died_on__gt=on)
    young = (
        Q(person__stage=Stage.UNBORN)
        | Q(person__date_of_birth__gt=latest)
        | Q(person__date_of_birth__isnull=True, person__la_child_id__isnull=False)
        | Q(person__date_of_birth__isnull=True, role__in=CHILD_ROLES)
    )
    return alive & young


def is_live(*, on: date) -> Q:
    """Filter what holds on a day, from its first day to the day before its last."""
    return (Q(from_on__isnull=True) | Q(from_on__lte=on)) & (
        Q(to_on__isnull=True) | Q(to_on__gt=on)
    )


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom to ring about a restricted record."""

    user_id: UUID
    name: str
    job_title: str
    phone: str


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


def canonical_ids(*, person_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Give the record under which each of these is read; one query."""
    found = Person.objects.filter(pk__in=set(person_ids)).values_list("pk", "canonical_id")
    return {pk: canonical_id or pk for pk, canonical_id in found}


def records_of(*, person_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Give every record of these persons, linked ones too, with the one it is read under."""
    heads = set(canonical_ids(person_ids=person_ids).values())
    found = Person.objects.filter(Q(pk__in=heads) | Q(canonical__in=heads))
    return {pk: head or pk for pk, head in found.values_list("pk", "canonical_id")}


def closed_to(*, by: User | None, person_ids: Iterable[UUID]) -> dict[UUID, Whom]:
    """Give the records among these that `by` may not read, with whom to ring; one query."""
    if by is None or READS_EVERY_RESTRICTED_RECORD & roles_of(by, application_clock.now()):
        return {}
    closed: dict[UUID, Whom] = {}
    rows: Iterable[Restriction] = (
        restrictions_closed_to(by, F("person"))
        .filter(person__in=set(person_ids))
        .select_related("owner")
        .order_by("person_id")
    )
    for row in rows:
        closed[row.person_id] = whom(row.owner)
    return closed


def whom(user: User) -> Whom:
    """Say whom to ring."""
    return Whom(user.pk, user.full_name, user.job_title, user.phone)


def children_of_households(
    *, person_ids: Iterable[UUID], on: date, by: User | None = None
) -> list[HouseholdChild]:
    """List the children a decision or change about these persons must name, one by one.

    All current members under 18 or unborn of every household of the persons named, one step and
    no further, and the children named themselves, with or without a household (decisions.md 46).
    Linked records count as one person and are given under the one that is kept.

    :param on: the London day
    :param by: who asks; a restricted child is a placeholder for somebody who may not read it.
        Left out, nothing is hidden: for rules, never for a page
    """
    named = set(person_ids)
    records = records_of(person_ids=named)
    households = list(
        HouseholdMembership.objects.filter(is_live(on=on), person__in=records)
        .order_by("household_id")
        .values_list("household_id", flat=True)
        .distinct()
    )
    members = list(
        HouseholdMembership.objects.filter(
            is_live(on=on), is_member_child(on=on), household__in=households
        )
        .select_related("person", "person__canonical", "household", "household__address")
        .order_by("recorded_at", "pk")
    )
    alone = list(
        Person.objects.filter(is_child(on=on), pk__in=set(records.values())).order_by("pk")
    )
    heads = set(records.values())
    found: dict[UUID, HouseholdChild] = {}
    for member in members:
        person = member.person.canonical or member.person
        known = found.get(person.pk)
        if known is not None:
            found[person.pk] = _also_in(known, member)
            continue
        found[person.pk] = _member_child(person, member, is_named=person.pk in heads)
    for person in alone:
        if person.pk not in found:
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
    households = list(
        HouseholdMembership.objects.filter(is_live(on=on), person__in=records)
        .order_by("household_id")
        .values_list("household_id", flat=True)
        .distinct()
    )
    members = list(
        HouseholdMembership.objects.filter(is_live(on=on), household__in=households)
        .order_by("recorded_at", "pk")
        .values_list("person_id", flat=True)
    )
    everybody = records_of(person_ids=[*members, *records])
    inside = set(everybody.values())
    relations = list(
        Relationship.objects.filter(
            is_live(on=on), person__in=everybody, kind__in=PARENTS, is_wrong=False
        )
        .select_related("person", "person__canonical", "other", "other__canonical")
        .order_by("recorded_at", "pk")
    )
    latest = latest_adult_birth(on)
    found: dict[UUID, HouseholdChild] = {}
    parents: set[UUID] = set()
    for relation in relations:
        child = relation.other.canonical or relation.other
        if child.pk in inside or child.pk in found or not _is_child(child, on=on, latest=latest):
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


def _is_child(person: Person, *, on: date, latest: date) -> bool:
    if person.died_on is not None and person.died_on <= on:
        return False
    if person.stage == Stage.UNBORN:
        return True
    if person.date_of_birth is not None:
        return person.date_of_birth > latest
    return person.la_child_id is not None


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


def household_label(member: HouseholdMembership) -> str:
    """What a household is called: its label, else its address."""
    household = member.household
    return household.label or (household.address.text if household.address else "")


def _hidden(
    children: Iterable[HouseholdChild], *, by: User | None, also: Iterable[UUID] = ()
) -> list[HouseholdChild]:
    """Put a placeholder for each child `by` may not read; forget parents who are restricted."""
    children = list(children)
    if by is None:
        return children
    records = records_of(person_ids=[*(child.person_id for child in children), *also])
    closed: dict[UUID, Whom] = {}
    for record_id, ring in closed_to(by=by, person_ids=records).items():
        closed.setdefault(records[record_id], ring)
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
