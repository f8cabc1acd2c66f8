"""Whether the family agrees, who goes on without it and why, and the lawful basis."""

import uuid
from typing import TYPE_CHECKING

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cases.choices import (
    ConsentFrom,
    ConsentScope,
    ConsentState,
)
from cases.models.contacts import Contact
from people.choices import YesNoUnknown
from people.models import Person
from record.models import append_only

if TYPE_CHECKING:
    pass


class ConsentAnswer(models.Model):
    """What one person said about one scope. A new answer is a new row."""

    class How(models.TextChoices):
        SIGNED = "signed", "Signed"
        SPOKEN = "spoken", "Spoken"
        PORTAL = "portal", "In the portal"
        REPORTED = "reported", "As the referrer reports it"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="consent_answers")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    person_as_stated = models.CharField(max_length=200, blank=True)
    asked_as = models.CharField(max_length=14, choices=ConsentFrom)
    is_judged_competent = models.BooleanField(null=True)
    scope = models.CharField(max_length=8, choices=ConsentScope)
    state = models.CharField(max_length=14, choices=ConsentState)
    how = models.CharField(max_length=8, choices=How, blank=True)
    to_what = models.TextField(blank=True)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=60, blank=True)
    interpreter = models.CharField(max_length=200, blank=True)
    told_can_withdraw = models.BooleanField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_consent_answer_state",
                condition=Q(
                    state__in=["not_asked_yet", "given", "refused", "withdrawn", "not_applicable"]
                ),
            )
        ]
        indexes = [models.Index(fields=["contact", "-at"], name="cases_consent_contact")]
        triggers = [append_only()]


class ConsentOverride(models.Model):
    """A request to go on without agreement, and a manager's reasoned answer.

    In office hours the asker is never the decider. An EDT decision is provisional until a
    MASH manager confirms it (clock CONS-CONF).
    """

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        GRANTED = "granted", "Granted"
        REFUSED = "refused", "Refused"
        ENDED = "ended", "Not confirmed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="consent_overrides")
    kind = models.CharField(
        max_length=10,
        choices=[
            (ConsentState.DISPENSED.value, ConsentState.DISPENSED.label),
            (ConsentState.OVERRIDDEN.value, ConsentState.OVERRIDDEN.label),
        ],
    )
    state = models.CharField(max_length=7, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_because = models.TextField(blank=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decided_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decided_role = models.CharField(max_length=30, blank=True)
    decided_at = models.DateTimeField(null=True)
    grounds = ArrayField(models.CharField(max_length=16), default=list)
    why_necessary = models.TextField(blank=True)
    agencies = models.TextField(blank=True)
    attempts = models.TextField(blank=True)
    will_family_be_told = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    family_told_note = models.TextField(blank=True)
    review_on = models.DateField(null=True)
    is_provisional = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirm_note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_override_whole_when_granted",
                condition=~Q(state="granted")
                | (
                    Q(decided_by__isnull=False, decided_at__isnull=False, grounds__len__gt=0)
                    & ~Q(why_necessary="")
                    & ~Q(decided_role="")
                ),
            ),
            models.CheckConstraint(
                name="cases_override_two_people",
                condition=Q(is_provisional=True)
                | Q(decided_by__isnull=True)
                | ~Q(decided_by=F("asked_by")),
            ),
            models.UniqueConstraint(
                name="cases_override_one_asked", fields=["contact"], condition=Q(state="asked")
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__decided_at__isnull=False)
                & (
                    pgtrigger.Q(old__decided_by__df=pgtrigger.F("new__decided_by"))
                    | pgtrigger.Q(old__decided_at__df=pgtrigger.F("new__decided_at"))
                    | pgtrigger.Q(old__why_necessary__df=pgtrigger.F("new__why_necessary"))
                    | pgtrigger.Q(old__grounds__df=pgtrigger.F("new__grounds"))
                ),
            ),
        ]


class LawfulBasis(models.Model):
    """The data-protection basis for sharing: a fact apart from the family's agreement."""

    class Basis(models.TextChoices):
        PUBLIC_TASK = "public_task", "Public task, article 6(1)(e)"
        LEGAL_OBLIGATION = "legal_obligation", "Legal obligation, article 6(1)(c)"
        VITAL_INTERESTS = "vital_interests", "Vital interests, article 6(1)(d)"
        CONSENT = "consent", "Consent, article 6(1)(a)"

    class Special(models.TextChoices):
        SAFEGUARDING = (
            "safeguarding",
            "Safeguarding of children, article 9(2)(g) with DPA 2018 schedule 1 paragraph 18",
        )
        HEALTH_OR_SOCIAL_CARE = "health_or_social_care", "Health or social care, article 9(2)(h)"
        VITAL_INTERESTS = "vital_interests", "Vital interests, article 9(2)(c)"
        NONE = "none", "No special category data"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="lawful_bases")
    basis = models.CharField(max_length=20, choices=Basis)
    special = models.CharField(max_length=24, choices=Special)
    note = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]
