"""What workers type about people: one thing at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, roles_with
from lib import application_clock, govuk
from people.actions import CHILD_OF
from people.choices import (
    AddressKind,
    Confidence,
    HouseholdRole,
    IdentifierKind,
    NameKind,
    RelationshipKind,
    SettingKind,
    Sex,
    Source,
    Stage,
    YesNoUnknown,
)
from people.models import Person, PersonName
from record import code_lists

SOURCES = [(value, label) for value, label in Source.choices if value != Source.SYSTEM]
SOURCE_FIRST = Source.WORKER
STAYS_ELSEWHERE = "elsewhere"


def source_field() -> govuk.SelectField:
    """Ask where a fact was learned."""
    return govuk.SelectField(
        label="Who told you", choices=SOURCES, missing="Choose who told you this"
    )


def codes(list_name: str) -> list[tuple[str, str]]:
    """Give the codes of a statutory list that may be entered today."""
    return list(code_lists.choices(list_name, application_clock.today()))


def managers() -> QuerySet[User]:
    """People with an open account who may own a restriction: managers and heads of service."""
    roles = roles_with(Permission.PERSON_LINK) | roles_with(Permission.RESTRICTED_READ)
    return (
        User.objects.filter(is_active=True, role_assignments__role__in=roles)
        .distinct()
        .order_by("full_name", "pk")
    )


def named_colleague(typed: str) -> User:
    """Give the one colleague of this name or email address.

    :raises ValidationError: nobody, or more than one
    """
    named = Q(email__iexact=typed) | Q(full_name__iexact=typed)
    found = list(User.objects.filter(named, is_active=True, agency=None).order_by("pk")[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise ValidationError(f"Several people are called “{typed}”. Enter the email address")
    raise ValidationError(f"Nobody here is called “{typed}”. Enter the email address")


def colleague_words(user: User) -> str:
    """Name a colleague with the job."""
    return ", ".join(part for part in (user.full_name, user.job_title) if part)


class DetailsForm(forms.Form):
    """What the record says of a person, field by field."""

    version = govuk.CarriedNumber()
    description = govuk.TextField(
        label="Description (optional)",
        help_text="Only for somebody whose name nobody knows, for example “sister, about 8”.",
        required=False,
    )
    age_as_stated = govuk.TextField(
        label="Age as somebody said it (optional)", max_length=60, width=20, required=False
    )
    sex = govuk.ChoiceField(label="Sex", choices=Sex.choices, inline=True)
    gender = govuk.TextField(
        label="Gender, in their own words (optional)", max_length=60, width=20, required=False
    )
    pronouns = govuk.TextField(label="Pronouns (optional)", max_length=30, width=20, required=False)
    ethnicity = govuk.SelectField(
        label="Ethnicity",
        choices=lambda: codes("ethnicity"),
        help_text="“Information not yet obtained” and “Refused” are answers.",
    )
    disabilities = govuk.ManyChoicesField(
        label="Disability (optional)",
        choices=lambda: codes("disability"),
        help_text="Leave empty while nobody has asked.",
        required=False,
    )
    religion = govuk.TextField(label="Religion (optional)", max_length=60, width=20, required=False)
    language = govuk.TextField(
        label="Language spoken at home (optional)", max_length=60, width=20, required=False
    )
    needs_interpreter = govuk.ChoiceField(
        label="Needs an interpreter", choices=YesNoUnknown.choices, inline=True
    )
    phone = govuk.TextField(label="Phone (optional)", max_length=40, width=20, required=False)
    email = govuk.EmailField(label="Email (optional)", max_length=254, required=False)
    safe_contact = govuk.LongTextField(
        label="How to be in touch safely (optional)",
        help_text="For example, ring only in school hours; never leave a message.",
        max_length=1_000,
        required=False,
    )
    immigration_status = govuk.TextField(
        label="Immigration status (optional)", max_length=100, required=False
    )
    upn_unknown_reason = govuk.SelectField(
        label="Why the unique pupil number is not known (optional)",
        choices=lambda: codes("upn_unknown"),
        empty="It is known, or not needed",
        required=False,
    )

    FIELDS = (
        "description",
        "age_as_stated",
        "sex",
        "gender",
        "pronouns",
        "ethnicity",
        "disabilities",
        "religion",
        "language",
        "needs_interpreter",
        "phone",
        "email",
        "safe_contact",
        "immigration_status",
        "upn_unknown_reason",
    )

    def __init__(self, *args: Any, person: Person, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.initial = {name: getattr(person, name) for name in self.FIELDS}
        self.initial["version"] = person.version
        if person.stage == Stage.UNBORN:
            del self.fields["sex"]
        if person.la_child_id is None:
            del self.fields["upn_unknown_reason"]

    def changes(self) -> dict[str, Any]:
        """Give what was typed, an empty list of disabilities being "nobody asked"."""
        found = {name: self.cleaned_data[name] for name in self.FIELDS if name in self.fields}
        found["disabilities"] = found["disabilities"] or None
        return found


class NameForm(forms.Form):
    """A name that somebody has or had."""

    given_name = govuk.TextField(label="First name (optional)", required=False)
    family_name = govuk.TextField(label="Surname (optional)", required=False)
    kind = govuk.ChoiceField(
        label="What kind of name",
        choices=NameKind.choices,
        hints={
            NameKind.CURRENT: "The name shown from now on; the one before is kept.",
            NameKind.TRANSLITERATED: "The same name in other letters or another spelling.",
            NameKind.AS_GIVEN: "As one person said it, right or wrong.",
        },
    )
    from_on = govuk.OptionalDateField(label="Since when (optional)", when="past")
    note = govuk.TextField(label="Note (optional)", required=False)
    source = source_field()

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two names."""
        cleaned = super().clean() or {}
        if not cleaned.get("given_name") and not cleaned.get("family_name"):
            self.add_error("given_name", "Enter a first name or a surname")
        return cleaned


