"""What the tests of `assessments` share.

Most need a family that the team works with. It is made once for a module: `made_once` holds it,
and each test gets a copy of the rows as they were read.
"""

from collections.abc import Iterator
from copy import deepcopy

import pytest

from accounts.choices import Role, TeamKind
from accounts.models import User
from assessments.models import Assessment
from lib import application_clock
from people.models import Person
from tests.assessments.enquiries import Begun, begun
from tests.assessments.families import family as referred
from tests.assessments.families import started
from tests.assessments.plans import TYPED, Family, held
from tests.personas import member, team_of


def officer_and_decider() -> tuple[User, User]:
    """Who takes contacts in, and who decides on them."""
    officer = member("Amir Testwood", Role.CONTACT_OFFICER, TeamKind.MASH)
    return officer, team_of(TeamKind.MASH).manager


def manager_and_worker() -> tuple[User, User]:
    """Who leads the assessment team, and who works with the family."""
    worker = member("Femi Exampleton", Role.ASSESSMENT_SOCIAL_WORKER, TeamKind.ASSESSMENT)
    return team_of(TeamKind.ASSESSMENT).manager, worker


def maisies_family() -> Family:
    """Maisie and Jayden, with Femi Exampleton of the assessment team."""
    with application_clock.set_to(TYPED):
        return held(*officer_and_decider(), *manager_and_worker())


def idris_and_sisters() -> list[Person]:
    """Idris, Lina and Sami, allocated to a social worker."""
    with application_clock.set_to(TYPED):
        return referred(*officer_and_decider(), *manager_and_worker())


def aaliyahs_enquiries() -> Begun:
    """Aaliyah’s and Zayn’s enquiries, with a worker of the assessment team."""
    with application_clock.set_to(TYPED):
        screener = member("Pat Fixture", Role.MASH_SOCIAL_WORKER, TeamKind.MASH)
        return begun(*officer_and_decider(), screener, *manager_and_worker())


@pytest.fixture
def typed_later() -> Iterator[None]:
    """Hold the clock after everything the tests let happen."""
    with application_clock.set_to(TYPED):
        yield


@pytest.fixture(scope="module")
def family_once(made_once: None) -> Family:
    return maisies_family()


@pytest.fixture
def family(family_once: Family, typed_later: None) -> Family:
    """Maisie and Jayden, with Femi Exampleton of the assessment team."""
    return deepcopy(family_once)


@pytest.fixture(scope="module")
def children_once(made_once: None) -> list[Person]:
    return idris_and_sisters()


@pytest.fixture
def children(children_once: list[Person], typed_later: None) -> list[Person]:
    """Idris, Lina and Sami, allocated to a social worker."""
    return deepcopy(children_once)


@pytest.fixture
def assessment(children: list[Person], assessment_team_manager: User) -> Assessment:
    """Their assessment, just started."""
    return started(children, assessment_team_manager)


@pytest.fixture(scope="module")
def enquiries_once(made_once: None) -> Begun:
    return aaliyahs_enquiries()
