"""A change of circumstance: something happened that may change risk to every child of a home."""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from cases.change_codes import (
    ChangeClass,
    ChangeCode,
    ChangeOutcome,
    ChangeState,
    Happened,
    HowIncluded,
)
from people.models import Household, Person, history
from record.models import append_only

UNDONE = ["logged", "reviews_open", "awaiting_manager"]


class ChangeQuerySet(models.QuerySet["ChangeOfCircumstance"]):
    def undone(self) -> "ChangeQuerySet":
        """Changes that are not done, not found insignificant, not merged."""
        return self.filter(state__in=UNDONE)


@pghistory.track(*history(), model_name="ChangeHistory")
class ChangeOfCircumstance(models.Model):
    """One event in a home, and how far it has been thought about (domain.md 2.16).

    `source_id` names the row that raised it, once for each event code. Limits count from
    `learned_at` (decisions.md 22). The database refuses `done` while a child of it lacks a
    completed review.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=6, choices=ChangeCode)
    state = models.CharField(max_length=16, choices=ChangeState, default=ChangeState.LOGGED)
    change_class = models.CharField(max_length=11, choices=ChangeClass, blank=True)
    class_why = models.TextField(blank=True)
    happened = models.CharField(max_length=8, choices=Happened, blank=True)
    happened_on = models.DateField()
    learned_at = models.DateTimeField()
    learned_from = models.CharField(max_length=200, blank=True)
    what = models.TextField(blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="changes_by")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="changes")
    source_kind = models.CharField(max_length=30, blank=True)
    source_id = models.UUIDField(null=True)
    is_by_system = models.BooleanField(default=False)
    logged_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    logged_at = models.DateTimeField()
    is_provisional = models.BooleanField(default=False)
    triaged_at = models.DateTimeField(null=True)
    triaged_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    triaged_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    closed_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    oversight = models.OneToOneField(
        "cases.ManagementOversight", models.PROTECT, null=True, related_name="change"
    )
    agencies_told = models.TextField(blank=True)
    family_told = models.TextField(blank=True)
    late_reason = models.TextField(blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    merged_because = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_change_once",
                fields=["code", "source_id"],
                condition=Q(source_id__isnull=False),
            ),
            models.CheckConstraint(
                name="cases_change_class_after_triage",
                condition=Q(state__in=["logged", "not_significant", "merged"])
                | (~Q(change_class="") & Q(triaged_at__isnull=False, triaged_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="cases_change_closed_pair",
                condition=Q(state__in=UNDONE, closed_at__isnull=True, closed_by__isnull=True)
                | (~Q(state__in=UNDONE) & Q(closed_at__isnull=False, closed_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="cases_change_done_decided",
                condition=~Q(state="done") | Q(oversight__isnull=False),
            ),
            models.CheckConstraint(
                name="cases_change_immediate_is_significant",
                condition=~Q(state="not_significant", change_class="immediate"),
            ),
            models.CheckConstraint(
                name="cases_change_merged_pair",
                condition=(Q(state="merged", merged_into__isnull=False) & ~Q(merged_because=""))
                | (~Q(state="merged") & Q(merged_into__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["learned_at"], name="cases_change_undone", condition=Q(state__in=UNDONE)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="closed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
            ),
            pgtrigger.Trigger(
                name="every_child_reviewed",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__state="done"),
                func="""
                    IF EXISTS (
                        SELECT FROM cases_changechild AS child
                        WHERE child.change_id = NEW.id AND child.needs_review AND NOT EXISTS (
                            SELECT FROM cases_childriskreview AS review
                            WHERE review.child_id = child.child_id
                                AND review.completed_at IS NOT NULL
                                AND (review.subject_id = NEW.id OR review.subject_id IN (
                                    SELECT id FROM cases_changeofcircumstance
                                    WHERE merged_into_id = NEW.id
                                ))
                        )
                    ) THEN
                        RAISE EXCEPTION 'a change is done only when every child is reviewed';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]


class ChangeChild(models.Model):
    """One child of a change, and what the manager decided for this child.

    `is_origin`: the household is read from these children, one step and no further. Never taken
    off: a child who left or came of age meanwhile is thought about all the same; only one who has
    died needs no review.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = models.ForeignKey(ChangeOfCircumstance, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="changes")
    how = models.CharField(max_length=8, choices=HowIncluded)
    is_origin = models.BooleanField(default=False)
    joined_at = models.DateTimeField(null=True)
    is_concerned = models.BooleanField(default=False)
    needs_review = models.BooleanField(default=True)
    outcome = models.CharField(max_length=19, choices=ChangeOutcome, blank=True)
    line = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    confirmed_right_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_change_child_once", fields=["change", "child"]),
            models.CheckConstraint(
                name="cases_change_child_decided_whole",
                condition=Q(outcome="", decided_at__isnull=True, decided_by__isnull=True)
                | (
                    ~Q(outcome="")
                    & ~Q(line="")
                    & Q(decided_at__isnull=False, decided_by__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="cases_change_child_confirmed",
                condition=Q(confirmed_right_on__isnull=True) | Q(outcome__in=["stands", "updated"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["child", "-confirmed_right_on"],
                name="cases_change_confirmed",
                condition=Q(confirmed_right_on__isnull=False),
            )
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ChangeElsewhere(models.Model):
    """A child of somebody in the home who lives elsewhere: whoever is responsible is told, or why
    not, and what they answered. No review (decisions.md 47)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = models.ForeignKey(ChangeOfCircumstance, models.PROTECT, related_name="elsewhere")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    through = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    is_told = models.BooleanField(null=True)
    whom = models.CharField(max_length=200, blank=True)
    why_not = models.TextField(blank=True)
    told_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    answered_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_change_elsewhere_once", fields=["change", "child"]),
            models.CheckConstraint(
                name="cases_change_elsewhere_told_or_why",
                condition=Q(is_told__isnull=True)
                | (Q(is_told=True) & ~Q(whom=""))
                | (Q(is_told=False) & ~Q(why_not="")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ChangeConsequence(models.Model):
    """What was really opened or changed for a child because of a change (decisions.md 30).

    Written by whoever opens the discussion, the addendum or the new plan; `url_name` takes
    `subject_id`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = models.ForeignKey(ChangeOfCircumstance, models.PROTECT, related_name="consequences")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=19, choices=ChangeOutcome)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    url_name = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_change_consequence_once",
                fields=["change", "child", "kind", "subject_id"],
            ),
            models.CheckConstraint(
                name="cases_change_consequence_kind",
                condition=~Q(kind__in=["", "stands", "not_significant"]),
            ),
        ]
        triggers = [append_only()]
