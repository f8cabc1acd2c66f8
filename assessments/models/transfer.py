"""Children pass from an assessment team to Safeguarding and Family Support (domain.md 2.11)."""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.models import Handover, ManagementOversight, Referral
from lib import application_clock
from people.models import (
    ClosedTo,
    Person,
    history,
    reads_every_restricted_record,
)
from record.models import append_only


class TransferQuerySet(models.QuerySet["Transfer"]):
    def visible_to(self, user: User) -> "TransferQuerySet":
        """Transfers `user` may read: those of nobody restricted from them."""
        if not holds(user, Permission.TRANSFER_READ):
            return self.none()
        if reads_every_restricted_record(user):
            return self
        closed = TransferChild.objects.filter(
            ClosedTo("child", user_id=user.pk, now=application_clock.now()),
            transfer=OuterRef("pk"),
            is_in=True,
        )
        return self.filter(~Exists(closed))

    def open(self) -> "TransferQuerySet":
        """Transfers under way."""
        return self.exclude(state__in=Transfer.OVER)


class Item(models.TextChoices):
    """What must be there before a family is handed on; a return names one of these."""

    ASSESSMENT = "assessment", "Assessment authorised"
    CURRENT = "current", "Nothing has changed that is not reviewed"
    HISTORY = "history", "Chronology and genogram"
    PLAN = "plan", "Plan"
    SEEN = "seen", "Each child seen"
    SUPERVISION = "supervision", "Case supervision"
    SAFETY = "safety", "Safety plan"
    BOOKED = "booked", "Next visit and meeting booked"
    CONTACT = "contact", "Contact details"
    CHILDREN = "children", "Every child of the household"


@pghistory.track(*history(), model_name="TransferHistory")
class Transfer(models.Model):
    """One family on its way. The sender's manager is responsible until it is completed.

    The checklist is computed from the record, never ticked. The handover is offered when the
    sender is ready and accepted at completion only (decisions.md 41).
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        READY = "ready", "Ready, no meeting yet"
        MEETING_BOOKED = "meeting_booked", "Meeting booked"
        ACCEPTED = "accepted", "Accepted"
        WAITING = "waiting_allocation", "Waiting for a worker"
        ALLOCATED = "allocated", "Worker named, joint visit to come"
        COMPLETED = "completed", "Completed"
        RETURNED = "returned", "Returned"
        WITHDRAWN = "withdrawn", "Withdrawn"

    OVER = (State.COMPLETED, State.WITHDRAWN)
    OFFERED = (
        State.READY,
        State.MEETING_BOOKED,
        State.ACCEPTED,
        State.WAITING,
        State.ALLOCATED,
    )
    TAKEN = (State.ACCEPTED, State.WAITING, State.ALLOCATED)
    DISPUTABLE = (State.READY, State.MEETING_BOOKED, State.RETURNED)

    class Point(models.TextChoices):
        """What has been reached, so that the longer-term team goes on (domain.md 2.11)."""

        CIN_PLAN = "cin_plan", "Child in need plan agreed"
        CONFERENCE = "conference", "Child protection conference held"
        COURT = "court", "Court proceedings"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=18, choices=State, default=State.PROPOSED)
    point = models.CharField(max_length=10, choices=Point)
    reason = models.TextField()
    from_team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    to_team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    next_visit_on = models.DateField()
    next_meeting_on = models.DateField()
    next_meeting = models.CharField(max_length=200)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    first_ready_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    ready_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ready_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    oversight = models.ForeignKey(
        ManagementOversight, models.PROTECT, null=True, related_name="transfers"
    )
    handover = models.OneToOneField(Handover, models.PROTECT, null=True, related_name="transfer")
    meeting_on = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    attended = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    accepted_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    waits_because = models.TextField(blank=True)
    expected_on = models.DateField(null=True)
    visits_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    allocated_at = models.DateTimeField(null=True)
    allocated_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    worker = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    joint_visit_on = models.DateField(null=True)
    joint_visit_at = models.DateTimeField(null=True)
    family_told = models.TextField(blank=True)
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    completed_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    withdrawn_because = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    objects = TransferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_transfer_never_own",
                condition=Q(ready_by__isnull=True) | ~Q(ready_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="assessments_transfer_ready_whole",
                condition=~Q(
                    state__in=[
                        "ready",
                        "meeting_booked",
                        "accepted",
                        "waiting_allocation",
                        "allocated",
                        "completed",
                    ]
                )
                | Q(
                    first_ready_at__isnull=False,
                    ready_at__isnull=False,
                    ready_by__isnull=False,
                    oversight__isnull=False,
                    handover__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="assessments_transfer_accepted_whole",
                condition=~Q(state__in=["accepted", "waiting_allocation", "allocated", "completed"])
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="assessments_transfer_waiting_whole",
                condition=~Q(state="waiting_allocation")
                | (Q(expected_on__isnull=False, visits_by__isnull=False) & ~Q(waits_because="")),
            ),
            models.CheckConstraint(
                name="assessments_transfer_allocated_whole",
                condition=~Q(state__in=["allocated", "completed"])
                | Q(
                    allocated_at__isnull=False,
                    allocated_by__isnull=False,
                    worker__isnull=False,
                    joint_visit_on__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="assessments_transfer_completed_whole",
                condition=(~Q(state="completed") & Q(completed_at__isnull=True, completed_by=None))
                | (
                    Q(
                        state="completed",
                        completed_at__isnull=False,
                        completed_by__isnull=False,
                        joint_visit_at__isnull=False,
                    )
                    & ~Q(family_told="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_transfer_withdrawn_whole",
                condition=(~Q(state="withdrawn") & Q(withdrawn_at__isnull=True, withdrawn_by=None))
                | (
                    Q(state="withdrawn", withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & ~Q(withdrawn_because="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_transfer_two_teams", condition=~Q(from_team=F("to_team"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["to_team", "next_due_at", "id"],
                name="assessments_transfer_to",
                condition=~Q(state__in=["completed", "withdrawn"]),
            ),
            models.Index(
                fields=["from_team", "next_due_at", "id"],
                name="assessments_transfer_from",
                condition=~Q(state__in=["completed", "withdrawn"]),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="over_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["completed", "withdrawn"])
                & pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
            ),
        ]


@pghistory.track(*history(), model_name="TransferChildHistory")
class TransferChild(models.Model):
    """One child of the household: handed on, or not, because. `is_open` repeats the state."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="transfers")
    is_in = models.BooleanField()
    because = models.TextField(blank=True)
    passed_to = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="transfers")
    is_open = models.BooleanField(default=True)
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_transfer_child_once", fields=["transfer", "child"]
            ),
            models.UniqueConstraint(
                name="assessments_transfer_one_open",
                fields=["child"],
                condition=Q(is_open=True, is_in=True),
            ),
            models.CheckConstraint(
                name="assessments_transfer_child_answered",
                condition=Q(is_in=True, referral__isnull=False)
                | (Q(is_in=False) & (~Q(because="") | Q(passed_to__isnull=False))),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class TransferPassed(models.Model):
    """A restricted child of the household: whoever holds the restriction answers for the child.

    Handed on by a transfer of the child's own, or not, because. Who proposed the family's
    transfer learns that it is answered and nothing of what was said (decisions.md 84).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="passed")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    passed_at = models.DateTimeField()
    own = models.ForeignKey(TransferChild, models.PROTECT, null=True, related_name="+")
    because = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_transfer_passed_once", fields=["transfer", "child"]
            ),
            models.CheckConstraint(
                name="assessments_transfer_passed_whole",
                condition=Q(
                    answered_at__isnull=True,
                    answered_by__isnull=True,
                    answered_for__isnull=True,
                    own__isnull=True,
                    because="",
                )
                | (
                    Q(
                        answered_at__isnull=False,
                        answered_by__isnull=False,
                        answered_at__gte=F("passed_at"),
                    )
                    & (Q(own__isnull=False, because="") | (Q(own__isnull=True) & ~Q(because="")))
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner"],
                name="assessments_transfer_passed",
                condition=Q(answered_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="answered_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__answered_at__isnull=False),
            ),
        ]


class TransferReturn(models.Model):
    """The receiving manager gave it back, naming what of the checklist is missing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="returns")
    item = models.CharField(max_length=11, choices=Item)
    child = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    because = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_transfer_return_because", condition=~Q(because="")
            )
        ]
        triggers = [append_only()]


