"""What a change leads to must exist before it is done, and what raises a change by itself."""

from datetime import timedelta

import pytest

from accounts.permissions import Permission, require
from cases import actions, consequences
from cases.actions import risk_reviews
from cases.change_codes import ChangeClass, ChangeCode, ChangeOutcome, ChangeState
from cases.choices import (
    Category,
    InvolvementKind,
    OversightKind,
    VisitOutcome,
    VisitPurpose,
)
from cases.family_changes import raise_for_contact, raise_for_missing
from cases.holds import Purpose
from cases.models import Allocation, ChangeOfCircumstance, ChildRiskReview, Signal
from cases.queries import changes as change_queries
from lib import application_clock
from record.errors import Refused
from tests.cases.change_cases import (
    DECIDED,
    RATIONALE,
    REVIEWED,
    TRIAGED,
    decided,
    joined,
    lines,
    review_of,
    reviewed,
    triaged,
)
from tests.cases.families import family
from tests.cases.front_door import received

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    return family(assessment_team_manager, assessment_social_worker)


@pytest.fixture
def moved_in(home, assessment_social_worker):
    joined(home, assessment_social_worker)
    return ChangeOfCircumstance.objects.get()


@pytest.fixture
def manager(assessment_team_manager):
    return assessment_team_manager


@pytest.fixture
def worker(assessment_social_worker):
    return assessment_social_worker


def all_reviewed(change, home, manager, worker):
    triaged(change, manager)
    for child in home.children:
        reviewed(change, child, worker)


# What was decided and really happened -----------------------------------------------------------


def named_to(change, home, by, child, outcome):
    """Decide one outcome for one child, `stands` for the others."""
    return decided(change, home, by, lines=lines(home, but={child.pk: outcome}))


def test_a_visit_since_it_was_learned_of_is_written_as_what_followed(
    home, moved_in, manager, worker
):
    all_reviewed(moved_in, home, manager, worker)
    jayden = home["Jayden"]
    with pytest.raises(actions.NotDone, match="Seen sooner than planned, for Jayden Mockford"):
        named_to(moved_in, home, manager, jayden, ChangeOutcome.VISIT)
    with application_clock.set_to(REVIEWED):
        actions.record_visit(
            by=worker,
            at=REVIEWED,
            visitor_id=worker.pk,
            outcome=VisitOutcome.KEPT,
            purpose=VisitPurpose.ASSESSMENT,
            where="At home",
            children=[
                actions.ChildAtVisit(
                    child_id=jayden.pk, was_seen=True, was_seen_alone=True, words="“Fine”"
                )
            ],
        )

    change = named_to(moved_in, home, manager, jayden, ChangeOutcome.VISIT)

    row = change.consequences.get()
    assert (row.kind, row.child, row.at, row.url_name) == (
        ChangeOutcome.VISIT,
        jayden,
        REVIEWED,
        "cases:visits",
    )


def test_an_answer_from_above_counts_for_the_child_it_names(
    home, moved_in, manager, worker, head_of_service
):
    all_reviewed(moved_in, home, manager, worker)
    with application_clock.set_to(REVIEWED):
        actions.record_oversight(
            by=head_of_service,
            at=REVIEWED,
            kind=OversightKind.ESCALATION,
            child_ids=[home["Jayden"].pk],
            rationale=RATIONALE,
        )
    with pytest.raises(actions.NotDone, match="for Isla Mockford: nothing like it"):
        named_to(moved_in, home, manager, home["Isla"], ChangeOutcome.ESCALATION)

    change = named_to(moved_in, home, manager, home["Jayden"], ChangeOutcome.ESCALATION)

    assert change.consequences.get().subject_kind == "oversight"


def test_what_happened_before_it_was_learned_of_is_no_consequence(home, moved_in, manager, worker):
    all_reviewed(moved_in, home, manager, worker)
    with pytest.raises(actions.NotDone, match="A worker named, or another one, for Jayden"):
        named_to(moved_in, home, manager, home["Jayden"], ChangeOutcome.ALLOCATION)
    Allocation.objects.filter(child=home["Jayden"]).update(to_at=TRIAGED)
    Allocation.objects.create(
        child=home["Jayden"],
        worker=manager,
        role="lead",
        team=home.team,
        from_at=TRIAGED,
        by=manager,
        recorded_at=TRIAGED,
    )

    change = named_to(moved_in, home, manager, home["Jayden"], ChangeOutcome.ALLOCATION)

    assert change.state == ChangeState.DONE


