"""A restricted child passed on to whoever holds the restriction (decisions.md 84).

What is asked, and what an answer does, is the business of who asks; who may answer, by when, who
is told and when nobody is asked any longer is the same everywhere, and stands here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.permissions import Authority, Permission, authority
from cases.standing import deputised, stands_for
from people.models import Person, Restriction
from record import clocks, outbox
from record.errors import Refused
from record.models import Clock, ClockStop


class Line(Protocol):
    """What was passed on: about whom, to whom and when."""

    pk: Any
    child_id: UUID
    owner_id: UUID
    passed_at: Any


Asked = TypeVar("Asked", bound=Model)


@dataclass(frozen=True)
class Limit:
    """The time by which a line is answered, and whether the answer is late."""

    clock: Clock | None
    is_late: bool

    def problems(self, late_reason: str) -> list[tuple[str, str]]:
        """Give what is missing of the reason."""
        if self.is_late and not late_reason.strip():
            return [("late_reason", "Say why this answer is late")]
        return []

    def meet(self, line: Line, *, at: datetime, late_reason: str) -> str:
        """Stop the time, since the line is answered; give the reason if that is late."""
        kept = late_reason.strip() if self.is_late else ""
        if self.clock is not None:
            clocks.stop(
                self.clock.rule,
                subject_id=line.pk,
                child_id=line.child_id,
                at=at,
                late_reason=kept,
            )
        return kept


def ask(
    line: Line,
    rule: str,
    *,
    kind: str,
    code: str,
    started_at: datetime,
    by: User,
    at: datetime,
    limit: int | None = None,
) -> None:
    """Start the time in which a line that was just passed on is answered, and tell its owner."""
    clocks.start(
        rule,
        subject_kind=kind,
        subject_id=line.pk,
        started_at=started_at,
        limit=limit,
        by=by,
        child_id=line.child_id,
    )
    tell(code, line, [line.owner_id], kind=kind, subject_id=line.pk, at=at)


def tell(
    code: str,
    line: Line,
    user_ids: Iterable[UUID],
    *,
    kind: str,
    subject_id: UUID,
    at: datetime,
) -> None:
    """Send a notice about a line to each, once."""
    for user_id in sorted(set(user_ids)):
        outbox.put(
            "notice",
            key=f"{code}:{line.pk.hex}:{user_id.hex}",
            payload={
                "user_id": str(user_id),
                "code": code,
                "subject_kind": kind,
                "subject_id": str(subject_id),
            },
            at=at,
            subject_kind=kind,
            subject_id=subject_id,
        )


def to_answer(
    lines: QuerySet[Asked], pk: UUID, *, by: User, at: datetime
) -> tuple[Asked, Authority]:
    """Give a line and the right by which `by` answers it.

    :raises DoesNotExist: `by` may not read the child's record
    :raises PermissionDenied: somebody else holds the restriction
    """
    line: Any = lines.select_related("owner", "child").get(
        pk=pk, child__in=Person.objects.visible_to(by)
    )
    right = right_to_answer(child_id=line.child_id, passed_to=line.owner, by=by, at=at)
    if right is None:
        raise PermissionDenied(f"You may not {Permission.RESTRICTED_ANSWER.label}.")
    return line, right


def limit_of(line: Line, *, at: datetime) -> Limit:
    """Give the time by which a line is answered.

    :raises Refused: the answer is before it was asked
    """
    if at < line.passed_at:
        raise Refused("The answer is before it was asked.")
    clock = clocks.earliest(clocks.running(subject_ids=[line.pk]))
    return Limit(clock, is_late=clock is not None and clock.due_at < at)


def end(lines: Iterable[UUID], *, at: datetime) -> None:
    """Ask nobody any longer."""
    for line_id in lines:
        clocks.stop_all(subject_id=line_id, at=at, reason=ClockStop.NOT_NEEDED)


def responsible_for(*, child_id: UUID, passed_to: User) -> User:
    """Give who answers: whoever holds the restriction now, else whom the line was passed to."""
    live = (
        Restriction.objects.filter(person=child_id, ended_at__isnull=True)
        .select_related("owner")
        .first()
    )
    return live.owner if live is not None else passed_to


def right_to_answer(*, child_id: UUID, passed_to: User, by: User, at: datetime) -> Authority | None:
    """Give the right by which `by` answers: as whoever holds the restriction, or their deputy.

    When that account is closed, whoever may read every restricted record answers.
    """
    owner = responsible_for(child_id=child_id, passed_to=passed_to)
    if not owner.is_active:
        return authority(by, Permission.RESTRICTED_READ, at=at)
    return stands_for(owner, by=by, permission=Permission.RESTRICTED_ANSWER, at=at)


def theirs(*, by: User, at: datetime) -> Q:
    """Narrow rows with a `child` and an `owner` to those that `by` answers, or as deputy."""
    people = _answering(by, at)
    live = Restriction.objects.filter(person=OuterRef("child"), ended_at__isnull=True)
    mine = Q(Exists(live.filter(_held_by(by, people, at)))) | (
        Q(owner__in=people) & Q(~Exists(live))
    )
    if authority(by, Permission.RESTRICTED_READ, at=at) is not None:
        mine |= Q(owner__is_active=False) & Q(~Exists(live))
    return mine


def held(*, by: User, at: datetime) -> QuerySet[Restriction]:
    """Live restrictions for whose children `by` answers: their own, or as deputy."""
    return Restriction.objects.filter(_held_by(by, _answering(by, at), at), ended_at__isnull=True)


def _answering(by: User, at: datetime) -> set[UUID]:
    return {by.pk, *(manager.pk for manager in deputised(by, at))}


def _held_by(by: User, people: set[UUID], at: datetime) -> Q:
    mine = Q(owner__in=people)
    if authority(by, Permission.RESTRICTED_READ, at=at) is not None:
        mine |= Q(owner__is_active=False)
    return mine
