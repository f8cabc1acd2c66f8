"""Restricted children of a household: what waits for whoever holds the restriction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from assessments.choices import AssessmentState
from assessments.models import (
    Assessment,
    AssessmentChild,
    AssessmentPassed,
    Transfer,
    TransferChild,
    TransferPassed,
)
from cases import passed_on
from cases.panels import Work
from lib.working_days import london_date
from people.queries import age, records_of
from record import clocks
from record.clocks import ClockView


def own_part(passed: AssessmentPassed) -> AssessmentChild | None:
    """Give the child's part in another assessment: the one being written, else the current one."""
    return (
        AssessmentChild.objects.filter(
            Q(is_open=True) | Q(authorised_at__isnull=False, superseded_at__isnull=True),
            child__in=records_of(person_ids=[passed.child_id]),
            taken_out_at__isnull=True,
        )
        .exclude(assessment=passed.assessment_id)
        .select_related("assessment__team")
        .order_by("-is_open", "-started_on", "pk")
        .first()
    )


def own_transfer(passed: TransferPassed) -> TransferChild | None:
    """Give the child's line in another transfer: one under way, or completed since it was asked."""
    return (
        TransferChild.objects.filter(
            Q(is_open=True) | Q(transfer__completed_at__gte=passed.passed_at),
            child__in=records_of(person_ids=[passed.child_id]),
            is_in=True,
        )
        .exclude(transfer=passed.transfer_id)
        .select_related("transfer__to_team")
        .order_by("-is_open", "-answered_at", "pk")
        .first()
    )


def passed_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Restricted children for whom `by` answers; three queries."""
    rows = list(
        AssessmentPassed.objects.filter(passed_on.theirs(by=by, at=at), answered_at__isnull=True)
        .exclude(assessment__state=AssessmentState.ABANDONED)
        .select_related("child")
        .order_by("passed_at", "pk")[:50]
    )
    return _work(rows, page="passed", why="Not in the assessment of the family")


def passed_transfer_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Restricted children of families that are handed on, for whom `by` answers; three queries."""
    rows = list(
        TransferPassed.objects.filter(passed_on.theirs(by=by, at=at), answered_at__isnull=True)
        .exclude(transfer__state=Transfer.State.WITHDRAWN)
        .select_related("child")
        .order_by("passed_at", "pk")[:50]
    )
    return _work(rows, page="transfer_passed", why="The family is handed on")


def _work(
    rows: Sequence[AssessmentPassed] | Sequence[TransferPassed], *, page: str, why: str
) -> list[Work]:
    limits = {clock.subject_id: clock for clock in clocks.running(subject_ids=[r.pk for r in rows])}
    found = []
    for row in rows:
        limit = limits.get(row.pk)
        found.append(
            Work(
                verb="Answer for this child",
                url=reverse(f"assessments:{page}", args=[row.pk]),
                who=row.child.name,
                why=why,
                due_at=limit.due_at if limit else None,
                warn_at=limit.warn_at if limit else None,
                very_late_at=limit.very_late_at if limit else None,
                rule=limit.rule if limit else "",
            )
        )
    return found


@dataclass(frozen=True, kw_only=True)
class AnswerPage:
    """What whoever answers for a restricted child reads."""

    passed: AssessmentPassed
    heading: str
    own: AssessmentChild | None
    answered_part: AssessmentChild | None
    may_read: bool
    clock: ClockView | None
    is_late: bool


def answer_page(*, by: User, passed: AssessmentPassed, at: datetime) -> AnswerPage:
    """Gather what is to hand about one child."""
    years = age(passed.child, on=london_date(at))
    limit = clocks.earliest(clocks.running(subject_ids=[passed.pk]))
    return AnswerPage(
        passed=passed,
        heading=f"{passed.child.name}, {years}" if years else passed.child.name,
        own=own_part(passed),
        answered_part=passed.part,
        may_read=Assessment.objects.visible_to(by).filter(pk=passed.assessment_id).exists(),
        clock=clocks.arithmetic(limit, at) if limit else None,
        is_late=limit is not None and limit.due_at < at,
    )


@dataclass(frozen=True, kw_only=True)
class TransferAnswerPage:
    """What whoever answers for a restricted child of a family that is handed on reads."""

    passed: TransferPassed
    heading: str
    own: TransferChild | None
    may_read: bool
    clock: ClockView | None
    is_late: bool


def transfer_answer_page(*, by: User, passed: TransferPassed, at: datetime) -> TransferAnswerPage:
    """Gather what is to hand about one child."""
    years = age(passed.child, on=london_date(at))
    limit = clocks.earliest(clocks.running(subject_ids=[passed.pk]))
    return TransferAnswerPage(
        passed=passed,
        heading=f"{passed.child.name}, {years}" if years else passed.child.name,
        own=own_transfer(passed),
        may_read=Transfer.objects.visible_to(by).filter(pk=passed.transfer_id).exists(),
        clock=clocks.arithmetic(limit, at) if limit else None,
        is_late=limit is not None and limit.due_at < at,
    )
