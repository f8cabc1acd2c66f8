"""What `record` itself writes on timelines and delivers; called once at start."""

from accounts.permissions import Permission
from record import deliveries, events, outbox, policy
from record.events import EventCode
from record.policy import Limit

LIMITS = tuple(
    Limit(
        key=key,
        words=words,
        type=int,
        default=default,
        unit=unit,
        minimum=1,
        maximum=maximum,
        source="Our choice",
    )
    for key, words, default, unit, maximum in (
        (
            "FLAG-UP",
            "Working days after which a red flag that nobody answers goes to the next manager up",
            1,
            "working days",
            5,
        ),
        (
            "FLAG-UP-CRITICAL",
            "Office hours after which a critical one does",
            2,
            "office hours",
            8,
        ),
        (
            "FLAG-UP-TOP",
            "Office hours after which a critical one goes to the manager above that",
            4,
            "office hours",
            16,
        ),
    )
)

CODES = (
    EventCode(
        "record.holiday_announced",
        "Bank holiday announced for {day}",
        "information",
        Permission.CALENDAR_EDIT,
    ),
    EventCode(
        "record.limit_proposed",
        "Change of the limit {key} proposed",
        "information",
        Permission.POLICY_READ,
    ),
    EventCode(
        "record.limit_approved",
        "Change of the limit {key} approved",
        "decision",
        Permission.POLICY_READ,
    ),
    EventCode(
        "record.limit_refused",
        "Change of the limit {key} refused",
        "decision",
        Permission.POLICY_READ,
    ),
    EventCode(
        "record.delivery_repeated",
        "Failed delivery sent again",
        "information",
        Permission.OUTBOX_SEE,
    ),
    EventCode("record.note_added", "Note added", "information", Permission.PERSON_READ),
    EventCode("record.note_corrected", "Note corrected", "information", Permission.PERSON_READ),
    EventCode("record.flag_answered", "Flag answered", "information", Permission.FLAG_ACKNOWLEDGE),
    EventCode(
        "record.flag_cleared",
        "Flag cleared by a manager",
        "decision",
        Permission.FLAG_ACKNOWLEDGE,
    ),
    EventCode("record.document_added", "Document added", "information", Permission.PERSON_READ),
)


def register() -> None:
    """Register event codes and outbox topics."""
    policy.register(*LIMITS)
    events.register(*CODES)
    outbox.register("notice", deliveries.notice)
    outbox.register("email", deliveries.email)
    outbox.register("webhook", deliveries.webhook)
