"""People of the authority, invented: surnames say so, addresses end in .example."""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory

from accounts.choices import AgencyKind, Role, TeamKind
from accounts.models import (
    Deputyship,
    PartnerAgency,
    RoleAssignment,
    Team,
    TeamMembership,
    User,
)
from lib import application_clock

#: Before any moment a test uses, so that a role without a stated start is always held.
LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)


class PartnerAgencyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PartnerAgency

    name = factory.Sequence(lambda n: f"Dummyfield Primary School {n}")
    kind = AgencyKind.SCHOOL


class UserFactory(factory.django.DjangoModelFactory):
    """An active account without a role and without a usable password."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"worker.{n}@slough.example")
    full_name = factory.Sequence(lambda n: f"Worker Testwood {n}")
    job_title = "Social worker"
    password = "!"


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")
    kind = TeamKind.ASSESSMENT
    manager = factory.SubFactory(UserFactory)


class TeamMembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TeamMembership

    user = factory.SubFactory(UserFactory)
    team = factory.SubFactory(TeamFactory)
    from_on = LONG_AGO.date()


class RoleAssignmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RoleAssignment

    user = factory.SubFactory(UserFactory)
    role = Role.CONTACT_OFFICER
    from_at = LONG_AGO


class DeputyshipFactory(factory.django.DjangoModelFactory):
    """A deputyship that began yesterday and lasts another week."""

    class Meta:
        model = Deputyship

    manager = factory.SubFactory(UserFactory)
    deputy = factory.SubFactory(UserFactory)
    from_at = factory.LazyFunction(lambda: application_clock.now() - timedelta(days=1))
    to_at = factory.LazyFunction(lambda: application_clock.now() + timedelta(days=7))
    reason = "Annual leave"
    made_by = factory.SelfAttribute("manager")
    recorded_at = factory.SelfAttribute("from_at")


def with_role(user: User, role: Role | str, **fields: Any) -> User:
    """Give a role, held since long ago unless `from_at` says otherwise; return the same user."""
    RoleAssignmentFactory(user=user, role=role, **fields)
    return user
