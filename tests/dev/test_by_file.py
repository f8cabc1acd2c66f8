"""Which tests a worker is given together."""

import pytest

from dev.by_file import TOGETHER, WHOLE_FILES, ByFile
from dev.services import BASE_DIR


@pytest.mark.parametrize(
    ("test", "goes_with"),
    [
        ("tests/assessments/test_flags.py::test_one[x]", "tests/assessments/test_flags.py"),
        ("tests/mash/test_flow.py::test_one", "tests/mash/test_flow.py::test_one"),
        ("tests/dev/test_killed.py::test_one", "run"),
        ("tests/dev/test_run.py::test_one", "run"),
    ],
)
def test_whole_files_go_to_one_worker_where_something_is_made_once(test, goes_with):
    assert ByFile._split_scope(None, test) == goes_with


def test_the_files_named_are_there():
    named = [*WHOLE_FILES, *TOGETHER]

    assert [name for name in named if not (BASE_DIR / name).exists()] == []


def test_every_file_with_something_made_once_is_given_whole():
    tests = {each.relative_to(BASE_DIR).as_posix(): each for each in BASE_DIR.glob("tests/**/*.py")}
    uses = {name for name, file in tests.items() if "(made_" + "once" in file.read_text()}

    assert len(uses) > 3
    # The people of the access table are made in two statements, wherever its tests run.
    not_whole = {name for name in uses if not name.startswith(WHOLE_FILES)}
    assert not_whole == {"tests/test_access.py"}
