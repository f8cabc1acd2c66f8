"""One contact in triage: what was said, who the family is, what is known and what is missing.

A fixed number of queries, and five more for each child whose record is still to be settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, Q

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.choices import ConsentState, InvolvementKind, Sharing
from cases.models import (
    Contact,
    ContactPerson,
    Feedback,
    HistoryCheck,
    InformationRequest,
    Involvement,
    Referral,
)
from cases.queries.consent import ConsentPosition, position
from cases.queries.history import History, history_of, is_repeat
from cases.queries.notes import ShownNote, with_whom_to_ring
from lib import application_clock, words
from lib.history_strip import HistoryEvent, HistorySpan, Strip, draw
from lib.working_days import london_date
from mash.actions.edt import TAKEN_OVER
from mash.actions.enquiry import FINAL, MAY_ASK
from mash.models import (
    AgencyAnswer,
    AgencyCheck,
    AgencyCheckChild,
    Analysis,
    Decision,
    DomesticAbuse,
    EdtFollowUp,
    EdtHandover,
    Enquiry,
    MissingNotice,
    StrategyDiscussion,
)
from mash.queries.intake import (
    Part,
    links_of,
    original_words_of,
    parts_of,
    times_in_12_months,
)
from mash.queries.missing import reads_statutory
from mash.source_words import source_words
from people import matching
from people.choices import HouseholdRole, RelationshipKind, Sex, Source, Stage, YesNoUnknown
from people.models import HouseholdMembership, Person, Relationship
from people.queries import (
    HouseholdChild,
    age,
    children_elsewhere,
    children_of_households,
    closed_to,
    display_people,
    shown_candidates,
)
from record import clocks, notes
from record.clocks import ClockView, arithmetic
from record.models import Document

COMPARED: Final = (
    ("name", "Name"),
    ("born", "Born"),
    ("address", "Address"),
    ("mother", "Mother"),
)
LIKELY: Final = {
    matching.Band.SAME: "Very likely",
    matching.Band.POSSIBLE: "Possible",
    matching.Band.RELATIVE: "A relative",
}
ASKED_OF_MATCHING: Final = (
    "given_name",
    "family_name",
    "date_of_birth",
    "sex",
    "postcode",
    "address_line",
    "nhs_number",
    "upn",
)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person of the contact or its household, as the table shows them."""

    person_id: UUID
    name: str
    age: str
    second: str
    part: str
    source: str
    known: str
    is_child: bool
    is_readable: bool = True
    is_to_settle: bool = False
    possible: int = 0
    contact_person_id: UUID | None = None
    held_by: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One fact of a candidate beside what was stated."""

    label: str
    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """One record that may be the child, compared field by field."""

    person_id: UUID
    likely: str
    agree: int
    compared: int
    cells: tuple[Cell, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Settling:
    """The question whether somebody is already known."""

    contact_person_id: UUID
    name: str
    given_name: str
    stated: tuple[Cell, ...]
    candidates: tuple[CandidateLine, ...]
    restricted_may_match: bool

    @property
    def as_seen(self) -> dict[str, Any]:
        """What the worker saw, for keeping with their answer."""
        return {
            "candidates": [
                {
                    "person_id": str(one.person_id),
                    "likely": one.likely,
                    "cells": [[cell.label, cell.verdict, cell.words] for cell in one.cells],
                }
                for one in self.candidates
            ],
            "restricted_may_match": self.restricted_may_match,
        }


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer of an agency."""

    state: str
    author: str
    how: str
    at: datetime
    information: str
    reliability: str
    sharing: str
    is_not_for_family: bool
    refusal: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One question to one agency."""

    check_id: UUID
    agency: str
    asked_at: datetime
    why: str
    about: str
    state: str
    label: str
    ended_at: datetime | None
    clock: ClockView | None
    answers: tuple[AnswerLine, ...]
    chased: tuple[datetime, ...]
    waived: str
    is_open: bool
    is_acknowledged: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands between a contact and its decision, and where to supply it."""

    words: str
    page: str
    pk: UUID
    note: str = ""


