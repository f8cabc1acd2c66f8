"""How messages leave: a line on a home page, an e-mail with a link, a call to another system.

Each is called at least once with the message's id as idempotency key. Nothing personal leaves: an
e-mail holds a link, a call holds ids and codes.
"""

from __future__ import annotations

import json
import urllib.request
from email.message import Message
from http.client import HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import PartnerAgency, User
from record.models import OutboxMessage, PersonalNotice

WEBHOOK_SECONDS = 10
SUBJECT = "There is something for you in {service}"
BODY = """{service} has something for you. Sign in to see it:

{url}

This message does not say what it is, because e-mail is not private.
"""


class NotConfigured(RuntimeError):
    """The authority has not said where messages of this kind go."""


class NotAccepted(RuntimeError):
    """The other system answered, but not that it took the message."""


def notice(message: OutboxMessage) -> None:
    """Put a line on somebody's home page; payload `user_id` and `code`."""
    payload = message.payload
    PersonalNotice.objects.get_or_create(
        message=message,
        defaults={
            "user_id": payload["user_id"],
            "code": str(payload.get("code", message.topic))[:60],
            "subject_kind": payload.get("subject_kind") or message.subject_kind,
            "subject_id": payload.get("subject_id") or message.subject_id or message.pk,
            "created_at": message.created_at,
        },
    )


def email(message: OutboxMessage) -> None:
    """Send a link by e-mail; payload `user_id` or `agency_id`, and `path` (or the home page)."""
    payload = message.payload
    if payload.get("agency_id"):
        to = PartnerAgency.objects.get(pk=payload["agency_id"]).email
    else:
        to = User.objects.get(pk=payload["user_id"], is_active=True).email
    if not to:
        raise NotConfigured("This agency has no address.")
    service = settings.SERVICE_NAME
    address = settings.SERVICE_URL.rstrip("/")
    host = urlsplit(address).hostname or "localhost"
    EmailMessage(
        subject=SUBJECT.format(service=service),
        body=BODY.format(
            service=service, url=f"{address}/{str(payload.get('path', '')).lstrip('/')}"
        ),
        to=[to],
        headers={"Message-ID": f"<{message.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    ).send()


def webhook(message: OutboxMessage) -> None:
    """Tell another system, at the address that the settings name for payload `target` or `code`.

    In the demonstration there is nobody to tell: a message without an address is delivered by
    being shown among the deliveries. Anywhere else a missing address is a failure.
    """
    if is_shown_here(message):
        return
    target = target_of(message)
    url = settings.WEBHOOK_URLS.get(target, "")
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotConfigured(target)
    body = {
        "id": str(message.pk),
        "at": message.created_at.isoformat(),
        "subject_kind": message.subject_kind,
        "subject_id": str(message.subject_id) if message.subject_id else None,
        **message.payload,
    }
    asked = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url,
        data=json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            "Idempotency-Key": str(message.pk),
            "User-Agent": "slough-front-door",
        },
        method="POST",
    )
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(asked, timeout=WEBHOOK_SECONDS) as answer:
        if not 200 <= answer.status < 300:
            raise NotAccepted(str(answer.status))


def target_of(message: OutboxMessage) -> str:
    """Name the system that a call is for, as the settings know it."""
    return str(message.payload.get("target") or message.payload.get("code", ""))


def is_shown_here(message: OutboxMessage) -> bool:
    """Say whether a call went nowhere but onto the page of deliveries."""
    return settings.DEMONSTRATION and not settings.WEBHOOK_URLS.get(target_of(message))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is meant for one address is never carried to another."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage | Message | Any,
        newurl: str,
    ) -> None:
        return None
