"""A child with an enquiry, a plan or a transfer is born: now the child can be seen."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from assessments import plan_clocks, protection_clocks, section_47_clocks, transfer_clocks
from assessments.models import CinPlanChild, ProtectionPlan, Section47Enquiry, TransferChild
from assessments.queries.checklist import is_protected
from people.models import Person
from people.queries import records_of


def follow_birth(*, person: Person, by: User, at: datetime) -> None:
    """Count to the first sight of a baby whose enquiry, plan or transfer began before birth
    (people.reactions.born).
    """
    records = records_of(person_ids=[person.pk])
    for enquiry in (
        Section47Enquiry.objects.open()
        .select_for_update(of=("self",))
        .filter(child__in=records, concluded_at__isnull=True)
        .order_by("pk")
    ):
        section_47_clocks.born(enquiry, at=at, by=by)
    for plan in (
        ProtectionPlan.objects.running()
        .select_for_update(of=("self",))
        .filter(child__in=records)
        .order_by("pk")
    ):
        protection_clocks.born(plan, at=at, by=by)
    for part in (
        CinPlanChild.objects.filter(child__in=records, is_open=True, from_on__isnull=False)
        .select_related("plan")
        .order_by("pk")
    ):
        plan_clocks.start_visits(part.plan, child_ids=[part.child_id], at=at, by=by)
        plan_clocks.place(part.plan)
    for row in (
        TransferChild.objects.filter(
            child__in=records, is_in=True, is_open=True, transfer__first_ready_at__isnull=False
        )
        .select_related("transfer")
        .order_by("pk")
    ):
        transfer_clocks.start_visits(
            row.transfer,
            child_ids=[row.child_id],
            protected=is_protected([row.child_id]),
            at=at,
            by=by,
        )