class CorrectNameForm(NameForm):
    """The right name in the place of a wrong one."""

    def __init__(self, *args: Any, name: PersonName, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.initial = {"given_name": name.given_name, "family_name": name.family_name}
        del self.fields["kind"], self.fields["from_on"]


class DateForm(govuk.OnceForm):
    """A date of birth, or a due date, as somebody stated it."""

    as_stated = govuk.TextField(
        label="What was said",
        help_text="In their words: “March 2015”, “about 8”, “due in June”.",
        max_length=100,
        required=False,
    )
    on = govuk.OptionalDateField(label="The date, if it is whole (optional)")
    source = source_field()
    adopt = govuk.TickField(label="Our record goes by this date from now on")
    is_estimated = govuk.TickField(label="It is an estimate")
    is_date_checked = govuk.TickField(label="I have checked a date of birth more than 25 years ago")
    note = govuk.TextField(label="Note (optional)", required=False)

    def __init__(self, *args: Any, person: Person, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if person.stage == Stage.UNBORN:
            del self.fields["is_estimated"], self.fields["is_date_checked"]

    def clean(self) -> dict[str, Any]:
        """Ask for words or a date."""
        cleaned = super().clean() or {}
        if not cleaned.get("as_stated") and not cleaned.get("on") and "on" not in self.errors:
            self.add_error("as_stated", "Enter what was said, or the date")
        return cleaned


class IdentifierForm(forms.Form):
    """A number by which somebody else knows this person."""

    kind = govuk.ChoiceField(label="Which number", choices=IdentifierKind.choices)
    value = govuk.TextField(
        label="Number",
        help_text="A number that fails its check is kept as given and never used to identify.",
        max_length=60,
        width=20,
    )
    note = govuk.TextField(label="Note (optional)", required=False)
    source = source_field()


class AddressForm(forms.Form):
    """Where somebody lives, stays or lived."""

    line = govuk.TextField(label="House or flat, and street", max_length=300, required=False)
    postcode = govuk.TextField(
        label="Postcode (optional)",
        help_text="ZZ99 3VZ stands for no fixed abode, ZZ99 3WZ for not known.",
        max_length=12,
        width=10,
        required=False,
    )
    kind = govuk.ChoiceField(label="What it is", choices=AddressKind.choices)
    from_on = govuk.OptionalDateField(label="Since when (optional)", when="past")
    to_on = govuk.OptionalDateField(
        label="Until when (optional)",
        help_text="Only for an earlier address.",
        when="past",
    )
    everybody = govuk.TickField(label="Everybody in the household moved here")
    is_withheld = govuk.TickField(
        label="Must not be shared",
        help_text="It prints as “Withheld”, and is left out of what agencies see.",
    )
    note = govuk.TextField(label="Note (optional)", required=False)
    source = source_field()

    def __init__(self, *args: Any, has_household: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if not has_household:
            del self.fields["everybody"]

    def clean(self) -> dict[str, Any]:
        """Ask for an address or a postcode."""
        cleaned = super().clean() or {}
        if not cleaned.get("line") and not cleaned.get("postcode"):
            self.add_error("line", "Enter the address, or at least the postcode")
        return cleaned


class FamilyMemberForm(forms.Form):
    """Somebody of the family: who, what to this person, and whether they live here."""

    token = govuk.CarriedId()
    given_name = govuk.TextField(label="First name (optional)", required=False)
    family_name = govuk.TextField(label="Surname (optional)", required=False)
    description = govuk.TextField(
        label="Description, if nobody knows the name (optional)",
        help_text="For example “his older brother”.",
        required=False,
    )
    date_of_birth = govuk.OptionalDateField(label="Date of birth (optional)", when="past")
    age_as_stated = govuk.TextField(
        label="Age, if the date is not known (optional)", max_length=60, width=10, required=False
    )
    sex = govuk.ChoiceField(label="Sex", choices=Sex.choices, inline=True)
    is_child = govuk.YesNoField(label="A child, under 18")
    kind = govuk.SelectField(label="What they are to this person", choices=())
    role = govuk.ChoiceField(
        label="Do they live here",
        choices=[
            (HouseholdRole.RESIDENT_CHILD, "A child who lives here"),
            (HouseholdRole.PART_TIME_CHILD, "A child who stays some nights"),
            (HouseholdRole.ADULT_CARER, "An adult who lives here and cares for a child"),
            (HouseholdRole.OTHER_ADULT, "Another adult who lives here"),
            (HouseholdRole.FREQUENT_VISITOR, "Visits regularly"),
            (STAYS_ELSEWHERE, "Lives elsewhere"),
        ],
    )
    from_on = govuk.OptionalDateField(label="Since when (optional)", when="past")
    confidence = govuk.ChoiceField(
        label="How sure is this", choices=Confidence.choices, inline=True
    )
    note = govuk.TextField(label="Note (optional)", required=False)
    source = source_field()
    chosen = govuk.ChoiceField(
        label="Is it one of these", required=False, missing="Say whether it is one of these people"
    )

    NOBODY = "new"

    def __init__(self, *args: Any, person: Person, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", "Choose what they are"),
            (CHILD_OF, "Son or daughter"),
            *RelationshipKind.choices,
        ]
        self.fields["kind"].label = f"What they are to {person.name}"
        del self.fields["chosen"]

    def offer(self, candidates: Sequence[tuple[str, str]]) -> None:
        """Ask whether it is one of the people found; each is (id, words)."""
        self.fields["chosen"] = govuk.ChoiceField(
            label="Is it one of these people?",
            choices=[*candidates, (self.NOBODY, "No, none of them: make a new record")],
            missing="Say whether it is one of these people",
        )

    def clean(self) -> dict[str, Any]:
        """Ask for a name or a description."""
        cleaned = super().clean() or {}
        if not any(cleaned.get(each) for each in ("given_name", "family_name", "description")):
            self.add_error("given_name", "Enter a name or, if nobody knows it, a description")
        return cleaned


class EndMembershipForm(forms.Form):
    """Somebody left a household."""

    to_on = govuk.OptionalDateField(
        label="Since when they do not live here (optional)",
        help_text="Leave empty for today.",
        when="past",
    )
    because = govuk.TextField(label="Why they left", missing="Say why they left")


class RelationForm(forms.Form):
    """A relationship between this person and one already in the family."""

    other = govuk.SelectField(label="Who", choices=())
    kind = govuk.SelectField(
        label="What they are to this person",
        choices=[(CHILD_OF, "Son or daughter"), *RelationshipKind.choices],
    )
    parental_responsibility = govuk.ChoiceField(
        label="Have they parental responsibility for this person",
        choices=YesNoUnknown.choices,
        inline=True,
    )
    as_stated = govuk.TextField(label="In whose words (optional)", required=False)
    source = source_field()

    def __init__(self, *args: Any, others: Sequence[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["other"].choices = [("", "Choose a person"), *others]  # type: ignore[attr-defined]


class ChangeRelationForm(forms.Form):
    """What has changed in a relationship."""

    parental_responsibility = govuk.ChoiceField(
        label="Parental responsibility", choices=YesNoUnknown.choices, inline=True
    )
    what = govuk.ChoiceField(
        label="Is it still so",
        choices=[
            ("stays", "Yes, it is as recorded"),
            ("ended", "No, it ended"),
            ("wrong", "No, it was never so"),
        ],
    )
    to_on = govuk.OptionalDateField(label="Since when it ended (optional)", when="past")


class SettingForm(forms.Form):
    """School, nursery, GP or another service."""

    kind = govuk.ChoiceField(label="What it is", choices=SettingKind.choices)
    name = govuk.TextField(label="Name of the school, practice or person")
    reference = govuk.TextField(
        label="DfE number, URN or practice code (optional)",
        max_length=20,
        width=10,
        required=False,
    )
    year_group = govuk.TextField(
        label="Year group (optional)", max_length=30, width=10, required=False
    )
    contact = govuk.TextField(label="Whom to speak to there (optional)", required=False)
    from_on = govuk.OptionalDateField(label="Since when (optional)", when="past")
    source = source_field()


class EndSettingForm(forms.Form):
    """Somebody left a school or another service."""

    to_on = govuk.OptionalDateField(
        label="Last day (optional)", help_text="Leave empty for today.", when="past"
    )


class HazardForm(govuk.OnceForm):
    """A danger to staff who visit."""

    text = govuk.TextField(
        label="What the danger is, and what to do",
        help_text="For example “Visit in pairs: large dog, loose”.",
        max_length=300,
        missing="Say what the danger is and what to do",
    )
    review_on = govuk.DateField(
        label="Look at it again by", when="future", missing="Enter when to look at it again"
    )


class ReviewHazardForm(forms.Form):
    """Whether a danger is still there."""

    still = govuk.YesNoField(label="Is it still a danger", missing="Say whether it is a danger")
    review_on = govuk.OptionalDateField(
        label="If it is, look at it again by (optional)", when="future"
    )
    because = govuk.TextField(
        label="If it is not, why not (optional)", max_length=300, required=False
    )

    def clean(self) -> dict[str, Any]:
        """Ask for what the answer needs."""
        cleaned = super().clean() or {}
        is_undated = not cleaned.get("review_on") and "review_on" not in self.errors
        if cleaned.get("still") is True and is_undated:
            self.add_error("review_on", "Enter when to look at it again")
        if cleaned.get("still") is False and not cleaned.get("because"):
            self.add_error("because", "Say why it is no longer a danger")
        return cleaned


class BirthForm(forms.Form):
    """The birth of a baby who was recorded before."""

    born_on = govuk.DateField(label="Date of birth", when="past", missing="Enter the date of birth")
    sex = govuk.ChoiceField(label="Sex", choices=Sex.choices, inline=True)
    given_name = govuk.TextField(label="First name (optional)", required=False)
    family_name = govuk.TextField(label="Surname (optional)", required=False)
    source = source_field()


class DeathForm(forms.Form):
    """A death."""

    died_on = govuk.DateField(label="Date of death", when="past", missing="Enter the date of death")


class RestrictForm(forms.Form):
    """Who may read a restricted record, and why."""

    owner = govuk.RecordField(
        label="Who owns the restriction",
        help_text="Everybody else is told to ring this person.",
        queryset=User.objects.none(),
        words=colleague_words,
    )
    readers = govuk.LongTextField(
        label="Who else may read the record (optional)",
        help_text="Names or email addresses of colleagues, one on each line.",
        max_length=5_000,
        required=False,
    )
    reason = govuk.LongTextField(
        label="Why the record is restricted",
        max_length=2_000,
        missing="Say why the record is restricted",
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["owner"].queryset = managers()  # type: ignore[attr-defined]

    def clean_readers(self) -> list[User]:
        """Give the colleagues who are named."""
        lines = [line.strip() for line in self.cleaned_data["readers"].splitlines()]
        return [named_colleague(line) for line in lines if line]


class ReaderForm(forms.Form):
    """One more person who may read a restricted record."""

    reader = govuk.TextField(
        label="Who else may read the record",
        help_text="The name or email address of a colleague.",
        missing="Enter who else may read the record",
    )

    def clean_reader(self) -> User:
        """Give the colleague who is named."""
        return named_colleague(self.cleaned_data["reader"])


class LiftForm(forms.Form):
    """Why a record need not be restricted any more."""

    because = govuk.LongTextField(
        label="Why it need not be restricted any more",
        max_length=2_000,
        missing="Say why the record need not be restricted any more",
    )


class EmergencyForm(forms.Form):
    """Why a restricted record is needed now."""

    reason = govuk.LongTextField(
        label="Why you need it now",
        help_text="What is happening, and to whom. At least one full sentence.",
        max_length=2_000,
        missing="Say what is happening and to whom",
    )


class ReviewOpeningForm(forms.Form):
    """What came of an emergency opening."""

    was_justified = govuk.YesNoField(
        label="Was it right to open the record",
        missing="Say whether it was right to open the record",
    )
    note = govuk.LongTextField(
        label="What you found", max_length=2_000, missing="Say what you found"
    )


class InformationForm(forms.Form):
    """What somebody knows about a person whose record they may not read."""

    token = govuk.CarriedId()
    text = govuk.LongTextField(
        label="What you know",
        help_text="Who told you, when, and in whose words.",
        missing="Enter what you know",
    )


class LinkForm(forms.Form):
    """Another record of the same person: one of those found, or one whose number is known."""

    chosen = govuk.ChoiceField(
        label="Which record is it?", missing="Say which record is of the same person"
    )
    other = govuk.TextField(
        label="Number of the other record",
        help_text="For example SL004417. For an adult, the address of the other record’s page.",
        missing="Enter the number of the other record",
    )
    keep = govuk.ChoiceField(
        label="Which record is kept",
        choices=[("this", "This one"), ("other", "The other one")],
        help_text="Both stay; the one that is kept gives the name and the page.",
    )
    reason = govuk.LongTextField(
        label="How you know that they are one person",
        max_length=2_000,
        missing="Say how you know that they are one person",
    )

    BY_NUMBER = "number"

    def __init__(self, *args: Any, found: Sequence[tuple[str, str]] = (), **rest: Any) -> None:
        """:param found: the records that look like the same person; each is (id, words)"""
        super().__init__(*args, **rest)
        if not found:
            del self.fields["chosen"]
            return
        choices = [*found, (self.BY_NUMBER, "None of these: I have the number of another record")]
        self.fields["chosen"].choices = choices  # type: ignore[attr-defined]
        self.fields["other"].required = False
        self.fields["other"].label = "Number of the other record, if it is none of these"

    def clean(self) -> dict[str, Any]:
        """Give the record meant as `other`: the id of one found, or what was typed."""
        cleaned = super().clean() or {}
        chosen = cleaned.get("chosen", self.BY_NUMBER)
        if chosen != self.BY_NUMBER:
            cleaned["other"] = chosen
        elif not cleaned.get("other") and "other" not in self.errors:
            self.add_error("other", "Enter the number of the other record")
        return cleaned


class ReasonForm(forms.Form):
    """Why two linked records are two people after all."""

    because = govuk.LongTextField(
        label="How you know that they are two people",
        max_length=2_000,
        missing="Say how you know that they are two people",
    )


class SettleForm(forms.Form):
    """Whether two records are one person."""

    answer = govuk.ChoiceField(
        label="Are these one person?",
        choices=[
            ("not_same", "No, two people"),
            ("keep_first", "Yes, keep the first record"),
            ("keep_second", "Yes, keep the second record"),
            ("later", "I cannot say yet, leave it for later"),
        ],
        missing="Say whether these are one person",
    )
    reason = govuk.LongTextField(
        label="How you know (not needed if you leave it for later)",
        max_length=2_000,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Ask how they know, of whoever knows."""
        cleaned = super().clean() or {}
        if cleaned.get("answer") not in (None, "later") and not cleaned.get("reason", "").strip():
            self.add_error("reason", "Say how you know")
        return cleaned


class VariantForm(forms.Form):
    """Whether the search takes two names for one."""

    name = govuk.TextField(label="Name", max_length=40, missing="Enter the name")
    variant = govuk.TextField(
        label="Short name, pet name or other spelling",
        max_length=40,
        missing="Enter the short name or other spelling",
    )
    is_same = govuk.ChoiceField(
        label="Does the search take one for the other?",
        choices=[("yes", "Yes, they are used for one person"), ("no", "No, they are two names")],
        missing="Say whether the search takes one for the other",
    )
    because = govuk.TextField(label="Why", max_length=300, missing="Say why")


class EndVariantForm(forms.Form):
    """Why what was said of two names no longer holds."""

    because = govuk.TextField(label="Why", max_length=300, missing="Say why")


class LookUpNameForm(forms.Form):
    """A name to look up."""

    q = govuk.TextField(label="Look up a name (optional)", max_length=40, required=False)
