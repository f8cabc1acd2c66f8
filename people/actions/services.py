"""School, nursery, GP, health visitor: who else sees a person."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission
from lib import application_clock
from lib.prepared import Prepared
from lib.working_days import london_date
from people.actions import rules
from people.choices import Source
from people.models import PersonSetting
from record.errors import Refused


class SettingEnded(Refused):
    """The person left it before."""


_SETTINGS: Prepared[str] = Prepared(
    lambda person_id, kind: PersonSetting.objects.filter(
        person=person_id, kind=kind, to_on__isnull=True
    ).values_list("name", flat=True),
    person_id=UUID,
    kind=str,
)


@transaction.atomic
def add_setting(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    kind: str,
    name: str,
    reference: str = "",
    year_group: str = "",
    contact: str = "",
    from_on: date | None = None,
    source: str = Source.WORKER,
) -> PersonSetting:
    """Record a school, GP or other service that sees this person.

    :param reference: DfE or GP practice number, as given
    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises NotReadable: no name
    :raises NothingChanged: it is recorded already
    :raises DateNotPossible: the start is in the future
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    person = rules.locked_one(by, person_id)
    name = rules.clean(name)[:200]
    if not name:
        raise rules.NotReadable("Enter the name of the school, practice or person.")
    rules.check_not_future(from_on, at=at, what="The start")
    there = _SETTINGS(person_id=person.pk, kind=str(kind))
    if any(one.upper() == name.upper() for one in there):
        raise rules.NothingChanged(f"{name} is recorded already.")
    setting = PersonSetting.objects.create(
        person=person,
        kind=kind,
        name=name,
        reference=rules.clean(reference)[:20],
        year_group=rules.clean(year_group)[:30],
        contact=rules.clean(contact)[:200],
        from_on=from_on,
        source=source,
        recorded_at=application_clock.now(),
        recorded_by=by,
    )
    rules.append(
        "people.setting_added",
        authority=authority,
        at=at,
        person=person,
        setting_id=setting.pk,
        kind=str(kind),
    )
    return setting


@transaction.atomic
def end_setting(
    *, by: User, at: datetime, setting_id: UUID, to_on: date | None = None
) -> PersonSetting:
    """Record that a school, GP or other service no longer sees this person.

    :param to_on: the last day; that of `at` when left out
    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read the record
    :raises SettingEnded: it was ended before
    :raises DateNotPossible: the end is in the future or before the start
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    found = PersonSetting.objects.get(pk=setting_id)
    person = rules.locked_one(by, found.person_id)
    setting = PersonSetting.objects.select_for_update().get(pk=setting_id)
    if setting.to_on is not None:
        raise SettingEnded("This was ended before.")
    rules.check_not_future(to_on, at=at, what="The end")
    setting.to_on = to_on or london_date(at)
    if setting.from_on and setting.to_on < setting.from_on:
        raise rules.DateNotPossible("The end is before the start. Check the date.")
    setting.save(update_fields=["to_on"])
    rules.append(
        "people.setting_ended",
        authority=authority,
        at=at,
        person=person,
        setting_id=setting.pk,
        kind=setting.kind,
    )
    return setting
