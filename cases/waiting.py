"""Who waits, in what order and why: written once for early help, allocation and transfer.

The order is worst child's risk (not reviewed counts as high), then the queue's own rank, then
need without any points for waiting, then how long, then id (decisions.md 75). It is computed on
writing and stored, so that a list reads it from an index. Waiting longer never overtakes higher
risk. The caller has asked for the permission and passes the right it gives; only this module
writes the rows. Who holds a child who waits is a fact of `Responsibility`, never of the queue.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Team, User
from accounts.permissions import Authority
from cases import holding
from cases.choices import Priority, Queue, RiskLevel, WaitingState
from cases.models import RiskRating, WaitingChange, WaitingEntry, WaitingGroup
from cases.models.waiting import OVER
from lib import application_clock, words
from lib.prepared import Prepared
from people.queries import closed_to
from record import events
from record.errors import Refused

RISK_RANK: Mapping[str, int] = {
    RiskLevel.IMMEDIATE: 0,
    RiskLevel.HIGH: 1,
    "": 1,  # nobody has reviewed this child, so the family is placed as if high
    RiskLevel.MODERATE: 2,
    RiskLevel.LOW: 3,
}
PRIORITY_RANK: Mapping[str, int] = {Priority.P1: 1, Priority.P2: 2, Priority.P3: 3}
#: Ranks of the two queues of social care, gravest first.
SECTION_47, OTHER_REFERRAL = 1, 2
PROTECTION_PLAN, IN_NEED_PLAN = 1, 2
RANK_WORDS: Mapping[tuple[str, int], str] = {
    (Queue.EARLY_HELP, 1): "priority 1",
    (Queue.EARLY_HELP, 2): "priority 2",
    (Queue.EARLY_HELP, 3): "priority 3",
    (Queue.ALLOCATION, SECTION_47): "a section 47 enquiry",
    (Queue.ALLOCATION, OTHER_REFERRAL): "a referral without section 47",
    (Queue.TRANSFER, PROTECTION_PLAN): "a child protection plan",
    (Queue.TRANSFER, IN_NEED_PLAN): "a child in need plan",
}
RISK_WORDS = {0: "immediate risk", 1: "high risk", 2: "moderate risk", 3: "low risk"}
ORDER = ("risk_rank", "queue_rank", "-need_score", "since_at", "pk")


class AlreadyWaiting(Refused):
    """One of the children stands in this queue already."""


@dataclass(frozen=True, order=True)
class Place:
    """Where a family stands; a smaller one goes first. Fields in the order they count."""

    risk_rank: int
    queue_rank: int
    less_need: int
    since_at: datetime
    id: UUID


@dataclass(frozen=True, kw_only=True)
class ChildWaiting:
    """A child on entry: since when, and the risk to this child with its reason, if reviewed."""

    child_id: UUID
    since_at: datetime
    risk: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One reason for a need score, with its points."""

    code: str
    words: str
    points: int


def place_of(
    *, risks: Iterable[str], queue_rank: int, need_score: int, since_at: datetime, id: UUID
) -> Place:
    """Give a family's place: a pure function of what is known about it."""
    worst = min((RISK_RANK[risk] for risk in risks), default=RISK_RANK[""])
    return Place(worst, queue_rank, -need_score, since_at, id)


def why_before(first: Place, second: Place, *, queue: str) -> str:
    """Say in words why `first` goes before `second`, by the first thing in which they differ."""
    if first.risk_rank != second.risk_rank:
        return f"{RISK_WORDS[first.risk_rank]} goes before {RISK_WORDS[second.risk_rank]}"
    if first.queue_rank != second.queue_rank:
        return (
            f"{RANK_WORDS[queue, first.queue_rank]} goes before"
            f" {RANK_WORDS[queue, second.queue_rank]}"
        )
    if first.less_need != second.less_need:
        return f"need score {-first.less_need} goes before {-second.less_need}"
    if first.since_at != second.since_at:
        return "they have waited longer"
    return "both stand equal, and the order once given stays"


def place(group: WaitingGroup) -> Place:
    """The stored place of a family."""
    return Place(group.risk_rank, group.queue_rank, -group.need_score, group.since_at, group.pk)


