"""Forms of the section 47 enquiry. Their help asks for evidence; nothing is scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from assessments.actions.section_47 import SafetyStep
from assessments.forms.review import ReasonsForm
from assessments.models import Section47Enquiry
from lib import govuk

Conference = Section47Enquiry.Conference


class ChildForm(forms.Form):
    """What the enquiry finds for one child, written for this child alone."""

    read_version = govuk.CarriedNumber()
    found = govuk.LongTextField(
        label="found",
        help_text="What happened, what was seen and heard, on which day, and from whom. Whose"
        " words are they? What does not fit with the explanation?",
        required=False,
        rows=8,
    )
    child_view = govuk.LongTextField(
        label="view",
        help_text="The words, and what you saw: where you spoke, who was near, what was hard to"
        " say. What does a day look like from there?",
        required=False,
        rows=6,
    )
    medical = govuk.LongTextField(
        label="What a medical showed, or why none was needed",
        help_text="Who examined, when, and what they will and will not say about the cause",
        required=False,
        rows=4,
    )
    analysis = govuk.LongTextField(
        label="means",
        help_text="Has there been significant harm, or is it likely? What shows it? What would"
        " somebody say who thinks otherwise, and why do you not agree? What do you not know?",
        required=False,
        rows=8,
    )

    def __init__(self, *args: Any, name: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["found"].label = f"What was found for {name}"
        self.fields["child_view"].label = f"What {name} says and shows"
        self.fields["analysis"].label = f"What it means for {name}"


class FamilyForm(forms.Form):
    """What is the same for the family; it can be recorded for brothers and sisters as well."""

    read_version = govuk.CarriedNumber()
    parents_view = govuk.LongTextField(
        label="What each parent says",
        help_text="Each of them, also one who lives elsewhere: how they explain it, what they"
        " accept, what they will do. Who has not been asked, and why?",
        required=False,
        rows=6,
    )
    agencies_said = govuk.LongTextField(
        label="What police, health, school and others know",
        help_text="Who said it, when, and what they saw themselves. What does each think should"
        " happen?",
        required=False,
        rows=6,
    )
    home = govuk.LongTextField(
        label="The home, and who else was seen",
        help_text="Where each child sleeps, who was there, who comes and goes",
        required=False,
        rows=4,
    )
    also = govuk.ManyChoicesField(label="Record the same for (optional)", required=False)

    def __init__(self, *args: Any, others: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        if others:
            self.fields["also"].choices = others
            self.fields[
                "also"
            ].help_text = "Only enquiries that say nothing of this yet. You can change each later"
        else:
            del self.fields["also"]

    def also_ids(self) -> list[UUID]:
        return [UUID(pk) for pk in self.cleaned_data.get("also", [])]


class SafetyForm(forms.Form):
    """What would keep the child safe tonight."""

    read_version = govuk.CarriedNumber()
    tonight = govuk.LongTextField(
        label="What makes it work tonight",
        help_text="Who is there and awake, who has the number, who checks, and what happens when"
        " somebody does not do their part. Has each of them said yes?",
        missing="Say what makes it work tonight",
        rows=5,
    )


class SafetyStepForm(forms.Form):
    """What, who and when."""

    id = govuk.CarriedId(required=False)
    what = govuk.TextField(label="What", required=False, max_length=500)
    who = govuk.TextField(label="Who", required=False)
    when = govuk.TextField(label="When", required=False)

    def clean(self) -> dict[str, Any]:
        """A step is whole or not there."""
        data = super().clean() or {}
        asked = (
            ("what", "Say what will be done"),
            ("who", "Say who does it"),
            ("when", "Say when"),
        )
        given = [name for name, _words in asked if data.get(name)]
        if given and len(given) < len(asked) and not self.errors:
            for name, words in asked:
                if not data.get(name):
                    self.add_error(name, words)
        return data


class SafetyStepRows(govuk.RowSet):
    """The steps of a safety plan."""

    add_label = "Add another step"
    row_name = "Step"

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        for number, form in enumerate(self.forms, start=1):
            form.legend = f"Step {number}"

    def steps(self) -> list[SafetyStep]:
        return [
            SafetyStep(
                id=form.cleaned_data.get("id"),
                what=form.cleaned_data["what"],
                who=form.cleaned_data["who"],
                when=form.cleaned_data["when"],
            )
            for form in self.forms
            if form.cleaned_data.get("what")
        ]


SafetyStepSet = govuk.row_set(SafetyStepForm, SafetyStepRows)


class LeadForm(forms.Form):
    """Who leads the enquiry."""

    lead = govuk.SelectField(
        label="Which social worker leads the enquiry?",
        missing="Choose which social worker leads the enquiry",
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["lead"].choices = [("", "Choose a social worker"), *choices]


class WhyForm(forms.Form):
    """One reason."""

    because = govuk.LongTextField(label="Why", rows=4)

    def __init__(self, *args: Any, label: str, missing: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["because"].label = label
        self.fields["because"].error_messages["required"] = missing


UNDECIDED = "undecided"


def _pressed_by(agencies: Sequence[tuple[str, str]]) -> govuk.SelectField:
    field = govuk.SelectField(
        label="Which agency presses for a conference (optional)",
        help_text="Where none is required, the head of service is told",
        empty="No agency does",
        required=False,
    )
    field.choices = [("", "No agency does"), *agencies]
    return field


class ConferenceForm(forms.Form):
    """Whether an initial conference is needed."""

    conference = govuk.ChoiceField(
        label="Is an initial conference needed?",
        choices=Conference.choices,
        missing="Choose whether a conference is needed",
    )
    why = govuk.LongTextField(
        label="Why", missing="Say why a conference is needed, or is not", rows=4
    )

    def __init__(self, *args: Any, agencies: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["pressed_by"] = _pressed_by(agencies)

    def told(self) -> dict[str, Any]:
        """Give what was typed as the action takes it."""
        data = dict(self.cleaned_data)
        pressed_by = data.pop("pressed_by")
        return {**data, "pressed_by_id": UUID(pressed_by) if pressed_by else None}


class ConcludeForm(ReasonsForm):
    """The manager's outcome: three answers, the reasons, and who was told."""

    outcome = govuk.ChoiceField(
        label="What did the enquiry find?",
        choices=Section47Enquiry.Outcome.choices,
        missing="Choose what the enquiry found",
    )
    next_step = govuk.ChoiceField(
        label="What comes next?",
        choices=Section47Enquiry.NextStep.choices,
        missing="Choose what comes next",
    )
    conference = govuk.ChoiceField(
        label="Is an initial conference needed?",
        choices=[*Conference.choices, (UNDECIDED, "Not decided yet")],
        hints={UNDECIDED: "The 15 working days run on until it is decided"},
        missing="Choose whether a conference is needed, or that it is not decided yet",
    )
    conference_why = govuk.LongTextField(
        label="Why a conference is needed, or is not",
        help_text="If an agency presses for one, say what you answered",
        required=False,
        rows=3,
    )
    who_informed = govuk.LongTextField(
        label="Who was told the outcome, and how",
        help_text="The child, each parent, the agencies that took part, whoever raised it",
        missing="Say who was told the outcome, and how",
        rows=3,
    )

    def __init__(
        self,
        *args: Any,
        asks_unseen: bool,
        asks_late: bool,
        agencies: Sequence[tuple[str, str]],
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.fields["pressed_by"] = _pressed_by(agencies)
        if asks_unseen:
            self.fields["not_seen_because"] = govuk.LongTextField(
                label="The child has not been seen. Why the enquiry ends all the same",
                missing="Say why the enquiry ends without the child being seen",
                rows=3,
            )
        if asks_late:
            self.fields["late_reason"] = govuk.LongTextField(
                label="Why the outcome is later than 10 working days",
                missing="Say why the outcome is late",
                rows=2,
            )
        for name, missing in (
            ("know", "Say what we know"),
            ("worries", "Say what worries us, and for whom"),
            ("protects", "Say what is working well or protects them"),
            ("decision", "Say what you decide"),
            ("why", "Say why this and not the alternative"),
        ):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = missing
        self.order_fields(
            [
                "outcome",
                "next_step",
                "conference",
                "conference_why",
                "pressed_by",
                "know",
                "worries",
                "protects",
                "decision",
                "why",
                "not_seen_because",
                "late_reason",
                "who_informed",
            ]
        )

    def clean(self) -> dict[str, Any]:
        """A decided conference has a reason."""
        data = super().clean() or {}
        if data.get("conference") in Conference.values and not data.get("conference_why"):
            self.add_error("conference_why", "Say why a conference is needed, or is not")
        return data

    def told(self) -> dict[str, Any]:
        """Give what was typed as the action takes it."""
        data = self.cleaned_data
        return {
            "outcome": data["outcome"],
            "next_step": data["next_step"],
            "conference": "" if data["conference"] == UNDECIDED else data["conference"],
            "conference_why": data["conference_why"],
            "who_informed": data["who_informed"],
            "not_seen_because": data.get("not_seen_because", ""),
            "late_reason": data.get("late_reason", ""),
            "rationale": self.rationale(),
            "pressed_by_id": UUID(data["pressed_by"]) if data["pressed_by"] else None,
            "token": data["token"],
        }
