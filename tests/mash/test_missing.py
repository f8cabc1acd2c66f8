"""Missing children: the episode, its clocks, and the interview after the return."""

import threading
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role, TeamKind
from cases import actions as case_actions
from cases.models import Signal
from lib import application_clock
from mash import actions
from mash.actions.missing import reasons_for_discussion
from mash.models import MissingEpisode, ReturnInterview, ReturnInterviewOffer
from people import actions as people_actions
from people.models import Person
from record import policy
from record.errors import Clash, Refused
from record.models import Clock, Event, ReadLogEntry
from tests.cases.front_door import child, received
from tests.factories.people import PersonFactory
from tests.mash.pages import form, moment, text_of
from tests.personas import member

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)  # a Thursday
NOW = MORNING + timedelta(days=10)
SINCE = MORNING - timedelta(hours=12)
SCREENING = {
    "exploitation": "A second phone; lifts in a white car",
    "earlier": "None recorded",
    "siblings": "His sister shares the room and was not asked",
    "places": "The leisure centre",
}
OFFER = {
    "how": "By phone to his mother",
    "independent": "Youth charity worker",
    "independent_why": "Holds no case and belongs to no team of ours",
}


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def boy(db):
    return PersonFactory(date_of_birth=date(2011, 3, 19))


def reported(by, person, *, since=SINCE, at=MORNING, **more):
    return actions.report_missing(
        by=by, at=at, child_id=person.pk, missing_since=since, circumstances="Left", **more
    )


def returned(by, person, *, back=MORNING, **more):
    episode = reported(by, person, **more)
    return actions.record_return(
        by=by, at=back + timedelta(minutes=5), episode_id=episode.pk, returned_at=back
    )


def due(episode, rule):
    return Clock.objects.get(subject_id=episode.pk, rule=rule).due_at


def test_report_starts_screening_and_the_24_hours_from_last_seen(mash_social_worker, boy):
    episode = reported(mash_social_worker, boy)

    assert due(episode, "MIS-SD-24H") == SINCE + timedelta(hours=24)
    assert due(episode, "MIS-SCR") == datetime(2026, 3, 13, 16, 45, tzinfo=UTC)
    assert Signal.objects.get(child=boy).kind == "missing"
    assert Event.objects.filter(child=boy, code="mash.missing_opened").exists()


@pytest.mark.parametrize(
    ("facts", "born", "reason"),
    [
        ({"grade": "high"}, date(2011, 3, 19), "The police graded it high"),
        ({}, date(2014, 1, 1), "The child is under 13"),
    ],
)
def test_another_criterion_makes_the_24_hours_needless(mash_social_worker, facts, born, reason):
    episode = reported(mash_social_worker, PersonFactory(date_of_birth=born), **facts)

    assert reasons_for_discussion(episode, at=MORNING) == [reason]
    assert not Clock.objects.filter(rule="MIS-SD-24H").exists()


def test_a_child_is_under_13_until_the_birthday(mash_social_worker):
    day_before = PersonFactory(date_of_birth=date(2013, 3, 12))
    on_the_day = PersonFactory(date_of_birth=date(2013, 3, 11))

    ones = [
        reported(mash_social_worker, person, since=datetime(2026, 3, 11, 9, tzinfo=UTC))
        for person in (day_before, on_the_day)
    ]

    said = [reasons_for_discussion(one, at=datetime(2026, 3, 11, 10, tzinfo=UTC)) for one in ones]
    assert said == [["The child is under 13"], []]


def test_third_episode_in_90_days_counts_claimed_ones_and_not_older(
    mash_social_worker, contact_officer, mash_manager
):
    contact = received(contact_officer, child("Jaydon", date_of_birth=date(2011, 3, 19)))
    person = contact.people.get().person
    old = SINCE - timedelta(days=91)
    returned(mash_social_worker, person, since=old, at=old, back=old + timedelta(hours=2))
    recent = SINCE - timedelta(days=89)
    returned(mash_social_worker, person, since=recent, at=recent, back=recent + timedelta(hours=2))
    actions.record_missing(
        by=contact_officer,
        at=MORNING,
        contact_id=contact.pk,
        child_id=person.pk,
        circumstances="So the school says",
        is_claimed_only=True,
    )

    episode = reported(mash_social_worker, person)

    assert reasons_for_discussion(episode, at=MORNING) == ["3 episodes within 90 days"]


