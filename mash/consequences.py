"""Strategy discussions as what a change led to (`cases.consequences`)."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from accounts.permissions import Permission
from cases.change_codes import ChangeOutcome
from cases.consequences import Door, Witnessed
from mash.models import StrategyDiscussion, StrategyDiscussionChild

DOORS = (
    Door(
        kind=ChangeOutcome.STRATEGY_DISCUSSION,
        words="Call a strategy discussion",
        url_name="mash:call_for_child",
        permission=Permission.STRATEGY_CALL,
    ),
)


def discussions_called(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """A discussion about the child was called and stands."""
    return [
        Witnessed(
            child_id=row.child_id,
            at=row.discussion.called_at,
            subject_kind="discussion",
            subject_id=row.discussion_id,
            url_name="mash:discussion",
        )
        for row in StrategyDiscussionChild.objects.filter(
            child__in=child_ids, discussion__called_at__gte=since
        )
        .exclude(discussion__state=StrategyDiscussion.State.CANCELLED)
        .select_related("discussion")
        .order_by("discussion__called_at", "pk")
    ]
