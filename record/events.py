"""The timeline: what happened to whom, written once and never changed.

Each app registers the codes it writes in `AppConfig.ready`, with the words of the line and the
permission that lets somebody read it. A row holds ids and codes; names are looked up when read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from django.db.models import Count, Q

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import Authority, Permission, holds
from lib import application_clock, parameters
from lib.prepared import Insert
from record.errors import Refused
from record.models import Event

KINDS: Final = {
    "decision": "Decisions",
    "change": "Changes",
    "information": "Information",
    "seen": "Child seen",
    "agency": "Agencies",
}
MOST_LINES = 500


class InTheFuture(Refused):
    """What has not happened yet cannot be recorded."""


class UnknownCode(LookupError):
    """An event was written under a code that no app registered."""


@dataclass(frozen=True)
class EventCode:
    """One kind of line on a timeline.

    `words` may name keys of the row's data in braces. A key that `labels` knows is put into
    words; a key ending in `user_id` can be named without that ending, `{to_user}`, and shows
    the name of that person.
    """

    code: str
    words: str
    kind: str
    permission: Permission
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse a kind that no filter offers."""
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} is not a kind of event: {', '.join(KINDS)}.")


_codes: dict[str, EventCode] = {}


def register(*codes: EventCode) -> None:
    """Let these codes be written; the same code twice must mean the same."""
    for code in codes:
        if _codes.get(code.code, code) != code:
            raise ValueError(f"The event code {code.code} is registered already, otherwise.")
        _codes[code.code] = code


def codes() -> list[EventCode]:
    """Every registered code, in alphabetical order."""
    return sorted(_codes.values(), key=lambda code: code.code)


