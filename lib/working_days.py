"""Working days, office hours and limits, in Slough's own time.

A pure module: it knows no model and never asks for the time. A `Calendar` is built once from the
bank holidays that the authority keeps, and answers every question about limits. All instants that
come out are aware and in UTC; days are days in Europe/London.

Rules: office hours and working days, front door domain reference 2.0.1; day 0 is the London date
of the event whatever the hour; a limit in working days ends when the office closes.
"""

from __future__ import annotations

import bisect
import calendar as month_lengths
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

import holidays as public_holidays

from lib.errors import Refused

LONDON = ZoneInfo("Europe/London")

OPENS = time(9, 0)
CLOSES = time(17, 0)
CLOSES_ON_FRIDAY = time(16, 45)
CLOSES_ON_CHRISTMAS_AND_NEW_YEARS_EVE = time(15, 30)
DAY_ENDS = time(23, 59)

WARN_AT = Fraction(3, 4)
VERY_OVERDUE_WORKING_DAYS = 2

FRIDAY = 4
SATURDAY = 5
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Hours = int | float | Decimal | Fraction


class NoSuchTime(ValueError):
    """The clocks go forward over this time, so it never happens on that day."""


class OutsideCalendar(Refused, ValueError):
    """The day lies outside the years whose bank holidays are known: mistyped, most likely."""


class Unit(StrEnum):
    """How a limit is counted."""

    ELAPSED_HOURS = "elapsed_hours"
    WORKING_HOURS = "working_hours"
    SAME_CLOCK_TIME = "same_clock_time"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    CALENDAR_MONTHS = "calendar_months"
    NEXT_OPENING = "next_opening"


class Lateness(StrEnum):
    """The groups of every work list, gravest first."""

    VERY_OVERDUE = "very_overdue"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    LATER = "later"

    @property
    def rank(self) -> int:
        """Give 0 for the gravest group, rising, for sorting."""
        return list(Lateness).index(self)


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time allowed, as local policy or statute states it.

    `at` is a time of day and is used by `NEXT_OPENING` only.
    """

    unit: Unit
    amount: Hours = 0
    at: time | None = None

    def __post_init__(self) -> None:
        """Refuse a limit that cannot be counted."""
        if self.amount < 0:
            raise ValueError("A limit cannot be negative.")
        if (self.unit == Unit.NEXT_OPENING) != (self.at is not None):
            raise ValueError(
                "A time of day belongs to a limit at the next opening, and only there."
            )
        whole = (
            Unit.SAME_CLOCK_TIME,
            Unit.WORKING_DAYS,
            Unit.CALENDAR_DAYS,
            Unit.CALENDAR_MONTHS,
        )
        if self.unit in whole and self.amount != int(self.amount):
            raise ValueError("A limit in days or months is a whole number.")


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day of a count: its number, or why it was left out."""

    day: date
    number: int | None
    left_out_because: str = ""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How a limit was counted, for the worker who asks."""

    limit: Limit
    start: datetime
    counted_from: datetime
    due_at: datetime
    warn_at: datetime
    days: tuple[CountedDay, ...]

    @property
    def left_out(self) -> tuple[CountedDay, ...]:
        """Give the days between start and limit that did not count."""
        return tuple(day for day in self.days if day.number is None)

    @property
    def bank_holidays(self) -> tuple[CountedDay, ...]:
        """Give the days left out because they are bank holidays on a weekday."""
        weekend = ("Saturday", "Sunday")
        return tuple(day for day in self.left_out if day.left_out_because not in weekend)


def in_london(moment: datetime) -> datetime:
    """Give the same moment on the clock face of Slough; refuses a moment without a zone."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("A moment needs a time zone.")
    return moment.astimezone(LONDON)


def london_date(moment: datetime) -> date:
    """Give the day it is in Slough at `moment`."""
    return in_london(moment).date()


def is_repeated(day: date, clock: time) -> bool:
    """Say whether this time happens twice that day, because the clocks go back."""
    wall = datetime.combine(day, clock.replace(tzinfo=None))
    first = wall.replace(tzinfo=LONDON, fold=0).utcoffset()
    second = wall.replace(tzinfo=LONDON, fold=1).utcoffset()
    return first is not None and second is not None and first > second


