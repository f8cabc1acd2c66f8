"""How long the search page takes while many people search at once, over the network.

    python -m dev.with_servers -m benchmarks.search_load --people 50 --seconds 60

Each person is signed in and searches once every five seconds (decisions.md 97), for somebody on
the seeded record, some by name, some by date of birth, some by address. The web server is started
as `make run` starts it, on a free port, and stopped again.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
django.setup()

from django.conf import settings  # noqa: E402 (the registry must be ready)
from django.db import connection  # noqa: E402 (the registry must be ready)

from accounts.models import User  # noqa: E402
from accounts.permissions import Permission, roles_with  # noqa: E402
from dev.screenshot import session_key  # noqa: E402
from people.models import Person, PersonAddress  # noqa: E402

EVERY_SECONDS = 5.0
P95_BUDGET_MS = 100.0
ASKED_FOR = 400
WAIT_SECONDS = 60.0
HTTP_OK = 200
TOKEN = "a" * 32


@dataclass
class Taken:
    """What everybody together met."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


def questions() -> list[str]:
    """Give what is typed, of people on the record: a name, with a birth, or a place."""
    people = Person.objects.exclude(given_name="").exclude(date_of_birth=None).order_by("pk")
    step = max(people.count() // ASKED_FOR, 1)
    found = []
    for number, (given, family, born) in enumerate(
        people.values_list("given_name", "family_name", "date_of_birth")[::step]
    ):
        day = f" {born:%d/%m/%Y}" if born and number % 2 else ""
        found.append(f"{given} {family}{day}")
    places = PersonAddress.objects.select_related("address").order_by("pk")[: ASKED_FOR // 8]
    return found + [place.address.text for place in places]


def workers(number: int) -> list[str]:
    """Give a session of each of so many people who may search; few people sign in often."""
    users = list(
        User.objects.filter(
            is_active=True,
            role_assignments__role__in=roles_with(Permission.PERSON_SEARCH),
            role_assignments__to_at=None,
        )
        .distinct()
        .order_by("pk")[:number]
    )
    if not users:
        sys.exit("Nobody here may search. Run make seed first.")
    return [session_key(users[each % len(users)].email) for each in range(number)]


@contextmanager
def web_server(port: int) -> Iterator[None]:
    """Keep the web server up, as `make run` starts it."""
    command = [
        str(Path(sys.executable).parent / "gunicorn"),
        "slough_front_door.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        os.environ.get("WEB_CONCURRENCY", "2"),
        "--threads",
        "4",
        "--no-control-socket",
        "--preload",
    ]
    process = subprocess.Popen(command)
    try:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _headers(session: str) -> dict[str, str]:
    return {
        "Cookie": f"sfd_session={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def search_on(
    port: int, session: str, asked: list[str], until: float, taken: Taken, dice: random.Random
) -> None:
    """Search every five seconds, beginning at any moment of the first five."""
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    at = time.monotonic() + dice.random() * EVERY_SECONDS
    while at < until:
        time.sleep(max(at - time.monotonic(), 0))
        body = urlencode({"q": dice.choice(asked), "csrfmiddlewaretoken": TOKEN})
        began = time.perf_counter()
        try:
            server.request("POST", "/search/", body=body, headers=_headers(session))
            answer = server.getresponse()
            answer.read()
            path = answer.getheader("Location") or "/search/"
            server.close()
            server.request("GET", path, headers=_headers(session))
            answer = server.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            status = 0
        server.close()  # the server does not keep a connection for five seconds
        taken.milliseconds.append((time.perf_counter() - began) * 1000)
        taken.statuses[status] += 1
        at += EVERY_SECONDS


def main() -> None:
    """Run it and say what it came to; fails over the budget."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    asked, sessions = questions(), workers(options.people)
    on_file = Person.objects.count()
    connection.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    taken, warming = Taken(), Taken()
    with web_server(port):
        first = time.monotonic() + EVERY_SECONDS
        for into, until in ((warming, first), (taken, first + options.seconds)):
            threads = [
                threading.Thread(
                    target=search_on,
                    args=(port, session, asked, until, into, random.Random(number)),
                )
                for number, session in enumerate(sessions)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    times = sorted(taken.milliseconds)
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"{on_file:,} people on file; {options.people} people, each every {EVERY_SECONDS:.0f} s:"
        f" {len(times)} searches, median {statistics.median(times):.0f} ms, p95 {p95:.0f} ms"
        f" (budget {P95_BUDGET_MS:.0f}), longest {times[-1]:.0f} ms,"
        f" answers {dict(taken.statuses)}"
    )
    if taken.statuses.keys() != {HTTP_OK}:
        sys.exit("Some searches were not answered with a page.")
    if p95 > P95_BUDGET_MS:
        sys.exit("Over budget.")


if __name__ == "__main__":
    main()
