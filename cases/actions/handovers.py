"""Work offered by one team to another: the sender holds until the receiver accepts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Team, User
from accounts.permissions import Authority, Permission, require
from cases import clocks, holding, panels, reactions, waiting
from cases.choices import (
    STATUTORY_HANDOVERS,
    BoardState,
    HandoverKind,
    HandoverState,
    InvolvementKind,
    Outcome,
    Queue,
    WorkerRole,
)
from cases.models import (
    Allocation,
    Contact,
    Handover,
    HandoverChild,
    Referral,
    Section47Decision,
)
from cases.standing import acts_for
from lib import application_clock
from record import code_lists, events, outbox
from record.errors import Refused

#: What is screened has a limit of its own instead of HND-ACC.
ANSWER_WITHIN = {HandoverKind.EARLY_HELP: "EH-SCR", HandoverKind.STEP_DOWN: "EH-SCR"}
OPENS_EARLY_HELP = (HandoverKind.EARLY_HELP, HandoverKind.STEP_DOWN)


class AlreadyAnswered(Refused):
    """The offer has been accepted, returned or withdrawn; the message says by whom."""


@transaction.atomic
def offer(
    *,
    authority: Authority,
    at: datetime,
    kind: HandoverKind,
    contact: Contact | None,
    from_team: Team,
    to_team: Team,
    child_ids: Iterable[UUID],
    reason: str,
    referrals: Mapping[UUID, Referral] | None = None,
    levels: Mapping[UUID, str] | None = None,
    note: str = "",
) -> Handover:
    """Offer children to another team as one piece of work.

    Early help is told of the contact it came in by; other kinds may have none. A transfer is
    answered at its meeting, so HND-ACC does not run on it.

    :param levels: by child, the level of need the sender sees
    :raises Refused: one of them is already offered in this kind
    """
    referrals, levels = referrals or {}, levels or {}
    child_ids = sorted(set(child_ids))
    holding.lock(child_ids)
    if HandoverChild.objects.filter(child_id__in=child_ids, kind=kind, is_open=True).exists():
        raise Refused("One of these children is already offered to a team. Withdraw that first.")
    handover = Handover.objects.create(
        kind=kind,
        contact=contact,
        from_team=from_team,
        to_team=to_team,
        reason=reason,
        note=note,
        offered_by=authority.user,
        offered_at=at,
        recorded_at=application_clock.now(),
    )
    HandoverChild.objects.bulk_create(
        HandoverChild(
            handover=handover,
            child_id=child_id,
            kind=kind,
            referral=referrals.get(child_id),
            level=levels.get(child_id, ""),
        )
        for child_id in child_ids
    )
    if kind == HandoverKind.EARLY_HELP and contact is not None:
        # Nothing else is open yet for a child whom the referrer did not name.
        holding.start_each(
            child_ids=child_ids,
            kind=InvolvementKind.CONTACT,
            subject_id=contact.pk,
            at=at,
            team=from_team,
            authority=authority,
        )
    if kind != HandoverKind.TRANSFER:
        rule = ANSWER_WITHIN.get(kind, "HND-ACC")
        clocks.start(rule, on=handover, started_at=at, by=authority.user)
    outbox.put(
        "notice",
        key=f"handover.offered:{handover.pk}",
        payload={
            "user_id": str(to_team.manager_id),
            "code": "handover.offered",
            "subject_kind": "handover",
            "subject_id": str(handover.pk),
        },
        at=at,
        subject_kind="handover",
        subject_id=handover.pk,
    )
    _tell("offered", handover, authority, at, child_ids)
    for reaction in reactions.handover_offered:
        reaction(handover=handover, authority=authority)
    return handover


@transaction.atomic
def accept(
    *, by: User, at: datetime, handover_id: UUID, note: str = "", token: UUID | None = None
) -> Handover:
    """Take the children on: from this moment the receiving team's manager is responsible."""
    handover, authority = _answerable(handover_id, by, at)
    return take_on(handover, authority=authority, at=at, note=note)


@transaction.atomic
def complete_transfer(*, authority: Authority, at: datetime, handover: Handover) -> Handover:
    """Accept a transfer at the moment it is completed: responsibility passes now (decisions 41).

    Within an action that has asked for the right and seen that nothing stands in the way.
    """
    return take_on(_lock_transfer(handover), authority=authority, at=at, note="")


