"""What an assessment still lacks before it can be submitted, child by child, as links.

A check is not an error: the same words for two children, or a child who was not seen, is
pointed out and never in the way (screen notes A6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from assessments import sections
from assessments.choices import NO_FACTOR, NOT_IN_NEED, RETIRED_FACTORS, AssessmentOutcome
from assessments.models import Assessment, AssessmentText
from assessments.queries.document import FACTORS, Part, parts_of, texts_of
from assessments.queries.household import HouseholdLine, children_accounted
from cases.choices import RiskLevel
from lib.govuk.fields import LONG_TEXT_LENGTH
from lib.text import is_nearly_same_text
from lib.words import age_in_years
from lib.working_days import london_date
from record import code_lists

Texts = Mapping[tuple[UUID | None, str], AssessmentText]
#: From this age a child is to be seen alone, or a reason given (domain.md 2.7).
ALONE_FROM = 3


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing that stands between the document and submitting it, with where to do it."""

    words: str
    url: str
    section: str
    child_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class SameWords:
    """Two children about whom the same was written, near enough: a check."""

    key: str
    label: str
    first: Part
    second: Part

    @property
    def words(self) -> str:
        """What to look at again, in a list."""
        return f"“{self.label}”: {self.check}"

    @property
    def check(self) -> str:
        """What to look at again, at the box."""
        return (
            f"the same words for {self.second.first_name} as for {self.first.first_name}."
            " Say what it means for each, or leave it as it is"
        )


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What is missing, and what to look at again."""

    missing: list[Missing]
    same: list[SameWords]
    unseen: list[str]
    household: list[HouseholdLine]

    @property
    def checks(self) -> list[str]:
        return [*(each.words for each in self.same), *self.unseen]


def check(*, by: User, assessment: Assessment, at: datetime) -> Checked:
    """Look through an assessment before it is submitted."""
    on = london_date(at)
    parts = parts_of(assessment, on=on)
    texts = texts_of(assessment)
    household = children_accounted(assessment=assessment, on=on, by=by)
    return Checked(
        missing=[
            *missing_words(assessment, parts, texts, on=on),
            *missing_children(assessment, household),
        ],
        same=same_words(assessment, parts, texts),
        unseen=unseen(parts, on=on),
        household=household,
    )


def missing_words(
    assessment: Assessment, parts: Sequence[Part], texts: Texts, *, on: date
) -> list[Missing]:
    """List the boxes that are empty, too long, or hold what cannot be."""
    found = []
    for section, box in sections.shared_boxes(assessment.kind):
        said = _words(texts, None, box.key)
        problem = _problem(box, said, name="", on=on)
        if problem:
            found.append(_missing(assessment, section.code, None, box.key, problem))
    for part in parts:
        for code, box in sections.boxes_of_child(assessment.kind, is_unborn=part.is_unborn):
            said = _words(texts, part.child_id, box.key)
            problem = _problem(box, said, name=part.first_name, on=on)
            if problem:
                found.append(_missing(assessment, code, part.child_id, box.key, problem))
        if problem := factor_problem(
            _words(texts, part.child_id, "factors").split(),
            _words(texts, part.child_id, "outcome"),
            name=part.first_name,
        ):
            found.append(
                _missing(assessment, sections.OUTCOME.code, part.child_id, "factors", problem)
            )
    if not _words(texts, None, "shared_on") and not _words(texts, None, "not_shared"):
        found.append(
            _missing(
                assessment,
                sections.OUTCOME.code,
                None,
                "shared_on",
                "Say when you shared it with the family, or why not",
            )
        )
    return found


def _problem(box: sections.Box, said: str, *, name: str, on: date) -> str:
    label = box.label_for(name)
    if box.kind == "risk":
        return "" if said in RiskLevel.values else f"Choose the risk to {name}"
    if box.kind == "outcome":
        known = said in AssessmentOutcome.values
        return "" if known else f"Choose what you recommend for {name}"
    if box.kind == "factors":
        codes = said.split()
        if not codes:
            return f"Choose at least one factor for {name}"
        wrong = [code for code in codes if not is_factor(code, on=on)]
        return f"Choose factors for {name} that are in use: {wrong[0]} is not" if wrong else ""
    if box.kind == "date":
        return _date_problem(box, said, on=on)
    if not said and not box.is_optional:
        about = f", for {name}" if name and name not in label else ""
        return f"Write “{label}”{about}"
    if len(said) > LONG_TEXT_LENGTH:
        about = f" for {name}" if name and name not in label else ""
        return f"Shorten “{label}”{about} to {LONG_TEXT_LENGTH:,} characters; it has {len(said):,}"
    return ""


def _date_problem(box: sections.Box, said: str, *, on: date) -> str:
    if not said:
        return ""
    day = sections.day_of(said, on=on)
    if day is None:
        return f"Enter a real date for “{box.label}”, like 13 3 2026"
    return f"“{box.label}” is in the future" if day > on else ""


def is_factor(code: str, *, on: date) -> bool:
    """Say whether a factor may be chosen on a day."""
    return code not in RETIRED_FACTORS and code_lists.is_valid(FACTORS, code, on)


def factor_problem(codes: Sequence[str], outcome: str, *, name: str) -> str:
    """Say what is wrong with factors: 21 stands alone, and only without social care after it."""
    if NO_FACTOR not in codes:
        return ""
    if len(codes) > 1:
        return f"Factor 21 says that there is none for {name}. Take it out, or the others"
    if outcome and outcome not in NOT_IN_NEED:
        return (
            f"Factor 21, none identified, goes with no further action only. Choose {name}’s factors"
        )
    return ""


def missing_children(assessment: Assessment, household: Sequence[HouseholdLine]) -> list[Missing]:
    """List the children of the household whom nothing answers for."""
    return [
        Missing(
            words=unaccounted(line),
            url=reverse("assessments:household", args=[assessment.pk]) + f"#child-{line.child_id}",
            section="household",
            child_id=line.child_id,
        )
        for line in household
        if line.is_missing
    ]


def unaccounted(line: HouseholdLine) -> str:
    """Name the child and what is missing."""
    return (
        f"{line.name} belongs to the household and has no assessment."
        f" Give {line.name} a part, or say why not"
    )


def same_words(assessment: Assessment, parts: Sequence[Part], texts: Texts) -> list[SameWords]:
    """Point out words that are the same for two children of the document."""
    return [
        SameWords(
            key=key,
            label=_label(assessment, key, second),
            first=first,
            second=second,
        )
        for key in sections.COMPARED
        for first, second in _pairs(parts)
        if is_nearly_same_text(
            _words(texts, first.child_id, key), _words(texts, second.child_id, key)
        )
    ]


def _label(assessment: Assessment, key: str, part: Part) -> str:
    box = sections.box(assessment.kind, key, is_childs=True, is_unborn=part.is_unborn)
    return box.label_for(part.first_name) if box else key


def _pairs(parts: Sequence[Part]) -> Iterator[tuple[Part, Part]]:
    for place, second in enumerate(parts):
        for first in parts[:place]:
            yield first, second


def unseen(parts: Sequence[Part], *, on: date) -> list[str]:
    """Name the children who were not seen, or never alone though they are old enough."""
    found = []
    for part in parts:
        if part.is_unborn:
            continue
        born_on = part.person.date_of_birth
        is_old_enough = born_on is None or age_in_years(born_on, on=on) >= ALONE_FROM
        if not part.seen.times:
            found.append(f"{part.first_name} has not been seen since the referral")
        elif is_old_enough and not part.seen.alone:
            found.append(f"{part.first_name} has not been seen alone")
    return found


def _words(texts: Texts, child_id: UUID | None, key: str) -> str:
    text = texts.get((child_id, key))
    return text.words if text else ""


def _missing(
    assessment: Assessment, code: str, child_id: UUID | None, key: str, said: str
) -> Missing:
    url = section_url(assessment, code, child_id)
    return Missing(
        words=said,
        url=f"{url}#{control_id(key, child_id)}",
        section=code,
        child_id=child_id,
    )


def section_url(assessment: Assessment, code: str, child_id: UUID | None) -> str:
    """Give the page of the editor that asks it."""
    if code == sections.CHILD:
        return reverse("assessments:write_child", args=[assessment.pk, child_id])
    return reverse("assessments:write", args=[assessment.pk, code])


def control_id(key: str, child_id: UUID | None) -> str:
    """Give the id of the control of a box, as the editor's forms make it."""
    return f"id_child-{child_id}-{key}" if child_id else f"id_{key}"
