"""Referrals, who holds the child, who works with the child, and work offered between teams."""

import uuid
from typing import TYPE_CHECKING

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from cases.choices import (
    HandoverKind,
    HandoverState,
    InvolvementKind,
    Level,
    ReferralState,
    WorkerRole,
)
from cases.models.contacts import Contact
from people.models import Person, history

if TYPE_CHECKING:
    pass


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


@pghistory.track(*history(), model_name="ReferralHistory")
class Referral(models.Model):
    """A request for services for one child whose case was not open. An episode, to the census."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="referrals")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="referrals")
    state = models.CharField(max_length=9, choices=ReferralState)
    referral_on = models.DateField()
    received_at = models.DateTimeField()
    source_code = models.CharField(max_length=2)
    primary_need = models.CharField(max_length=2, blank=True)
    first_decision = models.CharField(max_length=24, blank=True)
    is_re_referral = models.BooleanField()
    is_nfa = models.BooleanField(default=False)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, related_name="+")
    team_accepted_at = models.DateTimeField(null=True)
    closed_on = models.DateField(null=True)
    closure_reason = models.CharField(max_length=4, blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_referral_one_open",
                fields=["child"],
                condition=~Q(state__in=["closed", "rejected"]),
            ),
            models.CheckConstraint(
                name="cases_referral_need_unless_nfa",
                condition=Q(is_nfa=True) | Q(state="received") | ~Q(primary_need=""),
            ),
            models.CheckConstraint(
                name="cases_referral_rejected_is_nfa",
                condition=~Q(state="rejected") | Q(is_nfa=True),
            ),
            models.CheckConstraint(
                name="cases_referral_closed_pair",
                condition=Q(closed_on__isnull=True, closure_reason="")
                | (Q(closed_on__isnull=False) & ~Q(closure_reason="")),
            ),
            models.CheckConstraint(
                name="cases_referral_closed_later",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("referral_on")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "next_due_at", "id"],
                name="cases_referral_open",
                condition=~Q(state__in=["closed", "rejected"]),
            ),
            models.Index(fields=["child", "-referral_on"], name="cases_referral_child"),
        ]


class Involvement(models.Model):
    """Something of ours is open for this child. A child with a live one is an open child.

    `is_steady`: a plan past its first review, which is supervised less often (domain.md 2.12).

    A child has one plan at a time, child in need or child protection; the next may begin at the
    moment the last one ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="involvements")
    kind = models.CharField(max_length=10, choices=InvolvementKind)
    subject_id = models.UUIDField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    is_steady = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_involvement_once",
                fields=["child", "kind", "subject_id"],
                condition=Q(to_at__isnull=True),
            ),
            models.CheckConstraint(
                name="cases_involvement_dates",
                condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at")),
            ),
            ExclusionConstraint(
                name="cases_involvement_one_plan",
                expressions=[
                    ("child", RangeOperators.EQUAL),
                    (TsTzRange("from_at", "to_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(kind="plan"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["child", "kind"],
                name="cases_involvement_live",
                condition=Q(to_at__isnull=True),
            ),
            models.Index(fields=["subject_id"], name="cases_involvement_subject"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Responsibility(models.Model):
    """Who answers for this child: one team and its manager, never two, never none while open."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="responsibilities")
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    manager = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="cases_responsibility_one_holder",
                expressions=[
                    ("child", RangeOperators.EQUAL),
                    (TsTzRange("from_at", "to_at"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(
                fields=["manager"],
                name="cases_responsibility_live",
                condition=Q(to_at__isnull=True),
            ),
            models.Index(
                fields=["team"], name="cases_responsibility_team", condition=Q(to_at__isnull=True)
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Allocation(models.Model):
    """A worker of a child: lead, co-worker or duty cover, with the manager's direction."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="allocations")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="allocations")
    worker = models.ForeignKey("accounts.User", models.PROTECT, related_name="allocations")
    role = models.CharField(max_length=9, choices=WorkerRole)
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    find_out = models.TextField(blank=True)
    see_whom = models.TextField(blank=True)
    first_visit_by = models.DateField(null=True)
    checkpoints = ArrayField(models.DateField(), default=list)
    change_reason = models.CharField(max_length=80, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_allocation_one_lead",
                fields=["child"],
                condition=Q(role="lead", to_at__isnull=True),
            ),
            models.CheckConstraint(
                name="cases_allocation_dates",
                condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["worker"], name="cases_allocation_live", condition=Q(to_at__isnull=True)
            )
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Handover(models.Model):
    """Work offered by one team to another. The sender holds until it is accepted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=HandoverKind)
    state = models.CharField(max_length=9, choices=HandoverState, default=HandoverState.OFFERED)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="handovers")
    from_team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    to_team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="handovers_to")
    reason = models.TextField()
    note = models.TextField(blank=True)
    offered_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer_reason = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_handover_answer_pair",
                condition=Q(state="offered", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(state="offered") & Q(answered_by__isnull=False, answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="cases_handover_returned_reason",
                condition=~Q(state="returned") | ~Q(answer_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["to_team", "next_due_at", "id"],
                name="cases_handover_offered",
                condition=Q(state="offered"),
            ),
            models.Index(fields=["contact"], name="cases_handover_contact"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class HandoverChild(models.Model):
    """One child of a handover, with the level of need the sender sees.

    `is_open` repeats the handover's state for the constraint.
    """

    id = models.BigAutoField(primary_key=True)
    handover = models.ForeignKey(Handover, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="handovers")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="handovers")
    kind = models.CharField(max_length=12, choices=HandoverKind)
    level = models.CharField(max_length=2, choices=Level, blank=True)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_handover_child_once", fields=["handover", "child"]),
            models.UniqueConstraint(
                name="cases_handover_one_open", fields=["child", "kind"], condition=Q(is_open=True)
            ),
        ]
