"""Who acts on an assessment, and how: shared by every action on one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from assessments.choices import WRITTEN_IN, AssessmentState
from assessments.models import Assessment, AssessmentChild
from cases.choices import WorkerRole
from cases.models import Allocation
from cases.standing import acts_for
from people.models import Person
from record import outbox
from record.errors import Refused


def locked(assessment_id: UUID, by: User) -> Assessment:
    """Lock an assessment that `by` may see until the transaction ends.

    :raises Assessment.DoesNotExist: there is none, or not for them
    """
    return (
        Assessment.objects.visible_to(by)
        .select_related("team")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=assessment_id)
    )


def locked_by_manager(
    by: User,
    at: datetime,
    assessment_id: UUID,
    permission: Permission = Permission.ASSESSMENT_START,
) -> tuple[Assessment, Authority]:
    """Lock an assessment for a manager of its team, or for their deputy."""
    require(by, permission, at=at)
    assessment = locked(assessment_id, by)
    authority = acts_for(assessment.team, by=by, permission=permission, at=at)
    if authority is None:
        raise Refused(f"This assessment belongs to {assessment.team.name}. Its manager does that.")
    return assessment, authority


def locked_by_writer_or_manager(
    by: User, at: datetime, assessment_id: UUID
) -> tuple[Assessment, Authority]:
    """Lock an assessment for whoever may write in it, or for a manager of its team."""
    assessment = locked(assessment_id, by)
    right = may_write(assessment, by=by, at=at) or acts_for(
        assessment.team, by=by, permission=Permission.ASSESSMENT_START, at=at
    )
    if right is None:
        require(by, Permission.ASSESSMENT_WRITE, at=at)
        raise Refused(_whose(assessment))
    return assessment, right


def may_write(assessment: Assessment, *, by: User, at: datetime) -> Authority | None:
    """Give the right by which somebody writes in it, who works in its team or with its children.

    Who manages comments and returns, and does not write the worker's text (domain.md 3).
    """
    own = acts_for(assessment.team, by=by, permission=Permission.ASSESSMENT_WRITE, at=at)
    if own is not None:
        return own
    is_worker = Allocation.objects.filter(
        worker=by,
        to_at__isnull=True,
        child__in=assessment.children.filter(taken_out_at__isnull=True).values("child"),
    ).exists()
    return require(by, Permission.ASSESSMENT_WRITE, at=at) if is_worker else None


def _whose(assessment: Assessment) -> str:
    return (
        f"This assessment belongs to {assessment.team.name}."
        " Its workers and the workers of the children write in it."
    )


def visible(child_ids: Sequence[UUID], by: User) -> list[Person]:
    """Give these children, in order, when `by` may read every one of them."""
    found = {person.pk: person for person in Person.objects.visible_to(by).filter(pk__in=child_ids)}
    if set(found) != set(child_ids):
        raise Person.DoesNotExist("One of the children is not there, or not for them.")
    return [found[child_id] for child_id in child_ids]


def refuse_open_ones(children: Sequence[Person]) -> None:
    """Refuse a child who has a part in an open assessment."""
    part = (
        AssessmentChild.objects.filter(child__in=children, is_open=True)
        .select_related("child")
        .first()
    )
    if part is not None:
        raise Refused(
            f"{part.child.name} is in an assessment that is open.",
            links=[
                ("Read it", reverse("assessments:assessment", args=[part.assessment_id])),
            ],
        )


def refuse_unless_written(assessment: Assessment) -> None:
    """Refuse to change whom an assessment is about once it is submitted or over."""
    if assessment.state not in WRITTEN_IN:
        raise Refused(
            f"This assessment is {assessment.get_state_display().lower()}."
            " Return it first, then change whom it is about."
            if assessment.state == AssessmentState.SUBMITTED
            else "This assessment is over."
        )


def tell_workers(
    assessment: Assessment, code: str, child_ids: Sequence[UUID], at: datetime
) -> None:
    """Put a notice on the home of the lead workers of these children."""
    workers = (
        Allocation.objects.filter(child__in=child_ids, role=WorkerRole.LEAD, to_at__isnull=True)
        .values_list("worker_id", flat=True)
        .distinct()
    )
    tell(assessment, code, sorted(workers), at)


def tell(
    assessment: Assessment, code: str, user_ids: Iterable[UUID], at: datetime, *, key: str = ""
) -> None:
    """Put a notice about an assessment on somebody's home, once for each key."""
    for user_id in user_ids:
        outbox.put(
            "notice",
            key=f"{code}:{assessment.pk.hex}:{key}:{user_id.hex}",
            payload={
                "user_id": str(user_id),
                "code": code,
                "subject_kind": "assessment",
                "subject_id": str(assessment.pk),
            },
            at=at,
            subject_kind="assessment",
            subject_id=assessment.pk,
        )
