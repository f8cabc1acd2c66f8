"""What somebody knows about a person whose record they may not read."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission
from people.actions import rules
from people.actions.restrictions import NotRestricted
from people.models import Person, Restriction
from record import notes, once, outbox
from record.models import Note, NoteChild


@transaction.atomic
def leave_information(
    *, by: User, at: datetime, person_id: UUID, text: str, token: UUID | None = None
) -> Note:
    """Leave a note on a restricted record without reading it; its owner is told.

    :raises PermissionDenied: `by` may not add notes
    :raises Person.DoesNotExist: there is no such record
    :raises NotRestricted: `by` may read the record, and so write on it
    :raises NoteNotPossible: empty or too long
    """
    authority = rules.begin(by, Permission.NOTE_ADD, at)
    once.claim(token, user=by, action="people.leave_information")
    person = Person.objects.select_for_update().get(pk=person_id)
    if not Person.objects.restricted_to(by).filter(pk=person_id).exists():
        raise NotRestricted("You may read this record. Add a note there.")
    restriction = Restriction.objects.get(person=person, ended_at__isnull=True)
    note = notes.add(
        by=by, at=at, text=text, child_ids=(), subject_kind="person", subject_id=person.pk
    )
    NoteChild.objects.create(note=note, child=person)
    rules.append(
        "people.information_left", authority=authority, at=at, person=person, note_id=note.pk
    )
    for topic in ("notice", "email"):
        outbox.put(
            topic,
            key=f"people.information_left:{topic}:{note.pk}",
            payload={
                "user_id": str(restriction.owner_id),
                "code": "people.information_left",
                "path": reverse("people:person", args=[person.pk]),
            },
            at=at,
            subject_kind="person",
            subject_id=person.pk,
            child_id=person.pk if person.la_child_id else None,
        )
    once.finish(token, note.pk)
    return note
