"""What administrators and managers do to people, roles, teams and deputies."""

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.exceptions import PermissionDenied
from django.db import connection

from accounts import actions, reactions
from accounts.choices import Role, TeamKind
from accounts.models import Deputyship, RoleAssignment, Team, TeamMembership, User
from accounts.permissions import Permission, holds, roles_of
from lib import application_clock
from lib.application_clock import LONDON
from tests.factories.accounts import (
    PartnerAgencyFactory,
    TeamFactory,
    UserFactory,
    with_role,
)
from tests.personas import team_of

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 12, 13, 30, tzinfo=LONDON)


@pytest.fixture(autouse=True)
def thursday():
    with application_clock.set_to(AT):
        yield


def create(by, **fields):
    return actions.create_user(
        by=by,
        at=AT,
        **{"email": "New.Mockford@slough.example", "full_name": "New Mockford"} | fields,
    )


def assign(user, role, *, by, **fields):
    return actions.assign_role(user_id=user.pk, role=role, by=by, at=AT, **fields)


def appoint(manager, deputy, *, by, **fields):
    return actions.appoint_deputy(
        manager_id=manager.pk,
        deputy_id=deputy.pk,
        by=by,
        at=AT,
        **{"from_on": date(2026, 3, 12), "to_on": date(2026, 3, 20), "reason": "Leave"} | fields,
    )


def close(user, *, by, **fields):
    return actions.deactivate_user(user_id=user.pk, by=by, at=AT, **fields)


# The first administrator ------------------------------------------------------------------------


def test_appoint_first_administrator_makes_somebody_who_manages_users():
    user = actions.appoint_first_administrator(
        email="ada@slough.example", full_name="Ada Keyholder", at=AT
    )

    assert holds(user, Permission.USERS_EDIT)
    assert user.is_staff


def test_appoint_first_administrator_refuses_where_there_is_one(administrator):
    with pytest.raises(actions.RoleNotPossible):
        actions.appoint_first_administrator(email="b@slough.example", full_name="B Mock", at=AT)

    assert User.objects.count() == 1


# Accounts ---------------------------------------------------------------------------------------


def test_create_user_opens_an_account_without_role_or_password(administrator):
    user = create(administrator, fte=Decimal("0.60"), job_title=" Contact officer ")

    assert user.email == "new.mockford@slough.example"
    assert user.job_title == "Contact officer"
    assert user.fte == Decimal("0.60")
    assert not user.has_usable_password()
    assert roles_of(user) == frozenset()


def test_create_user_refuses_an_address_in_use_in_any_case(administrator):
    create(administrator)

    with pytest.raises(actions.EmailTaken):
        create(administrator, email="NEW.MOCKFORD@slough.example")

    assert User.objects.count() == 2


@pytest.mark.parametrize("persona", ["mash_manager", "head_of_service", "outsider"])
def test_create_user_refuses_whoever_is_not_an_administrator(request, persona):
    by = request.getfixturevalue(persona)
    before = User.objects.count()

    with pytest.raises(PermissionDenied):
        create(by)

    assert User.objects.count() == before


def change(user, *, by, **fields):
    particulars = {
        "email": user.email,
        "full_name": user.full_name,
        "job_title": user.job_title,
        "phone": user.phone,
        "employment_type": user.employment_type,
        "social_work_england_number": user.social_work_england_number,
        "fte": user.fte,
        "newly_qualified_until": user.newly_qualified_until,
    }
    return actions.change_user(user_id=user.pk, by=by, at=AT, **particulars | fields)


def test_change_user_corrects_particulars_and_keeps_what_they_were(administrator, outsider):
    change(outsider, by=administrator, full_name="Olive Married-Outside")

    outsider.refresh_from_db()
    assert outsider.full_name == "Olive Married-Outside"
    assert {event.full_name for event in outsider.events.all()} == {
        "Olive Outside",
        "Olive Married-Outside",
    }


