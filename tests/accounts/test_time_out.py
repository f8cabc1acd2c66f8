"""Being signed out by time, and finding again what was typed."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from accounts.models import Deputyship
from lib import application_clock
from lib.application_clock import LONDON
from tests.factories.accounts import UserFactory, with_role

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 12, 13, 0, tzinfo=LONDON)
PASSWORD = "three-unlikely-words"
PROFILE = "/account/"
KEEP_ALIVE = "/account/still-here/"
KEPT = "/account/kept-form/"


@pytest.fixture
def manager():
    user = UserFactory(email="noor@slough.example", full_name="Noor Placeholder")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return with_role(user, Role.MASH_MANAGER)


@pytest.fixture
def deputy():
    return with_role(UserFactory(), Role.MASH_SOCIAL_WORKER)


@pytest.fixture
def at(client):
    """A function that asks at so many minutes after the start."""

    def ask(minutes, path=PROFILE, method="get", data=None, **headers):
        with application_clock.set_to(START + timedelta(minutes=minutes)):
            return getattr(client, method)(path, data or {}, headers=headers)

    return ask


@pytest.fixture
def signed_in(client, manager, at):
    client.force_login(manager)
    at(0)


def sign_in_again(client, at, minutes, email="noor@slough.example", **more):
    return at(
        minutes,
        "/accounts/login/",
        "post",
        {"login": email, "password": PASSWORD, **more},
    )


def form(deputy):
    return {
        "deputy_id": str(deputy.pk),
        "from_on": "13 3 2026",
        "to_on": "20 3 2026",
        "reason": "Annual leave,\r\ntwo “lines”",
    }


def test_work_within_the_limit_keeps_the_session(signed_in, at):
    for minutes in (20, 40, 60, 80):
        assert at(minutes).status_code == 200


def test_thirty_minutes_without_work_lead_to_the_sign_in_page_and_back(client, signed_in, at):
    response = at(30)

    assert response.url == "/accounts/login/?next=%2Faccount%2F"
    page = at(31, response.url).content.decode()
    assert "You were signed out, because nothing had happened for a while" in page
    assert sign_in_again(client, at, 32, next=PROFILE).url == PROFILE
    assert at(33).status_code == 200


def test_a_page_that_asks_by_itself_is_no_work(signed_in, at):
    at(10, **{"X-Background": "1"})
    at(20, Accept="application/json")

    assert at(30).status_code == 302


def test_a_page_that_asks_by_itself_after_the_end_is_told_so_and_ends_nothing_it_should_keep(
    client, signed_in, at, deputy
):
    assert at(40, **{"X-Background": "1"}).status_code == 401

    response = at(41, "/account/deputies/", "post", form(deputy))

    assert response.url == "/accounts/login/?next=%2Faccount%2Fkept-form%2F"


def test_a_page_that_asks_by_itself_when_signed_out_is_told_so(at):
    assert at(0, **{"X-Background": "1"}).status_code == 401


@pytest.mark.parametrize("method", ["get", "post"])
def test_saying_that_one_is_still_here_counts_as_work(signed_in, at, method):
    assert at(29, KEEP_ALIVE, method, Accept="application/json").status_code == 204

    assert at(58).status_code == 200


def test_a_draft_saved_too_late_is_told_so_and_leaves_the_form_its_owner(
    client, signed_in, at, deputy
):
    draft = at(40, "/account/deputies/", "post", form(deputy), Accept="application/json")
    assert draft.status_code == 401

    at(41, "/account/deputies/", "post", form(deputy))
    sign_in_again(client, at, 42)

    assert dict(at(43, KEPT).context["kept"].fields) == form(deputy)


def test_a_form_from_a_second_page_is_kept_when_the_first_has_met_the_end(
    client, signed_in, at, deputy
):
    assert at(40).status_code == 302

    response = at(41, "/account/deputies/", "post", form(deputy))

    assert response.url == "/accounts/login/?next=%2Faccount%2Fkept-form%2F"
    sign_in_again(client, at, 42)
    assert dict(at(43, KEPT).context["kept"].fields) == form(deputy)


def test_a_form_of_somebody_never_signed_in_is_not_kept(client, at, deputy):
    response = at(0, "/account/deputies/", "post", form(deputy))

    assert response.url == "/accounts/login/?next=/account/deputies/"
    assert "kept_form" not in client.session


def test_saying_that_one_is_still_here_too_late_does_not_help(signed_in, at):
    assert at(31, KEEP_ALIVE).status_code == 302

    assert at(32).status_code == 302


def test_a_form_sent_too_late_is_kept_and_sent_again_after_signing_in(
    client, signed_in, at, deputy, manager
):
    at(45, "/account/deputies/", "post", form(deputy))
    assert not Deputyship.objects.exists()

    sign_in_again(client, at, 46, next=KEPT)
    page = at(47, KEPT)
    kept = page.context["kept"]
    assert "You sent it at 13:45" in page.content.decode()
    assert dict(kept.fields) == form(deputy)
    again = {**dict(kept.fields), page.context["field"]: kept.id}
    response = at(48, kept.path, "post", again)

    assert response.status_code == 302
    assert Deputyship.objects.get().deputy == deputy
    assert at(49, KEPT).status_code == 302


def test_a_kept_form_is_shown_with_its_line_breaks_and_without_the_page_running_it(
    client, signed_in, at
):
    at(45, "/account/deputies/", "post", {"reason": "\n<script>alert(1)</script>"})
    sign_in_again(client, at, 46)

    page = at(47, KEPT).content.decode()

    assert "<script>alert" not in page
    assert '<textarea name="reason" hidden>\n\n&lt;script&gt;' in page


def test_a_kept_form_belongs_to_whoever_wrote_it(client, signed_in, at, deputy):
    other = UserFactory(email="other@slough.example")
    other.set_password(PASSWORD)
    other.save(update_fields=["password"])
    at(45, "/account/deputies/", "post", form(deputy))

    sign_in_again(client, at, 46, email="other@slough.example")

    assert at(47, KEPT).status_code == 302
    at(48, "/accounts/logout/", "post")
    sign_in_again(client, at, 49)
    assert at(50, KEPT).status_code == 302


def test_a_kept_form_names_the_files_that_must_be_added_again(client, signed_in, at):
    from django.core.files.uploadedfile import SimpleUploadedFile

    at(45, "/account/deputies/", "post", {"file": SimpleUploadedFile("letter.txt", b"words")})
    sign_in_again(client, at, 46)

    assert at(47, KEPT).context["kept"].files == ["letter.txt"]


def test_a_kept_form_holds_no_password(client, signed_in, at):
    at(45, "/accounts/password/change/", "post", {"oldpassword": PASSWORD, "password1": "x"})
    sign_in_again(client, at, 46)

    assert at(47, KEPT).context["kept"].fields == []


def test_signing_out_too_late_just_signs_out(signed_in, at):
    response = at(45, "/accounts/logout/", "post")

    assert response.status_code == 302
    assert "kept-form" not in response.url


def test_a_part_swapped_too_late_loads_the_whole_sign_in_page(signed_in, at):
    response = at(
        45,
        "/account/users/",
        **{"HX-Request": "true", "HX-Current-URL": "http://testserver/account/?filter=mine"},
    )

    assert response["HX-Redirect"] == "/accounts/login/?next=%2Faccount%2F%3Ffilter%3Dmine"


def test_a_part_asked_from_another_site_never_leads_back_there(signed_in, at):
    response = at(
        45,
        "/account/users/",
        **{"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/x"},
    )

    assert "elsewhere" not in response["HX-Redirect"]


def test_a_page_opened_before_signing_in_again_loses_nothing(manager, deputy):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)
    client.get(PROFILE)

    response = client.post(
        "/account/deputies/", form(deputy), headers={"Origin": "http://testserver"}
    )

    assert response.url == KEPT
    assert dict(client.get(KEPT).context["kept"].fields) == form(deputy)
    assert not Deputyship.objects.exists()


def test_a_form_from_another_site_is_refused_and_not_kept(manager, deputy):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)

    response = client.post(
        "/account/deputies/", form(deputy), headers={"Origin": "https://elsewhere.example"}
    )

    assert response.status_code == 403
    assert client.get(KEPT).status_code == 302


def test_the_frame_says_when_to_warn_and_where_to_say_that_one_is_still_here(signed_in, at):
    context = at(1).context

    assert (context["idle_seconds"], context["warn_seconds"]) == (1800, 300)
    assert context["keep_alive_url"] == KEEP_ALIVE


def test_the_key_of_unsent_words_survives_a_time_out_for_the_same_person(client, signed_in, at):
    before = at(1).context["draft_key"]
    at(45)
    sign_in_again(client, at, 46)

    assert before
    assert at(47).context["draft_key"] == before


def test_the_key_of_unsent_words_is_another_one_for_somebody_else(client, signed_in, at, deputy):
    before = at(1).context["draft_key"]
    at(45)
    client.force_login(deputy)
    at(46)

    assert at(47).context["draft_key"] not in {before, ""}


def test_the_key_of_unsent_words_ends_with_signing_out(client, signed_in, at):
    before = at(1).context["draft_key"]
    at(2, "/accounts/logout/", "post")
    sign_in_again(client, at, 3)

    assert at(4).context["draft_key"] != before


def test_changes_carry_who_made_them_and_the_request(client, administrator):
    client.force_login(administrator)
    person = UserFactory()

    response = client.post(
        reverse("accounts:assign_role", args=[person.pk]), {"role": "contact_officer"}
    )

    event = person.role_assignments.get().events.get()
    assert event.pgh_context.metadata["user"] == str(administrator.pk)
    assert event.pgh_context.metadata["request_id"] == response["X-Request-ID"]
