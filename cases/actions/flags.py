"""Answer a flag, or clear by hand what should not have been raised (domain.md 4.1)."""

from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from accounts.permissions import MANAGING_ROLES, Authority, Permission, authority, require
from cases.models import Responsibility
from cases.standing import acts_for, stands_for
from lib import application_clock
from lib.working_days import london_date
from people.models import Person
from record import flags
from record.errors import Refused
from record.models import Flag


def right_over(flag: Flag, *, by: User, permission: Permission, at: datetime) -> Authority | None:
    """Give the right by which `by` acts on a flag.

    It is theirs, or that of a manager for whom they are deputy, or they manage the team that
    answers for the child.
    """
    if flag.owner_id == by.pk:
        own = authority(by, permission, at=at)
        if own is not None:
            return own
    for person in (flag.owner, flag.manager):
        right = stands_for(person, by=by, permission=permission, at=at) if person else None
        if right is not None:
            return right
    held = (
        Responsibility.objects.filter(child=flag.child_id, to_at__isnull=True)
        .select_related("team")
        .first()
    )
    if held is None:
        return None
    right = acts_for(held.team, by=by, permission=permission, at=at)
    return right if right is not None and right.role in MANAGING_ROLES else None


def _open(
    flag_id: UUID, *, by: User, permission: Permission, at: datetime
) -> tuple[Flag, Authority]:
    """Give a flag with the right over it.

    :raises Person.DoesNotExist: the child's record is closed to `by`
    :raises PermissionDenied: neither theirs nor their team's
    """
    require(by, permission, at=at)
    flag = Flag.objects.select_related("owner", "manager").get(pk=flag_id)
    if flag.child_id is not None:
        Person.objects.visible_to(by).only("pk").get(pk=flag.child_id)
    right = right_over(flag, by=by, permission=permission, at=at)
    if right is None:
        raise PermissionDenied("This flag is neither yours nor your team’s.")
    return flag, right


@transaction.atomic
def answer_flag(
    *, by: User, at: datetime, flag_id: UUID, what: str, done_by: date | None = None
) -> Flag:
    """Say what is done about a flag, and by when. It stands until the record clears it.

    :raises PermissionDenied: not theirs
    :raises Refused: nothing said, a date that is gone, or it no longer stands
    """
    flag, right = _open(flag_id, by=by, permission=Permission.FLAG_ACKNOWLEDGE, at=at)
    if done_by is not None and done_by < london_date(application_clock.now()):
        raise Refused("The date by which it is done must be today or later.", field="done_by")
    return flags.answer(authority=right, at=at, flag=flag, what=what, done_by=done_by)


@transaction.atomic
def clear_flag(*, by: User, at: datetime, flag_id: UUID, because: str) -> Flag:
    """Clear a flag that should not have been raised; it comes back when what it found changes.

    :raises PermissionDenied: not a manager's whose it is
    :raises Refused: no reason, a missed statutory limit, or it no longer stands
    """
    flag, right = _open(flag_id, by=by, permission=Permission.FLAG_CLEAR, at=at)
    return flags.clear(authority=right, at=at, flag=flag, because=because)
