"""One function per thing early help does; call them through this package."""

from early_help.actions.agreement import NotAgreed, record_agreement
from early_help.actions.helper import change_helper
from early_help.actions.offers import (
    NotTriedEnough,
    OutOfTurn,
    accept_offer,
    decide_decline,
    decline,
    offer_help,
    record_attempt,
    start_in_community,
)
from early_help.actions.plan import (
    Asked,
    ChildSaid,
    Goal,
    Outcome,
    Progress,
    Step,
    agree_plan,
    assess,
    close_help,
    record_meeting,
)
from early_help.actions.queue import (
    NotWaiting,
    add_child,
    answer_safe_check,
    end_pauses,
    pause,
    prioritise,
    record_safe_check,
    resume,
    take_off,
)
from early_help.actions.reminders import remind_of_safe_checks
from early_help.actions.requests import AlreadyHelped, request_help, return_request
from early_help.actions.rules import NotNow, NotYours
from early_help.actions.screening import ChildRisk, Interim, screen
from early_help.actions.services import end_place, keep_service, place_family
from early_help.actions.stepping import (
    AlreadySteppingUp,
    answer_proposal,
    escalate,
    settle,
    step_up,
    take_back,
)
from early_help.actions.telling import NobodyToTell, tell

__all__ = [
    "AlreadyHelped",
    "AlreadySteppingUp",
    "Asked",
    "ChildRisk",
    "ChildSaid",
    "Goal",
    "Interim",
    "NobodyToTell",
    "NotAgreed",
    "NotNow",
    "NotTriedEnough",
    "NotWaiting",
    "NotYours",
    "OutOfTurn",
    "Outcome",
    "Progress",
    "Step",
    "accept_offer",
    "add_child",
    "agree_plan",
    "answer_proposal",
    "answer_safe_check",
    "assess",
    "change_helper",
    "close_help",
    "decide_decline",
    "decline",
    "end_pauses",
    "end_place",
    "escalate",
    "keep_service",
    "offer_help",
    "pause",
    "place_family",
    "prioritise",
    "record_agreement",
    "record_attempt",
    "record_meeting",
    "record_safe_check",
    "remind_of_safe_checks",
    "request_help",
    "resume",
    "return_request",
    "screen",
    "settle",
    "start_in_community",
    "step_up",
    "take_back",
    "take_off",
    "tell",
]
