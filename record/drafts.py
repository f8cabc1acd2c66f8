"""What somebody has typed and not yet recorded.

Drafts are no evidence: they are overwritten freely and dropped 30 days after they were recorded
(decisions.md 86). A draft belongs to one person; a second window of theirs is told of the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import Resolver404, resolve

from accounts.models import User
from lib import words
from record.errors import Clash
from record.models import Draft

KEPT_AFTER_RECORDING = timedelta(days=30)
LONGEST_TEXT = 250_000
UNDER_WAY = timedelta(minutes=1)
_UNKEPT = re.compile("[\x00\ud800-\udfff]")  # NUL and halves of characters
_pages: dict[str, str] = {}


class DraftClash(Clash):
    """A newer version was saved from elsewhere."""


@transaction.atomic
def save(
    *,
    owner: User,
    form: str,
    subject_id: UUID | None,
    data: Mapping[str, Any],
    version: int,
    at: datetime,
    draft_id: UUID | None = None,
    page: str = "",
    is_sent: bool = False,
) -> Draft:
    """Keep what is typed; the version given back belongs in the next call.

    A save that was still under way when the form was recorded changes nothing.

    :param version: the version the page was opened with, 0 when there was none
    :param page: the address on which it is typed
    :param is_sent: whether the page itself is sent, not saved beside the typing: then what the
        same page, by the `window` among its words, saved by itself a moment ago is no clash
    :param draft_id: which one, for forms of which somebody may have several without a subject
    :raises DraftClash: somebody's other window has saved a newer version
    """
    found = _find(owner=owner, form=form, subject_id=subject_id, draft_id=draft_id)
    if found is None:
        if draft_id is not None:
            raise Draft.DoesNotExist("This draft is recorded, or somebody else's.")
        if version and (
            done := _recorded(owner=owner, form=form, subject_id=subject_id, since=at - UNDER_WAY)
        ):
            return done
        try:
            with transaction.atomic():
                return Draft.objects.create(
                    owner=owner,
                    form=form,
                    subject_id=subject_id,
                    page=page,
                    data=_plain(data),
                    version=version + 1,
                    saved_at=at,
                )
        except IntegrityError:
            found = _find(owner=owner, form=form, subject_id=subject_id, draft_id=None)
            if found is None:
                raise
    if found.version != version and not (is_sent and _is_of_one_window(found.data, data)):
        raise DraftClash(
            f"You saved other words here in another window, {words.moment_words(found.saved_at)}."
            " Nothing is lost: what stands on this page is kept here until you leave it.",
            by_name=str(owner),
            at=found.saved_at,
        )
    found.data = _plain(data)
    found.version = max(found.version, version) + 1
    found.saved_at = at
    found.page = page or found.page
    found.save(update_fields=["data", "version", "saved_at", "page"])
    return found


def _is_of_one_window(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one.get("window")) and one.get("window") == other.get("window")


def _find(
    *, owner: User, form: str, subject_id: UUID | None, draft_id: UUID | None
) -> Draft | None:
    drafts = Draft.objects.select_for_update().filter(owner=owner, form=form, recorded_at=None)
    if draft_id is not None:
        return drafts.filter(pk=draft_id).first()
    if subject_id is None:
        return None
    return drafts.filter(subject_id=subject_id).first()


def _recorded(*, owner: User, form: str, subject_id: UUID | None, since: datetime) -> Draft | None:
    """The draft of this form that was recorded a moment ago."""
    if subject_id is None:
        return None
    done = Draft.objects.filter(
        owner=owner, form=form, subject_id=subject_id, recorded_at__gte=since
    )
    return done.order_by("-recorded_at", "pk").first()


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what PostgreSQL cannot hold, and cut what no form takes."""
    return {_clean(str(key))[:200]: _clean(value) for key, value in data.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _UNKEPT.sub("", value)[:LONGEST_TEXT]
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, Mapping):
        return {_clean(str(key)): _clean(each) for key, each in value.items()}
    return value


def load(
    *, owner: User, form: str, subject_id: UUID | None = None, draft_id: UUID | None = None
) -> Draft | None:
    """Give the draft somebody left, if it is not recorded yet.

    Without subject and id it is the one saved last.
    """
    drafts = Draft.objects.filter(owner=owner, form=form, recorded_at=None)
    if draft_id is not None:
        drafts = drafts.filter(pk=draft_id)
    else:
        drafts = drafts.filter(subject_id=subject_id)
    return drafts.order_by("-saved_at", "pk").first()


def mark_recorded(
    *,
    owner: User,
    form: str,
    at: datetime,
    subject_id: UUID | None = None,
    draft_id: UUID | None = None,
) -> int:
    """Note that what was drafted now stands in the record; say how many drafts that were."""
    drafts = Draft.objects.filter(owner=owner, form=form, recorded_at=None)
    if draft_id is not None:
        drafts = drafts.filter(pk=draft_id)
    else:
        drafts = drafts.filter(subject_id=subject_id)
    return drafts.update(recorded_at=at)


def drop(*, owner: User, draft_id: UUID) -> int:
    """Throw a draft away; somebody else's or a recorded one stays."""
    number, _ = Draft.objects.filter(owner=owner, pk=draft_id, recorded_at=None).delete()
    return number


def mine(owner: User) -> list[Draft]:
    """List what somebody has typed and not recorded, the latest first."""
    return list(Draft.objects.filter(owner=owner, recorded_at=None).order_by("-saved_at", "pk"))


@dataclass(frozen=True)
class DraftLine:
    """One thing somebody began: what it is, where to go on, when it was kept."""

    words: str
    url: str
    saved_at: datetime


def register(pages: Mapping[str, str]) -> None:
    """Say what is typed on these pages, by the name of their address.

    An empty text leaves a page out: what is typed there is found from another.
    """
    _pages.update(pages)


def lines(owner: User) -> list[DraftLine]:
    """Say what somebody has typed and not recorded, the latest first; one query."""
    found = []
    for draft in mine(owner):
        name = view_name(draft.page)
        if said := _pages.get(name, "A form"):
            found.append(DraftLine(said, draft.page if name else "", draft.saved_at))
    return found


def view_name(page: str) -> str:
    """Give the name of one of our addresses, or nothing for any other text."""
    try:
        return resolve(page).view_name
    except Resolver404:
        return ""


def drop_old(*, at: datetime) -> int:
    """Drop what was recorded a month ago; say how many."""
    number, _ = Draft.objects.filter(recorded_at__lt=at - KEPT_AFTER_RECORDING).delete()
    return number
