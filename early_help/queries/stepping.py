"""A family's step-ups, as its page and somebody's home show them."""

from uuid import UUID

from cases import holding
from early_help.models import DeclineDecision, Episode, StepUp


def unmet_step_up(episode_id: UUID) -> DeclineDecision | None:
    """The decision to step a family up after a decline that nobody has carried out yet."""
    decision = (
        DeclineDecision.objects.filter(decline__episode=episode_id)
        .order_by("-at", "-recorded_at")
        .first()
    )
    if decision is None or decision.then != DeclineDecision.Then.STEP_UP:
        return None
    carried_out = StepUp.objects.filter(episode=episode_id, proposed_at__gte=decision.at)
    return None if carried_out.exists() else decision


def of_episode(episode_id: UUID) -> list[StepUp]:
    """Every step-up of a family, the last first, each with its disputes."""
    return list(
        StepUp.objects.filter(episode=episode_id)
        .select_related("proposed_by", "answered_by", "decided_by", "contact")
        .prefetch_related("escalations__to", "escalations__by", "escalations__settled_by")
        .order_by("-proposed_at", "pk")
    )


def latest(episode_id: UUID) -> StepUp | None:
    """The last step-up of a family."""
    return next(iter(of_episode(episode_id)), None)


def is_unsafe(episode_id: UUID) -> bool:
    """Say whether the last decision after a decline was that it is not safe to close."""
    last = (
        DeclineDecision.objects.filter(decline__episode=episode_id)
        .order_by("-at", "-recorded_at")
        .values_list("is_safe", flat=True)
        .first()
    )
    return last is False


def is_ended_by_social_care(episode: Episode) -> bool:
    """Say whether social care has nothing open for any child of the episode."""
    children = episode.children.filter(ended_at=None).values_list("child_id", flat=True)
    return not holding.with_open_statutory_work(children)
