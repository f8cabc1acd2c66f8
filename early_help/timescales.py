"""Limits of early help (domain.md 2.8, 2.9; decisions.md 23, 76).

No statute sets a limit to the wait for early help; those here are the service's own. A wait is
counted from the consented request to the first appointment kept.
"""

from cases.choices import Priority
from record.clocks import Rule
from record.models import ClockUnit
from record.policy import Limit

OURS = "Our choice: no outside limit exists for early help waits"
TWELVE_WEEKS = "Local practice: published early help standard of another authority"

START_DAYS = {Priority.P1: 5, Priority.P2: 20, Priority.P3: 40}
SEVERE_DAYS = {Priority.P1: 10, Priority.P2: 30, Priority.P3: 60}
REVIEW_DAYS = {Priority.P1: 5, Priority.P2: 10, Priority.P3: 20}


def start_rule(priority: str) -> str:
    """The limit by which help starts."""
    return f"EH-START-{priority.upper()}"


def severe_rule(priority: str) -> str:
    """The limit after which a wait is severely delayed."""
    return f"EH-SEVERE-{priority.upper()}"


def review_rule(priority: str) -> str:
    """The limit by which a family that waits is rung and reviewed."""
    return f"EH-REVIEW-{priority.upper()}"


START_RULES = tuple(start_rule(each) for each in Priority.values)
SEVERE_RULES = tuple(severe_rule(each) for each in Priority.values)
REVIEW_RULES = tuple(review_rule(each) for each in Priority.values)


def _days(key: str, words: str, default: int, *, maximum: int, source: str = OURS) -> Limit:
    return Limit(
        key=key,
        words=words,
        type=int,
        default=default,
        unit="working days",
        minimum=1,
        maximum=maximum,
        source=source,
    )


LIMITS: tuple[Limit, ...] = (
    *(
        _days(
            start_rule(each),
            f"Working days from the consented request to the start of help, {each.label}",
            START_DAYS[each],
            maximum=120,
        )
        for each in Priority
    ),
    *(
        _days(
            severe_rule(each),
            f"Working days after which a wait is severely delayed, {each.label}",
            SEVERE_DAYS[each],
            maximum=120,
        )
        for each in Priority
    ),
    *(
        _days(
            review_rule(each),
            f"Working days between safe-checks of a family that waits, {each.label}",
            REVIEW_DAYS[each],
            maximum=40,
        )
        for each in Priority
    ),
    _days(
        "EH-FB",
        "Working days to tell whoever asked for early help what was decided",
        1,
        maximum=5,
    ),
    _days(
        "EH-1V",
        "Working days from the family's acceptance to the first visit",
        5,
        maximum=20,
    ),
    _days("EH-EHA", "Working days from the family's acceptance to its assessment", 30, maximum=60),
    _days(
        "EH-TAF-1",
        "Working days from the assessment to the first meeting of the team around the family",
        10,
        maximum=30,
    ),
    _days(
        "EH-TAF",
        "Working days between meetings of the team around the family, where no date is set",
        30,
        maximum=60,
        source=TWELVE_WEEKS,
    ),
    _days(
        "EH-TAF-MOST",
        "Working days within which the team around the family meets again at the latest",
        60,
        maximum=60,
        source=TWELVE_WEEKS,
    ),
    _days("EH-VISIT", "Working days between visits to a family that is helped", 20, maximum=40),
    Limit(
        key="EH-ATTEMPTS",
        words="Attempts to reach a family before no answer counts as declining",
        type=int,
        default=3,
        unit="attempts",
        minimum=3,
        maximum=10,
        source=OURS,
    ),
    _days(
        "EH-ATTEMPT-DAYS",
        "Working days over which those attempts are made",
        10,
        maximum=40,
    ),
    _days(
        "EH-PAUSE",
        "Working days for which a family may ask its wait to pause",
        20,
        maximum=40,
    ),
    _days(
        "EH-REVIEW-LATE",
        "Working days past its limit after which a safe-check not made is flagged",
        2,
        maximum=5,
    ),
    _days(
        "EH-RISE",
        "Working days to decide what follows when a family that waits is worse off",
        1,
        maximum=3,
    ),
    Limit(
        key="EH-DECLINE-MOST",
        words="Declines because of the wait, above which the head of service is told",
        type=int,
        default=3,
        unit="declines",
        minimum=1,
        maximum=50,
        source=OURS,
    ),
    Limit(
        key="EH-DECLINE-DAYS",
        words="Days in which those declines are counted",
        type=int,
        default=30,
        unit="days",
        minimum=7,
        maximum=92,
        source=OURS,
    ),
    Limit(
        key="EH-RETURN-MONTHS",
        words="Months in which a family's return is set beside its earlier early help",
        type=int,
        default=12,
        unit="months",
        minimum=6,
        maximum=36,
        source="Our choice",
    ),
)

RULES: tuple[Rule, ...] = (
    *(
        Rule(
            code=start_rule(each),
            words=f"Help starts within {START_DAYS[each]} working days of the consented request,"
            f" priority {each.value[1]}",
            unit=ClockUnit.WORKING_DAYS,
            limit=start_rule(each),
            source=OURS,
        )
        for each in Priority
    ),
    *(
        Rule(
            code=severe_rule(each),
            words=f"The head of service is told of a wait over {SEVERE_DAYS[each]} working days,"
            f" priority {each.value[1]}",
            unit=ClockUnit.WORKING_DAYS,
            limit=severe_rule(each),
            source=OURS,
        )
        for each in Priority
    ),
    *(
        Rule(
            code=review_rule(each),
            words=f"A family that waits is rung and reviewed every {REVIEW_DAYS[each]} working"
            f" days, priority {each.value[1]}",
            unit=ClockUnit.WORKING_DAYS,
            limit=review_rule(each),
            source=OURS,
        )
        for each in Priority
    ),
    Rule(
        code="EH-1V",
        words="First visit within 5 working days of the family accepting the offer",
        unit=ClockUnit.WORKING_DAYS,
        limit="EH-1V",
        source=OURS,
    ),
    Rule(
        code="EH-EHA",
        words="Each child is assessed within 30 working days of the family accepting the offer",
        unit=ClockUnit.WORKING_DAYS,
        limit="EH-EHA",
        source=OURS,
    ),
    Rule(
        code="EH-TAF-1",
        words="The team around the family first meets within 10 working days of the assessment",
        unit=ClockUnit.WORKING_DAYS,
        limit="EH-TAF-1",
        source=OURS,
    ),
    Rule(
        code="EH-TAF",
        words="The team around the family meets again by the date it set, within 60 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="EH-TAF",
        source=TWELVE_WEEKS,
    ),
    Rule(
        code="EH-VISIT",
        words="A family that is helped is visited every 20 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="EH-VISIT",
        source=OURS,
    ),
    Rule(
        code="EH-FB",
        words="Tell whoever asked for help by the end of the next working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="EH-FB",
        source=OURS,
    ),
)
