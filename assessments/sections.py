"""What an assessment asks, section by section and box by box; a pure module.

Shared boxes are written once for the family, the rest once for each child. `{name}` and `{whose}`
stand for the child's first name and its possessive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from assessments.choices import AssessmentKind
from lib import words
from lib.govuk.dates import NotADate, read_date


@dataclass(frozen=True, kw_only=True)
class Box:
    """One thing that is asked. `kind` is text, risk, outcome, factors or date."""

    key: str
    label: str
    hint: str = ""
    kind: str = "text"
    rows: int = 5
    is_optional: bool = False

    def label_for(self, name: str) -> str:
        """Give the label, about this child."""
        return _about(self.label, name)

    def hint_for(self, name: str) -> str:
        """Give the hint, about this child."""
        return _about(self.hint, name)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A page of the editor: boxes about the family, boxes about each child, or both."""

    code: str
    title: str
    lead: str = ""
    boxes: tuple[Box, ...] = ()
    child_boxes: tuple[Box, ...] = ()


#: The pages about one child each stand under this code and the child's id.
CHILD: Final = "child"

VOICE = Box(
    key="voice",
    label="What {name} says and shows",
    hint="Words and what you saw, so that somebody else could use it",
)
PREGNANCY = Box(
    key="voice",
    label="The pregnancy, and what is ready for the baby",
    hint="How the mother is, what she says about the baby, what is prepared",
)
DAY = Box(key="day", label="A day in {whose} life", hint="From getting up to going to bed")
HEALTH = Box(key="health", label="{whose} health and development")
ANTENATAL = Box(key="health", label="Antenatal care and health")
LEARNING = Box(key="learning", label="Learning, friends and play")
RISK = Box(
    key="risk",
    label="Risk to {name}, on {whose} own account",
    hint="Not carried over from a brother or sister or from the last assessment",
    kind="risk",
)
RISK_WHY = Box(
    key="risk_why", label="Why", hint="What could happen to {name}, and how likely it is"
)
MEANING = Box(key="meaning", label="What the change means for {name}")

#: What may be brought forward from the last assessment, since it may still hold. What anybody says,
#: a child's days, the risk, what it means and what must change are found out anew each time.
BROUGHT_OF_FAMILY: Final = ("history", "family", "home", "parenting")
BROUGHT_OF_CHILD: Final = (HEALTH.key, LEARNING.key)

CHILD_BOXES: Final = (VOICE, DAY, HEALTH, LEARNING, RISK, RISK_WHY)
UNBORN_BOXES: Final = (PREGNANCY, ANTENATAL, RISK, RISK_WHY)
UPDATE_CHILD_BOXES: Final = (VOICE, MEANING, RISK, RISK_WHY)
UPDATE_UNBORN_BOXES: Final = (PREGNANCY, MEANING, RISK, RISK_WHY)

OUTCOME = Section(
    code="outcome",
    title="Factors and outcome",
    lead="What you recommend. The manager decides when authorising it.",
    boxes=(
        Box(
            key="shared_on",
            label="When you shared it with the family",
            kind="date",
            is_optional=True,
        ),
        Box(
            key="not_shared",
            label="Or why it has not been shared",
            rows=2,
            is_optional=True,
        ),
    ),
    child_boxes=(
        Box(key="factors", label="Factors identified for {name}", kind="factors"),
        Box(key="outcome", label="Recommended for {name}", kind="outcome"),
        Box(key="outcome_why", label="Why this for {name}", rows=3),
    ),
)
ANALYSIS = Section(
    code="analysis",
    title="Analysis",
    boxes=(
        Box(
            key="analysis",
            label="What this means for the children",
            hint="What we think is happening, why, and what it is like for each of them",
            rows=8,
        ),
        Box(
            key="change",
            label="What must change",
            hint="For whom, by when, how we will know, and what happens if it does not",
        ),
    ),
)
CHECKPOINT_NOTES = Section(
    code="notes",
    title="Notes for the checkpoint",
    lead="For your manager: what you want to talk about. It is no part of what is authorised.",
    boxes=(Box(key="checkpoint_note", label="What to talk about", is_optional=True),),
)

