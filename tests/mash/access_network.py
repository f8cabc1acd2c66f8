"""What the addresses of the picture of exploitation name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.choices import Role
from accounts.models import User
from lib import application_clock
from lib.working_days import london_date
from mash import actions
from mash.models import NetworkLink, NetworkNode
from tests.factories.people import PersonFactory

People = Mapping[Role, User]


def graded(**more: Any) -> dict[str, Any]:
    """What every node and link says of its source."""
    return {
        "source": "Police log",
        "source_grade": "1",
        "information_grade": "B",
        "handling": "P",
        "known_on": london_date(application_clock.now()),
        **more,
    }


def place(by: User, label: str = "Leisure centre", **more: Any) -> NetworkNode:
    node: NetworkNode = actions.add_node(
        by=by, at=application_clock.now(), **{"kind": "place", **graded(label=label, **more)}
    )
    return node


def link(by: User, one: NetworkNode, other: NetworkNode, kind: str = "seen_at") -> NetworkLink:
    row: NetworkLink = actions.add_link(
        by=by,
        at=application_clock.now(),
        one_id=one.pk,
        other_id=other.pk,
        **graded(kind=kind),
    )
    return row


def a_node(people: People) -> dict[str, Any]:
    return {"pk": place(people[Role.MASH_SOCIAL_WORKER]).pk}


def a_link(people: People) -> dict[str, Any]:
    by = people[Role.MASH_SOCIAL_WORKER]
    return {"pk": link(by, place(by), place(by, "Car park")).pk}


def a_person(people: People) -> dict[str, Any]:
    return {"pk": PersonFactory().pk}


WORK = {
    "network_person": a_person,
    "network_change": a_node,
    "network_end": a_node,
    "network_link": a_node,
    "network_change_link": a_link,
    "network_end_link": a_link,
}
