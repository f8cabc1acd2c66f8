"""Limits of a contact, a referral and a handover (domain.md 2.1, 2.3, 2.4; decisions.md 16-25)."""

from record.clocks import Rule
from record.models import ClockUnit
from record.policy import Limit

WORKING_TOGETHER = "Working Together to Safeguard Children 2023, chapter 3"
OVERSIGHT = "Local practice: published supervision standards of other authorities"
SLOUGH_REFERRALS = "Local practice: Slough LSCB procedures, Referrals chapter"

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
        key="REF-SEEN",
        words="Working days from the referral in which the child is seen",
        type=int,
        default=5,
        unit="working days",
        minimum=1,
        maximum=10,
        source="Our choice",
    ),
    Limit(
        key="REF-SEEN-CP",
        words="Hours from the referral in which a child is seen where they may be at risk of harm",
        type=int,
        default=24,
        unit="hours",
        minimum=1,
        maximum=48,
        source=SLOUGH_REFERRALS,
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
        key="EH-SCR",
        words="Working days to screen a request for early help",
        type=int,
        default=2,
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
            (
                "OVS-GAP-SOON",
                "Working days before the limit when oversight is listed as due",
                5,
            ),
            ("OVS-ACT", "Working days after which a direction not carried out is raised", 1),
            ("OVS-ACT-RED", "Working days after which it is red", 10),
            (
                "COC-WORKER-GAP",
                "Working days without a visit after a worker changed, when it is a change",
                5,
            ),
            (
                "COC-UNSEEN",
                "Working days unseen, after which visits that fail are an immediate change",
                10,
            ),
            (
                "COC-BACKGROUND",
                "Working days in which the household is written down without raising changes",
                10,
            ),
        )
    ),
    *(
        Limit(
            key=key,
            words=words,
            type=int,
            default=default,
            unit=unit,
            minimum=0,
            maximum=most,
            source="Our choice",
        )
        for key, words, default, unit, most in (
            ("COC-TRIAGE-I", "Office hours to triage an immediate change", 4, "office hours", 8),
            ("COC-TRIAGE-S", "Working days to triage a significant change", 1, "working days", 3),
            ("COC-TRIAGE-R", "Working days to triage a routine change", 3, "working days", 5),
            ("COC-REVIEW-I", "Working days to review an immediate change", 1, "working days", 2),
            ("COC-REVIEW-S", "Working days to review a significant change", 5, "working days", 10),
            ("COC-REVIEW-R", "Working days to review a routine change", 10, "working days", 20),
            ("COC-DECIDE-I", "Office hours to decide on an immediate change", 4, "office hours", 8),
            (
                "COC-DECIDE-S",
                "Working days to decide on a significant change",
                1,
                "working days",
                3,
            ),
            ("COC-DECIDE-R", "Working days to decide on a routine change", 2, "working days", 5),
            ("COC-SEEN", "Hours to see a child whom an immediate change concerns", 24, "hours", 48),
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
        code="REF-SEEN",
        words="See the child within 5 working days of the referral",
        unit=ClockUnit.WORKING_DAYS,
        limit="REF-SEEN",
        source="Our choice",
    ),
    Rule(
        code="REF-SEEN-CP",
        words="A social worker sees a child who may be at risk of harm within 24 hours"
        " of the referral",
        unit=ClockUnit.ELAPSED_HOURS,
        limit="REF-SEEN-CP",
        source=SLOUGH_REFERRALS,
        is_red_class=True,
    ),
    Rule(
        code="EH-SCR",
        words="Screen a request for early help within 2 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="EH-SCR",
        source="Our choice",
    ),
    Rule(
        code="HND-ACC",
        words="Accept or return offered work by the end of the next working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="HND-ACC",
        source="Our choice",
    ),
    *(
        Rule(
            code=code,
            words=words,
            unit=unit,
            limit=code,
            source="Our choice",
            is_red_class=code.endswith("-I"),
        )
        for code, words, unit in (
            (
                "COC-TRIAGE-I",
                "Triage an immediate change within 4 office hours of learning of it",
                ClockUnit.WORKING_HOURS,
            ),
            (
                "COC-TRIAGE-S",
                "Triage a significant change by the end of the next working day",
                ClockUnit.WORKING_DAYS,
            ),
            (
                "COC-TRIAGE-R",
                "Triage a routine change within 3 working days",
                ClockUnit.WORKING_DAYS,
            ),
            (
                "COC-REVIEW-I",
                "Review the risk to each child by the end of the next working day",
                ClockUnit.WORKING_DAYS,
            ),
            (
                "COC-REVIEW-S",
                "Review the risk to each child within 5 working days of learning of a change",
                ClockUnit.WORKING_DAYS,
            ),
            (
                "COC-REVIEW-R",
                "Review the risk to each child within 10 working days of learning of a change",
                ClockUnit.WORKING_DAYS,
            ),
            (
                "COC-DECIDE-I",
                "Decide on an immediate change within 4 office hours of the last review",
                ClockUnit.WORKING_HOURS,
            ),
            (
                "COC-DECIDE-S",
                "Decide on a significant change by the end of the working day after the last"
                " review",
                ClockUnit.WORKING_DAYS,
            ),
            (
                "COC-DECIDE-R",
                "Decide on a routine change within 2 working days of the last review",
                ClockUnit.WORKING_DAYS,
            ),
        )
    ),
    Rule(
        code="COC-SEEN",
        words="See each child whom an immediate change concerns within 24 hours of learning of it",
        unit=ClockUnit.ELAPSED_HOURS,
        limit="COC-SEEN",
        source="Our choice",
        is_red_class=True,
    ),
)
