"""What is typed when children step down to early help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from accounts.choices import TeamKind
from accounts.models import Team
from cases.queries.closing import ToClose
from lib import govuk


class StepDownForm(govuk.OnceForm):
    """Which children, to which team, why, and what brings them back."""

    referrals = govuk.ManyChoicesField(
        label="Which children step down?", missing="Choose the children who step down"
    )
    to_team = govuk.RecordField(
        label="Early help team",
        queryset=Team.objects.none(),
        words=lambda team: team.name,
        missing="Choose an early help team",
    )
    reason = govuk.LongTextField(
        label="What was done, and what early help should do for each child",
        missing="Say what was done, and what early help should do",
        rows=5,
    )
    comes_back_if = govuk.LongTextField(
        label="What must happen for the children to come back to social care",
        missing="Say what must happen for the children to come back",
    )
    parents_say = govuk.LongTextField(
        label="What the parents say about early help",
        help_text="Early help cannot start unless somebody with parental responsibility agrees",
        missing="Say what the parents say about early help",
    )

    def __init__(self, *args: Any, rows: Sequence[ToClose], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["referrals"].choices = [(str(row.referral.pk), row.heading) for row in rows]
        self.fields["to_team"].queryset = Team.objects.filter(
            kind=TeamKind.EARLY_HELP, is_active=True
        ).order_by("name", "pk")

    def offer(self) -> dict[str, Any]:
        """The step-down, as the action takes it."""
        data = dict(self.cleaned_data)
        return {
            "referral_ids": [UUID(pk) for pk in data.pop("referrals")],
            "to_team_id": data.pop("to_team").pk,
            **data,
        }
