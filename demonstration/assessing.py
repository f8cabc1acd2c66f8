"""What an assessment team does with a family, step by step: assess, plan, think again, hand on.

Each step is one piece of work at one moment, through the real actions. Who takes which step when
is said by `following` (families drawn by chance) and `histories` (those that must be there).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from accounts.models import Team, User
from accounts.permissions import remember
from assessments import actions, sections
from assessments.actions import cin_plan, cin_review, protection, transfer, transfer_wait
from assessments.actions.transfer_in import MovedIn, record_transfer_in
from assessments.actions.writing import Typed, fingerprint
from assessments.choices import AssessmentKind, AssessmentOutcome
from assessments.models import Assessment, CinPlan, ProtectionPlan, Transfer, TransferRequest
from cases import actions as case_actions
from cases.actions import ChangeLine, Direction, Rationale, ReviewAnswers
from cases.actions.changes import class_of
from cases.change_codes import ChangeCode, ChangeOutcome, title
from cases.choices import OversightKind, VisitOutcome, VisitPurpose
from cases.models import ChangeOfCircumstance, ChildRiskReview, OversightAction, Referral
from demonstration import words
from demonstration.population import Household
from lib.working_days import london_date
from record import calendar

NOTHING = fingerprint("")
RISKS = ("low", "moderate", "moderate", "high")


class NotYet(RuntimeError):
    """A step comes before the one it rests on."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """A child of the family as the team knows it."""

    id: UUID
    name: str
    is_unborn: bool = False


@dataclass
class Family:
    """A family whom an assessment team has taken, and who works with it."""

    home: Household
    children: list[Child]
    team: Team
    manager: User
    worker: User
    random: Random
    assessment: Assessment | None = None
    plan: CinPlan | None = None
    transfer: Transfer | None = None
    changes: list[UUID] = field(default_factory=list)
    directions: list[UUID] = field(default_factory=list)

    @property
    def ids(self) -> list[UUID]:
        return [child.id for child in self.children]

    @property
    def referrals(self) -> list[Referral]:
        """Those of its children that are open."""
        return _referrals(self)

    @property
    def latest_change(self) -> UUID:
        if not self.changes:
            raise NotYet
        return self.changes[-1]

    @property
    def seen(self) -> list[Child]:
        """Those who can be seen."""
        return [child for child in self.children if not child.is_unborn]

    def why(self, decision: str) -> Rationale:
        """The reasons of one decision of the manager."""
        return Rationale(
            know=self.random.choice(words.KNOW),
            worries=self.random.choice(words.WORRIES),
            protects=self.random.choice(words.PROTECTS).format(mother=self.home.mother.given_name),
            decision=decision,
            why=self.random.choice(words.WHY_THIS),
        )


def after(at: datetime, days: int) -> date:
    """The day so many working days later."""
    return calendar.calendar().add_working_days(london_date(at), days)


# Seeing -------------------------------------------------------------------------------------------


def visit(
    family: Family,
    at: datetime,
    *,
    purpose: VisitPurpose = VisitPurpose.ASSESSMENT,
    outcome: VisitOutcome = VisitOutcome.KEPT,
    only: Collection[UUID] = (),
    is_alone: bool = True,
) -> None:
    """The worker comes: each child seen, alone or not, or nobody opens."""
    children = [child for child in family.seen if not only or child.id in only]
    if not children:
        return
    is_kept = outcome == VisitOutcome.KEPT
    case_actions.record_visit(
        by=family.worker,
        at=at,
        purpose=purpose,
        outcome=outcome,
        where="At home" if is_kept else "",
        is_home_seen=is_kept,
        children=[
            case_actions.ChildAtVisit(
                child_id=child.id,
                was_seen=is_kept,
                was_seen_alone=is_kept and is_alone,
                not_alone_because="Would not leave the room",
                words=family.random.choice(words.SAID) if is_kept else "",
                next_attempt_on=None if is_kept else after(at, 2),
            )
            for child in children
        ],
    )


# The assessment -----------------------------------------------------------------------------------


def start(family: Family, at: datetime, *, length: int = 25) -> None:
    family.assessment = actions.start(
        by=family.manager,
        at=at,
        child_ids=family.ids,
        plan="Each child alone, at home and at school; both parents; school and health visitor",
        review_on=after(at, length),
    )


def checkpoint(
    family: Family, at: datetime, *, number: int, next_step: str = "carry_on", was_seen: bool = True
) -> None:
    actions.record_checkpoint(
        by=family.manager,
        at=at,
        assessment_id=_assessment(family).pk,
        number=number,
        children=[
            actions.CheckpointLine(
                child_id=child.id,
                was_seen=was_seen and not child.is_unborn,
                was_seen_alone=was_seen and not child.is_unborn,
                not_because=""
                if was_seen and not child.is_unborn
                else "Not born yet"
                if child.is_unborn
                else "Nobody opened twice; the school is asked",
                emerging_risk=family.random.choice(RISKS),
                note=f"{child.name}: {family.random.choice(words.SEEN_SO_FAR)}",
            )
            for child in family.children
        ],
        other_parent=family.random.choice(words.OTHER_PARENT),
        agencies="School and health visitor have answered",
        next_step=next_step,
        review_on=after(at, 10),
        rationale=family.why("Go on as planned."),
    )


def write(family: Family, at: datetime, *, outcome: str, is_same: bool = False) -> None:
    """Write the whole document.

    :param is_same: the worker says the same of the risk to every child, word for word
    """
    assessment = _assessment(family)
    actions.save_words(
        by=family.worker,
        at=at,
        assessment_id=assessment.pk,
        typed=list(_words(family, at, outcome=outcome, is_same=is_same)),
    )


def _words(family: Family, at: datetime, *, outcome: str, is_same: bool) -> Iterator[Typed]:
    kind = AssessmentKind.FULL
    mother = family.home.mother.given_name

    def typed(key: str, said: str, child_id: UUID | None = None) -> Typed:
        return Typed(key=key, words=said, version=0, was=NOTHING, child_id=child_id)

    for _section, box in sections.shared_boxes(kind):
        if box.kind == "date":
            yield typed(box.key, london_date(at).isoformat())
        elif box.key not in ("not_shared", "checkpoint_note"):
            yield typed(box.key, words.WRITTEN[box.key].format(mother=mother))
    for child in family.children:
        given = {
            "risk": family.random.choice(RISKS),
            "outcome": outcome,
            "factors": " ".join(_factors(family.random, outcome)),
        }
        for _code, box in sections.boxes_of_child(kind, is_unborn=child.is_unborn):
            said = given.get(box.key)
            if said is None and is_same and box.key == "risk_why":
                said = "May be hurt in a row at night, as may every child of this family."
            elif said is None:
                choices = words.OF_UNBORN if child.is_unborn else words.OF_CHILD
                picked = family.random.choice(choices.get(box.key, words.OF_CHILD[box.key]))
                said = f"{child.name} {picked}"
            yield typed(box.key, said, child.id)


def _factors(random: Random, outcome: str) -> Sequence[str]:
    if outcome == AssessmentOutcome.NFA and random.random() < 0.25:
        return ["21"]
    found = [code for code, share in words.FACTORS if random.random() * 100 < share]
    return found[:4] or ["20"]


def submit(family: Family, at: datetime) -> None:
    actions.submit(by=family.worker, at=at, assessment_id=_assessment(family).pk)


def give_back(family: Family, at: datetime) -> None:
    """The manager returns what was submitted, saying what is missing."""
    actions.return_to_writer(
        by=family.manager,
        at=at,
        assessment_id=_assessment(family).pk,
        missing=f"What {family.children[-1].name} says, in their own words.",
        due_on=after(at, 3),
        comments=[
            actions.Comment(
                section=sections.CHILD,
                child_id=family.children[-1].id,
                words="How was this child? I read what the adults think.",
            )
        ],
    )


def authorise(
    family: Family,
    at: datetime,
    *,
    outcome: str,
    late_reason: str = "",
    rationale: Rationale | None = None,
) -> None:
    assessment = _assessment(family)
    factors = dict(
        assessment.texts.filter(key="factors", child__in=family.ids).values_list(
            "child_id", "words"
        )
    )
    actions.authorise(
        by=family.manager,
        at=at,
        assessment_id=assessment.pk,
        submission=assessment.submissions.count(),
        children=[
            actions.ChildOutcome(
                child_id=child.id,
                outcome=outcome,
                primary_need="N1",
                factors=factors[child.id].split(),
            )
            for child in family.children
        ],
        rationale=rationale or family.why(words.AUTHORISED[outcome]),
        late_reason=late_reason,
    )


def close(family: Family, at: datetime, *, reason: str = "RC8") -> None:
    """The manager ends the work with every child of the family."""
    case_actions.close_referrals(
        by=family.manager,
        at=at,
        reasons={referral.pk: reason for referral in _referrals(family)},
        rationale=family.why("Close: what was needed is in place."),
        summary="Each child was seen and heard; what worried the school has stopped.",
        told="Both parents by phone, and the school in writing",
        carries_on="The school; they ring the MASH if it gets worse",
    )


# The plan -----------------------------------------------------------------------------------------


def make_plan(family: Family, at: datetime) -> None:
    """The worker writes the child in need plan and sends it to the manager."""
    plan = cin_plan.start_plan(by=family.worker, at=at, child_ids=family.ids)
    for child in family.children:
        cin_plan.write_section(
            by=family.worker,
            at=at,
            plan_id=plan.pk,
            child_id=child.id,
            needs=f"{child.name} needs mornings without shouting.",
            view=f"{child.name}: {family.random.choice(words.SAID)}",
            safety=f"{child.name} rings Nan; Nan rings us.",
            version=1,
        )
    cin_plan.write_goal(
        by=family.worker,
        at=at,
        plan_id=plan.pk,
        change="Everybody is at school on time",
        measure="Nine mornings in ten",
        steps=[cin_plan.Step(what="Alarm at seven", who="Mother", by_on=after(at, 15))],
    )
    cin_plan.write_details(
        by=family.worker,
        at=at,
        plan_id=plan.pk,
        version=1,
        visit_every=20,
        contingency="If school is missed two weeks running, the manager thinks again.",
        agreement=CinPlan.Agreement.AGREED,
        family_view="Mother says mornings are hardest.",
        shared_on=london_date(at),
        next_meeting_on=after(at, 9),
    )
    family.plan = cin_plan.send_for_approval(by=family.worker, at=at, plan_id=plan.pk)


def approve_plan(family: Family, at: datetime) -> None:
    cin_plan.approve_plan(
        by=family.manager, at=at, plan_id=_plan(family).pk, why="It fits each of them."
    )


def meet(family: Family, at: datetime) -> None:
    """The first meeting of family and agencies."""
    cin_review.record_first_meeting(
        by=family.worker,
        at=at,
        plan_id=_plan(family).pk,
        attended="Mother, school, health visitor",
        summary="Everybody knows what they do.",
        family_view="Mother is glad of the mornings.",
        next_on=after(at, 28),
    )


def review_plan(family: Family, at: datetime) -> None:
    """A review of the plan by the worker, for the manager to confirm."""
    plan = _plan(family)
    cin_review.record_review(
        by=family.worker,
        at=at,
        plan_id=plan.pk,
        attended="Mother, school, health visitor",
        summary="School is easier; nights are not.",
        family_view="Mother is tired and pleased.",
        progress={
            goal.pk: cin_review.GoalProgress(how="better", words="On time four days in five")
            for goal in plan.goals.filter(ended_at=None)
        },
        steps={},
        decision="go_on",
        why="It works and is not finished.",
        next_on=after(at, 50),
    )


def confirm_review(family: Family, at: datetime) -> None:
    cin_review.confirm_review(
        by=family.manager,
        at=at,
        plan_id=_plan(family).pk,
        is_confirmed=True,
        note="Read; I agree.",
    )


def end_plan(family: Family, at: datetime) -> None:
    cin_plan.end_plan(
        by=family.manager,
        at=at,
        plan_id=_plan(family).pk,
        child_ids=family.ids,
        ending=CinPlan.Ending.MET,
        why="Everybody is at school on time, and the nights are quiet.",
    )


# Oversight ----------------------------------------------------------------------------------------


def take_plan_over(family: Family, at: datetime) -> None:
    """Our conference takes the other authority's child protection plan over."""
    record_transfer_in(
        by=family.manager,
        at=at,
        person_id=family.ids[0],
        lines=[
            MovedIn(
                child_id=child.id,
                result="plan",
                why=f"What {child.name} lived with there goes on here.",
                category="NEG",
                previous_elsewhere=1,
                must_change="Somebody is at home at night, every night.",
                contingency="We take legal advice.",
                core_group="Mother, school, health visitor, social worker.",
            )
            for child in family.children
        ],
        from_authority="Northmere County Council",
        told_on=after(at, 0) - timedelta(days=14),
        chair="Kit Chairwell",
        attended="Mother, both social workers, school, health; police by phone.",
        summary="What was done there, what goes on here, and who comes when.",
        family_view="Mother is glad to be near her sister.",
    )


