"""Under which record a person is read, and whose records somebody may not read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from accounts.permissions import Permission, holds, roles_of
from lib import application_clock
from lib.prepared import Prepared
from people.choices import AddressKind
from people.models import (
    READS_EVERY_RESTRICTED_RECORD,
    KeepsOut,
    Person,
    PersonAddress,
    Restriction,
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


_RECORDS_UNDER = Prepared(
    lambda ids: Person.objects.filter(Q(pk__in=ids) | Q(canonical__in=ids)).values_list(
        "pk", "canonical_id"
    ),
    ids=list[UUID],
)


def _records_under(ids: set[UUID]) -> dict[UUID, UUID | None]:
    return dict(_RECORDS_UNDER(ids=list(ids))) if ids else {}


_RING = ("owner_id", "owner__full_name", "owner__job_title", "owner__phone")
_CLOSED: Prepared[tuple[Any, ...]] = Prepared(
    lambda ids, user_id, now: (
        Restriction.objects.filter(KeepsOut("pk", user_id=user_id, now=now), person__in=ids)
        .order_by("person_id")
        .values_list("person_id", *_RING)
    ),
    ids=list[UUID],
    user_id=UUID,
    now=datetime,
)
_CLOSED_PERSONS: Prepared[tuple[Any, ...]] = Prepared(
    lambda ids, user_id, now: (
        Restriction.objects.filter(
            KeepsOut("pk", user_id=user_id, now=now),
            Q(person__in=ids) | Q(person__canonical__in=ids),
        )
        .order_by("person_id")
        .values_list("person_id", "person__canonical_id", *_RING)
    ),
    ids=list[UUID],
    user_id=UUID,
    now=datetime,
)


def closed_to(*, by: User | None, person_ids: Iterable[UUID]) -> dict[UUID, Whom]:
    """Give the records among these that `by` may not read, with whom to ring; one query."""
    if by is None or READS_EVERY_RESTRICTED_RECORD & roles_of(by, application_clock.now()):
        return {}
    ids = list(set(person_ids))
    rows = _CLOSED(ids=ids, user_id=by.pk, now=application_clock.now()) if ids else ()
    return {person_id: Whom(*ring) for person_id, *ring in rows}


def readable(*, by: User, person_ids: Iterable[UUID]) -> set[UUID]:
    """Give the records among these that `by` may read; a query at most."""
    if not holds(by, Permission.PERSON_READ):
        return set()
    ids = set(person_ids)
    return ids - closed_to(by=by, person_ids=ids).keys()


def closed_persons(*, by: User | None, heads: Iterable[UUID]) -> dict[UUID, Whom]:
    """Give those of whom `by` may not read one of the records, with whom to ring; one query.

    :param heads: the records under which they are read
    """
    if by is None or READS_EVERY_RESTRICTED_RECORD & roles_of(by, application_clock.now()):
        return {}
    ids = list(set(heads))
    rows = _CLOSED_PERSONS(ids=ids, user_id=by.pk, now=application_clock.now()) if ids else ()
    closed: dict[UUID, Whom] = {}
    for person_id, head_id, *ring in rows:
        closed.setdefault(head_id or person_id, Whom(*ring))
    return closed


def whom(user: User) -> Whom:
    """Say whom to ring."""
    return Whom(user.pk, user.full_name, user.job_title, user.phone)


def homes_of(*, person_ids: Iterable[UUID]) -> dict[UUID, list[PersonAddress]]:
    """Give where these persons live now, under whichever of their records; two queries."""
    heads = records_of(person_ids=person_ids)
    found: dict[UUID, list[PersonAddress]] = {}
    for stay in (
        PersonAddress.objects.filter(
            person__in=heads, kind=AddressKind.HOME, to_on__isnull=True, is_wrong=False
        )
        .select_related("address")
        .order_by("recorded_at", "pk")
    ):
        found.setdefault(heads[stay.person_id], []).append(stay)
    return {
        person_id: found[heads[person_id]]
        for person_id in person_ids
        if heads.get(person_id) in found
    }
