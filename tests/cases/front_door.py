"""A Thursday at the front door, made through the real actions, for the tests of `cases`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import Team, User
from cases import actions
from cases.choices import Channel, ConsentFrom, ConsentScope, ConsentState, Ground, Outcome
from cases.models import Contact, Handover
from cases.stated import Stated
from mash import actions as mash_actions
from mash.models import Decision
from people.choices import HouseholdRole, YesNoUnknown

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 3, 13, 9, 30, tzinfo=UTC)
#: When everything here is typed in: late enough for each `at` to be past.
TYPED = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)

REASONS = {
    "know": "Two call-outs.",
    "worries": "Repeat violence.",
    "protects": "Trusts the teacher.",
    "alternative": "Advice would be too little.",
}
GRANTED: dict[str, Any] = {
    "grounds": [Ground.RISK_CHILD],
    "why_necessary": "Only the school can say",
    "will_family_be_told": YesNoUnknown.YES,
}


def hours(number: float) -> datetime:
    return MORNING + timedelta(hours=number)


def child(name: str = "Aaliyah", **facts: Any) -> Stated:
    facts.setdefault("date_of_birth", date(2018, 9, 14))
    facts.setdefault("household_role", HouseholdRole.RESIDENT_CHILD)
    return Stated(given_name=name, family_name="Testwood", sex="F", **facts)


def received(by: User, *people: Stated, at: datetime = MORNING, **more: Any) -> Contact:
    return actions.receive(
        by=by,
        at=at,
        channel=Channel.PHONE,
        words=more.pop("words", "Came in quiet."),
        people=list(people) or [child()],
        source_code="2A",
        **more,
    )


def decided(
    contact: Contact,
    by: User,
    outcome: Outcome,
    *,
    team: Team | None = None,
    level: str = "1",
    at: datetime = MORNING + timedelta(hours=1),
) -> Decision:
    return mash_actions.decide(
        by=by,
        at=at,
        contact_id=contact.pk,
        children=[
            mash_actions.ChildLine(
                child_id=row.person_id,
                is_in=True,
                level=level,
                outcome=outcome,
                why=f"Because of {row.position}",
                primary_need="N1",
                to_team_id=team.pk if team else None,
            )
            for row in contact.people.filter(is_child=True, ended_at=None)
        ],
        late_reason="Busy",
        cumulative_answer="Together they are more than each.",
        **REASONS,
    )


def offered(contact: Contact, by: User, to: User) -> Handover:
    """Refer the contact's children to the team of an assessment manager."""
    decided(contact, by, Outcome.REFERRAL, team=to.managed_teams.get(), level="4a")
    return Handover.objects.get(contact=contact)


def answered(
    contact: Contact,
    by: User,
    state: ConsentState,
    *,
    asked_as: ConsentFrom = ConsentFrom.PARENT_WITH_PR,
    at: datetime = MORNING + timedelta(minutes=10),
    who: str = "Mother",
    scope: ConsentScope = ConsentScope.CHECKS,
) -> None:
    actions.record_answer(
        by=by,
        at=at,
        contact_id=contact.pk,
        asked_as=asked_as,
        scope=scope,
        state=state,
        person_as_stated=who,
        how="spoken",
        to_what="School and GP",
        words="As they said it",
    )
