"""An assessment as it is read: whom it is about, what was written, who was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Prefetch

from accounts.models import User
from assessments import sections
from assessments.choices import OPEN_STATES, AssessmentOutcome, AssessmentState
from assessments.models import (
    Assessment,
    AssessmentChild,
    AssessmentSubmission,
    AssessmentText,
    Checkpoint,
    CheckpointChild,
)
from assessments.queries.household import HouseholdLine, children_accounted
from assessments.timescales import CHECKPOINTS, TO_SEE
from cases.choices import RiskLevel
from cases.models import VisitChild
from cases.queries.stale import Stale, out_of_date, together
from lib import words
from lib.working_days import london_date
from people.choices import Stage
from people.models import Person
from people.queries import age, closed_to, display_people, records_of
from record import clocks, code_lists
from record.clocks import ClockView

FACTORS = "assessment_factor"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """When a child was seen in the time of an assessment, told from the visits."""

    times: int = 0
    alone: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    last_where: str = ""
    visits: tuple[VisitChild, ...] = ()

    @property
    def in_words(self) -> str:
        """ "Seen 3 times, alone twice; last Thu 5 March at school", or that the child was not."""
        if self.last_at is None:
            return "Not seen"
        alone = {0: "never alone", 1: "alone once", 2: "alone twice"}.get(
            self.alone, f"alone {self.alone} times"
        )
        times = {1: "once", 2: "twice"}.get(self.times, f"{self.times} times")
        where = f", {self.last_where}" if self.last_where else ""
        last = words.date_words(london_date(self.last_at))
        return f"Seen {times}, {alone}; last {last}{where}"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One child of the document with what heads the child's page."""

    row: AssessmentChild
    person: Person
    age: str
    seen: Seen
    factors: tuple[str, ...] = ()

    @property
    def child_id(self) -> UUID:
        return self.row.child_id

    @property
    def is_unborn(self) -> bool:
        return self.person.stage == Stage.UNBORN

    @property
    def first_name(self) -> str:
        """The name by which the boxes speak of the child."""
        return first_name(self.person)

    @property
    def heading(self) -> str:
        """Name and age: "Idris Example, 10"."""
        return f"{self.person.name}, {self.age}" if self.age else self.person.name


@dataclass(frozen=True, kw_only=True)
class Item:
    """What one box holds, as it is read."""

    key: str
    label: str
    words: str
    kind: str = "text"
    is_optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Read:
    """Some boxes as they are read: those with words, and the names of the gaps."""

    items: tuple[Item, ...] = ()

    @property
    def written(self) -> list[Item]:
        return [item for item in self.items if item.words]

    @property
    def gaps(self) -> list[str]:
        return [item.label for item in self.items if not item.words and not item.is_optional]


@dataclass(frozen=True, kw_only=True)
class ReadChild(Read):
    """What a section says about one child."""

    part: Part


@dataclass(frozen=True, kw_only=True)
class ReadSection(Read):
    """One section with what it says of the family and of each child."""

    code: str
    title: str
    children: tuple[ReadChild, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Document:
    """Everything of an assessment on its page, in a fixed number of queries."""

    assessment: Assessment
    parts: list[Part]
    sections: list[ReadSection]
    household: list[HouseholdLine]
    clocks: list[ClockView]
    checkpoints: list[Checkpoint]
    submissions: list[AssessmentSubmission]
    taken_out: list[AssessmentChild] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)

    @property
    def names(self) -> str:
        return names_of(self.parts)

    @property
    def clock(self) -> ClockView | None:
        """The limit within which it is to be authorised, the earliest of its children."""
        for clock in self.clocks:
            if clock.code in ("CFA-45", "CFA-RE"):
                return clock
        return None

    @property
    def missing(self) -> list[HouseholdLine]:
        """Children of the household whom nothing answers for yet."""
        return [line for line in self.household if line.is_missing]

    @property
    def is_over(self) -> bool:
        return self.assessment.state in (
            AssessmentState.AUTHORISED,
            AssessmentState.SUPERSEDED,
            AssessmentState.ABANDONED,
        )


def first_name(person: Person) -> str:
    """Give the name by which one speaks of a child."""
    return person.given_name or person.name


def names_of(parts: Sequence[Part]) -> str:
    """Give the names and ages of the children as one phrase, a common family name once."""
    return family_words([(part.person, part.age) for part in parts])


def family_words(people: Sequence[tuple[Person, str]]) -> str:
    """Give names with ages, "Idris, 10, Lina, 13, and Sami Example, 2"."""
    common = {person.family_name for person, _ in people if person.given_name}
    is_one = len(common) == 1 and len(people) > 1
    last = len(people) - 1
    return words.names_with_ages(
        (
            person.given_name if is_one and at < last and person.given_name else person.name,
            age_words,
        )
        for at, (person, age_words) in enumerate(people)
    )


