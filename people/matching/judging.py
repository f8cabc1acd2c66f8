"""How likely it is that a record is the person asked about.

Weights are bits: log2 of how much more often two things agree for one person than by chance
(Fellegi and Sunter). A rare name agreeing weighs more than a common one. What nobody said weighs
nothing. Members of a household share surname and address, so those never make a first name that
differs into the same child. Scores are absolute: a record is judged by itself, never against the
best one found, so that the answer can be "nobody".
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from people.matching.comparing import (
    DATE_SAME_YEAR,
    Compared,
    compare_dates,
    compare_mothers,
    compare_numbers,
    compare_places,
    compare_sex,
)
from people.matching.facts import Facts, Question
from people.matching.names import ALIKE, NOTHING_COMPARED, Comparer, Likeness, NamesCompared

# Bands, in bits above or below even odds
SAME_FROM = 3.0
SAME_BY_SLIPPED_DATE_FROM = 4.0
SAME_BY_GUESSED_DATE_FROM = 4.0
SAME_ELSEWHERE_FROM = 5.0
SAME_BY_INITIAL_FROM = 8.0
POSSIBLE_FROM = -4.5
BORN_OTHERWISE_FROM = 3.0
POSSIBLY_ANOTHER_FROM = -2.5
SHOWN_FROM = -11.0
RELATIVE_HOUSEHOLD_BITS = 8.0
MOST_HOUSEHOLD_BITS = 15.0


class Band(StrEnum):
    """What a candidate is to the person asked about, the nearest first."""

    SAME = "same"
    POSSIBLE = "possible"
    RELATIVE = "relative"
    NOBODY = "nobody"


class Scored(NamedTuple):
    """One record judged: `score` is in bits above or below even odds.

    `is_same_if_alone`: possible, and very likely the same if no other child of that birth lives
    there.
    """

    score: float
    band: Band
    names: NamesCompared
    born: Compared
    sex: Compared
    place: Compared
    numbers: Compared
    mother: Compared
    is_same_if_alone: bool = False


def judge(question: Question, facts: Facts, comparer: Comparer, *, today: date) -> Scored:
    """Judge one record against the question; `reasons.explain` puts what is shown into words."""
    names = best_name(question, facts, comparer)
    born = compare_dates(question, facts, today=today)
    sex = compare_sex(question, facts)
    place = compare_places(question.place, facts)
    numbers = compare_numbers(question, facts)
    mother = compare_mothers(question, facts, comparer)
    household = min(names.family_bits + place.bits + mother.bits, MOST_HOUSEHOLD_BITS)
    own = names.given_bits + born.bits + sex.bits + numbers.bits
    score = own + household - comparer.frequencies.prior
    judged = Scored(round(score, 2), Band.NOBODY, names, born, sex, place, numbers, mother)
    band = _band(judged, household, facts, question)
    alone = band == Band.POSSIBLE and _is_same_if_alone(judged)
    return judged._replace(band=band, is_same_if_alone=alone)


def best_name(question: Question, facts: Facts, comparer: Comparer) -> NamesCompared:
    """Give the best comparison of any name asked with any name on file."""
    best = NOTHING_COMPARED
    for asked in question.names:
        for name in facts.names:
            if name.given_parts or name.family_parts:
                compared = comparer.compare(asked, name)
                if best.name is None or compared.bits > best.bits:
                    best = compared
    return best


def _band(judged: Scored, household: float, facts: Facts, question: Question) -> Band:
    score, names = judged.score, judged.names
    if judged.numbers.likeness == Likeness.SAME and score >= SAME_FROM:
        contradicted = Likeness.DIFFERS == names.given == judged.born.likeness
        return Band.POSSIBLE if contradicted else Band.SAME
    other_child = names.given == Likeness.DIFFERS or (
        names.given in (Likeness.MISSING, Likeness.WEAK)
        and judged.born.likeness == Likeness.DIFFERS
    )
    if other_child:
        one_home = judged.place.likeness in ALIKE and (names.family in ALIKE or not question.names)
        if one_home or judged.mother.likeness in ALIKE or household >= RELATIVE_HOUSEHOLD_BITS:
            return Band.RELATIVE
        if judged.numbers.likeness != Likeness.ALIKE:
            return Band.POSSIBLE if score >= POSSIBLY_ANOTHER_FROM else Band.NOBODY
    if score >= SAME_FROM and _has_own_evidence(judged, facts, question):
        return Band.SAME
    needed = BORN_OTHERWISE_FROM if _is_another_birth(judged) else POSSIBLE_FROM
    if score >= needed or _is_only_of_that_place(judged, question):
        return Band.POSSIBLE
    return Band.NOBODY


def _is_only_of_that_place(judged: Scored, question: Question) -> bool:
    """Say whether an address, with or without a part of the name, is all there is, and agrees.

    However many are on file, few live at one address; whoever does is shown.
    """
    names = {judged.names.given, judged.names.family}
    others = {judged.born.likeness, judged.numbers.likeness, judged.mother.likeness}
    return (
        judged.place.likeness in ALIKE
        and others == {Likeness.MISSING}
        and judged.sex.likeness != Likeness.DIFFERS
        and Likeness.DIFFERS not in names
        and (not question.names or not names.isdisjoint(ALIKE))
    )


def _is_another_birth(judged: Scored) -> bool:
    """Say whether only a name speaks for one who was born at another time: others bear it."""
    return (
        judged.born.likeness == Likeness.DIFFERS
        and judged.born.bits <= DATE_SAME_YEAR
        and judged.place.likeness not in ALIKE
        and judged.mother.likeness not in ALIKE
        and judged.numbers.likeness not in ALIKE
    )


def _has_own_evidence(judged: Scored, facts: Facts, question: Question) -> bool:
    """Say whether something beyond the household speaks for this very person.

    Twins share everything but the first name, so without it nobody is the same; an initial will do
    where all else agrees. A name alone is nobody either: others bear it. The less sure the date,
    the more the rest must say.
    """
    score, names, born, place = judged.score, judged.names, judged.born, judged.place
    if facts.is_unborn:
        at_that_time = born.likeness == Likeness.WEAK and place.likeness in ALIKE
        return question.is_unborn or born.likeness in ALIKE or at_that_time
    if names.given in ALIKE:
        if born.likeness == Likeness.SAME:
            elsewhere = Likeness.DIFFERS == names.family == place.likeness
            return not elsewhere or score >= SAME_ELSEWHERE_FROM
        if born.likeness == Likeness.ALIKE:
            return score >= SAME_BY_SLIPPED_DATE_FROM
        if born.likeness == Likeness.WEAK:
            return place.likeness in ALIKE or (
                names.family in ALIKE and score >= SAME_BY_GUESSED_DATE_FROM
            )
        return born.likeness == Likeness.MISSING and place.likeness in ALIKE
    if names.is_initial and score >= SAME_BY_INITIAL_FROM:
        at_home = place.likeness in ALIKE and names.family in ALIKE
        if born.likeness == Likeness.SAME:
            return judged.sex.likeness == Likeness.SAME or at_home
        return born.likeness == Likeness.ALIKE and at_home
    return False


def _is_same_if_alone(judged: Scored) -> bool:
    """Say whether only a twin could be meant instead: no first name, all else agrees."""
    return (
        judged.score >= SAME_BY_INITIAL_FROM
        and judged.names.given == Likeness.MISSING
        and judged.names.family in ALIKE
        and judged.born.likeness == Likeness.SAME
        and judged.place.likeness == Likeness.SAME
        and judged.sex.likeness != Likeness.DIFFERS
    )
