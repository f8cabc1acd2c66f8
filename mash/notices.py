"""What notices of the MASH say, and where they lead."""

from record.notices import NoticeCode

NOTICES = (
    NoticeCode(
        "discussion.called",
        "A strategy discussion was called; you chair it",
        "mash:discussion",
    ),
    NoticeCode(
        "discussion.not_coming",
        "An agency cannot take part in a discussion you chair",
        "mash:discussion",
    ),
    NoticeCode(
        "discussion.contributed",
        "An agency contributed to a discussion you chair",
        "mash:discussion",
    ),
    NoticeCode(
        "exploitation.to_decide",
        "A screening for exploitation waits for your decision",
        "mash:exploitation",
    ),
    NoticeCode(
        "exploitation.decided",
        "A manager has decided about your screening for exploitation",
        "mash:exploitation",
    ),
    NoticeCode(
        "exploitation.action",
        "You are to do something against the exploitation of a child",
        "mash:exploitation",
    ),
    NoticeCode(
        "mapping.chair", "You are to chair a mapping meeting about exploitation", "mash:mapping"
    ),
    NoticeCode(
        "discussion.passed",
        "A strategy discussion waits for your answer about a restricted child",
        "cases:home",
        is_page=True,
    ),
    NoticeCode(
        "decision.passed",
        "A decision waits for your answer about a restricted child",
        "mash:passed",
    ),
)
