"""A restricted child of the household, passed to whoever holds the restriction (decisions.md 84).

Who submits and who authorises asks; whoever may see the child answers, by the time at which the
family's assessment is due. Who authorises learns that it is answered, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from assessments.choices import AccountedBy, AssessmentState
from assessments.models import Assessment, AssessmentPassed
from assessments.queries.household import HouseholdLine
from assessments.queries.passed import own_part
from assessments.timescales import PASSED_ON, TO_AUTHORISE
from cases import passed_on
from lib import application_clock
from people.models import Person
from record import clocks as record_clocks
from record import events, flags, once, outbox
from record.errors import NotWhole, Refused
from record.models import ClockStop

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
        record_clocks.start(
            PASSED_ON,
            subject_kind=SUBJECT,
            subject_id=passed.pk,
            started_at=limit.started_at if limit else at,
            limit=limit.limit if limit else None,
            by=authority.user,
            child_id=line.child_id,
        )
        _tell("assessment.passed", passed, line.passed_to.pk, SUBJECT, passed.pk, at)
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
    passed = AssessmentPassed.objects.select_related("owner", "child").get(
        pk=passed_id, child__in=Person.objects.visible_to(by)
    )
    authority = passed_on.right_to_answer(
        child_id=passed.child_id, passed_to=passed.owner, by=by, at=at
    )
    if authority is None:
        raise PermissionDenied(f"You may not {Permission.RESTRICTED_ANSWER.label}.")
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
    if at < row.passed_at:
        raise Refused("The answer is before it was asked.")
    name = passed.child.name
    limit = record_clocks.earliest(record_clocks.running(subject_ids=[row.pk]))
    is_late = limit is not None and limit.due_at < at
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
    if is_late and not late_reason.strip():
        problems.append(("late_reason", "Say why this answer is late"))
    if problems:
        raise NotWhole(problems)
    row.part = part
    row.because = because.strip() if answer == AccountedBy.NOT_ASSESSED else ""
    row.answered_at, row.answered_by, row.answered_for = at, by, authority.acting_for
    row.save(update_fields=["part", "because", "answered_at", "answered_by", "answered_for"])
    record_clocks.stop(
        PASSED_ON,
        subject_id=row.pk,
        child_id=row.child_id,
        at=at,
        late_reason=late_reason.strip() if is_late else "",
    )
    events.append(
        "assessment.passed_answered",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=[row.child_id],
        data={"answer": answer},
    )
    told = {assessment.team.manager_id, assessment.authorised_by_id} - {None, by.pk}
    for user_id in sorted(each for each in told if each is not None):
        _tell("assessment.passed_answered", row, user_id, "assessment", assessment.pk, at)
    flags.look_again(at=at, child_ids=[row.child_id], codes=("F-STALE",))
    once.finish(token, row.pk)
    return row


def end_passed(assessment: Assessment, *, at: datetime) -> None:
    """Ask nobody any longer about an assessment that is abandoned."""
    for passed_id in assessment.passed.filter(answered_at__isnull=True).values_list(
        "pk", flat=True
    ):
        record_clocks.stop_all(subject_id=passed_id, at=at, reason=ClockStop.NOT_NEEDED)


def _tell(
    code: str,
    passed: AssessmentPassed,
    user_id: UUID,
    kind: str,
    subject_id: UUID,
    at: datetime,
) -> None:
    outbox.put(
        "notice",
        key=f"{code}:{passed.pk.hex}:{user_id.hex}",
        payload={
            "user_id": str(user_id),
            "code": code,
            "subject_kind": kind,
            "subject_id": str(subject_id),
        },
        at=at,
        subject_kind=kind,
        subject_id=subject_id,
    )
