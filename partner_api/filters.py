"""What the list of an agency's own contacts can be narrowed to."""

from datetime import date, time, timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet

from lib.parameters import EARLIEST, LATEST
from lib.working_days import instant
from partner_api.choices import Progress
from partner_api.models import Sending


class SendingFilter(django_filters.FilterSet):
    """By the day it was received, both ends included, in Slough; and by how it stands."""

    received_from = django_filters.DateFilter(method="from_day", label="First day, 2026-03-01")
    received_to = django_filters.DateFilter(method="to_day", label="Last day, 2026-03-31")
    state = django_filters.ChoiceFilter(
        field_name="progress",
        choices=Progress.choices,
        label="How it stands",
        error_messages={"invalid_choice": "This is none of the states."},
    )

    class Meta:
        model = Sending
        fields: list[str] = []

    def from_day(self, found: QuerySet[Sending], name: str, value: date) -> Any:
        return found.filter(received_at__gte=instant(_possible(value), time()))

    def to_day(self, found: QuerySet[Sending], name: str, value: date) -> Any:
        return found.filter(received_at__lt=instant(_possible(value) + timedelta(days=1), time()))


def _possible(day: date) -> date:
    """A day that every zone has; nothing was received before or after."""
    return min(max(day, EARLIEST.date()), LATEST.date())
