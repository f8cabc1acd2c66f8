"""A family's early help: who asked and why, which children, whether they agree."""

import uuid
from typing import TYPE_CHECKING

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.choices import Role
from accounts.permissions import TABLE, Permission, holds, roles_of
from cases.choices import ConsentFrom, ConsentState, Level
from cases.models import ConsentAnswer, Contact, Handover
from early_help.choices import (
    BEFORE_HELP,
    OVER,
    AskedBy,
    Ending,
    EpisodeState,
    Need,
    Route,
    TellAbout,
)
from lib import application_clock
from people.models import KEEPS_OUT, ClosedTo, Person, history, reads_every_restricted_record
from record.models import append_only

if TYPE_CHECKING:
    from accounts.models import User


class HelpsSomebodyClosed(ClosedTo):
    """Whether an episode has, or had, a child whose record is restricted from somebody.

    What was written stays when a child leaves, and when the episode ends.
    """

    template = (
        "EXISTS (SELECT 1 FROM early_help_episodechild helped"  # noqa: S608 - our own names
        " JOIN people_restriction closed ON closed.person_id = helped.child_id"
        " WHERE helped.episode_id = %(expressions)s"
        f" AND {KEEPS_OUT})"
    )


class EpisodeQuerySet(models.QuerySet["Episode"]):
    def visible_to(self, user: "User") -> "EpisodeQuerySet":
        """Episodes `user` may read: those without a child restricted from them.

        An early help worker reads the queue, and of what has begun only their own work
        (domain.md section 3).
        """
        if not holds(user, Permission.EARLY_HELP_READ):
            return self.none()
        found = self
        if roles_of(user) & TABLE[Permission.EARLY_HELP_READ] == {Role.EARLY_HELP_WORKER}:
            found = found.filter(
                Q(worker=user)
                | Q(state__in=BEFORE_HELP)
                | Q(state=EpisodeState.STEPPING_UP, started_at=None)
                | Q(asked_through=user, ended_at=None)
            )
        if reads_every_restricted_record(user):
            return found
        return found.filter(
            ~HelpsSomebodyClosed("pk", user_id=user.pk, now=application_clock.now())
        )

    def restricted_to(self, user: "User") -> "EpisodeQuerySet":
        """Episodes that exist but may only be seen as a place and a clock."""
        if not holds(user, Permission.EARLY_HELP_READ) or reads_every_restricted_record(user):
            return self.none()
        return self.filter(HelpsSomebodyClosed("pk", user_id=user.pk, now=application_clock.now()))


