"""Start and stop clocks of the shared work and keep the `next_*` columns that lists sort by."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

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
NOT_ON_THE_BOARD = frozenset({"CON-FB", "EDT-HO"})
"""Clocks of a contact that are shown with it but never place it on the triage board."""


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
    place(on)
    return clock


def stop(rule: str, *, on: Timed, at: datetime, reason: str = "met", late_reason: str = "") -> None:
    """Stop one clock, if it runs."""
    stopped = clocks.stop(rule, subject_id=on.pk, at=at, reason=reason, late_reason=late_reason)
    if stopped is not None:
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
) -> Clock:
    """Count again: a corrected start, another rating (decisions.md 15)."""
    clock = clocks.replace(
        rule,
        subject_id=on.pk,
        started_at=started_at,
        by=by,
        because=because,
        new_rule_code=new_rule,
    )
    place(on)
    return clock


def place(on: Timed) -> None:
    """Copy the earliest running limit to the row, so that its list sorts by an index."""
    running = [c for c in clocks.running(subject_ids=[on.pk]) if c.rule not in NOT_ON_THE_BOARD]
    earliest = clocks.earliest(running)
    on.next_due_at = earliest.due_at if earliest else None
    on.next_due_code = earliest.rule if earliest else ""
    on.next_warn_at = earliest.warn_at if earliest else None
    on.next_very_late_at = earliest.very_late_at if earliest else None
    manager: Any = type(on)._default_manager
    manager.filter(pk=on.pk).update(
        next_due_at=on.next_due_at,
        next_due_code=on.next_due_code,
        next_warn_at=on.next_warn_at,
        next_very_late_at=on.next_very_late_at,
    )


def place_again(kind: str) -> Callable[[Sequence[UUID]], None]:
    """Who copies the next due time when the calendar changes (record.clocks.carry)."""
    model = next(model for model, name in KIND.items() if name == kind)

    def carry(subject_ids: Sequence[UUID]) -> None:
        for row in model._default_manager.filter(pk__in=subject_ids).order_by("pk"):
            place(cast(Timed, row))

    carry.__qualname__ = f"place_again({kind})"
    return carry
