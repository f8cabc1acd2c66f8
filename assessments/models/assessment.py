"""The child and family assessment: one document per family, a part for each child."""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import User
from accounts.permissions import Permission, holds
from assessments.choices import (
    OPEN_STATES,
    AccountedBy,
    AssessmentKind,
    AssessmentOutcome,
    AssessmentState,
    NextStep,
)
from cases.choices import RiskLevel
from cases.models import ManagementOversight, Referral
from lib import application_clock
from people.choices import HouseholdRole
from people.models import (
    ClosedTo,
    Person,
    history,
    reads_every_restricted_record,
)
from record.models import append_only


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, user: User) -> "AssessmentQuerySet":
        """Assessments `user` may read: those that are about nobody restricted from them."""
        if not holds(user, Permission.ASSESSMENT_READ):
            return self.none()
        if reads_every_restricted_record(user):
            return self
        return self.filter(~Exists(self._closed_children(user)))

    def restricted_to(self, user: User) -> "AssessmentQuerySet":
        """Assessments that exist but may be seen as a place and a clock only."""
        if not holds(user, Permission.ASSESSMENT_READ) or reads_every_restricted_record(user):
            return self.none()
        return self.filter(Exists(self._closed_children(user)))

    def open(self) -> "AssessmentQuerySet":
        return self.filter(state__in=OPEN_STATES)

    @staticmethod
    def _closed_children(user: User) -> models.QuerySet["AssessmentChild"]:
        return AssessmentChild.objects.filter(
            ClosedTo("child", user_id=user.pk, now=application_clock.now()),
            assessment=OuterRef("pk"),
            taken_out_at__isnull=True,
        )


