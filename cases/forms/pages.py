"""Forms of the shared work's pages."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import Team
from lib import govuk
from lib.govuk import OnceForm


class SearchForm(forms.Form):
    """The one box."""

    q = govuk.TextField(
        label="Child, adult or address",
        missing="Enter a name, a date of birth, an address or a number",
        max_length=500,
    )


class AnswerHandoverForm(forms.Form):
    """Accept offered work, or return it with a reason."""

    answer = govuk.ChoiceField(
        label="What do you answer?",
        choices=[("accept", "Accept"), ("return", "Return with a reason")],
        hints={
            "accept": "Your team’s manager is responsible for these children from this moment",
            "return": "The team that offered it stays responsible",
        },
        missing="Choose whether you accept or return this",
    )
    note = govuk.LongTextField(label="Reason, or a note", required=False, rows=3)

    def clean(self) -> dict[str, Any]:
        """A return says why."""
        data = super().clean() or {}
        if data.get("answer") == "return" and not data.get("note", "").strip():
            self.add_error("note", "Say why you return this, and what would have to be different")
        return data


class ReferralFilter(forms.Form):
    """What to see of the referrals; every choice is in the address."""

    state = govuk.SelectField(
        label="Show",
        choices=[
            ("unallocated", "Without a lead worker"),
            ("allocated", "With a lead worker"),
        ],
        empty="All open referrals",
        required=False,
    )
    team = govuk.RecordField(
        label="Team",
        queryset=Team.objects.none(),
        words=lambda team: team.name,
        empty="All my teams",
        required=False,
    )

    def __init__(self, *args: Any, teams: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        team: Any = self.fields["team"]
        team.queryset = teams


class AllocationForm(forms.Form):
    """A lead worker, and the manager's direction."""

    worker = govuk.RecordField(
        label="Lead worker",
        queryset=None,
        words=lambda user: f"{user.full_name}, {user.job_title}" if user.job_title else str(user),
        missing="Choose the lead worker",
    )
    find_out = govuk.LongTextField(label="What to find out", missing="Say what to find out")
    see_whom = govuk.LongTextField(
        label="Whom to see, and whom alone", missing="Say whom to see", rows=2
    )
    first_visit_by = govuk.DateField(label="First visit by", missing="Enter the date")
    change_reason = govuk.TextField(
        label="Why the lead worker changes",
        missing="Say why the lead worker changes",
        max_length=80,
    )
    also = govuk.ManyChoicesField(label="Also for (optional)", choices=[], required=False)
    out_of_order_why = govuk.TextField(label="Why they go first")

    def __init__(
        self,
        *args: Any,
        workers: Any,
        has_lead: bool,
        others: Sequence[tuple[str, str]] = (),
        goes_before: str = "",
        name: str = "",
        **rest: Any,
    ) -> None:
        """:param others: brothers and sisters who wait too
        :param goes_before: the family in first place, where this one is taken before it
        """
        super().__init__(*args, **rest)
        worker: Any = self.fields["worker"]
        worker.queryset = workers
        if not has_lead:
            del self.fields["change_reason"]
        also: Any = self.fields["also"]
        also.choices = others
        if not others:
            del self.fields["also"]
        if goes_before:
            why = self.fields["out_of_order_why"]
            why.label = f"Why {name} should go before {goes_before}"
            why.error_messages["required"] = f"Say why {name} should go before {goes_before}"
        else:
            del self.fields["out_of_order_why"]


class NoteForm(OnceForm):
    """A note to one or several children."""

    at = govuk.MomentField(label="When did this happen?", missing="Enter when this happened")
    text = govuk.LongTextField(label="Note", missing="Write the note", rows=6)
    also = govuk.ManyChoicesField(label="Also about (optional)", choices=[], required=False)

    def __init__(self, *args: Any, others: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        also: Any = self.fields["also"]
        also.choices = others
        if not others:
            also.widget = forms.MultipleHiddenInput()
