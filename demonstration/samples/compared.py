"""What was entered beside what a reviewer expected of it: only read, never typed from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from accounts.choices import Role
from accounts.models import RoleAssignment, User
from cases.models import Contact, ContactLink, SubmissionPart
from demonstration.samples.messages import Entered, Staff, rows_of
from lib.working_days import in_london
from mash.models import MissingEpisode
from record.models import Clock

#: Clocks that start with a decision, an enquiry or an override, not with what is entered.
STARTED_LATER: Final = frozenset({"MASH-R", "MASH-A", "MASH-G", "CONS-CONF"})
STARTED_AT_ONCE: Final = frozenset(
    {
        "CON-DEC",
        "CON-RED",
        "EDT-HO",
        "EDT-ACK",
        "DA-TRIAGE",
        "MIS-SCR",
        "MIS-SD-24H",
        "RHI-72",
        "CE-SCR",
    }
)


def staff_in_post(at: datetime) -> Staff | None:
    """A contact officer and an emergency duty worker who held their roles at that moment."""
    found: dict[str, User] = {}
    for role in (Role.CONTACT_OFFICER, Role.EDT_WORKER):
        held = (
            RoleAssignment.objects.filter(
                role=role, from_at__lte=at, to_at__isnull=True, user__is_active=True
            )
            .select_related("user")
            .order_by("from_at", "user__full_name", "pk")
            .first()
        )
        if held is None:
            return None
        found[role] = held.user
    return Staff(day=found[Role.CONTACT_OFFICER], night=found[Role.EDT_WORKER])


def clocks_of(contact: Contact) -> dict[str, datetime]:
    """The due time of each clock of a contact that was not replaced."""
    return {
        clock.rule: clock.due_at
        for clock in Clock.objects.filter(subject_id=contact.pk).order_by("started_at", "pk")
    }


def clocks_begun(entered: Entered) -> dict[str, datetime]:
    """Those of a message's contact, and those it began on the episodes of missing children."""
    at = entered.message.received_at
    contacts = [entered.contact, *entered.added_to]
    episodes = MissingEpisode.objects.filter(contact__in=contacts).values("pk")
    begun = Clock.objects.filter(subject_id__in=episodes, recorded_at=at)
    return clocks_of(entered.contact) | {clock.rule: clock.due_at for clock in begun}


def expected_clocks(expected: Mapping[str, Any]) -> dict[str, datetime]:
    """The due times a reviewer computed, by rule."""
    return {
        str(row["code"]): datetime.fromisoformat(row["due"])
        for row in rows_of(expected, "clocks")
        if row.get("code") and row.get("due")
    }


def differences(entered: Entered, known: Mapping[str, Entered]) -> list[str]:
    """Say in words where a contact is not as expected; nothing when all of it is."""
    expected, contact = entered.message.expected, entered.contact
    found: list[str] = []
    if "is_out_of_hours" in expected and contact.is_out_of_hours != expected["is_out_of_hours"]:
        found.append(f"out of hours is {contact.is_out_of_hours}")
    due, ours = expected_clocks(expected), clocks_begun(entered)
    first = expected.get("first_decision_due")
    if (
        isinstance(first, Mapping)
        and first.get("due")
        and ours.get("CON-DEC") != datetime.fromisoformat(first["due"])
    ):
        found.append("the first decision is due at another time")
    if due:
        for rule in sorted(STARTED_AT_ONCE & (due.keys() | ours.keys())):
            if due.get(rule) != ours.get(rule):
                found.append(f"{rule} is {_when(ours.get(rule))}, not {_when(due.get(rule))}")
    for missing in sorted(missing_links(entered, known)):
        found.append(f"is not linked to {missing}")
    named = {
        str(row.get("name_as_given"))
        for row in [*rows_of(expected, "children"), *rows_of(expected, "adults")]
        if row.get("name_as_given")
    }
    for name in sorted(named - entered.people.keys() - set(entered.not_for_us)):
        found.append(f"{name} is on no contact")
    return found


def _when(moment: datetime | None) -> str:
    return f"{in_london(moment):%a %-d %b %H:%M}" if moment else "not running"


def missing_links(entered: Entered, known: Mapping[str, Entered]) -> set[str]:
    """Which expected earlier contacts the message's contacts do not lead to."""
    reached = reached_from(entered)
    return {
        str(link.get("contact"))
        for link in rows_of(entered.message.expected, "links")
        if link.get("is") == "earlier"
        and link.get("contact") in known
        and not reached & {one.pk for one in known[link["contact"]].contacts}
    }


def reached_from(entered: Entered) -> set[UUID]:
    """Every contact that links and shared messages lead to, however many steps away."""
    reached: set[UUID] = set()
    ahead = {contact.pk for contact in entered.contacts}
    while ahead:
        reached |= ahead
        links = ContactLink.objects.filter(ended_at__isnull=True, other__isnull=False)
        onward = set(links.filter(contact__in=ahead).values_list("other_id", flat=True))
        onward |= set(links.filter(other__in=ahead).values_list("contact_id", flat=True))
        onward |= set(
            SubmissionPart.objects.filter(
                went_to=SubmissionPart.WentTo.ADDED, contact__in=ahead
            ).values_list("contact_id", flat=True)
        )
        ahead = {pk for pk in onward if pk} - reached
    return reached
