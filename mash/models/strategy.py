"""A strategy discussion: who called it, about whom, who came, and what was concluded."""

import uuid

from django.db import models
from django.db.models import Q

from cases.models import Contact
from people.models import Person


class StrategyDiscussion(models.Model):
    """Called when the threshold for section 47 may be met. Holding it belongs to its chair."""

    class State(models.TextChoices):
        CALLED = "called", "Called"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="discussions")
    state = models.CharField(max_length=16, choices=State, default=State.CALLED)
    reason = models.TextField()
    is_same_day = models.BooleanField()
    called_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    chair = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    cancelled_because = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["chair", "due_at"],
                name="mash_discussion_called",
                condition=Q(state="called"),
            )
        ]


class StrategyDiscussionChild(models.Model):
    id = models.BigAutoField(primary_key=True)
    discussion = models.ForeignKey(StrategyDiscussion, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="discussions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_discussion_child_once", fields=["discussion", "child"]
            )
        ]
