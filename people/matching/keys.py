"""The keys under which a person can be found, and those a question looks under.

A key is a short text with its kind before the colon. Name keys are free of order; dates, places
and numbers are found by themselves and by their likely slips:

    n:a+b        two name parts by sound        q:a+b:2014   the same with the year of birth
    y:a:2014     one part and the year          e:a:0314     one part, day and month
    g:j+a        an initial and another part    o:a          one part alone
    d:2014-03-14 date of birth                  p: a:        postcode; house number and street
    i: s: l:     number; its digits in any order; its last five
    u:a          unborn: family name or mother's name
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import combinations, product

from lib import dates
from lib.phonetics import codes
from people.matching.facts import Facts, Place, Question, unique

LONGEST_KEY = 60
MOST_KEYS = 400


def _sounds(part: str) -> list[str]:
    return sorted(code for code in codes(part) if not code.startswith("~"))


def _all_codes(part: str) -> list[str]:
    return sorted(codes(part))


def _pairs(parts: Iterable[str]) -> list[str]:
    found: list[str] = []
    for one, other in combinations(sorted(set(parts)), 2):
        for first, second in product(_all_codes(one), _all_codes(other)):
            if first.startswith("~") == second.startswith("~"):
                found.append("+".join(sorted((first, second))))
    return list(unique(found))


def _initials(parts: Iterable[str]) -> list[str]:
    several = sorted(set(parts))
    return [
        f"g:{one[0]}+{code}"
        for one in several
        for other in several
        if one != other
        for code in _sounds(other)
    ]


def _place_keys(place: Place) -> list[str]:
    found = [f"p:{place.postcode}"] if place.postcode else []
    if place.numbers and place.street:
        found.append(f"a:{'-'.join(sorted(place.numbers))}:{place.street[0][:6]}")
    return found


def _number_keys(value: str) -> list[str]:
    if len(value) < 7:
        return [f"i:{value}"]
    return [f"i:{value}", f"s:{''.join(sorted(value))}", f"l:{value[-5:]}"]


def _cut(keys: Iterable[str]) -> list[str]:
    return sorted({key[:LONGEST_KEY] for key in keys})[:MOST_KEYS]


def keys_of(facts: Facts) -> list[str]:
    """Give every key of a person on file, sorted."""
    found: list[str] = []
    parts: list[str] = []
    for name in facts.names:
        parts.extend(name.parts)
        pairs = _pairs(name.parts)
        found += [f"n:{pair}" for pair in pairs]
        found += [f"q:{pair}:{day.year}" for pair in pairs if "~" not in pair for day in facts.born]
        found += _initials(name.parts)
    for part in unique(parts):
        for code in _all_codes(part):
            found += [f"y:{code}:{day.year}" for day in facts.born]
            found += [f"e:{code}:{day:%m%d}" for day in facts.born]
        found += [f"o:{code}" for code in _sounds(part)]
        if len(part) > 2:
            found.append(f"o:{part[0]}*{part[-2:]}")
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
    return _cut(found)


def near_dates(day: date) -> list[date]:
    """Give the dates a hurried hand may have meant: a day, a month or a year beside."""
    found = [day - timedelta(days=1), day + timedelta(days=1)]
    for year, month in (
        (day.year - 1, day.month),
        (day.year + 1, day.month),
        (day.year, day.month - 1),
        (day.year, day.month + 1),
    ):
        try:
            found.append(date(year, month, day.day))
        except ValueError:
            continue
    return found


def tiers(question: Question, *, today: date) -> list[list[str]]:
    """Give the keys to look under, the most telling first.

    The first tier is always read; each of the others only while few have come back.
    """
    telling: list[str] = []
    wider: list[str] = []
    widest: list[str] = []
    for _, value in question.numbers:
        telling += _number_keys(value)
    place = _place_keys(question.place)
    telling += place
    years = _years(question)
    whole = question.born.whole if question.born else None
    if whole is not None:
        telling.append(f"d:{whole.isoformat()}")
        other = dates.swap_day_and_month(whole)
        if other is not None:
            telling.append(f"d:{other.isoformat()}")
    newborn = question.may_be_newborn(today)
    for parts in question.names:
        pairs = _pairs(parts)
        telling += [f"q:{pair}:{year}" for pair in pairs if "~" not in pair for year in years]
        wider += [f"n:{pair}" for pair in pairs]
        for part in parts:
            if len(part) == 1:
                wider += [
                    f"g:{part}+{code}" for rest in parts if rest != part for code in _sounds(rest)
                ]
                continue
            for code in _all_codes(part):
                if whole is not None:
                    telling.append(f"e:{code}:{whole:%m%d}")
                wider += [f"y:{code}:{year}" for year in years]
            if newborn:
                telling += [f"u:{code}" for code in _sounds(part)]
            widest += [f"o:{code}" for code in _sounds(part)]
            widest.append(f"o:{part[0]}*{part[-2:]}")
        if not years:
            widest += _initials(part for part in parts if len(part) > 1)
    for part in question.mother:
        telling += [f"u:{code}" for code in _sounds(part)]
    if question.expected_on:
        for days in (-31, 0, 31):
            telling.append(f"u:{question.expected_on + timedelta(days=days):%Y-%m}")
    if len(question.mother) > 1:
        wider += [f"n:{pair}" for pair in _pairs(question.mother)]
    return [_cut(telling), _cut(wider), _cut(widest)]


# What a shared key of each kind promises, roughly in bits; enough to choose whom to judge.
_PROMISES = {
    "i": 30.0,
    "s": 10.0,
    "l": 8.0,
    "d": 12.0,
    "q": 9.0,
    "e": 9.0,
    "u": 8.0,
    "n": 7.0,
    "a": 7.0,
    "p": 6.0,
    "y": 4.0,
    "g": 3.0,
    "o": 2.0,
}
_PROMISE_OF_ANOTHER = 0.4


def promise(asked: frozenset[str], on_file: Iterable[str]) -> float:
    """Give roughly how much a record promises by the keys it shares with a question."""
    shared = asked.intersection(on_file)
    kinds = {key[0] for key in shared}
    return sum(_PROMISES[kind] for kind in kinds) + _PROMISE_OF_ANOTHER * len(shared)


def _years(question: Question) -> list[int]:
    """Give the years of birth worth looking under; three, because years are often guessed."""
    if question.born is None:
        return []
    year = question.born.year
    return [year, year - 1, year + 1]
