"""Forms filled with what nobody should type, whatever form it is.

`complaints` takes a page with its forms, fills every field of each by what kind of field it is, and
says what is wrong with the answers. `tests/test_access.py` asks it for every address that takes a
form, so that a form added later is tried too. Where a form takes an id it is sent that of a
restricted stranger, of whom the answer may say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

Post = Callable[[str, Mapping[str, Any]], HttpResponse]

NOBODY = "ffffffff-ffff-4fff-bfff-ffffffffffff"
#: A name that nobody else bears, of whoever is restricted from whoever types.
SECRET = "Secretname"
AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SCRIPTS = "زينب\u202e 王小明 e\u0301\u0301 👩\u200d👧 ŁÓDŹ \x00\x1b[31m\ufeff <b>' OR 1=1 --"
LONGEST = "x" * 200_001
CHOSEN = {"radio", "checkbox", "select"}
LIBRARY_WORDS = re.compile(
    r"This field is required|Select a valid choice|is not one of the available"
    r"|Enter a whole number\.|Enter a valid [\w ]+\.|Ensure this|is not a valid"
    r"|Enter a list of values|No file was submitted"
)
"""What the library says where a form of ours has no words of its own."""


@dataclass
class Field:
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)


@dataclass
class Form:
    action: str
    fields: dict[str, Field] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page that are posted, with their fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.form: Form | None = None
        self.select: Field | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and said.get("method") == "post":
            self.form = Form(said.get("action", ""))
            self.found.append(self.form)
        if self.form is None:
            return
        name, value = said.get("name", ""), said.get("value", "")
        if tag == "option" and self.select is not None and value:
            self.select.choices.append(value)
        if not name or name == "csrfmiddlewaretoken":
            return
        kind = said.get("type", "text") if tag == "input" else tag
        found = self.form.fields.setdefault(name, Field(kind, value))
        if kind in {"radio", "checkbox"}:
            found.choices.append(value)
        self.select = found if tag == "select" else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None


#: For the parts of a day and a moment: one that no year has, and the last there is.
NO_DAY = {"_day": "31", "_month": "2", "_year": "2026", "_time": "25:61"}
LAST_DAY = {"_day": "31", "_month": "12", "_year": "9999", "_time": "23:59"}


def nonsense(place: int, name: str, of: Field, *, stranger: str) -> Any:
    """What is no day, no choice, no id and no file; names in every script, and far too much."""
    is_even = place % 2 == 0
    if name != "token" and any(AN_ID.fullmatch(each) for each in (of.value, *of.choices)):
        return [stranger] if of.kind in CHOSEN else stranger
    if of.kind == "file":
        return SimpleUploadedFile("a.pdf", b"MZ\x90\x00" if is_even else b"", "application/pdf")
    if of.kind in CHOSEN:
        return "nobody\x00" if is_even else [NOBODY, NOBODY]
    if of.kind == "hidden":
        return "1000000" if name.endswith("_FORMS") else "²\x00" if is_even else NOBODY
    if of.kind == "button":
        return of.value
    day = NO_DAY if is_even else LAST_DAY
    return _part(name, day) or (LONGEST if place == 1 else SCRIPTS)


def _part(name: str, day: Mapping[str, str]) -> str:
    return next((said for end, said in day.items() if name.endswith(end)), "")


def forms_of(page: str) -> list[Form]:
    """The forms of a page that are its own."""
    return [form for form in Forms(page).found if form.fields and "search" not in form.action]


def plausible(form: Form, on: date) -> dict[str, Any]:
    """What somebody might send: what stands there, the first choice, words, and that day."""
    day = {"_day": str(on.day), "_month": str(on.month), "_year": str(on.year), "_time": "09:30"}
    return {
        name: of.choices[:1] if of.kind in CHOSEN else of.value or _part(name, day) or "Said so"
        for name, of in form.fields.items()
        if of.kind not in {"button", "file"}
    }


def complaints(post: Post, *, page: str, address: str, stranger: str) -> Iterator[str]:
    """Say what is wrong with the answers to nonsense in the forms of a page.

    A failure of the service raises in the client already.

    :param stranger: the id of somebody with a `SECRET` name
    """
    for form in forms_of(page):
        data = {
            name: nonsense(place, name, of, stranger=stranger)
            for place, (name, of) in enumerate(form.fields.items(), start=1)
        }
        answer = post(urljoin(address, form.action), data)
        said = "" if answer.streaming else answer.content.decode()
        if answer.status_code >= 500:
            yield f"nonsense is answered with {answer.status_code}"
        if words := LIBRARY_WORDS.search(said):
            yield f"nonsense is answered with “{words[0]}”"
        if SECRET in said:
            yield "a restricted stranger is named"
