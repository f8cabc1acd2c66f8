"""What the pages of a strategy discussion show, and what it asks of whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse

from accounts.choices import AgencyKind
from accounts.models import PartnerAgency, RoleAssignment, Team, TeamKind, User
from accounts.permissions import Permission, authority, holds, require, roles_with
from cases import holding
from cases.actions.visits import SOCIAL_WORKERS
from cases.choices import HandoverKind, ReferralState
from cases.holds import Obstacle, Purpose
from cases.models import (
    HandoverChild,
    MeetingContribution,
    MeetingPart,
    Referral,
    Responsibility,
)
from cases.panels import Work
from cases.passed_on import theirs
from cases.queries.seen import NEVER, Seen, last_seen
from cases.queries.work import my_teams
from cases.standing import deputised
from lib import words
from lib.working_days import london_date
from mash.actions.strategy import HOLD_RULES, children_of_discussion, parts_of
from mash.actions.strategy_agencies import IN_THE_PORTAL, missing_at, still_missing
from mash.models import (
    DiscussionAction,
    DiscussionLine,
    DiscussionPassed,
    DiscussionRefusal,
    StrategyDiscussion,
    StrategyDiscussionChild,
)
from people.choices import Stage
from people.models import Person, Restriction
from people.queries import age, children_of_households, closed_to, display_people
from record import clocks
from record.clocks import ClockView
from record.models import Clock

RESTRICTED = "Restricted child"
BY_PHONE = ("A child you are told about by phone", "")
State = StrategyDiscussion.State


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """One agency at a discussion, in words."""

    part: MeetingPart
    took_part: str
    contributions: list[MeetingContribution]


@dataclass(frozen=True, kw_only=True)
class ChildRow:
    """One child of the household on the page that concludes."""

    child_id: UUID
    name: str
    heading: str
    place: str
    is_restricted: bool
    is_unborn: bool
    is_called_for: bool
    open_work: str
    seen: Seen = NEVER
    ring: str = ""


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """What was concluded for one child; a restricted one is whom to ring."""

    child_id: UUID | None
    name: str
    line: DiscussionLine | None
    ring: str = ""
    passed: DiscussionPassed | None = None


@dataclass(frozen=True, kw_only=True)
class DiscussionPage:
    """Everything on the page of one discussion, in a fixed number of queries."""

    discussion: StrategyDiscussion
    names: str
    children: list[tuple[UUID, str]]
    child_ids: list[UUID]
    parts: list[PartRow]
    missing: list[str]
    still_missing: list[str]
    lines: list[LineRow]
    actions: list[DiscussionAction]
    clocks: list[ClockView]
    others: list[StrategyDiscussion] = field(default_factory=list)


def discussion_page(*, by: User, discussion: StrategyDiscussion, at: datetime) -> DiscussionPage:
    """Gather one discussion that `by` may read."""
    ids = children_of_discussion(discussion)
    shown = display_people(ids, by=by, on=london_date(discussion.called_at))
    children = sorted(
        (
            (one.person_id, f"{one.name}, {one.age}" if one.age else one.name)
            for one in shown.values()
        ),
        key=lambda pair: pair[1],
    )
    parts = parts_of(discussion)
    contributions: dict[UUID, list[MeetingContribution]] = {}
    for row in (
        MeetingContribution.objects.filter(part__in=parts)
        .select_related("by")
        .order_by("at", "recorded_at", "pk")
    ):
        contributions.setdefault(row.part_id, []).append(row)
    thread = discussion.follows_id or discussion.pk
    return DiscussionPage(
        discussion=discussion,
        names=words.list_of_names(one.name for one in shown.values()),
        children=children,
        child_ids=ids,
        parts=[
            PartRow(
                part=part,
                took_part=_took_part(part),
                contributions=contributions.get(part.pk, []),
            )
            for part in parts
        ],
        missing=_missing(discussion, parts),
        still_missing=[str(kind.label).lower() for kind in still_missing(discussion, parts)]
        if discussion.concluded_at is not None
        else [],
        lines=_lines(discussion, by=by),
        actions=list(discussion.actions.select_related("answered_by").order_by("by_when", "pk")),
        clocks=[
            clocks.arithmetic(clock, at) for clock in clocks.running(subject_ids=[discussion.pk])
        ],
        others=list(
            StrategyDiscussion.objects.visible_to(by)
            .filter(Q(pk=thread) | Q(follows=thread) | Q(follows=discussion.pk))
            .exclude(pk=discussion.pk)
            .order_by("called_at", "pk")
        ),
    )


def _took_part(part: MeetingPart) -> str:
    if part.has_attended is None:
        if part.reply == MeetingPart.Reply.NOT_COMING:
            return f"Cannot take part: {part.reply_note}"
        return "Will take part" if part.reply else "No reply yet"
    if part.has_attended:
        return f"There: {part.who}"
    if part.has_sent_information:
        return "Sent information beforehand"
    return f"Absent: {part.absent_because}"


def _missing(discussion: StrategyDiscussion, parts: Sequence[MeetingPart]) -> list[str]:
    """Who must take part and did not, or, before it is held, is not asked."""
    if discussion.held_at is not None:
        return missing_at(
            discussion.held_at,
            parts,
            social_worker=discussion.social_worker,
            manager=discussion.manager,
        )
    asked = {part.agency.kind for part in parts}
    return [
        str(kind.label).lower()
        for kind in (AgencyKind.POLICE, AgencyKind.HEALTH)
        if kind not in asked
    ]


def _lines(discussion: StrategyDiscussion, *, by: User) -> list[LineRow]:
    lines = list(
        discussion.lines.select_related("child", "by", "acting_for").order_by(
            "-is_met", "child__date_of_birth", "pk"
        )
    )
    passed = list(discussion.passed.select_related("owner").order_by("pk"))
    closed = closed_to(
        by=by, person_ids=[*(line.child_id for line in lines), *(one.child_id for one in passed)]
    )
    rows = [
        LineRow(child_id=line.child_id, name=line.child.name, line=line)
        for line in lines
        if line.child_id not in closed
    ]
    answered = {line.child_id for line in lines}
    restricted = [
        LineRow(child_id=None, name=RESTRICTED, line=None, ring=closed[line.child_id].name)
        for line in lines
        if line.child_id in closed
    ]
    restricted += [
        LineRow(child_id=None, name=RESTRICTED, line=None, ring=one.owner.full_name, passed=one)
        for one in passed
        if one.child_id not in answered
    ]
    # Where a restricted child stands must not say whether the threshold is met.
    return rows + sorted(restricted, key=lambda row: row.ring)


# Asking ------------------------------------------------------------------------------------------


def agencies_to_invite(*, discussion: StrategyDiscussion) -> list[tuple[str, str]]:
    """Active agencies not asked yet, police and health first, as choices."""
    asked = MeetingPart.objects.filter(meeting_id=discussion.pk).values("agency")
    found = PartnerAgency.objects.filter(is_active=True).exclude(pk__in=asked)
    order = (AgencyKind.POLICE, AgencyKind.HEALTH, AgencyKind.SCHOOL, AgencyKind.EARLY_YEARS)
    rows = sorted(
        found,
        key=lambda row: (
            order.index(AgencyKind(row.kind)) if row.kind in order else len(order),
            row.name,
        ),
    )
    return [(str(row.pk), f"{row.name} ({row.get_kind_display().lower()})") for row in rows]


def agencies() -> list[tuple[str, str]]:
    """Agencies that may ask for a discussion, as choices."""
    rows = PartnerAgency.objects.filter(is_active=True).order_by("name", "pk")
    return [(str(row.pk), row.name) for row in rows]


def refusals_of(*, by: User, child_ids: Sequence[UUID]) -> list[DiscussionRefusal]:
    """Requests of agencies for a discussion about a child that were refused, the latest first."""
    if not holds(by, Permission.STATUTORY_READ):
        return []
    return list(
        DiscussionRefusal.objects.filter(
            child__in=Person.objects.visible_to(by).filter(pk__in=child_ids)
        )
        .select_related("agency", "by")
        .order_by("-at", "pk")[:5]
    )


def social_workers(*, at: datetime) -> list[tuple[str, str]]:
    """Social workers, as choices."""
    return _people({str(role) for role in SOCIAL_WORKERS}, at)


def managers(*, at: datetime) -> list[tuple[str, str]]:
    """Managers of social care who may chair, as choices."""
    return _people({str(role) for role in roles_with(Permission.STRATEGY_CHAIR)}, at)


def _people(roles: Collection[str], at: datetime) -> list[tuple[str, str]]:
    held = RoleAssignment.objects.filter(role__in=roles, from_at__lte=at).exclude(to_at__lte=at)
    rows = User.objects.filter(is_active=True, pk__in=held.values("user"))
    return [
        (str(pk), f"{name}, {title}" if title else name)
        for pk, name, title in rows.order_by("full_name", "pk").values_list(
            "pk", "full_name", "job_title"
        )
    ]


def assessment_teams() -> list[tuple[str, str]]:
    """Teams that may carry out an enquiry, as choices."""
    rows = Team.objects.filter(kind=TeamKind.ASSESSMENT, is_active=True).order_by("name", "pk")
    return [(str(team.pk), team.name) for team in rows]


def children_to_conclude(*, by: User, discussion: StrategyDiscussion, on: date) -> list[ChildRow]:
    """Every child of the household, those the discussion was called for first."""
    named = children_of_discussion(discussion)
    household = children_of_households(by=by, person_ids=named, on=on, and_all_named=True)
    return child_rows(
        [(child.person_id, child.person) for child in household],
        rings={
            child.person_id: child.ring.name
            for child in household
            if child.is_restricted and child.ring is not None
        },
        places={child.person_id: child.known for child in household},
        called_for=set(named),
        on=on,
    )


def child_rows(
    people: Sequence[tuple[UUID, Person | None]],
    *,
    rings: dict[UUID, str],
    places: dict[UUID, str],
    called_for: set[UUID],
    on: date,
) -> list[ChildRow]:
    """Say of each child how old, where, what is open and when last seen."""
    ids = [pk for pk, person in people if person is not None]
    seen = last_seen(child_ids=ids)
    work = _open_work(ids)
    rows = [
        ChildRow(
            child_id=pk,
            name=person.name if person is not None else RESTRICTED,
            heading=", ".join(part for part in (person.name, age(person, on=on)) if part)
            if person is not None
            else RESTRICTED,
            place=places.get(pk, ""),
            is_restricted=person is None,
            is_unborn=person is not None and person.stage == Stage.UNBORN,
            is_called_for=pk in called_for,
            open_work=work.get(pk, "Nothing is open"),
            seen=seen.get(pk, NEVER),
            ring=rings.get(pk, ""),
        )
        for pk, person in people
    ]
    return sorted(rows, key=lambda row: (not row.is_called_for, row.is_restricted, row.name))


def _open_work(child_ids: Collection[UUID]) -> dict[UUID, str]:
    """What is open for each child, and who answers for it, in words."""
    offered = dict(
        HandoverChild.objects.filter(
            child_id__in=child_ids, kind=HandoverKind.ASSESSMENT, is_open=True
        ).values_list("child_id", "handover__to_team__name")
    )
    held = {
        row.child_id: row
        for row in Responsibility.objects.filter(child__in=child_ids, to_at__isnull=True)
        .select_related("team", "manager")
        .order_by("pk")
    }
    untaken = set(
        Referral.objects.filter(
            child__in=child_ids, state=ReferralState.ACCEPTED, team_accepted_at__isnull=True
        ).values_list("child_id", flat=True)
    )
    said: dict[UUID, str] = {}
    for child_id in holding.with_open_statutory_work(child_ids):
        if child_id in offered:
            said[child_id] = f"Offered to {offered[child_id]}"
        elif child_id in untaken:
            said[child_id] = "Referral, with no assessment team yet"
        elif child_id in held:
            said[child_id] = f"Open with {held[child_id].team.name}"
    return said


# Partner agencies --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OwnPart:
    """A discussion as an agency that is asked sees it: who, why, when, and its own words."""

    part: MeetingPart
    discussion: StrategyDiscussion
    children: list[tuple[str, str]]
    child_ids: list[UUID]
    contributions: list[MeetingContribution]
    actions: list[DiscussionAction]
    due_at: datetime
    in_the_portal: str = IN_THE_PORTAL

    @property
    def who(self) -> str:
        return words.list_of_names(name for name, _born in self.children)

    @property
    def is_waiting(self) -> bool:
        """Whether the agency has something to do: nothing said, or missing and not caught up."""
        if self.discussion.state == State.CANCELLED or self.part.contributed_at is not None:
            return False
        return not (self.part.reply == MeetingPart.Reply.COMING or self.part.has_attended)


def own_parts(*, by: User) -> list[OwnPart]:
    """The discussions the reader's own agency is asked to, the latest first."""
    require(by, Permission.STRATEGY_ATTEND_FOR_AGENCY)
    return _own(by, list(_parts_of_agency(by)[:100]))


