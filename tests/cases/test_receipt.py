"""When a contact came in, put right afterwards; and the limits of a section 47 enquiry's day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.permissions import Permission, require
from cases import actions
from cases.change_codes import ChangeClass
from cases.choices import Outcome
from cases.family_changes import raise_for_contact
from cases.models import ChangeOfCircumstance, Handover, Referral
from lib import application_clock
from mash import actions as mash_actions
from record.errors import Refused
from record.models import Clock, Event
from tests.cases.families import family
from tests.cases.front_door import MORNING, child, decided, hours, offered, received
from tests.mash.discussions import called, concluded, held, met, not_met

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]

BEFORE = MORNING - timedelta(days=2)
"""Tuesday; MORNING is a Thursday."""


@pytest.fixture
def contact(contact_officer):
    return received(contact_officer, child())


def correct(contact, manager, to=BEFORE, **more):
    given = {"at": hours(30), "received_at": to, "reason": "The e-mail says so"} | more
    return actions.correct_received_at(by=manager, contact_id=contact.pk, **given)


def clocks_of(subject_id, rule):
    return list(Clock.objects.filter(subject_id=subject_id, rule=rule).order_by("started_at"))


def test_a_limit_that_was_met_is_counted_again_and_stays_met_when_it_was(contact, mash_manager):
    decided(contact, mash_manager, Outcome.NFA)

    correct(contact, mash_manager)

    right, wrong = clocks_of(contact.pk, "CON-DEC")
    assert (right.started_at, wrong.started_at) == (BEFORE, MORNING)
    assert (right.stop_reason, wrong.stop_reason) == ("met", "replaced")
    assert right.stopped_at == wrong.stopped_at == hours(1)
    assert wrong.stopped_at < wrong.due_at  # in time, as it seemed
    assert right.stopped_at > right.due_at  # late, as it was
    assert (right.replaces, right.replaced_because) == (wrong, "start_corrected")
    assert len(clocks_of(contact.pk, "CON-FB")) == 1  # counted from the decision, not from receipt


def test_referrals_that_date_from_the_receipt_follow_it(
    contact, mash_manager, assessment_team_manager
):
    offered(contact, mash_manager, assessment_team_manager)

    correct(contact, mash_manager)

    referral = Referral.objects.get(contact=contact)
    assert (referral.received_at, referral.referral_on) == (BEFORE, date(2026, 3, 10))
    right, wrong = clocks_of(referral.pk, "REF-DEC")
    assert (right.started_at, right.stop_reason, wrong.stop_reason) == (BEFORE, "met", "replaced")
    assert right.stopped_at > right.due_at
    (seen,) = Clock.objects.filter(subject_id=referral.pk, rule="REF-SEEN", stopped_at=None)
    assert (seen.started_at, seen.due_at) == (BEFORE, datetime(2026, 3, 17, 17, 0, tzinfo=UTC))
    (named,) = clocks_of(referral.pk, "REF-ALLOC")
    assert named.started_at == hours(1)  # from acceptance
    assert (
        referral.next_due_at
        == Clock.objects.filter(subject_id=referral.pk, stopped_at=None)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )


def test_referral_never_dates_from_before_an_earlier_one_closed(
    contact, mash_manager, assessment_team_manager
):
    offered(contact, mash_manager, assessment_team_manager)
    referral = Referral.objects.get(contact=contact)
    earlier = Referral.objects.get(pk=referral.pk)
    earlier.pk, earlier._state.adding = None, True
    earlier.state, earlier.closure_reason = "closed", "RC3"
    earlier.referral_on, earlier.closed_on = date(2025, 11, 3), date(2026, 3, 11)
    earlier.received_at = datetime(2025, 11, 3, 10, 0, tzinfo=UTC)
    earlier.recorded_at = referral.recorded_at - timedelta(days=90)
    earlier.save()

    correct(contact, mash_manager)

    referral.refresh_from_db()
    earlier.refresh_from_db()
    assert (referral.received_at, referral.referral_on) == (BEFORE, date(2026, 3, 11))
    assert referral.is_re_referral
    assert earlier.referral_on == date(2025, 11, 3)


def test_why_a_receipt_was_corrected_stands_on_the_timeline(contact, mash_manager):
    correct(contact, mash_manager)

    line = Event.objects.get(code="contact.clock_corrected")
    assert line.data["reason"] == "The e-mail says so"
    assert line.child_id == contact.people.get().person_id


def test_receipt_is_not_corrected_to_after_it_was_written_down(contact, mash_manager):
    after = contact.recorded_at + timedelta(minutes=1)

    with (
        application_clock.set_to(after + timedelta(hours=1)),
        pytest.raises(Refused, match="recorded before that"),
    ):
        correct(contact, mash_manager, to=after, at=after)

    assert len(clocks_of(contact.pk, "CON-DEC")) == 1


@pytest.fixture
def change(contact, mash_manager, assessment_team_manager):
    """A change that the contact raised in a home that is open."""
    home = family(assessment_team_manager, names=["Maisie", "Jayden"])
    raise_for_contact(
        contact=contact,
        child_ids=[home["Maisie"].pk],
        authority=require(mash_manager, Permission.CHANGE_LOG),
        at=hours(1),
    )
    return ChangeOfCircumstance.objects.get()


def test_change_that_the_contact_raised_was_learned_of_when_it_came_in(
    contact, mash_manager, assessment_team_manager, change
):
    actions.triage(
        by=assessment_team_manager,
        at=hours(2),
        change_id=change.pk,
        change_class=ChangeClass.SIGNIFICANT,
        why="",
    )

    correct(contact, mash_manager)

    change.refresh_from_db()
    assert (change.learned_at, change.happened_on) == (BEFORE, BEFORE.date())
    right = Clock.objects.filter(subject_id=change.pk).exclude(stop_reason="replaced")
    counted = {(clock.rule, clock.child_id is None, clock.started_at) for clock in right}
    assert counted == {("COC-TRIAGE-S", True, BEFORE), ("COC-REVIEW-S", False, BEFORE)}
    assert right.count() == 3  # one review for each child
    assert right.get(rule="COC-TRIAGE-S").stop_reason == "met"


def test_change_that_is_closed_stays_as_it_was_closed(
    contact, mash_manager, assessment_team_manager, change
):
    actions.find_not_significant(
        by=assessment_team_manager,
        at=hours(2),
        change_id=change.pk,
        lines={row.child_id: f"Known {row.child.given_name}" for row in change.children.all()},
    )

    correct(contact, mash_manager)

    change.refresh_from_db()
    assert change.learned_at == MORNING


# A section 47 enquiry ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held_at", "due"),
    [
        (hours(3), datetime(2026, 3, 12, 23, 59, tzinfo=UTC)),  # Thursday 13:00
        (hours(13.75), datetime(2026, 3, 12, 23, 59, tzinfo=UTC)),  # 23:45
        (hours(14.25), None),  # Friday 00:15: by 16:45 anyway
    ],
)
def test_section_47_is_taken_and_given_a_worker_the_same_day(
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
    held_at,
    due,
):
    case = called(contact_officer, mash_manager)
    held(case, mash_manager, mash_social_worker, at=held_at)
    concluded(
        case,
        mash_manager,
        met(case.aaliyah, see_at=held_at + timedelta(hours=3)),
        not_met(case.zayn),
        at=held_at,
        to_team_id=assessment_team_manager.managed_teams.get().pk,
    )
    referral = Referral.objects.get(child=case.aaliyah)
    other = Referral.objects.get(child=case.zayn)
    offer = Handover.objects.get(contact=case.contact)

    running = Clock.objects.filter(stopped_at=None)
    named = running.get(subject_id=referral.pk, rule__startswith="REF-ALLOC")
    taken = running.get(subject_id=offer.pk, rule__startswith="HND-ACC")
    if due is None:
        assert (named.rule, named.due_at.date()) == ("REF-ALLOC", date(2026, 3, 13))
        assert (taken.rule, taken.due_at.date()) == ("HND-ACC-0", date(2026, 3, 13))
    else:
        assert (named.rule, named.due_at) == ("REF-ALLOC-0", due)
        assert (taken.rule, taken.due_at) == ("HND-ACC-0", due)
    assert running.get(subject_id=other.pk, rule__startswith="REF-ALLOC").rule == "REF-ALLOC"

    actions.accept(
        by=assessment_team_manager, at=held_at + timedelta(hours=1), handover_id=offer.pk
    )
    actions.allocate(
        by=assessment_team_manager,
        at=held_at + timedelta(hours=2),
        referral_id=referral.pk,
        worker_id=assessment_social_worker.pk,
        find_out="How the burn came about",
        see_whom="Aaliyah alone",
        first_visit_by=date(2026, 3, 13),
        out_of_order_why="Section 47",
    )
    for clock in (named, taken):
        clock.refresh_from_db()
        assert clock.stop_reason == "met"


def test_a_contact_decided_and_reopened_is_counted_from_the_right_receipt(contact, mash_manager):
    decided(contact, mash_manager, Outcome.NFA)
    mash_actions.reopen(by=mash_manager, at=hours(2), contact_id=contact.pk, reason="New facts")

    correct(contact, mash_manager)

    clocks = clocks_of(contact.pk, "CON-DEC")
    assert [clock.stop_reason for clock in clocks if clock.started_at == BEFORE].count("met") == 1
    assert [clock.stopped_at for clock in clocks].count(None) == 1
