"""Checkpoints, returning, and authorising: one small form per child, and the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict

from accounts.models import User
from assessments.actions import CheckpointLine, ChildOutcome, Comment
from assessments.choices import AssessmentOutcome, NextStep
from assessments.queries.document import Part, ReadSection
from cases.actions import Direction, Rationale
from cases.choices import RiskLevel
from lib import govuk
from lib.govuk import OnceForm

REASONS = ("know", "worries", "protects", "decision", "why")


def unchecked(form: Any) -> Any:
    """Show what was typed without saying anything about it yet: a draft that is gone on with."""
    for one in getattr(form, "forms", [form]):
        one._errors = ErrorDict()
    return form


def from_draft(data: Mapping[str, Any]) -> QueryDict:
    """Give a draft's words the shape in which a browser sends them."""
    posted = QueryDict(mutable=True)
    for key, value in data.items():
        posted.setlist(key, value if isinstance(value, list) else [value])
    return posted


class ReasonsForm(OnceForm):
    """The structured reasons of a manager's decision (domain.md 2.0.4)."""

    know = govuk.LongTextField(
        label="What we know", help_text="Facts, and who they come from", required=False
    )
    worries = govuk.LongTextField(label="What worries us, and for whom", required=False)
    protects = govuk.LongTextField(label="What is working well or protects them", required=False)
    decision = govuk.LongTextField(label="What you decide", required=False, rows=2)
    why = govuk.LongTextField(
        label="Why this and not the alternative",
        help_text="Name what you thought about and turned down",
        required=False,
    )

    def rationale(self) -> Rationale:
        """Give the reasons as the action takes them."""
        data = self.cleaned_data
        return Rationale(**{name: data.get(name, "") or "" for name in REASONS})


