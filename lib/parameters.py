"""What stands behind the question mark of an address, read in one way by every page.

Anybody can type an address, and old ones are followed for years. What cannot be read is as if it
had been left out: the page opens, and nothing reaches the database that the database refuses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""No record is older or newer, and every moment between them exists in every zone."""

MOST: Final = 9_999_999


def moment(text: str | None) -> datetime | None:
    """Read a moment with its zone, and give it in UTC.

    PostgreSQL takes no zone of 16 hours or more, Python does; a plus sign that an address lost
    reads as a space.
    """
    try:
        read = datetime.fromisoformat((text or "").replace(" ", "+"))
        if read.tzinfo is None:
            return None
        read = read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return read if EARLIEST <= read < LATEST else None


def row_id(text: str | None) -> UUID | None:
    """Read the id of a row; whether there is such a row, and who may see it, is not asked here."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def number(text: str | None, *, otherwise: int = 1, least: int = 0) -> int:
    """Read a whole number in plain digits, such as that of a page."""
    if not text or not text.isascii() or not text.isdigit():
        return otherwise
    read = int(text) if len(text) <= len(str(MOST)) else MOST + 1
    return read if least <= read <= MOST else otherwise


def place(text: str | None, *, moments: int = 1) -> tuple[list[datetime], UUID] | None:
    """Read where a list goes on: the moments it is sorted by and the id of its last row."""
    *said, last = (text or "").split("|")
    found = [each for each in map(moment, said) if each is not None]
    pk = row_id(last)
    if len(said) != moments or len(found) != moments or pk is None:
        return None
    return found, pk
