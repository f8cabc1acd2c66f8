"""The household and relations of one person as a picture: where each symbol and line stands.

A pure module. Everybody has a cell of their own in a grid, so that symbols never overlap. Rows are
generations. The household fills one run of columns that nobody else stands in, so that one dashed
line can go round it. Lines of descent run between columns, never through a symbol or its words.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from textwrap import wrap
from typing import Final, Literal
from uuid import UUID

from people.choices import RelationshipKind as Kind
from people.choices import Sex
from people.kinship import COUPLES, SIBLINGS, Tie

CELL: Final = 132
HALF: Final = 15
LINE_HEIGHT: Final = 16
LETTERS: Final = 17
FONT_WIDTH: Final = 7.2
LANE: Final = 9
GAP: Final = 34
GUTTER: Final = 34
MARGIN: Final = 11.0
EDGE: Final = 16
PADDING: Final = 10

Shape = Literal["square", "circle", "triangle", "diamond"]

UP: Final[Mapping[str, int]] = {
    Kind.MOTHER: -1,
    Kind.FATHER: -1,
    Kind.PARENT: -1,
    Kind.STEP_PARENT: -1,
    Kind.FOSTER_CARER: -1,
    Kind.CARER: -1,
    Kind.AUNT_UNCLE: -1,
    Kind.GRANDPARENT: -2,
}
SAME: Final = COUPLES | SIBLINGS
DESCENT: Final = frozenset({Kind.MOTHER, Kind.FATHER, Kind.PARENT})


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the picture says of one person."""

    person_id: UUID
    name: str
    note: str
    sex: str
    is_unborn: bool = False
    is_child: bool = False
    is_dead: bool = False
    is_subject: bool = False
    is_here: bool = False
    is_hidden: bool = False
    born_on: date | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """One line of words under a symbol."""

    x: float
    y: float
    words: str
    css: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """One person as drawn; x and y are the middle of the symbol."""

    person_id: UUID
    shape: Shape
    x: float
    y: float
    is_subject: bool
    is_dead: bool
    is_here: bool
    labels: tuple[Label, ...]

    @property
    def points(self) -> str:
        """The corners, of a shape that has corners."""
        return _points(self.shape, self.x, self.y, HALF)

    @property
    def outer_points(self) -> str:
        """The corners of the second outline of this child."""
        return _points(self.shape, self.x, self.y, HALF + (9 if self.shape == "triangle" else 6))

    @property
    def cross(self) -> str:
        """The two strokes through somebody who died."""
        left, right = self.x - HALF, self.x + HALF
        top, bottom = self.y - HALF, self.y + HALF
        return (
            f"M{left:.1f} {top:.1f}L{right:.1f} {bottom:.1f}"
            f"M{right:.1f} {top:.1f}L{left:.1f} {bottom:.1f}"
        )

    @property
    def outer_radius(self) -> int:
        return HALF + 6

    @property
    def radius(self) -> int:
        return HALF

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the symbol with its words."""
        outer = HALF + 9
        bottom = max([self.y + outer, *(label.y + 4 for label in self.labels)])
        half = max([float(outer), *(len(label.words) * FONT_WIDTH / 2 for label in self.labels)])
        return (self.x - half, self.y - outer, self.x + half, bottom)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of descent or of a couple, as an SVG path."""

    path: str
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole genogram, for `templates/people/_genogram.html`."""

    width: float
    height: float
    title: str
    description: str
    symbols: tuple[Symbol, ...]
    lines: tuple[Line, ...]
    home: tuple[float, float, float, float] | None
    home_label: str
    id: str = "genogram"

    @property
    def home_width(self) -> float:
        return self.home[2] - self.home[0] if self.home else 0

    @property
    def home_label_x(self) -> float:
        return self.home[0] + 8 if self.home else 0

    @property
    def home_label_y(self) -> float:
        return self.home[3] - 8 if self.home else 0

    @property
    def home_height(self) -> float:
        return self.home[3] - self.home[1] if self.home else 0


def _points(shape: Shape, x: float, y: float, half: float) -> str:
    if shape == "triangle":
        corners = [(x, y - half), (x + half, y + half), (x - half, y + half)]
    elif shape == "diamond":
        half += 3
        corners = [(x, y - half), (x + half, y), (x, y + half), (x - half, y)]
    else:
        corners = [
            (x - half, y - half),
            (x + half, y - half),
            (x + half, y + half),
            (x - half, y + half),
        ]
    return " ".join(f"{px:.1f},{py:.1f}" for px, py in corners)


def shape_of(person: Drawn) -> Shape:
    """Square for a boy or man, circle for a girl or woman, triangle before birth, else diamond."""
    if person.is_hidden:
        return "diamond"
    if person.is_unborn:
        return "triangle"
    if person.sex == Sex.MALE:
        return "square"
    return "circle" if person.sex == Sex.FEMALE else "diamond"


def generations(people: Sequence[Drawn], ties: Sequence[Tie]) -> dict[UUID, int]:
    """Give the row of each person, the subject's being 0; those without a tie go by age."""
    steps: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    known = {person.person_id for person in people}
    for tie in ties:
        if tie.person_id not in known or tie.other_id not in known:
            continue
        up = 0 if tie.kind in SAME else UP.get(Kind(tie.kind))
        if up is not None:
            steps[tie.other_id].append((tie.person_id, up))
            steps[tie.person_id].append((tie.other_id, -up))
    subject = next((person for person in people if person.is_subject), people[0])
    rows = {subject.person_id: 0}
    child_row = 0 if subject.is_child or subject.is_unborn else 1
    starts = [
        (subject, 0),
        *(
            (person, child_row if person.is_child or person.is_unborn else child_row - 1)
            for person in sorted(people, key=lambda each: not each.is_here)
        ),
    ]
    for start, row in starts:
        if start.person_id in rows and start is not subject:
            continue
        rows.setdefault(start.person_id, row)
        waiting = deque([start.person_id])
        while waiting:
            current = waiting.popleft()
            for other, step in steps[current]:
                if other not in rows:
                    rows[other] = rows[current] + step
                    waiting.append(other)
    return rows


