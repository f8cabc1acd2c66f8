"""What the night has not passed on by 09:00, and the day not taken over by 10:00, in Slough."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.urls import reverse

from cases import actions as case_actions
from lib import application_clock
from mash import actions
from people import actions as people_actions
from record import flags
from record.models import Clock, Flag, OutboxMessage
from record.tasks import sweep_flags
from tests.mash.board_cases import child, received
from tests.personas import team_of

pytestmark = pytest.mark.django_db
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
NIGHT = datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
NINE, TEN = datetime(2026, 3, 13, 9, tzinfo=UTC), datetime(2026, 3, 13, 10, tzinfo=UTC)


def found(code, at):
    with application_clock.set_to(at):
        flags.sweep(at=at, codes=["F-EDT"])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


def handed_over(by, contact, *, at):
    with application_clock.set_to(at):
        return actions.hand_over(
            by=by,
            at=at,
            contact_id=contact.pk,
            what_happened="A row, all three upstairs.",
            risk_now="No injury seen.",
        )


@pytest.fixture
def contact(edt_worker, mash_manager):
    return received(edt_worker, child(), child("Zayn"), at=NIGHT)


#: When it came in, and 10:00 of the morning after in Slough.
MORNINGS = [
    (NIGHT, TEN),
    (datetime(2026, 3, 13, 8, 59, tzinfo=UTC), TEN),
    # Saturday, and the night itself, before the clocks go forward; 10:00 is 09:00 UTC.
    (datetime(2026, 3, 28, 15, tzinfo=UTC), datetime(2026, 3, 30, 9, tzinfo=UTC)),
    (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), datetime(2026, 3, 30, 9, tzinfo=UTC)),
    (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 3, 30, 9, tzinfo=UTC)),
    # Saturday, and both 01:30 of the night, when they go back; 10:00 is 10:00 UTC.
    (datetime(2026, 10, 24, 15, tzinfo=UTC), datetime(2026, 10, 26, 10, tzinfo=UTC)),
    (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 10, tzinfo=UTC)),
    (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 26, 10, tzinfo=UTC)),
    # Friday night: summer time then, winter time on Monday.
    (datetime(2026, 10, 23, 22, 30, tzinfo=UTC), datetime(2026, 10, 26, 10, tzinfo=UTC)),
]


@pytest.mark.parametrize(("came", "ten"), MORNINGS, ids=str)
def test_alarms_come_after_nine_and_after_ten_of_the_next_opening(
    edt_worker, mash_manager, head_of_service, came, ten
):
    received(edt_worker, child(), at=came)
    nine = ten - timedelta(hours=1)

    assert found("F-EDT-HO", nine) == []
    assert found("F-EDT-HO", nine + SECOND) == [("Aaliyah", "red")]
    assert found("F-EDT-ACK", ten) == []
    assert found("F-EDT-ACK", ten + SECOND) == [("Aaliyah", "critical")]


def test_whose_the_alarms_are(contact, edt_worker, mash_manager, head_of_service):
    team = team_of("edt")
    found("F-EDT-HO", TEN + MINUTE)

    late, not_taken = (Flag.objects.get(rule=rule) for rule in ("F-EDT-HO", "F-EDT-ACK"))
    assert (late.owner, late.manager) == (team.manager, mash_manager)
    assert (not_taken.owner, not_taken.manager) == (mash_manager, head_of_service)
    assert {
        message.payload["user_id"]
        for message in OutboxMessage.objects.filter(subject_id=not_taken.pk)
    } == {str(mash_manager.pk), str(head_of_service.pk)}


def test_what_was_handed_over_in_time_raises_nothing_at_nine_and_taken_over_nothing_at_ten(
    contact, edt_worker, mash_social_worker
):
    handed_over(edt_worker, contact, at=NIGHT + timedelta(hours=2))
    assert found("F-EDT-HO", NINE + MINUTE) == []
    assert found("F-EDT-ACK", TEN + MINUTE) == [("Aaliyah", "critical")]

    at = TEN + timedelta(minutes=10)
    with application_clock.set_to(at):
        actions.acknowledge_hand_over(by=mash_social_worker, at=at, contact_id=contact.pk)

    assert found("F-EDT-ACK", at + MINUTE) == []


def test_work_of_the_night_on_a_contact_of_the_day_is_taken_over_as_well(
    edt_worker, contact_officer, mash_manager
):
    contact = received(contact_officer, child(), at=datetime(2026, 3, 12, 11, tzinfo=UTC))
    assert not Clock.objects.filter(rule="EDT-ACK").exists()

    handed_over(edt_worker, contact, at=NIGHT)

    assert Clock.objects.get(rule="EDT-ACK").due_at == TEN
    assert found("F-EDT-ACK", TEN + MINUTE) == [("Aaliyah", "critical")]


@pytest.mark.parametrize(
    ("written", "due"),
    [
        (TEN + timedelta(hours=1), TEN + timedelta(hours=2)),
        # Ten minutes to closing of a Friday: fifty minutes are left on Monday.
        (
            datetime(2026, 3, 13, 16, 35, tzinfo=UTC),
            datetime(2026, 3, 16, 9, 50, tzinfo=UTC),
        ),
        # The last of winter time, and the first morning of summer time.
        (
            datetime(2026, 3, 27, 16, 35, tzinfo=UTC),
            datetime(2026, 3, 30, 8, 50, tzinfo=UTC),
        ),
        # Before Easter: the next opening is the Tuesday.
        (
            datetime(2026, 4, 2, 15, 50, tzinfo=UTC),
            datetime(2026, 4, 7, 8, 50, tzinfo=UTC),
        ),
    ],
)
def test_what_edt_writes_while_the_office_is_open_is_taken_over_within_an_office_hour(
    edt_worker, contact_officer, mash_manager, mash_social_worker, written, due
):
    contact = received(contact_officer, child(), at=datetime(2026, 3, 12, 11, tzinfo=UTC))
    with application_clock.set_to(written):
        handed_over(edt_worker, contact, at=written)

    assert Clock.objects.get(rule="EDT-ACK-DAY").due_at == due
    assert found("F-EDT-ACK", due) == []
    assert found("F-EDT-ACK", due + MINUTE) == [("Aaliyah", "critical")]
    with application_clock.set_to(due + MINUTE):
        actions.acknowledge_hand_over(by=mash_social_worker, at=due + MINUTE, contact_id=contact.pk)
    assert found("F-EDT-ACK", due + MINUTE + MINUTE) == []


def test_alarm_is_read_and_answered_by_whose_it_is_and_links_to_the_contact(
    client, contact, mash_manager
):
    at = TEN + MINUTE
    found("F-EDT-ACK", at)
    flag = Flag.objects.get(rule="F-EDT-ACK")

    client.force_login(mash_manager)
    with application_clock.set_to(at):
        page = client.get(reverse("cases:flag", args=[flag.pk])).content.decode()
        assert reverse("mash:contact", args=[contact.pk]) in page
        case_actions.answer_flag(by=mash_manager, at=at, flag_id=flag.pk, what="Pat reads it now")

    assert found("F-EDT-ACK", at + MINUTE) == [("Aaliyah", "critical")]


def test_alarm_about_a_restricted_child_names_nobody_else(contact, mash_manager, head_of_service):
    zayn = contact.people.order_by("position")[1].person
    with application_clock.set_to(NIGHT + timedelta(hours=1)):
        people_actions.restrict(
            by=mash_manager,
            at=NIGHT + timedelta(hours=1),
            person_id=zayn.pk,
            owner_id=head_of_service.pk,
            reason="Kin of a colleague",
        )

    assert found("F-EDT-ACK", TEN + MINUTE) == [("Zayn", "critical")]


def test_sweep_again_writes_nothing_and_logs_nobody(contact, mash_manager, caplog):
    caplog.set_level("DEBUG")
    found("F-EDT-ACK", TEN + MINUTE)
    number = OutboxMessage.objects.count()

    with application_clock.set_to(TEN + timedelta(minutes=15)):
        again = flags.sweep(at=TEN + timedelta(minutes=15), codes=["F-EDT"])

    assert [done for done in again if done.wrote] == []
    assert OutboxMessage.objects.count() == number
    said = " ".join(
        str(line.__dict__) for line in caplog.records if line.name != "django.db.backends"
    )
    assert not [name for name in ("Aaliyah", "Zayn", "Testwood") if name in said]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_notice(edt_worker, mash_manager, head_of_service):
    received(edt_worker, child(), at=NIGHT)
    barrier, failed = threading.Barrier(2), []

    def work():
        try:
            with application_clock.set_to(TEN + SECOND):
                barrier.wait()
                sweep_flags()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    flag = Flag.objects.get(rule="F-EDT-ACK")
    told = OutboxMessage.objects.filter(payload__code="flag.raised", subject_id=flag.pk)
    assert failed == []
    assert sorted(message.payload["user_id"] for message in told) == sorted(
        [str(mash_manager.pk), str(head_of_service.pk)]
    )
