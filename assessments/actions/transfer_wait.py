"""A family that the longer-term team has accepted: it waits, gets a worker, and is taken over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.choices import Role
from accounts.models import Team, TeamMembership, User
from accounts.permissions import Authority, Permission, require, roles_of
from assessments import transfer_clocks
from assessments.actions import transfer as steps
from assessments.actions.transfer import MovedOn
from assessments.models import CinPlan, CinPlanChild, Transfer, TransferChild, TransferReview
from assessments.queries.checklist import is_protected, standing, together
from assessments.standing import manager_right
from cases import actions as case_actions
from cases import holding, waiting
from cases.actions import changes, handovers
from cases.change_codes import ChangeCode
from cases.choices import (
    OversightKind,
    Queue,
    RiskLevel,
    WaitingState,
    WorkerRole,
)
from cases.looking_again import look_again
from cases.models import (
    Allocation,
    ChildRiskReview,
    RiskRating,
    Visit,
    VisitChild,
    WaitingEntry,
    WaitingGroup,
)
from lib import application_clock
from lib.prepared import Prepared
from lib.working_days import london_date
from people.choices import Stage
from people.models import Person
from record import once
from record.errors import Refused

State = Transfer.State
WORKERS = frozenset({Role.SFS_SOCIAL_WORKER, Role.PRACTICE_SUPERVISOR})
REVIEW = "transfer_review"
STALE = ("F-STALE-WAIT",)


@dataclass(frozen=True, kw_only=True)
class Risk:
    """How great the risk to one child is while the family waits, and what that rests on."""

    level: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ChildLooked:
    """What the weekly review says of one child (domain.md 5.2); seen comes from the visits.

    An assessment that is not right any more is the fact of a change of circumstance, whose code
    and day are `change` and `changed_on`, or `no_change_because` says why there is none.
    """

    child_id: UUID
    what_changed: str
    effect: str
    risk: str
    protects: str
    is_assessment_right: bool | None
    is_plan_right: bool | None
    recommendation: str
    why_not_right: str = ""
    change: str = ""
    changed_on: date | None = None
    no_change_because: str = ""
    not_seen_because: str = ""
    next_attempt_on: date | None = None


# Waiting ----------------------------------------------------------------------------------------


@transaction.atomic
def wait(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    because: str,
    expected_on: date,
    visits_by_id: UUID,
    risks: Mapping[UUID, Risk],
) -> Transfer:
    """Let an accepted family wait for a worker: why, until when, how great the risk, who visits.

    :raises Refused: names the child without a risk rating, or what is not said
    """
    transfer, right = steps.receiving(transfer_id, by, at)
    if transfer.state != State.ACCEPTED:
        raise MovedOn(_not_accepted(transfer))
    if not because.strip():
        raise Refused("Say why there is no worker yet.", field="because")
    if expected_on < london_date(at):
        raise Refused("The date when you expect a worker is in the past.", field="expected_on")
    children = list(transfer.children.filter(is_in=True).select_related("child").order_by("pk"))
    for row in children:
        risk = risks.get(row.child_id)
        if risk is None or risk.level not in RiskLevel.values:
            raise Refused(
                f"Choose how great the risk to {row.child.name} is while waiting.",
                field=f"risk-{row.child_id}",
            )
        if not risk.why.strip():
            raise Refused(
                f"Say what the risk to {row.child.name} rests on.", field=f"why-{row.child_id}"
            )
    visitor = _visitor(visits_by_id, transfer, at)
    protected = is_protected([row.child_id for row in children])
    waiting.enter(
        authority=right,
        at=at,
        queue=Queue.TRANSFER,
        team=transfer.to_team,
        subject_kind=transfer_clocks.SUBJECT,
        subject_id=transfer.pk,
        children=[
            waiting.ChildWaiting(
                child_id=row.child_id,
                since_at=transfer.accepted_at or at,
                risk=risks[row.child_id].level,
                why=risks[row.child_id].why,
            )
            for row in children
        ],
        reason=transfer.get_point_display(),
        queue_rank=waiting.PROTECTION_PLAN if protected else waiting.IN_NEED_PLAN,
        interim_help=f"{visitor.full_name} visits meanwhile",
        expected_on=expected_on,
    )
    transfer.waits_because, transfer.expected_on = because, expected_on
    transfer.visits_by = visitor
    steps.move_on(transfer, State.WAITING, "waits_because", "expected_on", "visits_by")
    transfer_clocks.start("TRF-REV", transfer, at=at, by=by)
    for user_id in {transfer.from_team.manager_id, visitor.pk}:
        steps.notify(transfer, user_id, "transfer.waits", at=at)
    steps.tell("transfer.waits", transfer, right, at)
    return transfer


def _visitor(user_id: UUID, transfer: Transfer, at: datetime) -> User:
    user = User.objects.get(pk=user_id)
    on = london_date(at)
    is_theirs = (
        Allocation.objects.filter(
            child__in=steps.handed_on(transfer), worker=user, to_at__isnull=True
        ).exists()
        or TeamMembership.objects.filter(
            user=user, team__in=[transfer.from_team_id, transfer.to_team_id], from_on__lte=on
        )
        .exclude(to_on__lt=on)
        .exists()
    )
    if not is_theirs or not user.is_active:
        raise Refused(
            f"Choose who visits from {transfer.from_team.name} or {transfer.to_team.name}.",
            field="visits_by",
        )
    return user


@transaction.atomic
def review(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    with_manager_id: UUID,
    visits: str,
    children: Sequence[ChildLooked],
    is_escalated: bool,
    because: str = "",
    expected_on: date | None = None,
    token: UUID | None = None,
) -> TransferReview:
    """Look at a waiting family each week: the manager who still answers for it, with the other.

    Each child has a risk review of its own, which counts for the staleness of its assessment
    (decisions.md 69); the place in the queue follows the risk. Where the assessment is not right
    any more a change of circumstance is raised, once for each event, which blocks the transfer
    until it is done (domain.md 2.16).

    :param with_manager_id: the receiving manager with whom it was done
    :raises Refused: names the child without an answer
    """
    require(by, Permission.TRANSFER_DECIDE, at=at)
    once.claim(token, user=by, action="assessments.review_waiting")
    transfer = steps.lock(transfer_id, by)
    ids = steps.handed_on(transfer)
    right = manager_right(by=by, permission=Permission.TRANSFER_DECIDE, child_ids=ids, at=at)
    group = steps.group_of(transfer)
    if transfer.state != State.WAITING or group is None:
        raise MovedOn(_not_waiting(transfer))
    if not visits.strip():
        raise Refused("Say which visits were made, and by whom.", field="visits")
    if is_escalated and not because.strip():
        raise Refused("Say why this goes to the head of service.", field="because")
    given = {child.child_id: child for child in children}
    people = {person.pk: person for person in Person.objects.filter(pk__in=ids)}
    holding.lock(ids)
    seen = _seen_since(ids, _last_review(transfer) or transfer.accepted_at or at, at)
    for child_id in ids:
        _refuse_blank(people[child_id], given.get(child_id), seen.get(child_id), at)
    made = TransferReview.objects.create(
        transfer=transfer,
        with_manager=User.objects.get(pk=with_manager_id),
        visits=visits,
        is_escalated=is_escalated,
        because=because,
        expected_on=expected_on,
        at=at,
        by=by,
        acting_for=right.acting_for,
        recorded_at=application_clock.now(),
    )
    before = _ratings(ids)
    for child_id in ids:
        _write_review(
            made, given[child_id], people[child_id], seen.get(child_id), before, right, at
        )
    waiting.rate(
        authority=right,
        at=at,
        group=group,
        risks={
            child_id: (given[child_id].risk, f"Weekly review: {given[child_id].recommendation}")
            for child_id in ids
        },
    )
    case_actions.write_oversight(
        authority=right,
        at=at,
        kind=OversightKind.TRANSFER_REVIEW,
        child_ids=ids,
        rationale=_rationale(made, [given[child_id] for child_id in ids], people),
        subject_kind=REVIEW,
        subject_id=made.pk,
    )
    _raise_changes(made, [given[child_id] for child_id in ids], right, at)
    if expected_on is not None:
        transfer.expected_on = expected_on
        transfer.save(update_fields=["expected_on"])
        WaitingGroup.objects.filter(pk=group.pk).update(expected_on=expected_on)
    transfer_clocks.stop("TRF-REV", transfer=transfer, at=at)
    transfer_clocks.start("TRF-REV", transfer, at=at, by=by)
    if is_escalated:
        for head_id in steps.heads_of(transfer):
            steps.notify(transfer, head_id, "transfer.escalated", at=at)
    steps.tell("transfer.reviewed", transfer, right, at)
    look_again(at=at, child_ids=ids, codes=STALE)
    once.finish(token, made.pk)
    return made


def _raise_changes(
    made: TransferReview, said: Sequence[ChildLooked], right: Authority, at: datetime
) -> None:
    on = london_date(at)
    by_code: dict[ChangeCode, list[ChildLooked]] = {}
    for one in said:
        if one.change and not one.is_assessment_right:
            by_code.setdefault(ChangeCode(one.change), []).append(one)
    for code, about in sorted(by_code.items()):
        changes.raise_change(
            code=code,
            authority=right,
            at=at,
            happened_on=min(one.changed_on or on for one in about),
            child_ids=[one.child_id for one in about],
            concerned_ids=[one.child_id for one in about],
            what="\n".join(dict.fromkeys(one.why_not_right.strip() for one in about)),
            source_kind=REVIEW,
            source_id=made.pk,
            is_by_system=False,
        )


def _last_review(transfer: Transfer) -> datetime | None:
    return transfer.reviews.order_by("-at").values_list("at", flat=True).first()


def _seen_since(
    child_ids: Collection[UUID], since: datetime, at: datetime
) -> dict[UUID, VisitChild]:
    rows = (
        VisitChild.objects.filter(child__in=child_ids, was_seen=True, at__gte=since, at__lte=at)
        .order_by("child_id", "-at")
        .distinct("child_id")
    )
    return {row.child_id: row for row in rows}


def _refuse_blank(
    person: Person, said: ChildLooked | None, seen: VisitChild | None, at: datetime
) -> None:
    if said is None:
        raise Refused(f"{person.name} has not been thought about.", field="children")
    for value, field, sentence in (
        (said.what_changed, "what_changed", "Say what has changed for"),
        (said.effect, "effect", "Say what that means for"),
        (said.protects, "protects", "Say what protects"),
        (said.recommendation, "recommendation", "Say what should happen now for"),
    ):
        if not value.strip():
            raise Refused(f"{sentence} {person.name}.", field=f"{field}-{person.pk}")
    if said.risk not in RiskLevel.values:
        raise Refused(f"Choose how great the risk to {person.name} is.", field=f"risk-{person.pk}")
    for answer, field, what in (
        (said.is_assessment_right, "is_assessment_right", "assessment"),
        (said.is_plan_right, "is_plan_right", "plan"),
    ):
        if answer is None:
            raise Refused(
                f"Say whether the {what} is still right for {person.name}.",
                field=f"{field}-{person.pk}",
            )
        if not answer and not said.why_not_right.strip():
            raise Refused(
                f"Say what is no longer right for {person.name}.",
                field=f"why_not_right-{person.pk}",
            )
    if said.is_assessment_right is False:
        _refuse_no_change(person, said, at)
    if seen is None and person.stage != Stage.UNBORN and not said.not_seen_because.strip():
        raise Refused(
            f"{person.name} was not seen since the last review. Say why.",
            field=f"not_seen_because-{person.pk}",
        )
    if said.next_attempt_on is not None and said.next_attempt_on < london_date(at):
        raise Refused(
            f"The next visit to {person.name} is in the past.",
            field=f"next_attempt_on-{person.pk}",
        )


def _refuse_no_change(person: Person, said: ChildLooked, at: datetime) -> None:
    if said.change not in ("", *ChangeCode.values) or not (
        said.change or said.no_change_because.strip()
    ):
        raise Refused(
            f"Choose what has changed, since the assessment of {person.name} is not right any more,"
            " or say why this is no change of circumstance.",
            field=f"change-{person.pk}",
        )
    if said.changed_on is not None and said.changed_on > london_date(at):
        raise Refused(
            f"The change for {person.name} is in the future.", field=f"changed_on-{person.pk}"
        )


def _ratings(child_ids: Collection[UUID]) -> dict[UUID, str]:
    return dict(
        RiskRating.objects.filter(child__in=child_ids)
        .order_by("child_id", "-at", "-recorded_at")
        .distinct("child_id")
        .values_list("child_id", "level")
    )


def _write_review(
    made: TransferReview,
    said: ChildLooked,
    person: Person,
    seen: VisitChild | None,
    before: Mapping[UUID, str],
    right: Authority,
    at: datetime,
) -> None:
    why = said.why_not_right
    no_change = (
        f"\nNo change of circumstance: {said.no_change_because.strip()}" if not said.change else ""
    )
    ChildRiskReview.objects.create(
        child=person,
        state=ChildRiskReview.State.COMPLETED,
        subject_kind=REVIEW,
        subject_id=made.pk,
        owner=right.user,
        asked_at=at,
        what_changed=said.what_changed,
        effect=said.effect,
        risk_before=before.get(person.pk, said.risk),
        risk_now=said.risk,
        was_seen=seen is not None,
        was_seen_alone=seen.was_seen_alone if seen is not None else None,
        seen_at=seen.at if seen is not None else None,
        childs_view=seen.words if seen is not None else "",
        not_seen_because=""
        if seen is not None
        else said.not_seen_because.strip() or "Not born yet",
        next_attempt_on=None if seen is not None else said.next_attempt_on,
        protects=said.protects,
        is_assessment_right=said.is_assessment_right,
        assessment_why="" if said.is_assessment_right else f"{why}{no_change}",
        is_plan_right=said.is_plan_right,
        plan_why="" if said.is_plan_right else why,
        recommendation=said.recommendation,
        completed_at=at,
        completed_by=right.user,
        completed_for=right.acting_for,
        recorded_at=application_clock.now(),
    )


def _rationale(
    made: TransferReview, said: Sequence[ChildLooked], people: Mapping[UUID, Person]
) -> case_actions.Rationale:
    def each(attribute: str) -> str:
        return "\n".join(f"{people[one.child_id].name}: {getattr(one, attribute)}" for one in said)

    escalated = f" To the head of service: {made.because}" if made.is_escalated else ""
    return case_actions.Rationale(
        know=f"Visits: {made.visits}\n{each('what_changed')}",
        worries=each("effect"),
        protects=each("protects"),
        decision=each("recommendation"),
        why=f"Weekly review of a family that waits for a worker.{escalated}",
    )


# A worker ---------------------------------------------------------------------------------------


@transaction.atomic
def allocate(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    worker_id: UUID,
    joint_visit_on: date,
    out_of_order_why: str = "",
    instead_of_id: UUID | None = None,
) -> Transfer:
    """Name one worker for all the children: a co-worker until the transfer is completed.

    Another one can be named until then, since a worker may leave: the time to the joint visit
    runs on.

    :param out_of_order_why: one sentence, where another family stands before this one
    :param instead_of_id: the worker who was named, as whoever asks knows it
    :raises NotReady: something has changed that is not reviewed, or a child is left out
    """
    transfer, right = steps.receiving(transfer_id, by, at)
    if transfer.state not in Transfer.TAKEN or transfer.worker_id != instead_of_id:
        raise MovedOn(_not_accepted(transfer))
    worker = User.objects.get(pk=worker_id)
    _refuse_worker(worker, transfer.to_team, at)
    if worker == transfer.worker:
        raise Refused(f"{worker.full_name} is named already.", field="worker")
    if joint_visit_on < london_date(at):
        raise Refused("The joint visit is in the past.", field="joint_visit_on")
    steps.refuse_standing(transfer, by=by, at=at)
    if transfer.state == State.ALLOCATED:
        steps.end_co_work(transfer, at)
    else:
        _go_in_turn(transfer, out_of_order_why, by=by, authority=right, at=at)
        transfer_clocks.start("TRF-JV", transfer, at=at, by=by)
    for row in transfer.children.filter(is_in=True).order_by("child_id"):
        Allocation.objects.create(
            child_id=row.child_id,
            referral_id=row.referral_id,
            worker=worker,
            role=WorkerRole.CO_WORKER,
            team=transfer.to_team,
            from_at=at,
            first_visit_by=joint_visit_on,
            by=by,
            acting_for=right.acting_for,
            recorded_at=application_clock.now(),
        )
    transfer.worker, transfer.joint_visit_on = worker, joint_visit_on
    transfer.allocated_at, transfer.allocated_by = at, by
    steps.move_on(
        transfer, State.ALLOCATED, "worker", "joint_visit_on", "allocated_at", "allocated_by"
    )
    transfer_clocks.stop("TRF-ALLOC", transfer=transfer, at=at)
    transfer_clocks.stop("TRF-REV", transfer=transfer, at=at, reason="not_needed")
    for user_id in {worker.pk, transfer.from_team.manager_id, *_leads(transfer)}:
        steps.notify(transfer, user_id, "transfer.allocated", at=at)
    steps.tell("transfer.allocated", transfer, right, at, data={"worker_user_id": str(worker.pk)})
    return transfer


def _refuse_worker(worker: User, team: Team, at: datetime) -> None:
    if not worker.is_active or not roles_of(worker, at) & WORKERS:
        raise Refused(f"{worker.full_name} is not a social worker here.", field="worker")
    if not _may_work(worker, team, at):
        raise Refused(f"{worker.full_name} does not belong to {team.name}.", field="worker")


def _may_work(worker: User, team: Team, at: datetime) -> bool:
    on = london_date(at)
    members = TeamMembership.objects.filter(user=worker, team=team, from_on__lte=on)
    return (
        worker.is_active
        and bool(roles_of(worker, at) & WORKERS)
        and members.exclude(to_on__lt=on).exists()
    )


def _go_in_turn(
    transfer: Transfer, why: str, *, by: User, authority: Authority, at: datetime
) -> None:
    """Take the family out of the queue; before others who can be taken, only with a reason."""
    group = steps.group_of(transfer)
    if group is not None:
        waiting.lock(group.pk)
    ahead = families_ahead(transfer, group, by=by, at=at)
    if ahead and not why.strip():
        these = waiting.names_of(group, by=by) if group is not None else "this family"
        first = waiting.names_of(ahead[0], by=by)
        raise Refused(f"Say why {these} should go before {first}.", field="out_of_order_why")
    if group is None:
        return
    if ahead:
        waiting.choose(authority=authority, at=at, group=group, why=why)
    waiting.leave(
        authority=authority,
        at=at,
        group=group,
        state=WaitingState.STARTED,
        why="A worker was named",
    )


def families_ahead(
    transfer: Transfer, group: WaitingGroup | None, *, by: User, at: datetime
) -> list[WaitingGroup]:
    """Families of the same team who stand before this one and could be taken now."""
    if group is not None:
        before = waiting.ahead_of(group)
    else:
        before = list(waiting.open_groups(queue=Queue.TRANSFER).filter(team=transfer.to_team))
    if not before:
        return []
    blocked = blocked_groups(before, by=by, at=at)
    return [each for each in before if each.pk not in blocked]


def blocked_groups(
    groups: Sequence[WaitingGroup], *, by: User, at: datetime
) -> dict[UUID, list[tuple[str, str]]]:
    """Families who cannot be taken now, each with what stands in the way: (sentence, address)."""
    by_subject = {group.subject_id: group.pk for group in groups}
    transfers = list(Transfer.objects.filter(pk__in=by_subject).order_by("pk"))
    missing = standing(transfers=transfers, by=by, at=at)
    return {
        by_subject[pk]: [(each.sentence, each.url) for each in together(found)]
        for pk, found in missing.items()
        if found
    }


def _leads(transfer: Transfer) -> list[UUID]:
    return list(
        Allocation.objects.filter(
            child__in=steps.handed_on(transfer), role=WorkerRole.LEAD, to_at__isnull=True
        )
        .order_by("worker_id")
        .values_list("worker_id", flat=True)
        .distinct()
    )


# Completion -------------------------------------------------------------------------------------


@transaction.atomic
def complete(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    joint_visit_at: datetime,
    family_told: str,
    token: UUID | None = None,
) -> Transfer:
    """Complete the transfer: at this moment, and no other, the receiving manager is responsible.

    The worker named becomes the lead worker of every child, and the one before stops being it.

    :raises NotReady: something has changed that is not reviewed, or a child is left out
    :raises Refused: the joint visit was not made, or nobody told the family
    """
    transfer, right = steps.receiving(transfer_id, by, at)
    once.claim(token, user=by, action="assessments.complete")
    if transfer.state != State.ALLOCATED or transfer.worker is None:
        raise MovedOn(_not_allocated(transfer))
    if joint_visit_at > at:
        raise Refused("The joint visit has not been made yet.", field="joint_visit_at")
    if transfer.allocated_at is not None and joint_visit_at < transfer.allocated_at:
        raise Refused(
            "The joint visit cannot be before the worker was named.", field="joint_visit_at"
        )
    if not family_told.strip():
        raise Refused("Say who told the family, how and when.", field="family_told")
    if not _may_work(transfer.worker, transfer.to_team, at):
        raise Refused(
            f"{transfer.worker.full_name} no longer works in {transfer.to_team.name}. Name another"
            " worker first."
        )
    steps.refuse_standing(transfer, by=by, at=at)
    if transfer.handover is None:
        raise MovedOn(_not_allocated(transfer))
    rows = list(transfer.children.filter(is_in=True).order_by("child_id"))
    for row in rows:
        _change_worker(row, transfer.worker, transfer.to_team, right, at)
    handovers.complete_transfer(authority=right, at=at, handover=transfer.handover)
    _move_plans([row.child_id for row in rows], transfer.to_team)
    transfer.joint_visit_at, transfer.family_told = joint_visit_at, family_told
    transfer.completed_at, transfer.completed_by = at, by
    transfer.completed_for = right.acting_for
    steps.move_on(
        transfer,
        State.COMPLETED,
        "joint_visit_at",
        "family_told",
        "completed_at",
        "completed_by",
        "completed_for",
    )
    transfer.children.update(is_open=False)
    transfer_clocks.stop("TRF-JV", transfer=transfer, at=joint_visit_at)
    transfer_clocks.stop_all(transfer, at=at, met=transfer_clocks.LONG)
    for user_id in {transfer.from_team.manager_id, transfer.worker.pk}:
        steps.notify(transfer, user_id, "transfer.completed", at=at)
    steps.tell("transfer.completed", transfer, right, at)
    look_again(at=at, child_ids=[row.child_id for row in rows], codes=STALE)
    return transfer


def _change_worker(
    row: TransferChild, worker: User, team: Team, right: Authority, at: datetime
) -> None:
    for allocation in Allocation.objects.select_for_update().filter(
        child=row.child_id, to_at__isnull=True
    ):
        if allocation.role == WorkerRole.LEAD or allocation.worker_id == worker.pk:
            allocation.to_at = max(at, allocation.from_at)
            allocation.save(update_fields=["to_at"])
    Allocation.objects.create(
        child_id=row.child_id,
        referral_id=row.referral_id,
        worker=worker,
        role=WorkerRole.LEAD,
        team=team,
        from_at=at,
        change_reason="Transferred",
        by=right.user,
        acting_for=right.acting_for,
        recorded_at=application_clock.now(),
    )


def _move_plans(child_ids: Collection[UUID], team: Team) -> None:
    CinPlan.objects.filter(
        pk__in=CinPlanChild.objects.filter(child__in=child_ids, is_open=True).values("plan")
    ).update(team=team)


# What other work does to a transfer ---------------------------------------------------------------


_TO_TRANSFER: Prepared[TransferChild] = Prepared(
    lambda child_ids: (
        TransferChild.objects.filter(child__in=child_ids, is_in=True, is_open=True)
        .select_related("transfer")
        .order_by("child_id")
    ),
    child_ids=list[UUID],
)


def follow_visit(*, visit: Visit, seen: Sequence[VisitChild]) -> None:
    """Count to the next visit of each child seen (cases.reactions.visit_recorded)."""
    for row in _TO_TRANSFER(child_ids=[row.child_id for row in seen]):
        transfer_clocks.seen(row.transfer, child_id=row.child_id, at=visit.at, by=visit.recorded_by)


def follow_plan(
    *, child_ids: Collection[UUID], plan_id: UUID, authority: Authority, at: datetime
) -> None:
    """Let children who wait be seen more often and go earlier, from the day a child protection
    plan runs for them (cases.reactions.plan_began).
    """
    if CinPlan.objects.filter(pk=plan_id).exists():
        return
    rows = TransferChild.objects.filter(
        child__in=child_ids, is_in=True, is_open=True
    ).select_related("transfer")
    for row in rows.order_by("child_id"):
        transfer_clocks.protected(row.transfer, child_id=row.child_id, at=at, by=authority.user)
    entries = WaitingEntry.objects.filter(
        child__in=child_ids, queue=Queue.TRANSFER, ended_at__isnull=True
    ).select_related("group")
    for group in {entry.group_id: entry.group for entry in entries}.values():
        if group.queue_rank != waiting.PROTECTION_PLAN:
            waiting.reprioritise(
                authority=authority,
                at=at,
                group=group,
                queue_rank=waiting.PROTECTION_PLAN,
                reason="Child protection plan",
            )


def receiving_managers(*, child_ids: Collection[UUID]) -> Collection[UUID]:
    """Who takes these children over next, to be told what changes for them."""
    return list(
        TransferChild.objects.filter(
            child__in=child_ids,
            is_in=True,
            is_open=True,
            transfer__state__in=Transfer.OFFERED,
        )
        .order_by("transfer__to_team__manager_id")
        .values_list("transfer__to_team__manager_id", flat=True)
        .distinct()
    )


def _not_accepted(transfer: Transfer) -> str:
    if transfer.state == State.WAITING:
        return "This family waits already."
    if transfer.state in (State.PROPOSED, State.READY, State.MEETING_BOOKED, State.RETURNED):
        return "Your team has not accepted this family yet."
    return f"This is past that: {transfer.get_state_display().lower()}."


def _not_waiting(transfer: Transfer) -> str:
    return f"This family does not wait: {transfer.get_state_display().lower()}."


def _not_allocated(transfer: Transfer) -> str:
    if transfer.state in Transfer.OVER:
        return f"This transfer is over: {transfer.get_state_display().lower()}."
    return "No worker is named yet, so there was no joint visit."
