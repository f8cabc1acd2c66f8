"""What a system may say of a contact, and what it is told.

The shape stands here, for the schema too. What a person's facts must be like is asked of the very
forms of the intake page, so that no rule is written twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError as FormError
from django.core.validators import validate_email
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from cases.actions.contacts import WORDS_LIMIT
from cases.choices import ConsentFrom, ConsentScope, ConsentState
from cases.stated import Stated
from lib import application_clock, identifiers
from lib.parameters import EARLIEST
from mash.forms.intake import ELSEWHERE, AdultForm, ChildForm
from partner_api.actions import Message, Said, Tie
from partner_api.choices import USUAL_SOURCE, Progress
from people.choices import HouseholdRole, RelationshipKind, Sex, Stage, YesNoUnknown
from record import code_lists

LINE, LONG = 200, 20_000
MOST_CHILDREN, MOST_ADULTS = 20, 10
LISTED: dict[str, Any] = {
    "required": "This is missing.",
    "empty": "Name at least one child, however little is known about them.",
}
MOST_NAMES = 5
MOST_TIES = 60
STATES = [
    choice
    for choice in ConsentState.choices
    if choice[0]
    in {ConsentState.GIVEN.value, ConsentState.REFUSED.value, ConsentState.NOT_ASKED_YET.value}
]
RECEIVED = [(Progress.RECEIVED.value, str(Progress.RECEIVED.label))]
CHILD_PLACES = [
    HouseholdRole.RESIDENT_CHILD.value,
    HouseholdRole.PART_TIME_CHILD.value,
    HouseholdRole.FREQUENT_VISITOR.value,
    ELSEWHERE,
    "unknown",
]
ADULT_PLACES = [
    HouseholdRole.ADULT_CARER.value,
    HouseholdRole.OTHER_ADULT.value,
    HouseholdRole.FREQUENT_VISITOR.value,
    ELSEWHERE,
    "unknown",
]


class Text(serializers.CharField):
    """A text as a string, without characters that nobody can have meant."""

    default_error_messages = {
        "invalid": "This must be a text.",
        "blank": "This is empty. Fill it in, or leave the field out.",
        "required": "This is missing.",
        "null": "This is null. Fill it in, or leave the field out.",
        "max_length": "Shorten this to {max_length:,} characters.",
        "characters": "This holds control characters or half a character. Send plain text.",
    }
    keeps_lines = False

    def __init__(self, *, max_length: int = LINE, **rest: Any) -> None:
        rest.setdefault("allow_blank", not rest.get("required", True))
        super().__init__(max_length=max_length, **rest)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        allowed = "\n\r\t" if self.keeps_lines else ""
        for char in data:
            if char not in allowed and unicodedata.category(char) in ("Cc", "Cs"):
                self.fail("characters")
        return str(super().to_internal_value(data))


class Words(Text):
    """A text of several lines."""

    keeps_lines = True

    def __init__(self, *, max_length: int = LONG, **rest: Any) -> None:
        super().__init__(max_length=max_length, **rest)


class Choice(serializers.ChoiceField):
    """One of the published codes; what came instead is not repeated."""

    default_error_messages = {
        "invalid_choice": "This is none of the codes of this field.",
        "required": "This is missing.",
        "null": "This is null. Fill it in, or leave the field out.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input="")
        return super().to_internal_value(data)


class Moment(serializers.DateTimeField):
    """A moment with its zone."""

    default_error_messages = {
        "invalid": "Enter a date and time with its zone, like 2026-03-12T15:15:00Z.",
        "date": "Enter a date and time with its zone, like 2026-03-12T15:15:00Z.",
        "overflow": "There is no such moment.",
        "zone": "Say in which zone this is, like 2026-03-12T15:15:00Z.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="")
        read = re.fullmatch(
            r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)?",
            value,
            re.ASCII,
        )
        if read is None:
            self.fail("invalid", format="")
        if read[3] is None:
            self.fail("zone")
        moment: datetime = super().to_internal_value(value)
        if not moment >= EARLIEST:
            self.fail("overflow")
        return moment


@extend_schema_field({"type": "string", "pattern": r"^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$"})
class PartialDay(Text):
    """A day, a month or a year: 2015-03-27, 2015-03 or 2015."""

    default_error_messages = {
        "date": "Enter a real date like 2015-03-27, or as much as is known: 2015-03, 2015.",
        "future": "This day has not come yet.",
    }

    def __init__(self, **rest: Any) -> None:
        super().__init__(max_length=10, **rest)

    def to_internal_value(self, data: Any) -> str:
        read = super().to_internal_value(data)
        if not read:
            return read
        found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", read, re.ASCII)
        first = _first_day(*found.groups()) if found else None
        if first is None:
            self.fail("date")
        elif first > application_clock.today():
            self.fail("future")
        return read


def _first_day(year: str, month: str | None, day: str | None) -> date | None:
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return first if first >= EARLIEST.date() else None


class Strict(serializers.Serializer[Any]):
    """An object that holds the fields named and no other: what is misspelt must not be lost."""

    default_error_messages = {
        "invalid": "This must be an object.",
        "null": "This is null. Fill it in, or leave the field out.",
        "required": "This is missing.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError(
                {
                    _shown(name): [ErrorDetail("There is no field of this name.", code="unknown")]
                    for name in sorted(unknown, key=repr)[:10]
                }
            )
        return super().to_internal_value(data)


def _shown(name: Any) -> str:
    return name if isinstance(name, str) and re.fullmatch(r"\w{1,40}", name, re.ASCII) else "?"


class SenderInput(Strict):
    """Who sends it: the person whose concern it is, not the system."""

    name = Text(help_text="The person the front door rings back")
    role = Text(help_text="Their job, or what they are to the child")
    phone = Text(max_length=100, required=False)
    email = Text(max_length=254, required=False)
    availability = Text(max_length=300, required=False, help_text="When they can be reached")

    def validate_email(self, value: str) -> str:
        try:
            if value:
                validate_email(value)
        except FormError as error:
            raise serializers.ValidationError(identifiers.EMAIL_ERROR, code="email") from error
        return value


class PersonInput(Strict):
    """Somebody of the family, as the sender knows them. Almost nothing is required."""

    given_name = Text(required=False)
    family_name = Text(required=False)
    description = Text(required=False, help_text="If no name is known: “sister, about 8”")
    other_names = serializers.ListField(
        child=Text(), required=False, max_length=MOST_NAMES, help_text="Whole names, one in each"
    )
    date_of_birth = PartialDay(required=False, help_text="2015-03-27, 2015-03 or 2015")
    is_date_of_birth_estimated = serializers.BooleanField(required=False, default=False)
    age = Text(max_length=60, required=False, help_text="As it was said: “about 4”")
    sex = Choice(choices=Sex.choices, required=False, default=Sex.UNKNOWN)
    relation = Text(required=False, help_text="Who they are, in the sender’s words")
    address_line = Text(required=False, help_text="Without the postcode")
    postcode = Text(max_length=10, required=False)
    language = Text(max_length=60, required=False)
    needs_interpreter = Choice(
        choices=YesNoUnknown.choices, required=False, default=YesNoUnknown.UNKNOWN
    )
    phone = Text(max_length=40, required=False)
    note = Words(required=False)


class ChildInput(PersonInput):
    """A child, however thinly described, born or not yet."""

    stage = Choice(choices=Stage.choices, required=False, default=Stage.BORN)
    expected_on = serializers.DateField(
        required=False,
        help_text="When an unborn baby is due",
        error_messages={
            "invalid": "Enter a real date, like 2026-07-14.",
            "datetime": "Enter a real date, like 2026-07-14.",
        },
    )
    place = Choice(choices=CHILD_PLACES, required=False, default="unknown")
    school = Text(required=False)
    gp = Text(required=False)
    nhs_number = Text(max_length=40, required=False)
    upn = Text(max_length=40, required=False, help_text="Unique pupil number")
    ethnicity = Text(max_length=4, required=False, help_text="A code of the CIN census")


class TieInput(Strict):
    """What an adult is to one child."""

    child = serializers.IntegerField(
        min_value=0, max_value=MOST_CHILDREN - 1, help_text="Place of the child in children, from 0"
    )
    kind = Choice(choices=RelationshipKind.choices)
    parental_responsibility = Choice(
        choices=YesNoUnknown.choices, required=False, default=YesNoUnknown.UNKNOWN
    )


class AdultInput(PersonInput):
    """An adult of the household, or who matters to the children."""

    place = Choice(choices=ADULT_PLACES, required=False, default="unknown")
    relations: serializers.BaseSerializer[Any] = serializers.ListSerializer(
        child=TieInput(), required=False, max_length=MOST_CHILDREN
    )


class AgreementInput(Strict):
    """What somebody of the family said when they were asked to agree."""

    asked_as = Choice(choices=ConsentFrom.choices)
    scope = Choice(choices=ConsentScope.choices, required=False, default=ConsentScope.REFERRAL)
    state = Choice(choices=STATES)
    who = Text(required=False, help_text="Their name, or what they are to the child")
    words = Words(required=False, help_text="What they said; needed where they refused")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["state"] == ConsentState.REFUSED and not attrs.get("words"):
            raise serializers.ValidationError(
                {"words": [ErrorDetail("Enter the words they used.", code="required")]}
            )
        return attrs


class ContactInput(Strict):
    """A contact about one or several children."""

    concern = Words(
        max_length=WORDS_LIMIT, help_text="What was seen, heard or said, in the sender’s own words"
    )
    sender = SenderInput()
    children: serializers.BaseSerializer[Any] = serializers.ListSerializer(
        child=ChildInput(), allow_empty=False, max_length=MOST_CHILDREN, error_messages=LISTED
    )
    adults: serializers.BaseSerializer[Any] = serializers.ListSerializer(
        child=AdultInput(), required=False, max_length=MOST_ADULTS
    )
    your_reference = Text(max_length=100, required=False, help_text="Not a name, please")
    written_at = Moment(required=False, help_text="When the concern was written, if earlier")
    language = Text(max_length=60, required=False, help_text="Of the concern, if not English")
    source_code = Text(max_length=2, required=False, help_text="Referral source, CIN census")
    immediate_danger = Choice(
        choices=YesNoUnknown.choices, required=False, default=YesNoUnknown.UNKNOWN
    )
    act_before_at = Moment(required=False, help_text="Something must be done before")
    act_before_why = Text(max_length=300, required=False)
    do_parents_know = Choice(
        choices=YesNoUnknown.choices, required=False, default=YesNoUnknown.UNKNOWN
    )
    parents_know_note = Words(required=False)
    safe_contact = Words(required=False, help_text="How to reach the family safely")
    agreement: serializers.BaseSerializer[Any] = serializers.ListSerializer(
        child=AgreementInput(), required=False, max_length=MOST_ADULTS
    )

    def validate_written_at(self, value: datetime) -> datetime:
        if value > application_clock.now():
            raise serializers.ValidationError("This time has not come yet.", code="future")
        return value

    def validate_source_code(self, value: str) -> str:
        today = application_clock.today()
        if value and not code_lists.is_valid("referral_source", value, today):
            raise serializers.ValidationError(
                "This is none of the referral sources of the CIN census.", code="invalid_choice"
            )
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask the forms of the intake page about each person, and put the people in order."""
        at = application_clock.now()
        wrong: dict[str, list[dict[str, Any]]] = {}
        forms: dict[str, list[Any]] = {}
        for key, form_class in (("children", ChildForm), ("adults", AdultForm)):
            forms[key] = [
                form_class(_as_typed(said), received_at=at) for said in attrs.get(key, [])
            ]
            errors = [_errors_of(form) for form in forms[key]]
            if any(errors):
                wrong[key] = errors
        ties = [
            (place, tie)
            for place, adult in enumerate(attrs.get("adults", []))
            for tie in adult.get("relations", [])
        ]
        if len(ties) > MOST_TIES:
            raise serializers.ValidationError(
                {"adults": [ErrorDetail(f"Send {MOST_TIES} relations at most.", code="max_length")]}
            )
        strangers = [_strangers(said, len(attrs["children"])) for said in attrs.get("adults", [])]
        if any(strangers):
            wrong.setdefault("adults", strangers)
        if wrong:
            raise serializers.ValidationError(wrong)
        attrs["message"] = self._message(attrs, forms["children"], forms["adults"], ties)
        return attrs

    def _message(
        self,
        attrs: dict[str, Any],
        children: list[ChildForm],
        adults: list[AdultForm],
        ties: list[tuple[int, dict[str, Any]]],
    ) -> Message:
        born = [place for place, form in enumerate(children) if not form.is_unborn]
        unborn = [place for place, form in enumerate(children) if form.is_unborn]
        place_of = {child: place for place, child in enumerate([*born])}
        place_of |= {child: len(born) + len(adults) + place for place, child in enumerate(unborn)}
        mothers = {
            tie["child"]: len(born) + adult
            for adult, tie in ties
            if tie["kind"] == RelationshipKind.MOTHER
        }
        people = [
            *(self._child(attrs["children"][child], children[child]) for child in born),
            *(
                self._adult(said, adult)
                for said, adult in zip(attrs.get("adults", []), adults, strict=True)
            ),
            *(
                self._child(attrs["children"][child], children[child], mother=mothers.get(child))
                for child in unborn
            ),
        ]
        return Message(
            arrived=self._arrived(attrs),
            people=people,
            ties=[
                Tie(
                    adult=len(born) + adult,
                    child=place_of[tie["child"]],
                    kind=tie["kind"],
                    parental_responsibility=tie["parental_responsibility"],
                )
                for adult, tie in ties
            ],
            said=[Said(**one) for one in attrs.get("agreement", [])],
        )

    def _adult(self, said: dict[str, Any], form: AdultForm) -> Stated:
        """Somebody without a name, such as "her partner", is nobody that can be looked for."""
        is_named = bool(said.get("given_name") or said.get("family_name"))
        return form.stated(decide_later=is_named, **_partly(said))

    def _child(self, said: dict[str, Any], form: ChildForm, mother: int | None = None) -> Stated:
        stated = form.stated(decide_later=True, **_partly(said))
        if mother is None:
            return stated
        return replace(stated, mother_place=mother, mother_unnamed=False)

    def _arrived(self, attrs: dict[str, Any]) -> dict[str, Any]:
        sender = attrs["sender"]
        kind = self.context["system"].agency.kind
        return {
            "words": attrs["concern"],
            "written_at": attrs.get("written_at"),
            "sender_role": sender["role"],
            "external_reference": attrs.get("your_reference", ""),
            "referrer_says_danger": YesNoUnknown(attrs["immediate_danger"]),
            "original_language": attrs.get("language", ""),
            "source_code": attrs.get("source_code") or USUAL_SOURCE.get(kind, ""),
            "referrer_name": sender["name"],
            "referrer_role": sender["role"],
            "referrer_phone": sender.get("phone", ""),
            "referrer_email": sender.get("email", ""),
            "referrer_availability": sender.get("availability", ""),
            "referrer_is_professional": True,
            "do_parents_know": attrs["do_parents_know"],
            "parents_know_note": attrs.get("parents_know_note", ""),
            "safe_contact": attrs.get("safe_contact", ""),
            "act_before_at": attrs.get("act_before_at"),
            "act_before_why": attrs.get("act_before_why", ""),
        }