@dataclass
class _Grid:
    """Columns and rows under way; columns are counted from the left edge."""

    people: dict[UUID, Drawn]
    ties: list[Tie]
    rows: dict[UUID, int]
    column: dict[UUID, int] = field(default_factory=dict)
    home: tuple[int, int, int, int] | None = None

    def couples(self) -> list[tuple[UUID, UUID, bool | None]]:
        """Each pair of parents or partners once: apart (True), together (False), unsaid (None)."""
        found: dict[frozenset[UUID], bool | None] = {}
        for tie in self.ties:
            if tie.kind in COUPLES:
                pair = frozenset((tie.person_id, tie.other_id))
                is_over = tie.kind == Kind.EX_PARTNER
                found[pair] = is_over and found.get(pair) is not False
        for parents in self.parents().values():
            if len(parents) == 2:
                found.setdefault(parents, None)
        pairs = []
        for pair, apart in found.items():
            one, two = sorted(pair, key=lambda each: (self.column.get(each, 0), each))
            if self.rows[one] == self.rows[two]:
                pairs.append((one, two, apart))
        return sorted(pairs, key=lambda pair: (self.rows[pair[0]], pair[0], pair[1]))

    def parents(self) -> dict[UUID, frozenset[UUID]]:
        """Each child's mother and father who stand in a row above; at most two."""
        found: dict[UUID, list[UUID]] = defaultdict(list)
        for tie in self.ties:
            if tie.kind in DESCENT and self.rows[tie.person_id] < self.rows[tie.other_id]:
                known = found[tie.other_id]
                if tie.person_id not in known and len(known) < 2:
                    known.append(tie.person_id)
        return {child: frozenset(known) for child, known in found.items()}


def draw(
    people: Sequence[Drawn],
    ties: Sequence[Tie],
    *,
    home_label: str = "",
    picture_id: str = "genogram",
) -> Picture:
    """Lay out a family; the subject is one of `people`."""
    known = {person.person_id: person for person in people}
    inside = [tie for tie in ties if tie.person_id in known and tie.other_id in known]
    grid = _Grid(known, inside, generations(people, inside))
    _place(grid)
    return _drawn(grid, home_label=home_label, picture_id=picture_id)


# Columns


