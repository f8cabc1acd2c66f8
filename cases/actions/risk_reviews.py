"""Risk to one child is thought about again: the same answers, for every child in its own words.

Asked for by a change of circumstance, or by the weekly review of a family that waits.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from accounts.permissions import Authority, Permission, authority, require
from cases import holding, passed_on, waiting
from cases.actions import changes
from cases.change_codes import ChangeOutcome
from cases.choices import RiskLevel, WorkerRole
from cases.looking_again import look_again
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    ChildRiskReview,
    Responsibility,
    RiskRating,
    WaitingEntry,
)
from cases.standing import acts_for
from lib import application_clock, words
from lib.words import age_in_years
from lib.working_days import london_date
from people.choices import Stage
from people.models import Person, Restriction
from people.queries import records_of
from record import clocks, events
from record.errors import Clash, NotWhole, Refused
from record.models import Clock

SUBJECT = "risk_review"
ALONE_FROM = 3


class AlreadyReviewed(Clash):
    """Somebody has completed the review, or it is no longer needed."""


@dataclass(frozen=True, kw_only=True)
class ReviewAnswers:
    """What the worker answers for one child (domain.md 5.2)."""

    what_changed: str
    effect: str
    risk_before: str
    risk_now: str
    protects: str
    recommendation: str
    was_seen: bool | None
    was_seen_alone: bool | None = None
    seen_at: datetime | None = None
    not_seen_because: str = ""
    next_attempt_on: date | None = None
    childs_view: str = ""
    is_assessment_right: bool | None = None
    assessment_why: str = ""
    is_plan_right: bool | None = None
    plan_why: str = ""


@transaction.atomic
def complete_review(
    *, by: User, at: datetime, review_id: UUID, answers: ReviewAnswers, late_reason: str = ""
) -> ChildRiskReview:
    """Record one child's review and the risk it finds; a child who waits is placed anew.

    :raises PermissionDenied: `by` may not write reviews
    :raises ChildRiskReview.DoesNotExist: `by` may not read the child's record
    :raises AlreadyReviewed: it is completed, or no longer needed
    :raises NotWhole: what is missing, naming the child
    """
    review, change, right = _locked(review_id, by=by, at=at)
    since = change.happened_on if change is not None else None
    problems = _problems(review, answers, since=since, at=at)
    limit = _limit(change, review)
    if limit is not None and at > limit.due_at and not late_reason.strip():
        problems.append(("late_reason", f"Say why the review of {review.child.name} is late"))
    if problems:
        raise NotWhole(problems)
    for name, value in asdict(answers).items():
        setattr(review, name, value)
    review.state = ChildRiskReview.State.COMPLETED
    review.late_reason = late_reason
    review.completed_at = at
    review.completed_by = right.user
    review.completed_for = right.acting_for
    review.save(
        update_fields=[
            *asdict(answers),
            "state",
            "late_reason",
            "completed_at",
            "completed_by",
            "completed_for",
        ]
    )
    _rate(review, change, right, at)
    events.append(
        "risk_review.completed",
        authority=right,
        at=at,
        subject_kind=SUBJECT,
        subject_id=review.pk,
        children=[review.child_id],
        data={"before": review.risk_before, "now": review.risk_now},
    )
    if change is not None:
        if limit is not None:
            clocks.stop(
                limit.rule,
                subject_id=change.pk,
                child_id=review.child_id,
                at=at,
                late_reason=late_reason,
            )
        if (
            answers.was_seen
            and answers.seen_at
            and london_date(answers.seen_at) >= change.happened_on
        ):
            changes.stop_seen(change, review.child_id, at=answers.seen_at)
        changes.sync_children(change, authority=right, at=at)
    look_again(at=at, child_ids=[review.child_id], codes=changes.FLAGS)
    return review


def _locked(
    review_id: UUID, *, by: User, at: datetime
) -> tuple[ChildRiskReview, ChangeOfCircumstance | None, Authority]:
    found = ChildRiskReview.objects.filter(child__in=Person.objects.visible_to(by)).get(
        pk=review_id
    )
    right = right_to_write(found, by=by, at=at)
    change = None
    if found.subject_kind == changes.SUBJECT:
        change = changes.lock(found.subject_id)
    else:
        holding.lock([found.child_id])
    review = (
        ChildRiskReview.objects.select_for_update(of=("self",))
        .select_related("child", "completed_by")
        .get(pk=review_id)
    )
    if review.state != ChildRiskReview.State.TO_DO:
        who = review.completed_by.full_name if review.completed_by else ""
        raise AlreadyReviewed(
            f"{who} has completed the review of {review.child.name}."
            if who
            else f"The review of {review.child.name} is no longer needed.",
            by_name=who,
            at=review.completed_at,
        )
    return review, change, right


def right_to_write(review: ChildRiskReview, *, by: User, at: datetime) -> Authority:
    """The right by which `by` writes a child's review.

    Whose it is; whoever works with the child; workers of the team that holds the child; EDT. Of
    a restricted child: whoever holds the restriction, or stands for them.

    :raises PermissionDenied: none of these
    """
    may = authority(by, Permission.RISK_REVIEW_WRITE, at=at)
    if review.owner_id == by.pk:
        own = (
            may
            or authority(by, Permission.RISK_REVIEW_DECIDE, at=at)
            or authority(by, Permission.CHANGE_TRIAGE, at=at)
        )
        if own is not None:
            return own
    if Restriction.objects.filter(person=review.child_id, ended_at__isnull=True).exists():
        stands = passed_on.right_to_answer(
            child_id=review.child_id, passed_to=review.owner, by=by, at=at
        )
        if stands is None:
            raise PermissionDenied("Whoever holds the restriction reviews the risk to this child.")
        return stands
    if may is None:
        raise PermissionDenied(f"You may not {Permission.RISK_REVIEW_WRITE.label}.")
    live = {"child__in": list(records_of(person_ids=[review.child_id])), "to_at__isnull": True}
    if Allocation.objects.filter(worker=by, **live).exists():
        return may
    held = Responsibility.objects.filter(**live).select_related("team").first()
    if held is None:
        return may
    right = acts_for(held.team, by=by, permission=Permission.RISK_REVIEW_WRITE, at=at)
    if right is None:
        raise PermissionDenied("The child's worker or their team reviews the risk to this child.")
    return right


def _problems(
    review: ChildRiskReview, answers: ReviewAnswers, *, since: date | None, at: datetime
) -> list[tuple[str, str]]:
    """Say which answers are missing, naming the child.

    :param since: the day of the event, where the review is of a change
    """
    name = review.child.name
    found = [
        (field, f"{sentence} {name}")
        for field, sentence in (
            ("what_changed", "Say what changed for"),
            ("effect", "Say what it means for"),
        )
        if not getattr(answers, field).strip()
    ]
    found += [
        (field, f"Choose how great the risk to {name} is {when}")
        for field, when in (("risk_before", "before"), ("risk_now", "now"))
        if getattr(answers, field) not in RiskLevel.values
    ]
    found += _seen_problems(review.child, answers, since=since, at=at)
    found += [
        (field, f"{sentence} {name}")
        for field, sentence in (("protects", "Say what protects"),)
        if not getattr(answers, field).strip()
    ]
    for field, why, what in (
        ("is_assessment_right", "assessment_why", "assessment"),
        ("is_plan_right", "plan_why", "plan or safety plan"),
    ):
        if getattr(answers, field) is None:
            found.append((field, f"Say whether the {what} is still right for {name}"))
        elif getattr(answers, field) is False and not getattr(answers, why).strip():
            found.append((why, f"Say what in the {what} is no longer right for {name}"))
    if not answers.recommendation.strip():
        found.append(("recommendation", f"Say what you recommend for {name}"))
    return found


def _seen_problems(
    child: Person, answers: ReviewAnswers, *, since: date | None, at: datetime
) -> list[tuple[str, str]]:
    name = child.name
    if answers.was_seen is None:
        return [("was_seen", f"Say whether {name} was seen")]
    found: list[tuple[str, str]] = []
    if not answers.was_seen:
        if not answers.not_seen_because.strip():
            found.append(("not_seen_because", f"Say why {name} was not seen"))
        if answers.next_attempt_on is None:
            found.append(("next_attempt_on", f"Say when you next try to see {name}"))
        elif answers.next_attempt_on < london_date(at):
            found.append(("next_attempt_on", "The next attempt is today or later"))
        return found
    if answers.seen_at is None:
        found.append(("seen_at", f"Say when {name} was seen"))
    elif answers.seen_at > application_clock.now():
        found.append(("seen_at", "This time has not come yet. Enter when it happened"))
    elif since is not None and london_date(answers.seen_at) < since:
        found.append(
            (
                "seen_at",
                f"{name} was seen before it happened on {words.date_words(since, weekday=False)}."
                " Say “No”, or correct the time",
            )
        )
    if answers.was_seen_alone is None:
        found.append(("was_seen_alone", f"Say whether {name} was seen alone"))
    elif (
        not answers.was_seen_alone
        and is_seen_alone(child, at=at)
        and not answers.not_seen_because.strip()
    ):
        found.append(("not_seen_because", f"Say why {name} was not seen alone"))
    if child.stage != Stage.UNBORN and not answers.childs_view.strip():
        found.append(
            ("childs_view", f"Say what {name} says or shows, or why nobody could find out")
        )
    return found


def is_seen_alone(child: Person, *, at: datetime) -> bool:
    """Say whether a child is old enough to be seen alone: 3 or older, or of unknown age."""
    if child.stage == Stage.UNBORN:
        return False
    born_on = child.date_of_birth
    return born_on is None or age_in_years(born_on, on=london_date(at)) >= ALONE_FROM


def _limit(change: ChangeOfCircumstance | None, review: ChildRiskReview) -> Clock | None:
    if change is None:
        return None
    return next(
        (
            clock
            for clock in clocks.running(subject_ids=[change.pk])
            if clock.child_id == review.child_id and clock.rule.startswith("COC-REVIEW")
        ),
        None,
    )


def _rate(
    review: ChildRiskReview,
    change: ChangeOfCircumstance | None,
    right: Authority,
    at: datetime,
) -> None:
    entries = list(
        WaitingEntry.objects.filter(
            child__in=list(records_of(person_ids=[review.child_id])),
            ended_at__isnull=True,
            group__ended_at__isnull=True,
        )
        .select_related("group")
        .order_by("group_id")
    )
    for entry in entries:
        group = entry.group
        placed = waiting.rate(
            authority=right,
            at=at,
            group=group,
            risks={entry.child_id: (review.risk_now, review.effect)},
            because_of=(SUBJECT, review.pk),
        )
        if change is not None and placed.risk_rank != group.risk_rank:
            changes.write_consequence(
                authority=right,
                at=at,
                change_id=change.pk,
                kind=ChangeOutcome.URGENCY,
                subject_kind="waiting",
                subject_id=group.pk,
                child_ids=[review.child_id],
            )
    if not entries:
        RiskRating.objects.create(
            child_id=review.child_id,
            level=review.risk_now,
            why=review.effect,
            subject_kind=SUBJECT,
            subject_id=review.pk,
            by=right.user,
            at=at,
            recorded_at=application_clock.now(),
        )


@transaction.atomic
def countersign_review(*, by: User, at: datetime, review_id: UUID) -> ChildRiskReview:
    """Sign another's completed review.

    :raises PermissionDenied: `by` may not sign reviews
    :raises Refused: not completed, signed already, or their own
    """
    right = require(by, Permission.RISK_REVIEW_DECIDE, at=at)
    review = (
        ChildRiskReview.objects.select_for_update(of=("self",))
        .select_related("child")
        .filter(child__in=Person.objects.visible_to(by))
        .get(pk=review_id)
    )
    if review.state != ChildRiskReview.State.COMPLETED:
        raise Refused(f"There is nothing to sign: {review.get_state_display().lower()}.")
    if review.completed_by_id == by.pk:
        raise Refused("You wrote this review, so somebody else signs it.")
    review.state = ChildRiskReview.State.COUNTERSIGNED
    review.countersigned_at = at
    review.countersigned_by = by
    review.save(update_fields=["state", "countersigned_at", "countersigned_by"])
    events.append(
        "risk_review.countersigned",
        authority=right,
        at=at,
        subject_kind=SUBJECT,
        subject_id=review.pk,
        children=[review.child_id],
    )
    return review


@transaction.atomic
def give_review(*, by: User, at: datetime, review_id: UUID, to_id: UUID) -> ChildRiskReview:
    """Give a review to another worker; its limit does not move. Whose it is already keeps it.

    :raises PermissionDenied: `by` may not triage changes
    :raises Refused: completed, or not somebody who may write reviews
    """
    right = require(by, Permission.CHANGE_TRIAGE, at=at)
    review = (
        ChildRiskReview.objects.select_for_update(of=("self",))
        .select_related("child")
        .filter(child__in=Person.objects.visible_to(by))
        .get(pk=review_id)
    )
    if review.state != ChildRiskReview.State.TO_DO:
        raise Refused(f"This review is {review.get_state_display().lower()}.")
    to = User.objects.get(pk=to_id)
    if authority(to, Permission.RISK_REVIEW_WRITE) is None:
        raise Refused(f"{to.full_name} may not write reviews. Choose another worker.", field="to")
    if not Person.objects.visible_to(to).filter(pk=review.child_id).exists():
        raise Refused(f"{to.full_name} may not read this child’s record.", field="to")
    if review.owner_id != to.pk:
        _pass_to(review, to, right, at)
    return review


def _pass_to(review: ChildRiskReview, to: User, right: Authority | None, at: datetime) -> None:
    review.owner = to
    review.save(update_fields=["owner"])
    events.append(
        "risk_review.given",
        authority=right,
        at=at,
        subject_kind=SUBJECT,
        subject_id=review.pk,
        children=[review.child_id],
        data={"to_user_id": str(to.pk)},
    )
    if review.subject_kind == changes.SUBJECT:
        changes.notify(
            "change.review_asked",
            to=to.pk,
            change=ChangeOfCircumstance.objects.get(pk=review.subject_id),
            at=at,
            key=str(review.pk),
            subject_kind=SUBJECT,
            subject_id=review.pk,
            child_id=review.child_id,
        )


def follow_worker(*, child_id: UUID, old_id: UUID, new: User, at: datetime) -> None:
    """Give what the worker before, or the manager without one, had to review to the new worker.

    Whoever holds a restriction keeps the review of that child.
    """
    if Restriction.objects.filter(person=child_id, ended_at__isnull=True).exists():
        return
    for review in ChildRiskReview.objects.filter(
        child=child_id, owner=old_id, state=ChildRiskReview.State.TO_DO
    ).order_by("pk"):
        _pass_to(review, new, None, at)


def leave_to_manager(*, user: User, by: User, at: datetime) -> None:
    """Give the reviews of somebody who no longer works here to each child's worker or manager.

    That of a restricted child stays: neither may read the record, and seniors review it. Answers
    `accounts.reactions.user_deactivated`.
    """
    closed = Restriction.objects.filter(person=OuterRef("child"), ended_at__isnull=True)
    for review in ChildRiskReview.objects.filter(
        ~Exists(closed), owner=user, state=ChildRiskReview.State.TO_DO
    ).order_by("pk"):
        lead = (
            Allocation.objects.filter(
                child=review.child_id,
                role=WorkerRole.LEAD,
                to_at__isnull=True,
                worker__is_active=True,
            )
            .select_related("worker")
            .first()
        )
        held = (
            Responsibility.objects.filter(child=review.child_id, to_at__isnull=True)
            .select_related("manager")
            .first()
        )
        if lead is not None and lead.worker_id != user.pk:
            _pass_to(review, lead.worker, None, at)
        elif held is not None:
            _pass_to(review, held.manager, None, at)


@transaction.atomic
def remind(*, by: User, at: datetime, review_id: UUID) -> ChildRiskReview:
    """Put a line on the home page of whoever owes a review, once a day.

    :raises Refused: nothing is owed any more
    """
    require(by, Permission.CHANGE_TRIAGE, at=at)
    review = (
        ChildRiskReview.objects.filter(child__in=Person.objects.visible_to(by))
        .select_related("owner")
        .get(pk=review_id)
    )
    if review.state != ChildRiskReview.State.TO_DO or review.subject_kind != changes.SUBJECT:
        raise Refused(f"This review is {review.get_state_display().lower()}.")
    changes.notify(
        "change.review_reminder",
        to=review.owner_id,
        change=ChangeOfCircumstance.objects.get(pk=review.subject_id),
        at=at,
        key=f"{review.pk}:{london_date(at)}",
        subject_kind=SUBJECT,
        subject_id=review.pk,
        child_id=review.child_id,
    )
    return review
