"""Early help: a family's episode from the request to the end, its wait, offers and plan."""

from early_help.models.episode import (
    Agreement,
    AgreementChild,
    Episode,
    EpisodeChild,
    EpisodeQuerySet,
    ToTell,
)
from early_help.models.offers import ContactAttempt, Decline, DeclineDecision, Offer
from early_help.models.plan import (
    AssessedChild,
    Assessment,
    Attendee,
    ChildOutcome,
    GoalProgress,
    Plan,
    PlanAction,
    PlanGoal,
    TeamMeeting,
)
from early_help.models.stepping import Escalation, StepUp
from early_help.models.wait import Pause, SafeCheck, SafeCheckAnswer, SafeCheckChild

__all__ = [
    "Agreement",
    "AgreementChild",
    "AssessedChild",
    "Assessment",
    "Attendee",
    "ChildOutcome",
    "ContactAttempt",
    "Decline",
    "DeclineDecision",
    "Episode",
    "EpisodeChild",
    "EpisodeQuerySet",
    "Escalation",
    "GoalProgress",
    "Offer",
    "Pause",
    "Plan",
    "PlanAction",
    "PlanGoal",
    "SafeCheck",
    "SafeCheckAnswer",
    "SafeCheckChild",
    "StepUp",
    "TeamMeeting",
    "ToTell",
]
