"""The schedule and the queues agree with the tasks there are, and with the clock of Slough."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lib.working_days import LONDON
from slough_front_door.celery import EveryHour, app

app.loader.import_default_modules()
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


@pytest.mark.parametrize("entry", sorted(app.conf.beat_schedule))
def test_schedule_names_a_task_that_exists(entry):
    assert app.conf.beat_schedule[entry]["task"] in OURS


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("record.tasks.deliver_outbox", "outbox"),
        ("record.tasks.sweep_drafts", "sweeps"),
        ("oversight.tasks.export_rows", "exports"),
        ("record.tasks.ensure_partitions", "default"),
    ],
)
def test_task_goes_to_its_queue(task, queue):
    assert app.amqp.router.route({}, task)["queue"].name == queue


def runs(entry: str, start: datetime, hours: int) -> Iterator[datetime]:
    """When an entry runs, asked every minute as beat does."""
    schedule = copy.copy(app.conf.beat_schedule[entry]["schedule"])
    last = moment = start
    schedule.nowfun = lambda: moment.astimezone(LONDON)
    while moment < start + timedelta(hours=hours):
        moment += timedelta(minutes=1)
        if schedule.is_due(last).is_due:
            yield moment
            last = moment


NIGHTS = [
    datetime(2026, 3, 28, 22, 30, tzinfo=UTC),  # the clocks go forward at 01:00 UTC
    datetime(2026, 10, 24, 22, 30, tzinfo=UTC),  # they go back at 01:00 UTC
    datetime(2026, 3, 12, 22, 30, tzinfo=UTC),
]
EVERY_HOUR = [
    name
    for name, entry in sorted(app.conf.beat_schedule.items())
    if isinstance(entry["schedule"], EveryHour)
]


@pytest.mark.parametrize("night", NIGHTS, ids=str)
@pytest.mark.parametrize("entry", EVERY_HOUR)
def test_what_runs_every_hour_leaves_out_none_when_the_clocks_change(entry, night):
    within = len(app.conf.beat_schedule[entry]["schedule"].minute)

    assert len(list(runs(entry, night, 4))) == 4 * within


@pytest.mark.parametrize("night", NIGHTS, ids=str)
def test_flags_are_swept_at_nine_and_at_ten_on_the_morning_after(night):
    swept = {
        moment.astimezone(LONDON).strftime("%H:%M") for moment in runs("sweep-flags", night, 12)
    }

    assert {"09:00", "10:00"} <= swept


@pytest.mark.parametrize("night", NIGHTS, ids=str)
def test_what_runs_by_the_clock_of_slough_keeps_to_it_when_the_clocks_change(night):
    first = next(runs("remind-of-safe-checks", night, 13)).astimezone(LONDON)

    assert (first.hour, first.minute) == (9, 0)
    assert len(list(runs("sweep-data-quality", night, 12))) == 1


def test_schedule_is_kept_by_beat_and_read_again():
    schedule = app.conf.beat_schedule["sweep-flags"]["schedule"]

    again = copy.copy(schedule)  # by __reduce__, as beat’s file keeps it

    assert (type(again), again.tz, again.minute) == (EveryHour, UTC, schedule.minute)
