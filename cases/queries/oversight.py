"""Whose oversight is due, what a manager recorded and directed, and whom a manager directs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max, Prefetch, Q, QuerySet
from django.urls import reverse

from accounts.models import Team, TeamMembership, User
from accounts.permissions import Permission, holds
from cases.actions.oversight import right_to_answer
from cases.choices import OversightKind, WorkerRole
from cases.flags import LOOKED, paces
from cases.models import (
    Allocation,
    ManagementOversight,
    OversightAction,
    OversightChild,
    Responsibility,
)
from cases.panels import Work
from cases.standing import deputised
from lib import application_clock, words
from lib.working_days import LONDON, london_date
from people.models import Person
from people.queries import closed_to, family_of
from people.queries.family import Family
from record import calendar, policy

SHOWN = 10
PER_PAGE = 50
MOST = 100


@dataclass(frozen=True)
class Pace:
    """How long an open child has gone without oversight, against the limit."""

    child_id: UUID
    manager_id: UUID | None
    last_at: datetime | None
    since_at: datetime
    limit: int
    used: int
    due_on: date
    is_over: bool

    @property
    def over(self) -> int:
        return max(self.used - self.limit, 0)

    @property
    def words(self) -> str:
        return f"{self.used} of {self.limit}"


@dataclass(frozen=True)
class DueRow:
    """One child on the list of what is due."""

    pace: Pace
    name: str
    worker: str
    manager: str = ""
    is_closed: bool = False


@dataclass(frozen=True)
class DueList:
    """Children whose oversight is over its limit or near it, longest over first."""

    rows: list[DueRow] = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.rows)

    @property
    def child_ids(self) -> list[UUID]:
        return [row.pace.child_id for row in self.rows if not row.is_closed]


def _paces(
    of: str, values: Sequence[list[Any]], *, at: datetime, rest: str
) -> list[tuple[Any, ...]]:
    sql = (
        "SELECT child_id, manager_id, last_at, since_at, days, since_at < amber_before,"  # noqa: S608
        f" count(*) OVER () FROM ({LOOKED.format(of=of)}) AS looked {rest}"
    )
    with connection.cursor() as cursor:
        # The narrowing of the children stands before the limits in the statement.
        cursor.execute(sql, [*values, *paces(at)])
        return list(cursor.fetchall())


def _pace(row: tuple[Any, ...], *, at: datetime) -> Pace:
    child_id, manager_id, last_at, since_at, limit, is_over, _total = row
    table, since_on = calendar.calendar(), london_date(since_at)
    return Pace(
        child_id=child_id,
        manager_id=manager_id,
        last_at=last_at,
        since_at=since_at,
        limit=limit,
        used=table.working_days_between(since_on, london_date(at)),
        due_on=table.add_working_days(since_on, limit),
        is_over=is_over,
    )


def paces_of(*, child_ids: Collection[UUID], at: datetime) -> dict[UUID, Pace]:
    """How long each of these children has gone without oversight, if they are open; one query."""
    if not child_ids:
        return {}
    rows = _paces("child_id = ANY(%s)", [list(child_ids)], at=at, rest="")
    return {row[0]: _pace(row, at=at) for row in rows}


_HELD_BY = """child_id IN (
    SELECT child_id FROM cases_responsibility WHERE to_at IS NULL AND {} = ANY(%s)
)"""


_LED_BY = """child_id IN (
    SELECT child_id FROM cases_allocation
    WHERE to_at IS NULL AND role = 'lead' AND worker_id = ANY(%s)
)"""


def due(
    *,
    by: User,
    at: datetime,
    teams: Collection[Team] | None = None,
    worker_id: UUID | None = None,
    most: int = SHOWN,
    page: int = 1,
) -> DueList:
    """Whose oversight is over or near its limit: of these teams, or those `by` answers for.

    :param worker_id: only children this worker leads with
    """
    if not holds(by, Permission.OVERSIGHT_RECORD):
        return DueList()
    if teams is None:
        whose = [by.pk, *(manager.pk for manager in deputised(by, at))]
        of = _HELD_BY.format("manager_id")
    else:
        whose = [team.pk for team in teams]
        of = _HELD_BY.format("team_id")
    values: list[list[Any]] = [whose]
    if worker_id is not None:
        of, values = f"{of} AND {_LED_BY}", [whose, [worker_id]]
    found = _paces(
        of,
        values,
        at=at,
        rest="WHERE since_at < soon_before ORDER BY amber_before - since_at DESC, child_id"
        f" LIMIT {int(most)} OFFSET {int(most) * (max(int(page), 1) - 1)}",
    )
    if not found:
        return DueList()
    known = [_pace(row, at=at) for row in found]
    ids = [pace.child_id for pace in known]
    people = Person.objects.in_bulk(ids)
    closed = closed_to(by=by, person_ids=ids)
    workers = dict(
        Allocation.objects.filter(
            child__in=ids, role=WorkerRole.LEAD, to_at__isnull=True
        ).values_list("child_id", "worker__full_name")
    )
    managers = dict(
        User.objects.filter(
            pk__in=[pace.manager_id for pace in known if pace.manager_id]
        ).values_list("pk", "full_name")
    )
    return DueList(
        rows=[
            DueRow(
                pace=pace,
                name=f"Restricted child, ring {closed[pace.child_id].name}"
                if pace.child_id in closed
                else people[pace.child_id].name,
                worker="" if pace.child_id in closed else workers.get(pace.child_id, "Nobody yet"),
                manager=managers.get(pace.manager_id, "") if pace.manager_id else "",
                is_closed=pace.child_id in closed,
            )
            for pace in known
        ],
        total=found[0][-1],
    )


# By worker


@dataclass(frozen=True)
class WorkerRow:
    """What supervision of one worker has to think about; `worker` is None for nobody's children."""

    worker: User | None
    children: int
    over: int
    soon: int
    longest: Pace | None
    longest_name: str
    is_closed: bool
    supervised_at: datetime | None
    next_on: date | None
    is_late: bool
    is_new: bool


