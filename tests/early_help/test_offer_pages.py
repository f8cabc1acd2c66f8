"""Pages on which help is offered and a family answers, without any script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.permissions import Permission, require
from cases.choices import WaitingState
from early_help import actions
from early_help.actions import queue
from early_help.choices import EpisodeState
from early_help.models import Decline, Episode
from early_help.queries.declines import Cell, decline_rates
from early_help.queries.history import earlier
from lib import application_clock
from lib.working_days import add_months
from people.models import Person
from tests.early_help.helping import child, days, requested, waiting
from tests.early_help.test_offers import decided, declined, offered, visited
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


def test_offer_is_made_answered_and_declined_on_its_pages(at_work, waits, early_help_worker):
    made = at_work.post(
        url("offer_help", waits.pk),
        form(
            worker=str(early_help_worker.pk),
            how="phone",
            **moment("3 2 2026", "10:00", name="first_at"),
        ),
        follow=True,
    )
    waiting_page = text_of(at_work.get(url("waiting")))
    answered = at_work.post(
        url("answer", waits.pk),
        form(
            answer="decline",
            reason="WAITED_TOO_LONG",
            words="Too late.",
            **moment("29 1 2026", "10:30"),
        ),
        follow=True,
    )
    home = text_of(at_work.get(reverse("cases:home")))

    assert "Offered: Lena Specimen" in text_of(made)
    assert "Offered" in waiting_page
    assert "Record the answer" in waiting_page
    assert "Decide whether it is safe to close" in text_of(answered)
    assert "Not decided whether it is safe to close" in text_of(answered)
    assert "Declined after 18 working days: Waited too long" in home


def test_answer_page_asks_for_code_and_words_of_a_decline(at_work, waits):
    page = at_work.post(
        url("answer", waits.pk), form(answer="decline", **moment("29 1 2026", "10:30"))
    )

    said = text_of(page)
    assert "Choose why the family declines" in said
    assert "Enter the words the family used" in said
    assert not Decline.objects.exists()


def test_offer_out_of_turn_is_asked_about_on_the_page(
    at_work, waits, early_help_worker, early_help_coordinator
):
    waiting(early_help_coordinator, requested(early_help_worker, child("Leo")), priority="p1")
    sent = form(
        worker=str(early_help_worker.pk),
        how="phone",
        **moment("3 2 2026", "10:00", name="first_at"),
    )

    asked = at_work.post(url("offer_help", waits.pk), sent)
    done = at_work.post(
        url("offer_help", waits.pk),
        {**sent, "out_of_turn_because": "Speaks Polish"},
        follow=True,
    )

    assert "Leo Testwood stand before this family. Say why this family goes first" in text_of(asked)
    assert "Out of turn because: Speaks Polish" in text_of(done)


def test_decision_page_of_a_p1_family_asks_who_of_the_mash_was_asked(
    at_work, early_help_worker, early_help_coordinator, mash_social_worker, episode
):
    waiting(early_help_coordinator, episode, priority="p1")
    declined(early_help_worker, episode)
    sent = form(safe="yes", why="School sees them daily")

    asked = at_work.post(url("decide_decline", episode.pk), sent)
    done = at_work.post(
        url("decide_decline", episode.pk),
        {**sent, "consulted": str(mash_social_worker.pk), "consulted_said": "Nothing known"},
        follow=True,
    )

    assert "Choose whom of the MASH you asked" in text_of(asked)
    assert "Asked Pat Fixture of the MASH: Nothing known" in text_of(done)
    assert Episode.objects.get().state == EpisodeState.DECLINED


def test_attempt_and_start_in_the_community_have_their_pages(
    at_work, early_help_worker, early_help_coordinator, episode
):
    actions.screen(
        by=early_help_coordinator,
        at=days(1),
        episode_id=episode.pk,
        route="community",
        level="2",
        family_wants="Mornings",
    )
    attempt = at_work.post(
        url("attempt", episode.pk),
        form(means="text", result="no_answer", **moment("29 1 2026", "09:30")),
        follow=True,
    )
    offered(
        early_help_coordinator,
        episode,
        None,
        at=days(2),
        lead_name="Sally Outreach",
        lead_agency="Dummyfield Primary School",
    )
    actions.accept_offer(by=early_help_worker, at=days(3), episode_id=episode.pk)

    started = at_work.post(
        url("start", episode.pk), form(**moment("29 1 2026", "09:30")), follow=True
    )

    changed = at_work.post(
        url("change_helper", episode.pk),
        form(lead_name="Joy Community", lead_agency="Health visiting"),
        follow=True,
    )

    assert "Joy Community, Health visiting, leads" in text_of(changed)
    assert "text message: no answer" in text_of(attempt)
    assert "Sally Outreach, Dummyfield Primary School, leads" in text_of(started)
    assert Episode.objects.get().state == EpisodeState.ASSESSING


def test_return_after_a_decline_shows_what_the_family_said_then(
    at_work, offer_declined, early_help_worker
):
    known = Person.objects.get()
    again = requested(early_help_worker, child(person_id=known.pk), at=days(16))

    said = text_of(at_work.get(url("screen", again.pk)))

    assert "Then: “Too late.” (waited too long, after 12 working days)" in " ".join(
        said.replace("““", "“").replace("””", "”").split()
    )


@pytest.fixture
def offer_declined(waits, early_help_worker, early_help_coordinator):
    declined(early_help_worker, waits, words="Too late.")
    decided(early_help_coordinator, waits)
    return waits


def test_decline_rate_is_counted_by_wait_and_priority(
    at_work, offer_declined, early_help_worker, early_help_coordinator
):
    other = waiting(early_help_coordinator, requested(early_help_worker, child("Leo")))
    offered(early_help_coordinator, other, early_help_worker, at=days(5))
    actions.accept_offer(by=early_help_worker, at=days(6), episode_id=other.pk)
    visited(early_help_worker, other, at=days(7))

    rates = decline_rates(on=days(18).date())
    said = text_of(at_work.get(url("declines")))

    rows = {words: cells[2].words for words, cells in rates.rows}
    assert rows["Up to 10"] == "0 of 1"
    assert rows["11 to 20"] == "1 of 1"
    assert rates.total[3].words == "1 of 2"
    assert rates.reasons == [("Waited too long", 1)]
    assert "Do families decline because they waited?" in said
    assert "Aaliyah" not in said


def test_family_stepped_up_after_declining_counts_as_declining_and_another_does_not(
    waits, early_help_worker, early_help_coordinator
):
    other = waiting(early_help_coordinator, requested(early_help_worker, child("Leo")))
    declined(early_help_worker, waits, at=days(45))
    right = require(early_help_coordinator, Permission.WAITING_ORDER, at=days(46))
    for episode in (waits, other):
        queue.leave(
            episode, authority=right, at=days(46), state=WaitingState.STEPPED_UP, why="Not safe"
        )

    rates = decline_rates(on=days(46).date())

    assert {words: cells[3].words for words, cells in rates.rows}["41 to 60"] == "1 of 1"
    assert rates.total[3].words == "1 of 1"
    assert decline_rates(on=add_months(days(46).date(), 12)).total[3].words == "None"
    the_day_before = add_months(days(46).date(), 12) - timedelta(days=1)
    assert decline_rates(on=the_day_before).total[3].words == "1 of 1"


@pytest.mark.parametrize(("after", "is_return"), [(0, True), (1, False)])
def test_return_is_counted_from_how_the_last_time_ended_and_a_second_request_from_the_first(
    waits, early_help_worker, early_help_coordinator, after, is_return
):
    declined(early_help_worker, waits, at=days(45))
    actions.decide_decline(
        by=early_help_coordinator,
        at=days(46),
        episode_id=waits.pk,
        is_safe=True,
        why="School sees them daily",
    )
    on = add_months(days(46).date(), 12) + timedelta(days=after)
    before = days(46).replace(year=on.year, month=on.month, day=on.day)

    (found,) = earlier(child_ids=[Person.objects.get().pk], before=before)

    assert (found.is_within_limit, found.is_request_within_limit) == (is_return, False)
    assert [each.reason for each in found.declines] == ["WAITED_TOO_LONG"]


def test_share_is_shown_only_where_ten_or_more_waits_ended():
    assert Cell(4, 9).words == "4 of 9"
    assert Cell(4, 10).words == "4 of 10, 40%"
    assert Cell(0, 0).words == "None"
