"""What early help asks of somebody, and what it shows on a child's page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.choices import Queue
from cases.models import WaitingGroup
from cases.panels import Work
from cases.queries.work import my_teams
from early_help.choices import EpisodeState
from early_help.models import Episode, EpisodeChild, Escalation, Offer, SafeCheck, StepUp
from early_help.queries.families import NOBODY, families
from early_help.queries.offers import undecided
from early_help.timescales import START_RULES
from record import clocks
from record.models import Clock

MOST = 50


def of_child(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """A child's early help, now and before (the panel of the child's page)."""
    rows = list(
        Episode.objects.filter(
            pk__in=EpisodeChild.objects.filter(child__in=child_ids).values("episode")
        )
        .select_related("worker", "team")
        .order_by("-requested_at", "pk")
    )
    readable = set(
        Episode.objects.visible_to(by)
        .filter(pk__in=[row.pk for row in rows])
        .values_list("pk", flat=True)
    )
    groups = {
        group.subject_id: group
        for group in WaitingGroup.objects.filter(
            queue=Queue.EARLY_HELP, subject_id__in=[row.pk for row in rows], ended_at=None
        )
    }
    return {
        "episodes": [
            {"episode": row, "waits": groups.get(row.pk), "may_read": row.pk in readable}
            for row in rows
        ]
    }


def early_help_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Requests to screen, safe-checks due, decisions and answers owed, one's own families."""
    if not holds(by, Permission.EARLY_HELP_WORK):
        return []
    found: list[tuple[Episode, str, str, str, Clock | None]] = []
    mine = Episode.objects.visible_to(by).filter(team__in=my_teams(by=by, at=at))
    if holds(by, Permission.EARLY_HELP_SCREEN):
        found += _to_screen(mine)
        found += _worse(mine)
        found += _declined(mine)
        found += _proposed(mine)
    found += _to_answer(mine, by=by)
    found += _to_check(mine, by=by, at=at)
    found += _first_visits(mine, by=by)
    found += _owed(mine, by=by)
    shown = families([row[0].pk for row in found], by=by)
    return [
        Work(
            verb=verb,
            url=reverse(f"early_help:{page}", args=[episode.pk]),
            who=shown.get(episode.pk, NOBODY).names,
            why=why,
            due_at=clock.due_at if clock else None,
            warn_at=clock.warn_at if clock else None,
            very_late_at=clock.very_late_at if clock else None,
            rule=clock.rule if clock else "",
        )
        for episode, verb, why, page, clock in found
    ]


def disputes(*, by: User, at: datetime) -> Sequence[Work]:
    """Refused step-ups put to this senior manager."""
    if not holds(by, Permission.WAITING_SETTLE, at=at):
        return []
    rows = list(
        Escalation.objects.filter(
            to=by, settled_at=None, step_up__episode__in=Episode.objects.visible_to(by)
        )
        .select_related("by", "step_up")
        .order_by("at", "pk")[:MOST]
    )
    shown = families([row.step_up.episode_id for row in rows], by=by)
    return [
        Work(
            verb="Answer",
            url=reverse("early_help:step_up_settle", args=[row.step_up.episode_id]),
            who=shown.get(row.step_up.episode_id, NOBODY).names,
            why=f"{row.by.full_name} disputes the MASH’s refusal of a step-up",
        )
        for row in rows
    ]


def to_screen(mine: QuerySet[Episode]) -> list[tuple[Episode, Clock | None]]:
    """Requests nobody has screened, earliest limit first, with the limit."""
    rows = list(
        mine.filter(state=EpisodeState.REQUESTED)
        .select_related("handover__from_team", "team")
        .order_by("requested_at", "pk")[:MOST]
    )
    running = {
        clock.subject_id: clock
        for clock in clocks.running(
            subject_ids=[pk for row in rows for pk in (row.pk, row.handover_id) if pk]
        )
        if clock.rule == "EH-SCR"
    }
    return [(row, running.get(row.handover_id or row.pk)) for row in rows]


def _to_screen(mine: QuerySet[Episode]) -> list[tuple[Episode, str, str, str, Clock | None]]:
    return [
        (row, "Screen", f"Early help asked for by: {row.get_asked_by_display()}", "screen", clock)
        for row, clock in to_screen(mine)
    ]


