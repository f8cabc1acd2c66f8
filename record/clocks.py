"""Limits that run: started by an event, stopped by another, never moved.

Each app names its rules in `timescales.py` and registers them in `AppConfig.ready`. A clock is
computed once, from the calendar and the local policy in force when it started, and stored. It is
replaced, never edited, for the reasons in `BECAUSE` (decisions.md 14 to 18).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from accounts.models import User
from accounts.permissions import Permission, require
from lib import application_clock, words
from lib.prepared import Insert, Prepared
from lib.working_days import (
    LONDON,
    VERY_OVERDUE_WORKING_DAYS,
    Arithmetic,
    Calendar,
    Lateness,
    Unit,
    london_date,
)
from lib.working_days import Limit as Length
from record import policy
from record.calendar import calendar as the_calendar
from record.errors import Refused
from record.models import Clock, ClockStop, ClockUnit

#: Why a clock may be counted again.
BECAUSE: Final = {
    "start_corrected": "its start was corrected",
    "calendar_changed": "a bank holiday was announced",
    "rag_changed": "the rating changed",
    "class_changed": "the class of the change was raised",
    "priority_changed": "the priority changed",
    "paused": "the family asked for a pause",
}
STATUTORY_BECAUSE: Final = frozenset({"start_corrected", "calendar_changed"})
GROUPS: Final = ("very_overdue", "overdue", "due_soon", "later")
WORKING_UNITS: Final = (
    ClockUnit.WORKING_HOURS,
    ClockUnit.SAME_CLOCK_TIME,
    ClockUnit.WORKING_DAYS,
    ClockUnit.NEXT_OPENING,
)


class UnknownRule(LookupError):
    """No app registered a rule of this code."""


class NotRunning(Refused):
    """The clock has stopped, so it cannot be counted again."""


class StatutoryClock(Refused):
    """A statutory clock never pauses and does not follow a rating."""


@dataclass(frozen=True)
class Rule:
    """One limit of the work, with its source.

    `limit` is a number in `unit`, or the key of a local policy. `clock_time` belongs to rules
    that end at a time of the next opening, whose number is not used. A missed limit of the red
    class is very overdue at once. `warn` is when to warn, in the same unit; left out, at three
    quarters of the limit.
    """

    code: str
    words: str
    unit: ClockUnit
    limit: str | int
    source: str
    is_statutory: bool = False
    is_red_class: bool = False
    clock_time: time | None = None
    warn: str | int | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be counted."""
        if (self.unit == ClockUnit.NEXT_OPENING) != (self.clock_time is not None):
            raise ValueError(f"{self.code}: a time of day belongs to a limit at an opening.")


_rules: dict[str, Rule] = {}
_carriers: dict[str, Callable[[Sequence[UUID]], None]] = {}
_backwards: dict[str, Callable[[Sequence[UUID], Calendar], Mapping[UUID, int]]] = {}


def register(*rules: Rule) -> None:
    """Let these rules be started; the same code twice must mean the same."""
    for rule in rules:
        if _rules.get(rule.code, rule) != rule:
            raise ValueError(f"The rule {rule.code} is registered already, otherwise.")
        _rules[rule.code] = rule


def rules() -> list[Rule]:
    """Every registered rule, in alphabetical order."""
    return sorted(_rules.values(), key=lambda rule: rule.code)


def rule(code: str) -> Rule:
    """Give the rule of that code.

    :raises UnknownRule: nobody registered it
    """
    try:
        return _rules[code]
    except KeyError:
        raise UnknownRule(f"The rule {code} is not registered.") from None


def carry(subject_kind: str, function: Callable[[Sequence[UUID]], None]) -> None:
    """Name who copies the next due time onto rows of this kind.

    It is called with the ids of subjects whose clocks were counted again for a reason of the
    calendar, inside the same transaction.
    """
    _carriers[subject_kind] = function


def count_back(
    rule_code: str, function: Callable[[Sequence[UUID], Calendar], Mapping[UUID, int]]
) -> None:
    """Name who says anew how long a limit is that is counted back from a day to come.

    It is called with the subjects whose clocks of this rule run when the calendar changes, and
    gives each one's limit; those it leaves out keep theirs.
    """
    _backwards[rule_code] = function


def counted_back() -> dict[str, str]:
    """Name every rule whose limit is counted back, with the function."""
    return {
        code: f"{each.__module__}.{getattr(each, '__qualname__', each)}"
        for code, each in sorted(_backwards.items())
    }


