"""How likely it is that a record is the person asked about, and why, in words.

Weights are bits: log2 of how much more often two things agree for one person than by chance
(Fellegi and Sunter). A rare name agreeing weighs more than a common one. What nobody said weighs
nothing. Members of a household share surname and address, so those never make a first name that
differs into the same child. Scores are absolute: a record is judged by itself, never against the
best one found, so that the answer can be "nobody".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from lib import identifiers
from lib.phonetics import is_nickname, nearness, sound
from people.matching.facts import Facts, Name, Place, Question, valid_number
from people.matching.short_names import is_short_for

# Bits
MOST_NAME_BITS = 11.0
LEAST_NAME_BITS = 1.5
INITIAL = 2.5
INITIAL_LIKE = 0.3
WEAK_LIKE = 0.25  # of a part that only sounds a little alike
GIVEN_DIFFERS = -6.0
FAMILY_DIFFERS = -2.5
EXTRA_PART = -0.5
EARLIER_NAME = -0.5
DATE_SAME = 12.0
DATE_FIRST_OF_JANUARY = 6.0
DATE_SWAPPED = 9.5
DATE_DAY_BESIDE = 7.5
DATE_MONTH_BESIDE = 7.0
DATE_YEAR_BESIDE = 7.5
DATE_ONE_FIGURE = 5.0
DATE_ESTIMATE_NEAR = 3.0
DATE_MONTH_AGREES = 7.5
DATE_YEAR_AGREES = 3.5
DATE_SAME_MONTH = 1.0
DATE_SAME_YEAR = -3.0
DATE_DIFFERS = -6.5
BORN_WHEN_EXPECTED = 6.0
BORN_SINCE_RECORDED = 3.0
BOTH_UNBORN = 7.0
NOT_UNBORN = -8.0
SEX_SAME = 0.9
SEX_DIFFERS = -3.0
PLACE_SAME = 9.0
LINE_SAME = 8.0
POSTCODE_SAME = 6.0
POSTCODE_SAME_LINE_DIFFERS = 2.5
POSTCODE_SLIP_LINE_SAME = 8.5
POSTCODE_SLIP = 4.0
STREET_SAME = 2.0
PLACE_DIFFERS = -0.8
EARLIER_PLACE = -0.5
MOTHER_SAME = 6.0
MOTHER_ALIKE = 4.0
MOTHER_DIFFERS = -2.5
NUMBER_SAME = 22.0
NUMBER_SAME_UNCHECKED = 12.0
NUMBER_SLIP = 9.0
NUMBER_DIFFERS = -5.0
MOST_HOUSEHOLD_BITS = 15.0

# Bands, in bits above or below even odds
SAME_FROM = 3.0
SAME_BY_INITIAL_FROM = 8.0
POSSIBLE_FROM = -3.0
SHOWN_FROM = -11.0
RELATIVE_HOUSEHOLD_BITS = 8.0
FEWEST_PEOPLE = 4_000


class Band(StrEnum):
    """What a candidate is to the person asked about, the nearest first."""

    SAME = "same"
    POSSIBLE = "possible"
    RELATIVE = "relative"
    NOBODY = "nobody"


class Likeness(StrEnum):
    """How one kind of fact compares."""

    SAME = "same"
    ALIKE = "alike"
    WEAK = "weak"
    DIFFERS = "differs"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that agrees, differs or is missing: what about, and the words to show."""

    about: str
    words: str

    def __str__(self) -> str:
        """Give the words."""
        return self.words


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How many people of the authority bear each name part; kept by a command."""

    people: int = 0
    bearers: Mapping[str, int] = field(default_factory=dict)
    _bits: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    def bits(self, part: str) -> float:
        """Give the weight of two people agreeing on this part."""
        known = self._bits.get(part)
        if known is None:
            everyone = max(self.people, FEWEST_PEOPLE)
            bearers = self.bearers.get(part, 0) + 1
            known = min(max(math.log2(everyone / bearers), LEAST_NAME_BITS), MOST_NAME_BITS)
            self._bits[part] = known
        return known

    def is_known(self, part: str) -> bool:
        """Say whether anybody is on file with this very spelling."""
        return self.bearers.get(part, 0) > 0

    @property
    def prior(self) -> float:
        """Give the bits needed to single out one person among all."""
        return math.log2(max(self.people, FEWEST_PEOPLE))


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of fact, compared: its weight, how alike, and what to say."""

    bits: float = 0.0
    likeness: Likeness = Likeness.MISSING
    words: str = ""


