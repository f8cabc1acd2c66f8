"""What is typed about a strategy discussion: who is asked, who came, each child, the minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms

from cases.choices import Reliability, Sharing
from cases.models import MeetingPart
from lib import govuk
from lib.govuk import OnceForm
from mash.actions import Attendance, ConcludedLine, Invitation
from mash.models import DiscussionLine, StrategyDiscussion

Pairs = list[tuple[str, str]]


class InviteForm(OnceForm):
    """Several agencies at once, each with what it is asked to bring."""

    agencies = govuk.ManyChoicesField(
        label="Which agencies?",
        help_text="Police and health must take part. Think of the school, the referrer, and"
        " whoever treats the child.",
        missing="Choose at least one agency",
    )

    def __init__(self, *args: Any, agencies: Pairs, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.names = dict(agencies)
        self.fields["agencies"].choices = agencies
        self.fields["agencies"].reveals = {pk: (f"asked_{pk}",) for pk in self.names}
        for pk, name in agencies:
            self.fields[f"asked_{pk}"] = govuk.LongTextField(
                label=f"What {name.partition(' (')[0]} is asked to bring",
                required=False,
                max_length=2_000,
                rows=2,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for pk in cleaned.get("agencies", ()):
            name = self.names[pk].partition(" (")[0]
            self.need(f"asked_{pk}", f"Say what {name} is asked to bring")
        return cleaned

    def invitations(self) -> list[Invitation]:
        """Each agency with what it is asked."""
        return [
            Invitation(agency_id=UUID(pk), asked=self.cleaned_data[f"asked_{pk}"])
            for pk in self.cleaned_data["agencies"]
        ]


class RefuseForm(OnceForm):
    """An agency asked for a discussion and none is called: who asked, and why not."""

    agency = govuk.SelectField(
        label="Which agency asked?", empty="Choose an agency", missing="Choose the agency"
    )
    asked_by = govuk.TextField(
        label="Who asked, and how", help_text="Name and role", missing="Say who asked"
    )
    children = govuk.ManyChoicesField(
        label="About which children?", missing="Choose the children the agency asked about"
    )
    asked_because = govuk.LongTextField(
        label="Why they asked", help_text="In their words", missing="Say why they asked"
    )
    refused_because = govuk.LongTextField(
        label="Why no discussion is called",
        help_text="For each of these children. What would change your mind?",
        missing="Say why no discussion is called",
    )
    told = govuk.LongTextField(
        label="How they were told, and what they can do",
        help_text="Such as your head of service’s number, or their own safeguarding lead’s",
        rows=2,
        missing="Say how they were told, and what they can do",
    )

    def __init__(self, *args: Any, children: Pairs, agencies: Pairs, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.child_ids = [UUID(pk) for pk, _name in children]
        self.fields["children"].choices = children
        self.fields["agency"].choices = [("", "Choose an agency"), *agencies]

    def given(self) -> dict[str, Any]:
        """The answers as `mash.actions.refuse_request` takes them."""
        data = super().given()
        agency, children = data.pop("agency"), data.pop("children")
        return {**data, "agency_id": UUID(agency), "child_ids": [UUID(pk) for pk in children]}


class OwnContributionForm(OnceForm):
    """What an agency knows, in its own words, for a discussion."""

    information = govuk.LongTextField(label="What you know", rows=6, missing="Enter what you know")
    reliability = govuk.ChoiceField(
        label="How reliable is it?",
        choices=Reliability.choices,
        missing="Choose how reliable it is",
    )
    sharing = govuk.ChoiceField(
        label="May the family see it?",
        choices=Sharing.choices,
        missing="Choose whether the family may see it",
    )
    author = govuk.TextField(
        label="Who says so", help_text="Name and role", missing="Enter who says so"
    )


class ContributionForm(OwnContributionForm):
    """The same, typed for an agency that told us by phone or letter."""

    how = govuk.TextField(
        label="How they told you",
        help_text="By phone, secure e-mail, in person",
        max_length=60,
        missing="Enter how they told you",
    )
    at = govuk.MomentField(label="When they told you", when="past")

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["information"].label = "What they know"
        self.fields["information"].error_messages["required"] = "Enter what they know"


class ReplyForm(OnceForm):
    """Whether an agency takes part."""

    reply = govuk.ChoiceField(
        label="Will you take part?",
        choices=MeetingPart.Reply.choices,
        reveals={MeetingPart.Reply.NOT_COMING: ["note"]},
        missing="Choose whether you will take part",
    )
    note = govuk.TextField(label="Why not, and who else could", required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("reply") == MeetingPart.Reply.NOT_COMING:
            self.need("note", "Say why you cannot take part, and who else could")
        return cleaned


class HoldForm(OnceForm):
    """When and how it was held, and who was there for social care."""

    at = govuk.MomentField(label="When was it held?", when="past", missing="Enter when it was held")
    mode = govuk.ChoiceField(
        label="How was it held?",
        choices=StrategyDiscussion.Mode.choices,
        inline=True,
        missing="Choose how it was held",
    )
    social_worker = govuk.SelectField(
        label="Social worker", empty="No social worker was there", required=False
    )
    manager = govuk.SelectField(
        label="Manager of social care", empty="No manager was there", required=False
    )
    others_there = govuk.TextField(
        label="Others who were there (optional)", required=False, max_length=500
    )
    late_reason = govuk.TextField(label="Why it was late", required=False, max_length=500)

    def __init__(
        self, *args: Any, social_workers: Pairs, managers: Pairs, asks_late: bool, **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        for name, choices in (("social_worker", social_workers), ("manager", managers)):
            field = self.fields[name]
            field.choices = [("", field.empty), *choices]
        if not asks_late:
            del self.fields["late_reason"]

    def given(self) -> dict[str, Any]:
        """The answers as `mash.actions.hold` takes them."""
        data = self.cleaned_data
        return {
            "at": data["at"],
            "mode": data["mode"],
            "social_worker_id": UUID(data["social_worker"]) if data["social_worker"] else None,
            "manager_id": UUID(data["manager"]) if data["manager"] else None,
            "others_there": data["others_there"],
            "late_reason": data.get("late_reason", ""),
            "token": data["token"],
        }


class PartForm(forms.Form):
    """One agency that was asked: there, and who; or not, and why."""

    there = govuk.YesNoField(reveals={"yes": ["who"], "no": ["because"]})
    who = govuk.TextField(label="Who was there", required=False)
    because = govuk.TextField(
        label="Why not",
        help_text="Leave empty if it sent information beforehand",
        required=False,
        max_length=500,
    )

    def __init__(self, *args: Any, part: MeetingPart, **rest: Any) -> None:
        super().__init__(*args, prefix=f"part-{part.pk}", **rest)
        self.part = part
        name = part.agency.name
        self.fields["there"].label = f"Was {name} there?"
        self.fields["there"].error_messages["required"] = f"Say whether {name} was there"
        self.fields["who"].about = self.fields["because"].about = name

    def line(self) -> Attendance:
        """What was answered."""
        data = self.cleaned_data
        return Attendance(
            part_id=self.part.pk,
            has_attended=bool(data["there"]),
            who=data["who"] if data["there"] else "",
            absent_because=data["because"] if not data["there"] else "",
        )


class ConcludeForm(OnceForm):
    """What concerns the family: the reasons, the parents, the law, and when to meet again."""

    know = govuk.LongTextField(
        label="What we know", help_text="Facts, and who they come from", required=False
    )
    worries = govuk.LongTextField(label="What worries us, and for whom", required=False)
    protects = govuk.LongTextField(label="What is working well or protects them", required=False)
    alternative = govuk.LongTextField(
        label="Why this and not the alternative",
        help_text="Name what you thought about and turned down",
        required=False,
    )
    not_quorate_because = govuk.LongTextField(
        label="Why would waiting for them be unsafe?", required=False, rows=2
    )
    criminal_lead = govuk.TextField(
        label="Who leads a criminal investigation (optional)", required=False, max_length=300
    )
    parents_told = govuk.LongTextField(
        label="What the parents are told, by whom and when",
        help_text="Or why they are not told yet",
        required=False,
        rows=2,
    )
    is_legal_advice_needed = govuk.YesNoField(
        label="Is legal advice needed?", required=False, reveals={"yes": ["legal_note"]}
    )
    legal_note = govuk.TextField(label="On what (optional)", required=False, max_length=500)
    agency_dissent = govuk.LongTextField(
        label="An agency that does not agree, and why (optional)", required=False, rows=2
    )
    next_on = govuk.OptionalDateField(label="Next discussion (optional)")
    to_team = govuk.SelectField(
        label="Assessment team", empty="Choose the assessment team", required=False
    )

    def __init__(self, *args: Any, teams: Pairs, is_quorate: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["to_team"].choices = [("", "Choose the assessment team"), *teams]
        if is_quorate:
            del self.fields["not_quorate_because"]

    def given(self) -> dict[str, Any]:
        """The answers as `mash.actions.conclude` takes them."""
        data = dict(self.cleaned_data)
        team = data.pop("to_team")
        return {**data, "to_team_id": UUID(team) if team else None}


class ConcludedChildForm(forms.Form):
    """One child; every answer starts empty and nothing is copied from another."""

    is_met = govuk.ChoiceField(
        choices=[("yes", "Met: section 47 enquiry"), ("no", "Not met")],
        required=False,
        reveals={
            "yes": [
                "is_joint",
                "seen_by",
                "see_at",
                "is_seen_alone",
                "medical",
                "medical_note",
                "safety_plan",
            ],
            "no": ["then"],
        },
    )
    why = govuk.LongTextField(label="Why, for this child", required=False, rows=3)
    is_joint = govuk.ChoiceField(
        label="Who enquires?",
        choices=[("joint", "Jointly with the police"), ("single", "Social care alone")],
        required=False,
    )
    seen_by = govuk.TextField(label="Who sees the child", required=False)
    see_at = govuk.MomentField(label="When", required=False)
    is_seen_alone = govuk.YesNoField(
        label="Seen alone?", required=False, reveals={"no": ["see_note"]}
    )
    see_note = govuk.TextField(label="Why not alone", required=False, max_length=500)
    medical = govuk.ChoiceField(
        label="A medical?", choices=DiscussionLine.Medical.choices, inline=True, required=False
    )
    medical_note = govuk.TextField(
        label="Where, by whom, when (optional)", required=False, max_length=500
    )
    safety_plan = govuk.LongTextField(
        label="What keeps the child safe tonight",
        help_text="Who does what, and when. Would it work at two in the morning?",
        required=False,
    )
    then = govuk.ChoiceField(
        label="What happens instead?", choices=DiscussionLine.Then.choices, required=False
    )

    def __init__(self, *args: Any, child_id: UUID, name: str, is_unborn: bool, **rest: Any) -> None:
        super().__init__(*args, prefix=f"child-{child_id}", **rest)
        self.child_id = child_id
        self.child_name = name
        self.fields["is_met"].label = f"Is the section 47 threshold met for {name}?"
        for field_name, each in self.fields.items():
            if field_name != "is_met":
                each.about = name
        if is_unborn:
            for part in ("seen_by", "see_at", "is_seen_alone", "see_note"):
                del self.fields[part]

    def line(self) -> ConcludedLine:
        """What was answered, for the action to judge."""
        data = self.cleaned_data
        return ConcludedLine(
            child_id=self.child_id,
            is_met={"yes": True, "no": False}.get(data.get("is_met", "")),
            why=data.get("why", ""),
            is_joint={"joint": True, "single": False}.get(data.get("is_joint", "")),
            seen_by=data.get("seen_by", ""),
            see_at=data.get("see_at"),
            is_seen_alone=data.get("is_seen_alone"),
            see_note=data.get("see_note", ""),
            medical=data.get("medical", ""),
            medical_note=data.get("medical_note", ""),
            safety_plan=data.get("safety_plan", ""),
            then=data.get("then", ""),
        )


class AnswerTeamForm(OnceForm):
    """Which team takes a restricted child on, where none has."""

    to_team = govuk.SelectField(
        label="Assessment team", empty="Choose the assessment team", required=False
    )

    def __init__(self, *args: Any, teams: Pairs, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["to_team"].choices = [("", "Choose the assessment team"), *teams]


class CancelForm(OnceForm):
    because = govuk.LongTextField(
        label="Why is it called off?",
        max_length=2_000,
        missing="Say why this discussion is called off",
    )


class MinutesForm(OnceForm):
    """The minutes, and who is sent them."""

    minutes = govuk.LongTextField(
        label="Minutes",
        help_text="The actions below are sent with them. Write nothing an agency may not read.",
        rows=12,
        missing="Write the minutes",
    )
    parts = govuk.ManyChoicesField(
        label="Send them to", required=False, help_text="Whoever took part is sent them"
    )

    def __init__(self, *args: Any, parts: Iterable[MeetingPart], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["parts"].choices = [(str(part.pk), part.agency.name) for part in parts]

    def chosen(self) -> Sequence[UUID]:
        """The agencies ticked."""
        return [UUID(pk) for pk in self.cleaned_data["parts"]]


class ActionAnswerForm(OnceForm):
    is_done = govuk.YesNoField(label="Was it done?", missing="Choose whether it was done")
    answer = govuk.TextField(
        label="What was done, or why not",
        max_length=500,
        missing="Say what was done, or why it was not",
    )


class ConfirmForm(OnceForm):
    note = govuk.LongTextField(
        label="Why this conclusion stands", missing="Say why this conclusion stands"
    )
