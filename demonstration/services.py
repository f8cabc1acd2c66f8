"""The directory of services of the demonstration, and families who have a place there.

Places are taken when everything else has been played: the parts are played side by side, and who
gets the last place would depend on which is faster.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import User
from cases.choices import CountedIn, ServiceKind
from cases.models import Contact, Service, ServicePlace
from early_help import actions
from early_help.choices import EpisodeState, Need
from early_help.models import Episode
from early_help.queries.families import families
from early_help.queries.services import matches
from mash import actions as mash_actions
from mash.models import DomesticAbuse

CHECKED_BEFORE = timedelta(days=25)
HOLDS_FOR = timedelta(days=180)
PLACES = 12
ENDED = 3
AFTER_ABUSE = 3


@dataclass(frozen=True)
class Entry:
    """One service as the coordinator enters it."""

    name: str
    run_by: str
    kind: ServiceKind
    for_whom: str
    capacity: int
    from_age: int | None = None
    to_age: int | None = None
    needs: tuple[Need, ...] = ()
    areas: tuple[str, ...] = ()
    counted_in: CountedIn = CountedIn.CHILD
    wait: str = ""
    holds: timedelta = HOLDS_FOR
    is_open: bool = True


ENTRIES = (
    Entry(
        name="Safe Start Mockham",
        run_by="Domestic abuse service",
        kind=ServiceKind.DOMESTIC_ABUSE,
        for_whom="A parent who has been hurt or controlled, and their children",
        capacity=6,
        needs=(Need.DOMESTIC_ABUSE,),
        counted_in=CountedIn.FAMILY,
        wait="none for those at high risk, else a week",
    ),
    Entry(
        name="My Feelings group",
        run_by="Domestic abuse service",
        kind=ServiceKind.DOMESTIC_ABUSE,
        for_whom="Children who have seen or heard abuse at home",
        capacity=8,
        from_age=5,
        to_age=11,
        needs=(Need.DOMESTIC_ABUSE,),
        wait="the next group starts each half term",
    ),
    Entry(
        name="Breakfast club",
        run_by="Larkmead Example Primary",
        kind=ServiceKind.PRACTICAL,
        for_whom="Children who come to school late or hungry",
        capacity=10,
        from_age=4,
        to_age=11,
        wait="none",
    ),
    Entry(
        name="Open Gate mentors",
        run_by="Open Gate Young Carers",
        kind=ServiceKind.YOUTH,
        for_whom="Young people who would use somebody to talk to outside school",
        capacity=4,
        from_age=11,
        to_age=17,
        wait="about three weeks",
    ),
    Entry(
        name="Talking together",
        run_by="Child and adolescent mental health",
        kind=ServiceKind.WELLBEING,
        for_whom="Parents who are low, anxious or not sleeping",
        capacity=5,
        needs=(Need.MENTAL_HEALTH,),
        counted_in=CountedIn.FAMILY,
        wait="about two weeks",
    ),
    Entry(
        name="Stay and play",
        run_by="Little Acorns Day Nursery",
        kind=ServiceKind.EARLY_YEARS,
        for_whom="Parents with babies and small children",
        capacity=6,
        to_age=4,
        counted_in=CountedIn.FAMILY,
        wait="none",
    ),
    Entry(
        name="Family recovery",
        run_by="Drug and alcohol service",
        kind=ServiceKind.SUBSTANCE,
        for_whom="Families in which a parent drinks or takes drugs",
        capacity=4,
        needs=(Need.SUBSTANCE,),
        counted_in=CountedIn.FAMILY,
        holds=CHECKED_BEFORE - timedelta(days=4),
    ),
    Entry(
        name="Money and housing advice",
        run_by="Housing and homelessness",
        kind=ServiceKind.PRACTICAL,
        for_whom="Families behind with rent, or without a home of their own",
        capacity=15,
        counted_in=CountedIn.FAMILY,
        is_open=False,
    ),
)


def open_directory(*, by: User, end_at: datetime) -> list[Service]:
    """Let the coordinator enter every service, some weeks ago; one entry has run out since."""
    at = end_at - CHECKED_BEFORE
    return [
        actions.keep_service(
            by=by,
            at=at,
            why="Went through it with them on the phone",
            facts={
                "name": entry.name,
                "run_by": entry.run_by,
                "kind": entry.kind,
                "for_whom": entry.for_whom,
                "from_age": entry.from_age,
                "to_age": entry.to_age,
                "needs": [str(need) for need in entry.needs],
                "areas": list(entry.areas),
                "counted_in": entry.counted_in,
                "capacity": entry.capacity,
                "wait": entry.wait,
                "contact": "01632 960150",
                "how_to_refer": "Ring with the parent beside you, then send the short form",
                "reviewed_on": at.date(),
                "valid_until": at.date() + entry.holds,
                "is_open": entry.is_open,
            },
        )
        for entry in ENTRIES
    ]


def take_places(*, by: User, officer: User, end_at: datetime) -> list[ServicePlace]:
    """Give some who wait a place at what fits them best, and some after domestic abuse.

    A few places have ended since.
    """
    at = end_at - timedelta(hours=2)
    taken: list[ServicePlace] = []
    waiting = Episode.objects.filter(state=EpisodeState.WAITING, requested_at__lt=at)
    for episode in waiting.order_by("requested_at", "pk")[:PLACES]:
        shown = families([episode.pk], by=by).get(episode.pk)
        if shown is None or shown.is_closed:
            continue
        fitting = [
            one
            for one in matches(children=shown.children, needs=episode.needs, at=at)
            if one.fits and one.service.room >= len(one.children)
        ]
        if not fitting:
            continue
        taken.append(
            actions.place_family(
                by=by,
                at=at,
                episode_id=episode.pk,
                child_ids=fitting[0].children,
                why="It has room now, and the family asked for it",
                agreed_by="The mother",
                until_on=(at + timedelta(days=60)).date(),
                service_id=fitting[0].service.pk,
            )
        )
    for place in taken[:ENDED]:
        actions.end_place(
            by=by,
            at=at + timedelta(hours=1),
            place_id=place.pk,
            because="Came once and did not want to go on",
        )
    return taken + _after_abuse(officer=officer, at=at)


def _after_abuse(*, officer: User, at: datetime) -> list[ServicePlace]:
    service = Service.objects.get(name=ENTRIES[0].name)
    notified = (
        DomesticAbuse.objects.filter(
            contact__in=Contact.objects.visible_to(officer), contact__received_at__lt=at
        )
        .exclude(contact__state="void")
        .order_by("-contact__received_at", "pk")
    )
    found = []
    for notice in notified[:AFTER_ABUSE]:
        child_ids: list[UUID] = list(
            notice.contact.people.filter(is_child=True, ended_at=None)
            .order_by("person_id")
            .values_list("person_id", flat=True)
        )
        if child_ids:
            found.append(
                mash_actions.offer_service(
                    by=officer,
                    at=at,
                    contact_id=notice.contact_id,
                    child_ids=child_ids,
                    why="She asked for it. Ring on the number she gave, before three",
                    agreed_by="The mother",
                    until_on=(at + timedelta(days=90)).date(),
                    service_id=service.pk,
                )
            )
    return found
