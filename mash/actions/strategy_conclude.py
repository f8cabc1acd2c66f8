"""Holding a strategy discussion and concluding it, child by child (domain.md 2.5).

`conclude` writes a section 47 decision for each child; whoever opens enquiries does so in the same
transaction, from the date of the discussion (decisions.md 29). A restricted child of the household
is passed to whoever holds the restriction (decisions.md 84).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Team, TeamKind, User
from accounts.permissions import Authority, Permission, require, roles_of, roles_with
from cases import actions as case_actions
from cases import family_changes, holding, passed_on, reactions, waiting
from cases.actions.contacts import mash_team
from cases.actions.referrals import OUR_OWN_WORK
from cases.actions.visits import SOCIAL_WORKERS
from cases.choices import Category, Channel, HandoverKind, Outcome, Queue, ReferralState
from cases.models import (
    Contact,
    ContactPerson,
    HandoverChild,
    MeetingPart,
    Referral,
    Responsibility,
    Section47Decision,
)
from cases.stated import Stated
from lib import application_clock
from lib.working_days import london_date
from mash.actions.decision import OWN_DECISION, PlannedAction
from mash.actions.strategy import (
    HOLD_RULES,
    SUBJECT,
    children_of_discussion,
    lock_discussion,
    parts_of,
    tell,
    tell_user,
    who_chairs,
)
from mash.actions.strategy_agencies import (
    MUST_TAKE_PART,
    missing_at,
    send_minutes_to,
    still_missing,
)
from mash.models import (
    DiscussionAction,
    DiscussionLine,
    DiscussionPassed,
    StrategyDiscussion,
    StrategyDiscussionChild,
)
from people.choices import Stage
from people.models import Person, Restriction
from people.queries import children_of_households, counts_as_child
from record import clocks as record_clocks
from record import once
from record.errors import NotWhole, Refused

PASSED = "discussion_passed"
#: The primary need of a child referred because the threshold of section 47 is met.
ABUSE_OR_NEGLECT = "N1"
Then = DiscussionLine.Then
State = StrategyDiscussion.State


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """One agency: there, and who; or not, and why."""

    part_id: UUID
    has_attended: bool
    who: str = ""
    absent_because: str = ""


@dataclass(frozen=True, kw_only=True)
class ConcludedLine:
    """What is concluded for one child."""

    child_id: UUID
    is_met: bool | None = None
    why: str = ""
    is_joint: bool | None = None
    seen_by: str = ""
    see_at: datetime | None = None
    is_seen_alone: bool | None = None
    see_note: str = ""
    medical: str = ""
    medical_note: str = ""
    safety_plan: str = ""
    then: str = ""


@transaction.atomic
def hold(
    *,
    by: User,
    at: datetime,
    discussion_id: UUID,
    mode: str,
    attendance: Sequence[Attendance],
    social_worker_id: UUID | None = None,
    manager_id: UUID | None = None,
    others_there: str = "",
    late_reason: str = "",
    token: UUID | None = None,
) -> StrategyDiscussion:
    """Record that the discussion was held, and which agencies took part.

    Quorate: a social worker, a manager, police and health, in person or in writing beforehand.

    :param at: when it was held
    :raises NotWhole: an agency that was asked is not answered for
    """
    authority, _ = who_chairs(by, at)
    once.claim(token, user=by, action="mash.hold")
    discussion = lock_discussion(discussion_id, by)
    if discussion.state != State.CALLED:
        raise Refused(f"This discussion is {discussion.get_state_display().lower()} already.")
    if at < discussion.called_at:
        raise Refused("The discussion was held before it was called.", field="at")
    if mode not in StrategyDiscussion.Mode.values:
        raise Refused("Choose how it was held.", field="mode")
    people = User.objects.in_bulk([pk for pk in (social_worker_id, manager_id) if pk])
    social_worker = people.get(social_worker_id) if social_worker_id else None
    manager = people.get(manager_id) if manager_id else None
    _refuse_wrong_people(social_worker, manager, at)
    clock = record_clocks.earliest(
        each
        for each in record_clocks.running(subject_ids=[discussion.pk])
        if each.rule in HOLD_RULES
    )
    is_late = clock is not None and clock.due_at < at
    parts = parts_of(discussion)
    problems = _attendance_problems(parts, attendance, at)
    if is_late and not late_reason.strip():
        problems.append(("late_reason", "Say why this discussion was late"))
    if problems:
        raise NotWhole(problems)
    lines = {line.part_id: line for line in attendance}
    for part in parts:
        line = lines[part.pk]
        part.meeting_at = at
        part.has_attended = line.has_attended
        part.who = line.who if line.has_attended else ""
        part.absent_because = "" if line.has_attended else line.absent_because
        part.save(update_fields=["meeting_at", "has_attended", "who", "absent_because"])
    missing = missing_at(at, parts, social_worker=social_worker, manager=manager)
    discussion.held_at = at
    discussion.mode = mode
    discussion.social_worker, discussion.manager = social_worker, manager
    discussion.others_there = others_there
    discussion.late_reason = late_reason if is_late else ""
    discussion.is_quorate = not missing
    discussion.state = State.HELD_NOT_QUORATE if missing else State.HELD_QUORATE
    discussion.save(
        update_fields=[
            "held_at",
            "mode",
            "social_worker",
            "manager",
            "others_there",
            "late_reason",
            "is_quorate",
            "state",
        ]
    )
    for rule in HOLD_RULES:
        record_clocks.stop(
            rule, subject_id=discussion.pk, at=at, late_reason=discussion.late_reason
        )
    record_clocks.start(
        "SD-MIN", subject_kind=SUBJECT, subject_id=discussion.pk, started_at=at, by=by
    )
    tell(
        "mash.discussion_held" if not missing else "mash.discussion_not_quorate",
        discussion,
        authority,
        at,
        children_of_discussion(discussion),
    )
    once.finish(token, discussion.pk)
    return discussion


def _refuse_wrong_people(social_worker: User | None, manager: User | None, at: datetime) -> None:
    if social_worker is not None and not roles_of(social_worker, at) & SOCIAL_WORKERS:
        raise Refused(f"{social_worker.full_name} is not a social worker.", field="social_worker")
    managers = roles_with(Permission.STRATEGY_CHAIR)
    if manager is not None and not roles_of(manager, at) & managers:
        raise Refused(f"{manager.full_name} is not a manager.", field="manager")


def _attendance_problems(
    parts: Sequence[MeetingPart], attendance: Sequence[Attendance], at: datetime
) -> list[tuple[str, str]]:
    lines = {line.part_id: line for line in attendance}
    problems = []
    for part in parts:
        line = lines.get(part.pk)
        if line is None:
            problems.append((f"part-{part.pk}-there", f"Say whether {part.agency.name} was there"))
        elif line.has_attended and not line.who.strip():
            problems.append((f"part-{part.pk}-who", f"Say who was there for {part.agency.name}"))
        elif not line.has_attended and not line.absent_because.strip():
            sent = part.contributed_at is not None and part.contributed_at <= at
            if not sent:
                problems.append(
                    (f"part-{part.pk}-because", f"Say why {part.agency.name} was not there")
                )
    return problems


@transaction.atomic
def conclude(
    *,
    by: User,
    at: datetime,
    discussion_id: UUID,
    lines: Sequence[ConcludedLine],
    know: str,
    worries: str,
    protects: str,
    alternative: str,
    parents_told: str,
    is_legal_advice_needed: bool | None,
    not_quorate_because: str = "",
    criminal_lead: str = "",
    legal_note: str = "",
    next_on: date | None = None,
    agency_dissent: str = "",
    planned: Sequence[PlannedAction] = (),
    to_team_id: UUID | None = None,
    token: UUID | None = None,
) -> StrategyDiscussion:
    """Conclude for every child of the household; enquiries open at once, from the date it was held.

    A discussion that was not quorate is concluded only with why waiting would be unsafe; SD-QUORUM
    then runs until police and health have contributed. EDT's conclusion takes effect at once and a
    MASH manager confirms it.

    :param to_team_id: the assessment team that is offered the children no team has taken up
    :raises NotWhole: names each child of the household who is not considered, and what is missing
    """
    authority, is_provisional = who_chairs(by, at)
    once.claim(token, user=by, action="mash.conclude")
    discussion = lock_discussion(discussion_id, by)
    _refuse_wrong_moment(discussion, at)
    reasons = {
        "know": know,
        "worries": worries,
        "protects": protects,
        "alternative": alternative,
        "parents_told": parents_told,
    }
    household = household_of(discussion, by=by, on=london_date(at))
    people = Person.objects.in_bulk([line.child_id for line in lines])
    referrals = _open_referrals(household)
    team = _assessment_team(to_team_id)
    problems = [
        *_children_problems(household, lines),
        *_line_problems(lines, household, people, referrals, team),
        *_no_child_problems(lines, people, on=london_date(discussion.held_at or at)),
        *_reason_problems(reasons, is_legal_advice_needed),
    ]
    if discussion.is_quorate is False and not not_quorate_because.strip():
        problems.append(("not_quorate_because", "Say why waiting for them would be unsafe"))
    if problems:
        raise NotWhole(problems)
    for name, value in reasons.items():
        setattr(discussion, name, value)
    discussion.not_quorate_because = "" if discussion.is_quorate else not_quorate_because
    discussion.criminal_lead = criminal_lead
    discussion.is_legal_advice_needed = is_legal_advice_needed
    discussion.legal_note = legal_note
    discussion.next_on = next_on
    discussion.agency_dissent = agency_dissent
    discussion.is_provisional = is_provisional
    discussion.state = State.CONCLUDED
    discussion.concluded_at = at
    discussion.concluded_by, discussion.concluded_for = by, authority.acting_for
    discussion.concluded_role = authority.role
    discussion.save()
    DiscussionAction.objects.bulk_create(
        DiscussionAction(
            discussion=discussion, what=each.what, owner=each.owner, by_when=each.by_when
        )
        for each in planned
    )
    StrategyDiscussionChild.objects.bulk_create(
        [
            StrategyDiscussionChild(
                discussion=discussion, child_id=line.child_id, is_called_for=False
            )
            for line in lines
        ],
        ignore_conflicts=True,
    )
    passed_ids = [child_id for child_id, name in household.items() if not name]
    for child_id in passed_ids:
        _pass_on(discussion, child_id, authority, at)
    _start_clocks(discussion, authority, at)
    _take_effect(
        discussion, lines, referrals, team, authority=authority, at=at, passed_ids=passed_ids
    )
    if agency_dissent.strip():
        family_changes.raise_for_dispute(
            child_ids=[line.child_id for line in lines],
            what="An agency does not agree with what the strategy discussion decided",
            source_kind="discussion",
            source_id=discussion.pk,
            authority=authority,
            at=at,
        )
    once.finish(token, discussion.pk)
    return discussion


def household_of(discussion: StrategyDiscussion, *, by: User, on: date) -> dict[UUID, str]:
    """Every child to be considered, with the name to use; a restricted one has an empty name."""
    named = children_of_discussion(discussion)
    found = children_of_households(by=by, person_ids=named, on=on, and_all_named=True)
    return {child.person_id: "" if child.is_restricted else child.name for child in found}


def _refuse_wrong_moment(discussion: StrategyDiscussion, at: datetime) -> None:
    if discussion.state == State.CALLED:
        raise Refused("Record who took part first; then conclude.")
    if not discussion.is_held or discussion.held_at is None:
        raise Refused(f"This discussion is {discussion.get_state_display().lower()} already.")
    if at < discussion.held_at:
        raise Refused("The conclusion is before the discussion was held.")


def _open_referrals(household: Mapping[UUID, str]) -> dict[UUID, Referral]:
    rows = (
        Referral.objects.filter(child__in=household)
        .exclude(state__in=(ReferralState.CLOSED, ReferralState.REJECTED))
        .select_related("team", "contact")
        .order_by("child_id")
    )
    return {row.child_id: row for row in rows}


def _children_problems(
    household: Mapping[UUID, str], lines: Sequence[ConcludedLine]
) -> list[tuple[str, str]]:
    answered = [line.child_id for line in lines]
    problems = [
        (f"child-{child_id}-is_met", f"Say whether the threshold is met for {name}")
        for child_id, name in household.items()
        if name and child_id not in answered
    ]
    named = {child_id for child_id, name in household.items() if name}
    if set(answered) - named or len(set(answered)) < len(answered):
        problems.append(("children", "One of the children does not belong to this household"))
    return problems


def _line_problems(
    lines: Sequence[ConcludedLine],
    household: Mapping[UUID, str],
    people: Mapping[UUID, Person],
    referrals: Mapping[UUID, Referral],
    team: Team | None,
) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    needs_team: list[str] = []
    offered = _offered(list(referrals))
    with_work = holding.with_open_statutory_work(list(household))
    for line in lines:
        name = household.get(line.child_id, "")
        if not name:
            continue
        referral = referrals.get(line.child_id)
        is_with_nobody = (
            referral is not None
            and referral.team_accepted_at is None
            and line.child_id not in offered
        )
        found = line_problems(
            line,
            name=name,
            is_unborn=people[line.child_id].stage == Stage.UNBORN,
            has_open_work=line.child_id in with_work and not is_with_nobody,
        )
        problems += [(f"child-{line.child_id}-{part}", sentence) for part, sentence in found]
        if (is_with_nobody or referral is None) and (line.is_met or line.then == Then.ASSESSMENT):
            needs_team.append(name)
    if needs_team and team is None and not _family_team(list(household)):
        problems.append(("to_team", f"Choose the assessment team for {' and '.join(needs_team)}"))
    return problems


def _no_child_problems(
    lines: Sequence[ConcludedLine], people: Mapping[UUID, Person], *, on: date
) -> list[tuple[str, str]]:
    """Whoever had died or turned 18 by the discussion is answered for, and has no enquiry."""
    return [
        (
            f"child-{line.child_id}-is_met",
            f"{people[line.child_id].name} was no child on the day of the discussion, so no"
            " section 47 enquiry can begin",
        )
        for line in lines
        if line.is_met
        and line.child_id in people
        and not counts_as_child(people[line.child_id], on=on)
    ]


def line_problems(
    line: ConcludedLine, *, name: str, is_unborn: bool, has_open_work: bool
) -> list[tuple[str, str]]:
    """Say what is missing for one child: (part of the line, sentence that names the child)."""
    if line.is_met is None:
        return [("is_met", f"Say whether the threshold is met for {name}")]
    problems: list[tuple[str, str]] = []
    if not line.why.strip():
        problems.append(("why", f"Say why, for {name}"))
    if not line.is_met:
        if line.then not in Then.values:
            problems.append(("then", f"Choose what happens for {name} instead"))
        elif line.then == Then.OPEN_WORK and not has_open_work:
            problems.append(("then", f"Nothing is open for {name} with a team. Choose another"))
        return problems
    if line.is_joint is None:
        problems.append(("is_joint", f"Choose joint or single agency for {name}"))
    if line.medical not in DiscussionLine.Medical.values:
        problems.append(("medical", f"Say whether {name} needs a medical"))
    if not line.safety_plan.strip():
        problems.append(("safety_plan", f"Say what keeps {name} safe tonight"))
    if is_unborn:
        return problems
    if not line.seen_by.strip():
        problems.append(("seen_by", f"Say who sees {name}"))
    if line.see_at is None:
        problems.append(("see_at", f"Say when {name} is seen"))
    if line.is_seen_alone is None:
        problems.append(("is_seen_alone", f"Say whether {name} is seen alone"))
    elif not line.is_seen_alone and not line.see_note.strip():
        problems.append(("see_note", f"Say why {name} is not seen alone"))
    return problems


def _reason_problems(
    reasons: Mapping[str, str], is_legal_advice_needed: bool | None
) -> list[tuple[str, str]]:
    asked = (
        ("know", "Say what we know"),
        ("worries", "Say what worries us, and for whom"),
        ("protects", "Say what is working well or protects them"),
        ("alternative", "Say why this and not the alternative"),
        ("parents_told", "Say what the parents are told and when, or why not"),
    )
    problems = [(field, words) for field, words in asked if not reasons[field].strip()]
    if is_legal_advice_needed is None:
        problems.append(("is_legal_advice_needed", "Say whether legal advice is needed"))
    return problems


def _assessment_team(team_id: UUID | None) -> Team | None:
    if team_id is None:
        return None
    return Team.objects.filter(pk=team_id, kind=TeamKind.ASSESSMENT, is_active=True).first()


def _offered(child_ids: Sequence[UUID]) -> set[UUID]:
    """Children offered to an assessment team, which has not answered yet."""
    return set(
        HandoverChild.objects.filter(
            child_id__in=child_ids, kind=HandoverKind.ASSESSMENT, is_open=True
        ).values_list("child_id", flat=True)
    )


def _family_team(child_ids: Sequence[UUID]) -> Team | None:
    """The team that works with a child of the household already, if one does."""
    held = (
        Responsibility.objects.filter(
            child__in=child_ids,
            to_at__isnull=True,
            team__kind__in=(TeamKind.ASSESSMENT, TeamKind.SAFEGUARDING_FAMILY_SUPPORT),
        )
        .select_related("team__manager")
        .order_by("from_at", "pk")
        .first()
    )
    return held.team if held is not None else None


def _start_clocks(discussion: StrategyDiscussion, authority: Authority, at: datetime) -> None:
    if still_missing(discussion, parts_of(discussion)):
        record_clocks.start(
            "SD-QUORUM",
            subject_kind=SUBJECT,
            subject_id=discussion.pk,
            started_at=at,
            by=authority.user,
        )
    if discussion.is_provisional:
        record_clocks.start(
            "EDT-CONF",
            subject_kind=SUBJECT,
            subject_id=discussion.pk,
            started_at=at,
            by=authority.user,
        )


# What follows ----------------------------------------------------------------------------------


def _take_effect(
    discussion: StrategyDiscussion,
    lines: Sequence[ConcludedLine],
    referrals: Mapping[UUID, Referral],
    team: Team | None,
    *,
    authority: Authority,
    at: datetime,
    passed_ids: Collection[UUID] = (),
) -> None:
    """Write each child's line, and let referrals, offers and enquiries follow."""
    ids = sorted(line.child_id for line in lines)
    holding.lock(ids)
    now = application_clock.now()
    DiscussionLine.objects.bulk_create(
        DiscussionLine(
            discussion=discussion,
            child_id=line.child_id,
            is_met=bool(line.is_met),
            why=line.why,
            is_joint=line.is_joint if line.is_met else None,
            seen_by=line.seen_by if line.is_met else "",
            see_at=line.see_at if line.is_met else None,
            is_seen_alone=line.is_seen_alone if line.is_met else None,
            see_note=line.see_note if line.is_met else "",
            medical=line.medical if line.is_met else "",
            medical_note=line.medical_note if line.is_met else "",
            safety_plan=line.safety_plan,
            then="" if line.is_met else line.then,
            by=authority.user,
            acting_for=authority.acting_for,
            at=at,
            recorded_at=now,
        )
        for line in lines
    )
    _refer(discussion, lines, referrals, team, authority=authority, at=at)
    met = sorted(line.child_id for line in lines if line.is_met)
    not_met = sorted(line.child_id for line in lines if not line.is_met)
    if met:
        tell("mash.section_47_met", discussion, authority, at, met)
    if not_met:
        tell("mash.section_47_not_met", discussion, authority, at, not_met)
    decisions = Section47Decision.objects.bulk_create(
        Section47Decision(
            child_id=line.child_id,
            discussion_id=discussion.pk,
            discussed_at=discussion.held_at or at,
            is_met=bool(line.is_met),
            is_joint=bool(line.is_met and line.is_joint),
            why=line.why,
            by=authority.user,
            acting_for=authority.acting_for,
            at=at,
            recorded_at=now,
        )
        for line in sorted(lines, key=lambda line: line.child_id)
    )
    for reaction in reactions.section_47_decided:
        reaction(decisions=decisions, authority=authority, at=at, passed_ids=passed_ids)


