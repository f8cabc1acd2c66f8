"""What administrators and managers do to people, roles, teams and deputies.

These are rare acts on rows that hang together (the last administrator, the manager of a team, two
people closing each other's accounts), so they wait for one another: each takes the same lock, then
reads afresh whether whoever acts may do so.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts import reactions
from accounts.choices import EmploymentType, Role, TeamKind
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
    PARTNERS,
    ROLES_APART,
    Authority,
    Permission,
    require,
    roles_of,
)
from lib import application_clock
from lib.application_clock import LONDON
from lib.errors import Refused

log = structlog.stdlib.get_logger(__name__)

#: Who may answer for a team that holds children; a head of service may answer for any.
MANAGERS_OF: dict[str, frozenset[Role]] = {
    TeamKind.MASH: frozenset({Role.MASH_MANAGER}),
    TeamKind.EARLY_HELP: frozenset({Role.EARLY_HELP_COORDINATOR}),
    TeamKind.ASSESSMENT: frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
    TeamKind.SAFEGUARDING_FAMILY_SUPPORT: frozenset({Role.SFS_MANAGER}),
}
SENIOR_MANAGERS = frozenset({Role.HEAD_OF_SERVICE, Role.DIRECTOR})

_LOCK = 7_200_001


class EmailTaken(Refused):
    """Somebody signs in with this address already."""


class OwnAccount(Refused):
    """Nobody changes their own roles or closes their own account."""


class AccountClosed(Refused):
    """The account is closed, so nothing can be given to it."""


class RoleNotPossible(Refused):
    """The role cannot be held, not yet, not twice or not beside the others."""


class RoleEnded(Refused):
    """The role ended before."""


class LastAdministrator(Refused):
    """Somebody must be able to manage users."""


class CannotManage(Refused):
    """The person may not answer for this team."""


class NobodyTakesOver(Refused):
    """A team would be left without a manager."""


class TeamNotPossible(Refused):
    """The team cannot be made or joined like this."""


class NoSecondFactor(Refused):
    """There is no second factor to take away."""


class OfSystem(Refused):
    """The account stands for the system of an agency, and is opened and closed with it."""


class DeputyNotPossible(Refused):
    """The deputy or the dates do not work."""


def _begin(by: User, permission: Permission, *, at: datetime) -> Authority:
    """Wait for other changes of people to end, then ask afresh whether `by` may do this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    return require(User.objects.get(pk=by.pk), permission, at=at)


@transaction.atomic
def appoint_first_administrator(*, email: str, full_name: str, at: datetime) -> User:
    """Make the account from which every other account is made.

    :raises RoleNotPossible: there is an administrator already
    :raises EmailTaken: somebody signs in with this address
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if _administrators(at).exists():
        raise RoleNotPossible("There is an administrator already. Ask them for an account.")
    user = _new_user(email=email, full_name=full_name, job_title="Administrator", is_staff=True)
    RoleAssignment.objects.create(user=user, role=Role.ADMINISTRATOR, from_at=at)
    return user


@transaction.atomic
def create_user(
    *,
    by: User,
    at: datetime,
    email: str,
    full_name: str,
    job_title: str = "",
    phone: str = "",
    employment_type: str = EmploymentType.PERMANENT,
    social_work_england_number: str = "",
    fte: Decimal = Decimal("1.00"),
    newly_qualified_until: date | None = None,
    agency_id: UUID | None = None,
) -> User:
    """Open an account without roles and without a password.

    The person sets a password by the link "Forgot your password?", or signs in with the
    authority's single sign-on.

    :param fte: part of full time, 0 to 1
    :raises PermissionDenied: `by` may not change users
    :raises EmailTaken: somebody signs in with this address
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    return _new_user(
        email=email,
        full_name=full_name.strip(),
        job_title=job_title.strip(),
        phone=phone.strip(),
        employment_type=employment_type,
        social_work_england_number=social_work_england_number.strip(),
        fte=fte,
        newly_qualified_until=newly_qualified_until,
        agency=PartnerAgency.objects.get(pk=agency_id) if agency_id else None,
    )


