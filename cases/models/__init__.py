"""The shared work: what came in, about whom, with whose agreement, and who holds the child."""

from cases.models.consent import ConsentAnswer, ConsentOverride, LawfulBasis
from cases.models.contacts import (
    Contact,
    ContactLink,
    ContactPerson,
    ContactQuerySet,
    Feedback,
    HistoryCheck,
    InformationRequest,
    Submission,
    SubmissionPart,
    SubmissionSeal,
)
from cases.models.holding import (
    Allocation,
    Handover,
    HandoverChild,
    Involvement,
    Referral,
    Responsibility,
    TsTzRange,
)

__all__ = [
    "Allocation",
    "ConsentAnswer",
    "ConsentOverride",
    "Contact",
    "ContactLink",
    "ContactPerson",
    "ContactQuerySet",
    "Feedback",
    "Handover",
    "HandoverChild",
    "HistoryCheck",
    "InformationRequest",
    "Involvement",
    "LawfulBasis",
    "Referral",
    "Responsibility",
    "Submission",
    "SubmissionPart",
    "SubmissionSeal",
    "TsTzRange",
]
