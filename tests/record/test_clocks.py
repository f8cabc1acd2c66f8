from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, IntegrityError, transaction
from django.utils import timezone

from lib import application_clock
from lib.working_days import LONDON, Lateness
from record import calendar, clocks, policy
from record.clocks import Rule
from record.models import CalendarDay, Clock, ClockUnit, PolicyChange


def london(*parts):
    return datetime(*parts, tzinfo=LONDON).astimezone(UTC)


def start(code, at, subject_id, **rest):
    return clocks.start(code, subject_kind="test", subject_id=subject_id, started_at=at, **rest)


@pytest.mark.parametrize(
    ("code", "started_at", "due_at"),
    [
        ("T-ELAPSED", london(2026, 3, 12, 23, 30), london(2026, 3, 13, 3, 30)),
        # Clocks go forward: four hours are four hours.
        ("T-ELAPSED", london(2026, 3, 28, 23, 30), london(2026, 3, 29, 4, 30)),
        ("T-OFFICE", london(2026, 3, 13, 15, 0), london(2026, 3, 16, 13, 15)),
        ("T-SAME", london(2026, 3, 12, 16, 50), london(2026, 3, 13, 16, 45)),
        ("T-SAME", london(2026, 3, 14, 12, 0), london(2026, 3, 17, 9, 0)),
        ("T-DAYS", london(2026, 4, 2, 10, 0), london(2026, 4, 8, 17, 0)),
        # A night event has its own date as day 0.
        ("T-DAYS", london(2026, 3, 12, 2, 40), london(2026, 3, 16, 17, 0)),
        ("T-STAT", london(2022, 4, 13, 10, 0), london(2022, 4, 29, 16, 45)),
        ("T-OPEN", london(2026, 3, 14, 12, 0), london(2026, 3, 16, 10, 0)),
        ("T-OPEN", london(2026, 3, 16, 3, 0), london(2026, 3, 16, 10, 0)),
        ("T-CAL", london(2026, 3, 12, 10, 0), london(2026, 3, 15, 23, 59)),
    ],
)
def test_start_counts_every_unit(db, subject_id, code, started_at, due_at):
    clock = start(code, started_at, subject_id)

    assert clock.due_at == due_at
    assert started_at <= clock.warn_at <= clock.due_at


def test_months_are_counted_by_the_calendar(db, subject_id):
    clocks.register(Rule("T-MONTHS", "Test", ClockUnit.CALENDAR_MONTHS, 3, "The test"))

    clock = start("T-MONTHS", london(2026, 1, 31, 10, 0), subject_id)

    assert clock.due_at == london(2026, 4, 30, 23, 59)


def test_start_reads_the_limit_in_force_when_the_clock_started(
    db, subject_id, administrator, head_of_service
):
    PolicyChange.objects.create(
        key="test.days",
        value=5,
        from_on=date(2026, 3, 10),
        reason="More time",
        state="approved",
        proposed_by=administrator,
        proposed_at=london(2026, 3, 1, 9),
        answered_by=head_of_service,
        answered_at=london(2026, 3, 2, 9),
    )
    policy.forget()

    before = start("T-DAYS", london(2026, 3, 9, 23, 59), subject_id)
    after = start("T-DAYS", london(2026, 3, 10, 0, 1), uuid4())

    assert (before.limit, after.limit) == (2, 5)
    policy.forget()


def test_very_late_begins_two_working_days_after_the_due_date(db, subject_id):
    clock = start("T-DAYS", london(2026, 4, 1, 10, 0), subject_id)  # due Tue 7 April

    assert clock.due_at == london(2026, 4, 7, 17, 0)
    assert clock.very_late_at == london(2026, 4, 9, 0, 0)


def test_very_late_of_the_red_class_is_lateness_itself(db, subject_id):
    clock = start("T-ELAPSED", london(2026, 3, 12, 10, 0), subject_id)

    assert clock.very_late_at == clock.due_at


