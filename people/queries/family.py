"""The people round one person, for the genogram and its table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from lib import words
from people.choices import HouseholdRole, RelationshipKind
from people.kinship import COUPLES, Kin, Relations, Tie
from people.models import (
    HouseholdMembership,
    Person,
    Relationship,
)
from people.queries.access import Whom, closed_to, records_of
from people.queries.names import age
from people.queries.terms import (
    PARENTS,
    counts_as_child,
    household_label,
    is_live,
)


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One person of a family, as it concerns the person whose page it is.

    A placeholder for a restricted record has `person` None and whom to `ring`.
    """

    person_id: UUID
    person: Person | None
    name: str
    age: str = ""
    relation: str = ""
    lives_here: bool = False
    lives: str = "No"
    since_on: date | None = None
    is_subject: bool = False
    is_child: bool = False
    ring: Whom | None = None

    @property
    def is_new_here(self) -> bool:
        """Say whether since when they live here is known, so that it stands out."""
        return self.lives_here and self.since_on is not None


@dataclass(frozen=True, slots=True)
class Family:
    """The people round one person on one day: their household and their relations."""

    subject_id: UUID
    on: date
    household_id: UUID | None
    household: str
    members: tuple[FamilyMember, ...]
    ties: tuple[Tie, ...]
    memberships: tuple[HouseholdMembership, ...] = ()

    @property
    def subject(self) -> FamilyMember:
        return next(member for member in self.members if member.is_subject)

    @property
    def others(self) -> list[FamilyMember]:
        """Everybody but the person whose page it is."""
        return [member for member in self.members if not member.is_subject]

    @property
    def child_ids(self) -> list[UUID]:
        """The children shown, for the reading log; placeholders show nothing."""
        return [
            member.person_id
            for member in self.members
            if member.person is not None and member.person.la_child_id
        ]


def family_of(*, by: User, person_id: UUID, on: date) -> Family:
    """Gather the household and relations of a person, for the genogram and its table.

    The members of each household, the people related to this person, and children, partners and
    parents of those. The household drawn is the one where this person lives. Restricted records
    are placeholders without ties. Whether `by` may read the person itself is the caller's question.

    :param on: the London day
    """
    records = records_of(person_ids=[person_id])
    subject_id = records.get(person_id, person_id)
    own = list(
        HouseholdMembership.objects.filter(is_live(on=on), person__in=records)
        .select_related("household", "household__address")
        .order_by("recorded_at", "pk")
    )
    memberships = list(
        HouseholdMembership.objects.filter(
            is_live(on=on), household__in={member.household_id for member in own}
        )
        .select_related("person", "person__canonical", "household", "household__address")
        .order_by("recorded_at", "pk")
    )
    people: dict[UUID, Person] = {}
    for member in memberships:
        _keep(people, member.person)
    if subject_id not in people:
        people[subject_id] = Person.objects.get(pk=subject_id)
    inside = set(people)
    linked = records_of(person_ids=people)
    rows = list(_relations(linked, on=on))
    for row in rows:
        ends = set(_ends(row))
        if subject_id in ends or (row.kind in PARENTS | COUPLES and ends & inside):
            _keep(people, row.person)
            _keep(people, row.other)
    further = set(people) - inside
    if further:
        parents = {
            _ends(row)[0] for row in rows if row.kind in PARENTS and _ends(row)[1] == subject_id
        }
        more = list(_relations(records_of(person_ids=further), on=on))
        for row in more:
            if row.kind in PARENTS and _ends(row)[0] in parents:
                _keep(people, row.other)
        rows += [row for row in more if set(_ends(row)) <= set(people)]
    closed: dict[UUID, Whom] = {}
    everybody = records_of(person_ids=people)
    for record_id, ring in closed_to(by=by, person_ids=everybody).items():
        closed.setdefault(everybody[record_id], ring)
    ties = tuple(
        dict.fromkeys(
            Tie(*_ends(row), _kind(row, on=on))
            for row in rows
            if set(_ends(row)) <= set(people) and not set(_ends(row)) & set(closed)
        )
    )
    relations = Relations(
        (Kin(pk, each.name, each.sex) for pk, each in people.items() if pk not in closed), ties
    )
    home = home_of(own)
    members = []
    for pk, person in people.items():
        if pk in closed:
            members.append(
                FamilyMember(
                    person_id=pk,
                    person=None,
                    name=f"Restricted record, ring {closed[pk].name}",
                    ring=closed[pk],
                    lives_here=_is_here(memberships, pk, home),
                    lives="",
                )
            )
            continue
        members.append(
            _family_member(
                person,
                subject_id=subject_id,
                relations=relations,
                memberships=[
                    member
                    for member in memberships
                    if (member.person.canonical_id or member.person_id) == pk
                ],
                home=home,
                on=on,
            )
        )
    return Family(
        subject_id=subject_id,
        on=on,
        household_id=home.household_id if home else None,
        household=household_label(home) if home else "",
        members=tuple(sorted(members, key=_family_order)),
        ties=ties,
        memberships=tuple(
            member
            for member in memberships
            if (member.person.canonical_id or member.person_id) not in closed
        ),
    )


