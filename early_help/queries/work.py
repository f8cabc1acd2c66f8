"""What early help asks of somebody, and what it shows on a child's page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases import holding
from cases.choices import Queue
from cases.models import WaitingGroup
from cases.panels import Work
from cases.queries.work import my_teams
from early_help.choices import WORKED_ON, EpisodeState
from early_help.models import (
    DeclineDecision,
    Episode,
    EpisodeChild,
    Escalation,
    Offer,
    SafeCheck,
    StepUp,
    TeamMeeting,
)
from early_help.queries.families import NOBODY, families
from early_help.queries.offers import undecided
from early_help.timescales import START_RULES
from lib.working_days import Limit as Length
from record import calendar, clocks, policy
from record.clocks import Times
from record.models import Clock, ClockUnit

MOST = 50
#: Beyond so many families past their limit the list itself is what to read.
FEW = 5
OFFER_LATE, CHECK = "Read and offer", "Record a safe-check"
#: What is then said instead, which part of the list it leads to, and why.
LATE_TOGETHER = {
    OFFER_LATE: ("Offer help in the order of the list", "delayed", "Help has not started in time"),
    CHECK: ("Ring them in the order of the list", "check", "They wait, and a safe-check is late"),
}
#: A family, what to do, why, on which page, and by when if there is a limit.
Line = tuple[Episode, str, str, str, Clock | Times | None]
#: What meets each limit of a family that is helped: what to do, why, and on which page.
DUE = {
    "EH-1V": ("Visit", "First visit: the family accepted", "episode"),
    "EH-EHA": ("Write the assessment", "Each child has one", "assess"),
    "EH-TAF-1": ("Record the team’s first meeting", "The plan begins with it", "meet"),
    "EH-TAF": ("Record the team’s next meeting", "It set the date itself", "meet"),
    "EH-VISIT": ("Visit", "The family is helped", "episode"),
}


def of_child(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """A child's early help, now and before (the panel of the child's page)."""
    rows = list(
        Episode.objects.filter(
            pk__in=EpisodeChild.objects.filter(child__in=child_ids).values("episode")
        )
        .select_related("worker", "team")
        .order_by("-requested_at", "pk")
    )
    readable = set(
        Episode.objects.visible_to(by)
        .filter(pk__in=[row.pk for row in rows])
        .values_list("pk", flat=True)
    )
    groups = {
        group.subject_id: group
        for group in WaitingGroup.objects.filter(
            queue=Queue.EARLY_HELP, subject_id__in=[row.pk for row in rows], ended_at=None
        )
    }
    return {
        "episodes": [
            {"episode": row, "waits": groups.get(row.pk), "may_read": row.pk in readable}
            for row in rows
        ]
    }


def early_help_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Requests to screen, safe-checks due, decisions and answers owed, one's own families."""
    if not holds(by, Permission.EARLY_HELP_WORK):
        return []
    found: list[Line] = []
    mine = Episode.objects.visible_to(by).filter(team__in=my_teams(by=by, at=at))
    if holds(by, Permission.EARLY_HELP_SCREEN):
        found += _to_screen(mine)
        found += _worse(mine, at=at)
        found += _declined(mine, at=at)
        found += _proposed(mine)
        found += _promised(mine)
        found += _given_up(mine)
        found += _without_worker(mine)
        found += _to_offer(mine)
        found += _team_would_end(mine)
    found += _to_answer(mine, by=by, at=at)
    found += _to_check(mine, by=by, at=at)
    found += _helped(mine, by=by, at=at)
    found += _team_would_step_up(mine, by=by)
    found += _owed(mine, by=by)
    found, together = _together(found, at=at)
    shown = families([row[0].pk for row in found], by=by)
    lines = [
        Work(
            verb=verb,
            url=reverse(f"early_help:{page}", args=[episode.pk]),
            who=shown.get(episode.pk, NOBODY).names,
            why=why,
            due_at=clock.due_at if clock else None,
            warn_at=clock.warn_at if clock else None,
            very_late_at=clock.very_late_at if clock else None,
            rule=clock.rule if isinstance(clock, Clock) else "",
        )
        for episode, verb, why, page, clock in found
    ]
    return [*lines, *together]


