"""What tests of MASH pages share: the words of a page, and posting a form as it stands."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import uuid4


def text_of(response: Any) -> str:
    """The words of a page, without tags, in single spaces."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    body = re.sub(r"</(dt|dd|td|th|li|p|h\d|div|small)>|<br>", " ", body)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", body)).split())


def form(**typed: Any) -> dict[str, Any]:
    """What a browser sends for a form of ours: a token of its own, and what was typed."""
    return {"token": str(uuid4()), **typed}


def moment(day: str, time: str, *, name: str = "at") -> dict[str, str]:
    """The boxes of a moment: `moment("12 3 2026", "13:00")`."""
    number, month, year = day.split()
    return {
        f"{name}_day": number,
        f"{name}_month": month,
        f"{name}_year": year,
        f"{name}_time": time,
    }
