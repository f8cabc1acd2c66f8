"""What the tests of early help share."""

from collections.abc import Iterator

import pytest

from early_help.models import Episode
from lib import application_clock
from tests.early_help.helping import TYPED, requested, waiting


@pytest.fixture
def _typed_later() -> Iterator[None]:
    """Hold the clock after everything the tests let happen."""
    with application_clock.set_to(TYPED):
        yield


@pytest.fixture
def episode(early_help_worker, _typed_later) -> Episode:
    """A school asked for help, and the mother agrees."""
    return requested(early_help_worker)


@pytest.fixture
def waits(episode, early_help_coordinator) -> Episode:
    """The same family on the waiting list, P3, at low risk."""
    return waiting(early_help_coordinator, episode)
