"""Forms of management oversight: the short one of a corridor talk, the whole one, an answer."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from cases.actions.oversight import BY_HAND, Direction, Rationale
from cases.choices import SHORT_KINDS, OversightKind
from cases.forms.changes import Pairs
from lib import govuk

SPOKEN = {
    OversightKind.REACTIVE: "Advice in passing",
    OversightKind.SUPERVISION: "Supervision",
}


class ShortOversightForm(govuk.OnceForm):
    """What was said in passing: whom it is about, the worry, the decision, one action."""

    children = govuk.ManyChoicesField(
        label="Children you thought about",
        help_text="Beside each, working days without oversight, of those allowed",
        missing="Choose which children you thought about",
    )
    kind = govuk.ChoiceField(
        label="Kind",
        choices=[(kind.value, words) for kind, words in SPOKEN.items()],
        inline=True,
        missing="Choose whether this was advice in passing or supervision",
    )
    worries = govuk.LongTextField(
        label="What worries us, and what protects",
        missing="Say what worries us, and what protects",
        rows=3,
    )
    decision = govuk.LongTextField(
        label="What you decided, and why", missing="Say what you decided, and why", rows=3
    )
    what = govuk.TextField(label="Action (optional)", required=False)
    owner = govuk.SelectField(label="Who", required=False)
    due_on = govuk.OptionalDateField(label="By when")
    look_again_on = govuk.OptionalDateField(label="Look again on (optional)")

    def __init__(
        self, *args: Any, children: Pairs, sides: Mapping[str, str], people: Pairs, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        chosen: Any = self.fields["children"]
        chosen.choices, chosen.sides = children, dict(sides)
        self.fields["owner"].choices = [("", "Choose who"), *people]

    def clean(self) -> dict[str, Any]:
        """An action is whole or not there."""
        data = super().clean() or {}
        asked = {
            "what": "Say what is to be done",
            "owner": "Say who does it",
            "due_on": "Say by when",
        }
        if any(data.get(name) for name in asked):
            for name, said in asked.items():
                self.need(name, said)
        return data

    def given(self) -> dict[str, Any]:
        """The answers as `cases.actions.record_oversight` takes them."""
        data = self.cleaned_data
        directions = []
        if data["what"]:
            directions = [
                Direction(what=data["what"], owner_id=UUID(data["owner"]), due_on=data["due_on"])
            ]
        return {
            "kind": OversightKind(data["kind"]),
            "child_ids": [UUID(each) for each in data["children"]],
            "rationale": Rationale(worries=data["worries"], decision=data["decision"]),
            "directions": directions,
            "look_again_on": data["look_again_on"],
            "token": data["token"],
        }


class OversightForm(govuk.OnceForm):
    """The structured reasons, with whom and when it was talked about."""

    children = govuk.ManyChoicesField(
        label="Children you thought about",
        help_text="Beside each, working days without oversight, of those allowed",
        missing="Choose which children you thought about",
    )
    kind = govuk.ChoiceField(
        label="Kind",
        choices=[(kind.value, SPOKEN.get(kind, kind.label)) for kind in BY_HAND],
        missing="Choose what kind of oversight this is",
    )
    at = govuk.MomentField(label="When did you talk about it?", missing="Enter when it was")
    with_worker = govuk.SelectField(label="With whom (optional)", required=False)
    know = govuk.LongTextField(
        label="What we know",
        help_text="Advice in passing and supervision can leave this empty",
        required=False,
        rows=3,
    )
    worries = govuk.LongTextField(
        label="What worries us, and for whom",
        missing="Say what worries us, and for whom",
        rows=3,
    )
    protects = govuk.LongTextField(
        label="What is working well or protects them (optional)", required=False, rows=3
    )
    decision = govuk.LongTextField(label="What you decided", missing="Say what you decided", rows=3)
    why = govuk.LongTextField(
        label="Why this and not the alternative",
        help_text="Advice in passing and supervision can leave this empty",
        required=False,
        rows=3,
    )
    look_again_on = govuk.OptionalDateField(label="Look again on (optional)")

    def __init__(
        self, *args: Any, children: Pairs, sides: Mapping[str, str], people: Pairs, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        chosen: Any = self.fields["children"]
        chosen.choices, chosen.sides = children, dict(sides)
        self.fields["with_worker"].choices = [("", "Nobody, or not a worker of ours"), *people]

    def clean(self) -> dict[str, Any]:
        """Direction at allocation and answers to escalations give every reason."""
        data = super().clean() or {}
        if data.get("kind") and data["kind"] not in SHORT_KINDS:
            self.need("know", "Say what we know")
            self.need("why", "Say why this and not the alternative")
        return data

    def given(self) -> dict[str, Any]:
        """The answers as `cases.actions.record_oversight` takes them, but for the actions."""
        data = self.cleaned_data
        look_again_on: date | None = data["look_again_on"]
        return {
            "at": data["at"],
            "kind": OversightKind(data["kind"]),
            "child_ids": [UUID(each) for each in data["children"]],
            "rationale": Rationale(
                **{name: data[name] for name in ("know", "worries", "protects", "decision", "why")}
            ),
            "look_again_on": look_again_on,
            "token": data["token"],
        }


class CorrectionForm(forms.Form):
    """What it should have said."""

    know = govuk.LongTextField(label="What we know (optional)", required=False, rows=3)
    worries = govuk.LongTextField(
        label="What worries us, and for whom",
        missing="Say what worries us, and for whom",
        rows=3,
    )
    protects = govuk.LongTextField(
        label="What is working well or protects them (optional)", required=False, rows=3
    )
    decision = govuk.LongTextField(label="What you decided", missing="Say what you decided", rows=3)
    why = govuk.LongTextField(
        label="Why this and not the alternative (optional)", required=False, rows=3
    )

    def rationale(self) -> Rationale:
        return Rationale(**self.cleaned_data)


class DirectionAnswerForm(forms.Form):
    """Whether a direction was carried out, and what came of it."""

    is_done = govuk.YesNoField(
        label="Was it carried out?", missing="Choose whether it was carried out"
    )
    answer = govuk.LongTextField(
        label="What was done and what came of it, or why it was not done",
        missing="Say what was done, or why it was not",
        rows=3,
    )
