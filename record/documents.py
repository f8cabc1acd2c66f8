"""Files that somebody sent or made: checked on the way in, kept apart, handed out as downloads.

A name is never believed: what a file is stands in its first bytes, and both must agree. Bytes lie
outside the web root under a random key. Who may read a document depends on what it belongs to;
each app says so for its kinds of subject in `AppConfig.ready`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Protocol, cast
from uuid import UUID

import puremagic
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, require
from lib import application_clock, words
from record import events
from record.errors import Refused
from record.models import Document

MEGABYTE: Final = 1024 * 1024
LARGEST: Final = 25 * MEGABYTE
LONGEST_NAME: Final = 150
HEAD: Final = 8192

#: What may be added: ending -> (what its bytes may say, the type it is handed out as).
_ZIP = "application/vnd.openxmlformats-officedocument"
KINDS: Final[dict[str, tuple[frozenset[str], str]]] = {
    ".pdf": (frozenset({".pdf"}), "application/pdf"),
    ".png": (frozenset({".png"}), "image/png"),
    ".jpg": (frozenset({".jpg", ".jpeg", ".jfif"}), "image/jpeg"),
    ".jpeg": (frozenset({".jpg", ".jpeg", ".jfif"}), "image/jpeg"),
    ".gif": (frozenset({".gif"}), "image/gif"),
    ".webp": (frozenset({".webp"}), "image/webp"),
    ".tif": (frozenset({".tif", ".tiff"}), "image/tiff"),
    ".tiff": (frozenset({".tif", ".tiff"}), "image/tiff"),
    ".heic": (frozenset({".heic", ".heif"}), "image/heic"),
    ".docx": (frozenset({".docx"}), f"{_ZIP}.wordprocessingml.document"),
    ".xlsx": (frozenset({".xlsx"}), f"{_ZIP}.spreadsheetml.sheet"),
    ".pptx": (frozenset({".pptx"}), f"{_ZIP}.presentationml.presentation"),
    ".doc": (frozenset({".doc"}), "application/msword"),
    ".xls": (frozenset({".doc", ".xls"}), "application/vnd.ms-excel"),
    ".ppt": (frozenset({".doc", ".ppt"}), "application/vnd.ms-powerpoint"),
    ".rtf": (frozenset({".rtf"}), "application/rtf"),
    ".msg": (frozenset({".doc", ".msg"}), "application/vnd.ms-outlook"),
    ".txt": (frozenset(), "text/plain; charset=utf-8"),
    ".csv": (frozenset(), "text/csv; charset=utf-8"),
    ".eml": (frozenset(), "message/rfc822"),
}
#: Where the body of an Office file stands in its container.
OFFICE_BODY: Final = {".docx": "word/", ".xlsx": "xl/", ".pptx": "ppt/"}
ENDINGS: Final = (
    "a PDF, a picture (JPG, PNG, GIF, WebP, TIFF, HEIC), Word, Excel, PowerPoint, RTF, text or an"
    " e-mail"
)
#: How a page for a browser begins; no message and no text file does.
_MARKUP = re.compile(
    rb"^[\s\xef\xbb\xbf]*<\s*(!doctype|html|script|svg|head|body|iframe|\?xml)|<script\b",
    re.IGNORECASE,
)


class NotAllowed(Refused):
    """The file cannot be added."""


class NoSubject(LookupError):
    """No app has said who may read documents of this kind of subject."""


class HeldElsewhere(Refused):
    """Only the name is known here; the file lies somewhere else."""


class FileMissing(Refused):
    """The record is here but its file is not."""


class Upload(Protocol):
    """What Django gives for an uploaded file."""

    @property
    def name(self) -> Any: ...

    @property
    def size(self) -> Any: ...

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]: ...

    def seek(self, position: int, /) -> Any: ...

    def read(self, number: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Access:
    """Who may read and add documents of one kind of subject, and whom such a document is about."""

    may_read: Callable[[User, Document], bool]
    may_add: Callable[[User, UUID], bool]
    children: Callable[[Document], Sequence[UUID]]


_access: dict[str, Access] = {}


def register(subject_kind: str, access: Access) -> None:
    """Say who may read documents of this kind of subject; unregistered kinds nobody may."""
    if _access.get(subject_kind, access) != access:
        raise ValueError(f"Documents of {subject_kind} are registered already.")
    _access[subject_kind] = access


def subjects() -> list[str]:
    """Every kind of subject that may have documents."""
    return sorted(_access)


# Adding


@transaction.atomic
def add(
    *,
    by: User,
    at: datetime,
    subject_kind: str,
    subject_id: UUID,
    file: Upload,
    name: str = "",
    child_id: UUID | None = None,
) -> Document:
    """Keep a file with what it belongs to.

    :param name: as the worker sees it; the file's own name when empty
    :param child_id: the one child it is about, where it is about one
    :raises PermissionDenied: `by` may not add documents here
    :raises NotAllowed: too large, empty, of another type than allowed or than its name says
    """
    authority = require(by, Permission.DOCUMENT_ADD, at=at)
    _may_add(by, subject_kind, subject_id)
    shown = clean_name(name or str(file.name or ""))
    content_type = check(file, shown)
    key, size, digest = _keep(file)
    try:
        document = Document.objects.create(
            subject_kind=subject_kind,
            subject_id=subject_id,
            child_id=child_id,
            name=shown,
            content_type=content_type,
            size=size,
            sha256=digest,
            storage_key=key,
            added_by=by,
            at=at,
            recorded_at=application_clock.now(),
        )
        events.append(
            "record.document_added",
            authority=authority,
            at=at,
            subject_kind=subject_kind,
            subject_id=subject_id,
            children=_children(document),
            data={"document_id": str(document.pk)},
        )
    except BaseException:
        _path(key).unlink(missing_ok=True)
        raise
    return document


@transaction.atomic
def add_name(
    *,
    by: User,
    at: datetime,
    subject_kind: str,
    subject_id: UUID,
    name: str,
    child_id: UUID | None = None,
) -> Document:
    """Note a file that is known by its name only, such as an attachment held by the sender.

    :raises PermissionDenied: `by` may not add documents here
    :raises NotAllowed: no name is given
    """
    authority = require(by, Permission.DOCUMENT_ADD, at=at)
    _may_add(by, subject_kind, subject_id)
    document = Document.objects.create(
        subject_kind=subject_kind,
        subject_id=subject_id,
        child_id=child_id,
        name=clean_name(name),
        content_type="",
        size=0,
        sha256="",
        storage_key=f"elsewhere/{secrets.token_hex(16)}",
        is_held_elsewhere=True,
        added_by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    events.append(
        "record.document_added",
        authority=authority,
        at=at,
        subject_kind=subject_kind,
        subject_id=subject_id,
        children=_children(document),
        data={"document_id": str(document.pk)},
    )
    return document


def _may_add(by: User, subject_kind: str, subject_id: UUID) -> None:
    access = _access.get(subject_kind)
    if access is None:
        raise NoSubject(f"Nobody has said who may read documents of {subject_kind}.")
    if not access.may_add(by, subject_id):
        raise PermissionDenied("You may not add a document here.")


def clean_name(name: str) -> str:
    """Give a file's name without path, control characters or tricks of direction.

    :raises NotAllowed: nothing is left
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    seen = "".join(
        " " if unicodedata.category(char) == "Zs" else char
        for char in unicodedata.normalize("NFC", last)
        if not unicodedata.category(char).startswith("C")
    )
    plain = re.sub(r'[<>:"|?*]', "_", re.sub(r"\s+", " ", seen)).strip(" .")
    if not plain:
        raise NotAllowed("This file has no name. Rename it and choose it again.", field="file")
    ending = PurePosixPath(plain).suffix
    if len(plain) > LONGEST_NAME and len(ending) < LONGEST_NAME:
        plain = plain[: LONGEST_NAME - len(ending)] + ending
    return plain[:LONGEST_NAME]


