from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction

from lib import application_clock
from record import events, partitions
from record.models import Event


def months(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass",
            [table],
        )
        return {row[0] for row in cursor.fetchall()}


def test_ensure_makes_this_month_and_the_next_three(db):
    made = partitions.ensure(today=date(2031, 11, 30))

    expected = {f"record_event_{month}" for month in ("2031_11", "2031_12", "2032_01", "2032_02")}
    assert made == 8
    assert expected <= months("record_event")
    assert partitions.ensure(today=date(2031, 11, 30)) == 0


def test_rows_go_to_their_month_and_stay_protected(db):
    partitions.ensure(today=date(2031, 11, 30))

    with application_clock.set_to(datetime(2031, 12, 31, 23, 59, 59, tzinfo=UTC)):
        events.append(
            "test.changed",
            authority=None,
            at=datetime(2031, 12, 1, tzinfo=UTC),
            subject_kind="test",
            subject_id=uuid4(),
        )

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM record_event_2031_12")
        assert cursor.fetchone() == (1,)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE record_event_2031_12 SET code = 'x'")
    assert Event.objects.get().code == "test.changed"


def test_month_without_a_table_is_taken_by_the_default(db):
    with application_clock.set_to(datetime(2041, 1, 1, tzinfo=UTC)):
        events.append(
            "test.changed",
            authority=None,
            at=datetime(2040, 1, 1, tzinfo=UTC),
            subject_kind="test",
            subject_id=uuid4(),
        )

    assert partitions.ensure(today=date(2041, 1, 1)) == 7
    assert "record_event_2041_01" not in months("record_event")
    assert Event.objects.count() == 1


def test_fresh_database_has_its_first_months(db):
    assert len(months("record_event")) >= 5


def test_command_says_what_it_did(db, capsys):
    call_command("ensure_partitions")

    assert "month tables made" in capsys.readouterr().out
