"""Naming a worker: one lead per child, with the manager's direction."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Team, TeamMembership, User
from accounts.permissions import Authority, Permission, Role, require, roles_of
from cases import clocks, holding, waiting
from cases.actions.risk_reviews import follow_worker
from cases.choices import Queue, ReferralState, RiskLevel, WaitingState, WorkerRole
from cases.models import Allocation, Referral, WaitingEntry, WaitingGroup
from cases.standing import acts_for
from lib import application_clock
from lib.working_days import london_date
from people.models import Person
from record import events, outbox
from record.errors import Refused

LEADS = frozenset(
    {
        Role.ASSESSMENT_SOCIAL_WORKER,
        Role.PRACTICE_SUPERVISOR,
        Role.SFS_SOCIAL_WORKER,
        Role.MASH_SOCIAL_WORKER,
    }
)


@transaction.atomic
def allocate(
    *,
    by: User,
    at: datetime,
    referral_id: UUID,
    worker_id: UUID,
    find_out: str,
    see_whom: str,
    first_visit_by: date,
    checkpoints: Sequence[date] = (),
    change_reason: str = "",
    also: Sequence[UUID] = (),
    out_of_order_why: str = "",
    token: UUID | None = None,
) -> Allocation:
    """Give a referral to a lead worker with direction: what to find out, whom to see, by when.

    Ends the lead before, if there was one, which needs a reason. A child who waits for a worker
    leaves the allocation queue; taken before a family that stands ahead, one sentence says why.

    :param also: referrals of brothers and sisters who go to the same worker
    :raises PermissionDenied: `by` may not allocate
    :raises Referral.DoesNotExist: `by` may not read the child's record
    :raises Refused: not their team's, not accepted yet, or the direction is not whole
    """
    require(by, Permission.ALLOCATE, at=at)
    worker = User.objects.get(pk=worker_id)
    if not find_out.strip() or not see_whom.strip():
        raise Refused("Say what to find out and whom to see.")
    if first_visit_by < london_date(at):
        raise Refused("The date of the first visit is in the past.")
    found = [_allocatable(pk, by) for pk in sorted({referral_id, *also})]
    referrals = [referral for referral, _team in found]
    holding.lock(referral.child_id for referral in referrals)
    rights = [_right(team, worker, by, at) for _referral, team in found]
    _go_in_turn(referrals, out_of_order_why, authority=rights[0], at=at)
    made = {
        referral.pk: _allocate(
            referral,
            worker,
            team,
            authority=authority,
            at=at,
            find_out=find_out,
            see_whom=see_whom,
            first_visit_by=first_visit_by,
            checkpoints=list(checkpoints),
            change_reason=change_reason,
        )
        for (referral, team), authority in zip(found, rights, strict=True)
    }
    return made[referral_id]


@transaction.atomic
def rate_waiting(
    *, by: User, at: datetime, group_id: UUID, risks: Mapping[UUID, tuple[str, str]]
) -> WaitingGroup:
    """Rate the risk to children who wait for a worker; the family is placed by it.

    :param risks: by child, the level and what it rests on
    :raises PermissionDenied: `by` may not allocate
    :raises Refused: another team's, or a level or reason is missing
    """
    require(by, Permission.ALLOCATE, at=at)
    group = waiting.lock(group_id)
    right = acts_for(group.team, by=by, permission=Permission.ALLOCATE, at=at)
    if group.queue != Queue.ALLOCATION or right is None:
        raise Refused(f"This family waits for {group.team.name}. Its manager rates the risk.")
    for child_id, (level, why) in risks.items():
        if level not in RiskLevel.values:
            raise Refused("Choose how great the risk to each child is.", field=f"risk-{child_id}")
        if not why.strip():
            raise Refused("Say what the risk to each child rests on.", field=f"why-{child_id}")
    return waiting.rate(authority=right, at=at, group=group, risks=risks)


def _allocatable(referral_id: UUID, by: User) -> tuple[Referral, Team]:
    referral = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("team", "child")
        .get(pk=referral_id, child__in=Person.objects.visible_to(by))
    )
    if referral.state in (ReferralState.CLOSED, ReferralState.REJECTED):
        raise Refused("This referral is over, so it cannot be allocated.")
    if referral.team is None or referral.team_accepted_at is None:
        raise Refused("The referral has been offered and not accepted yet. Accept it first.")
    return referral, referral.team


def _right(team: Team, worker: User, by: User, at: datetime) -> Authority:
    authority = acts_for(team, by=by, permission=Permission.ALLOCATE, at=at)
    if authority is None:
        raise Refused(f"This referral belongs to {team.name}. Its manager allocates it.")
    _refuse_wrong_worker(worker, team, at)
    return authority


def _allocate(
    referral: Referral,
    worker: User,
    team: Team,
    *,
    authority: Authority,
    at: datetime,
    find_out: str,
    see_whom: str,
    first_visit_by: date,
    checkpoints: list[date],
    change_reason: str,
) -> Allocation:
    before = Allocation.objects.filter(
        child_id=referral.child_id, role=WorkerRole.LEAD, to_at__isnull=True
    ).first()
    if before is not None:
        if before.worker_id == worker.pk:
            raise Refused(
                f"{worker.full_name} is already the lead worker of {referral.child.name}."
            )
        if not change_reason.strip():
            raise Refused("Say why the lead worker changes.")
        before.to_at = max(at, before.from_at)
        before.save(update_fields=["to_at"])
    allocation = Allocation.objects.create(
        child_id=referral.child_id,
        referral=referral,
        worker=worker,
        role=WorkerRole.LEAD,
        team=team,
        from_at=at,
        find_out=find_out,
        see_whom=see_whom,
        first_visit_by=first_visit_by,
        checkpoints=checkpoints,
        change_reason=change_reason,
        by=authority.user,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    follow_worker(
        child_id=referral.child_id,
        old_id=before.worker_id if before is not None else team.manager_id,
        new=worker,
        at=at,
    )
    if referral.state == ReferralState.ACCEPTED:
        referral.state = ReferralState.ALLOCATED
        referral.save(update_fields=["state"])
    for rule in ("REF-ALLOC", "REF-ALLOC-0"):
        clocks.stop(rule, on=referral, at=at)
    outbox.put(
        "notice",
        key=f"allocation:{allocation.pk}",
        payload={
            "user_id": str(worker.pk),
            "code": "referral.allocated",
            "subject_kind": "referral",
            "subject_id": str(referral.pk),
        },
        at=at,
        subject_kind="referral",
        subject_id=referral.pk,
        child_id=referral.child_id,
    )
    events.append(
        "referral.reallocated" if before else "referral.allocated",
        authority=authority,
        at=at,
        subject_kind="referral",
        subject_id=referral.pk,
        children=[referral.child_id],
        data={"worker_id": str(worker.pk), "team_id": str(referral.team_id)},
    )
    return allocation


def _go_in_turn(
    referrals: Sequence[Referral], why: str, *, authority: Authority, at: datetime
) -> None:
    """Take the children out of the allocation queue; before others, only with a reason."""
    waits: dict[UUID, list[UUID]] = {}
    for entry in WaitingEntry.objects.filter(
        child__in=[referral.child_id for referral in referrals],
        queue=Queue.ALLOCATION,
        ended_at__isnull=True,
    ).order_by("group_id", "child_id"):
        waits.setdefault(entry.group_id, []).append(entry.child_id)
    for group_id, child_ids in waits.items():
        group = waiting.lock(group_id)
        ahead = waiting.ahead_of(group, but_not=waits)
        if ahead and not why.strip():
            first = waiting.names_of(ahead[0], by=authority.user)
            these = waiting.names_of(group, by=authority.user)
            raise Refused(f"Say why {these} should go before {first}.", field="out_of_order_why")
        if ahead:
            waiting.choose(authority=authority, at=at, group=group, why=why)
        for child_id in child_ids:
            waiting.take_out(
                authority=authority,
                at=at,
                group=group,
                child_id=child_id,
                state=WaitingState.STARTED,
                why="A worker was named",
            )


def _refuse_wrong_worker(worker: User, team: Team, at: datetime) -> None:
    on = london_date(at)
    if not worker.is_active:
        raise Refused(f"{worker.full_name} no longer works here.")
    if not roles_of(worker, at) & LEADS:
        raise Refused(f"{worker.full_name} is not a social worker.")
    member = TeamMembership.objects.filter(user=worker, team=team, from_on__lte=on).exclude(
        to_on__lt=on
    )
    if not member.exists():
        raise Refused(f"{worker.full_name} does not belong to {team.name}.")
