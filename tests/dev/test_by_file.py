"""Which tests a worker is given together."""

import pytest

from dev.by_file import ONE_AT_A_TIME, TOGETHER, ByFile
from dev.services import BASE_DIR


@pytest.mark.parametrize(
    ("test", "goes_with"),
    [
        ("tests/cases/test_flags.py::test_one[x]", "tests/cases/test_flags.py"),
        (
            "tests/test_access.py::test_one[mash:board]",
            "tests/test_access.py::test_one[mash:board]",
        ),
        ("tests/dev/test_killed.py::test_one", "run"),
        ("tests/dev/test_run.py::test_one", "run"),
    ],
)
def test_a_file_goes_to_one_worker_but_for_what_is_long(test, goes_with):
    assert ByFile._split_scope(None, test) == goes_with


def test_the_files_named_are_there():
    named = [*ONE_AT_A_TIME, *TOGETHER]

    assert [name for name in named if not (BASE_DIR / name).is_file()] == []
