"""The lines an assessment team leaves on a child's timeline."""

from django.db import models

from accounts.permissions import Permission
from assessments.choices import AccountedBy, AssessmentKind, AssessmentOutcome, NextStep
from assessments.models import (
    CinMeeting,
    CinPlan,
    ConferenceChild,
    Item,
    ProtectionPlan,
    Section47Enquiry,
    TransferDispute,
)
from record.events import EventCode

_READ = Permission.ASSESSMENT_READ
_PLAN = Permission.CIN_PLAN_READ
_SECTION_47 = Permission.S47_READ


def _small(choices: type[models.TextChoices]) -> dict[str, str]:
    """Give the words of a choice as they stand inside a sentence."""
    return {each.value: str(each.label)[0].lower() + str(each.label)[1:] for each in choices}


CONFERENCE = {**_small(Section47Enquiry.Conference), "undecided": "not decided yet"}

ASSESSMENTS = (
    EventCode(
        "assessment.started",
        "{kind} started",
        "decision",
        _READ,
        labels={"kind": {str(kind): str(kind.label) for kind in AssessmentKind}},
    ),
    EventCode("assessment.child_added", "Given a part in the family’s assessment", "change", _READ),
    EventCode(
        "assessment.child_taken_out", "Taken out of the family’s assessment", "decision", _READ
    ),
    EventCode(
        "assessment.not_assessed", "Not assessed with the family: reason given", "decision", _READ
    ),
    EventCode(
        "assessment.checkpoint",
        "Checkpoint {number} of the assessment: {next_step}",
        "decision",
        _READ,
        labels={"next_step": {str(step): str(step.label).lower() for step in NextStep}},
    ),
    EventCode("assessment.submitted", "Assessment submitted", "change", _READ),
    EventCode("assessment.returned", "Assessment returned to the worker", "decision", _READ),
    EventCode(
        "assessment.authorised",
        "Assessment authorised: {outcome}",
        "decision",
        _READ,
        labels={
            "outcome": {
                str(outcome): str(outcome.label)[0].lower() + str(outcome.label)[1:]
                for outcome in AssessmentOutcome
            }
        },
    ),
    EventCode(
        "assessment.passed",
        "Whoever holds the restricted record was asked to answer",
        "change",
        _READ,
    ),
    EventCode(
        "assessment.passed_answered",
        "Whoever holds the restricted record answered: {answer}",
        "decision",
        _READ,
        labels={
            "answer": {
                AccountedBy.OTHER_ASSESSMENT.value: "has an assessment of their own",
                AccountedBy.NOT_ASSESSED.value: "not assessed, with the reason",
            }
        },
    ),
    EventCode("assessment.abandoned", "Assessment abandoned", "decision", _READ),
)

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

PROTECTION = (
    EventCode(
        "conference.booked",
        "Initial conference booked for {on}, chaired by {chair}",
        "change",
        _SECTION_47,
    ),
    EventCode(
        "conference.moved",
        "Initial conference moved to {on}, chaired by {chair}",
        "change",
        _SECTION_47,
    ),
    EventCode(
        "conference.report_shared",
        "Report for the conference shared with the family on {on}",
        "information",
        _SECTION_47,
    ),
    EventCode(
        "conference.held",
        "Initial conference held: {result}",
        "decision",
        _SECTION_47,
        labels={"result": _small(ConferenceChild.Result)},
    ),
    EventCode(
        "conference.moved_in",
        "Transfer-in conference held: {result}",
        "decision",
        _SECTION_47,
        labels={"result": _small(ConferenceChild.Result)},
    ),
    EventCode("protection_plan.started", "Child protection plan begun", "decision", _SECTION_47),
    EventCode("protection_plan.core_group", "Core group held", "information", _SECTION_47),
    EventCode(
        "protection_plan.reviewed",
        "Review conference held: {result}",
        "decision",
        _SECTION_47,
        labels={"result": _small(ConferenceChild.Result)},
    ),
    EventCode(
        "protection_plan.ended",
        "Child protection plan ended: {ending}",
        "decision",
        _SECTION_47,
        labels={"ending": _small(ProtectionPlan.Ending)},
    ),
)

TRANSFERS = tuple(
    EventCode(f"transfer.{what}", words, kind, Permission.TRANSFER_READ, labels=labels)
    for what, words, kind, labels in (
        ("proposed", "Transfer proposed", "change", {}),
        ("asked", "The longer-term team asked for the child", "change", {}),
        ("request_declined", "The longer-term team was told: not now", "decision", {}),
        ("child_added", "Answered for the transfer", "change", {}),
        ("passed", "Whoever holds the restricted record was asked to answer", "change", {}),
        (
            "passed_answered",
            "Whoever holds the restricted record answered: {answer}",
            "decision",
            {
                "answer": {
                    "own": "handed on by a transfer of their own",
                    "not": "not handed on, with the reason",
                }
            },
        ),
        ("ready", "Ready for transfer", "decision", {}),
        ("meeting_booked", "Transfer meeting booked", "information", {}),
        ("accepted", "Transfer accepted; the sender stays responsible", "decision", {}),
        (
            "returned",
            "Transfer returned: {item}",
            "decision",
            {"item": {each.value: str(each.label).lower() for each in Item}},
        ),
        ("disputed", "Transfer put to the head of service", "change", {}),
        (
            "settled",
            "The head of service decided: {outcome}",
            "decision",
            {"outcome": {each.value: str(each.label).lower() for each in TransferDispute.Outcome}},
        ),
        ("waits", "Waits for a longer-term worker", "change", {}),
        ("reviewed", "Looked at while waiting for a worker", "decision", {}),
        ("allocated", "Longer-term worker named: {worker_user}", "decision", {}),
        ("completed", "Transfer completed", "decision", {}),
        ("withdrawn", "Transfer withdrawn", "decision", {}),
        ("child_left", "Not handed on with the family any longer", "decision", {}),
    )
)

SECTION_47 = (
    EventCode("section_47.started", "Section 47 enquiry begun", "decision", _SECTION_47),
    EventCode(
        "section_47.discussed_again",
        "Further strategy discussion in the section 47 enquiry",
        "information",
        _SECTION_47,
    ),
    EventCode(
        "section_47.lead", "{lead_user} leads the section 47 enquiry", "decision", _SECTION_47
    ),
    EventCode(
        "section_47.submitted", "Section 47 enquiry put to the manager", "change", _SECTION_47
    ),
    EventCode("section_47.returned", "Section 47 enquiry sent back", "decision", _SECTION_47),
    EventCode(
        "section_47.concluded",
        "Section 47 enquiry concluded: {outcome}; initial conference {conference}",
        "decision",
        _SECTION_47,
        labels={"outcome": _small(Section47Enquiry.Outcome), "conference": CONFERENCE},
    ),
    EventCode(
        "section_47.conference_decided",
        "Initial conference {conference}",
        "decision",
        _SECTION_47,
        labels={"conference": CONFERENCE},
    ),
    EventCode(
        "section_47.pressed",
        "An agency presses for a conference; put to the head of service",
        "change",
        _SECTION_47,
    ),
    EventCode(
        "section_47.cancelled", "Section 47 enquiry was opened in error", "decision", _SECTION_47
    ),
)

EVENTS: tuple[EventCode, ...] = (*ASSESSMENTS, *PLANS, *SECTION_47, *PROTECTION, *TRANSFERS)
