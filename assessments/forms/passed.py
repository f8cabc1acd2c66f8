"""Answering for a restricted child of the household."""

from __future__ import annotations

from typing import Any

from assessments.choices import AccountedBy
from assessments.models import AssessmentChild, TransferChild
from lib import govuk
from lib.govuk import OnceForm
from lib.words import date_words


class PassedForm(OnceForm):
    """An assessment of the child's own, or why there is none."""

    answer = govuk.ChoiceField(label="How is this child accounted for?", choices=[])
    because = govuk.LongTextField(
        label="Why this child is not assessed",
        help_text="Who has seen the child and when, what is known, and who looks at it again",
        required=False,
        rows=4,
    )
    late_reason = govuk.LongTextField(label="Why is this answer late?", required=False, rows=2)

    def __init__(
        self, *args: Any, name: str, own: AssessmentChild | None, asks_late: bool, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        field = self.fields["answer"]
        field.label = f"How is {name} accounted for?"
        field.error_messages["required"] = f"Say how {name} is accounted for"
        field.choices = [
            (AccountedBy.OTHER_ASSESSMENT.value, f"{name} {_own_words(own)}"),
            (AccountedBy.NOT_ASSESSED.value, f"{name} is not assessed, for a reason"),
        ]
        field.reveals = {AccountedBy.NOT_ASSESSED.value: ("because",)}
        self.fields["because"].label = f"Why {name} is not assessed"
        if not asks_late:
            del self.fields["late_reason"]


class TransferPassedForm(OnceForm):
    """A transfer of the child's own, or why the child is not handed on."""

    answer = govuk.ChoiceField(label="Is this child handed on too?", choices=[])
    because = govuk.LongTextField(
        label="Why this child is not handed on",
        help_text="Who works with the child, what is known, and who looks at it again",
        required=False,
        rows=4,
    )
    late_reason = govuk.LongTextField(label="Why is this answer late?", required=False, rows=2)

    def __init__(
        self, *args: Any, name: str, own: TransferChild | None, asks_late: bool, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        field = self.fields["answer"]
        field.label = f"Is {name} handed on too?"
        field.error_messages["required"] = f"Say whether {name} is handed on too"
        begun = f"proposed {date_words(own.answered_at)}" if own else "none is under way"
        field.choices = [
            ("own", f"{name} is handed on by a transfer of their own ({begun})"),
            ("not", f"{name} is not handed on, for a reason"),
        ]
        field.reveals = {"not": ("because",)}
        self.fields["because"].label = f"Why {name} is not handed on"
        if not asks_late:
            del self.fields["late_reason"]


def _own_words(own: AssessmentChild | None) -> str:
    if own is None:
        return "has an assessment of their own (none is current or being written)"
    if own.authorised_at is None:
        return f"has an assessment of their own, begun {date_words(own.started_on)}"
    return "has an assessment of their own, authorised " + date_words(own.authorised_at)
