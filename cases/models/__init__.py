"""The shared work: what came in, about whom, with whose agreement, and who holds the child."""

from cases.models.changes import (
    ChangeChild,
    ChangeConsequence,
    ChangeElsewhere,
    ChangeOfCircumstance,
)
from cases.models.closure import Closure
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
from cases.models.facts import (
    ChildRiskReview,
    Protection,
    RiskRating,
    Section47Decision,
    Signal,
    Visit,
    VisitChild,
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
from cases.models.meetings import MeetingContribution, MeetingPart
from cases.models.oversight import ManagementOversight, OversightAction, OversightChild
from cases.models.services import Service, ServiceChange, ServicePlace, ServicePlaceChild
from cases.models.waiting import WaitingChange, WaitingEntry, WaitingGroup

__all__ = [
    "Allocation",
    "ChangeChild",
    "ChangeConsequence",
    "ChangeElsewhere",
    "ChangeOfCircumstance",
    "ChildRiskReview",
    "Closure",
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
    "ManagementOversight",
    "MeetingContribution",
    "MeetingPart",
    "OversightAction",
    "OversightChild",
    "Protection",
    "Referral",
    "Responsibility",
    "RiskRating",
    "Section47Decision",
    "Service",
    "ServiceChange",
    "ServicePlace",
    "ServicePlaceChild",
    "Signal",
    "Submission",
    "SubmissionPart",
    "SubmissionSeal",
    "TsTzRange",
    "Visit",
    "VisitChild",
    "WaitingChange",
    "WaitingEntry",
    "WaitingGroup",
]
