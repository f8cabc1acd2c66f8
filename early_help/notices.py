"""What notices of early help say, and where they lead."""

from record.notices import NoticeCode

NOTICES: tuple[NoticeCode, ...] = (
    NoticeCode("early_help.requested", "Early help was asked for", "early_help:episode"),
    NoticeCode(
        "early_help.agreement_ended", "A family no longer agrees to help", "early_help:episode"
    ),
    NoticeCode("early_help.offered", "A family was offered your help", "early_help:episode"),
    NoticeCode("early_help.yours", "You help another family from now on", "early_help:episode"),
    NoticeCode(
        "early_help.declined",
        "A family declined: decide whether it is safe to close",
        "early_help:episode",
    ),
    NoticeCode(
        "early_help.step_up_proposed", "A step-up is proposed: you decide", "early_help:episode"
    ),
    NoticeCode("early_help.step_up_sent", "A family was stepped up", "early_help:episode"),
    NoticeCode("early_help.step_up_answered", "A step-up was answered", "early_help:episode"),
    NoticeCode("early_help.handed_over", "Social care has taken a family", "early_help:episode"),
    NoticeCode("early_help.stepped_up", "Early help stepped a family up", "mash:contact"),
    NoticeCode("early_help.escalated", "A refused step-up is put to you", "early_help:episode"),
    NoticeCode("early_help.settled", "A disputed step-up was settled", "early_help:episode"),
    NoticeCode(
        "early_help.decide_again", "A senior manager asks you to decide again", "mash:contact"
    ),
    NoticeCode(
        "early_help.step_down_started",
        "Early help has started: the referral can be closed",
        "early_help:episode",
    ),
    NoticeCode(
        "early_help.to_close", "A team around a family would end: you decide", "early_help:episode"
    ),
    NoticeCode(
        "early_help.worse", "A family that waits is worse off: you decide", "early_help:episode"
    ),
    NoticeCode(
        "early_help.checks_due",
        "Families who wait are due a safe-check today",
        "early_help:waiting",
        is_page=True,
    ),
)
