"""The known-person search on a set held in memory: the same functions, without a database.

    python -m benchmarks.person_memory people.csv more.csv

It takes a minute where `person_search` takes several, so that a rule is tried on many sets.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
django.setup()

from people.matching import comparing, short_names  # noqa: E402 (the registry must be ready)
from people.matching.facts import UNBORN_WORDS, Facts, Name, Place, Question, mother_named_in  # noqa: E402
from people.matching.judging import SHOWN_FROM, Band  # noqa: E402
from people.matching.keys import Looks, keys_of  # noqa: E402
from people.matching.names import Frequencies  # noqa: E402
from people.matching.search import A_CROWD, Judged, Search  # noqa: E402

TODAY = date(2026, 1, 10)
ON_FILE_SINCE = date(2025, 6, 1)
NUMBERS = frozenset({"nhs_number", "upn"})
ADDRESS = frozenset({"postcode", "address_line"})
WAYS: tuple[tuple[str, frozenset[str]], ...] = (
    ("without identifiers", NUMBERS),
    ("with identifiers", frozenset()),
    ("without identifiers and address", NUMBERS | ADDRESS),
    ("without identifiers and date of birth", NUMBERS | {"date_of_birth"}),
    ("name and date of birth only", NUMBERS | ADDRESS | {"sex"}),
)
ASKED = ("given_name", "family_name", "date_of_birth", "sex", *sorted(ADDRESS), *sorted(NUMBERS))
Row = dict[str, str]


def facts_of(row: Row) -> Facts:
    """Give what is on file of a row of a set."""
    said = set(row["given_name"].lower().split())
    unborn = not row["date_of_birth"] and bool(said & (UNBORN_WORDS | {"baby"}))
    given = "" if unborn else row["given_name"]
    mother = mother_named_in(row["given_name"]) if unborn else ()
    born = (date.fromisoformat(row["date_of_birth"]),) if row["date_of_birth"] else ()
    kept = (("nhs", row["nhs_number"]), ("upn", row["upn"]))
    return Facts(
        names=(Name.of(given, row["family_name"]),) if given or row["family_name"] else (),
        born=born,
        is_unborn=unborn,
        sex="U" if unborn else row["sex"] or "U",
        places=(Place.of(row["address_line"], row["postcode"]),)
        if row["address_line"] or row["postcode"]
        else (),
        numbers=tuple((kind, value) for kind, value in kept if value),
        mothers=(Name.of(" ".join(mother).title(), ""),) if mother else (),
        recorded_on=ON_FILE_SINCE,
    )


class Records:
    """The people on file of a set, with their keys."""

    def __init__(self, rows: list[Row]) -> None:
        on_file = [row for row in rows if row["role"] == "record"]
        fuller = short_names.fuller()
        self.ids = {str(UUID(int=n)): row["person_id"] for n, row in enumerate(on_file, 1)}
        self.facts = {str(UUID(int=n)): facts_of(row) for n, row in enumerate(on_file, 1)}
        self.under: dict[int, list[str]] = defaultdict(list)
        bearers: Counter[str] = Counter()
        for pk, facts in self.facts.items():
            for key in keys_of(facts, fuller):
                self.under[key].append(pk)
            bearers.update({part for name in facts.names for part in name.parts})
        self.frequencies = Frequencies(len(self.facts), bearers, fuller)


class InMemory(Search):
    """A search among records held in memory."""

    def __init__(self, question: Question, records: Records) -> None:
        super().__init__(question, today=TODAY, frequencies=records.frequencies)
        self.records = records

    def _find(self, looks: Looks) -> list[tuple[str, int, bool]]:
        masks: dict[str, int] = defaultdict(int)
        for key, slot in zip(looks.keys, looks.slots, strict=True):
            for pk in self.records.under.get(key, [])[: 2 * A_CROWD]:
                masks[pk] |= 1 << slot
        return [(pk, mask, False) for pk, mask in masks.items()]

    def _read(self, ids: list[str]) -> list[tuple[str, Facts]]:
        return [(pk, self.records.facts[pk]) for pk in ids]

    def likely(self) -> list[tuple[Judged, Band]]:
        """Give who is shown, best first, with the band each is shown under."""
        self.run()
        shown = [
            one
            for one in self.open.values()
            if one.scored.score >= SHOWN_FROM and one.scored.band != Band.NOBODY
        ]
        shown.sort(key=lambda one: (-one.scored.score, one.person_id))
        alone = [one for one in shown if one.scored.is_same_if_alone]
        return [(one, Band.SAME if alone == [one] else one.scored.band) for one in shown[:10]]


@dataclass(frozen=True)
class Answered:
    """One question of a set and what it came to."""

    kind: str
    is_known: bool
    rank: int | None
    called_same: bool
    another_called_same: bool
    band: Band


def answered(row: Row, records: Records, *, without: frozenset[str]) -> Answered:
    """Ask one question of a set, leaving some columns out."""
    typed = {name: "" if name in without else row[name] for name in ASKED}
    found = InMemory(Question.read(today=TODAY, **typed), records).likely()
    order = [records.ids[str(one.person_id)] for one, _ in found]
    same = {records.ids[str(one.person_id)] for one, band in found if band == Band.SAME}
    right = row["true_match_id"]
    bands = {band for _, band in found}
    return Answered(
        kind=row["variation"].split(";")[0],
        is_known=bool(right),
        rank=order.index(right) + 1 if right in order else None,
        called_same=bool(right) and right in same,
        another_called_same=bool(same - {right}),
        band=next((band for band in Band if band in bands), Band.NOBODY),
    )


HEADINGS = (
    "| Set | Asked | r@1 | r@5 | r@10 | called same | another called same | unknown called same |"
    " siblings | twins | unknown shown as possible |\n" + "| --- " * 11 + "|"
)


def line(name: str, asked: str, answers: list[Answered]) -> str:
    """Give one line of the table."""
    known = [each for each in answers if each.is_known]
    unknown = [each for each in answers if not each.is_known]
    siblings = [each for each in unknown if each.kind == "unknown_sibling"]
    twins = [each for each in unknown if each.kind == "unknown_twin"]

    def share(of: list[Answered], number: int) -> str:
        return f"{number / len(of):.3f}" if of else "-"

    figures = [
        share(known, sum(each.rank is not None and each.rank <= most for each in known))
        for most in (1, 5, 10)
    ]
    figures += [
        share(known, sum(each.called_same for each in known)),
        share(known, sum(each.another_called_same for each in known)),
        *(
            share(group, sum(each.another_called_same for each in group))
            for group in (unknown, siblings, twins)
        ),
        share(unknown, sum(each.band == Band.POSSIBLE for each in unknown)),
    ]
    return f"| {name} | {asked} | {' | '.join(figures)} |"


def main() -> None:
    """Print a line for each way of asking of each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--ways", type=int, default=len(WAYS), help="the first so many only")
    parser.add_argument("--weights", type=Path, help="what learn_weights wrote, to be tried")
    options = parser.parse_args()
    if options.weights:
        for name, weight in json.loads(options.weights.read_text()).items():
            setattr(comparing, name, weight)
    print(HEADINGS)
    for path in options.sets:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        records = Records(rows)
        for asked, without in WAYS[: options.ways]:
            answers = [
                answered(row, records, without=without) for row in rows if row["role"] == "query"
            ]
            print(line(path.stem, asked, answers), flush=True)


if __name__ == "__main__":
    main()
