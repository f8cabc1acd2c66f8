"""What is typed when a school, a health service or a family asks for early help directly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms

from accounts.models import PartnerAgency
from cases.choices import ConsentFrom, Level
from cases.stated import Stated
from early_help.choices import DIRECT, AskedBy
from early_help.forms.children import Named
from early_help.models import Agreement
from lib import application_clock, govuk
from lib.govuk import OnceForm
from people.choices import HouseholdRole, Sex
from record import code_lists

NEW, LATER = "new", "later"


class FindForm(forms.Form):
    """The known-person search that comes first."""

    given_name = govuk.TextField(label="First name", width=20, required=False)
    family_name = govuk.TextField(label="Last name", width=20, required=False)
    date_of_birth = govuk.OptionalDateField(label="Date of birth, if known", required=False)
    postcode = govuk.TextField(label="Postcode (optional)", width=10, required=False)
    address_line = govuk.TextField(label="Address (optional)", required=False)

    def clean(self) -> dict[str, Any]:
        """Something to look for is needed."""
        data = super().clean() or {}
        if not (data.get("given_name") or data.get("family_name")) and not self.errors:
            self.add_error("given_name", "Enter the child’s first or last name")
        return data

    def asked(self) -> dict[str, Any]:
        """What the search takes."""
        data = self.cleaned_data
        born = data.get("date_of_birth")
        return {
            "given_name": data["given_name"],
            "family_name": data["family_name"],
            "date_of_birth": born.isoformat() if born else "",
            "postcode": data["postcode"],
            "address_line": data["address_line"],
        }


class RequestForm(OnceForm):
    """Who asks for what, for which children, and what the family says."""

    asked_by = govuk.ChoiceField(
        label="Who asks?",
        choices=[(each.value, each.label) for each in DIRECT],
        missing="Choose who asks",
        reveals={
            each.value: (
                "asker_agency",
                "asker_agency_name",
                "asker_name",
                "asker_role",
                "asker_phone",
                "asker_email",
            )
            for each in DIRECT
            if each != AskedBy.FAMILY
        },
    )
    asker_agency = govuk.RecordField(
        label="Agency",
        queryset=PartnerAgency.objects.none(),
        required=False,
        empty="None of these",
    )
    asker_agency_name = govuk.TextField(
        label="Agency, if it is not in the list (optional)", required=False
    )
    asker_name = govuk.TextField(label="Name", required=False)
    asker_role = govuk.TextField(label="Their job (optional)", required=False)
    asker_phone = govuk.TextField(
        label="Phone (optional)", max_length=100, width=20, required=False
    )
    asker_email = govuk.EmailField(label="Email (optional)", max_length=254, required=False)
    at = govuk.MomentField(label="When did they ask?", when="past", missing="Enter when they asked")
    harm = govuk.YesNoField(
        label="Is there a worry that a child is being harmed, or is in danger?",
        missing="Choose whether there is a worry that a child is being harmed",
        help_text="Then this goes to the MASH: record it here, and step the family up on the page"
        " that opens",
    )
    reasons = govuk.LongTextField(
        label="Why help is asked for, in their words", missing="Say why help is asked for"
    )
    family_wants = govuk.LongTextField(
        label="What the family wants", missing="Say what the family wants", rows=2
    )
    level = govuk.ChoiceField(
        label="Level of need, as it looks now",
        choices=[
            (Level.ADDITIONAL, Level.ADDITIONAL.label),
            (Level.TARGETED, Level.TARGETED.label),
        ],
        missing="Choose level 2 or 3",
    )
    safety = govuk.LongTextField(
        label="What a worker must know to be safe (optional)", required=False, rows=2
    )
    agreed_by = govuk.TextField(
        label="Which parent agreed to early help?",
        help_text="Leave empty if nobody has been asked yet. The request cannot be taken on"
        " before a parent agrees",
        required=False,
    )
    agreed_how = govuk.ChoiceField(
        label="How did they agree?", choices=Agreement.How.choices, required=False, inline=True
    )
    agreed_to = govuk.TextField(label="To what did they agree?", required=False)
    told_can_withdraw = govuk.TickField(label="They know that they can change their mind")

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["asker_agency"].queryset = PartnerAgency.objects.filter(
            is_active=True
        ).order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        """A professional gives a name; an agreement is whole."""
        data = super().clean() or {}
        if data.get("asked_by") and data.get("asked_by") != AskedBy.FAMILY:
            self.need("asker_name", "Enter the name of whoever asks")
        if data.get("agreed_by"):
            self.need("agreed_how", "Choose how they agreed")
            self.need("agreed_to", "Say to what they agreed")
        return data

    def request(self) -> dict[str, Any]:
        """The request, as the action takes it."""
        data = self.cleaned_data
        agency = data["asker_agency"]
        agreed = None
        if data["agreed_by"]:
            agreed = {
                "asked_as": ConsentFrom.PARENT_WITH_PR,
                "person_as_stated": data["agreed_by"],
                "how": data["agreed_how"],
                "to_what": data["agreed_to"],
                "told_can_withdraw": data["told_can_withdraw"],
            }
        return {
            "at": data["at"],
            "asked_by": AskedBy(data["asked_by"]),
            "asker_agency_id": agency.pk if agency else None,
            "asker_agency_name": data["asker_agency_name"] or (agency.name if agency else ""),
            **{
                name: data[name]
                for name in (
                    "asker_name",
                    "asker_role",
                    "asker_phone",
                    "asker_email",
                    "reasons",
                    "family_wants",
                    "level",
                    "safety",
                )
            },
            "agreed": agreed,
        }


class KnownFamilyForm(RequestForm):
    """A request for children of a household that is on record."""

    child_ids = govuk.ManyChoicesField(
        label="For which children?", missing="Choose the children help is asked for"
    )

    def __init__(
        self,
        *args: Any,
        children: list[Named],
        seen: Mapping[UUID, dict[str, Any]],
        **rest: Any,
    ) -> None:
        """:param seen: what was seen of the search, by the child chosen from it"""
        super().__init__(*args, **rest)
        self.seen = seen
        self.fields["child_ids"].choices = [
            (str(child_id), f"{name}, {age}" if age else name) for child_id, name, age in children
        ]
        self.order_fields(["child_ids"])

    def children(self) -> list[Stated]:
        """The children chosen."""
        chosen = [UUID(pk) for pk in self.cleaned_data["child_ids"]]
        return [Stated(person_id=pk, seen=self.seen.get(pk, {})) for pk in chosen]


class NewFamilyForm(RequestForm):
    """A request for a child who is not on record; the others are added on the next page."""

    given_name = govuk.TextField(label="First name of the child", width=20, required=False)
    family_name = govuk.TextField(
        label="Last name", width=20, missing="Enter the child’s last name"
    )
    date_of_birth = govuk.OptionalDateField(label="Date of birth, if known", required=False)
    age = govuk.TextField(label="Or age, as they say it", width=10, required=False)
    sex = govuk.ChoiceField(label="Sex", choices=Sex.choices, missing="Choose the sex", inline=True)
    ethnicity = govuk.SelectField(
        label="Ethnicity",
        choices=lambda: [
            choice
            for choice in code_lists.choices("ethnicity", application_clock.today())
            if choice[0] != "NOBT"
        ],
        empty="Not known yet",
        required=False,
    )
    school = govuk.TextField(label="School or nursery (optional)", required=False)
    address_line = govuk.TextField(label="Address (optional)", required=False)
    postcode = govuk.TextField(label="Postcode (optional)", width=10, required=False)
    parent_given_name = govuk.TextField(label="Parent’s first name", width=20, required=False)
    parent_family_name = govuk.TextField(label="Parent’s last name", width=20, required=False)
    parent_phone = govuk.TextField(
        label="Parent’s phone (optional)", max_length=40, width=20, required=False
    )
    who = govuk.ChoiceField(
        label="Is this child one of the records found?",
        choices=[
            (NEW, "No: I looked at them, and none is this child"),
            (LATER, "I am not sure: make a record, and let a manager settle it"),
        ],
        required=False,
    )

    def __init__(self, *args: Any, found: list[UUID], seen: dict[str, Any], **rest: Any) -> None:
        """:param seen: what was seen of the search, for keeping with the answer"""
        super().__init__(*args, **rest)
        self.found = found
        self.seen = seen
        if not found:
            del self.fields["who"]
        self.order_fields(
            [
                "given_name",
                "family_name",
                "date_of_birth",
                "age",
                "sex",
                "ethnicity",
                "school",
                "address_line",
                "postcode",
                "who",
                "parent_given_name",
                "parent_family_name",
                "parent_phone",
            ]
        )

    def clean(self) -> dict[str, Any]:
        """The records found need an answer."""
        data = super().clean() or {}
        if self.found:
            self.need("who", "Say whether one of the records found is this child")
        if data.get("parent_given_name") and not data.get("parent_family_name"):
            self.need("parent_family_name", "Enter the parent’s last name too")
        return data

    def children(self) -> list[Stated]:
        """The child, as typed."""
        data = self.cleaned_data
        is_later = data.get("who") == LATER
        return [
            Stated(
                given_name=data["given_name"],
                family_name=data["family_name"],
                date_of_birth=data["date_of_birth"],
                age=data["age"],
                sex=data["sex"],
                ethnicity=data["ethnicity"] or "NOBT",
                school=data["school"],
                address_line=data["address_line"],
                postcode=data["postcode"],
                household_role=HouseholdRole.RESIDENT_CHILD,
                decide_later=is_later,
                possible_ids=self.found if is_later else (),
                seen=self.seen,
            )
        ]

    def adults(self) -> list[Stated]:
        """The parent, if one was typed."""
        data = self.cleaned_data
        if not data["parent_family_name"]:
            return []
        return [
            Stated(
                is_child=False,
                given_name=data["parent_given_name"],
                family_name=data["parent_family_name"],
                phone=data["parent_phone"],
                address_line=data["address_line"],
                postcode=data["postcode"],
                household_role=HouseholdRole.ADULT_CARER,
            )
        ]
