"""Who was seen, alone, when, where: for each child apart, and what a visit starts and stops."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import reactions
from cases.choices import Outcome, SignalKind, VisitOutcome
from cases.models import Referral, Signal, Visit, VisitChild
from cases.queries.seen import NEVER, Seen, as_one, last_seen
from cases.queries.work import home
from people.choices import HouseholdRole, Stage
from people.models import Person
from record import events, once
from record.errors import NotWhole, Refused
from record.models import Clock
from tests.cases.front_door import MORNING, TYPED, child, decided, hours, received
from tests.cases.open_cases import allocated, at_visit, brother, visited
from tests.factories.people import RestrictionFactory
from tests.mash.pages import form, moment, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]

NOT_SEEN = {"was_seen": False, "not_seen_because": "Asleep", "next_attempt_on": date(2026, 3, 13)}


@pytest.fixture
def family(contact_officer, mash_manager, assessment_team_manager, assessment_social_worker):
    """Aaliyah, 7, and Zayn, 5, allocated to the worker at 12:30."""
    return allocated(
        contact_officer,
        mash_manager,
        assessment_team_manager,
        assessment_social_worker,
        child(),
        brother(),
    )


def running(rule):
    return {clock.child_id for clock in Clock.objects.filter(rule=rule, stopped_at=None)}


def referral_of(person):
    return Referral.objects.get(child=person)


def clock_of(rule, person):
    return Clock.objects.get(rule=rule, subject_id=referral_of(person).pk)


# The action ---------------------------------------------------------------------------------------


def test_visit_says_for_each_child_whether_seen_and_alone(family, assessment_social_worker):
    aaliyah, zayn = family

    visit = visited(
        assessment_social_worker,
        hours(6),
        at_visit(aaliyah),
        at_visit(zayn, was_seen=True, not_alone_because="He is five and held her hand"),
        is_home_seen=True,
    )

    rows = {row.child_id: row for row in visit.children.all()}
    assert rows[aaliyah.pk].was_seen_alone
    assert rows[aaliyah.pk].words == "Aaliyah Testwood likes school."
    assert rows[zayn.pk].was_seen
    assert not rows[zayn.pk].was_seen_alone
    assert visit.is_by_social_worker
    assert visit.is_home_seen
    assert Referral.objects.filter(state="in_work").count() == 2
    assert not Signal.objects.exists()


def test_each_child_has_a_line_of_its_own_on_the_timeline(family, assessment_social_worker):
    aaliyah, zayn = family

    visited(assessment_social_worker, hours(6), at_visit(aaliyah), at_visit(zayn, **NOT_SEEN))

    def lines(person):
        found = events.timeline(by=assessment_social_worker, child_id=person.pk, kinds=["seen"])
        return [line.words for line in found]

    assert lines(aaliyah) == ["Seen alone by Femi Exampleton"]
    assert lines(zayn) == ["Not seen at a visit of Femi Exampleton"]


def test_referral_starts_the_limit_for_seeing_and_the_visit_stops_it(
    family, assessment_social_worker
):
    aaliyah, zayn = family
    clock = clock_of("REF-SEEN", aaliyah)
    assert (clock.started_at, clock.due_at) == (
        MORNING,
        MORNING.replace(day=19, hour=17),  # Thursday + 5 working days
    )

    visited(assessment_social_worker, hours(6), at_visit(aaliyah), at_visit(zayn, **NOT_SEEN))

    assert clock_of("REF-SEEN", aaliyah).stopped_at == hours(6)
    assert clock_of("REF-SEEN", zayn).stopped_at is None


def test_a_child_who_may_be_at_risk_is_seen_within_24_hours_by_a_social_worker(
    contact_officer, mash_manager, mash_social_worker, early_help_worker
):
    contact = received(contact_officer)
    decided(contact, mash_manager, Outcome.STRATEGY_DISCUSSION, level="4b")
    person = Person.objects.get()
    clock = clock_of("REF-SEEN-CP", person)
    assert clock.due_at == MORNING + timedelta(hours=24)
    assert not Clock.objects.filter(rule="REF-SEEN").exists()

    visited(early_help_worker, hours(3), at_visit(person), purpose="early_help")
    assert clock_of("REF-SEEN-CP", person).stopped_at is None

    visited(mash_social_worker, hours(4), at_visit(person))
    assert clock_of("REF-SEEN-CP", person).stopped_at == hours(4)


def test_a_child_not_born_yet_has_no_limit_for_being_seen(
    contact_officer, mash_manager, assessment_team_manager, assessment_social_worker
):
    baby = child(
        "",
        stage=Stage.UNBORN,
        date_of_birth=None,
        expected_on=date(2026, 6, 9),
        household_role=None,
        mother_place=0,
    )
    mother = child(
        "Hana",
        is_child=False,
        date_of_birth=date(1997, 1, 8),
        household_role=HouseholdRole.ADULT_CARER,
    )
    (unborn,) = allocated(
        contact_officer,
        mash_manager,
        assessment_team_manager,
        assessment_social_worker,
        mother,
        baby,
    )
    assert not Clock.objects.filter(rule__startswith="REF-SEEN").exists()

    with pytest.raises(NotWhole, match="is not born yet, so cannot be seen"):
        visited(assessment_social_worker, hours(6), at_visit(unborn))
    visited(assessment_social_worker, hours(6), at_visit(unborn, was_seen=False))

    assert VisitChild.objects.get().not_seen_because == "Not born yet"
    (line,) = events.timeline(by=assessment_social_worker, child_id=unborn.pk, kinds=["seen"])
    assert line.words == "Mother visited by Femi Exampleton"


@pytest.mark.parametrize("outcome", ["no_access", "cancelled", "refused"])
def test_failed_visit_is_a_signal_for_each_child_it_was_meant_for(
    family, assessment_social_worker, outcome
):
    aaliyah, zayn = family
    lines = [at_visit(each, was_seen=False, next_attempt_on=date(2026, 3, 13)) for each in family]

    visit = visited(assessment_social_worker, hours(6), *lines, outcome=outcome, where="")

    signals = Signal.objects.filter(kind=SignalKind.FAILED_VISIT, source_id=visit.pk)
    assert {signal.child_id for signal in signals} == {aaliyah.pk, zayn.pk}
    assert {row.not_seen_because for row in visit.children.all()} == {
        str(VisitOutcome(outcome).label)
    }
    assert Clock.objects.filter(rule="REF-SEEN", stopped_at=None).count() == 2


def test_visit_of_a_colleague_names_who_visited_and_who_recorded(
    family, assessment_social_worker, assessment_team_manager
):
    visit = visited(
        assessment_team_manager,
        hours(6),
        at_visit(family[0]),
        visitor_id=assessment_social_worker.pk,
    )

    assert (visit.by, visit.recorded_by) == (assessment_social_worker, assessment_team_manager)


def test_rooms_above_are_told_who_was_seen(family, assessment_social_worker, monkeypatch):
    told = []
    monkeypatch.setattr(
        reactions.visit_recorded,
        "_functions",
        {"test": lambda *, visit, seen: told.append((visit, [row.child_id for row in seen]))},
    )
    aaliyah, zayn = family

    visit = visited(
        assessment_social_worker, hours(6), at_visit(aaliyah), at_visit(zayn, **NOT_SEEN)
    )

    assert told == [(visit, [aaliyah.pk])]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"was_seen": True}, "Say why Aaliyah Testwood was not seen alone"),
        ({"was_seen": False, "next_attempt_on": date(2026, 3, 13)}, "Say why Aaliyah Testwood was"),
        (
            {"was_seen": False, "not_seen_because": "Out"},
            "Say when you next try to see Aaliyah Testwood",
        ),
        (
            {"was_seen": False, "not_seen_because": "Out", "next_attempt_on": date(2026, 3, 1)},
            "The next attempt to see Aaliyah Testwood is in the past",
        ),
    ],
)
def test_visit_is_refused_in_words_that_name_the_child(
    family, assessment_social_worker, answer, sentence
):
    with pytest.raises(NotWhole, match=sentence):
        visited(assessment_social_worker, hours(6), at_visit(family[0], **answer))

    assert not Visit.objects.exists()


def test_nobody_is_seen_at_a_visit_that_failed(family, assessment_social_worker):
    with pytest.raises(NotWhole, match="Choose Not seen for Aaliyah Testwood: the visit failed"):
        visited(assessment_social_worker, hours(6), at_visit(family[0]), outcome="no_access")


def test_kept_visit_says_where_it_was(family, assessment_social_worker):
    with pytest.raises(NotWhole, match="Say where the visit was"):
        visited(assessment_social_worker, hours(6), at_visit(family[0]), where=" ")


def test_visit_answers_for_each_child_once(family, assessment_social_worker):
    for lines in ([], [at_visit(family[0]), at_visit(family[0])]):
        with pytest.raises(Refused, match="Answer for at least one child, and for each once"):
            visited(assessment_social_worker, hours(6), *lines)


def test_a_child_whose_record_is_closed_cannot_be_answered_for(family, assessment_social_worker):
    RestrictionFactory(person=family[1])

    with pytest.raises(Refused, match="not a child whose record you may read"):
        visited(assessment_social_worker, hours(6), at_visit(family[0]), at_visit(family[1]))


def test_visit_in_the_future_is_refused_and_nothing_is_left(family, assessment_social_worker):
    with pytest.raises(events.InTheFuture), transaction.atomic():
        visited(assessment_social_worker, TYPED + timedelta(hours=1), at_visit(family[0]))

    assert not Visit.objects.exists()


@pytest.mark.parametrize("who", ["contact_officer", "auditor", "outsider"])
def test_visit_is_recorded_by_those_who_visit(request, family, who):
    with pytest.raises(PermissionDenied, match="record a visit"):
        visited(request.getfixturevalue(who), hours(6), at_visit(family[0]))

    assert not Visit.objects.exists()


def test_early_help_worker_records_early_help_visits_only(family, early_help_worker):
    with pytest.raises(Refused, match="other visits belong to social workers"):
        visited(early_help_worker, hours(6), at_visit(family[0]))


def test_somebody_who_visits_no_families_cannot_be_the_visitor(
    family, assessment_social_worker, contact_officer
):
    with pytest.raises(Refused, match="Amir Testwood does not visit families"):
        visited(
            assessment_social_worker, hours(6), at_visit(family[0]), visitor_id=contact_officer.pk
        )


def test_visit_sent_twice_is_recorded_once(family, assessment_social_worker):
    token = uuid4()
    visited(assessment_social_worker, hours(6), at_visit(family[0]), token=token)

    with pytest.raises(once.AlreadyRecorded):
        visited(assessment_social_worker, hours(6), at_visit(family[0]), token=token)

    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("cases_visit_seen_or_why", {"was_seen": False}),
        ("cases_visit_alone_or_why", {"was_seen": True}),
    ],
)
def test_database_refuses_a_no_without_a_reason(family, assessment_social_worker, name, facts):
    visit = visited(assessment_social_worker, hours(6), at_visit(family[0]))

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        VisitChild.objects.create(visit=visit, child=family[1], at=visit.at, **facts)


# Last seen ----------------------------------------------------------------------------------------


def test_last_seen_and_last_seen_alone_are_two_facts(
    family, assessment_social_worker, early_help_worker, django_assert_num_queries
):
    aaliyah, zayn = family
    visited(assessment_social_worker, hours(5), at_visit(aaliyah))
    visited(
        early_help_worker,
        hours(7),
        at_visit(aaliyah, was_seen=True, not_alone_because="At the school gate"),
        purpose="early_help",
    )
    failed = at_visit(aaliyah, was_seen=False, next_attempt_on=date(2026, 3, 13))
    visited(assessment_social_worker, hours(8), failed, outcome="no_access")

    with django_assert_num_queries(2):
        seen = last_seen(child_ids=[aaliyah.pk, zayn.pk])

    assert seen[aaliyah.pk] == Seen(
        seen_at=hours(7), alone_at=hours(5), by_social_worker_at=hours(5), failed_at=hours(8)
    )
    assert seen[aaliyah.pk].failed_since == hours(8)
    assert seen[zayn.pk] == NEVER
    assert last_seen(child_ids=[aaliyah.pk], at=hours(6))[aaliyah.pk].seen_at == hours(5)


def test_two_records_of_one_child_are_read_as_one():
    first = Seen(seen_at=hours(1), alone_at=hours(1))
    second = Seen(seen_at=hours(3), failed_at=hours(2))

    assert as_one([first, second]) == Seen(seen_at=hours(3), alone_at=hours(1), failed_at=hours(2))
    assert as_one([first, second]).failed_since is None


def test_home_of_the_worker_lists_children_not_seen_yet(family, assessment_social_worker):
    def verbs():
        groups = home(by=assessment_social_worker, at=hours(5))
        return [(row.who, row.rule) for group in groups for row in group.rows]

    assert sorted(verbs()) == [("Aaliyah Testwood", "REF-SEEN"), ("Zayn Testwood", "REF-SEEN")]

    visited(assessment_social_worker, hours(6), at_visit(family[0]))

    assert verbs() == [("Zayn Testwood", "REF-SEEN")]


# Pages --------------------------------------------------------------------------------------------


def posted(family, *, names=("yes", "no"), **typed):
    """What a browser sends: Aaliyah seen alone, Zayn not seen, unless told otherwise."""
    aaliyah, zayn = family
    sent = form(
        purpose="initial",
        outcome="kept",
        where="At home",
        **moment("12 3 2026", "16:00"),
    )
    sent |= {
        f"child-{aaliyah.pk}-seen": names[0],
        f"child-{aaliyah.pk}-alone": "yes",
        f"child-{aaliyah.pk}-words": "I like it when Mum sings.",
        f"child-{zayn.pk}-seen": names[1],
        f"child-{zayn.pk}-not_seen_because": "At his grandmother’s",
        f"child-{zayn.pk}-next_attempt_on_day": "13",
        f"child-{zayn.pk}-next_attempt_on_month": "3",
        f"child-{zayn.pk}-next_attempt_on_year": "2026",
    }
    return sent | typed


def test_page_answers_for_every_child_of_the_household(client, family, assessment_social_worker):
    client.force_login(assessment_social_worker)
    aaliyah, zayn = family
    address = reverse("cases:record_visit", args=[aaliyah.pk])

    page = client.get(address)
    assert "Was Aaliyah Testwood seen?" in text_of(page)
    assert "Was Zayn Testwood seen?" in text_of(page)
    assert 'value="yes" checked' not in page.content.decode()

    done = client.post(
        address,
        posted(family, visitor=str(assessment_social_worker.pk)),
        follow=True,
    )

    assert "Aaliyah Testwood seen alone." in text_of(done)
    assert "Next attempt to see Zayn Testwood: Fri 13 March." in text_of(done)
    assert "Last seen Thu 12 March, 16:00" in text_of(done)
    rows = {row.child_id: row for row in VisitChild.objects.all()}
    assert rows[aaliyah.pk].words == "I like it when Mum sings."
    assert rows[zayn.pk].next_attempt_on == date(2026, 3, 13)


def test_page_names_the_child_who_is_not_answered_for(client, family, assessment_social_worker):
    client.force_login(assessment_social_worker)
    aaliyah, zayn = family
    sent = posted(family, visitor=str(assessment_social_worker.pk))
    del sent[f"child-{zayn.pk}-seen"]
    sent[f"child-{aaliyah.pk}-alone"] = ""

    page = client.post(reverse("cases:record_visit", args=[aaliyah.pk]), sent)

    assert "Choose whether Zayn Testwood was seen" in text_of(page)
    assert "Choose whether Aaliyah Testwood was seen alone" in text_of(page)
    assert not Visit.objects.exists()


def test_page_puts_what_the_action_misses_beside_the_child(
    client, family, assessment_social_worker
):
    client.force_login(assessment_social_worker)
    aaliyah, _zayn = family
    sent = posted(family, visitor=str(assessment_social_worker.pk))
    sent |= {f"child-{aaliyah.pk}-alone": "no", "where": ""}

    page = client.post(reverse("cases:record_visit", args=[aaliyah.pk]), sent)

    assert f'href="#id_child-{aaliyah.pk}-not_alone_because"' in page.content.decode()
    assert "Say why Aaliyah Testwood was not seen alone" in text_of(page)
    assert "Say where the visit was" in text_of(page)


def test_visit_that_was_not_to_see_a_child_says_nothing_of_the_child(
    client, family, assessment_social_worker
):
    client.force_login(assessment_social_worker)
    aaliyah, _zayn = family
    sent = posted(family, names=("yes", "not_meant"), visitor=str(assessment_social_worker.pk))

    client.post(reverse("cases:record_visit", args=[aaliyah.pk]), sent)

    assert [row.child_id for row in VisitChild.objects.all()] == [aaliyah.pk]


def test_restricted_brother_is_a_place_and_whom_to_ring(client, family, assessment_social_worker):
    client.force_login(assessment_social_worker)
    aaliyah, zayn = family
    RestrictionFactory(person=zayn)

    page = client.get(reverse("cases:record_visit", args=[aaliyah.pk]))

    assert "Zayn" not in text_of(page)
    assert "Restricted child, ring" in text_of(page)


def test_visits_are_read_with_what_the_child_said(
    client, family, assessment_social_worker, early_help_worker
):
    aaliyah, _zayn = family
    visited(
        assessment_social_worker,
        hours(6),
        at_visit(aaliyah, was_seen=True, was_seen_alone=True, words="I sing."),
    )
    address = reverse("cases:visits", args=[aaliyah.pk])

    client.force_login(assessment_social_worker)
    assert "I sing." in text_of(client.get(address))

    client.force_login(early_help_worker)
    page = text_of(client.get(address))
    assert "I sing." not in page
    assert "Last seen Thu 12 March, 16:00" in page
    assert "Visits of social workers are not shown to you" in page


def queries_of(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", ["cases:visits", "cases:record_visit", "cases:child"])
def test_query_count_does_not_grow_with_visits(client, family, assessment_social_worker, name):
    client.force_login(assessment_social_worker)
    aaliyah, zayn = family
    address = reverse(name, args=[aaliyah.pk])
    visited(assessment_social_worker, hours(6), at_visit(aaliyah), at_visit(zayn))
    client.get(address)
    few = queries_of(client, address)

    for number in range(4):
        visited(assessment_social_worker, hours(7 + number), at_visit(aaliyah), at_visit(zayn))

    assert queries_of(client, address) <= few
