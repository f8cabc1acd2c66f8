"""Who belongs to the family of an assessment, and how each child is accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.models import User
from assessments.choices import AccountedBy
from assessments.models import Assessment, AssessmentChild, AssessmentPassed, NotAssessed
from assessments.queries.current_assessment import current_parts
from people.models import HouseholdMembership, Person, Restriction
from people.queries import (
    HouseholdChild,
    children_of_households,
    is_live,
    records_of,
)


@dataclass(frozen=True, kw_only=True)
class HouseholdLine:
    """One child of the household on a day, and what answers for them; nothing when `by` is None.

    `name` says "Restricted child, ring X" to whoever may not read the record.
    """

    child_id: UUID
    name: str
    person: Person | None
    member: HouseholdChild
    accounted_by: AccountedBy | None = None
    part: AssessmentChild | None = None
    because: str = ""
    passed_to: User | None = None
    passed: AssessmentPassed | None = None

    @property
    def is_missing(self) -> bool:
        """Nothing answers for this child yet."""
        return self.accounted_by is None


@dataclass(frozen=True)
class Member:
    """Somebody of the household, under the record by which they are read."""

    person_id: UUID
    role: str


def children_accounted(*, assessment: Assessment, on: date, by: User | None) -> list[HouseholdLine]:
    """List every child of the household now, each with how they are accounted for; eleven queries.

    Their own part here, another current assessment, or a reason why not (decisions.md 67). A
    child whom `by` may not read passes to whoever holds the restriction (decisions.md 84); what
    was answered counts as said for whoever may read it.

    :param by: who asks; None hides nothing and passes nobody on
    """
    parts = {
        part.child_id: part
        for part in assessment.children.filter(taken_out_at__isnull=True).select_related("child")
    }
    children = children_of_households(person_ids=parts, on=on, by=by)
    records = records_of(person_ids=[*parts, *(child.person_id for child in children)])
    mine = {records.get(child_id, child_id): part for child_id, part in parts.items()}
    others: dict[UUID, AssessmentChild] = {}
    for part in (
        current_parts()
        .filter(child__in=records)
        .exclude(assessment=assessment)
        .order_by("authorised_at", "pk")
    ):
        others[records[part.child_id]] = part
    reasons: dict[UUID, str] = {}
    for row in NotAssessed.objects.filter(assessment=assessment).order_by("at", "recorded_at"):
        reasons[records.get(row.child_id, row.child_id)] = row.because
    passed: dict[UUID, AssessmentPassed] = {}
    for line in assessment.passed.order_by("passed_at", "pk"):
        head = records.get(line.child_id, line.child_id)
        passed[head] = line
        if line.because:
            reasons.setdefault(head, line.because)
    owners: dict[UUID, User] = {}
    closed = [child.person_id for child in children if child.is_restricted]
    for restriction in Restriction.objects.filter(
        person__in=[pk for pk, head in records.items() if head in closed], ended_at__isnull=True
    ).select_related("owner"):
        owners[records[restriction.person_id]] = restriction.owner
    return [
        _line(
            child,
            part=mine.get(child.person_id),
            other=others.get(child.person_id),
            because=reasons.get(child.person_id, ""),
            owner=owners.get(child.person_id),
            passed=passed.get(child.person_id),
        )
        for child in children
    ]


def _line(
    line: HouseholdChild,
    *,
    part: AssessmentChild | None,
    other: AssessmentChild | None,
    because: str,
    owner: User | None,
    passed: AssessmentPassed | None,
) -> HouseholdLine:
    by: AccountedBy | None = None
    if part is not None:
        by = AccountedBy.OWN_PART
    elif owner is not None:
        by = AccountedBy.PASSED
    elif other is not None:
        by = AccountedBy.OTHER_ASSESSMENT
    elif because:
        by = AccountedBy.NOT_ASSESSED
    return HouseholdLine(
        child_id=line.person_id,
        name=line.name,
        person=line.person,
        member=line,
        accounted_by=by,
        part=part or (other if by == AccountedBy.OTHER_ASSESSMENT else None),
        because=because if by == AccountedBy.NOT_ASSESSED else "",
        passed_to=owner if by == AccountedBy.PASSED else None,
        passed=passed if by == AccountedBy.PASSED else None,
    )


def households_of(*, person_ids: Iterable[UUID], on: date) -> list[UUID]:
    """Give the households these persons belong to on a day; two queries."""
    records = records_of(person_ids=person_ids)
    return list(
        HouseholdMembership.objects.filter(is_live(on=on), person__in=records)
        .order_by("household_id")
        .values_list("household_id", flat=True)
        .distinct()
    )


def members_of(*, person_ids: Iterable[UUID], on: date) -> list[Member]:
    """List everybody in the households of these persons on a day, children and adults.

    Linked records count as one person. Nothing is hidden: for what is written down, never shown.
    Three queries.
    """
    rows = (
        HouseholdMembership.objects.filter(
            is_live(on=on), household__in=households_of(person_ids=person_ids, on=on)
        )
        .select_related("person")
        .order_by("recorded_at", "pk")
    )
    found: dict[UUID, Member] = {}
    for row in rows:
        person_id = row.person.canonical_id or row.person_id
        found.setdefault(person_id, Member(person_id, row.role))
    return list(found.values())
