"""What is late about missing children, just inside and just past its limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse

from cases import actions as case_actions
from cases.choices import InvolvementKind
from lib import application_clock
from mash import actions
from record import flags
from record.flags import StaysLate
from record.models import Flag, OutboxMessage
from tests.cases.families import family
from tests.cases.front_door import child, received
from tests.factories.people import PersonFactory
from tests.mash.test_missing import MORNING, NOW, OFFER, SINCE, reported, returned

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _later():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def boy(mash_manager):
    return PersonFactory(given_name="Jaydon", date_of_birth=date(2011, 3, 19))


def found(code, at):
    """Name and severity of every child whom a rule finds at that moment."""
    with application_clock.set_to(max(at, NOW)):
        flags.sweep(at=at, codes=["F-RHI", "F-MIS"])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


def notices():
    return [
        message.payload["user_id"]
        for message in OutboxMessage.objects.filter(payload__code="flag.raised")
    ]


def offered(by, episode, *, at):
    actions.offer_interview(by=by, at=at, episode_id=episode.pk, **OFFER)


@pytest.mark.parametrize(
    "back",
    [
        MORNING,
        datetime(2026, 3, 27, 20, 0, tzinfo=UTC),  # the clocks go forward on the 29th
        datetime(2026, 3, 29, 0, 59, tzinfo=UTC),
        datetime(2026, 10, 23, 20, 0, tzinfo=UTC),  # and back on the 25th
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 01:30, the first of the two
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # 01:30, the second
    ],
    ids=str,
)
def test_interview_is_amber_48_hours_after_the_return_and_red_at_72(
    mash_social_worker, mash_manager, boy, back
):
    with application_clock.set_to(back + timedelta(days=5)):
        returned(mash_social_worker, boy, since=back - timedelta(hours=3), at=back, back=back)

        assert found("F-RHI", back + timedelta(hours=48)) == []
        assert found("F-RHI", back + timedelta(hours=48) + MINUTE) == [("Jaydon", "amber")]
        assert notices() == []
        assert found("F-RHI", back + timedelta(hours=72)) == [("Jaydon", "amber")]
        assert found("F-RHI", back + timedelta(hours=72) + MINUTE) == [("Jaydon", "red")]

    flag = Flag.objects.get(rule="F-RHI")
    assert (flag.owner, flag.manager) == (mash_manager, mash_manager)
    assert notices() == [str(mash_manager.pk)]


@pytest.mark.parametrize("how", ["held", "declined", "not_possible"])
def test_interview_held_or_ended_with_a_reason_clears_it(mash_social_worker, boy, how):
    episode = returned(mash_social_worker, boy)
    at = MORNING + timedelta(hours=75)
    assert found("F-RHI", at) == [("Jaydon", "red")]
    offered(mash_social_worker, episode, at=at)

    if how == "held":
        actions.complete_interview(
            by=mash_social_worker,
            at=at + timedelta(hours=2),
            episode_id=episode.pk,
            held_at=at + timedelta(hours=1),
            words="“They do not ask where I was.”",
            shared_with="Police, MASH",
        )
    else:
        actions.end_interview(
            by=mash_social_worker,
            at=at + timedelta(hours=2),
            episode_id=episode.pk,
            is_declined=how == "declined",
            because="He does not want to talk to anybody",
            carers_view="“He is fine.”",
            intelligence="Nothing",
        )

    assert found("F-RHI", at + timedelta(hours=3)) == []


def test_late_interview_is_the_manager_s_who_holds_the_child_who_answers_and_cannot_clear_it(
    client, mash_manager, mash_social_worker, assessment_team_manager
):
    home = family(assessment_team_manager, names=["Tyler"], kind=InvolvementKind.REFERRAL)
    returned(mash_social_worker, home["Tyler"])
    at = MORNING + timedelta(hours=73)
    found("F-RHI", at)
    flag = Flag.objects.get(rule="F-RHI")
    assert flag.owner == assessment_team_manager

    client.force_login(assessment_team_manager)
    page = client.get(reverse("cases:flag", args=[flag.pk])).content.decode()
    assert reverse("mash:missing", args=[flag.subject_id]) in page
    case_actions.answer_flag(
        by=assessment_team_manager, at=at, flag_id=flag.pk, what="Youth charity rings today"
    )
    with pytest.raises(StaysLate):
        case_actions.clear_flag(
            by=assessment_team_manager, at=at, flag_id=flag.pk, because="He is back in school"
        )
    assert found("F-RHI", at + MINUTE) == [("Tyler", "red")]


# Whether a strategy discussion is needed ---------------------------------------------------------

#: Reported on Thursday 12 March: more than a working day has passed when Monday begins.
EDGE = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "born"), [({"grade": "high"}, date(2011, 3, 19)), ({}, date(2014, 1, 1))]
)
def test_grave_episode_is_red_a_working_day_after_it_was_reported(
    mash_social_worker, mash_manager, facts, born
):
    person = PersonFactory(given_name="Jaydon", date_of_birth=born)
    reported(mash_social_worker, person, **facts)

    assert found("F-MIS-REP", EDGE - MINUTE) == []
    assert found("F-MIS-REP", EDGE) == [("Jaydon", "red")]
    assert Flag.objects.get(rule="F-MIS-REP").owner == mash_manager


def test_child_of_whom_nothing_grave_is_known_is_red_a_working_day_after_24_hours(
    mash_social_worker, boy
):
    reported(mash_social_worker, boy)  # missing since Wednesday 22:00; 24 hours on Thursday 22:00

    assert found("F-MIS-REP", EDGE - MINUTE) == []
    assert found("F-MIS-REP", EDGE) == [("Jaydon", "red")]
    assert Flag.objects.get(rule="F-MIS-REP").since_at == SINCE + timedelta(hours=24)


@pytest.mark.parametrize(("hours", "wanted"), [(24, []), (24.1, [("Jaydon", "red")])])
def test_return_within_24_hours_leaves_nothing_to_decide(mash_social_worker, boy, hours, wanted):
    returned(mash_social_worker, boy, back=SINCE + timedelta(hours=hours))

    assert found("F-MIS-REP", MORNING + timedelta(days=6)) == wanted


@pytest.mark.parametrize(
    ("born", "wanted"), [(date(2013, 3, 12), [("Jaydon", "red")]), (date(2013, 3, 11), [])]
)
def test_under_13_ends_with_the_birthday_in_slough(mash_social_worker, mash_manager, born, wanted):
    since = datetime(2026, 3, 11, 9, tzinfo=UTC)
    person = PersonFactory(given_name="Jaydon", date_of_birth=born)
    returned(
        mash_social_worker,
        person,
        since=since,
        at=since + timedelta(hours=1),
        back=since + timedelta(hours=2),
    )

    assert found("F-MIS-REP", EDGE) == wanted


@pytest.mark.parametrize(("days", "wanted"), [(90, [("Jaydon", "red")]), (91, [])])
def test_third_episode_in_90_days_counts_claimed_ones(
    mash_social_worker, contact_officer, mash_manager, days, wanted
):
    contact = received(contact_officer, child("Jaydon", date_of_birth=date(2011, 3, 19)))
    person = contact.people.get().person
    old = SINCE - timedelta(days=days)
    returned(mash_social_worker, person, since=old, at=old, back=old + timedelta(hours=2))
    actions.record_missing(
        by=contact_officer,
        at=MORNING,
        contact_id=contact.pk,
        child_id=person.pk,
        circumstances="So the school says",
        is_claimed_only=True,
    )
    last = returned(mash_social_worker, person, back=SINCE + timedelta(hours=14))

    at = MORNING + timedelta(days=4)
    assert found("F-MIS-REP", at) == wanted
    assert (len(actions.missing.reasons_for_discussion(last, at=at)) > 0) == bool(wanted)


@pytest.mark.parametrize("how", ["decided", "called"])
def test_decision_or_a_discussion_called_clears_it(
    mash_social_worker, mash_manager, contact_officer, how
):
    contact = received(contact_officer, child("Jaydon", date_of_birth=date(2014, 3, 19)))
    person = contact.people.get().person
    episode = reported(mash_social_worker, person)
    at = datetime.combine(EDGE.date(), time(9), UTC)
    assert found("F-MIS-REP", at) == [("Jaydon", "red")]

    if how == "decided":
        actions.decide_discussion(
            by=mash_manager, at=at, episode_id=episode.pk, is_needed=False, why="With his aunt"
        )
    else:
        actions.call_strategy_discussion(
            by=mash_social_worker,
            at=at,
            contact_id=contact.pk,
            child_ids=[person.pk],
            reason="Third night away, and a car was seen",
            is_same_day=True,
        )

    assert found("F-MIS-REP", at + MINUTE) == []


def test_second_sweep_with_nothing_changed_writes_nothing(mash_social_worker, boy):
    reported(mash_social_worker, boy)
    other = PersonFactory(given_name="Mina", date_of_birth=date(2012, 3, 19))
    returned(mash_social_worker, other, back=MORNING)
    at = MORNING + timedelta(days=6)
    assert found("F-RHI", at) == [("Mina", "red")]
    assert found("F-MIS-REP", at) == [("Jaydon", "red")]

    with application_clock.set_to(at):
        again = flags.sweep(at=at + timedelta(hours=30), codes=["F-RHI", "F-MIS"])

    assert [done for done in again if done.wrote] == []