@dataclass(frozen=True, slots=True)
class NamesCompared:
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


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a record was judged as it was, in words."""

    matched: tuple[Point, ...]
    differs: tuple[Point, ...]
    missing: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """One record judged: `score` is in bits above or below even odds."""

    score: float
    band: Band
    names: NamesCompared
    born: Compared
    sex: Compared
    place: Compared
    numbers: Compared
    mother: Compared


# Names


@lru_cache(maxsize=200_000)
def part_likeness(one: str, other: str, both_known: bool) -> float:
    """Give how much of a name part's weight two spellings keep, 0 to 1.

    :param both_known: both spellings are borne by people on file, so a slip of one letter is more
        likely to be another name
    """
    if one == other:
        return 1.0
    heard = sound(one, other)
    if heard >= 0.8:
        return 0.9
    written = nearness(one, other)
    if heard >= 0.65 and written >= 0.75:
        return 0.75
    if written >= 0.93:
        if both_known:
            return 0.55 if one[0] == other[0] else WEAK_LIKE
        return 0.85
    if is_nickname(one, other) or is_short_for(one, other):
        return 0.6
    if written >= 0.88:
        return 0.35 if both_known else 0.65
    if heard > 0.0:
        return WEAK_LIKE
    return 0.0


def _together(asked: tuple[str, ...], on_file: tuple[str, ...]) -> tuple[str, ...]:
    """Join parts that the other side writes as one: Mary Ann and Maryann."""
    wanted = set(on_file)
    for one in asked:
        for other in asked:
            if one != other and one + other in wanted:
                rest = tuple(part for part in asked if part not in (one, other))
                return (*rest, one + other)
    return asked


@dataclass(slots=True)
class _Tally:
    """What agreed so far, of the given names and of the family names on file."""

    given_bits: float = 0.0
    family_bits: float = 0.0
    given_like: float = 0.0
    family_like: float = 0.0
    by_initial: bool = False


def compare_names(asked: tuple[str, ...], name: Name, frequencies: Frequencies) -> NamesCompared:
    """Compare a bag of name parts with a name on file, in whichever order both came.

    Each part asked goes to the part on file with which it weighs most. What is then left on both
    sides differs; what is left on one side only was not said.
    """
    given, family = name.given_parts, name.family_parts
    if len(asked) > 1:
        asked = _together(asked, given + family)
    if len(given) > 1:
        given = _together(given, asked)
    if len(family) > 1:
        family = _together(family, asked)
    on_file = given + family
    tally, used_asked, used_file = _Tally(), set[int](), set[int]()
    for weight, like, i, j in _agreements(asked, on_file, frequencies):
        if i in used_asked or j in used_file:
            continue
        used_asked.add(i)
        used_file.add(j)
        if j < len(given):
            tally.given_bits += weight
            tally.given_like = max(tally.given_like, like)
            tally.by_initial = tally.by_initial or len(asked[i]) == 1
        else:
            tally.family_bits += weight
            tally.family_like = max(tally.family_like, like)
    left = sum(1 for i, part in enumerate(asked) if i not in used_asked and len(part) > 1)
    agreed = {on_file[j] for j in used_file}
    if left and given and set(given) <= agreed & set(family):
        # Hassan Hassan: what was said is the family name, and what is left is the first name.
        tally = _Tally(family_bits=tally.given_bits or tally.family_bits, family_like=1.0)
        agreed -= set(given)
        agreed |= set(family)
        given_left = list(given)
    else:
        given_left = [part for part in given if part not in agreed]
    return _with_what_is_left(tally, name, frequencies, left, given, given_left, family, agreed)


def _agreements(
    asked: tuple[str, ...], on_file: tuple[str, ...], frequencies: Frequencies
) -> list[tuple[float, float, int, int]]:
    """Give every pair of parts that agree, the weightiest first: weight, likeness, places."""
    found: list[tuple[float, float, int, int]] = []
    for i, part in enumerate(asked):
        known = frequencies.is_known(part)
        for j, other in enumerate(on_file):
            if (len(part) == 1 or len(other) == 1) and part != other:
                if part[0] == other[0]:
                    found.append((INITIAL, INITIAL_LIKE, i, j))
                continue
            like = part_likeness(part, other, known and frequencies.is_known(other))
            if like > 0.0:
                weight = min(frequencies.bits(part), frequencies.bits(other))
                found.append((weight * like, like, i, j))
    found.sort(key=lambda one: (-one[0], one[2], one[3]))
    return found


def _with_what_is_left(
    tally: _Tally,
    name: Name,
    frequencies: Frequencies,
    left: int,
    given: tuple[str, ...],
    given_left: list[str],
    family: tuple[str, ...],
    agreed: set[str],
) -> NamesCompared:
    """Weigh the parts that found no counterpart, and say how alike the two names are."""
    given_likeness = _likeness(tally.given_like) if given else Likeness.MISSING
    family_likeness = _likeness(tally.family_like) if family else Likeness.MISSING
    given_bits, family_bits = tally.given_bits, tally.family_bits
    if left and given_left:
        share = sum(map(frequencies.bits, given_left)) / sum(map(frequencies.bits, given))
        if tally.given_like <= WEAK_LIKE or share > 0.5:
            given_bits += GIVEN_DIFFERS * share
            given_likeness = Likeness.DIFFERS if share > 0.6 else Likeness.WEAK
            left -= 1
    if left and family and not agreed & set(family):
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


def _likeness(like: float) -> Likeness:
    if like >= 1.0:
        return Likeness.SAME
    if like >= 0.5:
        return Likeness.ALIKE
    return Likeness.WEAK if like > 0.0 else Likeness.MISSING


def best_name(question: Question, facts: Facts, frequencies: Frequencies) -> NamesCompared:
    """Give the best comparison of any name asked with any name on file."""
    found = [
        compare_names(asked, name, frequencies)
        for asked in question.names
        for name in facts.names
        if name.parts
    ]
    return max(found, key=lambda names: names.bits, default=NamesCompared())


# Dates


def compare_dates(question: Question, facts: Facts, *, today: date) -> Compared:
    """Compare when the person asked about was born, or is expected, with what is on file."""
    if facts.is_unborn:
        return _compare_unborn(question, facts)
    if question.is_unborn:
        recent = any(day > today - timedelta(days=200) for day in facts.born)
        if recent or not facts.born:
            return Compared(0.0, Likeness.MISSING)
        words = "Already born " + _in_words(facts.born[0])
        return Compared(NOT_UNBORN, Likeness.DIFFERS, words)
    if question.born is None or not facts.born:
        return Compared()
    found = [_compare_day(question, day, facts.is_estimated) for day in facts.born]
    return max(found, key=lambda compared: compared.bits)


def _compare_unborn(question: Question, facts: Facts) -> Compared:
    if question.is_unborn:
        if question.expected_on and facts.expected_on:
            apart = abs((question.expected_on - facts.expected_on).days)
            if apart > 100:
                return Compared(
                    DATE_DIFFERS,
                    Likeness.DIFFERS,
                    f"Expected {_in_words(facts.expected_on)}",
                )
            return Compared(
                BOTH_UNBORN + (2.0 if apart <= 21 else 0.0),
                Likeness.SAME if apart <= 21 else Likeness.ALIKE,
                f"Unborn, expected {_in_words(facts.expected_on)}",
            )
        return Compared(BOTH_UNBORN, Likeness.ALIKE, "Unborn on file too")
    if question.born is None:
        return Compared()
    whole = question.born.whole
    if whole is None:
        return Compared()
    if facts.expected_on:
        apart = abs((whole - facts.expected_on).days)
        if apart <= 50:
            return Compared(
                BORN_WHEN_EXPECTED,
                Likeness.ALIKE,
                f"On file as unborn, expected {_in_words(facts.expected_on)}",
            )
        return Compared(DATE_DIFFERS, Likeness.DIFFERS, f"Expected {_in_words(facts.expected_on)}")
    if facts.recorded_on:
        since = (whole - facts.recorded_on).days
        if -30 <= since <= 300:
            return Compared(BORN_SINCE_RECORDED, Likeness.WEAK, "On file as unborn at that time")
        return Compared(DATE_DIFFERS, Likeness.DIFFERS, "On file as unborn at another time")
    return Compared()


def _compare_day(question: Question, day: date, is_estimated: bool) -> Compared:
    asked = question.born
    shown = _in_words(day)
    if asked is None:
        return Compared()
    whole = asked.whole
    if whole is None:
        if asked.year != day.year:
            near = abs(asked.year - day.year) == 1
            return Compared(-1.0 if near else DATE_DIFFERS, Likeness.DIFFERS, f"Born {shown}")
        if asked.month is None:
            return Compared(DATE_YEAR_AGREES, Likeness.ALIKE, f"Same year: born {shown}")
        if asked.month == day.month:
            return Compared(DATE_MONTH_AGREES, Likeness.ALIKE, f"Same month: born {shown}")
        return Compared(DATE_SAME_YEAR, Likeness.DIFFERS, f"Born {shown}")
    guessed = (whole.month, whole.day) == (1, 1) or (day.month, day.day) == (1, 1) or is_estimated
    if whole == day:
        if (day.month, day.day) == (1, 1):
            return Compared(DATE_FIRST_OF_JANUARY, Likeness.ALIKE, f"Born {shown}")
        return Compared(DATE_SAME, Likeness.SAME, f"Born {shown}")
    if guessed:
        apart = abs(whole.year - day.year)
        if apart <= 1:
            words = f"Born {shown}; one of the dates may be a guess"
            return Compared(DATE_ESTIMATE_NEAR - apart, Likeness.WEAK, words)
        if apart <= 3:
            return Compared(-2.0, Likeness.DIFFERS, f"Born {shown}, years apart")
        return Compared(DATE_DIFFERS, Likeness.DIFFERS, f"Born {shown}")
    if (whole.day, whole.month) == (day.month, day.day) and whole.year == day.year:
        return Compared(DATE_SWAPPED, Likeness.ALIKE, f"Born {shown}: day and month swapped")
    same = [whole.year == day.year, whole.month == day.month, whole.day == day.day]
    if sum(same) == 2:
        if not same[2]:
            if abs((whole - day).days) == 1:
                return Compared(DATE_DAY_BESIDE, Likeness.ALIKE, f"Born {shown}, a day apart")
            if _one_figure(whole.day, day.day):
                return Compared(
                    DATE_ONE_FIGURE, Likeness.ALIKE, f"Born {shown}, one figure differs"
                )
            return Compared(DATE_SAME_MONTH, Likeness.DIFFERS, f"Born {shown}, the same month")
        if not same[1]:
            if abs(whole.month - day.month) == 1 or _one_figure(whole.month, day.month):
                return Compared(DATE_MONTH_BESIDE, Likeness.ALIKE, f"Born {shown}, another month")
            return Compared(DATE_SAME_MONTH, Likeness.DIFFERS, f"Born {shown}, another month")
        if abs(whole.year - day.year) == 1:
            return Compared(DATE_YEAR_BESIDE, Likeness.ALIKE, f"Born {shown}, a year apart")
        if _one_figure(whole.year, day.year):
            return Compared(DATE_ONE_FIGURE, Likeness.ALIKE, f"Born {shown}, one figure differs")
        return Compared(-1.0, Likeness.DIFFERS, f"Born {shown}, another year")
    if abs((whole - day).days) == 1:
        return Compared(DATE_DAY_BESIDE, Likeness.ALIKE, f"Born {shown}, a day apart")
    if same[0]:
        return Compared(DATE_SAME_YEAR, Likeness.DIFFERS, f"Born {shown}, the same year")
    return Compared(DATE_DIFFERS, Likeness.DIFFERS, f"Born {shown}")


def _one_figure(one: int, other: int) -> bool:
    first, second = f"{one:04d}", f"{other:04d}"
    return sum(a != b for a, b in zip(first, second, strict=True)) == 1


@lru_cache(maxsize=20_000)
def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


# Places


def compare_places(asked: Place, facts: Facts) -> Compared:
    """Compare an address with everywhere the person lived; the best of them counts."""
    if not (asked.postcode or asked.line) or not facts.places:
        return Compared()
    found = [_compare_place(asked, place) for place in facts.places]
    return max(found, key=lambda compared: compared.bits)


def _compare_place(asked: Place, place: Place) -> Compared:
    earlier = 0.0 if place.is_current else EARLIER_PLACE
    where = "the address" if place.is_current else "an earlier address"
    line = _line_likeness(asked, place)
    postcode = _postcode_likeness(asked.postcode, place.postcode)
    if postcode == Likeness.SAME:
        if line == Likeness.SAME:
            return Compared(PLACE_SAME + earlier, Likeness.SAME, f"Same as {where}")
        if line == Likeness.DIFFERS:
            return Compared(
                POSTCODE_SAME_LINE_DIFFERS + earlier,
                Likeness.WEAK,
                f"Same postcode as {where}, another house",
            )
        return Compared(POSTCODE_SAME + earlier, Likeness.ALIKE, f"Same postcode as {where}")
    if line == Likeness.SAME:
        if postcode == Likeness.ALIKE:
            words = f"Same house and street as {where}, postcode nearly"
            return Compared(POSTCODE_SLIP_LINE_SAME + earlier, Likeness.SAME, words)
        if postcode == Likeness.MISSING:
            words = f"Same house and street as {where}"
            return Compared(LINE_SAME + earlier, Likeness.SAME, words)
        words = f"Same house and street as {where}, another postcode"
        return Compared(LINE_SAME - 2.5 + earlier, Likeness.ALIKE, words)
    if postcode == Likeness.ALIKE and line == Likeness.MISSING:
        words = f"Postcode nearly that of {where}"
        return Compared(POSTCODE_SLIP + earlier, Likeness.WEAK, words)
    if line == Likeness.WEAK:
        return Compared(STREET_SAME + earlier, Likeness.WEAK, f"Same street as {where}")
    if postcode == Likeness.MISSING and line == Likeness.MISSING:
        return Compared()
    return Compared(PLACE_DIFFERS, Likeness.DIFFERS, "Another address")


def _postcode_likeness(one: str, other: str) -> Likeness:
    if not one or not other:
        return Likeness.MISSING
    if one == other:
        return Likeness.SAME
    if len(one) == len(other):
        places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        turned = (
            len(places) == 2
            and places[1] == places[0] + 1
            and one[places[0]] == other[places[1]]
            and one[places[1]] == other[places[0]]
        )
        if len(places) == 1 or turned:
            return Likeness.ALIKE
    return Likeness.DIFFERS


def _line_likeness(asked: Place, place: Place) -> Likeness:
    if not asked.line or not place.line:
        return Likeness.MISSING
    if asked.line == place.line:
        return Likeness.SAME
    street, other = asked.street, place.street
    if not street or not other:
        return Likeness.MISSING
    alike = nearness(" ".join(street), " ".join(other)) >= 0.88 and (
        street[-1] == other[-1] or nearness(street[-1], other[-1]) >= 0.85
    )
    numbers, others = set(asked.numbers), set(place.numbers)
    if alike and numbers and others and (numbers <= others or others <= numbers):
        return Likeness.SAME
    if alike:
        return Likeness.WEAK
    return Likeness.DIFFERS


# Numbers, sex, mother


def compare_numbers(question: Question, facts: Facts) -> Compared:
    """Compare numbers quoted with those on file: equal, one slip, or another number."""
    best = Compared()
    for kind, value in question.numbers:
        for other_kind, other in facts.numbers:
            if not _same_kind(kind, other_kind):
                continue
            shown = identifiers.show_nhs_number(other) if kind == "nhs" else other
            label = "NHS number" if kind == "nhs" else "Pupil number"
            if value == other:
                valid = valid_number(kind, value)
                compared = Compared(
                    NUMBER_SAME if valid else NUMBER_SAME_UNCHECKED,
                    Likeness.SAME,
                    f"{label} {shown}",
                )
            elif _one_slip(value, other):
                compared = Compared(NUMBER_SLIP, Likeness.ALIKE, f"{label} {shown}, one slip apart")
            elif best.likeness == Likeness.MISSING:
                compared = Compared(NUMBER_DIFFERS, Likeness.DIFFERS, f"{label} {shown}")
            else:
                continue
            if best.likeness == Likeness.MISSING or compared.bits > best.bits:
                best = compared
    return best


def _same_kind(asked: str, on_file: str) -> bool:
    return asked == on_file or (asked == "upn" and on_file == "former_upn")


def _one_slip(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(places) == 1:
        return True
    return (
        len(places) == 2
        and one[places[0]] == other[places[1]]
        and one[places[1]] == other[places[0]]
    )


def compare_sex(question: Question, facts: Facts) -> Compared:
    """Compare recorded sex; unknown on either side says nothing."""
    if question.sex not in ("M", "F") or facts.sex not in ("M", "F"):
        return Compared()
    if question.sex == facts.sex:
        return Compared(SEX_SAME, Likeness.SAME, "Same sex")
    return Compared(
        SEX_DIFFERS, Likeness.DIFFERS, "Boy or man" if facts.sex == "M" else "Girl or woman"
    )


def compare_mothers(question: Question, facts: Facts, frequencies: Frequencies) -> Compared:
    """Compare the mother's name, where both are known."""
    if not question.mother or not facts.mothers:
        return Compared()
    best = Compared(MOTHER_DIFFERS, Likeness.DIFFERS, f"Mother {facts.mothers[0].shown}")
    for mother in facts.mothers:
        names = compare_names(question.mother, mother, frequencies)
        if names.given == Likeness.DIFFERS or names.bits <= 0:
            continue
        whole = names.given == Likeness.SAME and names.family == Likeness.SAME
        bits = MOTHER_SAME if whole else min(MOTHER_ALIKE, names.bits)
        likeness = Likeness.SAME if whole else Likeness.ALIKE
        if bits > best.bits:
            best = Compared(bits, likeness, f"Mother {mother.shown}")
    return best


