"""Offering help, what the family answers, and whether it is safe to let it go."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Team, TeamMembership, User
from accounts.permissions import (
    MASH_QUALIFIED,
    Authority,
    Permission,
    Role,
    roles_of,
)
from cases import actions as case_actions
from cases import waiting
from cases.choices import Priority, WaitingState, WorkerRole
from cases.models import Allocation, Handover, Visit, VisitChild
from early_help import clocks
from early_help.actions import agreement, queue, requests, rules, telling
from early_help.actions.screening import waiting_group
from early_help.choices import (
    AskedBy,
    DeclineReason,
    Ending,
    EpisodeState,
    Means,
    Route,
    TellAbout,
)
from early_help.models import (
    ContactAttempt,
    Decline,
    DeclineDecision,
    Episode,
    Offer,
)
from early_help.queries.offers import open_offer
from lib import application_clock
from lib.prepared import Prepared
from lib.working_days import london_date
from record import calendar, once, policy
from record.errors import Refused
from record.models import Clock

TO_OFFER = (EpisodeState.SCREENED, EpisodeState.WAITING)
TO_DECLINE = (
    EpisodeState.SCREENED,
    EpisodeState.WAITING,
    EpisodeState.OFFERED,
    EpisodeState.STEPPING_UP,
)
HELPERS = frozenset({Role.EARLY_HELP_WORKER, Role.EARLY_HELP_COORDINATOR})
FEWEST_MEANS = 2


class OutOfTurn(Refused):
    """Another family stands before this one, so choosing it needs a sentence."""


class NotTriedEnough(Refused):
    """No answer counts as declining only after enough attempts."""


@transaction.atomic
def offer_help(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    first_at: datetime,
    how: str,
    worker_id: UUID | None = None,
    lead_name: str = "",
    lead_agency: str = "",
    lead_contact: str = "",
    note: str = "",
    out_of_turn_because: str = "",
    token: UUID | None = None,
) -> Offer:
    """Offer a worker, or a lead professional in the community, from a first date.

    The system puts families in order; who offers to one lower down says why, and it is kept. Of a
    family whose turn it is nothing is kept: the offer is not out of turn.

    :param first_at: the first appointment
    :raises OutOfTurn: another family stands first and no sentence was given
    """
    episode, authority = rules.begin(by, Permission.WAITING_ORDER, at, episode_id)
    once.claim(token, user=by, action="early_help.offer_help")
    if open_offer(episode.pk) is not None:
        raise Refused("An offer is open. Record what the family answers first.")
    rules.refuse_unless(episode, TO_OFFER, "Help can be offered")
    if Decline.objects.filter(episode=episode, decisions=None).exists():
        raise Refused("This family has declined. Decide first whether it is safe to close.")
    agreement.require_agreed(episode, what="Help cannot be offered")
    if how not in Means.values:
        raise Refused("Choose how it was offered.", field="how")
    if first_at <= at:
        raise Refused("The first appointment is before the offer.", field="first_at")
    worker = helper_of(worker_id, episode.team, at)
    if episode.route == Route.TARGETED and worker is None:
        raise Refused("Choose the worker.", field="worker")
    if worker is None and not (lead_name.strip() and lead_agency.strip()):
        raise Refused("Name the lead professional and their agency.", field="lead_name")
    group = waiting_group(episode)
    ahead = [
        other
        for other in (waiting.ahead_of(group) if group is not None else ())
        if other.state == WaitingState.WAITING
    ]
    if ahead and not out_of_turn_because.strip():
        raise OutOfTurn(
            f"{waiting.names_of(ahead[0], by=by)} stand before this family. Say why this"
            " family goes first.",
            field="out_of_turn_because",
        )
    if not ahead:
        out_of_turn_because = ""
    offer = Offer.objects.create(
        episode=episode,
        worker=worker,
        lead_name="" if worker else lead_name,
        lead_agency="" if worker else lead_agency,
        lead_contact="" if worker else lead_contact,
        first_at=first_at,
        how=how,
        note=note,
        out_of_turn_because=out_of_turn_because,
        at=at,
        by=by,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    episode.state = EpisodeState.OFFERED
    rules.save(episode, "state")
    if group is not None:
        waiting.set_state(
            authority=authority,
            at=at,
            group=group,
            state=WaitingState.OFFERED,
            why=out_of_turn_because or f"Offered {offer.who}",
        )
    telling.owe(episode, TellAbout.OFFERED, at=at, by=by)
    if worker is not None and worker.pk != by.pk:
        rules.notify(worker.pk, "offered", episode, at=at, key=str(offer.pk))
    rules.append("offered", episode, authority=authority, at=at)
    once.finish(token, offer.pk)
    return offer


def helper_of(worker_id: UUID | None, team: Team, at: datetime) -> User | None:
    """The worker of this team with this id, if one is named.

    :raises Refused: somebody who does not help families there
    """
    if worker_id is None:
        return None
    worker = User.objects.get(pk=worker_id)
    on = london_date(at)
    member = TeamMembership.objects.filter(user=worker, team=team, from_on__lte=on).exclude(
        to_on__lt=on
    )
    if not (worker.is_active and roles_of(worker, at) & HELPERS and member.exists()):
        raise Refused(f"{worker.full_name} does not help families in {team.name}.")
    return worker


@transaction.atomic
def record_attempt(
    *, by: User, at: datetime, episode_id: UUID, means: str, result: str, note: str = ""
) -> ContactAttempt:
    """Record that somebody tried to reach the family, and whether they did."""
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    rules.refuse_over(episode)
    if means not in Means.values or result not in ContactAttempt.Result.values:
        raise Refused("Choose how you tried and what came of it.", field="means")
    attempt = ContactAttempt.objects.create(
        episode=episode,
        at=at,
        means=means,
        result=result,
        note=note,
        by=by,
        recorded_at=application_clock.now(),
    )
    rules.append("attempt", episode, authority=authority, at=at)
    return attempt


@transaction.atomic
def accept_offer(*, by: User, at: datetime, episode_id: UUID) -> Offer:
    """Record that the family accepts: the worker is theirs from now on, EH-1V starts."""
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    rules.refuse_over(episode)
    offer = _answerable(episode, at)
    agreement.require_agreed(episode, what="Help cannot begin")
    _answer(offer, Offer.Answer.ACCEPTED, by, at)
    if episode.state != EpisodeState.STEPPING_UP:
        episode.state = EpisodeState.ACCEPTED
    episode.worker = offer.worker
    episode.lead_name = offer.lead_name
    episode.lead_agency = offer.lead_agency
    episode.lead_contact = offer.lead_contact
    episode.accepted_at = at
    rules.save(
        episode, "state", "worker", "lead_name", "lead_agency", "lead_contact", "accepted_at"
    )
    if offer.worker is not None:
        allocate(episode, offer.worker, authority, at)
    for rule in ("EH-1V", "EH-EHA"):
        clocks.start(rule, on=episode, started_at=at, by=by)
    rules.append("accepted", episode, authority=authority, at=at)
    return offer


def allocate(
    episode: Episode, worker: User, authority: Authority, at: datetime, *, why: str = ""
) -> None:
    """Let a worker be each child’s helper from now on."""
    for child_id in rules.children(episode):
        Allocation.objects.create(
            child_id=child_id,
            worker=worker,
            role=WorkerRole.HELPER,
            team=episode.team,
            from_at=at,
            change_reason=why,
            by=authority.user,
            acting_for=authority.acting_for,
            recorded_at=application_clock.now(),
        )


@transaction.atomic
def decline(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    reason: str,
    words: str,
    token: UUID | None = None,
) -> Decline:
    """Record that the family declines, in its own words; nothing closes by it.

    The coordinator decides whether it is safe (`decide_decline`). Until then the family keeps
    its place, and whoever holds the children holds them.

    :raises NotTriedEnough: no answer, without 3 attempts by 2 means over 10 working days
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    once.claim(token, user=by, action="early_help.decline")
    rules.refuse_unless(episode, TO_DECLINE, "A family can decline")
    if reason not in DeclineReason.values:
        raise Refused("Choose why the family declines.", field="reason")
    if not words.strip():
        raise Refused("Enter the words the family used.", field="words")
    if reason == DeclineReason.NO_RESPONSE:
        _refuse_few_attempts(episode, at)
    if Decline.objects.filter(episode=episode, decisions=None).exists():
        raise Refused("This family has declined already. Decide whether it is safe to close.")
    offer = open_offer(episode.pk)
    if offer is not None:
        _answer(offer, Offer.Answer.DECLINED, by, at)
    group = waiting_group(episode)
    row = Decline.objects.create(
        episode=episode,
        offer=offer,
        reason=reason,
        words=words,
        days_waited=calendar.calendar().working_days_between(
            london_date(episode.requested_at), london_date(at)
        ),
        priority=group.priority if group else "",
        at=at,
        by=by,
        recorded_at=application_clock.now(),
    )
    telling.owe(episode, TellAbout.DECLINED, at=at, by=by)
    if episode.team.manager_id != by.pk:
        rules.notify(episode.team.manager_id, "declined", episode, at=at, key=str(row.pk))
    rules.append("declined", episode, authority=authority, at=at, reason=reason)
    once.finish(token, row.pk)
    return row