def test_change_user_refuses_the_address_of_somebody_else(administrator, outsider):
    with pytest.raises(actions.EmailTaken):
        change(outsider, by=administrator, email=administrator.email)


def test_account_of_a_system_gets_no_address_to_sign_in_with(administrator):
    system = UserFactory(email="0c6f@systems.invalid", agency=PartnerAgencyFactory())

    with pytest.raises(actions.OfSystem):
        change(system, by=administrator, email="somebody@slough.example")
    system.is_active = False
    system.save(update_fields=["is_active"])
    with pytest.raises(actions.OfSystem):
        actions.reactivate_user(user_id=system.pk, by=administrator, at=AT)


def test_change_user_refuses_whoever_is_not_an_administrator(mash_manager, outsider):
    with pytest.raises(PermissionDenied):
        change(outsider, by=mash_manager, full_name="Somebody Else")

    outsider.refresh_from_db()
    assert outsider.full_name == "Olive Outside"


# Roles ------------------------------------------------------------------------------------------


def test_assign_role_gives_the_right_from_now(administrator, outsider):
    assignment = assign(outsider, Role.CONTACT_OFFICER, by=administrator)

    assert holds(outsider, Permission.CONTACT_CREATE)
    assert assignment.made_by == administrator
    assert not holds(outsider, Permission.CONTACT_CREATE, at=AT - timedelta(seconds=1))


def test_assign_role_can_start_later_and_end(administrator, outsider):
    start, end = AT + timedelta(days=1), AT + timedelta(days=3)

    assign(outsider, Role.CONTACT_OFFICER, by=administrator, from_at=start, to_at=end)

    assert roles_of(outsider, AT) == frozenset()
    assert roles_of(outsider, start) == {Role.CONTACT_OFFICER}
    assert roles_of(outsider, end) == frozenset()


@pytest.mark.parametrize(
    "fields",
    [
        {"from_at": AT - timedelta(minutes=1)},
        {"to_at": AT},
        {"from_at": AT + timedelta(days=2), "to_at": AT + timedelta(days=1)},
    ],
)
def test_assign_role_refuses_moments_that_cannot_be(administrator, outsider, fields):
    with pytest.raises(actions.RoleNotPossible):
        assign(outsider, Role.CONTACT_OFFICER, by=administrator, **fields)

    assert not outsider.role_assignments.exists()


def test_assign_role_refuses_a_role_already_held(administrator, contact_officer):
    with pytest.raises(actions.RoleNotPossible, match="already"):
        assign(contact_officer, Role.CONTACT_OFFICER, by=administrator)


def test_assign_role_lets_somebody_work_in_two_roles(administrator, contact_officer):
    assign(contact_officer, Role.EARLY_HELP_WORKER, by=administrator)

    assert roles_of(contact_officer) == {Role.CONTACT_OFFICER, Role.EARLY_HELP_WORKER}


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.DATA_ANALYST])
def test_assign_role_refuses_a_role_apart_beside_casework(administrator, mash_manager, role):
    with pytest.raises(actions.RoleNotPossible, match="cannot be held beside it"):
        assign(mash_manager, role, by=administrator)

    assert roles_of(mash_manager) == {Role.MASH_MANAGER}


def test_assign_role_refuses_casework_beside_a_role_apart(administrator, data_analyst):
    with pytest.raises(actions.RoleNotPossible):
        assign(data_analyst, Role.MASH_MANAGER, by=administrator)


def test_assign_role_gives_partner_agency_only_to_people_of_an_agency(administrator, outsider):
    with pytest.raises(actions.RoleNotPossible, match="no partner agency"):
        assign(outsider, Role.PARTNER_AGENCY, by=administrator)

    member = UserFactory(agency=PartnerAgencyFactory())
    with pytest.raises(actions.RoleNotPossible, match="belongs to"):
        assign(member, Role.CONTACT_OFFICER, by=administrator)

    assert assign(member, Role.PARTNER_AGENCY, by=administrator).role == Role.PARTNER_AGENCY


