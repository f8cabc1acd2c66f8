"""What the addresses of a strategy discussion name, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import Permission as P
from lib import application_clock
from mash import actions
from mash.actions.strategy import parts_of
from mash.models import DiscussionAction, DiscussionPassed, StrategyDiscussion
from people.models import Person
from tests.factories.accounts import TeamFactory
from tests.factories.people import RestrictionFactory
from tests.mash.access_intake import received
from tests.mash.discussions import REASONS, met

People = Mapping[Role, User]


def _called(people: People) -> StrategyDiscussion:
    """Called half an hour ago about one child; the partner's agency is asked."""
    contact = received(people)
    manager, now = people[Role.MASH_MANAGER], application_clock.now()
    discussion = actions.call_strategy_discussion(
        by=manager,
        at=now - timedelta(minutes=30),
        contact_id=contact.pk,
        child_ids=[contact.people.get().person_id],
        reason="A burn",
        is_same_day=True,
    )
    agency = people[Role.PARTNER_AGENCY].agency
    assert agency is not None
    actions.invite_agencies(
        by=manager,
        at=now - timedelta(minutes=25),
        discussion_id=discussion.pk,
        invitations=[actions.Invitation(agency_id=agency.pk, asked="How she is")],
    )
    return discussion


def _held(people: People) -> StrategyDiscussion:
    discussion, manager = _called(people), people[Role.MASH_MANAGER]
    return actions.hold(
        by=manager,
        at=application_clock.now() - timedelta(minutes=20),
        discussion_id=discussion.pk,
        mode="phone",
        social_worker_id=people[Role.MASH_SOCIAL_WORKER].pk,
        manager_id=manager.pk,
        attendance=[
            actions.Attendance(part_id=parts_of(discussion)[0].pk, has_attended=True, who="Head")
        ],
    )


def _concluded(people: People) -> StrategyDiscussion:
    discussion, manager = _held(people), people[Role.MASH_MANAGER]

    team = TeamFactory(manager=people[Role.ASSESSMENT_TEAM_MANAGER])
    return actions.conclude(
        by=manager,
        at=application_clock.now() - timedelta(minutes=10),
        discussion_id=discussion.pk,
        lines=[met(Person.objects.get(pk=discussion.children.get().child_id))],
        planned=[
            actions.PlannedAction(
                what="Ring the school", owner="Nurse", by_when=application_clock.now()
            )
        ],
        not_quorate_because="She goes home at four",
        to_team_id=team.pk,
        **REASONS,
    )


def a_discussion(people: People) -> dict[str, Any]:
    return {"pk": _called(people).pk}


def a_held_discussion(people: People) -> dict[str, Any]:
    return {"pk": _held(people).pk}


def a_concluded_discussion(people: People) -> dict[str, Any]:
    return {"pk": _concluded(people).pk}


def a_part(people: People) -> dict[str, Any]:
    return {"pk": parts_of(_called(people))[0].pk}


def an_action(people: People) -> dict[str, Any]:
    return {"pk": DiscussionAction.objects.get(discussion=_concluded(people)).pk}


def a_passed_child(people: People) -> dict[str, Any]:
    """A restricted child of the household, for whom an assessment team manager answers."""
    discussion, now = _held(people), application_clock.now()
    owner = people[Role.ASSESSMENT_TEAM_MANAGER]
    restriction = RestrictionFactory(owner=owner)
    passed = DiscussionPassed.objects.create(
        discussion=discussion,
        child=restriction.person,
        owner=owner,
        passed_at=now,
        recorded_at=now,
    )
    return {"pk": passed.pk}


#: Pages with a form: who opens them, and what they name.
PAGES = {
    "discussion_invite": (P.STRATEGY_CALL, a_discussion),
    "contribution": (P.STRATEGY_CALL, a_part),
    "discussion_hold": (P.STRATEGY_CHAIR, a_discussion),
    "discussion_conclude": (P.STRATEGY_CHAIR, a_held_discussion),
    "discussion_cancel": (P.STRATEGY_CHAIR, a_discussion),
    "discussion_minutes": (P.STRATEGY_CALL, a_concluded_discussion),
    "discussion_further": (P.STRATEGY_CALL, a_concluded_discussion),
    "discussion_confirm": (P.EDT_CONFIRM, a_concluded_discussion),
    "discussion_action": (P.STRATEGY_CALL, an_action),
    "agency_discussion": (P.STRATEGY_ATTEND_FOR_AGENCY, a_part),
}
