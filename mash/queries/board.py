"""The triage board: everything not yet decided, grouped by lateness, in a fixed number of queries.

Five queries whatever is open and whatever is kept: the contacts closed to the reader, all counts,
the rows shown, their children, their clocks. Nothing here reads a contact that has left the board,
but for the number and the list of what was decided today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from html import escape
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.core.cache import cache
from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models import Window as Over
from django.db.models.functions import Left, RowNumber
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from accounts.permissions import Permission, holds, require
from cases.choices import BoardState, ContactState, Mark, Rag
from cases.models import Contact, ContactPerson
from cases.models.contacts import NamesSomebodyClosed
from lib import application_clock, words
from lib.application_clock import LONDON
from lib.prepared import Prepared
from lib.stencils import fill
from lib.working_days import Calendar, london_date
from mash.actions.edt import TAKEN_OVER
from mash.actions.views import kept_views_key
from mash.filters import BoardFilter, claimed_by, query_of, unclaimed
from mash.models import Decision, SavedView
from mash.source_words import source_words
from people.models import Person, reads_every_restricted_record, restrictions_closed_to
from people.queries import age
from record import calendar, policy
from record.clocks import GROUPS, group_case, group_of, length, limit_words, rule
from record.models import Clock

LIST: Final = "board"
ROW_TEMPLATE: Final = "mash/_board_row.html"
MINE: Final = "You"
FIRST_SHOWN: Final = 25
MORE_SHOWN: Final = 50
MOST_SHOWN: Final = 200
CHILDREN_SHOWN: Final = 5
MATTER_LENGTH: Final = 160
PERSON_FIELDS: Final = (
    "given_name",
    "family_name",
    "description",
    "stage",
    "date_of_birth",
    "is_date_of_birth_estimated",
    "expected_on",
    "age_as_stated",
    "died_on",
)
SHOWN_FIELDS: Final = (
    "reference",
    "board_state",
    "received_at",
    "recorded_at",
    "is_out_of_hours",
    "summary",
    "source_code",
    "referrer_is_anonymous",
    "marks",
    "is_danger",
    "rag",
    "rag_reason",
    "red_seen_at",
    "claimed_at",
    "claim_lapses_at",
    "next_due_at",
    "next_warn_at",
    "next_very_late_at",
    "next_due_code",
    "news",
    "news_at",
    "claimed_by__full_name",
)
CHANGED_FIELDS: Final = (
    "state",
    "board_state",
    "recorded_at",
    "changed_at",
    "is_danger",
    "rag",
    "red_seen_at",
    "claimed_at",
    "claim_lapses_at",
    "next_due_at",
    "next_due_code",
    "news",
    "news_at",
    "claimed_by__full_name",
)
MOST_CHANGED: Final = 1000
NEWS_HOURS: Final = 24
KEPT_SECONDS: Final = 3600
NOBODY_ID: Final = UUID(int=0)
TITLES: Final = {
    "very_overdue": ("Very overdue", "2 or more working days late, or a red limit missed"),
    "overdue": ("Overdue", "Past the limit by less than 2 working days"),
    "due_soon": ("Due soon", "Due today, or three quarters of the time gone"),
    "later": ("Later", "Everything else"),
}
MORE_WORDS: Final = {
    "very_overdue": "very overdue",
    "overdue": "overdue",
    "due_soon": "due soon",
    "later": "due later",
}
SORTS: Final = {
    "": ("next_due_at", "received_at", "pk"),
    "received": ("received_at", "pk"),
    "urgency": ("-rag", "next_due_at", "pk"),
    "claimed": ("claimed_by__full_name", "next_due_at", "pk"),
}
RAG_LABELS: Final = {"": "Not rated", **{str(value): str(label) for value, label in Rag.choices}}
MARKS: Final = frozenset(Mark.values)
FACETS: Final = ("rag", "claimed", "waiting", "mark")


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the reader of the board may do, asked once."""

    user: User
    may_decide: bool
    may_claim: bool
    may_assign: bool
    may_edit: bool
    may_analyse: bool
    may_confirm_edt: bool


@dataclass(frozen=True, slots=True)
class Step:
    """The next action of a row: a link, or a claim that leads on to it."""

    words: str
    page: str = ""
    is_claim: bool = False
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class ChildName:
    person_id: UUID
    name: str
    age: str


