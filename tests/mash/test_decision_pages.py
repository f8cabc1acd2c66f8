"""The decision pages through the client: what is kept, what is refused, what is shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from cases import actions as case_actions
from cases.choices import Outcome
from cases.stated import Stated
from lib import application_clock
from mash import actions
from mash.actions import intake
from mash.models import Decision
from record.models import Draft
from tests.mash.test_decision import MORNING, REASONS, decide, lines, receive

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(datetime(2026, 3, 12, 14, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def contact(contact_officer):
    return receive(contact_officer)


def answers(contact, **changes):
    filled = {
        "contact_version": contact.version,
        "actions-TOTAL_FORMS": "1",
        "actions-INITIAL_FORMS": "0",
        **REASONS,
    }
    for row in contact.people.filter(is_child=True):
        filled |= {
            f"child-{row.person_id}-is_in": "in",
            f"child-{row.person_id}-level": "1",
            f"child-{row.person_id}-outcome": Outcome.ADVICE,
            f"child-{row.person_id}-why": f"Asked for advice {row.position}",
        }
    return filled | changes


def test_decide_records_and_leads_to_the_decision(client, contact, mash_manager):
    client.force_login(mash_manager)

    answer = client.post(reverse("mash:decide", args=[contact.pk]), answers(contact))

    assert answer.status_code == 302
    assert answer["Location"] == reverse("mash:decision", args=[Decision.objects.get().pk])


def test_decide_names_every_child_and_keeps_what_was_typed(client, contact, mash_manager):
    client.force_login(mash_manager)

    page = client.post(
        reverse("mash:decide", args=[contact.pk]),
        {
            "know": "Kept words",
            "contact_version": contact.version,
            "actions-TOTAL_FORMS": "1",
            "actions-INITIAL_FORMS": "0",
        },
    ).content.decode()

    assert "Choose In or Out for Aaliyah Testwood" in page
    assert "Choose In or Out for Zayna Testwood" in page
    assert "Kept words" in page
    assert not Decision.objects.exists()


def test_second_manager_is_told_who_decided_and_keeps_the_words(
    client, contact, mash_manager, second_mash_manager
):
    client.force_login(second_mash_manager)
    typed = answers(contact, know="Words of the second manager")
    decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"))

    page = client.post(reverse("mash:decide", args=[contact.pk]), typed)

    assert page.status_code == 409
    shown = page.content.decode()
    assert f"{mash_manager.full_name} decided this contact at" in shown
    assert "Words of the second manager" in shown
    assert Draft.objects.get(owner=second_mash_manager).data["know"] == (
        "Words of the second manager"
    )
    assert Decision.objects.count() == 1


def test_decide_on_an_older_version_asks_to_read_first(
    client, contact, mash_manager, contact_officer
):
    client.force_login(mash_manager)
    typed = answers(contact)
    case_actions.change_contact(
        by=contact_officer, at=MORNING, contact_id=contact.pk, summary="More is known"
    )

    page = client.post(reverse("mash:decide", args=[contact.pk]), typed)

    assert page.status_code == 409
    assert "Read it, then record" in page.content.decode()
    assert not Decision.objects.exists()


def test_sending_the_same_form_twice_decides_once(client, contact, mash_manager):
    client.force_login(mash_manager)
    typed = answers(contact, token="7a1f2a52-6b55-4d0a-9d5c-0a7f6f1f3c11")

    first = client.post(reverse("mash:decide", args=[contact.pk]), typed)
    second = client.post(reverse("mash:decide", args=[contact.pk]), typed)

    assert first.status_code == second.status_code == 302
    assert Decision.objects.count() == 1


def test_keep_draft_and_leave_brings_the_words_back(client, contact, mash_manager):
    client.force_login(mash_manager)

    client.post(
        reverse("mash:decide", args=[contact.pk]),
        answers(contact, know="Half a thought", keep_draft="1"),
    )
    page = client.get(reverse("mash:decide", args=[contact.pk])).content.decode()

    assert "Half a thought" in page
    assert "There is a problem" not in page


def test_decide_is_forbidden_to_a_contact_officer(client, contact, contact_officer):
    client.force_login(contact_officer)

    answer = client.post(reverse("mash:decide", args=[contact.pk]), answers(contact))

    assert answer.status_code == 403
    assert not Decision.objects.exists()


@pytest.mark.parametrize("length", [20_000, 20_001])
def test_a_long_reason_is_taken_or_kept_with_an_error(client, contact, mash_manager, length):
    client.force_login(mash_manager)

    answer = client.post(
        reverse("mash:decide", args=[contact.pk]), answers(contact, know="x" * length)
    )

    assert answer.status_code == (302 if length == 20_000 else 200)
    assert Decision.objects.exists() is (length == 20_000)
    if length > 20_000:
        assert "to 20,000 characters; you have 20,001" in answer.content.decode()


def test_decision_page_shows_children_reasons_and_what_was_seen(
    client, contact, mash_manager, contact_officer
):
    decision = decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"))
    client.force_login(contact_officer)

    page = client.get(reverse("mash:decision", args=[decision.pk])).content.decode()

    assert "Aaliyah Testwood" in page
    assert REASONS["alternative"] in page
    assert "Came in quiet" in page


def test_sealed_words_do_not_come_back_through_the_copy(client, contact, mash_manager):
    decision = decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"))
    case_actions.seal_words(
        by=mash_manager,
        at=MORNING + timedelta(hours=2),
        contact_id=contact.pk,
        redacted_words="[Another child's entry taken out]",
        reason="The message held another child's record.",
    )
    client.force_login(mash_manager)

    page = client.get(reverse("mash:decision", args=[decision.pk])).content.decode()

    assert "Came in quiet" not in page
    assert "Another child" in page


def test_another_action_is_asked_for_before_anything_is_checked(client, contact, mash_manager):
    client.force_login(mash_manager)

    page = client.post(reverse("mash:decide", args=[contact.pk]), answers(contact, add="actions"))

    assert page.status_code == 200
    assert "There is a problem" not in page.content.decode()
    assert REASONS["alternative"] in page.content.decode()
    assert not Decision.objects.exists()


def test_copy_of_a_part_shows_the_part_and_not_the_rest_of_a_sealed_message(
    client, contact, contact_officer, mash_manager
):
    part = intake.take_in_part(
        by=contact_officer,
        at=MORNING + timedelta(hours=1),
        contact_id=contact.pk,
        label="cousin",
        words="Her cousin has a bruise.",
        people=[Stated(given_name="Reece", family_name="Sample")],
    )
    decision = decide(part, mash_manager, lines(part, Outcome.ADVICE, level="1"))
    case_actions.seal_words(
        by=mash_manager,
        at=MORNING + timedelta(hours=2),
        contact_id=contact.pk,
        redacted_words="Aaliyah came in quiet.",
        reason="The message held another child's record.",
    )
    client.force_login(mash_manager)

    page = client.get(reverse("mash:decision", args=[decision.pk])).content.decode()

    assert "Her cousin has a bruise." in page
    assert "Aaliyah came in quiet." not in page


def test_confirm_and_reopen_through_the_pages(client, edt_worker, mash_manager):
    night = datetime(2026, 3, 11, 23, 0, tzinfo=UTC)
    contact = receive(edt_worker, at=night)
    decide(
        contact,
        edt_worker,
        lines(contact, Outcome.ADVICE, level="1"),
        at=night + timedelta(minutes=20),
    )
    client.force_login(mash_manager)

    refused = client.post(reverse("mash:confirm", args=[contact.pk]), {"note": ""})
    client.post(reverse("mash:confirm", args=[contact.pk]), {"note": "It could not wait."})
    client.post(reverse("mash:reopen", args=[contact.pk]), {"reason": "School rang again."})

    contact.refresh_from_db()
    assert "Say why this decision stands" in refused.content.decode()
    assert contact.board_state == "decision"
    assert Decision.objects.count() == 2


def test_decide_query_count_does_not_grow_with_children(
    client, contact_officer, mash_manager, django_assert_max_num_queries
):
    few = receive(contact_officer)
    many = receive(contact_officer, "Ada", "Bea", "Cleo", "Dina", "Emma")
    client.force_login(mash_manager)
    client.get(reverse("mash:decide", args=[few.pk]))
    with django_assert_max_num_queries(80) as counted:
        client.get(reverse("mash:decide", args=[few.pk]))

    with django_assert_max_num_queries(len(counted.captured_queries)):
        page = client.get(reverse("mash:decide", args=[many.pk]))

    assert page.status_code == 200
    assert actions.planned_children(by=mash_manager, contact=many, at=MORNING)


def test_office_opens_while_edt_types_a_decision_and_nothing_is_lost(client, contact, edt_worker):
    client.force_login(edt_worker)

    answer = client.post(reverse("mash:decide", args=[contact.pk]), answers(contact))

    assert answer.status_code == 403
    page = answer.content.decode()
    assert REASONS["know"] in page
    assert "Asked for advice 1" in page
    assert "nothing is recorded and what you typed is still here" in page
    assert client.get(reverse("mash:decide", args=[contact.pk])).status_code == 403
    assert not Decision.objects.exists()
