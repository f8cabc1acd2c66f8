"""Open flags: on a child's page, on the lists of whose they are, and one on a page of its own."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_date, parse_datetime

from accounts.models import Team, User
from accounts.permissions import MANAGING_ROLES, Permission, holds, roles_of
from cases.actions.flags import right_over
from cases.models import Responsibility
from cases.queries.work import my_teams
from cases.standing import deputised
from lib import application_clock, words
from lib.working_days import london_date
from people.models import Person
from people.queries import closed_to
from record import calendar, flags, policy
from record.flags import Fact, FlagRule
from record.models import Flag, FlagSeverity, FlagState, PersonalNotice

GRAVEST_FIRST = {
    FlagSeverity.CRITICAL: 0,
    FlagSeverity.RED: 1,
    FlagSeverity.AMBER: 2,
    FlagSeverity.INFO: 3,
}
TAGS = {
    FlagSeverity.CRITICAL: ("red", "Critical flag"),
    FlagSeverity.RED: ("red", "Red flag"),
    FlagSeverity.AMBER: ("amber", "Amber flag"),
    FlagSeverity.INFO: ("grey", "For information"),
}
#: Until so many days each is drawn; a longer count is one sentence.
DAYS_DRAWN = 14
SOMEBODY = "somebody whose record is restricted"


@dataclass(frozen=True)
class FlagLine:
    """One flag with the sentence that heads it."""

    flag: Flag
    rule: FlagRule
    title: str
    child: str

    @property
    def tag(self) -> tuple[str, str]:
        return TAGS[FlagSeverity(self.flag.severity)]

    @property
    def is_answered(self) -> bool:
        return self.flag.state == FlagState.ACKNOWLEDGED


@dataclass(frozen=True)
class FactLine:
    """One thing the rule saw."""

    label: str
    value: str
    url: str = ""


@dataclass(frozen=True)
class Day:
    """One day of the count."""

    when: str
    said: str
    note: str
    is_counted: bool
    is_due: bool
    is_late: bool


@dataclass(frozen=True)
class FlagPage:
    """Everything on the page of one flag."""

    line: FlagLine
    facts: list[FactLine]
    days: list[Day]
    counted: str
    told: list[PersonalNotice]
    told_words: str
    others: list[FlagLine]
    next_url: str
    next_words: str
    limit_words: list[str]
    may_answer: bool
    may_clear: bool
    is_open: bool
    open_for: str


def may_read(flag: Flag, *, by: User) -> bool:
    """Say whether `by` may read what a rule says: by their role, or because it is theirs."""
    return by.pk in {flag.owner_id, flag.manager_id} or holds(by, flags.rule(flag.rule).permission)


def readable(*, by: User) -> Q:
    """The flags whose rule `by` may read, or that are theirs."""
    codes = [known.code for known in flags.rules() if holds(by, known.permission)]
    return Q(rule__in=codes) | Q(owner=by) | Q(manager=by)


def known() -> QuerySet[Flag]:
    """Flags of a registered rule, with whose they are."""
    return Flag.objects.filter(rule__in=[each.code for each in flags.rules()]).select_related(
        "child", "owner", "manager", "acknowledged_by", "acknowledged_for", "cleared_by"
    )


# Words


def _names(found: Collection[Flag], *, by: User) -> dict[str, str]:
    """Names of everybody whom the facts of these flags name; two queries, a third if restricted."""
    users: set[str] = set()
    people: set[str] = set()
    for flag in found:
        for fact in flags.rule(flag.rule).facts:
            value = flag.facts.get(fact.key)
            if not value:
                continue
            if fact.kind == "user":
                users.add(str(value))
            elif fact.kind == "person":
                people.add(str(value))
            elif fact.kind == "people":
                people |= {str(each) for each in value}
    named: dict[str, str] = {}
    if users:
        named |= {
            str(pk): name
            for pk, name in User.objects.filter(pk__in=users).values_list("pk", "full_name")
        }
    if people:
        closed = closed_to(by=by, person_ids=[UUID(each) for each in people])
        for person in Person.objects.filter(pk__in=people).only("pk", "given_name", "family_name"):
            ring = closed.get(person.pk)
            named[str(person.pk)] = (
                f"Restricted child, ring {ring.name}" if ring is not None else person.name
            )
    return named


def _value(fact: Fact, value: Any, named: Mapping[str, str], *, at: datetime) -> str:
    if value in (None, "", []):
        return "Never" if fact.kind in ("date", "moment") else "Nobody"
    if fact.kind == "moment":
        moment = parse_datetime(str(value))
        return words.moment_words(moment, now=at) if moment is not None else str(value)
    if fact.kind == "date":
        day = parse_date(str(value)[:10])
        return words.date_words(day, now=at) if day is not None else str(value)
    if fact.kind == "people":
        return words.list_of_names([named.get(str(each), SOMEBODY) for each in value])
    if fact.kind in ("person", "user"):
        return named.get(str(value), SOMEBODY)
    return fact.labels.get(str(value), str(value))


def lines(found: Collection[Flag], *, by: User, at: datetime) -> list[FlagLine]:
    """Put flags into words; a fixed number of queries."""
    named = _names(found, by=by)
    return [_line(flag, named, at=at) for flag in found]


def _line(flag: Flag, named: Mapping[str, str], *, at: datetime) -> FlagLine:
    rule = flags.rule(flag.rule)
    child = flag.child.name if flag.child is not None else "this record"
    given = {
        fact.key.removesuffix("_id"): _value(fact, flag.facts.get(fact.key), named, at=at)
        for fact in rule.facts
    }
    due_at = _due_at(flag)
    late = (
        words.late_words(due_at, now=flag.cleared_at or at, calendar=calendar.calendar())
        if due_at is not None and due_at < (flag.cleared_at or at)
        else ""
    )
    since = words.date_words(london_date(flag.since_at), now=at)
    title = rule.finding.format(
        **{**given, "child": child, "since": since, "late": late.removesuffix(" late")}
    )
    return FlagLine(flag=flag, rule=rule, title=title, child=child)


def _due_at(flag: Flag) -> datetime | None:
    found = flag.facts.get("due_at")
    return parse_datetime(str(found)) if found else None


# The lists


@dataclass(frozen=True)
class FlagList:
    """Flags of somebody and their teams, with what the filter offers."""

    rows: QuerySet[Flag]
    restricted: list[tuple[str, int]] = field(default_factory=list)


def mine(*, by: User, at: datetime) -> QuerySet[Flag]:
    """Open flags that `by` has to put right or answers for, also as a deputy."""
    people = {by.pk, *(manager.pk for manager in deputised(by, at))}
    rows = known().filter(state__in=flags.OPEN).filter(readable(by=by))
    own = Q(owner__in=people) | Q(manager__in=people)
    if not roles_of(by, at) & MANAGING_ROLES and len(people) == 1:
        return rows.filter(own)
    return rows.filter(own | Exists(_held(my_teams(by=by, at=at))))


def _held(teams: QuerySet[Team] | Collection[Team]) -> QuerySet[Responsibility]:
    return Responsibility.objects.filter(
        child=OuterRef("child"), to_at__isnull=True, team__in=teams
    )


def _open_to(by: User) -> Q:
    return Q(child=None) | Q(child__in=Person.objects.visible_to(by))


def rule_choices(*, by: User, at: datetime) -> list[tuple[str, str]]:
    """The rules of which somebody has open flags, with how many; one query."""
    found = (
        mine(by=by, at=at)
        .filter(_open_to(by))
        .order_by("rule")
        .values_list("rule")
        .annotate(number=Count("pk"))
    )
    return [(code, f"{flags.rule(code).name or code} ({number})") for code, number in found]


def flag_list(
    *,
    by: User,
    at: datetime,
    severity: str = "",
    answered: str = "",
    rule: str = "",
    whose: str = "",
    team: Team | None = None,
) -> FlagList:
    """Open flags as the filter says, gravest first; closed records only as whom to ring."""
    everything = mine(by=by, at=at)
    rows = everything.filter(_open_to(by))
    if severity:
        rows = rows.filter(severity=severity)
    if answered:
        state = FlagState.ACKNOWLEDGED if answered == "yes" else FlagState.OPEN
        rows = rows.filter(state=state)
    if rule:
        rows = rows.filter(rule=rule)
    if whose == "mine":
        rows = rows.filter(owner=by)
    if team is not None:
        rows = rows.filter(Exists(_held([team])))
    is_whole = not (severity or answered or rule or whose or team)
    gravity = Case(
        *(When(severity=each, then=Value(rank)) for each, rank in GRAVEST_FIRST.items()),
        output_field=IntegerField(),
    )
    return FlagList(
        rows=rows.order_by(gravity, "since_at", "pk"),
        restricted=_restricted(everything, by=by) if is_whole else [],
    )


def _restricted(everything: QuerySet[Flag], *, by: User) -> list[tuple[str, int]]:
    """Whom to ring about flags of closed records, and about how many children."""
    ids = (
        everything.exclude(child=None)
        .exclude(child__in=Person.objects.visible_to(by))
        .order_by()
        .values_list("child_id", flat=True)
        .distinct()
    )
    ring: dict[str, int] = {}
    for whom in closed_to(by=by, person_ids=list(ids)).values():
        ring[whom.name] = ring.get(whom.name, 0) + 1
    return sorted(ring.items())


def counts(*, by: User, at: datetime) -> list[tuple[str, str, int]]:
    """How many open flags of each severity somebody has, gravest first; one query."""
    if not holds(by, Permission.FLAG_ACKNOWLEDGE):
        return []
    rows = mine(by=by, at=at).filter(_open_to(by))
    found = dict(rows.order_by().values_list("severity").annotate(number=Count("pk")))
    return [
        (each.value, str(each.label), found[each.value])
        for each in GRAVEST_FIRST
        if each.value in found
    ]


# A child's page


def flags_of(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """The open flags of one child, gravest first."""
    found = sorted(
        known().filter(readable(by=by), state__in=flags.OPEN, child__in=child_ids),
        key=lambda flag: (GRAVEST_FIRST[FlagSeverity(flag.severity)], flag.since_at),
    )
    return {"flags": lines(found, by=by, at=application_clock.now())}


# One flag


def flag_page(*, by: User, flag: Flag, at: datetime) -> FlagPage:
    """Gather one flag for somebody who may read it."""
    rule = flags.rule(flag.rule)
    is_open = flag.state in flags.OPEN
    others = list(
        known()
        .filter(readable(by=by), state__in=flags.OPEN, child__isnull=False, child=flag.child_id)
        .exclude(pk=flag.pk)
        .order_by("since_at", "pk")[:5]
    )
    named = _names([flag, *others], by=by)
    right = Permission.FLAG_ACKNOWLEDGE
    may_clear = (
        is_open
        and not rule.is_statutory
        and holds(by, Permission.FLAG_CLEAR)
        and right_over(flag, by=by, permission=Permission.FLAG_CLEAR, at=at) is not None
    )
    until = flag.cleared_at or at
    return FlagPage(
        line=_line(flag, named, at=at),
        facts=[_fact(fact, flag, named, at=at) for fact in rule.facts if fact.key in flag.facts],
        days=_days(flag, until=until),
        counted=_counted(flag, until=until, at=at),
        told=list(
            PersonalNotice.objects.filter(subject_kind="flag", subject_id=flag.pk)
            .select_related("user")
            .order_by("created_at", "pk")
        ),
        told_words=words.list_of_names([flags.TOLD[each] for each in rule.told]),
        others=[_line(other, named, at=at) for other in others],
        next_url=_next_url(rule, flag) if is_open else "",
        next_words=rule.url_words or "Put it right",
        limit_words=_limits(rule, at=flag.raised_at),
        may_answer=is_open
        and holds(by, right)
        and right_over(flag, by=by, permission=right, at=at) is not None,
        may_clear=may_clear,
        is_open=is_open,
        open_for=_open_for(flag, until=until),
    )


def _limits(rule: FlagRule, *, at: datetime) -> list[str]:
    found = [policy.limit(key) for key in rule.limits]
    return [f"{each.words}: {each.shown(policy.value(each.key, at=at))}" for each in found]


def _next_url(rule: FlagRule, flag: Flag) -> str:
    target = flag.child_id if rule.url_takes == "child" else flag.subject_id
    if rule.url_name and rule.url_takes == "nothing":
        return reverse(rule.url_name)
    if not rule.url_name or target is None:
        return ""
    return reverse(rule.url_name, args=[target])


def _fact(fact: Fact, flag: Flag, named: Mapping[str, str], *, at: datetime) -> FactLine:
    value = flag.facts.get(fact.key)
    url = ""
    target = flag.facts.get(fact.url_key) if fact.url_key else None
    if fact.url_name and target:
        try:
            url = reverse(fact.url_name, args=[target])
        except NoReverseMatch:
            url = ""
    return FactLine(fact.label, _value(fact, value, named, at=at), url)


def _limit_of(flag: Flag) -> int | None:
    found = flag.facts.get("limit")
    return int(found) if found is not None else None


def _due_on(flag: Flag) -> date | None:
    due_at = _due_at(flag)
    if due_at is not None:
        return london_date(due_at)
    limit = _limit_of(flag)
    if limit is None:
        return parse_date(str(flag.facts.get("due_on") or ""))
    return calendar.calendar().add_working_days(london_date(flag.since_at), limit)


def _days(flag: Flag, *, until: datetime) -> list[Day]:
    """Each day from when it counts until now, where they are few enough to draw."""
    start, end, today = london_date(flag.since_at), london_date(until), flag.cleared_at is None
    if (end - start).days >= DAYS_DRAWN:
        return []
    table, due_on = calendar.calendar(), _due_on(flag)
    drawn = []
    for ahead in range((end - start).days + 1):
        day = start + timedelta(days=ahead)
        is_counted = ahead == 0 or table.is_working_day(day)
        number = table.working_days_between(start, day)
        over = table.working_days_between(due_on, day) if due_on is not None and day > due_on else 0
        notes = ["Counted from here"] if ahead == 0 else []
        if is_counted and over:
            notes.append(f"{over} late")
        if due_on == day:
            notes.append("Due")
        if day == end and today:
            notes.append("Today")
        drawn.append(
            Day(
                when=f"{words.WEEKDAYS[day.weekday()]} {day.day}",
                said=f"Day {number}" if is_counted else "Not counted",
                note=". ".join(notes) if is_counted else table.why_not_working(day),
                is_counted=is_counted,
                is_due=due_on == day,
                is_late=is_counted and over > 0,
            )
        )
    return drawn


def _counted(flag: Flag, *, until: datetime, at: datetime) -> str:
    """Say how many working days that is, and what was left out."""
    start, end, table = london_date(flag.since_at), london_date(until), calendar.calendar()
    number = table.working_days_between(start, end)
    left_out = [
        day
        for ahead in range(1, (end - start).days + 1)
        if not table.is_working_day(day := start + timedelta(days=ahead))
    ]
    holidays = [day for day in left_out if day.weekday() < 5]
    said = f"{words.plural(number, 'working day')} since {words.date_words(start, now=at)}"
    limit = _limit_of(flag)
    if limit is not None:
        said += f", of {limit} allowed"
    weekend = words.plural(len(left_out) - len(holidays), "weekend day")
    named = [words.date_words(day, now=at) for day in holidays]
    bank = f"; bank holidays: {words.list_of_names(named)}" if named else "; no bank holiday"
    return f"{said}. {weekend} not counted{bank}."


def _open_for(flag: Flag, *, until: datetime) -> str:
    """How long it stood, in working days, or hours on its first."""
    days = calendar.calendar().working_days_between(london_date(flag.raised_at), london_date(until))
    if days:
        return words.plural(days, "working day")
    return words.duration_words(until - flag.raised_at)


def visible(*, by: User, flag_id: UUID) -> tuple[Flag, bool]:
    """Give a flag, and whether the child's record is open to `by`.

    :raises Flag.DoesNotExist: no such flag, or of a rule that is gone
    """
    flag = known().get(pk=flag_id)
    if flag.child_id is None:
        return flag, True
    return flag, Person.objects.visible_to(by).filter(pk=flag.child_id).exists()


def ids_of(found: Iterable[FlagLine]) -> list[UUID]:
    """The children of these flags, for the reading log."""
    return [line.flag.child_id for line in found if line.flag.child_id is not None]