def _new_user(*, email: str, **fields: Any) -> User:
    email = email.strip().lower()
    _email_is_free(email)
    return User.objects.create_user(email, **fields)


def _email_is_free(email: str, *, but_for: UUID | None = None) -> None:
    taken = User.objects.filter(email=email)
    if but_for is not None:
        taken = taken.exclude(pk=but_for)
    if taken.exists():
        raise EmailTaken(f"Somebody signs in with {email} already. Use another address.")


def _is_a_person(user: User) -> None:
    if user.is_system:
        raise OfSystem(f"{user} is a system, not a person. It is changed under Agency systems.")


@transaction.atomic
def change_user(
    *,
    user_id: UUID,
    by: User,
    at: datetime,
    email: str,
    full_name: str,
    job_title: str,
    phone: str,
    employment_type: str,
    social_work_england_number: str,
    fte: Decimal,
    newly_qualified_until: date | None,
) -> User:
    """Correct the particulars of an account; its history keeps what they were.

    :raises PermissionDenied: `by` may not change users
    :raises User.DoesNotExist: there is no such account
    :raises EmailTaken: somebody else signs in with this address
    :raises OfSystem: it is the account of a system: with an address, somebody could sign in as it
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    user = User.objects.select_for_update().get(pk=user_id)
    _is_a_person(user)
    email = email.strip().lower()
    _email_is_free(email, but_for=user.pk)
    user.email = email
    user.full_name = full_name.strip()
    user.job_title = job_title.strip()
    user.phone = phone.strip()
    user.employment_type = employment_type
    user.social_work_england_number = social_work_england_number.strip()
    user.fte = fte
    user.newly_qualified_until = newly_qualified_until
    user.save(
        update_fields=[
            "email",
            "full_name",
            "job_title",
            "phone",
            "employment_type",
            "social_work_england_number",
            "fte",
            "newly_qualified_until",
        ]
    )
    return user


@transaction.atomic
def assign_role(
    *,
    user_id: UUID,
    role: Role | str,
    by: User,
    at: datetime,
    team_id: UUID | None = None,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
) -> RoleAssignment:
    """Give somebody a role from now, or from a later moment, until it is ended.

    Partner agency, data analyst and administrator are held alone: their holders see no
    case content under a name.

    :param from_at: first moment of the role; now when not given
    :param to_at: first moment without it
    :raises PermissionDenied: `by` may not change users
    :raises OwnAccount: `by` is the person
    :raises AccountClosed: the account is closed
    :raises RoleNotPossible: held already, in the past, or not beside the other roles
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    user = User.objects.select_for_update().get(pk=user_id)
    role = Role(role)
    start = from_at or at
    if user.pk == by.pk:
        raise OwnAccount("You cannot change your own roles. Ask another administrator.")
    if not user.is_active:
        raise AccountClosed(f"The account of {user} is closed. Open it again first.")
    if start < at:
        raise RoleNotPossible("A role starts now or later. Choose a later start.")
    if to_at is not None and to_at <= start:
        raise RoleNotPossible("The role ends before it starts. Choose a later end.")
    if role in PARTNERS and user.agency_id is None:
        raise RoleNotPossible(f"{user} belongs to no partner agency. Name the agency first.")
    if role not in PARTNERS and user.agency_id is not None:
        raise RoleNotPossible(
            f"{user} belongs to {user.agency}. Give people of an agency the role Partner agency."
        )

    others = RoleAssignment.objects.filter(user=user).filter(
        Q(to_at=None) | Q(to_at__gt=start), *([Q(from_at__lt=to_at)] if to_at else [])
    )
    for other in others:
        held = Role(other.role)
        if held == role and other.team_id == team_id:
            raise RoleNotPossible(f"{user} has the role {role.label} already.")
        if held != role and (held in ROLES_APART or role in ROLES_APART):
            raise RoleNotPossible(
                f"{user} is {held.label}. {role.label} cannot be held beside it: end one first."
            )
    assignment = RoleAssignment.objects.create(
        user=user, role=role, team_id=team_id, from_at=start, to_at=to_at, made_by=by
    )
    if role == Role.ADMINISTRATOR:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return assignment