def _worse(mine: QuerySet[Episode]) -> list[tuple[Episode, str, str, str, Clock | None]]:
    checks = SafeCheck.objects.filter(
        found=SafeCheck.Found.WORSE, answer=None, episode__in=mine.filter(ended_at=None)
    ).select_related("episode", "by")
    return [
        (
            check.episode,
            "Decide what follows",
            f"{check.by.full_name} found the family worse off",
            "episode",
            None,
        )
        for check in checks.order_by("at", "pk")[:MOST]
    ]


def _declined(mine: QuerySet[Episode]) -> list[tuple[Episode, str, str, str, Clock | None]]:
    return [
        (
            decline.episode,
            "Decide: safe to close?",
            f"Declined after {decline.days_waited} working days: {decline.get_reason_display()}",
            "decide_decline",
            None,
        )
        for decline in undecided().filter(episode__in=mine.values("pk"))[:MOST]
    ]


def _proposed(mine: QuerySet[Episode]) -> list[tuple[Episode, str, str, str, Clock | None]]:
    rows = StepUp.objects.filter(state=StepUp.State.PROPOSED, episode__in=mine.values("pk"))
    return [
        (
            row.episode,
            "Decide on a step-up",
            f"{row.proposed_by.full_name} asks to step them up",
            "step_up_answer",
            None,
        )
        for row in rows.select_related("episode", "proposed_by").order_by("proposed_at", "pk")[
            :MOST
        ]
    ]


def _to_answer(
    mine: QuerySet[Episode], *, by: User
) -> list[tuple[Episode, str, str, str, Clock | None]]:
    offers = Offer.objects.filter(worker=by, answer="", episode__in=mine.values("pk"))
    return [
        (offer.episode, "Record the answer", "You were offered to the family", "answer", None)
        for offer in offers.select_related("episode").order_by("first_at", "pk")[:MOST]
    ]


def _first_visits(
    mine: QuerySet[Episode], *, by: User
) -> list[tuple[Episode, str, str, str, Clock | None]]:
    rows = list(
        mine.filter(worker=by, state=EpisodeState.ACCEPTED).order_by("next_due_at", "pk")[:MOST]
    )
    limits = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=[row.pk for row in rows])
        if clock.rule == "EH-1V"
    }
    return [
        (row, "Visit", "First visit: the family accepted", "episode", limits.get(row.pk))
        for row in rows
    ]


def _to_check(
    mine: QuerySet[Episode], *, by: User, at: datetime
) -> list[tuple[Episode, str, str, str, Clock | None]]:
    """Families who wait whose earliest limit is near: a safe-check, or help that must start."""
    groups = list(
        WaitingGroup.objects.filter(
            queue=Queue.EARLY_HELP,
            ended_at=None,
            next_warn_at__lte=at,
            subject_id__in=mine.filter(ended_at=None).values("pk"),
        ).order_by("next_due_at", "pk")[:MOST]
    )
    running: dict[UUID, list[Clock]] = {}
    for clock in clocks.running(subject_ids=[group.pk for group in groups]):
        running.setdefault(clock.subject_id, []).append(clock)
    episodes = mine.in_bulk([group.subject_id for group in groups])
    found: list[tuple[Episode, str, str, str, Clock | None]] = []
    orders = holds(by, Permission.WAITING_ORDER)
    for group in groups:
        episode = episodes[group.subject_id]
        for clock in running.get(group.pk, []):
            if clock.rule.startswith("EH-REVIEW") and clock.warn_at <= at:
                found.append(
                    (episode, "Record a safe-check", "The family waits", "safe_check", clock)
                )
            if orders and clock.rule in START_RULES and clock.due_at < at:
                why = f"{group.get_priority_display()} family past its limit"
                found.append((episode, "Read and offer", why, "episode", clock))
    return found


def _owed(
    mine: QuerySet[Episode], *, by: User
) -> list[tuple[Episode, str, str, str, Clock | None]]:
    rows = mine.filter(Q(pk__in=_to_tell()))
    if not holds(by, Permission.CONTACT_READ):
        rows = rows.filter(contact=None, asked_through=by)
    episodes = list(rows.order_by("requested_at", "pk")[:MOST])
    running = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=[row.pk for row in episodes])
        if clock.rule == "EH-FB"
    }
    return [
        (row, "Tell whoever asked", "They are owed an answer", "tell", running.get(row.pk))
        for row in episodes
    ]


def _to_tell() -> QuerySet[Any]:
    from early_help.models import ToTell

    return ToTell.objects.filter(told_at=None).values("episode")
