"""What the pages of a child in need plan show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from assessments import plan_clocks, standing
from assessments.actions.cin_plan import missing_in
from assessments.models import CinAction, CinGoal, CinMeeting, CinPlan, CinPlanChild, CinProgress
from cases.choices import InvolvementKind, ProtectionKind, ReferralState
from cases.models import Involvement, Referral, VisitChild
from cases.panels import Work
from cases.protection import protected
from cases.queries.work import my_teams
from lib import words
from lib.working_days import london_date
from people.models import Person
from people.queries import age, children_of_households
from record import clocks
from record.clocks import ClockView
from record.errors import Refused

MOST_MEETINGS = 20


@dataclass(frozen=True, kw_only=True)
class SectionShown:
    """One child of the plan, with when the child was last seen and is next due to be."""

    section: CinPlanChild
    name: str
    heading: str
    seen_at: datetime | None
    visit: ClockView | None


@dataclass(frozen=True, kw_only=True)
class GoalShown:
    """A goal with what is done towards it and how far it had come at each review."""

    goal: CinGoal
    whom: str
    steps: list[CinAction]
    progress: list[CinProgress]


@dataclass(frozen=True, kw_only=True)
class PlanPage:
    """Everything on the page of a plan, in a fixed number of queries."""

    plan: CinPlan
    names: str
    sections: list[SectionShown]
    ended_sections: list[SectionShown]
    goals: list[GoalShown]
    ended_goals: list[GoalShown]
    meetings: list[CinMeeting]
    drift_checks: list[Any]
    due: list[ClockView]
    others: list[str]
    missing: list[dict[str, str]]
    drift_due: list[int]
    may_write: bool = False
    may_work: bool = False
    may_decide: bool = False
    may_end: bool = False
    may_check: bool = False
    wrote: bool = False
    to_confirm: CinMeeting | None = None
    child_ids: list[UUID] = field(default_factory=list)

    @property
    def is_draft(self) -> bool:
        return self.plan.state == CinPlan.State.DRAFT

    @property
    def has_first_meeting(self) -> bool:
        return any(meeting.kind == CinMeeting.Kind.FIRST for meeting in self.meetings)


def plan_page(*, by: User, plan_id: UUID, at: datetime) -> PlanPage:
    """Gather the page of a plan that `by` may read.

    :raises CinPlan.DoesNotExist: there is none, or a child of it is restricted from `by`
    """
    plan = (
        CinPlan.objects.visible_to(by)
        .select_related("team", "started_by", "submitted_by", "approved_by", "ended_by")
        .prefetch_related(
            Prefetch(
                "children",
                CinPlanChild.objects.select_related("child").order_by(
                    "child__date_of_birth", "recorded_at", "pk"
                ),
            ),
            Prefetch(
                "goals",
                CinGoal.objects.select_related("child")
                .prefetch_related(
                    Prefetch(
                        "actions",
                        CinAction.objects.filter(taken_out_at=None).order_by("by_on", "pk"),
                    ),
                    Prefetch(
                        "progress",
                        CinProgress.objects.select_related("meeting").order_by("-meeting__at"),
                    ),
                )
                .order_by("number"),
            ),
            Prefetch(
                "meetings",
                CinMeeting.objects.select_related("by", "confirmed_by").order_by("-at", "pk"),
            ),
            "drift_checks__by",
        )
        .get(pk=plan_id)
    )
    on = london_date(at)
    sections = list(plan.children.all())
    ids = [section.child_id for section in sections]
    running = clocks.running(subject_ids=[plan.pk])
    seen = _last_seen(ids)
    visits = {
        clock.child_id: clocks.arithmetic(clock, at)
        for clock in running
        if clock.rule == "CIN-VISIT"
    }
    shown = [
        SectionShown(
            section=section,
            name=section.child.name,
            heading=words.names_with_ages([(section.child.name, age(section.child, on=on))]),
            seen_at=seen.get(section.child_id),
            visit=visits.get(section.child_id),
        )
        for section in sections
    ]
    goals = [
        GoalShown(
            goal=goal,
            whom=goal.child.name if goal.child is not None else "the whole family",
            steps=list(goal.actions.all()),
            progress=list(goal.progress.all()),
        )
        for goal in plan.goals.all()
    ]
    meetings = list(plan.meetings.all())[:MOST_MEETINGS]
    household = children_of_households(person_ids=ids, on=on, by=by)
    open_ids = [section.child_id for section in sections if section.is_open]
    is_written = plan.state in (CinPlan.State.DRAFT, CinPlan.State.UNDER_REVIEW)
    works = _has(standing.worker_right, by, Permission.CIN_PLAN_WRITE, open_ids, at)
    checks = {check.months for check in plan.drift_checks.all()}
    return PlanPage(
        plan=plan,
        names=words.list_of_names([one.name for one in shown if one.section.is_open])
        or words.list_of_names([one.name for one in shown]),
        sections=[one for one in shown if one.section.is_open],
        ended_sections=[one for one in shown if not one.section.is_open],
        goals=[one for one in goals if one.goal.ended_at is None],
        ended_goals=[one for one in goals if one.goal.ended_at is not None],
        meetings=meetings,
        drift_checks=sorted(plan.drift_checks.all(), key=lambda check: check.months),
        due=[
            clocks.arithmetic(clock, at)
            for clock in running
            if clock.rule != "CIN-VISIT"
            and (clock.rule not in plan_clocks.DRIFT.values() or clock.warn_at <= at)
        ],
        others=[child.name for child in household if child.person_id not in ids],
        missing=[{"words": said, "url": url} for said, url in missing_in(plan)]
        if is_written
        else [],
        drift_due=[
            months
            for months, rule in plan_clocks.DRIFT.items()
            if months not in checks
            and plan.active_on is not None
            and plan_clocks.checked_from(plan.active_on, months) <= on
            and any(clock.rule == rule for clock in running)
        ],
        may_write=works and is_written,
        may_work=works and plan.state not in CinPlan.OVER,
        may_decide=_has(standing.manager_right, by, Permission.CIN_PLAN_APPROVE, open_ids, at),
        may_end=any(
            _has(standing.manager_right, by, Permission.CIN_PLAN_APPROVE, [pk], at)
            for pk in open_ids
        ),
        may_check=_has(standing.manager_right, by, Permission.CIN_DRIFT_CHECK, open_ids, at),
        wrote=plan.authors.filter(user=by).exists(),
        to_confirm=next(
            (
                meeting
                for meeting in meetings
                if meeting.kind == CinMeeting.Kind.REVIEW
                and meeting.confirmed_at is None
                and plan.state == CinPlan.State.UNDER_REVIEW
            ),
            None,
        ),
        child_ids=ids,
    )


def _has(ask: Any, by: User, permission: Permission, child_ids: list[UUID], at: datetime) -> bool:
    if not child_ids or not holds(by, permission):
        return False
    try:
        ask(by=by, permission=permission, child_ids=child_ids, at=at)
    except Refused:
        return False
    return True


def _last_seen(child_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    rows = (
        VisitChild.objects.filter(child__in=child_ids, was_seen=True)
        .order_by("child_id", "-at")
        .distinct("child_id")
        .values_list("child_id", "at")
    )
    return dict(rows)


@dataclass(frozen=True, kw_only=True)
class ChildToPlan:
    """A child of the household on the page that begins a plan, and why not, if so."""

    child_id: UUID
    name: str
    heading: str
    why_not: str = ""
    is_restricted: bool = False


def children_to_plan(*, by: User, person: Person, at: datetime) -> list[ChildToPlan]:
    """Every child of the household, with what stands in the way of a plan for each."""
    on = london_date(at)
    household = children_of_households(person_ids=[person.pk], on=on, by=by)
    ids = [child.person_id for child in household]
    open_to_us = set(
        Referral.objects.filter(
            child__in=ids,
            state__in=[ReferralState.ACCEPTED, ReferralState.ALLOCATED, ReferralState.IN_WORK],
            team_accepted_at__isnull=False,
        ).values_list("child_id", flat=True)
    )
    with_plan = set(
        CinPlanChild.objects.filter(child__in=ids, is_open=True).values_list("child_id", flat=True)
    )
    protected = set(
        Involvement.objects.filter(
            child__in=ids, kind=InvolvementKind.PLAN, to_at__isnull=True
        ).values_list("child_id", flat=True)
    )
    rows = []
    for child in household:
        why_not = ""
        if child.person is None:
            why_not = "You cannot read this record, so ask whoever is named"
        elif child.person_id in with_plan:
            why_not = "Has a child in need plan"
        elif child.person_id in protected:
            why_not = "Has a child protection plan"
        elif child.person_id not in open_to_us:
            why_not = "No open referral"
        rows.append(
            ChildToPlan(
                child_id=child.person_id,
                name=child.name,
                heading=child.name
                if child.person is None
                else words.names_with_ages([(child.name, age(child.person, on=on))]),
                why_not=why_not,
                is_restricted=child.person is None,
            )
        )
    return rows


# Home and the child's page -----------------------------------------------------------------------


def plans_of(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """What the panel of a child's page shows: the plan, or that one can be begun."""
    rows = list(
        CinPlanChild.objects.filter(child__in=child_ids, plan__in=CinPlan.objects.visible_to(by))
        .select_related("plan__team")
        .order_by("-is_open", "-from_on", "-recorded_at")[:5]
    )
    current = next((row for row in rows if row.is_open), None)
    may_start = False
    is_planned = any(
        ProtectionKind.PLAN in kinds for kinds in protected(child_ids=child_ids).values()
    )
    if current is None and not is_planned and holds(by, Permission.CIN_PLAN_WRITE):
        may_start = Referral.objects.filter(
            child__in=child_ids,
            state__in=[ReferralState.ACCEPTED, ReferralState.ALLOCATED, ReferralState.IN_WORK],
            team_accepted_at__isnull=False,
        ).exists()
    return {
        "current": current,
        "earlier": [row for row in rows if not row.is_open and row.from_on is not None],
        "may_start": may_start,
        "child_id": child_ids[0] if child_ids else None,
    }


