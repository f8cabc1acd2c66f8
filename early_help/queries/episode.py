"""An episode's page: who holds the children, what is due, what to do next, what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Prefetch, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases import waiting
from cases.choices import ConsentState, Queue
from cases.models import Responsibility, WaitingChange
from early_help.actions.offers import TO_OFFER
from early_help.actions.queue import ON_THE_LIST
from early_help.actions.screening import waiting_group
from early_help.choices import HELPING, OVER, WORKED_ON, EpisodeState, Need
from early_help.models import (
    Agreement,
    AgreementChild,
    Assessment,
    ChildOutcome,
    ContactAttempt,
    Decline,
    Episode,
    Offer,
    Plan,
    SafeCheck,
    SafeCheckChild,
    StepUp,
    TeamMeeting,
    ToTell,
)
from early_help.queries import history
from early_help.queries import plan as plans
from early_help.queries.agreement import positions
from early_help.queries.families import Family, families, holders, last_children
from early_help.queries.offers import standing
from early_help.queries.services import HeldPlace, of_family
from early_help.queries.stepping import (
    is_ended_by_social_care,
    is_unsafe,
    of_episode,
    unmet_step_up,
)
from early_help.queries.waiting import Row, row_of
from lib import words
from lib.working_days import london_date
from record import clocks, events
from record.clocks import ClockView
from record.events import TimelineLine

LINES_SHOWN = 30


@dataclass(frozen=True)
class Task:
    """Something to do here, for components/tasks.html."""

    words: str
    url: str
    note: str = ""
    state: str = ""
    kind: str = ""


@dataclass(frozen=True)
class ChildLine:
    """One child of the episode: who answers for it, and whether a parent agreed."""

    child_id: UUID
    name: str
    age: str
    held_by: Responsibility | None
    agreed: str
    is_agreed: bool


@dataclass(frozen=True)
class EpisodePage:
    """Everything on the page."""

    episode: Episode
    family: Family
    children: Sequence[ChildLine]
    due: Sequence[ClockView]
    waits: Row | None
    changes: Sequence[tuple[WaitingChange, str]]
    checks: Sequence[SafeCheck]
    agreements: Sequence[Agreement]
    earlier: Sequence[history.Earlier]
    needs: Sequence[str]
    offers: Sequence[Offer]
    attempts: Sequence[ContactAttempt]
    declines: Sequence[Decline]
    step_ups: Sequence[StepUp]
    assessments: Sequence[Assessment]
    plan: Plan | None
    meetings: Sequence[TeamMeeting]
    outcomes: Sequence[ChildOutcome]
    places: Sequence[HeldPlace]
    owed: Sequence[ToTell]
    told: Sequence[ToTell]
    tasks: Sequence[Task]
    also: Sequence[Task]
    lines: Sequence[TimelineLine]
    asker: Sequence[tuple[str, str]]

    @property
    def is_over(self) -> bool:
        """Say whether nothing more is done here."""
        return self.episode.state in OVER

    @property
    def in_hand(self) -> list[history.Earlier]:
        """Earlier episodes so recent that this is a return."""
        return [each for each in self.earlier if each.is_within_limit]


def episode_page(*, by: User, episode: Episode, at: datetime) -> EpisodePage:
    """Gather an episode's page for somebody who may read it."""
    shown = families([episode.pk], by=by).get(episode.pk) or last_children(episode.pk, by=by)
    child_ids = [child.person_id for child in shown.children]
    held = holders(child_ids)
    agreed = positions(episode_id=episode.pk, child_ids=child_ids)
    group = waiting_group(episode)
    subjects = [episode.pk, *([group.pk] if group else [])]
    if episode.state == EpisodeState.REQUESTED and episode.handover_id is not None:
        subjects.append(episode.handover_id)
    owed = list(ToTell.objects.filter(episode=episode).order_by("-owed_from", "pk"))
    checks = list(
        SafeCheck.objects.filter(episode=episode)
        .select_related("by", "answer__by")
        .prefetch_related(Prefetch("children", _oldest_first(SafeCheckChild)))
        .order_by("-at", "pk")
    )
    is_owed = any(row.told_at is None for row in owed)
    step_ups = of_episode(episode.pk)
    is_begun = episode.started_at is not None
    assessed = plans.assessments(episode.pk) if is_begun else []
    plan = plans.current_plan(episode.pk) if is_begun else None
    met = plans.meetings(episode.pk) if is_begun else []
    found = tasks(
        by=by,
        episode=episode,
        children=child_ids,
        checks=checks,
        step_up=next(iter(step_ups), None),
        is_owed=is_owed,
    )
    if is_begun:
        found += _of_help(by=by, episode=episode, assessed=assessed, plan=plan, met=met)
    return EpisodePage(
        episode=episode,
        family=shown,
        children=[
            ChildLine(
                child_id=child.person_id,
                name=child.name,
                age=child.age,
                held_by=held.get(child.person_id),
                agreed=str(ConsentState(agreed[child.person_id]).label),
                is_agreed=agreed[child.person_id] == ConsentState.GIVEN,
            )
            for child in shown.children
        ],
        due=[clocks.arithmetic(clock, at) for clock in clocks.running(subject_ids=subjects)],
        waits=row_of(by=by, at=at, group=group) if group else None,
        changes=[
            (change, ". ".join(waiting.change_words(change, queue=Queue.EARLY_HELP)))
            for change in WaitingChange.objects.filter(group__subject_id=episode.pk)
            .select_related("by")
            .order_by("-at", "-recorded_at", "pk")
        ],
        checks=checks,
        agreements=list(
            Agreement.objects.filter(episode=episode)
            .select_related("by", "person")
            .prefetch_related(Prefetch("children", _oldest_first(AgreementChild)))
            .order_by("-at", "-recorded_at", "pk")
        ),
        earlier=history.earlier(
            child_ids=child_ids, before=episode.requested_at, except_id=episode.pk, by=by
        ),
        needs=[str(Need(each).label) for each in episode.needs],
        offers=list(
            Offer.objects.filter(episode=episode)
            .select_related("worker", "by", "answered_by")
            .order_by("-at", "pk")
        ),
        attempts=list(
            ContactAttempt.objects.filter(episode=episode)
            .select_related("by")
            .order_by("-at", "pk")
        ),
        declines=list(
            Decline.objects.filter(episode=episode)
            .select_related("by")
            .prefetch_related("decisions__by", "decisions__consulted")
            .order_by("-at", "pk")
        ),
        step_ups=step_ups,
        assessments=assessed,
        plan=plan,
        meetings=met,
        outcomes=list(_oldest_first(ChildOutcome).filter(episode=episode)),
        places=of_family(episode=episode, family=shown, on=london_date(at)),
        owed=[row for row in owed if row.told_at is None],
        told=[row for row in owed if row.told_at is not None],
        tasks=[each for each in found if each.state],
        also=[each for each in found if not each.state],
        lines=events.timeline(by=by, subject_id=episode.pk, limit=LINES_SHOWN),
        asker=asker(by=by, episode=episode),
    )


