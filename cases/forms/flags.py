"""Forms of the flag pages."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.models import Team
from lib import govuk
from record.models import FlagSeverity


class AnswerFlagForm(forms.Form):
    """What somebody does about a flag."""

    what = govuk.LongTextField(
        label="What you are doing about it", missing="Say what you are doing about it", rows=3
    )
    done_by = govuk.OptionalDateField(label="Done by (optional)", required=False)


class ClearFlagForm(forms.Form):
    """Why a flag should not have been raised."""

    because = govuk.LongTextField(
        label="Why should this flag not have been raised?",
        missing="Say why this flag should not stand",
        rows=4,
    )


class FlagFilter(forms.Form):
    """What to see of the flags; every choice is in the address."""

    severity = govuk.SelectField(
        label="How grave",
        choices=[(each.value, each.label) for each in reversed(FlagSeverity)],
        empty="All",
        required=False,
    )
    answered = govuk.SelectField(
        label="Answer",
        choices=[("no", "Nobody has answered"), ("yes", "Answered, still open")],
        empty="All",
        required=False,
    )
    rule = govuk.SelectField(label="About", choices=[], empty="Everything", required=False)
    whose = govuk.SelectField(
        label="Whose",
        choices=[("mine", "Mine to put right")],
        empty="Mine and my teams’",
        required=False,
    )
    team = govuk.RecordField(
        label="Team",
        queryset=Team.objects.none(),
        words=lambda team: team.name,
        empty="All my teams",
        required=False,
    )

    def __init__(
        self, *args: Any, rules: Iterable[tuple[str, str]], teams: Any, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        rule: Any = self.fields["rule"]
        rule.choices = [("", rule.empty), *rules]
        if teams is None:
            del self.fields["team"], self.fields["whose"]
            return
        team: Any = self.fields["team"]
        team.queryset = teams
