from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.working_days import (
    LONDON,
    Calendar,
    Lateness,
    Limit,
    NoSuchTime,
    OutsideCalendar,
    Unit,
    add_months,
    england_bank_holidays,
    instant,
    is_missing,
    is_repeated,
    london_date,
)

CALENDAR = Calendar.england(last_year=2029)

# England's bank holidays as published, kept apart from the package that computes them.
BANK_HOLIDAYS = """
2021-01-01 2021-04-02 2021-04-05 2021-05-03 2021-05-31 2021-08-30 2021-12-27 2021-12-28
2022-01-03 2022-04-15 2022-04-18 2022-05-02 2022-06-02 2022-06-03 2022-08-29 2022-09-19
2022-12-26 2022-12-27
2023-01-02 2023-04-07 2023-04-10 2023-05-01 2023-05-08 2023-05-29 2023-08-28 2023-12-25 2023-12-26
2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
"""

CON_DEC = Limit(Unit.WORKING_DAYS, 1)
CON_RED = Limit(Unit.ELAPSED_HOURS, 1)
MASH_R = Limit(Unit.ELAPSED_HOURS, 4)
MASH_A = Limit(Unit.SAME_CLOCK_TIME, 1)
MASH_G = Limit(Unit.SAME_CLOCK_TIME, 3)
EDT_HO = Limit(Unit.NEXT_OPENING, at=time(9))
EDT_ACK = Limit(Unit.NEXT_OPENING, at=time(10))
NEXT_WORKING_DAY = Limit(Unit.WORKING_DAYS, 1)
CE_SCR = Limit(Unit.WORKING_DAYS, 2)
COC_TRIAGE = Limit(Unit.WORKING_HOURS, 4)
RHI_72 = Limit(Unit.ELAPSED_HOURS, 72)
MISSING_24 = Limit(Unit.ELAPSED_HOURS, 24)


