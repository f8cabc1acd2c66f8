"""The day of three people: from a phone call about three children to an accepted handover.

Played once with JavaScript and once without. Every page on the way is looked at with axe, and at
a width of 320 pixels nothing scrolls sideways.
"""

import pytest

from cases.choices import HandoverState, Outcome
from cases.models import Contact, Handover, Responsibility
from mash.models import Decision
from tests.factories.accounts import PartnerAgencyFactory
from tests.mash.test_intake_browser import known_brother, take_in_three

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Day:
    """One browser, one person at a time, and what was found wrong on the way."""

    def __init__(self, page, live_server, axe, has_javascript):
        self.page = page
        self.base = live_server.url
        self.axe = axe
        self.has_javascript = has_javascript
        self.wrong = {}

    def look(self, name):
        """Let axe look, and see that a narrow window does not scroll sideways."""
        if not self.has_javascript:
            return
        if found := self.axe(self.page):
            self.wrong[name] = found
        self.page.set_viewport_size({"width": 320, "height": 800})
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            self.wrong[f"{name}, at 320 pixels"] = wide
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def go(self, path, name):
        self.page.goto(self.base + path)
        self.look(name)

    def press(self, words):
        self.page.get_by_role("button", name=words, exact=True).click()

    def follow(self, words):
        self.page.get_by_role("link", name=words).first.click()


def gather(day, contact, agency):
    """The MASH social worker rates, opens the enquiry, asks, hears, analyses."""
    page = day.page
    day.go("/mash/board/", "the board")
    day.go(f"/mash/contacts/{contact.pk}/", "the contact")
    day.go(f"/mash/contacts/{contact.pk}/rate/", "urgency")
    page.get_by_label("Red").check()
    page.get_by_label("Why", exact=True).fill("Injury to a pregnant mother; child present")
    day.press("Record the urgency")
    day.go(f"/mash/contacts/{contact.pk}/agreement/", "agreement")
    for name, value in (
        ("asked_as", "parent_with_pr"),
        ("scope", "checks"),
        ("state", "given"),
        ("how", "spoken"),
    ):
        page.locator(f"input[name={name}][value={value}]").check()
    page.locator("#id_to_what").fill("Asking police and health")
    page.locator("main form button.govuk-button:not([name=keep_draft])").last.click()
    day.go(f"/mash/contacts/{contact.pk}/lawful-basis/", "lawful basis")
    page.locator("input[name=basis][value=public_task]").check()
    page.locator("input[name=special][value=safeguarding]").check()
    page.locator("main form button.govuk-button:not([name=keep_draft])").last.click()
    day.go(f"/mash/contacts/{contact.pk}/enquiry/", "opening the enquiry")
    page.locator("#id_question").fill("Is it a single event, or how they live?")
    day.press("Open the enquiry")
    enquiry = contact.enquiries.get()
    day.go(f"/mash/enquiries/{enquiry.pk}/ask/", "asking agencies")
    page.get_by_label(agency.name).first.check()
    page.locator(f"#id_why_{agency.pk}").fill("History of violence at the address")
    for box in page.locator("input[name=children]").all():
        box.check()
    day.press("Ask these agencies")
    check = enquiry.checks.get()
    day.go(f"/mash/checks/{check.pk}/answer/", "an agency's answer")
    page.locator("input[name=state][value=returned]").check()
    page.locator("#id_author").fill("Sgt Proto")
    page.locator("#id_information").fill("Two call-outs in 2023, no charge.")
    page.locator("input[name=reliability][value=fact]").check()
    page.locator("input[name=sharing][value=not_family]").check()
    if page.locator("#id_how").count():
        page.locator("#id_how").fill("Phone")
    day.press("Record the answer")
    day.go(f"/mash/enquiries/{enquiry.pk}/finish/", "going on to the analysis")
    if page.get_by_role("button", name="Go on to the analysis").count():
        day.press("Go on to the analysis")
    children = contact.people.filter(is_child=True).order_by("position")
    for number, row in enumerate(children):
        day.go(f"/mash/contacts/{contact.pk}/analysis/{row.person_id}/", "an analysis")
        for name in ("harm", "likelihood", "protective", "history", "unknown"):
            page.locator(f"#id_{name}").fill(f"What we think of {name}, child {number}")
        page.locator("input[name=recommended_level][value='4a']").check()
        day.press("Record the analysis")
    day.go(f"/mash/contacts/{contact.pk}/", "the contact, analysed")
    day.press("Put it before the manager")


