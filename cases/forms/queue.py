"""Rating the risk to children who wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cases.choices import RiskLevel
from cases.models import WaitingEntry
from lib import govuk


class RateForm(govuk.OnceForm):
    """How great the risk to each child is, and what that rests on. Starts empty."""

    def __init__(self, *args: Any, entries: Sequence[WaitingEntry], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.entries = entries
        for entry in entries:
            name = entry.child.name
            self.fields[f"risk-{entry.child_id}"] = govuk.ChoiceField(
                label=f"How great is the risk to {name}?",
                choices=RiskLevel.choices,
                inline=True,
                missing=f"Choose how great the risk to {name} is",
            )
            self.fields[f"why-{entry.child_id}"] = govuk.LongTextField(
                label="What that rests on",
                about=name,
                missing=f"Say what the risk to {name} rests on",
                rows=2,
            )

    def risks(self) -> dict[UUID, tuple[str, str]]:
        """By child, the level and why."""
        said = self.cleaned_data
        return {
            pk: (said[f"risk-{pk}"], said[f"why-{pk}"])
            for pk in (entry.child_id for entry in self.entries)
        }
