"""What the addresses of `record` name, for `tests/access_table.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from accounts.choices import Role
from accounts.models import User
from lib import application_clock
from record.models import Document, Draft, OutboxMessage, PersonalNotice, PolicyChange

People = Mapping[Role, User]


def a_form(people: People) -> dict[str, Any]:
    return {"form": "intake", "subject_id": uuid4()}


def a_draft(people: People) -> dict[str, Any]:
    draft = Draft.objects.create(
        owner=people[Role.CONTACT_OFFICER], form="intake", saved_at=application_clock.now()
    )
    return {"form": "intake", "draft_id": draft.pk}


def a_document(people: People) -> dict[str, Any]:
    now = application_clock.now()
    document = Document.objects.create(
        subject_kind="nothing",
        subject_id=uuid4(),
        name="a.pdf",
        content_type="application/pdf",
        size=1,
        sha256="0" * 64,
        storage_key=uuid4().hex,
        added_by=people[Role.CONTACT_OFFICER],
        at=now,
        recorded_at=now,
    )
    return {"document_id": document.pk}


def a_limit(people: People) -> dict[str, Any]:
    return {"key": "CON-FB"}


def a_change(people: People) -> dict[str, Any]:
    change = PolicyChange.objects.create(
        key="CON-FB",
        value=2,
        from_on=application_clock.today(),
        reason="More time",
        proposed_by=people[Role.ADMINISTRATOR],
        proposed_at=application_clock.now(),
    )
    return {"change_id": change.pk}


def _message() -> OutboxMessage:
    now = application_clock.now()
    return OutboxMessage.objects.create(
        topic="notice", key=uuid4().hex, created_at=now, available_at=now, set_aside_at=now
    )


def a_failed_delivery(people: People) -> dict[str, Any]:
    return {"message_id": _message().pk}


def a_notice(people: People) -> dict[str, Any]:
    notice = PersonalNotice.objects.create(
        message=_message(),
        user=people[Role.CONTACT_OFFICER],
        code="unknown",
        subject_kind="contact",
        subject_id=uuid4(),
        created_at=application_clock.now(),
    )
    return {"notice_id": notice.pk}
