"""Facts a MASH contact may carry: domestic abuse, missing, EDT hand-over."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q

from cases.models import Contact
from people.choices import YesNoUnknown
from people.models import Person
from record.models import append_only


class DomesticAbuse(models.Model):
    """A domestic abuse notification on a contact, and its triage (domain.md 2.17)."""

    class Grade(models.TextChoices):
        STANDARD = "standard", "Standard"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    contact = models.OneToOneField(
        Contact, models.PROTECT, primary_key=True, related_name="domestic_abuse"
    )
    incident_at = models.DateTimeField(null=True)
    incident_as_stated = models.CharField(max_length=100, blank=True)
    victim = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    alleged_perpetrator = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    perpetrator_whereabouts = models.CharField(max_length=300, blank=True)
    where_children_were = models.JSONField(default=dict)
    dash_score = models.PositiveSmallIntegerField(null=True)
    dash_grade = models.CharField(max_length=8, choices=Grade, blank=True)
    dash_by = models.CharField(max_length=200, blank=True)
    dash_on = models.DateField(null=True)
    previous_incidents = models.PositiveSmallIntegerField(null=True)
    previous_note = models.CharField(max_length=300, blank=True)
    safe_contact = models.TextField(blank=True)
    marac_referred = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    marac_on = models.DateField(null=True)
    perpetrator_other_children = models.CharField(max_length=300, blank=True)
    conditions = models.TextField(blank=True)
    triaged_at = models.DateTimeField(null=True)
    triaged_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    triage_note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_dash_in_range",
                condition=Q(dash_score__isnull=True) | Q(dash_score__lte=24),
            ),
            models.CheckConstraint(
                name="mash_da_triage_pair",
                condition=Q(triaged_at__isnull=True, triaged_by__isnull=True)
                | Q(triaged_at__isnull=False, triaged_by__isnull=False),
            ),
        ]


class MissingNotice(models.Model):
    """What a missing notification said. The episode itself is worked later."""

    class Grade(models.TextChoices):
        VERY_LOW = "very_low", "Very low or no apparent risk"
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="missing_notices")
    child = models.ForeignKey(Person, models.PROTECT, related_name="missing_notices")
    reference = models.CharField(max_length=60, blank=True)
    missing_since = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    reported_by = models.CharField(max_length=200, blank=True)
    grade = models.CharField(max_length=8, choices=Grade, blank=True)
    missing_from = models.CharField(max_length=200, blank=True)
    circumstances = models.TextField(blank=True)
    returned_at = models.DateTimeField(null=True)
    where_found = models.CharField(max_length=300, blank=True)
    is_claimed_only = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")


class EdtHandover(models.Model):
    """What the emergency duty team did and left to do; acknowledged by 10:00 next opening.

    Also the day's alert to EDT, before closing. What was written stays; what came of it is told
    by `EdtFollowUp`.
    """

    class State(models.TextChoices):
        RAISED_BY_EDT = "raised_by_edt", "From EDT"
        RAISED_BY_DAY = "raised_by_day", "Alert to EDT"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        ACTIONED = "actioned", "Actioned"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="edt_handovers")
    state = models.CharField(max_length=13, choices=State, default=State.RAISED_BY_EDT)
    is_to_edt = models.BooleanField(default=False, db_default=False)
    what_happened = models.TextField()
    what_was_done = models.TextField(blank=True)
    left_to_do = models.TextField(blank=True)
    by_when = models.DateTimeField(null=True)
    risk_now = models.TextField(blank=True)
    consent_decisions = models.TextField(blank=True)
    told = models.TextField(blank=True)
    is_urgent = models.BooleanField(default=False)
    rang_whom = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_edt_acknowledged_pair",
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            ),
            models.CheckConstraint(
                name="mash_edt_state_fits",
                condition=Q(
                    state__in=["raised_by_edt", "raised_by_day"],
                    acknowledged_at__isnull=True,
                    closed_at__isnull=True,
                )
                | Q(
                    state__in=["acknowledged", "actioned"],
                    acknowledged_at__isnull=False,
                    closed_at__isnull=True,
                )
                | Q(state="closed", acknowledged_at__isnull=False, closed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["at"], name="mash_edt_open", condition=Q(closed_at__isnull=True))
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="words_kept",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "contact",
                    "what_happened",
                    "what_was_done",
                    "left_to_do",
                    "by_when",
                    "risk_now",
                    "consent_decisions",
                    "told",
                    "is_urgent",
                    "rang_whom",
                    "at",
                    "by",
                    "recorded_at",
                ),
            ),
        ]


class EdtFollowUp(models.Model):
    """What came of something EDT, or the day, left to do; the last one may end it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    handover = models.ForeignKey(EdtHandover, models.PROTECT, related_name="follow_ups")
    what = models.TextField()
    is_over = models.BooleanField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="mash_edt_follow_what", condition=~Q(what=""))]
        indexes = [models.Index(fields=["handover", "at"], name="mash_edt_follow_of")]
        triggers = [append_only()]
