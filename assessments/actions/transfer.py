"""Handing a family to the longer-term team: proposed, ready, met, accepted or returned.

What the receiving team does afterwards stands in `transfer_wait`. Responsibility passes at
completion and at no other moment (domain.md 2.11; decisions.md 41).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts.choices import TeamKind
from accounts.models import Team, User
from accounts.permissions import Authority, Permission, require
from assessments import transfer_clocks
from assessments.actions import transfer_passed
from assessments.models import (
    Item,
    Transfer,
    TransferChild,
    TransferDispute,
    TransferRequest,
    TransferRequestChild,
    TransferReturn,
)
from assessments.queries.checklist import checklist, is_protected, missing_of, standing, together
from assessments.standing import manager_right, worker_right
from cases import actions as case_actions
from cases import family_changes, holding, waiting
from cases.actions import handovers
from cases.choices import HandoverKind, OversightKind, ReferralState, WaitingState, WorkerRole
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    HandoverChild,
    Referral,
    Responsibility,
    WaitingGroup,
)
from cases.standing import acts_for
from lib import application_clock
from lib.working_days import london_date
from people.models import Person, Restriction
from people.queries import children_of_households, closed_to
from record import events, once, outbox
from record.errors import Refused

State = Transfer.State
OPEN_REFERRALS = (ReferralState.ACCEPTED, ReferralState.ALLOCATED, ReferralState.IN_WORK)


class NotReady(Refused):
    """Something of the checklist is missing; `links` names each child and thing, and where."""

    def __init__(self, missing: Sequence[tuple[str, str]]) -> None:
        """:param missing: (sentence, address)"""
        super().__init__(
            "This cannot go on yet. " + " ".join(f"{sentence}." for sentence, _url in missing),
            links=missing,
        )


class MovedOn(Refused):
    """Somebody has taken the transfer further, or back, in the meantime."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Whether one child of the household is handed on, and why not."""

    child_id: UUID
    is_in: bool
    because: str = ""


# Proposing --------------------------------------------------------------------------------------


@transaction.atomic
def propose(
    *,
    by: User,
    at: datetime,
    lines: Sequence[Line],
    to_team_id: UUID,
    point: str,
    reason: str,
    next_visit_on: date,
    next_meeting_on: date,
    next_meeting: str,
    request_id: UUID | None = None,
    token: UUID | None = None,
) -> Transfer:
    """Propose to hand a family on; its manager says when it is ready.

    :param lines: an answer for every child of the household whom `by` may read; one whose record
        is closed to them passes to whoever holds the restriction
    :param request_id: what a receiving manager asked, which this answers
    :raises PermissionDenied: `by` may not propose transfers
    :raises Refused: names the child without an answer, referral, or under way already
    """
    require(by, Permission.TRANSFER_PROPOSE, at=at)
    once.claim(token, user=by, action="assessments.propose")
    handed_on = sorted(line.child_id for line in lines if line.is_in)
    if not handed_on:
        raise Refused("Choose the children who are handed on.", field="children")
    to_team = _receiver(to_team_id)
    _refuse_dates(next_visit_on, next_meeting_on, at)
    for value, field, sentence in (
        (reason, "reason", "Say why now"),
        (next_meeting, "next_meeting", "Say what the next meeting is"),
    ):
        if not value.strip():
            raise Refused(f"{sentence}.", field=field)
    if point not in Transfer.Point.values:
        raise Refused("Choose what has been reached.", field="point")
    people = _readable(handed_on, by)
    holding.lock(line.child_id for line in lines)
    worker_right(by=by, permission=Permission.TRANSFER_PROPOSE, child_ids=handed_on, at=at)
    from_team = _holder(people)
    referrals = {
        row.child_id: row
        for row in Referral.objects.filter(child__in=handed_on, state__in=OPEN_REFERRALS)
    }
    for child_id in handed_on:
        if child_id not in referrals:
            raise Refused(f"{people[child_id].name} has no open referral to hand on.")
        if TransferChild.objects.filter(child=child_id, is_in=True, is_open=True).exists():
            raise Refused(f"{people[child_id].name} is being handed on already.")
    transfer = Transfer.objects.create(
        point=point,
        reason=reason,
        from_team=from_team,
        to_team=to_team,
        next_visit_on=next_visit_on,
        next_meeting_on=next_meeting_on,
        next_meeting=next_meeting,
        proposed_at=at,
        proposed_by=by,
        recorded_at=application_clock.now(),
    )
    right = require(by, Permission.TRANSFER_PROPOSE, at=at)
    _answer_all(transfer, lines, referrals, right=right, at=at)
    if request_id is not None:
        _take_up(request_id, transfer, by=by, at=at)
    notify(transfer, from_team.manager_id, "transfer.proposed", at=at)
    tell("transfer.proposed", transfer, right, at)
    if point == Transfer.Point.COURT:
        family_changes.raise_for_status(
            child_ids=handed_on,
            considered_ids=handed_on,
            what="A court is asked about a brother or sister",
            source_kind="transfer",
            source_id=transfer.pk,
            authority=right,
            at=at,
        )
    once.finish(token, transfer.pk)
    return transfer


