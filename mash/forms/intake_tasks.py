"""What is typed on the pages of a contact's task list, one form for each thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms

from cases.choices import Category, Channel, ConsentFrom, ConsentScope, ConsentState, Mark, Rag
from cases.models import ConsentAnswer, Contact, ContactLink, LawfulBasis
from lib import govuk, identifiers
from mash.actions.intake import HomeAnswer, Relation
from mash.forms.intake import (
    ANONYMOUS,
    NAMED,
    WORDS_LIMIT,
    YES_NO_NOT_KNOWN,
    ChildForm,
    OnContact,
    ReferrerFields,
    Sent,
    add_relation_fields,
    check_relations,
    choose_from,
    offer,
    relations_of,
)
from mash.models import DomesticAbuse, MissingNotice
from people.choices import AddressKind, HouseholdRole
from people.choices import YesNoUnknown as Known

PARTS = [choice for choice in HouseholdRole.choices if choice[0] != HouseholdRole.UNBORN]


def choices_of(people: Iterable[OnContact]) -> list[tuple[str, str]]:
    """People as choices."""
    return [(str(one.person_id), one.name) for one in people]


class ReferrerForm(ReferrerFields):
    """Who sent it, after receipt."""

    field_order = (
        "who",
        "referrer_name",
        "referrer_phone",
        "referrer_email",
        "referrer_availability",
        "sender_agency",
        "referrer_role",
        "source_code",
        "source_also",
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        del self.fields["sender_agency_name"]

    @staticmethod
    def stands(contact: Contact) -> dict[str, Any]:
        """What the contact says now."""
        return {
            "who": ANONYMOUS if contact.referrer_is_anonymous else NAMED,
            "sender_agency": contact.source_agency_id,
            "referrer_name": contact.referrer_name,
            "referrer_role": contact.referrer_role,
            "referrer_phone": contact.referrer_phone,
            "referrer_email": contact.referrer_email,
            "referrer_availability": contact.referrer_availability,
            "source_code": contact.source_code,
            "source_also": contact.source_also,
        }

    def changes(self) -> dict[str, Any]:
        """What to change on the contact."""
        agency = self.cleaned_data["sender_agency"]
        return {**self.referrer(), "source_agency_id": agency.pk if agency else None}


class ParentsForm(Sent):
    """Whether the parents know, and how to reach the family safely."""

    do_parents_know = govuk.ChoiceField(
        label="Do the parents know that this was sent to us?",
        choices=YES_NO_NOT_KNOWN,
        missing="Choose whether the parents know, or “Not known yet”",
    )
    parents_know_note = govuk.LongTextField(
        label="What they were told, or why not (optional)", required=False, rows=2
    )
    safe_contact = govuk.LongTextField(
        label="How to reach the family safely, and what not to do (optional)",
        help_text="Shown first on every page of the family",
        required=False,
        rows=2,
    )

    @staticmethod
    def stands(contact: Contact) -> dict[str, Any]:
        """What the contact says now."""
        return {
            "do_parents_know": contact.do_parents_know,
            "parents_know_note": contact.parents_know_note,
            "safe_contact": contact.safe_contact,
        }

    def changes(self) -> dict[str, Any]:
        """What to change on the contact."""
        return self.given()


class CategoryForm(Sent):
    """The one category, and the marks beside it."""

    category = govuk.ChoiceField(
        label="What is it mainly about?",
        choices=Category.choices,
        missing="Choose what it is mainly about",
    )
    marks = govuk.ManyChoicesField(
        label="What else is it? (optional)", choices=Mark.choices, required=False
    )
    original_language = govuk.TextField(
        label="Language it was written in, if not English (optional)",
        max_length=60,
        width=20,
        required=False,
    )
    original_words = govuk.LongTextField(
        label="The words in that language, where a translation stands above (optional)",
        required=False,
        max_length=WORDS_LIMIT,
    )
    act_before_at = govuk.MomentField(
        label="Something must be done before (optional)", required=False
    )
    act_before_why = govuk.TextField(label="Because (optional)", max_length=300, required=False)

    @staticmethod
    def stands(contact: Contact) -> dict[str, Any]:
        """What the contact says now."""
        return {
            "category": contact.category,
            "marks": list(contact.marks),
            "original_language": contact.original_language,
            "original_words": contact.original_words,
            "act_before_at": contact.act_before_at,
            "act_before_why": contact.act_before_why,
        }

    def changes(self) -> dict[str, Any]:
        """What to change on the contact."""
        return self.given()


class DangerForm(Sent):
    """What the worker concludes about immediate danger."""

    danger = govuk.ChoiceField(
        label="What do you conclude?",
        choices=[
            (Known.YES, "Yes, a child is in danger right now"),
            (Known.NO, "No child is in danger right now"),
        ],
        hints={
            Known.YES: "It goes to the top of the triage board, and a manager must see it within"
            " 1 hour of its arrival"
        },
        missing="Choose whether a child is in danger right now",
    )
    why = govuk.LongTextField(
        label="What is the danger and to whom, or why there is none",
        missing="Say what the danger is and to whom, or why there is none",
    )

    @staticmethod
    def stands(contact: Contact) -> dict[str, Any]:
        """What is concluded now."""
        if contact.is_danger is None:
            return {}
        return {
            "danger": (Known.YES if contact.is_danger else Known.NO).value,
            "why": contact.danger_why,
        }

    def is_danger(self) -> bool:
        """The conclusion."""
        return bool(self.cleaned_data["danger"] == Known.YES)


class AnswerForm(Sent):
    """What one person said about sharing, in their words."""

    asked_as = govuk.ChoiceField(
        label="Who answered?", choices=ConsentFrom.choices, missing="Choose who answered"
    )
    person = govuk.SelectField(label="Which person?", required=False, empty="Nobody on the contact")
    person_as_stated = govuk.TextField(label="Or who, in words (optional)", required=False)
    is_judged_competent = govuk.YesNoField(
        label="If a young person: judged competent to decide? (optional)", required=False
    )
    scope = govuk.ChoiceField(
        label="Agreement to what?", choices=ConsentScope.choices, missing="Choose agreement to what"
    )
    state = govuk.ChoiceField(
        label="What is the answer?",
        choices=[
            (ConsentState.NOT_ASKED_YET, "Not asked yet"),
            (ConsentState.GIVEN, "Agrees"),
            (ConsentState.REFUSED, "Refuses"),
            (ConsentState.WITHDRAWN, "Takes back an agreement"),
            (ConsentState.NOT_APPLICABLE, "Not needed: nothing is shared"),
        ],
        missing="Choose what the answer is",
    )
    how = govuk.ChoiceField(
        label="How? (optional)", choices=ConsentAnswer.How.choices, required=False
    )
    to_what = govuk.LongTextField(
        label="To what: which agencies, which purpose (optional)", required=False, rows=2
    )
    words = govuk.LongTextField(
        label="The words they used, or as they are reported (optional)", required=False, rows=2
    )
    language = govuk.TextField(
        label="In which language (optional)", max_length=60, width=20, required=False
    )
    interpreter = govuk.TextField(label="With which interpreter (optional)", required=False)
    told_can_withdraw = govuk.YesNoField(
        label="Were they told that they can take it back? (optional)", required=False
    )
    at = govuk.MomentField(label="When?", when="past", missing="Enter when they answered")

    def __init__(self, *args: Any, people: Sequence[OnContact] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        offer(self.fields["person"], choices_of(people))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        state = data.get("state")
        if state == ConsentState.GIVEN:
            if not data.get("how"):
                self.add_error("how", "Choose how they agreed")
            if not data.get("to_what") and "to_what" not in self.errors:
                self.add_error("to_what", "Enter to what they agreed")
        taken_back = (ConsentState.REFUSED, ConsentState.WITHDRAWN)
        if state in taken_back and not data.get("words") and "words" not in self.errors:
            self.add_error("words", "Enter the words they used")
        return data

    def answer(self) -> dict[str, Any]:
        """The answer as it is recorded."""
        given = self.given()
        person = given.pop("person")
        return {**given, "person_id": UUID(person) if person else None}


class LawfulBasisForm(Sent):
    """The data-protection basis: a fact apart from agreement."""

    basis = govuk.ChoiceField(
        label="Lawful basis for using and sharing the information",
        choices=LawfulBasis.Basis.choices,
        hints={
            LawfulBasis.Basis.PUBLIC_TASK: "The usual one for safeguarding",
            LawfulBasis.Basis.CONSENT: "Rarely right for safeguarding: agreement of the family is"
            " recorded apart",
        },
        missing="Choose the lawful basis",
    )
    special = govuk.ChoiceField(
        label="For health, ethnicity and other special category data",
        choices=LawfulBasis.Special.choices,
        missing="Choose the condition for special category data",
    )
    note = govuk.LongTextField(label="Note (optional)", required=False, rows=2)


class DomesticAbuseForm(Sent):
    """What a domestic abuse notification says."""

    incident_at = govuk.MomentField(label="When was it? (optional)", required=False, when="past")
    incident_as_stated = govuk.TextField(
        label="When, in their words, if not exactly known (optional)",
        max_length=100,
        required=False,
    )
    victim = govuk.SelectField(label="Who was hurt?", required=False, empty="Not known yet")
    alleged_perpetrator = govuk.SelectField(
        label="Who is said to have done it?", required=False, empty="Not known yet"
    )
    perpetrator_whereabouts = govuk.TextField(
        label="Where is that person now? (optional)", max_length=300, required=False
    )
    dash_score = govuk.WholeNumberField(
        label="DASH score (optional)",
        help_text="From 0 to 24: 14 or more is high, 10 to 13 medium",
        max_value=24,
        width=3,
        required=False,
    )
    dash_grade = govuk.ChoiceField(
        label="Grade (optional)",
        help_text="Left empty, it follows from the score",
        choices=DomesticAbuse.Grade.choices,
        required=False,
        inline=True,
    )
    dash_by = govuk.TextField(
        label="Who did the DASH? (optional)",
        help_text="Name and agency; the officer at the scene, the midwife",
        required=False,
    )
    dash_on = govuk.OptionalDateField(label="When was the DASH done? (optional)", when="past")
    previous_incidents = govuk.WholeNumberField(
        label="Earlier incidents, how many (optional)", max_value=999, width=3, required=False
    )
    previous_note = govuk.TextField(
        label="About the earlier incidents (optional)", max_length=300, required=False
    )
    safe_contact = govuk.LongTextField(
        label="A safe way to reach the person who was hurt (optional)", required=False, rows=2
    )
    marac_referred = govuk.ChoiceField(
        label="Referred to MARAC?",
        choices=YES_NO_NOT_KNOWN,
        required=False,
        reveals={Known.YES: ["marac_on"]},
    )
    marac_on = govuk.OptionalDateField(label="Date of the meeting (optional)")
    perpetrator_other_children = govuk.TextField(
        label="Other children that person lives with or sees (optional)",
        max_length=300,
        required=False,
    )
    conditions = govuk.LongTextField(
        label="Bail, orders and conditions (optional)", required=False, rows=2
    )

    WHERE = [
        ("present", "Present: saw or heard it"),
        ("in_house", "In the home, elsewhere in it"),
        ("elsewhere", "Somewhere else"),
        ("unknown", "Not known yet"),
    ]

    def __init__(
        self,
        *args: Any,
        people: Sequence[OnContact] = (),
        children: Sequence[OnContact] = (),
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.children = list(children)
        for name in ("victim", "alleged_perpetrator"):
            offer(self.fields[name], choices_of(people))
        for child in self.children:
            self.fields[f"where_{child.person_id}"] = govuk.ChoiceField(
                label=f"Where was {child.name}?", choices=self.WHERE, required=False
            )
        self.order_fields(
            [
                "incident_at",
                "incident_as_stated",
                "victim",
                "alleged_perpetrator",
                "perpetrator_whereabouts",
                *(f"where_{child.person_id}" for child in self.children),
            ]
        )

    @staticmethod
    def stands(contact: Contact) -> dict[str, Any]:
        """What is recorded now."""
        row = DomesticAbuse.objects.filter(contact=contact).first()
        if row is None:
            return {}
        kept = {
            name: getattr(row, name)
            for name in DomesticAbuseForm.base_fields
            if name not in ("token", "version", "stood", "victim", "alleged_perpetrator")
        }
        return {
            **kept,
            "victim": row.victim_id or "",
            "alleged_perpetrator": row.alleged_perpetrator_id or "",
            **{f"where_{child}": where for child, where in row.where_children_were.items()},
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        both = data.get("victim"), data.get("alleged_perpetrator")
        if both[0] and both[0] == both[1]:
            self.add_error("alleged_perpetrator", "Choose somebody other than who was hurt")
        return data

    def facts(self) -> dict[str, Any]:
        """The notification as it is recorded."""
        data = self.given()
        for name in ("victim", "alleged_perpetrator"):
            chosen = data.pop(name)
            data[f"{name}_id"] = UUID(chosen) if chosen else None
        data["marac_referred"] = data["marac_referred"] or Known.UNKNOWN.value
        data["where_children_were"] = {
            str(child.person_id): where
            for child in self.children
            if (where := data.pop(f"where_{child.person_id}"))
        }
        return data


class MissingForm(Sent):
    """What a missing notice says about one child."""

    child = govuk.ChoiceField(label="Which child?", missing="Choose which child")
    is_claimed_only = govuk.TickField(
        label="An earlier time, as somebody says, that nobody can trace"
    )
    reference = govuk.TextField(
        label="Police reference (optional)", max_length=60, width=20, required=False
    )
    missing_since = govuk.MomentField(label="Missing since (optional)", required=False, when="past")
    reported_at = govuk.MomentField(
        label="Reported to the police (optional)", required=False, when="past"
    )
    reported_by = govuk.TextField(label="Reported by (optional)", required=False)
    grade = govuk.ChoiceField(
        label="Risk grade of the police (optional)",
        choices=MissingNotice.Grade.choices,
        required=False,
    )
    missing_from = govuk.TextField(label="Missing from (optional)", required=False)
    circumstances = govuk.LongTextField(label="What happened (optional)", required=False)
    returned_at = govuk.MomentField(
        label="Found or returned (optional)", required=False, when="past"
    )
    where_found = govuk.TextField(
        label="Where the child was found (optional)", max_length=300, required=False
    )

    def __init__(self, *args: Any, children: Sequence[OnContact] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        choose_from(self.fields["child"], choices_of(children))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, returned = data.get("missing_since"), data.get("returned_at")
        if since and returned and returned < since:
            self.add_error("returned_at", "The return is before the child went missing")
        return data

    def facts(self) -> dict[str, Any]:
        """The notice as it is recorded."""
        data = self.given()
        data["child_id"] = UUID(data.pop("child"))
        return data


class FileForm(Sent):
    """A file that came with the contact."""

    file = govuk.FileField(
        label="File", max_megabytes=25, missing="Choose the file that came with the contact"
    )


class FileNamesForm(Sent):
    """Names of files that the sender holds."""

    names = govuk.LongTextField(
        label="Names of files, one on each line",
        missing="Enter the name of a file",
        max_length=5_000,
    )

    def clean_names(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["names"].splitlines() if line.strip()]


class LinkForm(Sent):
    """Another contact of the same family or about the same event."""

    reference = govuk.TextField(
        label="Reference of the other contact",
        help_text="For example, C-26-04182",
        width=20,
        missing="Enter the reference of the other contact",
    )
    kind = govuk.ChoiceField(
        label="How do they belong together?",
        choices=[
            choice for choice in ContactLink.Kind.choices if choice[0] != ContactLink.Kind.CLAIMED
        ],
        missing="Choose how they belong together",
    )
    why = govuk.TextField(
        label="Why do you think so?",
        max_length=500,
        missing="Say why the two contacts belong together",
    )


class ClaimForm(Sent):
    """An earlier contact that somebody says was made, and nobody can trace."""

    claimed_on = govuk.OptionalDateField(label="When is it said to have been? (optional)")
    why = govuk.TextField(
        label="What was said, and by whom",
        max_length=500,
        missing="Say what was claimed and by whom",
    )


class MessageForm(Sent):
    """A further message about the same contact."""

    channel = govuk.SelectField(
        label="How did it reach us?",
        choices=[choice for choice in Channel.choices if choice[0] != Channel.API],
        empty="Choose",
        missing="Choose how it reached us",
    )
    received_at = govuk.MomentField(
        label="When did it reach us?", when="past", missing="Enter when it reached us"
    )
    words = govuk.LongTextField(
        label="The words",
        max_length=WORDS_LIMIT,
        rows=6,
        missing="Enter what was said or written",
    )
    sender_agency_name = govuk.TextField(label="Who sent it (optional)", required=False)
    label = govuk.TextField(label="What it is, in a few words (optional)", required=False)
    is_repeat = govuk.TickField(label="It only repeats an earlier message")


class PartForm(Sent):
    """One part of the message that belongs somewhere else."""

    NOT_A_CHILD, ADDED, REPEAT = "not_a_child", "added", "repeat"

    label = govuk.TextField(
        label="Which part?",
        help_text="For example, “entry 3”",
        missing="Say which part of the message it is",
    )
    went_to = govuk.ChoiceField(
        label="Where does it belong?",
        choices=[
            (NOT_A_CHILD, "It is not about a child"),
            (ADDED, "It is added to an earlier contact"),
            (REPEAT, "It repeats an earlier contact"),
        ],
        missing="Choose where it belongs",
    )
    reference = govuk.TextField(
        label="Reference of the earlier contact, if it goes to one (optional)",
        help_text="For example, C-26-04182",
        width=20,
        required=False,
    )
    note = govuk.LongTextField(label="What was done with it (optional)", required=False, rows=2)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("went_to") == self.NOT_A_CHILD:
            if not data.get("note"):
                self.add_error("note", "Say what was done with it, for example who was told")
        elif data.get("went_to") and not data.get("reference"):
            self.add_error("reference", "Enter the reference of the earlier contact")
        return data


class SplitForm(ChildForm):
    """A part of the message that becomes a contact of its own, with its first child."""

    label = govuk.TextField(
        label="Which part of the message?",
        help_text="For example, “entry 2”",
        missing="Say which part of the message it is",
    )
    words = govuk.LongTextField(
        label="The words of that part",
        missing="Enter the words of that part",
        max_length=WORDS_LIMIT,
        rows=6,
    )

    field_order = ("label", "words", *ChildForm.field_order)


class SealForm(Sent):
    """The words to show instead of the original, and why it is sealed."""

    redacted_words = govuk.LongTextField(
        label="The words to show from now on",
        help_text="Take out what is about another child",
        max_length=WORDS_LIMIT,
        rows=10,
        missing="Enter the words to show from now on",
    )
    reason = govuk.LongTextField(
        label="Why is the original sealed?", rows=2, missing="Say why the original is sealed"
    )


class EdtForm(Sent):
    """What the Emergency Duty Team did, and what is left to do."""

    what_happened = govuk.LongTextField(label="What happened", missing="Say what happened")
    what_was_done = govuk.LongTextField(
        label="What you did (optional)",
        help_text="Visit, placement, police protection, advice",
        required=False,
    )
    left_to_do = govuk.LongTextField(label="What is left to do (optional)", required=False)
    by_when = govuk.MomentField(label="By when (optional)", required=False)
    risk_now = govuk.LongTextField(label="The risk now", missing="Say what the risk is now")
    consent_decisions = govuk.LongTextField(
        label="What you decided about agreement (optional)", required=False, rows=2
    )
    told = govuk.LongTextField(label="Who was told (optional)", required=False, rows=2)
    is_urgent = govuk.TickField(
        label="It is urgent, and I passed it on by phone as well", reveals=["rang_whom"]
    )
    rang_whom = govuk.TextField(
        label="Whom you spoke to",
        help_text="A voicemail is not an acknowledgement",
        required=False,
    )
    at = govuk.MomentField(label="When was this?", when="past", missing="Enter when this was")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("is_urgent") and not data.get("rang_whom"):
            self.add_error("rang_whom", "Say whom you spoke to")
        return data


class HistoryForm(Sent):
    """That earlier work was looked for."""

    note = govuk.LongTextField(
        label="What it means for this contact (optional)", required=False, rows=3
    )


class InformationForm(Sent):
    """A question about what is missing."""

    what = govuk.LongTextField(label="What is missing?", rows=2, missing="Say what is missing")
    asked_of = govuk.TextField(label="Whom did you ask?", missing="Say whom you asked")
    due_at = govuk.MomentField(
        label="By when should they answer?",
        when="future",
        missing="Enter by when they should answer",
    )


class GivenForm(Sent):
    """The answer to a question about what is missing."""

    answer = govuk.LongTextField(label="What is the answer?", missing="Enter the answer")


class SendForm(Sent):
    """The matter in one line, and how urgent it is."""

    summary = govuk.TextField(
        label="What is the matter, in one line?",
        max_length=300,
        missing="Say what the matter is in one line",
    )
    rag = govuk.ChoiceField(
        label="How urgent do you think it is?",
        choices=Rag.choices,
        hints={
            Rag.RED: "Possible significant harm: a manager must see it within 1 hour",
            Rag.AMBER: "Complex or high need",
            Rag.GREEN: "Lower need, and the family agrees",
        },
        missing="Choose how urgent it is",
    )
    rag_reason = govuk.TextField(
        label="Why this urgency?", max_length=500, missing="Say why this urgency"
    )

    @staticmethod
    def stands(contact: Contact) -> dict[str, Any]:
        """What the contact says now."""
        return {
            "summary": contact.summary,
            "rag": contact.rag,
            "rag_reason": contact.rag_reason,
        }


class RemoveForm(Sent):
    """Why somebody does not belong to the contact."""

    because = govuk.TextField(
        label="Why does this person not belong to the contact?",
        max_length=300,
        missing="Say why this person does not belong to the contact",
    )


class StatedHomeForm(govuk.OnceForm):
    """Which address holds; without another answer the record stays as it is."""

    answer = govuk.ChoiceField(
        label="Which address holds?",
        choices=HomeAnswer.choices,
        hints={
            HomeAnswer.KEEP: "What was stated stays on the contact",
            HomeAnswer.MOVED: "The home on record ends",
            HomeAnswer.ALSO: "The home on record stays, with this one beside it",
        },
        initial=HomeAnswer.KEEP,
        missing="Choose which address holds",
    )
    from_on = govuk.OptionalDateField(
        label="Since when (optional)",
        help_text="When they moved there or began to stay there",
        when="past",
    )


class RelationsForm(Sent):
    """What an adult is to each child."""

    def __init__(self, *args: Any, children: Sequence[OnContact] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.children = add_relation_fields(self, children)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        check_relations(self, self.children)
        return data

    def relations(self) -> list[Relation]:
        """What they are to each child."""
        return relations_of(self, self.children)


class AddressFields(Sent):
    """An address, without which a household may be as well."""

    line = govuk.TextField(label="Address, without the postcode (optional)", required=False)
    postcode = govuk.TextField(label="Postcode (optional)", width=10, required=False)

    def clean_postcode(self) -> str:
        checked = identifiers.postcode(self.cleaned_data["postcode"])
        if checked.error:
            raise forms.ValidationError(checked.error)
        return checked.value

    def has_address(self) -> bool:
        """Whether anything of an address was given."""
        return bool(self.cleaned_data.get("line") or self.cleaned_data.get("postcode"))


class HouseholdForm(AddressFields):
    """The home of the household."""

    is_withheld = govuk.TickField(label="The address must not be shared with everybody")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not self.has_address():
            self.add_error("line", "Enter the address, or as much of it as is known")
        return data


class MemberForm(Sent):
    """Somebody who belongs to the household."""

    person = govuk.ChoiceField(label="Who?", missing="Choose who belongs to the household")
    role = govuk.ChoiceField(
        label="What part do they have in it?", choices=PARTS, missing="Choose their part in it"
    )
    from_on = govuk.OptionalDateField(label="Since when? (optional)", when="past")
    note = govuk.TextField(label="Note (optional)", required=False)

    def __init__(self, *args: Any, people: Sequence[OnContact] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        choose_from(self.fields["person"], choices_of(people))


class OtherHouseholdForm(AddressFields):
    """Another household: where a child of the family, a father or a carer lives."""

    label = govuk.TextField(
        label="What is it called?",
        help_text="For example, “grandmother’s home, address not known”",
        missing="Give it a name, for example “father’s home”",
    )
    other_authority = govuk.TextField(
        label="In which other authority’s area? (optional)", max_length=100, required=False
    )
    people = govuk.ManyChoicesField(label="Who lives there?", missing="Choose who lives there")

    field_order = ("label", "line", "postcode", "other_authority", "people")

    def __init__(self, *args: Any, people: Sequence[OnContact] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        choose_from(self.fields["people"], choices_of(people))


class PersonAddressForm(AddressFields):
    """An address of one person: a bail address, where somebody stays, an earlier home."""

    person = govuk.ChoiceField(label="Whose address?", missing="Choose whose address it is")
    kind = govuk.ChoiceField(
        label="What kind of address?", choices=AddressKind.choices, missing="Choose what kind"
    )
    is_withheld = govuk.TickField(label="The address must not be shared with everybody")
    note = govuk.TextField(label="Note (optional)", required=False)

    field_order = ("person", "kind", "line", "postcode", "is_withheld", "note")

    def __init__(self, *args: Any, people: Sequence[OnContact] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        choose_from(self.fields["person"], choices_of(people))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not self.has_address():
            self.add_error("line", "Enter the address, or as much of it as is known")
        return data