def _together(found: Sequence[Line], *, at: datetime) -> tuple[list[Line], list[Work]]:
    """Put what is late of many families into one line: the list says who is next, and why."""
    kept, together = list(found), []
    for verb, (says, shows, why) in LATE_TOGETHER.items():
        late = [line for line in kept if line[1] == verb and line[4] and line[4].due_at < at]
        if len(late) <= FEW:
            continue
        kept = [line for line in kept if line not in late]
        first = min((line[4] for line in late if line[4]), key=lambda limit: limit.due_at)
        together.append(
            Work(
                verb=says,
                url=f"{reverse('early_help:waiting')}?show={shows}",
                who=f"{len(late)} families{' or more' if len(late) >= MOST else ''}",
                why=why,
                due_at=first.due_at,
                warn_at=first.warn_at,
                very_late_at=first.very_late_at,
            )
        )
    return kept, together


def disputes(*, by: User, at: datetime) -> Sequence[Work]:
    """Refused step-ups put to this senior manager."""
    if not holds(by, Permission.WAITING_SETTLE, at=at):
        return []
    rows = list(
        Escalation.objects.filter(
            to=by, settled_at=None, step_up__episode__in=Episode.objects.visible_to(by)
        )
        .select_related("by", "step_up")
        .order_by("at", "pk")[:MOST]
    )
    shown = families([row.step_up.episode_id for row in rows], by=by)
    return [
        Work(
            verb="Answer",
            url=reverse("early_help:step_up_settle", args=[row.step_up.episode_id]),
            who=shown.get(row.step_up.episode_id, NOBODY).names,
            why=f"{row.by.full_name} disputes the MASH’s refusal of a step-up",
        )
        for row in rows
    ]


def to_screen(mine: QuerySet[Episode]) -> list[tuple[Episode, Clock | None]]:
    """Requests nobody has screened, earliest limit first, with the limit."""
    rows = list(
        mine.filter(state=EpisodeState.REQUESTED)
        .select_related("handover__from_team", "team")
        .order_by("requested_at", "pk")[:MOST]
    )
    running = {
        clock.subject_id: clock
        for clock in clocks.running(
            subject_ids=[pk for row in rows for pk in (row.pk, row.handover_id) if pk]
        )
        if clock.rule == "EH-SCR"
    }
    return [(row, running.get(row.handover_id or row.pk)) for row in rows]


def _to_screen(mine: QuerySet[Episode]) -> list[Line]:
    return [
        (row, "Screen", f"Early help asked for by: {row.get_asked_by_display()}", "screen", clock)
        for row, clock in to_screen(mine)
    ]


def _worse(mine: QuerySet[Episode], *, at: datetime) -> list[Line]:
    checks = SafeCheck.objects.filter(
        found=SafeCheck.Found.WORSE, answer=None, episode__in=mine.filter(ended_at=None)
    ).select_related("episode", "by")
    within = clocks.length(ClockUnit.WORKING_DAYS, int(policy.value("EH-RISE", at=at)))
    return [
        (
            check.episode,
            "Decide what follows",
            f"{check.by.full_name} found the family worse off",
            "episode",
            _counted(check.at, within),
        )
        for check in checks.order_by("at", "pk")[:MOST]
    ]


def _declined(mine: QuerySet[Episode], *, at: datetime) -> list[Line]:
    """Whoever asked hears within a working day what was decided, so it is decided by then."""
    within = clocks.length(ClockUnit.WORKING_DAYS, int(policy.value("EH-FB", at=at)))
    return [
        (
            decline.episode,
            "Decide: safe to close?",
            f"Declined after {decline.days_waited} working days: {decline.get_reason_display()}",
            "decide_decline",
            _counted(decline.at, within),
        )
        for decline in undecided().filter(episode__in=mine.values("pk"))[:MOST]
    ]


def _counted(started_at: datetime, within: Length) -> Times:
    return clocks.times(
        started_at=started_at, length=within, is_red_class=False, calendar=calendar.calendar()
    )


def _proposed(mine: QuerySet[Episode]) -> list[Line]:
    rows = StepUp.objects.filter(state=StepUp.State.PROPOSED, episode__in=mine.values("pk"))
    return [
        (
            row.episode,
            "Decide on a step-up",
            f"{row.proposed_by.full_name} asks to step them up",
            "step_up_answer",
            None,
        )
        for row in rows.select_related("episode", "proposed_by").order_by("proposed_at", "pk")[
            :MOST
        ]
    ]


