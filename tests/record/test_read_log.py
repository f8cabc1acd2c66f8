from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from lib import application_clock
from record import read_log
from record.models import BreakGlass, ReadKind, ReadLogEntry
from slough_front_door import urls


def ask(user, **headers):
    request = RequestFactory().get("/", headers=headers)
    request.user = user
    return request


def test_page_is_one_row_for_each_child(at_eleven, mash_manager, make_child):
    children = [make_child().pk, make_child("Zayn").pk]

    number = read_log.shown(ask(mash_manager), place="Contact", children=children)

    rows = ReadLogEntry.objects.all()
    assert number == 2
    assert {row.child_id for row in rows} == set(children)
    assert {(row.kind, row.role, row.place) for row in rows} == {
        ("page", "mash_manager", "Contact")
    }


def test_list_is_one_row_with_the_ids_and_filters(at_eleven, mash_manager, make_child):
    ids = [make_child().pk for _ in range(3)]

    read_log.record(
        user=mash_manager, kind="list", place="Board", person_ids=ids, filters={"rag": "red"}
    )

    row = ReadLogEntry.objects.get()
    assert set(row.person_ids) == set(ids)
    assert row.filters == {"rag": "red"}
    assert row.child_id is None


def test_filters_of_an_address_are_kept_without_what_no_table_takes(at_eleven, mash_manager):
    read_log.record(
        user=mash_manager,
        kind="list",
        place="Flags",
        filters={"whose": "a\x00b", "rag": ["red\x00"], "print": False, "long": "x" * 3000},
    )

    row = ReadLogEntry.objects.get()
    assert row.filters == {"whose": "ab", "rag": ["red"], "print": False, "long": "x" * 200}


def test_search_that_finds_nobody_is_a_row(at_eleven, mash_manager):
    read_log.record(user=mash_manager, kind="search", place="Search")

    assert ReadLogEntry.objects.get().person_ids == []


def test_page_about_nobody_yet_is_a_row_with_its_subject(at_eleven, mash_manager):
    subject = uuid4()

    read_log.record(
        user=mash_manager,
        kind="page",
        place="Message",
        subject_kind="submission",
        subject_id=subject,
    )

    assert ReadLogEntry.objects.get().subject_id == subject


def test_print_is_logged_as_print(at_eleven, mash_manager, child):
    request = RequestFactory().get("/?print")
    request.user = mash_manager

    read_log.shown(request, place="Child", children=[child.pk])

    assert ReadLogEntry.objects.get().kind == ReadKind.PRINT


def test_refresh_logs_only_children_not_shown_before(at_eleven, mash_manager, make_child):
    one, two = make_child().pk, make_child("Zayn").pk
    read_log.shown(ask(mash_manager), place="Board", kind="list", person_ids=[one])

    read_log.shown(
        ask(mash_manager, X_Background="1"), place="Board", kind="list", person_ids=[one, two]
    )
    read_log.shown(
        ask(mash_manager, X_Background="1"), place="Board", kind="list", person_ids=[one, two]
    )

    rows = ReadLogEntry.objects.order_by("recorded_at", "pk")
    assert sorted(list(row.person_ids) for row in rows) == sorted([[one], [two]])


def test_refresh_of_another_persons_page_is_logged(at_eleven, mash_manager, contact_officer, child):
    read_log.shown(ask(mash_manager), place="Board", kind="list", person_ids=[child.pk])

    read_log.shown(
        ask(contact_officer, X_Background="1"), place="Board", kind="list", person_ids=[child.pk]
    )

    assert ReadLogEntry.objects.filter(user=contact_officer).count() == 1


def test_emergency_opening_is_noted(at_eleven, mash_manager, make_child):
    opened_child, other = make_child().pk, make_child("Zayn").pk
    opening = BreakGlass.objects.create(
        person_id=opened_child,
        user=mash_manager,
        reason="Police at the door",
        opened_at=at_eleven,
        expires_at=at_eleven + timedelta(hours=4),
    )

    read_log.shown(ask(mash_manager), place="Child", children=[opened_child, other])

    noted = dict(ReadLogEntry.objects.values_list("child_id", "break_glass_id"))
    assert noted == {opened_child: opening.pk, other: None}


