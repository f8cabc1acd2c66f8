"""What the pages of a section 47 enquiry show, and what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import RoleAssignment, TeamMembership, User
from accounts.permissions import TABLE, Permission, holds
from assessments import standing
from assessments.actions.section_47 import leader_of, missing_in, visits_in
from assessments.models import (
    AssessmentChild,
    BookingChild,
    ConferenceChild,
    Section47Enquiry,
    Section47Step,
)
from assessments.queries.protection import agencies_at, may_record
from cases.choices import WorkerRole
from cases.models import Allocation, MeetingPart, Responsibility, VisitChild
from cases.panels import Work
from cases.queries.work import my_teams
from lib import words
from lib.text import is_nearly_same_text
from lib.working_days import london_date
from people.choices import Stage
from people.queries import age
from record import clocks
from record.clocks import ClockView
from record.errors import Refused
from record.models import Clock

State = Section47Enquiry.State
MOST = 50
#: Younger children are not asked to speak alone (domain.md 2.7, F-ALONE).
ALONE_FROM_YEARS = 3


@dataclass(frozen=True, kw_only=True)
class EnquiryPage:
    """Everything on the page of an enquiry, in a fixed number of queries."""

    enquiry: Section47Enquiry
    name: str
    heading: str
    lead: User | None
    holder: Responsibility | None
    visits: list[VisitChild]
    steps: list[Section47Step]
    due: list[ClockView]
    running: list[Clock]
    siblings: list[Section47Enquiry]
    asks: list[str]
    same_words: list[tuple[str, str]]
    missing: list[dict[str, str]]
    has_assessment: bool
    conference_due: ClockView | None
    held: ConferenceChild | None = None
    held_parts: list[MeetingPart] = field(default_factory=list)
    may_record_conference: bool = False
    booked: BookingChild | None = None
    report_due: ClockView | None = None
    may_share: bool = False
    may_write: bool = False
    may_decide: bool = False
    may_name_lead: bool = False
    child_ids: list[UUID] = field(default_factory=list)

    @property
    def is_seen(self) -> bool:
        return any(row.was_seen for row in self.visits)

    @property
    def not_in_conference(self) -> list[Section47Enquiry]:
        """Brothers and sisters of the same discussion who do not wait for a conference yet."""
        return [
            each
            for each in self.siblings
            if each.is_open and each.conference != Section47Enquiry.Conference.REQUIRED
        ]

    @property
    def is_unborn(self) -> bool:
        return self.enquiry.child.stage == Stage.UNBORN


def enquiry_page(*, by: User, enquiry_id: UUID, at: datetime) -> EnquiryPage:
    """Gather the page of an enquiry that `by` may read.

    :raises Section47Enquiry.DoesNotExist: there is none, or the child is restricted from `by`
    """
    enquiry = (
        Section47Enquiry.objects.visible_to(by)
        .select_related(
            "child",
            "decision__by",
            "lead",
            "submitted_by",
            "concluded_by",
            "concluded_for",
            "conference_by",
            "oversight",
        )
        .get(pk=enquiry_id)
    )
    name = enquiry.child.name
    visits = list(visits_in(enquiry).select_related("visit__by").order_by("-at", "pk"))
    siblings = list(
        Section47Enquiry.objects.visible_to(by)
        .filter(discussion_id=enquiry.discussion_id)
        .exclude(pk=enquiry.pk)
        .select_related("child")
        .order_by("child__date_of_birth", "pk")
    )
    booked = (
        BookingChild.objects.filter(enquiry=enquiry, ended_at__isnull=True)
        .select_related("booking__by", "booking__replaces", "shared_by")
        .first()
    )
    report_due = clocks.earliest(clocks.running(subject_ids=[booked.pk])) if booked else None
    running = clocks.running(subject_ids=[enquiry.pk])
    holder = (
        Responsibility.objects.filter(child=enquiry.child_id, to_at__isnull=True)
        .select_related("team", "manager")
        .first()
    )
    is_written = enquiry.state in Section47Enquiry.WRITTEN_IN
    decides = _has(standing.manager_right, by, Permission.S47_CONCLUDE, enquiry, at)
    is_over = enquiry.is_concluded or not enquiry.is_open
    held = ConferenceChild.objects.filter(enquiry=enquiry).select_related("conference").first()
    icpc = [clock for clock in running if clock.rule == "S47-ICPC"]
    return EnquiryPage(
        enquiry=enquiry,
        name=name,
        heading=words.names_with_ages([(name, age(enquiry.child, on=london_date(at)))]),
        lead=leader_of(enquiry, at=at),
        holder=holder,
        visits=visits,
        steps=list(enquiry.steps.filter(taken_out_at=None).order_by("recorded_at", "pk")),
        due=[clocks.arithmetic(clock, at) for clock in running],
        running=running,
        siblings=siblings,
        asks=evidence_asked(enquiry, visits, at=at) if is_written else [],
        same_words=_same_words(enquiry, siblings),
        missing=[{"words": said, "url": url} for said, url in missing_in(enquiry)]
        if is_written
        else [],
        has_assessment=AssessmentChild.objects.filter(
            referral=enquiry.referral_id, child=enquiry.child_id, taken_out_at__isnull=True
        ).exists(),
        conference_due=clocks.arithmetic(icpc[0], at) if icpc else None,
        held=held,
        held_parts=agencies_at(held.conference_id) if held else [],
        may_record_conference=enquiry.is_open
        and enquiry.conference == Section47Enquiry.Conference.REQUIRED
        and may_record(by=by, child_ids=[enquiry.child_id], at=at),
        booked=booked,
        report_due=clocks.arithmetic(report_due, at) if report_due else None,
        may_share=booked is not None
        and booked.shared_on is None
        and _has(standing.worker_right, by, Permission.S47_WORK, enquiry, at),
        may_write=is_written and _has(standing.worker_right, by, Permission.S47_WORK, enquiry, at),
        may_decide=decides and enquiry.is_open,
        may_name_lead=decides and not is_over,
        child_ids=[enquiry.child_id, *(each.child_id for each in siblings)],
    )


def _has(
    ask: Any, by: User, permission: Permission, enquiry: Section47Enquiry, at: datetime
) -> bool:
    if not holds(by, permission):
        return False
    try:
        ask(by=by, permission=permission, child_ids=[enquiry.child_id], at=at)
    except Refused:
        return False
    return True


def evidence_asked(
    enquiry: Section47Enquiry, visits: Sequence[VisitChild], *, at: datetime
) -> list[str]:
    """Questions that the record itself raises. They ask for evidence and judge nobody."""
    name = enquiry.child.given_name or enquiry.child.name
    found = []
    born = enquiry.child.date_of_birth
    is_small = born is not None and (london_date(at) - born).days < ALONE_FROM_YEARS * 365
    if enquiry.child.stage != Stage.UNBORN:
        seen = [row for row in visits if row.was_seen]
        if not seen:
            found.append(
                f"{name} has not been seen since the discussion. Who tries next, and when?"
            )
        elif not is_small and not any(row.was_seen_alone for row in seen):
            found.append(
                f"{name} has not been seen alone. Where could {name} speak with nobody listening?"
            )
        if seen and not any(row.words.strip() or row.observed.strip() for row in seen):
            found.append(
                f"No visit says what {name} said or showed. What were the words, and how did"
                f" {name} look?"
            )
        if seen and not any(row.visit.is_home_seen for row in visits):
            found.append(
                f"Nobody has recorded seeing where {name} sleeps. What is it like at night?"
            )
    if enquiry.found and not enquiry.agencies_said:
        found.append(
            "Only our own words stand here. What did police, health and school see, and on which"
            " days?"
        )
    if enquiry.found and not enquiry.parents_view:
        found.append(
            "How does each parent explain it? Which of them has not been asked, also of those who"
            " live elsewhere?"
        )
    if (
        enquiry.is_joint
        and enquiry.found
        and "police" not in (f"{enquiry.found} {enquiry.agencies_said}".casefold())
    ):
        found.append("The enquiry is joint. What have the police done, and what do they think?")
    return found


def _same_words(
    enquiry: Section47Enquiry, siblings: Sequence[Section47Enquiry]
) -> list[tuple[str, str]]:
    """Parts about this child alone that read as a brother's or sister's do."""
    return [
        (label, other.child.name)
        for other in siblings
        for label, mine, theirs in (
            ("What was found", enquiry.found, other.found),
            ("What it means", enquiry.analysis, other.analysis),
        )
        if is_nearly_same_text(mine, theirs)
    ]


def to_fill(page: EnquiryPage) -> list[Section47Enquiry]:
    """Enquiries of brothers and sisters that say nothing of the family yet."""
    return [
        other
        for other in page.siblings
        if other.state in Section47Enquiry.WRITTEN_IN
        and not (other.parents_view or other.agencies_said or other.home)
    ]


def who_may_lead(*, enquiry: Section47Enquiry, at: datetime) -> list[tuple[str, str]]:
    """Qualified social workers of the team that holds the child, as choices."""
    held = Responsibility.objects.filter(child=enquiry.child_id, to_at__isnull=True).first()
    if held is None:
        return []
    on = london_date(at)
    members = TeamMembership.objects.filter(team=held.team_id, from_on__lte=on).exclude(
        to_on__lt=on
    )
    qualified = RoleAssignment.objects.filter(
        role__in=sorted(TABLE[Permission.S47_WORK]), from_at__lte=at
    ).exclude(to_at__lte=at)
    people = User.objects.filter(
        is_active=True, pk__in=members.values("user").intersection(qualified.values("user"))
    ).order_by("full_name", "pk")
    return [(str(user.pk), user.full_name) for user in people]


# Home and the child's page -----------------------------------------------------------------------


def enquiries_of(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """What the panel of a child's page shows: the enquiry that is open, and those before."""
    rows = list(
        Section47Enquiry.objects.visible_to(by)
        .filter(child__in=child_ids)
        .select_related("lead")
        .order_by("-began_at", "pk")[:10]
    )
    return {
        "current": next((row for row in rows if row.is_open), None),
        "earlier": [row for row in rows if not row.is_open],
    }


