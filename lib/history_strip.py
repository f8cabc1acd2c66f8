"""The history of a family as a line: where each event stands, so that a template can draw it.

A pure module. Events keep their order; labels that would touch go up a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from lib.words import MONTHS, date_words

WIDTH = 800
LEFT = 20
RIGHT = 60
ROW = 15
CHARACTER = 7.4
APART = 8
LABEL_ROWS = 4
LEAST_YEARS = 2

Shape = Literal["square", "circle", "now"]


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """Something that happened: a contact is a circle, a referral, assessment or closure a square.

    :param words: said in full in the list; the label if left out
    """

    on: date
    label: str
    shape: Shape = "circle"
    words: str = ""


@dataclass(frozen=True, slots=True)
class HistorySpan:
    """A time open to us; no end while it still is."""

    start: date
    end: date | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One event as drawn."""

    x: float
    shape: Shape
    label: str
    label_x: float
    label_y: int
    anchor: str

    @property
    def left(self) -> float:
        """Where a square that stands on this point begins."""
        return self.x - 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One time open, as drawn."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Year:
    """The first of January of a year, as drawn."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The whole picture, with its title, its sentence and the same facts as lines."""

    id: str
    title: str
    description: str
    width: int
    height: int
    line_y: int
    line_end: int
    years: tuple[Year, ...]
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]


def draw(
    events: Sequence[HistoryEvent],
    *,
    today: date,
    spans: Sequence[HistorySpan] = (),
    strip_id: str = "history",
) -> Strip | None:
    """Lay out the events from the first year to today; nothing to draw gives None."""
    dates = [event.on for event in events] + [span.start for span in spans]
    if not dates:
        return None
    ordered = sorted(events, key=lambda event: (event.on, event.label))
    first = min([*dates, today])
    first_year = min(first.year, today.year - LEAST_YEARS + 1)
    start, end = date(first_year, 1, 1), max([*dates, today])
    scale = (WIDTH - LEFT - RIGHT) / max((end - start).days, 1)

    def place(day: date) -> float:
        return LEFT + (day - start).days * scale

    marks = [(place(event.on), event.shape, label) for event, label in _together(ordered)]
    marks.append((place(today), "now", "Today"))
    labelled, rows = _labels(marks)
    line_y = 14 + rows * ROW + 12
    spacing = max(1, (today.year - first_year) // 10)
    years = [
        Year(place(date(year, 1, 1)), str(year))
        for year in range(first_year, end.year + 1, spacing)
    ]
    bars = [
        Bar(place(span.start), max(place(span.end or today) - place(span.start), 2.0))
        for span in spans
    ]
    contacts = sum(event.shape == "circle" for event in events)
    others = len(events) - contacts
    return Strip(
        id=strip_id,
        title="What happened and when",
        description=(
            f"From {MONTHS[first.month - 1]} {first.year} until today: contacts {contacts},"
            f" referrals, assessments and closures {others}. The list below says the same."
        ),
        width=WIDTH,
        height=line_y + 32,
        line_y=line_y,
        line_end=WIDTH - 12,
        years=tuple(years),
        bars=tuple(bars),
        marks=tuple(
            Mark(x, shape, label, label_x, 14 + (rows - 1 - row) * ROW, anchor)
            for x, shape, label, label_x, row, anchor in labelled
        ),
        lines=tuple(
            [f"{date_words(event.on)}: {event.words or event.label}" for event in ordered]
            + [_span_words(span) for span in spans]
        ),
    )


def _labels(
    marks: Sequence[tuple[float, Shape, str]],
) -> tuple[list[tuple[float, Shape, str, float, int, str]], int]:
    """Give each label the lowest row where it touches no other, and say how many rows it took.

    From today backwards, so that the latest stand lowest and "Today" on the lowest row of all.
    """
    starts: list[float] = []
    placed: list[tuple[float, Shape, str, float, int, str]] = []
    for x, shape, label in reversed(marks):
        width = len(label) * CHARACTER
        left = min(max(x - width / 2, 2), WIDTH - width - 2)
        row = next((i for i, taken in enumerate(starts) if left + width + APART < taken), -1)
        if row == -1 and len(starts) < LABEL_ROWS:
            row = len(starts)
            starts.append(0)
        elif row == -1:
            row = max(range(LABEL_ROWS), key=lambda i: starts[i])
            left = max(min(left, starts[row] - APART - width), 2)
        starts[row] = left
        placed.append((x, shape, label, left + width / 2, row, "middle"))
    placed.reverse()
    return placed, len(starts)


def _together(events: Sequence[HistoryEvent]) -> list[tuple[HistoryEvent, str]]:
    """Give each event once with its label; the same thing on the same day is counted, "(2)"."""
    counted: dict[tuple[date, str, Shape], int] = {}
    for event in events:
        key = (event.on, event.label, event.shape)
        counted[key] = counted.get(key, 0) + 1
    return [
        (HistoryEvent(on, label, shape), f"{label} ({number})" if number > 1 else label)
        for (on, label, shape), number in counted.items()
    ]


def _span_words(span: HistorySpan) -> str:
    until = f"to {date_words(span.end)}" if span.end else "until now"
    return f"{span.words or 'Open to us'}: {date_words(span.start)} {until}"