@transaction.atomic
def end_role(*, assignment_id: UUID, by: User, at: datetime) -> RoleAssignment:
    """End a role now; one that has not begun never begins.

    :raises PermissionDenied: `by` may not change users
    :raises OwnAccount: `by` is the person
    :raises RoleEnded: it ended before
    :raises LastAdministrator: nobody else could manage users
    :raises CannotManage: a team would have a manager who may not answer for it
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    assignment = RoleAssignment.objects.select_for_update().get(pk=assignment_id)
    user = assignment.user
    if user.pk == by.pk:
        raise OwnAccount("You cannot change your own roles. Ask another administrator.")
    if assignment.to_at is not None and assignment.to_at <= at:
        raise RoleEnded("This role has ended already.")
    if assignment.role == Role.ADMINISTRATOR:
        _another_administrator_remains(user, at)

    assignment.to_at = max(assignment.from_at, at)
    assignment.ended_by = by
    assignment.save(update_fields=["to_at", "ended_by"])
    for team in Team.objects.filter(manager=user, is_active=True).order_by("name", "pk"):
        if not may_manage(user, kind=team.kind, at=at):
            raise CannotManage(
                f"{user} is the manager of {team}. Name another manager of {team} first."
            )
    if assignment.role == Role.ADMINISTRATOR:
        user.is_staff = False
        user.save(update_fields=["is_staff"])
    return assignment


def _administrators(at: datetime) -> QuerySet[User]:
    return User.objects.filter(
        Q(role_assignments__to_at=None) | Q(role_assignments__to_at__gt=at),
        is_active=True,
        role_assignments__role=Role.ADMINISTRATOR,
        role_assignments__from_at__lte=at,
    )


def _another_administrator_remains(user: User, at: datetime) -> None:
    if not _administrators(at).exclude(pk=user.pk).exists():
        raise LastAdministrator(
            f"{user} is the only administrator. Make somebody else an administrator first."
        )


@transaction.atomic
def create_team(
    *,
    name: str,
    kind: TeamKind | str,
    manager_id: UUID,
    by: User,
    at: datetime,
    parent_id: UUID | None = None,
) -> Team:
    """Make a team under the manager who will answer for it.

    :param parent_id: the team it answers to, whose manager is the next manager up
    :raises PermissionDenied: `by` may not change teams
    :raises TeamNotPossible: the name is taken
    :raises CannotManage: the person may not answer for a team of this kind
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    name = name.strip()
    if Team.objects.filter(name__iexact=name).exists():
        raise TeamNotPossible(f"There is a team {name} already. Choose another name.")
    manager = User.objects.select_for_update().get(pk=manager_id)
    _must_be_able_to_manage(manager, kind=kind, at=at)
    team = Team.objects.create(name=name, kind=kind, manager=manager, parent_id=parent_id)
    _join(manager, team, at=at)
    return team


@transaction.atomic
def join_team(*, user_id: UUID, team_id: UUID, by: User, at: datetime) -> TeamMembership:
    """Put somebody in a team from today.

    :raises PermissionDenied: `by` may not change teams
    :raises AccountClosed: the account is closed
    :raises TeamNotPossible: they are in it already
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    user = User.objects.select_for_update().get(pk=user_id)
    team = Team.objects.get(pk=team_id)
    if not user.is_active:
        raise AccountClosed(f"The account of {user} is closed. Open it again first.")
    if _current_membership(user, team, at=at) is not None:
        raise TeamNotPossible(f"{user} is in {team} already.")
    return _join(user, team, at=at)


@transaction.atomic
def leave_team(*, user_id: UUID, team_id: UUID, by: User, at: datetime) -> None:
    """Take somebody out of a team: what they may do for it ends now.

    A membership counts in days, so yesterday was the last; one that began today never counted.

    :raises PermissionDenied: `by` may not change teams
    :raises TeamNotPossible: they are not in it, or they manage it
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    user = User.objects.select_for_update().get(pk=user_id)
    team = Team.objects.get(pk=team_id)
    membership = _current_membership(user, team, at=at)
    if membership is None or membership.to_on is not None:
        raise TeamNotPossible(f"{user} is not in {team}, or has left it.")
    if team.manager_id == user.pk:
        raise TeamNotPossible(f"{user} is the manager of {team}. Name another manager first.")
    _end_membership(membership, at=at)


