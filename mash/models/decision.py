"""What the MASH decided about a contact, child by child."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from cases.choices import Level, Outcome
from cases.models import Contact
from people.models import Person
from record.models import append_only


class Decision(models.Model):
    """What the MASH decided about a contact. Numbered; reopening adds, never replaces.

    `snapshot` holds what the decider could see, as data (decisions.md 65).
    """

    class Kind(models.TextChoices):
        NEXT_STEP = "next_step", "Next step"
        THRESHOLD = "threshold", "Threshold decision"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="decisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=9, choices=Kind)
    outcome = models.CharField(max_length=24, choices=Outcome)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    decided_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    know = models.TextField()
    worries = models.TextField()
    protects = models.TextField()
    alternative = models.TextField()
    look_again_on = models.DateField(null=True)
    late_reason = models.TextField(blank=True)
    cumulative_answer = models.TextField(blank=True)
    agency_dissent = models.TextField(blank=True)
    early_help_should = models.TextField(blank=True)
    consent_position = models.CharField(max_length=14)
    same_words_noticed = models.BooleanField(default=False)
    is_provisional = models.BooleanField(default=False)
    confirms = models.OneToOneField("self", models.PROTECT, null=True, related_name="confirmed_by")
    reopened_because = models.TextField(blank=True)
    snapshot = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_decision_number", fields=["contact", "number"]),
            models.CheckConstraint(
                name="mash_decision_whole",
                condition=~Q(know="")
                & ~Q(worries="")
                & ~Q(protects="")
                & ~Q(alternative="")
                & ~Q(role=""),
            ),
            models.CheckConstraint(
                name="mash_decision_provisional_confirms_nothing",
                condition=Q(is_provisional=False) | Q(confirms__isnull=True),
            ),
        ]
        triggers = [append_only()]


class DecisionChild(models.Model):
    """One child of the decision: in with level, outcome and why, or out and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="decisions")
    is_in = models.BooleanField(null=True)
    level = models.CharField(max_length=2, choices=Level, blank=True)
    statutory_basis = models.CharField(max_length=4, blank=True)
    outcome = models.CharField(max_length=24, choices=Outcome, blank=True)
    why = models.TextField(blank=True)
    primary_need = models.CharField(max_length=2, blank=True)
    other_authority = models.CharField(max_length=200, blank=True)
    to_team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, related_name="+")
    passed_to = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_decision_child_once", fields=["decision", "child"]),
            models.CheckConstraint(
                name="mash_decision_child_whole",
                condition=(Q(is_in=True) & ~Q(level="") & ~Q(outcome="") & ~Q(why=""))
                | (Q(is_in=False, outcome="") & ~Q(why=""))
                | Q(is_in__isnull=True, passed_to__isnull=False),
            ),
        ]
        triggers = [append_only()]


class DecisionElsewhere(models.Model):
    """A child who lives elsewhere: whoever is responsible is told, or not, because."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="elsewhere")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    is_told = models.BooleanField()
    whom = models.CharField(max_length=200, blank=True)
    because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_elsewhere_whole",
                condition=(Q(is_told=True) & ~Q(whom="")) | (Q(is_told=False) & ~Q(because="")),
            )
        ]
        triggers = [append_only()]


class DecisionAction(models.Model):
    """What somebody will do because of the decision, and by when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="actions")
    what = models.TextField()
    owner = models.CharField(max_length=200)
    by_when = models.DateTimeField()

    class Meta:
        triggers = [append_only()]
