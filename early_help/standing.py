"""Where an episode stands by its facts, whatever happened meanwhile."""

from early_help.actions.screening import waiting_group
from early_help.choices import EpisodeState
from early_help.models import Episode, Plan
from early_help.queries.offers import open_offer


def state_of(episode: Episode) -> EpisodeState:
    """Give the point to which the help of an open episode has come."""
    if episode.started_at is not None:
        has_plan = Plan.objects.filter(episode=episode).exists()
        return EpisodeState.PLAN_ACTIVE if has_plan else EpisodeState.ASSESSING
    if episode.accepted_at is not None:
        return EpisodeState.ACCEPTED
    if open_offer(episode.pk) is not None:
        return EpisodeState.OFFERED
    if waiting_group(episode) is not None:
        return EpisodeState.WAITING
    return EpisodeState.SCREENED if episode.screened_at is not None else EpisodeState.REQUESTED
