"""A strategy discussion: who called it, about whom, who came, and what was concluded."""

import uuid
from typing import TYPE_CHECKING

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.permissions import Permission, holds
from cases.models import Contact
from lib import application_clock
from people.models import KEEPS_OUT, ClosedTo, Person, reads_every_restricted_record
from record.models import append_only

if TYPE_CHECKING:
    from accounts.models import User


class DiscussesSomebodyClosed(ClosedTo):
    """Whether a discussion is about a child whose record is restricted from somebody."""

    template = (
        "EXISTS (SELECT 1 FROM mash_strategydiscussionchild about"  # noqa: S608 - our own names
        " JOIN people_restriction closed ON closed.person_id = about.child_id"
        f" WHERE about.discussion_id = %(expressions)s AND {KEEPS_OUT})"
    )


class StrategyDiscussionQuerySet(models.QuerySet["StrategyDiscussion"]):
    def visible_to(self, user: "User") -> "StrategyDiscussionQuerySet":
        """Discussions `user` may read: those about nobody restricted from them."""
        if not holds(user, Permission.STATUTORY_READ):
            return self.none()
        if reads_every_restricted_record(user):
            return self
        return self.filter(
            ~DiscussesSomebodyClosed("pk", user_id=user.pk, now=application_clock.now())
        )

    def live(self) -> "StrategyDiscussionQuerySet":
        """Those called or held and not concluded."""
        return self.exclude(state__in=["concluded", "cancelled"])


class StrategyDiscussion(models.Model):
    """Called when the threshold for section 47 may be met; held, then concluded child by child.

    A further discussion `follows` another. What was concluded never changes; whether the agencies
    that must take part did is kept in `is_quorate`.
    """

    class State(models.TextChoices):
        CALLED = "called", "Called"
        HELD_QUORATE = "held_quorate", "Held, to be concluded"
        HELD_NOT_QUORATE = "held_not_quorate", "Held without all who must take part"
        CONCLUDED = "concluded", "Concluded"
        CANCELLED = "cancelled", "Cancelled"

    class Mode(models.TextChoices):
        PHONE = "phone", "By phone"
        VIDEO = "video", "By video"
        IN_PERSON = "in_person", "In person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="discussions")
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="further")
    state = models.CharField(max_length=16, choices=State, default=State.CALLED)
    requested_by = models.ForeignKey(
        "accounts.PartnerAgency", models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField()
    is_same_day = models.BooleanField()
    called_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    chair = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)
    mode = models.CharField(max_length=9, choices=Mode, blank=True)
    social_worker = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    manager = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    others_there = models.TextField(blank=True)
    is_quorate = models.BooleanField(null=True)
    late_reason = models.TextField(blank=True)
    concluded_at = models.DateTimeField(null=True)
    concluded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    concluded_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    concluded_role = models.CharField(max_length=30, blank=True)
    know = models.TextField(blank=True)
    worries = models.TextField(blank=True)
    protects = models.TextField(blank=True)
    alternative = models.TextField(blank=True)
    not_quorate_because = models.TextField(blank=True)
    criminal_lead = models.CharField(max_length=300, blank=True)
    parents_told = models.TextField(blank=True)
    is_legal_advice_needed = models.BooleanField(null=True)
    legal_note = models.TextField(blank=True)
    next_on = models.DateField(null=True)
    agency_dissent = models.TextField(blank=True)
    is_provisional = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    confirm_note = models.TextField(blank=True)
    minutes = models.TextField(blank=True)
    minutes_sent_at = models.DateTimeField(null=True)
    minutes_sent_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    cancelled_because = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    objects = StrategyDiscussionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_discussion_held_whole",
                condition=Q(
                    state__in=["called", "cancelled"], held_at__isnull=True, is_quorate__isnull=True
                )
                | (
                    Q(held_at__isnull=False, is_quorate__isnull=False)
                    & ~Q(mode="")
                    & (
                        Q(state="held_quorate", is_quorate=True)
                        | Q(state="held_not_quorate", is_quorate=False)
                        | Q(state="concluded")
                    )
                ),
            ),
            models.CheckConstraint(
                name="mash_discussion_concluded_whole",
                condition=Q(concluded_at__isnull=True, concluded_by__isnull=True)
                & ~Q(state="concluded")
                | Q(state="concluded", concluded_at__isnull=False, concluded_by__isnull=False)
                & ~Q(concluded_role="")
                & ~Q(know="")
                & ~Q(worries="")
                & ~Q(protects="")
                & ~Q(alternative="")
                & ~Q(parents_told="")
                & (Q(is_quorate=True) | ~Q(not_quorate_because="")),
            ),
            models.CheckConstraint(
                name="mash_discussion_cancelled_whole",
                condition=~Q(state="cancelled")
                | (
                    Q(cancelled_at__isnull=False, cancelled_by__isnull=False)
                    & ~Q(cancelled_because="")
                ),
            ),
            models.CheckConstraint(
                name="mash_discussion_confirmed_pair",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(is_provisional=True, confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["chair", "due_at"],
                name="mash_discussion_called",
                condition=~Q(state__in=["concluded", "cancelled"]),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="concluded_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__concluded_at__isnull=False)
                & (
                    pgtrigger.Q(old__state__df=pgtrigger.F("new__state"))
                    | pgtrigger.Q(old__held_at__df=pgtrigger.F("new__held_at"))
                    | pgtrigger.Q(old__is_quorate__df=pgtrigger.F("new__is_quorate"))
                    | pgtrigger.Q(old__concluded_at__df=pgtrigger.F("new__concluded_at"))
                    | pgtrigger.Q(old__know__df=pgtrigger.F("new__know"))
                    | pgtrigger.Q(old__worries__df=pgtrigger.F("new__worries"))
                    | pgtrigger.Q(old__protects__df=pgtrigger.F("new__protects"))
                    | pgtrigger.Q(old__alternative__df=pgtrigger.F("new__alternative"))
                    | pgtrigger.Q(
                        old__not_quorate_because__df=pgtrigger.F("new__not_quorate_because")
                    )
                ),
            ),
        ]

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.CONCLUDED, self.State.CANCELLED)

    @property
    def is_held(self) -> bool:
        return self.state in (self.State.HELD_QUORATE, self.State.HELD_NOT_QUORATE)