@dataclass(frozen=True)
class ContactPage:
    """Everything on the page of a contact."""

    contact: Contact
    title: str
    source: str
    people: list[PersonLine]
    elsewhere: list[HouseholdChild]
    settling: list[Settling]
    history: History
    history_words: str
    repeat_words: str
    strip: Strip | None
    clock: ClockView | None
    other_clocks: list[ClockView]
    enquiry: Enquiry | None
    checks: list[CheckLine]
    checks_words: str
    consent: ConsentPosition
    override_asker: str
    domestic_abuse: DomesticAbuse | None
    missing_notices: list[MissingNotice]
    edt: list[EdtHandover]
    edt_to_acknowledge: bool
    history_check: HistoryCheck | None
    requests: list[InformationRequest]
    documents: list[Document]
    notes: list[ShownNote]
    links: list[Any]
    parts: list[Part]
    analyses: list[Analysis]
    discussions: list[StrategyDiscussion]
    decisions: list[Decision]
    feedback: Feedback | None
    to_decide: list[HouseholdChild]
    original_words: str = ""
    victim: str = "Not known"
    alleged: str = "Not known"
    missing: list[Missing] = field(default_factory=list)

    @property
    def child_ids(self) -> list[UUID]:
        """The children whose records the page shows, for the reading log."""
        shown = [line.person_id for line in self.people if line.is_child and line.is_readable]
        return [*shown, *(child.person_id for child in self.elsewhere if not child.is_restricted)]

    @property
    def named(self) -> int:
        return sum(line.contact_person_id is not None for line in self.people if line.is_child)

    @property
    def latest_analysis(self) -> Analysis | None:
        return max(self.analyses, key=lambda row: row.recorded_at, default=None)

    @property
    def to_decide_words(self) -> str:
        """Give "5: the 3 named, plus Safiya and Reece"."""
        others = [child.name for child in self.to_decide if not child.is_named]
        named = len(self.to_decide) - len(others)
        if not others:
            return f"{named}: the {named} named" if named > 1 else "1: the one named"
        plus = words.list_of_names(others)
        return f"{len(self.to_decide)}: the {named} named, plus {plus}"


