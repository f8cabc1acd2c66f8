"""The visit page: the visit itself, and one small form for each child of the household."""

from typing import Any
from uuid import UUID

from django import forms

from cases.actions.visits import ChildAtVisit
from cases.choices import VisitOutcome
from lib import govuk

Pairs = list[tuple[str, str]]


class VisitForm(govuk.OnceForm):
    """When, who, what for, and whether it was kept."""

    at = govuk.MomentField(label="When was the visit?", when="past", missing="Enter when it was")
    visitor = govuk.SelectField(label="Who visited?", missing="Choose who visited")
    purpose = govuk.SelectField(label="What was it for?", missing="Choose what the visit was for")
    outcome = govuk.ChoiceField(
        label="Was it kept?",
        choices=[
            (VisitOutcome.KEPT.value, "Yes, the family was visited"),
            (VisitOutcome.NO_ACCESS.value, "No access: nobody opened, or nobody was there"),
            (VisitOutcome.CANCELLED.value, "The family cancelled it"),
            (VisitOutcome.REFUSED.value, "The family refused it"),
        ],
        reveals={VisitOutcome.KEPT: ["where", "is_home_seen", "who_was_there"]},
        missing="Choose whether the visit was kept",
    )
    where = govuk.TextField(
        label="Where was it?", help_text="For example: at home, at school", required=False
    )
    is_home_seen = govuk.TickField(label="The home was seen, and where the children sleep")
    who_was_there = govuk.LongTextField(
        label="Who was there (optional)", required=False, rows=2, max_length=2_000
    )
    note = govuk.LongTextField(
        label="What happened (optional)",
        help_text="What concerns the whole family. What one child said belongs to that child.",
        required=False,
    )

    def __init__(self, *args: Any, visitors: Pairs, purposes: Pairs, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["visitor"].choices = visitors
        self.fields["purpose"].choices = [("", "Choose what the visit was for"), *purposes]

    def given(self) -> dict[str, Any]:
        """The answers as `cases.actions.record_visit` takes them."""
        data = self.cleaned_data
        return {
            "at": data["at"],
            "visitor_id": UUID(data["visitor"]),
            "purpose": data["purpose"],
            "outcome": VisitOutcome(data["outcome"]),
            "where": data["where"],
            "is_home_seen": data["is_home_seen"],
            "who_was_there": data["who_was_there"],
            "note": data["note"],
            "token": data["token"],
        }


class ChildForm(forms.Form):
    """One child: seen, and alone, in their own words; or why not, and the next attempt."""

    seen = govuk.ChoiceField(
        choices=[
            ("yes", "Seen"),
            ("no", "Not seen"),
            ("not_meant", "The visit was not to see this child"),
        ],
        reveals={
            "yes": ["alone", "words", "observed"],
            "no": ["not_seen_because", "next_attempt_on"],
        },
    )
    alone = govuk.YesNoField(
        label="Seen alone?", required=False, reveals={"no": ["not_alone_because"]}
    )
    not_alone_because = govuk.TextField(label="Why not alone", required=False, max_length=500)
    words = govuk.LongTextField(label="In their own words", required=False)
    observed = govuk.LongTextField(label="What you saw", required=False)
    not_seen_because = govuk.TextField(label="Why not", required=False, max_length=500)
    next_attempt_on = govuk.OptionalDateField(label="Next attempt")

    def __init__(self, *args: Any, child_id: UUID, name: str, is_unborn: bool, **rest: Any) -> None:
        super().__init__(*args, prefix=f"child-{child_id}", **rest)
        self.child_id = child_id
        self.child_name = name
        self.is_unborn = is_unborn
        seen = self.fields["seen"]
        seen.label = f"Was {name} seen?"
        if is_unborn:
            seen.label = f"Was the mother visited about {name}?"
            seen.choices = [("no", "Yes"), ("not_meant", "No")]
            seen.reveals = {}
            for part in ("alone", "words", "observed", "not_alone_because", "not_seen_because"):
                del self.fields[part]
            del self.fields["next_attempt_on"]
            seen.error_messages["required"] = f"Choose whether the mother was visited about {name}"
            return
        self.fields["seen"].error_messages["required"] = f"Choose whether {name} was seen"
        for part in ("alone", "words", "observed", "not_alone_because", "not_seen_because"):
            self.fields[part].about = name
        self.fields["next_attempt_on"].about = name

    def clean(self) -> dict[str, Any]:
        """Seen and seen alone are two answers."""
        data = super().clean() or {}
        if data.get("seen") == "yes" and data.get("alone") is None:
            self.add_error("alone", f"Choose whether {self.child_name} was seen alone")
        return data

    def line(self) -> ChildAtVisit | None:
        """What was answered, or nothing where the visit was not to see this child."""
        data = self.cleaned_data
        if data["seen"] == "not_meant":
            return None
        if data["seen"] == "no":
            return ChildAtVisit(
                child_id=self.child_id,
                was_seen=False,
                not_seen_because=data.get("not_seen_because", ""),
                next_attempt_on=data.get("next_attempt_on"),
            )
        return ChildAtVisit(
            child_id=self.child_id,
            was_seen=True,
            was_seen_alone=data["alone"],
            not_alone_because=data["not_alone_because"] if not data["alone"] else "",
            words=data["words"],
            observed=data["observed"],
        )
