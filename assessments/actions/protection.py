"""Conferences and child protection plans: what was decided for each child, and how it goes on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts.models import PartnerAgency, Team, User
from accounts.permissions import CHAIRS, Authority, Permission, require, roles_of
from assessments import protection_clocks as plan_clocks
from assessments import section_47_clocks as enquiry_clocks
from assessments import standing
from assessments.actions import cin_plan
from assessments.actions import section_47 as enquiries
from assessments.actions.booked import conference_held
from assessments.models import (
    BookingChild,
    Conference,
    ConferenceChild,
    CoreGroup,
    CoreGroupChild,
    ProtectionPlan,
    Section47Enquiry,
)
from assessments.queries.current_assessment import current
from cases import clocks as case_clocks
from cases import family_changes, holding, holds, protection
from cases.actions.referrals import TRANSFER_IN
from cases.choices import InvolvementKind, MeetingKind, ProtectionKind, WorkerRole
from cases.models import (
    Allocation,
    MeetingPart,
    Referral,
    Responsibility,
    Visit,
    VisitChild,
)
from lib import application_clock
from lib.working_days import london_date
from people.models import Person
from people.queries import children_of_households, counts_as_child, records_of
from record import clocks, code_lists, events, once, outbox
from record.errors import NotWhole, Refused
from record.models import ClockStop

Result = ConferenceChild.Result
Report = ConferenceChild.Report
Ending = ProtectionPlan.Ending
CATEGORIES = "category_of_abuse"
SATURDAY = 5
#: Endings that no conference needs to decide.
WITHOUT_A_CONFERENCE = (Ending.MOVED, Ending.ADULT, Ending.DIED)


class NotReady(Refused):
    """A record cannot be used in the conference; `links` names each child and why."""

    def __init__(self, obstacles: Sequence[holds.Obstacle]) -> None:
        super().__init__(
            "The assessment cannot be used in a conference yet. "
            + " ".join(f"{each.sentence}." for each in obstacles),
            links=[(each.sentence, each.url) for each in obstacles],
        )


@dataclass(frozen=True, kw_only=True)
class PlanLine:
    """What a conference decided for one child: a plan, with all that belongs to it, or none."""

    result: str
    why: str
    category: str = ""
    previous_elsewhere: int = 0
    must_change: str = ""
    contingency: str = ""
    core_group: str = ""


@dataclass(frozen=True, kw_only=True)
class ConferenceLine(PlanLine):
    """What the initial conference decided for one child."""

    enquiry_id: UUID
    report: str
    shared_on: date | None = None
    late_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """What a review conference decided for one child's plan."""

    plan_id: UUID
    result: str
    why: str
    category: str = ""
    ending: str = ""
    late_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AgencyThere:
    """One agency that was asked to a meeting: who came, what it sent, or why nobody did."""

    agency_id: UUID
    has_attended: bool
    words: str
    has_sent_information: bool = False


@dataclass(frozen=True, kw_only=True)
class CoreGroupLine:
    """What a core group said of one child."""

    plan_id: UUID
    changed: str
    next_steps: str


# The initial conference -------------------------------------------------------------------------


