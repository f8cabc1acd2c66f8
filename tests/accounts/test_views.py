"""The pages about people, teams and deputies."""

from datetime import date, timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.messages import get_messages
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import context_processors as accounts_frame
from accounts.choices import Role, TeamKind
from accounts.models import Deputyship, Team, User
from accounts.permissions import Permission, holds, roles_of
from lib import application_clock
from tests.factories.accounts import (
    DeputyshipFactory,
    PartnerAgencyFactory,
    TeamFactory,
    TeamMembershipFactory,
    UserFactory,
    with_role,
)
from tests.personas import team_of

pytestmark = pytest.mark.django_db

PARTICULARS = {
    "full_name": "New Mockford",
    "email": "new.mockford@slough.example",
    "job_title": "Contact officer",
    "phone": "01632 960123",
    "employment_type": "agency",
    "social_work_england_number": "",
    "fte": "0.6",
    **dict.fromkeys(("newly_qualified_until_day", "newly_qualified_until_month"), "1"),
    "newly_qualified_until_year": "2027",
}


def queries_of(client, url):
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def dates(name, day):
    return {
        f"{name}_day": str(day.day),
        f"{name}_month": str(day.month),
        f"{name}_year": str(day.year),
    }


# Users ------------------------------------------------------------------------------------------


def test_users_lists_open_accounts_with_role_and_team(client, administrator, mash_manager):
    UserFactory(full_name="Gone Mockford", is_active=False)
    client.force_login(administrator)

    page = client.get(reverse("accounts:users")).content.decode()

    assert "Noor Placeholder" in page
    assert "MASH manager" in page
    assert "Gone Mockford" not in page


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"q": "noor"}, {"Noor Placeholder"}),
        ({"q": "noor contact"}, set()),
        ({"role": "contact_officer"}, {"Amir Testwood"}),
        ({"q": "gone", "closed": "on"}, {"Gone Mockford"}),
    ],
)
def test_users_finds_by_words_role_and_state(
    client, administrator, mash_manager, contact_officer, wanted, found
):
    UserFactory(full_name="Gone Mockford", is_active=False)
    client.force_login(administrator)

    response = client.post(reverse("accounts:users"), wanted, follow=True)

    assert {person.full_name for person in response.context["page"]} == found


def test_users_query_count_does_not_grow(client, administrator):
    client.force_login(administrator)
    few = queries_of(client, reverse("accounts:users"))
    for number in range(20):
        user = with_role(UserFactory(), Role.CONTACT_OFFICER)
        TeamMembershipFactory(user=user, team=TeamFactory(name=f"Many {number}"))

    assert queries_of(client, reverse("accounts:users")) == few


def test_head_of_service_reads_users_and_changes_nothing(client, head_of_service, mash_manager):
    client.force_login(head_of_service)

    page = client.get(reverse("accounts:user", args=[mash_manager.pk])).content.decode()

    assert "MASH manager" in page
    assert "Close this account" not in page
    assert client.get(reverse("accounts:add_user")).status_code == 403


def test_add_user_opens_an_account_and_leads_to_its_roles(client, administrator):
    client.force_login(administrator)

    response = client.post(reverse("accounts:add_user"), PARTICULARS)

    user = User.objects.get(email="new.mockford@slough.example")
    assert response.url == reverse("accounts:user", args=[user.pk])
    assert not user.has_usable_password()


def test_add_user_for_a_partner_agency(client, administrator):
    agency = PartnerAgencyFactory()
    client.force_login(administrator)

    client.post(reverse("accounts:add_user"), PARTICULARS | {"agency_id": str(agency.pk)})

    made = User.objects.get(email=PARTICULARS["email"])
    assert (made.agency, made.newly_qualified_until) == (agency, date(2027, 1, 1))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"full_name": ""}, "Enter the person&#x27;s full name"),
        ({"email": "nothing"}, "for example name@"),
        ({"fte": "1.2"}, "Enter a number from 0 to 1"),
        ({"fte": "half"}, "Enter a number from 0 to 1"),
        ({"fte": "NaN"}, "Enter a number from 0 to 1"),
        ({"employment_type": "zero"}, "how are they employed"),
        ({"full_name": "x" * 201}, "Shorten"),
    ],
)
def test_add_user_says_what_to_correct_and_keeps_the_rest(client, administrator, wrong, words):
    client.force_login(administrator)

    response = client.post(reverse("accounts:add_user"), PARTICULARS | wrong)

    page = response.content.decode()
    assert response.status_code == 200
    assert words.lower() in page.lower()
    assert "<title>Error: " in page
    assert "01632 960123" in page
    assert not User.objects.filter(full_name="New Mockford").exists()


