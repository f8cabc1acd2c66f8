"""What is typed when help is offered, and when a family answers."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from early_help.choices import DeclineReason, Means
from early_help.models import ContactAttempt
from lib import govuk
from lib.govuk import OnceForm

STEP_UP = "step_up"


class OfferForm(OnceForm):
    """A worker of ours, or a lead professional in the community, and a first appointment."""

    worker = govuk.RecordField(
        label="Worker",
        queryset=User.objects.none(),
        words=lambda user: user.full_name,
        missing="Choose the worker",
    )
    lead_name = govuk.TextField(
        label="Lead professional", missing="Enter the name of the lead professional"
    )
    lead_agency = govuk.TextField(label="Their agency", missing="Enter their agency")
    lead_contact = govuk.TextField(label="How to reach them (optional)", required=False)
    first_at = govuk.MomentField(
        label="First appointment", missing="Enter the date and time of the first appointment"
    )
    how = govuk.ChoiceField(
        label="How was it offered?", choices=Means.choices, missing="Choose how it was offered"
    )
    note = govuk.LongTextField(label="What was offered (optional)", required=False, rows=2)
    out_of_turn_because = govuk.LongTextField(
        label="Why this family goes first",
        help_text="Asked because another family stands before it. One sentence is kept",
        required=False,
        rows=2,
        max_length=2_000,
    )

    def __init__(
        self, *args: Any, workers: Any, in_community: bool, is_out_of_turn: bool, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        if not is_out_of_turn:
            del self.fields["out_of_turn_because"]
        self.fields["worker"].queryset = workers
        dropped = ("worker",) if in_community else ("lead_name", "lead_agency", "lead_contact")
        for name in dropped:
            del self.fields[name]

    def offer(self) -> dict[str, Any]:
        """The offer, as the action takes it."""
        data = self.given()
        worker = data.pop("worker", None)
        return {**data, "worker_id": worker.pk if worker else None}


class HelperForm(OnceForm):
    """Who helps a family from now on."""

    worker = govuk.RecordField(
        label="Worker",
        queryset=User.objects.none(),
        words=lambda user: user.full_name,
        missing="Choose the worker",
    )
    why = govuk.TextField(
        label="Why another worker?",
        max_length=80,
        missing="Say why another worker helps this family",
    )
    lead_name = govuk.TextField(
        label="Lead professional", missing="Enter the name of the lead professional"
    )
    lead_agency = govuk.TextField(label="Their agency", missing="Enter their agency")
    lead_contact = govuk.TextField(label="How to reach them (optional)", required=False)

    def __init__(self, *args: Any, workers: Any, in_community: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["worker"].queryset = workers
        of_lead = ("lead_name", "lead_agency", "lead_contact")
        for name in ("worker", "why") if in_community else of_lead:
            del self.fields[name]

    def helper(self) -> dict[str, Any]:
        """Who helps, as the action takes it."""
        data = self.given()
        worker = data.pop("worker", None)
        return {**data, "worker_id": worker.pk if worker else None}


class AttemptForm(OnceForm):
    """Somebody tried to reach the family."""

    at = govuk.MomentField(label="When?", when="past", missing="Enter when you tried")
    means = govuk.ChoiceField(label="How?", choices=Means.choices, missing="Choose how you tried")
    result = govuk.ChoiceField(
        label="What came of it?",
        choices=ContactAttempt.Result.choices,
        missing="Choose what came of it",
    )
    note = govuk.TextField(label="Note (optional)", required=False)


class AnswerForm(OnceForm):
    """The family accepts, or declines with a code and its own words."""

    answer = govuk.ChoiceField(
        label="What does the family answer?",
        choices=[("accept", "It accepts"), ("decline", "It declines")],
        missing="Choose what the family answers",
        reveals={"decline": ("reason", "words")},
    )
    at = govuk.MomentField(label="When?", when="past", missing="Enter when the family answered")
    reason = govuk.ChoiceField(label="Why?", choices=DeclineReason.choices, required=False)
    words = govuk.LongTextField(label="In the family’s words", required=False, rows=2)

    def __init__(self, *args: Any, is_offered: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if not is_offered:
            self.fields["answer"].choices = [("decline", "It declines help before any offer")]
        self.order_fields(["answer", "at"])

    def clean(self) -> dict[str, Any]:
        """A decline has a code and the family's words."""
        data = super().clean() or {}
        if data.get("answer") == "decline":
            self.need("reason", "Choose why the family declines")
            self.need("words", "Enter the words the family used")
        return data


class DeclineDecisionForm(OnceForm):
    """Is it safe to close?"""

    safe = govuk.ChoiceField(
        label="Is it safe to close?",
        choices=[
            ("yes", "Yes: close"),
            ("no", "No: keep the family on the list"),
            (STEP_UP, "No: step the family up to social care"),
        ],
        hints={
            "yes": "Early help ends and no longer holds the children",
            "no": "The place in the queue stays. Make another offer",
            STEP_UP: "You write the concern on the next page. Early help stays responsible until"
            " social care has the children",
        },
        missing="Choose whether it is safe to close",
        reveals={"yes": ("consulted", "consulted_said")},
    )
    why = govuk.LongTextField(label="Why", missing="Say why it is, or is not, safe to close")
    consulted = govuk.RecordField(
        label="Whom of the MASH you asked",
        help_text="A P1 family is closed only after the MASH was asked",
        queryset=User.objects.none(),
        words=lambda user: user.full_name,
        empty="Nobody",
        required=False,
    )
    consulted_said = govuk.LongTextField(label="What they said", required=False, rows=2)

    def __init__(self, *args: Any, of_the_mash: Any, is_p1: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.is_p1 = is_p1
        if not is_p1:
            for name in ("consulted", "consulted_said"):
                self.fields[name].label = f"{self.fields[name].label} (optional)"
        self.order_fields(["why"])
        self.fields["consulted"].queryset = of_the_mash

    def clean(self) -> dict[str, Any]:
        """A P1 family needs the MASH to have been asked."""
        data = super().clean() or {}
        if self.is_p1 and data.get("safe") == "yes":
            self.need("consulted", "Choose whom of the MASH you asked")
        if data.get("consulted"):
            self.need("consulted_said", "Say what they said")
        return data


class StartForm(OnceForm):
    at = govuk.MomentField(
        label="When did they first meet?", when="past", missing="Enter when they first met"
    )
