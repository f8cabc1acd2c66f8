"""How a careful worker reads the words of a message: names, addresses, dates, parts of a sheet.

Pure functions. They read what is written and guess nothing: what cannot be read stays empty.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from lib import identifiers
from lib.text import folded
from lib.working_days import instant, london_date
from people.choices import NameKind

TITLES: Final = frozenset(
    ("mr", "mrs", "ms", "miss", "dr", "prof", "professor", "sir", "revd", "rev")
) | {"hafiz", "haji", "hajji", "sheikh", "sayyid"}
NOT_A_NAME: Final = re.compile(r"surname|not known|no name|not named|unknown", re.IGNORECASE)
NOT_AN_ADDRESS: Final = re.compile(
    r"\b(not (given|known|stated|repeated)|unknown|no address|by link)\b", re.IGNORECASE
)
MONTHS: Final = {calendar.month_name[number].lower(): number for number in range(1, 13)}
DAY: Final = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({'|'.join(MONTHS)})(?: (\d{{4}}))?"
    r"(?: at (\d{1,2})[:.](\d{2}))?",
    re.IGNORECASE,
)
FIGURES: Final = r"(\d{1,2})/(\d{1,2})/(\d{4})\s+(\d{1,2})[:.](\d{2})"
#: What a careful reader takes for an indicator of exploitation, whatever the sender concludes.
EXPLOITATION: Final = re.compile(
    r"older[^.]{0,40}\b(car|golf|driver)\b|\b(she|he|they|we|i) did not buy\b"
    r"|\b(two|second|burner) phones?\b|\bonline friend\b|£\d+[^.]{0,20}\bgave\b"
    r"|\bfor the money\b|exploitation markers|county lines",
    re.IGNORECASE,
)
POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b")


@dataclass(frozen=True)
class ReadName:
    """A name as given, in its parts; without a name, the description that stands for it."""

    given: str = ""
    family: str = ""
    others: tuple[tuple[str, str, str], ...] = ()
    description: str = ""

    @property
    def first(self) -> str:
        """The first word of the given name, folded for comparing."""
        return (folded(self.given).split() or [""])[0]


def read_name(as_given: str) -> ReadName:
    """Read a name as somebody wrote it: capitals, brackets, "known as", "Sol or Cole"."""
    rest = " ".join(as_given.split())
    if rest.startswith("(") and rest.endswith(")"):
        return _described(rest[1:-1])
    others: list[tuple[str, str]] = []
    for pattern in (r",? known as (.+)$", r",? ?[\"“]([^\"”]+)[\"”]"):
        found = re.search(pattern, rest)
        if found:
            others.append((NameKind.KNOWN_AS, found[1].strip()))
            rest = (rest[: found.start()] + rest[found.end() :]).strip()
    bracket = ""
    found = re.search(r"\(([^)]*)\)", rest)
    if found:
        bracket = found[1].strip()
        rest = " ".join((rest[: found.start()] + " " + rest[found.end() :]).split())
    with_title = rest
    words = rest.split()
    while len(words) > 1 and folded(words[0]) in TITLES:
        words = words[1:]
    given, family = _parts(" ".join(words))
    made: list[tuple[str, str, str]] = []
    if with_title != " ".join(words) and folded(with_title.split()[0]) not in ("mr", "mrs", "ms"):
        made.append((NameKind.AS_GIVEN, with_title, ""))
    if bracket and not NOT_A_NAME.search(bracket):
        if family:
            others.append((NameKind.KNOWN_AS, bracket))
        elif "?" in bracket or " or " in bracket:
            for surname in re.split(r" or ", bracket.replace("?", "")):
                made.append((NameKind.AS_GIVEN, given, surname.strip()))
        else:
            family = bracket
    if " or " in given:
        given, *rivals = given.split(" or ")
        made += [(NameKind.AS_GIVEN, rival.strip(), family) for rival in rivals]
    made += [(kind, other, "") for kind, other in others]
    return ReadName(given.strip(), family, tuple(dict.fromkeys(made)))


def _described(inside: str) -> ReadName:
    named = re.search(r"the text says ([^\W\d_][\w'’-]*)", inside)
    return ReadName(given=named[1] if named else "", description=inside.strip('"“” '))


def _parts(name: str) -> tuple[str, str]:
    if "," in name:
        family, _, given = name.partition(",")
        return _capitals(given.strip()), _capitals(family.strip())
    words = name.split()
    if len(words) < 2 or " or " in name:
        return _capitals(name), ""
    first = len(words) - 1
    if not _is_loud(words[0]):
        while first > 1 and _is_loud(words[first]) and _is_loud(words[first - 1]):
            first -= 1
    return _capitals(" ".join(words[:first])), _capitals(" ".join(words[first:]))


def _is_loud(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _capitals(name: str) -> str:
    return " ".join(word.title() if _is_loud(word) else word for word in name.split())


@dataclass(frozen=True)
class ReadAddress:
    """An address in its parts; `label` says which home it is where no address was given."""

    line: str = ""
    postcode: str = ""
    label: str = ""
    other_authority: str = ""


def read_address(text: str, note: str = "") -> ReadAddress:
    """Read an address as written; "not given" makes a label, and a place of its own an authority.

    :param note: what was said beside it
    """
    text = " ".join(text.split())
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if NOT_AN_ADDRESS.search(text):
        place = parts[0] if len(parts) > 1 else ""
        is_place = re.fullmatch(r"[^\W\d_]+(?: [A-Z][^\W\d_]+)?", place) and place[0].isupper()
        elsewhere = place if is_place and folded(place) != "slough" else ""
        return ReadAddress(label=_label(text, note), other_authority=elsewhere)
    postcode = ""
    found = POSTCODE.search(text.upper())
    if found:
        read = identifiers.postcode(found[0])
        if read.value:
            postcode = read.value
            text = text[: found.start()] + text[found.end() :]
    kept = [part.strip() for part in text.split(",")]
    line = ", ".join(
        part for part in kept if part and folded(part) != "slough" and folded(part) != "no number"
    )
    return ReadAddress(line=line, postcode=postcode, label=note.strip())


def _label(text: str, note: str) -> str:
    return f"{text} ({note})" if note else text


def read_day(words: str, *, until: datetime) -> datetime | None:
    """Give the first day named in words, with its time or at noon, if it is not after `until`."""
    for found in DAY.finditer(words):
        moment = _moment(found, until)
        if moment is not None:
            return moment
    return None


def days_named(words: str, *, until: datetime) -> list[date]:
    """Give every day named in words that is not after `until`; without a year, the last such."""
    moments = (_moment(found, until) for found in DAY.finditer(words))
    return [london_date(moment) for moment in moments if moment is not None]


def _moment(found: re.Match[str], until: datetime) -> datetime | None:
    day, month, year, hour, minute = found.groups()
    latest = london_date(until).year
    clock = time(int(hour), int(minute)) if hour and int(hour) < 24 else None
    for candidate in [int(year)] if year else [latest, latest - 1]:
        try:
            on = date(candidate, MONTHS[month.lower()], int(day))
        except ValueError:
            continue
        if clock is not None and instant(on, clock) <= until:
            return instant(on, clock)
        if on < london_date(until):
            return instant(on, time(12, 0))
        if on == london_date(until):
            return until
    return None


def read_figures(pattern: str, words: str, *, until: datetime) -> datetime | None:
    """Give the moment written in figures after `pattern`, such as "Last seen: 2/3/2026 21:30"."""
    found = re.search(pattern + r"\s*:?\s*(?:[A-Z][a-z]{2,8} )?" + FIGURES, words, re.IGNORECASE)
    if found is None:
        return None
    day, month, year, hour, minute = (int(figure) for figure in found.groups()[-5:])
    try:
        moment = instant(date(year, month, day), time(hour, minute))
    except ValueError:
        return None
    return moment if moment <= until else None


@dataclass(frozen=True)
class Part:
    """One numbered part of a message, and where it starts and ends."""

    label: str
    words: str
    start: int
    end: int
    names: frozenset[str] = field(default=frozenset())


def read_part(words: str, entry: object) -> Part | None:
    """Give the part "2) ..." or "33. ..." of a sheet or log; None when there is no such part."""
    if not re.fullmatch(r"\d+", str(entry)):
        return None
    starts = [
        (int(found[1]), found.start())
        for found in re.finditer(r"^[ \t]*(\d{1,3})[.)] ", words, re.MULTILINE)
    ]
    for place, (number, start) in enumerate(starts):
        if number != int(str(entry)):
            continue
        end = starts[place + 1][1] if place + 1 < len(starts) else len(words)
        rule = re.search(r"\n\s*\n(?=[-=]{4,}|\S+:)", words[start:end])
        if rule:
            end = start + rule.start()
        said = words[start:end].rstrip()
        return Part(
            f"Entry {number}",
            said,
            start,
            start + len(said),
            frozenset(folded(said).split()),
        )
    return None


def safe_contact(words: str) -> str:
    """Give every sentence that says how, when or whether somebody may be reached."""
    sentences = re.split(r"(?<=[.!?])\s+|\n+", words)
    asks = re.compile(
        r"safe contact\s*:|\b(?:do not|don't|don’t|must not|only) (?:\w+ ){0,2}"
        r"(?:ring|write|call|phone|contact|leave messages|text)\b|\bmust not be\b",
        re.IGNORECASE,
    )
    found = [sentence.strip() for sentence in sentences if asks.search(sentence)]
    return "\n".join(dict.fromkeys(found))


def own_language(words: str) -> str:
    """Give a quoted passage in a language with letters of its own, as it was written."""
    for found in re.finditer(r"[\"“]([^\"”]{60,})[\"”]", words):
        if sum(letter.isalpha() and ord(letter) > 0x7F for letter in found[1]) >= 5:
            return found[1]
    return ""


def danger_ticked(words: str) -> str:
    """Give "yes" or "no" where the form asks about danger now, else "unknown"."""
    found = re.search(r"in danger now\s*\?\s*(?:>>)?\s*(yes|no)\b", words, re.IGNORECASE)
    return found[1].lower() if found else "unknown"


def points_to_exploitation(said: str) -> bool:
    """Say whether the words hold an indicator: things nobody bought, a second phone, a debt."""
    return EXPLOITATION.search(said) is not None