def why_here(group: WaitingGroup) -> list[str]:
    """Say in sentences what places a family; `entries` with their children are at hand."""
    worst = [
        entry.risk
        for entry in group.entries.all()
        if entry.ended_at is None and RISK_RANK[entry.risk] == group.risk_rank
    ]
    level = RiskLevel(worst[0]).label.lower() if worst[0] else "not reviewed, placed as if high"
    children = words.plural(len(worst), "child", "children")
    said = [f"Risk to {children}: {level}"]
    rank = RANK_WORDS[group.queue, group.queue_rank]
    said.append(f"{rank[0].upper()}{rank[1:]}: {group.reason}".rstrip(":. "))
    if group.factors:
        added = words.list_of_names(
            [f"{each['words']} +{each['points']}" for each in group.factors]
        )
        said.append(f"Need score {group.need_score}: {added}")
    return said


def change_words(change: WaitingChange, *, queue: str) -> list[str]:
    """Say what a change moved: "Low risk to moderate risk", "Priority 3 to priority 1"."""
    before, after = change.before, change.after
    said = []
    if "state" in after:
        states = [str(WaitingState(each["state"]).label) for each in (before, after)]
        if states[0] == states[1]:
            return []
        return [f"{states[0]} to {states[1][0].lower()}{states[1][1:]}"]
    if before.get("risk_rank") != after.get("risk_rank"):
        said.append(f"{RISK_WORDS[before['risk_rank']]} to {RISK_WORDS[after['risk_rank']]}")
    if before.get("queue_rank") != after.get("queue_rank"):
        ranks = [RANK_WORDS[queue, each["queue_rank"]] for each in (before, after)]
        said.append(f"{ranks[0]} to {ranks[1]}")
    if before.get("need_score") != after.get("need_score"):
        said.append(f"need score {before['need_score']} to {after['need_score']}")
    return [f"{each[0].upper()}{each[1:]}" for each in said]


def raises(group: WaitingGroup) -> str:
    """Say what would bring a family further up."""
    said = []
    if group.risk_rank > 0:
        said.append("a higher risk to one of the children")
    if (group.queue, group.queue_rank - 1) in RANK_WORDS:
        said.append(RANK_WORDS[group.queue, group.queue_rank - 1])
    return words.list_of_names(said) or "nothing: the risk is immediate"


def lowers(group: WaitingGroup) -> str:
    """Say what would bring a family further down; waiting never does."""
    open_entries = [entry for entry in group.entries.all() if entry.ended_at is None]
    worst = [entry for entry in open_entries if RISK_RANK[entry.risk] == group.risk_rank]
    unrated = [entry for entry in worst if entry.risk == ""]
    if unrated and len(unrated) == len(worst):
        return "a review that finds the risk below high"
    if group.risk_rank < RISK_RANK[RiskLevel.LOW]:
        return "a review that finds the risk lower"
    return "nothing: the risk is low"


def enter(
    *,
    authority: Authority,
    at: datetime,
    queue: Queue,
    team: Team,
    subject_kind: str,
    subject_id: UUID,
    children: Sequence[ChildWaiting],
    reason: str,
    queue_rank: int,
    priority: str = "",
    factors: Sequence[Factor] = (),
    told: str = "",
    interim_help: str = "",
    expected_on: date | None = None,
) -> WaitingGroup:
    """Put a family into a queue, each child with its own date and risk.

    :raises AlreadyWaiting: one of the children stands in this queue already
    :raises Refused: no child, or no reason
    """
    if not children:
        raise Refused("Choose the children who wait.")
    if not reason.strip():
        raise Refused("Say why this family has this place.")
    ids = [child.child_id for child in children]
    holding.lock(ids)
    if WaitingEntry.objects.filter(child__in=ids, queue=queue, ended_at=None).exists():
        raise AlreadyWaiting("One of these children waits in this queue already.")
    now = application_clock.now()
    group = WaitingGroup(
        queue=queue,
        team=team,
        subject_kind=subject_kind,
        subject_id=subject_id,
        priority=priority,
        reason=reason,
        factors=[{"code": f.code, "words": f.words, "points": f.points} for f in factors],
        risk_rank=min(RISK_RANK[child.risk] for child in children),
        queue_rank=queue_rank,
        need_score=sum(factor.points for factor in factors),
        since_at=min(child.since_at for child in children),
        told=told,
        interim_help=interim_help,
        expected_on=expected_on,
        by=authority.user,
        recorded_at=now,
    )
    group.save(force_insert=True)
    for child in children:
        _add(group, child, authority, at)
    _tell("entered", group, authority, at, ids)
    return group