def decide(day, contact, team):
    """The MASH manager sees the red contact and decides for each child."""
    page = day.page
    day.go("/", "home of the manager")
    day.go(f"/mash/contacts/{contact.pk}/", "the contact, for the manager")
    day.press("I have seen this")
    day.go(f"/mash/contacts/{contact.pk}/decide/", "the decision")
    day.press("Record decision")
    assert "Choose In or Out for" in page.locator(".govuk-error-summary").inner_text()
    day.look("the decision, with errors")
    for row in contact.people.filter(is_child=True):
        one = f"child-{row.person_id}"
        page.locator(f"input[name={one}-is_in][value=in]").check()
        page.select_option(f"#id_{one}-level", "4a")
        page.select_option(f"#id_{one}-outcome", Outcome.REFERRAL)
        if not page.locator(f"#id_{one}-to_team").is_visible():
            page.locator(f"section:has(#id_{one}-why) summary").click()
        page.select_option(f"#id_{one}-to_team", str(team.pk))
        page.select_option(f"#id_{one}-primary_need", "N1")
        page.fill(f"#id_{one}-why", f"Needs somebody to see them. {row.position}")
    page.fill("#id_know", "Aaliyah told school; police hold two call-outs.")
    page.fill("#id_worries", "Repeat violence in pregnancy.")
    page.fill("#id_protects", "Aaliyah trusts her teacher.")
    page.fill("#id_alternative", "Early help would be too slow.")
    day.press("Record decision")
    page.wait_for_selector("text=Decision recorded at")
    day.look("the decision, recorded")


def accept(day, handover):
    """The receiving manager accepts: from now on that team holds the children."""
    day.go("/handovers/", "offered work")
    day.go(f"/handovers/{handover.pk}/", "an offer")
    day.page.locator("input[name=answer][value=accept]").check()
    day.press("Record answer")
    day.page.wait_for_selector("text=is responsible from now on")
    day.look("referrals")


@pytest.mark.parametrize("javascript", [True, False])
def test_three_people_take_a_call_to_an_accepted_handover(
    open_page,
    sign_in,
    axe,
    live_server,
    contact_officer,
    mash_social_worker,
    mash_manager,
    assessment_team_manager,
    javascript,
):
    known = known_brother(contact_officer)
    agency = PartnerAgencyFactory(name="Police, MASH desk")
    team = assessment_team_manager.managed_teams.get()
    page = open_page(javascript=javascript)
    day = Day(page, live_server, axe, javascript)

    sign_in(page, contact_officer)
    take_in_three(page, live_server, known, day.look)
    contact = Contact.objects.get()
    sign_in(page, mash_social_worker)
    gather(day, contact, agency)
    sign_in(page, mash_manager)
    decide(day, contact, team)
    handover = Handover.objects.get()
    sign_in(page, assessment_team_manager)
    accept(day, handover)
    day.go(f"/children/{known.pk}/", "a child's page")

    handover.refresh_from_db()
    assert handover.state == HandoverState.ACCEPTED
    assert Decision.objects.get().children.filter(is_in=True).count() == 3
    holders = Responsibility.objects.filter(to_at=None).values_list("manager", flat=True)
    assert set(holders) == {assessment_team_manager.pk}
    assert len(holders) == 3
    assert day.wrong == {}
