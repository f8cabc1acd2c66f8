"""Pages of early help: the list, an episode, and the forms, without any script."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from early_help import actions
from early_help.choices import EpisodeState
from early_help.models import Agreement, Episode, Pause, SafeCheck, ToTell
from lib import application_clock
from people import actions as people_actions
from people.models import Person
from record.models import ReadLogEntry
from tests.early_help.helping import (
    MONDAY,
    child,
    count_queries,
    days,
    from_mash,
    parent,
    requested,
    waiting,
    worse,
)
from tests.factories.people import RestrictionFactory
from tests.mash.pages import form, moment, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_work(client, early_help_coordinator, _typed_later):
    """The coordinator's browser, on the 18th working day of the wait."""
    client.force_login(early_help_coordinator)
    with application_clock.set_to(days(18)):
        yield client


def url(name, *args):
    return reverse(f"early_help:{name}", args=args)


def risk_fields(episode, level="low", why="Seen in class"):
    fields = {}
    for row in episode.children.filter(ended_at=None):
        fields |= {f"risk_{row.child_id}": level, f"why_{row.child_id}": why}
    return fields


# The waiting list ---------------------------------------------------------------------------------


def test_list_shows_place_why_clock_holder_and_what_the_family_was_told(at_work, waits):
    page = at_work.get(url("waiting"))

    said = text_of(page)
    assert "1 family, 1 child, wait for help to start" in said
    assert "Place 1" in said
    assert "Aaliyah Testwood, 7" in said
    assert "Day 18 of 40" in said
    assert "Erin Mockford Early help" in said
    assert "First because: Risk to 1 child: low. Priority 3: Two children" in said
    assert "Breakfast club at school from Monday." in said
    assert "Ring 01632 960300 if things get worse" in said


def test_list_says_why_each_family_stands_before_the_next(
    at_work, waits, early_help_worker, early_help_coordinator
):
    waiting(
        early_help_coordinator,
        requested(early_help_worker, child("Leo")),
        priority="p2",
        risk="high",
    )

    said = text_of(at_work.get(url("waiting")))

    assert "Ahead of place 2 because high risk goes before low risk" in said
    assert "Behind place 1 because high risk goes before low risk" in said


def test_list_narrowed_keeps_the_places_of_the_whole(
    at_work, waits, early_help_worker, early_help_coordinator
):
    waiting(
        early_help_coordinator,
        requested(early_help_worker, child("Leo")),
        priority="p1",
        risk="high",
    )

    delayed = text_of(at_work.get(url("waiting"), {"show": "severe"}))
    third = text_of(at_work.get(url("waiting"), {"show": "p3"}))
    nobody = text_of(at_work.get(url("waiting"), {"show": "paused"}))

    assert "Severely delayed (1)" in delayed
    assert "Leo Testwood" in delayed
    assert "Aaliyah" not in delayed
    assert "Place 2 Aaliyah Testwood" in third
    assert "No family here is like that" in nobody


def test_list_marks_delay_severe_delay_and_a_late_safe_check(
    at_work, waits, early_help_coordinator
):
    with application_clock.set_to(days(45)):
        late = text_of(at_work.get(url("waiting")))
    with application_clock.set_to(days(61)):
        at_work.logout()  # weeks later
        at_work.force_login(early_help_coordinator)
        severe = text_of(at_work.get(url("waiting")))

    assert "Day 45 of 40" in late
    assert "5 working days late Delayed" in late
    assert "0Severely delayed" in late
    assert "Ring the family" in late
    assert "1Severely delayed" in severe
    assert "working days late Severely delayed" in severe


def test_empty_list_says_so(at_work):
    assert "Nobody waits for early help" in text_of(at_work.get(url("waiting")))


def test_list_narrowed_compares_a_family_with_its_neighbours_in_the_whole_queue(
    at_work, early_help_worker, early_help_coordinator
):
    for name, priority in (("Aaliyah", "p3"), ("Leo", "p2"), ("Mina", "p3"), ("Zayn", "p1")):
        episode = requested(early_help_worker, child(name), at=days(len(name)))
        waiting(early_help_coordinator, episode, priority=priority, at=days(9))

    said = text_of(at_work.get(url("waiting"), {"show": "p3"}))

    assert "Why place 3, Mina" in said
    assert "Behind place 2 because priority 2 goes before priority 3." in said
    assert "Ahead of place 4 because they have waited longer." in said
    assert "Why place 4, Aaliyah" in said
    assert "Behind place 3 because they have waited longer." in said


