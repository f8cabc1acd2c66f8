"""The section 47 enquiry: opened by the strategy discussion, written by a social worker, concluded
by the manager who answers for the child."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.choices import Role
from accounts.models import RoleAssignment, User
from accounts.permissions import TABLE, Authority, Permission, require, roles_of
from assessments import section_47_clocks as enquiry_clocks
from assessments import standing
from assessments.actions.booked import end_bookings
from assessments.models import Section47Enquiry, Section47Step
from cases import actions as case_actions
from cases import family_changes, protection
from cases.actions import Rationale
from cases.actions.referrals import OVER
from cases.choices import OversightKind, ProtectionKind, WorkerRole
from cases.models import (
    Allocation,
    Referral,
    Responsibility,
    Section47Decision,
    Visit,
    VisitChild,
)
from lib import application_clock, words
from lib.working_days import london_date
from people.choices import Stage
from people.queries import records_of
from record import clocks, events, once, outbox
from record.errors import Clash, Refused

State = Section47Enquiry.State
Conference = Section47Enquiry.Conference
NextStep = Section47Enquiry.NextStep


class NotReady(Refused):
    """The enquiry lacks something; `links` names the child and thing, and where to write it."""

    def __init__(self, missing: Sequence[tuple[str, str]]) -> None:
        """:param missing: (sentence, address), in the order of the page"""
        super().__init__(
            "The enquiry is not whole yet. "
            + " ".join(f"{sentence}." for sentence, _url in missing),
            links=missing,
        )


@dataclass(frozen=True, kw_only=True)
class SafetyStep:
    """What is done to keep the child safe, who does it, and when."""

    what: str
    who: str
    when: str
    id: UUID | None = None


# Opening ----------------------------------------------------------------------------------------


def open_enquiries(
    *,
    decisions: Sequence[Section47Decision],
    authority: Authority,
    at: datetime,
    passed_ids: Collection[UUID] = (),
) -> None:
    """Open the enquiry of each child whose threshold is met (cases.reactions.section_47_decided).

    It begins on the date of the discussion and is held by whoever answers for the child. A child
    who is in an enquiry already keeps it, with its clocks: only the next discussion counts anew.
    """
    ids = [decision.child_id for decision in decisions]
    running = {
        enquiry.child_id: enquiry
        for enquiry in Section47Enquiry.objects.open()
        .select_for_update(of=("self",))
        .select_related("child")
        .filter(child__in=ids)
    }
    referrals = {
        referral.child_id: referral
        for referral in Referral.objects.filter(child__in=ids).exclude(state__in=OVER)
    }
    leads = _qualified_leads(ids, at)
    visited = _visited_since(decisions)
    for decision in sorted(decisions, key=lambda each: each.child_id):
        enquiry = running.get(decision.child_id)
        if enquiry is not None:
            enquiry_clocks.discussed_again(enquiry, at=decision.discussed_at, by=authority.user)
            tell("section_47.discussed_again", [enquiry], authority, decision.discussed_at)
        elif decision.is_met:
            _refuse_overlap(decision)
            _open(
                decision,
                referrals[decision.child_id],
                lead=leads.get(decision.child_id),
                visits=visited.get(decision.child_id, []),
                authority=authority,
                at=at,
            )


def _refuse_overlap(decision: Section47Decision) -> None:
    """Two enquiries of one child may not overlap: one ended after this discussion was held."""
    last = (
        Section47Enquiry.objects.filter(child=decision.child_id, ended_at__gt=decision.discussed_at)
        .exclude(state=State.CANCELLED)
        .select_related("child")
        .order_by("-ended_at", "pk")
        .first()
    )
    if last is not None and last.ended_at is not None:
        raise Refused(
            f"{last.child.name}’s last enquiry ended on"
            f" {words.date_words(london_date(last.ended_at))}, after this discussion was held. Say"
            " that what is open goes on, and call a further discussion."
        )


def _open(
    decision: Section47Decision,
    referral: Referral,
    *,
    lead: User | None,
    visits: Sequence[VisitChild],
    authority: Authority,
    at: datetime,
) -> None:
    enquiry = Section47Enquiry.objects.create(
        child_id=decision.child_id,
        referral=referral,
        decision=decision,
        discussion_id=decision.discussion_id,
        began_at=decision.discussed_at,
        began_on=london_date(decision.discussed_at),
        is_joint=decision.is_joint,
        lead=lead,
        state=State.IN_PROGRESS if visits else State.INITIATED,
        recorded_at=application_clock.now(),
    )
    protection.begin(
        child_id=enquiry.child_id,
        kind=ProtectionKind.SECTION_47,
        subject_id=enquiry.pk,
        at=enquiry.began_at,
    )
    enquiry_clocks.start(enquiry, decided_at=at, by=authority.user)
    if seen := [row.at for row in visits if row.was_seen and row.visit.is_by_social_worker]:
        enquiry_clocks.stop("S47-SEEN", enquiry, at=max(min(seen), at))
    tell("section_47.started", [enquiry], authority, enquiry.began_at)
    manager_id = (
        Responsibility.objects.filter(child=enquiry.child_id, to_at__isnull=True)
        .values_list("manager_id", flat=True)
        .first()
    )
    for user_id in {manager_id, lead.pk if lead else None} - {authority.user.pk}:
        notify(enquiry, user_id, "section_47.started", at=at)


def _qualified_leads(child_ids: Collection[UUID], at: datetime) -> dict[UUID, User]:
    """The lead workers of these children who may lead an enquiry."""
    rows = Allocation.objects.filter(
        child__in=child_ids, role=WorkerRole.LEAD, to_at__isnull=True
    ).select_related("worker")
    return {row.child_id: row.worker for row in rows if is_qualified(row.worker, at)}


def leader_of(enquiry: Section47Enquiry, *, at: datetime) -> User | None:
    """Who leads: whoever was named and still works here, or the child's qualified lead worker."""
    if enquiry.lead is not None and enquiry.lead.is_active:
        return enquiry.lead
    return _qualified_leads([enquiry.child_id], at).get(enquiry.child_id)