def _refer(
    discussion: StrategyDiscussion,
    lines: Sequence[ConcludedLine],
    referrals: Mapping[UUID, Referral],
    team: Team | None,
    *,
    authority: Authority,
    at: datetime,
) -> None:
    """Give every child who goes on a referral with a team, and end what nothing came of.

    A child of a family that a team works with already goes to that team and waits for a worker
    there; for any other, the chosen team is offered the children and the holder stays.
    """
    goes_on = [line for line in lines if line.is_met or line.then == Then.ASSESSMENT]
    new = [line.child_id for line in goes_on if line.child_id not in referrals]
    family_team = _family_team([line.child_id for line in lines])
    opened: dict[UUID, Referral] = {}
    for child_id in sorted(new):
        opened[child_id] = case_actions.open_referral(
            authority=authority,
            at=at,
            contact=_contact_for(discussion, referrals, new, authority=authority),
            child_id=child_id,
            team=family_team or mash_team(),
            primary_need=ABUSE_OR_NEGLECT,
            first_decision=Outcome.STRATEGY_DISCUSSION,
            arose_at=discussion.called_at if family_team is not None else None,
        )
    if opened and family_team is not None:
        waiting.enter(
            authority=authority,
            at=at,
            queue=Queue.ALLOCATION,
            team=family_team,
            subject_kind=SUBJECT,
            subject_id=discussion.pk,
            children=[waiting.ChildWaiting(child_id=child_id, since_at=at) for child_id in opened],
            reason="Strategy discussion",
            queue_rank=waiting.SECTION_47,
        )
    untaken = {
        line.child_id: referral
        for line in goes_on
        if (referral := referrals.get(line.child_id) or opened[line.child_id]).team_accepted_at
        is None
    }
    to_offer = {
        child_id: referral
        for child_id, referral in untaken.items()
        if child_id not in _offered(list(untaken))
    }
    if to_offer:
        to_team = team or family_team
        first = next(iter(to_offer.values()))
        if to_team is None or first.team is None:
            raise Refused("Choose the assessment team.", field="to_team")
        case_actions.offer(
            authority=authority,
            at=at,
            kind=HandoverKind.ASSESSMENT,
            contact=first.contact,
            from_team=first.team,
            to_team=to_team,
            child_ids=to_offer,
            referrals=to_offer,
            reason=discussion.worries,
        )
    for line in lines:
        untouched = referrals.get(line.child_id)
        if (
            line.then == Then.NOTHING
            and untouched is not None
            and untouched.state == ReferralState.ACCEPTED
            and untouched.team_accepted_at is None
            and line.child_id not in _offered([line.child_id])
        ):
            case_actions.take_back_referral(authority=authority, at=at, referral=untouched)


