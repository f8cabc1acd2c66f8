"""Two records that are, or may be, one person.

Linking rewrites no row: both records stay as they were written and are read as one through
`canonical` (decisions.md 90).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from lib import application_clock
from lib.working_days import london_date
from people import holds, matching, timescales
from people.actions import rules
from people.models import Person, PersonLink, PossibleDuplicate, Restriction
from record.errors import Refused


class SamePerson(Refused):
    """Both are one record already."""


class BothOpen(Refused):
    """Both records have open work, which must be settled first."""


class RestrictedApart(Refused):
    """One of two records is restricted and the other is not."""


class LinkEnded(Refused):
    """The records were parted before."""


class AlreadySettled(Refused):
    """Somebody answered before."""


@transaction.atomic
def link_records(
    *, by: User, at: datetime, kept_id: UUID, other_id: UUID, reason: str
) -> PersonLink:
    """Read two records as one person from now on, under the one that is kept.

    Records linked before come along: the heads of both groups are joined.

    :raises PermissionDenied: `by` may not link records
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises SamePerson: they are one already
    :raises BothOpen: both have open work
    :raises RestrictedApart: only one of them is restricted
    :raises NotReadable: no reason
    """
    authority = rules.begin(by, Permission.PERSON_LINK, at)
    heads = dict(
        Person.objects.filter(pk__in=[kept_id, other_id]).values_list("pk", "canonical_id")
    )
    kept_id, other_id = (heads.get(each) or each for each in (kept_id, other_id))
    if kept_id == other_id:
        raise SamePerson("These records are one person already.")
    people = rules.locked(by, kept_id, other_id)
    kept, other = people[kept_id], people[other_id]
    if kept.canonical_id or other.canonical_id:
        raise SamePerson("One of these records was linked just now. Look at them again.")
    if not reason.strip():
        raise rules.NotReadable("Say how you know that they are one person.")
    _check_restrictions(kept, other)
    open_work = holds.sentences([kept_id, other_id])
    if len(open_work) == 2:
        said = "; ".join(
            f"{people[each].name}: {', '.join(open_work[each])}" for each in (kept_id, other_id)
        )
        raise BothOpen(f"Both records have open work. Settle one of them first. {said}.")
    link = PersonLink.objects.create(
        kept=kept,
        other=other,
        reason=reason.strip(),
        at=at,
        recorded_at=application_clock.now(),
        linked_by=by,
    )
    _read_under(other, head=kept)
    rules.append(
        "people.linked", authority=authority, at=at, person=kept, others=[other], link_id=link.pk
    )
    _settle_between(kept, other, by=by, at=at)
    rules.refresh([kept_id, *_below(kept)])
    return link


@transaction.atomic
def unlink_records(*, by: User, at: datetime, link_id: UUID, because: str) -> PersonLink:
    """Part two linked records again; each keeps what was written on it.

    :raises PermissionDenied: `by` may not link records
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises LinkEnded: they were parted before
    :raises NotReadable: no reason
    """
    authority = rules.begin(by, Permission.PERSON_LINK, at)
    found = PersonLink.objects.get(pk=link_id)
    people = rules.locked(by, found.kept_id, found.other_id)
    link = PersonLink.objects.select_for_update().get(pk=link_id)
    if link.ended_at is not None:
        raise LinkEnded("These records were parted before.")
    if not because.strip():
        raise rules.NotReadable("Say how you know that they are two people.")
    link.ended_at = at
    link.ended_by = by
    link.ended_because = because.strip()
    link.save(update_fields=["ended_at", "ended_by", "ended_because"])
    kept, other = people[link.kept_id], people[link.other_id]
    _read_by_itself(other)
    rules.append(
        "people.unlinked", authority=authority, at=at, person=kept, others=[other], link_id=link.pk
    )
    rules.refresh([kept.pk, other.pk, *_below(kept), *_below(other)])
    _settle_as_two(kept.canonical_id or kept.pk, other.pk, by=by, at=at, because=link.ended_because)
    return link


@transaction.atomic
def raise_possible_duplicate(
    *, by: User, at: datetime, person_id: UUID, other_id: UUID, seen: dict[str, Any] | None = None
) -> PossibleDuplicate:
    """Ask whether two records are one person, for a manager to settle.

    :param seen: why they look alike, as codes; no names
    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises SamePerson: they are one already
    :raises AlreadySettled: somebody answered that they are two people
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    people = rules.locked(by, person_id, other_id)
    if len(people) < 2:
        raise SamePerson("Choose two different records.")
    person, other = people[person_id], people[other_id]
    if (person.canonical_id or person.pk) == (other.canonical_id or other.pk):
        raise SamePerson("These records are one person already.")
    duplicate = raise_once(authority=authority, at=at, person=person, other=other, seen=seen or {})
    if duplicate.state == PossibleDuplicate.State.NOT_SAME:
        raise AlreadySettled("Somebody settled before that these are two people.")
    return duplicate


