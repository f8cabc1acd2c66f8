"""Stepping a family up: a contact with priority, the record behind it, and what is answered.

Early help holds the children until an assessment team has accepted them (decisions.md 41). The
MASH decides the contact on its board like any other; `follow_decision` lets the episode follow,
and early help workers see that answer and not the contact (decisions.md 36, 79).
"""

from collections.abc import Iterable
from datetime import datetime
from textwrap import shorten
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, Role, holds, require
from cases import actions as case_actions
from cases import holding
from cases.actions.consent import put_override, write_answer
from cases.actions.contacts import (
    lock_contact,
    mash_team,
    put_back_on_board,
    put_before_manager,
    start_red,
)
from cases.choices import (
    Category,
    Channel,
    ConsentFrom,
    ConsentScope,
    ConsentState,
    HandoverKind,
    HandoverState,
    Mark,
    Outcome,
    WaitingState,
)
from cases.models import Contact, Handover
from cases.reactions import ContactDecision
from cases.stated import Stated
from early_help.actions import queue, requests, rules, telling
from early_help.choices import Ending, EpisodeState, TellAbout
from early_help.models import (
    Episode,
    EpisodeChild,
    Escalation,
    SafeCheck,
    StepUp,
)
from early_help.queries.behind import record_behind
from early_help.queries.stepping import unmet_step_up
from early_help.standing import state_of
from lib import application_clock
from people.choices import YesNoUnknown
from people.models import HouseholdMembership
from record import once, outbox
from record.errors import Refused

TAKES_NOTHING_ON = frozenset({Outcome.NFA, Outcome.ADVICE, Outcome.OTHER_AUTHORITY})
TAKES_ON = frozenset({Outcome.REFERRAL, Outcome.STRATEGY_DISCUSSION})
#: Source of a referral: our own early help.
SOURCE = "5D"
ANSWERS = (ConsentState.GIVEN, ConsentState.REFUSED, ConsentState.NOT_ASKED_YET)


class AlreadySteppingUp(Refused):
    """The family is before the MASH, or on its way there."""


