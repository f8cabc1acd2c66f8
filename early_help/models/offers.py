"""Help offered to a family, what it answered, and whether it is safe to let it go."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q

from cases.choices import Priority
from early_help.choices import DeclineReason, Means
from early_help.models.episode import Episode
from record.models import append_only


class Offer(models.Model):
    """A worker of ours, or a lead professional in the community, offered from a first date."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Taken back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="offers")
    worker = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    lead_name = models.CharField(max_length=200, blank=True)
    lead_agency = models.CharField(max_length=200, blank=True)
    lead_contact = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField()
    how = models.CharField(max_length=6, choices=Means)
    note = models.TextField(blank=True)
    out_of_turn_because = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=9, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="early_help_offer_one_open", fields=["episode"], condition=Q(answer="")
            ),
            models.CheckConstraint(
                name="early_help_offer_somebody",
                condition=Q(worker__isnull=False, lead_name="")
                | (Q(worker__isnull=True) & ~Q(lead_name="") & ~Q(lead_agency="")),
            ),
            models.CheckConstraint(
                name="early_help_offer_answer_whole",
                condition=Q(answer="", answered_at__isnull=True, answered_by__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["worker"], name="early_help_offer_of_worker")]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="answered_once",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__answer="")
                & pgtrigger.Q(old__answer__df=pgtrigger.F("new__answer")),
            ),
        ]

    @property
    def who(self) -> str:
        """Whose help was offered."""
        if self.worker is not None:
            return str(self.worker.full_name)
        return f"{self.lead_name}, {self.lead_agency}"


class ContactAttempt(models.Model):
    """Somebody tried to reach the family."""

    class Result(models.TextChoices):
        NO_ANSWER = "no_answer", "No answer"
        MESSAGE = "message", "Message left"
        REACHED = "reached", "Reached"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="attempts")
    at = models.DateTimeField()
    means = models.CharField(max_length=6, choices=Means)
    result = models.CharField(max_length=9, choices=Result)
    note = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["episode", "-at"], name="early_help_attempt_of")]
        triggers = [append_only()]


class Decline(models.Model):
    """A family declined: the code, its own words, and how long it had waited."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="declines")
    offer = models.OneToOneField(Offer, models.PROTECT, null=True, related_name="decline")
    reason = models.CharField(max_length=20, choices=DeclineReason)
    words = models.TextField()
    days_waited = models.PositiveSmallIntegerField()
    priority = models.CharField(max_length=2, choices=Priority, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_decline_whole",
                condition=~Q(words="") & Q(reason__in=DeclineReason.values),
            )
        ]
        indexes = [
            models.Index(fields=["episode", "-at"], name="early_help_decline_of"),
            models.Index(fields=["-at"], name="early_help_declines"),
        ]
        triggers = [append_only()]


class DeclineDecision(models.Model):
    """The coordinator's answer to a decline: is it safe to close, and what happens then."""

    class Then(models.TextChoices):
        CLOSE = "close", "Close: it is safe"
        KEEP = "keep", "Keep the family on the list"
        STEP_UP = "step_up", "Step the family up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decline = models.ForeignKey(Decline, models.PROTECT, related_name="decisions")
    is_safe = models.BooleanField()
    why = models.TextField()
    then = models.CharField(max_length=7, choices=Then)
    consulted = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    consulted_said = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_decline_decision_whole",
                condition=~Q(why="")
                & (Q(is_safe=True, then="close") | Q(is_safe=False, then__in=["keep", "step_up"]))
                & (Q(consulted__isnull=True) | ~Q(consulted_said="")),
            )
        ]
        indexes = [models.Index(fields=["decline", "-at"], name="early_help_decided_decline")]
        triggers = [append_only()]
