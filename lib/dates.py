"""Dates as people type them: whole or in part, in any usual form.

Forms need one date or a clear error; the search for a known person can use a year, a month or two
readings of the same numbers. Day comes before month, as it is written here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from lib.text import our_digits

EARLIEST_YEAR = 1900

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}

NOT_A_DATE = "Enter a date, like 27 3 2015. You can leave out the day, or the day and month"
NOT_REAL = "That date does not exist. Enter a real date, like 27 3 2015"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which month and day may not be known; never a day without its month."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def whole(self) -> date | None:
        """Give the date, if nothing is missing."""
        if self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class ReadDate:
    """What came of reading a date. Everything empty: nothing was typed.

    `swapped` is the other reading, day for month, where both exist.
    """

    value: PartialDate | None = None
    swapped: date | None = None
    error: str = ""


def read(text: str, *, latest_year: int = 2100) -> ReadDate:
    """Read a date in any usual form, whole or in part.

    12/3/2015, 12.03.15, 2015-03-12, 12 March 2015, 12th Mar 15, March 12 2015, 3/2015, Mar 2015,
    2015, 12032015, 20150312. Two figures of a year are of this century up to `latest_year`. Where
    only the month-first reading exists, that is the date.
    """
    plain = _plain(text)
    if not plain:
        return ReadDate()
    parts = _parts(plain)
    if parts is None:
        return ReadDate(error=NOT_A_DATE)
    year, month, day = parts
    if not EARLIEST_YEAR <= year <= 2200:
        return ReadDate(error=NOT_REAL if year else NOT_A_DATE)
    if year > latest_year and _has_short_year(plain):
        year -= 100
    if month is None:
        return ReadDate(PartialDate(year))
    if day is None:
        if not 1 <= month <= 12:
            return ReadDate(error=NOT_REAL)
        return ReadDate(PartialDate(year, month))
    straight, swapped = _real(year, month, day), _real(year, day, month)
    if straight is None and swapped is not None:
        straight, swapped = swapped, None
    if straight is None:
        return ReadDate(error=NOT_REAL)
    return ReadDate(
        PartialDate(straight.year, straight.month, straight.day),
        swapped if swapped != straight else None,
    )


def swap_day_and_month(day: date) -> date | None:
    """Give the date with day and month exchanged, if there is one and it differs."""
    other = _real(day.year, day.day, day.month)
    return other if other != day else None


def _plain(text: str) -> str:
    digits = our_digits(unicodedata.normalize("NFKC", text).lower())
    words = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", digits)
    words = re.sub(r"\b(of|the|born|dob|circa|about|approx|approximately)\b|\bc\.", " ", words)
    words = re.sub(r"t\d{2}:\d{2}.*$|\s\d{2}:\d{2}(:\d{2})?.*$", "", words)
    words = "".join(c if not unicodedata.category(c).startswith("C") else " " for c in words)
    return re.sub(r"[\s,./\\\-‐-―_:;|()'’‘`]+", " ", words).strip()


def _has_short_year(plain: str) -> bool:
    return not re.search(r"\b(\d{4}|\d{8})\b", plain)


def _parts(plain: str) -> tuple[int, int | None, int | None] | None:
    """Give year, month and day as they stand, before asking whether they exist."""
    words = re.findall(r"[a-z]+|\d+", plain)
    if len(words) > 3 or "".join(words) != plain.replace(" ", ""):
        return None
    named = [place for place, word in enumerate(words) if word.isalpha()]
    if named:
        if len(named) > 1 or words[named[0]] not in MONTHS:
            return None
        month = MONTHS[words.pop(named[0])]
        if len(words) == 1 and len(words[0]) in (2, 4):
            return _year(words[0]), month, None
        if len(words) != 2:
            return None
        if len(words[0]) == 4:
            return int(words[0]), month, _small(words[1])
        return _year(words[1]), month, _small(words[0])
    if len(words) == 1:
        (only,) = words
        if len(only) == 4:
            return int(only), None, None
        if len(only) == 8:
            if EARLIEST_YEAR <= int(only[:4]) <= 2200 and int(only[4:6]) <= 12:
                return int(only[:4]), int(only[4:6]), int(only[6:])
            return int(only[4:]), int(only[2:4]), int(only[:2])
        if len(only) == 6:
            return _year(only[4:]), int(only[2:4]), int(only[:2])
        return None
    if len(words) == 2:
        if len(words[0]) == 4:
            return int(words[0]), _small(words[1]), None
        if len(words[1]) == 4:
            return int(words[1]), _small(words[0]), None
        return None
    if len(words) != 3:
        return None
    if len(words[0]) == 4:
        return int(words[0]), _small(words[1]), _small(words[2])
    if len(words[2]) in (2, 4):
        return _year(words[2]), _small(words[1]), _small(words[0])
    return None


def _small(word: str) -> int:
    return int(word) if len(word) <= 2 else 0


def _year(word: str) -> int:
    if len(word) == 4:
        return int(word)
    return 2000 + int(word) if len(word) == 2 else 0


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
