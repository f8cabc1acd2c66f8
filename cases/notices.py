"""What notices of the shared work say, and where they lead."""

from record.notices import NoticeCode

NOTICES = (
    NoticeCode("handover.offered", "Children were offered to your team", "cases:handover"),
    NoticeCode("handover.returned", "Work you offered was returned", "cases:handover"),
    NoticeCode("referral.allocated", "A child was allocated to you", "cases:home", is_page=True),
    NoticeCode("referral.closed", "A child you work with was closed", "cases:child"),
    NoticeCode("contact.added_to_case", "A new contact about a child you hold", "mash:contact"),
    NoticeCode("flag.raised", "A red flag about a child you answer for", "cases:flag"),
    NoticeCode("flag.escalated", "A flag that nobody has answered is put to you", "cases:flag"),
    NoticeCode(
        "oversight.directed", "A manager directs you to do something for a child", "cases:direction"
    ),
    NoticeCode("change.triage", "A change in a home waits for your triage", "cases:change"),
    NoticeCode(
        "change.logged", "Something changed in the home of a child you work with", "cases:change"
    ),
    NoticeCode("change.edt", "An immediate change out of hours", "cases:change"),
    NoticeCode("change.review_asked", "Review the risk to a child", "cases:risk_review"),
    NoticeCode(
        "change.review_reminder",
        "Your manager reminds you to review the risk to a child",
        "cases:risk_review",
    ),
    NoticeCode(
        "change.decide", "Every child is reviewed: a change waits for your decision", "cases:change"
    ),
    NoticeCode("change.done", "A change about a child you work with is decided", "cases:change"),
    NoticeCode(
        "change.elsewhere",
        "Something changed in a home connected with a child you answer for",
        "cases:child",
    ),
)
