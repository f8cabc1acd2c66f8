"""Signing in: password, lock-out, second factor, single sign-on; and no way to sign up."""

import re
from urllib.parse import parse_qs, urlparse

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.adapters import SecondFactorAdapter, SingleSignOnAdapter
from accounts.choices import Role
from accounts.models import User
from tests.factories.accounts import UserFactory, with_role

pytestmark = pytest.mark.django_db

PASSWORD = "three-unlikely-words"
LOGIN = "/accounts/login/"


@pytest.fixture
def worker():
    user = UserFactory(email="pat@slough.example")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return with_role(user, Role.MASH_SOCIAL_WORKER)


def sign_in(client, email="pat@slough.example", password=PASSWORD, **more):
    return client.post(LOGIN, {"login": email, "password": password, **more})


def signed_in(client):
    return client.get(reverse("accounts:profile")).status_code == 200


def current_code(secret):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


# Password ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["pat@slough.example", " PAT@Slough.example "])
def test_sign_in_with_password_in_any_case_of_the_address(client, worker, email):
    response = sign_in(client, email=email)

    assert response.url == "/"
    assert signed_in(client)


def test_sign_in_leads_back_to_the_page_that_was_asked_for(client, worker):
    asked = client.get(reverse("accounts:profile"))
    assert asked.url == f"{LOGIN}?next=/account/"

    response = sign_in(client, next="/account/")

    assert response.url == "/account/"


def test_sign_in_never_leads_to_another_site(client, worker):
    response = sign_in(client, next="https://elsewhere.example/")

    assert response.url == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [("pat@slough.example", "wrong"), ("nobody@slough.example", PASSWORD)],
)
def test_sign_in_refused_says_the_same_for_a_wrong_address_and_a_wrong_password(
    client, worker, email, password
):
    response = sign_in(client, email=email, password=password)

    assert "The e-mail address or the password is not right" in response.content.decode()
    assert not signed_in(client)


def test_sign_in_with_a_closed_account_says_whom_to_ask(client, worker):
    worker.is_active = False
    worker.save(update_fields=["is_active"])

    response = client.post(LOGIN, {"login": worker.email, "password": PASSWORD}, follow=True)

    assert "This account is closed" in response.content.decode()
    assert not signed_in(client)


def test_sign_in_is_locked_after_five_wrong_passwords_even_for_the_right_one(client, worker):
    for _ in range(5):
        sign_in(client, password="wrong")

    response = Client().post(LOGIN, {"login": worker.email, "password": PASSWORD})

    assert "too many wrong attempts for this account" in response.content.decode()


def test_sign_in_locked_for_one_account_leaves_the_others_open(client, worker):
    for _ in range(5):
        sign_in(client, password="wrong")
    other = UserFactory(email="sam@slough.example")
    other.set_password(PASSWORD)
    other.save(update_fields=["password"])

    sign_in(client, email="sam@slough.example")

    assert signed_in(client)


def test_sign_out_ends_the_session(client, worker):
    sign_in(client)

    response = client.post(reverse("account_logout"))

    assert response.url == LOGIN
    assert not signed_in(client)


def test_sign_in_page_has_no_placeholder_and_no_way_to_sign_up(client):
    page = client.get(LOGIN).content.decode()

    assert "placeholder" not in page
    assert "sign up" not in page.lower()
    assert client.get("/accounts/signup/").status_code == 404


def test_forgotten_password_sends_a_link_that_sets_a_new_one(client, worker):
    client.post(reverse("account_reset_password"), {"email": worker.email})
    link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)[1]
    page = client.get(link, follow=True)

    client.post(
        page.request["PATH_INFO"],
        {"password1": "another-unlikely-one", "password2": "another-unlikely-one"},
    )

    assert not signed_in(client)
    sign_in(client, password="another-unlikely-one")
    assert signed_in(client)


def test_forgotten_password_tells_nobody_whether_an_account_exists(client, worker):
    known = client.post(reverse("account_reset_password"), {"email": worker.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "no@slough.example"})

    assert known.url == unknown.url
    assert [message.to for message in mail.outbox] == [[worker.email]]


@pytest.mark.parametrize("password", ["short", "password1234", "pat@slough.example"])
def test_a_weak_password_is_refused(client, worker, password):
    sign_in(client)

    response = client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": password, "password2": password},
    )

    assert response.status_code == 200
    worker.refresh_from_db()
    assert worker.check_password(PASSWORD)


def test_a_password_is_changed_on_ones_own_page(client, worker):
    sign_in(client)

    response = client.post(
        reverse("account_change_password"),
        {
            "oldpassword": PASSWORD,
            "password1": "another-unlikely-one",
            "password2": "another-unlikely-one",
        },
    )

    assert response.url == reverse("accounts:profile")
    assert signed_in(client)


