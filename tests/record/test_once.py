import threading
from uuid import uuid4

import pytest
from django.db import connections, transaction

from record import once


def test_second_sending_leads_to_the_first_result(at_eleven, mash_manager):
    token, result = uuid4(), uuid4()
    with transaction.atomic():
        assert once.claim(token, user=mash_manager, action="contact.record") == token
        once.finish(token, result)

    with pytest.raises(once.AlreadyRecorded) as again, transaction.atomic():
        once.claim(token, user=mash_manager, action="contact.record")

    assert again.value.result_id == result


def test_result_is_not_told_to_somebody_else(at_eleven, mash_manager, contact_officer):
    token = uuid4()
    with transaction.atomic():
        once.claim(token, user=mash_manager, action="x")
        once.finish(token, uuid4())

    with pytest.raises(once.AlreadyRecorded) as again, transaction.atomic():
        once.claim(token, user=contact_officer, action="x")

    assert again.value.result_id is None


def test_refused_form_can_be_sent_again(at_eleven, mash_manager):
    token = uuid4()
    with transaction.atomic():
        once.claim(token, user=mash_manager, action="x")
        transaction.set_rollback(True)

    with transaction.atomic():
        assert once.claim(token, user=mash_manager, action="x") == token


def test_form_without_a_token_is_not_claimed(mash_manager):
    assert once.claim(None, user=mash_manager, action="x") is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_claim_needs_a_transaction(mash_manager):
    with pytest.raises(transaction.TransactionManagementError):
        once.claim(uuid4(), user=mash_manager, action="x")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_recorded_once(mash_manager):
    token, results, barrier = uuid4(), [], threading.Barrier(2)

    def send():
        result = uuid4()
        barrier.wait()
        try:
            with transaction.atomic():
                once.claim(token, user=mash_manager, action="x")
                once.finish(token, result)
            results.append(result)
        except once.AlreadyRecorded as again:
            results.append(again.result_id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 2
    assert len(set(results)) == 1
