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
from early_help.models.stepping import Escalation, StepUp
from early_help.models.wait import Pause, SafeCheck, SafeCheckAnswer, SafeCheckChild

__all__ = [
    "Agreement",
    "AgreementChild",
    "ContactAttempt",
    "Decline",
    "DeclineDecision",
    "Episode",
    "EpisodeChild",
    "EpisodeQuerySet",
    "Escalation",
    "Offer",
    "Pause",
    "SafeCheck",
    "SafeCheckAnswer",
    "SafeCheckChild",
    "StepUp",
    "ToTell",
]