class AuthoriseForm(ReasonsForm):
    """The reasons, and what a late assessment is asked."""

    late_reason = govuk.LongTextField(
        label="Why is it later than 45 working days?", required=False, rows=2
    )
    look_again_on = govuk.OptionalDateField(label="When we look at this again (optional)")
    submission = govuk.CarriedNumber()

    def __init__(self, *args: Any, asks_late: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if not asks_late:
            del self.fields["late_reason"]


class OutcomeForm(forms.Form):
    """What is authorised for one child; it starts with what the worker recommends."""

    outcome = govuk.ChoiceField(label="Outcome", choices=AssessmentOutcome.choices, required=False)
    note = govuk.TextField(
        label="What comes next (only when it is “Other”)", required=False, max_length=500
    )
    primary_need = govuk.SelectField(label="Primary need", required=False)
    factors = govuk.ManyChoicesField(label="Factors identified", required=False)

    def __init__(
        self,
        *args: Any,
        part: Part,
        needs: Sequence[tuple[str, str]],
        factors: Sequence[tuple[str, str]],
        **rest: Any,
    ) -> None:
        super().__init__(*args, prefix=f"child-{part.child_id}", **rest)
        self.part = part
        for asked in self.fields.values():
            asked.about = part.first_name
        self.fields["primary_need"].choices = [("", "Choose primary need"), *needs]
        self.fields["factors"].choices = factors

    def line(self) -> ChildOutcome:
        """What was chosen, for the action to judge."""
        data = self.cleaned_data
        return ChildOutcome(
            child_id=self.part.child_id,
            outcome=data.get("outcome", ""),
            primary_need=data.get("primary_need", ""),
            factors=data.get("factors", []),
            note=data.get("note", ""),
        )


class CheckpointForm(ReasonsForm):
    """What a checkpoint asks about the family, and about the assessment itself."""

    other_parent = govuk.LongTextField(
        label="Does the father or other parent take part?",
        help_text="Who, seen when; or why not, and what is done about it",
        required=False,
        rows=2,
    )
    agencies = govuk.LongTextField(
        label="Which agencies were asked, and what do they say?", required=False, rows=2
    )
    next_step = govuk.ChoiceField(
        label="What about the assessment?", choices=NextStep.choices, required=False
    )
    review_on = govuk.DateField(label="Look at it together on", missing="Enter the new day agreed")
    field_order = (
        "other_parent",
        "agencies",
        "next_step",
        "review_on",
        *REASONS,
        "token",
    )


class CheckpointChildForm(forms.Form):
    """What a checkpoint asks about one child. It starts empty."""

    was_seen = govuk.YesNoField(label="Seen?", required=False)
    was_seen_alone = govuk.YesNoField(label="Seen alone?", required=False)
    not_because = govuk.LongTextField(
        label="If not seen, or not alone: why not, and when next", required=False, rows=2
    )
    emerging_risk = govuk.ChoiceField(
        label="Risk that shows", choices=RiskLevel.choices, inline=True, required=False
    )
    note = govuk.LongTextField(label="What is known so far", required=False, rows=2)

    def __init__(self, *args: Any, part: Part, **rest: Any) -> None:
        super().__init__(*args, prefix=f"child-{part.child_id}", **rest)
        self.part = part
        self.fields["was_seen"].label = f"Has {part.first_name} been seen?"
        self.fields["was_seen_alone"].label = f"Has {part.first_name} been seen alone?"
        for name in ("not_because", "emerging_risk", "note"):
            self.fields[name].about = part.first_name

    def clean(self) -> dict[str, Any]:
        """Yes or no is an answer; nothing is not."""
        data = super().clean() or {}
        name = self.part.first_name
        if data.get("was_seen") is None:
            self.add_error("was_seen", f"Say whether {name} has been seen")
        elif data.get("was_seen") and data.get("was_seen_alone") is None:
            self.add_error("was_seen_alone", f"Say whether {name} has been seen alone")
        return data

    def line(self) -> CheckpointLine:
        """What was answered, for the action to judge."""
        data = self.cleaned_data
        return CheckpointLine(
            child_id=self.part.child_id,
            was_seen=bool(data.get("was_seen")),
            was_seen_alone=bool(data.get("was_seen_alone")),
            not_because=data.get("not_because", ""),
            emerging_risk=data.get("emerging_risk", ""),
            note=data.get("note", ""),
        )


class DirectionForm(forms.Form):
    """One thing somebody is to do."""

    what = govuk.TextField(label="What", required=False, max_length=500)
    owner = govuk.RecordField(
        label="Who",
        queryset=User.objects.none(),
        words=lambda user: user.full_name,
        empty="Choose who",
        required=False,
    )
    due_on = govuk.OptionalDateField(label="By when", one_box=True)

    def clean(self) -> dict[str, Any]:
        """A direction is whole or not there."""
        data = super().clean() or {}
        given = [name for name in ("what", "owner", "due_on") if data.get(name)]
        if given and len(given) < 3 and not self.errors:
            for name, said in (
                ("what", "Say what is to be done"),
                ("owner", "Choose who does it"),
                ("due_on", "Enter by when"),
            ):
                if not data.get(name):
                    self.add_error(name, said)
        return data


class DirectionRows(govuk.RowSet):
    """What is to be done."""

    add_label = "Add a direction"
    row_name = "Direction"


DirectionSet = govuk.row_set(DirectionForm, DirectionRows, most=20)


def directions_with(people: Any, typed: Any) -> Any:
    """Make the rows of directions, for these people."""
    rows = DirectionSet(
        typed if typed is not None and "directions-TOTAL_FORMS" in typed else None,
        prefix="directions",
    )
    for form in [*rows.forms, rows.empty_form]:
        form.fields["owner"].queryset = people
    return rows


def directions_of(rows: Any) -> list[Direction]:
    """Give the whole rows."""
    return [
        Direction(what=row["what"], owner_id=row["owner"].pk, due_on=row["due_on"])
        for row in (form.cleaned_data for form in rows.forms)
        if row.get("what")
    ]


class ReturnForm(OnceForm):
    """What is missing and by when, and a word at each section or child where it is."""

    missing = govuk.LongTextField(label="What is missing", missing="Say what is missing")
    due_on = govuk.DateField(label="To have it back on", missing="Enter when you want it back")

    def __init__(self, *args: Any, asked: Iterable[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.asked = list(asked)
        for name, label in self.asked:
            self.fields[name] = govuk.LongTextField(
                label=f"{label} (optional)", required=False, rows=2, max_length=2_000
            )

    def comments(self) -> list[Comment]:
        """Give what was said at sections and children."""
        found = []
        for name, _label in self.asked:
            said = self.cleaned_data.get(name, "")
            code, _, child = name.partition("-")
            if said:
                found.append(
                    Comment(section=code, child_id=UUID(child) if child else None, words=said)
                )
        return found


def asked_of(sections: Sequence[ReadSection], parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Give a field for every section, and for every child in place of "each child"."""
    found = []
    for section in sections:
        if section.code == "child":
            found += [(f"child-{part.child_id}", part.heading) for part in parts]
        else:
            found.append((section.code, section.title))
    return found


def spread(
    problems: Iterable[tuple[str, str]], *, form: Any, children: Mapping[UUID, Any]
) -> list[tuple[str, str]]:
    """Put each problem at the control it is about; give back those that lead elsewhere."""
    elsewhere = []
    for field, sentence in problems:
        if field.startswith("/"):
            elsewhere.append((field, sentence))
            continue
        target, name = form, field
        if field.startswith("child-") and len(field) > 43:
            target = children.get(UUID(field[6:42]), form)
            name = field[43:]
        if name in target.fields:
            target.add_error(name, sentence)
        else:
            elsewhere.append(("", sentence))
    return elsewhere
