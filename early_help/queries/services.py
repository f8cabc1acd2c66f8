"""The directory of services: what has room, for whom, and what fits one family and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.models import User
from cases.choices import ServiceKind
from cases.models import Contact, Service, ServiceChange, ServicePlace, ServicePlaceChild
from early_help import clocks
from early_help.choices import Need
from early_help.models import Episode
from early_help.queries.families import Family
from lib import words
from lib.working_days import london_date
from people.choices import AddressKind, Stage
from people.models import PersonAddress
from people.queries import Shown, display_people

OUTWARD_ENDS = -3
NEEDS_SHOWN = {
    Need.MENTAL_HEALTH: "parental mental ill-health",
    Need.DOMESTIC_ABUSE: "domestic abuse",
    Need.SUBSTANCE: "parental substance misuse",
    Need.EXCLUSION: "exclusion from school",
    Need.EXPLOITATION: "risk of exploitation",
    Need.LONE_CARER: "a lone carer without a network",
    Need.UNDER_2: "a child under 2 or unborn",
}
HAS_ROOM = Q(is_open=True, capacity__gt=F("taken"))


@dataclass(frozen=True)
class Match:
    """A service beside a family: for which children, why it fits, and why it does not."""

    service: Service
    children: Sequence[UUID]
    why: Sequence[str]
    why_not: Sequence[str]

    @property
    def fits(self) -> bool:
        """Say whether nothing speaks against it."""
        return not self.why_not


@dataclass(frozen=True)
class HeldPlace:
    """A place and for whom, as somebody may see them."""

    place: ServicePlace
    children: Sequence[Shown]
    is_past: bool
    url_id: UUID | None = None

    @property
    def names(self) -> str:
        """Name the children; a restricted one is whom to ring, one not shown another family."""
        if not self.children:
            return "Another family"
        return words.list_of_names(list(dict.fromkeys(child.name for child in self.children)))


@dataclass(frozen=True)
class Directory:
    """The list of services and what needs the coordinator's eye."""

    services: Sequence[Service]
    run_out: int
    places_past: int


def ages_words(service: Service) -> str:
    """Say for which ages: "5 to 11", "from 11", "up to 4", "any age"."""
    if service.from_age is not None and service.to_age is not None:
        return f"{service.from_age} to {service.to_age}"
    if service.from_age is not None:
        return f"from {service.from_age}"
    return f"up to {service.to_age}" if service.to_age is not None else "any age"


def room_words(service: Service) -> str:
    """Say how much room: "3 of 8 free", "Full: 8 of 8 taken", "Takes nobody new"."""
    if not service.is_open:
        return "Takes nobody new"
    if service.room <= 0:
        return f"Full: {service.taken} of {service.capacity} taken"
    return f"{service.room} of {service.capacity} free"


def needs_words(service: Service) -> str:
    """Say for what: the needs it helps with, or any family."""
    if not service.needs:
        return "any family"
    return ", ".join(NEEDS_SHOWN[Need(each)] for each in service.needs if each in NEEDS_SHOWN)


def directory(*, on: date, kind: str = "", with_room: bool = False) -> Directory:
    """List the services, those with room if asked; three queries."""
    found = Service.objects.order_by("kind", "name", "pk")
    if kind in ServiceKind.values:
        found = found.filter(kind=kind)
    if with_room:
        found = found.filter(HAS_ROOM, valid_until__gte=on)
    return Directory(
        services=list(found),
        run_out=Service.objects.filter(is_open=True, valid_until__lt=on).count(),
        places_past=past_places(on=on).count(),
    )


def past_places(*, on: date) -> QuerySet[ServicePlace]:
    """Places that should have been free by now and that nobody has ended."""
    return ServicePlace.objects.filter(
        service__isnull=False, ended_at__isnull=True, until_on__lt=on
    )


def changes(service_id: UUID) -> list[tuple[ServiceChange, Sequence[str]]]:
    """Who changed an entry and what of it, the latest first."""
    rows = (
        ServiceChange.objects.filter(service=service_id)
        .select_related("by", "acting_for")
        .order_by("-at", "-recorded_at", "pk")
    )
    return [
        (
            row,
            list(
                dict.fromkeys(
                    said for name, said in FACT_WORDS.items() if row.before[name] != row.after[name]
                )
            )
            if row.before
            else [],
        )
        for row in rows
    ]


FACT_WORDS: Mapping[str, str] = {
    "name": "name",
    "kind": "kind",
    "run_by": "who runs it",
    "for_whom": "whom it is for",
    "from_age": "ages",
    "to_age": "ages",
    "needs": "needs",
    "areas": "area",
    "counted_in": "what a place is counted in",
    "capacity": "places",
    "wait": "wait",
    "contact": "contact",
    "how_to_refer": "how to refer",
    "valid_until": "valid until",
    "is_open": "whether it takes families",
}


