"""The line of a restricted child, passed to whoever holds the restriction (decisions.md 84).

The decider has answered by passing it on. Whoever holds the restriction answers by the same due
time, with the same guards and effects as any other line; the decider's copy of the decision says
only who answered. Every later decision on the contact passes the line anew, so what still
waited then ends, and its limit with it.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Team, User
from accounts.permissions import Authority
from cases import clocks, holding, passed_on, reactions
from cases.actions.contacts import mash_team, touch
from cases.actions.handovers import withdraw
from cases.choices import (
    STATUTORY_BASIS,
    BoardState,
    HandoverState,
    InvolvementKind,
    Level,
    Mark,
    Outcome,
)
from cases.models import Contact, Handover
from cases.queries import referrals as referral_queries
from cases.queries.consent import position
from cases.queries.history import needs_cumulative_answer
from lib import application_clock, words
from mash import snapshots
from mash.actions.outcomes import ChildLine, line_problems, take_effect
from mash.models import Decision, PassedAnswer, PassedLine
from mash.timescales import RAG_RULES
from people.models import Person
from people.queries import records_of
from record import clocks as record_clocks
from record import events, once
from record.errors import NotWhole, Refused
from record.models import Clock

SUBJECT = "passed_line"
LIMITS = frozenset({"CON-DEC", *RAG_RULES.values()})


class LineEnded(Refused):
    """The line was answered, or need not be answered any more; the message says why."""


# Passing it on --------------------------------------------------------------------------------


def pass_on(
    contact: Contact,
    decision: Decision,
    *,
    child_id: UUID,
    owner_id: UUID,
    limit: Clock,
    authority: Authority,
    at: datetime,
) -> PassedLine:
    """Ask whoever holds the restriction to answer, within the decision that passes the line.

    :param limit: the clock that the decision meets; the line is due when that was
    """
    line = PassedLine.objects.create(
        decision=decision,
        contact=contact,
        child_id=child_id,
        owner_id=owner_id,
        passed_at=at,
        recorded_at=application_clock.now(),
    )
    passed_on.ask(
        line,
        limit.rule,
        kind=SUBJECT,
        code="decision.passed",
        started_at=limit.started_at,
        by=authority.user,
        at=at,
    )
    enquiry = contact.enquiries.filter(ended_at__isnull=True).first()
    if enquiry is not None and holding.is_kept_open(child_id, by_id=enquiry.pk):
        holding.start(  # the enquiry ends with this decision, and the child still waits
            child_id=child_id,
            kind=InvolvementKind.CONTACT,
            subject_id=contact.pk,
            at=at,
            team=mash_team(),
            authority=authority,
        )
    events.append(
        "mash.restricted_passed",
        authority=authority,
        at=at,
        subject_kind=SUBJECT,
        subject_id=line.pk,
        children=[child_id],
    )
    return line


def limit_of(contact: Contact) -> Clock:
    """Give the clock a decision meets: a running CON-DEC, else its urgency's, else the last."""
    known = [
        clock
        for clock in record_clocks.of_subjects(subject_ids=[contact.pk])
        if clock.rule in LIMITS
    ]
    return max(
        known,
        key=lambda clock: (
            clock.stopped_at is None,
            clock.rule == "CON-DEC",
            clock.started_at,
            clock.recorded_at,
        ),
    )


def end_waiting(contact: Contact, *, at: datetime, because: PassedLine.Ended) -> None:
    """End the lines of a contact that nobody has answered yet, and their limits."""
    waiting = list(
        PassedLine.objects.select_for_update()
        .filter(contact=contact, ended_at__isnull=True)
        .order_by("pk")
    )
    for line in waiting:
        _end(line, at=at, because=because)
        record_clocks.stop_all(subject_id=line.pk, at=at)


def end_with_contact(*, contact: Contact, at: datetime) -> None:
    """A void contact asks nobody any more (cases.reactions.contact_voided)."""
    end_waiting(contact, at=at, because=PassedLine.Ended.VOID)