@pghistory.track(*history(), model_name="EpisodeHistory")
class Episode(models.Model):
    """Early help for one family, from the consented request to its end.

    `next_*` copy the earliest limit that runs on the episode, written by `early_help.clocks`
    alone; those of its wait run on the group in the queue.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=11, choices=EpisodeState, default=EpisodeState.REQUESTED)
    asked_by = models.CharField(max_length=12, choices=AskedBy)
    handover = models.OneToOneField(Handover, models.PROTECT, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    asker_agency = models.ForeignKey(
        "accounts.PartnerAgency", models.PROTECT, null=True, related_name="+"
    )
    asker_agency_name = models.CharField(max_length=200, blank=True)
    asker_name = models.CharField(max_length=200, blank=True)
    asker_role = models.CharField(max_length=200, blank=True)
    asker_phone = models.CharField(max_length=100, blank=True)
    asker_email = models.CharField(max_length=254, blank=True)
    reasons = models.TextField()
    family_wants = models.TextField(blank=True)
    safety = models.TextField(blank=True)
    comes_back_if = models.TextField(blank=True)
    level = models.CharField(
        max_length=2,
        choices=[
            (Level.ADDITIONAL.value, Level.ADDITIONAL.label),
            (Level.TARGETED.value, Level.TARGETED.label),
        ],
        blank=True,
    )
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    asked_through = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    route = models.CharField(max_length=9, choices=Route, blank=True)
    needs = ArrayField(models.CharField(max_length=14, choices=Need), default=list)
    screened_at = models.DateTimeField(null=True)
    screened_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    screened_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    worker = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    lead_name = models.CharField(max_length=200, blank=True)
    lead_agency = models.CharField(max_length=200, blank=True)
    lead_contact = models.CharField(max_length=200, blank=True)
    accepted_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=12, choices=Ending, blank=True)
    ending_note = models.TextField(blank=True)
    carries_on = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField()

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_episode_state_known", condition=Q(state__in=EpisodeState.values)
            ),
            models.CheckConstraint(
                name="early_help_episode_ended_whole",
                condition=(Q(ended_at__isnull=True, ending="") & ~Q(state__in=OVER))
                | (Q(ended_at__isnull=False, state__in=OVER) & ~Q(ending="")),
            ),
            models.CheckConstraint(
                name="early_help_episode_screened_whole",
                condition=Q(screened_at__isnull=True, screened_by__isnull=True, route="")
                | (Q(screened_at__isnull=False, screened_by__isnull=False) & ~Q(route="")),
            ),
            models.CheckConstraint(
                name="early_help_episode_screened_before_help",
                condition=Q(state__in=["requested", "stepping_up", *OVER])
                | Q(screened_at__isnull=False),
            ),
            models.CheckConstraint(
                name="early_help_episode_offered_or_direct",
                condition=Q(asked_by__in=["mash", "step_down"], handover__isnull=False)
                | (~Q(asked_by__in=["mash", "step_down"]) & Q(handover__isnull=True)),
            ),
            models.CheckConstraint(
                name="early_help_episode_ended_later",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("requested_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "state", "next_due_at", "id"],
                name="early_help_open",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(
                fields=["worker", "next_due_at", "id"],
                name="early_help_of_worker",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(fields=["contact"], name="early_help_of_contact"),
        ]

    @property
    def keeps_open_as(self) -> uuid.UUID:
        """Under which id this episode keeps its children open in `cases.holding`."""
        return self.handover_id or self.pk

    @property
    def asker(self) -> str:
        """Who asked, in a phrase; whoever made a contact stands on the contact."""
        said = [self.asker_name, self.asker_role, self.asker_agency_name]
        named = ", ".join(part for part in said if part)
        return named or str(AskedBy(self.asked_by).label)


class EpisodeChild(models.Model):
    """One child of an episode. A child has one open episode at a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="early_help")
    from_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_because = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="early_help_child_one_open",
                fields=["child"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="early_help_child_ended_later",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("from_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["episode", "id"], name="early_help_child_of"),
            models.Index(fields=["child", "-from_at"], name="early_help_of_child"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Agreement(models.Model):
    """What one person said about early help for these children. A new answer is a new row."""

    class How(models.TextChoices):
        SIGNED = "signed", "Signed"
        SPOKEN = "spoken", "Spoken"
        REPORTED = "reported", "As whoever asked reports it"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="agreements")
    asked_as = models.CharField(max_length=14, choices=ConsentFrom)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    person_as_stated = models.CharField(max_length=200, blank=True)
    state = models.CharField(
        max_length=9,
        choices=[
            (each.value, each.label)
            for each in (ConsentState.GIVEN, ConsentState.REFUSED, ConsentState.WITHDRAWN)
        ],
    )
    how = models.CharField(max_length=8, choices=How, blank=True)
    to_what = models.TextField(blank=True)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=60, blank=True)
    interpreter = models.CharField(max_length=200, blank=True)
    told_can_withdraw = models.BooleanField(null=True)
    answer = models.ForeignKey(ConsentAnswer, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_agreement_whole",
                condition=(Q(state="given") & ~Q(how="") & ~Q(to_what=""))
                | (Q(state__in=["refused", "withdrawn"]) & ~Q(words="")),
            )
        ]
        indexes = [models.Index(fields=["episode", "-at"], name="early_help_agreement_of")]
        triggers = [append_only()]


class AgreementChild(models.Model):
    """One child an answer is about."""

    id = models.BigAutoField(primary_key=True)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="early_help_agreement_child_once", fields=["agreement", "child"]
            )
        ]
        triggers = [append_only()]


class ToTell(models.Model):
    """Something whoever asked for help is owed: told, or not told and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="to_tell")
    about = models.CharField(max_length=13, choices=TellAbout)
    owed_from = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    how = models.CharField(max_length=60, blank=True)
    what = models.TextField(blank=True)
    not_told_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_told_whole",
                condition=Q(told_at__isnull=True, told_by__isnull=True)
                | (
                    Q(told_at__isnull=False, told_by__isnull=False)
                    & (~Q(what="") | ~Q(not_told_because=""))
                ),
            )
        ]
        indexes = [
            models.Index(
                fields=["episode"], name="early_help_to_tell", condition=Q(told_at__isnull=True)
            )
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
