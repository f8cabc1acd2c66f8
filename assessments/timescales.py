"""Limits of assessments, enquiries, plans and transfers."""

from datetime import timedelta

from record.clocks import Rule
from record.models import ClockUnit
from record.policy import Limit

WORKING_TOGETHER = "Working Together to Safeguard Children 2023, chapter 3"
REVIEWS = "Local practice: published review points of other authorities"
OURS = "Our choice"
STANDARDS = "Local practice: published assessment standards of other authorities"
PLAN_PRACTICE = "Local practice: published child in need procedures of other authorities"
PLAN_PANEL = "Local practice: Slough’s child in need panel, plans of 9 to 12 months and over"

ASSESSMENT_LIMITS = (
    Limit(
        key="CFA-45",
        words="Working days from the referral to an authorised assessment",
        type=int,
        default=45,
        unit="working days",
        is_statutory=True,
        minimum=10,
        maximum=45,
        source=WORKING_TOGETHER,
    ),
    Limit(
        key="CFA-RE",
        words="Working days from starting to authorising a further assessment or an update",
        type=int,
        default=45,
        unit="working days",
        minimum=1,
        maximum=60,
        source=OURS,
    ),
    *(
        Limit(
            key=f"CFA-CP{number}",
            words=f"Working days from the referral to checkpoint {number}",
            type=int,
            default=default,
            unit="working days",
            minimum=1,
            maximum=45,
            source=source,
        )
        for number, default, source in ((1, 10, REVIEWS), (2, 20, REVIEWS), (3, 35, OURS))
    ),
    *(
        Limit(
            key=key,
            words=words,
            type=int,
            default=default,
            unit="working days",
            minimum=minimum,
            maximum=maximum,
            source=OURS,
        )
        for key, words, default, minimum, maximum in (
            ("CFA-CP-LATE", "Working days after a checkpoint when it is raised", 2, 1, 5),
            (
                "CFA-UNSEEN",
                "Working days from the referral after which a child not seen is red",
                10,
                5,
                20,
            ),
            (
                "CFA-SOON",
                "Working days from the referral to a warning that an assessment is due",
                40,
                5,
                44,
            ),
            (
                "CFA-CRITICAL",
                "Working days after which an assessment not authorised is critical",
                60,
                46,
                90,
            ),
        )
    ),
    Limit(
        key="CFA-SUBMIT",
        words="Working days to authorise or return an assessment that was submitted",
        type=int,
        default=5,
        unit="working days",
        minimum=1,
        maximum=10,
        source=OURS,
    ),
    Limit(
        key="CFA-VALID",
        words="Months for which an authorised assessment counts as current",
        type=int,
        default=12,
        unit="months",
        minimum=6,
        maximum=12,
        source="Local practice: at least every 12 months and whenever something changes",
    ),
    Limit(
        key="CFA-VALID-WARN",
        words="Months after which an authorised assessment should be looked at again",
        type=int,
        default=6,
        unit="months",
        minimum=3,
        maximum=12,
        source=OURS,
    ),
)

ASSESSMENT_RULES = (
    Rule(
        code="CFA-45",
        words="Authorise the assessment within 45 working days of the referral",
        unit=ClockUnit.WORKING_DAYS,
        limit="CFA-45",
        source=WORKING_TOGETHER,
        is_statutory=True,
    ),
    Rule(
        code="CFA-RE",
        words="Authorise a further assessment or an update within 45 working days of its start",
        unit=ClockUnit.WORKING_DAYS,
        limit="CFA-RE",
        source=OURS,
    ),
    Rule(
        code="CFA-PASS",
        words="Answer for a restricted child by the time at which the assessment of the family is"
        " due",
        unit=ClockUnit.WORKING_DAYS,
        limit="CFA-45",
        source=OURS,
    ),
    Rule(
        code="CFA-CP1",
        words="Checkpoint 1: agree the length within 10 working days of the referral, or of"
        " the start of a further assessment",
        unit=ClockUnit.WORKING_DAYS,
        limit="CFA-CP1",
        source=REVIEWS,
    ),
    Rule(
        code="CFA-CP2",
        words="Checkpoint 2: review within 20 working days of the referral, or of"
        " the start of a further assessment",
        unit=ClockUnit.WORKING_DAYS,
        limit="CFA-CP2",
        source=REVIEWS,
    ),
    Rule(
        code="CFA-CP3",
        words="Checkpoint 3: written up and submitted within 35 working days of the referral, or of"
        " the start of a further assessment",
        unit=ClockUnit.WORKING_DAYS,
        limit="CFA-CP3",
        source=OURS,
    ),
    Rule(
        code="CFA-SUBMIT",
        words="Authorise or return a submitted assessment within 5 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="CFA-SUBMIT",
        source=OURS,
    ),
    Rule(
        code="CFA-VALID",
        words="Assess again within 12 months of the authorised assessment",
        unit=ClockUnit.CALENDAR_MONTHS,
        limit="CFA-VALID",
        source="Local practice: at least every 12 months and whenever something changes",
        warn="CFA-VALID-WARN",
    ),
)

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

