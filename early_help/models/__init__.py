"""Early help: a family's episode from the request to the end, its wait, offers and plan."""

from early_help.models.episode import (
    Agreement,
    AgreementChild,
    Episode,
    EpisodeChild,
    EpisodeQuerySet,
    ToTell,
)
from early_help.models.wait import Pause, SafeCheck, SafeCheckAnswer, SafeCheckChild

__all__ = [
    "Agreement",
    "AgreementChild",
    "Episode",
    "EpisodeChild",
    "EpisodeQuerySet",
    "Pause",
    "SafeCheck",
    "SafeCheckAnswer",
    "SafeCheckChild",
    "ToTell",
]