_BY_WORKER = """
SELECT lead.worker_id, count(*), count(*) FILTER (WHERE since_at < amber_before),
    count(*) FILTER (WHERE since_at < soon_before AND since_at >= amber_before),
    (array_agg(looked.child_id ORDER BY amber_before - since_at DESC, looked.child_id))[1]
FROM ({}) AS looked
LEFT JOIN cases_allocation AS lead
    ON lead.child_id = looked.child_id AND lead.role = 'lead' AND lead.to_at IS NULL
GROUP BY lead.worker_id
"""


def by_worker(*, by: User, at: datetime, teams: Collection[Team]) -> list[WorkerRow]:
    """What is due for each worker of these teams, and for nobody's children; six queries.

    Whoever has most over the limit stands first, nobody's children before everybody.
    """
    whose = [team.pk for team in teams]
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_WORKER.format(LOOKED.format(of=_HELD_BY.format("team_id"))), [whose, *paces(at)]
        )
        counted = {row[0]: row[1:] for row in cursor.fetchall()}
    on = london_date(at)
    members = (
        TeamMembership.objects.filter(team__in=whose, from_on__lte=on)
        .exclude(to_on__lt=on)
        .values("user")
    )
    workers: list[User | None] = [
        *User.objects.filter(
            Q(pk__in=[pk for pk in counted if pk]) | Q(pk__in=members, managed_teams=None),
            is_active=True,
        ).order_by("full_name", "pk")
    ]
    if None in counted:
        workers.append(None)
    last = dict(
        ManagementOversight.objects.filter(
            with_worker__in=[worker.pk for worker in workers if worker],
            kind=OversightKind.SUPERVISION,
        )
        .values_list("with_worker")
        .annotate(last=Max("at"))
    )
    longest = [row[3] for row in counted.values()]
    known = paces_of(child_ids=longest, at=at)
    people = Person.objects.in_bulk(longest)
    closed = closed_to(by=by, person_ids=longest)
    usual, often = (int(policy.value(key, at=at)) for key in ("SUP-WORKER", "SUP-WORKER-NEW"))
    table = calendar.calendar()
    found = []
    for worker in workers:
        children, over, soon, child_id = counted.get(worker.pk if worker else None, (0, 0, 0, None))
        supervised_at = last.get(worker.pk) if worker else None
        new_until = worker.newly_qualified_until if worker else None
        is_new = new_until is not None and new_until >= on
        next_on = (
            table.add_working_days(london_date(supervised_at), often if is_new else usual)
            if supervised_at
            else None
        )
        found.append(
            WorkerRow(
                worker=worker,
                children=children,
                over=over,
                soon=soon,
                longest=known.get(child_id) if over or soon else None,
                longest_name=""
                if child_id is None
                else f"Restricted child, ring {closed[child_id].name}"
                if child_id in closed
                else people[child_id].name,
                is_closed=child_id in closed,
                supervised_at=supervised_at,
                next_on=next_on,
                is_late=bool(children) and (next_on is None or next_on < on),
                is_new=is_new,
            )
        )
    return sorted(found, key=lambda row: (row.worker is not None, -row.over, -row.soon))


