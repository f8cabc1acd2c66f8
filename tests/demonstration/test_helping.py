"""Early help of the demonstration answers what the MASH offers; nothing is left unscreened."""

from random import Random

import pytest

from cases.choices import HandoverState
from cases.models import Handover, Service, ServicePlace, WaitingGroup
from demonstration import helping, services
from early_help.choices import EpisodeState
from lib import application_clock
from mash import actions as mash_actions
from tests.cases.front_door import received
from tests.early_help.helping import TYPED, child, days, from_mash, requested, waiting

pytestmark = pytest.mark.django_db

STATES = {EpisodeState.WAITING, EpisodeState.SCREENED, EpisodeState.CLOSED}


@pytest.mark.parametrize("seed", range(6))
def test_an_offer_is_screened_or_returned(
    contact_officer, mash_manager, early_help_coordinator, seed
):
    with application_clock.set_to(TYPED):
        _contact, episode = from_mash(contact_officer, mash_manager, early_help_coordinator)

        helping.answer(
            Handover.objects.get(pk=episode.handover_id),
            random=Random(seed),
            by=early_help_coordinator,
            at=days(2),
        )

    episode.refresh_from_db()
    assert episode.state in STATES
    assert Handover.objects.get().state != HandoverState.OFFERED
    waits = WaitingGroup.objects.filter(subject_id=episode.pk, ended_at=None).exists()
    assert waits == (episode.state == EpisodeState.WAITING)


def test_directory_is_opened_and_families_have_places(
    contact_officer, mash_manager, early_help_coordinator, early_help_worker
):
    with application_clock.set_to(TYPED):
        episodes = [
            waiting(early_help_coordinator, requested(early_help_worker, child(name)))
            for name in ("Omar", "Noor", "Theo", "Leo", "Mina")
        ]
        notified = received(contact_officer, child("Zayn"), at=days(3))
        mash_actions.record_domestic_abuse(
            by=contact_officer, at=days(3), contact_id=notified.pk, dash_score=15
        )

        entered = services.open_directory(by=early_help_coordinator, end_at=days(30))
        taken = services.take_places(
            by=early_help_coordinator, officer=contact_officer, end_at=days(30)
        )

    assert len(entered) == len(services.ENTRIES)
    assert {place.subject_id for place in taken} == {*(one.pk for one in episodes), notified.pk}
    open_places = ServicePlace.objects.filter(ended_at=None)
    assert open_places.count() == len(taken) - services.ENDED
    assert sum(Service.objects.values_list("taken", flat=True)) == sum(
        open_places.values_list("takes", flat=True)
    )
