"""The family as a picture, for templates."""

from __future__ import annotations

from django import template

from people import genogram
from people.choices import Stage
from people.queries import Family, FamilyMember

register = template.Library()


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
    notes = [member.age]
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
