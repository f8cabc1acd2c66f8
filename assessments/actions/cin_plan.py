"""Writing a child in need plan and approving it: the worker writes, the manager approves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from assessments import plan_clocks, standing
from assessments.models import (
    CinAction,
    CinGoal,
    CinPlan,
    CinPlanAuthor,
    CinPlanChild,
)
from assessments.queries.current_assessment import current
from cases import family_changes, holding
from cases.choices import HandoverKind, InvolvementKind, ReferralState
from cases.models import HandoverChild, Involvement, Referral, Responsibility
from lib import application_clock
from lib.working_days import london_date
from people.models import Person
from people.queries import children_of_households
from record import events, outbox
from record.errors import Clash, Refused

OPEN_REFERRALS = (ReferralState.ACCEPTED, ReferralState.ALLOCATED, ReferralState.IN_WORK)
Ending = CinPlan.Ending


class NotReady(Refused):
    """The plan lacks something; `links` names each child and thing, and where to write it."""

    def __init__(self, missing: Sequence[tuple[str, str]]) -> None:
        """:param missing: (sentence, address), in the order of the page"""
        super().__init__(
            "The plan is not whole yet. " + " ".join(f"{sentence}." for sentence, _url in missing),
            links=missing,
        )


@dataclass(frozen=True, kw_only=True)
class Step:
    """Who does what by when towards a goal; `id` when it is one that stands already."""

    what: str
    who: str
    by_on: date
    id: UUID | None = None


# Writing ----------------------------------------------------------------------------------------


@transaction.atomic
def start_plan(
    *, by: User, at: datetime, child_ids: Collection[UUID], token: UUID | None = None
) -> CinPlan:
    """Begin a plan for children of one family; it stays a draft until a manager approves it.

    CIN-MEET counts from the authorised assessment, or from now where there is none.

    :raises PermissionDenied: `by` may not write plans
    :raises Refused: names the child who has no open referral or a plan already
    """
    require(by, Permission.CIN_PLAN_WRITE, at=at)
    ids = sorted(set(child_ids))
    if not ids:
        raise Refused("Choose the children whom the plan is for.", field="children")
    people = {person.pk: person for person in Person.objects.visible_to(by).filter(pk__in=ids)}
    if len(people) < len(ids):
        raise Person.DoesNotExist("There is no such child.")
    holding.lock(ids)
    standing.worker_right(by=by, permission=Permission.CIN_PLAN_WRITE, child_ids=ids, at=at)
    family = {
        child.person_id
        for child in children_of_households(person_ids=ids[:1], on=london_date(at), by=by)
    }
    for child_id in ids:
        if child_id not in family:
            raise Refused(
                f"{people[child_id].name} does not live with {people[ids[0]].name}."
                " Write a plan of their own."
            )
    referrals = _open_referrals(ids)
    for child_id in ids:
        _refuse_second_plan(people[child_id])
        if child_id not in referrals:
            raise Refused(
                f"{people[child_id].name} has no open referral, so no plan can be written."
            )
    team = (
        Responsibility.objects.filter(child__in=ids, to_at__isnull=True)
        .select_related("team")
        .order_by("child_id")[0]
        .team
    )
    now = application_clock.now()
    plan = CinPlan(team=team, started_at=at, started_by=by, recorded_at=now)
    plan.save(force_insert=True)
    CinPlanChild.objects.bulk_create(
        CinPlanChild(plan=plan, child_id=pk, referral=referrals[pk], recorded_at=now) for pk in ids
    )
    assessed = current(child_ids=ids)
    since = min((each.authorised_at for each in assessed.values()), default=at)
    plan_clocks.start_meeting(plan, since=since, by=by)
    tell("cin_plan.started", plan, require(by, Permission.CIN_PLAN_WRITE, at=at), at, ids)
    return plan


@transaction.atomic
def write_section(
    *,
    by: User,
    at: datetime,
    plan_id: UUID,
    child_id: UUID,
    needs: str,
    view: str,
    safety: str,
    version: int,
) -> CinPlanChild:
    """Write one child's section: what this child needs, says, and what keeps them safe tonight."""
    plan, _right = writable(plan_id, by, at)
    section = plan.children.select_for_update().get(child=child_id, is_open=True)
    _refuse_clash(section.version, version, plan)
    section.needs, section.view, section.safety = needs, view, safety
    section.version += 1
    section.save(update_fields=["needs", "view", "safety", "version"])
    wrote(plan, by, at)
    return section


