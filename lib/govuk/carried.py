"""What a page carries and nobody types: the version it shows, the id of a row, its token."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

NOT_ARRIVED = "Open this page again: part of the form did not arrive."


class CarriedNumber(forms.IntegerField):
    """A number that a page carries, such as the version that was read."""

    widget = forms.HiddenInput
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": NOT_ARRIVED,
        "invalid": NOT_ARRIVED,
    }


class CarriedId(forms.UUIDField):
    """An id that a page carries."""

    widget = forms.HiddenInput
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": NOT_ARRIVED,
        "invalid": NOT_ARRIVED,
    }
