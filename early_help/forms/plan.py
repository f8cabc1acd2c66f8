"""What is typed while a family is helped: assessment, plan, meetings, the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from early_help.actions import Asked, ChildSaid, Goal, Outcome, Progress, Step
from early_help.actions.plan import OUTCOMES
from early_help.forms.children import Named
from early_help.models import GoalProgress, PlanGoal, TeamMeeting
from lib import govuk
from lib.govuk import OnceForm
from record.drafted import Drafted


class AssessmentForm(OnceForm):
    """Each child in turn, then the family. Starts empty; nothing is copied."""

    strengths = govuk.LongTextField(
        label="What the family does well", missing="Say what the family does well"
    )
    family_says = govuk.LongTextField(
        label="What the parents say", missing="Say what the parents say"
    )

    def __init__(self, *args: Any, children: Sequence[Named], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.children = children
        first = []
        for child_id, name, _age in children:
            for part, label, hint in (
                ("needs", f"What {name} needs", "Health, learning, safety, somebody to trust"),
                (
                    "voice",
                    f"What {name} says, or shows",
                    "In their words. Of a baby: what you saw them do",
                ),
                ("strengths", f"What goes well for {name}", ""),
            ):
                field = f"{part}_{child_id}"
                first.append(field)
                self.fields[field] = govuk.LongTextField(
                    label=label, help_text=hint, rows=3, missing=f"Say w{label[1:]}"
                )
        self.order_fields(first)

    def assessment(self) -> dict[str, Any]:
        """The assessment, as the action takes it."""
        data = self.cleaned_data
        return {
            "children": [
                ChildSaid(
                    child_id=child_id,
                    needs=data[f"needs_{child_id}"],
                    voice=data[f"voice_{child_id}"],
                    strengths=data[f"strengths_{child_id}"],
                )
                for child_id, _name, _age in self.children
            ],
            "strengths": data["strengths"],
            "family_says": data["family_says"],
        }


class PlanForm(OnceForm):
    """Who agreed; the goals stand in rows beside it. `draft` keeps both while they are typed."""

    draft: Drafted | None = None
    agreed_with = govuk.TextField(
        label="Who of the family agreed to this plan?",
        missing="Say who of the family agreed to the plan",
    )


class StepForm(forms.Form):
    """One step towards a goal; a row without a goal belongs to the goal above."""

    goal = govuk.TextField(
        label="Goal",
        help_text="What will be different. Leave empty for another step towards the goal above",
        max_length=500,
        required=False,
    )
    what = govuk.TextField(label="What is done", max_length=500, required=False)
    who = govuk.TextField(label="Who", required=False)
    by_on = govuk.OptionalDateField(label="By when")

    def clean(self) -> dict[str, Any]:
        """A step is whole or not there."""
        data = super().clean() or {}
        if any(data.get(name) for name in ("goal", "what", "who", "by_on")) and not self.errors:
            for name, words in (
                ("what", "Say what is done"),
                ("who", "Say who does it"),
                ("by_on", "Say by when"),
            ):
                if not data.get(name):
                    self.add_error(name, words)
        return data


class StepRows(govuk.RowSet):
    add_label = "Add a step"
    row_name = "Step"


StepSet = govuk.row_set(StepForm, StepRows, extra=3, most=40)


def goals_of(rows: Any) -> list[Goal]:
    """The goals with their steps, in the order in which they stand."""
    found: list[Goal] = []
    for form in rows.forms:
        data = form.cleaned_data
        if not data.get("what"):
            continue
        step = Step(what=data["what"], who=data["who"], by_on=data["by_on"])
        if data.get("goal") or not found:
            found.append(Goal(goal=data.get("goal", ""), steps=[step]))
        else:
            last = found.pop()
            found.append(Goal(goal=last.goal, steps=[*last.steps, step]))
    return found


class AttendeeForm(forms.Form):
    """Somebody asked to the meeting."""

    name = govuk.TextField(label="Name", required=False)
    agency = govuk.TextField(label="Agency, or part of the family", required=False)
    was_there = govuk.ChoiceField(
        label="Were they there?", choices=[("yes", "Yes"), ("no", "No")], required=False
    )
    note = govuk.TextField(
        label="If not: what they sent, or why not", required=False, max_length=200
    )

    def clean(self) -> dict[str, Any]:
        """Somebody is named whole or not at all."""
        data = super().clean() or {}
        if any(data.get(name) for name in ("name", "agency", "was_there")):
            for name, words in (
                ("name", "Enter their name"),
                ("agency", "Enter their agency, or which part of the family they are"),
                ("was_there", "Choose whether they were there"),
            ):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
            if data.get("was_there") == "no" and not data.get("note"):
                self.add_error("note", "Say what they sent instead, or why they were not there")
        return data


class AttendeeRows(govuk.RowSet):
    add_label = "Add somebody"
    row_name = "Person"


AttendeeSet = govuk.row_set(AttendeeForm, AttendeeRows, extra=3, most=30)


def attendees_of(rows: Any) -> list[Asked]:
    """Those who were asked."""
    return [
        Asked(
            name=data["name"],
            agency=data["agency"],
            was_there=data["was_there"] == "yes",
            note=data.get("note", ""),
        )
        for data in (form.cleaned_data for form in rows.forms)
        if data.get("name")
    ]


class MeetingForm(OnceForm):
    """How each goal stands, what everybody says, and what was decided."""

    at = govuk.MomentField(label="When?", when="past", missing="Enter when the team met")
    family_says = govuk.LongTextField(
        label="What the parents say", missing="Say what the parents say", rows=3
    )
    children_say = govuk.LongTextField(
        label="What the children say", missing="Say what the children say", rows=3
    )
    decision = govuk.ChoiceField(
        label="What was decided?",
        choices=TeamMeeting.Decision.choices,
        hints={
            TeamMeeting.Decision.CHANGE: "You write the changed plan on the next page",
            TeamMeeting.Decision.CLOSE: "The coordinator decides, with an outcome for each child",
            TeamMeeting.Decision.STEP_UP: "You write the concern on the next page",
        },
        missing="Choose what was decided",
    )
    next_on = govuk.OptionalDateField(
        label="When the team meets next",
        help_text="Left empty only where help ends or the family is stepped up",
    )
    why = govuk.LongTextField(label="Why", missing="Say why", rows=3)

    def __init__(self, *args: Any, goals: Sequence[PlanGoal], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.goals = goals
        fields = []
        for goal in goals:
            self.fields[f"progress_{goal.pk}"] = govuk.ChoiceField(
                label=f"How far has “{goal.goal}” come?",
                choices=GoalProgress.Progress.choices,
                missing=f"Choose how far “{goal.goal}” has come",
            )
            self.fields[f"note_{goal.pk}"] = govuk.LongTextField(
                label="What shows it (optional)", required=False, rows=2
            )
            self.fields[f"note_{goal.pk}"].about = goal.goal
            fields += [f"progress_{goal.pk}", f"note_{goal.pk}"]
        self.order_fields(["at", *fields])

    def clean(self) -> dict[str, Any]:
        """The team that goes on meets again."""
        data = super().clean() or {}
        if data.get("decision") in (TeamMeeting.Decision.KEEP, TeamMeeting.Decision.CHANGE):
            self.need("next_on", "Enter when the team meets next")
        return data

    def meeting(self) -> dict[str, Any]:
        """The meeting, as the action takes it."""
        data = self.cleaned_data
        return {
            **{
                name: data[name]
                for name in ("at", "family_says", "children_say", "decision", "why", "next_on")
            },
            "progress": [
                Progress(
                    goal_id=goal.pk,
                    progress=data[f"progress_{goal.pk}"],
                    note=data[f"note_{goal.pk}"],
                )
                for goal in self.goals
            ],
        }


class CloseHelpForm(OnceForm):
    """What early help came to for each child, and why it is safe to end."""

    why_safe = govuk.LongTextField(
        label="Why it is safe to end", missing="Say why it is safe to end"
    )
    carries_on = govuk.LongTextField(
        label="Who carries on, and whom the family rings if it gets worse",
        missing="Say who carries on, and whom the family rings",
        rows=3,
    )

    def __init__(self, *args: Any, children: Sequence[Named], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.children = children
        first = []
        for child_id, name, _age in children:
            self.fields[f"outcome_{child_id}"] = govuk.ChoiceField(
                label=f"What did early help come to for {name}?",
                choices=[(each.value, each.label) for each in OUTCOMES],
                missing=f"Choose what early help came to for {name}",
            )
            self.fields[f"note_{child_id}"] = govuk.LongTextField(
                label=f"How you know, for {name}",
                missing=f"Say how you know, for {name}",
                rows=2,
            )
            first += [f"outcome_{child_id}", f"note_{child_id}"]
        self.order_fields(first)

    def end(self) -> dict[str, Any]:
        """The end, as the action takes it."""
        data = self.cleaned_data
        return {
            "why_safe": data["why_safe"],
            "carries_on": data["carries_on"],
            "outcomes": [
                Outcome(
                    child_id=child_id,
                    outcome=data[f"outcome_{child_id}"],
                    note=data[f"note_{child_id}"],
                )
                for child_id, _name, _age in self.children
            ],
        }
