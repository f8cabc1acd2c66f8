"""What helps a family: the assessment of each child, the plan, the team's meetings, the end."""

import uuid

from django.db import models
from django.db.models import Q

from early_help.choices import Ending
from early_help.models.episode import Episode
from people.models import Person
from record.models import append_only


class Assessment(models.Model):
    """An early help assessment of a family. A later one is a new row; nothing is overwritten."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="assessments")
    strengths = models.TextField()
    family_says = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_assessment_whole",
                condition=~Q(strengths="") & ~Q(family_says=""),
            )
        ]
        indexes = [models.Index(fields=["episode", "-at"], name="early_help_assessment_of")]
        triggers = [append_only()]


class AssessedChild(models.Model):
    """One child of an assessment: what they need, and what they say or show."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    needs = models.TextField()
    voice = models.TextField()
    strengths = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="early_help_assessed_child_once", fields=["assessment", "child"]
            ),
            models.CheckConstraint(
                name="early_help_assessed_child_whole",
                condition=~Q(needs="") & ~Q(voice="") & ~Q(strengths=""),
            ),
        ]
        triggers = [append_only()]


class Plan(models.Model):
    """What a family and those who help it agreed on. A changed plan is a new row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="plans")
    agreed_with = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="early_help_plan_agreed_with", condition=~Q(agreed_with=""))
        ]
        indexes = [models.Index(fields=["episode", "-at"], name="early_help_plan_of")]
        triggers = [append_only()]


class PlanGoal(models.Model):
    """One goal of a plan, and how everybody will know that it is met."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="goals")
    position = models.PositiveSmallIntegerField()
    goal = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="early_help_goal_place", fields=["plan", "position"]),
            models.CheckConstraint(name="early_help_goal_whole", condition=~Q(goal="")),
        ]
        triggers = [append_only()]


class PlanAction(models.Model):
    """What somebody does towards a goal, and by when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    goal = models.ForeignKey(PlanGoal, models.PROTECT, related_name="actions")
    position = models.PositiveSmallIntegerField()
    what = models.TextField()
    who = models.CharField(max_length=200)
    by_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_action_whole", condition=~Q(what="") & ~Q(who="")
            )
        ]
        indexes = [models.Index(fields=["goal", "position"], name="early_help_action_of")]
        triggers = [append_only()]


class TeamMeeting(models.Model):
    """The team around the family met: who came, how each goal stands, what was decided."""

    class Decision(models.TextChoices):
        KEEP = "keep", "Go on with the plan"
        CHANGE = "change", "Change the plan"
        CLOSE = "close", "End early help"
        STEP_UP = "step_up", "Step the family up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="meetings")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="meetings")
    at = models.DateTimeField()
    family_says = models.TextField()
    children_say = models.TextField()
    decision = models.CharField(max_length=7, choices=Decision)
    why = models.TextField()
    next_on = models.DateField(null=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_meeting_whole",
                condition=~Q(family_says="")
                & ~Q(children_say="")
                & ~Q(why="")
                & (Q(next_on__isnull=False) | Q(decision__in=["close", "step_up"])),
            )
        ]
        indexes = [models.Index(fields=["episode", "-at"], name="early_help_meeting_of")]
        triggers = [append_only()]


class Attendee(models.Model):
    """Somebody asked to a meeting of the team: there, or not and what they sent or why not."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(TeamMeeting, models.PROTECT, related_name="attendees")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    agency = models.CharField(max_length=200)
    was_there = models.BooleanField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="early_help_attendee_whole",
                condition=~Q(name="") & ~Q(agency="") & (Q(was_there=True) | ~Q(note="")),
            )
        ]
        indexes = [models.Index(fields=["meeting", "position"], name="early_help_attendee_of")]
        triggers = [append_only()]


class GoalProgress(models.Model):
    """How far one goal had come at a meeting."""

    class Progress(models.TextChoices):
        MET = "met", "Met"
        BETTER = "better", "On the way"
        SAME = "same", "No change"
        WORSE = "worse", "Further away"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(TeamMeeting, models.PROTECT, related_name="progress")
    goal = models.ForeignKey(PlanGoal, models.PROTECT, related_name="progress")
    progress = models.CharField(max_length=6, choices=Progress)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="early_help_progress_once", fields=["meeting", "goal"])
        ]
        triggers = [append_only()]


class ChildOutcome(models.Model):
    """What early help came to for one child, when it ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="outcomes")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    outcome = models.CharField(
        max_length=12,
        choices=[
            (each.value, each.label)
            for each in (
                Ending.GOALS_MET,
                Ending.GOALS_PARTLY,
                Ending.GOALS_NOT,
                Ending.MOVED,
                Ending.DISENGAGED,
            )
        ],
    )
    note = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="early_help_outcome_once", fields=["episode", "child"]),
            models.CheckConstraint(name="early_help_outcome_whole", condition=~Q(note="")),
        ]
        triggers = [append_only()]


__all__ = [
    "AssessedChild",
    "Assessment",
    "Attendee",
    "ChildOutcome",
    "GoalProgress",
    "Plan",
    "PlanAction",
    "PlanGoal",
    "TeamMeeting",
]
