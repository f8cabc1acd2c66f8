"""When each child was last seen, and last seen alone: a fact every part of the work reads."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q

from cases.choices import FAILED_VISITS
from cases.models import VisitChild
from people.queries import records_of


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The latest of each kind for one child; None where it never was."""

    seen_at: datetime | None = None
    alone_at: datetime | None = None
    by_social_worker_at: datetime | None = None
    failed_at: datetime | None = None

    @property
    def failed_since(self) -> datetime | None:
        """The latest failed visit, when the child has not been seen after it."""
        if self.failed_at is None or (self.seen_at is not None and self.seen_at >= self.failed_at):
            return None
        return self.failed_at


NEVER = Seen()


def last_seen(*, child_ids: Collection[UUID], at: datetime | None = None) -> dict[UUID, Seen]:
    """Give what is known of each of these children, in three queries; never visited is NEVER.

    What was written on a record linked to a child's counts as the child's.

    :param at: what was known of visits up to this moment; left out, all of them
    """
    records = records_of(person_ids=child_ids)
    rows = VisitChild.objects.filter(child__in=records)
    if at is not None:
        rows = rows.filter(at__lte=at)
    found: dict[UUID, list[Seen]] = defaultdict(list)
    for row in (
        rows.values("child_id")
        .annotate(
            seen_at=Max("at", filter=Q(was_seen=True)),
            alone_at=Max("at", filter=Q(was_seen_alone=True)),
            by_social_worker_at=Max("at", filter=Q(was_seen=True, visit__is_by_social_worker=True)),
            failed_at=Max("at", filter=Q(visit__outcome__in=FAILED_VISITS)),
        )
        .order_by("child_id")
    ):
        found[records[row["child_id"]]].append(
            Seen(
                seen_at=row["seen_at"],
                alone_at=row["alone_at"],
                by_social_worker_at=row["by_social_worker_at"],
                failed_at=row["failed_at"],
            )
        )
    seen = {head: as_one(each) for head, each in found.items()}
    return {child_id: seen.get(records.get(child_id, child_id), NEVER) for child_id in child_ids}


def as_one(seen: Collection[Seen]) -> Seen:
    """Read several records of one child as one."""

    def latest(name: str) -> datetime | None:
        return max((moment for each in seen if (moment := getattr(each, name))), default=None)

    return Seen(
        seen_at=latest("seen_at"),
        alone_at=latest("alone_at"),
        by_social_worker_at=latest("by_social_worker_at"),
        failed_at=latest("failed_at"),
    )