def plan_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Plans to approve, reviews to confirm, plans sent back, reviews and visits coming due."""
    found: list[Work] = []
    if holds(by, Permission.CIN_PLAN_APPROVE):
        found += _to_decide(by, at)
    if holds(by, Permission.CIN_PLAN_WRITE):
        found += _to_do(by, at)
    return found


def _to_decide(by: User, at: datetime) -> list[Work]:
    plans = list(
        _listed(by)
        .filter(team__in=my_teams(by=by, at=at))
        .filter(state__in=[CinPlan.State.DRAFT, CinPlan.State.UNDER_REVIEW])
        .exclude(state=CinPlan.State.DRAFT, submitted_at=None)
        .exclude(authors__user=by)
        .order_by("next_due_at", "pk")[:50]
    )
    return [
        _work(
            plan,
            by=by,
            verb="Approve or send back" if plan.state == CinPlan.State.DRAFT else "Confirm review",
            why="A child in need plan waits for you"
            if plan.state == CinPlan.State.DRAFT
            else "A review of a child in need plan waits for you",
        )
        for plan in plans
        if not plan.returned_because
    ]


def _to_do(by: User, at: datetime) -> list[Work]:
    mine = CinPlanChild.objects.filter(
        is_open=True, child__allocations__worker=by, child__allocations__to_at=None
    ).values("plan")
    plans = list(
        _listed(by)
        .filter(pk__in=mine, next_warn_at__lte=at)
        .exclude(state__in=CinPlan.OVER)
        .order_by("next_due_at", "pk")[:50]
    )
    back = list(_listed(by).open().filter(authors__user=by).exclude(returned_because="")[:50])
    return [
        *(_work(plan, by=by, verb="Change the plan", why="It came back") for plan in back),
        *(
            _work(
                plan,
                by=by,
                verb="See, and record the visit"
                if plan.next_due_code == "CIN-VISIT"
                else "Go on with the plan",
                why=clocks.rule(plan.next_due_code).words,
            )
            for plan in plans
            if plan not in back
        ),
    ]


def _listed(by: User) -> Any:
    return CinPlan.objects.visible_to(by).prefetch_related(
        Prefetch(
            "children",
            CinPlanChild.objects.filter(is_open=True).select_related("child").order_by("pk"),
        )
    )


def _work(plan: CinPlan, *, by: User, verb: str, why: str) -> Work:
    return Work(
        verb=verb,
        url=reverse("assessments:cin_plan", args=[plan.pk]),
        who=words.list_of_names([row.child.name for row in plan.children.all()]),
        why=why,
        due_at=plan.next_due_at,
        warn_at=plan.next_warn_at,
        very_late_at=plan.next_very_late_at,
        rule=plan.next_due_code,
    )
