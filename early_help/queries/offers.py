"""What stands open of a family's offers and declines."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from early_help.choices import OVER
from early_help.models import Decline, DeclineDecision, Offer


def open_offer(episode_id: UUID) -> Offer | None:
    """The offer the family has not answered."""
    return Offer.objects.filter(episode=episode_id, answer="").select_related("worker").first()


def undecided() -> QuerySet[Decline]:
    """Declines of which nobody has decided whether it is safe to close."""
    decided = DeclineDecision.objects.filter(decline=OuterRef("pk"))
    return (
        Decline.objects.filter(~Exists(decided))
        .exclude(episode__state__in=OVER)
        .select_related("by", "episode")
        .order_by("at", "pk")
    )


def standing(episode_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """What each family in the queue waits for us to do: "offered" or "declined"; two queries."""
    ids = list(episode_ids)
    found: dict[UUID, str] = dict.fromkeys(
        Offer.objects.filter(episode__in=ids, answer="").values_list("episode_id", flat=True),
        "offered",
    )
    for decline in undecided().filter(episode__in=ids):
        found[decline.episode_id] = "declined"
    return found
