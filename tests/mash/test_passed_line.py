"""The line of a restricted child: answered once, by whoever holds the restriction."""

import threading
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pgtrigger
import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, connection, transaction
from django.urls import reverse

from accounts.choices import Role
from cases import actions as case_actions
from cases.choices import (
    BoardState,
    ConsentFrom,
    ConsentScope,
    ConsentState,
    HandoverState,
    Outcome,
)
from cases.models import Handover, Involvement, Referral
from lib import application_clock
from mash import actions
from mash.actions.passed import LineEnded
from mash.models import DecisionChild, Enquiry, PassedAnswer, PassedLine, StrategyDiscussion
from mash.queries.passed import waiting_for
from people import actions as people_actions
from people.models import Person
from record.errors import NotWhole, Refused
from record.models import Clock, Draft, Event, OutboxMessage, ReadLogEntry
from tests.factories.accounts import DeputyshipFactory, RoleAssignmentFactory
from tests.mash.pages import form, text_of
from tests.mash.restricted_sibling import decide, family, line_of, passed

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)  # a Thursday
NOW = MORNING + timedelta(hours=4)
SOON = MORNING + timedelta(hours=1)
CLOSED_NAME = "Safiya"


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def line(contact_officer, mash_manager, head_of_service):
    return passed(contact_officer, mash_manager, head_of_service, MORNING)


@pytest.fixture
def owned_by_worker(contact_officer, mash_manager, assessment_team_manager):
    """A line whose restriction an assessment team manager holds."""
    return passed(contact_officer, mash_manager, assessment_team_manager, MORNING)


def given(line, outcome=Outcome.ADVICE, *, level="1", **more):
    return actions.ChildLine(
        child_id=line.child_id, is_in=True, level=level, outcome=outcome, why="For her", **more
    )


def out(line):
    return actions.ChildLine(child_id=line.child_id, is_in=False, why="Lives with her aunt")


def answer(line, by, said=None, *, at=SOON, **more):
    return actions.answer_passed(by=by, at=at, line_id=line.pk, answer=said or given(line), **more)


def limit(line):
    return Clock.objects.get(subject_id=line.pk)


def test_passed_line_is_due_when_the_decision_was_and_its_owner_is_told(line, head_of_service):
    decided = Clock.objects.get(rule="CON-DEC", subject_id=line.contact_id)

    assert limit(line).due_at == decided.due_at
    assert limit(line).stopped_at is None
    notice = OutboxMessage.objects.get(key__startswith=f"decision.passed:{line.pk.hex}")
    assert notice.payload["user_id"] == str(head_of_service.pk)


def test_answer_takes_effect_and_stops_the_clock(line, head_of_service, assessment_team_manager):
    team = assessment_team_manager.managed_teams.get()

    found = answer(
        line,
        head_of_service,
        given(line, Outcome.REFERRAL, level="4a", primary_need="N1", to_team_id=team.pk),
    )

    assert found.statutory_basis == "s17"
    assert found.snapshot["contact"]["reference"] == line.contact.reference
    assert limit(line).stop_reason == "met"
    assert Referral.objects.get(contact=line.contact).child_id == line.child_id
    handover = Handover.objects.get(contact=line.contact)
    assert handover.to_team == team
    assert handover.reason == "For her"
    assert Event.objects.filter(code="mash.restricted_answered", child=line.child_id).exists()
    line.contact.refresh_from_db()
    assert line.contact.outcome == Outcome.ADVICE  # what is open to all says nothing of her


def test_answer_out_needs_only_the_reason(line, head_of_service):
    found = answer(line, head_of_service, out(line))

    assert (found.is_in, found.outcome, found.why) == (False, "", "Lives with her aunt")


def test_answer_calls_a_strategy_discussion(line, head_of_service):
    answer(
        line,
        head_of_service,
        given(line, Outcome.STRATEGY_DISCUSSION, level="4b", primary_need="N1"),
    )

    assert StrategyDiscussion.objects.get().children.get().child_id == line.child_id