def test_row_of_a_family_found_worse_leads_to_the_decision_and_the_page_says_what_moved(
    at_work, waits, early_help_worker
):
    check = actions.record_safe_check(by=early_help_worker, at=days(17), **worse(waits))

    page = at_work.get(url("waiting"))
    assert "Worse, not decided" in text_of(page)
    assert "P3, level 2, need 0" in text_of(page)
    assert url("answer_check", waits.pk, check.pk) in page.content.decode()
    assert "Low risk to moderate risk." in text_of(at_work.get(url("episode", waits.pk)))


def test_list_is_logged_as_one_reading_of_everybody_on_it(at_work, waits):
    at_work.get(url("waiting"))

    entry = ReadLogEntry.objects.get(place="early_help:waiting")
    assert entry.person_ids == [waits.children.get().child_id]


def test_list_shows_a_restricted_family_as_a_place_and_a_clock(
    at_work, waits, early_help_worker, early_help_coordinator, head_of_service
):
    RestrictionFactory(person=waits.children.get().child, owner=head_of_service)

    page = at_work.get(url("waiting"))
    closed = at_work.get(url("episode", waits.pk))

    said = text_of(page)
    assert "Restricted record, ring Helen Dummyfield" in said
    assert "Place 1" in said
    for hidden in ("Aaliyah", "Two children", "Breakfast", "low", str(waits.pk)):
        assert hidden not in said
    assert closed.status_code == 403
    assert "Aaliyah" not in closed.content.decode()
    assert ReadLogEntry.objects.get(place="early_help:waiting").person_ids == []


def test_list_and_first_page_take_a_fixed_number_of_queries(
    at_work, waits, early_help_worker, early_help_coordinator
):
    requested(early_help_worker, child("Noor"))
    for name in ("waiting", "first"):
        at_work.get(url(name))  # what a process reads once
    few = [count_queries(at_work, url(name)) for name in ("waiting", "first")]
    for number in range(6):
        episode = requested(early_help_worker, child(f"Leo{number}"), child(f"Mina{number}"))
        waiting(early_help_coordinator, episode)
    for number in range(3):
        requested(early_help_worker, child(f"Theo{number}"))

    assert [count_queries(at_work, url(name)) for name in ("waiting", "first")] == few


# An episode ---------------------------------------------------------------------------------------


def test_episode_says_who_holds_what_is_due_and_what_was_asked(at_work, waits):
    said = text_of(at_work.get(url("episode", waits.pk)))

    assert "Place 1 in the queue, P3" in said
    assert "Erin Mockford, Early help, since" in said
    assert "A parent agrees to early help" in said
    assert "Sally Outreach, Safeguarding lead, Dummyfield Primary School" in said
    assert "Owed: The request was accepted" in said
    assert "Early help request accepted: targeted family support" in said


def test_episode_of_a_return_names_what_came_before(
    at_work, early_help_worker, early_help_coordinator
):
    first = requested(early_help_worker)
    actions.return_request(
        by=early_help_coordinator,
        at=MONDAY,
        episode_id=first.pk,
        reason="School can do this itself",
    )
    known = Person.objects.get()
    again = requested(early_help_worker, child(person_id=known.pk), at=days(9))

    page = text_of(at_work.get(url("episode", again.pk)))
    screening = text_of(at_work.get(url("screen", again.pk)))

    for said in (page, screening):
        assert "These children have been here before" in said
        assert "School can do this itself" in said
    assert "second request in 12 months +3" in screening


def test_worker_does_not_read_what_a_colleague_does_with_a_family(client, early_help_worker, waits):
    client.force_login(early_help_worker)
    with application_clock.set_to(days(18)):
        assert client.get(url("episode", waits.pk)).status_code == 200
        Episode.objects.filter(pk=waits.pk).update(
            state=EpisodeState.PLAN_ACTIVE, asked_through=None
        )
        assert client.get(url("episode", waits.pk)).status_code == 404


