"""Lines on somebody's home page: what is new for them, with a link.

Each app says in `AppConfig.ready` what its codes mean and where they lead. The outbox topic
"notice" writes the line, once for each message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from accounts.models import User
from record.models import PersonalNotice

WITHOUT_WORDS = "There is news about your work"


@dataclass(frozen=True)
class NoticeCode:
    """What a notice says; `url_name` takes the id of its subject, or nothing when `is_page`."""

    code: str
    words: str
    url_name: str = ""
    is_page: bool = False


_codes: dict[str, NoticeCode] = {}


def register(*codes: NoticeCode) -> None:
    """Say what notices of these codes mean; the same code twice must mean the same."""
    for code in codes:
        if _codes.get(code.code, code) != code:
            raise ValueError(f"The notice {code.code} is registered already, otherwise.")
        _codes[code.code] = code


@dataclass(frozen=True)
class NoticeLine:
    """One notice, ready to show."""

    id: UUID
    code: str
    words: str
    url: str
    created_at: datetime
    is_read: bool
    subject_kind: str
    subject_id: UUID


def mine(user: User, *, unread_only: bool = False, limit: int = 100) -> list[NoticeLine]:
    """List somebody's notices, the latest first; one query."""
    rows = PersonalNotice.objects.filter(user=user)
    if unread_only:
        rows = rows.filter(read_at=None)
    return [_line(row) for row in rows.order_by("-created_at", "pk")[:limit]]


def unread(user: User) -> int:
    """Count what somebody has not read."""
    return PersonalNotice.objects.filter(user=user, read_at=None).count()


def mark_read(*, user: User, at: datetime, notice_id: UUID | None = None) -> int:
    """Note that one notice was read, or all of them; say how many that were."""
    rows = PersonalNotice.objects.filter(user=user, read_at=None)
    if notice_id is not None:
        rows = rows.filter(pk=notice_id)
    return rows.update(read_at=at)


def _line(row: PersonalNotice) -> NoticeLine:
    known = _codes.get(row.code)
    return NoticeLine(
        id=row.pk,
        code=row.code,
        words=known.words if known else WITHOUT_WORDS,
        url=_url(known, row.subject_id) if known else "",
        created_at=row.created_at,
        is_read=row.read_at is not None,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
    )


def _url(known: NoticeCode, subject_id: UUID) -> str:
    if not known.url_name:
        return ""
    try:
        return reverse(known.url_name, args=() if known.is_page else (subject_id,))
    except NoReverseMatch:
        return ""