def _receiver(team_id: UUID) -> Team:
    team = Team.objects.filter(pk=team_id, is_active=True).first()
    if team is None or team.kind != TeamKind.SAFEGUARDING_FAMILY_SUPPORT:
        raise Refused("Choose a Safeguarding and Family Support team.", field="to_team")
    return team


def _refuse_dates(next_visit_on: date, next_meeting_on: date, at: datetime) -> None:
    for day, field, what in (
        (next_visit_on, "next_visit_on", "visit"),
        (next_meeting_on, "next_meeting_on", "meeting"),
    ):
        if day < london_date(at):
            raise Refused(f"The next {what} is in the past. Book one.", field=field)


def _readable(child_ids: Collection[UUID], by: User) -> dict[UUID, Person]:
    people = {
        person.pk: person for person in Person.objects.visible_to(by).filter(pk__in=child_ids)
    }
    if len(people) < len(set(child_ids)):
        raise Person.DoesNotExist("There is no such child.")
    return people


def _holder(people: Mapping[UUID, Person]) -> Team:
    held = list(
        Responsibility.objects.filter(child__in=people, to_at__isnull=True)
        .select_related("team", "child")
        .order_by("child_id")
    )
    teams = {row.team_id for row in held}
    if len(held) < len(people) or len(teams) != 1:
        names = ", ".join(f"{row.child.name} by {row.team.name}" for row in held)
        raise Refused(f"These children are not held by one team: {names or 'nobody holds them'}.")
    if held[0].team.kind == TeamKind.SAFEGUARDING_FAMILY_SUPPORT:
        raise Refused(f"{held[0].team.name} has these children already.")
    return held[0].team


def _answer_all(
    transfer: Transfer,
    lines: Sequence[Line],
    referrals: Mapping[UUID, Referral],
    *,
    right: Authority,
    at: datetime,
) -> None:
    by = right.user
    given = {line.child_id: line for line in lines}
    household = children_of_households(
        person_ids=[line.child_id for line in lines if line.is_in], on=london_date(at), by=by
    )
    belong = {child.person_id for child in household}
    for line in lines:
        if line.child_id not in belong:
            raise Refused("One of these children does not live in this household.")
    for child in household:
        said = given.get(child.person_id)
        if child.is_restricted:
            _pass_on(transfer, child.person_id, right=right, at=at)
        elif said is None:
            raise Refused(f"Say whether {child.name} is handed on too.", field="children")
        elif not said.is_in and not said.because.strip():
            raise Refused(f"Say why {child.name} is not handed on.", field="children")
        else:
            _add(
                transfer,
                child.person_id,
                by=by,
                at=at,
                is_in=said.is_in,
                because=said.because,
                referral=referrals.get(child.person_id),
            )


def owner_of(child_id: UUID) -> User:
    """Whoever holds the restriction on a child's record."""
    return (
        Restriction.objects.filter(person=child_id, ended_at__isnull=True)
        .select_related("owner")
        .order_by("pk")[0]
        .owner
    )


def _pass_on(
    transfer: Transfer, child_id: UUID, *, right: Authority, at: datetime
) -> TransferChild:
    owner = owner_of(child_id)
    row = _add(transfer, child_id, by=right.user, at=at, passed_to=owner)
    transfer_passed.pass_on(transfer, child_id=child_id, owner=owner, authority=right, at=at)
    return row


def _add(
    transfer: Transfer,
    child_id: UUID,
    *,
    by: User,
    at: datetime,
    is_in: bool = False,
    because: str = "",
    passed_to: User | None = None,
    referral: Referral | None = None,
) -> TransferChild:
    return TransferChild.objects.create(
        transfer=transfer,
        child_id=child_id,
        is_in=is_in,
        because="" if is_in else because,
        passed_to=passed_to,
        referral=referral if is_in else None,
        answered_at=at,
        answered_by=by,
        recorded_at=application_clock.now(),
    )


