"""Screening a request: taken on by a route, or returned (`requests.return_request`)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from cases import actions as case_actions
from cases import clocks as case_clocks
from cases import holding, services, waiting
from cases.choices import InvolvementKind, Level, Priority, Queue
from cases.models import Handover, ServicePlace, WaitingGroup
from early_help import clocks, need
from early_help.actions import agreement, rules, telling
from early_help.choices import AskedBy, EpisodeState, Route, TellAbout
from early_help.models import Episode
from early_help.queries.history import earlier
from early_help.timescales import review_rule, severe_rule, start_rule
from lib.words import age_in_years
from lib.working_days import london_date
from people.choices import Stage
from people.models import Person
from record import calendar, once, policy
from record.errors import Refused


@dataclass(frozen=True, kw_only=True)
class ChildRisk:
    """The risk to one child while the family waits, and what it rests on."""

    child_id: UUID
    level: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Interim:
    """A place at a service of the directory until help starts: for whom, and who agreed to it."""

    service_id: UUID
    child_ids: Collection[UUID]
    agreed_by: str


@transaction.atomic
def screen(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    route: Route,
    level: str,
    family_wants: str,
    safety: str = "",
    needs: Collection[str] = (),
    priority: str = "",
    reason: str = "",
    risks: Sequence[ChildRisk] = (),
    told: str = "",
    interim_help: str = "",
    interim: Interim | None = None,
    expected_on: date | None = None,
    token: UUID | None = None,
) -> Episode:
    """Take a request on: into the queue, or straight to a lead professional in the community.

    From the MASH the children pass to early help at this moment; a step-down stays with its
    sender until help has started (decisions.md 41). The wait is counted from the request.

    :param needs: codes of `need.TICKED`
    :param reason: why this priority
    :param interim: a place at a service until then; `interim_help` says the rest in words
    :raises NotAgreed: nobody with parental responsibility has agreed for a child
    :raises NotNow: somebody screened it first
    :raises NoRoom: the service has none, or somebody took the last place first
    :raises Refused: what is missing, in words that name the child
    """
    episode, authority = rules.begin(
        by, Permission.EARLY_HELP_SCREEN, at, episode_id, with_offer=True
    )
    once.claim(token, user=by, action="early_help.screen")
    rules.refuse_unless(episode, [EpisodeState.REQUESTED], "A request can be screened")
    if level not in (Level.ADDITIONAL, Level.TARGETED):
        raise Refused("Choose level 2 or 3.", field="level")
    if not family_wants.strip():
        raise Refused("Say what the family wants.", field="family_wants")
    agreement.require_agreed(episode, what="This request cannot be taken on")
    episode.route = route
    episode.level = level
    episode.family_wants = family_wants
    episode.safety = safety
    episode.screened_at = at
    episode.screened_by = by
    episode.screened_for = authority.acting_for
    known = known_of(episode)
    ticked = need.all_needs(known, needs)
    episode.needs = [str(each) for each in ticked]
    episode.state = EpisodeState.SCREENED
    _take_on(episode, authority, at)
    if route == Route.TARGETED:
        _enter(
            episode,
            known,
            ticked,
            authority=authority,
            at=at,
            priority=priority,
            reason=reason,
            risks=risks,
            told=told,
            interim_help=interim_help,
            interim=interim,
            expected_on=expected_on,
        )
        episode.state = EpisodeState.WAITING
    rules.save(
        episode,
        "state",
        "route",
        "level",
        "family_wants",
        "safety",
        "screened_at",
        "screened_by",
        "screened_for",
        "needs",
    )
    telling.owe(episode, TellAbout.ACCEPTED, at=at, by=by)
    rules.append(
        "screened", episode, authority=authority, at=at, route=str(route), priority=priority
    )
    once.finish(token, episode.pk)
    return episode


def known_of(episode: Episode) -> need.Known:
    """What the system knows of a family that asks for help."""
    child_ids = rules.children(episode)
    on = london_date(episode.requested_at)
    young = [
        child
        for child in Person.objects.filter(pk__in=child_ids)
        if child.stage == Stage.UNBORN
        or (
            child.date_of_birth is not None
            and age_in_years(child.date_of_birth, on=on) < need.YOUNG_YEARS
        )
    ]
    before = earlier(child_ids=child_ids, before=episode.requested_at, except_id=episode.pk)
    return need.Known(
        children=len(child_ids),
        has_child_under_2=bool(young),
        is_step_down=episode.asked_by == AskedBy.STEP_DOWN,
        is_second_request=any(each.is_request_within_limit for each in before),
    )


def waiting_group(episode: Episode) -> WaitingGroup | None:
    """The family's row in the queue, if it waits."""
    return WaitingGroup.objects.filter(
        queue=Queue.EARLY_HELP, subject_id=episode.pk, ended_at=None
    ).first()


