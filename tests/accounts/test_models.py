"""What the database refuses, whoever asks."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.db.models.deletion import ProtectedError

from accounts.choices import Role
from lib import application_clock
from tests.factories.accounts import (
    LONG_AGO,
    DeputyshipFactory,
    PartnerAgencyFactory,
    RoleAssignmentFactory,
    TeamFactory,
    TeamMembershipFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("make", "constraint"),
    [
        (lambda: UserFactory(email="Upper@slough.example"), "accounts_user_email_lower_case"),
        (lambda: UserFactory(full_name=""), "accounts_user_named"),
        (lambda: UserFactory(employment_type="zero"), "accounts_user_employment_known"),
        (lambda: UserFactory(fte="1.50"), "accounts_user_fte_possible"),
        (lambda: PartnerAgencyFactory(kind="circus"), "accounts_agency_kind_known"),
        (lambda: PartnerAgencyFactory(name=""), "accounts_agency_named"),
        (lambda: TeamFactory(kind="circus"), "accounts_team_kind_known"),
        (lambda: TeamFactory(name=""), "accounts_team_named"),
        (lambda: TeamFactory(manager=None), "manager_id"),
        (lambda: RoleAssignmentFactory(role="wizard"), "accounts_role_known"),
        (
            lambda: RoleAssignmentFactory(to_at=LONG_AGO - timedelta(days=1)),
            "accounts_role_ends_after_start",
        ),
        (
            lambda: TeamMembershipFactory(to_on=date(2014, 1, 1)),
            "accounts_membership_ends_after_start",
        ),
        (lambda: DeputyshipFactory(to_at=LONG_AGO), "accounts_deputyship_ends_after_start"),
        (lambda: DeputyshipFactory(reason=""), "accounts_deputyship_has_reason"),
    ],
)
def test_database_refuses_a_row_that_must_never_be(make, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        make()


def test_database_refuses_two_accounts_with_one_address():
    UserFactory(email="twice@slough.example")

    with pytest.raises(IntegrityError):
        UserFactory(email="twice@slough.example")


def test_database_refuses_a_team_that_answers_to_itself():
    team = TeamFactory()
    team.parent = team

    with pytest.raises(IntegrityError, match="accounts_team_not_its_own_parent"):
        team.save(update_fields=["parent"])


def test_database_refuses_a_role_held_twice_at_one_time():
    held = RoleAssignmentFactory(role=Role.MASH_MANAGER)

    with pytest.raises(IntegrityError, match="accounts_role_once_at_a_time"):
        RoleAssignmentFactory(user=held.user, role=Role.MASH_MANAGER)


def test_database_allows_one_role_for_two_teams():
    held = RoleAssignmentFactory(role=Role.MASH_MANAGER, team=TeamFactory())

    RoleAssignmentFactory(user=held.user, role=Role.MASH_MANAGER, team=TeamFactory())

    assert held.user.role_assignments.count() == 2


def test_database_refuses_one_team_joined_twice_at_one_time():
    membership = TeamMembershipFactory()

    with pytest.raises(IntegrityError, match="accounts_membership_once_at_a_time"):
        TeamMembershipFactory(user=membership.user, team=membership.team)


def test_database_refuses_a_deputy_of_oneself():
    user = UserFactory()

    with pytest.raises(IntegrityError, match="accounts_deputy_is_another_person"):
        DeputyshipFactory(manager=user, deputy=user)


def test_database_refuses_two_deputies_at_one_time():
    deputyship = DeputyshipFactory()

    with pytest.raises(IntegrityError, match="accounts_one_deputy_at_a_time"):
        DeputyshipFactory(manager=deputyship.manager)


def test_database_allows_a_deputy_after_another():
    deputyship = DeputyshipFactory(to_at=application_clock.now())

    DeputyshipFactory(manager=deputyship.manager, from_at=deputyship.to_at)

    assert deputyship.manager.deputyships.count() == 2


def test_nobody_who_did_anything_can_be_deleted():
    user = RoleAssignmentFactory().user

    with pytest.raises(ProtectedError):
        user.delete()
