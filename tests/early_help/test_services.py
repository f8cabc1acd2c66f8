"""The directory of services: kept, matched with a family, and its places taken and given back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse

from cases.models import Service, ServiceChange, ServicePlace, ServicePlaceChild
from cases.services import NoRoom
from early_help import actions
from early_help.choices import Need
from early_help.models import Episode
from early_help.queries import services as queries
from early_help.queries.families import families
from lib import application_clock
from mash import actions as mash_actions
from people import actions as people_actions
from people.models import Person
from record.errors import Clash, NotWhole, Refused
from record.models import Event, ReadLogEntry
from tests.early_help.helping import (
    MONDAY,
    TOLD,
    child,
    count_queries,
    days,
    requested,
    risks,
    service,
    waiting,
)
from tests.early_help.test_offers import decided, declined
from tests.factories.people import RestrictionFactory
from tests.mash.pages import form, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def club(early_help_coordinator, _typed_later) -> Service:
    return service(early_help_coordinator)


@pytest.fixture
def at_work(client, early_help_coordinator, _typed_later):
    """The coordinator's browser, on the 4th working day of the wait."""
    client.force_login(early_help_coordinator)
    with application_clock.set_to(days(4)):
        yield client


def url(name, *args):
    return reverse(f"early_help:{name}", args=args)


def children_of(episode: Episode):
    return [row.child_id for row in episode.children.filter(ended_at=None)]


def placed(by, episode, at_service, *, at=None, **more):
    at = at or days(2)
    return actions.place_family(
        by=by,
        at=at,
        episode_id=episode.pk,
        **{
            "child_ids": children_of(episode),
            "why": "Hungry twice a week",
            "agreed_by": "Hana, mother",
            "until_on": days(30).date(),
            "service_id": at_service.pk if at_service else None,
            **more,
        },
    )


def fitting(episode, by, needs=()):
    children = families([episode.pk], by=by)[episode.pk].children
    return queries.matches(children=children, needs=needs, at=days(4))


def why_not(club, early_help_coordinator, episode, **facts):
    service(early_help_coordinator, service_id=club.pk, **facts)
    (found,) = fitting(episode, early_help_coordinator)
    return found.why_not


def test_coordinator_enters_a_service_and_every_change_is_kept(club, early_help_coordinator):
    changed = service(
        early_help_coordinator, service_id=club.pk, capacity=5, at=days(3), why="A second cook"
    )

    first, second = ServiceChange.objects.order_by("at")
    assert (first.before, first.after["capacity"]) == ({}, 3)
    assert (second.before["capacity"], second.after["capacity"]) == (3, 5)
    assert second.by == early_help_coordinator
    assert changed.version == 2
    newest, oldest = queries.changes(club.pk)
    assert (newest[1], oldest[1]) == (["places", "valid until"], [])


def test_nobody_but_the_coordinator_keeps_the_directory(early_help_worker, mash_manager):
    for by in (early_help_worker, mash_manager):
        with pytest.raises(PermissionDenied):
            service(by)

    assert not Service.objects.exists()


def test_entry_that_is_not_whole_is_refused(club, early_help_coordinator):
    with pytest.raises(NotWhole, match=r"who runs it.*is referred.*what you checked"):
        service(early_help_coordinator, run_by="", how_to_refer=" ", why="", name="Another")
    with pytest.raises(Clash, match="has Breakfast Club Dummyfield of Dummyfield Primary"):
        service(early_help_coordinator)
    with pytest.raises(Refused, match="upper age"):
        service(early_help_coordinator, name="Another", from_age=12, to_age=5)
    with pytest.raises(Refused, match="before it was checked"):
        service(early_help_coordinator, name="Another", valid_until=MONDAY.date())
    with pytest.raises(Clash, match="since you opened it"):
        actions.keep_service(
            by=early_help_coordinator,
            at=MONDAY,
            why="x",
            facts={},
            service_id=club.pk,
            version=7,
        )


def test_place_is_taken_and_given_back(waits, club, early_help_worker):
    place = placed(early_help_worker, waits, club)

    club.refresh_from_db()
    assert (club.taken, club.room) == (1, 2)
    assert place.is_interim

    actions.end_place(
        by=early_help_worker, at=days(20), place_id=place.pk, because="Comes by himself"
    )
    club.refresh_from_db()
    assert club.taken == 0
    lines = Event.objects.filter(code__startswith="service.").order_by("at")
    assert [line.code for line in lines] == ["service.placed", "service.ended"]
    with pytest.raises(Clash, match="has ended: Comes by himself"):
        actions.end_place(by=early_help_worker, at=days(21), place_id=place.pk, because="Again")


