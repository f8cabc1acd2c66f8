"""What a missing notification says. Working the episode comes with its own capability."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, require
from cases.actions.contacts import children_of, lock_contact, touch
from cases.choices import Mark
from lib import application_clock
from mash.models import MissingNotice
from record import events
from record.errors import Refused


@transaction.atomic
def record_missing(
    *, by: User, at: datetime, contact_id: UUID, child_id: UUID, **facts: Any
) -> MissingNotice:
    """Keep what was reported about a missing child, or an earlier episode nobody can trace."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    if child_id not in set(children_of(contact)):
        raise Refused("This child is not on the contact.")
    since, returned = facts.get("missing_since"), facts.get("returned_at")
    if since is not None and since > application_clock.now():
        raise Refused("The time the child went missing is in the future.")
    if since is not None and returned is not None and returned < since:
        raise Refused("The return is before the child went missing.")
    notice = MissingNotice.objects.create(
        contact=contact,
        child_id=child_id,
        recorded_at=application_clock.now(),
        recorded_by=by,
        **facts,
    )
    if Mark.MISSING not in contact.marks:
        contact.marks = [*contact.marks, Mark.MISSING.value]
    touch(contact)
    contact.save(update_fields=["marks", "version", "changed_at"])
    events.append(
        "mash.missing_notice",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[child_id],
    )
    return notice
