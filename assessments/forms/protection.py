"""Forms of conferences and child protection plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from assessments.actions.protection import (
    WITHOUT_A_CONFERENCE,
    AgencyThere,
    ConferenceLine,
    CoreGroupLine,
    ReviewLine,
    said_problems,
)
from assessments.actions.transfer_in import MovedIn
from assessments.models import ConferenceChild, ProtectionPlan
from lib import govuk

Result = ConferenceChild.Result
Categories = Sequence[tuple[str, str]]


class SaidForm(govuk.OnceForm):
    """What was said in a meeting about all its children.

    The action says what is missing, here and of each child, at once; the form does where the
    action cannot be asked.
    """

    SAID: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            for field, sentence in said_problems(
                **{name: data.get(name, "") for name in self.SAID}
            ):
                self.add_error(field, sentence)
        return data


class MeetingForm(SaidForm):
    """What was said in a conference about all its children."""

    SAID = ("chair", "attended", "summary", "family_view")

    at = govuk.MomentField(
        label="When was the conference?", when="past", missing="Enter when the conference was"
    )
    chair = govuk.TextField(label="Who chaired it", required=False)
    attended = govuk.LongTextField(
        label="Who of the family was there, and how each child’s view was heard",
        help_text="Also who sent information, and who was missing",
        required=False,
        rows=4,
    )
    summary = govuk.LongTextField(label="What was talked about", required=False, rows=5)
    family_view = govuk.LongTextField(
        label="What each parent and child said", required=False, rows=4
    )
    agency_dissent = govuk.LongTextField(
        label="Who did not agree, and why (optional)", required=False, rows=3
    )


class AgencyForm(forms.Form):
    """One agency that was asked: who came, what it sent, or why nobody did."""

    CAME, SENT, NEITHER = "yes", "sent", "no"

    agency = govuk.SelectField(label="Agency", required=False)
    there = govuk.ChoiceField(
        label="Did somebody come?",
        choices=[(CAME, "Yes"), (SENT, "No, but it sent information"), (NEITHER, "No")],
        required=False,
    )
    words = govuk.TextField(
        label="Who came; what it sent, and who wrote it; or why nobody did", required=False
    )

    def __init__(self, *args: Any, agencies: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["agency"].choices = [("", "Choose an agency"), *agencies]

    def clean(self) -> dict[str, Any]:
        """An agency is answered for whole, or not named."""
        data = super().clean() or {}
        if not data.get("agency"):
            if data.get("words"):
                self.add_error("agency", "Choose the agency")
            return data
        if not data.get("there"):
            self.add_error("there", "Say whether somebody came")
        if not data.get("words"):
            self.add_error("words", "Say who came, what it sent, or why nobody did")
        return data


class AgencyRows(govuk.RowSet):
    """The agencies that were asked to a meeting."""

    add_label = "Add another agency"
    row_name = "Agency"

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        for number, form in enumerate(self.forms, start=1):
            form.legend = f"Agency {number}"

    def there(self) -> list[AgencyThere]:
        """What was answered, for the action to judge."""
        return [
            AgencyThere(
                agency_id=UUID(form.cleaned_data["agency"]),
                has_attended=form.cleaned_data["there"] == AgencyForm.CAME,
                has_sent_information=form.cleaned_data["there"] == AgencyForm.SENT,
                words=form.cleaned_data["words"],
            )
            for form in self.forms
            if form.cleaned_data.get("agency")
        ]


AgencySet = govuk.row_set(AgencyForm, AgencyRows)


class ChildForm(forms.Form):
    """One child; nothing is copied from another."""

    def __init__(self, *args: Any, subject_id: UUID, name: str, **rest: Any) -> None:
        super().__init__(*args, prefix=f"child-{subject_id}", **rest)
        self.subject_id, self.child_name = subject_id, name
        for each in self.fields.values():
            each.about = name

    def said(self, name: str) -> Any:
        """Give an answer, empty where it was not asked."""
        return self.cleaned_data.get(name) or ""


class PlanChildForm(ChildForm):
    """Whether a child protection plan begins for one child, and what belongs to it."""

    result = govuk.ChoiceField(
        label="What did the conference decide?",
        choices=[(each.value, each.label) for each in (Result.PLAN, Result.NO_PLAN)],
        required=False,
        reveals={
            "plan": [
                "category",
                "previous_elsewhere",
                "must_change",
                "contingency",
                "core_group",
            ]
        },
    )
    category = govuk.SelectField(label="Category of abuse", required=False)
    previous_elsewhere = govuk.WholeNumberField(
        label="Plans of other authorities before (optional)",
        help_text="Those of this authority are counted from the record",
        required=False,
        min_value=0,
        max_value=20,
        width=2,
    )
    must_change = govuk.LongTextField(
        label="What must change, and who does what by when", required=False, rows=5
    )
    contingency = govuk.LongTextField(
        label="What happens if it does not change", required=False, rows=3
    )
    core_group = govuk.LongTextField(
        label="Who is in the core group",
        help_text="It meets within 10 working days",
        required=False,
        rows=3,
    )
    why = govuk.LongTextField(label="Why, for this child", required=False, rows=4)

    def __init__(self, *args: Any, categories: Categories, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["category"].choices = [("", "Choose a category"), *categories]

    def decided(self) -> dict[str, Any]:
        """What was answered, as every conference that begins plans takes it."""
        return {
            "result": self.said("result"),
            "why": self.said("why"),
            "category": self.said("category"),
            "previous_elsewhere": self.cleaned_data.get("previous_elsewhere") or 0,
            "must_change": self.said("must_change"),
            "contingency": self.said("contingency"),
            "core_group": self.said("core_group"),
        }


class ConferenceChildForm(PlanChildForm):
    """What the initial conference decided for one child."""

    report = govuk.ChoiceField(
        label="Which report did the conference have?",
        choices=ConferenceChild.Report.choices,
        hints={
            ConferenceChild.Report.ASSESSMENT: "Authorised, and every change since looked at for"
            " each child"
        },
        required=False,
    )
    shared_on = govuk.OptionalDateField(
        label="When the report was shared with the family (optional)"
    )

    def __init__(self, *args: Any, asks_late: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if asks_late:
            self.fields["late_reason"] = govuk.LongTextField(
                label="Why it was later than 15 working days, if it was",
                required=False,
                about=self.child_name,
                rows=2,
            )

    def line(self) -> ConferenceLine:
        """What was answered, for the action to judge."""
        return ConferenceLine(
            enquiry_id=self.subject_id,
            report=self.said("report"),
            shared_on=self.cleaned_data.get("shared_on"),
            late_reason=self.said("late_reason"),
            **self.decided(),
        )


class MovedInForm(MeetingForm):
    """A conference that takes over the plans of another authority."""

    from_authority = govuk.TextField(
        label="From which authority did the family move?",
        missing="Say from which authority the family moved",
        max_length=200,
    )
    told_on = govuk.DateField(
        label="When did that authority tell us?",
        help_text="The conference is held within 15 working days of it",
        missing="Enter when the other authority told us",
    )
    late_reason = govuk.LongTextField(
        label="Why it was later than 15 working days, if it was", required=False, rows=2
    )


class MovedInChildForm(PlanChildForm):
    """What a transfer-in conference decided for one child."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields[
            "previous_elsewhere"
        ].label = "Plans of other authorities, the one that moves included"

    def line(self) -> MovedIn:
        """What was answered, for the action to judge."""
        return MovedIn(child_id=self.subject_id, **self.decided())