def join(
    *, authority: Authority, at: datetime, group: WaitingGroup, child: ChildWaiting, why: str
) -> WaitingEntry:
    """Add a child who joined the family while it waits; the child has its own date."""
    holding.lock([child.child_id])
    group = lock(group.pk)
    if WaitingEntry.objects.filter(child=child.child_id, queue=group.queue, ended_at=None).exists():
        raise AlreadyWaiting("This child waits in this queue already.")
    before = _order(group)
    entry = _add(group, child, authority, at)
    _replace(group, before, what="joined", why=why, authority=authority, at=at)
    return entry


def rate(
    *,
    authority: Authority,
    at: datetime,
    group: WaitingGroup,
    risks: Mapping[UUID, tuple[str, str]],
    because_of: tuple[str, UUID] | None = None,
) -> WaitingGroup:
    """Record the risk to each of these children, with the reason, and place the family anew.

    :param risks: by child, the level and why
    :param because_of: kind and id of what the rating rests on; the family's wait, when left out
    """
    group = lock(group.pk)
    before = _order(group)
    entries = {entry.child_id: entry for entry in group.entries.filter(ended_at=None)}
    for child_id, (level, why) in risks.items():
        entry = entries.get(child_id)
        if entry is None:
            raise Refused("One of these children does not wait in this queue.")
        _rate(entry, level, why, authority, at, because_of)
    _replace(
        group,
        before,
        what="risk",
        why=" ".join(dict.fromkeys(why for _level, why in risks.values())),
        authority=authority,
        at=at,
    )
    return group


def reprioritise(
    *,
    authority: Authority,
    at: datetime,
    group: WaitingGroup,
    queue_rank: int,
    reason: str,
    priority: str = "",
    factors: Sequence[Factor] | None = None,
) -> WaitingGroup:
    """Give a family another priority, plan or need, with the reason; the old order is kept."""
    if not reason.strip():
        raise Refused("Say why the priority changes.")
    group = lock(group.pk)
    before = _order(group)
    group.queue_rank = queue_rank
    group.priority = priority
    group.reason = reason
    if factors is not None:
        group.factors = [{"code": f.code, "words": f.words, "points": f.points} for f in factors]
        group.need_score = sum(factor.points for factor in factors)
    _replace(group, before, what="priority", why=reason, authority=authority, at=at)
    return group


def set_state(
    *,
    authority: Authority | None,
    at: datetime,
    group: WaitingGroup,
    state: WaitingState,
    why: str,
    paused_until: date | None = None,
) -> WaitingGroup:
    """Move a family that stays in the queue: waiting, paused at its wish, offered.

    :param authority: None when the system does it: the day of a pause has passed
    """
    if state in OVER:
        raise ValueError("A family leaves the queue by `leave`.")
    group = lock(group.pk)
    before = {"state": group.state}
    group.state = state
    group.paused_until = paused_until if state == WaitingState.PAUSED else None
    group.version += 1
    group.save(update_fields=["state", "paused_until", "version"])
    _note(group, "state", before, {"state": state}, why, authority, at)
    return group


def leave(
    *, authority: Authority, at: datetime, group: WaitingGroup, state: WaitingState, why: str
) -> WaitingGroup:
    """Take a family out of the queue: started, declined, stepped up or taken off."""
    if state not in OVER:
        raise ValueError("A family that leaves has started, declined, stepped up or is removed.")
    group = lock(group.pk)
    before = {"state": group.state}
    children = list(
        group.entries.filter(ended_at=None).order_by("child_id").values_list("child_id", flat=True)
    )
    moment = max(at, group.since_at)
    group.entries.filter(ended_at=None).update(ended_at=moment)
    group.state = state
    group.paused_until = None
    group.ended_at = moment
    group.ended_because = why
    group.version += 1
    group.save(update_fields=["state", "paused_until", "ended_at", "ended_because", "version"])
    _note(group, "left", before, {"state": state}, why, authority, at)
    _tell("left", group, authority, at, children)
    return group


