"""Two at the same moment: one wins, the other is told."""

import threading
from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections

from lib import application_clock
from record import clocks, drafts, notes, outbox, policy
from record.errors import Refused
from record.models import Clock, Draft, Note, OutboxMessage, PolicyChange

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def both(*acts):
    """Do all at once, each on its own connection; give what each returned or raised."""
    barrier, answers = threading.Barrier(len(acts)), []

    def run(act, at):
        with application_clock.set_to(at):
            barrier.wait()
            try:
                answers.append(act())
            except (Refused, IntegrityError) as error:
                answers.append(error)
            finally:
                connections.close_all()

    at = application_clock.now()
    threads = [threading.Thread(target=run, args=(act, at)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def errors(answers):
    return [answer for answer in answers if isinstance(answer, Exception)]


def test_two_answers_to_one_proposal(
    at_eleven, administrator, head_of_service, second_head_of_service
):
    change = policy.propose_change(
        by=administrator,
        at=at_eleven,
        key="test.days",
        value=5,
        from_on=date(2026, 3, 12),
        reason="x",
    )

    answers = both(
        lambda: policy.approve(change_id=change.pk, by=head_of_service, at=at_eleven),
        lambda: policy.refuse(
            change_id=change.pk, by=second_head_of_service, at=at_eleven, reason="No"
        ),
    )

    (clash,) = errors(answers)
    change.refresh_from_db()
    assert isinstance(clash, policy.AlreadyAnswered)
    assert clash.by_name == change.answered_by.full_name


def test_two_proposals_of_one_limit(at_eleven, administrator, head_of_service):
    def propose(by):
        return policy.propose_change(
            by=by, at=at_eleven, key="test.days", value=5, from_on=date(2026, 3, 12), reason="x"
        )

    answers = both(lambda: propose(administrator), lambda: propose(head_of_service))

    assert len(errors(answers)) == 1
    assert PolicyChange.objects.count() == 1


def test_two_windows_save_one_draft(at_eleven, contact_officer):
    subject = uuid4()

    def save(words):
        return drafts.save(
            owner=contact_officer,
            form="intake",
            subject_id=subject,
            data={"words": words},
            version=0,
            at=at_eleven,
        )

    answers = both(lambda: save("One"), lambda: save("Two"))

    assert len(errors(answers)) == 1
    assert Draft.objects.count() == 1


def test_page_sent_while_it_saves_itself_keeps_what_is_sent(at_eleven, contact_officer):
    subject, window = uuid4(), "one"

    def save(words, **how):
        return drafts.save(
            owner=contact_officer,
            form="intake",
            subject_id=subject,
            data={"words": words, "window": window},
            version=1,
            at=at_eleven,
            **how,
        )

    save("Before")
    answers = both(lambda: save("Typed"), lambda: save("Sent", is_sent=True))

    assert len(errors(answers)) <= 1  # the save beside the typing may come too late
    assert Draft.objects.get().data["words"] == "Sent"


def test_the_same_clock_started_twice(at_eleven):
    subject = uuid4()

    def start():
        return clocks.start("T-DAYS", subject_kind="test", subject_id=subject, started_at=at_eleven)

    answers = both(start, start)

    assert len(errors(answers)) == 1
    assert Clock.objects.count() == 1


def test_two_corrections_of_one_note(at_eleven, mash_manager, contact_officer, child):
    first = notes.add(by=mash_manager, at=at_eleven, text="One", child_ids=[child.pk])

    def correct(by):
        return notes.add(by=by, at=at_eleven, text="Two", child_ids=[child.pk], corrects=first.pk)

    answers = both(lambda: correct(mash_manager), lambda: correct(contact_officer))

    assert len(errors(answers)) == 1
    assert Note.objects.count() == 2


def test_the_same_message_owed_twice(at_eleven):
    answers = both(
        *[lambda: outbox.put("notice", key="a", at=at_eleven, payload={"user_id": "x"})] * 2
    )

    assert errors(answers) == []
    assert len({answer.pk for answer in answers}) == 1
    assert OutboxMessage.objects.count() == 1
