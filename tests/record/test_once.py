import threading
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.http import HttpResponse
from django.shortcuts import redirect

from record import once
from record.middleware import SentTwiceMiddleware


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


def test_a_page_sent_twice_gets_the_answer_of_its_first_sending(rf, mash_manager):
    done = []

    def view(request):
        done.append(request.POST["words"])
        return HttpResponse(status=404) if len(done) % 2 == 0 else redirect(f"/{len(done)}/")

    def send(**typed):
        request = rf.post("/", {"csrfmiddlewaretoken": "drawn", **typed})
        request.user, request.session = mash_manager, SimpleNamespace(session_key="s")

        def called(request):
            return asked.process_view(request, view, (), {}) or view(request)

        asked = SentTwiceMiddleware(called)
        answer = asked(request)
        return answer.get("Location", answer.status_code)

    assert [send(words="Seen"), send(words="Seen")] == ["/1/", "/1/"]
    assert send(words="Seen again") == 404
    # What went wrong is tried anew, and so is what was done, undone and done again.
    assert [send(words="Seen again"), send(words="Seen")] == ["/3/", 404]
    assert [send(words="Seen", csrfmiddlewaretoken="drawn anew")] == ["/5/"]
    assert len(done) == 5


def test_the_second_of_two_presses_waits_for_the_answer_of_the_first(rf, mash_manager, monkeypatch):
    request = rf.post("/", {"csrfmiddlewaretoken": "drawn"})
    request.user, request.session = mash_manager, SimpleNamespace(session_key="s")
    first = SentTwiceMiddleware(lambda request: redirect("/1/"))
    first.process_view(request, None, (), {})
    monkeypatch.setattr("record.middleware.time.sleep", lambda _seconds: first(request))

    second = rf.post("/", {"csrfmiddlewaretoken": "drawn"})
    second.user, second.session = mash_manager, request.session

    assert first.process_view(second, None, (), {})["Location"] == "/1/"
