"""Pages on which a family is stepped up, answered for and disputed, without any script."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases.choices import Outcome
from cases.models import ChangeOfCircumstance, Contact
from early_help import actions
from early_help.models import SafeCheck, StepUp
from lib import application_clock
from tests.early_help.helping import count_queries, days, worse
from tests.early_help.test_offer_pages import url
from tests.early_help.test_offers import declined
from tests.early_help.test_stepping import STEPPED, mash_decides, stepped_up
from tests.mash.pages import form, moment, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_work(client, early_help_coordinator, mash_manager, _typed_later):
    """The coordinator's browser, on the 20th working day of the wait."""
    client.force_login(early_help_coordinator)
    with application_clock.set_to(days(20)):
        yield client


def sent_form(**more):
    return form(**{**STEPPED, "is_urgent": "no", **more})


def test_unsafe_decline_leads_to_the_step_up_page_with_its_reason(
    at_work, waits, early_help_worker
):
    declined(early_help_worker, waits)

    page = at_work.post(
        url("decide_decline", waits.pk),
        form(safe="step_up", why="The father is back."),
        follow=True,
    )
    asked = text_of(at_work.get(url("episode", waits.pk)))
    done = text_of(at_work.post(url("step_up", waits.pk), sent_form(), follow=True))

    assert page.redirect_chain[-1][0] == url("step_up", waits.pk)
    assert "The father is back." in page.content.decode()
    assert "You decided that it is not safe to close" in asked
    assert f"Before the MASH as contact {Contact.objects.get().reference}" in done
    assert "Early help stays responsible until an assessment team has accepted" in done
    assert "Go on helping" in done


def test_step_up_page_asks_for_everything(at_work, waits):
    said = text_of(at_work.post(url("step_up", waits.pk), form()))

    assert "Say what the new concern is, and for whom" in said
    assert "Say what has been tried so far" in said
    assert "Choose what the parents say of it" in said
    assert "Choose whether a child is in danger now" in said
    assert not StepUp.objects.exists()


def test_contact_leads_to_the_record_behind_it_and_the_board_marks_it(
    at_work, client, waits, early_help_coordinator, mash_manager
):
    row = stepped_up(early_help_coordinator, waits, at=days(20, hour=9))
    client.force_login(mash_manager)

    contact = client.get(reverse("mash:contact", args=[row.contact_id]))
    board = text_of(client.get(reverse("mash:board")))
    decide = text_of(client.get(reverse("mash:decide", args=[row.contact_id])))

    assert url("episode", waits.pk) in contact.content.decode()
    assert "Step-up from early help" in text_of(contact)
    assert "Stepped up from early help: Aaliyah has bruises" in board
    assert "What early help should do" in decide


def test_worker_proposes_and_the_coordinator_answers_on_their_pages(
    at_work, client, waits, early_help_worker, early_help_coordinator
):
    client.force_login(early_help_worker)
    proposed = text_of(client.post(url("step_up", waits.pk), sent_form(), follow=True))
    client.force_login(early_help_coordinator)
    home = text_of(client.get(reverse("cases:home")))
    empty = text_of(client.post(url("step_up_answer", waits.pk), form(answer="no")))
    answered = text_of(
        client.post(
            url("step_up_answer", waits.pk), form(answer="no", note="Visit today"), follow=True
        )
    )

    assert "Proposed. Erin Mockford decides" in proposed
    assert "Lena Specimen asks to step them up" in home
    assert "Say why not, and what to do instead" in empty
    assert "not stepped up. Visit today" in answered


