"""What is typed in a MASH enquiry: the question, who is asked, answers, analysis, escalation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from cases.choices import Level, Outcome, Reliability, Sharing
from lib import govuk
from lib.govuk import OnceForm
from mash.models import AgencyCheck

Pairs = list[tuple[str, str]]


class OpenForm(OnceForm):
    question = govuk.LongTextField(
        label="Which question must the enquiry answer?",
        help_text="What you need to know before anybody can decide.",
        missing="Say which question the enquiry must answer",
    )


class AskForm(OnceForm):
    """Several agencies at once, each with why it is proportionate to ask it."""

    agencies = govuk.ManyChoicesField(label="Which agencies?", missing="Choose at least one agency")
    children = govuk.ManyChoicesField(
        label="About which children?", missing="Choose the children the agencies are asked about"
    )

    def __init__(self, *args: Any, agencies: Pairs, children: Pairs, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.names = dict(agencies)
        self.fields["agencies"].choices = agencies
        self.fields["agencies"].reveals = {pk: (f"why_{pk}",) for pk in self.names}
        self.fields["children"].choices = children
        for pk, name in agencies:
            self.fields[f"why_{pk}"] = govuk.LongTextField(
                label=f"Why {name} is asked", required=False, max_length=2_000, rows=2
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for pk in cleaned.get("agencies", ()):
            self.need(f"why_{pk}", f"Say why {self.names[pk]} is asked")
        return cleaned

    def asked(self) -> list[tuple[UUID, str]]:
        """Each agency with why it is asked."""
        return [(UUID(pk), self.cleaned_data[f"why_{pk}"]) for pk in self.cleaned_data["agencies"]]

    def about(self) -> list[UUID]:
        """The children asked about."""
        return [UUID(pk) for pk in self.cleaned_data["children"]]


class OwnAnswerForm(OnceForm):
    """What an agency answers: by its own user, or by somebody on its behalf."""

    state = govuk.ChoiceField(
        label="What is the answer?",
        choices=[
            (AgencyCheck.State.RETURNED.value, "Something is known"),
            (AgencyCheck.State.NOTHING_KNOWN.value, "Nothing is known"),
            (AgencyCheck.State.DECLINED.value, "We decline to answer"),
        ],
        reveals={
            AgencyCheck.State.RETURNED: ["information", "reliability", "sharing"],
            AgencyCheck.State.DECLINED: ["refusal_reason"],
        },
        missing="Choose what the answer is",
    )
    information = govuk.LongTextField(label="What is known", required=False, rows=6)
    reliability = govuk.ChoiceField(
        label="How reliable is it?",
        choices=Reliability.choices,
        required=False,
    )
    sharing = govuk.ChoiceField(
        label="May the family see it?", choices=Sharing.choices, required=False
    )
    refusal_reason = govuk.LongTextField(
        label="Why the answer is declined", required=False, max_length=2_000
    )
    author = govuk.TextField(
        label="Who in the agency answers",
        help_text="Name and role",
        missing="Enter who in the agency answered",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("state") == AgencyCheck.State.RETURNED:
            self.need("information", "Enter what is known")
            self.need("reliability", "Choose how reliable it is")
            self.need("sharing", "Choose whether the family may see it")
        elif cleaned.get("state") == AgencyCheck.State.DECLINED:
            self.need("refusal_reason", "Say why the answer is declined")
        return cleaned

    def answer(self) -> dict[str, Any]:
        """The answer, without what belongs to another choice."""
        given = self.given()
        if given["state"] != AgencyCheck.State.RETURNED:
            given |= {"information": "", "reliability": "", "sharing": ""}
        if given["state"] != AgencyCheck.State.DECLINED:
            given["refusal_reason"] = ""
        return given


class AnswerForm(OwnAnswerForm):
    """An answer keyed in on behalf of an agency."""

    how = govuk.TextField(
        label="How they answered",
        help_text="By phone, secure e-mail, in person",
        max_length=60,
        missing="Enter how they answered",
    )
    at = govuk.MomentField(label="When they answered", when="past")


class ChaseForm(OnceForm):
    how = govuk.TextField(
        label="How you reminded them, and whom",
        help_text="For example: rang the duty desk, left word with Sgt Proto",
        missing="Say how you reminded them, and whom",
    )


class WaiveForm(OnceForm):
    because = govuk.LongTextField(
        label="Why is the decision safe without this answer?",
        max_length=2_000,
        missing="Say why the decision is safe without this answer",
    )


class FinishForm(OnceForm):
    """Go from asking to analysing."""

    went_on_without = govuk.LongTextField(
        label="Why you go on without them", max_length=2_000, required=False
    )

    def __init__(self, *args: Any, waiting: list[str], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.waiting = waiting
        if not waiting:
            del self.fields["went_on_without"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.waiting:
            self.need("went_on_without", "Say why you go on without them, or wait")
        return cleaned


class AnalysisForm(OnceForm):
    """What it all means for one child. Every box starts empty."""

    harm = govuk.LongTextField(
        label="Harm",
        help_text="What has happened or may happen to this child",
        missing="Enter the harm, or that none is known",
    )
    likelihood = govuk.LongTextField(
        label="How likely it is", missing="Enter how likely it is to happen"
    )
    protective = govuk.LongTextField(
        label="What protects this child",
        missing="Enter what protects this child, or that nothing is known",
    )
    history = govuk.LongTextField(
        label="History", missing="Enter the history, or that there is none"
    )
    unknown = govuk.LongTextField(label="What is not known", missing="Enter what is not known")
    recommended_level = govuk.ChoiceField(
        label="Level you recommend", choices=Level.choices, missing="Choose a level"
    )
    recommended_outcome = govuk.SelectField(
        label="Outcome you recommend (optional)",
        choices=Outcome.choices,
        empty="No recommendation",
        required=False,
    )


class StrategyForm(OnceForm):
    """A strategy discussion needed now. Each child is ticked for a reason of its own."""

    children = govuk.ManyChoicesField(
        label="Which children is it about?",
        help_text="Think about each child. None is ticked beforehand.",
        missing="Choose the children the discussion is about",
    )
    reason = govuk.LongTextField(
        label="Why may the threshold for section 47 be met?",
        missing="Say why the threshold for section 47 may be met",
    )
    is_same_day = govuk.YesNoField(
        label="Must it be held today?",
        help_text="Yes when it is rated red, or about physical or sexual harm.",
        missing="Say whether it must be held today",
    )
    chair = govuk.SelectField(
        label="Who chairs it?", empty="Choose who chairs it", missing="Choose who chairs it"
    )
    requested_by = govuk.SelectField(
        label="Which agency asked for it (optional)", empty="No agency asked", required=False
    )

    def __init__(
        self, *args: Any, children: Pairs, chairs: Pairs, agencies: Pairs, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        self.child_ids = [UUID(pk) for pk, _name in children]
        self.fields["children"].choices = children
        self.fields["requested_by"].choices = [("", "No agency asked"), *agencies]
        self.fields["chair"].choices = [("", "Choose who chairs it"), *chairs]

    def about(self) -> list[UUID]:
        """The children chosen."""
        return [UUID(pk) for pk in self.cleaned_data["children"]]

    def asked_for_by(self) -> UUID | None:
        """The agency that asked for it, if one did."""
        agency = self.cleaned_data["requested_by"]
        return UUID(agency) if agency else None
