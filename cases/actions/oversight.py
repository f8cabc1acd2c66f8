"""A manager's record of what was decided about children, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from accounts.models import User
from accounts.permissions import Authority
from cases.choices import OversightKind
from cases.models import ManagementOversight, OversightAction, OversightChild
from lib import application_clock
from record import events
from record.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Rationale:
    """The structured reasons of a decision (domain.md 2.0.4)."""

    know: str
    worries: str
    decision: str
    why: str
    protects: str = ""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """What somebody is to do, and by when."""

    what: str
    owner_id: UUID
    due_on: date


def write_oversight(
    *,
    authority: Authority,
    at: datetime,
    kind: OversightKind,
    child_ids: Sequence[UUID],
    rationale: Rationale,
    directions: Sequence[Direction] = (),
    look_again_on: date | None = None,
    with_worker: User | None = None,
    subject_kind: str = "",
    subject_id: UUID | None = None,
    corrects: ManagementOversight | None = None,
) -> ManagementOversight:
    """Write a manager's record within an action that has asked for the right.

    :raises Refused: no child, or a reason is missing
    """
    if not child_ids:
        raise Refused("Choose which children you thought about.", field="children")
    for field, asked in (
        ("know", "Say what we know"),
        ("worries", "Say what worries us, and for whom"),
        ("decision", "Say what you decided"),
        ("why", "Say why this and not the alternative"),
    ):
        if not getattr(rationale, field).strip():
            raise Refused(f"{asked}.", field=field)
    now = application_clock.now()
    record = ManagementOversight.objects.create(
        kind=kind,
        at=at,
        know=rationale.know,
        worries=rationale.worries,
        protects=rationale.protects,
        decision=rationale.decision,
        why=rationale.why,
        look_again_on=look_again_on,
        with_worker=with_worker,
        corrects=corrects,
        subject_kind=subject_kind,
        subject_id=subject_id,
        by=authority.user,
        acting_for=authority.acting_for,
        role=authority.role,
        recorded_at=now,
    )
    ids = sorted(set(child_ids))
    OversightChild.objects.bulk_create(
        OversightChild(oversight=record, child_id=child_id, kind=kind, at=at) for child_id in ids
    )
    OversightAction.objects.bulk_create(
        OversightAction(
            oversight=record, what=each.what, owner_id=each.owner_id, due_on=each.due_on
        )
        for each in directions
    )
    events.append(
        "oversight.recorded",
        authority=authority,
        at=at,
        subject_kind="oversight",
        subject_id=record.pk,
        children=ids,
        data={"kind": str(kind)},
    )
    return record