def test_add_user_refuses_an_address_in_use_in_words(client, administrator):
    UserFactory(email=PARTICULARS["email"])
    client.force_login(administrator)

    response = client.post(reverse("accounts:add_user"), PARTICULARS)

    assert "signs in with new.mockford@slough.example already" in response.content.decode()


def test_edit_user_changes_particulars(client, administrator, outsider):
    client.force_login(administrator)

    response = client.post(reverse("accounts:edit_user", args=[outsider.pk]), PARTICULARS)

    outsider.refresh_from_db()
    assert response.status_code == 302
    assert outsider.job_title == "Contact officer"


def test_user_page_gives_and_ends_a_role(client, administrator, outsider):
    client.force_login(administrator)
    client.post(reverse("accounts:assign_role", args=[outsider.pk]), {"role": "contact_officer"})
    assert roles_of(outsider) == {Role.CONTACT_OFFICER}

    held = outsider.role_assignments.get()
    client.post(reverse("accounts:end_role", args=[outsider.pk, held.pk]))

    assert roles_of(outsider) == frozenset()
    page = client.get(reverse("accounts:user", args=[outsider.pk])).content.decode()
    assert "ended by Ada Keyholder" in page


def test_user_page_of_a_system_changes_nothing(client, administrator):
    system = UserFactory(email="0c6f@systems.invalid", agency=PartnerAgencyFactory())
    client.force_login(administrator)

    page = client.get(reverse("accounts:user", args=[system.pk])).content.decode()

    assert "It is opened and closed under Agency systems." in page
    assert reverse("accounts:edit_user", args=[system.pk]) not in page
    assert reverse("accounts:close_account", args=[system.pk]) not in page


def test_user_page_shows_a_refused_role_in_words(client, administrator, mash_manager):
    client.force_login(administrator)

    response = client.post(
        reverse("accounts:assign_role", args=[mash_manager.pk]), {"role": "administrator"}
    )

    assert "cannot be held beside it" in response.content.decode()


def test_end_role_of_somebody_else_is_not_found(client, administrator, outsider, mash_manager):
    client.force_login(administrator)
    held = mash_manager.role_assignments.get()

    response = client.post(reverse("accounts:end_role", args=[outsider.pk, held.pk]))

    assert response.status_code == 404


def test_end_role_refused_says_why_on_the_next_page(client, administrator, mash_manager):
    client.force_login(administrator)
    held = mash_manager.role_assignments.get()

    response = client.post(reverse("accounts:end_role", args=[mash_manager.pk, held.pk]))

    assert "Name another manager" in str(next(iter(get_messages(response.wsgi_request))))


def test_close_account_says_who_answers_for_the_team_now(client, administrator, mash_manager):
    client.force_login(administrator)

    response = client.post(
        reverse("accounts:close_account", args=[mash_manager.pk]), {}, follow=True
    )

    assert "Helen Dummyfield answers for MASH now" in response.content.decode()
    mash_manager.refresh_from_db()
    assert not mash_manager.is_active


def test_close_account_refused_says_what_is_missing(client, administrator, head_of_service):
    client.force_login(administrator)

    response = client.post(reverse("accounts:close_account", args=[head_of_service.pk]), {})

    assert "Choose who takes over" in response.content.decode()
    head_of_service.refresh_from_db()
    assert head_of_service.is_active


def test_somebody_whose_account_is_closed_is_signed_out_at_once(
    client, administrator, contact_officer
):
    client.force_login(contact_officer)
    other = client.__class__()
    other.force_login(administrator)
    other.post(reverse("accounts:close_account", args=[contact_officer.pk]), {})

    response = client.get(reverse("accounts:profile"))

    assert response.url.startswith(reverse("account_login"))


def test_user_page_takes_a_lost_second_factor_away_and_tells_the_person(
    client, administrator, contact_officer
):
    TOTP.activate(contact_officer, "JBSWY3DPEHPK3PXP")
    client.force_login(administrator)
    page = client.get(reverse("accounts:user", args=[contact_officer.pk])).content.decode()
    assert "Take the second factor away" in page

    client.post(reverse("accounts:remove_second_factor", args=[contact_officer.pk]))

    assert [message.to for message in mail.outbox] == [[contact_officer.email]]
    page = client.get(reverse("accounts:user", args=[contact_officer.pk])).content.decode()
    assert "Take the second factor away" not in page