@transaction.atomic
def record_conference(
    *,
    by: User,
    at: datetime,
    lines: Sequence[ConferenceLine],
    chair: str,
    attended: str,
    summary: str,
    family_view: str,
    agency_dissent: str = "",
    agencies: Sequence[AgencyThere] = (),
    token: UUID | None = None,
) -> Conference:
    """Record the initial conference: for each child a plan, from this date, or none.

    Every child of the family whose conference was required is answered for. Where the assessment
    is the report, nothing may stand in the way of using it: no change of circumstance undone.

    :param at: when the conference was
    :raises PermissionDenied: `by` may not record conferences
    :raises NotReady: names each child whose assessment cannot be used, and why
    :raises NotWhole: names each child and each missing thing
    """
    require(by, Permission.CONFERENCE_RECORD, at=at)
    once.claim(token, user=by, action="assessments.record_conference")
    if not lines:
        raise Refused("Choose the children the conference was about.")
    found = {
        enquiry.pk: enquiry
        for enquiry in Section47Enquiry.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("child", "referral")
        .filter(pk__in=[line.enquiry_id for line in lines])
        .order_by("child_id")
    }
    if len(found) < len(lines):
        raise Section47Enquiry.DoesNotExist("There is no such enquiry.")
    children = sorted(enquiry.child_id for enquiry in found.values())
    right = right_to_record(by, children, at)
    holding.lock(children)
    refuse_weekend(at)
    problems = said_problems(
        chair=chair, attended=attended, summary=summary, family_view=family_view
    )
    problems += agency_problems(agencies)
    for line in lines:
        problems += _line_problems(line, found[line.enquiry_id], at)
    problems += _left_out(found.values(), by, at)
    if problems:
        raise NotWhole(problems)
    _refuse_unusable(lines, found, at)
    conference = Conference.objects.create(
        kind=Conference.Kind.INITIAL,
        at=at,
        held_on=london_date(at),
        chair=chair,
        attended=attended,
        summary=summary,
        family_view=family_view,
        agency_dissent=agency_dissent,
        by=by,
        acting_for=right.acting_for,
        recorded_at=application_clock.now(),
    )
    take_part(
        MeetingKind.INITIAL_CONFERENCE,
        conference.pk,
        agencies,
        by=by,
        at=at,
        asked_at=_booked_at(found, at),
    )
    planned = [line for line in lines if line.result == Result.PLAN]
    if planned:
        cin_plan.escalate(
            authority=right,
            at=at,
            child_ids=[found[line.enquiry_id].child_id for line in planned],
            why="A conference made a child protection plan",
        )
    for line in sorted(lines, key=lambda each: found[each.enquiry_id].child_id):
        _decide(conference, line, found[line.enquiry_id], right, at)
    if planned:
        family_changes.raise_for_protection(
            child_ids=sorted(found[line.enquiry_id].child_id for line in planned),
            considered_ids=children,
            source_id=conference.pk,
            authority=right,
            at=at,
        )
    say_dissent(conference, children, right, at)
    once.finish(token, conference.pk)
    return conference


def _booked_at(enquiry_ids: Collection[UUID], at: datetime) -> datetime | None:
    """When agencies were asked: when this conference was booked, if it was."""
    return (
        BookingChild.objects.filter(
            enquiry__in=list(enquiry_ids), ended_at__isnull=True, booking__at__lte=at
        )
        .order_by("booking__at", "pk")
        .values_list("booking__at", flat=True)
        .first()
    )


def say_dissent(
    conference: Conference, child_ids: list[UUID], right: Authority, at: datetime
) -> None:
    """An agency that does not agree with a conference is a change about its children."""
    if conference.agency_dissent.strip():
        family_changes.raise_for_dispute(
            child_ids=child_ids,
            what="An agency does not agree with what the conference decided",
            source_kind="conference",
            source_id=conference.pk,
            authority=right,
            at=at,
        )


def _decide(
    conference: Conference,
    line: ConferenceLine,
    enquiry: Section47Enquiry,
    right: Authority,
    at: datetime,
) -> None:
    plan = (
        begin(
            conference,
            line,
            child_id=enquiry.child_id,
            referral=enquiry.referral,
            enquiry=enquiry,
            right=right,
            at=at,
        )
        if line.result == Result.PLAN
        else None
    )
    ConferenceChild.objects.create(
        conference=conference,
        child_id=enquiry.child_id,
        enquiry=enquiry,
        plan=plan,
        result=line.result,
        category=line.category if plan is not None else "",
        why=line.why,
        report=line.report,
        shared_on=line.shared_on,
        late_reason=line.late_reason,
    )
    enquiry.ended_at = at
    enquiry.save(update_fields=["ended_at"])
    enquiry_clocks.stop("S47-ICPC", enquiry, at=at, late_reason=line.late_reason)
    # Our own conference decides about a plan that was to be taken over, too.
    case_clocks.stop(TRANSFER_IN, on=enquiry.referral, at=at, reason=ClockStop.NOT_NEEDED)
    conference_held(enquiry, at=at, shared_on=line.shared_on)
    protection.end(subject_id=enquiry.pk, at=at)
    _tell(
        "conference.held",
        right,
        at,
        subject_kind=enquiry_clocks.SUBJECT,
        subject_id=enquiry.pk,
        child_id=enquiry.child_id,
        result=line.result,
    )
    told = {enquiry.lead_id, *_workers([enquiry.child_id])}
    if plan is None:  # the manager hears of a plan by the plan
        told |= _managers([enquiry.child_id]) - {right.user.pk}
    for user_id in told:
        enquiries.notify(enquiry, user_id, "conference.held", at=at)


