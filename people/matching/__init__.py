"""Is this person already known to us?

`candidates` is the one question the rest of the system asks. It finds records by index look-ups on
keys made for the names of this town, judges each by calibrated weights, and says why in words. It
never links anybody: a person decides. `docs/matching.md` tells how it works and what it measures.

Whoever changes a name, a date, a number, an address or a mother calls `refresh` in the same
transaction.
"""

from people.matching.judging import Band
from people.matching.keeping import rebuild, refresh, refresh_frequencies, refreshing_once
from people.matching.reasons import Point
from people.matching.search import Answer, Candidate, candidates

__all__ = [
    "Answer",
    "Band",
    "Candidate",
    "Point",
    "candidates",
    "rebuild",
    "refresh",
    "refresh_frequencies",
    "refreshing_once",
]
