"""The events that may change risk to children, their classes and limits (domain.md 5.1)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models


class ChangeCode(models.TextChoices):
    """What happened. The label is how a worker chooses it."""

    HARM = "COC-01", "New allegation or injury, or a child tells of harm"
    DOMESTIC_ABUSE = "COC-02", "Domestic abuse, or somebody violent returns or breaks an order"
    ADULT_JOINS = "COC-03", "An adult moves in or becomes a regular visitor"
    ADULT_LEAVES = "COC-04", "An adult leaves, dies or is detained; parents separate"
    BABY = "COC-05", "A pregnancy, a birth, or a baby comes home"
    CHILD_MOVES = "COC-06", "A child moves in or out"
    ADDRESS = "COC-07", "A move, homelessness, refuge, or whereabouts unknown"
    PARENT_ILL = "COC-08", "A parent's mental health crisis, overdose or relapse"
    PARENT_ARRESTED = "COC-09", "A parent's arrest, charge, bail, or contact with an offender"
    MISSING = "COC-10", "A child goes missing"
    EXPLOITATION = "COC-11", "Signs of exploitation, weapons or county lines"
    SELF_HARM = "COC-12", "A child's self-harm, suicide attempt or admission to hospital"
    HARM_BY_CHILDREN = "COC-13", "Harm by or between children; sexual behaviour"
    SCHOOL = "COC-14", "A child is out of school"
    DISENGAGED = "COC-15", "The family withdraws, or we cannot get in"
    PAST = "COC-16", "New information about the past"
    PLAN_BROKEN = "COC-17", "A safety plan or agreement is broken"
    ILLNESS = "COC-18", "Serious illness, new disability or a death in the family"
    SIBLING = "COC-19", "The status of a brother or sister changes"
    HONOUR = "COC-20", "Forced marriage, honour-based abuse, FGM, belief or radicalisation"
    MONEY = "COC-21", "The family's money collapses"
    SERVICE_STOPS = "COC-22", "Something that protected the child stops"
    AGE = "COC-23", "A child turns 16, 17 and a half or 18, or is pregnant"
    WORKER = "COC-24", "The worker changes, with a gap in visits"
    DISPUTE = "COC-25", "Agencies or the family dispute the plan"
    SIGNALS = "COC-26", "Several signals since the assessment"
    OTHER = "COC-99", "Something else"


class ChangeClass(models.TextChoices):
    """How fast everybody must think. Gravest first."""

    IMMEDIATE = "immediate", "Immediate"
    SIGNIFICANT = "significant", "Significant"
    ROUTINE = "routine", "Routine"


_I, _S, _R = ChangeClass.IMMEDIATE, ChangeClass.SIGNIFICANT, ChangeClass.ROUTINE
_C = ChangeCode

DEFAULT_CLASS: Final[Mapping[ChangeCode, ChangeClass]] = MappingProxyType(
    {
        _C.HARM: _I,
        _C.DOMESTIC_ABUSE: _I,
        _C.ADULT_JOINS: _S,
        _C.ADULT_LEAVES: _S,
        _C.BABY: _S,
        _C.CHILD_MOVES: _S,
        _C.ADDRESS: _S,
        _C.PARENT_ILL: _I,
        _C.PARENT_ARRESTED: _I,
        _C.MISSING: _S,
        _C.EXPLOITATION: _S,
        _C.SELF_HARM: _I,
        _C.HARM_BY_CHILDREN: _I,
        _C.SCHOOL: _S,
        _C.DISENGAGED: _S,
        _C.PAST: _S,
        _C.PLAN_BROKEN: _I,
        _C.ILLNESS: _S,
        _C.SIBLING: _S,
        _C.HONOUR: _I,
        _C.MONEY: _R,
        _C.SERVICE_STOPS: _R,
        _C.AGE: _R,
        _C.WORKER: _R,
        _C.DISPUTE: _R,
        _C.SIGNALS: _S,
    }
)
"""COC-99 has none: the manager sets it, and until then it is timed as significant."""

RAISE_IF: Final[Mapping[ChangeCode, str]] = MappingProxyType(
    {
        _C.ADULT_JOINS: "Immediate if this adult is known to be a risk to children",
        _C.ADULT_LEAVES: "Immediate if whoever protected the children is gone",
        _C.BABY: "Immediate if there is a pre-birth plan, or a child protection plan in the family",
        _C.ADDRESS: "Immediate if nobody knows where they are",
        _C.MISSING: "Immediate if under 13, graded high, over 24 hours or a repeat",
        _C.EXPLOITATION: "Immediate if the risk is significant",
        _C.DISENGAGED: "Immediate on a child protection plan, or not seen for 10 working days",
        _C.SIBLING: "Immediate for a section 47 enquiry or an emergency order",
        _C.MONEY: "Significant with a child under 5",
    }
)


class ChangeState(models.TextChoices):
    """Triage opens the reviews in the same act, so that nothing is ever only triaged."""

    LOGGED = "logged", "To be triaged"
    REVIEWS_OPEN = "reviews_open", "Reviews open"
    AWAITING_MANAGER = "awaiting_manager", "Waiting for the manager’s decision"
    DONE = "done", "Done"
    NOT_SIGNIFICANT = "not_significant", "Not significant"
    MERGED = "merged", "Merged with another"


UNDONE: Final = (ChangeState.LOGGED, ChangeState.REVIEWS_OPEN, ChangeState.AWAITING_MANAGER)


class ChangeOutcome(models.TextChoices):
    """What the manager decided for one child (domain.md 5.2)."""

    STRATEGY_DISCUSSION = "strategy_discussion", "Strategy discussion opened"
    ASSESSMENT = "assessment", "Assessment opened again, or a new one"
    UPDATED = "updated", "Assessment updated"
    PLAN = "plan", "Plan or safety plan changed"
    URGENCY = "urgency", "Priority or urgency of transfer changed"
    ALLOCATION = "allocation", "A worker named, or another one"
    VISIT = "visit", "Seen sooner than planned"
    ESCALATION = "escalation", "Put to the head of service, who answered"
    STANDS = "stands", "Assessment and plan stand"
    NOT_SIGNIFICANT = "not_significant", "Not significant for this child"


#: What the manager may decide when all reviews are done.
DECISIONS: Final = tuple(each for each in ChangeOutcome if each != ChangeOutcome.NOT_SIGNIFICANT)
#: Outcomes that must exist somewhere before the change is done (decisions.md 30).
NEEDS_CONSEQUENCE: Final = tuple(each for each in DECISIONS if each != ChangeOutcome.STANDS)
#: After these the assessment counts as looked at again on that day.
CONFIRMS: Final = (ChangeOutcome.STANDS, ChangeOutcome.UPDATED)


class HowIncluded(models.TextChoices):
    AT_EVENT = "at_event", "Lived or stayed there when it happened"
    JOINED = "joined", "Joined before this was closed"
    NAMED = "named", "Named by whoever recorded it"


class Happened(models.TextChoices):
    """What the record itself saw happen to a person, for the name of the change."""

    JOINED = "joined", "{} moved in"
    VISITS = "visits", "{} visits often"
    LEFT = "left", "{} left"
    BORN = "born", "{} was born"
    DIED = "died", "{} died"
    MOVED = "moved", "{} moved"
    CONTACT = "contact", "A new contact about {}"


def title(code: str, *, happened: str = "", person: str = "") -> str:
    """Name a change by its event, in plain words."""
    if happened:
        words: str = Happened(happened).label.format(person or "somebody")
        return words[0].upper() + words[1:]
    said = str(ChangeCode(code).label)
    return f"{said}: {person}" if person else said