def begin(
    conference: Conference,
    line: PlanLine,
    *,
    child_id: UUID,
    referral: Referral,
    enquiry: Section47Enquiry | None,
    right: Authority,
    at: datetime,
) -> ProtectionPlan:
    """Let a child protection plan run from the date of the conference."""
    records = records_of(person_ids=[child_id])
    plan = ProtectionPlan.objects.create(
        child_id=child_id,
        referral=referral,
        enquiry=enquiry,
        conference=conference,
        started_at=at,
        started_on=conference.held_on,
        initial_category=line.category,
        latest_category=line.category,
        previous_here=ProtectionPlan.objects.filter(child__in=records).count(),
        previous_elsewhere=line.previous_elsewhere,
        must_change=line.must_change,
        contingency=line.contingency,
        core_group=line.core_group,
        recorded_at=application_clock.now(),
    )
    holding.start(
        child_id=plan.child_id,
        kind=InvolvementKind.PLAN,
        subject_id=plan.pk,
        at=at,
        team=_team(plan.child_id),
        authority=right,
    )
    protection.begin(child_id=plan.child_id, kind=ProtectionKind.PLAN, subject_id=plan.pk, at=at)
    plan_clocks.start(plan, by=right.user)
    _tell_plan("protection_plan.started", plan, right, at, category=line.category)
    return plan


def _line_problems(
    line: ConferenceLine, enquiry: Section47Enquiry, at: datetime
) -> list[tuple[str, str]]:
    name, on = enquiry.child.name, london_date(at)
    found: list[tuple[str, str]] = []

    def ask(part: str, sentence: str) -> None:
        found.append((f"child-{enquiry.pk}-{part}", sentence))

    if enquiry.ended_at is not None:
        ask("result", f"{name}’s enquiry is over: {enquiry.state_words.lower()}")
    elif enquiry.conference != Section47Enquiry.Conference.REQUIRED:
        ask("result", f"No conference is required for {name}. The manager decides that first")
    elif at < enquiry.began_at:
        ask("result", f"The conference is before {name}’s enquiry began")
    prefix = f"child-{enquiry.pk}"
    found += decision_problems(line, prefix=prefix, child=enquiry.child)
    if line.report not in Report.values:
        ask("report", f"Choose which report the conference had about {name}")
    if line.shared_on is not None and line.shared_on > on:
        ask("shared_on", f"The report about {name} was shared after the conference")
    found += plan_problems(
        line, prefix=prefix, child=enquiry.child, referral=enquiry.referral, on=on
    )
    if _is_late("S47-ICPC", enquiry.pk, at) and not line.late_reason.strip():
        ask("late_reason", f"Say why the conference about {name} is late")
    return found


def decision_problems(line: PlanLine, *, prefix: str, child: Person) -> list[tuple[str, str]]:
    """What is missing of a decision about one child, whatever was decided."""
    found = []
    if line.result not in (Result.PLAN, Result.NO_PLAN):
        found.append((f"{prefix}-result", f"Choose what the conference decided for {child.name}"))
    if not line.why.strip():
        found.append((f"{prefix}-why", f"Say why the conference decided this for {child.name}"))
    return found


def plan_problems(
    line: PlanLine, *, prefix: str, child: Person, referral: Referral, on: date
) -> list[tuple[str, str]]:
    """What is missing of a plan for one child, and why none can begin."""
    name = child.name
    found: list[tuple[str, str]] = []
    if line.result == Result.PLAN:
        if not code_lists.is_valid(CATEGORIES, line.category, on):
            found.append(("category", f"Choose the category of abuse for {name}"))
        for part, sentence in (
            ("must_change", f"Say what must change for {name}"),
            ("contingency", f"Say what happens if it does not change for {name}"),
            ("core_group", f"Say who is in {name}’s core group"),
        ):
            if not getattr(line, part).strip():
                found.append((part, sentence))
        if ProtectionPlan.objects.running().filter(child=child).exists():
            found.append(("result", f"{name} has a child protection plan already"))
        elif ProtectionPlan.objects.filter(child=child, ended_on__gte=on).exists():
            found.append(
                ("result", f"{name}’s last plan ended on this day or later, so none can begin")
            )
        if not counts_as_child(child, on=on):
            found.append(("result", f"{name} is no child any more, so no plan can begin"))
        if on < referral.referral_on:
            found.append(("result", f"The plan cannot begin before {name}’s referral"))
    return [(f"{prefix}-{part}", sentence) for part, sentence in found]


