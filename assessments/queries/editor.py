"""The editor of an assessment: one section, what stands beside it, and who else is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from assessments import sections
from assessments.choices import AssessmentState
from assessments.models import (
    Assessment,
    AssessmentChild,
    AssessmentComment,
    AssessmentReturn,
    AssessmentText,
    Presence,
    TextVersion,
    VisitUsed,
)
from assessments.queries.check import (
    Checked,
    Missing,
    Texts,
    missing_children,
    missing_words,
    same_words,
)
from assessments.queries.document import (
    Item,
    Part,
    Seen,
    first_name,
    last_part,
    names_of,
    parts_of,
    read_sections,
    shown,
    taken_out_of,
    texts_of,
)
from assessments.queries.household import HouseholdLine, children_accounted
from assessments.timescales import CHECKPOINTS, HERE_FOR, WRITING_FOR
from cases.models import Contact, ContactPerson
from cases.queries.stale import Stale, out_of_date, together
from lib import words
from lib.working_days import london_date
from people.choices import Stage
from people.queries import age
from record import clocks, events
from record.clocks import ClockView
from record.events import TimelineLine

HISTORY_LINES = 60


@dataclass(frozen=True, kw_only=True)
class Place:
    """One line of the list of sections: where it leads and how far it is."""

    code: str
    title: str
    url: str
    state: str
    is_here: bool = False
    is_late: bool = False
    child_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Somebody who has the editor open: reading, or writing in a box."""

    user: User
    where: str = ""
    text_id: UUID | None = None
    box: str = ""

    @property
    def in_words(self) -> str:
        """ "Pat Fixture is writing in “What Idris says and shows”"."""
        if self.where:
            return f"is writing in “{self.where}”"
        return "is reading this page"


@dataclass(frozen=True, kw_only=True)
class LastTime:
    """What the last authorised assessment of a child said, under the same headings."""

    part: AssessmentChild
    assessment: Assessment
    age: str
    items: tuple[Item, ...]
    by: str
    brought: frozenset[str] = frozenset()

    @property
    def at(self) -> datetime:
        """When it was authorised."""
        if self.part.authorised_at is None:
            raise ValueError("The last time is an authorised assessment.")
        return self.part.authorised_at


@dataclass(frozen=True, kw_only=True)
class EditorPage:
    """Everything on one page of the editor, in a fixed number of queries."""

    assessment: Assessment
    section: sections.Section
    part: Part | None
    parts: list[Part]
    texts: Mapping[tuple[UUID | None, str], AssessmentText]
    places: list[Place]
    checked: Checked
    household: list[HouseholdLine]
    clock: ClockView | None
    checkpoint: ClockView | None
    checkpoint_number: int
    writers: list[Writer]
    comments: list[AssessmentComment]
    returned: AssessmentReturn | None
    stale: list[Stale]
    last: LastTime | None
    contacts_since: int
    history: list[TimelineLine] = field(default_factory=list)
    used: frozenset[UUID] = frozenset()

    @property
    def names(self) -> str:
        return names_of(self.parts)

    @property
    def place(self) -> int:
        return next(number for number, each in enumerate(self.places) if each.is_here)

    @property
    def next_place(self) -> Place | None:
        """The section after this one, if there is one."""
        at = self.place + 1
        return self.places[at] if at < len(self.places) else None

    @property
    def joined(self) -> list[HouseholdLine]:
        """Children of the household whom nothing answers for yet."""
        return [line for line in self.household if line.is_missing]


