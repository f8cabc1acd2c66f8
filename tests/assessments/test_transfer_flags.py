"""What is late on the way to the longer-term team, just inside and just past its limit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assessments.actions import transfer_wait
from assessments.queries.checklist import safety_plans
from lib import application_clock
from record import flags
from record.models import Clock
from tests.assessments.enquiries import begun, submitted
from tests.assessments.plans import day, seen
from tests.assessments.transfers import (
    accepted,
    allocated,
    long_term_worker,
    made_ready,
    waits,
    whole,
)

pytestmark = pytest.mark.django_db


def found(code, moment):
    """Name and severity of every child whom a rule finds at that moment."""
    with application_clock.set_to(max(moment, day(200))):
        flags.sweep(at=moment, codes=["F-TRF"])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


def due(transfer, rule):
    return Clock.objects.filter(subject_id=transfer.pk, rule=rule).order_by("due_at")[0].due_at


@pytest.mark.parametrize(
    ("code", "rule", "severity", "make"),
    [
        ("F-TRF-MEET", "TRF-MEET", "amber", made_ready),
        ("F-TRF-ALLOC", "TRF-ALLOC", "red", accepted),
        ("F-TRF-LONG", "TRF-LONG", "red", made_ready),
        ("F-TRF-LONG", "TRF-LONG-DCS", "critical", made_ready),
    ],
)
def test_step_is_late_after_its_limit_once_for_the_family(
    family, sfs_manager, code, rule, severity, make
):
    transfer = make(whole(family), sfs_manager)
    limit = due(transfer, rule)

    assert ("Maisie", severity) not in found(code, limit - timedelta(minutes=1))
    assert found(code, limit + timedelta(minutes=1)) == [("Maisie", severity)]


def test_late_step_is_the_receivers_and_a_long_one_goes_up(family, sfs_manager, head_of_service):
    transfer = accepted(whole(family), sfs_manager)
    found("F-TRF-ALLOC", day(60))

    late = flags.open_flags().get(rule="F-TRF-ALLOC")
    long = flags.open_flags().get(rule="F-TRF-LONG")

    assert (late.owner, late.manager) == (sfs_manager, family.manager)
    assert late.subject_id == transfer.pk
    assert (long.owner, long.severity) == (head_of_service, "critical")


def test_joint_visit_is_late_until_completion(family, sfs_manager):
    transfer = allocated(
        accepted(whole(family), sfs_manager), sfs_manager, long_term_worker(), at=day(12)
    )
    limit = due(transfer, "TRF-JV")

    assert found("F-TRF-JV", limit - timedelta(minutes=1)) == []
    assert found("F-TRF-JV", limit + timedelta(minutes=1)) == [("Maisie", "amber")]
    transfer_wait.complete(
        by=sfs_manager,
        at=day(40),
        transfer_id=transfer.pk,
        joint_visit_at=day(39),
        family_told="Both workers, at home",
    )

    assert found("F-TRF-JV", day(41)) == []
    assert found("F-TRF-LONG", day(41)) == []


def test_child_who_waits_and_is_not_seen_is_found_until_seen(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)
    limit = due(transfer, "TRF-VISIT")
    late = limit + timedelta(minutes=1)

    assert found("F-TRF-VISIT", limit - timedelta(minutes=1)) == []
    assert found("F-TRF-VISIT", late) == [("Jayden", "red"), ("Maisie", "red")]
    assert flags.open_flags().filter(rule="F-TRF-VISIT")[0].owner == family.worker
    seen(family, "Maisie", at=late + timedelta(hours=1))

    assert found("F-TRF-VISIT", late + timedelta(hours=2)) == [("Jayden", "red")]


def test_second_sweep_with_nothing_changed_writes_nothing(family, sfs_manager):
    waits(whole(family), sfs_manager)
    found("F-TRF-VISIT", day(60))

    again = flags.sweep(at=day(60) + timedelta(hours=1), codes=["F-TRF"])

    assert flags.open_flags().count() == 4
    assert [done for done in again if done.wrote] == []


def test_safety_plan_of_an_open_enquiry_counts_on_the_checklist(
    typed_later,
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
):
    case = begun(
        contact_officer,
        mash_manager,
        mash_social_worker,
        assessment_team_manager,
        assessment_social_worker,
    )
    both = [case.aaliyah.child_id, case.zayn.child_id]
    assert safety_plans(child_ids=both) == set()

    submitted(case.aaliyah, case.worker)

    assert safety_plans(child_ids=both) == {case.aaliyah.child_id}
