"""Helping: assessment, plan, team around the family, and the end with an outcome per child."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from cases.choices import ConsentState
from cases.models import Involvement
from early_help import actions
from early_help.choices import Ending, EpisodeState, TellAbout
from early_help.models import (
    AssessedChild,
    Assessment,
    ChildOutcome,
    Episode,
    Plan,
    TeamMeeting,
    ToTell,
)
from early_help.queries.plan import contacts, current_plan
from lib import application_clock
from record.drafts import mine
from record.errors import NotWhole, Refused
from record.models import Clock, OutboxMessage
from tests.cases.change_cases import logged
from tests.early_help.helping import (
    AGREED,
    asked_of,
    child,
    count_queries,
    days,
    requested,
    waiting,
)
from tests.early_help.test_offer_pages import url
from tests.early_help.test_offers import offered, visited
from tests.early_help.test_stepping import stepped_up
from tests.mash.pages import form, moment, text_of

pytestmark = pytest.mark.django_db


def assessed(by, episode, *, at=None, **more):
    facts = {"needs": "Sleep", "voice": "“I like Mondays.”", "strengths": "Reads to her brother"}
    return actions.assess(
        by=by,
        at=at or days(15),
        episode_id=episode.pk,
        **{
            "children": [
                actions.ChildSaid(child_id=row.child_id, **facts)
                for row in episode.children.filter(ended_at=None)
            ],
            "strengths": "Nan is next door.",
            "family_says": "Mornings are hardest.",
            **more,
        },
    )


GOALS = [
    actions.Goal(
        goal="Everybody is at school on time",
        steps=[
            actions.Step(what="Alarm at seven", who="Hana", by_on=date(2026, 2, 20)),
            actions.Step(what="Breakfast club", who="School", by_on=date(2026, 2, 27)),
        ],
    )
]


def planned(by, episode, *, at=None, **more):
    return actions.agree_plan(
        by=by,
        at=at or days(16),
        episode_id=episode.pk,
        **{"goals": GOALS, "agreed_with": "Hana, mother", **more},
    )


def met(by, episode, *, at=None, **more):
    plan = current_plan(episode.pk)
    at = at or days(20)
    return actions.record_meeting(
        by=by,
        at=at,
        episode_id=episode.pk,
        **{
            "attendees": [
                actions.Asked(name="Hana", agency="Mother", was_there=True),
                actions.Asked(name="Sally", agency="School", was_there=False, note="Sent a report"),
            ],
            "progress": [
                actions.Progress(goal_id=goal.pk, progress="better", note="Eight in ten")
                for goal in (plan.goals.all() if plan else [])
            ],
            "family_says": "It helps.",
            "children_say": "“Breakfast club is fun.”",
            "decision": "keep",
            "why": "Not there yet",
            "next_on": days(30, since=at).date(),
            **more,
        },
    )


@pytest.fixture
def helped(waits, early_help_coordinator, early_help_worker) -> Episode:
    """The family with its worker, seen once."""
    offered(early_help_coordinator, waits, early_help_worker)
    actions.accept_offer(by=early_help_worker, at=days(11), episode_id=waits.pk)
    visited(early_help_worker, waits, at=days(13))
    waits.refresh_from_db()
    return waits


@pytest.fixture
def with_plan(helped, early_help_worker) -> Episode:
    assessed(early_help_worker, helped)
    planned(early_help_worker, helped)
    helped.refresh_from_db()
    return helped


def running(rule, episode):
    return Clock.objects.filter(rule=rule, subject_id=episode.pk, stopped_at=None).first()


# Assessment ---------------------------------------------------------------------------------------


def test_assessment_has_each_childs_voice_and_lets_the_team_meet(helped, early_help_worker):
    assert running("EH-EHA", helped).due_at.date() == days(41).date()
    made = assessed(early_help_worker, helped)

    assert AssessedChild.objects.get(assessment=made).voice == "“I like Mondays.”"
    assert running("EH-EHA", helped) is None
    assert running("EH-TAF-1", helped).due_at.date() == days(25).date()
    assessed(early_help_worker, helped, at=days(18))
    assert Assessment.objects.count() == 2
    assert running("EH-TAF-1", helped).due_at.date() == days(25).date()


def test_assessment_names_each_child_and_each_missing_thing(helped, early_help_worker):
    child_id = helped.children.get().child_id
    with pytest.raises(NotWhole) as refused:
        assessed(
            early_help_worker,
            helped,
            children=[actions.ChildSaid(child_id=child_id, needs="Sleep", voice=" ", strengths="")],
            strengths="",
        )

    said = [words for _field, words in refused.value.problems]
    assert "Say what Aaliyah Testwood says or shows" in said
    assert "Say what goes well for Aaliyah Testwood" in said
    assert "Say what the family does well" in said
    assert not Assessment.objects.exists()


def test_assessment_needs_help_that_started_agreement_and_early_help(
    waits, helped, early_help_worker, mash_manager
):
    other = requested(early_help_worker, child("Leo"))
    with pytest.raises(actions.NotNow, match="It is at “Requested”"):
        assessed(early_help_worker, other)
    with pytest.raises(PermissionDenied):
        assessed(mash_manager, helped)
    actions.record_agreement(
        by=early_help_worker,
        at=days(14),
        episode_id=helped.pk,
        child_ids=[helped.children.get().child_id],
        state=ConsentState.WITHDRAWN,
        asked_as=AGREED["asked_as"],
        person_as_stated="Hana",
        words="“No more.”",
    )
    with pytest.raises(actions.NotAgreed):
        assessed(early_help_worker, helped)


# Plan ---------------------------------------------------------------------------------------------


def test_plan_has_goals_with_who_does_what_by_when(with_plan):
    plan = current_plan(with_plan.pk)

    assert with_plan.state == EpisodeState.PLAN_ACTIVE
    (goal,) = plan.goals.all()
    assert [(step.what, step.who) for step in goal.actions.all()] == [
        ("Alarm at seven", "Hana"),
        ("Breakfast club", "School"),
    ]


def test_changed_plan_is_a_new_one_and_the_old_one_cannot_change(with_plan, early_help_worker):
    planned(early_help_worker, with_plan, at=days(22), agreed_with="Hana and Nan")

    assert Plan.objects.count() == 2
    assert current_plan(with_plan.pk).agreed_with == "Hana and Nan"
    with pytest.raises(InternalError), transaction.atomic():
        Plan.objects.update(agreed_with="Nobody")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"goals": []}, "at least one goal"),
        ({"goals": [actions.Goal(goal=" ", steps=GOALS[0].steps)]}, "what the goal is"),
        ({"goals": [actions.Goal(goal="Sleep", steps=[])]}, "who does what by when"),
        ({"agreed_with": " "}, "who of the family agreed"),
    ],
)
def test_plan_says_what_is_missing(helped, early_help_worker, more, said):
    assessed(early_help_worker, helped)
    with pytest.raises(Refused, match=said):
        planned(early_help_worker, helped, **more)

    assert not Plan.objects.exists()


def test_plan_rests_on_an_assessment(helped, early_help_worker):
    with pytest.raises(Refused, match="Write the assessment first"):
        planned(early_help_worker, helped)


# Team around the family ---------------------------------------------------------------------------


def test_meeting_keeps_who_came_and_how_each_goal_stands_and_sets_the_next(
    with_plan, early_help_worker
):
    made = met(early_help_worker, with_plan)

    assert running("EH-TAF-1", with_plan) is None
    assert running("EH-TAF", with_plan).due_at.date() == made.next_on
    assert made.progress.get().progress == "better"
    assert [one.was_there for one in made.attendees.order_by("position")] == [True, False]
    met(early_help_worker, with_plan, at=days(45), next_on=days(100).date())
    assert running("EH-TAF", with_plan).due_at.date() == days(100).date()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"attendees": []}, "who was there"),
        (
            {
                "attendees": [
                    actions.Asked(name="Hana", agency="Mother", was_there=True),
                    actions.Asked(name="Sally", agency="School", was_there=False),
                ]
            },
            "what Sally sent instead",
        ),
        ({"progress": []}, "how far “Everybody is at school on time” has come"),
        ({"children_say": " "}, "what the children say"),
        ({"decision": "perhaps"}, "what was decided"),
        ({"next_on": None}, "when the team meets next"),
        ({"next_on": date(2027, 1, 4)}, "within 60 working days: by"),
        ({"next_on": date(2026, 1, 20)}, "not after this one"),
    ],
)
def test_meeting_says_what_is_missing(with_plan, early_help_worker, more, said):
    with pytest.raises(Refused, match=said):
        met(early_help_worker, with_plan, **more)

    assert not TeamMeeting.objects.exists()


def test_meeting_goes_through_a_plan(helped, early_help_worker):
    with pytest.raises(Refused, match="no plan yet"):
        met(early_help_worker, helped)


def test_team_that_would_end_puts_it_before_the_coordinator(
    with_plan, early_help_worker, early_help_coordinator
):
    met(early_help_worker, with_plan, decision="step_up", next_on=None)
    assert "Step the family up" in asked_of(early_help_worker, at=days(40))
    met(early_help_worker, with_plan, at=days(41), decision="close", next_on=None)

    assert running("EH-TAF", with_plan) is None
    asked = asked_of(early_help_worker, at=days(41))
    assert "Visit" in asked
    assert "Step the family up" not in asked
    assert "Decide whether help ends" in asked_of(early_help_coordinator, at=days(41))
    assert OutboxMessage.objects.filter(
        payload__code="early_help.to_close", payload__user_id=str(early_help_coordinator.pk)
    ).exists()


def test_visits_are_counted_from_the_last_one(helped, early_help_worker):
    assert running("EH-VISIT", helped).due_at.date() == days(33).date()

    visited(early_help_worker, helped, at=days(20))

    assert running("EH-VISIT", helped).due_at.date() == days(40).date()
    ((_name, seen, alone),) = contacts(helped, _shown(helped, early_help_worker))
    assert (seen, alone) == (2, 2)


def _shown(episode, user):
    from early_help.queries.families import families

    return families([episode.pk], by=user)[episode.pk].children


# The end ------------------------------------------------------------------------------------------


def ended(by, episode, *, at=None, outcome="goals_met", **more):
    return actions.close_help(
        by=by,
        at=at or days(60),
        episode_id=episode.pk,
        **{
            "outcomes": [
                actions.Outcome(child_id=row.child_id, outcome=outcome, note="On time for weeks")
                for row in episode.children.filter(ended_at=None)
            ],
            "why_safe": "School sees both every day.",
            "carries_on": "School; ring 01632 960300",
            **more,
        },
    )


def test_help_ends_with_an_outcome_for_each_child(with_plan, early_help_coordinator):
    ended(early_help_coordinator, with_plan)

    with_plan.refresh_from_db()
    assert (with_plan.state, with_plan.ending) == (EpisodeState.CLOSED, Ending.GOALS_MET)
    assert ChildOutcome.objects.get().note == "On time for weeks"
    assert not Involvement.objects.filter(to_at=None).exists()
    assert not Clock.objects.filter(
        subject_id=with_plan.pk, stopped_at=None, rule__in=["EH-TAF", "EH-VISIT", "EH-TAF-1"]
    ).exists()
    assert ToTell.objects.filter(about=TellAbout.CLOSED).exists()


def test_children_with_different_outcomes_are_partly_met(
    early_help_worker, early_help_coordinator, episode
):
    family = requested(early_help_worker, child("Leo"), child("Mia"))
    waiting(early_help_coordinator, family)
    offered(early_help_coordinator, family, early_help_worker)
    actions.accept_offer(by=early_help_worker, at=days(11), episode_id=family.pk)
    visited(early_help_worker, family, at=days(13))
    one, two = family.children.values_list("child_id", flat=True)

    ended(
        early_help_coordinator,
        family,
        outcomes=[
            actions.Outcome(child_id=one, outcome="goals_met", note="Calm"),
            actions.Outcome(child_id=two, outcome="goals_not", note="Still late"),
        ],
    )

    family.refresh_from_db()
    assert family.ending == Ending.GOALS_PARTLY


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"outcomes": []}, "what early help came to for Aaliyah Testwood"),
        ({"outcome": "stepped_up"}, "what early help came to for Aaliyah Testwood"),
        ({"why_safe": " "}, "why it is safe to end"),
        ({"carries_on": ""}, "who carries on"),
    ],
)
def test_end_says_what_is_missing(with_plan, early_help_coordinator, more, said):
    with pytest.raises(Refused, match=said):
        ended(early_help_coordinator, with_plan, **more)

    assert not ChildOutcome.objects.exists()


def test_end_is_the_coordinators_and_not_while_the_mash_or_a_change_is_undecided(
    with_plan, early_help_worker, early_help_coordinator, mash_manager
):
    with pytest.raises(PermissionDenied):
        ended(early_help_worker, with_plan)
    helped = with_plan.children.get().child
    logged(early_help_worker, helped, at=days(29), happened_on=days(29).date())
    with pytest.raises(actions.NotNow, match=f"{helped.name} is not decided"):
        ended(early_help_coordinator, with_plan)
    stepped_up(early_help_coordinator, with_plan, at=days(30))
    with pytest.raises(actions.NotNow, match="step-up of this family is open"):
        ended(early_help_coordinator, with_plan)


def test_database_refuses_what_is_not_whole(with_plan, early_help_worker):
    meeting = met(early_help_worker, with_plan)
    for table, facts in (
        (AssessedChild.objects, {"assessment": Assessment.objects.get(), "needs": "x"}),
        (meeting.attendees, {"position": 9, "name": "X", "agency": "Y", "was_there": False}),
    ):
        more = {"child": with_plan.children.get().child} if "assessment" in facts else {}
        with pytest.raises(IntegrityError), transaction.atomic():
            table.create(**facts, **more)


# Pages --------------------------------------------------------------------------------------------


@pytest.fixture
def at_work(client, early_help_coordinator):
    client.force_login(early_help_coordinator)
    with application_clock.set_to(days(40)):
        yield client


def test_family_is_assessed_planned_met_and_ended_on_its_pages(at_work, helped):
    child_id = helped.children.get().child_id
    facts = {
        f"needs_{child_id}": "Sleep",
        f"voice_{child_id}": "“I like Mondays.”",
        f"strengths_{child_id}": "Reads",
        "strengths": "Nan",
        "family_says": "Mornings",
    }
    empty = text_of(at_work.post(url("assess", helped.pk), form()))
    written = text_of(at_work.post(url("assess", helped.pk), form(**facts), follow=True))
    steps = {
        "steps-TOTAL_FORMS": "3",
        "steps-INITIAL_FORMS": "0",
        "steps-0-goal": "On time",
        "steps-0-what": "Alarm",
        "steps-0-who": "Hana",
        "steps-0-by_on": "20 3 2026",
        "steps-1-what": "Breakfast club",
        "steps-1-who": "School",
        "steps-1-by_on": "27 3 2026",
    }
    half = text_of(at_work.post(url("agree_plan", helped.pk), form(**{**steps, "steps-1-who": ""})))
    more = at_work.post(url("agree_plan", helped.pk), form(**steps, add="steps")).content.decode()
    plan = text_of(
        at_work.post(url("agree_plan", helped.pk), form(**steps, agreed_with="Hana"), follow=True)
    )
    goal = current_plan(helped.pk).goals.get()
    meeting = text_of(
        at_work.post(
            url("meet", helped.pk),
            form(
                **{
                    "people-TOTAL_FORMS": "1",
                    "people-INITIAL_FORMS": "0",
                    "people-0-name": "Hana",
                    "people-0-agency": "Mother",
                    "people-0-was_there": "yes",
                    f"progress_{goal.pk}": "met",
                    "family_says": "Good",
                    "children_say": "“Fun”",
                    "decision": "close",
                    "why": "Done",
                },
                **moment("2 3 2026", "09:00"),
            ),
            follow=True,
        )
    )
    shown = text_of(at_work.get(url("close_help", helped.pk)))
    done = text_of(
        at_work.post(
            url("close_help", helped.pk),
            form(
                **{
                    f"outcome_{child_id}": "goals_met",
                    f"note_{child_id}": "On time",
                    "why_safe": "School sees her",
                    "carries_on": "School",
                }
            ),
            follow=True,
        )
    )

    assert "Say what Aaliyah Testwood says, or shows" in empty
    assert "“I like Mondays.”" in written
    assert "Agree the plan" in written
    assert "Say who does it" in half
    assert 'name="steps-3-goal"' in more
    assert "School: Breakfast club, by Fri 27 March" in plan
    assert "The team around the family would end" in meeting
    assert "On time: met" in shown
    assert "Aaliyah Testwood: goals met. On time" in done
    assert not any(draft.recorded_at is None for draft in mine(helped.team.manager))


def test_what_is_typed_on_an_assessment_is_kept_when_the_page_is_left(at_work, helped):
    child_id = helped.children.get().child_id
    at_work.post(
        url("assess", helped.pk), form(keep_draft="1", **{f"voice_{child_id}": "“I like Mondays.”"})
    )

    again = at_work.get(url("assess", helped.pk)).content.decode()
    steps = {"steps-TOTAL_FORMS": "1", "steps-INITIAL_FORMS": "0", "steps-0-what": "Alarm clock"}
    at_work.post(url("agree_plan", helped.pk), form(keep_draft="1", **steps))

    assert "“I like Mondays.”" in again
    assert "Alarm clock" in at_work.get(url("agree_plan", helped.pk)).content.decode()
    assert not Assessment.objects.exists()


def test_page_takes_no_more_queries_for_more_meetings(at_work, with_plan, early_help_worker):
    met(early_help_worker, with_plan)
    page = url("episode", with_plan.pk)
    count_queries(at_work, page)
    once = count_queries(at_work, page)
    met(early_help_worker, with_plan, at=days(35))
    assessed(early_help_worker, with_plan, at=days(36))

    assert count_queries(at_work, page) <= once


def test_worker_reads_no_plan_of_a_colleagues_family(client, with_plan, early_help_coordinator):
    from accounts.choices import Role, TeamKind
    from tests.personas import member

    Episode.objects.filter(pk=with_plan.pk).update(asked_through=None)
    client.force_login(member("Milo Otherford", Role.EARLY_HELP_WORKER, TeamKind.EARLY_HELP))
    with application_clock.set_to(days(40)):
        for name in ("episode", "assess", "agree_plan", "meet"):
            assert client.get(url(name, with_plan.pk)).status_code == 404
