"""One contact all the way: received, rated, decided child by child, accepted by a team."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cases import actions as case_actions
from cases.choices import Channel, HandoverState, Outcome, ReferralState
from cases.models import Handover, Responsibility
from cases.stated import Stated
from lib import application_clock
from mash import actions
from people.choices import HouseholdRole

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def receive(by, **changes):
    return case_actions.receive(
        by=by,
        at=changes.pop("at", MORNING),
        channel=Channel.PHONE,
        words="Aaliyah came in quiet and asked to stay at lunch.",
        people=changes.pop(
            "people",
            [
                Stated(
                    given_name="Aaliyah",
                    family_name="Testwood",
                    date_of_birth=date(2018, 9, 14),
                    sex="F",
                    address_line="14 Sample Row",
                    postcode="SL1 2EL",
                    household_role=HouseholdRole.RESIDENT_CHILD,
                ),
                Stated(
                    given_name="Zayn",
                    family_name="Testwood",
                    date_of_birth=date(2022, 2, 2),
                    sex="M",
                    household_role=HouseholdRole.RESIDENT_CHILD,
                ),
            ],
        ),
        source_code="2A",
        **changes,
    )


REASONS = {
    "know": "Two call-outs.",
    "worries": "Repeat violence.",
    "protects": "Aaliyah trusts her teacher.",
    "alternative": "Advice would be too little.",
}


def test_decide_referral_reaches_the_team_that_accepts_it(
    contact_officer, mash_manager, assessment_team_manager
):
    team = assessment_team_manager.managed_teams.get()
    with application_clock.set_to(MORNING + timedelta(minutes=5)):
        contact = receive(contact_officer)
        children = [row.person_id for row in contact.people.order_by("position")]

    with application_clock.set_to(MORNING + timedelta(hours=1)):
        decision = actions.decide(
            by=mash_manager,
            at=MORNING + timedelta(hours=1),
            contact_id=contact.pk,
            children=[
                actions.ChildLine(
                    child_id=child_id,
                    is_in=True,
                    level="4a",
                    outcome=Outcome.REFERRAL,
                    why=f"Because {place}",
                    primary_need="N1",
                    to_team_id=team.pk,
                )
                for place, child_id in enumerate(children)
            ],
            **REASONS,
        )
    handover = Handover.objects.get(contact=contact)
    holder_before = set(
        Responsibility.objects.filter(to_at=None).values_list("manager_id", flat=True)
    )
    with application_clock.set_to(MORNING + timedelta(hours=2)):
        case_actions.accept(
            by=assessment_team_manager, at=MORNING + timedelta(hours=2), handover_id=handover.pk
        )

    contact.refresh_from_db()
    handover.refresh_from_db()
    assert contact.board_state == ""
    assert decision.number == 1
    assert handover.state == HandoverState.ACCEPTED
    assert holder_before == {mash_manager.pk}
    assert set(Responsibility.objects.filter(to_at=None).values_list("manager_id", flat=True)) == {
        assessment_team_manager.pk
    }
    assert set(contact.referrals.values_list("state", flat=True)) == {ReferralState.ACCEPTED}
