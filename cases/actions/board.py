"""Who is on what: claims, assignments, and a manager's eye on a red contact."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, holds, require
from cases import clocks
from cases.actions.contacts import children_of, lock_contact, touch
from cases.choices import Rag
from cases.models import Contact
from lib.working_days import london_date
from record import calendar, events
from record.errors import Clash, Refused


@dataclass(frozen=True)
class AssignResult:
    """What became of one row of a bulk assignment."""

    contact_id: UUID
    reference: str
    is_done: bool
    words: str


def _lapses_at(at: datetime) -> datetime:
    """A claim lapses at closing; out of hours at the next opening (decisions.md 62)."""
    working = calendar.calendar()
    closing = working.closes_at(london_date(at))
    if working.is_office_hours(at) and closing is not None:
        return closing
    return working.next_opening(at)


@transaction.atomic
def claim(*, by: User, at: datetime, contact_id: UUID) -> Contact:
    """Take a contact on, for others to see. Advisory: any decider may go past it.

    Claimed again by the same person it stays as it is.

    :raises Clash: a colleague claimed it first
    """
    authority = require(by, Permission.BOARD_CLAIM)
    contact = lock_contact(contact_id, by)
    _refuse_off_board(contact)
    if contact.claimed_by_id is not None and not _has_lapsed(contact, at):
        if contact.claimed_by_id == by.pk:
            return contact
        holder = User.objects.get(pk=contact.claimed_by_id)
        raise Clash(
            f"{holder.full_name} claimed this contact first, at {_clock(contact.claimed_at)},"
            " so it is not yours."
        )
    _give(contact, by, authority, at, "contact.claimed")
    return contact


@transaction.atomic
def release(*, by: User, at: datetime, contact_id: UUID) -> Contact:
    """Give a claimed contact back. Your own, or anybody's for who may assign."""
    contact = lock_contact(contact_id, by)
    authority = require(
        by,
        Permission.BOARD_CLAIM if contact.claimed_by_id == by.pk else Permission.BOARD_ASSIGN,
    )
    if contact.claimed_by_id is None:
        raise Refused("Nobody has claimed this contact.")
    contact.claimed_by = contact.claimed_at = contact.claim_lapses_at = None
    contact.changed_at = at
    contact.save(update_fields=["claimed_by", "claimed_at", "claim_lapses_at", "changed_at"])
    events.append(
        "contact.released",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return contact


@transaction.atomic
def assign(*, by: User, at: datetime, contact_id: UUID, to_id: UUID) -> Contact:
    """Give a contact to a colleague who may claim; whose it is already keeps it."""
    authority = require(by, Permission.BOARD_ASSIGN)
    contact = lock_contact(contact_id, by)
    _refuse_off_board(contact)
    colleague = User.objects.get(pk=to_id)
    if not holds(colleague, Permission.BOARD_CLAIM):
        raise Refused(f"{colleague.full_name} does not work on contacts.")
    if not Contact.objects.visible_to(colleague).filter(pk=contact.pk).exists():
        raise Refused(f"{colleague.full_name} may not read this contact.")
    if contact.claimed_by_id == colleague.pk and not _has_lapsed(contact, at):
        return contact
    _give(contact, colleague, authority, at, "contact.assigned")
    return contact


def assign_many(
    *, by: User, at: datetime, contact_ids: Iterable[UUID], to_id: UUID
) -> list[AssignResult]:
    """Give several contacts to a colleague: each row succeeds or is refused by itself."""
    require(by, Permission.BOARD_ASSIGN)
    results = []
    for contact_id in sorted(set(contact_ids)):
        try:
            contact = assign(by=by, at=at, contact_id=contact_id, to_id=to_id)
        except Contact.DoesNotExist:
            results.append(AssignResult(contact_id, "", False, "You may not see this contact."))
        except Refused as refused:
            reference = Contact.objects.values_list("reference", flat=True).get(pk=contact_id)
            results.append(AssignResult(contact_id, reference, False, str(refused)))
        else:
            results.append(AssignResult(contact_id, contact.reference, True, "Assigned"))
    return results


@transaction.atomic
def see_red(*, by: User, at: datetime, contact_id: UUID) -> Contact:
    """A manager says "seen" to a red contact; opening the page is not enough."""
    contact = lock_contact(contact_id, by)
    authority = red_authority(by, at)
    if contact.red_seen_at is not None:
        raise Refused("A manager has seen this contact already.")
    mark_red_seen(contact, authority, at)
    return contact


def red_authority(by: User, at: datetime) -> Authority:
    """The right to answer for a red contact: MASH manager, or EDT out of hours."""
    if not calendar.is_office_hours(at) and holds(
        by, Permission.THRESHOLD_DECIDE_PROVISIONAL, at=at
    ):
        return require(by, Permission.THRESHOLD_DECIDE_PROVISIONAL, at=at)
    return require(by, Permission.CONTACT_DECIDE, at=at)


def mark_red_seen(contact: Contact, authority: Authority, at: datetime) -> None:
    """Stop CON-RED: seen, claimed or decided by who may (decisions.md 19)."""
    if contact.red_seen_at is not None:
        return
    contact.red_seen_by = authority.user
    contact.red_seen_at = at
    contact.save(update_fields=["red_seen_by", "red_seen_at"])
    clocks.stop("CON-RED", on=contact, at=at)
    events.append(
        "contact.red_seen",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
    )


def _give(contact: Contact, to: User, authority: Authority, at: datetime, code: str) -> None:
    contact.claimed_by = to
    contact.claimed_at = at
    contact.claim_lapses_at = _lapses_at(at)
    contact.changed_at = at
    contact.save(update_fields=["claimed_by", "claimed_at", "claim_lapses_at", "changed_at"])
    is_red = contact.rag == Rag.RED or contact.is_danger
    if is_red and code == "contact.claimed" and holds(to, Permission.CONTACT_DECIDE, at=at):
        mark_red_seen(contact, authority, at)
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        data={"to_id": str(to.pk)},
    )


def _has_lapsed(contact: Contact, at: datetime) -> bool:
    return contact.claim_lapses_at is not None and contact.claim_lapses_at <= at


def _refuse_off_board(contact: Contact) -> None:
    if contact.board_state == "":
        raise Refused("This contact is not waiting for anything, so it cannot be claimed.")


def _clock(moment: datetime | None) -> str:
    from lib.working_days import in_london

    return f"{in_london(moment):%H:%M}" if moment else ""


__all__ = [
    "AssignResult",
    "assign",
    "assign_many",
    "claim",
    "mark_red_seen",
    "red_authority",
    "release",
    "see_red",
    "touch",
]
