"""What a worker writes about one child or several; put right by a later note, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, require
from lib import application_clock
from lib import text as texts
from record import events, visibility
from record.errors import Clash, Refused
from record.models import Note, NoteChild

LONGEST = 20_000


class NoteNotPossible(Refused):
    """The note says nothing, too much, or is about nobody."""


class AlreadyCorrected(Clash):
    """The note has been put right already; correct the later one."""


@transaction.atomic
def add(
    *,
    by: User,
    at: datetime,
    text: str,
    child_ids: Iterable[UUID],
    kind: str = "note",
    corrects: UUID | None = None,
    subject_kind: str = "",
    subject_id: UUID | None = None,
) -> Note:
    """Write a note about one or several children; each has it on the timeline.

    :param at: when what it tells happened
    :param corrects: the note that this one puts right; both stay
    :raises PermissionDenied: `by` may not add notes
    :raises LookupError: `by` may not see one of the children
    :raises NoteNotPossible: empty, too long, or about nobody
    :raises AlreadyCorrected: a later note puts that one right
    """
    authority = require(by, Permission.NOTE_ADD, at=at)
    children = list(dict.fromkeys(child_ids))
    written = _checked(text)
    if not children and subject_id is None:
        raise NoteNotPossible("Select at least one child.", field="children")
    hidden = set(children) - visibility.visible(by, children)
    if hidden:
        raise LookupError("There is no such person.")
    earlier = None
    if corrects is not None:
        earlier = Note.objects.select_for_update(of=("self",)).get(pk=corrects)
        later = earlier.corrections.select_related("by").first()
        if later is not None:
            raise AlreadyCorrected(
                f"{later.by} has corrected this note already. Correct the later one.",
                by_name=str(later.by),
                at=later.recorded_at,
            )
        before = set(earlier.children.values_list("child_id", flat=True))
        if before - visibility.visible(by, before):
            raise LookupError("There is no such note.")
    note = Note.objects.create(
        text=written,
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        corrects=earlier,
        by=by,
        acting_for=authority.acting_for,
        at=at,
        recorded_at=application_clock.now(),
    )
    NoteChild.objects.bulk_create(NoteChild(note=note, child_id=each) for each in children)
    events.append(
        "record.note_corrected" if earlier else "record.note_added",
        authority=authority,
        at=at,
        subject_kind=subject_kind or "note",
        subject_id=subject_id or note.pk,
        children=children,
        data={"note_id": str(note.pk)},
    )
    return note


def _checked(written: str) -> str:
    clean = texts.cleaned(written).strip()
    if not clean:
        raise NoteNotPossible("Enter the note.", field="text")
    if len(clean) > LONGEST:
        raise NoteNotPossible(
            f"The note must be {LONGEST:,} characters or less. It has {len(clean):,}.",
            field="text",
        )
    return clean


@dataclass(frozen=True)
class NoteLine:
    """One note in a list; `is_superseded` when a later note puts it right.

    `closed_ids` are the children it is about whose record the reader may not see. Nobody can say
    which of its words are about whom, so such a note is there without its text.
    """

    id: UUID
    text: str
    kind: str
    at: datetime
    recorded_at: datetime
    by_name: str
    acting_for: str
    child_ids: tuple[UUID, ...]
    corrects_id: UUID | None
    is_superseded: bool
    closed_ids: tuple[UUID, ...] = ()


def of_children(*, by: User, child_ids: Iterable[UUID], limit: int = 50) -> list[NoteLine]:
    """List the notes about children, the latest first; a fixed number of queries.

    A child whom `by` may not see is not named, and a note about hidden children only is left out.
    """
    wanted = visibility.visible(by, child_ids)
    return lines(by=by, found=Note.objects.filter(about(wanted)), limit=limit)


def about(child_ids: Iterable[UUID]) -> Q:
    """Select the notes about any of these children."""
    return Q(pk__in=NoteChild.objects.filter(child_id__in=child_ids).values("note_id"))


def of_subject(*, by: User, subject_id: UUID) -> list[NoteLine]:
    """List the notes on one thing, the latest first.

    Whether `by` may see the thing is the caller's question.
    """
    return lines(by=by, found=Note.objects.filter(subject_id=subject_id))


def lines(*, by: User, found: QuerySet[Note], limit: int | None = None) -> list[NoteLine]:
    """Give notes ready to show to `by`, the latest first; a fixed number of queries."""
    chosen = list(
        found.select_related("by", "acting_for").order_by("-at", "-recorded_at", "pk")[:limit]
    )
    ids = [note.pk for note in chosen]
    children: dict[UUID, list[UUID]] = {pk: [] for pk in ids}
    everybody: set[UUID] = set()
    rows = NoteChild.objects.filter(note_id__in=ids).order_by("pk")
    for note_id, child_id in rows.values_list("note_id", "child_id"):
        children[note_id].append(child_id)
        everybody.add(child_id)
    seen = visibility.visible(by, everybody) if everybody else set()
    put_right = set(Note.objects.filter(corrects_id__in=ids).values_list("corrects_id", flat=True))
    return [
        NoteLine(
            id=note.pk,
            text=note.text if seen.issuperset(children[note.pk]) else "",
            kind=note.kind,
            at=note.at,
            recorded_at=note.recorded_at,
            by_name=str(note.by),
            acting_for=str(note.acting_for) if note.acting_for else "",
            child_ids=tuple(each for each in children[note.pk] if each in seen),
            closed_ids=tuple(each for each in children[note.pk] if each not in seen),
            corrects_id=note.corrects_id,
            is_superseded=note.pk in put_right,
        )
        for note in chosen
        if not children[note.pk] or not seen.isdisjoint(children[note.pk])
    ]
