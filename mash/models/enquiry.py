"""A MASH enquiry: agencies asked, what they answered, what it means for each child."""

import uuid

from django.db import models
from django.db.models import Q

from cases.choices import Level, Outcome, Reliability, Sharing
from cases.models import Contact
from people.models import Person
from record.models import append_only


class Enquiry(models.Model):
    """Structured multi-agency information gathering on one contact."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CHECKS_IN_PROGRESS = "checks_in_progress", "Checks in progress"
        ANALYSIS = "analysis", "Analysis"
        AWAITING_DECISION = "awaiting_decision", "A decision"
        DECIDED = "decided", "Decided"
        ESCALATED = "escalated", "Escalated"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="enquiries")
    state = models.CharField(max_length=18, choices=State, default=State.OPEN)
    question = models.TextField()
    opened_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    went_on_without = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_enquiry_one_open", fields=["contact"], condition=Q(ended_at__isnull=True)
            )
        ]


class AgencyCheck(models.Model):
    """One request to one agency inside an enquiry, with why it is proportionate to ask."""

    class State(models.TextChoices):
        DRAFT = "draft", "Not sent"
        REQUESTED = "requested", "Asked"
        ACKNOWLEDGED = "acknowledged", "Seen, not answered"
        RETURNED = "returned", "Answered"
        NOTHING_KNOWN = "nothing_known", "Nothing known"
        DECLINED = "declined", "Declined"
        WAIVED = "waived", "Went on without it"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey(Enquiry, models.PROTECT, related_name="checks")
    agency = models.ForeignKey("accounts.PartnerAgency", models.PROTECT, related_name="+")
    why = models.TextField()
    state = models.CharField(max_length=13, choices=State, default=State.REQUESTED)
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    waived_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    waived_because = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_check_waived_whole",
                condition=~Q(state="waived") | (Q(waived_by__isnull=False) & ~Q(waived_because="")),
            ),
            models.CheckConstraint(
                name="mash_check_ended_in_final_state",
                condition=Q(
                    state__in=["returned", "nothing_known", "declined", "waived"],
                    ended_at__isnull=False,
                )
                | Q(state__in=["draft", "requested", "acknowledged"], ended_at__isnull=True),
            ),
        ]


class AgencyCheckChild(models.Model):
    id = models.BigAutoField(primary_key=True)
    check_asked = models.ForeignKey(AgencyCheck, models.PROTECT, related_name="children")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_check_child_once", fields=["check_asked", "person"])
        ]


class AgencyCheckChase(models.Model):
    """Somebody reminded the agency."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    check_asked = models.ForeignKey(AgencyCheck, models.PROTECT, related_name="chases")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    how = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]


class AgencyAnswer(models.Model):
    """What an agency told us, how reliable it is, and whether the family may see it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    check_asked = models.ForeignKey(AgencyCheck, models.PROTECT, related_name="answers")
    state = models.CharField(max_length=13, choices=AgencyCheck.State)
    author = models.CharField(max_length=200)
    information = models.TextField(blank=True)
    reliability = models.CharField(max_length=11, choices=Reliability, blank=True)
    sharing = models.CharField(max_length=10, choices=Sharing, blank=True)
    refusal_reason = models.TextField(blank=True)
    how = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]


class Analysis(models.Model):
    """A MASH social worker's analysis of one child. A better one is a new row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="analyses")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    harm = models.TextField()
    likelihood = models.TextField()
    protective = models.TextField()
    history = models.TextField()
    unknown = models.TextField()
    recommended_level = models.CharField(max_length=2, choices=Level)
    recommended_outcome = models.CharField(max_length=24, choices=Outcome, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["contact", "child", "-recorded_at"], name="mash_analysis_of")
        ]
        triggers = [append_only()]
