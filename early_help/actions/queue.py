"""While a family waits: safe-checks, priority, pauses, children who join, and leaving the queue."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, holds, require
from cases import actions as case_actions
from cases import clocks as case_clocks
from cases import holding, waiting
from cases.change_codes import ChangeCode
from cases.choices import InvolvementKind, Priority, RiskLevel, WaitingState, WorkerRole
from cases.models import Allocation, ChangeOfCircumstance, Contact, WaitingGroup
from early_help import need
from early_help.actions import requests, rules, telling
from early_help.actions.screening import ChildRisk, known_of, waiting_group
from early_help.choices import BEFORE_HELP, Ending, EpisodeState, TellAbout
from early_help.models import (
    Decline,
    Episode,
    EpisodeChild,
    Pause,
    SafeCheck,
    SafeCheckAnswer,
    SafeCheckChild,
)
from early_help.queries.stepping import unmet_step_up
from early_help.timescales import (
    REVIEW_RULES,
    SEVERE_RULES,
    START_RULES,
    review_rule,
    severe_rule,
    start_rule,
)
from lib import application_clock
from lib.working_days import london_date
from people.models import Person
from record import calendar, once, policy
from record import clocks as record_clocks
from record.errors import Refused
from record.models import Clock

#: Accepted, and help has not started.
ON_THE_LIST = tuple(state for state in BEFORE_HELP if state != EpisodeState.REQUESTED)
REMOVALS = (Ending.MOVED, Ending.SOCIAL_CARE, Ending.DUPLICATE)
WORSE_NEEDS = (
    "The family is worse off. Raise the priority, step the family up, or say why the priority"
    " stands."
)


class NotWaiting(Refused):
    """The family does not wait."""


@transaction.atomic
def record_safe_check(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    means: str,
    is_reached: bool,
    spoke_to: str = "",
    found: str = "",
    what_changed: str = "",
    told: str = "",
    risks: Sequence[ChildRisk] = (),
    priority: str = "",
    why_stands: str = "",
    change_code: str = "",
    steps_up: bool = False,
    token: UUID | None = None,
) -> SafeCheck:
    """Record that a family that waits was asked how each child is, and act on the answer.

    Reached, it meets EH-REVIEW and starts the next. Found worse, whoever orders the queue raises
    the priority in the same act or says why it stands, logs a change of circumstance where social
    care works with the family, or steps the family up next (`stepping.step_up` answers the check
    then). A duty worker may log the change, and puts the rest before the coordinator.

    :param priority: a higher one, or empty
    :param why_stands: why nothing changes though the family is worse off
    :param change_code: what happened, as a change of circumstance
    :param steps_up: the step-up follows on its own page; until then the check waits
    :raises Refused: what is missing; worse with no consequence, by whoever decides it
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    once.claim(token, user=by, action="early_help.safe_check")
    group = _waits(episode)
    check = SafeCheck(
        episode=episode,
        group=group,
        at=at,
        means=means,
        is_reached=is_reached,
        spoke_to=spoke_to,
        found=found if is_reached else "",
        what_changed=what_changed,
        told=told,
        by=by,
        acting_for=authority.acting_for,
        recorded_at=application_clock.now(),
    )
    if means not in SafeCheck.Means.values:
        raise Refused("Choose how you asked.", field="means")
    if not is_reached:
        check.save(force_insert=True)
        rules.append("safe_check_missed", episode, authority=authority, at=at)
        once.finish(token, check.pk)
        return check
    _refuse_half_check(episode, check, risks)
    check.save(force_insert=True)
    entries = {entry.child_id: entry for entry in group.entries.filter(ended_at=None)}
    SafeCheckChild.objects.bulk_create(
        SafeCheckChild(
            check_made=check,
            child_id=risk.child_id,
            risk=risk.level,
            risk_before=entries[risk.child_id].risk,
            why=risk.why,
        )
        for risk in risks
    )
    changed = {
        risk.child_id: (risk.level, risk.why)
        for risk in risks
        if entries[risk.child_id].risk != risk.level
    }
    if changed:
        waiting.rate(authority=authority, at=at, group=group, risks=changed)
    rule = review_rule(group.priority)
    case_clocks.stop(rule, on=group, at=at)
    case_clocks.start(rule, on=group, started_at=at, by=by)
    rules.append("safe_check", episode, authority=authority, at=at, found=found)
    if found == SafeCheck.Found.WORSE:
        _follow_worse(
            check,
            episode,
            authority=authority,
            at=at,
            priority=priority,
            why_stands=why_stands,
            change_code=change_code,
            steps_up=steps_up,
        )
    once.finish(token, check.pk)
    return check


