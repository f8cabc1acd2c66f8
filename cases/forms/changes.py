"""Forms of a change of circumstance: log it, triage it, review each child, decide."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict

from accounts.models import User
from cases.actions import ChangeLine, Direction, Rationale, ReviewAnswers
from cases.change_codes import DECISIONS, RAISE_IF, ChangeClass, ChangeCode
from cases.choices import RiskLevel
from lib import govuk

Pairs = Sequence[tuple[str, str]]
CLASSES = [(each.value, str(each.label)) for each in ChangeClass]
HINTS = {
    ChangeClass.IMMEDIATE: "Seen within 24 hours, reviews by the next working day",
    ChangeClass.SIGNIFICANT: "Reviews within 5 working days of learning of it",
    ChangeClass.ROUTINE: "Reviews within 10 working days of learning of it",
}


def unchecked(form: Any) -> Any:
    """Show a draft that is gone on with, without saying anything about it yet."""
    form._errors = ErrorDict()
    return form


def from_draft(data: Mapping[str, Any]) -> QueryDict:
    """Give a draft's words the shape in which a browser sends them."""
    posted = QueryDict(mutable=True)
    for key, value in data.items():
        posted.setlist(key, value if isinstance(value, list) else [value])
    return posted


class LogChangeForm(govuk.OnceForm):
    """What happened, when, and how we know."""

    code = govuk.SelectField(
        label="What happened?",
        choices=ChangeCode.choices,
        empty="Choose what happened",
        missing="Choose what happened",
    )
    what = govuk.LongTextField(
        label="In your words (optional)", required=False, rows=3, max_length=2_000
    )
    happened_on = govuk.DateField(label="When did it happen?", missing="Enter when it happened")
    learned_at = govuk.MomentField(
        label="When did you learn of it?",
        help_text="Limits count from here",
        when="past",
        missing="Enter when you learned of it",
    )
    learned_from = govuk.TextField(label="Who told you (optional)", required=False)
    person = govuk.SelectField(label="Who is it about (optional)", required=False)
    concerned = govuk.ManyChoicesField(
        label="Which children does it concern directly?", required=False
    )

    def __init__(self, *args: Any, people: Pairs, children: Pairs, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["person"].choices = [("", "Nobody in particular"), *people]
        concerned: Any = self.fields["concerned"]
        concerned.choices = children
        if len(children) < 2:
            del self.fields["concerned"]

    def given(self) -> dict[str, Any]:
        """The answers as `cases.actions.log_change` takes them."""
        data = self.cleaned_data
        return {
            "code": data["code"],
            "what": data["what"],
            "happened_on": data["happened_on"],
            "learned_at": data["learned_at"],
            "learned_from": data["learned_from"],
            "person_id": UUID(data["person"]) if data["person"] else None,
            "concerned_ids": [UUID(pk) for pk in data.get("concerned", [])],
        }


class TriageForm(forms.Form):
    """How urgent it is, and whom it concerns directly."""

    change_class = govuk.ChoiceField(
        label="How urgent is it?", choices=CLASSES, hints=HINTS, missing="Choose how urgent it is"
    )
    why = govuk.LongTextField(label="Why", required=False, rows=2)
    concerned = govuk.ManyChoicesField(
        label="Which children does it concern directly?",
        help_text="When it is immediate they must be seen within 24 hours",
        required=False,
    )

    def __init__(
        self, *args: Any, code: str, default: str, children: Pairs, is_again: bool, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        concerned: Any = self.fields["concerned"]
        concerned.choices = children
        raise_if = RAISE_IF.get(ChangeCode(code), "")
        self.fields["change_class"].help_text = " ".join(
            part for part in (f"An event like this counts as {default.lower()}.", raise_if) if part
        )
        self.fields["why"].label = (
            "Why the class changes"
            if is_again
            else "Why (needed when it is less urgent than such an event usually is)"
        )

    def given(self) -> dict[str, Any]:
        """The answers as the action takes them."""
        data = self.cleaned_data
        return {
            "change_class": data["change_class"],
            "why": data["why"],
            "concerned_ids": [UUID(pk) for pk in data["concerned"]],
        }


class ReviewForm(forms.Form):
    """One child's review. The questions are the same for every child; nothing is copied."""

    what_changed = govuk.LongTextField(label="What changed for {}?", required=False, rows=3)
    effect = govuk.LongTextField(label="What does it mean for {}?", required=False, rows=3)
    risk_before = govuk.ChoiceField(
        label="Risk to {} before", choices=RiskLevel.choices, inline=True, required=False
    )
    risk_now = govuk.ChoiceField(
        label="Risk to {} now", choices=RiskLevel.choices, inline=True, required=False
    )
    was_seen = govuk.YesNoField(
        label="Was {} seen since it happened?",
        required=False,
        inline=False,
        reveals={"yes": ["seen_at", "was_seen_alone"], "no": ["next_attempt_on"]},
    )
    seen_at = govuk.MomentField(label="When was {} seen?", required=False, when="past")
    was_seen_alone = govuk.YesNoField(label="Was {} seen alone?", required=False)
    next_attempt_on = govuk.OptionalDateField(label="When do you next try to see {}?")
    not_seen_because = govuk.LongTextField(
        label="Why {} was not seen, or not alone", required=False, rows=2
    )
    childs_view = govuk.LongTextField(
        label="{possessive} own view",
        help_text="Their words, and what you saw, so that somebody else could use it. Needed when"
        " the child was seen",
        required=False,
        rows=3,
    )
    protects = govuk.LongTextField(label="What protects {}?", required=False, rows=2)
    is_assessment_right = govuk.YesNoField(
        label="Is the assessment still right for {}?",
        required=False,
        inline=False,
        reveals={"no": ["assessment_why"]},
    )
    assessment_why = govuk.LongTextField(
        label="What in the assessment is no longer right?", required=False, rows=2
    )
    is_plan_right = govuk.YesNoField(
        label="Is the plan or safety plan still right for {}?",
        help_text="If there is none: would what is in place work tonight?",
        required=False,
        inline=False,
        reveals={"no": ["plan_why"]},
    )
    plan_why = govuk.LongTextField(
        label="What in the plan is no longer right?", required=False, rows=2
    )
    recommendation = govuk.LongTextField(
        label="What do you recommend for {}?", required=False, rows=2
    )
    late_reason = govuk.LongTextField(label="Why is this review late?", required=False, rows=2)

    def __init__(self, *args: Any, name: str, is_late: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        from lib.words import possessive

        for field in self.fields.values():
            field.label = str(field.label).format(name, possessive=possessive(name))
        if not is_late:
            del self.fields["late_reason"]

    def answers(self) -> ReviewAnswers:
        """What was answered, for the action to judge."""
        data = self.cleaned_data
        given: dict[str, Any] = {
            **{
                name: data.get(name)
                for name in (
                    "was_seen",
                    "was_seen_alone",
                    "seen_at",
                    "next_attempt_on",
                    "is_assessment_right",
                    "is_plan_right",
                )
            },
            **{
                name: data.get(name) or ""
                for name in (
                    "what_changed",
                    "effect",
                    "risk_before",
                    "risk_now",
                    "not_seen_because",
                    "childs_view",
                    "protects",
                    "assessment_why",
                    "plan_why",
                    "recommendation",
                )
            },
        }
        return ReviewAnswers(**given)


class LineForm(forms.Form):
    """What is decided for one child, and why."""

    outcome = govuk.SelectField(
        label="Decision",
        choices=[(each.value, str(each.label)) for each in DECISIONS],
        required=False,
        empty="Choose what you decide",
    )
    line = govuk.LongTextField(label="Why, for this child", required=False, rows=2)

    def __init__(
        self, *args: Any, child_id: UUID, name: str, is_sentence_only: bool = False, **rest: Any
    ) -> None:
        super().__init__(*args, prefix=f"child-{child_id}", **rest)
        self.child_id = child_id
        self.child_name = name
        self.fields["outcome"].about = name
        self.fields["line"].about = name
        if is_sentence_only:
            del self.fields["outcome"]
            self.fields["line"].label = "Why it is not significant"

    def given(self) -> ChangeLine:
        """What was answered, for the action to judge."""
        return ChangeLine(
            child_id=self.child_id,
            outcome=self.cleaned_data.get("outcome", ""),
            line=self.cleaned_data.get("line", ""),
        )


class DirectionForm(forms.Form):
    """One thing somebody is to do."""

    what = govuk.TextField(label="Action", required=False)
    owner = govuk.SelectField(label="Who", required=False)
    due_on = govuk.OptionalDateField(label="By when")

    def __init__(self, *args: Any, people: Pairs = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["owner"].choices = [("", "Choose who"), *people]

    def clean(self) -> dict[str, Any]:
        """An action is whole or not there."""
        data = super().clean() or {}
        given = [name for name in ("what", "owner", "due_on") if data.get(name)]
        if given and len(given) < 3 and not self.errors:
            for name, said in (
                ("what", "Say what is to be done"),
                ("owner", "Say who does it"),
                ("due_on", "Say by when"),
            ):
                if not data.get(name):
                    self.add_error(name, said)
        return data


class DirectionRows(govuk.RowSet):
    """What somebody is to do."""

    add_label = "Add an action"
    row_name = "Action"


DirectionSet = govuk.row_set(DirectionForm, DirectionRows, most=20)


def directions(rows: Any) -> list[Direction]:
    """The whole rows of a set of actions."""
    return [
        Direction(what=row["what"], owner_id=UUID(row["owner"]), due_on=row["due_on"])
        for row in rows.cleaned_data
        if row and row.get("what") and row.get("owner") and row.get("due_on")
    ]


class DecideForm(forms.Form):
    """The structured reasons, and who was told."""

    know = govuk.LongTextField(label="What we know", required=False, rows=3)
    worries = govuk.LongTextField(label="What worries us, and for whom", required=False, rows=3)
    protects = govuk.LongTextField(
        label="What is working well or protects them (optional)", required=False, rows=3
    )
    decision = govuk.LongTextField(label="What you decide", required=False, rows=3)
    why = govuk.LongTextField(label="Why this and not the alternative", required=False, rows=3)
    agencies_told = govuk.LongTextField(
        label="Which agencies were told, or why none", required=False, rows=2
    )
    family_told = govuk.LongTextField(
        label="What the family was told, or why it is not safe", required=False, rows=2
    )
    late_reason = govuk.LongTextField(label="Why is this late?", required=False, rows=2)
    look_again_on = govuk.OptionalDateField(label="Look again on (optional)")

    def __init__(self, *args: Any, is_late: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if not is_late:
            del self.fields["late_reason"]

    def given(self) -> dict[str, Any]:
        """The answers as `cases.actions.decide_change` takes them."""
        data = self.cleaned_data
        on: date | None = data.get("look_again_on")
        return {
            "rationale": Rationale(
                know=data["know"],
                worries=data["worries"],
                protects=data["protects"],
                decision=data["decision"],
                why=data["why"],
            ),
            "agencies_told": data["agencies_told"],
            "family_told": data["family_told"],
            "late_reason": data.get("late_reason", ""),
            "look_again_on": on,
        }


class MergeForm(forms.Form):
    """Which other report this is, and why."""

    other = govuk.ChoiceField(
        label="Which change is the same event?", missing="Choose the other report"
    )
    because = govuk.LongTextField(
        label="Why these are the same event", missing="Say why these are the same event", rows=2
    )

    def __init__(self, *args: Any, others: Pairs, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["other"].choices = others


class ElsewhereForm(forms.Form):
    """A child who lives elsewhere: told, and whom; or not told, because; and what they answered."""

    is_told = govuk.YesNoField(
        label="Is whoever is responsible told?",
        yes="Told",
        no="Not told",
        inline=False,
        reveals={"yes": ["whom", "answer"], "no": ["why_not"]},
        missing="Choose whether they are told",
    )
    whom = govuk.TextField(label="Who was told", required=False)
    answer = govuk.LongTextField(label="What they answered (optional)", required=False, rows=2)
    why_not = govuk.LongTextField(label="Why nobody is told", required=False, rows=2)


class GiveForm(forms.Form):
    """Another worker for a review."""

    to = govuk.SelectField(label="Who reviews the risk?", missing="Choose a worker")

    def __init__(self, *args: Any, workers: Iterable[User], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["to"].choices = [("", "Choose a worker")] + [
            (str(user.pk), f"{user.full_name}, {user.job_title}" if user.job_title else str(user))
            for user in workers
        ]


def spread(problems: Iterable[tuple[str, str]], form: Any, children: Mapping[UUID, Any]) -> None:
    """Put each sentence at the box it is about."""
    for place, sentence in problems:
        child, _, field = (place[:36], "", place[37:]) if len(place) > 36 else ("", "", place)
        if child and UUID(child) in children and field in children[UUID(child)].fields:
            children[UUID(child)].add_error(field, sentence)
        else:
            form.add_error(field if field in form.fields else None, sentence)
