"""What early help does with a family, step by step: screen, wait, offer, help, end, step up.

Each step is one piece of work at one moment, through the real actions. Families drawn by chance
are followed here (domain.md 7.2); those that must be there stand in `waits`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied

from accounts.models import User
from cases import actions as case_actions
from cases.choices import ConsentState, Level, RiskLevel, VisitOutcome, VisitPurpose
from cases.models import Handover, WaitingGroup
from demonstration import words
from demonstration.assessing import after
from early_help import actions, need
from early_help.actions.screening import ChildRisk, known_of
from early_help.choices import DeclineReason, EpisodeState, Means, Route
from early_help.models import Episode, EpisodeChild, PlanGoal
from lib.working_days import instant, london_date
from people.choices import Stage
from people.models import Person
from record.errors import Refused

if TYPE_CHECKING:
    from demonstration.play import Play

Step = Callable[["Helped", datetime], object]
WAITS = {"p1": (3, 5), "p2": (15, 10), "p3": (38, 20), "": (2, 20)}
"""By priority: half the families wait longer than so many working days, asked every so many."""
DECLINES = (
    (DeclineReason.RESOLVED, "“We are fine now. Give it to somebody who needs it.”"),
    (DeclineReason.WAITED_TOO_LONG, "“You came too late. We asked when it was bad.”"),
    (DeclineReason.WORK_OR_CARE_CLASH, "“I work when she comes. I cannot lose the shifts.”"),
)
WISHES = (
    "Help with mornings, so that everybody gets to school",
    "Somebody to talk to about the rows at home",
    "A routine for bedtime and meals",
)
NEEDS = (need.Need.MENTAL_HEALTH, need.Need.DOMESTIC_ABUSE, need.Need.LONE_CARER)
COMMUNITY = 0.35


def answer(handover: Handover, *, random: Random, by: User, at: datetime) -> None:
    """Screen the request behind an offer, or send it back, as the coordinator would."""
    episode = Episode.objects.get(handover=handover)
    if random.random() < 0.03:
        actions.return_request(
            by=by,
            at=at,
            episode_id=episode.pk,
            reason="The family lives in another area. Offer it to their team.",
        )
        return
    is_community = random.random() < COMMUNITY
    level = Level.ADDITIONAL if is_community or random.random() < 0.35 else Level.TARGETED
    needs = [each for each in NEEDS if random.random() < 0.15]
    wish = random.choice(WISHES)
    children = [row.child_id for row in handover.children.order_by("child_id")]
    levels = [random.choice([RiskLevel.LOW, RiskLevel.LOW, RiskLevel.MODERATE]) for _ in children]
    known = need.all_needs(known_of(episode), needs)
    actions.screen(
        by=by,
        at=at,
        episode_id=episode.pk,
        route=Route.COMMUNITY if is_community else Route.TARGETED,
        level=level,
        family_wants=wish,
        needs=[str(each) for each in needs],
        priority="" if is_community else need.suggested(level, known),
        reason="" if is_community else need.why_suggested(level, known),
        risks=[]
        if is_community
        else [
            ChildRisk(child_id=child_id, level=level_of, why="From what school and family say")
            for child_id, level_of in zip(children, levels, strict=True)
        ],
        told="" if is_community else "About how long it takes, and to ring us if it gets worse",
        interim_help="" if is_community else "The school’s family worker until then",
    )


# A family, step by step ---------------------------------------------------------------------------


@dataclass
class Helped:
    """A family that asked for early help, and those who work with it."""

    episode_id: UUID
    coordinator: User
    worker: User
    random: Random


def _writer(helped: Helped) -> User:
    """Who records: the family's worker; for a lead professional elsewhere, the coordinator."""
    is_ours = Episode.objects.filter(pk=helped.episode_id, worker__isnull=False).exists()
    return helped.worker if is_ours else helped.coordinator


def children_of(helped: Helped) -> list[Person]:
    """Those the episode is about at present."""
    rows = EpisodeChild.objects.filter(episode=helped.episode_id, ended_at=None)
    return [row.child for row in rows.select_related("child").order_by("child_id")]


