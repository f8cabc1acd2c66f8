"""A queue as a page: who goes next and why, the risk to each child, who holds it meanwhile.

One page for every queue. What only its room knows (the plan, what blocks, where to go next) the
room says in `QueueRoom.facts`; the order is read from `cases.waiting` as it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import F, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from accounts.models import Team, User
from cases import waiting
from cases.choices import Queue
from cases.models import Responsibility, WaitingChange, WaitingEntry, WaitingGroup
from cases.queries.seen import NEVER, Seen, last_seen
from cases.waiting import RISK_RANK
from lib import words
from lib.working_days import london_date
from people.models import Person
from people.queries import age, closed_to
from record import calendar, clocks
from record.clocks import ClockView
from record.models import Clock

PER_PAGE = 25
#: Beyond this many families "blocked" is not counted: each is asked about all its children.
MOST_COUNTED = 300
NEWS_DAYS = 5
CHANGED = {
    "risk": "Risk rated again",
    "priority": "Priority changed",
    "joined": "A child joined",
    "one_left": "A child left the queue",
    "state": "State changed",
}


@dataclass(frozen=True, kw_only=True)
class GroupFacts:
    """What a room says of one family in its queue; `stale` is told where it does not block."""

    matter: str
    url: str = ""
    subject_ids: tuple[UUID, ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()
    stale: tuple[tuple[str, str], ...] = ()
    next_words: str = ""
    next_url: str = ""


Facts = Callable[..., Mapping[UUID, GroupFacts]]


@dataclass(frozen=True, kw_only=True)
class QueueRoom:
    """A queue with what only its room knows.

    `facts` is given groups with their entries, `by` and `at`, in a fixed number of queries.
    `wait_rules` time the wait, `visit_rules` the next time each child is seen.
    """

    queue: Queue
    title: str
    lead: str
    limit_words: str
    wait_rules: tuple[str, ...]
    visit_rules: tuple[str, ...]
    review_rule: str
    facts: Facts
    late: Callable[[datetime], Q]
    unseen: Callable[[datetime], Q]
    order: str
    empty: str


@dataclass(frozen=True, kw_only=True)
class ChildWaits:
    """One child of a family in the queue."""

    name: str
    risk: str
    risk_label: str
    is_up: bool = False


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One family, ready to show. A restricted one has its place and whom to ring."""

    group: WaitingGroup
    place: int
    who: str
    names: str
    matter: str
    url: str
    children: list[ChildWaits]
    held_by: list[tuple[str, str]]
    seen: list[str]
    wait: ClockView | None
    check: ClockView | None
    review: ClockView | None
    news: list[str]
    blocked: tuple[tuple[str, str], ...]
    stale: tuple[tuple[str, str], ...]
    short: str
    because: list[str]
    before: str
    raises: str
    lowers: str
    changed: str
    next_words: str
    next_url: str
    is_restricted: bool = False
    person_ids: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """A page of a queue, with the counts above it."""

    room: QueueRoom
    rows: list[QueueRow]
    page: Page[Any]
    families: int
    children: int
    late: int
    unseen: int
    blocked: int | None
    teams: list[Team]
    team: Team | None
    show: str

    @property
    def person_ids(self) -> list[UUID]:
        return [pk for row in self.rows for pk in row.person_ids]


def queue_page(
    *,
    room: QueueRoom,
    by: User,
    at: datetime,
    teams: Sequence[Team],
    team: Team | None = None,
    show: str = "",
    number: str | int = 1,
) -> QueuePage:
    """Give a page of a queue in its order; a fixed number of queries however many wait.

    :param teams: those whose queues `by` may look at
    :param team: one of them; left out, all together
    :param show: `late`, `unseen` or `blocked`; places stay those of the whole queue
    """
    wanted = [team] if team is not None else list(teams)
    groups = waiting.open_groups(queue=room.queue).filter(team__in=wanted)
    late, unseen = room.late(at), room.unseen(at)
    families = groups.count()
    blocked = _blocked(room, groups, families, by=by, at=at)
    shown = groups
    if show == "late":
        shown = groups.filter(late)
    elif show == "unseen":
        shown = groups.filter(unseen)
    elif show == "blocked" and blocked is not None:
        shown = groups.filter(pk__in=blocked)
    listed = _listed(shown)
    page = Paginator(listed, PER_PAGE).get_page(number)
    rows = list(page.object_list)
    places = (
        {group.pk: page.start_index() + place for place, group in enumerate(rows)}
        if shown is groups
        else _places(groups, [group.pk for group in rows])
    )
    neighbours = _neighbours(groups, rows, places)
    return QueuePage(
        room=room,
        rows=_rows(room, rows, places, neighbours, by=by, at=at),
        page=page,
        families=families,
        children=WaitingEntry.objects.filter(group__in=groups, ended_at__isnull=True).count(),
        late=groups.filter(late).count(),
        unseen=groups.filter(unseen).count(),
        blocked=len(blocked) if blocked is not None else None,
        teams=list(teams),
        team=team,
        show=show,
    )


