"""Mapping meetings: planned, held with who came, what was said and who does what, and closed.

CE-MAP of each child's screening stops when the meeting is held, and CE-MAP-REV runs to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, holds, require
from lib import application_clock
from lib.working_days import london_date
from mash.actions.exploitation import add_exploitation_action
from mash.models import (
    ExploitationAction,
    ExploitationScreening,
    MappingChild,
    MappingMeeting,
    MappingNode,
    MappingPart,
)
from mash.queries.network import everything
from people.models import Person
from record import clocks, events, once, outbox, policy
from record.calendar import calendar
from record.errors import Clash, NotWhole, Refused

SUBJECT: Final = "mapping_meeting"
State = MappingMeeting.State
Purpose = ExploitationAction.Purpose


@dataclass(frozen=True, kw_only=True)
class Invited:
    """Somebody asked to the meeting, of an agency or of ours."""

    name: str
    agency: str


@dataclass(frozen=True, kw_only=True)
class Attended:
    """Whether somebody who was asked came; who was not there has a note why, or what they sent."""

    part_id: UUID
    was_there: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """What somebody does by when for a child."""

    purpose: str
    what: str
    due_on: date
    owner_id: UUID | None = None
    owner_elsewhere: str = ""


@dataclass(frozen=True, kw_only=True)
class ChildSpoken:
    """What was said of one child and of the others at home, and what was agreed for it."""

    child_id: UUID
    said: str
    siblings: str
    actions: Sequence[Agreed]


@dataclass(frozen=True, kw_only=True)
class NodeSpoken:
    """What was said of something on the picture."""

    node_id: UUID
    said: str


@transaction.atomic
def plan_mapping(
    *,
    by: User,
    at: datetime,
    about: str,
    screening_ids: Sequence[UUID],
    scheduled_for: datetime,
    chair_id: UUID,
    invited: Sequence[Invited],
    follows_id: UUID | None = None,
    token: UUID | None = None,
) -> MappingMeeting:
    """Plan a mapping meeting about children whose screening a manager has decided.

    :param follows_id: the meeting it reviews
    :raises PermissionDenied: `by` may not work on exploitation
    :raises Refused: no child, a child whose screening is not decided, nobody asked, a wrong chair
    """
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    once.claim(token, user=by, action="mash.plan_mapping")
    if not about.strip():
        raise Refused(
            "Say what the meeting is about: the group, the place, the car.", field="about"
        )
    screenings = list(
        ExploitationScreening.objects.visible_to(by)
        .filter(pk__in=screening_ids)
        .select_related("child")
        .order_by("pk")
    )
    if not screenings or len(screenings) != len(set(screening_ids)):
        raise Refused("Choose the children the meeting is about.", field="screenings")
    for screening in screenings:
        if screening.state != ExploitationScreening.State.REVIEWED:
            raise Refused(
                f"No manager has decided about the screening of {screening.child.name} yet, or it"
                " is closed.",
                field="screenings",
            )
    if scheduled_for <= at:
        raise Refused("The meeting is planned for a time to come.", field="scheduled_for")
    chair = User.objects.get(pk=chair_id)
    if not chair.is_active or not holds(chair, Permission.EXPLOITATION_DECIDE, at=at):
        raise Refused(f"{chair.full_name} may not chair a mapping meeting.", field="chair")
    if not invited or any(not (one.name.strip() and one.agency.strip()) for one in invited):
        raise Refused("Say who is asked to the meeting, and of which agency.", field="invited")
    follows = _followed(follows_id, by)
    meeting = MappingMeeting.objects.create(
        about=about.strip(),
        follows=follows,
        scheduled_for=scheduled_for,
        chair=chair,
        scheduled_at=at,
        scheduled_by=by,
        recorded_at=application_clock.now(),
    )
    MappingChild.objects.bulk_create(
        MappingChild(meeting=meeting, child_id=screening.child_id, screening=screening)
        for screening in screenings
    )
    MappingPart.objects.bulk_create(
        MappingPart(
            meeting=meeting,
            position=place,
            name=one.name.strip(),
            agency=one.agency.strip(),
            invited_at=at,
        )
        for place, one in enumerate(invited)
    )
    _tell("mash.mapping_planned", meeting, authority, at)
    if chair.pk != by.pk:
        outbox.put(
            "notice",
            key=f"mapping.chair:{meeting.pk}:{chair.pk}",
            payload={
                "user_id": str(chair.pk),
                "code": "mapping.chair",
                "subject_kind": SUBJECT,
                "subject_id": str(meeting.pk),
            },
            at=at,
            subject_kind=SUBJECT,
            subject_id=meeting.pk,
        )
    once.finish(token, meeting.pk)
    return meeting


def _followed(follows_id: UUID | None, by: User) -> MappingMeeting | None:
    if follows_id is None:
        return None
    before = _locked(follows_id, by)
    if before.state != State.HELD or hasattr(before, "followed_by"):
        raise Refused("The meeting it reviews has not been held, or has a next one already.")
    return before


@transaction.atomic
def hold_mapping(
    *,
    by: User,
    at: datetime,
    meeting_id: UUID,
    held_at: datetime,
    children: Sequence[ChildSpoken],
    parts: Sequence[Attended],
    said: str,
    agreed: str,
    review_on: date,
    nodes: Sequence[NodeSpoken] = (),
    more: Sequence[Invited] = (),
    token: UUID | None = None,
) -> MappingMeeting:
    """Record a mapping meeting: who came, what was said of each child, who does what by when.

    Each child has at least one action that keeps it safe and one that disrupts who harms it.
    What stands on the picture is spoken of by those who may see it.

    :param more: people who came without being asked
    :raises PermissionDenied: `by` may not decide about exploitation
    :raises NotWhole: names each child and each missing thing
    :raises Refused: not planned, nobody there, or a date that does not fit
    """
    authority = require(by, Permission.EXPLOITATION_DECIDE, at=at)
    once.claim(token, user=by, action="mash.hold_mapping")
    meeting = _locked(meeting_id, by)
    if meeting.state != State.SCHEDULED:
        raise Clash(f"This meeting is {meeting.get_state_display().lower()} already.")
    if not meeting.scheduled_at <= held_at <= at:
        raise Refused("The meeting was between its planning and now.", field="held_at")
    rows = list(meeting.children.select_related("child", "screening").order_by("pk"))
    _refuse_hidden(rows, by)
    _refuse_missing(rows, children, said, agreed)
    today = london_date(held_at)
    days = int(policy.value("CE-REV", at=at))
    latest = calendar().add_working_days(today, days)
    if not today < review_on <= latest:
        raise Refused(
            f"It is looked at again within {days} working days: by {latest:%-d %B %Y}.",
            field="review_on",
        )
    _write_parts(meeting, parts, more, held_at)
    _write_nodes(meeting, nodes, by)
    spoken = {each.child_id: each for each in children}
    meeting.state = State.HELD
    meeting.held_at, meeting.held_by = held_at, by
    meeting.said, meeting.agreed, meeting.review_on = said, agreed, review_on
    _save(meeting, "state", "held_at", "held_by", "said", "agreed", "review_on")
    for row in rows:
        row.said, row.siblings = spoken[row.child_id].said, spoken[row.child_id].siblings
        row.save(update_fields=["said", "siblings"])
        for action in spoken[row.child_id].actions:
            add_exploitation_action(
                by=by,
                at=at,
                screening_id=row.screening_id,
                purpose=action.purpose,
                what=action.what,
                due_on=action.due_on,
                owner_id=action.owner_id,
                owner_elsewhere=action.owner_elsewhere,
                meeting_id=meeting.pk,
            )
        clocks.stop("CE-MAP", subject_id=row.screening_id, at=held_at, child_id=row.child_id)
    clocks.start(
        "CE-MAP-REV",
        subject_kind=SUBJECT,
        subject_id=meeting.pk,
        started_at=held_at,
        by=by,
        limit=calendar().working_days_between(today, review_on),
    )
    if meeting.follows_id is not None:
        clocks.stop("CE-MAP-REV", subject_id=meeting.follows_id, at=held_at)
        MappingMeeting.objects.filter(pk=meeting.follows_id, state=State.HELD).update(
            state=State.CLOSED,
            closed_at=at,
            closed_by=by,
            closed_because=f"Reviewed at the meeting of {today:%-d %B %Y}",
        )
    _tell("mash.mapping_held", meeting, authority, at)
    once.finish(token, meeting.pk)
    return meeting


def _refuse_hidden(rows: Sequence[MappingChild], by: User) -> None:
    readable = set(
        Person.objects.visible_to(by)
        .filter(pk__in=[row.child_id for row in rows])
        .values_list("pk", flat=True)
    )
    if len(readable) < len(rows):
        raise Refused(
            "You may not read every record that this meeting is about. Ask a head of service who"
            " records it."
        )


def _refuse_missing(
    rows: Sequence[MappingChild], children: Sequence[ChildSpoken], said: str, agreed: str
) -> None:
    given = {each.child_id: each for each in children}
    problems = []
    for row in rows:
        spoken, name = given.get(row.child_id), row.child.name
        if row.screening.state == ExploitationScreening.State.CLOSED:
            raise Refused(f"The screening of {name} has been closed. Take up a new one first.")
        for field, words in (
            ("said", f"Say what was said about {name}"),
            ("siblings", f"Say what it means for each other child in {name}’s home"),
        ):
            if spoken is None or not getattr(spoken, field).strip():
                problems.append((f"{field}_{row.child_id}", f"{words}."))
        purposes = {action.purpose for action in spoken.actions} if spoken is not None else set()
        for purpose, words in (
            (Purpose.SAFETY, f"Say what keeps {name} safe, who does it and by when"),
            (Purpose.DISRUPTION, f"Say what disrupts who may harm {name}, who does it, by when"),
        ):
            if purpose not in purposes:
                problems.append((f"what_{purpose}_{row.child_id}", f"{words}."))
    if set(given) - {row.child_id for row in rows}:
        raise Refused("One of these children is not of this meeting.")
    for field, value, words in (
        ("said", said, "Say what the meeting spoke about."),
        ("agreed", agreed, "Say what the meeting agreed."),
    ):
        if not value.strip():
            problems.append((field, words))
    if problems:
        raise NotWhole(problems)


def _write_parts(
    meeting: MappingMeeting,
    parts: Sequence[Attended],
    more: Sequence[Invited],
    held_at: datetime,
) -> None:
    given = {each.part_id: each for each in parts}
    asked = list(meeting.parts.order_by("position"))
    for part in asked:
        answer = given.get(part.pk)
        if answer is None or not (answer.was_there or answer.note.strip()):
            raise Refused(
                f"Say whether {part.name}, {part.agency}, came; if not, why or what they sent.",
                field=f"note_{part.pk}",
            )
        part.has_attended, part.note = answer.was_there, answer.note.strip()
        part.save(update_fields=["has_attended", "note"])
    if not more and not any(each.was_there for each in parts):
        raise Refused("Say who was there. Without anybody the meeting was not held.")
    MappingPart.objects.bulk_create(
        MappingPart(
            meeting=meeting,
            position=len(asked) + place,
            name=one.name.strip(),
            agency=one.agency.strip(),
            invited_at=held_at,
            has_attended=True,
        )
        for place, one in enumerate(more)
    )


def _write_nodes(meeting: MappingMeeting, nodes: Sequence[NodeSpoken], by: User) -> None:
    if not nodes:
        return
    seen = {node.pk for node in everything(by=by).nodes}
    for node in nodes:
        if node.node_id not in seen:
            raise Refused("Choose what stands on the picture.", field="nodes")
        if not node.said.strip():
            raise Refused("Say what was said of it.", field="nodes")
    MappingNode.objects.bulk_create(
        MappingNode(meeting=meeting, node_id=node.node_id, said=node.said) for node in nodes
    )


@transaction.atomic
def close_mapping(*, by: User, at: datetime, meeting_id: UUID, because: str) -> MappingMeeting:
    """Close a mapping meeting that needs no next one, or cancel one that is not held.

    Of one that is not held, CE-MAP of each child runs on.

    :raises Refused: closed already, an action of it is open, or no reason
    """
    authority = require(by, Permission.EXPLOITATION_DECIDE, at=at)
    meeting = _locked(meeting_id, by)
    if meeting.state == State.CLOSED:
        raise Clash("This meeting is closed already.")
    open_actions = meeting.actions.filter(answered_at__isnull=True).count()
    if open_actions:
        raise Refused(
            f"{open_actions} of the actions it agreed {'is' if open_actions == 1 else 'are'} open."
            " Say what became of them."
        )
    if not because.strip():
        raise Refused("Say why.", field="because")
    meeting.state = State.CLOSED
    meeting.closed_at, meeting.closed_by, meeting.closed_because = at, by, because
    _save(meeting, "state", "closed_at", "closed_by", "closed_because")
    clocks.stop("CE-MAP-REV", subject_id=meeting.pk, at=at, reason="not_needed")
    _tell("mash.mapping_closed", meeting, authority, at)
    return meeting


def _locked(meeting_id: UUID, by: User) -> MappingMeeting:
    meeting: MappingMeeting = (
        MappingMeeting.objects.visible_to(by).select_for_update(of=("self",)).get(pk=meeting_id)
    )
    return meeting


def _save(meeting: MappingMeeting, *fields: str) -> None:
    meeting.version += 1
    meeting.save(update_fields=[*fields, "version"])


def _tell(code: str, meeting: MappingMeeting, authority: Authority, at: datetime) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind=SUBJECT,
        subject_id=meeting.pk,
        children=list(meeting.children.order_by("child_id").values_list("child_id", flat=True)),
    )