class ReviewChildForm(ChildForm):
    """What a review conference decided for one child's plan."""

    result = govuk.ChoiceField(
        label="Does the plan go on?",
        choices=[(each.value, each.label) for each in (Result.CONTINUE, Result.END)],
        required=False,
        reveals={"continue": ["category"], "end": ["ending"]},
    )
    category = govuk.SelectField(label="Category of abuse from now on", required=False)
    ending = govuk.ChoiceField(
        label="Why the plan ends", choices=ProtectionPlan.Ending.choices, required=False
    )
    why = govuk.LongTextField(
        label="What has changed for this child, and why this follows", required=False, rows=4
    )

    def __init__(self, *args: Any, categories: Categories, asks_late: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["category"].choices = [("", "Choose a category"), *categories]
        if asks_late:
            self.fields["late_reason"] = govuk.LongTextField(
                label="Why the review was late, if it was",
                required=False,
                about=self.child_name,
                rows=2,
            )

    def line(self) -> ReviewLine:
        """What was answered, for the action to judge."""
        return ReviewLine(
            plan_id=self.subject_id,
            result=self.said("result"),
            why=self.said("why"),
            category=self.said("category"),
            ending=self.said("ending"),
            late_reason=self.said("late_reason"),
        )


class CoreGroupForm(SaidForm):
    """What a core group said about all its children."""

    SAID = ("attended", "family_view")

    at = govuk.MomentField(
        label="When was the core group?", when="past", missing="Enter when it was"
    )
    attended = govuk.LongTextField(
        label="Who of the family was there, and who was missing", required=False, rows=3
    )
    family_view = govuk.LongTextField(
        label="What each parent and child said", required=False, rows=4
    )


class CoreGroupChildForm(ChildForm):
    """What a core group said of one child."""

    changed = govuk.LongTextField(
        label="What has changed",
        help_text="What shows it, and what has not changed",
        required=False,
        rows=4,
    )
    next_steps = govuk.LongTextField(
        label="Who does what next, and by when", required=False, rows=4
    )

    def line(self) -> CoreGroupLine:
        """What was answered, for the action to judge."""
        return CoreGroupLine(
            plan_id=self.subject_id,
            changed=self.said("changed"),
            next_steps=self.said("next_steps"),
        )


class EndForm(forms.Form):
    """A plan that no conference needs to end."""

    ending = govuk.ChoiceField(
        label="Why does it end?",
        choices=[(each.value, each.label) for each in WITHOUT_A_CONFERENCE],
        missing="Choose why the plan ends",
    )
    why = govuk.LongTextField(
        label="What happened, and who has been told",
        missing="Say what happened, and who has been told",
        rows=4,
    )
