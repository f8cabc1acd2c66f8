"""What the pages of a child protection plan show, and who has a conference to hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from accounts.models import PartnerAgency, User
from accounts.permissions import CHAIRS, Permission, holds, roles_of
from assessments import standing
from assessments.actions.cin_plan import OPEN_REFERRALS
from assessments.actions.protection import CATEGORIES
from assessments.models import (
    BookingChild,
    Conference,
    ConferenceChild,
    CoreGroupChild,
    ProtectionPlan,
    Section47Enquiry,
)
from cases.actions.referrals import TRANSFER_IN
from cases.choices import Mark
from cases.models import (
    Allocation,
    ContactPerson,
    MeetingPart,
    Referral,
    Responsibility,
    VisitChild,
)
from cases.panels import Work
from cases.queries.work import my_teams
from lib import words
from lib.working_days import london_date
from people.models import Person
from people.queries import age, records_of
from record import clocks, code_lists
from record.clocks import ClockView
from record.errors import Refused
from record.models import Clock

MOST = 50
MEETINGS_SHOWN = 20
VISITS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class PlanPage:
    """Everything on the page of a plan, in a fixed number of queries."""

    plan: ProtectionPlan
    name: str
    heading: str
    initial_category: str
    latest_category: str
    holder: Responsibility | None
    due: list[ClockView]
    visits: list[VisitChild]
    conferences: list[tuple[ConferenceChild, list[MeetingPart]]]
    core_groups: list[tuple[CoreGroupChild, list[MeetingPart]]]
    siblings: list[ProtectionPlan]
    may_work: bool = False
    may_record: bool = False
    child_ids: list[UUID] = field(default_factory=list)

    @property
    def together(self) -> list[ProtectionPlan]:
        """This plan and those of brothers and sisters of the same conference that run."""
        return [self.plan, *(each for each in self.siblings if each.ended_on is None)]


def plan_page(*, by: User, plan_id: UUID, at: datetime) -> PlanPage:
    """Gather the page of a plan that `by` may read.

    :raises ProtectionPlan.DoesNotExist: there is none, or the child is restricted from `by`
    """
    plan = (
        ProtectionPlan.objects.visible_to(by)
        .select_related("child", "conference", "enquiry", "ended_by")
        .get(pk=plan_id)
    )
    name, child_ids = plan.child.name, [plan.child_id]
    siblings = list(
        ProtectionPlan.objects.visible_to(by)
        .filter(conference=plan.conference_id)
        .exclude(pk=plan.pk)
        .select_related("child")
        .order_by("child__date_of_birth", "pk")
    )
    works = _has(standing.worker_right, by, Permission.S47_WORK, child_ids, at)
    conferences = list(
        plan.conferences.select_related("conference").order_by("-conference__at")[:MEETINGS_SHOWN]
    )
    core_groups = list(
        plan.core_groups.select_related("core_group__by").order_by("-core_group__at")[
            :MEETINGS_SHOWN
        ]
    )
    parts: dict[UUID, list[MeetingPart]] = {}
    for part in (
        MeetingPart.objects.filter(
            meeting_id__in=[
                *(row.conference_id for row in conferences),
                *(row.core_group_id for row in core_groups),
            ]
        )
        .select_related("agency")
        .order_by("agency__name", "pk")
    ):
        parts.setdefault(part.meeting_id, []).append(part)
    return PlanPage(
        plan=plan,
        name=name,
        heading=words.names_with_ages([(name, age(plan.child, on=london_date(at)))]),
        initial_category=code_lists.label(CATEGORIES, plan.initial_category, plan.started_on),
        latest_category=code_lists.label(CATEGORIES, plan.latest_category, plan.started_on),
        holder=Responsibility.objects.filter(child=plan.child_id, to_at__isnull=True)
        .select_related("team", "manager")
        .first(),
        due=[clocks.arithmetic(clock, at) for clock in clocks.running(subject_ids=[plan.pk])],
        visits=list(
            VisitChild.objects.filter(
                child__in=records_of(person_ids=[plan.child_id]), at__gte=plan.started_at
            )
            .select_related("visit__by")
            .order_by("-at", "pk")[:VISITS_SHOWN]
        ),
        conferences=[(row, parts.get(row.conference_id, [])) for row in conferences],
        core_groups=[(row, parts.get(row.core_group_id, [])) for row in core_groups],
        siblings=siblings,
        may_work=works and plan.ended_on is None,
        may_record=plan.ended_on is None and may_record(by=by, child_ids=child_ids, at=at),
        child_ids=[plan.child_id, *(each.child_id for each in siblings)],
    )


def may_record(*, by: User, child_ids: Sequence[UUID], at: datetime) -> bool:
    """Say whether somebody records conferences about these children."""
    if roles_of(by, at) & CHAIRS:
        return True
    return _has(standing.manager_right, by, Permission.CONFERENCE_RECORD, list(child_ids), at)


def _has(ask: Any, by: User, permission: Permission, child_ids: list[UUID], at: datetime) -> bool:
    if not holds(by, permission):
        return False
    try:
        ask(by=by, permission=permission, child_ids=child_ids, at=at)
    except Refused:
        return False
    return True


def agencies_at(meeting_id: UUID) -> list[MeetingPart]:
    """The agencies that were asked to a meeting, in order of name."""
    return list(
        MeetingPart.objects.filter(meeting_id=meeting_id)
        .select_related("agency")
        .order_by("agency__name", "pk")
    )


def agencies() -> list[tuple[str, str]]:
    """Agencies that can be asked to a meeting, as choices."""
    rows = PartnerAgency.objects.filter(is_active=True).order_by("name", "pk")
    return [(str(each.pk), each.name) for each in rows]


def categories(*, on: date) -> Sequence[tuple[str, str]]:
    """The categories of abuse that may be entered on a day."""
    return code_lists.choices(CATEGORIES, on)


def late(*, subject_ids: Sequence[UUID], rules: Sequence[str], at: datetime) -> set[UUID]:
    """Those of the subjects for which one of these limits has passed."""
    return {
        clock.subject_id
        for clock in clocks.running(subject_ids=subject_ids)
        if clock.rule in rules and clock.due_at < at
    }


# Home and the child's page -----------------------------------------------------------------------


def protection_of(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """What the panel of a child's page shows: the plan that runs, and those before."""
    rows = list(
        ProtectionPlan.objects.visible_to(by)
        .filter(child__in=child_ids)
        .order_by("-started_on", "pk")[:10]
    )
    running = next((row for row in rows if row.ended_on is None), None)
    return {
        "current": running,
        "category": code_lists.label(CATEGORIES, running.latest_category, running.started_on)
        if running
        else "",
        "earlier": [row for row in rows if row.ended_on is not None],
        "moved_in_id": None if running else _moved_in(by, child_ids),
    }


