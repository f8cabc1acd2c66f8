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
    """Give every record of these persons, linked ones too, with the one it is read under.

    One query, and a second where one of them is read under another record.
    """
    asked = set(person_ids)
    found = _records_under(asked)
    heads = {head for head in found.values() if head is not None} - asked
    if heads:
        found |= _records_under(heads)
    return {pk: head or pk for pk, head in found.items()}


def _records_under(ids: set[UUID]) -> dict[UUID, UUID | None]:
    under = Person.objects.filter(Q(pk__in=ids) | Q(canonical__in=ids))
    return dict(under.values_list("pk", "canonical_id"))


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


def closed_persons(*, by: User | None, heads: Iterable[UUID]) -> dict[UUID, Whom]:
    """Give those of whom `by` may not read one of the records, with whom to ring; one query.

    :param heads: the records under which they are read
    """
    if by is None or READS_EVERY_RESTRICTED_RECORD & roles_of(by, application_clock.now()):
        return {}
    ids = set(heads)
    rows = (
        restrictions_closed_to(by)
        .filter(Q(person__in=ids) | Q(person__canonical__in=ids))
        .order_by("person_id")
        .values_list(
            "person_id",
            "person__canonical_id",
            "owner_id",
            "owner__full_name",
            "owner__job_title",
            "owner__phone",
        )
    )
    closed: dict[UUID, Whom] = {}
    for person_id, head_id, user_id, name, job_title, phone in rows:
        closed.setdefault(head_id or person_id, Whom(user_id, name, job_title, phone))
    return closed


def whom(user: User) -> Whom:
    """Say whom to ring."""
    return Whom(user.pk, user.full_name, user.job_title, user.phone)
