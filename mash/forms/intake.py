"""What is typed when a contact comes in: what arrived, and whom it is about.

Almost nothing is required. What is not known yet is an answer, and no answer holds up an urgent
decision (decisions.md 51).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from accounts.models import PartnerAgency
from cases.choices import Channel
from cases.stated import Stated
from lib import application_clock, govuk, identifiers, words
from lib.text import shown_name
from lib.working_days import london_date
from mash.actions.intake import Danger, Relation
from people.choices import HouseholdRole, NameKind, RelationshipKind, Sex, Source, Stage
from people.choices import YesNoUnknown as Known
from people.timescales import EXPECTED_DAYS_AHEAD, EXPECTED_DAYS_PAST
from record import code_lists

WORDS_LIMIT = 200_000
ANONYMOUS = "anonymous"
NAMED = "named"
NEW, LATER = "new", "later"

YES_NO_NOT_KNOWN = [(Known.YES, "Yes"), (Known.NO, "No"), (Known.UNKNOWN, "Not known yet")]


def as_post(data: Mapping[str, Any]) -> QueryDict:
    """Read a draft as if its page had just been sent."""
    sent = QueryDict(mutable=True)
    for name, value in data.items():
        sent.setlist(name, [str(each) for each in value] if isinstance(value, list) else [value])
    return sent


def from_draft(form: type[forms.Form], data: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a draft holds as a form's initial values, with nothing said about mistakes."""
    sent = as_post(data)
    return {
        name: field.widget.value_from_datadict(sent, {}, name)
        for name, field in form.base_fields.items()
        if not field.widget.value_omitted_from_data(sent, {}, name)
    }


def offer(field: Any, choices: Iterable[tuple[Any, Any]]) -> None:
    """Give a drop-down its choices, below the empty one that says what empty means."""
    field.choices = [("", field.empty), *choices]


def choose_from(field: Any, choices: Iterable[tuple[Any, Any]]) -> None:
    """Give radios or tick boxes their choices."""
    field.choices = list(choices)