def is_qualified(user: User, at: datetime) -> bool:
    """Say whether somebody is a social worker who carries out enquiries."""
    return bool(roles_of(user, at) & TABLE[Permission.S47_WORK])


def _visited_since(decisions: Sequence[Section47Decision]) -> dict[UUID, list[VisitChild]]:
    """Visits between the discussion and its conclusion, which may be typed in first."""
    since = min(decision.discussed_at for decision in decisions)
    records = records_of(person_ids=[decision.child_id for decision in decisions])
    by_person: dict[UUID, list[VisitChild]] = {}
    for row in VisitChild.objects.filter(child__in=records, at__gte=since).select_related("visit"):
        by_person.setdefault(records[row.child_id], []).append(row)
    return {
        decision.child_id: by_person.get(records[decision.child_id], []) for decision in decisions
    }


def follow_visit(*, visit: Visit, seen: Sequence[VisitChild]) -> None:
    """Put visits into the enquiries of their children (cases.reactions.visit_recorded).

    The first one, kept or not, puts an enquiry in progress. A child seen by a social worker meets
    S47-SEEN; a child seen before the discussion does not count.
    """
    records = records_of(person_ids=visit.children.values_list("child_id", flat=True))
    seen_ids = {records[row.child_id] for row in seen}
    enquiries = (
        Section47Enquiry.objects.open()
        .select_for_update(of=("self",))
        .select_related("child")
        .filter(child__in=records, began_at__lte=visit.at)
        .order_by("child_id")
    )
    for enquiry in enquiries:
        if enquiry.state == State.INITIATED:
            enquiry.state = State.IN_PROGRESS
            enquiry.save(update_fields=["state"])
        if records[enquiry.child_id] in seen_ids and visit.is_by_social_worker:
            enquiry_clocks.stop("S47-SEEN", enquiry, at=visit.at)


@transaction.atomic
def name_lead(*, by: User, at: datetime, enquiry_id: UUID, lead_id: UUID) -> Section47Enquiry:
    """Name the social worker who leads the enquiry: the manager who answers for the child.

    Named again, whoever leads already is told nothing new.

    :raises Refused: somebody who is not a qualified social worker, or another team's child
    """
    enquiry, right = decidable(enquiry_id, by, at)
    _refuse_concluded(enquiry)
    lead = User.objects.get(pk=lead_id)
    if not lead.is_active or not is_qualified(lead, at):
        raise Refused(
            f"{lead.full_name} is not a qualified social worker, so cannot lead"
            f" {enquiry.child.name}’s enquiry.",
            field="lead",
        )
    if enquiry.lead_id == lead.pk:
        return enquiry
    enquiry.lead = lead
    enquiry.save(update_fields=["lead"])
    notify(enquiry, lead.pk, "section_47.started", at=at)
    tell("section_47.lead", [enquiry], right, at, lead_user_id=str(lead.pk))
    return enquiry


