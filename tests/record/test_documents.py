import hashlib
import io
import stat
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, transaction

from record import documents
from record.models import Document, Event, ReadLogEntry

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(20)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"
EML = (
    b"From: office@school.example\r\nSubject: Worry\r\nContent-Type: text/html\r\n\r\n"
    b"<html><body>Please ring</body></html>"
)


def office(body, *extra):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as container:
        for name in ("[Content_Types].xml", f"{body}/document.xml", *extra):
            container.writestr(name, "<x/>")
    return packed.getvalue()


@pytest.fixture(autouse=True)
def document_root(settings, tmp_path):
    settings.DOCUMENT_ROOT = tmp_path / "documents"
    return tmp_path / "documents"


@pytest.fixture(autouse=True)
def subject(child):
    """Let a MASH manager and a contact officer read what hangs on a test subject."""
    readers = {"noor.placeholder@slough.example", "amir.testwood@slough.example"}
    documents.register(
        "test",
        documents.Access(
            may_read=lambda user, document: user.email in readers,
            may_add=lambda user, subject_id: user.email in readers,
            children=lambda document: [child.pk],
        ),
    )


def add(by, at, content=PDF, name="report.pdf", **rest):
    return documents.add(
        by=by,
        at=at,
        subject_kind="test",
        subject_id=uuid4(),
        file=SimpleUploadedFile(name, content),
        **rest,
    )


def files(root: Path):
    return [path for path in root.rglob("*") if path.is_file()]


def test_add_keeps_the_bytes_under_a_random_key(at_eleven, mash_manager, document_root, child):
    document = add(mash_manager, at_eleven)

    (kept,) = files(document_root)
    assert kept.read_bytes() == PDF
    assert document.sha256 == hashlib.sha256(PDF).hexdigest()
    assert "report" not in str(kept)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert Event.objects.get().child_id == child.pk


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("a.PNG", PNG),
        ("a.jpg", JPEG),
        ("a.docx", office("word")),
        ("a.xlsx", office("xl")),
        ("a.doc", OLE),
        ("a.msg", OLE),
        ("a.rtf", b"{\\rtf1\\ansi words}"),
        ("a.txt", "Zoë said: “no”, twice.".encode()),
        ("a.csv", b"name,age\nAaliyah,7\n"),
        ("a.eml", EML),
    ],
)
def test_add_takes_what_agencies_send(at_eleven, mash_manager, name, content):
    document = add(mash_manager, at_eleven, content, name)

    assert document.size == len(content)
    assert not document.content_type.startswith("text/html")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", HTML),
        ("a.pdf", b"\n\n" + PDF),
        ("a.png", HTML),
        ("a.jpg", PDF),
        ("a.txt", HTML),
        ("a.txt", b"\xef\xbb\xbf  <HTML>"),
        ("a.csv", b"a,b\n<script>alert(1)</script>"),
        ("a.eml", HTML),
        ("a.txt", b"MZ\x90\x00\x03"),
        ("a.txt", PDF),
        ("a.docx", b"PK\x03\x04 not a container"),
        ("a.docx", office("xl")),
        ("a.docx", office("word", "word/vbaProject.bin")),
        ("a.html", HTML),
        ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.exe", b"MZ"),
        ("a.docm", office("word")),
        ("a.pdf.exe", PDF),
        ("report\u202efdp.exe", PDF),
        ("nothing", PDF),
        ("a.pdf", b""),
    ],
)
def test_add_refuses_what_is_not_what_it_says(
    at_eleven, mash_manager, document_root, name, content
):
    with pytest.raises(documents.NotAllowed):
        add(mash_manager, at_eleven, content, name)

    assert not Document.objects.exists()
    assert not document_root.exists() or files(document_root) == []