def _place(grid: _Grid) -> None:
    levels: dict[int, list[UUID]] = defaultdict(list)
    for person in sorted(grid.people.values(), key=_age_order):
        levels[grid.rows[person.person_id]].append(person.person_id)
    home_rows = [row for row, ids in levels.items() if any(grid.people[i].is_here for i in ids)]
    first, last = min(home_rows, default=0), max(home_rows, default=-1)
    left: dict[int, list[UUID]] = {}
    middle: dict[int, list[UUID]] = {}
    right: dict[int, list[UUID]] = {}
    side: dict[UUID, str] = {}
    for row in sorted(levels):
        ordered = _couples_together(grid, levels[row])
        here = [each for each in ordered if grid.people[each].is_here]
        away = [each for each in ordered if not grid.people[each].is_here]
        if not first <= row <= last:
            left[row], middle[row], right[row] = [], away, []
            continue
        left[row], right[row] = _sides(grid, here, away, side)
        middle[row] = _facing(grid, here, left[row], right[row])
    left_width = max((len(ids) for ids in left.values()), default=0)
    middle_width = max((len(ids) for ids in middle.values()), default=0)
    for row in levels:
        for place, each in enumerate(left[row]):
            grid.column[each] = left_width - len(left[row]) + place
        indent = (middle_width - len(middle[row])) // 2
        for place, each in enumerate(middle[row]):
            grid.column[each] = left_width + indent + place
        for place, each in enumerate(right[row]):
            grid.column[each] = left_width + middle_width + place
    if home_rows:
        grid.home = (left_width, first, left_width + middle_width - 1, last)


def _age_order(person: Drawn) -> tuple[date, str]:
    return (person.born_on or date.max, str(person.person_id))


def _couples_together(grid: _Grid, ids: Sequence[UUID]) -> list[UUID]:
    """Put partners beside each other where that is possible."""
    partners: dict[UUID, list[UUID]] = defaultdict(list)
    for one, two, _ in grid.couples():
        if one in ids and two in ids:
            partners[one].append(two)
            partners[two].append(one)
    ordered: list[UUID] = []
    # Whoever has one partner starts a chain, so that "his ex, he, his wife" stand in this order.
    for start in sorted(ids, key=lambda each: (len(partners[each]) != 1, list(ids).index(each))):
        current: UUID | None = start
        while current is not None and current not in ordered:
            ordered.append(current)
            current = next((each for each in partners[current] if each not in ordered), None)
    return ordered


def _sides(
    grid: _Grid, here: Sequence[UUID], away: Sequence[UUID], side: dict[UUID, str]
) -> tuple[list[UUID], list[UUID]]:
    """Part those who live elsewhere: the first partner to the left, children with their parents."""
    parents = grid.parents()
    left: list[UUID] = []
    right: list[UUID] = []
    for each in away:
        own = next((side[parent] for parent in sorted(parents.get(each, ())) if parent in side), "")
        goes = own or ("left" if len(left) <= len(right) and not parents.get(each) else "right")
        side[each] = goes
        (left if goes == "left" else right).append(each)
    return left, right


def _facing(
    grid: _Grid, here: Sequence[UUID], left: Sequence[UUID], right: Sequence[UUID]
) -> list[UUID]:
    """Turn the household's row so that partners and parents of those outside face them."""
    ordered = list(here)
    pairs = {frozenset((one, two)) for one, two, _ in grid.couples()}
    away = {
        parent
        for child, parents in grid.parents().items()
        if not grid.people[child].is_here
        for parent in parents
    }
    for each in here:
        if any(frozenset((each, other)) in pairs for other in left):
            ordered.remove(each)
            ordered.insert(0, each)
            break
    for each in reversed(here):
        is_bound = each in away or any(frozenset((each, other)) in pairs for other in right)
        if is_bound and (ordered[0] != each or not left):
            ordered.remove(each)
            ordered.append(each)
            break
    return ordered


# Lines and symbols


