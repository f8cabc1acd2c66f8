"""A restricted child is a place and whom to ring: no name, no age, no number of them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from cases import actions
from people import actions as people_actions
from people.choices import RelationshipKind
from record import notes
from tests.cases.front_door import MORNING, TYPED, child, hours, offered, received
from tests.factories.people import RelationshipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]

HIDDEN = "Safiya"


@pytest.fixture
def contact(contact_officer, mash_manager):
    return received(contact_officer, child("Aaliyah"), child(HIDDEN))


@pytest.fixture
def offer(contact, mash_manager, assessment_team_manager):
    return offered(contact, mash_manager, assessment_team_manager)


@pytest.fixture
def restrict(contact, mash_manager, head_of_service):
    """Close Safiya's record to everybody but the head of service."""
    person = contact.people.get(person__given_name=HIDDEN).person

    def close():
        people_actions.restrict(
            by=mash_manager,
            at=TYPED - timedelta(hours=1),
            person_id=person.pk,
            owner_id=head_of_service.pk,
            reason="A relative works here.",
        )
        return person

    return close


def open_sister(contact):
    return contact.people.get(person__given_name="Aaliyah").person


def words(client, name, *args, **query):
    page = client.get(reverse(name, args=args), query)
    assert page.status_code == 200
    return page.content.decode()


def test_page_of_a_restricted_child_leads_to_whom_to_ring(
    client, contact, restrict, mash_manager, head_of_service
):
    hidden = restrict()
    client.force_login(mash_manager)

    for name in ("cases:child", "cases:add_note"):
        page = client.get(reverse(name, args=[hidden.pk]), follow=True)
        assert page.status_code == 403
        assert HIDDEN not in page.content.decode()
        assert head_of_service.full_name in page.content.decode()


def test_page_of_a_restricted_child_is_nothing_for_others(client, restrict, data_analyst):
    hidden = restrict()
    client.force_login(data_analyst)

    assert client.get(reverse("cases:child", args=[hidden.pk])).status_code == 404


def test_page_of_a_sister_does_not_name_the_restricted_child(
    client, contact, restrict, mash_manager
):
    hidden = restrict()
    sister = open_sister(contact)
    RelationshipFactory(person=sister, other=hidden, kind=RelationshipKind.SIBLING)
    client.force_login(mash_manager)

    page = words(client, "cases:child", sister.pk)

    assert HIDDEN not in page
    assert str(hidden.pk) not in page.replace(
        reverse("people:break_glass", args=[hidden.pk]), ""
    ).replace(reverse("people:person", args=[hidden.pk]), "")


def test_note_about_both_children_says_on_the_sisters_page_whom_to_ring(
    client, contact, restrict, mash_manager, head_of_service
):
    sister = open_sister(contact)
    hidden = contact.people.get(person__given_name=HIDDEN).person
    for text, about in (
        ("Both stay with an aunt in Wexham.", [sister.pk, hidden.pk]),
        ("Aaliyah likes school.", [sister.pk]),
    ):
        notes.add(by=mash_manager, at=MORNING, text=text, child_ids=about)
    restrict()

    client.force_login(mash_manager)
    page = words(client, "cases:child", sister.pk)
    client.force_login(head_of_service)
    whole = words(client, "cases:child", sister.pk)

    assert "Aaliyah likes school." in page
    assert "Wexham" not in page
    assert f"Ring {head_of_service.full_name} to hear what it says." in page
    assert "Both stay with an aunt in Wexham." in whole


def test_search_does_not_name_the_restricted_child(client, contact, restrict, mash_manager):
    hidden = restrict()
    client.force_login(mash_manager)

    for typed in ("Safiya Testwood", "Testwood", hidden.la_child_id):
        page = client.post(reverse("cases:search"), {"q": typed}, follow=True).text
        found = page.replace(f'value="{typed}"', "")
        assert f"{HIDDEN} Testwood, 7" not in found
        assert str(hidden.pk) not in found


def test_number_of_a_restricted_contact_finds_nothing(client, contact, restrict, mash_manager):
    restrict()
    client.force_login(mash_manager)

    page = client.post(reverse("cases:search"), {"q": contact.reference}, follow=True)

    assert page.status_code == 200
    assert str(contact.pk) not in page.content.decode()


def test_offer_names_a_restricted_child_as_that(client, offer, restrict, assessment_team_manager):
    restrict()
    client.force_login(assessment_team_manager)

    for page in (
        words(client, "cases:home"),
        words(client, "cases:handovers"),
        words(client, "cases:handover", offer.pk),
    ):
        assert HIDDEN not in page
        assert "Restricted child" in page


def test_referrals_name_a_restricted_child_as_whom_to_ring(
    client, offer, restrict, assessment_team_manager, assessment_social_worker, head_of_service
):
    actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk)
    hidden = restrict()
    referral = hidden.referrals.get()
    client.force_login(assessment_team_manager)

    for page in (words(client, "cases:home"), words(client, "cases:referrals")):
        assert HIDDEN not in page
    assert f"ring {head_of_service.full_name}" in words(client, "cases:referrals")
    assert client.get(reverse("cases:allocate", args=[referral.pk])).status_code == 404
    with pytest.raises(type(referral).DoesNotExist):
        actions.allocate(
            by=assessment_team_manager,
            at=hours(3),
            referral_id=referral.pk,
            worker_id=assessment_social_worker.pk,
            find_out="What happened",
            see_whom="Her",
            first_visit_by=MORNING.date() + timedelta(days=1),
        )


def test_my_children_leave_the_restricted_out(
    client, offer, restrict, assessment_team_manager, assessment_social_worker
):
    actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk)
    for row in offer.children.all():
        actions.allocate(
            by=assessment_team_manager,
            at=hours(3),
            referral_id=row.referral_id,
            worker_id=assessment_social_worker.pk,
            find_out="What happened",
            see_whom="Her",
            first_visit_by=MORNING.date() + timedelta(days=1),
        )
    client.force_login(assessment_social_worker)
    before = words(client, "cases:home")
    restrict()

    page = words(client, "cases:home")

    assert HIDDEN in before
    assert HIDDEN not in page
    assert "Aaliyah" in page


def test_decision_pages_of_a_restricted_contact_say_whom_to_ring(
    client, offer, contact, restrict, mash_manager, head_of_service
):
    decision = contact.decisions.get()
    restrict()
    client.force_login(mash_manager)

    for name, pk in (
        ("mash:decide", contact.pk),
        ("mash:confirm", contact.pk),
        ("mash:reopen", contact.pk),
        ("mash:decision", decision.pk),
    ):
        page = client.get(reverse(name, args=[pk]))
        assert page.status_code == 403
        assert HIDDEN not in page.content.decode()
        assert head_of_service.full_name in page.content.decode()
