"""What notices of assessments say, and where they lead."""

from record.notices import NoticeCode

ASSESSMENTS = (
    NoticeCode(
        "assessment.started",
        "An assessment was started for you to write",
        "assessments:assessment",
    ),
    NoticeCode(
        "assessment.checkpoint",
        "A checkpoint of an assessment you write was recorded",
        "assessments:assessment",
    ),
    NoticeCode(
        "assessment.submitted", "An assessment waits for your answer", "assessments:authorise"
    ),
    NoticeCode(
        "assessment.returned",
        "An assessment came back with what is missing",
        "assessments:assessment",
    ),
    NoticeCode("assessment.authorised", "An assessment was authorised", "assessments:assessment"),
    NoticeCode("assessment.abandoned", "An assessment was abandoned", "assessments:assessment"),
    NoticeCode(
        "assessment.asked_for",
        "A colleague asks for a box you are writing in",
        "assessments:go_on",
    ),
    NoticeCode(
        "assessment.passed",
        "A child whose record you hold is not assessed with the family: answer for this child",
        "assessments:passed",
    ),
    NoticeCode(
        "assessment.passed_answered",
        "Whoever holds a restricted record answered for a child of a family you assess",
        "assessments:household",
    ),
)

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

TRANSFERS = (
    *(
        NoticeCode(f"transfer.{what}", words, "assessments:transfer")
        for what, words in (
            ("proposed", "A transfer was proposed to you"),
            ("meeting_booked", "A transfer meeting is booked"),
            ("accepted", "Your family was accepted; you stay responsible until completion"),
            ("returned", "A transfer came back with what is missing"),
            ("disputed", "Two managers disagree about a transfer"),
            ("settled", "A disagreement about a transfer is decided"),
            ("waits", "A family waits for a worker; visits go on"),
            ("escalated", "A family that waits for a worker is put to you"),
            ("allocated", "A longer-term worker is named"),
            ("completed", "A transfer is completed"),
            ("withdrawn", "A transfer was withdrawn"),
            ("child_left", "A child is not handed on with the family any longer"),
        )
    ),
    NoticeCode(
        "transfer.passed",
        "A family is handed on, and a child of it whose record you hold is not: answer for this"
        " child",
        "assessments:transfer_passed",
    ),
    NoticeCode(
        "transfer.passed_answered",
        "Whoever holds a restricted record answered for a child of a family you hand on",
        "assessments:transfer",
    ),
    NoticeCode("transfer.asked", "A team asks for children you hold", "assessments:request"),
)

SECTION_47 = (
    NoticeCode("section_47.started", "A section 47 enquiry began", "assessments:section_47"),
    NoticeCode(
        "section_47.submitted", "A section 47 enquiry waits for you", "assessments:section_47"
    ),
    NoticeCode(
        "section_47.returned", "A section 47 enquiry came back to you", "assessments:section_47"
    ),
    NoticeCode(
        "section_47.concluded", "A section 47 enquiry was decided", "assessments:section_47"
    ),
    NoticeCode(
        "section_47.pressed",
        "An agency presses for a conference that was not required",
        "assessments:section_47",
    ),
    NoticeCode(
        "section_47.cancelled",
        "A section 47 enquiry was opened in error",
        "assessments:section_47",
    ),
)

PROTECTION = (
    NoticeCode(
        "conference.booked",
        "An initial conference is booked: share the report before it",
        "assessments:section_47",
    ),
    NoticeCode("conference.moved", "An initial conference moved", "assessments:section_47"),
    NoticeCode("conference.held", "An initial conference was recorded", "assessments:section_47"),
    *(
        NoticeCode(f"protection_plan.{what}", words, "assessments:protection_plan")
        for what, words in (
            ("started", "A child protection plan began"),
            ("core_group", "A core group was recorded"),
            ("reviewed", "A review conference was recorded"),
            ("ended", "A child protection plan ended"),
        )
    ),
)

NOTICES: tuple[NoticeCode, ...] = (*ASSESSMENTS, *PLANS, *SECTION_47, *PROTECTION, *TRANSFERS)