def take_out(
    *,
    authority: Authority,
    at: datetime,
    group: WaitingGroup,
    child_id: UUID,
    state: WaitingState,
    why: str,
) -> WaitingGroup:
    """Take one child out of the queue; brothers and sisters wait on, the last one ends the wait.

    :param state: how the wait ended: started, declined, stepped up or taken off
    """
    group = lock(group.pk)
    others = group.entries.filter(ended_at=None).exclude(child=child_id)
    if not others.exists():
        return leave(authority=authority, at=at, group=group, state=state, why=why)
    if not group.entries.filter(ended_at=None, child=child_id).exists():
        raise Refused("This child does not wait in this queue.")
    before = _order(group)
    group.entries.filter(ended_at=None, child=child_id).update(ended_at=max(at, group.since_at))
    _replace(group, before, what="one_left", why=why, authority=authority, at=at)
    _tell("left", group, authority, at, [child_id])
    return group


def doubt(
    *,
    authority: Authority | None,
    at: datetime,
    group: WaitingGroup,
    child_ids: Iterable[UUID],
    why: str,
) -> WaitingGroup:
    """Let the risk to these children count as not reviewed again, until somebody rates it.

    :param authority: None when the system does it, because of what happened
    """
    group = lock(group.pk)
    before = _order(group)
    for entry in group.entries.filter(ended_at=None, child__in=list(child_ids)).exclude(risk=""):
        entry.risk_before, entry.risk, entry.risk_at = entry.risk, "", None
        entry.save(update_fields=["risk", "risk_at", "risk_before"])
    _replace(group, before, what="risk", why=why, authority=authority, at=at)
    return group


def choose(*, authority: Authority, at: datetime, group: WaitingGroup, why: str) -> None:
    """Keep why a family is taken before others who stand ahead of it."""
    _note(group, "chosen", _order(group), _order(group), why, authority, at)


def ahead_of(group: WaitingGroup, *, but_not: Iterable[UUID] = ()) -> list[WaitingGroup]:
    """The families who stand before this one for the same team, first in order first.

    :param but_not: ids of those who cannot be taken now
    """
    return [
        other
        for other in open_groups(queue=Queue(group.queue))
        .filter(team=group.team_id, risk_rank__lte=group.risk_rank)
        .exclude(pk__in=[group.pk, *but_not])
        if place(other) < place(group)
    ]


@dataclass(frozen=True)
class Standing:
    """Where a family stands in its whole queue, and who stands next to it."""

    place: int
    before: WaitingGroup | None
    after: WaitingGroup | None


_STANDING = """
SELECT id, place, before_id, after_id FROM (
    SELECT id, row_number() OVER by_order AS place, lag(id) OVER by_order AS before_id,
        lead(id) OVER by_order AS after_id
    FROM cases_waitinggroup WHERE queue = %s AND ended_at IS NULL
    WINDOW by_order AS (ORDER BY risk_rank, queue_rank, need_score DESC, since_at, id)
) AS ordered
WHERE id = ANY(%s)
"""


def standings(groups: Sequence[WaitingGroup]) -> dict[UUID, Standing]:
    """Where each of these families of one queue stands in all of it; two queries."""
    if not groups:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [groups[0].queue, [group.pk for group in groups]])
        rows = cursor.fetchall()
    beside = WaitingGroup.objects.in_bulk({pk for row in rows for pk in row[2:] if pk})
    return {
        pk: Standing(place, beside.get(before), beside.get(after))
        for pk, place, before, after in rows
    }


def names_of(group: WaitingGroup, *, by: User) -> str:
    """Name the children of a family who wait, as far as `by` may read them."""
    entries = list(
        group.entries.filter(ended_at=None)
        .select_related("child")
        .order_by("child__date_of_birth", "pk")
    )
    closed = closed_to(by=by, person_ids=[entry.child_id for entry in entries])
    return words.list_of_names(
        [
            "a restricted child" if entry.child_id in closed else entry.child.name
            for entry in entries
        ]
    )


