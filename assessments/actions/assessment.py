"""Starting an assessment, and ending one that will not be finished.

One document per family with a part for each child (domain.md 2.7; decisions.md 66, 67). The
manager of the team that holds the children starts it; who may write is asked in `standing`.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Team, User
from accounts.permissions import Authority, Permission, require
from assessments import clocks
from assessments.actions.children import add, leave
from assessments.actions.passed import end_passed
from assessments.actions.standing import (
    locked,
    refuse_open_ones,
    tell_workers,
    visible,
)
from assessments.choices import OPEN_STATES, AssessmentKind, AssessmentState
from assessments.models import Assessment
from assessments.queries.current_assessment import current_parts
from cases import holding
from cases.actions.referrals import OVER
from cases.choices import WorkerRole
from cases.models import Allocation, Referral, Responsibility
from cases.standing import acts_for
from lib import application_clock, words
from lib.working_days import london_date
from people.models import Person
from record import clocks as record_clocks
from record import events, once
from record.errors import NotWhole, Refused


@transaction.atomic
def start(
    *,
    by: User,
    at: datetime,
    child_ids: Iterable[UUID],
    plan: str,
    review_on: date,
    kind: AssessmentKind = AssessmentKind.FULL,
    because: str = "",
    token: UUID | None = None,
) -> Assessment:
    """Start the assessment of these children, each with an open referral, as one document.

    :param plan: visits, agencies, tools
    :param review_on: the length agreed, as the day it is looked at; never 45 days by default
    :param kind: an update is read with the current assessment of the eldest of these children
    :param because: what an update is for
    :raises PermissionDenied: `by` may not start assessments
    :raises Refused: another team's, no open referral, one is open already, before the referral
    """
    require(by, Permission.ASSESSMENT_START, at=at)
    once.claim(token, user=by, action="assessments.start")
    ids = list(dict.fromkeys(child_ids))
    if not ids:
        raise Refused("Choose at least one child.", field="children")
    holding.lock(ids)
    children = visible(ids, by)
    team, authority = _held_by(children, by=by, at=at)
    if not plan.strip():
        raise Refused("Say whom you will see, which agencies you ask and how.", field="plan")
    if review_on < london_date(at):
        raise Refused("The day to look at it again is in the past.", field="review_on")
    referrals = _referrals(children, at)
    refuse_open_ones(children)
    updates = _updated(kind, children, because)
    _refuse_without_worker(children)
    assessment = Assessment.objects.create(
        kind=kind,
        team=team,
        updates=updates,
        because=because.strip() if updates else "",
        plan=plan,
        review_on=review_on,
        started_at=at,
        started_by=by,
        started_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    for child in children:
        add(assessment, child, referrals[child.pk], authority=authority, at=at)
    clocks.place(assessment)
    tell_workers(assessment, "assessment.started", ids, at)
    events.append(
        "assessment.started",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=ids,
        data={"kind": str(kind), "review_on": review_on.isoformat()},
    )
    once.finish(token, assessment.pk)
    return assessment


@transaction.atomic
def abandon(*, by: User, at: datetime, assessment_id: UUID, because: str) -> Assessment:
    """End an assessment that will not be finished; a head of service, with the reason.

    :raises PermissionDenied: `by` is no head of service
    :raises Refused: it is over already, or there is no reason
    """
    authority = require(by, Permission.ASSESSMENT_ABANDON, at=at)
    assessment = locked(assessment_id, by)
    if assessment.state not in OPEN_STATES:
        raise Refused("This assessment is over already.")
    if not because.strip():
        raise Refused("Say why this assessment is abandoned.", field="because")
    parts = list(assessment.children.filter(is_open=True).order_by("child_id"))
    child_ids = [part.child_id for part in parts]
    holding.lock(child_ids)
    assessment.state = AssessmentState.ABANDONED
    assessment.abandoned_at = at
    assessment.abandoned_by = by
    assessment.abandoned_because = because
    assessment.save(update_fields=["state", "abandoned_at", "abandoned_by", "abandoned_because"])
    record_clocks.stop_all(subject_id=assessment.pk, at=at)
    end_passed(assessment, at=at)
    for part in parts:
        part.is_open = False
        part.save(update_fields=["is_open"])
        leave(assessment, part, at)
    clocks.place(assessment)
    tell_workers(assessment, "assessment.abandoned", child_ids, at)
    events.append(
        "assessment.abandoned",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=child_ids,
    )
    return assessment


def _held_by(children: Sequence[Person], *, by: User, at: datetime) -> tuple[Team, Authority]:
    """Give the one team that holds all of them, and the right to act for it."""
    holders = {
        row.child_id: row.team
        for row in Responsibility.objects.filter(
            child__in=children, to_at__isnull=True
        ).select_related("team")
    }
    unheld = [child.name for child in children if child.pk not in holders]
    if unheld:
        raise Refused(
            f"{words.list_of_names(unheld)}: nothing is open, so there is nobody to assess for."
        )
    team = holders[children[0].pk]
    for child in children:
        if holders[child.pk] != team:
            raise Refused(
                f"{child.name} is held by {holders[child.pk].name}, who assess. {team.name} holds"
                f" {children[0].name}."
            )
    authority = acts_for(team, by=by, permission=Permission.ASSESSMENT_START, at=at)
    if authority is None:
        raise Refused(f"{children[0].name} is held by {team.name}. Its manager starts it.")
    return team, authority


def _referrals(children: Sequence[Person], at: datetime) -> dict[UUID, Referral]:
    rows = {
        row.child_id: row
        for row in Referral.objects.filter(child__in=children)
        .exclude(state__in=OVER)
        .select_related("contact")
    }
    problems = []
    for child in children:
        referral = rows.get(child.pk)
        if referral is None:
            problems.append(
                ("children", f"{child.name} has no open referral, so nothing is to be assessed")
            )
        elif referral.team_accepted_at is None:
            problems.append(
                ("children", f"{child.name}’s referral is offered and not accepted yet")
            )
        elif london_date(at) < referral.referral_on:
            problems.append(("children", f"The start is before {child.name}’s referral"))
    if problems:
        raise NotWhole(problems)
    return rows


def _refuse_without_worker(children: Sequence[Person]) -> None:
    if not Allocation.objects.filter(
        child__in=children, role=WorkerRole.LEAD, to_at__isnull=True
    ).exists():
        raise Refused(f"Name a worker for {children[0].name} first. The worker writes it.")


def _updated(kind: AssessmentKind, children: Sequence[Person], because: str) -> Assessment | None:
    if kind != AssessmentKind.UPDATE:
        return None
    if not because.strip():
        raise Refused("Say what has changed.", field="because")
    found = {
        part.child_id: part
        for part in current_parts().filter(child__in=children).select_related("assessment")
    }
    without = [child.name for child in children if child.pk not in found]
    if without:
        raise Refused(
            f"{words.list_of_names(without)}: there is no authorised assessment to update."
            " Start a whole one."
        )
    return found[children[0].pk].assessment
