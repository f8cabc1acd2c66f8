"""Limits of assessments, enquiries, plans and transfers."""

from record.clocks import Rule
from record.models import ClockUnit
from record.policy import Limit

OURS = "Our choice"
PLAN_PRACTICE = "Local practice: published child in need procedures of other authorities"
PLAN_PANEL = "Local practice: Slough’s child in need panel, plans of 9 to 12 months and over"

PLAN_LIMITS = (
    *(
        Limit(
            key=key,
            words=words,
            type=int,
            default=default,
            unit="working days",
            minimum=1,
            maximum=maximum,
            source=PLAN_PRACTICE,
        )
        for key, words, default, maximum in (
            ("CIN-MEET", "Working days from the assessment to the first plan meeting", 10, 20),
            ("CIN-REV-1", "Working days from the start of a plan to its first review", 30, 45),
            ("CIN-REV", "Working days from one review of a plan to the next", 60, 65),
            ("CIN-VISIT", "Working days between visits to a child with a plan", 20, 20),
        )
    ),
    *(
        Limit(
            key=f"CIN-DRIFT-{months}",
            words=f"Months after which {who} asks whether a plan still changes anything",
            type=int,
            default=months,
            unit="months",
            minimum=1,
            maximum=months,
            source=PLAN_PANEL,
        )
        for months, who in ((6, "the manager"), (9, "a head of service"), (12, "a head of service"))
    ),
)
PLAN_RULES = (
    *(
        Rule(
            code=code,
            words=words,
            unit=ClockUnit.WORKING_DAYS,
            limit=code,
            source=PLAN_PRACTICE,
        )
        for code, words in (
            ("CIN-MEET", "Hold the first plan meeting within 10 working days of the assessment"),
            ("CIN-REV-1", "Review a plan within 30 working days of its start"),
            ("CIN-REV", "Review a plan within 60 working days of the last review"),
            ("CIN-VISIT", "See a child with a plan at least every 20 working days"),
        )
    ),
    *(
        Rule(
            code=f"CIN-DRIFT-{months}",
            words=f"{who} checks a plan open {months} months",
            unit=ClockUnit.CALENDAR_MONTHS,
            limit=f"CIN-DRIFT-{months}",
            source=PLAN_PANEL,
        )
        for months, who in ((6, "The manager"), (9, "A head of service"), (12, "A head of service"))
    ),
)

LIMITS: tuple[Limit, ...] = PLAN_LIMITS
RULES: tuple[Rule, ...] = PLAN_RULES
