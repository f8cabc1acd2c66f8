"""What is late or missing in the shared work, each rule just inside and just past its limit."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.choices import Role, TeamKind
from accounts.models import RoleAssignment, Team
from accounts.permissions import Permission, require
from cases import holding, protection
from cases.actions import Direction, Rationale, record_oversight, write_oversight
from cases.choices import InvolvementKind, OversightKind, ProtectionKind
from cases.models import (
    Allocation,
    Involvement,
    ManagementOversight,
    OversightAction,
    Responsibility,
)
from lib import application_clock
from people.models import Person
from record import flags
from tests.cases.families import OPENED, family
from tests.factories.accounts import TeamFactory

pytestmark = pytest.mark.django_db

REASONS = Rationale(
    know="School is easier", worries="The nights", decision="Go on", why="It works", protects="Nan"
)


def at(day: int, month: int = 3, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def found(code: str, moment: datetime) -> list[tuple[str, str]]:
    """Name and severity of every child whom a rule finds at that moment."""
    with application_clock.set_to(moment):
        flags.sweep(at=moment, codes=[code])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


def recorded(home, names, moment, *, kind=OversightKind.SUPERVISION, directions=()):
    with application_clock.set_to(moment):
        return write_oversight(
            authority=require(home.team.manager, Permission.OVERSIGHT_RECORD),
            at=moment,
            kind=kind,
            child_ids=[home[name].pk for name in names],
            rationale=REASONS,
            directions=directions,
        )


def test_head_of_service_is_told_before_the_role_of_a_manager_who_holds_children_ends(
    assessment_team_manager, assessment_social_worker, head_of_service
):
    home = family(assessment_team_manager, assessment_social_worker, names=["Maisie"])
    above = TeamFactory(kind=TeamKind.SENIOR_MANAGEMENT, manager=head_of_service)
    Team.objects.filter(pk=home.team.pk).update(parent=above)
    role = RoleAssignment.objects.get(user=home.team.manager)

    def flagged(moment):
        with application_clock.set_to(moment):
            flags.sweep(at=moment, codes=["F-MGR"])
        rows = flags.open_flags().filter(rule="F-MGR-ENDS")
        return [(row.severity, row.subject_id, row.owner) for row in rows]

    assert flagged(at(2)) == []
    RoleAssignment.objects.filter(pk=role.pk).update(to_at=at(20))
    assert flagged(at(10)) == []
    assert flagged(at(11)) == [("amber", home.team.pk, head_of_service)]
    assert flagged(at(20)) == [("critical", home.team.pk, head_of_service)]
    # They hold the child until somebody else does.
    held = Responsibility.objects.get(child=home["Maisie"], to_at=None)
    assert held.manager == home.team.manager
    RoleAssignment.objects.create(user=home.team.manager, role=Role.HEAD_OF_SERVICE, from_at=at(21))
    assert flagged(at(22)) == []


def test_oversight_gap_opens_after_20_working_days_and_is_red_after_30(
    assessment_team_manager, assessment_social_worker
):
    home = family(assessment_team_manager, assessment_social_worker, names=["Maisie", "Jayden"])
    recorded(home, ["Maisie"], at(9, 2))

    # Opened on Monday 2 February: the 20th working day is Monday 2 March.
    assert found("F-OVS-GAP", at(2)) == []
    assert found("F-OVS-GAP", at(3)) == [("Jayden", "amber")]
    assert found("F-OVS-GAP", at(10)) == [("Jayden", "amber"), ("Maisie", "amber")]
    assert found("F-OVS-GAP", at(17)) == [("Jayden", "red"), ("Maisie", "amber")]
    recorded(home, ["Jayden"], at(17))
    assert found("F-OVS-GAP", at(17, hour=10)) == [("Maisie", "amber")]
    flag = flags.open_flags().get()
    assert flag.manager == assessment_team_manager
    assert flag.since_at == at(9, 2)


def test_oversight_gap_of_a_steady_plan_is_40_working_days(sfs_manager):
    family(sfs_manager, names=["Maisie"], kind=InvolvementKind.PLAN)
    plan = Involvement.objects.get()
    holding.set_steady(subject_id=plan.subject_id, is_steady=True)

    assert found("F-OVS-GAP", at(27)) == []
    assert found("F-OVS-GAP", at(31)) == [("Maisie", "amber")]
    holding.set_steady(subject_id=plan.subject_id, is_steady=False)
    assert found("F-OVS-GAP", at(31)) == [("Maisie", "red")]


def test_oversight_gap_of_a_steady_plan_is_20_working_days_for_whom_more_is_at_stake(sfs_manager):
    home = family(sfs_manager, names=["Maisie", "Jayden", "Ada"], kind=InvolvementKind.PLAN)
    Involvement.objects.update(is_steady=True)
    protection.begin(
        child_id=home["Maisie"].pk,
        kind=ProtectionKind.SECTION_47,
        subject_id=uuid4(),
        at=at(2),
    )
    Person.objects.filter(pk=home["Ada"].pk).update(
        stage="unborn", date_of_birth=None, expected_on=date(2026, 6, 1)
    )

    assert found("F-OVS-GAP", at(3)) == [("Ada", "amber"), ("Maisie", "amber")]


def test_oversight_gap_in_early_help_is_30_working_days_and_none_in_the_mash(
    early_help_coordinator, mash_manager
):
    family(early_help_coordinator, names=["Maisie"], kind=InvolvementKind.EARLY_HELP)
    family(mash_manager, names=["Jayden"], kind=InvolvementKind.CONTACT)

    assert found("F-OVS-GAP", at(16)) == []
    assert found("F-OVS-GAP", at(17)) == [("Maisie", "amber")]


def test_a_child_no_longer_open_has_no_gap(assessment_team_manager):
    family(assessment_team_manager, names=["Maisie"])
    assert found("F-OVS-GAP", at(3)) == [("Maisie", "amber")]
    open_now = Involvement.objects.get()
    holding.end(
        child_id=open_now.child_id, kind=open_now.kind, subject_id=open_now.subject_id, at=at(4)
    )

    assert found("F-OVS-GAP", at(4)) == []


def test_no_direction_after_2_working_days_until_a_manager_gives_it(
    assessment_team_manager, assessment_social_worker
):
    home = family(assessment_team_manager, assessment_social_worker, names=["Maisie"])
    Allocation.objects.update(find_out="")

    assert found("F-OVS-ALLOC", at(4, 2)) == []
    assert found("F-OVS-ALLOC", at(5, 2)) == [("Maisie", "amber")]
    recorded(home, ["Maisie"], at(5, 2), kind=OversightKind.ALLOCATION)
    assert found("F-OVS-ALLOC", at(5, 2, 11)) == []


def test_a_direction_past_its_date_is_raised_for_each_child_until_answered(
    assessment_team_manager, assessment_social_worker
):
    home = family(assessment_team_manager, assessment_social_worker, names=["Maisie", "Isla"])
    see_both = Direction(
        what="See both", owner_id=assessment_social_worker.pk, due_on=date(2026, 2, 6)
    )
    recorded(home, ["Maisie", "Isla"], OPENED, directions=[see_both])

    # Due on a Friday: nothing over the weekend.
    assert found("F-OVS-ACT", at(8, 2)) == []
    assert found("F-OVS-ACT", at(9, 2)) == [("Isla", "amber"), ("Maisie", "amber")]
    assert found("F-OVS-ACT", at(20, 2)) == [("Isla", "red"), ("Maisie", "red")]
    assert {flag.owner for flag in flags.open_flags()} == {assessment_social_worker}
    OversightAction.objects.update(
        is_done=True, answer="Seen", answered_by=assessment_social_worker, answered_at=at(20, 2)
    )
    assert found("F-OVS-ACT", at(20, 2, 11)) == []


def test_a_second_sweep_with_nothing_changed_writes_nothing(
    assessment_team_manager, assessment_social_worker
):
    home = family(assessment_team_manager, assessment_social_worker)
    recorded(
        home,
        ["Maisie"],
        OPENED,
        directions=[
            Direction(what="See", owner_id=assessment_social_worker.pk, due_on=date(2026, 2, 6))
        ],
    )
    flags.sweep(at=at(20))

    again = flags.sweep(at=at(20, hour=10))

    assert flags.open_flags().count() == 4
    assert [done for done in again if done.wrote] == []


# Reasons that say nothing -------------------------------------------------------------------------


def said(home, name, moment, **reasons):
    with application_clock.set_to(moment):
        return write_oversight(
            authority=require(home.team.manager, Permission.OVERSIGHT_RECORD),
            at=moment,
            kind=OversightKind.SUPERVISION,
            child_ids=[home[name].pk],
            rationale=Rationale(**{"worries": "The nights", "decision": "Go on", **reasons}),
        )


def test_a_reason_of_one_word_is_raised_until_the_record_is_corrected(assessment_team_manager):
    home = family(assessment_team_manager, names=["Maisie", "Jayden"])
    thin = said(home, "Maisie", at(9, 2), decision="Agreed")

    assert found("F-OVS-EMPTY", at(9, 2, 10)) == [("Maisie", "amber")]
    flag = flags.open_flags().get(rule="F-OVS-EMPTY")
    assert (flag.owner, flag.subject_id) == (assessment_team_manager, thin.pk)

    with application_clock.set_to(at(9, 2, 11)):
        record_oversight(
            by=assessment_team_manager,
            at=at(9, 2),
            kind=OversightKind.SUPERVISION,
            child_ids=[home["Maisie"].pk],
            rationale=Rationale(worries="The nights", decision="Visit on Thursday"),
            corrects_id=thin.pk,
        )
    assert found("F-OVS-EMPTY", at(9, 2, 12)) == []


@pytest.mark.parametrize(
    ("words", "days", "raised"),
    [
        ("Leanne sleeps through and nobody feeds the baby at night", 1, True),
        ("LEANNE sleeps through, and nobody feeds the baby at night!", 27, True),
        ("Leanne sleeps through and nobody feeds the baby at night", 29, False),
        ("The uncle who came out of prison is at the gate each day", 1, False),
    ],
)
def test_the_same_words_about_another_child_are_raised(
    assessment_team_manager, words, days, raised
):
    home = family(assessment_team_manager, names=["Maisie", "Jayden"])
    first = said(
        home,
        "Maisie",
        at(9, 2),
        worries="Leanne sleeps through and nobody feeds the baby at night",
    )
    later = at(9, 2) + timedelta(days=days)
    second = said(home, "Jayden", later, worries=words)

    assert (second.same_as == first) == raised
    expected = [("Jayden", "amber")] if raised else []
    assert found("F-OVS-EMPTY", later + timedelta(hours=1)) == expected


def test_the_same_words_about_the_same_child_again_are_not(assessment_team_manager):
    home = family(assessment_team_manager, names=["Maisie"])
    said(home, "Maisie", at(9, 2))

    assert said(home, "Maisie", at(10, 2)).quality == ""


def test_database_keeps_whose_words_a_copy_is(assessment_team_manager):
    home = family(assessment_team_manager, names=["Maisie"])
    with pytest.raises(IntegrityError, match="cases_oversight_same_as"), transaction.atomic():
        ManagementOversight.objects.create(
            kind=OversightKind.SUPERVISION,
            at=at(9, 2),
            worries="The nights",
            decision="Go on",
            quality="copied",
            by=home.team.manager,
            role="assessment_team_manager",
            recorded_at=at(9, 2),
        )
