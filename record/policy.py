"""Local limits: the default in code, changes in the database, each made by two people.

An app registers its limits in `AppConfig.ready`. A change is proposed by one person, approved by
another, holds from a date, and never reaches back (decisions.md 15, 85).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from accounts.permissions import Permission, require
from lib import application_clock
from lib.working_days import london_date
from record import events
from record.errors import Clash, Refused
from record.kept import Kept
from record.models import PolicyChange


class ValueNotAllowed(Refused):
    """The limit cannot have this value."""


class AlreadyProposed(Refused):
    """A change of this limit waits for its answer."""


class SamePerson(Refused):
    """Whoever proposed a change cannot answer it."""


class AlreadyAnswered(Clash):
    """Somebody else has answered the proposal."""


class UnknownLimit(LookupError):
    """No app registered a limit of this key."""


@dataclass(frozen=True)
class Limit:
    """One limit that the authority may set.

    A statutory limit can be made stricter, never looser: without a maximum of its own its
    default is the maximum.
    """

    key: str
    words: str
    type: type
    default: Any
    unit: str = ""
    is_statutory: bool = False
    minimum: int | None = None
    maximum: int | None = None
    source: str = ""

    def checked(self, value: Any) -> Any:
        """Give the value as it is stored.

        :raises ValueNotAllowed: of the wrong type, or outside what is allowed
        """
        if self.type is bool:
            if not isinstance(value, bool):
                raise ValueNotAllowed("Select yes or no.", field="value")
            return value
        if self.type is int:
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueNotAllowed("Enter a whole number.", field="value")
            lowest = 0 if self.minimum is None else self.minimum
            if value < lowest:
                raise ValueNotAllowed(f"Enter {lowest} or more.", field="value")
            highest = self.highest
            if highest is not None and value > highest:
                why = f" {self.source} allows no longer." if self.is_statutory else ""
                raise ValueNotAllowed(f"Enter {highest} or less.{why}", field="value")
            return value
        if self.type is list:
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise ValueNotAllowed("Enter one item on each line.", field="value")
            return [each.strip() for each in value if each.strip()]
        if not isinstance(value, self.type):
            raise ValueNotAllowed("Enter a value of the right kind.", field="value")
        return value

    @property
    def highest(self) -> int | None:
        """The greatest value allowed, if there is one."""
        if self.maximum is None and self.is_statutory and self.type is int:
            return int(self.default)
        return self.maximum

    def shown(self, value: Any) -> str:
        """Put a value into words, with its unit."""
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(value, list):
            return ", ".join(str(each) for each in value) or "None"
        if value == 1 and self.unit.endswith("s"):
            return f"{value} {self.unit[:-1]}"
        return f"{value} {self.unit}".strip()


@dataclass(frozen=True)
class Approved:
    """An approved change, as far as `value` needs it."""

    from_on: date
    answered_at: datetime
    value: Any


_limits: dict[str, Limit] = {}


def register(*limits: Limit) -> None:
    """Let these limits be asked for and changed; the same key twice must mean the same."""
    for limit in limits:
        if _limits.get(limit.key, limit) != limit:
            raise ValueError(f"The limit {limit.key} is registered already, otherwise.")
        limit.checked(limit.default)
        _limits[limit.key] = limit


def limits() -> list[Limit]:
    """Every registered limit, in alphabetical order of key."""
    return sorted(_limits.values(), key=lambda limit: limit.key)


def limit(key: str) -> Limit:
    """Give the limit of that key.

    :raises UnknownLimit: nobody registered it
    """
    try:
        return _limits[key]
    except KeyError:
        raise UnknownLimit(f"The limit {key} is not registered.") from None


def _read() -> dict[str, list[Approved]]:
    found: dict[str, list[Approved]] = {}
    changes = PolicyChange.objects.filter(state=PolicyChange.State.APPROVED)
    for change in changes.order_by("-from_on", "-answered_at", "-pk"):
        if change.answered_at is not None:
            found.setdefault(change.key, []).append(
                Approved(change.from_on, change.answered_at, change.value)
            )
    return found


_kept: Kept[dict[str, list[Approved]]] = Kept("policy", _read)


def read() -> None:
    """Read the approved changes now, so that `value` asks nothing later."""
    _kept.get()


def forget() -> None:
    """Read the changes again when next asked."""
    _kept.forget()


def value(key: str, *, at: datetime) -> Any:
    """Give the limit that was in force at a moment; no query.

    A change holds from the start of its date, and never before it was approved.

    :raises UnknownLimit: nobody registered the key
    """
    known = limit(key)
    day = london_date(at)
    for change in _kept.get().get(key, ()):
        if change.from_on <= day and change.answered_at <= at:
            return change.value
    return known.default


@transaction.atomic
def propose_change(
    *, by: User, at: datetime, key: str, value: Any, from_on: date, reason: str
) -> PolicyChange:
    """Propose another value for a local limit, from a day on.

    :raises PermissionDenied: `by` may not propose changes
    :raises UnknownLimit: there is no such limit
    :raises ValueNotAllowed: outside what is allowed, or no change, or from a day that is past
    :raises AlreadyProposed: a change of this limit waits for its answer
    """
    authority = require(by, Permission.POLICY_PROPOSE, at=at)
    known = limit(key)
    checked = known.checked(value)
    if not reason.strip():
        raise ValueNotAllowed("Enter why the limit should change.", field="reason")
    if from_on < application_clock.today():
        raise ValueNotAllowed("A limit changes from today or a later day.", field="from_on")
    if checked == globals()["value"](key, at=at):
        raise ValueNotAllowed("This is the value now. Enter another.", field="value")
    try:
        with transaction.atomic():
            change = PolicyChange.objects.create(
                key=key,
                value=checked,
                from_on=from_on,
                reason=reason.strip(),
                proposed_by=by,
                proposed_at=at,
            )
    except IntegrityError as error:
        waiting = _changes().filter(key=key, state=PolicyChange.State.PROPOSED).first()
        if waiting is None:
            raise
        raise AlreadyProposed(
            f"{waiting.proposed_by} has proposed a change of this limit. It must be answered first."
        ) from error
    events.append(
        "record.limit_proposed",
        authority=authority,
        at=at,
        subject_kind="policy_change",
        subject_id=change.pk,
        data={"key": key},
    )
    return change


@transaction.atomic
def approve(*, change_id: UUID, by: User, at: datetime, reason: str = "") -> PolicyChange:
    """Let a proposed change hold, from its date or from now, whichever is later.

    :raises PermissionDenied: `by` may not approve changes
    :raises SamePerson: `by` proposed it
    :raises AlreadyAnswered: somebody answered it
    :raises ValueNotAllowed: the limit no longer allows the value
    """
    change = _answer(change_id, by=by, at=at, reason=reason, state=PolicyChange.State.APPROVED)
    limit(change.key).checked(change.value)
    _kept.changed()
    return change


@transaction.atomic
def refuse(*, change_id: UUID, by: User, at: datetime, reason: str) -> PolicyChange:
    """Turn a proposed change down, with the reason.

    :raises PermissionDenied: `by` may not approve changes
    :raises SamePerson: `by` proposed it
    :raises AlreadyAnswered: somebody answered it
    :raises ValueNotAllowed: no reason is given
    """
    if not reason.strip():
        raise ValueNotAllowed("Enter why the change is refused.", field="reason")
    return _answer(change_id, by=by, at=at, reason=reason, state=PolicyChange.State.REFUSED)


def _answer(
    change_id: UUID, *, by: User, at: datetime, reason: str, state: PolicyChange.State
) -> PolicyChange:
    authority = require(by, Permission.POLICY_APPROVE, at=at)
    # Without a join: what is joined is not read again after waiting for the lock.
    change = PolicyChange.objects.select_for_update().get(pk=change_id)
    if change.state != PolicyChange.State.PROPOSED:
        who = str(change.answered_by)
        raise AlreadyAnswered(
            f"{who} has answered this: {change.get_state_display().lower()}.",
            by_name=who,
            at=change.answered_at,
        )
    if change.proposed_by_id == by.pk:
        raise SamePerson("You proposed this change, so somebody else must answer it.")
    change.state = state
    change.answered_by = by
    change.answered_at = at
    change.answer_reason = reason.strip()
    change.save(update_fields=["state", "answered_by", "answered_at", "answer_reason"])
    events.append(
        f"record.limit_{state}",
        authority=authority,
        at=at,
        subject_kind="policy_change",
        subject_id=change.pk,
        data={"key": change.key},
    )
    return change


@dataclass(frozen=True)
class LimitLine:
    """One limit on the page of limits."""

    limit: Limit
    value: str
    default: str
    is_changed: bool
    waiting: PolicyChange | None
    coming: PolicyChange | None


def lines(*, by: User, at: datetime) -> list[LimitLine]:
    """List every limit with the value now, and what is proposed or to come.

    :raises PermissionDenied: `by` may not read local limits
    """
    require(by, Permission.POLICY_READ)
    waiting: dict[str, PolicyChange] = {}
    coming: dict[str, PolicyChange] = {}
    day = london_date(at)
    for change in _changes().order_by("-from_on", "-pk"):
        if change.state == PolicyChange.State.PROPOSED:
            waiting[change.key] = change
        elif change.state == PolicyChange.State.APPROVED and change.from_on > day:
            coming[change.key] = change
    found = []
    for known in limits():
        current = value(known.key, at=at)
        found.append(
            LimitLine(
                limit=known,
                value=known.shown(current),
                default=known.shown(known.default),
                is_changed=current != known.default,
                waiting=waiting.get(known.key),
                coming=coming.get(known.key),
            )
        )
    return found


def history(*, by: User, key: str) -> list[tuple[PolicyChange, str]]:
    """List every change ever proposed of a limit with its value in words, newest first.

    :raises PermissionDenied: `by` may not read local limits
    """
    require(by, Permission.POLICY_READ)
    known = limit(key)
    changes = _changes().filter(key=key).order_by("-proposed_at", "-pk")
    return [(change, known.shown(change.value)) for change in changes]


def _changes() -> QuerySet[PolicyChange]:
    return PolicyChange.objects.select_related("proposed_by", "answered_by")
