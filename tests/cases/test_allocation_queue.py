"""Waiting for a worker: from the team's yes until a worker is named, in turn or with a reason."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.permissions import Authority, Permission, require
from cases import actions, waiting
from cases.choices import HandoverKind, Queue, WaitingState
from cases.models import Allocation, Handover, Involvement, WaitingChange, WaitingEntry
from record.errors import Refused
from tests.cases.front_door import child, hours, offered, received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]

DIRECTION = {
    "find_out": "What happened, in her words",
    "see_whom": "Her, alone; both parents",
    "first_visit_by": date(2026, 3, 20),
}


@pytest.fixture
def accepted(contact_officer, mash_manager, assessment_team_manager):
    """Offer a family to the assessment team and accept it."""

    def accept(*names, hour=2.0):
        contact = received(contact_officer, *[child(name) for name in names])
        offer = offered(contact, mash_manager, assessment_team_manager)
        return actions.accept(by=assessment_team_manager, at=hours(hour), handover_id=offer.pk)

    return accept


def referrals_of(handover):
    rows = handover.children.select_related("referral__child")
    return sorted((row.referral for row in rows), key=lambda referral: referral.child.given_name)


def test_accepted_family_waits_as_not_reviewed_and_as_one(accepted):
    handover = accepted("Aaliyah", "Zayna")

    (group,) = waiting.open_groups(queue=Queue.ALLOCATION)
    assert group.subject_id == handover.pk
    assert {entry.risk for entry in group.entries.all()} == {""}
    assert waiting.why_here(group) == [
        "Risk to 2 children: not reviewed, placed as if high",
        "A referral without section 47: Abuse, neglect and exploitation",
    ]


def test_brothers_and_sisters_leave_together_when_one_worker_is_named_for_all(
    accepted, assessment_team_manager, assessment_social_worker
):
    first, second = referrals_of(accepted("Aaliyah", "Zayna"))

    actions.allocate(
        by=assessment_team_manager,
        at=hours(3),
        referral_id=first.pk,
        also=[second.pk],
        worker_id=assessment_social_worker.pk,
        **DIRECTION,
    )

    assert Allocation.objects.filter(to_at=None, role="lead").count() == 2
    assert not WaitingEntry.objects.filter(ended_at=None).exists()
    assert waiting.WaitingGroup.objects.get().state == WaitingState.STARTED


def test_one_child_leaves_and_the_other_waits_on(
    accepted, assessment_team_manager, assessment_social_worker
):
    first, second = referrals_of(accepted("Aaliyah", "Zayna"))

    actions.allocate(
        by=assessment_team_manager,
        at=hours(3),
        referral_id=first.pk,
        worker_id=assessment_social_worker.pk,
        **DIRECTION,
    )

    assert WaitingEntry.objects.get(ended_at=None).child_id == second.child_id


def test_family_taken_before_another_needs_one_sentence_that_is_kept(
    accepted, assessment_team_manager, assessment_social_worker
):
    accepted("Aaliyah")
    (later,) = referrals_of(accepted("Zayna", hour=2.5))
    given = {
        "by": assessment_team_manager,
        "at": hours(3),
        "referral_id": later.pk,
        "worker_id": assessment_social_worker.pk,
        **DIRECTION,
    }

    said = "Say why Zayna Testwood should go before Aaliyah Testwood"
    with pytest.raises(Refused, match=said), transaction.atomic():
        actions.allocate(**given)
    actions.allocate(**given, out_of_order_why="She is due in hospital tonight")

    assert WaitingChange.objects.get(what="chosen").why == "She is due in hospital tonight"


def test_doubt_places_a_family_as_high_until_somebody_rates_it(accepted, assessment_team_manager):
    accepted("Aaliyah", "Zayna")
    (group,) = waiting.open_groups(queue=Queue.ALLOCATION)
    right = require(assessment_team_manager, Permission.ALLOCATE)
    children = [entry.child_id for entry in group.entries.all()]
    waiting.rate(
        authority=right,
        at=hours(3),
        group=group,
        risks=dict.fromkeys(children, ("low", "Seen at school")),
    )

    waiting.doubt(
        authority=None, at=hours(4), group=group, child_ids=children[:1], why="He moved in"
    )

    group.refresh_from_db()
    entry = WaitingEntry.objects.get(child=children[0])
    assert group.risk_rank == 1
    assert (entry.risk, entry.risk_before, entry.risk_at) == ("", "low", None)
    assert WaitingChange.objects.get(by=None).why == "He moved in"


def test_take_out_refuses_a_child_who_does_not_wait(accepted, assessment_team_manager):
    accepted("Aaliyah", "Zayna")
    (group,) = waiting.open_groups(queue=Queue.ALLOCATION)

    with pytest.raises(Refused, match="does not wait"):
        waiting.take_out(
            authority=require(assessment_team_manager, Permission.ALLOCATE),
            at=hours(3),
            group=group,
            child_id=uuid4(),
            state=WaitingState.REMOVED,
            why="Moved",
        )


@pytest.fixture
def transfer_offer(accepted, assessment_team_manager, sfs_manager):
    handover = accepted("Aaliyah")
    return actions.offer(
        authority=Authority(assessment_team_manager, "assessment_team_manager"),
        at=hours(3),
        kind=HandoverKind.TRANSFER,
        contact=None,
        from_team=handover.to_team,
        to_team=sfs_manager.managed_teams.get(),
        child_ids=[row.child_id for row in handover.children.all()],
        referrals={row.child_id: row.referral for row in handover.children.all()},
        reason="Plan agreed",
    )


def test_transfer_is_not_answered_as_other_offers_are(transfer_offer, sfs_manager):
    for answer in (
        lambda: actions.accept(by=sfs_manager, at=hours(4), handover_id=transfer_offer.pk),
        lambda: actions.return_to_sender(
            by=sfs_manager, at=hours(4), handover_id=transfer_offer.pk, reason="No plan"
        ),
    ):
        with pytest.raises(Refused, match="at its meeting"):
            answer()

    assert transfer_offer.next_due_at is None
    assert Handover.objects.get(pk=transfer_offer.pk).state == "offered"


def test_database_refuses_two_plans_of_one_child_at_a_time(accepted):
    row = accepted("Aaliyah").children.get()
    given = {"child_id": row.child_id, "kind": "plan", "recorded_at": hours(3)}
    first = Involvement.objects.create(subject_id=uuid4(), from_at=hours(3), **given)

    with pytest.raises(IntegrityError, match="cases_involvement_one_plan"), transaction.atomic():
        Involvement.objects.create(subject_id=uuid4(), from_at=hours(4), **given)
    first.to_at = hours(5)
    first.save(update_fields=["to_at"])
    Involvement.objects.create(
        subject_id=uuid4(), from_at=first.to_at + timedelta(0), **given
    )  # the next may begin as the last one ends

    assert Involvement.objects.filter(kind="plan").count() == 2


def test_page_offers_brothers_and_sisters_and_asks_why_out_of_order(
    client, accepted, assessment_team_manager, assessment_social_worker
):
    accepted("Aaliyah")
    first, second = referrals_of(accepted("Noah", "Zayna", hour=2.5))
    client.force_login(assessment_team_manager)
    address = reverse("cases:allocate", args=[first.pk])
    answers = {
        "worker": assessment_social_worker.pk,
        "find_out": "What happened",
        "see_whom": "Both, alone",
        "first_visit_by": "23 3 2026",
        "also": str(second.pk),
    }

    page = client.get(address).content.decode()
    refused = client.post(address, answers)
    done = client.post(address, answers | {"out_of_order_why": "Due in hospital tonight"})

    assert "Zayna Testwood" in page
    said = "Say why Noah Testwood should go before Aaliyah Testwood"
    assert said in refused.content.decode()
    assert done.status_code == 302
    assert Allocation.objects.filter(to_at=None, role="lead").count() == 2
