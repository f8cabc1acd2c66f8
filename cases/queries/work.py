"""What somebody must do next: the lists of the home page, handovers and referrals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.urls import reverse

from accounts.models import Team, TeamMembership, User
from accounts.permissions import Permission, Role, holds, roles_of
from cases import waiting
from cases.choices import HandoverKind, HandoverState, Queue, ReferralState, WorkerRole
from cases.models import (
    Allocation,
    Contact,
    Feedback,
    Handover,
    HandoverChild,
    InformationRequest,
    Referral,
    WaitingEntry,
)
from cases.panels import Work, answer_page, work_sources
from cases.standing import ACROSS_TEAMS, deputised
from lib import words
from lib.working_days import london_date
from people.models import Person
from people.queries import closed_to
from record import clocks

GROUPS = ("very_overdue", "overdue", "due_soon", "later")
SEEN_RULES = ("REF-SEEN", "REF-SEEN-CP")
OPEN_REFERRALS = (ReferralState.ACCEPTED, ReferralState.ALLOCATED, ReferralState.IN_WORK)


@dataclass(frozen=True)
class Offer:
    """Offered work with its children; a restricted one is None."""

    handover: Handover
    people: list[Person | None]

    @property
    def names(self) -> str:
        """The children's names; the restricted are named as that."""
        return words.list_of_names(
            [person.name if person is not None else "Restricted child" for person in self.people]
        )

    @property
    def person_ids(self) -> list[UUID]:
        """The children shown."""
        return [person.pk for person in self.people if person is not None]


@dataclass(frozen=True)
class ReferralRow:
    """A referral with the name to show; a restricted child has none."""

    referral: Referral
    name: str
    is_closed: bool
    worker: User | None


@dataclass(frozen=True)
class Group:
    """Rows that are as late as each other."""

    code: str
    rows: list[Work] = field(default_factory=list)


def my_teams(*, by: User, at: datetime) -> QuerySet[Team]:
    """The teams whose work `by` answers for: own, deputised, or all for heads of service."""
    teams = Team.objects.filter(is_active=True)
    if roles_of(by, at) & ACROSS_TEAMS:
        return teams
    people = {by.pk, *(manager.pk for manager in deputised(by, at))}
    on = london_date(at)
    member = TeamMembership.objects.filter(
        user__in=people, team=OuterRef("pk"), from_on__lte=on
    ).exclude(to_on__lt=on)
    return teams.filter(Exists(member)) | teams.filter(manager__in=people)


def home(*, by: User, at: datetime) -> list[Group]:
    """Everything `by` must do next, in the four groups, earliest first."""
    rows: list[Work] = []
    for source in work_sources:
        rows += source(by=by, at=at)
    rows.sort(key=lambda row: (row.due_at is None, row.due_at or at, row.who))
    groups = {code: Group(code) for code in GROUPS}
    for row in rows:
        groups[_group(row, at)].rows.append(row)
    return list(groups.values())


def _group(row: Work, at: datetime) -> str:
    if row.due_at is None or row.warn_at is None or row.very_late_at is None:
        return "later"
    return str(clocks.group_of(row.due_at, row.warn_at, row.very_late_at, at))


