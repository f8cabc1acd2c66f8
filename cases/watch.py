"""Changes that nobody brings: birthdays, a worker gone, a sibling's status, help that stops.

A job looks at what the record says by now and logs each once, for the children who are open
(domain.md 5.1). A look that finds nothing new is a fixed number of queries and writes nothing.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from cases.actions import changes, risk_reviews
from cases.actions.changes import WORK
from cases.change_codes import ChangeCode
from cases.choices import (
    HandoverKind,
    HandoverState,
    InvolvementKind,
    ProtectionKind,
    Queue,
    WaitingState,
    WorkerRole,
)
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    ChildRiskReview,
    Closure,
    HandoverChild,
    Involvement,
    Protection,
    VisitChild,
    WaitingEntry,
)
from lib.working_days import add_months, london_date
from people.models import HouseholdMembership, Person, Restriction
from people.queries import records_of
from record import policy
from record.calendar import working_days_ago
from record.models import Flag, FlagSeverity, FlagState

log = logging.getLogger(__name__)

#: How far back a look goes: what happened longer ago was looked at, or before we watched.
LOOKED_BACK = timedelta(days=30)
#: Ages that matter, in months, with what they are called.
AGES = ((16 * 12, "16"), (17 * 12 + 6, "17 and a half"), (18 * 12, "18"))


@dataclass(frozen=True, kw_only=True)
class Brought:
    """One change that the record shows."""

    code: ChangeCode
    happened_on: date
    learned_at: datetime
    child_ids: Collection[UUID]
    concerned_ids: Collection[UUID]
    source_kind: str
    source_id: UUID
    what: str
    person_id: UUID | None = None


def raise_what_came(*, at: datetime) -> int:
    """Log every change that time has brought and nobody has; say how many.

    Each is a transaction of its own: one that fails does not stop the others.
    """
    number = 0
    for brought in _new(
        [
            *birthdays(at=at),
            *workers_gone(at=at),
            *plans_begun_or_ended(at=at),
            *siblings_closed(at=at),
            *help_stopped(at=at),
            *signals_unanswered(at=at),
        ]
    ):
        try:
            with transaction.atomic():
                change = changes.raise_change(
                    code=brought.code,
                    authority=None,
                    at=at,
                    happened_on=brought.happened_on,
                    learned_at=brought.learned_at,
                    learned_from="The record",
                    what=brought.what,
                    child_ids=brought.child_ids,
                    concerned_ids=brought.concerned_ids,
                    person_id=brought.person_id,
                    source_kind=brought.source_kind,
                    source_id=brought.source_id,
                )
        except DatabaseError:
            log.exception("change_not_raised", extra={"code": str(brought.code)})
            continue
        number += change is not None
    return number


def _new(found: Collection[Brought]) -> list[Brought]:
    """Those that have not been logged before."""
    known = set(
        ChangeOfCircumstance.objects.filter(
            source_id__in=[each.source_id for each in found]
        ).values_list("code", "source_id")
    )
    return [each for each in found if (str(each.code), each.source_id) not in known]


def _worked_with(child: str = "child") -> Exists:
    """Whether more than a contact is open for the child of a row."""
    return Exists(Involvement.objects.filter(_same(child), kind__in=WORK, to_at__isnull=True))


def _same(child: str) -> Q:
    """Rows about the child of the row outside, under any record of it."""
    outside = Subquery(
        Person.objects.filter(pk=OuterRef(OuterRef(OuterRef(child))))
        .annotate(head=Coalesce("canonical_id", "pk"))
        .values("head")
    )
    return Q(
        child__in=Person.objects.alias(head=Coalesce("canonical_id", "pk"))
        .filter(head=outside)
        .values("pk")
    )


# Reviews ------------------------------------------------------------------------------------------


def follow_workers(*, at: datetime) -> int:
    """Give reviews still to do to the worker who took over, however that came; say how many."""
    lead = Allocation.objects.filter(
        child=OuterRef("child"), role=WorkerRole.LEAD, to_at__isnull=True, worker__is_active=True
    ).exclude(worker=OuterRef("owner"))
    was_lead = Allocation.objects.filter(
        child=OuterRef("child"),
        role=WorkerRole.LEAD,
        worker=OuterRef("owner"),
        to_at__isnull=False,
    )
    closed = Restriction.objects.filter(person=OuterRef("child"), ended_at__isnull=True)
    left = list(
        ChildRiskReview.objects.filter(
            Exists(was_lead),
            ~Exists(closed),
            state=ChildRiskReview.State.TO_DO,
            subject_kind=changes.SUBJECT,
        )
        .annotate(new_id=Subquery(lead.values("worker_id")[:1]))
        .exclude(new_id=None)
        .order_by("pk")
        .values_list("child_id", "owner_id", "new_id")
    )
    workers = User.objects.in_bulk({new_id for _child, _old, new_id in left}) if left else {}
    for child_id, old_id, new_id in left:
        with transaction.atomic():
            risk_reviews.follow_worker(child_id=child_id, old_id=old_id, new=workers[new_id], at=at)
    return len(left)


# Birthdays ----------------------------------------------------------------------------------------


def birthdays(*, at: datetime) -> list[Brought]:
    """Open children who have turned 16, 17 and a half or 18 within a week (COC-23)."""
    today = london_date(at)
    days = [today - timedelta(days=ahead) for ahead in range(7)]
    found = []
    for months, age in AGES:
        born = {add_months(day, -months): day for day in days}
        # Who was born on 29 February turns so on the 28th of a year without one.
        near = [*born, *(day + timedelta(days=1) for day in born)]
        for person in (
            Person.objects.filter(
                _worked_with("pk"),
                date_of_birth__in=near,
                died_on__isnull=True,
                canonical__isnull=True,
            )
            .only("pk", "date_of_birth")
            .order_by("pk")
        ):
            if person.date_of_birth is None:
                continue
            turned_on = add_months(person.date_of_birth, months)
            if turned_on not in days:
                continue
            found.append(
                Brought(
                    code=ChangeCode.AGE,
                    happened_on=turned_on,
                    learned_at=at,
                    child_ids=[person.pk],
                    concerned_ids=[person.pk],
                    source_kind="birthday",
                    source_id=uuid5(NAMESPACE_OID, f"{person.pk}:{months}"),
                    what=f"Turned {age}",
                    person_id=person.pk,
                )
            )
    return found


# The worker ---------------------------------------------------------------------------------------


def workers_gone(*, at: datetime) -> list[Brought]:
    """Children whose worker changed or left, and whom nobody has seen since (COC-24).

    Brothers and sisters who lost the same worker at the same moment are one change.
    """
    gap = working_days_ago(int(policy.value("COC-WORKER-GAP", at=at)), at=at)
    seen = VisitChild.objects.filter(_same("child"), was_seen=True, at__gte=OuterRef("to_at"))
    rows = (
        Allocation.objects.filter(
            ~Exists(seen),
            _worked_with(),
            role=WorkerRole.LEAD,
            to_at__lt=gap,
            to_at__gte=at - LOOKED_BACK,
        )
        .order_by("to_at", "pk")
        .values_list("pk", "child_id", "worker_id", "to_at")
    )
    together: dict[tuple[UUID, datetime], list[tuple[UUID, UUID]]] = {}
    for pk, child_id, worker_id, to_at in rows:
        if to_at is not None:
            together.setdefault((worker_id, to_at), []).append((pk, child_id))
    found = []
    for (_worker, to_at), left in together.items():
        for group in _by_home([child_id for _pk, child_id in left]):
            first = next(pk for pk, child_id in left if child_id in group)
            found.append(
                Brought(
                    code=ChangeCode.WORKER,
                    happened_on=london_date(to_at),
                    learned_at=at,
                    child_ids=sorted(group),
                    concerned_ids=sorted(group),
                    source_kind="allocation",
                    source_id=first,
                    what="The worker changed, and nobody has seen the child since",
                )
            )
    return found


def _by_home(child_ids: Collection[UUID]) -> list[set[UUID]]:
    """These children in groups that share a household."""
    homes: dict[UUID, set[UUID]] = {}
    for household_id, person_id in HouseholdMembership.objects.filter(
        person__in=child_ids, to_on__isnull=True
    ).values_list("household_id", "person_id"):
        homes.setdefault(household_id, set()).add(person_id)
    groups: list[set[UUID]] = []
    for members in [*homes.values(), *({child_id} for child_id in child_ids)]:
        apart = [group for group in groups if not group & members]
        joined = set(members).union(*(group for group in groups if group & members))
        groups = [*apart, joined]
    return sorted(groups, key=lambda group: min(group))


# Brothers and sisters -----------------------------------------------------------------------------


def plans_begun_or_ended(*, at: datetime) -> list[Brought]:
    """A child protection plan began or ended for a child, and not for all of the home (COC-19)."""
    since = at - LOOKED_BACK
    found = []
    for what, words in (("from_at", "began"), ("to_at", "ended")):
        rows = list(
            Protection.objects.filter(
                kind=ProtectionKind.PLAN, **{f"{what}__gte": since, f"{what}__lte": at}
            )
            .order_by(what, "pk")
            .values_list("pk", "child_id", what)
        )
        found += _siblings_of(
            [(pk, child_id, moment) for pk, child_id, moment in rows],
            source_kind="protection",
            what=f"A child protection plan {words} for a brother or sister",
            suffix=words,
        )
    return found


def siblings_closed(*, at: datetime) -> list[Brought]:
    """A brother or sister was closed while others of the home stay open (COC-19)."""
    rows = (
        Closure.objects.filter(at__gte=at - LOOKED_BACK, at__lte=at)
        .order_by("at", "pk")
        .values_list("oversight_id", "referral__child_id", "at")
    )
    return _siblings_of(
        list(rows),
        source_kind="oversight",
        what="A brother or sister was closed",
        suffix="closed",
    )


def help_stopped(*, at: datetime) -> list[Brought]:
    """Early help ended, or a child left its list without any, while a child of the home is open.

    Not where a social worker takes over: the family was stepped up (COC-22).
    """
    since = at - LOOKED_BACK
    ended = (
        Involvement.objects.filter(kind=InvolvementKind.EARLY_HELP, to_at__gte=since, to_at__lte=at)
        .exclude(Exists(_stepped_up()))
        .values_list("pk", "child_id", "to_at")
    )
    left = (
        WaitingEntry.objects.filter(queue=Queue.EARLY_HELP, ended_at__gte=since, ended_at__lte=at)
        .exclude(group__state__in=(WaitingState.STARTED, WaitingState.STEPPED_UP))
        .exclude(Exists(_stepped_up()))
        .values_list("pk", "child_id", "ended_at")
    )
    return _siblings_of(
        sorted(
            ((pk, child_id, when) for pk, child_id, when in (*ended, *left) if when),
            key=lambda row: (row[2], row[0]),
        ),
        source_kind="early_help",
        what="Early help ended, or is not waited for any more",
        suffix="stopped",
        code=ChangeCode.SERVICE_STOPS,
        is_for_all=True,
    )


def _stepped_up() -> QuerySet[HandoverChild]:
    """The child of a row is, or was, handed from early help to social care."""
    return HandoverChild.objects.filter(
        child=OuterRef("child"), kind=HandoverKind.STEP_UP, handover__state=HandoverState.ACCEPTED
    )


# Signals ------------------------------------------------------------------------------------------


def signals_unanswered(*, at: datetime) -> list[Brought]:
    """Several things happened since the assessment, and nobody said anything in time (COC-26).

    The flag gives people their days to record a change or to say why there is none; whoever
    answers it has it. What nobody answers the record logs itself.
    """
    rows = (
        Flag.objects.filter(rule="F-STALE-SIGNALS", state=FlagState.OPEN, severity=FlagSeverity.RED)
        .exclude(child=None)
        .order_by("since_at", "pk")
        .values_list("pk", "child_id", "since_at")
    )
    children = {child_id: (pk, since_at) for pk, child_id, since_at in rows if child_id}
    found = []
    for group in _by_home(children) if children else []:
        pk, since_at = min(
            (children[each] for each in group if each in children), key=lambda row: (row[1], row[0])
        )
        concerned = sorted(group & children.keys())
        found.append(
            Brought(
                code=ChangeCode.SIGNALS,
                happened_on=london_date(since_at),
                learned_at=at,
                child_ids=concerned,
                concerned_ids=concerned,
                source_kind="flag",
                source_id=pk,
                what="Several things happened since the assessment, and nobody recorded a change",
            )
        )
    return found


def _siblings_of(
    rows: list[tuple[UUID, UUID, datetime]],
    *,
    source_kind: str,
    what: str,
    suffix: str,
    code: ChangeCode = ChangeCode.SIBLING,
    is_for_all: bool = False,
) -> list[Brought]:
    """Homes where others are open beside the children of these rows, once for each home and day.

    :param rows: the row that says it, the child, and when
    :param is_for_all: whether a child of the rows who is open counts too
    """
    homes, heads = _open_in_homes([child_id for _pk, child_id, _at in rows])
    rows = [(pk, heads[child_id], moment) for pk, child_id, moment in rows]
    together: dict[tuple[UUID, date], list[tuple[UUID, UUID, datetime]]] = {}
    for row in rows:
        for household_id, members in homes.items():
            if row[1] in members:
                together.setdefault((household_id, london_date(row[2])), []).append(row)
    found, told = [], set()
    for (household_id, on), same in together.items():
        of = {child_id for _pk, child_id, _at in same}
        others = {pk for pk, is_open in homes[household_id].items() if is_open}
        if not is_for_all:
            others -= of
        first = min(same, key=lambda row: (row[2], row[0]))
        source = uuid5(NAMESPACE_OID, f"{first[0]}:{suffix}")
        if not others or source in told:
            continue
        told.add(source)
        found.append(
            Brought(
                code=code,
                happened_on=on,
                learned_at=first[2],
                child_ids=sorted(others),
                concerned_ids=sorted(others),
                source_kind=source_kind,
                source_id=source,
                what=what,
            )
        )
    return found


def _open_in_homes(
    child_ids: Iterable[UUID],
) -> tuple[dict[UUID, dict[UUID, bool]], dict[UUID, UUID]]:
    """The members of these children's homes, and whether they are open.

    Each under the record they are read under; the second part gives that of these children.
    """
    heads = records_of(person_ids=child_ids)
    theirs = HouseholdMembership.objects.filter(person__in=list(heads), to_on__isnull=True)
    members = list(
        HouseholdMembership.objects.filter(
            household__in=theirs.values("household"), to_on__isnull=True
        ).values_list("household_id", "person_id")
    )
    records = records_of(person_ids={person_id for _home, person_id in members})
    open_now = {
        records[child_id]
        for child_id in Involvement.objects.filter(
            child__in=list(records), kind__in=WORK, to_at__isnull=True
        ).values_list("child_id", flat=True)
    }
    found: dict[UUID, dict[UUID, bool]] = {}
    for household_id, person_id in members:
        head = records[person_id]
        found.setdefault(household_id, {})[head] = head in open_now
    return found, heads