def test_reopen_account(client, administrator):
    user = UserFactory(is_active=False)
    client.force_login(administrator)

    client.post(reverse("accounts:reopen_account", args=[user.pk]))

    user.refresh_from_db()
    assert user.is_active


# Teams ------------------------------------------------------------------------------------------


def test_teams_query_count_does_not_grow(client, administrator):
    client.force_login(administrator)
    TeamFactory()
    few = queries_of(client, reverse("accounts:teams"))
    for _ in range(10):
        TeamMembershipFactory(team=TeamFactory(parent=TeamFactory()))

    assert queries_of(client, reverse("accounts:teams")) == few


def test_add_team_with_its_manager(client, administrator, mash_manager):
    client.force_login(administrator)

    response = client.post(
        reverse("accounts:add_team"),
        {"name": "MASH nights", "kind": "mash", "manager_id": str(mash_manager.pk)},
    )

    team = Team.objects.get(name="MASH nights")
    assert response.url == reverse("accounts:team", args=[team.pk])


def test_add_team_refuses_in_words(client, administrator, contact_officer):
    client.force_login(administrator)

    response = client.post(
        reverse("accounts:add_team"),
        {"name": "MASH 2", "kind": "mash", "manager_id": str(contact_officer.pk)},
    )

    assert "may not answer for a team of this kind" in response.content.decode()


def test_team_page_changes_the_manager(client, administrator, mash_manager, second_mash_manager):
    team = team_of(TeamKind.MASH)
    client.force_login(administrator)

    client.post(
        reverse("accounts:change_manager", args=[team.pk]),
        {"manager_id": str(second_mash_manager.pk)},
    )

    team.refresh_from_db()
    assert team.manager == second_mash_manager


def test_team_page_refuses_a_manager_in_words(client, administrator, contact_officer):
    team = team_of(TeamKind.MASH)
    client.force_login(administrator)

    response = client.post(
        reverse("accounts:change_manager", args=[team.pk]), {"manager_id": str(contact_officer.pk)}
    )

    assert "may not answer" in response.content.decode()


def test_team_page_adds_and_takes_out_a_member(client, administrator, outsider):
    team = team_of(TeamKind.MASH)
    client.force_login(administrator)
    client.post(reverse("accounts:add_member", args=[team.pk]), {"user_id": str(outsider.pk)})
    assert outsider.memberships.get().to_on is None

    client.post(reverse("accounts:remove_member", args=[team.pk, outsider.pk]))

    assert outsider.memberships.get().to_on == application_clock.today() - timedelta(days=1)


def test_team_query_count_does_not_grow(client, administrator):
    team = team_of(TeamKind.MASH)
    client.force_login(administrator)
    few = queries_of(client, reverse("accounts:team", args=[team.pk]))
    for _ in range(10):
        TeamMembershipFactory(team=team)

    assert queries_of(client, reverse("accounts:team", args=[team.pk])) == few


# Deputies ---------------------------------------------------------------------------------------


def deputy_form(deputy, **fields):
    today = application_clock.today()
    return {
        "deputy_id": str(deputy.pk),
        **dates("from_on", today),
        **dates("to_on", today + timedelta(days=5)),
        "reason": "Annual leave",
        **fields,
    }


def test_a_manager_names_a_deputy_who_then_sees_it_on_every_page(
    client, mash_manager, mash_social_worker
):
    client.force_login(mash_manager)

    response = client.post(reverse("accounts:deputies"), deputy_form(mash_social_worker))

    assert response.status_code == 302
    assert holds(mash_social_worker, Permission.THRESHOLD_DECIDE)
    client.force_login(mash_social_worker)
    page = client.get(reverse("accounts:profile")).content.decode()
    assert "You are deputy for Noor Placeholder until" in page


def test_a_head_of_service_names_a_deputy_for_a_manager(
    client, head_of_service, mash_manager, mash_social_worker
):
    client.force_login(head_of_service)

    client.post(
        reverse("accounts:deputies"),
        deputy_form(mash_social_worker, manager_id=str(mash_manager.pk)),
    )

    assert Deputyship.objects.get().made_by == head_of_service


