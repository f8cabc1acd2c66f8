"""The list of records that may be one person, for whoever may link them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet
from django.db.models.lookups import IsNull

from accounts.models import User
from people import matching
from people.models import Person, PossibleDuplicate, SearchAnswer
from people.queries.candidates import BAND_WORDS
from people.queries.names import Shown, display_people


@dataclass(frozen=True, slots=True)
class DuplicateLine:
    """Two records that may be one person, with why, as both stand now."""

    duplicate: PossibleDuplicate
    first: Shown
    second: Shown
    likeness: str
    same: Sequence[str]
    differs: Sequence[str]
    missing: Sequence[str]
    answers: Sequence[SearchAnswer]


def open_duplicates(*, by: User, on: date) -> QuerySet[PossibleDuplicate]:
    """Give the open questions about records that `by` may read, both of them.

    Those a worker asked come first, then those found at night; of each, the likeliest first.
    """
    visible = Person.objects.visible_to(by).values("pk")
    return (
        PossibleDuplicate.objects.annotate(is_found_at_night=IsNull(F("raised_by"), True))
        .filter(
            Q(look_again_on__isnull=True) | Q(look_again_on__lte=on),
            state=PossibleDuplicate.State.OPEN,
            person__in=visible,
            other__in=visible,
        )
        .select_related("raised_by")
        .order_by("is_found_at_night", "-score", "raised_at", "pk")
    )


def left_for_later(*, by: User, on: date) -> QuerySet[PossibleDuplicate]:
    """Give the questions that somebody left for later, the next to come back first."""
    visible = Person.objects.visible_to(by).values("pk")
    return (
        PossibleDuplicate.objects.filter(
            look_again_on__gt=on,
            state=PossibleDuplicate.State.OPEN,
            person__in=visible,
            other__in=visible,
        )
        .select_related("raised_by")
        .order_by("look_again_on", "-score", "pk")
    )


def duplicate_lines(
    *, by: User, duplicates: Sequence[PossibleDuplicate], on: date
) -> list[DuplicateLine]:
    """Put questions into words, in their order; a fixed number of queries."""
    ids = {pk for each in duplicates for pk in (each.person_id, each.other_id)}
    shown = display_people(ids, by=by, on=on)
    compared = matching.alike(((each.person_id, each.other_id) for each in duplicates), by=by)
    given = list(
        SearchAnswer.objects.filter(person__in=ids, shown_ids__overlap=list(ids))
        .select_related("recorded_by")
        .order_by("at", "pk")
    )
    found = []
    for each in duplicates:
        alike = compared.get((each.person_id, each.other_id))
        reasons = alike.reasons if alike else None
        pair = {each.person_id, each.other_id}
        found.append(
            DuplicateLine(
                duplicate=each,
                first=shown[each.person_id],
                second=shown[each.other_id],
                likeness=BAND_WORDS.get(alike.band, "") if alike else "",
                same=[str(point) for point in reasons.matched] if reasons else [],
                differs=[str(point) for point in reasons.differs] if reasons else [],
                missing=[str(point) for point in reasons.missing] if reasons else [],
                answers=[
                    answer
                    for answer in given
                    if answer.person_id in pair and pair & set(answer.shown_ids)
                ],
            )
        )
    return found