def _take_on(episode: Episode, authority: Authority, at: datetime) -> None:
    """Answer the offer; a step-down is agreed to, and accepted when help has started."""
    if episode.handover_id is None:
        clocks.stop("EH-SCR", on=episode, at=at)
        return
    offer = (
        Handover.objects.select_for_update(of=("self",))
        .select_related("to_team")
        .get(pk=episode.handover_id)
    )
    if episode.asked_by == AskedBy.MASH:
        case_actions.take_on(offer, authority=authority, at=at)
        return
    case_clocks.stop("EH-SCR", on=offer, at=at)
    child_ids = rules.children(episode)
    holding.lock(child_ids)
    for child_id in child_ids:
        holding.start(
            child_id=child_id,
            kind=InvolvementKind.EARLY_HELP,
            subject_id=episode.keeps_open_as,
            at=at,
            team=episode.team,
            authority=authority,
        )


def _enter(
    episode: Episode,
    known: need.Known,
    needs: Sequence[need.Need],
    *,
    authority: Authority,
    at: datetime,
    priority: str,
    reason: str,
    risks: Sequence[ChildRisk],
    told: str,
    interim_help: str,
    interim: Interim | None,
    expected_on: date | None,
) -> None:
    if priority not in Priority.values:
        raise Refused("Choose a priority.", field="priority")
    if not told.strip():
        raise Refused(
            "Say what the family was told: how long it may take, and whom to ring if it gets"
            " worse.",
            field="told",
        )
    if not interim_help.strip() and interim is None:
        raise Refused(
            "Say what help there is until then, or why there is none.", field="interim_help"
        )
    given = {risk.child_id: risk for risk in risks}
    _refuse_missing_risks(rules.children(episode), given)
    if interim is not None:
        place = _place_meanwhile(
            episode, interim, authority=authority, at=at, priority=priority, expected_on=expected_on
        )
        interim_help = f"{place.name}. {interim_help}".strip()
    group = waiting.enter(
        authority=authority,
        at=at,
        queue=Queue.EARLY_HELP,
        team=episode.team,
        subject_kind=clocks.KIND,
        subject_id=episode.pk,
        children=[
            waiting.ChildWaiting(
                child_id=child_id,
                since_at=episode.requested_at,
                risk=given[child_id].level,
                why=given[child_id].why,
            )
            for child_id in rules.children(episode)
        ],
        reason=reason,
        queue_rank=waiting.PRIORITY_RANK[priority],
        priority=priority,
        factors=need.factors(known, needs),
        told=told,
        interim_help=interim_help,
        expected_on=expected_on,
    )
    for rule in (start_rule(priority), severe_rule(priority)):
        case_clocks.start(rule, on=group, started_at=episode.requested_at, by=authority.user)
    case_clocks.start(review_rule(priority), on=group, started_at=at, by=authority.user)


def _place_meanwhile(
    episode: Episode,
    interim: Interim,
    *,
    authority: Authority,
    at: datetime,
    priority: str,
    expected_on: date | None,
) -> ServicePlace:
    """Take a place until help is expected to start: by the day that was said, or its limit."""
    days = int(policy.value(start_rule(priority), at=at))
    limit = calendar.calendar().add_working_days(london_date(episode.requested_at), days)
    if set(interim.child_ids) - set(rules.children(episode)):
        raise Refused("One of these children is not part of this episode.", field="interim_service")
    return services.take(
        authority=authority,
        at=at,
        subject_kind=clocks.KIND,
        subject_id=episode.pk,
        child_ids=interim.child_ids,
        why="Until our help starts",
        agreed_by=interim.agreed_by,
        until_on=max(expected_on or limit, london_date(at) + timedelta(days=1)),
        service_id=interim.service_id,
        is_interim=True,
    )


def _refuse_missing_risks(child_ids: Sequence[UUID], given: Mapping[UUID, ChildRisk]) -> None:
    without = [
        child_id
        for child_id in child_ids
        if child_id not in given or not given[child_id].level or not given[child_id].why.strip()
    ]
    if without:
        raise Refused(
            f"Say how great the risk to {rules.names(without)} is while the family waits, and"
            " what that rests on.",
            field="risks",
        )