def contact_page(*, by: User, contact: Contact, at: datetime) -> ContactPage:
    """Gather one contact whole, as `by` may see it."""
    on = london_date(at)
    rows = list(
        ContactPerson.objects.filter(contact=contact, ended_at__isnull=True)
        .select_related("person", "matched_by")
        .order_by("-is_child", "position", "pk")
    )
    family = children_of_households(by=by, person_ids=[row.person_id for row in rows], on=on)
    lines = _people(by=by, contact=contact, rows=rows, family=family, at=at)
    history = _for_reader(_beside(history_of(by=by, contact=contact, at=at), rows=rows), by=by)
    settling = _settling(by=by, rows=rows, on=on)
    enquiry = (
        Enquiry.objects.filter(contact=contact)
        .select_related("opened_by")
        .order_by("-opened_at", "pk")
        .first()
    )
    checks = checks_of(by=by, contact=contact, at=at)
    running = clocks.running(subject_ids=[contact.pk])
    first = clocks.earliest(clock for clock in running if clock.rule == contact.next_due_code)
    consent = position(contact_id=contact.pk)
    analyses = _latest(
        Analysis.objects.filter(contact=contact, child__in=Person.objects.visible_to(by))
        .select_related("by", "child")
        .order_by("-recorded_at", "pk")
    )
    named = [row.person_id for row in rows]
    abuse = DomesticAbuse.objects.filter(contact=contact).select_related("triaged_by").first()
    names = _names(by=by, abuse=abuse)
    page = ContactPage(
        contact=contact,
        title=words.names_with_ages(
            (line.name, line.age)
            for line in lines
            if line.is_child and line.contact_person_id is not None
        ),
        source=source_words(contact.source_code, is_anonymous=contact.referrer_is_anonymous),
        people=_with_possible(lines, settling),
        elsewhere=children_elsewhere(by=by, person_ids=named, on=on),
        settling=settling,
        history=history,
        history_words=_history_words(history),
        repeat_words=f"{times_in_12_months(history.most)}."
        if is_repeat(history=history, at=at)
        else "",
        strip=_strip(history, contact=contact, today=on),
        clock=arithmetic(first, at) if first is not None else None,
        other_clocks=[arithmetic(clock, at) for clock in running if clock is not first],
        enquiry=enquiry,
        checks=checks,
        checks_words=_checks_words(checks),
        consent=consent,
        override_asker=consent.asked.asked_by.full_name if consent.asked else "",
        domestic_abuse=abuse,
        victim=names.get(abuse.victim_id, "Not known") if abuse else "",
        alleged=names.get(abuse.alleged_perpetrator_id, "Not known") if abuse else "",
        missing_notices=list(
            MissingNotice.objects.filter(contact=contact, child__in=Person.objects.visible_to(by))
            .select_related("child")
            .order_by("recorded_at", "pk")
        ),
        edt=list(
            EdtHandover.objects.filter(contact=contact)
            .select_related("by", "acknowledged_by")
            .prefetch_related(
                Prefetch(
                    "follow_ups",
                    queryset=EdtFollowUp.objects.select_related("by").order_by("at", "pk"),
                )
            )
            .order_by("at", "pk")
        ),
        edt_to_acknowledge=any(clock.rule in TAKEN_OVER for clock in running),
        history_check=HistoryCheck.objects.filter(contact=contact)
        .select_related("by")
        .order_by("-recorded_at", "pk")
        .first(),
        requests=list(
            InformationRequest.objects.filter(contact=contact)
            .select_related("by", "answered_by")
            .order_by("at", "pk")
        ),
        documents=list(
            Document.objects.filter(subject_kind="contact", subject_id=contact.pk)
            .select_related("added_by")
            .order_by("recorded_at", "pk")
        ),
        notes=with_whom_to_ring(by=by, lines=notes.of_subject(by=by, subject_id=contact.pk)),
        links=links_of(by=by, contact=contact),
        parts=parts_of(by=by, contact=contact),
        analyses=analyses,
        discussions=list(
            StrategyDiscussion.objects.filter(contact=contact)
            .select_related("chair", "called_by")
            .order_by("called_at", "pk")
        )
        if holds(by, Permission.STATUTORY_READ)
        else [],
        decisions=list(
            Decision.objects.filter(contact=contact)
            .select_related("decided_by")
            .defer("snapshot")
            .order_by("-number")
        ),
        feedback=Feedback.objects.filter(contact=contact).order_by("-owed_from", "pk").first(),
        to_decide=family,
        original_words=original_words_of(contact, by=by),
    )
    page.missing.extend(_missing(page))
    return page


def _names(*, by: User, abuse: DomesticAbuse | None) -> dict[UUID | None, str]:
    """The victim and who is said to have done it, as far as `by` may see them."""
    ids = [pk for pk in (abuse.victim_id, abuse.alleged_perpetrator_id) if pk] if abuse else []
    if not ids:
        return {}
    return {pk: one.name for pk, one in display_people(ids, by=by).items()}


# People ------------------------------------------------------------------------------------------