def _as_typed(said: Mapping[str, Any]) -> dict[str, Any]:
    """A person as the form of the intake page takes them."""
    typed = dict(said)
    typed["other_names"] = "\n".join(said.get("other_names", []))
    if len(said.get("date_of_birth", "")) < len("2015-03-27"):
        typed.pop("date_of_birth", None)
    if said.get("stage") == Stage.UNBORN:
        typed["mother"] = "unknown"  # who she is, if she is named, stands among the adults
    return {name: str(value) if isinstance(value, date) else value for name, value in typed.items()}


def _partly(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a birth whose day is not."""
    born = said.get("date_of_birth", "")
    if not born or len(born) == len("2015-03-27") or said.get("stage") == Stage.UNBORN:
        return {}
    words = f"born {born}" if len(born) == len("2015") else f"born {_month(born)}"
    return {"age": "; ".join(filter(None, [said.get("age", ""), words]))[:100], "born": born}


def _month(born: str) -> str:
    return f"{date.fromisoformat(f'{born}-01'):%B %Y}"


def _strangers(adult: Mapping[str, Any], children: int) -> dict[str, Any]:
    """What is wrong where an adult is related to a child who is not in the message."""
    wrong = [
        {"child": [ErrorDetail("There is no such place in children.", code="no_child")]}
        if tie["child"] >= children
        else {}
        for tie in adult.get("relations", [])
    ]
    return {"relations": wrong} if any(wrong) else {}


def _errors_of(form: Any) -> dict[str, list[ErrorDetail]]:
    return {
        "non_field_errors" if name == "__all__" else name: [
            ErrorDetail(" ".join(error.messages), code=error.code or "invalid") for error in found
        ]
        for name, found in form.errors.as_data().items()
    }


# What a system is told --------------------------------------------------------------------------


class SentOutput(serializers.Serializer[Any]):
    """The contact is recorded, and survives whatever happens next."""

    reference = serializers.CharField(source="contact.reference")
    received_at = serializers.DateTimeField()
    state = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=RECEIVED))
    def get_state(self, _sending: Any) -> str:
        return str(Progress.RECEIVED)


class FeedbackOutput(serializers.Serializer[Any]):
    """What the sender was told."""

    told_at = serializers.DateTimeField()
    words = serializers.CharField(source="what")


class StandingOutput(serializers.Serializer[Any]):
    """How a contact stands."""

    reference = serializers.CharField(source="contact.reference")
    your_reference = serializers.CharField(source="contact.submission.external_reference")
    received_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=Progress.choices, source="progress")
    has_feedback = serializers.BooleanField()


class OneStandingOutput(StandingOutput):
    """How a contact stands, with what the sender was told."""

    feedback = FeedbackOutput(many=True, source="contact.told_to_sender")


class ErrorOutput(serializers.Serializer[Any]):
    """One thing that cannot be taken, and where it stands."""

    field = serializers.CharField(help_text="As children.0.sex, places counted from 0")
    code = serializers.CharField()
    detail = serializers.CharField()


PROBLEM = inline_serializer(
    "Problem",
    {
        "code": serializers.CharField(),
        "detail": serializers.CharField(),
        "errors": ErrorOutput(many=True),
        "reference": serializers.CharField(
            required=False, help_text="Of a failure on our side: quote it when you ring"
        ),
    },
)
"""Every error has this shape."""