def parts_of(assessment: Assessment, *, on: date) -> list[Part]:
    """List the children of an assessment, the eldest first, unborn last; three queries.

    Ages are those of the day it was authorised, once it is.
    """
    day = london_date(assessment.authorised_at) if assessment.authorised_at else on
    rows = list(
        assessment.children.filter(taken_out_at__isnull=True)
        .select_related("child", "referral")
        .prefetch_related("factors")
    )
    visits = seen_of(rows, until=assessment.authorised_at)
    parts = [
        Part(
            row=row,
            person=row.child,
            age=age(row.child, on=day),
            seen=visits.get(row.child_id, Seen()),
            factors=tuple(sorted(factor.code for factor in row.factors.all())),
        )
        for row in rows
    ]
    return sorted(parts, key=lambda part: _order(part.person))


def _order(person: Person) -> tuple[int, date, str]:
    if person.date_of_birth is not None:
        return (0, person.date_of_birth, str(person.pk))
    if person.stage == Stage.UNBORN:
        return (1, person.expected_on or date.max, str(person.pk))
    return (2, date.max, str(person.pk))


def seen_of(rows: Iterable[AssessmentChild], *, until: datetime | None = None) -> dict[UUID, Seen]:
    """Say of each child how often they were seen since the referral, told from visits; one query.

    :param until: leave out what came after, as when it was authorised
    """
    rows = list(rows)
    found: dict[UUID, list[VisitChild]] = {}
    since = {row.child_id: row.referral_on for row in rows}
    for visit in (
        VisitChild.objects.filter(child__in=since).select_related("visit__by").order_by("-at", "pk")
    ):
        if london_date(visit.at) < since[visit.child_id]:
            continue
        if until is not None and visit.at > until:
            continue
        found.setdefault(visit.child_id, []).append(visit)
    return {child_id: _seen(visits) for child_id, visits in found.items()}


def _seen(visits: Sequence[VisitChild]) -> Seen:
    seen = [visit for visit in visits if visit.was_seen]
    return Seen(
        times=len(seen),
        alone=sum(visit.was_seen_alone for visit in seen),
        first_at=seen[-1].at if seen else None,
        last_at=seen[0].at if seen else None,
        last_where=seen[0].visit.where if seen else "",
        visits=tuple(visits),
    )


def texts_of(assessment: Assessment) -> dict[tuple[UUID | None, str], AssessmentText]:
    """Give every box that holds something or once did, by child and key; one query."""
    return {
        (text.child_id, text.key): text
        for text in AssessmentText.objects.filter(assessment=assessment).select_related("by")
    }


def document(*, by: User, assessment: Assessment, at: datetime) -> Document:
    """Gather an assessment that `by` may read."""
    on = london_date(at)
    parts = parts_of(assessment, on=on)
    texts = texts_of(assessment)
    taken_out, hidden = taken_out_of(assessment, by=by)
    running = [
        clock
        for clock in clocks.of_subjects(
            subject_ids=[assessment.pk, *(part.row.referral_id for part in parts)]
        )
        if clock.subject_id == assessment.pk or clock.rule in TO_SEE
    ]
    return Document(
        assessment=assessment,
        parts=parts,
        sections=read_sections(assessment, parts, texts, on=on),
        household=children_accounted(assessment=assessment, on=on, by=by)
        if assessment.authorised_at is None
        else [],
        clocks=[
            clocks.arithmetic(clock, at)
            for clock in sorted(running, key=lambda one: (one.due_at, one.rule, one.pk))
        ],
        checkpoints=list(
            assessment.checkpoints.select_related("by", "acting_for", "oversight")
            .prefetch_related(
                Prefetch(
                    "children",
                    CheckpointChild.objects.exclude(child__in=hidden).select_related("child"),
                )
            )
            .order_by("at", "pk")
        ),
        submissions=list(
            assessment.submissions.select_related("by", "returned__by")
            .prefetch_related("returned__comments__child")
            .order_by("number")
        ),
        taken_out=[row for row in taken_out if row.child_id not in hidden],
        stale=together(
            out_of_date(
                by=by,
                at=at,
                subject_ids=[assessment.pk],
                child_ids=[part.child_id for part in parts]
                if assessment.state in OPEN_STATES
                else [],
            )
        ),
    )


