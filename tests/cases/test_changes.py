"""A change of circumstance: nobody in the home is skipped, and done means done."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from accounts import actions as account_actions
from accounts.choices import Role
from cases import actions, holding, holds, waiting
from cases.actions import ChangeLine, changes
from cases.change_codes import ChangeClass, ChangeCode, ChangeOutcome, ChangeState
from cases.choices import InvolvementKind, Queue
from cases.models import (
    ChangeChild,
    ChangeConsequence,
    ChangeElsewhere,
    ChangeOfCircumstance,
    ChildRiskReview,
    ManagementOversight,
    RiskRating,
    WaitingEntry,
)
from cases.queries.changes import change_work
from lib import application_clock
from people import actions as people_actions
from people.choices import HouseholdRole, RelationshipKind, Source, Stage
from people.models import Person, Relationship, Restriction
from record.errors import Refused
from record.models import Clock, Event, OutboxMessage
from tests.cases.change_cases import (
    DECIDED,
    LEARNED,
    REVIEWED,
    TRIAGED,
    decided,
    joined,
    kyle,
    lines,
    logged,
    review_of,
    reviewed,
    triaged,
)
from tests.cases.families import family, member, opened
from tests.factories.accounts import DeputyshipFactory
from tests.factories.people import ChildFactory
from tests.personas import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    return family(assessment_team_manager, assessment_social_worker)


@pytest.fixture
def moved_in(home, assessment_social_worker):
    """Kyle joined, and the record logged it."""
    joined(home, assessment_social_worker)
    return ChangeOfCircumstance.objects.get()


@pytest.fixture
def manager(assessment_team_manager):
    return assessment_team_manager


@pytest.fixture
def worker(assessment_social_worker):
    return assessment_social_worker


def told(code):
    return {
        message.payload["user_id"]
        for message in OutboxMessage.objects.filter(topic="notice")
        if message.payload["code"] == code
    }


def running(change, what):
    return sorted(
        (clock.rule, clock.due_at)
        for clock in Clock.objects.filter(
            subject_id=change.pk, stopped_at=None, rule__startswith=f"COC-{what}"
        )
    )


# Logging ------------------------------------------------------------------------------------------


def test_an_adult_who_joins_raises_a_change_that_lists_every_child(home, moved_in, manager, worker):
    assert moved_in.code == ChangeCode.ADULT_JOINS
    assert moved_in.state == ChangeState.LOGGED
    assert moved_in.is_by_system
    assert moved_in.logged_by == worker
    assert set(moved_in.children.values_list("child_id", flat=True)) == set(home.ids)
    assert running(moved_in, "TRIAGE") == [
        ("COC-TRIAGE-S", datetime(2026, 3, 4, 17, 0, tzinfo=UTC))
    ]
    assert told("change.triage") == {str(manager.pk)}
    assert Event.objects.filter(code="change.logged").count() == 3


def test_the_same_row_raises_a_change_once(home, moved_in, worker):
    again = changes.raise_change(
        code=ChangeCode.ADULT_JOINS,
        authority=None,
        at=LEARNED,
        happened_on=date(2026, 3, 3),
        child_ids=home.ids,
        source_kind=moved_in.source_kind,
        source_id=moved_in.source_id,
    )

    assert again is None
    assert ChangeOfCircumstance.objects.count() == 1


def test_nothing_is_raised_where_only_a_contact_is_open(mash_manager, worker):
    home = family(mash_manager, kind=InvolvementKind.CONTACT)

    joined(home, worker)

    assert not ChangeOfCircumstance.objects.exists()


def test_filling_in_who_always_lived_there_in_the_first_days_raises_nothing(home, worker):
    joined(home, worker, at=datetime(2026, 2, 6, 10, 0, tzinfo=UTC), from_on=date(2021, 5, 1))

    assert not ChangeOfCircumstance.objects.exists()


def test_a_hidden_adult_found_later_raises_a_change_of_that_day(home, worker):
    joined(home, worker, from_on=date(2021, 5, 1))

    assert ChangeOfCircumstance.objects.get().happened_on == date(2021, 5, 1)


def test_who_leaves_raises_a_change_and_a_child_who_leaves_is_reviewed(home, worker):
    stay = home.household.memberships.get(person=home["Jayden"])
    with application_clock.set_to(LEARNED):
        people_actions.leave_household(
            by=worker, at=LEARNED, membership_id=stay.pk, because="To his father"
        )

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.happened) == (ChangeCode.CHILD_MOVES, "left")
    assert set(change.children.values_list("child_id", flat=True)) == set(home.ids)


def test_a_birth_raises_one_change_about_all_of_them(home, worker):
    with application_clock.set_to(LEARNED - timedelta(days=20)):
        baby = people_actions.create_person(
            by=worker,
            at=LEARNED - timedelta(days=20),
            stage=Stage.UNBORN,
            mother_id=home.mother.pk,
            is_child=True,
        )
    with application_clock.set_to(LEARNED):
        people_actions.record_birth(
            by=worker, at=LEARNED, person_id=baby.pk, born_on=date(2026, 3, 2), given_name="Reed"
        )

    change = ChangeOfCircumstance.objects.get(happened="born")
    assert change.code == ChangeCode.BABY
    assert set(change.children.values_list("child_id", flat=True)) == {*home.ids, baby.pk}


def test_a_death_raises_one_change_although_it_ends_the_membership_too(home, manager):
    with application_clock.set_to(LEARNED):
        people_actions.record_death(
            by=manager, at=LEARNED, person_id=home.mother.pk, died_on=date(2026, 3, 2)
        )

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.happened) == (ChangeCode.ADULT_LEAVES, "died")


def test_a_first_address_is_no_change_and_a_move_is_one_change(home, worker):
    def move(line, at):
        with application_clock.set_to(at):
            people_actions.move(by=worker, at=at, person_ids=[home.mother.pk, *home.ids], line=line)

    move("22 Dummy Close", LEARNED - timedelta(days=7))
    assert not ChangeOfCircumstance.objects.exists()
    move("1 Mock Lane", LEARNED)

    assert ChangeOfCircumstance.objects.get().code == ChangeCode.ADDRESS


def test_anybody_with_case_access_logs_a_change(home, auditor):
    change = logged(auditor, home["Jayden"], what="He sleeps in class", code=ChangeCode.SCHOOL)

    assert not change.is_by_system
    assert change.children.get(child=home["Jayden"]).is_concerned
    assert change.children.count() == 3


def test_log_is_refused_to_somebody_without_the_right(home, data_analyst):
    with pytest.raises(PermissionDenied):
        logged(data_analyst, home["Jayden"])

    assert not ChangeOfCircumstance.objects.exists()


def test_log_where_nobody_is_open_is_a_contact(worker):
    with pytest.raises(changes.NobodyOpen, match="so this is a contact, not a change"):
        logged(worker, ChildFactory(given_name="Tyler"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"code": "COC-77"}, "Choose what happened"),
        ({"code": ChangeCode.OTHER}, "Say what happened"),
        ({"learned_at": LEARNED + timedelta(days=1)}, "has not come yet"),
        ({"happened_on": date(2026, 3, 4)}, "after you learned of it"),
    ],
)
def test_log_says_what_is_missing_or_cannot_be(home, worker, fields, said):
    with pytest.raises(Refused, match=said):
        logged(worker, home["Jayden"], **fields)


def test_an_immediate_change_out_of_hours_is_put_to_edt(home, worker, edt_worker):
    night = datetime(2026, 3, 3, 22, 0, tzinfo=UTC)

    logged(worker, home["Jayden"], code=ChangeCode.HARM, at=night)

    assert str(edt_worker.pk) in told("change.edt")


def test_a_child_of_two_homes_brings_both_and_no_further(home, worker, manager):
    weekend = ChildFactory(given_name="Beth", family_name="Mockford")
    member(home.household, weekend, HouseholdRole.PART_TIME_CHILD)
    other = family(manager, names=["Hugo", "Nell"])
    member(other.household, weekend, HouseholdRole.RESIDENT_CHILD)

    change = logged(worker, home["Jayden"])

    assert set(change.children.values_list("child_id", flat=True)) == {*home.ids, weekend.pk}
    both = logged(worker, weekend)
    assert set(both.children.values_list("child_id", flat=True)) == {
        *home.ids,
        *other.ids,
        weekend.pk,
    }


def test_a_visitors_child_elsewhere_is_listed_apart(home, worker):
    partner = kyle()
    tyler = ChildFactory(given_name="Tyler", family_name="Stubbs")
    Relationship.objects.create(
        person=partner,
        other=tyler,
        kind=RelationshipKind.FATHER,
        source=Source.WORKER,
        recorded_at=LEARNED,
    )

    joined(home, worker, person=partner, role=HouseholdRole.FREQUENT_VISITOR)

    change = ChangeOfCircumstance.objects.get()
    assert [one.child for one in change.elsewhere.all()] == [tyler]
    assert tyler.pk not in set(change.children.values_list("child_id", flat=True))


# Triage -------------------------------------------------------------------------------------------


def test_triage_opens_a_review_of_each_childs_own(home, moved_in, manager, worker):
    change = triaged(moved_in, manager)

    assert change.state == ChangeState.REVIEWS_OPEN
    reviews = ChildRiskReview.objects.filter(subject_id=change.pk)
    assert {review.child_id for review in reviews} == set(home.ids)
    assert {review.owner for review in reviews} == {worker}
    assert (
        running(change, "REVIEW")
        == [("COC-REVIEW-S", datetime(2026, 3, 10, 17, 0, tzinfo=UTC))] * 3
    )
    assert running(change, "TRIAGE") == []
    assert told("change.review_asked") == {str(worker.pk)}


def test_the_manager_owns_the_review_of_a_child_without_a_worker(home, moved_in, manager):
    home["Isla"].allocations.update(to_at=LEARNED)

    triaged(moved_in, manager)

    assert review_of(moved_in, home["Isla"]).owner == manager


def test_triage_below_the_events_own_class_needs_a_reason(home, worker, manager):
    change = logged(worker, home["Jayden"], code=ChangeCode.HARM)

    with pytest.raises(Refused, match="Say why it is less urgent"):
        triaged(change, manager, change_class=ChangeClass.ROUTINE)

    change = triaged(change, manager, change_class=ChangeClass.ROUTINE, why="A graze, seen")
    assert change.class_why == "A graze, seen"


def test_triage_as_immediate_names_who_must_be_seen_within_24_hours(home, moved_in, manager):
    with pytest.raises(Refused, match="Choose which children this concerns directly"):
        triaged(moved_in, manager, change_class=ChangeClass.IMMEDIATE, concerned_ids=[])

    triaged(moved_in, manager, change_class=ChangeClass.IMMEDIATE, concerned_ids=[home["Isla"].pk])
    assert running(moved_in, "SEEN") == [("COC-SEEN", LEARNED + timedelta(hours=24))]


def test_triage_is_the_most_protective_managers(home, manager, sfs_manager):
    other = family(sfs_manager, names=["Maisie2"])
    member(home.household, other.children[0], HouseholdRole.PART_TIME_CHILD)
    change = logged(manager, home["Jayden"])

    with pytest.raises(Refused, match="Idris Sampleton, Safeguarding and Family Support, decides"):
        triaged(change, manager)

    assert triaged(change, sfs_manager).triaged_by == sfs_manager


def test_triage_is_refused_to_a_worker_and_to_edt_in_office_hours(
    home, moved_in, worker, edt_worker
):
    with pytest.raises(PermissionDenied):
        triaged(moved_in, worker)
    with pytest.raises(PermissionDenied, match="In office hours"):
        triaged(moved_in, edt_worker)

    moved_in.refresh_from_db()
    assert moved_in.state == ChangeState.LOGGED


def test_edt_triages_out_of_hours_and_the_managers_limit_goes_on_running(
    home, moved_in, manager, edt_worker
):
    night = datetime(2026, 3, 3, 22, 0, tzinfo=UTC)
    change = triaged(moved_in, edt_worker, at=night)
    assert change.is_provisional
    assert ChildRiskReview.objects.count() == 3
    assert len(running(change, "TRIAGE")) == 1

    change = triaged(change, manager, change_class=ChangeClass.IMMEDIATE)

    assert not change.is_provisional
    assert running(change, "TRIAGE") == []
    assert {rule for rule, _due in running(change, "REVIEW")} == {"COC-REVIEW-I"}


def test_a_change_is_triaged_once(home, moved_in, manager):
    triaged(moved_in, manager)

    with pytest.raises(Refused, match="triaged already"):
        triaged(moved_in, manager)


def test_raising_the_class_counts_again_from_what_was_learned(home, moved_in, manager):
    triaged(moved_in, manager)
    with application_clock.set_to(TRIAGED + timedelta(hours=2)):
        change = actions.change_class_of(
            by=manager,
            at=TRIAGED + timedelta(hours=2),
            change_id=moved_in.pk,
            change_class=ChangeClass.IMMEDIATE,
            why="He is barred from contact with children",
        )

    assert change.change_class == ChangeClass.IMMEDIATE
    assert (
        running(change, "REVIEW") == [("COC-REVIEW-I", datetime(2026, 3, 4, 17, 0, tzinfo=UTC))] * 3
    )
    replaced = Clock.objects.filter(stop_reason="replaced")
    assert {clock.rule for clock in replaced} == {"COC-REVIEW-S"}


@pytest.mark.parametrize(
    ("change_class", "why", "said"),
    [
        (ChangeClass.SIGNIFICANT, "Again", "its class already"),
        (ChangeClass.IMMEDIATE, " ", "Say why the class changes"),
    ],
)
def test_changing_the_class_says_what_is_missing(home, moved_in, manager, change_class, why, said):
    triaged(moved_in, manager)

    with application_clock.set_to(TRIAGED), pytest.raises(Refused, match=said):
        actions.change_class_of(
            by=manager, at=TRIAGED, change_id=moved_in.pk, change_class=change_class, why=why
        )


# The household until it is closed -----------------------------------------------------------------


def test_a_child_who_joins_before_closing_is_added_and_the_count_changes(
    home, moved_in, manager, worker
):
    triaged(moved_in, manager)
    for name in ("Maisie", "Jayden", "Isla"):
        reviewed(moved_in, home[name], worker)
    moved_in.refresh_from_db()
    assert moved_in.state == ChangeState.AWAITING_MANAGER
    reed = ChildFactory(given_name="Reed", family_name="Mockford")

    joined(
        home,
        worker,
        person=reed,
        role=HouseholdRole.RESIDENT_CHILD,
        at=REVIEWED + timedelta(hours=2),
        from_on=date(2026, 3, 9),
    )

    moved_in.refresh_from_db()
    assert moved_in.state == ChangeState.REVIEWS_OPEN
    assert review_of(moved_in, reed).state == ChildRiskReview.State.TO_DO
    assert running(moved_in, "DECIDE") == []
    with pytest.raises(Refused, match="Reed Mockford has no review"):
        decided(moved_in, home, manager)


def test_a_child_of_18_by_closing_is_reviewed_all_the_same(home, moved_in, manager, worker):
    Person.objects.filter(pk=home["Maisie"].pk).update(date_of_birth=date(2008, 3, 5))
    triaged(moved_in, manager)
    for name in ("Jayden", "Isla"):
        reviewed(moved_in, home[name], worker)

    with pytest.raises(Refused, match="Maisie Mockford has no review"):
        decided(moved_in, home, manager)


def test_a_child_who_died_needs_no_review(home, moved_in, manager, worker):
    triaged(moved_in, manager)
    for name in ("Jayden", "Isla"):
        reviewed(moved_in, home[name], worker)

    with application_clock.set_to(REVIEWED + timedelta(hours=1)):
        people_actions.record_death(
            by=manager,
            at=REVIEWED + timedelta(hours=1),
            person_id=home["Maisie"].pk,
            died_on=date(2026, 3, 8),
        )

    moved_in.refresh_from_db()
    assert moved_in.state == ChangeState.AWAITING_MANAGER
    assert review_of(moved_in, home["Maisie"]).state == ChildRiskReview.State.NOT_NEEDED


# The decision -------------------------------------------------------------------------------------


def all_reviewed(change, home, manager, worker, **fields):
    triaged(change, manager, **fields)
    for child in home.children:
        reviewed(change, child, worker)
    change.refresh_from_db()
    return change


def test_done_needs_every_child_and_names_who_is_missing(home, moved_in, manager, worker):
    triaged(moved_in, manager)
    reviewed(moved_in, home["Maisie"], worker)
    reviewed(moved_in, home["Isla"], worker)

    with pytest.raises(actions.NotDone) as refused:
        decided(moved_in, home, manager)

    assert str(refused.value) == "Jayden Mockford has no review: it is Femi Exampleton’s to do"
    moved_in.refresh_from_db()
    assert moved_in.state == ChangeState.REVIEWS_OPEN
    assert not ManagementOversight.objects.exists()


def test_done_keeps_the_decision_and_confirms_each_child(home, moved_in, manager, worker):
    all_reviewed(moved_in, home, manager, worker)
    assert running(moved_in, "DECIDE") == [
        ("COC-DECIDE-S", datetime(2026, 3, 10, 17, 0, tzinfo=UTC))
    ]

    change = decided(moved_in, home, manager)

    assert (change.state, change.closed_by) == (ChangeState.DONE, manager)
    assert change.oversight.kind == "change"
    assert set(change.oversight.children.values_list("child_id", flat=True)) == set(home.ids)
    assert set(change.children.values_list("confirmed_right_on", flat=True)) == {date(2026, 3, 10)}
    assert not Clock.objects.filter(subject_id=change.pk, stopped_at=None).exists()
    assert Event.objects.filter(code="change.done").count() == 3
    assert told("change.done") == {str(worker.pk)}


def test_done_names_each_thing_the_manager_has_not_said(home, moved_in, manager, worker):
    all_reviewed(moved_in, home, manager, worker)

    with pytest.raises(actions.NotDone) as refused:
        decided(
            moved_in,
            home,
            manager,
            lines=[ChangeLine(child_id=home["Maisie"].pk, outcome=ChangeOutcome.STANDS, line=" ")],
            family_told="",
        )

    assert [sentence for _field, sentence in refused.value.problems] == [
        "Say why, for Maisie Mockford",
        "Choose what you decide for Jayden Mockford",
        "Choose what you decide for Isla Mockford",
        "Say what the family was told, or why it is not safe",
    ]


def test_what_is_decided_must_exist(home, moved_in, manager, worker):
    all_reviewed(moved_in, home, manager, worker)
    jayden = home["Jayden"]
    chosen = lines(home, but={jayden.pk: ChangeOutcome.PLAN})

    with pytest.raises(
        actions.NotDone,
        match="Plan or safety plan changed, for Jayden Mockford: nothing like it is on the record",
    ):
        decided(moved_in, home, manager, lines=chosen)

    with application_clock.set_to(DECIDED):
        actions.write_consequence(
            authority=changes.deciding_authority(moved_in, by=manager, at=DECIDED)[0],
            at=DECIDED,
            change_id=moved_in.pk,
            kind=ChangeOutcome.PLAN,
            subject_kind="plan",
            subject_id=home.household.pk,
            child_ids=[jayden.pk],
        )
    change = decided(moved_in, home, manager, lines=chosen)

    assert change.state == ChangeState.DONE
    assert change.children.get(child=jayden).confirmed_right_on is None


def test_a_consequence_is_written_once_and_for_children_of_the_change_only(
    home, moved_in, manager, worker
):
    stranger = ChildFactory()
    with application_clock.set_to(TRIAGED):
        for _ in range(2):
            actions.write_consequence(
                authority=changes.deciding_authority(moved_in, by=manager, at=TRIAGED)[0],
                at=TRIAGED,
                change_id=moved_in.pk,
                kind=ChangeOutcome.STRATEGY_DISCUSSION,
                subject_kind="discussion",
                subject_id=home.household.pk,
                child_ids=[home["Jayden"].pk, stranger.pk],
                url_name="cases:child",
            )

    assert ChangeConsequence.objects.get().child == home["Jayden"]
    assert Event.objects.filter(code="change.consequence").count() == 1


def test_an_immediate_change_needs_the_child_seen_since_it_happened(
    home, moved_in, manager, worker
):
    triaged(moved_in, manager, change_class=ChangeClass.IMMEDIATE)
    unseen = {
        "was_seen": False,
        "not_seen_because": "Nobody in",
        "next_attempt_on": date(2026, 3, 4),
    }
    for child in home.children:
        reviewed(moved_in, child, worker, at=TRIAGED + timedelta(hours=1), **unseen)
    soon = TRIAGED + timedelta(hours=2)

    with pytest.raises(actions.NotDone, match="Jayden Mockford has not been seen since this"):
        decided(moved_in, home, manager, at=soon)


def test_a_late_decision_says_why(home, moved_in, manager, worker):
    all_reviewed(moved_in, home, manager, worker)
    late = datetime(2026, 3, 13, 10, 0, tzinfo=UTC)

    with pytest.raises(actions.NotDone, match="Say why this is late"):
        decided(moved_in, home, manager, at=late)
    decided(moved_in, home, manager, at=late, late_reason="On leave, no deputy named")

    clock = Clock.objects.get(rule="COC-DECIDE-S", subject_id=moved_in.pk)
    assert clock.late_reason == "On leave, no deputy named"


def test_decide_is_refused_to_another_teams_manager_and_to_a_worker(
    home, moved_in, manager, worker, mash_manager
):
    all_reviewed(moved_in, home, manager, worker)

    with pytest.raises(Refused, match="Ruth Mockridge, Assessment, decides about this home"):
        decided(moved_in, home, mash_manager)
    with pytest.raises(PermissionDenied):
        decided(moved_in, home, worker)

    moved_in.refresh_from_db()
    assert moved_in.state == ChangeState.AWAITING_MANAGER


def test_a_change_is_closed_once(home, moved_in, manager, worker):
    all_reviewed(moved_in, home, manager, worker)
    decided(moved_in, home, manager)

    with pytest.raises(changes.AlreadyClosed, match="closed: done"):
        decided(moved_in, home, manager)


# Not significant, merged --------------------------------------------------------------------------


def insignificant(change, by, said):
    with application_clock.set_to(TRIAGED):
        return actions.find_not_significant(by=by, at=TRIAGED, change_id=change.pk, lines=said)


def test_not_significant_needs_a_sentence_for_each_child(home, moved_in, manager):
    said = {child.pk: f"{child.given_name} knows him well" for child in home.children}

    with pytest.raises(actions.NotDone, match="Jayden Mockford"):
        insignificant(moved_in, manager, {**said, home["Jayden"].pk: ""})
    change = insignificant(moved_in, manager, said)

    assert change.state == ChangeState.NOT_SIGNIFICANT
    assert running(change, "TRIAGE") == []
    assert not ChildRiskReview.objects.exists()


def test_an_immediate_event_is_never_found_not_significant(home, worker, manager):
    change = logged(worker, home["Jayden"], code=ChangeCode.HARM)

    with pytest.raises(Refused, match="always significant"):
        insignificant(change, manager, {child.pk: "Fine" for child in home.children})


def test_a_triaged_change_is_no_longer_found_not_significant(home, moved_in, manager):
    triaged(moved_in, manager)

    with pytest.raises(Refused, match="has been triaged"):
        insignificant(moved_in, manager, {child.pk: "Fine" for child in home.children})


def merged(one, other, by, because="Two people rang about Kyle"):
    with application_clock.set_to(DECIDED):
        return actions.merge(by=by, at=DECIDED, change_id=one.pk, into_id=other.pk, because=because)


def test_merging_keeps_the_one_learned_first_and_every_review(home, moved_in, manager, worker):
    second = logged(worker, home["Jayden"], at=LEARNED + timedelta(hours=1))
    triaged(moved_in, manager)
    triaged(second, manager, change_class=ChangeClass.IMMEDIATE)
    reviewed(second, home["Jayden"], worker, late_reason="Nobody was in")
    reviewed(moved_in, home["Maisie"], worker)

    kept = merged(moved_in, second, manager)

    second.refresh_from_db()
    assert (kept.pk, second.state, second.merged_into_id) == (moved_in.pk, "merged", moved_in.pk)
    assert kept.change_class == ChangeClass.IMMEDIATE
    assert changes.unreviewed(kept) == [home["Isla"].pk]
    assert not Clock.objects.filter(subject_id=second.pk, stopped_at=None).exists()
    reviewed(kept, home["Isla"], worker, at=DECIDED, late_reason="Merged late")
    kept.refresh_from_db()
    assert kept.state == ChangeState.AWAITING_MANAGER
    assert (
        decided(kept, home, manager, at=DECIDED, late_reason="Seen on the sixth day").state
        == "done"
    )


def test_merging_needs_a_reason_a_child_in_common_and_another_change(home, moved_in, manager):
    other_home = family(manager, names=["Hugo"])
    other = logged(manager, other_home["Hugo"])

    with pytest.raises(Refused, match="no child in common"):
        merged(moved_in, other, manager)
    with pytest.raises(Refused, match="Say why"):
        merged(moved_in, other, manager, because="")
    with pytest.raises(Refused, match="another change"):
        merged(moved_in, moved_in, manager)


# Reviews ------------------------------------------------------------------------------------------


def test_a_review_writes_the_risk_and_places_a_family_that_waits(home, moved_in, manager, worker):
    triaged(moved_in, manager)
    with application_clock.set_to(TRIAGED):
        group = waiting.enter(
            authority=changes.deciding_authority(moved_in, by=manager, at=TRIAGED)[0],
            at=TRIAGED,
            queue=Queue.TRANSFER,
            team=home.team,
            subject_kind="transfer",
            subject_id=home.household.pk,
            children=[
                waiting.ChildWaiting(child_id=pk, since_at=TRIAGED, risk="low", why="Settled")
                for pk in home.ids
            ],
            reason="Child in need plan agreed",
            queue_rank=waiting.IN_NEED_PLAN,
        )

    reviewed(moved_in, home["Jayden"], worker, risk_now="high")

    group.refresh_from_db()
    entry = WaitingEntry.objects.get(child=home["Jayden"])
    assert (entry.risk, group.risk_rank) == ("high", 1)
    rating = RiskRating.objects.filter(child=home["Jayden"]).latest("recorded_at")
    assert (rating.level, rating.subject_kind) == ("high", "risk_review")
    assert moved_in.consequences.get().kind == ChangeOutcome.URGENCY


def test_a_review_names_each_missing_answer_and_the_child(home, moved_in, manager, worker):
    triaged(moved_in, manager)

    with pytest.raises(Refused) as refused:
        reviewed(
            moved_in,
            home["Jayden"],
            worker,
            effect="",
            risk_now="",
            was_seen=False,
            is_plan_right=False,
        )

    assert [sentence for _field, sentence in refused.value.problems] == [
        "Say what it means for Jayden Mockford",
        "Choose how great the risk to Jayden Mockford is now",
        "Say why Jayden Mockford was not seen",
        "Say when you next try to see Jayden Mockford",
        "Say what in the plan or safety plan is no longer right for Jayden Mockford",
    ]


def test_a_baby_need_not_be_seen_alone_and_an_older_child_needs_a_reason(
    home, moved_in, manager, worker
):
    triaged(moved_in, manager)

    reviewed(moved_in, home["Isla"], worker, was_seen_alone=False)
    with pytest.raises(Refused, match="Say why Jayden Mockford was not seen alone"):
        reviewed(moved_in, home["Jayden"], worker, was_seen_alone=False)


def test_a_late_review_says_why(home, moved_in, manager, worker):
    triaged(moved_in, manager)
    late = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)

    with pytest.raises(Refused, match="Say why the review of Jayden Mockford is late"):
        reviewed(moved_in, home["Jayden"], worker, at=late)
    review = reviewed(moved_in, home["Jayden"], worker, at=late, late_reason="Nobody was in")

    assert review.late_reason == "Nobody was in"


def test_a_review_is_completed_once(home, moved_in, manager, worker):
    triaged(moved_in, manager)
    reviewed(moved_in, home["Jayden"], worker)

    with pytest.raises(actions.AlreadyReviewed, match="Femi Exampleton has completed the review"):
        reviewed(moved_in, home["Jayden"], worker)


def test_a_review_is_for_the_worker_the_team_or_whose_it_is(
    home, moved_in, manager, worker, mash_social_worker, contact_officer
):
    triaged(moved_in, manager)

    with pytest.raises(PermissionDenied, match="worker or their team"):
        reviewed(moved_in, home["Jayden"], mash_social_worker)
    with pytest.raises(PermissionDenied):
        reviewed(moved_in, home["Jayden"], contact_officer)
    given = {"by": manager, "at": TRIAGED, "to_id": mash_social_worker.pk}
    with application_clock.set_to(TRIAGED):
        for _twice in range(2):
            actions.give_review(review_id=review_of(moved_in, home["Jayden"]).pk, **given)
    assert Event.objects.filter(code="risk_review.given").count() == 1
    assert reviewed(moved_in, home["Jayden"], mash_social_worker).completed_by == mash_social_worker


def test_a_review_is_given_only_to_somebody_who_may_write_it(home, moved_in, manager, auditor):
    triaged(moved_in, manager)
    review = review_of(moved_in, home["Jayden"])

    with application_clock.set_to(TRIAGED), pytest.raises(Refused, match="may not write reviews"):
        actions.give_review(by=manager, at=TRIAGED, review_id=review.pk, to_id=auditor.pk)


def test_a_review_is_countersigned_by_another_manager_than_wrote_it(
    home, moved_in, manager, worker
):
    home["Isla"].allocations.update(to_at=LEARNED)
    triaged(moved_in, manager)
    own = reviewed(moved_in, home["Isla"], manager)
    other = reviewed(moved_in, home["Jayden"], worker)

    with application_clock.set_to(DECIDED):
        with pytest.raises(Refused, match="You wrote this review"):
            actions.countersign_review(by=manager, at=DECIDED, review_id=own.pk)
        signed = actions.countersign_review(by=manager, at=DECIDED, review_id=other.pk)
        with pytest.raises(Refused, match="nothing to sign"):
            actions.countersign_review(by=manager, at=DECIDED, review_id=other.pk)

    assert (signed.state, signed.countersigned_by) == ("countersigned", manager)


def test_a_reminder_goes_to_whoever_owes_the_review_once_a_day(home, moved_in, manager, worker):
    triaged(moved_in, manager)
    review = review_of(moved_in, home["Jayden"])

    with application_clock.set_to(DECIDED):
        for _ in range(2):
            actions.remind(by=manager, at=DECIDED, review_id=review.pk)

    assert told("change.review_reminder") == {str(worker.pk)}
    sent = [
        message
        for message in OutboxMessage.objects.filter(topic="notice")
        if message.payload["code"] == "change.review_reminder"
    ]
    assert len(sent) == 1


# Elsewhere ----------------------------------------------------------------------------------------


def test_a_child_elsewhere_is_told_or_not_told_because(home, moved_in, worker, sfs_manager):
    tyler = ChildFactory(given_name="Tyler")
    opened(tyler, sfs_manager.managed_teams.get())
    one = ChangeElsewhere.objects.create(change=moved_in, child=tyler, recorded_at=LEARNED)

    with application_clock.set_to(TRIAGED):
        with pytest.raises(Refused, match="Say who was told"):
            actions.tell_elsewhere(by=worker, at=TRIAGED, elsewhere_id=one.pk, is_told=True)
        with pytest.raises(Refused, match="Say why nobody is told"):
            actions.tell_elsewhere(by=worker, at=TRIAGED, elsewhere_id=one.pk, is_told=False)
        with pytest.raises(Refused, match="Nobody was told"):
            actions.answer_elsewhere(by=worker, at=TRIAGED, elsewhere_id=one.pk, answer="Thanks")
        actions.tell_elsewhere(
            by=worker, at=TRIAGED, elsewhere_id=one.pk, is_told=True, whom="Reading"
        )
        one = actions.answer_elsewhere(
            by=worker, at=TRIAGED, elsewhere_id=one.pk, answer="They know him"
        )

    assert (one.whom, one.answer, one.answered_on) == ("Reading", "They know him", date(2026, 3, 4))
    assert told("change.elsewhere") == {str(sfs_manager.pk)}


# Restricted ---------------------------------------------------------------------------------------


@pytest.fixture
def restricted(home, head_of_service):
    Restriction.objects.create(
        person=home["Isla"],
        owner=head_of_service,
        reason="A colleague's child",
        at=LEARNED,
        recorded_at=LEARNED,
        recorded_by=head_of_service,
    )
    return home["Isla"]


def test_a_restricted_childs_review_and_line_pass_to_whoever_holds_the_restriction(
    home, restricted, moved_in, manager, worker, head_of_service
):
    triaged(moved_in, manager)
    assert review_of(moved_in, restricted).owner == head_of_service
    for name in ("Maisie", "Jayden"):
        reviewed(moved_in, home[name], worker)
    theirs = [line for line in lines(home) if line.child_id != restricted.pk]

    with pytest.raises(actions.NotDone) as refused:
        decided(moved_in, home, manager, lines=theirs)
    assert "Isla" not in str(refused.value)
    assert "Restricted child, ring Helen Dummyfield" in str(refused.value)

    reviewed(moved_in, restricted, head_of_service)
    with application_clock.set_to(REVIEWED + timedelta(minutes=5)):
        actions.answer_line(
            by=head_of_service,
            at=REVIEWED + timedelta(minutes=5),
            change_id=moved_in.pk,
            child_id=restricted.pk,
            outcome=ChangeOutcome.STANDS,
            line="Safe where she is",
        )
    assert decided(moved_in, home, manager, lines=theirs).state == ChangeState.DONE


def test_only_whoever_holds_the_restriction_answers_for_the_child(
    home, restricted, moved_in, manager
):
    triaged(moved_in, manager)

    with application_clock.set_to(TRIAGED), pytest.raises(Refused, match="holds the restriction"):
        actions.answer_line(
            by=manager,
            at=TRIAGED,
            change_id=moved_in.pk,
            child_id=home["Jayden"].pk,
            outcome=ChangeOutcome.STANDS,
            line="Fine",
        )


def test_deputy_of_whoever_holds_the_restriction_reviews_and_answers(
    home, restricted, moved_in, manager, worker, head_of_service
):
    director = person("Dora Stand-Above", Role.DIRECTOR)
    triaged(moved_in, manager)
    with pytest.raises(PermissionDenied, match="holds the restriction"):
        reviewed(moved_in, restricted, director)
    DeputyshipFactory(manager=head_of_service, deputy=director, from_at=LEARNED, to_at=DECIDED)

    with application_clock.set_to(TRIAGED):
        assert [work.verb for work in change_work(by=director, at=TRIAGED)] == ["Review the risk"]
    reviewed(moved_in, restricted, director)


def test_seniors_answer_once_the_account_of_whoever_holds_the_restriction_is_closed(
    home, restricted, moved_in, manager, worker, head_of_service, administrator
):
    """Before, the review went to a worker who may not read the record, and the change stood."""
    director = person("Dora Stand-Above", Role.DIRECTOR)
    triaged(moved_in, manager)
    with application_clock.set_to(TRIAGED):
        account_actions.deactivate_user(
            user_id=head_of_service.pk, by=administrator, at=TRIAGED, successor_id=director.pk
        )

    assert review_of(moved_in, restricted).owner == head_of_service
    reviewed(moved_in, restricted, director)
    for name in ("Maisie", "Jayden"):
        reviewed(moved_in, home[name], worker)
    (owed,) = change_work(by=director, at=DECIDED)
    assert (owed.verb, owed.who) == ("Answer for this child", restricted.name)
    with application_clock.set_to(DECIDED):
        actions.answer_line(
            by=director,
            at=DECIDED,
            change_id=moved_in.pk,
            child_id=restricted.pk,
            outcome=ChangeOutcome.STANDS,
            line="Safe where she is",
        )
    assert change_work(by=director, at=DECIDED) == []


# What it holds up ---------------------------------------------------------------------------------


def sentences(child, purpose=holds.Purpose.TRANSFER):
    return [
        found.sentence
        for found in holds.obstacles(child_ids=[child.pk], purpose=purpose, at=DECIDED)
        if found.sentence.startswith("A change")
    ]


def test_an_undone_change_holds_up_and_names_the_child_still_to_be_done(
    home, moved_in, manager, worker
):
    def said():
        (same,) = {
            tuple(sentences(home["Maisie"], holds.Purpose(purpose)))
            for purpose in ("authorise", "transfer", "close", "conference")
        }
        return list(same)

    assert said() == [
        "A change of 3 March 2026 about Maisie Mockford is not decided: an adult moves in or"
        " becomes a regular visitor. It waits for triage"
    ]
    triaged(moved_in, manager)
    reviewed(moved_in, home["Maisie"], worker)
    reviewed(moved_in, home["Isla"], worker)
    assert said()[0].endswith("Jayden Mockford has no review")
    reviewed(moved_in, home["Jayden"], worker)
    assert said()[0].endswith("the manager has not decided")
    decided(moved_in, home, manager)

    assert said() == []


def test_what_holds_up_does_not_name_a_restricted_child(
    home, restricted, moved_in, manager, django_assert_max_num_queries
):
    triaged(moved_in, manager)

    with django_assert_max_num_queries(5):
        (said,) = sentences(home["Maisie"])

    assert "Isla" not in said
    assert "a restricted child" in said


# The database -------------------------------------------------------------------------------------


def test_the_database_refuses_done_while_a_child_is_unreviewed(home, moved_in, manager, worker):
    all_reviewed(moved_in, home, manager, worker)
    change = decided(moved_in, home, manager)
    other = logged(worker, home["Jayden"], at=DECIDED, happened_on=date(2026, 3, 10))
    triaged(other, manager, at=DECIDED)
    oversight = ManagementOversight.objects.get(pk=change.oversight_id)
    oversight.pk, oversight._state.adding = None, True
    oversight.save()

    with pytest.raises(InternalError, match="every child is reviewed"), transaction.atomic():
        ChangeOfCircumstance.objects.filter(pk=other.pk).update(
            state="done", closed_at=DECIDED, closed_by=manager, oversight=oversight
        )


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("cases_change_class_after_triage", {"state": "reviews_open"}),
        ("cases_change_closed_pair", {"state": "not_significant"}),
        ("cases_change_merged_pair", {"merged_because": "x", "state": "merged"}),
    ],
)
def test_the_database_refuses_a_change_that_cannot_be(home, moved_in, manager, name, fields):
    if name != "cases_change_closed_pair" and "merged" in name:
        fields = {**fields, "closed_at": DECIDED, "closed_by": manager}

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        ChangeOfCircumstance.objects.filter(pk=moved_in.pk).update(**fields)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("cases_change_child_decided_whole", {"outcome": "stands"}),
        ("cases_change_child_confirmed", {"confirmed_right_on": date(2026, 3, 10)}),
    ],
)
def test_the_database_refuses_a_line_that_cannot_be(home, moved_in, name, fields):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        ChangeChild.objects.update(**fields)


def test_the_database_keeps_changes_and_their_children(home, moved_in):
    for rows in (ChangeChild.objects.all(), ChangeOfCircumstance.objects.all()):
        with pytest.raises(InternalError, match="kept"), transaction.atomic():
            rows._raw_delete(rows.db)


def test_responsibility_that_moves_moves_the_decision(home, moved_in, manager, sfs_manager):
    for child in home.children:
        with application_clock.set_to(TRIAGED):
            holding.move(
                child_id=child.pk,
                to=sfs_manager.managed_teams.get(),
                at=TRIAGED,
                reason="transfer",
                authority=None,
            )

    assert triaged(moved_in, sfs_manager).triaged_by == sfs_manager
