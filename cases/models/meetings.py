"""Which agencies a meeting about children asked, who came, and what was contributed in writing.

A strategy discussion, a conference and a core group are different rooms' work; which agencies take
part is one fact, so that it can be read for each agency and kind of meeting.
"""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q

from cases.choices import MeetingKind, Reliability, Sharing
from record.models import append_only


class MeetingPart(models.Model):
    """One agency at one meeting: invited, came, sent information beforehand, or absent and why.

    `meeting_at` is empty until the meeting is held. `contributed_at` is its first contribution.
    """

    class Reply(models.TextChoices):
        COMING = "coming", "Will take part"
        NOT_COMING = "not_coming", "Cannot take part"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=18, choices=MeetingKind)
    meeting_id = models.UUIDField()
    meeting_at = models.DateTimeField(null=True)
    agency = models.ForeignKey("accounts.PartnerAgency", models.PROTECT, related_name="+")
    asked = models.TextField(blank=True)
    invited_at = models.DateTimeField()
    invited_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    reply = models.CharField(max_length=10, choices=Reply, blank=True)
    reply_note = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True)
    has_attended = models.BooleanField(null=True)
    who = models.CharField(max_length=200, blank=True)
    absent_because = models.TextField(blank=True)
    contributed_at = models.DateTimeField(null=True)
    minutes_sent_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_part_once", fields=["meeting_id", "agency"]),
            models.CheckConstraint(
                name="cases_part_attended_when_held",
                condition=Q(meeting_at__isnull=True, has_attended__isnull=True)
                | Q(meeting_at__isnull=False, has_attended__isnull=False),
            ),
            models.CheckConstraint(
                name="cases_part_absent_or_why",
                condition=Q(has_attended__isnull=True)
                | Q(has_attended=True)
                | ~Q(absent_because="")
                | Q(contributed_at__isnull=False, contributed_at__lte=F("meeting_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "-invited_at"], name="cases_part_of_agency"),
            models.Index(fields=["kind", "meeting_at"], name="cases_part_kind"),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="held_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__has_attended__isnull=False)
                & (
                    pgtrigger.Q(old__has_attended__df=pgtrigger.F("new__has_attended"))
                    | pgtrigger.Q(old__absent_because__df=pgtrigger.F("new__absent_because"))
                    | pgtrigger.Q(old__meeting_at__df=pgtrigger.F("new__meeting_at"))
                ),
            ),
        ]

    @property
    def has_sent_information(self) -> bool:
        """Whether what it contributed was there when the meeting was held."""
        if self.contributed_at is None:
            return False
        return self.meeting_at is None or self.contributed_at <= self.meeting_at


class MeetingContribution(models.Model):
    """What an agency contributed in writing, by itself or typed for it. More is added beneath."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    part = models.ForeignKey(MeetingPart, models.PROTECT, related_name="contributions")
    author = models.CharField(max_length=200)
    information = models.TextField()
    reliability = models.CharField(max_length=11, choices=Reliability)
    sharing = models.CharField(max_length=10, choices=Sharing)
    how = models.CharField(max_length=60)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]