@pytest.mark.parametrize(
    "statement", ["UPDATE record_readlogentry SET place = 'x'", "DELETE FROM record_readlogentry"]
)
def test_database_refuses_to_change_the_log(at_eleven, mash_manager, child, statement):
    read_log.shown(ask(mash_manager), place="Child", children=[child.pk])

    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert ReadLogEntry.objects.get().place == "Child"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_reading_survives_the_rollback_of_the_request(at_eleven, mash_manager, child):
    with transaction.atomic():
        read_log.shown(ask(mash_manager), place="Child", children=[child.pk])
        transaction.set_rollback(True)

    assert ReadLogEntry.objects.get().child_id == child.pk


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_reading_is_committed_before_the_answer_outside_a_transaction(
    at_eleven, mash_manager, child
):
    read_log.shown(ask(mash_manager), place="Child", children=[child.pk])

    connection.close()
    assert ReadLogEntry.objects.count() == 1


def secret_page(request):
    read_log.shown(request, place="Child", children=[uuid4()])
    return HttpResponse("Aaliyah Testwood")


urlpatterns = [path("secret/", secret_page), *urls.urlpatterns]


@pytest.mark.slow
@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_recorded_is_not_shown(at_eleven, client, mash_manager, monkeypatch):
    client.force_login(mash_manager)

    def fail(rows):
        raise Error("disk full")

    monkeypatch.setattr(read_log, "_write", fail)

    response = client.get("/secret/")

    assert response.status_code == 503
    assert b"Testwood" not in response.content
    assert b"could not record that you opened it" in response.content


def test_record_raises_when_the_row_cannot_be_written(at_eleven, mash_manager, monkeypatch):
    def fail(rows):
        raise Error("disk full")

    monkeypatch.setattr(read_log, "_write", fail)

    with pytest.raises(read_log.CannotRecord):
        read_log.record(user=mash_manager, kind="search", place="Search")


# Who looked


def test_who_looked_lists_the_latest_first(at_eleven, head_of_service, mash_manager, child):
    for hour in (2, 1):
        with application_clock.set_to(at_eleven - timedelta(hours=hour)):
            read_log.shown(ask(mash_manager), place=f"{hour} hours ago", children=[child.pk])

    looks = read_log.who_looked(by=head_of_service, child_id=child.pk)

    assert [look.place for look in looks] == ["1 hours ago", "2 hours ago"]
    assert looks[0].who.startswith("Noor Placeholder")


def test_who_looked_is_open_to_whom_cases_allows(
    at_eleven, mash_social_worker, mash_manager, child, monkeypatch
):
    monkeypatch.setattr(read_log, "_may_see_readers", [])
    read_log.shown(ask(mash_manager), place="Child", children=[child.pk])

    with pytest.raises(PermissionDenied):
        read_log.who_looked(by=mash_social_worker, child_id=child.pk)
    read_log.let_see_readers(lambda by, child_id: child_id == child.pk)

    assert len(read_log.who_looked(by=mash_social_worker, child_id=child.pk)) == 1
    with pytest.raises(PermissionDenied):
        read_log.who_looked(by=mash_social_worker, child_id=uuid4())


def test_entries_find_a_child_in_pages_and_lists(
    at_eleven, head_of_service, mash_manager, make_child
):
    one, two = make_child().pk, make_child("Zayn").pk
    read_log.shown(ask(mash_manager), place="Child", children=[one])
    read_log.record(user=mash_manager, kind="list", place="Board", person_ids=[one, two])
    read_log.shown(ask(mash_manager), place="Child", children=[two])

    found = read_log.entries(by=head_of_service, child_id=one)

    assert {row.place for row in found} == {"Child", "Board"}
    assert found.count() == 2


def test_entries_refuse_somebody_who_may_not(at_eleven, mash_manager):
    with pytest.raises(PermissionDenied):
        read_log.entries(by=mash_manager)