def meet_core_group(family: Family, at: datetime) -> None:
    """The first core group of the plans that were taken over."""
    plans = ProtectionPlan.objects.running().filter(child__in=family.ids)
    protection.record_core_group(
        by=family.worker,
        at=at,
        attended="Mother, school, health visitor.",
        family_view="Mother is tired and pleased.",
        lines=[
            protection.CoreGroupLine(
                plan_id=plan.pk,
                changed="Her sister sleeps there when mother works.",
                next_steps="School rings daily; the worker comes on Tuesdays.",
            )
            for plan in plans.order_by("child__date_of_birth")
        ],
    )


def supervise(family: Family, at: datetime, *, rationale: Rationale | None = None) -> None:
    """Case supervision of every child of the family."""
    case_actions.record_oversight(
        by=family.manager,
        at=at,
        kind=OversightKind.SUPERVISION,
        child_ids=family.ids,
        rationale=rationale or family.why("Go on as planned."),
        with_worker=family.worker,
    )


def direct(family: Family, at: datetime, *, days: int = 5) -> None:
    """Something said in the corridor, with something to do by a day."""
    record = case_actions.record_oversight(
        by=family.manager,
        at=at,
        kind=OversightKind.REACTIVE,
        child_ids=family.ids,
        rationale=Rationale(
            worries=family.random.choice(words.WORRIES), decision="See them before the weekend."
        ),
        directions=[
            Direction(
                what=family.random.choice(words.DIRECTIONS),
                owner_id=family.worker.pk,
                due_on=after(at, days),
            )
        ],
    )
    family.directions.append(OversightAction.objects.get(oversight=record).pk)