def _listed(groups: QuerySet[WaitingGroup]) -> QuerySet[WaitingGroup]:
    return groups.select_related("team").prefetch_related(
        Prefetch(
            "entries",
            WaitingEntry.objects.filter(ended_at__isnull=True)
            .select_related("child")
            .order_by("child__date_of_birth", "pk"),
        )
    )


def _blocked(
    room: QueueRoom, groups: QuerySet[WaitingGroup], families: int, *, by: User, at: datetime
) -> list[UUID] | None:
    if families > MOST_COUNTED:
        return None
    facts = room.facts(groups=list(_listed(groups)), by=by, at=at)
    return [pk for pk, each in facts.items() if each.blocked]


def _places(groups: QuerySet[WaitingGroup], wanted: Sequence[UUID]) -> dict[UUID, int]:
    """The places of some families in the whole queue."""
    placed = groups.annotate(
        place=Window(RowNumber(), order_by=[*_order_expressions()])
    ).values_list("pk", "place")
    return {pk: place for pk, place in placed if pk in set(wanted)}


def _order_expressions() -> list[Any]:
    return [F(name[1:]).desc() if name.startswith("-") else F(name).asc() for name in waiting.ORDER]


def _neighbours(
    groups: QuerySet[WaitingGroup], rows: Sequence[WaitingGroup], places: Mapping[UUID, int]
) -> dict[UUID, WaitingGroup]:
    """The family that stands directly before each of these."""
    if not rows:
        return {}
    by_place = {places[group.pk]: group for group in rows}
    found = {}
    for group in rows:
        place = places[group.pk]
        if place == 1:
            continue
        before = by_place.get(place - 1)
        if before is None:
            before = groups[place - 2]
        found[group.pk] = before
    return found


def _rows(
    room: QueueRoom,
    groups: Sequence[WaitingGroup],
    places: Mapping[UUID, int],
    neighbours: Mapping[UUID, WaitingGroup],
    *,
    by: User,
    at: datetime,
) -> list[QueueRow]:
    ids = [entry.child_id for group in groups for entry in group.entries.all()]
    closed = closed_to(by=by, person_ids=ids)
    facts = room.facts(groups=groups, by=by, at=at)
    subjects = {subject: pk for pk, each in facts.items() for subject in each.subject_ids}
    running: dict[UUID, list[Clock]] = {}
    for clock in clocks.running(subject_ids=subjects):
        running.setdefault(subjects[clock.subject_id], []).append(clock)
    held: dict[UUID, Responsibility] = {
        row.child_id: row
        for row in Responsibility.objects.filter(child__in=ids, to_at__isnull=True).select_related(
            "manager", "team"
        )
    }
    seen = last_seen(child_ids=ids, at=at)
    changes = {
        change.group_id: change
        for change in WaitingChange.objects.filter(group__in=[group.pk for group in groups])
        .exclude(what="chosen")
        .order_by("group_id", "-at", "-recorded_at")
        .distinct("group_id")
    }
    news_since = calendar.working_days_ago(NEWS_DAYS, at=at)
    return [
        _row(
            group,
            place=places[group.pk],
            before=neighbours.get(group.pk),
            facts=facts.get(group.pk, GroupFacts(matter=group.reason)),
            running=running.get(group.pk, []),
            room=room,
            closed={pk: each.name for pk, each in closed.items()},
            held=held,
            seen=seen,
            change=changes.get(group.pk),
            news_since=news_since,
            at=at,
        )
        for group in groups
    ]