@transaction.atomic
def write_goal(
    *,
    by: User,
    at: datetime,
    plan_id: UUID,
    change: str,
    measure: str,
    steps: Sequence[Step],
    child_id: UUID | None = None,
    goal_id: UUID | None = None,
    version: int = 0,
) -> CinGoal:
    """Write what needs to change, how we will know, and who does what by when.

    :param goal_id: the goal that is written anew; left out, it is one more
    :raises Refused: nobody does anything towards it, or the child is not in the plan
    """
    plan, _right = writable(plan_id, by, at)
    if not steps:
        raise Refused("Say who does what by when.", field="steps")
    if child_id is not None and not plan.children.filter(child=child_id, is_open=True).exists():
        raise Refused("This child is not in the plan.", field="child")
    now = application_clock.now()
    if goal_id is None:
        last = plan.goals.order_by("-number").values_list("number", flat=True).first() or 0
        goal = CinGoal.objects.create(
            plan=plan,
            number=last + 1,
            child_id=child_id,
            change=change,
            measure=measure,
            added_at=at,
            added_by=by,
            recorded_at=now,
        )
    else:
        goal = plan.goals.select_for_update().get(pk=goal_id, ended_at=None)
        _refuse_clash(goal.version, version, plan)
        goal.child_id, goal.change, goal.measure = child_id, change, measure
        goal.version += 1
        goal.save(update_fields=["child", "change", "measure", "version"])
    _write_steps(goal, steps, at=at, recorded_at=now)
    wrote(plan, by, at)
    return goal


def _write_steps(
    goal: CinGoal, steps: Sequence[Step], *, at: datetime, recorded_at: datetime
) -> None:
    standing_steps = {step.pk: step for step in goal.actions.filter(taken_out_at=None)}
    for step in steps:
        known = standing_steps.pop(step.id, None) if step.id is not None else None
        if known is None:
            CinAction.objects.create(
                goal=goal, what=step.what, who=step.who, by_on=step.by_on, recorded_at=recorded_at
            )
        elif (known.what, known.who, known.by_on) != (step.what, step.who, step.by_on):
            known.what, known.who, known.by_on = step.what, step.who, step.by_on
            known.save(update_fields=["what", "who", "by_on"])
    for left_out in standing_steps.values():
        left_out.taken_out_at = at
        left_out.save(update_fields=["taken_out_at"])


@transaction.atomic
def take_out_goal(*, by: User, at: datetime, plan_id: UUID, goal_id: UUID, why: str) -> CinGoal:
    """Take a goal out of the plan, with the reason; it stays on the record."""
    plan, _right = writable(plan_id, by, at)
    if not why.strip():
        raise Refused("Say why this goal is taken out.", field="why")
    goal = plan.goals.select_for_update().get(pk=goal_id, ended_at=None)
    end_goal(goal, CinGoal.Ending.DROPPED, why, at)
    wrote(plan, by, at)
    return goal


@transaction.atomic
def write_details(
    *,
    by: User,
    at: datetime,
    plan_id: UUID,
    visit_every: int,
    contingency: str,
    agreement: str,
    family_view: str,
    shared_on: date | None,
    next_meeting_on: date,
    version: int,
) -> CinPlan:
    """Write how often each child is seen, what happens if it does not work, what the family says.

    :raises Refused: seen less often than every 20 working days, or a date that cannot be
    """
    plan, _right = writable(plan_id, by, at)
    _refuse_clash(plan.version, version, plan)
    if not 1 <= visit_every <= 20:
        raise Refused("See each child at least every 20 working days.", field="visit_every")
    if agreement not in CinPlan.Agreement.values:
        raise Refused("Choose whether the family agrees.", field="agreement")
    if agreement != CinPlan.Agreement.AGREED and not family_view.strip():
        raise Refused("Say what the family does not agree to.", field="family_view")
    if next_meeting_on < london_date(at):
        raise Refused("The next meeting is in the past.", field="next_meeting_on")
    if shared_on is not None and shared_on > london_date(at):
        raise Refused("The day the plan was shared has not come yet.", field="shared_on")
    plan.visit_every = visit_every
    plan.contingency = contingency
    plan.agreement = agreement
    plan.family_view = family_view
    plan.shared_on = shared_on
    plan.next_meeting_on = next_meeting_on
    plan.version += 1
    plan.save(
        update_fields=[
            "visit_every",
            "contingency",
            "agreement",
            "family_view",
            "shared_on",
            "next_meeting_on",
            "version",
        ]
    )
    wrote(plan, by, at)
    return plan