@pytest.mark.parametrize("code", ["T-ELAPSED", "T-DAYS", "T-OFFICE", "T-OPEN", "T-CAL"])
def test_group_agrees_with_the_calendar_and_with_sql(db, subject_id, code):
    clock = start(code, london(2026, 3, 31, 14, 0), subject_id)
    moments = [clock.started_at + timedelta(hours=3 * step) for step in range(100)]
    edges = [clock.warn_at, clock.due_at, clock.very_late_at]
    moments += [edge + timedelta(seconds=by) for edge in edges for by in (-1, 0, 1)]

    for moment in moments:
        group = clocks.group_of(clock.due_at, clock.warn_at, clock.very_late_at, moment)
        in_sql = (
            Clock.objects.annotate(
                place=clocks.group_case(
                    moment, due="due_at", warn="warn_at", very_late="very_late_at"
                )
            )
            .values_list("place", flat=True)
            .get(pk=clock.pk)
        )
        expected = calendar.calendar().lateness(
            due_at=clock.due_at,
            warn_at=clock.warn_at,
            now=moment,
            is_red_class=code == "T-ELAPSED",
        )
        assert Lateness(group) == expected, moment
        assert clocks.GROUPS[in_sql] == group, moment


def test_the_same_clock_cannot_run_twice(db, subject_id):
    start("T-DAYS", london(2026, 3, 12, 10, 0), subject_id)

    with pytest.raises(IntegrityError), transaction.atomic():
        start("T-DAYS", london(2026, 3, 12, 11, 0), subject_id)


def test_the_same_clock_can_run_for_each_child(db, subject_id, make_child):
    children = [make_child().pk, make_child("Zayn").pk]

    for child_id in children:
        start("T-DAYS", london(2026, 3, 12, 10, 0), subject_id, child_id=child_id)

    assert len(clocks.running(subject_ids=[subject_id])) == 2


def test_start_refuses_a_rule_nobody_registered(db, subject_id):
    with pytest.raises(clocks.UnknownRule):
        start("T-NONE", london(2026, 3, 12, 10, 0), subject_id)


def test_stop_keeps_when_and_why(at_eleven, db, subject_id):
    start("T-ELAPSED", london(2026, 3, 12, 2, 0), subject_id)

    stopped = clocks.stop("T-ELAPSED", subject_id=subject_id, at=at_eleven, late_reason="Queue")

    stored = Clock.objects.get()
    assert stopped == stored
    assert (stored.stopped_at, stored.stop_reason) == (at_eleven, "met")
    assert stored.late_reason == "Queue"
    assert clocks.running(subject_ids=[subject_id]) == []


def test_stop_gives_none_when_nothing_runs(at_eleven, db, subject_id):
    assert clocks.stop("T-DAYS", subject_id=subject_id, at=at_eleven) is None


def test_stop_leaves_the_clock_of_another_child(at_eleven, subject_id, make_child):
    one, other = make_child().pk, make_child("Zayn").pk
    start("T-DAYS", at_eleven, subject_id, child_id=one)
    start("T-DAYS", at_eleven, subject_id, child_id=other)

    clocks.stop("T-DAYS", subject_id=subject_id, at=at_eleven, child_id=one)

    assert [clock.child_id for clock in clocks.running(subject_ids=[subject_id])] == [other]


def test_stop_all_leaves_what_is_excepted(at_eleven, db, subject_id):
    start("T-DAYS", at_eleven, subject_id)
    start("T-CAL", at_eleven, subject_id)

    stopped = clocks.stop_all(subject_id=subject_id, at=at_eleven, except_codes=["T-CAL"])

    assert [clock.rule for clock in stopped] == ["T-DAYS"]
    assert [clock.rule for clock in clocks.running(subject_ids=[subject_id])] == ["T-CAL"]


@pytest.mark.parametrize("field", ["due_at", "started_at", "warn_at", "very_late_at"])
def test_database_refuses_to_move_a_clock(at_eleven, db, subject_id, field):
    clock = start("T-DAYS", at_eleven, subject_id)

    with pytest.raises(Error), transaction.atomic():
        Clock.objects.filter(pk=clock.pk).update(**{field: at_eleven + timedelta(days=9)})

    clock.refresh_from_db()
    assert clock.due_at == london(2026, 3, 16, 17, 0)


def test_database_refuses_to_delete_a_clock_or_stop_it_again(at_eleven, db, subject_id):
    clock = start("T-DAYS", at_eleven, subject_id)
    clocks.stop("T-DAYS", subject_id=subject_id, at=at_eleven)

    with pytest.raises(Error), transaction.atomic():
        Clock.objects.filter(pk=clock.pk).delete()
    with pytest.raises(Error), transaction.atomic():
        Clock.objects.filter(pk=clock.pk).update(stopped_at=at_eleven + timedelta(hours=1))

    assert Clock.objects.count() == 1


