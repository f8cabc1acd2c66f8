"""Whoever may read a child's record for a time: pages, print, history and files, before and after.

What is shown has its row in the reading log, and what cannot be logged is not shown.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts import actions as account_actions
from cases.choices import Outcome
from lib import application_clock, asked
from people import actions as people_actions
from record import documents, read_log
from record.models import ReadLogEntry
from tests.cases.front_door import child, decided, received
from tests.factories.accounts import DeputyshipFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 12, 11, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def contact(contact_officer, mash_manager):
    return received(contact_officer, child(), at=NOW - HOUR)


def places_of(contact, officer):
    """What shows the child of a contact: pages, print, history, a file."""
    kept = documents.add(
        by=officer,
        at=NOW,
        subject_kind="contact",
        subject_id=contact.pk,
        file=SimpleUploadedFile("referral.pdf", b"%PDF-1.7\n%%EOF\n"),
    )
    person_id = contact.people.get().person_id
    return [
        reverse("cases:child", args=[person_id]),
        reverse("cases:child", args=[person_id]) + "?print",
        reverse("people:person", args=[person_id]),
        reverse("people:changes", args=[person_id]),
        reverse("mash:contact", args=[contact.pk]),
        reverse("record:document", args=[kept.pk]),
    ]


@pytest.fixture
def places(contact, contact_officer):
    return places_of(contact, contact_officer)


def answers(client, places, at, *, of=None):
    """What each address answers, whether one names the child, and how many readings are logged."""
    before = ReadLogEntry.objects.count()
    found, named = set(), False
    with application_clock.set_to(at):
        if of is not None:
            client.logout()
            client.force_login(of)
        for place in places:
            answer = client.get(place)
            said = b"".join(answer) if answer.streaming else answer.content
            found.add(answer.status_code)
            named = named or b"Aaliyah" in said
    return found, named, ReadLogEntry.objects.count() - before


def test_a_deputy_reads_in_the_dates_of_the_deputyship_and_not_before_or_after(
    client, places, mash_manager
):
    deputy = UserFactory()
    deputyship = DeputyshipFactory(
        manager=mash_manager, deputy=deputy, from_at=NOW + DAY, to_at=NOW + 3 * DAY
    )
    before, first = NOW + DAY - timedelta(seconds=1), NOW + DAY

    assert answers(client, places, before, of=deputy) == ({403, 404}, False, 0)
    assert answers(client, places, first, of=deputy) == ({200}, True, len(places))
    assert answers(client, places, NOW + 3 * DAY, of=deputy) == ({403, 404}, False, 0)

    account_actions.end_deputyship(deputyship_id=deputyship.pk, by=mash_manager, at=NOW + 2 * DAY)

    assert answers(client, places, NOW + 2 * DAY, of=deputy) == ({403, 404}, False, 0)


def test_an_emergency_opening_ends_and_nothing_is_shown_after(
    client, contact, places, mash_manager, mash_social_worker, head_of_service
):
    person_id = contact.people.get().person_id
    people_actions.restrict(
        by=mash_manager,
        at=NOW,
        person_id=person_id,
        owner_id=head_of_service.pk,
        reason="A relative works here.",
    )
    shown, named, _rows = answers(client, places, NOW, of=mash_social_worker)
    assert (shown, named) == ({302, 403, 404}, False)
    opening = people_actions.break_glass(
        by=mash_social_worker,
        at=NOW,
        person_id=person_id,
        reason="Police are at the door and ask whom she may go home with tonight",
    )

    last = opening.expires_at - timedelta(seconds=1)
    assert answers(client, places, last, of=mash_social_worker) == ({200}, True, len(places))
    assert ReadLogEntry.objects.filter(break_glass=opening).count() == len(places)

    shown, named, _rows = answers(client, places, opening.expires_at, of=mash_social_worker)
    assert (shown, named) == ({302, 403, 404}, False)
    assert ReadLogEntry.objects.filter(break_glass=opening).count() == len(places)


def test_records_of_one_person_close_together_and_stay_closed_when_taken_apart(
    client, contact, places, contact_officer, mash_manager, mash_social_worker
):
    other = received(contact_officer, child("Aaliyah Zeta"), at=NOW - HOUR)
    places = [*places, *places_of(other, contact_officer)]
    decided(other, mash_manager, Outcome.NFA, at=NOW)
    link = people_actions.link_records(
        by=mash_manager,
        at=NOW,
        kept_id=contact.people.get().person_id,
        other_id=other.people.get().person_id,
        reason="The same girl",
    )
    people_actions.restrict(
        by=mash_manager,
        at=NOW,
        person_id=other.people.get().person_id,
        owner_id=mash_manager.pk,
        reason="A relative works here.",
    )

    assert answers(client, places, NOW, of=mash_social_worker)[:2] == ({302, 403, 404}, False)
    people_actions.unlink_records(by=mash_manager, at=NOW, link_id=link.pk, because="Two girls")
    assert answers(client, places, NOW, of=mash_social_worker)[:2] == ({302, 403, 404}, False)


def test_a_closed_account_with_an_open_session_is_led_to_the_sign_in_page(
    client, places, mash_social_worker, administrator
):
    assert answers(client, places, NOW, of=mash_social_worker)[0] == {200}

    account_actions.deactivate_user(user_id=mash_social_worker.pk, by=administrator, at=NOW)

    assert answers(client, places, NOW) == ({302}, False, 0)


def test_a_sealed_search_of_somebody_else_searches_nothing(
    client, contact, contact_officer, mash_manager
):
    sealed = asked.seal("q=Aaliyah", by=contact_officer.pk)
    client.force_login(contact_officer)
    mine = client.get(f"{reverse('cases:search')}?{asked.NAME}={sealed}")
    client.force_login(mash_manager)
    theirs = client.get(f"{reverse('cases:search')}?{asked.NAME}={sealed}")

    assert "Aaliyah" in mine.content.decode()
    assert "Aaliyah" not in theirs.content.decode()


def test_what_cannot_be_logged_is_not_shown(client, places, mash_manager, monkeypatch):
    def fail(*args, **more):
        raise read_log.CannotRecord("no database")

    monkeypatch.setattr(read_log, "record", fail)
    assert answers(client, places, NOW, of=mash_manager) == ({503}, False, 0)