class Sent(forms.Form):
    """What every page of a contact sends: a token against sending twice, and what it rests on."""

    token = govuk.CarriedId(required=False)
    version = govuk.CarriedNumber(required=False)
    stood = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(
        self, *args: Any, version: int | None = None, stood: str = "", **rest: Any
    ) -> None:
        known = {"token": uuid.uuid4(), "version": version, "stood": stood}
        rest["initial"] = known | (rest.get("initial") or {})
        super().__init__(*args, **rest)

    def given(self) -> dict[str, Any]:
        """What was answered, without what the page itself sends."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("token", "version", "stood")
        }


def fingerprint(stands: Mapping[str, Any]) -> str:
    """Give a mark of what is recorded, to see later whether it still stands."""
    said = json.dumps(stands, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def sources(on: datetime | None = None) -> list[tuple[str, str]]:
    """The source codes of the census that may be entered on a day."""
    day = london_date(on) if on else application_clock.today()
    return [
        (code, f"{code}: {label}") for code, label in code_lists.choices("referral_source", day)
    ]


def ethnicities() -> list[tuple[str, str]]:
    """The ethnicity codes of today but "not yet obtained", which is the empty answer."""
    codes = code_lists.choices("ethnicity", application_clock.today())
    return [choice for choice in codes if choice[0] != "NOBT"]


def agencies() -> Any:
    """The agencies to choose from."""
    return PartnerAgency.objects.filter(is_active=True).order_by("name", "pk")


class ReferrerFields(Sent):
    """Who sent it. Anonymous is one click, and the wish stays whatever code fits."""

    who = govuk.ChoiceField(
        label="Who sent it?",
        required=False,
        choices=[
            (NAMED, "Somebody who gives their name or agency"),
            (ANONYMOUS, "Somebody who does not want to be named"),
        ],
        hints={ANONYMOUS: "Name, number and agency are left out, whatever was typed"},
        reveals={
            NAMED: [
                "sender_agency",
                "sender_agency_name",
                "referrer_name",
                "referrer_phone",
                "referrer_email",
                "referrer_availability",
            ]
        },
    )
    sender_agency = govuk.RecordField(
        label="Agency",
        queryset=PartnerAgency.objects.none(),
        required=False,
        empty="None of these",
    )
    sender_agency_name = govuk.TextField(
        label="Agency, if it is not in the list (optional)", required=False
    )
    referrer_name = govuk.TextField(label="Name (optional)", required=False)
    referrer_phone = govuk.TextField(
        label="Number to ring back (optional)", max_length=100, width=20, required=False
    )
    referrer_email = govuk.EmailField(label="Email (optional)", max_length=254, required=False)
    referrer_availability = govuk.TextField(
        label="When they can be reached (optional)", max_length=300, required=False
    )
    referrer_role = govuk.TextField(
        label="Their job, or what they are to the child (optional)", required=False
    )
    source_code = govuk.SelectField(
        label="Source code", choices=sources, required=False, empty="Not known yet"
    )
    source_also = govuk.SelectField(
        label="Another code that also fits (optional)",
        choices=sources,
        required=False,
        empty="No other",
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        sender: Any = self.fields["sender_agency"]
        sender.queryset = agencies()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("source_code") and data.get("source_code") == data.get("source_also"):
            self.add_error("source_also", "Choose another code, or none: this one stands above")
        if data.get("who") == ANONYMOUS:
            for name in (
                "sender_agency_name",
                "referrer_name",
                "referrer_phone",
                "referrer_email",
                "referrer_availability",
            ):
                data[name] = ""
                self.errors.pop(name, None)
            data["sender_agency"] = None
            self.errors.pop("sender_agency", None)
        return data

    def referrer(self) -> dict[str, Any]:
        """The referrer as the contact keeps them."""
        data = self.cleaned_data
        code = data["source_code"]
        return {
            "referrer_name": data["referrer_name"],
            "referrer_role": data["referrer_role"],
            "referrer_phone": data["referrer_phone"],
            "referrer_email": data["referrer_email"],
            "referrer_availability": data["referrer_availability"],
            "referrer_is_anonymous": data["who"] == ANONYMOUS,
            "referrer_is_professional": (
                None if code in ("", "9", "10") else not code.startswith("1")
            ),
            "source_code": code,
            "source_also": data["source_also"],
        }


class WhatCameIn(ReferrerFields):
    """What arrived, how and when, who sent it, and whether a child is in danger now."""

    channel = govuk.SelectField(
        label="How did it reach us?",
        missing="Choose how it reached us",
        choices=[choice for choice in Channel.choices if choice[0] != Channel.API],
        empty="Choose",
    )
    received_at = govuk.MomentField(
        label="When did it reach the front door?",
        when="past",
        missing="Enter when it reached the front door",
    )
    written_at = govuk.MomentField(
        label="When was it written or said, if earlier? (optional)", required=False, when="past"
    )
    words = govuk.LongTextField(
        label="What was said or written, in the referrer’s own words",
        missing="Enter the concern in the referrer’s own words",
        max_length=WORDS_LIMIT,
        rows=10,
    )
    original_language = govuk.TextField(
        label="Language it was written in, if not English (optional)",
        max_length=60,
        width=20,
        required=False,
    )
    external_reference = govuk.TextField(
        label="Their reference (optional)", max_length=100, width=20, required=False
    )
    referrer_says_danger = govuk.ChoiceField(
        label="Does whoever sent it say that a child is in danger now?",
        choices=[(Known.YES, "Yes"), (Known.NO, "No"), (Known.UNKNOWN, "They do not say")],
        required=False,
        inline=True,
    )
    danger = govuk.ChoiceField(
        label="Is a child in danger right now? What do you conclude?",
        choices=YES_NO_NOT_KNOWN,
        required=False,
        hints={
            Known.YES: "It goes to the top of the triage board, and a manager must see it within"
            " 1 hour of its arrival"
        },
        reveals={Known.YES: ["danger_why", "act_before_at", "act_before_why"]},
    )
    danger_why = govuk.LongTextField(
        label="What is the danger, and to whom?", required=False, rows=2
    )
    act_before_at = govuk.MomentField(
        label="Something must be done before (optional)",
        required=False,
        help_text="For example, when a child is collected: 13 3 2026 and 15:15",
    )
    act_before_why = govuk.TextField(label="Because (optional)", max_length=300, required=False)
    do_parents_know = govuk.ChoiceField(
        label="Do the parents know that this was sent to us?",
        choices=YES_NO_NOT_KNOWN,
        required=False,
        inline=True,
    )
    parents_know_note = govuk.LongTextField(
        label="What they were told, or why not (optional)", required=False, rows=2
    )
    safe_contact = govuk.LongTextField(
        label="How to reach the family safely, and what not to do (optional)",
        help_text="Shown first on every page of the family, for example “Do not ring her mobile”",
        required=False,
        rows=2,
    )

    field_order = (
        "channel",
        "received_at",
        "written_at",
        "words",
        "original_language",
        "external_reference",
        "who",
        "sender_agency",
        "sender_agency_name",
        "referrer_name",
        "referrer_phone",
        "referrer_email",
        "referrer_availability",
        "referrer_role",
        "source_code",
        "source_also",
        "referrer_says_danger",
        "danger",
        "danger_why",
        "act_before_at",
        "act_before_why",
        "do_parents_know",
        "parents_know_note",
        "safe_contact",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        received, written = data.get("received_at"), data.get("written_at")
        if received and written and written > received:
            self.add_error(
                "written_at", "It cannot be written after it reached us. Check both times"
            )
        if data.get("danger") == Known.YES:
            if not data.get("danger_why") and "danger_why" not in self.errors:
                self.add_error("danger_why", "Say what the danger is, and to whom")
        else:
            for name in ("danger_why", "act_before_why"):
                data[name] = ""
                self.errors.pop(name, None)
            data["act_before_at"] = None
            self.errors.pop("act_before_at", None)
        return data

    def arrived(self) -> dict[str, Any]:
        """What the action of receiving takes beside the people."""
        data = self.cleaned_data
        agency = data["sender_agency"]
        return {
            "channel": data["channel"],
            "words": data["words"],
            "received_at": data["received_at"],
            "written_at": data["written_at"],
            "sender_agency_id": agency.pk if agency else None,
            "sender_agency_name": data["sender_agency_name"] or (agency.name if agency else ""),
            "sender_role": data["referrer_role"],
            "external_reference": data["external_reference"],
            "original_language": data["original_language"],
            "referrer_says_danger": data["referrer_says_danger"] or Known.UNKNOWN,
            "do_parents_know": data["do_parents_know"] or Known.UNKNOWN,
            "parents_know_note": data["parents_know_note"],
            "safe_contact": data["safe_contact"],
            "act_before_at": data["act_before_at"],
            "act_before_why": data["act_before_why"],
            **self.referrer(),
        }

    def concluded(self) -> Danger | None:
        """What the worker concludes about danger, if they did."""
        answer = self.cleaned_data["danger"]
        if answer not in (Known.YES, Known.NO):
            return None
        return Danger(is_danger=answer == Known.YES, why=self.cleaned_data["danger_why"])


# People -----------------------------------------------------------------------------------------

ELSEWHERE = "elsewhere"
CHILD_PLACES = [
    (HouseholdRole.RESIDENT_CHILD, "Lives in the household"),
    (HouseholdRole.PART_TIME_CHILD, "Stays some nights"),
    (HouseholdRole.FREQUENT_VISITOR, "Visits regularly"),
    (ELSEWHERE, "Lives elsewhere"),
    (Known.UNKNOWN, "Not known yet"),
]
ADULT_PLACES = [
    (HouseholdRole.ADULT_CARER, "Lives in the household and cares for the children"),
    (HouseholdRole.OTHER_ADULT, "Lives in the household"),
    (HouseholdRole.FREQUENT_VISITOR, "Visits regularly"),
    (ELSEWHERE, "Lives elsewhere"),
    (Known.UNKNOWN, "Not known yet"),
]
MENTIONS = [
    ("named", "The referrer is worried about them"),
    ("mentioned", "The referrer only mentions them"),
    ("our_record", "Our record names them"),
    ("agency", "An agency names them"),
]


@dataclass(frozen=True)
class OnContact:
    """Somebody already on the contact, to choose from."""

    person_id: UUID
    name: str


class PersonFields(Sent):
    """One person as described; everything optional but a name or a description."""

    given_name = govuk.TextField(label="First names (optional)", required=False)
    family_name = govuk.TextField(label="Surname (optional)", required=False)
    description = govuk.TextField(
        label="If no name is known, a description (optional)",
        help_text="For example, “sister, about 8”",
        required=False,
    )
    other_names = govuk.LongTextField(
        label="Other names or spellings (optional)",
        help_text="One on each line, as it is used: “Kit”, “Jaydon Mensah-Clarke”",
        required=False,
        rows=2,
        max_length=2_000,
    )
    is_date_of_birth_estimated = govuk.TickField(label="The date of birth is an estimate")
    age = govuk.TextField(
        label="Age as stated (optional)",
        help_text="As it was said: “about 4”, “9 months”",
        max_length=60,
        width=20,
        required=False,
    )
    relation = govuk.TextField(
        label="Who they are, in the referrer’s words (optional)",
        help_text="For example, “son, lives at home”",
        required=False,
    )
    mention = govuk.ChoiceField(label="Why are they here?", choices=MENTIONS, required=False)
    address_line = govuk.TextField(
        label="Address, without the postcode (optional)", max_length=200, required=False
    )
    postcode = govuk.TextField(label="Postcode (optional)", width=10, required=False)
    language = govuk.TextField(label="Language (optional)", max_length=60, width=20, required=False)
    needs_interpreter = govuk.ChoiceField(
        label="Is an interpreter needed?", choices=YES_NO_NOT_KNOWN, required=False, inline=True
    )
    phone = govuk.TextField(label="Phone (optional)", max_length=40, width=20, required=False)
    note = govuk.LongTextField(
        label="Anything else that was said about them (optional)", required=False, rows=2
    )

    def __init__(self, *args: Any, received_at: datetime | None = None, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.received_at = received_at

    def clean_postcode(self) -> str:
        checked = identifiers.postcode(self.cleaned_data["postcode"])
        if checked.error:
            raise forms.ValidationError(checked.error)
        return checked.value

    def clean_date_of_birth(self) -> Any:
        born_on = self.cleaned_data["date_of_birth"]
        if born_on and self.received_at and born_on > london_date(self.received_at):
            raise forms.ValidationError(
                "The date of birth is after this contact reached us on"
                f" {words.date_words(london_date(self.received_at))}. Check both dates"
            )
        return born_on

    def clean_other_names(self) -> str:
        typed = self.cleaned_data["other_names"]
        for line in typed.splitlines():
            if len(shown_name(line)) > 200:
                raise forms.ValidationError(
                    f"Shorten each name to 200 characters; one has {len(shown_name(line)):,}"
                )
        return str(typed)

    def common(self) -> dict[str, Any]:
        """What a child and an adult share, as it was stated."""
        data = self.cleaned_data
        place = data["place"]
        return {
            "given_name": data["given_name"],
            "family_name": data["family_name"],
            "description": data["description"],
            "other_names": tuple(
                (NameKind.AS_GIVEN.value, *split_name(line))
                for line in data["other_names"].splitlines()
                if shown_name(line)
            ),
            "date_of_birth": data["date_of_birth"],
            "is_date_of_birth_estimated": data["is_date_of_birth_estimated"],
            "age": data["age"],
            "sex": data["sex"] or Sex.UNKNOWN.value,
            "relation": data["relation"],
            "mention": data["mention"] or "named",
            "address_line": data["address_line"],
            "postcode": data["postcode"],
            "language": data["language"],
            "needs_interpreter": data["needs_interpreter"] or Known.UNKNOWN.value,
            "phone": data["phone"],
            "note": data["note"],
            "household_role": HouseholdRole(place) if place in HouseholdRole.values else None,
            "source": {"our_record": Source.OUR_RECORD, "agency": Source.AGENCY}.get(
                data["mention"], Source.REFERRER
            ),
        }


def split_name(line: str) -> tuple[str, str]:
    """Read one line as first names and surname: the last word is the surname, if there are two."""
    first, _, last = shown_name(line).rpartition(" ")
    return (first, last) if first else (last, "")


class ChildForm(PersonFields):
    """One child, however thinly described, born or not yet."""

    stage = govuk.ChoiceField(
        label="Is the child born?",
        choices=[(Stage.BORN, "Yes"), (Stage.UNBORN, "Not yet")],
        missing="Choose whether the child is born",
        reveals={
            Stage.BORN: ["date_of_birth", "is_date_of_birth_estimated", "age", "sex"],
            Stage.UNBORN: [
                "expected_on",
                "mother",
                "mother_given_name",
                "mother_family_name",
            ],
        },
    )
    date_of_birth = govuk.OptionalDateField(label="Date of birth (optional)", when="past")
    sex = govuk.ChoiceField(
        label="Boy or girl?",
        choices=[(Sex.FEMALE, "Girl"), (Sex.MALE, "Boy"), (Sex.UNKNOWN, "Not known yet")],
        required=False,
        inline=True,
    )
    expected_on = govuk.OptionalDateField(label="When is the baby due? (optional)")
    mother = govuk.ChoiceField(label="Who is the mother?", required=False)
    mother_given_name = govuk.TextField(label="Mother’s first names (optional)", required=False)
    mother_family_name = govuk.TextField(label="Mother’s surname (optional)", required=False)
    place = govuk.ChoiceField(
        label="Where does the child live?", choices=CHILD_PLACES, required=False
    )
    school = govuk.TextField(label="School or nursery (optional)", required=False)
    gp = govuk.TextField(label="GP (optional)", required=False)
    nhs_number = govuk.TextField(
        label="NHS number (optional)", max_length=40, width=20, required=False
    )
    upn = govuk.TextField(
        label="Unique pupil number (optional)", max_length=40, width=20, required=False
    )
    ethnicity = govuk.SelectField(
        label="Ethnicity", choices=ethnicities, required=False, empty="Not yet obtained"
    )

    field_order: Sequence[str] = (
        "stage",
        "given_name",
        "family_name",
        "description",
        "other_names",
        "date_of_birth",
        "is_date_of_birth_estimated",
        "age",
        "sex",
        "expected_on",
        "mother",
        "mother_given_name",
        "mother_family_name",
        "relation",
        "mention",
        "place",
        "address_line",
        "postcode",
        "school",
        "gp",
        "nhs_number",
        "upn",
        "ethnicity",
        "language",
        "needs_interpreter",
        "phone",
        "note",
    )

    def __init__(self, *args: Any, adults: Sequence[OnContact] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        choose_from(
            self.fields["mother"],
            [
                *((str(adult.person_id), adult.name) for adult in adults),
                (NAMED, "Somebody else, named below" if adults else "She is named below"),
                ("unknown", "Nobody knows her name yet"),
            ],
        )

    @property
    def is_unborn(self) -> bool:
        """Whether a baby is described who is not born yet."""
        return self.cleaned_data.get("stage") == Stage.UNBORN

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("stage") == Stage.UNBORN:
            self._clean_unborn(data)
        elif data.get("stage") == Stage.BORN:
            data["expected_on"], data["mother"] = None, ""
            for name in ("expected_on", "mother", "mother_given_name", "mother_family_name"):
                self.errors.pop(name, None)
            if not any(data.get(name) for name in ("given_name", "family_name", "description")):
                self.add_error(
                    "given_name",
                    "Enter a name or, if nobody knows it, a description like “sister, about 8”",
                )
        return data

    def _clean_unborn(self, data: dict[str, Any]) -> None:
        for name in ("date_of_birth", "age", "sex"):
            self.errors.pop(name, None)
        data["date_of_birth"], data["age"], data["sex"] = None, "", Sex.UNKNOWN.value
        data["is_date_of_birth_estimated"] = False
        if data.get("given_name"):
            self.add_error(
                "given_name",
                "An unborn baby has no first name yet. Leave it empty, and put what the family"
                " calls the baby under “Anything else”",
            )
        self._check_expected(data.get("expected_on"))
        if not data.get("mother") and "mother" not in self.errors:
            self.add_error("mother", "Choose who the mother is, or that nobody knows her name yet")
        named = data.get("mother_given_name") or data.get("mother_family_name")
        if data.get("mother") == NAMED and not named:
            self.add_error("mother_given_name", "Enter the mother’s name")

    def _check_expected(self, expected_on: Any) -> None:
        if expected_on is None:
            return
        today = application_clock.today()
        if expected_on < today - timedelta(days=EXPECTED_DAYS_PAST):
            self.add_error(
                "expected_on",
                f"The baby was due more than {EXPECTED_DAYS_PAST} days ago. Check the date, or"
                " record the child as born",
            )
        if expected_on > today + timedelta(days=EXPECTED_DAYS_AHEAD):
            self.add_error(
                "expected_on", "The baby is due more than 9 months ahead. Check the date"
            )

    def stated(self, **match: Any) -> Stated:
        """The child as stated, with the worker's answer to “already known?”."""
        data = self.cleaned_data
        common = self.common()
        mother_id, unnamed = None, False
        if self.is_unborn:
            unnamed = data["mother"] == "unknown"
            if data["mother"] not in ("unknown", NAMED):
                mother_id = UUID(data["mother"])
            if common["household_role"] is not None:
                common["household_role"] = HouseholdRole.UNBORN
        return Stated(
            is_child=True,
            stage=data["stage"],
            expected_on=data["expected_on"],
            school=data["school"],
            gp=data["gp"],
            nhs_number=data["nhs_number"],
            upn=data["upn"],
            ethnicity=data["ethnicity"] or "NOBT",
            mother_id=mother_id,
            mother_unnamed=unnamed,
            **{**common, **match},
        )

    def mother_stated(self, **match: Any) -> Stated | None:
        """The mother of an unborn baby, where she is named here and not on the contact yet."""
        data = self.cleaned_data
        if not self.is_unborn or data["mother"] != NAMED:
            return None
        lives_here = self.common()["household_role"] is not None
        return Stated(
            is_child=False,
            given_name=data["mother_given_name"],
            family_name=data["mother_family_name"],
            relation="Mother of the unborn baby",
            sex=Sex.FEMALE.value,
            mention=data["mention"] or "named",
            address_line=data["address_line"],
            postcode=data["postcode"],
            household_role=HouseholdRole.ADULT_CARER if lives_here else None,
            **match,
        )


