"""Every child who waits for anything: one row per child under one family group (design.md 2)."""

import uuid

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from cases.choices import Priority, Queue, RiskLevel, WaitingState
from people.models import Person
from record.models import append_only

OVER = ("started", "declined", "stepped_up", "removed")


class WaitingGroup(models.Model):
    """A family in a queue: its priority and why, its place, what it was told.

    `risk_rank`, `queue_rank`, `need_score`, `since_at` and `id` are the order, computed by
    `cases.waiting.place` alone (decisions.md 75). `need_score` holds no points for waiting.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    queue = models.CharField(max_length=12, choices=Queue)
    state = models.CharField(max_length=16, choices=WaitingState, default=WaitingState.WAITING)
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    priority = models.CharField(max_length=2, choices=Priority, blank=True)
    reason = models.TextField()
    factors = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    risk_rank = models.PositiveSmallIntegerField()
    queue_rank = models.PositiveSmallIntegerField()
    need_score = models.PositiveSmallIntegerField(default=0)
    since_at = models.DateTimeField()
    told = models.TextField(blank=True)
    interim_help = models.TextField(blank=True)
    expected_on = models.DateField(null=True)
    paused_until = models.DateField(null=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_waiting_once",
                fields=["queue", "subject_id"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="cases_waiting_ended_pair",
                condition=(Q(ended_at__isnull=True) & ~Q(state__in=OVER))
                | Q(ended_at__isnull=False, state__in=OVER),
            ),
            models.CheckConstraint(
                name="cases_waiting_paused_until",
                condition=~Q(state="paused_by_family") | Q(paused_until__isnull=False),
            ),
            models.CheckConstraint(
                name="cases_waiting_early_help_priority",
                condition=~Q(queue="early_help") | ~Q(priority=""),
            ),
            models.CheckConstraint(
                name="cases_waiting_ended_later",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("since_at")),
            ),
        ]
        indexes = [
            models.Index(
                "queue",
                "risk_rank",
                "queue_rank",
                F("need_score").desc(),
                "since_at",
                "id",
                name="cases_waiting_order",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(fields=["subject_id"], name="cases_waiting_subject"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class WaitingEntry(models.Model):
    """One child who waits. Empty `risk`: not reviewed, placed as high. Who holds is a fact of
    `Responsibility`, last seen of `VisitChild`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(WaitingGroup, models.PROTECT, related_name="entries")
    queue = models.CharField(max_length=12, choices=Queue)
    child = models.ForeignKey(Person, models.PROTECT, related_name="waiting")
    since_at = models.DateTimeField()
    risk = models.CharField(max_length=9, choices=RiskLevel, blank=True)
    risk_at = models.DateTimeField(null=True)
    risk_before = models.CharField(max_length=9, choices=RiskLevel, blank=True)
    ended_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_waiting_child_once",
                fields=["child", "queue"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="cases_waiting_risk_pair",
                condition=Q(risk="", risk_at__isnull=True)
                | (~Q(risk="") & Q(risk_at__isnull=False)),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class WaitingChange(models.Model):
    """Why a family's place changed: the order before and after, by whom, because of what."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(WaitingGroup, models.PROTECT, related_name="changes")
    what = models.CharField(max_length=12)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    why = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["group", "-at"], name="cases_waiting_change_of")]
        triggers = [append_only()]