# Demonstration ----------------------------------------------------------------------------------


def test_demonstration_lists_one_person_for_each_role(client, worker, mash_manager, settings):
    settings.DEMONSTRATION = True

    page = client.get(LOGIN).content.decode()

    assert mash_manager.email in page
    assert worker.email in page
    assert settings.DEMONSTRATION_PASSWORD in page


def test_nobody_is_listed_outside_demonstration_mode(client, worker, settings):
    settings.DEMONSTRATION = False

    page = client.get(LOGIN).content.decode()

    assert worker.email not in page
    assert settings.DEMONSTRATION_PASSWORD not in page


def test_demonstration_leaves_out_addresses_that_reach_somebody(client):
    with_role(UserFactory(email="real@slough.gov.uk"), Role.AUDITOR)

    assert "real@slough.gov.uk" not in client.get(LOGIN).content.decode()


def test_demonstration_logins_prints_the_list(capsys, mash_manager, settings):
    call_command("demonstration_logins")

    printed = capsys.readouterr().out
    assert mash_manager.email in printed
    assert settings.DEMONSTRATION_PASSWORD in printed


def test_demonstration_logins_prints_nothing_outside_demonstration_mode(
    capsys, mash_manager, settings
):
    settings.DEMONSTRATION = False

    call_command("demonstration_logins")

    assert mash_manager.email not in capsys.readouterr().out


def test_first_administrator_is_made_by_a_command(capsys):
    call_command("first_administrator", "ada@slough.example", "Ada Keyholder")

    assert User.objects.get().role_assignments.get().role == Role.ADMINISTRATOR
    assert "Forgot your password?" in capsys.readouterr().out


# Second factor ----------------------------------------------------------------------------------


@pytest.fixture
def required(settings):
    settings.MFA_REQUIRED = True


def show_again(client):
    """Answer the question that comes before every change of how one signs in."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def activate_app(client):
    show_again(client)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": current_code(secret)})
    return secret


def test_a_password_alone_leads_to_setting_up_a_second_factor(client, worker, required):
    sign_in(client)

    response = client.get(reverse("accounts:profile"), follow=True)

    assert response.redirect_chain == [(reverse("mfa_index"), 302)]
    assert "a password alone is not enough" in response.content.decode()


def test_after_setting_up_an_app_the_work_is_open(client, worker, required):
    sign_in(client)

    activate_app(client)

    assert signed_in(client)


def test_setting_up_an_app_asks_for_the_password_once_more(client, worker):
    sign_in(client)

    response = client.get(reverse("mfa_activate_totp"), follow=True)

    assert "Show that it is you" in response.content.decode()
    wrong = client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    assert "The password is not right" in wrong.content.decode()


def test_an_app_is_asked_for_its_code_at_the_next_sign_in(client, worker, required):
    sign_in(client)
    secret = activate_app(client)
    client.post(reverse("account_logout"))

    response = sign_in(client)
    assert response.url.startswith(reverse("mfa_authenticate"))
    assert not signed_in(client)
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "The code is not right" in wrong.content.decode()
    # A code works once; the one before it is within the tolerance and was not used.
    counters = list(yield_hotp_counters_from_time())
    unused = format_hotp_value(hotp_value(secret, min(counters)))
    client.post(reverse("mfa_authenticate"), {"code": unused})

    assert signed_in(client)


def test_a_recovery_code_opens_the_account_once(client, worker, required):
    TOTP.activate(worker, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(worker).get_unused_codes()[0]
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert signed_in(client)

    other = Client()
    sign_in(other)
    other.post(reverse("mfa_authenticate"), {"code": code})

    assert not signed_in(other)


def test_the_secret_of_an_app_is_encrypted_where_it_is_stored(client, worker):
    sign_in(client)

    secret = activate_app(client)

    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert SecondFactorAdapter().decrypt(stored) == secret


def test_an_old_secret_key_still_opens_an_app(settings):
    sealed = SecondFactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "x" * 50

    assert SecondFactorAdapter().decrypt(sealed) == "JBSWY3DPEHPK3PXP"


def test_demonstration_asks_for_no_second_factor(client, worker, settings):
    assert settings.DEMONSTRATION

    sign_in(client)

    assert signed_in(client)


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "account_change_password",
    ],
)
def test_pages_about_signing_in_open(client, worker, name):
    sign_in(client)
    show_again(client)

    response = client.get(reverse(name))

    assert response.status_code == 200
    assert "<h1>" in response.content.decode()


def test_recovery_codes_are_made_and_shown(client, worker):
    sign_in(client)
    activate_app(client)

    client.post(reverse("mfa_generate_recovery_codes"))
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()

    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert all(code in page for code in codes)


def test_the_admin_has_no_log_in_of_its_own(client, worker):
    response = client.get("/admin/login/")

    assert response.url.startswith(LOGIN)


# Single sign-on ---------------------------------------------------------------------------------


class FakeSignOn:
    """The authority's single sign-on, as far as we talk to it."""

    def __init__(self, **claims):
        self.claims = {"sub": "uid-1", "email_verified": True, **claims}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def get(self, url, **_):
        if "well-known" in url:
            return Answer(
                {
                    "authorization_endpoint": "https://login.council.example/authorize",
                    "token_endpoint": "https://login.council.example/token",
                    "userinfo_endpoint": "https://login.council.example/userinfo",
                }
            )
        return Answer(self.claims)

    def request(self, method, url, **_):
        return Answer({"access_token": "token", "token_type": "Bearer"})


