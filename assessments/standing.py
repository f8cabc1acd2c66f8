"""In what right somebody acts on children of several records at once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from cases.models import Allocation, Responsibility
from cases.standing import acts_for
from record.errors import Refused


def worker_right(
    *, by: User, permission: Permission, child_ids: Collection[UUID], at: datetime
) -> Authority:
    """Give the right of somebody who works with one of these children, or in their team.

    :raises PermissionDenied: `by` may not do this at all
    :raises Refused: they are another team's
    """
    own = require(by, permission, at=at)
    if Allocation.objects.filter(child__in=child_ids, worker=by, to_at__isnull=True).exists():
        return own
    held = _held(child_ids)
    for row in held:
        right = acts_for(row.team, by=by, permission=permission, at=at)
        if right is not None:
            return right
    raise Refused(_whose(held, "Its workers write this."))


def manager_right(
    *, by: User, permission: Permission, child_ids: Collection[UUID], at: datetime
) -> Authority:
    """Give the right of who answers for all of these children, or acts for who does.

    :raises PermissionDenied: `by` may not do this at all
    :raises Refused: somebody else answers for one of them, who is named
    """
    require(by, permission, at=at)
    held = _held(child_ids)
    rights = [(row, acts_for(row.team, by=by, permission=permission, at=at)) for row in held]
    for row, right in rights:
        if right is None:
            raise Refused(
                f"{row.manager.full_name} of {row.team.name} answers for {row.child.name},"
                " so this is theirs to decide."
            )
    found = [right for _row, right in rights if right is not None]
    if not found:
        raise Refused("Nobody holds these children any more: nothing is open.")
    return found[0]


def _held(child_ids: Collection[UUID]) -> list[Responsibility]:
    return list(
        Responsibility.objects.filter(child__in=child_ids, to_at__isnull=True)
        .select_related("team", "manager", "child")
        .order_by("team__name", "child_id")
    )


def _whose(held: list[Responsibility], then: str) -> str:
    if not held:
        return "Nobody holds these children any more: nothing is open."
    return f"These children are with {held[0].team.name}. {then}"
