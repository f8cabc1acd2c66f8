"""What the addresses of missing children name, and by what right each step is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import Permission as P
from lib import application_clock
from mash import actions
from mash.models import MissingEpisode
from tests.factories.people import PersonFactory

People = Mapping[Role, User]

STEPS = {
    "screen": P.MISSING_RECORD,
    "discussion": P.MISSING_DECIDE,
    "return": P.MISSING_RECORD,
    "offer": P.MISSING_RECORD,
    "interview": P.MISSING_RECORD,
    "no_interview": P.MISSING_RECORD,
    "close": P.MISSING_DECIDE,
}


def a_child(people: People) -> dict[str, Any]:
    return {"pk": PersonFactory().pk}


def an_episode(people: People) -> dict[str, Any]:
    now = application_clock.now()
    episode: MissingEpisode = actions.report_missing(
        by=people[Role.MASH_SOCIAL_WORKER],
        at=now,
        child_id=PersonFactory().pk,
        missing_since=now - timedelta(hours=3),
        circumstances="Did not come home from school",
    )
    return {"pk": episode.pk}
