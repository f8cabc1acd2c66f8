"""Which files of messages the tests enter: our own, and one more if SAMPLE_CONTACTS names it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.db import connection, transaction

from accounts.choices import Role, TeamKind
from accounts.models import User
from demonstration import samples
from demonstration.samples import Entered, Staff
from tests import reference_data
from tests.personas import member, team_of

OURS = Path(__file__).parent / "data" / "contacts.json"
FILES = [OURS, *(Path(name) for name in [os.environ.get("SAMPLE_CONTACTS")] if name)]
EVERY_CONTACT = [(path, raw["id"]) for path in FILES for raw in json.loads(path.read_text())]


class World:
    """A file entered from its first message to its last, and the people who may act on it."""

    def __init__(self, path: Path) -> None:
        self.officer: User = member("Amir Testwood", Role.CONTACT_OFFICER, TeamKind.MASH)
        self.edt: User = member("Nia Nightwood", Role.EDT_WORKER, TeamKind.EDT)
        self.manager: User = team_of(TeamKind.MASH).manager
        self.worker: User = member("Pat Fixture", Role.MASH_SOCIAL_WORKER, TeamKind.MASH)
        messages, self.problems = samples.in_order(json.loads(path.read_text()))
        self.known: dict[str, Entered] = {}
        for message in messages:
            self.known[message.id] = samples.enter(
                message, staff=Staff(day=self.officer, night=self.edt), known=self.known
            )
        self.end = messages[-1].received_at + timedelta(days=1)


@contextmanager
def entered(path: Path) -> Iterator[World]:
    """Enter a file once for all tests that read it; nothing of it stays in the database."""
    with transaction.atomic():
        reference_data.fill_and_read()
        world = World(path)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield world
        transaction.set_rollback(True)