def _contact_for(
    discussion: StrategyDiscussion,
    referrals: Mapping[UUID, Referral],
    child_ids: Sequence[UUID],
    *,
    authority: Authority,
) -> Contact:
    """The contact on which new referrals rest: the discussion's, the family's, or one made now.

    A discussion called from the page of a child with whom nobody works has none. What it was
    called for is what came to us then, and the MASH decides that contact like any other.
    """
    if discussion.contact is not None and not _is_spent(discussion, child_ids):
        return discussion.contact
    known = next(iter(referrals.values()), None)
    if known is not None:
        return known.contact
    contact = case_actions.receive(
        by=authority.user,
        at=discussion.called_at,
        channel=Channel.INTERNAL_FORM,
        words=discussion.reason,
        people=[
            Stated(person_id=child_id, mention=ContactPerson.Mention.OUR_RECORD)
            for child_id in sorted(child_ids)
        ],
        sender_agency_id=discussion.requested_by_id,
        sender_role="Strategy discussion",
        category=Category.CHILD_PROTECTION,
        source_code=OUR_OWN_WORK,
        authority=authority,
    )
    if discussion.children.filter(child__in=child_ids).count() == len(child_ids):
        discussion.contact = contact  # never that of a child answered for apart
        discussion.save(update_fields=["contact"])
    return contact


