"""The early help waiting list: who waits, in what order and why, and who holds the risk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import User
from cases import waiting
from cases.choices import Priority, Queue, RiskLevel, WaitingState
from cases.models import Responsibility, VisitChild, WaitingEntry, WaitingGroup
from early_help.models import Episode, SafeCheck
from early_help.queries.families import NOBODY, Family, families, holders
from early_help.queries.offers import standing
from early_help.timescales import REVIEW_RULES, SEVERE_RULES, START_RULES
from people.queries import Shown
from record import clocks
from record.clocks import ClockView
from record.models import Clock

PAGE_LENGTH = 25
#: What the list can be narrowed to, with its words.
FILTERS: Mapping[str, str] = {
    "delayed": "Past its limit",
    "severe": "Severely delayed",
    "check": "Safe-check late",
    "paused": "Paused by the family",
    Priority.P1: "P1",
    Priority.P2: "P2",
    Priority.P3: "P3",
}
RISK_KIND = {
    RiskLevel.IMMEDIATE: "red",
    RiskLevel.HIGH: "red",
    RiskLevel.MODERATE: "amber",
    RiskLevel.LOW: "green",
}


@dataclass(frozen=True)
class ChildRow:
    """One child of a family that waits."""

    shown: Shown
    risk: str
    kind: str
    rose: bool
    seen: VisitChild | None


@dataclass(frozen=True)
class Row:
    """A family in the queue. Of a restricted one only place, clock and whom to ring."""

    place: int
    group: WaitingGroup
    episode: Episode
    family: Family
    children: Sequence[ChildRow]
    held_by: Sequence[Responsibility]
    start: ClockView | None
    is_severe: bool
    review: ClockView | None
    checked: SafeCheck | None
    worse: SafeCheck | None
    waits_for: str
    why: Sequence[str]
    before: str
    after: str

    @property
    def seen_at(self) -> datetime | None:
        """When the child seen longest ago was seen; none while one has not been seen."""
        seen = [child.seen.at for child in self.children if child.seen is not None]
        return min(seen) if seen and len(seen) == len(self.children) else None

    @property
    def risks(self) -> Sequence[ChildRow]:
        """The children with their risk; nothing of a restricted family."""
        return () if self.family.is_closed else self.children


@dataclass(frozen=True)
class WaitingList:
    """One page of the list, and counts of all of it."""

    rows: Sequence[Row]
    number: int
    pages: int
    families: int
    children: int
    shown: int
    delayed: int
    severe: int
    checks_late: int
    child_ids: list[UUID] = field(default_factory=list)


def waiting_list(
    *, by: User, at: datetime, narrowed: str = "", page: int = 1, everything: bool = False
) -> WaitingList:
    """Give one page of the queue in order, in a fixed number of queries.

    :param narrowed: a key of `FILTERS`; places stay those of the whole list
    :param everything: as much as one sheet of paper holds
    """
    length = 200 if everything else PAGE_LENGTH
    late = _late(at)
    counted = WaitingGroup.objects.filter(queue=Queue.EARLY_HELP, ended_at=None).count()
    groups = waiting.open_groups(queue=Queue.EARLY_HELP)
    is_narrowed = narrowed in FILTERS
    if is_narrowed:
        groups = _narrowed(groups, narrowed, at)
    total = groups.count() if is_narrowed else counted
    pages = max(1, -(-total // length))
    number = min(max(1, page), pages)
    first = (number - 1) * length
    # One family more at each side, to say why it stands before or after.
    start = max(0, first - 1)
    found = list(
        groups.select_related("team").prefetch_related(
            Prefetch("entries", queryset=WaitingEntry.objects.filter(ended_at=None).order_by("pk"))
        )[start : first + length + 1]
    )
    lead = first - start
    shown = found[lead : lead + length]
    # Narrowed, a family's neighbours in the whole queue are not those shown.
    stands = waiting.standings(shown) if is_narrowed else {}
    rows = _rows(shown, by=by, at=at)
    made = []
    for place, row in enumerate(rows, start=first + 1):
        here = lead + place - first - 1
        stand = stands.get(row.group.pk) or waiting.Standing(
            place,
            found[here - 1] if here > 0 else None,
            found[here + 1] if here + 1 < len(found) else None,
        )
        made.append(_placed(row, stand))
    return WaitingList(
        rows=made,
        number=number,
        pages=pages,
        families=counted,
        children=WaitingEntry.objects.filter(queue=Queue.EARLY_HELP, ended_at=None).count(),
        shown=total,
        delayed=late["delayed"],
        severe=late["severe"],
        checks_late=late["checks"],
        child_ids=[pk for row in made for pk in row.family.child_ids],
    )


def row_of(*, by: User, at: datetime, group: WaitingGroup) -> Row:
    """One family's row with its place, for its own page."""
    (row,) = _rows([group], by=by, at=at)
    stand = waiting.standings([group]).get(group.pk)
    return _placed(row, stand) if stand is not None else row


def _late(at: datetime) -> Mapping[str, int]:
    """Count what is late of every wait; one query of running limits."""
    found = Clock.objects.filter(
        rule__in=[*START_RULES, *SEVERE_RULES, *REVIEW_RULES], stopped_at=None, due_at__lt=at
    ).aggregate(
        delayed=Count("pk", filter=Q(rule__in=START_RULES)),
        severe=Count("pk", filter=Q(rule__in=SEVERE_RULES)),
        checks=Count("pk", filter=Q(rule__in=REVIEW_RULES)),
    )
    return {name: int(number) for name, number in found.items()}


