"""The one search box: what was typed is read as a reference, a number, a date, a place or names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.models import Contact, Involvement, Responsibility
from lib import dates
from lib.text import cleaned, our_digits
from lib.working_days import london_date
from people import matching
from people.choices import IdentifierKind
from people.models import Identifier, Person
from people.queries import age, canonical_ids, records_of

REFERENCE = re.compile(r"^c-?\d{2}-?\d{1,7}$", re.IGNORECASE)
POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b", re.IGNORECASE)
STREET = re.compile(
    r"(?:\b(?:flat|apartment|apt|unit|room)\s+\w+,?\s*)?\b\d+[a-z]?,?\s+[^\W\d_].*$", re.IGNORECASE
)
# A road without its number. Words that are surnames as well, such as Lane, need the number.
ROAD = re.compile(r"\b[^\W\d_]+\s+(?:road|rd|street|avenue|ave|gardens|crescent)$", re.IGNORECASE)
# Nine to eleven figures and thirteen signs may be numbers even if they fail their check: people
# misquote, leave one out or press one twice.
NHS_NUMBER = re.compile(r"(?<![\d/.-])\d{3}[ -]?\d{3}[ -]?\d{3,5}(?![\d/.-])", re.ASCII)
UPN = re.compile(r"\b[a-z]\d{11}[a-z\d]\b", re.IGNORECASE | re.ASCII)
OTHERS_NUMBER = re.compile(r"^(?=.*\d)[\w/.-]{4,60}$")
YEAR = re.compile(r"\d{4}|[\da-z][/.-]\d{2}$", re.ASCII | re.IGNORECASE)
MEANT_AS_DATE = re.compile(r"^\d{1,4}([/.-])\d{1,2}\1\d{1,4},?$", re.ASCII)
SHOWN = 20
ONLY_A_ROAD = "A road alone finds nobody. Add the number of the house, the postcode or a name."
LONGEST_NUMBER = 60
NOBODY = "Nobody like this is on record. Try another spelling, a date of birth or an address."
ONE_NAME = (
    "One name alone tells nobody apart, so it does not say that nobody bears it. "
    "Add another name, a date of birth or an address."
)


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
class FoundContact:
    """One contact that bears a reference of the agency who sent it."""

    pk: UUID
    reference: str
    received_at: datetime


@dataclass(frozen=True)
class Found:
    """The answer of a search."""

    people: list[FoundPerson] = field(default_factory=list)
    contacts: list[FoundContact] = field(default_factory=list)
    contact_id: UUID | None = None
    restricted_may_match: bool = False
    sentence: str = ""
    problems: tuple[str, ...] = ()


def search(*, by: User, words: str, at: datetime) -> Found:
    """Answer what was typed, in a fixed number of queries; never reveals a restricted record."""
    typed = our_digits(cleaned(words, keep_lines=False)).strip()
    if len(typed) < 2:
        return Found(sentence="Type at least 2 letters or figures.")
    if REFERENCE.match(typed):
        contact = _by_reference(by, typed)
        if contact is not None:
            return Found(contact_id=contact)
    known, is_closed = _by_number(by, typed)
    contacts = _by_their_reference(by, typed)
    asked = _read(typed)
    answer = matching.candidates(by=by, limit=SHOWN, **asked) if not known else None
    scored = {row.person_id: row for row in (answer.candidates if answer else [])}
    people = _people(by, known or list(scored), scored, on=london_date(at))
    return Found(
        people=people,
        contacts=contacts,
        restricted_may_match=is_closed or bool(answer and answer.restricted_may_match),
        sentence="" if people or contacts else _nobody(asked),
        problems=answer.problems if answer else (),
    )


def _nobody(asked: Mapping[str, str]) -> str:
    if list(asked) == ["address_line"] and ROAD.fullmatch(asked["address_line"]):
        return ONLY_A_ROAD
    name = asked.get("given_name", "")
    is_one_name = name.isalpha() and not any(asked[each] for each in asked if each != "given_name")
    return ONE_NAME if is_one_name else NOBODY


def _people(
    by: User, ids: list[UUID], scored: Mapping[UUID, matching.Candidate], *, on: date
) -> list[FoundPerson]:
    """Show people in this order; what stands on a linked record counts as theirs."""
    people = Person.objects.visible_to(by).in_bulk(ids)
    records = records_of(person_ids=people)
    open_ids = {
        records[child_id]
        for child_id in Involvement.objects.filter(
            child__in=records, to_at__isnull=True
        ).values_list("child_id", flat=True)
    }
    held = {
        records[row.child_id]: f"{row.manager.full_name}, {row.team.name}"
        for row in Responsibility.objects.filter(
            child__in=records, to_at__isnull=True
        ).select_related("manager", "team")
    }
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
                matched=[str(point) for point in row.matched] if row else ["number"],
                differs=[str(point) for point in row.differs] if row else [],
                missing=[str(point) for point in row.missing] if row else [],
                is_child=person.la_child_id is not None,
                is_open=person_id in open_ids,
                held_by=held.get(person_id, ""),
            )
        )
    return found


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


def _by_their_reference(by: User, typed: str) -> list[FoundContact]:
    """Find contacts by the reference of whoever sent them, such as a crime number."""
    if not OTHERS_NUMBER.match(typed) or not holds(by, Permission.CONTACT_READ):
        return []
    rows = Contact.objects.visible_to(by).filter(
        ~Q(submission__external_reference=""), submission__external_reference__iexact=typed
    )
    return [
        FoundContact(pk, reference, received_at)
        for pk, reference, received_at in rows.order_by("-received_at").values_list(
            "pk", "reference", "received_at"
        )[:SHOWN]
    ]


def _by_number(by: User, typed: str) -> tuple[list[UUID], bool]:
    """Find people by our own record number or another body's reference, as they are read.

    The second says whether a record that `by` may not read bears it.
    """
    bare = typed.replace("-", "").replace(" ", "").upper()
    if not any(char.isdigit() for char in bare) or len(bare) > LONGEST_NUMBER:
        return [], False
    bearing = Q(la_child_id=bare) | Q(
        pk__in=Identifier.objects.filter(
            value__in={bare, typed, typed.upper()}, kind=IdentifierKind.OTHER, is_wrong=False
        ).values("person")
    )
    ids = list(Person.objects.filter(bearing).values_list("pk", flat=True)[:SHOWN])
    if not ids:
        return [], False
    heads = set(canonical_ids(person_ids=ids).values())
    visible = set(
        Person.objects.visible_to(by).filter(pk__in=heads | set(ids)).values_list("pk", flat=True)
    )
    return sorted(heads & visible), not (heads | set(ids)) <= visible


def _read(typed: str) -> dict[str, Any]:
    """Take what was typed apart: numbers, a date, a postcode and street; the rest is a name."""
    asked: dict[str, Any] = {}
    for name, pattern in (("nhs_number", NHS_NUMBER), ("upn", UPN), ("postcode", POSTCODE)):
        if found := pattern.search(typed):
            asked[name] = found[0]
            typed = f"{typed[: found.start()]} {typed[found.end() :]}".strip(" ,")
    parts = typed.split()
    if place := _date_in(parts):
        first, last = place
        asked["date_of_birth"] = " ".join(parts[first:last]).strip(",")
        typed = " ".join([*parts[:first], *parts[last:]])
    typed = typed.strip(" ,")
    if found := STREET.search(typed) or ROAD.search(typed):
        asked["address_line"] = found[0].strip(" ,")
        typed = typed[: found.start()]
    parts = typed.replace(",", " ").split()
    if parts:
        asked["given_name"] = " ".join(parts[:-1]) if len(parts) > 1 else parts[0]
        asked["family_name"] = parts[-1] if len(parts) > 1 else ""
    return asked


def _date_in(parts: list[str]) -> tuple[int, int] | None:
    """Say where a date stands among words: a day, or a month and a year, or a year."""
    for length in (3, 2, 1):
        for first in range(len(parts) - length + 1):
            piece = " ".join(parts[first : first + length]).strip(",")
            if YEAR.search(piece) and dates.read(piece).value is not None:
                return first, first + length
    for first, piece in enumerate(parts):
        if MEANT_AS_DATE.match(piece):  # 31/02/2020: the answer says that it cannot be read
            return first, first + 1
    return None
