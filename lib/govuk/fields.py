"""Form fields that ask, clean and complain in this service's words.

Every field takes `missing`, what to say when nothing was given: "Say why this and not the
alternative". Left out, it is made from the label. Error wording says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from lib.text import cleaned, shown_name

TEXT_LENGTH = 200
LONG_TEXT_LENGTH = 20_000
MEGABYTE = 1024 * 1024

_WHOLE_NUMBER = re.compile(r"-?\d{1,14}", re.ASCII)

Choices = Iterable[Any] | Callable[[], Iterable[Any]]


def in_sentence(label: str) -> str:
    """Give a label as it reads inside a sentence: "Family" as "family", "GP" as it is."""
    if len(label) > 1 and label[1].isupper():
        return label
    return label[:1].lower() + label[1:]


def without_optional(label: str) -> str:
    """Give a label without its mark "(optional)"."""
    return label.removesuffix("(optional)").strip()


class Asked(forms.Field):
    """What all our fields share: a label in words and what to say when it was left empty.

    :param about: the child or thing that is asked about, added to the label for readers only,
        where the same question is asked of several in a row
    """

    asks = "Enter"

    def __init__(
        self,
        *,
        label: str = "",
        missing: str = "",
        about: str = "",
        error_messages: Any = None,
        **rest: Any,
    ) -> None:
        self.about = about
        said = dict(error_messages or {})
        if missing:
            said["required"] = missing
        elif label:
            said.setdefault("required", f"{self.asks} {in_sentence(without_optional(label))}")
        super().__init__(label=label or None, error_messages=said, **rest)

    @property
    def name_in_words(self) -> str:
        """The label, for use inside an error."""
        return without_optional(str(self.label or ""))


class TextField(Asked):
    """One line of text, cleaned; never cut.

    :param max_length: in characters, after cleaning
    :param width: of the box, in characters: 2, 3, 4, 5, 10, 20, 30, or 0 for the whole width
    """

    widget: type[forms.Widget] | forms.Widget = forms.TextInput

    def __init__(
        self,
        *,
        max_length: int = TEXT_LENGTH,
        width: int = 0,
        autocomplete: str = "off",
        inputmode: str = "",
        **rest: Any,
    ) -> None:
        self.max_length = max_length
        self.width = width
        super().__init__(**rest)
        if not isinstance(self.widget, forms.HiddenInput):
            self.widget.attrs.setdefault("autocomplete", autocomplete)
        if inputmode:
            self.widget.attrs["inputmode"] = inputmode
        if width:
            self.widget.attrs["class"] = f"govuk-input--width-{width}"

    def clean_text(self, text: str) -> str:
        """Clean what was typed."""
        return shown_name(text)

    def to_python(self, value: Any) -> str:
        """Give the cleaned text; nothing typed is the empty text."""
        if value is None:
            return ""
        return self.clean_text(str(value))

    def validate(self, value: Any) -> None:
        """Refuse a text that is missing or too long, and say by how much."""
        super().validate(value)
        if len(value) > self.max_length:
            raise ValidationError(
                f"Shorten “{self.name_in_words}” to {self.max_length:,} characters;"
                f" you have {len(value):,}",
                code="max_length",
            )


class LongTextField(TextField):
    """Several lines of text in a box that grows.

    :param rows: the height of the empty box
    """

    widget = forms.Textarea

    def __init__(self, *, max_length: int = LONG_TEXT_LENGTH, rows: int = 3, **rest: Any) -> None:
        super().__init__(max_length=max_length, **rest)
        self.widget.attrs.pop("autocomplete", None)
        self.widget.attrs.pop("cols", None)
        self.widget.attrs["rows"] = rows
        self.widget.attrs["data-limit"] = max_length

    def clean_text(self, text: str) -> str:
        """Clean what was typed and keep its lines."""
        return cleaned(text).strip()


class EmailField(TextField):
    """An email address."""

    widget = forms.EmailInput

    def validate(self, value: Any) -> None:
        """Refuse what cannot be an address."""
        super().validate(value)
        if value:
            try:
                validate_email(value)
            except ValidationError as error:
                raise ValidationError(
                    "Enter an email address, for example name@school.example", code="email"
                ) from error


class WholeNumberField(Asked):
    """A whole number; thousands may be marked with commas."""

    widget = forms.TextInput

    def __init__(
        self, *, min_value: int = 0, max_value: int | None = None, width: int = 4, **rest: Any
    ) -> None:
        self.min_value, self.max_value, self.width = min_value, max_value, width
        super().__init__(**rest)
        self.widget.attrs.update(
            {
                "inputmode": "numeric",
                "autocomplete": "off",
                "class": f"govuk-input--width-{width}",
            }
        )

    def to_python(self, value: Any) -> int | None:
        """Give the number, or none."""
        typed = shown_name(str(value)).replace(",", "") if value is not None else ""
        if not typed:
            return None
        if not _WHOLE_NUMBER.fullmatch(typed):
            raise ValidationError("Enter a whole number, for example 3", code="number")
        return int(typed)

    def validate(self, value: Any) -> None:
        """Refuse a number out of bounds, and name the bounds."""
        super().validate(value)
        if value is None:
            return
        if value < self.min_value:
            raise ValidationError(f"Enter a number of {self.min_value:,} or more", code="min")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(f"Enter a number of {self.max_value:,} or less", code="max")


class _Choosing(Asked):
    """What fields with choices share: hints, figures at the side and questions that follow.

    :param hints: choice to the grey line under it
    :param sides: choice to the figure at its right, "30 of 20"
    :param reveals: choice to the names of the fields asked only with it. They are drawn below the
        choice, and stand open where JavaScript does not run. The form's `clean` says what then
        is missing
    """

    asks = "Choose"

    def __init__(
        self,
        *,
        hints: Mapping[Any, str] | None = None,
        sides: Mapping[Any, str] | None = None,
        reveals: Mapping[Any, Sequence[str]] | None = None,
        **rest: Any,
    ) -> None:
        self.hints = {str(choice): words for choice, words in (hints or {}).items()}
        self.sides = {str(choice): words for choice, words in (sides or {}).items()}
        self.reveals = {str(choice): tuple(names) for choice, names in (reveals or {}).items()}
        super().__init__(**rest)
        said = f"Choose {in_sentence(self.name_in_words)} from the list"
        self.error_messages["invalid_choice"] = said
        self.error_messages["invalid_list"] = said


class ChoiceField(_Choosing, forms.ChoiceField):
    """One of a few, as radios.

    :param inline: side by side, for two or three short answers
    """

    widget = forms.RadioSelect

    def __init__(self, *, choices: Choices = (), inline: bool = False, **rest: Any) -> None:
        self.inline = inline
        super().__init__(choices=choices, **rest)


class YesNoField(ChoiceField):
    """Yes or no; gives True or False, and None when it may be left empty and was."""

    def __init__(self, *, yes: str = "Yes", no: str = "No", inline: bool = True, **rest: Any):
        super().__init__(choices=[("yes", yes), ("no", no)], inline=inline, **rest)

    def prepare_value(self, value: Any) -> Any:
        """Show an initial True or False as its choice."""
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value

    def clean(self, value: Any) -> bool | None:
        """Give the answer."""
        chosen = super().clean(self.prepare_value(value))
        return None if chosen == "" else chosen == "yes"


class SelectField(_Choosing, forms.ChoiceField):
    """One of many, as a drop-down that starts empty.

    :param empty: what the empty choice says; made from the label if left out
    """

    widget = forms.Select

    def __init__(self, *, choices: Choices = (), empty: str = "", label: str = "", **rest: Any):
        first = empty or f"Choose {in_sentence(without_optional(label))}"
        self.empty = first

        def with_empty() -> list[Any]:
            given = choices() if callable(choices) else choices
            return [("", first), *(choice for choice in given if choice[0] != "")]

        super().__init__(choices=with_empty, label=label, **rest)


class ManyChoicesField(_Choosing, forms.MultipleChoiceField):
    """Any number of choices, as tick boxes; none is ticked beforehand."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, choices: Choices = (), **rest: Any) -> None:
        super().__init__(choices=choices, **rest)