def _left_out(
    enquiries_there: Collection[Section47Enquiry], by: User, at: datetime
) -> list[tuple[str, str]]:
    """Brothers and sisters whose conference is required too and who are not answered for."""
    there = {enquiry.child_id for enquiry in enquiries_there}
    return [
        ("children", f"Answer for {enquiry.child.name} as well: a conference is required")
        for enquiry in awaited_with(child_ids=there, by=by, at=at)
        if enquiry.child_id not in there
    ]


def awaited_with(*, child_ids: Collection[UUID], by: User, at: datetime) -> list[Section47Enquiry]:
    """Enquiries of these children and their households that wait for a conference."""
    family = {
        child.person_id
        for child in children_of_households(person_ids=sorted(child_ids), on=london_date(at), by=by)
    }
    return list(
        Section47Enquiry.objects.visible_to(by)
        .open()
        .filter(
            child__in=family | set(child_ids),
            conference=Section47Enquiry.Conference.REQUIRED,
        )
        .select_related("child", "referral")
        .order_by("child__date_of_birth", "pk")
    )


def _refuse_unusable(
    lines: Sequence[ConferenceLine], found: dict[UUID, Section47Enquiry], at: datetime
) -> None:
    """An assessment that is the report must be there, and nothing may stand in its way."""
    used = {
        found[line.enquiry_id].child_id: found[line.enquiry_id].child
        for line in lines
        if line.report == Report.ASSESSMENT
    }
    if in_the_way := unusable(used, at=at):
        raise NotReady(in_the_way)


def unusable(used: Mapping[UUID, Person], *, at: datetime) -> list[holds.Obstacle]:
    """Why the assessments of these children cannot be the report to a conference."""
    assessed = current(child_ids=used)
    in_the_way = [
        holds.Obstacle(
            child_id=child_id,
            sentence=f"{person.name} has no authorised assessment",
            url=reverse("cases:child", args=[child_id]),
        )
        for child_id, person in used.items()
        if child_id not in assessed
    ]
    in_the_way += holds.obstacles(child_ids=list(used), purpose=holds.Purpose.CONFERENCE, at=at)
    return in_the_way


# While the plan runs ----------------------------------------------------------------------------


@transaction.atomic
def record_core_group(
    *,
    by: User,
    at: datetime,
    attended: str,
    family_view: str,
    lines: Sequence[CoreGroupLine],
    agencies: Sequence[AgencyThere] = (),
    token: UUID | None = None,
) -> CoreGroup:
    """Record a core group: for each child, what has changed and who does what next.

    :raises NotWhole: names each child and each missing thing
    """
    require(by, Permission.S47_WORK, at=at)
    once.claim(token, user=by, action="assessments.record_core_group")
    plans = _locked([line.plan_id for line in lines], by)
    right = standing.worker_right(
        by=by,
        permission=Permission.S47_WORK,
        child_ids=[plan.child_id for plan in plans.values()],
        at=at,
    )
    problems = said_problems(attended=attended, family_view=family_view)
    problems += agency_problems(agencies)
    for line in lines:
        plan = plans[line.plan_id]
        name = plan.child.name
        problems += _not_running(plan, at)
        if not line.changed.strip():
            problems.append((f"child-{plan.pk}-changed", f"Say what has changed for {name}"))
        if not line.next_steps.strip():
            problems.append(
                (f"child-{plan.pk}-next_steps", f"Say who does what next for {name}, and by when")
            )
    if problems:
        raise NotWhole(problems)
    group = CoreGroup.objects.create(
        at=at,
        attended=attended,
        family_view=family_view,
        by=by,
        recorded_at=application_clock.now(),
    )
    take_part(MeetingKind.CORE_GROUP, group.pk, agencies, by=by, at=at)
    CoreGroupChild.objects.bulk_create(
        CoreGroupChild(
            core_group=group,
            plan=plans[line.plan_id],
            changed=line.changed,
            next_steps=line.next_steps,
        )
        for line in lines
    )
    for plan in plans.values():
        plan_clocks.met_as_core_group(plan, at=at, by=by)
        _tell_plan("protection_plan.core_group", plan, right, at)
    once.finish(token, group.pk)
    return group


