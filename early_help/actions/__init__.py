"""One function per thing early help does; call them through this package."""

from early_help.actions.agreement import NotAgreed, record_agreement
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
from early_help.actions.requests import AlreadyHelped, request_help, return_request
from early_help.actions.rules import NotNow, NotYours
from early_help.actions.screening import ChildRisk, screen
from early_help.actions.telling import NobodyToTell, tell

__all__ = [
    "AlreadyHelped",
    "ChildRisk",
    "NobodyToTell",
    "NotAgreed",
    "NotNow",
    "NotWaiting",
    "NotYours",
    "add_child",
    "answer_safe_check",
    "end_pauses",
    "pause",
    "prioritise",
    "record_agreement",
    "record_safe_check",
    "request_help",
    "resume",
    "return_request",
    "screen",
    "take_off",
    "tell",
]
