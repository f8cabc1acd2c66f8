"""The words of an assessment, box by box, while several people write them."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q

from assessments.choices import KeptBecause
from assessments.models.assessment import Assessment
from cases.models import VisitChild
from people.models import Person
from record.models import append_only


class AssessmentText(models.Model):
    """What one box holds now: a shared one, or one child's.

    A draft until it is submitted, overwritten freely (decisions.md 86); `version` counts each
    change, so that two writers notice each other. `window` is the open page it was last saved
    from, whose own next save is no clash. Afterwards a trigger keeps it as it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="texts")
    child = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=20)
    words = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    window = models.UUIDField(null=True)
    kept_version = models.PositiveIntegerField(default=0)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_text_once",
                fields=["assessment", "child", "key"],
                nulls_distinct=False,
            )
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="only_while_written",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=pgtrigger.Func(
                    """
                    IF (SELECT state FROM assessments_assessment WHERE id = NEW.assessment_id)
                       NOT IN ('started', 'in_progress', 'returned')
                    THEN
                        RAISE EXCEPTION 'assessments_only_while_written'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                    """
                ),
            ),
        ]


class TextVersion(models.Model):
    """Words of one box as somebody left them. A clash keeps the words that did not stay, too."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.ForeignKey(AssessmentText, models.PROTECT, related_name="versions")
    words = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    because = models.CharField(max_length=14, choices=KeptBecause)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["text", "-recorded_at"], name="assessments_versions")]
        triggers = [append_only()]


class AssessmentAuthor(models.Model):
    """Somebody who wrote in an assessment, and so never authorises it."""

    id = models.BigAutoField(primary_key=True)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="authors")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    first_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assessments_author_once", fields=["assessment", "user"])
        ]
        triggers = [append_only()]


class Presence(models.Model):
    """Who has the editor open, and in which box they typed last. No record: it fades."""

    id = models.BigAutoField(primary_key=True)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    text = models.ForeignKey(AssessmentText, models.CASCADE, null=True, related_name="+")
    wrote_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_presence_once", fields=["assessment", "user"]
            ),
            models.CheckConstraint(
                name="assessments_presence_pair",
                condition=Q(text__isnull=True, wrote_at__isnull=True)
                | Q(text__isnull=False, wrote_at__isnull=False),
            ),
        ]


class VisitUsed(models.Model):
    """A child's words from a visit were put into a box; the link to the visit stays."""

    id = models.BigAutoField(primary_key=True)
    text = models.ForeignKey(AssessmentText, models.PROTECT, related_name="visits_used")
    visit = models.ForeignKey(VisitChild, models.PROTECT, related_name="+")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assessments_visit_used_once", fields=["text", "visit"])
        ]
        triggers = [append_only()]