def case_work(*, by: User, at: datetime) -> Sequence[Work]:
    """What the shared work asks of somebody: offers, allocations, questions, answers owed."""
    found: list[Work] = []
    if holds(by, Permission.HANDOVER_ANSWER):
        for offer in offered_handovers(by=by, at=at):
            row = offer.handover
            if answer_page(row.kind):
                continue  # its own room asks for the answer
            if row.kind == HandoverKind.TRANSFER:
                continue  # answered at its meeting: `assessments` lists it
            found.append(
                Work(
                    verb="Accept or return",
                    url=reverse("cases:handover", args=[row.pk]),
                    who=offer.names,
                    why=f"{row.get_kind_display()}, offered by {row.from_team.name}",
                    due_at=row.next_due_at,
                    warn_at=row.next_warn_at,
                    very_late_at=row.next_very_late_at,
                    rule=row.next_due_code,
                )
            )
    if holds(by, Permission.ALLOCATE):
        for unnamed in unallocated(by=by, at=at):
            referral = unnamed.referral
            found.append(
                Work(
                    verb="Allocate",
                    url=reverse("cases:allocate", args=[referral.pk]),
                    who=unnamed.name,
                    why="Accepted, no lead worker",
                    due_at=referral.next_due_at,
                    warn_at=referral.next_warn_at,
                    very_late_at=referral.next_very_late_at,
                    rule=referral.next_due_code,
                )
            )
    found += _children_to_see(by=by, at=at)
    if holds(by, Permission.FEEDBACK_RECORD):
        owed = (
            Feedback.objects.filter(
                told_at__isnull=True, contact__in=Contact.objects.visible_to(by)
            )
            .select_related("contact")
            .order_by("owed_from", "pk")[:50]
        )
        if roles_of(by, at) & {Role.CONTACT_OFFICER, Role.MASH_SOCIAL_WORKER, Role.MASH_MANAGER}:
            limits = {
                clock.subject_id: clock
                for clock in clocks.running(subject_ids=[debt.contact_id for debt in owed])
                if clock.rule == "CON-FB"
            }
            for debt in owed:
                clock = limits.get(debt.contact_id)
                found.append(
                    Work(
                        verb="Tell the referrer",
                        url=reverse("mash:contact", args=[debt.contact_id]),
                        who=f"Contact {debt.contact.reference}",
                        detail=debt.contact.summary,
                        why="The referrer is owed the outcome",
                        due_at=clock.due_at if clock else None,
                        warn_at=clock.warn_at if clock else None,
                        very_late_at=clock.very_late_at if clock else None,
                        rule="CON-FB",
                    )
                )
    asked = InformationRequest.objects.filter(
        by=by, answered_at__isnull=True, contact__in=Contact.objects.visible_to(by)
    ).select_related("contact")
    for question in asked.order_by("due_at", "pk")[:50]:
        found.append(
            Work(
                verb="Record the answer",
                url=reverse("mash:contact", args=[question.contact_id]),
                who=f"Contact {question.contact.reference}",
                detail=question.contact.summary,
                why=f"You asked {question.asked_of}",
                due_at=question.due_at,
                warn_at=question.due_at,
                very_late_at=question.due_at,
            )
        )
    return found


def _children_to_see(*, by: User, at: datetime) -> list[Work]:
    """Children whom `by` works with and has not seen since the referral."""
    if not holds(by, Permission.VISIT_RECORD):
        return []
    mine = {
        row.referral_id: row
        for row in my_children(by=by)
        if row.referral_id is not None and row.role == WorkerRole.LEAD
    }
    if not mine:
        return []
    return [
        Work(
            verb="See, and record the visit",
            url=reverse("cases:record_visit", args=[mine[clock.subject_id].child_id]),
            who=mine[clock.subject_id].child.name,
            why="Not seen yet",
            due_at=clock.due_at,
            warn_at=clock.warn_at,
            very_late_at=clock.very_late_at,
            rule=clock.rule,
        )
        for clock in clocks.running(subject_ids=mine)
        if clock.rule in SEEN_RULES
    ]


def _show_children(handovers: list[Handover], by: User) -> list[Offer]:
    ids = [row.child_id for handover in handovers for row in handover.children.all()]
    closed = closed_to(by=by, person_ids=ids)
    return [
        Offer(
            handover=handover,
            people=[
                None if row.child_id in closed else row.child for row in handover.children.all()
            ],
        )
        for handover in handovers
    ]


def offered_handovers(*, by: User, at: datetime) -> list[Offer]:
    """What is offered to the teams `by` answers for, earliest due first."""
    return _show_children(
        list(
            _handovers()
            .filter(state=HandoverState.OFFERED, to_team__in=my_teams(by=by, at=at))
            .order_by("next_due_at", "offered_at", "pk")[:100]
        ),
        by,
    )