_insert = Insert(Event)
_waiting: ContextVar[list[Event] | None] = ContextVar("events_to_write", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Write the lines of everything done inside at once, at its end.

    Use it inside the transaction of an action that takes several steps. What a step wrote before
    it failed is not written, so a step may fail and the rest go on.
    """
    lines: list[Event] = []
    token = _waiting.set(lines)
    try:
        yield
    finally:
        _waiting.reset(token)
    _write(lines)


def _write(lines: list[Event]) -> None:
    waiting = _waiting.get()
    if waiting is None:
        _insert(lines)
    else:
        waiting += lines


def append(
    code: str,
    *,
    authority: Authority | None,
    at: datetime,
    subject_kind: str,
    subject_id: UUID,
    children: Iterable[UUID] = (),
    data: Mapping[str, Any] | None = None,
    occurrence_id: UUID | None = None,
) -> UUID:
    """Write one line for each child, or one without a child; give the id they share.

    :param authority: in what right somebody did it; None when the system did
    :param at: when it happened; never later than now
    :param data: ids and codes, no prose
    :raises UnknownCode: nobody registered the code
    :raises InTheFuture: `at` is later than now
    """
    if code not in _codes:
        raise UnknownCode(f"The event code {code} is not registered.")
    recorded_at = application_clock.now()
    if at > recorded_at:
        raise InTheFuture("This time has not come yet. Enter when it happened.", field="at")
    occurrence = occurrence_id or uuid.uuid4()
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    child_ids: list[UUID | None] = list(dict.fromkeys(children))
    _write(
        [
            Event(
                occurrence_id=occurrence,
                code=code,
                at=at,
                recorded_at=recorded_at,
                subject_kind=subject_kind,
                subject_id=subject_id,
                child_id=child_id,
                by_id=authority.user.pk if authority else None,
                acting_for_id=authority.acting_for.pk
                if authority and authority.acting_for
                else None,
                role=str(authority.role) if authority else "",
                data=dict(data or {}),
                request_id=request_id,
            )
            for child_id in child_ids or [None]
        ]
    )
    return occurrence


@dataclass(frozen=True)
class TimelineLine:
    """One thing that happened, ready to show; a family event names all its children once.

    `cursor` continues the timeline after this line.
    """

    occurrence_id: UUID
    code: str
    kind: str
    words: str
    at: datetime
    recorded_at: datetime
    by_name: str
    role: str
    acting_for: str
    subject_kind: str
    subject_id: UUID
    child_ids: tuple[UUID, ...]
    data: Mapping[str, Any]

    @property
    def cursor(self) -> str:
        return f"{self.at.isoformat()}|{self.recorded_at.isoformat()}|{self.occurrence_id}"

    @property
    def who(self) -> str:
        """Who did it and in what right, as one phrase."""
        if not self.by_name:
            return "The system"
        right = ", ".join(part for part in (self.role, self._deputy) if part)
        return f"{self.by_name}, {right}" if right else self.by_name

    @property
    def _deputy(self) -> str:
        return f"as deputy for {self.acting_for}" if self.acting_for else ""


def timeline(
    *,
    by: User,
    child_id: UUID | None = None,
    child_ids: Iterable[UUID] | None = None,
    subject_id: UUID | None = None,
    kinds: Iterable[str] | None = None,
    before: datetime | str | None = None,
    limit: int = 50,
) -> list[TimelineLine]:
    """Give the lines `by` may read, newest first; two queries however many lines.

    Whether `by` may see the children at all is the caller's question.

    :param child_ids: several records, as of a family or of one person with linked records
    :param before: lines older than this moment, or after a line's `cursor`
    """
    rows = _readable(by=by, kinds=kinds)
    if rows is None:
        return []
    wanted = _children(child_id, child_ids)
    query = Event.objects.filter(rows)
    if wanted is not None:
        query = query.filter(child_id__in=wanted)
    if subject_id is not None:
        query = query.filter(subject_id=subject_id)
    if before is not None:
        query = query.filter(_older(before))
    several = max(len(wanted), 1) if wanted is not None else 12
    found = list(
        query.order_by("-at", "-recorded_at", "-occurrence_id", "child_id")[
            : min(limit * several, MOST_LINES * several)
        ]
    )
    groups: dict[UUID, list[Event]] = {}
    for event in found:
        groups.setdefault(event.occurrence_id, []).append(event)
    chosen = list(groups.values())[:limit]
    names = _names(group[0] for group in chosen)
    return [_line(group, names) for group in chosen]


def counts(
    *,
    by: User,
    child_id: UUID | None = None,
    child_ids: Iterable[UUID] | None = None,
    subject_id: UUID | None = None,
) -> dict[str, int]:
    """Count what `timeline` would show of each kind, every kind named; one query."""
    found = dict.fromkeys(KINDS, 0)
    rows = _readable(by=by, kinds=None)
    if rows is None:
        return found
    query = Event.objects.filter(rows)
    wanted = _children(child_id, child_ids)
    if wanted is not None:
        query = query.filter(child_id__in=wanted)
    if subject_id is not None:
        query = query.filter(subject_id=subject_id)
    counted = query.values("code").annotate(number=Count("occurrence_id", distinct=True))
    for row in counted.order_by("code"):
        found[_codes[row["code"]].kind] += row["number"]
    return found


def _readable(*, by: User, kinds: Iterable[str] | None) -> Q | None:
    asked = set(kinds) if kinds is not None else None
    known: dict[Permission, bool] = {}
    readable: list[str] = []
    for code in _codes.values():
        if asked is not None and code.kind not in asked:
            continue
        if code.permission not in known:
            known[code.permission] = holds(by, code.permission)
        if known[code.permission]:
            readable.append(code.code)
    return Q(code__in=sorted(readable)) if readable else None


def _children(child_id: UUID | None, child_ids: Iterable[UUID] | None) -> list[UUID] | None:
    if child_id is None and child_ids is None:
        return None
    wanted = list(child_ids or [])
    if child_id is not None:
        wanted.append(child_id)
    return list(dict.fromkeys(wanted))


def _older(before: datetime | str) -> Q:
    if isinstance(before, datetime):
        return Q(at__lt=before)
    found = parameters.place(before, moments=2)
    if found is None:
        return Q()
    (at, recorded_at), occurrence = found
    return (
        Q(at__lt=at)
        | Q(at=at, recorded_at__lt=recorded_at)
        | Q(at=at, recorded_at=recorded_at, occurrence_id__lt=occurrence)
    )


def _names(events: Iterable[Event]) -> dict[str, str]:
    ids: set[str] = set()
    for event in events:
        ids.update(str(each) for each in (event.by_id, event.acting_for_id) if each)
        ids.update(str(value) for key, value in event.data.items() if key.endswith("user_id"))
    ids.discard("None")
    if not ids:
        return {}
    found = User.objects.filter(pk__in=ids).values_list("pk", "full_name")
    return {str(pk): name for pk, name in found}


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _line(group: Sequence[Event], names: Mapping[str, str]) -> TimelineLine:
    event = group[0]
    code = _codes[event.code]
    said = _Blank()
    for key, value in event.data.items():
        said[key] = code.labels.get(key, {}).get(str(value), str(value))
        if key.endswith("user_id"):
            said[key.removesuffix("_id")] = names.get(str(value), "")
    role = str(Role(event.role).label) if event.role in Role.values else event.role
    return TimelineLine(
        occurrence_id=event.occurrence_id,
        code=event.code,
        kind=code.kind,
        words=code.words.format_map(said),
        at=event.at,
        recorded_at=event.recorded_at,
        by_name=names.get(str(event.by_id), ""),
        role=role,
        acting_for=names.get(str(event.acting_for_id), ""),
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        child_ids=tuple(each.child_id for each in group if each.child_id),
        data=event.data,
    )
