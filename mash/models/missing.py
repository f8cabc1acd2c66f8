"""A missing episode of one child, and the return interview that follows (domain.md 2.14)."""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from cases.models import Contact
from mash.models.notices import MissingNotice
from people.models import Person, history
from record.models import append_only


@pghistory.track(*history(), model_name="MissingEpisodeHistory")
class MissingEpisode(models.Model):
    """From the time a child was last where they should be to a manager's decision to close."""

    class State(models.TextChoices):
        REPORTED = "reported", "Reported missing"
        OPEN = "open_missing", "Missing, screened"
        RETURNED = "returned", "Returned"
        CLOSED = "closed", "Closed"

    class Kind(models.TextChoices):
        MISSING = "missing", "Missing: nobody knows where"
        AWAY = "away", "Away without authorisation: known where, but not where they should be"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="missing_episodes")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="missing_episodes")
    notice = models.OneToOneField(MissingNotice, models.PROTECT, null=True, related_name="episode")
    state = models.CharField(max_length=12, choices=State, default=State.REPORTED)
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.MISSING)
    missing_since = models.DateTimeField()
    reported_at = models.DateTimeField()
    reported_by = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=60, blank=True)
    grade = models.CharField(max_length=8, choices=MissingNotice.Grade, blank=True)
    missing_from = models.CharField(max_length=200, blank=True)
    is_from_care = models.BooleanField(default=False)
    circumstances = models.TextField(blank=True)
    exploitation = models.TextField(blank=True)
    earlier = models.TextField(blank=True)
    siblings = models.TextField(blank=True)
    places = models.TextField(blank=True)
    screened_at = models.DateTimeField(null=True)
    screened_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    needs_discussion = models.BooleanField(null=True)
    discussion_why = models.TextField(blank=True)
    discussion_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    discussion_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    is_return_known = models.BooleanField(default=True)
    where_found = models.CharField(max_length=300, blank=True)
    safe_and_well = models.TextField(blank=True)
    harm = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    closed_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    risk_decision = models.TextField(blank=True)
    for_the_others = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_missing_one_open",
                fields=["child"],
                condition=Q(returned_at__isnull=True),
            ),
            models.CheckConstraint(
                name="mash_missing_returned_later",
                condition=Q(returned_at__isnull=True) | Q(returned_at__gte=F("missing_since")),
            ),
            models.CheckConstraint(
                name="mash_missing_reported_later",
                condition=Q(reported_at__gte=F("missing_since")),
            ),
            models.CheckConstraint(
                name="mash_missing_state_fits",
                condition=Q(state__in=["reported", "open_missing"], returned_at__isnull=True)
                | Q(state="returned", returned_at__isnull=False, closed_at__isnull=True)
                | (
                    Q(state="closed", returned_at__isnull=False, closed_at__isnull=False)
                    & ~Q(risk_decision="")
                ),
            ),
            models.CheckConstraint(
                name="mash_missing_screened_pair",
                condition=Q(screened_at__isnull=True, screened_by__isnull=True)
                | Q(screened_at__isnull=False, screened_by__isnull=False),
            ),
            models.CheckConstraint(
                name="mash_missing_discussion_whole",
                condition=Q(
                    needs_discussion__isnull=True,
                    discussion_by__isnull=True,
                    discussion_at__isnull=True,
                )
                | (
                    Q(
                        needs_discussion__isnull=False,
                        discussion_by__isnull=False,
                        discussion_at__isnull=False,
                    )
                    & ~Q(discussion_why="")
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["child", "-missing_since"], name="mash_missing_of"),
            models.Index(
                fields=["missing_since"], name="mash_missing_open", condition=~Q(state="closed")
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Missing since {self.missing_since:%Y-%m-%d %H:%M}"


@pghistory.track(*history(), model_name="ReturnInterviewHistory")
class ReturnInterview(models.Model):
    """An in-depth talk by somebody independent, offered within 72 hours of the return.

    Not the police's safe-and-well check. What the child said is in the child's own words.
    """

    class State(models.TextChoices):
        TO_BE_OFFERED = "to_be_offered", "To be offered"
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        COMPLETED = "completed", "Completed"
        NOT_POSSIBLE = "not_possible", "Not possible"

    episode = models.OneToOneField(
        MissingEpisode, models.PROTECT, primary_key=True, related_name="interview"
    )
    state = models.CharField(max_length=13, choices=State, default=State.TO_BE_OFFERED)
    independent = models.CharField(max_length=200, blank=True)
    independent_why = models.TextField(blank=True)
    held_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)
    push_factors = models.TextField(blank=True)
    pull_factors = models.TextField(blank=True)
    where = models.TextField(blank=True)
    with_whom = models.TextField(blank=True)
    harm = models.TextField(blank=True)
    would_help = models.TextField(blank=True)
    planned = models.TextField(blank=True)
    shared_with = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.TextField(blank=True)
    carers_view = models.TextField(blank=True)
    intelligence = models.TextField(blank=True)
    missing_again = models.ForeignKey(
        MissingEpisode, models.PROTECT, null=True, related_name="interviews_prevented"
    )
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_interview_completed_whole",
                condition=~Q(state="completed")
                | (Q(held_at__isnull=False) & ~Q(words="") & ~Q(shared_with="")),
            ),
            models.CheckConstraint(
                name="mash_interview_ended_whole",
                condition=~Q(state__in=["declined", "not_possible"])
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ReturnInterviewOffer(models.Model):
    """One attempt to offer the interview: when, how, by whom, and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    interview = models.ForeignKey(ReturnInterview, models.PROTECT, related_name="offers")
    at = models.DateTimeField()
    how = models.CharField(max_length=200)
    answer = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]