# Writing ----------------------------------------------------------------------------------------


@transaction.atomic
def write_child(
    *,
    by: User,
    at: datetime,
    enquiry_id: UUID,
    found: str,
    child_view: str,
    medical: str,
    analysis: str,
    version: int,
) -> Section47Enquiry:
    """Write what the enquiry finds for this child alone, what the child says, what it means."""
    enquiry, _right = writable(enquiry_id, by, at)
    _refuse_clash(enquiry, enquiry.child_version, version)
    enquiry.found, enquiry.child_view = found, child_view
    enquiry.medical, enquiry.analysis = medical, analysis
    enquiry.child_version += 1
    enquiry.save(
        update_fields=["found", "child_view", "medical", "analysis", "child_version", "lead"]
    )
    return enquiry


@transaction.atomic
def write_family(
    *,
    by: User,
    at: datetime,
    enquiry_id: UUID,
    parents_view: str,
    agencies_said: str,
    home: str,
    version: int,
    also: Collection[UUID] = (),
) -> Section47Enquiry:
    """Write what is the same for the family: parents, agencies, home.

    :param also: enquiries of brothers and sisters that say nothing of this yet
    :raises Refused: one of them says something already, which is not written over
    """
    enquiry, _right = writable(enquiry_id, by, at)
    _refuse_clash(enquiry, enquiry.family_version, version)
    others = []
    for other_id in sorted(set(also) - {enquiry_id}):
        other, _other_right = writable(other_id, by, at)
        if other.discussion_id != enquiry.discussion_id:
            raise Refused(f"{other.child.name}’s enquiry began at another discussion.")
        if other.parents_view or other.agencies_said or other.home:
            raise Refused(
                f"{other.child.name}’s enquiry says something of this already. Write it there."
            )
        others.append(other)
    for each in (enquiry, *others):
        each.parents_view, each.agencies_said, each.home = parents_view, agencies_said, home
        each.family_version += 1
        each.save(update_fields=["parents_view", "agencies_said", "home", "family_version", "lead"])
    return enquiry


@transaction.atomic
def write_safety(
    *,
    by: User,
    at: datetime,
    enquiry_id: UUID,
    steps: Sequence[SafetyStep],
    tonight: str,
    version: int,
) -> Section47Enquiry:
    """Write the safety plan: what, who and when, and what makes it work tonight.

    :raises Refused: nobody does anything, or it does not say how it would work tonight
    """
    enquiry, _right = writable(enquiry_id, by, at)
    _refuse_clash(enquiry, enquiry.safety_version, version)
    name = enquiry.child.name
    if not steps:
        raise Refused(f"Say what keeps {name} safe: what, who and when.", field="tonight")
    if not tonight.strip():
        raise Refused(f"Say what would keep {name} safe tonight.", field="tonight")
    standing_steps = {step.pk: step for step in enquiry.steps.filter(taken_out_at=None)}
    now = application_clock.now()
    for step in steps:
        known = standing_steps.pop(step.id, None) if step.id is not None else None
        if known is None:
            Section47Step.objects.create(
                enquiry=enquiry,
                what=step.what,
                who=step.who,
                when=step.when,
                recorded_at=now,
            )
        elif (known.what, known.who, known.when) != (step.what, step.who, step.when):
            known.what, known.who, known.when = step.what, step.who, step.when
            known.recorded_at = now
            known.save(update_fields=["what", "who", "when", "recorded_at"])
    for left_out in standing_steps.values():
        left_out.taken_out_at = at
        left_out.save(update_fields=["taken_out_at"])
    enquiry.safety_tonight = tonight
    enquiry.safety_version += 1
    enquiry.save(update_fields=["safety_tonight", "safety_version", "lead"])
    return enquiry


