"""Start and stop the limits of an episode and keep the `next_*` columns its lists sort by."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.models import User
from early_help.models import Episode
from record import clocks
from record.models import Clock

KIND = "early_help"
#: Shown with the episode, but no step of the work itself.
NOT_PLACED = frozenset({"EH-FB"})


def start(
    rule: str, *, on: Episode, started_at: datetime, by: User | None, limit: int | None = None
) -> Clock:
    """Start a limit of an episode."""
    clock = clocks.start(
        rule, subject_kind=KIND, subject_id=on.pk, started_at=started_at, by=by, limit=limit
    )
    place(on)
    return clock


def start_again(
    rule: str, *, on: Episode, started_at: datetime, by: User | None, limit: int | None = None
) -> Clock:
    """Stop a limit that is met, if it runs, and start the next of its kind."""
    clocks.stop(rule, subject_id=on.pk, at=started_at)
    return start(rule, on=on, started_at=started_at, by=by, limit=limit)


def stop(rule: str, *, on: Episode, at: datetime, reason: str = "met") -> None:
    """Stop one limit, if it runs."""
    if clocks.stop(rule, subject_id=on.pk, at=at, reason=reason) is not None:
        place(on)


def stop_all(*, on: Episode, at: datetime, except_codes: tuple[str, ...] = ()) -> None:
    """Stop every limit of an episode but those named."""
    clocks.stop_all(subject_id=on.pk, at=at, except_codes=except_codes)
    place(on)


def place(on: Episode) -> None:
    """Copy the earliest running limit to the row."""
    running = [c for c in clocks.running(subject_ids=[on.pk]) if c.rule not in NOT_PLACED]
    earliest = clocks.earliest(running)
    on.next_due_at = earliest.due_at if earliest else None
    on.next_due_code = earliest.rule if earliest else ""
    on.next_warn_at = earliest.warn_at if earliest else None
    on.next_very_late_at = earliest.very_late_at if earliest else None
    Episode.objects.filter(pk=on.pk).update(
        next_due_at=on.next_due_at,
        next_due_code=on.next_due_code,
        next_warn_at=on.next_warn_at,
        next_very_late_at=on.next_very_late_at,
    )


def place_again(subject_ids: Sequence[UUID]) -> None:
    """Copy the next due time when the calendar changes (record.clocks.carry)."""
    for episode in Episode.objects.filter(pk__in=subject_ids).order_by("pk"):
        place(episode)
