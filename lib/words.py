"""Dates, ages, clocks and lists in the words that workers use.

A pure module. Every function that needs the present moment takes it as `now`, aware; days are
days in Europe/London. The wording is that of the design notes for screens, part A4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lib.dates import PartialDate
from lib.working_days import (
    Arithmetic,
    Calendar,
    CountedDay,
    Limit,
    Unit,
    add_months,
    in_london,
    london_date,
)

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

WEEKS_UNTIL_MONTHS = 3
MONTHS_UNTIL_YEARS = 24
NAMES_SHOWN = 5
DAYS_LISTED_ONE_BY_ONE = 10
SATURDAY = 5
QUOTATION_MARKS = frozenset({("“", "”"), ('"', '"')})

DAY_UNITS = frozenset({Unit.WORKING_DAYS, Unit.CALENDAR_DAYS})


# Dates and times


def date_words(day: date, *, now: datetime | None = None, weekday: bool = True) -> str:
    """Give "Thu 12 March 2026"; the year goes when it is the year of `now`.

    :param now: leave out on forms, records of decisions and paper, where the year always stands
    """
    words = f"{day.day} {MONTHS[day.month - 1]}"
    if weekday:
        words = f"{WEEKDAYS[day.weekday()]} {words}"
    if now is None or day.year != london_date(now).year:
        words = f"{words} {day.year}"
    return words


def partial_date_words(day: PartialDate) -> str:
    """Give what is known of a date: "2 February 2022", "February 2022" or "2022"."""
    known = [str(day.day)] if day.day else []
    known += [MONTHS[day.month - 1]] if day.month else []
    return " ".join([*known, str(day.year)])


def time_words(moment: datetime) -> str:
    """Give the time in Slough on the 24-hour clock, "16:45".

    In the hour that happens twice it says which, "01:40 (the second)".
    """
    local = in_london(moment)
    clock = f"{local:%H:%M}"
    if local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
        return clock
    return f"{clock} ({'the second' if local.fold else 'the first'})"


def day_words(day: date, *, now: datetime) -> str:
    """Give "today", "yesterday", "tomorrow", or the date."""
    away = (day - london_date(now)).days
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}
    return near.get(away) or date_words(day, now=now)


def moment_words(moment: datetime, *, now: datetime | None = None) -> str:
    """Give "today, 11:40" or "Tue 10 March, 22:48"; without `now`, the full date and time."""
    day = london_date(moment)
    words = date_words(day) if now is None else day_words(day, now=now)
    return f"{words}, {time_words(moment)}"


def due_words(due_at: datetime, *, now: datetime, with_time: bool = True) -> str:
    """Give "Due 15:40 today", "Due tomorrow 16:45" or "Due Thu 16 April, 17:00"."""
    day = london_date(due_at)
    if day == london_date(now):
        return f"Due {time_words(due_at)} today"
    words = day_words(day, now=now)
    if not with_time:
        return f"Due {words}"
    joint = " " if words in ("tomorrow", "yesterday") else ", "
    return f"Due {words}{joint}{time_words(due_at)}"


def duration_words(length: timedelta) -> str:
    """Give a length of time in hours and minutes, "2h 10m", "40m"; seconds are dropped."""
    minutes = int(abs(length).total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}m"
    return f"{hours}h {minutes}m" if minutes else f"{hours}h"


# Ages


def whole_months_between(start: date, end: date) -> int:
    """Count the whole months from one date to another; less than none is none."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    return max(months, 0)