@transaction.atomic
def record_review(
    *,
    by: User,
    at: datetime,
    lines: Sequence[ReviewLine],
    chair: str,
    attended: str,
    summary: str,
    family_view: str,
    agency_dissent: str = "",
    agencies: Sequence[AgencyThere] = (),
    token: UUID | None = None,
) -> Conference:
    """Record a review conference: for each child the plan goes on, or ends on this date.

    :raises NotWhole: names each child and each missing thing
    """
    require(by, Permission.CONFERENCE_RECORD, at=at)
    once.claim(token, user=by, action="assessments.record_review_conference")
    plans = _locked([line.plan_id for line in lines], by)
    children = sorted(plan.child_id for plan in plans.values())
    right = right_to_record(by, children, at)
    holding.lock(children)
    refuse_weekend(at)
    problems = said_problems(
        chair=chair, attended=attended, summary=summary, family_view=family_view
    )
    problems += agency_problems(agencies)
    for line in lines:
        problems += _review_problems(line, plans[line.plan_id], at)
    if problems:
        raise NotWhole(problems)
    conference = Conference.objects.create(
        kind=Conference.Kind.REVIEW,
        at=at,
        held_on=london_date(at),
        chair=chair,
        attended=attended,
        summary=summary,
        family_view=family_view,
        agency_dissent=agency_dissent,
        by=by,
        acting_for=right.acting_for,
        recorded_at=application_clock.now(),
    )
    take_part(MeetingKind.REVIEW_CONFERENCE, conference.pk, agencies, by=by, at=at)
    for line in sorted(lines, key=lambda each: plans[each.plan_id].child_id):
        plan = plans[line.plan_id]
        goes_on = line.result == Result.CONTINUE
        ConferenceChild.objects.create(
            conference=conference,
            child_id=plan.child_id,
            plan=plan,
            result=line.result,
            category=line.category if goes_on else "",
            why=line.why,
            late_reason=line.late_reason,
        )
        if goes_on and plan.latest_category != line.category:
            plan.latest_category = line.category
            plan.save(update_fields=["latest_category"])
        plan_clocks.reviewed(plan, at=at, by=by, late_reason=line.late_reason)
        _tell_plan("protection_plan.reviewed", plan, right, at, result=line.result)
        if not goes_on:
            _end(plan, ending=line.ending, why=line.why, right=right, at=at)
    ended = [plan.child_id for plan in plans.values() if plan.ended_on is not None]
    if ended:
        family_changes.raise_for_protection(
            child_ids=sorted(ended),
            considered_ids=children,
            source_id=conference.pk,
            authority=right,
            at=at,
        )
    say_dissent(conference, children, right, at)
    once.finish(token, conference.pk)
    return conference


def _review_problems(line: ReviewLine, plan: ProtectionPlan, at: datetime) -> list[tuple[str, str]]:
    name, on = plan.child.name, london_date(at)
    found = _not_running(plan, at)

    def ask(part: str, sentence: str) -> None:
        found.append((f"child-{plan.pk}-{part}", sentence))

    if on == plan.started_on:
        ask("result", f"{name}’s plan began on this day, so this is no review")
    if line.result not in (Result.CONTINUE, Result.END):
        ask("result", f"Choose whether {name}’s plan goes on")
    if line.result == Result.CONTINUE and not code_lists.is_valid(CATEGORIES, line.category, on):
        ask("category", f"Choose the category of abuse for {name}")
    if line.result == Result.END and line.ending not in Ending.values:
        ask("ending", f"Choose why {name}’s plan ends")
    if line.result == Result.END and line.ending == Ending.DIED and plan.child.died_on is None:
        ask("ending", f"{name}’s death is not recorded. Record it first")
    if not line.why.strip():
        ask("why", f"Say why the conference decided this for {name}")
    is_late = _is_late("RCPC-1", plan.pk, at) or _is_late("RCPC-N", plan.pk, at)
    if is_late and not line.late_reason.strip():
        ask("late_reason", f"Say why the review about {name} is late")
    return found


