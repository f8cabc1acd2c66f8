"""Of the families whom assessment teams take, a share is followed to the end (domain.md 7.2).

How long the assessment takes, what comes of it, who waits for Safeguarding and Family Support,
what changes at home and what managers say in passing are drawn by the mixes given there. A step
that the record does not allow is not taken, as in life.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied

from accounts.models import Team, User
from assessments import actions
from assessments.choices import AssessmentOutcome
from cases import actions as case_actions
from cases.change_codes import ChangeCode
from cases.choices import VisitOutcome, VisitPurpose
from demonstration import assessing
from demonstration.assessing import Child, Family, NotYet
from demonstration.population import Household, pick
from lib.working_days import london_date
from people.queries import children_of_households
from record import calendar
from record.errors import Refused

if TYPE_CHECKING:
    from demonstration.play import Play

FOLLOWED = 0.15
"""The share of families that is followed: with more, the smaller play would last too long."""
DAYS = (
    ((4, 10), 14),
    ((11, 20), 14),
    ((21, 30), 16),
    ((31, 40), 22.5),
    ((41, 45), 13.5),
    ((46, 50), 6.5),
    ((51, 60), 6),
    ((61, 75), 7.5),
)
OUTCOMES = (
    (AssessmentOutcome.NFA, 24),
    (AssessmentOutcome.EARLY_HELP, 14),
    (AssessmentOutcome.CIN_PLAN, 38),
    (AssessmentOutcome.SECTION_47, 10),
    (AssessmentOutcome.CONTINUE_PLAN, 6),
    (AssessmentOutcome.LEGAL, 2),
    (AssessmentOutcome.OTHER, 6),
)
CHANGES = (
    (ChangeCode.DOMESTIC_ABUSE, 15),
    (ChangeCode.PARENT_ILL, 15),
    (ChangeCode.ADULT_LEAVES, 20),
    (ChangeCode.SCHOOL, 15),
    (ChangeCode.MISSING, 15),
    (ChangeCode.MONEY, 20),
)
CHANGED = 0.35
"""The share of families in which something happens while they are followed."""
Step = Callable[[Family, datetime], object]


class Following:
    """What is done with families who are followed, for one play."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.taken = 0

    def takes(self) -> bool:
        """Say whether the next family is one of them: every so many, so that each size has some."""
        self.taken += 1
        return int(self.taken * FOLLOWED) > int((self.taken - 1) * FOLLOWED)

    def follow(
        self,
        home: Household,
        *,
        referrals: Mapping[UUID, UUID],
        team: Team,
        at: datetime,
    ) -> None:
        """Give the family to one worker and plan what is done with it.

        :param referrals: by child, the referral that the team has accepted
        """
        children = [
            Child(
                id=child.person_id,
                name=child.given_name or "The baby",
                is_unborn=child.expected_on is not None,
            )
            for child in home.children
            if child.person_id in referrals and child.person_id is not None
        ]
        if not children:
            return
        random = Random(f"{at:%Y%m%d%H%M}:{home.line}")
        _team, manager, workers = next(
            row for row in self.play.people.assessment if row[0].pk == team.pk
        )
        family = Family(
            home=home,
            children=children,
            team=team,
            manager=manager,
            worker=random.choice(workers),
            random=random,
        )
        first, *others = [referrals[child.id] for child in children]

        def allocate(family: Family, at: datetime) -> None:
            case_actions.allocate(
                by=family.manager,
                at=at,
                referral_id=first,
                also=others,
                worker_id=family.worker.pk,
                find_out="What daily life is like for each child, in their own words.",
                see_whom="Every child, alone where they are over three; both parents.",
                first_visit_by=assessing.after(at, 3),
                out_of_order_why="The worker knows this family from an earlier assessment.",
            )

        self._on(family, at, 0, allocate)
        self._assess(family, at)
        self._oversee(family, at)
        if random.random() < CHANGED:
            self._change(family, at)

    # Steps ----------------------------------------------------------------------------------

    def _on(self, family: Family, start: datetime, days: int, step: Step) -> None:
        """Take a step so many working days after a moment, at some hour of that day."""
        day = calendar.calendar().add_working_days(london_date(start), days)
        moment = start + (day - london_date(start))
        at = self.play.working(moment, family.random.uniform(0.2, 3))

        def take(now: datetime) -> None:
            try:
                step(family, now)
            except (Refused, PermissionDenied, ObjectDoesNotExist, NotYet):
                return  # the record does not allow it any more

        self.play.later(at, take)

    def _assess(self, family: Family, at: datetime) -> None:
        random = family.random
        ((shortest, longest),) = random.choices(
            [bounds for bounds, _share in DAYS], [share for _bounds, share in DAYS]
        )
        days = random.randint(shortest, longest)
        outcome = str(pick(random, OUTCOMES))
        is_seen = random.random() < 0.92
        self._on(family, at, 1, lambda f, now: assessing.start(f, now, length=min(days, 40)))
        self._on(
            family,
            at,
            random.randint(1, 3),
            lambda f, now: assessing.visit(
                f,
                now,
                outcome=VisitOutcome.KEPT if is_seen else VisitOutcome.NO_ACCESS,
                is_alone=random.random() < 0.85,
            ),
        )
        for number, day in ((1, 9), (2, 19)):
            if days > day and random.random() < 0.88:
                self._on(
                    family,
                    at,
                    day,
                    partial(assessing.checkpoint, number=number),
                )
        for day in range(12, days - 3, 15):
            self._on(family, at, day, assessing.visit)
        self._on(family, at, days - 3, assessing.visit)
        self._on(family, at, days - 2, lambda f, now: _write(f, now, outcome))
        if random.random() < 0.15:
            self._on(family, at, days - 1, assessing.give_back)
            self._on(family, at, days + 1, assessing.submit)
            days += 2
        self._on(
            family,
            at,
            days,
            lambda f, now: assessing.authorise(
                f, now, outcome=outcome, late_reason="The family was away for three weeks."
            ),
        )
        if outcome in (AssessmentOutcome.NFA, AssessmentOutcome.OTHER):
            reason = "RC8" if outcome == AssessmentOutcome.NFA else "RC5"
            self._on(family, at, days + 2, lambda f, now: assessing.close(f, now, reason=reason))
        if outcome == AssessmentOutcome.CIN_PLAN:
            self._plan(family, at, days)

    def _plan(self, family: Family, at: datetime, days: int) -> None:
        """A child in need plan, and the family goes to the team that works with it."""
        random = family.random
        team, receiver, workers = random.choice(self.play.people.support)
        self._on(family, at, days + 1, assessing.make_plan)
        self._on(family, at, days + 2, assessing.approve_plan)
        self._on(family, at, days + 3, assessing.supervise)
        self._on(family, at, days + 4, lambda f, now: assessing.propose(f, now, to_team=team))
        self._on(family, at, days + 5, assessing.make_ready)
        self._on(family, at, days + 9, assessing.meet)
        if random.random() < 0.1:
            self._on(
                family,
                at,
                days + 7,
                lambda f, now: assessing.return_transfer(f, now, receiver=receiver),
            )
            self._on(family, at, days + 10, assessing.make_ready)
            days += 6
        self._on(family, at, days + 8, lambda f, now: assessing.accept(f, now, receiver=receiver))
        taken = days + 9
        waited = round(random.lognormvariate(2.5, 0.75))  # working days: half wait 12 or longer
        if waited > 4:
            self._on(family, at, taken, lambda f, now: assessing.wait(f, now, receiver=receiver))
            for day in range(5, waited, 5):
                self._on(
                    family,
                    at,
                    taken + day,
                    lambda f, now: assessing.look_weekly(f, now, receiver=receiver),
                )
            for day in range(9, waited, 15):
                self._on(
                    family,
                    at,
                    taken + day,
                    lambda f, now: assessing.visit(f, now, purpose=VisitPurpose.WAITING),
                )
            taken += waited
        worker = random.choice(workers)
        self._on(
            family,
            at,
            taken,
            lambda f, now: assessing.take_over(f, now, receiver=receiver, worker=worker),
        )
        self._on(
            family,
            at,
            taken + 3,
            lambda f, now: _become(f, now, receiver=receiver, worker=worker),
        )
        self._on(family, at, taken + 24, assessing.review_plan)
        self._on(family, at, taken + 25, assessing.confirm_review)
        self._on(family, at, taken + 60, _end)

    def _oversee(self, family: Family, at: datetime) -> None:
        random = family.random
        if random.random() < 0.5:
            self._on(family, at, 3, assessing.direct)
            if random.random() < 0.7:
                is_done = random.random() < 0.8
                self._on(family, at, 6, lambda f, now: assessing.answer(f, now, is_done=is_done))
        self._on(family, at, random.randint(12, 18), assessing.supervise)

    def _change(self, family: Family, at: datetime) -> None:
        """Something changes at home: seen through, or left at one of its steps."""
        random = family.random
        code = ChangeCode(str(pick(random, CHANGES)))
        day = random.randint(2, 30)
        reached = random.choices((1, 2, 3, 4), (10, 10, 15, 65))[0]
        steps: list[tuple[int, Step]] = [
            (0, lambda f, now: assessing.log_change(f, now, code)),
            (1, lambda f, now: assessing.triage(f, now, f.latest_change)),
            (
                2,
                lambda f, now: assessing.review_change(
                    f, now, f.latest_change, late="The worker was away"
                ),
            ),
            (
                3,
                lambda f, now: assessing.decide_change(
                    f, now, f.latest_change, late="Waited for the school"
                ),
            ),
        ]
        for after, step in steps[:reached]:
            self._on(family, at, day + after, step)


def _write(family: Family, at: datetime, outcome: str) -> None:
    """Write it, say why others of the home have no part, and submit."""
    if family.assessment is None:
        raise NotYet
    for child in children_of_households(
        person_ids=family.ids, on=london_date(at), by=family.manager
    ):
        if child.person_id not in family.ids:
            actions.say_not_assessed(
                by=family.manager,
                at=at,
                assessment_id=family.assessment.pk,
                child_id=child.person_id,
                because="Lives with the father, and was seen there",
            )
    assessing.write(family, at, outcome=outcome)
    assessing.submit(family, at)


def _become(family: Family, at: datetime, *, receiver: User, worker: User) -> None:
    """The receiving team has the family from now on."""
    assessing.complete(family, at, receiver=receiver)
    family.manager, family.worker = receiver, worker


def _end(family: Family, at: datetime) -> None:
    """The plan has done what it should: it ends, and the work with the family."""
    assessing.end_plan(family, at)
    assessing.close(family, at, reason="RC7")
