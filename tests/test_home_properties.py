"""What must be true of a home while we work with it, tried against random histories.

Who joins, leaves, is born, turns 18 or lives in two homes; who logs, reviews and decides; who
writes and authorises; who goes away. After every step the record is read back: no open child is
without a manager or has two workers, no change is done and no assessment authorised while a child
of the home, as known then, is passed over, and no statutory clock moves (design.md 1).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts import actions as accounts_actions
from accounts.choices import Role, TeamKind
from accounts.models import Deputyship, RoleAssignment, User
from assessments import actions
from assessments.choices import AssessmentState
from assessments.models import Assessment, AssessmentChild, NotAssessed
from cases import actions as case_actions
from cases import watch
from cases.actions import ChangeLine
from cases.change_codes import UNDONE, ChangeClass, ChangeOutcome, ChangeState
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    ChildRiskReview,
    Involvement,
    Referral,
    Responsibility,
)
from lib import application_clock
from lib.working_days import london_date
from people import actions as people_actions
from people.choices import HouseholdRole, Stage
from people.models import HouseholdMembership, Person
from people.queries import children_of_households
from record import flags
from record.clocks import STATUTORY_BECAUSE
from record.errors import Refused
from record.models import Clock
from tests.assessments import families
from tests.cases.change_cases import RATIONALE, TOLD, answers
from tests.factories.accounts import LONG_AGO, DeputyshipFactory
from tests.factories.people import (
    ChildFactory,
    HouseholdFactory,
    MembershipFactory,
    PersonFactory,
    RelationshipFactory,
    UnbornFactory,
)
from tests.personas import member

STATUTORY = ("CON-DEC", "REF-DEC", "CFA-45")
NAMES = (("Idris", date(2015, 5, 20)), ("Lina", date(2008, 3, 15)))  # Lina is 18 on the third day
PICKS = st.integers(min_value=0, max_value=40)
WAITS = st.sampled_from([1, 3, 22, 50])  # hours
HISTORIES = 9


class Homes(RuleBasedStateMachine):
    """Two children under assessment, a sister of two homes, a baby to come, a partner to join."""

    people: dict[str, Any] = {}
    looked = 0  # how often the promises were looked at, in all histories together

    @initialize()
    def begin(self) -> None:
        self.at = families.STARTED
        self.clocks: dict[UUID, tuple[Any, ...]] = {}
        self.done: set[UUID] = set()
        self.authorised: set[UUID] = set()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        with application_clock.set_to(self.at):
            children = families.family(
                self.who("contact_officer"),
                self.who("mash_manager"),
                self.who("assessment_team_manager"),
                self.who("assessment_social_worker"),
                names=NAMES,
            )
            home = HouseholdMembership.objects.get(person=children[0], to_on=None).household
            mother = PersonFactory(given_name="Leanne")
            baby = UnbornFactory(expected_on=date(2026, 3, 16))
            RelationshipFactory(person=mother, other=baby)
            MembershipFactory(household=home, person=mother, role=HouseholdRole.ADULT_CARER)
            MembershipFactory(household=home, person=baby, role=HouseholdRole.UNBORN)
            self.other = HouseholdFactory()
            zoe = ChildFactory(given_name="Zoe")
            for each, role in (
                (home, HouseholdRole.PART_TIME_CHILD),
                (self.other, HouseholdRole.RESIDENT_CHILD),
            ):
                MembershipFactory(household=each, person=zoe, role=role)
            self.home = home
            self.newcomers = [
                PersonFactory(given_name="Kyle"),
                ChildFactory(given_name="Tyler"),
                ChildFactory(given_name="Ayo"),
            ]
            self.assessment = families.started(children, self.manager(), at=self.at)
        self.at = families.WRITTEN
        with application_clock.set_to(self.at + timedelta(minutes=5)):
            for each in (zoe, baby):
                self.say_not_assessed(each.pk)
            families.submitted(self.assessment, self.who("assessment_social_worker"), at=self.at)
        self.at += timedelta(minutes=10)
        self.join(1, 0, False, HouseholdRole.OTHER_ADULT)

    def teardown(self) -> None:
        if hasattr(self, "undone"):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    # How it is done ---------------------------------------------------------------------------

    def attempt(self, wait: int, act: Callable[[datetime], Any]) -> Any:
        """Do it so much later; a refusal gives None and leaves nothing behind."""
        self.at += timedelta(hours=wait)
        with application_clock.set_to(self.at):
            try:
                with transaction.atomic():
                    return act(self.at)
            except (Refused, PermissionDenied):
                return None

    def who(self, name: str) -> User:
        user: User = self.people[name]
        user.refresh_from_db()
        return user

    def manager(self) -> User:
        return (
            self.people["assessment_team_manager"]
            .managed_teams.model.objects.get(kind=TeamKind.ASSESSMENT)
            .manager
        )

    def begun(self) -> bool:
        return hasattr(self, "undone")

    def a_change(self, pick: int) -> ChangeOfCircumstance | None:
        rows = list(ChangeOfCircumstance.objects.filter(state__in=UNDONE).order_by("logged_at"))
        return rows[pick % len(rows)] if rows else None

    # What happens in the home -----------------------------------------------------------------

    @precondition(begun)
    @rule(wait=WAITS, pick=PICKS, is_other=st.booleans(), role=st.sampled_from(HouseholdRole))
    def join(self, wait: int, pick: int, is_other: bool, role: HouseholdRole) -> None:
        person = self.newcomers[pick % len(self.newcomers)]
        is_child = bool(person.la_child_id)
        if role == HouseholdRole.UNBORN or (is_child != role.value.endswith("child")):
            role = HouseholdRole.RESIDENT_CHILD if is_child else HouseholdRole.OTHER_ADULT
        self.attempt(
            wait,
            lambda at: people_actions.join_household(
                by=self.who("mash_social_worker"),
                at=at,
                household_id=(self.other if is_other else self.home).pk,
                person_id=person.pk,
                role=role,
                from_on=london_date(at),
            ),
        )

    @precondition(begun)
    @rule(wait=WAITS, pick=PICKS)
    def leave(self, wait: int, pick: int) -> None:
        rows = list(HouseholdMembership.objects.filter(to_on=None).order_by("person_id", "pk"))
        row = rows[pick % len(rows)]
        self.attempt(
            wait,
            lambda at: people_actions.leave_household(
                by=self.who("mash_social_worker"), at=at, membership_id=row.pk, because="Moved out"
            ),
        )

    @precondition(begun)
    @rule(wait=WAITS)
    def birth(self, wait: int) -> None:
        baby = Person.objects.filter(stage=Stage.UNBORN).first()
        if baby is not None:
            self.attempt(
                wait,
                lambda at: people_actions.record_birth(
                    by=self.who("mash_social_worker"),
                    at=at,
                    person_id=baby.pk,
                    born_on=london_date(at),
                    sex="F",
                    given_name="Isla",
                ),
            )

    @precondition(begun)
    @rule(wait=WAITS)
    def time_passes(self, wait: int) -> None:
        self.attempt(wait, lambda at: (watch.raise_what_came(at=at), watch.follow_workers(at=at)))

    # What is thought about it -----------------------------------------------------------------

    @precondition(begun)
    @rule(wait=WAITS, pick=PICKS, is_grave=st.sampled_from([False, False, True]))
    def triage(self, wait: int, pick: int, is_grave: bool) -> None:
        change = self.a_change(pick)
        if change is not None:
            self.attempt(
                wait,
                lambda at: case_actions.triage(
                    by=self.manager(),
                    at=at,
                    change_id=change.pk,
                    change_class=ChangeClass.IMMEDIATE if is_grave else ChangeClass.SIGNIFICANT,
                    why="As the worker says",
                ),
            )

    def a_review(self, one: ChildRiskReview, wait: int) -> None:
        self.attempt(
            wait,
            lambda at: case_actions.complete_review(
                by=one.owner,
                at=at,
                review_id=one.pk,
                answers=answers(one.child.name, seen_at=at - timedelta(minutes=30)),
                late_reason="He was away",
            ),
        )

    def owed(self) -> list[ChildRiskReview]:
        return list(
            ChildRiskReview.objects.filter(state=ChildRiskReview.State.TO_DO)
            .select_related("child", "owner")
            .order_by("asked_at", "pk")
        )

    @precondition(begun)
    @rule(wait=WAITS, number=st.sampled_from([1, 9]), pick=PICKS)
    def review(self, wait: int, number: int, pick: int) -> None:
        owed = self.owed()
        for place in range(min(number, len(owed))):
            self.a_review(owed[(pick + place) % len(owed)], wait if place == 0 else 0)

    def a_decision(self, change: ChangeOfCircumstance, wait: int) -> None:
        lines = [
            ChangeLine(child_id=pk, outcome=ChangeOutcome.STANDS, line=f"Seen, {pk}")
            for pk in change.children.values_list("child_id", flat=True)
        ]
        self.attempt(
            wait,
            lambda at: case_actions.decide_change(
                by=self.manager(),
                at=at,
                change_id=change.pk,
                rationale=RATIONALE,
                lines=lines,
                late_reason="Waited for the school",
                **TOLD,
            ),
        )
        self.no_change_is_done_with_a_child_unreviewed()  # as known at closing, not later

    @precondition(begun)
    @rule(wait=WAITS, pick=PICKS)
    def decide(self, wait: int, pick: int) -> None:
        change = self.a_change(pick)
        if change is not None:
            self.a_decision(change, wait)

    @precondition(begun)
    @rule(wait=WAITS, skipped=st.sampled_from([0, 0, 1]), joins=st.one_of(st.none(), PICKS))
    def see_all_through(self, wait: int, skipped: int, joins: int | None) -> None:
        """Every change from triage to decision; one child skipped, or one who joins before it."""
        changes = list(ChangeOfCircumstance.objects.filter(state__in=UNDONE).order_by("logged_at"))
        for place, _change in enumerate(changes):
            self.triage(wait if place == 0 else 0, place, False)
        for one in self.owed()[skipped:]:
            self.a_review(one, 0)
        if joins is not None:
            self.join(1, joins, False, HouseholdRole.RESIDENT_CHILD)
        for change in changes:
            self.a_decision(change, 0)

    @precondition(begun)
    @rule(wait=WAITS, pick=PICKS, other=PICKS, is_merged=st.booleans())
    def close_otherwise(self, wait: int, pick: int, other: int, is_merged: bool) -> None:
        one, two = self.a_change(pick), self.a_change(other)
        if one is None or two is None:
            return
        if is_merged:
            self.attempt(
                wait,
                lambda at: case_actions.merge(
                    by=self.manager(),
                    at=at,
                    change_id=one.pk,
                    into_id=two.pk,
                    because="Both tell of Kyle",
                ),
            )
            return
        children = list(one.children.values_list("child_id", flat=True))
        self.attempt(
            wait,
            lambda at: case_actions.find_not_significant(
                by=self.manager(),
                at=at,
                change_id=one.pk,
                lines={pk: f"Nothing changes for {pk}" for pk in children},
            ),
        )

    # The assessment ---------------------------------------------------------------------------

    @precondition(begun)
    @rule(
        wait=WAITS,
        skipped=st.sampled_from([0, 0, 1]),
        joins=st.one_of(st.none(), PICKS),
        is_seen_through=st.sampled_from([True, True, False]),
    )
    def authorise(self, wait: int, skipped: int, joins: int | None, is_seen_through: bool) -> None:
        """Say of every other child of the home, or all but one, why not; then authorise."""
        if is_seen_through:
            self.see_all_through(wait, 0, None)
        parts = set(self.assessment.children.values_list("child_id", flat=True))
        others = [
            child.person_id
            for child in children_of_households(person_ids=parts, on=london_date(self.at))
            if child.person_id not in parts
        ]
        for pk in others[skipped:]:
            self.say_not_assessed(pk)
        if joins is not None:
            self.join(0, joins, False, HouseholdRole.RESIDENT_CHILD)
        self.attempt(0, lambda at: families.authorise(self.assessment, self.manager(), at=at))

    def say_not_assessed(self, child_id: UUID) -> None:
        self.attempt(
            0,
            lambda at: actions.say_not_assessed(
                by=self.manager(),
                at=at,
                assessment_id=self.assessment.pk,
                child_id=child_id,
                because="Lives with her father, and was seen there",
            ),
        )

    # Who goes, and who stands in --------------------------------------------------------------

    @precondition(begun)
    @rule(wait=WAITS, pick=PICKS)
    def reallocate(self, wait: int, pick: int) -> None:
        rows = list(Referral.objects.order_by("pk"))
        self.attempt(
            wait,
            lambda at: case_actions.allocate(
                by=self.manager(),
                at=at,
                referral_id=rows[pick % len(rows)].pk,
                worker_id=self.who("second_worker" if pick % 2 else "assessment_social_worker").pk,
                find_out="What a day is like",
                see_whom="Each child alone",
                first_visit_by=london_date(at) + timedelta(days=2),
                change_reason="Leaves the team",
            ),
        )

    @precondition(begun)
    @rule(wait=WAITS)
    def change_manager(self, wait: int) -> None:
        team = self.people["team"]
        team.refresh_from_db()
        names = ("assessment_team_manager", "second_manager")
        new = self.who(names[team.manager_id == self.people[names[0]].pk])
        self.attempt(
            wait,
            lambda at: accounts_actions.change_team_manager(
                team_id=team.pk, manager_id=new.pk, by=self.who("administrator"), at=at
            ),
        )

    @precondition(begun)
    @rule(wait=WAITS, days=st.integers(min_value=0, max_value=20), pick=PICKS)
    def go_away(self, wait: int, days: int, pick: int) -> None:
        """The manager is away from now on, with somebody named for the time, or with nobody."""
        if not days:
            self.role_runs_out(wait)
            return
        manager = self.manager()
        deputies = ("second_manager", "mash_manager", "assessment_team_manager")
        self.attempt(
            wait,
            lambda at: accounts_actions.appoint_deputy(
                manager_id=manager.pk,
                deputy_id=self.who(deputies[pick % len(deputies)]).pk,
                from_on=london_date(at),
                to_on=london_date(at) + timedelta(days=days),
                reason="Annual leave",
                by=manager,
                at=at,
            ),
        )

    def role_runs_out(self, wait: int) -> None:
        """The role of the manager ends by its date and nobody is named: those above are told, and
        the children stay with the manager until the role is given again.
        """
        manager = self.manager()
        self.at += timedelta(hours=wait)
        RoleAssignment.objects.filter(user=manager, to_at=None).update(to_at=self.at)
        with application_clock.set_to(self.at):
            flags.sweep(at=self.at, codes=["F-MGR"])
        held = Responsibility.objects.filter(manager=manager, to_at=None).values("team")
        told = flags.open_flags().filter(rule="F-MGR-ENDS", severity="critical")
        assert set(held.values_list("team", flat=True)) <= set(
            told.values_list("subject_id", flat=True)
        )
        self.every_open_child_has_a_manager_and_at_most_one_worker()
        RoleAssignment.objects.filter(user=manager, to_at=self.at).update(to_at=None)

    @precondition(begun)
    @rule(wait=WAITS)
    def come_back(self, wait: int) -> None:
        live = Deputyship.objects.filter(to_at__gt=self.at, ended_by=None).first()
        if live is not None:
            self.attempt(
                wait,
                lambda at: accounts_actions.end_deputyship(
                    deputyship_id=live.pk, by=self.who("administrator"), at=at
                ),
            )

    @precondition(begun)
    @rule(wait=WAITS, is_manager=st.booleans(), is_named=st.booleans())
    def close_account(self, wait: int, is_manager: bool, is_named: bool) -> None:
        """Somebody leaves for good; what they manage goes to whoever is named, or on its own."""
        leaver = self.manager() if is_manager else self.who("assessment_social_worker")
        self.attempt(
            wait,
            lambda at: accounts_actions.deactivate_user(
                user_id=leaver.pk,
                successor_id=self.who("second_manager").pk if is_named else None,
                by=self.who("administrator"),
                at=at,
            ),
        )

    # What must be true ------------------------------------------------------------------------

    @invariant()
    def every_open_child_has_a_manager_and_at_most_one_worker(self) -> None:
        if not self.begun():
            return
        is_open = set(Involvement.objects.filter(to_at=None).values_list("child_id", flat=True))
        live = list(Responsibility.objects.filter(to_at=None).select_related("team", "manager"))
        assert sorted(row.child_id for row in live) == sorted(is_open)
        assert all(row.manager_id == row.team.manager_id for row in live)
        assert all(row.manager.is_active for row in live)
        leads = Allocation.objects.filter(role="lead", to_at=None).values("child")
        assert not leads.annotate(number=Count("pk")).filter(number__gt=1).exists()

    @invariant()
    def no_change_is_done_with_a_child_unreviewed(self) -> None:
        if not self.begun():
            return
        for change in ChangeOfCircumstance.objects.filter(state=ChangeState.DONE).exclude(
            pk__in=self.done
        ):
            self.done.add(change.pk)
            origins = list(
                change.children.filter(is_origin=True).values_list("child_id", flat=True)
            )
            wanted = {
                child.person_id
                for on in (change.happened_on, london_date(self.at))
                for child in children_of_households(person_ids=origins, on=on)
            }
            subjects = [change.pk, *change.merged.values_list("pk", flat=True)]
            reviewed = set(
                ChildRiskReview.objects.filter(
                    subject_id__in=subjects, completed_at__isnull=False
                ).values_list("child_id", flat=True)
            )
            assert wanted <= reviewed

    @invariant()
    def no_assessment_is_authorised_with_a_child_passed_over(self) -> None:
        if not self.begun():
            return
        for assessment in Assessment.objects.filter(state=AssessmentState.AUTHORISED).exclude(
            pk__in=self.authorised
        ):
            self.authorised.add(assessment.pk)
            parts = AssessmentChild.objects.filter(assessment=assessment, taken_out_at=None)
            children = children_of_households(
                person_ids=list(parts.values_list("child_id", flat=True)), on=london_date(self.at)
            )
            for child in children:
                theirs = AssessmentChild.objects.filter(
                    Q(is_open=True) | Q(authorised_at__isnull=False, superseded_at=None),
                    child=child.person_id,
                    taken_out_at=None,
                )
                why_not = NotAssessed.objects.filter(assessment=assessment, child=child.person_id)
                assert theirs.exists() or why_not.exists(), child.person.given_name
            undone = ChangeOfCircumstance.objects.filter(
                state__in=UNDONE, children__child__in=parts.values("child")
            )
            assert not undone.exists()

    @invariant()
    def statutory_clocks_are_facts(self) -> None:
        if not self.begun():
            return
        rows = list(Clock.objects.filter(rule__in=STATUTORY))
        now = {row.pk: (row.rule, row.subject_id, row.started_at, row.due_at) for row in rows}
        assert self.clocks.items() <= now.items()
        replacing = {row.replaced_because for row in rows if row.replaces_id is not None}
        assert replacing <= STATUTORY_BECAUSE
        self.clocks = now
        type(self).looked += 1


@pytest.mark.slow
@pytest.mark.django_db
def test_nobody_of_a_home_is_passed_over_in_any_history(
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
    administrator,
):
    given = dict(locals())
    given["team"] = assessment_team_manager.managed_teams.get()
    given["second_worker"] = member(
        "Ola Standin", Role.ASSESSMENT_SOCIAL_WORKER, TeamKind.ASSESSMENT
    )
    given["second_manager"] = member(
        "Ade Prototype", Role.ASSESSMENT_TEAM_MANAGER, TeamKind.ASSESSMENT
    )
    DeputyshipFactory(
        manager=assessment_team_manager,
        deputy=mash_manager,
        from_at=LONG_AGO,
        to_at=families.STARTED + timedelta(days=400),
    )

    machine = type("Homes", (Homes,), {"people": given, "looked": 0})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            print_blob=True,
        ),
    )

    assert machine.looked > HISTORIES  # histories went on after they began
