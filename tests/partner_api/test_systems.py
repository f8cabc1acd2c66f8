"""The systems of agencies, as an administrator opens and closes them."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from lib import application_clock
from partner_api import actions
from partner_api.choices import Scope
from partner_api.models import AgencySystem, Sending
from record.errors import Refused
from record.models import Event
from tests.factories.accounts import PartnerAgencyFactory
from tests.partner_api.systems import a_message, caller, opened

pytestmark = pytest.mark.django_db


def open_page(client, agency, **changes):
    data = {"agency": str(agency.pk), "name": "Pupil records", "scopes": ["contacts:send"]}
    return client.post(reverse("partner_api:open_system"), data | changes)


def test_open_system_makes_an_account_of_the_agency_that_nobody_signs_in_with(administrator):
    system, secret = opened(administrator)

    account = system.account
    assert len(secret) >= 40
    assert account.agency == system.agency
    assert not account.has_usable_password()
    assert [held.role for held in account.role_assignments.all()] == [Role.PARTNER_AGENCY]
    assert Event.objects.get(subject_id=system.pk).code == "agency_system.opened"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "  "}, "what the system is called"),
        ({"scopes": []}, "what the system may do"),
    ],
)
def test_open_system_refuses_what_is_not_whole(administrator, changes, words):
    agency = PartnerAgencyFactory()
    given = {"agency_id": agency.pk, "name": "Pupil records", "scopes": [Scope.SEND]} | changes

    with pytest.raises(Refused, match=words):
        actions.open_system(by=administrator, at=application_clock.now(), **given)

    assert not AgencySystem.objects.exists()


def test_open_system_refuses_a_name_twice_until_the_first_is_closed(administrator):
    system, _secret = opened(administrator)
    given = {
        "by": administrator,
        "at": application_clock.now(),
        "agency_id": system.agency_id,
        "name": "pupil  records",
        "scopes": [Scope.SEND],
    }

    with pytest.raises(actions.SystemTaken):
        actions.open_system(**given)

    actions.close_system(
        by=administrator, at=given["at"], system_id=system.pk, because="Contract ended"
    )
    assert actions.open_system(**given)


def test_open_system_refuses_an_agency_that_is_no_longer_in_the_list(administrator):
    agency = PartnerAgencyFactory(is_active=False)

    with pytest.raises(Refused, match="no longer in the list"):
        actions.open_system(
            by=administrator,
            at=application_clock.now(),
            agency_id=agency.pk,
            name="Pupil records",
            scopes=[Scope.SEND],
        )


def test_only_an_administrator_opens_changes_and_closes(administrator, head_of_service):
    system, _secret = opened(administrator)
    at = application_clock.now()

    with pytest.raises(PermissionDenied):
        actions.open_system(
            by=head_of_service, at=at, agency_id=system.agency_id, name="x", scopes=[Scope.SEND]
        )
    with pytest.raises(PermissionDenied):
        actions.give_new_secret(by=head_of_service, at=at, system_id=system.pk)
    with pytest.raises(PermissionDenied):
        actions.close_system(by=head_of_service, at=at, system_id=system.pk, because="x")

    assert Event.objects.count() == 1
    assert AgencySystem.objects.get().closed_at is None


def test_close_system_closes_its_account_and_wants_a_reason(administrator):
    system, _secret = opened(administrator)
    at = application_clock.now()

    with pytest.raises(Refused, match="why"):
        actions.close_system(by=administrator, at=at, system_id=system.pk, because=" ")
    actions.close_system(by=administrator, at=at, system_id=system.pk, because="Contract ended")

    system.refresh_from_db()
    assert (system.closed_by, system.closed_because) == (administrator, "Contract ended")
    assert not User.objects.get(pk=system.account_id).is_active
    with pytest.raises(actions.SystemClosed):
        actions.close_system(by=administrator, at=at, system_id=system.pk, because="Again")
    with pytest.raises(actions.SystemClosed):
        actions.give_new_secret(by=administrator, at=at, system_id=system.pk)


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"name": ""},
        {"closed_because": "No date"},
        {"closed_at": application_clock.now()},
    ],
)
def test_the_database_refuses_half_a_system(administrator, changes):
    system, _secret = opened(administrator)

    with pytest.raises(IntegrityError), transaction.atomic():
        AgencySystem.objects.filter(pk=system.pk).update(**changes)


def test_the_database_keeps_what_was_sent_once(administrator, mash_manager):
    school = caller(administrator)
    school.send(a_message())
    sending = Sending.objects.get()

    with pytest.raises(InternalError), transaction.atomic():
        Sending.objects.update(key="another-key")
    with pytest.raises(IntegrityError), transaction.atomic():
        Sending.objects.create(
            system=sending.system,
            agency=sending.agency,
            key=sending.key,
            digest="x",
            contact=sending.contact,
            received_at=sending.received_at,
            recorded_at=sending.recorded_at,
        )


def test_the_page_shows_the_secret_once(client, administrator):
    client.force_login(administrator)
    agency = PartnerAgencyFactory()
    token = "6a0a6a2e-6a51-4cf5-a3a1-0e0c5a7f7c11"

    response = open_page(client, agency, token=token)

    system = AgencySystem.objects.get()
    secret = re.search(r"<dt>Secret</dt><dd><code[^>]*>([^<]+)<", response.content.decode())[1]
    assert "no-store" in response["Cache-Control"]
    assert system.application.client_id in response.content.decode()
    again = open_page(client, agency, token=token)
    assert again.url == reverse("partner_api:system", args=[system.pk])
    page = client.get(again.url).content.decode()
    assert secret not in page
    assert "shown once only" in page
    assert AgencySystem.objects.count() == 1


def test_the_page_asks_for_what_is_missing(client, administrator):
    client.force_login(administrator)

    response = client.post(reverse("partner_api:open_system"), {})

    assert response.status_code == 200
    assert {"agency", "name", "scopes"} <= set(response.context["form"].errors)


def test_a_new_secret_and_the_end_stand_in_the_history(client, administrator):
    client.force_login(administrator)
    system, _secret = opened(administrator)

    client.post(reverse("partner_api:new_secret", args=[system.pk]))
    client.post(
        reverse("partner_api:close_system", args=[system.pk]), {"because": "Contract ended"}
    )

    page = client.get(reverse("partner_api:system", args=[system.pk])).content.decode()
    for words in ("Given a new secret", "Opened, with its first secret", "Contract ended"):
        assert words in page
    assert "Give it a new secret" not in page
    assert "Closed" in client.get(reverse("partner_api:systems")).content.decode()


def test_the_list_asks_the_same_number_of_queries_for_many(
    client, administrator, django_assert_max_num_queries
):
    client.force_login(administrator)
    opened(administrator, "Mockbury Primary School")
    for number in range(3):
        opened(administrator, f"Dummyfield School {number}")

    with django_assert_max_num_queries(10):
        client.get(reverse("partner_api:systems"))


def test_the_tables_of_the_library_are_not_in_the_admin(client, administrator):
    client.force_login(administrator)

    assert client.get("/admin/oauth2_provider/application/").status_code == 404


@pytest.mark.browser
def test_pages_of_systems_are_accessible(page, sign_in, axe, live_server, administrator):
    system, _secret = opened(administrator)
    sign_in(page, administrator)

    for name, args in (("systems", []), ("system", [system.pk]), ("close_system", [system.pk])):
        page.goto(live_server.url + reverse(f"partner_api:{name}", args=args))
        assert axe(page) == []
    page.goto(live_server.url + reverse("partner_api:new_secret", args=[system.pk]))
    page.get_by_role("button", name="Give a new secret").click()
    page.get_by_role("link", name="I have noted the secret").wait_for()
    assert axe(page) == []
