"""Limits of the MASH (domain.md 2.2, 2.5, 2.17, 2.18; decisions.md 17-24)."""

from datetime import time

from record.clocks import Rule
from record.models import ClockUnit
from record.policy import Limit

SURREY = "Local practice: published MASH standard of another police area"
MERTON = "Local practice: published agency answer times of another authority"
OURS = "Our choice"
MISSING_2014 = "Statutory guidance on children who run away or go missing from home or care, 2014"
LOCAL = "Local practice"
PROTOCOL = "Local practice: working protocol with the emergency duty team"
PAN_BERKS = "Local practice: pan-Berkshire exploitation screening and analysis forms"
NRM = "Modern Slavery: how to identify and support victims (statutory guidance)"
SLOUGH_CE = "Local practice: Slough local response protocol on exploitation, 2021"
RAG_RULES = {"red": "MASH-R", "amber": "MASH-A", "green": "MASH-G"}
CHECK_RULES = {"red": "CHK-R", "amber": "CHK-A", "green": "CHK-G"}


def _limit(key: str, words: str, default: int, unit: str, most: int, source: str) -> Limit:
    return Limit(
        key=key,
        words=words,
        type=int,
        default=default,
        unit=unit,
        minimum=0,
        maximum=most,
        source=source,
    )


LIMITS = (
    _limit("MASH-R", "Hours to decide a red MASH enquiry", 4, "hours", 24, SURREY),
    _limit("MASH-A", "Working days to decide an amber enquiry", 1, "working days", 5, SURREY),
    _limit("MASH-G", "Working days to decide a green enquiry", 3, "working days", 10, SURREY),
    _limit("CHK-R", "Hours for an agency to answer, red", 2, "hours", 24, MERTON),
    _limit("CHK-A", "Office hours for an agency to answer, amber", 6, "office hours", 24, MERTON),
    _limit("CHK-G", "Working days for an agency to answer, green", 1, "working days", 5, MERTON),
    _limit("DA-TRIAGE", "Working days to triage domestic abuse", 1, "working days", 3, OURS),
    _limit("EDT-CONF", "Working days to confirm an EDT decision", 1, "working days", 3, OURS),
    _limit("SD-MIN", "Working days to send minutes and actions", 1, "working days", 3, LOCAL),
    _limit(
        "SD-QUORUM", "Working days for police and health to catch up", 1, "working days", 1, OURS
    ),
    _limit("SD-HOLD", "Working days to hold a strategy discussion", 1, "working days", 1, OURS),
    _limit("MIS-SCR", "Working days to screen a missing episode", 1, "working days", 2, OURS),
    _limit("MIS-REPEAT", "Missing episodes after which a discussion is considered", 3, "", 5, OURS),
    _limit("MIS-REPEAT-DAYS", "Days in which missing episodes are counted", 90, "days", 365, OURS),
    _limit(
        "MIS-SD", "Working days to decide about a strategy discussion", 1, "working days", 2, OURS
    ),
    _limit(
        "RHI-SOON", "Hours from a return after which no interview is flagged", 48, "hours", 71, OURS
    ),
    _limit("CE-SCR", "Working days to screen for exploitation", 2, "working days", 5, PAN_BERKS),
    _limit("CE-MGR", "Working days for a manager to decide", 1, "working days", 3, OURS),
    _limit("CE-FORM", "Working days to write the full form", 10, "working days", 20, PAN_BERKS),
    _limit("CE-MAP", "Working days to hold the meeting", 10, "working days", 20, PAN_BERKS),
    _limit("CE-PLAN", "Working days to write the risk plan", 2, "working days", 10, SLOUGH_CE),
    _limit("CE-REV", "Working days to review the risk plan", 30, "working days", 30, PAN_BERKS),
    _limit("CE-REPEAT", "Working days to screen again", 60, "working days", 90, OURS),
    _limit("NRM-RG", "Working days to a reasonable-grounds decision", 5, "working days", 10, NRM),
    _limit("DA-MARAC", "Working days to decide about MARAC", 1, "working days", 3, LOCAL),
    _limit("CE-RED", "Working days late after which it is red", 8, "working days", 20, OURS),
    Limit(
        key="RHI-72",
        words="Hours from a child's return to the return interview",
        type=int,
        default=72,
        unit="hours",
        is_statutory=True,
        minimum=24,
        maximum=72,
        source=MISSING_2014,
    ),
)

