"""Forms of the child in need plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from assessments.actions.cin_plan import Step
from assessments.actions.cin_review import GoalProgress, StepAnswer
from assessments.models import CinAction, CinGoal, CinMeeting, CinPlan, CinProgress
from lib import govuk

NOT_BY_HAND = (
    CinPlan.Ending.STEPPED_DOWN,
    CinPlan.Ending.ESCALATED,
    CinPlan.Ending.NOT_NEEDED,
)
REVIEW_DECISIONS = {
    CinMeeting.Decision.GO_ON: "Nothing in it changes",
    CinMeeting.Decision.CHANGE: "Write the changes in the plan before the manager confirms",
    CinMeeting.Decision.STEP_DOWN: "The manager then offers the family to early help",
    CinMeeting.Decision.END: "The manager then ends the plan",
    CinMeeting.Decision.ESCALATE: "Tell the manager now; do not wait for this to be confirmed",
}


class StartForm(govuk.OnceForm):
    """Which children the plan is for."""

    children = govuk.ManyChoicesField(
        label="Which children is the plan for?", missing="Choose the children"
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["children"].choices = choices

    def child_ids(self) -> list[UUID]:
        return [UUID(pk) for pk in self.cleaned_data["children"]]


class SectionForm(forms.Form):
    """One child's section. Written for this child alone; nothing is copied."""

    read_version = govuk.CarriedNumber()
    needs = govuk.LongTextField(label="needs", rows=6, required=False)
    view = govuk.LongTextField(label="view", rows=5, required=False)
    safety = govuk.LongTextField(label="safety", rows=4, required=False)

    def __init__(self, *args: Any, name: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["needs"].label = f"What {name} needs, and what life should be like"
        self.fields["view"].label = f"What {name} says and shows"
        self.fields["view"].help_text = "Words and what you saw, so that somebody else could use it"
        self.fields["safety"].label = f"What keeps {name} safe if it gets worse tonight"
        self.fields["safety"].help_text = "Who does what, and whom to ring"


class GoalForm(govuk.OnceForm):
    """What needs to change, and how we will know."""

    read_version = govuk.CarriedNumber(initial=0)
    change = govuk.LongTextField(
        label="What needs to change", missing="Say what needs to change", rows=3
    )
    measure = govuk.LongTextField(
        label="How we will know that it has",
        missing="Say how we will know that it has changed",
        rows=2,
    )
    child = govuk.ChoiceField(label="For whom", missing="Choose for whom this is")

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["child"].choices = [("family", "The whole family"), *choices]

    def child_id(self) -> UUID | None:
        chosen = self.cleaned_data["child"]
        return None if chosen == "family" else UUID(chosen)


class StepForm(forms.Form):
    """Who does what by when."""

    id = govuk.CarriedId(required=False)
    what = govuk.TextField(label="What", required=False, max_length=500)
    who = govuk.TextField(label="Who", required=False)
    by_on = govuk.DateField(label="By when", required=False)

    def clean(self) -> dict[str, Any]:
        """A step is whole or not there."""
        data = super().clean() or {}
        given = [name for name in ("what", "who", "by_on") if data.get(name)]
        if given and len(given) < 3 and not self.errors:
            for name, words in (
                ("what", "Say what will be done"),
                ("who", "Say who does it"),
                ("by_on", "Say by when"),
            ):
                if not data.get(name):
                    self.add_error(name, words)
        return data


class StepRows(govuk.RowSet):
    """Who does what by when, towards one goal."""

    add_label = "Add another step"
    row_name = "Step"

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        for number, form in enumerate(self.forms, start=1):
            form.legend = f"Step {number}"

    def steps(self) -> list[Step]:
        return [
            Step(
                id=form.cleaned_data.get("id"),
                what=form.cleaned_data["what"],
                who=form.cleaned_data["who"],
                by_on=form.cleaned_data["by_on"],
            )
            for form in self.forms
            if form.cleaned_data.get("what")
        ]


StepSet = govuk.row_set(StepForm, StepRows)


class TakeOutForm(forms.Form):
    """Why a goal is taken out."""

    why = govuk.LongTextField(
        label="Why this goal is taken out", missing="Say why this goal is taken out", rows=2
    )


class DetailsForm(forms.Form):
    """Visits, what happens if it does not work, the family's view and the next meeting."""

    read_version = govuk.CarriedNumber()
    visit_every = govuk.WholeNumberField(
        label="See each child at least every so many working days",
        help_text="20 at most",
        min_value=1,
        max_value=20,
        width=2,
    )
    contingency = govuk.LongTextField(
        label="What happens if the plan does not work",
        help_text="What would make us think again, who decides, and what would follow",
        missing="Say what happens if the plan does not work",
        rows=4,
    )
    agreement = govuk.ChoiceField(
        label="Does the family agree?",
        choices=CinPlan.Agreement.choices,
        missing="Choose whether the family agrees",
    )
    family_view = govuk.LongTextField(
        label="What each parent says about the plan", required=False, rows=4
    )
    shared_on = govuk.OptionalDateField(label="When the plan was shared with them (optional)")
    next_meeting_on = govuk.DateField(
        label="Next meeting", missing="Enter the date of the next meeting"
    )

    def clean(self) -> dict[str, Any]:
        """Less than agreement is explained."""
        data = super().clean() or {}
        agreement = data.get("agreement")
        if agreement and agreement != CinPlan.Agreement.AGREED and not data.get("family_view"):
            self.add_error("family_view", "Say what the family does not agree to")
        return data


class AnswerPlanForm(forms.Form):
    """The manager approves the plan, or sends it back with what is missing."""

    answer = govuk.ChoiceField(
        label="What do you decide?",
        choices=[("approve", "Approve the plan"), ("return", "Send it back")],
        hints={
            "approve": "It runs from today for each child in it",
            "return": "The writer is told what is missing",
        },
        missing="Choose whether you approve the plan",
    )
    why = govuk.LongTextField(
        label="Why this plan is the right one, or what is missing",
        missing="Say why, or what is missing",
        rows=3,
    )


class MeetingForm(govuk.OnceForm):
    """The first meeting of family and agencies."""

    at = govuk.MomentField(label="When was the meeting?", missing="Enter when the meeting was")
    attended = govuk.LongTextField(
        label="Who was there, and who sent information",
        missing="Say who was there",
        rows=3,
    )
    summary = govuk.LongTextField(
        label="What was talked about", missing="Say what was talked about", rows=5
    )
    family_view = govuk.LongTextField(
        label="What each parent and child said",
        missing="Say what each parent and child said",
        rows=4,
    )
    next_on = govuk.DateField(label="Next review", missing="Enter the date of the next review")


class ReviewForm(govuk.OnceForm):
    """A review: each goal, each step that is due, and what should happen with the plan."""

    at = govuk.MomentField(label="When was the review?", missing="Enter when the review was")
    attended = govuk.LongTextField(
        label="Who was there, and who sent information", missing="Say who was there", rows=3
    )
    summary = govuk.LongTextField(
        label="What was talked about", missing="Say what was talked about", rows=5
    )
    family_view = govuk.LongTextField(
        label="What each parent and child said",
        missing="Say what each parent and child said",
        rows=4,
    )
    decision = govuk.ChoiceField(
        label="What should happen with the plan?",
        choices=CinMeeting.Decision.choices,
        hints=REVIEW_DECISIONS,
        missing="Choose what should happen with the plan",
    )
    why = govuk.LongTextField(
        label="Why this and not the alternative",
        missing="Say why this and not the alternative",
        rows=3,
    )
    next_on = govuk.OptionalDateField(label="Next review, if the plan goes on")

    def __init__(
        self, *args: Any, goals: Sequence[CinGoal], steps: Sequence[CinAction], **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        self.goals, self.steps = goals, steps
        for goal in goals:
            about = f"goal {goal.number}"
            self.fields[f"how-{goal.pk}"] = govuk.ChoiceField(
                label=f"How far has goal {goal.number} come?",
                choices=CinProgress.How.choices,
                inline=True,
                missing=f"Say how far goal {goal.number} has come",
            )
            self.fields[f"words-{goal.pk}"] = govuk.LongTextField(
                label="What shows it",
                about=about,
                missing=f"Say what shows it for goal {goal.number}",
                rows=2,
            )
        for step in steps:
            self.fields[f"done-{step.pk}"] = govuk.YesNoField(
                label=f"{step.who}: {step.what}", yes="Done", no="Not done", required=False
            )

    def goal_fields(self) -> list[tuple[CinGoal, Any, Any, list[Any]]]:
        """Each goal with its two questions and those of its steps, for the page."""
        return [
            (
                goal,
                self[f"how-{goal.pk}"],
                self[f"words-{goal.pk}"],
                [self[f"done-{step.pk}"] for step in self.steps if step.goal_id == goal.pk],
            )
            for goal in self.goals
        ]

    def progress(self) -> dict[UUID, GoalProgress]:
        return {
            goal.pk: GoalProgress(
                how=self.cleaned_data[f"how-{goal.pk}"],
                words=self.cleaned_data[f"words-{goal.pk}"],
            )
            for goal in self.goals
        }

    def step_answers(self) -> dict[UUID, StepAnswer]:
        answers = {step.pk: self.cleaned_data.get(f"done-{step.pk}") for step in self.steps}
        return {pk: StepAnswer(is_done=done) for pk, done in answers.items() if done is not None}


class ConfirmForm(forms.Form):
    """The manager confirms a review, or sends it back."""

    answer = govuk.ChoiceField(
        label="What do you decide?",
        choices=[("confirm", "Confirm the review"), ("return", "Send it back")],
        hints={
            "confirm": "The plan goes on as it is now written, or as the review decided",
            "return": "The writer is told what is missing",
        },
        missing="Choose whether you confirm the review",
    )
    note = govuk.LongTextField(label="A note, or what is missing", required=False, rows=3)

    def clean(self) -> dict[str, Any]:
        """Sending back says what is missing."""
        data = super().clean() or {}
        if data.get("answer") == "return" and not data.get("note"):
            self.add_error("note", "Say what is missing")
        return data


class DriftForm(forms.Form):
    """Somebody senior asks whether a plan that has run long still changes anything."""

    months = govuk.ChoiceField(label="Which check is this?", missing="Choose which check this is")
    changed = govuk.LongTextField(
        label="What has changed for each child since the plan began",
        missing="Say what has changed for each child",
        rows=5,
    )
    decision = govuk.ChoiceField(
        label="What should happen with the plan?",
        choices=CinMeeting.Decision.choices,
        missing="Choose what should happen with the plan",
    )
    why = govuk.LongTextField(label="Why", missing="Say why", rows=3)

    def __init__(self, *args: Any, months: Sequence[int], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["months"].choices = [(str(each), f"At {each} months") for each in months]


class EndForm(forms.Form):
    """The plan ends for some of its children, or all."""

    children = govuk.ManyChoicesField(
        label="For whom does the plan end?", missing="Choose the children for whom it ends"
    )
    ending = govuk.ChoiceField(
        label="Why does it end?",
        choices=[(e.value, e.label) for e in CinPlan.Ending if e not in NOT_BY_HAND],
        missing="Choose why the plan ends",
    )
    why = govuk.LongTextField(
        label="What has changed for each child, and who carries on",
        missing="Say what has changed for each child, and who carries on",
        rows=5,
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["children"].choices = choices


class GiveUpForm(forms.Form):
    """A draft that is not needed."""

    why = govuk.LongTextField(
        label="Why the plan is not needed", missing="Say why the plan is not needed", rows=3
    )
