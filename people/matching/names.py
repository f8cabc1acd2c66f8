"""How alike two names are, and what that weighs.

A name is compared as a bag of parts, so that the boxes it was typed in make no difference. Each
part agrees with at most one other. A rare part that agrees weighs more than a common one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from lib.phonetics import codes, is_short_form, nearness, sound
from people.matching.facts import Name

# Bits
MOST_NAME_BITS = 11.0
LEAST_NAME_BITS = 1.5
INITIAL = 2.5
INITIAL_LIKE = 0.3
WEAK_LIKE = 0.25  # of a part that only sounds a little alike
SHORT_FORM_LIKE = 0.6
SHORT_FORM_LIKE_BY_RULE = 0.35  # where both are names of their own: Ali is no Alina
GIVEN_DIFFERS = -6.0
MUCH_CONTRADICTED = 0.4  # of the weight of the first names on file
MOSTLY_CONTRADICTED = 0.6
FAMILY_DIFFERS = -2.5
EXTRA_PART = -0.5
PART_NOT_SAID = -0.4
SAID_ONCE_FOR_TWO = 1.0
EARLIER_NAME = -0.5
FEWEST_PEOPLE = 4_000


class Likeness(StrEnum):
    """How one kind of fact compares."""

    SAME = "same"
    ALIKE = "alike"
    WEAK = "weak"
    DIFFERS = "differs"
    MISSING = "missing"


ALIKE = (Likeness.SAME, Likeness.ALIKE)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How many people of the authority bear each name part; kept by a command.

    `fuller` holds, by a short name, the codes of the names it is short for.
    """

    people: int = 0
    bearers: Mapping[str, int] = field(default_factory=dict)
    fuller: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def bits(self, part: str) -> float:
        """Give the weight of two people agreeing on this part."""
        everyone = max(self.people, FEWEST_PEOPLE)
        bits = math.log2(everyone / (self.bearers.get(part, 0) + 1))
        return min(max(bits, LEAST_NAME_BITS), MOST_NAME_BITS)

    def is_known(self, part: str) -> bool:
        """Say whether anybody is on file with this very spelling."""
        return part in self.bearers

    def is_short_for(self, one: str, other: str) -> bool:
        """Say whether the authority's table calls one part short for the other, either way."""
        mine, theirs = self.fuller.get(one), self.fuller.get(other)
        return bool(
            (mine and mine & codes(other))
            or (theirs and theirs & codes(one))
            or (mine and theirs and mine & theirs)
        )

    @property
    def prior(self) -> float:
        """Give the bits needed to single out one person among all."""
        return math.log2(max(self.people, FEWEST_PEOPLE))


class NamesCompared(NamedTuple):
    """Two names compared part by part."""

    given: Likeness = Likeness.MISSING
    family: Likeness = Likeness.MISSING
    given_bits: float = 0.0
    family_bits: float = 0.0
    is_initial: bool = False
    name: Name | None = None

    @property
    def bits(self) -> float:
        """Give what the name as a whole weighs."""
        return self.given_bits + self.family_bits


NOTHING_COMPARED = NamesCompared()


@lru_cache(maxsize=400_000)
def part_likeness(one: str, other: str, both_known: bool) -> float:
    """Give how much of a name part's weight two spellings keep, 0 to 1.

    :param both_known: both spellings are borne by people on file, so a slip of one letter is more
        likely to be another name
    """
    if one == other:
        return 1.0
    # Most pairs share no sound at all; asking that first is quick.
    heard = sound(one, other) if not codes(one).isdisjoint(codes(other)) else 0.0
    if heard >= 0.8:
        return 0.9
    written = nearness(one, other)
    if heard >= 0.65 and written >= 0.75:
        return 0.75
    if written >= 0.93:
        if both_known:
            return 0.55 if one[0] == other[0] else WEAK_LIKE
        return 0.85
    if heard > 0.0:
        return WEAK_LIKE  # the same consonants with other vowels: Hassan is not Hussain
    if written >= 0.88:
        return 0.35 if both_known else 0.65
    return 0.0


class _Tally:
    """What agreed so far, of the given names and of the family names on file."""

    __slots__ = ("by_initial", "family_bits", "family_like", "given_bits", "given_like")

    def __init__(self, *, family_bits: float = 0.0, family_like: float = 0.0) -> None:
        self.given_bits = 0.0
        self.family_bits = family_bits
        self.given_like = 0.0
        self.family_like = family_like
        self.by_initial = False


class _Agreement(NamedTuple):
    """Two parts that agree; as they sort, the weightiest comes first, a family name before a first.

    A part that stands in both names on file is taken for the family name, so that it never
    vouches for a first name that nobody said.
    """

    lightness: float
    is_given: bool
    asked: int
    on_file: int
    like: float