def add_relation_fields(form: forms.Form, children: Iterable[OnContact]) -> list[OnContact]:
    """Ask what somebody is to each child, and about parental responsibility."""
    asked = list(children)
    for child in asked:
        form.fields[f"kind_{child.person_id}"] = govuk.SelectField(
            label=f"What are they to {child.name}?",
            choices=RelationshipKind.choices,
            required=False,
            empty="Not known yet",
        )
        form.fields[f"holds_{child.person_id}"] = govuk.ChoiceField(
            label=f"Do they have parental responsibility for {child.name}?",
            choices=YES_NO_NOT_KNOWN,
            required=False,
            inline=True,
        )
    return asked


def check_relations(form: forms.Form, children: Iterable[OnContact]) -> None:
    """Responsibility is held by somebody who is something to the child."""
    data = form.cleaned_data
    for child in children:
        holds = data.get(f"holds_{child.person_id}")
        if holds in (Known.YES, Known.NO) and not data.get(f"kind_{child.person_id}"):
            form.add_error(f"kind_{child.person_id}", f"Choose what they are to {child.name}")


def relations_of(form: forms.Form, children: Iterable[OnContact]) -> list[Relation]:
    """What was said somebody is to each child."""
    data = form.cleaned_data
    return [
        Relation(
            child_id=child.person_id,
            kind=data[f"kind_{child.person_id}"],
            parental_responsibility=data[f"holds_{child.person_id}"] or Known.UNKNOWN.value,
        )
        for child in children
        if data[f"kind_{child.person_id}"]
    ]


