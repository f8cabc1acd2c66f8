"""It is Thursday 12 March 2026, 13:30, in every test of this room that asks for `clock`."""

import pytest

from accounts.choices import Role
from lib import application_clock
from tests.people.families import AT, mockfords
from tests.personas import person


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(AT):
        yield AT


@pytest.fixture
def family(mash_social_worker):
    return mockfords(mash_social_worker)


@pytest.fixture
def owner(head_of_service):
    """Whoever owns the restrictions of these tests."""
    return head_of_service


@pytest.fixture
def practice_supervisor(db):
    return person("Priya Mockwell", Role.PRACTICE_SUPERVISOR)