def own_part(*, by: User, part_id: UUID) -> OwnPart:
    """One discussion the reader's own agency is asked to.

    :raises MeetingPart.DoesNotExist: there is none, or another agency is asked
    """
    require(by, Permission.STRATEGY_ATTEND_FOR_AGENCY)
    found = _own(by, list(_parts_of_agency(by).filter(pk=part_id)))
    if not found:
        raise MeetingPart.DoesNotExist("There is no such discussion.")
    return found[0]


def _parts_of_agency(by: User) -> QuerySet[MeetingPart]:
    return (
        MeetingPart.objects.filter(agency=by.agency_id, kind__startswith="strategy")
        .select_related("agency", "invited_by")
        .prefetch_related(
            Prefetch("contributions", MeetingContribution.objects.order_by("at", "pk"))
        )
        .order_by("-invited_at", "pk")
    )


def _own(by: User, parts: Sequence[MeetingPart]) -> list[OwnPart]:
    discussions = {
        row.pk: row
        for row in StrategyDiscussion.objects.filter(
            pk__in=[part.meeting_id for part in parts]
        ).prefetch_related(
            "children__child",
            Prefetch("actions", DiscussionAction.objects.order_by("by_when", "pk")),
        )
    }
    closed = set(
        Restriction.objects.filter(
            person__in=[row.child_id for one in discussions.values() for row in one.children.all()],
            ended_at__isnull=True,
        ).values_list("person_id", flat=True)
    )
    found = []
    for part in parts:
        discussion = discussions[part.meeting_id]
        children = [row for row in discussion.children.all() if row.is_called_for]
        open_ones = [row.child for row in children if row.child_id not in closed]
        found.append(
            OwnPart(
                part=part,
                discussion=discussion,
                children=[
                    *((child.name, _born(child)) for child in open_ones),
                    *([BY_PHONE] if len(open_ones) < len(children) else []),
                ],
                child_ids=[child.pk for child in open_ones],
                contributions=list(part.contributions.all()),
                actions=list(discussion.actions.all()) if part.minutes_sent_at else [],
                due_at=discussion.due_at,
            )
        )
    return found


