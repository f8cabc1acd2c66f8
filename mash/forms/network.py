"""What is typed about the picture of exploitation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from lib import govuk
from lib.govuk import OnceForm
from mash.models import NetworkLink, NetworkNode
from mash.models.network import Graded, Handling, InformationGrade, SourceGrade

Choices = Sequence[tuple[str, str]]


class GradedForm(OnceForm):
    """What is known, from whom, how good it is, and since when."""

    detail = govuk.LongTextField(label="What is known (optional)", rows=3, required=False)
    source = govuk.TextField(
        label="Who or what is the source?",
        help_text="For example: police log, school, the child in the return interview",
        max_length=300,
        missing="Say who or what the source is",
    )
    source_grade = govuk.ChoiceField(
        label="How reliable is the source?",
        choices=SourceGrade.choices,
        missing="Choose how reliable the source is",
    )
    information_grade = govuk.ChoiceField(
        label="How does the source know?",
        choices=InformationGrade.choices,
        missing="Choose how the source knows",
    )
    handling = govuk.ChoiceField(
        label="May it be passed on?",
        choices=Handling.choices,
        missing="Choose whether it may be passed on",
    )
    known_on = govuk.DateField(label="When was it known?", missing="Enter when it was known")

    def __init__(self, *args: Any, row: Graded | None = None, **rest: Any) -> None:
        if row is not None:
            rest.setdefault("initial", {})
            rest["initial"] = {
                name: getattr(row, name)
                for name in (*self.base_fields, "label")
                if hasattr(row, name) and name != "token"
            } | rest["initial"]
        super().__init__(*args, **rest)


class NodeForm(GradedForm):
    """Something, or somebody who has no record."""

    kind = govuk.ChoiceField(
        label="What is it?",
        choices=NetworkNode.Kind.choices,
        hints={"person": "Somebody without a record; whoever has one is added from there"},
        missing="Choose what it is",
    )
    label = govuk.TextField(
        label="What is it called, or how is it known?",
        help_text="For example: “Mo”, about 25; Leisure centre, Stoke Road; AB12 CDE; @handle",
        missing="Say what it is called, or how it is known",
    )
    field_order = ("token", "kind", "label")


class PersonNodeForm(GradedForm):
    """A recorded person, who is put on the picture."""


class ChangeNodeForm(GradedForm):
    label = govuk.TextField(
        label="What is it called, or how is it known?",
        missing="Say what it is called, or how it is known",
    )
    field_order = ("token", "label")

    def __init__(self, *args: Any, row: NetworkNode, **rest: Any) -> None:
        super().__init__(*args, row=row, **rest)
        if row.person_id is not None:
            del self.fields["label"]

    def given(self) -> dict[str, Any]:
        return {"label": "", **super().given()}


class LinkForm(GradedForm):
    """What a node has to do with another."""

    kind = govuk.SelectField(
        label="What has it to do with the other?",
        empty="Choose the link",
        choices=NetworkLink.Kind.choices,
        missing="Choose what they have to do with each other",
    )
    other = govuk.SelectField(label="The other", missing="Choose the other")
    field_order = ("token", "kind", "other")

    def __init__(self, *args: Any, choices: Choices = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["other"].choices = [  # type: ignore[attr-defined]
            ("", "Choose the other"),
            *choices,
        ]

    def given(self) -> dict[str, Any]:
        data = super().given()
        other = data.pop("other")
        return {**data, "other_id": UUID(other)}


class ChangeLinkForm(GradedForm):
    """What is known of a link."""


class EndForm(OnceForm):
    because = govuk.TextField(
        label="Why does it no longer hold?",
        max_length=300,
        missing="Say why it no longer holds",
    )
