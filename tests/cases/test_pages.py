"""Home, search, child page, offered work, referrals and allocation, through the client."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from cases import actions as case_actions
from cases.choices import Channel, HandoverState, Outcome
from cases.models import Allocation, Handover, Responsibility
from cases.stated import Stated
from lib import application_clock
from mash import actions
from people.choices import HouseholdRole
from record.models import Note

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
REASONS = {
    "know": "Two call-outs.",
    "worries": "Repeat violence.",
    "protects": "Trusts the teacher.",
    "alternative": "Advice would be too little.",
}


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(MORNING + timedelta(hours=3)):
        yield


@pytest.fixture
def contact(contact_officer):
    return case_actions.receive(
        by=contact_officer,
        at=MORNING,
        channel=Channel.PHONE,
        words="Came in quiet.",
        source_code="2A",
        people=[
            Stated(
                given_name=name,
                family_name="Testwood",
                date_of_birth=born,
                sex="F",
                household_role=HouseholdRole.RESIDENT_CHILD,
            )
            for name, born in (("Aaliyah", date(2018, 9, 14)), ("Zayna", date(2022, 2, 2)))
        ],
    )


@pytest.fixture
def handover(contact, mash_manager, assessment_team_manager):
    team = assessment_team_manager.managed_teams.get()
    actions.decide(
        by=mash_manager,
        at=MORNING + timedelta(hours=1),
        contact_id=contact.pk,
        children=[
            actions.ChildLine(
                child_id=row.person_id,
                is_in=True,
                level="4a",
                outcome=Outcome.REFERRAL,
                why=f"Why {row.position}",
                primary_need="N1",
                to_team_id=team.pk,
            )
            for row in contact.people.all()
        ],
        **REASONS,
    )
    return Handover.objects.get(contact=contact)


def test_home_lists_offer_for_the_receiving_manager(client, handover, assessment_team_manager):
    client.force_login(assessment_team_manager)

    page = client.get(reverse("cases:home"))

    assert page.status_code == 200
    assert "Accept or return" in page.content.decode()


def test_home_tells_worker_with_nothing_to_do(client, assessment_social_worker):
    client.force_login(assessment_social_worker)

    page = client.get(reverse("cases:home"))

    assert "Nothing is due from you now" in page.content.decode()


def test_handover_accepted_makes_the_team_responsible(client, handover, assessment_team_manager):
    client.force_login(assessment_team_manager)

    answer = client.post(reverse("cases:handover", args=[handover.pk]), {"answer": "accept"})

    assert answer.status_code == 302
    handover.refresh_from_db()
    assert handover.state == HandoverState.ACCEPTED
    assert set(Responsibility.objects.filter(to_at=None).values_list("manager_id", flat=True)) == {
        assessment_team_manager.pk
    }


def test_handover_return_without_reason_is_refused_and_keeps_what_was_typed(
    client, handover, assessment_team_manager
):
    client.force_login(assessment_team_manager)

    page = client.post(reverse("cases:handover", args=[handover.pk]), {"answer": "return"})

    assert "Say why you return this" in page.content.decode()
    handover.refresh_from_db()
    assert handover.state == HandoverState.OFFERED


def test_handover_is_hidden_from_another_team(client, handover, sfs_manager):
    client.force_login(sfs_manager)

    assert client.get(reverse("cases:handover", args=[handover.pk])).status_code == 404


def test_handover_answered_twice_is_refused_in_words(client, handover, assessment_team_manager):
    client.force_login(assessment_team_manager)
    client.post(reverse("cases:handover", args=[handover.pk]), {"answer": "accept"})

    page = client.post(reverse("cases:handover", args=[handover.pk]), {"answer": "accept"})

    assert page.status_code == 409
    assert "has answered this offer" in page.content.decode()


def test_allocate_names_the_worker(
    client, handover, assessment_team_manager, assessment_social_worker
):
    client.force_login(assessment_team_manager)
    client.post(reverse("cases:handover", args=[handover.pk]), {"answer": "accept"})
    referral = handover.children.first().referral

    answer = client.post(
        reverse("cases:allocate", args=[referral.pk]),
        {
            "worker": str(assessment_social_worker.pk),
            "find_out": "What happened on Monday",
            "see_whom": "Aaliyah alone, at school",
            "first_visit_by_day": "13",
            "first_visit_by_month": "3",
            "first_visit_by_year": "2026",
        },
    )

    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert Allocation.objects.get(referral=referral).worker == assessment_social_worker


def test_child_page_says_who_holds_and_what_is_due(client, handover, mash_manager):
    child_id = handover.children.first().child_id
    client.force_login(mash_manager)

    page = client.get(reverse("cases:child", args=[child_id])).content.decode()

    assert "Who holds Aaliyah" in page or "Who holds Zayna" in page
    assert "stays responsible until" in page
    assert "MASH decision" in page


def test_child_page_query_count_does_not_grow(
    client, contact, mash_manager, contact_officer, django_assert_max_num_queries
):
    child_id = contact.people.first().person_id
    client.force_login(mash_manager)
    client.get(reverse("cases:child", args=[child_id]))
    with django_assert_max_num_queries(60) as few:
        client.get(reverse("cases:child", args=[child_id]))
    for number in range(4):
        case_actions.receive(
            by=contact_officer,
            at=MORNING + timedelta(minutes=number),
            channel=Channel.PHONE,
            words="Again.",
            people=[Stated(person_id=child_id)],
        )

    with django_assert_max_num_queries(len(few.captured_queries)):
        page = client.get(reverse("cases:child", args=[child_id]))

    assert page.status_code == 200


def test_search_finds_child_by_name_in_either_order(client, contact, mash_manager):
    client.force_login(mash_manager)

    one = client.post(
        reverse("cases:search"), {"q": "Aaliyah Testwood"}, follow=True
    ).content.decode()
    other = client.post(
        reverse("cases:search"), {"q": "testwood aaliyah"}, follow=True
    ).content.decode()

    assert "Aaliyah Testwood" in one
    assert "Aaliyah Testwood" in other


def test_search_by_contact_number_opens_the_contact(client, contact, mash_manager):
    client.force_login(mash_manager)

    answer = client.post(reverse("cases:search"), {"q": contact.reference}, follow=True)

    assert answer.redirect_chain[-1] == (reverse("mash:contact", args=[contact.pk]), 302)


def test_search_leaves_nothing_typed_in_an_address(client, contact, mash_manager):
    client.force_login(mash_manager)

    found = client.post(reverse("cases:search"), {"q": "Aaliyah Testwood"}, follow=True)
    other = client.post(reverse("cases:search"), {"q": "Nobody Known"}, follow=True)

    address = found.redirect_chain[-1][0]
    assert "Aaliyah" not in address
    assert "Aaliyah" not in found.content.decode().split("<main")[0].replace('value="Aaliyah', "")
    assert "Aaliyah Testwood" in client.get(address).content.decode()  # Back leads to its own
    assert "Aaliyah" not in other.content.decode()
    assert client.get(reverse("cases:search"), {"asked": "forgotten"}).status_code == 200


@pytest.mark.parametrize("typed", ["", "x", "\x00\x07", "٣٤", "a" * 501, "31/02/2020 nobody"])
def test_search_answers_bad_input_in_words(client, mash_manager, typed):
    client.force_login(mash_manager)

    assert client.post(reverse("cases:search"), {"q": typed}, follow=True).status_code == 200


def test_referrals_query_count_does_not_grow(
    client, handover, assessment_team_manager, django_assert_max_num_queries
):
    client.force_login(assessment_team_manager)
    client.post(reverse("cases:handover", args=[handover.pk]), {"answer": "accept"})
    client.get(reverse("cases:referrals"))

    with django_assert_max_num_queries(30):
        page = client.get(reverse("cases:referrals"))

    assert "Nobody yet" in page.content.decode()


def test_add_note_reaches_every_child_ticked(client, contact, mash_manager):
    first, second = [row.person_id for row in contact.people.order_by("position")]
    client.force_login(mash_manager)

    typed = {
        "at_day": "12",
        "at_month": "3",
        "at_year": "2026",
        "at_time": "12:30",
        "text": "Rang the school.",
        "also": [str(second)],
        "token": str(uuid4()),
    }
    answers = [client.post(reverse("cases:add_note", args=[first]), typed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Note.objects.count() == 1  # sent twice
    assert "Rang the school." in client.get(reverse("cases:child", args=[second])).content.decode()


@pytest.mark.parametrize(
    "odd",
    ["2026-01-01T00:00:00+23:00", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "\x00"],
)
def test_pages_open_at_whatever_stands_in_the_address(client, contact, head_of_service, odd):
    first = contact.people.order_by("position").first().person_id
    client.force_login(head_of_service)

    for address, name, typed in (
        (reverse("mash:board"), "since", odd),
        (reverse("mash:board_news"), "since", odd),
        (reverse("record:access_log"), "before", f"{odd}|{first}"),
        (reverse("cases:child", args=[first]), "before", f"{odd}|{odd}|{first}"),
        (reverse("cases:oversight_due"), "worker", odd),
        (reverse("cases:flags"), "whose", odd),
    ):
        assert client.get(address, {name: typed}).status_code == 200, address
