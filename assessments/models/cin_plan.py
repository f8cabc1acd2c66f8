"""The child in need plan: what must change for each child, who does what by when, how it goes."""

import uuid

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.models import Referral
from lib import application_clock
from people.models import (
    ClosedTo,
    Person,
    history,
    reads_every_restricted_record,
)
from record.models import append_only


class DateRange(Func):
    """From a day to before another; without the other, for good."""

    function = "DATERANGE"
    output_field = DateRangeField()


class CinPlanQuerySet(models.QuerySet["CinPlan"]):
    def visible_to(self, user: User) -> "CinPlanQuerySet":
        """Plans `user` may read: those that are about nobody restricted from them."""
        if not holds(user, Permission.CIN_PLAN_READ):
            return self.none()
        if reads_every_restricted_record(user):
            return self
        closed = CinPlanChild.objects.filter(
            ClosedTo("child", user_id=user.pk, now=application_clock.now()), plan=OuterRef("pk")
        )
        return self.filter(~Exists(closed))

    def running(self) -> "CinPlanQuerySet":
        """Plans that have been approved and have not ended."""
        return self.filter(state__in=CinPlan.RUNNING)

    def open(self) -> "CinPlanQuerySet":
        """Plans being written or running."""
        return self.exclude(state__in=CinPlan.OVER)