def _refuse_half_check(episode: Episode, check: SafeCheck, risks: Sequence[ChildRisk]) -> None:
    if not check.spoke_to.strip():
        raise Refused("Say whom you spoke to.", field="spoke_to")
    if check.found not in SafeCheck.Found.values:
        raise Refused("Choose whether the family is better, the same or worse.", field="found")
    if check.found != SafeCheck.Found.SAME and not check.what_changed.strip():
        raise Refused("Say what has changed.", field="what_changed")
    child_ids = rules.children(episode)
    given = {risk.child_id for risk in risks if risk.level in RiskLevel.values and risk.why.strip()}
    without = set(child_ids) - given
    if without:
        raise Refused(
            f"Say how great the risk to {rules.names(without)} is now, and what that rests on.",
            field="risks",
        )
    if given - set(child_ids):
        raise Refused("One of these children is not part of this episode.")


def _follow_worse(
    check: SafeCheck,
    episode: Episode,
    *,
    authority: Authority,
    at: datetime,
    priority: str,
    why_stands: str,
    change_code: str = "",
    steps_up: bool = False,
) -> None:
    if change_code:
        _log_change(check, episode, change_code, authority=authority, at=at)
        return
    if not holds(authority.user, Permission.WAITING_ORDER, at=at):
        rules.notify(episode.team.manager_id, "worse", episode, at=at, key=str(check.pk))
        return
    if priority and priority != check.group.priority:
        _raise(check, episode, authority=authority, at=at, priority=priority)
    elif why_stands.strip():
        _answer(check, SafeCheckAnswer.Led.STANDS, why_stands, authority=authority, at=at)
    elif not steps_up:
        raise Refused(WORSE_NEEDS, field="priority")


def _log_change(
    check: SafeCheck, episode: Episode, code: str, *, authority: Authority, at: datetime
) -> None:
    """Log what a safe-check found as a change: the worker and manager who have the child act."""
    require(authority.user, Permission.CHANGE_LOG, at=at)
    child_ids = rules.children(episode)
    open_to_social_care = holding.with_open_statutory_work(child_ids)
    if not open_to_social_care:
        raise Refused(
            f"Social care does not work with {rules.names(child_ids)}, so nobody there would read"
            " a change. Step the family up, or raise the priority.",
            field="follows",
        )
    if code not in ChangeCode.values:
        raise Refused("Choose what happened.", field="change_code")
    change = case_actions.raise_change(
        code=ChangeCode(code),
        authority=authority,
        at=at,
        happened_on=london_date(check.at),
        learned_at=check.at,
        learned_from=check.spoke_to,
        child_ids=child_ids,
        concerned_ids=open_to_social_care,
        what=check.what_changed,
        source_kind="safe_check",
        source_id=check.pk,
        is_by_system=False,
    )
    _answer(
        check,
        SafeCheckAnswer.Led.CHANGE,
        check.what_changed,
        authority=authority,
        at=at,
        change=change,
    )


def _raise(
    check: SafeCheck, episode: Episode, *, authority: Authority, at: datetime, priority: str
) -> None:
    group = waiting.lock(check.group_id)
    if priority not in Priority.values or priority >= group.priority:
        raise Refused("Choose a higher priority than the family has.", field="priority")
    _set_priority(
        episode, group, authority=authority, at=at, priority=priority, reason=check.what_changed
    )
    _answer(check, SafeCheckAnswer.Led.RAISED, check.what_changed, authority=authority, at=at)


def _answer(
    check: SafeCheck,
    led_to: SafeCheckAnswer.Led,
    why: str,
    *,
    authority: Authority,
    at: datetime,
    contact: Contact | None = None,
    change: ChangeOfCircumstance | None = None,
) -> SafeCheckAnswer:
    return SafeCheckAnswer.objects.create(
        check_made=check,
        led_to=led_to,
        why=why,
        contact=contact,
        change=change,
        by=authority.user,
        acting_for=authority.acting_for,
        at=at,
        recorded_at=application_clock.now(),
    )


@transaction.atomic
def answer_safe_check(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    check_id: UUID,
    priority: str = "",
    why_stands: str = "",
    change_code: str = "",
) -> SafeCheck:
    """The coordinator acts on a safe-check that a duty worker recorded as worse."""
    episode, authority = rules.begin(by, Permission.WAITING_ORDER, at, episode_id)
    check = SafeCheck.objects.select_related("group").get(pk=check_id, episode=episode)
    if check.found != SafeCheck.Found.WORSE:
        raise Refused("This safe-check did not find the family worse off.")
    if SafeCheckAnswer.objects.filter(check_made=check).exists():
        raise Refused("This safe-check has been acted on already.")
    _waits(episode)
    _follow_worse(
        check,
        episode,
        authority=authority,
        at=at,
        priority=priority,
        why_stands=why_stands,
        change_code=change_code,
    )
    return check


