from datetime import date

import pytest

from people.ages import is_adult_by_birth, latest_adult_birth


@pytest.mark.parametrize(
    ("born", "on", "is_adult"),
    [
        (date(2008, 3, 12), date(2026, 3, 11), False),
        (date(2008, 3, 12), date(2026, 3, 12), True),
        (date(2008, 2, 29), date(2026, 2, 27), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2010, 2, 28), date(2028, 2, 28), True),
        (date(2010, 3, 1), date(2028, 2, 29), False),
        (date(2010, 2, 28), date(2028, 2, 29), True),
        (date(2008, 12, 31), date(2026, 12, 30), False),
    ],
)
def test_adult_from_the_eighteenth_birthday(born, on, is_adult):
    assert is_adult_by_birth(born, on=on) is is_adult


def test_latest_birth_of_an_adult_on_a_leap_day():
    assert latest_adult_birth(date(2028, 2, 29)) == date(2010, 2, 28)
