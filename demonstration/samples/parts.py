"""One message that has to become several records (decisions.md 50, 89)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from accounts.models import User
from cases import actions as case_actions
from cases.models import Contact, ContactPerson, Submission
from cases.stated import Stated
from demonstration.samples import words
from demonstration.samples.facts import record_home_again
from demonstration.samples.known import find_known, part_of
from demonstration.samples.messages import Entered, Message, rows_of, text_of
from demonstration.samples.somebody import Somebody
from demonstration.samples.words import Part
from lib.text import folded
from mash.actions import intake

SUMMARY_LENGTH: Final = 300


_Added = tuple[Part, str, Contact, list[Somebody]]


@dataclass
class _SortedOut:
    """Which people and words of a message belong to which contact."""

    main: list[Somebody]
    words: str
    apart: list[tuple[Part, str, list[Somebody]]] = field(default_factory=list)
    added: list[_Added] = field(default_factory=list)
    aside: list[tuple[Part, str, list[Somebody]]] = field(default_factory=list)


def sort_out(message: Message, people: list[Somebody], known: Mapping[str, Entered]) -> _SortedOut:
    """Sort a message that has to become several records (decisions.md 50)."""
    found = _SortedOut(main=list(people), words=message.words)
    has_main = False
    news: list[tuple[Part, str]] = []
    for row in rows_of(message.expected, "should_become"):
        action = text_of(row, "action")
        part = words.read_part(message.words, row.get("entry"))
        earlier = [known[name] for name in known if re.search(rf"\b{re.escape(name)}\b", action)]
        if part is None:
            has_main = True
        elif re.match(r"no contact", action, re.I):
            found.aside.append((part, action, []))
        elif earlier:
            found.added.append((part, action, earlier[0].contact, []))
        elif re.search(r"\b(new|separate) contact\b", action, re.I):
            news.append((part, action))
        else:
            has_main = True
    if not has_main and news and not (len(news) == 1 and not (found.added or found.aside)):
        part, _ = news.pop(0)
        found.words = part.words
    for part, action in news:
        found.apart.append((part, action, _leave(found, part)))
    for part, _action, _there, theirs in found.added:
        theirs += _leave(found, part)
    for part, _action, theirs in found.aside:
        theirs += _leave(found, part)
    return found


def _leave(found: _SortedOut, part: Part) -> list[Somebody]:
    """Take out of the main contact whom a part names, and whoever lives with those children."""
    named = [one for one in found.main if one.is_in(part) or _is_of(one, part)]
    children = {one.key for one in named if one.is_child and one.key}
    staying = {one.key for one in found.main if one not in named and one.is_child}
    theirs = [
        one
        for one in found.main
        if one in named or (one.key and one.key in children and one.key not in staying)
    ]
    if not any(one.is_child for one in found.main if one not in theirs):
        return []
    found.main = [one for one in found.main if one not in theirs]
    return theirs


def _is_of(one: Somebody, part: Part) -> bool:
    family = folded(one.name.family).split()
    return not one.is_child and bool(family) and set(family) <= part.names


def take_apart(
    message: Message,
    contact: Contact,
    part: Part,
    action: str,
    theirs: list[Somebody],
    *,
    by: User,
    at: datetime,
) -> Contact:
    find_known(theirs, by=by)
    people = [one.stated for one in theirs]
    if not any(one.is_child for one in people):
        people.append(Stated(description=f"Child of {part.label.lower()}, not named"))
    other = intake.take_in_part(
        by=by,
        at=at,
        contact_id=contact.pk,
        label=part.label,
        words=part.words,
        people=people,
    )
    return case_actions.change_contact(
        by=by, at=at, contact_id=other.pk, summary=f"{part.label}: {action}"[:SUMMARY_LENGTH]
    )


def seal(contact: Contact, found: _SortedOut, *, by: User, at: datetime) -> None:
    """Keep another child's words out of this family's record (decisions.md 89)."""
    shown = found.words
    for part, _action, _theirs in found.apart:
        shown = shown.replace(part.words, f"[{part.label}: about another child, kept apart]")
    labels = ", ".join(part.label for part, _action, _theirs in found.apart)
    case_actions.seal_words(
        by=by,
        at=at,
        contact_id=contact.pk,
        redacted_words=shown,
        reason=f"{labels} is about a child of another family.",
    )


def add_to(
    there: Contact,
    submission: Submission,
    part: Part,
    action: str,
    theirs: list[Somebody],
    entered: Entered,
    *,
    by: User,
    at: datetime,
) -> None:
    """Join a part to the contact it belongs to; whoever is new there is added."""
    case_actions.add_message(
        by=by,
        at=at,
        contact_id=there.pk,
        submission_id=submission.pk,
        label=part.label,
        note=f"{action}\n{part.words}",
    )
    rows = list(
        ContactPerson.objects.filter(contact=there, ended_at__isnull=True).select_related("person")
    )
    for one in theirs:
        row = next((row for row in rows if _is_row(one, row)), None)
        if row is None and (one.name.given or one.name.family):
            row = case_actions.add_person(by=by, at=at, contact_id=there.pk, stated=one.stated)
        if row is not None:
            entered.people[one.as_given] = row.person_id
    record_home_again(there, part.words, by=by, at=at)
    entered.added_to.append(there)


def _is_row(one: Somebody, row: ContactPerson) -> bool:
    if row.is_child != one.is_child:
        return False
    if one.name.first:
        first = (folded(row.person.given_name).split() or [""])[0]
        return first == one.name.first
    if re.match(r"parents?\b", one.relation, re.I):
        return part_of(row.relation) in ("mother", "father")
    return part_of(row.relation) == part_of(one.relation) != ""
