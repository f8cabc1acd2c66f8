"""Whom an assessment is about: who joins, who is taken out, who has no part and why."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority
from assessments import clocks
from assessments.actions.standing import (
    locked_by_manager,
    locked_by_writer_or_manager,
    refuse_open_ones,
    refuse_unless_written,
    visible,
)
from assessments.choices import OPEN_STATES
from assessments.models import Assessment, AssessmentChild, NotAssessed
from assessments.queries.household import children_accounted
from cases import actions as case_actions
from cases import holding
from cases.actions.referrals import OVER, begin_work
from cases.choices import InvolvementKind
from cases.models import Referral, Responsibility
from lib import application_clock
from lib.working_days import london_date
from people.models import Person
from record import events
from record.errors import Refused


@transaction.atomic
def add_child(
    *,
    by: User,
    at: datetime,
    assessment_id: UUID,
    child_id: UUID,
    primary_need: str = "",
) -> AssessmentChild:
    """Give a child of the household a part in an assessment that is being written.

    A child without an open referral gets one, from the family's contact and of this day.

    :raises Refused: held by another team, in another open assessment, not of this household
    """
    assessment, authority = locked_by_manager(by, at, assessment_id)
    refuse_unless_written(assessment)
    holding.lock([child_id])
    (child,) = visible([child_id], by)
    if AssessmentChild.objects.filter(
        assessment=assessment, child=child, taken_out_at__isnull=True
    ).exists():
        raise Refused(f"{child.name} has a part in this assessment already.")
    household = children_accounted(assessment=assessment, on=london_date(at), by=by)
    if child.pk not in {line.child_id for line in household}:
        raise Refused(f"{child.name} does not belong to this household.")
    refuse_open_ones([child])
    holder = Responsibility.objects.filter(child=child, to_at__isnull=True).first()
    if holder is not None and holder.team_id != assessment.team_id:
        raise Refused(f"{child.name} is held by {holder.team.name}, who assess.")
    referral = Referral.objects.filter(child=child).exclude(state__in=OVER).first()
    if referral is None:
        family = assessment.children.select_related("referral__contact").order_by("pk")[0]
        referral = case_actions.join_referral(
            authority=authority,
            at=at,
            contact=family.referral.contact,
            child_id=child.pk,
            team=assessment.team,
            primary_need=primary_need,
        )
    part = add(assessment, child, referral, authority=authority, at=at)
    clocks.place(assessment)
    events.append(
        "assessment.child_added",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=[child.pk],
    )
    return part


@transaction.atomic
def take_out(
    *, by: User, at: datetime, assessment_id: UUID, child_id: UUID, because: str
) -> AssessmentChild:
    """Take a child out of an open assessment, with the reason; what was written stays kept.

    The child is from now on accounted for otherwise, or the assessment is not authorised.

    :raises Refused: no reason, the last child, or nothing open
    """
    assessment, authority = locked_by_manager(by, at, assessment_id)
    refuse_unless_written(assessment)
    holding.lock([child_id])
    part = (
        assessment.children.select_related("child")
        .filter(child=child_id, taken_out_at__isnull=True)
        .first()
    )
    if part is None:
        raise Refused("This child has no part in the assessment.")
    if not because.strip():
        raise Refused(f"Say why {part.child.name} is taken out.", field="because")
    if not assessment.children.filter(is_open=True).exclude(pk=part.pk).exists():
        raise Refused(
            f"{part.child.name} is the only child in it. A head of service may abandon it instead."
        )
    part.is_open = False
    part.taken_out_at = at
    part.taken_out_by = by
    part.taken_out_because = because
    part.save(update_fields=["is_open", "taken_out_at", "taken_out_by", "taken_out_because"])
    leave(assessment, part, at)
    clocks.place(assessment)
    events.append(
        "assessment.child_taken_out",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=[child_id],
    )
    return part


@transaction.atomic
def say_not_assessed(
    *, by: User, at: datetime, assessment_id: UUID, child_id: UUID, because: str
) -> NotAssessed:
    """Say why a child of the household has no part in the assessment. The latest reason holds.

    Whoever writes it or manages it may; authorising is where it is judged.

    :raises Refused: no reason, or the child has a part in it
    """
    assessment, authority = locked_by_writer_or_manager(by, at, assessment_id)
    if assessment.state not in OPEN_STATES:
        raise Refused("This assessment is over. Say it in the next one.")
    (child,) = visible([child_id], by)
    if not because.strip():
        raise Refused(f"Say why {child.name} is not assessed.", field="because")
    line = next(
        (
            one
            for one in children_accounted(assessment=assessment, on=london_date(at), by=by)
            if one.child_id == child.pk
        ),
        None,
    )
    if line is None:
        raise Refused(f"{child.name} does not belong to this household.")
    if line.part is not None and line.part.assessment_id == assessment.pk:
        raise Refused(f"{child.name} has a part in this assessment. Take the child out first.")
    said = NotAssessed.objects.create(
        assessment=assessment,
        child=child,
        because=because,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    events.append(
        "assessment.not_assessed",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=[child.pk],
    )
    return said


def add(
    assessment: Assessment,
    child: Person,
    referral: Referral,
    *,
    authority: Authority,
    at: datetime,
) -> AssessmentChild:
    """Give a child an empty part, with its clocks; the child is open for assessment from now."""
    part = AssessmentChild.objects.create(
        assessment=assessment,
        child=child,
        referral=referral,
        referral_on=referral.referral_on,
        started_on=london_date(at),
        added_by=authority.user,
        recorded_at=application_clock.now(),
    )
    clocks.start_for(part, by=authority.user)
    holding.start(
        child_id=child.pk,
        kind=InvolvementKind.ASSESSMENT,
        subject_id=assessment.pk,
        at=at,
        team=assessment.team,
        authority=authority,
    )
    begin_work(child_ids=[child.pk])
    return part


def leave(assessment: Assessment, part: AssessmentChild, at: datetime) -> None:
    """Stop what runs for a child whose part is over."""
    clocks.stop_child(assessment_id=assessment.pk, child_id=part.child_id, at=at)
    holding.end(
        child_id=part.child_id,
        kind=InvolvementKind.ASSESSMENT,
        subject_id=assessment.pk,
        at=at,
    )