def missing_in(plan: CinPlan) -> list[tuple[str, str]]:
    """Say what a plan lacks before it can be approved: (sentence, where to write it)."""
    found: list[tuple[str, str, UUID | None]] = []
    sections = list(plan.children.filter(is_open=True).select_related("child").order_by("pk"))
    for section in sections:
        for value, sentence in (
            (section.needs, f"Say what {section.child.name} needs"),
            (section.view, f"Say what {section.child.name} says and shows"),
            (section.safety, f"Say what keeps {section.child.name} safe if it gets worse tonight"),
        ):
            if not value.strip():
                found.append((sentence, "cin_section", section.child_id))
    goals = list(plan.goals.filter(ended_at=None))
    if not goals:
        found.append(("Say what needs to change, and who does what by when", "cin_goal_new", None))
    elif all(goal.child_id is not None for goal in goals):
        for section in sections:
            if not any(goal.child_id == section.child_id for goal in goals):
                sentence = f"Nothing is to change for {section.child.name} yet"
                found.append((sentence, "cin_goal_new", None))
    if not plan.contingency.strip():
        found.append(("Say what happens if the plan does not work", "cin_details", None))
    if not plan.agreement:
        found.append(("Say whether the family agrees", "cin_details", None))
    if plan.next_meeting_on is None:
        found.append(("Enter the date of the next meeting", "cin_details", None))
    return [
        (sentence, reverse(f"assessments:{page}", args=[each for each in (plan.pk, child) if each]))
        for sentence, page, child in found
    ]


@transaction.atomic
def send_for_approval(*, by: User, at: datetime, plan_id: UUID) -> CinPlan:
    """Give the draft to the manager who answers for the children.

    :raises NotReady: names each child and each missing thing
    """
    plan, right = writable(plan_id, by, at)
    if plan.state != CinPlan.State.DRAFT:
        raise Refused("This plan has been approved. Changes go to the manager with a review.")
    if plan.submitted_at is not None:
        raise Refused("The plan is with the manager already.")
    if missing := missing_in(plan):
        raise NotReady(missing)
    plan.submitted_at, plan.submitted_by, plan.returned_because = at, by, ""
    plan.save(update_fields=["submitted_at", "submitted_by", "returned_because"])
    wrote(plan, by, at)
    tell_managers(plan, "cin_plan.to_approve", at=at)
    tell("cin_plan.sent", plan, right, at, open_children(plan))
    return plan


# Approving --------------------------------------------------------------------------------------


@transaction.atomic
def return_plan(*, by: User, at: datetime, plan_id: UUID, because: str) -> CinPlan:
    """Give a draft back to its writer with what is missing."""
    plan, right = decidable(plan_id, by, at)
    if plan.submitted_at is None or plan.state != CinPlan.State.DRAFT:
        raise Refused("This plan is not before you.")
    if not because.strip():
        raise Refused("Say what is missing.", field="because")
    writer_id = plan.submitted_by_id
    plan.submitted_at, plan.submitted_by, plan.returned_because = None, None, because
    plan.save(update_fields=["submitted_at", "submitted_by", "returned_because"])
    notify(plan, writer_id, "cin_plan.returned", at=at)
    tell("cin_plan.returned", plan, right, at, open_children(plan))
    return plan


