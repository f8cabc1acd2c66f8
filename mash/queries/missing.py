"""What the pages of missing children show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.panels import Work
from cases.queries.work import my_teams
from lib.working_days import london_date
from mash.actions.missing import FINAL, episodes_within, reasons_for_discussion
from mash.models import MissingEpisode, ReturnInterview, StrategyDiscussion
from people.models import Person
from people.queries import HouseholdChild, age, children_of_households, records_of
from record import clocks, policy
from record.clocks import ClockView
from record.models import Clock

State = MissingEpisode.State


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do about an episode, and whether this reader may do it now."""

    name: str
    words: str
    is_mine: bool
    is_its_turn: bool
    is_done: bool

    @property
    def is_open(self) -> bool:
        return self.is_mine and self.is_its_turn


@dataclass(frozen=True, kw_only=True)
class EpisodePage:
    """One episode, ready to show."""

    episode: MissingEpisode
    interview: ReturnInterview | None
    heading: str
    reasons: list[str]
    number: int
    days: int
    due: list[ClockView]
    others: list[HouseholdChild]
    earlier: list[MissingEpisode]
    discussions: list[StrategyDiscussion]
    is_statutory: bool
    steps: list[Step]


def episodes(*, by: User) -> QuerySet[MissingEpisode]:
    """Episodes of children whose record `by` may read."""
    return MissingEpisode.objects.filter(child__in=Person.objects.visible_to(by)).select_related(
        "child", "contact"
    )


def episode_page(*, by: User, episode_id: UUID, at: datetime) -> EpisodePage:
    """Gather one episode, in a fixed number of queries.

    :raises MissingEpisode.DoesNotExist: none that `by` may see
    """
    episode = (
        episodes(by=by)
        .select_related("screened_by", "discussion_by", "closed_by", "closed_for", "recorded_by")
        .get(pk=episode_id)
    )
    interview = (
        ReturnInterview.objects.filter(episode=episode)
        .select_related("missing_again", "recorded_by")
        .prefetch_related("offers__by")
        .first()
    )
    on = london_date(at)
    days = policy.value("MIS-REPEAT-DAYS", at=at)
    ids = records_of(person_ids=[episode.child_id])
    discussions = (
        list(
            StrategyDiscussion.objects.filter(
                children__child__in=ids, called_at__gte=episode.missing_since
            )
            .distinct()
            .order_by("called_at", "pk")
        )
        if holds(by, Permission.STATUTORY_READ)
        else []
    )
    return EpisodePage(
        episode=episode,
        interview=interview,
        heading=f"{episode.child.name}, {age(episode.child, on=on)}",
        reasons=reasons_for_discussion(episode, at=at),
        number=episodes_within(episode, days=days),
        days=days,
        due=[
            clocks.arithmetic(clock, at)
            for clock in sorted(
                clocks.running(subject_ids=[episode.pk]), key=lambda clock: clock.due_at
            )
            if clock.rule != "MIS-SD-24H" or reads_statutory(by)
        ],
        others=[
            child
            for child in children_of_households(by=by, person_ids=[episode.child_id], on=on)
            if child.person_id not in ids
        ],
        earlier=list(
            episodes(by=by)
            .filter(child__in=ids, missing_since__lt=episode.missing_since)
            .select_related("interview")
            .order_by("-missing_since", "pk")[:20]
        ),
        discussions=discussions,
        is_statutory=reads_statutory(by),
        steps=_steps(by, episode, interview, at),
    )


def _steps(
    by: User, episode: MissingEpisode, interview: ReturnInterview | None, at: datetime
) -> list[Step]:
    records = holds(by, Permission.MISSING_RECORD)
    decides = holds(by, Permission.MISSING_DECIDE)
    is_over = interview is not None and interview.state in FINAL
    is_closed = episode.state == State.CLOSED
    waits = interview is not None and not is_over and not is_closed
    found = [
        Step(
            name="mash:missing_screen",
            words="Screen the episode",
            is_mine=records,
            is_its_turn=episode.screened_at is None,
            is_done=episode.screened_at is not None,
        ),
        Step(
            name="mash:missing_discussion",
            words="Decide whether a strategy discussion is needed",
            is_mine=decides,
            is_its_turn=episode.needs_discussion is None and not is_closed,
            is_done=episode.needs_discussion is not None,
        ),
        Step(
            name="mash:missing_return",
            words="Record the return",
            is_mine=records,
            is_its_turn=episode.returned_at is None,
            is_done=episode.returned_at is not None,
        ),
        Step(
            name="mash:missing_offer",
            words="Offer the return interview",
            is_mine=records,
            is_its_turn=waits,
            is_done=interview is not None
            and interview.state != ReturnInterview.State.TO_BE_OFFERED,
        ),
        Step(
            name="mash:missing_interview",
            words="Record the return interview",
            is_mine=records,
            is_its_turn=waits and bool(interview and interview.independent),
            is_done=interview is not None and interview.state == ReturnInterview.State.COMPLETED,
        ),
        Step(
            name="mash:missing_no_interview",
            words="Record that there is no interview",
            is_mine=records,
            is_its_turn=waits,
            is_done=is_over
            and interview is not None
            and interview.state != ReturnInterview.State.COMPLETED,
        ),
        Step(
            name="mash:missing_close",
            words="Decide about risk and close",
            is_mine=decides,
            is_its_turn=is_over and not is_closed,
            is_done=is_closed,
        ),
    ]
    if reads_statutory(by):
        return found
    return [step for step in found if step.name != "mash:missing_discussion"]


