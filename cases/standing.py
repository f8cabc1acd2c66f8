"""Whose team is it: the "own team's cases" rights of domain.md section 3 (T)."""

from datetime import datetime

from accounts.models import Team, TeamMembership
from accounts.permissions import Authority, Role
from lib.working_days import london_date

ACROSS_TEAMS = frozenset({Role.HEAD_OF_SERVICE, Role.DIRECTOR})


def works_for(authority: Authority, team: Team, at: datetime) -> bool:
    """Say whether this right is exercised for `team`: its manager, deputy, member, or above."""
    if authority.role in ACROSS_TEAMS:
        return True
    person = authority.acting_for or authority.user
    if team.manager_id == person.pk:
        return True
    on = london_date(at)
    return (
        TeamMembership.objects.filter(user=person, team=team, from_on__lte=on)
        .exclude(to_on__lt=on)
        .exists()
    )
