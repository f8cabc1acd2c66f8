"""A contact about three brothers and sisters, taken in with JavaScript and without."""

import re
from datetime import date, timedelta

import pytest

from cases.models import Contact, ContactPerson
from lib import application_clock
from people import actions as people_actions
from tests.mash.test_intake_tasks import aaliyah, receive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def known_brother(by):
    return people_actions.create_person(
        by=by,
        at=application_clock.now() - timedelta(days=30),
        is_child=True,
        given_name="Zain",
        family_name="Testwood",
        date_of_birth=date(2022, 2, 2),
        sex="M",
    )


def fill_date(page, name, day, month, year):
    for box, value in (("day", day), ("month", month), ("year", year)):
        page.fill(f"#id_{name}_{box}", str(value))


def take_in_three(page, live_server, known, check):
    """Write what came in, three children and their mother, and send it to the manager."""
    page.goto(live_server.url + "/mash/contacts/new/")
    check("What has come in")
    page.select_option("#id_channel", "phone")
    page.fill("#id_words", "Aaliyah came in quiet and asked to stay at lunch.")
    page.check("label:has-text('Somebody who gives their name')")
    page.fill("#id_referrer_name", "Olu Specimen")
    page.fill("#id_referrer_role", "Safeguarding lead")
    page.select_option("#id_source_code", "2A")
    page.get_by_role("button", name="Go on to the first child").click()

    page.fill("#id_given_name", "Aaliyah")
    page.fill("#id_family_name", "Testwood")
    page.check("#id_stage_0")
    fill_date(page, "date_of_birth", 14, 9, 2018)
    page.check("label:has-text('Lives in the household')")
    check("The first child")
    page.get_by_role("button", name="Record the contact").click()
    check("The task list")

    page.get_by_role("link", name="Add another child").click()
    page.fill("#id_given_name", "Zayn")
    page.fill("#id_family_name", "Testwood")
    page.check("#id_stage_0")
    fill_date(page, "date_of_birth", 2, 2, 2022)
    page.check("label:has-text('Lives in the household')")
    page.get_by_role("button", name="Look for this child").click()
    page.check(f"#match_{known.pk}")
    check("A child who may be known")
    page.get_by_role("button", name="Add this child").click()

    page.get_by_role("link", name="Add another child").click()
    page.check("#id_stage_1")
    page.check("label:has-text('She is named below')")
    page.fill("#id_mother_given_name", "Hana")
    page.fill("#id_mother_family_name", "Testwood")
    due = application_clock.today() + timedelta(days=90)
    fill_date(page, "expected_on", due.day, due.month, due.year)
    page.check("label:has-text('Lives in the household')")
    page.get_by_role("button", name="Look for this child").click()
    page.get_by_role("button", name="Add this child").wait_for()
    check("An unborn child")
    for name in ("match_new", "mother_match_new"):
        if page.locator(f"#{name}").count():
            page.check(f"#{name}")
    page.get_by_role("button", name="Add this child").click()

    page.get_by_role("link", name="Send to the manager").first.click()
    page.fill("#id_summary", "Asks to stay at school")
    page.check("#id_rag_1")
    page.fill("#id_rag_reason", "Worry about home, baby due")
    check("Send to the manager")
    page.get_by_role("button", name="Send to the manager").click()
    page.wait_for_selector("text=waits for the manager")


def assert_taken_in(known):
    contact = Contact.objects.get()
    rows = {row.person.name: row for row in contact.people.select_related("person")}
    assert contact.state == "awaiting_decision"
    assert rows["Zain Testwood"].person == known
    assert rows["Zain Testwood"].match == ContactPerson.Match.LINKED
    assert {row.person.stage for row in rows.values() if row.is_child} == {"born", "unborn"}
    assert rows["Hana Testwood"].is_child is False
    assert len(rows) == 4