def test_assign_role_refuses_ones_own(administrator):
    with pytest.raises(actions.OwnAccount):
        assign(administrator, Role.MASH_MANAGER, by=administrator)


def test_assign_role_refuses_a_closed_account(administrator):
    with pytest.raises(actions.AccountClosed):
        assign(UserFactory(is_active=False), Role.CONTACT_OFFICER, by=administrator)


def test_assign_role_refuses_whoever_is_not_an_administrator(head_of_service, outsider):
    with pytest.raises(PermissionDenied):
        assign(outsider, Role.CONTACT_OFFICER, by=head_of_service)

    assert not outsider.role_assignments.exists()


def test_assign_role_opens_the_reference_data_to_an_administrator_alone(administrator, outsider):
    assignment = assign(outsider, Role.ADMINISTRATOR, by=administrator)
    outsider.refresh_from_db()
    assert outsider.is_staff

    actions.end_role(assignment_id=assignment.pk, by=administrator, at=AT)

    outsider.refresh_from_db()
    assert not outsider.is_staff


def test_end_role_takes_the_right_away_and_keeps_the_row(administrator, contact_officer):
    assignment = contact_officer.role_assignments.get()

    actions.end_role(assignment_id=assignment.pk, by=administrator, at=AT)

    assert roles_of(contact_officer) == frozenset()
    assert roles_of(contact_officer, AT - timedelta(seconds=1)) == {Role.CONTACT_OFFICER}
    assert contact_officer.role_assignments.get().ended_by == administrator


def test_end_role_before_it_began_leaves_no_moment_of_it(administrator, outsider):
    later = AT + timedelta(days=2)
    assignment = assign(outsider, Role.CONTACT_OFFICER, by=administrator, from_at=later)

    actions.end_role(assignment_id=assignment.pk, by=administrator, at=AT)

    assert roles_of(outsider, later) == frozenset()


def test_end_role_refuses_one_that_has_ended(administrator, contact_officer):
    assignment = contact_officer.role_assignments.get()
    actions.end_role(assignment_id=assignment.pk, by=administrator, at=AT)

    with pytest.raises(actions.RoleEnded):
        actions.end_role(assignment_id=assignment.pk, by=administrator, at=AT)


def test_end_role_refuses_to_leave_a_team_with_a_manager_without_the_role(
    administrator, mash_manager
):
    assignment = mash_manager.role_assignments.get()

    with pytest.raises(actions.CannotManage, match="Name another manager"):
        actions.end_role(assignment_id=assignment.pk, by=administrator, at=AT)

    assert roles_of(mash_manager) == {Role.MASH_MANAGER}


def test_end_role_refuses_ones_own(administrator):
    with pytest.raises(actions.OwnAccount):
        actions.end_role(
            assignment_id=administrator.role_assignments.get().pk, by=administrator, at=AT
        )


def test_end_role_refuses_whoever_is_not_an_administrator(mash_manager, contact_officer):
    with pytest.raises(PermissionDenied):
        actions.end_role(
            assignment_id=contact_officer.role_assignments.get().pk, by=mash_manager, at=AT
        )

    assert roles_of(contact_officer) == {Role.CONTACT_OFFICER}


# Teams ------------------------------------------------------------------------------------------


def test_create_team_puts_its_manager_in_it(administrator, mash_manager):
    team = actions.create_team(
        name="MASH nights", kind=TeamKind.MASH, manager_id=mash_manager.pk, by=administrator, at=AT
    )

    assert team.manager == mash_manager
    assert team.memberships.get().user == mash_manager


def test_create_team_refuses_a_manager_without_the_role(administrator, contact_officer):
    with pytest.raises(actions.CannotManage, match="MASH manager or Head of service"):
        actions.create_team(
            name="MASH 2",
            kind=TeamKind.MASH,
            manager_id=contact_officer.pk,
            by=administrator,
            at=AT,
        )

    assert not Team.objects.filter(name="MASH 2").exists()