def section_47_work(*, by: User, at: datetime) -> Sequence[Work]:
    """My enquiries: to write, to answer, to lead, and conferences to decide or hold."""
    found: list[Work] = []
    if holds(by, Permission.S47_WORK):
        found += _mine(by, at)
        found += _to_share(by)
    if holds(by, Permission.S47_CONCLUDE):
        found += _to_decide(by, at)
    return found


def _mine(by: User, at: datetime) -> list[Work]:
    allocated = Allocation.objects.filter(
        child=OuterRef("child"), worker=by, role=WorkerRole.LEAD, to_at__isnull=True
    )
    rows = (
        Section47Enquiry.objects.visible_to(by)
        .filter(Q(lead=by) | Exists(allocated))
        .filter(state__in=Section47Enquiry.WRITTEN_IN, ended_at__isnull=True)
        .select_related("child")
        .order_by("next_due_at", "pk")[:MOST]
    )
    return [
        _work(
            row,
            verb="Write what is missing"
            if row.returned_because
            else "See the child"
            if row.next_due_code == "S47-SEEN"
            else "Write the enquiry",
            why="The manager sent it back" if row.returned_because else row.get_state_display(),
        )
        for row in rows
    ]


def _to_share(by: User) -> list[Work]:
    """Reports for a conference that the family has not seen yet."""
    allocated = Allocation.objects.filter(
        child=OuterRef("child"), worker=by, role=WorkerRole.LEAD, to_at__isnull=True
    )
    rows = list(
        BookingChild.objects.filter(
            Q(enquiry__lead=by) | Q(Exists(allocated)),
            enquiry__in=Section47Enquiry.objects.visible_to(by),
            ended_at__isnull=True,
            shared_on__isnull=True,
        )
        .select_related("child", "booking")
        .order_by("booking__share_by", "pk")[:MOST]
    )
    limits = {clock.subject_id: clock for clock in clocks.running(subject_ids=[r.pk for r in rows])}
    found = []
    for row in rows:
        limit = limits.get(row.pk)
        found.append(
            Work(
                verb="Share the report",
                url=reverse("assessments:conference_share", args=[row.enquiry_id]),
                who=row.child.name,
                why=f"Conference on {words.date_words(row.booking.held_on)}",
                detail="Initial conference",
                due_at=limit.due_at if limit else None,
                warn_at=limit.warn_at if limit else None,
                very_late_at=limit.very_late_at if limit else None,
                rule=limit.rule if limit else "",
            )
        )
    return found


