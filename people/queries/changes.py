"""What changed on a person's record: who, when, before and after.

The timeline says that something changed, the history tables say what stood there before; the
version of the record, or the id of the row, joins the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from lib import words
from people.models import (
    DateClaim,
    HouseholdMembership,
    Identifier,
    Person,
    PersonAddress,
    PersonName,
    PersonSetting,
)
from people.queries.access import records_of
from record import code_lists
from record.models import Event

MOST: Final = 200
#: Fields of a person that are shown when they change, with their label.
LABELS: Final[Mapping[str, str]] = {
    "given_name": "First name",
    "family_name": "Surname",
    "description": "Description",
    "stage": "Stage",
    "date_of_birth": "Date of birth",
    "expected_on": "Due date",
    "age_as_stated": "Age as stated",
    "sex": "Sex",
    "gender": "Gender",
    "pronouns": "Pronouns",
    "ethnicity": "Ethnicity",
    "disabilities": "Disability",
    "religion": "Religion",
    "language": "Language",
    "needs_interpreter": "Interpreter",
    "phone": "Phone",
    "email": "Email",
    "safe_contact": "Safe contact",
    "immigration_status": "Immigration status",
    "upn_unknown_reason": "Why no unique pupil number",
    "died_on": "Date of death",
}
_VERSIONED: Final = frozenset(
    {"people.details_changed", "people.date_adopted", "people.born", "people.died"}
)
#: Event code -> key of the id in its data, the row's model, label, how a row reads.
_ROWS: Final[Mapping[str, tuple[str, Any, str, Callable[[Any], str]]]] = {
    "people.name_added": ("name_id", PersonName, "Name", lambda row: _name(row)),
    "people.name_corrected": ("name_id", PersonName, "Name", lambda row: _name(row)),
    "people.name_set": ("name_id", PersonName, "Name", lambda row: _name(row)),
    "people.date_stated": ("claim_id", DateClaim, "Date stated", lambda row: row.as_stated),
    "people.identifier_added": ("identifier_id", Identifier, "Number", lambda row: row.value),
    "people.identifier_wrong": (
        "identifier_id",
        Identifier,
        "Number marked wrong",
        lambda row: row.value,
    ),
    "people.moved": ("person_address_id", PersonAddress, "Address", lambda row: _address(row)),
    "people.joined_household": (
        "membership_id",
        HouseholdMembership,
        "Household",
        lambda row: _member(row),
    ),
    "people.left_household": (
        "membership_id",
        HouseholdMembership,
        "Left the household",
        lambda row: row.ended_because or "No reason given",
    ),
    "people.setting_added": ("setting_id", PersonSetting, "School or service", lambda r: r.name),
    "people.setting_ended": ("setting_id", PersonSetting, "Left", lambda row: row.name),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed."""

    at: datetime
    recorded_at: datetime
    by_name: str
    what: str
    before: str
    after: str
    code: str


def changes_of(person_id: UUID, since: datetime) -> list[Change]:
    """List what was recorded on a person after a moment, the latest first.

    Whether somebody may read the record is the caller's question.
    """
    records = records_of(person_ids=[person_id])
    events = list(
        Event.objects.filter(
            subject_id__in=records, recorded_at__gt=since, code__in=[*_VERSIONED, *_ROWS]
        )
        .select_related("by")
        .order_by("-recorded_at", "-id")[: MOST * 2]
    )
    once: dict[UUID, Event] = {}
    for event in events:
        once.setdefault(event.occurrence_id, event)
    chosen = list(once.values())[:MOST]
    versions = _versions(records)
    rows = _rows(chosen)
    found: list[Change] = []
    for event in chosen:
        if event.code in _VERSIONED:
            found += _fields(event, versions)
        else:
            found += _row(event, rows)
    return found


def _versions(records: Iterable[UUID]) -> dict[tuple[UUID, int], Any]:
    """Give every version of these records, the present one too."""
    history: Any = Person.pgh_event_model  # type: ignore[attr-defined]
    found: dict[tuple[UUID, int], Any] = {}
    for old in history.objects.filter(pgh_obj__in=list(records)).order_by("pgh_id"):
        found[old.pgh_obj_id, old.version] = old
    for person in Person.objects.filter(pk__in=list(records)):
        found[person.pk, person.version] = person
    return found


def _fields(event: Event, versions: Mapping[tuple[UUID, int], Any]) -> list[Change]:
    number = int(event.data.get("version", 0))
    after = versions.get((event.subject_id, number))
    before = versions.get((event.subject_id, int(event.data.get("was", number - 1))))
    if after is None or before is None:
        return []
    return [
        _change(
            event,
            label,
            before=shown(name, getattr(before, name)),
            after=shown(name, getattr(after, name)),
        )
        for name, label in LABELS.items()
        if getattr(before, name) != getattr(after, name)
    ]


def _rows(events: Sequence[Event]) -> dict[str, Any]:
    wanted: dict[Any, set[str]] = {}
    for event in events:
        if event.code in _ROWS:
            key, model, _, _ = _ROWS[event.code]
            ids = [event.data.get(key), *event.data.get("before", [])]
            wanted.setdefault(model, set()).update(str(each) for each in ids if each)
    found: dict[str, Any] = {}
    for model, keys in wanted.items():
        query = model.objects.filter(pk__in=keys)
        if model is PersonAddress:
            query = query.select_related("address")
        found.update({str(row.pk): row for row in query})
    return found


def _row(event: Event, rows: Mapping[str, Any]) -> list[Change]:
    key, _, label, read = _ROWS[event.code]
    row = rows.get(str(event.data.get(key)))
    if row is None:
        return []
    before = [read(rows[each]) for each in event.data.get("before", []) if each in rows]
    return [_change(event, label, before="; ".join(before), after=read(row))]


def _change(event: Event, what: str, *, before: str, after: str) -> Change:
    return Change(
        at=event.at,
        recorded_at=event.recorded_at,
        by_name=event.by.full_name if event.by else "The system",
        what=what,
        before=before,
        after=after,
        code=event.code,
    )


def shown(name: str, value: Any) -> str:
    """Put the value of a person's field into words; nothing reads as "Not known"."""
    if value in (None, "", []):
        return "Not known"
    if isinstance(value, date):
        return words.date_words(value, weekday=False)
    if name == "ethnicity":
        return code_lists.label("ethnicity", value)
    if name == "disabilities":
        return ", ".join(code_lists.label("disability", code) for code in value)
    if name == "upn_unknown_reason":
        return code_lists.label("upn_unknown", value)
    field: Any = Person._meta.get_field(name)
    choices = dict(field.flatchoices)
    return str(choices.get(value, value))


def _name(row: PersonName) -> str:
    return f"{row.given_name} {row.family_name}".strip()


def _address(row: PersonAddress) -> str:
    return "Withheld" if row.is_withheld else row.address.text


def _member(row: HouseholdMembership) -> str:
    since = f", since {words.date_words(row.from_on, weekday=False)}" if row.from_on else ""
    return f"{row.get_role_display()}{since}"