def end_reopened(*, contact: Contact, at: datetime) -> None:
    """A reopened contact is answered anew (cases.reactions.contact_reopened)."""
    end_waiting(contact, at=at, because=PassedLine.Ended.REOPENED)


def _end(line: PassedLine, *, at: datetime, because: PassedLine.Ended) -> None:
    line.ended_at = at
    line.ended_because = because
    line.save(update_fields=["ended_at", "ended_because"])


# Answering ------------------------------------------------------------------------------------


@transaction.atomic
def answer_passed(
    *,
    by: User,
    at: datetime,
    line_id: UUID,
    answer: ChildLine,
    question: str = "",
    cumulative_answer: str = "",
    late_reason: str = "",
    token: UUID | None = None,
) -> PassedAnswer:
    """Answer the line of a restricted child; its outcome takes effect at once.

    :param answer: in with level, outcome and why, or out and why, for the child of the line
    :param question: what a MASH enquiry must answer, where that is the outcome and none is open
    :raises PassedLine.DoesNotExist: `by` may not read the child's record
    :raises PermissionDenied: somebody else holds the restriction
    :raises LineEnded: it is answered, or not needed any more; says who, when or why
    :raises NotWhole: names each missing thing
    """
    line, authority = passed_on.to_answer(
        PassedLine.objects.select_related("decision"), line_id, by=by, at=at
    )
    once.claim(token, user=by, action="mash.passed")
    contact = Contact.objects.select_for_update().get(pk=line.contact_id)
    line = PassedLine.objects.select_for_update().get(pk=line.pk)
    if line.ended_at is not None:
        raise LineEnded(what_ended(line))
    answer = answer.as_meant()
    limit = passed_on.limit_of(line, at=at)
    holding.lock(records_of(person_ids=[line.child_id]))
    _refuse_unless_whole(
        contact,
        line,
        answer,
        question=question,
        cumulative_answer=cumulative_answer,
        late_problems=limit.problems(late_reason),
        at=at,
    )
    given = PassedAnswer.objects.create(
        line=line,
        is_in=bool(answer.is_in),
        level=answer.level,
        statutory_basis=STATUTORY_BASIS[Level(answer.level)] if answer.is_in else "",
        outcome=answer.outcome,
        why=answer.why,
        primary_need=answer.primary_need,
        other_authority=answer.other_authority,
        to_team_id=answer.to_team_id,
        cumulative_answer=cumulative_answer,
        late_reason=limit.meet(line, at=at, late_reason=late_reason),
        by=by,
        acting_for=authority.acting_for,
        role=authority.role,
        at=at,
        recorded_at=application_clock.now(),
        snapshot=_what_was_seen(contact, by),
    )
    _end(line, at=at, because=PassedLine.Ended.ANSWERED)
    _take_effect(contact, line, answer, authority=authority, at=at, question=question)
    events.append(
        "mash.restricted_answered",
        authority=authority,
        at=at,
        subject_kind=SUBJECT,
        subject_id=line.pk,
        children=[line.child_id],
        data={"outcome": given.outcome},
    )
    tell_sender(contact, line.decision, authority=authority, at=at)
    once.finish(token, line.pk)
    return given


def _refuse_unless_whole(
    contact: Contact,
    line: PassedLine,
    answer: ChildLine,
    *,
    question: str,
    cumulative_answer: str,
    late_problems: list[tuple[str, str]],
    at: datetime,
) -> None:
    name = Person.objects.get(pk=line.child_id).name
    if answer.child_id != line.child_id:
        raise NotWhole([("children", "This line is about another child")])
    has_open_case = line.child_id in holding.with_open_statutory_work([line.child_id])
    has_open_case &= line.child_id not in referral_queries.not_taken_up(contact_id=contact.pk)
    problems = line_problems(
        answer,
        name=name,
        contact=contact,
        consent=position(contact_id=contact.pk),
        has_open_case=has_open_case,
        has_early_help=bool(
            referral_queries.helped_already(contact_id=contact.pk, child_ids=[line.child_id])
        ),
        team=Team.objects.filter(pk=answer.to_team_id).first() if answer.to_team_id else None,
        at=at,
    )
    opens_enquiry = answer.is_in and answer.outcome == Outcome.MASH_ENQUIRY
    if opens_enquiry and not question.strip() and not _has_open_enquiry(contact):
        problems.append(("question", "Say which question the enquiry must answer"))
    problems += late_problems
    if (
        answer.is_in
        and answer.outcome == Outcome.NFA
        and not cumulative_answer.strip()
        and needs_cumulative_answer(contact=contact, child_ids=[line.child_id], at=at)
    ):
        problems.append(
            ("cumulative_answer", "Say what these contacts mean together, not only this one")
        )
    if problems:
        raise NotWhole(problems)


