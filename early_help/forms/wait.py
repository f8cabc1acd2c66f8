"""What is typed while a family waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases.change_codes import ChangeCode
from cases.choices import ConsentFrom, ConsentState, Priority, RiskLevel
from early_help.actions.queue import REMOVALS
from early_help.forms.children import RISK_HINTS, Named, RisksForm
from early_help.forms.screening import NEED_WORDS
from early_help.models import Agreement, SafeCheck
from lib import govuk
from lib.govuk import OnceForm

RAISE, STANDS = "raise", "stands"
STEP_UP, CHANGE, TELL = "step_up", "change", "tell"
REACHED, NOT_REACHED = "yes", "no"


class FollowsForm(RisksForm):
    """What follows when a family is worse off; shared by the safe-check and its decision."""

    follows = govuk.ChoiceField(
        label="What follows?",
        choices=[],
        required=False,
        reveals={RAISE: ("priority",), STANDS: ("why_stands",), CHANGE: ("change_code",)},
        hints={
            RAISE: "The place in the queue and the limit of the wait follow",
            STEP_UP: "You write the concern on the next page. It goes to the MASH as a contact",
            CHANGE: "Social care works with this family. Its worker and manager are told, and"
            " review the risk to each child",
            TELL: "They raise the priority, or say why it stands",
        },
    )
    change_code = govuk.SelectField(
        label="What happened",
        choices=[("", "Choose what happened"), *ChangeCode.choices],
        required=False,
    )
    priority = govuk.ChoiceField(label="Priority from now on", choices=[], required=False)
    why_stands = govuk.LongTextField(
        label="Why nothing changes though the family is worse off", required=False, rows=2
    )

    def __init__(
        self,
        *args: Any,
        children: Sequence[Named],
        now: str,
        is_open_to_social_care: bool,
        decides: bool = True,
        **rest: Any,
    ) -> None:
        super().__init__(*args, children=children, **rest)
        self.decides = decides
        higher = [choice for choice in Priority.choices if choice[0] < now]
        self.fields["priority"].choices = higher
        onward = (
            (CHANGE, "Log a change of circumstance")
            if is_open_to_social_care
            else (STEP_UP, "Step the family up to social care")
        )
        stands = (STANDS, "The priority stands" if higher else "The priority stands: P1 already")
        raised = [(RAISE, "Raise the priority")] if higher else []
        told = (TELL, "Tell the coordinator, who decides")
        self.fields["follows"].choices = [*raised, onward, stands] if decides else [told, onward]
        if not is_open_to_social_care:
            del self.fields["change_code"]
        if not decides:
            for name in ("priority", "why_stands"):
                del self.fields[name]

    def need_consequence(self) -> None:
        """Ask for what follows; what somebody else decides may be left to them."""
        if self.decides:
            self.need("follows", "Choose what follows, as the family is worse off")
        if self.cleaned_data.get("follows") == CHANGE:
            self.need("change_code", "Choose what happened")
        if self.cleaned_data.get("follows") == RAISE:
            self.need("priority", "Choose the priority from now on")
        if self.cleaned_data.get("follows") == STANDS:
            self.need("why_stands", "Say why nothing changes though the family is worse off")

    def consequence(self) -> dict[str, str]:
        """What follows, as the actions take it."""
        data = self.cleaned_data
        is_raise = data.get("follows") == RAISE
        if data.get("follows") == CHANGE:
            return {"change_code": data["change_code"]}
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
    what_changed = govuk.LongTextField(
        label="What has changed?",
        help_text="May be left empty where nothing has",
        required=False,
        rows=3,
    )
    told = govuk.LongTextField(
        label="What you told them about the wait (optional)", required=False, rows=2
    )

    def __init__(
        self,
        *args: Any,
        children: Sequence[Named],
        now: str,
        is_open_to_social_care: bool,
        decides: bool,
        **rest: Any,
    ) -> None:
        super().__init__(
            *args,
            children=children,
            now=now,
            is_open_to_social_care=is_open_to_social_care,
            decides=decides,
            **rest,
        )
        self.fields["reached"].reveals = {
            REACHED: ("spoke_to", "what_changed", *self.risk_names(), "found", "told")
        }
        self.fields["found"].reveals = {SafeCheck.Found.WORSE.value: ("follows",)}
        self.order_fields(["at", "means", "reached", "spoke_to", "what_changed"])

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
        if data.get("found") == SafeCheck.Found.WORSE:
            self.need_consequence()
        return data

    @property
    def steps_up(self) -> bool:
        """Say whether the step-up follows on its own page."""
        data = self.cleaned_data
        is_worse = data.get("found") == SafeCheck.Found.WORSE
        return bool(is_worse and data.get("follows") == STEP_UP)

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
            **(self.consequence() if is_worse else {}),
            "steps_up": self.steps_up,
        }


class AnswerCheckForm(FollowsForm):
    """The coordinator's answer to a safe-check that found the family worse."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, children=(), **rest)
        self.fields["follows"].choices = [
            choice for choice in self.fields["follows"].choices if choice[0] != STEP_UP
        ]

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