def offer(helped: Helped, at: datetime) -> None:
    """Offer the worker, or a lead professional of the school where the route is the community."""
    is_ours = Episode.objects.get(pk=helped.episode_id).route == Route.TARGETED
    actions.offer_help(
        by=helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        first_at=instant(after(at, 3), time(16, 0)),
        how=Means.PHONE,
        worker_id=helped.worker.pk if is_ours else None,
        lead_name="" if is_ours else "Sally Outreach",
        lead_agency="" if is_ours else "Larkmead Example Primary",
        lead_contact="" if is_ours else "01632 960200",
        out_of_turn_because="The worker who has room now speaks the family’s language."
        if is_ours
        else "",
    )


def accept(helped: Helped, at: datetime) -> None:
    actions.accept_offer(by=helped.worker, at=at, episode_id=helped.episode_id)


def begin(helped: Helped, at: datetime) -> None:
    """The first appointment: a visit of the worker, or the lead professional meets the family."""
    if Episode.objects.get(pk=helped.episode_id).worker_id is None:
        actions.start_in_community(by=helped.coordinator, at=at, episode_id=helped.episode_id)
    else:
        visit(helped, at)


def visit(helped: Helped, at: datetime) -> None:
    case_actions.record_visit(
        by=helped.worker,
        at=at,
        purpose=VisitPurpose.EARLY_HELP,
        outcome=VisitOutcome.KEPT,
        where="At home",
        is_home_seen=True,
        children=[
            case_actions.ChildAtVisit(
                child_id=child.pk,
                was_seen=True,
                was_seen_alone=False,
                not_alone_because="The family wished to talk together",
                words=helped.random.choice(words.SAID),
            )
            for child in children_of(helped)
            if child.stage != Stage.UNBORN
        ],
    )


def assess(helped: Helped, at: datetime) -> None:
    actions.assess(
        by=_writer(helped),
        at=at,
        episode_id=helped.episode_id,
        children=[
            actions.ChildSaid(
                child_id=child.pk,
                needs=f"{child.name} needs mornings and nights that are the same each day.",
                voice="Not born yet. The mother hopes for a calm home."
                if child.stage == Stage.UNBORN
                else helped.random.choice(words.SAID),
                strengths=f"{child.name} has a grandmother who is there every weekend.",
            )
            for child in children_of(helped)
        ],
        strengths="They eat together on Sundays, and say sorry to each other.",
        family_says="“We know what we want. We do not get round to it.”",
    )


def agree_plan(helped: Helped, at: datetime) -> None:
    actions.agree_plan(
        by=_writer(helped),
        at=at,
        episode_id=helped.episode_id,
        goals=[
            actions.Goal(
                goal="Everybody is at school on time, four days in five",
                steps=[
                    actions.Step(what="Clothes out at night", who="Mother", by_on=after(at, 5)),
                    actions.Step(
                        what="Breakfast club from Monday", who="School", by_on=after(at, 5)
                    ),
                ],
            ),
            actions.Goal(
                goal="The rows at night stop",
                steps=[
                    actions.Step(
                        what="Six meetings about talking to each other",
                        who=helped.worker.full_name,
                        by_on=after(at, 30),
                    )
                ],
            ),
        ],
        agreed_with="The mother, and the eldest",
    )


def meet(
    helped: Helped,
    at: datetime,
    *,
    decision: str = "keep",
    progress: str = "better",
    days: int = 30,
) -> None:
    """The team around the family meets: how far each goal has come, and what is next."""
    goals = PlanGoal.objects.filter(plan__episode=helped.episode_id).order_by("position")
    actions.record_meeting(
        by=_writer(helped),
        at=at,
        episode_id=helped.episode_id,
        attendees=[
            actions.Asked(name="The mother", agency="Family", was_there=True),
            actions.Asked(name="Sally Outreach", agency="Larkmead Example Primary", was_there=True),
            actions.Asked(
                name="Joy Community",
                agency="Health visiting",
                was_there=False,
                note="On leave. She wrote that the weights are good.",
            ),
        ],
        progress=[actions.Progress(goal_id=goal.pk, progress=progress) for goal in goals],
        family_says="“It is better in the mornings.”",
        children_say="“Mum shouts less.”",
        decision=decision,
        why="Both goals are met, and the school goes on."
        if decision == "close"
        else "It helps, and it is not finished.",
        next_on=None if decision == "close" else after(at, days),
    )


def close(helped: Helped, at: datetime, *, outcome: str = "goals_met") -> None:
    actions.close_help(
        by=helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        outcomes=[
            actions.Outcome(
                child_id=child.pk, outcome=outcome, note="School and the mother both say so."
            )
            for child in children_of(helped)
        ],
        why_safe="Nobody has been worried for six weeks, and the children say the same.",
        carries_on="The school’s family worker; the family rings her first, then us.",
    )


