"""Earlier early help of the same children: a family's return is recognised (domain.md 2.9)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch

from accounts.models import User
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
    may_read: bool = False


def earlier(
    *,
    child_ids: Collection[UUID],
    before: datetime,
    except_id: UUID | None = None,
    by: User | None = None,
) -> list[Earlier]:
    """List what these children had before, the latest first; three queries, four for somebody.

    Whoever helps the children now is told how it went before, though the page of it may be
    another worker's. Of an episode with a child whose record is restricted from `by` nothing is
    told.

    :param before: the moment of the new request
    :param by: who reads it; left out, the service itself counts
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
    readable: set[UUID] = set()
    if by is not None:
        found = found.exclude(pk__in=Episode.objects.restricted_to(by).values("pk"))
        readable = set(
            Episode.objects.visible_to(by)
            .filter(pk__in=found.values("pk"))
            .values_list("pk", flat=True)
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
                may_read=episode.pk in readable,
            )
        )
    return made
