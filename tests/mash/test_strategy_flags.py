"""What is late about a strategy discussion, just inside and just past its limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lib import application_clock
from mash import actions
from record import flags
from tests.cases.front_door import TYPED, hours
from tests.mash.discussions import absent, called, concluded, held, there

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def case(contact_officer, mash_manager):
    """Called on Thursday 12 March 2026 at 11:00, police and health asked."""
    with application_clock.set_to(TYPED):
        yield called(contact_officer, mash_manager)


def found(code: str, moment: datetime) -> list[tuple[str, str]]:
    """Name and severity of every child whom a rule finds at that moment."""
    with application_clock.set_to(max(moment, TYPED)):
        flags.sweep(at=moment, codes=[code])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


def test_discussion_not_held_in_time_is_critical_for_each_child_until_it_is_held(
    case, mash_manager, mash_social_worker
):
    due = case.discussion.due_at
    both = [("Aaliyah", "critical"), ("Zayn", "critical")]

    assert found("F-SD-LATE", due) == []
    assert found("F-SD-LATE", due + MINUTE) == both
    flag = flags.open_flags().filter(rule="F-SD-LATE", child=case.aaliyah).get()
    assert (flag.owner, flag.manager) == (mash_manager, mash_manager)
    held(
        case, mash_manager, mash_social_worker, at=due + timedelta(hours=1), late_reason="No police"
    )
    assert found("F-SD-LATE", due + timedelta(hours=2)) == []


def test_discussion_concluded_without_health_is_red_until_health_has_contributed(
    case, mash_manager, mash_social_worker, assessment_team_manager
):
    held(
        case,
        mash_manager,
        mash_social_worker,
        attendance=[there(case.police), absent(case.health)],
    )
    concluded(
        case,
        mash_manager,
        to_team_id=assessment_team_manager.managed_teams.get().pk,
        not_quorate_because="She goes home at four",
    )
    due = datetime(2026, 3, 13, 16, 45, tzinfo=UTC)

    assert found("F-SD-QUORUM", due) == []
    assert found("F-SD-QUORUM", due + MINUTE) == [("Aaliyah", "red"), ("Zayn", "red")]
    actions.record_contribution(
        by=mash_social_worker,
        at=hours(31),
        part_id=case.health.pk,
        author="Dr Dummy",
        information="Seen twice",
        reliability="fact",
        sharing="may_share",
        how="By phone",
    )
    assert found("F-SD-QUORUM", due + timedelta(hours=1)) == []
