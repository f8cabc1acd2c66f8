"""What the tests of `assessments` share."""

from collections.abc import Iterator

import pytest

from lib import application_clock
from tests.assessments.families import family as referred
from tests.assessments.families import started
from tests.assessments.plans import TYPED, held


@pytest.fixture
def typed_later() -> Iterator[None]:
    """Hold the clock after everything the tests let happen."""
    with application_clock.set_to(TYPED):
        yield


@pytest.fixture
def family(
    typed_later, contact_officer, mash_manager, assessment_team_manager, assessment_social_worker
):
    """Maisie and Jayden, with Femi Exampleton of the assessment team."""
    return held(contact_officer, mash_manager, assessment_team_manager, assessment_social_worker)


@pytest.fixture
def children(
    typed_later, contact_officer, mash_manager, assessment_team_manager, assessment_social_worker
):
    """Idris, Lina and Sami, allocated to a social worker."""
    return referred(
        contact_officer, mash_manager, assessment_team_manager, assessment_social_worker
    )


@pytest.fixture
def assessment(children, assessment_team_manager):
    """Their assessment, just started."""
    return started(children, assessment_team_manager)
