"""The boxes of one page of the editor, each with the version it was opened with.

Beside every box stand two hidden fields: `version-` counts its changes, `was-` marks what it held,
so that a box nobody touched is not sent over somebody else's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from assessments import sections
from assessments.actions.writing import Typed, fingerprint
from assessments.choices import RETIRED_FACTORS, AssessmentOutcome
from assessments.models import AssessmentText
from cases.choices import RiskLevel
from lib import govuk
from lib.govuk.fields import LONG_TEXT_LENGTH
from record import code_lists

SENT = re.compile(r"version-(?:child-(?P<child>[0-9a-f-]{36})-)?(?P<key>[a-z_]{1,20})")


@dataclass(frozen=True, kw_only=True)
class BoxField:
    """A box as the template draws it."""

    name: str
    key: str
    field: forms.BoundField
    version: int
    was: str
    comments: Sequence[str] = ()
    note: str = ""


class BoxesForm(forms.Form):
    """The boxes about the family, or about one child, of one page."""

    def __init__(
        self,
        *,
        boxes: Sequence[sections.Box],
        texts: Mapping[str, AssessmentText],
        on: date,
        child_id: UUID | None = None,
        name: str = "",
        about: str = "",
        checks: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(prefix=f"child-{child_id}" if child_id else None)
        self.texts = texts
        self.keys = [box.key for box in boxes]
        self.checks = dict(checks or {})
        for box in boxes:
            said = texts[box.key].words if box.key in texts else ""
            field = _field(box, name=name, on=on)
            field.about = about
            field.initial = _initial(box, said, on=on)
            self.fields[box.key] = field

    def drawn(self) -> Iterator[BoxField]:
        """Give each box with what is sent beside it."""
        for key in self.keys:
            text = self.texts.get(key)
            yield BoxField(
                name=self.add_prefix(key),
                key=key,
                field=self[key],
                version=text.version if text else 0,
                was=fingerprint(text.words if text else ""),
            )


def _field(box: sections.Box, *, name: str, on: date) -> Any:
    told: dict[str, Any] = {
        "label": box.label_for(name),
        "help_text": box.hint_for(name),
        "required": False,
    }
    match box.kind:
        case "risk":
            return govuk.ChoiceField(choices=RiskLevel.choices, inline=True, **told)
        case "outcome":
            return govuk.ChoiceField(choices=AssessmentOutcome.choices, **told)
        case "factors":
            return govuk.ManyChoicesField(choices=factors_on(on), **told)
        case "date":
            told.pop("help_text")
            return govuk.OptionalDateField(one_box=True, when="past", **told)
    return govuk.LongTextField(rows=box.rows, max_length=LONG_TEXT_LENGTH, **told)


def factors_on(on: date) -> list[tuple[str, str]]:
    """Give the factors that may be chosen on a day, with their codes."""
    return [
        (code, f"{code} {label}")
        for code, label in code_lists.choices("assessment_factor", on)
        if code not in RETIRED_FACTORS
    ]


def _initial(box: sections.Box, said: str, *, on: date) -> Any:
    if box.kind == "factors":
        return said.split()
    if box.kind == "date":
        return sections.day_of(said, on=on) or said
    return said


def typed(posted: QueryDict) -> list[Typed]:
    """Read what a page sent, box by box; only boxes that it sent with their version."""
    found = []
    for name in posted:
        match = SENT.fullmatch(name)
        if match is None:
            continue
        control = name.removeprefix("version-")
        child_id = _uuid(match["child"])
        if match["child"] and child_id is None:
            continue
        values = posted.getlist(control)
        found.append(
            Typed(
                key=match["key"],
                child_id=child_id,
                words=" ".join(values) if match["key"] == "factors" else "".join(values[:1]),
                version=_number(posted.get(name, "")),
                was=posted.get(f"was-{control}", ""),
            )
        )
    return found


def window_of(posted: QueryDict) -> UUID | None:
    """Give the open page that sent it."""
    return _uuid(posted.get("window", ""))


def _uuid(said: str | None) -> UUID | None:
    try:
        return UUID(said) if said else None
    except ValueError:
        return None


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0
