"""Families of early help and children at particular risk are found by what the system says."""

from datetime import date, time, timedelta
from random import Random

import pytest
from django.db import connection

from cases.models import Contact, Handover, Referral, WaitingGroup
from demonstration import at_risk, authority, waits
from demonstration.play import Play
from early_help.choices import DeclineReason, EpisodeState, Route
from early_help.models import (
    Decline,
    Episode,
    Escalation,
    SafeCheck,
    StepUp,
    TeamMeeting,
)
from early_help.queries.history import earlier
from lib import application_clock
from lib.working_days import instant, london_date
from mash.models import (
    ExploitationScreening,
    MappingMeeting,
    MissingEpisode,
    NetworkNode,
    NrmReferral,
    ReturnInterview,
    RiskPlan,
)
from mash.queries import network
from record import calendar, flags
from record.models import Clock, Flag

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

END = instant(date(2026, 3, 12), time(13, 30))


@pytest.fixture(scope="module")
def world(made_once):
    """The planted families and nobody else, swept once."""
    built = authority.build(first_at=instant(date(2025, 11, 1), time(0, 0)), random=Random(1))
    play = Play(random=Random(1), first_on=END.date(), end_at=END, authority=built, yearly=0)
    waits.plan(play)
    at_risk.plan(play)
    for _done in play.run():
        pass
    with connection.cursor() as cursor:  # nothing is committed, so nobody else counts the rows
        cursor.execute("ANALYZE")
    with application_clock.set_to(END):
        flags.sweep(at=END)
    return built


def past_limit():
    """Families of priority 3 on the list whose wait is longer than 40 working days."""
    rows = WaitingGroup.objects.filter(queue="early_help", priority="p3", ended_at=None)
    days = calendar.calendar().working_days_between
    return [row for row in rows if days(london_date(row.since_at), END.date()) > 40]


def test_forty_of_priority_3_wait_past_their_limit(world):
    rows = past_limit()

    assert len(rows) == waits.WAIT
    late = Clock.objects.filter(rule="EH-START-P3", stopped_at=None, due_at__lt=END)
    assert set(late.values_list("subject_id", flat=True)) == {row.pk for row in rows}


def test_nine_declined_because_they_waited_too_long_and_two_are_not_decided(world):
    rows = Decline.objects.filter(reason=DeclineReason.WAITED_TOO_LONG)

    assert rows.count() == waits.DECLINED
    assert all(row.days_waited > 40 for row in rows)
    assert rows.filter(decisions=None).count() == waits.UNDECIDED


def test_two_that_got_worse_were_stepped_up_and_one_was_not(world):
    worse = SafeCheck.objects.filter(found=SafeCheck.Found.WORSE)

    assert worse.count() == 3
    assert worse.get(answer=None).episode.state == EpisodeState.WAITING
    assert worse.filter(answer__led_to="contact").count() == 2
    stepped = StepUp.objects.filter(because=StepUp.Because.SAFE_CHECK)
    assert set(stepped.values_list("state", flat=True)) == {"handed_over", "refused"}
    assert set(Episode.objects.filter(ending="stepped_up")) == {
        stepped.get(state="handed_over").episode
    }


def test_one_dispute_is_settled_and_one_stands_before_the_head_of_service(world):
    assert Escalation.objects.get(settled_at=None).to == world.heads[0]
    settled = Escalation.objects.exclude(settled_at=None).get()
    assert settled.step_up.episode.state == EpisodeState.WAITING


def test_families_are_helped_at_every_stage(world):
    assert TeamMeeting.objects.filter(decision="close").exists()
    assert Episode.objects.filter(ending="goals_met").exists()
    assert Episode.objects.filter(state=EpisodeState.PLAN_ACTIVE).count() >= 3
    in_community = Episode.objects.get(route=Route.COMMUNITY)
    assert Clock.objects.filter(
        rule="EH-TAF-1", subject_id=in_community.pk, stopped_at=None, due_at__lt=END
    ).exists()


def test_one_step_down_was_taken_on_and_one_declined_and_came_again_in_60_days(world):
    accepted, returned = (
        Handover.objects.get(kind="step_down", state=state) for state in ("accepted", "returned")
    )
    assert Episode.objects.get(handover=accepted).state == EpisodeState.PLAN_ACTIVE
    declined = Episode.objects.get(handover=returned)
    assert declined.state == EpisodeState.DECLINED
    children = list(returned.children.values_list("child_id", flat=True))
    assert set(Referral.objects.filter(child__in=children).values_list("state", flat=True)) >= {
        "closed"
    }
    again = Contact.objects.filter(people__person__in=children).latest("received_at")
    assert timedelta(0) < again.received_at - declined.ended_at < timedelta(days=60)
    assert earlier(child_ids=children, before=END)


def test_child_went_missing_three_times_with_interviews_at_71_and_74_hours(world):
    episodes = list(
        MissingEpisode.objects.filter(child__given_name="Kayla").order_by("missing_since")
    )

    assert len(episodes) == 3
    assert episodes[2].missing_since - episodes[0].missing_since < timedelta(days=90)
    first, second, third = (each.interview for each in episodes)
    hours = [
        (one.held_at - one.episode.returned_at).total_seconds() // 3600 for one in (first, second)
    ]
    assert hours == [71, 74]
    assert second.missing_again == episodes[2]
    assert third.state == ReturnInterview.State.DECLINED
    met, late = (Clock.objects.get(rule="RHI-72", subject_id=each.pk) for each in episodes[:2])
    assert met.stopped_at <= met.due_at
    assert late.stopped_at > late.due_at


def test_group_is_screened_planned_for_referred_and_drawn(world):
    risks = ExploitationScreening.objects.values_list("risk", flat=True)
    assert set(risks) == {"none", "emerging", "moderate", "significant"}
    assert RiskPlan.objects.filter(ended_at=None).count() == 2
    assert MappingMeeting.objects.get().state == MappingMeeting.State.HELD
    assert NrmReferral.objects.get().is_reasonable is True
    seen = network.everything(by=world.exploitation_lead)
    assert {node.kind for node in seen.nodes} == set(NetworkNode.Kind.values)
    assert len(seen.links) == len(at_risk.LINKS)
    assert network.everything(by=world.coordinator).nodes == []


def test_what_is_late_is_flagged(world):
    open_flags = set(Flag.objects.filter(state__in=flags.OPEN).values_list("rule", flat=True))

    assert {"F-EH-WAIT", "F-EH-REV", "F-EH-RISE", "F-EH-DECL"} <= open_flags