def test_create_team_refuses_a_name_in_use(administrator, mash_manager):
    with pytest.raises(actions.TeamNotPossible):
        actions.create_team(
            name="mash", kind=TeamKind.MASH, manager_id=mash_manager.pk, by=administrator, at=AT
        )


def test_create_team_refuses_whoever_is_not_an_administrator(mash_manager):
    with pytest.raises(PermissionDenied):
        actions.create_team(
            name="MASH 2", kind=TeamKind.MASH, manager_id=mash_manager.pk, by=mash_manager, at=AT
        )


def test_join_and_leave_team_keep_the_dates(administrator, outsider):
    team = TeamFactory()
    actions.join_team(user_id=outsider.pk, team_id=team.pk, by=administrator, at=AT)
    with application_clock.set_to(AT + timedelta(days=3)):
        actions.leave_team(
            user_id=outsider.pk, team_id=team.pk, by=administrator, at=AT + timedelta(days=3)
        )

    membership = outsider.memberships.get()
    assert (membership.from_on, membership.to_on) == (date(2026, 3, 12), date(2026, 3, 14))


def test_who_is_taken_out_on_the_day_they_joined_was_never_in_and_may_join_again(
    administrator, outsider
):
    named = {"user_id": outsider.pk, "team_id": TeamFactory().pk, "by": administrator, "at": AT}
    actions.join_team(**named)
    actions.leave_team(**named)

    assert outsider.memberships.get().to_on == date(2026, 3, 11)
    actions.join_team(**named)
    assert outsider.memberships.filter(to_on=None).count() == 1


def test_join_team_refuses_whoever_is_in_it(administrator, contact_officer):
    with pytest.raises(actions.TeamNotPossible):
        actions.join_team(
            user_id=contact_officer.pk, team_id=team_of(TeamKind.MASH).pk, by=administrator, at=AT
        )


def test_leave_team_refuses_its_manager(administrator, mash_manager):
    with pytest.raises(actions.TeamNotPossible, match="manager"):
        actions.leave_team(
            user_id=mash_manager.pk, team_id=team_of(TeamKind.MASH).pk, by=administrator, at=AT
        )


@pytest.mark.parametrize("action", [actions.join_team, actions.leave_team])
def test_membership_is_changed_by_administrators_only(mash_manager, contact_officer, action):
    team = TeamFactory()

    with pytest.raises(PermissionDenied):
        action(user_id=contact_officer.pk, team_id=team.pk, by=mash_manager, at=AT)

    assert not TeamMembership.objects.filter(team=team).exists()


@pytest.fixture
def moved():
    """Every move of a team that a room was told about."""
    told = []

    def note(*, team, old, new, by, at):
        told.append((team, old, new, by, at))

    reactions.manager_changed.add(note)
    yield told
    del reactions.manager_changed._functions[f"{note.__module__}.{note.__qualname__}"]


def test_change_team_manager_tells_the_other_rooms(
    administrator, mash_manager, second_mash_manager, moved
):
    team = team_of(TeamKind.MASH)

    actions.change_team_manager(
        team_id=team.pk, manager_id=second_mash_manager.pk, by=administrator, at=AT
    )

    team.refresh_from_db()
    assert team.manager == second_mash_manager
    assert moved == [(team, mash_manager, second_mash_manager, administrator, AT)]


def test_change_team_manager_fails_as_a_whole_with_a_reaction(
    administrator, mash_manager, second_mash_manager
):
    def fail(**_):
        raise actions.Refused("Not now.")

    reactions.manager_changed.add(fail)
    try:
        with pytest.raises(actions.Refused):
            actions.change_team_manager(
                team_id=team_of(TeamKind.MASH).pk,
                manager_id=second_mash_manager.pk,
                by=administrator,
                at=AT,
            )
    finally:
        del reactions.manager_changed._functions[f"{fail.__module__}.{fail.__qualname__}"]

    assert team_of(TeamKind.MASH).manager == mash_manager


