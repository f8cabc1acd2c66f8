"""The pages of a transfer and of its queue, through the client."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.actions.cin_plan import end_plan
from assessments.models import CinPlan, Transfer
from cases.models import Responsibility, WaitingEntry
from lib import application_clock
from record.models import Clock
from tests.assessments.plans import day, held
from tests.assessments.transfers import (
    allocated,
    completed,
    joins,
    long_term_worker,
    proposed,
    waits,
    whole,
)
from tests.factories.people import RestrictionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    """Open a page of `assessments` as somebody on a day, or send it."""

    def ask(by, name, *args, at=None, query="", **data):
        client.force_login(by)
        address = reverse(f"assessments:{name}", args=args) + query
        with application_clock.set_to(at or day(10)):
            return client.post(address, data) if data else client.get(address)

    return ask


@pytest.fixture
def another_family(contact_officer, mash_manager, assessment_team_manager, family):
    """Make one more family with the same worker, ready to be handed on."""

    def make(name):
        return whole(
            held(contact_officer, mash_manager, assessment_team_manager, family.worker, name)
        )

    return make


def test_transfer_page_says_who_stays_responsible_and_what_is_missing(page, family, sfs_manager):
    transfer = proposed(family, sfs_manager)

    shown = page(family.manager, "transfer", transfer.pk).content.decode()

    assert "Ruth Mockridge of Assessment stays responsible for" in shown
    assert "until the transfer is completed" in shown
    assert "Maisie Testwood has no authorised assessment" in shown
    assert "Make ready" in shown


def test_worker_proposes_from_the_childs_page_with_an_answer_for_each_child(
    page, family, sfs_manager
):
    maisie, jayden = family["Maisie"], family["Jayden"]
    answers = {
        "to_team": sfs_manager.managed_teams.get().pk,
        "point": "cin_plan",
        "reason": "Agreed",
        "next_visit_on": "1 6 2026",
        "next_meeting": "Review",
        "next_meeting_on": "1 6 2026",
        f"in-{maisie.pk}": "in",
    }

    drawn = page(family.worker, "transfer_propose", maisie.pk).content.decode()
    half = page(family.worker, "transfer_propose", maisie.pk, **answers)
    done = page(
        family.worker, "transfer_propose", maisie.pk, **answers, **{f"in-{jayden.pk}": "in"}
    )

    assert drawn.count(f'name="because-{maisie.pk}"') == 1  # of two boxes the last one counts
    assert "Choose whether Jayden Testwood is handed on" in half.content.decode()
    assert done.status_code == 302
    assert Transfer.objects.get().children.filter(is_in=True).count() == 2


def test_refused_readiness_lists_what_is_missing_with_links(page, family, sfs_manager):
    transfer = proposed(family, sfs_manager)
    reasons = dict.fromkeys(("know", "worries", "protects", "decision", "why"), "Said")

    refused = page(family.manager, "transfer_ready", transfer.pk, **reasons)

    said = refused.content.decode()
    assert refused.status_code == 409
    assert "This cannot be recorded yet" in said
    assert reverse("cases:record_visit", args=[family["Maisie"].pk]) in said


def test_queue_shows_place_why_risk_and_who_holds_it(page, family, sfs_manager):
    waits(whole(family), sfs_manager, risks={"Maisie": "high"})

    said = page(sfs_manager, "transfer_queue").content.decode()

    assert "Waiting for Safeguarding and Family Support" in said
    assert "1 family, 2 children" in said
    assert "Why place 1" in said
    assert "Risk to 1 child: high" in said
    assert "Raises it:" in said
    assert "Lowers it:" in said
    assert "Ruth Mockridge" in said
    assert "Child in need plan" in said
    assert "Allocate" in said


def test_blocked_family_keeps_its_place_says_why_and_has_no_allocate_link(
    page, family, sfs_manager
):
    transfer = waits(whole(family), sfs_manager)
    joins(family, family.worker, at=day(11))

    said = page(sfs_manager, "transfer_queue", at=day(12)).content.decode()

    assert "Blocked" in said
    assert "Cannot be allocated yet" in said
    assert reverse("assessments:transfer_allocate", args=[transfer.pk]) not in said


def test_restricted_family_has_a_place_and_nothing_else(page, family, sfs_manager):
    waits(whole(family), sfs_manager)
    RestrictionFactory(person=family["Jayden"])

    said = page(sfs_manager, "transfer_queue").content.decode()

    assert "Restricted record, ring" in said
    assert "Maisie" not in said
    assert "Jayden" not in said


def test_queue_asks_as_often_for_one_family_as_for_several(
    page, family, another_family, sfs_manager
):
    waits(whole(family), sfs_manager)
    page(sfs_manager, "transfer_queue", at=day(12))
    with CaptureQueriesContext(connection) as few:
        page(sfs_manager, "transfer_queue", at=day(12))
    for number, name in enumerate(("Iris", "Callum")):
        waits(another_family(name), sfs_manager, at=day(10) + timedelta(hours=number))
    with CaptureQueriesContext(connection) as many:
        page(sfs_manager, "transfer_queue", at=day(12))

    assert len(many) == len(few)


def test_filtered_queue_keeps_the_places_of_the_whole(page, family, another_family, sfs_manager):
    waits(whole(family), sfs_manager, risks={"Maisie": "high"})
    iris = another_family("Iris")
    waits(iris, sfs_manager, at=day(10), risks={"Iris": "low"})
    joins(iris, family.worker, at=day(11))

    said = page(sfs_manager, "transfer_queue", at=day(12), query="?show=blocked").content.decode()

    assert "Why place 2" in said
    assert "Why place 1" not in said


def test_choosing_out_of_order_asks_for_one_sentence_on_the_page(
    page, family, another_family, sfs_manager
):
    waits(whole(family), sfs_manager, risks={"Maisie": "high"})
    transfer = waits(another_family("Iris"), sfs_manager, at=day(10), risks={"Iris": "low"})
    answers = {"worker": long_term_worker().pk, "joint_visit_on": "1 6 2026"}

    asked = page(sfs_manager, "transfer_allocate", transfer.pk, at=day(12), **answers)
    done = page(
        sfs_manager,
        "transfer_allocate",
        transfer.pk,
        at=day(12),
        out_of_order_why="She moves on Monday",
        **answers,
    )

    assert "Say why Iris Testwood should go before" in asked.content.decode()
    assert done.status_code == 302


def test_one_child_is_taken_out_and_the_others_keep_their_place_and_dates(
    page, family, sfs_manager
):
    transfer = waits(whole(family), sfs_manager)
    jayden, maisie = family["Jayden"], family["Maisie"]

    refused = page(family.manager, "transfer_withdraw", transfer.pk, child=jayden.pk)
    done = page(
        family.manager,
        "transfer_withdraw",
        transfer.pk,
        child=jayden.pk,
        because="With his father in Northmere",
    )
    last = page(
        family.manager, "transfer_withdraw", transfer.pk, child=maisie.pk, because="She as well"
    )

    assert "Say why" in refused.content.decode()
    assert done.status_code == 302
    assert "Maisie Testwood is the only child handed on" in last.content.decode()
    before, transfer = transfer, Transfer.objects.get()
    assert (transfer.state, transfer.first_ready_at) == (before.state, before.first_ready_at)
    assert list(transfer.handover.children.values_list("child", flat=True)) == [maisie.pk]
    assert transfer.handover.state == "offered"
    (entry,) = WaitingEntry.objects.filter(ended_at=None)
    assert (entry.child, entry.since_at) == (maisie, before.accepted_at)
    running = Clock.objects.filter(rule="TRF-VISIT", stopped_at=None)
    assert list(running.values_list("child", flat=True)) == [maisie.pk]
    allocated(transfer, sfs_manager, long_term_worker(), at=day(12))
    completed(transfer, sfs_manager, at=day(15))
    holders = Responsibility.objects.filter(to_at=None).values_list("child", "manager")
    assert dict(holders) == {maisie.pk: sfs_manager.pk, jayden.pk: family.manager.pk}
    # The plan went along; his part of it is ended by the manager who still answers for him.
    plan = CinPlan.objects.get()
    end_plan(
        by=family.manager,
        at=day(16),
        plan_id=plan.pk,
        child_ids=[jayden.pk],
        ending=CinPlan.Ending.MOVED,
        why="Northmere has been told",
    )
    assert list(plan.children.filter(is_open=True).values_list("child", flat=True)) == [maisie.pk]


def test_homes_list_whose_turn_it_is(client, page, family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)

    client.force_login(sfs_manager)
    waiting_still = client.get(reverse("cases:home")).content.decode()
    asked = page(sfs_manager, "transfer_review", transfer.pk).content.decode()
    drawn = page(family.manager, "transfer_review", transfer.pk).content.decode()
    transfer = allocated(transfer, sfs_manager, long_term_worker(), at=day(12))
    client.force_login(sfs_manager)
    said = client.get(reverse("cases:home")).content.decode()

    assert reverse("assessments:transfer_allocate", args=[transfer.pk]) in waiting_still
    # The sender records the review, and whoever cannot is told before typing anything.
    assert "Nothing can be recorded here." in asked
    assert f"{family.manager.full_name} of" in asked
    assert drawn.count('name="because"') == 1

    assert "Complete the transfer" in said
    assert reverse("assessments:transfer_complete", args=[transfer.pk]) in said
