"""Children step down to early help: the sender holds until help has started, and the plan ends."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts.permissions import Permission, require
from assessments.actions.cin_plan import end_plan
from assessments.models import CinPlan
from cases import actions as case_actions
from cases import reactions
from cases.actions.step_down import step_down
from cases.actions.visits import ChildAtVisit
from cases.choices import ConsentState, HandoverKind, HandoverState, ProtectionKind
from cases.models import Handover, Protection, Responsibility, Section47Decision
from early_help import actions as help_actions
from early_help.choices import EpisodeState
from early_help.models import Episode
from record.errors import Refused
from record.models import OutboxMessage
from tests.assessments.plans import approved, day
from tests.cases.front_door import TYPED
from tests.early_help.helping import AGREED, waiting

pytestmark = pytest.mark.django_db

FACTS = {
    "reason": "The plan is done; mornings are still hard.",
    "comes_back_if": "If he hits her again.",
    "parents_say": "“Yes, somebody for the mornings.”",
}


@pytest.fixture
def family(contact_officer, mash_manager, assessment_team_manager, assessment_social_worker):
    from tests.assessments.plans import held

    return held(
        contact_officer,
        mash_manager,
        assessment_team_manager,
        assessment_social_worker,
        "Maisie",
        "Jayden",
    )


def stepped_down(family, coordinator, *names, by=None, at=None, **more):
    chosen = names or tuple(family.referrals)
    return step_down(
        by=by or family.manager,
        at=at or day(7),
        referral_ids=[family.referrals[name].pk for name in chosen],
        to_team_id=coordinator.managed_teams.get().pk,
        **{**FACTS, **more},
    )


def helped(episode, coordinator, worker):
    """Agreed, screened, offered, accepted and visited."""
    children = list(episode.children.values_list("child_id", flat=True))
    help_actions.record_agreement(
        by=coordinator,
        at=day(7),
        episode_id=episode.pk,
        child_ids=children,
        state=ConsentState.GIVEN,
        **AGREED,
    )
    waiting(coordinator, episode, priority="p2", at=day(7))
    help_actions.offer_help(
        by=coordinator,
        at=day(7),
        episode_id=episode.pk,
        worker_id=worker.pk,
        first_at=day(8),
        how="phone",
    )
    help_actions.accept_offer(by=worker, at=day(7), episode_id=episode.pk)
    case_actions.record_visit(
        by=worker,
        at=day(8) - timedelta(hours=1),
        purpose="early_help",
        outcome="kept",
        where="At home",
        children=[
            ChildAtVisit(child_id=child_id, was_seen=True, was_seen_alone=True)
            for child_id in children
        ],
    )


@pytest.mark.usefixtures("_typed")
def test_plan_steps_down_with_the_family_and_ends_when_help_has_started(
    family, early_help_coordinator, early_help_worker
):
    plan = approved(family)
    offer = stepped_down(family, early_help_coordinator)
    plan.refresh_from_db()
    episode = Episode.objects.get(handover=offer)
    assert plan.state == CinPlan.State.STEPPING_DOWN
    assert "somebody for the mornings" in episode.reasons
    assert episode.comes_back_if == "If he hits her again."
    assert {row.manager for row in Responsibility.objects.filter(to_at=None)} == {family.manager}

    helped(episode, early_help_coordinator, early_help_worker)

    plan.refresh_from_db()
    offer.refresh_from_db()
    episode.refresh_from_db()
    assert offer.state == HandoverState.ACCEPTED
    assert episode.state == EpisodeState.ASSESSING
    assert (plan.state, plan.ending) == (CinPlan.State.ENDED, CinPlan.Ending.STEPPED_DOWN)
    assert {row.manager for row in Responsibility.objects.filter(to_at=None)} == {
        early_help_coordinator
    }
    assert OutboxMessage.objects.filter(
        payload__code="early_help.step_down_started", payload__user_id=str(family.manager.pk)
    ).exists()


@pytest.mark.usefixtures("_typed")
def test_section_47_takes_a_step_down_back_before_early_help_holds_the_child(
    family, early_help_coordinator
):
    """Else the first visit of a helper made early help hold a child in an enquiry."""
    plan = approved(family)
    offer = stepped_down(family, early_help_coordinator)
    with pytest.raises(Refused, match="Maisie Testwood is offered to"):
        end_plan(
            by=family.manager,
            at=day(8),
            plan_id=plan.pk,
            child_ids=[family["Maisie"].pk],
            ending=CinPlan.Ending.MET,
            why="It is done",
        )
    decision = Section47Decision.objects.create(
        child=family["Maisie"],
        discussion_id=uuid4(),
        discussed_at=day(8),
        is_met=True,
        why="A burn nobody explains",
        by=family.manager,
        at=day(8),
        recorded_at=day(8),
    )

    right = require(family.manager, Permission.STRATEGY_CHAIR)
    for reaction in reactions.section_47_decided:
        reaction(decisions=[decision], authority=right, at=day(8))

    offer.refresh_from_db()
    plan.refresh_from_db()
    assert offer.state == HandoverState.WITHDRAWN
    assert offer.answer_reason == "A section 47 enquiry began for Maisie Testwood"
    assert Episode.objects.get(handover=offer).ended_at == day(8)
    assert plan.state == CinPlan.State.ACTIVE
    assert {row.manager for row in Responsibility.objects.filter(to_at=None)} == {family.manager}


@pytest.mark.usefixtures("_typed")
def test_returned_step_down_lets_the_plan_run_on(family, early_help_coordinator):
    plan = approved(family)
    offer = stepped_down(family, early_help_coordinator)

    help_actions.return_request(
        by=early_help_coordinator,
        at=day(8),
        episode_id=Episode.objects.get(handover=offer).pk,
        reason="The school can do this alone",
    )

    plan.refresh_from_db()
    assert plan.state == CinPlan.State.ACTIVE
    assert {row.manager for row in Responsibility.objects.filter(to_at=None)} == {family.manager}


@pytest.mark.usefixtures("_typed")
def test_withdrawn_step_down_lets_the_plan_run_on(family, early_help_coordinator):
    plan = approved(family)
    offer = stepped_down(family, early_help_coordinator)

    case_actions.withdraw(
        authority=_authority(family.manager), at=day(8), handover=offer, reason="Too early"
    )

    plan.refresh_from_db()
    assert plan.state == CinPlan.State.ACTIVE


def _authority(user):
    from accounts.permissions import Permission, require

    return require(user, Permission.REFERRAL_CLOSE)


@pytest.mark.usefixtures("_typed")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reason": " "}, "what early help should do"),
        ({"comes_back_if": ""}, "for the children to come back"),
        ({"parents_say": " "}, "what the parents say"),
    ],
)
def test_step_down_says_what_is_missing(family, early_help_coordinator, more, said):
    with pytest.raises(Refused, match=said):
        stepped_down(family, early_help_coordinator, **more)

    assert not Handover.objects.filter(kind=HandoverKind.STEP_DOWN).exists()


@pytest.mark.usefixtures("_typed")
def test_step_down_needs_the_manager_whose_team_has_the_children(
    family, early_help_coordinator, sfs_manager
):
    with pytest.raises(PermissionDenied):
        stepped_down(family, early_help_coordinator, by=family.worker)
    with pytest.raises(Refused, match="Its manager closes the referral"):
        stepped_down(family, early_help_coordinator, by=sfs_manager)
    with pytest.raises(Refused, match="Choose an early help team"):
        stepped_down(family, sfs_manager)
    stepped_down(family, early_help_coordinator, "Maisie")
    with pytest.raises(Refused, match="already offered to a team"):
        stepped_down(family, early_help_coordinator)


@pytest.mark.usefixtures("_typed")
def test_child_in_child_protection_does_not_step_down(family, early_help_coordinator):
    Protection.objects.create(
        child=family["Maisie"],
        kind=ProtectionKind.PLAN,
        subject_id=family["Maisie"].pk,
        from_at=day(3),
        recorded_at=day(3),
    )

    with pytest.raises(Refused, match="Maisie Testwood has a child protection plan"):
        stepped_down(family, early_help_coordinator)


def test_page_offers_the_children_ticked(client, family, early_help_coordinator):
    client.force_login(family.manager)
    address = reverse("cases:step_down", args=[family.referrals["Maisie"].pk])

    child = client.get(reverse("cases:child", args=[family["Maisie"].pk])).content.decode()
    empty = client.post(address, {}).content.decode()
    done = client.post(
        address,
        {
            "referrals": [str(family.referrals["Maisie"].pk)],
            "to_team": str(early_help_coordinator.managed_teams.get().pk),
            **FACTS,
        },
        follow=True,
    ).content.decode()

    assert address in child
    assert "Choose the children who step down" in empty
    assert "You stay responsible until help has started" in done
    offer = Handover.objects.get(kind=HandoverKind.STEP_DOWN)
    assert offer.children.get().child == family["Maisie"]


@pytest.fixture
def _typed():
    from lib import application_clock

    with application_clock.set_to(TYPED):
        yield