def test_refusal_is_read_disputed_and_settled_on_their_pages(
    at_work, client, waits, early_help_coordinator, mash_manager, head_of_service
):
    row = stepped_up(early_help_coordinator, waits, at=days(19))
    mash_decides(mash_manager, row, Outcome.ADVICE, at=days(19, hour=15), should_do="Visit weekly.")

    refused = text_of(at_work.get(url("episode", waits.pk)))
    put = text_of(
        at_work.post(
            url("step_up_escalate", waits.pk),
            form(to=str(head_of_service.pk), why="Not enough"),
            follow=True,
        )
    )
    client.force_login(head_of_service)
    home = text_of(client.get(reverse("cases:home")))
    asked = text_of(client.get(url("step_up_settle", waits.pk)))
    settled = text_of(
        client.post(
            url("step_up_settle", waits.pk),
            form(decide_again="yes", answer="Weigh it"),
            follow=True,
        )
    )

    assert "The MASH takes nothing on" in refused
    assert "Visit weekly." in refused
    assert "Put the MASH’s refusal to a senior manager" in refused
    assert "Put to Helen Dummyfield, who has been told." in put
    assert "disputes the MASH’s refusal of a step-up" in home
    assert "Not enough" in asked
    assert "The contact is on the MASH board again." in settled


def test_safe_check_page_leads_to_a_step_up_or_logs_a_change(
    at_work,
    waits,
    early_help_coordinator,
    mash_manager,
    assessment_team_manager,
):
    child_id = waits.children.get().child_id
    typed = form(
        means="phone",
        reached="yes",
        spoke_to="Hana",
        found="worse",
        what_changed="The father has moved back in.",
        **{f"risk_{child_id}": "high", f"why_{child_id}": "He hit her before"},
        **moment("2 2 2026", "10:00"),
    )
    assert "Log a change of circumstance" not in text_of(at_work.get(url("safe_check", waits.pk)))

    up = at_work.post(url("safe_check", waits.pk), {**typed, "follows": "step_up"}, follow=True)
    assert up.redirect_chain[-1][0] == url("step_up", waits.pk)
    assert "The father has moved back in." in up.content.decode()
    row = stepped_up(early_help_coordinator, waits, at=days(20))
    mash_decides(
        mash_manager,
        row,
        Outcome.REFERRAL,
        at=days(20),
        team=assessment_team_manager.managed_teams.get(),
    )
    again = {**typed, "token": "", "follows": "change"}
    unsaid = text_of(at_work.post(url("safe_check", waits.pk), again))
    done = text_of(
        at_work.post(url("safe_check", waits.pk), {**again, "change_code": "COC-04"}, follow=True)
    )

    assert "Choose what happened" in unsaid
    assert "What followed: A change of circumstance" in done
    assert (
        ChangeOfCircumstance.objects.get().source_id
        == SafeCheck.objects.get(answer__led_to="change").pk
    )


def test_coordinator_answers_a_workers_check_by_a_step_up(
    at_work, waits, early_help_worker, early_help_coordinator
):
    check = actions.record_safe_check(by=early_help_worker, at=days(18), **worse(waits))

    asked = at_work.get(url("answer_check", waits.pk, check.pk)).content.decode()
    at_work.post(url("step_up", waits.pk), sent_form())
    done = text_of(at_work.get(url("episode", waits.pk)))

    assert url("step_up", waits.pk) in asked
    assert "What followed: A contact: stepped up" in done


def test_early_help_worker_sees_the_answer_and_not_the_contact(
    at_work, client, waits, early_help_worker, early_help_coordinator, mash_manager
):
    row = stepped_up(early_help_worker, waits, at=days(19), is_urgent=True)
    mash_decides(mash_manager, row, Outcome.ADVICE, at=days(19, hour=15), should_do="Visit weekly.")
    client.force_login(early_help_worker)

    said = text_of(client.get(url("episode", waits.pk)))

    assert "Visit weekly." in said
    assert Contact.objects.get().reference not in said
    assert client.get(reverse("mash:contact", args=[row.contact_id])).status_code in (403, 404)


def test_episode_page_takes_no_more_queries_for_more_step_ups(
    at_work, waits, early_help_coordinator, mash_manager
):
    row = stepped_up(early_help_coordinator, waits, at=days(18))
    mash_decides(mash_manager, row, Outcome.ADVICE, at=days(18, hour=15), should_do="Visit.")
    page = url("episode", waits.pk)
    count_queries(at_work, page)
    once = count_queries(at_work, page)
    row = stepped_up(early_help_coordinator, waits, at=days(19))
    mash_decides(mash_manager, row, Outcome.ADVICE, at=days(19, hour=15), should_do="Visit.")

    assert count_queries(at_work, page) <= once