def test_worker_is_not_told_who_made_the_contact(
    client, early_help_worker, contact_officer, mash_manager, early_help_coordinator
):
    with application_clock.set_to(days(18)):
        _contact, episode = from_mash(contact_officer, mash_manager, early_help_coordinator)
        client.force_login(early_help_worker)
        theirs = text_of(client.get(url("episode", episode.pk)))
        client.force_login(early_help_coordinator)
        hers = text_of(client.get(url("episode", episode.pk)))

    assert "Sally Outreach" not in theirs
    assert "Read contact" not in theirs
    assert "Sally Outreach" in hers


# Forms --------------------------------------------------------------------------------------------


def test_screening_page_works_out_the_suggestion_without_recording(at_work, episode):
    sent = form(level="3", needs=["DOMESTIC_ABUSE"], do_suggest="1")

    page = at_work.post(url("screen", episode.pk), sent)

    assert "P1 is suggested: level 3 with domestic abuse." in text_of(page)
    assert "Need score 3 · domestic abuse +3" in text_of(page)
    episode.refresh_from_db()
    assert episode.state == EpisodeState.REQUESTED


def test_screening_page_accepts_onto_the_list(at_work, episode):
    sent = form(
        level="2",
        family_wants="Mornings",
        answer="targeted",
        priority="p3",
        reason="Level 2, a worker of ours is needed",
        told="Eight weeks",
        interim_help="Breakfast club",
        **risk_fields(episode),
    )

    page = at_work.post(url("screen", episode.pk), sent, follow=True)

    episode.refresh_from_db()
    assert episode.state == EpisodeState.WAITING
    assert "On the waiting list" in text_of(page)


def test_screening_page_names_what_is_missing_for_each_child(at_work, early_help_worker):
    episode = requested(early_help_worker, child(), child("Zayn"))
    zayn = episode.children.get(child__given_name="Zayn").child_id
    answers = risk_fields(episode)
    del answers[f"risk_{zayn}"]

    page = at_work.post(url("screen", episode.pk), form(level="2", answer="targeted", **answers))

    said = text_of(page)
    assert "Choose how great the risk to Zayn Testwood is" in said
    assert "risk to Aaliyah Testwood is" not in said
    assert "Say what the family wants" in said
    assert "Choose a priority" in said


def test_screening_page_returns_with_a_reason_alone(at_work, episode):
    missing = at_work.post(url("screen", episode.pk), form(answer="return"))
    done = at_work.post(
        url("screen", episode.pk), form(answer="return", return_reason="School can"), follow=True
    )

    assert "Say why you return this request" in text_of(missing)
    episode.refresh_from_db()
    assert episode.state == EpisodeState.CLOSED
    assert "Returned to whoever asked" in text_of(done)


def test_safe_check_page_raises_the_priority_when_the_family_is_worse(at_work, waits):
    sent = form(
        means="phone",
        reached="yes",
        spoke_to="Hana",
        found="worse",
        what_changed="Father is back",
        follows="raise",
        priority="p2",
        **moment("29 1 2026", "10:00"),
        **risk_fields(waits, "high", "He hit her brother"),
    )

    page = at_work.post(url("safe_check", waits.pk), sent, follow=True)

    said = text_of(page)
    assert "Safe-check recorded" in said
    assert "Place 1 in the queue, P2" in said
    assert "What followed: A higher priority, Erin Mockford" in said


def test_safe_check_page_refuses_worse_without_consequence(at_work, waits):
    sent = form(
        means="phone",
        reached="yes",
        spoke_to="Hana",
        found="worse",
        what_changed="Father is back",
        **moment("29 1 2026", "10:00"),
        **risk_fields(waits, "high"),
    )

    page = at_work.post(url("safe_check", waits.pk), sent)

    assert "Choose what follows, as the family is worse off" in text_of(page)
    assert not SafeCheck.objects.exists()


