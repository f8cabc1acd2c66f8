"""The section 47 enquiry: from the discussion's date to an outcome and whether to confer."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from accounts.choices import Role, TeamKind
from accounts.models import User
from assessments.actions import section_47 as actions
from assessments.consequences import safety_plans_changed
from assessments.models import Section47Enquiry, Section47Step
from assessments.queries.section_47 import section_47_work
from cases import holds, protection
from cases.choices import ProtectionKind
from cases.models import Protection
from lib import application_clock
from lib.working_days import london_date
from mash import actions as mash_actions
from mash.models import StrategyDiscussion
from people import actions as people_actions
from people.models import Person
from record import clocks, events
from record.errors import Clash, Refused
from record.models import Clock, Event, OutboxMessage
from tests.assessments.enquiries import (
    DECIDED,
    HELD,
    REASONS,
    Begun,
    begun,
    conclude,
    see,
    submitted,
    take_up,
    write,
)
from tests.assessments.plans import TYPED
from tests.cases.front_door import hours
from tests.mash.discussions import Called, called, concluded, held, invited, met, not_met
from tests.personas import member, person

pytestmark = pytest.mark.django_db
State = Section47Enquiry.State


@pytest.fixture
def case(enquiries_once, typed_later):
    """Aaliyah’s and Zayn’s enquiries, with a worker of the assessment team."""
    return deepcopy(enquiries_once)


def clock(enquiry, rule, **more):
    return Clock.objects.filter(subject_id=enquiry.pk, rule=rule, **more).latest("started_at")


def told(code):
    return OutboxMessage.objects.filter(payload__code=code)


# Opening


def test_enquiry_opens_for_each_child_from_the_time_of_the_discussion(case):
    enquiry = case.aaliyah

    assert enquiry.state == State.INITIATED
    assert enquiry.began_at == HELD
    assert enquiry.began_on == london_date(HELD)
    assert enquiry.is_joint
    assert not case.zayn.is_joint
    assert enquiry.conference == ""
    assert protection.protected(child_ids=[enquiry.child_id]) == {
        enquiry.child_id: {ProtectionKind.SECTION_47}
    }
    assert told("section_47.started").count() == 0  # the chair holds the children and was there
    (line,) = [
        line
        for line in events.timeline(by=case.manager, child_id=enquiry.child_id)
        if line.code == "section_47.started"
    ]
    assert line.at == HELD


@pytest.mark.parametrize(
    ("rule", "held_at", "due_at"),
    [
        # 24 hours are 24 hours in the nights in which the clock is changed.
        ("S47-SEEN", (2026, 3, 28, 14, 0), (2026, 3, 29, 14, 0)),
        ("S47-SEEN", (2026, 10, 24, 22, 30), (2026, 10, 25, 22, 30)),
        # Closing is 17:00 in London: 16:00 UTC from 29 March, 17:00 UTC in winter.
        ("S47-ICPC", (2026, 3, 12, 10, 0), (2026, 4, 2, 16, 0)),
        ("S47-ICPC", (2026, 3, 13, 10, 0), (2026, 4, 7, 16, 0)),
        ("S47-ICPC", (2026, 3, 28, 2, 40), (2026, 4, 21, 16, 0)),
        ("S47-ICPC", (2026, 12, 23, 23, 50), (2027, 1, 18, 17, 0)),
    ],
)
def test_limits_of_an_enquiry_hold_over_clock_changes_and_bank_holidays(
    assessment_team_manager, rule, held_at, due_at
):
    clock = clocks.start(
        rule,
        subject_kind="section_47",
        subject_id=uuid4(),
        started_at=datetime(*held_at, tzinfo=UTC),
        by=assessment_team_manager,
    )

    assert clock.due_at == datetime(*due_at, tzinfo=UTC)


def test_conference_is_due_15_working_days_from_the_discussion_over_easter_if_need_be(case):
    due = {each.rule: each for each in clocks.running(subject_ids=[case.aaliyah.pk])}

    assert due["S47-ICPC"].started_at == HELD
    assert due["S47-ICPC"].due_at == datetime(2026, 4, 2, 16, 0, tzinfo=UTC)
    assert due["S47-OUT"].due_at == datetime(2026, 3, 26, 17, 0, tzinfo=UTC)
    assert due["SD-REV"].due_at == datetime(2026, 3, 26, 17, 0, tzinfo=UTC)
    assert due["S47-SEEN"].due_at == DECIDED + timedelta(hours=24)
    assert case.aaliyah.next_due_code == "S47-SEEN"


def test_child_below_the_threshold_has_no_enquiry(
    typed_later, contact_officer, mash_manager, mash_social_worker, assessment_team_manager
):
    case = called(contact_officer, mash_manager)
    held(case, mash_manager, mash_social_worker)
    concluded(case, mash_manager, to_team_id=assessment_team_manager.managed_teams.get().pk)

    both = Section47Enquiry.objects.filter(child__in=[case.aaliyah, case.zayn])
    assert [row.child_id for row in both] == [case.aaliyah.pk]


def _further(case, mash_social_worker, *lines, at):
    """A further discussion of the same family, held and concluded at `at`."""
    discussion = mash_actions.call_further(
        by=case.mash_manager,
        at=at - timedelta(hours=2),
        discussion_id=case.case.pk,
        child_ids=[case.case.aaliyah.pk, case.case.zayn.pk],
        reason="New injury",
        is_same_day=True,
        chair_id=case.mash_manager.pk,
    )
    parts = invited(discussion, case.mash_manager, at=at - timedelta(hours=1.5))
    again = Called(discussion, case.case.contact, case.case.aaliyah, case.case.zayn, *parts)
    held(again, case.mash_manager, mash_social_worker, at=at)
    concluded(again, case.mash_manager, *lines, at=at)
    return StrategyDiscussion.objects.get(pk=discussion.pk)


def test_further_discussion_keeps_the_enquiry_and_its_conference_limit(case, mash_social_worker):
    before = clock(case.aaliyah, "S47-ICPC")
    at = hours(24 * 5)

    _further(case, mash_social_worker, met(case.case.aaliyah), met(case.case.zayn), at=at)

    assert Section47Enquiry.objects.filter(child=case.case.aaliyah).count() == 1
    after = clock(case.aaliyah, "S47-ICPC")
    assert (after.pk, after.started_at, after.due_at) == (before.pk, HELD, before.due_at)
    assert clock(case.aaliyah, "SD-REV", stopped_at=None).started_at == at
    assert case.aaliyah.discussion_id == case.case.pk


def test_enquiry_that_a_later_discussion_initiates_counts_from_that_one(
    typed_later,
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
):
    first = called(contact_officer, mash_manager)
    held(first, mash_manager, mash_social_worker)
    concluded(
        first,
        mash_manager,
        met(first.aaliyah),
        not_met(first.zayn),
        to_team_id=assessment_team_manager.managed_teams.get().pk,
    )
    take_up(first, assessment_team_manager, assessment_social_worker)
    case = Begun(first, assessment_social_worker, assessment_team_manager, mash_manager)
    at = hours(24 * 4)

    second = _further(case, mash_social_worker, met(first.aaliyah), met(first.zayn), at=at)

    assert case.zayn.began_at == at
    assert case.zayn.discussion_id == second.pk
    assert clock(case.zayn, "S47-ICPC").started_at == at
    assert clock(case.aaliyah, "S47-ICPC").started_at == HELD


def test_lead_is_the_allocated_social_worker_once_there_is_one(
    typed_later,
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
):
    case = begun(
        contact_officer,
        mash_manager,
        mash_social_worker,
        assessment_team_manager,
        assessment_social_worker,
        is_allocated=False,
    )
    assert case.aaliyah.lead is None
    take_up(case.case, assessment_team_manager, assessment_social_worker)

    write(case.aaliyah, assessment_social_worker)

    assert case.aaliyah.lead == assessment_social_worker


def verbs_of(user, *, at):
    return {each.verb for each in section_47_work(by=user, at=at)}


def test_lead_is_named_by_the_manager_and_is_a_qualified_social_worker(case):
    officer = person("Ola Standin", Role.CONTACT_OFFICER)
    other = member("Kim Example", Role.PRACTICE_SUPERVISOR, TeamKind.ASSESSMENT)
    given = {"at": hours(7), "enquiry_id": case.aaliyah.pk}

    with pytest.raises(Refused, match="Ola Standin is not a qualified social worker"):
        actions.name_lead(by=case.manager, lead_id=officer.pk, **given)
    with pytest.raises(PermissionDenied):
        actions.name_lead(by=case.worker, lead_id=other.pk, **given)
    for _twice in range(2):
        actions.name_lead(by=case.manager, lead_id=other.pk, **given)

    assert case.aaliyah.lead == other
    assert told("section_47.started").filter(payload__user_id=str(other.pk)).exists()
    assert Event.objects.filter(code="section_47.lead").count() == 1
    assert "See the child" in verbs_of(case.worker, at=hours(27))  # works with the child
    User.objects.filter(pk=other.pk).update(is_active=False)
    assert actions.leader_of(case.aaliyah, at=hours(28)) == case.worker
    case.aaliyah.child.allocations.update(to_at=hours(28))
    assert actions.leader_of(case.aaliyah, at=hours(28)) is None
    assert "Name who leads" in verbs_of(case.manager, at=hours(28))


# Seen


def test_child_seen_by_a_social_worker_meets_the_24_hours_and_a_sibling_unseen_does_not(case):
    see(case.worker, case.case.aaliyah, at=hours(8))

    assert case.aaliyah.state == State.IN_PROGRESS
    assert clock(case.aaliyah, "S47-SEEN").stopped_at == hours(8)
    assert case.zayn.state == State.INITIATED
    assert clock(case.zayn, "S47-SEEN").stopped_at is None


def test_failed_visit_begins_the_work_and_the_24_hours_run_on(case):
    see(case.worker, case.case.aaliyah, at=hours(8), was_seen=False)

    assert case.aaliyah.state == State.IN_PROGRESS
    assert clock(case.aaliyah, "S47-SEEN").stopped_at is None


def test_visit_before_the_discussion_does_not_count(case):
    see(case.worker, case.case.aaliyah, at=hours(2))

    assert case.aaliyah.state == State.INITIATED
    assert clock(case.aaliyah, "S47-SEEN").stopped_at is None


# Writing


def test_enquiry_is_not_put_to_the_manager_while_anything_is_missing(case):
    with pytest.raises(actions.NotReady) as refused:
        actions.submit(by=case.worker, at=hours(8), enquiry_id=case.aaliyah.pk)

    sentences = [sentence for sentence, _url in refused.value.links]
    assert sentences == [
        "Record whether Aaliyah Testwood was seen, seen alone, where and when; or why not and the"
        " next attempt",
        "Say what was found for Aaliyah Testwood",
        "Say what Aaliyah Testwood says and shows",
        "Say what a medical of Aaliyah Testwood showed, or why none was needed",
        "Say what it means for Aaliyah Testwood",
        "Say what each of Aaliyah Testwood’s parents says",
        "Say what police, health and others know of Aaliyah Testwood",
        "Say what would keep Aaliyah Testwood safe tonight",
    ]
    assert case.aaliyah.state == State.INITIATED


def test_whole_enquiry_goes_to_the_manager_who_is_told(case):
    submitted(case.aaliyah, case.worker)

    assert case.aaliyah.state == State.AWAITING_OUTCOME
    assert told("section_47.submitted").get().payload["user_id"] == str(case.manager.pk)
    with pytest.raises(Refused, match="Aaliyah Testwood’s enquiry is with the manager"):
        write(case.aaliyah, case.worker, at=hours(25.5))


def test_family_words_are_recorded_for_a_sibling_once_and_never_over_what_stands(case):
    given = {
        "by": case.worker,
        "at": hours(8),
        "parents_view": "Mother says she slipped.",
        "agencies_said": "Police: two call-outs.",
        "home": "One bedroom.",
    }
    actions.write_family(enquiry_id=case.aaliyah.pk, version=1, also=[case.zayn.pk], **given)

    assert case.zayn.agencies_said == "Police: two call-outs."
    with pytest.raises(Refused, match="Zayn Testwood’s enquiry says something of this already"):
        actions.write_family(enquiry_id=case.aaliyah.pk, version=2, also=[case.zayn.pk], **given)
    assert case.zayn.family_version == 2


def test_two_who_write_one_part_do_not_overwrite_each_other(case):
    given = {
        "by": case.worker,
        "at": hours(8),
        "enquiry_id": case.aaliyah.pk,
        "child_view": "V",
        "medical": "M",
        "analysis": "A",
        "version": 1,
    }
    actions.write_child(found="Mine", **given)

    with pytest.raises(Clash, match="Aaliyah Testwood’s enquiry since you opened it"):
        actions.write_child(found="Yours", **given)
    assert case.aaliyah.found == "Mine"


def test_safety_plan_says_what_who_and_when_and_what_works_tonight(case):
    step = actions.SafetyStep(what="Locks the door", who="Nan", when="19:00")
    given = {"by": case.worker, "at": hours(8), "enquiry_id": case.aaliyah.pk, "version": 1}

    with pytest.raises(Refused, match="Say what keeps Aaliyah Testwood safe: what, who and when"):
        actions.write_safety(steps=[], tonight="Nan stays", **given)
    with pytest.raises(Refused, match="Say what would keep Aaliyah Testwood safe tonight"):
        actions.write_safety(steps=[step], tonight=" ", **given)
    actions.write_safety(steps=[step], tonight="Nan stays", **given)
    kept = Section47Step.objects.get()
    changed = actions.SafetyStep(id=kept.pk, what="Locks the door", who="Nan", when="18:00")
    actions.write_safety(steps=[changed], tonight="Nan stays", **given | {"version": 2})
    other = actions.SafetyStep(what="Rings us", who="Nan", when="At once")
    actions.write_safety(steps=[other], tonight="Nan stays", **given | {"version": 3})

    kept.refresh_from_db()
    assert (kept.when, kept.taken_out_at) == ("18:00", hours(8))
    assert case.aaliyah.steps.get(taken_out_at=None).what == "Rings us"


def test_safety_plan_written_anew_bears_witness_to_what_a_change_led_to(case):
    write(case.aaliyah, case.worker, at=hours(8))
    ids = [case.aaliyah.child_id, case.zayn.child_id]

    later = TYPED + timedelta(minutes=1)
    assert [
        (each.child_id, each.at) for each in safety_plans_changed(child_ids=ids, since=hours(7))
    ] == [(case.aaliyah.child_id, TYPED)]
    assert list(safety_plans_changed(child_ids=ids, since=later)) == []
    step = actions.SafetyStep(what="Rings us", who="Nan", when="At once")
    with application_clock.set_to(later):
        actions.write_safety(
            by=case.worker,
            at=hours(10),
            enquiry_id=case.aaliyah.pk,
            steps=[step],
            tonight="Nan is up",
            version=2,
        )
    assert [each.at for each in safety_plans_changed(child_ids=ids, since=later)] == [later]


def test_unborn_child_cannot_be_seen_until_birth_and_the_enquiry_goes_on(
    typed_later,
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
):
    first = called(contact_officer, mash_manager)
    Person.objects.filter(pk=first.zayn.pk).update(
        stage="unborn", date_of_birth=None, sex="U", expected_on=date(2026, 6, 1)
    )
    held(first, mash_manager, mash_social_worker)
    concluded(
        first,
        mash_manager,
        not_met(first.aaliyah),
        met(first.zayn),
        to_team_id=assessment_team_manager.managed_teams.get().pk,
    )
    take_up(first, assessment_team_manager, assessment_social_worker)
    case = Begun(first, assessment_social_worker, assessment_team_manager, mash_manager)
    assert "S47-SEEN" not in {each.rule for each in clocks.running(subject_ids=[case.zayn.pk])}
    with transaction.atomic():
        people_actions.record_birth(
            by=case.worker, at=hours(24), person_id=case.zayn.child_id, born_on=date(2026, 3, 13)
        )
        assert clock(case.zayn, "S47-SEEN").due_at == hours(48)
        assert case.zayn.next_due_code == "S47-SEEN"
        transaction.set_rollback(True)
    write(case.zayn, case.worker)

    actions.submit(by=case.worker, at=hours(25), enquiry_id=case.zayn.pk)
    conclude(case.zayn, case.manager)

    assert case.zayn.state == State.CONFERENCE_REQUESTED


def test_writing_is_for_social_workers_of_the_child(case, mash_social_worker):
    stranger = member("Ola Standin", Role.SFS_SOCIAL_WORKER, TeamKind.SAFEGUARDING_FAMILY_SUPPORT)

    with pytest.raises(Refused, match="These children are with"):
        write(case.aaliyah, stranger)
    for by in (mash_social_worker, case.manager):
        with pytest.raises(PermissionDenied):
            write(case.aaliyah, by)
    assert case.aaliyah.found == ""


# Deciding


def test_manager_concludes_and_requires_a_conference(case):
    submitted(case.aaliyah, case.worker)

    conclude(case.aaliyah, case.manager)

    enquiry = case.aaliyah
    assert enquiry.state == State.CONFERENCE_REQUESTED
    assert (enquiry.outcome, enquiry.next_step, enquiry.conference) == (
        "continuing_risk",
        "conference",
        "required",
    )
    assert enquiry.oversight.decision == "A conference."
    assert enquiry.is_open
    assert clock(enquiry, "S47-OUT").stopped_at == hours(26)
    assert clock(enquiry, "SD-REV").stop_reason == "not_needed"
    assert clock(enquiry, "S47-ICPC").stopped_at is None
    assert enquiry.next_due_code == "S47-ICPC"
    (line,) = [
        line
        for line in events.timeline(by=case.manager, child_id=enquiry.child_id)
        if line.code == "section_47.concluded"
    ]
    assert line.words == (
        "Section 47 enquiry concluded: substantiated, continuing risk of significant harm;"
        " initial conference required"
    )


def test_enquiry_without_a_conference_is_over_and_none_begins_before_its_end(
    case, mash_social_worker, head_of_service
):
    submitted(case.aaliyah, case.worker)

    conclude(
        case.aaliyah,
        case.manager,
        outcome="no_continuing_risk",
        next_step="assessment",
        conference="not_required",
        conference_why="He has left and the order keeps him away.",
        pressed_by_id=case.case.police.agency_id,
    )

    enquiry = case.aaliyah
    assert [row.payload["user_id"] for row in told("section_47.pressed")] == [
        str(head_of_service.pk)
    ]
    pressed = Event.objects.get(code="section_47.pressed")
    assert pressed.data == {"agency_id": str(case.case.police.agency_id)}
    assert (enquiry.state, enquiry.ended_at) == (State.CONCLUDED, hours(26))
    assert clock(enquiry, "S47-ICPC").stop_reason == "not_needed"
    assert enquiry.next_due_at is None
    assert protection.protected(child_ids=[enquiry.child_id]) == {}
    assert Protection.objects.get(child=enquiry.child_id).to_at == hours(26)
    lines = (met(case.case.aaliyah), met(case.case.zayn))
    with pytest.raises(Refused, match="Aaliyah Testwood’s last enquiry ended on Fri 13 March 2026"):
        _further(case, mash_social_worker, *lines, at=hours(25.5))


def test_conference_can_stay_undecided_and_be_decided_apart(case):
    submitted(case.aaliyah, case.worker)
    conclude(case.aaliyah, case.manager, next_step="assessment", conference="", conference_why="")
    enquiry = case.aaliyah
    assert (enquiry.state, enquiry.conference, enquiry.is_open) == (State.CONCLUDED, "", True)
    assert clock(enquiry, "S47-ICPC").stopped_at is None
    given = {"by": case.manager, "enquiry_id": enquiry.pk}

    with pytest.raises(Refused, match="Say why Aaliyah Testwood needs a conference"):
        actions.decide_conference(at=hours(30), conference="required", why=" ", **given)
    with pytest.raises(Refused, match="Choose whether Aaliyah Testwood needs a conference"):
        actions.decide_conference(at=hours(30), conference="", why="W", **given)
    actions.decide_conference(at=hours(30), conference="required", why="Risk goes on", **given)
    assert case.aaliyah.state == State.CONFERENCE_REQUESTED
    with pytest.raises(Refused, match="A conference is required for Aaliyah Testwood already"):
        actions.decide_conference(at=hours(31), conference="required", why="W", **given)
    actions.decide_conference(at=hours(31), conference="not_required", why="He died", **given)

    assert (case.aaliyah.state, case.aaliyah.ended_at) == (State.CONCLUDED, hours(31))
    with pytest.raises(Refused, match="Aaliyah Testwood’s enquiry is over"):
        actions.decide_conference(at=hours(32), conference="required", why="W", **given)


NOT_SAID_OF_AN_OUTCOME = [
    ({"outcome": "maybe"}, "Choose what the enquiry found for Aaliyah Testwood"),
    ({"next_step": ""}, "Choose what comes next for Aaliyah Testwood"),
    ({"conference": "not_required"}, "What comes next for Aaliyah Testwood is a conference"),
    ({"next_step": "nfa"}, "cannot have both no further action and a conference"),
    ({"conference_why": " "}, "Say why Aaliyah Testwood needs a conference, or does not"),
    ({"who_informed": ""}, "Say who was told the outcome for Aaliyah Testwood"),
    ({"at": hours(24 * 15)}, "Say why the outcome for Aaliyah Testwood is late"),
    ({"at": hours(24.5)}, "before the enquiry was put to you"),
]


def test_outcome_is_refused_while_something_is_not_said(case):
    submitted(case.aaliyah, case.worker)

    for change, sentence in NOT_SAID_OF_AN_OUTCOME:
        with pytest.raises(Refused, match=sentence):
            conclude(case.aaliyah, case.manager, **change)
    assert case.aaliyah.state == State.AWAITING_OUTCOME


def test_enquiry_that_ends_without_seeing_the_child_says_why(case):
    see(case.worker, case.case.aaliyah, at=hours(8), was_seen=False)
    write(case.aaliyah, case.worker)
    actions.submit(by=case.worker, at=hours(25), enquiry_id=case.aaliyah.pk)

    with pytest.raises(Refused, match="Aaliyah Testwood has not been seen since the discussion"):
        conclude(case.aaliyah, case.manager)
    conclude(case.aaliyah, case.manager, not_seen_because="Taken abroad on 12 March.")

    assert case.aaliyah.not_seen_because == "Taken abroad on 12 March."


def test_nobody_concludes_what_they_wrote_and_only_the_manager_of_the_child_does(case, sfs_manager):
    submitted(case.aaliyah, case.worker)

    with pytest.raises(PermissionDenied):
        conclude(case.aaliyah, case.worker)
    with pytest.raises(Refused, match="answers for Aaliyah Testwood"):
        conclude(case.aaliyah, sfs_manager)
    Section47Enquiry.objects.filter(pk=case.aaliyah.pk).update(lead=case.manager)
    with pytest.raises(Refused, match="You wrote Aaliyah Testwood’s enquiry"):
        conclude(case.aaliyah, case.manager)
    assert case.aaliyah.concluded_at is None


def test_sent_back_enquiry_goes_to_its_writer_and_its_limits_run_on(case):
    submitted(case.aaliyah, case.worker)
    given = {"by": case.manager, "at": hours(26), "enquiry_id": case.aaliyah.pk}

    with pytest.raises(Refused, match="Say what is missing in Aaliyah Testwood’s enquiry"):
        actions.send_back(because=" ", **given)
    actions.send_back(because="What did the father say?", **given)

    assert case.aaliyah.state == State.IN_PROGRESS
    assert case.aaliyah.returned_because == "What did the father say?"
    assert clock(case.aaliyah, "S47-OUT").stopped_at is None
    assert told("section_47.returned").get().payload["user_id"] == str(case.worker.pk)
    with pytest.raises(Refused, match="is not before you"):
        conclude(case.aaliyah, case.manager)


def test_enquiry_opened_in_error_stays_on_the_record_and_nothing_runs(case):
    given = {"by": case.manager, "at": hours(8), "enquiry_id": case.aaliyah.pk}

    with pytest.raises(Refused, match="Say why Aaliyah Testwood’s enquiry was opened in error"):
        actions.cancel_in_error(because="", **given)
    actions.cancel_in_error(because="The wrong sister was ticked.", **given)

    assert case.aaliyah.state == State.CANCELLED
    assert clocks.running(subject_ids=[case.aaliyah.pk]) == []
    assert protection.protected(child_ids=[case.aaliyah.child_id]) == {}
    with pytest.raises(Refused, match="is over: opened in error"):
        actions.cancel_in_error(because="Again", **given)


# Closing


def test_open_enquiry_stands_in_the_way_of_closing_and_any_of_it_of_rc8(case):
    ids = [case.aaliyah.child_id]

    def sentences(purpose):
        return [
            each.sentence
            for each in holds.obstacles(child_ids=ids, purpose=purpose, at=hours(40))
            if "section 47" in each.sentence or "conference" in each.sentence
        ]

    close, as_assessed = holds.Purpose.CLOSE, holds.Purpose.CLOSE_AS_ASSESSED
    assert sentences(close) == ["Aaliyah Testwood’s section 47 enquiry is not concluded"]
    submitted(case.aaliyah, case.worker)
    conclude(case.aaliyah, case.manager, next_step="legal", conference="", conference_why="")
    assert sentences(close) == ["Whether Aaliyah Testwood needs a conference is not decided"]
    decide = {"by": case.manager, "enquiry_id": case.aaliyah.pk, "why": "W"}
    actions.decide_conference(at=hours(27), conference="required", **decide)
    assert sentences(close) == ["Aaliyah Testwood’s initial conference has not been held"]
    actions.decide_conference(at=hours(28), conference="not_required", **decide)
    assert sentences(close) == []
    assert sentences(as_assessed) == ["Aaliyah Testwood had a section 47 enquiry in this episode"]


# What the database keeps


NOT_WHOLE = [
    ({"state": "awaiting_outcome_decision"}, "assessments_s47_with_manager"),
    ({"state": "concluded"}, "assessments_s47_concluded_whole"),
    ({"conference_at": HELD}, "assessments_s47_conference_whole"),
    ({"submitted_at": HELD}, "assessments_s47_submitted_whole"),
    ({"state": "cancelled_in_error"}, "assessments_s47_cancelled_why"),
]


def test_database_refuses_an_enquiry_that_is_not_whole(case):
    for changes, name in NOT_WHOLE:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Section47Enquiry.objects.filter(pk=case.aaliyah.pk).update(**changes)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"state": "concluded"}, "assessments_s47_conference_state"),
        (
            {"state": "concluded", "conference": "not_required"},
            "assessments_s47_not_required_ends",
        ),
    ],
)
def test_database_refuses_a_conference_that_contradicts_itself(case, changes, name):
    submitted(case.aaliyah, case.worker)
    conclude(case.aaliyah, case.manager)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Section47Enquiry.objects.filter(pk=case.aaliyah.pk).update(**changes)
    with pytest.raises(InternalError), transaction.atomic():
        Section47Enquiry.objects.filter(pk=case.aaliyah.pk).update(outcome="not_substantiated")


def test_database_refuses_a_second_enquiry_a_moved_beginning_and_a_deletion(case):
    enquiry = case.aaliyah
    with (
        pytest.raises(IntegrityError, match="assessments_s47_one_open"),
        transaction.atomic(),
    ):
        Section47Enquiry.objects.create(
            child=enquiry.child,
            referral=enquiry.referral,
            decision=case.zayn.decision.__class__.objects.create(
                child=enquiry.child,
                discussion_id=enquiry.pk,
                discussed_at=HELD,
                is_met=True,
                why="W",
                by=case.manager,
                at=HELD,
                recorded_at=HELD,
            ),
            discussion_id=enquiry.pk,
            began_at=HELD,
            began_on=HELD.date(),
            is_joint=False,
            recorded_at=HELD,
        )
    for change in ({"began_at": hours(1)}, {"began_on": HELD.date() - timedelta(days=1)}):
        with pytest.raises(InternalError), transaction.atomic():
            Section47Enquiry.objects.filter(pk=enquiry.pk).update(**change)
    with pytest.raises(InternalError), transaction.atomic():
        enquiry.delete()
    write(enquiry, case.worker)
    with (
        pytest.raises(IntegrityError, match="assessments_s47_step_whole"),
        transaction.atomic(),
    ):
        Section47Step.objects.update(who="")


def test_database_keeps_one_open_fact_of_protection_with_dates_in_order(case):
    row = Protection.objects.get(child=case.aaliyah.child_id)
    given = {"child": row.child, "kind": row.kind, "from_at": HELD, "recorded_at": HELD}

    for more, name in (
        ({"subject_id": case.case.pk}, "cases_protection_one_open"),
        ({"subject_id": row.subject_id, "to_at": hours(9)}, "cases_protection_once"),
        ({"subject_id": case.case.pk, "to_at": hours(1)}, "cases_protection_dates"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Protection.objects.create(**given | more)
    with pytest.raises(InternalError), transaction.atomic():
        row.delete()


def test_reasons_of_the_outcome_are_whole(case):
    submitted(case.aaliyah, case.worker)
    with pytest.raises(Refused, match="Say what worries us"):
        conclude(case.aaliyah, case.manager, rationale=replace(REASONS, worries=""))