def carriers() -> dict[str, str]:
    """Name every kind of subject that carries its next due time, with the function."""
    return {
        kind: f"{each.__module__}.{getattr(each, '__qualname__', each)}"
        for kind, each in sorted(_carriers.items())
    }


# Counting


@dataclass(frozen=True)
class Times:
    """The three moments of a clock, all in UTC."""

    warn_at: datetime
    due_at: datetime
    very_late_at: datetime


def length(unit: str, amount: int) -> Length:
    """Give a stored limit as `lib.working_days` counts it."""
    if unit == ClockUnit.NEXT_OPENING:
        hour, minute = divmod(amount, 60)
        return Length(Unit.NEXT_OPENING, at=time(hour, minute))
    return Length(Unit(unit), amount)


def times(
    *,
    started_at: datetime,
    length: Length,
    is_red_class: bool,
    calendar: Calendar,
    warn: Length | None = None,
) -> Times:
    """Count a limit: when to warn, when it is due, when it is very late.

    Very late begins with the London day that is two working days after the due date; for the
    red class, with lateness itself.
    """
    due = calendar.due_at(started_at, length)
    very_late = due
    if not is_red_class:
        day = calendar.add_working_days(london_date(due), VERY_OVERDUE_WORKING_DAYS)
        very_late = datetime.combine(day, time(), LONDON).astimezone(UTC)
    warn_at = calendar.due_at(started_at, warn) if warn else calendar.warn_at(started_at, length)
    return Times(min(warn_at, due), due, very_late)


def _amount(rule: Rule, *, at: datetime, limit: int | None) -> int:
    if rule.clock_time is not None:
        return rule.clock_time.hour * 60 + rule.clock_time.minute
    if limit is not None:
        return limit
    return _number(rule.limit, at=at)


def _number(limit: str | int, *, at: datetime) -> int:
    return int(policy.value(limit, at=at)) if isinstance(limit, str) else limit


def _warn(rule: Rule, *, at: datetime) -> Length | None:
    return None if rule.warn is None else length(rule.unit, _number(rule.warn, at=at))


_insert = Insert(Clock)


def _new(
    rule: Rule,
    *,
    subject_kind: str,
    subject_id: UUID,
    child_id: UUID | None,
    started_at: datetime,
    amount: int,
    by: User | None,
    calendar: Calendar,
    replaces: Clock | None = None,
    because: str = "",
    stopped: dict[str, Any] | None = None,
) -> Clock:
    counted = times(
        started_at=started_at,
        length=length(rule.unit, amount),
        is_red_class=rule.is_red_class,
        calendar=calendar,
        warn=_warn(rule, at=started_at),
    )
    clock = Clock(
        rule=rule.code,
        subject_kind=subject_kind,
        subject_id=subject_id,
        child_id=child_id,
        started_at=started_at,
        unit=rule.unit,
        limit=amount,
        warn_at=counted.warn_at,
        due_at=counted.due_at,
        very_late_at=counted.very_late_at,
        replaces=replaces,
        replaced_because=because,
        recorded_at=application_clock.now(),
        recorded_by=by,
        **(stopped or {}),
    )
    _insert([clock])
    return clock


# Starting and stopping


def start(
    rule_code: str,
    *,
    subject_kind: str,
    subject_id: UUID,
    started_at: datetime,
    by: User | None = None,
    child_id: UUID | None = None,
    limit: int | None = None,
) -> Clock:
    """Start a clock from the real event, which may be past: a clock can be born late.

    :param limit: in the rule's unit, where neither code nor policy knows it
    :raises UnknownRule: nobody registered the rule
    :raises IntegrityError: the same clock runs already
    """
    known = rule(rule_code)
    return _new(
        known,
        subject_kind=subject_kind,
        subject_id=subject_id,
        child_id=child_id,
        started_at=started_at,
        amount=_amount(known, at=started_at, limit=limit),
        by=by,
        calendar=the_calendar(),
    )


def stop(
    rule_code: str,
    *,
    subject_id: UUID,
    at: datetime,
    child_id: UUID | None = None,
    reason: str = "met",
    late_reason: str = "",
) -> Clock | None:
    """Stop the running clock of this rule; give it, or None when none runs.

    :param child_id: the child it was started for; None for a clock without a child
    :param reason: a `ClockStop`, "met" or "not_needed"
    """
    stopped = Clock.objects.raw(
        "UPDATE record_clock SET stopped_at = %s, stop_reason = %s, late_reason = %s"
        " WHERE rule = %s AND subject_id = %s AND child_id IS NOT DISTINCT FROM %s"
        " AND stopped_at IS NULL RETURNING *",
        [at, ClockStop(reason), late_reason, rule_code, subject_id, child_id],
    )
    return next(iter(stopped), None)


