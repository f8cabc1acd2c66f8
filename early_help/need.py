"""How much a family that waits needs help: factors with points, and the priority they suggest.

Pure functions of what is known (domain.md 2.9). Points for waiting are left out, so that a score
never carries anybody past a family with greater need (decisions.md 75).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cases.choices import Level, Priority
from cases.waiting import Factor
from early_help.choices import Need

GRAVE = (
    Need.UNDER_2,
    Need.CPP_STEP_DOWN,
    Need.MENTAL_HEALTH,
    Need.DOMESTIC_ABUSE,
    Need.SUBSTANCE,
    Need.SECOND_REQUEST,
    Need.EXCLUSION,
    Need.EXPLOITATION,
)
#: What a worker ticks; the system knows the others.
TICKED = (
    Need.CPP_STEP_DOWN,
    Need.MENTAL_HEALTH,
    Need.DOMESTIC_ABUSE,
    Need.SUBSTANCE,
    Need.EXCLUSION,
    Need.EXPLOITATION,
    Need.LONE_CARER,
)
GRAVE_POINTS, MOST_GRAVE_POINTS = 3, 9
STEP_DOWN_POINTS, LONE_CARER_POINTS = 2, 2
CHILDREN_WITHOUT_POINTS, MOST_CHILDREN_POINTS = 2, 3
YOUNG_YEARS = 2


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the system knows of a family that asks for help."""

    children: int
    has_child_under_2: bool
    is_step_down: bool
    is_second_request: bool

    @property
    def needs(self) -> list[Need]:
        """The needs that follow from it."""
        found = [
            (self.has_child_under_2, Need.UNDER_2),
            (self.is_second_request, Need.SECOND_REQUEST),
            (self.is_step_down, Need.STEP_DOWN),
            (self.children > CHILDREN_WITHOUT_POINTS, Need.MANY_CHILDREN),
        ]
        return [need for holds, need in found if holds]


def all_needs(known: Known, ticked: Iterable[str]) -> list[Need]:
    """Every need of a family, in the order of the list of codes."""
    found = {*known.needs, *(Need(each) for each in ticked if each in TICKED)}
    return [need for need in Need if need in found]


def factors(known: Known, needs: Collection[Need]) -> list[Factor]:
    """Give each need that adds to the score, with its points; the caps of domain.md 2.9 hold."""
    found: list[Factor] = []
    grave_left = MOST_GRAVE_POINTS
    for need in needs:
        if need in GRAVE:
            points = min(GRAVE_POINTS, grave_left)
            grave_left -= points
        elif need == Need.STEP_DOWN:
            points = STEP_DOWN_POINTS
        elif need == Need.LONE_CARER:
            points = LONE_CARER_POINTS
        else:
            beyond = known.children - CHILDREN_WITHOUT_POINTS
            points = max(0, min(beyond, MOST_CHILDREN_POINTS))
        if points:
            found.append(Factor(code=need.value, words=str(need.label), points=points))
    return found


def suggested(level: str, needs: Collection[Need]) -> Priority:
    """Give the priority that level and needs suggest; the coordinator decides."""
    if level != Level.TARGETED:
        return Priority.P3
    return Priority.P1 if any(need in GRAVE for need in needs) else Priority.P2


def why_suggested(level: str, needs: Collection[Need]) -> str:
    """Say why, in a sentence."""
    if level != Level.TARGETED:
        return "P3 is suggested: level 2 needing a worker of ours."
    grave = [str(need.label) for need in needs if need in GRAVE]
    if grave:
        return f"P1 is suggested: level 3 with {', '.join(grave)}."
    return "P2 is suggested: level 3 without a factor of priority 1."
