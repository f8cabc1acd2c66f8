"""Records already on file that may be one person: whom to compare next, and how alike two are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import User
from lib import application_clock
from lib.dates import PartialDate
from people.matching import keeping
from people.matching.facts import Facts, Place, Question
from people.matching.judging import Band, judge
from people.matching.names import Comparer, Frequencies
from people.matching.reasons import Reasons, explain
from people.matching.search import Search, children_of_closed
from people.models import Person, SearchKeys

# Whoever was never compared, or has changed since; the longest on file first.
NEXT = """
SELECT kept.person_id
  FROM people_searchkeys AS kept
  JOIN people_person AS person ON person.id = kept.person_id AND person.canonical_id IS NULL
  LEFT JOIN people_duplicatecheck AS compared ON compared.person_id = kept.person_id
 WHERE compared.person_id IS NULL OR compared.facts <> md5(kept.profile)
 ORDER BY person.recorded_at, kept.person_id
 LIMIT %s
"""
FACTS = "SELECT person_id, md5(profile) FROM people_searchkeys WHERE person_id = ANY(%s::uuid[])"


class Double(NamedTuple):
    """A record that is very likely the same person as another."""

    person_id: UUID
    score: float


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike two records are, with the reasons from the side of the first."""

    band: Band
    score: float
    reasons: Reasons


def next_to_compare(most: int) -> list[UUID]:
    """Give whom to compare with everybody next: never compared, or changed since."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [most])
        return [row[0] for row in cursor.fetchall()]


def marks_of(person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give a mark of what stands on each record; another mark, and something has changed."""
    with connection.cursor() as cursor:
        cursor.execute(FACTS, [[str(pk) for pk in person_ids]])
        return dict(cursor.fetchall())


def mark_of_both(one: UUID, other: UUID) -> str:
    """Give a mark of what stands on two records, whichever comes first."""
    marks = marks_of([one, other])
    return ":".join(marks.get(pk, "") for pk in sorted((one, other)))


def doubles_of(person_id: UUID) -> list[Double]:
    """Find the records that are very likely the same person as this one, best first.

    It looks past restrictions: whoever is asked about a pair must be able to read both.
    """
    kept = SearchKeys.objects.filter(person=person_id).values_list("profile", flat=True).first()
    if kept is None:
        return []
    search = Search(as_question(Facts.from_text(kept)), today=application_clock.today())
    search.run()
    judged = [*search.open.values(), *search.restricted.values()]
    found = {one.person_id: one.scored.score for one in judged if one.scored.band == Band.SAME}
    heads = dict(
        Person.objects.filter(pk__in=[*found, person_id]).values_list("pk", "canonical_id")
    )
    ours = heads.get(person_id) or person_id
    others = [
        Double(pk, score)
        for pk, score in found.items()
        if pk in heads and (heads[pk] or pk) != ours and heads[pk] is None
    ]
    return sorted(others, key=lambda double: (-double.score, double.person_id))


def alike(
    pairs: Iterable[tuple[UUID, UUID]], *, by: User | None = None
) -> dict[tuple[UUID, UUID], Alike]:
    """Compare each pair of records, as they stand now; a fixed number of queries.

    :param by: whoever reads the reasons, if anybody does; mothers closed to them are passed over
    """
    asked = list(pairs)
    ids = {pk for pair in asked for pk in pair}
    kept = dict(SearchKeys.objects.filter(person__in=ids).values_list("person_id", "profile"))
    facts = {pk: Facts.from_text(profile) for pk, profile in kept.items()}
    with_mother = [pk for pk, each in facts.items() if each.mothers]
    for pk in children_of_closed(by, with_mother) if by else ():
        facts[pk] = facts[pk]._replace(mothers=())
    today = application_clock.today()
    comparer = _comparer()
    found = {}
    for one, other in asked:
        if one in facts and other in facts:
            question = as_question(facts[one])
            scored = judge(question, facts[other], comparer, today=today)
            why = explain(question, facts[other], scored)
            found[one, other] = Alike(scored.band, scored.score, why)
    return found


def as_question(facts: Facts) -> Question:
    """Ask for everything that is on file about somebody."""
    born = facts.born[0] if facts.born else None
    names = [tuple(sorted(set(name.parts))) for name in facts.names if name.parts]
    mothers = {part for mother in facts.mothers for part in mother.parts}
    return Question(
        names=tuple(dict.fromkeys(names)),
        born=_whole(born),
        expected_on=facts.expected_on,
        is_unborn=facts.is_unborn,
        sex=facts.sex if facts.sex in ("M", "F") else "",
        place=next((place for place in facts.places if place.is_current), Place()),
        numbers=tuple((kind, value) for kind, value in facts.numbers if kind in ("nhs", "upn")),
        mother=tuple(sorted(mothers)),
    )


def _whole(born: date | None) -> PartialDate | None:
    return PartialDate(born.year, born.month, born.day) if born else None


def _comparer() -> Comparer:
    counted = keeping.frequencies()
    return Comparer(Frequencies(counted.people, counted.bearers, keeping.fuller()))