# Together


def judge(question: Question, facts: Facts, frequencies: Frequencies, *, today: date) -> Scored:
    """Judge one record against the question; `explain` gives the reasons of what is shown."""
    names = best_name(question, facts, frequencies)
    born = compare_dates(question, facts, today=today)
    sex = compare_sex(question, facts)
    place = compare_places(question.place, facts)
    numbers = compare_numbers(question, facts)
    mother = compare_mothers(question, facts, frequencies)
    household = min(names.family_bits + place.bits + mother.bits, MOST_HOUSEHOLD_BITS)
    own = names.given_bits + born.bits + sex.bits + numbers.bits
    score = own + household - frequencies.prior
    band = _band(score, household, names, born, sex, place, numbers, mother, facts, question)
    return Scored(round(score, 2), band, names, born, sex, place, numbers, mother)


def _band(
    score: float,
    household: float,
    names: NamesCompared,
    born: Compared,
    sex: Compared,
    place: Compared,
    numbers: Compared,
    mother: Compared,
    facts: Facts,
    question: Question,
) -> Band:
    alike = (Likeness.SAME, Likeness.ALIKE)
    if numbers.likeness == Likeness.SAME and score >= SAME_FROM:
        contradicted = names.given == Likeness.DIFFERS and born.likeness == Likeness.DIFFERS
        return Band.POSSIBLE if contradicted else Band.SAME
    other_child = names.given == Likeness.DIFFERS or (
        names.given in (Likeness.MISSING, Likeness.WEAK) and born.likeness == Likeness.DIFFERS
    )
    one_home = place.likeness in alike and (names.family in alike or not question.names)
    if other_child and (
        one_home or mother.likeness in alike or household >= RELATIVE_HOUSEHOLD_BITS
    ):
        return Band.RELATIVE
    if other_child and numbers.likeness != Likeness.ALIKE:
        return Band.POSSIBLE if score >= POSSIBLE_FROM + 2 else Band.NOBODY
    if score >= SAME_FROM and _has_own_evidence(score, names, born, sex, place, facts, question):
        return Band.SAME
    return Band.POSSIBLE if score >= POSSIBLE_FROM else Band.NOBODY


