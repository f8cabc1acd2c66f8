"""The pages of a child in need plan, from its beginning to a confirmed review."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import CinMeeting, CinPlan
from lib import application_clock
from tests.assessments.plans import approved, day, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    """Open a page of a plan as somebody, or send it."""

    def ask(by, name, *args, **data):
        client.force_login(by)
        address = reverse(f"assessments:{name}", args=args)
        return client.post(address, data) if data else client.get(address)

    return ask


def test_worker_writes_a_plan_from_the_childs_page_and_the_manager_approves_it(
    page, client, family
):
    maisie = family["Maisie"]
    begun = page(family.worker, "cin_plan_start", maisie.pk, children=[str(maisie.pk)])
    plan = CinPlan.objects.get()
    section = page(
        family.worker,
        "cin_section",
        plan.pk,
        maisie.pk,
        read_version=1,
        needs="Mornings without shouting",
        view="I like breakfast club",
        safety="She rings Nan",
    )
    steps = {
        "step-TOTAL_FORMS": 1,
        "step-INITIAL_FORMS": 0,
        "step-0-what": "Alarm at seven",
        "step-0-who": "Mother",
        "step-0-by_on": "30 9 2026",
    }
    goal = {"read_version": 0, "change": "On time", "measure": "9 in 10", "child": "family"}
    longer = page(family.worker, "cin_goal_new", plan.pk, **goal, **steps, add="step")
    goal["token"] = str(uuid4())
    for _twice in range(2):
        kept = page(family.worker, "cin_goal_new", plan.pk, **goal, **steps)
    assert plan.goals.count() == 1
    page(
        family.worker,
        "cin_details",
        plan.pk,
        read_version=1,
        visit_every=15,
        contingency="The manager thinks again",
        agreement="agreed",
        next_meeting_on="30 9 2026",
    )
    sent = page(family.worker, "cin_send", plan.pk, any="1")
    read = page(family.manager, "cin_plan", plan.pk).content.decode()
    answered = page(family.manager, "cin_answer", plan.pk, answer="approve", why="It fits her")

    assert begun["Location"] == reverse("assessments:cin_plan", args=[plan.pk])
    assert section.status_code == kept.status_code == sent.status_code == 302
    assert 'name="step-1-what"' in longer.content.decode()
    assert "Approve or send back" in read
    assert "In the household and not in this plan:</strong> Jayden Testwood" in read
    assert answered.status_code == 302
    plan.refresh_from_db()
    assert plan.state == CinPlan.State.ACTIVE
    assert (
        "Child in need plan"
        in client.get(reverse("cases:child", args=[maisie.pk])).content.decode()
    )


def test_plan_that_is_not_whole_says_what_is_missing_and_where(page, family):
    page(family.worker, "cin_plan_start", family["Maisie"].pk, children=[str(family["Maisie"].pk)])
    plan = CinPlan.objects.get()

    shown = page(family.worker, "cin_plan", plan.pk).content.decode()
    page(family.worker, "cin_send", plan.pk, any="1")

    assert "Before it can go to the manager" in shown
    assert "Say what Maisie Testwood needs" in shown
    assert CinPlan.objects.get().submitted_at is None


def test_section_written_meanwhile_by_another_is_not_overwritten(page, family):
    page(family.worker, "cin_plan_start", family["Maisie"].pk, children=[str(family["Maisie"].pk)])
    plan = CinPlan.objects.get()
    words = {"needs": "A", "view": "B", "safety": "C"}
    page(family.worker, "cin_section", plan.pk, family["Maisie"].pk, read_version=1, **words)

    clash = page(
        family.worker, "cin_section", plan.pk, family["Maisie"].pk, read_version=1, **words
    )

    assert clash.status_code == 409
    assert "has changed this part since you opened it" in clash.content.decode()


def test_review_is_recorded_goal_by_goal_and_confirmed(page, family):
    plan = approved(family)
    goal = plan.goals.get()
    answers = {
        "at_0": "",
        "at": "11 5 2026 10:00",
        "attended": "Mother, school",
        "summary": "Easier",
        "family_view": "Pleased",
        f"how-{goal.pk}": "better",
        f"words-{goal.pk}": "Four days in five",
        "decision": "go_on",
        "why": "It works",
        "next_on": "1 7 2026",
    }
    with application_clock.set_to(day(60)):
        empty = page(family.worker, "cin_review", plan.pk, attended="Mother")
        moment = {"at_day": 11, "at_month": 5, "at_year": 2026, "at_time": "10:00"}
        done = page(family.worker, "cin_review", plan.pk, **answers | moment)
        confirm = page(family.manager, "cin_confirm", plan.pk, answer="confirm", note="")

    assert "Say how far goal 1 has come" in empty.content.decode()
    assert done.status_code == 302, done.content.decode()[:3000]
    assert confirm.status_code == 302
    assert CinMeeting.objects.get().confirmed_by == family.manager


def test_manager_ends_the_plan_for_one_child(page, family):
    plan = approved(family)

    done = page(
        family.manager,
        "cin_end",
        plan.pk,
        children=[str(family["Maisie"].pk)],
        ending="met",
        why="Her goals are met; school carries on",
    )

    assert done.status_code == 302
    assert plan.children.get(is_open=True).child == family["Jayden"]


def test_plan_page_asks_as_often_for_one_goal_as_for_several(page, family):
    from assessments.actions import cin_plan as actions

    plan = written(family)
    actions.return_plan(by=family.manager, at=day(5), plan_id=plan.pk, because="More goals")
    page(family.worker, "cin_plan", plan.pk)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(family.worker, "cin_plan", plan.pk)
    for number in range(4):
        actions.write_goal(
            by=family.worker,
            at=day(6),
            plan_id=plan.pk,
            change=f"Goal {number}",
            measure="M",
            child_id=family["Maisie"].pk,
            steps=[actions.Step(what="W", who="Mother", by_on=date(2026, 5, 1))],
        )
    with CaptureQueriesContext(connection) as many:
        page(family.worker, "cin_plan", plan.pk)

    assert len(many) == len(few)


def test_worker_and_manager_find_the_plan_on_their_home(page, client, family):
    plan = written(family)

    client.force_login(family.manager)
    manager = client.get(reverse("cases:home")).content.decode()
    client.force_login(family.worker)
    worker = client.get(reverse("cases:home")).content.decode()

    assert "A child in need plan waits for you" in manager
    assert reverse("assessments:cin_plan", args=[plan.pk]) in worker