def _moved_in(by: User, child_ids: Sequence[UUID]) -> UUID | None:
    """The child, if a contact says that the family moved here with another authority's plan and
    `by` may record the conference that takes it over.
    """
    if not child_ids or not holds(by, Permission.CONFERENCE_RECORD):
        return None
    said = ContactPerson.objects.filter(
        person__in=child_ids, contact__marks__contains=[Mark.CP_TRANSFER_IN]
    )
    was_held = ConferenceChild.objects.filter(
        child__in=child_ids,
        conference__kind=Conference.Kind.TRANSFER_IN,
        conference__at__gte=OuterRef("received_at"),
    )
    open_here = Referral.objects.filter(
        ~Exists(was_held), child__in=child_ids, state__in=OPEN_REFERRALS
    )
    return child_ids[0] if said.exists() and open_here.exists() else None


def protection_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Conferences to hold, core groups and visits that come due."""
    found: list[Work] = []
    if holds(by, Permission.CONFERENCE_RECORD):
        found += _conferences(by, at)
    if holds(by, Permission.S47_WORK):
        found += _to_do(by, at)
    return found


def _held_by(by: User, at: datetime) -> QuerySet[Responsibility]:
    return Responsibility.objects.filter(
        child=OuterRef("child"), to_at__isnull=True, team__in=my_teams(by=by, at=at)
    )


def _conferences(by: User, at: datetime) -> list[Work]:
    """For a chair every conference to come; for a manager those of children of their teams."""
    awaited = (
        Section47Enquiry.objects.visible_to(by)
        .open()
        .filter(conference=Section47Enquiry.Conference.REQUIRED)
        .select_related("child")
    )
    reviews = (
        ProtectionPlan.objects.visible_to(by)
        .running()
        .filter(next_due_code__in=["RCPC-1", "RCPC-N"], next_warn_at__lte=at)
        .select_related("child")
    )
    to_take_over = _to_take_over(by)
    if not roles_of(by, at) & CHAIRS:
        awaited = awaited.filter(Exists(_held_by(by, at)))
        reviews = reviews.filter(Exists(_held_by(by, at)))
        to_take_over = to_take_over.filter(Exists(_held_by(by, at)))
    families: dict[UUID, list[Referral]] = {}
    for referral in to_take_over[:MOST]:
        families.setdefault(referral.contact_id, []).append(referral)
    heads = [referrals[0].pk for referrals in families.values()]
    limits = {
        clock.subject_id: clock
        for clock in (clocks.running(subject_ids=heads) if heads else ())
        if clock.rule == TRANSFER_IN
    }
    return [
        *(
            Work(
                verb="Hold the conference",
                url=reverse("assessments:conference_moved_in", args=[referrals[0].child_id]),
                who=words.list_of_names([each.child.name for each in referrals]),
                why="The family moved here with another authority’s child protection plan",
                detail="Transfer-in conference",
                due_at=limits[referrals[0].pk].due_at,
                warn_at=limits[referrals[0].pk].warn_at,
                very_late_at=limits[referrals[0].pk].very_late_at,
                rule=TRANSFER_IN,
            )
            for referrals in families.values()
        ),
        *_initial(list(awaited.order_by("next_due_at", "child__date_of_birth", "pk")[:MOST]), at),
        *(
            _work(
                plan,
                verb="Hold the review",
                url=reverse("assessments:protection_plan", args=[plan.pk]),
                detail="Child protection plan",
                why=clocks.rule(plan.next_due_code).words,
            )
            for plan in reviews.order_by("next_due_at", "pk")[:MOST]
        ),
    ]


def _initial(enquiries: Sequence[Section47Enquiry], at: datetime) -> list[Work]:
    """Initial conferences: one for the children booked together, or of one discussion."""
    booked = {
        line.enquiry_id: line.booking
        for line in BookingChild.objects.filter(
            enquiry__in=enquiries, ended_at__isnull=True
        ).select_related("booking")
    }
    together: dict[UUID, list[Section47Enquiry]] = {}
    for enquiry in enquiries:
        booking = booked.get(enquiry.pk)
        together.setdefault(booking.pk if booking else enquiry.discussion_id, []).append(enquiry)
    found = []
    for first, *others in together.values():
        booking = booked.get(first.pk)
        if booking is None:
            verb, why = "Book the conference", "An initial conference is required"
        elif booking.starts_at > at:
            verb = "Hold the conference"
            why = f"Booked for {words.moment_words(booking.starts_at, now=at)}"
        else:
            verb = "Record the conference"
            why = f"It was booked for {words.moment_words(booking.starts_at, now=at)}"
        family = [first, *others]
        found.append(
            _work(
                first,
                verb=verb,
                url=reverse("assessments:section_47", args=[first.pk]),
                detail="Initial conference",
                why=why,
                who=words.list_of_names([each.child.name for each in family], shown=len(family)),
            )
        )
    return found


def _to_take_over(by: User) -> QuerySet[Referral]:
    """Children who moved here with another authority's plan, families together."""
    running = Clock.objects.filter(rule=TRANSFER_IN, stopped_at__isnull=True)
    return (
        Referral.objects.filter(
            pk__in=running.values("subject_id"), child__in=Person.objects.visible_to(by)
        )
        .select_related("child")
        .order_by("received_at", "contact_id", "child__date_of_birth", "pk")
    )