def test_a_manager_cannot_name_a_deputy_for_a_colleague(
    client, mash_manager, second_mash_manager, mash_social_worker
):
    client.force_login(second_mash_manager)

    client.post(
        reverse("accounts:deputies"),
        deputy_form(mash_social_worker, manager_id=str(mash_manager.pk)),
    )

    assert Deputyship.objects.get().manager == second_mash_manager


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reason": ""}, "Enter why a deputy is needed"),
        ({"deputy_id": ""}, "Choose who acts as deputy"),
        ({"from_on_day": "31", "from_on_month": "2"}, "a real date"),
        ({"to_on_year": "2001"}, "must be today or later"),
        (
            dates("from_on", application_clock.today() + timedelta(days=9)),
            "The last day must be the first day or later",
        ),
    ],
)
def test_deputies_says_what_to_correct(client, mash_manager, mash_social_worker, wrong, words):
    client.force_login(mash_manager)

    response = client.post(reverse("accounts:deputies"), deputy_form(mash_social_worker, **wrong))

    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Deputyship.objects.exists()


def test_a_manager_ends_a_deputyship(client, mash_manager, mash_social_worker):
    deputyship = DeputyshipFactory(manager=mash_manager, deputy=mash_social_worker)
    client.force_login(mash_manager)

    client.post(reverse("accounts:end_deputyship", args=[deputyship.pk]))

    assert not holds(mash_social_worker, Permission.THRESHOLD_DECIDE)


def test_deputies_query_count_does_not_grow(client, head_of_service):
    client.force_login(head_of_service)
    DeputyshipFactory(manager=with_role(UserFactory(), Role.MASH_MANAGER))
    few = queries_of(client, reverse("accounts:deputies"))
    for _ in range(10):
        DeputyshipFactory(manager=with_role(UserFactory(), Role.MASH_MANAGER))

    assert queries_of(client, reverse("accounts:deputies")) == few


# The frame --------------------------------------------------------------------------------------


def rooms(client, user):
    client.force_login(user)
    response = client.get(reverse("accounts:profile"))
    return [room["label"] for room in response.context["navigation"]]


def test_navigation_shows_only_the_rooms_a_person_can_enter(client, administrator, contact_officer):
    assert {"Users", "Teams"} <= set(rooms(client, administrator))
    assert "Deputies" not in rooms(client, contact_officer)
    assert "Users" not in rooms(client, contact_officer)


def test_navigation_marks_the_current_room(client, administrator):
    client.force_login(administrator)

    response = client.get(reverse("accounts:add_user"))

    current = [room["label"] for room in response.context["navigation"] if room["current"]]
    assert current == ["Users"]


@pytest.mark.parametrize(
    "role",
    [
        Role.EARLY_HELP_COORDINATOR,
        Role.EARLY_HELP_WORKER,
        Role.MASH_MANAGER,
        Role.ASSESSMENT_TEAM_MANAGER,
        Role.HEAD_OF_SERVICE,
        Role.QA_LEAD,
    ],
)
def test_every_room_of_the_navigation_opens(client, role):
    user = with_role(UserFactory(), role)
    client.force_login(user)

    for room in client.get(reverse("accounts:profile")).context["navigation"]:
        assert client.get(room["url"]).status_code == 200, room["label"]


def test_rooms_that_do_not_fit_on_one_line_stand_under_more(client, administrator):
    client.force_login(administrator)
    many = [
        accounts_frame.Room(f"A room with a long name {number}", "accounts:users", ())
        for number in range(8)
    ]
    aside = accounts_frame._beyond_the_line(many, many[-1])

    assert many[-1] not in aside, "the room a person is in stands on the line"
    assert many[0] not in aside
    assert many[-2] in aside
    page = client.get(reverse("accounts:users")).content.decode()
    assert page.count("<summary>More</summary>") <= 1


def test_search_is_offered_only_to_those_who_may_search(client, contact_officer, data_analyst):
    client.force_login(contact_officer)
    assert client.get(reverse("accounts:profile")).context["can_search"]

    client.force_login(data_analyst)
    assert not client.get(reverse("accounts:profile")).context["can_search"]


def test_frame_costs_two_queries_for_roles(client, mash_manager, settings):
    settings.PREPARE_STATEMENTS = False  # what is asked is read here
    for _ in range(3):
        DeputyshipFactory(deputy=mash_manager, manager=with_role(UserFactory(), Role.SFS_MANAGER))
    client.force_login(mash_manager)
    client.get(reverse("accounts:kept_form"))
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("accounts:profile"))

    asked = [query["sql"] for query in captured]
    assert sum('FROM "accounts_roleassignment"' in sql for sql in asked) == 1
    assert sum('FROM "accounts_deputyship"' in sql and "INNER JOIN" in sql for sql in asked) == 1
