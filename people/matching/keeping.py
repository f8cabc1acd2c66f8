"""Search keys, kept in step with the records they find."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from itertools import islice
from uuid import UUID

from django.db import connection, transaction

from lib.prepared import Prepared
from lib.working_days import london_date
from people.choices import RelationshipKind, Stage
from people.matching import short_names
from people.matching.facts import Facts, Name, Place, bare_number
from people.matching.keys import Fuller, keys_of
from people.matching.names import Frequencies
from people.models import (
    DateClaim,
    Identifier,
    NameFrequency,
    NameVariant,
    Person,
    PersonAddress,
    PersonName,
    Relationship,
    SearchKeys,
)
from record.kept import Kept

BATCH = 1_000
EVERYONE = ""  # the row of NameFrequency that counts all people


_waiting: ContextVar[set[UUID] | None] = ContextVar("people_to_refresh", default=None)


@contextmanager
def refreshing_once() -> Iterator[None]:
    """Make the keys of everybody touched inside anew once, at the end, not at every step.

    Use it inside the transaction of an action that takes several steps with the same people.
    """
    if _waiting.get() is not None:
        yield
        return
    ids: set[UUID] = set()
    token = _waiting.set(ids)
    try:
        yield
    finally:
        _waiting.reset(token)
    refresh(ids)


_BORN_TO: Prepared[UUID] = Prepared(
    lambda ids: Relationship.objects.filter(
        person__in=ids, kind=RelationshipKind.MOTHER, is_wrong=False
    ).values_list("other_id", flat=True),
    ids=list[UUID],
)
_LOCKED: Prepared[Person] = Prepared(
    lambda ids: Person.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True),
    ids=list[UUID],
)


def refresh(person_ids: Iterable[UUID]) -> None:
    """Make the search keys of these people anew, in the transaction of whoever changed them.

    An unborn child is found by its mother's name, so a mother brings her unborn children along.
    People without a record are passed over.
    """
    ids = set(person_ids)
    waiting = _waiting.get()
    if waiting is not None:
        waiting |= ids
        return
    if not ids:
        return
    with transaction.atomic():
        ids.update(_BORN_TO(ids=list(ids)))
        # Two changes to one person wait for each other here, so that neither loses keys.
        _write(_LOCKED(ids=list(ids)))


def rebuild() -> Iterator[tuple[int, int]]:
    """Make everybody's search keys anew, a batch at a time; yields (done, all) as it goes.

    Each batch is its own transaction: it may be stopped and started again, and work goes on
    meanwhile.
    """
    everybody = Person.objects.count()
    done = 0
    ids = Person.objects.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH)
    while batch := list(islice(ids, BATCH)):
        with transaction.atomic():
            _write(
                list(
                    Person.objects.filter(pk__in=batch)
                    .order_by("pk")
                    .select_for_update(no_key=True)
                )
            )
        done += len(batch)
        yield done, everybody


def refresh_frequencies() -> int:
    """Count anew how many people bear each name part; gives how many parts there are.

    One statement over the kept profiles. Run nightly; a search works, less finely, without it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_namefrequency")
        cursor.execute(
            """
            INSERT INTO people_namefrequency (part, people)
            SELECT part, count(DISTINCT person_id)
              FROM people_searchkeys,
                   jsonb_array_elements(profile::jsonb -> 0) AS name,
                   jsonb_array_elements_text((name -> 3) || (name -> 4)) AS part
             GROUP BY part
            """
        )
        cursor.execute(
            "INSERT INTO people_namefrequency (part, people)"
            " SELECT %s, count(*) FROM people_searchkeys",
            [EVERYONE],
        )
        _frequencies.changed()
    return NameFrequency.objects.exclude(part=EVERYONE).count()


def frequencies() -> Frequencies:
    """Give how many people bear each name part, as counted last; kept by each process."""
    return _frequencies.get()


def _read_frequencies() -> Frequencies:
    bearers = dict(NameFrequency.objects.values_list("part", "people"))
    return Frequencies(bearers.pop(EVERYONE, 0), bearers)


_frequencies: Kept[Frequencies] = Kept("name_frequencies", _read_frequencies)


def fuller() -> Fuller:
    """Give, by a short name, the codes of the names it is short for; kept by each process."""
    return _fuller.get()


def variants_changed() -> None:
    """Say that the transaction under way changes which names are taken for one."""
    _fuller.changed()


