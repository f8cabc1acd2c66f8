"""What is late or left standing while families wait for early help (domain.md 4.2)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from accounts.choices import TeamKind
from accounts.models import Team
from accounts.permissions import Permission
from cases.choices import Queue
from cases.models import WaitingChange, WaitingEntry, WaitingGroup
from cases.timescales import WORKING_TOGETHER
from early_help.choices import DeclineReason
from early_help.models import Decline, EpisodeChild, SafeCheck, StepUp
from early_help.timescales import OURS, REVIEW_RULES, SEVERE_RULES, START_RULES
from people.models import Restriction
from record import flags, policy
from record.calendar import working_days_ago
from record.flags import Fact, FlagRule, Select
from record.models import Clock, FlagSeverity

SUBJECT = "early_help"
HEAD = "team__parent__manager_id"


def _days(key: str, at: datetime) -> int:
    return int(policy.value(key, at=at))


def _late(at: datetime, *rules: str) -> QuerySet[Clock]:
    return Clock.objects.filter(rule__in=rules, stopped_at__isnull=True, due_at__lt=at)


def _of_group(column: str) -> Subquery:
    return Subquery(
        WaitingGroup.objects.filter(
            pk=OuterRef("subject_id"), queue=Queue.EARLY_HELP, ended_at__isnull=True
        ).values(column)[:1]
    )


def _under(rows: QuerySet[Any]) -> Subquery:
    """The child under whom a flag of the whole family stands: the eldest.

    A restricted one goes first, because the family is then as closed as that child is.
    """
    live = Restriction.objects.filter(person=OuterRef("child"), ended_at__isnull=True)
    return Subquery(
        rows.annotate(is_closed=Exists(live))
        .order_by("-is_closed", "child__date_of_birth", "pk")
        .values("child_id")[:1]
    )


_WAITS = _under(WaitingEntry.objects.filter(group=OuterRef("subject_id"), ended_at__isnull=True))
_HELPED = _under(EpisodeChild.objects.filter(episode=OuterRef("episode"), ended_at__isnull=True))


def waits_too_long(at: datetime) -> Select:
    """Help has not started in time: the coordinator, and past the second limit their head."""
    coordinator = _of_group("team__manager_id")
    return flags.select(
        _late(at, *START_RULES, *SEVERE_RULES),
        severity=Case(
            When(rule__in=SEVERE_RULES, then=Value(FlagSeverity.RED.value)),
            default=Value(FlagSeverity.AMBER.value),
            output_field=CharField(),
        ),
        since="started_at",
        subject=_of_group("subject_id"),
        child=_WAITS,
        owner=coordinator,
        manager=Case(
            When(rule__in=SEVERE_RULES, then=Coalesce(_of_group(HEAD), coordinator)),
            default=coordinator,
        ),
        facts={
            "started_at": "started_at",
            "due_at": "due_at",
            "priority": _of_group("priority"),
        },
    )


def not_rung(at: datetime) -> Select:
    """A family that waits has not been rung, some working days past the limit."""
    late = working_days_ago(_days("EH-REVIEW-LATE", at), at=at)
    return flags.select(
        _late(late, *REVIEW_RULES),
        severity=FlagSeverity.AMBER,
        since="started_at",
        subject=_of_group("subject_id"),
        child=_WAITS,
        owner=_of_group("team__manager_id"),
        manager=_of_group("team__manager_id"),
        facts={"started_at": "started_at", "due_at": "due_at"},
    )


def worse_and_nothing_done(at: datetime) -> Select:
    """A family was found worse off; its priority was not raised and no contact opened."""
    late = working_days_ago(_days("EH-RISE", at), at=at)

    def rank(side: str) -> Cast:
        return Cast(KeyTextTransform("queue_rank", F(side)), IntegerField())

    raised = WaitingChange.objects.filter(
        group=OuterRef("group"), what="priority", at__gte=OuterRef("at")
    ).alias(rank_before=rank("before"), rank_after=rank("after"))
    return flags.select(
        SafeCheck.objects.filter(
            ~Exists(raised.filter(rank_after__lt=F("rank_before"))),
            found=SafeCheck.Found.WORSE,
            answer__isnull=True,
            group__ended_at__isnull=True,
            at__lt=late,
        ),
        severity=FlagSeverity.RED,
        since="at",
        subject="episode_id",
        child=_HELPED,
        owner="episode__team__manager_id",
        manager=Coalesce("episode__team__parent__manager_id", "episode__team__manager_id"),
        facts={"at": "at", "by_id": "by_id"},
    )


def many_waited_too_long(at: datetime) -> Select:
    """More families than allowed declined lately because they waited too long."""
    days = _days("EH-DECLINE-DAYS", at)
    return flags.select(
        Decline.objects.filter(
            reason=DeclineReason.WAITED_TOO_LONG, at__gt=at - timedelta(days=days), at__lte=at
        )
        .values("episode__team_id", "episode__team__manager_id", f"episode__{HEAD}")
        .annotate(number=Count("pk"), last_at=Max("at"))
        .filter(number__gt=_days("EH-DECLINE-MOST", at)),
        severity=FlagSeverity.INFO,
        since="last_at",
        subject="episode__team_id",
        child=None,
        owner=Coalesce(f"episode__{HEAD}", "episode__team__manager_id"),
        manager="episode__team__manager_id",
        facts={"last_at": "last_at"},
    )


def step_up_not_decided(at: datetime) -> Select:
    """The MASH has not decided in time what follows from a step-up."""
    late = _late(at, "CON-DEC")
    of_this = late.filter(subject_id=OuterRef("contact"))
    mash = Team.objects.filter(kind=TeamKind.MASH, is_active=True).order_by("name", "pk")
    return flags.select(
        StepUp.objects.filter(state=StepUp.State.SENT, contact__in=late.values("subject_id")),
        severity=FlagSeverity.RED,
        since=Subquery(of_this.values("started_at")[:1]),
        subject="episode_id",
        child=_HELPED,
        owner=Coalesce(Subquery(mash.values("manager_id")[:1]), "episode__team__manager_id"),
        manager="episode__team__manager_id",
        facts={
            "started_at": Subquery(of_this.values("started_at")[:1]),
            "due_at": Subquery(of_this.values("due_at")[:1]),
            "contact_id": "contact_id",
            "reference": "contact__reference",
        },
    )


def _rule(code: str, **said: Any) -> FlagRule:
    return FlagRule(
        **{
            "code": code,
            "subject_kind": SUBJECT,
            "permission": Permission.WAITING_READ,
            "source": OURS,
            "url_name": "early_help:episode",
            "url_words": "Go to the family",
            **said,
        }
    )


_COUNTED = (Fact("started_at", "Counted from", "moment"), Fact("due_at", "Due", "moment"))
FLAGS = (
    _rule(
        "F-EH-WAIT",
        name="Waits too long for early help",
        finding="{child} and family wait for early help, {late} late",
        words="Help starts within 5, 20 or 40 working days of the consented request, as the"
        " priority is; the head of service is told at 10, 30 or 60",
        clears="It clears when help has started, or the family leaves the list",
        breaches=waits_too_long,
        told=("EHC", "HOS"),
        limits=(*START_RULES, *SEVERE_RULES),
        facts=(
            *_COUNTED,
            Fact(
                "priority",
                "Priority",
                "code",
                labels={"p1": "Priority 1", "p2": "Priority 2", "p3": "Priority 3"},
            ),
        ),
    ),
    _rule(
        "F-EH-REV",
        name="Family that waits not rung",
        finding="{child} and family wait and have not been rung, {late} late",
        words="A family that waits is rung every 5, 10 or 20 working days, as the priority is, and"
        " never more than 2 working days late",
        clears="It clears when a safe-check is recorded at which somebody was reached",
        breaches=not_rung,
        told=("EHC",),
        limits=(*REVIEW_RULES, "EH-REVIEW-LATE"),
        facts=_COUNTED,
    ),
    _rule(
        "F-EH-RISE",
        name="Found worse, and nothing done",
        finding="{child} and family were found worse off, and nothing has followed since {since}",
        words="Where a safe-check finds a family worse off, the priority is raised, a contact"
        " opened or a reason given within 1 working day",
        clears="It clears when the coordinator decides what follows from the safe-check",
        breaches=worse_and_nothing_done,
        told=("EHC", "HOS"),
        limits=("EH-RISE",),
        facts=(Fact("at", "Found worse", "moment"), Fact("by_id", "By", "user")),
    ),
    _rule(
        "F-EH-DECL",
        name="Several declined: waited too long",
        finding="Several families of one team declined lately because they waited too long",
        words="The head of service is told when more than 3 families decline within 30 days because"
        " they waited too long",
        clears="It clears when fewer of the last 30 days are left",
        subject_kind="team",
        breaches=many_waited_too_long,
        told=("HOS", "EHC"),
        limits=("EH-DECLINE-MOST", "EH-DECLINE-DAYS"),
        facts=(Fact("last_at", "The last of them", "moment"),),
        url_name="early_help:declines",
        url_words="See who declines, and after how long",
        url_takes="nothing",
    ),
    _rule(
        "F-EH-STEP",
        name="Step-up not decided",
        finding="The MASH has not decided what follows from the step-up of {child} and family,"
        " {late} late",
        words="The MASH decides a step-up like any contact, by the end of the next working day",
        clears="It clears when the MASH decides the contact",
        breaches=step_up_not_decided,
        permission=Permission.CONTACT_READ,
        told=("EHC", "MM"),
        source=WORKING_TOGETHER,
        is_statutory=True,
        facts=(
            *_COUNTED,
            Fact("reference", "Contact", url_name="mash:contact", url_key="contact_id"),
        ),
    ),
)
