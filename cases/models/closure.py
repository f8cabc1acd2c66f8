"""How an episode ended: with what reason, what was done, who was told and who carries on."""

import uuid

from django.db import models
from django.db.models import Q

from cases.models.holding import Referral
from cases.models.oversight import ManagementOversight
from record.models import append_only


class Closure(models.Model):
    """One child's referral closed, after everything beneath it was finished (domain.md 2.4)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.OneToOneField(Referral, models.PROTECT, related_name="closure")
    reason = models.CharField(max_length=4)
    closed_on = models.DateField()
    summary = models.TextField()
    told = models.TextField()
    carries_on = models.TextField()
    oversight = models.ForeignKey(ManagementOversight, models.PROTECT, related_name="closures")
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_closure_whole",
                condition=~Q(reason="") & ~Q(summary="") & ~Q(told="") & ~Q(carries_on=""),
            )
        ]
        triggers = [append_only()]
