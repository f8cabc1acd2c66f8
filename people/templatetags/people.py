"""People in templates: the family as a picture, numbers as written, two records compared."""

from __future__ import annotations

from datetime import date

from django import template

from lib import identifiers, text, words
from people import genogram
from people.choices import IdentifierKind, NameKind, Sex, Stage
from people.models import Identifier
from people.queries import Family, FamilyMember, PersonPage

register = template.Library()

NEVER_COMPARED = ("Record", "Recorded")
RELATIVE = "not recorded"
UNKNOWN_AGE = words.age_words(on=date.min)


@register.simple_tag
def genogram_of(family: Family) -> genogram.Picture | None:
    """Draw a family; nothing when nobody else is known."""
    if len(family.members) < 2:
        return None
    return genogram.draw(
        [drawn(member) for member in family.members],
        family.ties,
        home_label=family.household,
        picture_id=f"genogram-{family.subject_id}",
    )


def drawn(member: FamilyMember) -> genogram.Drawn:
    """Say what the picture needs of a member."""
    person = member.person
    if person is None:
        return genogram.Drawn(
            person_id=member.person_id,
            name="Restricted",
            note=f"ring {member.ring.name}" if member.ring else "",
            sex="U",
            is_here=member.lives_here,
            is_hidden=True,
        )
    notes = [] if member.age == UNKNOWN_AGE else [member.age]
    if person.died_on:
        notes = [f"died {person.died_on.year}"]
    elif member.is_new_here:
        notes.append(f"since {member.since_on:%-d/%-m/%Y}")
    return genogram.Drawn(
        person_id=member.person_id,
        name=person.given_name or person.name,
        note=", ".join(note for note in notes if note),
        sex=person.sex,
        is_unborn=person.stage == Stage.UNBORN,
        is_child=member.is_child,
        is_dead=person.died_on is not None,
        is_subject=member.is_subject,
        is_here=member.lives_here,
        born_on=person.date_of_birth or person.expected_on,
    )


@register.filter
def shown_number(number: Identifier) -> str:
    """Show a number as it is usually written."""
    if number.kind == IdentifierKind.NHS:
        return identifiers.show_nhs_number(number.value)
    return number.value


@register.filter
def shown_phone(phone: str) -> str:
    """Show a phone number as it is dialled here."""
    return identifiers.show_phone(phone)


@register.simple_tag
def compared(first: PersonPage, second: PersonPage) -> list[dict[str, str]]:
    """Put two records side by side, and say of each field whether it is the same."""
    rows = []
    for (label, one), (_, two) in zip(_facts(first), _facts(second), strict=True):
        if label in NEVER_COMPARED:
            said = ""
        elif one and two:
            said = "Same" if text.folded(one) == text.folded(two) else "Differs"
        else:
            said = "Missing"
        rows.append({"label": label, "first": one, "second": two, "said": said})
    return rows


def _facts(page: PersonPage) -> list[tuple[str, str]]:
    person = page.person
    born = person.date_of_birth or person.expected_on
    return [
        ("Record", person.la_child_id or ""),
        ("Name", person.name),
        (
            "Other names",
            ", ".join(
                f"{name.given_name} {name.family_name}".strip()
                for name in page.names
                if name.kind != NameKind.CURRENT
            ),
        ),
        ("Date of birth or due date", words.date_words(born, weekday=False) if born else ""),
        ("Sex", person.get_sex_display() if person.sex != Sex.UNKNOWN else ""),
        ("Numbers", ", ".join(shown_number(number) for number in page.identifiers)),
        ("Address", "; ".join(stay.address.text for stay in page.addresses)),
        ("School, GP and others", ", ".join(setting.name for setting in page.settings)),
        (
            "Family",
            ", ".join(f"{each.name} ({each.relation or RELATIVE})" for each in page.family.others),
        ),
        ("Recorded", words.moment_words(person.recorded_at)),
    ]


@register.filter
def called(page: PersonPage) -> str:
    """Say girl or woman, boy or man, baby, or that the sex is not known."""
    person = page.person
    if person.stage == Stage.UNBORN:
        return "Not born yet"
    is_child = page.family.subject.is_child
    return {
        Sex.FEMALE: "Girl" if is_child else "Woman",
        Sex.MALE: "Boy" if is_child else "Man",
    }.get(Sex(person.sex), "Sex not known")
