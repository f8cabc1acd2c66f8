"""Start and stop the clocks of a transfer and keep the `next_*` columns of its lists.

Nothing pauses them (domain.md 2.11). Those of one child carry the child.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from accounts.models import User
from assessments.models import Transfer
from cases.models import VisitChild
from people.choices import Stage
from people.models import Person
from record import clocks

SUBJECT = "transfer"
LONG = ("TRF-LONG", "TRF-LONG-DCS")
VISITS = ("TRF-VISIT", "TRF-VISIT-CPP")


def start(
    rule: str, transfer: Transfer, *, at: datetime, by: User, child_id: UUID | None = None
) -> None:
    """Start one clock and place the transfer anew in its lists."""
    _start(rule, transfer, at=at, by=by, child_id=child_id)
    place(transfer)


def start_long(transfer: Transfer, *, at: datetime, by: User) -> None:
    """Start the time after which senior managers are told; a return does not start it again."""
    running = {clock.rule for clock in clocks.running(subject_ids=[transfer.pk])}
    for rule in LONG:
        if rule not in running:
            _start(rule, transfer, at=at, by=by)
    place(transfer)


def start_visits(
    transfer: Transfer,
    *,
    child_ids: Collection[UUID],
    protected: Collection[UUID],
    at: datetime,
    by: User,
) -> None:
    """Start the time to each child's next visit, from when the child was last seen.

    A visit to the mother counts for a baby who is not born: nothing runs on the baby.

    :param protected: those with a child protection plan, who are seen more often
    """
    born = set(
        Person.objects.filter(pk__in=child_ids).exclude(stage=Stage.UNBORN).values_list("pk")
    )
    seen = dict(
        VisitChild.objects.filter(child__in=child_ids, was_seen=True, at__lte=at)
        .values("child_id")
        .annotate(seen_at=Max("at"))
        .values_list("child_id", "seen_at")
    )
    running = {clock.child_id for clock in _visits(transfer)}
    for child_id in sorted(child_ids):
        if (child_id,) in born and child_id not in running:
            rule = VISITS[child_id in protected]
            _start(rule, transfer, at=seen.get(child_id, at), by=by, child_id=child_id)
    place(transfer)


def seen(transfer: Transfer, *, child_id: UUID, at: datetime, by: User) -> None:
    """Count to the next visit from this one, unless a later one is counted from already."""
    for clock in _visits(transfer):
        if clock.child_id == child_id and clock.started_at <= at:
            clocks.stop(clock.rule, subject_id=transfer.pk, child_id=child_id, at=at)
            _start(clock.rule, transfer, at=at, by=by, child_id=child_id)
    place(transfer)


def protected(transfer: Transfer, *, child_id: UUID, at: datetime, by: User) -> None:
    """See a child more often from now on: a child protection plan began."""
    for clock in _visits(transfer):
        if clock.child_id == child_id and clock.rule == "TRF-VISIT":
            clocks.stop(
                clock.rule, subject_id=transfer.pk, child_id=child_id, at=at, reason="not_needed"
            )
            _start("TRF-VISIT-CPP", transfer, at=clock.started_at, by=by, child_id=child_id)
    place(transfer)


def stop_visits(transfer: Transfer, *, child_id: UUID, at: datetime) -> None:
    """Count no longer to the next visit of a child who is not handed on any more."""
    for clock in _visits(transfer):
        if clock.child_id == child_id:
            clocks.stop(
                clock.rule, subject_id=transfer.pk, child_id=child_id, at=at, reason="not_needed"
            )
    place(transfer)


def stop(*rules: str, transfer: Transfer, at: datetime, reason: str = "met") -> None:
    """Stop clocks of the transfer itself, if they run."""
    for rule in rules:
        clocks.stop(rule, subject_id=transfer.pk, at=at, reason=reason)
    place(transfer)


def stop_all(transfer: Transfer, *, at: datetime, met: Collection[str] = ()) -> None:
    """Stop everything; those met, and the rest as no longer needed."""
    for clock in clocks.running(subject_ids=[transfer.pk]):
        clocks.stop(
            clock.rule,
            subject_id=transfer.pk,
            child_id=clock.child_id,
            at=at,
            reason="met" if clock.rule in met else "not_needed",
        )
    place(transfer)


def _visits(transfer: Transfer) -> list[clocks.Clock]:
    return [clock for clock in clocks.running(subject_ids=[transfer.pk]) if clock.rule in VISITS]


def _start(
    rule: str, transfer: Transfer, *, at: datetime, by: User, child_id: UUID | None = None
) -> None:
    clocks.start(
        rule,
        subject_kind=SUBJECT,
        subject_id=transfer.pk,
        started_at=at,
        by=by,
        child_id=child_id,
    )


def place(transfer: Transfer) -> None:
    """Copy the earliest running limit to the row, so that lists sort by it."""
    earliest = clocks.earliest(clocks.running(subject_ids=[transfer.pk]))
    transfer.next_due_at = earliest.due_at if earliest else None
    transfer.next_due_code = earliest.rule if earliest else ""
    transfer.next_warn_at = earliest.warn_at if earliest else None
    transfer.next_very_late_at = earliest.very_late_at if earliest else None
    Transfer.objects.filter(pk=transfer.pk).update(
        next_due_at=transfer.next_due_at,
        next_due_code=transfer.next_due_code,
        next_warn_at=transfer.next_warn_at,
        next_very_late_at=transfer.next_very_late_at,
    )


def place_again(subject_ids: Sequence[UUID]) -> None:
    """Copy the next due time after the calendar changed (record.clocks.carry)."""
    for transfer in Transfer.objects.filter(pk__in=subject_ids).order_by("pk"):
        place(transfer)
