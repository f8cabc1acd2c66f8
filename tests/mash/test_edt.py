"""EDT's hand-over: what the night did, who takes it over, and what comes of what it left to do."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lib import application_clock
from mash import actions
from mash.models import EdtFollowUp, EdtHandover
from people import actions as people_actions
from record.errors import Refused
from record.models import Clock, Event, ReadLogEntry
from tests.mash.board_cases import child, london, received
from tests.mash.pages import form, text_of

pytestmark = pytest.mark.django_db
NIGHT, MORNING = london(12, 23), london(13, 9, 30)
State = EdtHandover.State


@pytest.fixture(autouse=True)
def _friday():
    with application_clock.set_to(MORNING):
        yield


@pytest.fixture
def contact(edt_worker, mash_manager):
    return received(edt_worker, child(), at=NIGHT)


def written(by, contact, *, left="Ring the mother in the morning", **more):
    return actions.hand_over(
        by=by,
        at=NIGHT + timedelta(hours=1),
        contact_id=contact.pk,
        what_happened="A row, all three upstairs.",
        left_to_do=left,
        risk_now="No injury seen.",
        **more,
    )


def taken(by, contact, *, at=MORNING):
    actions.acknowledge_hand_over(by=by, at=at, contact_id=contact.pk)


def alerted(by, contact):
    return alerted_at(by, contact, at=MORNING)


def alerted_at(by, contact, *, at):
    return actions.alert_edt(
        by=by,
        at=at,
        contact_id=contact.pk,
        what_happened="The father is released tonight",
        left_to_do="Visit if he comes",
        risk_now="High if he does",
    )


def followed(by, row, *, is_over=True, at=MORNING, **more):
    return actions.follow_hand_over(
        by=by, at=at, handover_id=row.pk, what="She was rung; he has left", is_over=is_over, **more
    )


# Taking over and following up ---------------------------------------------------------------------


def test_what_was_left_to_do_stays_open_until_somebody_says_it_is_over(
    contact, edt_worker, mash_social_worker
):
    row = written(edt_worker, contact)
    taken(mash_social_worker, contact)
    row.refresh_from_db()
    assert (row.state, row.closed_at) == (State.ACKNOWLEDGED, None)

    followed(mash_social_worker, row, is_over=False)
    row.refresh_from_db()
    assert (row.state, row.closed_at) == (State.ACTIONED, None)
    followed(mash_social_worker, row)

    row.refresh_from_db()
    assert (row.state, row.closed_at) == (State.CLOSED, MORNING)
    assert [made.is_over for made in row.follow_ups.order_by("is_over")] == [False, True]
    told = Event.objects.filter(code__startswith="mash.edt").values_list("code", flat=True)
    assert sorted(told) == [
        "mash.edt_acknowledged",
        "mash.edt_closed",
        "mash.edt_followed",
        "mash.edt_handover",
    ]


def test_hand_over_that_leaves_nothing_to_do_is_over_when_it_is_taken_over(
    contact, edt_worker, mash_social_worker
):
    row = written(edt_worker, contact, left="")
    taken(mash_social_worker, contact)

    row.refresh_from_db()
    assert (row.state, row.acknowledged_by, row.closed_at) == (
        State.CLOSED,
        mash_social_worker,
        MORNING,
    )


def test_following_up_is_refused_before_taking_over_after_closing_and_without_words(
    contact, edt_worker, mash_social_worker
):
    row = written(edt_worker, contact)
    with pytest.raises(Refused, match="Take it over first"):
        followed(mash_social_worker, row)
    taken(mash_social_worker, contact)
    with pytest.raises(Refused, match="Say what came of it"):
        actions.follow_hand_over(
            by=mash_social_worker, at=MORNING, handover_id=row.pk, what=" ", is_over=True
        )
    with pytest.raises(Refused, match="before it was taken over"):
        followed(mash_social_worker, row, at=MORNING - timedelta(minutes=1))
    followed(mash_social_worker, row)
    with pytest.raises(Refused, match="This was closed"):
        followed(mash_social_worker, row)

    assert EdtFollowUp.objects.count() == 1


def test_form_sent_twice_is_one_follow_up(contact, edt_worker, mash_social_worker):
    from record.once import AlreadyRecorded

    row, token = written(edt_worker, contact), uuid4()
    taken(mash_social_worker, contact)
    followed(mash_social_worker, row, is_over=False, token=token)
    with pytest.raises(AlreadyRecorded):
        followed(mash_social_worker, row, is_over=False, token=token)

    assert EdtFollowUp.objects.count() == 1


def test_who_may_not_follow_up_writes_nothing(
    contact, edt_worker, mash_social_worker, contact_officer, head_of_service, mash_manager
):
    row = written(edt_worker, contact)
    taken(mash_social_worker, contact)

    for somebody in (contact_officer, edt_worker):
        with pytest.raises(PermissionDenied):
            followed(somebody, row)
    people_actions.restrict(
        by=mash_manager,
        at=MORNING,
        person_id=contact.people.get().person_id,
        owner_id=head_of_service.pk,
        reason="Kin of a colleague",
    )
    with pytest.raises(EdtHandover.DoesNotExist):
        followed(mash_social_worker, row)

    assert not EdtFollowUp.objects.exists()


def test_alert_of_the_day_is_read_by_edt_who_says_what_came_of_it(
    contact, edt_worker, mash_social_worker
):
    row = alerted(mash_social_worker, contact)
    assert not Clock.objects.filter(rule="EDT-ACK", stopped_at__isnull=False).exists()

    with pytest.raises(PermissionDenied):
        actions.take_alert(by=mash_social_worker, at=MORNING, handover_id=row.pk)
    with pytest.raises(Refused, match="EDT has not read this alert"):
        followed(edt_worker, row)
    actions.take_alert(by=edt_worker, at=MORNING, handover_id=row.pk)
    with pytest.raises(Refused, match="read this alert already"):
        actions.take_alert(by=edt_worker, at=MORNING, handover_id=row.pk)
    with pytest.raises(PermissionDenied):
        followed(mash_social_worker, row)
    followed(edt_worker, row)

    row.refresh_from_db()
    assert (row.state, row.acknowledged_by) == (State.CLOSED, edt_worker)


def test_taking_over_the_night_does_not_read_the_day_s_alert_for_edt(
    contact, edt_worker, mash_social_worker
):
    row = alerted(mash_social_worker, contact)
    with pytest.raises(Refused, match="The day takes it over"):
        actions.take_alert(by=edt_worker, at=MORNING, handover_id=written(edt_worker, contact).pk)

    taken(mash_social_worker, contact)

    row.refresh_from_db()
    assert row.state == State.RAISED_BY_DAY


def test_the_database_keeps_what_was_written_and_refuses_a_state_that_cannot_be(
    contact, edt_worker, mash_social_worker
):
    row = written(edt_worker, contact)
    rows = EdtHandover.objects.filter(pk=row.pk)
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        rows.update(what_happened="Nothing")
    with pytest.raises(InternalError, match="Cannot delete"), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError, match="mash_edt_state_fits"), transaction.atomic():
        rows.update(state=State.CLOSED)
    taken(mash_social_worker, contact)
    made = followed(mash_social_worker, row)
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        EdtFollowUp.objects.update(what="Otherwise")
    with pytest.raises(IntegrityError, match="mash_edt_follow_what"), transaction.atomic():
        EdtFollowUp.objects.create(
            handover=row, what="", is_over=True, by=made.by, at=MORNING, recorded_at=MORNING
        )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_who_close_it_at_once_close_it_once(edt_worker, mash_manager, mash_social_worker):
    contact = received(edt_worker, child(), at=NIGHT)
    row = written(edt_worker, contact)
    taken(mash_social_worker, contact)
    barrier, said = threading.Barrier(2), []

    def work():
        try:
            with application_clock.set_to(MORNING):
                barrier.wait()
                followed(mash_social_worker, row)
                said.append("closed")
        except Refused as refused:
            said.append(str(refused))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(word.split(".")[0] for word in said) == ["This was closed", "closed"]
    assert EdtFollowUp.objects.count() == 1


# The pages ----------------------------------------------------------------------------------------


def test_the_list_says_what_is_not_taken_over_and_takes_it_over(
    client, contact, edt_worker, mash_social_worker
):
    written(edt_worker, contact, is_urgent=True, rang_whom="Pat Fixture")
    other = received(edt_worker, child("Leo"), at=NIGHT + timedelta(hours=2))
    client.force_login(mash_social_worker)

    page = client.get(reverse("mash:edt"))
    said = text_of(page)
    assert "2 contacts of the night are not taken over yet" in said
    assert "EDT has written nothing about 1 contact by 09:00" in said
    assert said.index("Aaliyah Testwood") < said.index("Leo Testwood")
    assert ReadLogEntry.objects.filter(place="mash:edt").exists()

    page = client.post(reverse("mash:acknowledge", args=[contact.pk]), {"to": "edt"}, follow=True)
    said = text_of(page)
    assert "1 contact of the night is not taken over yet" in said
    assert "Taken over, and still to do (1)" in said
    with application_clock.set_to(london(13, 10, 1)):
        client.logout()
        client.force_login(mash_social_worker)
        assert "1 contact was not taken over by 10:00" in text_of(client.get(reverse("mash:edt")))
        taken(mash_social_worker, other, at=london(13, 10, 1))
        assert "Everything of the night is taken over" in text_of(client.get(reverse("mash:edt")))


def test_what_came_of_it_is_recorded_on_its_page_and_read_with_the_contact(
    client, contact, edt_worker, mash_social_worker
):
    row = written(edt_worker, contact)
    taken(mash_social_worker, contact)
    client.force_login(mash_social_worker)
    address = reverse("mash:edt_follow", args=[row.pk])

    page = client.get(address)
    assert "Left to do: Ring the mother in the morning" in text_of(page)
    assert "Say what came of it" in text_of(client.post(address, form()))
    page = client.post(address, form(what="Rung at 09:20", is_more="no"), follow=True)

    said = text_of(page)
    assert "Recorded, and the hand-over is closed." in said
    assert "Rung at 09:20" in said
    assert EdtHandover.objects.get().state == State.CLOSED


def test_alert_is_written_on_the_contact_and_read_by_edt_on_the_list(
    client, contact, edt_worker, mash_social_worker
):
    client.force_login(mash_social_worker)
    address = reverse("mash:contact_alert", args=[contact.pk])
    assert address in client.get(reverse("mash:contact", args=[contact.pk])).content.decode()
    page = client.post(
        address,
        {
            **form(),
            "what_happened": "The father is released tonight",
            "left_to_do": "Visit if he comes",
            "risk_now": "High if he does",
        },
        follow=True,
    )
    assert "EDT has not read it yet" in text_of(page)

    client.force_login(edt_worker)
    assert "Read what the day asks" in text_of(client.get(reverse("cases:home")))
    row = EdtHandover.objects.get()
    said = text_of(client.post(reverse("mash:take_alert", args=[row.pk]), follow=True))
    assert "Read. The day sees that you have it." in said
    assert "Read by Nia Nightwood" in said


def test_contact_of_a_restricted_child_is_a_place_and_whom_to_ring(
    client, contact, edt_worker, mash_manager, mash_social_worker, head_of_service
):
    written(edt_worker, contact)
    people_actions.restrict(
        by=mash_manager,
        at=MORNING,
        person_id=contact.people.get().person_id,
        owner_id=head_of_service.pk,
        reason="Kin of a colleague",
    )
    client.force_login(mash_social_worker)

    said = text_of(client.get(reverse("mash:edt")))

    assert "Restricted record, ring Helen Dummyfield" in said
    assert not [word for word in ("Aaliyah", "upstairs", "Ring the mother") if word in said]


def test_list_takes_as_many_queries_for_many_as_for_one(
    client, contact, edt_worker, mash_social_worker
):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("mash:edt")).status_code == 200
        return len(queries)

    written(edt_worker, contact)
    alerted(mash_social_worker, contact)
    client.force_login(mash_social_worker)
    asked()
    one = asked()
    for name in ("Leo", "Mina", "Zayn"):
        another = received(edt_worker, child(name), at=NIGHT)
        row = written(edt_worker, another)
        if name == "Leo":
            taken(mash_social_worker, another)
            followed(mash_social_worker, row, is_over=False)

    assert asked() == one


def test_home_says_how_much_of_the_night_is_to_be_taken_over(
    client, contact, mash_social_worker, contact_officer
):
    received(contact_officer, child("Leo"), at=NIGHT + timedelta(hours=1))
    client.force_login(mash_social_worker)
    said = text_of(client.get(reverse("cases:home")))
    assert "Take over from EDT" in said
    assert "2 contacts of the night" in said

    client.force_login(contact_officer)
    assert "Take over from EDT" not in text_of(client.get(reverse("cases:home")))
