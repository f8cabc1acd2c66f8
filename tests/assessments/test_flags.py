"""When an assessment is out of date, each rule just inside and just past its limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.choices import Role
from accounts.permissions import Permission, require
from assessments.actions.transfer import make_ready
from assessments.choices import AccountedBy
from assessments.models import AssessmentMember, NotAssessed
from cases import holding, holds
from cases.change_codes import ChangeOutcome
from cases.choices import SignalKind
from cases.looking_again import look_again
from cases.models import Allocation, ChangeChild, Involvement, Responsibility, Signal
from cases.queries.stale import out_of_date
from lib import application_clock
from people import actions as people_actions
from people.choices import HouseholdRole
from people.models import HouseholdMembership, Person
from record import flags
from record.errors import Refused
from record.models import Flag, OutboxMessage
from tests.assessments.plans import day
from tests.assessments.transfers import REASONS, looked, proposed, reviewed, waits, whole
from tests.cases import change_cases
from tests.cases.change_cases import decided, joined, logged, triaged
from tests.cases.families import family as at_home
from tests.cases.families import member
from tests.factories.assessments import authorised
from tests.factories.people import ChildFactory, PersonFactory, RestrictionFactory
from tests.personas import person as member_of_staff

pytestmark = pytest.mark.django_db
#: A Friday.
AUTHORISED = datetime(2026, 2, 20, 12, tzinfo=UTC)


def at(on: int, month: int = 3, hour: int = 9) -> datetime:
    return datetime(2026, month, on, hour, tzinfo=UTC)


def found(code: str, moment: datetime) -> list[tuple[str, str]]:
    """Name and severity of every child whom a rule finds at that moment."""
    with application_clock.set_to(moment):
        flags.sweep(at=moment, codes=[code])
    return sorted(
        (flag.child.given_name, flag.severity)
        for flag in flags.open_flags().filter(rule=code).select_related("child")
    )


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    """Give three children at home with their mother, assessed together."""
    made = at_home(assessment_team_manager, assessment_social_worker)
    authorised(
        *made.children,
        at=AUTHORISED,
        by=assessment_team_manager,
        team=made.team,
        others=[made.mother],
    )
    return made


def everybody(severity):
    return [(name, severity) for name in ("Isla", "Jayden", "Maisie")]


def each_reviewed(change, home, *, at):
    for child in home.children:
        change_cases.reviewed(
            change, child, home.worker, at=at, seen_at=at, late_reason="I was at court"
        )


# A change past its limit --------------------------------------------------------------------------


def test_change_makes_the_assessment_stale_for_each_child_once_its_limit_is_past(home):
    change = logged(home.worker, home["Maisie"])  # Tuesday 16:20, to be triaged within a day

    assert found("F-STALE-COC", at(4, hour=16)) == []
    assert found("F-STALE-COC", at(5)) == everybody("red")
    flag = flags.open_flags().filter(rule="F-STALE-COC", child=home["Maisie"]).get()
    assert (flag.owner, flag.manager) == (home.worker, home.team.manager)
    assert flag.since_at == datetime(2026, 3, 3, tzinfo=UTC)
    triaged(change, home.team.manager, at=at(5))
    assert found("F-STALE-COC", at(9)) == []
    assert found("F-STALE-COC", at(11)) == everybody("red")
    each_reviewed(change, home, at=at(11))
    decided(change, home, home.team.manager, at=at(11, hour=11))

    assert not flags.open_flags().filter(rule="F-STALE-COC").exists()


def test_change_that_lists_a_linked_record_of_a_child_makes_the_assessment_stale(home):
    change = logged(home.worker, home["Maisie"])
    again = ChildFactory(given_name="Maisie", family_name="Mockford")
    Person.objects.filter(pk=again.pk).update(canonical=home["Maisie"])
    ChangeChild.objects.filter(change=change, child=home["Maisie"]).update(child=again)

    assert found("F-STALE-COC", at(5)) == everybody("red")


def test_immediate_change_past_its_limit_is_critical_even_before_triage(home):
    logged(home.worker, home["Maisie"], code="COC-02")

    assert found("F-STALE-COC", at(5)) == everybody("critical")


def test_change_before_the_assessment_or_before_it_was_confirmed_is_not_later(home):
    logged(
        home.worker,
        home["Maisie"],
        at=AUTHORISED - timedelta(days=1),
        happened_on=date(2026, 2, 19),
    )
    assert found("F-STALE-COC", at(5)) == []
    logged(home.worker, home["Isla"])
    assert found("F-STALE-COC", at(5)) == everybody("red")

    ChangeChild.objects.filter(child=home["Isla"]).update(
        outcome=ChangeOutcome.STANDS,
        line="Right",
        decided_at=at(4),
        decided_by=home.team.manager,
        confirmed_right_on=date(2026, 3, 4),
    )

    assert found("F-STALE-COC", at(6)) == [("Jayden", "red"), ("Maisie", "red")]


# Age ----------------------------------------------------------------------------------------------


def test_assessment_is_old_after_6_months_and_out_of_date_after_12(home):
    assert found("F-STALE-AGE", at(20, 8)) == []
    assert found("F-STALE-AGE", at(21, 8)) == everybody("amber")
    assert flags.open_flags().filter(rule="F-STALE-AGE")[0].since_at.date() == date(2026, 8, 19)
    later = datetime(2027, 2, 21, 9, tzinfo=UTC)
    assert found("F-STALE-AGE", later) == everybody("red")
    ChangeChild.objects.create(
        change=logged(home.worker, home["Jayden"], at=at(1, 12), happened_on=date(2026, 12, 1)),
        child=ChildFactory(),
        how="named",
        recorded_at=at(1, 12),
    )
    ChangeChild.objects.filter(child=home["Jayden"]).update(
        outcome=ChangeOutcome.STANDS,
        line="Right",
        decided_at=at(3, 12),
        decided_by=home.team.manager,
        confirmed_right_on=date(2026, 12, 3),
    )

    assert found("F-STALE-AGE", later) == [("Isla", "red"), ("Maisie", "red")]


def test_child_who_is_closed_has_no_stale_assessment(home):
    open_now = Involvement.objects.get(child=home["Maisie"])
    holding.end(
        child_id=open_now.child_id, kind=open_now.kind, subject_id=open_now.subject_id, at=at(4)
    )

    assert found("F-STALE-AGE", at(21, 8)) == [("Isla", "amber"), ("Jayden", "amber")]


# Waiting ------------------------------------------------------------------------------------------


def test_waiting_child_is_thought_about_every_20_working_days(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)  # authorised on Thursday 19 March

    assert found("F-STALE-WAIT", day(37)) == []
    assert found("F-STALE-WAIT", day(40)) == [("Jayden", "red"), ("Maisie", "red")]
    flag = flags.open_flags().filter(rule="F-STALE-WAIT")[0]
    assert (flag.owner, flag.manager) == (family.manager, sfs_manager)
    with application_clock.set_to(day(41)):
        reviewed(transfer, family, at=day(41), children=looked(family))

    assert not flags.open_flags().filter(rule="F-STALE-WAIT").exists()
    assert found("F-STALE-WAIT", day(42)) == []


# The household ------------------------------------------------------------------------------------


def test_joiner_makes_it_stale_a_working_day_later_until_the_change_is_closed(home):
    kyle = joined(home, home.worker)  # Tuesday
    change = home["Maisie"].changes.get().change

    assert found("F-STALE-HH", at(4)) == []
    assert found("F-STALE-HH", at(5)) == everybody("red")
    flag = flags.open_flags().filter(rule="F-STALE-HH")[0]
    assert flag.facts["person_id"] == str(kyle.pk)
    assert flag.since_at == datetime(2026, 3, 3, tzinfo=UTC)
    triaged(change, home.team.manager, at=at(5))
    each_reviewed(change, home, at=at(6))
    assert found("F-STALE-HH", at(6, hour=11)) == everybody("red")
    decided(change, home, home.team.manager, at=at(6, hour=12))

    assert not flags.open_flags().filter(rule="F-STALE-HH").exists()


def test_leaver_and_birth_and_coming_of_age_make_it_stale(home):
    with application_clock.set_to(at(3)):
        people_actions.leave_household(
            by=home.worker,
            at=at(3),
            membership_id=home.mother.memberships.get().pk,
            to_on=date(2026, 3, 3),
            because="Moved out",
        )
    assert found("F-STALE-HH", at(4)) == []
    assert found("F-STALE-HH", at(5)) == everybody("red")
    assert {flag.facts["what"] for flag in flags.open_flags().filter(rule="F-STALE-HH")} == {"left"}
    HouseholdMembership.objects.filter(person=home.mother).update(to_on=None)
    assert found("F-STALE-HH", at(6)) == []
    Person.objects.filter(pk=home["Isla"].pk).update(date_of_birth=date(2026, 3, 4))
    assert [name for name, _severity in found("F-STALE-HH", at(9))] == ["Isla", "Jayden", "Maisie"]
    assert {flag.facts["what"] for flag in flags.open_flags().filter(rule="F-STALE-HH")} == {"born"}
    Person.objects.filter(pk=home["Isla"].pk).update(date_of_birth=date(2008, 3, 5))
    assert found("F-STALE-HH", at(10)) == [("Jayden", "red"), ("Maisie", "red")]


def test_linked_record_of_somebody_known_is_nobody_new(home):
    again = ChildFactory(given_name="Leanne")
    member(home.household, again, HouseholdRole.ADULT_CARER)
    assert found("F-STALE-HH", at(5)) == everybody("red")

    Person.objects.filter(pk=again.pk).update(canonical=home.mother)

    assert found("F-STALE-HH", at(6)) == []


# A child left out ---------------------------------------------------------------------------------


def test_child_of_the_home_without_an_assessment_is_found_after_10_working_days(home):
    half = ChildFactory(given_name="Kai", date_of_birth=date(2015, 3, 3))
    member(home.household, half, HouseholdRole.PART_TIME_CHILD)
    HouseholdMembership.objects.filter(person=half).update(recorded_at=at(3, hour=10))

    assert found("F-STALE-CHILD", at(17)) == []
    assert found("F-STALE-CHILD", at(18)) == [("Kai", "red")]
    flag = flags.open_flags().get(rule="F-STALE-CHILD")
    assert flag.subject_id == home["Maisie"].assessments.get().assessment_id
    assert (flag.owner, flag.manager) == (home.worker, home.team.manager)  # nobody holds Kai
    AssessmentMember.objects.create(
        assessment_id=flag.subject_id,
        person=half,
        is_child=True,
        accounted_by=AccountedBy.NOT_ASSESSED,
        because="Lives with his father",
    )

    assert found("F-STALE-CHILD", at(19)) == []


def test_reason_in_an_assessment_being_written_accounts_for_a_child(home):
    home["Maisie"].assessments.update(superseded_at=None)
    half = ChildFactory(given_name="Kai", date_of_birth=date(2015, 3, 3))
    member(home.household, half, HouseholdRole.PART_TIME_CHILD)
    assert found("F-STALE-CHILD", at(18)) == [("Kai", "red")]

    NotAssessed.objects.create(
        assessment=home["Maisie"].assessments.get().assessment,
        child=half,
        because="Lives with his father",
        by=home.worker,
        at=at(18),
        recorded_at=at(18),
    )

    assert found("F-STALE-CHILD", at(19)) == []


# Signals ------------------------------------------------------------------------------------------


def signal(child, moment, kind=SignalKind.MISSING):
    Signal.objects.create(
        child=child,
        kind=kind,
        source_kind="missing_episode",
        source_id=uuid4(),
        at=moment,
        recorded_at=moment,
    )


def test_two_signals_without_a_change_are_amber_and_red_after_2_working_days(home):
    signal(home["Maisie"], AUTHORISED - timedelta(days=1))
    signal(home["Maisie"], at(2))
    assert found("F-STALE-SIGNALS", at(3)) == []

    signal(home["Maisie"], at(3), SignalKind.FAILED_VISIT)

    assert found("F-STALE-SIGNALS", at(5)) == [("Maisie", "amber")]
    assert found("F-STALE-SIGNALS", at(6)) == [("Maisie", "red")]
    logged(home.worker, home["Maisie"], at=at(6))
    assert not flags.open_flags().filter(rule="F-STALE-SIGNALS").exists()


def test_manager_says_no_change_and_only_new_signals_count_from_then(home):
    signal(home["Maisie"], at(2))
    signal(home["Maisie"], at(3))
    found("F-STALE-SIGNALS", at(6))
    flags.clear(
        authority=require(home.team.manager, Permission.FLAG_CLEAR),
        at=at(6),
        flag=Flag.objects.get(rule="F-STALE-SIGNALS"),
        because="Both were at her father’s, as agreed",
    )

    assert found("F-STALE-SIGNALS", at(9)) == []
    signal(home["Maisie"], at(9))
    assert found("F-STALE-SIGNALS", at(10)) == []
    signal(home["Maisie"], at(10))
    assert found("F-STALE-SIGNALS", at(11)) == [("Maisie", "amber")]


# Two records of one child -------------------------------------------------------------------------


def linked(person):
    """Another record of the same person, read under this one."""
    other = ChildFactory(given_name=person.given_name, family_name=person.family_name)
    Person.objects.filter(pk=other.pk).update(canonical=person)
    return other


def test_all_that_stands_under_another_record_of_a_child_is_read(home):
    maisie = home["Maisie"]
    other, mothers = linked(maisie), linked(home.mother)
    for model in (Responsibility, Involvement, Allocation):
        model.objects.filter(child=maisie).update(child=other)
    HouseholdMembership.objects.filter(person=maisie).update(person=other)
    signal(maisie, at(2))
    signal(other, at(4))

    assert found("F-STALE-SIGNALS", at(4, hour=10)) == [("Maisie", "amber")]
    assert found("F-STALE-HH", at(4, hour=10)) == []
    member(home.household, PersonFactory(given_name="Kyle"), HouseholdRole.OTHER_ADULT)
    assert found("F-STALE-HH", at(6)) == everybody("red")
    HouseholdMembership.objects.filter(person__given_name="Kyle").delete()
    assert found("F-STALE-HH", at(6)) == []
    HouseholdMembership.objects.filter(person=home.mother).update(
        person=mothers, to_on=date(2026, 3, 4)
    )
    assert found("F-STALE-HH", at(6)) == everybody("red")
    assert found("F-STALE-AGE", at(21, 8)) == everybody("amber")
    flag = flags.open_flags().filter(rule="F-STALE-AGE", child=maisie).get()
    assert (flag.owner, flag.manager) == (home.worker, home.team.manager)


def test_child_under_two_records_is_left_out_once_and_accounted_for_under_either(home):
    beth = ChildFactory(given_name="Beth")
    for person in (beth, linked(beth)):
        member(home.household, person, HouseholdRole.RESIDENT_CHILD)
    assert found("F-STALE-CHILD", at(17)) == [("Beth", "red")]

    NotAssessed.objects.create(
        assessment_id=home["Maisie"].assessments.get().assessment_id,
        child=Person.objects.get(canonical=beth),
        because="With her aunt",
        by=home.worker,
        at=at(17),
        recorded_at=at(17),
    )
    assert found("F-STALE-CHILD", at(18)) == []


def test_look_at_a_child_finds_what_stands_under_another_record_and_nobody_else(home):
    beth, kai = ChildFactory(given_name="Beth"), ChildFactory(given_name="Kai")
    for person in (beth, kai):
        member(home.household, person, HouseholdRole.RESIDENT_CHILD)
    signal(home["Maisie"], at(2))
    signal(home["Maisie"], at(4))

    look_again(at=at(17), child_ids=[linked(beth).pk, linked(home["Maisie"]).pk], codes=["F-STALE"])

    assert sorted((flag.rule, flag.child.given_name) for flag in flags.open_flags()) == [
        ("F-STALE-CHILD", "Beth"),
        ("F-STALE-HH", "Maisie"),
        ("F-STALE-SIGNALS", "Maisie"),
    ]


# All of them --------------------------------------------------------------------------------------


def test_second_sweep_with_nothing_changed_writes_nothing(home):
    joined(home, home.worker)
    signal(home["Jayden"], at(4))
    signal(home["Jayden"], at(5))
    member(home.household, ChildFactory(given_name="Kai"), HouseholdRole.PART_TIME_CHILD)
    flags.sweep(at=at(16))
    before = list(Flag.objects.order_by("pk").values()), OutboxMessage.objects.count()

    again = flags.sweep(at=at(16, hour=10))

    assert {row["rule"] for row in before[0]} >= {
        "F-STALE-COC",
        "F-STALE-HH",
        "F-STALE-CHILD",
        "F-STALE-SIGNALS",
    }
    assert [done for done in again if done.wrote] == []
    assert (list(Flag.objects.order_by("pk").values()), OutboxMessage.objects.count()) == before


# Where it is said ---------------------------------------------------------------------------------


@pytest.fixture
def stale(home):
    """Let a partner's moving in make the assessment stale; nobody has triaged it."""
    joined(home, home.worker)
    found("F-STALE-HH", at(6))
    return home