def _people(
    *,
    by: User,
    contact: Contact,
    rows: Sequence[ContactPerson],
    family: Sequence[HouseholdChild],
    at: datetime,
) -> list[PersonLine]:
    """Everybody the referrer named, then everybody else of the household."""
    on = london_date(at)
    ids = {row.person_id for row in rows}
    members = _members(contact, rows)
    extra = [member for member in members if member.person_id not in ids]
    everybody = ids | {member.person_id for member in extra} | {one.person_id for one in family}
    closed = closed_to(by=by, person_ids=everybody)
    parts = {member.person_id: _part(member) for member in members}
    relations = _relations(everybody, children={row.person_id for row in rows if row.is_child})
    own = [contact.pk, *Enquiry.objects.filter(contact=contact).values_list("pk", flat=True)]
    open_children = set(
        Involvement.objects.filter(child__in=everybody, to_at__isnull=True)
        .exclude(subject_id__in=own)
        .values_list("child_id", flat=True)
    )
    lines: list[PersonLine] = []
    for row in rows:
        if row.person_id in closed:
            lines.append(_hidden(row.person_id, closed[row.person_id].name, row.is_child))
            continue
        lines.append(
            PersonLine(
                person_id=row.person_id,
                name=row.person.name,
                age=_age(row.person, on=on),
                second=_second(row.person, row.is_child, relations, stated=row.relation),
                part=parts.get(row.person_id) or "Not known",
                source=str(ContactPerson.Mention(row.mention).label),
                known=_known(row, at=at, is_open=row.person_id in open_children),
                is_child=row.is_child,
                is_to_settle=row.match == ContactPerson.Match.TO_SETTLE,
                contact_person_id=row.pk,
            )
        )
    shown = set(ids)
    for member in extra:
        person = member.person
        if person.pk in shown or person.pk in closed:
            continue
        shown.add(person.pk)
        lines.append(
            PersonLine(
                person_id=person.pk,
                name=person.name,
                age=_age(person, on=on),
                second=_second(person, bool(person.la_child_id), relations),
                part=parts[person.pk],
                source=_source(member),
                known="Known. Not named by the referrer",
                is_child=any(child.person_id == person.pk for child in family),
            )
        )
    for child in family:
        if child.person_id in shown:
            continue
        if child.person is None:
            ring = child.ring.name if child.ring else ""
            lines.append(_hidden(child.person_id, ring, True))
            continue
        lines.append(
            PersonLine(
                person_id=child.person_id,
                name=child.name,
                age=_age(child.person, on=on),
                second=_second(child.person, True, relations),
                part=str(HouseholdRole(child.role).label) if child.role else "Not known",
                source=str(Source(child.source).label) if child.source else "Our record",
                known="Known. Not named by the referrer",
                is_child=True,
            )
        )
    return sorted(lines, key=lambda line: not line.is_child)


def _members(contact: Contact, rows: Sequence[ContactPerson]) -> list[HouseholdMembership]:
    """The live memberships of the people named, and of everybody in the contact's household."""
    return list(
        HouseholdMembership.objects.filter(
            Q(person__in=[row.person_id for row in rows]) | Q(household=contact.household_id),
            to_on__isnull=True,
        )
        .select_related("person")
        .order_by("recorded_at", "pk")
    )


def _relations(
    everybody: Iterable[UUID], *, children: Iterable[UUID]
) -> dict[UUID, list[Relationship]]:
    found: dict[UUID, list[Relationship]] = {}
    for relation in (
        Relationship.objects.filter(
            person__in=list(everybody),
            other__in=list(children),
            to_on__isnull=True,
            is_wrong=False,
        )
        .select_related("other")
        .order_by("recorded_at", "pk")
    ):
        found.setdefault(relation.person_id, []).append(relation)
    return found


def _hidden(person_id: UUID, ring: str, is_child: bool) -> PersonLine:
    who = "Restricted child" if is_child else "Restricted record"
    return PersonLine(
        person_id=person_id,
        name=f"{who}, ring {ring}" if ring else who,
        age="",
        second="",
        part="Hidden",
        source="Hidden",
        known="Hidden",
        is_child=is_child,
        is_readable=False,
    )


def _age(person: Person, *, on: date) -> str:
    said = age(person, on=on)
    return "" if said == "age not known" and not person.la_child_id else said


def _second(
    person: Person,
    is_child: bool,
    relations: dict[UUID, list[Relationship]],
    *,
    stated: str = "",
) -> str:
    """The second line of a person: sex and birth of a child, what an adult is to the children."""
    if is_child and person.stage == Stage.UNBORN:
        return "Unborn"
    if is_child:
        sex = {Sex.FEMALE: "Girl", Sex.MALE: "Boy"}.get(Sex(person.sex), "Sex not known")
        if person.date_of_birth is None:
            return f"{sex} · date of birth not known"
        return f"{sex} · born {words.date_words(person.date_of_birth, weekday=False)}"
    own = relations.get(person.pk, [])
    said = list(dict.fromkeys(relation.get_kind_display() for relation in own))
    if any(relation.parental_responsibility == YesNoUnknown.YES for relation in own):
        said.append("parental responsibility")
    if not said and stated:
        said = [stated]
    return "; ".join(said) if said else "Relation not known"


def _part(member: HouseholdMembership) -> str:
    said = str(HouseholdRole(member.role).label)
    return f"{said}; {member.note}" if member.note else said


def _source(member: HouseholdMembership) -> str:
    said = str(Source(member.source).label)
    return f"{said}, {member.recorded_at.year}" if member.source == Source.OUR_RECORD else said


