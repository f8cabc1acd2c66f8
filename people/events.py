"""The lines that people's records leave on a timeline."""

from typing import Final

from accounts.permissions import Permission
from people.choices import HouseholdRole, IdentifierKind, NameKind, RelationshipKind, SettingKind
from record.events import EventCode
from record.notices import NoticeCode

_READ: Final = Permission.PERSON_READ
_ROLES: Final = {"role": {value: label.lower() for value, label in HouseholdRole.choices}}
_KIN: Final = {"kind": {value: label.lower() for value, label in RelationshipKind.choices}}
_NAMES: Final = {"kind": {value: label.lower() for value, label in NameKind.choices}}
_NUMBERS: Final = {"kind": dict(IdentifierKind.choices)}
_SETTINGS: Final = {"kind": dict(SettingKind.choices)}


def _change(code: str, words: str, labels: dict[str, dict[str, str]] | None = None) -> EventCode:
    return EventCode(f"people.{code}", words, "change", _READ, labels or {})


EVENTS: Final = (
    EventCode("people.created", "Record made", "information", _READ),
    _change("details_changed", "Details changed"),
    _change("name_added", "Name added: {kind}", _NAMES),
    _change("name_corrected", "Name corrected"),
    _change("name_set", "Another name is used now"),
    EventCode("people.date_stated", "A date of birth or due date was stated", "information", _READ),
    _change("date_adopted", "Date of birth or due date changed"),
    _change("identifier_added", "{kind} added", _NUMBERS),
    _change("identifier_wrong", "{kind} marked as wrong", _NUMBERS),
    _change("moved", "Address changed"),
    _change("joined_household", "Somebody joined the household: {role}", _ROLES),
    _change("left_household", "Somebody left the household"),
    _change("related", "Relationship recorded: {kind}", _KIN),
    _change("relationship_ended", "Relationship ended: {kind}", _KIN),
    _change("parental_responsibility_set", "Parental responsibility recorded"),
    _change("setting_added", "{kind} added", _SETTINGS),
    _change("setting_ended", "{kind} ended", _SETTINGS),
    _change("born", "Born"),
    _change("died", "Died"),
    _change("hazard_added", "Danger to visiting staff recorded"),
    _change("hazard_reviewed", "Danger to visiting staff looked at again"),
    _change("hazard_ended", "Danger to visiting staff ended"),
    EventCode("people.restricted", "Record restricted", "decision", _READ),
    EventCode("people.restriction_lifted", "Restriction lifted", "decision", _READ),
    EventCode("people.reader_added", "Another person may read this record", "decision", _READ),
    EventCode("people.broke_glass", "Opened in an emergency", "decision", _READ),
    EventCode("people.break_glass_reviewed", "Emergency opening reviewed", "decision", _READ),
    EventCode("people.information_left", "Information left by somebody else", "information", _READ),
    EventCode("people.linked", "Two records linked as one person", "decision", _READ),
    EventCode("people.unlinked", "Two linked records parted", "decision", _READ),
    EventCode("people.possible_duplicate", "May be on record twice", "information", _READ),
    EventCode(
        "people.duplicate_left", "Whether on record twice left for later", "information", _READ
    ),
    EventCode("people.duplicate_settled", "Settled whether on record twice", "decision", _READ),
    EventCode(
        "people.variant_stated",
        "Said whether {name} and {variant} are one name",
        "change",
        Permission.REFERENCE_DATA_EDIT,
    ),
    EventCode(
        "people.variant_ended",
        "Took back what was said of {name} and {variant}",
        "change",
        Permission.REFERENCE_DATA_EDIT,
    ),
)

NOTICES: Final = (
    NoticeCode(
        "people.broke_glass",
        "A record you own was opened in an emergency",
        "people:review_opening",
    ),
    NoticeCode(
        "people.information_left",
        "Somebody left information on a record you own",
        "people:person",
    ),
)
