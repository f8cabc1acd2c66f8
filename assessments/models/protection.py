"""Child protection conferences, and the child protection plan that one makes for a child."""

import uuid

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from accounts.permissions import Permission, holds
from assessments.models.cin_plan import DateRange
from assessments.models.section_47 import Section47Enquiry
from cases.models import Referral
from lib import application_clock
from people.models import ClosedTo, Person, history, reads_every_restricted_record
from record.models import append_only


class Conference(models.Model):
    """A conference about children of one family: an initial one, a review, or one that takes over
    the plans of another authority from which the family moved here.
    """

    class Kind(models.TextChoices):
        INITIAL = "initial", "Initial conference"
        REVIEW = "review", "Review conference"
        TRANSFER_IN = "transfer_in", "Transfer-in conference"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=11, choices=Kind)
    from_authority = models.CharField(max_length=200, blank=True)
    told_on = models.DateField(null=True)
    at = models.DateTimeField()
    held_on = models.DateField()
    chair = models.CharField(max_length=200)
    attended = models.TextField()
    summary = models.TextField()
    family_view = models.TextField()
    agency_dissent = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_conference_whole",
                condition=~Q(chair="") & ~Q(attended="") & ~Q(summary="") & ~Q(family_view=""),
            ),
            models.CheckConstraint(
                name="assessments_conference_weekday",
                condition=~Q(held_on__week_day__in=[1, 7]),
            ),
            models.CheckConstraint(
                name="assessments_conference_moved_in",
                condition=(
                    Q(kind="transfer_in", told_on__isnull=False, told_on__lte=F("held_on"))
                    & ~Q(from_authority="")
                )
                | (~Q(kind="transfer_in") & Q(from_authority="", told_on=None)),
            ),
        ]
        triggers = [append_only()]


