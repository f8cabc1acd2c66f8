"""Who is a child on a day: unborn, under 18, or taken for a child because nobody knows better.

A pure module. Somebody born on 29 February is 18 on 28 February of an ordinary year (domain
reference, section 8).
"""

from __future__ import annotations

from datetime import date, timedelta

from people import timescales


def latest_adult_birth(on: date, *, years: int = timescales.ADULT_AT_YEARS) -> date:
    """Give the latest date of birth of somebody who is `years` old on the day `on`."""
    year = on.year - years
    if (on.month, on.day) == (2, 29):
        return _last_of_february(year)
    day = on.replace(year=year)
    is_last_of_february = (on + timedelta(days=1)).month == 3 and on.month == 2
    return _last_of_february(year) if is_last_of_february else day


def _last_of_february(year: int) -> date:
    return date(year, 3, 1) - timedelta(days=1)


def is_adult_by_birth(born_on: date, *, on: date, years: int = timescales.ADULT_AT_YEARS) -> bool:
    """Say whether somebody born that day has reached `years` on the day `on`."""
    return born_on <= latest_adult_birth(on, years=years)
