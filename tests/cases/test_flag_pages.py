"""Flags on their pages: what a rule saw, who answers, what clears it, and whom nobody may see."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.permissions import Permission, require
from cases import actions
from cases.actions import Direction, Rationale, write_oversight
from cases.choices import OversightKind
from cases.queries import flags as queries
from lib import application_clock
from people.models import Restriction
from record import flags, outbox
from record.errors import Refused
from record.flags import AlreadyCleared
from record.models import Flag, FlagState, ReadLogEntry
from tests.cases.families import OPENED, family
from tests.factories.accounts import DeputyshipFactory, TeamFactory, TeamMembershipFactory
from tests.mash.pages import form, text_of

pytestmark = pytest.mark.django_db

#: Opened on Monday 2 February: on Tuesday 17 March the gap is 31 working days, and red.
RED = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)
AMBER = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    return family(assessment_team_manager, assessment_social_worker, names=["Maisie", "Jayden"])


def swept(moment=RED):
    with application_clock.set_to(moment):
        flags.sweep(at=moment, codes=["F-OVS"])


def gap(child):
    return flags.open_flags().get(rule="F-OVS-GAP", child=child)


def restrict(child, owner):
    Restriction.objects.create(
        person=child,
        owner=owner,
        reason="A colleague's child",
        at=OPENED,
        recorded_at=OPENED,
        recorded_by=owner,
    )


@pytest.fixture
def ask(client):
    def asked(user, name, *args, at=RED, query="", **data):
        client.force_login(user)
        with application_clock.set_to(at):
            if data:
                return client.post(reverse(name, args=args), form(**data), follow=True)
            return client.get(reverse(name, args=args) + query)

    return asked


def test_a_flag_says_what_was_seen_since_when_and_what_clears_it(
    ask, home, assessment_team_manager
):
    swept(datetime(2026, 3, 9, 9, 0, tzinfo=UTC))
    page = ask(
        assessment_team_manager,
        "cases:flag",
        gap(home["Jayden"]).pk,
        at=datetime(2026, 3, 9, 10, 0, tzinfo=UTC),
    )

    said = text_of(page)
    assert "No management oversight of Jayden Mockford since Mon 2 February" in said
    assert "25 working days since Mon 2 February, of 20 allowed." in said
    assert "It clears when a manager records oversight of this child" in said
    assert "Last recorded Never" in said
    assert ReadLogEntry.objects.filter(place="cases:flag", child=home["Jayden"]).exists()


def test_a_short_count_draws_each_day_and_says_which_do_not_count(
    ask, home, assessment_team_manager, assessment_social_worker
):
    see = Direction(what="See", owner_id=assessment_social_worker.pk, due_on=date(2026, 2, 6))
    with application_clock.set_to(OPENED):
        write_oversight(
            authority=require(assessment_team_manager, Permission.OVERSIGHT_RECORD),
            at=OPENED,
            kind=OversightKind.SUPERVISION,
            child_ids=[home["Maisie"].pk],
            rationale=Rationale(
                know="School is easier", worries="The nights", decision="Go on", why="It works"
            ),
            directions=[see],
        )
    monday = datetime(2026, 2, 9, 10, 0, tzinfo=UTC)
    swept(monday)

    said = text_of(
        ask(assessment_team_manager, "cases:flag", flags.open_flags().get().pk, at=monday)
    )

    assert "Fri 6 Day 4 Due" in said
    assert "Sat 7 Not counted Saturday" in said
    assert "Mon 9 Day 5 1 late. Today" in said


def test_a_red_flag_leads_its_manager_from_the_notice_to_the_flag(
    client, home, assessment_team_manager
):
    swept()
    with application_clock.set_to(RED):
        while outbox.deliver_next(at=RED):
            pass
    client.force_login(assessment_team_manager)
    with application_clock.set_to(RED):
        page = client.get(reverse("cases:home"))
        assert "A red flag about a child you answer for" in text_of(page)
        assert page.context["flag_counts"][0]["number"] == 2
        line = page.context["notices"][0]
        answer = client.post(reverse("record:notice_open", args=[line.id]), follow=True)

    assert "No management oversight of" in text_of(answer)
    assert f"{assessment_team_manager.full_name} On their list, opened today" in text_of(answer)


def test_answering_tells_the_others_and_clears_nothing(ask, home, assessment_team_manager):
    swept()
    flag = gap(home["Jayden"])
    page = ask(
        assessment_team_manager,
        "cases:flag",
        flag.pk,
        what="Supervision today at 3",
        done_by_day="18",
        done_by_month="3",
        done_by_year="2026",
    )

    assert "Supervision today at 3" in text_of(page)
    assert "to be done by Wed 18 March" in text_of(page)
    flag.refresh_from_db()
    assert (flag.state, flag.done_by) == (FlagState.ACKNOWLEDGED, date(2026, 3, 18))
    swept()
    assert gap(home["Jayden"]).state == FlagState.ACKNOWLEDGED
    assert "Flag answered" in text_of(
        ask(assessment_team_manager, "cases:child", home["Jayden"].pk)
    )


def test_an_answer_needs_words_and_a_date_that_is_still_to_come(ask, home, assessment_team_manager):
    swept()
    flag = gap(home["Jayden"])
    assert "Say what you are doing about it" in text_of(
        ask(assessment_team_manager, "cases:flag", flag.pk, what="")
    )
    assert "must be today or later" in text_of(
        ask(
            assessment_team_manager,
            "cases:flag",
            flag.pk,
            what="Soon",
            done_by_day="16",
            done_by_month="3",
            done_by_year="2026",
        )
    )
    flag.refresh_from_db()
    assert flag.state == FlagState.OPEN


def test_oversight_clears_the_flag_and_the_page_says_how_long_it_stood(
    ask, home, assessment_team_manager
):
    swept()
    flag = gap(home["Jayden"])
    later = datetime(2026, 3, 19, 9, 0, tzinfo=UTC)
    with application_clock.set_to(later):
        write_oversight(
            authority=require(assessment_team_manager, Permission.OVERSIGHT_RECORD),
            at=later,
            kind=OversightKind.SUPERVISION,
            child_ids=[home["Jayden"].pk],
            rationale=Rationale(know="A", worries="B", decision="C", why="D"),
        )
    swept(later)

    said = text_of(ask(assessment_team_manager, "cases:flag", flag.pk, at=later))

    assert "it cleared by itself" in said
    assert "2 working days" in said
    assert "Answer this flag" not in said
    with application_clock.set_to(later), pytest.raises(AlreadyCleared):
        actions.answer_flag(by=assessment_team_manager, at=later, flag_id=flag.pk, what="Mine")


def test_a_manager_clears_with_a_reason_what_should_not_have_been_raised(
    ask, home, assessment_team_manager
):
    swept()
    flag = gap(home["Jayden"])
    assert "Say why this flag should not stand" in text_of(
        ask(assessment_team_manager, "cases:flag_clear", flag.pk, because="")
    )
    said = text_of(
        ask(assessment_team_manager, "cases:flag_clear", flag.pk, because="Recorded on paper")
    )

    assert "cleared it by hand" in said
    assert "Recorded on paper" in said
    swept()
    assert not flags.open_flags().filter(rule="F-OVS-GAP", child=home["Jayden"]).exists()


def test_a_missed_statutory_limit_is_not_cleared_by_hand(
    home, assessment_team_manager, monkeypatch
):
    from dataclasses import replace

    swept()
    flag = gap(home["Jayden"])
    late = replace(flags.rule("F-OVS-GAP"), is_statutory=True)
    monkeypatch.setitem(flags._rules, "F-OVS-GAP", late)

    with application_clock.set_to(RED), pytest.raises(flags.StaysLate):
        actions.clear_flag(by=assessment_team_manager, at=RED, flag_id=flag.pk, because="No")
    assert not queries.flag_page(by=assessment_team_manager, flag=flag, at=RED).may_clear


def test_only_whose_it_is_and_who_manages_the_team_answer(
    home, assessment_team_manager, assessment_social_worker, sfs_manager, head_of_service
):
    swept()
    flag = gap(home["Jayden"])
    with application_clock.set_to(RED):
        for user in (assessment_social_worker, sfs_manager):
            with pytest.raises(PermissionDenied):
                actions.answer_flag(by=user, at=RED, flag_id=flag.pk, what="Mine")
        with pytest.raises(PermissionDenied):
            actions.clear_flag(by=assessment_social_worker, at=RED, flag_id=flag.pk, because="Mine")
    flag.refresh_from_db()
    assert flag.state == FlagState.OPEN
    with application_clock.set_to(RED):
        actions.answer_flag(by=head_of_service, at=RED, flag_id=flag.pk, what="I have rung Ruth")
    flag.refresh_from_db()
    assert flag.acknowledged_by == head_of_service


def test_a_deputy_answers_for_the_manager(home, assessment_team_manager, sfs_manager):
    swept()
    flag = gap(home["Jayden"])
    DeputyshipFactory(
        manager=assessment_team_manager,
        deputy=sfs_manager,
        from_at=OPENED,
        to_at=datetime(2026, 4, 1, tzinfo=UTC),
    )
    with application_clock.set_to(RED):
        actions.answer_flag(by=sfs_manager, at=RED, flag_id=flag.pk, what="I see to it")

    flag.refresh_from_db()
    assert flag.acknowledged_for == assessment_team_manager


def test_a_list_holds_what_is_mine_and_my_teams_as_its_filter_says(
    ask, home, assessment_team_manager, assessment_social_worker, sfs_manager
):
    other = family(sfs_manager, names=["Isla"])
    swept()
    everything = ask(assessment_team_manager, "cases:flags")
    assert "2 open flags" in text_of(everything)
    assert "Isla" not in text_of(everything)
    assert "1 open flag" in text_of(ask(sfs_manager, "cases:flags"))
    assert "No open flags" in text_of(ask(assessment_social_worker, "cases:flags"))
    flag = gap(home["Jayden"])
    with application_clock.set_to(RED):
        actions.answer_flag(by=assessment_team_manager, at=RED, flag_id=flag.pk, what="Today")

    unanswered = ask(
        assessment_team_manager,
        "cases:flags",
        query="?answered=no&severity=red&rule=F-OVS-GAP",
    )

    assert "Maisie" in text_of(unanswered)
    assert "Jayden" not in text_of(unanswered)
    assert "No open flag is like that" in text_of(
        ask(assessment_team_manager, "cases:flags", query="?severity=critical")
    )
    elsewhere = ask(assessment_team_manager, "cases:flags", query=f"?team={other.team.pk}")
    assert "Isla" not in text_of(elsewhere)


def test_the_list_asks_as_often_for_many_flags_as_for_few(
    ask, home, assessment_team_manager, django_assert_num_queries
):
    swept()
    ask(assessment_team_manager, "cases:flags")
    with CaptureQueriesContext(connection) as few:
        ask(assessment_team_manager, "cases:flags")
    for _ in range(3):
        family(assessment_team_manager)
    swept()

    with django_assert_num_queries(len(few)):
        page = ask(assessment_team_manager, "cases:flags")

    assert "11 open flags" in text_of(page)


def test_a_restricted_child_stands_as_whom_to_ring_and_nothing_else(
    ask, home, assessment_team_manager, head_of_service
):
    restrict(home["Jayden"], head_of_service)
    swept()
    flag = gap(home["Jayden"])

    listed = text_of(ask(assessment_team_manager, "cases:flags"))
    assert "Jayden" not in listed
    assert f"1 restricted child has an open flag, ring {head_of_service.full_name}" in listed
    assert "1 open flag" in listed
    filtered = text_of(ask(assessment_team_manager, "cases:flags", query="?rule=F-OVS-GAP"))
    assert "restricted" not in filtered
    page = ask(assessment_team_manager, "cases:flag", flag.pk)
    assert page.status_code == 302
    assert page["Location"] == reverse("people:person", args=[home["Jayden"].pk])
    counted = ask(assessment_team_manager, "cases:home").context["flag_counts"]
    assert [(each["number"], each["label"]) for each in counted] == [(1, "Red flag")]
    with application_clock.set_to(RED), pytest.raises(home["Jayden"].DoesNotExist):
        actions.answer_flag(by=assessment_team_manager, at=RED, flag_id=flag.pk, what="Mine")
    assert "Jayden" in text_of(ask(head_of_service, "cases:flag", flag.pk))


def test_flags_stand_on_the_childs_page_for_who_may_read_the_rule(
    ask, home, assessment_team_manager, contact_officer
):
    swept(AMBER)
    flag = gap(home["Jayden"])
    title = "No management oversight of Jayden Mockford"
    assert title in text_of(
        ask(assessment_team_manager, "cases:child", home["Jayden"].pk, at=AMBER)
    )
    assert title not in text_of(ask(contact_officer, "cases:child", home["Jayden"].pk, at=AMBER))
    assert ask(contact_officer, "cases:flag", flag.pk, at=AMBER).status_code == 403


def test_an_answer_that_refuses_keeps_what_was_typed(home, assessment_team_manager):
    swept()
    flag = gap(home["Jayden"])
    with application_clock.set_to(RED), pytest.raises(Refused, match="Say what you are doing"):
        actions.answer_flag(by=assessment_team_manager, at=RED, flag_id=flag.pk, what="  ")
    assert Flag.objects.get(pk=flag.pk).state == FlagState.OPEN


def test_a_team_member_who_manages_nobody_sees_only_their_own(
    home, assessment_social_worker, assessment_team_manager
):
    TeamMembershipFactory(user=assessment_social_worker, team=TeamFactory())
    see = Direction(what="See", owner_id=assessment_social_worker.pk, due_on=date(2026, 2, 6))
    with application_clock.set_to(OPENED):
        write_oversight(
            authority=require(assessment_team_manager, Permission.OVERSIGHT_RECORD),
            at=OPENED,
            kind=OversightKind.SUPERVISION,
            child_ids=[home["Maisie"].pk],
            rationale=Rationale(know="A", worries="B", decision="C", why="D"),
            directions=[see],
        )
    swept()
    with application_clock.set_to(RED):
        found = queries.flag_list(by=assessment_social_worker, at=RED)

    assert [flag.rule for flag in found.rows] == ["F-OVS-ACT"]