def test_answer_mash_enquiry_opens_one_and_puts_the_contact_on_the_board(
    line, head_of_service, mash_manager
):
    said = given(line, Outcome.MASH_ENQUIRY, level="4a")
    with pytest.raises(NotWhole) as refused:
        answer(line, head_of_service, said)
    with transaction.atomic():
        type(line.contact).objects.filter(pk=line.contact_id).update(
            rag="amber", rag_reason="Bruise", rag_by=mash_manager, rag_at=MORNING
        )

    answer(line, head_of_service, said, question="Is she safe at her aunt's?")

    assert [field for field, _words in refused.value.problems] == ["rag", "question"]
    enquiry = Enquiry.objects.get()
    line.contact.refresh_from_db()
    assert line.contact.board_state == BoardState.CHECKS
    assert line.contact.next_due_code == "MASH-A"
    assert Involvement.objects.filter(child=line.child_id, subject_id=enquiry.pk).exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"is_in": None}, "is_in"),
        ({"why": " "}, "why"),
        ({"level": ""}, "level"),
        ({"outcome": ""}, "outcome"),
        ({"outcome": Outcome.REFERRAL, "level": "4a"}, "primary_need"),
        ({"outcome": Outcome.EARLY_HELP, "level": "3"}, "outcome"),
        ({"outcome": Outcome.LINKED}, "outcome"),
        ({"outcome": Outcome.OTHER_AUTHORITY}, "other_authority"),
    ],
)
def test_answer_refuses_what_a_decision_would_refuse(line, head_of_service, said, field):
    whole = {"is_in": True, "level": "1", "outcome": Outcome.ADVICE, "why": "For her"}

    with pytest.raises(NotWhole) as refused:
        answer(line, head_of_service, actions.ChildLine(child_id=line.child_id, **whole | said))

    assert refused.value.problems[0][0] == field
    assert CLOSED_NAME in str(refused.value)
    assert not PassedAnswer.objects.exists()


def test_answer_about_another_child_is_refused(line, head_of_service):
    with pytest.raises(NotWhole):
        answer(line, head_of_service, line_of(line.contact))

    assert not PassedAnswer.objects.exists()


def test_answer_early_help_needs_the_family_to_agree(
    line, head_of_service, contact_officer, early_help_coordinator
):
    team = early_help_coordinator.managed_teams.get()
    case_actions.record_answer(
        by=contact_officer,
        at=SOON,
        contact_id=line.contact_id,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=ConsentScope.SERVICE,
        state=ConsentState.GIVEN,
        how="spoken",
        to_what="Help with mornings",
    )

    answer(line, head_of_service, given(line, Outcome.EARLY_HELP, level="3", to_team_id=team.pk))

    assert Handover.objects.get(contact=line.contact).to_team == team


def test_answer_late_asks_why_and_keeps_it_with_the_clock(line, head_of_service):
    late = MORNING + timedelta(days=3)
    with application_clock.set_to(late):
        with pytest.raises(NotWhole) as refused:
            answer(line, head_of_service, at=late)
        found = answer(line, head_of_service, at=late, late_reason="On leave until today.")

    assert [field for field, _words in refused.value.problems] == ["late_reason"]
    assert found.late_reason == limit(line).late_reason == "On leave until today."


def test_answer_nfa_of_a_repeat_needs_the_cumulative_answer(
    contact_officer, mash_manager, head_of_service
):
    contact, hidden = family(contact_officer, mash_manager, head_of_service, MORNING)
    for number in range(2):
        case_actions.claim_earlier_contact(
            by=contact_officer,
            at=MORNING,
            contact_id=contact.pk,
            claimed_on=None,
            why=f"Rang before, {number}",
        )
    line = decide(contact, mash_manager, MORNING + timedelta(minutes=30)).passed_lines.get()

    with pytest.raises(NotWhole) as refused:
        answer(line, head_of_service, given(line, Outcome.NFA))
    answer(line, head_of_service, given(line, Outcome.NFA), cumulative_answer="The same worry.")

    assert refused.value.problems[0][0] == "cumulative_answer"
    assert line.child == hidden


