"""What administrators and managers type about limits, holidays and the access log."""

from __future__ import annotations

from typing import Any

from django import forms

from lib import application_clock, govuk
from record.policy import Limit


class LimitForm(forms.Form):
    """Another value for a local limit, from a day on."""

    def __init__(self, *args: Any, limit: Limit, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.limit = limit
        # Read as words; the action says whether the value is allowed, and why not.
        if limit.type is bool:
            self.fields["value"] = govuk.YesNoField(label="New value", missing="Select yes or no")
        elif limit.type is int:
            unit = f", in {limit.unit}" if limit.unit else ""
            self.fields["value"] = govuk.WholeNumberField(label=f"New value{unit}")
        elif limit.type is list:
            self.fields["value"] = govuk.LongTextField(
                label="New list", help_text="One item on each line", max_length=5_000
            )
        else:
            self.fields["value"] = govuk.TextField(label="New value")
        self.fields["from_on"] = govuk.DateField(
            label="From which day",
            help_text="It touches only what starts on that day or later.",
        )
        self.fields["reason"] = govuk.LongTextField(
            label="Why", max_length=2_000, missing="Enter why the limit should change"
        )

    def clean_value(self) -> Any:
        """Give the value in the limit's own type."""
        value = self.cleaned_data["value"]
        if self.limit.type is list:
            return [line.strip() for line in value.splitlines() if line.strip()]
        return value


class AnswerForm(forms.Form):
    """Why a proposed change is refused, or a word on its approval."""

    reason = govuk.LongTextField(
        label="Your reason (optional when you approve)", max_length=2_000, required=False
    )


class HolidayForm(forms.Form):
    """A bank holiday that was announced."""

    day = govuk.DateField(label="Which day", missing="Enter the day")
    name = govuk.TextField(
        label="What it is called", max_length=80, missing="Enter what the holiday is called"
    )


class AccessLogForm(forms.Form):
    """Whom, who and when to look for in the access log."""

    worker = govuk.TextField(
        label="Who looked (optional)",
        help_text="Their whole name, or their email address",
        required=False,
    )
    user = govuk.CarriedId(required=False)
    child = forms.UUIDField(
        required=False,
        label="Record of (optional)",
        help_text="The id in the address of the child’s page",
        error_messages={"invalid": "Enter an id of 36 characters, or leave this empty"},
    )
    from_on = govuk.OptionalDateField(label="From (optional)", one_box=True)
    to_on = govuk.OptionalDateField(label="To (optional)", one_box=True)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("from_on"), cleaned.get("to_on")
        if start and end and end < start:
            self.add_error("to_on", "The last day must be on or after the first")
        if start and start > application_clock.today():
            self.add_error("from_on", "The first day must be today or in the past")
        return cleaned