def missing_in(enquiry: Section47Enquiry) -> list[tuple[str, str]]:
    """Say what the enquiry lacks before a manager can decide: (sentence, where to see to it)."""
    name = enquiry.child.name
    is_unborn = enquiry.child.stage == Stage.UNBORN
    child, family, safety = (f"section_47_{page}" for page in ("child", "family", "safety"))
    found: list[tuple[str, str]] = []
    if leader_of(enquiry, at=application_clock.now()) is None:
        found.append(
            (
                f"No qualified social worker leads {name}’s enquiry. The manager names one",
                reverse("assessments:section_47_lead", args=[enquiry.pk]),
            )
        )
    if not is_unborn and not visits_in(enquiry).exists():
        found.append(
            (
                f"Record whether {name} was seen, seen alone, where and when; or why not and the"
                " next attempt",
                reverse("cases:record_visit", args=[enquiry.child_id]) + "?purpose=section_47",
            )
        )
    for value, sentence, where in (
        (enquiry.found, f"Say what was found for {name}", child),
        (is_unborn or enquiry.child_view, f"Say what {name} says and shows", child),
        (enquiry.medical, f"Say what a medical of {name} showed, or why none was needed", child),
        (enquiry.analysis, f"Say what it means for {name}", child),
        (enquiry.parents_view, f"Say what each of {name}’s parents says", family),
        (enquiry.agencies_said, f"Say what police, health and others know of {name}", family),
        (enquiry.safety_tonight, f"Say what would keep {name} safe tonight", safety),
    ):
        if not value or (isinstance(value, str) and not value.strip()):
            found.append((sentence, reverse(f"assessments:{where}", args=[enquiry.pk])))
    return found


def visits_in(enquiry: Section47Enquiry) -> QuerySet[VisitChild]:
    """Attempts to see the child since the discussion, kept or not."""
    records = records_of(person_ids=[enquiry.child_id])
    return VisitChild.objects.filter(child__in=records, at__gte=enquiry.began_at)


@transaction.atomic
def submit(*, by: User, at: datetime, enquiry_id: UUID) -> Section47Enquiry:
    """Put the enquiry to the manager who answers for the child.

    :raises NotReady: names the child and each missing thing
    """
    enquiry, right = writable(enquiry_id, by, at)
    if missing := missing_in(enquiry):
        raise NotReady(missing)
    enquiry.state = State.AWAITING_OUTCOME
    enquiry.submitted_at, enquiry.submitted_by = at, by
    enquiry.returned_because = ""
    enquiry.save(
        update_fields=[
            "state",
            "submitted_at",
            "submitted_by",
            "returned_because",
            "lead",
        ]
    )
    for manager_id in Responsibility.objects.filter(
        child=enquiry.child_id, to_at__isnull=True
    ).values_list("manager_id", flat=True):
        notify(enquiry, manager_id, "section_47.submitted", at=at)
    tell("section_47.submitted", [enquiry], right, at)
    return enquiry


# Deciding ---------------------------------------------------------------------------------------


@transaction.atomic
def send_back(*, by: User, at: datetime, enquiry_id: UUID, because: str) -> Section47Enquiry:
    """Give the enquiry back to its writer with what is missing; its clocks keep running."""
    enquiry, right = decidable(enquiry_id, by, at)
    _refuse_unless_submitted(enquiry)
    if not because.strip():
        raise Refused(f"Say what is missing in {enquiry.child.name}’s enquiry.", field="because")
    writer_id = enquiry.submitted_by_id
    enquiry.state = State.IN_PROGRESS
    enquiry.submitted_at, enquiry.submitted_by = None, None
    enquiry.returned_because = because
    enquiry.save(update_fields=["state", "submitted_at", "submitted_by", "returned_because"])
    for user_id in {writer_id, enquiry.lead_id}:
        notify(enquiry, user_id, "section_47.returned", at=at)
    tell("section_47.returned", [enquiry], right, at)
    return enquiry