def _narrowed(
    groups: QuerySet[WaitingGroup], narrowed: str, at: datetime
) -> QuerySet[WaitingGroup]:
    rules = {"delayed": START_RULES, "severe": SEVERE_RULES, "check": REVIEW_RULES}.get(narrowed)
    if rules is not None:
        late = Clock.objects.filter(rule__in=rules, stopped_at=None, due_at__lt=at)
        return groups.filter(pk__in=late.values("subject_id"))
    if narrowed == "paused":
        return groups.filter(state=WaitingState.PAUSED)
    return groups.filter(priority=narrowed)


def _rows(groups: Sequence[WaitingGroup], *, by: User, at: datetime) -> list[Row]:
    episodes = Episode.objects.select_related("worker", "team__manager").in_bulk(
        [group.subject_id for group in groups]
    )
    shown = families(episodes, by=by)
    child_ids = [entry.child_id for group in groups for entry in group.entries.all()]
    held = holders(child_ids)
    seen = last_seen(child_ids)
    checked = last_checks(episodes)
    worse = not_followed(episodes)
    waits_for = standing(episodes)
    running: dict[UUID, dict[str, Clock]] = {}
    for clock in clocks.running(subject_ids=[group.pk for group in groups]):
        running.setdefault(clock.subject_id, {})[clock.rule] = clock
    return [
        _row(
            group,
            episodes[group.subject_id],
            shown.get(group.subject_id, NOBODY),
            running.get(group.pk, {}),
            held,
            seen,
            checked.get(group.subject_id),
            worse.get(group.subject_id),
            waits_for.get(group.subject_id, ""),
            at,
        )
        for group in groups
    ]


def _row(
    group: WaitingGroup,
    episode: Episode,
    family: Family,
    running: Mapping[str, Clock],
    held: Mapping[UUID, Responsibility],
    seen: Mapping[UUID, VisitChild],
    checked: SafeCheck | None,
    worse: SafeCheck | None,
    waits_for: str,
    at: datetime,
) -> Row:
    entries = {entry.child_id: entry for entry in group.entries.all() if entry.ended_at is None}
    children = [
        ChildRow(
            shown=child,
            risk=str(RiskLevel(entry.risk).label) if entry.risk else "Not reviewed",
            kind=RISK_KIND[RiskLevel(entry.risk)] if entry.risk else "not-rated",
            rose=bool(entry.risk_before)
            and waiting.RISK_RANK[entry.risk] < waiting.RISK_RANK[entry.risk_before],
            seen=seen.get(child.person_id),
        )
        for child in family.children
        if (entry := entries.get(child.person_id)) is not None
    ]
    start = _first(running, START_RULES)
    severe = _first(running, SEVERE_RULES)
    review = _first(running, REVIEW_RULES)
    of_children = {held[pk].team_id: held[pk] for pk in entries if pk in held}
    return Row(
        place=0,
        group=group,
        episode=episode,
        family=family,
        children=children,
        held_by=list(of_children.values()),
        start=clocks.arithmetic(start, at) if start else None,
        is_severe=severe is not None and severe.due_at < at,
        review=clocks.arithmetic(review, at) if review else None,
        checked=checked,
        worse=worse,
        waits_for=waits_for,
        why=waiting.why_here(group),
        before="",
        after="",
    )


def _placed(row: Row, stand: waiting.Standing) -> Row:
    here = waiting.place(row.group)
    before, after = stand.before, stand.after
    return replace(
        row,
        place=stand.place,
        before=waiting.why_before(waiting.place(before), here, queue=Queue.EARLY_HELP)
        if before
        else "",
        after=waiting.why_before(here, waiting.place(after), queue=Queue.EARLY_HELP)
        if after
        else "",
    )


def _first(running: Mapping[str, Clock], rules: Sequence[str]) -> Clock | None:
    return next((running[rule] for rule in rules if rule in running), None)


def last_seen(child_ids: Sequence[UUID]) -> Mapping[UUID, VisitChild]:
    """The latest visit at which each child was seen; one query."""
    rows = (
        VisitChild.objects.filter(child__in=child_ids, was_seen=True)
        .order_by("child_id", "-at", "pk")
        .distinct("child_id")
    )
    return {row.child_id: row for row in rows}


def last_checks(episode_ids: Any) -> Mapping[UUID, SafeCheck]:
    """The latest safe-check of each episode at which somebody was reached; one query."""
    rows = (
        SafeCheck.objects.filter(episode__in=list(episode_ids), is_reached=True)
        .order_by("episode_id", "-at", "pk")
        .distinct("episode_id")
    )
    return {row.episode_id: row for row in rows}


def not_followed(episode_ids: Any) -> Mapping[UUID, SafeCheck]:
    """The earliest safe-check of each episode that found it worse and led to nothing; one query."""
    rows = (
        SafeCheck.objects.filter(
            episode__in=list(episode_ids), found=SafeCheck.Found.WORSE, answer=None
        )
        .order_by("episode_id", "at", "pk")
        .distinct("episode_id")
    )
    return {row.episode_id: row for row in rows}
