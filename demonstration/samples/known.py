"""Is the child or adult of a message known already? The search answers, and a worker's care."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace as altered
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from accounts.models import User
from cases.models import ContactPerson
from demonstration.samples.somebody import Somebody
from lib.text import folded
from people import actions as people_actions
from people import matching
from people.choices import (
    IdentifierKind,
    NameKind,
    Source,
    Stage,
)
from people.models import Person, PersonName

#: A known person is taken for the one named, without asking, only in these bands.
SURE: Final = (matching.Band.SAME, matching.Band.POSSIBLE)


def _ask(one: Somebody, *, by: User) -> matching.Answer:
    """Ask the known-person search what a worker would: everything that was typed."""
    stated = one.stated
    return matching.candidates(
        by=by,
        given_name=stated.given_name,
        family_name=stated.family_name,
        other_names=[f"{given} {family}".strip() for _, given, family in stated.other_names],
        date_of_birth=stated.date_of_birth.isoformat() if stated.date_of_birth else "",
        expected_on=stated.expected_on,
        sex=stated.sex if stated.sex in ("F", "M") else "",
        postcode=one.home.postcode,
        address_line=one.home.line,
        nhs_number=stated.nhs_number,
    )


def find_known(people: list[Somebody], *, by: User) -> None:
    """Take a person for a known one where search is sure; else leave an open question.

    Sure is: the same person; or a possible one of the same home or birth date and alike in name.
    """
    taken: set[UUID] = set()
    for one in people:
        if not (one.stated.given_name or one.stated.family_name or one.stated.nhs_number):
            continue
        one.answer = _ask(one, by=by)
        likely = [found for found in one.answer.candidates if found.band in SURE]
        if not likely:
            continue
        seen = _seen(one.answer)
        first = likely[0]
        if first.person_id not in taken and _is_sure(first, likely):
            known = Person.objects.visible_to(by).get(pk=first.person_id)
            if (known.la_child_id is not None) == one.is_child and known.stage == one.stated.stage:
                one.known = known
                taken.add(known.pk)
                one.stated = altered(one.stated, person_id=known.pk, seen=seen)
                continue
        one.stated = altered(
            one.stated,
            decide_later=True,
            possible_ids=tuple(found.person_id for found in likely[:3]),
            seen=seen,
        )


def _is_sure(found: matching.Candidate, likely: Sequence[matching.Candidate]) -> bool:
    same = [one for one in likely if one.band == matching.Band.SAME]
    if found.band == matching.Band.SAME:
        return len(same) == 1
    about = {point.about for point in found.matched}
    return len(likely) == 1 and "name" in about and bool(about & {"address", "born"})


def _seen(answer: matching.Answer) -> dict[str, Any]:
    return {
        "candidates": [
            {
                "person_id": str(found.person_id),
                "band": str(found.band),
                "matched": [point.words for point in found.matched],
                "differs": [point.words for point in found.differs],
            }
            for found in answer.candidates[:5]
        ]
    }


def find_family(people: list[Somebody], *, by: User) -> None:
    """Know somebody unnamed by their part in a family that was recognised by its children.

    "Mother" of a known child with one mother on file is she. Brothers and sisters who may be
    somebody on file get an open question, since two girls of one home are not one girl.
    """
    children = [one.known for one in people if one.known is not None and one.is_child]
    if not children:
        return
    earlier = list(
        ContactPerson.objects.filter(
            contact__people__person__in=[child.pk for child in children], ended_at__isnull=True
        )
        .select_related("person")
        .order_by("recorded_at", "position", "pk")
        .distinct()
    )
    taken = {one.known.pk for one in people if one.known is not None}
    kin: dict[UUID, ContactPerson] = {}
    for row in earlier:
        if row.person_id not in taken and row.person.stage == Stage.BORN:
            kin.setdefault(row.person.canonical_id or row.person_id, row)
    home_keys = {one.key for one in people if one.known in children}
    for one in people:
        if one.known is not None or one.key not in home_keys or not one.key:
            continue
        if one.is_child:
            likely = [pk for pk, row in kin.items() if _may_be_child(one, row)]
            if likely and not one.stated.decide_later:
                one.stated = altered(one.stated, decide_later=True, possible_ids=tuple(likely))
        elif not (one.name.given or one.name.family):
            likely = [
                pk
                for pk, row in kin.items()
                if not row.is_child and part_of(row.relation) == part_of(one.relation) != ""
            ]
            if len(likely) == 1:
                one.known = Person.objects.visible_to(by).get(pk=likely[0])
                kin.pop(likely[0])
                one.stated = altered(
                    one.stated,
                    person_id=one.known.pk,
                    seen={"because": "the one of this part in the family, on an earlier contact"},
                )


def part_of(relation: str) -> str:
    found = re.search(
        r"\b(step-?father|step-?mother|mother|father|grandmother|grandfather)\b(?!['’]s)",
        relation,
        re.I,
    )
    return found[1].lower() if found else ""


def _may_be_child(one: Somebody, row: ContactPerson) -> bool:
    other = row.person
    if not row.is_child or "U" in (one.stated.sex, other.sex) or one.stated.sex != other.sex:
        return False
    one_is_named, other_is_named = bool(one.name.given), bool(other.given_name)
    if one_is_named and other_is_named:
        return False
    ages = {age for age in (one.stated.age, other.age_as_stated) if age}
    return len(ages) < 2


def add_to_known(one: Somebody, person_id: UUID, *, by: User, at: datetime) -> None:
    """Keep what a message adds to a known person: another spelling, a date, a number."""
    stated = one.stated
    spellings = [(NameKind.AS_GIVEN, stated.given_name, stated.family_name), *stated.other_names]
    on_file = {
        (folded(name.given_name), folded(name.family_name))
        for name in PersonName.objects.filter(person=person_id, is_wrong=False)
    }
    for kind, given_name, family_name in spellings:
        if (folded(given_name), folded(family_name)) in on_file or not (given_name or family_name):
            continue
        people_actions.add_name(
            by=by,
            at=at,
            person_id=person_id,
            kind=kind,
            given_name=given_name,
            family_name=family_name,
            source=Source.REFERRER,
        )
    person = Person.objects.get(pk=person_id)
    if stated.date_of_birth and stated.date_of_birth != person.date_of_birth:
        people_actions.state_date(
            by=by,
            at=at,
            person_id=person_id,
            as_stated=f"{stated.date_of_birth:%-d/%-m/%Y}",
            on=stated.date_of_birth,
            adopt=person.date_of_birth is None and person.stage == Stage.BORN,
            source=Source.REFERRER,
        )
    if stated.nhs_number:
        with suppress(people_actions.NothingChanged):
            people_actions.add_identifier(
                by=by,
                at=at,
                person_id=person_id,
                kind=IdentifierKind.NHS,
                value=stated.nhs_number,
                source=Source.REFERRER,
            )
