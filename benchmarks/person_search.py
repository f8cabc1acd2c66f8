"""How well and how fast the known-person search finds people, in a database of its own.

    python -m dev.with_servers -m benchmarks.person_search --set people.csv
    python -m dev.with_servers -m benchmarks.person_search --sizes 5000 100000 1000000

`--set` (or MATCHING_SET in the environment) names a file of people on file and people asked about,
in the columns person_id, role (record or query), true_match_id, given_name, family_name,
date_of_birth, sex, postcode, address_line, nhs_number, upn, variation. The last is only for the
table. `--sizes` fills the database with invented people and times the search among them. The
database is made and dropped again.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import random
import statistics
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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
from lib import application_clock  # noqa: E402
from people import matching  # noqa: E402
from people.choices import IdentifierKind, NameKind, RelationshipKind, Source, Stage  # noqa: E402
from people.matching.facts import (  # noqa: E402
    UNBORN_WORDS,
    Facts,
    Name,
    Place,
    mother_named_in,
)
from people.matching.keys import keys_of  # noqa: E402
from people.models import (  # noqa: E402
    Address,
    Identifier,
    Person,
    PersonAddress,
    PersonName,
    Relationship,
    SearchKeys,
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


def evaluate(path: Path, by: User) -> None:
    """Load a set and print how well it is answered, with and without some columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
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


# The sizes


_STARTS = "b d f g h j k l m n r s t w z sh kh mo ma ab al an is ra"
_MIDDLES = "a e i o u aa ee ia ai ar an il im or ur"
_ENDS = "n m r l d sh z f t na ra da la ya ta li di ri"
STARTS, MIDDLES, ENDS = _STARTS.split(), _MIDDLES.split(), _ENDS.split()
AREAS = ("SL", "RG", "UB", "HP")
HOUSEHOLD = (1, 5)
PEOPLE_TO_A_POSTCODE = 40


def invented(kind: str, count: int) -> list[str]:
    """Give that many invented names; the same every time."""
    dice = random.Random(kind)
    found: dict[str, None] = {}
    while len(found) < count:
        name = dice.choice(STARTS) + dice.choice(MIDDLES) + dice.choice(ENDS)
        if dice.random() < 0.6:
            name += dice.choice(MIDDLES) + dice.choice(ENDS)
        found[name.title()] = None
    return list(found)


def unequal(count: int) -> list[float]:
    """Give how common each name is: a few very, most hardly."""
    total, weights = 0.0, []
    for place in range(1, count + 1):
        total += place**-0.8
        weights.append(total)
    return weights


