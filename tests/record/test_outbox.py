import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, connections, transaction
from kombu.exceptions import OperationalError

from dev.services import BASE_DIR
from record import outbox, tasks
from record.models import Event, OutboxMessage, PersonalNotice

CALLS: list[UUID] = []


def remember(message):
    CALLS.append(message.pk)


def fail(message):
    raise RuntimeError("Aaliyah Testwood, 12 Invented Road")


@pytest.fixture(autouse=True)
def topics():
    CALLS.clear()
    outbox.register("test.remember", remember)
    outbox.register("test.fail", fail)


def deliver_all(at):
    while outbox.deliver_next(at=at):
        pass


def test_put_of_the_same_key_is_the_same_message(at_eleven, db):
    one = outbox.put("test.remember", key="a", at=at_eleven, payload={"id": str(uuid4())})
    two = outbox.put("test.remember", key="a", at=at_eleven)

    assert one == two
    assert OutboxMessage.objects.count() == 1


def test_put_refuses_a_topic_nobody_handles(at_eleven, db):
    with pytest.raises(outbox.UnknownTopic):
        outbox.put("test.nowhere", key="a", at=at_eleven)


def test_database_refuses_a_second_message_of_one_key(at_eleven, db):
    outbox.put("test.remember", key="a", at=at_eleven)

    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxMessage.objects.create(
            topic="x", key="a", created_at=at_eleven, available_at=at_eleven
        )


def test_deliver_next_delivers_each_message_once(at_eleven, db):
    messages = {outbox.put("test.remember", key=str(n), at=at_eleven).pk for n in range(3)}

    deliver_all(at_eleven)
    deliver_all(at_eleven + timedelta(days=1))

    assert set(CALLS) == messages
    assert len(CALLS) == 3
    assert not outbox.owed().exists()


def test_deliver_next_waits_for_the_time_of_a_message(at_eleven, db):
    outbox.put("test.remember", key="a", at=at_eleven + timedelta(minutes=1))

    assert not outbox.deliver_next(at=at_eleven)
    assert outbox.deliver_next(at=at_eleven + timedelta(minutes=1))


def test_failing_message_waits_longer_each_time_and_is_set_aside(at_eleven, db):
    message = outbox.put("test.fail", key="a", at=at_eleven)
    at, waits = at_eleven, []

    for _ in range(outbox.MOST_ATTEMPTS):
        assert outbox.deliver_next(at=at)
        message.refresh_from_db()
        waits.append(message.available_at - at)
        at = message.available_at

    assert message.set_aside_at is not None
    assert message.attempts == outbox.MOST_ATTEMPTS
    assert not outbox.deliver_next(at=at + timedelta(days=9))
    assert all(wait <= outbox.LONGEST_WAIT for wait in waits)
    assert waits[-2] > waits[0]


def test_failing_message_keeps_the_name_of_the_error_and_no_words(at_eleven, db, caplog):
    message = outbox.put("test.fail", key="a", at=at_eleven)

    outbox.deliver_next(at=at_eleven)

    message.refresh_from_db()
    assert message.last_error == "RuntimeError"
    assert "Testwood" not in caplog.text


def test_failing_message_does_not_hold_up_the_next(at_eleven, db):
    outbox.put("test.fail", key="a", at=at_eleven)
    outbox.put("test.remember", key="b", at=at_eleven)

    deliver_all(at_eleven)

    assert len(CALLS) == 1


def test_what_a_failed_handler_wrote_is_undone(at_eleven, db, mash_manager):
    def half(message):
        PersonalNotice.objects.create(
            message=message,
            user=mash_manager,
            code="x",
            subject_kind="x",
            subject_id=uuid4(),
            created_at=at_eleven,
        )
        raise RuntimeError

    outbox.register("test.half", half)
    outbox.put("test.half", key="a", at=at_eleven)

    outbox.deliver_next(at=at_eleven)

    assert not PersonalNotice.objects.exists()


def test_claimed_message_is_left_alone_until_its_lease_ends(at_eleven, db):
    outbox.put("test.remember", key="a", at=at_eleven)
    claimed = outbox._claim(at_eleven)

    assert claimed is not None
    assert not outbox.deliver_next(at=at_eleven + timedelta(minutes=4))
    assert outbox.deliver_next(at=at_eleven + outbox.LEASE)