def answer(family: Family, at: datetime, *, is_done: bool) -> None:
    """Say whether the latest direction was carried out."""
    case_actions.answer_direction(
        by=family.worker,
        at=at,
        direction_id=_there(family.directions[-1] if family.directions else None),
        is_done=is_done,
        answer="Done, and seen." if is_done else "The mother was in hospital; next week instead.",
    )


# Changes ------------------------------------------------------------------------------------------


def log_change(family: Family, at: datetime, code: ChangeCode, *, days_ago: int = 0) -> UUID:
    """The worker says that something has changed at home."""
    change = case_actions.log_change(
        by=family.worker,
        at=at,
        child_id=family.ids[0],
        code=code,
        happened_on=london_date(at) - timedelta(days=days_ago),
        what=f"{title(code)}. The school rang.",
        learned_from="School",
    )
    family.changes.append(change.pk)
    return change.pk


def triage(family: Family, at: datetime, change_id: UUID, *, change_class: str = "") -> None:
    change = ChangeOfCircumstance.objects.get(pk=change_id)
    case_actions.triage(
        by=family.manager,
        at=at,
        change_id=change_id,
        change_class=change_class or class_of(change),
        concerned_ids=[family.ids[0]],
    )


def review_change(
    family: Family, at: datetime, change_id: UUID, *, only: Collection[UUID] = (), late: str = ""
) -> None:
    """The review of each child that is still to do, or of some of them."""
    owed = ChildRiskReview.objects.filter(
        subject_id=change_id, state=ChildRiskReview.State.TO_DO
    ).select_related("child", "owner")
    for review in sorted(owed, key=lambda each: each.child.name):
        if only and review.child_id not in only:
            continue
        remember(review.owner)
        name = review.child.given_name or "the baby"
        is_seen = review.child.stage != "unborn"
        case_actions.complete_review(
            by=review.owner,
            at=at,
            review_id=review.pk,
            answers=ReviewAnswers(
                what_changed=f"{name}: {family.random.choice(words.CHANGED)}",
                effect=f"{name} {family.random.choice(words.EFFECT)}",
                risk_before="moderate",
                risk_now=family.random.choice(RISKS),
                protects=f"Grandmother; school, for {name}",
                recommendation=f"See {name} again in two weeks",
                was_seen=is_seen,
                was_seen_alone=True if is_seen else None,
                seen_at=at - timedelta(hours=1) if is_seen else None,
                not_seen_because="" if is_seen else "Not born yet",
                next_attempt_on=None if is_seen else after(at, 10),
                childs_view=family.random.choice(words.SAID) if is_seen else "",
                is_assessment_right=True,
                is_plan_right=True,
            ),
            late_reason=late,
        )


