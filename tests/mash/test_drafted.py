"""What is typed on any long page of a contact is kept while it is typed, and put back."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from cases.models import Contact, InformationRequest
from lib import application_clock
from mash.drafts import PAGES
from mash.models import Analysis, StrategyDiscussion
from record.models import Draft, FormToken, Note
from tests.access_table import ROWS
from tests.mash.board_cases import NOW, child, received
from tests.mash.pages import form, text_of
from tests.test_access import make_people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _thursday():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def contact(contact_officer):
    return received(contact_officer, child())


def forms_of(page: Any) -> Iterator[str]:
    yield from re.findall(r"<form\b.*?</form>", page.content.decode(), flags=re.S)


def saves_to(page: Any, *, holding: str = "") -> str:
    """Where the form of a page saves what is typed."""
    for each in forms_of(page):
        if holding in each and (found := re.search(r'data-autosave="([^"]+)"', each)):
            return found.group(1)
    raise AssertionError("This page keeps nothing that is typed.")


def type_in(client: Client, page: Any, *, holding: str = "", **typed: Any) -> Any:
    """Let the page save by itself what was typed, as the script does."""
    return client.post(saves_to(page, holding=holding), {"draft_version": "0", **typed})


@pytest.mark.slow
def test_every_long_form_of_a_contact_saves_what_is_typed(mash_manager):
    people = make_people()
    missing, seen = [], set()
    for name, row in ROWS.items():
        if not name.startswith("mash:") or not row.get or row.args is None:
            continue
        who = next(role for role in Role if role in row.get)
        client = Client()
        client.force_login(people[who])
        page = client.get(reverse(name, kwargs=row.args(people)), row.query)
        for each in forms_of(page):
            if "<textarea" in each:
                seen.add(name)
                if "data-autosave=" not in each:
                    missing.append(name)

    assert missing == []
    assert len(seen) > 30
    assert seen <= set(PAGES), "Say in mash/drafts.py what is typed there"


def test_words_saved_by_the_page_are_put_back_without_complaint(client, contact, mash_manager):
    client.force_login(mash_manager)
    address = reverse("mash:strategy", args=[contact.pk])

    type_in(client, client.get(address), reason="She is not safe", is_same_day="yes")
    page = client.get(address)

    assert "She is not safe" in page.content.decode()
    assert "What you had typed here today, 13:30 is back" in text_of(page)
    assert "There is a problem" not in text_of(page)
    ticked = re.findall(r"<input[^>]*\bchecked\b[^>]*>", page.content.decode())
    assert len(ticked) == 1
    assert 'name="is_same_day"' in ticked[0]


def test_recording_ends_the_draft(client, contact, mash_manager):
    client.force_login(mash_manager)
    address = reverse("mash:strategy", args=[contact.pk])
    type_in(client, client.get(address), reason="She is not safe")

    client.post(
        address,
        form(
            children=[str(contact.people.get().person_id)],
            reason="She is not safe",
            is_same_day="yes",
            chair=str(mash_manager.pk),
            draft_version="1",
        ),
    )
    page = client.get(address)

    assert StrategyDiscussion.objects.count() == 1
    assert Draft.objects.get().recorded_at is not None
    assert "She is not safe" not in page.content.decode()


def test_words_that_were_refused_are_kept_for_a_browser_that_dies(client, contact, mash_manager):
    client.force_login(mash_manager)
    address = reverse("mash:strategy", args=[contact.pk])

    refused = client.post(address, form(reason="She is not safe", draft_version="0"))
    page = client.get(address)

    assert "Choose the children the discussion is about" in text_of(refused)
    assert "She is not safe" in page.content.decode()


def test_recorded_and_never_heard_of_is_not_typed_again(client, contact, contact_officer):
    client.force_login(contact_officer)
    address = reverse("mash:contact_note", args=[contact.pk])
    typed = form(text="Rang school", children=[str(contact.people.get().person_id)])
    type_in(client, client.get(address), **typed)
    client.post(address, {**typed, "draft_version": "1"})
    Draft.objects.update(recorded_at=None)  # the server died between the note and the draft

    page = client.get(address)

    assert Note.objects.count() == 1
    assert FormToken.objects.filter(pk=typed["token"]).exists()
    assert "Rang school" not in page.content.decode()
    assert Draft.objects.get().recorded_at is not None


def test_words_put_back_and_sent_twice_are_recorded_once(client, contact, contact_officer):
    client.force_login(contact_officer)
    address = reverse("mash:contact_note", args=[contact.pk])
    typed = form(text="Rang school", children=[str(contact.people.get().person_id)])
    type_in(client, client.get(address), **typed)
    put_back = re.search(r'name="token" value="([^"]+)"', client.get(address).content.decode())

    answers = [
        client.post(address, {**typed, "token": put_back.group(1), "draft_version": "1"})
        for _twice in range(2)
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Note.objects.count() == 1
    assert not Draft.objects.filter(recorded_at=None).exists()


def test_draft_put_back_after_a_colleague_changed_it_meets_the_clash(
    client, contact, contact_officer, mash_manager
):
    client.force_login(contact_officer)
    address = reverse("mash:contact_parents", args=[contact.pk])
    mine = {"do_parents_know": "yes", "parents_know_note": "Mine", "version": contact.version}
    type_in(client, client.get(address), **mine)
    other = Client()
    other.force_login(mash_manager)
    other.post(address, {**mine, "parents_know_note": "Theirs", "draft_version": "0"})

    page = client.get(address)
    version = re.search(r'name="version" value="(\d+)"', page.content.decode()).group(1)
    answer = client.post(address, {**mine, "version": version, "draft_version": "1"})

    assert "Mine" in page.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in text_of(answer)
    assert "Mine" in answer.content.decode()
    assert Contact.objects.get().parents_know_note == "Theirs"


def test_two_forms_of_one_page_keep_their_own_words(client, contact, contact_officer):
    client.force_login(contact_officer)
    address = reverse("mash:contact_messages", args=[contact.pk])
    page = client.get(address)
    type_in(client, page, holding='id="part_note"', note="About the uncle", label="Page 2")
    type_in(client, page, holding='name="words"', words="He rang again")

    refused = client.post(address, form(do_part="1", note="", label="", draft_version="1"))
    page = client.get(address)

    assert "He rang again" in refused.content.decode()
    assert "He rang again" in page.content.decode()


def test_analysis_of_one_child_is_not_put_into_another(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child(), child("Zayn"))
    one, other = (
        reverse("mash:analyse", args=[contact.pk, row.person_id])
        for row in contact.people.order_by("position")
    )
    client.force_login(mash_social_worker)
    type_in(client, client.get(one), harm="A slap")

    assert "A slap" in client.get(one).content.decode()
    assert "A slap" not in client.get(other).content.decode()
    assert not Analysis.objects.exists()


def test_draft_is_kept_and_left_without_javascript(client, contact, contact_officer):
    client.force_login(contact_officer)
    address = reverse("mash:contact_information", args=[contact.pk])

    left = client.post(
        address, form(what="Her address", keep_draft="1", draft_version="0"), follow=True
    )
    page = client.get(address)

    assert "Draft kept. Nothing has been recorded yet." in text_of(left)
    assert "Her address" in page.content.decode()
    assert not InformationRequest.objects.exists()


def test_home_lists_what_was_begun_with_a_link(client, contact, contact_officer):
    client.force_login(contact_officer)
    address = reverse("mash:contact_information", args=[contact.pk])
    type_in(client, client.get(address), what="Her address")

    home = client.get(reverse("cases:home"))

    assert f'<a href="{address}">A question about what is missing</a>' in home.content.decode()


def test_draft_thrown_away_is_gone(client, contact, contact_officer):
    client.force_login(contact_officer)
    address = reverse("mash:contact_information", args=[contact.pk])
    type_in(client, client.get(address), what="Her address")
    drop = re.search(r'formaction="([^"]+/drop/)"', client.get(address).content.decode()).group(1)

    page = client.post(drop, follow=True)

    assert page.request["PATH_INFO"] == address
    assert "Her address" not in page.content.decode()
    assert not Draft.objects.exists()


def test_draft_of_somebody_else_is_not_shown(client, contact, contact_officer, mash_manager):
    client.force_login(contact_officer)
    address = reverse("mash:contact_information", args=[contact.pk])
    type_in(client, client.get(address), what="Her address")
    client.force_login(mash_manager)

    assert "Her address" not in client.get(address).content.decode()


def test_agency_answer_is_kept_while_it_is_typed(client, mash_manager):
    people = make_people()
    client.force_login(people[Role.PARTNER_AGENCY])
    with application_clock.set_to(NOW + timedelta(hours=1)):
        row = ROWS["mash:agency_check"]
        address = reverse("mash:agency_check", kwargs=row.args(people))
        type_in(client, client.get(address), information="Two bruises seen")

        assert "Two bruises seen" in client.get(address).content.decode()