def editor_page(
    *,
    by: User,
    assessment: Assessment,
    section: sections.Section,
    child_id: UUID | None,
    at: datetime,
) -> EditorPage | None:
    """Gather one page of the editor; nothing when the child has no part."""
    on = london_date(at)
    parts = parts_of(assessment, on=on)
    part = next((one for one in parts if one.child_id == child_id), None)
    if section.code == sections.CHILD and part is None:
        return None
    texts = texts_of(assessment)
    household = children_accounted(assessment=assessment, on=on, by=by)
    missing = missing_words(assessment, parts, texts, on=on)
    running = clocks.running(subject_ids=[assessment.pk])
    views = [clocks.arithmetic(clock, at) for clock in running]
    returned = _returned(assessment)
    hidden = taken_out_of(assessment, by=by)[1] if returned else set()
    last = last_time(by=by, assessment=assessment, part=part or parts[0], section=section)
    numbers = {rule: number for number, rule in CHECKPOINTS.items()}
    checkpoint = next((view for view in views if view.code in numbers), None)
    return EditorPage(
        assessment=assessment,
        section=section,
        part=part,
        parts=parts,
        texts=texts,
        places=places(assessment, parts, texts, missing, section=section, part=part),
        checked=Checked(
            missing=[*missing, *missing_children(assessment, household)],
            same=same_words(assessment, parts, texts),
            unseen=[],
            household=household,
        ),
        household=household,
        clock=next((view for view in views if view.code in ("CFA-45", "CFA-RE")), None),
        checkpoint=checkpoint,
        checkpoint_number=numbers[checkpoint.code] if checkpoint else 0,
        writers=writers(by=by, assessment=assessment, parts=parts, at=at),
        comments=[
            comment
            for comment in (returned.comments.all() if returned else ())
            if comment.section == section.code
            and comment.child_id not in hidden
            and (comment.child_id is None or part is None or comment.child_id == part.child_id)
        ],
        returned=returned,
        stale=together(
            out_of_date(
                by=by,
                at=at,
                subject_ids=[assessment.pk],
                child_ids=[part.child_id for part in parts],
            )
        ),
        last=last,
        contacts_since=_contacts_since(by, parts, last) if last else 0,
        history=history(by=by, assessment=assessment, parts=parts)
        if section.code == "history"
        else [],
        used=frozenset(
            VisitUsed.objects.filter(
                text__assessment=assessment, text__child=part.child_id
            ).values_list("visit_id", flat=True)
        )
        if part
        else frozenset(),
    )


def places(
    assessment: Assessment,
    parts: Sequence[Part],
    texts: Mapping[tuple[UUID | None, str], AssessmentText],
    missing: Sequence[Missing],
    *,
    section: sections.Section | None = None,
    part: Part | None = None,
) -> list[Place]:
    """List the sections with how far each is; a child is a section, so that a gap shows."""
    gaps: dict[tuple[str, UUID | None], int] = {}
    for gap in missing:
        at = (gap.section, gap.child_id if gap.section == sections.CHILD else None)
        gaps[at] = gaps.get(at, 0) + 1
    written = {key for key, text in texts.items() if text.words}
    found = []
    for each in sections.sections(assessment.kind):
        if each.code != sections.CHILD:
            keys: list[tuple[UUID | None, str]] = [(None, box.key) for box in each.boxes]
            keys += [(one.child_id, box.key) for one in parts for box in each.child_boxes]
            found.append(
                Place(
                    code=each.code,
                    title=each.title,
                    url=reverse("assessments:write", args=[assessment.pk, each.code]),
                    state=_state(
                        is_written=any(key in written for key in keys),
                        gaps=gaps.get((each.code, None), 0),
                        is_optional=each.code == sections.CHECKPOINT_NOTES.code or not keys,
                    ),
                    is_here=section is not None and section.code == each.code,
                )
            )
            continue
        for one in parts:
            boxes = [
                box
                for box in sections.child_boxes(assessment.kind, is_unborn=one.is_unborn)
                if box.key != "risk_why"
            ]
            done = sum((one.child_id, box.key) in written for box in boxes)
            is_seen = bool(one.seen.times) or one.is_unborn
            found.append(
                Place(
                    code=sections.CHILD,
                    title=f"{one.first_name}, {one.age}" if one.age else one.first_name,
                    url=reverse("assessments:write_child", args=[assessment.pk, one.child_id]),
                    state=_child_state(done, len(boxes), is_seen=is_seen),
                    is_here=part is not None and part.child_id == one.child_id,
                    is_late=not is_seen,
                    child_id=one.child_id,
                )
            )
    return found


