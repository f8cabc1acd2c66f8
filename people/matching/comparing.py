"""How birth, address, numbers, sex and mother of a question compare with those on file."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from lib import identifiers
from lib.phonetics import nearness
from people.matching.facts import Facts, Place, Question, valid_number
from people.matching.names import ALIKE, Comparer, Likeness

# Bits
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
BORN_SINCE_RECORDED = 4.5
BOTH_UNBORN = 7.0
UNBORN_AND_UNDATED = 1.0
NOT_UNBORN = -8.0
CHILD_AND_UNDATED = 0.4
SEX_SAME = 0.9
SEX_DIFFERS = -3.0
PLACE_SAME = 9.0
LINE_SAME = 8.0
FLAT_NOT_SAID = -1.5
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
GROWN_UP = timedelta(days=18 * 365)


class Compared(NamedTuple):
    """One kind of fact, compared: its weight, how alike, and what to say."""

    bits: float = 0.0
    likeness: Likeness = Likeness.MISSING
    words: str = ""


NOTHING = Compared()


# Dates


def compare_dates(question: Question, facts: Facts, *, today: date) -> Compared:
    """Compare when the person asked about was born, or is expected, with what is on file."""
    if facts.is_unborn:
        return _compare_unborn(question, facts)
    if question.is_unborn:
        recent = any(day > today - timedelta(days=200) for day in facts.born)
        if recent or not facts.born:
            return NOTHING
        words = "Already born " + _in_words(facts.born[0])
        return Compared(NOT_UNBORN, Likeness.DIFFERS, words)
    if question.born is None:
        # Contacts are about children: of two who fit as well, the child comes first.
        if facts.born and max(facts.born) > today - GROWN_UP:
            return Compared(CHILD_AND_UNDATED)
        return NOTHING
    if not facts.born:
        return NOTHING
    found = [_compare_day(question, day, facts.is_estimated) for day in facts.born]
    return max(found, key=_by_bits)


def _by_bits(compared: Compared) -> float:
    return compared.bits


def _compare_unborn(question: Question, facts: Facts) -> Compared:
    if question.is_unborn:
        return _compare_expected(question, facts)
    if question.born is None:
        return Compared(UNBORN_AND_UNDATED) if question.is_of_nobody_yet else NOTHING
    whole = question.born.whole
    if whole is None:
        return NOTHING
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
    return NOTHING


def _compare_expected(question: Question, facts: Facts) -> Compared:
    if not (question.expected_on and facts.expected_on):
        return Compared(BOTH_UNBORN, Likeness.ALIKE, "Unborn on file too")
    apart = abs((question.expected_on - facts.expected_on).days)
    if apart > 100:
        return Compared(DATE_DIFFERS, Likeness.DIFFERS, f"Expected {_in_words(facts.expected_on)}")
    near = apart <= 21
    return Compared(
        BOTH_UNBORN + (2.0 if near else 0.0),
        Likeness.SAME if near else Likeness.ALIKE,
        f"Unborn, expected {_in_words(facts.expected_on)}",
    )


def _compare_day(question: Question, day: date, is_estimated: bool) -> Compared:
    asked = question.born
    if asked is None:
        return NOTHING
    whole = asked.whole
    if whole is None:
        return _compare_part_of_day(asked.year, asked.month, day)
    if whole == day:
        if (day.month, day.day) == (1, 1):
            return Compared(DATE_FIRST_OF_JANUARY, Likeness.ALIKE, f"Born {_in_words(day)}")
        return Compared(DATE_SAME, Likeness.SAME, f"Born {_in_words(day)}")
    if (whole.month, whole.day) == (1, 1) or (day.month, day.day) == (1, 1) or is_estimated:
        apart = abs(whole.year - day.year)
        if apart <= 1:
            words = f"Born {_in_words(day)}; one of the dates may be a guess"
            return Compared(DATE_ESTIMATE_NEAR - apart, Likeness.WEAK, words)
        if apart <= 3:
            return Compared(-2.0, Likeness.DIFFERS, f"Born {_in_words(day)}, years apart")
        return Compared(DATE_DIFFERS, Likeness.DIFFERS, f"Born {_in_words(day)}")
    return _compare_whole_days(whole, day)


def _compare_part_of_day(year: int, month: int | None, day: date) -> Compared:
    if year != day.year:
        near = abs(year - day.year) == 1
        return Compared(-1.0 if near else DATE_DIFFERS, Likeness.DIFFERS, f"Born {_in_words(day)}")
    if month is None:
        return Compared(DATE_YEAR_AGREES, Likeness.ALIKE, f"Same year: born {_in_words(day)}")
    if month == day.month:
        return Compared(DATE_MONTH_AGREES, Likeness.ALIKE, f"Same month: born {_in_words(day)}")
    return Compared(DATE_SAME_YEAR, Likeness.DIFFERS, f"Born {_in_words(day)}")


def _compare_whole_days(whole: date, day: date) -> Compared:
    """Compare two dates that differ: is it a slip of the hand, or another birth?"""
    same_year, same_month = whole.year == day.year, whole.month == day.month
    same_day = whole.day == day.day
    if same_year and whole.day == day.month and whole.month == day.day:
        words = f"Born {_in_words(day)}: day and month swapped"
        return Compared(DATE_SWAPPED, Likeness.ALIKE, words)
    if abs((whole - day).days) == 1:
        return Compared(DATE_DAY_BESIDE, Likeness.ALIKE, f"Born {_in_words(day)}, a day apart")
    if same_year + same_month + same_day < 2:
        if same_year:
            words = f"Born {_in_words(day)}, the same year"
            return Compared(DATE_SAME_YEAR, Likeness.DIFFERS, words)
        return Compared(DATE_DIFFERS, Likeness.DIFFERS, f"Born {_in_words(day)}")
    one_figure = f"Born {_in_words(day)}, one figure differs"
    if not same_day:
        if _one_figure(whole.day, day.day):
            return Compared(DATE_ONE_FIGURE, Likeness.ALIKE, one_figure)
        words = f"Born {_in_words(day)}, the same month"
        return Compared(DATE_SAME_MONTH, Likeness.DIFFERS, words)
    if not same_month:
        words = f"Born {_in_words(day)}, another month"
        if abs(whole.month - day.month) == 1 or _one_figure(whole.month, day.month):
            return Compared(DATE_MONTH_BESIDE, Likeness.ALIKE, words)
        return Compared(DATE_SAME_MONTH, Likeness.DIFFERS, words)
    if abs(whole.year - day.year) == 1:
        return Compared(DATE_YEAR_BESIDE, Likeness.ALIKE, f"Born {_in_words(day)}, a year apart")
    if _one_figure(whole.year, day.year):
        return Compared(DATE_ONE_FIGURE, Likeness.ALIKE, one_figure)
    return Compared(-1.0, Likeness.DIFFERS, f"Born {_in_words(day)}, another year")


def _one_figure(one: int, other: int) -> bool:
    first, second = f"{one:04d}", f"{other:04d}"
    return sum(a != b for a, b in zip(first, second, strict=True)) == 1


@lru_cache(maxsize=50_000)
def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


# Places


def compare_places(asked: Place, facts: Facts) -> Compared:
    """Compare an address with everywhere the person lived; the best of them counts."""
    if not (asked.postcode or asked.line) or not facts.places:
        return NOTHING
    found = [_compare_place(asked, place) for place in facts.places]
    return max(found, key=_by_bits)


@lru_cache(maxsize=50_000)
def _compare_place(asked: Place, place: Place) -> Compared:
    earlier = 0.0 if place.is_current else EARLIER_PLACE
    where = "the address" if place.is_current else "an earlier address"
    line = _line_likeness(asked, place)
    postcode = _postcode_likeness(asked.postcode, place.postcode)
    if postcode == Likeness.SAME:
        if line == Likeness.SAME:
            return Compared(PLACE_SAME + earlier, Likeness.SAME, f"Same as {where}")
        if line == Likeness.ALIKE:
            words = f"Same house as {where}; a flat is named on one side only"
            return Compared(PLACE_SAME + FLAT_NOT_SAID + earlier, Likeness.ALIKE, words)
        if line in (Likeness.DIFFERS, Likeness.WEAK):
            words = f"Same postcode as {where}, another house"
            return Compared(POSTCODE_SAME_LINE_DIFFERS + earlier, Likeness.WEAK, words)
        return Compared(POSTCODE_SAME + earlier, Likeness.ALIKE, f"Same postcode as {where}")
    if line in ALIKE:
        flat = 0.0 if line == Likeness.SAME else FLAT_NOT_SAID
        if postcode == Likeness.ALIKE:
            words = f"Same house and street as {where}, postcode nearly"
            return Compared(POSTCODE_SLIP_LINE_SAME + flat + earlier, line, words)
        if postcode == Likeness.MISSING:
            words = f"Same house and street as {where}"
            return Compared(LINE_SAME + flat + earlier, line, words)
        words = f"Same house and street as {where}, another postcode"
        return Compared(LINE_SAME - 2.5 + flat + earlier, Likeness.ALIKE, words)
    if postcode == Likeness.ALIKE and line == Likeness.MISSING:
        words = f"Postcode nearly that of {where}"
        return Compared(POSTCODE_SLIP + earlier, Likeness.WEAK, words)
    if line == Likeness.WEAK:
        return Compared(STREET_SAME + earlier, Likeness.WEAK, f"Same street as {where}")
    if postcode == Likeness.MISSING and line == Likeness.MISSING:
        return NOTHING
    return Compared(PLACE_DIFFERS, Likeness.DIFFERS, "Another address")


def _postcode_likeness(one: str, other: str) -> Likeness:
    if not one or not other:
        return Likeness.MISSING
    if one == other:
        return Likeness.SAME
    return Likeness.ALIKE if is_one_slip(one, other) else Likeness.DIFFERS


def _line_likeness(asked: Place, place: Place) -> Likeness:
    """Say how alike house and street are; ALIKE when only one side names a flat."""
    if not asked.line or not place.line:
        return Likeness.MISSING
    if asked.line == place.line:
        return Likeness.SAME
    street, other = asked.street, place.street
    if not street or not other:
        return Likeness.MISSING
    alike = street == other or (
        nearness(" ".join(street), " ".join(other)) >= 0.88
        and (street[-1] == other[-1] or nearness(street[-1], other[-1]) >= 0.85)
    )
    if not alike:
        return Likeness.DIFFERS
    numbers, others = set(asked.numbers), set(place.numbers)
    if not numbers or not others:
        return Likeness.WEAK
    if numbers == others:
        return Likeness.SAME
    return Likeness.ALIKE if numbers < others or others < numbers else Likeness.WEAK


# Numbers, sex, mother


def compare_numbers(question: Question, facts: Facts) -> Compared:
    """Compare numbers quoted with those on file: equal, one slip, or another number."""
    best = NOTHING
    for kind, value in question.numbers:
        for other_kind, other in facts.numbers:
            if not is_same_kind(kind, other_kind):
                continue
            compared = _compare_number(kind, value, other)
            if best.likeness == Likeness.MISSING or compared.bits > best.bits:
                best = compared
    return best


def _compare_number(kind: str, value: str, other: str) -> Compared:
    shown = identifiers.show_nhs_number(other) if kind == "nhs" else other
    label = "NHS number" if kind == "nhs" else "Pupil number"
    if value == other:
        bits = NUMBER_SAME if valid_number(kind, value) else NUMBER_SAME_UNCHECKED
        return Compared(bits, Likeness.SAME, f"{label} {shown}")
    if is_one_slip(value, other) or _is_two_figures_turned(value, other):
        return Compared(NUMBER_SLIP, Likeness.ALIKE, f"{label} {shown}, one slip apart")
    return Compared(NUMBER_DIFFERS, Likeness.DIFFERS, f"{label} {shown}")


def is_same_kind(asked: str, on_file: str) -> bool:
    """Say whether two numbers are of one kind; a former pupil number is a pupil number."""
    return asked == on_file or (asked == "upn" and on_file == "former_upn")


def is_one_slip(one: str, other: str) -> bool:
    """Say whether one character differs or is missing, or two that stand together are turned."""
    if len(one) != len(other):
        shorter, longer = sorted((one, other), key=len)
        return len(longer) == len(shorter) + 1 and any(
            longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer))
        )
    places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(places) == 1:
        return True
    return (
        len(places) == 2
        and places[1] == places[0] + 1
        and one[places[0]] == other[places[1]]
        and one[places[1]] == other[places[0]]
    )


def _is_two_figures_turned(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return (
        len(places) == 2
        and one[places[0]] == other[places[1]]
        and one[places[1]] == other[places[0]]
    )


def compare_sex(question: Question, facts: Facts) -> Compared:
    """Compare recorded sex; unknown on either side says nothing."""
    if question.sex not in ("M", "F") or facts.sex not in ("M", "F"):
        return NOTHING
    if question.sex == facts.sex:
        return Compared(SEX_SAME, Likeness.SAME, "Same sex")
    words = "Boy or man" if facts.sex == "M" else "Girl or woman"
    return Compared(SEX_DIFFERS, Likeness.DIFFERS, words)


def compare_mothers(question: Question, facts: Facts, comparer: Comparer) -> Compared:
    """Compare the mother's name, where both are known."""
    if not question.mother or not facts.mothers:
        return NOTHING
    best = Compared(MOTHER_DIFFERS, Likeness.DIFFERS, f"Mother {facts.mothers[0].shown}")
    for mother in facts.mothers:
        names = comparer.compare(question.mother, mother)
        if names.given == Likeness.DIFFERS or names.bits <= 0:
            continue
        whole = names.given == Likeness.SAME and names.family == Likeness.SAME
        bits = MOTHER_SAME if whole else min(MOTHER_ALIKE, names.bits)
        if bits > best.bits:
            likeness = Likeness.SAME if whole else Likeness.ALIKE
            best = Compared(bits, likeness, f"Mother {mother.shown}")
    return best
