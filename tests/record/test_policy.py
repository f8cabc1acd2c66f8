from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from record import policy
from record.models import Event, PolicyChange
from record.policy import Limit

TODAY = date(2026, 3, 12)


def propose(by, at, key="test.days", value=5, from_on=TODAY, reason="Longer waits"):
    return policy.propose_change(by=by, at=at, key=key, value=value, from_on=from_on, reason=reason)


def test_value_is_the_default_without_a_change(at_eleven, db):
    assert policy.value("test.days", at=at_eleven) == 2


def test_change_holds_once_another_person_approves(at_eleven, administrator, head_of_service):
    change = propose(administrator, at_eleven)
    before = policy.value("test.days", at=at_eleven)

    policy.approve(change_id=change.pk, by=head_of_service, at=at_eleven)

    assert (before, policy.value("test.days", at=at_eleven)) == (2, 5)
    assert [e.code for e in Event.objects.order_by("recorded_at", "pk")].count(
        "record.limit_approved"
    ) == 1


def test_change_never_reaches_back(at_eleven, administrator, head_of_service):
    change = propose(administrator, at_eleven)

    policy.approve(change_id=change.pk, by=head_of_service, at=at_eleven)

    assert policy.value("test.days", at=at_eleven - timedelta(minutes=1)) == 2


def test_change_waits_for_its_date(at_eleven, administrator, head_of_service):
    change = propose(administrator, at_eleven, from_on=date(2026, 3, 30))
    policy.approve(change_id=change.pk, by=head_of_service, at=at_eleven)

    # 30 March begins at 23:00 UTC: the clocks have gone forward.
    eve = datetime(2026, 3, 29, 22, 59, tzinfo=UTC)
    assert policy.value("test.days", at=eve) == 2
    assert policy.value("test.days", at=eve + timedelta(minutes=1)) == 5


def test_later_change_wins(at_eleven, administrator, head_of_service):
    for value in (5, 6):
        change = propose(administrator, at_eleven, value=value)
        policy.approve(change_id=change.pk, by=head_of_service, at=at_eleven)

    assert policy.value("test.days", at=at_eleven) in (5, 6)
    assert len(policy.history(by=head_of_service, key="test.days")) == 2


def test_approve_refuses_whoever_proposed(at_eleven, head_of_service, second_head_of_service):
    change = propose(head_of_service, at_eleven)

    with pytest.raises(policy.SamePerson):
        policy.approve(change_id=change.pk, by=head_of_service, at=at_eleven)
    policy.approve(change_id=change.pk, by=second_head_of_service, at=at_eleven)

    assert policy.value("test.days", at=at_eleven) == 5


def test_approve_refuses_an_administrator(at_eleven, administrator, head_of_service):
    change = propose(head_of_service, at_eleven)

    with pytest.raises(PermissionDenied):
        policy.approve(change_id=change.pk, by=administrator, at=at_eleven)

    assert policy.value("test.days", at=at_eleven) == 2


def test_approve_refuses_a_second_answer(
    at_eleven, administrator, head_of_service, second_head_of_service
):
    change = propose(administrator, at_eleven)
    policy.refuse(change_id=change.pk, by=head_of_service, at=at_eleven, reason="Not now")

    with pytest.raises(policy.AlreadyAnswered) as clash:
        policy.approve(change_id=change.pk, by=second_head_of_service, at=at_eleven)

    assert clash.value.by_name == "Helen Dummyfield"
    assert policy.value("test.days", at=at_eleven) == 2


def test_refuse_needs_a_reason(at_eleven, administrator, head_of_service):
    change = propose(administrator, at_eleven)

    with pytest.raises(policy.ValueNotAllowed):
        policy.refuse(change_id=change.pk, by=head_of_service, at=at_eleven, reason=" ")

    change.refresh_from_db()
    assert change.state == PolicyChange.State.PROPOSED


def test_propose_refuses_somebody_who_may_not(at_eleven, mash_manager):
    with pytest.raises(PermissionDenied):
        propose(mash_manager, at_eleven)

    assert not PolicyChange.objects.exists()


def test_propose_refuses_a_second_change_while_one_waits(at_eleven, administrator, head_of_service):
    propose(administrator, at_eleven)

    with pytest.raises(policy.AlreadyProposed):
        propose(head_of_service, at_eleven, value=6)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("test.days", 0),
        ("test.days", 10),
        ("test.days", "5"),
        ("test.days", True),
        ("test.days", 2),
        ("test.statutory", 11),
        ("test.statutory", -1),
        ("test.on", 1),
        ("test.names", "one"),
    ],
)
def test_propose_refuses_a_value_not_allowed(at_eleven, administrator, key, value):
    with pytest.raises(policy.ValueNotAllowed):
        propose(administrator, at_eleven, key=key, value=value)


@pytest.mark.parametrize(
    ("key", "value"), [("test.statutory", 9), ("test.on", True), ("test.names", ["a", "b"])]
)
def test_propose_takes_every_type(at_eleven, administrator, head_of_service, key, value):
    change = propose(administrator, at_eleven, key=key, value=value)
    policy.approve(change_id=change.pk, by=head_of_service, at=at_eleven)

    assert policy.value(key, at=at_eleven) == value


def test_propose_refuses_a_day_that_is_past_or_no_reason(at_eleven, administrator):
    with pytest.raises(policy.ValueNotAllowed):
        propose(administrator, at_eleven, from_on=date(2026, 3, 11))
    with pytest.raises(policy.ValueNotAllowed):
        propose(administrator, at_eleven, reason="  ")

    assert not PolicyChange.objects.exists()


def test_value_of_an_unknown_limit_is_an_error(at_eleven, db):
    with pytest.raises(policy.UnknownLimit):
        policy.value("test.nothing", at=at_eleven)


def test_value_asks_nothing_again(at_eleven, db, django_assert_num_queries):
    policy.value("test.days", at=at_eleven)

    with django_assert_num_queries(0):
        for _ in range(50):
            policy.value("test.days", at=at_eleven)


def test_database_refuses_one_person_as_both(at_eleven, head_of_service):
    change = propose(head_of_service, at_eleven)

    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyChange.objects.filter(pk=change.pk).update(
            state="approved", answered_by=head_of_service, answered_at=at_eleven
        )


def test_database_refuses_an_answer_without_who(at_eleven, administrator):
    change = propose(administrator, at_eleven)

    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyChange.objects.filter(pk=change.pk).update(state="approved")


def test_register_refuses_another_meaning_or_a_bad_default():
    with pytest.raises(ValueError, match=r"test\.days"):
        policy.register(Limit("test.days", "Other", int, 3))
    with pytest.raises(policy.ValueNotAllowed):
        policy.register(Limit("test.bad", "Bad", int, 3, minimum=5))
