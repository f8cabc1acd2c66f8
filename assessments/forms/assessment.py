"""Starting an assessment, and whom it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib import govuk
from lib.govuk import OnceForm


class StartForm(OnceForm):
    """The plan and the length agreed; the children are those of the page."""

    plan = govuk.LongTextField(
        label="The plan: whom to see, which agencies to ask, and how",
        help_text="Each child, each parent, school, health; what you will use",
        missing="Say whom you will see, which agencies you ask and how",
        rows=4,
    )
    review_on = govuk.DateField(
        label="Look at it together on",
        help_text="The length agreed for this family. 45 working days is the limit, not the plan.",
        missing="Enter the day on which you look at it together",
    )


class UpdateForm(StartForm):
    """What an update is for, and whom it covers."""

    kind = govuk.ChoiceField(
        label="What do you start?",
        choices=[
            ("update", "An update: what has changed, and what it means for each child"),
            ("full", "A whole new assessment"),
        ],
        missing="Choose an update or a whole new assessment",
    )
    because = govuk.LongTextField(
        label="What has changed", missing="Say what has changed", max_length=2_000
    )
    field_order = ("kind", "because", "plan", "review_on", "token")


class AddChildForm(OnceForm):
    """A child of the household who is given a part."""

    primary_need = govuk.SelectField(
        label="Primary need",
        empty="Choose primary need",
        missing="Choose the primary need",
    )

    def __init__(
        self, *args: Any, needs: Sequence[tuple[str, str]], asks_need: bool, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        if asks_need:
            need: Any = self.fields["primary_need"]
            need.choices = [("", "Choose primary need"), *needs]
        else:
            del self.fields["primary_need"]


class BecauseForm(OnceForm):
    """One reason, in the words of the page."""

    because = govuk.LongTextField(label="Why", max_length=2_000)

    def __init__(self, *args: Any, label: str, missing: str, hint: str = "", **rest: Any) -> None:
        super().__init__(*args, **rest)
        because: Any = self.fields["because"]
        because.label = label
        because.help_text = hint
        because.error_messages["required"] = missing


class ClashForm(OnceForm):
    """Which of two texts stays."""

    keep = govuk.ChoiceField(label="Which text stays?", missing="Choose which text stays")
    version = govuk.CarriedNumber()

    def __init__(self, *args: Any, name: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        keep: Any = self.fields["keep"]
        keep.choices = [
            ("mine", "Keep mine"),
            ("theirs", f"Keep {name}’s"),
            ("both", f"Keep both, one after the other: {name}’s, then mine"),
        ]