@transaction.atomic
def conclude(
    *,
    by: User,
    at: datetime,
    enquiry_id: UUID,
    outcome: str,
    next_step: str,
    conference: str,
    conference_why: str,
    rationale: Rationale,
    who_informed: str,
    not_seen_because: str = "",
    late_reason: str = "",
    pressed_by_id: UUID | None = None,
    token: UUID | None = None,
) -> Section47Enquiry:
    """Decide the outcome: what was found, what comes next, and whether a conference is needed.

    :param conference: required, not required, or empty while it is not decided
    :param pressed_by_id: an agency that presses for a conference which is not required
    :raises PermissionDenied: `by` may not conclude enquiries
    :raises Refused: `by` wrote it, answers for somebody else, or something is not said
    """
    enquiry, right = decidable(enquiry_id, by, at)
    once.claim(token, user=by, action="assessments.conclude_section_47")
    _refuse_unless_submitted(enquiry)
    name = enquiry.child.name
    if by.pk in (enquiry.submitted_by_id, enquiry.lead_id):
        raise Refused(f"You wrote {name}’s enquiry, so another manager concludes it.")
    if enquiry.submitted_at is not None and at < enquiry.submitted_at:
        raise Refused("The outcome is before the enquiry was put to you.")
    if outcome not in Section47Enquiry.Outcome.values:
        raise Refused(f"Choose what the enquiry found for {name}.", field="outcome")
    if next_step not in NextStep.values:
        raise Refused(f"Choose what comes next for {name}.", field="next_step")
    _refuse_conference(name, next_step, conference, conference_why)
    if not who_informed.strip():
        raise Refused(f"Say who was told the outcome for {name}, and how.", field="who_informed")
    is_seen = visits_in(enquiry).filter(was_seen=True).exists()
    is_unborn = enquiry.child.stage == Stage.UNBORN
    if not is_seen and not is_unborn and not not_seen_because.strip():
        raise Refused(
            f"{name} has not been seen since the discussion. See {name}, or say why the enquiry"
            " ends all the same.",
            field="not_seen_because",
        )
    late = _late("S47-OUT", enquiry, at)
    if late and not late_reason.strip():
        raise Refused(f"Say why the outcome for {name} is late.", field="late_reason")
    enquiry.oversight = case_actions.write_oversight(
        authority=right,
        at=at,
        kind=OversightKind.AUTHORISATION,
        child_ids=[enquiry.child_id],
        rationale=rationale,
        subject_kind=enquiry_clocks.SUBJECT,
        subject_id=enquiry.pk,
    )
    enquiry.outcome, enquiry.next_step = outcome, next_step
    enquiry.who_informed = who_informed
    enquiry.not_seen_because = "" if is_seen or is_unborn else not_seen_because
    enquiry.concluded_at, enquiry.concluded_by = at, by
    enquiry.concluded_for = right.acting_for
    enquiry.state = State.CONCLUDED
    _set_conference(enquiry, conference, conference_why, right, at)
    enquiry.save()
    enquiry_clocks.stop("S47-OUT", enquiry, at=at, late_reason=late_reason if late else "")
    for rule in ("S47-SEEN", "SD-REV"):
        enquiry_clocks.stop(rule, enquiry, at=at, reason="not_needed")
    _follow_conference(enquiry, at)
    for user_id in {enquiry.submitted_by_id, enquiry.lead_id}:
        notify(enquiry, user_id, "section_47.concluded", at=at)
    tell(
        "section_47.concluded",
        [enquiry],
        right,
        at,
        outcome=outcome,
        conference=conference or "undecided",
    )
    _put_above(enquiry, pressed_by_id, right, at)
    if next_step == NextStep.LEGAL:
        family_changes.raise_for_status(
            child_ids=[enquiry.child_id],
            considered_ids=[
                enquiry.child_id,
                *Section47Enquiry.objects.filter(
                    discussion_id=enquiry.discussion_id, concluded_at__isnull=True, ended_at=None
                ).values_list("child_id", flat=True),
            ],
            what="Legal action about a brother or sister",
            source_kind=enquiry_clocks.SUBJECT,
            source_id=enquiry.pk,
            authority=right,
            at=at,
        )
    once.finish(token, enquiry.pk)
    return enquiry