@transaction.atomic
def answer_child(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    child_id: UUID,
    is_in: bool = False,
    because: str = "",
) -> TransferChild:
    """Say of a child who joined the household whether the child is handed on too.

    A child who joins a family that waits has its own date in the queue. One whose record is
    closed to `by` passes to whoever holds the restriction, whatever is said.

    :raises Refused: answered already, no referral, or no reason
    """
    require(by, Permission.TRANSFER_PROPOSE, at=at)
    transfer = lock(transfer_id, by)
    right = worker_right(
        by=by, permission=Permission.TRANSFER_PROPOSE, child_ids=handed_on(transfer), at=at
    )
    if transfer.state in Transfer.OVER:
        raise MovedOn(f"This transfer is over: {transfer.get_state_display().lower()}.")
    if closed_to(by=by, person_ids=[child_id]):
        return _pass_on_joiner(transfer, child_id, right=right, at=at)
    person = _readable([child_id], by)[child_id]
    holding.lock([child_id])
    if transfer.children.filter(child=child_id).exists():
        raise MovedOn(f"{person.name} is answered already.")
    if child_id not in _household_of(transfer, at):
        raise Refused(f"{person.name} is not in the household of this family.")
    referral = None
    if is_in:
        referral = Referral.objects.filter(child=child_id, state__in=OPEN_REFERRALS).first()
        if referral is None:
            raise Refused(f"{person.name} has no open referral to hand on.")
        if TransferChild.objects.filter(child=child_id, is_in=True, is_open=True).exists():
            raise Refused(f"{person.name} is being handed on already.")
    elif not because.strip():
        raise Refused(f"Say why {person.name} is not handed on.", field="because")
    row = _add(transfer, child_id, by=by, at=at, is_in=is_in, because=because, referral=referral)
    if is_in:
        _join(transfer, row, right, at)
    tell("transfer.child_added", transfer, right, at, child_ids=[child_id])
    return row


def _pass_on_joiner(
    transfer: Transfer, child_id: UUID, *, right: Authority, at: datetime
) -> TransferChild:
    if child_id not in _household_of(transfer, at):
        raise Person.DoesNotExist("There is no such child.")
    holding.lock([child_id])
    if transfer.children.filter(child=child_id).exists():
        raise MovedOn("This child has been passed on already.")
    return _pass_on(transfer, child_id, right=right, at=at)


def _household_of(transfer: Transfer, at: datetime) -> set[UUID]:
    household = children_of_households(person_ids=handed_on(transfer), on=london_date(at))
    return {child.person_id for child in household}


def _join(transfer: Transfer, row: TransferChild, right: Authority, at: datetime) -> None:
    """Let a child follow brothers and sisters who are on their way."""
    if transfer.handover is not None and transfer.state in Transfer.OFFERED:
        HandoverChild.objects.create(
            handover=transfer.handover,
            child_id=row.child_id,
            referral=row.referral,
            kind=HandoverKind.TRANSFER,
        )
        transfer_clocks.start_visits(
            transfer,
            child_ids=[row.child_id],
            protected=is_protected([row.child_id]),
            at=at,
            by=right.user,
        )
    group = group_of(transfer)
    if group is not None:
        waiting.join(
            authority=right,
            at=at,
            group=group,
            child=waiting.ChildWaiting(child_id=row.child_id, since_at=at),
            why="Joined the household while the family waits",
        )
    if transfer.state == State.ALLOCATED and transfer.worker is not None:
        Allocation.objects.create(
            child_id=row.child_id,
            referral=row.referral,
            worker=transfer.worker,
            role=WorkerRole.CO_WORKER,
            team=transfer.to_team,
            from_at=at,
            by=right.user,
            acting_for=right.acting_for,
            recorded_at=application_clock.now(),
        )


@transaction.atomic
def change_dates(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    next_visit_on: date,
    next_meeting_on: date,
    next_meeting: str,
) -> Transfer:
    """Say when the next visit and meeting are, so that nothing is dropped on the way."""
    require(by, Permission.TRANSFER_PROPOSE, at=at)
    transfer = lock(transfer_id, by)
    worker_right(
        by=by, permission=Permission.TRANSFER_PROPOSE, child_ids=handed_on(transfer), at=at
    )
    if transfer.state in Transfer.OVER:
        raise MovedOn(f"This transfer is over: {transfer.get_state_display().lower()}.")
    _refuse_dates(next_visit_on, next_meeting_on, at)
    if not next_meeting.strip():
        raise Refused("Say what the next meeting is.", field="next_meeting")
    transfer.next_visit_on = next_visit_on
    transfer.next_meeting_on = next_meeting_on
    transfer.next_meeting = next_meeting
    transfer.save(update_fields=["next_visit_on", "next_meeting_on", "next_meeting"])
    return transfer


# Ready ------------------------------------------------------------------------------------------


