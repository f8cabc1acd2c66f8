"""What is late in strategy discussions (domain.md 4.2)."""

from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.permissions import Permission
from cases.flags import manager_of
from mash.actions.strategy import SUBJECT
from mash.models import StrategyDiscussion, StrategyDiscussionChild
from record import flags
from record.flags import Fact, FlagRule, Select
from record.models import Clock, FlagSeverity


def discussion_not_held(at: datetime) -> Select:
    """A discussion was called and has not been held in time; each child of it is named."""
    return flags.select(
        StrategyDiscussionChild.objects.filter(
            discussion__state=StrategyDiscussion.State.CALLED, discussion__due_at__lt=at
        ),
        severity=FlagSeverity.CRITICAL,
        since="discussion__called_at",
        subject="discussion_id",
        owner="discussion__chair_id",
        manager=manager_of(),
        facts={
            "called_at": "discussion__called_at",
            "due_at": "discussion__due_at",
            "chair_id": "discussion__chair_id",
        },
    )


def without_quorum(at: datetime) -> Select:
    """Concluded without police or health, who have not contributed a working day later."""
    late: QuerySet[Clock] = Clock.objects.filter(
        rule="SD-QUORUM", stopped_at__isnull=True, due_at__lt=at
    )
    of_this = late.filter(subject_id=OuterRef("discussion_id"))
    return flags.select(
        StrategyDiscussionChild.objects.filter(discussion__in=late.values("subject_id")),
        severity=FlagSeverity.RED,
        since="discussion__concluded_at",
        subject="discussion_id",
        owner="discussion__chair_id",
        manager=manager_of(),
        facts={
            "concluded_at": "discussion__concluded_at",
            "due_at": Subquery(of_this.values("due_at")[:1]),
            "chair_id": "discussion__chair_id",
        },
    )


FLAGS = (
    FlagRule(
        code="F-SD-LATE",
        name="Strategy discussion not held",
        finding="The strategy discussion about {child} has not been held, {late} late",
        words="A strategy discussion is held the same day where it is red or about physical or"
        " sexual harm, otherwise by the end of the next working day",
        clears="It clears when the discussion is held or called off",
        subject_kind=SUBJECT,
        breaches=discussion_not_held,
        permission=Permission.STATUTORY_READ,
        told=("M", "HOS"),
        source="Local practice",
        limits=("SD-HOLD",),
        facts=(
            Fact("called_at", "Called", "moment"),
            Fact("due_at", "Due", "moment"),
            Fact("chair_id", "Chair", "user"),
        ),
        url_name="mash:discussion",
        url_words="Go to the discussion",
    ),
    FlagRule(
        code="F-SD-QUORUM",
        name="Concluded without police or health",
        finding="Police or health have not caught up on the discussion about {child}, {late} late",
        words="Police and health catch up on what was concluded without them by the end of the next"
        " working day",
        clears="It clears when those who were missing have contributed",
        subject_kind=SUBJECT,
        breaches=without_quorum,
        permission=Permission.STATUTORY_READ,
        told=("CHAIR", "HOS"),
        source="Our choice",
        limits=("SD-QUORUM",),
        facts=(
            Fact("concluded_at", "Concluded", "moment"),
            Fact("due_at", "Due", "moment"),
            Fact("chair_id", "Chair", "user"),
        ),
        url_name="mash:discussion",
        url_words="Go to the discussion",
    ),
)
