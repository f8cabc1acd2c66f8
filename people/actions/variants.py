"""The authority says which names are short for which, and which only look so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import User
from accounts.permissions import Authority, Permission
from lib import application_clock
from people import matching
from people.actions import rules
from people.models import NameVariant
from record import events
from record.errors import Refused

MADE_AT_ONCE = 500


class NotOneName(Refused):
    """A box holds no name, or several."""


class AlreadySo(Refused):
    """The search does so already."""


class VariantEnded(Refused):
    """Somebody took it back before."""


@transaction.atomic
def state_variant(
    *, by: User, at: datetime, name: str, variant: str, is_same: bool, because: str
) -> NameVariant:
    """Say that one name is short for another or written another way, or that it is not.

    What was said before of the two ends. Who bears either name is found accordingly at once, or,
    when many do, by the next runs of the task.

    :param is_same: the search takes the one for the other
    :raises PermissionDenied: `by` may not change reference data
    :raises NotOneName: a box does not hold one name
    :raises AlreadySo: the search does so already
    :raises NotReadable: no reason
    """
    authority = rules.begin(by, Permission.REFERENCE_DATA_EDIT, at)
    one = _one_name(name, field="name")
    other = _one_name(variant, field="variant")
    if one == other:
        raise NotOneName("Enter two different names. Case and accents make none.", field="variant")
    if not because.strip():
        raise rules.NotReadable("Say why.", field="because")
    both = Q(name=one, variant=other) | Q(name=other, variant=one)
    before = NameVariant.objects.select_for_update().filter(both, ended_at__isnull=True).first()
    is_so = before.is_same if before else matching.is_shipped(one, other)
    if is_so == is_same:
        words = "are taken for one name" if is_so else "are two names for the search"
        raise AlreadySo(f"{one.title()} and {other.title()} {words} already.", field="variant")
    if before:
        _end(before, by=by, at=at, because=because)
        before.save()
    try:
        with transaction.atomic():
            stated = NameVariant.objects.create(
                name=one,
                variant=other,
                is_same=is_same,
                because=because.strip(),
                at=at,
                recorded_at=application_clock.now(),
                recorded_by=by,
            )
    except IntegrityError:
        raise AlreadySo("Somebody recorded this just now.", field="variant") from None
    matching.variants_changed()
    _make_keys(stated, at=application_clock.now())
    _append("people.variant_stated", stated, authority=authority, at=at)
    return stated


@transaction.atomic
def end_variant(*, by: User, at: datetime, variant_id: UUID, because: str) -> NameVariant:
    """Take back what was said of two names; the list that comes with the system holds again.

    :raises PermissionDenied: `by` may not change reference data
    :raises VariantEnded: somebody took it back before
    :raises NotReadable: no reason
    """
    authority = rules.begin(by, Permission.REFERENCE_DATA_EDIT, at)
    row = NameVariant.objects.select_for_update().get(pk=variant_id)
    if row.ended_at is not None:
        raise VariantEnded("This was taken back before.")
    if not because.strip():
        raise rules.NotReadable("Say why.", field="because")
    _end(row, by=by, at=at, because=because)
    row.keys_made_at = row.keys_made_to = None
    row.save()
    matching.variants_changed()
    _make_keys(row, at=application_clock.now())
    _append("people.variant_ended", row, authority=authority, at=at)
    return row


def make_variant_keys(*, at: datetime, most: int) -> int:
    """Go on making the keys of who bears a changed name; give how many changes are done.

    Each batch is a transaction of its own, so that it may be stopped and run again, or run twice
    at once.

    :param most: batches of one run
    """
    done = 0
    for _ in range(most):
        with transaction.atomic():
            row = (
                NameVariant.objects.select_for_update(skip_locked=True)
                .filter(keys_made_at__isnull=True)
                .order_by("recorded_at", "pk")
                .first()
            )
            if row is None:
                return done
            done += _make_keys(row, at=at)
    return done


def _one_name(typed: str, *, field: str) -> str:
    name = matching.one_part(typed)
    if not name:
        raise NotOneName("Enter one name, without a surname or a title.", field=field)
    return name


def _end(row: NameVariant, *, by: User, at: datetime, because: str) -> None:
    row.ended_at, row.ended_by, row.ended_because = at, by, because.strip()
    row.keys_made_at = application_clock.now()


def _make_keys(row: NameVariant, *, at: datetime) -> bool:
    is_all = matching.make_variant_keys(row, most=MADE_AT_ONCE)
    if is_all:
        row.keys_made_at = at
    row.save(update_fields=["keys_made_at", "keys_made_to"])
    return is_all


def _append(code: str, row: NameVariant, *, authority: Authority, at: datetime) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="name_variant",
        subject_id=row.pk,
        data={"name": row.name, "variant": row.variant},
    )