@transaction.atomic
def make_ready(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    rationale: case_actions.Rationale,
    put_right: str = "",
    token: UUID | None = None,
) -> Transfer:
    """Offer the family to the receiving team: everything on the checklist is there.

    The sender's manager decides and did not propose it. TRF-MEET and, the first time, the 20 and
    30 working days count from here (decisions.md 71).

    :param put_right: what was done about what was missing, when the family was returned
    :raises NotReady: names each child and each missing thing
    :raises Refused: `by` proposed it, or answers for none of the children
    """
    require(by, Permission.TRANSFER_DECIDE, at=at)
    once.claim(token, user=by, action="assessments.make_ready")
    transfer = lock(transfer_id, by)
    if transfer.state not in (State.PROPOSED, State.RETURNED):
        raise MovedOn(f"This transfer is past that: {transfer.get_state_display().lower()}.")
    children = handed_on(transfer)
    right = manager_right(by=by, permission=Permission.TRANSFER_DECIDE, child_ids=children, at=at)
    if transfer.proposed_by_id == by.pk:
        raise Refused("You proposed this transfer, so another manager makes it ready.")
    if transfer.state == State.RETURNED:
        rationale = _answers_return(transfer, rationale, put_right)
    holding.lock(children)
    if missing := missing_of(checklist(transfer=transfer, by=by, at=at)):
        raise NotReady(missing)
    transfer.oversight = case_actions.write_oversight(
        authority=right,
        at=at,
        kind=OversightKind.TRANSFER_REVIEW,
        child_ids=children,
        rationale=rationale,
        subject_kind=transfer_clocks.SUBJECT,
        subject_id=transfer.pk,
    )
    transfer.ready_at, transfer.ready_by, transfer.ready_for = at, by, right.acting_for
    transfer.first_ready_at = transfer.first_ready_at or at
    _offer(transfer, right, at)
    move_on(
        transfer,
        State.READY,
        "oversight",
        "ready_at",
        "ready_by",
        "ready_for",
        "first_ready_at",
        "handover",
    )
    transfer_clocks.start("TRF-MEET", transfer, at=at, by=by)
    transfer_clocks.start_long(transfer, at=at, by=by)
    transfer_clocks.start_visits(
        transfer, child_ids=children, protected=is_protected(children), at=at, by=by
    )
    tell("transfer.ready", transfer, right, at)
    once.finish(token, transfer.pk)
    return transfer


def _answers_return(
    transfer: Transfer, rationale: case_actions.Rationale, put_right: str
) -> case_actions.Rationale:
    """The reasons, with what was done about what the receiving manager found missing."""
    last = transfer.returns.select_related("child").latest("at", "recorded_at")
    for_whom = f" for {last.child.name}" if last.child is not None else ""
    if not put_right.strip():
        raise Refused(
            f"This was returned: {last.get_item_display()}{for_whom}. Say what was put right.",
            field="put_right",
        )
    said = f"{last.get_item_display()}{for_whom}: {put_right.strip()}"
    return replace(rationale, know=f"{rationale.know}\nPut right since it came back. {said}")


def _offer(transfer: Transfer, right: Authority, at: datetime) -> None:
    rows = transfer.children.filter(is_in=True).select_related("referral")
    transfer.handover = case_actions.offer(
        authority=right,
        at=at,
        kind=HandoverKind.TRANSFER,
        contact=None,
        from_team=transfer.from_team,
        to_team=transfer.to_team,
        child_ids=[row.child_id for row in rows],
        referrals={row.child_id: row.referral for row in rows if row.referral is not None},
        reason=transfer.reason,
    )


@transaction.atomic
def withdraw(*, by: User, at: datetime, transfer_id: UUID, because: str) -> Transfer:
    """Take the family back, at any moment before completion: closed, stepped down, too early."""
    require(by, Permission.TRANSFER_DECIDE, at=at)
    transfer = lock(transfer_id, by)
    right = manager_right(
        by=by, permission=Permission.TRANSFER_DECIDE, child_ids=handed_on(transfer), at=at
    )
    if transfer.state in Transfer.OVER:
        raise MovedOn(f"This transfer is over: {transfer.get_state_display().lower()}.")
    if not because.strip():
        raise Refused("Say why the transfer is withdrawn.", field="because")
    holding.lock(handed_on(transfer))
    if transfer.state in Transfer.OFFERED and transfer.handover is not None:
        case_actions.withdraw(authority=right, at=at, handover=transfer.handover, reason=because)
    _leave_queue(transfer, right, at, why=because)
    end_co_work(transfer, at)
    transfer.withdrawn_at, transfer.withdrawn_by = at, by
    transfer.withdrawn_because = because
    move_on(transfer, State.WITHDRAWN, "withdrawn_at", "withdrawn_by", "withdrawn_because")
    transfer.children.update(is_open=False)
    transfer_passed.end_passed(transfer, at=at)
    transfer_clocks.stop_all(transfer, at=at)
    notify(transfer, transfer.to_team.manager_id, "transfer.withdrawn", at=at)
    tell("transfer.withdrawn", transfer, right, at)
    return transfer