def _end_membership(membership: TeamMembership, *, at: datetime) -> None:
    membership.to_on = max(membership.from_on, _day(at)) - timedelta(days=1)
    membership.save(update_fields=["to_on"])


def _current_membership(user: User, team: Team, *, at: datetime) -> TeamMembership | None:
    return (
        TeamMembership.objects.filter(user=user, team=team, from_on__lte=_day(at))
        .filter(Q(to_on=None) | Q(to_on__gte=_day(at)))
        .first()
    )


def _join(user: User, team: Team, *, at: datetime) -> TeamMembership:
    found = _current_membership(user, team, at=at)
    if found is None:
        return TeamMembership.objects.create(user=user, team=team, from_on=_day(at))
    if found.to_on is not None:
        found.to_on = None
        found.save(update_fields=["to_on"])
    return found


@transaction.atomic
def change_team_manager(*, team_id: UUID, manager_id: UUID, by: User, at: datetime) -> Team:
    """Name who answers for a team from now; what the old manager held for it moves along.

    :raises PermissionDenied: `by` may not change teams
    :raises CannotManage: closed, without the role, or the manager already
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    team = Team.objects.select_for_update().get(pk=team_id)
    manager = User.objects.select_for_update().get(pk=manager_id)
    if team.manager_id == manager.pk:
        raise CannotManage(f"{manager} is the manager of {team} already.")
    _must_be_able_to_manage(manager, kind=team.kind, at=at)
    _hand_over(team, to=manager, by=by, at=at)
    return team


def _hand_over(team: Team, *, to: User, by: User, at: datetime) -> None:
    old = team.manager
    team.manager = to
    team.save(update_fields=["manager"])
    _join(to, team, at=at)
    for react in reactions.manager_changed:
        react(team=team, old=old, new=to, by=by, at=at)


def may_manage(user: User, *, kind: TeamKind | str, at: datetime) -> bool:
    """Say whether somebody may answer for a team of that kind, in their own role."""
    needed = MANAGERS_OF.get(kind)
    roles = roles_of(user, at)
    return user.is_active and (needed is None or bool(roles & (needed | SENIOR_MANAGERS)))


def _must_be_able_to_manage(user: User, *, kind: TeamKind | str, at: datetime) -> None:
    if not user.is_active:
        raise CannotManage(f"The account of {user} is closed. Choose somebody else.")
    if not may_manage(user, kind=kind, at=at):
        labels = " or ".join(
            str(role.label)
            for role in Role
            if role in MANAGERS_OF[kind] or role == Role.HEAD_OF_SERVICE
        )
        raise CannotManage(
            f"{user} may not answer for a team of this kind. Choose a {labels}, or give"
            f" {user} that role first."
        )


@transaction.atomic
def appoint_deputy(
    *,
    manager_id: UUID,
    deputy_id: UUID,
    from_on: date,
    to_on: date,
    reason: str,
    by: User,
    at: datetime,
) -> Deputyship:
    """Let somebody act for a manager from one day up to and including another.

    A deputyship that starts today starts now. The manager goes on holding; the deputy
    acts "as deputy for", and cannot pass the right on.

    :raises PermissionDenied: `by` is neither the manager nor may appoint for others
    :raises DeputyNotPossible: the dates, the manager or the deputy do not allow it
    """
    own = manager_id == by.pk
    permission = Permission.DEPUTY_APPOINT_OWN if own else Permission.DEPUTY_APPOINT_ANY
    authority = _begin(by, permission, at=at)
    manager = User.objects.select_for_update().get(pk=manager_id)
    deputy = User.objects.select_for_update().get(pk=deputy_id)
    start = max(_midnight(from_on), at)
    end = _midnight(to_on + timedelta(days=1))
    if own and authority.acting_for is not None:
        raise DeputyNotPossible("A deputy cannot name a deputy.")
    if manager.pk == deputy.pk:
        raise DeputyNotPossible("A deputy must be somebody else.")
    if from_on < _day(at):
        raise DeputyNotPossible("A deputyship starts today or later. Choose a later first day.")
    if to_on < from_on:
        raise DeputyNotPossible("The last day is before the first day. Choose a later last day.")
    if not reason.strip():
        raise DeputyNotPossible("Enter why a deputy is needed.")
    if not manager.is_active or not roles_of(manager, at) & MANAGING_ROLES:
        raise DeputyNotPossible(f"{manager} has no role in which a deputy can act.")
    roles = roles_of(deputy, at)
    if not deputy.is_active or roles & ROLES_APART or not roles & CASE_STAFF:
        raise DeputyNotPossible(f"{deputy} does not work with cases. Choose somebody who does.")

    at_the_same_time = Deputyship.objects.filter(from_at__lt=end, to_at__gt=start)
    taken = at_the_same_time.filter(manager=manager).select_related("deputy").first()
    if taken is not None:
        raise DeputyNotPossible(
            f"{taken.deputy} is deputy for {manager} until {_last_day(taken):%-d %B %Y}. End that"
            " first, or choose other dates."
        )
    away = at_the_same_time.filter(manager=deputy).select_related("deputy").first()
    if away is not None:
        raise DeputyNotPossible(
            f"{deputy} is away then: {away.deputy} is deputy for them. Choose somebody else."
        )
    return Deputyship.objects.create(
        manager=manager,
        deputy=deputy,
        from_at=start,
        to_at=end,
        reason=reason.strip(),
        made_by=by,
        recorded_at=application_clock.now(),
    )


@transaction.atomic
def end_deputyship(*, deputyship_id: UUID, by: User, at: datetime) -> Deputyship:
    """End a deputyship now; one that has not begun never begins.

    :raises PermissionDenied: `by` is neither the manager nor may appoint for others
    :raises DeputyNotPossible: it ended before
    """
    deputyship = Deputyship.objects.get(pk=deputyship_id)
    own = deputyship.manager_id == by.pk
    _begin(by, Permission.DEPUTY_APPOINT_OWN if own else Permission.DEPUTY_APPOINT_ANY, at=at)
    deputyship = Deputyship.objects.select_for_update().get(pk=deputyship_id)
    if deputyship.to_at <= at or deputyship.ended_by_id is not None:
        raise DeputyNotPossible("This deputyship has ended already.")
    deputyship.to_at = max(deputyship.from_at, at)
    deputyship.ended_by = by
    deputyship.save(update_fields=["to_at", "ended_by"])
    return deputyship


@transaction.atomic
def deactivate_user(
    *, user_id: UUID, by: User, at: datetime, successor_id: UUID | None = None
) -> list[Team]:
    """Close an account; whatever it managed moves in the same act.

    Each team goes to the named successor; without one to the deputy of the moment if
    they may answer for such a team, else to the next manager up. Roles, memberships and
    deputyships end. The account and everything done with it stay on record.

    :return: the teams that have a new manager
    :raises PermissionDenied: `by` may not change users
    :raises OwnAccount: `by` is the person
    :raises AccountClosed: it is closed already
    :raises LastAdministrator: nobody else could manage users
    :raises CannotManage: the named successor may not answer for one of the teams
    :raises NobodyTakesOver: a team has no deputy and no manager above it
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    user = User.objects.select_for_update().get(pk=user_id)
    if user.pk == by.pk:
        raise OwnAccount("You cannot close your own account. Ask another administrator.")
    if not user.is_active:
        raise AccountClosed(f"The account of {user} is closed already.")
    if Role.ADMINISTRATOR in roles_of(user, at):
        _another_administrator_remains(user, at)

    teams = list(
        Team.objects.select_for_update(of=("self",)).filter(manager=user).order_by("name", "pk")
    )
    for team in teams:
        _hand_over(team, to=_successor(user, team, successor_id, at=at), by=by, at=at)
    user.is_active = False
    user.is_staff = False
    user.save(update_fields=["is_active", "is_staff"])
    for assignment in RoleAssignment.objects.filter(user=user).filter(
        Q(to_at=None) | Q(to_at__gt=at)
    ):
        assignment.to_at = max(assignment.from_at, at)
        assignment.ended_by = by
        assignment.save(update_fields=["to_at", "ended_by"])
    for membership in TeamMembership.objects.filter(user=user, to_on=None):
        _end_membership(membership, at=at)
    for deputyship in Deputyship.objects.filter(
        Q(manager=user) | Q(deputy=user), to_at__gt=at, ended_by=None
    ):
        deputyship.to_at = max(deputyship.from_at, at)
        deputyship.ended_by = by
        deputyship.save(update_fields=["to_at", "ended_by"])
    for react in reactions.user_deactivated:
        react(user=user, by=by, at=at)
    return teams


