"""Is this person already known to us?

`candidates` is the one question the rest of the system asks. It finds records by index look-ups on
keys made for the names of this town, judges each by calibrated weights, and says why in words. It
never links anybody: a person decides. `docs/matching.md` tells how it works and what it measures.

Whoever changes a name, a date, a number, an address or a mother calls `refresh` in the same
transaction.
"""

from people.matching.doubles import (
    Alike,
    alike,
    doubles_of,
    mark_of_both,
    marks_of,
    next_to_compare,
)
from people.matching.judging import Band
from people.matching.keeping import (
    rebuild,
    refresh,
    refresh_frequencies,
    refreshing_once,
    variants_changed,
)
from people.matching.reasons import Point
from people.matching.search import Answer, Candidate, candidates
from people.matching.variants import (
    Variant,
    is_shipped,
    make_variant_keys,
    one_part,
    variants_of,
)

__all__ = [
    "Alike",
    "Answer",
    "Band",
    "Candidate",
    "Point",
    "Variant",
    "alike",
    "candidates",
    "doubles_of",
    "is_shipped",
    "make_variant_keys",
    "mark_of_both",
    "marks_of",
    "next_to_compare",
    "one_part",
    "rebuild",
    "refresh",
    "refresh_frequencies",
    "refreshing_once",
    "variants_changed",
    "variants_of",
]
