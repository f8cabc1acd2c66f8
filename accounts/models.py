"""Who uses the system: people, their teams, their roles and who stands in for whom."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Lower

from accounts.choices import AgencyKind, EmploymentType, Role, TeamKind

NO_TEAM = uuid.UUID(int=0)


class PartnerAgency(models.Model):
    """A body we work with: it refers, answers checks and attends discussions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=30, choices=AgencyKind)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "partner agency"
        verbose_name_plural = "partner agencies"
        constraints = [
            models.CheckConstraint(
                name="accounts_agency_kind_known", condition=Q(kind__in=AgencyKind.values)
            ),
            models.CheckConstraint(name="accounts_agency_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


#: Reserved so that no letter ever arrives there (RFC 2606), a link to set a password included.
SYSTEM_DOMAIN = "systems.invalid"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an account with no role; without a password it can be used by single sign-on only.

        For factories, the generator and the first administrator. Everybody else is
        made by `accounts.actions.create_user`, which asks for the right to do it.
        """
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: staff, or somebody of a partner agency."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=200)
    job_title = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    employment_type = models.CharField(
        max_length=20, choices=EmploymentType, default=EmploymentType.PERMANENT
    )
    social_work_england_number = models.CharField(max_length=20, blank=True)
    fte = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal("1.00"))
    #: The last day of the assessed and supported year; they are supervised more often until then.
    newly_qualified_until = models.DateField(null=True, blank=True)
    agency = models.ForeignKey(
        PartnerAgency, models.PROTECT, null=True, blank=True, related_name="users"
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(
        default=False, help_text="May open the pages where reference data is kept."
    )

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_user_email_lower_case", condition=Q(email=Lower("email"))
            ),
            models.CheckConstraint(name="accounts_user_named", condition=~Q(full_name="")),
            models.CheckConstraint(
                name="accounts_user_employment_known",
                condition=Q(employment_type__in=EmploymentType.values),
            ),
            models.CheckConstraint(
                name="accounts_user_fte_possible",
                condition=Q(fte__gte=Decimal("0.00"), fte__lte=Decimal("1.00")),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def is_system(self) -> bool:
        """Whether it stands for the system of an agency; nobody signs in with such an account."""
        return self.email.endswith(f"@{SYSTEM_DOMAIN}")

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name


@pghistory.track()
class Team(models.Model):
    """A team, with the one manager who answers for what it holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=30, choices=TeamKind)
    manager = models.ForeignKey(User, models.PROTECT, related_name="managed_teams")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="answering_teams"
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_team_kind_known", condition=Q(kind__in=TeamKind.values)
            ),
            models.CheckConstraint(name="accounts_team_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="accounts_team_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class TeamMembership(models.Model):
    """Somebody belongs to a team from one date up to and including another.

    Whoever is taken out ceases to belong at once, so that the last day is the one before; for
    somebody put in on the same day there is none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_membership_ends_after_start",
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on") - timedelta(days=1)),
            ),
            ExclusionConstraint(
                name="accounts_membership_once_at_a_time",
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")),
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("team", RangeOperators.EQUAL),
                    (
                        Func(
                            F("from_on"),
                            F("to_on"),
                            RangeBoundary(inclusive_upper=True),
                            function="DATERANGE",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id} from {self.from_on}"


@pghistory.track()
class RoleAssignment(models.Model):
    """Somebody holds a role from one moment up to, not including, another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="role_assignments")
    role = models.CharField(max_length=40, choices=Role)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="role_assignments"
    )
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="role_assignments_made"
    )
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="role_assignments_ended"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="accounts_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="accounts_role_ends_after_start",
                condition=Q(to_at=None) | Q(to_at__gte=F("from_at")),
            ),
            ExclusionConstraint(
                name="accounts_role_once_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (Coalesce("team", NO_TEAM), RangeOperators.EQUAL),
                    (
                        Func(F("from_at"), F("to_at"), RangeBoundary(), function="TSTZRANGE"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role}"

    def covers(self, at: datetime) -> bool:
        """Say whether the role is held at that moment."""
        return self.from_at <= at and (self.to_at is None or at < self.to_at)


@pghistory.track()
class Deputyship(models.Model):
    """Somebody acts for an absent manager from one moment up to, not including, another.

    The manager goes on holding; what the deputy does is shown "as deputy for".
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    manager = models.ForeignKey(User, models.PROTECT, related_name="deputyships")
    deputy = models.ForeignKey(User, models.PROTECT, related_name="deputising")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="deputyships_made")
    recorded_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="deputyships_ended"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_deputy_is_another_person", condition=~Q(deputy=F("manager"))
            ),
            models.CheckConstraint(
                name="accounts_deputyship_ends_after_start",
                condition=Q(to_at__gte=F("from_at")),
            ),
            models.CheckConstraint(name="accounts_deputyship_has_reason", condition=~Q(reason="")),
            ExclusionConstraint(
                name="accounts_one_deputy_at_a_time",
                expressions=[
                    ("manager", RangeOperators.EQUAL),
                    (
                        Func(F("from_at"), F("to_at"), RangeBoundary(), function="TSTZRANGE"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy_id} for {self.manager_id}"

    def covers(self, at: datetime) -> bool:
        """Say whether the deputy acts at that moment."""
        return self.from_at <= at < self.to_at
