"""How a family is helped, as its page and the pages of the work show it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q

from cases.models import VisitChild
from early_help.models import (
    AssessedChild,
    Assessment,
    Attendee,
    Episode,
    GoalProgress,
    Plan,
    PlanAction,
    PlanGoal,
    TeamMeeting,
)
from people.queries import Shown


def assessments(episode_id: UUID) -> list[Assessment]:
    """Every assessment, the last first, with its children."""
    return list(
        Assessment.objects.filter(episode=episode_id)
        .select_related("by")
        .prefetch_related(
            Prefetch(
                "children",
                AssessedChild.objects.select_related("child").order_by(
                    "child__date_of_birth", "pk"
                ),
            )
        )
        .order_by("-at", "-recorded_at")
    )


def current_plan(episode_id: UUID) -> Plan | None:
    """The plan as it stands, with goals and steps."""
    return (
        Plan.objects.filter(episode=episode_id)
        .select_related("by")
        .prefetch_related(
            Prefetch("goals", PlanGoal.objects.order_by("position")),
            Prefetch("goals__actions", PlanAction.objects.order_by("position")),
        )
        .order_by("-at", "-recorded_at")
        .first()
    )


def as_rows(plan: Plan) -> list[dict[str, Any]]:
    """The plan as the rows in which it is written; a goal stands on its first step."""
    return [
        {
            "goal": goal.goal if place == 0 else "",
            "what": step.what,
            "who": step.who,
            "by_on": step.by_on,
        }
        for goal in plan.goals.all()
        for place, step in enumerate(goal.actions.all())
    ]


def meetings(episode_id: UUID) -> list[TeamMeeting]:
    """Every meeting, the last first, with who came and how each goal stood."""
    return list(
        TeamMeeting.objects.filter(episode=episode_id)
        .select_related("by")
        .prefetch_related(
            Prefetch("attendees", Attendee.objects.order_by("position")),
            Prefetch(
                "progress",
                GoalProgress.objects.select_related("goal").order_by("goal__position"),
            ),
        )
        .order_by("-at", "-recorded_at")
    )


def contacts(episode: Episode, children: Sequence[Shown]) -> list[tuple[str, int, int]]:
    """How often each child was visited and seen while helped: name, seen, seen alone."""
    counted = {
        row["child"]: (row["seen"], row["alone"])
        for row in VisitChild.objects.filter(
            child__in=[child.person_id for child in children],
            visit__by=episode.worker_id,
            visit__at__gte=episode.requested_at,
        )
        .values("child")
        .annotate(
            seen=Count("pk", filter=Q(was_seen=True)),
            alone=Count("pk", filter=Q(was_seen_alone=True)),
        )
    }
    return [(child.name, *counted.get(child.person_id, (0, 0))) for child in children]
