"""What the tests of `cases` share."""

from collections.abc import Iterator

import pytest

from lib import application_clock
from tests.cases.front_door import TYPED


@pytest.fixture
def typed_later() -> Iterator[None]:
    """Hold the clock after everything the tests let happen."""
    with application_clock.set_to(TYPED):
        yield
