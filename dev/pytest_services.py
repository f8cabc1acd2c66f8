"""A pytest plugin, loaded before Django: real servers for the tests.

Without DATABASE_URL the private test servers are started, or found running from the last time, and
left running; `make clean` stops them. `SFD_TEST_DB=name` gives a run a database of its own, so that
two runs on one machine do not meet.
"""

import os

import pytest

from dev import services

OUR_VALKEY = "SFD_TEST_VALKEY"
os.environ["SFD_TESTING"] = "true"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    try:
        urls = services.start(services.TEST)
    except services.Problem as problem:
        pytest.exit(str(problem), returncode=2)
    os.environ.setdefault("DATABASE_URL", urls["postgres"])
    if "REDIS_URL" not in os.environ:
        os.environ[OUR_VALKEY] = urls["valkey"]
if OUR_VALKEY in os.environ:
    # Each xdist worker gets a Valkey database of its own, 0 for a run without workers. A worker
    # inherits what the first process has set, so the number is given anew in each.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    number = int(worker) + 1 if worker else 0
    os.environ["REDIS_URL"] = os.environ[OUR_VALKEY].rpartition("/")[0] + f"/{number}"