def age_in_years(born_on: date, *, on: date) -> int:
    """Give the age in completed years; somebody born on 29 February has a birthday on 1 March."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def age_words(
    *,
    on: date,
    born_on: date | None = None,
    expected_on: date | None = None,
    stated: str = "",
) -> str:
    """Give an age as it is spoken, on the day `on`.

    Years from 2, months under 2, weeks under 3 months; "due 9 June" for an unborn baby; otherwise
    the age as somebody stated it, "about 5", or "age not known".
    """
    if born_on is not None:
        if born_on > on:
            return "not yet born"
        months = whole_months_between(born_on, on)
        if months >= MONTHS_UNTIL_YEARS:
            return str(age_in_years(born_on, on=on))
        if months >= WEEKS_UNTIL_MONTHS:
            return plural(months, "month")
        weeks = (on - born_on).days // 7
        return plural(weeks, "week") if weeks else "under 1 week"
    if expected_on is not None:
        words = f"{expected_on.day} {MONTHS[expected_on.month - 1]}"
        if expected_on.year != on.year:
            words = f"{words} {expected_on.year}"
        return f"due {words}" if expected_on >= on else f"was due {words}"
    return stated.strip() or "age not known"


# Clocks


@dataclass(frozen=True, slots=True)
class ClockWords:
    """The two lines of a clock, whether it is late, and what is said once the office closes."""

    first: str
    second: str
    is_late: bool
    due_at: datetime
    note: str = ""

    @property
    def as_one(self) -> str:
        """Give the clock as one phrase, as it is read aloud."""
        return f"{self.first}, {self.second}" if self.second else self.first


def late_words(due_at: datetime, *, now: datetime, calendar: Calendar) -> str:
    """Give "2 working days late", or hours and minutes while the working day has not changed."""
    days = calendar.working_days_between(london_date(due_at), london_date(now))
    if days > 0:
        return f"{plural(days, 'working day')} late"
    return f"{duration_words(now - due_at)} late"


def clock_words(
    *, limit: Limit, start: datetime, due_at: datetime, now: datetime, calendar: Calendar
) -> ClockWords:
    """Put a running clock into its two lines.

    Days: "Day 22 of 45", "Due Thu 16 April"; late: "Day 3 of 1", "2 working days late".
    Hours, and anything due today: "Due 15:40 today", "2h 10m left".

    :param limit: the length allowed, as it was when the clock started
    :param due_at: as stored; never worked out again here
    """
    today, due_on = london_date(now), london_date(due_at)
    is_late = now > due_at
    in_days = limit.unit in DAY_UNITS and limit.amount >= 1
    if is_late:
        second = late_words(due_at, now=now, calendar=calendar)
        if in_days and today > due_on:
            first = _day_of(limit, start=start, today=today, calendar=calendar)
        else:
            first = due_words(due_at, now=now)
        return ClockWords(first, second, True, due_at)
    if today == due_on:
        left = _time_left(limit, due_at=due_at, now=now, calendar=calendar)
        return ClockWords(
            due_words(due_at, now=now),
            f"{duration_words(left)} left",
            False,
            due_at,
            _office_note(limit, now=now, calendar=calendar),
        )
    if in_days and limit.amount > 1:
        is_next = due_on == today + timedelta(days=1)
        return ClockWords(
            _day_of(limit, start=start, today=today, calendar=calendar),
            due_words(due_at, now=now, with_time=is_next),
            False,
            due_at,
        )
    days = calendar.working_days_between(today, due_on)
    second = f"{plural(days, 'working day')} left"
    if limit.unit == Unit.WORKING_HOURS or days == 0:
        left = _time_left(limit, due_at=due_at, now=now, calendar=calendar)
        second = f"{duration_words(left)} left"
    return ClockWords(
        due_words(due_at, now=now),
        second,
        False,
        due_at,
        _office_note(limit, now=now, calendar=calendar),
    )


def _day_of(limit: Limit, *, start: datetime, today: date, calendar: Calendar) -> str:
    started = london_date(start)
    if limit.unit == Unit.CALENDAR_DAYS:
        number = (today - started).days
    else:
        number = calendar.working_days_between(started, today)
    return f"Day {number} of {int(limit.amount)}"


def _time_left(limit: Limit, *, due_at: datetime, now: datetime, calendar: Calendar) -> timedelta:
    if limit.unit == Unit.WORKING_HOURS:
        return calendar.office_time_between(now, due_at)
    return due_at - now


def _office_note(limit: Limit, *, now: datetime, calendar: Calendar) -> str:
    """Say when a clock in office hours stands still, and when it goes on."""
    if limit.unit != Unit.WORKING_HOURS:
        return ""
    if not calendar.is_office_hours(now):
        opens = calendar.next_opening(now)
        return f"stopped; starts {time_words(opens)} {day_words(london_date(opens), now=now)}"
    closes = calendar.closes_at(london_date(now))
    if closes is None:
        return ""
    opens = calendar.next_opening(closes)
    starts = f"{time_words(opens)} {day_words(london_date(opens), now=now)}"
    return f"stops at {time_words(closes)}, starts {starts}"


def counted_words(arithmetic: Arithmetic, *, now: datetime, calendar: Calendar) -> list[str]:
    """Say how a limit was counted, sentence by sentence.

    The start, each day counted, the limit, the days since when it is late, and what was left out.
    A long count names its first and last day only.
    """
    limit, start, due_at = arithmetic.limit, arithmetic.start, arithmetic.due_at
    parts = [f"started {moment_words(start, now=now)}"]
    if limit.unit in DAY_UNITS:
        parts[0] += " (day 0)"
        counted = [day for day in arithmetic.days if day.number]
        before = counted[:-1]
        if len(counted) > DAYS_LISTED_ONE_BY_ONE:
            before = counted[:1]
        parts += [f"{_short_day(day.day)} (day {day.number})" for day in before]
        until = f"limit {moment_words(due_at, now=now)}"
        if counted:
            until += f" (day {counted[-1].number})"
        parts.append(until)
        if now > due_at:
            parts += _days_since(arithmetic, now=now, calendar=calendar)
        sentences = [_sentence(" · ".join(parts))]
    else:
        if arithmetic.counted_from > start:
            parts.append(f"counted from {moment_words(arithmetic.counted_from, now=now)}")
        parts.append(f"limit {moment_words(due_at, now=now)}")
        sentences = [_sentence(" · ".join(parts))]
    if limit.unit in (Unit.WORKING_DAYS, Unit.SAME_CLOCK_TIME, Unit.WORKING_HOURS):
        sentences.append(left_out_words(arithmetic))
    return sentences


def _days_since(arithmetic: Arithmetic, *, now: datetime, calendar: Calendar) -> list[str]:
    started, due_on, today = (
        london_date(arithmetic.start),
        london_date(arithmetic.due_at),
        london_date(now),
    )
    in_working_days = arithmetic.limit.unit == Unit.WORKING_DAYS
    late: list[str] = []
    day = due_on + timedelta(days=1)
    while day <= today and len(late) <= DAYS_LISTED_ONE_BY_ONE:
        if not in_working_days or calendar.is_working_day(day):
            number = (
                calendar.working_days_between(started, day)
                if in_working_days
                else (day - started).days
            )
            late.append(f"{'today' if day == today else _short_day(day)} (day {number})")
        day += timedelta(days=1)
    if len(late) > DAYS_LISTED_ONE_BY_ONE:
        number = (
            calendar.working_days_between(started, today)
            if in_working_days
            else (today - started).days
        )
        return [late[0], f"today (day {number})"]
    return late


def left_out_words(arithmetic: Arithmetic) -> str:
    """Name what was not counted: "2 bank holidays not counted: Fri 3 and Mon 6 April." """
    weekends = len({_monday_of(day.day) for day in arithmetic.left_out if _is_weekend(day)})
    holidays = [day.day for day in arithmetic.bank_holidays]
    holidays = [day for day in holidays if day > london_date(arithmetic.start)]
    said: list[str] = []
    if weekends:
        said.append(f"{plural(weekends, 'weekend')} not counted")
    if holidays:
        said.append(f"{plural(len(holidays), 'bank holiday')} not counted: {_days(holidays)}")
    if not said:
        return "No weekend or bank holiday in between."
    if not holidays:
        said.append("no bank holiday in between")
    return _sentence("; ".join(said))


def _is_weekend(day: CountedDay) -> bool:
    return day.day.weekday() >= SATURDAY


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _short_day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day.day}"


def _days(days: Sequence[date]) -> str:
    """Give "Fri 3 and Mon 6 April": the month once, after the last day that it holds for."""
    words: list[str] = []
    for index, day in enumerate(days):
        following = days[index + 1] if index + 1 < len(days) else None
        month = "" if following and following.month == day.month else f" {MONTHS[day.month - 1]}"
        words.append(f"{_short_day(day)}{month}")
    return list_of_names(words, shown=len(words))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


# Lists and numbers


def number_words(number: int) -> str:
    """Give a number with its thousands marked, "20,000"."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """Give a count with its noun: "1 child", "3 children", "0 contacts".

    :param many: the plural where adding "s" does not make it
    """
    noun = one if number == 1 else many or f"{one}s"
    return f"{number_words(number)} {noun}"


def list_of_names(names: Iterable[str], *, shown: int = NAMES_SHOWN) -> str:
    """Give "A, B and C"; of more than `shown`, the first ones "and 3 more children"."""
    known = list(names)
    if len(known) > shown:
        more = len(known) - shown
        return f"{', '.join(known[:shown])} and {plural(more, 'more child', 'more children')}"
    if len(known) < 2:
        return "".join(known)
    return f"{', '.join(known[:-1])} and {known[-1]}"


def names_with_ages(people: Iterable[tuple[str, str]]) -> str:
    """Give "Aaliyah Testwood, 7, Zayn Testwood, 4, and an unborn baby"; an age may be empty."""
    said = [f"{name}, {age}" if age else name for name, age in people]
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])}, and {said[-1]}"


def possessive(name: str) -> str:
    """Give the name as an owner, "Jayden’s"."""
    return f"{name}’s"


def quoted(said: str) -> str:
    """Give what somebody said in quotation marks, once, also where the writer set some."""
    said = said.strip()
    inner = said[1:-1]
    if (said[:1], said[-1:]) in QUOTATION_MARKS and not any(mark in inner for mark in '“”"'):
        return f"“{inner.strip()}”"
    return f"“{said}”"