def _is_spent(discussion: StrategyDiscussion, child_ids: Sequence[UUID]) -> bool:
    """Whether a further discussion has only the contact of an episode that is over: a referral
    on it would date from that time.
    """
    return (
        discussion.follows_id is not None
        and Referral.objects.filter(
            contact=discussion.contact_id,
            child__in=child_ids,
            state__in=(ReferralState.CLOSED, ReferralState.REJECTED),
        ).exists()
    )


# A restricted child of the household -----------------------------------------------------------


def _pass_on(
    discussion: StrategyDiscussion, child_id: UUID, authority: Authority, at: datetime
) -> None:
    """Ask whoever holds the restriction to answer by the time the discussion was due."""
    owner = (
        Restriction.objects.filter(person=child_id, ended_at__isnull=True)
        .select_related("owner")
        .first()
    )
    if owner is None:
        raise Refused("Open this page again: a record of this household has changed.")
    passed = DiscussionPassed.objects.create(
        discussion=discussion,
        child_id=child_id,
        owner=owner.owner,
        passed_at=at,
        recorded_at=application_clock.now(),
    )
    record_clocks.start(
        HOLD_RULES[discussion.is_same_day],
        subject_kind=PASSED,
        subject_id=passed.pk,
        started_at=discussion.called_at,
        by=authority.user,
        child_id=child_id,
    )
    tell_user(owner.owner, "discussion.passed", discussion, at=at)
    tell("mash.discussion_passed", discussion, authority, at, [child_id])


