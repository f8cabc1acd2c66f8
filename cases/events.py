"""The lines a contact, a referral and a handover leave on a child's timeline."""

from accounts.permissions import Permission
from cases.change_codes import ChangeClass, ChangeCode, ChangeOutcome
from cases.choices import OversightKind, Queue, RiskLevel, ServiceKind, VisitOutcome
from record.events import EventCode

_READ = Permission.CONTACT_READ
_REFERRAL = Permission.REFERRAL_READ
_CONSENT = Permission.CONSENT_READ
_SEEN = Permission.PERSON_READ
_WAITING = {
    Queue.EARLY_HELP: Permission.EARLY_HELP_READ,
    Queue.ALLOCATION: _REFERRAL,
    Queue.TRANSFER: Permission.TRANSFER_READ,
}
_QUEUES = {
    Queue.EARLY_HELP: "early help",
    Queue.ALLOCATION: "a worker",
    Queue.TRANSFER: "Safeguarding and Family Support",
}
_CHANGE = Permission.CHANGE_LOG
_WHAT = {"what": {each.value: str(each.label).lower() for each in ChangeCode}}
_URGENCY = {"change_class": {each.value: str(each.label).lower() for each in ChangeClass}}
_SERVICES = {each.value: str(each.label).lower() for each in ServiceKind}
_RISK = {each.value: str(each.label).lower() for each in RiskLevel}

