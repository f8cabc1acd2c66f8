"""One child or adult of a message, as a worker types them from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cases.stated import Stated
from demonstration.samples import words
from demonstration.samples.messages import Message, day_of, rows_of, text_of
from demonstration.samples.words import ReadAddress, ReadName
from lib.working_days import london_date
from people import matching
from people.choices import (
    HouseholdRole,
    Source,
    Stage,
)
from people.models import Person

CARERS: Final = re.compile(
    r"(?:maternal |paternal |step-?|foster )?(?:mother|father|parent|carers?|grand\w*|aunt|uncle|"
    r"guardian)\b(?!['’]s)|.*\bcaring\b",
    re.IGNORECASE,
)


@dataclass
class Somebody:
    """One child or adult of a message, as typed, with the known person found for them."""

    row: Mapping[str, Any]
    is_child: bool
    name: ReadName
    home: ReadAddress
    stated: Stated
    answer: matching.Answer | None = None
    known: Person | None = None

    @property
    def as_given(self) -> str:
        return str(self.row.get("name_as_given") or "")

    @property
    def key(self) -> str:
        return str(self.row.get("household") or "")

    @property
    def relation(self) -> str:
        field_name = "relation_to_household" if self.is_child else "relation"
        return str(self.row.get(field_name) or "")

    def is_in(self, part: words.Part) -> bool:
        """Whether one part of the message names this person."""
        return bool(self.name.first) and self.name.first in part.names


def homes_of(message: Message) -> dict[str, ReadAddress]:
    return {
        str(row.get("key")): words.read_address(text_of(row, "address"), text_of(row, "note"))
        for row in rows_of(message.expected, "households")
    }


def somebody(
    row: Mapping[str, Any], message: Message, homes: Mapping[str, ReadAddress], *, is_child: bool
) -> Somebody:
    """Read one row as a worker would type it."""
    given = text_of(row, "name_as_given")
    name = words.read_name(given) if given else ReadName(description="Not named")
    relation = text_of(row, "relation_to_household" if is_child else "relation")
    born_on, expected_on = day_of(row, "dob"), day_of(row, "expected_date")
    is_unborn = is_child and (
        expected_on is not None or bool(re.search(r"\bunborn\b", f"{given} {relation}", re.I))
    )
    note = text_of(row, "note")
    age = text_of(row, "age_as_stated")
    if text_of(row, "dob") and (born_on is None or born_on > london_date(message.received_at)):
        age, born_on = f"{age} date of birth given as {text_of(row, 'dob')}".strip(), None
    sex = text_of(row, "sex").upper()
    if not sex and not is_child:
        sex = _sex_by_part(relation)
    description = name.description
    if not (name.given or name.family):
        about = f"about {age.removeprefix('about ')}" if age else ""
        description = ", ".join(filter(None, (name.description, about)))
    return Somebody(
        row=row,
        is_child=is_child,
        name=name,
        home=homes.get(text_of(row, "household"), ReadAddress()),
        stated=Stated(
            is_child=is_child,
            stage=Stage.UNBORN if is_unborn else Stage.BORN,
            given_name="" if is_unborn else name.given,
            family_name=name.family,
            other_names=() if is_unborn else name.others,
            description=(description or "Not named")[:200],
            date_of_birth=None if is_unborn else born_on,
            is_date_of_birth_estimated=bool(
                born_on and re.search("worked out|follows from|not stated", note)
            ),
            expected_on=expected_on,
            age=age[:60],
            sex=sex if sex in ("F", "M") and not is_unborn else "U",
            relation=relation[:200],
            mention="mentioned" if row.get("mention") == "mentioned" else "named",
            nhs_number=text_of(row, "nhs_number"),
            upn=text_of(row, "upn"),
            note="; ".join(filter(None, (f"Named as: {given}" if given else "", note))),
            source=Source.REFERRER,
        ),
    )


def _sex_by_part(relation: str) -> str:
    part = r"(?:(?:maternal|paternal|older|younger) )?(?:step-?|grand)?"
    if re.match(rf"{part}(?:mother|aunt|sister)\b(?!['’]s)", relation, re.I):
        return "F"
    is_man = re.match(rf"{part}(?:father|uncle|brother)\b(?!['’]s)", relation, re.I)
    return "M" if is_man else "U"


def role_of(one: Somebody) -> HouseholdRole:
    if one.is_child:
        return HouseholdRole.RESIDENT_CHILD
    if re.search(r"visit|nights a week|weekends only", one.relation, re.I):
        return HouseholdRole.FREQUENT_VISITOR
    return HouseholdRole.ADULT_CARER if CARERS.match(one.relation) else HouseholdRole.OTHER_ADULT
