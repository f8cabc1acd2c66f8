"""A referral: one child's episode, opened by the decision that accepts or refuses it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Team, User
from accounts.permissions import Authority
from cases import clocks, holding
from cases.choices import HandoverKind, InvolvementKind, Mark, Outcome, ReferralState
from cases.models import Contact, Handover, Referral, Section47Decision
from lib import application_clock
from lib.working_days import add_months, london_date
from people.choices import Stage
from people.models import Person
from record import clocks as record_clocks
from record import code_lists, events
from record.errors import Refused
from record.models import ClockStop

OUR_OWN_WORK = "5B"
OVER = (ReferralState.CLOSED, ReferralState.REJECTED)
TRANSFER_IN: Final = "ICPC-IN"
#: The limit that takes the place of another on the day a section 47 enquiry begins.
SAME_DAY: Final = {"REF-ALLOC": "REF-ALLOC-0", "HND-ACC": "HND-ACC-0"}


@transaction.atomic
def open_referral(
    *,
    authority: Authority,
    at: datetime,
    contact: Contact,
    child_id: UUID,
    team: Team,
    primary_need: str,
    first_decision: Outcome,
    received_at: datetime | None = None,
    arose_at: datetime | None = None,
) -> Referral:
    """Open and accept one child's referral with the decision on the contact.

    The referral date is the London date the contact was received, never before an earlier
    episode of the child closed (decisions.md 25). REF-DEC is met by this decision.

    :param received_at: when the child came to us, where that is later than the contact
    :param arose_at: when our own work on the family, not the contact, gave rise to it; then the
        team that does that work has it at once
    :raises Refused: the child has an open referral, or the need is not a code of the day
    """
    holding.lock([child_id])
    if Referral.objects.filter(child_id=child_id).exclude(state__in=OVER).exists():
        raise Refused("This child already has an open referral.")
    if not code_lists.is_valid("primary_need", primary_need, on=london_date(at)):
        raise Refused("Choose the primary need.")
    referral = Referral(
        child_id=child_id,
        contact=contact,
        state=ReferralState.ACCEPTED,
        primary_need=primary_need,
        first_decision=first_decision,
        accepted_at=at,
        accepted_by=authority.user,
        team=team,
        team_accepted_at=at if arose_at is not None else None,
        **_received(
            contact,
            child_id,
            arose_at or received_at or contact.received_at,
            is_our_own=arose_at is not None,
        ),
    )
    referral.save(force_insert=True)
    clocks.start("REF-DEC", on=referral, started_at=referral.received_at, by=authority.user)
    clocks.stop("REF-DEC", on=referral, at=at)
    clocks.start("REF-ALLOC", on=referral, started_at=at, by=authority.user)
    if not Person.objects.filter(pk=child_id, stage=Stage.UNBORN).exists():
        clocks.start(
            "REF-SEEN-CP" if _may_be_at_risk(contact, first_decision) else "REF-SEEN",
            on=referral,
            started_at=referral.received_at,
            by=authority.user,
        )
    if Mark.CP_TRANSFER_IN in contact.marks and received_at is None and arose_at is None:
        _await_conference(referral, by=authority.user)
    holding.start(
        child_id=child_id,
        kind=InvolvementKind.REFERRAL,
        subject_id=referral.pk,
        at=at,
        team=team,
        authority=authority,
    )
    events.append(
        "referral.accepted",
        authority=authority,
        at=at,
        subject_kind="referral",
        subject_id=referral.pk,
        children=[child_id],
        data={"primary_need": primary_need, "first_decision": str(first_decision)},
    )
    return referral


@transaction.atomic
def join_referral(
    *,
    authority: Authority,
    at: datetime,
    contact: Contact,
    child_id: UUID,
    team: Team,
    primary_need: str,
) -> Referral:
    """Open the referral of a child who joins a family that a team works with already.

    It rests on the family's contact and dates from `at`: the child's limits count from then.

    :raises Refused: as `open_referral`
    """
    referral = open_referral(
        authority=authority,
        at=at,
        contact=contact,
        child_id=child_id,
        team=team,
        primary_need=primary_need,
        first_decision=Outcome.REFERRAL,
        received_at=at,
    )
    referral.team_accepted_at = at
    referral.save(update_fields=["team_accepted_at"])
    return referral


@transaction.atomic
def reject_referral(
    *, authority: Authority, at: datetime, contact: Contact, child_id: UUID
) -> Referral:
    """Record a referral that was asked for and goes no further: no assessment may follow."""
    holding.lock([child_id])
    referral = Referral(
        child_id=child_id,
        contact=contact,
        state=ReferralState.REJECTED,
        is_nfa=True,
        first_decision=Outcome.NFA,
        accepted_by=authority.user,
        accepted_at=at,
        **_received(contact, child_id, contact.received_at),
    )
    referral.save(force_insert=True)
    clocks.start("REF-DEC", on=referral, started_at=contact.received_at, by=authority.user)
    clocks.stop("REF-DEC", on=referral, at=at)
    events.append(
        "referral.rejected",
        authority=authority,
        at=at,
        subject_kind="referral",
        subject_id=referral.pk,
        children=[child_id],
    )
    return referral


@transaction.atomic
def take_back_referral(*, authority: Authority, at: datetime, referral: Referral) -> Referral:
    """End a referral that no team took up: the contact was decided again, and otherwise.

    :raises Refused: a team has accepted it, or a section 47 enquiry began on it
    """
    holding.lock([referral.child_id])
    if referral.state != ReferralState.ACCEPTED or referral.team_accepted_at is not None:
        raise Refused("A team has accepted this referral, so it is theirs to close.")
    if with_section_47([referral]):
        raise Refused("A section 47 enquiry began on this referral, so it goes on.")
    referral.state = ReferralState.REJECTED
    referral.is_nfa = True
    referral.save(update_fields=["state", "is_nfa"])
    clocks.stop_all(on=referral, at=at)
    holding.end(
        child_id=referral.child_id,
        kind=InvolvementKind.REFERRAL,
        subject_id=referral.pk,
        at=at,
    )
    events.append(
        "referral.rejected",
        authority=authority,
        at=at,
        subject_kind="referral",
        subject_id=referral.pk,
        children=[referral.child_id],
    )
    return referral


def follow_marks(*, contact: Contact, by: User | None, at: datetime) -> None:
    """Count to the transfer-in conference of the children of a contact that is marked, and stop
    when the mark is taken off (cases.reactions.contact_marked).

    Set again it runs from the receipt again; a child whose conference was held waits for none.
    """
    referrals = list(
        Referral.objects.filter(contact=contact, received_at=contact.received_at)
        .exclude(state__in=OVER)
        .order_by("pk")
    )
    known = [
        clock
        for clock in record_clocks.of_subjects(subject_ids=[each.pk for each in referrals])
        if clock.rule == TRANSFER_IN and clock.stop_reason != ClockStop.NOT_NEEDED
    ]
    is_counted = {clock.subject_id for clock in known}
    for referral in referrals:
        if Mark.CP_TRANSFER_IN not in contact.marks:
            clocks.stop(TRANSFER_IN, on=referral, at=at, reason=ClockStop.NOT_NEEDED)
        elif referral.pk not in is_counted:
            _await_conference(referral, by=by)


def _await_conference(referral: Referral, *, by: User | None) -> None:
    clocks.start(TRANSFER_IN, on=referral, started_at=referral.contact.received_at, by=by)


def with_section_47(referrals: Iterable[Referral]) -> set[UUID]:
    """Children whose threshold of section 47 was met on one of these referrals."""
    by_child = {referral.child_id: referral for referral in referrals}
    decisions = Section47Decision.objects.filter(child__in=by_child, is_met=True)
    return {
        decision.child_id
        for decision in decisions
        if decision.discussed_at >= by_child[decision.child_id].received_at
    }


def hasten_for_section_47(
    *,
    decisions: Sequence[Section47Decision],
    authority: Authority,
    at: datetime,
    passed_ids: Collection[UUID] = (),
) -> None:
    """Work on a section 47 enquiry is taken and given a worker the same day
    (cases.reactions.section_47_decided; domain.md 2.4, decisions.md 23).

    A limit that ends by that day anyway stays as it is.
    """
    discussed = {each.child_id: each.discussed_at for each in decisions if each.is_met}
    referrals = Referral.objects.filter(child__in=discussed).exclude(state__in=OVER)
    offers = Handover.objects.filter(
        children__child__in=discussed, children__is_open=True, kind=HandoverKind.ASSESSMENT
    ).distinct()
    waiting: list[tuple[Referral | Handover, datetime]] = [
        (referral, discussed[referral.child_id]) for referral in referrals.order_by("pk")
    ]
    waiting += [(offer, min(discussed.values())) for offer in offers.order_by("pk")]
    running = record_clocks.running(subject_ids=[subject.pk for subject, _ in waiting])
    by_subject = {clock.subject_id: clock for clock in running if clock.rule in SAME_DAY}
    for subject, begun in waiting:
        clock = by_subject.get(subject.pk)
        if clock is None:
            continue
        start = max(begun, clock.started_at)
        if london_date(clock.due_at) > london_date(start):
            clocks.replace(
                clock.rule,
                on=subject,
                started_at=start,
                by=authority.user,
                because="priority_changed",
                new_rule=SAME_DAY[clock.rule],
            )


def begin_work(*, child_ids: Iterable[UUID]) -> None:
    """Note the first thing done on an allocated referral: it is in work from now on."""
    Referral.objects.filter(child__in=set(child_ids), state=ReferralState.ALLOCATED).update(
        state=ReferralState.IN_WORK
    )


def _may_be_at_risk(contact: Contact, first_decision: Outcome) -> bool:
    return first_decision == Outcome.STRATEGY_DISCUSSION or bool(contact.is_danger)


def _received(
    contact: Contact, child_id: UUID, received_at: datetime, *, is_our_own: bool = False
) -> dict[str, object]:
    return {
        **_dated(Referral.objects.filter(child_id=child_id), received_at),
        "source_code": OUR_OWN_WORK if is_our_own else contact.source_code or "10",
        "recorded_at": application_clock.now(),
    }


def _dated(earlier: QuerySet[Referral], received_at: datetime) -> dict[str, Any]:
    """Give what follows from when a referral was received.

    :param earlier: the child's referrals before this one
    """
    received_on = london_date(received_at)
    last_closed = (
        earlier.filter(closed_on__isnull=False)
        .order_by("-closed_on", "pk")
        .values_list("closed_on", flat=True)
        .first()
    )
    if last_closed is not None and last_closed > received_on:
        received_on = last_closed
    return {
        "referral_on": received_on,
        "received_at": received_at,
        "is_re_referral": earlier.filter(
            referral_on__gte=add_months(received_on, -12), referral_on__lte=received_on
        ).exists(),
    }


def correct_referrals(*, contact: Contact, was: datetime, by: User) -> None:
    """Let the referrals that date from a contact's receipt follow it when it was wrong.

    Their dates and limits are counted anew (decisions.md 15, 25); those that our own later work
    gave rise to keep theirs.
    """
    found = list(
        Referral.objects.select_for_update(of=("self",))
        .filter(contact=contact, received_at=was)
        .order_by("pk")
    )
    for referral in found:
        earlier = Referral.objects.filter(
            child_id=referral.child_id, recorded_at__lt=referral.recorded_at
        )
        for name, value in _dated(earlier, contact.received_at).items():
            setattr(referral, name, value)
        referral.save(update_fields=["received_at", "referral_on", "is_re_referral"])
        clocks.correct_start(on=referral, was=was, started_at=contact.received_at, by=by)