REPORTS = (
    "Local practice: conference reports are shared 2 to 5 working days before in other authorities"
)
SLOUGH_REFERRALS = "Local practice: Slough LSCB procedures, Referrals chapter"
SECTION_47_LIMITS = (
    Limit(
        key="ICPC-RPT",
        words="Working days before an initial conference by which its report is shared with the"
        " family",
        type=int,
        default=2,
        unit="working days",
        minimum=1,
        maximum=5,
        source=REPORTS,
    ),
    Limit(
        key="S47-ICPC",
        words="Working days from the strategy discussion that began an enquiry to the initial"
        " conference",
        type=int,
        default=15,
        unit="working days",
        is_statutory=True,
        minimum=5,
        maximum=15,
        source=WORKING_TOGETHER,
    ),
    Limit(
        key="ICPC-DUE",
        words="Working days from the strategy discussion, or from another authority’s word, to a"
        " warning that the conference is due",
        type=int,
        default=10,
        unit="working days",
        minimum=1,
        maximum=14,
        source=OURS,
    ),
    Limit(
        key="S47-SEEN",
        words="Hours from the decision to enquire in which a social worker sees the child",
        type=int,
        default=24,
        unit="hours",
        minimum=1,
        maximum=24,
        source=SLOUGH_REFERRALS,
    ),
    Limit(
        key="S47-OUT",
        words="Working days from the strategy discussion to the outcome of the enquiry",
        type=int,
        default=10,
        unit="working days",
        minimum=1,
        maximum=15,
        source=OURS,
    ),
    Limit(
        key="SD-REV",
        words="Working days to a further strategy discussion while an enquiry runs",
        type=int,
        default=10,
        unit="working days",
        minimum=1,
        maximum=15,
        source=OURS,
    ),
)
SECTION_47_RULES = (
    Rule(
        code="S47-ICPC",
        words="Hold the initial conference within 15 working days of the strategy discussion at"
        " which the enquiry began",
        unit=ClockUnit.WORKING_DAYS,
        limit="S47-ICPC",
        source=WORKING_TOGETHER,
        is_statutory=True,
    ),
    Rule(
        code="ICPC-RPT",
        words="Share the report with parents and child 2 working days before the conference",
        unit=ClockUnit.WORKING_DAYS,
        limit="ICPC-RPT",
        source=REPORTS,
    ),
    Rule(
        code="S47-SEEN",
        words="A social worker sees the child within 24 hours of the decision to enquire, or of our"
        " hearing of the birth",
        unit=ClockUnit.ELAPSED_HOURS,
        limit="S47-SEEN",
        source=SLOUGH_REFERRALS,
        is_red_class=True,
    ),
    Rule(
        code="S47-OUT",
        words="Conclude the enquiry within 10 working days, so that a conference is possible by 15",
        unit=ClockUnit.WORKING_DAYS,
        limit="S47-OUT",
        source=OURS,
    ),
    Rule(
        code="SD-REV",
        words="Discuss again within 10 working days while the enquiry runs",
        unit=ClockUnit.WORKING_DAYS,
        limit="SD-REV",
        source=OURS,
    ),
)

#: A box in which somebody typed so lately is theirs; others read it, and may ask for it.
WRITING_FOR = timedelta(minutes=2)
#: How lately somebody's page must have asked for them to be here.
HERE_FOR = timedelta(seconds=45)
#: How often a version is kept while somebody goes on writing (decisions.md 86).
KEPT_EVERY = timedelta(minutes=10)

CHECKPOINTS = {1: "CFA-CP1", 2: "CFA-CP2", 3: "CFA-CP3"}
TO_AUTHORISE = ("CFA-45", "CFA-RE")
PASSED_ON = "CFA-PASS"
TO_SEE = ("REF-SEEN", "REF-SEEN-CP")

