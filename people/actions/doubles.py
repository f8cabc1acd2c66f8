"""What the system asks by itself: are two records on file one person?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from people import matching
from people.models import DuplicateCheck, Person, PossibleDuplicate, Restriction
from record import events

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Compared:
    """What one night's comparing came to."""

    records: int
    asked: int


def ask_about_doubles(*, at: datetime, most: int) -> Compared:
    """Compare the records that are new or have changed with all others, and ask about doubles.

    Each record is a transaction of its own, so that it may be stopped and run again. Pairs that
    somebody found to be two people are asked about again only when something has changed. Those
    that wait for an answer, the ones a worker left to decide among them, are weighed anew.
    """
    _weigh_what_waits(most)
    records = asked = 0
    for person_id in matching.next_to_compare(most):
        asked += _compare(person_id, at=at)
        records += 1
    return Compared(records, asked)


def _weigh_what_waits(most: int) -> None:
    """Put those that wait in the order of what stands on the records now."""
    waiting = list(
        PossibleDuplicate.objects.filter(state=PossibleDuplicate.State.OPEN).order_by(
            "raised_at", "pk"
        )[:most]
    )
    for start in range(0, len(waiting), AT_ONCE):
        batch = waiting[start : start + AT_ONCE]
        alike = matching.alike((each.person_id, each.other_id) for each in batch)
        for each in batch:
            found = alike.get((each.person_id, each.other_id))
            if found is not None and found.score != each.score:
                PossibleDuplicate.objects.filter(
                    pk=each.pk, state=PossibleDuplicate.State.OPEN
                ).update(score=found.score)


@transaction.atomic
def _compare(person_id: UUID, *, at: datetime) -> int:
    asked = sum(
        _ask(person_id, double.person_id, score=double.score, at=at)
        for double in matching.doubles_of(person_id)
    )
    mark = matching.marks_of([person_id]).get(person_id, "")
    DuplicateCheck.objects.update_or_create(
        person_id=person_id, defaults={"facts": mark, "checked_at": at}
    )
    return asked


def _ask(one: UUID, other: UUID, *, score: float, at: datetime) -> bool:
    """Ask about a pair; say whether it is a new question."""
    first, second = sorted((one, other))
    duplicate, is_new = PossibleDuplicate.objects.select_for_update().get_or_create(
        person_id=first, other_id=second, defaults={"score": score, "raised_at": at}
    )
    if not is_new:
        if duplicate.state == PossibleDuplicate.State.OPEN:
            duplicate.score = score
            duplicate.save(update_fields=["score"])
            return False
        mark = matching.mark_of_both(first, second)
        if duplicate.state == PossibleDuplicate.State.NOT_SAME and duplicate.settled_facts == mark:
            return False
        duplicate.state, duplicate.score = PossibleDuplicate.State.OPEN, score
        duplicate.raised_by, duplicate.raised_at = None, at
        duplicate.settled_by, duplicate.settled_at = None, None
        duplicate.settled_because = duplicate.settled_facts = ""
        duplicate.save()
    _write(duplicate, at=at)
    return True


def _write(duplicate: PossibleDuplicate, *, at: datetime) -> None:
    """Write the line on both timelines; not where it would tell of a restricted record."""
    pair = [duplicate.person_id, duplicate.other_id]
    if Restriction.objects.filter(person__in=pair, ended_at__isnull=True).exists():
        return
    children = Person.objects.filter(pk__in=pair, la_child_id__isnull=False).order_by("pk")
    events.append(
        "people.possible_duplicate",
        authority=None,
        at=at,
        subject_kind="person",
        subject_id=duplicate.person_id,
        children=children.values_list("pk", flat=True),
        data={"duplicate_id": duplicate.pk},
    )