def _oldest_first(rows: type[Model]) -> QuerySet[Any]:
    """Rows about one child each, with the child."""
    return rows._default_manager.select_related("child").order_by(
        "child__date_of_birth", "child_id"
    )


def asker(*, by: User, episode: Episode) -> list[tuple[str, str]]:
    """Who asked and how to reach them; a referrer is named to who may read contacts."""
    contact = episode.contact
    if contact is None:
        found = [
            ("Who asked", episode.asker),
            ("Phone", episode.asker_phone),
            ("Email", episode.asker_email),
        ]
    elif not holds(by, Permission.CONTACT_READ):
        found = [("Who asked", "The MASH")]
    elif contact.referrer_is_anonymous:
        found = [("Who asked", "The MASH, after a referrer who does not want to be named")]
    else:
        named = ", ".join(part for part in (contact.referrer_name, contact.referrer_role) if part)
        found = [
            ("Who asked", f"The MASH, after a contact from {named or 'a referrer not named'}"),
            ("Phone", contact.referrer_phone),
            ("Email", contact.referrer_email),
        ]
    return [(label, value) for label, value in found if value]


def tasks(
    *,
    by: User,
    episode: Episode,
    children: Sequence[UUID],
    checks: Sequence[SafeCheck],
    step_up: StepUp | None,
    is_owed: bool,
) -> list[Task]:
    """What can be done here now, by this person, the most pressing first.

    What waits for somebody to do it has a state; the rest can be done at any time.
    """
    if episode.state in OVER and not is_owed:
        return []
    works = holds(by, Permission.EARLY_HELP_WORK)
    orders = holds(by, Permission.WAITING_ORDER)
    found: list[Task] = []

    def add(words: str, page: str, note: str = "", state: str = "", kind: str = "") -> None:
        found.append(
            Task(words, reverse(f"early_help:{page}", args=[episode.pk]), note, state, kind)
        )

    if episode.state == EpisodeState.REQUESTED and holds(by, Permission.EARLY_HELP_SCREEN):
        add("Screen this request", "screen", "Take it on, or return it", "To do", "news")
    undecided = [
        check
        for check in checks
        if check.found == SafeCheck.Found.WORSE and not hasattr(check, "answer")
    ]
    if episode.state not in OVER:
        for what, page_name, note in _of_step_up(by=by, episode=episode, step_up=step_up):
            add(what, page_name, note, "To do", "red")
    is_before_mash = episode.state == EpisodeState.STEPPING_UP
    if undecided and orders and episode.state not in OVER:
        found.append(
            Task(
                "Decide what follows from the safe-check",
                reverse("early_help:answer_check", args=[episode.pk, undecided[0].pk]),
                f"{undecided[0].by.full_name} found the family worse off,"
                f" {words.date_words(undecided[0].at.date())}",
                "To do",
                "red",
            )
        )
    waits_for = standing([episode.pk]).get(episode.pk, "")
    if waits_for == "declined" and orders and not is_before_mash:
        add("Decide whether it is safe to close", "decide_decline", "", "To do", "red")
    if waits_for == "offered" and works:
        add("Record what the family answers", "answer", "", "To do", "news")
    if orders and not waits_for and episode.state in TO_OFFER:
        add("Offer help", "offer_help", "", "To do", "grey")
    if works and episode.state == EpisodeState.ACCEPTED:
        if episode.worker_id is None:
            add("Record that help has started", "start", "", "To do", "news")
        elif children:
            found.append(
                Task(
                    "Record the first visit",
                    reverse("cases:record_visit", args=[children[0]]) + "?purpose=early_help",
                    "Help starts with the first appointment kept",
                    "To do",
                    "news",
                )
            )
    if is_owed and works:
        add("Tell whoever asked", "tell", "", "Owed", "news")
    if episode.state in OVER:
        return found
    if works:
        if episode.state in (EpisodeState.WAITING, EpisodeState.OFFERED, EpisodeState.STEPPING_UP):
            add("Record a safe-check", "safe_check")
        add("Take a place at a service", "family_services")
        add("Record what the family agrees to", "agreement")
        add("Add a child", "add_child")
        add("Record an attempt to reach the family", "attempt")
        if step_up is None or not step_up.is_open:
            add("Step the family up", "step_up")
        if episode.state in TO_OFFER and not waits_for:
            add("Record that the family declines", "answer")
    if holds(by, Permission.EARLY_HELP_SCREEN) and episode.accepted_at is not None:
        is_gone = episode.worker is not None and not episode.worker.is_active
        add(
            "Let another person help this family",
            "change_helper",
            f"{episode.worker.full_name} has left" if episode.worker and is_gone else "",
            *(("To do", "red") if is_gone else ()),
        )
    if orders and step_up is not None and _may_dispute(step_up):
        add("Put the MASH’s refusal to a senior manager", "step_up_escalate")
    if orders and not waits_for and is_unsafe(episode.pk) and episode.state in TO_OFFER:
        add("Decide again whether it is safe to close", "decide_decline")
    if orders and episode.state in (EpisodeState.WAITING, EpisodeState.OFFERED):
        add("Change the priority", "priority")
        add("Pause the wait, or end a pause", "pause")
    if orders and episode.state in ON_THE_LIST and waits_for != "declined":
        add("Take the family off the list", "take_off")
    return found