def test_late_reason_can_be_given_after_stopping(at_eleven, db, subject_id):
    clock = start("T-DAYS", at_eleven, subject_id)
    clocks.stop("T-DAYS", subject_id=subject_id, at=at_eleven)

    clocks.give_late_reason(clock_id=clock.pk, reason=" No answer from school ")

    assert Clock.objects.get().late_reason == "No answer from school"


# Counting again


def test_replace_keeps_the_old_clock_and_counts_anew(at_eleven, mash_manager, subject_id):
    old = start("T-DAYS", at_eleven - timedelta(days=1), subject_id)

    new = clocks.replace(
        "T-DAYS",
        subject_id=subject_id,
        started_at=at_eleven - timedelta(days=2),
        by=mash_manager,
        because="start_corrected",
    )

    old.refresh_from_db()
    assert (old.stop_reason, old.stopped_at) == ("replaced", at_eleven)
    assert new.replaces == old
    assert new.due_at == london(2026, 3, 12, 17, 0)
    assert clocks.running(subject_ids=[subject_id]) == [new]


def test_replace_for_a_rating_may_change_the_rule(at_eleven, mash_manager, subject_id):
    start("T-DAYS", at_eleven, subject_id)

    new = clocks.replace(
        "T-DAYS",
        subject_id=subject_id,
        started_at=at_eleven,
        by=mash_manager,
        because="rag_changed",
        new_rule_code="T-ELAPSED",
    )

    assert (new.rule, new.due_at) == ("T-ELAPSED", at_eleven + timedelta(hours=4))


@pytest.mark.parametrize("because", ["rag_changed", "class_changed", "priority_changed", "paused"])
def test_replace_refuses_a_statutory_clock_for_our_own_reasons(
    at_eleven, mash_manager, subject_id, because
):
    start("T-STAT", at_eleven, subject_id)

    with pytest.raises(clocks.StatutoryClock):
        clocks.replace(
            "T-STAT", subject_id=subject_id, started_at=at_eleven, by=mash_manager, because=because
        )

    assert Clock.objects.get().stopped_at is None


def test_replace_of_a_statutory_clock_needs_a_manager(
    at_eleven, mash_manager, contact_officer, subject_id
):
    start("T-STAT", at_eleven, subject_id)
    corrected = at_eleven - timedelta(days=1)

    with pytest.raises(PermissionDenied):
        clocks.replace(
            "T-STAT",
            subject_id=subject_id,
            started_at=corrected,
            by=contact_officer,
            because="start_corrected",
        )
    new = clocks.replace(
        "T-STAT",
        subject_id=subject_id,
        started_at=corrected,
        by=mash_manager,
        because="start_corrected",
    )

    assert new.started_at == corrected


def test_replace_refuses_a_stopped_clock(at_eleven, mash_manager, subject_id):
    start("T-DAYS", at_eleven, subject_id)
    clocks.stop("T-DAYS", subject_id=subject_id, at=at_eleven)

    with pytest.raises(clocks.NotRunning):
        clocks.replace(
            "T-DAYS",
            subject_id=subject_id,
            started_at=at_eleven,
            by=mash_manager,
            because="start_corrected",
        )


def test_replace_refuses_a_reason_it_does_not_know(at_eleven, mash_manager, subject_id):
    start("T-DAYS", at_eleven, subject_id)

    with pytest.raises(ValueError, match="because we like"):
        clocks.replace(
            "T-DAYS",
            subject_id=subject_id,
            started_at=at_eleven,
            by=mash_manager,
            because="because we like",
        )


def test_new_policy_does_not_touch_a_running_clock(
    at_eleven, administrator, head_of_service, subject_id
):
    clock = start("T-DAYS", at_eleven, subject_id)
    change = policy.propose_change(
        by=administrator,
        at=at_eleven,
        key="test.days",
        value=7,
        from_on=date(2026, 3, 12),
        reason="More time",
    )
    policy.approve(change_id=change.pk, by=head_of_service, at=at_eleven)

    later = start("T-DAYS", at_eleven + timedelta(seconds=1), uuid4())

    clock.refresh_from_db()
    assert (clock.limit, later.limit) == (2, 7)


