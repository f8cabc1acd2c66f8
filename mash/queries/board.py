"""The triage board: everything not yet decided, grouped by lateness, in a fixed number of queries.

Six queries whatever is open and whatever is kept: one for all counts, one for the rows shown,
their children, their clocks, the reader's saved views, and what was decided today comes with the
counts. Nothing here reads a contact that has left the board, but for the list of today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    BooleanField,
    CharField,
    Count,
    DateTimeField,
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
from django.db.models.functions import JSONObject, Left

from accounts.models import User
from accounts.permissions import Permission, holds, require
from cases.choices import BoardState, Mark, Rag
from cases.models import Contact, ContactPerson
from lib import application_clock, words
from lib.application_clock import LONDON
from lib.working_days import london_date
from mash.filters import BoardFilter, claimed_by, query_of, unclaimed
from mash.models import Decision, SavedView
from mash.source_words import source_words
from people.models import Person, reads_every_restricted_record, restrictions_closed_to
from people.queries import age
from record import calendar
from record.clocks import GROUPS, ClockView, arithmetic, earliest, group_case, running

LIST: Final = "board"
FIRST_SHOWN: Final = 10
MORE_SHOWN: Final = 50
MOST_SHOWN: Final = 200
CHILDREN_SHOWN: Final = 5
MATTER_LENGTH: Final = 160
MOST_OPEN: Final = 1_000_000
"""More than can ever be open; a slice lets PostgreSQL work out each row's facts once."""
NEWS_HOURS: Final = 24
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
FACETS: Final = ("rag", "claimed", "waiting", "source", "mark")


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


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One contact as the board shows it; of a restricted one only its place and its clock."""

    contact_id: UUID
    received_at: datetime
    clock: ClockView | None
    others: tuple[str, ...] = ()
    ring: str = ""
    reference: str = ""
    children: tuple[ChildName, ...] = ()
    more_children: int = 0
    matter: str = ""
    is_quoted: bool = False
    source: str = ""
    rag: str = ""
    rag_label: str = ""
    rag_why: str = ""
    marks: tuple[str, ...] = ()
    claimed: str = ""
    is_mine: bool = False
    news: str = ""
    is_new: bool = False
    step: Step | None = None
    then: Step | None = None
    received: str = ""
    counted: str = ""
    due_iso: str = ""
    is_first_new: bool = False

    @property
    def is_restricted(self) -> bool:
        return bool(self.ring)

    @property
    def new_id(self) -> str:
        """Where "Show 3 new" leads: the first new row, and names of their own for the rest."""
        return "new" if self.is_first_new else f"new-{self.contact_id}"

    @property
    def who(self) -> str:
        """The names without ages, for the hidden part of links."""
        if self.is_restricted:
            return "restricted record"
        return words.list_of_names(child.name for child in self.children) or self.reference


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
) -> Board:
    """Give the board as `by` may see it.

    Restricted contacts keep their place and clock while no filter is on; a filter leaves them
    out, because being found by it would tell something about them.

    :param window: how much of each group is shown
    :param since: rows recorded later are marked as new
    :raises PermissionDenied: `by` may not see the board
    """
    who = viewer(by)
    window = window or Window()
    counted = _counts(by=by, at=at, chosen=chosen)
    is_filtered = bool(chosen.conditions)
    totals = {code: counted[f"all_{code}"] for code in GROUPS}
    shown = {code: counted[f"shown_{code}"] for code in GROUPS} if is_filtered else totals
    found = _rows(by=by, at=at, chosen=chosen, window=window, sort=sort, shown=shown)
    rows = _with_first_new(_dressed(found, who=who, at=at, since=since))
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
    return Board(
        groups=groups,
        totals=totals,
        contacts=sum(totals.values()),
        children=counted["children"] or 0,
        unclaimed=counted["unclaimed"],
        edt_to_confirm=counted["edt_to_confirm"],
        shown=sum(shown.values()),
        hidden_very_overdue=totals["very_overdue"] - shown["very_overdue"],
        facets=_facets(counted),
        decided_today=counted["decided"] or 0,
        last_decided_at=counted["last_decided"],
        nearest_due_at=counted["nearest"],
        at=at,
    )


# Counting ----------------------------------------------------------------------------------------


def _counts(*, by: User, at: datetime, chosen: BoardFilter) -> dict[str, Any]:
    """Count everything the page says, in one query over what is open."""
    conditions = chosen.conditions
    on_board = Contact.objects.on_board()
    is_closed: Any = _claim(Q(pk__in=on_board.restricted_to(by).order_by().values("pk")))
    if reads_every_restricted_record(by):
        is_closed = Value(False, output_field=BooleanField())
    inner = on_board.annotate(
        place=group_case(at),
        is_closed=is_closed,
        is_unclaimed=_claim(unclaimed(at=at)),
        is_mine=_claim(claimed_by(by, at=at)),
        children_open=_children_open(),
        day_decided=_decided_since(_midnight(at), by=by, what="COUNT(*)", field=IntegerField()),
        day_last=_decided_since(
            _midnight(at), by=by, what="MAX(%(expressions)s)", field=DateTimeField()
        ),
        **{f"is_{name}": _claim(condition) for name, condition in conditions.items()},
    )
    seen = Q(is_closed=False)
    counts: dict[str, Any] = {
        f"all_{code}": Count("pk", filter=Q(place=index)) for index, code in enumerate(GROUPS)
    }
    matches = {name: Q(**{f"is_{name}": True}) for name in conditions}
    every = _all(matches.values()) & seen
    counts |= {
        f"shown_{code}": Count("pk", filter=every & Q(place=index))
        for index, code in enumerate(GROUPS)
    }
    counts |= {
        "unclaimed": Count("pk", filter=seen & Q(is_unclaimed=True)),
        "edt_to_confirm": Count("pk", filter=seen & Q(board_state=BoardState.EDT_TO_CONFIRM)),
        "children": Max("children_open"),
        "decided": Max("day_decided"),
        "last_decided": Max("day_last"),
        "nearest": Min("next_due_at", filter=seen & Q(next_due_at__gte=at)),
    }
    for facet in FACETS:
        others = _all(match for name, match in matches.items() if name != facet) & seen
        for value, condition in _choices_of(facet):
            counts[f"{facet}__{value}"] = Count("pk", filter=others & condition)
    return inner[:MOST_OPEN].aggregate(**counts)


def _choices_of(facet: str) -> list[tuple[str, Q]]:
    if facet == "rag":
        rated = [(str(rag), Q(rag=rag)) for rag in Rag]
        return [*rated, ("none", Q(rag=""))]
    if facet == "claimed":
        return [("me", Q(is_mine=True)), ("nobody", Q(is_unclaimed=True))]
    if facet == "waiting":
        return [(str(state), Q(board_state=state)) for state in BoardState]
    if facet == "mark":
        return [(str(mark), Q(marks__contains=[mark.value])) for mark in Mark]
    return []


def _facets(counted: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for key, number in counted.items():
        facet, between, value = key.partition("__")
        if between:
            found.setdefault(facet, {})[value] = number
    return found


def _claim(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _all(conditions: Iterable[Q]) -> Q:
    whole = Q()
    for condition in conditions:
        whole &= condition
    return whole


def _children_open() -> Subquery:
    """How many children the open contacts are about; each child once."""
    rows = ContactPerson.objects.filter(
        contact__in=Contact.objects.on_board().values("pk"), is_child=True, ended_at__isnull=True
    )
    number = Func(F("person"), template="COUNT(DISTINCT %(expressions)s)")
    number.output_field = IntegerField()
    return Subquery(rows.order_by().values(number=number))


def _decided_since(moment: datetime, *, by: User, what: str, field: Any) -> Subquery:
    number = Func(F("decided_at"), template=what)
    number.output_field = field
    rows = Contact.objects.visible_to(by).filter(decided_at__gte=moment)
    return Subquery(rows.order_by().values(number=number))


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
    shown: Mapping[str, int],
) -> list[Contact]:
    """Find the rows of each group that are shown, in one query."""
    conditions = chosen.conditions
    order = SORTS.get(sort, SORTS[""])
    base = Contact.objects.visible_to(by) if conditions else Contact.objects.all()
    base = base.exclude(board_state="").filter(_all(conditions.values()))
    parts: list[QuerySet[Contact, Any]] = []
    for index, code in enumerate(GROUPS):
        first, number = window[code]
        if shown[code] > first:
            part = base.annotate(place=group_case(at)).filter(_span(code, at), place=index)
            parts.append(part.order_by(*order).values("pk")[first : first + number])
    if not parts:
        return []
    ids = parts[0] if len(parts) == 1 else parts[0].union(*parts[1:], all=True)
    ring = (
        restrictions_closed_to(by, F("person"))
        .filter(
            person__contact_people__contact=OuterRef("pk"),
            person__contact_people__is_child=True,
            person__contact_people__ended_at__isnull=True,
        )
        .order_by("pk")
        .values(
            whom=JSONObject(
                name="owner__full_name", job_title="owner__job_title", phone="owner__phone"
            )
        )[:1]
    )
    closed: Any = Subquery(ring)
    if conditions or reads_every_restricted_record(by):
        closed = Value(None, output_field=CharField(null=True))
    return list(
        Contact.objects.filter(pk__in=ids)
        .annotate(place=group_case(at), ring=closed, opening=Left("words", 600))
        .select_related("claimed_by")
        .only(
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
            "next_due_code",
            "news",
            "news_at",
            "claimed_by__full_name",
        )
        .order_by("place", *order)
    )


def _span(code: str, at: datetime) -> Q:
    """The stretch of the board's index that a group lies in."""
    if code in ("very_overdue", "overdue"):
        return Q(next_due_at__lt=at)
    if code == "due_soon":
        return Q(next_due_at__gte=at)
    return Q(next_due_at__gte=at) | Q(next_due_at__isnull=True)


