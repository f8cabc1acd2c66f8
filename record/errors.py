"""How an action says no. The messages are written for the worker who reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied

from lib.errors import Refused

__all__ = ["Clash", "NotWhole", "Refused", "no_longer"]


def no_longer(denied: PermissionDenied) -> str:
    """Say to somebody whose right ended while they typed what became of their words."""
    return (
        f"{denied or 'You may not do this.'} You could when you opened this page, so nothing is"
        " recorded and what you typed is still here. Copy it for whoever does this now."
    )


class NotWhole(Refused):
    """Something asked for is missing; `problems` says what and where."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        """:param problems: (form field, sentence) in the order of the page"""
        super().__init__(" ".join(sentence for _field, sentence in problems))
        self.problems = list(problems)


class Clash(Refused):
    """Somebody else changed this in the meantime; says who and when.

    :param by_name: who changed it
    :param at: when they did
    """

    def __init__(
        self,
        message: str = "",
        *,
        by_name: str = "",
        at: datetime | None = None,
        links: list[tuple[str, str]] | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message, links=links or (), field=field)
        self.by_name = by_name
        self.at = at
