"""Limits of this room: numbers of days, years and minutes, with their source."""

from typing import Final

from record.policy import Limit

ADULT_AT_YEARS: Final = 18
#: CIN census 2025-26: a child is not born more than 25 years ago without a warning.
OLDEST_CHILD_YEARS: Final = 25
#: CIN census 2025-26 rule 8530: an expected date lies at most 280 days ahead.
EXPECTED_DAYS_AHEAD: Final = 280
EXPECTED_DAYS_PAST: Final = 30
#: A possible duplicate that was left for later is listed again after so many days.
LOOK_AGAIN_AFTER_DAYS: Final = 14
#: Records compared with all others in one night.
COMPARED_IN_A_NIGHT: Final = 5_000
#: Batches of 500 people whose search keys one run of the task makes anew for changed names.
VARIANT_BATCHES: Final = 40
BREAK_GLASS: Final = Limit(
    key="people.break_glass_minutes",
    words="How long an emergency opening of a restricted record lasts",
    type=int,
    default=60,
    unit="minutes",
    minimum=5,
    maximum=240,
    source="Local policy",
)
LIMITS: Final = (BREAK_GLASS,)