def decide_change(family: Family, at: datetime, change_id: UUID, *, late: str = "") -> None:
    change = ChangeOfCircumstance.objects.get(pk=change_id)
    rows = change.children.select_related("child").filter(needs_review=True)
    for one in change.elsewhere.filter(is_told__isnull=True).order_by("child_id"):
        case_actions.tell_elsewhere(
            by=family.manager,
            at=at,
            elsewhere_id=one.pk,
            is_told=True,
            whom="The children’s services where they live",
        )
    case_actions.decide_change(
        by=family.manager,
        at=at,
        change_id=change_id,
        rationale=family.why("The assessment and the plan stand."),
        lines=[
            ChangeLine(
                child_id=row.child_id,
                outcome=ChangeOutcome.STANDS,
                line=f"{row.child.given_name or 'The baby'} was thought about and is safe tonight",
            )
            for row in sorted(rows, key=lambda row: row.child.name)
        ],
        agencies_told="School and health visitor",
        family_told="The mother, by the worker",
        late_reason=late,
    )


def not_significant(family: Family, at: datetime, change_id: UUID) -> None:
    rows = ChangeOfCircumstance.objects.get(pk=change_id).children.select_related("child")
    case_actions.find_not_significant(
        by=family.manager,
        at=at,
        change_id=change_id,
        lines={
            row.child_id: f"Nothing is different for {row.child.given_name or 'the baby'}"
            for row in rows
        },
    )


