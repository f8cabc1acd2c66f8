"""Dangers to staff who visit."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission
from lib import application_clock
from lib.working_days import london_date
from people.actions import rules
from people.models import Hazard
from record.errors import Refused


class HazardEnded(Refused):
    """The danger is over."""


@transaction.atomic
def add_hazard(*, by: User, at: datetime, person_id: UUID, text: str, review_on: date) -> Hazard:
    """Warn staff who visit of a danger, to be looked at again by a day.

    :param review_on: the day by which somebody looks at it again
    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NotReadable: no words
    :raises DateNotPossible: the review is not in the future
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    person = rules.locked_one(by, person_id)
    words = rules.clean(text)[:300]
    if not words:
        raise rules.NotReadable("Say what the danger is and what to do.")
    _check_review(review_on, at=at)
    hazard = Hazard.objects.create(
        person=person,
        text=words,
        review_on=review_on,
        at=at,
        recorded_at=application_clock.now(),
        recorded_by=by,
    )
    rules.append(
        "people.hazard_added", authority=authority, at=at, person=person, hazard_id=hazard.pk
    )
    return hazard


@transaction.atomic
def review_hazard(*, by: User, at: datetime, hazard_id: UUID, review_on: date) -> Hazard:
    """Record that the danger is still there, and when to look again.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises HazardEnded: it ended before
    :raises DateNotPossible: the next review is not in the future
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    found = Hazard.objects.get(pk=hazard_id)
    person = rules.locked_one(by, found.person_id)
    hazard = Hazard.objects.select_for_update().get(pk=hazard_id)
    if hazard.ended_at is not None:
        raise HazardEnded("This danger was ended before. Add it again if it is back.")
    _check_review(review_on, at=at)
    hazard.review_on = review_on
    hazard.save(update_fields=["review_on"])
    rules.append(
        "people.hazard_reviewed", authority=authority, at=at, person=person, hazard_id=hazard.pk
    )
    return hazard


@transaction.atomic
def end_hazard(*, by: User, at: datetime, hazard_id: UUID, because: str) -> Hazard:
    """Record that a danger is over, and why.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises HazardEnded: it ended before
    :raises NotReadable: no reason
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    found = Hazard.objects.get(pk=hazard_id)
    person = rules.locked_one(by, found.person_id)
    hazard = Hazard.objects.select_for_update().get(pk=hazard_id)
    if hazard.ended_at is not None:
        raise HazardEnded("This danger was ended before.")
    reason = rules.clean(because)[:300]
    if not reason:
        raise rules.NotReadable("Say why it is no longer a danger.")
    hazard.ended_at = at
    hazard.ended_by = by
    hazard.ended_because = reason
    hazard.save(update_fields=["ended_at", "ended_by", "ended_because"])
    rules.append(
        "people.hazard_ended", authority=authority, at=at, person=person, hazard_id=hazard.pk
    )
    return hazard


def _check_review(review_on: date, *, at: datetime) -> None:
    if review_on <= london_date(at):
        raise rules.DateNotPossible("The day to look at it again must be in the future.")
