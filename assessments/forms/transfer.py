"""Forms of a transfer to the longer-term team."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from assessments.actions.transfer import Line
from assessments.actions.transfer_wait import ChildLooked, Risk
from assessments.models import Item, Transfer, TransferDispute
from assessments.queries.transfer import ChildShown, ChildToHandOn
from cases.actions import Rationale
from cases.change_codes import ChangeCode
from cases.choices import RiskLevel
from lib import govuk


def person_and_job(user: Any) -> str:
    return f"{user.full_name}, {user.job_title}" if user.job_title else str(user.full_name)


def children_of(rows: Sequence[ChildShown]) -> list[tuple[str, str]]:
    """The choices of a question about the whole family or one child of it."""
    return [
        ("", "The whole family"),
        *[(str(row.line.child_id), row.name) for row in rows],
    ]


class ProposeForm(govuk.OnceForm):
    """Who is handed on, to which team, why now, and what is booked."""

    to_team = govuk.RecordField(
        label="To which team",
        queryset=None,
        words=lambda team: team.name,
        missing="Choose the team",
    )
    point = govuk.ChoiceField(
        label="What has been reached?",
        choices=Transfer.Point.choices,
        missing="Choose what has been reached",
    )
    reason = govuk.LongTextField(label="Why now", missing="Say why now", rows=3)
    next_visit_on = govuk.DateField(label="Next visit", missing="Enter when the next visit is")
    next_meeting = govuk.TextField(
        label="Next meeting",
        help_text="Core group, review of the plan, conference",
        missing="Say what the next meeting is",
    )
    next_meeting_on = govuk.DateField(
        label="When the next meeting is", missing="Enter when the next meeting is"
    )

    def __init__(self, *args: Any, teams: Any, rows: Sequence[ChildToHandOn], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["to_team"].queryset = teams
        self.rows = [row for row in rows if not row.is_restricted]
        for row in self.rows:
            choices = [("in", "Handed on"), ("out", "Not handed on")]
            self.fields[f"in-{row.child_id}"] = govuk.ChoiceField(
                label=f"Is {row.name} handed on?",
                choices=choices[1:] if row.why_not else choices,
                inline=True,
                reveals={"out": [f"because-{row.child_id}"]},
                missing=f"Choose whether {row.name} is handed on",
            )
            self.fields[f"because-{row.child_id}"] = govuk.TextField(
                label="Why not", about=row.name, required=False, max_length=500
            )

    def clean(self) -> dict[str, Any]:
        """A child who stays has a reason."""
        data = super().clean() or {}
        for row in self.rows:
            if data.get(f"in-{row.child_id}") == "out" and not data.get(f"because-{row.child_id}"):
                self.add_error(f"because-{row.child_id}", f"Say why {row.name} is not handed on")
        return data

    def child_fields(self) -> list[tuple[ChildToHandOn, Any]]:
        """Each child with the choice; why not is drawn below it."""
        return [(row, self[f"in-{row.child_id}"]) for row in self.rows]

    def lines(self) -> list[Line]:
        return [
            Line(
                child_id=row.child_id,
                is_in=self.cleaned_data[f"in-{row.child_id}"] == "in",
                because=self.cleaned_data[f"because-{row.child_id}"],
            )
            for row in self.rows
        ]


class ChildForm(forms.Form):
    """A child who joined the household: handed on too, or not."""

    is_in = govuk.ChoiceField(
        label="Is this child handed on too?",
        choices=[("in", "Handed on"), ("out", "Not handed on")],
        reveals={"out": ["because"]},
        missing="Choose whether this child is handed on",
    )
    because = govuk.TextField(label="Why not", required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("is_in") == "out" and not data.get("because"):
            self.add_error("because", "Say why this child is not handed on")
        return data


class PassOnForm(forms.Form):
    """Nothing is asked: a line of a transfer is passed on once, whoever sends it."""


class DatesForm(forms.Form):
    """What is booked next."""

    next_visit_on = govuk.DateField(label="Next visit", missing="Enter when the next visit is")
    next_meeting = govuk.TextField(label="Next meeting", missing="Say what the next meeting is")
    next_meeting_on = govuk.DateField(
        label="When the next meeting is", missing="Enter when the next meeting is"
    )


class ReadyForm(govuk.OnceForm):
    """The sender's manager says, with reasons, that the family is ready."""

    know = govuk.LongTextField(label="What we know", missing="Say what we know")
    worries = govuk.LongTextField(
        label="What worries us, and for whom", missing="Say what worries us, and for whom"
    )
    protects = govuk.LongTextField(
        label="What keeps each child safe", missing="Say what keeps each child safe"
    )
    decision = govuk.LongTextField(
        label="What the next team must go on with",
        missing="Say what the next team must go on with",
    )
    why = govuk.LongTextField(
        label="Why hand on now and not later", missing="Say why hand on now and not later"
    )
    put_right = govuk.LongTextField(
        label="What was put right since it came back",
        missing="Say what was put right since it came back",
        rows=3,
    )

    def __init__(self, *args: Any, is_returned: bool, **rest: Any) -> None:
        """:param is_returned: the family was offered before and came back"""
        super().__init__(*args, **rest)
        if is_returned:
            self.order_fields(["put_right"])
        else:
            del self.fields["put_right"]

    def rationale(self) -> Rationale:
        said = self.cleaned_data
        return Rationale(
            know=said["know"],
            worries=said["worries"],
            protects=said["protects"],
            decision=said["decision"],
            why=said["why"],
        )


