"""While a family waits: safe-checks, and pauses at its wish."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q

from cases.choices import RiskLevel
from cases.models import ChangeOfCircumstance, Contact, WaitingGroup
from early_help.models.episode import Episode
from people.models import Person
from record.models import append_only


class SafeCheck(models.Model):
    """Somebody rang or saw a family that waits, and asked how each child is.

    Found worse, it ends in a raised priority, a contact or a change of circumstance, or in the
    coordinator's reason why not; `SafeCheckAnswer` says which.
    """

    class Means(models.TextChoices):
        PHONE = "phone", "Phone"
        VISIT = "visit", "Visit"
        VIDEO = "video", "Video call"
        SCHOOL = "school", "Through school or nursery"
        OTHER = "other", "Another way"

    class Found(models.TextChoices):
        BETTER = "better", "Better"
        SAME = "same", "The same"
        WORSE = "worse", "Worse"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="safe_checks")
    group = models.ForeignKey(WaitingGroup, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    means = models.CharField(max_length=6, choices=Means)
    is_reached = models.BooleanField()
    spoke_to = models.CharField(max_length=200, blank=True)
    found = models.CharField(max_length=6, choices=Found, blank=True)
    what_changed = models.TextField(blank=True)
    told = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_safe_check_whole",
                condition=Q(is_reached=False, found="")
                | (
                    Q(is_reached=True)
                    & ~Q(found="")
                    & ~Q(spoke_to="")
                    & (Q(found="same") | ~Q(what_changed=""))
                ),
            )
        ]
        indexes = [models.Index(fields=["episode", "-at"], name="early_help_safe_check_of")]
        triggers = [append_only()]


class SafeCheckChild(models.Model):
    """How one child is, by a safe-check: the risk now and what it rests on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    check_made = models.ForeignKey(SafeCheck, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    risk = models.CharField(max_length=9, choices=RiskLevel)
    risk_before = models.CharField(max_length=9, choices=RiskLevel, blank=True)
    why = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="early_help_safe_check_child_once", fields=["check_made", "child"]
            ),
            models.CheckConstraint(
                name="early_help_safe_check_child_why", condition=~Q(why="") & ~Q(risk="")
            ),
        ]
        triggers = [append_only()]


class SafeCheckAnswer(models.Model):
    """What a safe-check that found a family worse led to."""

    class Led(models.TextChoices):
        RAISED = "raised", "A higher priority"
        CONTACT = "contact", "A contact: stepped up"
        CHANGE = "change", "A change of circumstance"
        STANDS = "stands", "The priority stands"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    check_made = models.OneToOneField(SafeCheck, models.PROTECT, related_name="answer")
    led_to = models.CharField(max_length=7, choices=Led)
    why = models.TextField()
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+")
    change = models.ForeignKey(ChangeOfCircumstance, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_safe_check_answer_why",
                condition=~Q(why="")
                & (~Q(led_to="contact") | Q(contact__isnull=False))
                & (~Q(led_to="change") | Q(change__isnull=False)),
            )
        ]
        triggers = [append_only()]


class Pause(models.Model):
    """A family asked that its wait pause. It moves the limit of the wait, never the wait."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(WaitingGroup, models.PROTECT, related_name="pauses")
    from_on = models.DateField()
    until_on = models.DateField()
    days = models.PositiveSmallIntegerField()
    words = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_on = models.DateField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="early_help_pause_one", fields=["group"], condition=Q(ended_on__isnull=True)
            ),
            models.CheckConstraint(
                name="early_help_pause_dates",
                condition=Q(until_on__gt=F("from_on")) & ~Q(words="") & Q(days__gt=0),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