def _of_step_up(
    *, by: User, episode: Episode, step_up: StepUp | None
) -> list[tuple[str, str, str]]:
    """What waits because of a step-up: words, page and note."""
    found: list[tuple[str, str, str]] = []
    screens = holds(by, Permission.EARLY_HELP_SCREEN)
    if screens and unmet_step_up(episode.pk) is not None:
        found.append(("Step the family up", "step_up", "You decided that it is not safe to close"))
    if step_up is None:
        return found
    if screens and step_up.state == StepUp.State.PROPOSED:
        who = step_up.proposed_by.full_name
        found.append(
            ("Decide on the proposed step-up", "step_up_answer", f"{who} asks to step them up")
        )
    if screens and step_up.state == StepUp.State.TAKEN and is_ended_by_social_care(episode):
        found.append(
            (
                "Go on with early help",
                "step_up_take_back",
                "Social care has nothing open for these children any more",
            )
        )
    if holds(by, Permission.WAITING_SETTLE) and any(
        each.settled_at is None for each in step_up.escalations.all()
    ):
        found.append(("Answer the disputed step-up", "step_up_settle", "Early help does not agree"))
    return found


def _of_help(
    *,
    by: User,
    episode: Episode,
    assessed: Sequence[Assessment],
    plan: Plan | None,
    met: Sequence[TeamMeeting],
) -> list[Task]:
    """What waits while a family is helped; the next step has a state, the rest any time."""
    found: list[Task] = []
    if episode.state not in WORKED_ON:
        return found

    def add(words: str, page: str, *, is_next: bool = False, note: str = "") -> None:
        address = reverse(f"early_help:{page}", args=[episode.pk])
        found.append(Task(words, address, note, *(("To do", "grey") if is_next else ("", ""))))

    if holds(by, Permission.EARLY_HELP_WORK):
        add(
            "Write the assessment" if not assessed else "Assess again",
            "assess",
            is_next=not assessed,
        )
        if assessed:
            add(
                "Agree the plan" if plan is None else "Change the plan",
                "agree_plan",
                is_next=plan is None,
            )
        if plan is not None:
            add("Record a meeting of the team around the family", "meet", is_next=not met)
    if holds(by, Permission.EARLY_HELP_SCREEN) and episode.state in HELPING:
        wants_end = bool(met) and met[0].decision == TeamMeeting.Decision.CLOSE
        note = "The team around the family would end" if wants_end else ""
        add("End early help", "close_help", is_next=wants_end, note=note)
    return found


def _may_dispute(step_up: StepUp) -> bool:
    """Whether nobody has been asked about this refusal yet."""
    refused_at = step_up.decided_at
    return step_up.state == StepUp.State.REFUSED and not any(
        each.settled_at is None or (refused_at is not None and each.at >= refused_at)
        for each in step_up.escalations.all()
    )


def entry(line: TimelineLine, *, now: datetime) -> dict[str, object]:
    """One line in the shape of components/timeline.html."""
    when = words.moment_words(line.at, now=now)
    return {
        "when": f"{when} · {line.who}" if line.who else when,
        "title": line.words,
        "words": "",
        "is_decision": line.kind in ("decision", "change"),
    }