@pghistory.track(*history(), model_name="CinPlanHistory")
class CinPlan(models.Model):
    """A plan for the children of one family, a section for each child (domain.md 2.10).

    Who approves has written nothing in it, which a trigger sees to as well. `active_on` and
    `ended_on` are the dates of the census; those of one child stand on `CinPlanChild`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        UNDER_REVIEW = "under_review", "Under review"
        STEPPING_DOWN = "stepping_down", "Stepping down to early help"
        ESCALATED = "escalated", "Escalated to child protection"
        ENDED = "ended", "Ended"

    RUNNING = (State.ACTIVE, State.UNDER_REVIEW, State.STEPPING_DOWN)
    OVER = (State.ESCALATED, State.ENDED)

    class Agreement(models.TextChoices):
        AGREED = "agreed", "They agree to the plan"
        PARTLY = "partly", "They agree to part of it"
        REFUSED = "refused", "They do not agree"

    class Ending(models.TextChoices):
        MET = "met", "What needed to change has changed"
        STEPPED_DOWN = "stepped_down", "Early help carries on"
        ESCALATED = "escalated", "Child protection plan"
        LOOKED_AFTER = "looked_after", "Looked after"
        NOT_AGREED = "not_agreed", "The family no longer agrees, and the threshold is not met"
        MOVED = "moved", "Moved away; the other authority has been told"
        ADULT = "adult", "Turned 18"
        DIED = "died", "Died"
        NOT_NEEDED = "not_needed", "The draft was not needed"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=13, choices=State, default=State.DRAFT)
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    visit_every = models.PositiveSmallIntegerField(default=20)
    contingency = models.TextField(blank=True)
    agreement = models.CharField(max_length=7, choices=Agreement, blank=True)
    family_view = models.TextField(blank=True)
    shared_on = models.DateField(null=True)
    next_meeting_on = models.DateField(null=True)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    returned_because = models.TextField(blank=True)
    active_on = models.DateField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    approved_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    approved_why = models.TextField(blank=True)
    ended_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ending = models.CharField(max_length=12, choices=Ending, blank=True)
    ended_why = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField()

    objects = CinPlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_cin_approved_whole",
                condition=Q(active_on__isnull=True, approved_at__isnull=True, approved_by=None)
                | (
                    Q(active_on__isnull=False, approved_at__isnull=False, approved_by__isnull=False)
                    & ~Q(contingency="")
                    & ~Q(agreement="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_cin_running_approved",
                condition=Q(state__in=["draft", "ended"]) | Q(approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="assessments_cin_ended_whole",
                condition=(
                    Q(ended_on__isnull=True, ended_at__isnull=True, ending="")
                    & ~Q(state__in=["escalated", "ended"])
                )
                | (
                    Q(
                        ended_on__isnull=False,
                        ended_at__isnull=False,
                        state__in=["escalated", "ended"],
                    )
                    & ~Q(ending="")
                    & ~Q(ended_why="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_cin_ended_later",
                condition=Q(ended_on__isnull=True)
                | Q(active_on__isnull=True)
                | Q(ended_on__gte=F("active_on")),
            ),
            models.CheckConstraint(
                name="assessments_cin_visits", condition=Q(visit_every__gte=1, visit_every__lte=20)
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "next_due_at", "id"],
                name="assessments_cin_open",
                condition=~Q(state__in=["escalated", "ended"]),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="approved_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__approved_at__isnull=False)
                & (
                    pgtrigger.Q(old__approved_at__df=pgtrigger.F("new__approved_at"))
                    | pgtrigger.Q(old__approved_by__df=pgtrigger.F("new__approved_by"))
                    | pgtrigger.Q(old__active_on__df=pgtrigger.F("new__active_on"))
                ),
            ),
            pgtrigger.Trigger(
                name="never_by_an_author",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=pgtrigger.Func(
                    """
                    IF NEW.approved_by_id IS NOT NULL
                        AND (TG_OP = 'INSERT' OR OLD.approved_by_id IS NULL)
                        AND EXISTS (
                            SELECT 1 FROM assessments_cinplanauthor
                            WHERE plan_id = NEW.id AND user_id = NEW.approved_by_id
                        )
                    THEN
                        RAISE EXCEPTION 'assessments_cin_never_by_an_author'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                    """
                ),
            ),
        ]


@pghistory.track(*history(), model_name="CinPlanChildHistory")
class CinPlanChild(models.Model):
    """One child's section. `from_on` and `to_on` are this child's dates on the plan.

    `is_open` repeats for the constraint that the plan, or this child's part of it, has not ended.
    Child in need plans of one child never overlap; with a child protection plan they may not
    run together either, which the constraint on `Involvement` sees to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(CinPlan, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="cin_plans")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="cin_plans")
    needs = models.TextField(blank=True)
    view = models.TextField(blank=True)
    safety = models.TextField(blank=True)
    is_open = models.BooleanField(default=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    ending = models.CharField(max_length=12, choices=CinPlan.Ending, blank=True)
    version = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_cin_child_once",
                fields=["plan", "child"],
                condition=Q(is_open=True),
            ),
            models.UniqueConstraint(
                name="assessments_cin_one_open", fields=["child"], condition=Q(is_open=True)
            ),
            ExclusionConstraint(
                name="assessments_cin_no_overlap",
                expressions=[
                    (DateRange("from_on", "to_on"), RangeOperators.OVERLAPS),
                    ("child", RangeOperators.EQUAL),
                ],
                condition=Q(from_on__isnull=False),
            ),
            models.CheckConstraint(
                name="assessments_cin_child_ended",
                condition=Q(is_open=True, to_on__isnull=True, ending="")
                | (Q(is_open=False) & ~Q(ending="")),
            ),
            models.CheckConstraint(
                name="assessments_cin_child_dates",
                condition=Q(to_on__isnull=True)
                | (Q(from_on__isnull=False) & Q(to_on__gte=F("from_on"))),
            ),
            models.CheckConstraint(
                name="assessments_cin_child_written",
                condition=Q(from_on__isnull=True) | (~Q(needs="") & ~Q(view="") & ~Q(safety="")),
            ),
        ]
        indexes = [models.Index(fields=["child", "-from_on"], name="assessments_cin_of_child")]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class CinPlanAuthor(models.Model):
    """Who wrote in a plan, and so never approves it."""

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(CinPlan, models.PROTECT, related_name="authors")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assessments_cin_author_once", fields=["plan", "user"])
        ]
        triggers = [append_only()]