def test_every_decision_that_must_exist_has_a_witness_and_is_pinned():
    assert {kind: asked.names() for kind, asked in consequences.witnesses.items()} == {
        ChangeOutcome.STRATEGY_DISCUSSION: ["mash.consequences.discussions_called"],
        ChangeOutcome.ASSESSMENT: ["assessments.consequences.assessments_begun"],
        ChangeOutcome.UPDATED: ["assessments.consequences.updates_authorised"],
        ChangeOutcome.PLAN: [
            "assessments.consequences.plans_changed",
            "assessments.consequences.protection_changed",
            "assessments.consequences.safety_plans_changed",
        ],
        ChangeOutcome.URGENCY: ["cases.queries.witnesses.places_changed"],
        ChangeOutcome.ALLOCATION: ["cases.queries.witnesses.workers_named"],
        ChangeOutcome.VISIT: ["cases.queries.witnesses.seen"],
        ChangeOutcome.ESCALATION: ["cases.queries.witnesses.answered_above"],
    }
    assert [(door.kind, door.url_name) for door in consequences.registered()] == [
        (ChangeOutcome.VISIT, "cases:record_visit"),
        (ChangeOutcome.ESCALATION, "cases:record_oversight"),
        (ChangeOutcome.PLAN, "cases:child"),
        (ChangeOutcome.STRATEGY_DISCUSSION, "mash:call_for_child"),
        (ChangeOutcome.ASSESSMENT, "assessments:again"),
        (ChangeOutcome.PLAN, "assessments:cin_plan_start"),
    ]


def test_an_update_can_be_authorised_while_only_the_decision_waits(home, moved_in, manager, worker):
    def held(purpose):
        return change_queries.undone_changes(child_ids=home.ids, purpose=purpose, at=DECIDED)

    assert held(Purpose.AUTHORISE_UPDATE)
    all_reviewed(moved_in, home, manager, worker)
    assert held(Purpose.AUTHORISE)
    assert held(Purpose.TRANSFER)
    assert not held(Purpose.AUTHORISE_UPDATE)


def test_a_review_follows_the_child_to_the_worker_who_is_named(home, moved_in, manager, worker):
    triaged(moved_in, manager)
    review = review_of(moved_in, home["Jayden"])
    ChildRiskReview.objects.filter(pk=review.pk).update(owner=manager)
    with application_clock.set_to(REVIEWED):
        risk_reviews.follow_worker(
            child_id=home["Jayden"].pk, old_id=manager.pk, new=worker, at=REVIEWED
        )

    review.refresh_from_db()
    assert review.owner == worker


# What raises a change by itself -------------------------------------------------------------------


def test_a_contact_added_to_an_open_case_logs_a_change_of_its_kind_once(
    home, manager, contact_officer, mash_manager
):
    with application_clock.set_to(TRIAGED):
        contact = received(contact_officer, at=TRIAGED)
    contact.category = Category.DOMESTIC_ABUSE
    for _ in range(2):
        with application_clock.set_to(REVIEWED):
            raise_for_contact(
                contact=contact,
                child_ids=[home["Jayden"].pk],
                authority=require(manager, Permission.CHANGE_LOG),
                at=REVIEWED,
            )

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.learned_at) == (ChangeCode.DOMESTIC_ABUSE, TRIAGED)
    assert change.children.count() == 3
    assert [row.child for row in change.children.filter(is_concerned=True)] == [home["Jayden"]]
    assert Signal.objects.get().child == home["Jayden"]


def test_a_class_the_record_itself_shows_is_not_lowered_without_a_reason(home, worker, manager):
    with application_clock.set_to(TRIAGED):
        raise_for_missing(
            child_id=home["Jayden"].pk,
            episode_id=home["Jayden"].pk,
            missing_since=TRIAGED - timedelta(hours=2),
            reported_at=TRIAGED,
            is_grave=True,
            authority=require(worker, Permission.CHANGE_LOG),
            at=TRIAGED,
        )
    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.change_class) == (ChangeCode.MISSING, ChangeClass.IMMEDIATE)
    with pytest.raises(Refused, match="counts as immediate"):
        triaged(change, manager, at=REVIEWED)
    triaged(change, manager, at=REVIEWED, why="Found at his aunt’s within the hour")


def test_a_child_missing_from_a_home_where_nobody_works_raises_no_change(mash_manager):
    home = family(mash_manager, names=["Tyler"], kind=InvolvementKind.CONTACT)
    with application_clock.set_to(TRIAGED):
        raise_for_missing(
            child_id=home["Tyler"].pk,
            episode_id=home["Tyler"].pk,
            missing_since=TRIAGED,
            reported_at=TRIAGED,
            is_grave=False,
            authority=require(mash_manager, Permission.CHANGE_LOG),
            at=TRIAGED,
        )
    assert not ChangeOfCircumstance.objects.exists()
