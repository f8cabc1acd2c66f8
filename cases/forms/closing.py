"""Closing referrals: a reason for each child, and the decision with its reasons once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cases.actions.oversight import Rationale
from cases.queries.closing import ToClose
from lib import govuk

LEAVE_OPEN = "Leave open"


class CloseForm(govuk.OnceForm):
    """Why each child's referral is closed, what was done, who is told and who carries on."""

    know = govuk.LongTextField(label="What we know", missing="Say what we know")
    worries = govuk.LongTextField(
        label="What still worries us, and for whom",
        missing="Say what still worries us, and for whom",
    )
    protects = govuk.LongTextField(
        label="What keeps each child safe", missing="Say what keeps each child safe"
    )
    why = govuk.LongTextField(
        label="Why close and not carry on", missing="Say why close and not carry on"
    )
    summary = govuk.LongTextField(
        label="What was done, and what has changed for each child",
        missing="Say what was done and what has changed for each child",
        rows=6,
    )
    carries_on = govuk.LongTextField(
        label="Who carries on, and what to do if it gets worse",
        missing="Say who carries on, and what to do if it gets worse",
    )
    told = govuk.LongTextField(
        label="Who is told, and how",
        help_text="Family, referrer, school, health and anybody else in the plan",
        missing="Say who is told, and how",
    )

    def __init__(
        self,
        *args: Any,
        rows: Sequence[ToClose],
        reasons: Sequence[tuple[str, str]],
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.rows = rows
        for place, row in enumerate(rows):
            self.fields[f"reason-{row.referral.pk}"] = govuk.SelectField(
                label=f"Why {row.name} is closed",
                choices=[(code, f"{code} {label}") for code, label in reasons],
                empty="Choose a reason" if place == 0 else LEAVE_OPEN,
                required=place == 0,
                missing=f"Choose why {row.name} is closed",
            )

    def reason_fields(self) -> list[tuple[ToClose, Any]]:
        """Each child with its question, for the page."""
        return [(row, self[f"reason-{row.referral.pk}"]) for row in self.rows]

    def reasons(self) -> dict[UUID, str]:
        """The code for each referral that is closed."""
        return {row.referral.pk: code for row in self.rows if (code := self._code(row))}

    def _code(self, row: ToClose) -> str:
        return self.cleaned_data[f"reason-{row.referral.pk}"]

    def rationale(self) -> Rationale:
        said = self.cleaned_data
        names = [row.name for row in self.rows if self._code(row)]
        return Rationale(
            know=said["know"],
            worries=said["worries"],
            protects=said["protects"],
            decision=f"Close the referral of {', '.join(names)}.",
            why=said["why"],
        )
