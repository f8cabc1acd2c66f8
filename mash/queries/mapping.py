"""What the pages of mapping meetings show.

Somebody sees a meeting for the children they may see. What was said of all is shown only to who
may see all of it: every child, and everything on the picture that was spoken of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.panels import Work
from lib import words
from mash.models import (
    ExploitationAction,
    ExploitationScreening,
    MappingChild,
    MappingMeeting,
    MappingNode,
    MappingPart,
    NetworkNode,
)
from mash.queries.network import everything
from people.models import Person
from record import clocks
from record.clocks import ClockView

State = MappingMeeting.State


@dataclass(frozen=True, kw_only=True)
class ChildOfMeeting:
    """One child, what was said, what is to be done, and where it stands on the picture."""

    row: MappingChild
    actions: Sequence[ExploitationAction]
    node: NetworkNode | None


@dataclass(frozen=True, kw_only=True)
class MeetingPage:
    """One meeting as far as somebody may see it."""

    meeting: MappingMeeting
    children: Sequence[ChildOfMeeting]
    parts: Sequence[MappingPart]
    nodes: Sequence[MappingNode]
    is_whole: bool
    due: Sequence[ClockView]
    next_id: UUID | None

    @property
    def title(self) -> str:
        """What it is about, which may name somebody whom the reader may not see."""
        return self.meeting.about if self.is_whole else "Mapping meeting"

    @property
    def child_ids(self) -> list[UUID]:
        """The children shown."""
        return [each.row.child_id for each in self.children]


@dataclass(frozen=True, kw_only=True)
class MeetingLine:
    """A meeting in the list, with the children somebody may see."""

    meeting: MappingMeeting
    names: str
    is_whole: bool

    @property
    def title(self) -> str:
        """What it is about, to who may see every child of it."""
        return self.meeting.about if self.is_whole else "Mapping meeting"


def meetings(*, by: User) -> QuerySet[MappingMeeting]:
    """Meetings that are planned first, then held ones, then closed."""
    return (
        MappingMeeting.objects.visible_to(by)
        .select_related("chair")
        .order_by("-state", "scheduled_for", "pk")
    )


def lines(rows: Sequence[MappingMeeting], *, by: User) -> tuple[list[MeetingLine], list[UUID]]:
    """Name the children of each whom `by` may see, in two queries; and their ids."""
    children = list(
        MappingChild.objects.filter(meeting__in=rows)
        .select_related("child")
        .order_by("child__family_name", "child__given_name", "pk")
    )
    readable = _readable(by, [row.child_id for row in children])
    shown: dict[UUID, list[str]] = {}
    hidden: set[UUID] = set()
    for row in children:
        if row.child_id in readable:
            shown.setdefault(row.meeting_id, []).append(row.child.name)
        else:
            hidden.add(row.meeting_id)
    return [
        MeetingLine(
            meeting=row,
            names=words.list_of_names(shown.get(row.pk, [])),
            is_whole=row.pk not in hidden,
        )
        for row in rows
    ], sorted(readable)


def meeting_page(*, by: User, meeting_id: UUID, at: datetime) -> MeetingPage:
    """Gather one meeting, in a fixed number of queries.

    :raises MappingMeeting.DoesNotExist: none that `by` may see
    """
    meeting = (
        MappingMeeting.objects.visible_to(by)
        .select_related("chair", "held_by", "closed_by", "scheduled_by", "follows", "followed_by")
        .prefetch_related(
            Prefetch("parts", MappingPart.objects.order_by("position")),
            Prefetch(
                "children",
                MappingChild.objects.select_related("child", "screening").order_by(
                    "child__family_name", "child__given_name", "pk"
                ),
            ),
            Prefetch(
                "actions",
                ExploitationAction.objects.select_related("owner", "answered_by").order_by(
                    "due_on", "pk"
                ),
            ),
            Prefetch("nodes", MappingNode.objects.select_related("node__person").order_by("pk")),
        )
        .get(pk=meeting_id)
    )
    rows = list(meeting.children.all())
    readable = _readable(by, [row.child_id for row in rows])
    seen = everything(by=by, with_ended=True).nodes
    of_person = {node.person_id: node for node in seen if node.person_id is not None}
    seen_ids = {node.pk for node in seen}
    nodes = list(meeting.nodes.all())
    return MeetingPage(
        meeting=meeting,
        children=[
            ChildOfMeeting(
                row=row,
                actions=[each for each in meeting.actions.all() if each.child_id == row.child_id],
                node=of_person.get(row.child_id),
            )
            for row in rows
            if row.child_id in readable
        ],
        parts=list(meeting.parts.all()),
        nodes=[node for node in nodes if node.node_id in seen_ids],
        is_whole=len(readable) == len(rows) and all(node.node_id in seen_ids for node in nodes),
        due=[clocks.arithmetic(clock, at) for clock in clocks.running(subject_ids=[meeting.pk])],
        next_id=meeting.followed_by.pk if hasattr(meeting, "followed_by") else None,
    )


def to_map(*, by: User) -> list[ExploitationScreening]:
    """Screenings whose children a meeting may be about: those that wait for one first."""
    rows = list(
        ExploitationScreening.objects.visible_to(by)
        .filter(state=ExploitationScreening.State.REVIEWED)
        .select_related("child")
        .order_by("child__family_name", "child__given_name", "pk")
    )
    waiting = {
        clock.subject_id
        for clock in clocks.running(subject_ids=[row.pk for row in rows])
        if clock.rule == "CE-MAP"
    }
    return sorted(rows, key=lambda row: row.pk not in waiting)


def of_screening(*, by: User, screening_id: UUID) -> list[MappingMeeting]:
    """The meetings about a child's screening, the last first."""
    return list(
        MappingMeeting.objects.visible_to(by)
        .filter(children__screening=screening_id)
        .order_by("-scheduled_for", "pk")
    )


def mapping_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Meetings that somebody chairs: to record once their time has come, and to look at again."""
    if not holds(by, Permission.EXPLOITATION_DECIDE):
        return []
    chaired = list(meetings(by=by).filter(chair=by).exclude(state=State.CLOSED)[:50])
    limits = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=[row.pk for row in chaired])
        if clock.warn_at <= at
    }
    rows = [
        row
        for row in chaired
        if (row.state == State.HELD and row.pk in limits)
        or (row.state == State.SCHEDULED and row.scheduled_for <= at)
    ]
    named, _ids = lines(rows, by=by)
    found = []
    for line in named:
        is_planned = line.meeting.state == State.SCHEDULED
        due = limits.get(line.meeting.pk)
        found.append(
            Work(
                verb="Record the mapping meeting" if is_planned else "Plan the next meeting",
                url=reverse("mash:mapping", args=[line.meeting.pk]),
                who=line.names,
                why="Its time has come" if is_planned else "It is looked at again",
                due_at=due.due_at if due else None,
                warn_at=due.warn_at if due else None,
                very_late_at=due.very_late_at if due else None,
                rule=due.rule if due else "",
            )
        )
    return found


def _readable(by: User, child_ids: Sequence[UUID]) -> set[UUID]:
    return set(Person.objects.visible_to(by).filter(pk__in=child_ids).values_list("pk", flat=True))
