"""Who counts as a child, what holds on a day: the terms of every query about families."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db.models import Q

from people.ages import is_adult_by_birth, latest_adult_birth
from people.choices import RelationshipKind, Stage
from people.models import (
    HouseholdMembership,
    Person,
)

#: Kinds by which `person` is a parent, or stands in for one, of `other`.
PARENTS: Final = frozenset(
    {
        RelationshipKind.MOTHER,
        RelationshipKind.FATHER,
        RelationshipKind.PARENT,
        RelationshipKind.STEP_PARENT,
        RelationshipKind.FOSTER_CARER,
        RelationshipKind.CARER,
    }
)


def is_child(*, on: date) -> Q:
    """Filter persons who are unborn or under 18 on a day, or taken for a child (decisions.md 46).

    Whoever was recorded as a child and has no date of birth counts as one.
    """
    alive = Q(died_on__isnull=True) | Q(died_on__gt=on)
    young = (
        Q(stage=Stage.UNBORN)
        | Q(date_of_birth__gt=latest_adult_birth(on))
        | Q(date_of_birth__isnull=True, la_child_id__isnull=False)
    )
    return alive & young


def is_live(*, on: date) -> Q:
    """Filter what holds on a day, from its first day to the day before its last."""
    return (Q(from_on__isnull=True) | Q(from_on__lte=on)) & (
        Q(to_on__isnull=True) | Q(to_on__gt=on)
    )


def counts_as_child(person: Person, *, on: date) -> bool:
    """Say of one person what `is_child` filters."""
    if person.died_on is not None and person.died_on <= on:
        return False
    if person.stage == Stage.UNBORN:
        return True
    if person.date_of_birth is not None:
        return not is_adult_by_birth(person.date_of_birth, on=on)
    return person.la_child_id is not None


def household_label(member: HouseholdMembership) -> str:
    """What a household is called: its label, else its address."""
    household = member.household
    return household.label or (household.address.text if household.address else "")
