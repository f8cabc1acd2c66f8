"""What notices of the shared work say, and where they lead."""

from record.notices import NoticeCode

NOTICES = (
    NoticeCode("handover.offered", "Children were offered to your team", "cases:handover"),
    NoticeCode("handover.returned", "Work you offered was returned", "cases:handover"),
    NoticeCode("referral.allocated", "A child was allocated to you", "cases:home", is_page=True),
    NoticeCode("referral.closed", "A child you work with was closed", "cases:child"),
    NoticeCode("contact.added_to_case", "A new contact about a child you hold", "mash:contact"),
)
