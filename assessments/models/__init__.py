"""Assessments, enquiries, plans and transfers."""

from assessments.models.assessment import (
    Assessment,
    AssessmentChild,
    AssessmentComment,
    AssessmentFactor,
    AssessmentMember,
    AssessmentQuerySet,
    AssessmentReturn,
    AssessmentSubmission,
    Checkpoint,
    CheckpointChild,
    NotAssessed,
)
from assessments.models.writing import (
    AssessmentAuthor,
    AssessmentText,
    Presence,
    TextVersion,
    VisitUsed,
)

__all__ = [
    "Assessment",
    "AssessmentAuthor",
    "AssessmentChild",
    "AssessmentComment",
    "AssessmentFactor",
    "AssessmentMember",
    "AssessmentQuerySet",
    "AssessmentReturn",
    "AssessmentSubmission",
    "AssessmentText",
    "Checkpoint",
    "CheckpointChild",
    "NotAssessed",
    "Presence",
    "TextVersion",
    "VisitUsed",
]