def _promised(mine: QuerySet[Episode]) -> list[Line]:
    """Step-ups decided on after a decline that nobody has carried out."""
    last = DeclineDecision.objects.filter(decline__episode=OuterRef("pk"))
    last = last.order_by("-at", "-recorded_at")
    rows = mine.filter(ended_at=None).annotate(
        decided_at=Subquery(last.values("at")[:1]), then=Subquery(last.values("then")[:1])
    )
    sent = StepUp.objects.filter(episode=OuterRef("pk"), proposed_at__gte=OuterRef("decided_at"))
    rows = rows.filter(~Exists(sent), then=DeclineDecision.Then.STEP_UP)
    why = "Declined, and not safe to close: decided, not done"
    return [
        (row, "Step the family up", why, "step_up", None)
        for row in rows.order_by("decided_at", "pk")[:MOST]
    ]


def _given_up(mine: QuerySet[Episode]) -> list[Line]:
    """Families whom the MASH took on, and with whom social care works no more."""
    rows = list(
        mine.filter(
            state=EpisodeState.STEPPING_UP,
            pk__in=StepUp.objects.filter(state=StepUp.State.TAKEN).values("episode"),
        ).order_by("requested_at", "pk")[:MOST]
    )
    why = "Social care has nothing open any more"
    helped: dict[UUID, set[UUID]] = {row.pk: set() for row in rows}
    for child in EpisodeChild.objects.filter(episode__in=rows, ended_at=None):
        helped[child.episode_id].add(child.child_id)
    at_work = holding.with_open_statutory_work({pk for each in helped.values() for pk in each})
    return [
        (row, "Go on with early help", why, "step_up_take_back", None)
        for row in rows
        if not at_work & helped[row.pk]
    ]


def _without_worker(mine: QuerySet[Episode]) -> list[Line]:
    """Families whose worker has left."""
    rows = mine.filter(ended_at=None, worker__is_active=False).select_related("worker")
    return [
        (row, "Name another worker", f"{row.worker.full_name} has left", "change_helper", None)
        for row in rows.order_by("accepted_at", "pk")[:MOST]
        if row.worker is not None
    ]


def _to_offer(mine: QuerySet[Episode]) -> list[Line]:
    """Families accepted for a lead professional: they stand in no queue, and nobody is offered."""
    rows = mine.filter(state=EpisodeState.SCREENED).exclude(pk__in=undecided().values("episode"))
    return [
        (row, "Offer help", "Accepted for a lead professional; nobody is named", "offer_help", None)
        for row in rows.order_by("requested_at", "pk")[:MOST]
    ]


def _to_answer(mine: QuerySet[Episode], *, by: User, at: datetime) -> list[Line]:
    """One's own offers; to who orders the queue, all whose first appointment has passed."""
    which = Q(worker=by)
    if holds(by, Permission.WAITING_ORDER):
        which |= Q(first_at__lte=at)
    offers = Offer.objects.filter(which, answer="", episode__in=mine.values("pk"))
    return [
        (
            offer.episode,
            "Record the answer",
            "You were offered to the family"
            if offer.worker_id == by.pk
            else f"{offer.who} was offered; the first appointment has passed",
            "answer",
            None,
        )
        for offer in offers.select_related("episode", "worker").order_by("first_at", "pk")[:MOST]
    ]


def _helped(mine: QuerySet[Episode], *, by: User, at: datetime) -> list[Line]:
    """What is due for families one helps; with a lead professional, for who screens."""
    whose = Q(worker=by)
    if holds(by, Permission.EARLY_HELP_SCREEN):
        whose |= Q(worker=None) | Q(worker__is_active=False)
    rows = list(
        mine.filter(
            whose & (Q(next_warn_at__lte=at) | Q(state=EpisodeState.ACCEPTED)),
            state__in=[EpisodeState.ACCEPTED, *WORKED_ON],
        ).order_by("next_due_at", "pk")[:MOST]
    )
    limits: dict[UUID, Clock] = {}
    for clock in clocks.running(subject_ids=[row.pk for row in rows]):
        if clock.rule in DUE:
            before = limits.get(clock.subject_id)
            if before is None or clock.due_at < before.due_at:
                limits[clock.subject_id] = clock
    found: list[Line] = []
    for row in rows:
        limit = limits.get(row.pk)
        if limit is None:
            continue
        verb, why, page = DUE[limit.rule]
        if limit.rule == "EH-1V" and row.worker_id is None:
            verb, why, page = "Record that help started", f"{row.lead_name} was to begin", "start"
        found.append((row, verb, why, page, limit))
    return found


