from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import dates
from lib.dates import PartialDate


@pytest.mark.parametrize(
    "typed",
    [
        "14/3/2015",
        "14.03.15",
        "14-03-2015",
        "14 3 2015",
        "2015-03-14",
        "2015/3/14",
        "14 March 2015",
        "14th of March 2015",
        "14 Mar 15",
        "14 Mar ’15",
        "March 14, 2015",
        "14032015",
        "20150314",
        "140315",
        "DOB: 14/03/2015",
        "2015-03-14T00:00:00",
        "2015-03-14 00:00",
        "١٤/٣/٢٠١٥",
        " 14 / 03 / 2015 ",
        "3/14/2015",
    ],
)
def test_read_takes_every_usual_form(typed):
    given_date = dates.read(typed, latest_year=2026)

    assert given_date.value == PartialDate(2015, 3, 14)
    assert given_date.value.whole == date(2015, 3, 14)
    assert given_date.error == ""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2015", PartialDate(2015)),
        ("about 2015", PartialDate(2015)),
        ("3/2015", PartialDate(2015, 3)),
        ("2015-03", PartialDate(2015, 3)),
        ("March 2015", PartialDate(2015, 3)),
        ("Mar 15", PartialDate(2015, 3)),
    ],
)
def test_read_takes_a_date_in_part(typed, expected):
    assert dates.read(typed).value == expected
    assert expected.whole is None


def test_read_gives_the_other_reading_where_both_exist():
    assert dates.read("5/3/2015").swapped == date(2015, 5, 3)
    assert dates.read("3/3/2015").swapped is None
    assert dates.read("14/3/2015").swapped is None


def test_read_puts_a_short_year_in_the_past():
    assert dates.read("14/3/85", latest_year=2026).value == PartialDate(1985, 3, 14)
    assert dates.read("14/3/26", latest_year=2026).value == PartialDate(2026, 3, 14)
    assert dates.read("140327", latest_year=2026).value == PartialDate(1927, 3, 14)
    assert dates.read("14/3/2027", latest_year=2026).value == PartialDate(2027, 3, 14)


@pytest.mark.parametrize("typed", ["31/2/2015", "13/13/2015", "2015-00-10", "29 Feb 2015"])
def test_read_refuses_a_date_that_does_not_exist(typed):
    assert dates.read(typed).error == dates.NOT_REAL


@pytest.mark.parametrize("typed", ["hello", "14/3/2015/7", "1/1/1", "next Tuesday", "9" * 500])
def test_read_refuses_what_is_not_a_date(typed):
    assert dates.read(typed).error == dates.NOT_A_DATE


def test_read_of_nothing_is_nothing():
    assert dates.read("  ") == dates.ReadDate()


@given(st.text(max_size=40))
def test_read_answers_anything(typed):
    given_date = dates.read(typed)

    assert not (given_date.value and given_date.error)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_read_gives_back_any_date_written_out(day):
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d %B %Y", "%d%m%Y"):
        assert dates.read(day.strftime(form)).value == PartialDate(day.year, day.month, day.day)


@given(st.dates())
def test_swapping_day_and_month_twice_returns(day):
    other = dates.swap_day_and_month(day)

    if other is not None:
        assert dates.swap_day_and_month(other) == day
