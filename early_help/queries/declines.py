"""Who declines, by how long they waited and with which priority."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from cases.choices import Priority, Queue, WaitingState
from cases.models import WaitingGroup
from early_help.choices import DeclineReason
from early_help.models import Decline
from lib.working_days import add_months, london_date
from record import calendar

#: Bands of working days waited: from, to and words.
BANDS: Sequence[tuple[int, int | None, str]] = (
    (0, 10, "Up to 10"),
    (11, 20, "11 to 20"),
    (21, 40, "21 to 40"),
    (41, 60, "41 to 60"),
    (61, None, "Over 60"),
)
FEWEST_FOR_A_SHARE = 10
MONTHS = 12


@dataclass(frozen=True)
class Cell:
    """How many families declined of those who started or declined."""

    declined: int
    ended: int

    @property
    def words(self) -> str:
        """Say "4 of 23, 17%"; without a share where there are too few."""
        if not self.ended:
            return "None"
        said = f"{self.declined} of {self.ended}"
        if self.ended < FEWEST_FOR_A_SHARE:
            return said
        return f"{said}, {round(100 * self.declined / self.ended)}%"


@dataclass(frozen=True)
class DeclineRates:
    """The table: a row for each band of wait, a cell for each priority and for all."""

    since: date
    until: date
    rows: Sequence[tuple[str, Sequence[Cell]]]
    total: Sequence[Cell]
    reasons: Sequence[tuple[str, int]]


def decline_rates(*, on: date) -> DeclineRates:
    """Count the waits that ended in the 12 months to a day, by start of help or decline.

    A family that declined and was then stepped up, because it was not safe to close, declined.
    The wait is in working days from the request to its end. Two queries.
    """
    since = add_months(on, -MONTHS)
    said_no = Decline.objects.filter(episode=OuterRef("subject_id"))
    ended = WaitingGroup.objects.filter(
        Q(state__in=[WaitingState.STARTED, WaitingState.DECLINED])
        | (Q(state=WaitingState.STEPPED_UP) & Exists(said_no)),
        queue=Queue.EARLY_HELP,
        ended_at__date__gt=since,
        ended_at__date__lte=on,
    )
    days = calendar.calendar()
    counts: dict[tuple[int, str], list[int]] = {}
    for since_at, ended_at, priority, state in ended.values_list(
        "since_at", "ended_at", "priority", "state"
    ):
        waited = days.working_days_between(london_date(since_at), london_date(ended_at or since_at))
        band = next(
            index
            for index, (_first, last, _words) in enumerate(BANDS)
            if last is None or waited <= last
        )
        cell = counts.setdefault((band, priority), [0, 0])
        cell[0] += state != WaitingState.STARTED
        cell[1] += 1
    rows = [
        (words, _cells([counts.get((band, each), [0, 0]) for each in Priority.values]))
        for band, (_first, _last, words) in enumerate(BANDS)
    ]
    total = _cells(
        [
            [
                sum(counts.get((band, each), [0, 0])[part] for band in range(len(BANDS)))
                for part in (0, 1)
            ]
            for each in Priority.values
        ]
    )
    reasons = (
        Decline.objects.filter(at__date__gt=since, at__date__lte=on)
        .values("reason")
        .annotate(number=Count("pk"))
        .order_by("-number", "reason")
    )
    return DeclineRates(
        since=since,
        until=on,
        rows=rows,
        total=total,
        reasons=[(str(DeclineReason(row["reason"]).label), row["number"]) for row in reasons],
    )


def _cells(parts: Sequence[Sequence[int]]) -> list[Cell]:
    found = [Cell(declined, ended) for declined, ended in parts]
    return [
        *found,
        Cell(sum(each.declined for each in found), sum(each.ended for each in found)),
    ]