@pytest.mark.parametrize("persona", ["contact_officer", "mash_manager", "assessment_team_manager"])
def test_change_team_manager_refuses_whoever_cannot_answer_for_it(
    request, administrator, mash_manager, persona, moved
):
    with pytest.raises(actions.CannotManage):
        actions.change_team_manager(
            team_id=team_of(TeamKind.MASH).pk,
            manager_id=request.getfixturevalue(persona).pk,
            by=administrator,
            at=AT,
        )

    assert team_of(TeamKind.MASH).manager == mash_manager
    assert moved == []


def test_change_team_manager_refuses_a_closed_account(administrator, second_mash_manager):
    close(second_mash_manager, by=administrator)

    with pytest.raises(actions.CannotManage, match="closed"):
        actions.change_team_manager(
            team_id=team_of(TeamKind.MASH).pk,
            manager_id=second_mash_manager.pk,
            by=administrator,
            at=AT,
        )


def test_change_team_manager_refuses_whoever_is_not_an_administrator(
    mash_manager, second_mash_manager
):
    with pytest.raises(PermissionDenied):
        actions.change_team_manager(
            team_id=team_of(TeamKind.MASH).pk,
            manager_id=second_mash_manager.pk,
            by=mash_manager,
            at=AT,
        )

    assert team_of(TeamKind.MASH).manager == mash_manager


# Deputies ---------------------------------------------------------------------------------------


def test_appoint_deputy_starts_now_and_lasts_to_the_end_of_the_last_day(
    mash_manager, mash_social_worker
):
    deputyship = appoint(mash_manager, mash_social_worker, by=mash_manager)

    assert deputyship.from_at == AT
    assert deputyship.to_at == datetime(2026, 3, 21, tzinfo=LONDON)
    assert holds(mash_social_worker, Permission.THRESHOLD_DECIDE)


def test_appoint_deputy_from_a_later_day_starts_at_midnight_in_london(
    mash_manager, mash_social_worker
):
    deputyship = appoint(
        mash_manager,
        mash_social_worker,
        by=mash_manager,
        from_on=date(2026, 3, 29),
        to_on=date(2026, 3, 29),
    )

    assert deputyship.to_at - deputyship.from_at == timedelta(hours=24)  # wall clock
    assert deputyship.from_at.astimezone(LONDON).hour == 0
    assert deputyship.to_at.astimezone(LONDON).hour == 0


def test_appoint_deputy_by_a_head_of_service_for_somebody_ill(
    head_of_service, mash_manager, mash_social_worker
):
    deputyship = appoint(mash_manager, mash_social_worker, by=head_of_service)

    assert deputyship.made_by == head_of_service


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from_on": date(2026, 3, 11)}, "today or later"),
        ({"to_on": date(2026, 3, 11)}, "before the first day"),
        ({"reason": "  "}, "why a deputy"),
    ],
)
def test_appoint_deputy_refuses_dates_and_reasons_that_do_not_work(
    mash_manager, mash_social_worker, fields, words
):
    with pytest.raises(actions.DeputyNotPossible, match=words):
        appoint(mash_manager, mash_social_worker, by=mash_manager, **fields)

    assert not Deputyship.objects.exists()


def test_appoint_deputy_refuses_oneself(mash_manager):
    with pytest.raises(actions.DeputyNotPossible, match="somebody else"):
        appoint(mash_manager, mash_manager, by=mash_manager)


@pytest.mark.parametrize("persona", ["administrator", "data_analyst", "partner_user", "outsider"])
def test_appoint_deputy_refuses_whoever_does_not_work_with_cases(request, mash_manager, persona):
    with pytest.raises(actions.DeputyNotPossible, match="does not work with cases"):
        appoint(mash_manager, request.getfixturevalue(persona), by=mash_manager)


def test_appoint_deputy_refuses_a_manager_without_a_managing_role(
    head_of_service, contact_officer, mash_social_worker
):
    with pytest.raises(actions.DeputyNotPossible, match="no role"):
        appoint(contact_officer, mash_social_worker, by=head_of_service)