def test_add_takes_the_largest_and_refuses_one_byte_more(at_eleven, mash_manager):
    largest = PDF + bytes(documents.LARGEST - len(PDF))

    assert add(mash_manager, at_eleven, largest).size == documents.LARGEST
    with pytest.raises(documents.NotAllowed, match="25 MB"):
        add(mash_manager, at_eleven, largest + b"x")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\Pat\\report.pdf", "report.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("re\u202eport\u200b.pdf", "report.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        ("Zo\u0065\u0308.pdf", "Zo\u00eb.pdf"),
        ("  spaced   out .pdf. ", "spaced out .pdf"),
        ("a" * 300 + ".pdf", "a" * 146 + ".pdf"),
    ],
)
def test_clean_name_keeps_no_path_and_no_tricks(given, kept):
    assert documents.clean_name(given) == kept


@pytest.mark.parametrize("given", ["", "/", "..", "\u200b", "a/"])
def test_clean_name_of_nothing_is_refused_or_a_plain_word(given):
    if given == "a/":
        assert documents.clean_name(given) == "a"
        return
    with pytest.raises(documents.NotAllowed):
        documents.clean_name(given)


def test_add_refuses_somebody_who_may_not(at_eleven, mash_social_worker, administrator):
    for somebody in (mash_social_worker, administrator):
        with pytest.raises(PermissionDenied):
            add(somebody, at_eleven)

    assert not Document.objects.exists()


def test_add_refuses_a_subject_nobody_answers_for(at_eleven, mash_manager):
    with pytest.raises(documents.NoSubject):
        documents.add(
            by=mash_manager,
            at=at_eleven,
            subject_kind="unknown",
            subject_id=uuid4(),
            file=SimpleUploadedFile("a.pdf", PDF),
        )


def test_failed_row_leaves_no_file(at_eleven, mash_manager, document_root, monkeypatch):
    def fail(*args, **rest):
        raise RuntimeError

    monkeypatch.setattr(documents.events, "append", fail)

    with pytest.raises(RuntimeError):
        add(mash_manager, at_eleven)

    assert files(document_root) == []


def test_database_refuses_to_change_a_document(at_eleven, mash_manager):
    document = add(mash_manager, at_eleven)

    with pytest.raises(Error), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(name="other.pdf")
    with pytest.raises(Error), transaction.atomic():
        Document.objects.filter(pk=document.pk).delete()

    assert Document.objects.get().name == "report.pdf"


# Reading


def test_download_is_an_attachment_and_logged(client, at_eleven, mash_manager, child):
    document = add(mash_manager, at_eleven, name="Zoë’s report.pdf")
    client.force_login(mash_manager)

    answer = client.get(f"/record/documents/{document.pk}/")

    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert "no-store" in answer["Cache-Control"]
    row = ReadLogEntry.objects.get()
    assert (row.kind, row.child_id, row.subject_id) == ("document", child.pk, document.pk)


def test_download_of_somebody_who_may_not_see_the_subject_is_404(
    client, at_eleven, mash_manager, mash_social_worker
):
    document = add(mash_manager, at_eleven)
    client.force_login(mash_social_worker)

    answer = client.get(f"/record/documents/{document.pk}/")

    assert answer.status_code == 404
    assert not ReadLogEntry.objects.exists()


def test_name_only_document_says_where_the_file_is(client, at_eleven, mash_manager):
    document = documents.add_name(
        by=mash_manager,
        at=at_eleven,
        subject_kind="test",
        subject_id=uuid4(),
        name="../photos.zip",
    )
    client.force_login(mash_manager)

    answer = client.get(f"/record/documents/{document.pk}/")

    assert document.name == "photos.zip"
    assert answer.status_code == 409
    assert b"held by whoever sent it" in answer.content


def test_lost_file_is_said_and_not_an_error(client, at_eleven, mash_manager, document_root):
    document = add(mash_manager, at_eleven)
    for path in files(document_root):
        path.unlink()
    client.force_login(mash_manager)

    answer = client.get(f"/record/documents/{document.pk}/")

    assert answer.status_code == 409


def test_documents_of_subjects_are_listed_in_one_query(
    at_eleven, mash_manager, django_assert_num_queries
):
    ids = [add(mash_manager, at_eleven).subject_id for _ in range(3)]

    with django_assert_num_queries(1):
        lines = documents.of_subjects(subject_ids=ids)

    assert {line.size for line in lines} == {"1 KB"}
    assert len(lines) == 3
