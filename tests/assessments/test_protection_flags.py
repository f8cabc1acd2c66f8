"""What is late about an enquiry, a conference and a core group, just inside and just past it."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from assessments.actions import protection
from assessments.actions import section_47 as actions
from lib import application_clock
from record import flags
from tests.assessments.enquiries import (
    CONFERENCE,
    awaited,
    conclude,
    conferred,
    planned,
    see,
    submitted,
    unplanned,
)
from tests.assessments.plans import TYPED
from tests.cases.front_door import hours

pytestmark = pytest.mark.django_db
#: Closing on the 10th and on the 15th working day after Thursday 12 March, over Good Friday.
DAY_10 = datetime(2026, 3, 26, 17, 0, tzinfo=UTC)
DAY_15 = datetime(2026, 4, 2, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def case(enquiries_once, typed_later):
    """Aaliyah’s and Zayn’s enquiries, with a worker of the assessment team."""
    return deepcopy(enquiries_once)


def found(code: str, moment: datetime) -> list[tuple[str, str]]:
    """Name and severity of every child whom a rule finds at that moment."""
    with application_clock.set_to(max(moment, TYPED)):
        flags.sweep(at=moment, codes=[code])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


def test_child_not_seen_within_24_hours_is_critical_until_a_social_worker_has_seen_the_child(case):
    due = hours(24)  # from the receipt of the contact, before that of the decision to enquire

    assert found("F-SEEN-CP", due) == []
    both = [("Aaliyah", "critical"), ("Zayn", "critical")]
    assert found("F-SEEN-CP", due + MINUTE) == both
    assert found("F-SEEN-CP", hours(29)) == both  # once for each child, both limits passed
    see(case.worker, case.case.aaliyah, at=hours(30))
    assert found("F-SEEN-CP", hours(31)) == [("Zayn", "critical")]


def test_enquiry_without_outcome_is_red_after_10_working_days_until_concluded(case):
    assert found("F-S47-OUT", DAY_10) == []
    assert found("F-S47-OUT", DAY_10 + MINUTE) == [("Aaliyah", "red"), ("Zayn", "red")]
    flag = flags.open_flags().filter(rule="F-S47-OUT", child=case.case.aaliyah).get()
    assert (flag.owner, flag.manager) == (case.worker, case.manager)
    submitted(case.aaliyah, case.worker, at=hours(24 * 15))
    conclude(case.aaliyah, case.manager, at=hours(24 * 15 + 1), late_reason="Two medicals")
    actions.cancel_in_error(
        by=case.manager, at=hours(24 * 15), enquiry_id=case.zayn.pk, because="Wrong brother"
    )
    assert found("F-S47-OUT", hours(24 * 16)) == []


def test_conference_is_amber_after_10_working_days_and_critical_after_15(case):
    awaited(case)

    assert found("F-ICPC-DUE", DAY_10) == []
    assert found("F-ICPC-DUE", DAY_10 + timedelta(hours=12)) == [
        ("Aaliyah", "amber"),
        ("Zayn", "amber"),
    ]
    assert found("F-ICPC-LATE", DAY_15) == []
    assert found("F-ICPC-LATE", DAY_15 + MINUTE) == [
        ("Aaliyah", "critical"),
        ("Zayn", "critical"),
    ]
    assert found("F-ICPC-DUE", DAY_15 + MINUTE) == []
    late = {"late_reason": "The chair was ill."}
    conferred(
        case,
        planned(case.aaliyah, **late),
        unplanned(case.zayn, **late),
        at=datetime(2026, 4, 7, 9, 0, tzinfo=UTC),
    )
    assert found("F-ICPC-LATE", datetime(2026, 4, 7, 10, 0, tzinfo=UTC)) == []


def test_undecided_conference_is_put_to_people_and_one_not_required_is_not(case):
    for enquiry in (case.aaliyah, case.zayn):
        submitted(enquiry, case.worker)
    conclude(case.aaliyah, case.manager, next_step="legal", conference="", conference_why="")
    conclude(case.zayn, case.manager, next_step="legal", conference="not_required")

    assert found("F-ICPC-LATE", DAY_15 + MINUTE) == [("Aaliyah", "critical")]


def test_core_group_is_red_when_the_first_or_a_later_one_is_late(case):
    awaited(case)
    conferred(case)
    first = datetime(2026, 4, 16, 16, 0, tzinfo=UTC)
    assert found("F-CG-LATE", first) == []
    assert found("F-CG-LATE", first + MINUTE) == [("Aaliyah", "red")]
    plan = case.aaliyah.protection_plan
    held = CONFERENCE + timedelta(days=20)
    protection.record_core_group(
        by=case.worker,
        at=held,
        attended="Mother",
        family_view="Tired",
        lines=[protection.CoreGroupLine(plan_id=plan.pk, changed="C", next_steps="N")],
    )
    later = datetime(2026, 6, 3, 16, 0, tzinfo=UTC)
    assert found("F-CG-LATE", later) == []
    assert found("F-CG-LATE", later + MINUTE) == [("Aaliyah", "red")]
    protection.end_without_conference(
        by=case.manager, at=later, plan_id=plan.pk, ending="moved", why="Reading has it"
    )
    assert found("F-CG-LATE", later + MINUTE) == []


def test_sweep_with_nothing_changed_writes_nothing(case):
    awaited(case)
    moment = DAY_15 + timedelta(days=3)
    with application_clock.set_to(TYPED):
        first = {each.rule: each.wrote for each in flags.sweep(at=moment)}
        again = {each.rule: each.wrote for each in flags.sweep(at=moment + timedelta(minutes=15))}

    assert first["F-ICPC-LATE"] > 0
    assert {rule for rule, wrote in again.items() if wrote} == set()