def _to_do(by: User, at: datetime) -> list[Work]:
    mine = Allocation.objects.filter(child=OuterRef("child"), worker=by, to_at__isnull=True)
    plans = (
        ProtectionPlan.objects.visible_to(by)
        .running()
        .filter(Exists(mine), next_warn_at__lte=at)
        .select_related("child")
        .order_by("next_due_at", "pk")[:MOST]
    )
    verbs = {
        "CPV": "See, and record the visit",
        "CG-1": "Hold the core group",
        "CG-N": "Hold the core group",
    }
    return [
        _work(
            plan,
            verb=verbs.get(plan.next_due_code, "Prepare the review"),
            url=reverse("assessments:protection_plan", args=[plan.pk]),
            detail="Child protection plan",
            why=clocks.rule(plan.next_due_code).words,
        )
        for plan in plans
    ]


def _work(
    row: Section47Enquiry | ProtectionPlan,
    *,
    verb: str,
    url: str,
    detail: str,
    why: str,
    who: str = "",
) -> Work:
    return Work(
        verb=verb,
        url=url,
        who=who or row.child.name,
        why=why,
        detail=detail,
        due_at=row.next_due_at,
        warn_at=row.next_warn_at,
        very_late_at=row.next_very_late_at,
        rule=row.next_due_code,
    )
