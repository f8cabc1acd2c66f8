"""What known-person search knows about a person, and what somebody asks it.

`Facts` is one record with everything it was ever called and everywhere it ever lived; it is kept
beside the search keys as text so that a search reads one table. `Question` is what was typed,
read once. Both are pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from lib import dates, identifiers
from lib.phonetics import codes
from lib.text import folded, shown_name

LONGEST_TEXT = 500
MOST_PARTS = 8
LONGEST_PART = 40
MOST_NAMES = 12
OLDEST_NEWBORN = timedelta(days=550)

# Words written where a name should be. An unborn baby is not called Unborn.
_NOT_NAMES = """
unborn baby babe bump foetus fetus child infant newborn boy girl male female unknown unnamed not
known nk nka na tbc tba name none mr mrs miss ms mx dr master the of
"""
NOT_NAMES = frozenset(_NOT_NAMES.split())
UNBORN_WORDS = frozenset(("unborn", "bump", "foetus", "fetus"))
# Articles and particles that come and go between spellings of one name.
_PARTICLES = "al el ul ur bin ibn bint binti de da do dos del la le van von der"
PARTICLES = frozenset(_PARTICLES.split())
JOINED_TO_NEXT = frozenset("abd abdul abdur abdal abdel abdir".split())
# Abdi Rahman is one name, servant of the Merciful; Abdi Mohamed are two, a son's and a father's.
JOINED_BEFORE_THE_SERVED = frozenset(("abdi", "abdu"))
_SERVED = """
aziz basit fatah ghani hafiz hakim halim hamid jabbar kadir karim khaliq latif majid malik mannan
mumin nasir qadir rahim rahman rashid razzaq salam samad sattar shakur wahab wahid wali wadud
"""
SERVED = frozenset(code for name in _SERVED.split() for code in codes(name) if code[0] != "~")
_DWELLINGS = frozenset(("flat", "apartment", "apt", "unit", "room", "house", "floor"))


def name_parts(text: str) -> tuple[str, ...]:
    """Give the parts of a name as they are compared: folded, without titles and particles."""
    words = folded(text[:LONGEST_TEXT]).split()
    joined: list[str] = []
    for word in words:
        before = joined[-1] if joined else ""
        if before in JOINED_TO_NEXT or (
            before in JOINED_BEFORE_THE_SERVED and not SERVED.isdisjoint(codes(word))
        ):
            joined[-1] += word
        else:
            joined.append(word)
    names = [word for word in joined if word not in NOT_NAMES and not word.isdigit()]
    kept = [word for word in names if word not in PARTICLES] or names
    parts = [word[:LONGEST_PART] for word in kept]
    return tuple(dict.fromkeys(parts))[:MOST_PARTS]


def mother_named_in(text: str) -> tuple[str, ...]:
    """Give the mother's name parts in "unborn baby of Nour Testwood"; empty otherwise."""
    words = folded(text[:LONGEST_TEXT]).split()
    if "of" in words and set(words[: words.index("of")]) & NOT_NAMES:
        return name_parts(" ".join(words[words.index("of") + 1 :]))
    return ()


def without_mother(text: str) -> str:
    """Give a name without "of Nour" in "unborn baby of Nour"."""
    if not mother_named_in(text):
        return text
    return re.split(r"\bof\b", text, maxsplit=1, flags=re.IGNORECASE)[0]


