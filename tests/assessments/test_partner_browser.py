"""A new partner joins the home of three children who wait for the longer-term team.

The record raises the change, and the family goes nowhere until each child was thought about.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from assessments.models import Transfer
from cases import actions
from cases.change_codes import ChangeClass, ChangeState
from cases.models import ChangeOfCircumstance, ChildRiskReview, Responsibility
from lib import application_clock
from tests.assessments.plans import held
from tests.assessments.transfers import long_term_worker, waits, whole
from tests.cases.change_cases import answers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
TOLD = (
    "Somebody joined the household",
    "Change: an adult moves in or becomes a regular visitor",
    "Change triaged",
    "Risk reviewed",
    "Change decided: every child of the home reviewed",
)


def now():
    """Hold the test at the time that the browser’s pages live in."""
    return application_clock.set_to(datetime.now(UTC))


def fill(page, **words):
    for name, said in words.items():
        page.locator(f"[name='{name}']").fill(said)


def choose(page, **values):
    for name, value in values.items():
        page.locator(f"[name='{name}'][value='{value}']").check()


def test_partner_joins_three_who_wait_and_nothing_goes_on_until_each_is_thought_about(
    page,
    sign_in,
    live_server,
    typed_later,
    contact_officer,
    mash_manager,
    assessment_team_manager,
    assessment_social_worker,
    sfs_manager,
):
    family = held(
        contact_officer,
        mash_manager,
        assessment_team_manager,
        assessment_social_worker,
        "Maisie",
        "Jayden",
        "Isla",
    )
    transfer = waits(whole(family), sfs_manager)
    successor = long_term_worker()

    def opened(by, name, *args):
        page.context.clear_cookies()
        sign_in(page, by)
        page.goto(live_server.url + reverse(name, args=args))
        return page

    def queue():
        return opened(sfs_manager, "assessments:transfer_queue").inner_text("main")

    assert "Cannot be allocated yet" not in queue()

    # A partner moves in: the record itself logs the change, about every child of the home.
    opened(family.worker, "people:add_member", family["Isla"].pk)
    fill(page, given_name="Kyle", family_name="Stubbs")
    choose(page, sex="M", is_child="no", role="other_adult")
    page.locator("[name='kind']").select_option("step_parent")
    page.get_by_role("button", name="Continue").click()
    change = ChangeOfCircumstance.objects.get()
    assert change.is_by_system
    assert {row.child_id for row in change.children.all()} == set(family.ids)
    said = queue()
    assert "Cannot be allocated yet" in said
    assert "Isla Testwood is not decided" in said

    # Three reviews open; two are done, and the third child still holds everything up.
    with now():
        actions.triage(
            by=family.manager,
            at=application_clock.now(),
            change_id=change.pk,
            change_class=ChangeClass.SIGNIFICANT,
        )
    reviews = {row.child_id: row for row in ChildRiskReview.objects.filter(subject_id=change.pk)}
    assert set(reviews) == set(family.ids)
    for name in ("Maisie", "Jayden"):
        with now():
            actions.complete_review(
                by=family.worker,
                at=application_clock.now(),
                review_id=reviews[family[name].pk].pk,
                answers=answers(name, seen_at=application_clock.now()),
            )
    assert "Isla Testwood" in queue()
    assert "Cannot be allocated yet" in page.inner_text("main")

    # The third child's own review, by the worker.
    opened(family.worker, "cases:risk_review", reviews[family["Isla"].pk].pk)
    choose(page, risk_before="low", risk_now="moderate", was_seen="no")
    fill(
        page,
        what_changed="Isla has lost her room to Kyle’s things",
        effect="She sleeps on the sofa",
        not_seen_because="At her father’s until Sunday",
        next_attempt_on_day="1",
        next_attempt_on_month="2",
        next_attempt_on_year="2099",
        protects="Nan next door",
        recommendation="See her with Nan",
    )
    choose(page, is_assessment_right="yes", is_plan_right="yes")
    page.get_by_role("button", name="Record the review").click()
    change.refresh_from_db()
    assert change.state == ChangeState.AWAITING_MANAGER
    assert "Cannot be allocated yet" in queue()

    # The manager decides for each child; only then does the family go on.
    opened(family.manager, "cases:change_decide", change.pk)
    for name, child in family.children.items():
        page.locator(f"[name='child-{child.pk}-outcome']").select_option("stands")
        page.locator(f"[name='child-{child.pk}-line']").fill(f"{name} has met Kyle")
    fill(
        page,
        know="Kyle moved in; police know nothing.",
        worries="Isla without a room.",
        decision="The assessment and the plan stand.",
        why="He was met and checked.",
        agencies_told="School",
        family_told="Leanne, at home",
    )
    page.get_by_role("button", name="Record decision").click()
    change.refresh_from_db()
    assert change.state == ChangeState.DONE
    assert "Cannot be allocated yet" not in queue()

    opened(sfs_manager, "assessments:transfer_allocate", transfer.pk)
    page.locator("[name='worker']").select_option(str(successor.pk))
    fill(page, joint_visit_on_day="1", joint_visit_on_month="2", joint_visit_on_year="2099")
    page.get_by_role("button", name="Allocate").click()
    transfer.refresh_from_db()
    assert transfer.state == Transfer.State.ALLOCATED
    assert {
        row.manager_id for row in Responsibility.objects.filter(child__in=family.ids, to_at=None)
    } == {family.manager.pk}

    for child in family.children.values():
        told = opened(family.manager, "cases:child", child.pk).inner_text("main")
        for line in TOLD:
            assert line in told, (child.name, line)