EVENTS = (
    EventCode("contact.received", "Contact received", "information", _READ),
    EventCode("contact.person_added", "Somebody was added to the contact", "information", _READ),
    EventCode("contact.person_removed", "Somebody was taken off the contact", "change", _READ),
    EventCode("contact.changed", "Details of the contact changed", "change", _READ),
    EventCode("contact.danger", "Immediate danger: concluded", "decision", _READ),
    EventCode("contact.matched", "Linked to a known person", "change", _READ),
    EventCode("contact.unmatched", "A link to a known person was undone", "change", _READ),
    EventCode(
        "contact.home_answered",
        "Another address was stated: {answer}",
        "decision",
        _READ,
        labels={
            "answer": {
                "keep": "the record was kept",
                "moved": "moved there",
                "also": "also stays there",
            }
        },
    ),
    EventCode("contact.history_checked", "Earlier work looked for", "information", _READ),
    EventCode("contact.information_asked", "Missing information asked for", "information", _READ),
    EventCode("contact.information_given", "Missing information given", "information", _READ),
    EventCode("contact.sent_for_decision", "Sent to the manager for a decision", "change", _READ),
    EventCode("contact.claimed", "Contact claimed", "information", _READ),
    EventCode("contact.released", "Contact released", "information", _READ),
    EventCode("contact.assigned", "Contact given to a colleague", "information", _READ),
    EventCode("contact.red_seen", "Red contact seen by a manager", "decision", _READ),
    EventCode("contact.linked", "Linked to another contact", "information", _READ),
    EventCode("contact.unlinked", "Link to another contact undone", "information", _READ),
    EventCode("contact.added_to", "A further message was added", "information", _READ),
    EventCode("contact.sealed", "The original message was sealed", "change", _READ),
    EventCode("contact.voided", "Contact made void", "decision", _READ),
    EventCode("contact.clock_corrected", "Time received corrected: {reason}", "change", _READ),
    EventCode("contact.feedback", "Referrer told the outcome", "information", _READ),
    EventCode("consent.answered", "Family asked about agreement", "information", _CONSENT),
    EventCode("consent.override_asked", "Going on without agreement asked for", "change", _CONSENT),
    EventCode("consent.override_granted", "Going on without agreement", "decision", _CONSENT),
    EventCode(
        "consent.override_refused", "Going on without agreement refused", "decision", _CONSENT
    ),
    EventCode("consent.override_confirmed", "EDT consent decision confirmed", "decision", _CONSENT),
    EventCode("consent.override_ended", "EDT consent decision not confirmed", "decision", _CONSENT),
    EventCode("consent.lawful_basis", "Lawful basis recorded", "information", _CONSENT),
    EventCode("referral.accepted", "Referral accepted", "decision", _REFERRAL),
    EventCode("referral.rejected", "Referral: no further action", "decision", _REFERRAL),
    EventCode("referral.closed", "Referral closed: {reason}", "decision", _REFERRAL),
    EventCode("referral.allocated", "Worker allocated", "decision", _REFERRAL),
    EventCode("referral.reallocated", "Worker changed", "decision", _REFERRAL),
    *(
        EventCode(f"handover.{helps}{what}", f"{words}{to}", kind, permission)
        for helps, to, permission in (
            ("", "", _REFERRAL),
            ("help_", ": early help", Permission.EARLY_HELP_READ),
        )
        for what, words, kind in (
            ("offered", "Offered to another team", "change"),
            ("accepted", "Accepted by the team", "decision"),
            ("returned", "Returned by the team", "decision"),
            ("withdrawn", "Offer withdrawn", "change"),
        )
    ),
    EventCode("responsibility.moved", "Another manager is responsible", "change", _READ),
    EventCode("visit.seen_alone", "Seen alone by {visitor_user}", "seen", _SEEN),
    EventCode("visit.seen", "Seen by {visitor_user}, not alone", "seen", _SEEN),
    EventCode("visit.not_seen", "Not seen at a visit of {visitor_user}", "seen", _SEEN),
    EventCode("visit.before_birth", "Mother visited by {visitor_user}", "seen", _SEEN),
    EventCode(
        "visit.failed",
        "Visit failed: {outcome}",
        "seen",
        _SEEN,
        labels={"outcome": {each.value: str(each.label).lower() for each in VisitOutcome}},
    ),
    EventCode(
        "oversight.recorded",
        "Management oversight: {kind}",
        "decision",
        Permission.OVERSIGHT_READ,
        labels={"kind": {kind.value: str(kind.label).lower() for kind in OversightKind}},
    ),
    EventCode(
        "oversight.corrected",
        "Management oversight corrected",
        "change",
        Permission.OVERSIGHT_READ,
    ),
    EventCode(
        "oversight.carried_out",
        "A manager’s direction was carried out",
        "information",
        Permission.OVERSIGHT_READ,
    ),
    EventCode(
        "oversight.not_carried_out",
        "A manager’s direction was not carried out",
        "change",
        Permission.OVERSIGHT_READ,
    ),
    EventCode(
        "service.placed",
        "A place at a service: {kind}",
        "decision",
        Permission.EARLY_HELP_READ,
        labels={"kind": _SERVICES},
    ),
    EventCode(
        "service.ended",
        "A place at a service ended: {kind}",
        "change",
        Permission.EARLY_HELP_READ,
        labels={"kind": _SERVICES},
    ),
    *(
        EventCode(f"waiting.{queue}_{what}", said.format(_QUEUES[queue]), "change", permission)
        for queue, permission in _WAITING.items()
        for what, said in (
            ("entered", "Put into the queue for {}"),
            ("moved", "Place in the queue for {} changed"),
            ("left", "Left the queue for {}"),
        )
    ),
    EventCode("change.logged", "Change: {what}", "change", _CHANGE, labels=_WHAT),
    EventCode(
        "change.child_joined",
        "Joined the home before a change was closed, so is reviewed too",
        "change",
        _CHANGE,
    ),
    EventCode(
        "change.triaged", "Change triaged: {change_class}", "decision", _CHANGE, labels=_URGENCY
    ),
    EventCode(
        "change.class_changed",
        "Change is now {change_class}",
        "decision",
        _CHANGE,
        labels=_URGENCY,
    ),
    EventCode(
        "change.consequence",
        "Because of a change: {kind}",
        "decision",
        Permission.STATUTORY_READ,
        labels={"kind": {each.value: str(each.label).lower() for each in ChangeOutcome}},
    ),
    EventCode("change.line_answered", "Answered for in a change", "decision", _CHANGE),
    EventCode(
        "change.done", "Change decided: every child of the home reviewed", "decision", _CHANGE
    ),
    EventCode("change.not_significant", "Change found not significant", "decision", _CHANGE),
    EventCode("change.merged", "Two reports of one change joined", "change", _CHANGE),
    EventCode(
        "risk_review.completed",
        "Risk reviewed: {before}, now {now}",
        "decision",
        Permission.RISK_REVIEW_READ,
        labels={"before": _RISK, "now": _RISK},
    ),
    EventCode(
        "risk_review.countersigned",
        "Risk review countersigned",
        "decision",
        Permission.RISK_REVIEW_READ,
    ),
    EventCode(
        "risk_review.given",
        "Risk review given to {to_user}",
        "information",
        Permission.RISK_REVIEW_READ,
    ),
    EventCode("alert.sent", "Another authority or service told", "information", _READ),
)