def _take_effect(
    contact: Contact,
    line: PassedLine,
    answer: ChildLine,
    *,
    authority: Authority,
    at: datetime,
    question: str,
) -> None:
    """Let the outcome happen; what an earlier answer offered and nobody accepted is withdrawn."""
    offered = Handover.objects.filter(
        contact=contact, state=HandoverState.OFFERED, children__child=line.child_id
    )
    for handover in offered.order_by("pk"):
        withdraw(authority=authority, at=at, handover=handover, reason="The decision changed.")
    had_enquiry = _has_open_enquiry(contact)
    take_effect(contact, [answer], authority=authority, at=at, reason=answer.why, question=question)
    if not had_enquiry and _has_open_enquiry(contact) and contact.board_state == "":
        contact.board_state = BoardState.CHECKS
        contact.news, contact.news_at = "MASH enquiry opened", at
        touch(contact)
        contact.save(update_fields=["board_state", "news", "news_at", "version", "changed_at"])
        clocks.place(contact)


def tell_sender(
    contact: Contact, decision: Decision, *, authority: Authority, at: datetime
) -> None:
    """Let early help follow the decision on its step-up, with what is answered of it so far."""
    if Mark.STEP_UP not in contact.marks:
        return
    children = {
        row.child_id: reactions.ChildDecided(outcome=Outcome(row.outcome), why=row.why)
        for row in decision.children.filter(is_in=True).order_by("child_id")
    }
    children |= {
        answer.line.child_id: reactions.ChildDecided(
            outcome=Outcome(answer.outcome), why="A restricted child: ring whoever answered"
        )
        for answer in PassedAnswer.objects.filter(
            line__decision=decision, is_in=True
        ).select_related("line")
    }
    for reaction in reactions.contact_decided:
        reaction(
            contact=contact,
            decision=reactions.ContactDecision(
                children=children,
                advice=decision.early_help_should,
                is_provisional=decision.is_provisional,
                authority=authority,
                at=at,
            ),
        )


def _has_open_enquiry(contact: Contact) -> bool:
    return contact.enquiries.filter(ended_at__isnull=True).exists()


def _what_was_seen(contact: Contact, by: User) -> dict[str, object]:
    """Keep what whoever answers sees: the contact, unless it names somebody closed to them."""
    if not Contact.objects.visible_to(by).filter(pk=contact.pk).exists():
        return {"contact": {"id": str(contact.pk), "reference": contact.reference}}
    return snapshots.of_contact(contact=contact, by=by, consent=position(contact_id=contact.pk))


def what_ended(line: PassedLine) -> str:
    """Say why a line is not answered any more, and who answered it when."""
    answer = PassedAnswer.objects.filter(line=line).select_related("by").first()
    if answer is not None:
        moment = words.moment_words(answer.recorded_at, now=application_clock.now())
        return f"{answer.by.full_name} answered this, {moment}. Your words are kept below."
    if line.ended_because == PassedLine.Ended.REOPENED:
        return "The contact was reopened. The next decision asks you again."
    if line.ended_because == PassedLine.Ended.VOID:
        return "The contact is void, so there is nothing to answer."
    return "The contact was decided again, and that decision asks you anew."
