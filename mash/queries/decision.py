"""What the decision page shows: who is decided about, on what, and what is to hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.permissions import Permission, holds
from cases import holding
from cases.models import Contact, SubmissionSeal
from cases.queries.consent import ConsentPosition, position
from cases.queries.history import History, history_of, is_repeat
from cases.queries.referrals import helped_already, not_taken_up
from lib import words
from lib.working_days import london_date
from mash.models import AgencyAnswer, AgencyCheck, Analysis, Decision
from mash.timescales import RAG_RULES
from people.models import Person
from people.queries import HouseholdChild, age, children_elsewhere, children_of_households
from record import clocks
from record.clocks import ClockView
from record.models import Document


@dataclass(frozen=True)
class ChildRow:
    """One child to be answered."""

    child_id: UUID
    name: str
    heading: str
    place: str
    is_named: bool
    has_open_case: bool
    has_early_help: bool
    is_restricted: bool
    ring: str = ""


@dataclass(frozen=True)
class DecisionPage:
    """Everything on the page, in a fixed number of queries."""

    contact: Contact
    names: str
    children: list[ChildRow]
    elsewhere: list[ChildRow]
    consent: ConsentPosition
    history: History
    answers: list[AgencyAnswer]
    waiting_checks: list[AgencyCheck]
    analyses: list[Analysis]
    earlier: list[Decision]
    documents: int
    is_late: bool
    asks_cumulative: bool
    clock: ClockView | None
    to_confirm: Decision | None = None
    items: list[str] = field(default_factory=list)


def decision_page(*, by: User, contact: Contact, at: datetime) -> DecisionPage:
    """Gather what a decider sees. The restricted stand as whom to ring."""
    on = london_date(at)
    rows = list(
        contact.people.filter(is_child=True, ended_at__isnull=True)
        .select_related("person")
        .order_by("position", "pk")
    )
    named = [row.person_id for row in rows]
    household = children_of_households(by=by, person_ids=named, on=on, and_all_named=True)
    away = children_elsewhere(by=by, person_ids=named, on=on)
    open_case = holding.with_open_statutory_work([child.person_id for child in household])
    open_case -= not_taken_up(contact_id=contact.pk).keys()
    helped = helped_already(
        contact_id=contact.pk, child_ids=[child.person_id for child in household]
    )
    running = clocks.running(subject_ids=[contact.pk])
    watched = [
        clock
        for clock in running
        if clock.rule in {"CON-DEC", "EDT-CONF", "CON-RED", *RAG_RULES.values()}
    ]
    earliest = clocks.earliest(watched)
    history = history_of(by=by, contact=contact, at=at)
    answers = list(
        AgencyAnswer.objects.filter(check_asked__enquiry__contact=contact)
        .select_related("check_asked__agency", "by")
        .order_by("at", "pk")
    )
    checks = list(
        AgencyCheck.objects.filter(enquiry__contact=contact)
        .select_related("agency", "waived_by")
        .order_by("asked_at", "pk")
    )
    latest: dict[UUID, Analysis] = {}
    for analysis in (
        contact.analyses.filter(child__in=Person.objects.visible_to(by))
        .select_related("child", "by")
        .order_by("recorded_at", "pk")
    ):
        latest[analysis.child_id] = analysis
    earlier = list(
        contact.decisions.select_related("decided_by", "acting_for")
        .prefetch_related("children__child", "actions")
        .order_by("-number")
    )
    documents = Document.objects.filter(subject_id=contact.pk).count()
    return DecisionPage(
        contact=contact,
        names=words.list_of_names([child.name for child in household if child.is_named]),
        children=[
            _row(child, on, child.person_id in open_case, child.person_id in helped)
            for child in household
        ],
        elsewhere=[_row(child, on) for child in away],
        consent=position(contact_id=contact.pk),
        history=history,
        answers=answers,
        waiting_checks=[check for check in checks if check.ended_at is None],
        analyses=list(latest.values()),
        earlier=earlier,
        documents=documents,
        is_late=any(c.due_at < at for c in watched if c.rule != "CON-RED"),
        asks_cumulative=is_repeat(history=history, at=at),
        clock=clocks.arithmetic(earliest, at) if earliest else None,
        to_confirm=earlier[0] if earlier and contact.is_provisional else None,
        items=_items(history, answers, latest, documents),
    )


def _row(
    child: HouseholdChild, on: date, has_open_case: bool = False, has_early_help: bool = False
) -> ChildRow:
    if child.person is None:
        return ChildRow(
            child_id=child.person_id,
            name=child.name,
            heading=child.name,
            place="",
            is_named=child.is_named,
            has_open_case=False,
            has_early_help=False,
            is_restricted=True,
            ring=child.ring.name if child.ring else "",
        )
    years = age(child.person, on=on)
    places = [child.known or "On this contact"]
    if not child.is_named:
        places.append("not named by the referrer")
    if child.through:
        places.append(f"child of {child.through}")
    return ChildRow(
        child_id=child.person_id,
        name=child.name,
        heading=f"{child.name}, {years}" if years else child.name,
        place=" · ".join(places),
        is_named=child.is_named,
        has_open_case=has_open_case,
        has_early_help=has_early_help,
        is_restricted=False,
    )


def _items(
    history: History,
    answers: list[AgencyAnswer],
    analyses: dict[UUID, Analysis],
    documents: int,
) -> list[str]:
    items = ["The contact, in the referrer’s words"]
    items += [
        f"{answer.check_asked.agency.name}: {answer.get_state_display().lower()}"
        for answer in answers
    ]
    items += [f"Analysis of {analysis.child.name}" for analysis in analyses.values()]
    items += [f"Earlier contact {row.reference}" for row in history.earlier]
    if documents:
        items.append(words.plural(documents, "document"))
    return items


@dataclass(frozen=True)
class Seen:
    """What somebody could see when they decided, through the rights of who reads it now."""

    snapshot: Mapping[str, Any]
    words: str
    people: list[tuple[str, Mapping[str, Any]]]
    analyses: list[tuple[str, Mapping[str, Any]]]


def as_seen(*, by: User, contact: Contact, snapshot: Mapping[str, Any]) -> Seen:
    """Read a snapshot again: names are looked up, and what was sealed since is the copy."""
    people, analyses = snapshot.get("people", []), snapshot.get("analyses", [])
    ids = {row["person_id"] for row in people} | {row["child_id"] for row in analyses}
    names = {
        str(person.pk): person.name
        for person in Person.objects.visible_to(by).filter(pk__in=[UUID(pk) for pk in ids])
    }
    said = snapshot["contact"].get("words", "")
    seal = (
        SubmissionSeal.objects.filter(submission=contact.submission_id)
        .select_related("submission")
        .first()
    )
    if seal is not None and not holds(by, Permission.SEALED_READ):
        # A part that became a contact of its own shows that part, not the rest of the message.
        said = seal.redacted_words if said == seal.submission.words else said
    return Seen(
        snapshot=snapshot,
        words=said,
        people=[(names.get(row["person_id"], "Restricted person"), row) for row in people],
        analyses=[
            (names[row["child_id"]], row) if row["child_id"] in names else ("Restricted child", {})
            for row in analyses
        ],
    )
