"""Mapping: several agencies look at children at risk of exploitation together (domain.md 2.15)."""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from accounts.permissions import Permission, holds
from mash.models.exploitation import ExploitationScreening
from mash.models.network import NetworkNode
from people.models import Person, history
from record.models import append_only


class MappingQuerySet(models.QuerySet["MappingMeeting"]):
    def visible_to(self, user: User) -> "MappingQuerySet":
        """Meetings about a child whom `user` may see; of the others on it nothing is shown."""
        if not holds(user, Permission.EXPLOITATION_READ):
            return self.none()
        return self.filter(
            Exists(
                MappingChild.objects.filter(
                    meeting=OuterRef("pk"), child__in=Person.objects.visible_to(user)
                )
            )
        )


@pghistory.track(*history(), model_name="MappingMeetingHistory")
class MappingMeeting(models.Model):
    """A mapping meeting: planned, held with what was said and agreed, and closed."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", "Planned"
        HELD = "held", "Held"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    about = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State, default=State.SCHEDULED)
    follows = models.OneToOneField("self", models.PROTECT, null=True, related_name="followed_by")
    scheduled_for = models.DateTimeField()
    chair = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    scheduled_at = models.DateTimeField()
    scheduled_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    held_at = models.DateTimeField(null=True)
    held_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    said = models.TextField(blank=True)
    agreed = models.TextField(blank=True)
    review_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    closed_because = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField()

    objects = MappingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_mapping_held_whole",
                condition=Q(
                    held_at__isnull=True, held_by__isnull=True, said="", agreed="", review_on=None
                )
                | (
                    Q(held_at__isnull=False, held_by__isnull=False, review_on__isnull=False)
                    & ~Q(said="")
                    & ~Q(agreed="")
                ),
            ),
            models.CheckConstraint(
                name="mash_mapping_state_fits",
                condition=Q(state="scheduled", held_at__isnull=True, closed_at__isnull=True)
                | Q(state="held", held_at__isnull=False, closed_at__isnull=True)
                | (
                    Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                    & ~Q(closed_because="")
                ),
            ),
            models.CheckConstraint(name="mash_mapping_about", condition=~Q(about="")),
        ]
        indexes = [
            models.Index(fields=["state", "scheduled_for", "id"], name="mash_mapping_list"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class MappingChild(models.Model):
    """A child of a mapping meeting, by its screening; what was said of it, and of those at home."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(MappingMeeting, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="mapping_meetings")
    screening = models.ForeignKey(ExploitationScreening, models.PROTECT, related_name="mappings")
    said = models.TextField(blank=True)
    siblings = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_mapping_child_once", fields=["meeting", "child"]),
            models.CheckConstraint(
                name="mash_mapping_child_whole",
                condition=Q(said="", siblings="") | (~Q(said="") & ~Q(siblings="")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="said_once",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__said=""),
            ),
        ]


class MappingPart(models.Model):
    """Somebody asked to a mapping meeting, of an agency or of ours; there, or not and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(MappingMeeting, models.PROTECT, related_name="parts")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    agency = models.CharField(max_length=200)
    invited_at = models.DateTimeField()
    has_attended = models.BooleanField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_mapping_part_place", fields=["meeting", "position"]),
            models.CheckConstraint(
                name="mash_mapping_part_whole",
                condition=~Q(name="")
                & ~Q(agency="")
                & (Q(has_attended__isnull=True) | Q(has_attended=True) | ~Q(note="")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="attended_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__has_attended__isnull=False),
            ),
        ]


class MappingNode(models.Model):
    """What on the picture a mapping meeting spoke about, and what was said of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(MappingMeeting, models.PROTECT, related_name="nodes")
    node = models.ForeignKey(NetworkNode, models.PROTECT, related_name="mappings")
    said = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_mapping_node_once", fields=["meeting", "node"]),
            models.CheckConstraint(name="mash_mapping_node_said", condition=~Q(said="")),
        ]
        triggers = [append_only()]


__all__ = ["MappingChild", "MappingMeeting", "MappingNode", "MappingPart"]
