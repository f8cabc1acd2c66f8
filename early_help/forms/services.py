"""What is typed about the directory of services and the places families have there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cases.choices import CountedIn, ServiceKind
from cases.models import Service
from early_help.forms.children import Named
from early_help.queries.services import NEEDS_SHOWN
from lib import govuk
from lib.application_clock import today
from lib.govuk import OnceForm

_DISTRICT = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?")
OLDEST = 25


class ServiceForm(OnceForm):
    """An entry of the directory, whole."""

    name = govuk.TextField(label="Name of the service", missing="Enter the name of the service")
    run_by = govuk.TextField(label="Who runs it", missing="Say who runs it")
    kind = govuk.ChoiceField(
        label="What is it for?", choices=ServiceKind.choices, missing="Choose what it is for"
    )
    for_whom = govuk.LongTextField(
        label="Whom it is for",
        help_text="In a sentence a worker can read to a parent",
        missing="Say whom it is for",
        rows=2,
        max_length=2_000,
    )
    from_age = govuk.WholeNumberField(
        label="From age (optional)", max_value=OLDEST, required=False, width=3
    )
    to_age = govuk.WholeNumberField(
        label="To age (optional)",
        help_text="The last age it takes. Leave both empty where age does not matter",
        max_value=OLDEST,
        required=False,
        width=3,
    )
    needs = govuk.ManyChoicesField(
        label="What does it help with?",
        help_text="Tick none where it is for any family",
        choices=[(need.value, words.capitalize()) for need, words in NEEDS_SHOWN.items()],
        required=False,
    )
    areas = govuk.TextField(
        label="Postcode districts it serves (optional)",
        help_text="For example SL1, SL2. Empty where it serves all",
        required=False,
    )
    counted_in = govuk.ChoiceField(
        label="What does one place hold?",
        choices=[(CountedIn.CHILD, "A child"), (CountedIn.FAMILY, "A family")],
        missing="Choose what one place holds",
        inline=True,
    )
    capacity = govuk.WholeNumberField(
        label="Places", max_value=999, missing="Enter how many places there are"
    )
    wait = govuk.TextField(
        label="How long families wait (optional)",
        help_text="For example “about two weeks”, “next group starts 4 May”",
        required=False,
    )
    contact = govuk.TextField(
        label="How it is reached", help_text="Phone or email", missing="Say how it is reached"
    )
    how_to_refer = govuk.LongTextField(
        label="How a family is referred",
        missing="Say how a family is referred",
        rows=2,
        max_length=2_000,
    )
    is_open = govuk.YesNoField(
        label="Does it take families now?", missing="Say whether it takes families now"
    )
    valid_until = govuk.DateField(
        label="This entry holds until",
        help_text="After that it is not offered until you have checked it again",
        missing="Enter until when the entry holds",
    )
    why = govuk.LongTextField(
        label="What you checked, and with whom",
        missing="Say what you checked, or why it changes",
        rows=2,
        max_length=2_000,
    )

    def __init__(self, *args: Any, service: Service | None = None, **rest: Any) -> None:
        if service is not None:
            rest.setdefault(
                "initial",
                {
                    **{name: getattr(service, name) for name in self.base_fields if name in _SAME},
                    "areas": ", ".join(service.areas),
                    "version": service.version,
                },
            )
        super().__init__(*args, **rest)
        self.version = service.version if service is not None else None

    def clean_areas(self) -> list[str]:
        """Give the districts, each as it is written on an envelope."""
        typed = [part for part in re.split(r"[,;\s]+", self.cleaned_data["areas"].upper()) if part]
        wrong = [part for part in typed if not _DISTRICT.fullmatch(part)]
        if wrong:
            self.add_error(
                "areas", f"Enter postcode districts, for example SL1. Not one: {wrong[0]}"
            )
        return list(dict.fromkeys(typed))

    def clean(self) -> dict[str, Any]:
        """Refuse ages the wrong way round and an entry that has run out already."""
        data = super().clean() or {}
        first, last = data.get("from_age"), data.get("to_age")
        if first is not None and last is not None and last < first:
            self.add_error("to_age", "The upper age is below the lower")
        until = data.get("valid_until")
        if until is not None and until <= today():
            self.add_error("valid_until", "Enter a day in the future")
        return data

    def facts(self) -> dict[str, Any]:
        """The entry, as the action takes it; it counts as checked today."""
        data = {name: value for name, value in self.given().items() if name != "why"}
        return {**data, "reviewed_on": today()}


_SAME = frozenset(
    {
        "name",
        "run_by",
        "kind",
        "for_whom",
        "from_age",
        "to_age",
        "needs",
        "counted_in",
        "capacity",
        "wait",
        "contact",
        "how_to_refer",
        "is_open",
    }
)


class PlaceForm(OnceForm):
    """Children of a family, and the place they take."""

    other_name = govuk.TextField(
        label="Which service?",
        help_text="One that is not in the directory. Tell the coordinator, who may enter it",
        missing="Name the service",
    )
    child_ids = govuk.ManyChoicesField(
        label="For which children?", missing="Choose the children it is for"
    )
    agreed_by = govuk.TextField(
        label="Who of the family agreed to it?", missing="Say who of the family agreed to it"
    )
    why = govuk.LongTextField(
        label="Why this service", missing="Say why this service", rows=2, max_length=2_000
    )
    until_on = govuk.DateField(
        label="When is the place free again?",
        help_text="As far as is known. It stays taken until somebody ends it",
        missing="Enter when the place is expected to be free again",
    )

    def __init__(
        self,
        *args: Any,
        children: Sequence[Named],
        service: Service | None,
        fitting: Sequence[UUID] = (),
        **rest: Any,
    ) -> None:
        rest.setdefault("initial", {"child_ids": [str(pk) for pk in fitting]})
        super().__init__(*args, **rest)
        self.fields["child_ids"].choices = [
            (str(child_id), f"{name}, {age}" if age else name) for child_id, name, age in children
        ]
        if service is not None:
            del self.fields["other_name"]

    def place(self) -> dict[str, Any]:
        """The place, as the action takes it."""
        data = self.given()
        return {**data, "child_ids": [UUID(each) for each in data["child_ids"]]}


class EndPlaceForm(OnceForm):
    because = govuk.LongTextField(
        label="How did it end?",
        help_text="Finished, stopped coming, never started, moved away",
        missing="Say how it ended",
        rows=2,
        max_length=2_000,
    )
