"""MARAC: the DASH is a fact, the manager judges, and each child has a line."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse

from lib import application_clock
from mash import actions
from mash.models import DomesticAbuse, MaracAnswer, MaracDecision, MaracOutcome
from mash.queries.marac import marac_work
from record import flags
from record.errors import Clash, Refused
from record.models import Event, Flag
from tests.cases.front_door import child, received
from tests.mash.pages import form, text_of
from tests.personas import person

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
NOW = MORNING + timedelta(days=30)
HELD = date(2026, 3, 26)
TODAY = date(2026, 4, 11)


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def contact(contact_officer, mash_manager):
    return received(contact_officer, child("Zayn"), child("Ama"), at=MORNING)


def notified(by, contact, score=16, **more):
    return actions.record_domestic_abuse(
        by=by, at=MORNING, contact_id=contact.pk, dash_score=score, **more
    )


def decide(by, contact, ground="dash", why="Strangled twice; he is out on bail"):
    return actions.decide_marac(by=by, at=NOW, contact_id=contact.pk, ground=ground, why=why)


def lines(contact, **change):
    return [
        actions.MaracLine(
            **{
                "child_id": row.person_id,
                "action": "School told",
                "owner": "Head",
                "due_on": date(2026, 4, 20),
                **change,
            }
        )
        for row in contact.people.filter(is_child=True)
    ]


def record(by, contact, given, held_on=TODAY):
    return actions.record_marac(by=by, at=NOW, contact_id=contact.pk, held_on=held_on, lines=given)


def raised(at):
    with application_clock.set_to(at):
        flags.sweep(at=at, codes=["F-DA"])
        assert [one.wrote for one in flags.sweep(at=at, codes=["F-DA"])] == [0]
    return Flag.objects.filter(rule="F-DA-MARAC", state__in=flags.OPEN).count()


def test_high_risk_without_a_decision_is_red_after_a_working_day_for_each_child(
    contact_officer, mash_manager, contact
):
    notified(contact_officer, contact)

    assert raised(datetime(2026, 3, 13, 20, 0, tzinfo=UTC)) == 0
    assert raised(datetime(2026, 3, 16, 9, 0, tzinfo=UTC)) == 2
    decide(mash_manager, contact)
    assert raised(NOW) == 0


@pytest.mark.parametrize(
    ("score", "grade", "number"), [(13, "", 0), (13, "high", 2), (None, "high", 2), (14, "", 2)]
)
def test_judgement_counts_beside_the_score(contact_officer, contact, score, grade, number):
    notified(contact_officer, contact, score, dash_grade=grade)

    assert raised(NOW) == number


def test_a_notification_that_says_it_was_referred_is_recorded(contact_officer, contact):
    notified(contact_officer, contact, marac_referred="yes")

    assert raised(NOW) == 0


def test_decision_is_a_managers_with_reasons_and_once(contact_officer, mash_manager, contact):
    with pytest.raises(Refused, match="no domestic abuse"):
        decide(mash_manager, contact)
    notified(contact_officer, contact)
    with pytest.raises(PermissionDenied):
        decide(contact_officer, contact)
    with pytest.raises(Refused, match="on what ground"):
        decide(mash_manager, contact, ground="?")
    with pytest.raises(Refused, match="why a DASH of 16 is not referred"):
        decide(mash_manager, contact, ground="none", why=" ")
    decision = decide(mash_manager, contact, ground="none", why="She has left the country")

    assert (decision.is_referred, decision.dash_score) == (False, 16)
    assert DomesticAbuse.objects.get().marac_referred == "no"
    assert Event.objects.filter(code="mash.marac_decided").count() == 2
    with pytest.raises(Refused, match="has been decided"):
        decide(mash_manager, contact)


def test_below_14_it_is_referred_by_judgement_not_by_the_score(
    contact_officer, mash_manager, contact
):
    notified(contact_officer, contact, 9)
    with pytest.raises(Refused, match="the DASH is 9"):
        decide(mash_manager, contact)

    assert decide(mash_manager, contact, ground="escalation").is_referred


def test_meeting_has_a_line_for_each_child(contact_officer, mash_manager, contact):
    notified(contact_officer, contact)
    with pytest.raises(Refused, match="has not been referred"):
        record(contact_officer, contact, lines(contact))
    decide(mash_manager, contact)
    with pytest.raises(Refused, match="Say what was agreed for"):
        record(contact_officer, contact, lines(contact)[:1])
    with pytest.raises(Refused, match="by when"):
        record(contact_officer, contact, lines(contact, due_on=None))
    with pytest.raises(Refused, match="between the referral and today"):
        record(contact_officer, contact, lines(contact), held_on=HELD)
    with pytest.raises(PermissionDenied):
        record(head_of(mash_manager), contact, lines(contact))

    record(contact_officer, contact, lines(contact))
    assert MaracOutcome.objects.count() == 2
    with pytest.raises(Refused, match="has been recorded"):
        record(contact_officer, contact, lines(contact))


def head_of(mash_manager):
    return mash_manager.managed_teams.get().parent.manager


def test_the_database_keeps_the_decision_and_each_line(contact_officer, mash_manager, contact):
    notified(contact_officer, contact)
    decision = decide(mash_manager, contact)
    record(contact_officer, contact, lines(contact))
    outcome = MaracOutcome.objects.first()
    for model, change in ((MaracDecision, {"why": "x"}), (MaracOutcome, {"action": "x"})):
        with pytest.raises(InternalError), transaction.atomic():
            model.objects.update(**change)
    outcome.pk = decision.contact_id
    with pytest.raises(IntegrityError, match="mash_marac_child_once"), transaction.atomic():
        outcome.save(force_insert=True)
    outcome.owner = ""
    with pytest.raises(IntegrityError, match="mash_marac_action_owned"), transaction.atomic():
        outcome.save(force_insert=True)
    decision.why = ""
    with pytest.raises(IntegrityError, match="mash_marac_whole"), transaction.atomic():
        decision.save(force_insert=True)


def test_pages_decide_and_record(client, contact_officer, mash_manager, contact):
    notified(contact_officer, contact)
    client.force_login(mash_manager)
    home = reverse("mash:contact", args=[contact.pk])
    assert "Decide whether it goes to MARAC" in text_of(client.get(home))
    client.post(reverse("mash:marac", args=[contact.pk]), form(ground="dash", why="Strangled"))
    client.force_login(contact_officer)
    url = reverse("mash:marac_held", args=[contact.pk])
    assert "Referred: DASH of 14 or more. Strangled" in text_of(client.get(home))
    day = {"held_on_day": "11", "held_on_month": "4", "held_on_year": "2026"}
    typed = {f"action_{row.person_id}": "School told" for row in contact.people.all()}
    assert "what was agreed for" in text_of(client.post(url, form(**day)))
    client.post(url, form(**typed, **day))

    assert MaracOutcome.objects.count() == 2
    assert "MARAC for" in text_of(client.get(home))


# Listed, done or not ------------------------------------------------------------------------------


@pytest.fixture
def referred(contact_officer, mash_manager, contact):
    notified(contact_officer, contact)
    return decide(mash_manager, contact)


def listed(by, contact, on, **more):
    return actions.list_marac(by=by, at=NOW, contact_id=contact.pk, listed_on=on, **more)


def test_meeting_is_listed_and_put_off_with_the_reason(contact_officer, referred, contact):
    with pytest.raises(Refused, match="after the referral"):
        listed(contact_officer, contact, HELD)
    listed(contact_officer, contact, date(2026, 4, 15))
    with pytest.raises(Refused, match="why it is listed for another day"):
        listed(contact_officer, contact, date(2026, 4, 22))
    listed(contact_officer, contact, date(2026, 4, 22), note="The list was full")

    assert referred.listings.count() == 2
    record(contact_officer, contact, lines(contact))
    with pytest.raises(Refused, match="has been held"):
        listed(contact_officer, contact, date(2026, 4, 29), note="Again")


def test_nothing_is_listed_that_was_not_referred(contact_officer, mash_manager, contact):
    notified(contact_officer, contact)
    with pytest.raises(Refused, match="not been referred"):
        listed(contact_officer, contact, date(2026, 4, 15))
    with pytest.raises(PermissionDenied):
        actions.list_marac(
            by=person("Outsider", None), at=NOW, contact_id=contact.pk, listed_on=TODAY
        )


def test_action_is_answered_once_as_done_or_not(contact_officer, referred, contact):
    record(contact_officer, contact, lines(contact))
    outcome = MaracOutcome.objects.first()
    with pytest.raises(Refused, match="why it was not"):
        actions.answer_marac(
            by=contact_officer, at=NOW, outcome_id=outcome.pk, is_done=False, answer=" "
        )
    answer = actions.answer_marac(
        by=contact_officer, at=NOW, outcome_id=outcome.pk, is_done=False, answer="Head was away"
    )

    assert answer.is_done is False
    assert Event.objects.filter(code="mash.marac_answered").count() == 1
    with pytest.raises(Clash, match="recorded already"):
        actions.answer_marac(
            by=contact_officer, at=NOW, outcome_id=outcome.pk, is_done=True, answer="Done now"
        )
    with pytest.raises(InternalError), transaction.atomic():
        MaracAnswer.objects.update(is_done=True)
    answer.answer, answer.outcome = "", MaracOutcome.objects.last()
    with pytest.raises(IntegrityError, match="mash_marac_answer_said"), transaction.atomic():
        answer.save(force_insert=True)


def test_child_for_whom_nothing_was_to_be_done_has_nothing_to_answer(
    contact_officer, referred, contact
):
    record(contact_officer, contact, lines(contact, owner="", due_on=None))
    with pytest.raises(Refused, match="Nothing was to be done"):
        actions.answer_marac(
            by=contact_officer,
            at=NOW,
            outcome_id=MaracOutcome.objects.first().pk,
            is_done=True,
            answer="x",
        )


def test_manager_is_asked_for_listing_record_and_late_actions(
    contact_officer, mash_manager, referred, contact
):
    def verbs(at):
        return [one.verb for one in marac_work(by=mash_manager, at=at)]

    assert verbs(NOW) == ["Have it listed at MARAC"]
    listed(contact_officer, contact, date(2026, 4, 15))
    assert verbs(NOW) == []
    assert verbs(NOW + timedelta(days=6)) == ["Record what MARAC agreed"]
    record(contact_officer, contact, lines(contact))
    assert verbs(NOW + timedelta(days=6)) == []
    late = marac_work(by=mash_manager, at=NOW + timedelta(days=12))
    assert [one.why for one in late] == ["Head, by 20 April: School told"] * 2
    assert marac_work(by=contact_officer, at=NOW) == []


def test_pages_list_and_answer(client, contact_officer, referred, contact):
    client.force_login(contact_officer)
    home = reverse("mash:contact", args=[contact.pk])
    client.post(reverse("mash:marac_listed", args=[contact.pk]), form(listed_on="15 4 2026"))
    assert "MARAC hears it Wed 15 April" in text_of(client.get(home))
    record(contact_officer, contact, lines(contact))
    outcome = MaracOutcome.objects.first()
    url = reverse("mash:marac_answer", args=[outcome.pk])
    assert "Head, by 20 April 2026" in text_of(client.get(url))
    client.post(url, form(is_done="yes", answer="The head rang"))
    assert "Done: The head rang" in text_of(client.get(home))


def test_grade_is_never_below_the_score(contact_officer, contact):
    with pytest.raises(Refused, match="A DASH of 16 is high at least"):
        notified(contact_officer, contact, dash_grade="medium")
    with pytest.raises(Refused, match="a day to come"):
        notified(contact_officer, contact, dash_on=date(2027, 1, 1))
    row = notified(contact_officer, contact, dash_by="PC Mock, police", dash_on=date(2026, 3, 11))
    assert (row.dash_by, row.dash_on) == ("PC Mock, police", date(2026, 3, 11))