def _stop(clock: Clock, *, at: datetime, reason: str, late_reason: str = "") -> None:
    clock.stopped_at = at
    clock.stop_reason = ClockStop(reason)
    clock.late_reason = late_reason
    clock.save(update_fields=["stopped_at", "stop_reason", "late_reason"])


@transaction.atomic
def stop_all(
    *,
    subject_id: UUID,
    at: datetime,
    reason: str = "not_needed",
    except_codes: Iterable[str] = (),
) -> list[Clock]:
    """Stop every running clock of a subject, but for some rules; give those stopped."""
    found = list(
        Clock.objects.select_for_update()
        .filter(subject_id=subject_id, stopped_at=None)
        .exclude(rule__in=list(except_codes))
        .order_by("due_at", "pk")
    )
    for clock in found:
        _stop(clock, at=at, reason=reason)
    return found


@transaction.atomic
def give_late_reason(*, clock_id: UUID, reason: str) -> Clock:
    """Note why a clock was late; the times stay as they are."""
    clock = Clock.objects.select_for_update().get(pk=clock_id)
    clock.late_reason = reason.strip()
    clock.save(update_fields=["late_reason"])
    return clock


@transaction.atomic
def replace(
    rule_code: str,
    *,
    subject_id: UUID,
    started_at: datetime,
    by: User | None,
    because: str,
    child_id: UUID | None = None,
    limit: int | None = None,
    new_rule_code: str | None = None,
) -> Clock:
    """Count a running clock again: the old one stays, stopped, and a new one takes its place.

    A statutory clock is counted again for a corrected start or a changed calendar only
    (decisions.md 15). Correcting a start needs a manager.

    :param because: a key of `BECAUSE`
    :raises NotRunning: no such clock runs
    :raises StatutoryClock: the reason does not touch a statutory clock
    :raises PermissionDenied: `by` may not correct when a clock started
    """
    if because not in BECAUSE:
        raise ValueError(f"{because} is not a reason to count a clock again.")
    new_rule = rule(new_rule_code or rule_code)
    if because not in STATUTORY_BECAUSE and (rule(rule_code).is_statutory or new_rule.is_statutory):
        raise StatutoryClock(
            "This limit is set by statute. It is counted again only when its start is corrected"
            " or a bank holiday is announced."
        )
    if because == "start_corrected":
        if by is None:
            raise ValueError("A corrected start names who corrected it.")
        require(by, Permission.CLOCK_CORRECT)
    old = (
        Clock.objects.select_for_update()
        .filter(rule=rule_code, subject_id=subject_id, child_id=child_id, stopped_at=None)
        .first()
    )
    if old is None:
        raise NotRunning("This limit no longer runs, so it cannot be counted again.")
    if because == "calendar_changed" and limit is None:
        limit = old.limit
    return _replace(
        old,
        new_rule,
        started_at=started_at,
        amount=_amount(new_rule, at=started_at, limit=limit),
        by=by,
        because=because,
        calendar=the_calendar(),
    )


@transaction.atomic
def correct_start(
    *,
    subject_id: UUID,
    was: datetime,
    started_at: datetime,
    by: User,
    child_id: UUID | None = None,
) -> list[Clock]:
    """Count again all that began on a subject at a moment that was wrong; give the new clocks.

    What was met is counted again too and stays met when it was: whether it was in time depends
    on the right start (decisions.md 15). What turned out not to be needed stays as it is.

    :raises PermissionDenied: `by` may not correct when a clock started
    """
    require(by, Permission.CLOCK_CORRECT)
    found = list(
        Clock.objects.select_for_update(of=("self",))
        .filter(subject_id=subject_id, child_id=child_id, started_at=was)
        .filter(Q(stopped_at=None) | Q(stop_reason=ClockStop.MET))
        .order_by("rule", "pk")
    )
    counted = []
    for old in found:
        known = rule(old.rule)
        counted.append(
            _replace(
                old,
                known,
                started_at=started_at,
                amount=_amount(known, at=started_at, limit=None),
                by=by,
                because="start_corrected",
                calendar=the_calendar(),
            )
        )
    return counted