def is_missing(day: date, clock: time) -> bool:
    """Say whether this time never happens that day, because the clocks go forward."""
    wall = datetime.combine(day, clock.replace(tzinfo=None))
    first = wall.replace(tzinfo=LONDON, fold=0).utcoffset()
    second = wall.replace(tzinfo=LONDON, fold=1).utcoffset()
    return first is not None and second is not None and first < second


def instant(day: date, clock: time, *, second: bool = False) -> datetime:
    """Give the moment of a clock time in Slough, in UTC.

    :param second: the later of the two, in the hour that happens twice; otherwise of no effect
    :raises NoSuchTime: the clocks go forward over this time
    """
    if is_missing(day, clock):
        raise NoSuchTime("The clocks went forward that night, so this time did not happen.")
    wall = datetime.combine(day, clock.replace(tzinfo=None, fold=0))
    fold = 1 if second and is_repeated(day, clock) else 0
    return wall.replace(tzinfo=LONDON, fold=fold).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """Give the same day of the month `months` later, or that month's last day if it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = month_lengths.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def england_bank_holidays(first_year: int, last_year: int) -> dict[date, str]:
    """Give the bank holidays of England with their names, both years included."""
    years = range(first_year, last_year + 1)
    return dict(public_holidays.country_holidays("GB", subdiv="ENG", years=years))


@dataclass(frozen=True)
class Calendar:
    """The working days and office hours of the authority.

    Build one with `Calendar.of` or `Calendar.england`. With `first` and `last` it refuses days
    whose bank holidays are not known, rather than counting them wrong.
    """

    holidays: Mapping[date, str] = field(hash=False)
    first: date | None = None
    last: date | None = None
    _weekday_holidays: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep the holidays that cost a working day in order, for counting."""
        in_the_week = sorted(day for day in self.holidays if day.weekday() < SATURDAY)
        object.__setattr__(self, "_weekday_holidays", tuple(in_the_week))

    @classmethod
    def of(
        cls,
        days: Iterable[date] | Mapping[date, str],
        *,
        first: date | None = None,
        last: date | None = None,
    ) -> Calendar:
        """Build a calendar from bank holidays, with or without their names."""
        named = dict(days) if isinstance(days, Mapping) else dict.fromkeys(days, "Bank holiday")
        return cls(named, first, last)

    @classmethod
    def england(cls, *, last_year: int, first_year: int = 2021) -> Calendar:
        """Build a calendar of England's bank holidays, both years included."""
        return cls(
            england_bank_holidays(first_year, last_year),
            date(first_year, 1, 1),
            date(last_year, 12, 31),
        )

    # Days

    def is_working_day(self, day: date) -> bool:
        """Say whether the office opens that day."""
        self._check(day)
        return day.weekday() < SATURDAY and day not in self.holidays

    def why_not_working(self, day: date) -> str:
        """Name what keeps the office closed that day; empty on a working day."""
        if self.is_working_day(day):
            return ""
        if day.weekday() == SATURDAY:
            return "Saturday"
        if day.weekday() > SATURDAY:
            return "Sunday"
        return self.holidays[day]

    def add_working_days(self, day: date, count: int) -> date:
        """Step `count` working days from `day`, which is day 0 whatever day it is.

        Negative counts step back. A count of 0 gives `day` itself.
        """
        step = timedelta(days=1 if count > 0 else -1)
        left = abs(count)
        while left:
            day += step
            if self.is_working_day(day):
                left -= 1
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after `start` up to and including `end`; negative if reversed."""
        if end < start:
            return -self.working_days_between(end, start)
        self._check(start)
        self._check(end)
        weeks, rest = divmod((end - start).days, 7)
        days = weeks * 5
        for offset in range(1, rest + 1):
            if (start.weekday() + offset) % 7 < SATURDAY:
                days += 1
        lost = bisect.bisect_right(self._weekday_holidays, end) - bisect.bisect_right(
            self._weekday_holidays, start
        )
        return days - lost

    # Office hours

    def opens_at(self, day: date) -> datetime | None:
        """Give the moment the office opens, or None when it stays closed."""
        return instant(day, OPENS) if self.is_working_day(day) else None

    def closes_at(self, day: date) -> datetime | None:
        """Give the moment the office closes, or None when it stays closed.

        17:00; Friday 16:45; 24 and 31 December 15:30.
        """
        if not self.is_working_day(day):
            return None
        if day.month == 12 and day.day in (24, 31):
            return instant(day, CLOSES_ON_CHRISTMAS_AND_NEW_YEARS_EVE)
        return instant(day, CLOSES_ON_FRIDAY if day.weekday() == FRIDAY else CLOSES)

    def is_office_hours(self, moment: datetime) -> bool:
        """Say whether the office is open: from opening up to, but not including, closing."""
        day = london_date(moment)
        opens, closes = self.opens_at(day), self.closes_at(day)
        return opens is not None and closes is not None and opens <= moment < closes

    def next_opening(self, moment: datetime) -> datetime:
        """Give the first opening at or after `moment`: the same morning, if before 09:00."""
        day = london_date(moment)
        opens = self.opens_at(day)
        if opens is None or opens < moment:
            day = self.add_working_days(day, 1)
            opens = self._opening(day)
        return opens

    def counts_from(self, moment: datetime) -> datetime:
        """Give the moment from which working time counts: now, or the next opening."""
        return moment.astimezone(UTC) if self.is_office_hours(moment) else self.next_opening(moment)

    def office_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Give how long the office is open between two moments; nothing if reversed."""
        total = timedelta()
        day, last = london_date(start), london_date(end)
        while day <= last:
            opens, closes = self.opens_at(day), self.closes_at(day)
            if opens is not None and closes is not None:
                total += max(min(end, closes) - max(start, opens), timedelta())
            day += timedelta(days=1)
        return total

    # Limits, one for each unit

    def working_days(self, start: datetime, count: int) -> datetime:
        """Give the end of office hours `count` working days after the London date of `start`.

        Nothing is moved: an event at night or on a holiday has its own date as day 0. With a count
        of 0 the limit ends at the next closing.
        """
        day = self.add_working_days(london_date(start), count)
        closes = self.closes_at(day)
        if closes is None or (count == 0 and closes <= start):
            return self._closing(self.add_working_days(day, 1))
        return closes

    def same_clock_time(self, start: datetime, count: int) -> datetime:
        """Give the same time of day `count` working days on, but no later than closing.

        What starts out of hours counts from the next opening.
        """
        begin = in_london(self.counts_from(start))
        day = self.add_working_days(begin.date(), count)
        return min(instant(day, begin.time()), self._closing(day))

    def working_hours(self, start: datetime, hours: Hours) -> datetime:
        """Give the moment when `hours` of office time have passed since `start`."""
        return self._after_office_time(start, _hours(hours))

    def elapsed(self, start: datetime, hours: Hours) -> datetime:
        """Give the moment `hours` after `start`, by night and holiday alike."""
        in_london(start)
        return start.astimezone(UTC) + _hours(hours)

    def calendar_days(self, start: datetime, count: int) -> datetime:
        """Give the last minute of the day `count` days on; 0 is the same London day."""
        return instant(london_date(start) + timedelta(days=count), DAY_ENDS)

    def calendar_months(self, start: datetime, count: int) -> datetime:
        """Give the last minute of the same day of the month `count` months on."""
        return instant(add_months(london_date(start), count), DAY_ENDS)

    def next_opening_at(self, start: datetime, clock: time) -> datetime:
        """Give `clock` on the day of the next opening: the same morning, if before 09:00."""
        return instant(london_date(self.next_opening(start)), clock)

    def due_at(self, start: datetime, limit: Limit) -> datetime:
        """Give the moment `limit` ends, in UTC. Late means after it, not at it."""
        match limit.unit:
            case Unit.ELAPSED_HOURS:
                return self.elapsed(start, limit.amount)
            case Unit.WORKING_HOURS:
                return self.working_hours(start, limit.amount)
            case Unit.SAME_CLOCK_TIME:
                return self.same_clock_time(start, int(limit.amount))
            case Unit.WORKING_DAYS:
                return self.working_days(start, int(limit.amount))
            case Unit.CALENDAR_DAYS:
                return self.calendar_days(start, int(limit.amount))
            case Unit.CALENDAR_MONTHS:
                return self.calendar_months(start, int(limit.amount))
            case Unit.NEXT_OPENING:
                return self.next_opening_at(start, limit.at or OPENS)

    def warn_at(self, start: datetime, limit: Limit, *, part: Fraction = WARN_AT) -> datetime:
        """Give the moment to warn, in UTC: three quarters of the limit, in its own unit.

        A limit in working days warns at the opening of day `ceil(part * n)`, never before its
        start and never after it is due.
        """
        due = self.due_at(start, limit)
        begin = start.astimezone(UTC)
        match limit.unit:
            case Unit.WORKING_DAYS:
                day = self.add_working_days(london_date(start), math.ceil(part * int(limit.amount)))
                warn = self.opens_at(day) or begin
            case Unit.WORKING_HOURS | Unit.SAME_CLOCK_TIME:
                whole = self.office_time_between(begin, due)
                warn = self._after_office_time(begin, _part_of(whole, part))
            case Unit.CALENDAR_MONTHS:
                day = london_date(start)
                days = (london_date(due) - day).days
                warn = instant(day + timedelta(days=math.ceil(part * days)), OPENS)
            case _:
                warn = begin + _part_of(due - begin, part)
        return min(max(warn, begin), max(due, begin))

    def arithmetic(self, start: datetime, limit: Limit) -> Arithmetic:
        """Count a limit day by day, naming each day that was left out and why."""
        due = self.due_at(start, limit)
        counted_from = start.astimezone(UTC)
        if limit.unit in (Unit.WORKING_HOURS, Unit.SAME_CLOCK_TIME):
            counted_from = self.counts_from(start)
        every_day = limit.unit in (
            Unit.ELAPSED_HOURS,
            Unit.CALENDAR_DAYS,
            Unit.CALENDAR_MONTHS,
        )
        days: list[CountedDay] = []
        zero, last = london_date(counted_from), london_date(due)
        day, number = london_date(start), 0
        while day <= last:
            why = "" if every_day else self.why_not_working(day)
            if day < zero:
                days.append(CountedDay(day, None, why or "After closing"))
            elif day == zero:
                # Day 0 is the day of the event, even when the office is closed.
                days.append(CountedDay(day, 0, why))
            elif why:
                days.append(CountedDay(day, None, why))
            else:
                number += 1
                days.append(CountedDay(day, number))
            day += timedelta(days=1)
        return Arithmetic(
            limit=limit,
            start=start,
            counted_from=counted_from,
            due_at=due,
            warn_at=self.warn_at(start, limit),
            days=tuple(days),
        )

    def lateness(
        self,
        *,
        due_at: datetime,
        warn_at: datetime,
        now: datetime,
        is_red_class: bool = False,
    ) -> Lateness:
        """Group work by how late it is.

        Late is after `due_at`. Very overdue is two or more working days between the due date and
        today, or any red or immediate limit missed at all. Due soon is due today or past its
        warning.
        """
        today = london_date(now)
        if now > due_at:
            days = self.working_days_between(london_date(due_at), today)
            if is_red_class or days >= VERY_OVERDUE_WORKING_DAYS:
                return Lateness.VERY_OVERDUE
            return Lateness.OVERDUE
        if now >= warn_at or london_date(due_at) == today:
            return Lateness.DUE_SOON
        return Lateness.LATER

    # Inside

    def _check(self, day: date) -> None:
        if (self.first is not None and day < self.first) or (
            self.last is not None and day > self.last
        ):
            years = " to ".join(str(each.year) for each in (self.first, self.last) if each)
            raise OutsideCalendar(
                f"Check the date {day:%-d %B %Y}: working days are known for the years {years}."
            )

    def _opening(self, day: date) -> datetime:
        moment = self.opens_at(day)
        if moment is None:
            raise ValueError(f"{day} is not a working day.")
        return moment

    def _closing(self, day: date) -> datetime:
        moment = self.closes_at(day)
        if moment is None:
            raise ValueError(f"{day} is not a working day.")
        return moment

    def _after_office_time(self, start: datetime, length: timedelta) -> datetime:
        moment = self.counts_from(start)
        left = length
        while True:
            day = london_date(moment)
            closes = self._closing(day)
            if moment + left <= closes:
                return moment + left
            left -= closes - moment
            moment = self._opening(self.add_working_days(day, 1))


def _hours(hours: Hours) -> timedelta:
    return timedelta(seconds=float(Fraction(hours) * 3600))


def _part_of(length: timedelta, part: Fraction) -> timedelta:
    return timedelta(seconds=float(Fraction(length.total_seconds()) * part))
