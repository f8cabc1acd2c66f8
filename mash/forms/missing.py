"""What is typed about a missing child: the report, each step of the episode, the interview."""

from __future__ import annotations

from typing import Any

from lib import govuk
from lib.govuk import OnceForm
from mash.models import MissingEpisode, MissingNotice


class ReportForm(OnceForm):
    missing_since = govuk.MomentField(
        label="When was the child last where they should be?",
        help_text="Last seen, not when somebody reported it.",
        when="past",
        missing="Enter when the child was last seen",
    )
    reported_at = govuk.MomentField(
        label="When was it reported? (optional)", required=False, when="past"
    )
    reported_by = govuk.TextField(label="By whom? (optional)", required=False)
    kind = govuk.ChoiceField(
        label="Is it known where the child is?",
        choices=MissingEpisode.Kind.choices,
        missing="Choose whether it is known where the child is",
    )
    grade = govuk.ChoiceField(
        label="Risk grade of the police (optional)",
        choices=MissingNotice.Grade.choices,
        required=False,
    )
    reference = govuk.TextField(
        label="Police reference (optional)", max_length=60, width=20, required=False
    )
    missing_from = govuk.TextField(label="Missing from (optional)", required=False)
    is_from_care = govuk.TickField(label="The child is looked after")
    circumstances = govuk.LongTextField(
        label="What happened", missing="Say what happened, as far as anybody knows"
    )


class ScreenForm(OnceForm):
    exploitation = govuk.LongTextField(
        label="What points to exploitation?",
        help_text="Older friends, new things, a second phone, money owed, lifts, places.",
        missing="Say what points to exploitation, or that nothing does",
    )
    earlier = govuk.LongTextField(
        label="Earlier episodes, and what became of the interviews",
        missing="Say what is known of earlier episodes",
    )
    siblings = govuk.LongTextField(
        label="What does it mean for brothers and sisters?",
        missing="Say what this means for brothers and sisters",
    )
    places = govuk.LongTextField(
        label="Known places and people", missing="Say which places and people are known"
    )


class DiscussionForm(OnceForm):
    is_needed = govuk.YesNoField(
        label="Is a strategy discussion needed?", missing="Choose whether it is needed"
    )
    why = govuk.LongTextField(label="Why", missing="Say why, naming what was reported")


class ReturnForm(OnceForm):
    returned_at = govuk.MomentField(
        label="When did the child return, or was found?",
        when="past",
        missing="Enter when the child returned",
    )
    where_found = govuk.TextField(
        label="Where the child was (optional)", max_length=300, required=False
    )
    safe_and_well = govuk.LongTextField(
        label="What the police’s safe and well check found (optional)",
        help_text="This is not the return interview.",
        required=False,
    )
    harm = govuk.LongTextField(
        label="Harm or offences the child spoke of (optional)", required=False
    )


class OfferForm(OnceForm):
    how = govuk.TextField(
        label="How was the interview offered?",
        help_text="For example: by phone to the mother, in person at school",
        missing="Say how it was offered",
    )
    independent = govuk.TextField(
        label="Who would hold it?", missing="Say who would hold the interview"
    )
    independent_why = govuk.LongTextField(
        label="Why is this person independent?",
        rows=2,
        max_length=2_000,
        missing="Say why this person is independent",
    )
    answer = govuk.TextField(label="What was the answer? (optional)", required=False)
    is_accepted = govuk.TickField(label="The child accepts the interview")


class InterviewForm(OnceForm):
    held_at = govuk.MomentField(
        label="When was the interview?", when="past", missing="Enter when it was held"
    )
    words = govuk.LongTextField(
        label="The child’s own account",
        help_text="In the child’s words, so that somebody else can use it.",
        missing="Write the child’s own account",
    )
    push_factors = govuk.LongTextField(label="What the child left (optional)", required=False)
    pull_factors = govuk.LongTextField(label="What drew the child (optional)", required=False)
    where = govuk.LongTextField(label="Where the child was (optional)", required=False, rows=2)
    with_whom = govuk.LongTextField(label="With whom (optional)", required=False, rows=2)
    harm = govuk.LongTextField(label="Harm (optional)", required=False)
    would_help = govuk.LongTextField(label="What would help (optional)", required=False)
    planned = govuk.LongTextField(
        label="What happens now, by whom and when (optional)", required=False
    )
    shared_with = govuk.TextField(
        label="With whom was it shared?",
        help_text="The police and the MASH, unless there is a reason.",
        max_length=300,
        missing="Say with whom it was shared",
    )


class NoInterviewForm(OnceForm):
    is_declined = govuk.ChoiceField(
        label="Why is there no interview?",
        choices=[("yes", "It was offered and declined"), ("no", "It was not possible")],
        missing="Choose why there is no interview",
    )
    because = govuk.LongTextField(label="The reason", missing="Say why there is no interview")
    carers_view = govuk.LongTextField(
        label="What the parent or carer says",
        missing="Say what the carer says, or why nobody could be asked",
    )
    intelligence = govuk.LongTextField(
        label="What was passed on to the police",
        missing="Say what was passed on to the police, or that nothing was",
    )

    def given(self) -> dict[str, Any]:
        data = super().given()
        data["is_declined"] = data["is_declined"] == "yes"
        return data


class CloseForm(OnceForm):
    risk_decision = govuk.LongTextField(
        label="What do you decide about risk to this child, and why?",
        missing="Say what you decided about risk, and why",
    )
    for_the_others = govuk.LongTextField(
        label="What does it mean for each other child at home?",
        help_text="Name each of them.",
        missing="Say what this means for each other child at home",
    )