def _dressed(
    found: Sequence[Any], *, who: Viewer, at: datetime, since: datetime | None
) -> list[tuple[int, BoardRow]]:
    """Add children and clocks, two queries, and put everything into words."""
    if not found:
        return []
    ids = [contact.pk for contact in found]
    children: dict[UUID, list[Person]] = {}
    if readable := [contact.pk for contact in found if not contact.ring]:
        for row in (
            ContactPerson.objects.filter(contact__in=readable, is_child=True, ended_at__isnull=True)
            .select_related("person")
            .order_by("position", "pk")
        ):
            children.setdefault(row.contact_id, []).append(row.person)
    clocks: dict[UUID, list[Any]] = {}
    for clock in running(subject_ids=ids):
        clocks.setdefault(clock.subject_id, []).append(clock)
    return [
        (
            contact.place,
            _row(
                contact,
                children=children.get(contact.pk, []),
                clocks=clocks.get(contact.pk, []),
                who=who,
                at=at,
                since=since,
            ),
        )
        for contact in found
    ]


def _with_first_new(rows: list[tuple[int, BoardRow]]) -> list[tuple[int, BoardRow]]:
    """Mark the first new row, where "Show 3 new" puts the reader."""
    for number, (place, row) in enumerate(rows):
        if row.is_new:
            rows[number] = (place, replace(row, is_first_new=True))
            break
    return rows