def _drawn(grid: _Grid, *, home_label: str, picture_id: str) -> Picture:
    rows = sorted(set(grid.rows.values()))
    heights = {
        row: max(len(_words(grid.people[each])) for each in grid.people if grid.rows[each] == row)
        for row in rows
    }
    above = _lanes(grid)
    tops: dict[int, float] = {}
    y = float(EDGE + PADDING)
    for row in rows:
        y += above[row] * LANE + HALF + 9
        tops[row] = y
        y += HALF + 12 + heights[row] * LINE_HEIGHT + GAP
    height = y - GAP + PADDING + LINE_HEIGHT + EDGE
    width = max(_middle(grid, each) for each in grid.people) + CELL / 2 + GUTTER + EDGE
    at = {each: (_middle(grid, each), tops[grid.rows[each]]) for each in grid.people}
    symbols = tuple(
        _symbol(grid.people[each], *at[each]) for each in sorted(at, key=lambda e: (at[e][::-1], e))
    )
    home = None
    if grid.home is not None:
        first, top, last, bottom = grid.home
        lowest = max(symbol.box[3] for symbol in symbols if grid.rows[symbol.person_id] == bottom)
        home = (
            EDGE + first * CELL + GUTTER - MARGIN,
            tops[top] - HALF - 9 - PADDING,
            EDGE + (last + 1) * CELL + GUTTER + MARGIN,
            lowest + PADDING + (LINE_HEIGHT if home_label else 0),
        )
    return Picture(
        width=width,
        height=height,
        title=_title(grid),
        description=_description(grid, home_label),
        symbols=symbols,
        lines=tuple(_lines(grid, at)),
        home=home,
        home_label=home_label,
        id=picture_id,
    )


def _middle(grid: _Grid, each: UUID) -> float:
    """Give where somebody stands across; a gutter on either side of the household."""
    column = grid.column[each]
    gutters = 0
    if grid.home is not None:
        first, _, last, _ = grid.home
        gutters = (column >= first) + (column > last)
    return EDGE + column * CELL + CELL / 2 + gutters * GUTTER


def _words(person: Drawn) -> list[tuple[str, str]]:
    """Give the lines under a symbol, with their style."""
    css = "fd-svg__strong" if person.is_subject else ""
    name = wrap(person.name, LETTERS, break_long_words=True) or ["Not named"]
    note = wrap(person.note, LETTERS + 1, break_long_words=True)
    return [(line, css) for line in name] + [(line, "fd-svg__small") for line in note]


def _symbol(person: Drawn, x: float, y: float) -> Symbol:
    labels = tuple(
        Label(x, y + HALF + 12 + (place + 1) * LINE_HEIGHT - 4, words, css)
        for place, (words, css) in enumerate(_words(person))
    )
    return Symbol(
        person_id=person.person_id,
        shape=shape_of(person),
        x=x,
        y=y,
        is_subject=person.is_subject,
        is_dead=person.is_dead,
        is_here=person.is_here,
        labels=labels,
    )


def _families(grid: _Grid) -> list[tuple[frozenset[UUID], list[UUID]]]:
    """Give each set of parents with their children, in a fixed order."""
    found: dict[frozenset[UUID], list[UUID]] = defaultdict(list)
    for child, parents in grid.parents().items():
        found[parents].append(child)
    return sorted(
        ((parents, sorted(children)) for parents, children in found.items()),
        key=lambda family: (sorted(family[0]), family[1]),
    )


def _orphans(grid: _Grid) -> list[list[UUID]]:
    """Give brothers and sisters in one row of whom no parent is drawn."""
    parents = grid.parents()
    group: dict[UUID, set[UUID]] = {}
    for tie in grid.ties:
        one, two = tie.person_id, tie.other_id
        is_bare = one not in parents and two not in parents
        if tie.kind in SIBLINGS and is_bare and grid.rows[one] == grid.rows[two]:
            joined = group.get(one, {one}) | group.get(two, {two})
            for each in joined:
                group[each] = joined
    unique = {frozenset(members) for members in group.values()}
    return [sorted(members) for members in sorted(unique, key=sorted)]


def _lanes(grid: _Grid) -> dict[int, int]:
    """Count the lines that run across above each row."""
    above: dict[int, int] = defaultdict(int)
    for one, two, _ in grid.couples():
        if abs(grid.column[one] - grid.column[two]) > 1:
            above[grid.rows[one]] += 1
    for _, children in _families(grid):
        for row in {grid.rows[child] for child in children}:
            above[row] += 1
    for members in _orphans(grid):
        above[grid.rows[members[0]]] += 1
    return above


