"""What is typed while a family waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases.choices import ConsentFrom, ConsentState, Priority, RiskLevel
from early_help.actions.queue import REMOVALS
from early_help.forms.children import RISK_HINTS, Named, RisksForm
from early_help.forms.screening import NEED_WORDS
from early_help.models import Agreement, SafeCheck
from lib import govuk
from lib.govuk import OnceForm

RAISE, STANDS = "raise", "stands"
REACHED, NOT_REACHED = "yes", "no"


class FollowsForm(RisksForm):
    """What follows when a family is worse off; shared by the safe-check and its decision."""

    follows = govuk.ChoiceField(
        label="What follows?",
        choices=[(RAISE, "Raise the priority"), (STANDS, "The priority stands")],
        required=False,
        reveals={RAISE: ("priority",), STANDS: ("why_stands",)},
    )
    priority = govuk.ChoiceField(label="Priority from now on", choices=[], required=False)
    why_stands = govuk.LongTextField(
        label="Why nothing changes though the family is worse off", required=False, rows=2
    )

    def __init__(self, *args: Any, children: Sequence[Named], now: str, **rest: Any) -> None:
        super().__init__(*args, children=children, **rest)
        higher = [choice for choice in Priority.choices if choice[0] < now]
        self.fields["priority"].choices = higher
        if not higher:
            self.fields["follows"].choices = [(STANDS, "The priority stands: it is P1 already")]

    def need_consequence(self) -> None:
        """Ask for what follows."""
        self.need("follows", "Choose what follows, or step the family up instead")
        if self.cleaned_data.get("follows") == RAISE:
            self.need("priority", "Choose the priority from now on")
        if self.cleaned_data.get("follows") == STANDS:
            self.need("why_stands", "Say why nothing changes though the family is worse off")

    def consequence(self) -> dict[str, str]:
        """What follows, as the actions take it."""
        data = self.cleaned_data
        is_raise = data.get("follows") == RAISE
        return {
            "priority": data.get("priority", "") if is_raise else "",
            "why_stands": "" if is_raise else data.get("why_stands", ""),
        }


class SafeCheckForm(FollowsForm):
    """A call or visit to a family that waits."""

    risk_label = "Risk to {} now"

    at = govuk.MomentField(label="When?", when="past", missing="Enter when you asked")
    means = govuk.ChoiceField(
        label="How?", choices=SafeCheck.Means.choices, missing="Choose how you asked"
    )
    reached = govuk.ChoiceField(
        label="Did you reach anybody?",
        choices=[(REACHED, "Yes"), (NOT_REACHED, "No")],
        missing="Choose whether you reached anybody",
        hints={NOT_REACHED: "The attempt is kept. The safe-check stays due"},
    )
    spoke_to = govuk.TextField(label="Whom you spoke to", required=False)
    found = govuk.ChoiceField(
        label="Is the family better, the same or worse?",
        choices=SafeCheck.Found.choices,
        required=False,
    )
    what_changed = govuk.LongTextField(label="What has changed", required=False, rows=3)
    told = govuk.LongTextField(
        label="What you told them about the wait (optional)", required=False, rows=2
    )

    def __init__(
        self,
        *args: Any,
        children: Sequence[Named],
        now: str,
        decides: bool,
        **rest: Any,
    ) -> None:
        super().__init__(*args, children=children, now=now, **rest)
        self.decides = decides
        if not decides:
            for name in ("follows", "priority", "why_stands"):
                del self.fields[name]
        self.fields["reached"].reveals = {
            REACHED: ("spoke_to", "found", *self.risk_names(), "told")
        }
        worse = ("what_changed", *(("follows",) if decides else ()))
        self.fields["found"].reveals = {
            SafeCheck.Found.BETTER.value: ("what_changed",),
            SafeCheck.Found.WORSE.value: worse,
        }
        self.order_fields(["at", "means", "reached", "spoke_to", "found", "what_changed"])

    def clean(self) -> dict[str, Any]:
        """Ask for everything a safe-check that reached somebody holds."""
        data = super().clean() or {}
        if data.get("reached") != REACHED:
            return data
        self.need("spoke_to", "Say whom you spoke to")
        self.need("found", "Choose whether the family is better, the same or worse")
        self.need_risks()
        if data.get("found") in (SafeCheck.Found.BETTER, SafeCheck.Found.WORSE):
            self.need("what_changed", "Say what has changed")
        if self.decides and data.get("found") == SafeCheck.Found.WORSE:
            self.need_consequence()
        return data

    def check(self) -> dict[str, Any]:
        """The safe-check, as the action takes it."""
        data = self.cleaned_data
        is_reached = data["reached"] == REACHED
        is_worse = data.get("found") == SafeCheck.Found.WORSE
        return {
            "at": data["at"],
            "means": data["means"],
            "is_reached": is_reached,
            "spoke_to": data.get("spoke_to", ""),
            "found": data.get("found", ""),
            "what_changed": data.get("what_changed", ""),
            "told": data.get("told", ""),
            "risks": self.risks() if is_reached else [],
            **(self.consequence() if is_worse and self.decides else {}),
        }


class AnswerCheckForm(FollowsForm):
    """The coordinator's answer to a safe-check that found the family worse."""

    def __init__(self, *args: Any, now: str, **rest: Any) -> None:
        super().__init__(*args, children=(), now=now, **rest)

    def clean(self) -> dict[str, Any]:
        """Ask for what follows."""
        data = super().clean() or {}
        self.need_consequence()
        return data


