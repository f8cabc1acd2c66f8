"""The lines an assessment team leaves on a child's timeline."""

from accounts.permissions import Permission
from assessments.models import CinMeeting, CinPlan
from record.events import EventCode

_PLAN = Permission.CIN_PLAN_READ

PLANS = (
    EventCode("cin_plan.started", "Child in need plan begun", "information", _PLAN),
    EventCode("cin_plan.sent", "Child in need plan sent for approval", "change", _PLAN),
    EventCode("cin_plan.returned", "Child in need plan sent back", "change", _PLAN),
    EventCode("cin_plan.approved", "Child in need plan approved", "decision", _PLAN),
    EventCode("cin_plan.met", "First meeting on the child in need plan", "information", _PLAN),
    EventCode("cin_plan.reviewed", "Child in need plan reviewed", "change", _PLAN),
    EventCode(
        "cin_plan.confirmed",
        "Review of the child in need plan confirmed: {decision}",
        "decision",
        _PLAN,
        labels={"decision": {each.value: str(each.label).lower() for each in CinMeeting.Decision}},
    ),
    EventCode(
        "cin_plan.drift_checked",
        "Child in need plan checked at {months} months",
        "decision",
        _PLAN,
    ),
    EventCode(
        "cin_plan.ended",
        "Child in need plan ended: {ending}",
        "decision",
        _PLAN,
        labels={"ending": {each.value: str(each.label).lower() for each in CinPlan.Ending}},
    ),
)

EVENTS: tuple[EventCode, ...] = PLANS