@transaction.atomic
def take_out(
    *, by: User, at: datetime, transfer_id: UUID, child_id: UUID, because: str
) -> Transfer:
    """Take one child out: moved, closed, turned 18. Brothers and sisters keep their place.

    An offer is made whole, so the one that stands is taken back and the others are offered again
    (decisions.md 43); no date of the family moves.

    :raises Refused: not handed on, the only one who is, or no reason
    """
    require(by, Permission.TRANSFER_DECIDE, at=at)
    transfer = lock(transfer_id, by)
    children = handed_on(transfer)
    right = manager_right(by=by, permission=Permission.TRANSFER_DECIDE, child_ids=children, at=at)
    if transfer.state in Transfer.OVER:
        raise MovedOn(f"This transfer is over: {transfer.get_state_display().lower()}.")
    holding.lock(children)
    row = transfer.children.select_related("child").filter(child=child_id, is_in=True).first()
    if row is None:
        raise Refused("This child is not handed on.", field="child")
    if len(children) == 1:
        raise Refused(
            f"{row.child.name} is the only child handed on. Withdraw the whole transfer.",
            field="child",
        )
    if not because.strip():
        raise Refused(f"Say why {row.child.name} is not handed on any longer.", field="because")
    is_offered = transfer.state in Transfer.OFFERED and transfer.handover is not None
    if is_offered and transfer.handover is not None:
        case_actions.withdraw(authority=right, at=at, handover=transfer.handover, reason=because)
    group = group_of(transfer)
    if group is not None:
        waiting.take_out(
            authority=right,
            at=at,
            group=group,
            child_id=child_id,
            state=WaitingState.REMOVED,
            why=because,
        )
    end_co_work(transfer, at, child_ids=[child_id])
    row.is_in, row.because, row.answered_at, row.answered_by = False, because, at, by
    row.save(update_fields=["is_in", "because", "answered_at", "answered_by"])
    if is_offered:
        _offer(transfer, right, at)
        transfer.save(update_fields=["handover"])
    transfer_clocks.stop_visits(transfer, child_id=child_id, at=at)
    notify(transfer, transfer.to_team.manager_id, "transfer.child_left", at=at, child_id=child_id)
    tell("transfer.child_left", transfer, right, at, child_ids=[child_id])
    return transfer


def _leave_queue(transfer: Transfer, right: Authority, at: datetime, *, why: str) -> None:
    group = group_of(transfer)
    if group is not None:
        waiting.leave(authority=right, at=at, group=group, state=WaitingState.REMOVED, why=why)


def end_co_work(
    transfer: Transfer, at: datetime, *, child_ids: Collection[UUID] | None = None
) -> None:
    """The worker who was named does not go along with the family, or a child, any longer."""
    if transfer.worker_id is None:
        return
    for allocation in Allocation.objects.select_for_update().filter(
        child__in=handed_on(transfer) if child_ids is None else child_ids,
        worker=transfer.worker_id,
        role=WorkerRole.CO_WORKER,
        to_at__isnull=True,
    ):
        allocation.to_at = max(at, allocation.from_at)
        allocation.save(update_fields=["to_at"])


# The meeting ------------------------------------------------------------------------------------


@transaction.atomic
def book_meeting(*, by: User, at: datetime, transfer_id: UUID, meeting_on: datetime) -> Transfer:
    """Book the meeting of both teams: the receiving manager. Sent again it stands as booked."""
    transfer, right = receiving(transfer_id, by, at)
    if transfer.state not in (State.READY, State.MEETING_BOOKED):
        raise MovedOn(_not_for_meeting(transfer))
    if meeting_on < at:
        raise Refused("The meeting is in the past.", field="meeting_on")
    if transfer.state == State.MEETING_BOOKED and transfer.meeting_on == meeting_on:
        return transfer
    transfer.meeting_on = meeting_on
    move_on(transfer, State.MEETING_BOOKED, "meeting_on")
    notify(transfer, transfer.from_team.manager_id, "transfer.meeting_booked", at=at)
    tell("transfer.meeting_booked", transfer, right, at)
    return transfer


@transaction.atomic
def accept(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    met_at: datetime,
    attended: str,
    token: UUID | None = None,
) -> Transfer:
    """Agree at the meeting to take the family. The sender stays responsible until completion.

    :raises NotReady: something has changed that is not reviewed, or a child is left out
    """
    transfer, right = receiving(transfer_id, by, at)
    once.claim(token, user=by, action="assessments.accept")
    if transfer.state not in (State.READY, State.MEETING_BOOKED):
        raise MovedOn(_not_for_meeting(transfer))
    refuse_standing(transfer, by=by, at=at)
    _accept(transfer, right, at, met_at=met_at, attended=attended)
    transfer_clocks.stop("TRF-DISPUTE", transfer=transfer, at=at, reason="not_needed")
    once.finish(token, transfer.pk)
    return transfer


def _accept(
    transfer: Transfer, right: Authority, at: datetime, *, met_at: datetime, attended: str
) -> None:
    if not attended.strip():
        raise Refused("Say who was at the meeting.", field="attended")
    if transfer.ready_at is not None and met_at < transfer.ready_at:
        raise Refused("The meeting cannot be before the family was ready.", field="met_at")
    if met_at > at:
        raise Refused("The meeting has not been held yet.", field="met_at")
    transfer.met_at, transfer.attended = met_at, attended
    transfer.accepted_at, transfer.accepted_by = at, right.user
    transfer.accepted_for = right.acting_for
    move_on(
        transfer,
        State.ACCEPTED,
        "met_at",
        "attended",
        "accepted_at",
        "accepted_by",
        "accepted_for",
    )
    transfer_clocks.stop("TRF-MEET", transfer=transfer, at=met_at)
    transfer_clocks.start("TRF-ALLOC", transfer, at=at, by=right.user)
    notify(transfer, transfer.from_team.manager_id, "transfer.accepted", at=at)
    tell("transfer.accepted", transfer, right, at)


