"""What follows a domestic abuse notification with high risk, and a referral for modern slavery."""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from cases.models import Contact
from mash.models.exploitation import ExploitationScreening
from people.models import Person, history
from record.models import append_only


class MaracDecision(models.Model):
    """Whether a notification goes to the meeting on high-risk victims (MARAC), and why."""

    class Ground(models.TextChoices):
        DASH = "dash", "DASH of 14 or more"
        JUDGEMENT = "judgement", "Professional judgement"
        ESCALATION = "escalation", "Incidents become more, or worse"
        NONE = "none", "None: not to be referred"

    contact = models.OneToOneField(Contact, models.PROTECT, primary_key=True, related_name="marac")
    is_referred = models.BooleanField()
    ground = models.CharField(max_length=10, choices=Ground)
    why = models.TextField()
    dash_score = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_marac_whole",
                condition=~Q(why="")
                & ((Q(is_referred=True) & ~Q(ground="none")) | Q(is_referred=False, ground="none")),
            ),
        ]
        triggers = [append_only()]


class MaracOutcome(models.Model):
    """What the meeting agreed for one child, by whom and when; it replaces no child procedure."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(MaracDecision, models.PROTECT, related_name="outcomes")
    child = models.ForeignKey(Person, models.PROTECT, related_name="marac_outcomes")
    held_on = models.DateField()
    action = models.TextField()
    owner = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_marac_child_once", fields=["decision", "child"]),
            models.CheckConstraint(
                name="mash_marac_action_owned",
                condition=~Q(action="")
                & (Q(owner="", due_on__isnull=True) | (~Q(owner="") & Q(due_on__isnull=False))),
            ),
        ]
        triggers = [append_only()]


class MaracListing(models.Model):
    """On which day the meeting hears it. A later listing is a further row; the last one holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(MaracDecision, models.PROTECT, related_name="listings")
    listed_on = models.DateField()
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["decision", "-at"], name="mash_marac_listing_of")]
        triggers = [append_only()]


class MaracAnswer(models.Model):
    """What became of an action that the meeting agreed for a child: done, or not and why."""

    outcome = models.OneToOneField(
        MaracOutcome, models.PROTECT, primary_key=True, related_name="answer"
    )
    is_done = models.BooleanField()
    answer = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="mash_marac_answer_said", condition=~Q(answer=""))
        ]
        triggers = [append_only()]


@pghistory.track(*history(), model_name="NrmReferralHistory")
class NrmReferral(models.Model):
    """A referral to the National Referral Mechanism, or why there is none (domain.md 2.15)."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"
        REASONABLE = "reasonable_grounds", "Reasonable grounds decided"
        CONCLUSIVE = "conclusive_grounds", "Conclusive grounds decided"
        NOT_SUBMITTED = "not_submitted", "Not submitted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="nrm_referrals")
    screening = models.ForeignKey(ExploitationScreening, models.PROTECT, related_name="nrm")
    state = models.CharField(max_length=18, choices=State)
    reference = models.CharField(max_length=60, blank=True)
    submitted_on = models.DateField(null=True)
    consent = models.CharField(max_length=300, blank=True)
    because = models.TextField(blank=True)
    is_reasonable = models.BooleanField(null=True)
    reasonable_on = models.DateField(null=True)
    is_conclusive = models.BooleanField(null=True)
    conclusive_on = models.DateField(null=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_nrm_once", fields=["screening"]),
            models.CheckConstraint(
                name="mash_nrm_state_fits",
                condition=(
                    Q(state="not_submitted", submitted_on__isnull=True, reference="")
                    & ~Q(because="")
                )
                | (
                    ~Q(state="not_submitted")
                    & Q(submitted_on__isnull=False)
                    & ~Q(reference="")
                    & (
                        Q(state="submitted", is_reasonable__isnull=True)
                        | Q(
                            state="reasonable_grounds",
                            is_reasonable__isnull=False,
                            reasonable_on__isnull=False,
                            is_conclusive__isnull=True,
                        )
                        | Q(
                            state="conclusive_grounds",
                            is_reasonable=True,
                            is_conclusive__isnull=False,
                            conclusive_on__isnull=False,
                        )
                    )
                ),
            ),
            models.CheckConstraint(
                name="mash_nrm_in_order",
                condition=(Q(reasonable_on__isnull=True) | Q(reasonable_on__gte=F("submitted_on")))
                & (Q(conclusive_on__isnull=True) | Q(conclusive_on__gte=F("reasonable_on"))),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