class PriorityForm(OnceForm):
    priority = govuk.ChoiceField(
        label="Priority", choices=Priority.choices, missing="Choose a priority"
    )
    needs = govuk.ManyChoicesField(
        label="Which of these are there?",
        choices=list(NEED_WORDS.items()),
        required=False,
        help_text="They make the need score",
    )
    reason = govuk.LongTextField(
        label="Why it changes", missing="Say why the priority changes", rows=2
    )


class PauseForm(OnceForm):
    until_on = govuk.DateField(
        label="Pause until", missing="Enter the day until which the family wants to wait"
    )
    words = govuk.LongTextField(
        label="What the family asked for, in their words",
        missing="Enter what the family asked for, in their words",
        rows=2,
    )


class ResumeForm(OnceForm):
    why = govuk.LongTextField(
        label="Why the pause ends now", missing="Say why the pause ends", rows=2
    )


class TakeOffForm(OnceForm):
    ending = govuk.ChoiceField(
        label="Why is the family taken off?",
        choices=[(each.value, each.label) for each in REMOVALS],
        missing="Choose why the family is taken off",
    )
    why = govuk.LongTextField(label="How you know", missing="Say how you know", rows=2)


class TellForm(OnceForm):
    """Whoever asked was told, or is not told and why."""

    was_told = govuk.ChoiceField(
        label="Were they told?",
        choices=[("yes", "Yes"), ("no", "No, and they will not be")],
        missing="Choose whether they were told",
        reveals={"yes": ("how", "what"), "no": ("not_told_because",)},
    )
    how = govuk.TextField(
        label="How", help_text="Phone, email, in person", max_length=60, required=False
    )
    what = govuk.LongTextField(
        label="What they were told",
        help_text="A professional: what was decided and what they do until then. A member of the"
        " public: that it was acted on, and nothing about the family",
        required=False,
        rows=3,
    )
    not_told_because = govuk.LongTextField(label="Why not", required=False, rows=2)

    def clean(self) -> dict[str, Any]:
        """Ask for what was said, or for why nothing was."""
        data = super().clean() or {}
        if data.get("was_told") == "yes":
            self.need("how", "Say how they were told")
            self.need("what", "Say what they were told")
            data["not_told_because"] = ""
        elif data.get("was_told") == "no":
            self.need("not_told_because", "Say why they are not told")
            data["how"] = data["what"] = ""
        return data


class AgreementForm(OnceForm):
    """What one person said about early help for some of the children."""

    child_ids = govuk.ManyChoicesField(
        label="About which children?", missing="Choose the children this is about"
    )
    asked_as = govuk.ChoiceField(
        label="Who was asked?",
        choices=ConsentFrom.choices,
        missing="Choose who was asked",
        hints={
            ConsentFrom.CARER: "Kept and shown, and does not set whether help may go ahead",
            ConsentFrom.YOUNG_PERSON: "Kept and shown, and does not set whether help may go ahead",
        },
    )
    person_as_stated = govuk.TextField(label="Their name", missing="Say who was asked")
    state = govuk.ChoiceField(
        label="What did they say?",
        choices=[
            (ConsentState.GIVEN, "They agree"),
            (ConsentState.REFUSED, "They refuse"),
            (ConsentState.WITHDRAWN, "They no longer agree"),
        ],
        missing="Choose what they said",
        hints={
            ConsentState.REFUSED: "Nothing is offered or started for these children until somebody"
            " agrees",
            ConsentState.WITHDRAWN: "The work that rests on it stops",
        },
        reveals={
            ConsentState.GIVEN: ("how", "to_what", "told_can_withdraw"),
        },
    )
    how = govuk.ChoiceField(label="How", choices=Agreement.How.choices, required=False)
    to_what = govuk.TextField(label="To what", required=False)
    told_can_withdraw = govuk.TickField(label="They know that they can change their mind")
    words = govuk.LongTextField(label="In their words", required=False, rows=2)
    language = govuk.TextField(label="Language (optional)", max_length=60, width=20, required=False)
    interpreter = govuk.TextField(label="Interpreter (optional)", required=False)

    def __init__(self, *args: Any, children: Sequence[Named], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["child_ids"].choices = [
            (str(child_id), f"{name}, {age}" if age else name) for child_id, name, age in children
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for what the answer needs."""
        data = super().clean() or {}
        if data.get("state") == ConsentState.GIVEN:
            self.need("how", "Choose how they agreed")
            self.need("to_what", "Say to what they agreed")
        elif data.get("state"):
            self.need("words", "Enter the words they used")
            data["how"] = data["to_what"] = ""
        return data


class AddChildForm(OnceForm):
    """A child of the family who is part of this from now on."""

    child_id = govuk.ChoiceField(
        label="Which child?", choices=[], missing="Choose the child", hints={}
    )
    why = govuk.TextField(label="Why now", help_text="Born, came to live here, not thought of")
    risk = govuk.ChoiceField(
        label="Risk to this child while the family waits",
        choices=RiskLevel.choices,
        hints=RISK_HINTS,
        required=False,
    )
    risk_why = govuk.LongTextField(label="What that rests on", required=False, rows=2)

    def __init__(self, *args: Any, children: Sequence[Named], waits: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.waits = waits
        self.fields["child_id"].choices = [
            (str(child_id), f"{name}, {age}" if age else name) for child_id, name, age in children
        ]
        if not waits:
            del self.fields["risk"]
            del self.fields["risk_why"]

    def clean(self) -> dict[str, Any]:
        """A child who joins a wait has its own risk."""
        data = super().clean() or {}
        if self.waits:
            self.need("risk", "Choose how great the risk to this child is")
            self.need("risk_why", "Say what the risk rests on")
        return data


def ticked(needs: Sequence[str]) -> list[str]:
    """Those of an episode's needs that a worker ticks."""
    return [each for each in needs if each in {need.value for need in NEED_WORDS}]
