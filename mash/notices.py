"""What notices of the MASH say, and where they lead."""

from record.notices import NoticeCode

NOTICES = (
    NoticeCode(
        "discussion.called",
        "A strategy discussion was called; you chair it",
        "cases:home",
        is_page=True,
    ),
    NoticeCode(
        "decision.passed",
        "A decision waits for your answer about a restricted child",
        "mash:passed",
    ),
)
