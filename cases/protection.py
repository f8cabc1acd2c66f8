"""Which children are in a section 47 enquiry or have a child protection plan.

Only this module writes `Protection`. Whoever keeps the enquiry or the plan says when it begins
and ends; transfer, closure and flags ask here without knowing those rooms.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from cases.choices import ProtectionKind
from cases.models import Protection
from lib import application_clock
from people.queries import records_of


def begin(*, child_id: UUID, kind: ProtectionKind, subject_id: UUID, at: datetime) -> None:
    """Say that it began for a child."""
    Protection.objects.create(
        child_id=child_id,
        kind=kind,
        subject_id=subject_id,
        from_at=at,
        recorded_at=application_clock.now(),
    )


def end(*, subject_id: UUID, at: datetime) -> None:
    """Say that an enquiry or a plan is over."""
    row = Protection.objects.filter(subject_id=subject_id, to_at__isnull=True).first()
    if row is not None:
        row.to_at = max(at, row.from_at)
        row.save(update_fields=["to_at"])


def protected(*, child_ids: Collection[UUID]) -> dict[UUID, set[ProtectionKind]]:
    """Give what each of these children is in now, on whichever of their records it stands.

    Nothing for the others; a fixed number of queries.
    """
    heads = records_of(person_ids=child_ids)
    under: dict[UUID, set[ProtectionKind]] = {}
    for child_id, kind in Protection.objects.filter(
        child__in=list(heads), to_at__isnull=True
    ).values_list("child_id", "kind"):
        under.setdefault(heads[child_id], set()).add(ProtectionKind(kind))
    return {child_id: under[heads[child_id]] for child_id in child_ids if heads[child_id] in under}
