"""The question "is this person already known to us?", and its answer."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from accounts.permissions import Permission, require
from lib import application_clock
from people.choices import RelationshipKind
from people.matching import keeping
from people.matching.facts import Facts, Question
from people.matching.judging import POSSIBLE_FROM, SHOWN_FROM, Band, Scored, judge
from people.matching.keys import (
    Fuller,
    Looks,
    Promises,
    crowded,
    first_looks,
    wider_looks,
    widest_looks,
)
from people.matching.names import Comparer, Frequencies
from people.matching.reasons import Point, explain
from people.models import Person, Relationship

if TYPE_CHECKING:
    from accounts.models import User

MOST_JUDGED = 60  # of those found, the most promising
MOST_RESTRICTED_JUDGED = 30
MOST_SHOWN = 50
A_CROWD = 500  # who share a key that tells nobody apart
# Bits: beside somebody who promises much, who promises little is not judged.
MUCH = 20.0
LITTLE = 9.5
LIKELY = (Band.SAME, Band.POSSIBLE)

TOO_MANY = (
    "Very many people fit what was given, so it tells nobody apart. "
    "Add a date of birth, an address or another name"
)

# Read past the model: hundreds of rows are looked at and few become objects. Each key is looked
# up by itself, which tells who shares what without reading what else they could be found under.
FIND = """
SELECT found.person_id::text, bit_or(1::bigint << look.slot),
       EXISTS (SELECT FROM people_restriction AS closed
                WHERE closed.person_id = found.person_id AND closed.ended_at IS NULL)
  FROM unnest(%s::integer[], %s::integer[]) AS look (key, slot)
 CROSS JOIN LATERAL (
       SELECT person_id FROM people_searchkeys WHERE keys @> ARRAY[look.key] LIMIT %s
       ) AS found
 GROUP BY found.person_id
"""
READ = """
SELECT person_id::text, profile FROM people_searchkeys WHERE person_id = ANY(%s::uuid[])
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

    def as_seen(self, shown: Container[UUID]) -> dict[str, Any]:
        """Give the list as a worker saw it, for keeping with their answer.

        :param shown: of the candidates, those that stood on the page
        """
        return {
            "candidates": [
                {
                    "person_id": str(each.person_id),
                    "band": str(each.band),
                    "score": round(each.score, 2),
                    "matched": [str(point) for point in each.matched],
                    "differs": [str(point) for point in each.differs],
                    "missing": [str(point) for point in each.missing],
                }
                for each in self.candidates
                if each.person_id in shown
            ],
            "restricted_may_match": self.restricted_may_match,
        }


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
    search = Search(question, today=today)
    search.run()
    return _answer(by, search, min(max(limit, 0), MOST_SHOWN))


@dataclass(frozen=True, slots=True)
class Judged:
    """One record that was judged."""

    person_id: UUID
    facts: Facts
    scored: Scored


class Search:
    """Looks in rounds, the telling keys first, and judges whom each round brings.

    The wider rounds come only while nobody is surely meant. Whether they come depends on what
    everybody may read, and restricted records are judged apart, so that they neither stop a round
    nor take a place in it.
    """

    def __init__(
        self, question: Question, *, today: date, frequencies: Frequencies | None = None
    ) -> None:
        """:param frequencies: with the short names; left out, what the authority's people bear"""
        self.question = question
        self.today = today
        if frequencies is None:
            counted = keeping.frequencies()
            frequencies = Frequencies(counted.people, counted.bearers, keeping.fuller())
        self.fuller: Fuller = frequencies.fuller
        self.comparer = Comparer(frequencies)
        self.open: dict[str, Judged] = {}
        self.restricted: dict[str, Judged] = {}
        self.is_crowded = False
        self._kinds: list[str] = []
        self._open: dict[str, int] = {}  # by record, the slots it shares with the question
        self._closed: dict[str, int] = {}

    def run(self) -> None:
        """Look until somebody is surely meant, or everywhere."""
        self._round(lambda: first_looks(self.question, today=self.today, fuller=self.fuller))
        if not self._has(Band.SAME):
            self._round(lambda: wider_looks(self.question, fuller=self.fuller))
        if not self._has(*LIKELY) and not self._has_near():
            self._round(lambda: widest_looks(self.question, fuller=self.fuller))

    def _has(self, *bands: Band) -> bool:
        return any(one.scored.band in bands for one in self.open.values())

    def _has_near(self) -> bool:
        """Say whether somebody bears the name, though born at another time: it was found."""
        return any(
            one.scored.band == Band.NOBODY and one.scored.score >= POSSIBLE_FROM
            for one in self.open.values()
        )

    def _round(self, asking: Callable[[], Looks]) -> None:
        looks = asking()
        if not looks.keys:
            return
        rows = self._find(looks)
        crowd = crowded((mask for _, mask, closed in rows if not closed), crowd=A_CROWD)
        self.is_crowded = self.is_crowded or bool(crowd)
        base = len(self._kinds)
        self._kinds += looks.kinds
        for pk, mask, closed in rows:
            if mask & ~crowd:
                masks = self._closed if closed else self._open
                masks[pk] = masks.get(pk, 0) | (mask & ~crowd) << base
        self._judge()

    def _judge(self) -> None:
        promised = Promises(self._kinds, self._open.values())
        order = sorted(self._open, key=lambda pk: (-promised.of(self._open[pk]), pk))
        if order and promised.of(self._open[order[0]]) >= MUCH:
            order = [pk for pk in order if promised.of(self._open[pk]) >= LITTLE]
        apart = sorted(self._closed, key=lambda pk: (-promised.of(self._closed[pk]), pk))
        wanted = [pk for pk in order[:MOST_JUDGED] if pk not in self.open]
        wanted += [pk for pk in apart[:MOST_RESTRICTED_JUDGED] if pk not in self.restricted]
        if not wanted:
            return
        for pk, facts in self._read(wanted):
            scored = judge(self.question, facts, self.comparer, today=self.today)
            into = self.restricted if pk in self._closed else self.open
            into[pk] = Judged(UUID(pk), facts, scored)

    def _find(self, looks: Looks) -> list[tuple[str, int, bool]]:
        """Give who shares these keys, which slots, and whether the record is restricted."""
        with connection.cursor() as cursor:
            # Twice a crowd, so that restricted records never decide whether it is one.
            cursor.execute(FIND, [looks.keys, looks.slots, 2 * A_CROWD])
            return [(pk, mask, closed) for pk, mask, closed in cursor.fetchall()]

    def _read(self, ids: list[str]) -> list[tuple[str, Facts]]:
        """Give what is on file about each of these."""
        with connection.cursor() as cursor:
            cursor.execute(READ, [ids])
            return [(pk, Facts.from_text(profile)) for pk, profile in cursor.fetchall()]


