"""Going on without agreement: asked for by one person, decided by another, confirmed after EDT."""

from __future__ import annotations

from typing import Any

from cases.choices import ConsentState, Ground
from lib import govuk
from lib.govuk import OnceForm
from people.choices import YesNoUnknown


def kinds(answered: str) -> list[tuple[str, str]]:
    """What may be asked for, as the family's answer stands."""
    if answered in (ConsentState.REFUSED, ConsentState.WITHDRAWN):
        return [(ConsentState.OVERRIDDEN.value, "Go on although they said no")]
    return [(ConsentState.DISPENSED.value, "Go on without asking them")]


class AskOverrideForm(OnceForm):
    because = govuk.LongTextField(
        label="Why would it be right to go on without agreement?",
        missing="Say why it would be right to go on without agreement",
    )


class DecideOverrideForm(OnceForm):
    """A manager's reasoned answer, whole."""

    is_granted = govuk.YesNoField(
        label="Do you decide to go on without agreement?",
        yes="Yes, go on",
        no="No, not without agreement",
        inline=False,
        missing="Choose yes or no",
        reveals={
            "yes": [
                "grounds",
                "agencies",
                "attempts",
                "will_family_be_told",
                "family_told_note",
                "review_on",
            ]
        },
    )
    grounds = govuk.ManyChoicesField(
        label="On which grounds?", choices=Ground.choices, required=False
    )
    agencies = govuk.LongTextField(
        label="Which agencies are asked or told?", required=False, max_length=2_000, rows=2
    )
    attempts = govuk.LongTextField(
        label="Attempts to reach the family",
        help_text="Needed when they could not be reached: when and how you tried.",
        required=False,
        max_length=5_000,
    )
    will_family_be_told = govuk.ChoiceField(
        label="Will the family be told?", choices=YesNoUnknown.choices, required=False
    )
    family_told_note = govuk.LongTextField(
        label="When they will be told, or why not", required=False, max_length=2_000, rows=2
    )
    review_on = govuk.OptionalDateField(
        label="When you look at this again (optional)", when="future"
    )
    why_necessary = govuk.LongTextField(
        label="Why it is necessary and proportionate, or why not",
        missing="Say why it is necessary and proportionate, or why not",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("is_granted"):
            self.need("grounds", "Choose at least one ground")
            if Ground.CANNOT_CONTACT in cleaned.get("grounds", ()):
                self.need("attempts", "List the attempts to reach the family")
            self.need("will_family_be_told", "Choose whether the family will be told")
            if cleaned.get("will_family_be_told") != YesNoUnknown.YES:
                self.need("family_told_note", "Say when the family will be told, or why not")
        return cleaned

    def answer(self) -> dict[str, Any]:
        """The decision as the action takes it; what a refusal does not need is left out."""
        given = self.given()
        if not given["is_granted"]:
            return {"is_granted": False, "why_necessary": given["why_necessary"]}
        given["grounds"] = [Ground(code) for code in given["grounds"]]
        given["will_family_be_told"] = YesNoUnknown(given["will_family_be_told"])
        return given


class ConfirmOverrideForm(OnceForm):
    is_confirmed = govuk.YesNoField(
        label="Does EDT’s decision stand?",
        yes="Yes, it stands",
        no="No, it ends now",
        inline=False,
        missing="Choose whether the decision stands",
    )
    note = govuk.LongTextField(
        label="Why", missing="Say why this decision stands, or why it does not"
    )
