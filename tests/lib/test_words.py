"""Dates, ages, clocks and lists in words. "Now" is Thursday 12 March 2026, 13:30."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from lib import words
from lib.dates import PartialDate
from lib.working_days import Calendar, Limit, Unit, instant

NOW = instant(date(2026, 3, 12), time(13, 30))
CALENDAR = Calendar.of({date(2026, 4, 3): "Good Friday", date(2026, 4, 6): "Easter Monday"})


def at(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    """Give a moment of 2026 in Slough."""
    return instant(date(2026, month, day), time(hour, minute))


def clock(limit: Limit, start: datetime, now: datetime = NOW) -> words.ClockWords:
    """Give the words of a clock that runs since `start`."""
    due_at = CALENDAR.due_at(start, limit)
    return words.clock_words(limit=limit, start=start, due_at=due_at, now=now, calendar=CALENDAR)


# Dates and times


def test_date_words_leave_out_the_year_inside_the_year_of_now():
    assert words.date_words(date(2026, 3, 12), now=NOW) == "Thu 12 March"
    assert words.date_words(date(2025, 12, 31), now=NOW) == "Wed 31 December 2025"


def test_date_words_keep_the_year_on_records():
    assert words.date_words(date(2026, 3, 12)) == "Thu 12 March 2026"
    assert words.date_words(date(2026, 3, 12), weekday=False) == "12 March 2026"


def test_date_words_take_the_year_of_slough_just_after_midnight():
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    assert words.date_words(date(2026, 12, 31), now=new_year) == "Thu 31 December"


def test_time_words_are_those_of_the_clock_in_slough():
    assert words.time_words(datetime(2026, 7, 1, 15, 45, tzinfo=UTC)) == "16:45"


def test_time_words_say_which_in_the_hour_that_happens_twice():
    assert words.time_words(datetime(2026, 10, 25, 0, 40, tzinfo=UTC)) == "01:40 (the first)"
    assert words.time_words(datetime(2026, 10, 25, 1, 40, tzinfo=UTC)) == "01:40 (the second)"
    assert words.time_words(datetime(2026, 10, 25, 2, 0, tzinfo=UTC)) == "02:00"


@pytest.mark.parametrize(
    ("day", "said"),
    [(11, "yesterday"), (12, "today"), (13, "tomorrow"), (14, "Sat 14 March")],
)
def test_day_words_are_relative_only_next_to_today(day, said):
    assert words.day_words(date(2026, 3, day), now=NOW) == said


def test_moment_words_put_day_before_time():
    assert words.moment_words(at(12, 11, 40), now=NOW) == "today, 11:40"
    assert words.moment_words(at(10, 22, 48), now=NOW) == "Tue 10 March, 22:48"
    assert words.moment_words(at(12, 13, 30)) == "Thu 12 March 2026, 13:30"


def test_due_words_follow_the_pictures():
    assert words.due_words(at(12, 15, 40), now=NOW) == "Due 15:40 today"
    assert words.due_words(at(13, 16, 45), now=NOW) == "Due tomorrow 16:45"
    assert words.due_words(at(16, 17, month=4), now=NOW) == "Due Thu 16 April, 17:00"
    assert words.due_words(at(16, 17, month=4), now=NOW, with_time=False) == "Due Thu 16 April"


@pytest.mark.parametrize(
    ("minutes", "said"), [(130, "2h 10m"), (40, "40m"), (60, "1h"), (0, "0m"), (-75, "1h 15m")]
)
def test_duration_words_drop_what_is_nothing(minutes, said):
    assert words.duration_words(timedelta(minutes=minutes, seconds=5 * (minutes > 0))) == said


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (PartialDate(2022, 2, 2), "2 February 2022"),
        (PartialDate(2022, 2), "February 2022"),
        (PartialDate(2022), "2022"),
    ],
)
def test_partial_date_words_say_what_is_known(known, said):
    assert words.partial_date_words(known) == said


# Ages


@pytest.mark.parametrize(
    ("born_on", "said"),
    [
        (date(2026, 3, 12), "under 1 week"),
        (date(2026, 3, 5), "1 week"),
        (date(2026, 2, 5), "5 weeks"),
        (date(2025, 12, 13), "12 weeks"),
        (date(2025, 12, 12), "3 months"),
        (date(2024, 3, 13), "23 months"),
        (date(2024, 3, 12), "2"),
        (date(2019, 11, 3), "6"),
        (date(2026, 3, 13), "not yet born"),
    ],
)
def test_age_words_use_weeks_months_then_years(born_on, said):
    assert words.age_words(on=date(2026, 3, 12), born_on=born_on) == said


def test_age_words_give_the_birthday_of_29_february_on_1_march():
    assert words.age_in_years(date(2008, 2, 29), on=date(2026, 2, 28)) == 17
    assert words.age_in_years(date(2008, 2, 29), on=date(2026, 3, 1)) == 18


def test_age_words_say_when_an_unborn_baby_is_due():
    today = date(2026, 3, 12)

    assert words.age_words(on=today, expected_on=date(2026, 6, 9)) == "due 9 June"
    assert words.age_words(on=today, expected_on=date(2027, 1, 2)) == "due 2 January 2027"
    assert words.age_words(on=today, expected_on=date(2026, 3, 1)) == "was due 1 March"


def test_age_words_keep_an_age_as_stated():
    assert words.age_words(on=date(2026, 3, 12), stated="about 5") == "about 5"
    assert words.age_words(on=date(2026, 3, 12)) == "age not known"


# Clocks


def test_clock_words_of_hours_say_when_and_what_is_left():
    said = clock(Limit(Unit.ELAPSED_HOURS, 4), at(12, 11, 40))

    assert (said.first, said.second, said.is_late) == ("Due 15:40 today", "2h 10m left", False)


def test_clock_words_of_days_say_the_day_and_the_date():
    said = clock(Limit(Unit.WORKING_DAYS, 45), at(10, 9, month=2))

    assert (said.first, said.second) == ("Day 22 of 45", "Due Thu 16 April")


def test_clock_words_late_by_days_keep_counting():
    said = clock(Limit(Unit.WORKING_DAYS, 1), at(9, 10, 12))

    assert (said.first, said.second, said.is_late) == ("Day 3 of 1", "2 working days late", True)
    assert said.as_one == "Day 3 of 1, 2 working days late"


def test_clock_words_late_by_one_day_are_singular():
    assert clock(Limit(Unit.WORKING_DAYS, 1), at(10, 9, 5)).second == "1 working day late"


def test_clock_words_late_the_same_day_give_hours():
    said = clock(Limit(Unit.WORKING_DAYS, 1), at(11, 9), now=at(12, 18, 5))

    assert (said.first, said.second) == ("Due 17:00 today", "1h 5m late")


def test_clock_words_late_over_a_weekend_are_not_a_working_day_late():
    said = clock(Limit(Unit.WORKING_DAYS, 1), at(12, 9), now=at(14, 10, 45))

    assert (said.first, said.second) == ("Day 1 of 1", "18h late")


def test_clock_words_of_one_day_due_tomorrow_name_the_early_friday():
    said = clock(Limit(Unit.WORKING_DAYS, 1), at(12, 8, 47))

    assert (said.first, said.second) == ("Due tomorrow 16:45", "1 working day left")


def test_clock_words_of_days_due_tomorrow_give_the_time():
    said = clock(Limit(Unit.WORKING_DAYS, 10), at(27, 11, month=2))

    assert (said.first, said.second) == ("Day 9 of 10", "Due tomorrow 16:45")


def test_clock_words_of_office_hours_say_when_the_clock_stops():
    said = clock(Limit(Unit.WORKING_HOURS, 6), at(12, 12, 0))

    assert (said.first, said.second) == ("Due tomorrow 10:00", "4h 30m left")
    assert said.note == "stops at 17:00, starts 09:00 tomorrow"


def test_clock_words_of_office_hours_say_that_the_clock_stands():
    said = clock(Limit(Unit.WORKING_HOURS, 6), at(13, 12, 0), now=at(14, 11))

    assert said.second == "1h 15m left"
    assert said.note == "stopped; starts 09:00 Mon 16 March"


def test_clock_words_of_calendar_days_count_weekends():
    assert clock(Limit(Unit.CALENDAR_DAYS, 20), at(6, 9)).first == "Day 6 of 20"


def test_counted_words_name_each_day_of_a_late_clock():
    counted = CALENDAR.arithmetic(at(9, 10, 12), Limit(Unit.WORKING_DAYS, 1))

    assert words.counted_words(counted, now=NOW, calendar=CALENDAR) == [
        "Started Mon 9 March, 10:12 (day 0) · limit Tue 10 March, 17:00 (day 1) · Wed 11 (day 2)"
        " · today (day 3).",
        "No weekend or bank holiday in between.",
    ]


def test_counted_words_name_the_bank_holidays_left_out():
    counted = CALENDAR.arithmetic(at(10, 9, month=2), Limit(Unit.WORKING_DAYS, 45))

    said = words.counted_words(counted, now=NOW, calendar=CALENDAR)

    assert said[0] == (
        "Started Tue 10 February, 09:00 (day 0) · Wed 11 (day 1) · limit Thu 16 April, 17:00"
        " (day 45)."
    )
    assert said[1] == (
        "9 weekends not counted; 2 bank holidays not counted: Fri 3 and Mon 6 April."
    )


def test_counted_words_of_hours_say_from_when():
    counted = CALENDAR.arithmetic(at(11, 20), Limit(Unit.WORKING_HOURS, 6))

    assert words.counted_words(counted, now=NOW, calendar=CALENDAR)[0] == (
        "Started yesterday, 20:00 · counted from today, 09:00 · limit today, 15:00."
    )


def test_counted_words_of_a_very_late_clock_stay_short():
    counted = CALENDAR.arithmetic(at(5, 9, month=1), Limit(Unit.WORKING_DAYS, 1))

    said = words.counted_words(counted, now=NOW, calendar=CALENDAR)[0]

    assert said.endswith("limit Tue 6 January, 17:00 (day 1) · Wed 7 (day 2) · today (day 48).")


# Lists and numbers


def test_list_of_names_joins_with_and():
    assert words.list_of_names([]) == ""
    assert words.list_of_names(["A"]) == "A"
    assert words.list_of_names(["A", "B", "C"]) == "A, B and C"


def test_list_of_names_says_how_many_more():
    assert words.list_of_names("ABCDEFGH") == "A, B, C, D, E and 3 more children"
    assert words.list_of_names("ABCDEF") == "A, B, C, D, E and 1 more child"


def test_names_with_ages_part_the_last_with_a_comma():
    people = [("Aaliyah Testwood", "7"), ("Zayn Testwood", "4"), ("an unborn baby", "")]

    said = words.names_with_ages(people)

    assert said == "Aaliyah Testwood, 7, Zayn Testwood, 4, and an unborn baby"


def test_plural_counts_in_words():
    assert words.plural(1, "child", "children") == "1 child"
    assert words.plural(41, "child", "children") == "41 children"
    assert words.plural(0, "contact") == "0 contacts"
    assert words.plural(20_000, "contact") == "20,000 contacts"


def test_possessive_adds_its_letter():
    assert words.possessive("Jayden") == "Jayden’s"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Yes, if it helps.", "“Yes, if it helps.”"),
        ("“Yes, if it helps.”", "“Yes, if it helps.”"),
        (' "Not now" ', "“Not now”"),
        ("“Yes,” she said, “if it helps.”", "““Yes,” she said, “if it helps.””"),
    ],
)
def test_words_of_the_family_stand_in_one_pair_of_marks(said, shown):
    assert words.quoted(said) == shown
