"""What notices of early help say, and where they lead."""

from record.notices import NoticeCode

NOTICES: tuple[NoticeCode, ...] = ()
