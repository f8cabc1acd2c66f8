"""Closing referrals: each child with its own reason, and only when nothing beneath is open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from cases import clocks, holding, holds, reactions, waiting
from cases.actions.oversight import Rationale, write_oversight
from cases.actions.referrals import OVER
from cases.choices import (
    STATUTORY_INVOLVEMENTS,
    HandoverKind,
    HandoverState,
    InvolvementKind,
    OversightKind,
    Queue,
    ReferralState,
    WaitingState,
)
from cases.holds import Obstacle, Purpose
from cases.models import (
    Allocation,
    Closure,
    HandoverChild,
    Involvement,
    Referral,
    WaitingEntry,
)
from cases.standing import acts_for
from lib import application_clock
from lib.working_days import london_date
from people.models import Person
from record import code_lists, events, once, outbox
from record.errors import Refused

#: Closed after the assessment: no section 47 enquiry, conference or plan in the episode.
AS_ASSESSED = frozenset({"RC8", "RC9"})
TO_EARLY_HELP, DIED = "RC9", "RC2"


class NotFinished(Refused):
    """Something beneath is still open; `links` names each child and thing, and where it is."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(
            "This cannot be closed yet. " + " ".join(f"{each.sentence}." for each in obstacles),
            links=[(each.sentence, each.url) for each in obstacles],
        )


@transaction.atomic
def close_referrals(
    *,
    by: User,
    at: datetime,
    reasons: Mapping[UUID, str],
    rationale: Rationale,
    summary: str,
    told: str,
    carries_on: str,
    token: UUID | None = None,
) -> list[Closure]:
    """Close the referrals of children of one family: the manager whose team has them.

    Involvement and worker end; responsibility ends when nothing else is open for the child. RC8
    and RC9 only where the episode had no section 47 enquiry, conference or plan
    (decisions.md 72).

    :param reasons: by referral, the code of `reason_for_closure` of that day
    :raises PermissionDenied: `by` may not close referrals
    :raises Referral.DoesNotExist: `by` may not read one of the children
    :raises NotFinished: names each child and what is open
    :raises Refused: not their team's, closed already, or something is not said
    """
    require(by, Permission.REFERRAL_CLOSE, at=at)
    once.claim(token, user=by, action="cases.close_referrals")
    if not reasons:
        raise Refused("Choose for which children to close.")
    for value, field, sentence in (
        (summary, "summary", "Say what was done and what has changed for each child"),
        (told, "told", "Say who is told, and how"),
        (carries_on, "carries_on", "Say who carries on, and what to do if it gets worse"),
    ):
        if not value.strip():
            raise Refused(f"{sentence}.", field=field)
    referrals = list(
        Referral.objects.select_for_update(of=("self",))
        .select_related("team", "child")
        .filter(pk__in=reasons, child__in=Person.objects.visible_to(by))
        .order_by("pk")
    )
    if len(referrals) < len(reasons):
        raise Referral.DoesNotExist("There is no such referral.")
    rights = [right_to_close(referral, by, at) for referral in referrals]
    children = [referral.child_id for referral in referrals]
    holding.lock(children)
    for referral in referrals:
        _refuse_reason(referral, reasons[referral.pk], at)
        _refuse_moment(referral, at)
    if open_still := in_the_way(referrals, reasons=reasons, at=at):
        raise NotFinished(open_still)
    record = write_oversight(
        authority=rights[0],
        at=at,
        kind=OversightKind.CLOSURE,
        child_ids=children,
        rationale=rationale,
        subject_kind="referral",
        subject_id=referrals[0].pk,
    )
    made = []
    for referral, right in zip(referrals, rights, strict=True):
        closure = Closure.objects.create(
            referral=referral,
            reason=reasons[referral.pk],
            closed_on=london_date(at),
            summary=summary,
            told=told,
            carries_on=carries_on,
            oversight=record,
            at=at,
            by=by,
            acting_for=right.acting_for,
            role=right.role,
            recorded_at=application_clock.now(),
        )
        _close(referral, closure, right, at)
        made.append(closure)
    once.finish(token, made[0].pk)
    return made


def in_the_way(
    referrals: Sequence[Referral], *, reasons: Mapping[UUID, str], at: datetime
) -> list[Obstacle]:
    """Ask every room what is still open for these children, and what a reason does not allow."""
    children = [referral.child_id for referral in referrals]
    found = holds.obstacles(child_ids=children, purpose=Purpose.CLOSE, at=at)
    as_assessed = [
        referral.child_id for referral in referrals if reasons.get(referral.pk) in AS_ASSESSED
    ]
    if as_assessed:
        found += [
            Obstacle(
                child_id=each.child_id,
                sentence=f"{each.sentence}, so this is not closed after the assessment only",
                url=each.url,
            )
            for each in holds.obstacles(
                child_ids=as_assessed, purpose=Purpose.CLOSE_AS_ASSESSED, at=at
            )
        ]
    helped = set(
        Involvement.objects.filter(
            child__in=children, kind=InvolvementKind.EARLY_HELP, to_at__isnull=True
        ).values_list("child_id", flat=True)
    )
    found += [
        Obstacle(
            child_id=referral.child_id,
            sentence=f"Early help has not taken {referral.child.name} on yet",
            url=reverse("cases:child", args=[referral.child_id]),
        )
        for referral in referrals
        if reasons.get(referral.pk) == TO_EARLY_HELP and referral.child_id not in helped
    ]
    return found