def _replace(
    old: Clock,
    rule: Rule,
    *,
    started_at: datetime,
    amount: int,
    by: User | None,
    because: str,
    calendar: Calendar,
) -> Clock:
    stopped = None  # what was met never runs again: the same rule may run anew, as after reopening
    if old.stopped_at is None:
        _stop(old, at=application_clock.now(), reason=ClockStop.REPLACED)
    else:
        stopped = {
            "stopped_at": old.stopped_at,
            "stop_reason": ClockStop.MET,
            "late_reason": old.late_reason,
        }
        old.stop_reason = ClockStop.REPLACED
        old.save(update_fields=["stop_reason"])
    return _new(
        rule,
        subject_kind=old.subject_kind,
        subject_id=old.subject_id,
        child_id=old.child_id,
        started_at=started_at,
        amount=amount,
        by=by,
        calendar=calendar,
        replaces=old,
        because=because,
        stopped=stopped,
    )


def count_again(*, calendar: Calendar, day: date, by: User) -> int:
    """Replace every running clock whose times change with a new bank holiday; say how many.

    Called by `record.calendar.announce_holiday`, in its transaction.
    """
    start_of_day = datetime.combine(day, time(), LONDON).astimezone(UTC)
    touched: dict[str, set[UUID]] = {}
    number = 0
    running = (
        Clock.objects.select_for_update(of=("self",))
        .filter(stopped_at=None)
        .filter(
            Q(due_at__gte=start_of_day)
            | Q(very_late_at__gt=start_of_day)
            | Q(rule__in=list(_backwards))
        )
        .order_by("pk")
    )
    amounts = _amounts_again(calendar)
    for old in running:
        known = rule(old.rule)
        amount = amounts.get((old.rule, old.subject_id), old.limit)
        counted = times(
            started_at=old.started_at,
            length=length(old.unit, amount),
            is_red_class=known.is_red_class,
            calendar=calendar,
            warn=_warn(known, at=old.started_at),
        )
        now = Times(old.warn_at, old.due_at, old.very_late_at)
        if counted == now and amount == old.limit:
            continue
        _replace(
            old,
            known,
            started_at=old.started_at,
            amount=amount,
            by=by,
            because="calendar_changed",
            calendar=calendar,
        )
        touched.setdefault(old.subject_kind, set()).add(old.subject_id)
        number += 1
    for kind, subject_ids in sorted(touched.items()):
        if kind in _carriers:
            _carriers[kind](sorted(subject_ids))
    return number


def _amounts_again(calendar: Calendar) -> dict[tuple[str, UUID], int]:
    found: dict[tuple[str, UUID], int] = {}
    for code, ask in sorted(_backwards.items()):
        subjects = Clock.objects.filter(rule=code, stopped_at=None).values_list("subject_id")
        ids = sorted({pk for (pk,) in subjects})
        if ids:
            found |= {(code, pk): amount for pk, amount in ask(ids, calendar).items()}
    return found


# Asking


def _with_people() -> QuerySet[Clock]:
    return Clock.objects.select_related("recorded_by")


_RUNNING = Prepared(
    lambda subject_ids: (
        _with_people()
        .filter(subject_id__in=subject_ids, stopped_at=None)
        .order_by("due_at", "rule", "pk")
    ),
    subject_ids=list[UUID],
)
_OF_SUBJECTS = Prepared(
    lambda subject_ids: (
        _with_people()
        .filter(subject_id__in=subject_ids)
        .order_by("started_at", "recorded_at", "pk")
    ),
    subject_ids=list[UUID],
)


def running(*, subject_ids: Iterable[UUID]) -> list[Clock]:
    """List the running clocks of these subjects, the earliest due first; one query."""
    ids = list(subject_ids)
    return _RUNNING(subject_ids=ids) if ids else []


def running_of_children(*, child_ids: Iterable[UUID]) -> list[Clock]:
    """List the running clocks that are these children's own, whatever they run on; one query."""
    return list(
        _with_people()
        .filter(child__in=list(child_ids), stopped_at=None)
        .order_by("due_at", "rule", "pk")
    )


def of_subjects(*, subject_ids: Iterable[UUID]) -> list[Clock]:
    """List every clock these subjects have or had, in the order they were started."""
    ids = list(subject_ids)
    return _OF_SUBJECTS(subject_ids=ids) if ids else []


def earliest(clocks: Iterable[Clock]) -> Clock | None:
    """Give the running clock that is due first."""
    alive = [clock for clock in clocks if clock.stopped_at is None]
    return min(alive, key=lambda clock: (clock.due_at, clock.rule, clock.pk), default=None)


@dataclass(frozen=True)
class NextDue:
    """What a row carries of its earliest running clock, so that lists can sort by it."""

    due_at: datetime
    code: str
    warn_at: datetime
    very_late_at: datetime