def test_place_of_a_family_counts_as_one_where_families_are_counted(
    early_help_worker, early_help_coordinator, club
):
    both = requested(early_help_worker, child("Aaliyah"), child("Zayn"))
    for_families = service(
        early_help_coordinator, name="Family hub", counted_in="family", capacity=1
    )

    placed(early_help_worker, both, club)
    placed(early_help_worker, both, for_families)

    club.refresh_from_db()
    for_families.refresh_from_db()
    assert (club.taken, for_families.taken) == (2, 1)


def test_service_without_room_is_refused_with_how_many_are_free(
    waits, club, early_help_coordinator, early_help_worker
):
    service(early_help_coordinator, service_id=club.pk, capacity=0)
    with pytest.raises(NoRoom, match="0 of 0 places are free, and 1 is wanted"):
        placed(early_help_worker, waits, club)
    service(early_help_coordinator, service_id=club.pk, is_open=False)
    with pytest.raises(NoRoom, match="takes nobody new"):
        placed(early_help_worker, waits, club)
    service(early_help_coordinator, service_id=club.pk, valid_until=days(1).date())
    with pytest.raises(NoRoom, match="has run out"):
        placed(early_help_worker, waits, club)

    assert not ServicePlace.objects.exists()


def test_place_is_refused_without_what_it_needs(waits, club, early_help_worker):
    other = requested(early_help_worker, child("Omar"))
    for more, said in (
        ({"child_ids": []}, "Choose the children"),
        ({"child_ids": children_of(other)}, "not part of this episode"),
        ({"why": " "}, "Say why"),
        ({"agreed_by": ""}, "agreed to it"),
        ({"until_on": MONDAY.date()}, "ends before it begins"),
        ({"service_id": None}, "name one that is not in it"),
        ({"other_name": "Also this"}, "name one that is not in it"),
    ):
        with pytest.raises(Refused, match=said):
            placed(early_help_worker, waits, club, **more)
    placed(early_help_worker, waits, club)
    with pytest.raises(Refused, match=r"Aaliyah.* has a place at Breakfast"):
        placed(early_help_worker, waits, club)
    with pytest.raises(Refused, match="how it ended"):
        actions.end_place(
            by=early_help_worker, at=days(3), place_id=ServicePlace.objects.get().pk, because=" "
        )


def test_place_needs_a_right_agreement_and_an_open_episode(
    waits, club, early_help_worker, early_help_coordinator, mash_manager
):
    with pytest.raises(PermissionDenied):
        placed(mash_manager, waits, club)
    silent = requested(early_help_worker, child("Omar"), is_agreed=False)
    with pytest.raises(actions.NotAgreed):
        placed(early_help_worker, silent, club)
    actions.take_off(
        by=early_help_coordinator, at=days(1), episode_id=waits.pk, ending="moved", why="To Leeds"
    )
    with pytest.raises(actions.NotNow, match="has ended"):
        placed(early_help_coordinator, waits, club)


def test_place_is_ended_after_early_help_has_ended(
    waits, club, early_help_worker, early_help_coordinator
):
    place = placed(early_help_worker, waits, club)
    declined(early_help_worker, waits)
    decided(early_help_coordinator, waits)

    held = queries.places_at(by=early_help_coordinator, service=club, on=days(40).date())
    assert [(one.is_past, one.url_id) for one in held] == [(True, waits.pk)]
    actions.end_place(by=early_help_coordinator, at=days(41), place_id=place.pk, because="Left")
    club.refresh_from_db()
    assert club.taken == 0


def test_capacity_is_never_below_what_is_taken(waits, club, early_help_coordinator):
    placed(early_help_coordinator, waits, club)

    with pytest.raises(Refused, match="1 places are taken"):
        service(early_help_coordinator, service_id=club.pk, capacity=0)
    with pytest.raises(IntegrityError, match="cases_service_room"), transaction.atomic():
        Service.objects.update(taken=4)


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"contact": ""}, "cases_service_whole"),
        ({"to_age": 2}, "cases_service_ages"),
        ({"valid_until": MONDAY.date()}, "cases_service_valid"),
    ],
)
def test_database_refuses_a_service_that_is_not_whole(club, facts, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Service.objects.update(**facts)


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"other_name": "Both"}, "cases_place_at_one"),
        ({"agreed_by": ""}, "cases_place_agreed"),
        ({"ended_because": "Half"}, "cases_place_ended_whole"),
    ],
)
def test_database_refuses_a_place_that_is_not_whole(
    waits, club, early_help_worker, facts, constraint
):
    placed(early_help_worker, waits, club)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ServicePlace.objects.update(**facts)


