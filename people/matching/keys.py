"""The keys under which a person can be found, and those a question looks under.

A key is a number made of a short text, so that millions of them stay small and quick to compare.
Name keys are free of order; dates, places and numbers are found by themselves and by their likely
slips. What very many people share is never looked up alone: a second thing goes with it, so that
a search finds as few in a region as in a town.

    n:a+b        two name parts by sound        q:a+b:2014   the same with the year of birth
    e:a:0314     one part, day and month        m:a:2014-03  one part, year and month
    v:a:2014:14  one part, year and day         y:a:2014     one part and the year
    g:j+a        an initial and another part    w:j+a:2014   the same with the year of birth
    h:jo~a       how a part begins or ends, and another part
    o:a          one part alone
    d:2014-03-14 date of birth                  p: a:        postcode; house number and street
    i: s: l:     number; its digits in any order; its last five
                 (a misquoted NHS number is looked up as every valid one a digit away)
    u:a          unborn: family name or mother's name
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations, product
from zlib import crc32

from lib import dates, identifiers
from lib.phonetics import codes
from people.matching.facts import Facts, Place, Question, unique

MOST_KEYS = 400  # of one person
MOST_LOOKED_UP = 150  # by one round of looking
MOST_SLOTS = 60  # bits of a whole number in the database
LONG_ENOUGH_TO_HALVE = 3

Fuller = Mapping[str, frozenset[str]]  # by a short name, the codes of the names it stands for


@lru_cache(maxsize=200_000)
def key(text: str) -> int:
    """Give the number that stands for a key; it fits the whole numbers of the database."""
    found = crc32(text.encode())
    return found - 2**32 if found >= 2**31 else found


@lru_cache(maxsize=100_000)
def _sounds(part: str) -> tuple[str, ...]:
    return tuple(sorted(code for code in codes(part) if not code.startswith("~")))


@lru_cache(maxsize=100_000)
def _all_codes(part: str) -> tuple[str, ...]:
    return tuple(sorted(codes(part)))


def _sounds_of(part: str, fuller: Fuller) -> tuple[str, ...]:
    more = fuller.get(part)
    return unique([*_sounds(part), *sorted(more)]) if more else _sounds(part)


def _pairs(one: str, other: str, fuller: Fuller) -> list[str]:
    """Give two parts by every code, sound with sound and metaphone with metaphone."""
    found = [
        "+".join(sorted(pair))
        for pair in product(_sounds_of(one, fuller), _sounds_of(other, fuller))
    ]
    for first, second in product(_all_codes(one), _all_codes(other)):
        if first[0] == second[0] == "~":
            found.append("+".join(sorted((first, second))))
    return list(unique(found))


def _halves(part: str, other: str, fuller: Fuller) -> list[str]:
    """Give how one part begins and ends with the sound of another: a slip spoils only one end."""
    if len(part) < LONG_ENOUGH_TO_HALVE:
        return []
    return [
        f"h:{half}+{code}"
        for code in _sounds_of(other, fuller)
        for half in (f"{part[:2]}~", f"~{part[-2:]}")
    ]


def _ordered_pairs(parts: Iterable[str]) -> Iterator[tuple[str, str]]:
    several = sorted(set(parts))
    return ((one, other) for one in several for other in several if one != other)


def _place_keys(place: Place) -> list[str]:
    found = [f"p:{place.postcode}"] if place.postcode else []
    if place.numbers and place.street:
        found.append(f"a:{'-'.join(sorted(place.numbers))}:{place.street[0][:6]}")
        if len(place.numbers) > 1:  # the house without its flat
            found.append(f"a:{place.numbers[-1]}:{place.street[0][:6]}")
    return found


def _number_keys(value: str) -> list[str]:
    if len(value) < 7:
        return [f"i:{value}"]
    return [f"i:{value}", f"s:{''.join(sorted(value))}", f"l:{value[-5:]}"]


def keys_of(facts: Facts, fuller: Fuller | None = None) -> list[int]:
    """Give every key of a person on file, sorted.

    :param fuller: the names that the person's short names stand for, by `codes`
    """
    fuller = fuller or {}
    found: list[str] = []
    parts: list[str] = []
    for name in facts.names:
        parts.extend(name.parts)
        for one, other in combinations(sorted(set(name.parts)), 2):
            pairs = _pairs(one, other, fuller)
            found += [f"n:{pair}" for pair in pairs]
            found += [f"q:{pair}:{d.year}" for pair in pairs if "~" not in pair for d in facts.born]
        for one, other in _ordered_pairs(name.parts):
            for code in _sounds_of(other, fuller):
                found.append(f"g:{one[0]}+{code}")
                found += [f"w:{one[0]}+{code}:{day.year}" for day in facts.born]
            found += _halves(one, other, fuller)
    for part in unique(parts):
        for code in _sounds_of(part, fuller):
            found.append(f"o:{code}")
            for day in facts.born:
                found += _dated(code, day)
                found.append(f"y:{code}:{day.year}")
        found += [f"e:{code}:{day:%m%d}" for code in _all_codes(part) for day in facts.born]
    found += [f"d:{day.isoformat()}" for day in facts.born]
    for place in facts.places:
        found += _place_keys(place)
    for _, value in facts.numbers:
        found += _number_keys(value)
    if facts.is_unborn:
        mothers = [part for mother in facts.mothers for part in mother.parts]
        found += [f"u:{code}" for part in unique(parts + mothers) for code in _sounds(part)]
        if facts.expected_on:
            found.append(f"u:{facts.expected_on:%Y-%m}")
    return sorted({key(text) for text in unique(found)[:MOST_KEYS]})


def keys_of_part(part: str) -> list[int]:
    """Give keys under which everybody is found who bears a part of a name, whatever else."""
    return [key(f"o:{code}") for code in _sounds(part)]


def _dated(code: str, day: date) -> list[str]:
    return [f"m:{code}:{day:%Y-%m}", f"v:{code}:{day.year}:{day.day}"]


# What a question looks under


@dataclass(slots=True)
class Looks:
    """Keys to look under in one round; those that say the same of a person share a slot."""

    keys: list[int] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)  # by slot

    def add(self, kind: str, texts: Iterable[str]) -> None:
        """Look under these, which are all of one kind and about the same."""
        wanted = [key(text) for text in texts]
        if not wanted:
            return
        if len(self.kinds) < MOST_SLOTS:
            self.kinds.append(kind)
        room = MOST_LOOKED_UP - len(self.keys)
        self.keys += wanted[:room]
        self.slots += [len(self.kinds) - 1] * len(wanted[:room])


def first_looks(question: Question, *, today: date, fuller: Fuller | None = None) -> Looks:
    """Give the telling keys: numbers, date, place, and names with something of the birth."""
    fuller = fuller or {}
    looks = Looks()
    for kind, value in question.numbers:
        for text in _number_keys(value):
            looks.add(text[0], [text])
        if kind == "nhs":
            looks.add("s", [f"i:{meant}" for meant in identifiers.nhs_numbers_meant(value)])
    for text in _place_keys(question.place):
        looks.add(text[0], [text])
    whole = question.born.whole if question.born else None
    if whole is not None:
        looks.add("d", [f"d:{whole.isoformat()}"])
        turned = dates.swap_day_and_month(whole)
        if turned is not None:
            looks.add("t", [f"d:{turned.isoformat()}"])
    years = _years(question)
    newborn = question.may_be_newborn(today)
    for parts in question.names:
        whole_parts = [part for part in parts if len(part) > 1]
        for one, other in combinations(whole_parts, 2):
            pairs = _pairs(one, other, fuller)
            if years:
                sounds = [pair for pair in pairs if "~" not in pair]
                looks.add("q", [f"q:{pair}:{year}" for pair in sounds for year in years])
            else:
                looks.add("n", [f"n:{pair}" for pair in pairs])
        for part in whole_parts:
            if whole is not None:
                every = unique([*_all_codes(part), *_sounds_of(part, fuller)])
                looks.add("e", [f"e:{code}:{whole:%m%d}" for code in every])
            if newborn:
                looks.add("u", [f"u:{code}" for code in _sounds(part)])
        looks_by_initial(looks, parts, years, fuller)
    for part in question.mother:
        looks.add("u", [f"u:{code}" for code in _sounds(part)])
    if len(question.mother) > 1:
        for one, other in combinations(question.mother, 2):
            looks.add("n", [f"n:{pair}" for pair in _pairs(one, other, fuller)])
    if question.expected_on and not (question.names or question.mother):
        days = [question.expected_on + timedelta(days=days) for days in (-31, 0, 31)]
        looks.add("u", unique(f"u:{day:%Y-%m}" for day in days))
    return looks


def looks_by_initial(
    looks: Looks, parts: Sequence[str], years: Sequence[int], fuller: Fuller
) -> None:
    """Look under an initial that was all that was said of a name, with each other part."""
    for initial in parts:
        if len(initial) > 1:
            continue
        for rest in parts:
            if len(rest) == 1:
                continue
            sounds = _sounds_of(rest, fuller)
            if years:
                looks.add("w", [f"w:{initial}+{code}:{year}" for code in sounds for year in years])
            else:
                looks.add("g", [f"g:{initial}+{code}" for code in sounds])


def wider_looks(question: Question, *, fuller: Fuller | None = None) -> Looks:
    """Give the keys for when nobody found is surely meant: slips in names and dates."""
    fuller = fuller or {}
    looks = Looks()
    years = _years(question)
    born = question.born
    whole = born.whole if born else None
    for parts in question.names:
        whole_parts = [part for part in parts if len(part) > 1]
        if years:
            for one, other in combinations(whole_parts, 2):
                looks.add("n", [f"n:{pair}" for pair in _pairs(one, other, fuller)])
        for part in whole_parts:
            sounds = _sounds_of(part, fuller)
            if whole is not None:
                looks.add("m", [f"m:{code}:{whole:%Y-%m}" for code in sounds])
                looks.add("v", [f"v:{code}:{whole.year}:{whole.day}" for code in sounds])
            elif born is not None and born.month is not None:
                looks.add("m", [f"m:{code}:{born.year}-{born.month:02}" for code in sounds])
        for one, other in _ordered_pairs(whole_parts):
            sounds = _sounds_of(other, fuller)
            if years:
                looks.add("w", [f"w:{one[0]}+{code}:{year}" for code in sounds for year in years])
            looks.add("h", _halves(one, other, fuller))
    return looks


def widest_looks(question: Question, *, fuller: Fuller | None = None) -> Looks:
    """Give the keys of last resort, for when hardly anybody was found: one part of a name."""
    fuller = fuller or {}
    looks = Looks()
    years = _years(question)
    for parts in question.names:
        whole_parts = [part for part in parts if len(part) > 1]
        for part in whole_parts:
            sounds = _sounds_of(part, fuller)
            if years:
                looks.add("y", [f"y:{code}:{year}" for code in sounds for year in years])
            else:
                looks.add("o", [f"o:{code}" for code in sounds])
    return looks


# How much a shared key promises

# About what in the question a key of each kind speaks: a name, a birth, both, a place, a number.
_ABOUT = {
    **dict.fromkeys("ngho", "name"),
    **dict.fromkeys("dt", "birth"),
    **dict.fromkeys("qemvyw", "both"),
    **dict.fromkeys("pa", "place"),
    **dict.fromkeys("isl", "number"),
    "u": "unborn",
}
# Bits, roughly, when few people share the key.
_PROMISES = {
    "i": 30.0,
    "q": 16.0,
    "n": 12.0,
    "d": 12.0,
    "e": 12.0,
    "s": 12.0,
    "a": 10.0,
    "t": 9.0,
    "m": 9.0,
    "v": 9.0,
    "w": 9.0,
    "l": 9.0,
    "h": 8.0,
    "u": 8.0,
    "g": 7.0,
    "y": 7.0,
    "p": 7.0,
    "o": 6.0,
}
_PROMISE_OF_ANOTHER = 0.5


class Promises:
    """How much it promises to share keys with a question, in bits, the more the fewer share them.

    :param kinds: the kind of each slot
    :param masks: of the records found, the slots each shares with the question, as bits
    """

    def __init__(self, kinds: Sequence[str], masks: Iterable[int]) -> None:
        """Count how many share each slot."""
        sharing = _sharing(masks)
        self._abouts = [_ABOUT[kind] for kind in kinds]
        self._bits = [
            _PROMISES[kind] - 0.5 * math.log2(sharing.get(slot, 1))
            for slot, kind in enumerate(kinds)
        ]
        self._known: dict[int, float] = {}

    def of(self, mask: int) -> float:
        """Give what a record promises that shares these slots."""
        known = self._known.get(mask)
        if known is None:
            best: dict[str, float] = {}
            slots = _slots_of(mask)
            for slot in slots:
                about = self._abouts[slot]
                best[about] = max(best.get(about, 0.0), self._bits[slot])
            # A name with its birth says the same as the name and the birth, each by itself.
            person = max(best.pop("both", 0.0), best.pop("name", 0.0) + best.pop("birth", 0.0))
            known = person + sum(best.values()) + _PROMISE_OF_ANOTHER * len(slots)
            self._known[mask] = known
        return known


def crowded(masks: Iterable[int], *, crowd: int) -> int:
    """Give the slots that more than a crowd share, as bits: such a slot tells nobody apart.

    Who shares something else as well is found by that.
    """
    return sum(1 << slot for slot, count in _sharing(masks).items() if count > crowd)


def _sharing(masks: Iterable[int]) -> dict[int, int]:
    """Count how many share each slot; most records share the same few sets of slots."""
    found: dict[int, int] = {}
    for mask, count in Counter(masks).items():
        for slot in _slots_of(mask):
            found[slot] = found.get(slot, 0) + count
    return found


def _slots_of(mask: int) -> list[int]:
    slots = []
    while mask:
        lowest = mask & -mask
        slots.append(lowest.bit_length() - 1)
        mask ^= lowest
    return slots


def _years(question: Question) -> list[int]:
    """Give the years of birth worth looking under; three, because years are often guessed."""
    if question.born is None:
        return []
    year = question.born.year
    return [year, year - 1, year + 1]
