"""The one clock of the application.

Every part of the system that needs the present moment asks here, so that the demonstration
generator and the tests can live through two years in a minute. Code never asks Django or
`datetime` for the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_moment: ContextVar[datetime | None] = ContextVar("application_clock_moment", default=None)


def now() -> datetime:
    """The present moment, aware and in UTC."""
    moment = _moment.get()
    return datetime.now(UTC) if moment is None else moment


def today() -> date:
    """The present day in Slough, which is not always the day in UTC."""
    return now().astimezone(LONDON).date()


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` for the length of a `with` block; blocks may be nested."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("The application clock needs a moment with a time zone.")
    token = _moment.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _moment.reset(token)
