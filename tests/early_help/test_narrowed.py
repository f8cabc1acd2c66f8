"""What somebody is told of earlier early help, and what is left open when it ends."""

from __future__ import annotations

import pytest
from django.urls import reverse

from early_help import actions
from early_help.actions import queue
from early_help.models import Episode, Offer, StepUp
from early_help.queries.history import earlier
from early_help.queries.offers import standing
from lib import application_clock
from people.models import Person
from record.errors import Refused
from tests.cases.front_door import child as stated
from tests.early_help.helping import child, days, requested, waiting
from tests.early_help.test_offers import decided, declined, offered
from tests.early_help.test_stepping import stepped_up
from tests.factories.people import RestrictionFactory
from tests.mash.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def before(early_help_worker, early_help_coordinator, _typed_later) -> Episode:
    """Two children helped before; it ended, and their wish stands in its words."""
    episode = waiting(
        early_help_coordinator, requested(early_help_worker, child("Aaliyah"), child("Zayn"))
    )
    queue.take_off(
        by=early_help_coordinator, at=days(3), episode_id=episode.pk, ending="moved", why="To Leeds"
    )
    return episode


def again(by, episode, name):
    """The same child, asked for anew a month on."""
    known = Person.objects.get(pk__in=episode.children.values("child"), given_name=name)
    return requested(by, stated(person_id=known.pk), at=days(20))


def test_earlier_help_of_a_restricted_sibling_is_not_told(
    client, before, early_help_worker, early_help_coordinator, head_of_service
):
    now = again(early_help_worker, before, "Aaliyah")
    zayn = Person.objects.get(given_name="Zayn")
    client.force_login(early_help_coordinator)

    def told(by):
        ids = [row.child_id for row in now.children.all()]
        return [
            (one.episode.pk, one.may_read)
            for one in earlier(child_ids=ids, before=now.requested_at, except_id=now.pk, by=by)
        ]

    with application_clock.set_to(days(21)):
        page = text_of(client.get(reverse("early_help:episode", args=[now.pk])))
        assert "have been here before" in page
        assert told(early_help_coordinator) == [(before.pk, True)]
        assert told(early_help_worker) == [(before.pk, False)]
        RestrictionFactory(person=zayn, owner=head_of_service)
        page = text_of(client.get(reverse("early_help:episode", args=[now.pk])))
        screen = text_of(client.get(reverse("early_help:screen", args=[now.pk])))
        over = client.get(reverse("early_help:episode", args=[before.pk]))

    assert told(early_help_coordinator) == []
    assert told(head_of_service) == [(before.pk, True)]
    assert told(None) == [(before.pk, False)]
    for said in (page, screen):
        assert "have been here before" not in said
        assert "To Leeds" not in said
    assert over.status_code == 403
    assert "To Leeds" not in over.content.decode()


def test_open_offer_is_taken_back_when_help_ends(waits, early_help_worker, early_help_coordinator):
    offered(early_help_coordinator, waits, early_help_worker)
    queue.take_off(
        by=early_help_coordinator, at=days(12), episode_id=waits.pk, ending="moved", why="To Leeds"
    )

    offer = Offer.objects.get()
    assert (offer.answer, offer.answered_by) == ("withdrawn", early_help_coordinator)
    assert standing([waits.pk]) == {}
    with pytest.raises(actions.NotNow, match="has ended"):
        actions.accept_offer(by=early_help_coordinator, at=days(13), episode_id=waits.pk)


def test_family_is_not_let_go_while_a_worker_proposes_to_step_it_up(
    waits, early_help_worker, early_help_coordinator
):
    declined(early_help_worker, waits)
    stepped_up(early_help_worker, waits, at=days(12))
    assert StepUp.objects.get().state == "proposed"

    with pytest.raises(actions.NotNow, match="step-up of this family is open"):
        queue.take_off(
            by=early_help_coordinator, at=days(13), episode_id=waits.pk, ending="moved", why="x"
        )
    with pytest.raises(actions.NotNow, match="step-up of this family is open"):
        decided(early_help_coordinator, waits)
    decided(early_help_coordinator, waits, is_safe=False)


def test_family_that_became_p1_after_it_declined_is_closed_only_after_the_mash_was_asked(
    waits, early_help_worker, early_help_coordinator, mash_manager
):
    declined(early_help_worker, waits)
    actions.prioritise(
        by=early_help_coordinator,
        at=days(12),
        episode_id=waits.pk,
        priority="p1",
        needs=["DOMESTIC_ABUSE"],
        reason="He is back",
    )

    with pytest.raises(Refused, match="only after the MASH was asked"):
        decided(early_help_coordinator, waits)
    with pytest.raises(Refused, match="Decide first whether it is safe to close"):
        queue.take_off(
            by=early_help_coordinator, at=days(13), episode_id=waits.pk, ending="moved", why="x"
        )
    decided(
        early_help_coordinator, waits, consulted_id=mash_manager.pk, consulted_said="School sees"
    )
