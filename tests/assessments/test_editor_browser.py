"""The editor in a real browser: nothing typed is lost, and nobody overwrites anybody."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts.choices import Role, TeamKind
from assessments.models import AssessmentText
from lib import application_clock
from tests.assessments.families import NAMES, family, started, visited
from tests.personas import member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page_of(
    contact_officer, mash_manager, assessment_team_manager, assessment_social_worker, live_server
):
    """The address of the eldest child's page in the editor, and the child."""
    now = application_clock.now()
    children = family(
        contact_officer,
        mash_manager,
        assessment_team_manager,
        assessment_social_worker,
        names=NAMES[:2],
        at=now - timedelta(hours=5),
    )
    assessment = started(children, assessment_team_manager, at=now - timedelta(hours=1))
    visited(
        children[0],
        assessment_social_worker,
        at=now - timedelta(minutes=50),
        words="“I ring Lina.”",
    )
    address = reverse("assessments:write_child", args=[assessment.pk, children[0].pk])
    return live_server.url + address, children[0]


def saved(page):
    page.locator("[data-save-state]", has_text="Saved").wait_for()


def words(key="voice"):
    return AssessmentText.objects.get(key=key).words


def test_the_editor_has_no_violations_and_fits_a_small_window(
    open_page, sign_in, axe, assessment_social_worker, page_of
):
    address, _child = page_of
    wrong = {}
    for width in (1280, 320):
        page = open_page(width=width)
        sign_in(page, assessment_social_worker)
        page.goto(address)
        if found := axe(page):
            wrong[width] = found
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong[f"{width} wide"] = True

    assert wrong == {}


def test_a_killed_browser_loses_nothing_typed(
    open_page, sign_in, assessment_social_worker, page_of
):
    address, child = page_of
    box = f"#id_child-{child.pk}-voice"
    page = open_page()
    sign_in(page, assessment_social_worker)
    page.goto(address)
    page.locator(box).press_sequentially("He showed me the milk")
    saved(page)
    assert words() == "He showed me the milk"
    # The server is gone while the last words are typed, and then so is the page.
    page.context.set_offline(True)
    page.locator(box).press_sequentially(" and how he warms it")
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('draft:'))")
    kept = page.evaluate("JSON.stringify(localStorage)")
    page.close(run_before_unload=False)

    again = page.context.new_page()
    again.context.set_offline(False)
    again.goto(address)
    again.get_by_text("We kept what you had written at").wait_for()

    assert "warms" not in kept  # on the computer the words are sealed
    assert again.input_value(box) == "He showed me the milk and how he warms it"
    saved(again)
    assert words() == "He showed me the milk and how he warms it"


def test_a_session_that_ends_while_typing_gives_the_words_back_after_signing_in(
    open_page, sign_in, assessment_social_worker, page_of
):
    address, child = page_of
    box = f"#id_child-{child.pk}-day"
    page = open_page()
    sign_in(page, assessment_social_worker)
    page.goto(address)
    Session.objects.all().delete()
    page.locator(box).press_sequentially("Up at six")
    page.locator("[data-save-state]", has_text="Your words are kept on this computer").wait_for()

    assert not AssessmentText.objects.exists()
    assert page.input_value(box) == "Up at six"


def test_two_writers_see_each_other_and_both_texts_are_kept(
    open_page, sign_in, assessment_social_worker, page_of
):
    address, child = page_of
    box = f"#id_child-{child.pk}-voice"
    pat = member("Pat Fixture", Role.PRACTICE_SUPERVISOR, TeamKind.ASSESSMENT)
    mine, theirs = open_page(), open_page()
    sign_in(mine, assessment_social_worker)
    sign_in(theirs, pat)
    mine.goto(address)
    theirs.goto(address)
    theirs.locator(box).press_sequentially("Words of Pat")
    saved(theirs)

    mine.locator(box).press_sequentially("Words of Femi")
    mine.locator("[data-save-state]", has_text="Both texts are kept").wait_for()

    assert words() == "Words of Pat"
    mine.get_by_role("link", name="See both").click()
    mine.get_by_text("Words of Femi").wait_for()
    mine.get_by_text("Words of Pat", exact=True).wait_for()
    mine.get_by_label("Keep both, one after the other").check()
    mine.get_by_role("button", name="Keep this").click()
    mine.get_by_text("The words that did not stay are in Versions").wait_for()
    assert words() == "Words of Pat\n\nWords of Femi"

    third = open_page()
    sign_in(third, member("Sana Mockett", Role.PRACTICE_SUPERVISOR, TeamKind.ASSESSMENT))
    third.goto(address)
    third.get_by_text("is writing here.").wait_for()
    assert third.locator(box).count() == 0