def test_message_that_kills_every_process_is_set_aside(at_eleven, db):
    message = outbox.put("test.remember", key="a", at=at_eleven)
    at = at_eleven
    for _ in range(outbox.MOST_ATTEMPTS):
        assert outbox._claim(at) is not None
        at += outbox.LEASE

    assert outbox._claim(at) is None

    message.refresh_from_db()
    assert message.set_aside_at == at
    assert message.last_error == "NoAnswer"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_deliverers_at_once_deliver_each_message_once(at_eleven):
    for number in range(20):
        outbox.put("test.remember", key=str(number), at=at_eleven)
    barrier = threading.Barrier(2)

    def deliver():
        barrier.wait()
        try:
            deliver_all(at_eleven)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(CALLS) == len(set(CALLS)) == 20


KILLED = """
import os, signal, sys, datetime
import django
django.setup()
from django.conf import settings
from django.db import connection
settings.DATABASES["default"]["NAME"] = sys.argv[1]
connection.settings_dict["NAME"] = sys.argv[1]
from record import outbox
def handler(message):
    with open(sys.argv[2], "a") as sent:
        sent.write(f"{message.pk}\\n")
        sent.flush()
        os.fsync(sent.fileno())
    if sys.argv[4] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
outbox.register("test.kill", handler)
at = datetime.datetime.fromisoformat(sys.argv[3])
while outbox.deliver_next(at=at):
    pass
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_kill_between_handler_and_commit_sends_again_under_the_same_key(at_eleven, tmp_path):
    outbox.register("test.kill", remember)
    message = outbox.put("test.kill", key="a", at=at_eleven)
    sent = tmp_path / "sent"

    def run(at, how):
        name = connection.settings_dict["NAME"]
        done = subprocess.run(
            [sys.executable, "-c", KILLED, name, str(sent), at.isoformat(), how],
            cwd=BASE_DIR,
            env=os.environ.copy(),
            timeout=60,
        )
        return done.returncode

    first = run(at_eleven, "kill")
    message.refresh_from_db()
    was_owed = message.delivered_at is None
    second = run(at_eleven + outbox.LEASE, "live")

    message.refresh_from_db()
    keys = sent.read_text().split()
    assert (first, second) == (-signal.SIGKILL, 0)
    assert was_owed
    assert message.delivered_at is not None
    assert len(keys) == 2
    assert set(keys) == {str(message.pk)}


# Waking


@pytest.fixture
def woken(monkeypatch):
    calls = []
    monkeypatch.setattr(tasks.deliver_outbox, "apply_async", lambda **rest: calls.append(rest))
    monkeypatch.setattr(outbox, "_quiet_until", 0.0)
    return calls


def test_worker_is_woken_once_per_transaction(
    at_eleven, db, woken, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(5):
            outbox.put("test.remember", key=str(number), at=at_eleven)

    assert len(woken) == 1


def test_dead_broker_does_not_break_the_request(
    at_eleven, db, monkeypatch, django_capture_on_commit_callbacks
):
    calls = []

    def refuse(**rest):
        calls.append(rest)
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.deliver_outbox, "apply_async", refuse)
    monkeypatch.setattr(outbox, "_quiet_until", 0.0)

    for number in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            outbox.put("test.remember", key=str(number), at=at_eleven)

    assert OutboxMessage.objects.count() == 2
    assert len(calls) == 1  # the second request does not wait for it again


def test_task_delivers_everything_due(at_eleven, db):
    outbox.put("test.remember", key="a", at=at_eleven)

    tasks.deliver_outbox(unknown="ignored")

    assert len(CALLS) == 1


# Replay


def set_one_aside(at):
    message = outbox.put("test.remember", key="a", at=at)
    OutboxMessage.objects.filter(pk=message.pk).update(set_aside_at=at, attempts=8)
    return message


def test_replay_sends_again_under_the_same_id(at_eleven, administrator):
    message = set_one_aside(at_eleven)

    outbox.replay(message.pk, by=administrator, at=at_eleven)
    deliver_all(at_eleven)

    assert [message.pk] == CALLS
    assert Event.objects.get().code == "record.delivery_repeated"


def test_replay_refuses_a_message_that_is_not_set_aside(at_eleven, administrator):
    message = set_one_aside(at_eleven)
    outbox.replay(message.pk, by=administrator, at=at_eleven)

    with pytest.raises(outbox.NotSetAside):
        outbox.replay(message.pk, by=administrator, at=at_eleven)


def test_replay_refuses_somebody_who_may_not(at_eleven, mash_manager):
    message = set_one_aside(at_eleven)

    with pytest.raises(PermissionDenied):
        outbox.replay(message.pk, by=mash_manager, at=at_eleven)

    message.refresh_from_db()
    assert message.set_aside_at is not None


# Handlers


def test_notice_is_written_once_however_often_it_is_delivered(at_eleven, mash_manager):
    from record import deliveries

    message = outbox.put(
        "notice",
        key="n",
        at=at_eleven,
        payload={"user_id": str(mash_manager.pk), "code": "handover.offered"},
        subject_kind="handover",
        subject_id=uuid4(),
    )

    deliveries.notice(message)
    deliveries.notice(message)

    notice = PersonalNotice.objects.get()
    assert (notice.user, notice.code) == (mash_manager, "handover.offered")


def test_email_holds_a_link_and_nothing_else(at_eleven, mash_manager, settings):
    settings.SERVICE_URL = "https://front-door.slough.example"
    message = outbox.put(
        "email",
        key="e",
        at=at_eleven,
        payload={"user_id": str(mash_manager.pk), "path": "/mash/board/"},
    )

    outbox.deliver_next(at=at_eleven)

    (sent,) = mail.outbox
    assert sent.to == [mash_manager.email]
    assert "https://front-door.slough.example/mash/board/" in sent.body
    assert sent.extra_headers["Message-ID"] == f"<{message.pk}@front-door.slough.example>"


def test_email_to_an_agency_without_an_address_fails(at_eleven, partner_agency):
    message = outbox.put(
        "email", key="e", at=at_eleven, payload={"agency_id": str(partner_agency.pk)}
    )

    outbox.deliver_next(at=at_eleven)

    message.refresh_from_db()
    assert message.last_error == "NotConfigured"
    assert mail.outbox == []


class Listener(BaseHTTPRequestHandler):
    seen: list = []
    status = 202

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.seen.append((self.headers["Idempotency-Key"], self.rfile.read(length)))
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        """Write nothing."""


@pytest.fixture
def listener(settings):
    Listener.seen, Listener.status = [], 202
    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.WEBHOOK_URLS = {"alert": f"http://127.0.0.1:{server.server_port}/"}
    yield Listener
    server.shutdown()
    server.server_close()
    thread.join()


def test_webhook_carries_the_message_id_as_key(at_eleven, db, listener):
    message = outbox.put("webhook", key="w", at=at_eleven, payload={"target": "alert"})

    outbox.deliver_next(at=at_eleven)

    message.refresh_from_db()
    assert message.delivered_at is not None
    assert listener.seen[0][0] == str(message.pk)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_webhook_that_is_not_accepted_is_tried_again(at_eleven, db, listener, status):
    listener.status = status
    message = outbox.put("webhook", key="w", at=at_eleven, payload={"target": "alert"})

    outbox.deliver_next(at=at_eleven)

    message.refresh_from_db()
    assert message.delivered_at is None
    assert len(listener.seen) == 1


@pytest.mark.parametrize(
    ("demonstration", "addresses"),
    [(False, {}), (False, {"alert": "file:///x"}), (True, {"alert": "file:///x"})],
)
def test_webhook_without_an_address_fails(at_eleven, db, settings, demonstration, addresses):
    settings.DEMONSTRATION, settings.WEBHOOK_URLS = demonstration, addresses
    message = outbox.put("webhook", key="w", at=at_eleven, payload={"target": "alert"})

    outbox.deliver_next(at=at_eleven)

    message.refresh_from_db()
    assert message.last_error == "NotConfigured"


def test_webhook_of_the_demonstration_is_shown_here_and_no_failure(at_eleven, db, settings):
    settings.DEMONSTRATION, settings.WEBHOOK_URLS = True, {}
    message = outbox.put("webhook", key="w", at=at_eleven, payload={"target": "alert"})

    outbox.deliver_next(at=at_eleven)

    message.refresh_from_db()
    assert (message.delivered_at, message.last_error) == (at_eleven, "")


def test_delivered_needs_the_right(at_eleven, administrator, contact_officer, settings):
    settings.DEMONSTRATION, settings.WEBHOOK_URLS = True, {}
    outbox.put("webhook", key="w", at=at_eleven)
    outbox.deliver_next(at=at_eleven)

    assert [one.key for one in outbox.delivered(by=administrator, topic="webhook", limit=5)] == [
        "w"
    ]
    with pytest.raises(PermissionDenied):
        outbox.delivered(by=contact_officer, topic="webhook", limit=5)


def test_topics_of_record_are_these():
    named = {topic: name for topic, name in outbox.topics().items() if topic[:5] != "test."}

    assert named == {
        "email": "record.deliveries.email",
        "notice": "record.deliveries.notice",
        "webhook": "record.deliveries.webhook",
    }
