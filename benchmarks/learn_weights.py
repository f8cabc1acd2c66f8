"""Learn weights of dates, places and sex from a set, and print them beside those that are shipped.

    python -m benchmarks.learn_weights people.csv
    python -m benchmarks.learn_weights people.csv --labelled --write weights.json
    python -m benchmarks.person_memory people.csv --weights weights.json

A weight is log2(m / u): how much more often two facts compare so for one person (m) than for two
taken at random (u). No label is needed: u is counted among pairs taken at random, m is found by
expectation and maximisation among pairs that share the name, or the birth, for what was not
shared. `--labelled` counts m among the right answers of the set instead. The same set and seed
give the same table. Nothing is changed by it: whoever takes a weight over writes it into
`people/matching/comparing.py` and measures again.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.person_memory import ASKED, NUMBERS, TODAY, Records, Row
from people.matching import comparing
from people.matching.facts import Facts, Question
from people.matching.judging import judge
from people.matching.names import ALIKE, Comparer

AT_RANDOM = 200_000
ROUNDS = 30
FEW = 0.5  # added to every count, so that what was never seen is not impossible
MARK = 1e-7  # tells weights of one size apart
ABOUT = ("born", "place", "sex")
CONSTANTS: Mapping[str, tuple[str, ...]] = {
    "born": (
        "DATE_SAME",
        "DATE_FIRST_OF_JANUARY",
        "DATE_SWAPPED",
        "DATE_DAY_BESIDE",
        "DATE_MONTH_BESIDE",
        "DATE_YEAR_BESIDE",
        "DATE_ONE_FIGURE",
        "DATE_ESTIMATE_NEAR",
        "DATE_SAME_MONTH",
        "DATE_SAME_YEAR",
        "DATE_DIFFERS",
    ),
    "place": (
        "PLACE_SAME",
        "LINE_SAME",
        "POSTCODE_SAME",
        "POSTCODE_SAME_LINE_DIFFERS",
        "POSTCODE_SLIP_LINE_SAME",
        "POSTCODE_SLIP",
        "STREET_SAME",
        "PLACE_DIFFERS",
    ),
    "sex": ("SEX_SAME", "SEX_DIFFERS"),
}
Pattern = tuple[str, ...]  # of one pair, what each fact came to; empty where nothing was said


@contextmanager
def marked() -> Iterator[dict[str, dict[float, str]]]:
    """Make every weight differ a little for a while; gives by fact and weight what it is called."""
    shipped = {name: getattr(comparing, name) for names in CONSTANTS.values() for name in names}
    called: dict[str, dict[float, str]] = {about: {} for about in ABOUT}
    try:
        for about, constants in CONSTANTS.items():
            for place, name in enumerate(constants, 1):
                weight = shipped[name] + place * MARK
                setattr(comparing, name, weight)
                called[about][round(weight, 9)] = name
        comparing._compare_place.cache_clear()
        yield called
    finally:
        for name, weight in shipped.items():
            setattr(comparing, name, weight)
        comparing._compare_place.cache_clear()


class Pairs:
    """Pairs of a question and a record, compared."""

    def __init__(
        self, rows: list[Row], records: Records, names: dict[str, dict[float, str]]
    ) -> None:
        self.names = names
        self.comparer = Comparer(records.frequencies)
        self.records = list(records.facts.items())
        self.ids = records.ids
        self.questions = [
            (
                row["true_match_id"],
                Question.read(
                    today=TODAY, **{name: "" if name in NUMBERS else row[name] for name in ASKED}
                ),
            )
            for row in rows
            if row["role"] == "query"
        ]

    def pattern(self, question: Question, facts: Facts) -> Pattern:
        """Give what each fact of a pair came to, by the name of its weight."""
        found = []
        for about, compared in (
            ("born", comparing.compare_dates(question, facts, today=TODAY)),
            ("place", comparing.compare_places(question.place, facts)),
            ("sex", comparing.compare_sex(question, facts)),
        ):
            found.append(self.names[about].get(round(compared.bits, 9), ""))
        return tuple(found)

    def at_random(self, dice: random.Random) -> Counter[Pattern]:
        """Compare pairs taken at random, who are two people."""
        found: Counter[Pattern] = Counter()
        for _ in range(AT_RANDOM):
            right, question = dice.choice(self.questions)
            pk, facts = dice.choice(self.records)
            if self.ids[pk] != right:
                found[self.pattern(question, facts)] += 1
        return found

    def right(self) -> Counter[Pattern]:
        """Compare the right answers of the set."""
        facts = {self.ids[pk]: each for pk, each in self.records}
        return Counter(
            self.pattern(question, facts[right]) for right, question in self.questions if right
        )

    def sharing(self) -> tuple[Counter[Pattern], Counter[Pattern]]:
        """Compare pairs that share the whole name, and pairs that share the birth."""
        by_birth: dict[str, list[Facts]] = {}
        by_sound: dict[str, list[Facts]] = {}
        for _, facts in self.records:
            for born in facts.born:
                by_birth.setdefault(born.isoformat(), []).append(facts)
            for part in {part for name in facts.names for part in name.parts}:
                by_sound.setdefault(part, []).append(facts)
        name: Counter[Pattern] = Counter()
        birth: Counter[Pattern] = Counter()
        for _, question in self.questions:
            whole = question.born.whole if question.born else None
            if whole is not None:
                for facts in by_birth.get(whole.isoformat(), []):
                    birth[self.pattern(question, facts)] += 1
            parts = {part for each in question.names for part in each}
            rare = min((by_sound[part] for part in parts if part in by_sound), key=len, default=[])
            for facts in rare:
                judged = judge(question, facts, self.comparer, today=TODAY)
                if judged.names.given in ALIKE and judged.names.family in ALIKE:
                    name[self.pattern(question, facts)] += 1
        return name, birth


Shares = dict[str, dict[str, float]]


def shares(patterns: Mapping[Pattern, float]) -> Shares:
    """Give, of each fact, how often it came to what, where something was said."""
    found: Shares = {}
    for place, about in enumerate(ABOUT):
        counts = dict.fromkeys(CONSTANTS[about], FEW)
        for pattern, number in patterns.items():
            if pattern[place]:
                counts[pattern[place]] += number
        whole = sum(counts.values())
        found[about] = {name: count / whole for name, count in counts.items()}
    return found


def maximised(patterns: Counter[Pattern], u: Shares, *, without: Iterable[str]) -> Shares:
    """Find m by expectation and maximisation, u being known, leaving out what the pairs share."""
    told = [about for about in ABOUT if about not in without]
    m = {about: _first_guess(about) for about in ABOUT}
    one_person = 0.3
    for _ in range(ROUNDS):
        weights: dict[Pattern, float] = {}
        for pattern in patterns:
            ones, twos = one_person, 1 - one_person
            for place, about in enumerate(ABOUT):
                if about in told and pattern[place]:
                    ones *= m[about][pattern[place]]
                    twos *= u[about][pattern[place]]
            weights[pattern] = ones / (ones + twos)
        expected = {pattern: weights[pattern] * patterns[pattern] for pattern in patterns}
        one_person = sum(expected.values()) / sum(patterns.values())
        m = shares(expected)
    return m


def _first_guess(about: str) -> dict[str, float]:
    """Guess that facts of one person mostly agree: the first of each list of weights."""
    rest = len(CONSTANTS[about]) - 1
    return {name: 0.8 if place == 0 else 0.2 / rest for place, name in enumerate(CONSTANTS[about])}


def learnt(rows: list[Row], *, seed: int, labelled: bool) -> tuple[Shares, Shares]:
    """Give m and u of every weight."""
    with marked() as names:
        pairs = Pairs(rows, Records(rows), names)
        u = shares(pairs.at_random(random.Random(seed)))
        if labelled:
            return shares(pairs.right()), u
        by_name, by_birth = pairs.sharing()
    of_name = maximised(by_name, u, without=())
    of_birth = maximised(by_birth, u, without=("born",))
    return {"born": of_name["born"], "place": of_birth["place"], "sex": of_birth["sex"]}, u


def main() -> None:
    """Print the table; write the weights where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("--labelled", action="store_true", help="count the right answers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help="a file for the weights, as JSON")
    options = parser.parse_args()
    with options.set.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    shipped = {
        name: getattr(comparing, name) for constants in CONSTANTS.values() for name in constants
    }
    m, u = learnt(rows, seed=options.seed, labelled=options.labelled)
    print("| Weight | m | u | learnt, bits | shipped, bits |\n| --- | --- | --- | --- | --- |")
    weights = {}
    for about, constants in CONSTANTS.items():
        for name in constants:
            weights[name] = round(math.log2(m[about][name] / u[about][name]), 1)
            print(
                f"| {name} | {m[about][name]:.4f} | {u[about][name]:.6f} | {weights[name]:.1f} |"
                f" {shipped[name]:.1f} |"
            )
    if options.write:
        options.write.write_text(json.dumps(weights, indent=2) + "\n")


if __name__ == "__main__":
    main()