def _row(
    contact: Any,
    *,
    children: Sequence[Person],
    clocks: Sequence[Any],
    who: Viewer,
    at: datetime,
    since: datetime | None,
) -> BoardRow:
    first = earliest([clock for clock in clocks if clock.rule == contact.next_due_code])
    clock = arithmetic(first, at) if first is not None else None
    is_new = since is not None and contact.recorded_at > since
    if contact.ring:
        whom = contact.ring
        said = ", ".join(part for part in (whom["name"], whom["job_title"], whom["phone"]) if part)
        return BoardRow(
            contact_id=contact.pk,
            received_at=contact.received_at,
            clock=clock,
            ring=said,
            is_new=is_new,
            received=_received(contact, at=at),
            counted=_counted(clock),
            due_iso=contact.next_due_at.isoformat() if contact.next_due_at else "",
            step=Step("Ask for access", page="mash:contact"),
        )
    on = london_date(at)
    matter, is_quoted = matter_of(contact.summary, contact.opening)
    step, then = next_step(contact, who=who, at=at)
    is_live = contact.claimed_by_id is not None and contact.claim_lapses_at > at
    return BoardRow(
        contact_id=contact.pk,
        received_at=contact.received_at,
        clock=clock,
        others=tuple(
            f"Also: {view.words}. {view.as_one}."
            for view in (arithmetic(other, at) for other in clocks if other is not first)
        ),
        reference=contact.reference,
        children=tuple(
            ChildName(child.pk, child.name, age(child, on=on))
            for child in children[:CHILDREN_SHOWN]
        ),
        more_children=max(0, len(children) - CHILDREN_SHOWN),
        matter=matter,
        is_quoted=is_quoted,
        source=source_words(
            contact.source_code,
            is_anonymous=contact.referrer_is_anonymous,
            by_edt=contact.is_out_of_hours and Mark.EDT in contact.marks,
        ),
        rag=contact.rag or "not-rated",
        rag_label=str(Rag(contact.rag).label) if contact.rag else "Not rated",
        rag_why=_why(contact, at=at),
        marks=tuple(str(Mark(mark).label) for mark in contact.marks if mark in Mark.values),
        claimed=_claimed_words(contact, who=who, at=at) if is_live else "",
        is_mine=is_live and contact.claimed_by_id == who.user.pk,
        news=_news(contact, at=at),
        is_new=is_new,
        step=step,
        then=then,
        received=_received(contact, at=at),
        counted=_counted(clock),
        due_iso=contact.next_due_at.isoformat() if contact.next_due_at else "",
    )


