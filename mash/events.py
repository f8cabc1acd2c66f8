"""The lines the MASH leaves on a child's timeline."""

from accounts.permissions import Permission
from record.events import EventCode

_READ = Permission.CONTACT_READ
_ENQUIRY = Permission.ENQUIRY_READ
_STATUTORY = Permission.STATUTORY_READ
_MISSING = Permission.MISSING_READ
_EXPLOITATION = Permission.EXPLOITATION_READ

EVENTS = (
    EventCode("mash.rated", "Urgency rated", "decision", _READ),
    EventCode("mash.enquiry_opened", "MASH enquiry opened", "decision", _ENQUIRY),
    EventCode("mash.check_asked", "An agency was asked what it knows", "agency", _ENQUIRY),
    EventCode("mash.check_acknowledged", "An agency has seen the question", "agency", _ENQUIRY),
    EventCode("mash.check_answered", "An agency answered", "agency", _ENQUIRY),
    EventCode("mash.check_chased", "An agency was reminded", "agency", _ENQUIRY),
    EventCode("mash.check_waived", "Went on without an agency's answer", "decision", _ENQUIRY),
    EventCode("mash.analysed", "Analysis written", "information", _ENQUIRY),
    EventCode("mash.decision_proposed", "Enquiry put before the manager", "change", _ENQUIRY),
    EventCode("mash.decided", "MASH decision", "decision", _READ),
    EventCode("mash.confirmed", "EDT decision confirmed", "decision", _READ),
    EventCode("mash.reopened", "Contact reopened", "decision", _READ),
    EventCode("mash.discussion_called", "Strategy discussion called", "decision", _STATUTORY),
    EventCode(
        "mash.discussion_cancelled", "Strategy discussion called off", "decision", _STATUTORY
    ),
    EventCode(
        "mash.discussion_refused",
        "An agency asked for a strategy discussion; none was called",
        "decision",
        _STATUTORY,
    ),
    EventCode("mash.discussion_invited", "Agencies asked to the discussion", "agency", _STATUTORY),
    EventCode(
        "mash.discussion_contributed", "An agency contributed in writing", "agency", _STATUTORY
    ),
    EventCode("mash.discussion_held", "Strategy discussion held", "decision", _STATUTORY),
    EventCode(
        "mash.discussion_not_quorate",
        "Strategy discussion held, not quorate",
        "decision",
        _STATUTORY,
    ),
    EventCode("mash.section_47_met", "Section 47 threshold met", "decision", _STATUTORY),
    EventCode("mash.section_47_not_met", "Section 47 threshold not met", "decision", _STATUTORY),
    EventCode(
        "mash.discussion_passed",
        "Passed to whoever holds the restriction",
        "change",
        _STATUTORY,
    ),
    EventCode("mash.discussion_answered", "Answered for a restricted child", "change", _STATUTORY),
    EventCode("mash.discussion_confirmed", "EDT conclusion confirmed", "decision", _STATUTORY),
    EventCode("mash.discussion_minutes", "Minutes sent", "agency", _STATUTORY),
    EventCode("mash.discussion_action", "Action of a discussion answered", "change", _STATUTORY),
    EventCode("mash.domestic_abuse", "Domestic abuse notification", "information", _READ),
    EventCode("mash.domestic_abuse_triaged", "Domestic abuse triaged", "decision", _READ),
    EventCode("mash.missing_notice", "Missing notification", "information", _READ),
    EventCode("mash.missing_opened", "Reported missing", "change", _MISSING),
    EventCode("mash.missing_screened", "Missing episode screened", "information", _MISSING),
    EventCode("mash.missing_discussion", "Strategy discussion considered", "decision", _STATUTORY),
    EventCode("mash.missing_returned", "Returned after being missing", "change", _MISSING),
    EventCode("mash.interview_offered", "Return interview offered", "information", _MISSING),
    EventCode("mash.interview_completed", "Return interview held", "seen", _MISSING),
    EventCode("mash.interview_declined", "Return interview declined", "information", _MISSING),
    EventCode(
        "mash.interview_not_possible", "Return interview not possible", "information", _MISSING
    ),
    EventCode("mash.missing_closed", "Missing episode closed", "decision", _MISSING),
    EventCode(
        "mash.screening_started", "Screening for exploitation begun", "change", _EXPLOITATION
    ),
    EventCode(
        "mash.screening_completed", "Screened for exploitation", "information", _EXPLOITATION
    ),
    EventCode(
        "mash.screening_decided",
        "Decided after the exploitation screening",
        "decision",
        _EXPLOITATION,
    ),
    EventCode(
        "mash.exploitation_analysed",
        "Full exploitation form written",
        "information",
        _EXPLOITATION,
    ),
    EventCode("mash.risk_plan_written", "Risk management plan written", "change", _EXPLOITATION),
    EventCode("mash.risk_plan_reviewed", "Risk management plan reviewed", "change", _EXPLOITATION),
    EventCode(
        "mash.exploitation_action", "Action against exploitation agreed", "change", _EXPLOITATION
    ),
    EventCode(
        "mash.exploitation_action_answered",
        "Action against exploitation answered",
        "change",
        _EXPLOITATION,
    ),
    EventCode("mash.mapping_planned", "Mapping meeting planned", "change", _EXPLOITATION),
    EventCode("mash.mapping_held", "Mapping meeting held", "decision", _EXPLOITATION),
    EventCode("mash.mapping_closed", "Mapping meeting closed", "decision", _EXPLOITATION),
    EventCode("mash.screening_closed", "Exploitation screening closed", "decision", _EXPLOITATION),
    EventCode("mash.marac_decided", "MARAC decided", "decision", _READ),
    EventCode("mash.marac_listed", "MARAC listed", "information", _READ),
    EventCode("mash.marac_answered", "Answered what MARAC agreed", "information", _READ),
    EventCode("mash.marac_held", "MARAC held", "information", _READ),
    EventCode(
        "mash.nrm_submitted",
        "Referred to the National Referral Mechanism",
        "change",
        _EXPLOITATION,
    ),
    EventCode(
        "mash.nrm_not_submitted",
        "Not referred to the National Referral Mechanism",
        "decision",
        _EXPLOITATION,
    ),
    EventCode(
        "mash.nrm_decided",
        "National Referral Mechanism: decision received",
        "information",
        _EXPLOITATION,
    ),
    EventCode("mash.network_added", "Put on the picture", "information", _EXPLOITATION),
    EventCode("mash.network_changed", "Changed on the picture", "information", _EXPLOITATION),
    EventCode("mash.network_ended", "Taken off the picture", "information", _EXPLOITATION),
    EventCode("mash.network_linked", "Linked on the picture", "information", _EXPLOITATION),
    EventCode("mash.network_unlinked", "Link on the picture ended", "information", _EXPLOITATION),
    EventCode("mash.edt_handover", "EDT hand-over written", "information", _READ),
    EventCode("mash.edt_acknowledged", "EDT hand-over acknowledged", "information", _READ),
    EventCode("mash.edt_alert_read", "EDT read the day’s alert", "information", _READ),
    EventCode("mash.edt_followed", "What EDT left to do was followed up", "change", _READ),
    EventCode("mash.edt_closed", "EDT hand-over closed", "change", _READ),
    EventCode(
        "mash.restricted_passed", "Line passed to whoever holds the restriction", "change", _READ
    ),
    EventCode(
        "mash.restricted_answered", "Answered by whoever holds the restriction", "decision", _READ
    ),
)