def _lines(grid: _Grid, at: Mapping[UUID, tuple[float, float]]) -> Iterable[Line]:
    used: dict[int, int] = defaultdict(int)
    shift: dict[tuple[int, float], int] = defaultdict(int)

    def lane(row: int) -> float:
        used[row] += 1
        top = next(y for each, (_, y) in at.items() if grid.rows[each] == row)
        return top - HALF - 9 - used[row] * LANE + 2

    def between(row: int, x: float) -> float:
        """Give a place beside a column border that no other line of descent has taken."""
        shift[row, x] += 1
        taken = shift[row, x] - 1
        return x + (-1 if taken % 2 else 1) * 7 * ((taken + 1) // 2)

    joint: dict[frozenset[UUID], tuple[float, float]] = {}
    for one, two, apart in grid.couples():
        (x1, y1), (x2, _) = at[one], at[two]
        row = grid.rows[one]
        if abs(grid.column[one] - grid.column[two]) == 1:
            level = y1
            yield Line(f"M{x1 + HALF:.1f} {level:.1f}H{x2 - HALF:.1f}", is_dashed=apart is None)
        else:
            level = lane(row)
            yield Line(
                f"M{x1 + 5:.1f} {y1 - HALF:.1f}V{level:.1f}H{x2 - 5:.1f}V{y1 - HALF:.1f}",
                is_dashed=apart is None,
            )
        middle = (x1 + x2) / 2 if level == y1 else x1 + CELL / 2
        joint[frozenset((one, two))] = (middle, level)
        if apart:
            stroke = middle - 26 if level == y1 else middle + 20
            for offset in (0, 6):
                yield Line(f"M{stroke + offset - 4:.1f} {level + 8:.1f}l8 -16")
    for parents, children in _families(grid):
        yield from _descent(grid, at, parents, children, joint, lane=lane, between=between)
    for members in _orphans(grid):
        level = lane(grid.rows[members[0]])
        xs = sorted(at[each][0] for each in members)
        yield Line(f"M{xs[0]:.1f} {level:.1f}H{xs[-1]:.1f}")
        for each in members:
            x, y = at[each]
            yield Line(f"M{x:.1f} {level:.1f}V{y - HALF:.1f}")


def _descent(
    grid: _Grid,
    at: Mapping[UUID, tuple[float, float]],
    parents: frozenset[UUID],
    children: Sequence[UUID],
    joint: Mapping[frozenset[UUID], tuple[float, float]],
    *,
    lane: Callable[[int], float],
    between: Callable[[int, float], float],
) -> Iterable[Line]:
    """Draw from a couple, or from one parent's side, down to a bar over the children."""
    if parents in joint:
        x, y = joint[parents]
        start = f"M{x:.1f} {y:.1f}"
    else:
        lowest = max(parents, key=lambda each: (grid.rows[each], each))
        px, y = at[lowest]
        x = px + CELL / 2
        start = f"M{px + HALF:.1f} {y:.1f}"
    row = max(grid.rows[parent] for parent in parents)
    down = between(row, x)
    for child_row in sorted({grid.rows[child] for child in children}):
        level = lane(child_row)
        xs = sorted(at[child][0] for child in children if grid.rows[child] == child_row)
        yield Line(f"{start}H{down:.1f}V{level:.1f}")
        yield Line(f"M{min(down, *xs):.1f} {level:.1f}H{max(down, *xs):.1f}")
        for child in children:
            if grid.rows[child] == child_row:
                cx, cy = at[child]
                yield Line(f"M{cx:.1f} {level:.1f}V{cy - HALF:.1f}")


# Words


def _title(grid: _Grid) -> str:
    subject = next((p for p in grid.people.values() if p.is_subject), None)
    return f"The family of {subject.name}" if subject else "The family"


def _description(grid: _Grid, home_label: str) -> str:
    here = [p.name for p in sorted(grid.people.values(), key=_age_order) if p.is_here]
    away = [p.name for p in sorted(grid.people.values(), key=_age_order) if not p.is_here]
    said = []
    place = f" at {home_label}" if home_label else " in one household"
    if here:
        said.append(f"{_listed(here)} live{'s' if len(here) == 1 else ''}{place}.")
    if away:
        said.append(f"{_listed(away)} live{'s' if len(away) == 1 else ''} elsewhere.")
    said.append("The table has the same facts.")
    return " ".join(said)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def do_overlap(symbols: Sequence[Symbol]) -> bool:
    """Say whether any two symbols, with their words, touch."""
    boxes = [symbol.box for symbol in symbols]
    return any(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        for place, a in enumerate(boxes)
        for b in boxes[place + 1 :]
    )
