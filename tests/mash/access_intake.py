"""What the addresses of taking a contact in name, and who may open them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from accounts.choices import Role, TeamKind
from accounts.models import Team, User
from cases import actions
from cases.choices import Channel
from cases.models import Contact
from cases.stated import Stated
from lib import application_clock
from tests.factories.accounts import TeamFactory

People = Mapping[Role, User]


def received(people: People) -> Contact:
    """A contact about one child, received an hour ago."""
    if not Team.objects.filter(kind=TeamKind.MASH).exists():
        TeamFactory(kind=TeamKind.MASH, manager=people[Role.MASH_MANAGER])
    return actions.receive(
        by=people[Role.CONTACT_OFFICER],
        at=application_clock.now() - timedelta(hours=1),
        channel=Channel.PHONE,
        words="She asked to stay at lunch.",
        people=[Stated(given_name="Aaliyah", family_name="Testwood")],
    )


def a_contact(people: People) -> dict[str, Any]:
    return {"pk": received(people).pk}


def a_draft(people: People) -> dict[str, Any]:
    return {"draft": uuid.uuid4()}


def a_person_of_a_contact(people: People) -> dict[str, Any]:
    contact = received(people)
    return {"pk": contact.pk, "person": contact.people.get().pk}


def a_link(people: People) -> dict[str, Any]:
    contact = received(people)
    link = actions.claim_earlier_contact(
        by=people[Role.CONTACT_OFFICER],
        at=application_clock.now(),
        contact_id=contact.pk,
        claimed_on=None,
        why="The caller says so",
    )
    return {"pk": contact.pk, "link": link.pk}


def a_question(people: People) -> dict[str, Any]:
    contact = received(people)
    asked = actions.ask_for_information(
        by=people[Role.CONTACT_OFFICER],
        at=application_clock.now(),
        contact_id=contact.pk,
        what="Her date of birth",
        asked_of="Dummyfield Primary",
        due_at=application_clock.now() + timedelta(hours=2),
    )
    return {"pk": contact.pk, "asked": asked.pk}


Args = Callable[[People], dict[str, Any]]

#: Pages of one contact that are read and sent by whoever may change contacts.
PAGES: dict[str, Args] = {
    **dict.fromkeys(
        (
            "contact_danger",
            "contact_referrer",
            "contact_parents",
            "contact_category",
            "contact_agreement",
            "contact_lawful_basis",
            "contact_domestic_abuse",
            "contact_missing",
            "contact_files",
            "contact_links",
            "contact_messages",
            "contact_seal",
            "contact_history",
            "contact_information",
            "contact_send",
            "contact_split",
            "contact_add_child",
            "contact_add_adult",
            "contact_home",
            "contact_member",
            "contact_other_household",
            "contact_address",
        ),
        a_contact,
    ),
    "contact_information_given": a_question,
    "contact_remove_person": a_person_of_a_contact,
    "contact_relations": a_person_of_a_contact,
}
#: Pages that are only read, and acts that are only sent.
READ: dict[str, Args] = {
    "contact_tasks": a_contact,
    "contact_household": a_contact,
    "contact_person": a_person_of_a_contact,
}
SENT: dict[str, Args] = {
    "contact_unlink": a_link,
    "contact_settle": a_person_of_a_contact,
    "contact_add_to_record": a_person_of_a_contact,
    "contact_undo_match": a_person_of_a_contact,
}