def _row(
    group: WaitingGroup,
    *,
    place: int,
    before: WaitingGroup | None,
    facts: GroupFacts,
    running: Sequence[Clock],
    room: QueueRoom,
    closed: Mapping[UUID, str],
    held: Mapping[UUID, Responsibility],
    seen: Mapping[UUID, Seen],
    change: WaitingChange | None,
    news_since: datetime,
    at: datetime,
) -> QueueRow:
    entries = list(group.entries.all())
    ring = next((closed[entry.child_id] for entry in entries if entry.child_id in closed), "")
    holders = dict.fromkeys(
        (held[entry.child_id].manager.full_name, held[entry.child_id].team.name)
        for entry in entries
        if entry.child_id in held
    )
    if ring:
        entries = []
    on = london_date(at)
    people = [entry.child for entry in entries]
    who = heading_of(people, on=on) if people else f"Restricted record, ring {ring}"
    news = [
        f"Risk up, {words.date_words(london_date(entry.risk_at))}"
        for entry in entries
        if _is_up(entry) and entry.risk_at is not None and entry.risk_at >= news_since
    ]
    return QueueRow(
        group=group,
        place=place,
        who=who,
        names=words.list_of_names([person.name for person in people]) or who,
        matter=facts.matter if not ring else "",
        url=facts.url if not ring else "",
        children=[
            ChildWaits(
                name=entry.child.given_name or entry.child.name,
                risk=entry.risk,
                risk_label=entry.get_risk_display() if entry.risk else "Not reviewed",
                is_up=_is_up(entry),
            )
            for entry in entries
        ],
        held_by=list(holders),
        seen=[] if ring else seen_words(entries, seen, at=at),
        wait=_view(running, room.wait_rules, at),
        check=_view(running, room.visit_rules, at),
        review=_view(running, (room.review_rule,), at) if room.review_rule else None,
        news=list(dict.fromkeys(news)),
        blocked=facts.blocked if not ring else (),
        stale=facts.stale if not ring else (),
        short=_short(group, before, facts, is_restricted=bool(ring)),
        because=[] if ring else waiting.why_here(group),
        before=_before(group, before),
        raises=waiting.raises(group),
        lowers=waiting.lowers(group),
        changed="" if ring or change is None else _changed(change),
        next_words=facts.next_words if not ring else "",
        next_url=facts.next_url if not ring else "",
        is_restricted=bool(ring),
        person_ids=[person.pk for person in people],
    )


def heading_of(people: Sequence[Person], *, on: Any) -> str:
    """Name brothers and sisters once by their surname: "Iris, 12, and Noah Exampleton, 7"."""
    several = {person.family_name for person in people}
    given = all(person.given_name for person in people)
    if len(people) < 2 or len(several) != 1 or not given:
        return words.names_with_ages([(person.name, age(person, on=on)) for person in people])
    return words.names_with_ages(
        [
            (
                person.name if person is people[-1] else person.given_name,
                age(person, on=on),
            )
            for person in people
        ]
    )


def _is_up(entry: WaitingEntry) -> bool:
    return bool(
        entry.risk_before and entry.risk and RISK_RANK[entry.risk] < RISK_RANK[entry.risk_before]
    )


def seen_words(
    entries: Collection[WaitingEntry], seen: Mapping[UUID, Seen], *, at: datetime
) -> list[str]:
    """Say when each child was last seen; together where it was the same day."""
    days: dict[Any, list[str]] = {}
    for entry in entries:
        last = seen.get(entry.child_id, NEVER).seen_at
        key = london_date(last) if last is not None else None
        days.setdefault(key, []).append(entry.child.given_name or entry.child.name)
    said = []
    for day, names in days.items():
        if day is None:
            said.append(f"{words.list_of_names(names)}: no visit recorded")
        elif len(days) == 1:
            count = "" if len(names) == 1 else ("Both " if len(names) == 2 else "All ")
            said.append(f"{count}{'s' if count else 'S'}een {words.day_words(day, now=at)}")
        else:
            said.append(f"{words.list_of_names(names)}: {words.day_words(day, now=at)}")
    return said


def _view(running: Sequence[Clock], rules: Collection[str], at: datetime) -> ClockView | None:
    mine = [clock for clock in running if clock.rule in rules]
    earliest = clocks.earliest(mine)
    return clocks.arithmetic(earliest, at) if earliest is not None else None


def _before(group: WaitingGroup, before: WaitingGroup | None) -> str:
    if before is None:
        return ""
    return waiting.why_before(waiting.place(before), waiting.place(group), queue=group.queue)


def _short(
    group: WaitingGroup, before: WaitingGroup | None, facts: GroupFacts, *, is_restricted: bool
) -> str:
    """The one line beside "Why place n"."""
    if is_restricted:
        return ""
    unrated = [
        entry.child.given_name or entry.child.name
        for entry in group.entries.all()
        if entry.risk == ""
    ]
    if unrated and group.risk_rank == RISK_RANK[""]:
        verb = "is" if len(unrated) == 1 else "are"
        return f"Placed as high until {words.list_of_names(unrated)} {verb} reviewed."
    if before is None:
        return "Nobody stands before them."
    said = _before(group, before)
    return f"Behind the place before: {said}."


def _changed(change: WaitingChange) -> str:
    what = CHANGED.get(change.what, "Changed")
    return f"{what} {words.date_words(london_date(change.at))}: {change.why}"