@pghistory.track(*history(), model_name="CinGoalHistory")
class CinGoal(models.Model):
    """What needs to change, for one child or the whole family, and how we will know."""

    class Ending(models.TextChoices):
        MET = "met", "Met"
        DROPPED = "dropped", "No longer pursued"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(CinPlan, models.PROTECT, related_name="goals")
    number = models.PositiveSmallIntegerField()
    child = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    change = models.TextField()
    measure = models.TextField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=7, choices=Ending, blank=True)
    ended_why = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assessments_cin_goal_number", fields=["plan", "number"]),
            models.CheckConstraint(
                name="assessments_cin_goal_whole", condition=~Q(change="") & ~Q(measure="")
            ),
            models.CheckConstraint(
                name="assessments_cin_goal_ended",
                condition=Q(ended_at__isnull=True, ending="")
                | (Q(ended_at__isnull=False) & ~Q(ending="") & ~Q(ended_why="")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


@pghistory.track(*history(), model_name="CinActionHistory")
class CinAction(models.Model):
    """Who does what by when towards a goal: a worker, a parent, another agency."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    goal = models.ForeignKey(CinGoal, models.PROTECT, related_name="actions")
    what = models.TextField()
    who = models.CharField(max_length=200)
    by_on = models.DateField()
    is_done = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    taken_out_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_cin_action_whole", condition=~Q(what="") & ~Q(who="")
            ),
            models.CheckConstraint(
                name="assessments_cin_action_answered",
                condition=Q(is_done__isnull=True, answered_at__isnull=True, answered_by=None)
                | Q(is_done__isnull=False, answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class CinMeeting(models.Model):
    """A meeting of family and agencies: the first one, then reviews that a manager confirms."""

    class Kind(models.TextChoices):
        FIRST = "first", "First meeting"
        REVIEW = "review", "Review"

    class Decision(models.TextChoices):
        GO_ON = "go_on", "The plan goes on as it is"
        CHANGE = "change", "The plan goes on, changed as written here"
        STEP_DOWN = "step_down", "Step down to early help"
        END = "end", "End the plan"
        ESCALATE = "escalate", "Escalate: the section 47 threshold may be met"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(CinPlan, models.PROTECT, related_name="meetings")
    kind = models.CharField(max_length=6, choices=Kind)
    at = models.DateTimeField()
    attended = models.TextField()
    summary = models.TextField()
    family_view = models.TextField()
    decision = models.CharField(max_length=9, choices=Decision)
    why = models.TextField()
    next_on = models.DateField(null=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    confirmed_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    confirm_note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_cin_meeting_whole",
                condition=~Q(attended="")
                & ~Q(summary="")
                & ~Q(family_view="")
                & (Q(kind="first", decision="go_on") | ~Q(why="")),
            ),
            models.CheckConstraint(
                name="assessments_cin_meeting_confirmed",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | (
                    Q(confirmed_at__isnull=False, confirmed_by__isnull=False)
                    & ~Q(confirmed_by=F("by"))
                ),
            ),
            models.UniqueConstraint(
                name="assessments_cin_one_first", fields=["plan"], condition=Q(kind="first")
            ),
        ]
        indexes = [models.Index(fields=["plan", "-at"], name="assessments_cin_meetings")]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="confirmed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__confirmed_at__isnull=False)
                | pgtrigger.Q(old__summary__df=pgtrigger.F("new__summary"))
                | pgtrigger.Q(old__decision__df=pgtrigger.F("new__decision")),
            ),
        ]


class CinProgress(models.Model):
    """How far one goal has come, as a review found it."""

    class How(models.TextChoices):
        MET = "met", "Met"
        BETTER = "better", "Better"
        SAME = "same", "No change"
        WORSE = "worse", "Worse"

    id = models.BigAutoField(primary_key=True)
    meeting = models.ForeignKey(CinMeeting, models.PROTECT, related_name="progress")
    goal = models.ForeignKey(CinGoal, models.PROTECT, related_name="progress")
    how = models.CharField(max_length=6, choices=How)
    words = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_cin_progress_once", fields=["meeting", "goal"]
            ),
            models.CheckConstraint(name="assessments_cin_progress_words", condition=~Q(words="")),
        ]
        triggers = [append_only()]


class CinDriftCheck(models.Model):
    """Somebody senior asked whether a plan that has run long still changes anything."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(CinPlan, models.PROTECT, related_name="drift_checks")
    months = models.PositiveSmallIntegerField()
    changed = models.TextField()
    decision = models.CharField(max_length=9, choices=CinMeeting.Decision)
    why = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assessments_cin_drift_once", fields=["plan", "months"]),
            models.CheckConstraint(
                name="assessments_cin_drift_whole", condition=~Q(changed="") & ~Q(why="")
            ),
        ]
        triggers = [append_only()]
