"""MARAC after a domestic abuse notification: whether to refer, and what was agreed per child.

DASH is a fact with its score; the manager's judgement stands beside it and may refer below 14
(domain.md 2.17). MARAC replaces no child procedure, so each child has its own line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, require
from cases.actions.contacts import children_of
from cases.models import Contact
from lib import application_clock
from lib.working_days import london_date
from mash.actions.domestic_abuse import HIGH_FROM
from mash.models import (
    DomesticAbuse,
    MaracAnswer,
    MaracDecision,
    MaracListing,
    MaracOutcome,
)
from people.choices import YesNoUnknown
from people.models import Person
from record import events
from record.errors import Clash, Refused

Ground = MaracDecision.Ground


@dataclass(frozen=True, kw_only=True)
class MaracLine:
    """What the meeting agreed for one child; without owner and date, that there is nothing."""

    child_id: UUID
    action: str
    owner: str = ""
    due_on: date | None = None


@transaction.atomic
def decide_marac(
    *, by: User, at: datetime, contact_id: UUID, ground: str, why: str
) -> MaracDecision:
    """Decide whether a notification goes to MARAC; it is decided once.

    :raises PermissionDenied: `by` may not decide about contacts
    :raises Refused: no notification, decided already, no reason, or a DASH that does not fit
    """
    authority = require(by, Permission.CONTACT_DECIDE, at=at)
    contact = _locked(contact_id, by)
    abuse = DomesticAbuse.objects.select_for_update().filter(contact=contact).first()
    if abuse is None:
        raise Refused("This contact carries no domestic abuse notification.")
    if MaracDecision.objects.filter(contact=contact).exists():
        raise Refused("MARAC has been decided for this notification.")
    if ground not in Ground.values:
        raise Refused("Choose on what ground it is referred, or that it is not.", field="ground")
    score = abuse.dash_score
    if ground == Ground.DASH and (score is None or score < HIGH_FROM):
        said = "no DASH is recorded" if score is None else f"the DASH is {score}"
        raise Refused(
            f"It cannot be referred for its DASH: {said}. Choose another ground.", field="ground"
        )
    if not why.strip():
        asked = (
            f"Say why a DASH of {score} is not referred"
            if ground == Ground.NONE and score is not None and score >= HIGH_FROM
            else "Say why, naming what was reported"
        )
        raise Refused(f"{asked}.", field="why")
    is_referred = ground != Ground.NONE
    decision = MaracDecision.objects.create(
        contact=contact,
        is_referred=is_referred,
        ground=ground,
        why=why,
        dash_score=score,
        at=at,
        by=by,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    abuse.marac_referred = YesNoUnknown.YES if is_referred else YesNoUnknown.NO
    abuse.marac_on = london_date(at) if is_referred else None
    abuse.save(update_fields=["marac_referred", "marac_on"])
    events.append(
        "mash.marac_decided",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
        data={"is_referred": is_referred, "ground": ground},
    )
    return decision


@transaction.atomic
def record_marac(
    *, by: User, at: datetime, contact_id: UUID, held_on: date, lines: Sequence[MaracLine]
) -> MaracDecision:
    """Record what the meeting agreed, for each child of the contact.

    :raises Refused: not referred, recorded already, a child without a line, or a wrong date
    """
    authority = require(by, Permission.CONTACT_EDIT, at=at)
    contact = _locked(contact_id, by)
    decision = MaracDecision.objects.filter(contact=contact).first()
    if decision is None or not decision.is_referred:
        raise Refused("This notification has not been referred to MARAC.")
    if decision.outcomes.exists():
        raise Refused("What the meeting agreed has been recorded.")
    if not london_date(decision.at) <= held_on <= london_date(at):
        raise Refused("The meeting is between the referral and today.", field="held_on")
    given = {line.child_id: line for line in lines}
    people = Person.objects.visible_to(by).filter(pk__in=children_of(contact))
    rows = []
    for child in people.order_by("family_name", "given_name", "pk"):
        line = given.get(child.pk)
        if line is None or not line.action.strip():
            raise Refused(
                f"Say what was agreed for {child.name}, or that nothing was, and why.",
                field=f"action_{child.pk}",
            )
        if bool(line.owner.strip()) != bool(line.due_on):
            raise Refused(
                f"Say who does it for {child.name} and by when.", field=f"owner_{child.pk}"
            )
        rows.append(
            MaracOutcome(
                decision=decision,
                child=child,
                held_on=held_on,
                action=line.action,
                owner=line.owner.strip(),
                due_on=line.due_on,
                by=by,
                at=at,
                recorded_at=application_clock.now(),
            )
        )
    MaracOutcome.objects.bulk_create(rows)
    events.append(
        "mash.marac_held",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[row.child_id for row in rows],
    )
    return decision


@transaction.atomic
def list_marac(
    *, by: User, at: datetime, contact_id: UUID, listed_on: date, note: str = ""
) -> MaracListing:
    """Record on which day the meeting hears it; put off, that is a further row.

    :raises Refused: not referred, held already, or a day before the referral
    """
    authority = require(by, Permission.CONTACT_EDIT, at=at)
    contact = _locked(contact_id, by)
    decision = MaracDecision.objects.filter(contact=contact).first()
    if decision is None or not decision.is_referred:
        raise Refused("This notification has not been referred to MARAC.")
    if decision.outcomes.exists():
        raise Refused("The meeting has been held, and what it agreed recorded.")
    if listed_on < london_date(decision.at):
        raise Refused("It is listed for a day after the referral.", field="listed_on")
    if decision.listings.exists() and not note.strip():
        raise Refused("Say why it is listed for another day.", field="note")
    listing = MaracListing.objects.create(
        decision=decision,
        listed_on=listed_on,
        note=note,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    events.append(
        "mash.marac_listed",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
    )
    return listing


@transaction.atomic
def answer_marac(
    *, by: User, at: datetime, outcome_id: UUID, is_done: bool, answer: str
) -> MaracAnswer:
    """Say what became of an action that MARAC agreed for a child, once.

    :raises MaracOutcome.DoesNotExist: `by` may not read the child's record
    :raises Clash: somebody has said so already
    """
    authority = require(by, Permission.CONTACT_EDIT, at=at)
    contact_id = MaracOutcome.objects.values_list("decision_id", flat=True).get(
        pk=outcome_id, child__in=Person.objects.visible_to(by)
    )
    contact = _locked(contact_id, by)
    outcome = MaracOutcome.objects.select_related("child").get(pk=outcome_id)
    if not outcome.owner:
        raise Refused(f"Nothing was to be done for {outcome.child.name}.")
    if MaracAnswer.objects.filter(outcome=outcome).exists():
        raise Clash("What became of this has been recorded already.")
    if at < outcome.at:
        raise Refused("This is before the meeting was recorded.", field="at")
    if not answer.strip():
        raise Refused("Say what was done, or why it was not.", field="answer")
    made = MaracAnswer.objects.create(
        outcome=outcome,
        is_done=is_done,
        answer=answer,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    events.append(
        "mash.marac_answered",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[outcome.child_id],
    )
    return made


def _locked(contact_id: UUID, by: User) -> Contact:
    """Lock a contact that `by` may read; decided or not, since the meeting is later."""
    contact: Contact = (
        Contact.objects.visible_to(by).select_for_update(of=("self",)).get(pk=contact_id)
    )
    return contact
