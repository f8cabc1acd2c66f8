"""The National Referral Mechanism, for possible victims of modern slavery (domain.md 2.15).

A child's consent is not needed; somebody who has turned 18 must have given theirs.
"""

from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from cases.family_changes import raise_for_exploitation
from lib import application_clock
from lib.working_days import LONDON, london_date
from mash.actions.exploitation import SUBJECT, Risk, locked
from mash.models import ExploitationScreening, NrmReferral
from people.ages import is_adult_by_birth
from record import clocks, events
from record.errors import Refused

State = NrmReferral.State


@transaction.atomic
def submit_nrm(
    *,
    by: User,
    at: datetime,
    screening_id: UUID,
    reference: str,
    submitted_on: date,
    consent: str = "",
) -> NrmReferral:
    """Record a referral that was sent; NRM-RG runs from that day.

    :raises Refused: no manager decided to refer, sent already, a wrong date, or an adult who has
        not agreed
    """
    authority, screening = _begin(by, at, screening_id)
    name = screening.child.name
    last = screening.decisions.order_by("-number").first()
    if last is None or not last.is_nrm:
        raise Refused(f"No manager has decided to refer {name} to the National Referral Mechanism.")
    if not reference.strip():
        raise Refused("Enter the reference of the referral.", field="reference")
    if not london_date(screening.triggered_at) <= submitted_on <= london_date(at):
        raise Refused(
            "The referral is sent between what was noticed and today.", field="submitted_on"
        )
    born = screening.child.date_of_birth
    is_adult = born is not None and is_adult_by_birth(born, on=submitted_on)
    if is_adult and not consent.strip():
        raise Refused(
            f"{name} is 18 or over: say how and when they agreed to the referral.", field="consent"
        )
    row = NrmReferral.objects.create(
        child_id=screening.child_id,
        screening=screening,
        state=State.SUBMITTED,
        reference=reference.strip(),
        submitted_on=submitted_on,
        consent=consent.strip(),
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    clocks.start(
        "NRM-RG",
        subject_kind=SUBJECT,
        subject_id=screening.pk,
        started_at=datetime.combine(submitted_on, time(), LONDON),
        by=by,
        child_id=screening.child_id,
    )
    raise_for_exploitation(
        child_id=screening.child_id,
        source_kind="nrm",
        source_id=row.pk,
        learned_from="Referral for modern slavery",
        is_grave=screening.risk == Risk.SIGNIFICANT,
        authority=authority,
        at=at,
    )
    _tell("mash.nrm_submitted", screening, authority, at)
    return row


@transaction.atomic
def refuse_nrm(*, by: User, at: datetime, screening_id: UUID, because: str) -> NrmReferral:
    """Record why nothing is sent though a manager considered it."""
    authority, screening = _begin(by, at, screening_id)
    if not because.strip():
        raise Refused(f"Say why {screening.child.name} is not referred.", field="because")
    row = NrmReferral.objects.create(
        child_id=screening.child_id,
        screening=screening,
        state=State.NOT_SUBMITTED,
        because=because,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    _tell("mash.nrm_not_submitted", screening, authority, at)
    return row


@transaction.atomic
def decide_nrm(
    *, by: User, at: datetime, screening_id: UUID, is_positive: bool, decided_on: date
) -> NrmReferral:
    """Record what the competent authority decided: reasonable grounds, then conclusive ones."""
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    screening = locked(screening_id, by)
    row = NrmReferral.objects.select_for_update().filter(screening=screening).first()
    name = screening.child.name
    if row is None or row.submitted_on is None:
        raise Refused(f"No referral of {name} has been sent.")
    if row.state == State.CONCLUSIVE or row.is_reasonable is False:
        raise Refused(f"The referral of {name} has been decided for good.")
    earliest = row.reasonable_on or row.submitted_on
    if not earliest <= decided_on <= london_date(at):
        raise Refused("The decision is between the step before it and today.", field="decided_on")
    if row.state == State.SUBMITTED:
        row.state, row.is_reasonable, row.reasonable_on = State.REASONABLE, is_positive, decided_on
        clocks.stop("NRM-RG", subject_id=screening.pk, at=at, child_id=screening.child_id)
    else:
        row.state, row.is_conclusive, row.conclusive_on = State.CONCLUSIVE, is_positive, decided_on
    row.save(
        update_fields=["state", "is_reasonable", "reasonable_on", "is_conclusive", "conclusive_on"]
    )
    _tell("mash.nrm_decided", screening, authority, at)
    return row


def _begin(by: User, at: datetime, screening_id: UUID) -> tuple[Authority, ExploitationScreening]:
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    screening = locked(screening_id, by)
    if NrmReferral.objects.filter(screening=screening).exists():
        raise Refused(f"The referral of {screening.child.name} is recorded already.")
    if not screening.decisions.exists():
        raise Refused(f"A manager decides about {screening.child.name} first.")
    return authority, screening


def _tell(code: str, screening: ExploitationScreening, authority: Authority, at: datetime) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind=SUBJECT,
        subject_id=screening.pk,
        children=[screening.child_id],
    )
