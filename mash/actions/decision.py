"""The decision: whole, child by child, once (domain.md 2.1; decisions.md 53-57).

`decide` is the one way a contact leaves the board. Every child of the household is answered;
each outcome takes effect in the same transaction: a referral, a handover, a strategy
discussion, an enquiry, an alert. Confirming or changing an EDT decision and deciding again
after reopening are further decisions; what was offered and not yet accepted is withdrawn when
it no longer fits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Team, User
from accounts.permissions import Authority, Permission, holds, require
from cases import clocks, holding
from cases.actions.board import mark_red_seen
from cases.actions.contacts import (
    AlreadyDecided,
    children_of,
    lock_contact,
    owe_feedback,
    put_back_on_board,
    touch,
)
from cases.actions.handovers import withdraw
from cases.choices import (
    GRAVITY,
    STATUTORY_BASIS,
    BoardState,
    ContactState,
    HandoverState,
    Level,
    Outcome,
)
from cases.models import Contact, Handover, HandoverChild
from cases.queries import referrals as referral_queries
from cases.queries.consent import ConsentPosition, position
from cases.queries.history import needs_cumulative_answer
from lib import application_clock
from lib.prepared import Insert, Prepared
from lib.text import is_same_text
from lib.working_days import in_london, london_date
from mash import snapshots
from mash.actions.enquiry import end_enquiry
from mash.actions.outcomes import (
    ChildLine,
    alert,
    line_problems,
    refuses_step_up,
    take_effect,
)
from mash.actions.passed import end_waiting, limit_of, pass_on, tell_sender
from mash.models import (
    Decision,
    DecisionAction,
    DecisionChild,
    DecisionElsewhere,
    Enquiry,
    PassedLine,
)
from mash.timescales import RAG_RULES
from people.queries import children_elsewhere, children_of_households, records_of
from record import calendar, events, once
from record import clocks as record_clocks
from record.errors import Clash, NotWhole, Refused

OWN_DECISION = "You made this decision out of hours, so somebody else confirms or changes it."


_INSERT_CHILDREN = Insert(DecisionChild)


@dataclass(frozen=True, kw_only=True)
class ElsewhereLine:
    """A child who lives elsewhere: told, and whom; or not told, because."""

    child_id: UUID
    is_told: bool
    whom: str = ""
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class PlannedAction:
    """What somebody will do, and by when."""

    what: str
    owner: str
    by_when: datetime


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """The structured rationale (domain.md 2.0.4); the decision itself is the table of children."""

    know: str
    worries: str
    protects: str
    alternative: str


@transaction.atomic
@events.together()
def decide(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    children: Sequence[ChildLine],
    know: str,
    worries: str,
    protects: str,
    alternative: str,
    elsewhere: Sequence[ElsewhereLine] = (),
    planned: Sequence[PlannedAction] = (),
    look_again_on: date | None = None,
    question: str = "",
    late_reason: str = "",
    cumulative_answer: str = "",
    agency_dissent: str = "",
    early_help_should: str = "",
    version: int | None = None,
    token: UUID | None = None,
) -> Decision:
    """Decide a contact for every child of its household, and let each outcome take effect.

    In office hours the MASH manager decides; out of hours EDT may, provisionally: it takes
    effect at once and EDT-CONF starts. EDT may decide again the same night; that confirms
    nothing, and EDT-CONF goes on from the first. A late decision needs a reason and is never
    refused.

    :param version: the version of the contact the decider read
    :param question: what a MASH enquiry must answer, where that is an outcome
    :param early_help_should: what early help should do, where its step-up is taken on by nobody
    :raises PermissionDenied: `by` may not decide at `at`
    :raises Refused: `by` made the EDT decision that this one would confirm or change
    :raises AlreadyDecided: somebody decided first; says who and when
    :raises Clash: the contact changed since it was read
    :raises NotWhole: names each child and each missing thing
    """
    authority, is_provisional = _who_decides(by, at)
    once.claim(token, user=by, action="mash.decide")
    contact = lock_contact(contact_id, by)
    _refuse_decided(contact)
    if version is not None and contact.version != version:
        raise Clash(_what_changed(contact))
    if at < contact.received_at:
        raise Refused("The decision is before the contact was received.")
    first = _waits_for_confirmation(contact)
    confirms = None if is_provisional else first
    if confirms is not None and confirms.decided_by_id == by.pk:
        raise Refused(OWN_DECISION)
    lines = [line.as_meant() for line in children]
    reasons = Reasons(know=know, worries=worries, protects=protects, alternative=alternative)
    household, owners = _household(contact, by, at)
    lines += [
        ChildLine(child_id=child_id)
        for child_id in owners
        if child_id not in {line.child_id for line in lines}
    ]
    consent = position(contact_id=contact.pk)
    not_taken_up = referral_queries.not_taken_up(contact_id=contact.pk)
    open_children = holding.with_open_statutory_work([line.child_id for line in lines])
    open_children -= not_taken_up.keys()
    is_late = _is_late(contact, at)
    problems = [
        *_missing_children(household, lines, owners),
        *_line_problems(contact, lines, household, consent, open_children, at),
        *_elsewhere_problems(elsewhere),
        *_reason_problems(reasons),
    ]
    opens_enquiry = any(line.outcome == Outcome.MASH_ENQUIRY for line in lines) and not (
        contact.enquiries.filter(ended_at__isnull=True).exists()
    )
    if opens_enquiry and not question.strip():
        problems.append(("question", "Say which question the enquiry must answer"))
    if is_late and not late_reason.strip():
        problems.append(("late_reason", "Say why this decision is late"))
    is_refused = refuses_step_up(contact, [line for line in lines if line.is_in])
    if is_refused and not early_help_should.strip():
        problems.append(
            ("early_help_should", "Say what early help should do, as it keeps these children")
        )
    ended = [line.child_id for line in lines if line.is_in and line.outcome == Outcome.NFA]
    if not cumulative_answer.strip() and needs_cumulative_answer(
        contact=contact, child_ids=ended, at=at
    ):
        problems.append(
            ("cumulative_answer", "Say what these contacts mean together, not only this one")
        )
    if problems:
        raise NotWhole(problems)
    decision = _write(
        contact,
        authority=authority,
        at=at,
        lines=lines,
        elsewhere=elsewhere,
        planned=planned,
        reasons=reasons,
        look_again_on=look_again_on,
        late_reason=late_reason if is_late else "",
        cumulative_answer=cumulative_answer,
        agency_dissent=agency_dissent,
        early_help_should=early_help_should if is_refused else "",
        consent=consent,
        is_provisional=is_provisional,
        confirms=confirms,
        owners=owners,
    )
    _withdraw_what_no_longer_fits(contact, lines, authority, at)
    holding.lock(records_of(person_ids=[line.child_id for line in lines]))
    if decision.kind == Decision.Kind.THRESHOLD:
        end_enquiry(contact, at=at, state=Enquiry.State.DECIDED)
    take_effect(
        contact,
        lines,
        authority=authority,
        at=at,
        reason=decision.worries,
        question=question,
    )
    _tell_elsewhere(contact, elsewhere, authority, at)
    _leave_triage(contact, decision, authority=authority, at=at, late_reason=late_reason)
    events.append(
        "mash.decided",
        authority=authority,
        at=at,
        subject_kind="decision",
        subject_id=decision.pk,
        children=[line.child_id for line in lines],
        data={"outcome": decision.outcome, "contact_id": str(contact.pk)},
    )
    tell_sender(contact, decision, authority=authority, at=at)
    once.finish(token, decision.pk)
    return decision


@transaction.atomic
def confirm(*, by: User, at: datetime, contact_id: UUID, note: str) -> Decision:
    """Confirm an EDT decision as it stands: a further numbered decision (decisions.md 57).

    To change it, decide anew; what EDT offered and nobody accepted yet is withdrawn.
    """
    authority = require(by, Permission.EDT_CONFIRM, at=at)
    contact = lock_contact(contact_id, by)
    first = _waits_for_confirmation(contact)
    if first is None:
        raise Refused("No EDT decision waits for confirmation here.")
    if first.decided_by_id == by.pk:
        raise Refused(OWN_DECISION)
    if not note.strip():
        raise Refused("Say why this decision stands.")
    consent = position(contact_id=contact.pk)
    decision = Decision.objects.create(
        contact=contact,
        number=first.number + 1,
        kind=first.kind,
        outcome=first.outcome,
        decided_by=by,
        acting_for=authority.acting_for,
        role=authority.role,
        decided_at=at,
        recorded_at=application_clock.now(),
        know=first.know,
        worries=first.worries,
        protects=first.protects,
        alternative=note,
        look_again_on=first.look_again_on,
        early_help_should=first.early_help_should,
        consent_position=consent.in_short,
        confirms=first,
        snapshot=snapshots.of_contact(contact=contact, by=by, consent=consent),
    )
    for row in first.children.order_by("pk"):
        row.pk = None
        row._state.adding = True
        DecisionChild.objects.create(
            decision=decision,
            child_id=row.child_id,
            is_in=row.is_in,
            level=row.level,
            statutory_basis=row.statutory_basis,
            outcome=row.outcome,
            why=row.why,
            primary_need=row.primary_need,
            other_authority=row.other_authority,
            to_team_id=row.to_team_id,
            passed_to_id=row.passed_to_id,
        )
    contact.is_provisional = False
    if contact.board_state != BoardState.RETURNED:  # a team sent it back meanwhile
        contact.board_state = BoardState.CHECKS if first.kind == Decision.Kind.NEXT_STEP else ""
    touch(contact)
    contact.save(update_fields=["is_provisional", "board_state", "version", "changed_at"])
    clocks.stop("EDT-CONF", on=contact, at=at)
    events.append(
        "mash.confirmed",
        authority=authority,
        at=at,
        subject_kind="decision",
        subject_id=decision.pk,
        children=children_of(contact),
    )
    tell_sender(contact, decision, authority=authority, at=at)
    return decision


@transaction.atomic
def reopen(*, by: User, at: datetime, contact_id: UUID, reason: str) -> Contact:
    """Put a decided contact back on the board; every decision made stays and shows.

    The children are held by the MASH again unless somebody else holds them.

    :raises Refused: it is not decided, no reason, or `by` made an EDT decision that waits for
        confirmation: reopening would let them confirm or change it themselves
    """
    authority = require(by, Permission.CONTACT_REOPEN, at=at)
    contact = lock_contact(contact_id, by)
    if contact.state != ContactState.DECIDED:
        raise Refused("Only a decided contact can be reopened.")
    first = _waits_for_confirmation(contact)
    if first is not None and first.decided_by_id == by.pk:
        raise Refused(OWN_DECISION)
    if not reason.strip():
        raise Refused("Say why this is looked at again.")
    put_back_on_board(contact, authority=authority, at=at, reason=reason)
    events.append(
        "mash.reopened",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=sorted(children_of(contact)),
        data={},
    )
    return contact


# Who, and whether it is whole -----------------------------------------------------------------


def _who_decides(by: User, at: datetime) -> tuple[Authority, bool]:
    if holds(by, Permission.THRESHOLD_DECIDE, at=at):
        return require(by, Permission.THRESHOLD_DECIDE, at=at), False
    if not calendar.is_office_hours(at):
        return require(by, Permission.THRESHOLD_DECIDE_PROVISIONAL, at=at), True
    return require(by, Permission.THRESHOLD_DECIDE, at=at), False


def _waits_for_confirmation(contact: Contact) -> Decision | None:
    """The EDT decision that a MASH manager still has to confirm or change."""
    if not contact.is_provisional:
        return None
    return contact.decisions.order_by("-number").first()


def _refuse_decided(contact: Contact) -> None:
    if contact.state == ContactState.VOID:
        raise Refused("This contact is void, so there is nothing to decide.")
    if contact.board_state != "":
        return
    last = contact.decisions.select_related("decided_by").order_by("-number").first()
    if last is None:
        raise AlreadyDecided("This contact is not waiting for a decision.")
    raise AlreadyDecided(
        f"{last.decided_by.full_name} decided this contact at"
        f" {in_london(last.recorded_at):%H:%M} on {in_london(last.recorded_at):%d %B %Y}."
        " Your words are kept below."
    )


def _what_changed(contact: Contact) -> str:
    if contact.news and contact.news_at is not None:
        return (
            f"{contact.news} at {in_london(contact.news_at):%H:%M}, while you were writing."
            " Read it, then record."
        )
    return "Somebody changed this contact while you were writing. Read it, then record."


def _household(
    contact: Contact, by: User, at: datetime
) -> tuple[dict[UUID, str], dict[UUID, UUID]]:
    """Every child to be answered with the name to use, and who holds a restriction on whom.

    Whom the contact names as a child is answered for, of age since or not, under the record that
    is kept. A restricted child has an empty name; its line passes to whoever holds the
    restriction (decisions.md 84).
    """
    found = children_of_households(
        by=by, person_ids=children_of(contact), on=london_date(at), and_all_named=True
    )
    household = {child.person_id: "" if child.is_restricted else child.name for child in found}
    owners = {child.person_id: child.ring.user_id for child in found if child.ring is not None}
    return household, owners


def _missing_children(
    household: dict[UUID, str], lines: Sequence[ChildLine], owners: Mapping[UUID, UUID]
) -> list[tuple[str, str]]:
    answered = {line.child_id for line in lines}
    problems = [
        (f"child-{child_id}-is_in", f"Choose In or Out for {name or 'the restricted child'}")
        for child_id, name in household.items()
        if child_id not in answered
    ]
    if answered - set(household):
        problems.append(("children", "One of the children does not belong to this household"))
    if any(line.child_id in owners and line.is_in is not None for line in lines):
        problems.append(("children", "Whoever holds the restriction answers for that child"))
    return problems


def _line_problems(
    contact: Contact,
    lines: Sequence[ChildLine],
    household: dict[UUID, str],
    consent: ConsentPosition,
    open_children: frozenset[UUID],
    at: datetime,
) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    helped = referral_queries.helped_already(
        contact_id=contact.pk, child_ids=[line.child_id for line in lines]
    )
    teams = Team.objects.in_bulk([line.to_team_id for line in lines if line.to_team_id])
    for line in lines:
        name = household.get(line.child_id, "")
        if not name:
            continue
        found = line_problems(
            line,
            name=name,
            contact=contact,
            consent=consent,
            has_open_case=line.child_id in open_children,
            has_early_help=line.child_id in helped,
            team=teams.get(line.to_team_id) if line.to_team_id else None,
            at=at,
        )
        problems += [
            (part if part == "rag" else f"child-{line.child_id}-{part}", sentence)
            for part, sentence in found
        ]
    if lines and not any(line.is_in for line in lines) and not problems:
        problems.append(("children", "Choose In for at least one child"))
    return problems


def _elsewhere_problems(lines: Sequence[ElsewhereLine]) -> list[tuple[str, str]]:
    problems = []
    for line in lines:
        if line.is_told and not line.whom.strip():
            problems.append((f"elsewhere-{line.child_id}-whom", "Say who is told"))
        if not line.is_told and not line.because.strip():
            problems.append((f"elsewhere-{line.child_id}-because", "Say why nobody is told"))
    return problems


def _reason_problems(reasons: Reasons) -> list[tuple[str, str]]:
    asked = (
        ("know", "Say what we know"),
        ("worries", "Say what worries us, and for whom"),
        ("protects", "Say what is working well or protects them"),
        ("alternative", "Say why this and not the alternative"),
    )
    return [(field, words) for field, words in asked if not getattr(reasons, field).strip()]


def _is_late(contact: Contact, at: datetime) -> bool:
    watched = {"CON-DEC", "EDT-CONF", *RAG_RULES.values()}
    return any(
        clock.due_at < at
        for clock in record_clocks.running(subject_ids=[contact.pk])
        if clock.rule in watched
    )


# Writing it down --------------------------------------------------------------------------------


def _write(
    contact: Contact,
    *,
    authority: Authority,
    at: datetime,
    lines: Sequence[ChildLine],
    elsewhere: Sequence[ElsewhereLine],
    planned: Sequence[PlannedAction],
    reasons: Reasons,
    look_again_on: date | None,
    late_reason: str,
    cumulative_answer: str,
    agency_dissent: str,
    early_help_should: str,
    consent: ConsentPosition,
    is_provisional: bool,
    confirms: Decision | None,
    owners: Mapping[UUID, UUID],
) -> Decision:
    outcomes = [Outcome(line.outcome) for line in lines if line.is_in]
    gravest = max(outcomes, key=lambda outcome: GRAVITY[outcome])
    whys = [line.why for line in lines if line.is_in]
    decision = Decision.objects.create(
        contact=contact,
        number=contact.decisions.count() + 1,
        kind=Decision.Kind.NEXT_STEP
        if Outcome.MASH_ENQUIRY in outcomes
        else Decision.Kind.THRESHOLD,
        outcome=gravest,
        decided_by=authority.user,
        acting_for=authority.acting_for,
        role=authority.role,
        decided_at=at,
        recorded_at=application_clock.now(),
        know=reasons.know,
        worries=reasons.worries,
        protects=reasons.protects,
        alternative=reasons.alternative,
        look_again_on=look_again_on,
        late_reason=late_reason,
        cumulative_answer=cumulative_answer,
        agency_dissent=agency_dissent,
        early_help_should=early_help_should,
        consent_position=consent.in_short,
        same_words_noticed=any(
            is_same_text(one, other)
            for place, one in enumerate(whys)
            for other in whys[place + 1 :]
        ),
        is_provisional=is_provisional,
        confirms=confirms,
        snapshot=snapshots.of_contact(contact=contact, by=authority.user, consent=consent),
    )
    _INSERT_CHILDREN(
        DecisionChild(
            decision=decision,
            child_id=line.child_id,
            is_in=line.is_in,
            level=line.level,
            statutory_basis=STATUTORY_BASIS[Level(line.level)] if line.is_in else "",
            outcome=line.outcome,
            why=line.why,
            primary_need=line.primary_need,
            other_authority=line.other_authority,
            to_team_id=line.to_team_id,
            passed_to_id=owners.get(line.child_id),
        )
        for line in lines
    )
    end_waiting(contact, at=at, because=PassedLine.Ended.DECIDED_AGAIN)
    for child_id, owner_id in owners.items():
        pass_on(
            contact,
            decision,
            child_id=child_id,
            owner_id=owner_id,
            limit=limit_of(contact),
            authority=authority,
            at=at,
        )
    DecisionElsewhere.objects.bulk_create(
        DecisionElsewhere(
            decision=decision,
            child_id=line.child_id,
            is_told=line.is_told,
            whom=line.whom,
            because=line.because,
        )
        for line in elsewhere
    )
    DecisionAction.objects.bulk_create(
        DecisionAction(
            decision=decision, what=action.what, owner=action.owner, by_when=action.by_when
        )
        for action in planned
    )
    return decision


# What follows ----------------------------------------------------------------------------------


_OFFERED: Prepared[Handover] = Prepared(
    lambda contact_id, child_ids: Handover.objects.filter(
        contact=contact_id,
        state=HandoverState.OFFERED,
        pk__in=HandoverChild.objects.filter(child__in=child_ids).values("handover"),
    ).order_by("pk"),
    contact_id=UUID,
    child_ids=list[UUID],
)


def _withdraw_what_no_longer_fits(
    contact: Contact, lines: Sequence[ChildLine], authority: Authority, at: datetime
) -> None:
    """Withdraw what was offered for these children; a passed line's offer waits for its answer."""
    answered = [line.child_id for line in lines if line.is_in is not None]
    for handover in _OFFERED(contact_id=contact.pk, child_ids=answered):
        withdraw(authority=authority, at=at, handover=handover, reason="The decision changed.")


