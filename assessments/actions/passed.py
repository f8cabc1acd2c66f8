"""A restricted child of the household, passed to whoever holds the restriction (decisions.md 84).

Who submits and who authorises asks; whoever may see the child answers, by the time at which the
family's assessment is due. Who authorises learns that it is answered, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority
from assessments.choices import AccountedBy, AssessmentState
from assessments.models import Assessment, AssessmentPassed
from assessments.queries.household import HouseholdLine
from assessments.queries.passed import own_part
from assessments.timescales import PASSED_ON, TO_AUTHORISE
from cases import passed_on
from cases.looking_again import look_again
from lib import application_clock
from record import clocks as record_clocks
from record import events, once
from record.errors import NotWhole, Refused

SUBJECT = "assessment_passed"


def pass_on(
    assessment: Assessment,
    household: Sequence[HouseholdLine],
    *,
    authority: Authority,
    at: datetime,
) -> None:
    """Ask for every child closed to whoever acts; once for an assessment, answered or not."""
    asked = set(assessment.passed.values_list("child_id", flat=True))
    lines = [line for line in household if line.passed_to and line.child_id not in asked]
    if not lines:
        return
    limit = record_clocks.earliest(
        clock
        for clock in record_clocks.running(subject_ids=[assessment.pk])
        if clock.rule in TO_AUTHORISE
    )
    for line in lines:
        assert line.passed_to is not None  # noqa: S101 - only such lines are here
        passed = AssessmentPassed.objects.create(
            assessment=assessment,
            child_id=line.child_id,
            owner=line.passed_to,
            passed_at=at,
            recorded_at=application_clock.now(),
        )
        passed_on.ask(
            passed,
            PASSED_ON,
            kind=SUBJECT,
            code="assessment.passed",
            started_at=limit.started_at if limit else at,
            limit=limit.limit if limit else None,
            by=authority.user,
            at=at,
        )
        events.append(
            "assessment.passed",
            authority=authority,
            at=at,
            subject_kind="assessment",
            subject_id=assessment.pk,
            children=[line.child_id],
        )


@transaction.atomic
def answer_passed(
    *,
    by: User,
    at: datetime,
    passed_id: UUID,
    answer: str,
    because: str = "",
    late_reason: str = "",
    token: UUID | None = None,
) -> AssessmentPassed:
    """Answer for a restricted child: an assessment of the child's own, or why there is none.

    :param answer: `AccountedBy.OTHER_ASSESSMENT` or `NOT_ASSESSED`
    :raises AssessmentPassed.DoesNotExist: `by` may not read the child's record
    :raises PermissionDenied: somebody else holds the restriction
    :raises NotWhole: names what is missing
    """
    passed, authority = passed_on.to_answer(AssessmentPassed.objects.all(), passed_id, by=by, at=at)
    once.claim(token, user=by, action="assessments.answer_passed")
    assessment = (
        Assessment.objects.select_related("team")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=passed.assessment_id)
    )
    row = AssessmentPassed.objects.select_for_update().get(pk=passed_id)
    if row.answered_at is not None:
        raise Refused("This has been answered already.")
    if assessment.state == AssessmentState.ABANDONED:
        raise Refused("The assessment was abandoned, so nothing is asked any longer.")
    limit = passed_on.limit_of(row, at=at)
    name = passed.child.name
    part = own_part(row) if answer == AccountedBy.OTHER_ASSESSMENT else None
    problems = []
    if answer not in (AccountedBy.OTHER_ASSESSMENT, AccountedBy.NOT_ASSESSED):
        problems.append(("answer", f"Say how {name} is accounted for"))
    if answer == AccountedBy.OTHER_ASSESSMENT and part is None:
        problems.append(
            (
                "answer",
                f"{name} has no assessment that is current or being written. Start one first,"
                " or say why not",
            )
        )
    if answer == AccountedBy.NOT_ASSESSED and not because.strip():
        problems.append(("because", f"Say why {name} is not assessed"))
    problems += limit.problems(late_reason)
    if problems:
        raise NotWhole(problems)
    row.part = part
    row.because = because.strip() if answer == AccountedBy.NOT_ASSESSED else ""
    row.answered_at, row.answered_by, row.answered_for = at, by, authority.acting_for
    row.save(update_fields=["part", "because", "answered_at", "answered_by", "answered_for"])
    limit.meet(row, at=at, late_reason=late_reason)
    events.append(
        "assessment.passed_answered",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=[row.child_id],
        data={"answer": answer},
    )
    told = {assessment.team.manager_id, assessment.authorised_by_id or by.pk} - {by.pk}
    passed_on.tell(
        "assessment.passed_answered",
        row,
        told,
        kind="assessment",
        subject_id=assessment.pk,
        at=at,
    )
    look_again(at=at, child_ids=[row.child_id], codes=("F-STALE",))
    once.finish(token, row.pk)
    return row


def end_passed(assessment: Assessment, *, at: datetime) -> None:
    """Ask nobody any longer about an assessment that is abandoned."""
    waiting = assessment.passed.filter(answered_at__isnull=True)
    passed_on.end(waiting.values_list("pk", flat=True), at=at)