def _known(row: ContactPerson, *, at: datetime, is_open: bool) -> str:
    if row.match == ContactPerson.Match.LINKED:
        said = "Known"
        if row.matched_by and row.matched_at:
            when = words.moment_words(row.matched_at, now=at)
            said = f"Known. Linked by {row.matched_by.full_name}, {when}"
    elif row.match == ContactPerson.Match.NEW:
        said = "New record"
    else:
        said = ""
    return f"{said}. Open to us" if is_open else said


def _with_possible(lines: list[PersonLine], settling: Sequence[Settling]) -> list[PersonLine]:
    numbers = {one.contact_person_id: len(one.candidates) for one in settling}
    return [
        replace(line, possible=numbers[line.contact_person_id])
        if line.contact_person_id in numbers
        else line
        for line in lines
    ]


def _settling(*, by: User, rows: Sequence[ContactPerson], on: date) -> list[Settling]:
    """Compare each person to settle with who they may be, by what was stated."""
    if not holds(by, Permission.PERSON_SEARCH):
        return []
    on_it = {row.person_id for row in rows}
    return [
        _question(by=by, row=row, on_it=on_it, on=on)
        for row in rows
        if row.match == ContactPerson.Match.TO_SETTLE
    ]


def settling_of(*, by: User, row: ContactPerson) -> Settling:
    """Ask again whether somebody of a contact is already known."""
    on_it = set(
        ContactPerson.objects.filter(contact=row.contact_id, ended_at__isnull=True).values_list(
            "person_id", flat=True
        )
    )
    return _question(by=by, row=row, on_it=on_it, on=application_clock.today())


def _question(*, by: User, row: ContactPerson, on_it: set[UUID], on: date) -> Settling:
    """Compare somebody with who they may be, by what was stated."""
    stated = row.as_stated
    asked: dict[str, Any] = {name: str(stated.get(name, "")) for name in ASKED_OF_MATCHING}
    asked["date_of_birth"] = asked["date_of_birth"] or str(stated.get("born", ""))
    if stated.get("stage") == Stage.UNBORN:
        asked["mother_name"] = _mother_of(row.person_id, by=by)
    answer = matching.candidates(
        by=by,
        other_names=[" ".join(each[1:]).strip() for each in stated.get("other_names", [])],
        expected_on=str(stated.get("expected_on", "")) or None,
        **asked,
    )
    shown = {one.person_id: one for one in shown_candidates(by=by, answer=answer, on=on)}
    lines = [
        _candidate(each, label=shown[each.person_id].label)
        for each in answer.candidates
        if each.person_id not in on_it and each.person_id in shown
    ]
    return Settling(
        contact_person_id=row.pk,
        name=row.person.name,
        given_name=row.person.given_name or row.person.name,
        stated=_stated_cells(
            stated, name=row.person.name, mother=str(asked.get("mother_name", ""))
        ),
        candidates=tuple(lines[:5]),
        restricted_may_match=answer.restricted_may_match,
    )


def _mother_of(person_id: UUID, *, by: User) -> str:
    """Give the name of an unborn baby's mother, under which the baby is found."""
    mother = (
        Person.objects.visible_to(by)
        .filter(
            relationships__other=person_id,
            relationships__kind=RelationshipKind.MOTHER,
            relationships__is_wrong=False,
        )
        .order_by("relationships__recorded_at", "pk")
        .first()
    )
    return f"{mother.given_name} {mother.family_name}".strip() if mother else ""


def _stated_cells(stated: dict[str, Any], *, name: str, mother: str) -> tuple[Cell, ...]:
    born = stated.get("date_of_birth") or stated.get("expected_on")
    said = {
        "name": name,
        "born": words.date_words(date.fromisoformat(born), weekday=False)
        if born
        else str(stated.get("age") or "Not given"),
        "address": ", ".join(
            part for part in (stated.get("address_line"), stated.get("postcode")) if part
        )
        or "Not given",
        "mother": mother or "Not given",
    }
    return tuple(Cell(label, "", said[about]) for about, label in COMPARED)