def check(file: Upload, name: str) -> str:
    """Give the type of a file that may be added.

    :raises NotAllowed: too large, empty, of another type than allowed or than its name says
    """
    size = int(file.size or 0)
    if size == 0:
        raise NotAllowed("The file is empty. Choose another.", field="file")
    if size > LARGEST:
        raise NotAllowed(
            f"The file must be smaller than {LARGEST // MEGABYTE} MB. Make it smaller or add it in"
            " parts.",
            field="file",
        )
    ending = PurePosixPath(name).suffix.lower()
    if ending not in KINDS:
        raise NotAllowed(f"The file must be {ENDINGS}.", field="file")
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    allowed, content_type = KINDS[ending]
    is_right = (
        _is_text(head, is_message=ending == ".eml")
        if not allowed
        else bool(_sniffed(head) & allowed)
    )
    if is_right and ending == ".pdf":
        is_right = head.startswith(b"%PDF-")
    if is_right and ending in OFFICE_BODY:
        is_right = _is_office(file, OFFICE_BODY[ending])
    if not is_right:
        kind = ending.removeprefix(".").upper()
        raise NotAllowed(
            f"This is not what its name says: the content is not {kind}. Save it again in that"
            " format.",
            field="file",
        )
    return content_type


def _sniffed(head: bytes) -> set[str]:
    try:
        return {match.extension.lower() for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def _is_text(head: bytes, *, is_message: bool) -> bool:
    """Say whether bytes are words: no control characters, and no page for a browser."""
    if _MARKUP.match(head) or (not is_message and _MARKUP.search(head)):
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if any(byte < 32 and byte not in b"\t\n\r\x0c" for byte in head):
        return False
    known = _sniffed(head)
    return not known & {".pdf", ".exe", ".zip", ".doc", ".png", ".jpg", ".gif", ".rtf"}


def _is_office(file: Upload, body: str) -> bool:
    """Say whether a container holds the body of its kind, and no program."""
    try:
        with zipfile.ZipFile(cast(IO[bytes], file)) as container:
            names = container.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    finally:
        file.seek(0)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise NotAllowed(
            "The file holds macros. Save it without them and choose it again.", field="file"
        )
    return "[Content_Types].xml" in names and any(name.startswith(body) for name in names)


def _path(key: str) -> Path:
    return Path(settings.DOCUMENT_ROOT) / key[:2] / key[2:4] / key


def _keep(file: Upload) -> tuple[str, int, str]:
    """Write the bytes under a random key, on the disk before the row is; give size and digest."""
    key = secrets.token_hex(32)
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as kept:
            for chunk in file.chunks():
                size += len(chunk)
                if size > LARGEST:
                    raise NotAllowed("The file is too large.", field="file")
                digest.update(chunk)
                kept.write(chunk)
            kept.flush()
            os.fsync(kept.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return key, size, digest.hexdigest()


# Reading


@dataclass(frozen=True)
class Opened:
    """A document with its bytes, and the children that a reading of it is about."""

    document: Document
    stream: IO[bytes]
    child_ids: tuple[UUID, ...]


def open_for(*, by: User, document_id: UUID) -> Opened:
    """Open a document for somebody. The caller writes the read log before sending a byte.

    :raises Document.DoesNotExist: there is none, or `by` may not see what it belongs to
    :raises HeldElsewhere: only its name is known here
    :raises FileMissing: its bytes cannot be found
    """
    document = Document.objects.get(pk=document_id)
    access = _access.get(document.subject_kind)
    if access is None or not access.may_read(by, document):
        raise Document.DoesNotExist("There is no such document.")
    if document.is_held_elsewhere:
        raise HeldElsewhere("This file is held by whoever sent it. Ask them for it.")
    try:
        stream = _path(document.storage_key).open("rb")
    except OSError as error:
        raise FileMissing("This file cannot be found. Tell the administrator.") from error
    return Opened(document, stream, tuple(_children(document)))


def _children(document: Document) -> Sequence[UUID]:
    if document.child_id is not None:
        return [document.child_id]
    access = _access.get(document.subject_kind)
    return access.children(document) if access is not None else []


@dataclass(frozen=True)
class DocumentLine:
    """One document in a list."""

    id: UUID
    name: str
    size: str
    is_held_elsewhere: bool
    at: datetime
    added_by: str
    child_id: UUID | None


def of_subjects(*, subject_ids: Sequence[UUID]) -> list[DocumentLine]:
    """List the documents of these subjects, the latest first; one query.

    Whether somebody may see the subjects is the caller's question.
    """
    rows = Document.objects.filter(subject_id__in=subject_ids).select_related("added_by")
    return [
        DocumentLine(
            id=row.pk,
            name=row.name,
            size=size_words(row.size),
            is_held_elsewhere=row.is_held_elsewhere,
            at=row.at,
            added_by=row.added_by.full_name,
            child_id=row.child_id,
        )
        for row in rows.order_by("-at", "pk")
    ]


def size_words(size: int) -> str:
    """Put a size into words: "340 KB", "2.4 MB"."""
    if size >= MEGABYTE:
        return f"{size / MEGABYTE:.1f} MB"
    return f"{words.number_words(max(size // 1024, 1))} KB" if size else ""
