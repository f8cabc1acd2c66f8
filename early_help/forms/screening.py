"""What is typed when a request is screened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases.choices import Level, Priority
from early_help import need
from early_help.actions import Interim
from early_help.choices import Need, Route
from early_help.forms.children import Named, RisksForm
from early_help.queries.services import Match, room_words
from lib import govuk

RETURN = "return"
NEED_WORDS = {
    Need.CPP_STEP_DOWN: "Step-down from a child protection plan",
    Need.MENTAL_HEALTH: "Parental mental ill-health",
    Need.DOMESTIC_ABUSE: "Domestic abuse",
    Need.SUBSTANCE: "Parental substance misuse",
    Need.EXCLUSION: "Excluded from school",
    Need.EXPLOITATION: "Risk of exploitation",
    Need.LONE_CARER: "Lone carer without a network",
}


class ScreeningForm(RisksForm):
    """Take a request on, by a route and with a priority, or return it with a reason."""

    level = govuk.ChoiceField(
        label="Level of need",
        choices=[
            (Level.ADDITIONAL, Level.ADDITIONAL.label),
            (Level.TARGETED, Level.TARGETED.label),
        ],
        missing="Choose level 2 or 3",
    )
    family_wants = govuk.LongTextField(
        label="What the family wants", missing="Say what the family wants", rows=2
    )
    safety = govuk.LongTextField(
        label="What a worker must know to be safe (optional)",
        help_text="Dogs, people in the home, how to make contact safely",
        required=False,
        rows=2,
    )
    needs = govuk.ManyChoicesField(
        label="Which of these are there?",
        help_text="They add to the need score. The system adds what it knows itself.",
        choices=list(NEED_WORDS.items()),
        required=False,
    )
    answer = govuk.ChoiceField(
        label="What do you answer?",
        choices=[
            (Route.TARGETED, "Accept: targeted family support"),
            (Route.COMMUNITY, "Accept: a lead professional in the community"),
            (RETURN, "Return to whoever asked"),
        ],
        hints={
            Route.TARGETED: "The family goes onto the waiting list",
            Route.COMMUNITY: "You offer a lead professional next; the family does not wait",
            RETURN: "Whoever asked stays responsible, and is told why",
        },
        missing="Choose what you answer",
    )
    priority = govuk.ChoiceField(
        label="Priority",
        choices=[
            (Priority.P1, "P1: help starts within 5 working days"),
            (Priority.P2, "P2: within 20 working days"),
            (Priority.P3, "P3: within 40 working days"),
        ],
        required=False,
    )
    reason = govuk.LongTextField(
        label="Why this priority", required=False, rows=2, max_length=2_000
    )
    told = govuk.LongTextField(
        label="What the family was told",
        help_text="How long it may take, and whom to ring if things get worse",
        required=False,
        rows=2,
    )
    interim_service = govuk.SelectField(
        label="A service of the directory until then (optional)",
        help_text="Those that fit this family and have room. It takes a place there now",
        empty="No service",
        required=False,
    )
    interim_agreed_by = govuk.TextField(
        label="Who of the family agreed to that service? (optional)", required=False
    )
    interim_help = govuk.LongTextField(
        label="What other help there is until then",
        help_text="Who looks in, what is not in the directory; or why there is none",
        required=False,
        rows=2,
    )
    expected_on = govuk.OptionalDateField(
        label="When help is expected to start (optional)", required=False
    )
    return_reason = govuk.LongTextField(
        label="Why you return it, and what would have to be different", required=False, rows=3
    )

    def __init__(
        self, *args: Any, children: Sequence[Named], matches: Sequence[Match] = (), **rest: Any
    ) -> None:
        super().__init__(*args, children=children, **rest)
        self.matches = {str(each.service.pk): each for each in matches if each.fits}
        self.fields["interim_service"].choices = [
            ("", "No service"),
            *(
                (pk, f"{each.service.name}: {room_words(each.service)}")
                for pk, each in self.matches.items()
            ),
        ]
        self.fields["answer"].reveals = {
            Route.TARGETED.value: (
                "priority",
                "reason",
                *self.risk_names(),
                "told",
                "interim_service",
                "interim_agreed_by",
                "interim_help",
                "expected_on",
            ),
            RETURN: ("return_reason",),
        }

    @property
    def is_return(self) -> bool:
        """Say whether the request is returned."""
        return self.cleaned_data.get("answer") == RETURN

    def clean(self) -> dict[str, Any]:
        """Ask for what the answer needs; a return needs only its reason."""
        data = super().clean() or {}
        answer = data.get("answer")
        if answer == RETURN:
            for name in ("level", "family_wants"):
                self.errors.pop(name, None)
                data.setdefault(name, "")
            self.need("return_reason", "Say why you return this request")
        if answer == Route.TARGETED:
            self.need("priority", "Choose a priority")
            self.need("reason", "Say why this priority")
            self.need_risks()
            self.need("told", "Say what the family was told")
            if data.get("interim_service"):
                self.need("interim_agreed_by", "Say who of the family agreed to that service")
            else:
                self.need("interim_help", "Say what help there is until then, or why there is none")
        return data

    def interim(self) -> Interim | None:
        """The place at a service until help starts, if one was chosen."""
        chosen = self.matches.get(self.cleaned_data.get("interim_service", ""))
        if chosen is None:
            return None
        return Interim(
            service_id=chosen.service.pk,
            child_ids=chosen.children,
            agreed_by=self.cleaned_data["interim_agreed_by"],
        )

    def suggestion(self, known: need.Known) -> tuple[str, list[str]]:
        """The priority and score that what is ticked suggests, in words."""
        level = str(self["level"].value() or "")
        ticked = self["needs"].value() or []
        needs = need.all_needs(known, [each for each in ticked if each in Need.values])
        factors = need.factors(known, needs)
        score = sum(factor.points for factor in factors)
        said = [f"{factor.words} +{factor.points}" for factor in factors]
        return need.why_suggested(level, needs), [f"Need score {score}", *said]
