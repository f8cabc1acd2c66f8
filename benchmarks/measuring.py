"""Timing a call, and counting the queries it makes."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Measured:
    """What one benchmark found."""

    median_ms: float
    p95_ms: float
    spread_ms: float
    queries: int
    runs: int


def measure(call: Callable[[], object], *, warmup: int = 5, runs: int = 50) -> Measured:
    """Call `warmup` times without looking, then `runs` times, each timed on its own.

    :returns: median, 95th percentile and interquartile spread in milliseconds, and the queries of
        one call
    """
    for _ in range(warmup):
        call()
    with CaptureQueriesContext(connection) as captured:
        call()
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    quarters = statistics.quantiles(taken, n=4)
    return Measured(
        median_ms=statistics.median(taken),
        p95_ms=statistics.quantiles(taken, n=20)[-1],
        spread_ms=quarters[2] - quarters[0],
        queries=len(captured),
        runs=runs,
    )
