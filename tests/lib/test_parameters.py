from datetime import UTC, datetime
from uuid import UUID

import pytest

from lib import parameters

ONE = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2026-03-12T11:00:00+00:00", datetime(2026, 3, 12, 11, tzinfo=UTC)),
        ("2026-03-12T11:00:00 00:00", datetime(2026, 3, 12, 11, tzinfo=UTC)),
        ("2026-03-12 11:00:00Z", datetime(2026, 3, 12, 11, tzinfo=UTC)),
        ("2026-01-01T00:00:00+23:00", datetime(2025, 12, 31, 1, tzinfo=UTC)),
        ("2026-01-01T00:00:00-23:59", datetime(2026, 1, 1, 23, 59, tzinfo=UTC)),
    ],
)
def test_moment_is_read_in_any_zone_and_given_in_utc(typed, read):
    given = parameters.moment(typed)

    assert given == read
    assert given.utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        "\x00",
        "today",
        "2026-03-12T11:00:00",
        "0001-01-01T00:00:00+05:00",
        "0001-01-01T00:00:00+00:00",
        "1899-12-31T23:59:59+00:00",
        "2200-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59-05:00",
        "2026-01-01T00:00:00+25:00",
    ],
)
def test_moment_that_cannot_be_is_none(typed):
    assert parameters.moment(typed) is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("7", 7),
        ("0007", 7),
        ("0", 1),
        (None, 1),
        ("", 1),
        ("-1", 1),
        ("²", 1),
        ("٣", 1),
        ("1e5", 1),
        ("9" * 7, 9_999_999),
        ("9" * 8, 1),
        ("9" * 5000, 1),
    ],
)
def test_number_is_plain_digits_or_what_is_usual(typed, read):
    assert parameters.number(typed, least=1) == read


@pytest.mark.parametrize("typed", [None, "", "x", "-1", "\x00", f"{ONE}0"])
def test_row_id_that_is_none_is_none(typed):
    assert parameters.row_id(typed) is None


def test_place_is_its_moments_and_the_last_row():
    moment = datetime(2026, 3, 12, 11, tzinfo=UTC)
    said = moment.isoformat()

    assert parameters.row_id(ONE) == UUID(ONE)
    assert parameters.place(f"{said}|{ONE}") == ([moment], UUID(ONE))
    assert parameters.place(f"{said}|{said}|{ONE}", moments=2) == ([moment, moment], UUID(ONE))
    for typed in (None, "", "||", said, f"{said}|x", f"|{ONE}", f"{said}|{said}|{ONE}"):
        assert parameters.place(typed) is None
