"""Early help of the demonstration answers what the MASH offers; nothing is left unscreened."""

from random import Random

import pytest

from cases.choices import HandoverState
from cases.models import Handover, WaitingGroup
from demonstration import helping
from early_help.choices import EpisodeState
from lib import application_clock
from tests.early_help.helping import TYPED, days, from_mash

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
