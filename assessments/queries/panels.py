"""What assessments put on a child's page and on somebody's home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from assessments.choices import WRITTEN_IN, AssessmentState
from assessments.models import Assessment, AssessmentChild
from assessments.queries.document import Seen, seen_of
from assessments.queries.lists import (
    NUMBERS,
    Row,
    checkpoint_due,
    open_assessments,
    rows,
    to_start,
)
from assessments.timescales import TO_AUTHORISE
from cases.models import Allocation, Responsibility
from cases.panels import Work
from cases.queries.stale import out_of_date
from cases.queries.work import my_teams
from lib import application_clock
from record import clocks
from record.models import Clock

MOST = 100


def child_panel(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """A child's assessments: the open one, the current one, those before, and what makes it
    out of date; a fixed number of queries."""
    parts = list(
        AssessmentChild.objects.filter(child__in=child_ids, taken_out_at__isnull=True)
        .exclude(assessment__state=AssessmentState.ABANDONED)
        .select_related("assessment__team", "assessment__authorised_by", "referral")
        .order_by("-started_on", "pk")
    )
    readable = set(
        Assessment.objects.visible_to(by)
        .filter(pk__in=[part.assessment_id for part in parts])
        .values_list("pk", flat=True)
    )
    being_written = next((part for part in parts if part.is_open), None)
    current = next(
        (part for part in parts if part.authorised_at and part.superseded_at is None), None
    )
    earlier = [part for part in parts if part not in (being_written, current)]
    seen = seen_of([being_written]).get(being_written.child_id, Seen()) if being_written else None
    is_held = (
        holds(by, Permission.ASSESSMENT_START)
        and Responsibility.objects.filter(child__in=child_ids, to_at__isnull=True).exists()
    )
    return {
        "child_id": child_ids[0] if child_ids else None,
        "being_written": being_written,
        "current": current,
        "stale": out_of_date(by=by, at=application_clock.now(), child_ids=child_ids)
        if current
        else [],
        "earlier": earlier,
        "seen": seen,
        "readable": readable,
        "may_start_again": is_held and current is not None and being_written is None,
    }


def work(*, by: User, at: datetime) -> Sequence[Work]:
    """What assessments ask of somebody: to start, see, write, look at, authorise."""
    found: list[Work] = []
    if holds(by, Permission.ASSESSMENT_START):
        found += [
            Work(
                verb="Start the assessment",
                url=reverse("assessments:start", args=[family.referral_id]),
                who=family.names,
                why=f"Allocated in {family.team}, no assessment started",
                due_at=family.due_at,
                warn_at=family.due_at,
                very_late_at=family.due_at,
            )
            for family in to_start(by=by, at=at)
        ]
    may_write, may_answer, may_look = (
        holds(by, permission)
        for permission in (
            Permission.ASSESSMENT_WRITE,
            Permission.ASSESSMENT_AUTHORISE,
            Permission.ASSESSMENT_CHECKPOINT,
        )
    )
    if not (may_write or may_answer or may_look):
        return found
    mine = set(
        Allocation.objects.filter(worker=by, to_at__isnull=True).values_list("child_id", flat=True)
    )
    managed = set(my_teams(by=by, at=at).filter(manager=by).values_list("pk", flat=True))
    assessments = list(open_assessments(by=by, at=at)[:MOST])
    running: dict[UUID, list[Clock]] = {}
    for clock in clocks.running(subject_ids=[each.pk for each in assessments]):
        running.setdefault(clock.subject_id, []).append(clock)
    for row in rows(assessments, by=by, at=at):
        limits = running.get(row.assessment.pk, [])
        if may_write and (mine & set(row.child_ids) or row.is_closed):
            found += _to_write(row, limits)
        if row.assessment.team_id in managed:
            found += _to_manage(row, limits, at)
    return found


def _to_write(row: Row, limits: Sequence[Clock]) -> list[Work]:
    if row.is_closed or row.assessment.state not in WRITTEN_IN:
        return []
    limit = clocks.earliest(clock for clock in limits if clock.rule in TO_AUTHORISE)
    is_back = row.assessment.state == AssessmentState.RETURNED
    return [
        _work(
            row,
            limit,
            verb="Write what is missing" if is_back else "Write the assessment",
            url=reverse("assessments:go_on", args=[row.assessment.pk]),
            why="Returned by the manager" if is_back else row.assessment.get_state_display(),
        )
    ]


def _to_manage(row: Row, limits: Sequence[Clock], at: datetime) -> list[Work]:
    if row.is_closed:
        return []
    if row.assessment.state == AssessmentState.SUBMITTED:
        limit = clocks.earliest(
            clock for clock in limits if clock.rule in ("CFA-SUBMIT", *TO_AUTHORISE)
        )
        return [
            _work(
                row,
                limit,
                verb="Authorise or return",
                url=reverse("assessments:authorise", args=[row.assessment.pk]),
                why="Submitted",
            )
        ]
    due = checkpoint_due(limits, at=at)
    if due is None:
        return []
    number = NUMBERS[due.rule]
    return [
        _work(
            row,
            due,
            verb=f"Record checkpoint {number}",
            url=reverse("assessments:checkpoint", args=[row.assessment.pk, number]),
            why=f"Checkpoint {number} is not recorded",
        )
    ]


def _work(row: Row, limit: Clock | None, *, verb: str, url: str, why: str) -> Work:
    return Work(
        verb=verb,
        url=url,
        who=row.names,
        why=why,
        detail="Child and family assessment",
        due_at=limit.due_at if limit else None,
        warn_at=limit.warn_at if limit else None,
        very_late_at=limit.very_late_at if limit else None,
        rule=limit.rule if limit else "",
    )