def answer_by_contact(
    episode: Episode, *, authority: Authority, at: datetime, contact: Contact
) -> None:
    """Note that the safe-checks found worse and not acted on led to this contact."""
    for check in SafeCheck.objects.filter(
        episode=episode, found=SafeCheck.Found.WORSE, answer=None
    ).order_by("at", "pk"):
        _answer(
            check,
            SafeCheckAnswer.Led.CONTACT,
            check.what_changed,
            authority=authority,
            at=at,
            contact=contact,
        )


@transaction.atomic
def prioritise(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    priority: str,
    reason: str,
    needs: Collection[str] | None = None,
) -> WaitingGroup:
    """Give a family another priority, or weigh its needs anew; the order before is kept.

    A raised priority is due at the earlier of the old limit and the new one from now
    (decisions.md 76).

    :param needs: codes of `need.TICKED`, where they have changed
    """
    episode, authority = rules.begin(by, Permission.WAITING_ORDER, at, episode_id)
    group = _waits(episode)
    if priority not in Priority.values:
        raise Refused("Choose a priority.", field="priority")
    if not reason.strip():
        raise Refused("Say why the priority changes.", field="reason")
    if needs is not None:
        episode.needs = [str(each) for each in need.all_needs(known_of(episode), needs)]
        rules.save(episode, "needs")
    return _set_priority(
        episode, group, authority=authority, at=at, priority=priority, reason=reason
    )


def _set_priority(
    episode: Episode,
    group: WaitingGroup,
    *,
    authority: Authority,
    at: datetime,
    priority: str,
    reason: str,
) -> WaitingGroup:
    before = group.priority
    is_raised = priority < before
    known = known_of(episode)
    group = waiting.reprioritise(
        authority=authority,
        at=at,
        group=group,
        queue_rank=waiting.PRIORITY_RANK[priority],
        priority=priority,
        reason=reason,
        factors=need.factors(known, [need.Need(each) for each in episode.needs]),
    )
    if priority != before:
        for families in (start_rule, severe_rule, review_rule):
            _recount(
                group,
                families(before),
                families(priority),
                authority=authority,
                at=at,
                is_raised=is_raised,
            )
        rules.append(
            "priority_raised" if is_raised else "priority_lowered",
            episode,
            authority=authority,
            at=at,
            priority=priority.upper(),
        )
        if is_raised:
            telling.owe(episode, TellAbout.PRIORITY, at=at, by=authority.user)
    return group


def _recount(
    group: WaitingGroup,
    old_rule: str,
    new_rule: str,
    *,
    authority: Authority,
    at: datetime,
    is_raised: bool,
) -> None:
    """Count a limit of the wait by the new priority; a raised one never ends later than before."""
    running = Clock.objects.filter(
        rule__in=_family_of(old_rule), subject_id=group.pk, stopped_at=None
    ).first()
    if running is None:
        return
    if is_raised:
        limit = int(policy.value(new_rule, at=at))
        length = record_clocks.length(record_clocks.rule(new_rule).unit, limit)
        if calendar.calendar().due_at(at, length) >= running.due_at:
            return
    case_clocks.replace(
        running.rule,
        on=group,
        started_at=at if is_raised else running.started_at,
        by=authority.user,
        because="priority_changed",
        new_rule=new_rule,
    )


def _family_of(rule: str) -> tuple[str, ...]:
    """The rules of the same limit at every priority: one that ends sooner stays when it rises."""
    return next(each for each in (START_RULES, SEVERE_RULES, REVIEW_RULES) if rule in each)


# Pauses -----------------------------------------------------------------------------------------


