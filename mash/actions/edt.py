"""EDT hand-over: everything done out of hours is passed on by 09:00 and acknowledged by 10:00.

What is left to do is then followed up until somebody says that it is over (domain.md 2.18).
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from cases import clocks
from cases.actions.contacts import children_of, lock_contact, touch
from cases.choices import Mark
from cases.models import Contact
from lib import application_clock
from mash.models import EdtFollowUp, EdtHandover
from record import calendar, events, once
from record import clocks as record_clocks
from record.errors import Refused

#: What EDT did is taken over by 10:00; what it writes by day, as soon after it as 10:00 is after
#: the opening.
TAKEN_OVER: Final = ("EDT-ACK", "EDT-ACK-DAY")


def start_hand_over_clocks(*, contact: Contact, by: User | None) -> None:
    """EDT-HO and EDT-ACK run for whatever comes in out of hours (decisions.md 21)."""
    if contact.is_out_of_hours:
        clocks.start("EDT-HO", on=contact, started_at=contact.received_at, by=by)
        clocks.start("EDT-ACK", on=contact, started_at=contact.received_at, by=by)


def follow_receipt(*, contact: Contact, by: User, at: datetime) -> None:
    """A corrected receipt may make a contact EDT's, or the day's (cases.reactions).

    What EDT has handed over is still acknowledged, whenever the contact came in.
    """
    if contact.is_out_of_hours:
        holds_still = any(
            clock.rule in TAKEN_OVER and (clock.stopped_at is None or clock.stop_reason == "met")
            for clock in record_clocks.of_subjects(subject_ids=[contact.pk])
        )
        if contact.board_state and not holds_still:
            start_hand_over_clocks(contact=contact, by=by)
        return
    clocks.stop("EDT-HO", on=contact, at=at, reason="not_needed")
    waiting = EdtHandover.objects.filter(
        contact=contact, acknowledged_at__isnull=True, is_to_edt=False
    )
    if not waiting.exists():
        for rule in TAKEN_OVER:
            clocks.stop(rule, on=contact, at=at, reason="not_needed")


@transaction.atomic
def hand_over(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    what_happened: str,
    what_was_done: str = "",
    left_to_do: str = "",
    by_when: datetime | None = None,
    risk_now: str = "",
    consent_decisions: str = "",
    told: str = "",
    is_urgent: bool = False,
    rang_whom: str = "",
) -> EdtHandover:
    """Write what EDT did and left to do; EDT-HO is met.

    Work of the night on a contact that came in by day is taken over by 10:00 as well; what is
    written while the office is open, within an office hour.
    """
    authority = require(by, Permission.EDT_HANDOVER_WRITE)
    contact = lock_contact(contact_id, by)
    if not what_happened.strip() or not risk_now.strip():
        raise Refused("Say what happened and what the risk is now.")
    if is_urgent and not rang_whom.strip():
        raise Refused(
            "Urgent work is also passed on by phone. Say whom you spoke to; a voicemail is not"
            " an acknowledgement."
        )
    row = EdtHandover.objects.create(
        contact=contact,
        what_happened=what_happened,
        what_was_done=what_was_done,
        left_to_do=left_to_do,
        by_when=by_when,
        risk_now=risk_now,
        consent_decisions=consent_decisions,
        told=told,
        is_urgent=is_urgent,
        rang_whom=rang_whom,
        at=at,
        by=by,
        recorded_at=application_clock.now(),
    )
    if Mark.EDT not in contact.marks:
        contact.marks = [*contact.marks, Mark.EDT.value]
    clocks.stop("EDT-HO", on=contact, at=at)
    runs = any(c.rule in TAKEN_OVER for c in record_clocks.running(subject_ids=[contact.pk]))
    if not runs:
        rule = "EDT-ACK-DAY" if calendar.is_office_hours(at) else "EDT-ACK"
        clocks.start(rule, on=contact, started_at=at, by=by)
    touch(contact)
    contact.save(update_fields=["marks", "version", "changed_at"])
    events.append(
        "mash.edt_handover",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
    )
    return row


@transaction.atomic
def alert_edt(
    *, by: User, at: datetime, contact_id: UUID, what_happened: str, left_to_do: str, risk_now: str
) -> EdtHandover:
    """Tell EDT before closing what may happen tonight and what they would have to do."""
    authority = require(by, Permission.EDT_ALERT)
    contact = lock_contact(contact_id, by)
    if not all(text.strip() for text in (what_happened, left_to_do, risk_now)):
        raise Refused("Say what happened, what EDT would have to do, and the risk now.")
    row = EdtHandover.objects.create(
        contact=contact,
        state=EdtHandover.State.RAISED_BY_DAY,
        is_to_edt=True,
        what_happened=what_happened,
        left_to_do=left_to_do,
        risk_now=risk_now,
        at=at,
        by=by,
        recorded_at=application_clock.now(),
    )
    events.append(
        "mash.edt_handover",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
        data={"to_edt": True},
    )
    return row


@transaction.atomic
def acknowledge_hand_over(*, by: User, at: datetime, contact_id: UUID) -> Contact:
    """The MASH says it has read what came in and was done overnight; EDT-ACK stops.

    Whatever was left to do stays open until it is followed up; the rest is over by this.
    """
    authority = require(by, Permission.EDT_HANDOVER_ACKNOWLEDGE, at=at)
    contact = lock_contact(contact_id, by)
    open_rows = list(
        EdtHandover.objects.select_for_update()
        .filter(contact=contact, acknowledged_at__isnull=True, is_to_edt=False)
        .order_by("pk")
    )
    runs = any(c.rule in TAKEN_OVER for c in record_clocks.running(subject_ids=[contact.pk]))
    if not open_rows and not runs:
        raise Refused("This hand-over has been acknowledged.")
    for row in open_rows:
        _acknowledge(row, by=by, at=at)
    for rule in TAKEN_OVER:
        clocks.stop(rule, on=contact, at=at)
    clocks.stop("EDT-HO", on=contact, at=at, reason="not_needed")
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    events.append(
        "mash.edt_acknowledged",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
    )
    return contact


@transaction.atomic
def take_alert(*, by: User, at: datetime, handover_id: UUID) -> EdtHandover:
    """EDT says that it has read an alert of the day.

    :raises EdtHandover.DoesNotExist: no such alert, or none that `by` may read
    """
    authority = require(by, Permission.EDT_HANDOVER_WRITE, at=at)
    row = _locked(handover_id, by)
    if not row.is_to_edt:
        raise Refused("EDT wrote this itself. The day takes it over.")
    if row.acknowledged_at is not None:
        raise Refused("EDT has read this alert already.")
    _acknowledge(row, by=by, at=at)
    _tell("mash.edt_alert_read", row, authority=authority, at=at)
    return row


@transaction.atomic
def follow_hand_over(
    *,
    by: User,
    at: datetime,
    handover_id: UUID,
    what: str,
    is_over: bool,
    token: UUID | None = None,
) -> EdtFollowUp:
    """Say what came of what was left to do, and whether that was all.

    The day follows up what EDT left; EDT follows up what the day put to it.

    :raises EdtHandover.DoesNotExist: none that `by` may read
    :raises Refused: nobody has taken it over, it is closed, or nothing is said
    """
    row = _locked(handover_id, by)
    authority = require(by, right_to_follow(row), at=at)
    once.claim(token, user=by, action="mash.edt_follow")
    if row.closed_at is not None:
        raise Refused("This was closed. What is new belongs to the contact.")
    if row.acknowledged_at is None:
        raise Refused(
            "EDT has not read this alert yet."
            if row.is_to_edt
            else "Nobody has taken this over yet. Take it over first."
        )
    if at < row.acknowledged_at:
        raise Refused("This is before it was taken over.")
    if not what.strip():
        raise Refused("Say what came of it.", field="what")
    made = EdtFollowUp.objects.create(
        handover=row,
        what=what,
        is_over=is_over,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    row.state = EdtHandover.State.CLOSED if is_over else EdtHandover.State.ACTIONED
    row.closed_at = at if is_over else None
    row.save(update_fields=["state", "closed_at"])
    _tell("mash.edt_closed" if is_over else "mash.edt_followed", row, authority=authority, at=at)
    once.finish(token, made.pk)
    return made


def right_to_follow(row: EdtHandover) -> Permission:
    """By what right somebody follows up: an alert is EDT's, a hand-over the day's."""
    if row.is_to_edt:
        return Permission.EDT_HANDOVER_WRITE
    return Permission.EDT_HANDOVER_ACKNOWLEDGE


def _acknowledge(row: EdtHandover, *, by: User, at: datetime) -> None:
    is_over = not row.is_to_edt and not row.left_to_do.strip()
    row.state = EdtHandover.State.CLOSED if is_over else EdtHandover.State.ACKNOWLEDGED
    row.acknowledged_at = at
    row.acknowledged_by = by
    row.closed_at = at if is_over else None
    row.save(update_fields=["state", "acknowledged_at", "acknowledged_by", "closed_at"])


def _locked(handover_id: UUID, by: User) -> EdtHandover:
    return (
        EdtHandover.objects.select_for_update(of=("self",))
        .select_related("contact")
        .get(pk=handover_id, contact__in=Contact.objects.visible_to(by))
    )


def _tell(code: str, row: EdtHandover, *, authority: Authority, at: datetime) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=row.contact_id,
        children=children_of(row.contact),
    )
