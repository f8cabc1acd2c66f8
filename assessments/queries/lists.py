"""Assessments as lists show them: the team's, and what somebody must do next about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from assessments.choices import WRITTEN_IN, AssessmentState
from assessments.models import Assessment, AssessmentChild
from assessments.queries.document import family_words
from assessments.queries.starting import waiting_to_start
from assessments.timescales import CHECKPOINTS
from cases.models import Allocation, Referral
from cases.queries.work import my_teams
from lib import words
from lib.working_days import london_date
from people.queries import age, closed_to
from record import calendar, clocks
from record.clocks import ClockView
from record.models import Clock

NUMBERS = {rule: number for number, rule in CHECKPOINTS.items()}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One assessment with what its row says and where it leads."""

    assessment: Assessment
    names: str
    child_ids: tuple[UUID, ...]
    workers: str
    clock: ClockView | None
    is_closed: bool
    verb: str
    url: str


def open_assessments(*, by: User, at: datetime) -> QuerySet[Assessment]:
    """Give the open assessments of the teams of `by` and of the children `by` works with.

    Very overdue first, then overdue, due soon and later; in each the earliest limit first.
    """
    mine = AssessmentChild.objects.filter(
        assessment=OuterRef("pk"),
        is_open=True,
        child__in=Allocation.objects.filter(worker=by, to_at__isnull=True).values("child"),
    )
    return (
        Assessment.objects.open()
        .filter(Q(team__in=my_teams(by=by, at=at)) | Exists(mine))
        .annotate(late=clocks.group_case(at))
        .select_related("team__manager")
        .order_by("late", "next_due_at", "started_at", "pk")
    )


def rows(found: Iterable[Assessment], *, by: User, at: datetime) -> list[Row]:
    """Put names, workers, clock and the next step to assessments; four queries."""
    assessments = list(found)
    parts: dict[UUID, list[AssessmentChild]] = {}
    for part in (
        AssessmentChild.objects.filter(assessment__in=assessments, taken_out_at__isnull=True)
        .select_related("child")
        .order_by("child__date_of_birth", "pk")
    ):
        parts.setdefault(part.assessment_id, []).append(part)
    everybody = [part.child_id for rows_ in parts.values() for part in rows_]
    closed = closed_to(by=by, person_ids=everybody)
    workers: dict[UUID, str] = dict(
        Allocation.objects.filter(child__in=everybody, role="lead", to_at__isnull=True).values_list(
            "child_id", "worker__full_name"
        )
    )
    running: dict[UUID, list[Clock]] = {}
    for clock in clocks.running(subject_ids=[each.pk for each in assessments]):
        running.setdefault(clock.subject_id, []).append(clock)
    may = holds(by, Permission.ASSESSMENT_AUTHORISE)
    may_write = holds(by, Permission.ASSESSMENT_WRITE)
    found_rows = []
    for assessment in assessments:
        mine = parts.get(assessment.pk, [])
        ring = next((closed[part.child_id] for part in mine if part.child_id in closed), None)
        earliest = clocks.earliest(running.get(assessment.pk, []))
        names = dict.fromkeys(workers[part.child_id] for part in mine if part.child_id in workers)
        verb, url = _next(
            assessment, running.get(assessment.pk, []), may=may, writes=may_write, at=at
        )
        found_rows.append(
            Row(
                assessment=assessment,
                names=f"Restricted child, ring {ring.name}"
                if ring
                else family_words(
                    [(part.child, age(part.child, on=london_date(at))) for part in mine]
                ),
                child_ids=() if ring else tuple(part.child_id for part in mine),
                workers=words.list_of_names(names),
                clock=clocks.arithmetic(earliest, at) if earliest else None,
                is_closed=ring is not None,
                verb=verb,
                url=url,
            )
        )
    return found_rows


def _next(
    assessment: Assessment, limits: Sequence[Clock], *, may: bool, writes: bool, at: datetime
) -> tuple[str, str]:
    """Give the next step of whoever may authorise, or writes, or reads: words and address."""
    if assessment.state == AssessmentState.SUBMITTED and may:
        return "Authorise or return", reverse("assessments:authorise", args=[assessment.pk])
    if assessment.state in WRITTEN_IN and writes:
        return "Write", reverse("assessments:go_on", args=[assessment.pk])
    due = checkpoint_due(limits, at=at)
    if due is not None and may:
        number = NUMBERS[due.rule]
        address = reverse("assessments:checkpoint", args=[assessment.pk, number])
        return f"Record checkpoint {number}", address
    return "Read", reverse("assessments:assessment", args=[assessment.pk])


def checkpoint_due(limits: Iterable[Clock], *, at: datetime) -> Clock | None:
    """Give the limit of the checkpoint that is due soon or late, if one is."""
    return clocks.earliest(
        clock for clock in limits if clock.rule in NUMBERS and clock.warn_at <= at
    )


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that are as late as each other."""

    code: str
    rows: list[Row]


def grouped(found: Iterable[Row]) -> list[Group]:
    """Part rows by how late they are; a row without a limit is later."""
    groups: dict[str, Group] = {code: Group(code=code, rows=[]) for code in clocks.GROUPS}
    for row in found:
        groups[row.clock.group if row.clock else "later"].rows.append(row)
    return [group for group in groups.values() if group.rows]


@dataclass(frozen=True, kw_only=True)
class Family:
    """Brothers and sisters whose referrals are allocated and for whom nothing was started."""

    referral_id: UUID
    names: str
    child_ids: tuple[UUID, ...]
    team: str
    referral_on: date
    due_at: datetime | None


def to_start(*, by: User, at: datetime) -> list[Family]:
    """List the families of the teams of `by` that wait for an assessment to be started.

    One line for each contact, the earliest referral first; an assessment is started by the end
    of the working day after the worker was named. Three queries.
    """
    referrals = list(waiting_to_start(by=by, at=at)[:200])
    closed = closed_to(by=by, person_ids=[row.child_id for row in referrals])
    named: dict[UUID, datetime] = dict(
        Allocation.objects.filter(
            referral__in=referrals, role="lead", to_at__isnull=True
        ).values_list("referral_id", "from_at")
    )
    families: dict[tuple[UUID, UUID | None], list[Referral]] = {}
    for row in referrals:
        families.setdefault((row.contact_id, row.team_id), []).append(row)
    found = []
    for rows_ in families.values():
        seen = [row for row in rows_ if row.child_id not in closed]
        if not seen:
            continue
        since = min((named[row.pk] for row in rows_ if row.pk in named), default=None)
        found.append(
            Family(
                referral_id=seen[0].pk,
                names=family_words(
                    [(row.child, age(row.child, on=london_date(at))) for row in seen]
                ),
                child_ids=tuple(row.child_id for row in seen),
                team=seen[0].team.name if seen[0].team else "",
                referral_on=seen[0].referral_on,
                due_at=calendar.calendar().working_days(since, 1) if since else None,
            )
        )
    return found