def raise_once(
    *,
    authority: Authority,
    at: datetime,
    person: Person,
    other: Person,
    seen: dict[str, Any],
) -> PossibleDuplicate:
    """Ask once for each pair; a pair asked about before is given as it stands.

    An answered "same" whose link has ended since is asked again.
    """
    first, second = sorted((person, other), key=lambda each: each.pk)
    duplicate, is_new = PossibleDuplicate.objects.get_or_create(
        person=first,
        other=second,
        defaults={"seen": seen, "raised_by": authority.user, "raised_at": at},
    )
    if duplicate.state == PossibleDuplicate.State.SAME:
        duplicate.state = PossibleDuplicate.State.OPEN
        duplicate.seen, duplicate.raised_by, duplicate.raised_at = seen, authority.user, at
        duplicate.settled_by, duplicate.settled_at = None, None
        duplicate.settled_because, duplicate.look_again_on = "", None
        duplicate.save()
        is_new = True
    if is_new:
        rules.append(
            "people.possible_duplicate",
            authority=authority,
            at=at,
            person=person,
            duplicate_id=duplicate.pk,
        )
    return duplicate


@transaction.atomic
def settle_possible_duplicate(
    *,
    by: User,
    at: datetime,
    duplicate_id: UUID,
    is_same: bool,
    kept_id: UUID | None = None,
    reason: str = "",
) -> PossibleDuplicate:
    """Answer whether two records are one person; if so, link them.

    Two people are not proposed again while what stands on both stays as it is.

    :param kept_id: the record that is kept, if they are one; the older one when left out
    :raises PermissionDenied: `by` may not link records
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises AlreadySettled: somebody answered before
    """
    authority = rules.begin(by, Permission.PERSON_LINK, at)
    found = PossibleDuplicate.objects.get(pk=duplicate_id)
    people = rules.locked(by, found.person_id, found.other_id)
    duplicate = PossibleDuplicate.objects.select_for_update().get(pk=duplicate_id)
    if duplicate.state != PossibleDuplicate.State.OPEN:
        raise AlreadySettled("This was settled before.")
    if is_same:
        older, newer = sorted(people.values(), key=lambda each: (each.recorded_at, each.pk))
        if kept_id == newer.pk:
            older, newer = newer, older
        link_records(by=by, at=at, kept_id=older.pk, other_id=newer.pk, reason=reason)
        duplicate.refresh_from_db()
    else:
        duplicate.state = PossibleDuplicate.State.NOT_SAME
        duplicate.settled_facts = matching.mark_of_both(duplicate.person_id, duplicate.other_id)
    duplicate.settled_by, duplicate.settled_at = by, at
    duplicate.settled_because, duplicate.look_again_on = reason.strip(), None
    duplicate.save(
        update_fields=[
            "state",
            "settled_by",
            "settled_at",
            "settled_because",
            "settled_facts",
            "look_again_on",
        ]
    )
    rules.append(
        "people.duplicate_settled",
        authority=authority,
        at=at,
        person=people[duplicate.person_id],
        others=people.values(),
        duplicate_id=duplicate.pk,
        is_same=is_same,
    )
    return duplicate