@transaction.atomic
def approve_plan(*, by: User, at: datetime, plan_id: UUID, why: str) -> CinPlan:
    """Approve a plan that somebody else wrote: it runs from this day for each child.

    :raises PermissionDenied: `by` may not approve plans
    :raises Refused: `by` wrote in it, answers for none of the children, or gives no reason
    :raises NotReady: names each child and each missing thing
    """
    plan, right = decidable(plan_id, by, at)
    if plan.state != CinPlan.State.DRAFT or plan.submitted_at is None:
        raise Refused("This plan is not before you.")
    refuse_author(plan, by)
    if not why.strip():
        raise Refused("Say why this plan is the right one.", field="why")
    if missing := missing_in(plan):
        raise NotReady(missing)
    on = london_date(at)
    sections = list(plan.children.filter(is_open=True).select_related("child", "referral"))
    ids = sorted(section.child_id for section in sections)
    holding.lock(ids)
    for section in sections:
        _refuse_second_plan(section.child, but=plan)
        if on < section.referral.referral_on:
            raise Refused(f"The plan cannot begin before {section.child.name}’s referral.")
    plan.state = CinPlan.State.ACTIVE
    plan.active_on = on
    plan.approved_at, plan.approved_by, plan.approved_for = at, by, right.acting_for
    plan.approved_why = why
    plan.save(
        update_fields=[
            "state",
            "active_on",
            "approved_at",
            "approved_by",
            "approved_for",
            "approved_why",
        ]
    )
    for section in sorted(sections, key=lambda each: each.child_id):
        _begin(plan, section, right, at)
    plan_clocks.start_running(plan, child_ids=ids, at=at, by=by)
    notify(plan, plan.submitted_by_id, "cin_plan.approved", at=at)
    tell("cin_plan.approved", plan, right, at, ids)
    return plan


def _begin(plan: CinPlan, section: CinPlanChild, right: Authority, at: datetime) -> None:
    section.from_on = london_date(at)
    section.save(update_fields=["from_on"])
    holding.start(
        child_id=section.child_id,
        kind=InvolvementKind.PLAN,
        subject_id=plan.pk,
        at=at,
        team=plan.team,
        authority=right,
    )


# Ending -----------------------------------------------------------------------------------------


@transaction.atomic
def give_up_draft(*, by: User, at: datetime, plan_id: UUID, why: str) -> CinPlan:
    """End a draft that is not needed after all; nothing of it ran."""
    plan, right = writable(plan_id, by, at)
    if plan.state != CinPlan.State.DRAFT:
        raise Refused("This plan has been approved, so its manager ends it.")
    if not why.strip():
        raise Refused("Say why the plan is not needed.", field="why")
    end_parts(
        plan,
        child_ids=open_children(plan),
        ending=Ending.NOT_NEEDED,
        why=why,
        authority=right,
        at=at,
    )
    return plan


@transaction.atomic
def end_plan(
    *,
    by: User,
    at: datetime,
    plan_id: UUID,
    child_ids: Collection[UUID],
    ending: str,
    why: str,
) -> CinPlan:
    """End the plan for some of its children, or all: the manager who answers for them.

    Not for stepping down, which ends when early help has started or the family has declined,
    nor for child protection, which ends it with the conference.

    :raises Refused: no child or reason, or another way leads there
    """
    plan, right = decidable(plan_id, by, at, child_ids=child_ids)
    if plan.state not in CinPlan.RUNNING:
        raise Refused("This plan does not run, so it cannot be ended.")
    if not child_ids:
        raise Refused("Choose the children for whom the plan ends.", field="children")
    if ending in (Ending.STEPPED_DOWN, Ending.ESCALATED, Ending.NOT_NEEDED):
        raise Refused(
            "The plan ends by itself when early help has started, or when a conference makes a"
            " child protection plan.",
            field="ending",
        )
    if ending not in Ending.values:
        raise Refused("Choose why the plan ends.", field="ending")
    if not why.strip():
        raise Refused("Say why the plan can end.", field="why")
    if ending in (Ending.MET, Ending.NOT_AGREED, Ending.OTHER):
        _refuse_offered(child_ids)
    for section in plan.children.filter(child__in=child_ids).select_related("child"):
        if ending == Ending.DIED and section.child.died_on is None:
            raise Refused(f"{section.child.name}’s death is not recorded. Record it first.")
    end_parts(plan, child_ids=child_ids, ending=Ending(ending), why=why, authority=right, at=at)
    if ending == Ending.LOOKED_AFTER:
        family_changes.raise_for_status(
            child_ids=child_ids,
            considered_ids=child_ids,
            what="A brother or sister became looked after",
            source_kind="cin_plan",
            source_id=plan.pk,
            authority=right,
            at=at,
        )
    return plan


