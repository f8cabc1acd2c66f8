"""Two at the same moment in early help: one does it, the other is told, nothing is done twice."""

from __future__ import annotations

import pytest

from cases.models import Service, ServicePlace
from cases.services import NoRoom
from early_help import actions
from early_help.choices import OVER, EpisodeState
from early_help.models import Decline, Episode, Offer, StepUp
from record.errors import Refused
from tests.cases import test_together
from tests.cases.test_together import the_error
from tests.early_help.helping import TYPED, child, days, requested, service, waiting
from tests.early_help.test_offers import declined, offered
from tests.early_help.test_services import placed
from tests.early_help.test_stepping import STEPPED
from tests.personas import Role, TeamKind, member

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_typed_later"),
]


@pytest.fixture
def both(monkeypatch):
    monkeypatch.setattr(test_together, "TYPED", TYPED)
    return test_together.both


def test_two_families_want_the_last_place_and_one_offer_meets_a_decline(
    both, waits, early_help_worker, early_help_coordinator
):
    club = service(early_help_coordinator, capacity=1)
    other = requested(early_help_worker, child("Omar"))

    answers = both(
        lambda: placed(early_help_worker, waits, club),
        lambda: placed(early_help_coordinator, other, club),
    )

    assert isinstance(the_error(answers), NoRoom)
    assert ServicePlace.objects.count() == 1
    assert Service.objects.get().taken == 1
    place = ServicePlace.objects.get()
    ended = [
        lambda by=by: actions.end_place(by=by, at=days(4), place_id=place.pk, because="Left")
        for by in (early_help_worker, early_help_coordinator)
    ]
    assert isinstance(the_error(both(*ended)), Refused)
    assert Service.objects.get().taken == 0

    answers = both(
        lambda: offered(early_help_coordinator, waits, early_help_worker, at=days(10)),
        lambda: declined(early_help_worker, waits, at=days(10)),
    )
    waits.refresh_from_db()
    errors = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(errors) <= 1
    assert Decline.objects.count() == 1
    offer = Offer.objects.first()
    # Either the decline answers the offer, or the offer came too late.
    assert (offer is None and len(errors) == 1) or offer.answer == "declined"


def test_stepped_up_while_somebody_closes(both, waits, early_help_worker, early_help_coordinator):
    member("Mira Mockford", Role.MASH_MANAGER, TeamKind.MASH)
    declined(early_help_worker, waits)

    answers = both(
        lambda: actions.step_up(
            by=early_help_worker, at=days(13), episode_id=waits.pk, is_urgent=True, **STEPPED
        ),
        lambda: actions.decide_decline(
            by=early_help_coordinator,
            at=days(13),
            episode_id=waits.pk,
            is_safe=True,
            why="School sees them daily",
        ),
    )

    # Whoever comes second is told, or finds a family that early help holds no more.
    assert isinstance(the_error(answers), Refused | Episode.DoesNotExist)
    waits.refresh_from_db()
    is_before_mash = StepUp.objects.exists()
    assert is_before_mash == (waits.state == EpisodeState.STEPPING_UP)
    assert is_before_mash != (waits.state in OVER)


def test_two_who_accept_one_offer_or_take_one_family_off(
    both, early_help_worker, early_help_coordinator
):
    waits = waiting(early_help_coordinator, requested(early_help_worker, child("Omar")))
    offered(early_help_coordinator, waits, early_help_worker)

    answers = both(
        lambda: actions.accept_offer(by=early_help_worker, at=days(11), episode_id=waits.pk),
        lambda: actions.take_off(
            by=early_help_coordinator,
            at=days(11),
            episode_id=waits.pk,
            ending="moved",
            why="To Leeds",
        ),
    )

    errors = [answer for answer in answers if isinstance(answer, Exception)]
    episode = Episode.objects.get(pk=waits.pk)
    assert episode.state == EpisodeState.CLOSED
    assert not Offer.objects.filter(answer="").exists()
    assert len(errors) <= 1
