"""The decision page: one small form per child, the reasons, what somebody will do, by when."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms

from accounts.models import Team, TeamKind
from cases.choices import Level, Outcome
from lib import govuk
from mash.actions import ChildLine, ElsewhereLine, PlannedAction
from record import code_lists

LEVELS = [(level.value, level.label) for level in Level]


class ChildForm(forms.Form):
    """One child: in or out, level, outcome and why. Starts empty; nothing is copied."""

    is_in = govuk.ChoiceField(
        label="In this decision?", choices=[("in", "In"), ("out", "Out")], required=False
    )
    level = govuk.SelectField(label="Level of need", choices=LEVELS, required=False)
    outcome = govuk.SelectField(label="Outcome", choices=Outcome.choices, required=False)
    to_team = govuk.SelectField(label="Team", required=False)
    primary_need = govuk.SelectField(label="Primary need", required=False)
    other_authority = govuk.TextField(label="Which authority", required=False)
    why = govuk.LongTextField(label="Why, for this child", required=False, rows=3)

    def __init__(
        self,
        *args: Any,
        child_id: UUID,
        name: str,
        open_case: bool,
        early_help: bool,
        is_step_up: bool = False,
        teams: Sequence[tuple[str, str]],
        needs: Sequence[tuple[str, str]],
        **rest: Any,
    ) -> None:
        super().__init__(*args, prefix=f"child-{child_id}", **rest)
        self.child_id = child_id
        self.child_name = name
        self.fields["is_in"].label = f"Is {name} in this decision?"
        for asked in ("level", "outcome", "why", "to_team", "primary_need", "other_authority"):
            self.fields[asked].about = name
        self.fields["to_team"].choices = [("", "Choose team"), *teams]
        self.fields["primary_need"].choices = [("", "Choose primary need"), *needs]
        refused = {Outcome.REFERRAL: open_case, Outcome.EARLY_HELP: early_help}
        refused[Outcome.LINKED] = not any(refused.values())
        self.fields["outcome"].choices = [
            ("", "Choose outcome"),
            *[
                (value, label)
                for value, label in Outcome.choices
                if not refused.get(Outcome(value))
            ],
        ]

    def line(self) -> ChildLine:
        """What was answered, for the action to judge."""
        data = self.cleaned_data
        return ChildLine(
            child_id=self.child_id,
            is_in={"in": True, "out": False}.get(data.get("is_in", "")),
            level=data.get("level", ""),
            outcome=data.get("outcome", ""),
            why=data.get("why", ""),
            primary_need=data.get("primary_need", ""),
            to_team_id=UUID(data["to_team"]) if data.get("to_team") else None,
            other_authority=data.get("other_authority", ""),
        )


class ElsewhereForm(forms.Form):
    """A child who lives elsewhere: told, and whom; or not told, because."""

    is_told = govuk.ChoiceField(
        label="Tell the authority or service there?",
        choices=[("yes", "Tell them"), ("no", "Do not tell")],
        required=False,
        reveals={"yes": ("whom",), "no": ("because",)},
    )
    whom = govuk.TextField(label="Who is told", required=False)
    because = govuk.TextField(label="Why nobody is told", required=False)

    def __init__(self, *args: Any, child_id: UUID, name: str, **rest: Any) -> None:
        super().__init__(*args, prefix=f"elsewhere-{child_id}", **rest)
        self.child_id = child_id
        self.child_name = name
        self.fields["is_told"].label = f"{name}: tell the authority or service there?"

    def line(self) -> ElsewhereLine:
        """What was answered; nothing chosen means not told, and the reason is asked for."""
        data = self.cleaned_data
        return ElsewhereLine(
            child_id=self.child_id,
            is_told=data.get("is_told") == "yes",
            whom=data.get("whom", ""),
            because=data.get("because", ""),
        )


class ActionForm(forms.Form):
    """One thing somebody will do."""

    what = govuk.TextField(label="What", required=False)
    owner = govuk.TextField(label="Who", required=False)
    by_when = govuk.MomentField(label="By when", required=False)

    def clean(self) -> dict[str, Any]:
        """An action is whole or not there."""
        data = super().clean() or {}
        given = [name for name in ("what", "owner", "by_when") if data.get(name)]
        if given and len(given) < 3 and not self.errors:
            for name, words in (
                ("what", "Say what will be done"),
                ("owner", "Say who does it"),
                ("by_when", "Say by when"),
            ):
                if not data.get(name):
                    self.add_error(name, words)
        return data


class ActionRows(govuk.RowSet):
    """What will be done."""

    add_label = "Add an action"
    row_name = "Action"


ActionSet = govuk.row_set(ActionForm, ActionRows, most=20)


class DecisionForm(forms.Form):
    """The structured rationale, and what a late or repeated contact is asked."""

    know = govuk.LongTextField(
        label="What we know", help_text="Facts, and who they come from", required=False
    )
    worries = govuk.LongTextField(label="What worries us, and for whom", required=False)
    protects = govuk.LongTextField(label="What is working well or protects them", required=False)
    alternative = govuk.LongTextField(
        label="Why this and not the alternative",
        help_text="Name the outcome you thought about and turned down",
        required=False,
    )
    question = govuk.LongTextField(
        label="What must the MASH enquiry answer?",
        help_text="Only when a child’s outcome is MASH enquiry",
        required=False,
    )
    cumulative_answer = govuk.LongTextField(
        label="What do these contacts mean together?",
        help_text="Asked because this is a repeat. Not only this one: what is the pattern?",
        required=False,
    )
    late_reason = govuk.LongTextField(label="Why is this decision late?", required=False, rows=2)
    agency_dissent = govuk.LongTextField(
        label="An agency that does not agree, and why (optional)", required=False, rows=2
    )
    early_help_should = govuk.LongTextField(
        label="What early help should do",
        help_text="Asked because early help stepped this family up. Only when you take none of the"
        " children on",
        required=False,
        rows=3,
    )
    look_again_on = govuk.OptionalDateField(label="When we look at this again (optional)")
    contact_version = govuk.CarriedNumber(required=False)
    token = govuk.CarriedId(required=False)

    def __init__(
        self, *args: Any, asks_cumulative: bool, asks_late: bool, is_step_up: bool, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        if not is_step_up:
            del self.fields["early_help_should"]
        if not asks_cumulative:
            del self.fields["cumulative_answer"]
        if not asks_late:
            del self.fields["late_reason"]

    def reasons(self) -> dict[str, Any]:
        """The answers as `mash.actions.decide` takes them."""
        data = self.cleaned_data
        return {
            name: data.get(name, "") or ""
            for name in (
                "know",
                "worries",
                "protects",
                "alternative",
                "question",
                "cumulative_answer",
                "late_reason",
                "agency_dissent",
                "early_help_should",
            )
        } | {
            "look_again_on": data.get("look_again_on"),
            "version": data.get("contact_version"),
            "token": data.get("token"),
        }


class PassedForm(forms.Form):
    """What is asked beside the line of a restricted child."""

    question = govuk.LongTextField(
        label="What must the MASH enquiry answer?",
        help_text="Only when the outcome is MASH enquiry",
        required=False,
        rows=3,
    )
    cumulative_answer = govuk.LongTextField(
        label="What do these contacts mean together?",
        help_text="Asked because this is a repeat. Not only this one: what is the pattern?",
        required=False,
    )
    late_reason = govuk.LongTextField(label="Why is this answer late?", required=False, rows=2)
    token = govuk.CarriedId(required=False)

    def __init__(
        self,
        *args: Any,
        asks_question: bool,
        asks_cumulative: bool,
        asks_late: bool,
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        for name, is_asked in (
            ("question", asks_question),
            ("cumulative_answer", asks_cumulative),
            ("late_reason", asks_late),
        ):
            if not is_asked:
                del self.fields[name]

    def answers(self) -> dict[str, Any]:
        """The answers as `mash.actions.answer_passed` takes them."""
        asked = ("question", "cumulative_answer", "late_reason")
        return {name: self.cleaned_data.get(name, "") for name in asked} | {
            "token": self.cleaned_data.get("token")
        }


class ConfirmForm(govuk.OnceForm):
    """Confirm an EDT decision as it stands."""

    note = govuk.LongTextField(
        label="Why this decision stands", missing="Say why this decision stands"
    )


class ReopenForm(govuk.OnceForm):
    """Look at a decided contact again."""

    reason = govuk.LongTextField(
        label="Why this is looked at again", missing="Say why this is looked at again"
    )


def planned_actions(rows: Any) -> list[PlannedAction]:
    """The whole rows of the action set."""
    return [
        PlannedAction(what=row["what"], owner=row["owner"], by_when=row["by_when"])
        for row in (form.cleaned_data for form in rows.forms)
        if row.get("what")
    ]


def receiving_teams() -> list[tuple[str, str]]:
    """Teams that may be offered what a decision sends on, as choices; one query."""
    teams = Team.objects.filter(
        kind__in=[TeamKind.ASSESSMENT, TeamKind.EARLY_HELP], is_active=True
    ).order_by("kind", "name", "pk")
    return [(str(team.pk), team.name) for team in teams]


def needs_on(day: Any) -> list[tuple[str, str]]:
    """Primary needs that may be chosen on a day, with their codes."""
    return [(code, f"{code} {label}") for code, label in code_lists.choices("primary_need", day)]


def new_token() -> UUID:
    """A token that makes sending the same form twice the same as sending it once."""
    return uuid4()


def spread(
    problems: Iterable[tuple[str, str]],
    *,
    form: DecisionForm,
    children: Mapping[UUID, ChildForm],
    elsewhere: Mapping[UUID, ElsewhereForm],
) -> None:
    """Put each problem of a decision at the control it is about."""
    for field, sentence in problems:
        kind, _, rest = field.partition("-")
        target: Any = form
        name: str | None = field
        if kind in ("child", "elsewhere") and len(rest) > 36:
            forms_of: Mapping[UUID, Any] = children if kind == "child" else elsewhere
            target = forms_of.get(UUID(rest[:36]), form)
            name = rest[37:]
        if name not in target.fields:
            name = None
        target.add_error(name, sentence)