def _qualified(at: datetime) -> QuerySet[Allocation]:
    """The lead worker of an enquiry's child, where a qualified social worker."""
    held = RoleAssignment.objects.filter(
        role__in=sorted(TABLE[Permission.S47_WORK]), from_at__lte=at
    ).exclude(to_at__lte=at)
    return Allocation.objects.filter(
        child=OuterRef("child"),
        role=WorkerRole.LEAD,
        to_at__isnull=True,
        worker__in=held.values("user"),
        worker__is_active=True,
    )


def _to_decide(by: User, at: datetime) -> list[Work]:
    held = Responsibility.objects.filter(
        child=OuterRef("child"), to_at__isnull=True, team__in=my_teams(by=by, at=at)
    )
    rows = (
        Section47Enquiry.objects.visible_to(by)
        .open()
        .filter(Exists(held))
        .filter(
            Q(state=State.AWAITING_OUTCOME)
            | Q(
                ~Exists(_qualified(at)),
                Q(lead=None) | Q(lead__is_active=False),
                state__in=Section47Enquiry.WRITTEN_IN,
            )
            | Q(state=State.CONCLUDED)
        )
        .exclude(submitted_by=by)
        .select_related("child")
        .order_by("next_due_at", "pk")[:MOST]
    )
    asked = {
        State.AWAITING_OUTCOME: ("Decide the outcome", "Put to you"),
        State.CONCLUDED: (
            "Decide on a conference",
            "Whether a conference is needed is not decided",
        ),
    }
    nobody = ("Name who leads", "No qualified social worker leads the enquiry")
    found = []
    for row in rows:
        verb, why = asked.get(State(row.state), nobody)
        found.append(_work(row, verb=verb, why=why))
    return found


def _work(enquiry: Section47Enquiry, *, verb: str, why: str) -> Work:
    return Work(
        verb=verb,
        url=reverse("assessments:section_47", args=[enquiry.pk]),
        who=enquiry.child.name,
        why=why,
        detail="Section 47 enquiry",
        due_at=enquiry.next_due_at,
        warn_at=enquiry.next_warn_at,
        very_late_at=enquiry.next_very_late_at,
        rule=enquiry.next_due_code,
    )
