"""The decision: whole, child by child, once."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from accounts.choices import Role
from cases import actions as case_actions
from cases.choices import (
    BoardState,
    Channel,
    ConsentFrom,
    ConsentScope,
    ConsentState,
    ContactState,
    HandoverState,
    Outcome,
    ReferralState,
)
from cases.models import (
    ChangeOfCircumstance,
    Contact,
    Handover,
    Involvement,
    Referral,
    Responsibility,
)
from cases.stated import Stated
from lib import application_clock
from mash import actions
from mash.models import Decision, DecisionChild, StrategyDiscussion
from mash.queries.decision import decision_page
from people import actions as people_actions
from people.choices import HouseholdRole
from record.errors import Clash, NotWhole, Refused
from record.models import Clock, OutboxMessage
from tests.factories.accounts import RoleAssignmentFactory
from tests.factories.people import ChildFactory

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)  # a Thursday
REASONS = {
    "know": "Two call-outs.",
    "worries": "Repeat violence.",
    "protects": "Trusts the teacher.",
    "alternative": "Advice would be too little.",
}


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(MORNING + timedelta(days=30)):
        yield


def child(name, born=date(2018, 9, 14), **more):
    return Stated(
        given_name=name,
        family_name="Testwood",
        date_of_birth=born,
        sex="F",
        household_role=HouseholdRole.RESIDENT_CHILD,
        **more,
    )


def receive(by, *names, at=MORNING, people=None):
    return case_actions.receive(
        by=by,
        at=at,
        channel=Channel.PHONE,
        words="Came in quiet and asked to stay at lunch.",
        source_code="2A",
        people=people or [child(name) for name in names or ("Aaliyah", "Zayna")],
    )


def lines(contact, outcome, *, level="4a", team=None, **more):
    return [
        actions.ChildLine(
            child_id=row.person_id,
            is_in=True,
            level=level,
            outcome=outcome,
            why=f"Because of {row.position}",
            primary_need=more.get("primary_need", "N1"),
            to_team_id=team.pk if team else None,
            other_authority=more.get("other_authority", ""),
        )
        for row in contact.people.filter(is_child=True, ended_at=None).order_by("position")
    ]


def decide(contact, by, children, *, at=MORNING + timedelta(hours=1), **more):
    return actions.decide(
        by=by, at=at, contact_id=contact.pk, children=children, **{**REASONS, **more}
    )


def agree(contact, by, scope=ConsentScope.SERVICE):
    case_actions.record_answer(
        by=by,
        at=MORNING + timedelta(minutes=10),
        contact_id=contact.pk,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=scope,
        state=ConsentState.GIVEN,
        how="spoken",
        to_what="Help with mornings",
    )


def test_decide_advice_releases_the_children(contact_officer, mash_manager):
    contact = receive(contact_officer)

    decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"))

    contact.refresh_from_db()
    assert contact.state == ContactState.DECIDED
    assert contact.board_state == ""
    assert not Involvement.objects.filter(to_at=None).exists()
    assert not Responsibility.objects.filter(to_at=None).exists()


def test_decide_names_the_child_that_was_skipped(contact_officer, mash_manager):
    contact = receive(contact_officer)

    with pytest.raises(NotWhole) as refused:
        decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1")[:1])

    assert "Choose In or Out for Zayna Testwood" in str(refused.value)
    assert not Decision.objects.exists()


def test_decide_asks_about_a_sister_whom_the_referrer_did_not_name(contact_officer, mash_manager):
    first = receive(contact_officer, "Aaliyah", "Safiya")
    decide(first, mash_manager, lines(first, Outcome.ADVICE, level="1"))
    known = first.people.get(position=0).person_id
    again = receive(
        contact_officer, at=MORNING + timedelta(days=1), people=[Stated(person_id=known)]
    )

    with pytest.raises(NotWhole) as refused:
        decide(
            again,
            mash_manager,
            lines(again, Outcome.ADVICE, level="1"),
            at=MORNING + timedelta(days=1, hours=1),
        )

    assert "Choose In or Out for Safiya Testwood" in str(refused.value)


@pytest.mark.parametrize("missing", sorted(REASONS))
def test_decide_refuses_an_empty_reason(contact_officer, mash_manager, missing):
    contact = receive(contact_officer)

    with pytest.raises(NotWhole) as refused:
        decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"), **{missing: "  "})

    assert [field for field, _words in refused.value.problems] == [missing]


def test_decide_late_asks_why_and_is_never_refused_for_it(contact_officer, mash_manager):
    contact = receive(contact_officer)
    late = MORNING + timedelta(days=4)

    with pytest.raises(NotWhole) as refused:
        decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"), at=late)
    decision = decide(
        contact,
        mash_manager,
        lines(contact, Outcome.ADVICE, level="1"),
        at=late,
        late_reason="Both of us were in a discussion.",
    )

    assert "Say why this decision is late" in str(refused.value)
    assert decision.late_reason
    clock = Clock.objects.get(rule="CON-DEC", subject_id=contact.pk)
    assert clock.stopped_at == late
    assert clock.late_reason == "Both of us were in a discussion."


def test_decide_third_nfa_in_a_year_needs_the_cumulative_answer(contact_officer, mash_manager):
    first = receive(contact_officer, "Aaliyah")
    decide(first, mash_manager, lines(first, Outcome.NFA, level="1"))
    known = first.people.get().person_id
    later = [MORNING + timedelta(days=day) for day in (1, 4)]
    for number, at in enumerate(later):
        contact = receive(contact_officer, at=at, people=[Stated(person_id=known)])
        answer = lines(contact, Outcome.NFA, level="1")
        if number == 1:
            with pytest.raises(NotWhole) as refused:
                decide(contact, mash_manager, answer, at=at + timedelta(hours=1))
            assert refused.value.problems[0][0] == "cumulative_answer"
        decide(
            contact,
            mash_manager,
            answer,
            at=at + timedelta(hours=1),
            cumulative_answer="Three small worries from three places.",
        )

    assert Decision.objects.count() == 3


def test_decide_early_help_needs_agreement_to_help_and_not_to_checks(
    contact_officer, mash_manager, early_help_coordinator
):
    contact = receive(contact_officer)
    agree(contact, contact_officer, ConsentScope.CHECKS)
    team = early_help_coordinator.managed_teams.get()

    with pytest.raises(Refused, match="needs the family to agree to help, and nobody has asked"):
        decide(
            contact,
            mash_manager,
            lines(contact, Outcome.EARLY_HELP, level="2", team=team),
        )


def test_decide_early_help_needs_the_family_to_agree(
    contact_officer, mash_manager, early_help_coordinator
):
    team = early_help_coordinator.managed_teams.get()
    contact = receive(contact_officer)
    answer = lines(contact, Outcome.EARLY_HELP, level="3", team=team)

    with pytest.raises(NotWhole) as refused:
        decide(contact, mash_manager, answer)
    agree(contact, contact_officer)
    decide(contact, mash_manager, answer)

    assert "needs the family to agree" in str(refused.value)
    handover = Handover.objects.get(contact=contact)
    assert handover.to_team == team
    assert set(Responsibility.objects.filter(to_at=None).values_list("manager_id", flat=True)) == {
        mash_manager.pk
    }


def test_decide_strategy_discussion_opens_a_referral_and_tells_the_chair(
    contact_officer, mash_manager
):
    contact = receive(contact_officer)

    decide(contact, mash_manager, lines(contact, Outcome.STRATEGY_DISCUSSION, level="4b"))

    discussion = StrategyDiscussion.objects.get()
    assert discussion.chair == mash_manager
    assert discussion.children.count() == 2
    assert Referral.objects.filter(state=ReferralState.ACCEPTED).count() == 2
    assert OutboxMessage.objects.filter(key=f"discussion.called:{discussion.pk}").count() == 1


def test_decide_referral_of_a_child_with_an_open_case_is_refused(
    contact_officer, mash_manager, assessment_team_manager
):
    team = assessment_team_manager.managed_teams.get()
    first = receive(contact_officer, "Aaliyah")
    decide(first, mash_manager, lines(first, Outcome.REFERRAL, team=team))
    known = first.people.get().person_id
    at = MORNING + timedelta(days=1)
    again = receive(contact_officer, at=at, people=[Stated(person_id=known)])

    with pytest.raises(NotWhole) as refused:
        decide(
            again,
            mash_manager,
            lines(again, Outcome.REFERRAL, team=team),
            at=at + timedelta(hours=1),
        )
    decide(again, mash_manager, lines(again, Outcome.LINKED), at=at + timedelta(hours=1))

    assert "already has an open case" in str(refused.value)
    assert Referral.objects.count() == 1
    change = ChangeOfCircumstance.objects.get()
    assert (change.source_id, change.learned_at) == (again.pk, again.received_at)


def test_decide_early_help_anew_while_it_is_only_offered(
    contact_officer, mash_manager, early_help_coordinator
):
    team = early_help_coordinator.managed_teams.get()
    contact = receive(contact_officer, "Aaliyah")
    agree(contact, contact_officer)
    decide(contact, mash_manager, lines(contact, Outcome.EARLY_HELP, level="2", team=team))
    at = MORNING + timedelta(hours=3)
    actions.reopen(by=mash_manager, at=at, contact_id=contact.pk, reason="Level was wrong.")

    decide(contact, mash_manager, lines(contact, Outcome.EARLY_HELP, level="3", team=team), at=at)

    assert list(Handover.objects.order_by("offered_at", "pk").values_list("state", flat=True)) == [
        HandoverState.WITHDRAWN,
        HandoverState.OFFERED,
    ]


def test_decide_answers_for_somebody_named_who_has_come_of_age(contact_officer, mash_manager):
    born = MORNING.date().replace(year=MORNING.year - 18) + timedelta(days=1)
    contact = receive(contact_officer, people=[child("Aaliyah", born=born), child("Zayna")])
    at = MORNING + timedelta(days=2)
    both = lines(contact, Outcome.ADVICE, level="1")

    with pytest.raises(NotWhole) as refused:
        decide(contact, mash_manager, [both[1]], at=at, late_reason="Staff were ill.")
    with pytest.raises(NotWhole) as unsaid:
        decide(
            contact,
            mash_manager,
            [replace(both[0], level="", outcome=""), both[1]],
            at=at,
            late_reason="Staff were ill.",
        )
    decide(contact, mash_manager, both, at=at, late_reason="Staff were ill.")

    assert "Choose In or Out for Aaliyah Testwood" in str(refused.value)
    assert "Aaliyah Testwood" in str(unsaid.value)
    assert Decision.objects.get().children.count() == 2


def test_decide_keeps_nothing_of_another_outcome(
    contact_officer, mash_manager, assessment_team_manager
):
    contact = receive(contact_officer, "Aaliyah")
    team = assessment_team_manager.managed_teams.get()
    typed = lines(
        contact, Outcome.ADVICE, level="1", team=team, other_authority="Northmere County Council"
    )

    decide(contact, mash_manager, typed)

    line = Decision.objects.get().children.get()
    assert (line.to_team, line.primary_need, line.other_authority) == (None, "", "")


def test_decide_answers_once_for_a_child_whose_records_were_linked(contact_officer, mash_manager):
    contact = receive(contact_officer, "Aaliyah")
    named = contact.people.get().person_id
    kept = ChildFactory(given_name="Aliyah", family_name="Testwood")
    people_actions.link_records(
        by=mash_manager,
        at=MORNING + timedelta(minutes=5),
        kept_id=kept.pk,
        other_id=named,
        reason="Same NHS number",
    )
    page = decision_page(by=mash_manager, contact=contact, at=MORNING)

    decide(
        contact,
        mash_manager,
        [replace(lines(contact, Outcome.ADVICE, level="1")[0], child_id=kept.pk)],
    )

    assert [row.child_id for row in page.children] == [kept.pk]
    assert Decision.objects.get().children.get().child_id == kept.pk
    assert not Involvement.objects.filter(to_at=None).exists()


def test_decide_needs_the_right_and_writes_nothing_without_it(contact_officer):
    contact = receive(contact_officer)

    with pytest.raises(PermissionDenied):
        decide(contact, contact_officer, lines(contact, Outcome.ADVICE, level="1"))

    assert not Decision.objects.exists()
    assert Contact.objects.get().board_state == BoardState.SCREENING


def test_decide_by_edt_in_office_hours_is_refused(contact_officer, edt_worker):
    contact = receive(contact_officer)

    with pytest.raises(PermissionDenied):
        decide(contact, edt_worker, lines(contact, Outcome.ADVICE, level="1"))

    assert not Decision.objects.exists()


def test_decide_by_edt_at_night_is_provisional_until_confirmed(
    contact_officer, edt_worker, mash_manager
):
    night = datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
    contact = receive(edt_worker, at=night)

    decide(
        contact,
        edt_worker,
        lines(contact, Outcome.STRATEGY_DISCUSSION, level="4b"),
        at=night + timedelta(minutes=30),
    )
    contact.refresh_from_db()
    waiting = contact.board_state
    confirmed = actions.confirm(
        by=mash_manager,
        at=datetime(2026, 3, 13, 9, 30, tzinfo=UTC),
        contact_id=contact.pk,
        note="The children could not wait.",
    )

    contact.refresh_from_db()
    assert waiting == BoardState.EDT_TO_CONFIRM
    assert contact.board_state == ""
    assert confirmed.number == 2
    assert confirmed.confirms.number == 1
    assert StrategyDiscussion.objects.count() == 1
    assert Clock.objects.get(rule="EDT-CONF").stopped_at is not None


def test_edt_deciding_again_confirms_nothing_and_keeps_the_clock(edt_worker, mash_manager):
    night = datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
    contact = receive(edt_worker, at=night)
    answer = lines(contact, Outcome.ADVICE, level="1")
    decide(contact, edt_worker, answer, at=night + timedelta(minutes=30))
    due_at = Clock.objects.get(rule="EDT-CONF").due_at

    again = decide(contact, edt_worker, answer, at=night + timedelta(hours=9))

    contact.refresh_from_db()
    assert again.is_provisional
    assert again.confirms is None
    assert contact.board_state == BoardState.EDT_TO_CONFIRM
    clock = Clock.objects.get(rule="EDT-CONF")
    assert (clock.due_at, clock.stopped_at) == (due_at, None)
    confirmed = actions.confirm(
        by=mash_manager,
        at=datetime(2026, 3, 13, 9, 30, tzinfo=UTC),
        contact_id=contact.pk,
        note="Nothing new since.",
    )
    assert confirmed.confirms == again


def test_decide_refuses_to_change_by_day_what_the_same_person_decided_at_night(
    edt_worker, mash_manager
):
    night = datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
    contact = receive(edt_worker, at=night)
    decide(contact, edt_worker, lines(contact, Outcome.ADVICE, level="1"), at=night)
    RoleAssignmentFactory(user=edt_worker, role=Role.MASH_MANAGER)

    with pytest.raises(Refused, match="somebody else confirms or changes it"):
        decide(
            contact,
            edt_worker,
            lines(contact, Outcome.ADVICE, level="1"),
            at=datetime(2026, 3, 13, 9, 30, tzinfo=UTC),
        )

    assert Decision.objects.count() == 1


def test_reopening_is_no_way_to_confirm_ones_own_edt_decision(edt_worker, mash_manager):
    night = datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
    day = datetime(2026, 3, 13, 9, 30, tzinfo=UTC)
    contact = receive(edt_worker, at=night)
    decide(contact, edt_worker, lines(contact, Outcome.ADVICE, level="1"), at=night)
    RoleAssignmentFactory(user=edt_worker, role=Role.MASH_MANAGER)

    with pytest.raises(Refused, match="somebody else confirms or changes it"):
        actions.reopen(by=edt_worker, at=day, contact_id=contact.pk, reason="Again")
    actions.reopen(by=mash_manager, at=day, contact_id=contact.pk, reason="School rang")

    contact.refresh_from_db()
    assert not contact.is_provisional


def test_changing_an_edt_decision_withdraws_what_nobody_accepted(
    edt_worker, mash_manager, assessment_team_manager
):
    team = assessment_team_manager.managed_teams.get()
    night = datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
    contact = receive(edt_worker, "Aaliyah", at=night)
    agree_at = night + timedelta(minutes=30)
    decide(contact, edt_worker, lines(contact, Outcome.REFERRAL, team=team), at=agree_at)

    decide(
        contact,
        mash_manager,
        lines(contact, Outcome.ADVICE, level="1"),
        at=datetime(2026, 3, 13, 9, 30, tzinfo=UTC),
    )

    handover = Handover.objects.get()
    assert handover.state == HandoverState.WITHDRAWN
    assert Decision.objects.count() == 2


def test_decide_refuses_a_contact_already_decided_and_says_who(
    contact_officer, mash_manager, second_mash_manager
):
    contact = receive(contact_officer)
    decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"))

    with pytest.raises(case_actions.AlreadyDecided) as refused:
        decide(contact, second_mash_manager, lines(contact, Outcome.ADVICE, level="1"))

    assert mash_manager.full_name in str(refused.value)
    assert Decision.objects.count() == 1


def test_decide_on_an_older_version_is_a_clash(contact_officer, mash_manager):
    contact = receive(contact_officer)
    seen = contact.version
    case_actions.change_contact(
        by=contact_officer, at=MORNING, contact_id=contact.pk, summary="More is known"
    )

    with pytest.raises(Clash):
        decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"), version=seen)

    assert not Decision.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_managers_at_once_make_one_decision(contact_officer, mash_manager, second_mash_manager):
    contact = receive(contact_officer)
    answer = lines(contact, Outcome.ADVICE, level="1")
    start, outcomes = threading.Barrier(2), []

    def act(manager):
        with application_clock.set_to(MORNING + timedelta(days=30)):
            start.wait()
            try:
                decide(contact, manager, answer)
                outcomes.append("decided")
            except Refused as refused:
                outcomes.append(str(refused))
            finally:
                connection.close()

    threads = [threading.Thread(target=act, args=(m,)) for m in (mash_manager, second_mash_manager)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("decided") == 1
    assert any("decided this contact at" in words for words in outcomes)
    assert Decision.objects.count() == 1


def test_reopen_keeps_the_first_decision(contact_officer, mash_manager):
    contact = receive(contact_officer)
    decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"))
    at = MORNING + timedelta(days=1)

    actions.reopen(by=mash_manager, at=at, contact_id=contact.pk, reason="School rang again.")
    decide(contact, mash_manager, lines(contact, Outcome.NFA, level="1"), at=at)

    assert list(Decision.objects.order_by("number").values_list("number", "outcome")) == [
        (1, Outcome.ADVICE),
        (2, Outcome.NFA),
    ]


def test_restricted_child_is_passed_to_whoever_holds_the_restriction(
    contact_officer, mash_manager, head_of_service
):
    first = receive(contact_officer, "Aaliyah", "Safiya")
    decide(first, mash_manager, lines(first, Outcome.ADVICE, level="1"))
    known, hidden = [row.person_id for row in first.people.order_by("position")]
    people_actions.restrict(
        by=mash_manager,
        at=MORNING + timedelta(hours=2),
        person_id=hidden,
        owner_id=head_of_service.pk,
        reason="A relative works here.",
        reader_ids=[],
    )
    at = MORNING + timedelta(days=1)
    again = receive(contact_officer, at=at, people=[Stated(person_id=known)])

    decision = decide(
        again,
        mash_manager,
        lines(again, Outcome.ADVICE, level="1"),
        at=at + timedelta(hours=1),
    )

    row = decision.children.get(child_id=hidden)
    assert row.is_in is None
    assert row.passed_to == head_of_service


def test_decision_cannot_be_changed_or_removed(contact_officer, mash_manager):
    contact = receive(contact_officer)
    decision = decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"))

    for change in (
        lambda: Decision.objects.filter(pk=decision.pk).update(know="Other"),
        lambda: Decision.objects.filter(pk=decision.pk).delete(),
        lambda: DecisionChild.objects.filter(decision=decision).update(why="Other"),
    ):
        with pytest.raises(Exception, match="Cannot"), transaction.atomic():
            change()

    assert Decision.objects.get().know == REASONS["know"]


def test_an_open_child_without_a_holder_is_refused_by_the_database(contact_officer):
    receive(contact_officer, "Aaliyah")

    def let_go():
        with transaction.atomic():
            Responsibility.objects.update(to_at=MORNING + timedelta(hours=1))
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError):
        let_go()

    assert Responsibility.objects.filter(to_at=None).count() == 1


def test_snapshot_keeps_what_the_decider_saw(contact_officer, mash_manager):
    contact = receive(contact_officer)

    decision = decide(contact, mash_manager, lines(contact, Outcome.ADVICE, level="1"))

    assert decision.snapshot["contact"]["words"] == contact.words
    assert len(decision.snapshot["people"]) == 2
