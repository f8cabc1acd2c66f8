"""Checkpoints on the way, submitting, and returning with what is missing (domain.md 2.7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, require
from assessments import clocks, sections
from assessments.actions.passed import pass_on
from assessments.actions.standing import (
    locked,
    locked_by_manager,
    may_write,
    tell,
)
from assessments.actions.writing import NotYours, keep_everything, refuse_closed
from assessments.choices import OPEN_STATES, AssessmentState, NextStep
from assessments.models import (
    Assessment,
    AssessmentComment,
    AssessmentReturn,
    AssessmentSubmission,
    Checkpoint,
    CheckpointChild,
)
from assessments.queries.check import check
from assessments.queries.document import Part, parts_of, texts_of
from assessments.timescales import CHECKPOINTS
from cases import actions as case_actions
from cases.actions import Direction, Rationale
from cases.choices import OversightKind, RiskLevel, WorkerRole
from cases.models import Allocation
from lib import application_clock, words
from lib.working_days import london_date
from record import events, once
from record.errors import Clash, NotWhole, Refused


@dataclass(frozen=True, kw_only=True)
class CheckpointLine:
    """What a checkpoint says of one child: seen, alone, and the risk that shows."""

    child_id: UUID
    was_seen: bool
    was_seen_alone: bool
    emerging_risk: str
    note: str
    not_because: str = ""


@dataclass(frozen=True, kw_only=True)
class Comment:
    """What a manager says about one section, or about one child's part."""

    section: str
    words: str
    child_id: UUID | None = None


# Checkpoints -------------------------------------------------------------------------------------


@transaction.atomic
def record_checkpoint(
    *,
    by: User,
    at: datetime,
    assessment_id: UUID,
    number: int,
    children: Sequence[CheckpointLine],
    other_parent: str,
    agencies: str,
    next_step: str,
    review_on: date,
    rationale: Rationale,
    directions: Sequence[Direction] = (),
    token: UUID | None = None,
) -> Checkpoint:
    """Record what a manager or practice supervisor found on the way: every child, one by one.

    :param number: 1, 2 or 3; 3 is met by submitting, too
    :param review_on: the new date agreed
    :raises PermissionDenied: `by` holds no checkpoints
    :raises NotWhole: names each child and each missing thing
    """
    assessment, authority = locked_by_manager(
        by, at, assessment_id, Permission.ASSESSMENT_CHECKPOINT
    )
    once.claim(token, user=by, action="assessments.checkpoint")
    if assessment.state not in OPEN_STATES:
        raise Refused("This assessment is over.")
    if number not in CHECKPOINTS:
        raise Refused("There are checkpoints 1, 2 and 3.")
    if at < assessment.started_at:
        raise Refused("The checkpoint is before the assessment was started.", field="at")
    parts = parts_of(assessment, on=london_date(at))
    problems = _checkpoint_problems(parts, children)
    for name, said, asked in (
        ("other_parent", other_parent, "Say whether the father or other parent takes part"),
        ("agencies", agencies, "Say which agencies were asked"),
    ):
        if not said.strip():
            problems.append((name, asked))
    if next_step not in NextStep.values:
        problems.append(("next_step", "Choose whether it carries on, stops early or escalates"))
    if review_on < london_date(at):
        problems.append(("review_on", "The day to look at it again is in the past"))
    if problems:
        raise NotWhole(problems)
    child_ids = [line.child_id for line in children]
    oversight = case_actions.write_oversight(
        authority=authority,
        at=at,
        kind=OversightKind.CHECKPOINT,
        child_ids=child_ids,
        rationale=rationale,
        directions=directions,
        look_again_on=review_on,
        subject_kind="assessment",
        subject_id=assessment.pk,
    )
    checkpoint = Checkpoint.objects.create(
        assessment=assessment,
        number=number,
        other_parent=other_parent,
        agencies=agencies,
        next_step=next_step,
        review_on=review_on,
        oversight=oversight,
        by=by,
        acting_for=authority.acting_for,
        at=at,
        recorded_at=application_clock.now(),
    )
    CheckpointChild.objects.bulk_create(
        CheckpointChild(
            checkpoint=checkpoint,
            child_id=line.child_id,
            was_seen=line.was_seen,
            was_seen_alone=line.was_seen_alone,
            not_because=line.not_because,
            emerging_risk=line.emerging_risk,
            note=line.note,
        )
        for line in children
    )
    assessment.review_on = review_on
    assessment.save(update_fields=["review_on"])
    for child_id in child_ids:
        clocks.stop(CHECKPOINTS[number], assessment_id=assessment.pk, child_id=child_id, at=at)
    clocks.place(assessment)
    tell(
        assessment,
        "assessment.checkpoint",
        sorted(workers_of(child_ids)),
        at,
        key=checkpoint.pk.hex[:12],
    )
    events.append(
        "assessment.checkpoint",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=child_ids,
        data={"number": number, "next_step": next_step},
    )
    once.finish(token, checkpoint.pk)
    return checkpoint


def _checkpoint_problems(
    parts: Sequence[Part], children: Sequence[CheckpointLine]
) -> list[tuple[str, str]]:
    problems = []
    given = {line.child_id: line for line in children}
    for part in parts:
        name, line = part.first_name, given.get(part.child_id)
        place = f"child-{part.child_id}"
        if line is None:
            problems.append((f"{place}-was_seen", f"Say whether {name} has been seen"))
            continue
        if not (line.was_seen and line.was_seen_alone) and not line.not_because.strip():
            what = "seen alone" if line.was_seen else "seen"
            problems.append(
                (f"{place}-not_because", f"Say why {name} has not been {what}, and when next")
            )
        if line.emerging_risk not in RiskLevel.values:
            problems.append((f"{place}-emerging_risk", f"Choose the risk that shows for {name}"))
        if not line.note.strip():
            problems.append((f"{place}-note", f"Say what is known so far for {name}"))
    if set(given) - {part.child_id for part in parts}:
        problems.append(("children", "One of the children has no part in this assessment"))
    return problems