def _keep(people: dict[UUID, Person], person: Person) -> None:
    head = person.canonical or person
    people.setdefault(head.pk, head)


def _relations(person_ids: Iterable[UUID], *, on: date) -> QuerySet[Relationship]:
    """Ties that hold on a day, and partnerships that ended, which still are drawn."""
    ids = list(person_ids)
    return (
        Relationship.objects.filter(Q(person__in=ids) | Q(other__in=ids), is_wrong=False)
        .filter(is_live(on=on) | Q(kind=RelationshipKind.PARTNER, to_on__lte=on))
        .select_related("person", "person__canonical", "other", "other__canonical")
        .order_by("recorded_at", "pk")
    )


def _ends(row: Relationship) -> tuple[UUID, UUID]:
    return (
        row.person.canonical_id or row.person_id,
        row.other.canonical_id or row.other_id,
    )


def _kind(row: Relationship, *, on: date) -> str:
    is_over = row.to_on is not None and row.to_on <= on
    return RelationshipKind.EX_PARTNER if is_over else RelationshipKind(row.kind)


LIVES: Final = (
    HouseholdRole.RESIDENT_CHILD,
    HouseholdRole.UNBORN,
    HouseholdRole.ADULT_CARER,
    HouseholdRole.OTHER_ADULT,
    HouseholdRole.PART_TIME_CHILD,
)


def home_of(own: Sequence[HouseholdMembership]) -> HouseholdMembership | None:
    """Give the membership of the household a person lives in, rather than visits."""
    order = [str(role) for role in LIVES]
    return min(
        own,
        key=lambda member: order.index(member.role) if member.role in order else len(order),
        default=None,
    )


def _is_here(
    memberships: Iterable[HouseholdMembership], pk: UUID, home: HouseholdMembership | None
) -> bool:
    return home is not None and any(
        member.household_id == home.household_id
        and (member.person.canonical_id or member.person_id) == pk
        and member.role in LIVES
        for member in memberships
    )


def _family_member(
    person: Person,
    *,
    subject_id: UUID,
    relations: Relations,
    memberships: Sequence[HouseholdMembership],
    home: HouseholdMembership | None,
    on: date,
) -> FamilyMember:
    here = next(
        (m for m in memberships if home is not None and m.household_id == home.household_id), None
    )
    lives_here = here is not None and here.role in LIVES
    is_subject = person.pk == subject_id
    return FamilyMember(
        person_id=person.pk,
        person=person,
        name=person.name,
        age=age(person, on=on),
        relation="" if is_subject else relations.words(person.pk, to=subject_id),
        lives_here=lives_here,
        lives=_lives(here, memberships, person),
        since_on=here.from_on if here is not None and lives_here else None,
        is_subject=is_subject,
        is_child=counts_as_child(person, on=on),
    )


def _lives(
    here: HouseholdMembership | None, memberships: Sequence[HouseholdMembership], person: Person
) -> str:
    if person.died_on is not None:
        return f"Died {words.date_words(person.died_on, weekday=False)}"
    if here is None:
        other = next((m for m in memberships if m.role in LIVES), None)
        label = household_label(other) if other else ""
        return f"No; {label}" if label else "No"
    note = f"; {here.note}" if here.note else ""
    since = f"since {words.date_words(here.from_on, weekday=False)}" if here.from_on else ""
    if here.role == HouseholdRole.FREQUENT_VISITOR:
        return f"No{note}" if note else "No; visits regularly"
    if here.role == HouseholdRole.PART_TIME_CHILD:
        return ", ".join(part for part in ("Some nights", since) if part) + note
    return (f"S{since[1:]}" if since else "Yes") + note


def _family_order(member: FamilyMember) -> tuple[bool, bool, bool, date, str]:
    """The subject, then the household, children first, the oldest first."""
    person = member.person
    born = (person.date_of_birth or person.expected_on) if person else None
    return (
        not member.is_subject,
        not member.lives_here,
        not member.is_child,
        born or date.max,
        str(member.person_id),
    )