def matches(*, children: Sequence[Shown], needs: Collection[str], at: datetime) -> list[Match]:
    """Set every service beside a family: first what fits and has room, most needs met first.

    Two queries. A child whose age nobody knows is not ruled out by age, nor a family whose home
    nobody knows by area.
    """
    on = london_date(at)
    areas = areas_of([child.person_id for child in children])
    found = [
        match(service, children=children, needs=needs, areas=areas, on=on)
        for service in Service.objects.filter(is_open=True).order_by("name", "pk")
    ]
    met = {each.service.pk: len(set(each.service.needs) & set(needs)) for each in found}
    return sorted(
        found,
        key=lambda each: (
            not each.fits,
            -met[each.service.pk],
            -len(each.children),
            each.service.name,
            each.service.pk,
        ),
    )


def match(
    service: Service,
    *,
    children: Sequence[Shown],
    needs: Collection[str],
    areas: Collection[str],
    on: date,
) -> Match:
    """Set one service beside a family. A pure function of what is known about both."""
    why: list[str] = []
    why_not: list[str] = []
    fitting = [child for child in children if _fits_age(service, child, on=on)]
    named = words.list_of_names([child.name for child in fitting])
    if not fitting:
        why_not.append(f"For ages {ages_words(service)}, and no child here is")
    elif service.from_age is None and service.to_age is None:
        why.append(f"For any age: {named}")
    else:
        why.append(f"For ages {ages_words(service)}: {named}")
    helped = [NEEDS_SHOWN[Need(each)] for each in service.needs if each in needs]
    if helped:
        why.append(f"Helps with {', '.join(helped)}")
    elif not service.needs:
        why.append("For any family")
    else:
        why_not.append(f"Helps with {needs_words(service)}, which is not recorded here")
    if service.areas and areas:
        here = sorted(set(service.areas) & set(areas))
        if here:
            why.append(f"Serves {', '.join(here)}")
        else:
            served = ", ".join(service.areas)
            why_not.append(f"Serves {served}, and the family lives in {', '.join(sorted(areas))}")
    elif service.areas:
        why.append(f"Serves {', '.join(service.areas)}: check where they live")
    if service.valid_until < on:
        why_not.append("The entry has run out, and the coordinator checks it first")
    if service.room <= 0:
        why_not.append(room_words(service))
    else:
        why.append(room_words(service))
    if service.wait:
        why.append(f"Wait: {service.wait}")
    return Match(service, [child.person_id for child in fitting], why, why_not)


def _fits_age(service: Service, child: Shown, *, on: date) -> bool:
    person = child.person
    if person is None:
        return False
    if person.stage == Stage.UNBORN:
        return not service.from_age
    if person.date_of_birth is None:
        return True
    years = words.age_in_years(person.date_of_birth, on=on)
    return (service.from_age is None or years >= service.from_age) and (
        service.to_age is None or years <= service.to_age
    )


def areas_of(child_ids: Collection[UUID]) -> set[str]:
    """The postcode districts where these children live; a withheld address tells nothing."""
    postcodes = PersonAddress.objects.filter(
        person__in=child_ids,
        kind=AddressKind.HOME,
        to_on__isnull=True,
        is_withheld=False,
        is_wrong=False,
    ).values_list("address__postcode", flat=True)
    found = {postcode[:OUTWARD_ENDS].strip() for postcode in postcodes if " " in postcode}
    return found - {""}


def of_family(*, episode: Episode, family: Family, on: date) -> list[HeldPlace]:
    """The places of a family, those that ended last; two queries."""
    shown = {child.person_id: child for child in family.children}
    places = (
        ServicePlace.objects.filter(subject_kind=clocks.KIND, subject_id=episode.pk)
        .select_related("service", "by", "ended_by")
        .prefetch_related("children")
        .order_by(F("ended_at").desc(nulls_first=True), "-from_at", "pk")
    )
    return [
        HeldPlace(
            place,
            [shown[row.child_id] for row in place.children.all() if row.child_id in shown],
            place.ended_at is None and place.until_on < on,
        )
        for place in places
    ]


def places_at(*, by: User, service: Service, on: date) -> list[HeldPlace]:
    """Who has a place at a service now, those past their end first, as somebody may see them.

    A fixed number of queries. A family is named and linked where `by` may read whose it is.
    """
    places = list(
        ServicePlace.objects.filter(service=service, ended_at=None)
        .select_related("service", "by")
        .order_by("until_on", "pk")
    )
    rows = list(
        ServicePlaceChild.objects.filter(place__in=places)
        .order_by("child__date_of_birth", "child_id")
        .values_list("place_id", "child_id")
    )
    shown = display_people([child_id for _place, child_id in rows], by=by)
    of_place: dict[UUID, list[Shown]] = {}
    for place_id, child_id in rows:
        of_place.setdefault(place_id, []).append(shown[child_id])
    subjects = [place.subject_id for place in places]
    readable = {
        *Episode.objects.visible_to(by).filter(pk__in=subjects).values_list("pk", flat=True),
        *Contact.objects.visible_to(by).filter(pk__in=subjects).values_list("pk", flat=True),
    }
    return [
        HeldPlace(
            place,
            [
                child
                for child in of_place.get(place.pk, [])
                if place.subject_id in readable or child.ring is not None
            ],
            place.until_on < on,
            place.subject_id if place.subject_id in readable else None,
        )
        for place in places
    ]