def test_answer_before_the_line_was_passed_is_refused(line, head_of_service):
    with pytest.raises(Refused, match="before it was asked"):
        answer(line, head_of_service, at=MORNING + timedelta(minutes=10))


def test_answer_by_who_may_read_but_does_not_hold_the_restriction_is_refused(
    owned_by_worker, head_of_service
):
    with pytest.raises(PermissionDenied):
        answer(owned_by_worker, head_of_service)

    assert not PassedAnswer.objects.exists()
    assert limit(owned_by_worker).stopped_at is None


def test_answer_by_who_may_not_read_the_record_finds_no_line(line, mash_manager):
    with pytest.raises(PassedLine.DoesNotExist):
        answer(line, mash_manager)

    assert not PassedAnswer.objects.exists()


def test_deputy_answers_for_the_owner_once_the_record_is_open_to_them(
    owned_by_worker, assessment_team_manager, second_mash_manager
):
    line = owned_by_worker
    DeputyshipFactory(manager=assessment_team_manager, deputy=second_mash_manager)
    with pytest.raises(PassedLine.DoesNotExist):
        answer(line, second_mash_manager)
    people_actions.add_reader(
        by=assessment_team_manager,
        at=SOON,
        person_id=line.child_id,
        user_id=second_mash_manager.pk,
    )

    found = answer(line, second_mash_manager)

    assert found.acting_for == assessment_team_manager
    assert found.role == Role.ASSESSMENT_TEAM_MANAGER


def test_line_follows_the_restriction_to_who_holds_it_now(
    line, head_of_service, mash_manager, assessment_team_manager
):
    people_actions.lift_restriction(
        by=head_of_service, at=SOON, person_id=line.child_id, because="He left."
    )
    people_actions.restrict(
        by=mash_manager,
        at=SOON,
        person_id=line.child_id,
        owner_id=assessment_team_manager.pk,
        reason="A relative works here again.",
    )

    with pytest.raises(PermissionDenied):
        answer(line, head_of_service)
    answer(line, assessment_team_manager)

    assert PassedAnswer.objects.get().by == assessment_team_manager


def test_senior_answers_when_the_owner_has_left(owned_by_worker, head_of_service):
    owner = owned_by_worker.owner
    owner.is_active = False
    owner.save(update_fields=["is_active"])

    assert [one.line for one in waiting_for(by=head_of_service, at=NOW)] == [owned_by_worker]
    answer(owned_by_worker, head_of_service)

    assert PassedAnswer.objects.get().by == head_of_service


