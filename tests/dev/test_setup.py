"""Preparing a machine: done once, repaired when half done, and clear when it cannot be done."""

import subprocess
import sys

import pytest

from dev import check, setup


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Return a function that runs steps of the test, in a folder of its own."""

    def run(*steps):
        monkeypatch.setattr(setup, "DATA_DIR", tmp_path)
        monkeypatch.setitem(setup.STEPS, "check", list(steps))
        monkeypatch.setattr(sys, "argv", ["setup.py", "check"])
        setup.main()

    return run


def test_step_leaves_its_stamp_when_it_is_done(tmp_path):
    mark = tmp_path / "ready"

    with setup.Step("Something", mark, "abc"):
        pass

    assert setup.is_current(mark, "abc")
    assert not setup.is_current(mark, "abd")


def fail_halfway(mark):
    with setup.Step("Something", mark, "new"):
        raise setup.Problem("It broke.")


def test_step_that_fails_leaves_no_stamp(tmp_path):
    mark = tmp_path / "ready"
    mark.write_text("old")

    with pytest.raises(setup.Problem):
        fail_halfway(mark)

    assert not mark.exists()


def test_stamp_changes_with_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "BASE_DIR", tmp_path)
    path = tmp_path / "lock.txt"
    path.write_text("one")
    before = setup.stamp_of(path)

    path.write_text("two")

    assert setup.stamp_of(path) != before


def no_space():
    raise OSError(28, "No space left on device")


def no_right():
    raise PermissionError(13, "Permission denied", "/example/.data")


def no_network():
    setup.call(["false"], "Fetching the packages", "Check the network and run again.")


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (no_space, "The disk is full. Make room"),
        (no_right, "/example/.data cannot be written."),
        (no_network, "Fetching the packages failed. Check the network"),
    ],
)
def test_setup_stops_with_a_sentence_and_the_way_out(prepared, step, sentence):
    with pytest.raises(SystemExit) as stopped:
        prepared(step)

    assert str(stopped.value.code).startswith(sentence)


def test_setup_refuses_too_little_room(prepared, monkeypatch):
    monkeypatch.setattr(setup, "LATER_ROOM", 2**40)
    monkeypatch.setattr(setup, "FIRST_TIME_ROOM", 2**40)

    with pytest.raises(SystemExit, match="Make room and run the command again"):
        prepared()


def test_broken_environment_is_not_taken_for_a_whole_one(tmp_path):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)

    assert not setup._runs(python)
    assert not setup._runs(tmp_path / "bin" / "missing")


def test_setup_needs_no_package():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({setup.__file__!r})"],
        capture_output=True,
        check=False,
    )

    assert done.stderr == b""
    assert done.returncode == 0


def test_lock_files_carry_hashes_and_no_address():
    assert check.requirements_are_locked() == ""
    assert check.packages_are_locked() == ""


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("example==1.0\n", "example has no hash"),
        ("--index-url https://packages.example/simple\n", "names an address"),
    ],
)
def test_lock_check_names_what_is_wrong(tmp_path, monkeypatch, line, fault):
    monkeypatch.setattr(check, "BASE_DIR", tmp_path)
    (tmp_path / "requirements").mkdir()
    for name in ("base", "dev"):
        (tmp_path / "requirements" / f"{name}.in").write_text("")
        (tmp_path / "requirements" / f"{name}.txt").write_text(line)

    assert fault in check.requirements_are_locked()
