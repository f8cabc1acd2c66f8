"""The lists of early help's first page: what to screen, and the families who are helped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from cases.queries.work import my_teams
from early_help.choices import EpisodeState, Route
from early_help.models import Episode
from early_help.queries.families import NOBODY, Family, families
from early_help.queries.work import to_screen
from record.clocks import ClockView, arithmetic, running

PAGE_LENGTH = 25
#: Who stand in a list of their own: what is to screen, and the queue. A family that is offered a
#: lead professional stands in no queue.
ELSEWHERE = Q(state=EpisodeState.REQUESTED) | Q(
    state__in=[EpisodeState.WAITING, EpisodeState.OFFERED], route=Route.TARGETED
)


@dataclass(frozen=True)
class EpisodeRow:
    """A family in a list, with its earliest limit."""

    episode: Episode
    family: Family
    clock: ClockView | None


@dataclass(frozen=True)
class FirstPage:
    """What stands on the first page."""

    to_screen: Sequence[EpisodeRow]
    helped: Sequence[EpisodeRow]
    number: int
    pages: int
    helped_total: int
    child_ids: list[UUID]


def first_page(*, by: User, at: datetime, mine_only: bool, page: int = 1) -> FirstPage:
    """Gather the first page for somebody who reads early help.

    :param mine_only: the families this person helps
    """
    seen = Episode.objects.visible_to(by).filter(ended_at=None)
    asked = to_screen(seen.filter(team__in=my_teams(by=by, at=at)))
    helped = seen.exclude(ELSEWHERE).select_related("worker", "team")
    if mine_only:
        helped = helped.filter(worker=by)
    total = helped.count()
    pages = max(1, -(-total // PAGE_LENGTH))
    number = min(max(1, page), pages)
    start = (number - 1) * PAGE_LENGTH
    rows = list(helped.order_by("next_due_at", "requested_at", "pk")[start : start + PAGE_LENGTH])
    shown = families([*(row.pk for row, _clock in asked), *(row.pk for row in rows)], by=by)
    limits = {
        clock.subject_id: clock
        for clock in reversed(running(subject_ids=[row.pk for row in rows]))
        if clock.rule != "EH-FB"
    }
    made_asked = [
        EpisodeRow(row, shown.get(row.pk, NOBODY), arithmetic(clock, at) if clock else None)
        for row, clock in asked
    ]
    made = [
        EpisodeRow(
            row,
            shown.get(row.pk, NOBODY),
            arithmetic(limits[row.pk], at) if row.pk in limits else None,
        )
        for row in rows
    ]
    return FirstPage(
        to_screen=made_asked,
        helped=made,
        number=number,
        pages=pages,
        helped_total=total,
        child_ids=[pk for row in (*made_asked, *made) for pk in row.family.child_ids],
    )