_LOCKED: Prepared[WaitingGroup] = Prepared(
    lambda group_id: WaitingGroup.objects.select_for_update().filter(pk=group_id), group_id=UUID
)


def lock(group_id: UUID) -> WaitingGroup:
    """Lock a family's row; refuse one that left the queue meanwhile."""
    group = _LOCKED.first(group_id=group_id)
    if group is None:
        raise WaitingGroup.DoesNotExist("There is no such row.")
    if group.ended_at is not None:
        raise Refused(f"This family left the queue: {group.get_state_display().lower()}.")
    return group


def open_groups(*, queue: Queue) -> Any:
    """Families in a queue, in order."""
    return WaitingGroup.objects.filter(queue=queue, ended_at=None).order_by(*ORDER)


# Writing ----------------------------------------------------------------------------------------


def _add(
    group: WaitingGroup, child: ChildWaiting, authority: Authority, at: datetime
) -> WaitingEntry:
    entry = WaitingEntry.objects.create(
        group=group,
        queue=group.queue,
        child_id=child.child_id,
        since_at=child.since_at,
        recorded_at=application_clock.now(),
    )
    if child.risk:
        _rate(entry, child.risk, child.why, authority, at)
    return entry


def _rate(
    entry: WaitingEntry,
    level: str,
    why: str,
    authority: Authority,
    at: datetime,
    because_of: tuple[str, UUID] | None = None,
) -> None:
    if level not in RiskLevel.values:
        raise Refused("Choose how great the risk to each child is.")
    if not why.strip():
        raise Refused("Say what the risk to each child rests on.")
    kind, subject_id = because_of or ("waiting", entry.group_id)
    RiskRating.objects.create(
        child_id=entry.child_id,
        level=level,
        why=why,
        subject_kind=kind,
        subject_id=subject_id,
        by=authority.user,
        at=at,
        recorded_at=application_clock.now(),
    )
    entry.risk_before = entry.risk
    entry.risk = level
    entry.risk_at = at
    entry.save(update_fields=["risk", "risk_at", "risk_before"])


def _order(group: WaitingGroup) -> dict[str, Any]:
    return {
        "risk_rank": group.risk_rank,
        "queue_rank": group.queue_rank,
        "need_score": group.need_score,
        "since_at": group.since_at,
        "priority": group.priority,
    }


def _replace(
    group: WaitingGroup,
    before: dict[str, Any],
    *,
    what: str,
    why: str,
    authority: Authority | None,
    at: datetime,
) -> None:
    entries = list(group.entries.filter(ended_at=None))
    placed = place_of(
        risks=[entry.risk for entry in entries],
        queue_rank=group.queue_rank,
        need_score=group.need_score,
        since_at=min(entry.since_at for entry in entries),
        id=group.pk,
    )
    group.risk_rank = placed.risk_rank
    group.since_at = placed.since_at
    group.version += 1
    group.save(
        update_fields=[
            "risk_rank",
            "queue_rank",
            "need_score",
            "factors",
            "priority",
            "reason",
            "since_at",
            "version",
        ]
    )
    _note(group, what, before, _order(group), why, authority, at)
    _tell("moved", group, authority, at, [entry.child_id for entry in entries])


def _note(
    group: WaitingGroup,
    what: str,
    before: dict[str, Any],
    after: dict[str, Any],
    why: str,
    authority: Authority | None,
    at: datetime,
) -> None:
    WaitingChange.objects.create(
        group=group,
        what=what,
        before=before,
        after=after,
        why=why,
        by=authority.user if authority is not None else None,
        at=at,
        recorded_at=application_clock.now(),
    )


def _tell(
    what: str,
    group: WaitingGroup,
    authority: Authority | None,
    at: datetime,
    child_ids: Sequence[UUID],
) -> None:
    events.append(
        f"waiting.{group.queue}_{what}",
        authority=authority,
        at=at,
        subject_kind="waiting",
        subject_id=group.pk,
        children=sorted(child_ids),
        data={"state": group.state, "priority": group.priority},
    )
