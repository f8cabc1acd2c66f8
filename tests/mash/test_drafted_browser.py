"""Words typed on a page of a contact, in a browser that goes away."""

from datetime import timedelta

import pytest

from lib import application_clock
from mash.models import StrategyDiscussion
from record.models import Draft
from tests.mash.board_cases import child, received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_words_survive_a_browser_that_is_closed(
    page, sign_in, axe, live_server, contact_officer, mash_manager
):
    contact = received(contact_officer, child(), at=application_clock.now() - timedelta(hours=3))
    address = f"{live_server.url}/mash/contacts/{contact.pk}/strategy-discussion/"
    sign_in(page, mash_manager)
    page.goto(address)
    page.fill("#id_reason", "She is not safe")
    page.wait_for_selector("text=Saved ")
    assert axe(page) == []
    page.fill("#id_reason", "She is not safe at home")
    browser = page.context
    page.close()  # within the pause before the next save

    page = browser.new_page()
    page.goto(address)
    page.wait_for_function("document.querySelector('#id_reason').value.endsWith('at home')")
    assert axe(page) == []
    page.check("label:has-text('Aaliyah Testwood')")
    page.check("#id_is_same_day_0")
    page.select_option("#id_chair", str(mash_manager.pk))
    page.get_by_role("button", name="Call the discussion").click()
    page.wait_for_selector("text=The strategy discussion is on")

    assert StrategyDiscussion.objects.get().reason == "She is not safe at home"
    assert not Draft.objects.filter(recorded_at=None).exists()
    page.goto(address)
    assert page.input_value("#id_reason") == ""