def test_announced_holiday_counts_running_clocks_again(at_eleven, administrator, subject_id):
    carried = []
    clocks.carry("test", carried.extend)
    touched = start("T-STAT", at_eleven, subject_id)  # 10 working days: due Thu 26 March
    ended = start("T-DAYS", at_eleven - timedelta(days=9), uuid4())
    clocks.stop("T-DAYS", subject_id=ended.subject_id, at=at_eleven)
    elapsed = start("T-ELAPSED", at_eleven, uuid4())
    numbers = dict(CalendarDay.objects.values_list("day", "number"))

    count = calendar.announce_holiday(
        by=administrator, at=at_eleven, day=date(2026, 3, 20), name="Royal wedding"
    )

    touched.refresh_from_db()
    new = touched.replaced_by
    assert count == 1
    assert new.due_at == london(2026, 3, 27, 16, 45)
    assert (new.limit, new.replaced_because) == (10, "calendar_changed")
    assert carried == [subject_id]
    elapsed.refresh_from_db()
    assert elapsed.stopped_at is None
    after = dict(CalendarDay.objects.values_list("day", "number"))
    assert after[date(2026, 3, 19)] == numbers[date(2026, 3, 19)]
    assert after[date(2026, 3, 20)] == numbers[date(2026, 3, 20)] - 1


def test_next_due_is_the_earliest_that_runs(at_eleven, db, subject_id):
    start("T-DAYS", at_eleven, subject_id)
    first = start("T-ELAPSED", at_eleven, subject_id)

    assert clocks.next_due(subject_id) == clocks.NextDue(
        first.due_at, "T-ELAPSED", first.warn_at, first.very_late_at
    )
    assert clocks.next_due(uuid4()) is None


# How it was counted


def test_arithmetic_names_days_left_out(at_eleven, mash_manager, subject_id):
    start("T-DAYS", london(2026, 4, 2, 10, 0), subject_id, by=mash_manager)
    (clock,) = clocks.running(subject_ids=[subject_id])

    view = clocks.arithmetic(clock, london(2026, 4, 7, 12, 0))

    assert view.set_by == "Noor Placeholder"
    assert view.limit_words == "2 working days"
    assert view.first == "Day 1 of 2"
    assert "2 bank holidays not counted" in view.counted[-1]


def test_arithmetic_of_a_stopped_clock_stays_as_it_was(at_eleven, db, subject_id):
    start("T-ELAPSED", at_eleven - timedelta(hours=5), subject_id)
    clock = clocks.stop("T-ELAPSED", subject_id=subject_id, at=at_eleven)

    view = clocks.arithmetic(clock, at_eleven + timedelta(days=30))

    assert view.is_late
    assert view.second == "1h late"


def test_arithmetic_of_fifty_clocks_asks_nothing(at_eleven, db, django_assert_num_queries):
    ids = [uuid4() for _ in range(50)]
    for each in ids:
        start("T-DAYS", at_eleven, each)

    with django_assert_num_queries(1):
        views = [clocks.arithmetic(each, at_eleven) for each in clocks.running(subject_ids=ids)]

    assert len(views) == 50


def test_rule_with_an_opening_needs_its_time():
    with pytest.raises(ValueError, match="T-BAD"):
        Rule("T-BAD", "Bad", ClockUnit.NEXT_OPENING, 0, "The test")
    with pytest.raises(ValueError, match="T-BAD"):
        Rule("T-BAD", "Bad", ClockUnit.WORKING_DAYS, 1, "The test", clock_time=time(9, 0))


def test_register_refuses_another_meaning_of_a_rule():
    with pytest.raises(ValueError, match="T-DAYS"):
        clocks.register(Rule("T-DAYS", "Other", ClockUnit.WORKING_DAYS, 3, "The test"))


def test_recorded_at_is_the_application_clock(at_eleven, db, subject_id):
    with application_clock.set_to(at_eleven + timedelta(hours=1)):
        clock = start("T-DAYS", at_eleven, subject_id)

    assert clock.recorded_at == at_eleven + timedelta(hours=1)
    assert timezone.is_aware(clock.due_at)
