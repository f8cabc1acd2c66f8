"""Facts about one child that every part of the work reads: seen, risk, signals, section 47."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q

from cases.choices import ProtectionKind, RiskLevel, SignalKind, VisitOutcome, VisitPurpose
from people.models import Person
from record.models import append_only


class Visit(models.Model):
    """One attempt to see a family, kept or not. What each child was and said stands beneath."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    purpose = models.CharField(max_length=12, choices=VisitPurpose)
    outcome = models.CharField(max_length=10, choices=VisitOutcome)
    where = models.CharField(max_length=200, blank=True)
    is_home_seen = models.BooleanField(default=False)
    who_was_there = models.TextField(blank=True)
    note = models.TextField(blank=True)
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.UUIDField(null=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    is_by_social_worker = models.BooleanField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject_id", "-at"], name="cases_visit_subject")]
        triggers = [append_only()]


class VisitChild(models.Model):
    """One child of a visit: seen, and seen alone, are two facts; each "no" has a reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="visits")
    at = models.DateTimeField()
    was_seen = models.BooleanField()
    not_seen_because = models.TextField(blank=True)
    next_attempt_on = models.DateField(null=True)
    was_seen_alone = models.BooleanField(default=False)
    not_alone_because = models.TextField(blank=True)
    words = models.TextField(blank=True)
    observed = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_visit_child_once", fields=["visit", "child"]),
            models.CheckConstraint(
                name="cases_visit_seen_or_why",
                condition=Q(was_seen=True) | (Q(was_seen_alone=False) & ~Q(not_seen_because="")),
            ),
            models.CheckConstraint(
                name="cases_visit_alone_or_why",
                condition=Q(was_seen=False) | Q(was_seen_alone=True) | ~Q(not_alone_because=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["child", "-at"], name="cases_visit_seen", condition=Q(was_seen=True)
            )
        ]
        triggers = [append_only()]


class RiskRating(models.Model):
    """How great the risk to one child was judged to be, by whom and why. The latest holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="risk_ratings")
    level = models.CharField(max_length=9, choices=RiskLevel)
    why = models.TextField()
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="cases_risk_has_reason", condition=~Q(why="")),
        ]
        indexes = [models.Index(fields=["child", "-at", "-recorded_at"], name="cases_risk_latest")]
        triggers = [append_only()]


class Signal(models.Model):
    """Something happened that may change risk to a child: a contact, an episode, a failed visit.

    Written once for each source by whoever records the source (decisions.md 34).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="signals")
    kind = models.CharField(max_length=14, choices=SignalKind)
    source_kind = models.CharField(max_length=30)
    source_id = models.UUIDField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_signal_once", fields=["child", "kind", "source_id"])
        ]
        indexes = [models.Index(fields=["child", "-at"], name="cases_signal_of")]
        triggers = [append_only()]


class Section47Decision(models.Model):
    """What a strategy discussion concluded for one child: is the section 47 threshold met, and why.

    A fact that goes down from the discussion to whoever opens the enquiry (decisions.md 29).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="section_47_decisions")
    discussion_id = models.UUIDField()
    discussed_at = models.DateTimeField()
    is_met = models.BooleanField()
    is_joint = models.BooleanField(default=False)
    why = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_s47_decision_once", fields=["child", "discussion_id"]
            ),
            models.CheckConstraint(name="cases_s47_decision_has_reason", condition=~Q(why="")),
        ]
        triggers = [append_only()]


class Protection(models.Model):
    """A child is in a section 47 enquiry or has a child protection plan, from when to when.

    A fact that goes down from whoever keeps the enquiry or the plan; only `cases.protection`
    writes it. An enquiry lasts until the conference, or until none is needed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="protections")
    kind = models.CharField(max_length=10, choices=ProtectionKind)
    subject_id = models.UUIDField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_protection_one_open",
                fields=["child", "kind"],
                condition=Q(to_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="cases_protection_once", fields=["child", "kind", "subject_id"]
            ),
            models.CheckConstraint(
                name="cases_protection_dates",
                condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ChildRiskReview(models.Model):
    """Risk to one child thought about again: what changed, risk before and now, the child's view.

    Asked for by a change of circumstance or by the review of a family that waits; `subject_*`
    says which (decisions.md 69). Every child has a review of its own (domain.md 2.16, 5.2).
    """

    class State(models.TextChoices):
        TO_DO = "to_do", "To do"
        COMPLETED = "completed", "Completed"
        COUNTERSIGNED = "countersigned", "Countersigned"
        NOT_NEEDED = "not_needed", "No longer needed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="risk_reviews")
    state = models.CharField(max_length=13, choices=State, default=State.TO_DO)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    what_changed = models.TextField(blank=True)
    effect = models.TextField(blank=True)
    risk_before = models.CharField(max_length=9, choices=RiskLevel, blank=True)
    risk_now = models.CharField(max_length=9, choices=RiskLevel, blank=True)
    childs_view = models.TextField(blank=True)
    was_seen = models.BooleanField(null=True)
    was_seen_alone = models.BooleanField(null=True)
    seen_at = models.DateTimeField(null=True)
    not_seen_because = models.TextField(blank=True)
    next_attempt_on = models.DateField(null=True)
    protects = models.TextField(blank=True)
    is_assessment_right = models.BooleanField(null=True)
    assessment_why = models.TextField(blank=True)
    is_plan_right = models.BooleanField(null=True)
    plan_why = models.TextField(blank=True)
    recommendation = models.TextField(blank=True)
    late_reason = models.TextField(blank=True)
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    completed_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    countersigned_at = models.DateTimeField(null=True)
    countersigned_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_risk_review_once", fields=["subject_id", "child"]),
            models.CheckConstraint(
                name="cases_risk_review_whole",
                condition=Q(
                    state__in=["to_do", "not_needed"],
                    completed_at__isnull=True,
                    completed_by__isnull=True,
                )
                | (
                    Q(completed_at__isnull=False, completed_by__isnull=False)
                    & Q(state__in=["completed", "countersigned"])
                    & ~Q(what_changed="")
                    & ~Q(effect="")
                    & ~Q(risk_before="")
                    & ~Q(risk_now="")
                    & ~Q(protects="")
                    & ~Q(recommendation="")
                    & Q(is_assessment_right__isnull=False)
                    & Q(is_plan_right__isnull=False)
                    & (
                        Q(was_seen=True, seen_at__isnull=False, was_seen_alone__isnull=False)
                        | (Q(was_seen=False) & ~Q(not_seen_because=""))
                    )
                ),
            ),
            models.CheckConstraint(
                name="cases_risk_review_countersigned_pair",
                condition=Q(countersigned_at__isnull=True, countersigned_by__isnull=True)
                | Q(
                    state="countersigned",
                    countersigned_at__isnull=False,
                    countersigned_by__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["child", "-completed_at"], name="cases_risk_review_of"),
            models.Index(
                fields=["owner"], name="cases_risk_review_to_do", condition=Q(state="to_do")
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="completed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__completed_at__isnull=False)
                & (
                    pgtrigger.Q(old__completed_at__df=pgtrigger.F("new__completed_at"))
                    | pgtrigger.Q(old__what_changed__df=pgtrigger.F("new__what_changed"))
                    | pgtrigger.Q(old__effect__df=pgtrigger.F("new__effect"))
                    | pgtrigger.Q(old__risk_now__df=pgtrigger.F("new__risk_now"))
                    | pgtrigger.Q(old__was_seen__df=pgtrigger.F("new__was_seen"))
                    | pgtrigger.Q(old__recommendation__df=pgtrigger.F("new__recommendation"))
                ),
            ),
        ]