def _team_would_end(mine: QuerySet[Episode]) -> list[Line]:
    return [
        (row, "Decide whether help ends", "The team around the family would end it", page, None)
        for row, page in _team_decided(mine, TeamMeeting.Decision.CLOSE, "close_help")
    ]


def _team_would_step_up(mine: QuerySet[Episode], *, by: User) -> list[Line]:
    whose = Q(worker=by)
    if holds(by, Permission.EARLY_HELP_SCREEN):
        whose |= Q(worker=None) | Q(worker__is_active=False)
    since = StepUp.objects.filter(episode=OuterRef("pk"), proposed_at__gte=OuterRef("met_at"))
    return [
        (row, "Step the family up", "The team around the family decided it", page, None)
        for row, page in _team_decided(
            mine.filter(whose), TeamMeeting.Decision.STEP_UP, "step_up", except_for=since
        )
    ]


def _team_decided(
    mine: QuerySet[Episode],
    decision: str,
    page: str,
    *,
    except_for: QuerySet[StepUp] | None = None,
) -> list[tuple[Episode, str]]:
    """Families whose last meeting decided so, and nothing has followed."""
    last = TeamMeeting.objects.filter(episode=OuterRef("pk")).order_by("-at", "-recorded_at")
    rows = mine.filter(state=EpisodeState.PLAN_ACTIVE).annotate(
        met_at=Subquery(last.values("at")[:1]), decided=Subquery(last.values("decision")[:1])
    )
    rows = rows.filter(decided=decision)
    if except_for is not None:
        rows = rows.filter(~Exists(except_for))
    return [(row, page) for row in rows.order_by("met_at", "pk")[:MOST]]


def _to_check(mine: QuerySet[Episode], *, by: User, at: datetime) -> list[Line]:
    """Families who wait whose earliest limit is near: a safe-check, or help that must start."""
    groups = list(
        WaitingGroup.objects.filter(
            queue=Queue.EARLY_HELP,
            ended_at=None,
            next_warn_at__lte=at,
            subject_id__in=mine.filter(ended_at=None).values("pk"),
        ).order_by("next_due_at", "pk")[:MOST]
    )
    running: dict[UUID, list[Clock]] = {}
    for clock in clocks.running(subject_ids=[group.pk for group in groups]):
        running.setdefault(clock.subject_id, []).append(clock)
    episodes = mine.in_bulk([group.subject_id for group in groups])
    found: list[Line] = []
    orders = holds(by, Permission.WAITING_ORDER)
    for group in groups:
        episode = episodes[group.subject_id]
        for clock in running.get(group.pk, []):
            if clock.rule.startswith("EH-REVIEW") and clock.warn_at <= at:
                found.append((episode, CHECK, "The family waits", "safe_check", clock))
            if orders and clock.rule in START_RULES and clock.due_at < at:
                why = f"{group.get_priority_display()} family past its limit"
                found.append((episode, OFFER_LATE, why, "episode", clock))
    return found


def _owed(mine: QuerySet[Episode], *, by: User) -> list[Line]:
    rows = mine.filter(Q(pk__in=_to_tell()))
    if not holds(by, Permission.CONTACT_READ):
        rows = rows.filter(contact=None, asked_through=by)
    episodes = list(rows.order_by("requested_at", "pk")[:MOST])
    running = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=[row.pk for row in episodes])
        if clock.rule == "EH-FB"
    }
    return [
        (row, "Tell whoever asked", "They are owed an answer", "tell", running.get(row.pk))
        for row in episodes
    ]


def _to_tell() -> QuerySet[Any]:
    from early_help.models import ToTell

    return ToTell.objects.filter(told_at=None).values("episode")