@transaction.atomic
def give_back(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    item: str,
    because: str,
    child_id: UUID | None = None,
) -> Transfer:
    """Return the family with the item of the checklist that is missing, for which child.

    :raises Refused: no item, or nothing said
    """
    transfer, right = receiving(transfer_id, by, at)
    if transfer.state not in (State.READY, State.MEETING_BOOKED):
        raise MovedOn(_not_for_meeting(transfer))
    _refuse_return(transfer, item=item, child_id=child_id)
    if not because.strip():
        raise Refused("Say what exactly is missing.", field="because")
    _return(transfer, right, at, item=Item(item), because=because, child_id=child_id)
    return transfer


def _refuse_return(transfer: Transfer, *, item: str, child_id: UUID | None) -> None:
    if item not in Item.values:
        raise Refused("Choose what of the checklist is missing.", field="item")
    if child_id is not None and child_id not in handed_on(transfer):
        raise Refused("This child is not handed on.", field="child")


def _return(
    transfer: Transfer,
    right: Authority,
    at: datetime,
    *,
    item: Item,
    because: str,
    child_id: UUID | None = None,
) -> None:
    if transfer.handover is not None:
        handovers.return_transfer(
            authority=right,
            at=at,
            handover=transfer.handover,
            reason=f"{item.label}: {because}",
        )
    TransferReturn.objects.create(
        transfer=transfer,
        item=item,
        child_id=child_id,
        because=because,
        at=at,
        by=right.user,
        acting_for=right.acting_for,
        recorded_at=application_clock.now(),
    )
    transfer.meeting_on = None
    move_on(transfer, State.RETURNED, "meeting_on")
    transfer_clocks.stop("TRF-MEET", transfer=transfer, at=at)
    notify(transfer, transfer.from_team.manager_id, "transfer.returned", at=at)
    tell("transfer.returned", transfer, right, at, data={"item": str(item)})


# Disagreement -----------------------------------------------------------------------------------


@transaction.atomic
def dispute(*, by: User, at: datetime, transfer_id: UUID, why: str) -> TransferDispute:
    """Put a disagreement to the head of service, by either manager; TRF-DISPUTE runs."""
    require(by, Permission.TRANSFER_DECIDE, at=at)
    transfer = lock(transfer_id, by)
    right = _either(transfer, by, at)
    if transfer.state not in Transfer.DISPUTABLE:
        raise MovedOn("There is nothing to disagree about at this point.")
    if transfer.disputes.filter(decided_at=None).exists():
        raise MovedOn("The head of service has this already.")
    if not why.strip():
        raise Refused("Say what you disagree about.", field="why")
    made = TransferDispute.objects.create(
        transfer=transfer,
        why=why,
        at=at,
        by=by,
        acting_for=right.acting_for,
        recorded_at=application_clock.now(),
    )
    transfer_clocks.start("TRF-DISPUTE", transfer, at=at, by=by)
    for head_id in heads_of(transfer):
        notify(transfer, head_id, "transfer.disputed", at=at)
    tell("transfer.disputed", transfer, right, at)
    family_changes.raise_for_dispute(
        child_ids=handed_on(transfer),
        what="Two managers disagree about handing the family on",
        source_kind="transfer_dispute",
        source_id=made.pk,
        authority=right,
        at=at,
    )
    return made


@transaction.atomic
def settle(
    *,
    by: User,
    at: datetime,
    transfer_id: UUID,
    outcome: str,
    why: str,
    item: str = "",
    child_id: UUID | None = None,
) -> TransferDispute:
    """Decide a disagreement: the head of service, never one of the two managers.

    Accepting does not lift what stands in the way: an undone change still blocks. The change that
    is this disagreement does not block its own decision; it blocks the next step.

    :param item: what of the checklist is missing, where the family is returned by this decision
    :param child_id: for whom
    """
    right = require(by, Permission.TRANSFER_SETTLE, at=at)
    transfer = lock(transfer_id, by)
    found = transfer.disputes.select_for_update().filter(decided_at=None).first()
    if found is None:
        raise MovedOn("There is no disagreement to decide.")
    if transfer.state not in Transfer.DISPUTABLE:
        raise MovedOn(f"The transfer went on without you: {transfer.get_state_display().lower()}.")
    if found.by_id == by.pk:
        raise Refused("You raised this, so another head of service decides it.")
    if outcome not in TransferDispute.Outcome.values:
        raise Refused("Choose what you decide.", field="outcome")
    if not why.strip():
        raise Refused("Say why you decide this.", field="why")
    if outcome == TransferDispute.Outcome.ACCEPT:
        refuse_standing(transfer, by=by, at=at, but=found)
        if transfer.state == State.RETURNED:
            _offer(transfer, right, at)
            transfer.save(update_fields=["handover"])
        _accept(transfer, right, at, met_at=at, attended=f"Decided by {by.full_name}: {why}")
    elif transfer.state != State.RETURNED:
        _refuse_return(transfer, item=item, child_id=child_id)
        _return(transfer, right, at, item=Item(item), because=why, child_id=child_id)
    found.outcome, found.decided_why = outcome, why
    found.decided_at, found.decided_by = at, by
    found.save(update_fields=["outcome", "decided_why", "decided_at", "decided_by"])
    transfer_clocks.stop("TRF-DISPUTE", transfer=transfer, at=at)
    for manager_id in (transfer.from_team.manager_id, transfer.to_team.manager_id):
        notify(transfer, manager_id, "transfer.settled", at=at)
    tell("transfer.settled", transfer, right, at, data={"outcome": outcome})
    return found


