"""Start and stop the clocks of a child protection plan and keep the `next_*` columns of its lists.

CG-1 and RCPC-1 count from the initial conference, the later ones from the last core group and the
last review (domain.md 2.6). CPV counts from when the child was last seen.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.models import User
from assessments.models import ProtectionPlan
from cases.models import VisitChild
from people.choices import Stage
from people.queries import records_of
from record import clocks
from record.models import ClockStop

SUBJECT = "protection_plan"


def start(plan: ProtectionPlan, *, by: User) -> None:
    """Start what runs from the conference; an unborn child cannot be visited."""
    for rule in ("CG-1", "RCPC-1"):
        _start(rule, plan, started_at=plan.started_at, by=by)
    if plan.child.stage != Stage.UNBORN:
        seen = (
            VisitChild.objects.filter(
                child__in=records_of(person_ids=[plan.child_id]),
                was_seen=True,
                at__lte=plan.started_at,
            )
            .order_by("-at")
            .values_list("at", flat=True)
            .first()
        )
        _start("CPV", plan, started_at=seen or plan.started_at, by=by)
    place(plan)


def born(plan: ProtectionPlan, *, at: datetime, by: User) -> None:
    """A child who could not be visited before birth is to be visited from now on."""
    _start("CPV", plan, started_at=at, by=by)
    place(plan)


def met_as_core_group(plan: ProtectionPlan, *, at: datetime, by: User) -> None:
    """Stop the time to this core group and start the one to the next."""
    _again(("CG-1", "CG-N"), "CG-N", plan, at=at, by=by)


def reviewed(plan: ProtectionPlan, *, at: datetime, by: User, late_reason: str) -> None:
    """Stop the time to this review conference and start the one to the next."""
    _again(("RCPC-1", "RCPC-N"), "RCPC-N", plan, at=at, by=by, late_reason=late_reason)


def seen(plan: ProtectionPlan, *, at: datetime, by: User) -> None:
    """Count to the next visit from this one, unless a later one is counted from already."""
    running = [each for each in clocks.running(subject_ids=[plan.pk]) if each.rule == "CPV"]
    if plan.child.stage != Stage.UNBORN and not any(each.started_at > at for each in running):
        _again(("CPV",), "CPV", plan, at=at, by=by)


def stop_all(plan: ProtectionPlan, *, at: datetime) -> None:
    """Stop everything: the plan has ended."""
    clocks.stop_all(subject_id=plan.pk, at=at)
    place(plan)


def _again(
    stopped: Sequence[str],
    started: str,
    plan: ProtectionPlan,
    *,
    at: datetime,
    by: User,
    late_reason: str = "",
) -> None:
    for rule in stopped:
        clocks.stop(
            rule,
            subject_id=plan.pk,
            child_id=plan.child_id,
            at=at,
            reason=ClockStop.MET,
            late_reason=late_reason,
        )
    _start(started, plan, started_at=at, by=by)
    place(plan)


def _start(rule: str, plan: ProtectionPlan, *, started_at: datetime, by: User) -> None:
    clocks.start(
        rule,
        subject_kind=SUBJECT,
        subject_id=plan.pk,
        child_id=plan.child_id,
        started_at=started_at,
        by=by,
    )


def place(plan: ProtectionPlan) -> None:
    """Copy the earliest running limit to the row, so that lists sort by it."""
    earliest = clocks.earliest(clocks.running(subject_ids=[plan.pk]))
    plan.next_due_at = earliest.due_at if earliest else None
    plan.next_due_code = earliest.rule if earliest else ""
    plan.next_warn_at = earliest.warn_at if earliest else None
    plan.next_very_late_at = earliest.very_late_at if earliest else None
    ProtectionPlan.objects.filter(pk=plan.pk).update(
        next_due_at=plan.next_due_at,
        next_due_code=plan.next_due_code,
        next_warn_at=plan.next_warn_at,
        next_very_late_at=plan.next_very_late_at,
    )


def place_again(subject_ids: Sequence[UUID]) -> None:
    """Copy the next due time after the calendar changed (record.clocks.carry)."""
    for plan in ProtectionPlan.objects.filter(pk__in=subject_ids).order_by("pk"):
        place(plan)
