"""Two at the same moment about one enquiry: one does it, the other is told why not."""

import pytest

from assessments.actions import section_47 as actions
from assessments.models import Conference, ProtectionPlan
from cases.models import ManagementOversight
from record.errors import Clash, Refused
from tests.assessments.enquiries import begun, conclude, conferred, submitted
from tests.assessments.plans import TYPED
from tests.cases import test_together
from tests.cases.front_door import hours

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def case(
    typed_later,
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
):
    return begun(
        contact_officer,
        mash_manager,
        mash_social_worker,
        assessment_team_manager,
        assessment_social_worker,
    )


@pytest.fixture
def both(monkeypatch):
    monkeypatch.setattr(test_together, "TYPED", TYPED)
    return test_together.both


def test_two_who_write_or_conclude_one_enquiry_or_record_one_conference(case, both):
    aaliyah = case.aaliyah

    def write(words):
        return actions.write_child(
            by=case.worker,
            at=hours(8),
            enquiry_id=aaliyah.pk,
            found=words,
            child_view="V",
            medical="M",
            analysis="A",
            version=1,
        )

    answers = both(lambda: write("Mine"), lambda: write("Yours"))
    assert sum(isinstance(each, Clash) for each in answers) == 1

    submitted(case.aaliyah, case.worker)
    answers = both(*[lambda: conclude(aaliyah, case.manager)] * 2)
    assert sum(isinstance(each, Refused) for each in answers) == 1
    assert ManagementOversight.objects.filter(subject_id=aaliyah.pk).count() == 1

    submitted(case.zayn, case.worker)
    conclude(case.zayn, case.manager)
    answers = both(*[lambda: conferred(case)] * 2)
    assert sum(isinstance(each, Refused) for each in answers) == 1
    assert Conference.objects.count() == ProtectionPlan.objects.count() == 1
