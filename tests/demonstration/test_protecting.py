"""The demonstration plays what follows a strategy discussion, with the situations it must have."""

from datetime import date, time, timedelta
from random import Random

import pytest

from assessments.models import Conference, ProtectionPlan, Section47Enquiry
from demonstration import authority
from demonstration.play import Play
from demonstration.population import family
from lib.working_days import instant
from mash.models import StrategyDiscussion
from record.models import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FIRST = date(2026, 2, 2)
END = instant(FIRST + timedelta(days=38), time(13, 30))


def test_discussions_lead_to_enquiries_conferences_and_plans():
    random = Random(5)
    built = authority.build(first_at=instant(FIRST, time(0, 0)), random=random)
    play = Play(random=random, first_on=FIRST, end_at=END, authority=built, yearly=4)
    for number in range(4):
        arrives_at = instant(FIRST + timedelta(days=number), time(10, 0))
        home = family(random, on=FIRST)
        play.later(
            arrives_at,
            lambda at, home=home: play.receive(
                at,
                home,
                source="3E",
                category="child_protection",
                by=built.contact_officers[0],
                outcome="strategy_discussion",
                rag="red",
            ),
        )
    for _done in play.run():
        pass

    first = StrategyDiscussion.objects.filter(follows=None)
    assert first.filter(state="concluded", is_quorate=True).count() == 2
    assert first.filter(state="concluded", is_quorate=False).count() == 2
    assert Clock.objects.filter(rule="SD-QUORUM", stopped_at=None).count() == 1
    again = StrategyDiscussion.objects.exclude(follows=None).get()
    kept = Section47Enquiry.objects.filter(discussion_id=again.follows_id)
    assert kept.exists()
    for clock in Clock.objects.filter(rule="S47-ICPC", subject_id__in=kept.values("pk")):
        assert clock.started_at == again.follows.held_at
    assert Section47Enquiry.objects.filter(concluded_at__isnull=False).exists()
    assert Conference.objects.exists()
    assert ProtectionPlan.objects.exists()