def test_notice_on_a_contact_opens_the_episode_and_its_return_ends_it(
    contact_officer, mash_manager
):
    contact = received(contact_officer, child("Jaydon", date_of_birth=date(2011, 3, 19)))
    person_id = contact.people.get().person_id

    def notice(**facts):
        return actions.record_missing(
            by=contact_officer, at=MORNING, contact_id=contact.pk, child_id=person_id, **facts
        )

    first = notice(missing_since=SINCE, grade="medium", reported_at=SINCE + timedelta(hours=2))
    notice(missing_since=SINCE, grade="high")
    notice(returned_at=MORNING - timedelta(hours=1), where_found="At a friend’s")

    episode = MissingEpisode.objects.get()
    assert episode.notice == first
    assert (episode.grade, episode.state) == ("high", MissingEpisode.State.RETURNED)
    assert due(episode, "RHI-72") == MORNING + timedelta(hours=71)


@pytest.mark.parametrize("said_when", [True, False])
def test_episode_follows_the_corrected_receipt_unless_the_notice_says_when(
    contact_officer, mash_manager, said_when
):
    contact = received(contact_officer, child("Jaydon", date_of_birth=date(2011, 3, 19)))
    said = SINCE + timedelta(hours=1)
    actions.record_missing(
        by=contact_officer,
        at=MORNING,
        contact_id=contact.pk,
        child_id=contact.people.get().person_id,
        missing_since=SINCE,
        reported_at=said if said_when else None,
    )
    assert MissingEpisode.objects.get().reported_at == (said if said_when else MORNING)

    right = MORNING - timedelta(hours=3)
    case_actions.correct_received_at(
        by=mash_manager,
        at=NOW,
        contact_id=contact.pk,
        received_at=right,
        reason="The call log says so",
    )

    episode = MissingEpisode.objects.get()
    assert episode.reported_at == (said if said_when else right)
    (screening,) = Clock.objects.filter(rule="MIS-SCR", stopped_at=None)
    assert screening.started_at == right
    (search,) = Clock.objects.filter(rule="MIS-SD-24H")
    assert search.started_at == SINCE


def test_notice_of_a_later_time_ends_the_episode_whose_return_nobody_recorded(
    contact_officer, mash_manager
):
    contact = received(contact_officer, child("Jaydon", date_of_birth=date(2011, 3, 19)))
    person = contact.people.get().person
    facts = {"by": contact_officer, "at": MORNING, "contact_id": contact.pk}
    before = SINCE - timedelta(days=5)
    actions.record_missing(
        **facts, child_id=person.pk, missing_since=before, reported_at=before + timedelta(hours=1)
    )

    actions.record_missing(**facts, child_id=person.pk, missing_since=SINCE, reported_at=MORNING)

    first, second = MissingEpisode.objects.order_by("missing_since")
    assert (first.returned_at, first.is_return_known) == (SINCE, False)
    assert second.returned_at is None
    assert first.interview.missing_again == second


@pytest.mark.parametrize(
    ("back", "is_late"),
    [(timedelta(hours=71), False), (timedelta(hours=72), False), (timedelta(hours=74), True)],
)
def test_72_hours_run_day_and_night_from_the_return(mash_social_worker, boy, back, is_late):
    friday = datetime(2026, 3, 13, 23, 0, tzinfo=UTC)
    episode = returned(mash_social_worker, boy, back=friday)
    actions.offer_interview(
        by=mash_social_worker, at=friday + timedelta(hours=1), episode_id=episode.pk, **OFFER
    )

    actions.complete_interview(
        by=mash_social_worker,
        at=friday + timedelta(hours=80),
        episode_id=episode.pk,
        held_at=friday + back,
        words="I was with people who don’t shout",
        shared_with="Police, MASH",
    )

    clock = Clock.objects.get(rule="RHI-72")
    assert clock.due_at == friday + timedelta(hours=72)
    assert (clock.stopped_at > clock.due_at) is is_late
    assert ReturnInterview.objects.get().state == "completed"


def test_72_hours_are_hours_across_the_change_of_the_clocks(mash_social_worker, boy):
    before = datetime(2026, 3, 28, 3, 0, tzinfo=UTC)  # the clocks go forward on the 29th
    with application_clock.set_to(before + timedelta(days=5)):
        episode = returned(
            mash_social_worker, boy, since=before - timedelta(hours=6), at=before, back=before
        )

    assert due(episode, "RHI-72") == datetime(2026, 3, 31, 3, 0, tzinfo=UTC)


