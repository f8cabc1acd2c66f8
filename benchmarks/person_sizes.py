"""Fill a database with invented people, and time the known-person search among them.

Households, names, streets and questions are those of `person_set.py`, at any size: common names
are as common in a region as in a town.
"""

from __future__ import annotations

import io
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from benchmarks.person_set import Invented, Slips
from people import matching
from people.choices import Stage
from people.matching import short_names
from people.matching.facts import Facts, Name, Place
from people.matching.keys import keys_of
from people.models import Person, SearchKeys

ASKED_FOR = 500
WARMING_UP = 100
AT_ONCE = 20_000
ASKED = (
    "given_name",
    "family_name",
    "date_of_birth",
    "sex",
    "postcode",
    "address_line",
    "nhs_number",
)
HEADINGS = (
    "| People | filled in s | by key, ms | median ms | p95 ms | median, times by key |"
    " p95, times by key | r@1 | r@10 |\n" + "| --- " * 9 + "|"
)

Question = tuple[uuid.UUID | None, dict[str, Any]]


def facts_of(one: Invented, *, since: datetime) -> Facts:
    """Give what is on file about somebody invented."""
    given = " ".join(part.written for part in one.given)
    family = " ".join(part.written for part in one.family)
    return Facts(
        names=(Name.of(given, family),),
        born=(one.born,) if one.born else (),
        is_unborn=bool(one.unborn),
        sex=one.sex or "U",
        places=(Place.of(one.line, one.postcode),),
        numbers=(("nhs", one.nhs),) if one.nhs else (),
        recorded_on=since.date(),
    )


def fill(size: int, *, since: datetime) -> list[Question]:
    """Fill the database with invented people; gives questions, four in five about one of them."""
    town = Slips(size, people=size)
    dice = random.Random(size)
    copying = _Copying(since)
    sample: list[Invented] = []
    homes: list[list[Invented]] = []
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE people_person CASCADE")
        cursor.execute("DROP INDEX people_search_keys")
    made = 0
    while made < size:
        home = town.household()[: size - made]
        for one in home:
            one.pk = str(uuid.UUID(int=dice.getrandbits(128), version=4))
            copying.add(one)
            made += 1
            if made % AT_ONCE == 0:
                copying.flush()
                print(f"\r{made:,} people", end="", file=sys.stderr, flush=True)
        if dice.random() < 2 * ASKED_FOR / size * len(home) or size < 2 * ASKED_FOR:
            homes.append(home)
            sample.append(dice.choice(home))
    copying.flush()
    print(file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "CREATE INDEX people_search_keys ON people_searchkeys USING gin (keys)"
            " WITH (fastupdate = off)"
        )
        cursor.execute("VACUUM (ANALYZE) people_searchkeys")
        cursor.execute("VACUUM (ANALYZE) people_person")
    matching.refresh_frequencies()
    return list(_questions(town, sample, homes))


def _questions(
    town: Slips, sample: list[Invented], homes: list[list[Invented]]
) -> Iterator[Question]:
    born = [one for one in sample if one.born]
    for number in range(ASKED_FOR):
        if number % 5 == 4:
            row = town.unknown(homes, born)
            yield None, {column: row[column] for column in ASKED}
            continue
        one = born[number % len(born)]
        question = town.question(one)
        town.spoil(question)
        row = town.asked_row(question, one.pk)
        yield uuid.UUID(one.pk), {column: row[column] for column in ASKED}


class _Copying:
    """Writes people and their search keys by COPY."""

    def __init__(self, since: datetime) -> None:
        self.since = since
        self.fuller = short_names.fuller()
        self.columns = [str(field.column) for field in Person._meta.concrete_fields]
        self.people, self.keys = io.StringIO(), io.StringIO()

    def add(self, one: Invented) -> None:
        facts = facts_of(one, since=self.since)
        name = facts.names[0]
        person = Person(
            pk=uuid.UUID(one.pk),
            given_name=name.given,
            family_name=name.family,
            date_of_birth=one.born,
            stage=Stage.UNBORN if one.unborn else Stage.BORN,
            sex=facts.sex,
            recorded_at=self.since,
        )
        values = [field.value_from_object(person) for field in Person._meta.concrete_fields]
        self.people.write("\t".join(map(_copied, values)) + "\n")
        listed = ",".join(map(str, keys_of(facts, self.fuller)))
        self.keys.write(f"{one.pk}\t{{{listed}}}\t{_copied(facts.to_text())}\n")

    def flush(self) -> None:
        for table, columns, buffer in (
            (Person._meta.db_table, self.columns, self.people),
            (SearchKeys._meta.db_table, ["person_id", "keys", "profile"], self.keys),
        ):
            buffer.seek(0)
            with connection.cursor() as cursor:
                cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", buffer)
            buffer.seek(0)
            buffer.truncate()


def _copied(value: object) -> str:
    if value is None:
        return "\\N"
    return str(value).replace("\\", "\\\\").replace("\t", " ")


def milliseconds(call: Callable[[], object]) -> float:
    """Give how long one call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def timed(size: int, by: User, *, now: datetime, since: datetime) -> None:
    """Fill to a size and print how long a search takes there, beside the look-up by key."""
    started = time.perf_counter()
    asked = fill(size, since=since)
    filled = time.perf_counter() - started
    for _, question in asked[:WARMING_UP]:
        matching.candidates(by=by, **question)
    taken, looked, known, first, found = [], [], 0, 0, 0
    with connection.cursor() as cursor:
        for pk, question in asked[WARMING_UP:]:
            began = time.perf_counter()
            answer = matching.candidates(by=by, **question)
            taken.append((time.perf_counter() - began) * 1000)
            order = [candidate.person_id for candidate in answer.candidates]
            if pk is None:
                continue
            known += 1
            first += order[:1] == [pk]
            found += pk in order
            began = time.perf_counter()
            cursor.execute("SELECT given_name FROM people_person WHERE id = %s", [pk])
            cursor.fetchone()
            looked.append((time.perf_counter() - began) * 1000)
    median, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    by_key = statistics.median(looked)
    print(
        f"| {size:,} | {filled:.0f} | {by_key:.2f} | {median:.1f} | {p95:.1f} |"
        f" {median / by_key:.0f} | {p95 / by_key:.0f} |"
        f" {first / known:.3f} | {found / known:.3f} |",
        flush=True,
    )
