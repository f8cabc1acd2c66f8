"""The staleness sweep over 200,000 open children, beside psql; `staleness.py` does any size."""

import os
import statistics

from benchmarks.measuring import Measured
from benchmarks.staleness import CHILDREN, failures, measured, report


def bench_staleness() -> Measured:
    """Sweeps with nothing changed; `STALENESS_CHILDREN` makes it smaller."""
    found = measured(int(os.environ.get("STALENESS_CHILDREN", CHILDREN)))
    print(report(found), flush=True)
    assert failures(found) == [], failures(found)
    taken = [each * 1000 for each in found.idle]
    quarters = statistics.quantiles(taken, n=4)
    return Measured(
        median_ms=statistics.median(taken),
        p95_ms=max(taken),
        spread_ms=quarters[2] - quarters[0],
        queries=found.statements,
        runs=len(taken),
    )
