"""What somebody said about a person, before we know who it is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from people.choices import HouseholdRole, Source, Stage


@dataclass(frozen=True, kw_only=True)
class Stated:
    """One person as the referrer described them, and the worker's answer to "already known?".

    `person_id` links to a known person; `decide_later` makes a new record with an open
    question against `possible_ids`; otherwise a new record is made. `seen` is the list of
    candidates the worker saw, kept with the answer. `mother_place` says that an unborn baby's
    mother is the person who stands there, from 0, among those received together. `born` is a
    birth of which only the year or the month is known, like 2015-03.
    """

    is_child: bool = True
    given_name: str = ""
    family_name: str = ""
    other_names: Sequence[tuple[str, str, str]] = ()
    description: str = ""
    stage: str = Stage.BORN
    date_of_birth: date | None = None
    is_date_of_birth_estimated: bool = False
    born: str = ""
    expected_on: date | None = None
    age: str = ""
    sex: str = "U"
    ethnicity: str = "NOBT"
    relation: str = ""
    mention: str = "named"
    nhs_number: str = ""
    upn: str = ""
    address_line: str = ""
    postcode: str = ""
    school: str = ""
    gp: str = ""
    language: str = ""
    needs_interpreter: str = "unknown"
    phone: str = ""
    note: str = ""
    mother_id: UUID | None = None
    mother_unnamed: bool = False
    mother_place: int | None = None
    household_role: HouseholdRole | None = None
    source: str = Source.REFERRER
    person_id: UUID | None = None
    decide_later: bool = False
    possible_ids: Sequence[UUID] = ()
    seen: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """The words as stated, for keeping: no answers of ours, no empty fields."""
        ours = {
            "person_id",
            "decide_later",
            "possible_ids",
            "seen",
            "household_role",
            "source",
            "mother_place",
        }
        return {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in asdict(self).items()
            if key not in ours
            and value not in ("", None, (), [], False, "NOBT", "unknown")
            and not isinstance(value, UUID)
        }
