"""Limits of a contact, a referral and a handover (domain.md 2.1, 2.3, 2.4; decisions.md 16-25)."""

from record.clocks import Rule
from record.models import ClockUnit
from record.policy import Limit

WORKING_TOGETHER = "Working Together to Safeguard Children 2023, chapter 3"
OVERSIGHT = "Local practice: published supervision standards of other authorities"

LIMITS = (
    Limit(
        key="CON-DEC",
        words="Working days to decide the next step on a contact",
        type=int,
        default=1,
        unit="working days",
        is_statutory=True,
        minimum=0,
        maximum=1,
        source=WORKING_TOGETHER,
    ),
    Limit(
        key="CON-RED",
        words="Hours in which a MASH manager sees a red or immediate-danger contact",
        type=int,
        default=1,
        unit="hours",
        minimum=1,
        maximum=24,
        source="Our choice",
    ),
    Limit(
        key="CON-FB",
        words="Working days to tell the referrer the outcome",
        type=int,
        default=1,
        unit="working days",
        minimum=0,
        maximum=5,
        source="Local practice: every decision is fed back to the referrer",
    ),
    Limit(
        key="CONS-CONF",
        words="Working days to confirm a consent decision made by EDT",
        type=int,
        default=1,
        unit="working days",
        minimum=0,
        maximum=3,
        source="Our choice",
    ),
    Limit(
        key="REF-DEC",
        words="Working days to decide on a referral",
        type=int,
        default=1,
        unit="working days",
        is_statutory=True,
        minimum=0,
        maximum=1,
        source=WORKING_TOGETHER,
    ),
    Limit(
        key="REF-ALLOC",
        words="Working days from acceptance to a named worker",
        type=int,
        default=1,
        unit="working days",
        minimum=0,
        maximum=5,
        source="Our choice",
    ),
    Limit(
        key="HND-ACC",
        words="Working days to accept or return work that was offered",
        type=int,
        default=1,
        unit="working days",
        minimum=0,
        maximum=5,
        source="Our choice",
    ),
    Limit(
        key="REPEAT-MONTHS",
        words="Months in which contacts about a child are counted together",
        type=int,
        default=12,
        unit="months",
        minimum=6,
        maximum=36,
        source="Our choice",
    ),
    Limit(
        key="REPEAT-CONTACTS",
        words="Contacts about a child after which ending with no further action needs an answer",
        type=int,
        default=3,
        unit="contacts",
        minimum=2,
        maximum=5,
        source="Our choice",
    ),
    *(
        Limit(
            key=key,
            words=words,
            type=int,
            default=default,
            unit="working days",
            minimum=1,
            maximum=60,
            source=OVERSIGHT,
        )
        for key, words, default in (
            ("OVS-ALLOC", "Working days to give direction after a worker is named", 2),
            ("OVS-GAP", "Working days a child may go without recorded oversight", 20),
            ("OVS-GAP-STEADY", "The same, on a plan past its first review", 40),
            ("OVS-GAP-EARLY-HELP", "The same, in early help", 30),
            ("OVS-GAP-RED", "Working days over that, after which the gap is red", 10),
            ("OVS-ACT", "Working days after which a direction not carried out is raised", 1),
            ("OVS-ACT-RED", "Working days after which it is red", 10),
        )
    ),
)

RULES = (
    Rule(
        code="CON-DEC",
        words="Decide the next step by the end of the next working day after a contact is received",
        unit=ClockUnit.WORKING_DAYS,
        limit="CON-DEC",
        source=WORKING_TOGETHER,
        is_statutory=True,
    ),
    Rule(
        code="CON-RED",
        words="A MASH manager sees a red or immediate-danger contact within 1 hour of receipt",
        unit=ClockUnit.ELAPSED_HOURS,
        limit="CON-RED",
        source="Our choice",
        is_red_class=True,
    ),
    Rule(
        code="CON-FB",
        words="Tell the referrer the outcome by the end of the working day after the decision",
        unit=ClockUnit.WORKING_DAYS,
        limit="CON-FB",
        source="Local practice",
    ),
    Rule(
        code="CONS-CONF",
        words="A MASH manager confirms an EDT consent decision by the end of the next working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="CONS-CONF",
        source="Our choice",
    ),
    Rule(
        code="REF-DEC",
        words="Decide on a referral by the end of the next working day after it is received",
        unit=ClockUnit.WORKING_DAYS,
        limit="REF-DEC",
        source=WORKING_TOGETHER,
        is_statutory=True,
    ),
    Rule(
        code="REF-ALLOC",
        words="Name a worker by the end of the working day after the referral is accepted",
        unit=ClockUnit.WORKING_DAYS,
        limit="REF-ALLOC",
        source="Our choice",
    ),
    Rule(
        code="HND-ACC",
        words="Accept or return offered work by the end of the next working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="HND-ACC",
        source="Our choice",
    ),
)
