"""What is late or missing in the shared work: management oversight (domain.md 4.2)."""

from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.permissions import Permission
from cases.choices import InvolvementKind, OversightKind, Queue, WorkerRole
from cases.models import (
    Allocation,
    OversightAction,
    OversightChild,
    Responsibility,
)
from lib.working_days import london_date
from record import flags, policy
from record.calendar import working_days_ago
from record.flags import Fact, FlagRule, Select
from record.models import FlagSeverity

OURS = "Our choice"
STANDARDS = "Local practice: published supervision standards of other authorities"


def manager_of(child: str = "child_id") -> Subquery:
    """Who answers for the child of a row."""
    live = Responsibility.objects.filter(child=OuterRef(child), to_at__isnull=True)
    return Subquery(live.values("manager_id")[:1])


def worker_of(child: str = "child_id") -> Coalesce:
    """Who works with the child of a row; the manager while there is nobody."""
    lead = Allocation.objects.filter(
        child=OuterRef(child), role=WorkerRole.LEAD, to_at__isnull=True
    )
    return Coalesce(Subquery(lead.values("worker_id")[:1]), manager_of(child))


def since(moment: str, *, red_before: datetime) -> Case:
    """Amber, and red when it began before a moment."""
    return Case(
        When(Q(**{f"{moment}__lt": red_before}), then=Value(FlagSeverity.RED.value)),
        default=Value(FlagSeverity.AMBER.value),
    )


def _days(key: str, at: datetime) -> int:
    return int(policy.value(key, at=at))


# Management oversight ---------------------------------------------------------------------------


def no_direction(at: datetime) -> Select:
    """A worker was named and no direction given."""
    given = OversightChild.objects.filter(
        child=OuterRef("child"), kind=OversightKind.ALLOCATION, at__gte=OuterRef("from_at")
    )
    return flags.select(
        Allocation.objects.filter(
            ~Exists(given),
            role=WorkerRole.LEAD,
            to_at__isnull=True,
            find_out="",
            from_at__lt=working_days_ago(_days("OVS-ALLOC", at), at=at),
        ),
        severity=FlagSeverity.AMBER,
        since="from_at",
        owner=manager_of(),
        manager=manager_of(),
        facts={"worker_id": "worker_id", "from_at": "from_at"},
    )


def not_carried_out(at: datetime) -> Select:
    """A manager's direction is past its date and nobody has said what became of it."""
    late = london_date(working_days_ago(_days("OVS-ACT", at) - 1, at=at))
    red = london_date(working_days_ago(_days("OVS-ACT-RED", at) - 1, at=at))
    return flags.select(
        OversightAction.objects.filter(is_done__isnull=True, due_on__lt=late),
        severity=since("due_on", red_before=red),  # type: ignore[arg-type]
        since="oversight__recorded_at",
        child="oversight__children__child_id",
        owner="owner_id",
        manager=manager_of("oversight__children__child_id"),
        facts={
            "due_on": "due_on",
            "owner_id": "owner_id",
            "oversight_id": "oversight_id",
            "by_id": "oversight__by_id",
        },
    )


LOOKED = f"""
    SELECT open.child_id, held.manager_id, held.team_id, last.at AS last_at, pace.days,
        pace.soon_before, pace.amber_before, pace.red_before,
        greatest(open.from_at, last.at) AS since_at
    FROM (
        SELECT child_id, min(from_at) AS from_at, CASE
            WHEN bool_and(kind = '{InvolvementKind.EARLY_HELP}') THEN 'early_help'
            WHEN bool_or(is_steady) AND NOT bool_or(kind = '{InvolvementKind.ASSESSMENT}')
                AND NOT EXISTS (
                    SELECT FROM cases_waitingentry AS waits
                    WHERE waits.child_id = involved.child_id AND waits.ended_at IS NULL
                        AND waits.queue <> '{Queue.EARLY_HELP}'
                ) THEN 'steady'
            ELSE 'usual' END AS pace
        FROM cases_involvement AS involved
        WHERE to_at IS NULL AND kind IN (
            '{InvolvementKind.REFERRAL}', '{InvolvementKind.ASSESSMENT}',
            '{InvolvementKind.PLAN}', '{InvolvementKind.EARLY_HELP}'
        ) AND {{of}}
        GROUP BY child_id
    ) AS open
    JOIN (VALUES
        ('usual', %s, %s, %s, %s), ('steady', %s, %s, %s, %s), ('early_help', %s, %s, %s, %s)
    ) AS pace(pace, days, soon_before, amber_before, red_before) USING (pace)
    LEFT JOIN cases_responsibility AS held
        ON held.child_id = open.child_id AND held.to_at IS NULL
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM cases_oversightchild WHERE child_id = open.child_id
    ) AS last ON true
"""  # noqa: S608 - our own codes stand in it
GAP = f"""
SELECT child_id AS subject_id, child_id,
    CASE WHEN since_at < red_before THEN 'red' ELSE 'amber' END AS severity,
    manager_id AS owner_id, manager_id, since_at,
    jsonb_build_object('last_at', last_at, 'counted_from', since_at, 'limit', days) AS facts
FROM ({LOOKED.format(of="true")}) AS looked
WHERE since_at < amber_before
"""  # noqa: S608 - our own codes stand in it