def sent_handovers(*, by: User, at: datetime) -> list[Offer]:
    """What the teams of `by` have offered and is not taken yet, or was returned lately."""
    return _show_children(
        list(
            _handovers()
            .filter(
                state__in=[HandoverState.OFFERED, HandoverState.RETURNED],
                from_team__in=my_teams(by=by, at=at),
            )
            .order_by("-offered_at", "pk")[:50]
        ),
        by,
    )


def _handovers() -> QuerySet[Handover]:
    return Handover.objects.select_related(
        "from_team", "to_team", "offered_by", "answered_by", "contact"
    ).prefetch_related(
        Prefetch(
            "children",
            queryset=HandoverChild.objects.select_related("child", "referral").order_by("pk"),
        )
    )


def handover(*, by: User, handover_id: UUID) -> Offer:
    """One offer with its children, as far as `by` may see them."""
    return _show_children([_handovers().get(pk=handover_id)], by)[0]


def referrals(
    *, by: User, at: datetime, state: str = "", team_id: UUID | None = None
) -> QuerySet[Referral]:
    """Open referrals of the teams `by` answers for, earliest limit first."""
    rows = (
        Referral.objects.filter(state__in=OPEN_REFERRALS, team__in=my_teams(by=by, at=at))
        .select_related("child", "team", "contact")
        .prefetch_related(
            Prefetch(
                "allocations",
                queryset=Allocation.objects.filter(
                    role=WorkerRole.LEAD, to_at__isnull=True
                ).select_related("worker"),
            )
        )
    )
    if state == "unallocated":
        rows = rows.filter(state=ReferralState.ACCEPTED, team_accepted_at__isnull=False)
    elif state:
        rows = rows.filter(state=state)
    if team_id:
        rows = rows.filter(team=team_id)
    return rows.order_by("next_due_at", "referral_on", "pk")


def shown_referrals(rows: Iterable[Referral], *, by: User) -> list[ReferralRow]:
    """Put names and workers to referrals; a restricted child is whom to ring."""
    found = list(rows)
    closed = closed_to(by=by, person_ids=[row.child_id for row in found])
    return [
        ReferralRow(
            referral=row,
            name=f"Restricted child, ring {closed[row.child_id].name}"
            if row.child_id in closed
            else row.child.name,
            is_closed=row.child_id in closed,
            worker=next((lead.worker for lead in row.allocations.all()), None),
        )
        for row in found
    ]


def unallocated(*, by: User, at: datetime) -> list[ReferralRow]:
    """Referrals accepted by the teams of `by` that have no lead worker."""
    return shown_referrals(referrals(by=by, at=at, state="unallocated")[:100], by=by)


@dataclass(frozen=True)
class Turn:
    """Where a child stands who waits for a worker, for whoever is about to name one."""

    others: list[tuple[str, str]] = field(default_factory=list)
    child_ids: list[UUID] = field(default_factory=list)
    goes_before: str = ""


def turn(*, by: User, referral: Referral) -> Turn:
    """Brothers and sisters who wait with this child, and the family that stands first."""
    entry = (
        WaitingEntry.objects.filter(
            child=referral.child_id, queue=Queue.ALLOCATION, ended_at__isnull=True
        )
        .select_related("group")
        .first()
    )
    if entry is None:
        return Turn()
    rows = list(
        Referral.objects.filter(
            state=ReferralState.ACCEPTED,
            team=referral.team_id,
            child__in=entry.group.entries.filter(ended_at=None).values("child"),
        )
        .exclude(pk=referral.pk)
        .filter(child__in=Person.objects.visible_to(by))
        .select_related("child")
        .order_by("child__date_of_birth", "pk")
    )
    ahead = waiting.ahead_of(entry.group)
    return Turn(
        others=[(str(row.pk), row.child.name) for row in rows],
        child_ids=[row.child_id for row in rows],
        goes_before=waiting.names_of(ahead[0], by=by) if ahead else "",
    )


def my_children(*, by: User) -> list[Allocation]:
    """The children somebody works with."""
    return list(
        Allocation.objects.filter(
            worker=by, to_at__isnull=True, child__in=Person.objects.visible_to(by)
        )
        .select_related("child", "team", "referral")
        .order_by("first_visit_by", "pk")
    )
