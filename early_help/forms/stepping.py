"""What is typed when a family is stepped up, answered for and disputed."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from cases.choices import ConsentState
from lib import govuk
from lib.govuk import OnceForm


class StepUpForm(OnceForm):
    """A new concern, what was tried, and what the parents say of it."""

    concern = govuk.LongTextField(
        label="What is the new concern, and for whom?",
        help_text="Name each child. The MASH reads this first",
        missing="Say what the new concern is, and for whom",
    )
    tried = govuk.LongTextField(
        label="What has been tried so far?", missing="Say what has been tried so far", rows=3
    )
    agreed = govuk.ChoiceField(
        label="What do the parents say of it?",
        choices=[
            (ConsentState.GIVEN, "They agree to it"),
            (ConsentState.REFUSED, "They do not agree"),
            (ConsentState.NOT_ASKED_YET, "They have not been asked"),
        ],
        hints={
            ConsentState.REFUSED: "It goes all the same. The MASH manager is asked to decide to go"
            " on without agreement",
            ConsentState.NOT_ASKED_YET: "Right only where asking could put a child at more risk, or"
            " takes too long",
        },
        missing="Choose what the parents say of it",
    )
    agreed_words = govuk.LongTextField(
        label="In their words, or why they were not asked",
        missing="Enter the parents’ words, or why they were not asked",
        rows=2,
    )
    is_urgent = govuk.YesNoField(
        label="Is a child in danger now?",
        yes="Yes: it goes to the MASH at once",
        no="No",
        inline=False,
        hints={"yes": "Ring the MASH as well. A manager there must see it within the hour"},
        missing="Choose whether a child is in danger now",
    )


class ProposalForm(OnceForm):
    """The coordinator's answer to a proposed step-up."""

    answer = govuk.ChoiceField(
        label="Do you step the family up?",
        choices=[("yes", "Yes: put it before the MASH"), ("no", "No")],
        missing="Choose whether you step the family up",
        reveals={"no": ("note",)},
    )
    note = govuk.LongTextField(
        label="Why not, and what the worker does instead", required=False, rows=3
    )

    def clean(self) -> dict[str, Any]:
        """A no says what to do instead."""
        data = super().clean() or {}
        if data.get("answer") == "no":
            self.need("note", "Say why not, and what to do instead")
        return data


class TakeBackForm(OnceForm):
    why = govuk.LongTextField(
        label="What early help does now",
        missing="Say what early help does now",
        rows=3,
    )


class EscalateForm(OnceForm):
    """A refusal put to a senior manager by name."""

    to = govuk.RecordField(
        label="To whom?",
        queryset=User.objects.none(),
        words=lambda user: user.full_name,
        missing="Choose the senior manager",
    )
    why = govuk.LongTextField(
        label="Why you do not agree, and what the children need",
        missing="Say why you do not agree, and what the children need",
    )

    def __init__(self, *args: Any, seniors: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["to"].queryset = seniors


class SettleForm(OnceForm):
    """The senior manager's answer."""

    decide_again = govuk.ChoiceField(
        label="What is your answer?",
        choices=[
            ("no", "The MASH’s answer stands"),
            ("yes", "The MASH decides again"),
        ],
        hints={"yes": "The contact goes back onto the board, with a new limit"},
        missing="Choose your answer",
    )
    answer = govuk.LongTextField(
        label="Why, and what happens now", missing="Say why, and what happens now"
    )
