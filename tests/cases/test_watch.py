"""Changes that time brings: birthdays, a worker gone, the status of a brother or sister."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from cases import actions, protection, watch
from cases.actions import changes
from cases.change_codes import ChangeClass, ChangeCode
from cases.choices import (
    HandoverKind,
    HandoverState,
    InvolvementKind,
    ProtectionKind,
    Queue,
    VisitOutcome,
    VisitPurpose,
    WorkerRole,
)
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    ChildRiskReview,
    Handover,
    HandoverChild,
    Involvement,
    Responsibility,
    WaitingEntry,
    WaitingGroup,
)
from cases.tasks import raise_changes
from lib import application_clock
from record.models import Flag, FlagSeverity, FlagState, OutboxMessage
from tests.cases.families import OPENED, family
from tests.factories.people import ChildFactory
from tests.personas import person

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _on_tuesday():
    with application_clock.set_to(TODAY):
        yield


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    return family(assessment_team_manager, assessment_social_worker)


def born(child, day):
    type(child).objects.filter(pk=child.pk).update(date_of_birth=day)


@pytest.mark.parametrize(
    ("day", "what", "children"),
    [
        (date(2010, 3, 17), "Turned 16", 3),
        (date(2008, 9, 15), "Turned 17 and a half", 3),
        (date(2008, 3, 16), "Turned 18", 2),
    ],
)
def test_an_age_that_matters_is_a_change_for_all_of_the_home_once(home, day, what, children):
    born(home["Maisie"], day)

    assert watch.raise_what_came(at=TODAY) == 1
    assert watch.raise_what_came(at=TODAY + timedelta(days=1)) == 0

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.what, change.is_by_system) == (ChangeCode.AGE, what, True)
    assert change.children.count() == children


def test_what_time_brings_to_a_child_who_is_open_under_another_record(home):
    other = ChildFactory(given_name="Maisie", family_name="Mockford", canonical=home["Maisie"])
    for model in (Involvement, Responsibility, Allocation):
        model.objects.filter(child=home["Maisie"]).update(child=other)
    born(home["Maisie"], date(2010, 3, 17))
    protection.begin(
        child_id=home["Jayden"].pk, kind=ProtectionKind.PLAN, subject_id=uuid4(), at=TODAY
    )

    assert watch.raise_what_came(at=TODAY) == 2

    sibling = ChangeOfCircumstance.objects.get(code=ChangeCode.SIBLING)
    concerned = sibling.children.filter(is_concerned=True).values_list("child_id", flat=True)
    assert set(concerned) == {home["Maisie"].pk, home["Isla"].pk}


@pytest.mark.parametrize("day", [date(2010, 3, 18), date(2010, 3, 10), date(2012, 3, 17)])
def test_no_other_day_is(home, day):
    born(home["Maisie"], day)
    assert watch.raise_what_came(at=TODAY) == 0


def test_a_leap_day_child_turns_so_on_the_28th(home):
    born(home["Maisie"], date(2008, 2, 29))
    with application_clock.set_to(datetime(2026, 2, 28, 9, tzinfo=UTC)):
        assert watch.raise_what_came(at=application_clock.now()) == 1
    assert ChangeOfCircumstance.objects.get().happened_on == date(2026, 2, 28)


def test_a_child_who_is_not_open_raises_nothing(mash_manager):
    home = family(mash_manager, names=["Tyler"], kind=InvolvementKind.CONTACT)
    born(home["Tyler"], date(2010, 3, 17))
    assert watch.raise_what_came(at=TODAY) == 0


def test_a_worker_gone_for_five_working_days_without_a_visit_is_one_change(
    home, assessment_social_worker
):
    left = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    Allocation.objects.filter(role=WorkerRole.LEAD).update(to_at=left)

    assert watch.raise_what_came(at=TODAY) == 0  # the fifth working day
    tomorrow = TODAY + timedelta(days=1)
    with application_clock.set_to(tomorrow):
        assert watch.raise_what_came(at=tomorrow) == 1
        assert watch.raise_what_came(at=tomorrow) == 0
    change = ChangeOfCircumstance.objects.get()
    assert (change.code, changes.class_of(change)) == (ChangeCode.WORKER, ChangeClass.ROUTINE)
    assert change.children.filter(is_concerned=True).count() == 3


def test_a_child_seen_since_the_worker_went_raises_nothing(home, assessment_social_worker):
    left = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    actions.record_visit(
        by=assessment_social_worker,
        at=left + timedelta(days=1),
        visitor_id=assessment_social_worker.pk,
        outcome=VisitOutcome.KEPT,
        purpose=VisitPurpose.ASSESSMENT,
        where="At home",
        children=[
            actions.ChildAtVisit(
                child_id=child.pk, was_seen=True, was_seen_alone=True, words="“Fine”"
            )
            for child in home.children
        ],
    )
    Allocation.objects.filter(role=WorkerRole.LEAD).update(to_at=left)

    assert watch.raise_what_came(at=TODAY) == 0


def test_a_plan_for_one_child_is_a_change_for_the_others(home):
    plan = uuid4()
    began = TODAY - timedelta(hours=2)
    protection.begin(
        child_id=home["Maisie"].pk, kind=ProtectionKind.PLAN, subject_id=plan, at=began
    )

    assert watch.raise_what_came(at=TODAY) == 1

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.learned_at) == (ChangeCode.SIBLING, began)
    concerned = change.children.filter(is_concerned=True).values_list("child_id", flat=True)
    assert set(concerned) == {home["Jayden"].pk, home["Isla"].pk}
    protection.end(subject_id=plan, at=TODAY)
    assert watch.raise_what_came(at=TODAY) == 1


def test_a_plan_for_every_child_of_the_home_is_none(home):
    for child in home.children:
        protection.begin(child_id=child.pk, kind=ProtectionKind.PLAN, subject_id=uuid4(), at=TODAY)
    assert watch.raise_what_came(at=TODAY) == 0


def test_chairs_are_told_of_a_change_about_a_child_on_a_plan(home, assessment_social_worker):
    chair = person("Chris Chairwood", Role.CP_CHAIR)
    assert chair.pk not in changes.concerned_people(home.ids)
    protection.begin(
        child_id=home["Maisie"].pk, kind=ProtectionKind.PLAN, subject_id=uuid4(), at=TODAY
    )

    watch.raise_what_came(at=TODAY)

    told = OutboxMessage.objects.filter(payload__code="change.logged")
    assert str(chair.pk) in {message.payload["user_id"] for message in told}


def test_a_look_that_finds_nothing_new_is_a_fixed_number_of_queries(
    home, assessment_team_manager, django_assert_num_queries
):
    born(home["Maisie"], date(2010, 3, 17))
    watch.raise_what_came(at=TODAY)
    with CaptureQueriesContext(connection) as few:
        watch.raise_what_came(at=TODAY)
    for _ in range(3):
        other = family(assessment_team_manager, names=["Isla"])
        born(other["Isla"], date(2010, 3, 17))
    watch.raise_what_came(at=TODAY)

    with django_assert_num_queries(len(few)):
        assert watch.raise_what_came(at=TODAY) == 0


def test_the_job_asks_at_the_present_moment(home):
    born(home["Maisie"], date(2010, 3, 17))
    raise_changes()
    assert ChangeOfCircumstance.objects.count() == 1
    assert ChangeOfCircumstance.objects.get().logged_at > OPENED


def test_a_review_goes_to_whoever_took_the_child_over_and_a_given_one_stays(
    home, assessment_team_manager, assessment_social_worker, sfs_manager
):
    born(home["Maisie"], date(2010, 3, 17))
    watch.raise_what_came(at=TODAY)
    change = ChangeOfCircumstance.objects.get()
    actions.triage(
        by=assessment_team_manager, at=TODAY, change_id=change.pk, change_class=ChangeClass.ROUTINE
    )
    assert watch.follow_workers(at=TODAY) == 0
    lead = Allocation.objects.get(child=home["Jayden"])
    lead.to_at = TODAY
    lead.save(update_fields=["to_at"])
    Allocation.objects.create(
        child=home["Jayden"],
        worker=sfs_manager,
        role=WorkerRole.LEAD,
        team=home.team,
        from_at=TODAY,
        by=assessment_team_manager,
        recorded_at=TODAY,
    )

    assert watch.follow_workers(at=TODAY) == 1
    assert watch.follow_workers(at=TODAY) == 0

    owners = {
        review.child.given_name: review.owner
        for review in ChildRiskReview.objects.filter(subject_id=change.pk).select_related("child")
    }
    assert owners == {
        "Maisie": assessment_social_worker,
        "Jayden": sfs_manager,
        "Isla": assessment_social_worker,
    }


@pytest.mark.parametrize(("seen", "wanted"), [(True, ""), (False, "immediate")])
def test_visits_that_fail_are_immediate_for_a_child_not_seen_for_ten_working_days(
    home, assessment_social_worker, seen, wanted
):
    def visit(at, outcome, was_seen):
        actions.record_visit(
            by=assessment_social_worker,
            at=at,
            visitor_id=assessment_social_worker.pk,
            outcome=outcome,
            purpose=VisitPurpose.ASSESSMENT,
            where="At home",
            children=[
                actions.ChildAtVisit(
                    child_id=home["Jayden"].pk,
                    was_seen=was_seen,
                    was_seen_alone=was_seen,
                    words="“Fine”" if was_seen else "",
                    not_seen_because="" if was_seen else "Nobody came to the door",
                    next_attempt_on=None if was_seen else date(2026, 3, 18),
                )
            ],
        )

    if seen:
        visit(TODAY - timedelta(days=8), VisitOutcome.KEPT, was_seen=True)
    visit(TODAY - timedelta(days=2), VisitOutcome.NO_ACCESS, was_seen=False)
    visit(TODAY - timedelta(days=1), VisitOutcome.NO_ACCESS, was_seen=False)

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.change_class) == (ChangeCode.DISENGAGED, wanted)


# Help that stops, and signals ---------------------------------------------------------------------


def helped(home, name, *, until):
    """Early help that ended for a child, beside what else is open."""
    return Involvement.objects.create(
        child=home[name],
        kind=InvolvementKind.EARLY_HELP,
        subject_id=uuid4(),
        from_at=OPENED,
        to_at=until,
        recorded_at=until,
    )


def test_early_help_that_ended_is_one_change_for_all_who_are_open(home):
    ended = TODAY - timedelta(hours=3)
    helped(home, "Maisie", until=ended)
    helped(home, "Jayden", until=ended)

    assert watch.raise_what_came(at=TODAY) == 1
    assert watch.raise_what_came(at=TODAY + timedelta(days=1)) == 0

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, changes.class_of(change)) == (
        ChangeCode.SERVICE_STOPS,
        ChangeClass.ROUTINE,
    )
    assert change.learned_at == ended
    assert change.children.filter(is_concerned=True).count() == 3


def test_early_help_that_ended_because_the_family_was_stepped_up_is_none(home, mash_manager):
    helped(home, "Maisie", until=TODAY - timedelta(hours=3))
    handover = Handover.objects.create(
        kind=HandoverKind.STEP_UP,
        from_team=mash_manager.managed_teams.get(),
        to_team=home.team,
        state=HandoverState.ACCEPTED,
        offered_at=TODAY - timedelta(days=1),
        offered_by=mash_manager,
        answered_at=TODAY,
        answered_by=home.team.manager,
        recorded_at=TODAY,
    )
    HandoverChild.objects.create(
        handover=handover, child=home["Maisie"], kind=HandoverKind.STEP_UP, is_open=False
    )
    assert watch.raise_what_came(at=TODAY) == 0


def test_early_help_that_ended_where_nothing_else_is_open_is_none(early_help_coordinator):
    home = family(early_help_coordinator, names=["Tyler"], kind=InvolvementKind.EARLY_HELP)
    Involvement.objects.update(to_at=TODAY - timedelta(hours=3))
    assert home.children
    assert watch.raise_what_came(at=TODAY) == 0


@pytest.mark.parametrize(("state", "number"), [("declined", 1), ("removed", 1), ("started", 0)])
def test_a_family_that_leaves_the_list_of_early_help_without_help_is_a_change(home, state, number):
    group = WaitingGroup.objects.create(
        queue=Queue.EARLY_HELP,
        state=state,
        team=home.team,
        subject_kind="episode",
        priority="p3",
        subject_id=uuid4(),
        reason="Mornings",
        risk_rank=1,
        queue_rank=1,
        since_at=OPENED,
        ended_at=TODAY - timedelta(hours=1),
        ended_because="They do not want it",
        by=home.team.manager,
        recorded_at=OPENED,
    )
    WaitingEntry.objects.create(
        group=group,
        queue=Queue.EARLY_HELP,
        child=home["Isla"],
        since_at=OPENED,
        ended_at=TODAY - timedelta(hours=1),
        recorded_at=OPENED,
    )
    assert watch.raise_what_came(at=TODAY) == number


def signalled(home, name, **fields):
    return Flag.objects.create(
        rule="F-STALE-SIGNALS",
        subject_kind="assessment",
        subject_id=home.household.pk,
        child=home[name],
        since_at=TODAY - timedelta(days=5),
        raised_at=TODAY - timedelta(days=5),
        **{"severity": FlagSeverity.RED, "state": FlagState.OPEN, **fields},
    )


def test_signals_that_nobody_answers_in_time_are_one_change_for_the_home(home):
    signalled(home, "Maisie")
    signalled(home, "Jayden")

    assert watch.raise_what_came(at=TODAY) == 1
    assert watch.raise_what_came(at=TODAY) == 0

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.happened_on) == (ChangeCode.SIGNALS, date(2026, 3, 12))
    assert change.children.filter(is_concerned=True).count() == 2


def test_signals_that_are_not_late_or_that_somebody_has_answered_are_left(
    home, assessment_team_manager
):
    signalled(home, "Maisie", severity=FlagSeverity.AMBER)
    signalled(
        home,
        "Jayden",
        state=FlagState.ACKNOWLEDGED,
        acknowledged_at=TODAY,
        acknowledged_by=assessment_team_manager,
        answer="Visiting today",
    )
    assert watch.raise_what_came(at=TODAY) == 0