# Handing on ---------------------------------------------------------------------------------------


def propose(family: Family, at: datetime, *, to_team: Team) -> None:
    family.transfer = transfer.propose(
        by=family.worker,
        at=at,
        lines=[transfer.Line(child_id=child_id, is_in=True) for child_id in family.ids],
        to_team_id=to_team.pk,
        point=Transfer.Point.CIN_PLAN,
        reason="The plan is agreed, and the family needs a year of it.",
        next_visit_on=after(at, 60),
        next_meeting_on=after(at, 60),
        next_meeting="Review of the plan",
    )


def make_ready(family: Family, at: datetime) -> None:
    transfer.make_ready(
        by=family.manager,
        at=at,
        transfer_id=_transfer(family).pk,
        rationale=family.why("Ready to go: everything on the list is there."),
        put_right="The safety plan says that Nan comes at night, and whom she rings.",
    )


def book(family: Family, at: datetime, *, receiver: User, days: int = 2) -> None:
    transfer.book_meeting(
        by=receiver,
        at=at,
        transfer_id=_transfer(family).pk,
        meeting_on=at + timedelta(days=days),
    )


def accept(family: Family, at: datetime, *, receiver: User) -> None:
    transfer.accept(
        by=receiver,
        at=at,
        transfer_id=_transfer(family).pk,
        met_at=at - timedelta(hours=1),
        attended="Both managers and the social worker",
    )


def return_transfer(family: Family, at: datetime, *, receiver: User) -> None:
    transfer.give_back(
        by=receiver,
        at=at,
        transfer_id=_transfer(family).pk,
        item="safety",
        because="It does not say who comes at night.",
        child_id=family.ids[-1],
    )