@pytest.mark.parametrize("javascript", [True, False])
def test_three_children_are_taken_in(
    open_page, sign_in, axe, live_server, contact_officer, javascript
):
    known = known_brother(contact_officer)
    page = open_page(javascript=javascript)
    sign_in(page, contact_officer)
    wrong = {}

    def check(name):
        if javascript:
            found = axe(page)
            if found:
                wrong[name] = found

    take_in_three(page, live_server, known, check)

    assert_taken_in(known)
    assert wrong == {}


def test_candidates_appear_as_the_child_is_typed(open_page, sign_in, live_server, contact_officer):
    known_brother(contact_officer)
    page = open_page()
    sign_in(page, contact_officer)
    page.goto(live_server.url + "/mash/contacts/new/")
    page.select_option("#id_channel", "phone")
    page.fill("#id_words", "He has a bruise.")
    page.get_by_role("button", name="Go on to the first child").click()

    page.fill("#id_given_name", "Zayn")
    page.fill("#id_family_name", "Testwood")
    page.wait_for_selector("text=Which record is it?")

    assert page.locator("#candidates").inner_text().count("Zain Testwood") >= 1
    assert "Zayn" not in page.url
    assert page.evaluate("document.activeElement.id") == "id_family_name"

    page.focus("#match_new")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(1000)

    assert page.evaluate("document.activeElement.id") == "match_later"
    assert page.is_checked("#match_later")


PAGES = (
    "danger",
    "referrer",
    "parents",
    "category",
    "agreement",
    "lawful-basis",
    "domestic-abuse",
    "missing",
    "files",
    "links",
    "messages",
    "messages/split",
    "seal",
    "history",
    "information",
    "edt",
    "send",
    "adults/add",
    "household",
    "household/home",
    "household/member",
    "household/other",
    "household/address",
)


def test_pages_of_the_task_list_have_no_violations(
    open_page, sign_in, axe, live_server, contact_officer, mash_manager
):
    contact = receive(contact_officer, at=application_clock.now() - timedelta(minutes=9))
    page = open_page()
    sign_in(page, contact_officer)

    wrong = {}
    for name in PAGES:
        page.goto(f"{live_server.url}/mash/contacts/{contact.pk}/{name}/")
        if found := axe(page):
            wrong[name] = found
    row = contact.people.get()
    again = receive(
        contact_officer,
        aaliyah(person_id=row.person_id, given_name="Alia"),
        at=application_clock.now() - timedelta(minutes=5),
    )
    linked = again.people.get()
    for name, path in {
        "a person": f"{contact.pk}/people/{row.pk}/",
        "a linked person": f"{again.pk}/people/{linked.pk}/",
        "history": f"{again.pk}/history/",
        "links": f"{again.pk}/links/",
        "drafts": "new/unfinished/",
    }.items():
        page.goto(f"{live_server.url}/mash/contacts/{path}")
        if found := axe(page):
            wrong[name] = found
    page.goto(f"{live_server.url}/mash/contacts/new/")
    page.get_by_role("button", name="Go on to the first child").click()
    page.wait_for_selector(".govuk-error-summary")
    if found := axe(page):
        wrong["mistakes"] = found

    assert page.evaluate("document.activeElement.id") == "problems"
    assert wrong == {}


@pytest.mark.parametrize("width", [390, 320])  # a phone, and 1280 pixels at 400%
def test_pages_do_not_scroll_sideways_on_a_phone(
    open_page, sign_in, live_server, contact_officer, mash_manager, width
):
    contact = receive(contact_officer, at=application_clock.now() - timedelta(minutes=9))
    page = open_page(width=width, height=800)
    sign_in(page, contact_officer)

    wide = []
    for path in ("new", *(f"{contact.pk}/{name}" for name in ("tasks", *PAGES))):
        page.goto(f"{live_server.url}/mash/contacts/{path}/")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(re.sub(r"[0-9a-f-]{36}", "", path))

    assert wide == []
