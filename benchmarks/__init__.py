"""How long pages and searches take on seeded data of a stated size; outside the tests.

A file `bench_<subject>.py` holds functions `bench_<what>` that return `measure(...)`. What a
function names as arguments it is given: `client`, a Django test client, and any role by its code
(`mash_manager`), somebody of the seeded authority who holds it. `P95_BUDGET_MS` in the file is its
budget, beside a comment that says on how much data.
"""