class TickField(Asked, forms.BooleanField):
    """One tick box; the label is the sentence beside it.

    :param reveals: names of the fields asked only when it is ticked
    """

    asks = "Tick"

    def __init__(self, *, required: bool = False, reveals: Sequence[str] = (), **rest: Any):
        self.reveals = {"on": tuple(reveals)} if reveals else {}
        super().__init__(required=required, **rest)


class RecordField(_Choosing, forms.ModelChoiceField[Any]):
    """One row of a table: a team, a colleague. Drop-down unless given another widget.

    :param words: gives the text of a row; its `str` if left out
    """

    def __init__(
        self,
        *,
        queryset: Any,
        words: Callable[[Any], str] = str,
        empty: str = "",
        label: str = "",
        **rest: Any,
    ) -> None:
        self.words = words
        super().__init__(
            queryset=queryset,
            empty_label=empty or f"Choose {in_sentence(without_optional(label))}",
            label=label,
            **rest,
        )
        if isinstance(self.widget, forms.RadioSelect):
            self.empty_label = None

    def label_from_instance(self, obj: Any) -> str:
        """Give the text of a row."""
        return self.words(obj)


class RecordsField(_Choosing, forms.ModelMultipleChoiceField[Any]):
    """Any number of rows of a table, as tick boxes."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, queryset: Any, words: Callable[[Any], str] = str, **rest: Any) -> None:
        self.words = words
        super().__init__(queryset=queryset, **rest)
        self.error_messages["invalid_pk_value"] = self.error_messages["invalid_choice"]

    def label_from_instance(self, obj: Any) -> str:
        """Give the text of a row."""
        return self.words(obj)


class FileField(Asked, forms.FileField):
    """A file of limited size; what is in it is looked at by whoever keeps it.

    :param max_megabytes: the most that is taken
    :param accept: kinds of file the browser offers, ".pdf,.docx"
    """

    asks = "Choose"

    def __init__(self, *, max_megabytes: int = 10, accept: str = "", **rest: Any) -> None:
        self.max_bytes = max_megabytes * MEGABYTE
        super().__init__(**rest)
        self.error_messages["empty"] = "Choose a file with something in it; this one is empty"
        self.error_messages["invalid"] = self.error_messages["missing"] = "Choose the file again"
        if accept:
            self.widget.attrs["accept"] = accept

    def to_python(self, data: Any) -> Any:
        """Give the file, or refuse one that is too large."""
        file = super().to_python(data)
        if file is not None and (file.size or 0) > self.max_bytes:
            raise ValidationError(
                f"Choose a file of {self.max_bytes // MEGABYTE} MB or less; this one has"
                f" {(file.size or 0) / MEGABYTE:.1f} MB",
                code="size",
            )
        return file