@transaction.atomic
def decide_conference(
    *,
    by: User,
    at: datetime,
    enquiry_id: UUID,
    conference: str,
    why: str,
    pressed_by_id: UUID | None = None,
) -> Section47Enquiry:
    """Say whether a conference is needed, once concluded: while undecided, or to think again.

    :raises Refused: the enquiry is not concluded or over, or nothing is said
    """
    enquiry, right = decidable(enquiry_id, by, at)
    name = enquiry.child.name
    if enquiry.concluded_at is None:
        raise Refused(f"{name}’s enquiry is not concluded. Conclude it first.")
    if enquiry.ended_at is not None:
        raise Refused(f"{name}’s enquiry is over.")
    if conference not in Conference.values:
        raise Refused(f"Choose whether {name} needs a conference.", field="conference")
    if conference == enquiry.conference:
        raise Refused(f"A conference is required for {name} already.", field="conference")
    _refuse_conference(name, "", conference, why)
    if at < enquiry.concluded_at:
        raise Refused("This is before the enquiry was concluded.")
    _set_conference(enquiry, conference, why, right, at)
    enquiry.save()
    _follow_conference(enquiry, at)
    for user_id in {enquiry.submitted_by_id, enquiry.lead_id}:
        notify(enquiry, user_id, "section_47.concluded", at=at)
    tell("section_47.conference_decided", [enquiry], right, at, conference=conference)
    _put_above(enquiry, pressed_by_id, right, at)
    return enquiry


def _put_above(
    enquiry: Section47Enquiry, pressed_by_id: UUID | None, right: Authority, at: datetime
) -> None:
    """An agency presses for a conference that is refused: heads of service are told."""
    if pressed_by_id is None or enquiry.conference != Conference.NOT_REQUIRED:
        return
    heads = (
        RoleAssignment.objects.filter(
            role=Role.HEAD_OF_SERVICE, user__is_active=True, from_at__lte=at
        )
        .exclude(to_at__lte=at)
        .values_list("user_id", flat=True)
    )
    for user_id in sorted(set(heads) - {right.user.pk}):
        notify(enquiry, user_id, "section_47.pressed", at=at)
    tell("section_47.pressed", [enquiry], right, at, agency_id=str(pressed_by_id))


def _refuse_conference(name: str, next_step: str, conference: str, why: str) -> None:
    if conference not in ("", *Conference.values):
        raise Refused(f"Choose whether {name} needs a conference.", field="conference")
    if next_step == NextStep.CONFERENCE and conference != Conference.REQUIRED:
        raise Refused(
            f"What comes next for {name} is a conference. Choose “Required”.", field="conference"
        )
    if next_step == NextStep.NFA and conference == Conference.REQUIRED:
        raise Refused(
            f"{name} cannot have both no further action and a conference.", field="next_step"
        )
    if conference and not why.strip():
        raise Refused(f"Say why {name} needs a conference, or does not.", field="conference_why")


def _set_conference(
    enquiry: Section47Enquiry, conference: str, why: str, right: Authority, at: datetime
) -> None:
    if not conference:
        return
    enquiry.conference, enquiry.conference_why = conference, why
    enquiry.conference_at, enquiry.conference_by = at, right.user
    enquiry.conference_for = right.acting_for
    if conference == Conference.REQUIRED:
        enquiry.state = State.CONFERENCE_REQUESTED
    else:
        enquiry.state = State.CONCLUDED
        enquiry.ended_at = at


def _follow_conference(enquiry: Section47Enquiry, at: datetime) -> None:
    """Without a conference the enquiry is over, and the 15 working days are not needed."""
    if enquiry.conference == Conference.NOT_REQUIRED:
        enquiry_clocks.stop("S47-ICPC", enquiry, at=at, reason="not_needed")
        end_bookings([enquiry.pk], at=at)
        protection.end(subject_id=enquiry.pk, at=at)


@transaction.atomic
def cancel_in_error(*, by: User, at: datetime, enquiry_id: UUID, because: str) -> Section47Enquiry:
    """Cancel an enquiry that was opened in error; it stays on the record with the reason."""
    enquiry, right = decidable(enquiry_id, by, at)
    _refuse_concluded(enquiry)
    if not because.strip():
        raise Refused(
            f"Say why {enquiry.child.name}’s enquiry was opened in error.", field="because"
        )
    enquiry.state = State.CANCELLED
    enquiry.cancelled_because = because
    enquiry.ended_at = max(at, enquiry.began_at)
    enquiry.save(update_fields=["state", "cancelled_because", "ended_at"])
    enquiry_clocks.stop_all(enquiry, at=at)
    protection.end(subject_id=enquiry.pk, at=at)
    notify(enquiry, enquiry.lead_id, "section_47.cancelled", at=at)
    tell("section_47.cancelled", [enquiry], right, at)
    return enquiry


