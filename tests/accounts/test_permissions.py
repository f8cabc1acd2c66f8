"""The permission table and the questions asked of it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from accounts.permissions import (
    MANAGING_ROLES,
    ROLES_APART,
    TABLE,
    Authority,
    Permission,
    Role,
    authority,
    holds,
    lending,
    remember,
    require,
    roles_of,
)
from lib import application_clock
from tests.factories.accounts import DeputyshipFactory, UserFactory, with_role

pytestmark = pytest.mark.django_db


def test_table_names_every_permission_once_and_somebody_holds_each():
    assert set(TABLE) == set(Permission)
    assert all(TABLE[permission] for permission in Permission)


def test_table_gives_every_role_something():
    assert {role for roles in TABLE.values() for role in roles} == set(Role)


def test_only_the_mash_manager_lowers_a_rating_and_makes_the_threshold_decision():
    assert TABLE[Permission.RAG_LOWER] == {Role.MASH_MANAGER}
    assert TABLE[Permission.THRESHOLD_DECIDE] == {Role.MASH_MANAGER}


def test_an_assessment_is_authorised_by_managers_and_nobody_else():
    assert TABLE[Permission.ASSESSMENT_AUTHORISE] == {
        Role.ASSESSMENT_TEAM_MANAGER,
        Role.SFS_MANAGER,
        Role.HEAD_OF_SERVICE,
        Role.DIRECTOR,
    }


@pytest.mark.parametrize("role", sorted(ROLES_APART))
def test_roles_apart_read_no_case_content(role):
    held = {permission for permission in Permission if role in TABLE[permission]}

    assert not held & {
        Permission.PERSON_SEARCH,
        Permission.PERSON_READ,
        Permission.CONTACT_READ,
        Permission.REFERRAL_READ,
        Permission.EARLY_HELP_READ,
        Permission.BOARD_SEE,
        Permission.RESTRICTED_BREAK_GLASS,
    }


def test_an_early_help_worker_reads_neither_contacts_nor_statutory_work():
    assert Role.EARLY_HELP_WORKER not in TABLE[Permission.CONTACT_READ]
    assert Role.EARLY_HELP_WORKER not in TABLE[Permission.STATUTORY_READ]


def test_require_gives_the_right_it_was_done_by():
    manager = with_role(UserFactory(), Role.MASH_MANAGER)

    assert require(manager, Permission.THRESHOLD_DECIDE) == Authority(manager, Role.MASH_MANAGER)


def test_require_refuses_whoever_lacks_the_right_in_words():
    worker = with_role(UserFactory(), Role.MASH_SOCIAL_WORKER)

    with pytest.raises(PermissionDenied, match="You may not make the threshold decision"):
        require(worker, Permission.THRESHOLD_DECIDE)


def test_nobody_signed_out_holds_anything():
    assert roles_of(AnonymousUser()) == frozenset()
    assert not holds(AnonymousUser(), Permission.PERSON_SEARCH)


def test_a_closed_account_holds_nothing():
    manager = with_role(UserFactory(is_active=False), Role.MASH_MANAGER)

    assert roles_of(manager) == frozenset()
    assert not holds(manager, Permission.THRESHOLD_DECIDE)


def test_a_role_is_held_from_its_start_up_to_not_including_its_end():
    start = application_clock.now() - timedelta(days=10)
    end = start + timedelta(days=5)
    user = with_role(UserFactory(), Role.MASH_MANAGER, from_at=start, to_at=end)

    assert roles_of(user, start - timedelta(seconds=1)) == frozenset()
    assert roles_of(user, start) == {Role.MASH_MANAGER}
    assert roles_of(user, end) == frozenset()


def test_a_right_held_then_but_not_now_records_nothing():
    now = application_clock.now()
    user = with_role(
        UserFactory(),
        Role.MASH_MANAGER,
        from_at=now - timedelta(days=10),
        to_at=now - timedelta(days=5),
    )

    assert not holds(user, Permission.THRESHOLD_DECIDE, at=now - timedelta(days=7))


def test_a_right_held_now_but_not_then_records_nothing_for_then():
    now = application_clock.now()
    user = with_role(UserFactory(), Role.MASH_MANAGER, from_at=now - timedelta(days=1))

    assert holds(user, Permission.THRESHOLD_DECIDE)
    assert not holds(user, Permission.THRESHOLD_DECIDE, at=now - timedelta(days=2))


def test_a_deputy_acts_for_the_manager_in_the_dates_of_the_deputyship():
    now = application_clock.now()
    manager = with_role(UserFactory(), Role.MASH_MANAGER)
    deputy = with_role(UserFactory(), Role.MASH_SOCIAL_WORKER)
    DeputyshipFactory(manager=manager, deputy=deputy, to_at=now + timedelta(days=7))

    found = require(deputy, Permission.THRESHOLD_DECIDE)

    assert found.acting_for == manager
    assert found.role == Role.MASH_MANAGER
    assert found.as_words == f"MASH manager, as deputy for {manager}"
    with application_clock.set_to(now + timedelta(days=7)):
        assert not holds(deputy, Permission.THRESHOLD_DECIDE)


def test_a_deputy_uses_their_own_right_first():
    manager = with_role(UserFactory(), Role.HEAD_OF_SERVICE)
    deputy = with_role(UserFactory(), Role.MASH_MANAGER)
    DeputyshipFactory(manager=manager, deputy=deputy)

    assert require(deputy, Permission.CONSENT_OVERRIDE).acting_for is None
    assert require(deputy, Permission.POLICY_APPROVE).acting_for == manager


def test_a_deputy_of_a_deputy_gains_nothing():
    manager = with_role(UserFactory(), Role.MASH_MANAGER)
    deputy = with_role(UserFactory(), Role.ASSESSMENT_TEAM_MANAGER)
    third = with_role(UserFactory(), Role.PRACTICE_SUPERVISOR)
    DeputyshipFactory(manager=manager, deputy=deputy)
    DeputyshipFactory(manager=deputy, deputy=third)

    assert holds(third, Permission.ALLOCATE)
    assert not holds(third, Permission.THRESHOLD_DECIDE)


def test_the_deputy_of_a_manager_whose_account_was_closed_holds_nothing():
    manager = with_role(UserFactory(is_active=False), Role.MASH_MANAGER)
    deputy = with_role(UserFactory(), Role.MASH_SOCIAL_WORKER)
    DeputyshipFactory(manager=manager, deputy=deputy)

    assert authority(deputy, Permission.THRESHOLD_DECIDE) is None


def test_only_managing_roles_are_deputised():
    manager = with_role(UserFactory(), Role.EARLY_HELP_COORDINATOR)
    with_role(manager, Role.CONTACT_OFFICER)
    deputy = with_role(UserFactory(), Role.EARLY_HELP_WORKER)
    DeputyshipFactory(manager=manager, deputy=deputy)

    assert Role.CONTACT_OFFICER not in MANAGING_ROLES
    assert holds(deputy, Permission.EARLY_HELP_SCREEN)
    assert not holds(deputy, Permission.CONTACT_CREATE)


def test_a_question_costs_two_queries_and_none_after_within_one_request(
    django_assert_num_queries,
):
    manager = with_role(UserFactory(), Role.MASH_MANAGER)
    for _ in range(5):
        DeputyshipFactory(deputy=manager, manager=with_role(UserFactory(), Role.SFS_MANAGER))
    remember(manager)

    with django_assert_num_queries(2):
        for permission in Permission:
            holds(manager, permission)


def test_an_object_outside_a_request_never_answers_from_the_past():
    user = with_role(UserFactory(), Role.CONTACT_OFFICER)
    assert not holds(user, Permission.THRESHOLD_DECIDE)

    with_role(user, Role.MASH_MANAGER)

    assert holds(user, Permission.THRESHOLD_DECIDE)


def test_a_lent_right_ends_with_the_block_and_is_nobody_elses():
    system = with_role(UserFactory(), Role.PARTNER_AGENCY)
    colleague = with_role(UserFactory(), Role.PARTNER_AGENCY)
    own = require(system, Permission.CONTACT_SUBMIT_FOR_AGENCY)

    with lending(own, Permission.PERSON_CREATE):
        assert require(system, Permission.PERSON_CREATE) == own
        assert not holds(system, Permission.PERSON_READ)
        assert not holds(colleague, Permission.PERSON_CREATE)

    assert not holds(system, Permission.PERSON_CREATE)


def test_a_lent_right_opens_nothing_for_a_closed_account():
    system = with_role(UserFactory(), Role.PARTNER_AGENCY)
    own = require(system, Permission.CONTACT_SUBMIT_FOR_AGENCY)
    system.is_active = False

    with lending(own, Permission.PERSON_CREATE):
        assert not holds(system, Permission.PERSON_CREATE)