def test_the_72_hours_can_be_made_stricter_and_not_looser():
    limit = policy.limit("RHI-72")

    assert limit.is_statutory
    assert limit.highest == 72


def test_missing_again_links_the_interview_that_was_not_held(mash_social_worker, boy):
    first = returned(mash_social_worker, boy)

    again = reported(
        mash_social_worker,
        boy,
        since=MORNING + timedelta(hours=4),
        at=MORNING + timedelta(hours=6),
    )

    assert ReturnInterview.objects.get(episode=first).missing_again == again


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"missing_since": NOW}, "in the future"),
        ({"reported_at": SINCE - timedelta(hours=1)}, "reported before"),
    ],
)
def test_report_refuses_impossible_times(mash_social_worker, boy, change, said):
    given = {"missing_since": SINCE, **change}

    with pytest.raises(Refused, match=said):
        actions.report_missing(by=mash_social_worker, at=MORNING, child_id=boy.pk, **given)

    assert not MissingEpisode.objects.exists()


def test_report_refuses_a_second_open_episode(mash_social_worker, boy):
    reported(mash_social_worker, boy)

    with pytest.raises(actions.AlreadyMissing, match="already recorded as missing"):
        reported(mash_social_worker, boy)


@pytest.mark.parametrize("missing", sorted(SCREENING))
def test_screening_refuses_what_was_not_thought_about(mash_social_worker, boy, missing):
    episode = reported(mash_social_worker, boy)

    with pytest.raises(Refused) as refused:
        actions.screen_missing(
            by=mash_social_worker,
            at=MORNING,
            episode_id=episode.pk,
            **{**SCREENING, missing: " "},
        )

    assert refused.value.field == missing


def closable(by, person):
    episode = returned(by, person)
    actions.screen_missing(by=by, at=MORNING, episode_id=episode.pk, **SCREENING)
    actions.offer_interview(by=by, at=MORNING + timedelta(hours=1), episode_id=episode.pk, **OFFER)
    actions.end_interview(
        by=by,
        at=MORNING + timedelta(hours=2),
        episode_id=episode.pk,
        is_declined=True,
        because="He does not want to talk",
        carers_view="His mother thinks he owes money",
        intelligence="The car, to the exploitation team",
    )
    return episode


def close(by, episode, **more):
    return actions.close_missing(
        by=by,
        at=MORNING + timedelta(hours=3),
        episode_id=episode.pk,
        risk_decision=more.get("risk_decision", "Moderate: a plan with the school"),
        for_the_others=more.get("for_the_others", "Ama: seen at school, told whom to ring"),
        version=more.get("version"),
    )


def test_close_is_a_managers_and_needs_both_decisions(mash_social_worker, mash_manager, boy):
    episode = closable(mash_social_worker, boy)

    with pytest.raises(PermissionDenied):
        close(mash_social_worker, episode)
    for name, said in (("risk_decision", "about risk"), ("for_the_others", "each other child")):
        with pytest.raises(Refused, match=said):
            close(mash_manager, episode, **{name: " "})
    with pytest.raises(Clash):
        close(mash_manager, episode, version=1)
    close(mash_manager, episode)

    episode.refresh_from_db()
    assert episode.state == MissingEpisode.State.CLOSED
    assert not Clock.objects.filter(subject_id=episode.pk, stopped_at=None).exists()
    with pytest.raises(Refused, match="is closed"):
        close(mash_manager, episode)


def test_close_refuses_while_missing_unscreened_or_without_the_interview(
    mash_social_worker, mash_manager, boy
):
    episode = reported(mash_social_worker, boy)
    with pytest.raises(Refused, match="still missing"):
        close(mash_manager, episode)
    actions.record_return(
        by=mash_social_worker,
        at=MORNING + timedelta(minutes=5),
        episode_id=episode.pk,
        returned_at=MORNING,
    )
    with pytest.raises(Refused, match="screened"):
        close(mash_manager, episode)
    actions.screen_missing(by=mash_social_worker, at=MORNING, episode_id=episode.pk, **SCREENING)

    with pytest.raises(Refused, match="neither held nor ended"):
        close(mash_manager, episode)


