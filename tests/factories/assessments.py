"""Assessments as rows, for tests that need one to be there and not how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import factory

from accounts.models import Team, User
from assessments.choices import AccountedBy, AssessmentKind, AssessmentOutcome, AssessmentState
from assessments.models import Assessment, AssessmentChild, AssessmentMember
from cases.choices import Channel, OversightKind, ReferralState, RiskLevel
from cases.models import Contact, ManagementOversight, Referral, Submission
from lib.working_days import london_date
from people.models import Person
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.people import ChildFactory

RECEIVED_AT = datetime(2026, 1, 5, 10, tzinfo=UTC)


class ContactFactory(factory.django.DjangoModelFactory):
    """A decided contact, without anybody named on it."""

    class Meta:
        model = Contact

    reference = factory.Sequence(lambda n: f"C-25-{n:05d}")
    state = "decided"
    received_at = RECEIVED_AT
    recorded_at = RECEIVED_AT
    changed_at = RECEIVED_AT
    is_out_of_hours = False
    words = "He came in without a coat again."
    source_code = "2A"

    @factory.lazy_attribute
    def submission(self) -> Submission:
        return Submission.objects.create(
            channel=Channel.PHONE,
            words=self.words,
            received_at=self.received_at,
            recorded_at=self.recorded_at,
        )


class ReferralFactory(factory.django.DjangoModelFactory):
    """A referral that a team has accepted and allocated."""

    class Meta:
        model = Referral

    child = factory.SubFactory(ChildFactory)
    contact = factory.SubFactory(ContactFactory)
    team = factory.SubFactory(TeamFactory)
    state = ReferralState.ALLOCATED
    received_at = factory.SelfAttribute("contact.received_at")
    referral_on = factory.LazyAttribute(lambda row: london_date(row.received_at))
    source_code = "2A"
    primary_need = "N1"
    first_decision = "referral"
    is_re_referral = False
    accepted_at = factory.LazyAttribute(lambda row: row.received_at + timedelta(hours=3))
    team_accepted_at = factory.LazyAttribute(lambda row: row.received_at + timedelta(hours=4))
    recorded_at = factory.SelfAttribute("received_at")


def authorised(
    *children: Person,
    at: datetime,
    by: User | None = None,
    team: Team | None = None,
    others: Sequence[Person] = (),
    started_at: datetime | None = None,
    **more: Any,
) -> Assessment:
    """Make an authorised assessment of these children, each with an open referral of their own.

    :param others: adults of the household it considered
    """
    manager = by or UserFactory()
    held = team or TeamFactory(manager=manager)
    began = started_at or at - timedelta(days=30)
    oversight = ManagementOversight.objects.create(
        kind=OversightKind.AUTHORISATION,
        at=at,
        know="Seen at home and at school.",
        worries="Money is short.",
        decision="Child in need plan",
        why="Advice alone would not hold.",
        by=manager,
        role="assessment_team_manager",
        recorded_at=at,
    )
    assessment = Assessment.objects.create(
        kind=AssessmentKind.FULL,
        state=AssessmentState.AUTHORISED,
        team=held,
        plan="See each child at home and at school.",
        review_on=london_date(at),
        started_at=began,
        started_by=manager,
        authorised_at=at,
        authorised_by=manager,
        authorised_role="assessment_team_manager",
        oversight=oversight,
        recorded_at=began,
    )
    for child in children:
        referral = Referral.objects.filter(child=child).exclude(
            state__in=[ReferralState.CLOSED, ReferralState.REJECTED]
        ).first() or ReferralFactory(
            child=child, team=held, contact=ContactFactory(received_at=began - timedelta(days=1))
        )
        part = AssessmentChild.objects.create(
            **{
                "assessment": assessment,
                "child": child,
                "referral": referral,
                "referral_on": referral.referral_on,
                "started_on": london_date(began),
                "added_by": manager,
                "is_open": False,
                "risk": RiskLevel.MODERATE,
                "outcome": AssessmentOutcome.CIN_PLAN,
                "primary_need": "N1",
                "authorised_at": at,
                "recorded_at": began,
                **more,
            }
        )
        AssessmentMember.objects.create(
            assessment=assessment,
            person=child,
            is_child=True,
            accounted_by=AccountedBy.OWN_PART,
            part=part,
        )
    for adult in others:
        AssessmentMember.objects.create(assessment=assessment, person=adult, is_child=False)
    return assessment
