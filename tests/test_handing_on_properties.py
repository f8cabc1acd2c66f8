"""What must be true while a family is handed on, tried against random histories.

The home of `test_home_properties` goes on: who joins, is born, turns 18, lives in two homes; who is
away or leaves for good. Here the family is proposed, made ready, accepted, waits, is taken over,
returned or withdrawn. After every step: nothing went on past a change that is not done or a child
who is not answered for, and responsibility passed at completion and at no other moment.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts import actions as accounts_actions
from accounts.choices import Role, TeamKind
from accounts.models import User
from assessments.actions import transfer, transfer_wait
from assessments.models import Assessment, Transfer, TransferChild
from cases import actions as case_actions
from cases.change_codes import UNDONE, ChangeCode
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    ChildRiskReview,
    Responsibility,
)
from lib import application_clock
from lib.working_days import london_date
from people.choices import HouseholdRole
from people.models import HouseholdMembership
from people.queries import children_of_households
from record.models import Clock
from tests.assessments import transfers
from tests.assessments.plans import day, held
from tests.factories.people import (
    ChildFactory,
    HouseholdFactory,
    MembershipFactory,
    PersonFactory,
    RelationshipFactory,
    UnbornFactory,
)
from tests.personas import member
from tests.test_home_properties import WAITS, Homes

State = Transfer.State
HISTORIES = 6
#: States that are reached only while nothing of the home is open and every child is answered for.
CLEAR = (State.READY, State.ACCEPTED, State.ALLOCATED, State.COMPLETED)
CODES = st.sampled_from([ChangeCode.ADULT_LEAVES, ChangeCode.DOMESTIC_ABUSE, ChangeCode.SCHOOL])


class HandingOn(Homes):
    """Two children with a plan, who are handed on; a sister of two homes, one nearly 18, a baby."""

    authorise = None  # their assessment is authorised already
    reached: set[str] = set()  # the states in which a transfer stood, in all histories together

    @initialize(steps=st.sampled_from([0, 3, 5, 6, 6]))
    def begin(self, steps: int) -> None:
        """The family as it was on day 8, and so many steps on the way."""
        self.clocks: dict[UUID, tuple[Any, ...]] = {}
        self.done: set[UUID] = set()
        self.was: dict[UUID, str] = {}
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.at = day(7) + timedelta(hours=1)
        with application_clock.set_to(self.at):
            self.family = held(
                self.who("contact_officer"),
                self.who("mash_manager"),
                self.who("assessment_team_manager"),
                self.who("assessment_social_worker"),
            )
            first = self.family.children["Maisie"]
            self.home = HouseholdMembership.objects.get(person=first, to_on=None).household
            mother = PersonFactory(given_name="Leanne")
            baby = UnbornFactory(expected_on=date(2026, 3, 25))
            RelationshipFactory(person=mother, other=baby)
            self.other = HouseholdFactory()
            zoe = ChildFactory(given_name="Zoe")
            nearly = ChildFactory(given_name="Lina", date_of_birth=date(2008, 3, 22))
            for home, person, role in (
                (self.home, mother, HouseholdRole.OTHER_ADULT),
                (self.home, baby, HouseholdRole.UNBORN),
                (self.home, nearly, HouseholdRole.RESIDENT_CHILD),
                (self.home, zoe, HouseholdRole.PART_TIME_CHILD),
                (self.other, zoe, HouseholdRole.RESIDENT_CHILD),
            ):
                MembershipFactory(household=home, person=person, role=role)
            self.newcomers = [PersonFactory(given_name="Kyle"), ChildFactory(given_name="Ayo")]
            transfers.whole(self.family)
        # Made as rows, with nothing said of the others; what is authorised later counts.
        self.authorised = set(Assessment.objects.values_list("pk", flat=True))
        self.at = day(8)
        for _ in range(steps):
            self.next_step(1)

    # Who acts now -----------------------------------------------------------------------------

    def manager(self) -> User:
        """Whoever answers for the first of the children now."""
        first = self.family.ids[0]
        held_now = Responsibility.objects.filter(child=first, to_at=None).select_related("manager")
        return held_now.get().manager

    def receiver(self) -> User:
        team = self.people["receiving"]
        team.refresh_from_db()
        return User.objects.get(pk=team.manager_id)

    def worker(self) -> User:
        lead = Allocation.objects.filter(child=self.family.ids[0], role="lead", to_at=None)
        return User.objects.get(pk=lead.values_list("worker", flat=True)[0])

    def moved(self) -> Transfer | None:
        return Transfer.objects.order_by("-proposed_at").first()

    # Handing on -------------------------------------------------------------------------------

    def next_step(self, wait: int) -> None:
        """The next thing that is to do with the transfer, as it stands."""
        found = self.moved()
        if found is None or found.state in Transfer.OVER:
            self.attempt(wait, self.propose)
            return
        given: dict[str, Any] = {"transfer_id": found.pk}
        self.attempt(
            wait,
            {
                State.PROPOSED: lambda at: transfer.make_ready(
                    by=self.manager(), at=at, rationale=transfers.REASONS, **given
                ),
                State.RETURNED: lambda at: transfer.make_ready(
                    by=self.manager(),
                    at=at,
                    rationale=transfers.REASONS,
                    put_right="It is there",
                    **given,
                ),
                State.READY: lambda at: transfer.accept(
                    by=self.receiver(), at=at, met_at=at, attended="Both managers", **given
                ),
                State.ACCEPTED: lambda at: transfer_wait.wait(
                    by=self.receiver(),
                    at=at,
                    because="No worker",
                    expected_on=london_date(at) + timedelta(days=9),
                    visits_by_id=self.worker().pk,
                    risks={
                        pk: transfer_wait.Risk(level="moderate", why="Nights")
                        for pk in self.handed_on(found)
                    },
                    **given,
                ),
                State.WAITING: lambda at: transfer_wait.allocate(
                    by=self.receiver(),
                    at=at,
                    worker_id=self.people["long_term"].pk,
                    joint_visit_on=london_date(at),
                    out_of_order_why="They know her",
                    **given,
                ),
                State.ALLOCATED: lambda at: transfer_wait.complete(
                    by=self.receiver(), at=at, joint_visit_at=at, family_told="At home", **given
                ),
            }[Transfer.State(found.state)],
        )
        self.nothing_went_on_past_a_change_or_a_child()

    def propose(self, at: Any) -> Transfer:
        lines = [
            transfer.Line(
                child_id=child.person_id,
                is_in=child.person_id in self.family.ids,
                because="Not open to us",
            )
            for child in children_of_households(person_ids=self.family.ids, on=london_date(at))
        ]
        return transfer.propose(
            by=self.worker(),
            at=at,
            lines=lines,
            to_team_id=self.people["receiving"].pk,
            point=Transfer.Point.CIN_PLAN,
            reason="Agreed",
            **transfers.DATES,
        )

    @staticmethod
    def handed_on(found: Transfer) -> list[UUID]:
        return list(found.children.filter(is_in=True).values_list("child_id", flat=True))

    @precondition(Homes.begun)
    @rule(
        wait=WAITS,
        steps=st.sampled_from([2, 4, 7]),
        is_seen_through=st.sampled_from([True, True, False]),
    )
    def hand_on(self, wait: int, steps: int, is_seen_through: bool) -> None:
        for step in range(steps):
            if is_seen_through:
                self.see_all_through(0, 0, None)
                self.answer_for_others()
            self.look_weekly()
            self.next_step(wait if step == 0 else 1)

    def answer_for_others(self) -> None:
        """Say of whoever has joined that they are not handed on."""
        found = self.moved()
        if found is None:
            return
        answered = set(found.children.values_list("child_id", flat=True))
        for child in children_of_households(
            person_ids=self.handed_on(found), on=london_date(self.at)
        ):
            if child.person_id not in answered:
                self.attempt(
                    0,
                    lambda at, pk=child.person_id: transfer.answer_child(
                        by=self.worker(),
                        at=at,
                        transfer_id=found.pk,
                        child_id=pk,
                        is_in=False,
                        because="Not open to us",
                    ),
                )

    def look_weekly(self) -> None:
        """The weekly review of a family that waits; one that skips a child is refused."""
        found = self.moved()
        if found is None or found.state != State.WAITING:
            return
        children = self.handed_on(found)
        for given in (children[1:], children):
            made = self.attempt(
                0,
                lambda at, given=given: transfer_wait.review(
                    by=self.manager(),
                    at=at,
                    transfer_id=found.pk,
                    with_manager_id=self.receiver().pk,
                    visits="One",
                    children=[self.looked_at(pk) for pk in given],
                    is_escalated=False,
                ),
            )
            assert (made is not None) == (given == children)
        reviewed = ChildRiskReview.objects.filter(subject_id=made.pk, completed_at__isnull=False)
        assert set(reviewed.values_list("child_id", flat=True)) == set(children)

    @staticmethod
    def looked_at(child_id: UUID) -> transfer_wait.ChildLooked:
        return transfer_wait.ChildLooked(
            child_id=child_id,
            what_changed=f"Nothing new for {child_id}",
            effect=f"{child_id} asks when the new worker comes",
            risk="moderate",
            protects="Nan",
            is_assessment_right=True,
            is_plan_right=True,
            recommendation=f"See {child_id} on Friday",
            not_seen_because="Half-term",
        )

    @precondition(Homes.begun)
    @rule(wait=WAITS, is_withdrawn=st.booleans())
    def take_back(self, wait: int, is_withdrawn: bool) -> None:
        found = self.moved()
        if found is None:
            return
        self.attempt(
            wait,
            lambda at: (
                transfer.withdraw(
                    by=self.manager(), at=at, transfer_id=found.pk, because="Too early"
                )
                if is_withdrawn
                else transfer.give_back(
                    by=self.receiver(),
                    at=at,
                    transfer_id=found.pk,
                    item="plan",
                    because="No goal for the nights",
                )
            ),
        )

    @precondition(Homes.begun)
    @rule(wait=WAITS, code=CODES)
    def something_happens(self, wait: int, code: ChangeCode) -> None:
        self.attempt(
            wait,
            lambda at: case_actions.log_change(
                by=self.who("mash_social_worker"),
                at=at,
                child_id=self.family.ids[0],
                code=code,
                happened_on=london_date(at),
            ),
        )

    @precondition(Homes.begun)
    @rule(wait=WAITS)
    def receiving_manager_leaves(self, wait: int) -> None:
        self.attempt(
            wait,
            lambda at: accounts_actions.deactivate_user(
                user_id=self.receiver().pk,
                successor_id=self.who("second_receiver").pk,
                by=self.who("administrator"),
                at=at,
            ),
        )

    # What must be true ------------------------------------------------------------------------

    @invariant()
    def nothing_went_on_past_a_change_or_a_child(self) -> None:
        if not self.begun():
            return
        for found in Transfer.objects.all():
            before, self.was[found.pk] = self.was.get(found.pk), found.state
            type(self).reached.add(found.state)
            if found.state == before or found.state not in CLEAR:
                continue
            home = {
                child.person_id
                for child in children_of_households(
                    person_ids=self.handed_on(found), on=london_date(self.at)
                )
            }
            assert home <= set(found.children.values_list("child_id", flat=True))
            assert not ChangeOfCircumstance.objects.filter(
                state__in=UNDONE, children__child__in=home
            ).exists()

    @invariant()
    def responsibility_passes_at_completion_only(self) -> None:
        if not self.begun():
            return
        gone = set(
            TransferChild.objects.filter(is_in=True, transfer__state=State.COMPLETED).values_list(
                "child_id", flat=True
            )
        )
        for row in Responsibility.objects.filter(
            child__in=self.family.ids, to_at=None
        ).select_related("team"):
            theirs = (
                TeamKind.SAFEGUARDING_FAMILY_SUPPORT
                if row.child_id in gone
                else TeamKind.ASSESSMENT
            )
            assert row.team.kind == theirs

    @invariant()
    def escalation_counts_from_the_first_time_it_was_ready(self) -> None:
        if not self.begun():
            return
        for clock in Clock.objects.filter(rule__startswith="TRF-LONG"):
            assert clock.started_at == Transfer.objects.get(pk=clock.subject_id).first_ready_at


@pytest.mark.slow
@pytest.mark.django_db
def test_nobody_is_lost_while_a_family_is_handed_on_in_any_history(
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
    sfs_manager,
    administrator,
):
    given = dict(locals())
    given["team"] = assessment_team_manager.managed_teams.get()
    given["receiving"] = sfs_manager.managed_teams.get()
    given["long_term"] = transfers.long_term_worker()
    given["second_worker"] = member(
        "Obi Standin", Role.ASSESSMENT_SOCIAL_WORKER, TeamKind.ASSESSMENT
    )
    given["second_manager"] = member(
        "Ade Prototype", Role.ASSESSMENT_TEAM_MANAGER, TeamKind.ASSESSMENT
    )
    given["second_receiver"] = member(
        "Uma Prototype", Role.SFS_MANAGER, TeamKind.SAFEGUARDING_FAMILY_SUPPORT
    )

    machine = type("HandingOn", (HandingOn,), {"people": given, "looked": 0, "reached": set()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            print_blob=True,
        ),
    )

    assert machine.looked > HISTORIES  # histories went on after they began
    assert {State.WAITING, State.COMPLETED} <= machine.reached