def test_safe_check_page_of_a_worker_leaves_the_decision_to_the_coordinator(
    at_work, early_help_worker, waits
):
    at_work.force_login(early_help_worker)
    sent = form(
        means="visit",
        reached="yes",
        spoke_to="Hana",
        found="worse",
        what_changed="Father is back",
        **moment("29 1 2026", "10:00"),
        **risk_fields(waits, "high"),
    )

    form_page = text_of(at_work.get(url("safe_check", waits.pk)))
    page = text_of(at_work.post(url("safe_check", waits.pk), sent, follow=True))

    assert "your coordinator is told and decides what follows" in form_page
    assert "Raise the priority" not in form_page
    assert "Not acted on yet" in page


def test_coordinator_decides_what_follows_from_a_workers_safe_check(
    at_work, early_help_worker, waits
):
    check = actions.record_safe_check(by=early_help_worker, at=days(17), **worse(waits))
    where = url("answer_check", waits.pk, check.pk)

    home = text_of(at_work.get(reverse("cases:home")))
    shown = text_of(at_work.get(where))
    done = text_of(
        at_work.post(where, form(follows="stands", why_stands="Aunt has them"), follow=True)
    )

    assert "Lena Specimen found the family worse off" in home
    assert "The father has moved back in" in shown
    assert "What followed: The priority stands" in done


def test_pages_for_priority_pause_and_taking_off_do_their_one_thing(at_work, waits):
    priority = at_work.post(
        url("priority", waits.pk),
        form(priority="p2", needs=["LONE_CARER"], reason="Alone"),
        follow=True,
    )
    paused = at_work.post(
        url("pause", waits.pk),
        form(words="After half term", **{f"until_on_{k}": v for k, v in DAY.items()}),
        follow=True,
    )
    resumed = at_work.post(url("pause", waits.pk), form(why="Ready now"), follow=True)
    taken = at_work.post(
        url("take_off", waits.pk), form(ending="moved", why="They rang"), follow=True
    )

    assert "Priority 3 to priority 2. Need score 0 to 2." in text_of(priority)
    assert "lone carer without a network +2" in text_of(priority)
    assert "Paused at the family’s wish until Tue 10 February" in text_of(paused)
    assert Pause.objects.get().ended_on is not None
    assert "The wait goes on" in text_of(resumed)
    assert "Early help for this family has ended" in text_of(taken)


DAY = {"day": "10", "month": "2", "year": "2026"}


def test_pages_for_agreement_and_telling_do_their_one_thing(at_work, waits):
    child_id = waits.children.get().child_id
    agreed = at_work.post(
        url("agreement", waits.pk),
        form(
            child_ids=[str(child_id)],
            asked_as="parent_with_pr",
            person_as_stated="Tom, father",
            state="refused",
            words="“Not now.”",
        ),
        follow=True,
    )
    told = at_work.post(
        url("tell", waits.pk),
        form(was_told="yes", how="Phone", what="Accepted, eight weeks"),
        follow=True,
    )

    assert "Not agreed: refused" in text_of(agreed)
    assert Agreement.objects.count() == 2
    assert "told today" in text_of(told)
    assert not ToTell.objects.filter(told_at=None).exists()


def test_page_to_add_a_child_offers_the_rest_of_the_household(at_work, waits, early_help_worker):
    from people.models import HouseholdMembership
    from tests.factories.people import ChildFactory

    sister = ChildFactory(given_name="Mina")
    people_actions.join_household(
        by=early_help_worker,
        at=days(9),
        household_id=HouseholdMembership.objects.get().household_id,
        person_id=sister.pk,
        role="resident_child",
        source="family",
    )
    shown = text_of(at_work.get(url("add_child", waits.pk)))

    page = at_work.post(
        url("add_child", waits.pk),
        form(child_id=str(sister.pk), why="Came home", risk="low", risk_why="Met her"),
        follow=True,
    )

    assert "Mina Testwood" in shown
    assert "Mina Testwood, 7, and Aaliyah Testwood, 7" in text_of(page)


# A direct request ---------------------------------------------------------------------------------


