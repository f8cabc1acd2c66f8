"""Where everybody of a message lives or stays, and with whom."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace as altered
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from cases.models import Contact
from cases.stated import Stated
from demonstration.samples.messages import Message
from demonstration.samples.somebody import Somebody, role_of
from demonstration.samples.words import ReadAddress
from lib.text import folded
from people import actions as people_actions
from people.choices import (
    AddressKind,
    HouseholdRole,
    Source,
    Stage,
)
from people.models import HouseholdMembership, PersonAddress


def order_of(main_key: str) -> Any:
    def place(one: Somebody) -> tuple[bool, bool, bool]:
        return (
            one.stated.stage == Stage.UNBORN,
            not (one.is_child and one.key == main_key),
            not one.is_child,
        )

    return place


def fuller(home: ReadAddress, people: list[Somebody], key: str) -> ReadAddress:
    """Where a known child lives on the same street, the address on file says more."""
    for one in people:
        if one.known is None or one.key != key:
            continue
        stay = (
            PersonAddress.objects.filter(
                person=one.known, kind=AddressKind.HOME, to_on__isnull=True, is_wrong=False
            )
            .select_related("address")
            .first()
        )
        if stay is not None and folded(home.line) in folded(stay.address.line):
            return altered(home, line=stay.address.line, postcode=stay.address.postcode)
    return home


def placed(one: Somebody, main_key: str, home: ReadAddress, is_withheld: bool) -> Stated:
    """Put the person where the message says: in the family's home, or nowhere yet."""
    if not one.key or one.key != main_key:
        return one.stated
    if one.stated.stage == Stage.UNBORN:
        return one.stated
    role = role_of(one)
    lives_here = role != HouseholdRole.FREQUENT_VISITOR and not is_withheld
    return altered(
        one.stated,
        household_role=role,
        address_line=home.line if lives_here else "",
        postcode=home.postcode if lives_here else "",
    )


def with_mother(stated: Stated, one: Somebody, people: list[Somebody]) -> Stated:
    said = set(folded(f"{one.as_given} {one.relation}").split())
    mothers = [
        place
        for place, other in enumerate(people)
        if not other.is_child and (other.key == one.key or other.name.first in said)
        if other.name.first in said or re.search(r"\bmother\b(?!['’]s)", other.relation, re.I)
    ]
    named = [place for place in mothers if people[place].name.first in said]
    if named or len(mothers) == 1:
        place = (named or mothers)[0]
        known = people[place].known
        if known is not None:
            return altered(stated, mother_id=known.pk)
        return altered(stated, mother_place=place)
    return altered(stated, mother_unnamed=True)


def move_withheld(
    message: Message, contact: Contact, key: str, home: ReadAddress, *, by: User, at: datetime
) -> None:
    if not (home.line or home.postcode):
        return
    people_actions.move(
        by=by,
        at=at,
        household_id=contact.household_id,
        line=home.line,
        postcode=home.postcode,
        is_withheld=True,
        note=home.label,
        source=Source.REFERRER,
    )


def house_others(
    people: list[Somebody],
    ids: list[UUID],
    homes: Mapping[str, ReadAddress],
    main_key: str,
    *,
    by: User,
    at: datetime,
) -> None:
    """Make the other homes of a message: a grandmother's, a father's, one in another area."""
    for key, home in homes.items():
        members = [
            (one, person_id)
            for one, person_id in zip(people, ids, strict=True)
            if one.key == key and key != main_key and one.stated.stage == Stage.BORN
        ]
        if not members:
            continue
        household_id = _home_on_file(members)
        if household_id is None:
            household_id = people_actions.create_household(
                by=by,
                at=at,
                label=home.label,
                line=home.line,
                postcode=home.postcode,
                other_authority=home.other_authority,
            ).pk
        for one, person_id in members:
            if not _lives_in(household_id, person_id):
                people_actions.join_household(
                    by=by,
                    at=at,
                    household_id=household_id,
                    person_id=person_id,
                    role=role_of(one),
                    source=Source.REFERRER,
                    note=one.relation,
                )
        if home.line or home.postcode:
            _move(by=by, at=at, household_id=household_id, home=home)


def _home_on_file(members: Sequence[tuple[Somebody, UUID]]) -> UUID | None:
    known = [person_id for one, person_id in members if one.known is not None]
    return (
        HouseholdMembership.objects.filter(person__in=known, to_on__isnull=True)
        .order_by("-recorded_at", "pk")
        .values_list("household_id", flat=True)
        .first()
    )


def _lives_in(household_id: UUID, person_id: UUID) -> bool:
    return HouseholdMembership.objects.filter(
        household=household_id, person=person_id, to_on__isnull=True
    ).exists()


def _move(*, by: User, at: datetime, household_id: UUID, home: ReadAddress) -> None:
    with suppress(people_actions.NothingChanged, people_actions.NobodyMoves):
        people_actions.move(
            by=by,
            at=at,
            household_id=household_id,
            line=home.line,
            postcode=home.postcode,
            source=Source.REFERRER,
        )


def stay_part_time(people: list[Somebody], ids: list[UUID], *, by: User, at: datetime) -> None:
    """A child who stays some nights with the other parent belongs to that home as well."""
    for one, person_id in zip(people, ids, strict=True):
        found = re.search(
            r"\b(?:weekends?|nights?|holidays) (?:with|at) (mother|father)\b", one.relation, re.I
        )
        if not one.is_child or found is None:
            continue
        parents = [
            parent_id
            for other, parent_id in zip(people, ids, strict=True)
            if not other.is_child
            and other.key not in ("", one.key)
            and re.match(found[1], other.relation, re.I)
        ]
        home = HouseholdMembership.objects.filter(person__in=parents, to_on__isnull=True).first()
        if len(parents) == 1 and home is not None and not _lives_in(home.household_id, person_id):
            people_actions.join_household(
                by=by,
                at=at,
                household_id=home.household_id,
                person_id=person_id,
                role=HouseholdRole.PART_TIME_CHILD,
                source=Source.REFERRER,
                note=one.relation,
            )


def keep_other_homes(
    message: Message,
    people: list[Somebody],
    ids: list[UUID],
    homes: Mapping[str, ReadAddress],
    *,
    by: User,
    at: datetime,
) -> None:
    """An address nobody is said to live at belongs to the adult last named before it."""
    used = {one.key for one in people}
    for key, home in homes.items():
        found = re.search(re.escape(home.line), message.words, re.I) if home.line else None
        if key in used or found is None:
            continue
        before = message.words[: found.start()].casefold()
        last = max(
            (
                (before.rfind(one.name.family.casefold()), place)
                for place, one in enumerate(people)
                if not one.is_child and one.name.family
            ),
            default=(-1, -1),
        )
        if last[0] >= 0:
            is_bail = re.search(r"bail|approved|licence", home.label, re.I)
            people_actions.move(
                by=by,
                at=at,
                person_ids=[ids[last[1]]],
                line=home.line,
                postcode=home.postcode,
                kind=AddressKind.BAIL if is_bail else AddressKind.OTHER,
                note=home.label,
                source=Source.REFERRER,
            )
