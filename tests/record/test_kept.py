import pytest
from django.core.cache import cache
from django.db import transaction

from record.kept import LOOK_AFTER_SECONDS, READ_AFTER_SECONDS, Kept


@pytest.fixture
def clock(monkeypatch):
    moment = [1000.0]
    monkeypatch.setattr("record.kept.time.monotonic", lambda: moment[0])
    return moment


@pytest.fixture
def reads(clock, monkeypatch):
    """A table that counts how often it is read, known to two processes."""
    monkeypatch.setattr("record.kept._all", [])
    count = []

    def load():
        count.append(1)
        return len(count)

    return count, Kept("test", load), Kept("test", load)


def test_table_is_read_once(reads):
    count, one, _ = reads

    assert [one.get() for _ in range(5)] == [1] * 5
    assert len(count) == 1


def test_other_process_sees_a_change_within_a_second(
    db, reads, clock, django_capture_on_commit_callbacks
):
    _, one, other = reads
    other.get()
    with django_capture_on_commit_callbacks(execute=True):
        one.changed()

    assert other.get() == 1
    clock[0] += LOOK_AFTER_SECONDS
    assert other.get() == 2


def test_change_is_seen_at_once_by_whoever_makes_it(db, reads):
    count, one, _ = reads
    one.get()
    one.changed()

    assert [one.get(), one.get()] == [2, 3]
    assert len(count) == 3


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_was_read_from_an_undone_change_is_forgotten(reads):
    _, one, _ = reads
    one.get()
    with transaction.atomic():
        one.changed()
        one.get()
        transaction.set_rollback(True)

    assert one.get() == 3
    assert one.get() == 3


def test_without_the_cache_the_table_is_read_again_after_a_while(reads, clock, monkeypatch):
    _, one, _ = reads

    def refuse(*args, **rest):
        raise ConnectionError

    monkeypatch.setattr(cache, "get", refuse)
    first = one.get()
    clock[0] += LOOK_AFTER_SECONDS
    soon = one.get()
    clock[0] += READ_AFTER_SECONDS

    assert (first, soon, one.get()) == (1, 1, 2)
