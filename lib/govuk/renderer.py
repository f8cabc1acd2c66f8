"""Draws every form of the service in the GOV.UK pattern, from `templates/govuk/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import Input

from lib.govuk.dates import DateBoxes, MomentBoxes

CLASSES: dict[type[forms.Widget], str] = {
    forms.Textarea: "govuk-textarea",
    forms.Select: "govuk-select",
    forms.FileInput: "govuk-file-upload",
    forms.CheckboxInput: "govuk-checkboxes__input",
    forms.CheckboxSelectMultiple: "govuk-checkboxes__input",  # to Django, a kind of RadioSelect
    forms.RadioSelect: "govuk-radios__input",
    Input: "govuk-input",
}
KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (MomentBoxes, "moment"),
    (DateBoxes, "date"),
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "tick"),
    (forms.FileInput, "file"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
)


@dataclass(frozen=True, slots=True)
class Option:
    """One radio or tick box with what belongs to it."""

    widget: Any
    id: str
    value: str
    label: str
    hint: str
    side: str
    revealed: list[BoundField]
    reveal_id: str


class GovukBoundField(BoundField):
    """A field of a form with what its template needs to draw it."""

    @property
    def kind(self) -> str:
        """The kind of control, which chooses the markup."""
        for widget, kind in KINDS:
            if isinstance(self.field.widget, widget):
                return kind
        return "hidden" if self.is_hidden else "input"

    @property
    def is_choice(self) -> bool:
        """Whether it is drawn as radios or tick boxes under a legend."""
        return self.kind in ("radios", "checkboxes")

    @property
    def check(self) -> str:
        """What to look at again; amber, and never in the way. Set in `form.checks`."""
        return str(getattr(self.form, "checks", {}).get(self.name, ""))

    @property
    def error_target(self) -> str:
        """The id of the control that an error about this field links to."""
        if self.is_choice:
            return f"{self.auto_id}_0" if self.subwidgets else self.auto_id
        if isinstance(self.field.widget, DateBoxes):
            if self.kind == "moment" and self._only_time_is_wrong:
                return f"{self.auto_id}_time"
            return f"{self.auto_id}_day"
        return self.auto_id

    @property
    def _only_time_is_wrong(self) -> bool:
        codes = {error.code for error in self.errors.as_data()}
        return bool(codes) and codes <= {"time", "no_such_time", "which"}

    @property
    def is_revealed(self) -> bool:
        """Whether another field of the form asks this one below one of its choices."""
        return any(
            self.name in names
            for field in self.form.fields.values()
            for names in getattr(field, "reveals", {}).values()
        )

    @property
    def aria_describedby(self) -> str | None:
        """The ids of hint, error and check, in the order in which they are read."""
        if self.field.widget.attrs.get("aria-describedby"):
            return None
        if not self.auto_id or self.is_hidden:
            return ""
        said = (
            ("helptext", self.help_text),
            ("error", self.errors),
            ("check", self.check),
        )
        return " ".join(f"{self.auto_id}_{part}" for part, words in said if words)

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        """Give the control its class and what describes it; the browser checks nothing itself."""
        widget = widget or self.field.widget
        attrs = dict(super().build_widget_attrs(attrs, widget))
        attrs.pop("required", None)
        if self.kind in ("radios", "checkboxes", "tick"):
            attrs.pop("aria-invalid", None)
        own = str(widget.attrs.get("class", ""))
        if "vTextField" in own or widget.is_hidden:
            return attrs
        base = next((name for kind, name in CLASSES.items() if isinstance(widget, kind)), "")
        attrs["class"] = " ".join(word for word in (base, own, attrs.get("class", "")) if word)
        if not attrs["class"]:
            del attrs["class"]
        return attrs

    @property
    def options(self) -> list[Option]:
        """The radios or tick boxes, each with its hint and the questions that follow from it."""
        hints = getattr(self.field, "hints", {})
        sides = getattr(self.field, "sides", {})
        drawn: list[Option] = []
        for widget in self.subwidgets:
            value = str(widget.data["value"])
            drawn.append(
                Option(
                    widget=widget,
                    id=widget.data["attrs"].get("id", ""),
                    value=value,
                    label=widget.choice_label,
                    hint=hints.get(value, ""),
                    side=sides.get(value, ""),
                    revealed=self.revealed_by(value),
                    reveal_id=f"{self.auto_id}_{value}_more",
                )
            )
        return drawn

    @property
    def revealed_by_tick(self) -> list[BoundField]:
        """The fields asked only when this one tick box is ticked."""
        return self.revealed_by("on")

    def revealed_by(self, value: str) -> list[BoundField]:
        """Give the fields asked only with this choice."""
        names = getattr(self.field, "reveals", {}).get(value, ())
        return [self.form[name] for name in names if name in self.form.fields]


class GovukRenderer(TemplatesSetting):
    """The setting FORM_RENDERER."""

    form_template_name = "govuk/form.html"
    field_template_name = "govuk/field.html"
    formset_template_name = "govuk/formset.html"
    bound_field_class = GovukBoundField
