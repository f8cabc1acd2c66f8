"""An assessment counts from the referral, also when that was dated wrongly at first."""

from datetime import date, timedelta

import pytest

from assessments.models import AssessmentChild
from cases import actions as case_actions
from cases.models import Contact
from record.models import Clock
from tests.assessments.families import RECEIVED, WRITTEN

pytestmark = pytest.mark.django_db


def test_limits_of_each_childs_assessment_follow_a_corrected_receipt(
    assessment, children, mash_manager
):
    contact = Contact.objects.get()
    case_actions.correct_received_at(
        by=mash_manager,
        at=WRITTEN,
        contact_id=contact.pk,
        received_at=RECEIVED - timedelta(days=3),
        reason="The e-mail is of Friday",
    )

    for child in children:
        part = AssessmentChild.objects.get(child=child)
        assert part.referral_on == date(2026, 2, 27)
        (clock,) = Clock.objects.filter(rule="CFA-45", child=child, stopped_at=None)
        assert clock.started_at == RECEIVED - timedelta(days=3)
        assert clock.due_at.date() == date(2026, 5, 6)
        assert clock.replaces.started_at == RECEIVED
    assessment.refresh_from_db()
    running = Clock.objects.filter(subject_id=assessment.pk, stopped_at=None)
    assert assessment.next_due_at == min(clock.due_at for clock in running)