def test_appoint_deputy_refuses_a_second_in_the_same_days(
    mash_manager, mash_social_worker, second_mash_manager
):
    appoint(mash_manager, mash_social_worker, by=mash_manager)

    with pytest.raises(actions.DeputyNotPossible, match="until 20 March 2026"):
        appoint(
            mash_manager,
            second_mash_manager,
            by=mash_manager,
            from_on=date(2026, 3, 20),
            to_on=date(2026, 3, 22),
        )


def test_appoint_deputy_allows_a_second_from_the_next_day(
    mash_manager, mash_social_worker, second_mash_manager
):
    appoint(mash_manager, mash_social_worker, by=mash_manager)

    appoint(
        mash_manager,
        second_mash_manager,
        by=mash_manager,
        from_on=date(2026, 3, 21),
        to_on=date(2026, 3, 22),
    )

    assert mash_manager.deputyships.count() == 2


def test_appoint_deputy_refuses_somebody_who_is_away_then(
    mash_manager, second_mash_manager, mash_social_worker
):
    appoint(second_mash_manager, mash_social_worker, by=second_mash_manager)

    with pytest.raises(actions.DeputyNotPossible, match="is away then"):
        appoint(mash_manager, second_mash_manager, by=mash_manager)


def test_appoint_deputy_refuses_a_colleague_of_the_manager(
    mash_manager, mash_social_worker, second_mash_manager
):
    with pytest.raises(PermissionDenied):
        appoint(mash_manager, mash_social_worker, by=second_mash_manager)

    assert not Deputyship.objects.exists()


def test_appoint_deputy_cannot_be_done_by_the_deputy_for_the_manager(
    mash_manager, mash_social_worker, contact_officer
):
    appoint(mash_manager, mash_social_worker, by=mash_manager)

    with pytest.raises(PermissionDenied):
        appoint(
            mash_manager,
            contact_officer,
            by=mash_social_worker,
            from_on=date(2026, 4, 1),
            to_on=date(2026, 4, 2),
        )


def test_end_deputyship_takes_the_right_away_now(mash_manager, mash_social_worker):
    deputyship = appoint(mash_manager, mash_social_worker, by=mash_manager)

    with application_clock.set_to(AT + timedelta(hours=2)):
        actions.end_deputyship(
            deputyship_id=deputyship.pk, by=mash_manager, at=AT + timedelta(hours=2)
        )

        assert not holds(mash_social_worker, Permission.THRESHOLD_DECIDE)
        assert holds(mash_manager, Permission.THRESHOLD_DECIDE)


def test_end_deputyship_refuses_one_that_has_ended(mash_manager, mash_social_worker):
    deputyship = appoint(mash_manager, mash_social_worker, by=mash_manager)
    actions.end_deputyship(deputyship_id=deputyship.pk, by=mash_manager, at=AT)

    with pytest.raises(actions.DeputyNotPossible):
        actions.end_deputyship(deputyship_id=deputyship.pk, by=mash_manager, at=AT)


def test_end_deputyship_refuses_whoever_may_not(mash_manager, mash_social_worker, contact_officer):
    deputyship = appoint(mash_manager, mash_social_worker, by=mash_manager)

    with pytest.raises(PermissionDenied):
        actions.end_deputyship(deputyship_id=deputyship.pk, by=contact_officer, at=AT)

    deputyship.refresh_from_db()
    assert deputyship.ended_by is None


# Leaving ----------------------------------------------------------------------------------------


def test_deactivate_user_ends_every_right_and_keeps_the_rows(administrator, contact_officer):
    close(contact_officer, by=administrator)

    contact_officer.refresh_from_db()
    assert not contact_officer.is_active
    assert roles_of(contact_officer) == frozenset()
    assert contact_officer.role_assignments.get().to_at == AT
    assert contact_officer.memberships.get().to_on == date(2026, 3, 11)