def test_request_begins_with_the_search_and_goes_on_with_the_record_found(
    at_work, early_help_worker
):
    first = requested(early_help_worker, child(), child("Zayn"), adults=[parent()])
    actions.return_request(
        by=first.team.manager, at=MONDAY, episode_id=first.pk, reason="School can"
    )
    aaliyah = Person.objects.get(given_name="Aaliyah")

    found = at_work.post(
        url("find"), {"given_name": "Aliyah", "family_name": "Testwood"}, follow=True
    )
    onward = re.findall(r'href="([^"]*[?]asked=[^"]*)"', found.text)
    shown = text_of(at_work.get(onward[0]))
    new = at_work.get(onward[-1]).text

    assert onward[0].startswith(url("request_for", aaliyah.pk))
    assert "Zayn Testwood" in shown
    assert onward[-1].startswith(url("request_new"))
    assert 'value="Aliyah"' in new
    assert not any("Testwood" in address for address in onward)


REQUEST = {
    "asked_by": "school",
    "asker_name": "Sally Outreach",
    "harm": "no",
    "reasons": "Late every day",
    "family_wants": "Mornings",
    "level": "2",
    "agreed_by": "Hana, mother",
    "agreed_how": "spoken",
    "agreed_to": "Help with mornings",
    **moment("29 1 2026", "10:00"),
}


def test_request_for_a_child_on_record_is_recorded_once(at_work, early_help_worker):
    known = people_actions.create_person(
        by=early_help_worker,
        at=MONDAY,
        is_child=True,
        given_name="Aaliyah",
        family_name="Testwood",
        right="early_help.work",
    )
    sent = form(child_ids=[str(known.pk)], **REQUEST)

    for _ in range(2):
        page = at_work.post(url("request_for", known.pk), sent, follow=True)

    assert "What to do Screen this request" in text_of(page)
    assert Episode.objects.count() == 1


def test_request_for_a_new_child_asks_about_the_records_found(at_work, early_help_worker):
    requested(early_help_worker, child())
    typed = {
        "given_name": "Aaliya",
        "family_name": "Testwood",
        "date_of_birth_day": "14",
        "date_of_birth_month": "9",
        "date_of_birth_year": "2018",
    }
    sent = form(
        sex="F", parent_given_name="Hana", parent_family_name="Testwood", **typed, **REQUEST
    )

    mistyped = at_work.post(url("request_new"), sent | {"date_of_birth_day": "32"})
    asked = at_work.post(url("request_new"), sent)
    done = at_work.post(url("request_new"), {**sent, "who": "later"}, follow=True)

    assert "There is a problem" in text_of(mistyped)
    assert 'value="Hana"' in mistyped.content.decode()
    assert "Say whether one of the records found is this child" in text_of(asked)
    assert "Screen this request" in text_of(done)
    assert Person.objects.filter(la_child_id__isnull=False).count() == 2


def test_request_without_a_name_to_look_for_leads_back_to_the_search(at_work):
    assert at_work.get(url("request_new")).url == url("find")
    assert "Enter the child’s first or last name" in text_of(
        at_work.post(url("find"), {"postcode": "SL1 2EL"}, follow=True)
    )


# The rest of the service --------------------------------------------------------------------------


def test_offered_early_help_leads_from_the_offers_to_its_screening(
    at_work, contact_officer, mash_manager, early_help_coordinator
):
    with application_clock.set_to(days(18)):
        _contact, episode = from_mash(contact_officer, mash_manager, early_help_coordinator)
        offer = at_work.get(reverse("cases:handover", args=[episode.handover_id]))
        home = text_of(at_work.get(reverse("cases:home")))
        led = at_work.get(url("offer", episode.handover_id))

    assert "Screen this request" in text_of(offer)
    assert "Record answer" not in text_of(offer)
    assert home.count("Screen, Aaliyah Testwood") == 1
    assert "Accept or return" not in home
    assert led.url == url("screen", episode.pk)


def test_childs_page_has_early_help_beside_the_rest(at_work, waits):
    page = at_work.get(reverse("cases:child", args=[waits.children.get().child_id]))

    said = text_of(page)
    assert "Early help Asked Mon 5 January: Waiting, P3, since Mon 5 January" in said
    assert "Worker Nobody yet" in said