def _received(contact: Any, *, at: datetime) -> str:
    return words.moment_words(contact.received_at, now=at)


def _counted(clock: ClockView | None) -> str:
    """How a clock was counted, as one text."""
    if clock is None:
        return ""
    said = " ".join(clock.counted)
    return f"{said} This clock never pauses." if clock.is_statutory else said


def matter_of(summary: str, opening: str) -> tuple[str, bool]:
    """Give the matter in one line, and whether it is in the referrer's own words.

    Without a summary it is how the referrer began, as whole words, at the end of a sentence
    where there is one near.
    """
    if summary:
        return summary, False
    text = " ".join(opening.split())
    if len(text) <= MATTER_LENGTH:
        return text, True
    head = text[: MATTER_LENGTH + 1]
    stop = max(head.rfind(mark) for mark in (". ", "! ", "? "))
    if stop > MATTER_LENGTH // 3:
        return head[: stop + 1], True
    return head.rpartition(" ")[0] or head[:MATTER_LENGTH], True


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
    if contact.claimed_by_id == who.user.pk:
        return "You"
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
    if contact.next_due_code == "EDT-ACK" and who.may_analyse:
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
    """Give the filter somebody used last (None before the first) and their saved views."""
    last: str | None = None
    named = []
    for view in SavedView.objects.filter(user=by, list=LIST).order_by("name", "pk"):
        if view.name:
            named.append(ViewLink(view.pk, view.name, view.query))
        else:
            last = view.query
    return last, named


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
            query = query_of(chosen.chosen, without=(name, str(each)))
            said.append(Chosen(label, f"?{query}" if query else "?clear=1"))
    return said


@dataclass(frozen=True, slots=True)
class News:
    """What has happened on the board since it was shown."""

    new: int
    urgent: tuple[datetime, ...]
    clocks: Mapping[str, str]


def news(*, by: User, at: datetime, since: datetime) -> News:
    """Say how many contacts came since, which of them are red, and the hours that are left.

    Restricted contacts count; nothing but their number is told of them.
    """
    require(by, Permission.BOARD_SEE)
    fresh = list(
        Contact.objects.on_board()
        .filter(changed_at__gt=since, recorded_at__gt=since)
        .order_by("next_due_at", "pk")
        .values_list("rag", "is_danger", "next_due_code", "next_due_at")[:MOST_SHOWN]
    )
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
            moment
            for rag, is_danger, code, moment in fresh
            if rag == Rag.RED or is_danger or code == "CON-RED"
        ),
        clocks={
            str(clock.subject_id): arithmetic(clock, at).second
            for clock in running(subject_ids=codes)
            if clock.rule == codes[clock.subject_id]
        },
    )


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
    from record.clocks import limit_words, rule
    from record.policy import value

    lines = []
    for code in (
        "CON-RED",
        "CON-DEC",
        "MASH-R",
        "MASH-A",
        "MASH-G",
        "DA-TRIAGE",
        "EDT-ACK",
        "EDT-CONF",
        "CONS-CONF",
    ):
        known = rule(code)
        amount = (
            known.clock_time.hour * 60 + known.clock_time.minute
            if known.clock_time is not None
            else int(value(known.limit, at=at))
            if isinstance(known.limit, str)
            else known.limit
        )
        lines.append(RuleLine(code, known.words, limit_words(known.unit, amount), known.source))
    return lines