def _refuse_offered(child_ids: Collection[UUID]) -> None:
    """A plan goes on while early help is waited for (domain.md 2.10)."""
    rows = (
        HandoverChild.objects.filter(child__in=child_ids, is_open=True, kind=HandoverKind.STEP_DOWN)
        .select_related("child", "handover__to_team")
        .order_by("child__date_of_birth", "child_id")
    )
    for row in rows:
        raise Refused(
            f"{row.child.name} is offered to {row.handover.to_team.name}. The plan ends by itself"
            " when help has started, and runs on if early help gives the family back.",
            field="ending",
        )


def end_parts(
    plan: CinPlan,
    *,
    child_ids: Collection[UUID],
    ending: CinPlan.Ending,
    why: str,
    authority: Authority,
    at: datetime,
) -> None:
    """End the parts of these children; with the last one the plan itself.

    Within an action that has locked the plan and asked for the right.
    """
    ids = sorted(set(child_ids))
    holding.lock(ids)
    sections = list(
        plan.children.select_for_update().filter(child__in=ids, is_open=True).order_by("child_id")
    )
    if len(sections) < len(ids):
        raise Refused("One of these children is not in the plan any more.")
    if plan.approved_at is not None and at < plan.approved_at:
        raise Refused("The plan cannot end before it began.")
    on = london_date(at)
    for section in sections:
        section.is_open = False
        section.ending = ending
        section.to_on = on if section.from_on is not None else None
        section.save(update_fields=["is_open", "ending", "to_on"])
        plan_clocks.stop_child(plan, child_id=section.child_id, at=at)
        holding.end(child_id=section.child_id, kind=InvolvementKind.PLAN, subject_id=plan.pk, at=at)
    if not plan.children.filter(is_open=True).exists():
        is_escalated = ending == Ending.ESCALATED
        plan.state = CinPlan.State.ESCALATED if is_escalated else CinPlan.State.ENDED
        plan.ended_on, plan.ended_at, plan.ended_by = on, at, authority.user
        plan.ending, plan.ended_why = ending, why
        plan.save(
            update_fields=["state", "ended_on", "ended_at", "ended_by", "ending", "ended_why"]
        )
        plan_clocks.stop_all(plan, at=at)
    tell("cin_plan.ended", plan, authority, at, ids, ending=str(ending))


def escalate(
    *, authority: Authority, at: datetime, child_ids: Collection[UUID], why: str
) -> list[CinPlan]:
    """End the child in need plans of children for whom a conference makes a protection plan.

    Within the action that makes it, before it begins: the two never run together.
    """
    plans = list(
        CinPlan.objects.select_for_update()
        .filter(
            pk__in=CinPlanChild.objects.filter(child__in=child_ids, is_open=True).values("plan")
        )
        .order_by("pk")
    )
    for plan in plans:
        mine = set(open_children(plan)) & set(child_ids)
        is_draft = plan.state == CinPlan.State.DRAFT
        end_parts(
            plan,
            child_ids=mine,
            ending=Ending.NOT_NEEDED if is_draft else Ending.ESCALATED,
            why=why,
            authority=authority,
            at=at,
        )
    return plans


# What the parts share ---------------------------------------------------------------------------


def lock(plan_id: UUID, by: User) -> CinPlan:
    """Lock a plan that `by` may read.

    :raises CinPlan.DoesNotExist: there is none, or a child of it is restricted from `by`
    """
    return (
        CinPlan.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("team")
        .get(pk=plan_id)
    )


def decidable(
    plan_id: UUID, by: User, at: datetime, *, child_ids: Collection[UUID] = ()
) -> tuple[CinPlan, Authority]:
    """Lock a plan and give the right of the manager who answers for its children.

    :param child_ids: those whom it is about, where another manager answers for the others
    """
    require(by, Permission.CIN_PLAN_APPROVE, at=at)
    plan = lock(plan_id, by)
    theirs = open_children(plan)
    right = standing.manager_right(
        by=by,
        permission=Permission.CIN_PLAN_APPROVE,
        child_ids=[pk for pk in theirs if pk in child_ids] or theirs,
        at=at,
    )
    return plan, right


