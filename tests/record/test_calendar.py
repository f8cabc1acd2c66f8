from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import transaction

from record import calendar
from record.models import CalendarDay, Event


def test_calendar_agrees_with_the_published_bank_holidays(db):
    known = calendar.calendar()

    assert known.first == date(2021, 1, 1)
    assert known.add_working_days(date(2022, 4, 13), 45) == date(2022, 6, 22)
    assert known.why_not_working(date(2022, 9, 19)) == (
        CalendarDay.objects.get(day=date(2022, 9, 19)).holiday
    )


def test_number_of_a_day_counts_working_days_for_sql(db):
    first = CalendarDay.objects.get(day=date(2022, 4, 13))
    last = CalendarDay.objects.get(day=date(2022, 6, 22))

    assert last.number - first.number == 45


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 3, 12, 16, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 12, 17, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 13, 16, 45, tzinfo=UTC), False),
        (datetime(2026, 4, 3, 10, 0, tzinfo=UTC), False),
    ],
)
def test_office_hours(db, moment, is_open):
    assert calendar.is_office_hours(moment) is is_open


def test_load_calendar_adds_only_what_is_missing(db):
    last = CalendarDay.objects.order_by("-day").first()

    made = calendar.load(last_year=last.day.year + 1)

    added = CalendarDay.objects.filter(day__year=last.day.year + 1)
    assert made == added.count() >= 365
    assert added.order_by("day").first().number in (last.number, last.number + 1)
    assert calendar.load(last_year=last.day.year + 1) == 0


def test_load_calendar_command_says_what_it_did(db, capsys):
    call_command("load_calendar")

    assert "days added to the calendar" in capsys.readouterr().out


def test_announce_holiday_changes_the_calendar_at_once(at_eleven, administrator):
    calendar.announce_holiday(by=administrator, at=at_eleven, day=date(2026, 3, 20), name="Wedding")

    assert not calendar.calendar().is_working_day(date(2026, 3, 20))
    assert Event.objects.get().code == "record.holiday_announced"


def test_announce_holiday_refuses_somebody_who_may_not(at_eleven, mash_manager):
    with pytest.raises(PermissionDenied):
        calendar.announce_holiday(by=mash_manager, at=at_eleven, day=date(2026, 3, 20), name="Day")

    assert CalendarDay.objects.get(day=date(2026, 3, 20)).is_working


@pytest.mark.parametrize(
    "day", [date(2026, 3, 21), date(2026, 4, 3), date(2026, 3, 11), date(2099, 1, 1)]
)
def test_announce_holiday_refuses_a_day_that_cannot_become_one(at_eleven, administrator, day):
    with pytest.raises(calendar.NotAHoliday):
        calendar.announce_holiday(by=administrator, at=at_eleven, day=day, name="Day")


def test_empty_calendar_is_an_error_not_a_guess(db):
    CalendarDay.objects.all().delete()

    with pytest.raises(calendar.CalendarEmpty):
        calendar.read()


def test_calendar_is_not_kept_from_a_change_that_is_undone(at_eleven, administrator):
    day = date(2026, 3, 20)

    with transaction.atomic():
        calendar.announce_holiday(by=administrator, at=at_eleven, day=day, name="Wedding")
        during = calendar.calendar().is_working_day(day)
        transaction.set_rollback(True)

    assert not during
    assert calendar.calendar().is_working_day(day)