@pghistory.track(*history(), model_name="AssessmentHistory")
class Assessment(models.Model):
    """What a family's life is like for each child, what worries us, and what must change.

    State is of the document; start, outcome and factors are per child (decisions.md 66). Who
    authorises has written nothing in it, which a trigger sees to as well.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=6, choices=AssessmentKind)
    state = models.CharField(
        max_length=11, choices=AssessmentState, default=AssessmentState.STARTED
    )
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    updates = models.ForeignKey("self", models.PROTECT, null=True, related_name="updated_by")
    because = models.TextField(blank=True)
    plan = models.TextField()
    review_on = models.DateField()
    started_at = models.DateTimeField()
    started_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    started_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    authorised_at = models.DateTimeField(null=True)
    authorised_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    authorised_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    authorised_role = models.CharField(max_length=30, blank=True)
    late_reason = models.TextField(blank=True)
    same_words_noticed = models.BooleanField(default=False)
    oversight = models.OneToOneField(
        ManagementOversight, models.PROTECT, null=True, related_name="assessment"
    )
    abandoned_at = models.DateTimeField(null=True)
    abandoned_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    abandoned_because = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_update_of_one",
                condition=Q(kind="full") | (Q(updates__isnull=False) & ~Q(because="")),
            ),
            models.CheckConstraint(
                name="assessments_authorised_whole",
                condition=Q(
                    authorised_at__isnull=True,
                    authorised_by__isnull=True,
                    authorised_role="",
                    oversight__isnull=True,
                )
                | (
                    Q(
                        authorised_at__isnull=False,
                        authorised_by__isnull=False,
                        oversight__isnull=False,
                        state__in=["authorised", "superseded"],
                    )
                    & ~Q(authorised_role="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_authorised_state",
                condition=~Q(state__in=["authorised", "superseded"])
                | Q(authorised_at__isnull=False),
            ),
            models.CheckConstraint(
                name="assessments_abandoned_whole",
                condition=Q(
                    abandoned_at__isnull=True, abandoned_by__isnull=True, abandoned_because=""
                )
                | (
                    Q(
                        abandoned_at__isnull=False,
                        abandoned_by__isnull=False,
                        state="abandoned",
                    )
                    & ~Q(abandoned_because="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_authorised_later",
                condition=Q(authorised_at__isnull=True) | Q(authorised_at__gte=F("started_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "next_due_at", "id"],
                name="assessments_open",
                condition=Q(state__in=["started", "in_progress", "submitted", "returned"]),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="authorised_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__authorised_at__isnull=False)
                & (
                    pgtrigger.Q(old__authorised_at__df=pgtrigger.F("new__authorised_at"))
                    | pgtrigger.Q(old__authorised_by__df=pgtrigger.F("new__authorised_by"))
                ),
            ),
            pgtrigger.Trigger(
                name="never_by_an_author",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=pgtrigger.Func(
                    """
                    IF NEW.authorised_by_id IS NOT NULL AND EXISTS (
                        SELECT 1 FROM assessments_assessmentauthor
                        WHERE assessment_id = NEW.id AND user_id = NEW.authorised_by_id
                    ) THEN
                        RAISE EXCEPTION 'assessments_never_by_an_author'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                    """
                ),
            ),
        ]


@pghistory.track(*history(), model_name="AssessmentChildHistory")
class AssessmentChild(models.Model):
    """One child's part: start, outcome, factors and risk are this child's own.

    `is_open` repeats the document's state for the constraint: one open assessment per child.
    `authorised_at` repeats it for questions over many children; a part that is authorised and
    not superseded is that child's current assessment.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="assessments")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="assessments")
    referral_on = models.DateField()
    started_on = models.DateField()
    added_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    is_open = models.BooleanField(default=True)
    taken_out_at = models.DateTimeField(null=True)
    taken_out_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    taken_out_because = models.TextField(blank=True)
    risk = models.CharField(max_length=9, choices=RiskLevel, blank=True)
    outcome = models.CharField(max_length=13, choices=AssessmentOutcome, blank=True)
    outcome_note = models.TextField(blank=True)
    primary_need = models.CharField(max_length=2, blank=True)
    authorised_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="supersedes")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_child_once",
                fields=["assessment", "child"],
                condition=Q(taken_out_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="assessments_one_open", fields=["child"], condition=Q(is_open=True)
            ),
            models.UniqueConstraint(
                name="assessments_one_current",
                fields=["child"],
                condition=Q(authorised_at__isnull=False, superseded_at__isnull=True),
            ),
            models.CheckConstraint(
                name="assessments_not_before_referral",
                condition=Q(started_on__gte=F("referral_on")),
            ),
            models.CheckConstraint(
                name="assessments_taken_out_whole",
                condition=Q(
                    taken_out_at__isnull=True, taken_out_by__isnull=True, taken_out_because=""
                )
                | (
                    Q(
                        taken_out_at__isnull=False,
                        taken_out_by__isnull=False,
                        is_open=False,
                        authorised_at__isnull=True,
                    )
                    & ~Q(taken_out_because="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_child_authorised_whole",
                condition=Q(authorised_at__isnull=True, outcome="", primary_need="")
                | (
                    Q(authorised_at__isnull=False, is_open=False)
                    & ~Q(outcome="")
                    & ~Q(primary_need="")
                    & ~Q(risk="")
                ),
            ),
            models.CheckConstraint(
                name="assessments_superseded_pair",
                condition=Q(superseded_at__isnull=True, superseded_by__isnull=True)
                | Q(
                    superseded_at__isnull=False,
                    superseded_by__isnull=False,
                    authorised_at__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["child", "-authorised_at"], name="assessments_of_child"),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="authorised_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__authorised_at__isnull=False)
                & (
                    pgtrigger.Q(old__authorised_at__df=pgtrigger.F("new__authorised_at"))
                    | pgtrigger.Q(old__outcome__df=pgtrigger.F("new__outcome"))
                    | pgtrigger.Q(old__risk__df=pgtrigger.F("new__risk"))
                    | pgtrigger.Q(old__primary_need__df=pgtrigger.F("new__primary_need"))
                ),
            ),
        ]


class AssessmentFactor(models.Model):
    """One factor identified for one child at the end of the assessment (domain.md 10.3)."""

    id = models.BigAutoField(primary_key=True)
    part = models.ForeignKey(AssessmentChild, models.PROTECT, related_name="factors")
    code = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assessments_factor_once", fields=["part", "code"])
        ]
        triggers = [append_only()]