class BoardRow(NamedTuple):
    """One contact as the board shows it, in the words it shows; of a restricted one only its
    place and its clock."""

    children: tuple[ChildName, ...]
    texts: dict[str, str]
    step: Step
    is_new: bool = False
    is_late: bool = False
    is_restricted: bool = False

    def drawn(self, *, is_assigning: bool) -> SafeString:
        """The row as it stands in the page, with the row of its arithmetic below."""
        return fill(
            ROW_TEMPLATE,
            self.texts,
            is_assigning=is_assigning,
            is_late=self.is_late,
            is_restricted=self.is_restricted,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """One group of lateness, with as many of its rows as are shown."""

    code: str
    title: str
    note: str
    count: int
    rows: tuple[BoardRow, ...]
    first: int
    asked: int

    @property
    def slug(self) -> str:
        return self.code.replace("_", "-")

    @property
    def hidden_after(self) -> int:
        return max(0, self.count - self.first - len(self.rows))

    @property
    def more(self) -> str:
        """Give "Show 12 more due later", or nothing when all are shown."""
        rest = self.hidden_after
        if not rest:
            return ""
        if self.asked >= MOST_SHOWN:
            return f"Next {min(rest, MOST_SHOWN)} {MORE_WORDS[self.code]}"
        return f"Show {min(rest, MORE_SHOWN)} more {MORE_WORDS[self.code]}"


@dataclass(frozen=True, slots=True)
class Board:
    """The whole page."""

    groups: tuple[Group, ...]
    totals: Mapping[str, int]
    contacts: int
    children: int
    unclaimed: int
    edt_to_confirm: int
    shown: int
    hidden_very_overdue: int
    facets: Mapping[str, Mapping[str, int]]
    decided_today: int
    last_decided_at: datetime | None
    nearest_due_at: datetime | None
    at: datetime

    @property
    def rows(self) -> Iterable[BoardRow]:
        return (row for group in self.groups for row in group.rows)

    @property
    def child_ids(self) -> list[UUID]:
        return [child.person_id for row in self.rows for child in row.children]


@dataclass(frozen=True, slots=True)
class Window:
    """How much of each group is shown: group to (first row, number of rows)."""

    of: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def __getitem__(self, code: str) -> tuple[int, int]:
        return self.of.get(code, (0, FIRST_SHOWN))


def viewer(user: User) -> Viewer:
    """Say what the reader may do.

    :raises PermissionDenied: `user` may not see the board
    """
    require(user, Permission.BOARD_SEE)
    out_of_hours = not calendar.is_office_hours(application_clock.now())
    return Viewer(
        user=user,
        may_decide=holds(user, Permission.CONTACT_DECIDE)
        or (out_of_hours and holds(user, Permission.THRESHOLD_DECIDE_PROVISIONAL)),
        may_claim=holds(user, Permission.BOARD_CLAIM),
        may_assign=holds(user, Permission.BOARD_ASSIGN),
        may_edit=holds(user, Permission.CONTACT_EDIT),
        may_analyse=holds(user, Permission.ANALYSIS_WRITE),
        may_confirm_edt=holds(user, Permission.EDT_CONFIRM),
    )


def board(
    *,
    by: User,
    at: datetime,
    chosen: BoardFilter,
    window: Window | None = None,
    sort: str = "",
    since: datetime | None = None,
    who: Viewer | None = None,
) -> Board:
    """Give the board as `by` may see it.

    Restricted contacts keep their place and clock while no filter is on; a filter leaves them
    out, because being found by it would tell something about them.

    :param window: how much of each group is shown
    :param since: rows recorded later are marked as new
    :param who: what `viewer` said of `by`, when it has been asked
    :raises PermissionDenied: `by` may not see the board
    """
    who = who or viewer(by)
    window = window or Window()
    closed = _closed(by)
    counted = _counts(by=by, at=at, chosen=chosen, closed=closed)
    is_filtered = bool(counted.filters)
    totals = {code: counted.number(code) for code in GROUPS}
    shown = {code: counted.number(code, shown=True) for code in GROUPS} if is_filtered else totals
    found = _rows(
        by=by,
        chosen=chosen,
        window=window,
        sort=sort,
        at=at,
        is_empty=not any(shown.values()),
        closed=closed,
    )
    rows = _with_first_new(_dressed(found, who=who, at=at, since=since, closed=closed))
    groups = tuple(
        Group(
            code=code,
            title=TITLES[code][0],
            note=TITLES[code][1],
            count=shown[code],
            rows=tuple(row for place, row in rows if place == index),
            first=window[code][0],
            asked=window[code][1],
        )
        for index, code in enumerate(GROUPS)
    )
    instead = _when_empty(by=by, at=at) if not found else {}
    decided = counted.decided_today
    return Board(
        groups=groups,
        totals=totals,
        contacts=sum(totals.values()),
        children=counted.children,
        unclaimed=counted.seen(is_unclaimed=True),
        edt_to_confirm=counted.seen(board_state=BoardState.EDT_TO_CONFIRM),
        shown=sum(shown.values()),
        hidden_very_overdue=totals["very_overdue"] - shown["very_overdue"],
        facets=counted.facets(),
        decided_today=instead["number"] if decided is None else decided,
        last_decided_at=instead.get("last"),
        nearest_due_at=instead.get("nearest"),
        at=at,
    )


# Counting ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything the page counts: rows of the board with the same facts, and how many they are."""

    kinds: tuple[dict[str, Any], ...]
    filters: tuple[str, ...]
    children: int
    decided_today: int | None

    def number(self, code: str, *, shown: bool = False) -> int:
        """How many contacts a group holds; with `shown`, how many of them the filters leave."""
        place = GROUPS.index(code)
        return sum(
            kind["number"]
            for kind in self.kinds
            if kind["place"] == place and (not shown or self._is_left(kind))
        )

    def seen(self, **facts: Any) -> int:
        """How many contacts the reader may see have these facts."""
        return sum(
            kind["number"]
            for kind in self.kinds
            if not kind["is_closed"] and all(kind[name] == value for name, value in facts.items())
        )

    def _is_left(self, kind: Mapping[str, Any], *, but: str = "") -> bool:
        return not kind["is_closed"] and all(
            kind[f"is_{name}"] for name in self.filters if name != but
        )

    def facets(self) -> dict[str, dict[str, int]]:
        """What each choice of a filter would show, the other filters being as they are."""
        found: dict[str, dict[str, int]] = {facet: {} for facet in FACETS}
        found["rag"] = {str(value): 0 for value in (*Rag.values, "none")}
        found["claimed"] = {"me": 0, "nobody": 0}
        found["waiting"] = {str(value): 0 for value in BoardState.values}
        for kind in self.kinds:
            for facet in FACETS:
                if self._is_left(kind, but=facet):
                    for value in _values_of(kind, facet):
                        counts = found[facet]
                        counts[value] = counts.get(value, 0) + kind["number"]
        return found


def _values_of(kind: Mapping[str, Any], facet: str) -> list[str]:
    """The choices of a filter that a row answers to."""
    if facet == "rag":
        return [kind["rag"] or "none"]
    if facet == "claimed":
        return ["nobody"] if kind["is_unclaimed"] else ["me"] if kind["is_mine"] else []
    if facet == "waiting":
        return [kind["board_state"]]
    return list(kind["marks"])


def _counts(*, by: User, at: datetime, chosen: BoardFilter, closed: Mapping[UUID, str]) -> Counts:
    """Count everything the page says, in one query over what is open."""
    conditions = chosen.conditions
    on_board = Contact.objects.on_board()
    is_closed: Any = _claim(Q(pk__in=list(closed)))
    if not closed:
        is_closed = Value(False, output_field=BooleanField())
    facts = {
        "place": group_case(at),
        "is_closed": is_closed,
        "is_unclaimed": _claim(unclaimed(at=at)),
        "is_mine": _claim(claimed_by(by, at=at)),
        **{f"is_{name}": _claim(condition) for name, condition in conditions.items()},
    }
    kinds = tuple(
        on_board.annotate(**facts)
        .order_by()
        .values(*facts, "rag", "board_state", "marks")
        .annotate(
            number=Count("pk"),
            children=Max(_children_open()),
            decided=Max(_decided_since(_midnight(at))),
        )
    )
    return Counts(
        kinds=kinds,
        filters=tuple(conditions),
        children=kinds[0]["children"] if kinds else 0,
        decided_today=kinds[0]["decided"] if kinds else None,
    )


def _claim(condition: Q) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _all(conditions: Iterable[Q]) -> Q:
    whole = Q()
    for condition in conditions:
        whole &= condition
    return whole


def _children_open() -> Func:
    """How many children the open contacts are about; each child once, counted by hashing."""
    rows = ContactPerson.objects.filter(
        contact__in=Contact.objects.on_board().values("pk"), is_child=True, ended_at__isnull=True
    )
    return Func(
        Subquery(rows.order_by().values("person").distinct()),
        template="(SELECT COUNT(*) FROM %(expressions)s AS children)",
        output_field=IntegerField(),
    )


def _decided_since(moment: datetime) -> Subquery:
    number = Func(template="COUNT(*)")
    number.output_field = IntegerField()
    rows = Contact.objects.filter(decided_at__gte=moment)
    return Subquery(rows.order_by().values(number=number))


def _when_empty(*, by: User, at: datetime) -> dict[str, Any]:
    """What an empty list says instead: the nearest limit, and when the last was decided."""
    seen = Contact.objects.visible_to(by)
    decided = seen.filter(decided_at__gte=_midnight(at)).aggregate(
        number=Count("pk"), last=Max("decided_at")
    )
    nearest = seen.exclude(board_state="").filter(next_due_at__gte=at)
    return {**decided, "nearest": nearest.aggregate(nearest=Min("next_due_at"))["nearest"]}


def _midnight(at: datetime) -> datetime:
    return datetime.combine(london_date(at), time(), LONDON).astimezone(UTC)


# Rows --------------------------------------------------------------------------------------------


def _rows(
    *,
    by: User,
    at: datetime,
    chosen: BoardFilter,
    window: Window,
    sort: str,
    is_empty: bool,
    closed: Mapping[UUID, str],
) -> list[Any]:
    """Find the rows of each group that are shown, in one query."""
    if is_empty:
        return []
    conditions = chosen.conditions
    order = SORTS.get(sort, SORTS[""])
    base = Contact.objects.on_board()
    if conditions and closed:
        base = base.exclude(pk__in=list(closed))
    ranked = (
        base.filter(_all(conditions.values()))
        .annotate(place=group_case(at))
        .annotate(rank=Over(RowNumber(), partition_by=[F("place")], order_by=list(order)))
        .filter(_ranks(window))
        .order_by()
        .values("pk")
    )
    shown = (
        Contact.objects.filter(pk__in=ranked)
        .annotate(opening=Left("words", 600))
        .select_related("claimed_by")
        .only(*SHOWN_FIELDS)
        .order_by(*order)
    )
    found: list[Any] = list(shown)
    for contact in found:
        contact.place = _place(contact, at)
    return sorted(found, key=lambda contact: contact.place)


def _place(contact: Any, at: datetime) -> int:
    """The group of a contact as `group_case` counts it."""
    if contact.next_due_at is None:
        return GROUPS.index("later")
    group = group_of(contact.next_due_at, contact.next_warn_at, contact.next_very_late_at, at)
    return GROUPS.index(group)


def _ranks(window: Window) -> Q:
    """The ranks inside each group that are shown."""
    spans = {window[code] for code in GROUPS}
    if len(spans) == 1:
        first, number = spans.pop()
        return Q(rank__gt=first, rank__lte=first + number)
    wanted = Q()
    for place, code in enumerate(GROUPS):
        first, number = window[code]
        wanted |= Q(place=place, rank__gt=first, rank__lte=first + number)
    return wanted


def _closed(by: User) -> dict[UUID, str]:
    """The contacts on the board that `by` may not read, each with whom to ring.

    The same contacts as `Contact.objects.on_board().restricted_to(by)`, asked from the few
    restrictions there are.
    """
    if reads_every_restricted_record(by):
        return {}
    rows = _CLOSED(user_id=by.pk, now=application_clock.now())
    return {contact_id: ", ".join(part for part in whom if part) for contact_id, *whom in rows}


def _closed_rows(user_id: UUID, now: datetime) -> QuerySet[Any, Any]:
    own, linked = (
        restrictions_closed_to(user_id, now=now)
        .filter(
            **{
                f"{record}__contact_people__is_child": True,
                f"{record}__contact_people__ended_at__isnull": True,
                f"{record}__contact_people__contact__board_state__in": BoardState.values,
            }
        )
        .values_list(
            f"{record}__contact_people__contact",
            "owner__full_name",
            "owner__job_title",
            "owner__phone",
        )
        for record in ("person", "person__also")
    )
    return own.union(linked)


_CLOSED: Prepared[Any] = Prepared(_closed_rows, user_id=UUID, now=datetime)


def _dressed(
    found: Sequence[Any],
    *,
    who: Viewer,
    at: datetime,
    since: datetime | None,
    closed: Mapping[UUID, str],
) -> list[tuple[int, BoardRow]]:
    """Add children and clocks, two queries, and put everything into words."""
    if not found:
        return []
    ids = [contact.pk for contact in found]
    children: dict[UUID, list[Person]] = {}
    if readable := [contact.pk for contact in found if contact.pk not in closed]:
        for person in _CHILDREN(ids=readable):
            children.setdefault(person.contact_id, []).append(person)
    limits: dict[UUID, list[_Limit]] = {}
    for limit in _limits(ids):
        limits.setdefault(limit.subject_id, []).append(limit)
    return [
        (
            contact.place,
            _row(
                contact,
                children=children.get(contact.pk, []),
                limits=limits.get(contact.pk, []),
                who=who,
                at=at,
                since=since,
                ring=closed.get(contact.pk, ""),
            ),
        )
        for contact in found
    ]


#: The children of these contacts, in the order in which they stand, with what names them.
_CHILDREN: Prepared[Any] = Prepared(
    lambda ids: (
        Person.objects.filter(
            contact_people__contact__in=ids,
            contact_people__is_child=True,
            contact_people__ended_at__isnull=True,
        )
        .annotate(contact_id=F("contact_people__contact"))
        .only(*PERSON_FIELDS)
        .order_by("contact_people__position", "contact_people__pk")
    ),
    ids=list[UUID],
)


class _Limit(NamedTuple):
    """A running clock, as much of it as a row says."""

    subject_id: UUID
    rule: str
    started_at: datetime
    unit: str
    limit: int
    due_at: datetime

    def said(self, at: datetime) -> words.ClockWords:
        return words.clock_words(
            limit=length(self.unit, self.limit),
            start=self.started_at,
            due_at=self.due_at,
            now=at,
            calendar=calendar.calendar(),
        )


_RUNNING: Prepared[Any] = Prepared(
    lambda ids: (
        Clock.objects.filter(subject_id__in=ids, stopped_at__isnull=True)
        .order_by("due_at", "rule", "pk")
        .values_list("subject_id", "rule", "started_at", "unit", "limit", "due_at")
    ),
    ids=list[UUID],
)


def _limits(subject_ids: Sequence[UUID]) -> list[_Limit]:
    """The running clocks of these contacts, the earliest due first."""
    return [_Limit(*row) for row in _RUNNING(ids=list(subject_ids))]


def _counted(limit: _Limit, at: datetime) -> str:
    """How a limit was counted, as one text with its rule."""
    return _counted_on(limit, london_date(at), at > limit.due_at, calendar.calendar())


@lru_cache(maxsize=20_000)
def _counted_on(limit: _Limit, day: date, is_late: bool, working: Calendar) -> str:
    """The text changes with the day and when the limit passes; boards are read all day."""
    counted = replace(
        working.arithmetic(limit.started_at, length(limit.unit, limit.limit)), due_at=limit.due_at
    )
    moment = limit.due_at + timedelta(microseconds=1) if is_late else limit.due_at
    noon = datetime.combine(day, time(12), LONDON).astimezone(UTC)
    said = " ".join(
        words.counted_words(
            counted, now=max(moment, noon) if is_late else min(moment, noon), calendar=working
        )
    )
    known = rule(limit.rule)
    return f"{said} This clock never pauses." if known.is_statutory else said


def _with_first_new(rows: list[tuple[int, BoardRow]]) -> list[tuple[int, BoardRow]]:
    """Mark the first new row, where "Show 3 new" puts the reader."""
    first = next((row for _place, row in rows if row.is_new), None)
    if first is not None:
        first.texts["new_id"] = "new"
    return rows


def _row(
    contact: Any,
    *,
    children: Sequence[Person],
    limits: Sequence[_Limit],
    who: Viewer,
    at: datetime,
    since: datetime | None,
    ring: str,
) -> BoardRow:
    first = next((limit for limit in limits if limit.rule == contact.next_due_code), None)
    clock = first.said(at) if first is not None else None
    received = words.moment_words(contact.received_at, now=at)
    is_new = since is not None and contact.recorded_at > since
    texts = {
        "id": str(contact.pk),
        "new_id": f"new-{contact.pk}" if is_new else "",
        "due_iso": contact.next_due_at.isoformat() if contact.next_due_at else "",
        "first": clock.first if clock is not None else "",
        "second": clock.second if clock is not None else "",
        "rule": rule(first.rule).words if first is not None else "",
        "counted": _counted(first, at) if first is not None else "No limit runs.",
    }
    is_late = clock is not None and clock.is_late
    if ring:
        step = Step("Ask for access", page="mash:contact")
        texts |= {
            "who": "restricted record",
            "ring": ring,
            "received": received,
            "step": step.words,
            "step_url": address(contact.pk, "mash:contact"),
        }
        return BoardRow((), texts, step, is_new, is_late, is_restricted=True)
    on = london_date(at)
    named = tuple(
        ChildName(child.pk, child.name, age(child, on=on)) for child in children[:CHILDREN_SHOWN]
    )
    step, then = next_step(contact, who=who, at=at)
    claimed = _claimed_words(contact, who=who, at=at)
    source = source_words(
        contact.source_code,
        is_anonymous=contact.referrer_is_anonymous,
        by_edt=contact.is_out_of_hours and Mark.EDT in contact.marks,
    )
    texts |= {
        "note": clock.note if clock is not None else "",
        "counted": _with_others(texts["counted"], limits, but=first, at=at),
        "who": words.list_of_names(child.name for child in named) or contact.reference,
        "names": _linked_names(
            named,
            more=max(0, len(children) - CHILDREN_SHOWN),
            url=address(contact.pk, "mash:contact"),
        ),
        "new": "New" if is_new else "",
        "news": _news(contact, at=at),
        "matter": matter_of(contact.summary, contact.opening),
        "third": f"{source} · received {received} · {contact.reference}",
        "rag": contact.rag or "not-rated",
        "rag_label": RAG_LABELS[contact.rag],
        "rag_why": _why(contact, at=at),
        "marks": ", ".join(str(Mark(mark).label) for mark in contact.marks if mark in MARKS),
        "claimed": claimed,
        "release_url": address(contact.pk, "mash:release") if claimed == MINE else "",
        "step": step.words,
        "step_url": address(contact.pk, step.page, step.anchor) if step.page else "",
        "then": then.page if then is not None else "",
    }
    return BoardRow(named, texts, step, is_new, is_late)


def _with_others(counted: str, limits: Sequence[_Limit], *, but: Any, at: datetime) -> str:
    """The arithmetic of the limit shown, and beneath it each other limit that runs."""
    others = [
        escape(f"Also: {rule(other.rule).words}. {other.said(at).as_one}.")
        for other in limits
        if other is not but
    ]
    return mark_safe("<br>".join([escape(counted), *others])) if others else counted  # noqa: S308


def _linked_names(children: Sequence[ChildName], *, more: int, url: str) -> SafeString:
    """The children in one line, each name a link to where they stand on the contact's page."""
    linked = [
        f'<a href="{url}#person-{child.person_id}">{escape(child.name)}</a>, {escape(child.age)}'
        for child in children
    ]
    if more:
        said = words.plural(more, "more child", "more children")
        linked.append(f'<a href="{url}#household">and {said}</a>')
        return mark_safe(", ".join(linked))  # noqa: S308 - every part is escaped above
    joint = ", and " if len(linked) > 1 else ""
    return mark_safe(", ".join(linked[:-1]) + joint + "".join(linked[-1:]))  # noqa: S308


@lru_cache(maxsize=32)
def _around(page: str) -> tuple[str, str]:
    """The parts of a page's address before and after the contact's id."""
    before, _, after = reverse(page, args=[NOBODY_ID]).partition(str(NOBODY_ID))
    return before, after


def address(contact_id: UUID, page: str, anchor: str = "") -> str:
    """Give the address of a page of a contact; a list asks for hundreds."""
    before, after = _around(page)
    return f"{before}{contact_id}{after}{'#' if anchor else ''}{anchor}"


def matter_of(summary: str, opening: str) -> str:
    """Give the matter in one line; without a summary, in quotation marks, how the referrer began.

    As whole words, to the end of a sentence where there is one near.
    """
    if summary:
        return summary
    text = " ".join(opening.split())
    if len(text) <= MATTER_LENGTH:
        return f"“{text}”"
    head = text[: MATTER_LENGTH + 1]
    stop = max(head.rfind(mark) for mark in (". ", "! ", "? "))
    if stop > MATTER_LENGTH // 3:
        return f"“{head[: stop + 1]}”"
    return f"“{head.rpartition(' ')[0] or head[:MATTER_LENGTH]}”"


def _why(contact: Any, *, at: datetime) -> str:
    if contact.rag:
        return str(contact.rag_reason)
    if contact.is_danger:
        return "Immediate danger"
    due = contact.next_due_at
    if due is None:
        return "Nobody has rated it yet"
    day = words.day_words(london_date(due), now=at)
    return f"Rating was due {day}" if due < at else f"Rating due {day}"


def _claimed_words(contact: Any, *, who: Viewer, at: datetime) -> str:
    if contact.claimed_by_id is None or contact.claim_lapses_at <= at:
        return "Nobody"
    if contact.claimed_by_id == who.user.pk:
        return MINE
    name = str(contact.claimed_by.full_name)
    if london_date(contact.claimed_at) == london_date(at):
        return f"{name}, {words.time_words(contact.claimed_at)}"
    return name


def _news(contact: Any, *, at: datetime) -> str:
    if not contact.news or contact.news_at is None:
        return ""
    if at - contact.news_at > timedelta(hours=NEWS_HOURS):
        return ""
    return f"{contact.news} {words.time_words(contact.news_at)}"


def next_step(contact: Any, *, who: Viewer, at: datetime) -> tuple[Step, Step | None]:
    """Say what this person does next about a contact, and where a claim leads on to."""
    step = _step(contact, who=who, at=at)
    is_free = contact.claimed_by_id is None or contact.claim_lapses_at <= at
    if who.may_claim and is_free and step.page and step.page != "mash:confirm":
        first = step.words[:1].lower() + step.words[1:]
        return Step(f"Claim and {first}", page="mash:claim", is_claim=True), step
    return step, None


def _step(contact: Any, *, who: Viewer, at: datetime) -> Step:
    state = contact.board_state
    is_mine = contact.claimed_by_id == who.user.pk
    if state == BoardState.EDT_TO_CONFIRM:
        if who.may_confirm_edt:
            return Step("Confirm EDT decision", page="mash:confirm")
        return Step("With a MASH manager to confirm")
    if not who.may_edit:
        return Step("Read", page="mash:contact")
    if contact.next_due_code == "CON-RED" and contact.red_seen_at is None and who.may_decide:
        return Step("Read and say seen", page="mash:contact", anchor="red")
    if contact.next_due_code in TAKEN_OVER and who.may_analyse:
        return Step("Read EDT’s hand-over", page="mash:contact", anchor="edt")
    if not contact.rag:
        return Step("Rate urgency", page="mash:rate")
    if is_mine and _news(contact, at=at) and contact.news.endswith("replied"):
        agency = contact.news.removesuffix(" replied")
        return Step(f"Read reply from {agency}", page="mash:contact", anchor="checks")
    if state == BoardState.RETURNED and who.may_decide:
        return Step("Decide again", page="mash:decide")
    if who.may_decide:
        return Step("Decide", page="mash:decide")
    if state == BoardState.SCREENING:
        return Step("Screen", page="mash:contact")
    if state == BoardState.INFORMATION:
        return Step("Chase what is missing", page="mash:contact", anchor="missing")
    if state == BoardState.CHECKS:
        words_ = "Analyse" if who.may_analyse else "Follow up agencies"
        return Step(words_, page="mash:contact", anchor="checks")
    return Step("Read", page="mash:contact")


# Beside the rows ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved view: its name and its filters as an address."""

    view_id: UUID
    name: str
    query: str


def views(*, by: User) -> tuple[str | None, list[ViewLink]]:
    """Give the filter somebody used last (None before the first) and their saved views.

    Kept in the cache between requests; the actions that change them drop it.
    """
    key = kept_views_key(by)
    rows = cache.get(key)
    if rows is None:
        rows = list(
            SavedView.objects.filter(user=by, list=LIST)
            .order_by("name", "pk")
            .values_list("pk", "name", "query")
        )
        cache.set(key, rows, KEPT_SECONDS)
    last = next((query for _pk, name, query in rows if not name), None)
    return last, [ViewLink(pk, name, query) for pk, name, query in rows if name]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One filter that is on, and the address without it."""

    words: str
    url: str


def chosen_links(chosen: BoardFilter) -> list[Chosen]:
    """Say each filter that is on in words, with the address that leaves it out."""
    said = []
    for name, value in chosen.chosen.items():
        labels = dict(getattr(chosen.form.fields[name], "choices", ()))
        for each in value if isinstance(value, list) else [value]:
            label = str(labels.get(each, each))
            if name == "q":
                label = f"“{value}”"
            elif name == "claimed":
                label = f"Claimed by {label[:1].lower()}{label[1:]}"
            elif name == "waiting":
                label = f"Waiting for {label[:1].lower()}{label[1:]}"
            query = query_of(chosen.chosen, by=chosen.by, without=(name, str(each)))
            said.append(Chosen(label, f"?{query}" if query else "?clear=1"))
    return said


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """What became of a row elsewhere since the board was shown, in the words of its cells."""

    gone: str = ""
    claimed: str = ""
    step: Step | None = None
    then: Step | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What has happened on the board since it was shown."""

    new: int
    urgent: tuple[datetime, ...]
    clocks: Mapping[str, str]
    rows: Mapping[UUID, ChangedRow]


def news(*, by: User, at: datetime, since: datetime) -> News:
    """Say what came since, what is red, what others decided or claimed, and the hours left.

    Restricted contacts count as new, and are told to have left; nothing else is told of them.
    Three queries.
    """
    who = viewer(by)
    changed = _changed_since(since, by=by)
    fresh = [one for one in changed if one.recorded_at > since and one.board_state]
    ends = _midnight(at) + timedelta(days=1)
    due = list(
        Contact.objects.on_board()
        .filter(next_due_at__gte=at, next_due_at__lt=ends)
        .order_by("next_due_at", "received_at", "pk")
        .values_list("pk", "next_due_code")[:MOST_SHOWN]
    )
    codes = dict(due)
    return News(
        new=len(fresh),
        urgent=tuple(
            one.next_due_at
            for one in fresh
            if one.next_due_at is not None
            and (one.rag == Rag.RED or one.is_danger or one.next_due_code == "CON-RED")
        ),
        clocks={
            str(limit.subject_id): limit.said(at).second
            for limit in _limits(list(codes))
            if limit.rule == codes[limit.subject_id]
        },
        rows={one.pk: _changed(one, who=who, at=at) for one in changed if one.recorded_at <= since},
    )


def _changed_since(since: datetime, *, by: User) -> list[Any]:
    """The contacts changed since, the latest first, with who decided last; one query."""
    last = Decision.objects.filter(contact=OuterRef("pk")).order_by("-number")
    is_closed: Any = Value(False)
    if not reads_every_restricted_record(by):
        is_closed = NamesSomebodyClosed("pk", user_id=by.pk, now=application_clock.now())
    return list(
        Contact.objects.filter(changed_at__gt=since)
        .annotate(
            is_closed=is_closed,
            last_by=Subquery(last.values("decided_by__full_name")[:1]),
            last_at=Subquery(last.values("recorded_at")[:1]),
        )
        .select_related("claimed_by")
        .only(*CHANGED_FIELDS)
        .order_by("-changed_at", "pk")[:MOST_CHANGED]
    )


def _changed(contact: Any, *, who: Viewer, at: datetime) -> ChangedRow:
    if not contact.board_state:
        return ChangedRow(gone=_gone_words(contact))
    if contact.is_closed:
        return ChangedRow()
    step, then = next_step(contact, who=who, at=at)
    return ChangedRow(claimed=_claimed_words(contact, who=who, at=at), step=step, then=then)


def _gone_words(contact: Any) -> str:
    if contact.is_closed:
        return "Not waiting any more"
    if contact.state == ContactState.VOID:
        return f"Made void, {words.time_words(contact.changed_at)}"
    if contact.last_at is None:
        return f"Not waiting any more, {words.time_words(contact.changed_at)}"
    return f"Decided by {contact.last_by}, {words.time_words(contact.last_at)}"


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One contact that left the board today."""

    contact_id: UUID
    reference: str
    children: tuple[ChildName, ...]
    outcome: str
    decided_by: str
    decided_at: datetime


def decided_today(*, by: User, at: datetime) -> list[DecidedRow]:
    """List what was decided today, the latest first."""
    require(by, Permission.BOARD_SEE)
    found = list(
        Decision.objects.filter(
            decided_at__gte=_midnight(at), contact__in=Contact.objects.visible_to(by)
        )
        .select_related("contact", "decided_by")
        .order_by("-decided_at", "pk")[:MOST_SHOWN]
    )
    children: dict[UUID, list[ChildName]] = {}
    on = london_date(at)
    for row in (
        ContactPerson.objects.filter(
            contact__in=[decision.contact_id for decision in found],
            is_child=True,
            ended_at__isnull=True,
        )
        .select_related("person")
        .order_by("position", "pk")
    ):
        children.setdefault(row.contact_id, []).append(
            ChildName(row.person_id, row.person.name, age(row.person, on=on))
        )
    return [
        DecidedRow(
            contact_id=decision.contact_id,
            reference=decision.contact.reference,
            children=tuple(children.get(decision.contact_id, ())),
            outcome=decision.get_outcome_display(),
            decided_by=decision.decided_by.full_name,
            decided_at=decision.decided_at,
        )
        for decision in found
    ]


def names_of_children(*, by: User, contact_id: UUID) -> str:
    """Name the children of a contact whom `by` may see, for a message about it."""
    people = (
        Person.objects.visible_to(by)
        .filter(
            contact_people__contact=contact_id,
            contact_people__is_child=True,
            contact_people__ended_at__isnull=True,
        )
        .order_by("contact_people__position", "pk")
    )
    return words.list_of_names(person.name for person in people)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One limit that places contacts on the board."""

    code: str
    words: str
    limit: str
    source: str


def rules_of_board(*, at: datetime) -> list[RuleLine]:
    """The limits that can place a contact on the board, with their sources."""
    lines = []
    for code in (
        "CON-RED",
        "CON-DEC",
        "MASH-R",
        "MASH-A",
        "MASH-G",
        "DA-TRIAGE",
        "EDT-ACK",
        "EDT-ACK-DAY",
        "EDT-CONF",
        "CONS-CONF",
    ):
        known = rule(code)
        amount = (
            known.clock_time.hour * 60 + known.clock_time.minute
            if known.clock_time is not None
            else int(policy.value(known.limit, at=at))
            if isinstance(known.limit, str)
            else known.limit
        )
        lines.append(RuleLine(code, known.words, limit_words(known.unit, amount), known.source))
    return lines