def _refuse_few_attempts(episode: Episode, at: datetime) -> None:
    tried = list(
        ContactAttempt.objects.filter(episode=episode, at__lte=at)
        .order_by("at", "pk")
        .values_list("at", "means", "result")
    )
    reached = ContactAttempt.Result.REACHED
    last_reached = max((moment for moment, _how, got in tried if got == reached), default=None)
    vain = [
        (moment, how)
        for moment, how, _got in tried
        if last_reached is None or moment > last_reached
    ]
    fewest = int(policy.value("EH-ATTEMPTS", at=at))
    days = int(policy.value("EH-ATTEMPT-DAYS", at=at))
    means = len({how for _moment, how in vain})
    over = (
        calendar.calendar().working_days_between(london_date(vain[0][0]), london_date(at))
        if vain
        else 0
    )
    if len(vain) < fewest or means < FEWEST_MEANS or over < days:
        raise NotTriedEnough(
            f"No answer counts as declining after {fewest} attempts by {FEWEST_MEANS} means over"
            f" {days} working days. So far: {len(vain)} by {means} over {over}."
            " Record each attempt, and go on trying.",
            field="reason",
        )


@transaction.atomic
def decide_decline(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    is_safe: bool,
    why: str,
    steps_up: bool = False,
    consulted_id: UUID | None = None,
    consulted_said: str = "",
    token: UUID | None = None,
) -> DeclineDecision:
    """Decide whether it is safe to close after a decline; not safe keeps the family.

    Closing a P1 family needs the MASH to have been asked.

    :param steps_up: not safe, and the family is to be put before the MASH: `stepping.step_up`
        carries that out, and until then it stands among what the coordinator has to do
    :raises NotNow: the MASH has the family before it, and answers first
    :raises Refused: nothing to decide, no reason, or nobody of the MASH asked
    """
    episode, authority = rules.begin(by, Permission.WAITING_ORDER, at, episode_id, with_offer=True)
    once.claim(token, user=by, action="early_help.decide_decline")
    rules.refuse_over(episode)
    if episode.state == EpisodeState.STEPPING_UP:
        raise rules.NotNow("This family is before the MASH. Decide when the MASH has answered.")
    if is_safe:
        rules.refuse_step_up_open(episode)
        rules.refuse_undone_change(episode, at=at)
    after = DeclineDecision.Then.STEP_UP if steps_up else DeclineDecision.Then.KEEP
    decision = _write_decision(
        episode,
        authority=authority,
        at=at,
        is_safe=is_safe,
        why=why,
        then=DeclineDecision.Then.CLOSE if is_safe else after,
        consulted_id=consulted_id,
        consulted_said=consulted_said,
    )
    if is_safe:
        _let_go(episode, decision, authority, at)
    else:
        back_to_waiting(episode, authority=authority, at=at, why=why)
    once.finish(token, decision.pk)
    return decision


