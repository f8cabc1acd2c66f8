"""Signing in and staying signed in, in a real browser."""

import pytest
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from tests.factories.accounts import DeputyshipFactory, UserFactory, with_role

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "three-unlikely-words"


@pytest.fixture
def worker(live_server):
    user = UserFactory(email="pat@slough.example", full_name="Pat Fixture")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return with_role(user, Role.MASH_SOCIAL_WORKER)


def type_in(page, live_server, next_page="/account/"):
    page.goto(f"{live_server.url}/accounts/login/?next={next_page}")
    page.get_by_label("E-mail address").fill("pat@slough.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).first.click()


def test_sign_in_and_out_without_javascript(plain_page, live_server, worker):
    type_in(plain_page, live_server)
    plain_page.get_by_role("heading", name="Pat Fixture").wait_for()

    plain_page.get_by_role("button", name="Sign out").click()

    plain_page.get_by_role("heading", name="Sign in").wait_for()
    assert "sfd_session" not in {cookie["name"] for cookie in plain_page.context.cookies()}


def test_a_wrong_password_moves_to_the_summary_of_what_is_wrong(page, live_server, worker):
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("E-mail address").fill("pat@slough.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).first.click()

    assert "is not right" in page.get_by_role("alert").inner_text()
    page.wait_for_function("document.title.startsWith('Error: ')")
    assert page.get_by_label("E-mail address").input_value() == "pat@slough.example"


def test_a_passkey_is_added_and_signs_in_without_a_password(page, live_server, worker):
    # A passkey belongs to a host name; an address of figures cannot have one.
    site = live_server.url.replace("127.0.0.1", "localhost")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{site}/accounts/login/?next=/accounts/2fa/webauthn/add/")
    page.get_by_label("E-mail address").fill("pat@slough.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).first.click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name of this passkey or key").fill("Work laptop")
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/2fa/recovery-codes/**")
    page.get_by_role("button", name="Sign out").click()

    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{site}/")
    page.goto(f"{site}/account/")

    page.get_by_role("heading", name="Pat Fixture").wait_for()


def test_time_out_warns_first_and_leads_back_to_the_page(page, live_server, worker, settings):
    settings.IDLE_SECONDS = 6
    settings.WARN_SECONDS = 4
    type_in(page, live_server)

    warning = page.get_by_role("region", name="Signing out")
    warning.wait_for(timeout=10_000)
    page.get_by_role("button", name="Stay signed in").click()
    warning.wait_for(state="detached")
    again = page.get_by_role("link", name="Sign in again")
    again.wait_for(timeout=15_000)
    page.wait_for_timeout(1500)
    again.click()

    page.get_by_role("heading", name="Sign in").wait_for()
    settings.IDLE_SECONDS = 1800
    page.get_by_label("E-mail address").fill("pat@slough.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).first.click()
    page.wait_for_url(f"{live_server.url}/account/")

    page.get_by_role("heading", name="Pat Fixture").wait_for()
    assert page.url == f"{live_server.url}/account/"


def test_what_was_sent_too_late_is_recorded_after_signing_in_without_javascript(
    plain_page, live_server, settings
):
    user = UserFactory(email="pat@slough.example", full_name="Pat Fixture")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    with_role(user, Role.ADMINISTRATOR)
    type_in(plain_page, live_server, next_page=reverse("accounts:add_user"))
    plain_page.get_by_label("Full name").fill("Nóra O’Mockford")
    plain_page.get_by_label("E-mail address").fill("nora@slough.example")
    plain_page.get_by_label("Job title").fill("Contact officer")
    settings.IDLE_SECONDS = 0
    plain_page.get_by_role("button", name="Open the account").click()
    settings.IDLE_SECONDS = 1800
    plain_page.get_by_label("E-mail address").fill("pat@slough.example")
    plain_page.get_by_label("Password").fill(PASSWORD)
    plain_page.get_by_role("button", name="Sign in", exact=True).first.click()

    plain_page.get_by_role("button", name="Send it now").click()

    plain_page.get_by_role("heading", name="Nóra O’Mockford").wait_for()
    assert User.objects.get(email="nora@slough.example").full_name == "Nóra O’Mockford"


PAGES = [
    "accounts:profile",
    "accounts:users",
    "accounts:add_user",
    "accounts:user",
    "accounts:close_account",
    "accounts:teams",
    "accounts:add_team",
    "accounts:team",
    "accounts:deputies",
    "mfa_index",
    "account_change_password",
]


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_violations_and_fits_a_phone(
    open_page, live_server, sign_in, axe, administrator, mash_manager, contact_officer, name
):
    DeputyshipFactory(manager=mash_manager, deputy=contact_officer)
    ids = {
        "accounts:user": mash_manager.pk,
        "accounts:close_account": mash_manager.pk,
        "accounts:team": mash_manager.managed_teams.get().pk,
    }
    page = open_page(width=320)
    sign_in(page, administrator)

    page.goto(live_server.url + reverse(name, args=[ids[name]] if name in ids else []))

    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", ["account_login", "account_reset_password"])
def test_page_before_signing_in_has_no_violations(page, live_server, axe, worker, name):
    page.goto(live_server.url + reverse(name))

    assert axe(page) == []