CORE_GROUPS = "Local practice: core groups at least every six weeks in another authority"
CPP_VISITS = "Local practice: published child protection visiting rules of other authorities"
#: (code, words, number, unit, source, whether it is statutory)
PROTECTION = (
    (
        "CG-1",
        "Hold the first core group within 10 working days of the initial conference",
        10,
        ClockUnit.WORKING_DAYS,
        WORKING_TOGETHER,
        True,
    ),
    (
        "CG-N",
        "Hold a core group within 30 working days of the last one",
        30,
        ClockUnit.WORKING_DAYS,
        CORE_GROUPS,
        False,
    ),
    (
        "RCPC-1",
        "Hold the first review conference within 3 months of the initial conference",
        3,
        ClockUnit.CALENDAR_MONTHS,
        WORKING_TOGETHER,
        True,
    ),
    (
        "RCPC-N",
        "Hold a review conference within 6 months of the last one",
        6,
        ClockUnit.CALENDAR_MONTHS,
        WORKING_TOGETHER,
        True,
    ),
    (
        "CPV",
        "See a child with a protection plan at least every 10 working days",
        10,
        ClockUnit.WORKING_DAYS,
        CPP_VISITS,
        False,
    ),
)
PROTECTION_LIMITS = tuple(
    Limit(
        key=code,
        words=words,
        type=int,
        default=number,
        unit="months" if unit == ClockUnit.CALENDAR_MONTHS else "working days",
        is_statutory=is_statutory,
        minimum=1,
        maximum=number,
        source=source,
    )
    for code, words, number, unit, source, is_statutory in PROTECTION
)
PROTECTION_RULES = tuple(
    Rule(
        code=code,
        words=words,
        unit=unit,
        limit=code,
        source=source,
        is_statutory=is_statutory,
    )
    for code, words, _number, unit, source, is_statutory in PROTECTION
)

TRANSFERS = (
    ("TRF-MEET", "Hold the transfer meeting within 5 working days of the family being ready", 5),
    ("TRF-ALLOC", "Name a worker within 10 working days of accepting the family", 10),
    ("TRF-JV", "Make the joint visit within 10 working days of naming the worker", 10),
    ("TRF-REV", "Look at a family that waits for a worker every 5 working days", 5),
    ("TRF-VISIT", "See each child who waits at least every 20 working days", 20),
    ("TRF-VISIT-CPP", "See a child with a protection plan who waits every 10 working days", 10),
    ("TRF-LONG", "Complete the transfer within 20 working days of the family being ready", 20),
    ("TRF-LONG-DCS", "Tell the director when a transfer takes 30 working days", 30),
    ("TRF-DISPUTE", "A head of service decides a disagreement within 2 working days", 2),
    ("TRF-PASS", "Answer for a restricted child of a family that is handed on", 5),
)
TRANSFER_LIMITS = (
    *(
        Limit(
            key=code,
            words=words,
            type=int,
            default=days,
            unit="working days",
            minimum=1,
            maximum=days * 2,
            source=OURS,
        )
        for code, words, days in TRANSFERS
    ),
    *(
        Limit(
            key=key,
            words=words,
            type=int,
            default=default,
            unit="working days",
            minimum=1,
            maximum=default * 2,
            source=OURS,
        )
        for key, words, default in (
            ("TRF-SEEN", "Working days before a transfer within which each child is seen", 10),
            ("TRF-SUPERVISION", "Working days before a transfer within which it is supervised", 20),
        )
    ),
)
TRANSFER_RULES = tuple(
    Rule(code=code, words=words, unit=ClockUnit.WORKING_DAYS, limit=code, source=OURS)
    for code, words, _days in TRANSFERS
)

STALE_LIMITS = tuple(
    Limit(
        key=key,
        words=words,
        type=int,
        default=default,
        unit=unit,
        minimum=1,
        maximum=default * 2,
        source=source,
    )
    for key, words, default, unit, source in (
        ("STALE-AGE", "Months after which an assessment is called old", 6, "months", STANDARDS),
        ("STALE-AGE-RED", "Months after which it is out of date", 12, "months", STANDARDS),
        (
            "STALE-WAIT",
            "Working days a child may wait for a transfer without a review of the risk",
            20,
            "working days",
            OURS,
        ),
        (
            "STALE-HH",
            "Working days in which a change of the household is in the assessment or closed",
            1,
            "working days",
            OURS,
        ),
        (
            "STALE-SIGNALS-RED",
            "Working days after which signals without a change are red",
            2,
            "working days",
            OURS,
        ),
    )
)

LIMITS: tuple[Limit, ...] = (
    *ASSESSMENT_LIMITS,
    *PLAN_LIMITS,
    *SECTION_47_LIMITS,
    *PROTECTION_LIMITS,
    *TRANSFER_LIMITS,
    *STALE_LIMITS,
)
RULES: tuple[Rule, ...] = (
    *ASSESSMENT_RULES,
    *PLAN_RULES,
    *SECTION_47_RULES,
    *PROTECTION_RULES,
    *TRANSFER_RULES,
)
