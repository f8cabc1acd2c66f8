"""How a child in need plan goes: meetings, reviews that a manager confirms, drift checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from assessments import plan_clocks, standing
from assessments.actions import cin_plan
from assessments.models import (
    CinAction,
    CinDriftCheck,
    CinGoal,
    CinMeeting,
    CinPlan,
    CinPlanChild,
    CinProgress,
)
from cases import holding
from cases.models import Visit, VisitChild
from cases.standing import ACROSS_TEAMS
from lib import application_clock, words
from lib.working_days import london_date
from record import calendar, once, policy
from record.errors import Refused

Decision = CinMeeting.Decision
SENIOR_FROM_MONTHS = 9


@dataclass(frozen=True, kw_only=True)
class GoalProgress:
    """How far one goal has come, in words."""

    how: str
    words: str


@dataclass(frozen=True, kw_only=True)
class StepAnswer:
    """Whether a step was done, and what became of it."""

    is_done: bool
    answer: str = ""


@transaction.atomic
def record_first_meeting(
    *,
    by: User,
    at: datetime,
    plan_id: UUID,
    attended: str,
    summary: str,
    family_view: str,
    next_on: date,
    token: UUID | None = None,
) -> CinMeeting:
    """Record the first meeting of family and agencies: it meets CIN-MEET.

    :param at: when the meeting was
    :raises Refused: it was held already, or something is not said
    """
    plan, right = _at_work(plan_id, by, at)
    once.claim(token, user=by, action="assessments.record_first_meeting")
    if plan.meetings.filter(kind=CinMeeting.Kind.FIRST).exists():
        raise Refused("The first meeting is recorded already. Record a review.")
    _refuse_blank(attended=attended, summary=summary, family_view=family_view)
    _refuse_next(next_on, at)
    meeting = CinMeeting.objects.create(
        plan=plan,
        kind=CinMeeting.Kind.FIRST,
        at=at,
        attended=attended,
        summary=summary,
        family_view=family_view,
        decision=Decision.GO_ON,
        next_on=next_on,
        by=by,
        recorded_at=application_clock.now(),
    )
    plan.next_meeting_on = next_on
    plan.save(update_fields=["next_meeting_on"])
    plan_clocks.stop("CIN-MEET", plan, at=at)
    cin_plan.wrote(plan, by, at)
    cin_plan.tell("cin_plan.met", plan, right, at, cin_plan.open_children(plan))
    once.finish(token, meeting.pk)
    return meeting


@transaction.atomic
def record_review(
    *,
    by: User,
    at: datetime,
    plan_id: UUID,
    attended: str,
    summary: str,
    family_view: str,
    progress: Mapping[UUID, GoalProgress],
    steps: Mapping[UUID, StepAnswer],
    decision: str,
    why: str,
    next_on: date | None,
    token: UUID | None = None,
) -> CinMeeting:
    """Record a review: how far each goal has come, and what should happen with the plan.

    The plan is under review until the manager confirms it; meanwhile it can be written in.

    :param progress: for every goal that stands
    :param steps: for steps that became due or were done
    :raises Refused: names the goal without progress, or what is not said
    """
    plan, right = _at_work(plan_id, by, at)
    once.claim(token, user=by, action="assessments.record_review")
    if plan.state != CinPlan.State.ACTIVE:
        raise Refused(_why_no_review(plan))
    if plan.approved_at is not None and at < plan.approved_at:
        raise Refused("The review cannot be before the plan began.", field="at")
    _refuse_blank(attended=attended, summary=summary, family_view=family_view)
    goals = list(plan.goals.filter(ended_at=None).order_by("number"))
    for goal in goals:
        given = progress.get(goal.pk)
        if given is None or given.how not in CinProgress.How.values:
            raise Refused(f"Say how far goal {goal.number} has come.", field=f"goal-{goal.pk}")
        if not given.words.strip():
            raise Refused(f"Say what shows it for goal {goal.number}.", field=f"goal-{goal.pk}")
    if decision not in Decision.values:
        raise Refused("Choose what should happen with the plan.", field="decision")
    if not why.strip():
        raise Refused("Say why.", field="why")
    if decision in (Decision.GO_ON, Decision.CHANGE):
        if next_on is None:
            raise Refused("Enter the date of the next review.", field="next_on")
        _refuse_next(next_on, at)
    meeting = CinMeeting.objects.create(
        plan=plan,
        kind=CinMeeting.Kind.REVIEW,
        at=at,
        attended=attended,
        summary=summary,
        family_view=family_view,
        decision=decision,
        why=why,
        next_on=next_on,
        by=by,
        recorded_at=application_clock.now(),
    )
    CinProgress.objects.bulk_create(
        CinProgress(
            meeting=meeting, goal=goal, how=progress[goal.pk].how, words=progress[goal.pk].words
        )
        for goal in goals
    )
    for step in CinAction.objects.filter(goal__plan=plan, pk__in=steps, taken_out_at=None).order_by(
        "pk"
    ):
        answer = steps[step.pk]
        step.is_done, step.answer = answer.is_done, answer.answer
        step.answered_at, step.answered_by = at, by
        step.save(update_fields=["is_done", "answer", "answered_at", "answered_by"])
    plan.state = CinPlan.State.UNDER_REVIEW
    plan.save(update_fields=["state"])
    plan_clocks.reviewed(plan, at=at, by=by)
    cin_plan.wrote(plan, by, at)
    cin_plan.tell_managers(plan, "cin_plan.review_to_confirm", at=at)
    cin_plan.tell("cin_plan.reviewed", plan, right, at, cin_plan.open_children(plan))
    once.finish(token, meeting.pk)
    return meeting


@transaction.atomic
def confirm_review(
    *, by: User, at: datetime, plan_id: UUID, is_confirmed: bool, note: str
) -> CinMeeting:
    """Confirm a review that somebody else recorded, or send it back with what is missing.

    Goals found met end with it. Confirmed, the plan runs on as it is now written; what steps down,
    ends or escalates is then done by the manager, each on its own page.

    :raises Refused: `by` recorded it, or says nothing when sending it back
    """
    plan, right = cin_plan.decidable(plan_id, by, at)
    if plan.state != CinPlan.State.UNDER_REVIEW:
        raise Refused("No review of this plan is before you.")
    meeting = plan.meetings.select_for_update().filter(confirmed_at=None).latest("recorded_at")
    if meeting.by_id == by.pk:
        raise Refused("You recorded this review, so another manager confirms it.")
    if not is_confirmed:
        if not note.strip():
            raise Refused("Say what is missing.", field="note")
        plan.returned_because = note
        plan.save(update_fields=["returned_because"])
        cin_plan.notify(plan, meeting.by_id, "cin_plan.returned", at=at)
        cin_plan.tell("cin_plan.returned", plan, right, at, cin_plan.open_children(plan))
        return meeting
    if missing := _missing_after(plan, meeting):
        raise cin_plan.NotReady(missing)
    meeting.confirmed_at, meeting.confirmed_by = at, by
    meeting.confirmed_for, meeting.confirm_note = right.acting_for, note
    meeting.save(update_fields=["confirmed_at", "confirmed_by", "confirmed_for", "confirm_note"])
    for row in meeting.progress.filter(how=CinProgress.How.MET).select_related("goal"):
        if row.goal.ended_at is None:
            cin_plan.end_goal(row.goal, CinGoal.Ending.MET, row.words, at)
    plan.state = CinPlan.State.ACTIVE
    plan.returned_because = ""
    if meeting.next_on is not None:
        plan.next_meeting_on = meeting.next_on
    plan.save(update_fields=["state", "returned_because", "next_meeting_on"])
    holding.set_steady(
        subject_id=plan.pk, is_steady=meeting.decision in (Decision.GO_ON, Decision.CHANGE)
    )
    cin_plan.notify(plan, meeting.by_id, "cin_plan.review_confirmed", at=at)
    cin_plan.tell(
        "cin_plan.confirmed",
        plan,
        right,
        at,
        cin_plan.open_children(plan),
        decision=str(meeting.decision),
    )
    return meeting


def _missing_after(plan: CinPlan, meeting: CinMeeting) -> list[tuple[str, str]]:
    """What the plan lacks when it goes on: goals found met no longer count."""
    missing = cin_plan.missing_in(plan)
    met = meeting.progress.filter(how=CinProgress.How.MET).values("goal")
    goes_on = meeting.decision in (Decision.GO_ON, Decision.CHANGE)
    if goes_on and not plan.goals.filter(ended_at=None).exclude(pk__in=met).exists():
        missing.append(("Every goal is met: end the plan, step down, or write a goal", ""))
    return missing


@transaction.atomic
def check_drift(
    *, by: User, at: datetime, plan_id: UUID, months: int, changed: str, decision: str, why: str
) -> CinDriftCheck:
    """Ask of a plan that has run long whether it still changes anything.

    The manager does at 6 months; at 9 and 12 a head of service (domain.md 2.10).

    :raises Refused: not senior enough, done already, not that old yet, or nothing said
    """
    require(by, Permission.CIN_DRIFT_CHECK, at=at)
    plan = cin_plan.lock(plan_id, by)
    right = standing.manager_right(
        by=by,
        permission=Permission.CIN_DRIFT_CHECK,
        child_ids=cin_plan.open_children(plan),
        at=at,
    )
    if months not in plan_clocks.DRIFT:
        raise Refused("A plan is checked at 6, 9 and 12 months.", field="months")
    if months >= SENIOR_FROM_MONTHS and right.role not in ACROSS_TEAMS:
        raise Refused(f"A head of service checks a plan at {months} months.")
    if plan.state not in CinPlan.RUNNING or plan.active_on is None:
        raise Refused("This plan does not run.")
    first_on = plan_clocks.checked_from(plan.active_on, months)
    if london_date(at) < first_on:
        raise Refused(
            f"This plan has run since {words.date_words(plan.active_on)}. It is checked at {months}"
            f" months from {words.date_words(first_on)}.",
            field="months",
        )
    if plan.drift_checks.filter(months=months).exists():
        raise Refused(f"The check at {months} months is recorded already.")
    for value, field, sentence in (
        (changed, "changed", "Say what has changed for each child since the plan began"),
        (why, "why", "Say why"),
    ):
        if not value.strip():
            raise Refused(f"{sentence}.", field=field)
    if decision not in Decision.values:
        raise Refused("Choose what should happen with the plan.", field="decision")
    check = CinDriftCheck.objects.create(
        plan=plan,
        months=months,
        changed=changed,
        decision=decision,
        why=why,
        at=at,
        by=by,
        acting_for=right.acting_for,
        role=right.role,
        recorded_at=application_clock.now(),
    )
    plan_clocks.stop(plan_clocks.DRIFT[months], plan, at=at)
    cin_plan.tell(
        "cin_plan.drift_checked", plan, right, at, cin_plan.open_children(plan), months=str(months)
    )
    return check


def follow_visit(*, visit: Visit, seen: Sequence[VisitChild]) -> None:
    """Count to the next visit of each child seen (cases.reactions.visit_recorded)."""
    sections = (
        CinPlanChild.objects.filter(
            child__in=[row.child_id for row in seen], is_open=True, from_on__isnull=False
        )
        .select_related("plan")
        .order_by("child_id")
    )
    for section in sections:
        plan_clocks.seen(section.plan, child_id=section.child_id, at=visit.at, by=visit.recorded_by)


def _at_work(plan_id: UUID, by: User, at: datetime) -> tuple[CinPlan, Authority]:
    """Lock a plan that has not ended, and give the right of who works with its children."""
    require(by, Permission.CIN_PLAN_WRITE, at=at)
    plan = cin_plan.lock(plan_id, by)
    if plan.state in CinPlan.OVER:
        raise Refused(f"This plan is over: {plan.get_state_display().lower()}.")
    right = standing.worker_right(
        by=by,
        permission=Permission.CIN_PLAN_WRITE,
        child_ids=cin_plan.open_children(plan),
        at=at,
    )
    return plan, right


def _why_no_review(plan: CinPlan) -> str:
    if plan.state == CinPlan.State.DRAFT:
        return "This plan has not been approved yet, so there is nothing to review."
    if plan.state == CinPlan.State.UNDER_REVIEW:
        return "A review is before the manager. Change the plan, or wait for the answer."
    return "This plan is stepping down to early help, so it is not reviewed again."


def _refuse_blank(**given: str) -> None:
    for field, sentence in (
        ("attended", "Say who was there"),
        ("summary", "Say what was talked about"),
        ("family_view", "Say what each parent and child said"),
    ):
        if not given[field].strip():
            raise Refused(f"{sentence}.", field=field)


def _refuse_next(next_on: date, at: datetime) -> None:
    if next_on < london_date(at):
        raise Refused("The next review is in the past.", field="next_on")
    days = int(policy.value("CIN-REV", at=at))
    latest = calendar.calendar().add_working_days(london_date(at), days)
    if next_on > latest:
        raise Refused(
            f"The next review is due within {days} working days, by {words.date_words(latest)}.",
            field="next_on",
        )
