"""The lines early help leaves on a child's timeline."""

from accounts.permissions import Permission
from cases.choices import ConsentState
from early_help.choices import AskedBy, DeclineReason, Ending, Route
from early_help.models import SafeCheck, StepUp, TeamMeeting
from record.events import EventCode

_READ = Permission.EARLY_HELP_READ
_ASKED_BY = {each.value: str(each.label) for each in AskedBy}


def _inside(label: object) -> str:
    """A label within a sentence; what is written in capitals stays."""
    said = str(label)
    return f"{said[0].lower()}{said[1:]}"


_ENDINGS = {each.value: _inside(each.label) for each in Ending}
_ROUTES = {each.value: _inside(each.label) for each in Route}
_FOUND = {each.value: _inside(each.label) for each in SafeCheck.Found}
_DECLINES = {each.value: _inside(each.label) for each in DeclineReason}
_STEP_UPS = {each.value: _inside(each.label) for each in StepUp.State}
_MEETINGS = {each.value: _inside(each.label) for each in TeamMeeting.Decision}
_AGREED = {each.value: _inside(each.label) for each in ConsentState}

EVENTS: tuple[EventCode, ...] = (
    EventCode(
        "early_help.requested",
        "Early help asked for by: {asked_by}",
        "information",
        _READ,
        labels={"asked_by": _ASKED_BY},
    ),
    EventCode(
        "early_help.screened",
        "Early help request accepted: {route}",
        "decision",
        _READ,
        labels={"route": _ROUTES},
    ),
    EventCode(
        "early_help.agreement",
        "Family asked about early help: {state}",
        "information",
        _READ,
        labels={"state": _AGREED},
    ),
    EventCode(
        "early_help.safe_check",
        "Safe-check while waiting: {found}",
        "information",
        _READ,
        labels={"found": _FOUND},
    ),
    EventCode(
        "early_help.safe_check_missed", "Safe-check tried, nobody reached", "information", _READ
    ),
    EventCode(
        "early_help.priority_raised", "Early help priority raised to {priority}", "decision", _READ
    ),
    EventCode(
        "early_help.priority_lowered", "Early help priority lowered to {priority}", "change", _READ
    ),
    EventCode("early_help.offered", "Early help offered", "decision", _READ),
    EventCode("early_help.attempt", "Tried to reach the family", "information", _READ),
    EventCode("early_help.accepted", "The family accepts early help", "decision", _READ),
    EventCode(
        "early_help.declined",
        "The family declines early help: {reason}",
        "decision",
        _READ,
        labels={"reason": _DECLINES},
    ),
    EventCode("early_help.safe_to_close", "Safe to close after the decline", "decision", _READ),
    EventCode(
        "early_help.not_safe_to_close", "Not safe to close after the decline", "decision", _READ
    ),
    EventCode("early_help.started", "Early help has started", "decision", _READ),
    EventCode("early_help.helper_changed", "Another person helps the family", "change", _READ),
    EventCode("early_help.assessed", "Early help assessment written", "information", _READ),
    EventCode("early_help.plan_agreed", "Early help plan agreed", "decision", _READ),
    EventCode(
        "early_help.team_met",
        "Team around the family met: {decision}",
        "decision",
        _READ,
        labels={"decision": _MEETINGS},
    ),
    EventCode("early_help.step_up_proposed", "Step-up proposed", "change", _READ),
    EventCode("early_help.step_up_turned_down", "Step-up not agreed", "decision", _READ),
    EventCode("early_help.stepped_up", "Put before the MASH by early help", "decision", _READ),
    EventCode(
        "early_help.step_up_decided",
        "The MASH answered the step-up: {state}",
        "decision",
        _READ,
        labels={"state": _STEP_UPS},
    ),
    EventCode("early_help.handed_over", "Early help passed to social care", "decision", _READ),
    EventCode("early_help.taken_back", "Early help goes on after a step-up", "decision", _READ),
    EventCode("early_help.escalated", "Refused step-up put to a senior manager", "change", _READ),
    EventCode(
        "early_help.settled_again", "Senior manager: the MASH decides again", "decision", _READ
    ),
    EventCode(
        "early_help.settled_stands", "Senior manager: the MASH’s answer stands", "decision", _READ
    ),
    EventCode("early_help.paused", "Wait paused at the family’s wish", "change", _READ),
    EventCode("early_help.resumed", "Wait goes on after a pause", "change", _READ),
    EventCode("early_help.child_added", "Added to the family’s early help", "change", _READ),
    EventCode("early_help.asker_told", "Whoever asked for help was told", "information", _READ),
    EventCode(
        "early_help.asker_not_told",
        "Whoever asked for help is not told, with the reason",
        "information",
        _READ,
    ),
    EventCode(
        "early_help.ended",
        "Early help ended: {ending}",
        "decision",
        _READ,
        labels={"ending": _ENDINGS},
    ),
)
