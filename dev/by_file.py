"""How the tests are shared out among the workers of pytest-xdist: a file at a time.

The tests of a file have histories in common that are made once (`made_once` in tests/conftest.py).
What is long and has nothing in common is shared out a test at a time, to fill what is left.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ONE_AT_A_TIME = frozenset({"tests/test_access.py", "tests/test_nested_addresses.py"})
# Both start the whole service, one after the other.
TOGETHER = {"tests/dev/test_killed.py": "run", "tests/dev/test_run.py": "run"}


class ByFile(LoadScopeScheduling):
    """Gives a worker a whole file, those with the most tests first."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return nodeid if file in ONE_AT_A_TIME else TOGETHER.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: Any, log: Any) -> ByFile:
    """Share out by file."""
    return ByFile(config, log)