def _read_fuller() -> Fuller:
    rows = list(
        NameVariant.objects.filter(ended_at__isnull=True).values_list("name", "variant", "is_same")
    )
    if not rows:
        return short_names.fuller()
    apart = {frozenset((name, variant)) for name, variant, is_same in rows if not is_same}
    pairs = [pair for pair in short_names.pairs() if frozenset(pair) not in apart]
    return short_names.fuller_of(
        [*pairs, *((name, variant) for name, variant, is_same in rows if is_same)]
    )


_fuller: Kept[Fuller] = Kept("name_variants", _read_fuller)


def _write(people: list[Person]) -> None:
    gathered = facts_of(people)
    fuller_now = fuller()
    SearchKeys.objects.bulk_create(
        [
            SearchKeys(person_id=pk, keys=keys_of(facts, fuller_now), profile=facts.to_text())
            for pk, facts in gathered.items()
        ],
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["keys", "profile"],
    )


_NAMES = Prepared(
    lambda ids: (
        PersonName.objects.filter(person__in=ids, is_wrong=False)
        .order_by("recorded_at", "pk")
        .values_list("person_id", "given_name", "family_name", "kind", "to_on")
    ),
    ids=list[UUID],
)
_CLAIMS = Prepared(
    lambda ids: (
        DateClaim.objects.filter(person__in=ids, is_expected_date=False, on__isnull=False)
        .order_by("recorded_at", "pk")
        .values_list("person_id", "on")
    ),
    ids=list[UUID],
)
_NUMBERS = Prepared(
    lambda ids: (
        Identifier.objects.filter(person__in=ids, is_wrong=False)
        .order_by("recorded_at", "pk")
        .values_list("person_id", "kind", "value")
    ),
    ids=list[UUID],
)
_PLACES = Prepared(
    lambda ids: (
        PersonAddress.objects.filter(person__in=ids, is_wrong=False)
        .order_by("recorded_at", "pk")
        .values_list("person_id", "address__line", "address__postcode", "to_on")
    ),
    ids=list[UUID],
)
_MOTHERS = Prepared(
    lambda ids: (
        Relationship.objects.filter(other__in=ids, kind=RelationshipKind.MOTHER, is_wrong=False)
        .order_by("recorded_at", "pk")
        .values_list("other_id", "person__given_name", "person__family_name")
    ),
    ids=list[UUID],
)


def facts_of(people: list[Person]) -> dict[UUID, Facts]:
    """Gather what is on file about these people, in a fixed number of queries."""
    ids = [person.pk for person in people]
    names: dict[UUID, list[Name]] = defaultdict(list)
    for person_id, given, family, kind, to_on in _NAMES(ids=ids):
        is_earlier = to_on is not None and kind == "current"
        names[person_id].append(Name.of(given, family, "previous" if is_earlier else kind))
    claimed: dict[UUID, list[date]] = defaultdict(list)
    for person_id, on in _CLAIMS(ids=ids):
        if on is not None:
            claimed[person_id].append(on)
    numbers: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for person_id, kind, value in _NUMBERS(ids=ids):
        numbers[person_id].append((kind, bare_number(value)))
    places: dict[UUID, list[Place]] = defaultdict(list)
    for person_id, line, postcode, to_on in _PLACES(ids=ids):
        places[person_id].append(Place.of(line, postcode, is_current=to_on is None))
    mothers: dict[UUID, list[Name]] = defaultdict(list)
    for child_id, given, family in _MOTHERS(ids=ids):
        mothers[child_id].append(Name.of(given, family))
    return {
        person.pk: _facts(
            person,
            names=names[person.pk],
            claimed=claimed[person.pk],
            numbers=numbers[person.pk],
            places=places[person.pk],
            mothers=mothers[person.pk],
        )
        for person in people
    }


def _facts(
    person: Person,
    *,
    names: list[Name],
    claimed: list[date],
    numbers: list[tuple[str, str]],
    places: list[Place],
    mothers: list[Name],
) -> Facts:
    current = Name.of(person.given_name, person.family_name)
    if current.shown and all(name.shown != current.shown for name in names):
        names = [current, *names]
    born = [person.date_of_birth] if person.date_of_birth else []
    if person.la_child_id:
        numbers = [*numbers, ("la", bare_number(person.la_child_id))]
    return Facts(
        names=tuple(names),
        born=tuple(dict.fromkeys([*born, *claimed])),
        is_estimated=person.is_date_of_birth_estimated,
        expected_on=person.expected_on,
        is_unborn=person.stage == Stage.UNBORN,
        sex=person.sex,
        places=tuple(dict.fromkeys(places)),
        numbers=tuple(dict.fromkeys(number for number in numbers if number[1])),
        mothers=tuple(mothers),
        recorded_on=london_date(person.recorded_at),
    )
