"""What a manager decided about children and why, and whether it was carried out."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q

from cases.choices import SHORT_KINDS, OversightKind, OversightQuality
from people.models import Person
from record.models import append_only


class ManagementOversight(models.Model):
    """A manager's recorded decision with its reasons (domain.md 2.0.4, 2.12).

    Advice in passing and supervision need what worries us and what was decided; every other
    kind all its reasons. Never edited: a correction is a further record that names the one it
    corrects. `quality` says what was wrong with the reasons as written, `same_as` whose they are.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=OversightKind)
    at = models.DateTimeField()
    know = models.TextField(blank=True)
    worries = models.TextField()
    protects = models.TextField(blank=True)
    decision = models.TextField()
    why = models.TextField(blank=True)
    look_again_on = models.DateField(null=True)
    with_worker = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    quality = models.CharField(max_length=6, choices=OversightQuality, blank=True)
    same_as = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.UUIDField(null=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_oversight_whole",
                condition=~Q(worries="")
                & ~Q(decision="")
                & (Q(kind__in=SHORT_KINDS) | (~Q(know="") & ~Q(why=""))),
            ),
            models.CheckConstraint(
                name="cases_oversight_same_as",
                condition=Q(quality="copied", same_as__isnull=False)
                | (~Q(quality="copied") & Q(same_as__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id"], name="cases_oversight_subject"),
            models.Index(fields=["by", "-at"], name="cases_oversight_by"),
            models.Index(fields=["id"], name="cases_oversight_empty", condition=~Q(quality="")),
        ]
        triggers = [append_only()]


class OversightChild(models.Model):
    """One child the manager thought about. `at` and `kind` repeat the record's, for the gap."""

    id = models.BigAutoField(primary_key=True)
    oversight = models.ForeignKey(ManagementOversight, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="oversight")
    kind = models.CharField(max_length=20, choices=OversightKind)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_oversight_child_once", fields=["oversight", "child"]
            )
        ]
        indexes = [models.Index(fields=["child", "-at"], name="cases_oversight_latest")]
        triggers = [append_only()]


class OversightAction(models.Model):
    """A direction with owner and date, and whether it was carried out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    oversight = models.ForeignKey(ManagementOversight, models.PROTECT, related_name="actions")
    what = models.TextField()
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    due_on = models.DateField()
    is_done = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_oversight_action_answered",
                condition=Q(
                    is_done__isnull=True, answered_by__isnull=True, answered_at__isnull=True
                )
                | (
                    Q(
                        is_done__isnull=False,
                        answered_by__isnull=False,
                        answered_at__isnull=False,
                    )
                    & ~Q(answer="")
                ),
            )
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_on"],
                name="cases_oversight_action_open",
                condition=Q(is_done__isnull=True),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="answered_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__answered_at__isnull=False),
            ),
        ]
