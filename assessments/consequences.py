"""Assessments and plans as what a change led to (`cases.consequences`)."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.permissions import Permission
from assessments.choices import AssessmentKind, AssessmentState
from assessments.models import AssessmentChild, CinGoal, CinPlan, CinPlanChild
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
