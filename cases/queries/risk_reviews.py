"""One child's risk review, and who may write it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import RoleAssignment, TeamMembership, User
from accounts.permissions import Permission, holds, roles_with
from cases.actions import changes
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    ChildRiskReview,
    Responsibility,
    RiskRating,
)
from cases.queries.change_page import may_review
from cases.queries.changes import title_of
from cases.queries.seen import Seen, last_seen
from lib.working_days import london_date
from people.models import Person
from people.queries import age, records_of
from record import clocks
from record.clocks import ClockView


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    """What stands beside a review while it is written."""

    review: ChildRiskReview
    heading: str
    change: ChangeOfCircumstance | None
    title: str
    clock: ClockView | None
    rating: RiskRating | None
    seen: Seen
    may_write: bool
    may_sign: bool
    may_give: bool

    @property
    def is_late(self) -> bool:
        return self.clock is not None and self.clock.is_late


def review(*, by: User, review_id: UUID) -> ChildRiskReview | None:
    """A review of a child whom `by` may see."""
    return (
        ChildRiskReview.objects.filter(pk=review_id, child__in=Person.objects.visible_to(by))
        .select_related("child", "owner", "completed_by", "completed_for", "countersigned_by")
        .first()
    )


def review_page(*, by: User, review: ChildRiskReview, at: datetime) -> ReviewPage:
    """Gather what a worker needs beside the questions: the event, the last rating, last seen."""
    change = (
        ChangeOfCircumstance.objects.select_related("person").get(pk=review.subject_id)
        if review.subject_kind == changes.SUBJECT
        else None
    )
    running = [
        clock
        for clock in clocks.running(subject_ids=[review.subject_id])
        if clock.child_id == review.child_id and clock.rule.startswith("COC-REVIEW")
    ]
    aged = age(review.child, on=london_date(at))
    is_to_do = review.state == ChildRiskReview.State.TO_DO
    return ReviewPage(
        review=review,
        heading=f"{review.child.name}, {aged}" if aged else review.child.name,
        change=change,
        title=title_of(change, by=by) if change is not None else "Review while waiting",
        clock=clocks.arithmetic(running[0], at) if running else None,
        rating=RiskRating.objects.filter(child__in=records_of(person_ids=[review.child_id]))
        .select_related("by")
        .order_by("-at", "-recorded_at")
        .first(),
        seen=last_seen(child_ids=[review.child_id])[review.child_id],
        may_write=is_to_do and may_review(review, by=by, at=at),
        may_sign=review.state == ChildRiskReview.State.COMPLETED
        and review.completed_by_id != by.pk
        and holds(by, Permission.RISK_REVIEW_DECIDE),
        may_give=is_to_do and holds(by, Permission.CHANGE_TRIAGE),
    )


def who_may_review(*, child_id: UUID, at: datetime) -> list[User]:
    """Who can be given a review: the child's workers, and those of the team that holds them."""
    on = london_date(at)
    roles = [str(role) for role in roles_with(Permission.RISK_REVIEW_WRITE)]
    able = RoleAssignment.objects.filter(role__in=roles, from_at__lte=at).exclude(to_at__lte=at)
    teams = Responsibility.objects.filter(child=child_id, to_at__isnull=True).values("team")
    members = (
        TeamMembership.objects.filter(team__in=teams, from_on__lte=on)
        .exclude(to_on__lt=on)
        .values("user")
    )
    workers = Allocation.objects.filter(child=child_id, to_at__isnull=True).values("worker")
    people = User.objects.filter(pk__in=able.values("user"), is_active=True)
    return list(
        (people.filter(pk__in=members) | people.filter(pk__in=workers))
        .distinct()
        .order_by("full_name", "pk")
    )