def test_deactivate_user_gives_a_team_to_the_next_manager_up(
    administrator, mash_manager, head_of_service, moved
):
    team = team_of(TeamKind.MASH)

    teams = close(mash_manager, by=administrator)

    team.refresh_from_db()
    assert teams == [team]
    assert team.manager == head_of_service
    assert moved == [(team, mash_manager, head_of_service, administrator, AT)]


def test_deactivate_user_gives_a_team_to_the_deputy_who_may_answer_for_it(
    administrator, mash_manager, second_mash_manager
):
    appoint(mash_manager, second_mash_manager, by=mash_manager)

    close(mash_manager, by=administrator)

    assert team_of(TeamKind.MASH).manager == second_mash_manager
    assert mash_manager.deputyships.get().to_at == AT


def test_deactivate_user_passes_over_a_deputy_who_may_not_answer_for_a_team(
    administrator, mash_manager, mash_social_worker, head_of_service
):
    appoint(mash_manager, mash_social_worker, by=mash_manager)

    close(mash_manager, by=administrator)

    assert team_of(TeamKind.MASH).manager == head_of_service


def test_deactivate_user_gives_a_team_to_the_named_successor(
    administrator, mash_manager, second_mash_manager
):
    close(mash_manager, by=administrator, successor_id=second_mash_manager.pk)

    assert team_of(TeamKind.MASH).manager == second_mash_manager


def test_deactivate_user_refuses_a_successor_without_the_role(
    administrator, mash_manager, contact_officer
):
    with pytest.raises(actions.CannotManage):
        close(mash_manager, by=administrator, successor_id=contact_officer.pk)

    mash_manager.refresh_from_db()
    assert mash_manager.is_active


def test_deactivate_user_refuses_when_nobody_takes_over(administrator, head_of_service):
    with pytest.raises(actions.NobodyTakesOver, match="Choose who takes over"):
        close(head_of_service, by=administrator)

    head_of_service.refresh_from_db()
    assert head_of_service.is_active


def test_deactivate_user_tells_the_other_rooms(administrator, contact_officer):
    told = []

    def note(*, user, by, at):
        told.append((user, by, at))

    reactions.user_deactivated.add(note)
    try:
        close(contact_officer, by=administrator)
    finally:
        del reactions.user_deactivated._functions[f"{note.__module__}.{note.__qualname__}"]

    assert told == [(contact_officer, administrator, AT)]


def test_deactivate_user_refuses_ones_own(administrator):
    with pytest.raises(actions.OwnAccount):
        close(administrator, by=administrator)


def test_deactivate_user_refuses_a_closed_account(administrator, contact_officer):
    close(contact_officer, by=administrator)

    with pytest.raises(actions.AccountClosed):
        close(contact_officer, by=administrator)


def test_deactivate_user_refuses_whoever_is_not_an_administrator(mash_manager, contact_officer):
    with pytest.raises(PermissionDenied):
        close(contact_officer, by=mash_manager)

    contact_officer.refresh_from_db()
    assert contact_officer.is_active


def test_reactivate_user_opens_the_account_without_roles(administrator, contact_officer):
    close(contact_officer, by=administrator)

    user = actions.reactivate_user(user_id=contact_officer.pk, by=administrator, at=AT)

    assert user.is_active
    assert roles_of(user) == frozenset()


def test_reactivate_user_refuses_an_open_account(administrator, contact_officer):
    with pytest.raises(actions.RoleNotPossible):
        actions.reactivate_user(user_id=contact_officer.pk, by=administrator, at=AT)


def test_reactivate_user_refuses_whoever_is_not_an_administrator(administrator, mash_manager):
    user = UserFactory(is_active=False)

    with pytest.raises(PermissionDenied):
        actions.reactivate_user(user_id=user.pk, by=mash_manager, at=AT)


