"""Who gets a token, and what it opens."""

from __future__ import annotations

import base64

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, RefreshToken

from lib import application_clock
from partner_api import actions
from partner_api.choices import Scope
from partner_api.tasks import drop_old_tokens
from tests.partner_api.systems import ADDRESS, Caller, a_message, opened, token_of

pytestmark = pytest.mark.django_db
TOKEN = "/api/v1/token/"


@pytest.fixture
def system(administrator, mash_manager):
    return opened(administrator)


def ask(system, secret, **more):
    data = {"grant_type": "client_credentials"} | more
    basic = base64.b64encode(f"{system.application.client_id}:{secret}".encode()).decode()
    return Client().post(TOKEN, data, headers={"Authorization": f"Basic {basic}"})


def test_a_system_gets_a_token_for_its_secret(system):
    response = ask(*system)

    found = response.json()
    assert response.status_code == 200
    assert (found["token_type"], found["expires_in"]) == ("Bearer", 600)
    assert set(found["scope"].split()) == {"contacts:send", "contacts:read"}
    assert Caller(system[0], found["access_token"]).send(a_message()).status_code == 201
    assert not RefreshToken.objects.exists()


def test_the_id_and_the_secret_may_stand_in_the_form(system):
    found, secret = system

    response = Client().post(
        TOKEN,
        {
            "grant_type": "client_credentials",
            "client_id": found.application.client_id,
            "client_secret": secret,
        },
    )

    assert response.status_code == 200


def test_neither_secret_nor_token_can_be_read_from_the_database(system):
    found, secret = system
    token = ask(found, secret).json()["access_token"]

    kept = Application.objects.get(pk=found.application_id).client_secret
    row = AccessToken.objects.get()
    assert secret not in kept
    assert "$" in kept
    assert token not in (row.token, row.token_checksum)


def test_the_wrong_secret_gets_nothing(system):
    response = ask(system[0], "wrong")

    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "grant", ["password", "authorization_code", "refresh_token", "",
              "urn:ietf:params:oauth:grant-type:device_code"]
)  # fmt: skip
def test_every_other_way_of_oauth_is_closed(system, grant):
    response = ask(*system, grant_type=grant)

    assert (response.status_code, response.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "client_id", ["\x00", "%00", "é\ud800".encode("utf-8", "replace").decode()]
)
def test_an_id_that_no_system_has_is_a_clear_answer(system, client_id):
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "\x00"}
    basic = base64.b64encode(f"{client_id}:%00".encode()).decode()

    for headers in ({}, {"Authorization": f"Basic {basic}"}):
        response = Client().post(TOKEN, form, headers=headers)
        assert response.status_code == 401
        assert response.json()["error"] == "invalid_client"


def test_a_scope_that_the_system_does_not_have_is_not_given(administrator, mash_manager):
    found, secret = opened(administrator, scopes=(Scope.READ,))

    response = ask(found, secret, scope="contacts:send")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


def test_a_token_without_the_scope_is_403(system):
    reader = Caller(system[0], token_of(system[0], Scope.READ))
    sender = Caller(system[0], token_of(system[0], Scope.SEND))

    assert reader.send(a_message()).json()["code"] == "scope_missing"
    assert sender.get().status_code == 403
    assert sender.get(f"{ADDRESS}C-26-00001/").json()["code"] == "scope_missing"
    assert Client().head(ADDRESS, headers=sender.headers).status_code == 403
    assert Client().options(ADDRESS, headers=sender.headers).status_code == 405


@pytest.mark.parametrize("said", ["Bearer", "Bearer x", "Bearer \xff", "Basic eDp5", "Token x",
                                  "Bearer " + "x" * 5_000])  # fmt: skip
def test_what_is_no_token_is_401(system, said):
    response = Client().get(ADDRESS, headers={"Authorization": said})

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_that_has_run_out_is_401(system):
    late = Caller(system[0], token_of(system[0], minutes=-1))

    assert late.get().json()["code"] == "token_not_valid"
    assert late.send(a_message()).status_code == 401


def test_a_new_secret_ends_the_old_one_and_its_tokens(system, administrator):
    found, old = system
    before = Caller(found, token_of(found))

    _, new = actions.give_new_secret(
        by=administrator, at=application_clock.now(), system_id=found.pk
    )

    assert before.get().status_code == 401
    assert ask(found, old).status_code == 401
    assert ask(found, new).status_code == 200


def test_a_closed_system_gets_no_answer(system, administrator):
    found, secret = system
    before = Caller(found, token_of(found))

    actions.close_system(
        by=administrator, at=application_clock.now(), system_id=found.pk, because="Contract ended"
    )

    assert before.get().status_code == 401
    assert ask(found, secret).status_code == 401
    assert Caller(found, token_of(found)).send(a_message()).json()["code"] == "system_closed"


def test_a_system_whose_account_is_closed_gets_no_answer(system):
    found, _secret = system
    found.account.is_active = False
    found.account.save()

    assert Caller(found, token_of(found)).get().json()["code"] == "system_closed"


def test_a_token_opens_no_page(system):
    headers = {"Authorization": f"Bearer {token_of(system[0])}"}

    for address in ("/", "/mash/board/", "/agency-systems/", "/account/users/"):
        assert Client().get(address, headers=headers).status_code == 302


def test_nobody_signs_in_as_a_system(system, client):
    account = system[0].account

    response = client.post(
        "/accounts/login/", {"login": account.email, "password": ""}, follow=True
    )

    assert not account.has_usable_password()
    assert not response.context["user"].is_authenticated


def test_who_asks_for_tokens_too_often_waits(system, settings):
    settings.API_RATES = settings.API_RATES | {"token": "1/min"}
    ask(*system)

    response = ask(*system)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


def test_tokens_that_have_run_out_are_forgotten(system):
    token_of(system[0], minutes=-1)
    token_of(system[0])

    drop_old_tokens()

    assert AccessToken.objects.filter(expires__gt=timezone.now()).count() == 1
    assert AccessToken.objects.count() == 1
