"""Under which record a person is read, and whose records somebody may not read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from accounts.permissions import roles_of
from lib import application_clock
from people.models import (
    READS_EVERY_RESTRICTED_RECORD,
    Person,
    Restriction,
    restrictions_closed_to,
)


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom to ring about a restricted record."""

    user_id: UUID
    name: str
    job_title: str
    phone: str


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
        restrictions_closed_to(by)
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
