"""The waiting list with 5,000 families beside 50; `waiting.py` does any size."""

from benchmarks.measuring import Measured
from benchmarks.waiting import failures, measured, report


def bench_waiting_list() -> Measured:
    """The first page with 5,000 families waiting."""
    found = measured()
    print(report(found), flush=True)
    assert failures(found) == [], failures(found)
    page = found[max(found)]["first page"]
    return Measured(
        median_ms=page.median_ms,
        p95_ms=page.p95_ms,
        spread_ms=page.spread_ms,
        queries=page.queries,
        runs=50,
    )
