"""Every shared piece of a page in a real browser: axe, narrow screens, and what the script does."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import clear_url_caches

from tests.lib import sheet_urls

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.urls("tests.lib.sheet_urls")]

WIDTHS = (1280, 390, 320)


@pytest.fixture(autouse=True)
def _sheets(settings: LazySettings) -> Iterator[None]:
    """Serve the sheets with their templates, and without the middleware that knows users."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], sheet_urls.SHEETS]
    templates[0]["OPTIONS"]["context_processors"] = [
        "django.template.context_processors.request",
        "django.contrib.messages.context_processors.messages",
    ]
    settings.TEMPLATES = templates
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
    settings.MIDDLEWARE = [
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "csp.middleware.CSPMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ]
    sheet_urls.SAVED.clear()
    clear_url_caches()
    yield
    clear_url_caches()


def sideways(page: Any) -> int:
    """Give by how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("sheet", ["lists/", "lists/?done=1", "asks/", "writes/"])
def test_sheet_has_no_violations_and_fits(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], width: int, sheet: str
):
    page = open_page(width=width)

    page.goto(f"/{sheet}")

    assert axe(page) == []
    assert sideways(page) <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_form_with_errors_has_no_violations_and_takes_focus(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], width: int
):
    page = open_page(width=width)
    page.goto("/asks/")

    page.get_by_role("button", name="Record decision").click()

    page.locator("#problems:focus").wait_for()
    assert page.title().startswith("Error: Decide what happens next")
    assert axe(page) == []
    assert sideways(page) <= 0


def test_error_link_leads_to_its_control(page: Any):
    page.goto("/asks/")
    page.get_by_role("button", name="Record decision").click()

    page.get_by_role("link", name="Choose In or Out for Safiya Testwood").click()

    assert page.evaluate("document.activeElement.id") == "id_inside_0"


def test_menu_folds_on_a_phone_and_opens(open_page: Callable[..., Any]):
    page = open_page(width=390)
    page.goto("/lists/")
    room = page.get_by_role("link", name="Oversight")
    menu = page.get_by_role("button", name="Menu")

    assert not room.is_visible()
    menu.click()

    assert room.is_visible()
    assert menu.get_attribute("aria-expanded") == "true"


def test_menu_stands_open_without_javascript(open_page: Callable[..., Any]):
    page = open_page(width=390, javascript=False)
    page.goto("/lists/")

    assert page.get_by_role("link", name="Oversight").is_visible()
    assert page.get_by_role("button", name="Sign out").is_visible()


def test_further_question_appears_with_its_answer(page: Any):
    page.goto("/asks/")
    question = page.get_by_label("Why it is not safe to ask")

    assert not question.is_visible()
    page.get_by_label("No, not safe").check()

    assert question.is_visible()


def test_further_questions_stand_open_without_javascript(plain_page: Any):
    plain_page.goto("/asks/")

    assert plain_page.get_by_label("Why it is not safe to ask").is_visible()


def test_arithmetic_opens_across_the_row(page: Any):
    page.goto("/lists/")
    words = page.get_by_text("Started Mon 9 March, 10:12 (day 0)")
    table = page.get_by_role("table").first

    assert not words.is_visible()
    page.get_by_text("How this is counted, Kacper Samplewski").click()

    assert words.is_visible()
    assert words.bounding_box()["width"] > table.bounding_box()["width"] * 0.9


@pytest.mark.parametrize("javascript", [True, False])
def test_row_is_added(open_page: Callable[..., Any], javascript: bool):
    page = open_page(javascript=javascript)
    page.goto("/asks/")
    page.get_by_label("What", exact=True).fill("Ring school")

    page.get_by_role("button", name="Add an action").click()

    boxes = page.get_by_label("What", exact=True)
    assert boxes.count() == 2
    assert boxes.first.input_value() == "Ring school"
    assert page.locator("#id_actions-TOTAL_FORMS").input_value() == "2"


def test_counter_appears_near_the_limit_and_keeps_the_text(page: Any):
    page.goto("/asks/")
    box = page.get_by_label("What we know")

    box.fill("x" * 95)
    assert page.get_by_text("5 characters left").is_visible()
    box.fill("x" * 103)

    assert page.get_by_text("3 characters too many").is_visible()
    assert box.input_value() == "x" * 103


def test_draft_saves_after_a_pause_and_says_so(page: Any):
    page.goto("/writes/")
    page.get_by_label("Family").press_sequentially("Testley")

    page.get_by_text("Saved 13:29:40").wait_for()

    assert sheet_urls.SAVED[-1]["family"] == "Testley"
    assert page.locator("#id_version").input_value() == "8"
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('draft:'))") == []


def test_draft_that_cannot_be_saved_is_kept_sealed_and_put_back(page: Any):
    page.goto("/writes/")
    page.route("**/save/", lambda route: route.abort())

    page.get_by_label("Family").fill("Mockford, Dummy Close")
    page.get_by_text("Your words are kept on this computer; we are trying again").first.wait_for()
    kept = page.evaluate("JSON.stringify(localStorage)")
    page.reload()

    page.get_by_text("We kept what you had written at").wait_for()
    assert "Mockford" not in kept
    assert page.get_by_label("Family").input_value() == "Mockford, Dummy Close"


def test_draft_is_dropped_on_signing_out(page: Any):
    page.goto("/writes/")
    page.route("**/save/", lambda route: route.abort())
    page.get_by_label("Family").fill("Mockford")
    page.wait_for_function("Object.keys(localStorage).some(k => k.startsWith('draft:'))")

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/lists/")

    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('draft:'))") == []


def test_clash_stops_saving_and_shows_both(page: Any):
    page.goto("/writes/")
    answer = {"clash": "Noor Placeholder has changed this since.", "url": "/lists/"}
    page.route("**/save/", lambda route: route.fulfill(status=409, json=answer))

    page.get_by_label("Family").fill("Mockford")

    link = page.get_by_role("link", name="See both")
    link.wait_for()
    assert link.get_attribute("href") == "/lists/"
    assert page.get_by_label("Family").input_value() == "Mockford"


def test_session_end_is_announced_and_can_be_put_off(page: Any):
    session = {"idle_seconds": 4, "warn_seconds": 3, "keep_alive_url": "/news/"}
    page.goto(f"/writes/?session={json.dumps(session)}")

    warning = page.get_by_text("You will be signed out at")
    warning.wait_for()
    page.get_by_role("button", name="Stay signed in").click()

    warning.wait_for(state="detached")
    page.get_by_text("You have been signed out").wait_for()
    link = page.get_by_role("link", name="Sign in again")
    assert "next=%2Fwrites%2F" in (link.get_attribute("href") or "")


def test_form_is_sent_once(page: Any):
    sent: list[str] = []
    page.goto("/writes/")
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.route("**/asks/", lambda route: route.fulfill(status=204))
    button = page.get_by_role("button", name="Record")

    button.evaluate("button => { button.click(); button.click(); }")
    page.wait_for_timeout(200)
    button.evaluate("button => button.click()")
    page.wait_for_timeout(200)

    assert sum(line.startswith("POST") and "/asks/" in line for line in sent) == 1
    assert button.get_attribute("aria-disabled") == "true"


def test_list_says_what_is_new_without_moving(page: Any):
    page.clock.install()
    page.goto("/lists/")
    first = page.get_by_role("link", name="Kacper Samplewski").first

    page.clock.run_for(16_000)

    page.get_by_text("3 new contacts since 13:02.").wait_for()
    assert page.get_by_role("link", name="Show 3 new").get_attribute("href") == "?new=3"
    assert page.get_by_text("2h 8m left").first.is_visible()
    assert first.is_visible()


def test_page_prints_without_its_frame(page: Any):
    page.goto("/lists/")

    page.emulate_media(media="print")

    assert page.get_by_text("This page is about children. Keep it with you").is_visible()
    assert not page.get_by_role("link", name="Oversight").is_visible()
    assert not page.get_by_role("button", name="Apply filter").is_visible()
    assert not page.get_by_role("link", name="Record a contact").is_visible()
