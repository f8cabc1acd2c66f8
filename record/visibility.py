"""Whose record somebody may see, asked upwards of `people`, which `record` does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from accounts.models import User

Visible = Callable[[User, Iterable[UUID]], set[UUID]]

_functions: list[Visible] = []


class NobodyKnows(RuntimeError):
    """No app has said who may see whom."""


def register(function: Visible) -> None:
    """Name the one function that says which of these persons somebody may see."""
    if _functions and function not in _functions:
        raise ValueError("Who may see whom is registered already.")
    if not _functions:
        _functions.append(function)


def visible(by: User, person_ids: Iterable[UUID]) -> set[UUID]:
    """Give those of the persons whose record `by` may see."""
    if not _functions:
        raise NobodyKnows("Nobody has registered who may see whom.")
    return _functions[0](by, person_ids)
