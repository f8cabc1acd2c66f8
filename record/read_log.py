"""Who looked at whom, written before the page is sent; what cannot be written is not shown.

The row is committed on its own, apart from any transaction of the request (decisions.md 81). A
page, print, export, document or API object of a child is one row per child; a list or a search is
one row with the ids that were shown. Counts write nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error as DatabaseError
from django.db import connection, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import Permission, holds, require, roles_of
from lib import application_clock
from lib import text as texts
from record.models import ReadKind, ReadLogEntry

LONGEST_FILTER = 200
SHOWN_BEFORE = timedelta(hours=12)
PER_CHILD: Final = frozenset(
    {ReadKind.PAGE, ReadKind.PRINT, ReadKind.EXPORT, ReadKind.DOCUMENT, ReadKind.API}
)

SQL: Final = (
    "INSERT INTO record_readlogentry (id, recorded_at, kind, user_id, role, child_id,"
    " subject_kind, subject_id, place, person_ids, filters, break_glass_id, request_id)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::uuid[], %s,"
    " (SELECT id FROM record_breakglass WHERE user_id = %s AND person_id = ANY(%s::uuid[])"
    " AND opened_at <= %s AND expires_at > %s ORDER BY opened_at DESC LIMIT 1), %s)"
)
"""The emergency opening that lets somebody see whom they see is found by the same statement."""


class CannotRecord(Exception):
    """The reading could not be written, so nothing may be shown."""


def record(
    *,
    user: User,
    kind: ReadKind | str,
    place: str,
    children: Iterable[UUID] = (),
    person_ids: Iterable[UUID] = (),
    filters: Mapping[str, Any] | None = None,
    subject_kind: str = "",
    subject_id: UUID | None = None,
) -> int:
    """Write who sees whom now, and commit it; say how many rows that were.

    :param children: the children shown; a row for each, for a page and its like
    :param person_ids: everybody shown by a list or a search, in its one row
    :param filters: what a list or a search was asked for, in codes
    :raises CannotRecord: it could not be written
    """
    kind = ReadKind(kind)
    child_ids = list(dict.fromkeys(children))
    if kind in PER_CHILD:
        if not child_ids and subject_id is None:
            return 0
        # Something that is about nobody yet, such as a message not sorted, is still a reading.
        targets: list[UUID | None] = list(child_ids) or [None]
        listed: list[UUID] = []
    else:
        targets = [None]
        listed = list(dict.fromkeys([*person_ids, *child_ids]))
    now = application_clock.now()
    role = next((str(each) for each in Role if each in roles_of(user, now)), "")
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    may_open = holds(user, Permission.RESTRICTED_BREAK_GLASS)
    said = json.dumps(_without_unseen(dict(filters or {})), cls=DjangoJSONEncoder)
    rows = [
        [
            uuid.uuid4(),
            now,
            str(kind),
            user.pk,
            role,
            child_id,
            subject_kind,
            subject_id,
            place[:80],
            [str(each) for each in listed],
            said,
            user.pk,
            _seen(child_id, listed) if may_open else [],
            now,
            now,
            request_id,
        ]
        for child_id in targets
    ]
    try:
        _write(rows)
    except DatabaseError as error:
        raise CannotRecord(type(error).__name__) from error
    return len(rows)


def _without_unseen(said: Any) -> Any:
    """Give filters as they can be kept: an address may carry a NUL, which no table takes."""
    if isinstance(said, str):
        return texts.cleaned(said, keep_lines=False)[:LONGEST_FILTER]
    if isinstance(said, Mapping):
        return {name: _without_unseen(value) for name, value in said.items()}
    if isinstance(said, list | tuple | set | frozenset):
        return [_without_unseen(value) for value in said]
    return said


def _seen(child_id: UUID | None, listed: list[UUID]) -> list[str]:
    """The ids of whom one row is about."""
    return [str(each) for each in ([child_id] if child_id else listed)]


def _write(rows: list[list[Any]]) -> None:
    if not _in_transaction():
        with connection.cursor() as cursor:
            _insert(cursor, rows)
        return
    apart = connections.create_connection("default")
    try:
        with apart.cursor() as cursor:
            _insert(cursor, rows)
    finally:
        apart.close()


def _insert(cursor: CursorWrapper, rows: list[list[Any]]) -> None:
    """Write all rows by one statement, so that all of them are committed or none."""
    values = SQL[SQL.index("(%s") :]
    statement = SQL.replace(values, ", ".join([values] * len(rows)))
    cursor.execute(statement, [value for row in rows for value in row])


def _in_transaction() -> bool:
    """Say whether the request holds a transaction open; what a test wraps round it is none."""
    blocks = connection.atomic_blocks
    return bool(blocks) and not getattr(blocks[0], "_from_testcase", False)


def shown(
    request: HttpRequest,
    *,
    place: str,
    children: Iterable[UUID] = (),
    kind: ReadKind | str = ReadKind.PAGE,
    person_ids: Iterable[UUID] = (),
    filters: Mapping[str, Any] | None = None,
    subject_kind: str = "",
    subject_id: UUID | None = None,
) -> int:
    """Write what this request is about to show; call it before rendering.

    A refresh in the background (`X-Background`) writes only whom this person was not shown
    there before. `?print` makes a page a print.

    :raises CannotRecord: it could not be written; the middleware answers 503
    """
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied("Sign in to see this.")
    child_ids = list(dict.fromkeys(children))
    listed = list(dict.fromkeys(person_ids))
    if ReadKind(kind) == ReadKind.PAGE and "print" in request.GET:
        kind = ReadKind.PRINT
    if request.headers.get("X-Background"):
        before = _shown_before(user, place)
        child_ids = [each for each in child_ids if each not in before]
        listed = [each for each in listed if each not in before]
        if not child_ids and not listed:
            return 0
    return record(
        user=user,
        kind=kind,
        place=place,
        children=child_ids,
        person_ids=listed,
        filters=filters,
        subject_kind=subject_kind,
        subject_id=subject_id,
    )


def _shown_before(user: User, place: str) -> set[UUID]:
    now = application_clock.now()
    rows = ReadLogEntry.objects.filter(
        user=user, place=place[:80], recorded_at__gt=now - SHOWN_BEFORE, recorded_at__lte=now
    ).values_list("child_id", "person_ids")
    found: set[UUID] = set()
    for child_id, person_ids in rows:
        found.update(person_ids)
        if child_id is not None:
            found.add(child_id)
    return found


# Reading the log


MaySeeReaders = Callable[[User, UUID], bool]
_may_see_readers: list[MaySeeReaders] = []


def let_see_readers(predicate: MaySeeReaders) -> None:
    """Register who, besides readers of the access log, may see who looked at a child.

    `cases` says that of the worker the child is allocated to (decisions.md 80).
    """
    if predicate not in _may_see_readers:
        _may_see_readers.append(predicate)


def may_see_who_looked(*, by: User, child_id: UUID) -> bool:
    """Say whether somebody may see who looked at a child's record."""
    if holds(by, Permission.ACCESS_LOG_READ):
        return True
    return any(predicate(by, child_id) for predicate in _may_see_readers)


