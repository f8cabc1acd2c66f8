"""Who is what to whom, and who has parental responsibility."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from lib import application_clock
from lib.prepared import Prepared
from lib.working_days import london_date
from people.actions import rules
from people.choices import RelationshipKind, Source, Stage, YesNoUnknown
from people.models import Person, Relationship
from record.errors import Refused

#: Kinds that read the same from both sides.
MUTUAL = frozenset(
    {
        RelationshipKind.SIBLING,
        RelationshipKind.HALF_SIBLING,
        RelationshipKind.STEP_SIBLING,
        RelationshipKind.TWIN,
        RelationshipKind.PARTNER,
        RelationshipKind.EX_PARTNER,
        RelationshipKind.OTHER_RELATIVE,
        RelationshipKind.FRIEND,
        RelationshipKind.OTHER,
    }
)


class NotTwoPeople(Refused):
    """Nobody is related to themself."""


class AlreadyRelated(Refused):
    """The same relationship is recorded already."""


class RelationshipEnded(Refused):
    """The relationship ended before."""


@transaction.atomic
def relate(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    other_id: UUID,
    kind: str,
    parental_responsibility: str = YesNoUnknown.UNKNOWN,
    as_stated: str = "",
    source: str = Source.WORKER,
    from_on: date | None = None,
) -> Relationship:
    """Record that one person is the mother, brother, partner (`kind`) of the other.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises NotTwoPeople: both are the same
    :raises AlreadyRelated: it is recorded already
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    if person_id == other_id:
        raise NotTwoPeople("Choose two different people.")
    people = rules.locked(by, person_id, other_id)
    rules.check_not_future(from_on, at=at, what="The start")
    relationship = write(
        authority=authority,
        at=at,
        person=people[person_id],
        other=people[other_id],
        kind=kind,
        parental_responsibility=parental_responsibility,
        as_stated=as_stated,
        source=source,
        from_on=from_on,
    )
    _refresh(relationship)
    return relationship


_RELATED: Prepared[UUID] = Prepared(
    lambda person_id, other_id, kind: Relationship.objects.filter(
        person=person_id, other=other_id, kind=kind, to_on__isnull=True, is_wrong=False
    ).values_list("pk", flat=True),
    person_id=UUID,
    other_id=UUID,
    kind=str,
)


def write(
    *,
    authority: Authority,
    at: datetime,
    person: Person,
    other: Person,
    kind: str,
    source: str,
    parental_responsibility: str = YesNoUnknown.UNKNOWN,
    as_stated: str = "",
    from_on: date | None = None,
) -> Relationship:
    """Write a relationship between two records that are locked already.

    :raises AlreadyRelated: it is recorded already
    """
    pairs = [(person, other), (other, person)] if kind in MUTUAL else [(person, other)]
    for one, two in pairs:
        if _RELATED(person_id=one.pk, other_id=two.pk, kind=str(kind)):
            label = RelationshipKind(kind).label.lower()
            raise AlreadyRelated(f"{one.name} is recorded as {label} of {two.name} already.")
    relationship = Relationship.objects.create(
        person=person,
        other=other,
        kind=kind,
        parental_responsibility=parental_responsibility,
        as_stated=rules.clean(as_stated)[:200],
        source=source,
        from_on=from_on,
        recorded_at=application_clock.now(),
        recorded_by=authority.user,
    )
    rules.append(
        "people.related",
        authority=authority,
        at=at,
        person=person,
        others=[other],
        relationship_id=relationship.pk,
        kind=str(kind),
    )
    return relationship


@transaction.atomic
def end_relationship(
    *,
    by: User,
    at: datetime,
    relationship_id: UUID,
    to_on: date | None = None,
    is_wrong: bool = False,
) -> Relationship:
    """End a relationship, or mark it as never having been true.

    :param to_on: the day it ended; that of `at` when left out
    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises RelationshipEnded: it ended before
    :raises DateNotPossible: the end is in the future or before the start
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    relationship, people = _locked(by, relationship_id)
    if relationship.to_on is not None or relationship.is_wrong:
        raise RelationshipEnded("This relationship was ended before.")
    if is_wrong:
        relationship.is_wrong = True
        relationship.save(update_fields=["is_wrong"])
    else:
        rules.check_not_future(to_on, at=at, what="The end")
        relationship.to_on = to_on or london_date(at)
        if relationship.from_on and relationship.to_on < relationship.from_on:
            raise rules.DateNotPossible("The end is before the start. Check the date.")
        relationship.save(update_fields=["to_on"])
    rules.append(
        "people.relationship_ended",
        authority=authority,
        at=at,
        person=people[relationship.person_id],
        others=people.values(),
        relationship_id=relationship.pk,
        kind=relationship.kind,
        is_wrong=is_wrong,
    )
    _refresh(relationship)
    return relationship


@transaction.atomic
def set_parental_responsibility(
    *, by: User, at: datetime, relationship_id: UUID, parental_responsibility: str
) -> Relationship:
    """Record whether `person` of a relationship has parental responsibility for `other`.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises RelationshipEnded: the relationship ended or was wrong
    :raises NothingChanged: it is recorded so already
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    relationship, people = _locked(by, relationship_id)
    if relationship.is_wrong:
        raise RelationshipEnded("This relationship was recorded by mistake.")
    if relationship.parental_responsibility == parental_responsibility:
        raise rules.NothingChanged("This is recorded already.")
    relationship.parental_responsibility = parental_responsibility
    relationship.save(update_fields=["parental_responsibility"])
    rules.append(
        "people.parental_responsibility_set",
        authority=authority,
        at=at,
        person=people[relationship.person_id],
        others=people.values(),
        relationship_id=relationship.pk,
        answer=parental_responsibility,
    )
    return relationship


def _refresh(relationship: Relationship) -> None:
    """Renew the search keys of a child, who is found by the mother's name too."""
    if relationship.kind == RelationshipKind.MOTHER:
        rules.refresh([relationship.other_id])


_UNBORN_OF = Prepared(
    lambda mother_ids: (
        Relationship.objects.filter(
            person__in=mother_ids,
            kind=RelationshipKind.MOTHER,
            to_on__isnull=True,
            is_wrong=False,
            other__stage=Stage.UNBORN,
            other__died_on__isnull=True,
        )
        .order_by("other_id")
        .values_list("other_id", "person_id")
    ),
    mother_ids=list[UUID],
)


def unborn_of(mother_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Give the unborn babies of these mothers, who go wherever they go, each with the mother."""
    return dict(_UNBORN_OF(mother_ids=list(mother_ids)))


def _locked(by: User, relationship_id: UUID) -> tuple[Relationship, dict[UUID, Person]]:
    found = Relationship.objects.get(pk=relationship_id)
    people = rules.locked(by, found.person_id, found.other_id)
    return Relationship.objects.select_for_update().get(pk=relationship_id), people
