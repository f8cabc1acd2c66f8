"""A family put before the MASH by early help, what the MASH answers, and who settles a dispute."""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from cases.choices import ConsentState
from cases.models import Contact
from early_help.models.episode import Episode
from people.models import history


@pghistory.track(*history(), model_name="StepUpHistory")
class StepUp(models.Model):
    """One step-up: a contact with priority. Early help holds until social care has the child.

    The MASH may decide the contact again; the row then says what holds now, and its history what
    was answered before.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed to the coordinator"
        TURNED_DOWN = "turned_down", "The coordinator does not agree"
        SENT = "sent", "Before the MASH"
        TAKEN = "taken", "The MASH takes it on"
        HANDED_OVER = "handed_over", "Social care has the children"
        LINKED = "linked", "Added to the open case"
        REFUSED = "refused", "The MASH takes nothing on"
        GIVEN_BACK = "given_back", "Social care ended its work"
        VOID = "void", "The contact was made void"

    class Because(models.TextChoices):
        SAFE_CHECK = "safe_check", "A safe-check found the family worse off"
        DECLINE = "decline", "Not safe to close after the family declined"
        JUDGEMENT = "judgement", "The worker’s judgement"

    OPEN = (State.PROPOSED, State.SENT, State.TAKEN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="step_ups")
    state = models.CharField(max_length=11, choices=State)
    because = models.CharField(max_length=10, choices=Because)
    is_urgent = models.BooleanField(default=False)
    concern = models.TextField()
    tried = models.TextField()
    agreed = models.CharField(
        max_length=13,
        choices=[
            (each.value, each.label)
            for each in (ConsentState.GIVEN, ConsentState.REFUSED, ConsentState.NOT_ASKED_YET)
        ],
    )
    agreed_words = models.TextField()
    proposed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer_note = models.TextField(blank=True)
    contact = models.OneToOneField(Contact, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decided_why = models.TextField(blank=True)
    should_do = models.TextField(blank=True)
    is_provisional = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="early_help_step_up_one_open",
                fields=["episode"],
                condition=Q(state__in=["proposed", "sent", "taken"]),
            ),
            models.CheckConstraint(
                name="early_help_step_up_whole",
                condition=~Q(concern="") & ~Q(tried="") & ~Q(agreed_words=""),
            ),
            models.CheckConstraint(
                name="early_help_step_up_has_contact",
                condition=Q(state__in=["proposed", "turned_down"], contact__isnull=True)
                | (~Q(state__in=["proposed", "turned_down"]) & Q(contact__isnull=False)),
            ),
            models.CheckConstraint(
                name="early_help_step_up_answer_whole",
                condition=(~Q(state="refused") | (~Q(decided_why="") & ~Q(should_do="")))
                & (~Q(state="turned_down") | (~Q(answer_note="") & Q(answered_by__isnull=False))),
            ),
        ]
        indexes = [
            models.Index(fields=["episode", "-proposed_at"], name="early_help_step_ups_of"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    @property
    def is_open(self) -> bool:
        """Say whether somebody has still to answer, or to take the children."""
        return self.state in self.OPEN


class Escalation(models.Model):
    """A refused step-up put to a named senior manager, and the answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    step_up = models.ForeignKey(StepUp, models.PROTECT, related_name="escalations")
    why = models.TextField()
    to = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    settled_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decide_again = models.BooleanField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="early_help_escalation_one_open",
                fields=["step_up"],
                condition=Q(settled_at__isnull=True),
            ),
            models.CheckConstraint(
                name="early_help_escalation_whole",
                condition=~Q(why="")
                & (
                    Q(
                        settled_at__isnull=True,
                        settled_by__isnull=True,
                        decide_again__isnull=True,
                        answer="",
                    )
                    | (
                        Q(
                            settled_at__isnull=False,
                            settled_by__isnull=False,
                            decide_again__isnull=False,
                        )
                        & ~Q(answer="")
                    )
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["to"],
                name="early_help_escalation_to",
                condition=Q(settled_at__isnull=True),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="settled_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__settled_at__isnull=False),
            ),
        ]