@transaction.atomic
def leave_for_later(*, by: User, at: datetime, duplicate_id: UUID) -> PossibleDuplicate:
    """Leave the question whether two records are one person for some days.

    :raises PermissionDenied: `by` may not link records
    :raises Person.DoesNotExist: `by` may not read one of the records
    :raises AlreadySettled: somebody answered before
    """
    authority = rules.begin(by, Permission.PERSON_LINK, at)
    found = PossibleDuplicate.objects.get(pk=duplicate_id)
    people = rules.locked(by, found.person_id, found.other_id)
    duplicate = PossibleDuplicate.objects.select_for_update().get(pk=duplicate_id)
    if duplicate.state != PossibleDuplicate.State.OPEN:
        raise AlreadySettled("This was settled before.")
    again_on = london_date(at) + timedelta(days=timescales.LOOK_AGAIN_AFTER_DAYS)
    if duplicate.look_again_on == again_on:
        return duplicate
    duplicate.look_again_on = again_on
    duplicate.save(update_fields=["look_again_on"])
    rules.append(
        "people.duplicate_left",
        authority=authority,
        at=at,
        person=people[duplicate.person_id],
        others=people.values(),
        duplicate_id=duplicate.pk,
    )
    return duplicate


def _below(head: Person) -> list[UUID]:
    """Give the records that live links join to this one, however far down."""
    found: list[UUID] = []
    level = [head.pk]
    while level:
        level = list(
            PersonLink.objects.filter(kept__in=level, ended_at__isnull=True)
            .order_by("other_id")
            .values_list("other_id", flat=True)
        )
        found += level
    return found


def _read_under(other: Person, *, head: Person) -> None:
    other.canonical = head
    rules.save(other, "canonical")
    for record in Person.objects.filter(pk__in=_below(other)).order_by("pk"):
        record.canonical = head
        rules.save(record, "canonical")


def _read_by_itself(other: Person) -> None:
    """Read a parted record under itself again, with those that were linked to it before."""
    other.canonical = None
    rules.save(other, "canonical")
    for record in Person.objects.filter(pk__in=_below(other)).order_by("pk"):
        record.canonical = other
        rules.save(record, "canonical")


def _check_restrictions(kept: Person, other: Person) -> None:
    live = Restriction.objects.filter(person__in=[kept, other], ended_at__isnull=True)
    who_reads = {
        each.person_id: {each.owner_id, *(reader.user_id for reader in each.readers.all())}
        for each in live.prefetch_related("readers")
    }
    if who_reads.get(kept.pk) == who_reads.get(other.pk):
        return
    if len(who_reads) == 1:
        raise RestrictedApart(
            "One of these records is restricted and the other is not. Restrict both in the same "
            "way first, so that linking shows nobody what they may not read."
        )
    raise RestrictedApart(
        "These records are restricted to different people. Name the same readers on both first, "
        "so that linking shows nobody what they may not read."
    )


def _settle_between(kept: Person, other: Person, *, by: User, at: datetime) -> None:
    """Close every open question that the link answers."""
    group = [kept.pk, *_below(kept)]
    PossibleDuplicate.objects.filter(
        person__in=group, other__in=group, state=PossibleDuplicate.State.OPEN
    ).update(state=PossibleDuplicate.State.SAME, settled_by=by, settled_at=at)


def _settle_as_two(kept_id: UUID, other_id: UUID, *, by: User, at: datetime, because: str) -> None:
    """Keep that two records are two people, so that the night does not ask it again at once."""
    first, second = sorted((kept_id, other_id))
    settled = {
        "state": PossibleDuplicate.State.NOT_SAME,
        "settled_by": by,
        "settled_at": at,
        "settled_because": because,
        "settled_facts": matching.mark_of_both(first, second),
        "look_again_on": None,
    }
    PossibleDuplicate.objects.update_or_create(
        person_id=first,
        other_id=second,
        defaults=settled,
        create_defaults={**settled, "raised_by": by, "raised_at": at},
    )