class ConferenceBooking(models.Model):
    """An initial conference that is to be held: when, where, who chairs it and who is invited.

    A conference that moves has another booking, which says why; this one is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    starts_at = models.DateTimeField()
    held_on = models.DateField()
    share_by = models.DateField()
    chair = models.CharField(max_length=200)
    place = models.CharField(max_length=200)
    invited = models.TextField()
    family_told = models.TextField()
    late_because = models.TextField(blank=True)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    moved_because = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_booking_whole",
                condition=~Q(chair="") & ~Q(place="") & ~Q(invited="") & ~Q(family_told=""),
            ),
            models.CheckConstraint(
                name="assessments_booking_weekday",
                condition=~Q(held_on__week_day__in=[1, 7]),
            ),
            models.CheckConstraint(
                name="assessments_booking_to_come",
                condition=Q(starts_at__gte=F("at")) & Q(share_by__lt=F("held_on")),
            ),
            models.CheckConstraint(
                name="assessments_booking_moved_why",
                condition=Q(replaces__isnull=True, moved_because="")
                | (Q(replaces__isnull=False) & ~Q(moved_because="")),
            ),
        ]
        triggers = [append_only()]


class BookingChild(models.Model):
    """One child of a booked conference, and when the report was shared with the family."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    booking = models.ForeignKey(ConferenceBooking, models.PROTECT, related_name="children")
    enquiry = models.ForeignKey(Section47Enquiry, models.PROTECT, related_name="bookings")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    shared_on = models.DateField(null=True)
    shared_how = models.TextField(blank=True)
    shared_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_booking_one_live",
                fields=["enquiry"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="assessments_booking_shared_whole",
                condition=Q(shared_on__isnull=True, shared_how="", shared_by__isnull=True)
                | (Q(shared_on__isnull=False, shared_by__isnull=False) & ~Q(shared_how="")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ProtectionPlanQuerySet(models.QuerySet["ProtectionPlan"]):
    def visible_to(self, user: User) -> "ProtectionPlanQuerySet":
        """Plans `user` may read: those of a child whose record they may read."""
        if not holds(user, Permission.S47_READ):
            return self.none()
        if reads_every_restricted_record(user):
            return self
        return self.filter(~ClosedTo("child", user_id=user.pk, now=application_clock.now()))

    def running(self) -> "ProtectionPlanQuerySet":
        """Plans that have not ended."""
        return self.filter(ended_on__isnull=True)


@pghistory.track(*history(), model_name="ProtectionPlanHistory")
class ProtectionPlan(models.Model):
    """One child's child protection plan, from the date of the conference (census rule 2885).

    `previous_here` counts the child's plans before this one in this authority; plans of others
    are counted apart, as stated. A plan taken over from another authority has no enquiry of ours.
    """

    class Ending(models.TextChoices):
        NO_LONGER_NEEDED = "no_longer_needed", "No longer at continuing risk"
        LOOKED_AFTER = "looked_after", "Looked after, and the plan is no longer needed"
        MOVED = "moved", "Moved away; the other authority has taken the plan over"
        ADULT = "adult", "Turned 18"
        DIED = "died", "Died"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="protection_plans")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="protection_plans")
    enquiry = models.OneToOneField(
        Section47Enquiry, models.PROTECT, null=True, related_name="protection_plan"
    )
    conference = models.ForeignKey(Conference, models.PROTECT, related_name="plans")
    started_at = models.DateTimeField()
    started_on = models.DateField()
    initial_category = models.CharField(max_length=3)
    latest_category = models.CharField(max_length=3)
    previous_here = models.PositiveSmallIntegerField()
    previous_elsewhere = models.PositiveSmallIntegerField(default=0)
    must_change = models.TextField()
    contingency = models.TextField()
    core_group = models.TextField()
    ended_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ending = models.CharField(max_length=16, choices=Ending, blank=True)
    ended_why = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    objects = ProtectionPlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_cpp_one_open",
                fields=["child"],
                condition=Q(ended_on__isnull=True),
            ),
            ExclusionConstraint(
                name="assessments_cpp_no_overlap",
                expressions=[
                    (
                        DateRange(
                            "started_on",
                            "ended_on",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("child", RangeOperators.EQUAL),
                ],
            ),
            models.CheckConstraint(
                name="assessments_cpp_whole",
                condition=~Q(initial_category="")
                & ~Q(latest_category="")
                & ~Q(must_change="")
                & ~Q(contingency="")
                & ~Q(core_group=""),
            ),
            models.CheckConstraint(
                name="assessments_cpp_ended_whole",
                condition=Q(ended_on__isnull=True, ended_at__isnull=True, ended_by=None, ending="")
                | (
                    Q(ended_on__isnull=False, ended_at__isnull=False, ended_by__isnull=False)
                    & ~Q(ending="")
                    & ~Q(ended_why="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_cpp_ended_later",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
            ),
        ]
        indexes = [
            models.Index(fields=["child", "-started_on"], name="assessments_cpp_of_child"),
            models.Index(
                fields=["next_due_at", "id"],
                name="assessments_cpp_open",
                condition=Q(ended_on__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="started_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__started_on__df=pgtrigger.F("new__started_on"))
                | pgtrigger.Q(old__initial_category__df=pgtrigger.F("new__initial_category"))
                | pgtrigger.Q(old__previous_here__df=pgtrigger.F("new__previous_here"))
                | pgtrigger.Q(old__conference_id__df=pgtrigger.F("new__conference_id")),
            ),
        ]

    @property
    def previous(self) -> int:
        """How many plans the child had before, here and elsewhere."""
        return self.previous_here + self.previous_elsewhere


class ConferenceChild(models.Model):
    """What a conference decided for one child: a plan or none; later, to go on or to end it."""

    class Result(models.TextChoices):
        PLAN = "plan", "Child protection plan"
        NO_PLAN = "no_plan", "No child protection plan"
        CONTINUE = "continue", "The plan goes on"
        END = "end", "The plan ends"

    class Report(models.TextChoices):
        ASSESSMENT = "assessment", "The child and family assessment"
        ENQUIRY = "enquiry", "The section 47 enquiry alone"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conference = models.ForeignKey(Conference, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="conferences")
    enquiry = models.OneToOneField(
        Section47Enquiry, models.PROTECT, null=True, related_name="conference_held"
    )
    plan = models.ForeignKey(ProtectionPlan, models.PROTECT, null=True, related_name="conferences")
    result = models.CharField(max_length=8, choices=Result)
    category = models.CharField(max_length=3, blank=True)
    why = models.TextField()
    report = models.CharField(max_length=10, choices=Report, blank=True)
    shared_on = models.DateField(null=True)
    late_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_conference_child_once", fields=["conference", "child"]
            ),
            models.CheckConstraint(
                name="assessments_conference_child_whole",
                condition=~Q(why="")
                & (
                    (
                        Q(result="plan", plan__isnull=False)
                        & ~Q(category="")
                        & ((Q(enquiry__isnull=False) & ~Q(report="")) | Q(enquiry=None, report=""))
                    )
                    | (
                        Q(result="no_plan", plan=None, category="")
                        & ((Q(enquiry__isnull=False) & ~Q(report="")) | Q(enquiry=None, report=""))
                    )
                    | (
                        Q(result="continue", enquiry=None, plan__isnull=False, report="")
                        & ~Q(category="")
                    )
                    | Q(result="end", enquiry=None, plan__isnull=False, report="", category="")
                ),
            ),
        ]
        triggers = [append_only()]


class CoreGroup(models.Model):
    """A meeting of family and professionals who carry out the plans of a family's children."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    attended = models.TextField()
    family_view = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_core_group_whole",
                condition=~Q(attended="") & ~Q(family_view=""),
            ),
        ]
        triggers = [append_only()]


class CoreGroupChild(models.Model):
    """What a core group said of one child's plan: what has changed, and who does what next."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    core_group = models.ForeignKey(CoreGroup, models.PROTECT, related_name="children")
    plan = models.ForeignKey(ProtectionPlan, models.PROTECT, related_name="core_groups")
    changed = models.TextField()
    next_steps = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_core_group_child_once", fields=["core_group", "plan"]
            ),
            models.CheckConstraint(
                name="assessments_core_group_child_whole",
                condition=~Q(changed="") & ~Q(next_steps=""),
            ),
        ]
        triggers = [append_only()]
