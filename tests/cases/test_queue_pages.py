"""The queue of families without a worker, through the client."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts.choices import Role
from cases import actions, waiting
from cases.choices import Queue
from cases.models import RiskRating, WaitingGroup
from record.errors import Refused
from tests.cases.front_door import child, hours, offered, received
from tests.mash.pages import form
from tests.personas import person

pytestmark = pytest.mark.django_db


def test_allocation_queue_rates_risk_and_places_by_it(
    client, contact_officer, mash_manager, assessment_team_manager, typed_later, monkeypatch
):
    contact = received(contact_officer, child("Aaliyah"))
    offer = offered(contact, mash_manager, assessment_team_manager)
    actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk)
    (group,) = waiting.open_groups(queue=Queue.ALLOCATION)
    child_id = offer.children.get().child_id
    client.force_login(assessment_team_manager)

    shown = client.get(reverse("cases:allocation_queue")).content.decode()
    typed = form(**{f"risk-{child_id}": "low", f"why-{child_id}": "Seen at school today"})
    address = reverse("cases:rate_waiting", args=[group.pk])
    for _twice in range(2):
        rated = client.post(address, typed)

    def right_ended(**_named):
        raise PermissionDenied

    monkeypatch.setattr("cases.views.queue.rate_waiting", right_ended)
    late = client.post(address, typed | form(**{f"why-{child_id}": "Seen at home, and well"}))

    assert "Not reviewed" in shown
    assert "Placed as high until Aaliyah is reviewed" in shown
    assert rated.status_code == 302
    assert WaitingGroup.objects.get(pk=group.pk).risk_rank == 3
    assert RiskRating.objects.filter(child=child_id).count() == 1
    assert late.status_code == 403
    assert "what you typed is still here" in late.content.decode()
    assert "Seen at home, and well" in late.content.decode()


def test_rate_is_for_the_manager_of_the_team_and_says_what_it_rests_on(
    contact_officer, mash_manager, assessment_team_manager, typed_later
):
    contact = received(contact_officer, child("Aaliyah"))
    offer = offered(contact, mash_manager, assessment_team_manager)
    actions.accept(by=assessment_team_manager, at=hours(2), handover_id=offer.pk)
    (group,) = waiting.open_groups(queue=Queue.ALLOCATION)
    child_id = offer.children.get().child_id
    elsewhere = person("Una Elsewhere", Role.ASSESSMENT_TEAM_MANAGER)

    for by, risk, error in (
        (contact_officer, ("low", "Seen"), PermissionDenied),
        (elsewhere, ("low", "Seen"), Refused),
        (assessment_team_manager, ("low", ""), Refused),
    ):
        with pytest.raises(error):
            actions.rate_waiting(by=by, at=hours(3), group_id=group.pk, risks={child_id: risk})

    assert WaitingGroup.objects.get(pk=group.pk).risk_rank == group.risk_rank