def test_second_answer_is_told_who_answered(line, head_of_service):
    answer(line, head_of_service)

    with pytest.raises(LineEnded, match=f"{head_of_service.full_name} answered this"):
        answer(line, head_of_service)

    assert PassedAnswer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_owner_and_deputy_at_once_make_one_answer(
    contact_officer, mash_manager, assessment_team_manager, second_mash_manager
):
    line = passed(contact_officer, mash_manager, assessment_team_manager, MORNING)
    DeputyshipFactory(manager=assessment_team_manager, deputy=second_mash_manager)
    people_actions.add_reader(
        by=assessment_team_manager,
        at=SOON,
        person_id=line.child_id,
        user_id=second_mash_manager.pk,
    )
    start, outcomes = threading.Barrier(2), []

    def act(by):
        with application_clock.set_to(NOW):
            start.wait()
            try:
                answer(line, by)
                outcomes.append("answered")
            except LineEnded as refused:
                outcomes.append(str(refused))
            finally:
                connection.close()

    threads = [
        threading.Thread(target=act, args=(by,))
        for by in (assessment_team_manager, second_mash_manager)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("answered") == 1
    assert any("answered this" in words for words in outcomes)


# What a later decision does to it -------------------------------------------------------------


def waiting(contact):
    return list(
        PassedLine.objects.filter(contact=contact, ended_at=None).values_list(
            "decision__number", flat=True
        )
    )


def running(contact):
    lines = PassedLine.objects.filter(contact=contact)
    return set(
        Clock.objects.filter(
            subject_kind="passed_line", subject_id__in=lines.values("pk"), stopped_at=None
        ).values_list("subject_id", flat=True)
    )


def test_reopening_ends_the_line_and_the_next_decision_passes_it_anew(
    line, mash_manager, head_of_service
):
    actions.reopen(by=mash_manager, at=SOON, contact_id=line.contact_id, reason="School rang.")
    between = waiting(line.contact), running(line.contact)
    again = decide(line.contact, mash_manager, SOON + timedelta(minutes=5))

    assert between == ([], set())
    assert waiting(line.contact) == [2]
    new = again.passed_lines.get()
    assert running(line.contact) == {new.pk}
    assert limit(new).started_at == SOON  # due when the reopened contact was
    with pytest.raises(LineEnded, match="reopened"):
        answer(line, head_of_service)
    answer(new, head_of_service, at=SOON + timedelta(minutes=10))


def test_confirming_an_edt_decision_leaves_the_line_and_its_clock_as_they_are(
    contact_officer, mash_manager, edt_worker, head_of_service
):
    night = datetime(2026, 3, 11, 23, 0, tzinfo=UTC)
    contact, _hidden = family(contact_officer, mash_manager, head_of_service, night)
    line = decide(contact, edt_worker, night + timedelta(minutes=30)).passed_lines.get()
    due_at = limit(line).due_at

    confirmed = actions.confirm(
        by=mash_manager, at=MORNING, contact_id=contact.pk, note="It could not wait."
    )

    assert waiting(contact) == [1]
    assert running(contact) == {line.pk}
    assert limit(line).due_at == due_at
    assert not confirmed.passed_lines.exists()
    answer(line, head_of_service)
    assert running(contact) == set()


def test_changing_an_edt_decision_passes_the_line_anew(
    contact_officer, mash_manager, edt_worker, head_of_service
):
    night = datetime(2026, 3, 11, 23, 0, tzinfo=UTC)
    contact, _hidden = family(contact_officer, mash_manager, head_of_service, night)
    line = decide(contact, edt_worker, night + timedelta(minutes=30)).passed_lines.get()
    due_at = limit(line).due_at

    changed = decide(contact, mash_manager, MORNING)

    new = changed.passed_lines.get()
    assert waiting(contact) == [2]
    assert running(contact) == {new.pk}
    assert limit(new).due_at == due_at
    with pytest.raises(LineEnded, match="decided again"):
        answer(line, head_of_service)


def test_threshold_decision_after_an_enquiry_asks_again_and_keeps_the_child_held(
    contact_officer, mash_manager, head_of_service
):
    contact, hidden = family(contact_officer, mash_manager, head_of_service, MORNING)
    actions.rate(by=mash_manager, at=MORNING, contact_id=contact.pk, rag="amber", reason="Bruise")
    asked = {"children": [line_of(contact, Outcome.MASH_ENQUIRY, level="4a")]}
    first = decide(
        contact, mash_manager, MORNING + timedelta(minutes=30), question="Is it safe?", **asked
    ).passed_lines.get()
    answer(first, head_of_service, given(first, Outcome.MASH_ENQUIRY, level="4a"))

    second = decide(contact, mash_manager, SOON + timedelta(minutes=5)).passed_lines.get()

    assert Enquiry.objects.get().state == Enquiry.State.DECIDED
    assert limit(second).rule == "MASH-A"
    kept = Involvement.objects.get(child=hidden, to_at=None)
    assert kept.subject_id == contact.pk
    answer(second, head_of_service, at=SOON + timedelta(minutes=10))
    assert not Involvement.objects.filter(child=hidden, to_at=None).exists()


def test_deciding_again_leaves_her_offer_until_she_is_answered_again(
    line, head_of_service, mash_manager, assessment_team_manager
):
    team = assessment_team_manager.managed_teams.get()
    answer(
        line,
        head_of_service,
        given(line, Outcome.REFERRAL, level="4a", primary_need="N1", to_team_id=team.pk),
    )
    offer = Handover.objects.get(contact=line.contact)
    actions.reopen(by=mash_manager, at=SOON, contact_id=line.contact_id, reason="School rang.")
    new = decide(line.contact, mash_manager, SOON + timedelta(minutes=5)).passed_lines.get()
    offer.refresh_from_db()
    before = offer.state

    answer(new, head_of_service, out(new), at=SOON + timedelta(minutes=10))

    offer.refresh_from_db()
    assert before == HandoverState.OFFERED
    assert offer.state == HandoverState.WITHDRAWN
    assert not Involvement.objects.filter(child=line.child_id, to_at=None).exists()


def test_void_contact_ends_the_line_and_its_clock(line, mash_manager):
    case_actions.void(
        by=mash_manager, at=SOON, contact_id=line.contact_id, reason="Another authority's"
    )

    line.refresh_from_db()
    assert line.ended_because == PassedLine.Ended.VOID
    assert limit(line).stop_reason == "not_needed"


def test_decider_cannot_answer_for_the_restricted_child(
    contact_officer, mash_manager, head_of_service
):
    contact, hidden = family(contact_officer, mash_manager, head_of_service, MORNING)
    forged = actions.ChildLine(
        child_id=hidden.pk, is_in=True, level="1", outcome=Outcome.ADVICE, why="Same"
    )

    with pytest.raises(NotWhole, match="Whoever holds the restriction"):
        decide(contact, mash_manager, SOON, children=[line_of(contact), forged])


# What the database refuses --------------------------------------------------------------------


def test_database_refuses_an_answer_that_is_not_whole(line, head_of_service):
    whole = {
        "line": line,
        "is_in": True,
        "level": "1",
        "outcome": Outcome.ADVICE,
        "why": "For her",
        "by": head_of_service,
        "role": Role.HEAD_OF_SERVICE,
        "at": SOON,
        "recorded_at": NOW,
        "snapshot": {},
    }
    for change in ({"why": ""}, {"level": ""}, {"outcome": ""}, {"role": ""}, {"is_in": False}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PassedAnswer.objects.create(**whole | change)

    PassedAnswer.objects.create(**whole)
    with pytest.raises(IntegrityError), transaction.atomic():
        PassedAnswer.objects.create(**whole)


def test_database_refuses_two_waiting_lines_and_changes_to_an_ended_one(line, head_of_service):
    same = {
        "contact": line.contact,
        "child": line.child,
        "owner": head_of_service,
        "passed_at": SOON,
        "recorded_at": NOW,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        PassedLine.objects.create(decision=line.decision, **same)
    with pytest.raises(IntegrityError), transaction.atomic():
        PassedLine.objects.filter(pk=line.pk).update(ended_at=SOON)
    with pytest.raises(InternalError, match="Cannot"), transaction.atomic():
        PassedLine.objects.filter(pk=line.pk).delete()
    answer(line, head_of_service)
    for change in (
        lambda: PassedLine.objects.filter(pk=line.pk).update(ended_because="void"),
        lambda: PassedAnswer.objects.filter(pk=line.pk).update(why="Other"),
    ):
        with pytest.raises(InternalError, match="Cannot"), transaction.atomic():
            change()


def test_lines_passed_before_they_had_a_row_get_one_and_a_limit_that_ends(
    line, head_of_service, mash_manager
):
    old = DecisionChild.objects.get(passed_to=head_of_service)
    with pgtrigger.ignore("mash.PassedLine:never_deleted", "record.Clock:never_moved"):
        Clock.objects.filter(subject_id=line.pk).update(
            subject_kind="decision", subject_id=old.decision_id
        )
        PassedLine.objects.filter(pk=line.pk).delete()
    migration = import_module("mash.migrations.0006_lines_passed_before")

    for _twice in range(2):
        migration.pass_on(apps, None)

    made = PassedLine.objects.get()
    assert (made.child_id, made.owner) == (old.child_id, head_of_service)
    assert limit(made).stopped_at is None
    assert Clock.objects.get(subject_id=old.decision_id).stop_reason == "not_needed"
    answer(made, head_of_service)


# The pages ------------------------------------------------------------------------------------


def typed(line, **changes):
    prefix = f"child-{line.child_id}"
    return form(
        **{
            f"{prefix}-is_in": "in",
            f"{prefix}-level": "1",
            f"{prefix}-outcome": Outcome.ADVICE,
            f"{prefix}-why": "For her",
        }
        | changes
    )


def address(line):
    return reverse("mash:passed", args=[line.pk])


def test_page_asks_the_owner_and_records_the_answer(client, line, head_of_service):
    client.force_login(head_of_service)

    asked = text_of(client.get(address(line)))
    answered = client.post(address(line), typed(line), follow=True)

    assert f"Answer for {CLOSED_NAME} Testwood" in asked
    assert "Due tomorrow 16:45" in asked
    assert "Came in quiet" in asked
    assert f"Answered for {CLOSED_NAME} Testwood" in text_of(answered)
    assert PassedAnswer.objects.get().why == "For her"
    assert ReadLogEntry.objects.filter(place="mash:passed", child=line.child_id).exists()


def test_page_names_what_is_missing_and_keeps_what_was_typed(client, line, head_of_service):
    client.force_login(head_of_service)

    page = client.post(
        address(line), typed(line, **{f"child-{line.child_id}-outcome": Outcome.REFERRAL})
    )

    assert f"Choose the primary need of {CLOSED_NAME} Testwood" in text_of(page)
    assert "For her" in page.content.decode()
    assert not PassedAnswer.objects.exists()


def test_page_sent_twice_answers_once(client, line, head_of_service):
    client.force_login(head_of_service)
    sent = typed(line)

    answers = [client.post(address(line), sent) for _twice in range(2)]

    assert [one.status_code for one in answers] == [302, 302]
    assert PassedAnswer.objects.count() == 1


def test_page_keeps_the_words_of_who_came_second(
    client, owned_by_worker, assessment_team_manager, second_mash_manager
):
    line = owned_by_worker
    DeputyshipFactory(manager=assessment_team_manager, deputy=second_mash_manager)
    people_actions.add_reader(
        by=assessment_team_manager,
        at=SOON,
        person_id=line.child_id,
        user_id=second_mash_manager.pk,
    )
    answer(line, assessment_team_manager)
    client.force_login(second_mash_manager)

    page = client.post(address(line), typed(line, **{f"child-{line.child_id}-why": "My words"}))

    assert page.status_code == 409
    assert f"{assessment_team_manager.full_name} answered this" in text_of(page)
    assert "My words" in page.content.decode()
    kept = Draft.objects.get(owner=second_mash_manager, form="passed-line")
    assert kept.data[f"child-{line.child_id}-why"] == "My words"


def test_draft_comes_back(client, line, head_of_service):
    client.force_login(head_of_service)
    client.post(
        reverse("record:draft_save", args=["passed-line", line.pk]),
        typed(line, draft_version="0", **{f"child-{line.child_id}-why": "Half a thought"}),
    )

    page = client.get(address(line))

    assert "Half a thought" in page.content.decode()
    assert "There is a problem" not in text_of(page)


def test_page_is_nothing_for_who_may_not_read_and_refused_to_who_does_not_answer(
    client, owned_by_worker, mash_manager, contact_officer, head_of_service
):
    for who, status in (
        (mash_manager, 404),
        (contact_officer, 404),
        (head_of_service, 403),
    ):
        client.force_login(who)
        assert client.get(address(owned_by_worker)).status_code == status
        assert client.post(address(owned_by_worker), {}).status_code == status


def test_deputy_who_may_not_read_yet_is_led_to_whom_to_ring(
    client, owned_by_worker, assessment_team_manager, second_mash_manager
):
    DeputyshipFactory(manager=assessment_team_manager, deputy=second_mash_manager)
    client.force_login(second_mash_manager)

    home = text_of(client.get(reverse("cases:home")))
    page = client.get(address(owned_by_worker), follow=True)

    assert "Restricted child" in home
    assert CLOSED_NAME not in home
    assert page.status_code == 403
    assert assessment_team_manager.full_name in text_of(page)
    assert CLOSED_NAME not in page.content.decode()


def test_home_lists_the_line_until_it_is_answered(client, line, head_of_service):
    client.force_login(head_of_service)

    before = client.get(reverse("cases:home"))
    answer(line, head_of_service)
    after = client.get(reverse("cases:home"))

    assert address(line) in before.content.decode()
    assert "Answer for this child" in text_of(before)
    assert address(line) not in after.content.decode()


def test_decision_says_who_answered_and_to_others_nothing_more(
    client, line, mash_manager, head_of_service
):
    answer(line, head_of_service, given(line, level="2"))
    shown = reverse("mash:decision", args=[line.decision_id])

    client.force_login(mash_manager)
    decider = text_of(client.get(shown))
    client.force_login(head_of_service)
    owner = text_of(client.get(shown))

    assert f"Answered by {head_of_service.full_name}" in decider
    assert CLOSED_NAME not in decider
    assert "For her" not in decider
    assert "For her" in owner
    assert f"{CLOSED_NAME} Testwood" in owner


def test_child_page_shows_the_answer_to_who_may_read_it(client, line, head_of_service):
    answer(line, head_of_service)
    client.force_login(head_of_service)

    page = text_of(client.get(reverse("cases:child", args=[line.child_id])))

    assert f"answered by {head_of_service.full_name}" in page


def test_answered_page_shows_the_answer_and_what_was_seen(client, line, head_of_service):
    answer(line, head_of_service)
    client.force_login(head_of_service)

    page = text_of(client.get(address(line)))

    assert "For her" in page
    assert "Came in quiet" in page


def test_line_about_a_contact_closed_to_the_owner_shows_nothing_of_it(
    client, owned_by_worker, mash_manager, assessment_team_manager, head_of_service
):
    line = owned_by_worker
    sister = line.contact.people.get().person
    people_actions.restrict(
        by=mash_manager,
        at=SOON,
        person_id=sister.pk,
        owner_id=head_of_service.pk,
        reason="Another relative works here.",
    )
    client.force_login(assessment_team_manager)

    page = client.get(address(line))
    answered = answer(line, assessment_team_manager)

    assert "Came in quiet" not in page.content.decode()
    assert sister.given_name not in text_of(page)
    assert "words" not in answered.snapshot["contact"]


def test_home_query_count_does_not_grow_with_lines(
    client,
    contact_officer,
    mash_manager,
    assessment_team_manager,
    django_assert_max_num_queries,
):
    client.force_login(assessment_team_manager)
    first = passed(contact_officer, mash_manager, assessment_team_manager, MORNING)
    client.get(reverse("cases:home"))
    with django_assert_max_num_queries(60) as few:
        client.get(reverse("cases:home"))
    passed(contact_officer, mash_manager, assessment_team_manager, MORNING)

    with django_assert_max_num_queries(len(few.captured_queries)):
        page = client.get(reverse("cases:home"))

    assert page.content.decode().count("Answer for this child") == 2
    assert Person.objects.filter(pk=first.child_id).exists()


def test_role_without_the_right_answers_nothing(owned_by_worker, assessment_team_manager):
    RoleAssignmentFactory(user=assessment_team_manager, role=Role.EARLY_HELP_WORKER)
    assessment_team_manager.role_assignments.filter(role=Role.ASSESSMENT_TEAM_MANAGER).update(
        to_at=MORNING
    )

    with pytest.raises(PermissionDenied):
        answer(owned_by_worker, assessment_team_manager)
