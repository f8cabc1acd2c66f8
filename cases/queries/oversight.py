"""Whom a manager directs, and what was directed about a child."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import TeamMembership, User
from cases.models import Allocation, Responsibility
from lib.working_days import london_date


def people_to_direct(
    *, child_ids: Collection[UUID], by: User, at: datetime
) -> list[tuple[str, str]]:
    """Who can be asked to do something for these children: their workers, the team, `by`."""
    on = london_date(at)
    children = list(child_ids)
    teams = Responsibility.objects.filter(child__in=children, to_at__isnull=True).values("team")
    members = (
        TeamMembership.objects.filter(team__in=teams, from_on__lte=on)
        .exclude(to_on__lt=on)
        .values("user")
    )
    workers = Allocation.objects.filter(child__in=children, to_at__isnull=True).values("worker")
    people = User.objects.filter(
        Q(pk__in=members) | Q(pk__in=workers) | Q(pk=by.pk), is_active=True
    ).order_by("full_name", "pk")
    return [
        (str(user.pk), f"{user.full_name}, {user.job_title}" if user.job_title else user.full_name)
        for user in people
    ]