def paces(at: datetime) -> list[int | datetime]:
    """The values of `LOOKED`: for each pace its limit, and from when on it is near, over, red."""
    over, soon = _days("OVS-GAP-RED", at), _days("OVS-GAP-SOON", at)
    params: list[int | datetime] = []
    for key in ("OVS-GAP", "OVS-GAP-STEADY", "OVS-GAP-EARLY-HELP"):
        days = _days(key, at)
        params += [
            days,
            working_days_ago(max(days - soon, 0), at=at),
            working_days_ago(days, at=at),
            working_days_ago(days + over, at=at),
        ]
    return params


def oversight_gap(at: datetime) -> Select:
    """An open child about whom no manager has recorded anything for too long."""
    return Select(GAP, tuple(paces(at)))


FLAGS = (
    FlagRule(
        code="F-OVS-ALLOC",
        name="No direction given",
        finding="No direction was given when {worker} began with {child}",
        words="A manager gives direction within 2 working days of naming a worker",
        clears="It clears when a manager records the direction",
        subject_kind="allocation",
        breaches=no_direction,
        permission=Permission.OVERSIGHT_READ,
        told=("M",),
        source=OURS,
        limits=("OVS-ALLOC",),
        url_name="cases:record_oversight",
        url_words="Record the direction",
        url_takes="child",
        facts=(
            Fact("worker_id", "Worker", "user"),
            Fact("from_at", "With the child since", "moment"),
        ),
    ),
    FlagRule(
        code="F-OVS-GAP",
        name="No oversight recorded",
        finding="No management oversight of {child} since {since}",
        words="A manager records oversight of every open child each 20 working days; each 40 on a"
        " steady plan, each 30 in early help",
        clears="It clears when a manager records oversight of this child",
        subject_kind="person",
        breaches=oversight_gap,
        permission=Permission.OVERSIGHT_READ,
        told=("M", "HOS"),
        source=STANDARDS,
        limits=("OVS-GAP", "OVS-GAP-STEADY", "OVS-GAP-EARLY-HELP", "OVS-GAP-RED"),
        url_name="cases:record_oversight",
        url_words="Record oversight",
        url_takes="child",
        facts=(
            Fact("last_at", "Last recorded", "moment"),
            Fact("counted_from", "Counted from", "moment"),
            Fact("limit", "Working days allowed", "number"),
        ),
    ),
    FlagRule(
        code="F-OVS-ACT",
        name="Direction not carried out",
        finding="A direction about {child} is past its date",
        words="What a manager directs is carried out by its date, or the reason is recorded",
        clears="It clears when somebody records whether it was carried out",
        subject_kind="oversight_action",
        breaches=not_carried_out,
        permission=Permission.OVERSIGHT_READ,
        told=("W", "M"),
        source=OURS,
        limits=("OVS-ACT", "OVS-ACT-RED"),
        url_name="cases:direction",
        url_words="Say whether it was carried out",
        facts=(
            Fact("by_id", "Directed by", "user"),
            Fact("owner_id", "To be done by", "user"),
            Fact("due_on", "By when", "date"),
        ),
    ),
)