class AdultForm(PersonFields):
    """One adult: who they are to each child, their part in the household, how to reach them."""

    date_of_birth = govuk.OptionalDateField(label="Date of birth (optional)", when="past")
    sex = govuk.ChoiceField(
        label="Sex",
        choices=[(Sex.FEMALE, "Female"), (Sex.MALE, "Male"), (Sex.UNKNOWN, "Not known yet")],
        required=False,
        inline=True,
    )
    place = govuk.ChoiceField(
        label="What part do they have in the household?", choices=ADULT_PLACES, required=False
    )
    safe_contact = govuk.LongTextField(
        label="Is it safe to contact them? How? (optional)",
        help_text="For example, “Not by phone: he sees her mobile. Through the midwife”",
        required=False,
        rows=2,
    )

    def __init__(self, *args: Any, children: Iterable[OnContact] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.children = add_relation_fields(self, children)
        self.fields["description"].help_text = "For example, “man with a van”"
        self.fields["relation"].help_text = "For example, “mother”, “father, lives in another town”"

    @property
    def asked_of_children(self) -> list[forms.BoundField]:
        """The questions about each child, in the order of the children."""
        return [
            self[f"{asked}_{child.person_id}"]
            for child in self.children
            for asked in ("kind", "holds")
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(data.get(name) for name in ("given_name", "family_name", "description")):
            self.add_error(
                "given_name",
                "Enter a name or, if nobody knows it, a description like “man with a van”",
            )
        check_relations(self, self.children)
        return data

    def stated(self, **match: Any) -> Stated:
        """The adult as stated, with the worker's answer to “already known?”."""
        return Stated(is_child=False, **{**self.common(), **match})

    def relations(self) -> list[Relation]:
        """What the adult is to each child."""
        return relations_of(self, self.children)
