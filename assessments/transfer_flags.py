"""What is late on the way to the longer-term team (domain.md 4.2): each rule reads its clocks."""

from datetime import datetime
from typing import Any

from django.db.models import Case, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.permissions import Permission
from assessments import transfer_clocks
from assessments.models import Transfer, TransferChild
from assessments.timescales import OURS
from cases.flags import manager_of, worker_of
from record import flags
from record.flags import Fact, FlagRule, Select
from record.models import Clock, FlagSeverity


def _late(at: datetime, *rules: str) -> QuerySet[Clock]:
    return Clock.objects.filter(
        subject_kind=transfer_clocks.SUBJECT,
        rule__in=rules,
        stopped_at__isnull=True,
        due_at__lt=at,
    )


def _of_transfer(column: str) -> Subquery:
    return Subquery(Transfer.objects.filter(pk=OuterRef("subject_id")).values(column)[:1])


#: The flag of a whole family stands under its eldest child.
ELDEST = Subquery(
    TransferChild.objects.filter(transfer=OuterRef("subject_id"), is_in=True)
    .order_by("child__date_of_birth", "pk")
    .values("child_id")[:1]
)
FACTS = {"started_at": "started_at", "due_at": "due_at"}


def _step(at: datetime, rule: str, severity: FlagSeverity) -> Select:
    """A step of the receiving manager; the sender answers for the family meanwhile."""
    return flags.select(
        _late(at, rule),
        severity=severity,
        since="started_at",
        subject="subject_id",
        child=ELDEST,
        owner=_of_transfer("to_team__manager_id"),
        manager=_of_transfer("from_team__manager_id"),
        facts=FACTS,
    )


def not_met(at: datetime) -> Select:
    """The transfer meeting is late."""
    return _step(at, "TRF-MEET", FlagSeverity.AMBER)


def no_worker(at: datetime) -> Select:
    """An accepted family has no worker in time."""
    return _step(at, "TRF-ALLOC", FlagSeverity.RED)


def no_joint_visit(at: datetime) -> Select:
    """The joint visit is late."""
    return _step(at, "TRF-JV", FlagSeverity.AMBER)


def too_long(at: datetime) -> Select:
    """A family has been ready for too long: the head of service, then the director."""
    head = _of_transfer("from_team__parent__manager_id")
    return flags.select(
        _late(at, *transfer_clocks.LONG),
        severity=Case(
            When(rule="TRF-LONG-DCS", then=Value(FlagSeverity.CRITICAL.value)),
            default=Value(FlagSeverity.RED.value),
        ),
        since="started_at",
        subject="subject_id",
        child=ELDEST,
        owner=Coalesce(head, _of_transfer("from_team__manager_id")),
        manager=Case(
            When(
                rule="TRF-LONG-DCS",
                then=Coalesce(_of_transfer("from_team__parent__parent__manager_id"), head),
            ),
            default=_of_transfer("from_team__manager_id"),
        ),
        facts=FACTS,
    )


def not_seen(at: datetime) -> Select:
    """A child on the way has not been seen in time."""
    return flags.select(
        _late(at, *transfer_clocks.VISITS),
        severity=FlagSeverity.RED,
        since="started_at",
        subject="subject_id",
        owner=worker_of(),
        manager=manager_of(),
        facts=FACTS,
    )


def _rule(code: str, **said: Any) -> FlagRule:
    return FlagRule(
        code=code,
        subject_kind=transfer_clocks.SUBJECT,
        permission=Permission.TRANSFER_READ,
        source=OURS,
        facts=(Fact("started_at", "Counted from", "moment"), Fact("due_at", "Due", "moment")),
        url_name="assessments:transfer",
        url_words="Go to the transfer",
        **said,
    )


TRANSFER_FLAGS = (
    _rule(
        "F-TRF-MEET",
        name="Transfer meeting late",
        finding="The meeting about the transfer of {child} is {late} late",
        words="Both teams meet within 5 working days of the family being ready",
        clears="It clears when the meeting is recorded, or the transfer withdrawn",
        breaches=not_met,
        told=("M", "RM"),
        limits=("TRF-MEET",),
    ),
    _rule(
        "F-TRF-ALLOC",
        name="No worker after a transfer was accepted",
        finding="{child} and family were accepted and have no worker, {late} late",
        words="A worker is named within 10 working days of accepting the family",
        clears="It clears when a worker is named",
        breaches=no_worker,
        told=("M", "RM", "HOS"),
        limits=("TRF-ALLOC",),
    ),
    _rule(
        "F-TRF-JV",
        name="Joint visit late",
        finding="The joint visit to {child} and family is {late} late",
        words="Both workers visit together within 10 working days of naming the new one",
        clears="It clears when the transfer is completed with the joint visit",
        breaches=no_joint_visit,
        told=("M", "RM"),
        limits=("TRF-JV",),
    ),
    _rule(
        "F-TRF-LONG",
        name="Transfer takes too long",
        finding="The transfer of {child} and family is not completed, {late} late",
        words="A transfer is completed within 20 working days of the family being ready; the"
        " director is told at 30",
        clears="It clears when the transfer is completed or withdrawn",
        breaches=too_long,
        told=("HOS", "DCS"),
        limits=("TRF-LONG", "TRF-LONG-DCS"),
    ),
    _rule(
        "F-TRF-VISIT",
        name="Not seen while waiting",
        finding="{child} waits for the transfer and has not been seen, {late} late",
        words="A child on the way is seen every 20 working days, with a protection plan every 10",
        clears="It clears when a visit at which this child was seen is recorded",
        breaches=not_seen,
        told=("W", "M", "RM"),
        limits=("TRF-VISIT", "TRF-VISIT-CPP"),
    ),
)
