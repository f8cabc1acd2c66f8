"""Agreement of the family and lawful basis: two separate facts (domain.md 2.3)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, holds, require
from cases import clocks, family_changes
from cases.actions.contacts import children_of, lock_contact, touch
from cases.choices import ConsentFrom, ConsentScope, ConsentState, Ground
from cases.models import ConsentAnswer, ConsentOverride, Contact, LawfulBasis
from cases.queries.consent import SAID_NO, position
from lib import application_clock
from people.choices import YesNoUnknown
from record import calendar, events
from record.errors import Refused

ANSWERS = frozenset(
    {
        ConsentState.NOT_ASKED_YET,
        ConsentState.GIVEN,
        ConsentState.REFUSED,
        ConsentState.WITHDRAWN,
        ConsentState.NOT_APPLICABLE,
    }
)


@transaction.atomic
def record_answer(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    asked_as: ConsentFrom,
    scope: ConsentScope,
    state: ConsentState,
    person_id: UUID | None = None,
    person_as_stated: str = "",
    is_judged_competent: bool | None = None,
    how: str = "",
    to_what: str = "",
    words: str = "",
    language: str = "",
    interpreter: str = "",
    told_can_withdraw: bool | None = None,
) -> ConsentAnswer:
    """Record what one person said about one scope. The earlier answer is kept."""
    authority = require(by, Permission.CONSENT_RECORD)
    return write_answer(
        lock_contact(contact_id, by),
        authority=authority,
        at=at,
        asked_as=asked_as,
        scope=scope,
        state=state,
        person_id=person_id,
        person_as_stated=person_as_stated,
        is_judged_competent=is_judged_competent,
        how=how,
        to_what=to_what,
        words=words,
        language=language,
        interpreter=interpreter,
        told_can_withdraw=told_can_withdraw,
    )


def write_answer(
    contact: Contact,
    *,
    authority: Authority,
    at: datetime,
    asked_as: ConsentFrom,
    scope: ConsentScope,
    state: ConsentState,
    person_id: UUID | None = None,
    person_as_stated: str = "",
    is_judged_competent: bool | None = None,
    how: str = "",
    to_what: str = "",
    words: str = "",
    language: str = "",
    interpreter: str = "",
    told_can_withdraw: bool | None = None,
) -> ConsentAnswer:
    """Write an answer on a locked contact, within an action that has asked for the right."""
    if state not in ANSWERS:
        raise Refused("Going on without agreement is a manager's decision, not an answer.")
    if at > application_clock.now():
        raise Refused("The time of the answer is in the future.")
    if state == ConsentState.GIVEN and not (how and to_what.strip()):
        raise Refused("Say how they agreed and to what.")
    if state in (ConsentState.REFUSED, ConsentState.WITHDRAWN) and not words.strip():
        raise Refused("Enter the words they used.")
    answer = ConsentAnswer.objects.create(
        contact=contact,
        person_id=person_id,
        person_as_stated=person_as_stated,
        asked_as=asked_as,
        is_judged_competent=is_judged_competent,
        scope=scope,
        state=state,
        how=how,
        to_what=to_what,
        words=words,
        language=language,
        interpreter=interpreter,
        told_can_withdraw=told_can_withdraw,
        at=at,
        by=authority.user,
        recorded_at=application_clock.now(),
    )
    _tell(contact, "consent.answered", authority, at, state=str(state))
    if state == ConsentState.WITHDRAWN:
        family_changes.raise_for_withdrawal(
            child_ids=children_of(contact), answer_id=answer.pk, authority=authority, at=at
        )
    return answer


@transaction.atomic
def ask_override(
    *, by: User, at: datetime, contact_id: UUID, kind: ConsentState, because: str
) -> ConsentOverride:
    """Ask a manager to decide to go on without agreement.

    In office hours whoever asks cannot decide (decisions.md 60).
    """
    authority = require(by, Permission.CONSENT_OVERRIDE_ASK)
    contact = lock_contact(contact_id, by)
    return put_override(contact, authority=authority, at=at, kind=kind, because=because)


def put_override(
    contact: Contact, *, authority: Authority, at: datetime, kind: ConsentState, because: str
) -> ConsentOverride:
    """Put the question on a locked contact, within an action that has asked for the right."""
    _refuse_wrong_kind(contact, kind)
    if not because.strip():
        raise Refused("Say why it would be right to go on without agreement.")
    if contact.consent_overrides.filter(state=ConsentOverride.State.ASKED).exists():
        raise Refused("A manager has been asked already and has not answered yet.")
    override = ConsentOverride.objects.create(
        contact=contact,
        kind=kind,
        asked_by=authority.user,
        asked_at=at,
        asked_because=because,
        recorded_at=application_clock.now(),
    )
    _tell(contact, "consent.override_asked", authority, at, kind=str(kind))
    return override


@transaction.atomic
def answer_override(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    override_id: UUID | None = None,
    is_granted: bool = True,
    kind: ConsentState | None = None,
    grounds: Sequence[Ground] = (),
    why_necessary: str = "",
    agencies: str = "",
    attempts: str = "",
    will_family_be_told: YesNoUnknown = YesNoUnknown.UNKNOWN,
    family_told_note: str = "",
    review_on: date | None = None,
) -> ConsentOverride:
    """A manager's reasoned decision to go on without agreement, or not to.

    Out of hours an EDT worker may decide without somebody else asking; that decision is
    provisional and CONS-CONF starts.

    :param override_id: what was asked; None only for EDT out of hours, with `kind`
    :raises Refused: nobody asked, the asker is the decider, the family has answered since, or
        the reasons are not whole
    """
    contact = lock_contact(contact_id, by)
    authority, is_provisional = _who_may_override(by, at)
    if override_id is None:
        if not is_provisional or kind is None:
            raise Refused(
                "In office hours somebody else has to ask. Ask a colleague to put the request."
            )
        _refuse_wrong_kind(contact, kind)
        override = ConsentOverride(
            contact=contact,
            kind=kind,
            asked_by=by,
            asked_at=at,
            recorded_at=application_clock.now(),
        )
    else:
        override = ConsentOverride.objects.select_for_update().get(pk=override_id, contact=contact)
        if override.state != ConsentOverride.State.ASKED:
            raise Refused("This request has been answered already.")
        if override.asked_by_id == by.pk and not is_provisional:
            raise Refused(
                "You asked for this, so somebody else decides."
                " Ask another MASH manager or a head of service."
            )
        if at < override.asked_at:
            raise Refused("The decision is before the request.")
    if is_granted:
        if override_id is not None:
            _refuse_overtaken(contact, override)
        _refuse_half_reasons(
            grounds, why_necessary, attempts, will_family_be_told, family_told_note
        )
    elif not why_necessary.strip():
        raise Refused("Say why not.")
    override.state = ConsentOverride.State.GRANTED if is_granted else ConsentOverride.State.REFUSED
    override.decided_by = by
    override.decided_for = authority.acting_for
    override.decided_role = authority.role
    override.decided_at = at
    override.grounds = [str(ground) for ground in grounds]
    override.why_necessary = why_necessary
    override.agencies = agencies
    override.attempts = attempts
    override.will_family_be_told = will_family_be_told
    override.family_told_note = family_told_note
    override.review_on = review_on
    override.is_provisional = is_provisional
    override.save()
    if is_granted and is_provisional:
        clocks.start("CONS-CONF", on=contact, started_at=at, by=by)
    code = "consent.override_granted" if is_granted else "consent.override_refused"
    _tell(contact, code, authority, at, kind=override.kind)
    return override


@transaction.atomic
def confirm_override(
    *, by: User, at: datetime, contact_id: UUID, override_id: UUID, is_confirmed: bool, note: str
) -> ConsentOverride:
    """The MASH manager confirms, or ends, a consent decision that EDT made."""
    authority = require(by, Permission.CONSENT_OVERRIDE_CONFIRM, at=at)
    contact = lock_contact(contact_id, by)
    override = ConsentOverride.objects.select_for_update().get(pk=override_id, contact=contact)
    if not override.is_provisional or override.confirmed_at is not None:
        raise Refused("This decision does not wait for confirmation.")
    if override.decided_by_id == by.pk:
        raise Refused("You made this decision, so somebody else confirms it.")
    if not note.strip():
        raise Refused("Say why this decision stands, or why it does not.")
    override.confirmed_by = by
    override.confirmed_at = at
    override.confirm_note = note
    if not is_confirmed:
        override.state = ConsentOverride.State.ENDED
    override.save(update_fields=["confirmed_by", "confirmed_at", "confirm_note", "state"])
    clocks.stop("CONS-CONF", on=contact, at=at)
    code = "consent.override_confirmed" if is_confirmed else "consent.override_ended"
    _tell(contact, code, authority, at, kind=override.kind)
    return override


@transaction.atomic
def record_lawful_basis(
    *, by: User, at: datetime, contact_id: UUID, basis: str, special: str, note: str = ""
) -> LawfulBasis:
    """Record on what lawful basis information is shared: not the same as agreement."""
    authority = require(by, Permission.CONSENT_RECORD)
    contact = lock_contact(contact_id, by)
    row = LawfulBasis.objects.create(
        contact=contact,
        basis=basis,
        special=special,
        note=note,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    _tell(contact, "consent.lawful_basis", authority, at, basis=basis)
    return row


def _who_may_override(by: User, at: datetime) -> tuple[Authority, bool]:
    if holds(by, Permission.CONSENT_OVERRIDE, at=at):
        return require(by, Permission.CONSENT_OVERRIDE, at=at), False
    if not calendar.is_office_hours(at):
        return require(by, Permission.CONSENT_OVERRIDE_PROVISIONAL, at=at), True
    return require(by, Permission.CONSENT_OVERRIDE, at=at), False


def _refuse_wrong_kind(contact: Contact, kind: ConsentState) -> None:
    now = position(contact_id=contact.pk).answered
    said_no = now in SAID_NO
    if kind == ConsentState.OVERRIDDEN and not said_no:
        raise Refused("Nobody has refused or withdrawn. Choose not to ask instead.")
    if kind == ConsentState.DISPENSED and said_no:
        raise Refused("The family was asked and refused. Choose to go on without agreement.")
    if now == ConsentState.GIVEN:
        raise Refused("The family agreed, so nothing has to be overridden.")


def _refuse_overtaken(contact: Contact, override: ConsentOverride) -> None:
    """Nobody decides to go on as was asked when the family has answered since."""
    now = position(contact_id=contact.pk).answered
    if now == ConsentState.GIVEN:
        raise Refused(
            "The family has agreed since this was asked, so nothing has to be overridden."
            " Answer no, and go on with their agreement."
        )
    if override.kind == ConsentState.DISPENSED and now in SAID_NO:
        raise Refused(
            "The family has been asked since and refused. Answer no; then a colleague asks to go"
            " on against the refusal."
        )


def _refuse_half_reasons(
    grounds: Sequence[Ground],
    why_necessary: str,
    attempts: str,
    will_family_be_told: YesNoUnknown,
    family_told_note: str,
) -> None:
    if not grounds:
        raise Refused("Choose at least one ground.")
    if not why_necessary.strip():
        raise Refused("Say why sharing is necessary and proportionate, and with which agencies.")
    if Ground.CANNOT_CONTACT in grounds and not attempts.strip():
        raise Refused("List the attempts to reach the family.")
    if will_family_be_told != YesNoUnknown.YES and not family_told_note.strip():
        raise Refused("Say when the family will be told, or why not.")


def _tell(contact: Contact, code: str, authority: Authority, at: datetime, **data: str) -> None:
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
        data=dict(data),
    )