def test_pages_say_since_when_and_why_it_is_out_of_date(client, stale, head_of_service):
    assessment_id = stale["Maisie"].assessments.get().assessment_id
    client.force_login(stale.worker)

    with application_clock.set_to(at(6, hour=10)):
        document = client.get(reverse("assessments:assessment", args=[assessment_id]))
        child = client.get(reverse("cases:child", args=[stale["Isla"].pk]))

    said = "Out of date since Tue 3 March 2026 because "
    for page in (document, child):
        assert said in page.content.decode()
    assert "Kyle Stubbs joined the household, and the assessment of Isla Mockford does not" in (
        child.content.decode()
    )
    assert "Jayden Mockford" not in " ".join(
        each.words for each in out_of_date(by=stale.worker, at=at(6), child_ids=[stale["Isla"].pk])
    )


def test_stale_assessment_is_no_report_to_a_conference(stale):
    (first, *_rest) = holds.obstacles(
        child_ids=[stale["Maisie"].pk], purpose=holds.Purpose.CONFERENCE, at=at(6)
    )[-1:]

    assert first.sentence.startswith("The assessment of Maisie Mockford is out of date since")
    assert (
        holds.obstacles(child_ids=[ChildFactory().pk], purpose=holds.Purpose.CONFERENCE, at=at(6))
        == []
    )


def test_restricted_child_behind_a_stale_assessment_is_not_named(stale, assessment_social_worker):
    RestrictionFactory(person=stale["Jayden"], owner=stale.team.manager)
    assessment_id = stale["Maisie"].assessments.get().assessment_id
    outsider = member_of_staff("Una Elsewhere", Role.ASSESSMENT_SOCIAL_WORKER)

    said = " ".join(
        each.words for each in out_of_date(by=outsider, at=at(6), subject_ids=[assessment_id])
    )

    assert "Jayden" not in said
    assert f"restricted child, ring {stale.team.manager.full_name}" in said


def test_stale_assessment_keeps_a_family_from_being_ready(family, sfs_manager):
    transfer = proposed(whole(family), sfs_manager)
    member(
        family["Maisie"].memberships.get().household,
        PersonFactory(given_name="Kyle", family_name="Stubbs"),
        HouseholdRole.OTHER_ADULT,
    )
    found("F-STALE-HH", day(8))

    with pytest.raises(Refused, match="because Kyle Stubbs joined"):
        make_ready(by=family.manager, at=day(8), transfer_id=transfer.pk, rationale=REASONS)
