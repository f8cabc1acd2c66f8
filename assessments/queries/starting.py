"""Which children an assessment can be started for, and which families wait for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Team, User
from assessments.models import AssessmentChild
from cases.actions.referrals import OVER
from cases.choices import ReferralState, WorkerRole
from cases.models import Allocation, Referral, Responsibility
from cases.queries.work import my_teams
from lib.working_days import london_date
from people.models import Person
from people.queries import HouseholdChild, age, children_of_households


@dataclass(frozen=True, kw_only=True)
class Startable:
    """One child of a household on the page that starts an assessment."""

    child_id: UUID
    name: str
    heading: str
    person: Person | None
    referral: Referral | None = None
    worker: str = ""
    why_not: str = ""
    open_id: UUID | None = None

    @property
    def is_in(self) -> bool:
        """The child gets a part."""
        return not self.why_not


def startable(*, by: User, child_id: UUID, team: Team, at: datetime) -> list[Startable]:
    """List every child of the household of this one: who gets a part, and who does not and why.

    A fixed number of queries.
    """
    on = london_date(at)
    lines = children_of_households(person_ids=[child_id], on=on, by=by)
    ids = [line.person_id for line in lines]
    referrals = {
        row.child_id: row
        for row in Referral.objects.filter(child__in=ids)
        .exclude(state__in=OVER)
        .select_related("team", "contact")
    }
    holders = {
        row.child_id: row.team
        for row in Responsibility.objects.filter(child__in=ids, to_at__isnull=True).select_related(
            "team"
        )
    }
    workers = {
        row.child_id: row.worker.full_name
        for row in Allocation.objects.filter(
            child__in=ids, role=WorkerRole.LEAD, to_at__isnull=True
        ).select_related("worker")
    }
    open_ones = dict(
        AssessmentChild.objects.filter(child__in=ids, is_open=True).values_list(
            "child_id", "assessment_id"
        )
    )
    return [
        Startable(
            child_id=line.person_id,
            name=line.name,
            heading=_heading(line, at),
            person=line.person,
            referral=referrals.get(line.person_id),
            worker=workers.get(line.person_id, ""),
            open_id=open_ones.get(line.person_id),
            why_not=_why_not(
                line,
                referral=referrals.get(line.person_id),
                holder=holders.get(line.person_id),
                team=team,
                is_open=line.person_id in open_ones,
            ),
        )
        for line in lines
    ]


def _heading(line: HouseholdChild, at: datetime) -> str:
    if line.person is None:
        return line.name
    years = age(line.person, on=london_date(at))
    return f"{line.name}, {years}" if years else line.name


def _why_not(
    line: HouseholdChild,
    *,
    referral: Referral | None,
    holder: Team | None,
    team: Team,
    is_open: bool,
) -> str:
    if line.person is None:
        return "Whoever holds the restricted record answers for this child"
    if is_open:
        return "In an assessment that is open"
    if referral is None:
        return "No open referral. Give a part later, or say why not assessed"
    if referral.team_accepted_at is None:
        return "The referral is offered and not accepted yet"
    if holder is not None and holder != team:
        return f"Held by {holder.name}, who assess"
    return ""


def waiting_to_start(*, by: User, at: datetime) -> QuerySet[Referral]:
    """Give the allocated referrals of the teams of `by` for which nothing was started."""
    started = AssessmentChild.objects.filter(referral=OuterRef("pk"), taken_out_at__isnull=True)
    return (
        Referral.objects.filter(
            ~Exists(started),
            state__in=[ReferralState.ALLOCATED, ReferralState.IN_WORK],
            team__in=my_teams(by=by, at=at),
        )
        .select_related("child", "team")
        .order_by("referral_on", "pk")
    )
