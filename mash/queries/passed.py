"""Lines passed to whoever holds a restriction: who answers, what waits, what was answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import User
from accounts.permissions import Authority
from cases import holding, passed_on
from cases.models import Contact
from cases.queries.consent import ConsentPosition, position
from cases.queries.history import needs_cumulative_answer
from cases.queries.referrals import helped_already, not_taken_up
from lib.working_days import london_date
from mash.models import DecisionChild, DiscussionPassed, PassedLine
from people.models import Person
from people.queries import age, closed_to
from record import clocks
from record.clocks import ClockView
from record.models import Clock


def responsible_for(line: PassedLine | DiscussionPassed) -> User:
    """Give who answers a line: whoever holds the restriction now, else whom it was passed to."""
    return passed_on.responsible_for(child_id=line.child_id, passed_to=line.owner)


def right_to_answer(
    line: PassedLine | DiscussionPassed, *, by: User, at: datetime
) -> Authority | None:
    """Give the right by which `by` answers: as whoever holds the restriction, or their deputy."""
    return passed_on.right_to_answer(child_id=line.child_id, passed_to=line.owner, by=by, at=at)


@dataclass(frozen=True)
class Waiting:
    """A line that waits for somebody, with its limit; a restricted child has no name."""

    line: PassedLine
    name: str
    clock: Clock | None


def waiting_for(*, by: User, at: datetime) -> list[Waiting]:
    """List the lines that `by` answers, for themself or as deputy; three queries."""
    lines = list(
        PassedLine.objects.filter(passed_on.theirs(by=by, at=at), ended_at__isnull=True)
        .select_related("child", "owner", "contact", "decision")
        .order_by("passed_at", "pk")[:50]
    )
    if not lines:
        return []
    limits = {
        clock.subject_id: clock for clock in clocks.running(subject_ids=[one.pk for one in lines])
    }
    closed = closed_to(by=by, person_ids=[one.child_id for one in lines])
    return [
        Waiting(
            line=one,
            name="Restricted child" if one.child_id in closed else one.child.name,
            clock=limits.get(one.pk),
        )
        for one in lines
    ]


def passed_lines(*, rows: Iterable[DecisionChild]) -> dict[UUID, PassedLine]:
    """Give what became of the passed ones among these rows of decisions; one query.

    A decision that confirms another shows the other's line.
    """
    passed = [row for row in rows if row.is_in is None]
    if not passed:
        return {}
    lines = list(
        PassedLine.objects.filter(
            contact__in={row.decision.contact_id for row in passed},
            child__in={row.child_id for row in passed},
        )
        .select_related("answer__by", "answer__acting_for", "answer__to_team", "decision")
        .order_by("decision__number")
    )
    return {
        row.pk: line
        for row in passed
        for line in lines
        if line.child_id == row.child_id
        and line.contact_id == row.decision.contact_id
        and line.decision.number <= row.decision.number
    }


@dataclass(frozen=True)
class AnswerPage:
    """What whoever answers a passed line reads, and what is asked of them."""

    line: PassedLine
    child: Person
    heading: str
    contact: Contact | None
    consent: ConsentPosition
    clock: ClockView | None
    is_late: bool
    has_open_case: bool
    has_early_help: bool
    asks_cumulative: bool
    asks_question: bool
    earlier: Sequence[PassedLine]


def answer_page(*, by: User, line: PassedLine, at: datetime) -> AnswerPage:
    """Gather what is to hand for one line; a contact about somebody closed to `by` is left out."""
    child = line.child
    contact = Contact.objects.visible_to(by).filter(pk=line.contact_id).first()
    limit = clocks.earliest(clocks.running(subject_ids=[line.pk]))
    years = age(child, on=london_date(at))
    return AnswerPage(
        line=line,
        child=child,
        heading=f"{child.name}, {years}" if years else child.name,
        contact=contact,
        consent=position(contact_id=line.contact_id),
        clock=clocks.arithmetic(limit, at) if limit else None,
        is_late=limit is not None and limit.due_at < at,
        has_open_case=bool(holding.with_open_statutory_work([line.child_id]))
        and line.child_id not in not_taken_up(contact_id=line.contact_id),
        has_early_help=bool(helped_already(contact_id=line.contact_id, child_ids=[line.child_id])),
        asks_cumulative=needs_cumulative_answer(
            contact=line.contact, child_ids=[line.child_id], at=at
        ),
        asks_question=not line.contact.enquiries.filter(ended_at__isnull=True).exists(),
        earlier=list(
            PassedLine.objects.filter(
                contact=line.contact_id, child=line.child_id, answer__isnull=False
            )
            .exclude(pk=line.pk)
            .select_related("answer__by", "answer__to_team", "decision")
            .order_by("-decision__number")
        ),
    )
