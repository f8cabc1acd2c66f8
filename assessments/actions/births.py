"""A child with an enquiry or a child protection plan is born: now the child can be seen."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from assessments import protection_clocks, section_47_clocks
from assessments.models import ProtectionPlan, Section47Enquiry
from people.models import Person
from people.queries import records_of


def follow_birth(*, person: Person, by: User, at: datetime) -> None:
    """Count to the first sight of a baby whose enquiry or plan began before birth
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
