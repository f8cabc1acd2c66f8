"""What assessments and plans stand in the way of closing (cases.holds)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from assessments.models import (
    AssessmentChild,
    CinPlanChild,
    ProtectionPlan,
    Section47Enquiry,
    TransferChild,
)
from cases.choices import ReferralState
from cases.holds import Obstacle, Purpose
from cases.models import Referral
from cases.queries.stale import GRAVE
from lib import words
from lib.working_days import london_date
from record import flags

OVER = (ReferralState.CLOSED, ReferralState.REJECTED)


def assessments_in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """An assessment that is open."""
    if purpose != Purpose.CLOSE:
        return []
    return [
        Obstacle(
            child_id=part.child_id,
            sentence=f"The assessment of {part.child.name} is"
            f" {part.assessment.get_state_display().lower()}. Finish or abandon it first",
            url=reverse("assessments:assessment", args=[part.assessment_id]),
        )
        for part in AssessmentChild.objects.filter(child__in=child_ids, is_open=True)
        .select_related("child", "assessment")
        .order_by("child_id", "pk")
    ]


def plans_in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """A child in need plan that has not ended; for RC8 and RC9, one that ran in this episode."""
    rows = CinPlanChild.objects.filter(child__in=child_ids).select_related("plan", "child")
    if purpose == Purpose.CLOSE:
        return [
            Obstacle(
                child_id=row.child_id,
                sentence=f"{row.child.name} has a child in need plan:"
                f" {row.plan.get_state_display().lower()}. End it first",
                url=reverse("assessments:cin_plan", args=[row.plan_id]),
            )
            for row in rows.filter(is_open=True).order_by("child_id", "pk")
        ]
    if purpose == Purpose.CLOSE_AS_ASSESSED:
        return [
            Obstacle(
                child_id=row.child_id,
                sentence=f"{row.child.name} had a child in need plan in this episode",
                url=reverse("assessments:cin_plan", args=[row.plan_id]),
            )
            for row in rows.filter(from_on__isnull=False)
            .exclude(referral__state__in=OVER)
            .order_by("child_id", "pk")
        ]
    return []


def not_assessed(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """RC8 and RC9 say that an assessment was made: one authorised in this episode."""
    if purpose != Purpose.CLOSE_AS_ASSESSED:
        return []
    assessed = AssessmentChild.objects.filter(
        child__in=child_ids, authorised_at__isnull=False
    ).exclude(referral__state__in=OVER)
    rows = (
        Referral.objects.filter(child__in=child_ids)
        .exclude(state__in=OVER)
        .exclude(pk__in=assessed.values("referral"))
        .select_related("child")
        .order_by("child_id")
    )
    return [
        Obstacle(
            child_id=row.child_id,
            sentence=f"{row.child.name} has no authorised assessment in this episode",
            url=reverse("cases:child", args=[row.child_id]),
        )
        for row in rows
    ]


def stale_in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """An assessment that is out of date is no report to a conference (domain.md 4.2)."""
    if purpose != Purpose.CONFERENCE:
        return []
    rows = (
        flags.open_flags()
        .filter(rule__in=flags.stale_codes(), severity__in=GRAVE, child__in=child_ids)
        .select_related("child")
        .order_by("child_id", "since_at", "pk")
    )
    return [
        Obstacle(
            child_id=row.child_id,
            sentence=f"The assessment of {row.child.name} is out of date since"
            f" {words.date_words(london_date(row.since_at))}:"
            f" {flags.rule(row.rule).name.lower()}",
            url=reverse("cases:flag", args=[row.pk]),
        )
        for row in rows
        if row.child is not None and row.child_id is not None
    ]


def transfers_in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """A transfer under way: a child is not closed on the way to another team."""
    if purpose != Purpose.CLOSE:
        return []
    rows = (
        TransferChild.objects.filter(child__in=child_ids, is_in=True, is_open=True)
        .select_related("transfer", "child")
        .order_by("child_id")
    )
    return [
        Obstacle(
            child_id=row.child_id,
            sentence=f"{row.child.name} is being handed on:"
            f" {row.transfer.get_state_display().lower()}. Take the child out of the"
            " transfer, or withdraw it, first",
            url=reverse("assessments:transfer", args=[row.transfer_id]),
        )
        for row in rows
    ]


def enquiries_in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """A section 47 enquiry that is not over; for RC8 and RC9, any of this episode."""
    rows = (
        Section47Enquiry.objects.filter(child__in=child_ids)
        .exclude(state=Section47Enquiry.State.CANCELLED)
        .select_related("child")
        .order_by("child_id", "pk")
    )
    if purpose == Purpose.CLOSE:
        return [
            Obstacle(
                child_id=row.child_id,
                sentence=_why_open(row),
                url=reverse("assessments:section_47", args=[row.pk]),
            )
            for row in rows.filter(ended_at__isnull=True)
        ]
    if purpose == Purpose.CLOSE_AS_ASSESSED:
        return [
            Obstacle(
                child_id=row.child_id,
                sentence=f"{row.child.name} had a section 47 enquiry in this episode",
                url=reverse("assessments:section_47", args=[row.pk]),
            )
            for row in rows.exclude(referral__state__in=OVER)
        ]
    return []


def _why_open(enquiry: Section47Enquiry) -> str:
    name = enquiry.child.name
    if not enquiry.is_concluded:
        return f"{name}’s section 47 enquiry is not concluded"
    if not enquiry.conference:
        return f"Whether {name} needs a conference is not decided"
    return f"{name}’s initial conference has not been held"


def protection_in_the_way(
    *, child_ids: Collection[UUID], purpose: Purpose, at: datetime
) -> Sequence[Obstacle]:
    """A child protection plan that runs; for RC8 and RC9, any of this episode."""
    rows = (
        ProtectionPlan.objects.filter(child__in=child_ids)
        .select_related("child")
        .order_by("child_id", "pk")
    )
    if purpose == Purpose.CLOSE:
        rows, sentence = rows.running(), "has a child protection plan. End it first"
    elif purpose == Purpose.CLOSE_AS_ASSESSED:
        rows = rows.exclude(referral__state__in=OVER)
        sentence = "had a child protection plan in this episode"
    else:
        return []
    return [
        Obstacle(
            child_id=row.child_id,
            sentence=f"{row.child.name} {sentence}",
            url=reverse("assessments:protection_plan", args=[row.pk]),
        )
        for row in rows
    ]
