"""A family whose children a team holds, for tests of what happens while they are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

from django.db import transaction

from accounts.models import Team, User
from cases import holding
from cases.choices import InvolvementKind, WorkerRole
from cases.models import Allocation
from people.choices import HouseholdRole, Source
from people.models import Household, HouseholdMembership, Person
from tests.factories.people import ChildFactory, HouseholdFactory, PersonFactory

#: When the families of these tests were taken on.
OPENED = datetime(2026, 2, 2, 10, 0, tzinfo=UTC)
BORN = {"Maisie": date(2016, 5, 4), "Jayden": date(2019, 11, 3), "Isla": date(2026, 1, 29)}


@dataclass
class Family:
    """Children in one household, with their mother, held by one team."""

    household: Household
    mother: Person
    children: list[Person]
    team: Team
    worker: User | None

    def __getitem__(self, name: str) -> Person:
        return next(child for child in self.children if child.given_name == name)

    @property
    def ids(self) -> list[object]:
        return [child.pk for child in self.children]


def member(household: Household, person: Person, role: str, **fields: object) -> None:
    HouseholdMembership.objects.create(
        household=household,
        person=person,
        role=role,
        source=Source.WORKER,
        recorded_at=OPENED,
        **fields,
    )


def opened(
    person: Person,
    team: Team,
    *,
    worker: User | None = None,
    kind: InvolvementKind = InvolvementKind.REFERRAL,
    at: datetime = OPENED,
    find_out: str = "How the mornings are",
) -> None:
    """Open a child's case with a team, and give it a worker."""
    holding.start(
        child_id=person.pk, kind=kind, subject_id=uuid4(), at=at, team=team, authority=None
    )
    if worker is not None:
        Allocation.objects.create(
            child=person,
            worker=worker,
            role=WorkerRole.LEAD,
            team=team,
            from_at=at,
            find_out=find_out,
            see_whom="Each child alone" if find_out else "",
            by=team.manager,
            recorded_at=at,
        )


@transaction.atomic
def family(
    manager: User,
    worker: User | None = None,
    *,
    names: Sequence[str] = ("Maisie", "Jayden", "Isla"),
    kind: InvolvementKind = InvolvementKind.REFERRAL,
    at: datetime = OPENED,
) -> Family:
    """Brothers and sisters at home with their mother, each open to the manager's team."""
    team = manager.managed_teams.get()
    household = HouseholdFactory()
    mother = PersonFactory(given_name="Leanne", family_name="Mockford")
    member(household, mother, HouseholdRole.ADULT_CARER)
    children = []
    for name in names:
        child = ChildFactory(
            given_name=name,
            family_name="Mockford",
            date_of_birth=BORN.get(name, date(2018, 9, 1)),
        )
        member(household, child, HouseholdRole.RESIDENT_CHILD)
        opened(child, team, worker=worker, kind=kind, at=at)
        children.append(child)
    return Family(household, mother, children, team, worker)
