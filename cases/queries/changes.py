"""Changes of circumstance: what they hold up, and whose they are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission
from accounts.permissions import holds as holds_right
from cases import passed_on
from cases.actions import changes
from cases.change_codes import DECISIONS, ChangeState
from cases.change_codes import title as change_title
from cases.holds import Obstacle, Purpose
from cases.models import (
    ChangeChild,
    ChangeOfCircumstance,
    ChildRiskReview,
    Responsibility,
)
from cases.panels import Work
from cases.standing import deputised
from lib import words
from people.models import Person, Restriction
from people.queries import closed_to, records_of
from record import clocks
from record.models import Clock


def undone_changes(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """Every change not closed yet that lists one of these children (cases.holds.answers).

    Names the child who is still to be reviewed; of a restricted one, only that there is one.
    """
    if purpose == Purpose.CLOSE_AS_ASSESSED:
        return []  # asked beside closing, about what the episode held
    records = records_of(person_ids=child_ids)
    found = list(
        ChangeOfCircumstance.objects.undone()
        .filter(children__child__in=list(records))
        .distinct()
        .order_by("learned_at", "pk")
    )
    if purpose == Purpose.AUTHORISE_UPDATE:
        found = [each for each in found if each.state != ChangeState.AWAITING_MANAGER]
    if not found:
        return []
    rows: dict[UUID, list[ChangeChild]] = {}
    closed = set()
    for row in (
        ChangeChild.objects.filter(change__in=found)
        .select_related("child")
        .annotate(
            is_closed=Exists(
                Restriction.objects.filter(person=OuterRef("child"), ended_at__isnull=True)
            )
        )
        .order_by("child__date_of_birth", "child_id")
    ):
        rows.setdefault(row.change_id, []).append(row)
        if row.is_closed:
            closed.add(row.child_id)
    done = _reviewed(found)
    asked: dict[UUID, UUID] = {}  # by the head of the records, the one that was asked about
    for child_id in sorted(child_ids):
        asked.setdefault(records.get(child_id, child_id), child_id)
    names = {
        row.child_id: "a restricted child" if row.child_id in closed else row.child.name
        for each in rows.values()
        for row in each
    }
    obstacles: dict[tuple[UUID, UUID], Obstacle] = {}
    for change in found:
        for one in rows[change.pk]:
            about = asked.get(records.get(one.child_id, one.child_id))
            if about is not None:
                said = Obstacle(
                    child_id=about,
                    sentence=_sentence(change, names, one, rows[change.pk], done),
                    url=reverse("cases:change", args=[change.pk]),
                    name=names[one.child_id],
                )
                obstacles.setdefault((change.pk, about), said)
    return list(obstacles.values())


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


def title_of(change: ChangeOfCircumstance, *, by: User) -> str:
    """Name a change by its event; somebody restricted is not named."""
    return titles_of([change], by=by)[change.pk]


def titles_of(several: Iterable[ChangeOfCircumstance], *, by: User) -> dict[UUID, str]:
    """Name changes by their events, their persons joined; one query however many."""
    rows = list(several)
    closed = closed_to(by=by, person_ids=[row.person_id for row in rows if row.person_id])
    return {
        row.pk: change_title(
            row.code,
            happened=row.happened,
            person=row.person.name if row.person and row.person_id not in closed else "",
        )
        for row in rows
    }


# Home and the child's page ----------------------------------------------------------------------


def change_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Reviews and lines `by` owes, and changes that wait for `by` to triage or decide
    (cases.panels).
    """
    settles = _changes_to_settle(by=by, at=at)
    own = {each.url for each in settles}  # who decides writes that child's line there
    lines = [each for url, each in _lines_owed(by=by, at=at) if url not in own]
    return [*_reviews_owed(by=by, at=at), *lines, *settles]


def _lines_owed(*, by: User, at: datetime) -> list[tuple[str, Work]]:
    """Restricted children without whose line a manager cannot decide on a change, each with the
    address of the change.
    """
    rows = list(
        ChangeChild.objects.filter(
            child__in=passed_on.held(by=by, at=at).values("person"),
            change__state=ChangeState.AWAITING_MANAGER,
            needs_review=True,
        )
        .exclude(outcome__in=DECISIONS)
        .select_related("child", "change__person")
        .order_by("change__learned_at", "pk")[:50]
    )
    titles = titles_of([row.change for row in rows], by=by) if rows else {}
    limits = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=[row.change_id for row in rows])
        if clock.rule.startswith("COC-DECIDE")
    }
    return [
        (
            reverse("cases:change", args=[row.change_id]),
            Work(
                verb="Answer for this child",
                url=reverse("cases:change_line", args=[row.change_id, row.child_id]),
                who=row.child.name,
                why=titles[row.change_id],
                due_at=limit.due_at if (limit := limits.get(row.change_id)) else None,
                warn_at=limit.warn_at if limit else None,
                very_late_at=limit.very_late_at if limit else None,
                rule=limit.rule if limit else "",
            ),
        )
        for row in rows
    ]