@dataclass(frozen=True)
class Look:
    """One look at a record, ready to show."""

    at: datetime
    user_name: str
    job_title: str
    role: str
    kind: str
    place: str
    child_id: UUID | None
    subject_kind: str
    number_shown: int
    is_emergency: bool

    @property
    def who(self) -> str:
        """Name and job, as one phrase."""
        return ", ".join(part for part in (self.user_name, self.job_title or self.role) if part)


def who_looked(
    *,
    by: User,
    child_id: UUID,
    also: Iterable[UUID] = (),
    before: datetime | None = None,
    limit: int = 100,
) -> list[Look]:
    """List who looked at a child's record, the latest first; one query.

    :param also: records linked with it, that are the same person
    :raises PermissionDenied: `by` may not see who looked
    """
    if not may_see_who_looked(by=by, child_id=child_id):
        raise PermissionDenied("You may not see who looked at this record.")
    rows = _rows().filter(child_id__in=[child_id, *also])
    if before is not None:
        rows = rows.filter(recorded_at__lt=before)
    return [look(row) for row in rows[:limit]]


def entries(
    *,
    by: User,
    user_id: UUID | None = None,
    child_id: UUID | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
) -> QuerySet[ReadLogEntry]:
    """Give the access log, the latest first, both dates included.

    A child is found by their own rows and by the lists and searches that showed them.

    :raises PermissionDenied: `by` may not read the access log
    """
    require(by, Permission.ACCESS_LOG_READ)
    rows = _rows()
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    if child_id is not None:
        rows = rows.filter(Q(child_id=child_id) | Q(child_id=None, person_ids__contains=[child_id]))
    if from_on is not None:
        rows = rows.filter(recorded_at__gte=_midnight(from_on))
    if to_on is not None:
        rows = rows.filter(recorded_at__lt=_midnight(to_on + timedelta(days=1)))
    return rows


def look(row: ReadLogEntry) -> Look:
    """Put a row into words; its user must be joined."""
    return Look(
        at=row.recorded_at,
        user_name=row.user.full_name,
        job_title=row.user.job_title,
        role=str(Role(row.role).label) if row.role in Role.values else row.role,
        kind=str(ReadKind(row.kind).label),
        place=row.place,
        child_id=row.child_id,
        subject_kind=row.subject_kind,
        number_shown=len(row.person_ids),
        is_emergency=row.break_glass_id is not None,
    )


def _rows() -> QuerySet[ReadLogEntry]:
    return ReadLogEntry.objects.select_related("user").order_by("-recorded_at", "-id")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=application_clock.LONDON)
