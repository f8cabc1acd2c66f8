"""What the pages of an enquiry and the partner agencies' own pages show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from accounts.choices import Role
from accounts.models import PartnerAgency, RoleAssignment, User
from accounts.permissions import Permission, require, roles_with
from cases.choices import Rag
from cases.models import Contact
from lib import words
from mash.actions.enquiry import FINAL
from mash.models import AgencyAnswer, AgencyCheck, Analysis, Enquiry
from mash.timescales import CHECK_RULES
from people.models import Person
from record import calendar, clocks, policy
from record.clocks import ClockView, arithmetic
from record.models import Clock


@dataclass(frozen=True, slots=True)
class AskedChild:
    """A child an agency is asked about: who they are, and nothing else."""

    name: str
    born: str


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """One question as the agency that is asked sees it."""

    check_id: UUID
    why: str
    asked_at: datetime
    state: str
    is_open: bool
    is_acknowledged: bool
    children: tuple[AskedChild, ...]
    child_ids: tuple[UUID, ...]
    clock: ClockView | None
    due_at: datetime
    answers: tuple[AgencyAnswer, ...]

    @property
    def who(self) -> str:
        return words.list_of_names(child.name for child in self.children)


def agencies_to_ask(*, enquiry: Enquiry) -> list[tuple[str, str]]:
    """Active agencies that do not have an open question in this enquiry, as choices."""
    waiting = enquiry.checks.exclude(state__in=FINAL).values("agency")
    return [
        (str(pk), name)
        for pk, name in PartnerAgency.objects.filter(is_active=True)
        .exclude(pk__in=waiting)
        .order_by("name", "pk")
        .values_list("pk", "name")
    ]


def due_if_asked(*, contact: Contact, at: datetime) -> datetime:
    """When an agency asked at this moment has to answer, by the urgency of the contact."""
    rule = clocks.rule(CHECK_RULES[contact.rag or Rag.GREEN])
    amount = int(policy.value(rule.limit, at=at)) if isinstance(rule.limit, str) else rule.limit
    return clocks.times(
        started_at=at,
        length=clocks.length(rule.unit, amount),
        is_red_class=rule.is_red_class,
        calendar=calendar.calendar(),
    ).due_at


def chairs(*, at: datetime) -> list[tuple[str, str]]:
    """Who may chair a strategy discussion now, as choices."""
    roles: set[Role] = set(roles_with(Permission.STRATEGY_CHAIR))
    if not calendar.is_office_hours(at):
        roles |= set(roles_with(Permission.STRATEGY_CHAIR_PROVISIONAL))
    held = RoleAssignment.objects.filter(role__in=roles, from_at__lte=at).exclude(to_at__lte=at)
    people = User.objects.filter(is_active=True, pk__in=held.values("user"))
    return [
        (str(pk), f"{name}, {title}" if title else name)
        for pk, name, title in people.order_by("full_name", "pk").values_list(
            "pk", "full_name", "job_title"
        )
    ]


def last_analysis(*, contact: Contact, child_id: UUID) -> Analysis | None:
    """The latest analysis of a child on a contact."""
    return (
        Analysis.objects.filter(contact=contact, child_id=child_id)
        .select_related("by")
        .order_by("-recorded_at", "pk")
        .first()
    )


def analyses_of_others(*, by: User, contact: Contact, child_id: UUID) -> list[Analysis]:
    """The latest analysis of each other child `by` may see, to notice words that were copied."""
    kept: dict[UUID, Analysis] = {}
    for row in (
        Analysis.objects.filter(contact=contact, child__in=Person.objects.visible_to(by))
        .exclude(child_id=child_id)
        .select_related("child")
        .order_by("-recorded_at", "pk")
    ):
        kept.setdefault(row.child_id, row)
    return list(kept.values())


# Partner agencies --------------------------------------------------------------------------------


def own_checks(*, by: User, at: datetime) -> list[OwnCheck]:
    """The questions put to the reader's own agency, those without an answer first."""
    require(by, Permission.CHECK_ANSWER_FOR_AGENCY)
    checks = list(_of_agency(by)[:200])
    running = clocks.running(subject_ids=[check.pk for check in checks])
    found = [_own(check, clocks_of=running, at=at) for check in checks]
    return sorted(found, key=lambda check: (not check.is_open, check.due_at))


def own_check(*, by: User, check_id: UUID, at: datetime) -> OwnCheck:
    """One question to the reader's own agency.

    :raises AgencyCheck.DoesNotExist: there is none, or it was put to another agency
    """
    require(by, Permission.CHECK_ANSWER_FOR_AGENCY)
    check = _of_agency(by).filter(pk=check_id).first()
    if check is None:
        raise AgencyCheck.DoesNotExist("There is no such question.")
    return _own(check, clocks_of=clocks.running(subject_ids=[check.pk]), at=at)


def _of_agency(by: User) -> QuerySet[AgencyCheck]:
    return (
        AgencyCheck.objects.filter(agency=by.agency_id)
        .exclude(state=AgencyCheck.State.DRAFT)
        .prefetch_related(
            Prefetch("children__person"),
            Prefetch("answers", AgencyAnswer.objects.order_by("at", "pk")),
        )
        .order_by("-asked_at", "pk")
    )


def _own(check: AgencyCheck, *, clocks_of: Iterable[Clock], at: datetime) -> OwnCheck:
    people = [child.person for child in check.children.all()]
    is_open = check.state not in FINAL
    clock = clocks.earliest(each for each in clocks_of if each.subject_id == check.pk)
    return OwnCheck(
        check_id=check.pk,
        why=check.why,
        asked_at=check.asked_at,
        state=check.get_state_display(),
        is_open=is_open,
        is_acknowledged=check.state == AgencyCheck.State.ACKNOWLEDGED,
        children=tuple(AskedChild(person.name, _born(person)) for person in people),
        child_ids=tuple(person.pk for person in people),
        clock=arithmetic(clock, at) if clock is not None and is_open else None,
        due_at=check.due_at,
        answers=tuple(check.answers.all()),
    )


def _born(person: Person) -> str:
    if person.date_of_birth:
        return f"born {words.date_words(person.date_of_birth, weekday=False)}"
    if person.expected_on:
        return f"due {_day(person.expected_on)}"
    return person.age_as_stated or "date of birth not known"


def _day(day: date) -> str:
    return words.date_words(day, weekday=False)
