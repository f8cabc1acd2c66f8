"""Start and stop the clocks of a child in need plan and keep the `next_*` columns of its list."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from accounts.models import User
from assessments.models import CinPlan
from cases.models import VisitChild
from lib.working_days import add_months
from people.choices import Stage
from people.models import Person
from record import clocks

SUBJECT = "cin_plan"
DRIFT = {6: "CIN-DRIFT-6", 9: "CIN-DRIFT-9", 12: "CIN-DRIFT-12"}


def checked_from(active_on: date, months: int) -> date:
    """The first day on which a plan is checked for drift: a month before it is that old."""
    return add_months(active_on, months - 1)


def start_meeting(plan: CinPlan, *, since: datetime, by: User) -> None:
    """Start the time to the first meeting, from the authorised assessment."""
    _start("CIN-MEET", plan, started_at=since, by=by)
    place(plan)


def start_running(plan: CinPlan, *, child_ids: Sequence[UUID], at: datetime, by: User) -> None:
    """Start what runs while the plan does: first review, visits to each child, drift."""
    _start("CIN-REV-1", plan, started_at=at, by=by)
    for rule in DRIFT.values():
        _start(rule, plan, started_at=at, by=by)
    start_visits(plan, child_ids=child_ids, at=at, by=by)
    place(plan)


def start_visits(plan: CinPlan, *, child_ids: Sequence[UUID], at: datetime, by: User) -> None:
    """Start the time to each child's next visit, from when the child was last seen.

    A baby who is not born cannot be seen: nothing runs before birth.
    """
    born = {
        pk
        for (pk,) in Person.objects.filter(pk__in=child_ids)
        .exclude(stage=Stage.UNBORN)
        .values_list("pk")
    }
    running = {
        clock.child_id
        for clock in clocks.running(subject_ids=[plan.pk])
        if clock.rule == "CIN-VISIT"
    }
    seen = dict(
        VisitChild.objects.filter(child__in=child_ids, was_seen=True, at__lte=at)
        .values("child_id")
        .annotate(seen_at=Max("at"))
        .values_list("child_id", "seen_at")
    )
    for child_id in child_ids:
        if child_id not in born or child_id in running:
            continue
        _start(
            "CIN-VISIT",
            plan,
            started_at=seen.get(child_id, at),
            by=by,
            child_id=child_id,
            limit=plan.visit_every,
        )


def seen(plan: CinPlan, *, child_id: UUID, at: datetime, by: User) -> None:
    """Count to the next visit from this one, unless a later one is counted from already."""
    running = [
        clock
        for clock in clocks.running(subject_ids=[plan.pk])
        if clock.rule == "CIN-VISIT" and clock.child_id == child_id
    ]
    if not running or running[0].started_at > at:
        return
    clocks.stop("CIN-VISIT", subject_id=plan.pk, child_id=child_id, at=at)
    _start("CIN-VISIT", plan, started_at=at, by=by, child_id=child_id, limit=plan.visit_every)
    place(plan)


def reviewed(plan: CinPlan, *, at: datetime, by: User) -> None:
    """Stop the time to this review and start the one to the next."""
    for rule in ("CIN-REV-1", "CIN-REV"):
        clocks.stop(rule, subject_id=plan.pk, at=at)
    _start("CIN-REV", plan, started_at=at, by=by)
    place(plan)


def stop(rule: str, plan: CinPlan, *, at: datetime) -> None:
    """Stop one clock, if it runs."""
    clocks.stop(rule, subject_id=plan.pk, at=at)
    place(plan)


def stop_child(plan: CinPlan, *, child_id: UUID, at: datetime) -> None:
    """Stop what runs for a child whose part has ended."""
    clocks.stop("CIN-VISIT", subject_id=plan.pk, child_id=child_id, at=at, reason="not_needed")
    place(plan)


def stop_all(plan: CinPlan, *, at: datetime) -> None:
    """Stop everything: the plan has ended."""
    clocks.stop_all(subject_id=plan.pk, at=at)
    place(plan)


def _start(
    rule: str,
    plan: CinPlan,
    *,
    started_at: datetime,
    by: User,
    child_id: UUID | None = None,
    limit: int | None = None,
) -> None:
    clocks.start(
        rule,
        subject_kind=SUBJECT,
        subject_id=plan.pk,
        started_at=started_at,
        by=by,
        child_id=child_id,
        limit=limit,
    )


def place(plan: CinPlan) -> None:
    """Copy the earliest running limit to the row, so that lists sort by it."""
    earliest = clocks.earliest(clocks.running(subject_ids=[plan.pk]))
    plan.next_due_at = earliest.due_at if earliest else None
    plan.next_due_code = earliest.rule if earliest else ""
    plan.next_warn_at = earliest.warn_at if earliest else None
    plan.next_very_late_at = earliest.very_late_at if earliest else None
    CinPlan.objects.filter(pk=plan.pk).update(
        next_due_at=plan.next_due_at,
        next_due_code=plan.next_due_code,
        next_warn_at=plan.next_warn_at,
        next_very_late_at=plan.next_very_late_at,
    )


def place_again(subject_ids: Sequence[UUID]) -> None:
    """Copy the next due time after the calendar changed (record.clocks.carry)."""
    for plan in CinPlan.objects.filter(pk__in=subject_ids).order_by("pk"):
        place(plan)
