"""What is asked of each child of a family in turn: the risk, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cases.choices import RiskLevel
from early_help.actions import ChildRisk
from lib import govuk
from lib.govuk import OnceForm

#: A child as a form names it: id, name, age.
Named = tuple[UUID, str, str]
RISK_HINTS = {
    RiskLevel.LOW: "Managing; help would be welcome",
    RiskLevel.MODERATE: "Getting harder; somebody looks in",
    RiskLevel.HIGH: "Could be harmed while waiting",
    RiskLevel.IMMEDIATE: "Ring the MASH now, and step the family up",
}


class RisksForm(OnceForm):
    """A form that asks about the risk to each child. Starts empty; nothing is copied."""

    risk_label = "Risk to {} while the family waits"
    why_label = "What that rests on, for {}"

    def __init__(self, *args: Any, children: Sequence[Named], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.children = children
        for child_id, name, age in children:
            named = f"{name}, {age}" if age else name
            self.fields[f"risk_{child_id}"] = govuk.ChoiceField(
                label=self.risk_label.format(named),
                choices=RiskLevel.choices,
                hints=RISK_HINTS,
                required=False,
            )
            self.fields[f"why_{child_id}"] = govuk.LongTextField(
                label=self.why_label.format(name), required=False, rows=2
            )

    def need_risks(self) -> None:
        """Ask for the risk to each child, and what it rests on."""
        for child_id, name, _age in self.children:
            self.need(f"risk_{child_id}", f"Choose how great the risk to {name} is")
            self.need(f"why_{child_id}", f"Say what the risk to {name} rests on")

    def risks(self) -> list[ChildRisk]:
        """What was answered, for the action to judge."""
        return [
            ChildRisk(
                child_id=child_id,
                level=self.cleaned_data.get(f"risk_{child_id}", ""),
                why=self.cleaned_data.get(f"why_{child_id}", ""),
            )
            for child_id, _name, _age in self.children
        ]

    def risk_names(self) -> list[str]:
        """The names of the fields about risk, for what reveals them."""
        return [
            name
            for child_id, _name, _age in self.children
            for name in (f"risk_{child_id}", f"why_{child_id}")
        ]
