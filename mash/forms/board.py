"""What is typed and ticked on the triage board."""

from __future__ import annotations

from typing import Any

from django import forms

from lib import govuk

MOST_AT_ONCE = 200


class AssignForm(forms.Form):
    """Who gets the contacts that are ticked. The ticks stand in the rows, not in the form."""

    to = govuk.SelectField(
        label="Give the ticked contacts to",
        empty="Choose a colleague",
        missing="Choose who gets the contacts",
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["to"] = govuk.SelectField(
            label="Give the ticked contacts to",
            empty="Choose a colleague",
            missing="Choose who gets the contacts",
            choices=people,
        )

    def clean(self) -> dict[str, Any]:
        """Read the ticks, which belong to this form but stand in the table."""
        cleaned = super().clean() or {}
        ticked = self.data.getlist("contact") if hasattr(self.data, "getlist") else []
        field = forms.UUIDField()
        try:
            cleaned["contact"] = [field.clean(each) for each in ticked[:MOST_AT_ONCE]]
        except forms.ValidationError:
            cleaned["contact"] = []
        if not cleaned["contact"]:
            self.add_error(None, "Tick at least one contact")
        return cleaned

    @property
    def problems(self) -> list[str]:
        """What is wrong, one sentence each."""
        return [str(words) for errors in self.errors.values() for words in errors]


class ViewNameForm(forms.Form):
    """What a saved view is called."""

    name = govuk.TextField(
        label="Keep this filter as", max_length=60, missing="Enter a name for this view"
    )
