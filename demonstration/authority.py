"""The demonstration authority: teams, people who work there, and partner agencies.

The first people of an authority cannot be made by an action, since nobody is there to act; they
are written directly, with roles that began before the first contact.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.contrib.auth.hashers import make_password

from accounts.choices import AgencyKind, EmploymentType, Role, TeamKind
from accounts.models import PartnerAgency, RoleAssignment, Team, TeamMembership, User
from accounts.permissions import remember

GIVEN = (
    "Dana",
    "Noor",
    "Femi",
    "Ruth",
    "Imran",
    "Gwen",
    "Paul",
    "Helen",
    "Amir",
    "Ewa",
    "Tobi",
    "Priya",
    "Sam",
    "Kate",
    "Yusra",
    "Marek",
    "Olu",
    "Beth",
    "Hugo",
    "Asha",
    "Leon",
    "Mina",
    "Joel",
    "Zara",
    "Ian",
    "Nia",
    "Omar",
    "Cara",
    "Dev",
    "Pat",
    "Lena",
    "Ravi",
    "Una",
    "Theo",
    "Ines",
    "Karl",
    "Maya",
    "Finn",
    "Rosa",
    "Alan",
    "Jo",
    "Vera",
    "Nina",
    "Otis",
    "Wanda",
)
FAMILY = (
    "Sampleton",
    "Placeholder",
    "Fixture",
    "Mockridge",
    "Testerly",
    "Specimen",
    "Prototype",
    "Dummyfield",
    "Trialham",
    "Exampleby",
    "Stubbsworth",
    "Mockett",
)
AGENCIES = (
    ("Thames Valley Police, MASH desk", AgencyKind.POLICE),
    ("Thames Valley Police, domestic abuse", AgencyKind.POLICE),
    ("Community health, health visiting", AgencyKind.HEALTH),
    ("School nursing service", AgencyKind.HEALTH),
    ("Acute hospital, emergency department", AgencyKind.HEALTH),
    ("Maternity service", AgencyKind.HEALTH),
    ("Child and adolescent mental health", AgencyKind.HEALTH),
    ("GP practices", AgencyKind.HEALTH),
    ("Larkmead Example Primary", AgencyKind.SCHOOL),
    ("Peverel Academy", AgencyKind.SCHOOL),
    ("Little Acorns Day Nursery", AgencyKind.EARLY_YEARS),
    ("Housing and homelessness", AgencyKind.HOUSING),
    ("Probation Service", AgencyKind.PROBATION),
    ("Youth justice service", AgencyKind.YOUTH_JUSTICE),
    ("Adult social care", AgencyKind.ADULT_SOCIAL_CARE),
    ("Drug and alcohol service", AgencyKind.SUBSTANCE_MISUSE),
    ("Domestic abuse service", AgencyKind.DOMESTIC_ABUSE_SERVICE),
    ("Northmere County Council", AgencyKind.OTHER_AUTHORITY),
    ("Open Gate Young Carers", AgencyKind.VOLUNTARY),
    ("Berkshire Emergency Duty Team", AgencyKind.EDT),
)


@dataclass
class Authority:
    """The people who play, by what they do."""

    contact_officers: list[User] = field(default_factory=list)
    mash_workers: list[User] = field(default_factory=list)
    mash_managers: list[User] = field(default_factory=list)
    edt: list[User] = field(default_factory=list)
    heads: list[User] = field(default_factory=list)
    coordinator: User | None = None
    helpers: list[User] = field(default_factory=list)
    exploitation_lead: User | None = None
    administrator: User | None = None
    assessment: list[tuple[Team, User, list[User]]] = field(default_factory=list)
    support: list[tuple[Team, User, list[User]]] = field(default_factory=list)
    early_help: Team | None = None
    agencies: dict[str, PartnerAgency] = field(default_factory=dict)


class _Builder:
    def __init__(self, since: datetime, random: Random) -> None:
        self.since = since
        self.random = random
        self.password = make_password(settings.DEMONSTRATION_PASSWORD)
        self.given = iter(GIVEN * 4)
        self.taken: set[str] = set()

    def person(
        self, role: Role, title: str, *, name: str = "", agency: PartnerAgency | None = None
    ) -> User:
        while not name or name in self.taken:
            name = f"{next(self.given)} {self.random.choice(FAMILY)}"
        self.taken.add(name)
        user = User.objects.create(
            email=f"{name.lower().replace(' ', '.')}@slough.example",
            full_name=name,
            job_title=title,
            password=self.password,
            agency=agency,
            employment_type=EmploymentType.AGENCY
            if self.random.random() < 0.3 and agency is None
            else EmploymentType.PERMANENT,
            newly_qualified_until=self.since.date() + timedelta(days=540)
            if role == Role.ASSESSMENT_SOCIAL_WORKER and len(self.taken) % 5 == 0
            else None,
            is_staff=role == Role.ADMINISTRATOR,
        )
        RoleAssignment.objects.create(user=user, role=role, from_at=self.since)
        remember(user)
        return user

    def team(
        self, name: str, kind: TeamKind, manager: User, parent: Team | None, *members: User
    ) -> Team:
        team = Team.objects.create(name=name, kind=kind, manager=manager, parent=parent)
        TeamMembership.objects.bulk_create(
            TeamMembership(user=user, team=team, from_on=self.since.date())
            for user in (manager, *members)
        )
        return team


def build(*, first_at: datetime, random: Random) -> Authority:
    """Make the authority of domain.md 7.2 ("Staff"), in post since a year before `first_at`."""
    build = _Builder(first_at - timedelta(days=400), random)
    made = Authority()
    director = build.person(Role.DIRECTOR, "director of children's services")
    senior = build.team("Senior management", TeamKind.SENIOR_MANAGEMENT, director, None)
    made.heads = [
        build.person(Role.HEAD_OF_SERVICE, "head of service", name="Paul Prototype"),
        build.person(Role.HEAD_OF_SERVICE, "head of service"),
    ]
    front = build.team("Front door service", TeamKind.SENIOR_MANAGEMENT, made.heads[0], senior)
    support = build.team(
        "Family support service", TeamKind.SENIOR_MANAGEMENT, made.heads[1], senior
    )
    made.mash_managers = [
        build.person(Role.MASH_MANAGER, "MASH manager", name="Dana Sampleton"),
        build.person(Role.MASH_MANAGER, "MASH manager", name="Noor Placeholder"),
    ]
    made.mash_workers = [
        build.person(Role.MASH_SOCIAL_WORKER, "MASH social worker", name="Femi Fixture"),
        *[build.person(Role.MASH_SOCIAL_WORKER, "MASH social worker") for _ in range(5)],
    ]
    made.contact_officers = [
        build.person(Role.CONTACT_OFFICER, "contact officer", name="Amir Specimen"),
        *[build.person(Role.CONTACT_OFFICER, "contact officer") for _ in range(4)],
    ]
    build.team(
        "MASH",
        TeamKind.MASH,
        made.mash_managers[0],
        front,
        made.mash_managers[1],
        *made.mash_workers,
        *made.contact_officers,
    )
    for number in (1, 2, 3):
        name = "Ruth Mockridge" if number == 2 else ""
        manager = build.person(Role.ASSESSMENT_TEAM_MANAGER, "assessment team manager", name=name)
        supervisor = build.person(Role.PRACTICE_SUPERVISOR, "practice supervisor")
        workers = [
            build.person(
                Role.ASSESSMENT_SOCIAL_WORKER,
                "social worker",
                name="Imran Testerly" if number == 2 and place == 0 else "",
            )
            for place in range(7)
        ]
        team = build.team(
            f"Assessment Team {number}",
            TeamKind.ASSESSMENT,
            manager,
            front,
            supervisor,
            *workers,
        )
        made.assessment.append((team, manager, workers))
    for number in range(1, 6):
        name = "Gwen Specimen" if number == 1 else ""
        manager = build.person(Role.SFS_MANAGER, "S&FS manager", name=name)
        workers = [build.person(Role.SFS_SOCIAL_WORKER, "social worker") for _ in range(6)]
        team = build.team(
            f"Safeguarding and Family Support {number}",
            TeamKind.SAFEGUARDING_FAMILY_SUPPORT,
            manager,
            support,
            *workers,
        )
        made.support.append((team, manager, workers))
    made.coordinator = build.person(Role.EARLY_HELP_COORDINATOR, "early help coordinator")
    made.helpers = [
        build.person(Role.EARLY_HELP_WORKER, "family support worker") for _ in range(14)
    ]
    made.early_help = build.team(
        "Early help", TeamKind.EARLY_HELP, made.coordinator, support, *made.helpers
    )
    made.edt = [build.person(Role.EDT_WORKER, "EDT social worker") for _ in range(3)]
    build.team("Emergency Duty Team", TeamKind.EDT, made.heads[0], front, *made.edt)
    lead = build.person(Role.QA_LEAD, "quality assurance lead")
    auditors = [build.person(Role.AUDITOR, "auditor") for _ in range(2)]
    chair = build.person(Role.CP_CHAIR, "child protection chair")
    build.team("Quality assurance", TeamKind.QUALITY_ASSURANCE, lead, senior, chair, *auditors)
    made.exploitation_lead = build.person(Role.EXPLOITATION_LEAD, "exploitation lead")
    analyst = build.person(Role.DATA_ANALYST, "performance analyst")
    build.team("Performance", TeamKind.PERFORMANCE, analyst, senior)
    administrator = build.person(
        Role.ADMINISTRATOR, "system administrator", name="Alex Administrator"
    )
    build.team("Systems", TeamKind.ADMINISTRATION, administrator, senior)
    made.administrator = administrator
    for name, kind in AGENCIES:
        address = name.lower().replace(",", "").replace(" ", "-")
        made.agencies[name] = PartnerAgency.objects.create(
            name=name, kind=kind, email=f"safeguarding@{address}.example", phone="01632 960100"
        )
    build.person(
        Role.PARTNER_AGENCY,
        "police MASH desk",
        name="Sgt Proto Exampleby",
        agency=made.agencies[AGENCIES[0][0]],
    )
    return made