@transaction.atomic
def answer_discussion(
    *,
    by: User,
    at: datetime,
    passed_id: UUID,
    line: ConcludedLine,
    to_team_id: UUID | None = None,
    token: UUID | None = None,
) -> DiscussionPassed:
    """Answer for a restricted child; the enquiry, if any, begins on the date of the discussion.

    :raises DiscussionPassed.DoesNotExist: `by` may not read the child's record
    :raises PermissionDenied: somebody else holds the restriction
    :raises NotWhole: names what is missing
    """
    passed, authority = passed_on.to_answer(DiscussionPassed.objects.all(), passed_id, by=by, at=at)
    once.claim(token, user=by, action="mash.answer_discussion")
    discussion = StrategyDiscussion.objects.select_for_update(of=("self",), no_key=True).get(
        pk=passed.discussion_id
    )
    passed = DiscussionPassed.objects.select_for_update().get(pk=passed_id)
    if passed.answered_at is not None:
        raise Refused("This has been answered already.")
    person = Person.objects.get(pk=passed.child_id)
    referrals = _open_referrals({person.pk: person.name})
    team = _assessment_team(to_team_id)
    if line.child_id != person.pk:
        raise NotWhole([("children", "This line is about another child")])
    problems = _line_problems(
        [line], {person.pk: person.name}, {person.pk: person}, referrals, team
    )
    problems += _no_child_problems(
        [line], {person.pk: person}, on=london_date(discussion.held_at or at)
    )
    if problems:
        raise NotWhole(problems)
    passed.answered_at = at
    passed.save(update_fields=["answered_at"])
    record_clocks.stop(
        HOLD_RULES[discussion.is_same_day], subject_id=passed.pk, child_id=person.pk, at=at
    )
    _take_effect(discussion, [line], referrals, team, authority=authority, at=at)
    tell("mash.discussion_answered", discussion, authority, at, [person.pk])
    once.finish(token, passed.pk)
    return passed