def at(text: str) -> datetime:
    """Read an instant, in London unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


days = st.dates(date(2021, 6, 1), date(2028, 6, 1))
moments = st.datetimes(datetime(2021, 6, 1), datetime(2028, 6, 1), timezones=st.just(UTC))
limits = st.one_of(
    st.builds(
        Limit,
        st.sampled_from([Unit.WORKING_DAYS, Unit.SAME_CLOCK_TIME, Unit.CALENDAR_DAYS]),
        st.integers(1, 60),
    ),
    st.builds(
        Limit,
        st.sampled_from([Unit.ELAPSED_HOURS, Unit.WORKING_HOURS]),
        st.decimals("0.25", "100", places=2),
    ),
    st.builds(Limit, st.just(Unit.CALENDAR_MONTHS), st.integers(1, 6)),
)


# Bank holidays and days


def test_holidays_are_those_published():
    published = [date.fromisoformat(day) for day in BANK_HOLIDAYS.split()]

    computed = [
        day
        for day, name in sorted(england_bank_holidays(2021, 2027).items())
        if day.weekday() < 5 and name
    ]

    assert computed == published


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2022-04-13", 1, "2022-04-14"),
        ("2022-04-14", 1, "2022-04-19"),
        ("2022-04-16", 1, "2022-04-19"),
        ("2022-04-13", 10, "2022-04-29"),
        ("2022-04-13", 45, "2022-06-22"),
        ("2022-01-04", 45, "2022-03-08"),
        ("2022-02-22", 45, "2022-04-28"),
        ("2022-05-26", 15, "2022-06-20"),
        ("2021-12-22", 10, "2022-01-10"),
        ("2022-04-19", -1, "2022-04-14"),
        ("2022-04-16", 0, "2022-04-16"),
    ],
)
def test_add_working_days_gives_the_published_vectors(start, count, expected):
    result = CALENDAR.add_working_days(date.fromisoformat(start), count)

    assert result == date.fromisoformat(expected)


def test_working_days_between_leaves_out_the_first_and_counts_the_last():
    assert CALENDAR.working_days_between(date(2022, 4, 13), date(2022, 4, 14)) == 1
    assert CALENDAR.working_days_between(date(2022, 4, 14), date(2022, 4, 18)) == 0
    assert CALENDAR.working_days_between(date(2022, 4, 14), date(2022, 4, 14)) == 0
    assert CALENDAR.working_days_between(date(2022, 4, 19), date(2022, 4, 14)) == -1


@given(days, st.integers(1, 120))
def test_add_working_days_lands_on_a_working_day_that_many_days_on(day, count):
    result = CALENDAR.add_working_days(day, count)

    assert CALENDAR.is_working_day(result)
    assert CALENDAR.working_days_between(day, result) == count


@given(days, st.integers(0, 120))
def test_add_working_days_forth_and_back_returns(day, count):
    assume(CALENDAR.is_working_day(day))

    assert CALENDAR.add_working_days(CALENDAR.add_working_days(day, count), -count) == day


@given(days, days, st.integers(0, 60))
def test_add_working_days_keeps_the_order_of_days(one, other, count):
    first, second = sorted((one, other))

    assert CALENDAR.add_working_days(first, count) <= CALENDAR.add_working_days(second, count)


@given(days, st.integers(0, 500))
def test_working_days_between_agrees_with_counting_each_day(start, length):
    end = start + timedelta(days=length)

    counted = sum(
        CALENDAR.is_working_day(start + timedelta(days=offset)) for offset in range(1, length + 1)
    )

    assert CALENDAR.working_days_between(start, end) == counted
    assert CALENDAR.working_days_between(end, start) == -counted


def test_calendar_refuses_days_whose_holidays_are_not_known():
    with pytest.raises(OutsideCalendar, match="2 January 2030"):
        CALENDAR.is_working_day(date(2030, 1, 2))
    with pytest.raises(OutsideCalendar):
        CALENDAR.working_days_between(date(2020, 12, 1), date(2021, 2, 1))


def test_calendar_takes_plain_dates_and_names_them():
    calendar = Calendar.of([date(2026, 3, 12)])

    assert not calendar.is_working_day(date(2026, 3, 12))
    assert calendar.why_not_working(date(2026, 3, 12)) == "Bank holiday"
    assert calendar.why_not_working(date(2026, 3, 14)) == "Saturday"
    assert calendar.why_not_working(date(2026, 3, 15)) == "Sunday"
    assert calendar.why_not_working(date(2026, 3, 13)) == ""


# The clock face


def test_the_repeated_hour_has_two_instants():
    first = instant(date(2025, 10, 26), time(1, 40))
    second = instant(date(2025, 10, 26), time(1, 40), second=True)

    assert second - first == timedelta(hours=1)
    assert is_repeated(date(2025, 10, 26), time(1, 40))
    assert not is_repeated(date(2025, 10, 26), time(2, 0))
    assert not is_repeated(date(2025, 10, 27), time(1, 40))


def test_second_changes_nothing_on_other_days():
    one = instant(date(2025, 10, 27), time(1, 40), second=True)

    assert one == instant(date(2025, 10, 27), time(1, 40))


def test_a_time_that_does_not_exist_is_refused():
    assert is_missing(date(2026, 3, 29), time(1, 30))
    with pytest.raises(NoSuchTime, match="clocks went forward"):
        instant(date(2026, 3, 29), time(1, 30))


def test_the_day_is_the_day_in_london():
    assert london_date(at("2025-06-30T23:30:00+00:00")) == date(2025, 7, 1)
    with pytest.raises(ValueError, match="time zone"):
        london_date(datetime(2025, 6, 30, 23, 30))


def test_add_months_keeps_to_the_end_of_shorter_months():
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert add_months(date(2025, 3, 15), -12) == date(2024, 3, 15)


# Office hours


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-10-06T08:59:59", False),
        ("2025-10-06T09:00:00", True),
        ("2025-10-06T16:59:59", True),
        ("2025-10-06T17:00:00", False),
        ("2025-10-10T16:44:59", True),
        ("2025-10-10T16:45:00", False),
        ("2025-10-11T12:00:00", False),
        ("2025-12-24T15:29:59", True),
        ("2025-12-24T15:30:00", False),
        ("2025-12-31T15:30:00", False),
        ("2025-12-25T12:00:00", False),
        ("2027-12-24T15:29:59", True),
        ("2027-12-31T15:30:00", False),
    ],
)
def test_office_hours_are_half_open(moment, expected):
    assert CALENDAR.is_office_hours(at(moment)) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-10-06T08:50", "2025-10-06T09:00"),
        ("2025-10-06T09:00", "2025-10-06T09:00"),
        ("2025-10-06T09:01", "2025-10-07T09:00"),
        ("2025-10-10T17:20", "2025-10-13T09:00"),
        ("2025-10-24T17:20", "2025-10-27T09:00:00+00:00"),
        ("2025-12-24T18:00", "2025-12-29T09:00"),
    ],
)
def test_next_opening_is_the_first_opening_not_yet_past(moment, expected):
    assert CALENDAR.next_opening(at(moment)) == at(expected).astimezone(UTC)


def test_the_office_neither_opens_nor_closes_on_a_holiday():
    assert CALENDAR.opens_at(date(2025, 12, 25)) is None
    assert CALENDAR.closes_at(date(2025, 12, 25)) is None


# Limits


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2025-10-09T16:50", MASH_A, "2025-10-10T16:45"),
        ("2025-10-10T16:50", MASH_A, "2025-10-14T09:00"),
        ("2025-12-23T16:00", MASH_A, "2025-12-24T15:30"),
        ("2025-10-10T15:00", COC_TRIAGE, "2025-10-13T11:15"),
        ("2025-10-10T12:45", COC_TRIAGE, "2025-10-10T16:45"),
        ("2025-10-11T02:00", COC_TRIAGE, "2025-10-13T13:00"),
        ("2025-10-24T17:00", MASH_R, "2025-10-24T21:00"),
        ("2025-10-25T23:30:00+01:00", MASH_R, "2025-10-26T02:30:00+00:00"),
        ("2026-03-28T23:00:00+00:00", MASH_R, "2026-03-29T04:00:00+01:00"),
        ("2025-10-10T15:00", Limit(Unit.WORKING_DAYS, 0), "2025-10-10T16:45"),
        ("2025-10-10T18:00", Limit(Unit.WORKING_DAYS, 0), "2025-10-13T17:00"),
        ("2025-10-11T15:00", Limit(Unit.WORKING_DAYS, 0), "2025-10-13T17:00"),
        ("2025-10-11T15:00", Limit(Unit.CALENDAR_DAYS, 0), "2025-10-11T23:59"),
        ("2025-10-11T15:00", Limit(Unit.CALENDAR_DAYS, 20), "2025-10-31T23:59"),
        ("2025-11-30T15:00", Limit(Unit.CALENDAR_MONTHS, 3), "2026-02-28T23:59"),
        ("2025-10-10T15:00", Limit(Unit.WORKING_HOURS, Decimal("1.5")), "2025-10-10T16:30"),
    ],
)
def test_due_at_counts_each_unit_its_own_way(start, limit, expected):
    assert CALENDAR.due_at(at(start), limit) == at(expected).astimezone(UTC)


SAMPLES = [
    # Contact, received, limit, due.
    ("SC-01", "2025-08-25T15:10:00+01:00", CON_DEC, "2025-08-26T17:00:00+01:00"),
    ("SC-01", "2025-08-25T15:10:00+01:00", CON_RED, "2025-08-25T16:10:00+01:00"),
    ("SC-01", "2025-08-25T15:10:00+01:00", MASH_R, "2025-08-25T19:10:00+01:00"),
    ("SC-01", "2025-08-25T15:10:00+01:00", EDT_HO, "2025-08-26T09:00:00+01:00"),
    ("SC-01", "2025-08-25T15:10:00+01:00", EDT_ACK, "2025-08-26T10:00:00+01:00"),
    ("SC-01", "2025-08-25T15:10:00+01:00", NEXT_WORKING_DAY, "2025-08-26T17:00:00+01:00"),
    ("SC-01", "2025-08-25T15:10:00+01:00", CE_SCR, "2025-08-27T17:00:00+01:00"),
    ("SC-01", "2025-08-24T22:30:00+01:00", MISSING_24, "2025-08-25T22:30:00+01:00"),
    ("SC-02", "2025-09-08T08:35:00+01:00", CON_DEC, "2025-09-09T17:00:00+01:00"),
    ("SC-02", "2025-09-08T08:35:00+01:00", MASH_A, "2025-09-09T09:00:00+01:00"),
    ("SC-02", "2025-09-08T08:35:00+01:00", EDT_HO, "2025-09-08T09:00:00+01:00"),
    ("SC-02", "2025-09-08T08:35:00+01:00", EDT_ACK, "2025-09-08T10:00:00+01:00"),
    ("SC-03", "2025-09-11T02:40:00+01:00", CON_DEC, "2025-09-12T16:45:00+01:00"),
    ("SC-03", "2025-09-11T02:40:00+01:00", CON_RED, "2025-09-11T03:40:00+01:00"),
    ("SC-03", "2025-09-11T02:40:00+01:00", MASH_R, "2025-09-11T06:40:00+01:00"),
    ("SC-03", "2025-09-11T02:40:00+01:00", EDT_HO, "2025-09-11T09:00:00+01:00"),
    ("SC-03", "2025-09-11T02:40:00+01:00", EDT_ACK, "2025-09-11T10:00:00+01:00"),
    ("SC-04", "2025-09-16T11:20:00+01:00", CON_DEC, "2025-09-17T17:00:00+01:00"),
    ("SC-04", "2025-09-16T11:20:00+01:00", MASH_A, "2025-09-17T11:20:00+01:00"),
    ("SC-05", "2025-09-19T15:55:00+01:00", CON_DEC, "2025-09-22T17:00:00+01:00"),
    ("SC-05", "2025-09-19T15:55:00+01:00", MASH_R, "2025-09-19T19:55:00+01:00"),
    ("SC-06", "2025-09-24T18:45:00+01:00", CON_DEC, "2025-09-25T17:00:00+01:00"),
    ("SC-06", "2025-09-24T18:45:00+01:00", MASH_G, "2025-09-30T09:00:00+01:00"),
    ("SC-06", "2025-09-24T18:45:00+01:00", EDT_HO, "2025-09-25T09:00:00+01:00"),
    ("SC-07", "2025-10-01T09:25:00+01:00", CON_DEC, "2025-10-02T17:00:00+01:00"),
    ("SC-08", "2025-10-02T16:20:00+01:00", CON_DEC, "2025-10-03T16:45:00+01:00"),
    ("SC-08", "2025-10-02T16:20:00+01:00", MASH_A, "2025-10-03T16:20:00+01:00"),
    ("SC-09", "2025-10-07T16:45:00+01:00", CON_DEC, "2025-10-08T17:00:00+01:00"),
    ("SC-09", "2025-10-07T16:45:00+01:00", MASH_A, "2025-10-08T16:45:00+01:00"),
    ("SC-09", "2025-10-07T16:45:00+01:00", CE_SCR, "2025-10-09T17:00:00+01:00"),
    ("SC-10", "2025-10-08T12:30:00+01:00", CON_DEC, "2025-10-09T17:00:00+01:00"),
    ("SC-10", "2025-10-08T12:30:00+01:00", MASH_G, "2025-10-13T12:30:00+01:00"),
    ("SC-11", "2025-10-09T13:15:00+01:00", CON_DEC, "2025-10-10T16:45:00+01:00"),
    ("SC-11", "2025-10-09T13:15:00+01:00", MASH_A, "2025-10-10T13:15:00+01:00"),
    ("SC-11", "2025-10-09T13:15:00+01:00", CE_SCR, "2025-10-13T17:00:00+01:00"),
    ("SC-12", "2025-10-13T10:00:00+01:00", CON_DEC, "2025-10-14T17:00:00+01:00"),
    ("SC-12", "2025-10-13T10:00:00+01:00", MASH_G, "2025-10-16T10:00:00+01:00"),
    ("SC-13", "2025-10-14T15:35:00+01:00", CON_DEC, "2025-10-15T17:00:00+01:00"),
    ("SC-13", "2025-10-14T15:35:00+01:00", CON_RED, "2025-10-14T16:35:00+01:00"),
    ("SC-13", "2025-10-14T15:35:00+01:00", CE_SCR, "2025-10-16T17:00:00+01:00"),
    ("SC-14", "2025-10-15T10:50:00+01:00", CON_DEC, "2025-10-16T17:00:00+01:00"),
    ("SC-14", "2025-10-15T10:50:00+01:00", COC_TRIAGE, "2025-10-15T14:50:00+01:00"),
    ("SC-15", "2025-10-21T09:05:00+01:00", CON_DEC, "2025-10-22T17:00:00+01:00"),
    ("SC-16", "2025-10-24T17:20:00+01:00", CON_DEC, "2025-10-27T17:00:00+00:00"),
    ("SC-16", "2025-10-24T17:20:00+01:00", MASH_R, "2025-10-24T21:20:00+01:00"),
    ("SC-16", "2025-10-24T17:20:00+01:00", EDT_HO, "2025-10-27T09:00:00+00:00"),
    ("SC-16", "2025-10-24T17:20:00+01:00", EDT_ACK, "2025-10-27T10:00:00+00:00"),
    ("SC-17", "2025-10-26T01:40:00+01:00", CON_DEC, "2025-10-27T17:00:00+00:00"),
    ("SC-17", "2025-10-26T01:40:00+01:00", CON_RED, "2025-10-26T01:40:00+00:00"),
    ("SC-17", "2025-10-26T01:40:00+01:00", MASH_R, "2025-10-26T04:40:00+00:00"),
    ("SC-17", "2025-10-26T01:40:00+01:00", EDT_HO, "2025-10-27T09:00:00+00:00"),
    ("SC-17", "2025-10-26T01:40:00+01:00", CE_SCR, "2025-10-28T17:00:00+00:00"),
    ("SC-18", "2025-10-27T08:50:00+00:00", CON_DEC, "2025-10-28T17:00:00+00:00"),
    ("SC-18", "2025-10-27T08:50:00+00:00", EDT_HO, "2025-10-27T09:00:00+00:00"),
    ("SC-18", "2025-10-27T08:50:00+00:00", EDT_ACK, "2025-10-27T10:00:00+00:00"),
    ("SC-18", "2025-10-26T03:00:00+00:00", RHI_72, "2025-10-29T03:00:00+00:00"),
    ("SC-19", "2025-11-04T10:10:00+00:00", CON_DEC, "2025-11-05T17:00:00+00:00"),
    ("SC-19", "2025-11-04T10:10:00+00:00", MASH_G, "2025-11-07T10:10:00+00:00"),
    ("SC-20", "2025-11-05T11:40:00+00:00", CON_DEC, "2025-11-06T17:00:00+00:00"),
    ("SC-20", "2025-11-05T11:40:00+00:00", MASH_R, "2025-11-05T15:40:00+00:00"),
]


@pytest.mark.parametrize(("contact", "received", "limit", "due"), SAMPLES)
def test_due_at_gives_the_times_stated_for_the_sample_contacts(contact, received, limit, due):
    assert CALENDAR.due_at(at(received), limit) == at(due), contact


@pytest.mark.parametrize(
    ("received", "out_of_hours"),
    [
        ("2025-08-25T15:10:00+01:00", True),
        ("2025-09-08T08:35:00+01:00", True),
        ("2025-09-11T02:40:00+01:00", True),
        ("2025-09-19T15:55:00+01:00", False),
        ("2025-10-07T16:45:00+01:00", False),
        ("2025-10-24T17:20:00+01:00", True),
        ("2025-10-26T01:40:00+01:00", True),
        ("2025-10-27T08:50:00+00:00", True),
        ("2025-11-05T11:40:00+00:00", False),
    ],
)
def test_out_of_hours_is_as_stated_for_the_sample_contacts(received, out_of_hours):
    assert CALENDAR.is_office_hours(at(received)) is not out_of_hours


@given(moments, moments, limits)
def test_an_earlier_start_is_never_due_later(one, other, limit):
    first, second = sorted((one, other))

    assert CALENDAR.due_at(first, limit) <= CALENDAR.due_at(second, limit)


@given(moments, limits)
def test_a_limit_is_due_after_its_start_and_warns_between(start, limit):
    due, warn = CALENDAR.due_at(start, limit), CALENDAR.warn_at(start, limit)

    assert start < due
    assert start <= warn <= due


@given(moments, st.integers(1, 60))
def test_a_limit_in_working_time_is_due_while_the_office_is_open_or_closing(start, count):
    for unit in (Unit.WORKING_DAYS, Unit.SAME_CLOCK_TIME, Unit.WORKING_HOURS):
        due = CALENDAR.due_at(start, Limit(unit, count))
        closes = CALENDAR.closes_at(london_date(due))

        assert closes is not None
        assert CALENDAR.opens_at(london_date(due)) <= due <= closes


@given(moments, st.decimals("0.25", "60", places=2))
def test_working_hours_are_office_time(start, hours):
    due = CALENDAR.working_hours(start, hours)

    assert CALENDAR.office_time_between(start, due) == timedelta(seconds=float(hours * 3600))


# Warnings


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2025-10-06T10:00", MASH_R, "2025-10-06T13:00"),
        ("2025-10-06T10:00", CON_DEC, "2025-10-07T09:00"),
        ("2025-10-06T10:00", Limit(Unit.WORKING_DAYS, 10), "2025-10-16T09:00"),
        ("2025-10-06T10:00", Limit(Unit.WORKING_DAYS, 45), "2025-11-21T09:00"),
        ("2025-10-06T10:00", COC_TRIAGE, "2025-10-06T13:00"),
        ("2025-10-06T16:00", COC_TRIAGE, "2025-10-07T11:00"),
        ("2025-10-07T11:20", MASH_A, "2025-10-08T09:20"),
        ("2025-10-07T18:00", EDT_HO, "2025-10-08T05:15"),
    ],
)
def test_warn_at_is_three_quarters_in_the_unit_of_the_limit(start, limit, expected):
    assert CALENDAR.warn_at(at(start), limit) == at(expected).astimezone(UTC)


# How this is counted


def test_arithmetic_names_the_days_left_out():
    count = CALENDAR.arithmetic(at("2026-04-02T11:40"), Limit(Unit.WORKING_DAYS, 2))

    assert [(day.day.day, day.number) for day in count.days] == [
        (2, 0),
        (3, None),
        (4, None),
        (5, None),
        (6, None),
        (7, 1),
        (8, 2),
    ]
    assert [day.left_out_because for day in count.bank_holidays] == ["Good Friday", "Easter Monday"]
    assert count.due_at == at("2026-04-08T17:00")


def test_arithmetic_counts_working_time_from_the_next_opening():
    count = CALENDAR.arithmetic(at("2025-10-10T17:20"), MASH_A)

    assert count.counted_from == at("2025-10-13T09:00")
    assert [(day.day.day, day.number, day.left_out_because) for day in count.days] == [
        (10, None, "After closing"),
        (11, None, "Saturday"),
        (12, None, "Sunday"),
        (13, 0, ""),
        (14, 1, ""),
    ]


def test_arithmetic_of_elapsed_hours_leaves_nothing_out():
    count = CALENDAR.arithmetic(at("2025-10-10T17:20"), RHI_72)

    assert count.left_out == ()
    assert [day.number for day in count.days] == [0, 1, 2, 3]


@given(moments, st.integers(1, 45))
def test_arithmetic_ends_on_the_number_of_the_limit(start, number):
    for unit in (Unit.WORKING_DAYS, Unit.SAME_CLOCK_TIME):
        count = CALENDAR.arithmetic(start, Limit(unit, number))

        assert count.days[-1].number == number
        assert count.days[-1].day == london_date(count.due_at)


# Limits that make no sense


def test_limit_refuses_what_cannot_be_counted():
    with pytest.raises(ValueError, match="negative"):
        Limit(Unit.WORKING_DAYS, -1)
    with pytest.raises(ValueError, match="whole number"):
        Limit(Unit.WORKING_DAYS, Decimal("1.5"))
    with pytest.raises(ValueError, match="time of day"):
        Limit(Unit.NEXT_OPENING)
    with pytest.raises(ValueError, match="time of day"):
        Limit(Unit.ELAPSED_HOURS, 1, at=time(9))


# Groups of a list


@pytest.mark.parametrize(
    ("now", "is_red_class", "expected"),
    [
        ("2025-10-07T08:00", False, Lateness.LATER),
        ("2025-10-08T08:00", False, Lateness.DUE_SOON),
        ("2025-10-08T17:00", False, Lateness.DUE_SOON),
        ("2025-10-08T17:00:01", False, Lateness.OVERDUE),
        ("2025-10-09T12:00", False, Lateness.OVERDUE),
        ("2025-10-10T09:00", False, Lateness.VERY_OVERDUE),
        ("2025-10-08T17:00", True, Lateness.DUE_SOON),
        ("2025-10-08T17:00:01", True, Lateness.VERY_OVERDUE),
    ],
)
def test_lateness_groups_by_working_days_past_the_limit(now, is_red_class, expected):
    group = CALENDAR.lateness(
        due_at=at("2025-10-08T17:00"),
        warn_at=at("2025-10-08T13:00"),
        now=at(now),
        is_red_class=is_red_class,
    )

    assert group == expected


def test_lateness_over_a_weekend_is_not_yet_very_overdue():
    group = CALENDAR.lateness(
        due_at=at("2025-10-10T16:45"), warn_at=at("2025-10-10T09:00"), now=at("2025-10-13T16:00")
    )

    assert group == Lateness.OVERDUE


def test_lateness_warns_before_the_day_it_is_due():
    group = CALENDAR.lateness(
        due_at=at("2025-10-10T16:45"), warn_at=at("2025-10-09T09:00"), now=at("2025-10-09T09:00")
    )

    assert group == Lateness.DUE_SOON


def test_lateness_ranks_the_gravest_first():
    assert [group.rank for group in Lateness] == [0, 1, 2, 3]