def _either(transfer: Transfer, by: User, at: datetime) -> Authority:
    for team in (transfer.from_team, transfer.to_team):
        right = acts_for(team, by=by, permission=Permission.TRANSFER_DECIDE, at=at)
        if right is not None:
            return right
    raise Refused(
        f"The managers of {transfer.from_team.name} and {transfer.to_team.name} may disagree."
    )


def heads_of(transfer: Transfer) -> list[UUID]:
    """The heads of service above the two teams."""
    parents = Team.objects.filter(
        pk__in=Team.objects.filter(pk__in=[transfer.from_team_id, transfer.to_team_id]).values(
            "parent"
        )
    )
    return list(parents.order_by("manager_id").values_list("manager_id", flat=True).distinct())


# Asking for a family ----------------------------------------------------------------------------


@transaction.atomic
def ask_for(
    *,
    by: User,
    at: datetime,
    child_ids: Collection[UUID],
    to_team_id: UUID,
    why: str,
    token: UUID | None = None,
) -> TransferRequest:
    """Ask for a family whom another team holds; the sender turns it into a transfer, or says no.

    :raises Refused: asked for already, being handed on, or held by the team
    """
    require(by, Permission.TRANSFER_DECIDE, at=at)
    once.claim(token, user=by, action="assessments.ask_for")
    to_team = _receiver(to_team_id)
    right = acts_for(to_team, by=by, permission=Permission.TRANSFER_DECIDE, at=at)
    if right is None:
        raise Refused(f"The manager of {to_team.name} asks for its families.")
    ids = sorted(set(child_ids))
    if not ids:
        raise Refused("Choose the children you ask for.", field="children")
    if not why.strip():
        raise Refused("Say why your team should take them now.", field="why")
    people = _readable(ids, by)
    holding.lock(ids)
    from_team = _holder(people)
    for person in people.values():
        if TransferChild.objects.filter(child=person, is_in=True, is_open=True).exists():
            raise Refused(f"{person.name} is being handed on already.")
        if TransferRequestChild.objects.filter(child=person, is_open=True).exists():
            raise Refused(f"Somebody has asked for {person.name} already.")
    made = TransferRequest.objects.create(
        from_team=from_team,
        to_team=to_team,
        why=why,
        at=at,
        by=by,
        acting_for=right.acting_for,
        recorded_at=application_clock.now(),
    )
    TransferRequestChild.objects.bulk_create(
        TransferRequestChild(request=made, child_id=child_id) for child_id in ids
    )
    outbox.put(
        "notice",
        key=f"transfer.asked:{made.pk}",
        payload={
            "user_id": str(from_team.manager_id),
            "code": "transfer.asked",
            "subject_kind": "transfer_request",
            "subject_id": str(made.pk),
        },
        at=at,
        subject_kind="transfer_request",
        subject_id=made.pk,
    )
    events.append(
        "transfer.asked",
        authority=right,
        at=at,
        subject_kind="transfer_request",
        subject_id=made.pk,
        children=ids,
        data={"to_team_id": str(to_team.pk)},
    )
    once.finish(token, made.pk)
    return made


@transaction.atomic
def decline_request(*, by: User, at: datetime, request_id: UUID, answer: str) -> TransferRequest:
    """Say no to a receiving manager's request, with the reason."""
    require(by, Permission.TRANSFER_DECIDE, at=at)
    found = (
        TransferRequest.objects.select_for_update(of=("self",))
        .select_related("from_team")
        .get(pk=request_id)
    )
    right = acts_for(found.from_team, by=by, permission=Permission.TRANSFER_DECIDE, at=at)
    if right is None:
        raise Refused(f"The manager of {found.from_team.name} answers this.")
    if found.state != TransferRequest.State.ASKED:
        raise MovedOn(f"This has been answered: {found.get_state_display().lower()}.")
    if not answer.strip():
        raise Refused("Say why not now.", field="answer")
    found.state = TransferRequest.State.DECLINED
    found.answer, found.answered_at, found.answered_by = answer, at, by
    found.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    children = list(found.children.values_list("child_id", flat=True))
    found.children.update(is_open=False)
    events.append(
        "transfer.request_declined",
        authority=right,
        at=at,
        subject_kind="transfer_request",
        subject_id=found.pk,
        children=sorted(children),
    )
    return found


