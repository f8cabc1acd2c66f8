"""What agencies say about children who are open already is a change (COC-16, COC-25)."""

import pytest

from cases.change_codes import ChangeCode
from cases.models import ChangeOfCircumstance
from lib import application_clock
from tests.cases.front_door import TYPED, hours
from tests.mash.discussions import absent, called, concluded, held
from tests.mash.test_strategy import contribute

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _typed_later():
    with application_clock.set_to(TYPED):
        yield


@pytest.fixture
def case(contact_officer, mash_manager):
    return called(contact_officer, mash_manager)


@pytest.fixture
def team(assessment_team_manager):
    return assessment_team_manager.managed_teams.get()


def changes():
    return list(ChangeOfCircumstance.objects.order_by("recorded_at").values_list("code", "what"))


def test_contribution_after_the_conclusion_is_a_change(
    case, mash_manager, mash_social_worker, team
):
    held(
        case,
        mash_manager,
        mash_social_worker,
        attendance=[absent(case.police), absent(case.health)],
    )
    contribute(case.police, mash_social_worker, hours(3.5))
    concluded(case, mash_manager, to_team_id=team.pk, not_quorate_because="She goes home at four")
    assert changes() == []

    contribute(case.health, mash_social_worker, hours(5))

    assert [code for code, _what in changes()] == [ChangeCode.PAST]


def test_agency_that_does_not_agree_with_a_discussion_is_a_change(
    case, mash_manager, mash_social_worker, team
):
    held(case, mash_manager, mash_social_worker)
    concluded(
        case, mash_manager, to_team_id=team.pk, agency_dissent="Health would have gone further"
    )

    assert changes() == [
        (
            ChangeCode.DISPUTE,
            "An agency does not agree with what the strategy discussion decided",
        )
    ]
