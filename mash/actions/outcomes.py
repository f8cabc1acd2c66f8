"""What one child's line of a decision needs, and what its outcome sets going."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from accounts.models import Team, TeamKind
from accounts.permissions import Authority
from cases import actions as case_actions
from cases import holding
from cases.actions.contacts import end_contact_work, mash_team
from cases.actions.referrals import with_section_47
from cases.choices import (
    ConsentScope,
    ConsentState,
    HandoverKind,
    Level,
    Mark,
    Outcome,
)
from cases.family_changes import raise_for_contact
from cases.models import Contact, Referral, Responsibility
from cases.queries import referrals as referral_queries
from cases.queries.consent import ConsentPosition
from lib.working_days import london_date
from mash.actions.enquiry import join_enquiry, start_enquiry
from mash.actions.strategy import call
from mash.models import StrategyDiscussion
from people.queries import records_of
from record import code_lists, events, outbox
from record.errors import Refused

#: Outcomes after which whoever stepped the child up still has them.
TAKES_NOTHING_ON = frozenset({Outcome.NFA, Outcome.ADVICE, Outcome.OTHER_AUTHORITY})


@dataclass(frozen=True, kw_only=True)
class ChildLine:
    """The decider's answer for one child of the household."""

    child_id: UUID
    is_in: bool | None = None
    level: str = ""
    outcome: str = ""
    why: str = ""
    primary_need: str = ""
    to_team_id: UUID | None = None
    other_authority: str = ""

    def as_meant(self) -> "ChildLine":
        """The answer without what stands in boxes of another outcome, which nobody decided."""
        if not self.is_in:
            return ChildLine(child_id=self.child_id, is_in=self.is_in, why=self.why)
        goes_to_a_team = self.outcome in (Outcome.REFERRAL, Outcome.EARLY_HELP)
        has_a_need = self.outcome in (Outcome.REFERRAL, Outcome.STRATEGY_DISCUSSION)
        goes_elsewhere = self.outcome == Outcome.OTHER_AUTHORITY
        return replace(
            self,
            to_team_id=self.to_team_id if goes_to_a_team else None,
            primary_need=self.primary_need if has_a_need else "",
            other_authority=self.other_authority if goes_elsewhere else "",
        )


def line_problems(
    line: ChildLine,
    *,
    name: str,
    contact: Contact,
    consent: ConsentPosition,
    has_open_case: bool,
    has_early_help: bool,
    team: Team | None,
    at: datetime,
) -> list[tuple[str, str]]:
    """Say what a line lacks: (part of the line, sentence that names the child).

    :param team: the team of the line
    """
    if line.is_in is None:
        return [("is_in", f"Choose In or Out for {name}")]
    problems: list[tuple[str, str]] = []
    if not line.why.strip():
        problems.append(("why", f"Say why, for {name}"))
    if not line.is_in:
        return problems
    if line.level not in Level.values:
        problems.append(("level", f"Choose a level of need for {name}"))
    if line.outcome not in Outcome.values:
        problems.append(("outcome", f"Choose an outcome for {name}"))
        return problems
    problems += _outcome_problems(
        line, name, contact, consent, has_open_case, has_early_help, team, at
    )
    if line.outcome == Outcome.MASH_ENQUIRY and not contact.rag:
        problems.append(("rag", "Rate the urgency before opening an enquiry"))
    return problems


def refuses_step_up(contact: Contact, lines: Sequence[ChildLine]) -> bool:
    """Say whether a decision on a step-up takes on none of the children early help sent."""
    if Mark.STEP_UP not in contact.marks or not lines:
        return False
    return all(line.outcome in TAKES_NOTHING_ON for line in lines)


