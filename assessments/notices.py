"""What notices of assessments say, and where they lead."""

from record.notices import NoticeCode

PLANS = (
    NoticeCode("cin_plan.to_approve", "A child in need plan waits for you", "assessments:cin_plan"),
    NoticeCode("cin_plan.returned", "Your child in need plan came back", "assessments:cin_plan"),
    NoticeCode("cin_plan.approved", "Your child in need plan runs now", "assessments:cin_plan"),
    NoticeCode(
        "cin_plan.review_to_confirm",
        "A review of a child in need plan waits for you",
        "assessments:cin_plan",
    ),
    NoticeCode(
        "cin_plan.review_confirmed",
        "Your review of a child in need plan is confirmed",
        "assessments:cin_plan",
    ),
)

NOTICES: tuple[NoticeCode, ...] = PLANS
