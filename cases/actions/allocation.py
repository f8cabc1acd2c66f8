"""Naming a worker: one lead per child, with the manager's direction."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Team, TeamMembership, User
from accounts.permissions import Permission, Role, require, roles_of
from cases import clocks, holding
from cases.choices import ReferralState, WorkerRole
from cases.models import Allocation, Referral
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
    token: UUID | None = None,
) -> Allocation:
    """Give a referral to a lead worker with direction: what to find out, whom to see, by when.

    Ends the lead before, if there was one, which needs a reason.

    :raises PermissionDenied: `by` may not allocate
    :raises Referral.DoesNotExist: `by` may not read the child's record
    :raises Refused: not their team's, not accepted yet, or the direction is not whole
    """
    require(by, Permission.ALLOCATE, at=at)
    referral = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("team", "child")
        .get(pk=referral_id, child__in=Person.objects.visible_to(by))
    )
    if referral.state in (ReferralState.CLOSED, ReferralState.REJECTED):
        raise Refused("This referral is over, so it cannot be allocated.")
    if referral.team is None or referral.team_accepted_at is None:
        raise Refused("The referral has been offered and not accepted yet. Accept it first.")
    authority = acts_for(referral.team, by=by, permission=Permission.ALLOCATE, at=at)
    if authority is None:
        raise Refused(f"This referral belongs to {referral.team.name}. Its manager allocates it.")
    worker = User.objects.get(pk=worker_id)
    _refuse_wrong_worker(worker, referral.team, at)
    if not find_out.strip() or not see_whom.strip():
        raise Refused("Say what to find out and whom to see.")
    if first_visit_by < london_date(at):
        raise Refused("The date of the first visit is in the past.")
    holding.lock([referral.child_id])
    before = Allocation.objects.filter(
        child_id=referral.child_id, role=WorkerRole.LEAD, to_at__isnull=True
    ).first()
    if before is not None:
        if before.worker_id == worker.pk:
            raise Refused(f"{worker.full_name} is already the lead worker.")
        if not change_reason.strip():
            raise Refused("Say why the lead worker changes.")
        before.to_at = max(at, before.from_at)
        before.save(update_fields=["to_at"])
    allocation = Allocation.objects.create(
        child_id=referral.child_id,
        referral=referral,
        worker=worker,
        role=WorkerRole.LEAD,
        team=referral.team,
        from_at=at,
        find_out=find_out,
        see_whom=see_whom,
        first_visit_by=first_visit_by,
        checkpoints=list(checkpoints),
        change_reason=change_reason,
        by=by,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    if referral.state == ReferralState.ACCEPTED:
        referral.state = ReferralState.ALLOCATED
        referral.save(update_fields=["state"])
    clocks.stop("REF-ALLOC", on=referral, at=at)
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
