"""One message of a file: read, checked, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from cases.actions.contacts import WORDS_LIMIT
from cases.choices import (
    Channel,
)
from cases.models import Contact
from lib import application_clock
from lib.text import folded
from record import calendar
from record.errors import Refused


class NotReadable(Refused):
    """The message cannot be entered; says which and what to change."""


@dataclass(frozen=True)
class Staff:
    """Who enters: a contact officer in office hours, the emergency duty team otherwise."""

    day: User
    night: User

    def at(self, moment: datetime) -> User:
        """Whoever is at work at that moment."""
        return self.day if calendar.is_office_hours(moment) else self.night


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, read and checked."""

    id: str
    received_at: datetime
    channel: Channel
    agency: str
    role: str
    words: str
    attachments: tuple[str, ...]
    expected: Mapping[str, Any]

    @property
    def is_anonymous(self) -> bool:
        """Whether whoever sent it would not give a name."""
        return self.expected.get("source_code") == "9" or "anonymous" in folded(self.agency)


@dataclass
class Entered:
    """What became of one message: its contact, and where its other parts went."""

    message: Message
    contact: Contact
    apart: list[Contact] = field(default_factory=list)
    added_to: list[Contact] = field(default_factory=list)
    people: dict[str, UUID] = field(default_factory=dict)
    not_for_us: list[str] = field(default_factory=list)

    @property
    def contacts(self) -> list[Contact]:
        """Every contact that holds a part of the message."""
        return [self.contact, *self.apart, *self.added_to]


def read(raw: object) -> Message:
    """Read one message of the file.

    :raises NotReadable: what is missing or cannot be read, in words
    """
    if not isinstance(raw, Mapping):
        raise NotReadable("One of the messages is not a set of fields. Check the file.")
    name = str(raw.get("id") or "").strip()
    if not name:
        raise NotReadable("One of the messages has no id. Give each its own.")
    try:
        received_at = datetime.fromisoformat(str(raw.get("received_at")))
    except ValueError as error:
        raise NotReadable(f"{name}: when it was received cannot be read.") from error
    if received_at.utcoffset() is None:
        raise NotReadable(f"{name}: when it was received needs its offset, such as +01:00.")
    if received_at > application_clock.now():
        raise NotReadable(f"{name}: the time received is in the future.")
    if raw.get("channel") not in Channel.values:
        known = ", ".join(Channel.values)
        raise NotReadable(f"{name}: the channel {raw.get('channel')!r} is none of {known}.")
    said = raw.get("raw_text")
    if not isinstance(said, str) or not said.strip():
        raise NotReadable(f"{name}: there are no words in it (raw_text).")
    if len(said) > WORDS_LIMIT:
        raise NotReadable(f"{name}: the words are longer than {WORDS_LIMIT:,} characters.")
    if "\x00" in said:
        raise NotReadable(f"{name}: the words hold a character that cannot be stored (NUL).")
    sender = raw.get("sender") if isinstance(raw.get("sender"), Mapping) else {}
    expected = raw.get("expected") if isinstance(raw.get("expected"), Mapping) else {}
    return Message(
        id=name,
        received_at=received_at,
        channel=Channel(raw["channel"]),
        agency=str((sender or {}).get("agency") or "")[:200],
        role=str((sender or {}).get("role") or "")[:200],
        words=said,
        attachments=tuple(str(one) for one in raw.get("attachments") or () if str(one).strip()),
        expected=expected or {},
    )


def in_order(raws: Sequence[object]) -> tuple[list[Message], list[str]]:
    """Read a file's messages in order of receipt; beside them, what cannot be read, in words."""
    messages: list[Message] = []
    problems: list[str] = []
    seen: set[str] = set()
    for raw in raws:
        try:
            message = read(raw)
        except NotReadable as problem:
            problems.append(str(problem))
            continue
        if message.id in seen:
            problems.append(f"{message.id}: there are two messages of this id; one was left out.")
            continue
        seen.add(message.id)
        messages.append(message)
    return sorted(messages, key=lambda one: (one.received_at, one.id)), problems


def rows_of(expected: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give the rows of a list in `expected`; none where there is no list, or not of rows."""
    rows = expected.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def consent_of(message: Message) -> Mapping[str, Any]:
    """Give what was said about agreement; nothing where nothing was."""
    consent = message.expected.get("consent")
    return consent if isinstance(consent, Mapping) else {}


def text_of(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def day_of(row: Mapping[str, Any], name: str) -> date | None:
    try:
        return date.fromisoformat(text_of(row, name))
    except ValueError:
        return None


def reasons_of(message: Message) -> list[str]:
    reasons = message.expected.get("reason") or []
    return [str(one) for one in ([reasons] if isinstance(reasons, str) else reasons) if one]


def is_home_withheld(message: Message, key: str) -> bool:
    return any(
        re.search(r"restrict|withhold", text_of(row, "note"), re.I)
        for row in rows_of(message.expected, "households")
        if str(row.get("key")) == key
    )
