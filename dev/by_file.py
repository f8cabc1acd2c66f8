"""How the tests are shared out among the workers of pytest-xdist.

Where the tests of a file have a history in common that is made once (`made_once` in
tests/conftest.py), a worker is given the whole file. All others are given one at a time and in
their order, so that those which empty the tables come last.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

WHOLE_FILES = (
    "tests/assessments/",
    "tests/demonstration/test_agencies.py",
    "tests/demonstration/test_histories.py",
    "tests/demonstration/test_samples.py",
    "tests/demonstration/test_waits.py",
)
# Both start the whole service, one after the other.
TOGETHER = {"tests/dev/test_killed.py": "run", "tests/dev/test_run.py": "run"}


class ByFile(LoadScopeScheduling):
    """Gives a worker a whole file of those above, or a test."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return file if file.startswith(WHOLE_FILES) else TOGETHER.get(file, nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: Any, log: Any) -> ByFile:
    """Share out by file, in the order of the tests."""
    config.option.loadscopereorder = False
    return ByFile(config, log)
