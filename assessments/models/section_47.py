"""The section 47 enquiry: is a child suffering significant harm, or likely to, and what follows."""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.models import Referral, Section47Decision
from lib import application_clock
from people.models import ClosedTo, Person, history, reads_every_restricted_record


class Section47EnquiryQuerySet(models.QuerySet["Section47Enquiry"]):
    def visible_to(self, user: User) -> "Section47EnquiryQuerySet":
        """Enquiries `user` may read: those about a child whose record they may read."""
        if not holds(user, Permission.S47_READ):
            return self.none()
        if reads_every_restricted_record(user):
            return self
        return self.filter(~ClosedTo("child", user_id=user.pk, now=application_clock.now()))

    def open(self) -> "Section47EnquiryQuerySet":
        """Enquiries that are not concluded, or whose conference is to come or not decided."""
        return self.filter(ended_at__isnull=True)


@pghistory.track(*history(), model_name="Section47EnquiryHistory")
class Section47Enquiry(models.Model):
    """One child's enquiry (domain.md 2.6). Brothers and sisters share the discussion.

    `began_at` is when the strategy discussion was held at which it was initiated; it never moves.
    What it found (`outcome`), what comes next (`next_step`) and whether a conference is needed
    (`conference`, empty while undecided) are three facts (decisions.md 72). The child stays in
    the enquiry until `ended_at`: the conference, or the decision that none is needed.
    """

    class State(models.TextChoices):
        INITIATED = "initiated", "Begun"
        IN_PROGRESS = "in_progress", "In progress"
        AWAITING_OUTCOME = "awaiting_outcome_decision", "With the manager"
        CONCLUDED = "concluded", "Concluded"
        CONFERENCE_REQUESTED = "conference_requested", "Conference requested"
        CANCELLED = "cancelled_in_error", "Opened in error"

    WRITTEN_IN = (State.INITIATED, State.IN_PROGRESS)

    class Outcome(models.TextChoices):
        NOT_SUBSTANTIATED = "not_substantiated", "Concerns not substantiated"
        NO_CONTINUING_RISK = "no_continuing_risk", "Substantiated, no continuing risk"
        CONTINUING_RISK = "continuing_risk", "Substantiated, continuing risk of significant harm"

    class NextStep(models.TextChoices):
        NFA = "nfa", "No further action"
        ASSESSMENT = "assessment", "The assessment goes on"
        CIN_PLAN = "cin_plan", "Child in need plan"
        CONFERENCE = "conference", "Initial child protection conference"
        LEGAL = "legal", "Legal action"

    class Conference(models.TextChoices):
        REQUIRED = "required", "Required"
        NOT_REQUIRED = "not_required", "Not required"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="section_47_enquiries")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="section_47_enquiries")
    decision = models.OneToOneField(
        Section47Decision, models.PROTECT, related_name="section_47_enquiry"
    )
    discussion_id = models.UUIDField(db_index=True)
    began_at = models.DateTimeField()
    began_on = models.DateField()
    is_joint = models.BooleanField()
    lead = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=25, choices=State, default=State.INITIATED)
    found = models.TextField(blank=True)
    child_view = models.TextField(blank=True)
    medical = models.TextField(blank=True)
    analysis = models.TextField(blank=True)
    parents_view = models.TextField(blank=True)
    agencies_said = models.TextField(blank=True)
    home = models.TextField(blank=True)
    safety_tonight = models.TextField(blank=True)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    returned_because = models.TextField(blank=True)
    outcome = models.CharField(max_length=18, choices=Outcome, blank=True)
    next_step = models.CharField(max_length=10, choices=NextStep, blank=True)
    who_informed = models.TextField(blank=True)
    not_seen_because = models.TextField(blank=True)
    concluded_at = models.DateTimeField(null=True)
    concluded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    concluded_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    oversight = models.ForeignKey(
        "cases.ManagementOversight", models.PROTECT, null=True, related_name="+"
    )
    conference = models.CharField(max_length=12, choices=Conference, blank=True)
    conference_why = models.TextField(blank=True)
    conference_at = models.DateTimeField(null=True)
    conference_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    conference_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    cancelled_because = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    child_version = models.PositiveIntegerField(default=1)
    family_version = models.PositiveIntegerField(default=1)
    safety_version = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField()

    objects = Section47EnquiryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_s47_one_open",
                fields=["child"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="assessments_s47_submitted_whole",
                condition=Q(submitted_at__isnull=True, submitted_by=None)
                | (
                    Q(submitted_at__isnull=False, submitted_by__isnull=False, lead__isnull=False)
                    & ~Q(found="")
                    & ~Q(analysis="")
                    & ~Q(parents_view="")
                    & ~Q(agencies_said="")
                    & ~Q(safety_tonight="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_s47_with_manager",
                condition=~Q(state="awaiting_outcome_decision") | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="assessments_s47_concluded_whole",
                condition=(
                    Q(concluded_at__isnull=True, concluded_by=None, outcome="", next_step="")
                    & ~Q(state__in=["concluded", "conference_requested"])
                )
                | (
                    Q(
                        concluded_at__isnull=False,
                        concluded_by__isnull=False,
                        submitted_at__isnull=False,
                        state__in=["concluded", "conference_requested"],
                    )
                    & ~Q(outcome="")
                    & ~Q(next_step="")
                    & ~Q(who_informed="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_s47_conference_whole",
                condition=Q(conference="", conference_at__isnull=True, conference_by=None)
                | (
                    Q(
                        concluded_at__isnull=False,
                        conference_at__isnull=False,
                        conference_by__isnull=False,
                    )
                    & ~Q(conference="")
                    & ~Q(conference_why="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_s47_conference_state",
                condition=Q(state="conference_requested", conference="required")
                | (~Q(state="conference_requested") & ~Q(conference="required")),
            ),
            models.CheckConstraint(
                name="assessments_s47_cancelled_why",
                condition=~Q(state="cancelled_in_error")
                | (Q(ended_at__isnull=False) & ~Q(cancelled_because="")),
            ),
            models.CheckConstraint(
                name="assessments_s47_not_required_ends",
                condition=~Q(conference="not_required") | Q(ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["child", "-began_on"], name="assessments_s47_of_child"),
            models.Index(
                fields=["next_due_at", "id"],
                name="assessments_s47_open",
                condition=Q(ended_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="began_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__began_at__df=pgtrigger.F("new__began_at"))
                | pgtrigger.Q(old__began_on__df=pgtrigger.F("new__began_on"))
                | pgtrigger.Q(old__discussion_id__df=pgtrigger.F("new__discussion_id"))
                | pgtrigger.Q(old__child_id__df=pgtrigger.F("new__child_id")),
            ),
            pgtrigger.Protect(
                name="concluded_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__concluded_at__isnull=False)
                & (
                    pgtrigger.Q(old__concluded_at__df=pgtrigger.F("new__concluded_at"))
                    | pgtrigger.Q(old__concluded_by__df=pgtrigger.F("new__concluded_by"))
                    | pgtrigger.Q(old__outcome__df=pgtrigger.F("new__outcome"))
                    | pgtrigger.Q(old__next_step__df=pgtrigger.F("new__next_step"))
                    | pgtrigger.Q(old__found__df=pgtrigger.F("new__found"))
                    | pgtrigger.Q(old__analysis__df=pgtrigger.F("new__analysis"))
                ),
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def state_words(self) -> str:
        """Where it stands; a conference that was requested has been held once it is over."""
        if self.state == self.State.CONFERENCE_REQUESTED and self.ended_at is not None:
            return "Conference held"
        return self.get_state_display()

    @property
    def is_concluded(self) -> bool:
        return self.concluded_at is not None


@pghistory.track(*history(), model_name="Section47StepHistory")
class Section47Step(models.Model):
    """One step of the safety plan: what, who, and when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey(Section47Enquiry, models.PROTECT, related_name="steps")
    what = models.TextField()
    who = models.CharField(max_length=200)
    when = models.CharField(max_length=200)
    taken_out_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_s47_step_whole",
                condition=~Q(what="") & ~Q(who="") & ~Q(when=""),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