def check(
    helped: Helped, at: datetime, *, found: str = "same", by: User | None = None, **led_to: Any
) -> None:
    """Ask a family that waits how each child is.

    :param led_to: what follows when it is worse; nothing, by a worker who may not decide it
    """
    is_worse = found == "worse"
    level = RiskLevel.HIGH if is_worse else RiskLevel.LOW
    actions.record_safe_check(
        by=by or helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        means="phone",
        is_reached=True,
        spoke_to="The mother",
        found=found,
        what_changed="The father has moved back in, and the children do not sleep."
        if is_worse
        else "",
        told="About how long it still takes",
        risks=[
            ChildRisk(child_id=child.pk, level=level, why="What the mother and the school say")
            for child in children_of(helped)
        ],
        **led_to,
    )


def decline(helped: Helped, at: datetime, *, reason: DeclineReason, said: str) -> None:
    actions.decline(
        by=helped.worker, at=at, episode_id=helped.episode_id, reason=reason, words=said
    )


def let_go(helped: Helped, at: datetime) -> None:
    """The coordinator finds it safe to close after a decline."""
    actions.decide_decline(
        by=helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        is_safe=True,
        why="The school sees the children every day and is not worried. It rings if that changes.",
    )


def tell(helped: Helped, at: datetime) -> None:
    """Whoever asked for help hears what came of it."""
    actions.tell(
        by=helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        how="Phone",
        what="Told what was decided, and what happens next",
    )


def step_up(helped: Helped, at: datetime) -> None:
    """Put the family before the MASH; the parents know."""
    actions.step_up(
        by=helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        concern="The father is back, there are rows every night, and the children do not sleep.",
        tried="Two safe-checks, the school’s family worker, and a call to the health visitor.",
        agreed=ConsentState.GIVEN,
        agreed_words="“If somebody makes it stop, then yes.”",
    )


# Families of the play -----------------------------------------------------------------------------


class Helping:
    """What becomes of families whom early help has taken on, for one play."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.taken = 0

    def follow(self, handover: Handover, *, by: User, at: datetime) -> None:
        """Tell whoever asked; let the family wait its time, answer the offer, and be helped.

        Each is followed: of 620 requests a year some 40 wait at a time, and those planted with
        them make the list of 70 to 90 families that domain.md 7.2 gives. More requests make a
        longer list of the same waits.
        """
        self.taken += 1
        episode = Episode.objects.get(handover=handover)
        if episode.state not in (EpisodeState.WAITING, EpisodeState.SCREENED):
            return
        random = Random(f"{at:%Y%m%d%H%M}:{self.taken}")
        helped = Helped(
            episode_id=episode.pk,
            coordinator=by,
            worker=random.choice(self.play.people.helpers),
            random=random,
        )
        self.on(helped, at, 1, tell)
        group = WaitingGroup.objects.filter(subject_id=episode.pk, ended_at=None).first()
        median, every = WAITS[group.priority if group else ""]
        waited = max(1, round(random.lognormvariate(math.log(median), 0.6)))
        for day in range(every, waited, every):
            self.on(helped, at, day, check)
        self.on(helped, at, waited, offer)
        if random.random() < 1 / (1 + math.exp(2.4 - 0.03 * waited)):
            reason, said = random.choice(DECLINES)
            self.on(helped, at, waited + 1, partial(decline, reason=reason, said=said))
            self.on(helped, at, waited + 2, let_go)
            return
        self.on(helped, at, waited + 1, accept)
        self.on(helped, at, waited + 3, begin)
        self.on(helped, at, waited + 4, tell)
        self.on(helped, at, waited + 12, assess)
        self.on(helped, at, waited + 18, agree_plan)
        self.on(helped, at, waited + 20, meet)
        self.on(helped, at, waited + 48, partial(meet, decision="close", progress="met"))
        self.on(helped, at, waited + 50, close)

    def on(self, helped: Helped, start: datetime, days: int, step: Step) -> None:
        """Take a step so many working days after a moment; one that is not allowed is not taken."""
        moment = start + (after(start, days) - london_date(start))

        def take(now: datetime) -> None:
            with suppress(Refused, PermissionDenied):
                step(helped, now)

        self.play.later(self.play.working(moment, helped.random.uniform(0.2, 3)), take)