@transaction.atomic
def end_without_conference(
    *, by: User, at: datetime, plan_id: UUID, ending: str, why: str
) -> ProtectionPlan:
    """End a plan that no conference needs to end: moved away, turned 18, or died.

    :raises Refused: another reason, which a review conference decides, or none
    """
    require(by, Permission.CONFERENCE_RECORD, at=at)
    plan = _locked([plan_id], by)[plan_id]
    right = right_to_record(by, [plan.child_id], at)
    holding.lock([plan.child_id])
    name = plan.child.name
    for _field, sentence in _not_running(plan, at):
        raise Refused(f"{sentence}.")
    if ending not in WITHOUT_A_CONFERENCE:
        raise Refused(
            f"Only a review conference ends {name}’s plan for any other reason.", field="ending"
        )
    if ending == Ending.DIED and plan.child.died_on is None:
        raise Refused(f"{name}’s death is not recorded. Record it first.", field="ending")
    if not why.strip():
        raise Refused(f"Say why {name}’s plan ends, and who has been told.", field="why")
    _end(plan, ending=ending, why=why, right=right, at=at)
    return plan


def _end(plan: ProtectionPlan, *, ending: str, why: str, right: Authority, at: datetime) -> None:
    plan.ended_on, plan.ended_at, plan.ended_by = london_date(at), at, right.user
    plan.ending, plan.ended_why = ending, why
    plan.save(update_fields=["ended_on", "ended_at", "ended_by", "ending", "ended_why"])
    plan_clocks.stop_all(plan, at=at)
    protection.end(subject_id=plan.pk, at=at)
    holding.end(child_id=plan.child_id, kind=InvolvementKind.PLAN, subject_id=plan.pk, at=at)
    _tell_plan("protection_plan.ended", plan, right, at, ending=ending)


def follow_visit(*, visit: Visit, seen: Sequence[VisitChild]) -> None:
    """Count to the next visit of each child seen (cases.reactions.visit_recorded)."""
    plans = (
        ProtectionPlan.objects.running()
        .select_related("child")
        .filter(
            child__in=records_of(person_ids=[row.child_id for row in seen]),
            started_at__lte=visit.at,
        )
        .order_by("child_id")
    )
    for plan in plans:
        plan_clocks.seen(plan, at=visit.at, by=visit.recorded_by)


# What the parts share ---------------------------------------------------------------------------


def right_to_record(by: User, child_ids: Collection[UUID], at: datetime) -> Authority:
    """A chair records any conference; a manager those of children they answer for."""
    if roles_of(by, at) & CHAIRS:
        return require(by, Permission.CONFERENCE_RECORD, at=at)
    return standing.manager_right(
        by=by, permission=Permission.CONFERENCE_RECORD, child_ids=child_ids, at=at
    )


def _locked(plan_ids: Collection[UUID], by: User) -> dict[UUID, ProtectionPlan]:
    """Lock plans that `by` may read.

    :raises ProtectionPlan.DoesNotExist: there is none, or the child is restricted from `by`
    """
    if not plan_ids:
        raise Refused("Choose the children it was about.")
    plans = {
        plan.pk: plan
        for plan in ProtectionPlan.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("child", "referral")
        .filter(pk__in=plan_ids)
        .order_by("child_id")
    }
    if len(plans) < len(set(plan_ids)):
        raise ProtectionPlan.DoesNotExist("There is no such plan.")
    return plans


def _not_running(plan: ProtectionPlan, at: datetime) -> list[tuple[str, str]]:
    if plan.ended_on is not None:
        return [("children", f"{plan.child.name}’s plan has ended")]
    if at < plan.started_at:
        return [("at", f"{plan.child.name}’s plan had not begun")]
    return []