# Afterwards --------------------------------------------------------------------------------------


@transaction.atomic
def confirm_discussion(
    *, by: User, at: datetime, discussion_id: UUID, note: str
) -> StrategyDiscussion:
    """Confirm what EDT concluded; to change it, call a further discussion."""
    authority = require(by, Permission.EDT_CONFIRM, at=at)
    discussion = lock_discussion(discussion_id, by)
    if not discussion.is_provisional or discussion.confirmed_at is not None:
        raise Refused("No EDT conclusion waits for confirmation here.")
    if discussion.concluded_by_id == by.pk:
        raise Refused(OWN_DECISION)
    if not note.strip():
        raise Refused("Say why this conclusion stands.", field="note")
    discussion.confirmed_at, discussion.confirmed_by = at, by
    discussion.confirm_note = note
    discussion.save(update_fields=["confirmed_at", "confirmed_by", "confirm_note"])
    record_clocks.stop("EDT-CONF", subject_id=discussion.pk, at=at)
    tell("mash.discussion_confirmed", discussion, authority, at, children_of_discussion(discussion))
    return discussion


@transaction.atomic
def send_minutes(
    *,
    by: User,
    at: datetime,
    discussion_id: UUID,
    minutes: str,
    part_ids: Sequence[UUID],
) -> StrategyDiscussion:
    """Send minutes and actions to the agencies that took part; SD-MIN stops.

    They read them in the portal; the e-mail names nobody.
    """
    authority = require(by, Permission.STRATEGY_CALL, at=at)
    discussion = lock_discussion(discussion_id, by)
    if discussion.state != State.CONCLUDED:
        raise Refused("Conclude the discussion first.")
    if discussion.minutes_sent_at is not None:
        raise Refused("The minutes have been sent already. Call a further discussion to add.")
    if not minutes.strip():
        raise Refused("Write the minutes.", field="minutes")
    parts = parts_of(discussion)
    chosen = [part for part in parts if part.pk in set(part_ids)]
    left_out = [part.agency.name for part in parts if part.has_attended and part not in chosen]
    if left_out:
        raise Refused(f"{' and '.join(left_out)} took part, and is sent them.", field="parts")
    discussion.minutes = minutes
    discussion.minutes_sent_at, discussion.minutes_sent_by = at, by
    discussion.save(update_fields=["minutes", "minutes_sent_at", "minutes_sent_by"])
    for part in chosen:
        send_minutes_to(part, at=at)
    record_clocks.stop("SD-MIN", subject_id=discussion.pk, at=at)
    tell("mash.discussion_minutes", discussion, authority, at, children_of_discussion(discussion))
    return discussion