def _candidate(each: matching.Candidate, *, label: str) -> CandidateLine:
    cells = []
    agree = compared = 0
    for about, title in COMPARED:
        same = [str(point) for point in each.matched if point.about == about]
        differs = [str(point) for point in each.differs if point.about == about]
        lacking = [str(point) for point in each.missing if point.about == about]
        if same and not differs:
            verdict, said = "Same", same
        elif differs:
            verdict, said = "Differs", [*differs, *same]
        else:
            verdict, said = "Not known", lacking
        agree += verdict == "Same"
        compared += verdict != "Not known"
        cells.append(Cell(title, verdict, "; ".join(said)))
    return CandidateLine(
        person_id=each.person_id,
        likely=LIKELY.get(each.band, "Possible"),
        agree=agree,
        compared=compared,
        cells=tuple(cells),
        label=label,
    )


# History -----------------------------------------------------------------------------------------


def _beside(history: History, *, rows: Sequence[ContactPerson]) -> History:
    """Leave out the enquiry on this very contact: it is the next part of the page."""
    here = {row.person_id for row in rows}
    enquiry = str(InvolvementKind.ENQUIRY.label)
    return replace(
        history,
        open_work=[
            work
            for work in history.open_work
            if not (work.kind == enquiry and work.child_id in here)
        ],
    )


def _for_reader(history: History, *, by: User) -> History:
    """Early help reads that something is open and who answers, as in a search, and not what."""
    if reads_statutory(by):
        return history
    return replace(
        history,
        referrals=[],
        open_work=[replace(work, kind="Open") for work in history.open_work],
    )


def _history_words(history: History) -> str:
    counts = [
        words.plural(len(history.earlier), "earlier contact"),
        words.plural(len(history.referrals), "referral"),
    ]
    if not history.earlier and not history.referrals:
        if history.open_work:
            return "No earlier contact or referral; something is open already."
        return "Nothing is known of this family before this contact."
    return f"{' and '.join(counts)} about somebody of this family."


def _strip(history: History, *, contact: Contact, today: date) -> Strip | None:
    events = [
        HistoryEvent(
            london_date(row.received_at),
            f"Contact: {source_words(row.source_code).lower()}",
            "circle",
            f"Contact {row.reference}, {source_words(row.source_code).lower()}"
            + (f": {row.summary}" if row.summary else ""),
        )
        for row in history.earlier
    ]
    spans = []
    for referral in history.referrals:
        events.append(
            HistoryEvent(
                referral.referral_on, "Referral", "square", f"Referral of {referral.child.name}"
            )
        )
        if referral.closed_on:
            events.append(HistoryEvent(referral.closed_on, "Closed", "square", "Referral closed"))
        if referral.state not in ("rejected",):
            spans.append(_span(referral))
    return draw(events, today=today, spans=spans) if events else None


def _span(referral: Referral) -> HistorySpan:
    return HistorySpan(referral.referral_on, referral.closed_on, f"{referral.child.name} open")


# Checks ------------------------------------------------------------------------------------------


def checks_of(*, by: User, contact: Contact, at: datetime) -> list[CheckLine]:
    """The questions to agencies on a contact, with their answers, in the order of asking.

    A child who was taken off the contact since may be closed to `by`, and is not named.
    """
    found = list(
        AgencyCheck.objects.filter(enquiry__contact=contact)
        .select_related("agency", "waived_by")
        .prefetch_related(
            Prefetch("answers", AgencyAnswer.objects.order_by("at", "pk")),
            "chases",
            Prefetch(
                "children",
                AgencyCheckChild.objects.filter(
                    person__in=Person.objects.visible_to(by)
                ).select_related("person"),
            ),
        )
        .order_by("asked_at", "agency__name", "pk")
    )
    running = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=[check.pk for check in found])
    }
    return [
        CheckLine(
            check_id=check.pk,
            agency=check.agency.name,
            asked_at=check.asked_at,
            why=check.why,
            about=words.list_of_names(child.person.name for child in check.children.all()),
            state=check.state,
            label=check.get_state_display(),
            ended_at=check.ended_at,
            clock=arithmetic(running[check.pk], at) if check.pk in running else None,
            answers=tuple(_answer(answer) for answer in check.answers.all()),
            chased=tuple(sorted(chase.at for chase in check.chases.all())),
            waived=f"{check.waived_by.full_name}: {check.waived_because}"
            if check.waived_by
            else "",
            is_open=check.state not in FINAL,
            is_acknowledged=check.state == AgencyCheck.State.ACKNOWLEDGED,
        )
        for check in found
    ]