# What the form offers


@dataclass(frozen=True)
class ToThinkAbout:
    """The children of a family, with how long each has gone without oversight."""

    person: Person
    family: Family
    children: list[tuple[str, str]]
    sides: dict[str, str]
    people: list[tuple[str, str]]
    restricted: list[str]
    child_ids: list[UUID]


def to_think_about(*, by: User, person: Person, at: datetime) -> ToThinkAbout:
    """The children somebody may have thought about together, and whom they direct."""
    family = family_of(by=by, person_id=person.pk, on=london_date(at))
    children = [member for member in family.members if member.person and member.is_child]
    if all(member.person_id != person.pk for member in children):
        children = [family.subject, *children]
    ids = [member.person_id for member in children]
    gaps = paces_of(child_ids=ids, at=at)
    return ToThinkAbout(
        person=person,
        family=family,
        children=[
            (
                str(member.person_id),
                f"{member.name}, {member.age}" if member.age else member.name,
            )
            for member in children
        ],
        sides={str(child_id): pace.words for child_id, pace in gaps.items()},
        people=people_to_direct(child_ids=ids, by=by, at=at),
        restricted=[
            f"Restricted child, ring {member.ring.name}"
            for member in family.members
            if member.ring is not None
        ],
        child_ids=ids,
    )


def people_to_direct(
    *, child_ids: Collection[UUID], by: User, at: datetime
) -> list[tuple[str, str]]:
    """Who can be asked to do something for these children: their workers, the team, `by`."""
    on = london_date(at)
    children = list(child_ids)
    teams = Responsibility.objects.filter(child__in=children, to_at__isnull=True).values("team")
    members = (
        TeamMembership.objects.filter(team__in=teams, from_on__lte=on)
        .exclude(to_on__lt=on)
        .values("user")
    )
    workers = Allocation.objects.filter(child__in=children, to_at__isnull=True).values("worker")
    people = User.objects.filter(
        Q(pk__in=members) | Q(pk__in=workers) | Q(pk=by.pk), is_active=True
    ).order_by("full_name", "pk")
    return [
        (str(user.pk), f"{user.full_name}, {user.job_title}" if user.job_title else user.full_name)
        for user in people
    ]


# What was recorded


@dataclass(frozen=True)
class Record:
    """One record as `by` may read it: without its words where a child's record is closed."""

    oversight: ManagementOversight
    names: str
    child_ids: list[UUID]
    is_closed: bool
    directions: list[OversightAction]
    corrected_by: ManagementOversight | None
    days_later: int

    @property
    def as_deputy(self) -> str:
        acting_for = self.oversight.acting_for
        return f", as deputy for {acting_for.full_name}" if acting_for else ""


def _records() -> QuerySet[ManagementOversight]:
    return ManagementOversight.objects.select_related(
        "by", "acting_for", "with_worker", "corrects", "corrected_by"
    ).prefetch_related(
        Prefetch(
            "children",
            queryset=OversightChild.objects.select_related("child").order_by(
                "child__date_of_birth", "child_id"
            ),
        ),
        Prefetch(
            "actions",
            queryset=OversightAction.objects.select_related("owner", "answered_by").order_by(
                "due_on", "pk"
            ),
        ),
    )


def _shown(found: Collection[ManagementOversight], *, by: User) -> list[Record]:
    closed = closed_to(
        by=by, person_ids=[row.child_id for each in found for row in each.children.all()]
    )
    table = calendar.calendar()
    shown = []
    for each in found:
        children = list(each.children.all())
        is_closed = any(row.child_id in closed for row in children)
        shown.append(
            Record(
                oversight=each,
                names=words.list_of_names(
                    [
                        f"Restricted child, ring {closed[row.child_id].name}"
                        if row.child_id in closed
                        else row.child.name
                        for row in children
                    ]
                ),
                child_ids=[row.child_id for row in children if row.child_id not in closed],
                is_closed=is_closed,
                directions=[] if is_closed else list(each.actions.all()),
                corrected_by=getattr(each, "corrected_by", None),
                days_later=table.working_days_between(
                    london_date(each.at), london_date(each.recorded_at)
                ),
            )
        )
    return shown