class Answer:
    status_code = 200
    headers = {"content-type": "application/json"}

    def __init__(self, content):
        self.content = content

    def json(self):
        return self.content

    def raise_for_status(self):
        pass


@pytest.fixture
def single_sign_on(settings, monkeypatch):
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "authority",
                    "name": "Council account",
                    "client_id": "front-door",
                    "secret": "secret",
                    "settings": {"server_url": "https://login.council.example"},
                }
            ],
        }
    }

    def use(**claims):
        monkeypatch.setattr(
            SingleSignOnAdapter, "get_requests_session", lambda self: FakeSignOn(**claims)
        )

    return use


def come_back(client, next=""):
    start = client.get("/accounts/oidc/authority/login/", {"next": next} if next else {})
    assert start.url.startswith("https://login.council.example/authorize")
    state = parse_qs(urlparse(start.url).query)["state"][0]
    return client.get("/accounts/oidc/authority/login/callback/", {"code": "c", "state": state})


def test_single_sign_on_is_offered_when_it_is_set_up(client, single_sign_on):
    single_sign_on()

    assert "Sign in with Council account" in client.get(LOGIN).content.decode()


def test_single_sign_on_is_not_offered_without_settings(client):
    assert "Sign in with Council" not in client.get(LOGIN).content.decode()


def test_single_sign_on_opens_the_account_with_that_verified_address(
    client, worker, single_sign_on, required
):
    single_sign_on(email="Pat@slough.example")

    response = come_back(client, next="/account/")

    assert response.url == "/account/"
    assert signed_in(client)
    assert SocialAccount.objects.get().user == worker


def test_single_sign_on_knows_the_person_again_after_a_change_of_address(
    client, worker, single_sign_on
):
    single_sign_on(email="pat@slough.example")
    come_back(client)
    single_sign_on(email="pat.married@slough.example")

    other = Client()
    come_back(other)

    assert signed_in(other)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@slough.example"},
        {"email": "pat@slough.example", "email_verified": False},
        {},
    ],
)
def test_single_sign_on_turns_away_whoever_has_no_account(client, worker, single_sign_on, claims):
    single_sign_on(**claims)

    response = come_back(client)

    assert response.url == reverse("socialaccount_login_error")
    assert not signed_in(client)
    assert User.objects.count() == 1
    assert "no open account" in client.get(response.url).content.decode()


def test_single_sign_on_turns_away_a_closed_account(client, worker, single_sign_on):
    worker.is_active = False
    worker.save(update_fields=["is_active"])
    single_sign_on(email="pat@slough.example")

    come_back(client)

    assert not signed_in(client)


def test_single_sign_on_cannot_be_taken_over_by_somebody_signed_in(
    client, worker, single_sign_on, mash_manager
):
    client.force_login(mash_manager)
    single_sign_on(email="pat@slough.example")

    response = come_back(client)

    assert response.url == reverse("socialaccount_login_error")
    assert not SocialAccount.objects.exists()


def test_single_sign_on_that_verifies_every_address_need_not_say_so_each_time(
    client, worker, single_sign_on, settings
):
    single_sign_on(email="pat@slough.example", email_verified=None)
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["VERIFIED_EMAIL"] = True

    come_back(client)

    assert signed_in(client)


def test_single_sign_on_proves_that_the_answer_comes_to_whoever_asked(client, single_sign_on):
    single_sign_on()

    start = client.get("/accounts/oidc/authority/login/")

    assert parse_qs(urlparse(start.url).query)["code_challenge_method"] == ["S256"]
    forged = client.get("/accounts/oidc/authority/login/callback/", {"code": "c", "state": "no"})
    assert not signed_in(client)
    assert "could not be signed in" in forged.content.decode()