def _outcome_problems(
    line: ChildLine,
    name: str,
    contact: Contact,
    consent: ConsentPosition,
    has_open_case: bool,
    has_early_help: bool,
    team: Team | None,
    at: datetime,
) -> list[tuple[str, str]]:
    is_step_up = Mark.STEP_UP in contact.marks
    needs_new_referral = not has_open_case and line.outcome in (
        Outcome.REFERRAL,
        Outcome.STRATEGY_DISCUSSION,
    )
    problems: list[tuple[str, str]] = []
    if line.outcome == Outcome.REFERRAL and has_open_case:
        problems.append(
            ("outcome", f"{name} already has an open case. Choose “Add to the open case”")
        )
    can_be_added = has_open_case or (has_early_help and not is_step_up)
    if line.outcome == Outcome.LINKED and not can_be_added:
        problems.append(("outcome", f"{name} has no open case to add this to"))
    if needs_new_referral and not code_lists.is_valid(
        "primary_need", line.primary_need, on=london_date(at)
    ):
        problems.append(("primary_need", f"Choose the primary need of {name}"))
    goes_to_assessment = line.outcome == Outcome.REFERRAL and not has_open_case
    if goes_to_assessment and (team is None or team.kind != TeamKind.ASSESSMENT):
        problems.append(("to_team", f"Choose the assessment team for {name}"))
    if line.outcome == Outcome.EARLY_HELP and has_early_help:
        instead = (
            ", which stepped them up. Choose no further action or advice, and say what early help"
            " should do"
            if is_step_up
            else ". Choose “Add to the open case”"
        )
        problems.append(("outcome", f"{name} has early help already{instead}"))
    elif line.outcome == Outcome.EARLY_HELP:
        if consent.service != ConsentState.GIVEN:
            asked = ConsentScope.SERVICE in consent.by_scope
            problems.append(
                (
                    "outcome",
                    f"Early help for {name} needs the family to agree to help, and"
                    f" {'they have not' if asked else 'nobody has asked them'}",
                )
            )
        if team is None or team.kind != TeamKind.EARLY_HELP:
            problems.append(("to_team", f"Choose the early help team for {name}"))
        if line.level not in (Level.ADDITIONAL, Level.TARGETED):
            problems.append(("level", f"Early help for {name} is level 2 or 3"))
    if line.outcome == Outcome.OTHER_AUTHORITY and not line.other_authority.strip():
        problems.append(("other_authority", f"Name the authority {name} is sent to"))
    return problems


def take_effect(
    contact: Contact,
    lines: Sequence[ChildLine],
    *,
    authority: Authority,
    at: datetime,
    reason: str,
    question: str,
) -> None:
    """Let each line's outcome happen: referral, offer, discussion, enquiry, alert.

    The children are locked.

    :param reason: what a receiving team is told
    :param question: what an enquiry that is opened now must answer
    """
    by_outcome: dict[Outcome, list[ChildLine]] = {}
    for line in lines:
        if line.is_in:
            by_outcome.setdefault(Outcome(line.outcome), []).append(line)
    _take_back_referrals(contact, lines, authority, at)
    _refer(contact, by_outcome.get(Outcome.REFERRAL, []), authority, at, reason)
    _discuss(contact, by_outcome.get(Outcome.STRATEGY_DISCUSSION, []), authority, at)
    _offer_early_help(contact, by_outcome.get(Outcome.EARLY_HELP, []), authority, at, reason)
    _add_to_open_case(contact, by_outcome.get(Outcome.LINKED, []), authority, at)
    for line in by_outcome.get(Outcome.OTHER_AUTHORITY, []):
        alert(contact, line.child_id, line.other_authority, authority, at)
    asked = [line.child_id for line in by_outcome.get(Outcome.MASH_ENQUIRY, [])]
    enquiry = contact.enquiries.filter(ended_at__isnull=True).first() if asked else None
    if enquiry is not None:
        join_enquiry(enquiry, authority=authority, at=at, child_ids=asked)
    elif asked:
        start_enquiry(
            authority=authority, at=at, contact=contact, question=question, child_ids=asked
        )
    keeps_contact_open = {
        line.child_id
        for line in (
            *by_outcome.get(Outcome.EARLY_HELP, []),
            *by_outcome.get(Outcome.MASH_ENQUIRY, []),
        )
    }
    ended = [
        line.child_id
        for line in lines
        if line.is_in is not None and line.child_id not in keeps_contact_open
    ]
    # Received under a record that was linked since, a child is answered under the one kept.
    end_contact_work(contact, records_of(person_ids=ended), at=at)


def _take_back_referrals(
    contact: Contact, lines: Sequence[ChildLine], authority: Authority, at: datetime
) -> None:
    """End what an earlier decision opened, no team took up, and this one does not keep."""
    not_taken_up = referral_queries.not_taken_up(contact_id=contact.pk)
    if not not_taken_up:
        return
    discussed = _under_discussion(contact) | with_section_47(not_taken_up.values())
    kept = {Outcome.REFERRAL, Outcome.STRATEGY_DISCUSSION}
    ended = {
        line.child_id
        for line in lines
        if line.is_in is False or (line.is_in and line.outcome not in kept)
    }
    for child_id, referral in not_taken_up.items():
        if child_id in ended - discussed:
            case_actions.take_back_referral(authority=authority, at=at, referral=referral)


