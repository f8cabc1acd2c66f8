"""Seeing a child: each attempt is recorded, kept or not, and answers for each child apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import (
    EDT,
    LONG_TERM_WORKERS,
    MASH_QUALIFIED,
    TABLE,
    TEAM_MANAGERS,
    Authority,
    Permission,
    holds,
    require,
    roles_of,
)
from cases import clocks, reactions
from cases.actions.referrals import OVER, begin_work
from cases.choices import FAILED_VISITS, SignalKind, VisitOutcome, VisitPurpose
from cases.models import Referral, Signal, Visit, VisitChild
from lib import application_clock
from lib.working_days import london_date
from people.choices import Stage
from people.models import Person
from people.queries import is_child, records_of
from record import events, once
from record.errors import NotWhole, Refused

#: Roles that only a registered social worker holds.
SOCIAL_WORKERS = MASH_QUALIFIED | LONG_TERM_WORKERS | TEAM_MANAGERS | EDT
NOT_BORN = "Not born yet"
#: What those who read no statutory work may record.
NOT_STATUTORY = frozenset({VisitPurpose.EARLY_HELP})


@dataclass(frozen=True, kw_only=True)
class ChildAtVisit:
    """What a visit says of one child: seen, and seen alone, are two answers."""

    child_id: UUID
    was_seen: bool
    was_seen_alone: bool = False
    not_alone_because: str = ""
    words: str = ""
    observed: str = ""
    not_seen_because: str = ""
    next_attempt_on: date | None = None


@transaction.atomic
def record_visit(
    *,
    by: User,
    at: datetime,
    purpose: VisitPurpose,
    outcome: VisitOutcome,
    children: Sequence[ChildAtVisit],
    where: str = "",
    is_home_seen: bool = False,
    who_was_there: str = "",
    note: str = "",
    visitor_id: UUID | None = None,
    subject_kind: str = "",
    subject_id: UUID | None = None,
    token: UUID | None = None,
) -> Visit:
    """Record one attempt to see a family, and for each child whether seen, alone, or why not.

    A child seen stops REF-SEEN; where the child may be at risk of harm, only a social worker's
    visit does. A failed visit is a signal for each child it was meant for.

    :param at: when the visit was, or should have been
    :param visitor_id: who visited, when it was not `by`
    :raises PermissionDenied: `by` may not record visits, then or now
    :raises NotWhole: names each child and each missing thing
    """
    authority = require(by, Permission.VISIT_RECORD, at=at)
    once.claim(token, user=by, action="cases.record_visit")
    visitor = _visitor(visitor_id, by, at)
    if purpose not in NOT_STATUTORY and not holds(by, Permission.STATUTORY_READ):
        raise Refused("Choose “Early help visit”: other visits belong to social workers.")
    people = _people(children, by, at)
    if problems := _problems(children, people, outcome=outcome, where=where, at=at):
        raise NotWhole(problems)
    visit = Visit.objects.create(
        at=at,
        purpose=purpose,
        outcome=outcome,
        where=where,
        is_home_seen=is_home_seen and outcome == VisitOutcome.KEPT,
        who_was_there=who_was_there,
        note=note,
        subject_kind=subject_kind,
        subject_id=subject_id,
        by=visitor,
        is_by_social_worker=bool(roles_of(visitor, at) & SOCIAL_WORKERS),
        recorded_by=by,
        recorded_at=application_clock.now(),
    )
    rows = VisitChild.objects.bulk_create(
        _row(visit, child, people[child.child_id]) for child in children
    )
    seen = [row for row in rows if row.was_seen]
    _stop_clocks(visit, seen)
    begin_work(child_ids=people)
    if outcome in FAILED_VISITS:
        Signal.objects.bulk_create(
            Signal(
                child_id=row.child_id,
                kind=SignalKind.FAILED_VISIT,
                source_kind="visit",
                source_id=visit.pk,
                at=at,
                recorded_at=visit.recorded_at,
            )
            for row in rows
        )
    _tell(visit, rows, people, authority)
    for reaction in reactions.visit_recorded:
        reaction(visit=visit, seen=seen)
    once.finish(token, visit.pk)
    return visit


def _visitor(visitor_id: UUID | None, by: User, at: datetime) -> User:
    if visitor_id is None or visitor_id == by.pk:
        return by
    visitor = User.objects.get(pk=visitor_id)
    if not roles_of(visitor, at) & TABLE[Permission.VISIT_RECORD]:
        raise Refused(f"{visitor.full_name} does not visit families.", field="visitor")
    return visitor


def _people(children: Sequence[ChildAtVisit], by: User, at: datetime) -> dict[UUID, Person]:
    wanted = {child.child_id for child in children}
    if not wanted or len(wanted) < len(children):
        raise Refused("Answer for at least one child, and for each once.", field="children")
    people = {
        person.pk: person
        for person in Person.objects.visible_to(by)
        .filter(is_child(on=london_date(at)), pk__in=wanted)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    }
    if len(people) < len(wanted):
        raise Refused("One of these is not a child whose record you may read.", field="children")
    return people


def _problems(
    children: Sequence[ChildAtVisit],
    people: dict[UUID, Person],
    *,
    outcome: VisitOutcome,
    where: str,
    at: datetime,
) -> list[tuple[str, str]]:
    """Say what is missing: (part of the form, sentence that names the child)."""
    problems: list[tuple[str, str]] = []
    is_kept = outcome == VisitOutcome.KEPT
    if is_kept and not where.strip():
        problems.append(("where", "Say where the visit was"))
    for child in children:
        person = people[child.child_id]
        found: list[tuple[str, str]] = []
        if child.was_seen:
            if not is_kept:
                found.append(("seen", f"Choose Not seen for {person.name}: the visit failed"))
            elif person.stage == Stage.UNBORN:
                found.append(("seen", f"{person.name} is not born yet, so cannot be seen"))
            elif not child.was_seen_alone and not child.not_alone_because.strip():
                found.append(("not_alone_because", f"Say why {person.name} was not seen alone"))
        elif not (is_kept and person.stage == Stage.UNBORN):
            if is_kept and not child.not_seen_because.strip():
                found.append(("not_seen_because", f"Say why {person.name} was not seen"))
            if child.next_attempt_on is None:
                found.append(("next_attempt_on", f"Say when you next try to see {person.name}"))
            elif child.next_attempt_on < london_date(at):
                found.append(
                    ("next_attempt_on", f"The next attempt to see {person.name} is in the past")
                )
        problems += [(f"child-{child.child_id}-{part}", sentence) for part, sentence in found]
    return problems


def _row(visit: Visit, child: ChildAtVisit, person: Person) -> VisitChild:
    if child.was_seen:
        return VisitChild(
            visit=visit,
            child_id=child.child_id,
            at=visit.at,
            was_seen=True,
            was_seen_alone=child.was_seen_alone,
            not_alone_because="" if child.was_seen_alone else child.not_alone_because,
            words=child.words,
            observed=child.observed,
        )
    return VisitChild(
        visit=visit,
        child_id=child.child_id,
        at=visit.at,
        was_seen=False,
        not_seen_because=child.not_seen_because.strip()
        or (NOT_BORN if person.stage == Stage.UNBORN else visit.get_outcome_display()),
        next_attempt_on=child.next_attempt_on,
    )


def _stop_clocks(visit: Visit, seen: Sequence[VisitChild]) -> None:
    records = records_of(person_ids=[row.child_id for row in seen])
    for referral in (
        Referral.objects.filter(child__in=records).exclude(state__in=OVER).order_by("pk")
    ):
        if visit.at < referral.received_at:
            continue  # seen before this was known
        clocks.stop("REF-SEEN", on=referral, at=visit.at)
        if visit.is_by_social_worker:
            clocks.stop("REF-SEEN-CP", on=referral, at=visit.at)


def _tell(
    visit: Visit, rows: Sequence[VisitChild], people: dict[UUID, Person], authority: Authority
) -> None:
    by_code: dict[str, list[UUID]] = {}
    for row in rows:
        if row.was_seen:
            code = "visit.seen_alone" if row.was_seen_alone else "visit.seen"
        else:
            is_unborn = people[row.child_id].stage == Stage.UNBORN
            code = "visit.before_birth" if is_unborn else "visit.not_seen"
            if visit.outcome in FAILED_VISITS:
                code = "visit.failed"
        by_code.setdefault(code, []).append(row.child_id)
    for code, child_ids in sorted(by_code.items()):
        events.append(
            code,
            authority=authority,
            at=visit.at,
            subject_kind="visit",
            subject_id=visit.pk,
            children=sorted(child_ids),
            data={"outcome": visit.outcome, "visitor_user_id": str(visit.by_id)},
        )
