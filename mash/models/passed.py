"""The line of a restricted child, passed to whoever holds the restriction, and its answer."""

import uuid

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from cases.choices import Level, Outcome
from cases.models import Contact
from mash.models.decision import Decision
from people.models import Person
from record.models import append_only


class PassedLine(models.Model):
    """The line of a restricted child: whoever holds the restriction answers it (decisions.md 84).

    It waits until it is answered, or until the contact is decided again, reopened or void; what
    has ended stays so. A decision that confirms another leaves its lines as they are.
    """

    class Ended(models.TextChoices):
        ANSWERED = "answered", "Answered"
        DECIDED_AGAIN = "decided_again", "The contact was decided again"
        REOPENED = "reopened", "The contact was reopened"
        VOID = "void", "The contact is void"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="passed_lines")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="passed_lines")
    child = models.ForeignKey(Person, models.PROTECT, related_name="passed_lines")
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    passed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=13, choices=Ended, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_passed_once", fields=["decision", "child"]),
            models.UniqueConstraint(
                name="mash_passed_one_waiting",
                fields=["contact", "child"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="mash_passed_ended_pair",
                condition=Q(ended_at__isnull=True, ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner"], name="mash_passed_waiting", condition=Q(ended_at__isnull=True)
            )
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="ended_is_kept",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False),
            ),
        ]


class PassedAnswer(models.Model):
    """What was answered for a restricted child: as whole as a line of the decision itself.

    `snapshot` holds what whoever answered could see, as data (decisions.md 65).
    """

    line = models.OneToOneField(PassedLine, models.PROTECT, primary_key=True, related_name="answer")
    is_in = models.BooleanField()
    level = models.CharField(max_length=2, choices=Level, blank=True)
    statutory_basis = models.CharField(max_length=4, blank=True)
    outcome = models.CharField(max_length=24, choices=Outcome, blank=True)
    why = models.TextField()
    primary_need = models.CharField(max_length=2, blank=True)
    other_authority = models.CharField(max_length=200, blank=True)
    to_team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, related_name="+")
    cumulative_answer = models.TextField(blank=True)
    late_reason = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    snapshot = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_passed_answer_whole",
                condition=~Q(why="")
                & ~Q(role="")
                & (
                    (Q(is_in=True) & ~Q(level="") & ~Q(outcome=""))
                    | Q(is_in=False, level="", outcome="")
                ),
            )
        ]
        triggers = [append_only()]
