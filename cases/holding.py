"""Who holds the child: what is open, and the one team and manager who answer for it.

Only this module writes `Involvement` and `Responsibility`. The child's person row is locked
first, always in order of id, so that two moves of one child never pass each other; the
database refuses an open child without a holder and a child with two (decisions.md 39-41).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Max
from django.db.models.functions import Greatest

from accounts.models import Team, User
from accounts.permissions import Authority
from cases import reactions
from cases.choices import STATUTORY_INVOLVEMENTS, InvolvementKind
from cases.models import Allocation, Involvement, Responsibility
from lib import application_clock
from lib.prepared import Insert, Prepared
from people.models import Person
from record import events

_INSERT_INVOLVED = Insert(Involvement)
_INSERT_HELD = Insert(Responsibility)
_LOCKED = Prepared(
    lambda child_ids: (
        Person.objects.filter(pk__in=child_ids)
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk")
    ),
    child_ids=list[UUID],
)


def lock(child_ids: Iterable[UUID]) -> None:
    """Lock the children's rows, in order of id, until the transaction ends."""
    ids = list(child_ids)
    if ids:
        _LOCKED(child_ids=ids)


_INVOLVED: Prepared[UUID] = Prepared(
    lambda child_ids, kind, subject_id: Involvement.objects.filter(
        child__in=child_ids, kind=kind, subject_id=subject_id, to_at__isnull=True
    ).values_list("child_id", flat=True),
    child_ids=list[UUID],
    kind=str,
    subject_id=UUID,
)
_OPEN: Prepared[UUID] = Prepared(
    lambda child_ids: Involvement.objects.filter(
        child__in=child_ids, to_at__isnull=True
    ).values_list("child_id", flat=True),
    child_ids=list[UUID],
)
_HELD: Prepared[UUID] = Prepared(
    lambda child_ids: Responsibility.objects.filter(
        child__in=child_ids, to_at__isnull=True
    ).values_list("child_id", flat=True),
    child_ids=list[UUID],
)
_LAST_HELD = Prepared(
    lambda child_ids: (
        Responsibility.objects.filter(child__in=child_ids, to_at__isnull=False)
        .values_list("child_id")
        .annotate(Max("to_at"))
    ),
    child_ids=list[UUID],
)


def start(
    *,
    child_id: UUID,
    kind: InvolvementKind,
    subject_id: UUID,
    at: datetime,
    team: Team,
    authority: Authority | None,
) -> None:
    """Open an involvement. A child whom nobody holds is from now on held by `team`."""
    start_each(
        child_ids=[child_id],
        kind=kind,
        subject_id=subject_id,
        at=at,
        team=team,
        authority=authority,
    )


def start_each(
    *,
    child_ids: Collection[UUID],
    kind: InvolvementKind,
    subject_id: UUID,
    at: datetime,
    team: Team,
    authority: Authority | None,
) -> None:
    """Do for each of several children what `start` does for one."""
    now = application_clock.now()
    ids = list(child_ids)
    already = set(_INVOLVED(child_ids=ids, kind=kind, subject_id=subject_id))
    _INSERT_INVOLVED(
        Involvement(
            child_id=child_id, kind=kind, subject_id=subject_id, from_at=at, recorded_at=now
        )
        for child_id in child_ids
        if child_id not in already
    )
    held = set(_HELD(child_ids=ids))
    _take(
        [child_id for child_id in child_ids if child_id not in held],
        team,
        at,
        reason=f"{kind}.started",
        authority=authority,
    )
    began = [child_id for child_id in child_ids if child_id not in already]
    if kind == InvolvementKind.PLAN and authority is not None and began:
        for reaction in reactions.plan_began:
            reaction(child_ids=began, plan_id=subject_id, authority=authority, at=at)


def end(*, child_id: UUID, kind: InvolvementKind, subject_id: UUID, at: datetime) -> None:
    """Close an involvement; when nothing else is open, nobody needs to hold the child."""
    end_each(child_ids=[child_id], kind=kind, subject_id=subject_id, at=at)


def end_each(
    *, child_ids: Collection[UUID], kind: InvolvementKind, subject_id: UUID, at: datetime
) -> None:
    """Do for each of several children what `end` does for one."""
    Involvement.objects.filter(
        child_id__in=child_ids, kind=kind, subject_id=subject_id, to_at__isnull=True
    ).update(to_at=Greatest(F("from_at"), at))
    still_open = set(_OPEN(child_ids=list(child_ids)))
    Responsibility.objects.filter(
        child_id__in=set(child_ids) - still_open, to_at__isnull=True
    ).update(to_at=Greatest(F("from_at"), at))