def _tell_elsewhere(
    contact: Contact, lines: Sequence[ElsewhereLine], authority: Authority, at: datetime
) -> None:
    for line in lines:
        if line.is_told:
            alert(contact, line.child_id, line.whom, authority, at)


def _leave_triage(
    contact: Contact, decision: Decision, *, authority: Authority, at: datetime, late_reason: str
) -> None:
    contact.state = ContactState.DECIDED
    contact.outcome = decision.outcome
    contact.decided_at = contact.decided_at or at
    contact.is_provisional = decision.is_provisional
    if decision.is_provisional:
        contact.board_state = BoardState.EDT_TO_CONFIRM
    elif decision.kind == Decision.Kind.NEXT_STEP:
        contact.board_state = BoardState.CHECKS
    else:
        contact.board_state = ""
    contact.news, contact.news_at = "", None
    touch(contact)
    contact.save(
        update_fields=[
            "state",
            "outcome",
            "decided_at",
            "is_provisional",
            "board_state",
            "news",
            "news_at",
            "version",
            "changed_at",
        ]
    )
    running = {clock.rule for clock in record_clocks.running(subject_ids=[contact.pk])}
    if "CON-RED" in running:
        mark_red_seen(contact, authority, at)
    met = ["CON-DEC"]
    if not decision.is_provisional:
        met.append("EDT-CONF")
    if decision.kind == Decision.Kind.THRESHOLD:
        met += RAG_RULES.values()
    for rule in running.intersection(met):
        clocks.stop(rule, on=contact, at=at, late_reason=late_reason)
    if decision.is_provisional and "EDT-CONF" not in running:
        clocks.start("EDT-CONF", on=contact, started_at=at, by=authority.user)
    owe_feedback(contact, at=at, by=authority.user)


def planned_children(*, by: User, contact: Contact, at: datetime) -> dict[UUID, str]:
    """Every child the decision has to answer, for the page that asks."""
    return _household(contact, by, at)[0]


__all__ = [
    "ChildLine",
    "ElsewhereLine",
    "PlannedAction",
    "children_elsewhere",
    "confirm",
    "decide",
    "planned_children",
    "reopen",
]