def _answer(by: User, search: Search, limit: int) -> Answer:
    """Show who may be seen, under the record that is kept, and say what may not be."""
    likely = [
        one
        for one in (*search.open.values(), *search.restricted.values())
        if one.scored.band in LIKELY
        or (one.scored.band == Band.RELATIVE and one.scored.score >= SHOWN_FROM)
    ]
    likely, is_restricted = _without_closed_mothers(by, search, likely)
    likely.sort(key=lambda one: (-one.scored.score, one.person_id))
    kept_as = _kept_as(by, [one.person_id for one in likely])
    seen: dict[UUID, Judged] = {}
    for one in likely:
        kept = kept_as.get(one.person_id)
        if kept is None:
            # An address alone, among many, tells nobody that a restricted child lives there.
            may_be = one.scored.band in LIKELY and one.scored.score >= POSSIBLE_FROM
            is_restricted = is_restricted or may_be
        else:
            seen.setdefault(kept, one)
    alone = [kept for kept, one in seen.items() if one.scored.is_same_if_alone]
    shown = []
    for kept, one in list(seen.items())[:limit]:
        band = Band.SAME if alone == [kept] else one.scored.band
        why = explain(search.question, one.facts, one.scored)
        shown.append(Candidate(kept, band, one.scored.score, why.matched, why.differs, why.missing))
    bands = {candidate.band for candidate in shown}
    problems = search.question.problems
    if search.is_crowded and not bands.intersection(LIKELY):
        problems = (*problems, TOO_MANY)
    return Answer(
        band=next((band for band in Band if band in bands), Band.NOBODY),
        candidates=tuple(shown),
        restricted_may_match=is_restricted,
        problems=problems,
    )


def _without_closed_mothers(
    by: User, search: Search, likely: list[Judged]
) -> tuple[list[Judged], bool]:
    """Judge the children of mothers whose record `by` may not read without their mothers.

    The second says whether one was likely by the mother's name only: the neutral line, no more.
    """
    asked = [one.person_id for one in likely if search.question.mother and one.facts.mothers]
    closed = children_of_closed(by, asked)
    kept, is_restricted = [one for one in likely if one.person_id not in closed], False
    for one in likely:
        if one.person_id in closed:
            facts = one.facts._replace(mothers=())
            scored = judge(search.question, facts, search.comparer, today=search.today)
            if scored.band != Band.NOBODY:
                kept.append(Judged(one.person_id, facts, scored))
            else:
                is_restricted = is_restricted or one.scored.band in LIKELY
    return kept, is_restricted


def children_of_closed(by: User, person_ids: Sequence[UUID]) -> set[UUID]:
    """Give those of these with a mother whose record `by` may not read: she is passed over."""
    if not person_ids:
        return set()
    born_to = list(
        Relationship.objects.filter(
            other__in=person_ids, kind=RelationshipKind.MOTHER, is_wrong=False
        ).values_list("other_id", "person_id")
    )
    mothers = {mother for _, mother in born_to}
    read = set(Person.objects.visible_to(by).filter(pk__in=mothers).values_list("pk", flat=True))
    return {child for child, mother in born_to if mother not in read}


def _kept_as(by: User, person_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Give the record under which each is read, of those `by` may read with all it is read as."""
    if not person_ids:
        return {}
    visible = Person.objects.visible_to(by)
    found = dict(visible.filter(pk__in=person_ids).values_list("pk", "canonical_id"))
    heads = {head for head in found.values() if head}
    if heads:
        heads = set(visible.filter(pk__in=heads).values_list("pk", flat=True))
    return {pk: head or pk for pk, head in found.items() if head is None or head in heads}