def set_steady(*, subject_id: UUID, is_steady: bool) -> None:
    """Say whether a plan is past its first review, and so is supervised less often."""
    Involvement.objects.filter(
        subject_id=subject_id, kind=InvolvementKind.PLAN, to_at__isnull=True
    ).update(is_steady=is_steady)


def move(
    *, child_id: UUID, to: Team, at: datetime, reason: str, authority: Authority | None
) -> None:
    """Pass responsibility to another team's manager, without a moment in between."""
    current = (
        Responsibility.objects.select_for_update()
        .filter(child_id=child_id, to_at__isnull=True)
        .first()
    )
    if current is not None:
        if current.team_id == to.pk and current.manager_id == to.manager_id:
            return
        at = max(at, current.from_at)
        current.to_at = at
        current.save(update_fields=["to_at"])
    _take([child_id], to, at, reason=reason, authority=authority)


def manager_changed(*, team: Team, old: User, new: User, at: datetime, by: User) -> None:
    """Move every child of the team to its new manager (accounts.reactions.manager_changed)."""
    held = list(
        Responsibility.objects.select_for_update()
        .filter(team=team, to_at__isnull=True)
        .exclude(manager=new)
        .order_by("child_id")
    )
    for responsibility in held:
        moment = max(at, responsibility.from_at)
        responsibility.to_at = moment
        responsibility.save(update_fields=["to_at"])
        _take([responsibility.child_id], team, moment, reason="manager.changed", authority=None)


def is_open(child_id: UUID) -> bool:
    """Say whether anything of ours is open for this child."""
    return Involvement.objects.filter(child_id=child_id, to_at__isnull=True).exists()


def is_kept_open(child_id: UUID, *, by_id: UUID) -> bool:
    """Say whether this contact, enquiry or referral keeps the child open."""
    return Involvement.objects.filter(
        child_id=child_id, subject_id=by_id, to_at__isnull=True
    ).exists()


def kept_open(*, by_id: UUID) -> list[UUID]:
    """The children whom this contact, enquiry or referral keeps open."""
    return list(
        Involvement.objects.filter(subject_id=by_id, to_at__isnull=True)
        .order_by("child_id")
        .values_list("child_id", flat=True)
    )


_STATUTORY: Prepared[UUID] = Prepared(
    lambda child_ids: Involvement.objects.filter(
        child__in=child_ids, kind__in=sorted(STATUTORY_INVOLVEMENTS), to_at__isnull=True
    ).values_list("child_id", flat=True),
    child_ids=list[UUID],
)


def with_open_statutory_work(child_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the children who have an open referral, assessment or plan."""
    ids = list(child_ids)
    return frozenset(_STATUTORY(child_ids=ids) if ids else ())


def _take(
    child_ids: Collection[UUID],
    team: Team,
    at: datetime,
    *,
    reason: str,
    authority: Authority | None,
) -> None:
    """Let the team answer for children whom nobody holds, from when they were last held on."""
    if not child_ids:
        return
    last_held: dict[UUID, datetime] = dict(_LAST_HELD(child_ids=list(child_ids)))
    from_at = {child_id: max(at, last_held.get(child_id, at)) for child_id in child_ids}
    now = application_clock.now()
    _INSERT_HELD(
        Responsibility(
            child_id=child_id,
            team=team,
            manager_id=team.manager_id,
            from_at=from_at[child_id],
            reason=reason[:40],
            recorded_at=now,
        )
        for child_id in child_ids
    )
    for child_id in child_ids:
        events.append(
            "responsibility.moved",
            authority=authority,
            at=from_at[child_id],
            subject_kind="team",
            subject_id=team.pk,
            children=[child_id],
            data={"team_id": str(team.pk), "manager_id": str(team.manager_id), "reason": reason},
        )


def open_work(*, person_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[str]]:
    """What stands in the way of linking these records (people.holds.open_work)."""
    found: dict[UUID, list[str]] = {}
    for row in Involvement.objects.filter(
        child__in=person_ids, kind__in=STATUTORY_INVOLVEMENTS, to_at__isnull=True
    ).order_by("from_at", "pk"):
        found.setdefault(row.child_id, []).append(f"an open {row.get_kind_display().lower()}")
    for held in (
        Responsibility.objects.filter(child__in=person_ids, to_at__isnull=True)
        .select_related("manager")
        .order_by("pk")
    ):
        found.setdefault(held.child_id, []).append(f"held by {held.manager.full_name}")
    return found


def is_worker_of(user: User, child_id: UUID) -> bool:
    """Say whether somebody works with a child, and so sees who reads the record."""
    return Allocation.objects.filter(child=child_id, worker=user, to_at__isnull=True).exists()