def refuse_author(plan: CinPlan, by: User) -> None:
    """Refuse somebody who wrote in the plan."""
    if plan.authors.filter(user=by).exists():
        raise Refused("You wrote in this plan, so another manager approves it.")


def writable(plan_id: UUID, by: User, at: datetime) -> tuple[CinPlan, Authority]:
    """Lock a plan that may be written in, and give the right of who works with its children."""
    require(by, Permission.CIN_PLAN_WRITE, at=at)
    plan = lock(plan_id, by)
    if plan.state in CinPlan.OVER:
        raise Refused(f"This plan is over: {plan.get_state_display().lower()}.")
    if plan.state in (CinPlan.State.ACTIVE, CinPlan.State.STEPPING_DOWN):
        raise Refused("This plan runs as it was approved. Record a review to change it.")
    right = standing.worker_right(
        by=by, permission=Permission.CIN_PLAN_WRITE, child_ids=open_children(plan), at=at
    )
    return plan, right


def wrote(plan: CinPlan, by: User, at: datetime) -> None:
    """Note that somebody wrote in the plan, and so never approves it."""
    CinPlanAuthor.objects.get_or_create(plan=plan, user=by, defaults={"at": at})


def _refuse_clash(stands: int, read: int, plan: CinPlan) -> None:
    if stands != read:
        writer = plan.authors.select_related("user").order_by("-pk").first()
        who = writer.user.full_name if writer else "Somebody"
        raise Clash(
            f"{who} has changed this part since you opened it. Read it, then write yours.",
            by_name=who,
        )


def _refuse_second_plan(person: Person, *, but: CinPlan | None = None) -> None:
    others = CinPlanChild.objects.filter(child=person, is_open=True).select_related("plan")
    other = (others.exclude(plan=but) if but else others).first()
    if other is not None:
        raise Refused(
            f"{person.name} has a child in need plan already:"
            f" {other.plan.get_state_display().lower()}."
        )
    if Involvement.objects.filter(
        child=person, kind=InvolvementKind.PLAN, to_at__isnull=True
    ).exists():
        raise Refused(
            f"{person.name} has a child protection plan, so no child in need plan can run."
        )


def _open_referrals(child_ids: Collection[UUID]) -> dict[UUID, Referral]:
    rows = Referral.objects.filter(child__in=child_ids, state__in=OPEN_REFERRALS).exclude(
        team_accepted_at=None
    )
    return {row.child_id: row for row in rows.order_by("child_id")}


def open_children(plan: CinPlan) -> list[UUID]:
    """The children whose part of the plan has not ended."""
    return list(
        plan.children.filter(is_open=True).order_by("child_id").values_list("child_id", flat=True)
    )


def end_goal(goal: CinGoal, ending: CinGoal.Ending, why: str, at: datetime) -> None:
    """End a goal; it stays on the record."""
    goal.ended_at, goal.ending, goal.ended_why = at, ending, why
    goal.save(update_fields=["ended_at", "ending", "ended_why"])


def tell_managers(plan: CinPlan, code: str, *, at: datetime) -> None:
    """Tell each manager who answers for children of the plan."""
    managers = (
        Responsibility.objects.filter(child__in=open_children(plan), to_at__isnull=True)
        .order_by("manager_id")
        .values_list("manager_id", flat=True)
        .distinct()
    )
    for manager_id in managers:
        notify(plan, manager_id, code, at=at)


def notify(plan: CinPlan, user_id: UUID | None, code: str, *, at: datetime) -> None:
    """Owe somebody a notice about the plan."""
    if user_id is None:
        return
    outbox.put(
        "notice",
        key=f"{code}:{plan.pk.hex}:{user_id.hex}:{at:%y%m%d%H%M%S}",
        payload={
            "user_id": str(user_id),
            "code": code,
            "subject_kind": "cin_plan",
            "subject_id": str(plan.pk),
        },
        at=at,
        subject_kind="cin_plan",
        subject_id=plan.pk,
    )


def tell(
    code: str,
    plan: CinPlan,
    authority: Authority,
    at: datetime,
    child_ids: Sequence[UUID],
    **data: str,
) -> None:
    """Write a line on each child's timeline."""
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="cin_plan",
        subject_id=plan.pk,
        children=child_ids,
        data=data,
    )
