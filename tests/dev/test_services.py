"""The private servers: they start in any folder, survive, and say clearly what is wrong."""

import os
import subprocess
import sys
import time

import psycopg2
import pytest

from dev import services


@pytest.fixture
def place(tmp_path):
    made = services.Place(tmp_path / "servers", is_test=True)
    yield made
    services.stop(made)


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.mark.slow
def test_start_gives_servers_that_answer_and_keep_what_they_hold(place):
    url = services.start(place)["postgres"]
    rows(url, "CREATE TABLE kept AS SELECT 7 AS number")

    services.stop(place)
    again = services.start(place)["postgres"]

    assert rows(again, "SELECT number FROM kept") == [(7,)]


@pytest.mark.slow
def test_start_finds_running_servers(place):
    first = services.start(place)
    process_ids = [services.recorded_process(place, kind) for kind in first]

    second = services.start(place)

    assert second == first
    assert [services.recorded_process(place, kind) for kind in first] == process_ids


@pytest.mark.slow
def test_postgresql_runs_without_root_in_a_folder_only_its_owner_may_enter(place):
    place.folder.mkdir(mode=0o700)
    place.folder.parent.chmod(0o700)

    url = services.start(place)["postgres"]

    process_id = services.recorded_process(place, "postgres")
    expected = services.UNPRIVILEGED_ID if os.geteuid() == 0 else os.geteuid()
    assert os.stat(f"/proc/{process_id}").st_uid == expected
    assert rows(url, "SELECT 1") == [(1,)]


@pytest.mark.slow
def test_start_moves_to_a_free_port_when_the_kept_one_is_taken(place):
    services.start(place)
    services.stop(place)
    before = services.port_of(place, "postgres")
    with services.socket.create_server(("127.0.0.1", int(before))):
        url = services.start(place)["postgres"]

    assert services.port_of(place, "postgres") != before
    assert rows(url, "SELECT 1") == [(1,)]


def test_prepare_refuses_half_made_database_files(place):
    place.postgres.mkdir(parents=True)

    with pytest.raises(services.Problem, match=r"half made.*make clean"):
        services.prepare(place)


def test_prepare_refuses_a_full_disk(place, monkeypatch):
    place.folder.mkdir()
    monkeypatch.setattr(services, "ROOM_NEEDED", 2**60)

    with pytest.raises(services.Problem, match="Make room"):
        services.prepare(place)


@pytest.mark.slow
def test_servers_end_with_whoever_started_them_even_if_killed(place):
    place.folder.mkdir(parents=True)
    script = (
        "import signal, sys, time; from pathlib import Path; from dev import services;"
        f"place = services.Place(Path({str(place.folder)!r}), is_test=True);"
        "services.prepare(place);"
        "services.start_server(place, 'postgres', stop_signal=signal.SIGINT);"
        "services.start_server(place, 'valkey', stop_signal=signal.SIGTERM);"
        "print('started', flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script], cwd=services.BASE_DIR, stdout=subprocess.PIPE
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"started\n"

    starter.kill()
    starter.communicate()

    end = time.monotonic() + 20
    while any(services.is_ours(place, kind) for kind in ("postgres", "valkey")):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert services.recorded_process(place, "postgres") is None