def _has_own_evidence(
    score: float,
    names: NamesCompared,
    born: Compared,
    sex: Compared,
    place: Compared,
    facts: Facts,
    question: Question,
) -> bool:
    """Say whether something beyond the household speaks for this very person.

    Twins share everything but the first name, so without it nobody is the same; an initial will do
    where all else agrees. A name alone is nobody either: others bear it.
    """
    alike = (Likeness.SAME, Likeness.ALIKE)
    if facts.is_unborn:
        at_that_time = born.likeness == Likeness.WEAK and place.likeness in alike
        return question.is_unborn or born.likeness in alike or at_that_time
    if names.given in alike:
        return born.likeness in alike or (
            born.likeness != Likeness.DIFFERS and place.likeness in alike
        )
    if names.is_initial:
        return (
            score >= SAME_BY_INITIAL_FROM
            and born.likeness == Likeness.SAME
            and sex.likeness == Likeness.SAME
        )
    return False


def explain(question: Question, facts: Facts, scored: Scored) -> Reasons:
    """Give the reasons of a judgement in words, in the order in which they are read."""
    matched: list[Point] = []
    differs: list[Point] = []
    missing: list[Point] = []

    def tell(about: str, compared: Compared, lacking: str) -> None:
        if compared.likeness == Likeness.DIFFERS:
            differs.append(Point(about, compared.words))
        elif compared.likeness == Likeness.MISSING:
            if lacking:
                missing.append(Point(about, lacking))
        else:
            matched.append(Point(about, compared.words))

    _tell_name(question, scored.names, matched, differs, missing)
    given, held = question.born or question.is_unborn, facts.born or facts.is_unborn
    tell("born", scored.born, _lacking("date of birth", bool(given), bool(held)))
    asked_where = bool(question.place.postcode or question.place.line)
    tell("address", scored.place, _lacking("address", asked_where, bool(facts.places)))
    lacking = _lacking("mother’s name", bool(question.mother), bool(facts.mothers))
    tell("mother", scored.mother, lacking)
    if question.sex:
        tell("sex", scored.sex, _lacking("sex", True, facts.sex in ("M", "F")))
    if question.numbers:
        comparable = any(
            _same_kind(kind, other) for kind, _ in question.numbers for other, _ in facts.numbers
        )
        tell("number", scored.numbers, _lacking("number", True, comparable))
    return Reasons(tuple(matched), tuple(differs), tuple(missing))


