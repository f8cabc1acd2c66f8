"""`make run` as a person meets it: it starts, says what is wrong, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from dev import run as supervision
from dev import services
from dev.clean import processes_using
from tests.dev import running
from tests.dev.running import address, left_over, words_until_address

# Only the data folder: the caches of the project belong to whoever runs the tests.
CLEAN = "from dev import clean; clean.MADE = [clean.DATA_DIR]; clean.main()"

# One worker, one folder: the last test removes what the others shared.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory, django_db_setup) -> Iterator[Path]:
    """One data folder for the module, with its tables made."""
    folder = tmp_path_factory.mktemp("run") / "data"
    running.migrated(folder, settings.DATABASES["default"])
    yield folder
    for process_id in processes_using(folder):
        os.kill(process_id, signal.SIGKILL)


@pytest.fixture
def run(data_folder):
    """Return a function that starts the supervisor; what it started is gone after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(
        folder: Path = data_folder, *, stdin: int = subprocess.DEVNULL, **environment: str
    ) -> subprocess.Popen[str]:
        started.append(running.start(folder, stdin=stdin, **environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_run_starts_and_a_signal_leaves_no_process_behind(run, data_folder, number):
    process = run()
    with urllib.request.urlopen(address(process) + "health/ready/", timeout=10) as answer:
        assert answer.status == 200

    process.send_signal(number)
    said, _ = process.communicate(timeout=60)

    assert said.rstrip().endswith("Stopped.")
    assert process.returncode == 0
    assert left_over(data_folder) == []


def test_run_killed_outright_leaves_no_process_behind(run, data_folder):
    process = run()
    address(process)

    process.kill()
    process.wait()

    assert left_over(data_folder) == []


def test_run_ends_with_its_terminal(run, data_folder):
    ours, theirs = os.openpty()
    process = run(stdin=theirs)
    os.close(theirs)
    address(process)

    os.close(ours)

    assert process.wait(timeout=60) == 0
    assert left_over(data_folder) == []


def test_run_starts_again_what_was_killed(run, data_folder):
    process = run()
    url = address(process)
    web = [
        number
        for number in processes_using(data_folder)
        if b"gunicorn" in Path(f"/proc/{number}/cmdline").read_bytes()
        and f"PPid:\t{process.pid}\n" in Path(f"/proc/{number}/status").read_text()
    ]

    os.kill(web[0], signal.SIGKILL)

    assert process.stdout is not None
    assert any("web server ended by itself" in line for line in process.stdout)
    assert answers_within(30, url + "health/")


class Ended:
    """A process that has ended."""

    pid = 2**22 + 1  # more than any process has

    def poll(self) -> int:
        return 1

    def wait(self, timeout: float | None = None) -> int:
        return 1


def test_supervisor_waits_longer_for_what_does_not_start_at_once(monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(supervision.time, "sleep", waited.append)
    answers: list[object] = [*[services.Problem("still on its way out")] * 6, Ended()]

    def start() -> object:
        answer = answers.pop(0)
        if isinstance(answer, services.Problem):
            raise answer
        return answer

    database = supervision.Process("database server", start, running=Ended())
    while answers:
        supervision.Supervisor().start_again(database)

    assert waited == [1, 2, 4, 8, 15, 15, 15]


def test_supervisor_gives_up_on_what_keeps_ending_and_says_where_to_look(monkeypatch):
    monkeypatch.setattr(supervision.time, "sleep", lambda seconds: None)
    web = supervision.Process("web server", Ended, running=Ended())

    for _time in range(supervision.RESTARTS):
        supervision.Supervisor().start_again(web)

    with pytest.raises(services.Problem, match="The web server keeps ending"):
        supervision.Supervisor().start_again(web)


def answers_within(seconds: int, url: str) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


def test_run_names_a_way_out_when_the_port_is_taken(run):
    with services.socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]

        process = run(PORT=str(number))
        said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert f"Port {number} is taken" in said
    assert "make run PORT=" in said


def test_run_says_that_it_runs_already(run, data_folder):
    first = run()
    address(first)

    second = run()
    said, _ = second.communicate(timeout=60)

    assert second.returncode == 1
    assert "already running in this folder" in said


def test_run_refuses_half_made_database_files(run, tmp_path):
    (tmp_path / "postgres").mkdir()

    process = run(tmp_path)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "half made" in said
    assert "make clean" in said


def test_run_begins_again_when_seeding_was_interrupted(run, data_folder):
    first = run()
    address(first)
    first.terminate()
    first.wait()
    (data_folder / "seeding").touch()

    said = words_until_address(run())

    assert "Removing a half-made demonstration authority" in said
    assert "Database tables" in said
    assert not (data_folder / "seeding").exists()


def test_clean_stops_what_runs_and_removes_its_data(run, data_folder):
    process = run()
    address(process)

    done = subprocess.run(
        [sys.executable, "-c", CLEAN],
        cwd=services.BASE_DIR,
        env={**os.environ, "DATA_DIR": str(data_folder)},
        check=False,
    )

    assert done.returncode == 0
    assert process.wait(timeout=30) == 0
    assert left_over(data_folder) == []
    assert not data_folder.exists()