class DiscussionRefusal(models.Model):
    """An agency asked for a discussion about a child, and none was called: why, and who said so.

    A row for each child; those of one request share `request_id`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request_id = models.UUIDField()
    child = models.ForeignKey(Person, models.PROTECT, related_name="discussions_refused")
    agency = models.ForeignKey("accounts.PartnerAgency", models.PROTECT, related_name="+")
    asked_by = models.CharField(max_length=200)
    asked_because = models.TextField()
    refused_because = models.TextField()
    told = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_discussion_refusal_once", fields=["request_id", "child"]
            ),
            models.CheckConstraint(
                name="mash_discussion_refusal_whole",
                condition=~Q(asked_by="")
                & ~Q(asked_because="")
                & ~Q(refused_because="")
                & ~Q(told=""),
            ),
        ]
        indexes = [models.Index(fields=["child", "-at"], name="mash_refusal_of_child")]
        triggers = [append_only()]


class StrategyDiscussionChild(models.Model):
    """A child the discussion is about: called for, or considered because of the household."""

    id = models.BigAutoField(primary_key=True)
    discussion = models.ForeignKey(StrategyDiscussion, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="discussions")
    is_called_for = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_discussion_child_once", fields=["discussion", "child"]
            )
        ]


class DiscussionLine(models.Model):
    """What was concluded for one child: is the threshold met, and what happens tonight."""

    class Medical(models.TextChoices):
        NEEDED = "needed", "Needed"
        DONE = "done", "Done"
        NOT_NEEDED = "not_needed", "Not needed"

    class Then(models.TextChoices):
        """What follows when the threshold is not met."""

        ASSESSMENT = "assessment", "Child and family assessment"
        OPEN_WORK = "open_work", "What is open goes on"
        NOTHING = "nothing", "Nothing from this discussion"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    discussion = models.ForeignKey(StrategyDiscussion, models.PROTECT, related_name="lines")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    is_met = models.BooleanField()
    why = models.TextField()
    is_joint = models.BooleanField(null=True)
    seen_by = models.CharField(max_length=200, blank=True)
    see_at = models.DateTimeField(null=True)
    is_seen_alone = models.BooleanField(null=True)
    see_note = models.TextField(blank=True)
    medical = models.CharField(max_length=10, choices=Medical, blank=True)
    medical_note = models.TextField(blank=True)
    safety_plan = models.TextField(blank=True)
    then = models.CharField(max_length=10, choices=Then, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_discussion_line_once", fields=["discussion", "child"]
            ),
            models.CheckConstraint(
                name="mash_discussion_line_whole",
                condition=(
                    Q(is_met=True, is_joint__isnull=False, then="")
                    & ~Q(why="")
                    & ~Q(safety_plan="")
                    & ~Q(medical="")
                )
                | (Q(is_met=False, is_joint__isnull=True) & ~Q(why="") & ~Q(then="")),
            ),
        ]
        triggers = [append_only()]


class DiscussionPassed(models.Model):
    """A restricted child of the household: whoever holds the restriction answers for the child."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    discussion = models.ForeignKey(StrategyDiscussion, models.PROTECT, related_name="passed")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    passed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_discussion_passed_once", fields=["discussion", "child"]
            )
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class DiscussionAction(models.Model):
    """What somebody, of whatever agency, will do by when, and what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    discussion = models.ForeignKey(StrategyDiscussion, models.PROTECT, related_name="actions")
    what = models.TextField()
    owner = models.CharField(max_length=200)
    by_when = models.DateTimeField()
    is_done = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_discussion_action_answered",
                condition=Q(
                    is_done__isnull=True, answered_at__isnull=True, answered_by__isnull=True
                )
                | (
                    Q(
                        is_done__isnull=False,
                        answered_at__isnull=False,
                        answered_by__isnull=False,
                    )
                    & ~Q(answer="")
                ),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="answered_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__answered_at__isnull=False),
            ),
        ]