def test_database_refuses_one_child_twice_and_anything_taken_away(waits, club, early_help_worker):
    place = placed(early_help_worker, waits, club)
    row = place.children.get()

    other = ServicePlace.objects.create(
        service=club,
        subject_kind="early_help",
        subject_id=waits.pk,
        why="x",
        agreed_by="x",
        takes=1,
        from_at=days(3),
        until_on=days(9).date(),
        by=early_help_worker,
        recorded_at=days(3),
    )
    with pytest.raises(IntegrityError, match="cases_place_child_one_open"), transaction.atomic():
        ServicePlaceChild.objects.create(place=other, service=club, child=row.child)
    for rows in (place.children.all(), ServiceChange.objects.all()):
        with pytest.raises(InternalError), transaction.atomic():
            rows.delete()
    with pytest.raises(IntegrityError, match="cases_service_change_why"), transaction.atomic():
        ServiceChange.objects.create(
            service=club, why="", by=early_help_worker, at=days(1), recorded_at=days(1)
        )


def test_match_says_why_a_service_fits_and_why_not(waits, club, early_help_coordinator):
    (found,) = fitting(waits, early_help_coordinator)
    assert found.fits
    assert found.why[1:] == ["For any family", "3 of 3 free", "Wait: none"]
    assert "ages 4 to 11: Aaliyah" in found.why[0]

    check = [club, early_help_coordinator, waits]
    assert why_not(*check, from_age=14, to_age=17) == ["For ages 14 to 17, and no child here is"]
    assert why_not(*check, needs=["SUBSTANCE"]) == [
        "Helps with parental substance misuse, which is not recorded here"
    ]
    assert why_not(*check, valid_until=days(2).date()) == [
        "The entry has run out, and the coordinator checks it first"
    ]
    assert why_not(*check, capacity=0) == ["Full: 0 of 0 taken"]
    (met,) = fitting(waits, early_help_coordinator, [Need.SUBSTANCE])
    assert met.why_not == ["Full: 0 of 0 taken"] or met.fits


def test_match_looks_at_where_the_children_live_unless_it_is_withheld(
    waits, club, early_help_coordinator, contact_officer
):
    assert why_not(club, early_help_coordinator, waits, areas=["SL3"]) == []
    (child_id,) = children_of(waits)
    people_actions.move(
        by=contact_officer,
        at=days(1),
        person_ids=[child_id],
        line="1 Mock Road",
        postcode="SL1 1AA",
        source="professional",
    )

    assert why_not(club, early_help_coordinator, waits, areas=["SL3"]) == [
        "Serves SL3, and the family lives in SL1"
    ]
    assert why_not(club, early_help_coordinator, waits, areas=["SL1", "SL3"]) == []
    Person.objects.get(pk=child_id).addresses.update(is_withheld=True)
    assert queries.areas_of([child_id]) == set()


def test_what_meets_more_needs_stands_first(waits, club, early_help_coordinator):
    for name, needs in (("A advice", []), ("Z refuge", ["DOMESTIC_ABUSE"])):
        service(early_help_coordinator, name=name, needs=needs)

    found = fitting(waits, early_help_coordinator, [Need.DOMESTIC_ABUSE])

    assert [each.service.name for each in found] == [
        "Z refuge",
        "A advice",
        "Breakfast Club Dummyfield",
    ]


def test_screening_takes_a_place_until_help_starts(
    episode, club, early_help_coordinator, early_help_worker
):
    interim = actions.Interim(
        service_id=club.pk, child_ids=children_of(episode), agreed_by="Hana, mother"
    )
    waiting(early_help_coordinator, episode, interim=interim, interim_help="")

    place = ServicePlace.objects.get()
    assert place.is_interim
    assert place.until_on == days(40).date()
    assert place.subject_id == episode.pk
    group = queries.of_family(
        episode=episode,
        family=families([episode.pk], by=early_help_worker)[episode.pk],
        on=days(2).date(),
    )
    assert [one.place for one in group] == [place]


