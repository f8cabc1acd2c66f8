"""What the addresses of `record` name, for `tests/access_table.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.choices import Role, TeamKind
from accounts.models import User
from lib import application_clock
from record import documents
from record.models import Draft, OutboxMessage, PersonalNotice, PolicyChange
from tests.factories.accounts import TeamFactory
from tests.mash.board_cases import received

People = Mapping[Role, User]


def a_form(people: People) -> dict[str, Any]:
    return {"form": "intake", "subject_id": uuid4()}


def a_draft(people: People) -> dict[str, Any]:
    draft = Draft.objects.create(
        owner=people[Role.CONTACT_OFFICER], form="intake", saved_at=application_clock.now()
    )
    return {"form": "intake", "draft_id": draft.pk}


def a_draft_to_drop(people: People) -> dict[str, Any]:
    return {"draft_id": a_draft(people)["draft_id"]}


def a_document(people: People) -> dict[str, Any]:
    """A file of a contact that names nobody restricted."""
    officer = people[Role.CONTACT_OFFICER]
    now = application_clock.now()
    TeamFactory(name="MASH", kind=TeamKind.MASH, manager=people[Role.MASH_MANAGER])
    contact = received(officer, at=now - timedelta(hours=2))
    document = documents.add(
        by=officer,
        at=now,
        subject_kind="contact",
        subject_id=contact.pk,
        file=SimpleUploadedFile("referral.pdf", b"%PDF-1.7\n%%EOF\n"),
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
