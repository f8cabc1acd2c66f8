"""Booking an initial conference, and sharing its report."""

from __future__ import annotations

from typing import Any

from lib import govuk
from lib.govuk import OnceForm


class BookingForm(OnceForm):
    """When, where, who chairs, who is invited, and that the family knows."""

    starts_at = govuk.MomentField(
        label="When is the conference?", when="future", missing="Enter when the conference is"
    )
    place = govuk.TextField(
        label="Where is it, or how do people join?",
        max_length=200,
        missing="Say where it is held, or how people join",
    )
    chair = govuk.TextField(
        label="Who chairs it", max_length=200, missing="Say who chairs the conference"
    )
    invited = govuk.LongTextField(
        label="Who is invited",
        help_text="Police, health, school, each parent, and how each child’s view is heard",
        missing="Say who is invited: police, health, school, each parent",
        rows=4,
    )
    family_told = govuk.LongTextField(
        label="How and when the family was told",
        help_text="Each parent, also one who lives elsewhere, and each child who is old enough",
        missing="Say how and when the family was told",
        rows=3,
    )
    moved_because = govuk.LongTextField(
        label="Why the conference is moved", missing="Say why the conference is moved", rows=2
    )
    late_because = govuk.LongTextField(
        label="If it is later than 15 working days after the strategy discussion: why, and how"
        " each child is safe until then",
        required=False,
        rows=2,
    )

    def __init__(self, *args: Any, is_moved: bool, joining: str = "", **rest: Any) -> None:
        super().__init__(*args, **rest)
        if not is_moved:
            del self.fields["moved_because"]
        elif joining:
            self.fields["moved_because"].label = f"Why {joining} joins this conference"
            self.fields["moved_because"].error_messages["required"] = f"Say why {joining} joins it"


class ShareForm(OnceForm):
    """When the report was shared, with whom, and what they said."""

    shared_on = govuk.DateField(
        label="When was the report shared?", when="past", missing="Enter when it was shared"
    )
    how = govuk.LongTextField(
        label="With whom and how, and what they said",
        help_text="Each parent, and the child as far as the child understands it",
        missing="Say with whom it was shared, how, and what they said",
        rows=4,
    )
