"""What somebody sent just after they were signed out, kept until they are back.

It waits in the new, still anonymous session; only the person who wrote it sees it again. Files
cannot be kept and are named instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.http import HttpRequest

from lib import application_clock

KEY = "kept_form"
#: Whose words this browser may keep, and the salt of their key: (user id, salt).
DRAFT = "draft"
FIELD = "kept_form_id"
NOT_KEPT = {"csrfmiddlewaretoken", FIELD, "password", "oldpassword", "password1", "password2"}


@dataclass(frozen=True)
class KeptForm:
    """A form as it was sent: where to, from which page, with which values."""

    id: str
    path: str
    page: str
    fields: list[tuple[str, str]]
    files: list[str]
    kept_at: datetime


def keep(request: HttpRequest, *, user_id: str, page: str) -> None:
    """Put what this request carries into its session, for that person alone."""
    fields = [
        [name, value]
        for name, values in request.POST.lists()
        if name not in NOT_KEPT
        for value in values
    ]
    request.session[KEY] = {
        "id": uuid4().hex,
        "user_id": user_id,
        "path": request.path,
        "page": page,
        "fields": fields,
        "files": [file.name for _, files in request.FILES.lists() for file in files],
        "kept_at": application_clock.now().isoformat(),
    }


def kept(request: HttpRequest) -> KeptForm | None:
    """What was kept for whoever is signed in now; what belongs to somebody else is thrown away."""
    found = request.session.get(KEY)
    if found is None:
        return None
    if found["user_id"] != str(request.user.pk):
        del request.session[KEY]
        return None
    return KeptForm(
        id=found["id"],
        path=found["path"],
        page=found["page"],
        fields=[(name, value) for name, value in found["fields"]],
        files=found["files"],
        kept_at=datetime.fromisoformat(found["kept_at"]),
    )


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def forget_if_sent(request: HttpRequest) -> None:
    """Forget a kept form once it is sent again."""
    found = request.session.get(KEY)
    if found and request.method == "POST" and request.POST.get(FIELD) == found["id"]:
        forget(request)


def open_drafts(request: HttpRequest) -> None:
    """Give this stay a salt for the key of unsent words, unless the same person left one."""
    owner = str(request.user.pk)
    if request.session.get(DRAFT, ("", ""))[0] != owner:
        request.session[DRAFT] = (owner, uuid4().hex)