def _take_up(request_id: UUID, transfer: Transfer, *, by: User, at: datetime) -> None:
    found = TransferRequest.objects.select_for_update().get(pk=request_id)
    if found.state != TransferRequest.State.ASKED:
        raise MovedOn(f"This has been answered: {found.get_state_display().lower()}.")
    if found.to_team_id != transfer.to_team_id:
        raise Refused("Another team asked for them. Propose it to that team.", field="to_team")
    found.state = TransferRequest.State.TAKEN_UP
    found.transfer, found.answered_at, found.answered_by = transfer, at, by
    found.save(update_fields=["state", "transfer", "answered_at", "answered_by"])
    found.children.update(is_open=False)


# What the parts share ---------------------------------------------------------------------------


def lock(transfer_id: UUID, by: User) -> Transfer:
    """Lock a transfer that `by` may read.

    :raises Transfer.DoesNotExist: there is none, or a child of it is restricted from `by`
    """
    return (
        Transfer.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("from_team", "to_team", "handover", "worker")
        .get(pk=transfer_id)
    )


def receiving(transfer_id: UUID, by: User, at: datetime) -> tuple[Transfer, Authority]:
    """Lock a transfer and give the right of the manager who receives it."""
    require(by, Permission.TRANSFER_DECIDE, at=at)
    transfer = lock(transfer_id, by)
    right = acts_for(transfer.to_team, by=by, permission=Permission.TRANSFER_DECIDE, at=at)
    if right is None:
        raise Refused(f"The manager of {transfer.to_team.name} decides this.")
    return transfer, right


def refuse_standing(
    transfer: Transfer, *, by: User, at: datetime, but: TransferDispute | None = None
) -> None:
    """Refuse a step while a change is not reviewed or a child of the household is left out.

    The children are locked first, so that nothing is logged in between.

    :param but: the disagreement that this step decides
    """
    holding.lock(handed_on(transfer))
    missing = standing(transfers=[transfer], by=by, at=at)[transfer.pk]
    if but is not None:
        own = {
            reverse("cases:change", args=[pk])
            for pk in ChangeOfCircumstance.objects.filter(source_id=but.pk).values_list(
                "pk", flat=True
            )
        }
        missing = [each for each in missing if each.url not in own]
    if missing:
        raise NotReady([(each.sentence, each.url) for each in together(missing)])


def handed_on(transfer: Transfer) -> list[UUID]:
    """The children who are handed on."""
    return list(
        transfer.children.filter(is_in=True).order_by("child_id").values_list("child_id", flat=True)
    )


def group_of(transfer: Transfer) -> WaitingGroup | None:
    """The family's place in the queue, while it waits."""
    return WaitingGroup.objects.filter(subject_id=transfer.pk, ended_at__isnull=True).first()


def move_on(transfer: Transfer, state: Transfer.State, *fields: str) -> None:
    """Move on, with the facts that go with it."""
    transfer.state = state
    transfer.save(update_fields=["state", *fields])


def _not_for_meeting(transfer: Transfer) -> str:
    if transfer.state == State.PROPOSED:
        return "The sending manager has not said yet that the family is ready."
    if transfer.state == State.RETURNED:
        return "This was returned and is not ready again yet."
    return f"The meeting is over: {transfer.get_state_display().lower()}."


def notify(
    transfer: Transfer,
    user_id: UUID,
    code: str,
    *,
    at: datetime,
    child_id: UUID | None = None,
) -> None:
    """Owe somebody a notice about the transfer."""
    about = child_id.hex[:8] if child_id is not None else ""
    outbox.put(
        "notice",
        key=f"{code}:{transfer.pk.hex}:{user_id.hex}:{at:%y%m%d%H%M%S}{about}"[:120],
        payload={
            "user_id": str(user_id),
            "code": code,
            "subject_kind": transfer_clocks.SUBJECT,
            "subject_id": str(transfer.pk),
        },
        at=at,
        subject_kind=transfer_clocks.SUBJECT,
        subject_id=transfer.pk,
        child_id=child_id,
    )


def tell(
    code: str,
    transfer: Transfer,
    authority: Authority,
    at: datetime,
    *,
    child_ids: Sequence[UUID] | None = None,
    data: Mapping[str, str] | None = None,
) -> None:
    """Write a line on each child's timeline."""
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind=transfer_clocks.SUBJECT,
        subject_id=transfer.pk,
        children=handed_on(transfer) if child_ids is None else child_ids,
        data={"to_team_id": str(transfer.to_team_id), **(data or {})},
    )