def refuse_weekend(at: datetime) -> None:
    if london_date(at).weekday() >= SATURDAY:
        raise Refused("A conference is not held on a Saturday or Sunday.", field="at")


def said_problems(**given: str) -> list[tuple[str, str]]:
    sentences = {
        "chair": "Say who chaired the conference",
        "attended": "Say who was there, who sent information, and who was missing",
        "summary": "Say what was talked about",
        "family_view": "Say what each parent and child said",
    }
    return [(field, sentences[field]) for field, said in given.items() if not said.strip()]


def agency_problems(agencies: Sequence[AgencyThere]) -> list[tuple[str, str]]:
    names = PartnerAgency.objects.in_bulk([each.agency_id for each in agencies])
    found = []
    if len(names) < len(agencies):
        found.append(("agencies", "Name each agency once"))
    for each in agencies:
        name = names[each.agency_id].name
        if each.words.strip():
            continue
        if each.has_attended:
            found.append(("agencies", f"Say who came for {name}"))
        elif each.has_sent_information:
            found.append(("agencies", f"Say what {name} sent, and who wrote it"))
        else:
            found.append(("agencies", f"Say why {name} did not come"))
    return found


def take_part(
    kind: MeetingKind,
    meeting_id: UUID,
    agencies: Sequence[AgencyThere],
    *,
    by: User,
    at: datetime,
    asked_at: datetime | None = None,
) -> None:
    """Write down which agencies were asked, came or sent information, as of every meeting.

    :param asked_at: when they were asked; left out, for the meeting
    """
    MeetingPart.objects.bulk_create(
        MeetingPart(
            kind=kind,
            meeting_id=meeting_id,
            meeting_at=at,
            agency_id=each.agency_id,
            invited_at=asked_at or at,
            invited_by=by,
            has_attended=each.has_attended,
            who=each.words[:200] if each.has_attended else "",
            absent_because="" if each.has_attended else each.words,
            contributed_at=at if each.has_sent_information else None,
            recorded_at=application_clock.now(),
        )
        for each in agencies
    )


def _is_late(rule: str, subject_id: UUID, at: datetime) -> bool:
    return any(
        clock.rule == rule and clock.due_at < at
        for clock in clocks.running(subject_ids=[subject_id])
    )


def _team(child_id: UUID) -> Team:
    held = (
        Responsibility.objects.filter(child=child_id, to_at__isnull=True)
        .select_related("team__manager")
        .first()
    )
    if held is None:
        raise Refused("Nobody holds this child any more: nothing is open.")
    return held.team


def _workers(child_ids: Collection[UUID]) -> set[UUID]:
    return set(
        Allocation.objects.filter(
            child__in=child_ids, role=WorkerRole.LEAD, to_at__isnull=True
        ).values_list("worker_id", flat=True)
    )


def _managers(child_ids: Collection[UUID]) -> set[UUID]:
    return set(
        Responsibility.objects.filter(child__in=child_ids, to_at__isnull=True).values_list(
            "manager_id", flat=True
        )
    )


def _tell_plan(
    code: str, plan: ProtectionPlan, right: Authority, at: datetime, **data: str
) -> None:
    _tell(
        code,
        right,
        at,
        subject_kind=plan_clocks.SUBJECT,
        subject_id=plan.pk,
        child_id=plan.child_id,
        **data,
    )
    for user_id in (_managers([plan.child_id]) | _workers([plan.child_id])) - {right.user.pk}:
        outbox.put(
            "notice",
            key=f"{code}:{plan.pk.hex}:{user_id.hex}:{at:%y%m%d%H%M%S}",
            payload={
                "user_id": str(user_id),
                "code": code,
                "subject_kind": plan_clocks.SUBJECT,
                "subject_id": str(plan.pk),
            },
            at=at,
            subject_kind=plan_clocks.SUBJECT,
            subject_id=plan.pk,
            child_id=plan.child_id,
        )


def _tell(
    code: str,
    right: Authority,
    at: datetime,
    *,
    subject_kind: str,
    subject_id: UUID,
    child_id: UUID,
    **data: str,
) -> None:
    events.append(
        code,
        authority=right,
        at=at,
        subject_kind=subject_kind,
        subject_id=subject_id,
        children=[child_id],
        data=data,
    )
