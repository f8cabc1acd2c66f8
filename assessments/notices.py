"""What notices of assessments say, and where they lead."""

from record.notices import NoticeCode

NOTICES: tuple[NoticeCode, ...] = ()
