"""What is typed about mapping meetings: who is asked, who came, what was said and agreed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from lib import govuk
from lib.govuk import OnceForm
from mash.actions.mapping import Agreed, Attended, ChildSpoken, Invited, NodeSpoken
from mash.models import ExploitationAction, MappingChild, MappingPart

Choices = Sequence[tuple[str, str]]
PURPOSES = (
    (ExploitationAction.Purpose.SAFETY, "What keeps {} safe?"),
    (ExploitationAction.Purpose.DISRUPTION, "What disrupts who may harm {}?"),
)


class InvitedForm(forms.Form):
    """Somebody who is asked, or came."""

    name = govuk.TextField(label="Name", required=False)
    agency = govuk.TextField(label="Agency or team", required=False)

    def clean(self) -> dict[str, Any]:
        """Somebody is named whole or not at all."""
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("name")) != bool(data.get("agency")):
            missing = "agency" if data.get("name") else "name"
            words = "Enter their agency or team" if data.get("name") else "Enter their name"
            self.add_error(missing, words)
        return data


class InvitedRows(govuk.RowSet):
    add_label = "Add somebody"
    row_name = "Person"


InvitedSet = govuk.row_set(InvitedForm, InvitedRows, extra=3, most=40)


def invited_of(rows: Any) -> list[Invited]:
    """Those who were named."""
    return [
        Invited(name=data["name"], agency=data["agency"])
        for data in (form.cleaned_data for form in rows.forms)
        if data.get("name")
    ]


class PlanMappingForm(OnceForm):
    about = govuk.TextField(
        label="What is the meeting about?",
        help_text="A group, a place, a car: what these children have in common",
        missing="Say what the meeting is about",
    )
    screenings = govuk.ManyChoicesField(
        label="Which children?",
        help_text="Children whose exploitation screening a manager has decided",
        missing="Choose the children the meeting is about",
    )
    scheduled_for = govuk.MomentField(label="When?", when="future", missing="Enter when it is")
    chair = govuk.SelectField(label="Who chairs it?", missing="Choose who chairs it")

    def __init__(self, *args: Any, screenings: Choices, chairs: Choices, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["screenings"].choices = screenings  # type: ignore[attr-defined]
        self.fields["chair"].choices = [("", "Choose who chairs it"), *chairs]  # type: ignore[attr-defined]

    def plan(self) -> dict[str, Any]:
        """The meeting, as the action takes it."""
        data = self.given()
        return {
            "about": data["about"],
            "screening_ids": [UUID(each) for each in data["screenings"]],
            "scheduled_for": data["scheduled_for"],
            "chair_id": UUID(data["chair"]),
        }


class NodeForm(forms.Form):
    """Something on the picture that was spoken of."""

    node = govuk.SelectField(label="What on the picture?", required=False)
    said = govuk.TextField(label="What was said of it", max_length=1_000, required=False)

    def __init__(self, *args: Any, nodes: Choices = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["node"].choices = [("", "Choose what it is"), *nodes]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something is named with what was said, or not at all."""
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("node")) != bool(data.get("said")):
            missing = "said" if data.get("node") else "node"
            words = "Say what was said of it" if data.get("node") else "Choose what it was"
            self.add_error(missing, words)
        return data


class NodeRows(govuk.RowSet):
    add_label = "Add something"
    row_name = "On the picture"


NodeSet = govuk.row_set(NodeForm, NodeRows, extra=2, most=40)


def nodes_of(rows: Any) -> list[NodeSpoken]:
    """What was spoken of; the same twice is put together."""
    found: dict[UUID, str] = {}
    for form in rows.forms:
        data = form.cleaned_data
        if data.get("node"):
            key = UUID(data["node"])
            found[key] = f"{found[key]} {data['said']}" if key in found else data["said"]
    return [NodeSpoken(node_id=key, said=said) for key, said in found.items()]