def _write_decision(
    episode: Episode,
    *,
    authority: Authority,
    at: datetime,
    is_safe: bool,
    why: str,
    then: DeclineDecision.Then,
    consulted_id: UUID | None,
    consulted_said: str,
) -> DeclineDecision:
    latest = Decline.objects.filter(episode=episode).order_by("-at", "-recorded_at").first()
    if latest is None:
        raise Refused("This family has not declined.")
    if not why.strip():
        raise Refused("Say why it is, or is not, safe to close.", field="why")
    consulted = User.objects.get(pk=consulted_id) if consulted_id else None
    if consulted is not None and not roles_of(consulted, at) & MASH_QUALIFIED:
        raise Refused(f"{consulted.full_name} is not of the MASH.", field="consulted")
    if consulted is not None and not consulted_said.strip():
        raise Refused("Say what the MASH said.", field="consulted_said")
    group = waiting_group(episode)
    priorities = {latest.priority, group.priority if group is not None else ""}
    if is_safe and Priority.P1 in priorities and consulted is None:
        raise Refused(
            "A P1 family is closed only after the MASH was asked. Say whom you asked and what"
            " they said.",
            field="consulted",
        )
    decision = DeclineDecision.objects.create(
        decline=latest,
        is_safe=is_safe,
        why=why,
        then=then,
        consulted=consulted,
        consulted_said=consulted_said,
        at=at,
        by=authority.user,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    rules.append(
        "safe_to_close" if is_safe else "not_safe_to_close", episode, authority=authority, at=at
    )
    return decision


def _let_go(
    episode: Episode, decision: DeclineDecision, authority: Authority, at: datetime
) -> None:
    """Close after a safe decline; a step-down goes back to its sender, who may close too."""
    queue.leave(episode, authority=authority, at=at, state=WaitingState.DECLINED, why=decision.why)
    requests.give_step_down_back(
        episode,
        authority=authority,
        at=at,
        why=f"The family declined early help, and it is safe to close: {decision.why}",
    )
    requests.close(episode, authority=authority, at=at, ending=Ending.DECLINED, note=decision.why)


def back_to_waiting(episode: Episode, *, authority: Authority, at: datetime, why: str) -> None:
    """Put a family back where it stood before an offer."""
    group = waiting_group(episode)
    episode.state = EpisodeState.WAITING if group is not None else EpisodeState.SCREENED
    rules.save(episode, "state")
    if group is not None and group.state == WaitingState.OFFERED:
        waiting.set_state(
            authority=authority, at=at, group=group, state=WaitingState.WAITING, why=why
        )


_TO_START: Prepared[Episode] = Prepared(
    lambda at, worker_id, child_ids: (
        Episode.objects.select_for_update(of=("self",), no_key=True)
        .select_related("team__manager", "handover", "contact")
        .filter(
            state__in=[EpisodeState.ACCEPTED, EpisodeState.STEPPING_UP],
            started_at=None,
            accepted_at__lte=at,
            worker=worker_id,
            children__child__in=child_ids,
            children__ended_at=None,
        )
        .order_by("pk")
    ),
    at=datetime,
    worker_id=UUID,
    child_ids=list[UUID],
)
_STARTED: Prepared[Episode] = Prepared(
    lambda at, worker_id, child_ids: (
        Episode.objects.filter(
            ended_at=None,
            worker=worker_id,
            started_at__lt=at,
            children__child__in=child_ids,
            children__ended_at=None,
        )
        .distinct()
        .order_by("pk")
    ),
    at=datetime,
    worker_id=UUID,
    child_ids=list[UUID],
)


def follow_visit(*, visit: Visit, seen: Sequence[VisitChild]) -> None:
    """Let help start with the first appointment kept (cases.reactions.visit_recorded)."""
    if not seen:
        return
    children = [row.child_id for row in seen]
    started = _TO_START(at=visit.at, worker_id=visit.by_id, child_ids=children)
    for episode in {each.pk: each for each in started}.values():
        authority = Authority(visit.recorded_by, Role.EARLY_HELP_WORKER)
        start(episode, authority=authority, at=visit.at)
    _count_visits(visit, seen)


def _count_visits(visit: Visit, seen: Sequence[VisitChild]) -> None:
    """Let EH-VISIT run from the last visit of the family's worker."""
    children = [row.child_id for row in seen]
    for episode in _STARTED(at=visit.at, worker_id=visit.by_id, child_ids=children):
        last = Clock.objects.filter(rule="EH-VISIT", subject_id=episode.pk, stopped_at=None)
        if last.filter(started_at__lt=visit.at).exists():
            clocks.start_again("EH-VISIT", on=episode, started_at=visit.at, by=visit.recorded_by)


@transaction.atomic
def start_in_community(*, by: User, at: datetime, episode_id: UUID) -> Episode:
    """Record that the lead professional in the community has met the family."""
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    rules.refuse_unless(episode, [EpisodeState.ACCEPTED], "Help can start")
    if episode.worker_id is not None:
        raise Refused("Help of ours starts with the first visit. Record the visit.")
    return start(episode, authority=authority, at=at)


def start(episode: Episode, *, authority: Authority, at: datetime) -> Episode:
    """Start help for a locked episode: the wait ends, and a step-down passes to early help."""
    queue.leave(
        episode,
        authority=authority,
        at=at,
        state=WaitingState.STARTED,
        why="First appointment kept",
    )
    if episode.asked_by == AskedBy.STEP_DOWN and episode.handover_id is not None:
        offer = (
            Handover.objects.select_for_update(of=("self",))
            .select_related("to_team")
            .get(pk=episode.handover_id)
        )
        case_actions.take_on(offer, authority=authority, at=at)
        rules.notify(offer.offered_by_id, "step_down_started", episode, at=at)
    if episode.state != EpisodeState.STEPPING_UP:
        episode.state = EpisodeState.ASSESSING
    episode.started_at = at
    rules.save(episode, "state", "started_at")
    clocks.stop("EH-1V", on=episode, at=at)
    if episode.worker_id is not None:
        clocks.start("EH-VISIT", on=episode, started_at=at, by=authority.user)
    telling.owe(episode, TellAbout.STARTED, at=at, by=authority.user)
    rules.append("started", episode, authority=authority, at=at)
    return episode


def _answerable(episode: Episode, at: datetime) -> Offer:
    offer = open_offer(episode.pk)
    if offer is None:
        raise Refused("No offer is open for this family.")
    if at < offer.at:
        raise Refused("The answer is before the offer.", field="at")
    return offer


def _answer(offer: Offer, answer: Offer.Answer, by: User, at: datetime) -> None:
    if at < offer.at:
        raise Refused("The answer is before the offer.", field="at")
    offer.answer = answer
    offer.answered_at = at
    offer.answered_by = by
    offer.save(update_fields=["answer", "answered_at", "answered_by"])
