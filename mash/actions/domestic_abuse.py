"""Domestic abuse on a contact: the notification's facts, the daily triage, support offered."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, require
from cases import clocks, services
from cases.actions.contacts import children_of, lock_contact, touch
from cases.choices import ContactState, Mark
from cases.models import Contact, ServicePlace
from lib import application_clock
from lib.working_days import london_date
from mash.models import DomesticAbuse
from record import events, once
from record.errors import Refused

HIGH_FROM = 14
MEDIUM_FROM = 10


def grade_of(score: int) -> str:
    """The DASH band: 14 or more high, 10 to 13 medium, below standard (domain.md 2.17)."""
    if score >= HIGH_FROM:
        return str(DomesticAbuse.Grade.HIGH)
    return str(DomesticAbuse.Grade.MEDIUM if score >= MEDIUM_FROM else DomesticAbuse.Grade.STANDARD)


@transaction.atomic
def record_domestic_abuse(
    *, by: User, at: datetime, contact_id: UUID, dash_score: int | None = None, **facts: Any
) -> DomesticAbuse:
    """Record or complete the notification's facts; DA-TRIAGE starts at the contact's receipt.

    The grade follows the score unless a professional graded it higher.
    """
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    if dash_score is not None and not 0 <= dash_score <= 24:
        raise Refused("The DASH score is a number from 0 to 24.")
    incident_at = facts.get("incident_at")
    if incident_at is not None and incident_at > contact.received_at:
        raise Refused("The incident is after the contact was received.")
    dash_on = facts.get("dash_on")
    if dash_on is not None and dash_on > london_date(at):
        raise Refused("The DASH was done on a day to come.", field="dash_on")
    if dash_score is not None and facts.get("dash_grade"):
        grades = DomesticAbuse.Grade.values
        if grades.index(facts["dash_grade"]) < grades.index(grade_of(dash_score)):
            raise Refused(
                f"A DASH of {dash_score} is {grade_of(dash_score)} at least. A professional may"
                " grade it higher, not lower.",
                field="dash_grade",
            )
    if dash_score is not None and not facts.get("dash_grade"):
        facts["dash_grade"] = grade_of(dash_score)
    row = DomesticAbuse.objects.select_for_update().filter(contact=contact).first()
    is_new = row is None
    if row is None:
        row = DomesticAbuse(contact=contact, recorded_at=application_clock.now(), recorded_by=by)
    for name, value in facts.items():
        setattr(row, name, value)
    row.dash_score = dash_score
    row.save(force_insert=is_new)
    if is_new:
        clocks.start("DA-TRIAGE", on=contact, started_at=contact.received_at, by=by)
    if Mark.DOMESTIC_ABUSE not in contact.marks:
        contact.marks = [*contact.marks, Mark.DOMESTIC_ABUSE.value]
    if row.safe_contact and not contact.safe_contact:
        contact.safe_contact = row.safe_contact
    touch(contact)
    contact.save(update_fields=["marks", "safe_contact", "version", "changed_at"])
    events.append(
        "mash.domestic_abuse",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
        data={"grade": row.dash_grade},
    )
    return row


@transaction.atomic
def triage_domestic_abuse(*, by: User, at: datetime, contact_id: UUID, note: str) -> DomesticAbuse:
    """Record what the multi-agency triage meeting said; DA-TRIAGE stops."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    row = DomesticAbuse.objects.select_for_update().get(contact=contact)
    if row.triaged_at is not None:
        raise Refused("This notification has been triaged.")
    if not note.strip():
        raise Refused("Say what the triage concluded.")
    row.triaged_at = at
    row.triaged_by = by
    row.triage_note = note
    row.save(update_fields=["triaged_at", "triaged_by", "triage_note"])
    clocks.stop("DA-TRIAGE", on=contact, at=at)
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    events.append(
        "mash.domestic_abuse_triaged",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
    )
    return row


@transaction.atomic
def offer_service(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    child_ids: Collection[UUID],
    why: str,
    agreed_by: str,
    until_on: date,
    service_id: UUID | None = None,
    other_name: str = "",
    token: UUID | None = None,
) -> ServicePlace:
    """Take a place at a service for children of a domestic abuse notification.

    The early help coordinator, who keeps the directory, ends it. A decided contact may have one:
    the triage often meets after the decision.

    :raises NoRoom: the service has none, or somebody took the last place first
    :raises Refused: no notification, void, a child of another contact, or something is missing
    """
    authority = require(by, Permission.CONTACT_EDIT, at=at)
    contact: Contact = (
        Contact.objects.visible_to(by).select_for_update(of=("self",)).get(pk=contact_id)
    )
    once.claim(token, user=by, action="mash.offer_service")
    if not DomesticAbuse.objects.filter(contact=contact).exists():
        raise Refused("This contact carries no domestic abuse notification.")
    if contact.state == ContactState.VOID:
        raise Refused("This contact is void.")
    if at < contact.received_at:
        raise Refused("This is before the contact was received.", field="at")
    if set(child_ids) - set(children_of(contact)):
        raise Refused("One of these children is not on this contact.", field="child_ids")
    place = services.take(
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        child_ids=child_ids,
        why=why,
        agreed_by=agreed_by,
        until_on=until_on,
        service_id=service_id,
        other_name=other_name,
    )
    once.finish(token, place.pk)
    return place