def dispute(family: Family, at: datetime) -> None:
    """The sending manager does not agree that the family comes back."""
    transfer.dispute(
        by=family.manager,
        at=at,
        transfer_id=_transfer(family).pk,
        why="The safety plan has been there since the plan was agreed; two workers have read it."
        " They wait for nothing.",
    )


def settle(family: Family, at: datetime, *, by: User) -> None:
    """The head of service decides what the two managers could not."""
    remember(by)
    transfer.settle(
        by=by,
        at=at,
        transfer_id=_transfer(family).pk,
        outcome="accept",
        why="The plan says who comes at night: Nan, and whom she rings. Nothing is missing.",
    )


def pull(family: Family, at: datetime, *, receiver: User, to_team: Team) -> None:
    """A receiving manager has room, and asks for the family."""
    remember(receiver)
    transfer.ask_for(
        by=receiver,
        at=at,
        child_ids=family.ids,
        to_team_id=to_team.pk,
        why="We have room for two families this week, and our worker knows the school.",
    )


def decline_pull(family: Family, at: datetime) -> None:
    """The manager who holds the children says why not yet."""
    asked = TransferRequest.objects.get(children__child=family.ids[0], state="asked")
    transfer.decline_request(
        by=family.manager,
        at=at,
        request_id=asked.pk,
        answer="The plan is not agreed yet. Ask again next week.",
    )


def wait(family: Family, at: datetime, *, receiver: User, risks: Sequence[str] = ()) -> None:
    levels = dict(zip(family.ids, risks, strict=False))
    transfer_wait.wait(
        by=receiver,
        at=at,
        transfer_id=_transfer(family).pk,
        because="Every worker has 18 children or more.",
        expected_on=after(at, 15),
        visits_by_id=family.worker.pk,
        risks={
            child.id: transfer_wait.Risk(
                level=levels.get(child.id, "moderate"),
                why=f"What {child.name} lives with at night",
            )
            for child in family.children
        },
    )


def look_weekly(
    family: Family, at: datetime, *, receiver: User, is_escalated: bool = False
) -> None:
    """The weekly look at a family that waits, child by child."""
    transfer_wait.review(
        by=family.manager,
        at=at,
        transfer_id=_transfer(family).pk,
        with_manager_id=receiver.pk,
        visits=f"{family.worker.full_name} came as planned.",
        children=[
            transfer_wait.ChildLooked(
                child_id=child.id,
                what_changed=f"Nothing new for {child.name}",
                effect=f"{child.name} asks when the new worker comes",
                risk="moderate",
                protects="Nan, who is next door",
                is_assessment_right=True,
                is_plan_right=True,
                recommendation=f"See {child.name} at school",
                not_seen_because="Not due this week",
            )
            for child in family.children
        ],
        is_escalated=is_escalated,
        because="Longer than four weeks, and no date." if is_escalated else "",
    )


def take_over(family: Family, at: datetime, *, receiver: User, worker: User) -> None:
    """The receiving team names a worker."""
    transfer_wait.allocate(
        by=receiver,
        at=at,
        transfer_id=_transfer(family).pk,
        worker_id=worker.pk,
        joint_visit_on=after(at, 3),
        out_of_order_why="The worker knows this family.",
    )


def complete(family: Family, at: datetime, *, receiver: User) -> None:
    transfer_wait.complete(
        by=receiver,
        at=at,
        transfer_id=_transfer(family).pk,
        joint_visit_at=at - timedelta(hours=2),
        family_told="Both workers, at home",
    )


def _referrals(family: Family) -> list[Referral]:
    return list(
        Referral.objects.filter(child__in=family.ids)
        .exclude(state__in=("closed", "rejected"))
        .order_by("pk")
    )


def _assessment(family: Family) -> Assessment:
    return _there(family.assessment)


def _plan(family: Family) -> CinPlan:
    return _there(family.plan)


def _transfer(family: Family) -> Transfer:
    return _there(family.transfer)


def _there(row: Any) -> Any:
    if row is None:
        raise NotYet
    return row