class TransferDispute(models.Model):
    """The two managers disagree; a head of service decides within 2 working days."""

    class Outcome(models.TextChoices):
        ACCEPT = "accept", "The receiving team accepts the family"
        RETURN = "return", "The family stays with the sending team for now"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="disputes")
    why = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=6, choices=Outcome, blank=True)
    decided_why = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_dispute_one_open",
                fields=["transfer"],
                condition=Q(decided_at__isnull=True),
            ),
            models.CheckConstraint(
                name="assessments_dispute_decided_whole",
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, outcome="")
                | (
                    Q(decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(outcome="")
                    & ~Q(decided_why="")
                    & ~Q(decided_by=F("by"))
                ),
            ),
            models.CheckConstraint(name="assessments_dispute_why", condition=~Q(why="")),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__decided_at__isnull=False),
            ),
        ]


class TransferReview(models.Model):
    """The weekly look at a family that waits; each child has a risk review of its own beneath.

    `ChildRiskReview` rows point here by `subject_id` (decisions.md 69).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="reviews")
    with_manager = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    visits = models.TextField()
    is_escalated = models.BooleanField()
    because = models.TextField(blank=True)
    expected_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_transfer_review_whole",
                condition=~Q(visits="") & (Q(is_escalated=False) | ~Q(because="")),
            )
        ]
        indexes = [models.Index(fields=["transfer", "-at"], name="assessments_transfer_reviews")]
        triggers = [append_only()]


class TransferRequest(models.Model):
    """A receiving manager asks for children; the sender turns it into a transfer or says no."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        TAKEN_UP = "taken_up", "Turned into a transfer"
        DECLINED = "declined", "Declined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    from_team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    to_team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    why = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    transfer = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="request")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_request_answered_whole",
                condition=Q(state="asked", answered_at__isnull=True, answered_by__isnull=True)
                | Q(
                    state="taken_up",
                    answered_at__isnull=False,
                    answered_by__isnull=False,
                    transfer__isnull=False,
                )
                | (
                    Q(state="declined", answered_at__isnull=False, answered_by__isnull=False)
                    & ~Q(answer="")
                ),
            ),
            models.CheckConstraint(name="assessments_request_why", condition=~Q(why="")),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class TransferRequestChild(models.Model):
    """One child who is asked for. `is_open` repeats the state for the constraint."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(TransferRequest, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_request_child_once", fields=["request", "child"]
            ),
            models.UniqueConstraint(
                name="assessments_request_one_open",
                fields=["child"],
                condition=Q(is_open=True),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