def reads_statutory(by: User) -> bool:
    """Early help sees nothing of strategy discussions (domain.md section 3)."""
    return any(
        holds(by, right)
        for right in (
            Permission.STATUTORY_READ,
            Permission.CONTACT_CREATE,
            Permission.EXPLOITATION_DECIDE,
        )
    )


def open_episodes(*, by: User) -> QuerySet[MissingEpisode]:
    """Who is missing now, longest first, then those whose interview or closing waits."""
    return (
        episodes(by=by)
        .exclude(state=State.CLOSED)
        .select_related("interview")
        .order_by("state", "missing_since", "pk")
    )


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """One open episode in the list: its earliest limit, and what comes next."""

    episode: MissingEpisode
    due: ClockView | None
    next: str


def list_rows(rows: Sequence[MissingEpisode], *, by: User, at: datetime) -> list[ListRow]:
    """Give these episodes with what is due of each; one query."""
    limits = _limits(rows, by=by)
    return [
        ListRow(
            episode=row,
            due=clocks.arithmetic(limits[row.pk], at) if row.pk in limits else None,
            next=_next(row, limits.get(row.pk))[0],
        )
        for row in rows
    ]


def _limits(rows: Sequence[MissingEpisode], *, by: User) -> dict[UUID, Clock]:
    running = clocks.running(subject_ids=[row.pk for row in rows])
    is_statutory = reads_statutory(by)
    return {
        clock.subject_id: clock
        for clock in sorted(running, key=lambda one: one.due_at, reverse=True)
        if is_statutory or clock.rule != "MIS-SD-24H"
    }


def missing_of(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """The panel of a child's page: episodes, latest first."""
    rows = list(
        episodes(by=by)
        .filter(child__in=child_ids)
        .select_related("interview")
        .order_by("-missing_since", "pk")[:10]
    )
    return {
        "episodes": rows,
        "child_id": child_ids[0] if child_ids else None,
        "may_report": holds(by, Permission.MISSING_RECORD),
    }


def missing_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Episodes to screen, interviews to hold, episodes to close: of one's children and teams."""
    from django.urls import reverse

    records, decides = (
        holds(by, Permission.MISSING_RECORD),
        holds(by, Permission.MISSING_DECIDE),
    )
    if not records and not decides:
        return []
    mine = Q(child__allocations__worker=by, child__allocations__to_at__isnull=True)
    if decides:
        mine |= Q(
            child__responsibilities__team__in=my_teams(by=by, at=at),
            child__responsibilities__to_at__isnull=True,
        )
    rows = list(open_episodes(by=by).filter(mine).distinct()[:50])
    limits = _limits(rows, by=by)
    found = []
    for row in rows:
        due = limits.get(row.pk)
        verb, why = _next(row, due)
        found.append(
            Work(
                verb=verb,
                url=reverse("mash:missing", args=[row.pk]),
                who=row.child.name,
                why=why,
                due_at=due.due_at if due else None,
                warn_at=due.warn_at if due else None,
                very_late_at=due.very_late_at if due else None,
                rule=due.rule if due else "",
            )
        )
    return found


#: What the interview waits for, by its state.
INTERVIEW_NEXT = {
    ReturnInterview.State.TO_BE_OFFERED: "Offer the return interview",
    ReturnInterview.State.OFFERED: "Record the answer to the offered interview",
    ReturnInterview.State.ACCEPTED: "Hold the return interview",
}


def _next(row: MissingEpisode, limit: Clock | None) -> tuple[str, str]:
    if row.returned_at is None:
        verb = "Screen the missing episode"
        if row.screened_at is not None:
            is_asked = limit is not None and limit.rule == "MIS-SD-24H"
            verb = "Decide about a strategy discussion" if is_asked else "Record the return"
        return verb, "Missing now"
    interview = getattr(row, "interview", None)
    if interview is not None and interview.state not in FINAL:
        return INTERVIEW_NEXT[
            interview.state
        ], f"Interview: {interview.get_state_display().lower()}"
    return "Decide and close", "Returned; a manager closes the episode"
