"""Jobs of the waiting list: pauses that end, reminders to ring, at the right local time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connections

from cases.choices import WaitingState
from cases.models import WaitingChange, WaitingGroup
from early_help import actions, tasks
from early_help.models import Pause
from early_help.queries import work
from lib import application_clock
from lib.working_days import instant
from record.models import Clock, Event, OutboxMessage, PersonalNotice
from record.tasks import deliver_outbox
from tests.early_help.helping import TYPED, asked_of, child, days, requested, waiting

pytestmark = pytest.mark.django_db


def run(task, at):
    with application_clock.set_to(at):
        task()


def paused(by, episode, *, at, until):
    return actions.pause(
        by=by, at=at, episode_id=episode.pk, until_on=until.date(), words="“After Easter.”"
    )


def test_pause_ends_with_the_london_day_it_was_asked_for(waits, early_help_coordinator):
    until = days(15)
    paused(early_help_coordinator, waits, at=days(10), until=until)
    midnight = instant(until.date() + timedelta(days=1), time())

    run(tasks.end_pauses, midnight - timedelta(minutes=1))
    assert WaitingGroup.objects.get().state == WaitingState.PAUSED
    run(tasks.end_pauses, midnight)
    assert WaitingGroup.objects.get().state == WaitingState.WAITING
    run(tasks.end_pauses, midnight + timedelta(hours=1))

    assert Event.objects.filter(code="early_help.resumed").count() == 1


@pytest.mark.parametrize(
    ("until", "ends"),
    [
        # Friday before the clocks go forward on 29 March: its midnight is in winter time.
        (datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 3, 28, 0, 0, tzinfo=UTC)),
        # Monday after: its midnight is at 23:00 UTC.
        (datetime(2026, 3, 30, tzinfo=UTC), datetime(2026, 3, 30, 23, 0, tzinfo=UTC)),
        # Monday after they went back on 25 October.
        (datetime(2026, 10, 26, tzinfo=UTC), datetime(2026, 10, 27, 0, 0, tzinfo=UTC)),
    ],
)
@pytest.mark.usefixtures("_typed_later")
def test_pause_ends_at_midnight_in_slough_across_both_clock_changes(
    early_help_worker, early_help_coordinator, until, ends
):
    start = until - timedelta(days=12)
    episode = waiting(
        early_help_coordinator,
        requested(early_help_worker, at=start),
        at=start + timedelta(hours=11),
    )
    paused(early_help_coordinator, episode, at=start + timedelta(hours=12), until=until)

    assert actions.end_pauses(at=ends - timedelta(minutes=1)) == 0
    assert actions.end_pauses(at=ends) == 1


def reminders():
    return OutboxMessage.objects.filter(payload__code="early_help.checks_due")


def test_reminder_comes_on_the_day_a_family_is_due_once_and_each_day_until_it_is_rung(
    waits, early_help_coordinator
):
    due = Clock.objects.get(rule="EH-REVIEW-P3").due_at
    nine = instant(due.date(), time(9))

    run(tasks.remind_of_safe_checks, nine - timedelta(days=1))
    assert not reminders().exists()
    for hour in range(3):
        run(tasks.remind_of_safe_checks, nine + timedelta(hours=hour))
    assert reminders().get().payload["user_id"] == str(early_help_coordinator.pk)
    run(tasks.remind_of_safe_checks, instant(days(1, since=due).date(), time(9)))

    assert reminders().count() == 2


@pytest.mark.usefixtures("_typed_later")
def test_one_line_for_all_families_and_none_at_a_weekend(
    early_help_worker, early_help_coordinator, monkeypatch
):
    for name in ("Aaliyah", "Leo", "Mina"):
        waiting(early_help_coordinator, requested(early_help_worker, child(name)))
    late = days(25)
    saturday = late + timedelta(days=(5 - late.weekday()) % 7)

    assert actions.remind_of_safe_checks(at=saturday) == 0
    assert actions.remind_of_safe_checks(at=saturday + timedelta(days=2)) == 1
    with application_clock.set_to(TYPED):
        deliver_outbox()

    notice = PersonalNotice.objects.get(code="early_help.checks_due")
    assert (notice.user, notice.subject_kind) == (early_help_coordinator, "team")
    assert asked_of(early_help_coordinator, at=late).count("Record a safe-check") == 3
    monkeypatch.setattr(work, "FEW", 2)
    asked = asked_of(early_help_coordinator, at=late)
    assert asked.count("Ring them in the order of the list") == 1
    assert "Record a safe-check" not in asked


def test_nothing_personal_stands_in_what_the_jobs_log_or_owe(waits, early_help_coordinator, caplog):
    caplog.set_level("DEBUG")
    paused(early_help_coordinator, waits, at=days(10), until=days(15))

    run(tasks.end_pauses, days(16))
    run(tasks.remind_of_safe_checks, days(25))

    said = " ".join(
        [
            f"{line.getMessage()} {line.__dict__}"
            for line in caplog.records
            if "sql" not in line.name
        ]
        + [str(message.payload) for message in OutboxMessage.objects.all()]
    )
    assert not [name for name in ("Aaliyah", "Testwood", "Easter", "Hana") if name in said]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_end_a_pause_once_and_owe_one_reminder(waits, early_help_coordinator):
    paused(early_help_coordinator, waits, at=days(10), until=days(15))
    late = days(25)
    barrier, ended, failed = threading.Barrier(2), [], []

    def work():
        try:
            barrier.wait()
            ended.append(actions.end_pauses(at=late))
            actions.remind_of_safe_checks(at=late)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert (failed, sum(ended)) == ([], 1)
    assert Pause.objects.get().ended_on == days(15).date()
    assert WaitingChange.objects.filter(what="state", by=None).count() == 1
    assert reminders().count() == 1