def offered_in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """An offer that nobody has answered yet (cases.holds)."""
    if purpose != Purpose.CLOSE:
        return []
    rows = (
        HandoverChild.objects.filter(
            child__in=child_ids, is_open=True, handover__state=HandoverState.OFFERED
        )
        .exclude(kind=HandoverKind.TRANSFER)  # `assessments` names the transfer itself
        .select_related("handover__to_team", "child")
        .order_by("child_id", "pk")
    )
    return [
        Obstacle(
            child_id=row.child_id,
            sentence=f"{row.child.name} is offered to {row.handover.to_team.name},"
            " who have not answered",
            url=reverse("cases:handover", args=[row.handover_id]),
        )
        for row in rows
    ]


def right_to_close(referral: Referral, by: User, at: datetime) -> Authority:
    """The right of the manager whose team has an open referral."""
    if referral.state in OVER:
        raise Refused(f"{referral.child.name}’s referral is closed already.")
    if referral.team is None or referral.team_accepted_at is None:
        raise Refused(f"No team has accepted {referral.child.name}’s referral yet.")
    right = acts_for(referral.team, by=by, permission=Permission.REFERRAL_CLOSE, at=at)
    if right is None:
        raise Refused(
            f"{referral.child.name} is with {referral.team.name}. Its manager closes the referral."
        )
    return right


def _refuse_reason(referral: Referral, reason: str, at: datetime) -> None:
    if not code_lists.is_valid("reason_for_closure", reason, on=london_date(at)):
        raise Refused(f"Choose why {referral.child.name}’s referral is closed.")
    if reason == DIED and referral.child.died_on is None:
        raise Refused(f"{referral.child.name}’s death is not recorded. Record it first.")


def _refuse_moment(referral: Referral, at: datetime) -> None:
    """Nothing beneath may be dated after the closure (census rule 8565)."""
    if london_date(at) < referral.referral_on:
        raise Refused(f"{referral.child.name}’s referral came after this.")
    later = (
        Involvement.objects.filter(
            child=referral.child_id, kind__in=STATUTORY_INVOLVEMENTS, to_at__gt=at
        )
        .order_by("-to_at")
        .first()
    )
    if later is not None:
        raise Refused(
            f"{referral.child.name} cannot be closed before"
            f" the {later.get_kind_display().lower()} ended."
        )


def _close(referral: Referral, closure: Closure, authority: Authority, at: datetime) -> None:
    referral.state = ReferralState.CLOSED
    referral.closed_on = closure.closed_on
    referral.closure_reason = closure.reason
    referral.save(update_fields=["state", "closed_on", "closure_reason"])
    clocks.stop_all(on=referral, at=at)
    workers = list(
        Allocation.objects.select_for_update().filter(
            referral__child=referral.child_id, to_at__isnull=True
        )
    )
    for allocation in workers:
        allocation.to_at = max(at, allocation.from_at)
        allocation.save(update_fields=["to_at"])
    for entry in (
        WaitingEntry.objects.filter(child=referral.child_id, ended_at__isnull=True)
        .exclude(queue=Queue.EARLY_HELP)
        .select_related("group")
    ):
        waiting.take_out(
            authority=authority,
            at=at,
            group=entry.group,
            child_id=referral.child_id,
            state=WaitingState.REMOVED,
            why="The referral was closed",
        )
    holding.end(
        child_id=referral.child_id, kind=InvolvementKind.REFERRAL, subject_id=referral.pk, at=at
    )
    for reaction in reactions.referral_closed:
        reaction(child_id=referral.child_id, at=at)
    for worker_id in {allocation.worker_id for allocation in workers}:
        outbox.put(
            "notice",
            key=f"referral.closed:{referral.pk}:{worker_id}",
            payload={
                "user_id": str(worker_id),
                "code": "referral.closed",
                "subject_kind": "person",
                "subject_id": str(referral.child_id),
            },
            at=at,
            subject_kind="referral",
            subject_id=referral.pk,
            child_id=referral.child_id,
        )
    events.append(
        "referral.closed",
        authority=authority,
        at=at,
        subject_kind="referral",
        subject_id=referral.pk,
        children=[referral.child_id],
        data={"reason": closure.reason},
    )