@transaction.atomic
def answer_discussion_action(
    *, by: User, at: datetime, action_id: UUID, is_done: bool, answer: str
) -> DiscussionAction:
    """Say what became of an action of a discussion, once."""
    authority = require(by, Permission.STRATEGY_CALL, at=at)
    discussion_id = DiscussionAction.objects.values_list("discussion_id", flat=True).get(
        pk=action_id
    )
    discussion = lock_discussion(discussion_id, by)
    action = DiscussionAction.objects.select_for_update().get(pk=action_id)
    if action.answered_at is not None:
        raise Refused("What became of this action has been recorded already.")
    if not answer.strip():
        raise Refused("Say what was done, or why it was not.", field="answer")
    action.is_done, action.answer = is_done, answer
    action.answered_at, action.answered_by = at, by
    action.save(update_fields=["is_done", "answer", "answered_at", "answered_by"])
    tell(
        "mash.discussion_action",
        discussion,
        authority,
        at,
        children_of_discussion(discussion),
        {"action_id": str(action.pk)},
    )
    return action


__all__ = [
    "MUST_TAKE_PART",
    "Attendance",
    "ConcludedLine",
    "answer_discussion",
    "answer_discussion_action",
    "conclude",
    "confirm_discussion",
    "hold",
    "household_of",
    "line_problems",
    "send_minutes",
]
