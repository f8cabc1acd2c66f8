"""The question "is this person already known to us?", and its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from accounts.permissions import Permission, require
from lib import application_clock
from people.matching.facts import Facts, Question
from people.matching.keeping import EVERYONE
from people.matching.keys import promise, tiers
from people.matching.scoring import SHOWN_FROM, Band, Frequencies, Point, Scored, explain, judge
from people.models import NameFrequency, Person

if TYPE_CHECKING:
    from accounts.models import User

MOST_FOUND = 1_500  # by one tier of keys
MOST_JUDGED = 60
ENOUGH_FOR_WIDER = 300  # found by telling keys: the wider ones are not read
ENOUGH_FOR_WIDEST = 30
MOST_SHOWN = 50

# Read past the model: thousands of rows are looked at and few become objects.
FIND = """
SELECT person_id::text, keys FROM people_searchkeys WHERE keys && %s::varchar[] LIMIT %s
"""
READ = """
SELECT person_id::text, profile::text FROM people_searchkeys WHERE person_id = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the person asked about, with the reasons in words.

    `score` is in bits above or below even odds; it is for order and for tests, not for show.
    """

    person_id: UUID
    band: Band
    score: float
    matched: tuple[Point, ...]
    differs: tuple[Point, ...]
    missing: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the search found: the best band, and the candidates in order.

    `restricted_may_match`: at least one record the asker may not read could be this person. It
    says neither how many nor why. `problems`: what of the question could not be used, in words.
    """

    band: Band
    candidates: tuple[Candidate, ...] = ()
    restricted_may_match: bool = False
    problems: tuple[str, ...] = ()


def candidates(
    *,
    by: User,
    given_name: str = "",
    family_name: str = "",
    other_names: Sequence[str] = (),
    date_of_birth: str = "",
    expected_on: date | str | None = None,
    sex: str = "",
    postcode: str = "",
    address_line: str = "",
    nhs_number: str = "",
    upn: str = "",
    mother_name: str = "",
    limit: int = 10,
) -> Answer:
    """Find the people on file who may be the person described, best first.

    All texts are taken as typed: any case, script and order of names, a date in any usual form,
    whole or in part. What is left empty counts neither for nor against. Restricted records the
    asker may not read are never among the candidates. Nothing is linked.

    :param limit: most candidates wanted, at most 50
    :raises PermissionDenied: `by` may not search for people
    """
    require(by, Permission.PERSON_SEARCH)
    today = application_clock.today()
    question = Question.read(
        today=today,
        given_name=given_name,
        family_name=family_name,
        other_names=other_names,
        date_of_birth=date_of_birth,
        expected_on=expected_on,
        sex=sex,
        postcode=postcode,
        address_line=address_line,
        nhs_number=nhs_number,
        upn=upn,
        mother_name=mother_name,
    )
    if question.is_empty:
        return Answer(Band.NOBODY, problems=question.problems)
    found = _find(question, today)
    frequencies = _frequencies(question, found)
    judged = [
        (scored, person_id, facts)
        for person_id, facts in found.items()
        if (scored := judge(question, facts, frequencies, today=today)).score >= SHOWN_FROM
    ]
    judged.sort(key=lambda one: (-one[0].score, one[1]))
    return _answer(by, question, judged, min(max(limit, 0), MOST_SHOWN))


def _find(question: Question, today: date) -> dict[UUID, Facts]:
    """Look under the keys, tier by tier, and give the facts of the most promising."""
    found: dict[str, list[str]] = {}
    read: list[str] = []
    enough = (None, ENOUGH_FOR_WIDER, ENOUGH_FOR_WIDEST)
    with connection.cursor() as cursor:
        for keys, most in zip(tiers(question, today=today), enough, strict=True):
            if not keys or (most is not None and len(found) > most):
                continue
            read += keys
            cursor.execute(FIND, [keys, MOST_FOUND])
            found.update(cursor.fetchall())
        asked = frozenset(read)
        order = sorted(found, key=lambda pk: (-promise(asked, found[pk]), pk))
        cursor.execute(READ, [order[:MOST_JUDGED]])
        return {UUID(pk): Facts.from_json(json.loads(kept)) for pk, kept in cursor.fetchall()}


def _frequencies(question: Question, found: dict[UUID, Facts]) -> Frequencies:
    parts = {part for names in question.names for part in names} | set(question.mother)
    parts.update(part for facts in found.values() for name in facts.names for part in name.parts)
    rows = NameFrequency.objects.filter(part__in=[EVERYONE, *parts])
    bearers = dict(rows.values_list("part", "people"))
    return Frequencies(bearers.pop(EVERYONE, 0), bearers)


def _answer(
    by: User, question: Question, judged: list[tuple[Scored, UUID, Facts]], limit: int
) -> Answer:
    likely = judged[: MOST_SHOWN * 4]
    ids = [person_id for _, person_id, _ in likely]
    kept_as = dict(Person.objects.filter(pk__in=ids).values_list("pk", "canonical_id"))
    both = {*ids, *(kept for kept in kept_as.values() if kept)}
    visible = set(Person.objects.visible_to(by).filter(pk__in=both).values_list("pk", flat=True))
    shown: dict[UUID, Candidate] = {}
    is_restricted = False
    for scored, person_id, facts in likely:
        kept = kept_as.get(person_id) or person_id
        if person_id not in visible or kept not in visible:
            is_restricted = is_restricted or scored.band in (Band.SAME, Band.POSSIBLE)
        elif kept not in shown and scored.band != Band.NOBODY and len(shown) < limit:
            why = explain(question, facts, scored)
            shown[kept] = Candidate(
                kept, scored.band, scored.score, why.matched, why.differs, why.missing
            )
    bands = {candidate.band for candidate in shown.values()}
    return Answer(
        band=next((band for band in Band if band in bands), Band.NOBODY),
        candidates=tuple(shown.values()),
        restricted_may_match=is_restricted,
        problems=question.problems,
    )
