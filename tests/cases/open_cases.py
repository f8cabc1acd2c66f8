"""Children whom an assessment team holds and a social worker has, made through the real actions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import User
from cases import actions
from cases.models import Contact, HandoverChild
from cases.stated import Stated
from people.models import Person
from tests.cases.front_door import MORNING, child, offered, received


def accepted(officer: User, mash_manager: User, manager: User, *children: Stated) -> Contact:
    """A family received at 10:00, offered at 11:00 and accepted at noon."""
    contact = received(officer, *children)
    handover = offered(contact, mash_manager, manager)
    actions.accept(by=manager, at=MORNING + timedelta(hours=2), handover_id=handover.pk)
    return contact


def allocated(
    officer: User, mash_manager: User, manager: User, worker: User, *children: Stated
) -> list[Person]:
    """The children of such a family, with a lead worker since 12:30, in order of age."""
    contact = accepted(officer, mash_manager, manager, *(children or (child(),)))
    for row in HandoverChild.objects.filter(handover__contact=contact):
        actions.allocate(
            by=manager,
            at=MORNING + timedelta(hours=2, minutes=30),
            referral_id=row.referral_id,
            worker_id=worker.pk,
            find_out="Daily life",
            see_whom="Each child alone",
            first_visit_by=MORNING.date() + timedelta(days=3),
        )
    return children_of(contact)


def children_of(contact: Contact) -> list[Person]:
    """The children of a contact, the eldest first."""
    return list(
        Person.objects.filter(contact_people__contact=contact, la_child_id__isnull=False).order_by(
            "date_of_birth", "pk"
        )
    )


def brother(name: str = "Zayn", **facts: Any) -> Stated:
    """A younger child of the same household."""
    facts.setdefault("date_of_birth", date(2021, 2, 2))
    return child(name, **facts)


def at_visit(person: Person, **answer: Any) -> actions.ChildAtVisit:
    """Seen alone, unless told otherwise."""
    if not answer:
        answer = {"was_seen": True, "was_seen_alone": True, "words": f"{person.name} likes school."}
    return actions.ChildAtVisit(child_id=person.pk, **answer)


def visited(by: User, at: datetime, *children: actions.ChildAtVisit, **more: Any) -> Any:
    """A kept visit at home, unless told otherwise."""
    more.setdefault("purpose", "initial")
    more.setdefault("outcome", "kept")
    more.setdefault("where", "At home")
    return actions.record_visit(by=by, at=at, children=list(children), **more)