@transaction.atomic
def return_transfer(
    *, authority: Authority, at: datetime, handover: Handover, reason: str
) -> Handover:
    """Give a transfer back to its sender, within the action that names what is missing."""
    locked = _lock_transfer(handover)
    give_back(locked, authority=authority, at=at, reason=reason)
    return locked


def _lock_transfer(handover: Handover) -> Handover:
    locked = (
        Handover.objects.select_for_update(of=("self",))
        .select_related("to_team")
        .get(pk=handover.pk)
    )
    if locked.state != HandoverState.OFFERED:
        raise AlreadyAnswered(
            f"This offer has been answered: {locked.get_state_display().lower()}."
        )
    return locked


def take_on(handover: Handover, *, authority: Authority, at: datetime, note: str = "") -> Handover:
    """Take the children of a locked offer on, within an action that has asked for the right."""
    child_ids = _children(handover)
    holding.lock(child_ids)
    _answer(handover, HandoverState.ACCEPTED, authority, at, note)
    # Early help beside open social care passes no responsibility (decisions.md 40, 44).
    in_social_care = holding.with_open_statutory_work(child_ids)
    for row in handover.children.select_related("referral").order_by("child_id"):
        if handover.kind in OPENS_EARLY_HELP:
            holding.start(
                child_id=row.child_id,
                kind=InvolvementKind.EARLY_HELP,
                subject_id=handover.pk,
                at=at,
                team=handover.to_team,
                authority=authority,
            )
        if handover.kind != HandoverKind.EARLY_HELP or row.child_id not in in_social_care:
            holding.move(
                child_id=row.child_id,
                to=handover.to_team,
                at=at,
                reason=f"handover.{handover.kind}",
                authority=authority,
            )
        if handover.contact_id is not None:
            holding.end(
                child_id=row.child_id,
                kind=InvolvementKind.CONTACT,
                subject_id=handover.contact_id,
                at=at,
            )
        if row.referral is not None:
            row.referral.team = handover.to_team
            row.referral.team_accepted_at = at
            row.referral.save(update_fields=["team", "team_accepted_at"])
    _wait_for_a_worker(handover, authority=authority, at=at)
    _tell("accepted", handover, authority, at, child_ids)
    for reaction in reactions.handover_answered:
        reaction(handover=handover, by=authority.user)
    return handover


def _wait_for_a_worker(handover: Handover, *, authority: Authority, at: datetime) -> None:
    """Put children accepted for assessment into the allocation queue until each has a lead."""
    if handover.kind not in (HandoverKind.ASSESSMENT, HandoverKind.STEP_UP):
        return
    with_lead = Allocation.objects.filter(
        child__in=handover.children.values("child"), role=WorkerRole.LEAD, to_at=None
    ).values("child")
    referrals = [
        row.referral
        for row in handover.children.exclude(child__in=with_lead)
        .exclude(referral=None)
        .select_related("referral")
        .order_by("child_id")
        if row.referral is not None
    ]
    if not referrals:
        return
    is_section_47 = any(
        referral.first_decision == Outcome.STRATEGY_DISCUSSION for referral in referrals
    ) or (
        Section47Decision.objects.filter(
            child__in=[referral.child_id for referral in referrals],
            is_met=True,
            discussed_at__gte=min(referral.received_at for referral in referrals),
        ).exists()
    )
    needs = dict.fromkeys(
        code_lists.label("primary_need", referral.primary_need, on=referral.referral_on)
        for referral in referrals
    )
    waiting.enter(
        authority=authority,
        at=at,
        queue=Queue.ALLOCATION,
        team=handover.to_team,
        subject_kind="handover",
        subject_id=handover.pk,
        children=[
            waiting.ChildWaiting(child_id=referral.child_id, since_at=at) for referral in referrals
        ],
        reason=", ".join(needs),
        queue_rank=waiting.SECTION_47 if is_section_47 else waiting.OTHER_REFERRAL,
    )


@transaction.atomic
def return_to_sender(*, by: User, at: datetime, handover_id: UUID, reason: str) -> Handover:
    """Give the offer back whole, with a reason; the sender still holds the children."""
    handover, authority = _answerable(handover_id, by, at)
    if not reason.strip():
        raise Refused("Say why you return this, and what would have to be different.")
    give_back(handover, authority=authority, at=at, reason=reason)
    return handover