def last_part(
    *, by: User, assessment: Assessment, child_id: UUID
) -> tuple[AssessmentChild, datetime] | None:
    """Give the child's part of the last authorised assessment that `by` may read, and when."""
    row = (
        AssessmentChild.objects.filter(
            child__in=list(records_of(person_ids=[child_id])),
            authorised_at__isnull=False,
            assessment__in=Assessment.objects.visible_to(by),
        )
        .exclude(assessment=assessment)
        .select_related("assessment__authorised_by")
        .order_by("-authorised_at", "pk")
        .first()
    )
    if row is None or row.authorised_at is None:
        return None
    return row, row.authorised_at


def taken_out_of(assessment: Assessment, *, by: User) -> tuple[list[AssessmentChild], set[UUID]]:
    """Give the parts that were taken out, and whom of them `by` may not know of.

    A child who is restricted since keeps nobody from the others' assessment, and is not in it.
    """
    rows = list(
        assessment.children.filter(taken_out_at__isnull=False)
        .select_related("child", "taken_out_by")
        .order_by("taken_out_at", "pk")
    )
    closed = closed_to(by=by, person_ids=[row.child_id for row in rows]) if rows else {}
    return rows, set(closed)


def read_sections(
    assessment: Assessment,
    parts: Sequence[Part],
    texts: Mapping[tuple[UUID | None, str], AssessmentText],
    *,
    on: date,
) -> list[ReadSection]:
    """Put what was written under its headings; empty boxes stay, so that a gap shows."""
    found = []
    for section in sections.sections(assessment.kind):
        if section.code == sections.CHECKPOINT_NOTES.code:
            continue
        found.append(
            ReadSection(
                code=section.code,
                title=section.title,
                items=tuple(
                    _item(box, texts.get((None, box.key)), "", on=on) for box in section.boxes
                ),
                children=tuple(
                    ReadChild(part=part, items=items)
                    for part in parts
                    if (items := _items_of_child(assessment, section, part, texts, on=on))
                ),
            )
        )
    return found


def _items_of_child(
    assessment: Assessment,
    section: sections.Section,
    part: Part,
    texts: Mapping[tuple[UUID | None, str], AssessmentText],
    *,
    on: date,
) -> tuple[Item, ...]:
    return tuple(
        _item(box, texts.get((part.child_id, box.key)), part.first_name, on=on)
        for code, box in sections.boxes_of_child(assessment.kind, is_unborn=part.is_unborn)
        if code == section.code
    )


def _item(box: sections.Box, text: AssessmentText | None, name: str, *, on: date) -> Item:
    return Item(
        key=box.key,
        label=box.label_for(name),
        words=shown(box.kind, text.words if text else "", on=on),
        kind=box.kind,
        is_optional=box.is_optional,
    )


def shown(kind: str, said: str, *, on: date) -> str:
    """Put what a box holds into words: the label of a choice, a date, or the text itself."""
    if not said or kind == "text":
        return said
    if kind == "risk":
        return str(RiskLevel(said).label) if said in RiskLevel.values else ""
    if kind == "outcome":
        return str(AssessmentOutcome(said).label) if said in AssessmentOutcome.values else ""
    if kind == "factors":
        return "; ".join(f"{code} {code_lists.label(FACTORS, code, on)}" for code in said.split())
    day = sections.day_of(said, on=on)
    return words.date_words(day, weekday=False) if day else said


def considered(*, by: User, assessment: Assessment) -> list[str]:
    """Say who belonged to the household on the day it was authorised; six queries or none."""
    if assessment.authorised_at is None:
        return []
    rows = list(assessment.members.select_related("passed_to").order_by("-is_child", "person_id"))
    people = display_people(
        [row.person_id for row in rows], by=by, on=london_date(assessment.authorised_at)
    )
    answers = set(
        assessment.passed.filter(answered_at__isnull=False).values_list("child_id", flat=True)
    )
    said = []
    for row in rows:
        who = people[row.person_id]
        name = f"{who.name}, {who.age}" if who.age else who.name
        how = row.get_accounted_by_display().lower() if row.is_child else row.get_role_display()
        because = f": {row.because}" if row.because and who.person is not None else ""
        answered = ", answered" if row.person_id in answers else ""
        said.append(f"{name}: {how}{answered}{because}" if how else name)
    return said


def next_checkpoint(read: Document) -> int:
    """Give the checkpoint that is to be recorded next: the first that runs or is not recorded."""
    running = {clock.code for clock in read.clocks if not clock.is_stopped}
    for number, rule in CHECKPOINTS.items():
        if rule in running:
            return number
    recorded = {checkpoint.number for checkpoint in read.checkpoints}
    return next((each for each in CHECKPOINTS if each not in recorded), max(CHECKPOINTS))
