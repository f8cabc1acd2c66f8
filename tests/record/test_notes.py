from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, IntegrityError, transaction

from people.models import Restriction
from record import notes
from record.models import Event, Note, NoteChild


def add(by, at, children, text="Seen at school, cheerful.", **rest):
    return notes.add(by=by, at=at, text=text, child_ids=[c.pk for c in children], **rest)


def test_note_stands_on_the_timeline_of_each_child(at_eleven, mash_manager, make_child):
    children = [make_child(), make_child("Zayn")]

    note = add(mash_manager, at_eleven, children)

    assert {row.child_id for row in note.children.all()} == {each.pk for each in children}
    rows = Event.objects.filter(code="record.note_added")
    assert {row.child_id for row in rows} == {each.pk for each in children}
    assert "cheerful" not in str([row.data for row in rows])


def test_note_is_corrected_by_a_later_one(at_eleven, mash_manager, child):
    first = add(mash_manager, at_eleven, [child])

    second = add(mash_manager, at_eleven, [child], "Seen at home.", corrects=first.pk)

    lines = {line.id: line for line in notes.of_children(by=mash_manager, child_ids=[child.pk])}
    assert lines[first.pk].is_superseded
    assert lines[second.pk].corrects_id == first.pk
    assert Note.objects.get(pk=first.pk).text == "Seen at school, cheerful."


def test_note_can_be_corrected_once_only(at_eleven, mash_manager, contact_officer, child):
    first = add(mash_manager, at_eleven, [child])
    add(contact_officer, at_eleven, [child], corrects=first.pk)

    with pytest.raises(notes.AlreadyCorrected, match="Amir Testwood"):
        add(mash_manager, at_eleven, [child], corrects=first.pk)

    assert Note.objects.count() == 2


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b", "a" * 20_001])
def test_add_refuses_a_note_that_says_nothing_or_too_much(at_eleven, mash_manager, child, text):
    with pytest.raises(notes.NoteNotPossible):
        add(mash_manager, at_eleven, [child], text)

    assert not Note.objects.exists()


def test_add_takes_the_longest_note(at_eleven, mash_manager, child):
    assert len(add(mash_manager, at_eleven, [child], "a" * 20_000).text) == 20_000


def test_add_refuses_a_note_about_nobody(at_eleven, mash_manager):
    with pytest.raises(notes.NoteNotPossible):
        add(mash_manager, at_eleven, [])
    with pytest.raises(LookupError):
        notes.add(by=mash_manager, at=at_eleven, text="x", child_ids=[uuid4()])


def test_add_refuses_somebody_who_may_not(at_eleven, auditor, child):
    with pytest.raises(PermissionDenied):
        add(auditor, at_eleven, [child])

    assert not Note.objects.exists()


@pytest.fixture
def restricted_child(make_child, head_of_service, at_eleven):
    restricted = make_child("Hidden")
    Restriction.objects.create(
        person=restricted,
        owner=head_of_service,
        reason="Staff relative",
        at=at_eleven,
        recorded_at=at_eleven,
        recorded_by=head_of_service,
    )
    return restricted


def test_restricted_child_is_neither_written_about_nor_named(
    at_eleven, head_of_service, contact_officer, child, restricted_child
):
    add(head_of_service, at_eleven, [child, restricted_child], "Hidden lives in Wexham now.")
    add(head_of_service, at_eleven, [restricted_child])

    with pytest.raises(LookupError):
        add(contact_officer, at_eleven, [restricted_child])
    lines = notes.of_children(by=contact_officer, child_ids=[child.pk, restricted_child.pk])

    assert [line.child_ids for line in lines] == [(child.pk,)]


def test_note_about_a_restricted_child_too_is_there_without_its_words(
    at_eleven, head_of_service, contact_officer, child, restricted_child
):
    add(head_of_service, at_eleven, [child, restricted_child], "Hidden lives in Wexham now.")

    (seen,) = notes.of_children(by=contact_officer, child_ids=[child.pk])
    (whole,) = notes.of_children(by=head_of_service, child_ids=[child.pk])

    assert (seen.text, seen.closed_ids) == ("", (restricted_child.pk,))
    assert (whole.text, whole.closed_ids) == ("Hidden lives in Wexham now.", ())


def test_notes_are_listed_in_a_fixed_number_of_queries(
    at_eleven, mash_manager, child, django_assert_max_num_queries
):
    for _ in range(10):
        add(mash_manager, at_eleven, [child])

    with django_assert_max_num_queries(14):
        assert len(notes.of_children(by=mash_manager, child_ids=[child.pk])) == 10


def test_database_refuses_to_change_a_note(at_eleven, mash_manager, child):
    note = add(mash_manager, at_eleven, [child])

    with pytest.raises(Error), transaction.atomic():
        Note.objects.filter(pk=note.pk).update(text="Other")
    with pytest.raises(Error), transaction.atomic():
        NoteChild.objects.filter(note=note).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        NoteChild.objects.create(note=note, child=child)

    assert Note.objects.get().text == "Seen at school, cheerful."