def give_back(handover: Handover, *, authority: Authority, at: datetime, reason: str) -> None:
    """Give a locked offer back, within an action that has asked for the right."""
    child_ids = _children(handover)
    _answer(handover, HandoverState.RETURNED, authority, at, reason)
    if handover.contact_id is not None:
        contact = Contact.objects.get(pk=handover.contact_id)
        contact.board_state = BoardState.RETURNED
        contact.news = f"Returned by {handover.to_team.name}"[:60]
        contact.news_at = at
        contact.changed_at = at
        contact.version += 1
        contact.save(update_fields=["board_state", "news", "news_at", "changed_at", "version"])
    outbox.put(
        "notice",
        key=f"handover.returned:{handover.pk}",
        payload={
            "user_id": str(handover.offered_by_id),
            "code": "handover.returned",
            "subject_kind": "handover",
            "subject_id": str(handover.pk),
        },
        at=at,
        subject_kind="handover",
        subject_id=handover.pk,
    )
    _tell("returned", handover, authority, at, child_ids)
    for reaction in reactions.handover_answered:
        reaction(handover=handover, by=authority.user)


def withdraw(*, authority: Authority, at: datetime, handover: Handover, reason: str) -> None:
    """Take an offer back before it is answered; the sender holds as before."""
    locked = Handover.objects.select_for_update().get(pk=handover.pk)
    if locked.state != HandoverState.OFFERED:
        raise AlreadyAnswered("This offer has been answered and cannot be withdrawn.")
    child_ids = _children(locked)
    _answer(locked, HandoverState.WITHDRAWN, authority, at, reason)
    _tell("withdrawn", locked, authority, at, child_ids)
    for reaction in reactions.handover_withdrawn:
        reaction(handover=locked, authority=authority)


def _answerable(handover_id: UUID, by: User, at: datetime) -> tuple[Handover, Authority]:
    require(by, Permission.HANDOVER_ANSWER, at=at)
    contact_id = Handover.objects.values_list("contact_id", flat=True).get(pk=handover_id)
    # The contact first, as whoever decides it again does, so that neither waits for the other.
    list(Contact.objects.filter(pk=contact_id).select_for_update(no_key=True).values("pk"))
    handover = (
        Handover.objects.select_for_update(of=("self",))
        .select_related("to_team", "answered_by")
        .get(pk=handover_id)
    )
    authority = acts_for(handover.to_team, by=by, permission=Permission.HANDOVER_ANSWER, at=at)
    if authority is None:
        raise Refused(
            f"This was offered to {handover.to_team.name}. Its manager accepts or returns it."
        )
    if handover.kind == HandoverKind.TRANSFER:
        raise Refused(
            "A transfer is accepted or returned at its meeting, on the page of the transfer."
        )
    if panels.answer_page(handover.kind):
        raise Refused(
            f"{handover.get_kind_display()} is screened before it is taken on."
            " Open the request and screen it."
        )
    if handover.state != HandoverState.OFFERED:
        who = handover.answered_by.full_name if handover.answered_by else "Somebody"
        raise AlreadyAnswered(f"{who} has answered this offer: {handover.get_state_display()}.")
    if at < handover.offered_at:
        raise Refused("The answer is before the offer.")
    return handover, authority


def _answer(
    handover: Handover, state: HandoverState, authority: Authority, at: datetime, reason: str
) -> None:
    handover.state = state
    handover.answered_by = authority.user
    handover.answered_for = authority.acting_for
    handover.answered_at = at
    handover.answer_reason = reason
    handover.save(
        update_fields=["state", "answered_by", "answered_for", "answered_at", "answer_reason"]
    )
    handover.children.update(is_open=False)
    met = state in (HandoverState.ACCEPTED, HandoverState.RETURNED)
    for rule in ("HND-ACC", "HND-ACC-0", "EH-SCR"):
        clocks.stop(rule, on=handover, at=at, reason="met" if met else "not_needed")


def _children(handover: Handover) -> list[UUID]:
    return list(handover.children.order_by("child_id").values_list("child_id", flat=True))


def _tell(
    what: str, handover: Handover, authority: Authority, at: datetime, child_ids: list[UUID]
) -> None:
    # Early help reads of its own offers, and not that a child was offered for an assessment.
    helps = "" if handover.kind in STATUTORY_HANDOVERS else "help_"
    events.append(
        f"handover.{helps}{what}",
        authority=authority,
        at=at,
        subject_kind="handover",
        subject_id=handover.pk,
        children=child_ids,
        data={"kind": handover.kind, "to_team_id": str(handover.to_team_id)},
    )