def _state(*, is_written: bool, gaps: int, is_optional: bool) -> str:
    if is_optional:
        return "Written" if is_written else "Optional"
    if not gaps:
        return "Written"
    return "Started" if is_written else "Not started"


def _child_state(done: int, of: int, *, is_seen: bool) -> str:
    said = f"{done} of {of} parts" if done else "Not started"
    return said if is_seen else f"{said}, not seen"


def writers(
    *, by: User, assessment: Assessment, parts: Sequence[Part], at: datetime
) -> list[Writer]:
    """List who else has the editor open, or typed in a box a moment ago; one query."""
    names = {part.child_id: part for part in parts}
    found = []
    for here in (
        Presence.objects.filter(assessment=assessment, seen_at__gt=at - WRITING_FOR)
        .exclude(user=by)
        .select_related("user", "text")
        .order_by("user__full_name", "pk")
    ):
        text = here.text
        if text is not None and here.wrote_at is not None and here.wrote_at > at - WRITING_FOR:
            part = names.get(text.child_id) if text.child_id else None
            box = sections.box(
                assessment.kind,
                text.key,
                is_childs=text.child_id is not None,
                is_unborn=part is not None and part.is_unborn,
            )
            if box is not None:
                found.append(
                    Writer(
                        user=here.user,
                        where=box.label_for(part.first_name if part else ""),
                        text_id=text.pk,
                        box=f"child-{text.child_id}-{text.key}" if text.child_id else text.key,
                    )
                )
                continue
        if here.seen_at > at - HERE_FOR:
            found.append(Writer(user=here.user))
    return found


@dataclass(frozen=True, kw_only=True)
class BoxNote:
    """What stands under a box that somebody else is writing in, or wrote in meanwhile."""

    name: str
    words: str


def notes(
    *,
    by: User,
    assessment: Assessment,
    parts: Sequence[Part],
    found: Sequence[Writer],
    place: str,
    since: datetime | None,
) -> list[BoxNote]:
    """Say at each box of a page of the editor whether somebody else is or was at it; one query.

    :param place: the section, or "child-" and the child's id
    :param since: when the page was opened
    """
    section = sections.section(assessment.kind, place)
    names: list[tuple[UUID | None, str]] = []
    if section is not None:
        names += [(None, box.key) for box in section.boxes]
        names += [(part.child_id, box.key) for part in parts for box in section.child_boxes]
    for part in parts:
        if place == f"child-{part.child_id}":
            boxes = sections.child_boxes(assessment.kind, is_unborn=part.is_unborn)
            names += [(part.child_id, box.key) for box in boxes]
    writing = {writer.box: writer for writer in found if writer.box}
    texts = texts_of(assessment) if since is not None else {}
    said = []
    for child_id, key in names:
        name = f"child-{child_id}-{key}" if child_id else key
        text = texts.get((child_id, key))
        told = ""
        if name in writing:
            told = f"{writing[name].user.full_name} is writing here now."
        elif text is not None and since is not None and text.by_id != by.pk and text.at > since:
            told = (
                f"{text.by.full_name} wrote here at {words.time_words(text.at)}."
                " Open this page again to read it."
            )
        said.append(BoxNote(name=name, words=told))
    return said