def next_due(subject_id: UUID) -> NextDue | None:
    """Give the earliest due of the clocks that run on a subject."""
    clock = earliest(running(subject_ids=[subject_id]))
    if clock is None:
        return None
    return NextDue(clock.due_at, clock.rule, clock.warn_at, clock.very_late_at)


def group_of(due_at: datetime, warn_at: datetime, very_late_at: datetime, now: datetime) -> str:
    """Name the group of a work list: very_overdue, overdue, due_soon or later."""
    if now > due_at:
        return "very_overdue" if now >= very_late_at else "overdue"
    if now >= warn_at or london_date(due_at) == london_date(now):
        return "due_soon"
    return "later"


def group_case(
    now: datetime,
    *,
    due: str = "next_due_at",
    warn: str = "next_warn_at",
    very_late: str = "next_very_late_at",
) -> Case:
    """Give `group_of` as an expression: 0 for very overdue up to 3 for later, for sorting.

    A row without a due time is later.
    """
    tomorrow = london_date(now) + timedelta(days=1)
    day_ends = datetime.combine(tomorrow, time(), LONDON).astimezone(UTC)
    return Case(
        When(Q(**{f"{due}__lt": now, f"{very_late}__lte": now}), then=Value(0)),
        When(Q(**{f"{due}__lt": now}), then=Value(1)),
        When(Q(**{f"{warn}__lte": now}) | Q(**{f"{due}__lt": day_ends}), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )


@dataclass(frozen=True)
class ClockView:
    """A clock as a worker reads it, with how it was counted."""

    clock: Clock
    code: str
    words: str
    source: str
    is_statutory: bool
    started_at: datetime
    due_at: datetime
    group: str
    first: str
    second: str
    note: str
    is_late: bool
    late_reason: str
    is_stopped: bool
    limit_words: str
    counted: list[str]
    arithmetic: Arithmetic
    set_by: str
    because: str

    @property
    def as_one(self) -> str:
        """The two lines as one phrase, as it is read aloud."""
        return f"{self.first}, {self.second}" if self.second else self.first


def arithmetic(clock: Clock, now: datetime) -> ClockView:
    """Say how a clock was counted; no query for clocks given by `running`.

    A stopped clock is read as it stood when it stopped.
    """
    known = rule(clock.rule)
    calendar = the_calendar()
    moment = clock.stopped_at or now
    allowed = length(clock.unit, clock.limit)
    said = words.clock_words(
        limit=allowed,
        start=clock.started_at,
        due_at=clock.due_at,
        now=moment,
        calendar=calendar,
    )
    # The stored times are the facts; the days between are read from the calendar.
    counted = dataclasses.replace(
        calendar.arithmetic(clock.started_at, allowed), due_at=clock.due_at, warn_at=clock.warn_at
    )
    return ClockView(
        clock=clock,
        code=clock.rule,
        words=known.words,
        source=known.source,
        is_statutory=known.is_statutory,
        started_at=clock.started_at,
        due_at=clock.due_at,
        group=group_of(clock.due_at, clock.warn_at, clock.very_late_at, moment),
        first=said.first,
        second=said.second,
        note=said.note,
        is_late=said.is_late,
        late_reason=clock.late_reason,
        is_stopped=clock.stopped_at is not None,
        limit_words=limit_words(clock.unit, clock.limit),
        counted=words.counted_words(counted, now=moment, calendar=calendar),
        arithmetic=counted,
        set_by=str(clock.recorded_by) if clock.recorded_by is not None else "",
        because=BECAUSE.get(clock.replaced_because, ""),
    )


def limit_words(unit: str, amount: int) -> str:
    """Put a limit into words: "10 working days", "2 hours, day and night"."""
    match unit:
        case ClockUnit.NEXT_OPENING:
            hour, minute = divmod(amount, 60)
            return f"{hour:02}:{minute:02} of the next opening"
        case ClockUnit.WORKING_DAYS:
            return words.plural(amount, "working day")
        case ClockUnit.SAME_CLOCK_TIME:
            return f"{words.plural(amount, 'working day')}, to the same time"
        case ClockUnit.CALENDAR_DAYS:
            return words.plural(amount, "day")
        case ClockUnit.CALENDAR_MONTHS:
            return words.plural(amount, "month")
        case ClockUnit.WORKING_HOURS:
            return words.plural(amount, "office hour")
        case _:
            return f"{words.plural(amount, 'hour')}, day and night"


assert tuple(Lateness) == GROUPS  # noqa: S101 - the two lists are one
