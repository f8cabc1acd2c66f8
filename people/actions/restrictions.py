"""Records that only named people may read, and opening one in an emergency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Authority, Permission, authority, holds
from lib import application_clock
from people import timescales
from people.actions import rules
from people.models import (
    Person,
    Restriction,
    RestrictionReader,
    reads_every_restricted_record,
)
from record import outbox, policy
from record.errors import Refused
from record.models import BreakGlass

FEWEST_WORDS = 5
FEWEST_LETTERS = 20


class AlreadyRestricted(Refused):
    """The record is restricted already."""


class NotRestricted(Refused):
    """The record is open to everybody who may read records."""


class CannotBeNamed(Refused):
    """Somebody's role does not let them read restricted records."""


class ReasonTooShort(Refused):
    """The reason does not say what is happening and to whom."""


class AlreadyReviewed(Refused):
    """Somebody looked at this opening before."""


class OpenedOnly(Refused):
    """Who opened a record in an emergency reads it for that time, and decides nothing about it."""


class OwnOpening(Refused):
    """Nobody reviews their own emergency opening."""


@transaction.atomic
def restrict(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    owner_id: UUID,
    reason: str,
    reader_ids: Sequence[UUID] = (),
) -> Restriction:
    """Let only the owner, the named readers and senior managers read a person's records.

    :param owner_id: whom everybody else is told to ring
    :raises PermissionDenied: `by` may not restrict records
    :raises Person.DoesNotExist: `by` may not read the record
    :raises AlreadyRestricted: it is restricted already
    :raises CannotBeNamed: the owner's or a reader's role does not allow it
    :raises NotReadable: no reason
    """
    authority = rules.begin(by, Permission.PERSON_LINK, at)
    person, *linked = _records(by, person_id)
    if Restriction.objects.filter(person=person, ended_at__isnull=True).exists():
        raise AlreadyRestricted("This record is restricted already.")
    if not reason.strip():
        raise rules.NotReadable("Say why the record is restricted.")
    owner = User.objects.get(pk=owner_id)
    readers = list(User.objects.filter(pk__in=set(reader_ids) - {owner_id}).order_by("pk"))
    for user in (owner, *readers):
        _may_be_named(user)
    recorded_at = application_clock.now()
    made = Restriction.objects.bulk_create(
        Restriction(
            person=record,
            owner=owner,
            reason=reason.strip(),
            at=at,
            recorded_at=recorded_at,
            recorded_by=by,
        )
        for record in (person, *linked)
    )
    RestrictionReader.objects.bulk_create(
        RestrictionReader(restriction=each, user=user, added_by=by, recorded_at=recorded_at)
        for each in made
        for user in readers
    )
    restriction = made[0]
    rules.append(
        "people.restricted",
        authority=authority,
        at=at,
        person=person,
        restriction_id=restriction.pk,
        owner_id=owner.pk,
        reader_ids=[user.pk for user in readers],
    )
    return restriction


@transaction.atomic
def lift_restriction(*, by: User, at: datetime, person_id: UUID, because: str) -> Restriction:
    """Open a person's restricted records again to everybody who may read records.

    :raises PermissionDenied: `by` may not restrict records and does not own this restriction
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NotRestricted: it is not restricted
    :raises OpenedOnly: `by` reads it in an emergency alone
    :raises NotReadable: no reason
    """
    authority, person, restrictions = _owned(by, person_id, at)
    if not because.strip():
        raise rules.NotReadable("Say why the record need not be restricted any more.")
    for each in restrictions:
        each.ended_at = at
        each.ended_by = by
        each.ended_because = because.strip()
        each.save(update_fields=["ended_at", "ended_by", "ended_because"])
    restriction = restrictions[0]
    rules.append(
        "people.restriction_lifted",
        authority=authority,
        at=at,
        person=person,
        restriction_id=restriction.pk,
    )
    return restriction


@transaction.atomic
def add_reader(*, by: User, at: datetime, person_id: UUID, user_id: UUID) -> RestrictionReader:
    """Name one more person who may read a restricted record.

    :raises PermissionDenied: `by` may not restrict records and does not own this restriction
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NotRestricted: it is not restricted
    :raises OpenedOnly: `by` reads it in an emergency alone
    :raises CannotBeNamed: the reader's role does not allow it
    :raises NothingChanged: the reader is named already
    """
    authority, person, restrictions = _owned(by, person_id, at)
    restriction = restrictions[0]
    user = User.objects.get(pk=user_id)
    _may_be_named(user)
    if user.pk == restriction.owner_id or restriction.readers.filter(user=user).exists():
        raise rules.NothingChanged(f"{user.full_name} may read this record already.")
    recorded_at = application_clock.now()
    named = [
        RestrictionReader(restriction=each, user=user, added_by=by, recorded_at=recorded_at)
        for each in restrictions
    ]
    RestrictionReader.objects.bulk_create(named, ignore_conflicts=True)
    rules.append(
        "people.reader_added",
        authority=authority,
        at=at,
        person=person,
        restriction_id=restriction.pk,
        reader_ids=[user.pk],
    )
    return restriction.readers.get(user=user)


