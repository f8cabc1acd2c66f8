"""A form that is sent twice is recorded once.

A page that records something carries a token. The action claims it in its own transaction; sent
again, it leads to the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from lib import application_clock
from record.errors import Refused
from record.models import FormToken

KEPT = timedelta(days=30)


class HasKey(Protocol):
    """A row with an id."""

    pk: Any


Row = TypeVar("Row", bound=HasKey)


class AlreadyRecorded(Refused):
    """This form has been recorded; `result_id` is what came of it."""

    def __init__(self, result_id: UUID | None) -> None:
        super().__init__("This has been recorded already.")
        self.result_id = result_id


def claim(token: UUID | None, *, user: User, action: str) -> UUID | None:
    """Take a form's token for the transaction under way; two at once wait for each other.

    :raises AlreadyRecorded: the form was recorded before
    """
    if token is None:
        return None
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A form is claimed inside a transaction.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO record_formtoken (token, user_id, action, recorded_at)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT (token) DO NOTHING",
            [token, user.pk, action[:60], application_clock.now()],
        )
        is_new = cursor.rowcount == 1
    if is_new:
        return token
    found = FormToken.objects.get(pk=token)
    raise AlreadyRecorded(found.result_id if found.user_id == user.pk else None)


def finish(token: UUID | None, result_id: UUID) -> None:
    """Note what came of the form."""
    if token is not None:
        FormToken.objects.filter(pk=token).update(result_id=result_id)


def once_only(*, by: User, token: UUID | None, action: str, act: Callable[[], Row]) -> Row:
    """Do one thing for a form, however often the form is sent.

    :raises AlreadyRecorded: the form was recorded before
    """
    with transaction.atomic():
        claim(token, user=by, action=action)
        row = act()
        finish(token, row.pk)
    return row


def drop_old(*, at: datetime) -> int:
    """Forget forms recorded a month ago; nobody sends those again. Say how many."""
    number, _ = FormToken.objects.filter(recorded_at__lt=at - KEPT).delete()
    return number
