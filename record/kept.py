"""Small tables that every page needs, read once by each process and again when they change.

The version of a table stands in the cache, so that looking costs no query; a process looks at
most once a second. Without the cache the table is read again after a while all the same.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from typing import Generic, TypeVar

import redis
from django.core.cache import cache
from django.db import connection, transaction

log = logging.getLogger(__name__)

LOOK_AFTER_SECONDS = 1.0
READ_AFTER_SECONDS = 600.0

Value = TypeVar("Value")

_all: list[Kept[object]] = []


class Kept(Generic[Value]):
    """What `load` returns, kept until somebody says that it has changed."""

    def __init__(self, name: str, load: Callable[[], Value]) -> None:
        self._key = f"record.kept.{name}"
        self._load = load
        self._value: Value | None = None
        self._version: str | None = None
        self._looked = 0.0
        self._read = 0.0
        self._is_changing = False
        _all.append(self)  # type: ignore[arg-type]

    def get(self) -> Value:
        """Give the value as the database has it, at most a second behind other processes."""
        if self._is_changing:
            if connection.in_atomic_block:
                return self._load()  # not committed: good for this transaction only
            self.forget()
        moment = time.monotonic()
        if self._value is not None and moment - self._looked < LOOK_AFTER_SECONDS:
            return self._value
        version = self._version_in_cache()
        if (
            self._value is None
            or version != self._version
            or moment - self._read > READ_AFTER_SECONDS
        ):
            self._value = self._load()
            self._version = version
            self._read = moment
        self._looked = moment
        return self._value

    def changed(self) -> None:
        """Say that the transaction under way changes the table."""
        self._is_changing = True
        transaction.on_commit(self._committed)

    def forget(self) -> None:
        """Read the table again when next asked."""
        self._value = None
        self._is_changing = False

    def settle(self) -> None:
        """Forget what was read from a change; what stood there before is kept."""
        if self._is_changing or self._version is not None:
            self.forget()
            self._version = None
        self._looked = 0.0

    def _committed(self) -> None:
        self.forget()
        try:
            cache.set(self._key, uuid.uuid4().hex, timeout=None)
        except (redis.RedisError, OSError) as error:
            log.warning("kept_version_not_set", extra={"error": type(error).__name__})

    def _version_in_cache(self) -> str | None:
        try:
            found = cache.get(self._key)
        except (redis.RedisError, OSError) as error:
            log.warning("kept_version_not_read", extra={"error": type(error).__name__})
            return self._version
        return str(found) if found is not None else None


def settle_all() -> None:
    """Forget every uncommitted change; for tests, which roll back."""
    for kept in _all:
        kept.settle()
