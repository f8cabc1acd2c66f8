"""What happened to children in the shared work since a change was learned of
(`cases.consequences`)."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from accounts.permissions import Permission
from cases.change_codes import ChangeOutcome
from cases.choices import OversightKind, WorkerRole
from cases.consequences import Door, Witnessed
from cases.models import Allocation, OversightChild, VisitChild, WaitingChange, WaitingEntry

DOORS = (
    Door(
        kind=ChangeOutcome.VISIT,
        words="Record a visit",
        url_name="cases:record_visit",
        permission=Permission.VISIT_RECORD,
    ),
    Door(
        kind=ChangeOutcome.ESCALATION,
        words="Record an answer from above",
        url_name="cases:record_oversight",
        permission=Permission.OVERSIGHT_RECORD,
    ),
    Door(
        kind=ChangeOutcome.PLAN,
        words="Plans, priority and worker, from the child’s page",
        url_name="cases:child",
        permission=Permission.CHANGE_TRIAGE,
    ),
)


def workers_named(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """A lead worker was named, or another one."""
    return [
        Witnessed(
            child_id=row.child_id, at=row.from_at, subject_kind="allocation", subject_id=row.pk
        )
        for row in Allocation.objects.filter(
            child__in=child_ids, role=WorkerRole.LEAD, from_at__gte=since
        ).order_by("from_at")
    ]


def seen(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """The child was seen at a visit."""
    return [
        Witnessed(
            child_id=row.child_id,
            at=row.at,
            subject_kind="visit",
            subject_id=row.child_id,
            url_name="cases:visits",
        )
        for row in VisitChild.objects.filter(
            child__in=child_ids, was_seen=True, at__gte=since
        ).order_by("at")
    ]


def answered_above(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """A manager above answered what was put to them, with directions."""
    return [
        Witnessed(
            child_id=row.child_id,
            at=row.at,
            subject_kind="oversight",
            subject_id=row.oversight_id,
            url_name="cases:oversight",
        )
        for row in OversightChild.objects.filter(
            child__in=child_ids, kind=OversightKind.ESCALATION, at__gte=since
        ).order_by("at")
    ]


def places_changed(*, child_ids: Collection[UUID], since: datetime) -> Iterable[Witnessed]:
    """The family's priority or place in a queue was changed, or its risk rated anew."""
    entries = list(
        WaitingEntry.objects.filter(child__in=child_ids).values_list("group_id", "child_id")
    )
    first: dict[UUID, WaitingChange] = {}
    for row in WaitingChange.objects.filter(
        group__in={group for group, _child in entries}, at__gte=since
    ).order_by("at"):
        first.setdefault(row.group_id, row)
    return [
        Witnessed(
            child_id=child_id,
            at=first[group].at,
            subject_kind="waiting",
            subject_id=group,
        )
        for group, child_id in entries
        if group in first
    ]