class BookForm(forms.Form):
    """When the two teams meet."""

    meeting_on = govuk.MomentField(
        label="When is the meeting?", missing="Enter when the meeting is", when="future"
    )


class MeetingForm(govuk.OnceForm):
    """The meeting was held: the family is accepted, or returned with what is missing."""

    answer = govuk.ChoiceField(
        label="What do you decide?",
        choices=[("accept", "Accept the family"), ("return", "Return it with what is missing")],
        hints={
            "accept": "The sending manager stays responsible until the transfer is completed",
            "return": "The sending team puts it right and sends it again",
        },
        reveals={"accept": ["met_at", "attended"], "return": ["item", "child", "because"]},
        missing="Choose whether you accept the family",
    )
    met_at = govuk.MomentField(label="When was the meeting?", required=False)
    attended = govuk.LongTextField(label="Who was there", required=False, rows=2)
    item = govuk.SelectField(
        label="What of the checklist is missing", choices=Item.choices, required=False
    )
    child = govuk.SelectField(
        label="For which child (optional)", required=False, empty="The whole family"
    )
    because = govuk.LongTextField(label="What exactly", required=False, rows=3)

    def __init__(self, *args: Any, rows: Sequence[ChildShown], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["child"].choices = children_of(rows)

    def clean(self) -> dict[str, Any]:
        """Each answer has its own questions."""
        super().clean()
        if self.cleaned_data.get("answer") == "accept":
            self.need("met_at", "Enter when the meeting was")
            self.need("attended", "Say who was there")
        elif self.cleaned_data.get("answer") == "return":
            self.need("item", "Choose what of the checklist is missing")
            self.need("because", "Say what exactly is missing")
        return self.cleaned_data


class WaitForm(forms.Form):
    """The family waits: why, until when, who visits, and the risk to each child."""

    because = govuk.LongTextField(
        label="Why there is no worker yet", missing="Say why there is no worker yet", rows=2
    )
    expected_on = govuk.DateField(
        label="When you expect a worker", missing="Enter when you expect a worker"
    )
    visits_by = govuk.RecordField(
        label="Who visits in the meantime",
        queryset=None,
        words=person_and_job,
        missing="Choose who visits in the meantime",
    )

    def __init__(self, *args: Any, rows: Sequence[ChildShown], visitors: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["visits_by"].queryset = visitors
        self.rows = rows
        for row in rows:
            pk = row.line.child_id
            self.fields[f"risk-{pk}"] = govuk.ChoiceField(
                label=f"How great is the risk to {row.name} while waiting?",
                choices=RiskLevel.choices,
                inline=True,
                missing=f"Choose how great the risk to {row.name} is",
            )
            self.fields[f"why-{pk}"] = govuk.LongTextField(
                label="What that rests on",
                about=row.name,
                missing=f"Say what the risk to {row.name} rests on",
                rows=2,
            )

    def risks(self) -> dict[UUID, Risk]:
        return {
            row.line.child_id: Risk(
                level=self.cleaned_data[f"risk-{row.line.child_id}"],
                why=self.cleaned_data[f"why-{row.line.child_id}"],
            )
            for row in self.rows
        }


class ReviewForm(govuk.OnceForm):
    """The weekly look at a family that waits, child by child."""

    visits = govuk.LongTextField(
        label="Which visits were made, and by whom",
        missing="Say which visits were made, and by whom",
        rows=2,
    )
    with_manager = govuk.RecordField(
        label="With which manager of the receiving team",
        queryset=None,
        words=person_and_job,
        missing="Choose with whom you looked at it",
    )
    is_escalated = govuk.YesNoField(
        label="Does this go to the head of service?",
        reveals={"yes": ["because"]},
        missing="Choose whether this goes to the head of service",
    )
    because = govuk.LongTextField(label="Why", required=False, rows=2)
    expected_on = govuk.OptionalDateField(label="New date when a worker is expected (optional)")

    QUESTIONS = (
        ("what_changed", "What has changed since the last review", "Say what has changed for"),
        ("effect", "What that means for this child", "Say what that means for"),
        ("protects", "What protects", "Say what protects"),
        ("recommendation", "What should happen now", "Say what should happen now for"),
    )

    CHANGE = ("change", "changed_on", "no_change_because")

    def __init__(
        self, *args: Any, rows: Sequence[ChildShown], managers: Any, seen: Any, **rest: Any
    ) -> None:
        """:param seen: the children seen since the last review"""
        super().__init__(*args, **rest)
        self.fields["with_manager"].queryset = managers
        self.rows = rows
        for row in rows:
            pk = row.line.child_id
            for name, label, missing in self.QUESTIONS:
                self.fields[f"{name}-{pk}"] = govuk.LongTextField(
                    label=label, about=row.name, missing=f"{missing} {row.name}", rows=2
                )
            self.fields[f"risk-{pk}"] = govuk.ChoiceField(
                label=f"How great is the risk to {row.name} now?",
                choices=RiskLevel.choices,
                inline=True,
                missing=f"Choose how great the risk to {row.name} is",
            )
            for name, what in (("is_assessment_right", "assessment"), ("is_plan_right", "plan")):
                self.fields[f"{name}-{pk}"] = govuk.YesNoField(
                    label=f"Is the {what} still right for {row.name}?",
                    missing=f"Choose whether the {what} is still right for {row.name}",
                    reveals={"no": [f"{part}-{pk}" for part in self.CHANGE]}
                    if what == "assessment"
                    else None,
                )
            self.fields[f"change-{pk}"] = govuk.SelectField(
                label="Which change of circumstance is this?",
                about=row.name,
                help_text="It opens a review of each child at home, and nobody is handed on before"
                " it is done",
                choices=ChangeCode.choices,
                empty="None, and I say why",
                required=False,
            )
            self.fields[f"changed_on-{pk}"] = govuk.OptionalDateField(
                label="When it happened, if not today (optional)", about=row.name
            )
            self.fields[f"no_change_because-{pk}"] = govuk.TextField(
                label="If none, why",
                about=row.name,
                help_text="For example, that it is recorded already",
                required=False,
                max_length=500,
            )
            self.fields[f"why_not_right-{pk}"] = govuk.LongTextField(
                label="What is no longer right, if anything",
                about=row.name,
                required=False,
                rows=2,
            )
            if pk not in seen and not row.line.child.expected_on:
                self.fields[f"not_seen_because-{pk}"] = govuk.TextField(
                    label="Why not seen since the last review",
                    about=row.name,
                    missing=f"Say why {row.name} was not seen",
                    max_length=500,
                )
                self.fields[f"next_attempt_on-{pk}"] = govuk.DateField(
                    label="Next visit", about=row.name, missing="Enter when the next visit is"
                )

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("is_escalated"):
            self.need("because", "Say why this goes to the head of service")
        for row in self.rows:
            pk = row.line.child_id
            if False in (
                self.cleaned_data.get(f"is_{what}_right-{pk}") for what in ("assessment", "plan")
            ):
                self.need(f"why_not_right-{pk}", f"Say what is no longer right for {row.name}")
            if self.cleaned_data.get(
                f"is_assessment_right-{pk}"
            ) is False and not self.cleaned_data.get(f"change-{pk}"):
                self.need(
                    f"no_change_because-{pk}",
                    f"Choose which change of circumstance this is for {row.name}, or say why it is"
                    " none",
                )
        return self.cleaned_data

    def child_fields(self) -> list[tuple[ChildShown, list[Any]]]:
        names = (
            "what_changed effect risk protects is_assessment_right is_plan_right why_not_right"
            " not_seen_because next_attempt_on recommendation"
        ).split()
        return [
            (
                row,
                [
                    self[f"{name}-{row.line.child_id}"]
                    for name in names
                    if f"{name}-{row.line.child_id}" in self.fields
                ],
            )
            for row in self.rows
        ]

    def children(self) -> list[ChildLooked]:
        def said(name: str, pk: UUID) -> Any:
            return self.cleaned_data.get(f"{name}-{pk}")

        return [
            ChildLooked(
                child_id=pk,
                what_changed=said("what_changed", pk),
                effect=said("effect", pk),
                risk=said("risk", pk),
                protects=said("protects", pk),
                is_assessment_right=said("is_assessment_right", pk),
                is_plan_right=said("is_plan_right", pk),
                why_not_right=said("why_not_right", pk) or "",
                change=said("change", pk) or "",
                changed_on=said("changed_on", pk),
                no_change_because=said("no_change_because", pk) or "",
                not_seen_because=said("not_seen_because", pk) or "",
                next_attempt_on=said("next_attempt_on", pk),
                recommendation=said("recommendation", pk),
            )
            for pk in (row.line.child_id for row in self.rows)
        ]


class AllocateForm(forms.Form):
    """One worker for all the children, and the joint visit."""

    worker = govuk.RecordField(
        label="Worker for all the children",
        queryset=None,
        words=person_and_job,
        missing="Choose the worker",
    )
    joint_visit_on = govuk.DateField(
        label="When both workers visit together", missing="Enter when both workers visit"
    )
    out_of_order_why = govuk.TextField(label="Why they go first")
    instead_of = govuk.CarriedId(required=False)

    def __init__(self, *args: Any, workers: Any, names: str, goes_before: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["worker"].queryset = workers
        if goes_before:
            why = self.fields["out_of_order_why"]
            why.label = f"Why {names} should go before {goes_before}"
            why.error_messages["required"] = f"Say why {names} should go before {goes_before}"
        else:
            del self.fields["out_of_order_why"]


class CompleteForm(govuk.OnceForm):
    """The joint visit was made and the family knows."""

    joint_visit_at = govuk.MomentField(
        label="When did both workers visit together?",
        missing="Enter when both workers visited",
    )
    family_told = govuk.LongTextField(
        label="Who told the family, how and when, and what they said",
        missing="Say who told the family, how and when",
        rows=3,
    )


class BecauseForm(forms.Form):
    """One reason."""

    because = govuk.LongTextField(label="Why", missing="Say why", rows=3)

    def __init__(self, *args: Any, label: str, missing: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["because"].label = label
        self.fields["because"].error_messages["required"] = missing


class WithdrawForm(BecauseForm):
    """The family, or one child of it, is not handed on."""

    child = govuk.SelectField(
        label="Who is not handed on any longer?", required=False, empty="The whole family"
    )

    field_order = ("child", "because")

    def __init__(self, *args: Any, rows: Sequence[ChildShown], **rest: Any) -> None:
        super().__init__(*args, label="Why", missing="Say why", **rest)
        self.fields["child"].choices = children_of(rows)


class SettleForm(forms.Form):
    """A head of service decides, and says what of the checklist is missing if the family stays."""

    outcome = govuk.ChoiceField(
        label="What do you decide?",
        choices=TransferDispute.Outcome.choices,
        hints={
            TransferDispute.Outcome.ACCEPT: "A change that nobody has reviewed still blocks it",
            TransferDispute.Outcome.RETURN: "The sending team is told what is missing",
        },
        missing="Choose what you decide",
    )
    item = govuk.SelectField(
        label="What of the checklist is missing", choices=Item.choices, required=False
    )
    child = govuk.SelectField(
        label="For which child (optional)", required=False, empty="The whole family"
    )
    why = govuk.LongTextField(label="Why", missing="Say why you decide this", rows=3)

    def __init__(
        self, *args: Any, rows: Sequence[ChildShown], is_returned: bool, **rest: Any
    ) -> None:
        """:param is_returned: the family stands returned, and what is missing has been said"""
        super().__init__(*args, **rest)
        if is_returned:
            del self.fields["item"], self.fields["child"]
            return
        outcome: Any = self.fields["outcome"]
        outcome.reveals = {TransferDispute.Outcome.RETURN.value: ("item", "child")}
        self.fields["child"].choices = children_of(rows)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_back = data.get("outcome") == TransferDispute.Outcome.RETURN
        if is_back and "item" in self.fields and not data.get("item"):
            self.add_error("item", "Choose what of the checklist is missing")
        return data


class AskForm(govuk.OnceForm):
    """A receiving manager asks for a family."""

    to_team = govuk.RecordField(
        label="For which team",
        queryset=None,
        words=lambda team: team.name,
        missing="Choose the team",
    )
    children = govuk.ManyChoicesField(
        label="Which children do you ask for?", missing="Choose the children you ask for"
    )
    why = govuk.LongTextField(
        label="Why your team should take them now",
        missing="Say why your team should take them now",
        rows=3,
    )

    def __init__(self, *args: Any, teams: Any, rows: Sequence[ChildToHandOn], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["to_team"].queryset = teams
        self.fields["children"].choices = [
            (str(row.child_id), row.heading) for row in rows if not row.why_not
        ]

    def child_ids(self) -> list[UUID]:
        return [UUID(pk) for pk in self.cleaned_data["children"]]