SECTIONS: Final[dict[str, tuple[Section, ...]]] = {
    AssessmentKind.FULL: (
        Section(
            code="why",
            title="Why now",
            boxes=(
                Box(
                    key="presenting",
                    label="What brought this family to us, and what worries people",
                    hint="Facts, and who they come from",
                ),
            ),
        ),
        Section(
            code="history",
            title="History",
            lead="Drawn from the record: you do not type it again.",
            boxes=(Box(key="history", label="What the history tells us"),),
        ),
        Section(
            code="family",
            title="Family and environment",
            boxes=(
                Box(
                    key="family",
                    label="Who is in this family, and who helps",
                    hint="Those who live elsewhere, too; who would come at night",
                ),
                Box(key="home", label="Home, money and neighbourhood"),
            ),
        ),
        Section(code=CHILD, title="Each child"),
        Section(
            code="parents",
            title="Parents",
            boxes=(
                Box(
                    key="parenting",
                    label="What each parent gives the children, and what is missing",
                    hint="Each parent by name, the one who lives elsewhere, too",
                ),
                Box(key="parents_views", label="What the parents say", hint="In their words"),
            ),
        ),
        ANALYSIS,
        OUTCOME,
        CHECKPOINT_NOTES,
    ),
    AssessmentKind.UPDATE: (
        Section(
            code="why",
            title="What has changed",
            boxes=(
                Box(
                    key="presenting",
                    label="What has changed, since when, and how we know",
                ),
            ),
        ),
        Section(
            code="history",
            title="History",
            lead="Drawn from the record since the assessment that this updates.",
        ),
        Section(code=CHILD, title="Each child"),
        ANALYSIS,
        OUTCOME,
    ),
}
#: Words that are compared between brothers and sisters.
COMPARED: Final = ("voice", "day", "health", "learning", "meaning", "risk_why", "outcome_why")


def sections(kind: str) -> tuple[Section, ...]:
    """Give the sections of an assessment of this kind, in the order in which they are read."""
    return SECTIONS[kind]


def section(kind: str, code: str) -> Section | None:
    """Give one of them, or nothing."""
    return next((each for each in SECTIONS[kind] if each.code == code), None)


def child_boxes(kind: str, *, is_unborn: bool) -> tuple[Box, ...]:
    """Give the boxes of one child's own page."""
    if kind == AssessmentKind.UPDATE:
        return UPDATE_UNBORN_BOXES if is_unborn else UPDATE_CHILD_BOXES
    return UNBORN_BOXES if is_unborn else CHILD_BOXES


def shared_boxes(kind: str) -> Iterator[tuple[Section, Box]]:
    """Give every box about the family, with its section."""
    for each in SECTIONS[kind]:
        for box in each.boxes:
            yield each, box


def boxes_of_child(kind: str, *, is_unborn: bool) -> Iterator[tuple[str, Box]]:
    """Give every box about one child, with the code of the section that asks it."""
    for each in SECTIONS[kind]:
        if each.code == CHILD:
            for box in child_boxes(kind, is_unborn=is_unborn):
                yield CHILD, box
        for box in each.child_boxes:
            yield each.code, box


def box(kind: str, key: str, *, is_childs: bool, is_unborn: bool = False) -> Box | None:
    """Give the box of this key, or nothing when an assessment of this kind does not ask it."""
    if is_childs:
        return next(
            (one for _, one in boxes_of_child(kind, is_unborn=is_unborn) if one.key == key), None
        )
    return next((one for _, one in shared_boxes(kind) if one.key == key), None)


def may_be_brought(kind: str, key: str, *, is_childs: bool, is_unborn: bool = False) -> bool:
    """Say whether the words of this box may be brought forward into an assessment of this kind."""
    asked = box(kind, key, is_childs=is_childs, is_unborn=is_unborn)
    return asked is not None and key in (BROUGHT_OF_CHILD if is_childs else BROUGHT_OF_FAMILY)


def kept(box: Box, said: str, *, on: date) -> str:
    """Give what was put into a box as it is kept: a date in one form, factors in order."""
    if box.kind == "date":
        day = day_of(said, on=on)
        return day.isoformat() if day else said
    if box.kind == "factors":
        return " ".join(sorted(dict.fromkeys(said.split()), key=_code_order))
    return said


def day_of(said: str, *, on: date) -> date | None:
    """Read a date as it was typed, or as it is kept; nothing when it cannot be read.

    :param on: the day, which completes a date without a year
    """
    try:
        return date.fromisoformat(said)
    except ValueError:
        pass
    try:
        return read_date(said, today=on, when="past")
    except NotADate:
        return None


def _code_order(code: str) -> tuple[int, str]:
    number = "".join(char for char in code if char.isdigit())
    return (int(number or 0), code)


def _about(said: str, name: str) -> str:
    return said.format(name=name, whose=words.possessive(name)) if said else ""
