"""A form that carries a token, so that sending it twice records it once."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from lib.govuk.carried import CarriedId


class OnceForm(forms.Form):
    """A form that is recorded once, however often it is sent."""

    token = CarriedId(required=False)

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["token"].initial = uuid.uuid4

    def need(self, name: str, words: str) -> None:
        """Ask for a field that another answer makes necessary."""
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, words)

    def given(self) -> dict[str, Any]:
        """What was typed, without the token."""
        return {name: value for name, value in self.cleaned_data.items() if name != "token"}