def test_screening_is_undone_whole_where_the_last_place_has_gone(
    episode, club, early_help_coordinator, early_help_worker
):
    service(early_help_coordinator, service_id=club.pk, capacity=1)
    other = requested(early_help_worker, child("Omar"))
    placed(early_help_worker, other, club, at=MONDAY + timedelta(hours=1))

    with pytest.raises(NoRoom, match="Choose another service"):
        waiting(
            early_help_coordinator,
            episode,
            interim=actions.Interim(
                service_id=club.pk, child_ids=children_of(episode), agreed_by="Hana"
            ),
        )
    episode.refresh_from_db()
    assert episode.state == "requested"


def test_pages_from_the_directory_to_a_place_and_back(at_work, waits, early_help_coordinator):
    entry = {
        "name": "Women’s Refuge Mockham",
        "run_by": "Mockham Trust",
        "kind": "domestic_abuse",
        "for_whom": "Mothers and their children",
        "areas": "sl1, SL2",
        "counted_in": "family",
        "capacity": "1",
        "contact": "01632 960220",
        "how_to_refer": "Ring, day or night",
        "is_open": "yes",
        "valid_until": "1 6 2026",
        "why": "Rang the manager",
    }
    wrong = at_work.post(url("service_new"), form(**{**entry, "areas": "Slough"}))
    assert "Not one: SLOUGH" in text_of(wrong)
    made = at_work.post(url("service_new"), form(**entry), follow=True)
    refuge = Service.objects.get()
    assert refuge.areas == ["SL1", "SL2"]
    assert "1 of 1 free" in text_of(made)

    said = text_of(at_work.get(url("family_services", waits.pk)))
    assert "What has room for them, and why" in said
    assert "Serves SL1, SL2: check where they live" in said
    (child_id,) = children_of(waits)
    typed = form(
        child_ids=[str(child_id)], agreed_by="Hana", why="Safe at night", until_on="2 3 2026"
    )
    taken = at_work.post(url("place", waits.pk, refuge.pk), typed, follow=True)
    assert "Refer the family as the directory says" in text_of(taken)
    full = at_work.post(url("place", waits.pk, refuge.pk), {**typed, **form()})
    assert full.status_code == 409
    assert "has no room" in text_of(full)
    assert "Women’s Refuge Mockham" in text_of(at_work.get(url("episode", waits.pk)))
    assert "Full: 1 of 1 taken" in text_of(at_work.get(url("services")))
    assert "No service here" in text_of(at_work.get(url("services"), {"room": "1"}))

    place = ServicePlace.objects.get()
    page = at_work.get(url("service", refuge.pk))
    assert "End this place" in text_of(page)
    ended = at_work.post(url("end_place", place.pk), form(because="Has a flat"), follow=True)
    assert "free for the next family" in text_of(ended)
    again = at_work.post(
        url("service_change", refuge.pk),
        form(**{**entry, "capacity": "4", "version": "1"}),
        follow=True,
    )
    assert "4 of 4 free" in text_of(again)
    late = at_work.post(
        url("service_change", refuge.pk), form(**{**entry, "capacity": "9", "version": "1"})
    )
    assert late.status_code == 409


def test_help_that_is_not_in_the_directory_is_kept_in_words(at_work, waits):
    (child_id,) = children_of(waits)

    page = at_work.post(
        url("place_other", waits.pk),
        form(
            other_name="Nan’s church group",
            child_ids=[str(child_id)],
            agreed_by="Hana",
            why="Knows them",
            until_on="2 3 2026",
        ),
        follow=True,
    )

    assert "Nan’s church group" in text_of(page)
    assert ServicePlace.objects.get().takes == 0


def test_screening_page_offers_what_has_room(at_work, episode, club):
    said = text_of(at_work.get(url("screen", episode.pk)))

    assert "No service Breakfast Club Dummyfield: 3 of 3 free" in said
    (row,) = risks(episode)
    answer = {
        "level": "2",
        "family_wants": "Mornings",
        "answer": "targeted",
        "priority": "p3",
        "reason": "One carer",
        f"risk_{row.child_id}": "low",
        f"why_{row.child_id}": "Seen in class",
        "told": TOLD["told"],
        "interim_service": str(club.pk),
    }
    missing = at_work.post(url("screen", episode.pk), form(**answer))
    assert "Say who of the family agreed to that service" in text_of(missing)
    at_work.post(url("screen", episode.pk), form(**answer, interim_agreed_by="Hana"))
    club.refresh_from_db()
    assert club.taken == 1
    assert "Until then: Breakfast Club Dummyfield." in text_of(at_work.get(url("waiting")))


