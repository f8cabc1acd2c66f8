"""Code sets of the child and family assessment. Stored codes never change; labels may."""

from django.db import models


class AssessmentKind(models.TextChoices):
    """A whole assessment, or an update that says what changed and is read with the one before."""

    FULL = "full", "Child and family assessment"
    UPDATE = "update", "Update to the assessment"


class AssessmentState(models.TextChoices):
    """State of the family document; outcome and factors are per child (decisions.md 66)."""

    STARTED = "started", "Started"
    IN_PROGRESS = "in_progress", "In progress"
    SUBMITTED = "submitted", "Submitted"
    RETURNED = "returned", "Returned"
    AUTHORISED = "authorised", "Authorised"
    SUPERSEDED = "superseded", "Superseded"
    ABANDONED = "abandoned", "Abandoned"


WRITTEN_IN = (AssessmentState.STARTED, AssessmentState.IN_PROGRESS, AssessmentState.RETURNED)
"""States in which its words may change."""
OPEN_STATES = (*WRITTEN_IN, AssessmentState.SUBMITTED)


class AssessmentOutcome(models.TextChoices):
    """What comes of the assessment, for one child (domain.md 2.7, 7.2)."""

    NFA = "nfa", "No further action"
    EARLY_HELP = "early_help", "No further action with early help: step down"
    CIN_PLAN = "cin_plan", "Child in need plan"
    SECTION_47 = "section_47", "Strategy discussion or section 47"
    CONTINUE_PLAN = "continue_plan", "The plan already in place goes on"
    LEGAL = "legal", "Legal action or looked after"
    OTHER = "other", "Other"


NOT_IN_NEED = (AssessmentOutcome.NFA, AssessmentOutcome.EARLY_HELP)
"""Outcomes without social care: factor 21 stands with these only."""
NO_FACTOR = "21"
RETIRED_FACTORS = frozenset({"18A", "19A"})
"""Codes of earlier years: read, and never offered (domain.md 10.3)."""


class KeptBecause(models.TextChoices):
    """Why a version of some words was kept (decisions.md 86)."""

    LEFT = "left", "Left the page"
    WRITER_CHANGED = "writer_changed", "Somebody else went on writing"
    TEN_MINUTES = "ten_minutes", "10 minutes of writing"
    SUBMITTED = "submitted", "Submitted"
    CLASH = "clash", "Two people wrote at the same time"


class NextStep(models.TextChoices):
    """What a checkpoint decides about the assessment itself (domain.md 2.7)."""

    CARRY_ON = "carry_on", "Carry on"
    STOP_EARLY = "stop_early", "Stop early: enough is known"
    ESCALATE = "escalate", "Escalate: strategy discussion or section 47"


class AccountedBy(models.TextChoices):
    """How a child of the household is accounted for when it is authorised (decisions.md 67)."""

    OWN_PART = "own_part", "A part in this assessment"
    OTHER_ASSESSMENT = "other_assessment", "Another current assessment"
    NOT_ASSESSED = "not_assessed", "Not assessed, with the reason"
    PASSED = "passed", "Passed to whoever holds the restricted record"
