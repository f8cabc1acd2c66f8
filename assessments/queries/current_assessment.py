"""Which assessment of a child is the current one: the latest authorised, not superseded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from assessments.models import AssessmentChild, AssessmentMember
from people.queries import records_of


@dataclass(frozen=True, kw_only=True)
class CurrentAssessment:
    """A child's current assessment, as far as other rooms need it.

    `member_ids` are the people of the household on the day it was authorised, children and
    adults; `child_ids` those of them who have a part in it.
    """

    child_id: UUID
    part_id: UUID
    assessment_id: UUID
    authorised_at: datetime
    risk: str
    outcome: str
    member_ids: frozenset[UUID]
    child_ids: frozenset[UUID]
    confirmed_right_on: date | None = None


def current_parts() -> QuerySet[AssessmentChild]:
    """Every child's current assessment as rows, for questions over many children in SQL.

    `assessment__members` are the people of the household that it considered.
    """
    return AssessmentChild.objects.filter(authorised_at__isnull=False, superseded_at__isnull=True)


def current(*, child_ids: Iterable[UUID]) -> dict[UUID, CurrentAssessment]:
    """Give the current assessment of each of these children who has one; five queries.

    Whether somebody may read it is the caller's question.
    """
    asked = set(child_ids)
    records = records_of(person_ids=asked)
    parts = list(current_parts().filter(child__in=records).order_by("authorised_at", "pk"))
    ids = {part.assessment_id for part in parts}
    members: dict[UUID, set[UUID]] = {}
    for assessment_id, person_id in AssessmentMember.objects.filter(assessment__in=ids).values_list(
        "assessment_id", "person_id"
    ):
        members.setdefault(assessment_id, set()).add(person_id)
    children: dict[UUID, set[UUID]] = {}
    for assessment_id, child_id in AssessmentChild.objects.filter(
        assessment__in=ids, taken_out_at__isnull=True
    ).values_list("assessment_id", "child_id"):
        children.setdefault(assessment_id, set()).add(child_id)
    found: dict[UUID, CurrentAssessment] = {}
    for part in parts:  # of linked records with one each, the later stands
        if part.authorised_at is None:
            continue
        found[records[part.child_id]] = CurrentAssessment(
            child_id=part.child_id,
            part_id=part.pk,
            assessment_id=part.assessment_id,
            authorised_at=part.authorised_at,
            risk=part.risk,
            outcome=part.outcome,
            member_ids=frozenset(members.get(part.assessment_id, ())),
            child_ids=frozenset(children.get(part.assessment_id, ())),
        )
    return {
        child_id: found[records[child_id]]
        for child_id in asked
        if child_id in records and records[child_id] in found
    }