def test_close_refuses_while_nobody_decided_about_a_discussion(mash_social_worker, mash_manager):
    episode = closable(mash_social_worker, PersonFactory(date_of_birth=date(2015, 1, 1)))

    with pytest.raises(Refused, match="the child is under 13"):
        close(mash_manager, episode)
    with pytest.raises(PermissionDenied):
        actions.decide_discussion(
            by=mash_social_worker, at=NOW, episode_id=episode.pk, is_needed=True, why="Nine"
        )
    with pytest.raises(Refused, match="Say why"):
        actions.decide_discussion(
            by=mash_manager, at=NOW, episode_id=episode.pk, is_needed=True, why=" "
        )
    actions.decide_discussion(
        by=mash_manager, at=NOW, episode_id=episode.pk, is_needed=False, why="Was with his aunt"
    )

    close(mash_manager, episode)


def test_interview_refuses_what_is_not_whole(mash_social_worker, boy):
    episode = returned(mash_social_worker, boy)
    told = {"held_at": MORNING + timedelta(hours=1), "words": "Mine", "shared_with": "Police"}

    def complete(**more):
        actions.complete_interview(
            by=mash_social_worker,
            at=MORNING + timedelta(hours=2),
            episode_id=episode.pk,
            **{**told, **more},
        )

    with pytest.raises(Refused, match="independent"):
        complete()
    with pytest.raises(Refused, match="how the interview was offered"):
        actions.end_interview(
            by=mash_social_worker,
            at=MORNING,
            episode_id=episode.pk,
            is_declined=True,
            because="No",
            carers_view="None",
            intelligence="None",
        )
    actions.offer_interview(
        by=mash_social_worker, at=MORNING, episode_id=episode.pk, **OFFER, is_accepted=True
    )
    for change, said in (
        ({"held_at": MORNING - timedelta(hours=1)}, "before the return"),
        ({"held_at": MORNING + timedelta(hours=9)}, "in the future"),
        ({"words": ""}, "own account"),
        ({"shared_with": ""}, "with whom"),
    ):
        with pytest.raises(Refused, match=said):
            complete(**change)
    complete()

    with pytest.raises(Refused, match="interview is over"):
        complete()


def test_return_refuses_times_that_cannot_be_and_a_second_one(mash_social_worker, boy):
    episode = reported(mash_social_worker, boy)
    for when, said in (
        (SINCE - timedelta(hours=1), "before the child went missing"),
        (MORNING + timedelta(hours=1), "in the future"),
    ):
        with pytest.raises(Refused, match=said):
            actions.record_return(
                by=mash_social_worker, at=MORNING, episode_id=episode.pk, returned_at=when
            )
    actions.record_return(
        by=mash_social_worker, at=MORNING, episode_id=episode.pk, returned_at=MORNING
    )

    with pytest.raises(Refused, match="recorded already"):
        actions.record_return(
            by=mash_social_worker, at=MORNING, episode_id=episode.pk, returned_at=MORNING
        )


def test_somebody_without_the_right_writes_nothing(head_of_service, boy):
    with pytest.raises(PermissionDenied):
        reported(head_of_service, boy)

    assert not MissingEpisode.objects.exists()


def test_a_restricted_childs_episode_is_not_there_for_others(
    client, mash_social_worker, mash_manager, head_of_service, boy
):
    episode = reported(mash_social_worker, boy)
    people_actions.restrict(
        by=mash_manager, at=MORNING, person_id=boy.pk, reason="Staff", owner_id=head_of_service.pk
    )

    with pytest.raises(MissingEpisode.DoesNotExist):
        actions.screen_missing(by=mash_social_worker, at=NOW, episode_id=episode.pk, **SCREENING)
    client.force_login(mash_social_worker)
    assert client.get(reverse("mash:missing", args=[episode.pk])).status_code == 404
    assert boy.name not in text_of(client.get(reverse("mash:missing_list")))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_make_one_episode(mash_social_worker, boy):
    outcomes = []

    def report():
        try:
            with application_clock.set_to(NOW):
                reported(mash_social_worker, boy)
            outcomes.append("recorded")
        except actions.AlreadyMissing:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=report) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["recorded", "refused"]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("mash_missing_returned_later", {"returned_at": SINCE - timedelta(hours=1)}),
        ("mash_missing_reported_later", {"reported_at": SINCE - timedelta(hours=1)}),
        ("mash_missing_state_fits", {"state": "returned"}),
        ("mash_missing_screened_pair", {"screened_at": MORNING}),
        ("mash_missing_discussion_whole", {"needs_discussion": True}),
    ],
)
def test_the_database_refuses_an_episode_that_cannot_be(mash_social_worker, boy, name, change):
    episode = reported(mash_social_worker, boy)
    if name == "mash_missing_returned_later":
        change = {**change, "state": "returned"}

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        MissingEpisode.objects.filter(pk=episode.pk).update(**change)


