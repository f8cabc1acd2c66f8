"""What an administrator says of the system of an agency."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from lib import govuk
from partner_api import queries
from partner_api.choices import Scope


class OnceForm(forms.Form):
    """Carries a token, so that a form sent twice is recorded once."""

    token = govuk.CarriedId(required=False)

    def __init__(self, *args: Any, **rest: Any) -> None:
        rest["initial"] = {"token": uuid.uuid4()} | (rest.get("initial") or {})
        super().__init__(*args, **rest)


class OpenForm(OnceForm):
    """A new system: whose it is, what it is called and what it may do."""

    agency = govuk.SelectField(label="Agency", empty="Choose", missing="Choose the agency")
    name = govuk.TextField(
        label="What is the system called?",
        help_text="As the agency calls it, for example “Safeguarding records”",
        max_length=100,
        missing="Enter what the system is called",
    )
    scopes = govuk.ManyChoicesField(
        label="What may it do?", choices=Scope.choices, missing="Choose what it may do"
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["agency"].choices = [("", "Choose"), *queries.agencies()]


class CloseForm(forms.Form):
    """Why a system is closed."""

    because = govuk.TextField(
        label="Why is it closed?", max_length=500, missing="Say why it is closed"
    )
