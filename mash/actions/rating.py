"""Urgency: anybody in the MASH may raise it, only a manager may lower it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, require
from cases import clocks
from cases.actions.contacts import children_of, lock_contact, start_red, touch
from cases.choices import ContactState, Rag
from cases.models import Contact
from mash.models import DomesticAbuse, Enquiry
from mash.timescales import RAG_RULES
from record import events
from record.clocks import running
from record.errors import Refused

ORDER = {Rag.GREEN: 0, Rag.AMBER: 1, Rag.RED: 2}


@transaction.atomic
def rate(*, by: User, at: datetime, contact_id: UUID, rag: Rag, reason: str) -> Contact:
    """Set, raise or lower the urgency of a contact; its enquiry's limit is counted anew.

    The new limit counts from the original start (domain.md 2.2).

    :raises PermissionDenied: lowering belongs to the MASH manager
    :raises Refused: no reason, or high-risk domestic abuse rated below amber
    """
    contact = lock_contact(contact_id, by)
    rag = Rag(rag)
    is_lower = bool(contact.rag) and ORDER[rag] < ORDER[Rag(contact.rag)]
    is_higher = bool(contact.rag) and ORDER[rag] > ORDER[Rag(contact.rag)]
    permission = Permission.RAG_SET
    if is_lower:
        permission = Permission.RAG_LOWER
    elif is_higher:
        permission = Permission.RAG_RAISE
    authority = require(by, permission)
    if contact.state == ContactState.VOID or contact.board_state == "":
        raise Refused("This contact has been decided, so its urgency cannot change.")
    if not reason.strip():
        raise Refused("Say why this urgency.")
    is_high_risk = DomesticAbuse.objects.filter(
        contact=contact, dash_grade=DomesticAbuse.Grade.HIGH
    ).exists()
    if rag == Rag.GREEN and is_high_risk:
        raise Refused("High-risk domestic abuse is at least amber.")
    contact.rag = rag
    contact.rag_reason = reason
    contact.rag_by = by
    contact.rag_at = at
    touch(contact)
    contact.save(update_fields=["rag", "rag_reason", "rag_by", "rag_at", "version", "changed_at"])
    if rag == Rag.RED:
        start_red(contact, by)
    elif not contact.is_danger:
        clocks.stop("CON-RED", on=contact, at=at, reason="not_needed")
    if (is_lower or is_higher) and Enquiry.objects.filter(
        contact=contact, ended_at__isnull=True
    ).exists():
        _count_enquiry_again(contact, rag, by)
    events.append(
        "mash.rated",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
        data={"rag": str(rag)},
    )
    return contact


def _count_enquiry_again(contact: Contact, rag: Rag, by: User) -> None:
    for clock in running(subject_ids=[contact.pk]):
        if clock.rule in RAG_RULES.values():
            clocks.replace(
                clock.rule,
                on=contact,
                started_at=clock.started_at,
                by=by,
                because="rag_changed",
                new_rule=RAG_RULES[rag],
            )
