"""Filters of a list that somebody keeps."""

import uuid

from django.db import models


class SavedView(models.Model):
    """Somebody's named filter of the triage board, or (unnamed) the one they used last."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    list = models.CharField(max_length=30)
    name = models.CharField(max_length=60, blank=True)
    query = models.CharField(max_length=500, blank=True)
    is_shared = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_view_once", fields=["user", "list", "name"])
        ]