class NotAssessed(models.Model):
    """Why a child of the household has no part in the assessment. The latest holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="not_assessed")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    because = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="assessments_not_because", condition=~Q(because=""))
        ]
        indexes = [models.Index(fields=["assessment", "child"], name="assessments_not_of")]
        triggers = [append_only()]


class AssessmentMember(models.Model):
    """Somebody in the household on the day it was authorised; each child accounted for."""

    id = models.BigAutoField(primary_key=True)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=HouseholdRole, blank=True)
    is_child = models.BooleanField()
    accounted_by = models.CharField(max_length=16, choices=AccountedBy, blank=True)
    part = models.ForeignKey(AssessmentChild, models.PROTECT, null=True, related_name="+")
    because = models.TextField(blank=True)
    passed_to = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_member_once", fields=["assessment", "person"]
            ),
            models.CheckConstraint(
                name="assessments_child_accounted_for",
                condition=Q(is_child=False, accounted_by="")
                | Q(
                    is_child=True,
                    accounted_by__in=["own_part", "other_assessment"],
                    part__isnull=False,
                )
                | (Q(is_child=True, accounted_by="not_assessed") & ~Q(because=""))
                | Q(is_child=True, accounted_by="passed", passed_to__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["person"], name="assessments_member_person")]
        triggers = [append_only()]


class AssessmentPassed(models.Model):
    """A restricted child of the household: whoever holds the restriction answers for the child.

    Answered by another assessment of the child's own, or by why there is none. Who authorises
    sees that it is answered and nothing of what was said (decisions.md 84).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="passed")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    passed_at = models.DateTimeField()
    part = models.ForeignKey(AssessmentChild, models.PROTECT, null=True, related_name="+")
    because = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assessments_passed_once", fields=["assessment", "child"]),
            models.CheckConstraint(
                name="assessments_passed_answer_whole",
                condition=Q(
                    answered_at__isnull=True,
                    answered_by__isnull=True,
                    answered_for__isnull=True,
                    part__isnull=True,
                    because="",
                )
                | (
                    Q(answered_at__isnull=False, answered_by__isnull=False)
                    & (Q(part__isnull=False, because="") | (Q(part__isnull=True) & ~Q(because="")))
                ),
            ),
            models.CheckConstraint(
                name="assessments_passed_answered_later",
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("passed_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner"],
                name="assessments_passed_waiting",
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


class Checkpoint(models.Model):
    """A manager or practice supervisor looked at the assessment on its way (domain.md 2.7)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="checkpoints")
    number = models.PositiveSmallIntegerField()
    other_parent = models.TextField()
    agencies = models.TextField()
    next_step = models.CharField(max_length=10, choices=NextStep)
    review_on = models.DateField()
    oversight = models.OneToOneField(ManagementOversight, models.PROTECT, related_name="checkpoint")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessments_checkpoint_number", condition=Q(number__in=[1, 2, 3])
            ),
            models.CheckConstraint(
                name="assessments_checkpoint_whole",
                condition=~Q(other_parent="") & ~Q(agencies=""),
            ),
        ]
        triggers = [append_only()]


class CheckpointChild(models.Model):
    """What the checkpoint found for one child: seen, seen alone, and the risk that shows."""

    id = models.BigAutoField(primary_key=True)
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    was_seen = models.BooleanField()
    was_seen_alone = models.BooleanField()
    not_because = models.TextField(blank=True)
    emerging_risk = models.CharField(max_length=9, choices=RiskLevel)
    note = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_checkpoint_child_once", fields=["checkpoint", "child"]
            ),
            models.CheckConstraint(
                name="assessments_checkpoint_child_whole",
                condition=~Q(note="")
                & (Q(was_seen=True, was_seen_alone=True) | ~Q(not_because="")),
            ),
        ]
        triggers = [append_only()]


class AssessmentSubmission(models.Model):
    """The document was given to the manager. It may come back and be given again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    shared_on = models.DateField(null=True)
    not_shared_because = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="assessments_submission_once", fields=["assessment", "number"]
            ),
            models.CheckConstraint(
                name="assessments_submission_shared",
                condition=Q(shared_on__isnull=False) | ~Q(not_shared_because=""),
            ),
        ]
        triggers = [append_only()]


class AssessmentReturn(models.Model):
    """The manager gave it back: what is missing and by when. The clocks go on."""

    submission = models.OneToOneField(
        AssessmentSubmission, models.PROTECT, primary_key=True, related_name="returned"
    )
    missing = models.TextField()
    due_on = models.DateField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="assessments_return_whole", condition=~Q(missing=""))
        ]
        triggers = [append_only()]


class AssessmentComment(models.Model):
    """What the manager says about one section, or about one child's part."""

    id = models.BigAutoField(primary_key=True)
    returned = models.ForeignKey(AssessmentReturn, models.PROTECT, related_name="comments")
    section = models.CharField(max_length=20)
    child = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    words = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="assessments_comment_whole", condition=~Q(words=""))
        ]
        triggers = [append_only()]