def of_child(*, by: User, child_ids: Collection[UUID]) -> QuerySet[ManagementOversight]:
    """Everything managers recorded about a child, the latest first."""
    return _records().filter(children__child__in=child_ids).distinct().order_by("-at", "pk")


def shown(found: Collection[ManagementOversight], *, by: User) -> list[Record]:
    """Records as `by` may read them; a fixed number of queries."""
    return _shown(found, by=by)


def record(*, by: User, oversight_id: UUID) -> Record | None:
    """One record, for somebody who may see one of its children."""
    found = _records().filter(pk=oversight_id).first()
    if found is None:
        return None
    one = _shown([found], by=by)[0]
    visible = Person.objects.visible_to(by).filter(pk__in=one.child_ids)
    return one if visible.exists() else None


def direction(*, by: User, direction_id: UUID) -> tuple[OversightAction, Record] | None:
    """One direction with the record it stands in, for somebody who may see its children."""
    found = (
        OversightAction.objects.select_related("owner", "answered_by").filter(pk=direction_id)
    ).first()
    if found is None:
        return None
    one = record(by=by, oversight_id=found.oversight_id)
    if one is None or one.is_closed:
        return None
    return found, one


def may_answer(found: OversightAction, *, by: User, at: datetime) -> bool:
    """Say whether `by` says what became of a direction."""
    return found.answered_at is None and right_to_answer(found, by=by, at=at) is not None


def panel(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """The latest oversight of one child, what was directed and when it is due again."""
    latest = _shown(list(of_child(by=by, child_ids=child_ids)[:2]), by=by)
    directed = (
        OversightAction.objects.filter(
            oversight__children__child__in=child_ids, is_done__isnull=True
        )
        .exclude(pk__in=[each.pk for one in latest for each in one.directions])
        .exclude(oversight__in=[one.oversight.pk for one in latest])
        .select_related("owner", "oversight")
        .distinct()
        .order_by("due_on", "pk")[:5]
    )
    readable = _readable({each.oversight_id for each in directed}, by=by)
    gaps = paces_of(child_ids=child_ids, at=application_clock.now())
    return {
        "records": latest,
        "directed": [each for each in directed if each.oversight_id in readable],
        "pace": next(iter(gaps.values()), None),
        "child_id": child_ids[0] if child_ids else None,
        "may_record": holds(by, Permission.OVERSIGHT_RECORD),
    }


def _readable(oversight_ids: Collection[UUID], *, by: User) -> set[UUID]:
    """Those of the records that are about nobody whose record is closed to `by`."""
    rows = list(
        OversightChild.objects.filter(oversight__in=oversight_ids).values_list(
            "oversight_id", "child_id"
        )
    )
    closed = closed_to(by=by, person_ids=[child_id for _pk, child_id in rows])
    kept_out = {pk for pk, child_id in rows if child_id in closed}
    return set(oversight_ids) - kept_out


def directed_work(*, by: User, at: datetime) -> Sequence[Work]:
    """What managers directed `by` to do and nobody has answered for, earliest first."""
    owed = list(
        OversightAction.objects.filter(owner=by, is_done__isnull=True)
        .select_related("oversight__by")
        .prefetch_related(
            Prefetch(
                "oversight__children",
                queryset=OversightChild.objects.select_related("child").order_by(
                    "child__date_of_birth", "child_id"
                ),
            )
        )
        .order_by("due_on", "pk")[:MOST]
    )
    if not owed:
        return []
    readable = _readable({each.oversight_id for each in owed}, by=by)
    table = calendar.calendar()
    found = []
    for each in owed:
        if each.oversight_id not in readable:
            continue
        due_at = table.closes_at(each.due_on) or _midnight(each.due_on)
        very_late_on = table.add_working_days(each.due_on, 2)
        found.append(
            Work(
                verb="Say whether it was done",
                url=reverse("cases:direction", args=[each.pk]),
                who=words.list_of_names([row.child.name for row in each.oversight.children.all()]),
                why=f"Directed by {each.oversight.by.full_name}",
                detail=each.what,
                due_at=due_at,
                warn_at=_midnight(each.due_on - timedelta(days=1)),
                very_late_at=table.opens_at(very_late_on) or _midnight(very_late_on),
            )
        )
    return found


def _midnight(day: date) -> datetime:
    """When a day ends."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON) + timedelta(days=1)