RULES = (
    Rule(
        code="CE-SCR",
        words="Screen for exploitation within 2 working days of what was noticed",
        unit=ClockUnit.WORKING_DAYS,
        limit="CE-SCR",
        source=PAN_BERKS,
    ),
    Rule(
        code="CE-MGR",
        words="A manager decides by the end of the working day after the screening",
        unit=ClockUnit.WORKING_DAYS,
        limit="CE-MGR",
        source=OURS,
    ),
    Rule(
        code="CE-FORM",
        words="Write the full indicator and analysis form within 10 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="CE-FORM",
        source=PAN_BERKS,
    ),
    Rule(
        code="CE-MAP",
        words="Hold the risk management or mapping meeting within 10 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="CE-MAP",
        source=PAN_BERKS,
    ),
    Rule(
        code="CE-MAP-REV",
        words="A mapping meeting is looked at again by the date it set, within 30 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="CE-REV",
        source=PAN_BERKS,
    ),
    Rule(
        code="CE-PLAN",
        words="Write a risk management plan within 2 working days of a moderate or higher risk",
        unit=ClockUnit.WORKING_DAYS,
        limit="CE-PLAN",
        source=SLOUGH_CE,
    ),
    Rule(
        code="CE-REV",
        words="Review the risk management plan within 30 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="CE-REV",
        source=PAN_BERKS,
    ),
    Rule(
        code="CE-REPEAT",
        words="Screen again within 60 working days while the risk is emerging or above",
        unit=ClockUnit.WORKING_DAYS,
        limit="CE-REPEAT",
        source=OURS,
    ),
    Rule(
        code="NRM-RG",
        words="The competent authority aims to decide on reasonable grounds within 5 working days",
        unit=ClockUnit.WORKING_DAYS,
        limit="NRM-RG",
        source=NRM,
    ),
    Rule(
        code="MIS-SCR",
        words="Screen a missing episode by the end of the next working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="MIS-SCR",
        source=OURS,
    ),
    Rule(
        code="MIS-SD-24H",
        words="Consider a strategy discussion once a child has been missing for 24 hours",
        unit=ClockUnit.ELAPSED_HOURS,
        limit=24,
        source="Local practice",
        is_red_class=True,
    ),
    Rule(
        code="RHI-72",
        words="Hold the return interview within 72 hours of the return",
        unit=ClockUnit.ELAPSED_HOURS,
        limit="RHI-72",
        source=MISSING_2014,
        is_statutory=True,
    ),
    Rule(
        code="MASH-R",
        words="Decide a red enquiry within 4 hours of receipt, worked to the end after hours",
        unit=ClockUnit.ELAPSED_HOURS,
        limit="MASH-R",
        source=SURREY,
        is_red_class=True,
    ),
    Rule(
        code="MASH-A",
        words="Decide an amber enquiry by the same time on the next working day",
        unit=ClockUnit.SAME_CLOCK_TIME,
        limit="MASH-A",
        source=SURREY,
    ),
    Rule(
        code="MASH-G",
        words="Decide a green enquiry by the same time 3 working days on",
        unit=ClockUnit.SAME_CLOCK_TIME,
        limit="MASH-G",
        source=SURREY,
    ),
    Rule(
        code="CHK-R",
        words="An agency answers within 2 hours of being asked",
        unit=ClockUnit.ELAPSED_HOURS,
        limit="CHK-R",
        source=MERTON,
    ),
    Rule(
        code="CHK-A",
        words="An agency answers within 6 office hours of being asked",
        unit=ClockUnit.WORKING_HOURS,
        limit="CHK-A",
        source=MERTON,
    ),
    Rule(
        code="CHK-G",
        words="An agency answers by the same time on the next working day",
        unit=ClockUnit.SAME_CLOCK_TIME,
        limit="CHK-G",
        source=MERTON,
    ),
    Rule(
        code="DA-TRIAGE",
        words="Domestic abuse triage by the end of the next working day after receipt",
        unit=ClockUnit.WORKING_DAYS,
        limit="DA-TRIAGE",
        source="Local practice: daily multi-agency domestic abuse triage",
    ),
    Rule(
        code="EDT-HO",
        words="EDT passes everything to day services by 09:00 of the next opening",
        unit=ClockUnit.NEXT_OPENING,
        limit=0,
        clock_time=time(9, 0),
        source=PROTOCOL,
    ),
    Rule(
        code="EDT-ACK",
        words="The MASH acknowledges EDT's work by 10:00 of the next opening",
        unit=ClockUnit.NEXT_OPENING,
        limit=0,
        clock_time=time(10, 0),
        source=OURS,
        is_red_class=True,
    ),
    Rule(
        code="EDT-ACK-DAY",
        words="The MASH acknowledges what EDT writes while the office is open within 1 office hour",
        unit=ClockUnit.WORKING_HOURS,
        limit=1,
        source=OURS,
        is_red_class=True,
    ),
    Rule(
        code="EDT-CONF",
        words="A MASH manager confirms an EDT decision by the end of the next working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="EDT-CONF",
        source=OURS,
    ),
    Rule(
        code="SD-HOLD",
        words="Hold the strategy discussion by the end of the next working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="SD-HOLD",
        source="Local practice",
        is_red_class=True,
    ),
    Rule(
        code="SD-MIN",
        words="Send minutes and actions by the end of the next working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="SD-MIN",
        source=LOCAL,
    ),
    Rule(
        code="SD-QUORUM",
        words="Police and health catch up on what was concluded without them by the end of the next"
        " working day",
        unit=ClockUnit.WORKING_DAYS,
        limit="SD-QUORUM",
        source=OURS,
        is_red_class=True,
    ),
    Rule(
        code="SD-HOLD-0",
        words="Hold the strategy discussion the same day: red, or physical or sexual harm",
        unit=ClockUnit.CALENDAR_DAYS,
        limit=0,
        source="Local practice",
        is_red_class=True,
    ),
)