@transaction.atomic
def step_up(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    concern: str,
    tried: str,
    agreed: str,
    agreed_words: str,
    is_urgent: bool = False,
    token: UUID | None = None,
) -> StepUp:
    """Step a family up. The coordinator agrees to a worker's proposal; urgent, it goes at once.

    It rests on the decline that is not safe to close, or the safe-check that found the family
    worse off, where one still waits for it; otherwise on the worker's judgement.

    :param agreed: what the parents say of it; refused or not asked, the MASH manager is asked to
        decide to go on without agreement
    :param agreed_words: their words, or why they were not asked
    :raises AlreadySteppingUp: it is before the MASH, or proposed
    :raises Refused: what is missing; social care has the children already
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_STEP_UP, at, episode_id)
    once.claim(token, user=by, action="early_help.step_up")
    rules.refuse_over(episode)
    _refuse_elsewhere(episode)
    if not concern.strip():
        raise Refused("Say what the new concern is, and for whom.", field="concern")
    if not tried.strip():
        raise Refused("Say what has been tried so far.", field="tried")
    if agreed not in ANSWERS:
        raise Refused("Choose what the parents say of it.", field="agreed")
    if not agreed_words.strip():
        raise Refused("Enter the parents’ words, or why they were not asked.", field="agreed_words")
    row = StepUp(
        episode=episode,
        state=StepUp.State.PROPOSED,
        because=_because(episode),
        is_urgent=is_urgent,
        concern=concern,
        tried=tried,
        agreed=agreed,
        agreed_words=agreed_words,
        proposed_by=by,
        proposed_at=at,
        recorded_at=application_clock.now(),
    )
    if is_urgent or holds(by, Permission.EARLY_HELP_SCREEN, at=at):
        _send(row, episode, authority=authority, at=at)
    else:
        row.save(force_insert=True)
        rules.notify(episode.team.manager_id, "step_up_proposed", episode, at=at, key=str(row.pk))
        rules.append("step_up_proposed", episode, authority=authority, at=at)
    once.finish(token, row.pk)
    return row


def _refuse_elsewhere(episode: Episode) -> None:
    """Refuse what is before the MASH already, or held by those it would go to."""
    if StepUp.objects.filter(episode=episode, state__in=StepUp.OPEN).exists():
        raise AlreadySteppingUp("This family is before the MASH already, or on its way there.")
    child_ids = rules.children(episode)
    if not set(child_ids) - holding.with_open_statutory_work(child_ids):
        raise Refused(
            f"Social care works with {rules.names(child_ids)} already."
            " Record a change of circumstance, so that the worker and manager are told."
        )
    if episode.state == EpisodeState.REQUESTED and episode.handover_id is not None:
        raise Refused(
            "Early help has not taken this family on, and the sender still holds the children."
            " Return the request, and say what you are worried about."
        )


def _because(episode: Episode) -> StepUp.Because:
    if unmet_step_up(episode.pk) is not None:
        return StepUp.Because.DECLINE
    worse = SafeCheck.objects.filter(episode=episode, found=SafeCheck.Found.WORSE, answer=None)
    return StepUp.Because.SAFE_CHECK if worse.exists() else StepUp.Because.JUDGEMENT


@transaction.atomic
def answer_proposal(
    *, by: User, at: datetime, episode_id: UUID, is_agreed: bool, note: str = ""
) -> StepUp:
    """The coordinator agrees to step the family up, or does not and says what to do instead."""
    episode, authority = rules.begin(by, Permission.EARLY_HELP_SCREEN, at, episode_id)
    row = (
        StepUp.objects.select_for_update(of=("self",))
        .select_related("proposed_by")
        .filter(episode=episode, state=StepUp.State.PROPOSED)
        .first()
    )
    if row is None:
        raise Refused("Nobody proposes to step this family up at present.")
    rules.refuse_over(episode)
    row.answered_by, row.answered_at, row.answer_note = by, at, note
    if is_agreed:
        _send(row, episode, authority=authority, at=at)
        return row
    if not note.strip():
        raise Refused("Say why not, and what to do instead.", field="note")
    _set(row, StepUp.State.TURNED_DOWN, at=at)
    rules.notify(row.proposed_by_id, "step_up_answered", episode, at=at, key=str(row.pk))
    rules.append("step_up_turned_down", episode, authority=authority, at=at)
    return row


def _send(row: StepUp, episode: Episode, *, authority: Authority, at: datetime) -> None:
    """Make the contact: before the manager at once, with the record and the parents' words."""
    by = authority.user
    child_ids = rules.children(episode)
    contact = case_actions.receive(
        by=by,
        at=at,
        channel=Channel.INTERNAL_FORM,
        words=record_behind(row, episode),
        people=[
            *(Stated(person_id=child_id) for child_id in child_ids),
            *(Stated(person_id=adult_id, is_child=False) for adult_id in _adults(child_ids)),
        ],
        authority=authority,
        source_code=SOURCE,
        household_id=_household(child_ids),
        referrer_name=row.proposed_by.full_name,
        referrer_role=row.proposed_by.job_title or episode.team.name,
        referrer_is_professional=True,
        referrer_says_danger=YesNoUnknown.YES if row.is_urgent else YesNoUnknown.NO,
        category=Category.CHILD_PROTECTION if row.is_urgent else Category.CHILD_IN_NEED,
        marks=[Mark.STEP_UP.value],
        do_parents_know=YesNoUnknown.NO
        if row.agreed == ConsentState.NOT_ASKED_YET
        else YesNoUnknown.YES,
        safe_contact=episode.safety,
    )
    if row.is_urgent:
        start_red(contact, by)
    _put_agreement(row, contact, authority=authority, at=at)
    put_before_manager(
        contact,
        authority=authority,
        at=at,
        summary=shorten(f"Stepped up from early help: {row.concern}", 160, placeholder="…"),
    )
    row.contact = contact
    row.state = StepUp.State.SENT
    row.save(force_insert=row._state.adding)
    episode.state = EpisodeState.STEPPING_UP
    rules.save(episode, "state")
    queue.answer_by_contact(episode, authority=authority, at=at, contact=contact)
    telling.owe(episode, TellAbout.STEPPED_UP, at=at, by=by)
    outbox.put(
        "notice",
        key=f"early_help.stepped_up:{row.pk}",
        payload={
            "user_id": str(mash_team().manager_id),
            "code": "early_help.stepped_up",
            "subject_kind": "contact",
            "subject_id": str(contact.pk),
        },
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    _notify(
        row,
        episode,
        [row.proposed_by_id, episode.team.manager_id, episode.worker_id],
        "step_up_sent",
        at=at,
        except_id=by.pk,
    )
    rules.append("stepped_up", episode, authority=authority, at=at)


def _put_agreement(row: StepUp, contact: Contact, *, authority: Authority, at: datetime) -> None:
    """Put what the parents say on the contact; without a yes, ask the manager to go on."""
    if row.agreed != ConsentState.NOT_ASKED_YET:
        is_given = row.agreed == ConsentState.GIVEN
        write_answer(
            contact,
            authority=authority,
            at=at,
            asked_as=ConsentFrom.PARENT_WITH_PR,
            scope=ConsentScope.REFERRAL,
            state=ConsentState(row.agreed),
            person_as_stated="Parent, as early help reports it",
            how="spoken" if is_given else "",
            to_what="Being put before the MASH" if is_given else "",
            words=row.agreed_words,
        )
    if row.agreed != ConsentState.GIVEN:
        put_override(
            contact,
            authority=authority,
            at=at,
            kind=ConsentState.OVERRIDDEN
            if row.agreed == ConsentState.REFUSED
            else ConsentState.DISPENSED,
            because=f"{row.agreed_words}\n\n{row.concern}",
        )


def _household(child_ids: list[UUID]) -> UUID | None:
    return (
        HouseholdMembership.objects.filter(person__in=child_ids, to_on=None)
        .order_by("-recorded_at", "pk")
        .values_list("household_id", flat=True)
        .first()
    )


def _adults(child_ids: list[UUID]) -> list[UUID]:
    """The adults of the children's households, as they stand now."""
    households = HouseholdMembership.objects.filter(person__in=child_ids, to_on=None)
    return list(
        HouseholdMembership.objects.filter(
            household__in=households.values("household"),
            to_on=None,
            role__in=["adult_carer", "other_adult"],
        )
        .exclude(person__in=child_ids)
        .order_by("person_id")
        .values_list("person_id", flat=True)
        .distinct()
    )


# What the MASH decides --------------------------------------------------------------------------


def follow_decision(*, contact: Contact, decision: ContactDecision) -> None:
    """Let the episode follow the decision on its contact (cases.reactions.contact_decided)."""
    row = _of_contact(contact)
    if row is None or row.state == StepUp.State.HANDED_OVER:
        return
    episode = _locked(row.episode_id)
    ours = set(EpisodeChild.objects.filter(episode=episode).values_list("child_id", flat=True))
    lines = [line for child_id, line in decision.children.items() if child_id in ours]
    state = _state_after({line.outcome for line in lines})
    if state is None:
        return
    why = "\n".join(dict.fromkeys(line.why for line in lines))
    is_same = (row.state, row.decided_why, row.should_do) == (state, why, decision.advice)
    row.decided_at, row.decided_by = decision.at, decision.authority.user
    row.is_provisional = decision.is_provisional
    row.decided_why, row.should_do = why, decision.advice
    _set(row, state, at=None if state == StepUp.State.TAKEN else decision.at)
    _place(row, episode)
    if not is_same:
        _tell_answer(row, episode, authority=decision.authority, at=decision.at)
    _tell_referrer(contact, row, decision)


def _state_after(outcomes: set[Outcome]) -> StepUp.State | None:
    """Where a step-up stands after these outcomes; none, where the threshold is still open."""
    if outcomes & TAKES_ON:
        return StepUp.State.TAKEN
    if Outcome.LINKED in outcomes:
        return StepUp.State.LINKED
    if outcomes and outcomes <= TAKES_NOTHING_ON:
        return StepUp.State.REFUSED
    return None


def _tell_referrer(contact: Contact, row: StepUp, decision: ContactDecision) -> None:
    """Early help reads the answer on the episode's page, so nobody has to ring them."""
    if contact.feedbacks.filter(told_at=None).exists():
        case_actions.record_feedback(
            by=decision.authority.user,
            at=decision.at,
            contact_id=contact.pk,
            how="In the system, to early help",
            what=str(StepUp.State(row.state).label),
        )


def follow_reopening(*, contact: Contact, at: datetime) -> None:
    """Put the family before the MASH again when its contact is (contact_reopened)."""
    row = _of_contact(contact)
    if row is None or row.state in (StepUp.State.SENT, StepUp.State.HANDED_OVER):
        return
    episode = _locked(row.episode_id)
    others = StepUp.objects.filter(episode=episode, state__in=StepUp.OPEN).exclude(pk=row.pk)
    if episode.ended_at is not None or others.exists():
        return
    _set(row, StepUp.State.SENT)
    _place(row, episode)


def follow_handover(*, handover: Handover, by: User) -> None:
    """End early help for children an assessment team has accepted (handover_answered)."""
    if handover.kind != HandoverKind.ASSESSMENT or handover.state != HandoverState.ACCEPTED:
        return
    accepted = list(handover.children.values_list("child_id", flat=True))
    taken = (
        StepUp.objects.filter(
            state=StepUp.State.TAKEN,
            episode__children__child__in=accepted,
            episode__children__ended_at=None,
        )
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()
    )
    for pk in list(taken):
        row = StepUp.objects.select_for_update().get(pk=pk)
        _hand_over(row, handover, accepted, by)


def _hand_over(row: StepUp, handover: Handover, accepted: list[UUID], by: User) -> None:
    episode = _locked(row.episode_id)
    at = handover.answered_at or application_clock.now()
    # In whose right: the team that takes the children on has the children from now.
    authority = Authority(by, Role.ASSESSMENT_TEAM_MANAGER, acting_for=handover.answered_for)
    helped = rules.children(episode)
    rules.append(
        "handed_over",
        episode,
        authority=authority,
        at=at,
        child_ids=[pk for pk in helped if pk in accepted],
    )
    stay = [pk for pk in helped if pk not in accepted]
    if stay:
        requests.end_children(
            episode,
            [pk for pk in helped if pk in accepted],
            at=at,
            because="Stepped up to social care",
        )
        queue.let_go(episode, accepted, authority=authority, at=at)
        if not holding.with_open_statutory_work(stay):
            _set(row, StepUp.State.HANDED_OVER, at=at)
        _place(row, episode)
    else:
        _set(row, StepUp.State.HANDED_OVER, at=at)
        queue.leave(
            episode,
            authority=authority,
            at=at,
            state=WaitingState.STEPPED_UP,
            why=f"Stepped up: contact {row.contact.reference}" if row.contact else "",
        )
        requests.close(
            episode,
            authority=authority,
            at=at,
            ending=Ending.STEPPED_UP,
            note=row.concern,
            carries_on=handover.to_team.name,
        )
    _notify(
        row,
        episode,
        [row.proposed_by_id, episode.team.manager_id, episode.worker_id],
        "handed_over",
        at=at,
    )


def follow_void(*, contact: Contact, at: datetime) -> None:
    """Give the family back to early help when its contact is void (contact_voided)."""
    row = _of_contact(contact)
    if row is None or row.state not in StepUp.OPEN:
        return
    episode = _locked(row.episode_id)
    row.decided_at, row.decided_why = at, contact.void_reason
    _set(row, StepUp.State.VOID, at=at)
    _place(row, episode)
    _notify(
        row,
        episode,
        [row.proposed_by_id, episode.team.manager_id, episode.worker_id],
        "step_up_answered",
        at=at,
    )


@transaction.atomic
def take_back(*, by: User, at: datetime, episode_id: UUID, why: str) -> StepUp:
    """Go on with early help when social care took a step-up on and ended its work.

    A strategy discussion may find no threshold, or a referral be closed, before any team
    accepts the children; early help holds them all the while.
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_SCREEN, at, episode_id)
    row = (
        StepUp.objects.select_for_update().filter(episode=episode, state=StepUp.State.TAKEN).first()
    )
    if row is None:
        raise Refused("The MASH has not taken this family on.")
    still = holding.with_open_statutory_work(rules.children(episode))
    if still:
        raise Refused(f"Social care still works with {rules.names(still)}.")
    if not why.strip():
        raise Refused("Say what early help does now.", field="why")
    row.should_do = why
    _set(row, StepUp.State.GIVEN_BACK, at=at)
    _place(row, episode)
    rules.append("taken_back", episode, authority=authority, at=at)
    return row


def _of_contact(contact: Contact) -> StepUp | None:
    if Mark.STEP_UP not in contact.marks:
        return None
    return StepUp.objects.select_for_update().filter(contact=contact).first()


def _locked(episode_id: UUID) -> Episode:
    return (
        Episode.objects.select_for_update(of=("self",), no_key=True)
        .select_related("team__manager", "contact", "handover", "worker")
        .get(pk=episode_id)
    )


def _set(row: StepUp, state: StepUp.State, *, at: datetime | None = None) -> None:
    row.state = state
    row.ended_at = at
    row.save()


def _place(row: StepUp, episode: Episode) -> None:
    """Put the episode where it stands by its facts: before the MASH, or where help had come to."""
    if episode.ended_at is not None:
        return
    is_before_mash = row.state in (StepUp.State.SENT, StepUp.State.TAKEN)
    episode.state = EpisodeState.STEPPING_UP if is_before_mash else state_of(episode)
    rules.save(episode, "state")


def _notify(
    row: StepUp,
    episode: Episode,
    user_ids: Iterable[UUID | None],
    code: str,
    *,
    at: datetime,
    except_id: UUID | None = None,
) -> None:
    for user_id in dict.fromkeys(user_ids):
        if user_id is not None and user_id != except_id:
            rules.notify(user_id, code, episode, at=at, key=f"{row.pk}:{row.state}:{at:%d%H%M%S}")


def _tell_answer(row: StepUp, episode: Episode, *, authority: Authority, at: datetime) -> None:
    _notify(
        row,
        episode,
        [row.proposed_by_id, episode.team.manager_id, episode.worker_id],
        "step_up_answered",
        at=at,
    )
    telling.owe(episode, TellAbout.MASH_ANSWERED, at=at, by=authority.user)
    rules.append("step_up_decided", episode, authority=authority, at=at, state=str(row.state))


# A dispute --------------------------------------------------------------------------------------


@transaction.atomic
def escalate(*, by: User, at: datetime, episode_id: UUID, to_id: UUID, why: str) -> Escalation:
    """Put a refused step-up to a senior manager by name, who answers it."""
    episode, authority = rules.begin(by, Permission.EARLY_HELP_SCREEN, at, episode_id)
    row = _refused(episode)
    if row.escalations.filter(settled_at=None).exists():
        raise Refused("A senior manager has been asked already, and has not answered yet.")
    senior = User.objects.get(pk=to_id)
    if not (senior.is_active and holds(senior, Permission.WAITING_SETTLE, at=at)):
        raise Refused(f"{senior.full_name} does not settle such disputes.", field="to")
    if not why.strip():
        raise Refused("Say why you do not agree, and what the children need.", field="why")
    made = Escalation.objects.create(
        step_up=row,
        why=why,
        to=senior,
        at=at,
        by=by,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    rules.notify(senior.pk, "escalated", episode, at=at, key=str(made.pk))
    rules.append("escalated", episode, authority=authority, at=at)
    return made


@transaction.atomic
def settle(
    *, by: User, at: datetime, episode_id: UUID, decide_again: bool, answer: str
) -> Escalation:
    """A senior manager lets the MASH's answer stand, or has the contact decided again.

    Deciding stays the MASH manager's: the contact goes back onto the board with CON-DEC.
    """
    authority = require(by, Permission.WAITING_SETTLE, at=at)
    episode = Episode.objects.visible_to(by).get(pk=episode_id)
    row = _refused(episode)
    contact = lock_contact(row.contact_id, by) if row.contact_id else None
    holding.lock(rules.children(episode))  # before the episode, as whoever decides does
    episode = _locked(episode.pk)
    asked = (
        Escalation.objects.select_for_update()
        .filter(step_up=row, settled_at=None)
        .order_by("at", "pk")
        .first()
    )
    if asked is None or contact is None:
        raise Refused("Nobody has put this step-up to you, or it has been answered.")
    if not answer.strip():
        raise Refused("Say why, and what happens now.", field="answer")
    asked.settled_at, asked.settled_by, asked.settled_for = at, by, authority.acting_for
    asked.decide_again, asked.answer = decide_again, answer
    asked.save()
    if decide_again:
        put_back_on_board(
            contact,
            authority=authority,
            at=at,
            reason=answer,
            news="Head of service: decide again",
        )
        outbox.put(
            "notice",
            key=f"early_help.decide_again:{asked.pk}",
            payload={
                "user_id": str(mash_team().manager_id),
                "code": "early_help.decide_again",
                "subject_kind": "contact",
                "subject_id": str(contact.pk),
            },
            at=at,
            subject_kind="contact",
            subject_id=contact.pk,
        )
    _notify(row, episode, [asked.by_id, row.proposed_by_id], "settled", at=at)
    code = "settled_again" if decide_again else "settled_stands"
    rules.append(code, episode, authority=authority, at=at)
    return asked


def _refused(episode: Episode) -> StepUp:
    row = (
        StepUp.objects.select_related("contact")
        .filter(episode=episode)
        .order_by("-proposed_at", "pk")
        .first()
    )
    if row is None or row.state != StepUp.State.REFUSED or episode.ended_at is not None:
        raise Refused("The MASH has refused no step-up of this family.")
    return row
