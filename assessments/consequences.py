"""Assessments and plans as what a change led to (`cases.consequences`)."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.permissions import Permission
from assessments.choices import AssessmentKind, AssessmentState
from assessments.models import (
    AssessmentChild,
    CinGoal,
    CinPlan,
    CinPlanChild,
    ConferenceChild,
    CoreGroupChild,
    ProtectionPlan,
    Section47Enquiry,
    Section47Step,
)
from cases.change_codes import ChangeOutcome
from cases.consequences import Door, Witnessed

DOORS = (
    Door(
        kind=ChangeOutcome.ASSESSMENT,
        words="Update the assessment or assess again",
        url_name="assessments:again",
        permission=Permission.ASSESSMENT_START,
    ),
    Door(
        kind=ChangeOutcome.PLAN,
        words="Start a child in need plan",
        url_name="assessments:cin_plan_start",
        permission=Permission.CIN_PLAN_WRITE,
    ),
)


def assessments_begun(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """A whole assessment of the child was begun, and not abandoned."""
    return [
        Witnessed(
            child_id=row.child_id,
            at=row.assessment.started_at,
            subject_kind="assessment",
            subject_id=row.assessment_id,
            url_name="assessments:assessment",
        )
        for row in AssessmentChild.objects.filter(
            child__in=child_ids,
            taken_out_at__isnull=True,
            assessment__kind=AssessmentKind.FULL,
            assessment__started_at__gte=since,
        )
        .exclude(assessment__state=AssessmentState.ABANDONED)
        .select_related("assessment")
        .order_by("assessment__started_at", "pk")
    ]


def updates_authorised(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """The child's assessment was updated, or assessed anew, and a manager authorised it."""
    return [
        Witnessed(
            child_id=row.child_id,
            at=row.authorised_at,
            subject_kind="assessment",
            subject_id=row.assessment_id,
            url_name="assessments:assessment",
        )
        for row in AssessmentChild.objects.filter(child__in=child_ids, authorised_at__gte=since)
        .exclude(authorised_at=None)
        .order_by("authorised_at", "pk")
        if row.authorised_at is not None
    ]


def plans_changed(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """A plan began for the child, was changed at a review, or what must change was changed."""
    parts = [
        (row.plan, row.child_id)
        for row in CinPlanChild.objects.filter(
            child__in=child_ids, is_open=True, plan__state__in=CinPlan.RUNNING
        ).select_related("plan")
    ]
    plans = {plan.pk for plan, _child in parts}
    changed: dict[tuple[UUID, UUID | None], datetime] = {}
    for goal in CinGoal.objects.filter(
        Q(added_at__gte=since) | Q(ended_at__gte=since), plan__in=plans
    ):
        at = goal.added_at if goal.added_at >= since else goal.ended_at
        if at is not None:
            key = (goal.plan_id, goal.child_id)
            changed[key] = min(at, changed.get(key, at))
    found = []
    for plan, child_id in parts:
        moments = [
            at
            for at in (changed.get((plan.pk, child_id)), changed.get((plan.pk, None)))
            if at is not None
        ]
        if plan.approved_at is not None and plan.approved_at >= since:
            moments.append(plan.approved_at)
        if moments:
            found.append(
                Witnessed(
                    child_id=child_id,
                    at=min(moments),
                    subject_kind="cin_plan",
                    subject_id=plan.pk,
                    url_name="assessments:cin_plan",
                )
            )
    return found


def protection_changed(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """A child protection plan began, or a core group or review said what happens next."""
    moments: dict[tuple[UUID, UUID], datetime] = {}
    running = ProtectionPlan.objects.running().filter(child__in=child_ids)
    for rows in (
        running.filter(started_at__gte=since).values_list("pk", "child_id", "started_at"),
        CoreGroupChild.objects.filter(plan__in=running, core_group__at__gte=since).values_list(
            "plan_id", "plan__child_id", "core_group__at"
        ),
        ConferenceChild.objects.filter(plan__in=running, conference__at__gte=since).values_list(
            "plan_id", "child_id", "conference__at"
        ),
    ):
        for plan_id, child_id, at in rows:
            moments[plan_id, child_id] = min(at, moments.get((plan_id, child_id), at))
    return [
        Witnessed(
            child_id=child_id,
            at=at,
            subject_kind="protection_plan",
            subject_id=plan_id,
            url_name="assessments:protection_plan",
        )
        for (plan_id, child_id), at in sorted(moments.items())
    ]


def safety_plans_changed(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """The safety plan of an enquiry that is open says something else than it did."""
    changed: dict[tuple[UUID, UUID], datetime] = {}
    for step in Section47Step.objects.filter(
        Q(recorded_at__gte=since) | Q(taken_out_at__gte=since),
        enquiry__in=Section47Enquiry.objects.open().filter(child__in=child_ids),
    ).select_related("enquiry"):
        at = step.recorded_at if step.recorded_at >= since else step.taken_out_at
        if at is not None:
            key = (step.enquiry_id, step.enquiry.child_id)
            changed[key] = min(at, changed.get(key, at))
    return [
        Witnessed(
            child_id=child_id,
            at=at,
            subject_kind="section_47",
            subject_id=enquiry_id,
            url_name="assessments:section_47",
        )
        for (enquiry_id, child_id), at in sorted(changed.items())
    ]
