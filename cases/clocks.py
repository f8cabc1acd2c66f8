"""Start and stop clocks of the shared work and keep the `next_*` columns that lists sort by."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import connection

from accounts.models import User
from cases.models import Contact, Handover, Referral, WaitingGroup
from record import clocks
from record.models import Clock

Timed = Contact | Referral | Handover | WaitingGroup
KIND = {
    Contact: "contact",
    Referral: "referral",
    Handover: "handover",
    WaitingGroup: "waiting",
}
NOT_ON_THE_BOARD = frozenset({"CON-FB", "EDT-HO", "CE-SCR"})
"""Clocks of a contact that are shown with it but never place it on the triage board."""
PLACE = {
    model: f"""
        UPDATE {model._meta.db_table} SET next_due_at = running.due_at,
               next_due_code = coalesce(running.rule, ''), next_warn_at = running.warn_at,
               next_very_late_at = running.very_late_at
          FROM (SELECT) AS always LEFT JOIN (
                SELECT rule, due_at, warn_at, very_late_at FROM record_clock
                 WHERE subject_id = %s AND stopped_at IS NULL AND rule <> ALL(%s)
                 ORDER BY due_at, rule, id LIMIT 1) AS running ON true
         WHERE id = %s
        RETURNING next_due_at, next_due_code, next_warn_at, next_very_late_at
    """  # noqa: S608 - our own names
    for model in KIND
}


def start(
    rule: str,
    *,
    on: Timed,
    started_at: datetime,
    by: User | None,
    child_id: UUID | None = None,
) -> Clock:
    """Start one clock of a contact, referral or handover and place it anew in its list."""
    clock = clocks.start(
        rule,
        subject_kind=KIND[type(on)],
        subject_id=on.pk,
        started_at=started_at,
        by=by,
        child_id=child_id,
    )
    if rule not in NOT_ON_THE_BOARD:
        place(on)
    return clock


def stop(rule: str, *, on: Timed, at: datetime, reason: str = "met", late_reason: str = "") -> None:
    """Stop one clock, if it runs."""
    stopped = clocks.stop(rule, subject_id=on.pk, at=at, reason=reason, late_reason=late_reason)
    if stopped is not None and rule not in NOT_ON_THE_BOARD:
        place(on)


def stop_all(
    *, on: Timed, at: datetime, reason: str = "not_needed", except_codes: tuple[str, ...] = ()
) -> None:
    """Stop every clock of a thing but those named."""
    clocks.stop_all(subject_id=on.pk, at=at, reason=reason, except_codes=except_codes)
    place(on)


def replace(
    rule: str,
    *,
    on: Timed,
    started_at: datetime,
    by: User | None,
    because: str,
    new_rule: str | None = None,
    limit: int | None = None,
) -> Clock:
    """Count again: a corrected start, another rating (decisions.md 15).

    :param limit: in the rule's unit, where a family's pause adds to it
    """
    clock = clocks.replace(
        rule,
        subject_id=on.pk,
        started_at=started_at,
        by=by,
        because=because,
        new_rule_code=new_rule,
        limit=limit,
    )
    place(on)
    return clock


def correct_start(*, on: Timed, was: datetime, started_at: datetime, by: User) -> None:
    """Count again whatever began at a moment that was wrong, met or running."""
    clocks.correct_start(subject_id=on.pk, was=was, started_at=started_at, by=by)
    place(on)


def place(on: Timed) -> None:
    """Copy the earliest running limit to the row, so that its list sorts by an index."""
    with connection.cursor() as cursor:
        cursor.execute(PLACE[type(on)], [on.pk, list(NOT_ON_THE_BOARD), on.pk])
        (on.next_due_at, on.next_due_code, on.next_warn_at, on.next_very_late_at) = (
            cursor.fetchone()
        )


def place_again(kind: str) -> Callable[[Sequence[UUID]], None]:
    """Who copies the next due time when the calendar changes (record.clocks.carry)."""
    model = next(model for model, name in KIND.items() if name == kind)

    def carry(subject_ids: Sequence[UUID]) -> None:
        for row in model._default_manager.filter(pk__in=subject_ids).order_by("pk"):
            place(cast(Timed, row))

    carry.__qualname__ = f"place_again({kind})"
    return carry
