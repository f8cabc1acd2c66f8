import os
import uuid

import pytest
from django.urls import reverse

from accounts.choices import Role
from people import actions
from tests.people.families import AT, mockfords
from tests.personas import person as somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def picture(page, name):
    folder = os.environ.get("SFD_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def fits(page):
    """Say whether nothing but a picture in its frame is wider than the page."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def family(transactional_db, mash_social_worker):
    return mockfords(mash_social_worker)


def address(name, person, **more):
    return reverse(f"people:{name}", kwargs={"person_id": person.pk, **more})


@pytest.mark.parametrize("width", [1280, 390])
def test_details_page_is_accessible_and_fits(
    open_page, sign_in, axe, family, mash_manager, mash_social_worker, width
):
    actions.add_name(
        by=mash_social_worker,
        at=AT,
        person_id=family.jayden.pk,
        kind="known_as",
        given_name="Jay",
        source="family",
    )
    actions.raise_possible_duplicate(
        by=mash_social_worker, at=AT, person_id=family.jayden.pk, other_id=family.tyler.pk
    )
    page = open_page(width=width)
    sign_in(page, mash_manager)

    page.goto(address("person", family.jayden))

    picture(page, f"person-{width}")
    assert axe(page) == []
    assert fits(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_restricted_page_is_accessible_and_fits(
    open_page, sign_in, axe, family, mash_manager, mash_social_worker, width
):
    owner = somebody("Paul Prototype", Role.HEAD_OF_SERVICE)
    actions.restrict(
        by=mash_manager,
        at=AT,
        person_id=family.jayden.pk,
        owner_id=owner.pk,
        reason="A relative works here",
    )
    page = open_page(width=width)
    sign_in(page, mash_social_worker)
    page.goto(address("person", family.jayden))

    page.get_by_label("Why you need it now").fill("Need access")
    page.get_by_role("button", name="Open for 60 minutes").click()

    page.get_by_role("heading", name="There is a problem").wait_for()
    picture(page, f"restricted-{width}")
    assert axe(page) == []
    assert fits(page)


@pytest.mark.parametrize(
    "name", ["edit_details", "add_address", "add_member", "restrict", "hazards", "state_date"]
)
def test_one_thing_pages_are_accessible_with_errors(page, sign_in, axe, family, mash_manager, name):
    sign_in(page, mash_manager)
    page.goto(address(name, family.jayden))

    page.locator("main form button.govuk-button").last.click()

    page.locator(".govuk-error-summary").wait_for()
    picture(page, name)
    assert axe(page) == []


def test_known_person_is_offered_without_javascript(
    plain_page, sign_in, axe, family, mash_social_worker
):
    page = plain_page
    sign_in(page, mash_social_worker)
    page.goto(address("add_member", family.jayden))
    page.get_by_label("First name (optional)").fill("Tyler")
    page.get_by_label("Surname (optional)").fill("Stubs")
    page.get_by_label("Male", exact=True).check()
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("What they are to Jayden Mockford").select_option("step_sibling")
    page.get_by_label("A child who stays some nights").check()

    page.get_by_role("button", name="Continue").click()
    page.locator("input[name=chosen]").first.wait_for()
    picture(page, "candidates")
    page.locator("input[name=chosen]").first.check()
    page.get_by_role("button", name="Record this").click()

    page.get_by_text("Family member recorded").wait_for()
    picture(page, "joined")
    assert str(uuid.UUID(str(family.tyler.pk))) in page.content()


def test_duplicate_page_is_accessible(page, sign_in, axe, family, mash_manager):
    asked = actions.raise_possible_duplicate(
        by=mash_manager, at=AT, person_id=family.jayden.pk, other_id=family.tyler.pk
    )
    sign_in(page, mash_manager)

    page.goto(reverse("people:settle_duplicate", args=[asked.pk]))

    picture(page, "duplicate")
    assert axe(page) == []
