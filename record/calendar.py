"""The authority's working days, from the table that everybody may look at.

`calendar()` answers without a query: each process keeps the table until it changes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import User
from accounts.permissions import Permission, require
from lib import application_clock
from lib.working_days import (
    LONDON,
    SATURDAY,
    Calendar,
    OutsideCalendar,
    england_bank_holidays,
    london_date,
)
from record import events
from record.errors import Refused
from record.kept import Kept
from record.models import CalendarDay

FIRST_YEAR = 2021
YEARS_AHEAD = 2


class CalendarEmpty(RuntimeError):
    """The working-day calendar holds no day: run `manage.py load_calendar`."""


class NotAHoliday(Refused):
    """The day cannot become a bank holiday."""


class NotCounted(Refused):
    """The moment lies outside the years whose working days are known."""


def calendar() -> Calendar:
    """Give the calendar as the table has it."""
    return _kept.get()


def is_office_hours(at: datetime) -> bool:
    """Say whether the office is open at that moment; otherwise EDT works.

    :raises NotCounted: the moment lies outside the years of the calendar
    """
    known = calendar()
    try:
        return known.is_office_hours(at)
    except OutsideCalendar:
        years = f"{known.first:%Y} to {known.last:%Y}"
        raise NotCounted(
            f"Check the date: working days are known for the years {years}.", field="at"
        ) from None


def working_days_ago(count: int, *, at: datetime) -> datetime:
    """Give the moment before which everything lies more than `count` working days back.

    For rules in SQL: a day is past its `count` working days when it began before this.
    """
    day = calendar().add_working_days(london_date(at) + timedelta(days=1), -(count + 1))
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def office_hours_ago(hours: int, *, at: datetime) -> datetime:
    """Give the moment before which everything lies more than so much office time back."""
    left, day, known = timedelta(hours=hours), london_date(at), calendar()
    while True:
        opens, closes = known.opens_at(day), known.closes_at(day)
        if opens is not None and closes is not None and at > opens:
            there = min(at, closes) - opens
            if there >= left:
                return opens + (there - left)
            left -= there
        day -= timedelta(days=1)


def read() -> Calendar:
    """Build the calendar from the table, uncommitted changes included."""
    edges = list(CalendarDay.objects.order_by("day").values_list("day", flat=True)[:1])
    if not edges:
        raise CalendarEmpty("The working-day calendar is empty: run manage.py load_calendar.")
    last = CalendarDay.objects.order_by("-day").values_list("day", flat=True)[0]
    named = CalendarDay.objects.exclude(holiday="").values_list("day", "holiday")
    return Calendar.of(dict(named), first=edges[0], last=last)


_kept: Kept[Calendar] = Kept("calendar", read)


def forget() -> None:
    """Read the table again when next asked."""
    _kept.forget()


@transaction.atomic
def load(*, last_year: int) -> int:
    """Fill the table up to the end of `last_year`; days it holds already stay as they are.

    Returns how many days were new.
    """
    holidays = england_bank_holidays(FIRST_YEAR, last_year)
    last = CalendarDay.objects.order_by("-day").first()
    day = last.day + timedelta(days=1) if last else date(FIRST_YEAR, 1, 1)
    number = last.number if last else 0
    made: list[CalendarDay] = []
    while day.year <= last_year:
        is_working = day.weekday() < SATURDAY and day not in holidays
        number += is_working
        made.append(
            CalendarDay(
                day=day, is_working=is_working, number=number, holiday=holidays.get(day, "")
            )
        )
        day += timedelta(days=1)
    CalendarDay.objects.bulk_create(made, batch_size=1000)
    if made:
        _kept.changed()
    return len(made)


def holidays(*, from_on: date) -> Iterable[CalendarDay]:
    """List the bank holidays on and after a day, first the next."""
    return CalendarDay.objects.filter(day__gte=from_on).exclude(holiday="").order_by("day")


def day_id(day: date) -> UUID:
    """Give the id under which a day stands on the timeline."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"calendar-day:{day.isoformat()}")


@transaction.atomic
def announce_holiday(*, by: User, at: datetime, day: date, name: str) -> int:
    """Add a bank holiday and count again every running clock that it touches.

    Returns how many clocks were counted again (decisions.md 12, 15).

    :raises PermissionDenied: `by` may not change the calendar
    :raises NotAHoliday: not a working day of the calendar, or in the past
    """
    from record import clocks

    authority = require(by, Permission.CALENDAR_EDIT, at=at)
    row = CalendarDay.objects.select_for_update().filter(pk=day).first()
    if row is None:
        raise NotAHoliday("The calendar does not hold this day yet.", field="day")
    if day < application_clock.today():
        raise NotAHoliday("This day is past. Announce a day to come.", field="day")
    if not row.is_working:
        why = row.holiday or ("Saturday" if day.weekday() == SATURDAY else "Sunday")
        raise NotAHoliday(f"The office is closed that day already: {why}.", field="day")
    row.is_working = False
    row.holiday = name.strip()[:80] or "Bank holiday"
    row.save(update_fields=["is_working", "holiday"])
    CalendarDay.objects.filter(day__gte=day).update(number=F("number") - 1)
    _kept.changed()
    touched = clocks.count_again(calendar=read(), day=day, by=by)
    events.append(
        "record.holiday_announced",
        authority=authority,
        at=at,
        subject_kind="calendar",
        subject_id=day_id(day),
        data={"day": day.isoformat(), "clocks": touched},
    )
    return touched