class Comparer:
    """Compares names asked with names on file, remembering what it compared before."""

    def __init__(self, frequencies: Frequencies) -> None:
        """Compare by what is known of how common names are."""
        self.frequencies = frequencies
        self._bits: dict[str, float] = {}
        self._likes: dict[tuple[str, str, bool], float] = {}

    def bits(self, part: str) -> float:
        """Give the weight of a part, worked out once."""
        known = self._bits.get(part)
        if known is None:
            known = self._bits[part] = self.frequencies.bits(part)
        return known

    def like(self, one: str, other: str, *, is_given: bool) -> float:
        """Give how much of its weight a part keeps, worked out once.

        A short form counts for first names only: Mann is no short form of Manpreet.
        """
        if one == other:
            return 1.0
        known = self._likes.get((one, other, is_given))
        if known is not None:
            return known
        both = self.frequencies.is_known(one) and self.frequencies.is_known(other)
        like = part_likeness(one, other, both)
        if is_given and like < SHORT_FORM_LIKE:
            if self.frequencies.is_short_for(one, other):
                like = SHORT_FORM_LIKE
            elif is_short_form(one, other):
                like = max(like, SHORT_FORM_LIKE_BY_RULE if both else SHORT_FORM_LIKE)
        self._likes[(one, other, is_given)] = like
        return like

    def compare(self, asked: tuple[str, ...], name: Name) -> NamesCompared:
        """Compare a bag of name parts with a name on file, in whichever order both came.

        Each part asked goes to the part on file with which it weighs most. What is then left on
        both sides differs; what is left on one side only was not said.
        """
        given, family = name.given_parts, name.family_parts
        if len(asked) > 1:
            asked = _together(asked, given + family)
        if len(given) > 1:
            given = _together(given, asked)
        if len(family) > 1:
            family = _together(family, asked)
        on_file = given + family
        tally = _Tally()
        used_asked: set[int] = set()
        used_file: set[int] = set()
        for lightness, is_given, i, j, like in self._agreements(asked, given, family):
            if i in used_asked or j in used_file:
                continue
            used_asked.add(i)
            used_file.add(j)
            if is_given:
                tally.given_bits -= lightness
                tally.given_like = max(tally.given_like, like)
                tally.by_initial = tally.by_initial or len(asked[i]) == 1
            else:
                tally.family_bits -= lightness
                tally.family_like = max(tally.family_like, like)
        left = sum(1 for i, part in enumerate(asked) if i not in used_asked and len(part) > 1)
        given_left = [part for j, part in enumerate(given) if j not in used_file]
        if given_left and not left and tally.family_like > 0.0:
            # Hassan Hassan, asked for as Hassan: said once, meant twice.
            agreed = {on_file[j] for j in used_file}
            if agreed.issuperset(given_left):
                tally.given_like, given_left = max(tally.given_like, tally.family_like), []
                tally.given_bits += SAID_ONCE_FOR_TWO
        if given_left and not left and tally.given_like == 0.0:
            # M is no Joanna: an initial that fits nothing is another first name.
            left = sum(1 for i, part in enumerate(asked) if i not in used_asked)
        return self._weighed(tally, name, left, given, given_left, family)

    def _agreements(
        self, asked: tuple[str, ...], given: tuple[str, ...], family: tuple[str, ...]
    ) -> list[_Agreement]:
        """Give every pair of parts that agree, the weightiest first."""
        found: list[_Agreement] = []
        names = len(given)
        for i, part in enumerate(asked):
            for j, other in enumerate(given + family):
                is_given = j < names
                if part != other and (len(part) == 1 or len(other) == 1):
                    if part[0] == other[0]:
                        found.append(_Agreement(-INITIAL, is_given, i, j, INITIAL_LIKE))
                    continue
                like = self.like(part, other, is_given=is_given)
                if like > 0.0:
                    weight = min(self.bits(part), self.bits(other))
                    found.append(_Agreement(-weight * like, is_given, i, j, like))
        found.sort()
        return found

    def _weighed(
        self,
        tally: _Tally,
        name: Name,
        left: int,
        given: tuple[str, ...],
        given_left: list[str],
        family: tuple[str, ...],
    ) -> NamesCompared:
        """Weigh the parts that found no counterpart, and say how alike the two names are."""
        given_likeness = _likeness(tally.given_like) if given else Likeness.MISSING
        family_likeness = _likeness(tally.family_like) if family else Likeness.MISSING
        given_bits, family_bits = tally.given_bits, tally.family_bits
        if given_left:
            share = sum(map(self.bits, given_left)) / sum(map(self.bits, given))
            if left:
                if tally.given_like <= WEAK_LIKE or share > MUCH_CONTRADICTED:
                    given_bits += GIVEN_DIFFERS * share
                    given_likeness = (
                        Likeness.DIFFERS if share > MOSTLY_CONTRADICTED else Likeness.WEAK
                    )
                    left -= 1
            elif tally.given_like > 0.0:
                given_bits += PART_NOT_SAID * len(given_left)
        if left and family and tally.family_like == 0.0:
            family_bits += FAMILY_DIFFERS
            family_likeness = Likeness.DIFFERS
            left -= 1
        given_bits += EXTRA_PART * left
        if name.kind not in ("current", "known_as"):
            family_bits += EARLIER_NAME
        return NamesCompared(
            given=given_likeness,
            family=family_likeness,
            given_bits=given_bits,
            family_bits=family_bits,
            is_initial=given_likeness == Likeness.WEAK and tally.by_initial,
            name=name,
        )


def _together(asked: tuple[str, ...], on_file: tuple[str, ...]) -> tuple[str, ...]:
    """Join parts that the other side writes as one: Mary Ann and Maryann."""
    for one in asked:
        for other in asked:
            if one != other and one + other in on_file:
                rest = tuple(part for part in asked if part not in (one, other))
                return (*rest, one + other)
    return asked


def _likeness(like: float) -> Likeness:
    if like >= 1.0:
        return Likeness.SAME
    if like >= 0.5:
        return Likeness.ALIKE
    return Likeness.WEAK if like > 0.0 else Likeness.MISSING
