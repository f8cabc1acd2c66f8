"""The triage board in a browser: it says what is new, moves nothing and takes no focus."""

from datetime import timedelta

import pytest

from cases import actions as case_actions
from cases.choices import Channel
from cases.models import Contact
from lib import application_clock
from mash import actions
from tests.mash.board_cases import child, received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = ".fd-who a"


@pytest.fixture
def opened(page, sign_in, live_server, contact_officer, mash_manager):
    """The board with two contacts, its refreshing sped up and its first link focused."""
    now = application_clock.now()
    received(contact_officer, child("Kacper", "Samplewski"), at=now - timedelta(hours=3))
    received(contact_officer, child("Norah", "Mockford"), at=now - timedelta(hours=2))
    sign_in(page, mash_manager)
    page.goto(live_server.url + "/mash/board/?clear=1")
    return page


def look_again(page):
    """Let the page ask for news now, as it does each minute."""
    with page.expect_response(lambda answer: "/mash/board/news/" in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_board_has_no_violations_and_is_reached_by_keyboard(opened, axe):
    page = opened

    assert axe(page) == []
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 40)"))
    for stop in ("Skip to main content", "Apply filter", "Kacper Samplewski", "Norah Mockford"):
        assert stop in reached
    assert any(words.startswith("Claim and") for words in reached)
    first, second = page.locator(NAMES).all_inner_texts()
    assert reached.index(first) < reached.index(second)


def arrive(by, rag):
    """A contact typed in this moment."""
    fresh = case_actions.receive(
        by=by,
        at=application_clock.now(),
        channel=Channel.PHONE,
        words="She is hurt.",
        people=[child("Freya", "Testwood")],
    )
    actions.rate(by=by, at=application_clock.now(), contact_id=fresh.pk, rag=rag, reason="Injury")


def test_new_contact_is_told_and_nothing_moves(opened, contact_officer):
    page = opened
    page.focus(f"{NAMES} >> nth=1")
    before = page.locator(NAMES).all_inner_texts()

    arrive(contact_officer, "amber")
    look_again(page)
    page.wait_for_selector("text=1 new contact since")

    assert page.locator(NAMES).all_inner_texts() == before
    assert page.evaluate("document.activeElement.textContent") == before[1]


def test_rows_decided_or_claimed_elsewhere_say_so_and_nothing_moves(
    opened, axe, contact_officer, second_mash_manager
):
    page = opened
    decided, claimed = (
        Contact.objects.get(people__person__given_name=name) for name in ("Kacper", "Norah")
    )
    rows = page.locator("tr[data-row]")
    tops = [rows.nth(place).bounding_box()["y"] for place in range(2)]
    page.focus(f"tr[data-row='{claimed.pk}'] [data-live=next] button")

    case_actions.void(
        by=second_mash_manager,
        at=application_clock.now(),
        contact_id=decided.pk,
        reason="Sent twice",
    )
    case_actions.claim(by=contact_officer, at=application_clock.now(), contact_id=claimed.pk)
    look_again(page)
    gone = page.locator(f"tr[data-row='{decided.pk}'].fd-row--gone")
    gone.wait_for()

    assert gone.locator("[data-live=next]").inner_text().startswith("Made void, ")
    row = page.locator(f"tr[data-row='{claimed.pk}']")
    assert contact_officer.full_name in row.locator("[data-live=claimed]").inner_text()
    assert "Claim and" in row.locator("[data-live=next]").inner_text()  # focus stands in it
    assert page.evaluate("document.activeElement.textContent").startswith("Claim and")
    assert [rows.nth(place).bounding_box()["y"] for place in range(2)] == tops
    assert axe(page) == []

    page.focus("h1 >> xpath=following::a[1]")
    look_again(page)
    page.wait_for_selector(f"tr[data-row='{claimed.pk}'] [data-live=next] a")
    assert page.locator("tr[data-row]").count() == 2


def test_red_contact_is_announced_and_shown_when_asked(opened, contact_officer):
    page = opened

    arrive(contact_officer, "red")
    look_again(page)
    page.wait_for_selector("text=1 new contact since")

    assert "1 red contact, due" in page.inner_text("[data-refresh-words]")
    assert page.locator("text=Freya Testwood").count() == 0
    page.click("text=Show 1 new")
    page.wait_for_selector("#new >> text=Freya Testwood")
    assert page.locator("#new .fd-tag--news").first.inner_text() == "New"


def test_board_works_without_javascript(
    plain_page, sign_in, live_server, contact_officer, mash_manager
):
    page = plain_page
    contact = received(
        contact_officer,
        child("Kacper", "Samplewski"),
        at=application_clock.now() - timedelta(hours=3),
    )
    sign_in(page, mash_manager)
    page.goto(live_server.url + "/mash/board/?clear=1")

    page.check("text=Not rated yet")
    page.click("text=Apply filter")
    page.wait_for_url("**rag=none**")
    page.click("text=Claim and")
    page.wait_for_url(f"{live_server.url}/mash/contacts/{contact.pk}/**")
    contact.refresh_from_db()
    assert contact.claimed_by == mash_manager


def test_contact_has_no_violations_on_a_phone(
    open_page, sign_in, axe, live_server, contact_officer, mash_manager
):
    contact = received(
        contact_officer,
        child("Kacper", "Samplewski"),
        at=application_clock.now() - timedelta(hours=3),
    )
    page = open_page(width=390)
    sign_in(page, mash_manager)

    for address in (f"/mash/contacts/{contact.pk}/", "/mash/board/?clear=1"):
        page.goto(live_server.url + address)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
