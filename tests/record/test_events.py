from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import Error, connection, transaction

from accounts.permissions import Permission, require
from record import events
from record.events import EventCode
from record.models import Event


def write(code, by, at, **rest):
    authority = require(by, Permission.PERSON_READ)
    return events.append(
        code, authority=authority, at=at, subject_kind="test", subject_id=uuid4(), **rest
    )


def test_append_writes_one_row_per_child_with_one_occurrence(at_eleven, mash_manager, make_child):
    children = [make_child().pk, make_child("Zayn").pk]

    occurrence = write("test.changed", mash_manager, at_eleven, children=children)

    rows = Event.objects.filter(occurrence_id=occurrence)
    assert {row.child_id for row in rows} == set(children)
    assert {row.role for row in rows} == {"mash_manager"}


def test_append_writes_one_row_without_a_child(at_eleven, mash_manager):
    occurrence = write("test.changed", mash_manager, at_eleven)

    assert Event.objects.get(occurrence_id=occurrence).child_id is None


def test_together_writes_every_line_at_once(
    at_eleven, mash_manager, child, django_assert_num_queries
):
    with events.together():
        for _ in range(3):
            write("test.changed", mash_manager, at_eleven, children=[child.pk])
        assert not Event.objects.exists()
        with django_assert_num_queries(0), events.together():
            pass
    assert Event.objects.count() == 3


def test_together_leaves_out_what_a_step_wrote_before_it_failed(at_eleven, mash_manager):
    with events.together():
        write("test.changed", mash_manager, at_eleven)
        with suppress(LookupError), events.together():
            write("test.rated", mash_manager, at_eleven)
            raise LookupError

    assert [event.code for event in Event.objects.all()] == ["test.changed"]


def test_append_refuses_a_code_nobody_registered(at_eleven, mash_manager):
    with pytest.raises(events.UnknownCode):
        write("test.nowhere", mash_manager, at_eleven)

    assert not Event.objects.exists()


def test_append_refuses_what_has_not_happened(at_eleven, mash_manager):
    with pytest.raises(events.InTheFuture):
        write("test.changed", mash_manager, at_eleven + timedelta(seconds=1))

    assert not Event.objects.exists()


def test_register_refuses_another_meaning_of_a_code():
    with pytest.raises(ValueError, match=r"test\.changed"):
        events.register(EventCode("test.changed", "Other", "change", Permission.PERSON_READ))


@pytest.mark.parametrize(
    "statement", ["UPDATE record_event SET code = 'x'", "DELETE FROM record_event"]
)
def test_database_refuses_to_change_a_timeline(at_eleven, mash_manager, child, statement):
    write("test.changed", mash_manager, at_eleven, children=[child.pk])

    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Event.objects.count() == 1


def test_timeline_is_newest_first_and_names_people(at_eleven, mash_manager, child):
    write(
        "test.rated",
        mash_manager,
        at_eleven - timedelta(days=2),
        children=[child.pk],
        data={"colour": "r"},
    )
    write(
        "test.changed",
        mash_manager,
        at_eleven,
        children=[child.pk],
        data={"to_user_id": str(mash_manager.pk)},
    )

    lines = events.timeline(by=mash_manager, child_id=child.pk)

    assert [line.words for line in lines] == ["Changed by Noor Placeholder", "Rated red"]
    assert lines[0].who == "Noor Placeholder, MASH manager"


def test_timeline_shows_a_family_event_once(at_eleven, mash_manager, make_child):
    children = [make_child().pk, make_child("Zayn").pk]
    write("test.changed", mash_manager, at_eleven, children=children)

    lines = events.timeline(by=mash_manager, child_ids=children)

    assert len(lines) == 1
    assert set(lines[0].child_ids) == set(children)


def test_timeline_hides_lines_the_reader_may_not_read(
    at_eleven, mash_manager, early_help_worker, child
):
    write("test.secret", mash_manager, at_eleven, children=[child.pk])
    write("test.changed", mash_manager, at_eleven, children=[child.pk])

    seen = events.timeline(by=early_help_worker, child_id=child.pk)

    assert [line.code for line in seen] == ["test.changed"]
    assert events.counts(by=early_help_worker, child_id=child.pk)["decision"] == 0
    assert events.counts(by=mash_manager, child_id=child.pk)["decision"] == 1


def test_timeline_shows_nothing_to_somebody_without_a_role(
    at_eleven, outsider, mash_manager, child
):
    write("test.changed", mash_manager, at_eleven, children=[child.pk])

    assert events.timeline(by=outsider, child_id=child.pk) == []


def test_timeline_pages_by_cursor_without_losing_ties(at_eleven, mash_manager, child):
    written = {
        write("test.changed", mash_manager, at_eleven, children=[child.pk]) for _ in range(5)
    }

    first = events.timeline(by=mash_manager, child_id=child.pk, limit=2)
    rest = events.timeline(by=mash_manager, child_id=child.pk, before=first[-1].cursor)

    assert {line.occurrence_id for line in (*first, *rest)} == written
    assert len(rest) == 3


def test_timeline_filters_by_kind(at_eleven, mash_manager, child):
    write("test.changed", mash_manager, at_eleven, children=[child.pk])
    write("test.rated", mash_manager, at_eleven, children=[child.pk], data={"colour": "r"})

    lines = events.timeline(by=mash_manager, child_id=child.pk, kinds=["decision"])

    assert [line.code for line in lines] == ["test.rated"]


def test_timeline_query_count_does_not_grow(
    at_eleven, mash_manager, child, django_assert_num_queries
):
    write("test.changed", mash_manager, at_eleven, children=[child.pk])
    from accounts.permissions import remember, standing

    remember(mash_manager)
    standing(mash_manager)
    with django_assert_num_queries(2):
        events.timeline(by=mash_manager, child_id=child.pk)
    for _ in range(10):
        write("test.changed", mash_manager, at_eleven, children=[child.pk])

    with django_assert_num_queries(2):
        assert len(events.timeline(by=mash_manager, child_id=child.pk)) == 11