def _born(child: Person) -> str:
    if child.date_of_birth:
        return f"born {words.date_words(child.date_of_birth, weekday=False)}"
    if child.expected_on:
        return f"due {words.date_words(child.expected_on, weekday=False)}"
    return child.age_as_stated or "date of birth not known"


# What it asks of whom ----------------------------------------------------------------------------


def strategy_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Discussions to hold, conclude, send minutes of, catch up and confirm; lines to answer."""
    found: list[Work] = []
    people = {by.pk, *(manager.pk for manager in deputised(by, at))}
    confirms = authority(by, Permission.EDT_CONFIRM, at=at) is not None
    held = Responsibility.objects.filter(to_at__isnull=True, team__in=my_teams(by=by, at=at))
    left_alone = Q(
        chair__is_active=False,  # whoever answers for the children sees to it
        pk__in=StrategyDiscussionChild.objects.filter(child__in=held.values("child")).values(
            "discussion"
        ),
    )
    wanted = (Q(chair__in=people) | left_alone) & (
        ~Q(state__in=[State.CONCLUDED, State.CANCELLED])
        | Q(state=State.CONCLUDED, minutes_sent_at__isnull=True)
        | Q(state=State.CONCLUDED, is_quorate=False)
    )
    if confirms:
        wanted |= Q(is_provisional=True, confirmed_at__isnull=True)
    rows = list(
        StrategyDiscussion.objects.filter(wanted)
        .select_related("chair")
        .prefetch_related("children__child")
        .order_by("due_at", "pk")[:100]
    )
    limits: dict[tuple[UUID, str], Clock] = {
        (clock.subject_id, clock.rule): clock
        for clock in clocks.running(subject_ids=[row.pk for row in rows])
    }
    closed = closed_to(
        by=by, person_ids=[child.child_id for row in rows for child in row.children.all()]
    )
    for row in rows:
        who = words.list_of_names(
            dict.fromkeys(
                RESTRICTED if child.child_id in closed else child.child.name
                for child in row.children.all()
            )
        )
        is_chair = row.chair_id in people or not row.chair.is_active
        for verb, why, rules in _steps(row, is_chair=is_chair, confirms=confirms):
            clock = next((limits[row.pk, rule] for rule in rules if (row.pk, rule) in limits), None)
            if clock is None and row.state == State.CONCLUDED:
                continue
            found.append(
                Work(
                    verb=verb,
                    url=reverse("mash:discussion", args=[row.pk]),
                    who=who,
                    why=why,
                    due_at=clock.due_at if clock else row.due_at,
                    warn_at=clock.warn_at if clock else row.due_at,
                    very_late_at=clock.very_late_at if clock else row.due_at,
                    rule=clock.rule if clock else "",
                )
            )
    return found + _passed_work(by, at)


def _steps(
    row: StrategyDiscussion, *, is_chair: bool, confirms: bool
) -> Iterable[tuple[str, str, Sequence[str]]]:
    if is_chair and row.state == State.CALLED:
        yield "Hold the discussion", "Strategy discussion called; you chair it", HOLD_RULES
    elif is_chair and row.is_held:
        yield "Conclude", "Strategy discussion held, not concluded", ("SD-MIN",)
    if row.state == State.CONCLUDED:
        if is_chair:
            yield "Send the minutes", "Minutes of a strategy discussion are owed", ("SD-MIN",)
            yield "Get what was missing", "Concluded without police or health", ("SD-QUORUM",)
        if confirms and row.is_provisional and row.confirmed_at is None:
            yield "Confirm EDT’s conclusion", "EDT concluded; you confirm", ("EDT-CONF",)


def _passed_work(by: User, at: datetime) -> list[Work]:
    """Restricted children of a discussion for whom `by` answers."""
    rows = list(
        DiscussionPassed.objects.filter(theirs(by=by, at=at), answered_at__isnull=True)
        .select_related("child")
        .order_by("passed_at", "pk")[:50]
    )
    limits = {c.subject_id: c for c in clocks.running(subject_ids=[row.pk for row in rows])}
    return [
        Work(
            verb="Answer for this child",
            url=reverse("mash:discussion_answer", args=[row.pk]),
            who=row.child.name,
            why="A strategy discussion was passed to you",
            due_at=limits[row.pk].due_at if row.pk in limits else None,
            warn_at=limits[row.pk].warn_at if row.pk in limits else None,
            very_late_at=limits[row.pk].very_late_at if row.pk in limits else None,
            rule=limits[row.pk].rule if row.pk in limits else "",
        )
        for row in rows
    ]


def in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """A discussion called and not concluded stands in the way of closing (cases.holds)."""
    if purpose != Purpose.CLOSE:
        return []
    rows = (
        StrategyDiscussion.objects.live()
        .filter(children__child__in=child_ids)
        .values_list("pk", "state", "children__child_id")
        .order_by("due_at", "pk", "children__child_id")
    )
    people = Person.objects.in_bulk([child_id for _pk, _state, child_id in rows])
    return [
        Obstacle(
            child_id=child_id,
            sentence=f"A strategy discussion about {people[child_id].name} is"
            f" {'called' if state == State.CALLED else 'held and not concluded'}",
            url=reverse("mash:discussion", args=[pk]),
        )
        for pk, state, child_id in rows
    ]


def discussions_of(*, by: User, child_ids: Sequence[UUID]) -> list[StrategyDiscussion]:
    """The discussions about a child that somebody may read, the latest first."""
    if not holds(by, Permission.STATUTORY_READ):
        return []
    return list(
        StrategyDiscussion.objects.visible_to(by)
        .filter(children__child__in=child_ids)
        .select_related("chair")
        .distinct()
        .order_by("-called_at", "pk")[:5]
    )