def _reviews_owed(*, by: User, at: datetime) -> list[Work]:
    owed = list(
        ChildRiskReview.objects.filter(
            Q(owner=by) | Q(child__in=passed_on.held(by=by, at=at).values("person")),
            state=ChildRiskReview.State.TO_DO,
            subject_kind=changes.SUBJECT,
            child__in=Person.objects.visible_to(by),
        )
        .select_related("child")
        .order_by("asked_at", "pk")[:100]
    )
    subjects = {review.subject_id for review in owed}
    known = ChangeOfCircumstance.objects.filter(pk__in=subjects).select_related("person").in_bulk()
    running = {
        (clock.subject_id, clock.child_id): clock
        for clock in clocks.running(subject_ids=subjects)
        if clock.rule.startswith("COC-REVIEW")
    }
    titles = titles_of(known.values(), by=by)
    found = []
    for review in owed:
        clock = running.get((review.subject_id, review.child_id))
        found.append(
            Work(
                verb="Review the risk",
                url=reverse("cases:risk_review", args=[review.pk]),
                who=review.child.name,
                why=titles[review.subject_id],
                due_at=clock.due_at if clock else None,
                warn_at=clock.warn_at if clock else None,
                very_late_at=clock.very_late_at if clock else None,
                rule=clock.rule if clock else "",
            )
        )
    return found


def _changes_to_settle(*, by: User, at: datetime) -> list[Work]:
    if not holds_right(by, Permission.CHANGE_TRIAGE):
        return []
    managers = {by.pk, *(manager.pk for manager in deputised(by, at))}
    mine = list(
        ChangeOfCircumstance.objects.undone()
        .filter(
            children__child__responsibilities__manager__in=managers,
            children__child__responsibilities__to_at__isnull=True,
        )
        .select_related("person")
        .distinct()
        .order_by("learned_at", "pk")[:100]
    )
    mine += _left_over(managers)
    if not mine:
        return []
    rows: dict[UUID, list[ChangeChild]] = {}
    for row in (
        ChangeChild.objects.filter(change__in=mine)
        .select_related("child")
        .order_by("child__date_of_birth", "child_id")
    ):
        rows.setdefault(row.change_id, []).append(row)
    holders: dict[UUID, Responsibility] = {
        held.child_id: held
        for held in Responsibility.objects.filter(
            child__in={row.child_id for each in rows.values() for row in each}, to_at__isnull=True
        ).select_related("team")
    }
    done = _reviewed(mine)
    closed = closed_to(by=by, person_ids=[row.child_id for each in rows.values() for row in each])
    running: dict[UUID, list[Clock]] = {}
    for each in clocks.running(subject_ids=[change.pk for change in mine]):
        running.setdefault(each.subject_id, []).append(each)
    titles = titles_of(mine, by=by)
    found = []
    for change in mine:
        children = rows[change.pk]
        holder = changes.most_protective(
            [holders[row.child_id] for row in children if row.child_id in holders]
        ) or changes.responsible_for(change)
        if holder is None or holder.manager_id not in managers:
            continue
        clock = clocks.earliest(running.get(change.pk, []))
        needed = [row for row in children if row.needs_review]
        reviewed = sum((change.pk, row.child_id) in done for row in needed)
        found.append(
            Work(
                verb=_verb(change),
                url=reverse("cases:change", args=[change.pk]),
                who=words.list_of_names(
                    [
                        "Restricted child" if row.child_id in closed else row.child.name
                        for row in children
                    ]
                ),
                why=titles[change.pk],
                detail=""
                if change.state == ChangeState.LOGGED
                else f"{reviewed} of {words.plural(len(needed), 'child', 'children')} reviewed",
                due_at=clock.due_at if clock else None,
                warn_at=clock.warn_at if clock else None,
                very_late_at=clock.very_late_at if clock else None,
                rule=clock.rule if clock else "",
            )
        )
    return found


def _left_over(managers: Collection[UUID]) -> list[ChangeOfCircumstance]:
    """Changes of which nobody holds a child by now, and one of these managers' teams did."""
    live = Responsibility.objects.filter(
        child__in=ChangeChild.objects.filter(change=OuterRef(OuterRef("pk"))).values("child"),
        to_at__isnull=True,
    )
    return list(
        ChangeOfCircumstance.objects.undone()
        .filter(~Exists(live), children__child__responsibilities__team__manager__in=managers)
        .select_related("person")
        .distinct()
        .order_by("learned_at", "pk")[:100]
    )


def _verb(change: ChangeOfCircumstance) -> str:
    if change.state == ChangeState.LOGGED:
        return "Triage the change"
    if change.is_provisional:
        return "Confirm EDT’s triage"
    if change.state == ChangeState.AWAITING_MANAGER:
        return "Decide on the change"
    return "See to the reviews"


def changes_of(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """The changes of one child for their page: those not closed, and the latest of the others."""
    rows = list(
        ChangeChild.objects.filter(child__in=child_ids)
        .select_related("change", "change__person")
        .order_by("change__closed_at", "-change__learned_at", "pk")
    )
    undone = [row for row in rows if row.change.closed_at is None]
    closed = sorted(
        (row for row in rows if row.change.closed_at is not None),
        key=lambda row: row.change.learned_at,
        reverse=True,
    )[:3]
    shown = [*undone, *closed]
    reviews = {
        (review.subject_id, review.child_id): review
        for review in ChildRiskReview.objects.filter(
            subject_kind=changes.SUBJECT,
            subject_id__in=[row.change_id for row in shown],
            child__in=child_ids,
        ).select_related("owner")
    }
    titles = titles_of([row.change for row in shown], by=by)
    return {
        "changes": [
            {
                "change": row.change,
                "title": titles[row.change_id],
                "review": reviews.get((row.change_id, row.child_id)),
                "is_undone": row.change.closed_at is None,
            }
            for row in shown
        ],
        "older": max(len(rows) - len(shown), 0),
    }
