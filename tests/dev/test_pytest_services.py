"""Tests that run side by side do not meet in the cache."""

import os

from django.conf import settings


def test_each_worker_has_a_valkey_database_of_its_own():
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    base = os.environ.get("SFD_TEST_VALKEY")
    number = int(settings.REDIS_URL.rpartition("/")[2])

    assert base is None or number % 9 == (int(worker) + 1 if worker else 0)
