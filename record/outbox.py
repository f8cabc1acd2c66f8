"""What is owed to the outside, written with the change that owes it.

A message is delivered at least once, with its id as idempotency key: a handler may be called again
after it worked, if the process died before that was noted. What a handler writes to the database
stands in one transaction with the note that it was delivered.
"""

from __future__ import annotations

import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import redis
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import QuerySet
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.permissions import Permission, require
from record import events
from record.errors import Refused
from record.models import OutboxMessage

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
LEASE = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
QUIET_AFTER_FAILED_WAKE_SECONDS = 30.0

Handler = Callable[[OutboxMessage], None]


class UnknownTopic(LookupError):
    """A message was written for a topic that no app handles."""


class NotSetAside(Refused):
    """The message has been delivered, or is still being tried."""


_handlers: dict[str, Handler] = {}


def register(topic: str, handler: Handler) -> None:
    """Name who delivers the messages of a topic; one handler each."""
    if _handlers.get(topic, handler) is not handler:
        raise ValueError(f"The topic {topic} has a handler already.")
    _handlers[topic] = handler


def topics() -> dict[str, str]:
    """Name every topic, with the dotted name of its handler."""
    return {
        topic: f"{handler.__module__}.{getattr(handler, '__qualname__', handler)}"
        for topic, handler in sorted(_handlers.items())
    }


def put(
    topic: str,
    *,
    key: str,
    payload: Mapping[str, Any] | None = None,
    at: datetime,
    subject_kind: str = "",
    subject_id: UUID | None = None,
    child_id: UUID | None = None,
) -> OutboxMessage:
    """Owe a message from the transaction under way; the same key again is the same message.

    :param key: names the one thing that is owed, such as `contact.feedback:<id>`
    :param payload: ids and codes only
    :raises UnknownTopic: nobody handles the topic
    """
    if topic not in _handlers:
        raise UnknownTopic(f"The outbox topic {topic} is not registered.")
    written = OutboxMessage.objects.raw(
        "INSERT INTO record_outboxmessage (id, topic, key, payload, subject_kind, subject_id,"
        " child_id, created_at, available_at, attempts, last_error)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '') ON CONFLICT (key) DO NOTHING"
        " RETURNING *",
        [
            uuid.uuid4(),
            topic,
            key,
            json.dumps(dict(payload or {}), cls=DjangoJSONEncoder),
            subject_kind,
            subject_id,
            child_id,
            at,
            at,
        ],
    )
    message = next(iter(written), None)
    if message is None:
        return OutboxMessage.objects.get(key=key)
    _wake_on_commit()
    return message


# Delivery


def deliver_next(*, at: datetime) -> bool:
    """Deliver one message that is due; say whether there was one.

    The message is claimed for a while and the claim committed, so that two deliverers never hold
    the same one and a handler that kills its process still counts as an attempt.
    """
    message = _claim(at)
    if message is None:
        return False
    attempt = message.attempts
    try:
        with transaction.atomic():
            handler = _handlers.get(message.topic)
            if handler is None:
                raise UnknownTopic(message.topic)
            handler(message)
            OutboxMessage.objects.filter(pk=message.pk, attempts=attempt, delivered_at=None).update(
                delivered_at=at, last_error=""
            )
    # Whatever a handler meets is its message's failure, kept by name and tried again.
    except Exception as error:
        _failed(message, attempt, at=at, error=type(error).__name__)
    return True


def _claim(at: datetime) -> OutboxMessage | None:
    with transaction.atomic():
        message = (
            owed()
            .filter(available_at__lte=at)
            .select_for_update(skip_locked=True)
            .order_by("available_at", "pk")
            .first()
        )
        if message is None:
            return None
        message.attempts += 1
        message.available_at = at + LEASE
        fields = ["attempts", "available_at"]
        if message.attempts > MOST_ATTEMPTS:
            # Every attempt took its process with it, so none could say why.
            message.attempts = MOST_ATTEMPTS
            message.set_aside_at = at
            message.last_error = message.last_error or "NoAnswer"
            fields += ["set_aside_at", "last_error"]
        message.save(update_fields=fields)
    if message.set_aside_at is not None:
        log.error("outbox_set_aside", extra={"message_id": str(message.pk)})
        return _claim(at)
    return message


