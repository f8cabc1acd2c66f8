"""A restricted child of a family that is handed on: whoever holds the record answers."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.choices import Role
from assessments.actions import transfer as actions
from assessments.actions.transfer_passed import answer_passed_transfer
from assessments.models import TransferPassed
from assessments.queries.checklist import checklist
from assessments.queries.transfer import transfer_page
from cases import panels
from lib import application_clock
from people import actions as people_actions
from people.models import Person
from record.errors import NotWhole, Refused
from record.models import Clock, Event, OutboxMessage
from tests.assessments.plans import day
from tests.assessments.transfers import proposed
from tests.factories.accounts import DeputyshipFactory
from tests.factories.people import ChildFactory, MembershipFactory, RestrictionFactory
from tests.personas import person as member_of_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]

NOT_DUE = day(9)
TOO_LATE = day(30)


@pytest.fixture
def director(db):
    return member_of_staff("Dora Stand-Above", Role.DIRECTOR)


@pytest.fixture
def jayden(family, mash_manager, head_of_service):
    """The brother, whose record is restricted to the head of service."""
    people_actions.restrict(
        by=mash_manager,
        at=day(7),
        person_id=family["Jayden"].pk,
        owner_id=head_of_service.pk,
        reason="A relative works here",
    )
    return family["Jayden"]


@pytest.fixture
def transfer(jayden, family, sfs_manager):
    """His family is handed on by somebody who may not read his record."""
    family.children = {name: child for name, child in family.children.items() if child != jayden}
    return proposed(family, sfs_manager)


@pytest.fixture
def passed(transfer):
    return TransferPassed.objects.get(transfer=transfer)


def answer(passed, by, **more):
    given = {"answer": "not", "because": "Lives with his aunt, seen on Monday", "at": NOT_DUE}
    return answer_passed_transfer(by=by, passed_id=passed.pk, **(given | more))


def own_work(user):
    return [
        each.who
        for source in panels.work_sources
        for each in source(by=user, at=application_clock.now())
        if "transfer-passed" in each.url
    ]


def left_out(transfer, by):
    (line,) = transfer_page(by=by, transfer_id=transfer.pk, at=NOT_DUE).left_out
    return f"{line.heading}: {line.why_left_out}"


def test_proposing_asks_whoever_holds_the_record_and_leads_to_a_page_that_answers(
    passed, jayden, head_of_service
):
    assert (passed.child, passed.owner, passed.answered_at) == (jayden, head_of_service, None)
    limit = Clock.objects.get(subject_id=passed.pk)
    assert (limit.rule, limit.child_id, limit.stopped_at) == ("TRF-PASS", jayden.pk, None)
    told = OutboxMessage.objects.get(key__startswith="transfer.passed:")
    assert told.payload["user_id"] == str(head_of_service.pk)
    assert told.payload["subject_id"] == str(passed.pk)
    assert own_work(head_of_service) == [jayden.name]


def test_sender_learns_that_it_is_answered_and_nothing_of_what_was_said(
    client, passed, transfer, family, head_of_service
):
    ring = f"Restricted child, ring {head_of_service.full_name}"
    assert left_out(transfer, family.manager) == (
        f"{ring}: {head_of_service.full_name} answers, and has not yet"
    )
    answer(passed, head_of_service)

    assert left_out(transfer, family.manager) == f"{ring}: {head_of_service.full_name} has answered"
    assert "aunt" in left_out(transfer, head_of_service)
    told = OutboxMessage.objects.filter(key__startswith="transfer.passed_answered")
    assert {message.payload["user_id"] for message in told} == {
        str(family.manager.pk),
        str(family.worker.pk),
    }
    assert Clock.objects.get(subject_id=passed.pk).stop_reason == "met"
    assert Event.objects.get(code="transfer.passed_answered").child_id == passed.child_id
    client.force_login(family.manager)
    shown = client.get(reverse("assessments:transfer", args=[transfer.pk])).content.decode()
    assert "has answered" in shown
    assert "aunt" not in shown
    assert "Jayden" not in shown


def test_answer_by_a_transfer_of_his_own_needs_one(
    passed, jayden, family, sfs_manager, head_of_service, mash_manager
):
    with pytest.raises(NotWhole) as refused:
        answer(passed, head_of_service, answer="own", because="")
    assert "No transfer of Jayden" in str(refused.value.problems)

    people_actions.add_reader(
        by=head_of_service, at=day(8), person_id=jayden.pk, user_id=family.worker.pk
    )
    names = family.children
    family.children = {"Jayden": jayden} | names
    with pytest.raises(Refused, match="handed on already"):
        proposed(family, sfs_manager)
    own = proposed(family, sfs_manager, out=names)
    answer(passed, head_of_service, answer="own", because="left over")

    passed.refresh_from_db()
    assert (passed.own.transfer, passed.because) == (own, "")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"answer": ""}, "Say whether {name} is handed on too"),
        ({"because": " "}, "Say why {name} is not handed on"),
        ({"at": TOO_LATE}, "Say why this answer is late"),
    ],
)
def test_answer_names_the_child_and_what_is_missing(passed, jayden, head_of_service, given, named):
    with application_clock.set_to(TOO_LATE), pytest.raises(NotWhole) as refused:
        answer(passed, head_of_service, **given)

    assert named.format(name=jayden.name) in [said for _, said in refused.value.problems]


def test_answer_is_given_once_and_not_before_it_was_asked(passed, head_of_service):
    with pytest.raises(Refused, match="before it was asked"):
        answer(passed, head_of_service, at=day(7))
    answer(passed, head_of_service)
    with pytest.raises(Refused, match="answered already"):
        answer(passed, head_of_service)


def test_nobody_is_asked_any_longer_when_the_transfer_is_withdrawn(
    passed, transfer, family, head_of_service
):
    actions.withdraw(by=family.manager, at=NOT_DUE, transfer_id=transfer.pk, because="Too early")

    assert Clock.objects.get(subject_id=passed.pk).stop_reason == "not_needed"
    assert own_work(head_of_service) == []
    with pytest.raises(Refused, match="withdrawn"):
        answer(passed, head_of_service)


def test_only_whoever_holds_the_record_or_their_deputy_answers(
    passed, family, head_of_service, director
):
    with pytest.raises(TransferPassed.DoesNotExist):
        answer(passed, family.manager)
    with pytest.raises(PermissionDenied):
        answer(passed, director)
    DeputyshipFactory(manager=head_of_service, deputy=director, from_at=day(1), to_at=day(300))
    answer(passed, director)

    passed.refresh_from_db()
    assert (passed.answered_by, passed.answered_for) == (director, head_of_service)


def test_restricted_child_who_joins_is_passed_on_and_keeps_nobody_waiting(
    client, family, sfs_manager, head_of_service
):
    """Before, the checklist asked about the child on a page that nobody could open."""
    transfer = proposed(family, sfs_manager)
    home = family["Maisie"].memberships.get().household
    joiner = ChildFactory(given_name="Beth")
    MembershipFactory(household=home, person=joiner)
    RestrictionFactory(person=joiner, owner=head_of_service)
    client.force_login(family.worker)

    def missing():
        items = checklist(transfer=transfer, by=family.manager, at=NOT_DUE)
        return [each for each in items[-1].missing if each.child_id == joiner.pk]

    (asked,) = missing()
    shown = client.get(asked.url).content.decode()
    assert f"Pass the line to {head_of_service.full_name}" in shown
    assert "Beth" not in shown
    assert client.post(asked.url).status_code == 302
    again = client.post(asked.url)
    assert again.status_code == 409
    assert "passed on already" in again.content.decode()

    assert missing() == []
    assert TransferPassed.objects.get(child=joiner).owner == head_of_service
    with pytest.raises(actions.MovedOn, match="passed on already"):
        actions.answer_child(
            by=family.worker, at=NOT_DUE, transfer_id=transfer.pk, child_id=joiner.pk
        )


def test_restricted_stranger_is_not_passed_on(family, sfs_manager, client):
    transfer = proposed(family, sfs_manager)
    stranger = RestrictionFactory().person

    with pytest.raises(Person.DoesNotExist):
        actions.answer_child(
            by=family.worker, at=NOT_DUE, transfer_id=transfer.pk, child_id=stranger.pk
        )
    client.force_login(family.worker)
    url = reverse("assessments:transfer_child", args=[transfer.pk, stranger.pk])
    assert client.get(url).status_code == 404


def test_page_answers_and_leads_there_from_ones_own_work(client, passed, jayden, head_of_service):
    client.force_login(head_of_service)
    url = reverse("assessments:transfer_passed", args=[passed.pk])
    assert url.encode() in client.get(reverse("cases:home")).content
    assert "Jayden" in client.get(url).content.decode()

    wrong = client.post(url, {"answer": "not", "because": ""})
    assert f"Say why {jayden.name} is not handed on" in wrong.content.decode()
    given = {"answer": "not", "because": "With his aunt", "late_reason": "On leave"}
    done = client.post(url, given)

    assert done.url == reverse("cases:child", args=[jayden.pk])
    assert "With his aunt" in client.get(url).content.decode()
    assert url.encode() not in client.get(reverse("cases:home")).content


def test_answer_is_whole_and_stays(passed, head_of_service):
    rows = TransferPassed.objects.filter(pk=passed.pk)
    for wrong in (
        {"because": "x"},
        {"answered_at": NOT_DUE},
        {"answered_at": day(1), "answered_by": head_of_service, "because": "x"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        TransferPassed.objects.create(
            transfer=passed.transfer,
            child=passed.child,
            owner=passed.owner,
            passed_at=NOT_DUE,
            recorded_at=NOT_DUE,
        )
