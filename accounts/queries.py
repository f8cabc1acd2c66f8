"""What the pages about people, teams and deputies show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.choices import Role
from accounts.models import (
    Deputyship,
    PartnerAgency,
    RoleAssignment,
    Team,
    TeamMembership,
    User,
)
from accounts.permissions import (
    CASE_STAFF,
    MANAGING_ROLES,
    Permission,
    holds,
    require,
    roles_of,
)
from lib.application_clock import LONDON

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class DemonstrationLogin:
    """One invented person who can be signed in as."""

    email: str
    full_name: str
    job_title: str
    role: Role


@dataclass(frozen=True)
class DeputyshipRow:
    """A deputyship with its last day in words of the calendar."""

    deputyship: Deputyship
    first_day: datetime
    last_day: datetime
    state: str
    may_end: bool


def _current(at: datetime) -> Q:
    return Q(from_at__lte=at) & (Q(to_at=None) | Q(to_at__gt=at))


def users(
    *, by: User, at: datetime, q: str = "", role: str = "", closed: bool = False
) -> QuerySet[User]:
    """Accounts by name, each with `current_roles` and `current_memberships`.

    :raises PermissionDenied: `by` may not see users
    """
    require(by, Permission.USERS_READ)
    found = User.objects.select_related("agency").prefetch_related(
        Prefetch(
            "role_assignments",
            RoleAssignment.objects.filter(_current(at)).order_by("role", "pk"),
            to_attr="current_roles",
        ),
        Prefetch(
            "memberships",
            TeamMembership.objects.filter(_member(at))
            .select_related("team")
            .order_by("team__name"),
            to_attr="current_memberships",
        ),
    )
    if not closed:
        found = found.filter(is_active=True)
    for word in q.split():
        found = found.filter(
            Q(full_name__icontains=word) | Q(email__icontains=word) | Q(job_title__icontains=word)
        )
    if role:
        found = found.filter(
            pk__in=RoleAssignment.objects.filter(_current(at), role=role).values("user")
        )
    return found.order_by("full_name", "pk")


def _member(at: datetime) -> Q:
    day = at.astimezone(LONDON).date()
    return Q(from_on__lte=day) & (Q(to_on=None) | Q(to_on__gte=day))


def user_page(*, pk: UUID, by: User, at: datetime) -> User:
    """One account with every role it holds, will hold or held, and its teams.

    :raises PermissionDenied: `by` may not see users
    :raises User.DoesNotExist: there is no such account
    """
    require(by, Permission.USERS_READ)
    return (
        User.objects.select_related("agency")
        .prefetch_related(
            Prefetch(
                "role_assignments",
                RoleAssignment.objects.filter(Q(to_at=None) | Q(to_at__gt=at))
                .select_related("team")
                .order_by("from_at", "pk"),
                to_attr="open_roles",
            ),
            Prefetch(
                "role_assignments",
                RoleAssignment.objects.filter(to_at__lte=at)
                .select_related("team", "ended_by")
                .order_by("-to_at", "pk"),
                to_attr="ended_roles",
            ),
            Prefetch(
                "memberships",
                TeamMembership.objects.filter(_member(at))
                .select_related("team")
                .order_by("team__name"),
                to_attr="current_memberships",
            ),
            Prefetch(
                "managed_teams",
                Team.objects.filter(is_active=True).order_by("name", "pk"),
                to_attr="current_teams",
            ),
        )
        .get(pk=pk)
    )


def teams(*, by: User, at: datetime) -> QuerySet[Team]:
    """Active teams by name, each with `member_count`.

    :raises PermissionDenied: `by` may not see users
    """
    require(by, Permission.USERS_READ)
    day = at.astimezone(LONDON).date()
    now_in = Q(memberships__from_on__lte=day) & (
        Q(memberships__to_on=None) | Q(memberships__to_on__gte=day)
    )
    return (
        Team.objects.filter(is_active=True)
        .select_related("manager", "parent__manager")
        .annotate(member_count=Count("memberships", filter=now_in))
        .order_by("name", "pk")
    )


def team_page(*, pk: UUID, by: User, at: datetime) -> Team:
    """One team with its manager and `current_members`.

    :raises PermissionDenied: `by` may not see users
    :raises Team.DoesNotExist: there is no such team
    """
    require(by, Permission.USERS_READ)
    return (
        Team.objects.select_related("manager", "parent__manager")
        .prefetch_related(
            Prefetch(
                "memberships",
                TeamMembership.objects.filter(_member(at))
                .select_related("user")
                .order_by("user__full_name", "pk"),
                to_attr="current_members",
            )
        )
        .get(pk=pk)
    )


def people_with(roles: Iterable[Role] | None = None, *, at: datetime) -> Choices:
    """Active people by name, as choices; with one of the roles where roles are given."""
    found = User.objects.filter(is_active=True)
    if roles is not None:
        found = found.filter(
            pk__in=RoleAssignment.objects.filter(_current(at), role__in=set(roles)).values("user")
        )
    return [
        (str(pk), f"{name}, {title}" if title else name)
        for pk, name, title in found.order_by("full_name", "pk").values_list(
            "pk", "full_name", "job_title"
        )
    ]


def team_choices() -> Choices:
    """Active teams by name, as choices."""
    return [
        (str(pk), name)
        for pk, name in Team.objects.filter(is_active=True)
        .order_by("name", "pk")
        .values_list("pk", "name")
    ]


def agency_choices() -> Choices:
    """Active partner agencies by name, as choices."""
    return [
        (str(pk), name)
        for pk, name in PartnerAgency.objects.filter(is_active=True)
        .order_by("name", "pk")
        .values_list("pk", "name")
    ]


def deputy_choices(*, by: User, at: datetime) -> tuple[Choices, Choices]:
    """For whom `by` may name a deputy, and who may be one."""
    managers = people_with(MANAGING_ROLES, at=at)
    if not holds(by, Permission.DEPUTY_APPOINT_ANY):
        managers = [choice for choice in managers if choice[0] == str(by.pk)]
    return managers, people_with(CASE_STAFF, at=at)


def deputyships(*, by: User, at: datetime) -> list[DeputyshipRow]:
    """Deputyships that run, will run or ended within the last 90 days, newest first.

    Whoever may appoint for others sees all; a manager sees their own and those in which
    they are the deputy.
    """
    found = Deputyship.objects.filter(to_at__gt=at - timedelta(days=90)).select_related(
        "manager", "deputy", "made_by", "ended_by"
    )
    appoints_for_others = holds(by, Permission.DEPUTY_APPOINT_ANY)
    if not appoints_for_others:
        found = found.filter(Q(manager=by) | Q(deputy=by))
    rows = []
    for each in found.order_by("-from_at", "pk"):
        ended = each.to_at <= at or each.ended_by_id is not None
        rows.append(
            DeputyshipRow(
                deputyship=each,
                first_day=each.from_at.astimezone(LONDON),
                last_day=(each.to_at - timedelta(seconds=1)).astimezone(LONDON),
                state="ended" if ended else "later" if each.from_at > at else "running",
                may_end=not ended and (appoints_for_others or each.manager_id == by.pk),
            )
        )
    return rows


def managed_teams(*, user: User, at: datetime) -> list[Team]:
    """The active teams somebody answers for, themself or as deputy, at that moment."""
    away = Deputyship.objects.filter(deputy=user, from_at__lte=at, to_at__gt=at).values("manager")
    return list(
        Team.objects.filter(Q(manager=user) | Q(manager__in=away), is_active=True).order_by(
            "name", "pk"
        )
    )


def team_of(*, user: User, at: datetime) -> Team | None:
    """The team somebody works in at that moment; the one joined last where there are several."""
    membership = (
        TeamMembership.objects.filter(_member(at), user=user)
        .select_related("team")
        .order_by("-from_on", "pk")
        .first()
    )
    return membership.team if membership else None


def demonstration_logins(*, at: datetime, each: int = 1) -> list[DemonstrationLogin]:
    """Invented people to sign in as: `each` of every role, in the order of the roles.

    They are recognised by their address, which ends in .example and so reaches nobody.
    """
    found: list[DemonstrationLogin] = []
    counts: dict[str, int] = {}
    order = {role.value: number for number, role in enumerate(Role)}
    rows = (
        RoleAssignment.objects.filter(
            _current(at), user__is_active=True, user__email__endswith=".example"
        )
        .select_related("user")
        .order_by("user__full_name", "pk")
    )
    for row in sorted(rows, key=lambda row: order[row.role]):
        if counts.get(row.role, 0) < each:
            counts[row.role] = counts.get(row.role, 0) + 1
            found.append(
                DemonstrationLogin(
                    row.user.email, row.user.full_name, row.user.job_title, Role(row.role)
                )
            )
    return found


def my_roles(*, user: User, at: datetime) -> list[Role]:
    """The roles somebody holds themself, in the order of the roles."""
    held = roles_of(user, at)
    return [role for role in Role if role in held]
