"""What is typed on the page of a contact: urgency, notes, feedback, corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cases.choices import Rag
from lib import govuk
from lib.govuk import OnceForm
from mash.actions.marac import MaracLine
from mash.models import MaracDecision
from people.models import Person

NEEDED = "needed"


class RateForm(OnceForm):
    rag = govuk.ChoiceField(
        label="How urgent is it?",
        choices=Rag.choices,
        hints={
            Rag.RED: "Possible significant harm. Decided within 4 hours of receipt.",
            Rag.AMBER: "Complex or high need. The same time on the next working day.",
            Rag.GREEN: "Lower need. The same time 3 working days on.",
        },
        missing="Choose red, amber or green",
    )
    reason = govuk.TextField(label="Why", max_length=500, missing="Say why this urgency")


class VoidForm(OnceForm):
    reason = govuk.LongTextField(
        label="Why is it void?",
        help_text="For example a duplicate, a test, or another authority’s feed.",
        max_length=2_000,
        missing="Say why this contact is void",
    )


class ReceivedForm(OnceForm):
    received_at = govuk.MomentField(label="When it reached the front door", when="past")
    reason = govuk.LongTextField(
        label="How you know", max_length=2_000, missing="Say how you know the right time"
    )


class TriageForm(OnceForm):
    note = govuk.LongTextField(
        label="What the triage concluded", missing="Say what the triage concluded"
    )


class MaracForm(OnceForm):
    """Whether the notification goes to MARAC: the score is a fact, the ground is judged."""

    ground = govuk.ChoiceField(
        label="On what ground is it referred to MARAC?",
        choices=MaracDecision.Ground.choices,
        missing="Choose on what ground it is referred, or that it is not",
    )
    why = govuk.LongTextField(label="Why", missing="Say why, naming what was reported")


class MaracListedForm(OnceForm):
    listed_on = govuk.DateField(
        label="On which day is it listed?", missing="Enter on which day it is listed"
    )
    note = govuk.TextField(
        label="If it was listed before: why for another day (optional)",
        max_length=300,
        required=False,
    )


class MaracAnswerForm(OnceForm):
    is_done = govuk.YesNoField(label="Was it done?", missing="Choose whether it was done")
    answer = govuk.LongTextField(
        label="What came of it, or why not?",
        rows=3,
        missing="Say what was done, or why it was not",
    )


class MaracHeldForm(OnceForm):
    """What the meeting agreed for each child."""

    held_on = govuk.DateField(label="When was the meeting?", missing="Enter when it was held")

    def __init__(self, *args: Any, children: Sequence[Person], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.children = children
        for child in children:
            self.fields[f"action_{child.pk}"] = govuk.LongTextField(
                label=f"What was agreed for {child.name}?",
                help_text="If nothing was, say so and why.",
                rows=3,
                missing=f"Say what was agreed for {child.name}, or that nothing was",
            )
            self.fields[f"owner_{child.pk}"] = govuk.TextField(
                label="Who does it? (optional)", about=child.name, required=False
            )
            self.fields[f"due_{child.pk}"] = govuk.OptionalDateField(
                label="By when? (optional)", about=child.name
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for child in self.children:
            if bool(data.get(f"owner_{child.pk}")) != bool(data.get(f"due_{child.pk}")):
                self.add_error(f"owner_{child.pk}", f"Say who does it for {child.name} and by when")
        return data

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "held_on": data["held_on"],
            "lines": [
                MaracLine(
                    child_id=child.pk,
                    action=data[f"action_{child.pk}"],
                    owner=data[f"owner_{child.pk}"],
                    due_on=data[f"due_{child.pk}"],
                )
                for child in self.children
            ],
        }


class ServiceForm(OnceForm):
    """A place at a service of the directory, or help that is not in it."""

    service = govuk.SelectField(
        label="Which service?",
        help_text="Those with room; support after domestic abuse first",
        empty="None of these",
        required=False,
    )
    other_name = govuk.TextField(
        label="A service that is not in the directory (optional)", required=False
    )
    child_ids = govuk.ManyChoicesField(
        label="For which children?", missing="Choose the children it is for"
    )
    agreed_by = govuk.TextField(
        label="Who agreed to it?", missing="Say who of the family agreed to it"
    )
    why = govuk.LongTextField(
        label="Why this service",
        help_text="And how it is safe to make contact",
        missing="Say why this service",
        max_length=2_000,
    )
    until_on = govuk.DateField(
        label="When is the place free again?",
        help_text="As far as is known. It stays taken until somebody ends it",
        missing="Enter when the place is expected to be free again",
    )

    def __init__(
        self,
        *args: Any,
        children: Sequence[tuple[str, str]],
        services: Sequence[tuple[str, str]],
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.fields["child_ids"].choices = children
        self.fields["service"].choices = [("", "None of these"), *services]

    def clean(self) -> dict[str, Any]:
        """Ask for one service, of the directory or not."""
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("service")) == bool(data.get("other_name")):
            self.add_error(
                "service", "Choose a service of the directory, or name one that is not in it"
            )
        return data

    def place(self) -> dict[str, Any]:
        """The place, as the action takes it."""
        data = self.given()
        chosen = data.pop("service")
        return {
            **data,
            "service_id": UUID(chosen) if chosen else None,
            "child_ids": [UUID(each) for each in data["child_ids"]],
        }


class AlertForm(OnceForm):
    """What may happen tonight, and what EDT would have to do."""

    what_happened = govuk.LongTextField(label="What has happened", missing="Say what has happened")
    left_to_do = govuk.LongTextField(
        label="What EDT would have to do",
        help_text="And when: what tells them that it has come to this",
        missing="Say what EDT would have to do",
    )
    risk_now = govuk.LongTextField(label="The risk now", missing="Say what the risk is now")


class FollowForm(OnceForm):
    """What came of what was left to do."""

    what = govuk.LongTextField(label="What came of it", missing="Say what came of it")
    is_more = govuk.YesNoField(
        label="Is anything still to do?", missing="Say whether anything is still to do"
    )


class NoteForm(OnceForm):
    """A note about one or several of the children; none is ticked beforehand."""

    children = govuk.ManyChoicesField(label="Whom it is about", missing="Choose at least one child")
    text = govuk.LongTextField(label="Note", missing="Enter the note")

    def __init__(self, *args: Any, children: list[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["children"].choices = children


class FeedbackForm(OnceForm):
    told = govuk.YesNoField(
        label="Has the referrer been told the outcome?",
        yes="Yes",
        no="No, and they will not be",
        reveals={"yes": ["how", "what"], "no": ["not_told_because"]},
        missing="Say whether the referrer has been told",
    )
    how = govuk.TextField(
        label="How", help_text="By phone, e-mail, in person", required=False, max_length=60
    )
    what = govuk.LongTextField(label="What they were told", required=False, max_length=5_000)
    not_told_because = govuk.LongTextField(
        label="Why they are not told", required=False, max_length=5_000
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("told") is True:
            self.need("how", "Say how the referrer was told")
            self.need("what", "Say what the referrer was told")
        elif cleaned.get("told") is False:
            self.need("not_told_because", "Say why the referrer is not told")
        return cleaned

    def answer(self) -> dict[str, str]:
        """What goes into the record: either how and what, or why not."""
        if self.cleaned_data["told"]:
            return {"how": self.cleaned_data["how"], "what": self.cleaned_data["what"]}
        return {"not_told_because": self.cleaned_data["not_told_because"]}
