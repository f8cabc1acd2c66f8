"""A child who was accepted and whom nobody works with."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from cases import actions
from cases.models import Referral
from people.models import Restriction
from record import flags
from record.models import Flag
from tests.cases.front_door import MORNING, child, offered, received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]

SECOND = timedelta(seconds=1)
#: Accepted on a Thursday: when the office closes on Friday, and when Wednesday begins.
DUE = datetime(2026, 3, 13, 16, 45, tzinfo=UTC)
FOURTH_DAY = datetime(2026, 3, 18, tzinfo=UTC)


def found(at):
    flags.sweep(at=at, codes=["F-REF"])
    open_ones = flags.open_flags().filter(rule="F-REF-UNALLOC").select_related("child")
    return sorted((flag.child.given_name, flag.severity) for flag in open_ones)


@pytest.fixture
def offer(contact_officer, mash_manager, assessment_team_manager):
    contact = received(contact_officer, child(), child("Zayn"))
    return offered(contact, mash_manager, assessment_team_manager)


def allocate(by, worker, referral):
    actions.allocate(
        by=by,
        at=DUE + timedelta(minutes=5),
        referral_id=referral.pk,
        worker_id=worker.pk,
        find_out="How things are at home",
        see_whom="The children alone",
        first_visit_by=date(2026, 3, 17),
        out_of_order_why="Together",
    )


def test_nobody_named_is_red_after_a_working_day_and_critical_after_three(offer):
    assert found(DUE) == []
    assert found(DUE + SECOND) == [("Aaliyah", "red"), ("Zayn", "red")]
    assert found(FOURTH_DAY - SECOND) == [("Aaliyah", "red"), ("Zayn", "red")]
    assert found(FOURTH_DAY) == [("Aaliyah", "critical"), ("Zayn", "critical")]


def test_flag_is_of_whoever_holds_the_child_and_clears_when_a_worker_is_named(
    offer, mash_manager, assessment_team_manager, assessment_social_worker
):
    found(DUE + SECOND)
    assert {flag.owner for flag in Flag.objects.all()} == {mash_manager}
    actions.accept(
        by=assessment_team_manager, at=MORNING + timedelta(hours=2), handover_id=offer.pk
    )
    found(DUE + SECOND)
    assert {flag.owner for flag in Flag.objects.all()} == {assessment_team_manager}

    aaliyah = Referral.objects.get(child__given_name="Aaliyah")
    allocate(assessment_team_manager, assessment_social_worker, aaliyah)

    assert found(DUE + timedelta(minutes=5)) == [("Zayn", "red")]
    assert [
        one for one in flags.sweep(at=DUE + timedelta(hours=1), codes=["F-REF"]) if one.wrote
    ] == []


def test_flag_of_a_restricted_child_leads_to_whom_to_ring(
    client, offer, mash_manager, head_of_service
):
    hidden = Referral.objects.get(child__given_name="Zayn").child
    Restriction.objects.create(
        person=hidden,
        owner=head_of_service,
        reason="A relative works here",
        at=MORNING,
        recorded_at=MORNING,
        recorded_by=head_of_service,
    )
    found(DUE + SECOND)
    client.force_login(mash_manager)

    page = client.get(reverse("cases:flag", args=[Flag.objects.get(child=hidden).pk]))

    assert page["Location"] == reverse("people:person", args=[hidden.pk])