@transaction.atomic
def pause(*, by: User, at: datetime, episode_id: UUID, until_on: date, words: str) -> Pause:
    """Let a wait pause at the family's wish, for 20 working days in all.

    The limits of delay are counted that many days longer; safe-checks go on, and the wait that
    is reported is the whole of it.
    """
    episode, authority = rules.begin(by, Permission.WAITING_ORDER, at, episode_id)
    group = _waits(episode)
    if group.state == WaitingState.PAUSED:
        raise Refused("The wait is paused already.")
    if not words.strip():
        raise Refused("Enter what the family asked for, in their words.", field="words")
    from_on = london_date(at)
    days = calendar.calendar().working_days_between(from_on, until_on)
    most = int(policy.value("EH-PAUSE", at=at))
    used = sum(each.days for each in Pause.objects.filter(group=group))
    if days <= 0:
        raise Refused("Enter a working day after today.", field="until_on")
    if days + used > most:
        left = most - used
        raise Refused(
            f"A family may ask for {most} working days of pause in one wait; {left} are left."
            f" Choose {calendar.calendar().add_working_days(from_on, left):%-d %B} or earlier."
            if left > 0
            else f"This family has had the {most} working days of pause that one wait may have.",
            field="until_on",
        )
    made = Pause.objects.create(
        group=group,
        from_on=from_on,
        until_on=until_on,
        days=days,
        words=words,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    waiting.set_state(
        authority=authority,
        at=at,
        group=group,
        state=WaitingState.PAUSED,
        why=words,
        paused_until=until_on,
    )
    _lengthen(group, days, authority.user)
    rules.append("paused", episode, authority=authority, at=at, until=until_on.isoformat())
    return made


@transaction.atomic
def resume(*, by: User, at: datetime, episode_id: UUID, why: str) -> WaitingGroup:
    """End a pause before its day; the days not used go back to the limit."""
    episode, authority = rules.begin(by, Permission.WAITING_ORDER, at, episode_id)
    group = _waits(episode)
    running = Pause.objects.select_for_update().filter(group=group, ended_on=None).first()
    if running is None:
        raise Refused("The wait is not paused.")
    if not why.strip():
        raise Refused("Say why the pause ends.", field="why")
    return _end_pause(running, episode, group, authority=authority, at=at, why=why)


def end_pauses(*, at: datetime) -> int:
    """End the pauses whose day has passed; say how many. Safe to run twice at once."""
    number = 0
    today = london_date(at)
    over = Pause.objects.filter(ended_on=None, until_on__lt=today).order_by("pk")
    for pause_id in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            running = (
                Pause.objects.select_for_update(skip_locked=True)
                .filter(pk=pause_id, ended_on=None)
                .first()
            )
            if running is None:
                continue
            group = WaitingGroup.objects.select_for_update().get(pk=running.group_id)
            running.ended_on = running.until_on
            running.save(update_fields=["ended_on"])
            if group.ended_at is None and group.state == WaitingState.PAUSED:
                episode = Episode.objects.get(pk=group.subject_id)
                waiting.set_state(
                    authority=None,
                    at=at,
                    group=group,
                    state=WaitingState.WAITING,
                    why="The day the family asked for has passed.",
                )
                rules.append("resumed", episode, authority=None, at=at)
            number += 1
    return number


def _end_pause(
    running: Pause,
    episode: Episode,
    group: WaitingGroup,
    *,
    authority: Authority,
    at: datetime,
    why: str,
) -> WaitingGroup:
    today = london_date(at)
    unused = max(0, calendar.calendar().working_days_between(today, running.until_on))
    unused = min(unused, running.days)
    running.ended_on = today
    running.ended_by = authority.user
    running.save(update_fields=["ended_on", "ended_by"])
    group = waiting.set_state(
        authority=authority, at=at, group=group, state=WaitingState.WAITING, why=why
    )
    if unused:
        _lengthen(group, -unused, authority.user)
    rules.append("resumed", episode, authority=authority, at=at)
    return group


def _lengthen(group: WaitingGroup, days: int, by: User) -> None:
    for running in Clock.objects.filter(
        rule__in=[*START_RULES, *SEVERE_RULES], subject_id=group.pk, stopped_at=None
    ).order_by("rule"):
        case_clocks.replace(
            running.rule,
            on=group,
            started_at=running.started_at,
            by=by,
            because="paused",
            limit=running.limit + days,
        )


# Children, and leaving --------------------------------------------------------------------------


@transaction.atomic
def add_child(
    *, by: User, at: datetime, episode_id: UUID, child_id: UUID, why: str, risk: str, risk_why: str
) -> EpisodeChild:
    """Add a child of the family to its episode: born, joined, or not thought of before.

    A child who joins a wait has its own date and risk, and places the family anew.
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    rules.refuse_over(episode)
    child = Person.objects.visible_to(by).get(pk=child_id)
    holding.lock([child.pk])
    if EpisodeChild.objects.filter(child=child, ended_at=None).exists():
        raise requests.AlreadyHelped(f"{child.name} has early help already that has not ended.")
    if not why.strip():
        raise Refused(f"Say why {child.name} is part of this now.", field="why")
    group = waiting_group(episode)
    if group is not None and (risk not in RiskLevel.values or not risk_why.strip()):
        raise Refused(
            f"Say how great the risk to {child.name} is, and what that rests on.", field="risk"
        )
    row = EpisodeChild.objects.create(
        episode=episode, child=child, from_at=at, recorded_at=application_clock.now()
    )
    if episode.state != EpisodeState.REQUESTED or episode.handover_id is None:
        holding.start(
            child_id=child.pk,
            kind=InvolvementKind.EARLY_HELP,
            subject_id=episode.keeps_open_as,
            at=at,
            team=episode.team,
            authority=authority,
        )
    if episode.worker is not None:
        Allocation.objects.create(
            child=child,
            worker=episode.worker,
            role=WorkerRole.HELPER,
            team=episode.team,
            from_at=at,
            by=by,
            acting_for=authority.acting_for,
            recorded_at=application_clock.now(),
        )
    if group is not None:
        waiting.join(
            authority=authority,
            at=at,
            group=group,
            child=waiting.ChildWaiting(child_id=child.pk, since_at=at, risk=risk, why=risk_why),
            why=why,
        )
    rules.append("child_added", episode, authority=authority, at=at, child_ids=[child.pk])
    return row


@transaction.atomic
def take_off(*, by: User, at: datetime, episode_id: UUID, ending: Ending, why: str) -> Episode:
    """Take a family off the queue: moved away, open to social care, or recorded twice.

    A step-down goes back to its sender, who holds the children all the while.

    :raises NotNow: nobody has screened it, or a step-up is open or was decided on
    :raises Refused: it has declined and nobody has decided whether that is safe, no reason, or
        social care has nothing open for a child
    """
    episode, authority = rules.begin(by, Permission.WAITING_ORDER, at, episode_id, with_offer=True)
    rules.refuse_unless(episode, ON_THE_LIST, "A family can be taken off the list")
    rules.refuse_step_up_open(episode)
    if Decline.objects.filter(episode=episode, decisions=None).exists():
        raise Refused("This family has declined. Decide first whether it is safe to close.")
    if unmet_step_up(episode.pk) is not None:
        raise rules.NotNow("You decided to step this family up. Do that first.")
    if ending not in REMOVALS:
        raise Refused("Choose why the family is taken off.", field="ending")
    if not why.strip():
        raise Refused("Say how you know.", field="why")
    if ending != Ending.SOCIAL_CARE:
        rules.refuse_undone_change(episode, at=at)
    if ending == Ending.SOCIAL_CARE:
        helped = rules.children(episode)
        without = set(helped) - holding.with_open_statutory_work(helped)
        if without:
            raise Refused(
                f"Social care has nothing open for {rules.names(without)}. Who would hold them?",
                field="ending",
            )
    requests.give_step_down_back(
        episode, authority=authority, at=at, why=f"{Ending(ending).label}: {why}"
    )
    leave(episode, authority=authority, at=at, state=WaitingState.REMOVED, why=why)
    telling.owe(episode, TellAbout.CLOSED, at=at, by=by)
    return requests.close(episode, authority=authority, at=at, ending=ending, note=why)


def leave(
    episode: Episode, *, authority: Authority, at: datetime, state: WaitingState, why: str
) -> None:
    """Take a family out of the queue, if it waits; its limits stop."""
    group = waiting_group(episode)
    if group is None:
        return
    pauses = Pause.objects.filter(group=group, ended_on=None)
    pauses.update(ended_on=london_date(at), ended_by=authority.user)
    waiting.leave(authority=authority, at=at, group=group, state=state, why=why)
    started = state == WaitingState.STARTED
    for rule in (*START_RULES, *SEVERE_RULES, *REVIEW_RULES):
        is_met = started and rule not in REVIEW_RULES
        case_clocks.stop(rule, on=group, at=at, reason="met" if is_met else "not_needed")


def let_go(
    episode: Episode, child_ids: Collection[UUID], *, authority: Authority, at: datetime
) -> None:
    """Take children whom social care has out of the queue; their brothers and sisters wait on."""
    group = waiting_group(episode)
    if group is None:
        return
    entries = group.entries.filter(ended_at=None, child__in=child_ids).order_by("child_id")
    for child_id in list(entries.values_list("child_id", flat=True)):
        waiting.take_out(
            authority=authority,
            at=at,
            group=group,
            child_id=child_id,
            state=WaitingState.STEPPED_UP,
            why="Stepped up to social care",
        )


def _waits(episode: Episode) -> WaitingGroup:
    group = waiting_group(episode)
    if group is None:
        raise NotWaiting(
            f"This family does not wait for early help. It is at “{episode.get_state_display()}”."
        )
    return group