def test_family_restricted_from_the_reader_stays_a_placeholder_at_the_service(
    client, waits, club, early_help_coordinator, head_of_service, mash_manager
):
    place = placed(early_help_coordinator, waits, club)
    (child_id,) = children_of(waits)
    RestrictionFactory(person=Person.objects.get(pk=child_id), owner=head_of_service)
    client.force_login(early_help_coordinator)

    said = text_of(client.get(url("service", club.pk)))
    assert "Aaliyah" not in said
    assert "Restricted record, ring" in said
    assert "1 of 3 taken" in said
    assert client.get(url("end_place", place.pk)).status_code == 404
    with pytest.raises(Episode.DoesNotExist):
        actions.end_place(by=early_help_coordinator, at=days(4), place_id=place.pk, because="x")
    client.force_login(mash_manager)
    assert "Who has a place" not in text_of(client.get(url("service", club.pk)))


def test_family_of_another_worker_is_not_named_at_the_service(
    waits, club, early_help_worker, early_help_coordinator
):
    placed(early_help_coordinator, waits, club)
    Episode.objects.update(
        state="assessing",
        started_at=days(3),
        worker=early_help_coordinator,
        asked_through=early_help_coordinator,
    )

    (seen,) = queries.places_at(by=early_help_worker, service=club, on=days(4).date())
    (ours,) = queries.places_at(by=early_help_coordinator, service=club, on=days(4).date())

    assert (seen.names, seen.url_id) == ("Another family", None)
    assert (ours.names, ours.url_id) == ("Aaliyah Testwood", waits.pk)


def test_directory_and_places_ask_the_same_number_of_queries_however_many(
    at_work, waits, club, early_help_worker, early_help_coordinator
):
    placed(early_help_worker, waits, club)
    service(early_help_coordinator, service_id=club.pk, capacity=30)
    pages = [url("services"), url("service", club.pk), url("family_services", waits.pk)]
    for page in pages:
        at_work.get(page)
    before = [count_queries(at_work, page) for page in pages]
    for number in range(4):
        service(early_help_coordinator, name=f"Club {number}")
        placed(early_help_worker, requested(early_help_worker, child(f"Name{number}")), club)

    assert [count_queries(at_work, page) for page in pages] == before


def test_reading_who_has_a_place_is_logged(at_work, waits, club, early_help_worker):
    placed(early_help_worker, waits, club)

    at_work.get(url("service", club.pk))

    row = ReadLogEntry.objects.filter(place="early_help:service").latest("recorded_at")
    assert row.person_ids == children_of(waits)


def test_domestic_abuse_contact_takes_a_place_that_the_coordinator_ends(
    client, contact_officer, early_help_coordinator, early_help_worker, club, mash_manager
):
    from tests.cases.front_door import received

    contact = received(contact_officer, child("Zayn"), at=MONDAY)
    (row,) = contact.people.filter(is_child=True)
    offer = {
        "by": contact_officer,
        "at": days(1),
        "contact_id": contact.pk,
        "child_ids": [row.person_id],
        "why": "Ring on Tuesdays",
        "agreed_by": "His mother",
        "until_on": days(20).date(),
        "service_id": club.pk,
    }
    with pytest.raises(Refused, match="no domestic abuse notification"):
        mash_actions.offer_service(**offer)
    mash_actions.record_domestic_abuse(by=contact_officer, at=MONDAY, contact_id=contact.pk)
    with pytest.raises(PermissionDenied):
        mash_actions.offer_service(**{**offer, "by": early_help_coordinator})
    with pytest.raises(Refused, match="not on this contact"):
        mash_actions.offer_service(**{**offer, "child_ids": [club.pk]})
    client.force_login(contact_officer)
    with application_clock.set_to(days(1)):
        both = client.post(
            reverse("mash:offer_service", args=[contact.pk]),
            form(service=str(club.pk), other_name="And this"),
        )
        assert "or name one that is not in it" in text_of(both)
        assert "None of these Breakfast Club Dummyfield" in text_of(both)
        page = client.post(
            reverse("mash:offer_service", args=[contact.pk]),
            form(
                service=str(club.pk),
                child_ids=[str(row.person_id)],
                agreed_by="His mother",
                why="Ring on Tuesdays",
                until_on="2 3 2026",
            ),
            follow=True,
        )
        assert "Breakfast Club Dummyfield for Zayn" in text_of(page)
    place = ServicePlace.objects.get()

    with pytest.raises(PermissionDenied):
        actions.end_place(by=early_help_worker, at=days(9), place_id=place.pk, because="x")
    actions.end_place(by=early_help_coordinator, at=days(9), place_id=place.pk, because="Moved")

    club.refresh_from_db()
    assert club.taken == 0