def test_remove_second_factor_takes_every_app_key_and_code(administrator, contact_officer):
    TOTP.activate(contact_officer, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(contact_officer)

    actions.remove_second_factor(user_id=contact_officer.pk, by=administrator, at=AT)

    assert not Authenticator.objects.exists()


def test_remove_second_factor_refuses_where_there_is_none(administrator, contact_officer):
    with pytest.raises(actions.NoSecondFactor):
        actions.remove_second_factor(user_id=contact_officer.pk, by=administrator, at=AT)


def test_remove_second_factor_refuses_ones_own(administrator):
    with pytest.raises(actions.OwnAccount):
        actions.remove_second_factor(user_id=administrator.pk, by=administrator, at=AT)


def test_remove_second_factor_refuses_whoever_is_not_an_administrator(
    mash_manager, contact_officer
):
    TOTP.activate(contact_officer, "JBSWY3DPEHPK3PXP")

    with pytest.raises(PermissionDenied):
        actions.remove_second_factor(user_id=contact_officer.pk, by=mash_manager, at=AT)

    assert Authenticator.objects.exists()


# Two at once ------------------------------------------------------------------------------------


def at_once(*calls):
    """Run the calls in threads that start together; return what each gave or raised."""
    ready = threading.Barrier(len(calls))
    answers = [None] * len(calls)

    def run(number, call):
        try:
            with application_clock.set_to(AT):
                ready.wait()
                answers[number] = call()
        except Exception as raised:
            answers[number] = raised
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_two_administrators_closing_each_other_leave_one():
    first = with_role(UserFactory(), Role.ADMINISTRATOR)
    second = with_role(UserFactory(), Role.ADMINISTRATOR)

    answers = at_once(lambda: close(first, by=second), lambda: close(second, by=first))

    assert User.objects.filter(is_active=True).count() == 1
    assert sum(isinstance(answer, PermissionDenied) for answer in answers) == 1


@pytest.mark.django_db(transaction=True)
def test_two_deputies_named_at_once_leave_one():
    senior = with_role(UserFactory(), Role.HEAD_OF_SERVICE)
    manager = with_role(UserFactory(), Role.MASH_MANAGER)
    first = with_role(UserFactory(), Role.MASH_SOCIAL_WORKER)
    second = with_role(UserFactory(), Role.MASH_SOCIAL_WORKER)

    answers = at_once(
        lambda: appoint(manager, first, by=manager), lambda: appoint(manager, second, by=senior)
    )

    assert Deputyship.objects.count() == 1
    assert sum(isinstance(answer, actions.DeputyNotPossible) for answer in answers) == 1


@pytest.mark.django_db(transaction=True)
def test_a_team_is_never_given_to_somebody_who_is_leaving_at_that_moment():
    administrator = with_role(UserFactory(), Role.ADMINISTRATOR)
    head = with_role(UserFactory(), Role.HEAD_OF_SERVICE)
    top = TeamFactory(kind=TeamKind.SENIOR_MANAGEMENT, manager=head)
    old = with_role(UserFactory(), Role.MASH_MANAGER)
    new = with_role(UserFactory(), Role.MASH_MANAGER)
    team = TeamFactory(kind=TeamKind.MASH, manager=old, parent=top)

    at_once(
        lambda: actions.change_team_manager(
            team_id=team.pk, manager_id=new.pk, by=administrator, at=AT
        ),
        lambda: close(new, by=administrator),
    )

    team.refresh_from_db()
    assert team.manager.is_active


@pytest.mark.django_db(transaction=True)
def test_the_same_role_given_twice_at_once_is_held_once():
    administrator = with_role(UserFactory(), Role.ADMINISTRATOR)
    user = UserFactory()

    answers = at_once(
        lambda: assign(user, Role.CONTACT_OFFICER, by=administrator),
        lambda: assign(user, Role.CONTACT_OFFICER, by=administrator),
    )

    assert RoleAssignment.objects.filter(user=user).count() == 1
    assert sum(isinstance(answer, actions.RoleNotPossible) for answer in answers) == 1
