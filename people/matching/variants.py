"""Short names and other spellings: what comes with the system, as the authority has changed it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db import connection

from people.matching import keeping, short_names
from people.matching.facts import name_parts
from people.matching.keys import keys_of_part
from people.models import DuplicateCheck, NameVariant

# Who bears a name by its sound is found by its key, and that it is spelt so by the profile.
BEARERS = """
SELECT person_id FROM people_searchkeys
 WHERE keys && %s::integer[] AND person_id > %s::uuid
   AND (strpos(profile, %s) > 0 OR strpos(profile, %s) > 0)
 ORDER BY person_id LIMIT %s
"""
NOBODY_YET = UUID(int=0)


class Variant(NamedTuple):
    """A name, what its bearers are called, and whether the authority said so."""

    name: str
    variant: str
    is_ours: bool = False


def one_part(text: str) -> str:
    """Give the one part of a name that a text is, as it is compared; empty if it is not one."""
    parts = name_parts(text)
    return parts[0] if len(parts) == 1 else ""


def is_shipped(one: str, other: str) -> bool:
    """Say whether the list that comes with the system takes two names for one."""
    pairs = short_names.pairs()
    return (one, other) in pairs or (other, one) in pairs


def variants_of(name: str) -> list[Variant]:
    """Give every pair of names with this one in it that is taken for one name now."""
    named = [
        row
        for row in NameVariant.objects.filter(ended_at__isnull=True)
        if name in (row.name, row.variant)
    ]
    said = {frozenset((row.name, row.variant)) for row in named}
    shipped = [pair for pair in short_names.pairs() if name in pair]
    return sorted(
        [
            *(Variant(*pair) for pair in shipped if frozenset(pair) not in said),
            *(Variant(row.name, row.variant, is_ours=True) for row in named if row.is_same),
        ]
    )


def make_variant_keys(variant: NameVariant, *, most: int) -> bool:
    """Make the keys anew of who bears either name, after those done before; say if it is all.

    :param most: how many people at once
    """
    after = variant.keys_made_to or NOBODY_YET
    names = (variant.name, variant.variant)
    looks = [key for name in names for key in keys_of_part(name)]
    with connection.cursor() as cursor:
        cursor.execute(BEARERS, [looks, str(after), *(f'"{name}"' for name in names), most])
        ids = [row[0] for row in cursor.fetchall()]
    keeping.refresh(ids)
    # The night compares them anew: a new short name may make two of them alike.
    DuplicateCheck.objects.filter(person__in=ids).delete()
    if ids:
        variant.keys_made_to = ids[-1]
    return len(ids) < most