class Name(NamedTuple):
    """One name a person has or had: as shown, and in parts for comparing."""

    kind: str
    given: str
    family: str
    given_parts: tuple[str, ...] = ()
    family_parts: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: str, family: str, kind: str = "current") -> Name:
        """Read a name as recorded."""
        return cls(
            kind,
            shown_name(given),
            shown_name(family),
            name_parts(without_mother(given)),
            name_parts(without_mother(family)),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """Give every part once, given names first."""
        return tuple(dict.fromkeys(self.given_parts + self.family_parts))

    @property
    def shown(self) -> str:
        """Give the whole name as people read it."""
        return f"{self.given} {self.family}".strip()


class Place(NamedTuple):
    """One address: postcode without its space, and the numbers and words of its line."""

    postcode: str = ""
    line: str = ""
    is_current: bool = True

    @classmethod
    def of(cls, line: str, postcode: str, *, is_current: bool = True) -> Place:
        """Read an address as recorded or typed. Pseudo postcodes stand for no place."""
        bare = re.sub(r"[^A-Z0-9]", "", folded(postcode).upper())[:8]
        checked = identifiers.postcode(postcode[:LONGEST_TEXT])
        if checked.is_valid and identifiers.is_pseudo_postcode(checked.value):
            bare = ""
        words = folded(line[:LONGEST_TEXT]).split()
        return cls(bare, " ".join(words[:12]), is_current)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Give the house and flat numbers, in order of writing."""
        return tuple(word for word in self.line.split() if word[0].isdigit())

    @property
    def street(self) -> tuple[str, ...]:
        """Give the words of the street, without what kind of dwelling it is."""
        return tuple(w for w in self.line.split() if not w[0].isdigit() and w not in _DWELLINGS)


class Facts(NamedTuple):
    """What is on file about one person."""

    names: tuple[Name, ...] = ()
    born: tuple[date, ...] = ()
    is_estimated: bool = False
    expected_on: date | None = None
    is_unborn: bool = False
    sex: str = ""
    places: tuple[Place, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    mothers: tuple[Name, ...] = ()
    recorded_on: date | None = None

    def to_text(self) -> str:
        """Give the facts as they are kept beside the keys: one list, in the order above."""
        kept = [
            self.names,
            [day.isoformat() for day in self.born],
            int(self.is_estimated),
            self.expected_on.isoformat() if self.expected_on else "",
            int(self.is_unborn),
            self.sex,
            [[place.postcode, place.line, int(place.is_current)] for place in self.places],
            self.numbers,
            self.mothers,
            self.recorded_on.isoformat() if self.recorded_on else "",
        ]
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Facts:
        """Read what `to_text` gave."""
        names, born, estimated, expected, unborn, sex, places, numbers, mothers, since = json.loads(
            text
        )
        return cls(
            tuple([Name(k, g, f, tuple(gp), tuple(fp)) for k, g, f, gp, fp in names]),
            tuple([date.fromisoformat(day) for day in born]),
            bool(estimated),
            date.fromisoformat(expected) if expected else None,
            bool(unborn),
            sex,
            tuple([Place(postcode, line, bool(now)) for postcode, line, now in places]),
            tuple([(kind, value) for kind, value in numbers]),
            tuple([Name(k, g, f, tuple(gp), tuple(fp)) for k, g, f, gp, fp in mothers]),
            date.fromisoformat(since) if since else None,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, read: every name as a bag of parts, because boxes get swapped."""

    names: tuple[tuple[str, ...], ...] = ()
    born: dates.PartialDate | None = None
    swapped: date | None = None
    expected_on: date | None = None
    is_unborn: bool = False
    sex: str = ""
    place: Place = field(default_factory=Place)
    numbers: tuple[tuple[str, str], ...] = ()
    mother: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        *,
        today: date,
        given_name: str = "",
        family_name: str = "",
        other_names: Sequence[str] = (),
        date_of_birth: str = "",
        expected_on: date | str | None = None,
        sex: str = "",
        postcode: str = "",
        address_line: str = "",
        nhs_number: str = "",
        upn: str = "",
        mother_name: str = "",
    ) -> Question:
        """Read the texts as typed; what cannot be read becomes a problem in words."""
        problems: list[str] = []
        born = dates.read(date_of_birth[:LONGEST_TEXT], latest_year=today.year + 1)
        if born.error:
            problems.append("The date of birth could not be read, so it was not used")
        expected = _expected(expected_on, today, problems)
        whole_name = f"{given_name[:LONGEST_TEXT]} {family_name[:LONGEST_TEXT]}"
        spoken_of = mother_named_in(given_name) or mother_named_in(family_name)
        mother = tuple(dict.fromkeys(name_parts(mother_name) + spoken_of))
        names = [
            name_parts(without_mother(given_name)) + name_parts(without_mother(family_name)),
            *(name_parts(other) for other in list(other_names)[:MOST_NAMES]),
        ]
        is_unborn = (
            bool(set(folded(whole_name).split()) & UNBORN_WORDS)
            or any(_is_only_baby(box) for box in (given_name, family_name))
            or expected is not None
            or (bool(spoken_of) and born.value is None)
        )
        return cls(
            # In one order, so that the boxes a name was typed in make no difference.
            names=tuple(dict.fromkeys(tuple(sorted(set(parts))) for parts in names if parts)),
            born=born.value,
            swapped=born.swapped,
            expected_on=expected,
            is_unborn=is_unborn and born.value is None,
            sex=_sex(sex),
            place=Place.of(address_line, postcode),
            numbers=_numbers(nhs_number, upn),
            mother=tuple(sorted(mother)),
            problems=tuple(problems),
        )

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to search with."""
        return not (
            self.names
            or self.born
            or self.expected_on
            or self.place.postcode
            or self.place.line
            or self.numbers
            or self.mother
        )

    @property
    def is_of_nobody_yet(self) -> bool:
        """Say whether what was asked fits a baby not yet born: no first name, birth or sex."""
        return self.is_unborn or not (
            self.born or self.sex or any(len(parts) > 1 for parts in self.names)
        )

    def may_be_newborn(self, today: date) -> bool:
        """Say whether the child asked about may still be on file as unborn."""
        if self.is_unborn:
            return True
        return self.born is not None and self.born.year >= (today - OLDEST_NEWBORN).year


def _expected(given: date | str | None, today: date, problems: list[str]) -> date | None:
    if given is None or isinstance(given, date):
        return given
    read = dates.read(given[:LONGEST_TEXT], latest_year=today.year + 1)
    if read.error:
        problems.append("The expected date could not be read, so it was not used")
    if read.value is None:
        return None
    return date(read.value.year, read.value.month or 7, read.value.day or 15)


def _is_only_baby(text: str) -> bool:
    words = set(folded(text[:LONGEST_TEXT]).split())
    return "baby" in words and words <= NOT_NAMES


def _sex(text: str) -> str:
    first = folded(text[:20])[:1]
    return {"m": "M", "b": "M", "f": "F", "g": "F"}.get(first, "")


def _numbers(nhs_number: str, upn: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for kind, typed in (("nhs", nhs_number), ("upn", upn)):
        value = bare_number(typed)
        if len(value) >= 4:
            found.append((kind, value))
    return tuple(found)


def bare_number(text: str) -> str:
    """Give a number as it is compared: capital letters and digits only."""
    return re.sub(r"[^A-Z0-9]", "", folded(text[:LONGEST_TEXT]).upper())[:40]


def valid_number(kind: str, value: str) -> bool:
    """Say whether a bare number passes the check of its kind."""
    if kind == "nhs":
        return identifiers.nhs_number(value).is_valid
    return identifiers.upn(value).is_valid


def unique(words: Iterable[str]) -> tuple[str, ...]:
    """Give each word once, in order."""
    return tuple(dict.fromkeys(words))