def _failed(message: OutboxMessage, attempt: int, *, at: datetime, error: str) -> None:
    is_last = attempt >= MOST_ATTEMPTS
    OutboxMessage.objects.filter(pk=message.pk, attempts=attempt, delivered_at=None).update(
        available_at=at + wait_after(attempt),
        set_aside_at=at if is_last else None,
        last_error=error[:200],
    )
    log.warning(
        "outbox_failed",
        extra={
            "message_id": str(message.pk),
            "topic": message.topic,
            "attempt": attempt,
            "error": error,
        },
    )


def wait_after(attempt: int) -> timedelta:
    """Give how long to wait after the n-th failure: twice as long each time, with jitter."""
    whole = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing


def owed() -> QuerySet[OutboxMessage]:
    """Messages neither delivered nor set aside."""
    return OutboxMessage.objects.filter(delivered_at=None, set_aside_at=None)


# Failed deliveries


def set_aside(*, by: User) -> QuerySet[OutboxMessage]:
    """Messages that failed too often, the latest first; ids and codes, never content.

    :raises PermissionDenied: `by` may not see failed deliveries
    """
    require(by, Permission.OUTBOX_SEE)
    return (
        OutboxMessage.objects.filter(set_aside_at__isnull=False)
        .defer("payload")
        .order_by("-set_aside_at", "pk")
    )


def delivered(*, by: User, topic: str, limit: int) -> list[OutboxMessage]:
    """The messages of a topic delivered last; ids and codes, never content.

    :raises PermissionDenied: `by` may not see deliveries
    """
    require(by, Permission.OUTBOX_SEE)
    rows = OutboxMessage.objects.filter(topic=topic, delivered_at__isnull=False)
    return list(rows.order_by("-delivered_at", "pk")[:limit])


@transaction.atomic
def replay(message_id: UUID, *, by: User, at: datetime) -> OutboxMessage:
    """Try a message again from the beginning, under the same id.

    :raises PermissionDenied: `by` may not see failed deliveries
    :raises NotSetAside: it was delivered, or is still being tried
    """
    authority = require(by, Permission.OUTBOX_SEE, at=at)
    message = OutboxMessage.objects.select_for_update().get(pk=message_id)
    if message.set_aside_at is None:
        raise NotSetAside("This message is no longer set aside. It has been sent again already.")
    message.set_aside_at = None
    message.attempts = 0
    message.available_at = at
    message.save(update_fields=["set_aside_at", "attempts", "available_at"])
    events.append(
        "record.delivery_repeated",
        authority=authority,
        at=at,
        subject_kind="outbox_message",
        subject_id=message.pk,
        data={"topic": message.topic},
    )
    _wake_on_commit()
    return message


# Waking the worker


_quiet_until = 0.0


def _wake_on_commit() -> None:
    """Wake a worker once this transaction is committed; once for however many messages."""
    if any(waiting[1] is _wake for waiting in connection.run_on_commit):
        return
    transaction.on_commit(_wake)


@contextmanager
def without_waking() -> Iterator[None]:
    """Leave delivery to the schedule, for whoever writes very many messages at once."""
    global _quiet_until
    before, _quiet_until = _quiet_until, float("inf")
    try:
        yield
    finally:
        _quiet_until = before


def _wake() -> None:
    """Ask the broker for a delivery now. The schedule delivers if nobody answers."""
    global _quiet_until
    from record.tasks import deliver_outbox

    if time.monotonic() < _quiet_until:
        return
    try:
        deliver_outbox.apply_async(retry=False)
    except (OperationalError, redis.RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET_AFTER_FAILED_WAKE_SECONDS
        log.warning("outbox_not_woken", extra={"error": type(error).__name__})
