"""What stands in the way of authorising, transferring, closing or using a record in conference.

`cases` asks; every app that keeps something open answers, in `AppConfig.ready` (decisions.md 33,
68). `tests/cases/test_holds.py` pins who answers, so that a room nobody registered is a failing
test and not "nothing open".
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import models

from accounts.reactions import Reactions
from lib import words


class Purpose(models.TextChoices):
    """What somebody is about to do with a child's record.

    An update can be what a change asks for, so `AUTHORISE_UPDATE` passes over a change of which
    every child is reviewed and which only waits for the decision that names it (domain.md 5.2).

    `CLOSE_AS_ASSESSED` asks what the whole episode held, ended or not: RC8 and RC9 allow no
    section 47 enquiry, conference or plan in it, and need an authorised assessment
    (decisions.md 72).
    """

    AUTHORISE = "authorise", "authorise the assessment"
    AUTHORISE_UPDATE = "authorise_update", "authorise the update of the assessment"
    TRANSFER = "transfer", "transfer"
    CLOSE = "close", "close"
    CLOSE_AS_ASSESSED = "close_as_assessed", "close as ended after the assessment"
    CONFERENCE = "conference", "use the assessment in a conference"


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One thing in the way, about one child: a sentence that names both, and where to see to it.

    :param name: the child as the sentence says it, where the same thing is said of each child
    """

    child_id: UUID
    sentence: str
    url: str = ""
    name: str = ""


class Answer(Protocol):
    """Give what stands in the way for these children, in a fixed number of queries."""

    def __call__(
        self, *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
    ) -> Sequence[Obstacle]: ...


answers: Reactions[Answer] = Reactions()


def together(found: Sequence[Obstacle]) -> list[Obstacle]:
    """Say once what is in the way of several children, naming each of them."""
    groups: dict[tuple[str, str], list[Obstacle]] = {}
    for each in found:
        about = each.sentence.replace(each.name, "", 1) if each.name else each.sentence
        groups.setdefault((each.url, about), []).append(each)
    said = []
    for same in groups.values():
        names = list(dict.fromkeys(each.name for each in same if each.name))
        first = same[0]
        if len(names) > 1:
            sentence = first.sentence.replace(first.name, words.list_of_names(names), 1)
            first = replace(first, sentence=sentence)
        said += [first] if first.name else same
    return said


def obstacles(*, child_ids: Collection[UUID], purpose: Purpose, at: datetime) -> list[Obstacle]:
    """Ask every room, in the order of registration."""
    found: list[Obstacle] = []
    for ask in answers:
        found += ask(child_ids=child_ids, purpose=purpose, at=at)
    return found
