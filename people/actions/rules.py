"""What every action on people begins and ends with: the right, the lock, the dates, the event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from accounts.permissions import Authority, Permission, holds, require
from lib import application_clock, text, words
from lib.prepared import Prepared
from lib.working_days import london_date
from people import matching, timescales
from people.ages import is_adult_by_birth
from people.models import ClosedTo, Person, reads_every_restricted_record
from record import code_lists, events
from record.errors import Refused


class InFuture(Refused):
    """Something is said to have happened that cannot have happened yet."""


class DateNotPossible(Refused):
    """A date cannot be right, or somebody must look at it again."""


class NothingChanged(Refused):
    """The same is recorded already."""


class NotReadable(Refused):
    """A number, postcode or address cannot be read."""


def begin(by: User, permission: Permission, at: datetime) -> Authority:
    """Ask whether `by` may, and that `at` has come.

    :raises PermissionDenied: `by` may not, then or now
    :raises InFuture: `at` lies ahead
    """
    authority = require(by, permission, at=at)
    if at > application_clock.now():
        raise InFuture("This cannot be recorded before it happens. Check the date and the time.")
    return authority


_LOCKED = Prepared(
    lambda asked, also: (
        Person.objects.select_for_update().filter(Q(pk__in=asked) | Q(pk__in=also)).order_by("pk")
    ),
    asked=list[UUID],
    also=list[UUID],
)
_LOCKED_IF_OPEN = Prepared(
    lambda asked, also, user_id, now: (
        Person.objects.select_for_update()
        .filter(Q(~ClosedTo("pk", user_id=user_id, now=now), pk__in=asked) | Q(pk__in=also))
        .order_by("pk")
    ),
    asked=list[UUID],
    also=list[UUID],
    user_id=UUID,
    now=datetime,
)


def locked(by: User, *ids: UUID, with_them: Iterable[UUID] = ()) -> dict[UUID, Person]:
    """Lock these records, always in the same order so that two workers cannot block each other.

    :param with_them: records that come along whoever asks: the unborn babies of a mother
    :raises Person.DoesNotExist: one of `ids` does not exist, or `by` may not read it
    """
    asked, also = set(ids), set(with_them)
    if not holds(by, Permission.PERSON_READ):
        raise Person.DoesNotExist
    if reads_every_restricted_record(by):
        rows = _LOCKED(asked=list(asked), also=list(also))
    else:
        rows = _LOCKED_IF_OPEN(
            asked=list(asked), also=list(also), user_id=by.pk, now=application_clock.now()
        )
    found = {person.pk: person for person in rows}
    if asked - found.keys():
        raise Person.DoesNotExist
    return found


def locked_one(by: User, person_id: UUID) -> Person:
    """Lock one record.

    :raises Person.DoesNotExist: it does not exist, or `by` may not read it
    """
    return locked(by, person_id)[person_id]


def append(
    code: str,
    *,
    authority: Authority,
    at: datetime,
    person: Person,
    others: Iterable[Person] = (),
    **data: Any,
) -> None:
    """Write one line to the timeline of `person` and of each child among `others`."""
    children = {each.pk: each for each in (person, *others) if each.la_child_id}
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="person",
        subject_id=person.pk,
        children=sorted(children),
        data=data,
    )


def refresh(person_ids: Iterable[UUID]) -> None:
    """Renew the search keys of these people."""
    matching.refresh(sorted(set(person_ids)))


def save(person: Person, *fields: str) -> None:
    """Save some fields of a person and count the version up."""
    person.version += 1
    person.save(update_fields=[*fields, "version"])


def clean(typed: str) -> str:
    """Give one line as it is kept."""
    return text.shown_name(typed)


def check_not_future(day: date | None, *, at: datetime, what: str) -> None:
    """Refuse a day after the day on which it was learned.

    :raises DateNotPossible:
    """
    if day is not None and day > london_date(at):
        raise DateNotPossible(
            f"{what} is after {words.date_words(london_date(at))}. Check the date."
        )


def check_birth(
    born_on: date | None, *, at: datetime, is_child: bool, is_date_checked: bool
) -> None:
    """Refuse a birth that has not happened, or a child's birth more than 25 years ago.

    :raises DateNotPossible:
    """
    if born_on is None:
        return
    check_not_future(born_on, at=at, what="The date of birth")
    long_ago = is_adult_by_birth(born_on, on=london_date(at), years=timescales.OLDEST_CHILD_YEARS)
    if is_child and long_ago and not is_date_checked:
        raise DateNotPossible(
            f"This child would be more than {timescales.OLDEST_CHILD_YEARS} years old. "
            "Check the year of birth."
        )


def check_expected(expected_on: date | None, *, at: datetime) -> None:
    """Refuse an expected date of birth too far past or ahead (CIN census 2025-26, 8530).

    :raises DateNotPossible:
    """
    if expected_on is None:
        return
    day = london_date(at)
    if expected_on < day - timedelta(days=timescales.EXPECTED_DAYS_PAST):
        raise DateNotPossible(
            f"The baby was due more than {timescales.EXPECTED_DAYS_PAST} days ago. "
            "Check the date, or record the birth."
        )
    if expected_on > day + timedelta(days=timescales.EXPECTED_DAYS_AHEAD):
        raise DateNotPossible(
            "The date the baby is due is more than 9 months ahead. Check the date."
        )


def check_codes(list_name: str, codes: Iterable[str], *, at: datetime) -> None:
    """Refuse a code that its statutory list does not offer on that day.

    :raises NotReadable:
    """
    for code in codes:
        if not code_lists.is_valid(list_name, code, london_date(at)):
            raise NotReadable("Choose an answer from the list.")