def _lacking(what: str, asked: bool, held: bool) -> str:
    if asked and held:
        return ""
    if not asked and not held:
        return f"No {what} given, and none on file"
    return f"No {what} on file" if asked else f"No {what} given"


def _tell_name(
    question: Question,
    names: NamesCompared,
    matched: list[Point],
    differs: list[Point],
    missing: list[Point],
) -> None:
    alike = (Likeness.SAME, Likeness.ALIKE, Likeness.WEAK)
    if not question.names:
        missing.append(Point("name", "No name given"))
        return
    if names.name is None:
        missing.append(Point("name", "No name on file"))
        return
    on_file = names.name
    earlier = (
        ""
        if on_file.kind == "current"
        else {
            "known_as": ", known as",
            "previous": ", an earlier name",
            "transliterated": ", written another way",
            "as_given": ", as once given",
        }.get(on_file.kind, "")
    )
    both = {names.given, names.family}
    if both == {Likeness.SAME}:
        matched.append(Point("name", f"Same name: {on_file.shown}{earlier}"))
        return
    if both <= {Likeness.SAME, Likeness.ALIKE}:
        matched.append(Point("name", f"Name alike: {on_file.shown}{earlier}"))
        return
    words = (
        ("given", "First name", names.given, on_file.given),
        ("family", "Family name", names.family, on_file.family),
    )
    for _, label, likeness, shown in words:
        if likeness in alike and shown:
            how = {"same": "the same", "alike": "alike", "weak": "a little alike"}[likeness.value]
            matched.append(Point("name", f"{label} {how}: {shown}{earlier}"))
        elif likeness == Likeness.DIFFERS:
            differs.append(Point("name", f"{label} on file: {shown}{earlier}"))
        elif shown:
            missing.append(Point("name", f"{label} not given; on file {shown}"))
        else:
            missing.append(Point("name", f"{label} not on file"))
