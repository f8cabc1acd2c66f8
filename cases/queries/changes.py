"""Changes of circumstance: what they hold up, whose they are, and everything on their page."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from cases.actions import changes
from cases.change_codes import ChangeState
from cases.holds import Obstacle, Purpose
from cases.models import ChangeChild, ChangeOfCircumstance, ChildRiskReview
from lib import words
from people.models import Restriction


def undone_changes(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """Every change not closed yet that lists one of these children (cases.holds.answers).

    Names the child who is still to be reviewed; of a restricted one, only that there is one.
    """
    if purpose == Purpose.CLOSE_AS_ASSESSED:
        return []  # asked beside closing, about what the episode held
    found = list(
        ChangeOfCircumstance.objects.undone()
        .filter(children__child__in=list(child_ids))
        .distinct()
        .order_by("learned_at", "pk")
    )
    if not found:
        return []
    rows: dict[UUID, list[ChangeChild]] = {}
    for row in (
        ChangeChild.objects.filter(change__in=found)
        .select_related("child")
        .order_by("child__date_of_birth", "child_id")
    ):
        rows.setdefault(row.change_id, []).append(row)
    done = _reviewed(found)
    closed = set(
        Restriction.objects.filter(
            person__in=[row.child_id for each in rows.values() for row in each],
            ended_at__isnull=True,
        ).values_list("person_id", flat=True)
    )
    asked = set(child_ids)
    names = {
        row.child_id: "a restricted child" if row.child_id in closed else row.child.name
        for each in rows.values()
        for row in each
    }
    return [
        Obstacle(
            child_id=row.child_id, sentence=_sentence(change, names, row, rows[change.pk], done)
        )
        for change in found
        for row in rows[change.pk]
        if row.child_id in asked
    ]


def _reviewed(found: Sequence[ChangeOfCircumstance]) -> set[tuple[UUID, UUID]]:
    """(change, child) of every completed review, those of merged changes included."""
    into = {change.pk: change.pk for change in found}
    into.update(
        ChangeOfCircumstance.objects.filter(merged_into__in=found).values_list(
            "pk", "merged_into_id"
        )
    )
    reviews = ChildRiskReview.objects.filter(
        subject_id__in=into, subject_kind=changes.SUBJECT, completed_at__isnull=False
    )
    return {
        (into[subject_id], child_id)
        for subject_id, child_id in reviews.values_list("subject_id", "child_id")
    }


def _sentence(
    change: ChangeOfCircumstance,
    names: Mapping[UUID, str],
    row: ChangeChild,
    rows: Sequence[ChangeChild],
    done: set[tuple[UUID, UUID]],
) -> str:
    what = str(change.get_code_display())
    when = words.date_words(change.happened_on, weekday=False)
    said = (
        f"A change of {when} about {names[row.child_id]} is not decided:"
        f" {what[0].lower()}{what[1:]}"
    )
    if change.state == ChangeState.LOGGED:
        return f"{said}. It waits for triage"
    missing = [
        names[other.child_id]
        for other in rows
        if other.needs_review and (change.pk, other.child_id) not in done
    ]
    if not missing:
        return f"{said}. Every child is reviewed; the manager has not decided"
    who = words.list_of_names(missing)
    has = "has" if len(missing) == 1 else "have"
    return f"{said}. {who[0].upper()}{who[1:]} {has} no review"