def test_the_database_keeps_one_open_episode_and_every_offer(mash_social_worker, boy):
    episode = returned(mash_social_worker, boy)
    actions.offer_interview(by=mash_social_worker, at=MORNING, episode_id=episode.pk, **OFFER)
    reported(mash_social_worker, boy, since=MORNING, at=MORNING + timedelta(hours=1))

    again = MissingEpisode.objects.get(returned_at=None)
    again.pk = uuid4()
    with pytest.raises(IntegrityError, match="mash_missing_one_open"), transaction.atomic():
        again.save(force_insert=True)
    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        ReturnInterviewOffer.objects.update(how="Otherwise")
    for name, change in (
        ("mash_interview_completed_whole", {"state": "completed"}),
        ("mash_interview_ended_whole", {"state": "declined"}),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            ReturnInterview.objects.update(**change)


# Pages ------------------------------------------------------------------------------------------


def test_report_page_records_once_and_leads_to_the_episode(client, mash_social_worker, boy):
    client.force_login(mash_social_worker)
    sent = form(
        **moment("11 3 2026", "22:00", name="missing_since"),
        kind="missing",
        circumstances="Did not come home",
    )

    answers = [client.post(reverse("mash:report_missing", args=[boy.pk]), sent) for _ in range(2)]

    episode = MissingEpisode.objects.get()
    assert {answer.url for answer in answers} == {reverse("mash:missing", args=[episode.pk])}
    page = text_of(client.get(answers[0].url))
    assert "Screen the episode" in page
    assert "Decide whether a strategy discussion is needed Not yours to do" in page
    assert "Decide about risk and close Not yet" in page
    assert "1 episode within 90 days" in page


@pytest.mark.parametrize("step", ["screen", "return", "discussion"])
def test_step_page_says_what_is_missing_and_records_nothing(client, mash_manager, boy, step):
    worker = member("Wren Fixture", Role.MASH_SOCIAL_WORKER, TeamKind.MASH)
    episode = reported(worker, boy)
    client.force_login(mash_manager if step == "discussion" else worker)
    url = reverse(f"mash:missing_{step}", args=[episode.pk])

    page = client.post(url, form(why="Typed and kept"))

    episode.refresh_from_db()
    assert page.status_code == 200
    assert "There is a problem" in text_of(page)
    assert episode.version == 1


def test_episode_page_says_who_decides_and_early_help_nothing_of_strategy_discussions(
    client, mash_social_worker, mash_manager, early_help_worker
):
    person = PersonFactory(date_of_birth=date(2015, 1, 1))
    episode = reported(mash_social_worker, person)
    client.force_login(mash_manager)

    page = text_of(client.get(reverse("mash:missing", args=[episode.pk])))

    assert "Decide whether a strategy discussion is needed. The child is under 13." in page
    assert ReadLogEntry.objects.filter(child=person, place="mash:missing").exists()
    actions.decide_discussion(
        by=mash_manager, at=MORNING, episode_id=episode.pk, is_needed=False, why="Found at once"
    )
    client.force_login(early_help_worker)
    for said in (
        text_of(client.get(reverse("mash:missing", args=[episode.pk]))),
        text_of(client.get(reverse("mash:missing_list"))),
        text_of(client.get(reverse("cases:child", args=[person.pk]))),
    ):
        assert "Missing" in said
        assert "strategy" not in said.lower()


def test_list_takes_as_many_queries_for_twenty_as_for_one(client, mash_social_worker):
    client.force_login(mash_social_worker)
    reported(mash_social_worker, PersonFactory())
    client.get(reverse("mash:missing_list"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("mash:missing_list"))
    for _ in range(20):
        reported(mash_social_worker, PersonFactory())

    with CaptureQueriesContext(connection) as many:
        client.get(reverse("mash:missing_list"))

    assert len(many) == len(few)
    assert Person.objects.count() == 21
    said = text_of(client.get(reverse("mash:missing_list")))
    assert "Consider a strategy discussion once a child has been missing for 24 hours" in said
    assert "Screen the missing episode" in said
    returned(mash_social_worker, PersonFactory())
    said = text_of(client.get(reverse("mash:missing_list")))
    assert "Offer the return interview" in said
    assert "Hold the return interview," not in said