def _answer(answer: AgencyAnswer) -> AnswerLine:
    return AnswerLine(
        state=answer.get_state_display(),
        author=answer.author,
        how=answer.how,
        at=answer.at,
        information=answer.information,
        reliability=answer.get_reliability_display() if answer.reliability else "",
        sharing=answer.get_sharing_display() if answer.sharing else "",
        is_not_for_family=answer.sharing == Sharing.NOT_FAMILY,
        refusal=answer.refusal_reason,
    )


def _checks_words(checks: Sequence[CheckLine]) -> str:
    states = [
        (AgencyCheck.State.RETURNED, "answered"),
        (AgencyCheck.State.NOTHING_KNOWN, "nothing known"),
        (AgencyCheck.State.DECLINED, "declined"),
        (AgencyCheck.State.WAIVED, "gone on without"),
    ]
    said = [
        f"{number} {label}"
        for state, label in states
        if (number := sum(check.state == state for check in checks))
    ]
    if waiting := sum(check.is_open for check in checks):
        said.append(f"{waiting} waiting")
    return ", ".join(said)


def _latest(rows: Iterable[Analysis]) -> list[Analysis]:
    kept: dict[UUID, Analysis] = {}
    for row in rows:
        kept.setdefault(row.child_id, row)
    return list(kept.values())


# What is missing ---------------------------------------------------------------------------------


def _missing(page: ContactPage) -> list[Missing]:
    contact = page.contact
    pk = contact.pk
    if contact.board_state == "":
        return []
    found = [
        Missing(f"Settle which record is {words.possessive(one.given_name)}", "#settle", pk)
        for one in page.settling
    ]
    if not contact.rag:
        found.append(Missing("Rate the urgency", "mash:rate", pk))
    if contact.is_danger is None:
        found.append(Missing("Say whether there is immediate danger", "mash:contact_danger", pk))
    if page.history_check is None:
        found.append(Missing("Look for earlier work", "mash:contact_history", pk))
    if page.consent.asked is not None:
        found.append(
            Missing(
                "Decide whether to go on without agreement",
                "mash:override_decide",
                page.consent.asked.pk,
                f"Asked by {page.override_asker}. Manager only",
            )
        )
    elif page.consent.in_short == ConsentState.NOT_ASKED_YET:
        found.append(Missing("Record whether the family agrees", "mash:contact_agreement", pk))
    if page.consent.to_confirm is not None:
        found.append(
            Missing(
                "Confirm EDT’s decision on agreement",
                "mash:override_confirm",
                page.consent.to_confirm.pk,
                "Manager only",
            )
        )
    if page.consent.lawful_basis is None:
        found.append(Missing("Record the lawful basis", "mash:contact_lawful_basis", pk))
    found += [
        Missing(
            f"{words.possessive(check.agency)} answer",
            "mash:check_answer",
            check.check_id,
            "You can go on without it, with a reason",
        )
        for check in page.checks
        if check.is_open
    ]
    if page.enquiry is not None and page.enquiry.ended_at is None:
        done = {row.child_id for row in page.analyses}
        found += [
            Missing(f"Analysis for {line.name}", "mash:analyse", line.person_id)
            for line in page.people
            if line.is_child and line.contact_person_id is not None and line.person_id not in done
        ]
    if page.domestic_abuse is not None and page.domestic_abuse.triaged_at is None:
        found.append(Missing("Triage the domestic abuse", "mash:triage_domestic_abuse", pk))
    if page.edt_to_acknowledge:
        found.append(Missing("Acknowledge EDT’s hand-over", "#edt", pk))
    found += [
        Missing(f"Answer from {request.asked_of}", "mash:contact_information", pk, request.what)
        for request in page.requests
        if request.answered_at is None
    ]
    return found


def may_ask_agencies(consent: ConsentPosition) -> bool:
    """Say whether agencies may be asked as agreement and lawful basis stand."""
    return consent.state in MAY_ASK and consent.lawful_basis is not None
