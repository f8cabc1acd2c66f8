"""Closing a referral: nothing open beneath, a reason that the episode allows, everything ends."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse

from assessments import clocks as assessment_clocks
from cases import actions, holding, watch
from cases.actions.closure import NotFinished
from cases.choices import HandoverKind, InvolvementKind, ReferralState, WorkerRole
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    Closure,
    Involvement,
    ManagementOversight,
    Referral,
    Responsibility,
)
from lib import application_clock
from people import actions as people_actions
from people.models import Person
from record.errors import Refused
from record.models import Clock, Event, OutboxMessage
from tests.assessments.plans import approved, day
from tests.assessments.transfers import assessed

pytestmark = pytest.mark.django_db

RATIONALE = actions.Rationale(
    know="They are at school on time.",
    worries="Money, for both.",
    protects="Nan is next door.",
    decision="Close.",
    why="Nothing is left that early help could not do.",
)
ENDING = {
    "summary": "Six visits; mornings are calm.",
    "told": "Mother in person, school by letter",
    "carries_on": "School; ring us if they are late again",
}


def closed(family, *names, by=None, at=None, reason="RC7", **more):
    return actions.close_referrals(
        by=by or family.manager,
        at=at or day(40),
        reasons={family.referrals[name].pk: reason for name in names or family.children},
        rationale=RATIONALE,
        **ENDING | more,
    )


def test_close_ends_involvement_worker_clocks_and_who_holds_the_child(family):
    closed(family)

    assert set(Referral.objects.values_list("state", "closed_on", "closure_reason")) == {
        ("closed", day(40).date(), "RC7")
    }
    assert not Involvement.objects.filter(to_at=None).exists()
    assert not Responsibility.objects.filter(to_at=None).exists()
    assert not Allocation.objects.filter(to_at=None).exists()
    assert not Clock.objects.filter(subject_kind="referral", stopped_at=None).exists()
    assert ManagementOversight.objects.get().kind == "closure"
    assert Event.objects.filter(code="referral.closed").count() == 2
    assert OutboxMessage.objects.filter(key__startswith="referral.closed").count() == 2


def test_no_assessment_has_to_stay_current_for_a_child_who_is_closed(family):
    for part in assessed(family).children.all():
        assessment_clocks.start_valid(part, at=day(7), by=family.manager)

    closed(family, "Maisie")

    (running,) = Clock.objects.filter(rule="CFA-VALID", stopped_at=None)
    assert running.child == family["Jayden"]
    ended = Clock.objects.get(rule="CFA-VALID", child=family["Maisie"])
    assert ended.stop_reason == "not_needed"


def test_one_child_is_closed_and_the_other_stays_open(family):
    closed(family, "Maisie")

    assert Responsibility.objects.get(to_at=None).child == family["Jayden"]
    assert Allocation.objects.get(to_at=None).child == family["Jayden"]


def test_closing_one_child_is_a_change_for_those_who_stay_open_once(family):
    closed(family, "Maisie")

    with application_clock.set_to(day(41)):
        assert [watch.raise_what_came(at=day(41)) for _ in range(2)] == [1, 0]

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.what) == ("COC-19", "A brother or sister was closed")
    assert change.children.get(is_concerned=True).child == family["Jayden"]


def test_closing_all_of_a_home_is_no_change(family):
    closed(family)
    with application_clock.set_to(day(41)):
        assert watch.raise_what_came(at=day(41)) == 0


def test_child_with_whom_early_help_works_is_held_by_early_help_after_closing(
    family, early_help_coordinator
):
    team = early_help_coordinator.managed_teams.get()
    child_id = family["Maisie"].pk
    holding.start(
        child_id=child_id,
        kind=InvolvementKind.EARLY_HELP,
        subject_id=uuid4(),
        at=day(38),
        team=team,
        authority=None,
    )
    holding.move(child_id=child_id, to=team, at=day(39), reason="help.started", authority=None)

    closed(family, "Maisie")

    assert Responsibility.objects.get(to_at=None, child=child_id).team == team


def test_close_names_each_child_and_each_thing_that_is_open(family, sfs_manager):
    plan = approved(family, only=("Maisie",))
    actions.offer(
        authority=_right(family.manager),
        at=day(20),
        kind=HandoverKind.STEP_DOWN,
        contact=None,
        from_team=plan.team,
        to_team=sfs_manager.managed_teams.get(),
        child_ids=[family["Jayden"].pk],
        reason="Plan agreed",
    )

    with pytest.raises(NotFinished) as refused:
        closed(family)

    said = [sentence for sentence, url in refused.value.links if url]
    assert "Maisie Testwood has a child in need plan: active. End it first" in said
    assert any(sentence.startswith("Jayden Testwood is offered to") for sentence in said)
    assert not Closure.objects.exists()


def _right(manager):
    from accounts.permissions import Permission, require

    return require(manager, Permission.ALLOCATE)


@pytest.mark.parametrize("reason", ["RC8", "RC9"])
def test_closing_as_assessed_needs_an_assessment_and_an_episode_without_a_plan(family, reason):
    plan = approved(family, only=("Maisie",))
    from assessments.actions import cin_plan

    cin_plan.end_plan(
        by=family.manager,
        at=day(30),
        plan_id=plan.pk,
        child_ids=[family["Maisie"].pk],
        ending="met",
        why="Met",
    )

    with pytest.raises(NotFinished) as refused:
        closed(family, "Maisie", reason=reason)

    said = str(refused.value)
    assert "had a child in need plan in this episode, so this is not closed after" in said
    assert "Maisie Testwood has no authorised assessment in this episode" in said
    assert ("Early help has not taken Maisie Testwood on yet" in said) == (reason == "RC9")
    closed(family, "Maisie", reason="RC7")


@pytest.mark.parametrize("field", ["summary", "told", "carries_on"])
def test_close_asks_how_it_ends(family, field):
    with pytest.raises(Refused) as refused:
        closed(family, **{field: " "})

    assert refused.value.field == field
    assert not Closure.objects.exists()


def test_close_refuses_a_code_that_is_none_and_a_death_nobody_recorded(family):
    with pytest.raises(Refused, match="Choose why Maisie Testwood"):
        closed(family, "Maisie", reason="RC99")
    with pytest.raises(Refused, match="Maisie Testwood’s death is not recorded"):
        closed(family, "Maisie", reason="RC2")
    people_actions.record_death(
        by=family.manager,
        at=day(39),
        person_id=family["Maisie"].pk,
        died_on=day(39).date(),
    )

    assert closed(family, "Maisie", reason="RC2")[0].reason == "RC2"


def test_close_is_for_the_manager_of_the_team_that_has_the_child(family, sfs_manager):
    with pytest.raises(Refused, match=r"is with Assessment\. Its manager closes"):
        closed(family, by=sfs_manager)
    with pytest.raises(PermissionDenied):
        closed(family, by=family.worker)

    assert set(Referral.objects.values_list("state", flat=True)) == {ReferralState.ALLOCATED}


def test_close_happens_once_and_not_before_what_was_beneath_it(family):
    plan = approved(family, only=("Maisie",))
    from assessments.actions import cin_plan

    cin_plan.end_plan(
        by=family.manager,
        at=day(30),
        plan_id=plan.pk,
        child_ids=[family["Maisie"].pk],
        ending="met",
        why="Met",
    )

    with pytest.raises(Refused, match="cannot be closed before the plan ended"):
        closed(family, "Maisie", at=day(29))
    closed(family, "Maisie")
    with pytest.raises(Refused, match="closed already"):
        closed(family, "Maisie")


def test_child_waiting_for_a_worker_leaves_the_queue_when_closed(
    family, contact_officer, mash_manager
):
    from cases.models import WaitingEntry
    from tests.cases.front_door import child, hours, offered, received

    contact = received(contact_officer, child("Noah"), at=hours(1))
    offer = offered(contact, mash_manager, family.manager)
    actions.accept(by=family.manager, at=hours(3), handover_id=offer.pk)
    referral = offer.children.get().referral

    actions.close_referrals(
        by=family.manager,
        at=day(2),
        reasons={referral.pk: "RC5"},
        rationale=RATIONALE,
        **ENDING,
    )

    assert not WaitingEntry.objects.filter(ended_at=None).exists()


def test_database_keeps_a_closure_whole_and_as_it_was(family):
    (closure,) = closed(family, "Maisie")

    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        Closure.objects.update(summary="Otherwise")
    with pytest.raises(IntegrityError, match="closure_whole"), transaction.atomic():
        Closure.objects.create(
            referral=family.referrals["Jayden"],
            reason="RC7",
            closed_on=day(40).date(),
            oversight=closure.oversight,
            at=day(40),
            by=family.manager,
            recorded_at=day(40),
        )


# The page


ANSWERS = {
    "know": "They are on time",
    "worries": "Money",
    "protects": "Nan",
    "why": "Nothing is left",
    **ENDING,
}


def test_page_closes_one_child_and_says_what_is_open_for_the_other(client, family):
    approved(family, only=("Jayden",))
    client.force_login(family.manager)
    address = reverse("cases:close_referral", args=[family.referrals["Maisie"].pk])

    child = client.get(reverse("cases:child", args=[family["Maisie"].pk])).content.decode()
    shown = client.get(address).content.decode()
    empty = client.post(address, ANSWERS).content.decode()
    both = client.post(
        address,
        ANSWERS | {f"reason-{row.pk}": "RC7" for row in family.referrals.values()},
    )
    one = client.post(address, ANSWERS | {f"reason-{family.referrals['Maisie'].pk}": "RC7"})

    assert address in child
    assert "Jayden Testwood has a child in need plan: active. End it first" in shown
    assert "Choose why Maisie Testwood is closed" in empty
    assert both.status_code == 409
    assert "This cannot be closed yet" in both.content.decode()
    assert one.status_code == 302
    assert Closure.objects.get().referral == family.referrals["Maisie"]


def test_page_of_a_closed_referral_or_another_teams_is_not_there(client, family, sfs_manager):
    address = reverse("cases:close_referral", args=[family.referrals["Maisie"].pk])
    client.force_login(sfs_manager)
    elsewhere = client.get(address).status_code
    closed(family, "Maisie")
    client.force_login(family.manager)

    assert (elsewhere, client.get(address).status_code) == (404, 404)
    assert Person.objects.filter(pk=family["Maisie"].pk).exists()
    assert not Allocation.objects.filter(role=WorkerRole.LEAD, child=family["Maisie"], to_at=None)