def _successor(user: User, team: Team, successor_id: UUID | None, *, at: datetime) -> User:
    """Who takes a team over from `user`: the named one, the deputy, or the next manager up."""
    if successor_id is not None:
        named = User.objects.get(pk=successor_id)
        if named.pk == user.pk:
            raise CannotManage(f"{user} cannot take over from themself. Choose somebody else.")
        _must_be_able_to_manage(named, kind=team.kind, at=at)
        return named
    deputyship = (
        Deputyship.objects.filter(manager=user, from_at__lte=at, to_at__gt=at)
        .select_related("deputy")
        .first()
    )
    if deputyship is not None and may_manage(deputyship.deputy, kind=team.kind, at=at):
        return deputyship.deputy
    above, seen = team.parent, {team.pk}
    while above is not None and above.pk not in seen:
        if above.manager_id != user.pk and may_manage(above.manager, kind=team.kind, at=at):
            return above.manager
        seen.add(above.pk)
        above = above.parent
    raise NobodyTakesOver(f"Nobody would answer for {team}. Choose who takes over from {user}.")


@transaction.atomic
def reactivate_user(*, user_id: UUID, by: User, at: datetime) -> User:
    """Open a closed account again; it has no roles until they are given anew.

    :raises PermissionDenied: `by` may not change users
    :raises RoleNotPossible: the account is open
    :raises OfSystem: it is the account of a system
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    user = User.objects.select_for_update().get(pk=user_id)
    _is_a_person(user)
    if user.is_active:
        raise RoleNotPossible(f"The account of {user} is open already.")
    user.is_active = True
    user.save(update_fields=["is_active"])
    return user


@transaction.atomic
def remove_second_factor(*, user_id: UUID, by: User, at: datetime) -> User:
    """Take away every app, key and recovery code of somebody who lost them all.

    At the next sign-in they set up another. Telling them is for the caller.

    :raises PermissionDenied: `by` may not change users
    :raises OwnAccount: `by` is the person
    :raises NoSecondFactor: they have none
    """
    _begin(by, Permission.USERS_EDIT, at=at)
    user = User.objects.select_for_update().get(pk=user_id)
    if user.pk == by.pk:
        raise OwnAccount("You cannot take away your own second factor here. Ask a colleague.")
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if not removed:
        raise NoSecondFactor(f"{user} has no authenticator app, passkey or recovery code.")
    log.warning("second_factor_removed", of=str(user.pk), by=str(by.pk))
    return user


def _day(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=LONDON)


def _last_day(deputyship: Deputyship) -> date:
    return _day(deputyship.to_at - timedelta(seconds=1))
