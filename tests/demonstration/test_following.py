"""Families who are followed go through assessment, plan and transfer by themselves."""

from datetime import date, time, timedelta
from random import Random

import pytest

from assessments.models import Assessment, Checkpoint, Transfer
from cases.models import ManagementOversight, VisitChild
from demonstration import authority, following
from demonstration.play import Play
from demonstration.population import family
from lib.working_days import instant

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FIRST = date(2026, 1, 12)
END = instant(FIRST + timedelta(days=75), time(13, 30))


def test_families_are_assessed_planned_for_and_handed_on(monkeypatch):
    monkeypatch.setattr(following, "FOLLOWED", 1)
    monkeypatch.setattr(following, "DAYS", (((12, 16), 1),))
    monkeypatch.setattr(following, "OUTCOMES", (("nfa", 1), ("cin_plan", 3)))
    random = Random(4)
    built = authority.build(first_at=instant(FIRST, time(0, 0)), random=random)
    play = Play(random=random, first_on=FIRST, end_at=END, authority=built, yearly=4)
    for number in range(3):
        home = family(random, on=FIRST)
        play.later(
            instant(FIRST + timedelta(days=number), time(10, 0)),
            lambda at, home=home: play.receive(
                at,
                home,
                source="2A",
                category="child_in_need",
                by=built.contact_officers[0],
                outcome="referral",
                is_enquiry=False,
            ),
        )
    for _done in play.run():
        pass

    states = set(Assessment.objects.values_list("state", flat=True))
    assert "authorised" in states
    assert VisitChild.objects.filter(was_seen=True).exists()
    assert Checkpoint.objects.exists()
    states_of_transfers = set(Transfer.objects.values_list("state", flat=True))
    assert states_of_transfers - {"proposed", "withdrawn"}
    assert ManagementOversight.objects.filter(kind="supervision").exists()


def test_every_seventh_family_or_so_is_followed():
    one = following.Following(None)

    assert [one.takes() for _ in range(20)].count(True) == 3