class HoldMappingForm(OnceForm):
    """Who came; what was said of each child; who does what by when."""

    held_at = govuk.MomentField(label="When was it held?", when="past")
    said = govuk.LongTextField(
        label="What did the meeting speak about?", missing="Say what the meeting spoke about"
    )
    agreed = govuk.LongTextField(
        label="What did it agree?", missing="Say what the meeting agreed", rows=3
    )
    review_on = govuk.DateField(
        label="When is it looked at again?",
        help_text="At the latest in 30 working days",
        missing="Enter when it is looked at again",
    )

    def __init__(
        self,
        *args: Any,
        parts: Sequence[MappingPart],
        children: Sequence[MappingChild],
        people: Choices,
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.parts, self.children = parts, children
        first = ["held_at"]
        for part in parts:
            who = f"{part.name}, {part.agency}"
            self.fields[f"came_{part.pk}"] = govuk.ChoiceField(
                label=f"Was {who}, there?",
                choices=[("yes", "Yes"), ("no", "No")],
                reveals={"no": [f"note_{part.pk}"]},
                missing=f"Choose whether {part.name} was there",
            )
            self.fields[f"note_{part.pk}"] = govuk.TextField(
                label="What they sent instead, or why not",
                about=part.name,
                max_length=300,
                required=False,
            )
            first += [f"came_{part.pk}", f"note_{part.pk}"]
        for row in children:
            first += self._child(row, people)
        self.order_fields(first)

    def _child(self, row: MappingChild, people: Choices) -> list[str]:
        name, key = row.child.name, row.child_id
        self.fields[f"said_{key}"] = govuk.LongTextField(
            label=f"What was said about {name}?", missing=f"Say what was said about {name}"
        )
        self.fields[f"siblings_{key}"] = govuk.LongTextField(
            label=f"What does it mean for each other child in {name}’s home?",
            missing=f"Say what it means for each other child in {name}’s home",
            rows=2,
        )
        names = [f"said_{key}", f"siblings_{key}"]
        for purpose, asks in PURPOSES:
            end = f"{purpose.value}_{key}"
            self.fields[f"what_{end}"] = govuk.LongTextField(
                label=asks.format(name), missing=f"Say w{asks.format(name)[1:-1]}", rows=2
            )
            self.fields[f"owner_{end}"] = govuk.SelectField(
                label="Who of us does it? (optional)",
                about=name,
                choices=people,
                empty="Choose who",
                required=False,
            )
            self.fields[f"elsewhere_{end}"] = govuk.TextField(
                label="Or somebody else: name and agency (optional)", about=name, required=False
            )
            self.fields[f"due_{end}"] = govuk.DateField(
                label="By when?", about=name, missing="Enter by when"
            )
            names += [f"what_{end}", f"owner_{end}", f"elsewhere_{end}", f"due_{end}"]
        return names

    def clean(self) -> dict[str, Any]:
        """Ask why somebody was not there, and for one person who does each thing."""
        data: dict[str, Any] = super().clean() or {}
        for part in self.parts:
            if data.get(f"came_{part.pk}") == "no":
                self.need(
                    f"note_{part.pk}",
                    f"Say what {part.name} sent instead, or why they were not there",
                )
        for row in self.children:
            for purpose, _asks in PURPOSES:
                end = f"{purpose.value}_{row.child_id}"
                if bool(data.get(f"owner_{end}")) == bool(data.get(f"elsewhere_{end}")):
                    self.add_error(
                        f"owner_{end}", "Name one person who does it: a colleague or somebody else"
                    )
        return data

    def meeting(self) -> dict[str, Any]:
        """The meeting, as the action takes it."""
        data = self.cleaned_data
        return {
            "held_at": data["held_at"],
            "said": data["said"],
            "agreed": data["agreed"],
            "review_on": data["review_on"],
            "parts": [
                Attended(
                    part_id=part.pk,
                    was_there=data[f"came_{part.pk}"] == "yes",
                    note=data[f"note_{part.pk}"] if data[f"came_{part.pk}"] == "no" else "",
                )
                for part in self.parts
            ],
            "children": [
                ChildSpoken(
                    child_id=row.child_id,
                    said=data[f"said_{row.child_id}"],
                    siblings=data[f"siblings_{row.child_id}"],
                    actions=[
                        self._action(purpose, f"{purpose.value}_{row.child_id}")
                        for purpose, _asks in PURPOSES
                    ],
                )
                for row in self.children
            ],
        }

    def _action(self, purpose: ExploitationAction.Purpose, end: str) -> Agreed:
        data = self.cleaned_data
        owner = data[f"owner_{end}"]
        return Agreed(
            purpose=purpose.value,
            what=data[f"what_{end}"],
            due_on=data[f"due_{end}"],
            owner_id=UUID(owner) if owner else None,
            owner_elsewhere=data[f"elsewhere_{end}"],
        )


class CloseMappingForm(OnceForm):
    because = govuk.LongTextField(
        label="Why?",
        help_text="What has changed for the children; or why the meeting is not held",
        missing="Say why",
        rows=3,
    )