def population(size: int) -> Iterator[tuple[str, str, date, str, str, str]]:
    """Give invented people, household by household: names, birth, sex, address and postcode."""
    dice = random.Random(size)
    given, family = invented("given", 3_000), [f"{n}wood" for n in invented("family", 6_000)]
    how_given, how_family = unequal(len(given)), unequal(len(family))
    postcodes = max(size // PEOPLE_TO_A_POSTCODE, 1)
    made = 0
    while made < size:
        surname = dice.choices(family, cum_weights=how_family)[0]
        where = dice.randrange(postcodes)
        letters = f"{'ABDEFGHJLN'[where % 10]}{'PQRSTUWXYZ'[where // 10 % 10]}"
        outward = f"{AREAS[where // 100 % 4]}{where // 4_000 + 1}"
        postcode = f"{outward} {where // 400 % 10}{letters}"
        line = f"{dice.randint(1, 200)} {surname[:-4]} {dice.choice(['Road', 'Lane', 'Close'])}"
        for _ in range(min(dice.randint(*HOUSEHOLD), size - made)):
            years = dice.randint(0, 18) if dice.random() < 0.6 else dice.randint(19, 55)
            born = NOW.date() - timedelta(days=years * 365 + dice.randrange(365))
            first = dice.choices(given, cum_weights=how_given)[0]
            yield first, surname, born, dice.choice("MF"), line, postcode
            made += 1


def fill(size: int) -> list[tuple[uuid.UUID, Facts]]:
    """Fill the database with invented people; gives a few hundred of them to ask for."""
    people, keys = io.StringIO(), io.StringIO()
    columns = [str(field.column) for field in Person._meta.concrete_fields]
    asked_for: list[tuple[uuid.UUID, Facts]] = []
    every = max(size // 400, 1)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE people_person CASCADE")

    def flush() -> None:
        for table_name, names, buffer in (
            (Person._meta.db_table, columns, people),
            (SearchKeys._meta.db_table, ["person_id", "keys", "profile"], keys),
        ):
            buffer.seek(0)
            with connection.cursor() as cursor:
                cursor.copy_expert(f"COPY {table_name} ({', '.join(names)}) FROM STDIN", buffer)
            buffer.seek(0)
            buffer.truncate()

    for number, (given, family, born, sex, line, postcode) in enumerate(population(size)):
        pk = uuid.UUID(int=random.Random(number).getrandbits(128), version=4)
        facts = Facts(
            names=(Name.of(given, family),),
            born=(born,),
            sex=sex,
            places=(Place.of(line, postcode),),
            recorded_on=ON_FILE_SINCE.date(),
        )
        person = Person(
            pk=pk,
            given_name=given,
            family_name=family,
            date_of_birth=born,
            sex=sex,
            recorded_at=ON_FILE_SINCE,
        )
        values = [field.value_from_object(person) for field in Person._meta.concrete_fields]
        people.write("\t".join(map(_copied, values)) + "\n")
        listed = "{" + ",".join(f'"{key}"' for key in keys_of(facts)) + "}"
        kept = json.dumps(facts.to_json()).replace("\\", "\\\\")
        keys.write(f"{pk}\t{listed}\t{kept}\n")
        if number % every == 0:
            asked_for.append((pk, facts))
        if number % 20_000 == 19_999:
            flush()
            print(f"\r{number + 1:,} people", end="", file=sys.stderr, flush=True)
    flush()
    print(file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) people_searchkeys")
        cursor.execute("VACUUM (ANALYZE) people_person")
    matching.refresh_frequencies()
    return asked_for


def _copied(value: object) -> str:
    if value is None:
        return "\\N"
    return str(value).replace("\\", "\\\\").replace("\t", " ")


def questions(people: list[tuple[uuid.UUID, Facts]]) -> Iterator[tuple[uuid.UUID, dict[str, Any]]]:
    """Give a question about each: spelt or dated wrong, or with parts left out."""
    dice = random.Random(7)
    for pk, facts in people:
        (name,), (born,), (place,) = facts.names, facts.born, facts.places
        given, family = name.given, name.family
        asked: dict[str, Any] = {
            "given_name": given,
            "family_name": family,
            "date_of_birth": born.isoformat(),
            "sex": facts.sex,
            "postcode": place.postcode,
            "address_line": place.line,
        }
        for slip in dice.sample(range(7), 2):
            if slip == 0:
                at = dice.randrange(1, len(given))
                asked["given_name"] = given[:at] + dice.choice("aeiourst") + given[at + 1 :]
            elif slip == 1:
                asked["given_name"], asked["family_name"] = asked["family_name"], given
            elif slip == 2:
                asked["date_of_birth"] = (born + timedelta(days=1)).isoformat()
            elif slip == 3:
                asked["date_of_birth"] = ""
            elif slip == 4:
                asked["postcode"] = asked["address_line"] = ""
            elif slip == 5:
                asked["postcode"], asked["address_line"] = "SL9 9ZZ", "1 Nowhere Row"
            else:
                asked["sex"] = ""
        yield pk, asked


def timed(size: int, by: User) -> None:
    """Fill to a size and print how long a search takes there, beside the look-up by key."""
    people = fill(size)
    asked = list(questions(people))
    for _, question in asked[:40]:
        matching.candidates(by=by, **question)
    taken, found_first, found = [], 0, 0
    for pk, question in asked:
        started = time.perf_counter()
        answer = matching.candidates(by=by, **question)
        taken.append((time.perf_counter() - started) * 1000)
        order = [candidate.person_id for candidate in answer.candidates]
        found_first += order[:1] == [pk]
        found += pk in order
    looked = []
    with connection.cursor() as cursor:
        for pk, _ in asked:
            started = time.perf_counter()
            cursor.execute("SELECT given_name FROM people_person WHERE id = %s", [pk])
            cursor.fetchone()
            looked.append((time.perf_counter() - started) * 1000)
    median, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    by_key = statistics.median(looked)
    print(
        f"| {size:,} | {by_key:.2f} | {median:.1f} | {p95:.1f} | {median / by_key:.0f} |"
        f" {found_first / len(asked):.3f} | {found / len(asked):.3f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", type=Path, default=os.environ.get("MATCHING_SET") or None)
    parser.add_argument("--sizes", type=int, nargs="*", default=[])
    options = parser.parse_args()
    if not options.set and not options.sizes:
        parser.error("name a set with --set, or sizes with --sizes")
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"person_search_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with application_clock.set_to(NOW):
            by = User.objects.create(email="bench@slough.example", full_name="Bench Testwood")
            RoleAssignment.objects.create(user=by, role=Role.CONTACT_OFFICER, from_at=ON_FILE_SINCE)
            remember(by)  # as every request does
            if options.set:
                evaluate(Path(options.set), by)
            if options.sizes:
                print("\n| People | by key, ms | median ms | p95 ms | times by key | r@1 | r@10 |")
                print("| --- | --- | --- | --- | --- | --- | --- |")
            for size in options.sizes:
                timed(size, by)
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    main()