def last_time(
    *, by: User, assessment: Assessment, part: Part, section: sections.Section
) -> LastTime | None:
    """Give what the last authorised assessment of this child said in this section.

    Read only and aligned by headings; what may be brought forward has the name of its box. Nothing
    is given when `by` may not read that document.
    """
    found = last_part(by=by, assessment=assessment, child_id=part.child_id)
    if found is None:
        return None
    row, authorised_at = found
    before = row.assessment
    texts = texts_of(before)
    then = Part(
        row=row,
        person=part.person,
        age=age(part.person, on=london_date(authorised_at)),
        seen=Seen(),
    )
    is_childs = section.code == sections.CHILD
    items = [
        *(
            item
            for each in read_sections(before, [then], texts, on=london_date(authorised_at))
            if each.code == section.code
            for item in (*each.items, *(item for one in each.children for item in one.items))
        )
    ]
    if section.code == sections.OUTCOME.code:
        items = _outcomes_then(before, texts, on=london_date(authorised_at))
    return LastTime(
        part=row,
        assessment=before,
        age=then.age,
        items=tuple(items),
        brought=frozenset(
            item.key
            for item in items
            if item.words
            and sections.may_be_brought(
                assessment.kind, item.key, is_childs=is_childs, is_unborn=part.is_unborn
            )
        ),
        by=before.authorised_by.full_name if before.authorised_by else "",
    )


def _outcomes_then(before: Assessment, texts: Texts, *, on: date) -> list[Item]:
    """Give what was authorised for each child of a document, and the child's factors."""
    sections_then = read_sections(before, parts_of(before, on=on), texts, on=on)
    outcome = next(each for each in sections_then if each.code == sections.OUTCOME.code)
    items = []
    for one in outcome.children:
        label = f"Outcome for {one.part.first_name}"
        items.append(Item(key="outcome", label=label, words=one.part.row.get_outcome_display()))
        items += [item for item in one.items if item.key == "factors"]
    return items


def history(*, by: User, assessment: Assessment, parts: Sequence[Part]) -> list[TimelineLine]:
    """Draw the chronology from the record: decisions, changes and children seen, newest first.

    Of an authorised assessment, as it was then.
    """
    lines = events.timeline(
        by=by,
        child_ids=[part.child_id for part in parts],
        kinds=["decision", "change", "seen"],
        before=assessment.authorised_at,
        limit=HISTORY_LINES,
    )
    until = assessment.authorised_at
    return [line for line in lines if until is None or line.recorded_at <= until]


def _returned(assessment: Assessment) -> AssessmentReturn | None:
    if assessment.state != AssessmentState.RETURNED:
        return None
    return (
        AssessmentReturn.objects.filter(submission__assessment=assessment)
        .select_related("by")
        .prefetch_related("comments__child")
        .order_by("-at", "pk")
        .first()
    )


def _contacts_since(by: User, parts: Sequence[Part], last: LastTime) -> int:
    return (
        Contact.objects.visible_to(by)
        .filter(
            received_at__gt=last.at,
            pk__in=ContactPerson.objects.filter(
                person__in=[part.child_id for part in parts], ended_at__isnull=True
            ).values("contact"),
        )
        .count()
    )


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One kept version of the words of a box."""

    at: datetime
    by: str
    because: str
    label: str
    words: str


def versions(*, by: User, assessment: Assessment, on: date) -> list[Kept]:
    """List every version that was kept and `by` may read, the latest first."""
    hidden = taken_out_of(assessment, by=by)[1]
    people = {row.child_id: row.child for row in assessment.children.select_related("child")}
    found = []
    for version in (
        TextVersion.objects.filter(text__assessment=assessment)
        .exclude(text__child__in=hidden)
        .select_related("text", "by")
        .order_by("-at", "-recorded_at", "pk")
    ):
        text = version.text
        child = people.get(text.child_id) if text.child_id else None
        box = sections.box(
            assessment.kind,
            text.key,
            is_childs=text.child_id is not None,
            is_unborn=child is not None and child.stage == Stage.UNBORN,
        )
        label = box.label_for(first_name(child) if child else "") if box else text.key
        found.append(
            Kept(
                at=version.at,
                by=version.by.full_name,
                because=version.get_because_display(),
                label=label,
                words=shown(box.kind if box else "text", version.words, on=on),
            )
        )
    return found


def count_versions(assessment: Assessment) -> int:
    """Count the versions kept; one query."""
    return TextVersion.objects.filter(text__assessment=assessment).count()
