"""The one search box: what was typed is read as a reference, a number, a date, a place or names."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from cases.models import Contact, Involvement, Responsibility
from lib import dates, identifiers
from lib.text import cleaned
from lib.working_days import london_date
from people import matching
from people.models import Person
from people.queries import age

REFERENCE = re.compile(r"^c-?\d{2}-?\d{1,7}$", re.IGNORECASE)
POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b", re.IGNORECASE)
STREET = re.compile(r"^\s*(?:flat\s+\w+,?\s*)?\d+\w?\s+\D+", re.IGNORECASE)
SHOWN = 20


@dataclass(frozen=True)
class FoundPerson:
    """One person who may be meant, with why."""

    person_id: UUID
    name: str
    age: str
    band: str
    matched: list[str]
    differs: list[str]
    missing: list[str]
    is_child: bool
    is_open: bool
    held_by: str


@dataclass(frozen=True)
class Found:
    """The answer of a search."""

    people: list[FoundPerson] = field(default_factory=list)
    contact_id: UUID | None = None
    restricted_may_match: bool = False
    sentence: str = ""


def search(*, by: User, words: str, at: datetime) -> Found:
    """Answer what was typed, in a fixed number of queries; never reveals a restricted record."""
    typed = cleaned(words, keep_lines=False).strip()
    if len(typed) < 2:
        return Found(sentence="Type at least 2 letters or figures.")
    if REFERENCE.match(typed):
        contact = _by_reference(by, typed)
        if contact is not None:
            return Found(contact_id=contact)
    known = _by_our_number(by, typed)
    answer = matching.candidates(by=by, limit=SHOWN, **_read(typed)) if not known else None
    ids = known or [row.person_id for row in (answer.candidates if answer else [])]
    people = Person.objects.visible_to(by).in_bulk(ids)
    open_ids = set(
        Involvement.objects.filter(child__in=ids, to_at__isnull=True).values_list(
            "child_id", flat=True
        )
    )
    held = {
        row.child_id: f"{row.manager.full_name}, {row.team.name}"
        for row in Responsibility.objects.filter(child__in=ids, to_at__isnull=True).select_related(
            "manager", "team"
        )
    }
    on = london_date(at)
    scored = {row.person_id: row for row in (answer.candidates if answer else [])}
    found = []
    for person_id in ids:
        person = people.get(person_id)
        if person is None:
            continue
        row = scored.get(person_id)
        found.append(
            FoundPerson(
                person_id=person_id,
                name=person.name,
                age=age(person, on=on),
                band=row.band if row else "same",
                matched=[str(point) for point in row.matched] if row else ["record number"],
                differs=[str(point) for point in row.differs] if row else [],
                missing=[str(point) for point in row.missing] if row else [],
                is_child=person.la_child_id is not None,
                is_open=person_id in open_ids,
                held_by=held.get(person_id, ""),
            )
        )
    return Found(
        people=found,
        restricted_may_match=bool(answer and answer.restricted_may_match),
        sentence=""
        if found
        else "Nobody like this is on record. Try another spelling, a date of birth or an address.",
    )


def _by_reference(by: User, typed: str) -> UUID | None:
    digits = re.sub(r"\D", "", typed)
    reference = f"C-{digits[:2]}-{int(digits[2:]):05}"
    found: UUID | None = (
        Contact.objects.visible_to(by)
        .filter(reference=reference)
        .values_list("pk", flat=True)
        .first()
    )
    return found


def _by_our_number(by: User, typed: str) -> list[UUID]:
    bare = typed.replace("-", "").replace(" ", "").upper()
    if not identifiers.is_la_child_id(bare):
        return []
    return list(Person.objects.visible_to(by).filter(la_child_id=bare).values_list("pk", flat=True))


def _read(typed: str) -> dict[str, Any]:
    """Take what was typed apart: numbers, a date, a postcode and street; the rest is a name."""
    asked: dict[str, Any] = {}
    if identifiers.nhs_number(typed).is_valid:
        return {"nhs_number": typed}
    if identifiers.upn(typed).is_valid:
        return {"upn": typed}
    if found := POSTCODE.search(typed):
        asked["postcode"] = found[0]
        typed = (typed[: found.start()] + " " + typed[found.end() :]).strip(" ,")
    if STREET.match(typed) and dates.read(typed).value is None:
        asked["address_line"] = typed
        return asked
    parts = typed.split()
    for length in (3, 1):
        for place in range(len(parts) - length + 1):
            piece = " ".join(parts[place : place + length])
            if any(char.isdigit() for char in piece) and dates.read(piece).value is not None:
                asked["date_of_birth"] = piece
                parts = parts[:place] + parts[place + length :]
                break
        if "date_of_birth" in asked:
            break
    if parts:
        asked["given_name"] = " ".join(parts[:-1]) if len(parts) > 1 else parts[0]
        asked["family_name"] = parts[-1] if len(parts) > 1 else ""
    return asked
