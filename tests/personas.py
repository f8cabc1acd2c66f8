"""The people who play in the tests: one fixture for each, in the team where they belong.

Each persona is made when a test asks for it, with its role held since long ago. Teams are
shared: asking for two people of the MASH puts them in the same team.
"""

from collections.abc import Callable

import pytest

from accounts.choices import AgencyKind, Role, TeamKind
from accounts.models import Team, User
from tests.factories.accounts import (
    LONG_AGO,
    PartnerAgencyFactory,
    TeamFactory,
    TeamMembershipFactory,
    UserFactory,
    with_role,
)

MakePerson = Callable[..., User]

MANAGER_OF = {
    TeamKind.MASH: ("Noor Placeholder", Role.MASH_MANAGER),
    TeamKind.EARLY_HELP: ("Erin Mockford", Role.EARLY_HELP_COORDINATOR),
    TeamKind.ASSESSMENT: ("Ruth Mockridge", Role.ASSESSMENT_TEAM_MANAGER),
    TeamKind.SAFEGUARDING_FAMILY_SUPPORT: ("Idris Sampleton", Role.SFS_MANAGER),
    TeamKind.SENIOR_MANAGEMENT: ("Helen Dummyfield", Role.HEAD_OF_SERVICE),
}
SENIOR = TeamKind.SENIOR_MANAGEMENT


def person(name: str, role: Role | None, **fields: object) -> User:
    """Make somebody with a role of long standing, outside any team."""
    email = f"{name.lower().replace(' ', '.')}@slough.example"
    job_title = str(role.label) if role else ""
    user = UserFactory(full_name=name, email=email, **{"job_title": job_title, **fields})
    return with_role(user, role) if role else user


def team_of(kind: TeamKind) -> Team:
    """The one team of that kind, with its manager, under the head of service."""
    found = Team.objects.filter(kind=kind).order_by("name").first()
    if found is not None:
        return found
    name, role = MANAGER_OF.get(kind, ("Helen Dummyfield", Role.HEAD_OF_SERVICE))
    manager = User.objects.filter(full_name=name).first() or person(name, role)
    team = TeamFactory(
        name=str(kind.label),
        kind=kind,
        manager=manager,
        parent=None if kind == SENIOR else team_of(SENIOR),
    )
    TeamMembershipFactory(user=manager, team=team)
    return team


def member(name: str, role: Role, kind: TeamKind) -> User:
    """Give somebody with a role, in the team of that kind; made when first asked for."""
    found = User.objects.filter(full_name=name).first()
    if found is not None:
        return found
    user = person(name, role)
    TeamMembershipFactory(user=user, team=team_of(kind), from_on=LONG_AGO.date())
    return user


@pytest.fixture
def contact_officer(db):
    return member("Amir Testwood", Role.CONTACT_OFFICER, TeamKind.MASH)


@pytest.fixture
def mash_social_worker(db):
    return member("Pat Fixture", Role.MASH_SOCIAL_WORKER, TeamKind.MASH)


@pytest.fixture
def mash_manager(db):
    return team_of(TeamKind.MASH).manager


@pytest.fixture
def second_mash_manager(db):
    return member("Owen Standin", Role.MASH_MANAGER, TeamKind.MASH)


@pytest.fixture
def early_help_coordinator(db):
    return team_of(TeamKind.EARLY_HELP).manager


@pytest.fixture
def early_help_worker(db):
    return member("Lena Specimen", Role.EARLY_HELP_WORKER, TeamKind.EARLY_HELP)


@pytest.fixture
def assessment_team_manager(db):
    return team_of(TeamKind.ASSESSMENT).manager


@pytest.fixture
def assessment_social_worker(db):
    return member("Femi Exampleton", Role.ASSESSMENT_SOCIAL_WORKER, TeamKind.ASSESSMENT)


@pytest.fixture
def sfs_manager(db):
    return team_of(TeamKind.SAFEGUARDING_FAMILY_SUPPORT).manager


@pytest.fixture
def head_of_service(db):
    return team_of(TeamKind.SENIOR_MANAGEMENT).manager


@pytest.fixture
def edt_worker(db):
    return member("Nia Nightwood", Role.EDT_WORKER, TeamKind.EDT)


@pytest.fixture
def administrator(db):
    return person("Ada Keyholder", Role.ADMINISTRATOR, is_staff=True)


@pytest.fixture
def auditor(db):
    return member("Quentin Checkley", Role.AUDITOR, TeamKind.QUALITY_ASSURANCE)


@pytest.fixture
def data_analyst(db):
    return person("Dara Tallywood", Role.DATA_ANALYST)


@pytest.fixture
def partner_agency(db):
    return PartnerAgencyFactory(name="Dummyfield Primary School", kind=AgencyKind.SCHOOL)


@pytest.fixture
def partner_user(partner_agency):
    return person("Sally Outreach", Role.PARTNER_AGENCY, agency=partner_agency)


@pytest.fixture
def outsider(db):
    """Somebody with an account and no role at all."""
    return person("Olive Outside", None)