@transaction.atomic
def break_glass(*, by: User, at: datetime, person_id: UUID, reason: str) -> BreakGlass:
    """Open a restricted record in an emergency, for a limited time; its owner is told at once.

    :param reason: what is happening, and to whom, in at least one sentence
    :raises PermissionDenied: `by` may not open restricted records in an emergency
    :raises Person.DoesNotExist: there is no such record
    :raises NotRestricted: `by` may read it anyhow
    :raises ReasonTooShort: the reason says too little
    """
    authority = rules.begin(by, Permission.RESTRICTED_BREAK_GLASS, at)
    asked = Person.objects.get(pk=person_id)
    person = Person.objects.select_for_update().get(pk=asked.canonical_id or asked.pk)
    if not Person.objects.restricted_to(by).filter(pk=person.pk).exists():
        raise NotRestricted("You may read this record already.")
    restriction = Restriction.objects.select_related("owner").get(
        person=person, ended_at__isnull=True
    )
    check_reason(reason)
    opening = BreakGlass.objects.create(
        person=person,
        user=by,
        reason=reason.strip(),
        opened_at=at,
        expires_at=at + timedelta(minutes=policy.value(timescales.BREAK_GLASS.key, at=at)),
    )
    rules.append(
        "people.broke_glass",
        authority=authority,
        at=at,
        person=person,
        break_glass_id=opening.pk,
        restriction_id=restriction.pk,
    )
    for topic in ("notice", "email"):
        outbox.put(
            topic,
            key=f"people.broke_glass:{topic}:{opening.pk}",
            payload={
                "user_id": str(restriction.owner_id),
                "code": "people.broke_glass",
                "path": reverse("people:review_break_glass"),
            },
            at=at,
            subject_kind="break_glass",
            subject_id=opening.pk,
            child_id=person.pk if person.la_child_id else None,
        )
    return opening


@transaction.atomic
def review_break_glass(
    *, by: User, at: datetime, break_glass_id: UUID, was_justified: bool, note: str
) -> BreakGlass:
    """Record what the owner, or a senior manager, thinks of an emergency opening.

    :raises PermissionDenied: `by` neither owns the restriction nor reviews openings
    :raises OwnOpening: `by` opened it
    :raises AlreadyReviewed: it was reviewed before
    :raises NotReadable: no words
    """
    opening = BreakGlass.objects.select_for_update().get(pk=break_glass_id)
    is_owner = Restriction.objects.filter(person=opening.person_id, owner=by).exists()
    authority = rules.begin(
        by, Permission.PERSON_READ if is_owner else Permission.RESTRICTED_REVIEW, at
    )
    if opening.user_id == by.pk:
        raise OwnOpening("Somebody else reviews an opening of your own.")
    if opening.reviewed_at is not None:
        raise AlreadyReviewed("This opening was reviewed before.")
    if not note.strip():
        raise rules.NotReadable("Say what you found.")
    opening.reviewed_by = by
    opening.reviewed_at = at
    opening.review_note = note.strip()
    opening.was_justified = was_justified
    opening.save(update_fields=["reviewed_by", "reviewed_at", "review_note", "was_justified"])
    rules.append(
        "people.break_glass_reviewed",
        authority=authority,
        at=at,
        person=Person.objects.get(pk=opening.person_id),
        break_glass_id=opening.pk,
        was_justified=was_justified,
    )
    return opening


def check_reason(reason: str) -> None:
    """Refuse a reason that is not a sentence about what is happening and to whom.

    :raises ReasonTooShort:
    """
    said = re.findall(r"\w+", reason)
    if len(said) >= FEWEST_WORDS and len("".join(said)) >= FEWEST_LETTERS:
        return
    quoted = " ".join(reason.split())
    raise ReasonTooShort(
        f"Say what is happening and to whom. “{quoted[:60]}” is not enough to go on"
        if quoted
        else "Say what is happening and to whom"
    )


def _may_be_named(user: User) -> None:
    allowed = holds(user, Permission.RESTRICTED_READ) or holds(
        user, Permission.RESTRICTED_READ_IF_NAMED
    )
    if not allowed:
        raise CannotBeNamed(f"The role of {user.full_name} does not let them read such a record.")


def _records(by: User, person_id: UUID) -> list[Person]:
    """Lock every record of a person, that under which they are read first."""
    asked = rules.locked_one(by, person_id)
    kept = rules.locked_one(by, asked.canonical_id) if asked.canonical_id else asked
    return [kept, *Person.objects.select_for_update().filter(canonical=kept).order_by("pk")]


def _owned(by: User, person_id: UUID, at: datetime) -> tuple[Authority, Person, list[Restriction]]:
    """Lock the restricted records of a person for somebody who may change who reads them."""
    right = authority(by, Permission.PERSON_LINK, at=at)
    if right is None:
        right = authority(by, Permission.RESTRICTED_READ, at=at)
    if (
        right is None
        and Restriction.objects.filter(person=person_id, owner=by, ended_at__isnull=True).exists()
    ):
        right = authority(by, Permission.RESTRICTED_READ_IF_NAMED, at=at)
    if right is None:
        raise PermissionDenied(f"You may not {Permission.PERSON_LINK.label}.")
    if at > application_clock.now():
        raise rules.InFuture("This cannot be recorded before it happens.")
    person, *linked = _records(by, person_id)
    restrictions = sorted(
        Restriction.objects.select_for_update(of=("self",))
        .filter(person__in=[person, *linked], ended_at__isnull=True)
        .select_related("owner"),
        key=lambda each: (each.person_id != person.pk, each.pk),
    )
    if not restrictions:
        raise NotRestricted("This record is not restricted.")
    if reads_every_restricted_record(by):
        return right, person, restrictions
    for each in restrictions:
        if each.owner_id != by.pk and not each.readers.filter(user=by).exists():
            raise OpenedOnly(
                "You opened this record in an emergency. Who may read it is for"
                f" {each.owner.full_name} to say."
            )
    return right, person, restrictions
