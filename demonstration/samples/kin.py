"""Who is what to whom, read from the words beside each name; what they leave open stays open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.models import User
from lib.text import folded
from people import actions as people_actions
from people.choices import RelationshipKind, Source
from people.models import Relationship

PARENTS: Final = {"mother": RelationshipKind.MOTHER, "father": RelationshipKind.FATHER}
#: Children of the subject's own parents; half, step and other people's children are not.
OWN: Final = re.compile(
    r"(?:the )?(?:victim's )?(?:older |younger |elder |baby |twin |full )?"
    r"(?:son|daughter|sister|brother|twin)\b",
    re.IGNORECASE,
)
NOT_OWN: Final = re.compile(r"\bhalf|\bstep-|no relation|friend|cousin|associate", re.IGNORECASE)

Told = tuple[bool, str, str, str]
"""Whether a child, the first name folded, the relation in words, the key of the household."""


def relate_all(people: Sequence[Told], ids: Sequence[UUID], *, by: User, at: datetime) -> None:
    """Record the relationships that the words beside the names state."""
    for person, other, kind, said in pairs(people):
        if (
            ids[person] == ids[other]
            or Relationship.objects.filter(
                person=ids[person], other=ids[other], kind=kind, to_on__isnull=True, is_wrong=False
            ).exists()
        ):
            continue
        try:
            people_actions.relate(
                by=by,
                at=at,
                person_id=ids[person],
                other_id=ids[other],
                kind=kind,
                as_stated=said,
                source=Source.REFERRER,
            )
        except people_actions.AlreadyRelated:
            continue


def pairs(people: Sequence[Told]) -> Iterator[tuple[int, int, str, str]]:
    """Give who is what to whom, by place in the list: person, other, kind, the words."""
    children = [place for place, told in enumerate(people) if told[0]]
    adults = [place for place, told in enumerate(people) if not told[0]]
    if not children:
        return
    subject = children[0]
    own = [place for place in children if place == subject or _is_own(people[place][2])]
    for place in adults:
        yield from _of_adult(people, place, children, own)
    for place in children:
        yield from _of_child(people, place, subject, adults)
    twins = [place for place in children if re.search(r"\btwin\b", people[place][2], re.I)]
    if len(twins) == 2:
        yield twins[1], twins[0], RelationshipKind.TWIN, people[twins[1]][2]
    mothers = [place for place in adults if re.match(r"mother\b(?!['’]s)", people[place][2], re.I)]
    for place in adults:
        if re.match(r"(new )?partner\b(?! of)", people[place][2], re.I) and len(mothers) == 1:
            yield place, mothers[0], RelationshipKind.PARTNER, people[place][2]


def _is_own(relation: str) -> bool:
    return bool(OWN.match(relation)) and not NOT_OWN.search(relation)


def _of_adult(
    people: Sequence[Told], place: int, children: Sequence[int], own: Sequence[int]
) -> Iterator[tuple[int, int, str, str]]:
    said = people[place][2]
    for word, kind in PARENTS.items():
        of_whom = re.search(rf"\b{word} of ([^,;]+)", said, re.I)
        if of_whom:
            whom = set(folded(of_whom[1]).split())
            told = [child for child in children if people[child][1] and people[child][1] in whom]
            if not told and re.match(r"the ", of_whom[1]):
                told = list(own)
            for child in told:
                yield place, child, kind, said
        elif re.match(rf"{word}\b(?!['’]s)", said, re.I):
            for child in own:
                if _is_alike_home(people, place, child, own):
                    yield place, child, kind, said
    if re.match(r"step-?(father|mother)\b", said, re.I):
        yield place, own[0], RelationshipKind.STEP_PARENT, said
    if re.match(r"(maternal |paternal )?grand(mother|father|parents?)\b", said, re.I):
        for child in own:
            yield place, child, RelationshipKind.GRANDPARENT, said
    if re.match(r"(maternal |paternal )?(aunt|uncle)\b", said, re.I):
        for child in own:
            yield place, child, RelationshipKind.AUNT_UNCLE, said


def _is_alike_home(people: Sequence[Told], place: int, child: int, own: Sequence[int]) -> bool:
    """A parent in the home is the parent of its children; one elsewhere of the subject's own."""
    return not people[place][3] or people[place][3] == people[child][3] or child == own[0]


def _of_child(
    people: Sequence[Told], place: int, subject: int, adults: Sequence[int]
) -> Iterator[tuple[int, int, str, str]]:
    said = people[place][2]
    of_whom = re.match(r"(?:child|son|daughter) of (.+?)(?:;|,|$)", said, re.I)
    if of_whom:
        whom = set(folded(of_whom[1]).split())
        for adult in adults:
            if people[adult][1] and people[adult][1] in whom:
                yield adult, place, _parent(people[adult][2]), said
    whose = re.match(r"(\w+)['’]s (?:son|daughter|child)\b", said, re.I)
    if whose:
        parts = [place for place in adults if whose[1].lower() in people[place][2].lower()]
        if len(parts) == 1 and not _is_own(said):
            yield parts[0], place, _parent(people[parts[0]][2]), said
    if place == subject:
        return
    if re.search(r"\bhalf-(brother|sister)\b", said, re.I):
        yield place, subject, RelationshipKind.HALF_SIBLING, said
    elif _is_own(said) and re.search(r"\b(sister|brother)\b", said, re.I):
        if re.match(r"twin\b", said, re.I) and re.search(r"\btwin\b", people[subject][2], re.I):
            return
        yield place, subject, RelationshipKind.SIBLING, said


def _parent(relation: str) -> RelationshipKind:
    for word, kind in PARENTS.items():
        if re.search(rf"\b{word}\b(?!['’]s)", relation, re.I):
            return kind
    return RelationshipKind.PARENT
