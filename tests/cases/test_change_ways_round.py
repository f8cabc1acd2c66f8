"""A change is not got round: by linking, leaving, merging, closing, or being seen before it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.permissions import Permission, require
from cases import actions, holding, holds
from cases.actions import changes
from cases.actions.change_decisions import seen_after
from cases.change_codes import ChangeClass, ChangeCode, ChangeState
from cases.choices import InvolvementKind, ProtectionKind, VisitOutcome, VisitPurpose
from cases.family_changes import raise_for_contact
from cases.models import ChangeElsewhere, ChangeOfCircumstance, Involvement, Protection
from cases.queries.change_page import visible_change
from cases.queries.changes import change_work
from lib import application_clock
from people import actions as people_actions
from people.choices import HouseholdRole, RelationshipKind, Source
from people.models import HouseholdMembership, Person, Relationship
from people.queries import records_of
from record.errors import NotWhole, Refused
from record.models import Clock, OutboxMessage
from tests.cases.change_cases import (
    DECIDED,
    LEARNED,
    REVIEWED,
    TRIAGED,
    decided,
    joined,
    lines,
    logged,
    review_of,
    reviewed,
    triaged,
)
from tests.cases.families import family, member
from tests.factories.assessments import ContactFactory
from tests.factories.people import ChildFactory, RestrictionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(assessment_team_manager):
    return assessment_team_manager


@pytest.fixture
def worker(assessment_social_worker):
    return assessment_social_worker


@pytest.fixture
def home(manager, worker):
    return family(manager, worker)


def visited(child, by, at, *, outcome=VisitOutcome.KEPT, recorded=None):
    """A visit to one child, seen alone when it was kept."""
    is_kept = outcome == VisitOutcome.KEPT
    with application_clock.set_to(recorded or at):
        actions.record_visit(
            by=by,
            at=at,
            purpose=VisitPurpose.OTHER,
            outcome=outcome,
            where="At home",
            children=[
                actions.ChildAtVisit(
                    child_id=child.pk,
                    was_seen=is_kept,
                    was_seen_alone=is_kept,
                    next_attempt_on=None if is_kept else date(2026, 4, 1),
                )
            ],
        )


def reads_under(child, head):
    Person.objects.filter(pk=child.pk).update(canonical=head)


def waiting_to_be_seen(change):
    return Clock.objects.filter(rule="COC-SEEN", subject_id=change.pk, stopped_at=None).exists()


def listed(change):
    return set(change.children.values_list("child_id", flat=True))


# Two records of one child -------------------------------------------------------------------------


def test_a_partner_joins_where_only_other_records_of_open_children_live(home, worker):
    """Before, nobody was open there, and nothing was raised until the assessment was stale."""
    for child in home.children:
        other = ChildFactory(given_name=child.given_name, family_name=child.family_name)
        reads_under(other, child)
        HouseholdMembership.objects.filter(person=child).update(person=other)

    joined(home, worker)

    change = ChangeOfCircumstance.objects.get()
    assert {*records_of(person_ids=listed(change)).values()} == set(home.ids)


def test_a_contact_about_another_record_of_an_open_child_is_a_change(home, worker, manager):
    other = ChildFactory(given_name="Isla", family_name="Mockford")
    reads_under(other, home["Isla"])

    raise_for_contact(
        contact=ContactFactory(received_at=LEARNED),
        child_ids=[other.pk],
        authority=require(manager, Permission.CHANGE_LOG),
        at=LEARNED,
    )

    assert ChangeOfCircumstance.objects.get().children.count() == 3


# Seen since it happened ---------------------------------------------------------------------------


def test_a_child_seen_that_morning_before_we_knew_is_not_seen_since(home, worker, manager):
    visited(home["Isla"], worker, LEARNED - timedelta(hours=6))
    change = logged(worker, home["Isla"], code=ChangeCode.HARM)
    triaged(change, manager, change_class=ChangeClass.IMMEDIATE)

    assert seen_after(change, home["Isla"].pk, None) is None
    assert waiting_to_be_seen(change)
    with pytest.raises(
        actions.NotDone,
        match=r"Isla Mockford has not been seen since this happened: the visit of .*10:20 was"
        r" before we learned of it, .*16:20",
    ):
        decided(change, home, manager, at=TRIAGED)
    visited(home["Isla"], worker, TRIAGED + timedelta(hours=1))
    assert not waiting_to_be_seen(change)


def test_a_visit_of_the_day_after_counts_although_we_learned_later(home, worker, manager):
    visited(home["Isla"], worker, LEARNED - timedelta(hours=6))
    change = logged(worker, home["Isla"], code=ChangeCode.HARM, happened_on=date(2026, 3, 2))

    triaged(change, manager, change_class=ChangeClass.IMMEDIATE)

    assert seen_after(change, home["Isla"].pk, None) == LEARNED - timedelta(hours=6)
    assert not waiting_to_be_seen(change)


def test_a_child_whom_edt_saw_before_triage_waits_for_nobody(home, worker, manager):
    """Before, the limit of 24 hours ran on for a child who had been seen in time."""
    change = logged(worker, home["Isla"], code=ChangeCode.HARM)
    visited(home["Isla"], worker, LEARNED + timedelta(hours=2))

    triaged(change, manager, change_class=ChangeClass.IMMEDIATE)

    assert not waiting_to_be_seen(change)


def test_a_review_says_the_childs_view_and_never_seen_before_it_happened(home, worker, manager):
    change = logged(worker, home["Jayden"])
    triaged(change, manager)

    with pytest.raises(NotWhole) as refused:
        reviewed(
            change,
            home["Jayden"],
            worker,
            childs_view=" ",
            seen_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
        )

    assert "Say what Jayden Mockford says or shows" in str(refused.value)
    assert "Jayden Mockford was seen before it happened on 3 March 2026" in str(refused.value)


# Linked and parted records ------------------------------------------------------------------------


def test_a_change_holds_up_the_child_by_whichever_record(home, worker):
    """Before, an assessment could be authorised once the child was read under another record."""
    change = logged(worker, home["Jayden"])
    kept = ChildFactory(given_name="Jay", family_name="Mockford")
    reads_under(home["Jayden"], kept)

    found = holds.obstacles(child_ids=[kept.pk], purpose=holds.Purpose.AUTHORISE, at=DECIDED)

    assert [(each.child_id, str(change.pk) in each.url) for each in found] == [(kept.pk, True)]


def test_what_holds_up_several_children_is_said_once_and_names_each(home, worker):
    logged(worker, home["Jayden"])
    found = holds.obstacles(child_ids=home.ids, purpose=holds.Purpose.AUTHORISE, at=DECIDED)

    (said,) = holds.together([each for each in found if each.name])

    assert said.sentence.startswith(
        "A change of 3 March 2026 about Maisie Mockford, Jayden Mockford and Isla Mockford is not"
    )


def test_a_record_that_is_parted_again_is_reviewed_after_all(home, worker, manager):
    change = logged(worker, home["Jayden"], code=ChangeCode.HARM)
    kept = ChildFactory(given_name="Jay", family_name="Mockford")
    reads_under(home["Jayden"], kept)
    triaged(change, manager, change_class=ChangeClass.IMMEDIATE)
    assert review_of(change, kept).owner == worker
    assert change.children.get(child=kept).is_concerned
    reads_under(home["Jayden"], None)

    for child in (home["Maisie"], home["Isla"], kept):
        reviewed(change, child, worker, late_reason="Two records")

    change.refresh_from_db()
    assert change.state == ChangeState.REVIEWS_OPEN
    with pytest.raises(Refused, match="Jayden Mockford has no review"):
        decided(change, home, manager)


def test_a_home_is_open_by_whichever_record_of_its_child(manager, worker):
    home = family(manager, worker, names=["Jayden"])
    reads_under(home["Jayden"], ChildFactory(given_name="Jay", family_name="Mockford"))

    joined(home, worker)

    change = ChangeOfCircumstance.objects.get()
    assert change.code == ChangeCode.ADULT_JOINS
    reed = ChildFactory(given_name="Reed", family_name="Mockford")
    joined(home, worker, person=reed, role=HouseholdRole.RESIDENT_CHILD)
    assert reed.pk in listed(change)


def test_the_page_of_a_change_stays_open_when_its_only_child_is_linked(manager, worker):
    home = family(manager, worker, names=["Jayden"])
    change = logged(worker, home["Jayden"])
    reads_under(home["Jayden"], ChildFactory(given_name="Jay", family_name="Mockford"))

    assert visible_change(by=manager, change_id=change.pk) == change


def test_a_change_about_a_child_who_has_died_is_decided(manager, worker):
    """Before, it could not be, and so the referral could not be closed."""
    home = family(manager, worker, names=["Jayden"])
    change = logged(worker, home["Jayden"])
    triaged(change, manager)
    Person.objects.filter(pk=home["Jayden"].pk).update(died_on=date(2026, 3, 4))

    assert decided(change, home, manager).state == ChangeState.DONE


# Who belongs to it --------------------------------------------------------------------------------


def test_a_child_who_joined_and_leaves_again_is_a_change_each_time(home, worker):
    """Before, both came from one row of the record, and the second was taken for the first."""
    reed = joined(
        home,
        worker,
        person=ChildFactory(given_name="Reed", family_name="Mockford"),
        role=HouseholdRole.RESIDENT_CHILD,
    )
    membership = HouseholdMembership.objects.get(person=reed)

    with application_clock.set_to(REVIEWED):
        people_actions.leave_household(
            by=worker, at=REVIEWED, membership_id=membership.pk, because="To an aunt"
        )

    found = ChangeOfCircumstance.objects.order_by("logged_at")
    assert [each.happened for each in found] == ["joined", "left"]
    assert reed.pk in listed(found[1])


def test_a_child_who_stayed_a_while_between_event_and_logging_is_listed(home, worker):
    reed, gone = (ChildFactory(given_name=name, family_name="Mockford") for name in ("Reed", "Al"))
    for child, from_on, to_on in (
        (reed, date(2026, 2, 20), date(2026, 2, 25)),
        (gone, date(2026, 2, 1), date(2026, 2, 18)),
    ):
        member(home.household, child, HouseholdRole.PART_TIME_CHILD, from_on=from_on, to_on=to_on)

    change = logged(worker, home["Jayden"], happened_on=date(2026, 2, 18))

    assert listed(change) == {*home.ids, reed.pk}


# Raised from the right record, at the right class -------------------------------------------------


def test_visits_that_failed_are_a_change_in_whatever_order_they_are_written_down(home, worker):
    failed = {"outcome": VisitOutcome.NO_ACCESS, "recorded": LEARNED + timedelta(days=3)}
    visited(home["Isla"], worker, LEARNED + timedelta(days=1), **failed)
    assert not ChangeOfCircumstance.objects.exists()

    visited(home["Isla"], worker, LEARNED, **failed)
    visited(home["Isla"], worker, LEARNED + timedelta(days=2), **failed)

    assert ChangeOfCircumstance.objects.get().code == ChangeCode.DISENGAGED


def test_a_change_by_hand_is_as_grave_as_the_record_shows(home, worker):
    """Maisie is 9, Isla a baby with a child protection plan (domain.md 5.1)."""
    Protection.objects.create(
        child=home["Isla"],
        kind=ProtectionKind.PLAN,
        subject_id=home["Isla"].pk,
        from_at=LEARNED,
        recorded_at=LEARNED,
    )

    assert {
        code: logged(worker, home["Maisie"], code=code).change_class
        for code in (
            ChangeCode.MISSING,
            ChangeCode.BABY,
            ChangeCode.DISENGAGED,
            ChangeCode.MONEY,
            ChangeCode.SCHOOL,
        )
    } == {
        ChangeCode.MISSING: ChangeClass.IMMEDIATE,
        ChangeCode.BABY: ChangeClass.IMMEDIATE,
        ChangeCode.DISENGAGED: ChangeClass.IMMEDIATE,
        ChangeCode.MONEY: ChangeClass.SIGNIFICANT,
        ChangeCode.SCHOOL: "",
    }


# Merging ------------------------------------------------------------------------------------------


def test_merging_never_makes_an_event_lighter(home, worker, manager):
    """Before, an allegation merged into something else could be found not significant."""
    first = logged(worker, home["Jayden"], code=ChangeCode.OTHER, what="A call")
    second = logged(worker, home["Isla"], code=ChangeCode.HARM, at=LEARNED + timedelta(hours=1))
    tyler, mine = ChildFactory(given_name="Tyler"), ChildFactory(given_name="Ann")
    for change, child, told in (
        (second, tyler, {"is_told": True, "whom": "Reading"}),
        (first, mine, {}),
        (second, mine, {"is_told": False, "why_not": "He is told"}),
    ):
        ChangeElsewhere.objects.create(change=change, child=child, recorded_at=LEARNED, **told)

    with application_clock.set_to(TRIAGED):
        kept = actions.merge(
            by=manager, at=TRIAGED, change_id=second.pk, into_id=first.pk, because="One call"
        )

    assert kept == first
    assert changes.class_of(kept) == ChangeClass.IMMEDIATE
    (clock,) = Clock.objects.filter(subject_id=kept.pk, stopped_at=None)
    assert clock.rule == "COC-TRIAGE-I"
    assert kept.children.get(child=home["Isla"]).is_concerned
    assert {(one.child, one.is_told) for one in kept.elsewhere.all()} == {
        (tyler, True),
        (mine, False),
    }
    with pytest.raises(Refused, match="always significant"):
        actions.find_not_significant(
            by=manager, at=TRIAGED, change_id=kept.pk, lines=dict.fromkeys(home.ids, "Fine")
        )


def test_merging_keeps_what_a_manager_said_of_the_same_event(home, worker, manager):
    change = logged(worker, home["Jayden"])
    triaged(change, manager, change_class=ChangeClass.ROUTINE, why="He stayed before")
    again = logged(worker, home["Jayden"], at=LEARNED + timedelta(hours=1))

    with application_clock.set_to(DECIDED):
        kept = actions.merge(
            by=manager, at=DECIDED, change_id=again.pk, into_id=change.pk, because="Told twice"
        )

    assert kept.change_class == ChangeClass.ROUTINE


# Done ---------------------------------------------------------------------------------------------


def test_done_needs_word_of_each_child_elsewhere_and_names_no_restricted_one(home, worker, manager):
    change = logged(worker, home["Jayden"])
    tyler = ChildFactory(given_name="Tyler", family_name="Stubbs")
    closed = RestrictionFactory().person
    for child in (tyler, closed):
        ChangeElsewhere.objects.create(change=change, child=child, recorded_at=LEARNED)
    triaged(change, manager)
    for child in home.children:
        reviewed(change, child, worker)

    with pytest.raises(actions.NotDone) as refused:
        decided(change, home, manager)
    assert [each.sentence for each in refused.value.missing] == [
        "Say whether whoever is responsible for Tyler Stubbs, who lives elsewhere, is told,"
        " or why not"
    ]
    with application_clock.set_to(REVIEWED):
        actions.tell_elsewhere(
            by=worker,
            at=REVIEWED,
            elsewhere_id=change.elsewhere.get(child=tyler).pk,
            is_told=False,
            why_not="Kyle has no contact with him",
        )
    assert decided(change, home, manager).state == ChangeState.DONE


def test_whoever_held_the_children_last_decides_once_nobody_does(manager, worker):
    """Before, such a change stood for ever, with nobody to decide."""
    home = family(manager, worker, names=["Jayden"], kind=InvolvementKind.CONTACT)
    change = logged(worker, home["Jayden"])
    contact = Involvement.objects.get()
    holding.end(
        child_id=home["Jayden"].pk,
        kind=InvolvementKind.CONTACT,
        subject_id=contact.subject_id,
        at=LEARNED,
    )

    with application_clock.set_to(TRIAGED):
        assert [work.verb for work in change_work(by=manager, at=TRIAGED)] == ["Triage the change"]
    triaged(change, manager)
    reviewed(change, home["Jayden"], worker)
    assert decided(change, home, manager, lines=lines(home)).state == ChangeState.DONE


def test_whoever_holds_the_restriction_is_told_of_a_change_elsewhere(home, worker, manager):
    restriction = RestrictionFactory(owner=manager)
    partner = joined(home, worker, role=HouseholdRole.FREQUENT_VISITOR, at=LEARNED)
    Relationship.objects.create(
        person=partner,
        other=restriction.person,
        kind=RelationshipKind.FATHER,
        source=Source.WORKER,
        recorded_at=LEARNED,
    )

    logged(worker, home["Jayden"], at=LEARNED + timedelta(hours=1))

    told = OutboxMessage.objects.filter(topic="notice", payload__code="change.elsewhere")
    assert [message.payload["user_id"] for message in told] == [str(manager.pk)]
