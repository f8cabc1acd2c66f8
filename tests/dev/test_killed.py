"""Kill -9 of web, worker, broker or database while contacts are received and decided.

A person at a browser is played by `insist`: where no answer comes, they press the button again with
the same form. At the end nothing acknowledged is missing, nothing is there twice, and what left the
database carried one key however often it was sent.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg2
import pytest
import requests
from django.conf import settings

from dev import services
from dev.clean import processes_using
from tests.dev import running

pytestmark = pytest.mark.slow

ANSWER_SECONDS = 300
DELIVERY_SECONDS = 180
VICTIMS = ("web", "worker", "broker", "database")
CHILDREN = (
    ("Aaliyah", "Testwood", "14 9 2018", "referral"),
    ("Bartosz", "Mockford", "2 2 2012", "sent_to_other_authority"),
    ("Chidi", "Placeholder", "30 6 2015", "referral"),
    ("Delphine", "Dummyfield", "7 11 2020", "sent_to_other_authority"),
)
# The authority, and a session for who takes contacts in and who decides them.
PEOPLE = """
import json, random
from datetime import timedelta
import django; django.setup()
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from demonstration.authority import build
from lib.application_clock import now
made = build(first_at=now() - timedelta(days=30), random=random.Random(1))
def session(user):
    kept = import_module(settings.SESSION_ENGINE).SessionStore()
    kept[SESSION_KEY] = str(user.pk)
    kept[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    kept[HASH_SESSION_KEY] = user.get_session_auth_hash()
    kept.save()
    return kept.session_key
print(json.dumps({"officer": session(made.contact_officers[0]),
    "manager": session(made.mash_managers[0]), "team": str(made.assessment[0][0].pk)}))
"""


class Receiver(ThreadingHTTPServer):
    """Another authority's system: takes every alert and notes the key it came with."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Note)
        self.keys: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Note(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys.append(self.headers["Idempotency-Key"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Service:
    """The running service, and how its parts are found to be killed."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url.rstrip("/")
        self.place = services.Place(folder)
        self.killed: list[str] = []

    def kill(self, victim: str) -> None:
        """End one part at once, with all its processes."""
        for process_id in self.processes_of(victim):
            try:
                os.kill(process_id, signal.SIGKILL)
            except ProcessLookupError:
                continue
            self.killed.append(victim)

    def processes_of(self, victim: str) -> list[int]:
        if victim in {"broker", "database"}:
            kind = "valkey" if victim == "broker" else "postgres"
            found = services.recorded_process(self.place, kind)
            return [found] if found else []
        mark = b"gunicorn" if victim == "web" else b"\0worker\0"
        ours = processes_using(self.folder)
        return [number for number in ours if mark in command_of(number)]

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        connection = self.connected()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def connected(self) -> Any:
        """Connect to the database, which may just have been killed and be coming back."""
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                return psycopg2.connect(self.place.url("postgres"))
            except psycopg2.OperationalError:
                assert time.monotonic() < end, "The database did not come back"
                time.sleep(0.2)


def command_of(process_id: int) -> bytes:
    try:
        return Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return b""


class Browser:
    """Somebody signed in, who tries again when the service does not answer."""

    def __init__(self, url: str, session: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.cookies.set(settings.SESSION_COOKIE_NAME, session)

    def read(self, path: str) -> str:
        return self.insist("GET", path).text

    def hidden(self, page: str) -> dict[str, str]:
        """Return what the page's forms send without anybody typing it."""
        found = {}
        for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
            name = re.search(r'name="([^"]*)"', tag)
            value = re.search(r'value="([^"]*)"', tag)
            if name:
                found[name[1]] = value[1] if value else ""
        return found

    def insist(self, method: str, path: str, data: dict[str, str] | None = None) -> Any:
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                answer = self.http.request(
                    method, self.url + path, data=data, timeout=20, allow_redirects=False
                )
                if answer.status_code < 500:
                    return answer
            except requests.RequestException:
                pass
            assert time.monotonic() < end, f"No answer from {path}"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def service(
    tmp_path_factory, receiver, django_db_setup
) -> Iterator[tuple[Service, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("killed") / "data"
    place = running.migrated(folder, settings.DATABASES["default"])
    services.start(place)
    made = subprocess.run(
        [sys.executable, "-c", PEOPLE],
        cwd=services.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": place.url("postgres"),
            "DATA_DIR": str(folder),
            "SFD_TESTING": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    services.stop(place)
    alerts = f"alert=http://127.0.0.1:{receiver.server_port}/"
    process = running.start(folder, WEBHOOK_URLS=alerts)
    try:
        yield Service(folder, running.address(process)), json.loads(made.stdout)
    finally:
        process.terminate()
        said, _nothing = process.communicate()
        sys.stdout.write(said)  # shown when a test fails: what ended and was started again
    assert running.left_over(folder) == []


def while_killing(service: Service, victim: str, moment: random.Random, call: Any) -> Any:
    """Make a call and kill a part of the service somewhere in the middle of it."""
    killer = threading.Timer(moment.uniform(0.0, 0.3), service.kill, [victim])
    killer.start()
    try:
        return call()
    finally:
        killer.join()


def receive(officer: Browser, child: tuple[str, str, str, str], wrap: Any) -> str:
    """Take a contact in over two pages; the second is where it is received."""
    key = str(uuid4())
    at = datetime.now(ZoneInfo("Europe/London")) - timedelta(minutes=5)
    first = f"/mash/contacts/new/{key}/"
    came_in = {
        **officer.hidden(officer.read(first)),
        "channel": "phone",
        "received_at": f"{at.day} {at.month} {at.year} {at:%H:%M}",
        "words": f"{child[0]} came in quiet and asked to stay at lunch.",
        "who": "named",
        "referrer_name": "Olu Specimen",
        "referrer_role": "Safeguarding lead",
        "source_code": "2A",
    }
    answer = officer.insist("POST", first, came_in)
    assert answer.status_code == 302, answer.text
    second = answer.headers["Location"]
    who = {
        **officer.hidden(officer.read(second)),
        "stage": "born",
        "given_name": child[0],
        "family_name": child[1],
        "date_of_birth": child[2],
        "sex": "U",
        "place": "resident_child",
    }
    answer = wrap(lambda: officer.insist("POST", second, who))
    assert answer.status_code == 302, answer.text
    found = re.search(r"/mash/contacts/([0-9a-f-]{36})/", answer.headers["Location"])
    assert found
    return found[1]


def decide(
    manager: Browser, contact_id: str, child: tuple[str, str, str, str], team: str, wrap: Any
) -> str:
    """Decide a contact; the form that is sent again is the same form."""
    path = f"/mash/contacts/{contact_id}/decide/"
    page = manager.read(path)
    children = sorted(set(re.findall(r"child-([0-9a-f-]{36})-level", page)))
    assert len(children) == 1
    prefix = f"child-{children[0]}"
    answers = {
        **manager.hidden(page),
        f"{prefix}-is_in": "in",
        f"{prefix}-level": "4a",
        f"{prefix}-outcome": child[3],
        f"{prefix}-why": f"Because of what {child[0]} said.",
        "know": "Two call-outs.",
        "worries": "Repeat violence.",
        "protects": "A teacher who is trusted.",
        "alternative": "Advice would be too little.",
    }
    if child[3] == "referral":
        answers |= {f"{prefix}-to_team": team, f"{prefix}-primary_need": "N1"}
    else:
        answers |= {f"{prefix}-other_authority": "Exampleshire"}
    answer = wrap(lambda: manager.insist("POST", path, answers))
    assert answer.status_code == 302, answer.text
    found = re.search(r"/mash/decisions/([0-9a-f-]{36})/", answer.headers["Location"])
    assert found
    return found[1]


def wait_until_delivered(service: Service) -> None:
    """Wait for the outbox to empty, as if the lease of a killed deliverer had run out."""
    end = time.monotonic() + DELIVERY_SECONDS
    owed = "SELECT topic, attempts, last_error FROM record_outboxmessage WHERE delivered_at IS NULL"
    while still_owed := service.rows(owed):
        assert time.monotonic() < end, still_owed
        service.rows(
            "UPDATE record_outboxmessage SET available_at = now()"
            " WHERE delivered_at IS NULL AND set_aside_at IS NULL"
        )
        time.sleep(1)


def test_nothing_acknowledged_is_lost_or_doubled_by_kill_9(service, receiver):
    running_service, people = service
    moment = random.Random(20260312)
    officer = Browser(running_service.url, people["officer"])
    manager = Browser(running_service.url, people["manager"])
    acknowledged = {}

    for victim, child in zip(VICTIMS, CHILDREN, strict=True):

        def wrap(call, victim=victim):
            return while_killing(running_service, victim, moment, call)

        contact_id = receive(officer, child, wrap)
        acknowledged[contact_id] = decide(manager, contact_id, child, people["team"], wrap)
    wait_until_delivered(running_service)

    assert set(running_service.killed) == set(VICTIMS)
    rows = running_service.rows
    assert dict(rows("SELECT id::text, count(*) FROM cases_contact GROUP BY id")) == dict.fromkeys(
        acknowledged, 1
    )
    assert rows("SELECT count(*) FROM cases_submission") == [(len(CHILDREN),)]
    assert dict(rows("SELECT contact_id::text, id::text FROM mash_decision")) == acknowledged
    assert rows("SELECT count(*) FROM people_person") == [(len(CHILDREN),)]
    assert rows("SELECT count(*) FROM cases_referral") == [(2,)]
    assert rows("SELECT count(*) FROM cases_handover") == [(2,)]
    assert rows(
        "SELECT count(*), count(DISTINCT subject_id) FROM record_event WHERE code = %s",
        "mash.decided",
    ) == [(len(CHILDREN), len(CHILDREN))]
    messages = {
        topic: {str(number) for number in numbers}
        for topic, numbers in rows(
            "SELECT topic, array_agg(id) FROM record_outboxmessage GROUP BY 1"
        )
    }
    assert set(receiver.keys) == messages["webhook"]
    assert len(messages["webhook"]) == 2
    assert {
        str(number) for (number,) in rows("SELECT message_id FROM record_personalnotice")
    } == messages["notice"]
