"""A pytest plugin, loaded before Django: real servers for the tests.

Without DATABASE_URL the private test servers are started, or found running from the last time, and
left running; `make clean` stops them. `SFD_TEST_DB=name` gives a run a database of its own, so that
two runs on one machine do not meet.
"""

import os
import zlib

import pytest

from dev import services

os.environ["SFD_TESTING"] = "true"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")

# The workers of pytest-xdist inherit what the first process found; only it may have been given
# servers of somebody's own.
if "SFD_TEST_VALKEY" not in os.environ and not (
    os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")
):
    try:
        urls = services.start(services.TEST)
    except services.Problem as problem:
        pytest.exit(str(problem), returncode=2)
    os.environ.setdefault("DATABASE_URL", urls["postgres"])
    if "REDIS_URL" not in os.environ:
        os.environ["SFD_TEST_VALKEY"] = urls["valkey"].rpartition("/")[0]

if "SFD_TEST_VALKEY" in os.environ:
    # A Valkey database for each worker and run: no test empties the cache of another.
    run = zlib.crc32(os.environ.get("SFD_TEST_DB", "").encode()) % 7
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw") or -1) + 1
    os.environ["REDIS_URL"] = f"{os.environ['SFD_TEST_VALKEY']}/{run * 9 + worker % 9}"
