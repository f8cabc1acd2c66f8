"""What must be true at every moment (design.md 1), tried against random histories.

Hypothesis makes up what people do and when, through the real actions; after every step the
record is read back and must keep what the design promises. A refused act is part of a history:
it must leave the record as it was, and the promises kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Count
from hypothesis import HealthCheck, settings
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
from accounts.models import User
from cases import actions as case_actions
from cases.choices import (
    Channel,
    ConsentFrom,
    ConsentScope,
    ConsentState,
    ContactState,
    Ground,
    HandoverState,
    Outcome,
    Rag,
)
from cases.holding import with_open_statutory_work
from cases.models import (
    Allocation,
    ConsentOverride,
    Contact,
    ContactPerson,
    Handover,
    Involvement,
    Referral,
    Responsibility,
)
from cases.stated import Stated
from early_help import actions as early_help_actions
from early_help.choices import Route
from early_help.models import Episode
from lib import application_clock
from lib.working_days import london_date
from mash import actions
from mash.models import Decision, Enquiry
from people.choices import HouseholdRole, YesNoUnknown
from people.models import Person
from people.queries import children_of_households
from record import calendar
from record.clocks import STATUTORY_BECAUSE
from record.errors import Refused
from record.models import Clock, Event
from tests.factories.accounts import LONG_AGO, DeputyshipFactory
from tests.personas import member, team_of

START = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)  # a Thursday
STATUTORY = ("CON-DEC", "REF-DEC")
NAMES = ("Aaliyah", "Zayn", "Safiya", "Leo", "Mia", "Noah")
LEVELS = {
    Outcome.EARLY_HELP: "2",
    Outcome.REFERRAL: "4a",
    Outcome.STRATEGY_DISCUSSION: "4b",
}

PICKS = st.integers(min_value=0, max_value=40)
OUTCOMES = st.one_of(
    st.sampled_from(Outcome).map(lambda outcome: [outcome] * 3),
    st.lists(st.sampled_from(Outcome), min_size=3, max_size=3),
)
WAITS = st.sampled_from([5, 20, 55, 180, 7 * 60, 15 * 60, 30 * 60])  # minutes


class Histories(RuleBasedStateMachine):
    """One front door; it opens on a family that is offered to a team, and on a second contact."""

    people: dict[str, Any] = {}

    @initialize()
    def open_the_door(self) -> None:
        self.at = START
        self.returned: set[UUID] = set()
        self.clocks: dict[UUID, tuple[Any, ...]] = {}
        self.events: set[tuple[Any, ...]] = set()
        self.decisions: dict[UUID, tuple[Any, ...]] = {}
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.receive(0, ["Aaliyah", "Zayn"], None, "contact_officer")
        self.receive(20, ["Safiya"], 0, "contact_officer")
        self.decide(20, 0, [Outcome.REFERRAL] * 3, [True] * 3, "mash_manager", True)

    def teardown(self) -> None:
        if hasattr(self, "undone"):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    # How it is done ---------------------------------------------------------------------------

    def later(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do it now; a refusal gives None and leaves nothing behind."""
        before = Event.objects.count()
        with application_clock.set_to(self.at):
            try:
                with transaction.atomic():
                    return act()
            except (Refused, PermissionDenied):
                assert Event.objects.count() == before
                return None

    def a_contact(self, pick: int) -> Contact:
        rows = list(Contact.objects.order_by("reference"))
        return rows[pick % len(rows)]

    def a_row(self, contact: Contact, pick: int) -> ContactPerson:
        rows = list(contact.people.filter(ended_at=None).order_by("position", "pk"))
        return rows[pick % len(rows)]

    def who(self, name: str) -> User:
        user: User = self.people[name]
        user.refresh_from_db()
        return user

    def there_are_contacts(self) -> bool:
        return hasattr(self, "undone") and Contact.objects.exists()

    def there_are_offers(self) -> bool:
        return (
            hasattr(self, "undone")
            and Handover.objects.filter(state=HandoverState.OFFERED).exists()
        )

    def there_are_accepted_referrals(self) -> bool:
        return hasattr(self, "undone") and Referral.objects.exclude(team_accepted_at=None).exists()

    def an_edt_decision_waits(self) -> bool:
        return hasattr(self, "undone") and Contact.objects.filter(is_provisional=True).exists()

    # What people do ---------------------------------------------------------------------------

    @rule(
        wait=WAITS,
        names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
        known=st.one_of(st.none(), PICKS),
        by=st.sampled_from(["contact_officer", "edt_worker"]),
    )
    def receive(self, wait: int, names: list[str], known: int | None, by: str) -> None:
        self.later(wait)
        said = [self.child(name) for name in names]
        children = list(Person.objects.filter(canonical=None).order_by("recorded_at", "pk"))
        if known is not None and children:
            said.append(Stated(person_id=children[known % len(children)].pk))
        self.attempt(
            lambda: case_actions.receive(
                by=self.who(by),
                at=self.at - timedelta(minutes=3),
                channel=Channel.PHONE,
                words="Came in quiet.",
                source_code="2A",
                people=said,
            )
        )

    @staticmethod
    def child(name: str) -> Stated:
        return Stated(
            given_name=name,
            family_name="Testwood",
            date_of_birth=date(2018, 9, 14),
            sex="U",
            household_role=HouseholdRole.RESIDENT_CHILD,
        )

    @precondition(there_are_contacts)
    @rule(wait=WAITS, contact=PICKS, name=st.sampled_from(NAMES))
    def add_person(self, wait: int, contact: int, name: str) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        self.attempt(
            lambda: case_actions.add_person(
                by=self.who("contact_officer"),
                at=self.at,
                contact_id=found.pk,
                stated=self.child(name),
            )
        )

    @precondition(there_are_contacts)
    @rule(wait=WAITS, contact=PICKS, row=PICKS)
    def remove_person(self, wait: int, contact: int, row: int) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        self.attempt(
            lambda: case_actions.remove_person(
                by=self.who("contact_officer"),
                at=self.at,
                contact_id=found.pk,
                contact_person_id=self.a_row(found, row).pk,
                because="Another family",
            )
        )

    @precondition(there_are_contacts)
    @rule(wait=WAITS, contact=PICKS, row=PICKS, other=PICKS)
    def settle(self, wait: int, contact: int, row: int, other: int) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        one = self.a_row(found, row)
        others = list(
            Person.objects.filter(canonical=None)
            .exclude(pk=one.person_id)
            .order_by("recorded_at", "pk")
        )
        if others:
            self.attempt(
                lambda: case_actions.settle_match(
                    by=self.who("contact_officer"),
                    at=self.at,
                    contact_id=found.pk,
                    contact_person_id=one.pk,
                    person_id=others[other % len(others)].pk,
                )
            )

    @precondition(there_are_contacts)
    @rule(wait=WAITS, contact=PICKS, row=PICKS)
    def undo(self, wait: int, contact: int, row: int) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        self.attempt(
            lambda: case_actions.undo_match(
                by=self.who("contact_officer"),
                at=self.at,
                contact_id=found.pk,
                contact_person_id=self.a_row(found, row).pk,
            )
        )

    @precondition(there_are_contacts)
    @rule(
        wait=WAITS,
        contact=PICKS,
        rag=st.sampled_from(Rag),
        by=st.sampled_from(["contact_officer", "mash_manager"]),
    )
    def rate(self, wait: int, contact: int, rag: Rag, by: str) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        self.attempt(
            lambda: actions.rate(
                by=self.who(by), at=self.at, contact_id=found.pk, rag=rag, reason="As it stands"
            )
        )

    @precondition(there_are_contacts)
    @rule(
        wait=WAITS,
        contact=PICKS,
        asker=st.sampled_from(["contact_officer", "mash_manager", "edt_worker"]),
        decider=st.sampled_from(["mash_manager", "second_mash_manager", "edt_worker"]),
        is_granted=st.booleans(),
    )
    def go_on_without_agreement(
        self, wait: int, contact: int, asker: str, decider: str, is_granted: bool
    ) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        asked = (
            self.attempt(
                lambda: case_actions.ask_override(
                    by=self.who(asker),
                    at=self.at,
                    contact_id=found.pk,
                    kind=ConsentState.DISPENSED,
                    because="Asking would warn him",
                )
            )
            or found.consent_overrides.filter(state=ConsentOverride.State.ASKED).first()
        )
        if asked is not None:
            self.attempt(
                lambda: case_actions.answer_override(
                    by=self.who(decider),
                    at=self.at,
                    contact_id=found.pk,
                    override_id=asked.pk,
                    is_granted=is_granted,
                    grounds=[Ground.RISK_CHILD],
                    why_necessary="She is at risk, and only school and GP are asked",
                    will_family_be_told=YesNoUnknown.YES,
                )
            )

    @precondition(there_are_contacts)
    @rule(
        wait=WAITS,
        contact=PICKS,
        outcomes=OUTCOMES,
        are_in=st.lists(st.booleans(), min_size=3, max_size=3),
        by=st.sampled_from(["mash_manager", "mash_manager", "second_mash_manager", "edt_worker"]),
        names_all=st.sampled_from([True, True, True, False]),
    )
    def decide(
        self,
        wait: int,
        contact: int,
        outcomes: list[Outcome],
        are_in: list[bool],
        by: str,
        names_all: bool,
    ) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        household = self.household(found)
        lines = []
        for place, child_id in enumerate(sorted(household)):
            outcome = outcomes[place % 3]
            if outcome == Outcome.MASH_ENQUIRY and not found.rag:
                outcome = Outcome.ADVICE
            if outcome == Outcome.EARLY_HELP:
                self.agree(found)
            lines.append(
                actions.ChildLine(
                    child_id=child_id,
                    is_in=place == 0 or are_in[place % 3],
                    level=LEVELS.get(outcome, "1"),
                    outcome=outcome,
                    why=f"Because of {place}",
                    primary_need="N1",
                    to_team_id=self.receiver(outcome),
                    other_authority="Placeholder Council",
                )
            )
        if not names_all:
            lines = lines[1:]
        decision = self.attempt(
            lambda: actions.decide(
                by=self.who(by),
                at=self.at,
                contact_id=found.pk,
                children=lines,
                know="Two call-outs.",
                worries="Repeat violence.",
                protects="Trusts the teacher.",
                alternative="Advice would be too little.",
                question="Is it safe to go home?",
                late_reason="Both of us were in a discussion.",
                cumulative_answer="Three small worries from three places.",
            )
        )
        if decision is not None:
            self.returned.discard(found.pk)
            assert names_all
            assert set(decision.children.values_list("child_id", flat=True)) >= household

    @precondition(there_are_contacts)
    @rule(contact=PICKS, outcomes=OUTCOMES, wait=st.integers(0, 90))
    def decide_at_night(self, contact: int, outcomes: list[Outcome], wait: int) -> None:
        self.at = self.at.replace(hour=22, minute=0) + timedelta(days=self.at.hour >= 22)
        self.decide(wait, contact, outcomes, [True] * 3, "edt_worker", True)

    def household(self, contact: Contact) -> set[UUID]:
        named = set(
            contact.people.filter(is_child=True, ended_at=None).values_list("person_id", flat=True)
        )
        with application_clock.set_to(self.at):
            found = children_of_households(
                by=self.who("head_of_service"), person_ids=named, on=london_date(self.at)
            )
        return named | {child.person_id for child in found}

    def receiver(self, outcome: Outcome) -> UUID | None:
        kinds = {Outcome.REFERRAL: TeamKind.ASSESSMENT, Outcome.EARLY_HELP: TeamKind.EARLY_HELP}
        return team_of(kinds[outcome]).pk if outcome in kinds else None

    def agree(self, contact: Contact) -> None:
        self.attempt(
            lambda: case_actions.record_answer(
                by=self.who("contact_officer"),
                at=self.at,
                contact_id=contact.pk,
                asked_as=ConsentFrom.PARENT_WITH_PR,
                scope=ConsentScope.SERVICE,
                state=ConsentState.GIVEN,
                how="spoken",
                to_what="Help with mornings",
            )
        )

    @precondition(an_edt_decision_waits)
    @rule(wait=WAITS)
    def confirm(self, wait: int) -> None:
        self.later(wait)
        found = Contact.objects.filter(is_provisional=True).order_by("reference")[0]
        self.attempt(
            lambda: actions.confirm(
                by=self.who("mash_manager"), at=self.at, contact_id=found.pk, note="It stands"
            )
        )

    @precondition(there_are_offers)
    @rule(
        wait=WAITS,
        pick=PICKS,
        by=st.sampled_from(["its manager", "its manager", "second_mash_manager"]),
        is_accepted=st.sampled_from([True, True, False]),
    )
    def answer_offer(self, wait: int, pick: int, by: str, is_accepted: bool) -> None:
        """By the team's manager, or by the deputy, who manages elsewhere."""
        self.later(wait)
        offers = list(
            Handover.objects.filter(state=HandoverState.OFFERED).order_by("offered_at", "pk")
        )
        offer = offers[pick % len(offers)]
        if by == "its manager":
            by = {
                "assessment": "assessment_team_manager",
                "early_help": "early_help_coordinator",
            }[offer.kind]
        if is_accepted:
            in_social_care = with_open_statutory_work(
                [row.child_id for row in offer.children.all()]
            )
            if self.attempt(lambda: self.take_on(offer, by)):
                for row in offer.children.all():
                    holder = Responsibility.objects.get(child=row.child_id, to_at=None)
                    stays = offer.kind == "early_help" and row.child_id in in_social_care
                    assert (
                        (holder.team_id != offer.to_team_id)
                        if stays
                        else (holder.team_id == offer.to_team_id)
                    )
        else:
            holders = self.holders()
            if self.attempt(lambda: self.give_back(offer, by)):
                self.returned.add(offer.contact_id)
                assert self.holders() == holders

    def take_on(self, offer: Handover, by: str) -> object:
        """Accept an offer, which for early help is to screen the request."""
        if offer.kind != "early_help":
            return case_actions.accept(by=self.who(by), at=self.at, handover_id=offer.pk)
        return early_help_actions.screen(
            by=self.who(by),
            at=self.at,
            episode_id=Episode.objects.get(handover=offer).pk,
            route=Route.COMMUNITY,
            level="2",
            family_wants="Help with mornings",
        )

    def give_back(self, offer: Handover, by: str) -> object:
        if offer.kind != "early_help":
            return case_actions.return_to_sender(
                by=self.who(by), at=self.at, handover_id=offer.pk, reason="Not for us"
            )
        return early_help_actions.return_request(
            by=self.who(by),
            at=self.at,
            episode_id=Episode.objects.get(handover=offer).pk,
            reason="Not for us",
        )

    @staticmethod
    def holders() -> dict[UUID, UUID]:
        return dict(Responsibility.objects.filter(to_at=None).values_list("child_id", "manager_id"))

    @precondition(there_are_accepted_referrals)
    @rule(wait=WAITS, pick=PICKS)
    def allocate(self, wait: int, pick: int) -> None:
        rows = list(
            Referral.objects.exclude(team_accepted_at=None).order_by("recorded_at", "child_id")
        )
        if rows:
            self.later(wait)
            self.attempt(
                lambda: case_actions.allocate(
                    by=self.who("assessment_team_manager"),
                    at=self.at,
                    referral_id=rows[pick % len(rows)].pk,
                    worker_id=self.who("assessment_social_worker").pk,
                    find_out="What happened",
                    see_whom="Her, alone",
                    first_visit_by=london_date(self.at) + timedelta(days=2),
                )
            )

    @precondition(there_are_contacts)
    @rule(wait=WAITS, contact=PICKS)
    def reopen(self, wait: int, contact: int) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        self.attempt(
            lambda: actions.reopen(
                by=self.who("mash_manager"), at=self.at, contact_id=found.pk, reason="New facts"
            )
        )

    @precondition(there_are_contacts)
    @rule(wait=WAITS, contact=PICKS)
    def void(self, wait: int, contact: int) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        if self.attempt(
            lambda: case_actions.void(
                by=self.who("mash_manager"), at=self.at, contact_id=found.pk, reason="A test"
            )
        ):
            self.returned.discard(found.pk)
            assert not Involvement.objects.filter(subject_id=found.pk, to_at=None).exists()

    @precondition(there_are_contacts)
    @rule(wait=WAITS, contact=PICKS, minutes=st.integers(1, 300))
    def correct_receipt(self, wait: int, contact: int, minutes: int) -> None:
        self.later(wait)
        found = self.a_contact(contact)
        self.attempt(
            lambda: case_actions.correct_received_at(
                by=self.who("mash_manager"),
                at=self.at,
                contact_id=found.pk,
                received_at=found.received_at - timedelta(minutes=minutes),
                reason="The e-mail says so",
            )
        )

    @precondition(there_are_contacts)
    @rule(wait=WAITS)
    def change_manager(self, wait: int) -> None:
        self.later(wait)
        team = team_of(TeamKind.MASH)
        names = ("mash_manager", "second_mash_manager")
        others = [self.who(name) for name in names]
        (other,) = [user for user in others if user.pk != team.manager_id]
        self.attempt(
            lambda: accounts_actions.change_team_manager(
                team_id=team.pk, manager_id=other.pk, by=self.who("administrator"), at=self.at
            )
        )

    # What must be true ------------------------------------------------------------------------

    @invariant()
    def somebody_holds_every_child(self) -> None:
        if not hasattr(self, "undone"):
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        is_open = set(Involvement.objects.filter(to_at=None).values_list("child_id", flat=True))
        live = list(Responsibility.objects.filter(to_at=None).select_related("team"))

        assert sorted(row.child_id for row in live) == sorted(is_open)
        assert all(row.manager_id == row.team.manager_id for row in live)
        offered = Handover.objects.filter(state=HandoverState.OFFERED).values_list(
            "children__child_id", flat=True
        )
        assert set(offered) <= is_open

    @invariant()
    def decisions_and_events_stay(self) -> None:
        if not hasattr(self, "undone"):
            return
        events = set(Event.objects.values_list("pk", "code", "at", "by_id", "subject_id"))
        decisions = {
            row[0]: row
            for row in Decision.objects.annotate(number_of_children=Count("children")).values_list(
                "pk", "number", "outcome", "decided_by", "decided_at", "know", "number_of_children"
            )
        }

        assert self.events <= events
        assert self.decisions.items() <= decisions.items()
        self.events, self.decisions = events, decisions

    @invariant()
    def statutory_clocks_are_facts(self) -> None:
        if not hasattr(self, "undone"):
            return
        rows = list(Clock.objects.filter(rule__in=STATUTORY))
        now = {row.pk: (row.rule, row.subject_id, row.started_at, row.due_at) for row in rows}

        assert self.clocks.items() <= now.items()
        replacing = [row for row in rows if row.replaces_id is not None]
        assert {row.replaced_because for row in replacing} <= STATUTORY_BECAUSE
        assert all(row.stop_reason for row in rows if row.stopped_at)
        self.clocks = now

    @invariant()
    def nobody_authorises_their_own_work(self) -> None:
        if not hasattr(self, "undone"):
            return
        own = [
            row
            for row in ConsentOverride.objects.exclude(decided_by=None)
            if row.decided_by_id == row.asked_by_id
        ]

        assert not any(calendar.is_office_hours(row.decided_at) for row in own)
        confirmed = Decision.objects.filter(confirms__is_provisional=True)
        assert not any(row.decided_by_id == row.confirms.decided_by_id for row in confirmed)

    @invariant()
    def one_open_referral_and_one_lead(self) -> None:
        if not hasattr(self, "undone"):
            return
        several = (
            Referral.objects.exclude(state__in=["closed", "rejected"])
            .values("child")
            .annotate(number=Count("pk"))
            .filter(number__gt=1)
        )
        leads = (
            Allocation.objects.filter(role="lead", to_at=None)
            .values("child")
            .annotate(number=Count("pk"))
            .filter(number__gt=1)
        )

        assert not several.exists()
        assert not leads.exists()

    @invariant()
    def the_board_shows_what_waits_and_nothing_else(self) -> None:
        if not hasattr(self, "undone"):
            return
        enquiries = set(Enquiry.objects.filter(ended_at=None).values_list("contact_id", flat=True))
        for contact in Contact.objects.order_by("reference"):
            waits = contact.state != ContactState.VOID and (
                contact.state != ContactState.DECIDED
                or contact.is_provisional
                or contact.pk in enquiries
                or contact.pk in self.returned
            )
            assert (contact.board_state != "") == waits, contact.state


@pytest.mark.slow
@pytest.mark.django_db
def test_promises_hold_in_every_history(
    contact_officer,
    mash_manager,
    second_mash_manager,
    edt_worker,
    assessment_team_manager,
    assessment_social_worker,
    early_help_coordinator,
    head_of_service,
    administrator,
):
    given = dict(locals())
    member("Gita Sampleton", Role.CONTACT_OFFICER, TeamKind.MASH)
    DeputyshipFactory(
        manager=assessment_team_manager,
        deputy=second_mash_manager,
        from_at=LONG_AGO,
        to_at=START + timedelta(days=400),
    )

    machine = type("Histories", (Histories,), {"people": given})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=16,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
