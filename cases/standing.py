"""Whose team is it: the "own team's cases" rights of domain.md section 3 (T)."""

from datetime import datetime

import pghistory

from accounts.models import Team, TeamMembership, User
from accounts.permissions import (
    MANAGING_ROLES,
    TABLE,
    Authority,
    Permission,
    Role,
    authority,
    standing,
)
from lib import application_clock
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


def acts_for(team: Team, *, by: User, permission: Permission, at: datetime) -> Authority | None:
    """Give the right by which `by` acts for `team`: their own, or as deputy of its manager.

    A manager who deputises for another holds the right themself, yet for another team.
    """
    own = authority(by, permission, at=at)
    if own is None or works_for(own, team, at):
        return own
    for manager, role in _deputised(by, permission, at):
        right = Authority(by, role, acting_for=manager)
        if works_for(right, team, at):
            pghistory.context(acting_for=str(manager.pk))
            return right
    return None


def stands_for(person: User, *, by: User, permission: Permission, at: datetime) -> Authority | None:
    """Give the right by which `by` acts as `person`: being that person, or as their deputy."""
    if by.pk == person.pk:
        return authority(by, permission, at=at)
    for manager, role in _deputised(by, permission, at):
        if manager.pk == person.pk:
            pghistory.context(acting_for=str(manager.pk))
            return Authority(by, role, acting_for=manager)
    return None


def deputised(by: User, at: datetime) -> list[User]:
    """Give the managers for whom `by` acts as deputy."""
    return [
        deputyship.manager
        for deputyship, _roles in standing(by).deputising
        if deputyship.covers(at) and deputyship.manager.is_active
    ]


def _deputised(by: User, permission: Permission, at: datetime) -> list[tuple[User, Role]]:
    moments = (application_clock.now(), at)
    return [
        (deputyship.manager, Role(held.role))
        for deputyship, roles in standing(by).deputising
        if deputyship.manager.is_active and all(deputyship.covers(moment) for moment in moments)
        for held in roles
        if held.role in MANAGING_ROLES & TABLE[permission]
        and all(held.covers(moment) for moment in moments)
    ]
