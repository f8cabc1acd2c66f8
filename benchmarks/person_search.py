"""How well and how fast the known-person search finds people, in a database of its own.

    python -m dev.with_servers -m benchmarks.person_search --recall
    python -m dev.with_servers -m benchmarks.person_search --set people.csv
    python -m dev.with_servers -m benchmarks.person_search --sizes 5000 100000 1000000

`--set` (or MATCHING_SET in the environment) names a file of people on file and people asked about,
in the columns person_id, role (record or query), true_match_id, given_name, family_name,
date_of_birth, sex, postcode, address_line, nhs_number, upn, variation. The last is only for the
table. `--recall` takes the set that MATCHING_SET names, and without one an invented set of our
own, and says which. `--sizes` fills the database with invented people and times the search among
them. The database is made and dropped again.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
django.setup()

from django.db import connection  # noqa: E402 (the registry must be ready)

from accounts.choices import Role  # noqa: E402
from accounts.models import RoleAssignment, User  # noqa: E402
from accounts.permissions import remember  # noqa: E402
from benchmarks.person_set import COLUMNS, Slips  # noqa: E402
from benchmarks.person_sizes import HEADINGS, timed  # noqa: E402
from lib import application_clock  # noqa: E402
from people import matching  # noqa: E402
from people.choices import IdentifierKind, NameKind, RelationshipKind, Source, Stage  # noqa: E402
from people.matching.facts import UNBORN_WORDS, mother_named_in  # noqa: E402
from people.models import (  # noqa: E402
    Address,
    Identifier,
    Person,
    PersonAddress,
    PersonName,
    Relationship,
)

NOW = datetime(2026, 1, 10, 11, tzinfo=UTC)
ON_FILE_SINCE = datetime(2025, 6, 1, 9, tzinfo=UTC)
ASKED = ("given_name", "family_name", "date_of_birth", "sex", "postcode", "address_line")
NUMBERS = ("nhs_number", "upn")
FIRST, FIVE, TEN = 1, 5, 10


# The set


@dataclass(frozen=True)
class Asked:
    """One question of the set and where its right answer stood."""

    kinds: tuple[str, ...]
    is_known: bool
    rank: int | None
    called_same: bool
    wrongly_same: bool
    band: matching.Band


def load(rows: list[dict[str, str]]) -> dict[str, str]:
    """Put the records of a set on file; gives the set's id of each person made."""
    ids: dict[str, str] = {}
    for row in rows:
        if row["role"] != "record":
            continue
        said = set(row["given_name"].lower().split())
        unborn = not row["date_of_birth"] and bool(said & (UNBORN_WORDS | {"baby"}))
        given = "" if unborn else row["given_name"]
        person = Person.objects.create(
            given_name=given,
            family_name=row["family_name"],
            description="" if given or row["family_name"] else "Not named",
            stage=Stage.UNBORN if unborn else Stage.BORN,
            date_of_birth=row["date_of_birth"] or None,
            sex="U" if unborn else row["sex"] or "U",
            recorded_at=ON_FILE_SINCE,
        )
        ids[str(person.pk)] = row["person_id"]
        common: dict[str, Any] = {"source": Source.WORKER, "recorded_at": ON_FILE_SINCE}
        if given or row["family_name"]:
            PersonName.objects.create(
                person=person,
                kind=NameKind.CURRENT,
                given_name=given,
                family_name=row["family_name"],
                **common,
            )
        if row["postcode"] or row["address_line"]:
            address, _ = Address.objects.get_or_create(
                key=f"{row['address_line']}|{row['postcode']}".lower(),
                defaults={
                    "line": row["address_line"],
                    "postcode": row["postcode"],
                    "recorded_at": ON_FILE_SINCE,
                },
            )
            PersonAddress.objects.create(person=person, address=address, **common)
        for kind, column in ((IdentifierKind.NHS, "nhs_number"), (IdentifierKind.UPN, "upn")):
            if row[column]:
                Identifier.objects.create(
                    person=person, kind=kind, value=row[column], is_valid=True, **common
                )
        named = mother_named_in(row["given_name"])
        if unborn and named:
            mother = Person.objects.create(
                given_name=" ".join(named).title(), recorded_at=ON_FILE_SINCE
            )
            Relationship.objects.create(
                person=mother, other=person, kind=RelationshipKind.MOTHER, **common
            )
    return ids


def ask(
    rows: list[dict[str, str]], ids: dict[str, str], by: User, without: set[str]
) -> list[Asked]:
    """Ask every question of the set, leaving some columns out."""
    answers = []
    for row in rows:
        if row["role"] != "query":
            continue
        columns = [column for column in (*ASKED, *NUMBERS) if column not in without]
        typed: dict[str, Any] = {column: row[column] for column in columns}
        answer = matching.candidates(by=by, **typed)
        order = [ids.get(str(candidate.person_id), "") for candidate in answer.candidates]
        right = row["true_match_id"]
        same = {
            ids.get(str(candidate.person_id), "")
            for candidate in answer.candidates
            if candidate.band == matching.Band.SAME
        }
        answers.append(
            Asked(
                kinds=tuple(row["variation"].split(";")),
                is_known=bool(right),
                rank=order.index(right) + 1 if right in order else None,
                called_same=bool(right) and right in same,
                wrongly_same=bool(same - {right}),
                band=answer.band,
            )
        )
    return answers


