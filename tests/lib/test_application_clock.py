from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from lib import application_clock


def test_now_is_aware_and_in_utc():
    assert application_clock.now().utcoffset() == timedelta(0)


def test_set_to_holds_the_clock_and_lets_it_go_again():
    before = datetime.now(UTC)
    with application_clock.set_to(datetime(2024, 5, 1, 12, tzinfo=UTC)):
        held = application_clock.now()

    assert held == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert application_clock.now() >= before


def test_set_to_may_be_nested():
    with application_clock.set_to(datetime(2024, 5, 1, 12, tzinfo=UTC)):
        with application_clock.set_to(datetime(2024, 6, 1, 12, tzinfo=UTC)):
            inner = application_clock.now()
        outer = application_clock.now()

    assert (inner.month, outer.month) == (6, 5)


def test_set_to_turns_other_zones_into_utc():
    elsewhere = timezone(timedelta(hours=5))
    with application_clock.set_to(datetime(2024, 5, 1, 5, tzinfo=elsewhere)):
        assert application_clock.now().utcoffset() == timedelta(0)
        assert application_clock.now().hour == 0


def test_set_to_refuses_a_moment_without_a_zone():
    with (
        pytest.raises(ValueError, match="time zone"),
        application_clock.set_to(datetime(2024, 5, 1, 12)),
    ):
        raise AssertionError("the block must not run")


def test_today_is_the_day_in_slough():
    with application_clock.set_to(datetime(2024, 6, 30, 23, 30, tzinfo=UTC)):
        assert application_clock.today() == date(2024, 7, 1)