# Submitting and returning ------------------------------------------------------------------------


@transaction.atomic
def submit(
    *, by: User, at: datetime, assessment_id: UUID, token: UUID | None = None
) -> AssessmentSubmission:
    """Give the document to the manager: every box filled, every child of the household answered.

    :raises PermissionDenied: `by` writes no assessments
    :raises NotWhole: names each child and each missing thing
    """
    require(by, Permission.ASSESSMENT_WRITE, at=at)
    once.claim(token, user=by, action="assessments.submit")
    assessment = locked(assessment_id, by)
    authority = may_write(assessment, by=by, at=at)
    if authority is None:
        raise NotYours(
            f"This assessment belongs to {assessment.team.name}. Whoever writes it submits it."
        )
    refuse_closed(assessment)
    if at < assessment.started_at:
        raise Refused("This is before the assessment was started.")
    found = check(by=by, assessment=assessment, at=at)
    if found.missing:
        raise NotWhole([(each.url, each.words) for each in found.missing])
    keep_everything(assessment)
    texts = texts_of(assessment)
    shared_on, not_shared = texts.get((None, "shared_on")), texts.get((None, "not_shared"))
    number = assessment.submissions.count() + 1
    sent = AssessmentSubmission.objects.create(
        assessment=assessment,
        number=number,
        shared_on=sections.day_of(shared_on.words, on=london_date(at)) if shared_on else None,
        not_shared_because=not_shared.words if not_shared else "",
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    assessment.state = AssessmentState.SUBMITTED
    assessment.save(update_fields=["state"])
    child_ids = _open_children(assessment)
    for child_id in child_ids:
        clocks.stop("CFA-CP3", assessment_id=assessment.pk, child_id=child_id, at=at)
    clocks.start_submitted(assessment, at=at, by=by)
    pass_on(assessment, found.household, authority=authority, at=at)
    clocks.place(assessment)
    tell(assessment, "assessment.submitted", [assessment.team.manager_id], at, key=str(number))
    events.append(
        "assessment.submitted",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=child_ids,
        data={"number": number},
    )
    once.finish(token, sent.pk)
    return sent


@transaction.atomic
def return_to_writer(
    *,
    by: User,
    at: datetime,
    assessment_id: UUID,
    missing: str,
    due_on: date,
    comments: Sequence[Comment] = (),
) -> AssessmentReturn:
    """Give it back with what is missing, section by section. Its clocks go on.

    :raises PermissionDenied: `by` may not authorise assessments
    :raises Refused: not submitted, nothing said, or a day in the past
    """
    assessment, authority = locked_by_manager(
        by, at, assessment_id, Permission.ASSESSMENT_AUTHORISE
    )
    sent = submitted(assessment, at)
    if not missing.strip():
        raise Refused("Say what is missing.", field="missing")
    if due_on < london_date(at):
        raise Refused("The day to have it back is in the past.", field="due_on")
    returned = AssessmentReturn.objects.create(
        submission=sent,
        missing=missing,
        due_on=due_on,
        by=by,
        acting_for=authority.acting_for,
        at=at,
        recorded_at=application_clock.now(),
    )
    AssessmentComment.objects.bulk_create(
        AssessmentComment(
            returned=returned,
            section=comment.section,
            child_id=comment.child_id,
            words=comment.words,
        )
        for comment in comments
        if comment.words.strip()
    )
    assessment.state = AssessmentState.RETURNED
    assessment.review_on = due_on
    assessment.save(update_fields=["state", "review_on"])
    clocks.stop("CFA-SUBMIT", assessment_id=assessment.pk, at=at)
    clocks.place(assessment)
    child_ids = _open_children(assessment)
    writers = {*workers_of(child_ids), sent.by_id}
    tell(assessment, "assessment.returned", sorted(writers), at, key=str(sent.number))
    events.append(
        "assessment.returned",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=child_ids,
        data={"number": sent.number},
    )
    return returned


def submitted(assessment: Assessment, at: datetime) -> AssessmentSubmission:
    """Give what the manager has to answer.

    :raises Clash: somebody authorised it meanwhile
    :raises Refused: it is not submitted
    """
    sent = assessment.submissions.select_related("by").order_by("-number").first()
    if assessment.state != AssessmentState.SUBMITTED or sent is None:
        if assessment.authorised_by is not None:
            raise Clash(
                f"{assessment.authorised_by.full_name} authorised this"
                f" {words.moment_words(assessment.authorised_at or at)}.",
                by_name=assessment.authorised_by.full_name,
                at=assessment.authorised_at,
            )
        raise Refused(
            f"This assessment is {assessment.get_state_display().lower()}."
            " It is authorised or returned once it is submitted."
        )
    if at < sent.at:
        raise Refused("This is before it was submitted.")
    return sent


def workers_of(child_ids: Collection[UUID]) -> set[UUID]:
    """Give the lead workers of these children, who are told."""
    return set(
        Allocation.objects.filter(
            child__in=child_ids, role=WorkerRole.LEAD, to_at__isnull=True
        ).values_list("worker_id", flat=True)
    )


def _open_children(assessment: Assessment) -> list[UUID]:
    return list(
        assessment.children.filter(is_open=True)
        .order_by("child_id")
        .values_list("child_id", flat=True)
    )