def share(of: list[Asked], holds: Callable[[Asked], bool]) -> str:
    """Give a share as three decimals."""
    return f"{sum(map(holds, of)) / len(of):.3f}" if of else "-"


def within(most: int) -> Callable[[Asked], bool]:
    """Give the question whether the right record stood among the first `most`."""
    return lambda asked: asked.rank is not None and asked.rank <= most


def table(title: str, answers: list[Asked], *, by_kind: bool) -> None:
    """Print what one way of asking found."""
    known = [asked for asked in answers if asked.is_known]
    unknown = [asked for asked in answers if not asked.is_known]
    print(f"\n{title}\n")
    print("| Known people | n | r@1 | r@5 | r@10 | called same | another called same |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    groups: dict[str, list[Asked]] = {"all": known}
    if by_kind:
        kinds = sorted({kind for asked in known for kind in asked.kinds})
        groups |= {kind: [asked for asked in known if kind in asked.kinds] for kind in kinds}
    for kind, group in groups.items():
        figures = [share(group, within(most)) for most in (FIRST, FIVE, TEN)]
        figures.append(share(group, lambda asked: asked.called_same))
        figures.append(share(group, lambda asked: asked.wrongly_same))
        print(f"| {kind} | {len(group)} | {' | '.join(figures)} |")
    print("\n| Unknown people | n | wrongly called same | shown as possible | family | nobody |")
    print("| --- | --- | --- | --- | --- | --- |")
    strangers: dict[str, list[Asked]] = defaultdict(list)
    for asked in unknown:
        strangers["all"].append(asked)
        for kind in asked.kinds:
            if kind.startswith("unknown"):
                strangers[kind].append(asked)
    for kind, group in strangers.items():
        bands = Counter(asked.band for asked in group)
        figures = [share(group, lambda asked: asked.wrongly_same)]
        figures += [
            f"{bands[band] / len(group):.3f}"
            for band in (matching.Band.POSSIBLE, matching.Band.RELATIVE, matching.Band.NOBODY)
        ]
        print(f"| {kind} | {len(group)} | {' | '.join(figures)} |")


def rows_of(path: Path | None) -> list[dict[str, str]]:
    """Read a set; where there is none, make one of our own and say so."""
    if path is not None and path.is_file():
        print(f"Measured on {path.name}")
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    why = f"{path} is not there" if path else "No set is named: MATCHING_SET=people.csv names one"
    print(f"{why}. Measured on an invented set of our own: benchmarks.person_set --seed 1")
    made = Slips(1).rows(4_000, 2_500)
    return [
        {**dict.fromkeys(COLUMNS, ""), "person_id": f"Q{number:06}"} | row
        for number, row in enumerate(made)
    ]


def evaluate(rows: list[dict[str, str]], by: User) -> None:
    """Load a set and print how well it is answered, with and without some columns."""
    started = time.perf_counter()
    ids = load(rows)
    for _ in matching.rebuild():
        pass
    matching.refresh_frequencies()
    print(f"{len(ids):,} people put on file in {time.perf_counter() - started:.0f} s")
    numbers: set[str] = set(NUMBERS)
    address = {"postcode", "address_line"}
    ways: tuple[tuple[str, set[str], bool], ...] = (
        ("Without identifiers", numbers, True),
        ("With identifiers", set(), False),
        ("Without identifiers and address", numbers | address, False),
        ("Without identifiers and date of birth", numbers | {"date_of_birth"}, False),
        ("Name and date of birth only", numbers | address | {"sex"}, False),
    )
    for title, without, by_kind in ways:
        table(title, ask(rows, ids, by, without), by_kind=by_kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", type=Path, default=os.environ.get("MATCHING_SET") or None)
    parser.add_argument("--recall", action="store_true", help="of MATCHING_SET, or our own set")
    parser.add_argument("--sizes", type=int, nargs="*", default=[])
    options = parser.parse_args()
    if not (options.set or options.recall or options.sizes):
        parser.error("name a set with --set, or ask for --recall or --sizes")
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"person_search_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with application_clock.set_to(NOW):
            by = User.objects.create(email="bench@slough.example", full_name="Bench Testwood")
            RoleAssignment.objects.create(user=by, role=Role.CONTACT_OFFICER, from_at=ON_FILE_SINCE)
            remember(by)  # as every request does
            if options.set or options.recall:
                evaluate(rows_of(Path(options.set) if options.set else None), by)
            if options.sizes:
                print(f"\n{HEADINGS}")
            for size in options.sizes:
                timed(size, by, now=NOW, since=ON_FILE_SINCE)
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    main()
