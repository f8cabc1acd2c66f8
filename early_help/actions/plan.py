"""Helping: the assessment of each child, the plan, the team around the family, the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission
from early_help import clocks
from early_help.actions import agreement, requests, rules, telling
from early_help.choices import HELPING, WORKED_ON, Ending, EpisodeState, TellAbout
from early_help.models import (
    AssessedChild,
    Assessment,
    Attendee,
    ChildOutcome,
    Episode,
    GoalProgress,
    Plan,
    PlanAction,
    PlanGoal,
    TeamMeeting,
)
from early_help.queries.stepping import unmet_step_up
from lib import application_clock
from lib.working_days import london_date
from record import calendar, once, policy
from record.errors import NotWhole, Refused

OUTCOMES = (
    Ending.GOALS_MET,
    Ending.GOALS_PARTLY,
    Ending.GOALS_NOT,
    Ending.MOVED,
    Ending.DISENGAGED,
)


@dataclass(frozen=True, kw_only=True)
class ChildSaid:
    """What one child needs, says or shows, and what goes well for them."""

    child_id: UUID
    needs: str
    voice: str
    strengths: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """What somebody does towards a goal, and by when."""

    what: str
    who: str
    by_on: date


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A goal and the steps towards it."""

    goal: str
    steps: Sequence[Step]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Somebody asked to a meeting; who was not there has a note why, or of what they sent."""

    name: str
    agency: str
    was_there: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a goal has come."""

    goal_id: UUID
    progress: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What early help came to for one child."""

    child_id: UUID
    outcome: str
    note: str


@transaction.atomic
def assess(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    children: Sequence[ChildSaid],
    strengths: str,
    family_says: str,
    token: UUID | None = None,
) -> Assessment:
    """Write an early help assessment, each child with needs, voice and strengths.

    The first meets EH-EHA and starts EH-TAF-1. A later one stands beside it.

    :raises NotAgreed: nobody with parental responsibility agrees for a child
    :raises NotWhole: names each child and each missing thing
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    once.claim(token, user=by, action="early_help.assess")
    _refuse_not_started(episode, "An assessment can be written")
    agreement.require_agreed(episode, what="An assessment cannot be written")
    given = {child.child_id: child for child in children}
    helped = rules.children(episode)
    problems: list[tuple[str, str]] = []
    for child_id in helped:
        said = given.get(child_id)
        name = rules.names([child_id])
        for field, words in (
            ("needs", f"Say what {name} needs"),
            ("voice", f"Say what {name} says or shows"),
            ("strengths", f"Say what goes well for {name}"),
        ):
            if said is None or not getattr(said, field).strip():
                problems.append((f"{field}_{child_id}", words))
    for field, value, words in (
        ("strengths", strengths, "Say what the family does well"),
        ("family_says", family_says, "Say what the parents say"),
    ):
        if not value.strip():
            problems.append((field, words))
    if problems:
        raise NotWhole(problems)
    if set(given) - set(helped):
        raise Refused("One of these children is not part of this episode.")
    is_first = not Assessment.objects.filter(episode=episode).exists()
    made = Assessment.objects.create(
        episode=episode,
        strengths=strengths,
        family_says=family_says,
        at=at,
        by=by,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    AssessedChild.objects.bulk_create(
        AssessedChild(
            assessment=made,
            child_id=child_id,
            needs=given[child_id].needs,
            voice=given[child_id].voice,
            strengths=given[child_id].strengths,
        )
        for child_id in helped
    )
    if is_first:
        clocks.stop("EH-EHA", on=episode, at=at)
        clocks.start("EH-TAF-1", on=episode, started_at=at, by=by)
    rules.append("assessed", episode, authority=authority, at=at)
    once.finish(token, made.pk)
    return made


@transaction.atomic
def agree_plan(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    goals: Sequence[Goal],
    agreed_with: str,
    token: UUID | None = None,
) -> Plan:
    """Write what the family and those who help it agreed on; the plan before is kept.

    :raises NotAgreed: nobody with parental responsibility agrees for a child
    :raises Refused: no assessment yet, no goal, a goal without anybody who does anything
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    once.claim(token, user=by, action="early_help.agree_plan")
    _refuse_not_started(episode, "A plan can be agreed")
    agreement.require_agreed(episode, what="A plan cannot be agreed")
    if not Assessment.objects.filter(episode=episode).exists():
        raise Refused("Write the assessment first, so that the plan answers each child’s needs.")
    if not goals:
        raise Refused("Enter at least one goal.")
    for goal in goals:
        if not goal.goal.strip():
            raise Refused("Say what the goal is.")
        if not goal.steps:
            raise Refused(f"Say who does what by when towards “{goal.goal}”.")
        for step in goal.steps:
            if not (step.what.strip() and step.who.strip()):
                raise Refused(f"Say what is done towards “{goal.goal}”, and who does it.")
    if not agreed_with.strip():
        raise Refused("Say who of the family agreed to the plan.", field="agreed_with")
    plan = Plan.objects.create(
        episode=episode,
        agreed_with=agreed_with,
        at=at,
        by=by,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    for place, goal in enumerate(goals):
        row = PlanGoal.objects.create(plan=plan, position=place, goal=goal.goal)
        PlanAction.objects.bulk_create(
            PlanAction(goal=row, position=number, what=step.what, who=step.who, by_on=step.by_on)
            for number, step in enumerate(goal.steps)
        )
    if episode.state == EpisodeState.ASSESSING:
        episode.state = EpisodeState.PLAN_ACTIVE
        rules.save(episode, "state")
    rules.append("plan_agreed", episode, authority=authority, at=at)
    once.finish(token, plan.pk)
    return plan


@transaction.atomic
def record_meeting(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    attendees: Sequence[Asked],
    progress: Sequence[Progress],
    family_says: str,
    children_say: str,
    decision: str,
    why: str,
    next_on: date | None = None,
    token: UUID | None = None,
) -> TeamMeeting:
    """Record a meeting of the team around the family: attendance, each goal, what was decided.

    It meets EH-TAF-1 or EH-TAF and starts EH-TAF to the next; whoever decides on an end is told.

    :param next_on: when the team meets next, within 60 working days
    :raises Refused: no plan yet, a goal left out, nobody there, or something missing
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    once.claim(token, user=by, action="early_help.record_meeting")
    _refuse_not_started(episode, "A meeting can be recorded")
    # The team may agree the plan at this very meeting, and write it down before it.
    plan = Plan.objects.filter(episode=episode).order_by("-at", "-recorded_at").first()
    if plan is None:
        raise Refused("There is no plan yet that the team could go through. Agree it first.")
    if not any(each.was_there for each in attendees):
        raise Refused("Say who was there.")
    for each in attendees:
        if not (each.name.strip() and each.agency.strip()):
            raise Refused("Say who was asked, and from which agency or part of the family.")
        if not each.was_there and not each.note.strip():
            raise Refused(f"Say what {each.name} sent instead, or why they were not there.")
    goals = {goal.pk: goal for goal in plan.goals.all()}
    given = {each.goal_id: each for each in progress if each.progress in GoalProgress.Progress}
    for pk, goal in goals.items():
        if pk not in given:
            raise Refused(f"Say how far “{goal.goal}” has come.", field=f"progress_{pk}")
    for field, value, words in (
        ("family_says", family_says, "Say what the parents say"),
        ("children_say", children_say, "Say what the children say"),
        ("why", why, "Say why"),
    ):
        if not value.strip():
            raise Refused(f"{words}.", field=field)
    if decision not in TeamMeeting.Decision.values:
        raise Refused("Choose what was decided.", field="decision")
    goes_on = decision in (TeamMeeting.Decision.KEEP, TeamMeeting.Decision.CHANGE)
    days = _days_to_next(at, next_on) if goes_on else None
    made = TeamMeeting.objects.create(
        episode=episode,
        plan=plan,
        at=at,
        family_says=family_says,
        children_say=children_say,
        decision=decision,
        why=why,
        next_on=next_on if goes_on else None,
        by=by,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    Attendee.objects.bulk_create(
        Attendee(
            meeting=made,
            position=place,
            name=each.name,
            agency=each.agency,
            was_there=each.was_there,
            note=each.note,
        )
        for place, each in enumerate(attendees)
    )
    GoalProgress.objects.bulk_create(
        GoalProgress(meeting=made, goal_id=pk, progress=given[pk].progress, note=given[pk].note)
        for pk in goals
    )
    clocks.stop("EH-TAF-1", on=episode, at=at)
    if days is not None:
        clocks.start_again("EH-TAF", on=episode, started_at=at, by=by, limit=days)
    if decision == TeamMeeting.Decision.CLOSE and episode.team.manager_id != by.pk:
        rules.notify(episode.team.manager_id, "to_close", episode, at=at, key=str(made.pk))
    rules.append("team_met", episode, authority=authority, at=at, decision=decision)
    once.finish(token, made.pk)
    return made


def _days_to_next(at: datetime, next_on: date | None) -> int:
    """Working days to the next meeting; they are the limit, and at most 60."""
    if next_on is None:
        raise Refused("Enter when the team meets next.", field="next_on")
    days = calendar.calendar().working_days_between(london_date(at), next_on)
    most = int(policy.value("EH-TAF-MOST", at=at))
    if days <= 0:
        raise Refused("The next meeting is not after this one.", field="next_on")
    if days > most:
        latest = calendar.calendar().add_working_days(london_date(at), most)
        raise Refused(
            f"The team meets again within {most} working days: by {latest:%-d %B %Y}.",
            field="next_on",
        )
    return days


@transaction.atomic
def close_help(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    outcomes: Sequence[Outcome],
    why_safe: str,
    carries_on: str,
    token: UUID | None = None,
) -> Episode:
    """End help that has started: the coordinator, with what it came to for each child.

    :param why_safe: why it is safe to end
    :param carries_on: who carries on, and whom the family rings if it gets worse
    :raises Refused: not started, before the MASH, or something missing; names the child
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_SCREEN, at, episode_id)
    once.claim(token, user=by, action="early_help.close_help")
    rules.refuse_step_up_open(episode)
    rules.refuse_unless(episode, HELPING, "Early help can be ended")
    if unmet_step_up(episode.pk) is not None:
        raise rules.NotNow("You decided to step this family up. Do that first.")
    rules.refuse_undone_change(episode, at=at)
    given = {each.child_id: each for each in outcomes if each.outcome in OUTCOMES}
    helped = rules.children(episode)
    without = [pk for pk in helped if pk not in given or not given[pk].note.strip()]
    if without:
        raise Refused(f"Say what early help came to for {rules.names(without)}, and how you know.")
    if not why_safe.strip():
        raise Refused("Say why it is safe to end.", field="why_safe")
    if not carries_on.strip():
        raise Refused("Say who carries on, and whom the family rings.", field="carries_on")
    ChildOutcome.objects.bulk_create(
        ChildOutcome(episode=episode, child_id=pk, outcome=given[pk].outcome, note=given[pk].note)
        for pk in helped
    )
    telling.owe(episode, TellAbout.CLOSED, at=at, by=by)
    requests.close(
        episode,
        authority=authority,
        at=at,
        ending=_ending({Ending(given[pk].outcome) for pk in helped}),
        note=why_safe,
        carries_on=carries_on,
    )
    once.finish(token, episode.pk)
    return episode


def _ending(outcomes: set[Ending]) -> Ending:
    """What the whole came to: what it was for every child, else partly."""
    return next(iter(outcomes)) if len(outcomes) == 1 else Ending.GOALS_PARTLY


def _refuse_not_started(episode: Episode, what: str) -> None:
    rules.refuse_unless(episode, WORKED_ON, what)
    if episode.started_at is None:
        raise rules.NotNow(f"{what} when help has started.")
