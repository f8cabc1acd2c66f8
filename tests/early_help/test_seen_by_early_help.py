"""Early help staff have no statutory rights: what social care does stays out of their sight."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases import actions as case_actions
from cases.choices import Outcome
from cases.models import Contact, Handover, Referral
from lib import application_clock
from tests.early_help.helping import days
from tests.early_help.test_offer_pages import url
from tests.early_help.test_stepping import mash_decides, stepped_up
from tests.mash.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed_over(waits, early_help_coordinator, mash_manager, assessment_team_manager):
    """The family stepped up, referred, and accepted by the assessment team."""
    row = stepped_up(early_help_coordinator, waits, at=days(18))
    team = assessment_team_manager.managed_teams.get()
    mash_decides(mash_manager, row, Outcome.REFERRAL, at=days(18, hour=15), team=team)
    case_actions.accept(
        by=assessment_team_manager, at=days(19), handover_id=Handover.objects.get().pk
    )
    return waits


@pytest.mark.parametrize("is_coordinator", [True, False])
def test_neither_child_search_home_nor_address_shows_statutory_work(
    client, handed_over, early_help_coordinator, early_help_worker, is_coordinator
):
    child_id = handed_over.children.get().child_id
    contact = Contact.objects.get()
    client.force_login(early_help_coordinator if is_coordinator else early_help_worker)
    with application_clock.set_to(days(20)):
        child = text_of(client.get(reverse("cases:child", args=[child_id])))
        found = text_of(client.post(reverse("cases:search"), {"q": "Testwood"}, follow=True))
        home = text_of(client.get(reverse("cases:home")))
        early_help = text_of(client.get(url("first")))
        refused = [
            client.get(reverse(name, args=args)).status_code
            for name, args in (
                ("mash:board", []),
                ("mash:decide", [contact.pk]),
                ("cases:close_referral", [Referral.objects.get().pk]),
                ("cases:step_down", [Referral.objects.get().pk]),
            )
        ]
        answer = client.get(reverse("mash:contact", args=[contact.pk]))
        read, of_contact = answer.status_code, text_of(answer)

    assert "Aaliyah Testwood" in found
    for said in (child, found, home, early_help, of_contact):
        assert "Referral of" not in said
        assert "Referral accepted" not in said
        assert "section 47" not in said.lower()
    assert set(refused) == {403}
    assert read in ((200,) if is_coordinator else (403, 404))
    assert (contact.reference in child) is is_coordinator
    assert contact.reference not in home


def test_worker_no_longer_reads_the_episode_that_social_care_took(
    client, handed_over, early_help_worker
):
    type(handed_over).objects.filter(pk=handed_over.pk).update(asked_through=None)
    client.force_login(early_help_worker)
    with application_clock.set_to(days(20)):
        assert client.get(url("episode", handed_over.pk)).status_code == 404
        assert client.get(url("step_up", handed_over.pk)).status_code == 404
