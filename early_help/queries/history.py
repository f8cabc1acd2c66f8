"""Earlier early help of the same children: a family's return is recognised (domain.md 2.9)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch

from early_help.models import Decline, Episode
from lib.working_days import add_months, london_date
from people.queries import records_of
from record import policy


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An episode of the same children before this request.

    `is_within_limit`: it ended so recently, by a decline or otherwise, that this is a return.
    `is_request_within_limit`: it was asked for so recently, which weighs in the need score.
    """

    episode: Episode
    is_within_limit: bool
    is_request_within_limit: bool
    declines: Sequence[Decline] = ()


def earlier(
    *, child_ids: Collection[UUID], before: datetime, except_id: UUID | None = None
) -> list[Earlier]:
    """List what these children had before, the latest first; three queries.

    :param before: the moment of the new request
    """
    months = int(policy.value("EH-RETURN-MONTHS", at=before))
    since = add_months(london_date(before), -months)
    records = records_of(person_ids=child_ids)
    found = (
        Episode.objects.filter(children__child__in=records, requested_at__lt=before)
        .distinct()
        .prefetch_related(Prefetch("declines", queryset=Decline.objects.order_by("-at", "pk")))
        .order_by("-requested_at", "pk")
    )
    made = []
    for episode in found:
        if episode.pk == except_id:
            continue
        declines = list(episode.declines.all())
        last = episode.ended_at or before
        made.append(
            Earlier(
                episode=episode,
                is_within_limit=london_date(last) >= since,
                is_request_within_limit=london_date(episode.requested_at) >= since,
                declines=declines,
            )
        )
    return made