# What the parts share ---------------------------------------------------------------------------


def lock(enquiry_id: UUID, by: User) -> Section47Enquiry:
    """Lock an enquiry that `by` may read.

    :raises Section47Enquiry.DoesNotExist: there is none, or the child is restricted from `by`
    """
    return (
        Section47Enquiry.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("child", "referral")
        .get(pk=enquiry_id)
    )


def writable(enquiry_id: UUID, by: User, at: datetime) -> tuple[Section47Enquiry, Authority]:
    """Lock an enquiry that may be written in, and give the right of who works with the child.

    The child's lead worker, where qualified, leads the enquiry while nobody was named.
    """
    require(by, Permission.S47_WORK, at=at)
    enquiry = lock(enquiry_id, by)
    name = enquiry.child.name
    if enquiry.state == State.AWAITING_OUTCOME:
        raise Refused(f"{name}’s enquiry is with the manager. Ask for it back to change it.")
    if enquiry.state not in Section47Enquiry.WRITTEN_IN:
        raise Refused(f"{name}’s enquiry is over: {enquiry.state_words.lower()}.")
    right = standing.worker_right(
        by=by, permission=Permission.S47_WORK, child_ids=[enquiry.child_id], at=at
    )
    enquiry.lead = leader_of(enquiry, at=at)
    return enquiry, right


def decidable(enquiry_id: UUID, by: User, at: datetime) -> tuple[Section47Enquiry, Authority]:
    """Lock an enquiry and give the right of the manager who answers for the child."""
    require(by, Permission.S47_CONCLUDE, at=at)
    enquiry = lock(enquiry_id, by)
    right = standing.manager_right(
        by=by, permission=Permission.S47_CONCLUDE, child_ids=[enquiry.child_id], at=at
    )
    return enquiry, right


def _refuse_concluded(enquiry: Section47Enquiry) -> None:
    if enquiry.concluded_at is not None or enquiry.ended_at is not None:
        raise Refused(f"{enquiry.child.name}’s enquiry is over: {enquiry.state_words.lower()}.")


def _refuse_unless_submitted(enquiry: Section47Enquiry) -> None:
    if enquiry.state != State.AWAITING_OUTCOME:
        raise Refused(f"{enquiry.child.name}’s enquiry is not before you.")


def _refuse_clash(enquiry: Section47Enquiry, stands: int, read: int) -> None:
    if stands != read:
        raise Clash(
            f"Somebody has changed this part of {enquiry.child.name}’s enquiry since you opened it."
            " What stands now is shown below; what you record takes its place."
        )


def _late(rule: str, enquiry: Section47Enquiry, at: datetime) -> bool:
    return any(
        clock.rule == rule and clock.due_at < at
        for clock in clocks.running(subject_ids=[enquiry.pk])
    )


def notify(enquiry: Section47Enquiry, user_id: UUID | None, code: str, *, at: datetime) -> None:
    """Owe somebody a notice about the enquiry."""
    if user_id is None:
        return
    outbox.put(
        "notice",
        key=f"{code}:{enquiry.pk.hex}:{user_id.hex}:{at:%y%m%d%H%M%S}",
        payload={
            "user_id": str(user_id),
            "code": code,
            "subject_kind": enquiry_clocks.SUBJECT,
            "subject_id": str(enquiry.pk),
        },
        at=at,
        subject_kind=enquiry_clocks.SUBJECT,
        subject_id=enquiry.pk,
        child_id=enquiry.child_id,
    )


def tell(
    code: str,
    enquiries: Sequence[Section47Enquiry],
    authority: Authority,
    at: datetime,
    **data: str,
) -> None:
    """Write a line on the timeline of each child."""
    for enquiry in enquiries:
        events.append(
            code,
            authority=authority,
            at=at,
            subject_kind=enquiry_clocks.SUBJECT,
            subject_id=enquiry.pk,
            children=[enquiry.child_id],
            data=data,
        )
