"""The directory of services, and the places that families have there.

Early help and the MASH both give families a place, so the rows stand here. The caller has asked
for the permission and passes the right it gives; only this module writes the rows. A place is
taken and given back under the lock of its service, and the database refuses one place too many.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from accounts.models import User
from accounts.permissions import Authority
from cases.choices import CountedIn, ServiceKind
from cases.models import Service, ServiceChange, ServicePlace, ServicePlaceChild
from lib import application_clock, words
from lib.working_days import london_date
from people.models import Person
from people.queries import display_people, names_of, records_of
from record import events
from record.errors import Clash, NotWhole, Refused

#: What an entry must say, with what is said where it does not.
WANTED: Mapping[str, str] = {
    "name": "Enter the name of the service",
    "run_by": "Say who runs it",
    "for_whom": "Say whom it is for",
    "contact": "Say how it is reached",
    "how_to_refer": "Say how a family is referred",
}
FACTS = (
    *WANTED,
    "kind",
    "from_age",
    "to_age",
    "needs",
    "areas",
    "counted_in",
    "capacity",
    "wait",
    "reviewed_on",
    "valid_until",
    "is_open",
)


class NoRoom(Clash):
    """Every place of the service is taken, or it takes nobody new."""


def keep(
    *,
    authority: Authority,
    at: datetime,
    why: str,
    facts: Mapping[str, Any],
    service_id: UUID | None = None,
    version: int | None = None,
) -> Service:
    """Enter a service, or change what the directory says of it; what it said before is kept.

    :param version: of the entry that was changed; a later one means somebody was faster
    :raises NotWhole: what is missing
    :raises Clash: somebody changed the entry first, or another entry has this name
    :raises Refused: fewer places than are taken, or dates the wrong way round
    """
    now = application_clock.now()
    if service_id is None:
        service = Service(recorded_at=now, version=0)
    else:
        service = Service.objects.select_for_update().get(pk=service_id)
        if version is not None and version != service.version:
            raise Clash("Somebody has changed this entry since you opened it. Read it again.")
    problems = [(name, f"{said}.") for name, said in WANTED.items() if not str(facts[name]).strip()]
    if not why.strip():
        problems.append(("why", "Say what you checked, or why it changes."))
    if problems:
        raise NotWhole(problems)
    before = {} if service_id is None else _said(service)
    for name in FACTS:
        setattr(service, name, facts[name])
    _refuse_wrong(service)
    service.version += 1
    service.save(force_insert=service_id is None)
    ServiceChange.objects.create(
        service=service,
        before=before,
        after=_said(service),
        why=why,
        by=authority.user,
        acting_for=authority.acting_for,
        at=at,
        recorded_at=now,
    )
    return service


def _refuse_wrong(service: Service) -> None:
    if service.kind not in ServiceKind.values or service.counted_in not in CountedIn.values:
        raise Refused("Choose what kind of service it is, and what a place is counted in.")
    if service.capacity < service.taken:
        raise Refused(
            f"{service.taken} places are taken. End those that are over first, or let it take"
            " nobody new.",
            field="capacity",
        )
    if (
        service.from_age is not None
        and service.to_age is not None
        and service.to_age < service.from_age
    ):
        raise Refused("The upper age is below the lower.", field="to_age")
    if service.valid_until <= service.reviewed_on:
        raise Refused("The entry ends before it was checked.", field="valid_until")
    same = Service.objects.filter(name=service.name, run_by=service.run_by).exclude(pk=service.pk)
    if same.exists():
        raise Clash(f"The directory has {service.name} of {service.run_by} already.", field="name")


def _said(service: Service) -> dict[str, Any]:
    return {name: getattr(service, name) for name in FACTS}


def with_room(*, on: date, first: str = "") -> list[Service]:
    """List the services that have room now; those of one kind first. One query."""
    found = Service.objects.filter(
        is_open=True, valid_until__gte=on, capacity__gt=F("taken")
    ).order_by("name", "pk")
    return sorted(found, key=lambda each: each.kind != first)


def of_subject(subject_id: UUID, *, by: User) -> list[tuple[ServicePlace, str]]:
    """List the places that a contact or an episode arranged, with the children as `by` may see
    them; a fixed number of queries."""
    places = list(
        ServicePlace.objects.filter(subject_id=subject_id)
        .select_related("service", "by")
        .prefetch_related("children")
        .order_by("-from_at", "pk")
    )
    rows = {place.pk: [row.child_id for row in place.children.all()] for place in places}
    shown = display_people([child_id for ids in rows.values() for child_id in ids], by=by)
    return [
        (
            place,
            words.list_of_names(dict.fromkeys(shown[child_id].name for child_id in rows[place.pk])),
        )
        for place in places
    ]


def take(
    *,
    authority: Authority,
    at: datetime,
    subject_kind: str,
    subject_id: UUID,
    child_ids: Collection[UUID],
    why: str,
    agreed_by: str,
    until_on: date,
    service_id: UUID | None = None,
    other_name: str = "",
    is_interim: bool = False,
) -> ServicePlace:
    """Give a family a place at a service; the service has one less until the place ends.

    :param other_name: a service that is not in the directory, in words
    :param agreed_by: who of the family agreed to it
    :param until_on: when the place is expected to be free again
    :raises NoRoom: the service is full, takes nobody new, or its entry has run out
    :raises Refused: a child has a place there already, or something is missing
    """
    if not child_ids:
        raise Refused("Choose the children it is for.", field="child_ids")
    for field, value, said in (
        ("why", why, "Say why this service."),
        ("agreed_by", agreed_by, "Say who of the family agreed to it."),
    ):
        if not value.strip():
            raise Refused(said, field=field)
    if until_on <= london_date(at):
        raise Refused("The place ends before it begins.", field="until_on")
    if (service_id is None) == (not other_name.strip()):
        raise Refused(
            "Choose a service of the directory, or name one that is not in it.", field="service"
        )
    service = None
    takes = 0
    if service_id is not None:
        service = Service.objects.select_for_update().get(pk=service_id)
        takes = len(set(child_ids)) if service.counted_in == CountedIn.CHILD else 1
        _refuse_closed(service, takes, on=london_date(at))
        _refuse_placed(service, child_ids)
        service.taken += takes
        service.save(update_fields=["taken"])
    place = ServicePlace.objects.create(
        service=service,
        other_name=other_name.strip(),
        subject_kind=subject_kind,
        subject_id=subject_id,
        is_interim=is_interim,
        why=why,
        agreed_by=agreed_by,
        takes=takes,
        from_at=at,
        until_on=until_on,
        by=authority.user,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    ServicePlaceChild.objects.bulk_create(
        ServicePlaceChild(place=place, service=service, child_id=child_id)
        for child_id in sorted(set(child_ids))
    )
    _tell("placed", place, authority, at, child_ids)
    return place


def _refuse_closed(service: Service, takes: int, *, on: date) -> None:
    if not service.is_open:
        raise NoRoom(f"{service.name} takes nobody new.", field="service")
    if service.valid_until < on:
        raise NoRoom(
            f"What the directory says of {service.name} has run out. The coordinator checks it"
            " first.",
            field="service",
        )
    if service.room < takes:
        free = f"{service.room} of {service.capacity} places are free"
        raise NoRoom(
            f"{service.name} has no room: {free}, and {takes} {'is' if takes == 1 else 'are'}"
            " wanted. Choose another service.",
            field="service",
        )


def _refuse_placed(service: Service, child_ids: Collection[UUID]) -> None:
    there = ServicePlaceChild.objects.filter(
        service=service, child__in=records_of(person_ids=child_ids), ended_at=None
    ).values("child")
    people = list(Person.objects.filter(pk__in=there).order_by("date_of_birth", "pk"))
    if people:
        has = "has" if len(people) == 1 else "have"
        raise Refused(f"{names_of(people)} {has} a place at {service.name} already.")


def end(*, authority: Authority, at: datetime, place_id: UUID, because: str) -> ServicePlace:
    """Give a place back: the service has room for the next family.

    :raises Clash: somebody ended it first
    :raises Refused: no reason, or an end before the beginning
    """
    # The service before the place, as whoever takes a place does.
    service_id = ServicePlace.objects.values_list("service_id", flat=True).get(pk=place_id)
    service = (
        Service.objects.select_for_update().get(pk=service_id) if service_id is not None else None
    )
    place: ServicePlace = (
        ServicePlace.objects.select_for_update(of=("self",))
        .select_related("service", "ended_by")
        .get(pk=place_id)
    )
    if place.ended_at is not None:
        raise Clash(
            f"This place has ended: {place.ended_because}",
            by_name=place.ended_by.full_name if place.ended_by else "",
            at=place.ended_at,
        )
    if not because.strip():
        raise Refused("Say how it ended.", field="because")
    if at < place.from_at:
        raise Refused("The place ends before it began.", field="at")
    place.ended_at = at
    place.ended_because = because
    place.ended_by = authority.user
    place.save(update_fields=["ended_at", "ended_because", "ended_by"])
    place.children.update(ended_at=at)
    if service is not None:
        service.taken -= place.takes
        service.save(update_fields=["taken"])
    child_ids: Sequence[UUID] = list(place.children.values_list("child_id", flat=True))
    _tell("ended", place, authority, at, child_ids)
    return place


def _tell(
    what: str,
    place: ServicePlace,
    authority: Authority,
    at: datetime,
    child_ids: Collection[UUID],
) -> None:
    kind = place.service.kind if place.service is not None else ServiceKind.OTHER.value
    events.append(
        f"service.{what}",
        authority=authority,
        at=at,
        subject_kind=place.subject_kind,
        subject_id=place.subject_id,
        children=sorted(set(child_ids)),
        data={"kind": kind},
    )