def _under_discussion(contact: Contact) -> set[UUID]:
    """Children of a discussion that was called or held and is not concluded."""
    return set(
        StrategyDiscussion.objects.live()
        .filter(contact=contact)
        .values_list("children__child_id", flat=True)
    )


def _refer(
    contact: Contact,
    lines: Sequence[ChildLine],
    authority: Authority,
    at: datetime,
    reason: str,
) -> None:
    if not lines:
        return
    by_team: dict[UUID, dict[UUID, Referral]] = {}
    not_taken_up = referral_queries.not_taken_up(contact_id=contact.pk)
    holder = mash_team()
    for line in lines:
        if line.to_team_id is None:
            raise Refused("Choose the team.")
        referral = not_taken_up.get(line.child_id)
        if referral is None:
            referral = case_actions.open_referral(
                authority=authority,
                at=at,
                contact=contact,
                child_id=line.child_id,
                team=holder,
                primary_need=line.primary_need,
                first_decision=Outcome.REFERRAL,
            )
        by_team.setdefault(line.to_team_id, {})[line.child_id] = referral
    for team_id, referrals in sorted(by_team.items()):
        case_actions.offer(
            authority=authority,
            at=at,
            kind=HandoverKind.ASSESSMENT,
            contact=contact,
            from_team=holder,
            to_team=Team.objects.get(pk=team_id),
            child_ids=referrals,
            referrals=referrals,
            reason=reason,
        )


def _discuss(
    contact: Contact, lines: Sequence[ChildLine], authority: Authority, at: datetime
) -> None:
    if not lines:
        return
    with_referral = holding.with_open_statutory_work([line.child_id for line in lines])
    for line in lines:
        if line.child_id not in with_referral:
            case_actions.open_referral(
                authority=authority,
                at=at,
                contact=contact,
                child_id=line.child_id,
                team=mash_team(),
                primary_need=line.primary_need,
                first_decision=Outcome.STRATEGY_DISCUSSION,
            )
    already = _under_discussion(contact)
    still = [line for line in lines if line.child_id not in already]
    if still:
        call(
            authority=authority,
            at=at,
            contact=contact,
            child_ids=[line.child_id for line in still],
            reason="\n".join(line.why for line in still),
            is_same_day=contact.rag == "red" or bool(contact.is_danger),
        )


def _offer_early_help(
    contact: Contact,
    lines: Sequence[ChildLine],
    authority: Authority,
    at: datetime,
    reason: str,
) -> None:
    by_team: dict[UUID, dict[UUID, str]] = {}
    for line in lines:
        if line.to_team_id is None:
            raise Refused("Choose the team.")
        by_team.setdefault(line.to_team_id, {})[line.child_id] = line.level
    for team_id, levels in sorted(by_team.items()):
        case_actions.offer(
            authority=authority,
            at=at,
            kind=HandoverKind.EARLY_HELP,
            contact=contact,
            from_team=mash_team(),
            to_team=Team.objects.get(pk=team_id),
            child_ids=levels,
            levels=levels,
            reason=reason,
        )


def _add_to_open_case(
    contact: Contact, lines: Sequence[ChildLine], authority: Authority, at: datetime
) -> None:
    if not lines:
        return
    child_ids = [line.child_id for line in lines]
    raise_for_contact(contact=contact, child_ids=child_ids, authority=authority, at=at)
    holders = Responsibility.objects.filter(child_id__in=child_ids, to_at__isnull=True).order_by(
        "child_id"
    )
    for holder in holders:
        outbox.put(
            "notice",
            key=f"contact.added_to_case:{contact.pk}:{holder.child_id}",
            payload={
                "user_id": str(holder.manager_id),
                "code": "contact.added_to_case",
                "subject_kind": "contact",
                "subject_id": str(contact.pk),
            },
            at=at,
            subject_kind="contact",
            subject_id=contact.pk,
            child_id=holder.child_id,
        )


def alert(contact: Contact, child_id: UUID, whom: str, authority: Authority, at: datetime) -> None:
    """Owe an alert about one child to another authority or service."""
    outbox.put(
        "webhook",
        key=f"alert:{contact.pk}:{child_id}:{contact.version}",
        payload={"code": "alert", "contact_id": str(contact.pk), "child_id": str(child_id)},
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        child_id=child_id,
    )
    events.append(
        "alert.sent",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[child_id],
    )
