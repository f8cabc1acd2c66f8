"""One function per thing the MASH does; call them through this package."""

from mash.actions.decision import (
    ChildLine,
    ElsewhereLine,
    PlannedAction,
    confirm,
    decide,
    planned_children,
    reopen,
)
from mash.actions.domestic_abuse import record_domestic_abuse, triage_domestic_abuse
from mash.actions.edt import acknowledge_hand_over, alert_edt, hand_over
from mash.actions.enquiry import (
    acknowledge_check,
    acknowledge_own_check,
    analyse,
    answer_check,
    answer_own_check,
    ask_agency,
    chase,
    finish_checks,
    open_enquiry,
    put_before_manager,
    waive_check,
)
from mash.actions.missing import (
    AlreadyMissing,
    close_missing,
    complete_interview,
    decide_discussion,
    end_interview,
    offer_interview,
    record_missing,
    record_return,
    report_missing,
    screen_missing,
)
from mash.actions.passed import answer_passed
from mash.actions.rating import rate
from mash.actions.strategy import call_strategy_discussion
from mash.actions.views import forget_view, keep_last_view, save_view

__all__ = [
    "AlreadyMissing",
    "ChildLine",
    "ElsewhereLine",
    "PlannedAction",
    "acknowledge_check",
    "acknowledge_hand_over",
    "acknowledge_own_check",
    "alert_edt",
    "analyse",
    "answer_check",
    "answer_own_check",
    "answer_passed",
    "ask_agency",
    "call_strategy_discussion",
    "chase",
    "close_missing",
    "complete_interview",
    "confirm",
    "decide",
    "decide_discussion",
    "end_interview",
    "finish_checks",
    "forget_view",
    "hand_over",
    "keep_last_view",
    "offer_interview",
    "open_enquiry",
    "planned_children",
    "put_before_manager",
    "rate",
    "record_domestic_abuse",
    "record_missing",
    "record_return",
    "reopen",
    "report_missing",
    "save_view",
    "screen_missing",
    "triage_domestic_abuse",
    "waive_check",
]
