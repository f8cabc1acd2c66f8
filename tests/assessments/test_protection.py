"""Conferences and child protection plans: what is decided for each child, and how it goes on."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import AgencyKind, Role, TeamKind
from assessments.actions import cin_plan
from assessments.actions import protection as actions
from assessments.consequences import protection_changed, safety_plans_changed
from assessments.models import (
    CinPlan,
    Conference,
    ConferenceChild,
    CoreGroup,
    CoreGroupChild,
    ProtectionPlan,
    Section47Enquiry,
)
from assessments.queries.protection import protection_work
from cases import actions as case_actions
from cases import holds, protection
from cases.change_codes import ChangeCode
from cases.choices import InvolvementKind, ProtectionKind
from cases.models import ChangeOfCircumstance, Involvement, MeetingPart
from lib import application_clock
from lib.working_days import london_date
from people import actions as people_actions
from record import clocks
from record.errors import NotWhole, Refused
from record.models import Clock, OutboxMessage
from tests.assessments.enquiries import (
    CONFERENCE,
    MEETING,
    awaited,
    begun,
    conclude,
    conferred,
    planned,
    see,
    submitted,
    unplanned,
)
from tests.assessments.plans import TYPED
from tests.factories.assessments import authorised
from tests.mash.discussions import agency
from tests.mash.pages import text_of
from tests.personas import member, person

pytestmark = pytest.mark.django_db
REVIEW = datetime(2026, 6, 23, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def awaited_once(enquiries_once):
    with application_clock.set_to(TYPED):
        found = deepcopy(enquiries_once)
        awaited(found)
    return found


@pytest.fixture
def case(awaited_once, typed_later):
    """Aaliyah and Zayn, who both wait for a conference."""
    return deepcopy(awaited_once)


@pytest.fixture
def plan(case):
    """Aaliyah’s plan, since 31 March."""
    conferred(case)
    return ProtectionPlan.objects.select_related("child").get()


@pytest.fixture
def chair(db):
    return person("Kit Fixture", Role.CP_CHAIR)


def clock(subject, rule, **more):
    return Clock.objects.filter(subject_id=subject.pk, rule=rule, **more).latest("started_at")


def problems(refused):
    return [sentence for _field, sentence in refused.value.problems]


# The initial conference


def test_conference_makes_a_plan_from_its_date_for_one_child_and_none_for_another(case):
    conference = conferred(case)

    plan = ProtectionPlan.objects.get()
    assert (plan.child, plan.started_on) == (case.case.aaliyah, conference.held_on)
    assert (plan.initial_category, plan.latest_category, plan.previous) == ("PHY", "PHY", 0)
    assert case.zayn.conference_held.result == "no_plan"
    for enquiry in (case.aaliyah, case.zayn):
        assert enquiry.ended_at == CONFERENCE
        assert clock(enquiry, "S47-ICPC").stopped_at == CONFERENCE
    assert Involvement.objects.get(kind=InvolvementKind.PLAN).subject_id == plan.pk
    assert protection.protected(child_ids=[case.aaliyah.child_id, case.zayn.child_id]) == {
        plan.child_id: {ProtectionKind.PLAN}
    }
    assert OutboxMessage.objects.filter(
        payload__code="protection_plan.started", payload__user_id=str(case.worker.pk)
    ).exists()


def test_limits_of_a_plan_count_from_the_conference(plan):
    due = {each.rule: each for each in clocks.running(subject_ids=[plan.pk])}

    assert due["CG-1"].due_at == datetime(2026, 4, 16, 16, 0, tzinfo=UTC)
    assert london_date(due["RCPC-1"].due_at) == date(2026, 6, 30)
    assert due["CPV"].started_at < CONFERENCE  # from when Aaliyah was last seen
    assert plan.next_due_code == "CPV"


@pytest.mark.parametrize(
    ("at", "is_late"),
    [
        (datetime(2026, 4, 2, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 4, 2, 16, 1, tzinfo=UTC), True),
        (datetime(2026, 4, 7, 9, 0, tzinfo=UTC), True),
    ],
)
def test_conference_after_15_working_days_has_a_reason(case, at, is_late):
    if is_late:
        with pytest.raises(NotWhole) as refused:
            conferred(case, at=at)
        assert problems(refused) == [
            "Say why the conference about Aaliyah Testwood is late",
            "Say why the conference about Zayn Testwood is late",
        ]
        why = "The chair was ill."
        lines = [
            planned(case.aaliyah, late_reason=why),
            unplanned(case.zayn, late_reason=why),
        ]
        conferred(case, *lines, at=at)
        assert clock(case.aaliyah, "S47-ICPC").late_reason == why
    else:
        conferred(case, at=at)
        assert clock(case.aaliyah, "S47-ICPC").stopped_at == at


def test_conference_is_not_held_at_the_weekend(case):
    with pytest.raises(Refused, match="not held on a Saturday or Sunday"):
        conferred(case, at=CONFERENCE - timedelta(days=3))
    with (
        pytest.raises(IntegrityError, match="assessments_conference_weekday"),
        transaction.atomic(),
    ):
        Conference.objects.create(
            kind="initial",
            at=CONFERENCE,
            held_on=date(2026, 3, 29),
            by=case.manager,
            recorded_at=CONFERENCE,
            **MEETING,
        )


def test_conference_is_refused_with_each_child_and_each_missing_thing(case):
    line = planned(
        case.aaliyah,
        category="ZZZ",
        why=" ",
        report="",
        must_change="",
        contingency="",
        core_group="",
    )
    with pytest.raises(NotWhole) as refused:
        conferred(case, line, chair=" ")

    assert problems(refused) == [
        "Say who chaired the conference",
        "Say why the conference decided this for Aaliyah Testwood",
        "Choose which report the conference had about Aaliyah Testwood",
        "Choose the category of abuse for Aaliyah Testwood",
        "Say what must change for Aaliyah Testwood",
        "Say what happens if it does not change for Aaliyah Testwood",
        "Say who is in Aaliyah Testwood’s core group",
        "Answer for Zayn Testwood as well: a conference is required",
    ]
    assert not Conference.objects.exists()


def test_conference_needs_to_be_required_and_is_recorded_once(case):
    conferred(case)
    with pytest.raises(NotWhole, match="Aaliyah Testwood’s enquiry is over"):
        conferred(case, planned(case.aaliyah))
    assert Conference.objects.count() == 1


def test_undecided_enquiry_has_no_conference(
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
    )
    submitted(case.aaliyah, case.worker)
    conclude(case.aaliyah, case.manager, next_step="legal", conference="", conference_why="")

    with pytest.raises(NotWhole, match="No conference is required for Aaliyah Testwood"):
        conferred(case, planned(case.aaliyah))


def test_change_not_yet_done_blocks_the_use_of_the_assessment_in_conference(case):
    with application_clock.set_to(CONFERENCE - timedelta(days=5)):
        authorised(
            case.case.aaliyah,
            at=CONFERENCE - timedelta(days=6),
            by=case.manager,
            team=case.manager.managed_teams.get(),
            started_at=CONFERENCE - timedelta(days=10),
        )
    used = planned(case.aaliyah, report="assessment")
    with pytest.raises(actions.NotReady, match="Zayn Testwood has no authorised assessment"):
        conferred(case, used, unplanned(case.zayn, report="assessment"))
    change = case_actions.log_change(
        by=case.worker,
        at=CONFERENCE - timedelta(days=2),
        child_id=case.case.aaliyah.pk,
        code=ChangeCode.ADULT_LEAVES,
        what="Father has left.",
        happened_on=date(2026, 3, 29),
        learned_at=CONFERENCE - timedelta(days=2),
        learned_from="Mother",
    )

    with pytest.raises(actions.NotReady) as refused:
        conferred(case, used, unplanned(case.zayn))

    assert "Aaliyah Testwood" in str(refused.value)
    assert not Conference.objects.exists()
    assert ChangeOfCircumstance.objects.undone().get() == change
    conferred(case, planned(case.aaliyah), unplanned(case.zayn))  # the enquiry itself can be used


def test_conference_is_recorded_by_a_chair_or_the_manager_of_the_children(case, chair, sfs_manager):
    with pytest.raises(PermissionDenied):
        conferred(case, by=case.worker)
    with pytest.raises(Refused, match="Ruth Mockridge of Assessment answers for"):
        conferred(case, by=sfs_manager)

    assert conferred(case, by=chair).by == chair


def test_plan_ends_the_child_in_need_plan_and_none_can_begin_beside_it(case):
    child_plan = cin_plan.start_plan(
        by=case.worker, at=CONFERENCE - timedelta(days=5), child_ids=[case.case.aaliyah.pk]
    )

    conferred(case)

    assert CinPlan.objects.get(pk=child_plan.pk).state == CinPlan.State.ENDED
    with pytest.raises(Refused, match="Aaliyah Testwood has a child protection plan"):
        cin_plan.start_plan(
            by=case.worker, at=CONFERENCE + timedelta(days=1), child_ids=[case.case.aaliyah.pk]
        )


def test_child_of_the_home_whom_the_conference_left_out_is_thought_about_again(case):
    baby = people_actions.create_person(
        by=case.worker,
        at=CONFERENCE - timedelta(days=4),
        is_child=True,
        given_name="Isla",
        family_name="Testwood",
        date_of_birth=date(2026, 3, 1),
    )
    home = case.case.aaliyah.memberships.get().household
    people_actions.join_household(
        by=case.worker,
        at=CONFERENCE - timedelta(days=4),
        household_id=home.pk,
        person_id=baby.pk,
        role="resident_child",
        from_on=date(2026, 3, 27),
    )

    conferred(case)

    change = ChangeOfCircumstance.objects.get(code=ChangeCode.SIBLING, source_kind="conference")
    assert baby.pk in set(change.children.values_list("child_id", flat=True))


def test_agencies_that_came_and_those_that_did_not_stand_on_the_record(case):
    police, health = (case.case.police.agency_id, case.case.health.agency_id)
    came = actions.AgencyThere(agency_id=police, has_attended=True, words="Sgt Proto Type")
    silent = actions.AgencyThere(agency_id=health, has_attended=False, words=" ")
    with pytest.raises(NotWhole, match="Say why Dummy Park Hospital did not come"):
        conferred(case, agencies=[came, silent])
    with pytest.raises(NotWhole, match="Name each agency once"):
        conferred(case, agencies=[came, came])

    school = agency(AgencyKind.SCHOOL, "Dummy Primary").pk
    unsaid = actions.AgencyThere(
        agency_id=school, has_attended=False, words="", has_sent_information=True
    )
    with pytest.raises(NotWhole, match="Say what Dummy Primary sent, and who wrote it"):
        conferred(case, agencies=[unsaid])

    missing = actions.AgencyThere(agency_id=health, has_attended=False, words="Nobody on duty")
    sent = replace(unsaid, words="A report by the head")
    conference = conferred(case, agencies=[came, missing, sent])

    parts = MeetingPart.objects.filter(meeting_id=conference.pk).order_by("agency__name")
    assert [
        (each.has_attended, each.has_sent_information, each.who, each.absent_because)
        for each in parts
    ] == [
        (False, False, "", "Nobody on duty"),
        (False, True, "", "A report by the head"),
        (True, False, "Sgt Proto Type", ""),
    ]
    assert {each.kind for each in parts} == {"initial_conference"}


# While the plan runs


def _core_group(plan, by, *, at, **more):
    return actions.record_core_group(
        by=by,
        at=at,
        attended="Mother, school",
        family_view="Mother is tired",
        lines=[
            actions.CoreGroupLine(
                **{
                    "plan_id": plan.pk,
                    "changed": "Father has moved out",
                    "next_steps": "School rings daily",
                    **more,
                }
            )
        ],
    )


def test_core_group_starts_the_time_to_the_next_one(case, plan):
    at = CONFERENCE + timedelta(days=14)

    _core_group(plan, case.worker, at=at)

    assert clock(plan, "CG-1").stopped_at == at
    assert clock(plan, "CG-N").due_at == datetime(2026, 5, 28, 16, 0, tzinfo=UTC)
    _core_group(plan, case.worker, at=at + timedelta(days=30))
    assert Clock.objects.filter(subject_id=plan.pk, rule="CG-N", stopped_at=None).count() == 1


def test_core_group_says_for_each_child_what_changed_and_is_for_the_childs_workers(case, plan):
    at = CONFERENCE + timedelta(days=14)

    with pytest.raises(NotWhole) as refused:
        _core_group(plan, case.worker, at=at, changed=" ", next_steps="")
    assert problems(refused) == [
        "Say what has changed for Aaliyah Testwood",
        "Say who does what next for Aaliyah Testwood, and by when",
    ]
    with pytest.raises(NotWhole, match="Aaliyah Testwood’s plan had not begun"):
        _core_group(plan, case.worker, at=CONFERENCE - timedelta(days=1))
    stranger = member("Ola Standin", Role.SFS_SOCIAL_WORKER, TeamKind.SAFEGUARDING_FAMILY_SUPPORT)
    with pytest.raises(Refused, match="These children are with"):
        _core_group(plan, stranger, at=at)
    with pytest.raises(PermissionDenied):
        _core_group(plan, case.manager, at=at)
    assert not CoreGroup.objects.exists()


def test_visit_starts_the_ten_working_days_anew(case, plan):
    at = CONFERENCE + timedelta(days=2)

    see(case.worker, plan.child, at=at)
    see(case.worker, plan.child, at=at - timedelta(days=1))

    assert clock(plan, "CPV", stopped_at=None).started_at == at


def _review(plan, by, *, at=REVIEW, **more):
    given = {
        "plan_id": plan.pk,
        "result": "continue",
        "category": "EMO",
        "why": "It is calmer and not yet safe.",
    }
    return actions.record_review(
        by=by, at=at, lines=[actions.ReviewLine(**(given | more))], **MEETING
    )


def test_review_conference_keeps_the_plan_with_its_latest_category(case, plan):
    _review(plan, case.manager)

    plan.refresh_from_db()
    assert (plan.initial_category, plan.latest_category) == ("PHY", "EMO")
    assert clock(plan, "RCPC-1").stopped_at == REVIEW
    assert london_date(clock(plan, "RCPC-N").due_at) == date(2026, 12, 23)


def test_review_conference_ends_the_plan_on_its_date(case, plan, chair):
    _review(plan, chair, result="end", category="", ending="no_longer_needed")

    plan.refresh_from_db()
    assert (plan.ended_on, plan.ending) == (REVIEW.date(), "no_longer_needed")
    assert clocks.running(subject_ids=[plan.pk]) == []
    assert protection.protected(child_ids=[plan.child_id]) == {}
    assert not Involvement.objects.filter(kind=InvolvementKind.PLAN, to_at=None).exists()
    with pytest.raises(NotWhole, match="Aaliyah Testwood’s plan has ended"):
        _review(plan, chair, at=REVIEW + timedelta(days=1))


NOT_SAID_AT_A_REVIEW = [
    ({"result": ""}, "Choose whether Aaliyah Testwood’s plan goes on"),
    ({"category": "ZZZ"}, "Choose the category of abuse for Aaliyah Testwood"),
    ({"result": "end"}, "Choose why Aaliyah Testwood’s plan ends"),
    ({"result": "end", "ending": "died"}, "Aaliyah Testwood’s death is not recorded"),
    ({"why": " "}, "Say why the conference decided this for Aaliyah Testwood"),
    ({"at": CONFERENCE + timedelta(hours=1)}, "plan began on this day, so this is no review"),
    ({"at": datetime(2026, 7, 1, 9, tzinfo=UTC)}, "Say why the review about Aaliyah Testwood"),
]


def test_review_is_refused_while_something_is_not_said(case, plan):
    for change, sentence in NOT_SAID_AT_A_REVIEW:
        with pytest.raises(NotWhole, match=sentence):
            _review(plan, case.manager, **change)
    assert Conference.objects.count() == 1


def test_plan_ends_without_a_conference_only_when_no_conference_can_decide(case, plan):
    given = {"by": case.manager, "at": REVIEW, "plan_id": plan.pk}

    with pytest.raises(Refused, match="Only a review conference ends Aaliyah Testwood’s plan"):
        actions.end_without_conference(ending="no_longer_needed", why="W", **given)
    with pytest.raises(Refused, match="Aaliyah Testwood’s death is not recorded"):
        actions.end_without_conference(ending="died", why="W", **given)
    with pytest.raises(Refused, match="Say why Aaliyah Testwood’s plan ends"):
        actions.end_without_conference(ending="moved", why=" ", **given)
    actions.end_without_conference(ending="moved", why="Reading has taken it over.", **given)

    with pytest.raises(Refused, match="plan has ended"):
        actions.end_without_conference(ending="moved", why="Again", **given)


def test_later_plan_counts_the_one_before_and_stands_in_the_way_of_closing(case, plan):
    _review(plan, case.manager, result="end", category="", ending="no_longer_needed")
    ids = [plan.child_id]
    close = holds.obstacles(child_ids=ids, purpose=holds.Purpose.CLOSE, at=REVIEW)
    assert not any("protection" in each.sentence for each in close)
    before = Section47Enquiry.objects.get(child=plan.child)
    second = Section47Enquiry.objects.create(
        child=plan.child,
        referral=before.referral,
        decision=_decision(before),
        discussion_id=before.pk,
        began_at=REVIEW + timedelta(days=1),
        began_on=REVIEW.date() + timedelta(days=1),
        is_joint=False,
        lead=case.worker,
        recorded_at=REVIEW,
    )
    submitted(second, case.worker, at=REVIEW + timedelta(days=2))
    conclude(second, case.manager, at=REVIEW + timedelta(days=3))
    second.refresh_from_db()

    conferred(case, planned(second, previous_elsewhere=2), at=REVIEW + timedelta(days=6))

    later = ProtectionPlan.objects.running().get()
    assert (later.previous_here, later.previous_elsewhere, later.previous) == (1, 2, 3)
    for purpose, sentence in (
        (holds.Purpose.CLOSE, "Aaliyah Testwood has a child protection plan. End it first"),
        (
            holds.Purpose.CLOSE_AS_ASSESSED,
            "Aaliyah Testwood had a child protection plan in this episode",
        ),
    ):
        found = holds.obstacles(child_ids=ids, purpose=purpose, at=REVIEW)
        assert sentence in [each.sentence for each in found]


def _decision(enquiry):
    return type(enquiry.decision).objects.create(
        child=enquiry.child,
        discussion_id=enquiry.pk,
        discussed_at=REVIEW,
        is_met=True,
        why="W",
        by=enquiry.decision.by,
        at=REVIEW,
        recorded_at=REVIEW,
    )


def test_plan_core_group_and_safety_plan_bear_witness_to_what_a_change_led_to(case, plan):
    ids, since = [plan.child_id, case.case.zayn.pk], CONFERENCE - timedelta(minutes=1)

    def seen(ask, moment):
        return [(each.child_id, each.at) for each in ask(child_ids=ids, since=moment)]

    group = CONFERENCE + timedelta(days=14)
    assert seen(protection_changed, since) == [(plan.child_id, CONFERENCE)]
    assert seen(protection_changed, CONFERENCE + timedelta(minutes=1)) == []
    _core_group(plan, case.worker, at=group)
    assert seen(protection_changed, CONFERENCE + timedelta(minutes=1)) == [(plan.child_id, group)]
    assert seen(safety_plans_changed, since) == []  # the enquiry is over


# What the database keeps


def test_database_refuses_plans_that_are_not_whole_overlap_or_move(case, plan):
    for change, name in (
        ({"must_change": ""}, "assessments_cpp_whole"),
        ({"ended_on": REVIEW.date()}, "assessments_cpp_ended_whole"),
        (
            {
                "ended_on": plan.started_on - timedelta(days=1),
                "ended_at": CONFERENCE,
                "ended_by": case.manager,
                "ending": "moved",
                "ended_why": "W",
            },
            "assessments_cpp_ended_later",
        ),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            ProtectionPlan.objects.filter(pk=plan.pk).update(**change)
    for change in ({"started_on": plan.started_on - timedelta(days=1)}, {"previous_here": 4}):
        with pytest.raises(InternalError), transaction.atomic():
            ProtectionPlan.objects.filter(pk=plan.pk).update(**change)
    copy = ProtectionPlan.objects.get(pk=plan.pk)
    for change, name in (
        ({}, "assessments_cpp_(one_open|no_overlap)"),  # whichever is asked first
        (
            {
                "ended_on": plan.started_on,
                "ended_at": CONFERENCE,
                "ended_by": case.manager,
                "ending": "moved",
                "ended_why": "W",
            },
            "assessments_cpp_no_overlap",
        ),
    ):
        copy.pk, copy.enquiry = None, case.zayn
        copy._state.adding = True
        for field, value in change.items():
            setattr(copy, field, value)
        copy.id = case.zayn.pk
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            copy.save(force_insert=True)
    with pytest.raises(InternalError), transaction.atomic():
        ProtectionPlan.objects.filter(pk=plan.pk)._raw_delete("default")


def _another(conference):
    return Conference.objects.create(
        kind="review",
        at=REVIEW,
        held_on=REVIEW.date(),
        by=conference.by,
        recorded_at=REVIEW,
        **MEETING,
    )


def test_database_keeps_what_conferences_and_core_groups_said(case, plan):
    _core_group(plan, case.worker, at=CONFERENCE + timedelta(days=14))
    conference = Conference.objects.get()
    with (
        pytest.raises(IntegrityError, match="assessments_conference_whole"),
        transaction.atomic(),
    ):
        Conference.objects.create(
            kind="initial",
            at=CONFERENCE,
            held_on=CONFERENCE.date(),
            by=case.manager,
            recorded_at=CONFERENCE,
            **MEETING | {"chair": ""},
        )
    given = {"conference": conference, "child": plan.child, "why": "W"}
    for more, name in (
        ({"result": "end", "plan": plan}, "assessments_conference_child_once"),
        (
            {"result": "plan", "child": case.case.zayn, "conference": _another(conference)},
            "assessments_conference_child_whole",
        ),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            ConferenceChild.objects.create(**given | more)
    for row, change in (
        (Conference.objects, {"summary": "Otherwise"}),
        (ConferenceChild.objects, {"why": "Otherwise"}),
        (CoreGroup.objects, {"attended": "Otherwise"}),
        (CoreGroupChild.objects, {"changed": "Otherwise"}),
    ):
        with pytest.raises(InternalError), transaction.atomic():
            row.update(**change)
    group = CoreGroup.objects.get()
    for more, name in (
        ({"changed": "C", "next_steps": "N"}, "assessments_core_group_child_once"),
        ({"changed": "", "next_steps": "N"}, "assessments_core_group_child_whole"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            CoreGroupChild.objects.create(core_group=group, plan=plan, **more)
    with (
        pytest.raises(IntegrityError, match="assessments_core_group_whole"),
        transaction.atomic(),
    ):
        CoreGroup.objects.create(
            at=CONFERENCE, attended="", family_view="F", by=case.worker, recorded_at=CONFERENCE
        )


# Pages


@pytest.fixture
def page(client):
    """Open a page as somebody, or send it; the answer as text."""

    def ask(by, name, subject, **data):
        client.force_login(by)
        address = reverse(f"assessments:{name}", args=[subject.pk])
        answer = client.post(address, data, follow=True) if data else client.get(address)
        return text_of(answer)

    return ask


def work(user):
    found = protection_work(by=user, at=application_clock.now())
    return sorted((each.verb, each.who) for each in found)


def test_manager_records_the_conference_and_the_worker_the_core_group(page, client, case, chair):
    both = [("Book the conference", "Aaliyah Testwood and Zayn Testwood")]
    assert work(case.manager) == both
    assert work(chair) == both
    assert "Record the conference" in page(case.manager, "section_47", case.aaliyah)
    aaliyah, zayn = (f"child-{each.pk}" for each in (case.aaliyah, case.zayn))
    typed = {
        "at": "2026-03-31T11:00",
        **MEETING,
        f"{aaliyah}-result": "plan",
        f"{aaliyah}-category": "PHY",
        f"{aaliyah}-why": "Hurt by an adult",
        f"{aaliyah}-report": "enquiry",
        f"{aaliyah}-must_change": "Father elsewhere",
        f"{aaliyah}-contingency": "Court",
        f"{aaliyah}-core_group": "Mother, school",
    }
    shown = page(case.manager, "conference", case.aaliyah)
    assert "Zayn Testwood has no authorised assessment" in shown
    half = page(case.manager, "conference", case.aaliyah, **typed | {"summary": ""})
    assert "Say what was talked about" in half
    ahead = {"at": "2030-01-08T11:00"}
    assert "must be now or earlier" in page(
        case.manager, "conference", case.aaliyah, **typed | ahead
    )
    typed |= {
        "agency-TOTAL_FORMS": "1",
        "agency-INITIAL_FORMS": "0",
        "agency-0-agency": str(case.case.police.agency_id),
        "agency-0-there": "yes",
    }
    assert "Say who came, what it sent, or why nobody did" in page(
        case.manager, "conference", case.aaliyah, **typed
    )
    typed["agency-0-words"] = "Sgt Proto Type"
    assert "Choose what the conference decided for Zayn Testwood" in half
    assert not Conference.objects.exists()
    typed |= {
        f"{zayn}-result": "no_plan",
        f"{zayn}-why": "Lives with his aunt",
        f"{zayn}-report": "enquiry",
    }
    for prefix in (aaliyah, zayn):
        typed[f"{prefix}-late_reason"] = "Typed in September"
    done = page(case.manager, "conference", case.aaliyah, **typed)
    assert "The conference is recorded" in done
    without = page(case.manager, "section_47", case.zayn)
    assert "Dummy Valley Police: Sgt Proto Type" in without
    assert MEETING["summary"] in without
    plan = ProtectionPlan.objects.get()
    assert plan.started_on == date(2026, 3, 31)
    shown = page(case.worker, "protection_plan", plan)
    assert "Physical abuse" in shown
    assert "Record a core group" in shown
    assert "Dummy Valley Police: Sgt Proto Type" in shown
    assert ("See, and record the visit", "Aaliyah Testwood") in work(case.worker)

    group = page(
        case.worker,
        "core_group",
        plan,
        at="2026-04-14T10:00",
        attended="Mother",
        family_view="Tired",
        **{f"child-{plan.pk}-changed": "Calmer", f"child-{plan.pk}-next_steps": "School rings"},
    )
    assert "The core group is recorded" in group
    reviewed = page(
        case.manager,
        "review_conference",
        plan,
        at="2026-06-23T11:00",
        **MEETING,
        **{
            f"child-{plan.pk}-result": "continue",
            f"child-{plan.pk}-category": "NEG",
            f"child-{plan.pk}-why": "Calmer, not safe",
        },
    )
    assert "The review conference is recorded" in reviewed
    child = text_of(client.get(reverse("cases:child", args=[plan.child_id])))
    assert "Child protection plan, Referral" in child
    ended = page(case.manager, "protection_end", plan, ending="moved", why="Reading has it")
    assert "Moved away" in ended
    child = text_of(client.get(reverse("cases:child", args=[plan.child_id])))
    assert "Plan from" in child
    assert "Child protection plan ended" in child


def test_restricted_childs_plan_leaks_nothing_and_the_page_has_a_fixed_number_of_queries(
    page, client, case, head_of_service
):
    conferred(case, planned(case.aaliyah), planned(case.zayn))
    aaliyah = ProtectionPlan.objects.get(child=case.case.aaliyah)
    zayn = ProtectionPlan.objects.get(child=case.case.zayn)
    assert "Zayn" in page(case.worker, "protection_plan", aaliyah)

    def queries(act):
        with CaptureQueriesContext(connection) as caught:
            act()
        return len(caught)

    few = queries(lambda: page(case.worker, "protection_plan", aaliyah))
    listed = queries(lambda: work(case.worker))
    for days in (14, 30, 50):
        _core_group(aaliyah, case.worker, at=CONFERENCE + timedelta(days=days))
        see(case.worker, case.case.aaliyah, at=CONFERENCE + timedelta(days=days))
    assert queries(lambda: page(case.worker, "protection_plan", aaliyah)) == few
    assert queries(lambda: work(case.worker)) == listed

    people_actions.restrict(
        by=case.mash_manager,
        at=application_clock.now(),
        person_id=case.case.zayn.pk,
        reason="Relative of staff",
        owner_id=head_of_service.pk,
    )
    for name in ("protection_plan", "core_group"):
        assert "Zayn" not in page(case.worker, name, aaliyah)
    client.force_login(case.worker)
    closed = client.get(reverse("assessments:protection_plan", args=[zayn.pk]))
    assert closed.status_code == 403
    assert "Zayn" not in closed.content.decode()
    assert [who for _verb, who in work(case.worker)] == ["Aaliyah Testwood"]
